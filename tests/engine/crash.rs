//! Killed at any moment: the next run finishes, and nothing tells that there were two.
//!
//! The test process starts itself again as a child that migrates over a *fuse*: a connection that
//! counts its calls and kills its own process with SIGKILL at the one that the parent chose,
//! before the call is sent, after it was answered, or while it is on its way. The calls of a run
//! are the statements, the records, and the BEGINs and COMMITs between them, so that every gap is
//! met. The parent then migrates to the end and compares with an undisturbed run.

use std::process::{Command, Stdio};
use std::time::Duration;

use freight_core::driver::{
    ConnectOptions, Connection, DatabaseUrl, Executed, RowSink, Statement, TransactionOptions,
};
use freight_core::migrate::{Direction, Directory, Migrator, Options, Report, Target};
use freight_core::{Database, DialectName, ErrorKind, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::project::Project;
use crate::support::{TestDatabase, catalog};

const PLAN: &str = "FREIGHT_TEST_CRASH";

/// When a fuse blows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Moment {
    Before,
    After,
    /// So many microseconds after the call was sent.
    During(u64),
}

/// A connection that kills its process.
struct Fuse {
    inner: Box<dyn Connection>,
    calls: usize,
    at: usize,
    moment: Moment,
}

fn die() {
    kill(Pid::this(), Signal::SIGKILL).unwrap();
    std::thread::sleep(Duration::from_secs(60));
}

impl Fuse {
    fn call<T>(&mut self, call: impl FnOnce(&mut dyn Connection) -> Result<T>) -> Result<T> {
        self.calls += 1;
        let blows = self.calls == self.at;
        match self.moment {
            Moment::Before if blows => die(),
            Moment::During(delay) if blows => {
                std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_micros(delay));
                    die();
                });
            }
            _ => {}
        }
        let outcome = call(&mut *self.inner);
        if blows && self.moment == Moment::After {
            die();
        }
        outcome
    }
}

impl Connection for Fuse {
    freight_core::leave_the_rest_to!(inner);

    fn execute(&mut self, statement: &Statement) -> Result<Executed> {
        self.call(|inner| inner.execute(statement))
    }

    fn query(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<()> {
        self.call(|inner| inner.query(statement, sink))
    }

    fn run(&mut self, sql: &str) -> Result<Executed> {
        self.call(|inner| inner.run(sql))
    }

    fn copy_in(&mut self, sql: &str, data: &[u8]) -> Result<Executed> {
        self.call(|inner| inner.copy_in(sql, data))
    }

    fn begin_with(&mut self, options: &TransactionOptions) -> Result<()> {
        self.call(|inner| inner.begin_with(options))
    }

    fn commit(&mut self) -> Result<()> {
        self.call(|inner| inner.commit())
    }

    fn rollback(&mut self) -> Result<()> {
        self.call(|inner| inner.rollback())
    }
}

/// The child: does nothing unless the parent set the plan.
#[test]
fn child() {
    let Ok(plan) = std::env::var(PLAN) else {
        return;
    };
    let mut plan = plan.splitn(6, '\n');
    let mut next = || plan.next().unwrap().to_owned();
    let (at, moment, delay) = (next().parse().unwrap(), next(), next().parse().unwrap());
    let (way, folder, url) = (next(), next(), next());
    let moment = match moment.as_str() {
        "before" => Moment::Before,
        "after" => Moment::After,
        _ => Moment::During(delay),
    };
    let url = DatabaseUrl::parse(&url).unwrap();
    let database = Database::open(&url, &ConnectOptions::default()).unwrap();
    let fuse = Fuse {
        inner: database.connection,
        calls: 0,
        at,
        moment,
    };
    let mut database = Database {
        connection: Box::new(fuse),
        dialect: database.dialect,
    };
    let directory = Directory::read(&[folder], url.dialect()).unwrap();
    let mut listener = |_: &freight_core::migrate::Event| {};
    let mut migrator = Migrator::new(&mut database, &directory, Options::default(), &mut listener);
    let outcome = match way.as_str() {
        "up" => migrator.up(&Target::All),
        _ => migrator.down(&Target::All),
    };
    if let Err(error) = outcome {
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
    }
}

/// Runs a child; true when it was killed, false when it came to its end first.
fn child_dies(project: &Project, way: Direction, at: usize, moment: Moment) -> bool {
    let (word, delay) = match moment {
        Moment::Before => ("before", 0),
        Moment::After => ("after", 0),
        Moment::During(delay) => ("during", delay),
    };
    let way = if way == Direction::Up { "up" } else { "down" };
    let plan = format!(
        "{at}\n{word}\n{delay}\n{way}\n{}\n{}",
        project.folder.display(),
        project.url
    );
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--test-threads=1", "--quiet"])
        .env(PLAN, plan)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(
        status.code().is_none() || status.success(),
        "the child failed by itself at call {at}, {moment:?}"
    );
    status.code().is_none()
}

/// What a database looks like in the end: everything in it, and the history without its times.
fn end_state(project: &Project) -> String {
    let mut database = project.open();
    let history = crate::support::text(
        &mut database,
        "SELECT id, name, checksum, state, statements_total, statements_applied, in_flight, error \
         FROM _freight_migrations ORDER BY id",
    );
    format!(
        "{}\n{history}",
        catalog::describe(&mut database, &["_freight_migrations"])
    )
}

/// A run that is killed again and again.
struct Scenario {
    dialect: DialectName,
    write: fn(&Project),
    way: Direction,
    /// The run that goes on is killed too, at another call.
    twice: bool,
}

impl Scenario {
    /// A database in the state in which the run begins.
    fn begin(&self) -> Option<(TestDatabase, Project)> {
        let database = TestDatabase::create(self.dialect)?;
        let project = Project::new(&database);
        (self.write)(&project);
        if self.way == Direction::Down {
            project.up().unwrap();
        }
        Some((database, project))
    }

