//! The way from one schema to another, as a migration file.

use freight_core::compare::Comparison;
use freight_core::diff::RenameHints;
use freight_core::driver::DatabaseUrl;
use freight_core::ident::Name;
use freight_core::inspect::Scope;
use freight_core::migrate::{Directory, Migrator, Options, Target};
use freight_core::plan::Plan;
use freight_core::schema::Schema;
use freight_core::source::Reading;
use freight_core::{Database, DialectName, Result};

use crate::support::{TestDatabase, open, text};

/// A database on its way.
pub(crate) struct Way {
    test: TestDatabase,
    dialect: DialectName,
    from: Schema,
    files: u32,
}

impl Way {
    /// A new database with a schema and rows.
    pub(crate) fn from(sql: &str, rows: &str) -> Self {
        let dialect = DialectName::Sqlite;
        let test = TestDatabase::create(dialect).unwrap();
        let mut database = open(&test.url);
        database
            .exec(sql)
            .unwrap_or_else(|error| panic!("{error}: {:?}", error.sql()));
        let mut way = Self {
            test,
            dialect,
            from: Schema::default(),
            files: 0,
        };
        way.from = way.inspect();
        database
            .exec(rows)
            .unwrap_or_else(|error| panic!("{error}: {:?}", error.sql()));
        way
    }

    fn url(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&self.test.url).unwrap()
    }

    fn reading<'a>(&self, url: &'a DatabaseUrl) -> Reading<'a> {
        Reading {
            dialect: self.dialect.dialect(),
            scratch: Some(url),
            scope: Scope {
                ignored_tables: vec!["_freight_migrations".to_owned()],
                ..Scope::default()
            },
            programs: None,
            scripts: None,
        }
    }

    pub(crate) fn connect(&self) -> Database {
        self.test.connect()
    }

    pub(crate) fn inspect(&self) -> Schema {
        self.reading(&self.url())
            .inspect(&mut self.connect())
            .unwrap()
    }

    /// The rows of a query as text.
    pub(crate) fn text(&self, sql: &str) -> String {
        text(&mut self.connect(), sql)
    }

    /// The plan to a schema in SQL.
    pub(crate) fn plan(&self, sql: &str, renames: &[(&str, &str, &str)]) -> Result<Plan> {
        let url = self.url();
        let wanted = self
            .reading(&url)
            .sql(sql, std::path::Path::new("wanted.sql"))?;
        self.plan_to(&wanted, renames)
    }

    fn plan_to(&self, wanted: &Schema, renames: &[(&str, &str, &str)]) -> Result<Plan> {
        let hints = RenameHints {
            columns: renames
                .iter()
                .filter(|(table, _, _)| !table.is_empty())
                .map(|(table, from, to)| (Name::new(*table), (*from).to_owned(), (*to).to_owned()))
                .collect(),
            tables: renames
                .iter()
                .filter(|(table, _, _)| table.is_empty())
                .map(|(_, from, to)| (Name::new(*from), Name::new(*to)))
                .collect(),
            ..RenameHints::default()
        };
        let url = self.url();
        let comparison =
            Comparison::new(&self.reading(&url), self.inspect(), wanted.clone(), &hints)?;
        Ok(comparison.plan)
    }

    /// Runs a plan as a migration file, and wants nothing to differ from `wanted` then.
    fn run(&mut self, plan: &Plan, wanted: &Schema) -> Result<()> {
        let folder = self.test.folder().join("migrations");
        std::fs::create_dir_all(&folder).unwrap();
        self.files += 1;
        let directives = plan.needs.directives().join("\n");
        let statements: Vec<_> = plan.statements().map(|sql| format!("{sql};\n")).collect();
        let file = folder.join(format!("{}_step.sql", self.files));
        std::fs::write(
            &file,
            format!("-- migrate:up\n{directives}\n\n{}", statements.concat()),
        )
        .unwrap();
        let directory = Directory::read(&[&folder], self.dialect)?;
        let mut database = self.connect();
        let mut listener = |_: &freight_core::migrate::Event| {};
        let done = Migrator::new(&mut database, &directory, Options::default(), &mut listener)
            .up(&Target::All);
        if let Err(error) = done {
            std::fs::remove_file(file).unwrap();
            return Err(error);
        }
        let left = self.plan_to(wanted, &[])?;
        let left: Vec<_> = left.statements().collect();
        assert_eq!(left, [""; 0], "after\n{}", statements.concat());
        assert_eq!(text(&mut database, "PRAGMA integrity_check"), "ok");
        assert_eq!(text(&mut database, "PRAGMA foreign_keys"), "1");
        Ok(())
    }

    /// Goes to a schema in SQL. A triple is a renamed column: table, before, after; without a
    /// table it is a renamed table.
    pub(crate) fn to(&mut self, sql: &str, renames: &[(&str, &str, &str)]) -> Result<Plan> {
        let url = self.url();
        let wanted = self
            .reading(&url)
            .sql(sql, std::path::Path::new("wanted.sql"))?;
        let plan = self.plan_to(&wanted, renames)?;
        self.run(&plan, &wanted)?;
        Ok(plan)
    }

    /// As [`to`](Self::to), and it must be a rebuild.
    pub(crate) fn rebuild(&mut self, sql: &str) -> Plan {
        let plan = self
            .to(sql, &[])
            .unwrap_or_else(|error| panic!("{error:?}"));
        assert!(
            plan.needs.foreign_keys_off,
            "{:?}",
            plan.statements().collect::<Vec<_>>()
        );
        plan
    }

    /// Goes to a schema.
    pub(crate) fn go(&mut self, wanted: &Schema) -> Plan {
        let plan = self.plan_to(wanted, &[]).unwrap();
        self.run(&plan, wanted)
            .unwrap_or_else(|error| panic!("{error:?}"));
        plan
    }

    /// Goes back to where it began.
    pub(crate) fn back(&mut self, renames: &[(&str, &str, &str)]) -> Plan {
        let wanted = self.from.clone();
        let plan = self.plan_to(&wanted, renames).unwrap();
        self.run(&plan, &wanted)
            .unwrap_or_else(|error| panic!("{error:?}"));
        plan
    }

    /// The definition that SQLite keeps.
    pub(crate) fn definition(&self, name: &str) -> String {
        self.text(&format!(
            "SELECT sql FROM sqlite_schema WHERE name = '{name}'"
        ))
    }
}
