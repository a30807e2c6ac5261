//! Errors: what a program branches on, and the names that come with it.

use freight_core::driver::{ConnectOptions, DatabaseUrl, Statement};
use freight_core::{Database, DialectName, Error, ErrorKind};

use crate::support::{TestDatabase, rows, run_all, server_url, text, try_open};

/// What an error says of the thing that was violated.
#[derive(Debug, PartialEq)]
struct Names<'a> {
    constraint: Option<&'a str>,
    table: Option<&'a str>,
    columns: &'a [&'a str],
}

/// What is known on each database: only SQLite's schema is asked for the columns of a check; MySQL
/// and MariaDB call every primary key `PRIMARY`.
fn check(dialect: DialectName, error: &Error, kind: ErrorKind, expected: [Names<'_>; 3]) {
    assert_eq!(error.kind(), kind, "{error:?}");
    let [sqlite, postgres, mysql] = expected;
    let expected = match dialect {
        DialectName::Sqlite => sqlite,
        DialectName::Postgres => postgres,
        DialectName::Mysql => mysql,
    };
    let detail = error.database();
    let columns: Vec<_> = detail.columns.iter().map(String::as_str).collect();
    let found = Names {
        constraint: detail.constraint.as_deref(),
        table: detail.table.as_deref(),
        columns: &columns,
    };
    assert_eq!(found, expected, "{error:?}");
    assert!(
        detail.native.is_some() || detail.sqlstate.is_some(),
        "{error:?}"
    );
    assert!(error.is_constraint_violation());
}

fn names<'a>(
    constraint: Option<&'a str>,
    table: Option<&'a str>,
    columns: &'a [&'a str],
) -> Names<'a> {
    Names {
        constraint,
        table,
        columns,
    }
}

/// Tables with one constraint of every kind.
fn constrained(database: &TestDatabase) -> Database {
    let mut database = database.connect();
    run_all(
        &mut database,
        &[
            "CREATE TABLE users (id integer NOT NULL, email varchar(40), first_name varchar(40), \
             last_name varchar(40), age integer NOT NULL, \
             CONSTRAINT users_pk PRIMARY KEY (id), \
             CONSTRAINT users_email_key UNIQUE (email), \
             CONSTRAINT users_whole_name UNIQUE (first_name, last_name), \
             CONSTRAINT users_adult CHECK (age >= 18))",
            "CREATE TABLE posts (id integer PRIMARY KEY, author integer, \
             CONSTRAINT posts_author_fk FOREIGN KEY (author) REFERENCES users (id))",
            "INSERT INTO users VALUES (1, 'ann@x', 'Ann', 'Lee', 30)",
            "INSERT INTO posts VALUES (1, 1)",
        ],
    );
    database
}

fn refused(database: &mut Database, sql: &str) -> Error {
    let prepared = database
        .connection
        .execute(&Statement::new(sql))
        .expect_err(sql);
    let sent = database.connection.run(sql).expect_err(sql);
    assert_eq!(prepared.kind(), sent.kind(), "{prepared:?} {sent:?}");
    assert_eq!(prepared.database(), sent.database());
    assert_eq!(sent.sql(), Some(sql));
    prepared
}

