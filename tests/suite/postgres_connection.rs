//! The PostgreSQL connection: how it is opened, and how it is lost.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use freight_core::driver::Statement;
use freight_core::{Database, DialectName, Error, ErrorKind, Result, Value};

use crate::support::{TestDatabase, open, rows, server_url, text, try_open, url_with_password};

fn database() -> Option<TestDatabase> {
    TestDatabase::create(DialectName::Postgres)
}

fn refused(url: &str) -> Error {
    match try_open(url) {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error,
    }
}

fn process(database: &mut Database) -> i64 {
    let id = Statement::new("SELECT pg_backend_pid()");
    database
        .connection
        .fetch_value(&id)
        .unwrap()
        .as_int()
        .unwrap()
}

/// Ends the server's side of a connection, and waits until it is gone.
fn terminate(test: &TestDatabase, process: i64) {
    let mut other = test.connect();
    let end = Statement::new("SELECT pg_terminate_backend(?, 5000)").bind(process);
    assert_eq!(
        other.connection.fetch_value(&end).unwrap(),
        Value::Bool(true)
    );
}

fn failure(database: &mut Database, sql: &str) -> Error {
    match database.connection.run(sql) {
        Ok(_) => panic!("{sql} succeeded"),
        Err(error) => error,
    }
}

// ------------------------------------------------------------------------------------ opening

#[test]
fn a_closed_port_is_named() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let error = refused(&format!("postgres://app:hunter2@127.0.0.1:{port}/depot"));
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(
        error.message().contains(&format!("127.0.0.1:{port}")),
        "{error}"
    );
    assert!(error.message().contains("refused"), "{error}");
    assert!(error.hint().is_some());
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let start = Instant::now();
    let error = refused(&format!("postgres://127.0.0.1:{port}/x?connect_timeout=1"));
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn something_that_is_no_postgresql_is_told_so() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let error = refused(&format!("postgres://127.0.0.1:{port}/x?sslmode=disable"));
    server.join().unwrap();
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error}");
}

/// No server asks for a password in clear text that does not have to, so this one is played.
#[test]
fn a_wrong_password_names_the_user_and_not_the_password() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut startup = [0; 4];
        stream.read_exact(&mut startup).unwrap();
        let length = usize::try_from(u32::from_be_bytes(startup)).unwrap();
        stream.read_exact(&mut vec![0; length - 4]).unwrap();
        stream.write_all(b"R\0\0\0\x08\0\0\0\x03").unwrap();
        let mut password = [0; 5];
        stream.read_exact(&mut password).unwrap();
        let length =
            usize::try_from(u32::from_be_bytes(password[1..].try_into().unwrap())).unwrap();
        let mut password = vec![0; length - 4];
        stream.read_exact(&mut password).unwrap();
        let body = b"SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"app\"\0\0";
        stream.write_all(b"E").unwrap();
        stream
            .write_all(&u32::try_from(body.len() + 4).unwrap().to_be_bytes())
            .unwrap();
        stream.write_all(body).unwrap();
        password
    });
    let error = refused(&format!(
        "postgres://app:hunter2@127.0.0.1:{port}/x?sslmode=disable"
    ));
    assert_eq!(server.join().unwrap(), b"hunter2\0");
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
    assert!(error.message().contains("`app`"), "{error}");
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}

#[test]
fn a_role_with_a_password_is_asked_for_it() {
    let Some(url) = url_with_password() else {
        return;
    };
    let mut database = open(&url);
    assert_eq!(
        text(&mut database, "SELECT current_user"),
        "freight_password"
    );
    let (scheme, rest) = url.split_once("://").unwrap();
    let (account, place) = rest.split_once('@').unwrap();
    let (user, _) = account.split_once(':').unwrap();
    for (account, hint) in [
        (format!("{user}:hunter2"), "check the user and the password"),
        (format!("{user}:"), "password"),
        (user.to_owned(), "the URL has no password"),
    ] {
        let error = refused(&format!("{scheme}://{account}@{place}"));
        assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
        assert!(error.message().contains("`freight_password`"), "{error}");
        assert!(error.hint().unwrap().contains(hint), "{error:?}");
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }
}

