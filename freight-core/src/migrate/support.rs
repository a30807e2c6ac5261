//! What the migration engine asks of a database.

use std::time::Duration;

use crate::driver::{Connection, Server};
use crate::error::Result;

/// The fingerprint of an object that does not exist.
pub const ABSENT: &str = "absent";

/// May a statement stand in a transaction?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionRule {
    /// It may.
    Allowed,
    /// The database refuses it there: `VACUUM`, `CREATE INDEX CONCURRENTLY`.
    Forbidden,
    /// The database refuses it, or it means nothing, anywhere else: `LOCK TABLE`, `SAVEPOINT`,
    /// `SET LOCAL`, `DECLARE … CURSOR`.
    Required,
    /// It opens a transaction: `BEGIN`, `START TRANSACTION`.
    Begins,
    /// It ends one: `COMMIT`, `ROLLBACK` (not `ROLLBACK TO`), `END`.
    Ends,
    /// It may end one inside: `CALL` and `DO` on PostgreSQL, where a body may commit. In a
    /// transaction that Freight opened it can run; its COMMITs cannot.
    MayEnd,
}

/// What a statement changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// This connection alone: `SET`, `PREPARE`, `USE`. Sent again when a script is resumed.
    Session,
    /// Rows only; rolled back with its transaction on every database.
    Rows,
    /// Definitions, or anything else. Where DDL is not transactional it commits what is open.
    Definitions,
}

/// Something whose state tells whether a statement ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What to look at, in a form that only the dialect reads: `table app.users`, `index i`.
    pub object: String,
    /// The fingerprint before the statement where the statement itself tells: a plain
    /// `CREATE TABLE` can only succeed when the table is [`ABSENT`].
    pub before: Option<&'static str>,
}

/// What a statement is, read from its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementFacts {
    /// May it stand in a transaction?
    pub transaction: TransactionRule,
    /// What it changes.
    pub effect: Effect,
    /// How to find out whether it ran, where that is possible.
    pub probe: Option<Probe>,
    /// True when running it a second time does no harm: `VACUUM`, `ANALYZE`, `… IF NOT EXISTS`.
    pub idempotent: bool,
    /// True when it changes settings of the session that the next migration must not inherit:
    /// `SET`, `set_config(…)`, `USE`, `PRAGMA`.
    pub changes_settings: bool,
    /// `PRAGMA foreign_keys = …`: what it sets (SQLite).
    pub foreign_keys: Option<bool>,
    /// The value that `ALTER TYPE … ADD VALUE` adds (PostgreSQL): until it is committed, no
    /// statement can use it.
    pub adds_enum_value: Option<String>,
    /// Set when the statement takes the connection away from the database that is being migrated
    /// or drops it (`USE other`, `DROP DATABASE current`, `ATTACH` is none): what it does, for the
    /// message.
    pub switches_database: Option<String>,
    /// Set when the statement must not be sent, and counts as done: why, for a warning. `LOCK
    /// TABLES` of MySQL would keep the history from being written.
    pub skipped: Option<String>,
}

/// The common kinds, to start from.
impl StatementFacts {
    /// A statement that changes rows alone, or nothing.
    #[must_use]
    pub fn rows() -> Self {
        Self {
            effect: Effect::Rows,
            ..Self::default()
        }
    }

    /// A statement that changes this connection alone.
    #[must_use]
    pub fn session() -> Self {
        Self {
            effect: Effect::Session,
            ..Self::default()
        }
    }

    /// A statement that changes settings of the session.
    #[must_use]
    pub fn settings() -> Self {
        Self {
            changes_settings: true,
            ..Self::session()
        }
    }

    /// The same, harmless when it runs twice.
    #[must_use]
    pub fn harmless_twice(self) -> Self {
        Self {
            idempotent: true,
            ..self
        }
    }

    /// The same with another rule about transactions.
    #[must_use]
    pub fn with_rule(self, transaction: TransactionRule) -> Self {
        Self {
            transaction,
            ..self
        }
    }
}

impl Default for StatementFacts {
    /// A statement that may stand in a transaction and changes definitions.
    fn default() -> Self {
        Self {
            transaction: TransactionRule::Allowed,
            effect: Effect::Definitions,
            probe: None,
            idempotent: false,
            changes_settings: false,
            foreign_keys: None,
            adds_enum_value: None,
            switches_database: None,
            skipped: None,
        }
    }
}

/// Settings of a migration run's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionSettings {
    /// How long a statement waits for a lock on a table (`lock_timeout`, `lock_wait_timeout`);
    /// `None` leaves the server's setting.
    pub table_lock_timeout: Option<Duration>,
    /// How long to wait for another migrator, where a transaction's write lock is the lock
    /// (SQLite's `busy_timeout`).
    pub lock_timeout: Duration,
}

/// Where the history table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryTable {
    /// Its name, qualified and quoted, so that it is found whatever the session does to
    /// `search_path` or the current database.
    pub name: String,
    /// True when it exists.
    pub exists: bool,
}

/// What the migration engine asks of a database.
pub trait MigrationSupport: Sync {
    /// Where the history table called `table` is or would be: in the schema or database in which
    /// an unqualified `CREATE TABLE` would put it now.
    ///
    /// # Errors
    /// What the database answers; [`ErrorKind::MissingSetting`](crate::ErrorKind) when the
    /// connection has no database or schema to create in.
    fn history_table(&self, connection: &mut dyn Connection, table: &str) -> Result<HistoryTable>;

