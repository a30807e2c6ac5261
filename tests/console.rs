//! `freight console`, with a script piped in and at a terminal of its own.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

mod support;

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use freight_core::DialectName;
use nix::pty::{Winsize, openpty};
use support::TestDatabase;
use tempfile::TempDir;

fn freight(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .env("HOME", folder)
        .env("TERM", "xterm");
    command
}

// ------------------------------------------------------------------------------------- piped in

/// Status, output and errors of a script.
fn piped(folder: &Path, arguments: &[&str], script: &[u8]) -> (i32, String, String) {
    let mut child = freight(env!("CARGO_BIN_EXE_freight"), folder)
        .arg("console")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that ends early has no use for the rest.
    let _ = child.stdin.take().unwrap().write_all(script);
    let output = child.wait_with_output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[track_caller]
fn prints(script: &str, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let run = piped(
        folder.path(),
        &["--url", "sqlite::memory:"],
        script.as_bytes(),
    );
    assert_eq!(run, (0, expected.to_owned(), String::new()), "{script}");
}

#[track_caller]
fn fails(script: &str, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let run = piped(
        folder.path(),
        &["--url", "sqlite::memory:"],
        script.as_bytes(),
    );
    assert_eq!(run, (1, String::new(), expected.to_owned()), "{script}");
}

#[test]
fn expressions_print_their_values() {
    prints("1 + 1", "2\n");
    prints("= 1, nil, 'x', true, 2.5\n", "1\tnil\tx\ttrue\t2.5\n");
    prints("x = 1\ny = x + 1\ny\n", "2\n");
    prints("local x = 1\nx\n", "nil\n");
    prints("print('a'), 'b'\n", "a\nnil\tb\n");
    prints("\n  \n-- nothing\n", "");
    // What the script itself writes stands before what is shown of its values.
    prints(
        "io.write('a') return 'b'\nio.write('c') return 'd'\n",
        "ab\ncd\n",
    );
}

#[test]
fn a_chunk_goes_on_until_it_is_whole() {
    prints(
        "function twice(n)\n  return 2 * n\nend\n\ntwice(\n21)\n",
        "42\n",
    );
    prints("[[a\nb]]\n", "a\nb\n");
    prints(
        "for i = 1, 2 do\nprint(i) end\n--[[ a\ncomment ]] 3\n",
        "1\n2\n3\n",
    );
    fails(
        "x = {\n1,\n",
        "error[FR0901]: the script ends inside of what began on line 1\n",
    );
}

#[test]
fn tables_are_shown_as_lua_has_them() {
    prints("{}", "{}\n");
    prints(
        "{ 1, 'two', [10] = json.null, b = { c = true }, ['a b'] = 1.5, [true] = 0 }",
        "{ 1, \"two\", [10] = null, [\"a b\"] = 1.5, b = { c = true }, [true] = 0 }\n",
    );
    prints("{ 'é\\n\\t\\\\\\\"\\0' }", "{ \"é\\n\\t\\\\\\\"\\x00\" }\n");
    prints("{ '\\255é' }", "{ \"\\xff\\xc3\\xa9\" }\n");
    prints("t = {} t.t = t return t", "{ t = { itself } }\n");
    prints(
        "{ { { { { { { { 1 } } } } } } } }",
        "{ { { { { { { { … } } } } } } } }\n",
    );
    prints(
        "setmetatable({}, { __tostring = function() return 'mine' end })",
        "mine\n",
    );
    prints("db", "freight.Db (sqlite)\n");
    let many = "t = {} for i = 1, 150 do t[i] = i end return #tostring(t) > 0, t";
    let folder = tempfile::tempdir().unwrap();
    let (_, shown, _) = piped(
        folder.path(),
        &["--url", "sqlite::memory:"],
        many.as_bytes(),
    );
    assert!(shown.contains("  100,\n  … 50 more\n}"), "{shown}");
}

#[test]
fn rows_are_a_table_with_the_columns_of_the_query() {
    let made = "db:exec('CREATE TABLE crates (id INTEGER PRIMARY KEY, label TEXT, kg REAL)') return nil\n\
        db:execute('INSERT INTO crates (label, kg) VALUES (?, ?), (?, ?)', 'A-7', 12.5, 'A\\n8', nil)\n";
    prints(
        &format!("{made}db:query('SELECT label, id, kg FROM crates')\n"),
        "nil\n2\nlabel  id  kg\nA-7    1   12.5\nA\\n8   2   NULL\n",
    );
    // A column of nothing but NULL, and a result of no rows, have their header too.
    prints("db:query('SELECT NULL AS b, 1 AS a')", "b     a\nNULL  1\n");
    prints(
        "db:query('SELECT 1 AS one, 2 AS two WHERE 0')",
        "one  two\n",
    );
    prints(
        "freight.db():raw('SELECT ? AS x', 'y'), 'behind'",
        "x\ny\nbehind\n",
    );
    prints("db:query_row('SELECT 1 AS a, NULL AS b')", "{ a = 1 }\n");
    prints(
        "{ { b = 1, a = 'x' }, { a = 'y', c = false } }",
        "a  b     c\nx  1     NULL\ny  NULL  false\n",
    );
    prints("{ { 1, 2 }, { 3 } }", "{ { 1, 2 }, { 3 } }\n");
    // A query is told once, also where somebody listens.
    prints(
        "n = 0 db:on('query', function() n = n + 1 end) db:query('SELECT 1') db:raw('SELECT 2') return n",
        "2\n",
    );
    // Without a terminal nothing is cut.
    let long = "x".repeat(300);
    prints(
        &format!("db:query(\"SELECT '{long}' AS long\")"),
        &format!("long\n{long}\n"),
    );
}

#[test]
fn a_script_ends_at_its_first_error() {
    fails(
        "error('no')\nprint('went on')\n",
        "error[FR0901]: stdin:1: no\n",
    );
    fails(
        "\n\nx = = 1\n",
        "error[FR0901]: stdin:3: unexpected symbol near '='\n",
    );
    fails(
        "\nfunction f()\n  error('deep')\nend\nf()\n",
        "error[FR0901]: stdin:3: deep\n",
    );
    fails("error({ a = 1 })", "error[FR0901]: { a = 1 }\n");
    fails(
        "setmetatable({}, { __tostring = function() error('odd', 0) end })",
        "error[FR0901]: odd\n",
    );
    fails(
        "db:query('SELECT * FROM nowhere')\n",
        "error[FR0901]: no such table: nowhere (missing_table)\n",
    );
    fails(
        "sqlite.memory({ statement_timeout = 1 })\n",
        "error[FR0901]: `statement_timeout` is no option of `sqlite.memory` (unknown_option)\n\
         hint: the options are `booleans`, `connect_timeout_ms`, `decimals`, `history_table`, `idle_check_ms`, `lazy`, `log`, `pool`, `slow_ms`, `statement_timeout_ms`, `tls`\n",
    );
}

#[test]
fn the_database_is_that_of_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(
        folder.path().join("freight.yaml"),
        "database: sqlite:app.db\n",
    )
    .unwrap();
    let run = piped(&inner, &[], b"db:exec('CREATE TABLE t (a)')\n");
    assert_eq!(run, (0, "0\n".to_owned(), String::new()));
    assert!(folder.path().join("app.db").exists());
    // Without one there is none.
    let empty = tempfile::tempdir().unwrap();
    let run = piped(empty.path(), &[], b"db, sqlite.memory()\n");
    assert_eq!(
        run,
        (0, "nil\tfreight.Db (sqlite)\n".to_owned(), String::new())
    );
    let (status, _, errors) = piped(
        empty.path(),
        &["--url", "postgres://u:hunter2@localhost:1/d", "-v"],
        b"1",
    );
    assert!(status == 1 && errors.contains("cannot connect"), "{errors}");
    assert!(!errors.contains("hunter2"), "{errors}");
}

