//! A subscriber: a connection of its own, on which only messages of channels come.
//!
//! It waits for the server to confirm what it subscribes to, so that no message is missed that is
//! published later; what arrives in between waits for `receive`. It is not connected again by
//! itself: the script has to know that messages may be missing.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::ffi::{CStr, c_int};
use std::time::{Duration, Instant};

use redis::RedisError;

use super::address::Settings;
use super::commands::{client, no_method, owned};
use super::connection::Connection;
use super::news::{Message, News, read};
use super::request::{Request, bytes_of};
use super::special::seconds;
use super::trouble::{Trouble, cause};
use crate::error::Failure;
use crate::raw::{CFunction, Kind, State, function, undisturbed};

const SUBSCRIBER: &CStr = c"freight.redis.Subscriber";

/// A server that is silent for so long is asked whether it is there, unless the client has a
/// limit of its own.
const SILENCE: Duration = Duration::from_secs(30);

pub(super) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("open", function!(open)),
    ("subscribe", function!(subscribe)),
    ("psubscribe", function!(psubscribe)),
    ("unsubscribe", function!(unsubscribe)),
    ("punsubscribe", function!(punsubscribe)),
    ("receive", function!(receive)),
    ("close", function!(close)),
];

struct Subscriber {
    settings: Settings,
    connection: Option<Connection>,
    is_closed: bool,
    channels: BTreeSet<Vec<u8>>,
    patterns: BTreeSet<Vec<u8>>,
    waiting: VecDeque<Message>,
}

/// `open(client) -> subscriber`
fn open(state: &State<'_>) -> Result<c_int, Failure> {
    let client = client(state)?;
    client.check_open()?;
    let settings = client.settings.clone();
    let subscriber = Subscriber {
        connection: Some(Connection::open(&settings)?),
        settings,
        is_closed: false,
        channels: BTreeSet::new(),
        patterns: BTreeSet::new(),
        waiting: VecDeque::new(),
    };
    state.push_owned(subscriber, SUBSCRIBER);
    Ok(1)
}

fn subscribe(state: &State<'_>) -> Result<c_int, Failure> {
    change(state, "SUBSCRIBE")
}

fn psubscribe(state: &State<'_>) -> Result<c_int, Failure> {
    change(state, "PSUBSCRIBE")
}

/// `subscriber:unsubscribe(…)`: without a name, from all.
fn unsubscribe(state: &State<'_>) -> Result<c_int, Failure> {
    change(state, "UNSUBSCRIBE")
}

fn punsubscribe(state: &State<'_>) -> Result<c_int, Failure> {
    change(state, "PUNSUBSCRIBE")
}

fn change(state: &State<'_>, word: &str) -> Result<c_int, Failure> {
    let request = Request::of_stack(state, word, 2)?;
    let names = (1..).zip(2..=state.top());
    let names: Vec<_> = names
        .map(|(place, index)| bytes_of(state, index, word, place).map(Cow::into_owned))
        .collect::<Result<_, _>>()?;
    let is_to_listen = matches!(word, "SUBSCRIBE" | "PSUBSCRIBE");
    if is_to_listen && names.is_empty() {
        return Err(Failure::usage(
            "bad_argument",
            format!("`{}` was given no channel", word.to_lowercase()),
        ));
    }
    let subscriber = subscriber(state)?;
    let has_pattern = word.starts_with('P');
    let known = subscriber.names(has_pattern).len();
    let confirmations = match names.len() {
        0 => known.max(1),
        count => count,
    };
    subscriber.say(word, &request, confirmations)?;
    let own = subscriber.names(has_pattern);
    match (is_to_listen, names.is_empty()) {
        (true, _) => own.extend(names),
        (false, true) => own.clear(),
        (false, false) => own.retain(|name| !names.contains(name)),
    }
    state.push_boolean(true);
    Ok(1)
}

/// `subscriber:receive(seconds?)`: a message, or nil when the time is over.
fn receive(state: &State<'_>) -> Result<c_int, Failure> {
    let limit = match state.kind(2) {
        Kind::Nothing | Kind::Nil => None,
        Kind::Number => Some(seconds(state, 2).ok_or_else(|| {
            Failure::usage("bad_argument", "`receive` cannot wait for such a time")
        })?),
        _ => {
            let what = state.type_name(2);
            return Err(Failure::usage(
                "bad_argument",
                format!("`receive` takes a number of seconds, and not a {what}"),
            ));
        }
    };
    match subscriber(state)?.receive(limit)? {
        None => state.push_nil(),
        Some(message) => undisturbed(state, || push(state, &message)),
    }
    Ok(1)
}

