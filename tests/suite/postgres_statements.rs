//! Statements on PostgreSQL: transactions, prepared plans, results and errors.

use freight_core::driver::{Column, Columns, Flow, Row, RowSink, Statement};
use freight_core::{Database, DialectName, Error, ErrorKind, Result, Value};

use crate::support::{TestDatabase, open, rows, text};

fn database() -> Option<TestDatabase> {
    TestDatabase::create(DialectName::Postgres)
}

fn failure(database: &mut Database, sql: &str) -> Error {
    match database.connection.run(sql) {
        Ok(_) => panic!("{sql} succeeded"),
        Err(error) => error,
    }
}

// --------------------------------------------------------------------------------- transactions

#[test]
fn a_commit_of_a_failed_transaction_is_an_error() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database.exec("CREATE TABLE t (x int)").unwrap();
    database.connection.begin().unwrap();
    database.exec("INSERT INTO t VALUES (1)").unwrap();
    failure(&mut database, "SELECT 1/0");
    assert!(database.connection.in_transaction().unwrap());
    let error = failure(&mut database, "SELECT 1");
    assert_eq!(error.kind(), ErrorKind::TransactionAborted);
    let error = database.connection.commit().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionAborted);
    assert_eq!(database.connection.depth(), 0);
    assert!(!database.connection.in_transaction().unwrap());
    assert_eq!(text(&mut database, "SELECT count(*) FROM t"), "0");

    // The same for one that was begun and is ended by hand.
    database.exec("BEGIN").unwrap();
    database.exec("INSERT INTO t VALUES (1)").unwrap();
    failure(&mut database, "SELECT 1/0");
    let error = failure(&mut database, "COMMIT");
    assert_eq!(error.kind(), ErrorKind::TransactionAborted);
    assert_eq!(text(&mut database, "SELECT count(*) FROM t"), "0");
}

#[test]
fn savepoints_undo_their_own_part() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database.exec("CREATE TABLE t (x int PRIMARY KEY)").unwrap();
    database.connection.begin().unwrap();
    database.exec("INSERT INTO t VALUES (1)").unwrap();
    database.connection.begin().unwrap();
    database.exec("INSERT INTO t VALUES (2)").unwrap();
    failure(&mut database, "INSERT INTO t VALUES (2)");
    let error = database.connection.commit().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TransactionAborted);
    assert_eq!(database.connection.depth(), 2);
    database.connection.rollback().unwrap();
    database.connection.begin().unwrap();
    database.exec("INSERT INTO t VALUES (3)").unwrap();
    database.connection.commit().unwrap();
    database.connection.commit().unwrap();
    assert_eq!(database.connection.depth(), 0);
    assert_eq!(text(&mut database, "SELECT x FROM t ORDER BY x"), "1\n3");
    assert_eq!(
        database.connection.commit().unwrap_err().kind(),
        ErrorKind::NoTransaction
    );
    assert_eq!(
        database.connection.rollback().unwrap_err().kind(),
        ErrorKind::NoTransaction
    );
}

#[test]
fn transactions_of_the_script_are_understood() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database.exec("CREATE TABLE t (x int)").unwrap();
    database.exec("BEGIN").unwrap();
    assert!(database.connection.in_transaction().unwrap());
    assert_eq!(database.connection.depth(), 0);
    database.connection.begin().unwrap();
    database.exec("INSERT INTO t VALUES (1)").unwrap();
    database.connection.rollback().unwrap();
    assert!(database.connection.in_transaction().unwrap());
    database.exec("COMMIT").unwrap();
    assert!(!database.connection.in_transaction().unwrap());
    // A COMMIT of the script inside one that Freight began.
    database.connection.begin().unwrap();
    database.exec("INSERT INTO t VALUES (2)").unwrap();
    database.exec("COMMIT").unwrap();
    assert_eq!(
        database.connection.commit().unwrap_err().kind(),
        ErrorKind::NoTransaction
    );
    assert_eq!(database.connection.depth(), 0);
    assert_eq!(text(&mut database, "SELECT x FROM t"), "2");
}

