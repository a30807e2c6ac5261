//! A client: a connection that is replaced when it is gone.
//!
//! ```text
//! ready ─► send ─► reply
//!   │        └ failed: the end was not sent, so that nothing was done; once more, on a new one
//!   └ closed meanwhile: a new one, with the same password and database
//! ```
//!
//! After a command was sent as a whole, nobody knows whether it was done until the reply is there:
//! without one it is not sent again, and the script is told.

use std::io::{self, ErrorKind};
use std::time::Duration;

use redis::{RedisError, Value};

use super::address::Settings;
use super::connection::Connection;
use super::request::Request;
use super::trouble::Trouble;
use crate::error::Failure;

/// A client of a script.
pub(super) struct Client {
    pub(super) settings: Settings,
    connection: Option<Connection>,
    watch: Watch,
    is_closed: bool,
}

/// Keys that `WATCH` was told of. Only the connection knows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    No,
    Yes,
    /// The connection is gone, and what it watched may have changed.
    Lost,
}

/// For how long a command may wait by itself, beside what the settings allow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wait {
    Until(Duration),
    ForEver,
}

impl Wait {
    pub(super) const NO: Self = Self::Until(Duration::ZERO);

    /// One after the other.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Until(one), Self::Until(two)) => Self::Until(one.saturating_add(two)),
            _ => Self::ForEver,
        }
    }
}

/// What a command changes about the connection, if the server agrees.
pub(super) enum Effect {
    None,
    LetIn {
        user: Option<Vec<u8>>,
        password: Vec<u8>,
    },
    Select(i64),
    Watch,
    Unwatch,
}

impl Client {
    /// Connects at once.
    pub(super) fn open(settings: Settings) -> Result<Self, Trouble> {
        let connection = Connection::open(&settings)?;
        Ok(Self {
            settings,
            connection: Some(connection),
            watch: Watch::No,
            is_closed: false,
        })
    }

    pub(super) fn close(&mut self) {
        self.connection = None;
        self.is_closed = true;
    }

    /// Fails where it was closed.
    pub(super) fn check_open(&self) -> Result<(), Failure> {
        match self.is_closed {
            true => Err(Failure::usage("closed", "the client was closed")
                .with_hint("connect again: `redis.connect(…)`")),
            false => Ok(()),
        }
    }

    /// Sends a command, and returns its reply.
    pub(super) fn ask(
        &mut self,
        command: &str,
        request: &Request,
        wait: Wait,
    ) -> Result<Value, Failure> {
        self.check_open()?;
        if let Err(error) = self.ready(wait)?.send(request.bytes()) {
            let error = self.lost(command, &error.into());
            if error.is_timeout() {
                return Err(error.into());
            }
            let again = self.ready(wait)?.send(request.bytes());
            again.map_err(|error| self.lost(command, &error.into()))?;
        }
        match self.reply(command)? {
            Value::ServerError(error) => Err(Trouble::refused(command, &error).into()),
            reply => Ok(reply),
        }
    }

    /// As [`Self::ask`], for what changes the connection itself.
    pub(super) fn change(
        &mut self,
        command: &str,
        request: &Request,
        effect: Effect,
    ) -> Result<Value, Failure> {
        if matches!(effect, Effect::Watch) {
            self.forget_lost_watch()?;
        }
        if let Effect::LetIn { user, password } = effect {
            return self.let_in(command, request, user, password);
        }
        let reply = self.ask(command, request, Wait::NO)?;
        match effect {
            Effect::None | Effect::LetIn { .. } => {}
            Effect::Select(database) => self.settings.database = database,
            Effect::Watch => {
                // On a new connection, that knows nothing of the keys before.
                if self.watch == Watch::Lost {
                    self.connection = None;
                }
                self.forget_lost_watch()?;
                self.watch = Watch::Yes;
            }
            Effect::Unwatch => self.watch = Watch::No,
        }
        Ok(reply)
    }

    /// A new connection, if it needs one, shall come in with the new password: the old one may be
    /// of no use any more.
    fn let_in(
        &mut self,
        command: &str,
        request: &Request,
        user: Option<Vec<u8>>,
        password: Vec<u8>,
    ) -> Result<Value, Failure> {
        let user = std::mem::replace(&mut self.settings.user, user);
        let password = self.settings.password.replace(password);
        let reply = self.ask(command, request, Wait::NO);
        if reply.is_err() {
            self.settings.user = user;
            self.settings.password = password;
        }
        reply
    }

    /// Sends several commands in one go, and returns their replies. Nothing is sent again: the
    /// first of them may have been done.
    ///
    /// A transaction fails where keys are no longer watched that were; whatever becomes of it,
    /// nothing is watched afterwards.
    pub(super) fn ask_all(
        &mut self,
        command: &str,
        bytes: &[u8],
        count: usize,
        wait: Wait,
        is_transaction: bool,
    ) -> Result<Vec<Value>, Failure> {
        self.check_open()?;
        self.ready(wait)?;
        if is_transaction {
            self.forget_lost_watch()?;
            self.watch = Watch::No;
        }
        // Not asked for anew: a new connection would watch nothing.
        let sent = match &mut self.connection {
            Some(connection) => connection.send(bytes),
            None => Err(ErrorKind::NotConnected.into()),
        };
        if let Err(error) = sent {
            return Err(self.lost(command, &error.into()).into());
        }
        let mut replies = Vec::with_capacity(count);
        while replies.len() < count {
            replies.push(self.reply(command)?);
        }
        Ok(replies)
    }

    pub(super) fn is_watching(&self) -> bool {
        self.watch != Watch::No
    }

    fn forget_lost_watch(&mut self) -> Result<(), Trouble> {
        if self.watch == Watch::Lost {
            self.watch = Watch::No;
            return Err(Trouble::unwatched());
        }
        Ok(())
    }

    /// A connection that the server has not closed, as far as can be told, and that waits as long
    /// as it is to.
    fn ready(&mut self, wait: Wait) -> Result<&mut Connection, Trouble> {
        let limit = match (wait, self.settings.timeout) {
            (Wait::Until(more), Some(limit)) => Some(limit.saturating_add(more)),
            _ => None,
        };
        let speaks_resp3 = self.settings.speaks_resp3;
        let is_ready = |connection: &mut Connection| {
            connection.is_usable(speaks_resp3) && connection.set_limit(limit).is_ok()
        };
        if !self.connection.as_mut().is_some_and(is_ready) {
            self.lose();
            let mut connection = Connection::open(&self.settings)?;
            connection.set_limit(limit).map_err(|error| {
                Trouble::unreachable(&self.settings.place.name(), &error.to_string())
            })?;
            self.connection = Some(connection);
        }
        let gone = || Trouble::unreachable(&self.settings.place.name(), "it is gone");
        self.connection.as_mut().ok_or_else(gone)
    }

    fn reply(&mut self, command: &str) -> Result<Value, Trouble> {
        let reply = match &mut self.connection {
            Some(connection) => connection.reply(),
            None => Err(io::Error::from(ErrorKind::NotConnected).into()),
        };
        reply.map_err(|error| self.lost(command, &error))
    }

    /// A connection of which a reply is missing, or came in part, is of no use: what comes next
    /// would be taken for the reply to another command.
    fn lost(&mut self, command: &str, error: &RedisError) -> Trouble {
        let limit = self.connection.as_ref().and_then(Connection::limit);
        self.lose();
        Trouble::lost(command, error, limit)
    }

    fn lose(&mut self) {
        self.connection = None;
        if self.watch == Watch::Yes {
            self.watch = Watch::Lost;
        }
    }
}
