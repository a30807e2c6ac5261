//! PostgreSQL: plans that are applied while others use the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use freight_core::compare::Comparison;
use freight_core::diff::{RenameHints, Safety};
use freight_core::driver::{
    Connection, DatabaseUrl, Executed, RowSink, Server, Statement as Query, TransactionOptions,
};
use freight_core::inspect::Scope;
use freight_core::migrate::{Directory, Event, Migrator, Options};
use freight_core::plan::Plan;
use freight_core::schema::Schema;
use freight_core::source::Reading;
use freight_core::{Database, DialectName, ErrorKind, Result};

use crate::support::{TestDatabase, run_all, text};

/// A database, and the schema that it is to have.
struct Target {
    test: TestDatabase,
    wanted: Schema,
}

impl Target {
    /// `None` where there is no server.
    fn new(current: &[&str], wanted: &[&str]) -> Option<Self> {
        let test = TestDatabase::create(DialectName::Postgres)?;
        let other = TestDatabase::create(DialectName::Postgres)?;
        run_all(&mut other.connect(), wanted);
        run_all(&mut test.connect(), current);
        let mut target = Self {
            test,
            wanted: Schema::default(),
        };
        target.wanted = target.read(&mut other.connect());
        Some(target)
    }

    fn read(&self, database: &mut Database) -> Schema {
        let inspector = database.dialect.inspector();
        inspector
            .inspect(&mut *database.connection, &Scope::default())
            .unwrap()
    }

    fn plan(&self, database: &mut Database) -> Result<Plan> {
        let url = DatabaseUrl::parse(&self.test.url)?;
        let reading = Reading {
            dialect: DialectName::Postgres.dialect(),
            scratch: Some(&url),
            scope: Scope::default(),
            programs: None,
            scripts: None,
        };
        let from = reading.inspect(database)?;
        let to = self.wanted.clone();
        Ok(Comparison::new(&reading, from, to, &RenameHints::default())?.plan)
    }

    /// Applies the plan, with a time-out for locks, and shows what happens to `listener`.
    fn apply(
        &self,
        database: &mut Database,
        table_lock_timeout: Duration,
        listener: &mut dyn FnMut(&Event),
    ) -> Result<()> {
        let plan = self.plan(database)?;
        let options = Options {
            table_lock_timeout: Some(table_lock_timeout),
            ..Options::default()
        };
        let directory = Directory::empty();
        let mut listener = |event: &Event| listener(event);
        let mut replan = |database: &mut Database| self.plan(database);
        Migrator::new(database, &directory, options, &mut listener).apply(&plan, &mut replan)
    }
}

const ITEMS: &str = "CREATE TABLE items (id integer PRIMARY KEY, code text)";

fn another_column() -> Option<Target> {
    Target::new(
        &[ITEMS, "INSERT INTO items VALUES (1, 'a')"],
        &["CREATE TABLE items (id integer PRIMARY KEY, code text, n integer)"],
    )
}

/// What is read in a transaction that stays open keeps ALTER TABLE waiting.
fn reader(target: &Target) -> Database {
    let mut reader = target.test.connect();
    reader.connection.begin().unwrap();
    reader.exec("SELECT * FROM items").unwrap();
    reader
}

#[test]
fn pg_32_a_plan_meets_a_lock_gives_up_soon_and_tries_again() {
    let Some(target) = another_column() else {
        return;
    };
    let mut reader = reader(&target);
    let mut warnings = Vec::new();
    let mut listener = |event: &Event| {
        if let Event::Warning(warning) = event {
            warnings.push(warning.message.clone());
            if warnings.len() == 2 {
                reader.connection.rollback().unwrap();
            }
        }
    };
    let limit = Duration::from_millis(100);
    let mut database = target.test.connect();
    target.apply(&mut database, limit, &mut listener).unwrap();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(
        warnings[0].contains("trying again (2 of 6)"),
        "{warnings:?}"
    );
    assert!(target.plan(&mut database).unwrap().is_empty());
    assert_eq!(
        text(&mut database, "SELECT id, code, n FROM items"),
        "1|a|NULL"
    );
}