/// Puts a message on top.
fn push(state: &State<'_>, message: &Message) {
    state.push_table(0, 3);
    let fields = [
        ("channel", Some(&message.channel)),
        ("payload", Some(&message.payload)),
        ("pattern", message.pattern.as_ref()),
    ];
    for (name, bytes) in fields {
        if let Some(bytes) = bytes {
            state.push_bytes(bytes);
            state.set_field(name);
        }
    }
}

/// `subscriber:close()`: true, however often.
fn close(state: &State<'_>) -> Result<c_int, Failure> {
    let subscriber = owned::<Subscriber>(state).ok_or_else(no_method)?;
    subscriber.connection = None;
    subscriber.is_closed = true;
    state.push_boolean(true);
    Ok(1)
}

impl Subscriber {
    fn names(&mut self, has_pattern: bool) -> &mut BTreeSet<Vec<u8>> {
        match has_pattern {
            true => &mut self.patterns,
            false => &mut self.channels,
        }
    }

    /// Sends a command, and waits until the server has confirmed it.
    fn say(
        &mut self,
        word: &str,
        request: &Request,
        mut confirmations: usize,
    ) -> Result<(), Failure> {
        let limit = self.settings.timeout;
        let connection = self.connection()?;
        let sent = connection.set_limit(limit);
        if let Err(error) = sent.and_then(|()| connection.send(request.bytes())) {
            return Err(self.lost(&error.into()).into());
        }
        while confirmations > 0 {
            match self.news() {
                Ok(News::Message(message)) => self.waiting.push_back(message),
                Ok(News::Confirmed) => confirmations -= 1,
                Ok(News::Refused(error)) => return Err(Trouble::refused(word, &error).into()),
                Ok(News::Other) => {}
                Err(error) => return Err(self.lost(&error).into()),
            }
        }
        Ok(())
    }

    fn receive(&mut self, limit: Option<Duration>) -> Result<Option<Message>, Failure> {
        if let Some(message) = self.waiting.pop_front() {
            return Ok(Some(message));
        }
        self.connection()?;
        if limit.is_none() && self.channels.is_empty() && self.patterns.is_empty() {
            return Err(Failure::usage(
                "bad_argument",
                "`receive` would wait for ever: there is no channel",
            )
            .with_hint("`subscriber:subscribe(\"name\")` first, or give a number of seconds"));
        }
        // A time that no clock will ever show is for ever.
        let end = limit.and_then(|limit| Instant::now().checked_add(limit));
        let patience = self.settings.timeout.unwrap_or(SILENCE);
        let mut is_asked = false;
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            match self.wait(left.map_or(patience, |left| left.min(patience))) {
                Ok(Some(News::Message(message))) => return Ok(Some(message)),
                Ok(Some(_)) => is_asked = false,
                Ok(None) if left.is_some_and(|left| left <= patience) => return Ok(None),
                Ok(None) if is_asked => return Err(self.silent().into()),
                Ok(None) => {
                    is_asked = true;
                    let ping = Request::of(&[b"PING"]);
                    let sent = self.connection()?.send(ping.bytes());
                    sent.map_err(|error| self.lost(&error.into()))?;
                }
                Err(error) => return Err(self.lost(&error).into()),
            }
        }
    }

    /// What comes next; `None` where nothing does in time. What came in part is kept.
    fn wait(&mut self, time: Duration) -> Result<Option<News>, RedisError> {
        if let Some(connection) = &mut self.connection {
            // A socket takes no limit of nothing.
            connection.set_limit(Some(time.max(Duration::from_millis(1))))?;
        }
        match self.news() {
            Ok(news) => Ok(Some(news)),
            Err(error) if error.is_timeout() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn news(&mut self) -> Result<News, RedisError> {
        let Some(connection) = &mut self.connection else {
            return Err(std::io::Error::from(std::io::ErrorKind::NotConnected).into());
        };
        Ok(read(connection.next()?))
    }

    fn connection(&mut self) -> Result<&mut Connection, Failure> {
        if self.is_closed {
            return Err(Failure::usage("closed", "the subscriber was closed")
                .with_hint("make a new one: `client:subscriber()`"));
        }
        let lost = || Trouble::not_listening("it is not connected any more").into();
        self.connection.as_mut().ok_or_else(lost)
    }

    fn lost(&mut self, error: &RedisError) -> Trouble {
        self.connection = None;
        Trouble::not_listening(&cause(error))
    }

    fn silent(&mut self) -> Trouble {
        self.connection = None;
        Trouble::not_listening("the server does not answer")
    }
}

/// The subscriber that a method was called on.
fn subscriber<'s>(state: &'s State<'_>) -> Result<&'s mut Subscriber, Failure> {
    let subscriber = owned::<Subscriber>(state).ok_or_else(no_method)?;
    subscriber.connection()?;
    Ok(subscriber)
}
