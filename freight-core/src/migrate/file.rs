//! One migration: its id, its scripts, its checksum.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::sql::{Lexicon, SplitOptions, SplitStatement, split_with};
use crate::value::hexadecimal;

/// What orders migrations and finds them in the history.
///
/// An id is one or more numbers of any length, separated by `.`, `_` or `-`: `20240131123456`,
/// `0007`, `13.1`, `2024-01-31-123456` (which diesel records as digits alone). Ids compare by
/// their numbers, so `2` is before `10` and `007` *is* `7`. A repeatable migration has no number:
/// its id is its file's stem, `R__name`, and it comes after all numbers.
#[derive(Clone, Debug)]
pub struct MigrationId {
    text: String,
    /// Decimal numbers without leading zeros; empty for a repeatable.
    numbers: Vec<String>,
}

impl MigrationId {
    /// Reads an id such as `20240131123456` or `13.1`; `None` when a part is no number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |part: &str| {
            (!part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| {
                let trimmed = part.trim_start_matches('0');
                if trimmed.is_empty() {
                    "0".to_owned()
                } else {
                    trimmed.to_owned()
                }
            })
        };
        let numbers = text
            .split(['.', '_', '-'])
            .map(number)
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            text: text.to_owned(),
            numbers,
        })
    }

    /// The id of a repeatable migration.
    #[must_use]
    pub fn repeatable(stem: &str) -> Self {
        Self {
            text: stem.to_owned(),
            numbers: Vec::new(),
        }
    }

    /// The id as the file spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True for the id of a repeatable migration.
    #[must_use]
    pub fn is_repeatable(&self) -> bool {
        self.numbers.is_empty()
    }
}

impl Ord for MigrationId {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_number = |a: &String, b: &String| a.len().cmp(&b.len()).then_with(|| a.cmp(b));
        match (self.is_repeatable(), other.is_repeatable()) {
            (true, true) => self.text.cmp(&other.text),
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                for (a, b) in self.numbers.iter().zip(&other.numbers) {
                    let order = by_number(a, b);
                    if order != Ordering::Equal {
                        return order;
                    }
                }
                self.numbers.len().cmp(&other.numbers.len())
            }
        }
    }
}

impl PartialOrd for MigrationId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for MigrationId {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for MigrationId {}

impl Hash for MigrationId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.is_repeatable() {
            self.text.hash(state)
        } else {
            self.numbers.hash(state)
        }
    }
}

impl fmt::Display for MigrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a migration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigrationKind {
    /// Applied once.
    Versioned,
    /// Applied again whenever its text changes (`R__name.sql`).
    Repeatable,
    /// Replaces everything up to and including its id on an empty database (Flyway's `B…__`,
    /// Atlas' checkpoint); ignored on any other.
    Baseline,
}

/// One migration of a directory.
#[derive(Clone, Debug)]
pub struct Migration {
    /// What orders it.
    pub id: MigrationId,
    /// The rest of its file's name, for people.
    pub name: String,
    /// What it is for.
    pub kind: MigrationKind,
    /// What takes the database forward.
    pub up: Script,
    /// What takes it back; `None` when the migration has no such part. An empty part is
    /// `Some` with no statements: going back needs nothing.
    pub down: Option<Script>,
}

impl Migration {
    /// The checksum that the history keeps: of the up script.
    #[must_use]
    pub fn checksum(&self) -> &str {
        self.up.checksum()
    }
}

/// The statements of one direction, with where they stand and how they want to run.
#[derive(Clone, Debug)]
pub struct Script {
    /// The file, as messages name it.
    pub path: PathBuf,
    /// The text of the whole file, without a byte order mark, line ends as they are.
    pub text: Arc<str>,
    /// The parts of the text that are this script, and its delimiter.
    pub split: SplitOptions,
    /// `Some(false)`: no transaction around it, by directive. `Some(true)`: demanded.
    pub transaction: Option<bool>,
    /// `-- freight:foreign-keys-off`.
    pub foreign_keys_off: bool,
    /// What `-- freight:allow` lists.
    pub allow: Vec<String>,
    /// A program (`.lua`) and no SQL; whoever runs the migrator runs it.
    pub is_program: bool,
    checksum: String,
}

