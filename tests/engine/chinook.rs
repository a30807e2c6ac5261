//! The Chinook scripts, as real files are: written for the databases' own clients, with 15,000
//! rows and, at the head, what only a client can do. <https://github.com/lerocha/chinook-database>
//!
//! They lie beside the repository, not in it.

use std::path::Path;

use freight_core::{DialectName, ErrorKind};

use super::client;
use super::project::{Project, ids};
use crate::support::{TestDatabase, catalog, text};

/// A script as it comes.
fn script(dialect: DialectName) -> String {
    let name = match dialect {
        DialectName::Sqlite => "Chinook_Sqlite.sql",
        DialectName::Postgres => "Chinook_PostgreSql_SerialPKs.sql",
        DialectName::Mysql => "Chinook_MySql_AutoIncrementPKs.sql",
    };
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut paths = folders.map(|folder| folder.join("shared/data/chinook").join(name));
    let path = paths.find(|path| path.exists()).unwrap_or_else(|| {
        panic!("`shared/data/chinook/{name}` must lie beside the repository or above it")
    });
    std::fs::read_to_string(path).unwrap()
}

/// The lines that drop, create and enter a database of the script's own. The one for SQLite has
/// none: there the file is the database.
fn is_head_line(line: &str) -> bool {
    let starts = ["DROP DATABASE", "CREATE DATABASE", "USE ", "\\c "];
    starts.iter().any(|start| line.starts_with(start))
}

/// The script for a database that is there already. The lines keep their numbers.
fn without_head(dialect: DialectName) -> String {
    let script = script(dialect);
    let lines: Vec<_> = script
        .lines()
        .map(|line| if is_head_line(line) { "" } else { line })
        .collect();
    let removed = script.lines().filter(|line| is_head_line(line)).count();
    assert_eq!(removed, if dialect == DialectName::Sqlite { 0 } else { 3 });
    lines.join("\n")
}

/// For each table, how many rows it has and what each of its numeric columns adds up to.
fn sums(database: &TestDatabase) -> String {
    let mut connection = database.connect();
    let mut lines = Vec::new();
    for table in catalog::tables(&mut connection, &["_freight_migrations"]) {
        let name = table.trim_start_matches("public.").replace('\'', "''");
        let columns = text(
            &mut connection,
            &match database.dialect {
                DialectName::Sqlite => format!(
                    "SELECT name FROM pragma_table_info('{name}') WHERE type LIKE 'INT%' OR type LIKE 'NUMERIC%' ORDER BY cid"
                ),
                DialectName::Postgres => format!(
                    "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{name}' \
                     AND numeric_precision IS NOT NULL ORDER BY ordinal_position"
                ),
                DialectName::Mysql => format!(
                    "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = '{name}' \
                     AND numeric_precision IS NOT NULL ORDER BY ordinal_position"
                ),
            },
        );
        let mut selected = vec!["count(*)".to_owned()];
        selected.extend(
            columns
                .lines()
                .map(|column| format!("sum({})", connection.dialect.quote(column))),
        );
        assert!(selected.len() > 1, "{table} has a key at least");
        let query = format!(
            "SELECT {} FROM {}",
            selected.join(", "),
            connection.dialect.quote(&name)
        );
        lines.push(format!("{name}: {}", text(&mut connection, &query)));
    }
    lines.join("\n")
}

on_every_database! {
    fn the_script_without_its_head_makes_what_the_client_makes(database) {
        let project = Project::new(database);
        let script = without_head(database.dialect);
        project.write("1_chinook.sql", &script);
        assert_eq!(ids(&project.up().unwrap()), ["1"]);

        let by_client = TestDatabase::create(database.dialect).unwrap();
        let file = by_client.folder().join("script.sql");
        std::fs::write(&file, &script).unwrap();
        client::run_file(&by_client, &file);

        let expected = sums(&by_client);
        assert_eq!(expected.lines().count(), 11);
        assert_eq!(sums(database), expected);
        let rows: u32 = expected.lines().map(|line| {
            let count = line.split(": ").nth(1).unwrap().split('|').next().unwrap();
            count.parse::<u32>().unwrap()
        }).sum();
        assert_eq!(rows, 15_607);
        // Text and times too, and every key and index.
        let own = &["_freight_migrations"];
        let (a, b) = (catalog::describe(&mut database.connect(), own), catalog::describe(&mut by_client.connect(), own));
        assert!(a == b, "the databases differ in more than sums");
    }
}

/// The error for a script, in a database with one table; which must be left as it was.
fn refused(dialect: DialectName, script: &str) -> Option<Refusal> {
    let database = TestDatabase::create(dialect)?;
    let project = Project::new(&database);
    let mut connection = database.connect();
    connection.exec("CREATE TABLE mine (id integer)").unwrap();
    let before = catalog::describe(&mut connection, &[]);
    project.write("1_chinook.sql", script);
    let error = project.up().unwrap_err();
    assert_eq!(catalog::describe(&mut connection, &[]), before);
    assert_eq!(project.states(), "1 pending");
    let place = error.location().unwrap();
    assert!(place.file.ends_with("1_chinook.sql"), "{error:?}");
    Some((
        error.kind(),
        place.line,
        error.message().to_owned(),
        error.hint().unwrap_or_default().to_owned(),
    ))
}

/// Kind, line, message, hint.
type Refusal = (ErrorKind, usize, String, String);

fn refusal(kind: ErrorKind, line: usize, message: &str, hint: &str) -> Refusal {
    (kind, line, message.to_owned(), hint.to_owned())
}

// SQLite's script has no head to refuse: it drops its tables where they exist, which is SQL.

#[test]
fn the_head_for_psql_is_refused_line_by_line() {
    let dialect = DialectName::Postgres;
    let Some(found) = refused(dialect, &script(dialect)) else {
        return;
    };
    // psql would connect to another database; nothing of the file may run before that is told.
    assert_eq!(
        found,
        refusal(
            ErrorKind::ClientCommand,
            28,
            "`\\c` is a command of psql, not SQL",
            "remove the line, and name the database in the database URL"
        )
    );
    let without_command = script(dialect).replace("\\c chinook_serial;", "");
    assert_eq!(
        refused(dialect, &without_command).unwrap(),
        refusal(
            ErrorKind::NeedsNoTransaction,
            19,
            "this statement cannot run in a transaction, and others of the migration can",
            "move it into a migration of its own, or put `-- freight:transaction off` above the first \
             statement: each statement is then recorded by itself"
        )
    );
}

#[test]
fn the_head_for_mysql_is_refused() {
    let dialect = DialectName::Mysql;
    let Some(found) = refused(dialect, &script(dialect)) else {
        return;
    };
    assert_eq!(
        found,
        refusal(
            ErrorKind::SwitchesDatabase,
            28,
            "it switches to the database `Chinook_AutoIncrement`, but a migration belongs to the database of the URL",
            "remove the statement, and name the database in the URL"
        )
    );
}
