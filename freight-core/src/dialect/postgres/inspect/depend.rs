//! What needs what: `pg_depend`, in the words of the schema.
//!
//! The server knows for everything but the texts of functions in a string. Those of `sql` are
//! checked when the function is made, and in `plpgsql` the types of variables are; so a table or
//! view that stands there by name is taken for needed, unless it needs the function itself.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::{Catalog, RelationKind};
use crate::dialect::postgres::render::quote;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{ObjectKey, ObjectKind, Schema, Subject};
use crate::sql::{Lexicon, TokenKind, significant};

/// Views over tables, defaults, checks and indexes over their table, array types over their
/// elements, and members of an extension over that. What goes with its own column by itself (`a`)
/// is no news of a default or a constraint, and is most of the catalog.
const QUERY: &str = "SELECT DISTINCT \
    CASE WHEN r.rulename = '_RETURN' OR d.classid = 'pg_attrdef'::regclass OR k.conrelid <> 0 \
      THEN 'pg_class' WHEN k.oid IS NOT NULL THEN 'pg_type' \
      ELSE d.classid::regclass::text END, \
    CASE WHEN r.rulename = '_RETURN' THEN r.ev_class WHEN ad.oid IS NOT NULL THEN ad.adrelid \
      WHEN k.conrelid <> 0 THEN k.conrelid WHEN k.oid IS NOT NULL THEN k.contypid \
      ELSE d.objid END::text, \
    CASE WHEN e.refobjid IS NOT NULL THEN 'pg_extension' ELSE d.refclassid::regclass::text END, \
    coalesce(e.refobjid, tt.oid, d.refobjid)::text, d.refobjsubid::text \
    FROM pg_depend d \
    LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid \
    LEFT JOIN pg_attrdef ad ON d.classid = 'pg_attrdef'::regclass AND ad.oid = d.objid \
    LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid \
    LEFT JOIN pg_type ar ON d.refclassid = 'pg_type'::regclass AND ar.oid = d.refobjid \
    LEFT JOIN pg_type tt ON tt.oid = CASE WHEN ar.typelem <> 0 AND ar.typcategory = 'A' \
      THEN ar.typelem ELSE ar.oid END \
    LEFT JOIN pg_depend e ON e.classid = d.refclassid \
      AND e.objid = coalesce(tt.oid, d.refobjid) AND e.deptype = 'e' \
    WHERE d.deptype IN ('n', 'a', 'P') AND d.refobjid >= 16384 \
    AND NOT (d.deptype = 'a' AND d.classid IN ('pg_attrdef'::regclass, 'pg_constraint'::regclass)) \
    AND NOT (d.classid = 'pg_constraint'::regclass AND k.contype = 'f') \
    ORDER BY 1, 2, 3, 4, 5";

/// Reads `pg_depend`.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<()> {
    let mut needs: BTreeMap<Subject, BTreeSet<Subject>> = BTreeMap::new();
    for row in catalog.rows(QUERY)? {
        let (from, to) = (row.text(0).to_owned(), row.text(2).to_owned());
        let source = catalog.subject(&from, row.oid(1)).cloned();
        let Some(source) = source else { continue };
        let targets = needs.entry(source).or_default();
        targets.extend(target(catalog, &to, row.oid(3), row.number(4)));
        // A column of a view stands for the view, which may have to be made again.
        if let Some(view @ Subject::Object(_)) = catalog.subject(&to, row.oid(3)) {
            targets.insert(view.clone());
        }
    }
    for (source, mut targets) in needs {
        let types: Vec<_> = targets
            .iter()
            .filter_map(|target| type_of(&catalog.schema, target))
            .collect();
        targets.extend(types);
        let targets = told(&source, targets);
        put(&mut catalog.schema, &source, targets);
    }
    of_bodies(catalog);
    Ok(())
}

fn target(catalog: &Catalog<'_>, class: &str, oid: u32, column: i64) -> Option<Subject> {
    if class == "pg_class"
        && column > 0
        && let Some(relation) = catalog.relations.get(&oid)
        && relation.kind != RelationKind::ForeignTable
    {
        let column = relation.columns.get(&column)?;
        return Some(Subject::Column(relation.name.clone(), column.name.clone()));
    }
    catalog.subject(class, oid).cloned()
}

/// The enumerated type or domain of a column: making the type anew changes the column's.
fn type_of(schema: &Schema, target: &Subject) -> Option<Subject> {
    let Subject::Column(table, column) = target else {
        return None;
    };
    let column = schema.tables.get(table)?.column(column)?;
    let name = quote::parse_qualified(column.column_type.as_str().trim_end_matches("[]"));
    let is_user_defined = schema.enums.contains_key(&name) || schema.domains.contains_key(&name);
    is_user_defined.then_some(Subject::Type(name))
}

/// Without what a thing says of itself, and without a table of which a column is named.
fn told(source: &Subject, mut targets: BTreeSet<Subject>) -> BTreeSet<Subject> {
    let own = match source {
        Subject::Object(key) => key.table.as_ref(),
        _ => None,
    };
    let columns: BTreeSet<Name> = targets
        .iter()
        .filter_map(|target| match target {
            Subject::Column(table, _) => Some(table.clone()),
            _ => None,
        })
        .collect();
    targets.retain(|target| match target {
        _ if target == source => false,
        Subject::Table(name) => !columns.contains(name) && own != Some(name),
        Subject::Column(name, _) => match source {
            Subject::Table(table) => table != name,
            _ => true,
        },
        _ => true,
    });
    targets
}

