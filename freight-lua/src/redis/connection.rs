//! A socket to a server: what is sent through it, and the replies that come back.
//!
//! The crate `redis` reads the replies; the socket is our own, so that a connection can be asked
//! whether the server has closed it, and a reply that came half before a time-out is read on.

use std::io::{self, ErrorKind, Read};
use std::time::Duration;

use redis::{Parser, RedisError, Value};

use super::address::Settings;
use super::request::Request;
use super::socket::Socket;
use super::trouble::{Trouble, cause, without_number};

/// A connection that the server has let in.
pub(super) struct Connection {
    socket: Socket,
    parser: Parser,
    /// What came before it was asked for.
    early: Vec<u8>,
    /// The limits that the socket has now.
    limit: Option<Duration>,
}

impl Connection {
    /// Connects, and comes in as the settings say.
    pub(super) fn open(settings: &Settings) -> Result<Self, Trouble> {
        let place = settings.place.name();
        let failed = |error: &io::Error| {
            let text = match error.kind() {
                ErrorKind::TimedOut | ErrorKind::WouldBlock => "it does not answer in time".into(),
                _ => without_number(&error.to_string()),
            };
            Trouble::unreachable(&place, &text)
        };
        let socket = Socket::open(settings).map_err(|error| failed(&error))?;
        let mut connection = Self {
            socket,
            parser: Parser::new(),
            early: Vec::new(),
            limit: None,
        };
        connection
            .set_limit(Some(settings.connect_timeout))
            .map_err(|error| failed(&error))?;
        for (command, request) in greeting(settings) {
            match connection.ask(&request) {
                Ok(Value::ServerError(error)) if command == "PING" && is_at_home(&error) => {}
                Ok(Value::ServerError(error)) => {
                    return Err(Trouble::not_let_in(&place, command, &error));
                }
                Ok(_) => {}
                Err(error) => return Err(Trouble::unreachable(&place, &cause(&error))),
            }
        }
        Ok(connection)
    }

    /// For how long the server may say nothing.
    pub(super) fn set_limit(&mut self, limit: Option<Duration>) -> io::Result<()> {
        if self.limit == limit {
            return Ok(());
        }
        self.socket.set_limit(limit)?;
        self.limit = limit;
        Ok(())
    }

    pub(super) fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// False where the server has closed it, or said what nobody asked for: then it cannot be
    /// used any more. Only under RESP3 a server speaks first.
    pub(super) fn is_usable(&mut self, speaks_resp3: bool) -> bool {
        if self.socket.set_nonblocking(true).is_err() {
            return false;
        }
        let mut bytes = [0; 512];
        let found = self.socket.read(&mut bytes);
        if self.socket.set_nonblocking(false).is_err() {
            return false;
        }
        match found {
            Ok(0) => false,
            Ok(count) if speaks_resp3 => {
                self.early
                    .extend_from_slice(bytes.get(..count).unwrap_or_default());
                true
            }
            Ok(_) => false,
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }

    /// Sends all of it. Where that fails, the end was not sent.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes)?;
        self.socket.flush()
    }

    /// The next reply, or what a server says by itself.
    pub(super) fn next(&mut self) -> Result<Value, RedisError> {
        self.parser.parse_value(Source {
            socket: &mut self.socket,
            early: &mut self.early,
        })
    }

    /// The next reply.
    pub(super) fn reply(&mut self) -> Result<Value, RedisError> {
        loop {
            match self.next()? {
                Value::Push { .. } => {}
                reply => return Ok(reply),
            }
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Value, RedisError> {
        self.send(request.bytes())?;
        self.reply()
    }
}

/// True for the answer of a server that does not want to say more now: a script may bring the
/// password later, with `client:auth`, and what is not possible each command is told itself.
fn is_at_home(error: &redis::ServerError) -> bool {
    matches!(
        error.code(),
        "NOAUTH" | "NOPERM" | "MISCONF" | "LOADING" | "MASTERDOWN" | "BUSY" | "READONLY"
    )
}

/// What a new connection says first.
fn greeting(settings: &Settings) -> Vec<(&'static str, Request)> {
    let mut greeting = Vec::new();
    let user = settings.user.as_deref();
    match (settings.speaks_resp3, settings.password.as_deref()) {
        (true, Some(password)) => {
            let user = user.unwrap_or(b"default");
            let words: &[&[u8]] = &[b"HELLO", b"3", b"AUTH", user, password];
            greeting.push(("AUTH", Request::of(words)));
        }
        (true, None) => greeting.push(("HELLO", Request::of(&[b"HELLO", b"3"]))),
        (false, Some(password)) => greeting.push((
            "AUTH",
            match user {
                Some(user) => Request::of(&[b"AUTH", user, password]),
                None => Request::of(&[b"AUTH", password]),
            },
        )),
        (false, None) => {}
    }
    let database = settings.database.to_string();
    if settings.database != 0 {
        greeting.push(("SELECT", Request::of(&[b"SELECT", database.as_bytes()])));
    }
    if greeting.is_empty() {
        // Whoever listens there shall be Redis, and let us in.
        greeting.push(("PING", Request::of(&[b"PING"])));
    }
    greeting
}

/// What came early, and then what comes.
struct Source<'c> {
    socket: &'c mut Socket,
    early: &'c mut Vec<u8>,
}

impl Read for Source<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if !self.early.is_empty() {
            let count = self.early.as_slice().read(bytes)?;
            self.early.drain(..count);
            return Ok(count);
        }
        loop {
            match self.socket.read(bytes) {
                // A stopped process that goes on gets this from a socket with a limit.
                // https://man7.org/linux/man-pages/man7/signal.7.html
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other,
            }
        }
    }
}
