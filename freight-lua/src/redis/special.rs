//! The methods that are more than a command: opening, closing, what changes the connection itself,
//! what waits, and `command`, which may be any of these.

use std::borrow::Cow;
use std::ffi::c_int;
use std::time::Duration;

use super::address::settings;
use super::client::{Client, Effect, Wait};
use super::commands::{CLIENT, client, owned, send};
use super::reply::{Shape, push};
use super::request::{Request, bytes_of};
use crate::error::Failure;
use crate::raw::{CFunction, Kind, Number, State, function};

pub(super) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("open", function!(open)),
    ("close", function!(close)),
    ("place", function!(place)),
    ("auth", function!(auth)),
    ("select", function!(select)),
    ("watch", function!(watch)),
    ("unwatch", function!(unwatch)),
    ("give_up", function!(give_up)),
    ("blpop", function!(blpop)),
    ("command", function!(command)),
];

/// `open({options}) -> client`
fn open(state: &State<'_>) -> Result<c_int, Failure> {
    state.set_top(1);
    let client = Client::open(settings(state, 1)?)?;
    state.push_owned(client, CLIENT);
    Ok(1)
}

/// `client:close()`: true, however often.
fn close(state: &State<'_>) -> Result<c_int, Failure> {
    client(state)?.close();
    state.push_boolean(true);
    Ok(1)
}

/// Where the server of a client is.
fn place(state: &State<'_>) -> Result<c_int, Failure> {
    let place = client(state)?.settings.place.name();
    state.push_bytes(place.as_bytes());
    Ok(1)
}

/// `client:auth(password)` or `client:auth(user, password)`
fn auth(state: &State<'_>) -> Result<c_int, Failure> {
    change(state, "AUTH", 2)
}

fn select(state: &State<'_>) -> Result<c_int, Failure> {
    change(state, "SELECT", 2)
}

fn watch(state: &State<'_>) -> Result<c_int, Failure> {
    change(state, "WATCH", 2)
}

fn unwatch(state: &State<'_>) -> Result<c_int, Failure> {
    change(state, "UNWATCH", 2)
}

/// Watches nothing any more, whatever the server says: what was to follow does not.
fn give_up(state: &State<'_>) -> Result<c_int, Failure> {
    let client = client(state)?;
    if client.is_watching() {
        // A connection that is gone watches nothing.
        let _ = client.change("UNWATCH", &Request::of(&[b"UNWATCH"]), Effect::Unwatch);
    }
    state.push_boolean(true);
    Ok(1)
}

/// `client:blpop(key or {keys}, seconds)`: key and value, or nil.
fn blpop(state: &State<'_>) -> Result<c_int, Failure> {
    let word = "BLPOP";
    state.set_top(3);
    state.checked(8)?;
    let keys = match state.kind(2) {
        Kind::Table => state.length(2),
        _ => 1,
    };
    let mut request = Request::new(word.as_bytes(), usize::try_from(keys).unwrap_or(0) + 1);
    for place in 1..=keys {
        match state.kind(2) {
            Kind::Table => state.push_element(2, place),
            _ => state.push_copy(2),
        }
        request.argument(state, state.top(), word, place)?;
        state.set_top(3);
    }
    if state.kind(3) != Kind::Number {
        return Err(Failure::usage(
            "bad_argument",
            "`blpop` is not told for how many seconds to wait",
        )
        .with_hint("`client:blpop(keys, 5)`; 0 waits for ever"));
    }
    request.argument(state, 3, word, keys + 1)?;
    let wait = waiting(seconds(state, 3));
    send(state, word, &request, Shape::List, wait)
}

/// `client:command(name, …)`
fn command(state: &State<'_>) -> Result<c_int, Failure> {
    let Some(name) = state.bytes(2) else {
        let what = state.type_name(2);
        return Err(Failure::usage(
            "bad_argument",
            format!("the name of a command is a string, and not a {what}"),
        ));
    };
    let word = String::from_utf8_lossy(name).to_uppercase();
    match &*word {
        "AUTH" | "SELECT" | "WATCH" | "UNWATCH" => return change(state, &word, 3),
        _ => refuse(state, &word)?,
    }
    let request = Request::of_stack(state, &word, 3)?;
    let wait = wait_of(state, &word);
    send(state, &word, &request, Shape::Plain, wait)
}

