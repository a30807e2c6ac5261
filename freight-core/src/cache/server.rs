//! Redis, as the cache speaks to it: scripts by their digest, and calls that nobody waits for.
//!
//! What is *told* is sent, and its reply is read before the next one that somebody waits for. Every
//! script may run twice, so what a connection lost is sent again on another one.

use std::collections::VecDeque;
use std::sync::LazyLock;
use std::time::Duration;

use sha1::{Digest as _, Sha1};

use super::wire::{Reply, Trouble, Wire};
use crate::value::hexadecimal;

/// So many replies are left unread at most: they wait in buffers.
const MOST_UNREAD: usize = 64;

/// A script, which Redis knows by the digest of its text.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) text: &'static str,
    pub(super) digest: String,
}

impl Script {
    pub(super) fn of(text: &'static str) -> Self {
        Self {
            text,
            digest: hexadecimal(&Sha1::digest(text.as_bytes())),
        }
    }
}

macro_rules! script {
    ($name:ident, $file:literal) => {
        pub(super) static $name: LazyLock<Script> =
            LazyLock::new(|| Script::of(include_str!($file)));
    };
}

script!(READ, "scripts/read.lua");
script!(FILL, "scripts/fill.lua");
script!(FENCE, "scripts/fence.lua");
script!(RELEASE, "scripts/release.lua");

/// A script with its keys and arguments.
#[derive(Clone, Debug)]
pub(super) struct Call {
    script: &'static Script,
    keys: Vec<Vec<u8>>,
    arguments: Vec<Vec<u8>>,
}

impl Call {
    pub(super) fn new(script: &'static Script) -> Self {
        Self {
            script,
            keys: Vec::new(),
            arguments: Vec::new(),
        }
    }

    pub(super) fn key(mut self, key: &super::Key) -> Self {
        self.keys.push(key.as_bytes().to_vec());
        self
    }

    pub(super) fn argument(mut self, argument: impl Into<Vec<u8>>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(super) fn number(self, number: u128) -> Self {
        self.argument(number.to_string())
    }

    /// With the text of the script, or with its digest only.
    fn send(&self, wire: &mut dyn Wire, with_text: bool, limit: Duration) -> Result<(), Trouble> {
        let count = self.keys.len().to_string();
        let (command, name) = match with_text {
            true => ("EVAL", self.script.text),
            false => ("EVALSHA", self.script.digest.as_str()),
        };
        let mut words = vec![command.as_bytes(), name.as_bytes(), count.as_bytes()];
        words.extend(self.keys.iter().map(Vec::as_slice));
        words.extend(self.arguments.iter().map(Vec::as_slice));
        wire.send(&words, limit)
    }
}

/// The server.
pub(super) struct Server {
    wire: Box<dyn Wire>,
    /// What was sent, and not answered yet.
    told: VecDeque<Call>,
    /// Something was answered on the connection that is there.
    is_open: bool,
    /// How many connections were given up before it.
    connection: u64,
    /// Which run of which server it goes to, as soon as somebody has asked.
    run: Option<String>,
}

impl Server {
    pub(super) fn new(wire: Box<dyn Wire>) -> Self {
        Self {
            wire,
            told: VecDeque::new(),
            is_open: false,
            connection: 0,
            run: None,
        }
    }

    /// The number of the connection that is there now.
    pub(super) fn connection(&self) -> u64 {
        self.connection
    }

    /// True when the server has been there all the time since a connection had that number: one
    /// that ends takes its connections along.
    pub(super) fn was_there_since(&mut self, connection: u64) -> bool {
        self.connection == connection && self.wire.is_alive()
    }

    /// What tells the server from all others, and from itself before it was begun anew: a random
    /// text of its own.
    pub(super) fn run(&mut self, limit: Duration) -> Result<String, Trouble> {
        if let Some(run) = &self.run {
            return Ok(run.clone());
        }
        let reply = self.command(&[b"INFO", b"server"], limit)?;
        let run = run_in(&reply).ok_or_else(|| Trouble::Refused {
            code: "ERR".to_owned(),
            text: "`INFO server` does not tell the `run_id`".to_owned(),
        })?;
        Ok(self.run.insert(run).clone())
    }

    /// Runs a script, and waits for its reply.
    pub(super) fn ask(&mut self, call: &Call, limit: Duration) -> Result<Reply, Trouble> {
        self.again(|server| server.ask_once(call, limit))
    }

