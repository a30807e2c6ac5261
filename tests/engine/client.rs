//! The databases' own clients: `sqlite3`, `psql`, `mariadb`. What they make of a file is what
//! Freight is compared with.
//!
//! They are required: a comparison that quietly does not happen would be none.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};

use freight_core::DialectName;
use freight_core::driver::DatabaseUrl;

use crate::support::TestDatabase;

/// Lets the client of a database run a file in it; anything that it complains about fails the
/// test.
pub(crate) fn run_file(database: &TestDatabase, file: &Path) {
    let (mut command, package) = match database.dialect {
        DialectName::Sqlite => (sqlite(database), "sqlite3"),
        DialectName::Postgres => (postgres(database, file), "postgresql-client"),
        DialectName::Mysql => (mariadb(database), "mariadb-client"),
    };
    let output = command
        .stdin(Stdio::from(File::open(file).unwrap()))
        .output()
        .unwrap_or_else(|error| {
            let program = command.get_program().to_string_lossy().into_owned();
            assert!(
                error.kind() != ErrorKind::NotFound,
                "`{program}` is not installed; Debian has it in the package `{package}`"
            );
            panic!("`{program}` cannot be run: {error}")
        });
    assert!(
        output.status.success(),
        "{}: {}{}",
        file.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn sqlite(database: &TestDatabase) -> Command {
    let mut command = Command::new("sqlite3");
    let url = DatabaseUrl::parse(&database.url).unwrap();
    command.args(["-init", "/dev/null", "-batch", "-bail"]);
    // Freight checks foreign keys, so its counterpart has to.
    command.args(["-cmd", "PRAGMA foreign_keys = ON"]);
    command.arg(url.database().unwrap());
    command
}

fn postgres(database: &TestDatabase, file: &Path) -> Command {
    let mut command = Command::new("psql");
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f"]);
    command.arg(file).arg(&database.url);
    command
}

fn mariadb(database: &TestDatabase) -> Command {
    let url = DatabaseUrl::parse(&database.url).unwrap();
    let mut command = Command::new("mariadb");
    command.args([
        "--no-defaults",
        "--batch",
        "--default-character-set=utf8mb4",
    ]);
    if let Some(user) = url.user() {
        command.arg(format!("--user={user}"));
    }
    if let Some(socket) = url.parameter("socket") {
        command.arg(format!("--socket={socket}"));
    } else {
        let host = url.host().unwrap_or("127.0.0.1");
        command.args(["--protocol=tcp", &format!("--host={host}")]);
        command.arg(format!("--port={}", url.port().unwrap_or(3306)));
    }
    command.env("MYSQL_PWD", password(&database.url));
    command.arg(url.database().unwrap());
    command
}

/// The password of a URL, decoded. [`DatabaseUrl`] keeps it to itself.
fn password(url: &str) -> String {
    let authority = url.split_once("://").unwrap().1.split('/').next().unwrap();
    let credentials = authority.rsplit_once('@').map_or("", |(before, _)| before);
    let encoded = credentials
        .split_once(':')
        .map_or("", |(_, password)| password);
    let mut bytes = Vec::new();
    let mut rest = encoded.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap()
}
