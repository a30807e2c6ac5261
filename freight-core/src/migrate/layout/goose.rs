//! goose: one file per migration, `-- +goose Up` and `-- +goose Down`.
//!
//! As goose reads them: an annotation begins its line, in any case and with any blanks after the
//! dashes; `NO TRANSACTION` counts for the whole file, wherever it stands; an empty Down is legal.
//! Where goose ends a statement only at a `;` that ends its line, Freight splits by the rules of
//! the database.
//!
//! `StatementBegin … StatementEnd` is one statement as it stands, except where its text is several
//! statements by the rules of the database: goose sends such a block in one piece and relies on a
//! driver that runs all of it; here each statement is sent alone, as everywhere.

use std::ops::Range;

use super::Reader;
use super::directive::script;
use super::name::{nearest, require_id};
use super::source::{Family, Mark, Source};
use crate::error::Result;
use crate::migrate::file::{Migration, MigrationKind, Script};
use crate::sql::{Part, split};

const KNOWN: [&str; 6] = [
    "Up",
    "Down",
    "StatementBegin",
    "StatementEnd",
    "NO TRANSACTION",
    "ENVSUB OFF",
];

/// Reads every file.
pub(super) fn read(sources: &[Source], reader: Reader) -> Result<Vec<Migration>> {
    sources
        .iter()
        .map(|source| migration(source, reader))
        .collect()
}

/// True for a file with an annotation.
pub(super) fn is_goose(source: &Source) -> bool {
    source
        .marks_of(Family::Goose)
        .any(|mark| !mark.is_indented())
}

fn migration(source: &Source, reader: Reader) -> Result<Migration> {
    let (id, name) = require_id(
        source.stem(),
        &source.path,
        "20240131123456_create_users.sql",
    )?;
    let file = parse(source, reader)?;
    let with_option = |mut script: Script| {
        script.transaction = script.transaction.or(file.no_transaction.then_some(false));
        script
    };
    let preamble = file.preamble.clone();
    let up = script(source, file.up, preamble.clone(), reader).map(&with_option)?;
    let down = file
        .down
        .map(|parts| script(source, parts, preamble, reader).map(&with_option))
        .transpose()?;
    Ok(Migration {
        id,
        name: name.to_owned(),
        kind: MigrationKind::Versioned,
        up,
        down,
    })
}

/// A file's parts. `up` is empty for a file of comments alone.
struct File {
    preamble: Range<usize>,
    up: Vec<Part>,
    down: Option<Vec<Part>>,
    no_transaction: bool,
}

/// Where the reading stands: what was opened and not closed yet.
#[derive(Default)]
struct Progress {
    up: Option<Vec<Part>>,
    down: Option<Vec<Part>>,
    preamble: usize,
    cursor: usize,
    block: Option<usize>,
    no_transaction: bool,
}

impl Progress {
    /// Ends the part that was open at `end`.
    fn close(&mut self, end: usize, whole: bool) {
        let range = self.cursor.min(end)..end;
        let parts = self.down.as_mut().or(self.up.as_mut());
        if let Some(parts) = parts {
            parts.push(Part { range, whole });
        }
    }
}

fn parse(source: &Source, reader: Reader) -> Result<File> {
    let mut progress = Progress::default();
    for mark in source.marks_of(Family::Goose) {
        annotation(source, mark, &mut progress, reader)?;
    }
    if let Some(line) = progress.block {
        return Err(source
            .invalid(line, "`-- +goose StatementBegin` has no end")
            .with_hint("write `-- +goose StatementEnd` after the statement"));
    }
    progress.close(source.text.len(), false);
    let Some(up) = progress.up else {
        if source.is_blank(reader.lexicon) {
            return Ok(File {
                preamble: 0..0,
                up: Vec::new(),
                down: None,
                no_transaction: progress.no_transaction,
            });
        }
        return Err(source
            .invalid(
                1,
                format!("`{}` has no `-- +goose Up`", source.path.display()),
            )
            .with_hint("write `-- +goose Up` before its statements"));
    };
    let preamble = 0..progress.preamble;
    if let Some(offset) = source.first_statement(preamble.clone(), reader.lexicon) {
        return Err(source
            .invalid(
                source.line_of(offset),
                format!(
                    "`{}` has a statement before `-- +goose Up`",
                    source.path.display()
                ),
            )
            .with_hint("move `-- +goose Up` above it"));
    }
    Ok(File {
        preamble,
        up,
        down: progress.down,
        no_transaction: progress.no_transaction,
    })
}

