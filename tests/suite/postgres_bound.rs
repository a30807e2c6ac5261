//! The short way of PostgreSQL: what is run again and again goes in binary form, and nobody can tell.

use std::cell::RefCell;

use freight_core::driver::Statement;
use freight_core::{Database, DialectName, ErrorKind, Value};
use proptest::prelude::*;

use crate::support::{TestDatabase, open, text};

/// More runs than it takes to be worth it.
const RUNS: usize = 8;

fn database() -> Option<TestDatabase> {
    TestDatabase::create(DialectName::Postgres)
}

/// What the server knows by messages, and not by PREPARE.
fn messages(database: &mut Database) -> Vec<String> {
    let sql = "SELECT statement FROM pg_prepared_statements WHERE NOT from_sql ORDER BY name";
    let found = database.connection.fetch(&Statement::new(sql)).unwrap();
    let line = |row: &Vec<Value>| match row.first() {
        Some(Value::Text(text)) => text.lines().next().unwrap_or_default().to_owned(),
        other => panic!("{other:?}"),
    };
    found.rows.iter().map(line).collect()
}

fn warm(database: &mut Database, statement: &Statement) {
    for _ in 0..RUNS {
        database.connection.fetch(statement).unwrap();
    }
}

const EVERY_TYPE: &str = "SELECT ?::bool AS a, ?::int2 AS b, ?::int4 AS c, ?::int8 AS d, ?::float8 AS e, \
     ?::text AS f, ?::varchar(30) AS g, ?::char(4) AS h, ?::bytea AS i";

fn every_type() -> Statement {
    Statement::new(EVERY_TYPE)
        .bind(true)
        .bind(-32_768)
        .bind(i64::from(i32::MAX))
        .bind(i64::MIN)
        .bind(0.1)
        .bind("it's \\ é")
        .bind("")
        .bind("ab")
        .bind(vec![0, 255, b'\\'])
}

#[test]
fn the_short_way_and_the_long_one_answer_the_same() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    let statement = every_type();
    let long = database.connection.fetch(&statement).unwrap();
    assert_eq!(long.rows[0][7], Value::from("ab  "));
    assert!(messages(&mut database).is_empty());
    for _ in 0..RUNS {
        assert_eq!(database.connection.fetch(&statement).unwrap(), long);
    }
    assert_eq!(messages(&mut database).len(), 1);
    let mut nulls = statement.clone();
    nulls.values.fill(Value::Null);
    let found = database.connection.fetch(&nulls).unwrap();
    assert_eq!(found.columns, long.columns);
    assert_eq!(found.rows, [vec![Value::Null; 9]]);
}

#[test]
fn changes_go_the_short_way_too() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database
        .exec("CREATE TABLE \"order\" (id int PRIMARY KEY, word varchar(5), data bytea)")
        .unwrap();
    let insert = |id: i64| {
        Statement::new("INSERT INTO \"order\" VALUES (?, ?, ?)")
            .bind(id)
            .bind("word")
            .bind(vec![0_u8; 100_000])
    };
    database.connection.begin().unwrap();
    for id in 1..=20 {
        let executed = database.connection.execute(&insert(id)).unwrap();
        assert_eq!(executed.affected, 1);
    }
    assert_eq!(messages(&mut database).len(), 1);
    // What fails says the same as before, and a savepoint saves the rest.
    database.connection.begin().unwrap();
    let error = database.connection.execute(&insert(20)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert_eq!(error.database().constraint.as_deref(), Some("order_pkey"));
    let error = database.connection.execute(&insert(21)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionAborted);
    database.connection.rollback().unwrap();
    let mut long = insert(21);
    long.values[1] = "a longer word".into();
    let error = database.connection.execute(&long).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLong, "{error}");
    assert_eq!(
        database.connection.commit().unwrap_err().kind(),
        ErrorKind::TransactionAborted
    );
    assert_eq!(text(&mut database, "SELECT count(*) FROM \"order\""), "0");

    for id in 1..=20 {
        database.connection.execute(&insert(id)).unwrap();
    }
    let delete = |id: i64| Statement::new("DELETE FROM \"order\" WHERE id > ?").bind(id);
    for (id, gone) in [
        (18, 2),
        (18, 0),
        (17, 1),
        (17, 0),
        (16, 1),
        (10, 6),
        (0, 10),
    ] {
        let executed = database.connection.execute(&delete(id)).unwrap();
        assert_eq!(executed.affected, gone);
    }
}

#[test]
fn a_value_that_only_the_server_can_tell_goes_the_long_way() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    let with = |value: Value| Statement::new("SELECT ?::int4 + 1 AS x").bind(value);
    warm(&mut database, &with(1.into()));
    assert_eq!(messages(&mut database).len(), 1);
    for (value, sum) in [
        (Value::from("41"), 42),
        (7.0.into(), 8),
        (true.into(), 2),
        (5.into(), 6),
    ] {
        let found = database.connection.fetch_value(&with(value)).unwrap();
        assert_eq!(found, Value::Int(sum));
    }
    let fresh = || test.connect();
    let nonsense = [
        Value::from(3_000_000_000_i64),
        i64::from(i32::MAX).into(),
        "seven".into(),
        1.5.into(),
        f64::NAN.into(),
        vec![255_u8].into(),
    ];
    for value in nonsense {
        let short = database.connection.fetch(&with(value.clone())).unwrap_err();
        let long = fresh().connection.fetch(&with(value.clone())).unwrap_err();
        assert_eq!(short.kind(), long.kind(), "{value:?}: {short} / {long}");
    }
    let text = |value: &str| Statement::new("SELECT ?::text").bind(value);
    warm(&mut database, &text("a"));
    let error = database.connection.fetch(&text("a\0b")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
}