on_every_database! {
    fn a_violated_unique_constraint_is_named(database) {
        let dialect = database.dialect;
        let mut database = constrained(database);
        let error = refused(&mut database, "INSERT INTO users VALUES (2, 'ann@x', 'B', 'C', 40)");
        check(dialect, &error, ErrorKind::UniqueViolation, [
            names(Some("users_email_key"), Some("users"), &["email"]),
            names(Some("users_email_key"), Some("users"), &["email"]),
            names(Some("users_email_key"), Some("users"), &["email"]),
        ]);
        let error = refused(&mut database, "INSERT INTO users VALUES (2, 'b@x', 'Ann', 'Lee', 40)");
        check(dialect, &error, ErrorKind::UniqueViolation, [
            names(Some("users_whole_name"), Some("users"), &["first_name", "last_name"]),
            names(Some("users_whole_name"), Some("users"), &["first_name", "last_name"]),
            names(Some("users_whole_name"), Some("users"), &["first_name", "last_name"]),
        ]);
        let error = refused(&mut database, "INSERT INTO users VALUES (1, 'b@x', 'B', 'C', 40)");
        check(dialect, &error, ErrorKind::UniqueViolation, [
            names(Some("users_pk"), Some("users"), &["id"]),
            names(Some("users_pk"), Some("users"), &["id"]),
            names(Some("PRIMARY"), Some("users"), &["id"]),
        ]);
        assert!(error.is_unique_violation() && !error.is_retryable());
    }

    fn a_violated_foreign_key_is_named(database) {
        let dialect = database.dialect;
        let mut database = constrained(database);
        let error = refused(&mut database, "INSERT INTO posts VALUES (2, 99)");
        check(dialect, &error, ErrorKind::ForeignKeyViolation, [
            names(Some("posts_author_fk"), Some("posts"), &["author"]),
            names(Some("posts_author_fk"), Some("posts"), &["author"]),
            names(Some("posts_author_fk"), Some("posts"), &["author"]),
        ]);
        let error = refused(&mut database, "DELETE FROM users");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
    }

    fn a_violated_not_null_is_named(database) {
        let dialect = database.dialect;
        let mut database = constrained(database);
        let error = refused(&mut database, "INSERT INTO users VALUES (2, 'b@x', 'B', 'C', NULL)");
        check(dialect, &error, ErrorKind::NotNullViolation, [
            names(None, Some("users"), &["age"]),
            names(None, Some("users"), &["age"]),
            names(None, Some("users"), &["age"]),
        ]);
    }

    fn a_violated_check_is_named(database) {
        let dialect = database.dialect;
        let mut database = constrained(database);
        let error = refused(&mut database, "INSERT INTO users VALUES (2, 'b@x', 'B', 'C', 17)");
        check(dialect, &error, ErrorKind::CheckViolation, [
            names(Some("users_adult"), Some("users"), &["age"]),
            names(Some("users_adult"), Some("users"), &[]),
            names(Some("users_adult"), Some("users"), &[]),
        ]);
    }

    fn a_failed_statement_changes_nothing(database) {
        let mut database = constrained(database);
        refused(&mut database, "INSERT INTO users VALUES (2, 'b@x', 'B', 'C', 40), (3, 'ann@x', 'D', 'E', 40)");
        assert_eq!(text(&mut database, "SELECT count(*) FROM users"), "1");
    }

    fn missing_and_existing_things_are_told_apart(database) {
        let dialect = database.dialect;
        let mut database = constrained(database);
        let error = refused(&mut database, "SELECT * FROM nowhere");
        assert_eq!(error.kind(), ErrorKind::MissingTable, "{error:?}");
        assert_eq!(error.database().table.as_deref(), Some("nowhere"), "{error:?}");
        let error = refused(&mut database, "INSERT INTO nowhere VALUES (1)");
        assert_eq!(error.kind(), ErrorKind::MissingTable, "{error:?}");
        let error = refused(&mut database, "DROP TABLE nowhere");
        assert_eq!(error.kind(), ErrorKind::MissingTable, "{error:?}");
        let error = refused(&mut database, "SELECT absent FROM users");
        assert_eq!(error.kind(), ErrorKind::MissingColumn, "{error:?}");
        assert_eq!(error.database().columns, ["absent"], "{error:?}");
        let error = refused(&mut database, "CREATE TABLE users (id integer)");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error:?}");
        run_all(&mut database, &["CREATE INDEX by_age ON users (age)"]);
        let error = refused(&mut database, "CREATE INDEX by_age ON users (age)");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error:?}");
        let error = refused(&mut database, "ALTER TABLE users ADD COLUMN age integer");
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error:?}");
        let drop = match dialect {
            DialectName::Mysql => "DROP INDEX absent ON users",
            _ => "DROP INDEX absent",
        };
        let error = refused(&mut database, drop);
        assert_eq!(error.kind(), ErrorKind::MissingObject, "{error:?}");
    }

    fn a_syntax_error_has_its_place(database) {
        let mut database = database.connect();
        let sql = "SELECT 'é🦀',\n  1 FORM users";
        let error = database.connection.run(sql).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Syntax, "{error:?}");
        assert_eq!(error.sql(), Some(sql));
        let offset = error.offset().unwrap();
        assert!(sql[offset..].starts_with("users"), "{offset}: {error:?}");
        let error = database.connection.execute(&Statement::new(sql)).unwrap_err();
        assert_eq!((error.kind(), error.sql(), error.offset()), (ErrorKind::Syntax, Some(sql), Some(offset)));
        assert_eq!(text(&mut database, "SELECT 1"), "1");
    }

    fn a_message_is_one_line_and_holds_no_value_twice(database) {
        let mut database = constrained(database);
        for sql in [
            "INSERT INTO users VALUES (2, 'ann@x', 'B', 'C', 40)",
            "SELECT * FROM nowhere",
            "SELECT 1 FORM users",
        ] {
            let error = refused(&mut database, sql);
            assert!(!error.message().contains('\n'), "{error:?}");
            assert!(!error.message().is_empty() && !error.message().ends_with('.'), "{error:?}");
            let first = error.message().chars().next().unwrap();
            let word = error.message().split([' ', ':']).next().unwrap();
            assert!(
                !first.is_uppercase() || word.chars().all(|c| !c.is_lowercase()),
                "{error:?}"
            );
        }
    }

    fn an_unknown_parameter_of_the_url_is_refused(database) {
        let joint = if database.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{joint}colour=red", database.url);
        let error = try_open(&url).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidUrl);
        assert!(error.message().contains("`colour`"), "{error}");
        let url = format!("{}{joint}statement_timeout=soon", database.url);
        assert_eq!(try_open(&url).err().unwrap().kind(), ErrorKind::InvalidUrl);
    }

    fn a_statement_that_takes_too_long_is_stopped(database) {
        let joint = if database.url.contains('?') { '&' } else { '?' };
        let mut database = try_open(&format!("{}{joint}statement_timeout=150", database.url)).unwrap();
        let endless = match database.dialect.name() {
            DialectName::Postgres => "SELECT pg_sleep(60)",
            DialectName::Mysql => "SELECT count(*) FROM information_schema.columns AS a, \
                 information_schema.columns AS b, information_schema.columns AS c, information_schema.columns AS d",
            DialectName::Sqlite => "WITH RECURSIVE n (a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM n) \
                 SELECT count(*) FROM n",
        };
        let begun = std::time::Instant::now();
        let error = database.connection.run(endless).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
        let error = database.connection.fetch(&Statement::new(endless)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
        assert!(begun.elapsed().as_secs() < 20);
        assert_eq!(rows(&mut database, "SELECT 1").rows.len(), 1);
    }
}