#[test]
fn a_deferred_constraint_fails_the_commit() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database
        .exec("CREATE TABLE t (x int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        .unwrap();
    database.connection.begin().unwrap();
    database.exec("INSERT INTO t VALUES (1), (1)").unwrap();
    let error = database.connection.commit().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    assert_eq!(error.database().columns, ["x"]);
    assert_eq!(database.connection.depth(), 0);
    assert!(!database.connection.in_transaction().unwrap());
}

// ----------------------------------------------------------------------------- prepared plans

#[test]
fn a_plan_is_made_again_when_a_table_changed() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    let mut other = test.connect();
    database
        .exec("CREATE TABLE t (x int); INSERT INTO t VALUES (1)")
        .unwrap();
    let select = Statement::new("SELECT * FROM t WHERE x = ?").bind("1");
    let fetch = |database: &mut Database| database.connection.fetch(&select).unwrap();
    assert_eq!(fetch(&mut database).rows, [[Value::Int(1)]]);
    // By another connection: the server refuses the plan.
    other.exec("ALTER TABLE t ADD y text DEFAULT 'a'").unwrap();
    assert_eq!(fetch(&mut database).rows, [[Value::Int(1), "a".into()]]);
    // The type of the parameter changes.
    other
        .exec("ALTER TABLE t ALTER x TYPE text USING 'x1'")
        .unwrap();
    let select = Statement::new("SELECT * FROM t WHERE x = ?").bind("x1");
    let found = database.connection.fetch(&select).unwrap();
    assert_eq!(found.rows, [[Value::from("x1"), "a".into()]]);
    // By this connection, in a transaction that must survive it.
    database.connection.begin().unwrap();
    assert_eq!(database.connection.fetch(&select).unwrap().columns.len(), 2);
    database.exec("ALTER TABLE t DROP y").unwrap();
    assert_eq!(database.connection.fetch(&select).unwrap().columns.len(), 1);
    database.connection.rollback().unwrap();
    assert_eq!(database.connection.fetch(&select).unwrap().columns.len(), 2);
    // By another connection, in a transaction: the server refuses the plan, and that ends it.
    database.connection.begin().unwrap();
    other.exec("ALTER TABLE t ADD z int").unwrap();
    let error = database.connection.fetch(&select).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SerializationFailure, "{error}");
    database.connection.rollback().unwrap();
    database.connection.begin().unwrap();
    assert_eq!(database.connection.fetch(&select).unwrap().columns.len(), 3);
    database.connection.commit().unwrap();
    // Forgotten by the server.
    for sql in [
        "DEALLOCATE ALL",
        "DISCARD ALL",
        "DO 'BEGIN DEALLOCATE ALL; END'",
    ] {
        let _ = database.exec(sql);
        assert_eq!(
            database.connection.fetch(&select).unwrap().rows.len(),
            1,
            "{sql}"
        );
    }
}

#[test]
fn no_more_plans_are_kept_than_the_url_allows() {
    let Some(test) = database() else { return };
    let mut database = open(&format!("{}?statement_cache=3", test.url));
    for round in 0..2 {
        for number in 0..10 {
            let select = Statement::new(format!("SELECT ?::int + {number}")).bind(round);
            let sum = database.connection.fetch_value(&select).unwrap();
            assert_eq!(sum, Value::Int(round + number));
        }
    }
    let count = text(
        &mut database,
        "SELECT count(*) < 6 FROM pg_prepared_statements",
    );
    assert_eq!(count, "true");
}

#[test]
fn a_parameter_without_a_type_is_text_and_no_transaction_dies_of_it() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    for in_transaction in [false, true, true] {
        if in_transaction {
            database.connection.begin().unwrap();
        }
        let odd = Statement::new("SELECT jsonb_build_object('a', ?), ? IS NULL, ?")
            .bind("it's")
            .bind(Value::Null)
            .bind(7);
        let found = database.connection.fetch(&odd).unwrap().rows;
        assert_eq!(
            found,
            [[Value::from("{\"a\": \"it's\"}"), true.into(), "7".into()]]
        );
        if in_transaction {
            database.exec("CREATE TEMP TABLE alive ()").unwrap();
            database.connection.rollback().unwrap();
        }
        // The next time inside a transaction it is new again.
        database.exec("DEALLOCATE ALL").unwrap();
    }
    // A transaction begun by hand.
    database.exec("BEGIN").unwrap();
    let odd = Statement::new("SELECT concat(?, 'b')").bind("a");
    assert_eq!(database.connection.fetch_value(&odd).unwrap(), "ab".into());
    assert!(database.connection.in_transaction().unwrap());
}