/// What changes the connection itself is done again on every new one; its arguments stand from an
/// index on.
fn change(state: &State<'_>, word: &str, from: c_int) -> Result<c_int, Failure> {
    let request = Request::of_stack(state, word, from)?;
    let bytes = |index| bytes_of(state, index, word, 1).map(Cow::into_owned);
    let effect = match (word, state.top() - from) {
        ("AUTH", 0) => Effect::LetIn {
            user: None,
            password: bytes(from)?,
        },
        ("AUTH", 1) => Effect::LetIn {
            user: Some(bytes(from)?),
            password: bytes(from + 1)?,
        },
        ("SELECT", 0) => match argument(state, from) {
            Some(database) if database.fract() == 0.0 =>
            {
                #[allow(clippy::cast_possible_truncation, reason = "it is whole")]
                Effect::Select(database as i64)
            }
            _ => Effect::None,
        },
        ("WATCH", _) => Effect::Watch,
        ("UNWATCH", _) => Effect::Unwatch,
        // The server says what is wrong.
        _ => Effect::None,
    };
    let Some(client) = owned::<Client>(state) else {
        return Err(Failure::usage(
            "not_supported",
            format!("`{word}` changes the connection, and is no part of a pipeline"),
        )
        .with_hint("call it on the client, before the pipeline"));
    };
    let reply = client.change(word, &request, effect)?;
    push(state, &reply, Shape::Plain)?;
    Ok(1)
}

/// What would make a connection another kind of thing, which the next reply does not fit.
fn refuse(state: &State<'_>, word: &str) -> Result<(), Failure> {
    let instead = match word {
        "SUBSCRIBE" | "PSUBSCRIBE" | "SSUBSCRIBE" | "UNSUBSCRIBE" | "PUNSUBSCRIBE"
        | "SUNSUBSCRIBE" => "`client:subscriber()` listens to channels",
        "MULTI" | "EXEC" | "DISCARD" => "`client:multi(function(tx) … end)` is a transaction",
        "HELLO" => "give the option `protocol` when you connect",
        "QUIT" | "RESET" => "`client:close()` closes the connection",
        "MONITOR" | "SYNC" | "PSYNC" => "use `redis-cli`",
        "CLIENT" if is_word(state, 3, "REPLY") => "leave the replies on",
        _ => return Ok(()),
    };
    let what = match word {
        "CLIENT" => "CLIENT REPLY",
        word => word,
    };
    Err(Failure::usage(
        "not_supported",
        format!("`{what}` does not go through `command`"),
    )
    .with_hint(instead))
}

/// For how long a command may wait at the server, by its own arguments.
fn wait_of(state: &State<'_>, word: &str) -> Wait {
    let top = state.top();
    match word {
        "BLPOP" | "BRPOP" | "BRPOPLPUSH" | "BLMOVE" | "BZPOPMIN" | "BZPOPMAX" => {
            waiting(seconds(state, top))
        }
        "BLMPOP" | "BZMPOP" => waiting(seconds(state, 3)),
        "WAIT" | "WAITAOF" => waiting(milliseconds(state, top)),
        "XREAD" | "XREADGROUP" => match (3..top).find(|index| is_word(state, *index, "BLOCK")) {
            Some(index) => waiting(milliseconds(state, index + 1)),
            None => Wait::NO,
        },
        _ => Wait::NO,
    }
}

/// Nothing is for ever; what is no time is refused by the server at once.
fn waiting(time: Option<Duration>) -> Wait {
    match time {
        Some(Duration::ZERO) => Wait::ForEver,
        Some(time) => Wait::Until(time),
        None => Wait::NO,
    }
}

/// A number of seconds, with a fraction.
pub(super) fn seconds(state: &State<'_>, index: c_int) -> Option<Duration> {
    Duration::try_from_secs_f64(argument(state, index)?).ok()
}

fn milliseconds(state: &State<'_>, index: c_int) -> Option<Duration> {
    Duration::try_from_secs_f64(argument(state, index)? / 1e3).ok()
}

/// A number, or a string of one.
fn argument(state: &State<'_>, index: c_int) -> Option<f64> {
    match state.kind(index) {
        #[allow(clippy::cast_precision_loss, reason = "no time is that exact")]
        Kind::Number => Some(match state.number(index) {
            Number::Integer(value) => value as f64,
            Number::Float(value) => value,
        }),
        _ => std::str::from_utf8(state.bytes(index)?).ok()?.parse().ok(),
    }
}

fn is_word(state: &State<'_>, index: c_int, word: &str) -> bool {
    state
        .bytes(index)
        .is_some_and(|bytes| bytes.eq_ignore_ascii_case(word.as_bytes()))
}
