//! One file of SQL with every kind of object as the schema that is wanted, through the command.
//!
//! `tests/fixtures/everything/<dialect>.sql` names things before it makes them. It is applied to an
//! empty database, which then does not differ from it; the file changes, and is applied again; the
//! database is read as models and as a file of SQL, and differs from neither.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

#[allow(dead_code, reason = "tests/cli.rs uses more of it")]
#[path = "cli/project.rs"]
mod project;
#[path = "support/mod.rs"]
mod support;

use freight_core::DialectName;
use project::{Project, Run};
use support::{TestDatabase, server_url};

/// What in a file becomes what.
type Changes<'a> = &'a [(&'a str, &'a str)];

/// Applies a file, changes it, applies it again.
fn converges(url: &str, text: &str, changes: Changes<'_>) {
    let project = Project::with(&[
        ("freight.yaml", &format!("database: {url}\n")),
        ("schema.sql", text),
    ]);
    let apply = "apply --to schema.sql --yes --quiet --allow loses-data";
    let same = |project: &Project, source: &str| {
        let run = project.run(&format!("diff --check --to {source}"));
        assert_eq!(run, Run::of(0, "", "no difference\n"), "{source}");
    };
    let run = project.run("diff --check --to schema.sql --quiet");
    assert_eq!(run.status, Some(2), "{}{}", run.stdout, run.stderr);
    let run = project.run(apply);
    assert_eq!(run.status, Some(0), "{}{}", run.stdout, run.stderr);
    same(&project, "schema.sql");
    let mut changed = text.to_owned();
    for (from, to) in changes {
        assert!(changed.contains(from), "{from}");
        changed = changed.replace(from, to);
    }
    project.write("schema.sql", &changed);
    let run = project.run("diff --check --to schema.sql --quiet");
    assert_eq!(run.status, Some(2), "{}{}", run.stdout, run.stderr);
    let run = project.run(apply);
    assert_eq!(run.status, Some(0), "{}{}", run.stdout, run.stderr);
    same(&project, "schema.sql");
    // What was read is a schema that can be wanted, too.
    for (format, file) in [
        ("sql", "read.sql"),
        ("yaml", "read.yaml"),
        ("lua", "read.lua"),
        ("json", "read.json"),
    ] {
        let run = project.run(&format!("introspect --quiet --format {format}"));
        assert_eq!(run.status, Some(0), "{}{}", run.stdout, run.stderr);
        project.write(file, &run.stdout);
        same(&project, file);
    }
    project.write("schema.sql", text);
    let run = project.run(apply);
    assert_eq!(run.status, Some(0), "{}{}", run.stdout, run.stderr);
    same(&project, "schema.sql");
}

#[test]
fn sqlite_converges() {
    let test = TestDatabase::create(DialectName::Sqlite).unwrap();
    converges(
        &test.url,
        include_str!("fixtures/everything/sqlite.sql"),
        &[
            ("posts > 1", "posts > 2"),
            (
                "count(posts.id) AS posts",
                "count(posts.id) AS posts, max(posts.published) AS latest",
            ),
            (
                "fts5(title, body, content",
                "fts5(title, body, tokenize='porter', content",
            ),
            (
                "published TEXT,",
                "published TEXT DEFAULT CURRENT_TIMESTAMP,\n  views INTEGER NOT NULL DEFAULT 0,",
            ),
            ("lower(name)", "lower(name), born"),
            ("born > 1000", "born > 1500"),
            ("' ', '-'", "' ', '_'"),
            ("SET name = new.name", "SET name = trim(new.name)"),
        ],
    );
}