#[test]
fn a_wrong_number_of_values_is_refused_before_anything_is_sent() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database.connection.begin().unwrap();
    for (sql, values) in [
        ("SELECT ?, ?, ?", 2),
        ("SELECT ?", 0),
        ("SELECT '?' ?? 'a' -- ?", 1),
        ("CREATE TABLE t (x int DEFAULT ?)", 2),
    ] {
        let mut statement = Statement::new(sql);
        statement.values = vec![Value::Int(1); values];
        let error = database.connection.execute(&statement).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadArgument, "{sql}: {error}");
    }
    let error = database
        .connection
        .execute(&Statement::new("SELECT ?, ?, ?").bind(1).bind(2))
        .unwrap_err();
    assert_eq!(error.message(), "3 placeholders, 2 values");
    // Nothing reached the server: the transaction is whole.
    database.connection.commit().unwrap();
}

#[test]
fn a_second_statement_is_never_run() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database
        .exec("CREATE TABLE t (x int); INSERT INTO t VALUES (1)")
        .unwrap();
    for sql in [
        "SELECT 1; DELETE FROM t",
        "SELECT ?; DELETE FROM t",
        "SELECT 1;;DELETE FROM t",
    ] {
        let mut statement = Statement::new(sql);
        statement.values = vec![Value::Int(1); sql.matches('?').count()];
        let error = database.connection.execute(&statement).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadArgument, "{sql}: {error}");
    }
    let error = database
        .connection
        .execute(&Statement::new("SELECT 1\0; DELETE FROM t"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Syntax);
    database
        .connection
        .execute(&Statement::new("SELECT 1; -- the end"))
        .unwrap();
    assert_eq!(text(&mut database, "SELECT count(*) FROM t"), "1");
}

#[test]
fn statements_that_cannot_be_prepared_take_values_too() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    let create = Statement::new("CREATE TABLE t (a text DEFAULT ?, b int DEFAULT ?)")
        .bind("it's \\")
        .bind(7);
    database.connection.execute(&create).unwrap();
    database
        .connection
        .execute(&Statement::new("COMMENT ON TABLE t IS ?").bind("\\'; DROP TABLE t"))
        .unwrap();
    database.exec("INSERT INTO t DEFAULT VALUES").unwrap();
    assert_eq!(
        text(
            &mut database,
            "SELECT a, b, obj_description('t'::regclass) FROM t"
        ),
        "it's \\|7|\\'; DROP TABLE t"
    );
    let into = Statement::new("SELECT ?::int AS x INTO u").bind(5);
    assert_eq!(database.connection.execute(&into).unwrap().affected, 0);
    assert_eq!(text(&mut database, "SELECT x FROM u"), "5");
    let explain = Statement::new("EXPLAIN SELECT * FROM u WHERE x = ?").bind(5);
    assert!(!database.connection.fetch(&explain).unwrap().rows.is_empty());
}

// ------------------------------------------------------------------------------------- results

