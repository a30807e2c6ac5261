//! What can go wrong between a script and Redis: all of it is raised as `redis_error`.

use std::time::Duration;

use redis::{RedisError, ServerError};

use crate::raw::State;

/// Why a command failed. No password is in it.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(super) message: String,
    /// The server's own word for it: `WRONGTYPE`.
    native: Option<String>,
    hint: Option<String>,
    /// The same may work later, and was certainly not done.
    is_retryable: bool,
    is_timeout: bool,
}

impl Trouble {
    fn new(message: String) -> Self {
        Self {
            message,
            native: None,
            hint: None,
            is_retryable: false,
            is_timeout: false,
        }
    }

    pub(super) fn is_timeout(&self) -> bool {
        self.is_timeout
    }

    /// The server is not there, or does not answer.
    pub(super) fn unreachable(place: &str, cause: &str) -> Self {
        Self {
            hint: Some("is the server running, and may this machine reach it?".to_owned()),
            is_retryable: true,
            ..Self::new(format!("cannot reach Redis at `{place}`: {cause}"))
        }
    }

    /// The server does not let us in.
    pub(super) fn not_let_in(place: &str, command: &str, error: &ServerError) -> Self {
        let what = match command {
            "SELECT" => "the database",
            "AUTH" => "the password",
            _ => "to let us in",
        };
        Self {
            native: Some(error.code().to_owned()),
            is_retryable: may_pass(error),
            ..Self::new(format!(
                "Redis at `{place}` refused {what}: {}",
                text_of(error)
            ))
        }
    }

    /// A reply that is an error.
    pub(super) fn refused(command: &str, error: &ServerError) -> Self {
        Self {
            native: Some(error.code().to_owned()),
            is_retryable: may_pass(error),
            ..Self::new(format!("`{command}` failed: {}", text_of(error)))
        }
    }

    /// An error within a reply, as a script can make it.
    pub(super) fn part(error: &ServerError) -> Self {
        Self {
            native: Some(error.code().to_owned()),
            ..Self::new(text_of(error))
        }
    }

    /// The connection went away after the command was sent, or part of it.
    pub(super) fn lost(command: &str, error: &RedisError, limit: Option<Duration>) -> Self {
        let message = match limit {
            Some(limit) if error.is_timeout() => {
                format!("`{command}` got no answer within {} ms", limit.as_millis())
            }
            _ => format!(
                "the connection was lost while `{command}` ran: {}",
                cause(error)
            ),
        };
        Self {
            hint: Some("it may have been done; the next command makes a new connection".to_owned()),
            is_timeout: error.is_timeout(),
            ..Self::new(message)
        }
    }

    /// What was watched may have been changed by anybody meanwhile.
    pub(super) fn unwatched() -> Self {
        Self {
            hint: Some("watch and read the keys again".to_owned()),
            is_retryable: true,
            ..Self::new("the connection was lost, and with it the watch on the keys".to_owned())
        }
    }

    pub(super) fn not_listening(cause: &str) -> Self {
        Self {
            hint: Some(
                "make a new one with `client:subscriber()`; messages of the time between are gone"
                    .to_owned(),
            ),
            ..Self::new(format!(
                "the connection of the subscriber was lost: {cause}"
            ))
        }
    }

    /// As part of a longer text.
    pub(super) fn within(mut self, message: impl FnOnce(&str) -> String) -> Self {
        self.message = message(&self.message);
        self
    }

    /// Puts the fields into the table on top.
    pub(crate) fn set_fields(&self, state: &State<'_>) {
        let texts = [
            ("code", Some("redis_error")),
            ("message", Some(self.message.as_str())),
            ("driver", Some("redis")),
            ("native", self.native.as_deref()),
            ("hint", self.hint.as_deref()),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                state.set_text(name, text);
            }
        }
        state.set_flag("retryable", self.is_retryable);
    }
}

/// True where nothing was done, and the server may do it later.
fn may_pass(error: &ServerError) -> bool {
    match error.code() {
        "LOADING" | "READONLY" | "TRYAGAIN" | "CLUSTERDOWN" | "MASTERDOWN" | "BUSY" => true,
        _ => error
            .details()
            .is_some_and(|details| details.starts_with("max number of clients")),
    }
}

/// As the server wrote it.
fn text_of(error: &ServerError) -> String {
    match error.details() {
        Some(details) => format!("{} {details}", error.code()),
        None => error.code().to_owned(),
    }
}

/// What went wrong with a socket.
pub(super) fn cause(error: &RedisError) -> String {
    let text = error.to_string();
    if error.is_timeout() {
        "it does not answer in time".to_owned()
    } else if text.contains("unexpected end of file") {
        "the server closed it".to_owned()
    } else {
        without_number(&text)
    }
}

/// The words of an error of the system, without its number.
pub(super) fn without_number(text: &str) -> String {
    let end = text.find(" (os error").unwrap_or(text.len());
    text.get(..end).unwrap_or_default().to_owned()
}