#[test]
fn types_that_are_not_plain_stay_on_the_long_way() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database
        .exec("CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN small AS int; CREATE TABLE t (m mood, s small, r int4multirange)")
        .unwrap();
    for (sql, value) in [
        ("SELECT ?::numeric", Value::from("1.50")),
        ("SELECT ?::timestamptz", "2026-01-02 03:04:05+00".into()),
        ("SELECT ?::mood", "sad".into()),
        ("SELECT ?::int[]", "{1,2}".into()),
        ("SELECT ?::text, now()", "a".into()),
        ("SELECT m FROM t WHERE s = ?", 1.into()),
        ("SELECT jsonb_build_object('a', ?)", "b".into()),
        ("SELECT ?::int4multirange", "{[1,3),[5,7)}".into()),
        // No row tells that the column is one that sqlx does not know.
        ("SELECT r FROM t WHERE s + ? = 0", 1.into()),
    ] {
        let statement = Statement::new(sql).bind(value.clone());
        warm(&mut database, &statement);
        let found = database.connection.fetch(&statement).unwrap();
        if found.columns.len() == 1 && !found.rows.is_empty() && !sql.contains("json") {
            assert_eq!(found.rows[0][0], value, "{sql}");
        }
    }
    let left_open = [
        "SELECT m FROM t WHERE s = $1",
        "SELECT r FROM t WHERE s + $1 = 0",
    ];
    let found = messages(&mut database);
    assert!(
        found.iter().all(|sql| left_open.contains(&&**sql)),
        "{found:?}"
    );
    // The column of a domain arrives as the type under it.
    let plain = Statement::new("SELECT s FROM t WHERE ?").bind(true);
    warm(&mut database, &plain);
    let found = messages(&mut database);
    assert!(
        found.contains(&"SELECT s FROM t WHERE $1".to_owned()),
        "{found:?}"
    );
}

#[test]
fn a_changed_table_is_seen_on_the_short_way() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    let mut other = test.connect();
    database
        .exec("CREATE TABLE t (x int); INSERT INTO t VALUES (1)")
        .unwrap();
    let select = Statement::new("SELECT * FROM t WHERE x = ?").bind(1);
    let fetch = |database: &mut Database| database.connection.fetch(&select).unwrap().rows;
    warm(&mut database, &select);
    other.exec("ALTER TABLE t ADD y text DEFAULT 'a'").unwrap();
    let both = [vec![Value::Int(1), "a".into()]];
    (0..RUNS).for_each(|_| assert_eq!(fetch(&mut database), both));
    other
        .exec("ALTER TABLE t ALTER y DROP DEFAULT, ALTER y TYPE numeric USING 7")
        .unwrap();
    let both = [vec![Value::Int(1), 7.into()]];
    (0..RUNS).for_each(|_| assert_eq!(fetch(&mut database), both));
    other.exec("ALTER TABLE t DROP y").unwrap();
    (0..RUNS).for_each(|_| assert_eq!(fetch(&mut database), [[Value::Int(1)]]));

    // By this connection, in a transaction that must survive it.
    database.connection.begin().unwrap();
    (0..RUNS).for_each(|_| assert_eq!(fetch(&mut database), [[Value::Int(1)]]));
    database
        .exec("ALTER TABLE t ADD z bool DEFAULT true")
        .unwrap();
    let both = [vec![Value::Int(1), true.into()]];
    (0..RUNS).for_each(|_| assert_eq!(fetch(&mut database), both));
    database.connection.rollback().unwrap();
    (0..RUNS).for_each(|_| assert_eq!(fetch(&mut database), [[Value::Int(1)]]));

    // By another connection, in a transaction: the server refuses the plan, and that ends it.
    database.connection.begin().unwrap();
    other.exec("ALTER TABLE t ADD z int").unwrap();
    let error = database.connection.fetch(&select).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SerializationFailure, "{error}");
    database.connection.rollback().unwrap();
    (0..RUNS).for_each(|_| assert_eq!(fetch(&mut database), [[Value::Int(1), Value::Null]]));

    // The same name is another table.
    database
        .exec("CREATE SCHEMA s; CREATE TABLE s.t (x int8, w text); INSERT INTO s.t VALUES (1, 'w')")
        .unwrap();
    database.exec("SET search_path TO s").unwrap();
    (0..RUNS).for_each(|_| assert_eq!(fetch(&mut database), [[Value::Int(1), "w".into()]]));
    database.exec("DROP TABLE s.t").unwrap();
    let error = database.connection.fetch(&select).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingTable, "{error}");
}

