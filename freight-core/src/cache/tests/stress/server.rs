//! A server of Redis of a test's own. It can be killed, and another one, that knows what the first
//! had saved before, takes its place at the same moment.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// Fences of some writers fall, as they do after a while. KEYS: none. ARGV: the writers; none for
/// all.
const FALL: &str = "
local asked = {}
for _, writer in ipairs(ARGV) do
  asked['w:' .. writer] = true
end
for _, key in ipairs(redis.call('KEYS', '*')) do
  if redis.call('TYPE', key).ok == 'hash' then
    for _, field in ipairs(redis.call('HKEYS', key)) do
      if field:sub(1, 2) == 'w:' and (#ARGV == 0 or asked[field]) then
        redis.call('HSET', key, field, 1)
      end
    end
  end
end
";

pub(in crate::cache::tests) struct OwnRedis {
    folder: TempDir,
    process: Child,
    number: usize,
    next: Option<Child>,
}

impl OwnRedis {
    /// `None` where there is none on this machine, and nobody demands it.
    pub(in crate::cache::tests) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let required = std::env::var("FREIGHT_TEST_REQUIRE").unwrap_or_default();
        let Ok(process) = spawn(folder.path(), 0) else {
            assert!(!required.contains("redis"), "there is no redis-server");
            return None;
        };
        let redis = Self {
            folder,
            process,
            number: 0,
            next: None,
        };
        wait_for(&redis.numbered(0));
        redis.point();
        Some(redis)
    }

    /// How many servers it has had before this one.
    pub(super) const fn number(&self) -> usize {
        self.number
    }

    /// Where it is.
    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    pub(in crate::cache::tests) fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    fn numbered(&self, number: usize) -> PathBuf {
        self.folder.path().join(format!("{number}.sock"))
    }

    /// The place of the server is that of the newest.
    fn point(&self) {
        let link = self.folder.path().join("link");
        symlink(self.numbered(self.number), &link).unwrap();
        std::fs::rename(link, self.socket()).unwrap();
    }

    /// It saves what it knows, and one that begins with that stands by. Fences are not what it
    /// begins with: they would keep all readers away.
    pub(in crate::cache::tests) fn prepare(&mut self) {
        redis::cmd("SAVE")
            .exec(&mut connect(&self.socket()))
            .unwrap();
        let number = self.number + 1;
        self.next = Some(spawn(self.folder.path(), number).unwrap());
        let mut next = wait_for(&self.numbered(number));
        fall_on(&mut next, &[]);
    }

    /// It is killed, and the one that stands by takes its place.
    pub(in crate::cache::tests) fn replace(&mut self) {
        let Some(next) = self.next.take() else { return };
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.process = next;
        self.number += 1;
        self.point();
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        for process in [Some(&mut self.process), self.next.as_mut()]
            .into_iter()
            .flatten()
        {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn spawn(folder: &Path, number: usize) -> std::io::Result<Child> {
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--unixsocket"])
        .arg(format!("{number}.sock"))
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
}

/// A connection to the server of a socket.
pub(super) fn connect(socket: &Path) -> redis::Connection {
    let url = format!("unix://{}", socket.display());
    redis::Client::open(url).unwrap().get_connection().unwrap()
}

/// The same, as soon as it answers.
fn wait_for(socket: &Path) -> redis::Connection {
    let url = format!("unix://{}", socket.display());
    let client = redis::Client::open(url).unwrap();
    loop {
        if let Ok(mut connection) = client.get_connection()
            && redis::cmd("PING").exec(&mut connection).is_ok()
        {
            return connection;
        }
        std::thread::yield_now();
    }
}

/// Fences of writers fall.
pub(super) fn let_fall(socket: &Path, writers: &[String]) {
    if !writers.is_empty() {
        fall_on(&mut connect(socket), writers);
    }
}

fn fall_on(connection: &mut redis::Connection, writers: &[String]) {
    let mut call = redis::cmd("EVAL");
    call.arg(FALL).arg(0).arg(writers).exec(connection).unwrap();
}