    /// The statements that create the history table; `table` is [`HistoryTable::name`]. Every
    /// dialect has the same columns: `id`, `name`, `batch`, `checksum`, `state`, `origin`,
    /// `statements_total`, `statements_applied`, `statement_hashes`, `in_flight`,
    /// `in_flight_before`, `error`, `error_statement`, `started_at`, `finished_at`,
    /// `duration_ms`, `tool_version`.
    fn create_history(&self, table: &str) -> Vec<String>;

    /// Tries once to become the one migrator of this database, without waiting. Always true
    /// without [`session_lock`](crate::dialect::Capabilities::session_lock).
    ///
    /// # Errors
    /// What the database answers.
    fn try_lock(&self, connection: &mut dyn Connection) -> Result<bool>;

    /// Stops being the one migrator. The end of the connection does the same.
    ///
    /// # Errors
    /// What the database answers.
    fn unlock(&self, connection: &mut dyn Connection) -> Result<()>;

    /// Who holds the lock, for people: `process 4711 of app@10.0.0.7, since 12:03:04`.
    ///
    /// # Errors
    /// What the database answers.
    fn lock_holder(&self, connection: &mut dyn Connection) -> Result<Option<String>>;

    /// Puts the session into the state in which every migration begins. Called at the start, and
    /// again after a script that changed settings.
    ///
    /// # Errors
    /// What the database answers.
    fn prepare_session(
        &self,
        connection: &mut dyn Connection,
        settings: &SessionSettings,
    ) -> Result<()>;

    /// What a statement is.
    fn facts(&self, server: &Server, sql: &str) -> StatementFacts;

    /// True when a statement with [`StatementFacts::switches_database`] leaves the connection where
    /// it is after all: `USE` of the current database, `DROP DATABASE` of another one. Only the
    /// server knows which is the current one.
    ///
    /// # Errors
    /// What the database answers.
    fn stays_in_database(&self, connection: &mut dyn Connection, sql: &str) -> Result<bool> {
        let _ = (connection, sql);
        Ok(false)
    }

    /// The state of what `probe` names: [`ABSENT`], or a text that differs whenever its
    /// definition differs.
    ///
    /// # Errors
    /// What the database answers.
    fn fingerprint(&self, connection: &mut dyn Connection, probe: &Probe) -> Result<String>;

    /// Called before a statement that runs outside a transaction. `again` is true when an
    /// earlier run sent it and did not see it succeed: what that run left behind may be removed.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidIndex`](crate::ErrorKind) when a leftover of somebody else is in the
    /// way; what the database answers.
    fn before_statement(
        &self,
        connection: &mut dyn Connection,
        sql: &str,
        again: bool,
    ) -> Result<()> {
        let _ = (connection, sql, again);
        Ok(())
    }

    /// Called after a statement that ran outside a transaction, with what it answered: makes
    /// sure of what the database does not say by itself, or adds to the error what was left.
    ///
    /// # Errors
    /// The statement's own error, or [`ErrorKind::InvalidIndex`](crate::ErrorKind).
    fn after_statement(
        &self,
        connection: &mut dyn Connection,
        sql: &str,
        outcome: Result<()>,
    ) -> Result<()> {
        let _ = (connection, sql);
        outcome
    }

    /// Switches the enforcement of foreign keys for this connection, outside any transaction,
    /// and makes sure that it took effect. Returns what it was before. (SQLite.)
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) where a connection cannot do that.
    fn set_foreign_keys(&self, connection: &mut dyn Connection, on: bool) -> Result<bool> {
        let _ = on;
        Err(crate::Error::unsupported(
            "switching foreign keys off for a migration",
            connection.server().product,
        ))
    }

    /// The rows that violate a foreign key, one line each, sorted. (SQLite.)
    ///
    /// # Errors
    /// What the database answers.
    fn foreign_key_violations(&self, connection: &mut dyn Connection) -> Result<Vec<String>> {
        let _ = connection;
        Ok(Vec::new())
    }

    /// The tables that the query planner has statistics of. (SQLite, where a table that is made
    /// anew loses them.)
    ///
    /// # Errors
    /// What the database answers.
    fn analyzed_tables(&self, connection: &mut dyn Connection) -> Result<Vec<String>> {
        let _ = connection;
        Ok(Vec::new())
    }

    /// Gathers statistics again for those of the tables that are there and have lost them.
    ///
    /// # Errors
    /// What the database answers.
    fn analyze_again(&self, connection: &mut dyn Connection, tables: &[String]) -> Result<()> {
        let _ = (connection, tables);
        Ok(())
    }

    /// A number that differs from the one before when another connection changed the database in
    /// between; `None` where a lock makes that impossible. (SQLite: `PRAGMA data_version`.)
    ///
    /// # Errors
    /// What the database answers.
    fn change_counter(&self, connection: &mut dyn Connection) -> Result<Option<i64>> {
        let _ = connection;
        Ok(None)
    }

    /// Keeps other migrators that call this out, also between transactions, until it is called
    /// with `false`. For statements outside any transaction on a database without
    /// [`session_lock`](crate::dialect::Capabilities::session_lock). (SQLite: a lock on a file of
    /// its own.)
    ///
    /// # Errors
    /// [`ErrorKind::MigrationLocked`](crate::ErrorKind) when another migrator is not done in time;
    /// what the database answers.
    fn hold_exclusively(&self, connection: &mut dyn Connection, on: bool) -> Result<()> {
        let _ = (connection, on);
        Ok(())
    }

    /// The columns of a table, in lower case, or `None` when there is no such table. `table` is
    /// `name` or `schema.name`, unquoted; a plain name is looked up as the session would.
    ///
    /// # Errors
    /// What the database answers.
    fn table_columns(
        &self,
        connection: &mut dyn Connection,
        table: &str,
    ) -> Result<Option<Vec<String>>>;
}
