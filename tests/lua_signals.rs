//! Ctrl-C and `freight run`: whatever a script does, it ends with status 130 and without a word,
//! and nothing of what it had begun stays in a database.
//!
//! A script prints `ready` when it is where the signal is to meet it.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use freight_core::driver::Statement;
use freight_core::{Database, DialectName};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::{TestDatabase, open};

/// A script that runs, and its output.
struct Running {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    _folder: tempfile::TempDir,
}

impl Running {
    /// Starts a script, and waits for its first line.
    fn start(script: &str, url: &str) -> Self {
        Self::start_by(
            &mut Command::new(env!("CARGO_BIN_EXE_freight")),
            script,
            url,
        )
    }

    fn start_by(command: &mut Command, script: &str, url: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.lua");
        std::fs::write(&file, script).unwrap();
        let mut child = command
            .arg("run")
            .args([file.to_str().unwrap(), url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let mut running = Self {
            child,
            stdout,
            _folder: folder,
        };
        assert_eq!(line, "ready\n", "{:?}", running.end());
        running
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        kill(id, signal).unwrap();
    }

    /// Status and what was printed after the first line, on both outputs.
    fn end(&mut self) -> (Option<i32>, String, String) {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        self.stdout.read_to_string(&mut stdout).unwrap();
        let mut errors = self.child.stderr.take().unwrap();
        errors.read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code(), stdout, stderr)
    }
}

const SILENT_END: (Option<i32>, String, String) = (Some(130), String::new(), String::new());

#[test]
fn ctrl_c_ends_a_script_wherever_it_is() {
    let scripts = [
        "print('ready') time.sleep(600000) print('slept')",
        "print('ready') while true do end",
        "print('ready') while true do pcall(time.sleep, 600000) print('caught') end",
        "local co = coroutine.wrap(function() print('ready') while true do end end) co()",
        "setmetatable({}, { __gc = function() print('finalizer') end }) print('ready') time.sleep(600000)",
        "print('ready') io.read() print('read')",
    ];
    for script in scripts {
        let mut running = Running::start(script, "");
        running.signal(Signal::SIGINT);
        assert_eq!(running.end(), SILENT_END, "{script}");
    }
}

/// Status and stderr of a script whose output nobody reads after its first line.
fn unread(script: &str, url: &str) -> (Option<i32>, String) {
    let mut running = Running::start(script, url);
    let Running { child, stdout, .. } = &mut running;
    // The pipe closes here, and the script goes on with the next line of its input.
    drop(std::mem::replace(stdout.get_mut(), empty_output()));
    child.stdin.as_mut().unwrap().write_all(b"go on\n").unwrap();
    let mut stderr = String::new();
    let mut errors = child.stderr.take().unwrap();
    errors.read_to_string(&mut stderr).unwrap();
    (child.wait().unwrap().code(), stderr)
}

/// An output that has ended.
fn empty_output() -> std::process::ChildStdout {
    let mut child = Command::new("true").stdout(Stdio::piped()).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    child.wait().unwrap();
    stdout
}

#[test]
fn a_script_ends_when_nobody_reads_what_it_prints() {
    let mark = "io.stderr:write('went on')";
    let ways = [
        "print('lost')",
        "io.write('lost\\n')",
        "io.stdout:write('lo', 'st', '\\n')",
        "io.stdout:setvbuf('full') io.write('lost') io.flush()",
        "io.stdout:setvbuf('full') io.write('lost') io.stdout:flush()",
        "pcall(print, 'lost')",
        "coroutine.wrap(function() print('lost') end)()",
        "setmetatable({}, { __gc = function() print('lost') end }) collectgarbage()",
    ];
    for way in ways {
        let script = format!("print('ready') io.read() {way} {mark}");
        assert_eq!(unread(&script, ""), (Some(141), String::new()), "{way}");
    }
    // Another file, and a script that says nothing more, are no reason to end.
    for way in [
        "",
        "local file = io.open('/dev/full', 'w') file:write('x') file:close()",
    ] {
        let script = format!("print('ready') io.read() {way} {mark}");
        assert_eq!(
            unread(&script, ""),
            (Some(0), "went on".to_owned()),
            "{way}"
        );
    }
}

#[test]
fn print_says_what_it_says_elsewhere() {
    let script = "print('ready') print() print(nil, 1, 2.0, true, 'a\\0b') \
        print(setmetatable({}, { __tostring = function() return 'own' end })) \
        print(pcall(print, setmetatable({}, { __tostring = function() return {} end }))) \
        print(io.write('w', 1) == io.stdout, io.stdout:write() == io.stdout, io.stdout:flush() ~= nil) \
        print(pcall(function() io.write('a', {}) end)) \
        print(pcall(function() io.stdout:write(nil) end))";
    let mut running = Running::start(script, "");
    let (status, stdout, stderr) = running.end();
    assert_eq!((status, &*stderr), (Some(0), ""));
    let lines: Vec<_> = stdout.lines().collect();
    let [blank, values, own, raised, written, wrong, missing] = lines.as_slice() else {
        panic!("{stdout}");
    };
    assert_eq!((*blank, *values), ("", "nil\t1\t2.0\ttrue\ta\0b"));
    assert_eq!((*own, *written), ("own", "w1true\ttrue\ttrue"));
    assert!(
        raised.starts_with("false\t") && raised.ends_with("'__tostring' must return a string"),
        "{raised}"
    );
    assert!(
        wrong.ends_with("app.lua:1: bad argument #2 to 'write' (string expected, got table)"),
        "{wrong}"
    );
    assert!(
        missing.ends_with("app.lua:1: bad argument #1 to 'write' (string expected, got nil)"),
        "{missing}"
    );
}

#[test]
fn what_was_printed_before_is_there() {
    let script = "print('ready') io.write('kept\\n', 'kept too\\n') io.stderr:write('x') \
        time.sleep(600000)";
    let mut running = Running::start(script, "");
    let mut said = [0];
    running
        .child
        .stderr
        .as_mut()
        .unwrap()
        .read_exact(&mut said)
        .unwrap();
    running.signal(Signal::SIGINT);
    let expected = (Some(130), "kept\nkept too\n".to_owned(), String::new());
    assert_eq!(running.end(), expected);
}

#[test]
fn a_termination_has_its_own_status() {
    let mut running = Running::start("print('ready') time.sleep(600000)", "");
    running.signal(Signal::SIGTERM);
    assert_eq!(running.end(), (Some(143), String::new(), String::new()));
}

#[test]
fn a_signal_that_is_to_be_ignored_is_ignored() {
    let script = "print('ready') io.stdout:write(io.read(), '\\n')";
    let mut command = Command::new("sh");
    let program = "trap '' INT; exec \"$0\" \"$@\"";
    command.args(["-c", program, env!("CARGO_BIN_EXE_freight")]);
    let mut running = Running::start_by(&mut command, script, "");
    running.signal(Signal::SIGINT);
    let mut stdin = running.child.stdin.take().unwrap();
    stdin.write_all(b"went on\n").unwrap();
    assert_eq!(
        running.end(),
        (Some(0), "went on\n".to_owned(), String::new())
    );
}

const WRITES: &str = "
    local db = freight.open(arg[1])
    db:exec('CREATE TABLE crates (id int)')
    db:transaction(function()
      db:execute('INSERT INTO crates VALUES (1)')
      print('ready')
      time.sleep(600000)
    end)";

#[test]
fn an_open_transaction_is_undone() {
    for dialect in DialectName::ALL {
        let Some(test) = TestDatabase::create(*dialect) else {
            continue;
        };
        let mut running = Running::start(WRITES, &test.url);
        running.signal(Signal::SIGINT);
        assert_eq!(running.end(), SILENT_END, "{dialect}");
        // The server takes the end of the connection for the end of the transaction: then the lock
        // is free.
        let mut database = open(&test.url);
        database.exec("INSERT INTO crates VALUES (2)").unwrap();
        let sum = Statement::new("SELECT max(id) - min(id) FROM crates");
        let sum = database.connection.fetch_value(&sum).unwrap();
        assert_eq!(sum.as_int(), Some(0), "{dialect}");
    }
}

/// Statements that take longer than a test may, and how the server's list of them is asked.
const LONG: &[(DialectName, &str, &str)] = &[
    (
        DialectName::Postgres,
        "SELECT pg_sleep(600)",
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' \
         AND datname = current_database()",
    ),
    (
        DialectName::Mysql,
        "SELECT SLEEP(600) /* freight_signal */",
        "SELECT count(*) FROM information_schema.processlist \
         WHERE info LIKE '%freight_signal%' AND db = database() AND id <> connection_id()",
    ),
];

#[test]
fn a_server_does_not_go_on_with_what_nobody_waits_for() {
    for (dialect, sql, question) in LONG {
        let Some(test) = TestDatabase::create(*dialect) else {
            continue;
        };
        // A script that takes every error for one of its own is not asked.
        let script = format!(
            "local db = freight.open(arg[1]) print('ready') \
             while true do pcall(db.query, db, [[{sql}]]) print('caught') end"
        );
        let mut running = Running::start(&script, &test.url);
        let mut database = open(&test.url);
        wait_until(&mut database, question, 1);
        running.signal(Signal::SIGINT);
        assert_eq!(running.end(), SILENT_END, "{dialect}");
        wait_until(&mut database, question, 0);
    }
}

#[test]
fn a_query_of_sqlite_ends_too() {
    let script = "local db = sqlite.memory() print('ready') \
        db:query('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n')";
    let mut running = Running::start(script, "");
    running.signal(Signal::SIGINT);
    assert_eq!(running.end(), SILENT_END);
}

/// With one thread the C library takes no locks, which SQLite and Lua feel with each statement.
#[cfg(target_os = "linux")]
#[test]
fn only_beside_a_server_a_thread_waits_for_signals() {
    let script = "print('ready') local db = freight.open(arg[1]) db:query('SELECT 1') \
        print(io.open('/proc/self/status'):read('a'):match('Threads:%s*(%d+)'))";
    let threads = |url: &str| Running::start(script, url).end();
    let expected = |count: &str| (Some(0), format!("{count}\n"), String::new());
    assert_eq!(threads("sqlite::memory:"), expected("1"));
    for dialect in [DialectName::Postgres, DialectName::Mysql] {
        if let Some(test) = TestDatabase::create(dialect) {
            // There may be one more, which looked for the address of a name.
            assert_ne!(threads(&test.url), expected("1"), "{dialect}");
        }
    }
}

fn wait_until(database: &mut Database, question: &str, expected: i64) {
    let start = Instant::now();
    loop {
        let found = database.connection.fetch_value(&Statement::new(question));
        if found.unwrap().as_int() == Some(expected) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{question}");
    }
}
