//! Applies a plan: statements that follow from two schemas, not from a file.
//!
//! ```text
//! lock ─► [foreign keys off] ─► [BEGIN] ─► plan again: the same? ─► statements ─► plan again: empty? ─► [COMMIT]
//! ```
//!
//! Nothing is recorded: what is left to do is always the difference between the database and the
//! schema that is wanted. A run that was killed half-way, where definitions are not part of
//! transactions, is continued by comparing again. Where they are, a plan that does not lead to
//! the schema is rolled back as a whole.

use super::event::Event;
use super::retry::{self, ATTEMPTS};
use super::runner::Migrator;
use crate::dialect::Database;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Plan;

/// Makes the plan for the database as it is now.
pub type Replan<'a> = dyn FnMut(&mut Database) -> Result<Plan> + 'a;

impl Migrator<'_> {
    /// Carries out `plan` as the one migrator of this database. `replan` is asked before the
    /// first statement, when it must answer the same plan, and after the last, when it must
    /// answer an empty one.
    ///
    /// # Errors
    /// [`ErrorKind::SchemaChanged`] when the database is no longer the one that was planned for;
    /// [`ErrorKind::NotConverged`] with what is left, after a rollback where that is possible;
    /// [`ErrorKind::ForeignKeyCheck`]; a statement that fails.
    pub fn apply(&mut self, plan: &Plan, replan: &mut Replan<'_>) -> Result<()> {
        self.locked(|migrator| {
            let was_on = match plan.needs.foreign_keys_off {
                true => Some(
                    migrator
                        .support()
                        .set_foreign_keys(migrator.connection(), false)?,
                ),
                false => None,
            };
            let outcome = migrator.apply_retrying(plan, replan);
            if migrator.connection().is_lost() {
                return outcome;
            }
            let restored = match was_on {
                Some(on) => migrator
                    .support()
                    .set_foreign_keys(migrator.connection(), on)
                    .map(drop),
                None => Ok(()),
            };
            outcome.and(restored)
        })
    }

    fn apply_retrying(&mut self, plan: &Plan, replan: &mut Replan<'_>) -> Result<()> {
        let in_transaction =
            self.database.dialect.capabilities().transactional_ddl && !plan.needs.no_transaction;
        let mut attempt = 1;
        loop {
            let outcome = match in_transaction {
                true => self.apply_together(plan, replan),
                false => self.apply_each(plan, replan),
            };
            let Err(error) = outcome else { return Ok(()) };
            if !in_transaction || !self.waits_after(&error, attempt) {
                return Err(error);
            }
            attempt += 1;
        }
    }

    /// True after a pause, where trying again may help.
    fn waits_after(&mut self, error: &Error, attempt: u32) -> bool {
        let may_help = retry::is_retryable(error) && attempt < ATTEMPTS;
        if !may_help || self.connection().is_lost() {
            return false;
        }
        (self.listener)(&Event::Warning(retry::warning(error, attempt)));
        retry::pause(attempt);
        true
    }

    fn apply_together(&mut self, plan: &Plan, replan: &mut Replan<'_>) -> Result<()> {
        self.connection()
            .begin()
            .map_err(|error| self.busy(error))?;
        let outcome = self.checked(plan, replan);
        if self.connection().is_lost() {
            return outcome;
        }
        match outcome {
            Ok(()) => self.connection().commit(),
            Err(error) => {
                if self.connection().depth() > 0 {
                    self.connection().rollback()?;
                }
                Err(error)
            }
        }
    }

    fn checked(&mut self, plan: &Plan, replan: &mut Replan<'_>) -> Result<()> {
        let checks = plan.needs.foreign_keys_off;
        let support = self.support();
        let (before, analyzed) = match checks {
            true => (
                support.foreign_key_violations(self.connection())?,
                support.analyzed_tables(self.connection())?,
            ),
            false => (Vec::new(), Vec::new()),
        };
        self.apply_each(plan, replan)?;
        support.analyze_again(self.connection(), &analyzed)?;
        if checks {
            let after = support.foreign_key_violations(self.connection())?;
            let new: Vec<_> = after
                .iter()
                .filter(|line| !before.contains(line))
                .take(3)
                .cloned()
                .collect();
            if !new.is_empty() {
                return Err(Error::new(
                    ErrorKind::ForeignKeyCheck,
                    format!("the plan leaves rows that refer to nothing: {}", new.join("; ")),
                )
                .with_hint("keep the rows that others refer to, or delete those that refer; nothing was changed"));
            }
        }
        Ok(())
    }

    fn apply_each(&mut self, plan: &Plan, replan: &mut Replan<'_>) -> Result<()> {
        if replan(self.database)? != *plan {
            return Err(Error::new(
                ErrorKind::SchemaChanged,
                "the database changed since the plan was made",
            )
            .with_hint("run the command again: it shows the plan for the database as it is now"));
        }
        let total = plan.statements().count();
        for (index, statement) in plan.statements().enumerate() {
            self.run_retrying(statement)?;
            (self.listener)(&Event::StatementFinished {
                done: index + 1,
                total,
            });
        }
        let rest = replan(self.database)?;
        if rest.is_empty() {
            return Ok(());
        }
        let rest: Vec<_> = rest
            .statements()
            .map(|statement| format!("{statement};"))
            .collect();
        Err(Error::new(
            ErrorKind::NotConverged,
            "the plan does not lead to the schema that is wanted",
        )
        .with_sql(rest.join("\n"))
        .with_hint("what is left is shown above; please report it as a bug of Freight"))
    }

    /// A statement that is its own transaction can be tried again by itself; any other ends the
    /// transaction that it is in, which is tried again as a whole.
    fn run_retrying(&mut self, statement: &str) -> Result<()> {
        let mut attempt = 1;
        loop {
            let Err(error) = self.connection().run(statement) else {
                return Ok(());
            };
            let is_alone = self.connection().depth() == 0;
            if !is_alone || !self.waits_after(&error, attempt) {
                let sql = error
                    .sql()
                    .map_or_else(|| statement.to_owned(), str::to_owned);
                return Err(error.with_sql(sql));
            }
            attempt += 1;
        }
    }
}
