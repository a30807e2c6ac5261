//! The methods of clients and pipelines: each is a command of Redis under its own name.
//!
//! On a client a method sends its command and returns the reply; on a pipeline it puts the command
//! into it and returns the pipeline.

use std::ffi::{CStr, c_int};

use super::client::{Client, Wait};
use super::queue::Queue;
use super::reply::{Shape, push};
use super::request::Request;
use crate::error::Failure;
use crate::raw::{CFunction, Kind, State, function};

pub(super) const CLIENT: &CStr = c"freight.redis.Client";
pub(super) const QUEUE: &CStr = c"freight.redis.Queue";

/// Writes a function for each command, and the list of them. What follows a `+` is written below.
macro_rules! commands {
    ($($method:ident $word:literal $shape:ident,)* + $($own:ident,)*) => {
        $(fn $method(state: &State<'_>) -> Result<c_int, Failure> {
            let request = Request::of_stack(state, $word, 2)?;
            send(state, $word, &request, Shape::$shape, Wait::NO)
        })*

        /// The methods, by name.
        pub(super) const FUNCTIONS: &[(&str, CFunction)] = &[
            $((stringify!($method), function!($method)),)*
            $((stringify!($own), function!($own)),)*
        ];
    };
}

commands! {
    ping "PING" Plain,
    dbsize "DBSIZE" Plain,
    flushdb "FLUSHDB" Plain,
    publish "PUBLISH" Plain,

    get "GET" Plain,
    set "SET" Plain,
    setex "SETEX" Plain,
    setnx "SETNX" Flag,
    mget "MGET" Plain,
    append "APPEND" Plain,
    strlen "STRLEN" Plain,

    del "DEL" Plain,
    exists "EXISTS" Flag,
    expire "EXPIRE" Flag,
    persist "PERSIST" Flag,
    ttl "TTL" Plain,
    keys "KEYS" List,
    rename "RENAME" Plain,
    typeof_key "TYPE" Plain,

    hget "HGET" Plain,
    hset "HSET" Plain,
    hgetall "HGETALL" Pairs,
    hdel "HDEL" Plain,
    hexists "HEXISTS" Flag,
    hkeys "HKEYS" List,
    hvals "HVALS" List,
    hlen "HLEN" Plain,

    lpush "LPUSH" Plain,
    rpush "RPUSH" Plain,
    lpop "LPOP" Plain,
    rpop "RPOP" Plain,
    lrange "LRANGE" List,
    llen "LLEN" Plain,
    lindex "LINDEX" Plain,

    sadd "SADD" Plain,
    srem "SREM" Plain,
    smembers "SMEMBERS" List,
    sismember "SISMEMBER" Flag,
    scard "SCARD" Plain,

    zadd "ZADD" Plain,
    zrange "ZRANGE" List,
    zrank "ZRANK" Plain,
    zscore "ZSCORE" Score,
    zrem "ZREM" Plain,
    zcard "ZCARD" Plain,

    + incr, decr, info, mset, hmset, eval,
}

/// `incr(key, by?)`
fn incr(state: &State<'_>) -> Result<c_int, Failure> {
    count(state, "INCR", "INCRBY")
}

/// `decr(key, by?)`
fn decr(state: &State<'_>) -> Result<c_int, Failure> {
    count(state, "DECR", "DECRBY")
}

fn count(state: &State<'_>, by_one: &str, by_many: &str) -> Result<c_int, Failure> {
    let word = match state.kind(3) {
        Kind::Nothing | Kind::Nil => {
            state.set_top(2);
            by_one
        }
        _ => by_many,
    };
    let request = Request::of_stack(state, word, 2)?;
    send(state, word, &request, Shape::Plain, Wait::NO)
}

/// `info(section?)`
fn info(state: &State<'_>) -> Result<c_int, Failure> {
    if state.kind(2) == Kind::Nil {
        state.set_top(1);
    }
    let request = Request::of_stack(state, "INFO", 2)?;
    send(state, "INFO", &request, Shape::Plain, Wait::NO)
}

