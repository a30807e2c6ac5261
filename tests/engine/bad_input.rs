//! What people get wrong, and what servers refuse: each is one error with a code and a hint, the
//! exit status that `docs/cli.md` promises, no password in any word of it, and a database and a
//! history that are as they were. Everything goes through the built program.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{TestDatabase, catalog};

#[path = "bad_input/access.rs"]
mod access;
#[path = "bad_input/files.rs"]
mod files;
#[path = "bad_input/names.rs"]
mod names;

/// A password with everything that has a meaning in a URL, and how it is written there.
const PASSWORD: &str = "s3cret/pa:ss@wörd%";
const PASSWORD_IN_URL: &str = "s3cret%2Fpa%3Ass%40w%C3%B6rd%25";

/// A call of `freight`, without the words `--url` and `--dir`.
struct Call<'a> {
    words: Vec<&'a str>,
    url: &'a str,
    folder: &'a Path,
}

/// What a call gave.
#[derive(Debug)]
struct Answer {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

/// What an error must be: its code, the exit status, and what its text says.
struct Expected<'a> {
    code: &'a str,
    status: i32,
    says: &'a [&'a str],
}

impl<'a> Call<'a> {
    fn migrate(url: &'a str, folder: &'a Path) -> Self {
        Self {
            words: vec!["migrate"],
            url,
            folder,
        }
    }

    fn with(mut self, words: &[&'a str]) -> Self {
        self.words.extend(words);
        self
    }

    fn run(&self, more: &[&str]) -> Answer {
        // In a folder without a configuration, and without any variable of this test's.
        let here = tempfile::tempdir().unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_freight"))
            .args(&self.words)
            .args(more)
            .args(["--url", self.url, "--dir"])
            .arg(self.folder)
            .current_dir(here.path())
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let answer = Answer {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        for text in [&answer.stdout, &answer.stderr] {
            for secret in [PASSWORD, PASSWORD_IN_URL, "s3cret"] {
                assert!(!text.contains(secret), "a password is shown: {text}");
            }
            let moves_cursor = |c: char| c.is_control() && c != '\n' && c != '\t';
            assert!(!text.contains(moves_cursor), "{text:?}");
        }
        answer
    }

    /// Must work.
    fn succeeds(&self) -> Answer {
        let answer = self.run(&[]);
        assert_eq!(answer.status, Some(0), "{}", answer.stderr);
        answer
    }

    /// Must fail as expected, in words and as JSON.
    fn fails(&self, expected: &Expected<'_>) {
        let answer = self.run(&[]);
        let lines_with = |start: &str| {
            let lines = answer.stderr.lines();
            lines.filter(|line| line.starts_with(start)).count()
        };
        let text = &answer.stderr;
        assert_eq!(answer.status, Some(expected.status), "{text}");
        assert_eq!(answer.stdout, "", "{text}");
        assert_eq!(lines_with("error["), 1, "{text}");
        let code = format!("error[{}]: ", expected.code);
        assert_eq!(lines_with(&code), 1, "expected {code}: {text}");
        assert_eq!(lines_with("hint: "), 1, "{text}");
        for words in expected.says {
            assert!(text.contains(words), "does not say `{words}`: {text}");
        }

        let answer = self.run(&["--json"]);
        assert_eq!(answer.status, Some(expected.status), "{}", answer.stdout);
        assert_eq!(answer.stderr, "");
        assert_eq!(answer.stdout.lines().count(), 1, "{}", answer.stdout);
        let object: Value = serde_json::from_str(&answer.stdout).unwrap();
        assert_eq!(object["ok"], false, "{object}");
        assert_eq!(object["error"]["code"], expected.code, "{object}");
        assert!(!object["error"]["hint"].is_null(), "no hint: {object}");
    }

    /// The same, and leaves everything in `database` as it was, the history too.
    fn fails_and_changes_nothing(&self, database: &TestDatabase, expected: &Expected<'_>) {
        let everything = || catalog::describe(&mut database.connect(), &[]);
        let before = everything();
        self.fails(expected);
        assert_eq!(everything(), before);
    }
}

/// The same URL for another user.
fn with_credentials(url: &str, user: &str, password: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (authority, path) = rest.split_once('/').unwrap();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    format!("{scheme}://{user}:{password}@{host}/{path}")
}

/// The same URL for another database.
fn with_database(url: &str, name: &str) -> String {
    let (start, query) = match url.split_once('?') {
        Some((start, query)) => (start, format!("?{query}")),
        None => (url, String::new()),
    };
    format!("{}/{name}{query}", start.rsplit_once('/').unwrap().0)
}
