//! A table becomes a model: keys, constraints and indexes, as short as they can be said.

use std::collections::BTreeSet;

use super::{Raising, same};
use crate::ident::{Name, generated_name};
use crate::model::Declarations;
use crate::model::decl::{
    ActionDecl, CheckDecl, DeferrableDecl, DialectText, ExclusionDecl, FieldDecl, ForeignKeyDecl,
    GroupDecl, IndexDecl, KeyDecl, ModelDecl, NameDecl, NullsDecl, PartDecl, ReferenceDecl,
};
use crate::model::place::Placed;
use crate::schema::{
    Action, Deferrable, ForeignKey, Index, IndexKey, IndexPart, NullsOrder, PrimaryKey, Table,
    Unique,
};

/// A model that is being made.
struct Draft {
    model: ModelDecl,
    /// Names that lowering makes up by itself.
    implied: BTreeSet<String>,
}

impl Raising<'_> {
    pub(super) fn model(&self, name: &Name, table: &Table) -> ModelDecl {
        let mut draft = Draft {
            model: ModelDecl {
                comment: table.comment.clone(),
                options: self.options(&table.options),
                ..ModelDecl::default()
            },
            implied: BTreeSet::new(),
        };
        let mut said_by_types = Vec::new();
        let indexed = self.indexed_columns(name, table);
        for column in &table.columns {
            let is_indexed = indexed.contains(column.name.as_str());
            let field = self.field(name, table, column, is_indexed);
            said_by_types.extend(field.check);
            draft.model.fields.push(&column.name, field.declared);
        }
        self.references(name, table, &mut draft);
        self.key(name, table, &mut draft);
        for unique in &table.uniques {
            self.unique(name, unique, &mut draft);
        }
        for index in table
            .indexes
            .iter()
            .filter(|index| !self.is_implied(table, index))
        {
            self.index(name, index, &mut draft);
        }
        for (number, check) in table.checks.iter().enumerate() {
            if said_by_types.contains(&number) {
                continue;
            }
            draft.model.checks.0.push(Placed::from(CheckDecl {
                expression: DialectText::All(check.expression.to_string()),
                name: Some(name_of(check.name.as_ref())),
                column: check.column.clone(),
                not_valid: check.not_valid,
                not_enforced: check.not_enforced,
                no_inherit: check.no_inherit,
                comment: check.comment.clone(),
            }));
        }
        for exclusion in &table.exclusions {
            let declared = ExclusionDecl {
                definition: exclusion.definition.clone(),
                comment: exclusion.comment.clone(),
            };
            draft.model.exclusions.push(&exclusion.name, declared);
        }
        if !self.exact.contains(name) {
            shorten(&mut draft.model);
        }
        draft.model
    }

    /// A name, if lowering would not make the same one up.
    fn chosen(
        &self,
        table: &Name,
        name: Option<&String>,
        parts: &[&str],
        ending: &str,
        draft: &mut Draft,
    ) -> Option<NameDecl> {
        let mut words = vec![table.name.as_str()];
        words.extend(parts);
        words.push(ending);
        let usual = generated_name(&words, self.types.name_limit());
        let is_usual = name == Some(&usual) && !self.exact.contains(table);
        match is_usual && draft.implied.insert(usual) {
            true => None,
            false => Some(name_of(name)),
        }
    }

    fn references(&self, name: &Name, table: &Table, draft: &mut Draft) {
        for key in &table.foreign_keys {
            let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
            let chosen = self.chosen(name, key.name.as_ref(), &columns, "fkey", draft);
            let mut reference = self.reference(key, chosen);
            let field = match columns.as_slice() {
                [column] if !is_odd(table, key) => field_mut(&mut draft.model, column),
                _ => None,
            };
            match field.filter(|field| field.references.is_none()) {
                Some(field) => {
                    field.on_delete = reference.on_delete.take();
                    field.on_update = reference.on_update.take();
                    field.references = Some(short(reference));
                }
                None => draft.model.foreign_keys.push(Placed::from(ForeignKeyDecl {
                    columns: key.columns.clone(),
                    references: reference,
                    only: Vec::new(),
                })),
            }
        }
    }

    fn reference(&self, key: &ForeignKey, name: Option<NameDecl>) -> ReferenceDecl {
        let action = |action: Action| (action != Action::NoAction).then_some(ActionDecl(action));
        let target_key: Option<Vec<&str>> = (self.schema.tables.get(&key.target))
            .and_then(|target| target.primary_key.as_ref())
            .map(|key| key.columns().collect());
        let is_key = target_key.is_some_and(|columns| columns == key.target_columns);
        let (column, columns) = match key.target_columns.as_slice() {
            _ if is_key => (None, None),
            [column] => (Some(column.clone()), None),
            columns => (None, Some(columns.to_vec())),
        };
        ReferenceDecl {
            table: key.target.to_string(),
            column,
            columns,
            on_delete: action(key.on_delete),
            on_update: action(key.on_update),
            deferrable: deferrable(key.deferrable),
            matching: key.match_full.then(|| "full".to_owned()),
            name,
            delete_columns: key.delete_columns.clone(),
            not_valid: key.not_valid,
            not_enforced: key.not_enforced,
            comment: key.comment.clone(),
            is_short: false,
        }
    }

    /// The primary key, `required` of every field, and what is numbered.
    fn key(&self, name: &Name, table: &Table, draft: &mut Draft) {
        let key: Vec<&str> = (table.primary_key.iter())
            .flat_map(PrimaryKey::columns)
            .collect();
        let in_order: Vec<&str> = (table.columns.iter())
            .map(|column| column.name.as_str())
            .filter(|name| key.contains(name))
            .collect();
        let mut found = table.primary_key.clone();
        if let Some(found) = found.as_mut().filter(|_| !self.exact.contains(name)) {
            same::forget_usual_name(found, name, self.types);
        }
        match &found {
            None => {
                draft.model.primary_key = Some(KeyDecl {
                    none: true,
                    ..KeyDecl::default()
                });
            }
            Some(found) if *found == PrimaryKey::of(key.iter().copied()) && in_order == key => {
                for column in &key {
                    if let Some(field) = field_mut(&mut draft.model, column) {
                        field.primary_key = true;
                    }
                }
            }
            Some(found) => {
                draft.model.primary_key = Some(KeyDecl {
                    none: false,
                    columns: found.parts.iter().map(part).collect(),
                    name: found.name.clone(),
                    include: found.include.clone(),
                    deferrable: deferrable(found.deferrable),
                    comment: found.comment.clone(),
                    options: self.options(&found.options),
                });
            }
        }
        let referring: BTreeSet<&str> = (table.foreign_keys.iter())
            .flat_map(|key| &key.columns)
            .map(String::as_str)
            .collect();
        for column in &table.columns {
            let Some(field) = field_mut(&mut draft.model, &column.name) else {
                continue;
            };
            let is_key = key.contains(&column.name.as_str());
            field.required = (column.nullable == is_key).then_some(!column.nullable);
            let is_implied = key == [column.name.as_str()]
                && is_integer(field)
                && field.native.is_none()
                && field.default.is_none()
                && field.generated.is_none()
                && !referring.contains(column.name.as_str());
            match &field.auto_increment {
                None if is_implied => field.auto_increment = Some(off()),
                Some(how) if is_implied && *how == Default::default() => {
                    field.auto_increment = None;
                }
                _ => {}
            }
        }
    }

    fn unique(&self, name: &Name, unique: &Unique, draft: &mut Draft) {
        let usual = unique
            .parts
            .iter()
            .all(|part| is_plain(part) && part.collation.is_none());
        self.add_index(
            name,
            unique.name.as_ref(),
            IndexDecl {
                columns: unique.parts.iter().map(part).collect(),
                unique: true,
                constraint: (!usual).then_some(true),
                include: unique.include.clone(),
                nulls_not_distinct: unique.nulls_not_distinct,
                deferrable: deferrable(unique.deferrable),
                comment: unique.comment.clone(),
                options: self.options(&unique.options),
                ..IndexDecl::default()
            },
            draft,
        );
    }

    fn index(&self, name: &Name, index: &Index, draft: &mut Draft) {
        let could_be_constraint = index.unique
            && self.types.features().unique_constraints
            && index.predicate.is_none()
            && index.method.is_none()
            && index
                .parts
                .iter()
                .all(|part| is_plain(part) && part.collation.is_none());
        let declared = IndexDecl {
            constraint: could_be_constraint.then_some(false),
            ..index_decl(index, self)
        };
        self.add_index(name, Some(&index.name), declared, draft);
    }

    /// Adds an index: to its field, where nothing else has to be said of it.
    fn add_index(
        &self,
        table: &Name,
        name: Option<&String>,
        declared: IndexDecl,
        draft: &mut Draft,
    ) {
        let ending = if declared.unique { "key" } else { "idx" };
        let words: Vec<String> = declared
            .columns
            .iter()
            .map(|part| part.column.clone().unwrap_or_else(|| "expr".to_owned()))
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let chosen = self.chosen(table, name, &words, ending, draft);
        let bare = IndexDecl {
            columns: declared
                .columns
                .iter()
                .filter_map(|part| Some(PartDecl::column(part.column.clone()?)))
                .collect(),
            unique: declared.unique,
            ..IndexDecl::default()
        };
        if let ([column], true, None) = (words.as_slice(), declared == bare, &chosen)
            && let Some(field) = field_mut(&mut draft.model, column)
        {
            let place = match declared.unique {
                true => &mut field.unique,
                false => &mut field.index,
            };
            *place = Some(GroupDecl::Alone(true));
            return;
        }
        draft.model.indexes.push(Placed::from(IndexDecl {
            name: chosen,
            ..declared
        }));
    }

    /// True for an index that MySQL makes for a foreign key, and lowering too.
    fn is_implied(&self, table: &Table, index: &Index) -> bool {
        let plain = Index {
            name: index.name.clone(),
            parts: index.columns().map(IndexPart::column).collect(),
            ..Index::default()
        };
        let columns: Vec<&str> = index.columns().collect();
        let is_behind =
            |key: &&ForeignKey| key.name.as_ref() == Some(&index.name) && key.columns == columns;
        let covers = |parts: &[IndexPart]| {
            parts.len() >= columns.len()
                && parts.iter().zip(&columns).all(|(part, column)| {
                    part.prefix.is_none() && part.column_name() == Some(column)
                })
        };
        let is_covered = table.primary_key.iter().any(|key| covers(&key.parts))
            || table.indexes.iter().any(|other| {
                other.name != index.name && other.method.is_none() && covers(&other.parts)
            });
        self.types.features().indexed_references
            && *index == plain
            && !is_covered
            && table.foreign_keys.iter().any(|key| is_behind(&key))
    }

    /// The columns that lowering will find to be part of a key or index.
    fn indexed_columns<'t>(&'t self, name: &Name, table: &'t Table) -> BTreeSet<&'t str> {
        let whole = |part: &'t IndexPart| part.column_name().filter(|_| part.prefix.is_none());
        let parts = (table.primary_key.iter().flat_map(|key| &key.parts))
            .chain(table.uniques.iter().flat_map(|unique| &unique.parts))
            .chain(
                (table.indexes.iter())
                    .filter(|index| index.method.is_none())
                    .flat_map(|index| &index.parts),
            );
        let referring = table.foreign_keys.iter().flat_map(|key| &key.columns);
        let referred = self.referred.get(name).into_iter().flatten().copied();
        parts
            .filter_map(whole)
            .chain(referring.map(String::as_str))
            .chain(referred)
            .collect()
    }

    /// Leaves out the type of a field that refers to a field of the same type.
    pub(super) fn share_types(&self, declared: &mut Declarations) {
        let mut shared = Vec::new();
        for (name, table) in &self.schema.tables {
            if self.exact.contains(name) {
                continue;
            }
            for (number, key) in table.foreign_keys.iter().enumerate() {
                let ([column], [target]) = (&*key.columns, &*key.target_columns) else {
                    continue;
                };
                let stands_with_field =
                    |key: &ForeignKey| key.columns == [column.clone()] && !is_odd(table, key);
                let first = table.foreign_keys.iter().position(stands_with_field);
                if first != Some(number) {
                    continue;
                }
                let model = |name: &Name| declared.models.get(&name.to_string());
                let (Some(own), Some(other)) = (model(name), model(&key.target)) else {
                    continue;
                };
                let (own, other) = (&own.fields, &other.fields);
                let other = match other.get(target) {
                    // An `id` that is left out.
                    None => FieldDecl {
                        field_type: Some("integer".to_owned()),
                        ..FieldDecl::default()
                    },
                    Some(field) if field.references.is_some() => continue,
                    Some(field) => type_of(field),
                };
                let is_shared = own.get(column).is_some_and(|field| type_of(field) == other);
                if is_shared {
                    shared.push((name.to_string(), column.clone()));
                }
            }
        }
        for (model, column) in shared {
            let model = declared
                .models
                .0
                .iter_mut()
                .find(|(name, _)| name.value == model);
            if let Some(field) = model.and_then(|(_, model)| field_mut(model, &column)) {
                let typeless = FieldDecl {
                    field_type: None,
                    size: None,
                    precision: None,
                    scale: None,
                    unsigned: false,
                    approximate: false,
                    native: None,
                    values: Default::default(),
                    ..field.clone()
                };
                *field = typeless;
            }
        }
    }
}

