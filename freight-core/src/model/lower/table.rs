//! A model becomes a table: keys, constraints and indexes, and their names.

use std::collections::BTreeSet;

use super::{Lowering, is_for};
use crate::error::{Error, ErrorKind, Result};
use crate::ident::generated_name;
use crate::model::decl::NameDecl;
use crate::model::set::{Model, ModelCheck, ModelIndex, ModelKey, ModelPart, Reference};
use crate::model::types::FieldType;
use crate::schema::{
    Action, Check, Deferrable, Exclusion, Expression, ForeignKey, Index, IndexKey, IndexPart,
    PrimaryKey, Subject, Table, Unique,
};

impl Lowering<'_> {
    /// Adds the table of a model.
    pub(super) fn table(&mut self, model: &Model) -> Result<()> {
        let path = format!("models.{}", model.name);
        let marked = |error: Error| model.origin.mark(error);
        self.chosen_name(&model.table.name, &path).map_err(marked)?;
        let foreign = model.table.namespace.is_some();
        let has_namespaces = self.types.features().postgres_types;
        self.needs_feature(foreign, has_namespaces, &path, "namespace")
            .map_err(marked)?;
        let subject = Subject::Table(model.table.clone());
        let mut table = Table {
            comment: self.comment(model.comment.as_ref(), subject),
            options: self.options(&model.options),
            ..Table::default()
        };
        let mut names = Names::default();
        names.reserve(model);
        let indexed = self.indexed_columns(model);
        let mut emulated = Vec::new();
        for field in &model.fields {
            let is_indexed = indexed.contains(&field.column);
            let (column, check) = self.column(model, field, is_indexed)?;
            emulated.extend(check.map(|check| (field.column.clone(), check)));
            if let FieldType::Named(name, _) = &field.field_type
                && self.types.features().postgres_types
            {
                table.needs.insert(Subject::Type(name.clone()));
            }
            table.columns.push(column);
        }
        if let Some(key) = &model.key {
            table.primary_key = Some(self.primary_key(model, key).map_err(marked)?);
        }
        for index in model
            .indexes
            .iter()
            .filter(|index| is_for(&index.only, self.types))
        {
            let result = self.index(model, index, &mut table, &mut names);
            result.map_err(|error| index.origin.mark(error))?;
        }
        for reference in model
            .references
            .iter()
            .filter(|key| is_for(&key.only, self.types))
        {
            let result = self.foreign_key(model, reference, &mut names);
            table
                .foreign_keys
                .push(result.map_err(|error| reference.origin.mark(error))?);
        }
        for check in &model.checks {
            let result = self.check(model, check, &mut names);
            table
                .checks
                .extend(result.map_err(|error| check.origin.mark(error))?);
        }
        for (column, expression) in emulated {
            let name = self.generated(model, &[&column], "check", &mut names);
            table.checks.push(Check {
                name: Some(name),
                expression: Expression::new(expression),
                ..Check::default()
            });
        }
        self.exclusions(model, &mut table).map_err(marked)?;
        self.index_references(&mut table);
        table.sort();
        self.lowered
            .schema
            .tables
            .insert(model.table.clone(), table);
        Ok(())
    }

    /// The columns that are part of a key, an index or a foreign key, or that one refers to.
    fn indexed_columns(&self, model: &Model) -> BTreeSet<String> {
        let part = |part: &ModelPart| match part.prefix {
            None => part.column.clone(),
            Some(_) => None,
        };
        let key = model.key.iter().flat_map(|key| &key.parts).filter_map(part);
        let indexes = model
            .indexes
            .iter()
            .filter(|index| index.method.is_none() && is_for(&index.only, self.types))
            .flat_map(|index| &index.parts)
            .filter_map(part);
        let referring = model.references.iter().flat_map(|key| &key.columns);
        let referred = self.referred.get(&model.table).into_iter().flatten();
        key.chain(indexes)
            .chain(referring.cloned())
            .chain(referred.map(|column| (*column).to_owned()))
            .collect()
    }

    fn primary_key(&mut self, model: &Model, key: &ModelKey) -> Result<PrimaryKey> {
        let path = format!("models.{}.primary_key", model.name);
        let features = self.types.features();
        let is_deferrable = key.deferrable != Deferrable::No;
        self.needs_feature(
            is_deferrable,
            features.deferrable_keys,
            &path,
            "deferrable key",
        )?;
        let includes = !key.include.is_empty();
        self.needs_feature(
            includes,
            features.included_columns,
            &path,
            "included column",
        )?;
        let subject = Subject::Table(model.table.clone());
        Ok(PrimaryKey {
            // Where a key has no name of its own, one that was chosen for others means nothing.
            name: key.name.clone().filter(|_| features.named_keys),
            parts: self.parts(&key.parts, &path)?,
            include: key.include.clone(),
            deferrable: key.deferrable,
            comment: self.inner_comment(key.comment.as_ref(), subject),
            options: self.options(&key.options),
        })
    }

    fn index(
        &mut self,
        model: &Model,
        declared: &ModelIndex,
        table: &mut Table,
        names: &mut Names,
    ) -> Result<()> {
        let path = format!("models.{}.indexes", model.name);
        let built = self.built_index(declared, &path)?;
        let ending = if declared.unique { "key" } else { "idx" };
        let columns: Vec<&str> = declared.parts.iter().map(part_word).collect();
        let is_constraint = self.is_constraint(declared, &path)?;
        let name = match &declared.name {
            Some(NameDecl::Named(name)) => Some(self.chosen_name(name, &path)?),
            Some(NameDecl::Unnamed(_))
                if is_constraint && self.types.features().unnamed_constraints =>
            {
                None
            }
            _ => Some(self.generated(model, &columns, ending, names)),
        };
        let subject = Subject::Table(model.table.clone());
        let comment = match self.types.features().comments {
            true => declared.comment.clone(),
            false => self.inner_comment(declared.comment.as_ref(), subject),
        };
        if is_constraint {
            table.uniques.push(Unique {
                name,
                parts: built.parts,
                nulls_not_distinct: built.nulls_not_distinct,
                include: built.include,
                deferrable: declared.deferrable,
                comment,
                options: built.options,
            });
            return Ok(());
        }
        let is_deferrable = declared.deferrable != Deferrable::No;
        self.needs_feature(is_deferrable, false, &path, "index that is checked later")?;
        table.indexes.push(Index {
            name: name.unwrap_or_default(),
            comment,
            ..built
        });
        Ok(())
    }

    /// Whether a unique index is a constraint: where that can be, unless somebody said otherwise.
    fn is_constraint(&self, declared: &ModelIndex, path: &str) -> Result<bool> {
        let features = self.types.features();
        if !declared.unique || !features.unique_constraints {
            let is_deferrable = declared.unique && declared.deferrable != Deferrable::No;
            self.needs_feature(is_deferrable, false, path, "deferrable unique constraint")?;
            return Ok(false);
        }
        let is_possible = declared.parts.iter().all(|part| part.column.is_some())
            && declared.predicate.is_none()
            && declared.method.is_none();
        let is_usual = declared
            .parts
            .iter()
            .all(|part| part.is_plain() && part.collation.is_none());
        let is_deferrable = declared.deferrable != Deferrable::No;
        match declared.constraint {
            Some(true) if !is_possible => Err(Error::new(
                ErrorKind::InvalidModel,
                format!("`{path}`: a unique constraint has whole columns and no `where`"),
            )),
            Some(chosen) => Ok(chosen),
            None if is_deferrable && !features.deferrable_keys => {
                Err(self.unsupported(path, "there is no deferrable unique constraint"))
            }
            None => Ok(is_possible && is_usual),
        }
    }

    /// Everything of an index but its name and comment.
    pub(super) fn built_index(&self, declared: &ModelIndex, path: &str) -> Result<Index> {
        let features = self.types.features();
        let dialect = self.types.dialect();
        let wants = [
            (
                declared.predicate.is_some(),
                features.partial_indexes,
                "index over some rows",
            ),
            (
                declared.method.is_some(),
                features.index_methods,
                "index method",
            ),
            (
                !declared.include.is_empty(),
                features.included_columns,
                "included column",
            ),
            (
                declared.nulls_not_distinct,
                features.index_orders,
                "NULLS NOT DISTINCT",
            ),
        ];
        for (wanted, has, what) in wants {
            self.needs_feature(wanted, has, path, what)?;
        }
        let predicate = declared.predicate.as_ref();
        Ok(Index {
            parts: self.parts(&declared.parts, path)?,
            unique: declared.unique,
            nulls_not_distinct: declared.nulls_not_distinct,
            method: declared.method.clone(),
            include: declared.include.clone(),
            predicate: predicate
                .and_then(|sql| sql.get(dialect))
                .map(Expression::new),
            options: self.options(&declared.options),
            ..Index::default()
        })
    }

    fn parts(&self, parts: &[ModelPart], path: &str) -> Result<Vec<IndexPart>> {
        parts.iter().map(|part| self.part(part, path)).collect()
    }

    fn part(&self, part: &ModelPart, path: &str) -> Result<IndexPart> {
        let features = self.types.features();
        let wants = [
            (
                part.nulls.is_some(),
                features.index_orders,
                "NULLS FIRST or LAST",
            ),
            (
                part.operator_class.is_some(),
                features.index_orders,
                "operator class",
            ),
            (
                part.collation.is_some(),
                features.index_collations,
                "collation of an index",
            ),
            (
                part.prefix.is_some(),
                features.index_prefixes,
                "index over the start of a column",
            ),
        ];
        for (wanted, has, what) in wants {
            self.needs_feature(wanted, has, path, what)?;
        }
        let key = match (&part.column, &part.expression) {
            (Some(column), _) => IndexKey::Column(column.clone()),
            (None, Some(sql)) => match sql.get(self.types.dialect()) {
                Some(text) => IndexKey::Expression(Expression::new(text)),
                None => {
                    return Err(self
                        .unsupported(path, "no expression is given for a part of the index")
                        .with_hint("give one, or name the dialects that have it with `only:`"));
                }
            },
            (None, None) => IndexKey::Column(String::new()),
        };
        Ok(IndexPart {
            descending: part.descending,
            nulls: part.nulls,
            prefix: part.prefix,
            collation: part.collation.clone(),
            operator_class: part.operator_class.clone(),
            ..IndexPart {
                key,
                ..IndexPart::column("")
            }
        })
    }

    fn foreign_key(
        &mut self,
        model: &Model,
        declared: &Reference,
        names: &mut Names,
    ) -> Result<ForeignKey> {
        let path = format!("models.{}.{}", model.name, declared.columns.join("_"));
        let features = self.types.features();
        let actions = [declared.on_delete, declared.on_update];
        let has_own = features.postgres_constraints;
        let wants = [
            (
                actions.contains(&Action::SetDefault),
                features.set_default,
                "SET DEFAULT",
            ),
            (
                declared.deferrable != Deferrable::No,
                features.deferrable_references,
                "deferrable foreign key",
            ),
            (declared.match_full, has_own, "MATCH FULL"),
            (declared.not_valid, has_own, "NOT VALID"),
            (declared.not_enforced, has_own, "NOT ENFORCED foreign key"),
            (
                !declared.delete_columns.is_empty(),
                has_own,
                "SET NULL of some columns",
            ),
        ];
        for (wanted, has, what) in wants {
            self.needs_feature(wanted, has, &path, what)?;
        }
        let columns: Vec<&str> = declared.columns.iter().map(String::as_str).collect();
        let action = |action: Action| match action {
            Action::Restrict if !features.restrict => Action::NoAction,
            other => other,
        };
        let subject = Subject::Table(model.table.clone());
        Ok(ForeignKey {
            name: self.constraint_name(model, declared.name.as_ref(), &columns, "fkey", names)?,
            columns: declared.columns.clone(),
            target: declared.target.clone(),
            target_columns: declared.target_columns.clone(),
            on_delete: action(declared.on_delete),
            on_update: action(declared.on_update),
            delete_columns: declared.delete_columns.clone(),
            match_full: declared.match_full,
            deferrable: declared.deferrable,
            not_valid: declared.not_valid,
            not_enforced: declared.not_enforced,
            comment: self.inner_comment(declared.comment.as_ref(), subject),
        })
    }

    fn check(
        &mut self,
        model: &Model,
        check: &ModelCheck,
        names: &mut Names,
    ) -> Result<Option<Check>> {
        let declared = &check.declared;
        let Some(expression) = declared.expression.get(self.types.dialect()) else {
            return Ok(None);
        };
        let path = format!("models.{}.checks", model.name);
        let features = self.types.features();
        let has_own = features.postgres_constraints;
        let wants = [
            (declared.not_valid, has_own, "NOT VALID"),
            (declared.no_inherit, has_own, "NO INHERIT"),
            (declared.not_enforced, features.not_enforced, "NOT ENFORCED"),
        ];
        for (wanted, has, what) in wants {
            self.needs_feature(wanted, has, &path, what)?;
        }
        let columns: Vec<&str> = check.field.iter().map(String::as_str).collect();
        let subject = Subject::Table(model.table.clone());
        let column = declared.column.clone().filter(|_| features.mysql_columns);
        let name = match (&column, &declared.name) {
            // It goes by the name of its column.
            (Some(_), None | Some(NameDecl::Unnamed(_))) => None,
            (_, chosen) => {
                self.constraint_name(model, chosen.as_ref(), &columns, "check", names)?
            }
        };
        Ok(Some(Check {
            name,
            expression: Expression::new(expression),
            column,
            not_valid: declared.not_valid,
            not_enforced: declared.not_enforced,
            no_inherit: declared.no_inherit,
            comment: self.inner_comment(declared.comment.as_ref(), subject),
        }))
    }

    fn exclusions(&self, model: &Model, table: &mut Table) -> Result<()> {
        let path = format!("models.{}.exclusions", model.name);
        let has = self.types.features().postgres_types;
        self.needs_feature(
            !model.exclusions.is_empty(),
            has,
            &path,
            "exclusion constraint",
        )?;
        for (name, exclusion) in &model.exclusions {
            table.exclusions.push(Exclusion {
                name: self.chosen_name(name, &path)?,
                definition: exclusion.definition.clone(),
                comment: exclusion.comment.clone(),
            });
        }
        Ok(())
    }

    /// MySQL makes an index for a foreign key that none begins with, under the key's name.
    ///
    /// <https://dev.mysql.com/doc/refman/8.4/en/create-table-foreign-keys.html>
    fn index_references(&self, table: &mut Table) {
        if !self.types.features().indexed_references {
            return;
        }
        for key in table.foreign_keys.clone() {
            let covers = |parts: &[IndexPart]| {
                parts.len() >= key.columns.len()
                    && parts.iter().zip(&key.columns).all(|(part, column)| {
                        part.prefix.is_none() && part.column_name() == Some(column)
                    })
            };
            let by_key = table.primary_key.iter().any(|key| covers(&key.parts));
            let by_index = table
                .indexes
                .iter()
                .any(|index| index.method.is_none() && covers(&index.parts));
            let Some(name) = key.name.filter(|_| !by_key && !by_index) else {
                continue;
            };
            table.indexes.push(Index {
                name,
                parts: key.columns.into_iter().map(IndexPart::column).collect(),
                ..Index::default()
            });
        }
    }

    fn constraint_name(
        &self,
        model: &Model,
        chosen: Option<&NameDecl>,
        columns: &[&str],
        ending: &str,
        names: &mut Names,
    ) -> Result<Option<String>> {
        let path = format!("models.{}", model.name);
        match chosen {
            Some(NameDecl::Named(name)) => self.chosen_name(name, &path).map(Some),
            Some(NameDecl::Unnamed(_)) if self.types.features().unnamed_constraints => Ok(None),
            _ => Ok(Some(self.generated(model, columns, ending, names))),
        }
    }

    /// A name that is made of the table's and the columns'. When two would be the same, the
    /// second has a number.
    fn generated(
        &self,
        model: &Model,
        columns: &[&str],
        ending: &str,
        names: &mut Names,
    ) -> String {
        let mut number = 0_usize;
        loop {
            let ending = match number {
                0 => ending.to_owned(),
                number => format!("{ending}{number}"),
            };
            let mut parts = vec![model.table.name.as_str()];
            parts.extend(columns);
            parts.push(&ending);
            let name = generated_name(&parts, self.types.name_limit());
            if names.0.insert(name.clone()) {
                return name;
            }
            number += 1;
        }
    }
}

/// The names of a table's constraints and indexes.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl Names {
    /// Names that somebody chose are taken before any is made up.
    fn reserve(&mut self, model: &Model) {
        let indexes = model.indexes.iter().map(|index| index.name.as_ref());
        let keys = model.references.iter().map(|key| key.name.as_ref());
        let checks = model
            .checks
            .iter()
            .map(|check| check.declared.name.as_ref());
        for name in indexes.chain(keys).chain(checks).flatten() {
            if let NameDecl::Named(name) = name {
                self.0.insert(name.clone());
            }
        }
        self.0
            .extend(model.exclusions.iter().map(|(name, _)| name.clone()));
    }
}

/// What stands for a part in a name.
fn part_word(part: &ModelPart) -> &str {
    part.column.as_deref().unwrap_or("expr")
}
