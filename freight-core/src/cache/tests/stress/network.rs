//! The way between a process and Redis: it can be cut, it takes time, and what nobody waits for may
//! arrive much later.

use std::io::{ErrorKind, Read, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::moments::{Moment, Moments};
use crate::cache::tests::place::{reply, trouble};
use crate::cache::tests::{Step, step_of};
use crate::cache::{Reply, Trouble, Wire};

/// A machine that does nothing else answers at once; one that runs many tests does not.
const LIMIT: Duration = Duration::from_secs(5);

pub(super) struct Network {
    path: PathBuf,
    stream: Option<Stream>,
    /// What is on its way, and whose fences it takes away.
    late: Vec<u8>,
    releases: Vec<String>,
    moments: Arc<Mutex<Moments>>,
}

struct Stream {
    socket: UnixStream,
    /// What has come before anybody wanted it.
    early: Vec<u8>,
    parser: redis::Parser,
}

impl Network {
    pub(super) fn to(path: PathBuf, moments: Arc<Mutex<Moments>>) -> Self {
        Self {
            path,
            stream: None,
            late: Vec::new(),
            releases: Vec::new(),
            moments,
        }
    }

    fn stream(&mut self) -> Result<&mut Stream, Trouble> {
        match &mut self.stream {
            Some(stream) => Ok(stream),
            none => {
                let socket = UnixStream::connect(&self.path).map_err(unreachable)?;
                socket.set_read_timeout(Some(LIMIT)).map_err(unreachable)?;
                Ok(none.insert(Stream {
                    socket,
                    early: Vec::new(),
                    parser: redis::Parser::new(),
                }))
            }
        }
    }

    /// What was on its way arrives.
    fn arrive(&mut self) -> Result<(), Trouble> {
        let late = std::mem::take(&mut self.late);
        let releases = std::mem::take(&mut self.releases);
        let stream = self.stream()?;
        stream.socket.write_all(&late).map_err(unreachable)?;
        let mut moments = self.moments.lock().unwrap();
        releases.iter().for_each(|writer| moments.released(writer));
        Ok(())
    }
}

impl Wire for Network {
    fn send(&mut self, words: &[&[u8]], _limit: Duration) -> Result<(), Trouble> {
        let step = step_of(words);
        let moment = moment(step);
        let is_late = {
            let mut moments = self.moments.lock().unwrap();
            moments.reach(moment);
            if moments.is_cut() {
                return Err(Trouble::Unreachable("the network is down".to_owned()));
            }
            match (step, writer(words)) {
                (Some(Step::Fence), Some(writer)) => moments.fenced(writer),
                (Some(Step::Release), Some(writer)) => self.releases.push(writer),
                _ => {}
            }
            // A fence that may have gone is taken away with a reply, which is waited for at once.
            moments.is_late(moment)
        };
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(*word);
        }
        self.stream()?;
        self.late.extend(command.get_packed_command());
        match is_late {
            true => Ok(()),
            false => self.arrive(),
        }
    }

    fn receive(&mut self) -> Result<Reply, Trouble> {
        if self.stream.is_none() {
            return Err(Trouble::Unreachable("there is no connection".to_owned()));
        }
        self.arrive()?;
        let Stream {
            socket,
            early,
            parser,
        } = self.stream()?;
        let value = parser.parse_value(Early { early, socket });
        value.map_err(|error| trouble(&error)).and_then(reply)
    }

    fn is_alive(&mut self) -> bool {
        let is_cut = self.moments.lock().unwrap().is_cut();
        !is_cut && self.stream.as_mut().is_some_and(Stream::is_alive)
    }

    fn close(&mut self) {
        self.stream = None;
        self.late.clear();
        self.releases.clear();
    }
}

impl Stream {
    /// False once the server has ended it.
    fn is_alive(&mut self) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        let mut bytes = [0; 4096];
        let is_alive = loop {
            match self.socket.read(&mut bytes) {
                Ok(0) => break false,
                Ok(count) => self.early.extend(&bytes[..count]),
                Err(error) => break error.kind() == ErrorKind::WouldBlock,
            }
        };
        self.socket.set_nonblocking(false).unwrap();
        is_alive
    }
}

/// What has come, and then what comes.
struct Early<'a> {
    early: &'a mut Vec<u8>,
    socket: &'a mut UnixStream,
}

impl Read for Early<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.early.is_empty() {
            return self.socket.read(buffer);
        }
        let count = self.early.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.early[..count]);
        self.early.drain(..count);
        Ok(count)
    }
}

fn unreachable(error: std::io::Error) -> Trouble {
    Trouble::Unreachable(error.to_string())
}

const fn moment(step: Option<Step>) -> Moment {
    match step {
        Some(Step::Read) => Moment::Read,
        Some(Step::Fill) => Moment::Fill,
        Some(Step::Fence) => Moment::Fence,
        Some(Step::Release) => Moment::Release,
        None => Moment::Other,
    }
}

/// Whose fences a call is about.
fn writer(words: &[&[u8]]) -> Option<String> {
    let keys: usize = std::str::from_utf8(words.get(2)?).ok()?.parse().ok()?;
    let word = words.get(3 + keys + 1)?;
    Some(String::from_utf8_lossy(word).into_owned())
}
