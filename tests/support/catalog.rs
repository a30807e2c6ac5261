//! What is in a database, as text: every definition and every row, in a fixed order, read from the
//! catalogs and nowhere else. Two databases are the same when their texts are.

use freight_core::{Database, DialectName, Value};

use super::rows;

/// Everything but the history tables of migration tools named in `without`.
pub fn describe(database: &mut Database, without: &[&str]) -> String {
    let mut lines = definitions(database, without);
    for table in tables(database, without) {
        lines.extend(contents(database, &table));
    }
    lines.join("\n")
}

/// The definitions alone.
pub fn definitions(database: &mut Database, without: &[&str]) -> Vec<String> {
    let lines = match database.dialect.name() {
        DialectName::Sqlite => sqlite(database),
        DialectName::Postgres => postgres(database),
        DialectName::Mysql => mysql(database),
    };
    lines
        .into_iter()
        .filter(|line| !without.iter().any(|name| mentions(line, name)))
        .collect()
}

/// The names of the base tables.
pub fn tables(database: &mut Database, without: &[&str]) -> Vec<String> {
    let sql = match database.dialect.name() {
        DialectName::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        }
        DialectName::Postgres => {
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables \
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        }
        DialectName::Mysql => {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
             AND table_type = 'BASE TABLE' ORDER BY table_name"
        }
    };
    let names = column(database, sql);
    names
        .into_iter()
        .filter(|name| !without.iter().any(|without| mentions(name, without)))
        .collect()
}

fn mentions(line: &str, name: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == name)
}

fn contents(database: &mut Database, table: &str) -> Vec<String> {
    let quoted = match database.dialect.name() {
        DialectName::Postgres => table.to_owned(),
        _ => database.dialect.quote(table),
    };
    let mut lines: Vec<_> = rows(database, &format!("SELECT * FROM {quoted}"))
        .rows
        .iter()
        .map(|row| {
            format!(
                "{table}: {}",
                row.iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("|")
            )
        })
        .collect();
    lines.sort();
    lines
}

fn column(database: &mut Database, sql: &str) -> Vec<String> {
    rows(database, sql)
        .rows
        .iter()
        .map(|row| row[0].to_string())
        .collect()
}

fn sqlite(database: &mut Database) -> Vec<String> {
    column(
        database,
        "SELECT type || ' ' || name || ' on ' || tbl_name || ': ' || coalesce(sql, 'by itself') FROM sqlite_schema ORDER BY 1",
    )
}

fn postgres(database: &mut Database) -> Vec<String> {
    let user =
        "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'";
    let queries = [
        format!(
            "SELECT 'column ' || c.oid::regclass || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) \
             || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END || a.attidentity::text || a.attgenerated::text \
             || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') \
             FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
             LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
             WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND {user} ORDER BY 1"
        ),
        format!(
            "SELECT 'index ' || pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' INVALID' END \
             FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {user} ORDER BY 1"
        ),
        format!(
            "SELECT 'constraint ' || o.conrelid::regclass || ' ' || o.conname || ' ' || pg_get_constraintdef(o.oid) \
             FROM pg_constraint o JOIN pg_namespace n ON n.oid = o.connamespace WHERE {user} ORDER BY 1"
        ),
        format!(
            "SELECT 'relation ' || c.relkind::text || ' ' || c.oid::regclass || coalesce(' ' || pg_get_viewdef(c.oid), '') \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm', 'S') AND {user} ORDER BY 1"
        ),
        format!(
            "SELECT 'routine ' || pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
             WHERE p.prokind IN ('f', 'p') AND {user} ORDER BY 1"
        ),
        format!(
            "SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid \
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND {user} ORDER BY 1"
        ),
        format!(
            "SELECT 'enum ' || t.typname || ' ' || string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_enum e \
             JOIN pg_type t ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {user} GROUP BY t.oid ORDER BY 1"
        ),
    ];
    queries
        .iter()
        .flat_map(|sql| column(database, sql))
        .collect()
}

fn mysql(database: &mut Database) -> Vec<String> {
    let kinds = [
        (
            "TABLE",
            1,
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY 1",
        ),
        (
            "VIEW",
            1,
            "SELECT table_name FROM information_schema.views WHERE table_schema = DATABASE() ORDER BY 1",
        ),
        (
            "TRIGGER",
            2,
            "SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1",
        ),
        (
            "PROCEDURE",
            2,
            "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE() AND routine_type = 'PROCEDURE' ORDER BY 1",
        ),
        (
            "FUNCTION",
            2,
            "SELECT routine_name FROM information_schema.routines WHERE routine_schema = DATABASE() AND routine_type = 'FUNCTION' ORDER BY 1",
        ),
        (
            "EVENT",
            3,
            "SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1",
        ),
    ];
    let own = rows(database, "SELECT DATABASE()").rows[0][0].to_string();
    let mut lines = Vec::new();
    for (kind, index, list) in kinds {
        for name in column(database, list) {
            let quoted = database.dialect.quote(&name);
            let shown = rows(database, &format!("SHOW CREATE {kind} {quoted}"));
            let text = shown.rows[0]
                .get(index)
                .map_or_else(String::new, Value::to_string);
            lines.push(format!(
                "{kind} {name}: {}",
                text.replace(&format!("`{own}`."), "")
            ));
        }
    }
    lines
}