/// The URL of a server with other parts in it.
struct Target {
    scheme: String,
    user: String,
    password: String,
    address: String,
    database: String,
}

impl Target {
    fn of(dialect: DialectName) -> Option<Self> {
        let url = server_url(dialect.as_str())?;
        let (scheme, rest) = url.split_once("://").unwrap();
        let (credentials, rest) = rest.rsplit_once('@').unwrap();
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        let (address, database) = rest.split_once('/').unwrap();
        Some(Self {
            scheme: scheme.to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
            address: address.to_owned(),
            database: database.to_owned(),
        })
    }

    fn error(&self) -> Error {
        let url = format!(
            "{}://{}:{}@{}/{}",
            self.scheme, self.user, self.password, self.address, self.database
        );
        let url = DatabaseUrl::parse(&url).unwrap();
        let options = ConnectOptions {
            connect_timeout: std::time::Duration::from_secs(5),
            ..ConnectOptions::default()
        };
        match Database::open(&url, &options) {
            Ok(_) => panic!("{url} can be opened"),
            Err(error) => error,
        }
    }
}

const SERVERS: [DialectName; 2] = [DialectName::Postgres, DialectName::Mysql];

#[test]
fn a_closed_port_is_named() {
    for target in SERVERS.into_iter().filter_map(Target::of) {
        let error = Target {
            address: "127.0.0.1:1".to_owned(),
            password: "s3cret".to_owned(),
            ..target
        }
        .error();
        assert_eq!(error.kind(), ErrorKind::ConnectionFailed, "{error:?}");
        assert!(error.message().contains("127.0.0.1"), "{error}");
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}

#[test]
fn a_wrong_password_is_refused_and_never_shown() {
    for target in SERVERS.into_iter().filter_map(Target::of) {
        // A server for tests may trust everybody on PostgreSQL; nobody has this name.
        let error = Target {
            user: "nobody_of_this_name".to_owned(),
            password: "s3cret".to_owned(),
            ..target
        }
        .error();
        assert_eq!(error.kind(), ErrorKind::AuthenticationFailed, "{error:?}");
        assert!(error.message().contains("nobody_of_this_name"), "{error}");
        assert!(!format!("{error} {error:?}").contains("s3cret"));
    }
}

#[test]
fn a_database_that_does_not_exist_is_named() {
    for target in SERVERS.into_iter().filter_map(Target::of) {
        let error = Target {
            database: "no_such_database".to_owned(),
            ..target
        }
        .error();
        let kind = error.kind();
        // MySQL tells a user without rights on everything no more than that.
        let is_mysql = error.message().contains("denied") && kind == ErrorKind::PermissionDenied;
        assert!(kind == ErrorKind::UnknownDatabase || is_mysql, "{error:?}");
        assert!(error.message().contains("no_such_database"), "{error}");
    }
}