#[test]
fn every_database_is_opened_with_its_password() {
    for dialect in DialectName::ALL {
        let Some(test) = TestDatabase::create(*dialect) else {
            continue;
        };
        let folder = tempfile::tempdir().unwrap();
        let script = b"db:query('SELECT 1 AS one')\ndb.driver\n";
        let (status, shown, errors) = piped(folder.path(), &["--url", &test.url], script);
        let expected = format!("one\n1\n{}\n", dialect.long_name());
        assert_eq!(
            (status, &*shown, &*errors),
            (0, &*expected, ""),
            "{dialect}"
        );
    }
}

#[test]
fn json_means_nothing_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let (status, shown, _) = piped(folder.path(), &["--json"], b"1");
    assert!(
        status == 1 && shown.contains("prints no JSON object"),
        "{shown}"
    );
}

// ------------------------------------------------------------------------------- at a terminal

/// A console at a terminal that is 40 columns wide.
struct Terminal {
    child: Child,
    keys: File,
    screen: Receiver<Vec<u8>>,
    /// What was printed and not yet waited for.
    seen: String,
}

impl Terminal {
    fn open(folder: &Path, arguments: &[&str]) -> Self {
        let size = Winsize {
            ws_row: 24,
            ws_col: 40,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None).unwrap();
        let slave = || Stdio::from(pty.slave.try_clone().unwrap());
        // Ctrl-C is for the session whose terminal it is.
        let child = freight("setsid", folder)
            .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_freight"), "console"])
            .args(arguments)
            .stdin(slave())
            .stdout(slave())
            .stderr(slave())
            .spawn()
            .unwrap();
        drop(pty.slave);
        let keys = File::from(pty.master);
        let mut output = keys.try_clone().unwrap();
        let (sender, screen) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Linux answers with an error when nobody has the other end any more.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            child,
            keys,
            screen,
            seen: String::new(),
        }
    }

    /// Waits for a text, and returns what was printed before it.
    #[track_caller]
    fn wait_for(&mut self, text: &str) -> String {
        let start = Instant::now();
        loop {
            if let Some(at) = self.seen.find(text) {
                let before = self.seen[..at].to_owned();
                self.seen.drain(..at + text.len());
                return before;
            }
            let rest = Duration::from_secs(30).checked_sub(start.elapsed());
            let more = self.screen.recv_timeout(rest.unwrap_or_default());
            match more {
                Ok(bytes) => self.seen.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("`{text}` did not come, but {:?}", self.seen),
            }
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Types a line at the prompt; the editor repeats what is typed.
    #[track_caller]
    fn type_line(&mut self, line: &str) {
        self.wait_for("> ");
        self.press(&format!("{line}\r"));
    }

    #[track_caller]
    fn end(mut self) {
        self.wait_for("> ");
        self.press("\u{4}");
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

fn history(folder: &TempDir) -> String {
    let file = folder.path().join(".local/state/freight/console_history");
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn an_error_leaves_the_console_alive() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), &["--url", "sqlite:app.db"]);
    terminal.wait_for("`db` is sqlite:app.db");
    terminal.type_line("error('no' .. 'thing')");
    terminal.wait_for("console:1: nothing\r\n");
    terminal.type_line("'still ' .. 'here'");
    terminal.wait_for("still here\r\n");
    terminal.type_line("function twice(n)");
    terminal.wait_for(">> ");
    terminal.press("return 2 * n end\r");
    terminal.type_line("twice(2100) .. '!'");
    terminal.wait_for("4200!\r\n");
    // A line that is given up is not run, nor are those before it.
    terminal.type_line("x = {");
    terminal.wait_for(">> ");
    terminal.press("1,\u{3}");
    terminal.type_line("'x is ' .. tostring(x)");
    terminal.wait_for("x is nil\r\n");
    terminal.end();
}

#[test]
fn tab_completes_what_is_there() {
    for dialect in DialectName::ALL {
        let Some(test) = TestDatabase::create(*dialect) else {
            continue;
        };
        let folder = tempfile::tempdir().unwrap();
        let mut terminal = Terminal::open(folder.path(), &["--url", &test.url]);
        // A line that is redrawn shows the prompt again, so each says something at its end.
        for (typed, shown) in [
            (
                "db:exec('CREATE TABLE crates (label varchar(9), kilos int)')",
                "0",
            ),
            ("db:exec(\"INSERT INTO crates VALUES ('a', 4)\")", "1"),
            ("yard = { kept = 7 } return 'made'", "made"),
        ] {
            terminal.type_line(typed);
            terminal.wait_for(&format!("\r\n{shown}\r\n"));
        }
        for (typed, shown) in [
            // Globals, keywords, members, methods, and those of strings and files.
            ("yar\t.ke\t * 100", "700"),
            ("crypt\t.sha2\t('a'):sub(1, 4)", "ca97"),
            ("freight.cry\t.md\t('a'):sub(1, 4)", "0cc1"),
            ("db:query_v\t('SELECT 40 + 2')", "42"),
            ("(db.dri\t):len() > 4", "true"),
            ("io.stdout:setv\t('line')", "true"),
            ("yard.name = 'x' return yard.name:rep\t(3)", "xxx"),
            // Tables, and the columns of those that the statement speaks of.
            ("db:query_value('SELECT sum(kilos) * 10 FROM cra\t')", "40"),
            (
                "db:query_value(\"SELECT * FROM crates WHERE lab\t = 'a'\")",
                "a",
            ),
        ] {
            terminal.type_line(typed);
            terminal.wait_for(&format!("\r\n{shown}\r\n"));
        }
        // More than one: what they share first, then all of them.
        terminal.wait_for("> ");
        terminal.press("db:query_\t\t");
        terminal.wait_for("query_full");
        terminal.wait_for("query_row");
        terminal.wait_for("query_value");
        terminal.wait_for("> ");
        terminal.wait_for("db:query_");
        terminal.press("\u{3}");
        // Nobody knows what a call returns, and nothing is called to find out.
        terminal.type_line(
            "calls = 0 setmetatable(yard, { __index = function() calls = 1 end }) return 'set'",
        );
        terminal.wait_for("\r\nset\r\n");
        terminal.wait_for("> ");
        terminal.press("yard.ab\t yard.ab.c\t = f(1).le\t, 1.\t \t-- 'cra\t\r");
        terminal.wait_for("console:1: ");
        terminal.type_line("'calls: ' .. calls");
        terminal.wait_for("calls: 0\r\n");
        terminal.end();
    }
}

#[test]
fn what_is_wider_than_the_terminal_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), &["--url", "sqlite::memory:"]);
    terminal.type_line("db:query(\"SELECT 1 AS id, printf('%.100c','y') t\")");
    terminal.wait_for("id  t\r\n");
    terminal.wait_for(&format!("1   {}…\r\n", "y".repeat(35)));
    terminal.end();
}

