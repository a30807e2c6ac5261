//! MySQL and MariaDB: reaching a server, losing it, waiting for locks, and what its transactions
//! do that those of others do not.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use freight_core::driver::{Executed, Statement};
use freight_core::migrate::{ABSENT, Probe, SessionSettings};
use freight_core::{Database, DialectName, ErrorKind, Value};

use crate::support::{TestDatabase, rows, run_all, text, try_open};

fn with(test: impl FnOnce(&TestDatabase)) {
    if let Some(database) = TestDatabase::create(DialectName::Mysql) {
        test(&database);
    }
}

/// The URL with something else for its parts: `mysql://USER:PASSWORD@ADDRESS/DATABASE`.
fn url_with(
    url: &str,
    credentials: Option<&str>,
    address: Option<&str>,
    database: Option<&str>,
) -> String {
    let rest = url.strip_prefix("mysql://").unwrap();
    let (authority, name) = rest.split_once('/').unwrap();
    let (old_credentials, old_address) = authority.rsplit_once('@').unwrap();
    format!(
        "mysql://{}@{}/{}",
        credentials.unwrap_or(old_credentials),
        address.unwrap_or(old_address),
        database.unwrap_or(name)
    )
}

fn refused(url: &str) -> freight_core::Error {
    match try_open(url) {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error,
    }
}

#[test]
fn who_is_not_let_in_is_told_why_and_no_password_is_shown() {
    with(|database| {
        let secret = "s3cret-and-wrong";
        let cases = [
            (
                url_with(
                    &database.url,
                    Some(&format!("freight:{secret}")),
                    None,
                    None,
                ),
                ErrorKind::AuthenticationFailed,
                "`freight`",
            ),
            (
                url_with(&database.url, Some(&format!("nobody:{secret}")), None, None),
                ErrorKind::AuthenticationFailed,
                "`nobody`",
            ),
            (
                url_with(&database.url, None, None, Some("freight_no_such")),
                ErrorKind::UnknownDatabase,
                "`freight_no_such`",
            ),
            (
                url_with(
                    &database.url,
                    Some(&format!("x:{secret}")),
                    Some("127.0.0.1:1"),
                    None,
                ),
                ErrorKind::ConnectionFailed,
                "`127.0.0.1:1`",
            ),
            (
                url_with(&database.url, None, Some("no-such-host.invalid"), None),
                ErrorKind::ConnectionFailed,
                "`no-such-host.invalid:3306`",
            ),
            (
                format!("mysql://x:{secret}@localhost/d?socket=/nowhere/s.sock"),
                ErrorKind::ConnectionFailed,
                "`/nowhere/s.sock`",
            ),
        ];
        for (url, kind, named) in cases {
            let error = refused(&url);
            assert_eq!(error.kind(), kind, "{error:?}");
            assert!(error.to_string().contains(named), "{error}");
            assert!(error.hint().is_some(), "{error:?}");
            assert!(error.is_connection_error());
            assert!(
                !format!("{error} {error:?} {error:#?}").contains(secret),
                "{error:?}"
            );
        }
    });
}

#[test]
fn a_user_without_rights_is_told_which() {
    with(|database| {
        let mut admin = database.connect();
        let name = text(&mut admin, "SELECT DATABASE()");
        let user = format!("u_{name}");
        run_all(
            &mut admin,
            &[
                "CREATE TABLE t (id int)",
                &format!("CREATE USER '{user}'@'%' IDENTIFIED BY 'pw'"),
            ],
        );
        let stranger = url_with(&database.url, Some(&format!("{user}:pw")), None, None);
        let denied = refused(&stranger);
        run_all(
            &mut admin,
            &[&format!("GRANT SELECT ON {name}.* TO '{user}'@'%'")],
        );
        let mut reader = try_open(&stranger).unwrap();
        let select = reader.connection.run("SELECT * FROM t");
        let insert = reader
            .connection
            .run("INSERT INTO t VALUES (1)")
            .unwrap_err();
        run_all(&mut admin, &[&format!("DROP USER '{user}'@'%'")]);
        assert_eq!(denied.kind(), ErrorKind::PermissionDenied, "{denied:?}");
        select.unwrap();
        assert_eq!(insert.kind(), ErrorKind::PermissionDenied, "{insert:?}");
    });
}

