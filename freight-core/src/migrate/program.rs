//! Migrations that are programs: they are run by whoever runs the migrator, over its connection.
//!
//! A program is one unit: it runs in a transaction that also holds its record, on every database.
//! What would end that transaction on the way is refused before it is sent, so that a program
//! that fails or dies leaves nothing behind.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::event::Direction;
use super::file::Script;
use super::support::{Effect, TransactionRule};
use crate::dialect::{Database, Dialect, DialectName};
use crate::driver::{Connection, Executed, RowSink, Server, Statement, TransactionOptions};
use crate::error::{Error, ErrorKind, Result};

/// Runs programs.
pub trait RunProgram: fmt::Debug + Send + Sync {
    /// Whether a program has a way back.
    ///
    /// # Errors
    /// [`ErrorKind::UnreadableMigration`] for one that cannot be read.
    fn has_down(&self, script: &Script) -> Result<bool>;

    /// Runs one way of a program over a connection on which a transaction is open. The connection
    /// is of no use afterwards.
    ///
    /// # Errors
    /// What the program raises.
    fn run(
        &self,
        script: &Script,
        direction: Direction,
        dialect: DialectName,
        connection: Box<dyn Connection>,
    ) -> Result<()>;
}

/// Has a program run over the connection of `database`.
pub(super) fn run(
    programs: Option<&dyn RunProgram>,
    database: &mut Database,
    script: &Script,
    direction: Direction,
) -> Result<()> {
    let Some(programs) = programs else {
        let message = format!(
            "`{}` is a program, which nothing here runs",
            script.path.display()
        );
        return Err(Error::new(ErrorKind::Unsupported, message)
            .with_hint("run it with `freight migrate`")
            .at(&script.path, 0, 0));
    };
    let floor = database.connection.depth();
    let lent = Lent {
        place: Arc::default(),
        server: database.connection.server().clone(),
        dialect: database.dialect,
        floor,
    };
    let own = std::mem::replace(&mut database.connection, Box::new(lent.clone()));
    if let Ok(mut place) = lent.place.lock() {
        *place = Some(own);
    }
    let outcome = programs.run(
        script,
        direction,
        database.dialect.name(),
        Box::new(lent.clone()),
    );
    if let Some(own) = lent.place.lock().ok().and_then(|mut place| place.take()) {
        database.connection = own;
    }
    outcome?;
    // What would be undone must not count as done.
    match database.connection.depth() > floor {
        false => Ok(()),
        true => Err(Error::new(
            ErrorKind::InvalidDirective,
            "the program begins a transaction and does not end it",
        )
        .with_hint("end it with `db:commit()`, or use `db:transaction`; nothing of it was kept")
        .at(&script.path, 0, 0)),
    }
}

/// The connection, lent to a program: it keeps the transaction that is open on it, and is gone when
/// the program has ended.
#[derive(Clone)]
struct Lent {
    place: Arc<Mutex<Option<Box<dyn Connection>>>>,
    server: Server,
    dialect: &'static dyn Dialect,
    /// How many transactions and savepoints were open.
    floor: usize,
}

impl Lent {
    fn with<T>(&self, work: impl FnOnce(&mut dyn Connection) -> Result<T>) -> Result<T> {
        match self
            .place
            .lock()
            .ok()
            .as_mut()
            .and_then(|place| place.as_mut())
        {
            Some(connection) => work(&mut **connection),
            None => Err(Error::connection_lost(self.server.product)
                .with_hint("the migration that this connection was for has ended")),
        }
    }

    fn ask<T>(&self, question: impl FnOnce(&dyn Connection) -> T, otherwise: T) -> T {
        let place = self.place.lock();
        match place.as_ref().ok().and_then(|place| place.as_ref()) {
            Some(connection) => question(&**connection),
            None => otherwise,
        }
    }

    /// Refuses what would end the transaction.
    fn check(&self, sql: &str) -> Result<()> {
        let facts = self.dialect.migrations().facts(&self.server, sql);
        let ends = match facts.transaction {
            TransactionRule::Begins | TransactionRule::Ends | TransactionRule::Forbidden => true,
            TransactionRule::Allowed | TransactionRule::Required | TransactionRule::MayEnd => {
                facts.effect == Effect::Definitions
                    && !self.dialect.capabilities().transactional_ddl
            }
        };
        if !ends && facts.switches_database.is_none() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            "a migration that is a program runs in one transaction, which this statement would end",
        )
        .with_hint("put the statement into a migration in SQL; the program may change rows")
        .with_sql(sql))
    }

    fn check_depth(&self) -> Result<()> {
        match self.depth() > self.floor {
            true => Ok(()),
            false => Err(Error::no_transaction()
                .with_hint("the transaction of the migration is ended by whoever runs it")),
        }
    }
}

impl Connection for Lent {
    fn execute(&mut self, statement: &Statement) -> Result<Executed> {
        self.check(&statement.sql)?;
        self.with(|connection| connection.execute(statement))
    }

    fn query(&mut self, statement: &Statement, sink: &mut dyn RowSink) -> Result<()> {
        self.check(&statement.sql)?;
        self.with(|connection| connection.query(statement, sink))
    }

    fn run(&mut self, sql: &str) -> Result<Executed> {
        self.check(sql)?;
        self.with(|connection| connection.run(sql))
    }

    fn copy_in(&mut self, sql: &str, data: &[u8]) -> Result<Executed> {
        self.with(|connection| connection.copy_in(sql, data))
    }

    fn begin_with(&mut self, options: &TransactionOptions) -> Result<()> {
        self.with(|connection| connection.begin_with(options))
    }

    fn commit(&mut self) -> Result<()> {
        self.check_depth()?;
        self.with(|connection| connection.commit())
    }

    fn rollback(&mut self) -> Result<()> {
        self.check_depth()?;
        self.with(|connection| connection.rollback())
    }

    fn depth(&self) -> usize {
        self.ask(|connection| connection.depth(), 0)
    }

    fn in_transaction(&mut self) -> Result<bool> {
        self.with(|connection| connection.in_transaction())
    }

    fn may_be_in_transaction(&self) -> bool {
        self.ask(|connection| connection.may_be_in_transaction(), false)
    }

    fn server(&self) -> &Server {
        &self.server
    }

    fn is_lost(&self) -> bool {
        self.ask(|connection| connection.is_lost(), true)
    }

    fn ping(&mut self) -> Result<()> {
        self.with(|connection| connection.ping())
    }

    fn close(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