    fn finish(&self, project: &Project) -> Result<Report> {
        match self.way {
            Direction::Up => project.up(),
            Direction::Down => project.down(Target::All),
        }
    }

    /// Kills the run at every call, in one way, and finishes it.
    fn survives(&self, moments: impl Fn(usize) -> Moment) {
        let Some((undisturbed, project)) = self.begin() else {
            return;
        };
        self.finish(&project).unwrap();
        let expected = end_state(&project);
        drop(undisturbed);

        let mut unknown = 0;
        for at in 1.. {
            let (_database, project) = self.begin().unwrap();
            let moment = moments(at);
            let died = child_dies(&project, self.way, at, moment);
            if self.twice {
                child_dies(&project, self.way, at % 11 + 1, Moment::After);
            }
            match self.finish(&project) {
                Ok(_) => assert_eq!(end_state(&project), expected, "call {at}, {moment:?}"),
                Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                    // Only a statement that no catalog tells about may end like this.
                    assert!(error.sql().unwrap().starts_with("CALL "), "{error:?}");
                    assert!(
                        error.hint().unwrap().contains("--statement-ran 1"),
                        "{error:?}"
                    );
                    // In the middle of a call, the clock decides which statement is met.
                    unknown += usize::from(!matches!(moment, Moment::During(_)));
                }
                Err(error) => panic!("call {at}, {moment:?}: {error:?}"),
            }
            if !died && !matches!(moment, Moment::During(_)) {
                assert!(at > 10, "a run has more than {at} calls");
                break;
            }
            if !died && at > 80 {
                break;
            }
        }
        assert!(unknown <= 4, "{unknown} calls left an unknown outcome");
    }
}

/// Twenty statements of every kind that the databases share.
fn twenty(project: &Project) {
    let mut up = String::from(
        "CREATE TABLE parents (id integer PRIMARY KEY, name varchar(40));\n\
         INSERT INTO parents VALUES (1, 'one'), (2, 'two');\n\
         CREATE TABLE children (id integer PRIMARY KEY, parent integer REFERENCES parents (id), note varchar(40));\n\
         CREATE INDEX children_parent ON children (parent);\n\
         INSERT INTO children VALUES (1, 1, 'a');\n\
         INSERT INTO children VALUES (2, 2, 'b');\n\
         UPDATE children SET note = 'c' WHERE id = 2;\n\
         ALTER TABLE children ADD COLUMN extra integer;\n\
         UPDATE children SET extra = coalesce(extra, 0) + 1;\n\
         CREATE VIEW notes AS SELECT id, note FROM children;\n",
    );
    for number in 0..4 {
        up.push_str(&format!(
            "CREATE TABLE t{number} (id integer PRIMARY KEY, counter integer);\nINSERT INTO t{number} VALUES (1, {number});\n"
        ));
    }
    up.push_str("DROP TABLE t3;\nUPDATE t0 SET counter = counter + 1;\n");
    assert_eq!(up.matches(";\n").count(), 20);
    let down = "DROP VIEW notes;\nUPDATE t0 SET counter = counter + 1;\nDROP TABLE t0;\nDROP TABLE t1;\n\
         DELETE FROM t2;\nDROP TABLE t2;\nDROP TABLE children;\nDROP TABLE parents;\n";
    project.write(
        "1_twenty.sql",
        &format!("-- migrate:up\n{up}-- migrate:down\n{down}"),
    );
}