#[test]
fn a_role_that_may_not_log_in_is_refused() {
    let Some(test) = database() else { return };
    let role = format!("freight_nologin_{}", std::process::id());
    let mut admin = test.connect();
    admin.exec(&format!("CREATE ROLE {role} NOLOGIN")).unwrap();
    let url = test.url.replace("postgres@", &format!("{role}:hunter2@"));
    let error = refused(&url);
    admin.exec(&format!("DROP ROLE {role}")).unwrap();
    assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error}");
    assert!(error.message().contains(&role) && !format!("{error:?}").contains("hunter2"));
}

#[test]
fn an_unknown_database_is_named() {
    let Some(test) = database() else { return };
    let (server, _) = test.url.rsplit_once('/').unwrap();
    let error = refused(&format!("{server}/no_such_database"));
    assert_eq!(error.kind(), ErrorKind::UnknownDatabase);
    assert!(error.message().contains("`no_such_database`"), "{error}");
}

#[test]
fn tls_that_cannot_be_had_is_an_error_of_its_own() {
    let Some(test) = database() else { return };
    let mut plain = test.connect();
    if text(&mut plain, "SHOW ssl") == "on" {
        return;
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        let error = refused(&format!("{}?sslmode={mode}", test.url));
        assert_eq!(error.kind(), ErrorKind::TlsFailed, "{mode}: {error}");
    }
    let error = refused(&format!("{}?sslrootcert=/no/such/file.pem", test.url));
    assert_eq!(error.kind(), ErrorKind::TlsFailed, "{error}");
    assert!(error.message().contains("/no/such/file.pem"), "{error}");
    for mode in ["disable", "allow", "prefer"] {
        open(&format!("{}?sslmode={mode}", test.url));
    }
}

#[test]
fn a_socket_folder_is_a_host() {
    let Some(url) = server_url("postgres") else {
        return;
    };
    let mut tcp = open(&url);
    let folder = text(&mut tcp, "SHOW unix_socket_directories");
    let port = text(&mut tcp, "SHOW port");
    let name = text(&mut tcp, "SELECT current_database()");
    let user = text(&mut tcp, "SELECT current_user");
    let folder = folder.split(',').next().unwrap().trim();
    if !std::path::Path::new(folder)
        .join(format!(".s.PGSQL.{port}"))
        .exists()
    {
        return;
    }
    let mut socket = open(&format!(
        "postgres:///{name}?host={folder}&port={port}&user={user}"
    ));
    assert_eq!(
        text(&mut socket, "SELECT inet_server_addr() IS NULL"),
        "true"
    );
    let error = refused(&format!(
        "postgres:///{name}?host={folder}&port=1&user={user}"
    ));
    assert_eq!(error.kind(), ErrorKind::ConnectionFailed);
    assert!(error.message().contains(folder), "{error}");
}

#[test]
fn a_session_is_the_same_whatever_the_database_prefers() {
    let Some(test) = database() else { return };
    let mut admin = test.connect();
    let name = text(&mut admin, "SELECT current_database()");
    for setting in [
        "standard_conforming_strings = off",
        "bytea_output = escape",
        "\"TimeZone\" = 'Asia/Tokyo'",
        "\"DateStyle\" = 'German, DMY'",
        "\"IntervalStyle\" = iso_8601",
        "extra_float_digits = -5",
        "search_path = app, public",
    ] {
        admin
            .exec(&format!("ALTER DATABASE {name} SET {setting}"))
            .unwrap();
    }
    let mut database = test.connect();
    let everything = "SELECT '\\x01'::bytea, '2024-07-01 12:00+00'::timestamptz, '1 day'::interval, \
        0.1::float8 + 0.2::float8, '\\', current_setting('search_path')";
    let values = &rows(&mut database, everything).rows[0];
    let expected = [
        Value::Bytes(vec![1]),
        "2024-07-01 12:00:00+00".into(),
        "1 day".into(),
        (0.1 + 0.2).into(),
        "\\".into(),
        "app, public".into(),
    ];
    assert_eq!(*values, expected);
    // A script may reset what it likes: what Freight relies on stays, the limits of the URL too.
    let mut database = open(&format!("{}?statement_timeout=123456", test.url));
    for sql in [
        "RESET ALL",
        "SET client_encoding = 'LATIN1'",
        "SET NAMES 'LATIN1'",
    ] {
        database.exec(sql).unwrap();
        assert_eq!(rows(&mut database, everything).rows[0], expected, "{sql}");
        assert_eq!(text(&mut database, "SHOW statement_timeout"), "123456ms");
        assert_eq!(text(&mut database, "SELECT 'é'"), "é");
    }
}