#[test]
fn ctrl_c_ends_what_runs_and_not_the_console() {
    for dialect in DialectName::ALL {
        let Some(test) = TestDatabase::create(*dialect) else {
            continue;
        };
        let endless = match dialect {
            DialectName::Sqlite => {
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n"
            }
            DialectName::Postgres => "SELECT pg_sleep(600)",
            DialectName::Mysql => "SELECT BENCHMARK(1000000000000, SHA2('x', 512))",
        };
        let folder = tempfile::tempdir().unwrap();
        let mut terminal = Terminal::open(folder.path(), &["--url", &test.url]);
        let query = format!("db:query(\"{endless}\")");
        let in_transaction = format!("db:transaction(function() {query} end)");
        for work in [
            "while true do end",
            "time.sleep(600000)",
            &query,
            &in_transaction,
        ] {
            terminal.type_line(&format!("print('be' .. 'gun') {work}"));
            terminal.wait_for("begun\r\n");
            terminal.press("\u{3}");
            terminal.wait_for("interrupted\r\n");
        }
        terminal.type_line("db:in_transaction(), 'al' .. 'ive', db:query_value('SELECT 1')");
        terminal.wait_for("false\talive\t1\r\n");
        terminal.end();
    }
}

#[test]
fn what_was_typed_is_remembered_without_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), &[]);
    terminal.wait_for("no database is configured");
    terminal.type_line("url = 'postgres://u:hunter2@h/d' return 1");
    terminal.wait_for("1\r\n");
    terminal.type_line("password = 'hunter2' return 2");
    terminal.wait_for("2\r\n");
    terminal.type_line("'re' .. 'called'");
    terminal.wait_for("recalled\r\n");
    terminal.end();
    let kept = history(&folder);
    assert!(
        kept.contains("'re' .. 'called'") && kept.contains("u:***@h"),
        "{kept}"
    );
    assert!(!kept.contains("hunter2"), "{kept}");
    // The key that goes up finds it again, in another console.
    let mut terminal = Terminal::open(folder.path(), &[]);
    terminal.type_line("\u{1b}[A");
    terminal.wait_for("recalled\r\n");
    terminal.end();
    assert_eq!(history(&folder).matches("called").count(), 1);
}