#[test]
fn columns_are_told_also_without_rows() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database
        .exec(
            "CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN small AS int; CREATE TYPE pair AS (a int, b int);
             CREATE TABLE t (id int, name varchar(9), m mood, ms mood[], s small, r int4multirange, p pair)",
        )
        .unwrap();
    let names = |columns: &[Column]| {
        let shown = columns
            .iter()
            .map(|column| format!("{} {}", column.name, column.type_name));
        shown.collect::<Vec<_>>().join(", ")
    };
    let all = "id int4, name varchar, m mood, ms mood[], s int4, r , p pair";
    for in_transaction in [false, true] {
        if in_transaction {
            database.connection.begin().unwrap();
        }
        for (sql, expected) in [
            ("SELECT * FROM t", all),
            ("SELECT * FROM t WHERE id = ? -- none", all),
            ("SELECT 1 AS a, 'x' AS a WHERE false;", "a int4, a text"),
            ("VALUES (1)", "column1 int4"),
            (
                "WITH x AS (SELECT 1 AS a) SELECT a FROM x WHERE false",
                "a int4",
            ),
            ("SELECT id FROM t FOR UPDATE", "id int4"),
            ("UPDATE t SET id = 1 RETURNING id, m", "id int4, m mood"),
            ("UPDATE t SET id = 1", ""),
            (
                "WITH x AS (DELETE FROM t RETURNING id) SELECT id AS gone FROM x",
                "gone int4",
            ),
            ("CREATE TABLE IF NOT EXISTS t ()", ""),
        ] {
            for _ in 0..2 {
                let mut statement = Statement::new(sql);
                statement.values = vec![Value::Int(1); sql.matches('?').count()];
                let found = database.connection.fetch(&statement).unwrap();
                assert_eq!(names(&found.columns), expected, "{sql}");
            }
        }
        if in_transaction {
            assert!(database.connection.in_transaction().unwrap());
            database.connection.commit().unwrap();
        }
    }
    database
        .exec("INSERT INTO t (id, m, p) VALUES (1, 'sad', '(1,2)')")
        .unwrap();
    assert_eq!(names(&rows(&mut database, "SELECT * FROM t").columns), all);
}

/// Stops or fails at a row.
struct Until<'a> {
    rows: usize,
    fails: bool,
    /// Another connection, used while the rows of the first one arrive.
    other: Option<&'a mut Database>,
}

impl RowSink for Until<'_> {
    fn columns(&mut self, _: &Columns) -> Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        assert!(row.get(0).is_ok());
        assert_eq!(row.get(9).unwrap_err().kind(), ErrorKind::BadArgument);
        if let Some(other) = &mut self.other {
            assert_eq!(text(other, "SELECT 'other'"), "other");
        }
        self.rows -= 1;
        match (self.rows, self.fails) {
            (0, true) => Err(Error::bad_argument("enough")),
            (0, false) => Ok(Flow::Stop),
            _ => Ok(Flow::Continue),
        }
    }
}

#[test]
fn a_reader_may_stop_or_fail_and_the_connection_goes_on() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    let mut other = test.connect();
    let many = Statement::new("SELECT i, repeat('x', 100) FROM generate_series(1, 200000) AS i");
    let mut sink = Until {
        rows: 3,
        fails: false,
        other: Some(&mut other),
    };
    database.connection.query(&many, &mut sink).unwrap();
    assert_eq!(text(&mut database, "SELECT 1"), "1");
    let mut sink = Until {
        rows: 3,
        fails: true,
        other: None,
    };
    let error = database.connection.query(&many, &mut sink).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::BadArgument, "enough")
    );
    assert_eq!(text(&mut database, "SELECT 1"), "1");
    // An error of the server behind rows that were shown already.
    let late = Statement::new("SELECT 1 / (3 - i) FROM generate_series(1, 5) AS i");
    let error = database.connection.fetch(&late).unwrap_err();
    assert_eq!(error.database().sqlstate.as_deref(), Some("22012"));
    assert_eq!(text(&mut database, "SELECT 1"), "1");
}

#[test]
fn affected_rows_are_those_of_changes_alone() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database.exec("CREATE TABLE t (x int)").unwrap();
    for (sql, affected) in [
        ("INSERT INTO t SELECT generate_series(1, 5)", 5),
        ("UPDATE t SET x = x WHERE x > 2", 3),
        (
            "WITH a AS (SELECT 1 AS x) DELETE FROM t USING a WHERE t.x = a.x RETURNING t.x",
            1,
        ),
        ("SELECT * FROM t", 0),
        (
            "MERGE INTO t USING (VALUES (2)) v (x) ON t.x = v.x WHEN MATCHED THEN DELETE",
            1,
        ),
        ("CREATE TABLE u AS SELECT * FROM t", 0),
        ("TRUNCATE t", 0),
    ] {
        let statement = Statement::new(sql);
        assert_eq!(
            database.connection.execute(&statement).unwrap().affected,
            affected,
            "{sql}"
        );
    }
    assert_eq!(
        database
            .exec("INSERT INTO t VALUES (1), (2)")
            .unwrap()
            .affected,
        2
    );
}

