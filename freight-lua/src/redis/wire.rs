//! The connection of the cache to Redis. Commands and replies go through it as the cache says; when
//! something is wrong with it, it is given up, and the next command makes a new one.

use std::io::ErrorKind;
use std::time::Duration;

use freight_core::Error;
use freight_core::cache::{Reply, Trouble, Wire};
use redis::{RedisError, Value};

use super::address::{Settings, for_cache};
use super::connection::Connection;
use super::request::Request;
use super::trouble::cause;
use crate::error::Failure;

/// The connection of a cache.
pub(crate) struct CacheWire {
    settings: Settings,
    connection: Option<Connection>,
}

impl CacheWire {
    /// To the server of a URL; nothing is sent yet.
    pub(crate) fn to(url: &str, connect_timeout: Duration) -> Result<Self, Failure> {
        Ok(Self {
            settings: for_cache(url, connect_timeout)?,
            connection: None,
        })
    }
}

/// A connection to Redis for a cache that no script has; nothing is sent yet.
///
/// # Errors
/// [`ErrorKind::InvalidUrl`](freight_core::ErrorKind::InvalidUrl), without anything of the URL.
pub fn cache_wire(url: &str, connect_timeout: Duration) -> freight_core::Result<Box<dyn Wire>> {
    match CacheWire::to(url, connect_timeout) {
        Ok(wire) => Ok(Box::new(wire)),
        Err(Failure::Usage(usage)) => {
            let error = Error::new(freight_core::ErrorKind::InvalidUrl, usage.message);
            Err(match usage.hint {
                Some(hint) => error.with_hint(hint),
                None => error,
            })
        }
        Err(_) => Err(Error::new(
            freight_core::ErrorKind::InvalidUrl,
            "this is no URL of Redis",
        )),
    }
}

impl Wire for CacheWire {
    fn send(&mut self, words: &[&[u8]], limit: Duration) -> Result<(), Trouble> {
        self.send_all(&[words], limit)
    }

    fn send_all(&mut self, commands: &[&[&[u8]]], limit: Duration) -> Result<(), Trouble> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let opened = Connection::open(&self.settings)
                    .map_err(|trouble| Trouble::Unreachable(trouble.message))?;
                none.insert(opened)
            }
        };
        let mut request = Request::none();
        commands.iter().for_each(|words| request.add(words));
        let sent = connection
            .set_limit(Some(limit))
            .and_then(|()| connection.send(request.bytes()));
        sent.map_err(|error| match error.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Trouble::Late,
            _ => Trouble::Unreachable(error.to_string()),
        })
    }

    fn receive(&mut self) -> Result<Reply, Trouble> {
        let Some(connection) = &mut self.connection else {
            return Err(Trouble::Unreachable("the connection is gone".to_owned()));
        };
        match connection.reply() {
            Ok(value) => reply(value),
            Err(error) => Err(trouble(&error)),
        }
    }

    /// What came unasked for is the reply to something that nobody waits for.
    fn is_alive(&mut self) -> bool {
        let connection = self.connection.as_mut();
        connection.is_some_and(|connection| connection.is_usable(true))
    }

    fn close(&mut self) {
        self.connection = None;
    }
}

fn trouble(error: &RedisError) -> Trouble {
    match error.is_timeout() {
        true => Trouble::Late,
        false => Trouble::Unreachable(cause(error)),
    }
}

fn reply(value: Value) -> Result<Reply, Trouble> {
    Ok(match value {
        Value::Nil => Reply::Nil,
        Value::Int(number) => Reply::Integer(number),
        Value::BulkString(bytes) => Reply::Bytes(bytes),
        Value::SimpleString(text) => Reply::Bytes(text.into_bytes()),
        Value::Okay => Reply::Bytes(b"OK".to_vec()),
        Value::Array(items) => {
            let items: Result<Vec<Reply>, Trouble> = items.into_iter().map(reply).collect();
            Reply::List(items?)
        }
        Value::ServerError(error) => {
            return Err(Trouble::Refused {
                code: error.code().to_owned(),
                text: format!("{} {}", error.code(), error.details().unwrap_or_default()),
            });
        }
        _ => {
            return Err(Trouble::Refused {
                code: "ERR".to_owned(),
                text: "a reply of a kind that is not known".to_owned(),
            });
        }
    })
}