#[test]
fn what_is_no_server_is_told_so_in_time() {
    let listen = || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        (
            listener,
            format!("mysql://u:pw@127.0.0.1:{port}/d?connect_timeout=1"),
        )
    };
    // Nobody accepts, so nobody answers.
    let (silent, url) = listen();
    let start = Instant::now();
    assert_eq!(refused(&url).kind(), ErrorKind::Timeout);
    assert!(start.elapsed() < Duration::from_secs(8));
    drop(silent);
    for greeting in [
        &b""[..],
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        &[1, 0, 0, 0, 0x0a],
        // Too short for a greeting; MySQL's X protocol begins like that.
        &[5, 0, 0, 0, 0x0b, 0x08, 0x05, 0x1a, 0],
        &[3, 0, 0, 0, 0x0a, b'x', 0],
    ] {
        let (listener, url) = listen();
        let server = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().unwrap();
            let _ = socket.write_all(greeting);
        });
        let error = refused(&url);
        assert_eq!(
            error.kind(),
            ErrorKind::ConnectionFailed,
            "{greeting:?}: {error:?}"
        );
        server.join().unwrap();
    }
}

#[test]
fn parameters_of_the_url_are_understood_or_refused() {
    with(|database| {
        for (query, kind) in [
            ("ssl-mode=sometimes", ErrorKind::InvalidUrl),
            ("charset=latin1", ErrorKind::InvalidUrl),
            ("statement_timeout=soon", ErrorKind::InvalidUrl),
            ("pool_size=5", ErrorKind::InvalidUrl),
            ("ssl-ca=/nowhere/ca.pem", ErrorKind::TlsFailed),
        ] {
            let error = refused(&format!("{}?{query}", database.url));
            assert_eq!(error.kind(), kind, "{query}: {error:?}");
        }
        for query in [
            "ssl-mode=DISABLED",
            "sslmode=prefer",
            "charset=utf8mb4",
            "connect_timeout=5",
        ] {
            try_open(&format!("{}?{query}", database.url)).unwrap();
        }
        let mut plain = database.connect();
        let socket = text(&mut plain, "SELECT @@socket");
        if std::path::Path::new(&socket).exists() {
            let mut local = try_open(&format!("{}?socket={socket}", database.url)).unwrap();
            assert_eq!(
                text(&mut local, "SELECT DATABASE()"),
                text(&mut plain, "SELECT DATABASE()")
            );
        }
        // Where the server has no certificate.
        if text(&mut plain, "SHOW VARIABLES LIKE 'have_ssl'").contains("DISABLED") {
            let error = refused(&format!("{}?ssl-mode=REQUIRED", database.url));
            assert_eq!(error.kind(), ErrorKind::TlsFailed, "{error:?}");
        }
    });
}

#[test]
fn a_session_is_strict_in_utc_and_utf8() {
    with(|database| {
        let mut database = database.connect();
        let modes = text(&mut database, "SELECT @@sql_mode");
        for mode in [
            "STRICT_ALL_TABLES",
            "NO_ZERO_DATE",
            "ERROR_FOR_DIVISION_BY_ZERO",
        ] {
            assert!(modes.contains(mode), "{modes}");
        }
        for mode in [
            "ANSI_QUOTES",
            "PIPES_AS_CONCAT",
            "NO_BACKSLASH_ESCAPES",
            "IGNORE_SPACE",
        ] {
            assert!(!modes.contains(mode), "{modes}");
        }
        assert_eq!(
            text(
                &mut database,
                "SELECT @@time_zone, @@character_set_client, @@character_set_results, @@autocommit, @@foreign_key_checks, @@explicit_defaults_for_timestamp"
            ),
            "+00:00|utf8mb4|utf8mb4|1|1|1"
        );
    });
}

