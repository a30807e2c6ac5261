//! Runs what README.md and docs/ tell the reader to type.
//!
//! Each page is one story in a fresh copy of the example project, with the built `freight` first
//! on PATH and no setting from outside. Its fenced blocks are followed from top to bottom:
//!
//! ````text
//! ```console              `$ command` lines, each followed by what it prints (stdout and stderr
//!                         together); `…` stands for any text, a line of nothing but `…` for any
//!                         lines. The command must end in status 0; where another one is meant,
//!                         the page shows it with `; echo $?`. `cd` counts for the rest of the page.
//! ```sql title=PATH       the file is written as it stands, for the commands that follow
//! ```sql excerpt=PATH     the file, as it is at this point of the story, has these lines
//! ````
//!
//! YAML, TOML and Lua work as SQL does. `cargo run -- …` runs the `freight` that is built already.
//! What cannot be run here (another machine, another tool) stands in ```` ```text ```` blocks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the story starts with.
const EXAMPLE: &[&str] = &["freight.yaml", "migrations", "schemas"];

#[test]
fn the_readme_tells_the_truth() {
    let commands = follow("README.md");
    assert!(commands >= 5, "README.md shows only {commands} commands");
}

#[test]
fn the_documents_tell_the_truth() {
    let mut pages: Vec<_> = fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md"))
        .collect();
    pages.sort();
    assert!(pages.contains(&"migrations.md".to_owned()));
    // Its story begins with a server of its own.
    if !has_redis() {
        pages.retain(|name| name != "lua-redis.md");
    }
    let commands: usize = pages
        .iter()
        .map(|name| follow(&format!("docs/{name}")))
        .sum();
    assert!(commands >= 10, "docs/ shows only {commands} commands");
}

/// True where there is a `redis-server`; where Redis is required, there must be.
fn has_redis() -> bool {
    let found = Command::new("redis-server").arg("--version").output();
    let required = std::env::var("FREIGHT_TEST_REQUIRE").unwrap_or_default();
    assert!(
        found.is_ok() || !required.split(',').any(|name| name == "redis"),
        "there is no redis-server, and FREIGHT_TEST_REQUIRE demands redis"
    );
    found.is_ok()
}

/// Follows a page to its end; returns how many commands it has.
fn follow(page: &str) -> usize {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let mut story = Story::new(page);
    for block in blocks(&text) {
        story.follow(&block);
    }
    story.commands
}

