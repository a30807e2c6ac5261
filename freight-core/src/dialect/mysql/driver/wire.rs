//! Requests and answers, as sqlx has them.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use sqlx::mysql::{MySqlArguments, MySqlConnection};
use sqlx::{
    AssertSqlSafe, Connection as _, Either, Executor as _, SqlSafeStr, SqlStr, Statement as _,
};

use super::super::values::{Protocol, RowReader, Shape, arguments};
use super::super::{CACHED_STATEMENTS, errors, statements};
use super::moments::{Moments, Noticing, TRIES};
use super::texts::Text;
use crate::driver::{Flow, RowSink, runtime};
use crate::error::Error;
use crate::value::Value;

/// What came of a statement.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outcome {
    pub(super) affected: u64,
    pub(super) last_insert_id: u64,
    pub(super) rows: u64,
}

/// Why a statement did not end well.
pub(super) enum Failure {
    /// Freight's own doing, or the sink's; the connection is in order.
    Own(Error),
    /// What the server or the network says.
    Server(sqlx::Error),
    /// No answer within the driver's patience.
    Silence(Duration),
    /// An answer that made sqlx panic; what comes after it cannot be read.
    Nonsense,
}

/// What is sent.
pub(super) enum Request {
    /// SQL text.
    Text(SqlStr),
    /// A prepared statement, by its text, and its values.
    Prepared(SqlStr, MySqlArguments),
}

/// Waits for an answer. sqlx reads some answers without a look at their length and panics when they
/// are too short; that must not be the end of the program.
pub(super) fn wait<T>(
    answer: impl Future<Output = std::result::Result<T, Failure>>,
) -> std::result::Result<T, Failure> {
    guarded(|| runtime::wait(answer))
}

/// As [`wait`], for an answer that no sink is shown.
pub(super) fn wait_alone<T>(
    answer: impl Future<Output = std::result::Result<T, Failure>>,
) -> std::result::Result<T, Failure> {
    guarded(|| runtime::wait_alone(answer))
}

fn guarded<T>(
    wait: impl FnOnce() -> crate::Result<std::result::Result<T, Failure>>,
) -> std::result::Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(wait)) {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Err(Failure::Own(error)),
        Err(_) => Err(Failure::Nonsense),
    }
}

pub(super) fn shared(sql: &str) -> SqlStr {
    AssertSqlSafe(Arc::<str>::from(sql)).into_sql_str()
}

/// How a statement is asked.
#[derive(Clone, Copy)]
pub(super) struct Manner<'a> {
    /// [`Driver::definitions`].
    pub(super) definitions: u64,
    pub(super) patience: Option<Duration>,
    /// What is known of the text.
    pub(super) text: Option<&'a Text>,
}

/// As [`ask`]; again with moments as the server writes them, where it refused one. A statement that
/// failed has changed nothing.
pub(super) async fn ask_with_moments(
    connection: &mut MySqlConnection,
    sql: &SqlStr,
    values: &[Value],
    manner: Manner<'_>,
    sink: Option<&mut dyn RowSink>,
) -> std::result::Result<Outcome, Failure> {
    let mut sink = sink.map(Noticing::new);
    let first = ask(connection, sql.clone(), values, manner, shown(&mut sink)).await;
    let Err(Failure::Server(error)) = &first else {
        return first;
    };
    let Some(mut moments) = Moments::new(sql.as_str(), values, error) else {
        return first;
    };
    for _ in 0..TRIES {
        if sink.as_ref().is_some_and(|sink| sink.is_touched) || !moments.replace_next() {
            return first;
        }
        let target = shown(&mut sink);
        match ask(connection, sql.clone(), &moments.values, manner, target).await {
            Err(Failure::Server(error)) if moments.refused_again(&error) => {}
            outcome => return outcome,
        }
    }
    first
}

fn shown<'a>(sink: &'a mut Option<Noticing<'_>>) -> Option<&'a mut dyn RowSink> {
    sink.as_mut().map(|sink| sink as &mut dyn RowSink)
}

/// Prepares and executes; once more where the server lost the prepared statement.
pub(super) async fn ask(
    connection: &mut MySqlConnection,
    sql: SqlStr,
    values: &[Value],
    manner: Manner<'_>,
    mut sink: Option<&mut dyn RowSink>,
) -> std::result::Result<Outcome, Failure> {
    let first = attempt(connection, &sql, values, manner, &mut sink).await;
    let Err(Failure::Server(error)) = &first else {
        return first;
    };
    match errors::number(error) {
        Some(number) if errors::PREPARE_AGAIN.contains(&number) => {
            within(manner.patience, connection.clear_cached_statements()).await?;
            attempt(connection, &sql, values, manner, &mut sink).await
        }
        Some(errors::NOT_PREPARABLE)
            if values.is_empty() && statements::is_single(sql.as_str()) =>
        {
            send(connection, Request::Text(sql), manner, sink).await
        }
        Some(errors::NOT_PREPARABLE) => Err(Failure::Own(errors::not_preparable(sql.as_str()))),
        _ => first,
    }
}

