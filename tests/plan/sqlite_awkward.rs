//! Every schema of `tests/introspect/sqlite/`, with each of its tables rebuilt, and back again.

use freight_core::schema::{Column, DefaultValue, Expression, Schema};

use crate::way::Way;

/// Rows for all tables that take one of defaults.
fn rows(schema: &Schema) -> String {
    let names = schema.tables.keys();
    names
        .map(|name| {
            let name = freight_core::DialectName::Sqlite
                .dialect()
                .quote(&name.name);
            format!("INSERT OR IGNORE INTO {name} DEFAULT VALUES;")
        })
        .collect()
}

fn counts(way: &Way, schema: &Schema) -> Vec<String> {
    let names = schema.tables.keys();
    names
        .map(|name| {
            let name = freight_core::DialectName::Sqlite
                .dialect()
                .quote(&name.name);
            way.text(&format!("SELECT count(*) FROM {name}"))
        })
        .collect()
}

fn rebuilt(sql: &str, change: fn(&mut Schema)) {
    // SQLite alters nothing by itself while any view cannot be read.
    let sql = sql.replace("CREATE VIEW broken AS SELECT gone FROM nowhere;", "");
    let mut way = Way::from(&sql, "");
    let from = way.inspect();
    for row in rows(&from).split_inclusive(';') {
        // What needs more than defaults stays empty.
        let _ = way
            .connect()
            .exec(&format!("PRAGMA foreign_keys = OFF; {row}"));
    }
    let before = counts(&way, &from);
    let mut wanted = from.clone();
    change(&mut wanted);
    let plan = way.go(&wanted);
    assert!(plan.is_empty() || plan.needs.foreign_keys_off);
    assert_eq!(counts(&way, &from), before);
    assert_eq!(way.inspect().opaque, from.opaque);
    if !can_go_back(&from) {
        return;
    }
    way.back(&[]);
    assert_eq!(counts(&way, &from), before);
    assert_eq!(way.inspect().opaque, from.opaque);
}

/// A foreign key that cannot work (SQLite takes it, and fails at the first row) is refused when it
/// is new.
fn can_go_back(from: &Schema) -> bool {
    let mut keys = from.tables.values().flat_map(|table| &table.foreign_keys);
    keys.all(|key| {
        let target = from.tables.get(&key.target);
        let is_primary = |key: &freight_core::schema::PrimaryKey, columns: &[String]| {
            columns.is_empty() || key.columns().eq(columns.iter().map(String::as_str))
        };
        target.is_some_and(|table| {
            let primary = table.primary_key.as_ref();
            primary.is_some_and(|primary| is_primary(primary, &key.target_columns))
                || table.uniques.iter().any(|unique| {
                    unique
                        .columns()
                        .eq(key.target_columns.iter().map(String::as_str))
                })
        })
    })
}

/// A column that only a rebuild can add.
fn with_one_more_column(schema: &mut Schema) {
    for table in schema.tables.values_mut() {
        let mut column = Column::new("one more", "TEXT");
        column.nullable = true;
        column.default = Some(DefaultValue::Expression(Expression::new("1 + 1")));
        table.columns.push(column);
    }
}

/// What is left when every constraint goes, except the primary key.
fn without_constraints(schema: &mut Schema) {
    let targets: Vec<_> = schema
        .tables
        .values()
        .flat_map(|table| &table.foreign_keys)
        .map(|key| key.target.clone())
        .collect();
    for (name, table) in &mut schema.tables {
        table.checks.clear();
        table.foreign_keys.clear();
        if !targets.contains(name) {
            table.uniques.clear();
        }
    }
}

/// Other types, defaults and collations for all columns that are no keys and are not computed.
fn with_other_columns(schema: &mut Schema) {
    for table in schema.tables.values_mut() {
        let keys: Vec<String> = table
            .primary_key
            .iter()
            .flat_map(|key| key.columns())
            .map(str::to_owned)
            .collect();
        for column in &mut table.columns {
            if keys.contains(&column.name) || column.generated.is_some() {
                continue;
            }
            column.nullable = true;
            column.options = freight_core::schema::Options::new();
            column.default = match column.default {
                Some(_) => None,
                None => Some(DefaultValue::Text("it's, new".to_owned())),
            };
            column.collation = match column.collation {
                Some(_) => None,
                None => Some("RTRIM".to_owned()),
            };
            if !table.options.has("strict") {
                column.column_type.0 = match column.column_type.as_str() {
                    "" => "NUMERIC(3,1)".to_owned(),
                    _ => String::new(),
                };
            }
        }
    }
}

macro_rules! rebuilds {
    ($($name:ident)*) => {
        $(
            mod $name {
                use super::*;

                const SQL: &str = include_str!(concat!("../introspect/sqlite/", stringify!($name), ".sql"));

                #[test]
                fn with_one_more_column() {
                    rebuilt(SQL, super::with_one_more_column);
                }

                #[test]
                fn without_constraints() {
                    rebuilt(SQL, super::without_constraints);
                }

                #[test]
                fn with_other_columns() {
                    rebuilt(SQL, super::with_other_columns);
                }
            }
        )*
    };
}

rebuilds! {
    altered
    case_of_names
    checks
    collations
    comments
    created_from_select
    defaults
    foreign_keys
    generated
    hostile_names
    indexes
    keys
    keywords_as_names
    long_names
    no_commas
    null_and_conflict
    options
    triggers
    types
    uniques
    views
    virtual_tables
}

#[test]
fn sl_23_a_rebuilt_table_keeps_its_statistics_and_no_other_gets_any() {
    let schema = |null: &str| {
        format!(
            "CREATE TABLE \"my t\" (id INTEGER PRIMARY KEY, a INTEGER{null});
             CREATE INDEX t_a ON \"my t\" (a);
             CREATE TABLE u (id INTEGER PRIMARY KEY, a INTEGER{null});
             CREATE INDEX u_a ON u (a)"
        )
    };
    let mut way = Way::from(
        &schema(""),
        "INSERT INTO \"my t\" VALUES (1, 5), (2, 5), (3, 6); INSERT INTO u VALUES (1, 5);
         ANALYZE \"my t\"",
    );
    let statistics = "SELECT tbl, idx, stat FROM sqlite_stat1";
    assert_eq!(way.text(statistics), "my t|t_a|3 2");
    way.rebuild(&schema(" NOT NULL"));
    assert_eq!(way.text(statistics), "my t|t_a|3 2");
    way.back(&[]);
    assert_eq!(way.text(statistics), "my t|t_a|3 2");
}