#[test]
fn the_models_of_the_project_are_at_hand() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write(
        "freight.yaml",
        "database: sqlite:app.db\nmodels: models.lua\n",
    );
    write("lengths.lua", "return { short = 20 }\n");
    write(
        "models.lua",
        "local User = freight.model('users', { name = freight.string(require('lengths').short) })\n\
         freight.model('post_tags', { name = 'text' })\n\
         function User:newest() return self:order_by_desc('id'):first() end\n",
    );
    let run = |arguments: &[&str], script: &str| piped(folder, arguments, script.as_bytes());
    let script = "db:auto_migrate().changes\nUser:create({ name = 'Ada' }).id\n\
                  User:newest().name, PostTag:count(), freight.model('post_tags') == PostTag\n";
    let expected = (0, "2\n1\nAda\t0\ttrue\n".to_owned(), String::new());
    assert_eq!(run(&[], script), expected);
    write(
        "more.yaml",
        "models:\n  ships:\n    fields: { name: string }\n",
    );
    let more = run(&["--models", "more.yaml"], "Ship.table_name, User\n");
    assert_eq!(more, (0, "ships\tnil\n".to_owned(), String::new()));
    let (status, _, problem) = run(&["--models", "nowhere.lua"], "1\n");
    assert!(
        status == 1 && problem.contains("cannot read `nowhere.lua`"),
        "{problem}"
    );
    // What nobody asked for ends nothing.
    write("models.lua", "freight.model('users', 5)\n");
    let (status, out, problem) = run(&[], "1 + 1\n");
    assert_eq!((status, &*out), (0, "2\n"));
    assert!(
        problem.contains("the definition of model `users` is a table"),
        "{problem}"
    );
}
