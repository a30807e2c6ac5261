//! Types that a user defined.

use serde_json::Value as Json;

use super::catalog::{Catalog, is_own};
use super::default;
use super::expression::canonical;
use super::row::{Row, is_at, name_of, text_at, text_of};
use crate::dialect::postgres::render::quote;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{
    Attribute, Check, ColumnType, Composite, Domain, Enum, Expression, Object, ObjectKey,
    ObjectKind, Subject,
};

/// Reads `pg_type`.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = query(catalog);
    for row in catalog.rows(&sql)? {
        let (oid, name) = (row.oid(0), catalog.named(row.oid(1), row.text(2)));
        let subject = Subject::Type(name.clone());
        match row.text(3) {
            "e" => {
                let one = Enum {
                    values: row.texts(6),
                    comment: row.owned(5),
                };
                catalog.schema.enums.insert(name, one);
            }
            "d" => {
                let domain = domain(&row);
                catalog.schema.domains.insert(name, domain);
            }
            "c" => {
                let composite = Composite {
                    attributes: row.list(12).iter().map(attribute).collect(),
                    comment: row.owned(5),
                    ..Composite::default()
                };
                catalog.schema.composites.insert(name, composite);
                catalog.register("pg_class", row.oid(4), subject.clone());
            }
            "r" => {
                let key = ObjectKey::new(ObjectKind::Type, name.clone());
                let object = Object {
                    definition: range(&row, &name),
                    comment: row.owned(5),
                    ..Object::default()
                };
                catalog.register("pg_type", row.oid(14), Subject::Object(key.clone()));
                catalog.add("pg_type", oid, key, object);
                continue;
            }
            _ => {
                let what = format!("base type `{name}`");
                catalog.note(Subject::Database, what);
                continue;
            }
        }
        catalog.register("pg_type", oid, subject);
    }
    Ok(())
}

fn query(catalog: &Catalog<'_>) -> String {
    let (multirange, multirange_oid) = match catalog.version.major >= 14 {
        true => (
            "(SELECT mt.typname FROM pg_type mt WHERE mt.oid = r.rngmultitypid)",
            "r.rngmultitypid::text",
        ),
        false => ("NULL", "NULL"),
    };
    format!(
        "SELECT t.oid::text, t.typnamespace::text, t.typname::text, t.typtype::text, \
         t.typrelid::text, obj_description(t.oid, 'pg_type'), \
         (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder)::text FROM pg_enum e \
          WHERE e.enumtypid = t.oid), \
         CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END, \
         t.typnotnull::text, \
         CASE WHEN t.typtype = 'd' THEN pg_get_expr(t.typdefaultbin, 'pg_type'::regclass) END, \
         CASE WHEN t.typcollation <> b.typcollation THEN {domain_collation}::text END, \
         (SELECT json_agg(json_build_array(k.conname, pg_get_expr(k.conbin, 0), k.convalidated, \
          obj_description(k.oid, 'pg_constraint')) ORDER BY k.conname)::text \
          FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'), \
         (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), \
          CASE WHEN a.attcollation <> at.typcollation THEN {attribute_collation} END) \
          ORDER BY a.attnum)::text FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid \
          WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped), \
         CASE WHEN t.typtype = 'r' THEN json_build_array(format_type(r.rngsubtype, NULL), \
          CASE WHEN NOT ro.opcdefault THEN {class} END, \
          CASE WHEN r.rngcollation <> rt.typcollation THEN {range_collation} END, \
          nullif(r.rngcanonical::oid, 0)::regproc::text, \
          nullif(r.rngsubdiff::oid, 0)::regproc::text, {multirange})::text END, {multirange_oid} \
         FROM pg_type t LEFT JOIN pg_type b ON b.oid = t.typbasetype \
         LEFT JOIN pg_class c ON c.oid = t.typrelid \
         LEFT JOIN pg_range r ON r.rngtypid = t.oid LEFT JOIN pg_type rt ON rt.oid = r.rngsubtype \
         LEFT JOIN pg_opclass ro ON ro.oid = r.rngsubopc \
         LEFT JOIN pg_namespace rn ON rn.oid = ro.opcnamespace \
         WHERE t.typnamespace IN ({namespaces}) \
         AND (t.typtype IN ('e', 'd', 'r', 'p') OR t.typtype = 'c' AND c.relkind = 'c' \
         OR t.typtype = 'b' AND t.oid NOT IN (SELECT el.typarray FROM pg_type el)) \
         AND {is_own} ORDER BY t.oid",
        domain_collation = catalog.collation("t.typcollation"),
        attribute_collation = catalog.collation("a.attcollation"),
        range_collation = catalog.collation("r.rngcollation"),
        class = catalog.pair("rn.nspname", "ro.opcname"),
        namespaces = catalog.namespace_list(),
        is_own = is_own("pg_type", "t.oid"),
    )
}

fn domain(row: &Row) -> Domain {
    let base = row.text(7);
    Domain {
        base: ColumnType::new(base),
        not_null: row.is(8),
        // A domain over a domain may take the other's default away.
        default: row
            .optional(9)
            .and_then(|text| default::parse(text, base, true)),
        collation: row.name(10).map(|name| name.to_string()),
        checks: row.list(11).iter().map(check).collect(),
        comment: row.owned(5),
        ..Domain::default()
    }
}

fn check(check: &Json) -> Check {
    Check {
        name: text_at(check, 0),
        expression: Expression::new(canonical(&text_at(check, 1).unwrap_or_default())),
        not_valid: !is_at(check, 2),
        comment: text_at(check, 3),
        ..Check::default()
    }
}

fn attribute(attribute: &Json) -> Attribute {
    Attribute {
        name: text_at(attribute, 0).unwrap_or_default(),
        attribute_type: ColumnType::new(text_at(attribute, 1).unwrap_or_default()),
        collation: attribute
            .get(2)
            .and_then(name_of)
            .map(|name| name.to_string()),
    }
}

fn range(row: &Row, name: &Name) -> String {
    let facts = row.list(13);
    let text = |index: usize| facts.get(index).and_then(text_of);
    let pair = |index: usize| {
        let name = facts.get(index).and_then(name_of);
        name.map(|name| quote::qualified(&name))
    };
    let usual = match name.name.contains("range") {
        true => name.name.replacen("range", "multirange", 1),
        false => format!("{}_multirange", name.name),
    };
    let multirange = text(5)
        .filter(|multirange| *multirange != usual)
        .map(|multirange| quote::qualified(&name.sibling(multirange)));
    let lines: Vec<String> = [
        ("subtype", text(0)),
        ("subtype_opclass", pair(1)),
        ("collation", pair(2)),
        ("canonical", text(3)),
        ("subtype_diff", text(4)),
        ("multirange_type_name", multirange),
    ]
    .into_iter()
    .filter_map(|(word, value)| Some(format!("    {word} = {}", value?)))
    .collect();
    format!(
        "CREATE TYPE {} AS RANGE (\n{}\n)",
        quote::qualified(name),
        lines.join(",\n")
    )
}
