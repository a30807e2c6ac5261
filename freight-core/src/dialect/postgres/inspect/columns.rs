//! Columns, of tables, views and foreign tables alike.

use std::collections::BTreeMap;

use super::catalog::{Catalog, RelationColumn, RelationKind, put_settings};
use super::default;
use super::expression::canonical;
use super::others::foreign_options;
use super::relations::object_kind;
use super::row::Row;
use super::sequences::{self, Owned, OwnedSequence, usual_sequence_name};
use crate::dialect::postgres::render::{column::clauses, quote};
use crate::error::Result;
use crate::schema::{
    Column, ColumnType, Expression, Generated, Identity, IdentityKind, ObjectKey, Subject,
};

/// Reads `pg_attribute`. `owned` are the sequences that columns own.
pub(super) fn read(catalog: &mut Catalog<'_>, mut owned: Owned) -> Result<()> {
    let mut places: BTreeMap<(u32, i64), Vec<u32>> = BTreeMap::new();
    for (sequence, of) in &owned {
        let place = places.entry((of.table, of.column)).or_default();
        place.push(*sequence);
    }
    let sql = query(catalog);
    for row in catalog.rows(&sql)? {
        let (oid, number) = (row.oid(0), row.number(1));
        let column = RelationColumn {
            name: row.text(2).to_owned(),
            type_oid: row.oid(10),
            collation: row.oid(19),
        };
        let Some(relation) = catalog.relations.get_mut(&oid) else {
            continue;
        };
        relation.columns.insert(number, column);
        let (name, kind) = (relation.name.clone(), relation.kind);
        let (is_unlogged, is_partition) = (relation.is_unlogged, relation.is_partition);
        match kind {
            RelationKind::Table => {
                let candidates = places.get(&(oid, number)).into_iter().flatten();
                let sequence = candidates.copied().find(|sequence| {
                    is_numbering(&row, *sequence, owned.get(sequence), is_unlogged)
                });
                let sequence = sequence.and_then(|oid| Some((oid, owned.remove(&oid)?)));
                let mut column = Column {
                    comment: catalog.comment("pg_class", oid, number),
                    ..self::column(&row, is_partition)
                };
                if let Some((sequence_oid, sequence)) = sequence {
                    number_by(catalog, &mut column, &name, &row, sequence_oid, sequence);
                }
                if let Some(table) = catalog.table(oid) {
                    table.columns.push(column);
                }
            }
            kind => {
                let key = ObjectKey::new(object_kind(kind), name);
                put_view_column(catalog, &key, kind, &row);
            }
        }
    }
    sequences::put_rest(catalog, owned);
    Ok(())
}

fn query(catalog: &Catalog<'_>) -> String {
    let compression = match catalog.version.major >= 14 {
        true => "nullif(a.attcompression::text, '')",
        false => "NULL",
    };
    format!(
        "SELECT a.attrelid::text, a.attnum::text, a.attname::text, \
         format_type(a.atttypid, a.atttypmod), \
         CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END, \
         a.attnotnull::text, pg_get_expr(d.adbin, d.adrelid), a.attgenerated::text, \
         a.attidentity::text, \
         CASE WHEN a.attcollation <> t.typcollation THEN {collation}::text END, \
         a.atttypid::text, \
         CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END, {compression}, \
         nullif(coalesce(a.attstattarget, -1), -1)::text, array_to_json(a.attoptions)::text, \
         array_to_json(a.attfdwoptions)::text, a.attislocal::text, a.attinhcount::text, \
         CASE WHEN a.attnotnull AND a.atttypid IN (20, 21, 23) AND d.oid IS NOT NULL THEN \
         (SELECT json_agg(ds.refobjid::text)::text FROM pg_depend ds \
          WHERE ds.classid = 'pg_attrdef'::regclass AND ds.objid = d.oid \
          AND ds.refclassid = 'pg_class'::regclass AND ds.refobjid <> a.attrelid) END, \
         a.attcollation::text \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid \
         JOIN pg_type t ON t.oid = a.atttypid \
         LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum \
         WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
         AND c.relpersistence <> 't' AND c.relnamespace IN ({namespaces}) \
         ORDER BY a.attrelid, a.attnum",
        collation = catalog.collation("a.attcollation"),
        namespaces = catalog.namespace_list(),
    )
}