impl Script {
    /// A script of the given parts of a file's text.
    #[must_use]
    pub fn new(path: PathBuf, text: Arc<str>, split: SplitOptions) -> Self {
        let checksum = if split.parts.is_empty() {
            checksum([&*text])
        } else {
            checksum(
                split
                    .parts
                    .iter()
                    .map(|part| text.get(part.range.clone()).unwrap_or_default()),
            )
        };
        Self {
            path,
            text,
            split,
            transaction: None,
            foreign_keys_off: false,
            allow: Vec::new(),
            is_program: false,
            checksum,
        }
    }

    /// A program.
    #[must_use]
    pub fn program(path: PathBuf, text: Arc<str>) -> Self {
        Self {
            is_program: true,
            ..Self::new(path, text, SplitOptions::default())
        }
    }

    /// SHA-256 of the text with line ends as `\n` and without blanks at the end, in hexadecimal:
    /// the same on every checkout of the same file.
    #[must_use]
    pub fn checksum(&self) -> &str {
        &self.checksum
    }

    /// The statements.
    ///
    /// # Errors
    /// As [`split_with`], with the file's name in the location.
    pub fn statements(&self, lexicon: &Lexicon) -> Result<Vec<SplitStatement>> {
        split_with(&self.text, lexicon, &self.split).map_err(|error| {
            let (line, column) = error
                .location()
                .map_or((0, 0), |location| (location.line, location.column));
            error.at(&self.path, line, column)
        })
    }
}

/// SHA-256 over parts of a text, with line ends as `\n`, without blanks at the end.
pub(crate) fn checksum<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    let mut blanks = String::new();
    for part in parts {
        for line in part.split_inclusive('\n') {
            let (line, end) = match line.strip_suffix('\n') {
                Some(line) => (line.strip_suffix('\r').unwrap_or(line), "\n"),
                None => (line, ""),
            };
            // Blanks are held back until something follows them.
            if line.trim().is_empty() {
                blanks.push_str(line);
            } else {
                hasher.update(&blanks);
                blanks.clear();
                let trimmed = line.trim_end();
                hasher.update(trimmed);
                blanks.push_str(line.get(trimmed.len()..).unwrap_or_default());
            }
            blanks.push_str(end);
        }
    }
    hexadecimal(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> MigrationId {
        MigrationId::parse(text).unwrap()
    }

    #[test]
    fn ids_compare_by_number() {
        assert!(id("2") < id("10"));
        assert!(id("1.9") < id("1.10"));
        assert!(id("1") < id("1.1"));
        assert_eq!(id("007"), id("7"));
        assert!(id("99999999999999999999999") < id("100000000000000000000000"));
        assert!(id("99999999999999999999999") < MigrationId::repeatable("R__a"));
        assert!(MigrationId::parse("one").is_none());
        assert!(MigrationId::parse("").is_none());
        assert!(MigrationId::parse("1.").is_none());
    }

    #[test]
    fn checksum_ignores_line_ends_and_trailing_blanks() {
        let unix = checksum(["CREATE TABLE a (b);\n\nSELECT 1;\n"]);
        assert_eq!(
            unix,
            checksum(["CREATE TABLE a (b);\r\n\r\nSELECT 1;\r\n\r\n  "])
        );
        assert_eq!(unix, checksum(["CREATE TABLE a (b);\n\nSELECT 1;"]));
        assert_ne!(unix, checksum(["CREATE TABLE a (b);\nSELECT 1;"]));
        assert_ne!(unix, checksum(["CREATE TABLE a (b);\n\n SELECT 1;"]));
    }
}