/// The server's count of a text is asked for again when settings may have changed: sqlx waits for ever
/// after a wrong number of values.
#[test]
fn a_text_that_takes_other_values_in_another_mode_is_refused_and_not_waited_for() {
    with(|test| {
        let mut database = test.connect();
        // With backslashes the rest is in the text; without, a value and a comment follow.
        let statement = Statement::new(r"SELECT 'a\' , ? -- '");
        database.connection.execute(&statement).unwrap();
        database.connection.execute(&statement).unwrap();
        let mode = "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'";
        database.connection.run(mode).unwrap();
        let name = test.url.rsplit('/').next().unwrap();
        // The server forgets what was prepared in the other mode.
        database.connection.run(&format!("USE {name}")).unwrap();
        let error = database.connection.execute(&statement).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadArgument, "{error}");
    });
}

fn kill(database: &TestDatabase, victim: &mut Database) {
    let id = text(victim, "SELECT CONNECTION_ID()");
    let mut other = database.connect();
    other.connection.run(&format!("KILL {id}")).unwrap();
    // The server ends the connection soon, not at once.
    let gone = format!("SELECT COUNT(*) FROM information_schema.processlist WHERE id = {id}");
    for _ in 0..100 {
        if text(&mut other, &gone) == "0" {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("connection {id} is still there");
}

#[test]
fn a_lost_connection_is_told_and_stays_lost() {
    with(|database| {
        let mut victim = database.connect();
        run_all(&mut victim, &["CREATE TABLE t (id int)"]);
        kill(database, &mut victim);
        let connection = &mut victim.connection;
        assert!(!connection.is_lost());
        let select = Statement::new("SELECT 1");
        let kinds = [
            connection.fetch(&select).unwrap_err().kind(),
            connection.execute(&select).unwrap_err().kind(),
            connection.run("SELECT 1").unwrap_err().kind(),
            connection.begin().unwrap_err().kind(),
            connection.in_transaction().unwrap_err().kind(),
            connection.ping().unwrap_err().kind(),
        ];
        assert_eq!(kinds, [ErrorKind::ConnectionLost; 6]);
        assert!(connection.is_lost());
        victim.connection.close().unwrap();
    });
}

#[test]
fn a_connection_lost_in_a_transaction_takes_its_changes_along() {
    with(|database| {
        let mut victim = database.connect();
        run_all(&mut victim, &["CREATE TABLE t (id int)"]);
        victim.connection.begin().unwrap();
        run_all(&mut victim, &["INSERT INTO t VALUES (1)"]);
        kill(database, &mut victim);
        let error = victim
            .connection
            .run("INSERT INTO t VALUES (2)")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
        assert_eq!(
            [victim.connection.commit(), victim.connection.rollback()]
                .map(|ended| ended.unwrap_err().kind()),
            [ErrorKind::ConnectionLost; 2]
        );
        assert_eq!(text(&mut database.connect(), "SELECT COUNT(*) FROM t"), "0");
    });
}

#[test]
fn a_statement_is_lost_with_the_connection_that_waits_for_it() {
    with(|database| {
        let mut victim = database.connect();
        let id = text(&mut victim, "SELECT CONNECTION_ID()");
        let mut other = database.connect();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            other.connection.run(&format!("KILL {id}")).unwrap();
        });
        let start = Instant::now();
        victim.connection.run("SELECT SLEEP(30)").unwrap_err();
        killer.join().unwrap();
        assert!(start.elapsed() < Duration::from_secs(20));
        let error = victim.connection.ping().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error:?}");
    });
}

#[test]
fn a_stopped_statement_leaves_the_connection_in_order() {
    with(|database| {
        let mut limited = try_open(&format!("{}?statement_timeout=200", database.url)).unwrap();
        for _ in 0..2 {
            let error = limited.connection.run("SELECT SLEEP(10)");
            // MySQL lets SLEEP return early; a stopped statement of any other kind is an error.
            if let Err(error) = error {
                assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
            }
            assert_eq!(text(&mut limited, "SELECT 1"), "1");
        }
    });
}

