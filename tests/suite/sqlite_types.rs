//! SQLite: every storage class into columns of every declared type, and back.

use freight_core::driver::Statement;
use freight_core::{Database, DialectName, ErrorKind, Value};

use crate::support::{TestDatabase, rows, run_all};

fn database() -> Database {
    TestDatabase::create(DialectName::Sqlite).unwrap().connect()
}

/// What comes back of `value` from a column declared as `declared`.
fn through(database: &mut Database, declared: &str, value: &Value) -> (Value, String) {
    run_all(
        database,
        &[
            "DROP TABLE IF EXISTS t",
            &format!("CREATE TABLE t (v {declared})"),
        ],
    );
    let insert = Statement::new("INSERT INTO t VALUES (?)").bind(value.clone());
    database.connection.execute(&insert).unwrap();
    let row = rows(database, "SELECT v, typeof(v) FROM t").rows.remove(0);
    (row[0].clone(), row[1].to_string())
}

#[test]
fn every_value_comes_back_from_a_column_without_a_type() {
    let mut database = database();
    for (value, class) in [
        (Value::Null, "null"),
        (Value::Int(0), "integer"),
        (Value::Int(-1), "integer"),
        (Value::Int(i64::MAX), "integer"),
        (Value::Int(i64::MIN), "integer"),
        (Value::Float(0.1), "real"),
        (Value::Float(1e308), "real"),
        (Value::Float(-1e308), "real"),
        (Value::Float(5e-324), "real"),
        (Value::Float(f64::MAX), "real"),
        (Value::Float(f64::INFINITY), "real"),
        (Value::Float(f64::NEG_INFINITY), "real"),
        (Value::Float(9_007_199_254_740_993.0), "real"),
        (Value::from(""), "text"),
        (Value::from("a\0b"), "text"),
        (Value::from("\0"), "text"),
        (Value::from("🦀 e\u{301} \u{10ffff}"), "text"),
        (Value::from("12"), "text"),
        (Value::Bytes(Vec::new()), "blob"),
        (Value::Bytes(vec![0, 0xff, 0]), "blob"),
        (Value::Bytes(b"text".to_vec()), "blob"),
        (Value::Bytes(vec![7; 3_000_000]), "blob"),
    ] {
        let (back, found) = through(&mut database, "", &value);
        assert!(back == value, "{value:.40} came back as {back:.40}");
        assert_eq!(found, class, "{value:.40}");
    }
}

#[test]
fn what_sqlite_cannot_keep_is_what_the_driver_says() {
    let mut database = database();
    assert_eq!(
        through(&mut database, "", &Value::Bool(true)).0,
        Value::Int(1)
    );
    assert_eq!(
        through(&mut database, "boolean", &Value::Bool(false)).0,
        Value::Int(0)
    );
    assert_eq!(
        through(&mut database, "", &Value::Float(f64::NAN)).0,
        Value::Null
    );
    let is_negative = |value: Value| matches!(value, Value::Float(zero) if zero.is_sign_negative());
    assert!(is_negative(
        through(&mut database, "", &Value::Float(-0.0)).0
    ));
    assert!(!is_negative(
        through(&mut database, "real", &Value::Float(-0.0)).0
    ));
}

#[test]
fn declared_types_convert_as_sqlite_says() {
    let mut database = database();
    for (declared, value, expected) in [
        ("integer", Value::from("42"), Value::Int(42)),
        ("integer", Value::from("4.0"), Value::Int(4)),
        ("integer", Value::from("4.5"), Value::Float(4.5)),
        ("integer", Value::from("four"), Value::from("four")),
        ("bigint", Value::Float(3.0), Value::Int(3)),
        ("bigint", Value::Float(1e300), Value::Float(1e300)),
        ("real", Value::Int(2), Value::Float(2.0)),
        ("double precision", Value::from("1e3"), Value::Float(1000.0)),
        ("numeric", Value::from("12.50"), Value::Float(12.5)),
        (
            "decimal(10, 2)",
            Value::from("9223372036854775807"),
            Value::Int(i64::MAX),
        ),
        ("text", Value::Int(7), Value::from("7")),
        ("varchar(2)", Value::from("longer"), Value::from("longer")),
        ("text", Value::Bytes(vec![0x61]), Value::Bytes(vec![0x61])),
        ("blob", Value::from("a"), Value::from("a")),
        ("blob", Value::Int(1), Value::Int(1)),
        ("date", Value::from("2024-02-29"), Value::from("2024-02-29")),
        ("boolean", Value::from("true"), Value::from("true")),
        ("json", Value::from("{}"), Value::from("{}")),
    ] {
        let (back, _) = through(&mut database, declared, &value);
        assert_eq!(back, expected, "{value} in {declared}");
        assert_eq!(
            through(&mut database, declared, &Value::Null).0,
            Value::Null
        );
    }
}