fn annotation(source: &Source, mark: &Mark, progress: &mut Progress, reader: Reader) -> Result<()> {
    let value = source.value(mark);
    let command = value
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_ascii_uppercase();
    let wrong =
        |message: String, hint: &str| Err(source.invalid(mark.line, message).with_hint(hint));
    if mark.is_indented() {
        return wrong(
            format!("`-- +goose {value}` does not begin its line"),
            "remove the blanks before it",
        );
    }
    if progress.block.is_some() && matches!(command.as_str(), "UP" | "DOWN" | "STATEMENTBEGIN") {
        return wrong(
            format!("`-- +goose {value}` stands inside a statement"),
            "write `-- +goose StatementEnd` above it",
        );
    }
    match command.as_str() {
        "UP" if progress.up.is_some() => {
            return wrong(
                "`-- +goose Up` stands twice".to_owned(),
                "join the two parts",
            );
        }
        "UP" => {
            progress.preamble = mark.start;
            progress.up = Some(Vec::new());
            progress.cursor = mark.end;
        }
        "DOWN" if progress.up.is_none() => {
            return wrong(
                "`-- +goose Down` stands before `-- +goose Up`".to_owned(),
                "put the Up part first",
            );
        }
        "DOWN" if progress.down.is_some() => {
            return wrong(
                "`-- +goose Down` stands twice".to_owned(),
                "join the two parts",
            );
        }
        "DOWN" => {
            progress.close(mark.start, false);
            progress.down = Some(Vec::new());
            progress.cursor = mark.end;
        }
        "STATEMENTBEGIN" if progress.up.is_none() => {
            return wrong(
                "`-- +goose StatementBegin` stands before `-- +goose Up`".to_owned(),
                "move `-- +goose Up` above it",
            );
        }
        "STATEMENTBEGIN" => {
            progress.close(mark.start, false);
            progress.cursor = mark.end;
            progress.block = Some(mark.line);
        }
        "STATEMENTEND" if progress.block.is_none() => {
            return wrong(
                "`-- +goose StatementEnd` has no beginning".to_owned(),
                "write `-- +goose StatementBegin` before the statement",
            );
        }
        "STATEMENTEND" => {
            let text = source
                .text
                .get(progress.cursor..mark.start)
                .unwrap_or_default();
            progress.close(mark.start, !is_several(text, reader));
            progress.cursor = mark.end;
            progress.block = None;
        }
        "NO TRANSACTION" => progress.no_transaction = true,
        "ENVSUB OFF" | "ENVSUBST OFF" => {}
        "ENVSUB ON" | "ENVSUBST ON" => {
            return Err(source
                .unsupported(mark.line, "goose's substitution of environment variables")
                .with_hint("write the values into the file, or set them with SQL"));
        }
        _ => {
            let hint = nearest(value, &KNOWN).map_or_else(
                || format!("the annotations are `{}`", KNOWN.join("`, `")),
                |known| format!("did you mean `-- +goose {known}`?"),
            );
            return wrong(format!("unknown annotation `-- +goose {value}`"), &hint);
        }
    }
    Ok(())
}

/// True when a block is several statements by the rules of the database. One that cannot be split
/// is left to the database as it stands.
fn is_several(text: &str, reader: Reader) -> bool {
    split(text, reader.lexicon).is_ok_and(|statements| statements.len() > 1)
}