#[test]
fn a_lock_is_waited_for_and_the_transaction_goes_on() {
    with(|database| {
        let mut first = database.connect();
        run_all(
            &mut first,
            &[
                "CREATE TABLE t (id int PRIMARY KEY, n int)",
                "INSERT INTO t VALUES (1, 0), (2, 0)",
            ],
        );
        first.connection.begin().unwrap();
        run_all(&mut first, &["UPDATE t SET n = 1 WHERE id = 1"]);
        let mut second = database.connect();
        run_all(&mut second, &["SET SESSION innodb_lock_wait_timeout = 1"]);
        second.connection.begin().unwrap();
        run_all(&mut second, &["UPDATE t SET n = 2 WHERE id = 2"]);
        let error = second
            .connection
            .run("UPDATE t SET n = 2 WHERE id = 1")
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (ErrorKind::LockTimeout, true),
            "{error:?}"
        );
        second.connection.commit().unwrap();
        first.connection.commit().unwrap();
        assert_eq!(text(&mut first, "SELECT n FROM t ORDER BY id"), "1\n2");
    });
}

#[test]
fn a_transaction_that_a_deadlock_ended_takes_no_more_statements() {
    with(|database| {
        let mut first = database.connect();
        run_all(
            &mut first,
            &[
                "CREATE TABLE t (id int PRIMARY KEY, n int)",
                "INSERT INTO t VALUES (1, 0), (2, 0), (3, 0)",
            ],
        );
        let mut second = database.connect();
        // The server gives up the transaction that changed less.
        first.connection.begin().unwrap();
        run_all(&mut first, &["UPDATE t SET n = 1 WHERE id IN (1, 3)"]);
        second.connection.begin().unwrap();
        second.connection.begin().unwrap();
        run_all(&mut second, &["UPDATE t SET n = 2 WHERE id = 2"]);
        let waiting = std::thread::spawn(move || {
            first
                .connection
                .run("UPDATE t SET n = 1 WHERE id = 2")
                .unwrap();
            first.connection.commit().unwrap();
        });
        std::thread::sleep(Duration::from_millis(300));
        let error = second
            .connection
            .run("UPDATE t SET n = 2 WHERE id = 1")
            .unwrap_err();
        waiting.join().unwrap();
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (ErrorKind::Deadlock, true),
            "{error:?}"
        );
        // It would be committed by itself.
        let insert = "INSERT INTO t VALUES (4, 4)";
        let connection = &mut second.connection;
        assert_eq!(
            connection.run(insert).unwrap_err().kind(),
            ErrorKind::TransactionAborted
        );
        assert_eq!(
            connection.commit().unwrap_err().kind(),
            ErrorKind::TransactionAborted
        );
        connection.rollback().unwrap();
        assert_eq!(
            connection.run(insert).unwrap_err().kind(),
            ErrorKind::TransactionAborted
        );
        connection.rollback().unwrap();
        assert_eq!(connection.depth(), 0);
        connection.run(insert).unwrap();
        assert_eq!(
            text(&mut second, "SELECT id, n FROM t ORDER BY id"),
            "1|1\n2|1\n3|1\n4|4"
        );
    });
}

#[test]
fn definitions_end_the_transaction_and_that_is_told() {
    with(|database| {
        let mut database = database.connect();
        run_all(&mut database, &["CREATE TABLE t (id int)"]);
        for end in [true, false] {
            let connection = &mut database.connection;
            connection.begin().unwrap();
            connection.begin().unwrap();
            connection.run("INSERT INTO t VALUES (1)").unwrap();
            connection
                .run("CREATE OR REPLACE VIEW v AS SELECT 1")
                .unwrap();
            assert_eq!(
                (connection.depth(), connection.in_transaction().unwrap()),
                (0, false)
            );
            let ended = if end {
                connection.commit()
            } else {
                connection.rollback()
            };
            assert_eq!(ended.unwrap_err().kind(), ErrorKind::NoTransaction);
        }
        assert_eq!(text(&mut database, "SELECT COUNT(*) FROM t"), "2");
        // A temporary table ends nothing.
        database.connection.begin().unwrap();
        run_all(
            &mut database,
            &[
                "CREATE TEMPORARY TABLE x (id int)",
                "INSERT INTO t VALUES (3)",
            ],
        );
        assert_eq!(database.connection.depth(), 1);
        database.connection.rollback().unwrap();
        assert_eq!(text(&mut database, "SELECT COUNT(*) FROM t"), "2");
    });
}

