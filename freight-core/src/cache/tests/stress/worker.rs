//! A process that reads and writes a few rows through the cache, in every way, and looks whether
//! what it reads is at least what was acknowledged before it began to read.
//!
//! Each row counts its changes in `n`.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::ROWS;
use super::database::Observed;
use super::job::{JOB, Job, Trouble};
use super::log::{Acknowledging, Log, When};
use super::moments::{Moment, Moments, say};
use super::network::Network;
use super::numbers::Random;
use super::server::{connect, let_fall};
use crate::cache::tests::place::open;
use crate::cache::{Cache, CachedConnection, Shared, SystemClock, TableSettings};
use crate::dialect::DialectName;
use crate::driver::{Connection, Keeping, RowSet, Statement};
use crate::error::Result;
use crate::{ErrorKind, Value};

/// What is added where it is undone.
const UNDONE: i64 = 1_000_000_000;

/// What each process of the tests of this folder does. By itself it does nothing.
#[test]
fn works() {
    let Ok(job) = std::env::var(JOB) else { return };
    let job: Job = serde_json::from_str(&job).unwrap();
    // The line that names the test has no end yet.
    say("");
    let mut worker = Worker::new(job);
    let mut step = 0;
    while !worker.job.is_over(step) {
        step += 1;
        worker.moments.lock().unwrap().reach(Moment::Next);
        worker.step();
        if step % 5 == 0 {
            say(&format!("step {step}"));
        }
    }
    worker.settle();
    let statistics = *worker.shared.lock().unwrap().cache.statistics();
    let (reads, writes, retries) = (worker.reads, worker.writes, worker.retries);
    say(&format!(
        "done steps: {step}, reads: {reads}, writes: {writes}, retries: {retries}, {statistics:?}"
    ));
}

struct Worker {
    job: Job,
    connection: CachedConnection,
    shared: Arc<Mutex<Shared>>,
    acknowledging: Arc<Mutex<Acknowledging>>,
    moments: Arc<Mutex<Moments>>,
    random: Random,
    reads: u64,
    writes: u64,
    retries: u64,
}

type Changed = Vec<(usize, i64)>;

impl Worker {
    fn new(job: Job) -> Self {
        let moments = Arc::new(Mutex::new(Moments::new(&job)));
        let log = Log::open(&job.folder);
        let acknowledging = Acknowledging::new(log, job.worker, job.trouble.when());
        let acknowledging = Arc::new(Mutex::new(acknowledging));
        let network = Network::to(job.redis.clone(), Arc::clone(&moments));
        let cache = Cache::new(job.settings(), Box::new(network), Box::new(SystemClock));
        let database = open(&job.url);
        let (url, of_second) = (job.url.clone(), Arc::clone(&moments));
        let another = move || -> Result<Box<dyn Connection>> {
            let inner = open(&url).connection;
            Ok(Box::new(Observed::new(inner, Arc::clone(&of_second), None)))
        };
        let mut shared = Shared::new(cache, database.dialect, Box::new(another));
        shared.keep("berths", TableSettings::default());
        let shared = Arc::new(Mutex::new(shared));
        let observed = Observed::new(
            database.connection,
            Arc::clone(&moments),
            Some(Arc::clone(&acknowledging)),
        );
        Self {
            connection: CachedConnection::new(Box::new(observed), Arc::clone(&shared)),
            shared,
            acknowledging,
            moments,
            random: Random::new(job.seed),
            reads: 0,
            writes: 0,
            retries: 0,
            job,
        }
    }

    fn step(&mut self) {
        let row = self.random.below(ROWS);
        if !self.random.chance(self.job.trouble.writes()) {
            self.reads += 1;
            return self.read(row);
        }
        match self.write(row) {
            Ok(()) => self.writes += 1,
            Err(error) => {
                // Two writers may be in each other's way; nothing else may go wrong.
                let is_usual = matches!(
                    error.kind(),
                    ErrorKind::SerializationFailure | ErrorKind::Deadlock
                );
                assert!(is_usual, "{error:?}");
                self.retries += 1;
                self.acknowledging.lock().unwrap().forget();
                self.undo();
            }
        }
        self.after_a_write();
    }

