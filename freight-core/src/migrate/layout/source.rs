//! A file of migrations as text, read once, with the comment lines in it that mean something.
//!
//! The marks of all tools are found in one pass over the lines; which of them count is for the
//! layout to decide. What looks like a mark may stand inside a string: a layout reads marks as
//! its tool does, and `directive.rs` asks the tokens.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::listing::Entry;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::file::MigrationId;
use crate::sql::Lexicon;

/// Whose mark a comment line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// `-- migrate:…`
    Migrate,
    /// `-- +goose …`
    Goose,
    /// `-- freight:…`
    Freight,
    /// `-- atlas:…`
    Atlas,
}

/// A comment line that a tool may read.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) family: Family,
    /// What follows the tool's name, trimmed.
    pub(super) value: Range<usize>,
    /// Where its line begins.
    pub(super) start: usize,
    /// Where the next line begins.
    pub(super) end: usize,
    /// Where its `--` stands.
    pub(super) dashes: usize,
    /// The line, from 1.
    pub(super) line: usize,
}

impl Mark {
    /// True when something stands before its `--`. No tool reads such marks.
    pub(super) fn is_indented(&self) -> bool {
        self.dashes != self.start
    }
}

/// A file, read.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) text: Arc<str>,
    pub(super) marks: Vec<Mark>,
}

impl Source {
    /// Reads a file: UTF-8, with or without a byte order mark.
    pub(super) fn read(entry: &Entry) -> Result<Self> {
        let bytes = bytes(&entry.path)?;
        let text = decode(&bytes, &entry.path)?;
        Ok(Self {
            name: entry.name.clone(),
            path: entry.path.clone(),
            marks: marks(text),
            text: Arc::from(text),
        })
    }

    /// The name without its `.sql`.
    pub(super) fn stem(&self) -> &str {
        super::listing::split_extension(&self.name).0
    }

    /// The marks of one family.
    pub(super) fn marks_of(&self, family: Family) -> impl Iterator<Item = &Mark> {
        self.marks.iter().filter(move |mark| mark.family == family)
    }

    /// A mark's value.
    pub(super) fn value(&self, mark: &Mark) -> &str {
        self.text.get(mark.value.clone()).unwrap_or_default()
    }

    /// Where the first statement of a range begins; `None` when it has only blanks and comments.
    pub(super) fn first_statement(&self, range: Range<usize>, lexicon: &Lexicon) -> Option<usize> {
        let from = range.start;
        let text = self.text.get(range)?;
        first_statement(text, lexicon).map(|offset| from + offset)
    }

    /// True when the file has only blanks and comments.
    pub(super) fn is_blank(&self, lexicon: &Lexicon) -> bool {
        first_statement(&self.text, lexicon).is_none()
    }

    /// An error about a marker or directive in this file.
    pub(super) fn invalid(&self, line: usize, message: impl Into<String>) -> Error {
        Error::new(ErrorKind::InvalidDirective, message).at(&self.path, line, 0)
    }

    /// The error for something that another tool does with this file and Freight does not.
    pub(super) fn unsupported(&self, line: usize, what: &str) -> Error {
        Error::new(
            ErrorKind::Unsupported,
            format!(
                "`{}` uses {what}, which Freight does not support",
                self.path.display()
            ),
        )
        .at(&self.path, line, 0)
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        crate::sql::line_and_column(&self.text, offset).0
    }
}

/// The bytes of a file.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|cause| unreadable(path, cause))
}

/// The error for a file or folder that cannot be read.
pub(in crate::migrate) fn unreadable(path: &Path, cause: std::io::Error) -> Error {
    let hint = match cause.kind() {
        std::io::ErrorKind::NotFound => "the link points to nothing; remove or mend it",
        std::io::ErrorKind::PermissionDenied => "give yourself the right to read it",
        _ => "mend it, or move it out of the folder of migrations",
    };
    Error::unreadable_migration(path, cause)
        .with_hint(hint)
        .at(path, 0, 0)
}

/// The text of a file, without a byte order mark.
pub(super) fn decode<'a>(bytes: &'a [u8], path: &Path) -> Result<&'a str> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        let line = 1 + bytes
            .iter()
            .take(offset)
            .filter(|byte| **byte == b'\n')
            .count();
        let hint = if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            "the file was saved as UTF-16; save it as UTF-8"
        } else {
            "save the file as UTF-8"
        };
        Error::new(
            ErrorKind::NotUtf8,
            format!(
                "`{}` is not UTF-8, at byte {offset} in line {line}",
                path.display()
            ),
        )
        .with_hint(hint)
        .at(path, line, 0)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The marks of a text, of all families.