#[test]
fn rows_are_counted_as_matched() {
    with(|database| {
        let mut database = database.connect();
        run_all(
            &mut database,
            &["CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, n int)"],
        );
        for (sql, affected, id) in [
            ("INSERT INTO t (n) VALUES (1), (2), (3)", 3, Some(1)),
            ("UPDATE t SET n = n", 3, None),
            ("UPDATE t SET n = 9 WHERE id > 3", 0, None),
            ("INSERT INTO t (n) SELECT n FROM t", 3, Some(4)),
            ("DELETE FROM t WHERE id > 3", 3, None),
            ("ALTER TABLE t ADD COLUMN x int, ALGORITHM=COPY", 0, None),
            ("SELECT * FROM t", 0, None),
            ("WITH a AS (SELECT 1) SELECT * FROM a", 0, None),
            ("CREATE TABLE u AS SELECT * FROM t", 0, None),
            ("DROP TABLE u", 0, None),
        ] {
            let expected = Executed {
                affected,
                last_insert_id: id,
            };
            let got = database.connection.run(sql).unwrap();
            // After a statement that generates no key the server may repeat the last one.
            assert_eq!(
                (got.affected, id.and(got.last_insert_id)),
                (affected, expected.last_insert_id),
                "{sql}"
            );
        }
        if database.connection.server().product == "MariaDB" {
            let delete = Statement::new("DELETE FROM t WHERE id < ? RETURNING id").bind(3);
            assert_eq!(database.connection.execute(&delete).unwrap().affected, 2);
        }
    });
}

#[test]
fn kept_statements_follow_the_session_into_another_database() {
    with(|database| {
        let mut database = database.connect();
        let current = Statement::new("SELECT DATABASE()");
        for name in ["information_schema", "mysql", "information_schema"] {
            run_all(&mut database, &[&format!("USE {name}")]);
            let found = database.connection.fetch_value(&current).unwrap();
            assert_eq!(found.to_string(), name);
        }
    });
}

#[test]
fn what_is_shown_is_what_is_there_now() {
    with(|database| {
        let mut database = database.connect();
        for body in ["1", "2", "3"] {
            run_all(
                &mut database,
                &[&format!("CREATE OR REPLACE VIEW v AS SELECT {body} AS x")],
            );
            let show = text(&mut database, "SHOW CREATE VIEW v");
            assert!(show.contains(&format!("select {body} AS")), "{show}");
        }
        let none = rows(&mut database, "SHOW TRIGGERS");
        assert_eq!(
            (none.rows.len(), none.columns[0].name.as_str()),
            (0, "Trigger")
        );
        // As text two statements would run.
        let two = Statement::new("SHOW TABLES; DROP VIEW v");
        assert_eq!(
            database.connection.fetch(&two).unwrap_err().kind(),
            ErrorKind::Syntax
        );
        assert_eq!(text(&mut database, "SHOW TABLES"), "v");
    });
}

#[test]
fn a_value_of_many_megabytes_disturbs_nothing() {
    with(|database| {
        let mut database = database.connect();
        let limit: usize = text(&mut database, "SELECT @@max_allowed_packet")
            .parse()
            .unwrap();
        let length = 17_000_000.min(limit - 1000);
        let sql = format!("SELECT REPEAT('x', {length}) AS v, 7 AS n");
        database.connection.run(&sql).unwrap();
        assert_eq!(text(&mut database, "SELECT 1"), "1");
        let found = rows(&mut database, &sql).rows;
        assert_eq!(found[0][0].as_text().map(str::len), Some(length));
        assert_eq!(found[0][1], Value::Int(7));
        let bound = Statement::new("SELECT LENGTH(?)").bind("x".repeat(length));
        assert_eq!(
            database.connection.fetch_value(&bound).unwrap(),
            Value::Int(length as i64)
        );
        assert_eq!(text(&mut database, "SELECT 2"), "2");
    });
}

#[test]
fn a_procedure_shows_its_first_result() {
    with(|database| {
        let mut database = database.connect();
        run_all(
            &mut database,
            &["CREATE PROCEDURE p(x int) BEGIN SELECT x AS a; SELECT 2 AS b, 3 AS c; END"],
        );
        for _ in 0..2 {
            let call = Statement::new("CALL p(?)").bind(1);
            let found = database.connection.fetch(&call).unwrap();
            assert_eq!(found.rows, [[Value::Int(1)]]);
            assert_eq!(found.columns[0].name, "a");
            database.connection.execute(&call).unwrap();
            database.connection.run("CALL p(7)").unwrap();
        }
    });
}