pub(super) async fn attempt(
    connection: &mut MySqlConnection,
    sql: &SqlStr,
    values: &[Value],
    manner: Manner<'_>,
    sink: &mut Option<&mut dyn RowSink>,
) -> std::result::Result<Outcome, Failure> {
    let patience = manner.patience;
    if connection.cached_statements_size() >= CACHED_STATEMENTS {
        within(patience, connection.clear_cached_statements()).await?;
    }
    let request = if manner.text.is_some_and(|text| text.is_plain) {
        Request::Text(sql.clone())
    } else {
        let own = |error: Error| Failure::Own(error.with_sql(sql.as_str()));
        // sqlx waits for ever after a wrong number of values, so the server is asked first.
        let is_agreed = |text: &Text| text.is_agreed(manner.definitions);
        if !manner.text.is_some_and(is_agreed) {
            let prepared = within(patience, connection.prepare_with(sql.clone(), &[])).await?;
            if let Some(Either::Right(expected)) = prepared.parameters() {
                Error::check_count(expected, values.len()).map_err(own)?;
                manner.text.inspect(|text| text.agree(manner.definitions));
            }
        }
        Request::Prepared(sql.clone(), arguments(values).map_err(own)?)
    };
    let sink_here = sink.as_mut().map(|sink| &mut **sink as &mut dyn RowSink);
    let outcome = send(connection, request, manner, sink_here).await?;
    if let (0, Some(sink)) = (outcome.rows, sink)
        && sink.needs_columns_of_nothing()
    {
        // Without rows the columns are known from preparing alone, which may be long ago. Another
        // text is prepared anew.
        let text = match manner.definitions {
            0 => sql.clone(),
            number => shared(&format!("{}\n-- {number}", sql.as_str())),
        };
        let prepared = within(patience, connection.prepare_with(text, &[])).await?;
        let shape = Shape::new(prepared.columns(), Protocol::Binary);
        sink.columns(shape.columns()).map_err(Failure::Own)?;
    }
    Ok(outcome)
}

/// Sends a request, and reads the answer to its end, whatever the sink says, so that the next one
/// can be read.
pub(super) async fn send(
    connection: &mut MySqlConnection,
    request: Request,
    manner: Manner<'_>,
    mut sink: Option<&mut dyn RowSink>,
) -> std::result::Result<Outcome, Failure> {
    let (mut answer, protocol) = match request {
        Request::Text(sql) => (connection.fetch_many(sqlx::raw_sql(sql)), Protocol::Text),
        Request::Prepared(sql, arguments) => (
            connection.fetch_many(sqlx::query_with(sql, arguments)),
            Protocol::Binary,
        ),
    };
    let shape = manner.text.map(|text| &text.shape);
    let mut outcome = Outcome::default();
    let mut reader: Option<RowReader> = None;
    let mut stopped = Ok(());
    loop {
        let next = poll_fn(|context| answer.as_mut().poll_next(context));
        let item = within(manner.patience, async { next.await.transpose() }).await;
        match item {
            Ok(None) => break,
            Ok(Some(Either::Left(done))) => {
                outcome.affected = done.rows_affected();
                if done.last_insert_id() != 0 {
                    outcome.last_insert_id = done.last_insert_id();
                }
                // A procedure may answer with several results; the first is shown.
                if reader.is_some() {
                    sink = None;
                }
            }
            Ok(Some(Either::Right(row))) => {
                outcome.rows += 1;
                let Some(target) = sink.as_mut() else {
                    continue;
                };
                match RowReader::show(&mut reader, &row, protocol, shape, &mut **target) {
                    Ok(Flow::Continue) => {}
                    Ok(Flow::Stop) => sink = None,
                    Err(error) => {
                        sink = None;
                        stopped = Err(Failure::Own(error));
                    }
                }
            }
            // Nobody waits for the rows that this error concerns.
            Err(Failure::Server(error))
                if reader.is_some() && sink.is_none() && errors::number(&error).is_some() =>
            {
                break;
            }
            Err(failure) => return Err(failure),
        }
    }
    stopped.map(|()| outcome)
}

/// Waits for an answer as long as the driver's patience lasts.
pub(super) async fn within<T>(
    patience: Option<Duration>,
    answer: impl Future<Output = sqlx::Result<T>>,
) -> std::result::Result<T, Failure> {
    match patience {
        None => answer.await.map_err(Failure::Server),
        Some(limit) => match tokio::time::timeout(limit, answer).await {
            Ok(answer) => answer.map_err(Failure::Server),
            Err(_) => Err(Failure::Silence(limit)),
        },
    }
}
