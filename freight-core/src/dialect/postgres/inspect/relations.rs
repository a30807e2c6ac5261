//! Tables, views, materialised views and foreign tables, without their columns.

use super::catalog::{Catalog, Relation, RelationKind, is_own, put_settings};
use super::expression::stable;
use super::row::{Row, name_of};
use crate::dialect::postgres::render::{quote, setting_value};
use crate::error::Result;
use crate::schema::{Object, ObjectKey, ObjectKind, Options, Subject, Table};

/// Reads `pg_class`.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<()> {
    let sql = format!(
        "SELECT c.oid::text, c.relnamespace::text, c.relname::text, c.relkind::text, \
         c.relpersistence::text, \
         (SELECT ri.relname::text FROM pg_index i JOIN pg_class ri ON ri.oid = i.indexrelid \
          WHERE i.indrelid = c.oid AND i.indisreplident AND c.relreplident = 'i'), \
         CASE WHEN am.amname <> 'heap' THEN am.amname::text END, \
         CASE WHEN c.reltablespace <> 0 THEN (SELECT ts.spcname::text FROM pg_tablespace ts \
          WHERE ts.oid = c.reltablespace) END, \
         array_to_json(c.reloptions)::text, \
         (SELECT array_to_json(toast.reloptions)::text FROM pg_class toast \
          WHERE toast.oid = c.reltoastrelid), \
         c.relrowsecurity::text, c.relforcerowsecurity::text, c.relreplident::text, \
         CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, \
         c.relispartition::text, pg_get_expr(c.relpartbound, c.oid), \
         (SELECT json_agg({parent} ORDER BY ih.inhseqno)::text FROM pg_inherits ih \
          JOIN pg_class pc ON pc.oid = ih.inhparent \
          JOIN pg_namespace pn ON pn.oid = pc.relnamespace WHERE ih.inhrelid = c.oid), \
         CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, \
         CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END, \
         c.relispopulated::text, c.reltype::text \
         FROM pg_class c LEFT JOIN pg_am am ON am.oid = c.relam \
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' \
         AND c.relnamespace IN ({namespaces}) AND {is_own} ORDER BY c.oid",
        parent = catalog.pair("pn.nspname", "pc.relname"),
        namespaces = catalog.namespace_list(),
        is_own = is_own("pg_class", "c.oid"),
    );
    for row in catalog.rows(&sql)? {
        let name = catalog.named(row.oid(1), row.text(2));
        if catalog.is_ignored(&name) {
            continue;
        }
        let kind = match row.text(3) {
            "v" => RelationKind::View,
            "m" => RelationKind::MaterializedView,
            "f" => RelationKind::ForeignTable,
            _ => RelationKind::Table,
        };
        let subject = match kind {
            RelationKind::Table => Subject::Table(name.clone()),
            other => Subject::Object(ObjectKey::new(object_kind(other), name.clone())),
        };
        catalog.register("pg_class", row.oid(0), subject.clone());
        catalog.register("pg_type", row.oid(20), subject);
        let comment = catalog.comment("pg_class", row.oid(0), 0);
        match kind {
            RelationKind::Table => {
                let table = Table {
                    comment,
                    ..table(&row)
                };
                catalog.schema.tables.insert(name.clone(), table);
            }
            other => {
                let object = Object {
                    comment,
                    ..view(&row, other, &quote::qualified(&name))
                };
                let key = ObjectKey::new(object_kind(other), name.clone());
                catalog.schema.objects.insert(key, object);
            }
        }
        let relation = Relation {
            name,
            kind,
            is_unlogged: row.text(4) == "u",
            is_partition: row.is(14),
            columns: std::collections::BTreeMap::new(),
        };
        catalog.relations.insert(row.oid(0), relation);
    }
    Ok(())
}

/// What a view or foreign table is among the objects.
pub(super) fn object_kind(kind: RelationKind) -> ObjectKind {
    match kind {
        RelationKind::MaterializedView => ObjectKind::MaterializedView,
        RelationKind::ForeignTable => ObjectKind::Foreign,
        RelationKind::View | RelationKind::Table => ObjectKind::View,
    }
}

fn table(row: &Row) -> Table {
    let mut options = Options::new();
    if row.text(4) == "u" {
        options.flag("unlogged");
    }
    for (index, name) in [
        (6, "access_method"),
        (7, "tablespace"),
        (13, "partition_by"),
        (18, "of_type"),
    ] {
        if let Some(value) = row.optional(index) {
            options.set(name, value);
        }
    }
    put_settings(&mut options, "with.", &row.texts(8));
    put_settings(&mut options, "with.toast.", &row.texts(9));
    if row.is(10) {
        options.flag("row_security");
    }
    if row.is(11) {
        options.flag("force_row_security");
    }
    match row.text(12) {
        "f" => options.set("replica_identity", "full"),
        "n" => options.set("replica_identity", "nothing"),
        "i" => options.set("replica_identity", format!("index {}", row.text(5))),
        _ => {}
    }
    let parents: Vec<_> = row.list(16).iter().filter_map(name_of).collect();
    if let (true, Some(parent)) = (row.is(14), parents.first()) {
        options.set("partition_of", parent.to_string());
        options.set("partition_bound", row.text(15));
    } else if !parents.is_empty() {
        let parents: Vec<_> = parents.iter().map(quote::qualified).collect();
        options.set("inherits", parents.join(", "));
    }
    Table {
        options,
        ..Table::default()
    }
}

/// A view with its statement; a foreign table's is put together when its columns are known.
fn view(row: &Row, kind: RelationKind, name: &str) -> Object {
    let settings = match row.texts(8) {
        settings if settings.is_empty() => String::new(),
        settings => format!(" WITH ({})", settings_text(&settings)),
    };
    let query = row.text(17).trim().trim_end_matches(';').trim_end();
    let query = stable(query);
    let definition = match kind {
        RelationKind::MaterializedView => {
            let method = row
                .optional(6)
                .map(|method| format!(" USING {}", quote::identifier(method)));
            let tablespace = row
                .optional(7)
                .map(|space| format!(" TABLESPACE {}", quote::identifier(space)));
            format!(
                "CREATE MATERIALIZED VIEW {name}{}{settings}{} AS\n{query}",
                method.unwrap_or_default(),
                tablespace.unwrap_or_default()
            )
        }
        RelationKind::ForeignTable => String::new(),
        RelationKind::View | RelationKind::Table => {
            format!("CREATE VIEW {name}{settings} AS\n{query}")
        }
    };
    Object {
        definition,
        ..Object::default()
    }
}

/// Settings as they stand in `WITH (…)`.
pub(super) fn settings_text(settings: &[String]) -> String {
    let one = |setting: &String| match setting.split_once('=') {
        Some((name, value)) => format!("{name} = {}", setting_value(value)),
        None => setting.clone(),
    };
    settings.iter().map(one).collect::<Vec<_>>().join(", ")
}