#[test]
fn pg_32_nobody_queues_for_long_behind_a_plan_that_waits() {
    let Some(target) = another_column() else {
        return;
    };
    let _reader = reader(&target);
    let is_over = Arc::new(AtomicBool::new(false));
    // Others go on reading, each time as soon as they can.
    let others = {
        let (is_over, mut other) = (Arc::clone(&is_over), target.test.connect());
        std::thread::spawn(move || {
            let (mut longest, mut reads) = (Duration::ZERO, 0_u32);
            while !is_over.load(Ordering::Relaxed) {
                let start = Instant::now();
                text(&mut other, "SELECT count(*) FROM items");
                longest = longest.max(start.elapsed());
                reads += 1;
            }
            (longest, reads)
        })
    };
    let limit = Duration::from_millis(50);
    let error = target
        .apply(&mut target.test.connect(), limit, &mut |_| ())
        .unwrap_err();
    is_over.store(true, Ordering::Relaxed);
    let (longest, reads) = others.join().unwrap();
    assert_eq!(
        error.cause().unwrap_or(&error).kind(),
        ErrorKind::LockTimeout,
        "{error:?}"
    );
    // Far below the time of all tries, and above what a busy machine adds to one of them.
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    assert!(reads > 10, "{reads}");
    assert!(!target.plan(&mut target.test.connect()).unwrap().is_empty());
}

#[test]
fn pg_33_one_plan_waits_for_another_without_holding_anything() {
    let Some(target) = another_column() else {
        return;
    };
    let mut first = target.test.connect();
    let support = first.dialect.migrations();
    assert!(support.try_lock(&mut *first.connection).unwrap());
    let (told, waits) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let target = &target;
        let second = scope.spawn(move || {
            let mut listener = |event: &Event| {
                if let Event::Waiting { .. } = event {
                    told.send(()).unwrap();
                }
            };
            let mut database = target.test.connect();
            let limit = Duration::from_secs(5);
            target.apply(&mut database, limit, &mut listener)
        });
        waits.recv_timeout(Duration::from_secs(20)).unwrap();
        // An index that is built concurrently waits for every session that has a snapshot: one
        // that waited for the lock inside of the server would have one, and both would wait.
        run_all(
            &mut first,
            &[
                "SET statement_timeout = '20s'",
                "CREATE INDEX CONCURRENTLY items_code ON items (code)",
                "DROP INDEX items_code",
            ],
        );
        support.unlock(&mut *first.connection).unwrap();
        second.join().unwrap().unwrap();
    });
    assert!(target.plan(&mut first).unwrap().is_empty());
}

#[test]
fn pg_36_what_a_new_constraint_locks_is_said() {
    let Some(target) = Target::new(
        &[
            "CREATE TABLE p (id integer PRIMARY KEY)",
            "CREATE TABLE t (id integer NOT NULL, p integer, n integer)",
        ],
        &[
            "CREATE TABLE p (id integer PRIMARY KEY)",
            "CREATE TABLE t (id integer NOT NULL, p integer CONSTRAINT t_p REFERENCES p, \
             n integer CONSTRAINT t_n CHECK (n > 0) CONSTRAINT t_u UNIQUE, \
             CONSTRAINT t_pkey PRIMARY KEY (id))",
            "CREATE TABLE u (id integer PRIMARY KEY, p integer REFERENCES p, n integer UNIQUE)",
        ],
    ) else {
        return;
    };
    let plan = target.plan(&mut target.test.connect()).unwrap();
    let blocks: Vec<(String, String)> = plan
        .steps
        .iter()
        .flat_map(|step| &step.hazards)
        .filter(|hazard| hazard.safety == Safety::Blocks)
        .map(|hazard| (hazard.allow.clone(), hazard.reason.clone()))
        .collect();
    let mut names: Vec<&str> = blocks.iter().map(|(allow, _)| allow.as_str()).collect();
    names.sort_unstable();
    // What is new has no rows that anybody would wait for.
    assert_eq!(
        names,
        [
            "add_check:t.t_n",
            "add_foreign_key:t.t_p",
            "add_unique:t.t_u",
            "primary_key:t"
        ]
    );
    for (allow, reason) in &blocks {
        let lock = match allow.starts_with("add_foreign_key") {
            true => "`t` and `p` (SHARE ROW EXCLUSIVE)",
            false => "`t` (ACCESS EXCLUSIVE)",
        };
        assert!(reason.contains(lock), "{allow}: {reason}");
    }
}