/// A fenced block.
struct Block<'a> {
    /// Of the opening fence, from 1.
    line: usize,
    language: &'a str,
    /// `title=…`: a file to write.
    title: Option<&'a str>,
    /// `excerpt=…`: a file that has these lines.
    excerpt: Option<&'a str>,
    lines: Vec<&'a str>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, Block<'_>)> = None;
    for (index, line) in text.lines().enumerate() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match &mut open {
            Some((fence, block)) => {
                if ticks >= *fence && line.trim_start_matches('`').trim().is_empty() {
                    blocks.extend(open.take().map(|(_, block)| block));
                } else {
                    block.lines.push(line);
                }
            }
            None if ticks >= 3 => {
                let mut words = line.trim_start_matches('`').split_whitespace();
                let language = words.next().unwrap_or_default();
                let value = |name: &str| words.clone().find_map(|word| word.strip_prefix(name));
                let block = Block {
                    line: index + 1,
                    language,
                    title: value("title="),
                    excerpt: value("excerpt="),
                    lines: Vec::new(),
                };
                open = Some((ticks, block));
            }
            None => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// A page as it is followed.
struct Story {
    page: String,
    folder: tempfile::TempDir,
    /// Where the next command runs.
    place: PathBuf,
    commands: usize,
}

impl Story {
    fn new(page: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The pages speak of the folder only as the place where the reader is.
        let place = folder.path().canonicalize().unwrap().join("freight");
        for name in EXAMPLE {
            copy(&root().join(name), &place.join(name));
        }
        Self {
            page: page.to_owned(),
            folder,
            place,
            commands: 0,
        }
    }

    fn follow(&mut self, block: &Block<'_>) {
        let at = format!("{}:{}", self.page, block.line);
        let text = block.lines.join("\n") + "\n";
        if let Some(path) = block.title {
            let path = self.place.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &text).unwrap();
        }
        if let Some(path) = block.excerpt {
            let file = fs::read_to_string(self.place.join(path))
                .unwrap_or_else(|error| panic!("{at}: {path}: {error}"));
            assert!(file.contains(&text), "{at}: these lines are not in {path}");
        }
        match block.language {
            "console" => self.type_commands(block, &at),
            "sh" | "bash" | "shell" => {
                panic!("{at}: write commands as ```console, with `$ ` before each")
            }
            _ => {}
        }
    }

    fn type_commands(&mut self, block: &Block<'_>, at: &str) {
        let mut lines = block.lines.iter().peekable();
        while let Some(line) = lines.next() {
            let command = line
                .strip_prefix("$ ")
                .unwrap_or_else(|| panic!("{at}: `{line}` is neither a command nor its output"));
            let mut expected = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                expected.push(*line);
            }
            let printed = self.run(command, at);
            let found: Vec<_> = printed.lines().collect();
            assert!(
                lines_match(&expected, &found),
                "{at}: `{command}` was to print\n{}\n\nbut printed\n{printed}",
                expected.join("\n")
            );
            self.commands += 1;
        }
    }

    /// Runs one command line and returns what it printed.
    fn run(&mut self, command: &str, at: &str) -> String {
        let state = self.folder.path().join("place");
        let freight = Path::new(env!("CARGO_BIN_EXE_freight"));
        let path = format!(
            "{}:{}",
            freight.parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        let built = command.replace("cargo run -- ", "freight ");
        let script = format!("exec 2>&1\n{built}\nstatus=$?\npwd > \"$PLACE\"\nexit $status\n");
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(&self.place)
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.folder.path())
            .env("LANG", "C.UTF-8")
            .env("PLACE", &state)
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{at}: `{command}` ended in {}:\n{printed}",
            output.status
        );
        self.place = fs::read_to_string(state).unwrap().trim_end().into();
        printed
    }
}

/// Compares line by line; an expected line `…` stands for any number of lines.
fn lines_match(expected: &[&str], found: &[&str]) -> bool {
    match (expected, found) {
        ([], []) => true,
        (["…", rest @ ..], _) => (0..=found.len()).any(|skip| lines_match(rest, &found[skip..])),
        ([first, rest @ ..], [line, others @ ..]) => {
            line_matches(first, line.trim_end()) && lines_match(rest, others)
        }
        _ => false,
    }
}

/// Compares one line; `…` stands for any text.
fn line_matches(expected: &str, found: &str) -> bool {
    match expected.split_once('…') {
        None => expected == found,
        Some((before, after)) => found.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices()
                .map(|(at, _)| at)
                .chain([rest.len()])
                .any(|at| line_matches(after, &rest[at..]))
        }),
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

#[test]
fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
    assert!(line_matches("a … b", "a very b"));
    assert!(line_matches("…", ""));
    assert!(!line_matches("a … b", "a very c"));
    assert!(!line_matches("a", "ab"));
    assert!(lines_match(&["a", "…", "d"], &["a", "b", "c", "d"]));
    assert!(lines_match(&["a", "…"], &["a"]));
    assert!(!lines_match(&["a"], &["a", "b"]));
    assert!(!lines_match(&["a", "b"], &["a"]));
}

#[test]
fn blocks_are_read_with_their_files() {
    let text = "x\n```sql title=a/b.sql\nSELECT 1;\n```\n````text\n```console\n````\n";
    let found = blocks(text);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].line, found[0].language), (2, "sql"));
    assert_eq!(found[0].title, Some("a/b.sql"));
    assert_eq!(found[0].lines, ["SELECT 1;"]);
    assert_eq!(found[1].lines, ["```console"]);
}
