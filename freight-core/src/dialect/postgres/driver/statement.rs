//! Statements with values: a plan for each text, and the message that runs it.

use std::sync::{Arc, OnceLock};

use sqlx::Statement as _;
use sqlx::postgres::{PgArguments, PgRow};

use super::super::errors::byte_offset;
use super::super::values::{FIRST_USER_OID, ParameterType, Plain};
use super::bound::Bound;
use super::cache::{Plan, Sending, Use};
use super::shape::Shape;
use super::text::{Message, original_offset};
use super::view::{View, column_of, columns_of};
use super::{PostgresConnection, executed, server_error, text_at};
use crate::driver::{Columns, Connection as _, Executed, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::sql::{Lexicon, placeholders};
use crate::value::Value;

/// Statements with values.
impl PostgresConnection {
    pub(super) fn statement(
        &mut self,
        statement: &Statement,
        view: &mut View<'_>,
    ) -> Result<Executed> {
        self.check_usable(&statement.sql)?;
        if view.sink.is_some() && !self.types.is_loaded() {
            self.load_types()?;
        }
        if let Some(used) = self.kept_plan(&statement.sql) {
            Error::check_count(used.plan.parameters.len(), statement.values.len())
                .map_err(|error| error.with_sql(&statement.sql))?;
            match self.run_kept(&used, statement, view) {
                // Another connection may have changed a table under the plan. Nothing was done
                // and nothing was shown, so it can be done again with a new one.
                Err(error) if may_be_outdated(&error) && !view.has_begun => {
                    self.cache.discard(&statement.sql);
                    if self.may_be_in_transaction() {
                        return Err(outdated(error));
                    }
                }
                outcome => return outcome,
            }
        }
        let plan = self.plan(statement)?;
        self.run_plan(&plan, statement, view)
    }

    /// The plan that was made for this text, unless this connection changed something since: in
    /// a transaction there would be no second try.
    fn kept_plan(&mut self, sql: &str) -> Option<Use> {
        let used = self.cache.get(sql)?;
        if used.plan.generation != self.cache.generation() {
            self.cache.discard(sql);
            return None;
        }
        Some(used)
    }

    fn run_kept(
        &mut self,
        used: &Use,
        statement: &Statement,
        view: &mut View<'_>,
    ) -> Result<Executed> {
        if let Some(bound) = self.bound(used, &statement.sql)?
            && let Some(arguments) = bound.arguments(&statement.values)
        {
            return self.run_bound(&used.plan, &bound, arguments, statement, view);
        }
        self.run_plan(&used.plan, statement, view)
    }

    fn plan(&mut self, statement: &Statement) -> Result<Arc<Plan>> {
        let found = placeholders(&statement.sql, &Lexicon::POSTGRES, true);
        Error::check_count(found.count, statement.values.len())
            .map_err(|error| error.with_sql(&statement.sql))?;
        let shape = Shape::read(&found.sql);
        shape.refuse()?;
        if shape.is_preparable && shape.has_more {
            return Err(Error::bad_argument("there is more than one statement")
                .with_hint("send each statement alone")
                .with_sql(&statement.sql));
        }
        let mut plan = Plan {
            sql: found.sql.get(..shape.end).unwrap_or_default().to_owned(),
            sending: Sending::Inline,
            parameters: vec![ParameterType::Unknown; found.count],
            takes_plain: true,
            shape,
            columns: OnceLock::new(),
            generation: self.cache.generation(),
        };
        if !plan.shape.is_preparable || !self.cache.is_on() {
            return Ok(Arc::new(plan));
        }
        self.deallocate_discarded()?;
        self.prepare(&mut plan, &statement.sql)?;
        let plan = Arc::new(plan);
        self.cache.insert(&statement.sql, Arc::clone(&plan));
        Ok(plan)
    }

    /// PREPAREs the plan, and asks for the types of its parameters.
    ///
    /// In a transaction a savepoint stands around it: where a type cannot be inferred, the plan
    /// is to send literals in place, and the transaction has to survive the attempt.
    fn prepare(&mut self, plan: &mut Plan, original: &str) -> Result<()> {
        let number = self.cache.next_number();
        let guarded = self.may_be_in_transaction();
        let mut sent = String::new();
        if guarded {
            sent.push_str("SAVEPOINT freight_prepare; ");
        }
        sent.push_str(&format!("PREPARE freight_{number} AS "));
        let start = sent.len();
        sent.push_str(&plan.sql);
        // The statement may end in a line comment.
        sent.push('\n');
        if !plan.parameters.is_empty() {
            sent.push_str(&format!(
                "; SELECT parameter_types::oid[]::text FROM pg_catalog.pg_prepared_statements \
                 WHERE name = 'freight_{number}'"
            ));
        }
        if guarded {
            sent.push_str("; RELEASE SAVEPOINT freight_prepare");
        }
        let mut types = String::new();
        match self.send_text(&sent, Some(&mut |row| types = text_at(row, 0))) {
            Ok(_) => {
                plan.sending = Sending::Prepared(number);
                let oids = oids(&types, plan.parameters.len())?;
                plan.takes_plain = oids.iter().all(|oid| Plain::of(*oid).is_some());
                plan.parameters = self.parameter_types(&oids)?;
                Ok(())
            }
            Err(error) => self.prepare_failed(error, plan, original, &sent, start),
        }
    }

    fn prepare_failed(
        &mut self,
        error: sqlx::Error,
        plan: &mut Plan,
        original: &str,
        sent: &str,
        start: usize,
    ) -> Result<()> {
        let (code, position) = server_error(&error)
            .map(|error| (error.code.to_owned(), error.position))
            .unwrap_or_default();
        let guarded = self.may_be_in_transaction();
        match code.as_str() {
            // The transaction was not what it was taken for.
            "25P01" if guarded => {
                self.by_hand = false;
                self.levels.clear();
                return self.prepare(plan, original);
            }
            // "could not determine data type of parameter": a literal in its place is text.
            "42P18" => {
                if guarded {
                    self.simple(
                        "ROLLBACK TO SAVEPOINT freight_prepare; RELEASE SAVEPOINT freight_prepare",
                    )?;
                }
                return Ok(());
            }
            _ => {}
        }
        let error = self.failure(error).with_sql(original);
        let offset = position
            .and_then(|position| byte_offset(sent, position))
            .and_then(|offset| offset.checked_sub(start))
            .filter(|offset| *offset <= plan.sql.len());
        Err(match offset {
            Some(offset) => error.with_offset(original_offset(original, &plan.sql, offset)),
            None => error,
        })
    }

    /// What each literal will be taken for.
    fn parameter_types(&mut self, oids: &[u32]) -> Result<Vec<ParameterType>> {
        if oids
            .iter()
            .any(|oid| *oid >= FIRST_USER_OID && self.types.base(*oid).is_none())
        {
            self.load_types()?;
        }
        let base = |oid: &u32| self.types.base(*oid).unwrap_or(*oid);
        Ok(oids.iter().map(base).map(ParameterType::of).collect())
    }

    fn run_plan(
        &mut self,
        plan: &Arc<Plan>,
        statement: &Statement,
        view: &mut View<'_>,
    ) -> Result<Executed> {
        let message = match plan.sending {
            Sending::Prepared(number) => {
                Message::execute(number, &plan.parameters, &statement.values)
            }
            Sending::Inline => Message::inline(&plan.sql, &statement.values),
        }
        .map_err(|error| error.with_sql(&statement.sql))?;
        // The server refuses a plan whose columns have changed.
        view.columns = match (plan.sending, plan.columns.get()) {
            (Sending::Prepared(_), Some(known)) => Columns::clone(known),
            _ => Columns::default(),
        };
        // The short way may have been tried before.
        view.is_binary = false;
        let sent = self.showing(view, |own, visit| own.send_text(&message.sql, visit));
        let affected = sent.map_err(|error| self.refused(error, &message, plan, statement))?;
        self.finish(plan, &message.sql, affected, view)
    }

    fn run_bound(
        &mut self,
        plan: &Plan,
        bound: &Bound,
        arguments: PgArguments,
        statement: &Statement,
        view: &mut View<'_>,
    ) -> Result<Executed> {
        view.columns = plan.columns.get().cloned().unwrap_or_default();
        view.is_binary = true;
        let query = sqlx::query_with(bound.sql.clone(), arguments);
        let sent = self.showing(view, |own, visit| own.send(query, visit));
        let affected = sent.map_err(|error| {
            let message = Message::inline(&plan.sql, &[]).unwrap_or_default();
            self.refused(error, &message, plan, statement)
        })?;
        self.finish(plan, &plan.sql, affected, view)
    }

    fn refused(
        &mut self,
        error: sqlx::Error,
        message: &Message,
        plan: &Plan,
        statement: &Statement,
    ) -> Error {
        let position = server_error(&error).and_then(|error| error.position);
        let error = self.failure(error).with_sql(&statement.sql);
        locate(error, position, message, plan, &statement.sql)
    }

    /// What is to be done once a statement has ended well. `sent` is its text, with the literals of an
    /// inline one.
    fn finish(
        &mut self,
        plan: &Plan,
        sent: &str,
        affected: u64,
        view: &mut View<'_>,
    ) -> Result<Executed> {
        if let Some(error) = view.error.take() {
            return Err(error);
        }
        self.finish_view(plan, sent, view)?;
        self.note(&plan.shape)?;
        Ok(executed(&plan.shape, affected))
    }

    /// Sends something whose rows are for a view.
    fn showing<T>(
        &mut self,
        view: &mut View<'_>,
        send: impl FnOnce(&mut Self, Option<&mut dyn FnMut(&PgRow)>) -> T,
    ) -> T {
        if view.sink.is_none() {
            return send(self, None);
        }
        let types = std::mem::take(&mut self.types);
        let sent = send(self, Some(&mut |row| view.take(row, &types)));
        self.types = types;
        sent
    }

    /// Tells the sink the columns of a result without rows.
    fn finish_view(&mut self, plan: &Plan, sent: &str, view: &mut View<'_>) -> Result<()> {
        if view.has_begun {
            let _ = plan.columns.set(std::mem::take(&mut view.columns));
        }
        if !view.is_without_rows() {
            return Ok(());
        }
        let columns = match plan.columns.get() {
            Some(columns) => columns.clone(),
            None => {
                let columns = self.describe(plan, sent)?;
                let _ = plan.columns.set(columns.clone());
                columns
            }
        };
        view.end(&columns)
    }

    /// The columns of a result that had no rows: sqlx shows the description of the columns only
    /// with a row.
    fn describe(&mut self, plan: &Plan, sent: &str) -> Result<Columns> {
        if !plan.shape.may_return_rows {
            return Ok(Columns::default());
        }
        if plan.shape.is_plain_query {
            // A row of NULLs that has the same columns. Joined on false, the query is not run.
            let inner = match plan.sending {
                Sending::Prepared(_) => {
                    Message::inline(&plan.sql, &vec![Value::Null; plan.parameters.len()])?
                }
                Sending::Inline => Message::inline(sent, &[])?,
            };
            let mut sent = format!(
                "SELECT described.* FROM (SELECT 1) AS one LEFT JOIN (\n{}\n) AS described ON false",
                inner.sql
            );
            let guarded = self.may_be_in_transaction();
            if guarded {
                sent = format!(
                    "SAVEPOINT freight_describe; {sent}; RELEASE SAVEPOINT freight_describe"
                );
            }
            let mut columns = Columns::default();
            let types = std::mem::take(&mut self.types);
            let answer = self.send_text(&sent, Some(&mut |row| columns = columns_of(row, &types)));
            self.types = types;
            match answer {
                Ok(_) => return Ok(columns),
                Err(error) if server_error(&error).is_none() => return Err(self.failure(error)),
                Err(_) if guarded => self.simple(
                    "ROLLBACK TO SAVEPOINT freight_describe; RELEASE SAVEPOINT freight_describe",
                )?,
                Err(_) => {}
            }
        }
        self.describe_prepared(match plan.sending {
            Sending::Prepared(_) => &plan.sql,
            Sending::Inline => sent,
        })
    }

    /// The same through the extended protocol, for `… RETURNING`, which cannot stand in a query.
    fn describe_prepared(&mut self, sql: &str) -> Result<Columns> {
        match self.prepare_message(sql)? {
            Ok(statement) => Ok(statement
                .columns()
                .iter()
                .map(|column| column_of(column, &self.types))
                .collect()),
            Err(error @ (sqlx::Error::Io(_) | sqlx::Error::Tls(_))) => Err(self.failure(error)),
            // sqlx does not know every type (multiranges). The result is empty; so are its columns.
            Err(_) => Ok(Columns::default()),
        }
    }
}

/// `{23,17,16400}` as numbers.
fn oids(types: &str, count: usize) -> Result<Vec<u32>> {
    let oids: Vec<u32> = types
        .trim_matches(['{', '}'])
        .split(',')
        .filter_map(|oid| oid.parse().ok())
        .collect();
    // `$5` written by hand beside two placeholders.
    Error::check_count(oids.len(), count)?;
    Ok(oids)
}

fn may_be_outdated(error: &Error) -> bool {
    let code = error.database().sqlstate.as_deref().unwrap_or_default();
    let classes = ["0A", "22", "26", "42"];
    classes.iter().any(|class| code.starts_with(class)) || code == "XX000"
}

/// In a transaction the statement cannot be sent again, but the transaction can. The two codes are
/// those of a plan that the server refuses or does not know.
fn outdated(error: Error) -> Error {
    match error.database().sqlstate.as_deref() {
        Some("0A000" | "26000") => {
            let new = Error::new(ErrorKind::SerializationFailure, error.message())
                .with_hint("another connection changed a table: run the transaction again")
                .with_database(error.database().clone());
            match error.sql() {
                Some(sql) => new.with_sql(sql),
                None => new,
            }
        }
        _ => error,
    }
}

/// Adds where in the statement the server found the error.
fn locate(
    error: Error,
    position: Option<usize>,
    message: &Message,
    plan: &Plan,
    original: &str,
) -> Error {
    let Some(position) = position else {
        return error;
    };
    if let Some(number) = message.value_at(position) {
        return error.with_hint(format!("it is about value {number} of the statement"));
    }
    match message.offset(position) {
        Some(offset) => error.with_offset(original_offset(original, &plan.sql, offset)),
        None => error,
    }
}