#[test]
fn what_the_server_forgets_is_prepared_again() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    let statement = every_type();
    let expected = database.connection.fetch(&statement).unwrap();
    for sql in [
        "DEALLOCATE ALL",
        "DISCARD ALL",
        "DO 'BEGIN DEALLOCATE ALL; END'",
    ] {
        warm(&mut database, &statement);
        database.connection.run(sql).unwrap();
        for _ in 0..RUNS {
            assert_eq!(
                database.connection.fetch(&statement).unwrap(),
                expected,
                "{sql}"
            );
        }
        assert!(!messages(&mut database).is_empty(), "{sql}");
    }
}

#[test]
fn no_more_messages_are_kept_than_plans() {
    let Some(test) = database() else { return };
    let mut database = open(&format!("{}?statement_cache=3", test.url));
    for round in 0..3 {
        for number in 0..10 {
            let sum = Statement::new(format!("SELECT ?::int + {number}")).bind(round);
            for _ in 0..RUNS {
                let found = database.connection.fetch_value(&sum).unwrap();
                assert_eq!(found, Value::Int(round + number));
            }
            assert!(messages(&mut database).len() <= 3);
        }
    }
    let mut none = open(&format!("{}?statement_cache=0", test.url));
    warm(&mut none, &every_type());
    assert!(messages(&mut none).is_empty());
}

#[test]
fn columns_are_told_on_the_short_way_without_rows() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database
        .exec("CREATE TABLE t (id int PRIMARY KEY, name varchar(9))")
        .unwrap();
    for sql in [
        "SELECT id, name FROM t WHERE id = ? -- none",
        "UPDATE t SET name = 'x' WHERE id = ? RETURNING id, name",
    ] {
        let statement = Statement::new(sql).bind(1);
        for _ in 0..RUNS {
            let found = database.connection.fetch(&statement).unwrap();
            let columns = found.columns.iter();
            let columns: Vec<String> = columns
                .map(|column| format!("{} {}", column.name, column.type_name))
                .collect();
            assert_eq!(columns, ["id int4", "name varchar"], "{sql}");
            assert_eq!(found.rows.len(), 0);
        }
    }
}

#[test]
fn more_values_than_a_message_counts_go_the_long_way() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    for (count, is_short) in [(30_000, true), (70_000, false)] {
        let list = vec!["?::int"; count].join(", ");
        let sql = format!("SELECT sum(x) = {count} FROM unnest(ARRAY[{list}]) AS t(x)");
        let mut statement = Statement::new(sql);
        statement.values = vec![Value::Int(1); count];
        warm(&mut database, &statement);
        let found = database.connection.fetch_value(&statement).unwrap();
        assert_eq!(found, Value::Bool(true));
        assert_eq!(!messages(&mut database).is_empty(), is_short, "{count}");
        database.connection.run("DEALLOCATE ALL").unwrap();
    }
}

#[test]
fn a_limit_holds_on_the_short_way() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    let sleep = |seconds: f64| Statement::new("SELECT 1 AS one FROM pg_sleep(?)").bind(seconds);
    warm(&mut database, &sleep(0.0));
    assert_eq!(messages(&mut database).len(), 1);
    database.exec("SET statement_timeout TO 50").unwrap();
    let error = database.connection.fetch(&sleep(60.0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert_eq!(
        database.connection.fetch_value(&sleep(0.0)).unwrap(),
        Value::Int(1)
    );
}

fn some_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-40_000_i64..40_000).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,9}".prop_map(Value::from),
        "-?[0-9]{1,5}".prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..9).prop_map(Value::from),
    ]
}

/// Any value for any type: the same answer, or the same kind of error, on both ways.
#[test]
fn any_value_is_taken_alike_on_both_ways() {
    let Some(test) = database() else { return };
    let (mut short, long) = (test.connect(), test.connect());
    let types = [
        "bool", "int2", "int4", "int8", "float8", "text", "varchar", "char(7)", "bytea",
    ];
    let statement = |kind: &str, value: &Value, end: &str| {
        let sql = format!("SELECT x IS NULL AS n, x FROM (SELECT ?::{kind}) AS s(x) {end}");
        Statement::new(sql).bind(value.clone())
    };
    for kind in types {
        warm(&mut short, &statement(kind, &Value::Null, ""));
    }
    assert_eq!(messages(&mut short).len(), types.len());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let told = |database: &mut Database, statement| match database.connection.fetch(&statement) {
        Ok(found) => format!("{:?}", found.rows),
        Err(error) => format!("{:?}", error.kind()),
    };
    // A new text each time, for which nobody looks for a short way.
    let (short, long) = (RefCell::new(short), RefCell::new(long));
    let outcome = runner.run(
        &(0..types.len(), some_value(), any::<u64>()),
        |(kind, value, number)| {
            let here = told(&mut short.borrow_mut(), statement(types[kind], &value, ""));
            let end = format!("-- {number}");
            let there = told(&mut long.borrow_mut(), statement(types[kind], &value, &end));
            prop_assert_eq!(here, there);
            Ok(())
        },
    );
    outcome.unwrap();
}