fn marks(text: &str) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let end = start + line.len();
        let body = line.trim_start_matches([' ', '\t']);
        if let Some(comment) = body.strip_prefix("--") {
            let dashes = start + (line.len() - body.len());
            if let Some((family, value)) = family(comment.trim()) {
                let from = dashes + 2 + comment.trim_end().len() - value.len();
                marks.push(Mark {
                    family,
                    value: from..from + value.len(),
                    start,
                    end,
                    dashes,
                    line: index + 1,
                });
            }
        }
        start = end;
    }
    marks
}

fn family(comment: &str) -> Option<(Family, &str)> {
    let (family, value) = match comment.as_bytes().first()? {
        b'm' => (Family::Migrate, comment.strip_prefix("migrate:")?),
        b'f' => (Family::Freight, comment.strip_prefix("freight:")?),
        b'a' => (Family::Atlas, comment.strip_prefix("atlas:")?),
        b'+' => (Family::Goose, comment.strip_prefix("+goose")?),
        _ => return None,
    };
    Some((family, value.trim_start()))
}

/// Where the first statement begins: after blanks, comments and lone semicolons. MySQL's
/// `/*! … */` is a statement (<https://dev.mysql.com/doc/refman/8.4/en/comments.html>).
fn first_statement(text: &str, lexicon: &Lexicon) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
        at += rest.len() - trimmed.len();
        let length = if trimmed.is_empty() {
            return None;
        } else if trimmed.starts_with("--") || (lexicon.hash_comments && trimmed.starts_with('#')) {
            trimmed.find('\n').unwrap_or(trimmed.len())
        } else if trimmed.starts_with("/*")
            && !(trimmed.starts_with("/*!") || trimmed.starts_with("/*M!"))
        {
            block_comment(trimmed, lexicon.nested_comments)
        } else {
            return Some(at);
        };
        at += length;
    }
}

/// The length of the block comment that `text` begins with.
fn block_comment(text: &str, nested: bool) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") if depth == 0 || nested => {
                depth += 1;
                at += 2;
            }
            Some(b"*/") => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The error for two migrations with one id.
pub(in crate::migrate) fn duplicate(id: &MigrationId, a: &Path, b: &Path) -> Error {
    let what = if id.is_repeatable() {
        format!("`{id}` stands twice")
    } else {
        format!("two migrations have the id {id}")
    };
    Error::new(
        ErrorKind::DuplicateId,
        format!("{what}: `{}` and `{}`", a.display(), b.display()),
    )
    .with_hint("give the newer one a number of its own")
    .at(b, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_statement_is_after_comments() {
        let cases: [(&str, &Lexicon, Option<&str>); 9] = [
            ("", &Lexicon::SQLITE, None),
            (" \r\n-- a\r\n\r\n", &Lexicon::SQLITE, None),
            (
                "-- a\n/* b\n-- c */ ; SELECT 1",
                &Lexicon::SQLITE,
                Some("SELECT 1"),
            ),
            ("/* a /* b */ c */ X", &Lexicon::POSTGRES, Some("X")),
            ("/* a /* b */ c */ X", &Lexicon::SQLITE, Some("c */ X")),
            ("/* a", &Lexicon::SQLITE, None),
            ("# a\nX", &Lexicon::MYSQL, Some("X")),
            ("# a\nX", &Lexicon::POSTGRES, Some("# a\nX")),
            (
                "/*!40101 SET a */;",
                &Lexicon::MYSQL,
                Some("/*!40101 SET a */;"),
            ),
        ];
        for (text, lexicon, expected) in cases {
            let found = first_statement(text, lexicon).and_then(|at| text.get(at..));
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn marks_are_found_with_their_places() {
        let text = "--migrate:up transaction:false\r\n  -- freight:allow  a b\nx -- +goose Up\n-- +goose Down\n-- atlas:txmode none";
        let found: Vec<_> = marks(text)
            .into_iter()
            .map(|mark| {
                let indented = mark.is_indented();
                (
                    mark.family,
                    text[mark.value].to_owned(),
                    mark.line,
                    indented,
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (Family::Migrate, "up transaction:false".to_owned(), 1, false),
                (Family::Freight, "allow  a b".to_owned(), 2, true),
                (Family::Goose, "Down".to_owned(), 4, false),
                (Family::Atlas, "txmode none".to_owned(), 5, false),
            ]
        );
    }

    #[test]
    fn a_file_that_is_not_utf8_is_named_with_its_line() {
        let error = decode(b"SELECT 1;\nSELECT '\xE4';\n", Path::new("001_a.sql")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotUtf8);
        assert_eq!(
            error.message(),
            "`001_a.sql` is not UTF-8, at byte 18 in line 2"
        );
        assert_eq!(error.location().unwrap().line, 2);
        let error = decode(b"\xFF\xFES\0", Path::new("a")).unwrap_err();
        assert!(error.hint().unwrap().contains("UTF-16"));
        assert_eq!(decode("\u{feff}X".as_bytes(), Path::new("a")).unwrap(), "X");
    }
}