fn column(row: &Row, is_partition: bool) -> Column {
    let column_type = row.text(3);
    let (expression, generated) = (row.optional(6), row.text(7));
    let mut column = Column {
        nullable: !row.is(5),
        collation: row.name(9).map(|name| name.to_string()),
        ..Column::new(row.text(2), column_type)
    };
    match expression {
        Some(text) if !generated.is_empty() => {
            column.generated = Some(Generated {
                expression: Expression::new(canonical(text)),
                stored: generated == "s",
            });
        }
        Some(text) => {
            let values = row.optional(4).unwrap_or(column_type);
            column.default = default::parse(text, values, row.optional(4).is_some());
        }
        None => {}
    }
    let inherits = row.number(17) > 0;
    if inherits && (is_partition || !row.is(16)) {
        column.options.flag("inherited");
    }
    if let Some(storage) = row.optional(11) {
        column.options.set("storage", storage_word(storage));
    }
    match row.text(12) {
        "p" => column.options.set("compression", "pglz"),
        "l" => column.options.set("compression", "lz4"),
        _ => {}
    }
    if let Some(target) = row.optional(13) {
        column.options.set("statistics", target);
    }
    put_settings(&mut column.options, "with.", &row.texts(14));
    column
}

fn storage_word(storage: &str) -> &'static str {
    match storage {
        "p" => "plain",
        "e" => "external",
        "m" => "main",
        _ => "extended",
    }
}

/// True when the column asks the sequence that it owns: it is an identity, or what `serial` makes.
fn is_numbering(row: &Row, oid: u32, sequence: Option<&OwnedSequence>, is_unlogged: bool) -> bool {
    let Some(sequence) = sequence else {
        return false;
    };
    if sequence.is_identity {
        return true;
    }
    let asks = row.texts(18).iter().any(|asked| *asked == oid.to_string());
    // `nextval('s'::regclass)` and nothing around it.
    let is_plain = row.text(6).starts_with("nextval('") && row.text(6).ends_with("'::regclass)");
    asks && is_plain
        && row.is(5)
        && sequence.number_type == row.text(3)
        && sequence.is_unlogged == is_unlogged
        && sequence.comment.is_none()
}

fn number_by(
    catalog: &mut Catalog<'_>,
    column: &mut Column,
    table: &crate::ident::Name,
    row: &Row,
    oid: u32,
    sequence: OwnedSequence,
) {
    let kind = match row.text(8) {
        "a" => IdentityKind::Always,
        "d" => IdentityKind::ByDefault,
        _ => IdentityKind::Serial,
    };
    let usual = table.sibling(usual_sequence_name(&table.name, &column.name));
    column.default = None;
    column.identity = Some(Identity {
        kind,
        sequence: sequence.options,
        sequence_name: (sequence.name != usual).then(|| sequence.name.clone()),
    });
    let place = Subject::Column(table.clone(), column.name.clone());
    if let Some(comment) = sequence.comment {
        let what = format!("comment on the sequence `{}`: `{comment}`", sequence.name);
        catalog.note(place, what);
    }
    catalog.register("pg_class", oid, Subject::Table(table.clone()));
}

/// A column of a view or foreign table.
fn put_view_column(catalog: &mut Catalog<'_>, key: &ObjectKey, kind: RelationKind, row: &Row) {
    let name = row.text(2);
    let column = column(row, false);
    let comment = catalog.comment("pg_class", row.oid(0), row.number(1));
    let Some(object) = catalog.schema.objects.get_mut(key) else {
        return;
    };
    object
        .columns
        .push((name.to_owned(), ColumnType::new(row.text(3))));
    if let Some(comment) = comment {
        object.options.set(format!("comment.{name}"), comment);
    }
    match kind {
        RelationKind::ForeignTable => {
            let line = foreign_column(&column, &row.texts(15));
            let separator = if object.definition.is_empty() {
                ""
            } else {
                ",\n"
            };
            object.definition = format!("{}{separator}    {line}", object.definition);
        }
        _ => {
            if let Some(text) = row.optional(6) {
                object
                    .options
                    .set(format!("default.{name}"), canonical(text));
            }
        }
    }
    if let Some(target) = column.options.get("statistics") {
        object.options.set(format!("statistics.{name}"), target);
    }
}

fn foreign_column(column: &Column, settings: &[String]) -> String {
    let mut parts = vec![
        quote::identifier(&column.name),
        column.column_type.to_string(),
    ];
    if !settings.is_empty() {
        parts.push(format!("OPTIONS ({})", foreign_options(settings)));
    }
    parts.extend(clauses(column));
    parts.join(" ")
}