/// A field refuses to be both required and set to NULL; a database need not.
fn is_odd(table: &Table, key: &ForeignKey) -> bool {
    let takes_no_null = |name: &String| {
        let column = table.column(name);
        column.is_some_and(|column| !column.nullable)
    };
    key.on_delete == Action::SetNull && key.columns.iter().any(takes_no_null)
}

/// What of a field is its type.
fn type_of(field: &FieldDecl) -> FieldDecl {
    FieldDecl {
        field_type: field.field_type.clone(),
        size: field.size,
        precision: field.precision,
        scale: field.scale,
        unsigned: field.unsigned,
        approximate: field.approximate,
        native: field.native.clone(),
        values: field.values.clone(),
        ..FieldDecl::default()
    }
}

/// Leaves out what every model has, and says `timestamps` where that says the same.
fn shorten(model: &mut ModelDecl) {
    let now = crate::model::decl::DefaultDecl::plain(crate::model::decl::PlainValue::Text(
        "CURRENT_TIMESTAMP".to_owned(),
    ));
    let stamp = FieldDecl {
        field_type: Some("datetime".to_owned()),
        required: Some(true),
        default: Some(now),
        ..FieldDecl::default()
    };
    if let [.., (created, first), (updated, second)] = model.fields.0.as_slice()
        && (created.value.as_str(), updated.value.as_str()) == ("created_at", "updated_at")
        && *first == stamp
        && *second == stamp
    {
        model.timestamps = true;
        let rest = model.fields.0.len().saturating_sub(2);
        model.fields.0.truncate(rest);
    }
    let id = FieldDecl {
        field_type: Some("integer".to_owned()),
        primary_key: true,
        ..FieldDecl::default()
    };
    let keys = model
        .fields
        .iter()
        .filter(|(.., field)| field.primary_key)
        .count();
    if let Some((name, first)) = model.fields.0.first()
        && name.value == "id"
        && *first == id
        && keys == 1
    {
        model.fields.0.remove(0);
    }
}

