//! Indexes that stand by themselves. The one behind a constraint is part of that, and the one of a
//! partition that belongs to an index of the partitioned table comes with it.

use serde_json::Value as Json;

use super::catalog::{Catalog, RelationKind, put_settings};
use super::expression::canonical;
use super::relations::object_kind;
use super::row::{Row, is_at, name_of, text_at};
use crate::dialect::postgres::render::quote;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{Expression, Index, IndexKey, IndexPart, NullsOrder, ObjectKey, Subject};

/// Reads `pg_index`.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = query(catalog);
    for row in catalog.rows(&sql)? {
        let Some(relation) = catalog.relations.get(&row.oid(1)) else {
            continue;
        };
        let (name, kind) = (relation.name.clone(), relation.kind);
        let subject = match kind {
            RelationKind::Table => Subject::Table(name.clone()),
            kind => Subject::Object(ObjectKey::new(object_kind(kind), name.clone())),
        };
        catalog.register("pg_class", row.oid(0), subject.clone());
        // Half built, it serves nobody: what failed has to be done again, and not be kept.
        if !row.is(6) {
            catalog.note(subject, format!("invalid index `{}`", row.text(2)));
            continue;
        }
        let index = index(&row);
        match kind {
            RelationKind::Table => {
                if let Some(table) = catalog.table(row.oid(1)) {
                    table.indexes.push(index);
                }
            }
            kind => {
                let key = ObjectKey::new(object_kind(kind), name);
                if let Some(object) = catalog.schema.objects.get_mut(&key) {
                    object.indexes.push(index);
                }
            }
        }
    }
    Ok(())
}

fn query(catalog: &Catalog<'_>) -> String {
    let nulls = match catalog.version.major >= 15 {
        true => "i.indnullsnotdistinct::text",
        false => "NULL",
    };
    let parameters = match catalog.version.major >= 13 {
        true => "array_to_json(ia.attoptions)",
        false => "NULL",
    };
    // The usual operator class of a type is the one that is marked so for this very type, or for
    // one that it is stored as, when no other is marked for itself.
    let part = format!(
        "json_build_array(ta.attname, \
         CASE WHEN ta.attnum IS NULL THEN pg_get_indexdef(i.indexrelid, ia.attnum, false) END, \
         (i.indoption[ia.attnum - 1] & 1) = 1, (i.indoption[ia.attnum - 1] & 2) = 2, \
         CASE WHEN i.indcollation[ia.attnum - 1] NOT IN (0, coalesce(ta.attcollation, 100)) \
         THEN {collation} END, \
         CASE WHEN NOT o.opcdefault OR {parameters} IS NOT NULL OR EXISTS (\
         SELECT FROM pg_opclass other WHERE other.opcmethod = o.opcmethod AND other.opcdefault \
         AND other.opcintype = coalesce(ta.atttypid, ia.atttypid) AND other.oid <> o.oid) \
         THEN {class} END, {parameters})",
        collation = catalog.collation("i.indcollation[ia.attnum - 1]"),
        class = catalog.pair("opn.nspname", "o.opcname"),
    );
    format!(
        "SELECT i.indexrelid::text, i.indrelid::text, ic.relname::text, i.indisunique::text, \
         {nulls}, nullif(am.amname, 'btree')::text, \
         (i.indisvalid AND i.indisready AND i.indislive)::text, \
         pg_get_expr(i.indpred, i.indrelid), i.indisclustered::text, \
         obj_description(i.indexrelid, 'pg_class'), array_to_json(ic.reloptions)::text, \
         ts.spcname::text, \
         (SELECT json_agg({part} ORDER BY ia.attnum)::text FROM pg_attribute ia \
          LEFT JOIN pg_attribute ta ON ta.attrelid = i.indrelid \
          AND ta.attnum = i.indkey[ia.attnum - 1] AND i.indkey[ia.attnum - 1] <> 0 \
          LEFT JOIN pg_opclass o ON o.oid = i.indclass[ia.attnum - 1] \
          LEFT JOIN pg_namespace opn ON opn.oid = o.opcnamespace \
          WHERE ia.attrelid = i.indexrelid AND ia.attnum <= i.indnkeyatts), \
         (SELECT json_agg(ta.attname ORDER BY ia.attnum)::text FROM pg_attribute ia \
          JOIN pg_attribute ta ON ta.attrelid = i.indrelid AND ta.attnum = i.indkey[ia.attnum - 1] \
          WHERE ia.attrelid = i.indexrelid AND ia.attnum > i.indnkeyatts), \
         (SELECT json_agg(json_build_array(ia.attnum, ia.attstattarget) ORDER BY ia.attnum)::text \
          FROM pg_attribute ia WHERE ia.attrelid = i.indexrelid AND ia.attstattarget >= 0 \
          AND ia.attnum > 0) \
         FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid \
         JOIN pg_class c ON c.oid = i.indrelid JOIN pg_am am ON am.oid = ic.relam \
         LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace \
         WHERE c.relpersistence <> 't' AND c.relnamespace IN ({namespaces}) \
         AND NOT EXISTS (SELECT FROM pg_constraint con WHERE con.conindid = i.indexrelid \
         AND con.contype IN ('p', 'u', 'x')) \
         AND NOT EXISTS (SELECT FROM pg_inherits ih WHERE ih.inhrelid = i.indexrelid) \
         ORDER BY i.indrelid, ic.relname",
        namespaces = catalog.namespace_list(),
    )
}

fn index(row: &Row) -> Index {
    let mut index = Index {
        name: row.text(2).to_owned(),
        parts: row.list(12).iter().map(part).collect(),
        unique: row.is(3),
        nulls_not_distinct: row.is(4),
        method: row.owned(5),
        include: row.texts(13),
        predicate: row.optional(7).map(|text| Expression::new(canonical(text))),
        comment: row.owned(9),
        ..Index::default()
    };
    put_settings(&mut index.options, "with.", &row.texts(10));
    if let Some(tablespace) = row.optional(11) {
        index.options.set("tablespace", tablespace);
    }
    if row.is(8) {
        index.options.flag("clustered");
    }
    for target in row.list(14) {
        if let Some((number, value)) = text_at(&target, 0).zip(text_at(&target, 1)) {
            index.options.set(format!("statistics.{number}"), value);
        }
    }
    index
}

fn part(part: &Json) -> IndexPart {
    let key = match (text_at(part, 0), text_at(part, 1)) {
        (Some(column), None) => IndexKey::Column(column),
        (_, expression) => {
            IndexKey::Expression(Expression::new(canonical(&expression.unwrap_or_default())))
        }
    };
    let (descending, nulls_first) = (is_at(part, 2), is_at(part, 3));
    let nulls = (nulls_first != descending).then_some(match nulls_first {
        true => NullsOrder::First,
        false => NullsOrder::Last,
    });
    IndexPart {
        key,
        descending,
        nulls,
        prefix: None,
        collation: part.get(4).and_then(name_of).map(|name| name.to_string()),
        operator_class: part.get(5).and_then(name_of).map(|name| class(&name, part)),
    }
}

fn class(name: &Name, part: &Json) -> String {
    let name = quote::qualified(name);
    let parameters: Vec<String> = match part.get(6) {
        Some(Json::Array(items)) => items
            .iter()
            .filter_map(Json::as_str)
            .map(|item| match item.split_once('=') {
                Some((name, value)) => format!("{name}={}", quote::string(value)),
                None => item.to_owned(),
            })
            .collect(),
        _ => Vec::new(),
    };
    match parameters.is_empty() {
        true => name,
        false => format!("{name}({})", parameters.join(", ")),
    }
}