#[test]
fn pg_38_an_index_that_cannot_be_replaced_is_still_there() {
    let Some(target) = Target::new(
        &[
            ITEMS,
            "CREATE INDEX items_code ON items (code)",
            "INSERT INTO items VALUES (1, 'a'), (2, 'a')",
        ],
        &[ITEMS, "CREATE UNIQUE INDEX items_code ON items (code)"],
    ) else {
        return;
    };
    let mut database = target.test.connect();
    let limit = Duration::from_secs(5);
    let error = target.apply(&mut database, limit, &mut |_| ()).unwrap_err();
    assert_eq!(
        error.cause().unwrap_or(&error).kind(),
        ErrorKind::UniqueViolation,
        "{error:?}"
    );
    // Catalogs alone are read, and no lock is waited for.
    let index = "SELECT indisunique, indisvalid FROM pg_index \
         WHERE indexrelid = (SELECT oid FROM pg_class WHERE relname = 'items_code')";
    let old = "false|true";
    assert_eq!(text(&mut database, index), old);
    // Nobody sees the table without an index: both statements are one transaction.
    database.exec("UPDATE items SET code = id").unwrap();
    let mut other = target.test.connect();
    let mut seen = Vec::new();
    let mut listener = |event: &Event| {
        if let Event::StatementFinished { .. } = event {
            seen.push(text(&mut other, index));
        }
    };
    target.apply(&mut database, limit, &mut listener).unwrap();
    assert_eq!(seen, [old, old]);
    assert_eq!(text(&mut database, index), "true|true");
}

/// A pooler that gives each statement outside of a transaction to another session.
struct Pooler {
    sessions: [Box<dyn Connection>; 2],
    turn: usize,
}

impl Pooler {
    fn next(&mut self) -> &mut dyn Connection {
        if self.sessions[self.turn].depth() == 0 {
            self.turn = 1 - self.turn;
        }
        &mut *self.sessions[self.turn]
    }
}

impl Connection for Pooler {
    fn execute(&mut self, statement: &Query) -> Result<Executed> {
        self.next().execute(statement)
    }

    fn query(&mut self, statement: &Query, sink: &mut dyn RowSink) -> Result<()> {
        self.next().query(statement, sink)
    }

    fn run(&mut self, sql: &str) -> Result<Executed> {
        self.next().run(sql)
    }

    fn begin_with(&mut self, options: &TransactionOptions) -> Result<()> {
        self.next().begin_with(options)
    }

    fn commit(&mut self) -> Result<()> {
        self.sessions[self.turn].commit()
    }

    fn rollback(&mut self) -> Result<()> {
        self.sessions[self.turn].rollback()
    }

    fn depth(&self) -> usize {
        self.sessions[self.turn].depth()
    }

    fn in_transaction(&mut self) -> Result<bool> {
        self.sessions[self.turn].in_transaction()
    }

    fn may_be_in_transaction(&self) -> bool {
        self.sessions[self.turn].may_be_in_transaction()
    }

    fn server(&self) -> &Server {
        self.sessions[self.turn].server()
    }

    fn is_lost(&self) -> bool {
        self.sessions.iter().any(|session| session.is_lost())
    }

    fn ping(&mut self) -> Result<()> {
        self.next().ping()
    }

    fn close(self: Box<Self>) -> Result<()> {
        for session in self.sessions {
            session.close()?;
        }
        Ok(())
    }
}

#[test]
fn pg_34_a_plan_is_not_applied_through_a_pooler_of_transactions() {
    let Some(target) = another_column() else {
        return;
    };
    let pooler = Pooler {
        sessions: [
            target.test.connect().connection,
            target.test.connect().connection,
        ],
        turn: 0,
    };
    let mut database = Database {
        connection: Box::new(pooler),
        dialect: DialectName::Postgres.dialect(),
    };
    let limit = Duration::from_secs(5);
    let error = target.apply(&mut database, limit, &mut |_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
    assert!(error.to_string().contains("pooler"), "{error}");
    let mut direct = target.test.connect();
    assert!(!target.plan(&mut direct).unwrap().is_empty());
    database.connection.close().unwrap();
    // The lock went with the sessions.
    let support = direct.dialect.migrations();
    let start = Instant::now();
    while !support.try_lock(&mut *direct.connection).unwrap() {
        assert!(start.elapsed() < Duration::from_secs(5));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn pg_15_a_type_that_a_generated_column_is_made_from_is_refused_by_name() {
    let tables = |base: &str| {
        [
            format!("CREATE DOMAIN amount AS {base}"),
            "CREATE TABLE t (id integer PRIMARY KEY, a amount, \
             g integer GENERATED ALWAYS AS (a + 1) STORED)"
                .to_owned(),
        ]
    };
    let (current, wanted) = (tables("integer"), tables("bigint"));
    let Some(target) = Target::new(
        &current.each_ref().map(String::as_str),
        &wanted.each_ref().map(String::as_str),
    ) else {
        return;
    };
    let error = target.plan(&mut target.test.connect()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
    assert!(error.to_string().contains("`t.g`"), "{error}");
    assert!(
        error.hint().unwrap().contains("generated column"),
        "{error:?}"
    );
}
