//! A server that plays Redis, and goes wrong where a test wants it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a connection does, from its first command to its end.
pub(crate) type Part = fn(&mut Conversation);

/// A server whose connections play their parts in turn.
pub(crate) struct Fake {
    pub(crate) port: u16,
    log: Arc<Mutex<Vec<String>>>,
}

/// One connection of it.
pub(crate) struct Conversation {
    number: usize,
    reader: BufReader<TcpStream>,
    log: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    pub(crate) fn start(parts: &'static [Part]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let own = Arc::clone(&log);
        std::thread::spawn(move || {
            for (number, part) in (1..).zip(parts) {
                let Ok((socket, _)) = listener.accept() else {
                    return;
                };
                let mut conversation = Conversation {
                    number,
                    reader: BufReader::new(socket),
                    log: Arc::clone(&own),
                };
                std::thread::spawn(move || part(&mut conversation));
            }
        });
        Self { port, log }
    }

    /// The commands that came, each after the number of its connection.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

impl Conversation {
    /// Reads a command, which must be this one, and answers.
    pub(crate) fn answer(&mut self, expected: &str, reply: &str) {
        let found = self.hear();
        assert_eq!(found.as_deref(), Some(expected));
        self.say(reply);
    }

    /// Reads a command; `None` at the end.
    pub(crate) fn hear(&mut self) -> Option<String> {
        let count = self.line()?.strip_prefix('*')?.parse::<usize>().ok()?;
        let mut words = Vec::new();
        for _ in 0..count {
            let length = self.line()?.strip_prefix('$')?.parse::<usize>().ok()?;
            let mut bytes = vec![0; length + 2];
            self.reader.read_exact(&mut bytes).ok()?;
            words.push(String::from_utf8_lossy(bytes.strip_suffix(b"\r\n")?).into_owned());
        }
        let command = words.join(" ");
        let line = format!("{} {command}", self.number);
        self.log.lock().unwrap().push(line);
        Some(command)
    }

    pub(crate) fn say(&mut self, reply: &str) {
        let _ = self.reader.get_mut().write_all(reply.as_bytes());
    }

    pub(crate) fn pause(&mut self, milliseconds: u64) {
        std::thread::sleep(Duration::from_millis(milliseconds));
    }

    /// Waits until the other side closes.
    pub(crate) fn stay(&mut self) {
        while self.hear().is_some() {}
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line).ok()?;
        Some(line.strip_suffix("\r\n")?.to_owned())
    }
}