fn put(schema: &mut Schema, source: &Subject, targets: BTreeSet<Subject>) {
    let needs = match source {
        Subject::Table(name) => schema.tables.get_mut(name).map(|table| &mut table.needs),
        Subject::Object(key) => schema.objects.get_mut(key).map(|object| &mut object.needs),
        Subject::Type(name) => match schema.domains.get_mut(name) {
            Some(domain) => Some(&mut domain.needs),
            None => schema.composites.get_mut(name).map(|one| &mut one.needs),
        },
        _ => None,
    };
    if let Some(needs) = needs {
        needs.extend(targets);
    }
}

/// Adds what the texts of functions name.
fn of_bodies(catalog: &mut Catalog<'_>) {
    let mut named: BTreeMap<Name, Subject> = BTreeMap::new();
    for name in catalog.schema.tables.keys() {
        named.insert(name.clone(), Subject::Table(name.clone()));
    }
    for key in catalog.schema.objects.keys() {
        let is_callable = matches!(
            key.kind,
            ObjectKind::View
                | ObjectKind::MaterializedView
                | ObjectKind::Function
                | ObjectKind::Aggregate
        );
        if is_callable {
            let subject = Subject::Object(key.clone());
            named.entry(key.name.clone()).or_insert(subject);
        }
    }
    let sequences: BTreeSet<Name> = catalog.schema.sequences.keys().cloned().collect();
    for (key, body) in std::mem::take(&mut catalog.bodies) {
        let asked = strings_in(&body.source).filter(|name| sequences.contains(name));
        if let Some(object) = catalog.schema.objects.get_mut(&key) {
            object.needs.extend(asked.map(Subject::Sequence));
        }
        for name in names_in(&body.source, body.language == "plpgsql") {
            let Some(subject) = named.get(&name) else {
                continue;
            };
            let own = Subject::Object(key.clone());
            if *subject == own || reaches(&catalog.schema, subject, &key) {
                continue;
            }
            if let Some(object) = catalog.schema.objects.get_mut(&key) {
                object.needs.insert(subject.clone());
            }
        }
    }
}

/// The strings in a text, as names: that of a sequence stands in one.
fn strings_in(source: &str) -> impl Iterator<Item = Name> {
    significant(source, &Lexicon::POSTGRES)
        .filter(|token| token.kind == TokenKind::String)
        .filter_map(|token| token.text(source).strip_prefix('\'')?.strip_suffix('\''))
        .map(quote::parse_qualified)
}

/// The names in a text; in `plpgsql` only those of types, `users%ROWTYPE`.
fn names_in(source: &str, only_types: bool) -> BTreeSet<Name> {
    let tokens: Vec<_> = significant(source, &Lexicon::POSTGRES).collect();
    let word = |index: usize| tokens.get(index).map_or("", |token| token.text(source));
    let name = |index: usize| {
        let token = tokens.get(index)?;
        match token.kind {
            TokenKind::Word => Some(token.text(source).to_lowercase()),
            TokenKind::QuotedName => {
                let inner = token.text(source).strip_prefix('"')?.strip_suffix('"')?;
                Some(inner.replace("\"\"", "\""))
            }
            _ => None,
        }
    };
    let mut names = BTreeSet::new();
    let mut index = 0;
    while index < tokens.len() {
        let Some(first) = name(index) else {
            index += 1;
            continue;
        };
        let (found, next) = match (word(index + 1), name(index + 2)) {
            (".", Some(second)) => (Name::within(first.clone(), second), index + 3),
            _ => (Name::new(first.clone()), index + 1),
        };
        // `users.name%TYPE` names a column of a table.
        let is_type = word(next) == "%" || (word(index + 1) == "." && word(index + 3) == "%");
        if !only_types || is_type {
            names.insert(Name::new(first));
            names.insert(found);
        }
        index = next;
    }
    names
}

/// True when `subject` needs `key`, directly or not.
fn reaches(schema: &Schema, subject: &Subject, key: &ObjectKey) -> bool {
    let mut seen: BTreeSet<Subject> = BTreeSet::new();
    let mut open = vec![subject.clone()];
    while let Some(subject) = open.pop() {
        if subject == Subject::Object(key.clone()) {
            return true;
        }
        let needs = match &subject {
            Subject::Table(name) => schema.tables.get(name).map(|table| &table.needs),
            Subject::Object(key) => schema.objects.get(key).map(|object| &object.needs),
            Subject::Type(name) => match schema.domains.get(name) {
                Some(domain) => Some(&domain.needs),
                None => schema.composites.get(name).map(|one| &one.needs),
            },
            _ => None,
        };
        for need in needs.into_iter().flatten() {
            let need = match need {
                Subject::Column(name, _) if schema.tables.contains_key(name) => {
                    Subject::Table(name.clone())
                }
                Subject::Column(name, _) => {
                    let view = ObjectKey::new(ObjectKind::View, name.clone());
                    Subject::Object(view)
                }
                other => other.clone(),
            };
            if seen.insert(need.clone()) {
                open.push(need);
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_function_names_what_it_needs() {
        let names = names_in("SELECT a.b FROM users u JOIN \"My T\" ON 'x y'", false);
        for name in [
            Name::new("users"),
            Name::new("My T"),
            Name::within("a", "b"),
        ] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(!names.contains(&Name::new("x")));
        let names = names_in(
            "DECLARE r users%ROWTYPE; n other.x%TYPE; BEGIN SELECT 1 FROM t; END",
            true,
        );
        assert_eq!(
            names,
            [
                Name::new("other"),
                Name::new("users"),
                Name::within("other", "x")
            ]
            .into()
        );
    }
}
