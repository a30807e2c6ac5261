//! Rights, as the statements that give and take them.
//!
//! Who owns a thing is not compared, and what an owner may do is a matter of that. Everything else
//! is compared with what a new thing of the kind would have.
//! <https://www.postgresql.org/docs/current/ddl-priv.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::catalog::{Catalog, is_own};
use super::row::{Row, is_at, text_at};
use crate::dialect::postgres::render::quote;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{Object, ObjectKey, ObjectKind, Subject};

/// A right: who (nobody is everybody), what, whether it may be passed on.
type Right = (Option<String>, String, bool);

/// Reads what `GRANT` and `REVOKE` left on each kind of thing.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<()> {
    let mut lines: BTreeMap<ObjectKey, (BTreeSet<String>, Option<Subject>)> = BTreeMap::new();
    let sql = query(catalog);
    for row in catalog.rows(&sql)? {
        let Some((name, signature, object)) = target(catalog, &row) else {
            continue;
        };
        let (given, usual) = (rights(&row, 6), rights(&row, 7));
        let key = ObjectKey {
            signature: Some(signature),
            ..ObjectKey::new(ObjectKind::Privileges, name)
        };
        let subject = match row.text(0) {
            "column" => catalog.subject("pg_class", row.oid(1)),
            "schema" => None,
            _ => catalog.subject(row.text(2), row.oid(1)),
        };
        let subject = subject.cloned();
        if row.is(8) {
            let what = format!("rights on {object} that its owner gave up");
            catalog.note(subject.clone().unwrap_or(Subject::Database), what);
        }
        let entry = lines.entry(key).or_default();
        entry.1 = subject.or_else(|| entry.1.take());
        let columns = row.optional(5).map(quote::identifier);
        let taken = statements(
            "REVOKE",
            "FROM",
            usual.difference(&given),
            &object,
            columns.as_deref(),
        );
        let added = statements(
            "GRANT",
            "TO",
            given.difference(&usual),
            &object,
            columns.as_deref(),
        );
        entry.0.extend(taken);
        entry.0.extend(added);
    }
    for (key, (statements, subject)) in lines {
        if statements.is_empty() {
            continue;
        }
        // What is taken is taken first: `REVOKE` sorts after `GRANT`, and does not mean the same
        // rights, so that the order does not matter.
        let statements: Vec<_> = statements.into_iter().collect();
        let object = Object {
            definition: statements.join("\n"),
            needs: subject.into_iter().collect(),
            ..Object::default()
        };
        catalog.schema.objects.insert(key, object);
    }
    Ok(())
}

/// One row for each thing whose rights are not the usual ones: the kind, its number and catalog,
/// namespace, name, column, rights, usual rights, whether the owner lacks any.
fn query(catalog: &Catalog<'_>) -> String {
    let rights = |list: &str, owner: &str| {
        format!(
            "(SELECT json_agg(json_build_array(g.rolname, x.privilege_type, x.is_grantable))::text \
             FROM aclexplode({list}) x LEFT JOIN pg_roles g ON g.oid = x.grantee \
             WHERE x.grantee <> {owner})"
        )
    };
    let lacks = |kind: &str, list: &str, owner: &str| {
        format!(
            "(EXISTS (SELECT x.privilege_type FROM aclexplode(acldefault('{kind}', {owner})) x \
             WHERE x.grantee = {owner} EXCEPT SELECT y.privilege_type FROM aclexplode({list}) y \
             WHERE y.grantee = {owner}))::text"
        )
    };
    let one = |kind: &str,
               letter: &str,
               table: &str,
               namespace: &str,
               name: &str,
               list: &str,
               owner: &str,
               rest: &str| {
        format!(
            "SELECT '{kind}', o.oid::text, '{table}', {namespace}, {name}, NULL, {}, {}, {} \
             FROM {table} o WHERE o.{list} IS NOT NULL AND {rest}",
            rights(&format!("o.{list}"), &format!("o.{owner}")),
            rights(
                &format!("acldefault('{letter}', o.{owner})"),
                &format!("o.{owner}")
            ),
            lacks(letter, &format!("o.{list}"), &format!("o.{owner}")),
        )
    };
    let namespaces = catalog.namespace_list();
    let within = |namespace: &str, table: &str| {
        format!(
            "o.{namespace} IN ({namespaces}) AND {}",
            is_own(table, "o.oid")
        )
    };
    let class = within("relnamespace", "pg_class");
    let parts = [
        one(
            "table",
            "r",
            "pg_class",
            "o.relnamespace::text",
            "o.relname::text",
            "relacl",
            "relowner",
            &format!("o.relkind IN ('r', 'p', 'v', 'm', 'f') AND {class}"),
        ),
        one(
            "sequence",
            "s",
            "pg_class",
            "o.relnamespace::text",
            "o.relname::text",
            "relacl",
            "relowner",
            &format!("o.relkind = 'S' AND {class}"),
        ),
        one(
            "function",
            "f",
            "pg_proc",
            "o.pronamespace::text",
            "o.proname::text",
            "proacl",
            "proowner",
            &within("pronamespace", "pg_proc"),
        ),
        one(
            "type",
            "T",
            "pg_type",
            "o.typnamespace::text",
            "o.typname::text",
            "typacl",
            "typowner",
            &within("typnamespace", "pg_type"),
        ),
        one(
            "schema",
            "n",
            "pg_namespace",
            "o.oid::text",
            "o.nspname::text",
            "nspacl",
            "nspowner",
            &format!("o.oid IN ({namespaces}) AND o.nspname <> current_schema()"),
        ),
        one(
            "server",
            "S",
            "pg_foreign_server",
            "NULL",
            "o.srvname::text",
            "srvacl",
            "srvowner",
            &is_own("pg_foreign_server", "o.oid"),
        ),
        format!(
            "SELECT 'column', c.oid::text, 'pg_class', c.relnamespace::text, c.relname::text, \
             a.attname::text, {}, NULL, 'false' FROM pg_attribute a \
             JOIN pg_class c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL \
             AND NOT a.attisdropped AND c.relnamespace IN ({namespaces}) AND {}",
            rights("a.attacl", "c.relowner"),
            is_own("pg_class", "c.oid"),
        ),
    ];
    format!("{} ORDER BY 1, 4, 5, 2, 6", parts.join(" UNION ALL "))
}

