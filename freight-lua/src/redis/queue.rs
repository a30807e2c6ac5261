//! Pipelines and transactions: commands that are sent in one go.

use std::ffi::c_int;

use redis::{ServerError, Value};

use super::client::Wait;
use super::commands::{QUEUE, client, no_method};
use super::reply::{Shape, push_shaped};
use super::request::Request;
use super::trouble::Trouble;
use crate::error::Failure;
use crate::raw::{CFunction, State, function, undisturbed};

/// Commands that wait to be sent.
pub(super) struct Queue {
    bytes: Vec<u8>,
    commands: Vec<(String, Shape)>,
    wait: Wait,
    is_sent: bool,
}

pub(super) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("new", function!(new)),
    ("send", function!(send)),
    ("exec", function!(exec)),
];

impl Queue {
    pub(super) fn add(
        &mut self,
        word: &str,
        request: &Request,
        shape: Shape,
        wait: Wait,
    ) -> Result<(), Failure> {
        if self.is_sent {
            return Err(
                Failure::usage("closed", "the commands of this pipeline were sent")
                    .with_hint("use the pipeline inside of its function only"),
            );
        }
        self.bytes.extend_from_slice(request.bytes());
        self.commands.push((word.to_owned(), shape));
        self.wait = self.wait.and(wait);
        Ok(())
    }
}

/// `new() -> queue`
fn new(state: &State<'_>) -> Result<c_int, Failure> {
    let queue = Queue {
        bytes: Vec::new(),
        commands: Vec::new(),
        wait: Wait::NO,
        is_sent: false,
    };
    state.push_owned(queue, QUEUE);
    Ok(1)
}

/// `send(client, queue) -> results`
fn send(state: &State<'_>) -> Result<c_int, Failure> {
    let queue = take(state)?;
    let client = client(state)?;
    client.check_open()?;
    let count = queue.commands.len();
    let replies = match count {
        0 => Vec::new(),
        _ => client.ask_all("pipeline", &queue.bytes, count, queue.wait, false)?,
    };
    results(state, &queue.commands, &replies, "pipeline")
}

/// `exec(client, queue) -> results`, or nil where somebody changed what was watched.
fn exec(state: &State<'_>) -> Result<c_int, Failure> {
    let queue = take(state)?;
    let client = client(state)?;
    client.check_open()?;
    let count = queue.commands.len();
    if count == 0 && !client.is_watching() {
        return results(state, &[], &[], "transaction");
    }
    let mut bytes = Request::of(&[b"MULTI"]).bytes().to_vec();
    bytes.extend_from_slice(&queue.bytes);
    bytes.extend_from_slice(Request::of(&[b"EXEC"]).bytes());
    // None of the commands waits inside of a transaction.
    let replies = client.ask_all("multi", &bytes, count + 2, Wait::NO, true)?;
    if let Some((place, error)) = first_error(replies.get(..=count).unwrap_or_default()) {
        let trouble = match place.checked_sub(1).and_then(|at| queue.commands.get(at)) {
            Some((word, _)) => Trouble::refused(word, error).within(|text| {
                format!("command {place} of the transaction: {text}; none was done")
            }),
            None => Trouble::refused("MULTI", error),
        };
        return Err(trouble.into());
    }
    match replies.last() {
        Some(Value::Array(replies)) => results(state, &queue.commands, replies, "transaction"),
        Some(Value::ServerError(error)) => Err(Trouble::refused("EXEC", error).into()),
        _ => {
            state.push_nil();
            Ok(1)
        }
    }
}

/// The commands of the queue at 2, which takes none after that.
fn take(state: &State<'_>) -> Result<Queue, Failure> {
    let queue = state.owned::<Queue>(2).ok_or_else(no_method)?;
    let taken = Queue {
        bytes: std::mem::take(&mut queue.bytes),
        commands: std::mem::take(&mut queue.commands),
        wait: queue.wait,
        is_sent: true,
    };
    queue.is_sent = true;
    Ok(taken)
}

fn first_error(replies: &[Value]) -> Option<(usize, &ServerError)> {
    let errors = replies.iter().enumerate();
    errors
        .filter_map(|(place, reply)| match reply {
            Value::ServerError(error) => Some((place, error)),
            _ => None,
        })
        .next()
}

/// Leaves the results. Where one is an error, it is raised with all of them in its `results`, so
/// that it is neither overlooked nor the others lost.
fn results(
    state: &State<'_>,
    commands: &[(String, Shape)],
    replies: &[Value],
    what: &str,
) -> Result<c_int, Failure> {
    state.checked(8)?;
    undisturbed(state, || push_results(state, commands, replies))?;
    let Some((place, error)) = first_error(replies) else {
        return Ok(1);
    };
    let (table, word) = (
        state.top(),
        commands.get(place).map_or("", |(word, _)| word),
    );
    let trouble = Trouble::refused(word, error)
        .within(|text| format!("command {} of the {what}: {text}", place + 1));
    Failure::from(trouble).push(state);
    state.push_copy(table);
    state.set_field("results");
    Err(Failure::Raised(state.top()))
}

fn push_results(
    state: &State<'_>,
    commands: &[(String, Shape)],
    replies: &[Value],
) -> Result<(), Failure> {
    state.push_table(replies.len(), 1);
    let table = state.top();
    for (place, (reply, (word, shape))) in (1..).zip(replies.iter().zip(commands)) {
        match reply {
            Value::ServerError(error) => Failure::from(Trouble::refused(word, error)).push(state),
            reply => push_shaped(state, reply, *shape)?,
        }
        state.set_element(table, place);
    }
    state.push_integer(i64::try_from(replies.len()).unwrap_or(i64::MAX));
    state.set_field("n");
    Ok(())
}