fn field_mut<'m>(model: &'m mut ModelDecl, name: &str) -> Option<&'m mut FieldDecl> {
    let mut fields = model.fields.0.iter_mut();
    let found = fields.find(|(known, _)| known.value == name);
    found.map(|(_, field)| field)
}

fn is_integer(field: &FieldDecl) -> bool {
    matches!(
        field.field_type.as_deref(),
        Some("integer" | "int" | "smallint")
    )
}

fn off() -> crate::model::decl::AutoIncrementDecl {
    crate::model::decl::AutoIncrementDecl {
        off: true,
        ..Default::default()
    }
}

/// `users` or `users.code`, where that says everything.
fn short(reference: ReferenceDecl) -> ReferenceDecl {
    let bare = ReferenceDecl {
        table: reference.table.clone(),
        column: reference.column.clone(),
        ..ReferenceDecl::default()
    };
    if reference != bare
        || reference
            .column
            .as_ref()
            .is_some_and(|name| name.contains('.'))
    {
        return reference;
    }
    let table = match reference.column {
        None => reference.table,
        Some(column) => format!("{}.{column}", reference.table),
    };
    ReferenceDecl {
        table,
        is_short: true,
        ..ReferenceDecl::default()
    }
}

fn name_of(name: Option<&String>) -> NameDecl {
    name.map_or(NameDecl::Unnamed(false), |name| {
        NameDecl::Named(name.clone())
    })
}