    fn undo(&mut self) {
        while self.connection.depth() > 0 {
            self.connection.rollback().unwrap();
        }
        if self.connection.in_transaction().unwrap() {
            self.connection.run("ROLLBACK").unwrap();
        }
    }

    fn after_a_write(&mut self) {
        self.moments.lock().unwrap().reach(Moment::Written);
        match self.job.trouble {
            // Fences that nobody could take away stand for half a minute, which is too long here.
            Trouble::Cut | Trouble::Late => {
                let fences = self.moments.lock().unwrap().take_fences();
                let_fall(&self.job.redis, &fences);
            }
            Trouble::Loss if self.random.chance(50) => self.lose_something(),
            _ => {}
        }
    }

    /// Redis loses what it has under one of its keys.
    fn lose_something(&mut self) {
        let mut redis = connect(&self.job.redis);
        let key: Option<Vec<u8>> = redis::cmd("RANDOMKEY").query(&mut redis).unwrap();
        redis::cmd("DEL").arg(key).exec(&mut redis).unwrap();
    }

    /// What was sent without waiting has arrived.
    fn settle(&self) {
        let mut shared = self.shared.lock().unwrap();
        let limit = Duration::from_secs(5);
        let _ = shared.cache.server.command(&[b"PING"], limit);
    }

    // ------------------------------------------------------------------------------- reads

    fn read(&mut self, row: usize) {
        let at_least = self.acknowledging.lock().unwrap().at_least();
        match self.random.below(5) {
            0 | 1 => {
                let statement = Statement::new("SELECT * FROM berths WHERE id = ? LIMIT 1");
                let rows = self.kept(&statement.bind(id(row)), Keeping::Rows);
                self.check_rows(&rows, &at_least, 1, "a row");
            }
            2 => {
                let places = ["?"; ROWS].join(", ");
                let mut statement =
                    Statement::new(format!("SELECT * FROM berths WHERE id IN ({places})"));
                statement.values = (0..ROWS).map(|row| Value::Int(id(row))).collect();
                let rows = self.kept(&statement, Keeping::Rows);
                self.check_rows(&rows, &at_least, ROWS, "rows");
            }
            3 => {
                let statement = Statement::new("SELECT sum(n) FROM berths");
                let rows = self.kept(&statement, Keeping::Result(Duration::from_secs(60)));
                let sum = number(&rows.rows[0][0]);
                check(ROWS, sum, at_least.iter().sum(), "a sum");
            }
            _ => {
                let sql = "SELECT * FROM berths WHERE code = ? ORDER BY id ASC LIMIT 1";
                let statement = Statement::new(sql).bind(format!("c{}", id(row)));
                let rows = self.kept(&statement, Keeping::Rows);
                self.check_rows(&rows, &at_least, 1, "a row by its code");
            }
        }
    }

    fn kept(&mut self, statement: &Statement, keeping: Keeping) -> RowSet {
        let mut rows = RowSet::default();
        let outcome = self.connection.query_kept(statement, &mut rows, &keeping);
        outcome.unwrap();
        rows
    }

    fn check_rows(&self, rows: &RowSet, at_least: &[i64; ROWS], count: usize, how: &str) {
        assert_eq!(rows.rows.len(), count, "{how}");
        for values in &rows.rows {
            let row = row_of(&values[0]);
            check(row, number(&values[1]), at_least[row], how);
        }
    }

    // ------------------------------------------------------------------------------ writes

    fn write(&mut self, row: usize) -> Result<()> {
        match self.random.below(self.job.trouble.kinds()) {
            0 => self.one_row(row),
            1 => self.one_statement(row),
            2 => self.by_hand(row, "UPDATE berths SET n = n + 1 WHERE id = "),
            3 => self.with_savepoint(row),
            4 => self.undone(row),
            5 => self.ended_by_hand(row),
            6 => self.by_hand(row, "UPDATE berths SET n = n + 1 WHERE 0 + id = "),
            _ => self.all_rows(),
        }
    }

    fn one_row(&mut self, row: usize) -> Result<()> {
        self.connection.begin()?;
        self.add(row, 1)?;
        let number = self.number_of(row)?;
        self.commit(vec![(row, number)])
    }