/// `mset({key = value})`
fn mset(state: &State<'_>) -> Result<c_int, Failure> {
    set_pairs(state, "MSET", 2)
}

/// `hmset(key, {field = value})`
fn hmset(state: &State<'_>) -> Result<c_int, Failure> {
    set_pairs(state, "HMSET", 3)
}

/// The pairs stand in a table at an index, or in turn from there on.
fn set_pairs(state: &State<'_>, word: &str, index: c_int) -> Result<c_int, Failure> {
    if state.kind(index) != Kind::Table {
        let request = Request::of_stack(state, word, 2)?;
        return send(state, word, &request, Shape::Plain, Wait::NO);
    }
    state.checked(8)?;
    let mut count = 0;
    state.each(index, |_, _| {
        count += 1;
        true
    });
    if count == 0 {
        return Err(Failure::usage(
            "bad_argument",
            format!("`{word}` was given an empty table"),
        ));
    }
    let keys = usize::try_from(index - 2).unwrap_or(0);
    let mut request = Request::new(word.as_bytes(), keys + 2 * count);
    for (place, before) in (1..).zip(2..index) {
        request.argument(state, before, word, place)?;
    }
    let (mut place, mut outcome) = (i64::from(index) - 1, Ok(()));
    state.each(index, |key, value| {
        outcome = request
            .argument(state, key, word, place)
            .and_then(|()| request.argument(state, value, word, place + 1));
        place += 2;
        outcome.is_ok()
    });
    outcome?;
    send(state, word, &request, Shape::Plain, Wait::NO)
}

/// `eval(script, keys?, arguments?)`
fn eval(state: &State<'_>) -> Result<c_int, Failure> {
    let word = "EVAL";
    state.set_top(4);
    state.checked(8)?;
    let mut lengths = [0, 0];
    for (index, length) in (3..).zip(&mut lengths) {
        *length = match state.kind(index) {
            Kind::Nil => 0,
            Kind::Table => state.length(index),
            _ => {
                let what = state.type_name(index);
                return Err(Failure::usage(
                    "bad_argument",
                    format!("keys and arguments of `eval` are lists, and not a {what}"),
                ));
            }
        };
    }
    let [keys, arguments] = lengths.map(|length| usize::try_from(length).unwrap_or(0));
    let mut request = Request::new(word.as_bytes(), 2 + keys + arguments);
    request.argument(state, 2, word, 1)?;
    request.put(keys.to_string().as_bytes());
    let mut number = 3;
    for (index, length) in (3..).zip(lengths) {
        for place in 1..=length {
            state.push_element(index, place);
            request.argument(state, state.top(), word, number)?;
            state.set_top(4);
            number += 1;
        }
    }
    send(state, word, &request, Shape::Plain, Wait::NO)
}

/// Sends a command, and leaves what its reply says; on a pipeline, leaves the pipeline.
pub(super) fn send(
    state: &State<'_>,
    word: &str,
    request: &Request,
    shape: Shape,
    wait: Wait,
) -> Result<c_int, Failure> {
    if let Some(client) = owned::<Client>(state) {
        let reply = client.ask(word, request, wait)?;
        push(state, &reply, shape)?;
        return Ok(1);
    }
    match owned::<Queue>(state) {
        Some(queue) => {
            queue.add(word, request, shape, wait)?;
            state.push_copy(1);
            Ok(1)
        }
        None => Err(no_method()),
    }
}

/// The client that a method was called on.
pub(super) fn client<'s>(state: &'s State<'_>) -> Result<&'s mut Client, Failure> {
    owned::<Client>(state).ok_or_else(no_method)
}

/// What the table at 1 has for its first element, if it is of such a kind.
pub(super) fn owned<'s, T: 'static>(state: &'s State<'_>) -> Option<&'s mut T> {
    if state.kind(1) != Kind::Table {
        return None;
    }
    state.push_element(1, 1);
    let found = state.owned::<T>(-1);
    state.set_top(state.top() - 1);
    found
}

pub(super) fn no_method() -> Failure {
    Failure::usage(
        "bad_argument",
        "this is not a method of what it was called on",
    )
    .with_hint("call it with a colon: `client:get(…)`")
}