#[test]
fn copied_data_arrives_and_bad_data_is_told() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database
        .exec("CREATE TABLE t (x int PRIMARY KEY, y text)")
        .unwrap();
    let copy = "COPY t (x, y) FROM stdin";
    let data: String = (0..50_000)
        .map(|i| format!("{i}\tline {i}\\tits\n"))
        .collect();
    assert_eq!(
        database
            .connection
            .copy_in(copy, data.as_bytes())
            .unwrap()
            .affected,
        50_000
    );
    assert_eq!(
        text(&mut database, "SELECT count(*), max(y) FROM t WHERE x = 7"),
        "1|line 7\tits"
    );
    let error = database
        .connection
        .copy_in(copy, b"60000\ta\nx\tb\n")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidValue);
    let error = database.connection.copy_in(copy, b"1\ta\n").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    let error = database
        .connection
        .copy_in("COPY missing FROM stdin", b"")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingTable);
    let error = database.connection.copy_in("SELECT 1", b"").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadArgument);
    for sql in [copy, "COPY t TO stdout", "LISTEN x"] {
        assert_eq!(
            failure(&mut database, sql).kind(),
            ErrorKind::Unsupported,
            "{sql}"
        );
        let error = database
            .connection
            .execute(&Statement::new(sql))
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{sql}");
    }
    assert_eq!(text(&mut database, "SELECT count(*) FROM t"), "50000");
}

// -------------------------------------------------------------------------------------- errors

#[test]
fn errors_name_constraint_table_columns_and_place() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database
        .exec(
            "CREATE TABLE users (id int PRIMARY KEY, \"E mail\" text, tenant int, age int CONSTRAINT adult CHECK (age >= 18), name text NOT NULL,
               CONSTRAINT one_mail UNIQUE (\"E mail\", tenant), EXCLUDE USING gist (int4range(id, id, '[]') WITH &&));
             CREATE TABLE posts (user_id int REFERENCES users);
             CREATE VIEW names AS SELECT name FROM users;
             INSERT INTO users VALUES (1, 'a', 1, 18, 'A'); INSERT INTO posts VALUES (1)",
        )
        .unwrap();
    let cases = [
        (
            "INSERT INTO users VALUES (2, 'a', 1, 20, 'B')",
            ErrorKind::UniqueViolation,
            "one_mail",
            "users",
            "E mail,tenant",
        ),
        (
            "INSERT INTO users (id, name) VALUES (1, 'B')",
            ErrorKind::UniqueViolation,
            "users_pkey",
            "users",
            "id",
        ),
        (
            "INSERT INTO users (id) VALUES (2)",
            ErrorKind::NotNullViolation,
            "",
            "users",
            "name",
        ),
        (
            "UPDATE users SET age = 7",
            ErrorKind::CheckViolation,
            "adult",
            "users",
            "",
        ),
        (
            "INSERT INTO posts VALUES (9)",
            ErrorKind::ForeignKeyViolation,
            "posts_user_id_fkey",
            "posts",
            "user_id",
        ),
        (
            "DELETE FROM users",
            ErrorKind::ForeignKeyViolation,
            "posts_user_id_fkey",
            "posts",
            "",
        ),
        (
            "SELECT * FROM missing",
            ErrorKind::MissingTable,
            "",
            "missing",
            "",
        ),
        (
            "SELECT missing FROM users",
            ErrorKind::MissingColumn,
            "",
            "",
            "missing",
        ),
        ("SELEC 1", ErrorKind::Syntax, "", "", ""),
        ("SELECT missing(1)", ErrorKind::MissingObject, "", "", ""),
        (
            "DROP TABLE missing",
            ErrorKind::MissingTable,
            "",
            "missing",
            "",
        ),
        ("DROP TYPE missing", ErrorKind::MissingObject, "", "", ""),
        (
            "CREATE TABLE users ()",
            ErrorKind::AlreadyExists,
            "",
            "users",
            "",
        ),
        ("CREATE SCHEMA public", ErrorKind::AlreadyExists, "", "", ""),
        (
            "ALTER TABLE users ADD name text",
            ErrorKind::AlreadyExists,
            "",
            "",
            "",
        ),
        (
            "ALTER TABLE users DROP name",
            ErrorKind::StillReferenced,
            "",
            "",
            "",
        ),
        ("DROP TABLE users", ErrorKind::StillReferenced, "", "", ""),
        ("VACUUM (NONSENSE)", ErrorKind::Syntax, "", "", ""),
    ];
    for (sql, kind, constraint, table, columns) in cases {
        let error = failure(&mut database, sql);
        assert_eq!(error.kind(), kind, "{sql}: {error}");
        let found = error.database();
        assert_eq!(
            found.constraint.as_deref().unwrap_or_default(),
            constraint,
            "{sql}"
        );
        assert_eq!(found.table.as_deref().unwrap_or_default(), table, "{sql}");
        assert_eq!(found.columns.join(","), columns, "{sql}");
        assert_eq!(error.sql(), Some(sql));
    }
    let error = failure(&mut database, "INSERT INTO users (id, name) SELECT 1, 'x'");
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    let error = failure(&mut database, "ALTER TABLE users DROP name");
    assert!(
        error.hint().is_some_and(|hint| hint.contains("names")),
        "{:?}",
        error.hint()
    );
    // Bytes, though the server counts characters; with values and without.
    let sql = "SELECT '{\"äöü\": 1}'::jsonb ?? 'a', ?::int, missing";
    let error = database
        .connection
        .execute(&Statement::new(sql).bind(1))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingColumn, "{error}");
    assert_eq!(error.offset(), sql.find("missing"));
    let error = failure(&mut database, "SELECT 'äöü', missing");
    assert_eq!(error.offset(), "SELECT 'äöü', missing".find("missing"));
    // A value that does not fit is named by its number.
    let error = database
        .connection
        .execute(
            &Statement::new("SELECT ?::text, ?::uuid")
                .bind("a")
                .bind("b"),
        )
        .unwrap_err();
    assert!(
        error.hint().is_some_and(|hint| hint.contains("value 2")),
        "{error:?}"
    );
}