fn rights(row: &Row, index: usize) -> BTreeSet<Right> {
    let right = |right: &Json| {
        (
            text_at(right, 0),
            text_at(right, 1).unwrap_or_default(),
            is_at(right, 2),
        )
    };
    row.list(index).iter().map(right).collect()
}

/// The name of the thing, what tells it from others of the name, and how GRANT calls it.
fn target(catalog: &Catalog<'_>, row: &Row) -> Option<(Name, String, String)> {
    let name = match row.text(0) {
        "schema" | "server" => Name::new(row.text(4)),
        _ => catalog.named(row.oid(3), row.text(4)),
    };
    let quoted = quote::qualified(&name);
    Some(match row.text(0) {
        "table" | "column" => {
            catalog.relations.get(&row.oid(1))?;
            (name, "table".to_owned(), format!("TABLE {quoted}"))
        }
        "sequence" => {
            catalog.subject("pg_class", row.oid(1))?;
            (name, "sequence".to_owned(), format!("SEQUENCE {quoted}"))
        }
        "type" => {
            catalog.subject("pg_type", row.oid(1))?;
            (name, "type".to_owned(), format!("TYPE {quoted}"))
        }
        "schema" => (name, "schema".to_owned(), format!("SCHEMA {quoted}")),
        "server" => (
            name,
            "server".to_owned(),
            format!("FOREIGN SERVER {quoted}"),
        ),
        _ => {
            let Some(Subject::Object(key)) = catalog.subject("pg_proc", row.oid(1)) else {
                return None;
            };
            let arguments = key.signature.clone().unwrap_or_default();
            let word = match key.kind {
                ObjectKind::Procedure => "PROCEDURE",
                _ => "FUNCTION",
            };
            (
                name,
                format!("function({arguments})"),
                format!("{word} {quoted}({arguments})"),
            )
        }
    })
}

fn statements<'a>(
    verb: &str,
    preposition: &str,
    rights: impl Iterator<Item = &'a Right>,
    object: &str,
    column: Option<&str>,
) -> Vec<String> {
    let mut grouped: BTreeMap<(&Option<String>, bool), Vec<String>> = BTreeMap::new();
    for (who, what, may_pass_on) in rights {
        let what = match column {
            Some(column) => format!("{what} ({column})"),
            None => what.clone(),
        };
        grouped.entry((who, *may_pass_on)).or_default().push(what);
    }
    grouped
        .into_iter()
        .map(|((who, may_pass_on), rights)| {
            let who = who
                .as_deref()
                .map_or("PUBLIC".to_owned(), quote::identifier);
            let pass_on = match may_pass_on && verb == "GRANT" {
                true => " WITH GRANT OPTION",
                false => "",
            };
            format!(
                "{verb} {} ON {object} {preposition} {who}{pass_on}",
                rights.join(", ")
            )
        })
        .collect()
}