#[test]
fn a_key_that_a_trigger_violates_has_no_columns() {
    with(|database| {
        let mut database = database.connect();
        run_all(
            &mut database,
            &[
                "CREATE TABLE t (id int PRIMARY KEY, n int UNIQUE)",
                "CREATE TABLE log (x int PRIMARY KEY)",
                "INSERT INTO log VALUES (5)",
                "INSERT INTO t VALUES (1, 1)",
            ],
        );
        let error = database
            .connection
            .run("INSERT INTO t VALUES (1, 2)")
            .unwrap_err();
        assert_eq!(error.database().columns, ["id"], "{error:?}");
        run_all(
            &mut database,
            &["CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.n)"],
        );
        let error = database
            .connection
            .run("INSERT INTO t VALUES (2, 5)")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation, "{error:?}");
        assert!(error.database().columns.is_empty(), "{error:?}");
    });
}

fn fingerprint(database: &mut Database, object: &str) -> String {
    let probe = Probe {
        object: object.to_owned(),
        before: None,
    };
    let support = database.dialect.migrations();
    support
        .fingerprint(&mut *database.connection, &probe)
        .unwrap()
}

#[test]
fn fingerprints_change_with_definitions_and_with_nothing_else() {
    with(|database| {
        let mut database = database.connect();
        let mut last = Vec::new();
        for (object, create, change, drop) in [
            (
                "table `t`",
                "CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, at timestamp DEFAULT '2024-01-01 00:00:00')",
                "ALTER TABLE t ADD COLUMN n int",
                "",
            ),
            ("table `t`", "", "CREATE INDEX i ON t (n)", ""),
            (
                "view `v`",
                "CREATE VIEW v AS SELECT id FROM t",
                "ALTER VIEW v AS SELECT n FROM t",
                "DROP VIEW v",
            ),
            (
                "trigger `g`",
                "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.n = 1",
                "",
                "DROP TRIGGER g",
            ),
            (
                "procedure `p`",
                "CREATE PROCEDURE p() SELECT 1",
                "ALTER PROCEDURE p COMMENT 'x'",
                "DROP PROCEDURE p",
            ),
            (
                "function `f`",
                "CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1",
                "",
                "DROP FUNCTION f",
            ),
            (
                "event `e`",
                "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
                "ALTER EVENT e COMMENT 'x'",
                "DROP EVENT e",
            ),
            ("table `t`\ntable `u`", "", "RENAME TABLE t TO u", ""),
            ("table `u`", "", "", "DROP TABLE u"),
        ] {
            let mut known = vec![fingerprint(&mut database, object)];
            assert_eq!(known[0] == ABSENT, !create.is_empty(), "{object}");
            for statement in [create, change]
                .iter()
                .filter(|statement| !statement.is_empty())
            {
                run_all(&mut database, &[statement]);
                let now = fingerprint(&mut database, object);
                assert!(!known.contains(&now), "{statement}");
                known.push(now);
                // How the session prints, and how many rows there were, is of no matter.
                run_all(
                    &mut database,
                    &[
                        "SET SESSION sql_mode = 'ANSI', sql_quote_show_create = 0, time_zone = '+05:00', NAMES latin1",
                    ],
                );
                if object == "table `t`" {
                    run_all(&mut database, &["INSERT INTO t () VALUES ()"]);
                }
                assert_eq!(
                    Some(fingerprint(&mut database, object)),
                    known.last().cloned(),
                    "{statement}"
                );
                assert_eq!(
                    text(&mut database, "SELECT @@time_zone, @@sql_quote_show_create"),
                    "+05:00|0"
                );
                run_all(
                    &mut database,
                    &[
                        "SET SESSION sql_mode = 'STRICT_ALL_TABLES', sql_quote_show_create = 1, time_zone = '+00:00', NAMES utf8mb4",
                    ],
                );
                assert_eq!(
                    Some(fingerprint(&mut database, object)),
                    known.last().cloned(),
                    "{statement}"
                );
            }
            if !drop.is_empty() {
                run_all(&mut database, &[drop]);
                assert_eq!(fingerprint(&mut database, object), ABSENT, "{drop}");
            }
            last = known;
        }
        assert_eq!(last.len(), 1);
    });
}