    fn one_statement(&mut self, row: usize) -> Result<()> {
        let number = match self.job.dialect() {
            DialectName::Postgres => {
                let sql = "UPDATE berths SET n = n + 1 WHERE id = ? RETURNING n";
                self.fetch_number(&Statement::new(sql).bind(id(row)))?
            }
            _ => {
                let sql = "UPDATE berths SET n = LAST_INSERT_ID(n + 1) WHERE id = ?";
                self.connection
                    .execute(&Statement::new(sql).bind(id(row)))?;
                self.fetch_number(&Statement::new("SELECT LAST_INSERT_ID()"))?
            }
        };
        self.acknowledging
            .lock()
            .unwrap()
            .prepare(vec![(row, number)]);
        self.acknowledge();
        Ok(())
    }

    /// A transaction of which only the text of its statements tells.
    fn by_hand(&mut self, row: usize, update: &str) -> Result<()> {
        self.connection.run("BEGIN")?;
        self.connection.run(&format!("{update}{}", id(row)))?;
        let number = self.number_of(row)?;
        self.acknowledging
            .lock()
            .unwrap()
            .prepare(vec![(row, number)]);
        self.connection.run("COMMIT")?;
        self.acknowledge();
        Ok(())
    }

    /// A transaction that is not ended as it was begun, and a change after it.
    fn ended_by_hand(&mut self, row: usize) -> Result<()> {
        self.connection.begin()?;
        self.add(row, 1)?;
        self.connection.run("COMMIT")?;
        self.one_statement(row)
    }

    fn with_savepoint(&mut self, row: usize) -> Result<()> {
        self.connection.begin()?;
        self.add(row, 1)?;
        self.connection.begin()?;
        self.add(row, UNDONE)?;
        self.connection.rollback()?;
        let number = self.number_of(row)?;
        self.commit(vec![(row, number)])
    }

    fn undone(&mut self, row: usize) -> Result<()> {
        self.connection.begin()?;
        self.add(row, UNDONE)?;
        self.connection.rollback()
    }

    fn all_rows(&mut self) -> Result<()> {
        self.connection.begin()?;
        // In one order, so that nobody waits for each other.
        let connection: &mut dyn Connection = &mut self.connection;
        connection.fetch(&Statement::new(
            "SELECT id FROM berths ORDER BY id FOR UPDATE",
        ))?;
        connection.execute(&Statement::new("UPDATE berths SET n = n + 1"))?;
        let rows = connection.fetch(&Statement::new("SELECT id, n FROM berths"))?;
        let changed = rows
            .rows
            .iter()
            .map(|row| (row_of(&row[0]), number(&row[1])));
        self.commit(changed.collect())
    }

    fn add(&mut self, row: usize, count: i64) -> Result<()> {
        let update = Statement::new("UPDATE berths SET n = n + ? WHERE id = ?");
        let update = update.bind(count).bind(id(row));
        self.connection.execute(&update).map(|_| ())
    }

    fn number_of(&mut self, row: usize) -> Result<i64> {
        self.fetch_number(&Statement::new("SELECT n FROM berths WHERE id = ?").bind(id(row)))
    }

    fn fetch_number(&mut self, statement: &Statement) -> Result<i64> {
        let connection: &mut dyn Connection = &mut self.connection;
        connection
            .fetch_value(statement)
            .map(|value| number(&value))
    }

    fn commit(&mut self, changed: Changed) -> Result<()> {
        self.acknowledging.lock().unwrap().prepare(changed);
        self.connection.commit()?;
        self.acknowledge();
        Ok(())
    }

    fn acknowledge(&self) {
        let mut acknowledging = self.acknowledging.lock().unwrap();
        if acknowledging.when == When::Released {
            self.settle();
        }
        acknowledging.acknowledge();
    }
}

fn check(row: usize, number: i64, at_least: i64, how: &str) {
    let wrong = match number {
        number if number >= UNDONE => "undone",
        number if number < at_least => "old",
        _ => return,
    };
    say(&format!(
        "{wrong}: {how} gave {number} for row {row}, and {at_least} was acknowledged"
    ));
    std::process::exit(1);
}

fn id(row: usize) -> i64 {
    i64::try_from(row).unwrap() + 1
}

fn row_of(id: &Value) -> usize {
    usize::try_from(number(id) - 1).unwrap()
}

fn number(value: &Value) -> i64 {
    value.to_string().parse().unwrap()
}