#[test]
fn options_of_the_url_reach_the_server() {
    let Some(test) = database() else { return };
    let url = format!(
        "{}?options=-c%20search_path%3Dapp%2Cpublic%20-c%20geqo%3Doff&application_name=a%20b",
        test.url
    );
    let mut database = open(&url);
    let settings = "SELECT current_setting('search_path'), current_setting('geqo'), current_setting('application_name')";
    assert_eq!(text(&mut database, settings), "app,public|off|a b");
}

// ------------------------------------------------------------------------------------ losing

#[test]
fn a_terminated_connection_is_lost_and_stays_lost() {
    let Some(test) = database() else { return };
    for in_transaction in [false, true] {
        let mut database = test.connect();
        let process = process(&mut database);
        if in_transaction {
            database.connection.begin().unwrap();
            database.exec("CREATE TABLE lost (x int)").unwrap();
        }
        terminate(&test, process);
        let error = failure(&mut database, "SELECT 1");
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
        assert!(database.connection.is_lost());
        let connection = &mut database.connection;
        let later: [Result<()>; 6] = [
            connection.execute(&Statement::new("SELECT 1")).map(drop),
            connection.ping(),
            connection.begin(),
            connection.commit(),
            connection.rollback(),
            connection.in_transaction().map(drop),
        ];
        for result in later {
            assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionLost);
        }
        database.connection.close().unwrap();
    }
    let mut other = test.connect();
    assert_eq!(
        text(&mut other, "SELECT to_regclass('lost') IS NULL"),
        "true"
    );
}

#[test]
fn a_connection_lost_during_a_statement_ends_it() {
    let Some(test) = database() else { return };
    let mut database = test.connect();
    let id = process(&mut database);
    thread::scope(|scope| {
        let waiting = scope.spawn(move || {
            let sleep = Statement::new("SELECT pg_sleep(?)").bind(60);
            let error = database.connection.execute(&sleep).unwrap_err();
            (error, database)
        });
        let mut other = test.connect();
        let is_asleep = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = {id} AND wait_event = 'PgSleep'"
        );
        while text(&mut other, &is_asleep) == "0" {
            thread::sleep(Duration::from_millis(5));
        }
        terminate(&test, id);
        let (error, database) = waiting.join().unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
        assert!(database.connection.is_lost());
    });
}

#[test]
fn a_statement_that_takes_too_long_is_cancelled() {
    let Some(test) = database() else { return };
    let mut database = open(&format!("{}?statement_timeout=100", test.url));
    let start = Instant::now();
    let error = database
        .connection
        .execute(&Statement::new("SELECT pg_sleep(60)"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("statement_timeout"))
    );
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(text(&mut database, "SELECT 1"), "1");
}

// ------------------------------------------------------------------------------------- hosts

#[test]
fn everything_works_inside_a_host_s_runtime() {
    let Some(test) = database() else { return };
    let mut builders = [
        tokio::runtime::Builder::new_current_thread(),
        tokio::runtime::Builder::new_multi_thread(),
    ];
    for builder in &mut builders {
        let host = builder.enable_all().build().unwrap();
        host.block_on(async {
            let mut database = test.connect();
            database.connection.begin().unwrap();
            database
                .exec("CREATE TABLE t (x int); INSERT INTO t VALUES (1), (2)")
                .unwrap();
            let sum = Statement::new("SELECT sum(x) FROM t WHERE x > ?").bind(0);
            assert_eq!(
                database.connection.fetch_value(&sum).unwrap(),
                Value::Int(3)
            );
            database.connection.rollback().unwrap();
            database.connection.close().unwrap();
        });
    }
}
