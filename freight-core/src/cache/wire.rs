//! What a client of Redis has to do. Commands and replies, and nothing of what they mean.

use std::time::Duration;

/// A reply of Redis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Nil,
    /// A whole number.
    Integer(i64),
    /// A text, or a status.
    Bytes(Vec<u8>),
    /// Several replies.
    List(Vec<Reply>),
}

/// Why there is no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The server cannot be reached, or has ended the connection.
    Unreachable(String),
    /// It did not answer in time. It may have done what it was asked for.
    Late,
    /// It answered with an error.
    Refused {
        /// The server's word for it: `NOSCRIPT`.
        code: String,
        /// All that it said.
        text: String,
    },
}

impl Trouble {
    /// In words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Unreachable(text) => format!("Redis cannot be reached: {text}"),
            Self::Late => "Redis does not answer in time".to_owned(),
            Self::Refused { text, .. } => format!("Redis refused: {text}"),
        }
    }
}

/// A connection to Redis that is made when it is needed. Replies come in the order of the commands.
pub trait Wire: Send {
    /// Sends a command; connects before where there is no connection. `limit` is how long sending,
    /// and each reply from then on, may take.
    ///
    /// # Errors
    /// [`Trouble::Unreachable`] and [`Trouble::Late`]; the connection is of no use then.
    fn send(&mut self, words: &[&[u8]], limit: Duration) -> Result<(), Trouble>;

    /// Sends commands, together where that can be done.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    fn send_all(&mut self, commands: &[&[&[u8]]], limit: Duration) -> Result<(), Trouble> {
        commands
            .iter()
            .try_for_each(|words| self.send(words, limit))
    }

    /// Waits for the next reply.
    ///
    /// # Errors
    /// As [`send`](Self::send), and [`Trouble::Refused`], after which the connection goes on.
    fn receive(&mut self) -> Result<Reply, Trouble>;

    /// True while there is a connection, and the server has not ended it as far as can be told
    /// without waiting.
    fn is_alive(&mut self) -> bool;

    /// Gives up the connection, and whatever was to come on it.
    fn close(&mut self);
}
