//! A project that another tool migrated so far: files, tables, and the tool's history.

use freight_core::driver::Statement;
use freight_core::migrate::{Adopted, Report, Target};
use freight_core::{DialectName, Error, ErrorKind, Result, Value};

use crate::project::{Project, ids};
use crate::support::{TestDatabase, text};

/// The text of migration 1, 2, 3 or 4.
pub(crate) fn sql(number: usize) -> String {
    format!("CREATE TABLE {} (id integer);\n", NAMES[number - 1])
}

/// The names of the migrations and of the tables that they make.
pub(crate) const NAMES: [&str; 4] = ["one", "two", "three", "four"];

/// One text per dialect.
pub(crate) struct Ddl {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
    pub(crate) mysql: &'static str,
}

impl Ddl {
    pub(crate) const fn everywhere(ddl: &'static str) -> Self {
        Self {
            sqlite: ddl,
            postgres: ddl,
            mysql: ddl,
        }
    }

    fn of(&self, dialect: DialectName) -> &'static str {
        match dialect {
            DialectName::Sqlite => self.sqlite,
            DialectName::Postgres => self.postgres,
            DialectName::Mysql => self.mysql,
        }
    }
}

/// The project.
pub(crate) struct OldProject {
    pub(crate) project: Project,
    table: &'static str,
}

impl OldProject {
    /// A project whose tool has made its history table.
    pub(crate) fn new(database: &TestDatabase, table: &'static str, ddl: &Ddl) -> Self {
        let old = Self {
            project: Project::new(database),
            table,
        };
        old.exec(ddl.of(database.dialect));
        old
    }

    /// Writes migrations 1 to 4; `file` says where each goes.
    pub(crate) fn files(&self, file: impl Fn(usize, &str) -> String) -> &Self {
        for number in 1..=4 {
            let path = file(number, NAMES[number - 1]);
            self.project.write(&path, &sql(number));
        }
        self
    }

    /// Does to the schema what these migrations do.
    pub(crate) fn ran(&self, numbers: &[usize]) -> &Self {
        for number in numbers {
            self.exec(&sql(*number));
        }
        self
    }

    pub(crate) fn exec(&self, sql: &str) {
        self.project.open().exec(sql).unwrap();
    }

    /// Writes rows into the tool's table.
    pub(crate) fn rows(&self, columns: &str, rows: &[&[Value]]) -> &Self {
        let mut database = self.project.open();
        for row in rows {
            let marks = vec!["?"; row.len()].join(", ");
            let sql = format!("INSERT INTO {} ({columns}) VALUES ({marks})", self.table);
            let statement = Statement {
                sql,
                values: row.to_vec(),
            };
            database.connection.execute(&statement).unwrap();
        }
        self
    }

    /// Adopts, and makes sure that the tool's table is as it was.
    pub(crate) fn adopt(&self) -> Result<Adopted> {
        self.adopt_from(None)
    }

    pub(crate) fn adopt_from(&self, tool: Option<&str>) -> Result<Adopted> {
        let before = self.history();
        let adopted = self.project.with(|migrator| migrator.adopt(tool));
        assert_eq!(self.history(), before, "the tool's table was changed");
        adopted
    }

    fn history(&self) -> String {
        let all = format!("SELECT * FROM {}", self.table);
        text(&mut self.project.open(), &all)
    }

    pub(crate) fn up(&self) -> Result<Report> {
        self.project.with(|migrator| migrator.up(&Target::All))
    }

    /// Adopting takes `adopted` over and what runs afterwards is `pending`; before, a run is
    /// refused.
    pub(crate) fn expect(&self, adopted: &[&str], pending: &[&str]) -> Adopted {
        let refused = self.up().unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ForeignHistory, "{refused:?}");
        let count = format!("applied {} of these migrations", adopted.len());
        assert!(refused.message().contains(&count), "{refused}");
        self.expect_unrefused(adopted, pending)
    }

    /// As [`expect`](Self::expect), where a run before adopting is nobody's mistake.
    pub(crate) fn expect_unrefused(&self, adopted: &[&str], pending: &[&str]) -> Adopted {
        let found = self.adopt().unwrap();
        assert_eq!(found.ids, adopted);
        let report = self.up().unwrap();
        assert_eq!(ids(&report), pending);
        let again = self.up().unwrap();
        assert!(again.finished.is_empty());
        found
    }

    /// Adopting is refused in words that contain all of these, in message or hint; nothing is
    /// recorded.
    pub(crate) fn expect_refusal(&self, words: &[&str]) -> Error {
        let error = self.adopt().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAdoptable, "{error:?}");
        let said = format!("{error}\n{}", error.hint().unwrap());
        for word in words {
            assert!(said.contains(word), "no `{word}` in: {said}");
        }
        assert!(
            self.project
                .status()
                .iter()
                .all(|row| row.state.as_str() == "pending")
        );
        error
    }
}

/// The warnings, one a line.
pub(crate) fn warnings(adopted: &Adopted) -> String {
    let lines: Vec<_> = adopted
        .warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .collect();
    lines.join("\n")
}

/// Bytes from hexadecimal.
pub(crate) fn bytes(hexadecimal: &str) -> Value {
    let digit = |at: usize| u8::from_str_radix(&hexadecimal[at..at + 2], 16).unwrap();
    Value::Bytes((0..hexadecimal.len()).step_by(2).map(digit).collect())
}

/// A row's values.
#[macro_export]
macro_rules! row {
    ($($value:expr),* $(,)?) => { &[$(freight_core::Value::from($value)),*] };
}