/// The same without a transaction, with what cannot be in one.
fn twenty_without_transaction(project: &Project) {
    twenty(project);
    let text = std::fs::read_to_string(project.folder.join("1_twenty.sql")).unwrap();
    let text = text
        .replace("-- migrate:up", "-- migrate:up transaction:false")
        .replace("-- migrate:down", "-- migrate:down transaction:false");
    let text = match project.dialect {
        DialectName::Postgres => text
            .replace("CREATE INDEX", "CREATE INDEX CONCURRENTLY")
            .replace(
                "DROP TABLE t3",
                "CREATE UNIQUE INDEX CONCURRENTLY t2_counter ON t2 (counter);\nVACUUM t3",
            ),
        DialectName::Sqlite => text.replace("DROP TABLE t3", "VACUUM;\nDROP TABLE t3"),
        DialectName::Mysql => {
            let procedure = "CREATE PROCEDURE add_one() BEGIN UPDATE t1 SET counter = counter + 1; UPDATE t2 SET counter = counter + 1; END";
            text.replace(
                "DROP TABLE t3",
                &format!("{procedure};\nCALL add_one();\nDROP TABLE t3"),
            )
        }
    };
    project.write("1_twenty.sql", &text);
}

/// The same in two transactions of the file's own, which Freight keeps out of.
fn twenty_in_own_transactions(project: &Project) {
    twenty(project);
    let text = std::fs::read_to_string(project.folder.join("1_twenty.sql")).unwrap();
    let text = text.replace("-- migrate:up\n", "-- migrate:up\nBEGIN;\n");
    let middle = "COMMIT;\nBEGIN;\nALTER TABLE children ADD COLUMN extra";
    let text = text.replace("ALTER TABLE children ADD COLUMN extra", middle);
    let text = text.replace("-- migrate:down\n", "COMMIT;\n-- migrate:down\n");
    project.write("1_twenty.sql", &text);
}

macro_rules! crashes {
    ($($name:ident: $dialect:ident $write:ident $way:ident;)*) => {
        $(
            mod $name {
                use super::*;

                const SCENARIO: Scenario = Scenario {
                    dialect: DialectName::$dialect,
                    write: $write,
                    way: Direction::$way,
                    twice: false,
                };

                #[test]
                fn before_every_call() {
                    SCENARIO.survives(|_| Moment::Before);
                }

                #[test]
                fn after_every_call() {
                    SCENARIO.survives(|_| Moment::After);
                }

                #[test]
                fn during_every_call() {
                    // Spread over the time that a statement takes, the same on every run.
                    SCENARIO.survives(|at| Moment::During((at as u64 * 7919) % 1500));
                }

                #[test]
                fn x_12_after_every_call_and_again() {
                    Scenario { twice: true, ..SCENARIO }.survives(|_| Moment::After);
                }
            }
        )*
    };
}

crashes! {
    sqlite: Sqlite twenty Up;
    sqlite_down: Sqlite twenty Down;
    sqlite_without_transaction: Sqlite twenty_without_transaction Up;
    sqlite_without_transaction_down: Sqlite twenty_without_transaction Down;
    sqlite_in_own_transactions: Sqlite twenty_in_own_transactions Up;
    postgres: Postgres twenty Up;
    postgres_down: Postgres twenty Down;
    postgres_without_transaction: Postgres twenty_without_transaction Up;
    postgres_without_transaction_down: Postgres twenty_without_transaction Down;
    postgres_in_own_transactions: Postgres twenty_in_own_transactions Up;
    mysql: Mysql twenty Up;
    mysql_down: Mysql twenty Down;
    mysql_without_transaction: Mysql twenty_without_transaction Up;
}
