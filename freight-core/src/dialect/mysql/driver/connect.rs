//! Opens a connection: reach the server, set the session up, say clearly what went wrong.

use std::time::Duration;

use sqlx::ConnectOptions as _;

use super::super::{self as mysql, errors};
use super::{Driver, Failure, GRACE, Texts, wait, within};
use crate::driver::{ConnectOptions, Connection, DatabaseUrl, RowSet};
use crate::error::Result;
use crate::interrupt;
use crate::value::Value;

/// Opens a connection.
pub(in super::super) fn connect(
    url: &DatabaseUrl,
    options: &ConnectOptions,
) -> Result<Box<dyn Connection>> {
    url.check_parameters(mysql::PARAMETERS)?;
    let (connect_timeout, statement_timeout) = url.timeouts(options)?;
    let target = errors::Target::new(url);
    let settings = mysql::settings(url)?;
    let connection = wait(within(Some(connect_timeout), settings.connect()));
    let connection = connection.map_err(|failure| match failure {
        Failure::Own(error) => error,
        Failure::Server(error) => target.failed(error),
        Failure::Silence(limit) => target.timed_out(limit),
        Failure::Nonsense => target.no_server("it sent nonsense"),
    })?;
    let mut driver = Driver {
        connection,
        server: mysql::server(""),
        levels: Vec::new(),
        texts: Texts::default(),
        maybe_by_hand: false,
        aborted: false,
        definitions: 0,
        lost: false,
        patience: Some(connect_timeout),
        watched: None,
    };
    let session_number = driver.set_up(statement_timeout)?;
    driver.watched = Some(interrupt::watch_server(cancel(url.clone(), session_number)));
    driver.patience = statement_timeout.map(|timeout| timeout + GRACE);
    Ok(Box::new(driver))
}

impl Driver {
    /// Sets the session up, and returns its number.
    fn set_up(&mut self, statement_timeout: Option<Duration>) -> Result<i64> {
        let mut answer = RowSet::default();
        self.text(mysql::SETUP, Some(&mut answer))
            .map_err(|failure| self.failed(failure, mysql::SETUP))?;
        let row = answer.rows.first().map(Vec::as_slice).unwrap_or_default();
        self.server = mysql::server(row.first().and_then(Value::as_text).unwrap_or_default());
        if row.get(1).and_then(Value::as_int) == Some(0) {
            // Old servers do not let a session choose; then the server's setting stays.
            let _ = self.text("SET SESSION explicit_defaults_for_timestamp = 1", None);
        }
        if let Some(timeout) = statement_timeout {
            self.execute(&mysql::statement_timeout(&self.server, timeout))?;
        }
        self.maybe_by_hand = false;
        self.definitions = 0;
        Ok(row.get(2).and_then(Value::as_int).unwrap_or_default())
    }
}

/// Ends what the session with this number runs, over a new connection. It cannot fail: there is
/// nobody to tell.
fn cancel(url: DatabaseUrl, session_number: i64) -> impl Fn() + Send + Sync + 'static {
    move || {
        if let Ok(mut connection) = connect(&url, &ConnectOptions::default()) {
            let _ = connection.run(&format!("KILL QUERY {session_number}"));
        }
    }
}