    /// Sends a command, and waits for its reply.
    pub(super) fn command(&mut self, words: &[&[u8]], limit: Duration) -> Result<Reply, Trouble> {
        self.again(|server| {
            server.wire.send(words, limit)?;
            let unknown = server.settle()?;
            let reply = server.wire.receive();
            server.repeat(unknown, limit)?;
            reply
        })
    }

    /// Sends commands together, and waits for their replies; `None` for one that was refused.
    pub(super) fn commands(
        &mut self,
        commands: &[&[&[u8]]],
        limit: Duration,
    ) -> Result<Vec<Option<Reply>>, Trouble> {
        self.again(|server| {
            server.wire.send_all(commands, limit)?;
            let unknown = server.settle()?;
            let mut replies = Vec::with_capacity(commands.len());
            for _ in commands {
                match server.wire.receive() {
                    Ok(reply) => replies.push(Some(reply)),
                    Err(Trouble::Refused { .. }) => replies.push(None),
                    Err(trouble) => return Err(trouble),
                }
            }
            server.repeat(unknown, limit)?;
            Ok(replies)
        })
    }

    /// Runs a script, and does not wait. When it does not arrive, nobody is told.
    pub(super) fn tell(&mut self, call: Call, limit: Duration) {
        let outcome = self.again(|server| {
            if server.told.len() >= MOST_UNREAD {
                let unknown = server.settle()?;
                server.repeat(unknown, limit)?;
            }
            call.send(&mut *server.wire, false, limit)
        });
        if outcome.is_ok() {
            self.told.push_back(call);
        }
    }

    /// Once more on a new connection, where the server has ended the one that was there.
    fn again<T>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let was_open = self.is_open;
        let mut outcome = work(self);
        if was_open && matches!(outcome, Err(Trouble::Unreachable(_))) {
            let told = self.give_up();
            outcome = told
                .into_iter()
                .try_for_each(|call| {
                    call.send(&mut *self.wire, false, Duration::from_millis(50))?;
                    self.told.push_back(call);
                    Ok(())
                })
                .and_then(|()| work(self));
        }
        match &outcome {
            Ok(_) | Err(Trouble::Refused { .. }) => self.is_open = true,
            Err(_) => drop(self.give_up()),
        }
        outcome
    }

    fn give_up(&mut self) -> VecDeque<Call> {
        self.wire.close();
        self.is_open = false;
        self.run = None;
        self.connection += 1;
        std::mem::take(&mut self.told)
    }

    fn ask_once(&mut self, call: &Call, limit: Duration) -> Result<Reply, Trouble> {
        call.send(&mut *self.wire, false, limit)?;
        let unknown = self.settle()?;
        let mut reply = self.wire.receive();
        self.repeat(unknown, limit)?;
        if is_unknown(&reply) {
            call.send(&mut *self.wire, true, limit)?;
            reply = self.wire.receive();
        }
        reply
    }

    /// Reads the replies that nobody waited for. Returns the calls whose script was not known.
    fn settle(&mut self) -> Result<Vec<Call>, Trouble> {
        let mut unknown = Vec::new();
        while !self.told.is_empty() {
            let reply = self.wire.receive();
            if let Err(trouble @ (Trouble::Unreachable(_) | Trouble::Late)) = reply {
                return Err(trouble);
            }
            let call = self.told.pop_front();
            if is_unknown(&reply) {
                unknown.extend(call);
            }
        }
        Ok(unknown)
    }

    fn repeat(&mut self, calls: Vec<Call>, limit: Duration) -> Result<(), Trouble> {
        for call in calls {
            call.send(&mut *self.wire, true, limit)?;
            match self.wire.receive() {
                Ok(_) | Err(Trouble::Refused { .. }) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }
}

/// A socket that is closed with replies in it takes away what was sent last.
impl Drop for Server {
    fn drop(&mut self) {
        let limit = Duration::from_millis(50);
        if let Ok(unknown) = self.settle() {
            let _ = self.repeat(unknown, limit);
        }
    }
}

/// Sixteen digits are enough: each server has forty that are random.
fn run_in(info: &Reply) -> Option<String> {
    let Reply::Bytes(bytes) = info else {
        return None;
    };
    let text = std::str::from_utf8(bytes).ok()?;
    let run = text.lines().find_map(|line| line.strip_prefix("run_id:"))?;
    run.get(..16).map(str::to_owned)
}

fn is_unknown(reply: &Result<Reply, Trouble>) -> bool {
    matches!(reply, Err(Trouble::Refused { code, .. }) if code == "NOSCRIPT")
}