#[test]
fn rights_locks_and_read_only_transactions_have_kinds_of_their_own() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    database.exec("CREATE TABLE t (x int)").unwrap();
    let role = format!("freight_poor_{}", std::process::id());
    database
        .exec(&format!("CREATE ROLE {role}; SET ROLE {role}"))
        .unwrap();
    assert_eq!(
        failure(&mut database, "SELECT * FROM t").kind(),
        ErrorKind::PermissionDenied
    );
    assert_eq!(
        failure(&mut database, "CREATE TABLE u ()").kind(),
        ErrorKind::PermissionDenied
    );
    database
        .exec(&format!("RESET ROLE; DROP ROLE {role}"))
        .unwrap();
    database
        .exec("SET default_transaction_read_only = on")
        .unwrap();
    assert_eq!(
        failure(&mut database, "INSERT INTO t VALUES (1)").kind(),
        ErrorKind::ReadOnly
    );
    database
        .exec("RESET default_transaction_read_only")
        .unwrap();

    let mut other = test.connect();
    other.exec("BEGIN; LOCK TABLE t").unwrap();
    database.exec("SET lock_timeout = '50ms'").unwrap();
    let error = failure(&mut database, "SELECT * FROM t");
    assert_eq!(error.kind(), ErrorKind::LockTimeout);
    assert!(error.is_retryable());
    let lock = "SELECT pg_try_advisory_lock(1) AND pg_advisory_lock(2) IS NOT NULL";
    assert_eq!(text(&mut database, lock), "true");
    other.exec("ROLLBACK").unwrap();
}

#[test]
fn a_serialization_failure_can_be_tried_again() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    let mut other = test.connect();
    database
        .exec("CREATE TABLE t (x int); INSERT INTO t VALUES (1)")
        .unwrap();
    database
        .exec("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM t")
        .unwrap();
    other.exec("UPDATE t SET x = 2").unwrap();
    let error = failure(&mut database, "UPDATE t SET x = 3");
    assert_eq!(error.kind(), ErrorKind::SerializationFailure);
    assert!(error.is_retryable());
}
