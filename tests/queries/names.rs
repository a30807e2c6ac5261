//! Names that are odd, and those that no column has.

use freight_core::driver::Statement;
use freight_core::{Database, DialectName, ErrorKind, Value};

use crate::{answer, change, numbers, statement, texts, yard};

/// Names that SQL would read as something else, if it could.
const ODD: &[&str] = &[
    "order",
    "user",
    "rank",
    "Mixed",
    "größe",
    "a b",
    "a-b",
    "a;b",
    "a?b",
    "a--b",
    "/* x */",
    "a'b",
    "a\"b",
    "a`b",
    "a\\b",
    "a$1",
    "] x [",
    "count(*)",
    "1st",
    "_utf8",
    "select",
    "true",
    "ö\u{200b}x",
    "\u{201c}x\u{201d}",
];

/// What queries for SQLite guard against; should it ever change, they need not any more.
#[test]
fn sqlite_takes_an_unknown_name_in_double_quotes_for_a_string() {
    let test = crate::support::TestDatabase::create(DialectName::Sqlite).unwrap();
    let mut database = yard(&test);
    let count = |database: &mut Database, name: &str| {
        let sql = format!("SELECT COUNT(*) FROM crates WHERE {name} = 'Stat'");
        database.connection.fetch(&Statement::new(sql))
    };
    let rows = count(&mut database, "\"Stat\"").unwrap().rows;
    assert_eq!(rows, [[Value::Int(5)]]);
    let error = count(&mut database, "`Stat`").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingColumn);
}

on_every_database! {
    fn odd_names_are_names(test) {
        let mut database = test.connect();
        let columns: Vec<String> = ODD
            .iter()
            .map(|name| format!("{} integer", database.dialect.quote(name)))
            .collect();
        database.connection.run(&format!("CREATE TABLE odd (id integer PRIMARY KEY, {})", columns.join(", "))).unwrap();
        let names: Vec<String> = ODD.iter().map(|name| serde_json::Value::from(*name).to_string()).collect();
        let steps = format!(r#"[{{"table":"odd"}},["insert",["id",{}],1]]"#, names.join(","));
        let count = i64::try_from(ODD.len()).unwrap();
        change(&mut database, &steps, &numbers(&(0..=count).collect::<Vec<_>>()));
        for (index, name) in names.iter().enumerate() {
            let value = Value::from(i64::try_from(index).unwrap() + 1);
            let steps = format!(r#"[{{"table":"odd","columns":{{"x":{name}}}}},["where",["=",{name}]],["where",["=","odd.x"]],["order","x","desc"],["select","x"]]"#);
            let found = answer(&mut database, &steps, &[value.clone(), value.clone()]);
            assert_eq!(found, value.to_string(), "{name}");
            let steps = format!(r#"[{{"table":"odd"}},["where",["=",{name}]],["update",[{name}],{{{name}:"increment"}}]]"#);
            assert_eq!(change(&mut database, &steps, &[value, 1000.into()]), 1, "{name}");
        }
    }

    fn odd_tables_are_tables(test) {
        let mut database = test.connect();
        for name in ["order", "Table", "a b", "a`b", "a\"b", "x;y", "größe"] {
            let quoted = database.dialect.quote(name);
            database.connection.run(&format!("CREATE TABLE {quoted} (id integer)")).unwrap();
            let name = serde_json::Value::from(name).to_string();
            let steps = format!(r#"[{{"table":{name}}},["insert",["id"],1]]"#);
            change(&mut database, &steps, &numbers(&[7]));
            let steps = format!(r#"[{{"table":{name}}},["join","inner",{name},["sql","b.id = 7"],"b"]]"#);
            assert_eq!(answer(&mut database, &steps, &[]), "7", "{name}");
        }
    }

    fn a_name_that_no_column_has_is_an_error_and_never_a_string(test) {
        let mut database = yard(test);
        for name in ["Nothing", "no such", "nothing"] {
            let steps = format!(r#"[{{"table":"crates"}},["where",["=","{name}"]]]"#);
            let statement = statement(&database, &steps, &texts(&[name]));
            let error = database.connection.fetch(&statement).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::MissingColumn, "{}", statement.sql);
        }
    }

    fn a_table_of_another_namespace_is_found(test) {
        let mut database = yard(test);
        let namespace = match test.dialect {
            DialectName::Sqlite => "main".to_owned(),
            DialectName::Postgres => "public".to_owned(),
            DialectName::Mysql => crate::support::text(&mut database, "SELECT DATABASE()"),
        };
        for header in [
            format!(r#"{{"table":"{namespace}.ships"}}"#),
            format!(r#"{{"table":"ships","schema":"{namespace}"}}"#),
        ] {
            let steps = format!(r#"[{header},["where",["=","ships.id"]],["join","left","{namespace}.crates","crates.ship_id = ships.id AND crates.id = ships.id"]]"#);
            assert_eq!(answer(&mut database, &steps, &numbers(&[2])), "2|Borea");
            let steps = format!(r#"[{header},["where",["=","id"]],["update",["name"]]]"#);
            assert_eq!(change(&mut database, &steps, &[Value::from(2), "Boreas".into()]), 1);
            let steps = format!(r#"[{header},["where",["=","id"]],["update",["name"]]]"#);
            assert_eq!(change(&mut database, &steps, &[Value::from(2), "Borea".into()]), 1);
        }
    }
}