#[test]
fn the_lock_of_the_migrators_ends_with_its_connection() {
    with(|database| {
        let mut first = database.connect();
        let mut second = database.connect();
        let support = first.dialect.migrations();
        let lock = |database: &mut Database| support.try_lock(&mut *database.connection).unwrap();
        assert_eq!(
            [lock(&mut first), lock(&mut first), lock(&mut second)],
            [true, true, false]
        );
        // It is the lock of the database in which the run began, wherever the session went.
        run_all(&mut second, &["USE information_schema"]);
        assert!(lock(&mut second));
        run_all(&mut second, &["DO RELEASE_ALL_LOCKS()"]);
        let mut third = database.connect();
        let settings = SessionSettings {
            table_lock_timeout: Some(Duration::from_millis(1500)),
            lock_timeout: Duration::from_secs(1),
        };
        support
            .prepare_session(&mut *third.connection, &settings)
            .unwrap();
        run_all(
            &mut third,
            &[
                "USE information_schema",
                "SET SESSION sql_mode = '', foreign_key_checks = 0, autocommit = 0",
            ],
        );
        assert!(!lock(&mut third));
        let holder = support
            .lock_holder(&mut *third.connection)
            .unwrap()
            .unwrap();
        let id = text(&mut first, "SELECT CONNECTION_ID()");
        assert!(
            holder.starts_with(&format!("process {id} of freight@")),
            "{holder}"
        );
        kill(database, &mut first);
        assert!(lock(&mut third));
        support
            .prepare_session(&mut *third.connection, &settings)
            .unwrap();
        assert_eq!(
            text(
                &mut third,
                "SELECT @@lock_wait_timeout, @@innodb_lock_wait_timeout, @@foreign_key_checks, @@autocommit"
            ),
            "2|2|1|1"
        );
        assert_ne!(text(&mut third, "SELECT DATABASE()"), "information_schema");
        support.unlock(&mut *third.connection).unwrap();
        let mut fourth = database.connect();
        assert!(lock(&mut fourth));
        assert!(
            support
                .lock_holder(&mut *fourth.connection)
                .unwrap()
                .is_some()
        );
        support.unlock(&mut *fourth.connection).unwrap();
        assert_eq!(support.lock_holder(&mut *fourth.connection).unwrap(), None);
    });
}

#[test]
fn leaving_the_database_is_told_from_staying() {
    with(|database| {
        let mut database = database.connect();
        let name = text(&mut database, "SELECT DATABASE()");
        let support = database.dialect.migrations();
        for (sql, stays) in [
            (format!("USE `{name}`"), true),
            ("USE mysql".to_owned(), false),
            (format!("DROP DATABASE {name}"), false),
            ("DROP DATABASE IF EXISTS another".to_owned(), true),
        ] {
            let facts = support.facts(database.connection.server(), &sql);
            assert!(facts.switches_database.is_some(), "{sql}");
            assert_eq!(
                support
                    .stays_in_database(&mut *database.connection, &sql)
                    .unwrap(),
                stays,
                "{sql}"
            );
        }
    });
}

#[test]
fn columns_of_tables_are_found() {
    with(|database| {
        let mut database = database.connect();
        let name = text(&mut database, "SELECT DATABASE()");
        run_all(
            &mut database,
            &[
                "CREATE TABLE t (Id int, `Two Words` int)",
                "CREATE TABLE `odd.name` (a int)",
            ],
        );
        let support = database.dialect.migrations();
        let mut columns = |table: &str| {
            support
                .table_columns(&mut *database.connection, table)
                .unwrap()
        };
        let expected = Some(vec!["id".to_owned(), "two words".to_owned()]);
        assert_eq!(columns("t"), expected);
        assert_eq!(columns(&format!("{name}.t")), expected);
        assert_eq!(columns("odd.name"), Some(vec!["a".to_owned()]));
        assert_eq!(columns("nothing"), None);
        assert_eq!(columns("nowhere.t"), None);
        assert_eq!(rows(&mut database, "SELECT * FROM t").rows.len(), 0);
    });
}