#[test]
fn mysql_converges() {
    let Some(test) = TestDatabase::create(DialectName::Mysql) else {
        return;
    };
    let name = test
        .url
        .split('?')
        .next()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap();
    let text =
        include_str!("fixtures/everything/mysql.sql").replace("{database}.", &format!("{name}."));
    converges(
        &test.url,
        &text,
        &[
            ("RETURN 1;", "RETURN 2;"),
            ("orders > few()", "orders >= few()"),
            ("round(NEW.total, 2)", "round(NEW.total, 1)"),
            ("days int", "days bigint"),
            ("EVERY 1 DAY", "EVERY 2 DAY"),
            ("EVERY 1 HOUR", "EVERY 3 HOUR"),
            ("INCREMENT BY 2", "INCREMENT BY 4"),
            ("upper(name)", "lower(name)"),
            ("'new', 'good'", "'new', 'better', 'good'"),
            ("(id DIV 2)", "(id DIV 3)"),
            ("born > 1000", "born > 1500"),
            ("secret int INVISIBLE", "secret int"),
            ("as it''s printed", "as it''s said"),
            ("total decimal(12,3)", "note text, total decimal(14,3)"),
        ],
    );
}

const POSTGRES: &str = include_str!("fixtures/everything/postgres.sql");

const POSTGRES_CHANGES: Changes<'_> = &[
    ("orders > few()", "orders >= few()"),
    ("c.level, (SELECT", "c.level, c.mail, (SELECT"),
    ("WHERE level = ''new''", "WHERE level <> ''new''"),
    ("NEW.total > 0", "NEW.total > 1"),
    ("FOR SELECT TO PUBLIC", "FOR ALL TO PUBLIC"),
    ("NEW.total = 0", "NEW.total = 1"),
    ("(ndistinct)", "(dependencies)"),
    ("FOR TABLE customers", "FOR TABLE customers, bookings"),
    ("total * 2", "total * 3"),
    ("'new', 'good'", "'new', 'better', 'good'"),
    ("owed numeric);", "owed numeric, number integer);"),
    (
        "numeric(12,2) DEFAULT 0 CONSTRAINT amount_right CHECK (VALUE >= 0)",
        "numeric(12,2) CONSTRAINT amount_right CHECK (VALUE >= -1)",
    ),
    ("INCREMENT BY 2", "INCREMENT BY 4"),
    ("fillfactor = 80", "fillfactor = 70"),
    ("who buys", "who bought"),
    ("days integer", "months integer"),
    ("=> days", "=> months"),
    ("room WITH =, ", ""),
    ("what jsonb", "what jsonb, who text"),
    ("BEGIN RETURN n >= 0", "BEGIN RETURN n >= -1"),
    ("GRANT SELECT ON", "GRANT SELECT, INSERT ON"),
];

#[test]
fn postgres_converges() {
    if let Some(test) = TestDatabase::create(DialectName::Postgres) {
        converges(&test.url, POSTGRES, POSTGRES_CHANGES);
    }
}

/// A role that looks into a namespace of its own, which a throw-away database has not.
#[test]
fn postgres_converges_in_another_namespace() {
    let (Some(test), Some(_)) = (
        TestDatabase::create(DialectName::Postgres),
        server_url("postgres"),
    ) else {
        return;
    };
    let role = format!("freight_everything_{}", std::process::id());
    let mut database = test.connect();
    for sql in [
        format!("CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'everything'"),
        format!("ALTER ROLE {role} SET search_path = app, public"),
        "CREATE SCHEMA app".to_owned(),
    ] {
        database.connection.run(&sql).unwrap();
    }
    let (_, place) = test.url.split_once('@').unwrap();
    let url = format!("postgres://{role}:everything@{place}");
    // The role has to go whatever comes of it.
    let outcome = std::panic::catch_unwind(|| converges(&url, POSTGRES, POSTGRES_CHANGES));
    for sql in [
        format!("DROP OWNED BY {role} CASCADE"),
        format!("DROP ROLE {role}"),
    ] {
        database.connection.run(&sql).unwrap();
    }
    if let Err(problem) = outcome {
        std::panic::resume_unwind(problem);
    }
}