fn deferrable(when: Deferrable) -> Option<DeferrableDecl> {
    (when != Deferrable::No).then_some(DeferrableDecl { when })
}

fn is_plain(part: &IndexPart) -> bool {
    let plain = part.column_name().map(IndexPart::column);
    plain.is_some_and(|plain| {
        plain
            == IndexPart {
                collation: None,
                ..part.clone()
            }
    })
}

/// An index without its name.
pub(super) fn index_decl(index: &Index, raising: &Raising<'_>) -> IndexDecl {
    IndexDecl {
        columns: index.parts.iter().map(part).collect(),
        name: None,
        unique: index.unique,
        constraint: None,
        predicate: (index.predicate.as_ref()).map(|sql| DialectText::All(sql.to_string())),
        method: index.method.clone(),
        include: index.include.clone(),
        nulls_not_distinct: index.nulls_not_distinct,
        deferrable: None,
        comment: index.comment.clone(),
        options: raising.options(&index.options),
        only: Vec::new(),
    }
}

fn part(part: &IndexPart) -> PartDecl {
    let (column, expression) = match &part.key {
        IndexKey::Column(name) => (Some(name.clone()), None),
        IndexKey::Expression(sql) => (None, Some(DialectText::All(sql.to_string()))),
    };
    PartDecl {
        column,
        expression,
        desc: part.descending,
        nulls: part.nulls.map(|nulls| match nulls {
            NullsOrder::First => NullsDecl::First,
            NullsOrder::Last => NullsDecl::Last,
        }),
        prefix: part.prefix,
        collation: part.collation.clone(),
        operator_class: part.operator_class.clone(),
    }
}