#[test]
fn strict_tables_refuse_what_does_not_fit() {
    let mut database = database();
    run_all(
        &mut database,
        &["CREATE TABLE t (i INTEGER, r REAL, x TEXT, b BLOB, a ANY) STRICT"],
    );
    for (column, value, fits) in [
        ("i", Value::Int(1), true),
        ("i", Value::from("2"), true),
        ("i", Value::Float(2.0), true),
        ("i", Value::Float(2.5), false),
        ("i", Value::from("x"), false),
        ("i", Value::Bytes(vec![1]), false),
        ("r", Value::from("0.5"), true),
        ("r", Value::from("x"), false),
        ("x", Value::Int(1), true),
        ("x", Value::Bytes(vec![1]), false),
        ("b", Value::Bytes(vec![1]), true),
        ("b", Value::from("x"), false),
        ("a", Value::from("1"), true),
        ("i", Value::Null, true),
    ] {
        let insert = Statement::new(format!("INSERT INTO t ({column}) VALUES (?)"));
        match database.connection.execute(&insert.bind(value.clone())) {
            Ok(_) => assert!(fits, "{value} in {column}"),
            Err(error) => {
                assert!(!fits, "{value} in {column}: {error}");
                assert_eq!(error.kind(), ErrorKind::InvalidValue);
                assert_eq!(error.database().table.as_deref(), Some("t"));
                assert_eq!(error.database().columns, [column]);
            }
        }
    }
    let kept = rows(&mut database, "SELECT a FROM t WHERE a IS NOT NULL").rows;
    assert_eq!(kept, [[Value::from("1")]]);
}

#[test]
fn text_that_is_not_utf8_comes_as_bytes() {
    let mut database = database();
    run_all(
        &mut database,
        &[
            "CREATE TABLE t (v TEXT)",
            "INSERT INTO t VALUES (CAST(x'61ff62' AS TEXT)), (CAST(x'c3a9' AS TEXT))",
        ],
    );
    let found = rows(&mut database, "SELECT v, typeof(v) FROM t");
    assert_eq!(
        found.rows[0],
        [Value::Bytes(vec![0x61, 0xff, 0x62]), Value::from("text")]
    );
    assert_eq!(found.rows[1], [Value::from("é"), Value::from("text")]);
}

#[test]
fn a_database_in_utf16_reads_like_any_other() {
    let mut database = crate::support::open("sqlite::memory:");
    run_all(
        &mut database,
        &["PRAGMA encoding = 'UTF-16le'", "CREATE TABLE t (v TEXT)"],
    );
    let insert = Statement::new("INSERT INTO t VALUES (?)");
    database
        .connection
        .execute(&insert.bind(Value::from("é🦀")))
        .unwrap();
    let found = rows(&mut database, "SELECT v, hex(v) FROM t");
    assert_eq!(
        found.rows,
        [[Value::from("é🦀"), Value::from("E9003ED880DD")]]
    );
}

#[test]
fn columns_have_the_type_that_was_declared() {
    let mut database = database();
    run_all(
        &mut database,
        &["CREATE TABLE t (a INTEGER PRIMARY KEY, b VarChar(10), c, d Decimal(10, 2) NOT NULL)"],
    );
    let found = rows(&mut database, "SELECT *, a + 1, max(b) OVER () FROM t");
    let types: Vec<_> = found
        .columns
        .iter()
        .map(|column| column.type_name.as_str())
        .collect();
    assert_eq!(
        types,
        ["integer", "varchar(10)", "", "decimal(10, 2)", "", ""]
    );
}
