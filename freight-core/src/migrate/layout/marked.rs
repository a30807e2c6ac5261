//! Freight's own layout, and dbmate's: one file per migration, its directions in marked parts.
//!
//! ```sql
//! -- migrate:up transaction:false
//! CREATE TABLE …;
//! -- migrate:down
//! DROP TABLE …;
//! ```
//!
//! As dbmate reads them: a marker begins its line; only comments may stand before the first; the
//! pair may be repeated, and both directions then run in the order of the file; each marker has
//! its own options. Beyond dbmate, the down part may be missing, and a file of nothing but
//! comments is a migration without statements.

use std::ops::Range;

use super::Reader;
use super::directive::script;
use super::name::{nearest, require_id};
use super::source::{Family, Mark, Source};
use crate::error::Result;
use crate::migrate::event::Direction;
use crate::migrate::file::{Migration, MigrationKind};
use crate::parallel;
use crate::sql::Part;

/// The name that an error suggests.
pub(super) const EXPECTED: &str = "20240131123456_create_users.sql";

/// Reads every file.
pub(super) fn read(sources: &[Source], reader: Reader) -> Result<Vec<Migration>> {
    let example = sources.iter().find(|source| is_marked(source));
    parallel::map(sources, |source| migration(source, example, reader))
}

/// True for a file with a marker.
pub(super) fn is_marked(source: &Source) -> bool {
    source
        .marks_of(Family::Migrate)
        .any(|mark| !mark.is_indented() && direction(word(source.value(mark)).0).is_some())
}

struct Section {
    direction: Direction,
    body: Range<usize>,
    transaction: Option<bool>,
}

fn migration(source: &Source, example: Option<&Source>, reader: Reader) -> Result<Migration> {
    let (id, name) = require_id(source.stem(), &source.path, EXPECTED)?;
    let sections = sections(source)?;
    let preamble = 0..markers_begin(source, &sections);
    check(source, &sections, &preamble, example, reader)?;
    let part = |wanted: Direction| {
        let own = || {
            sections
                .iter()
                .filter(|section| section.direction == wanted)
        };
        let parts: Vec<_> = own()
            .map(|section| Part {
                range: section.body.clone(),
                whole: false,
            })
            .collect();
        if parts.is_empty() {
            return Ok(None);
        }
        let mut script = script(source, parts, preamble.clone(), reader)?;
        let options = own().filter_map(|section| section.transaction);
        // One section that must be outside a transaction takes the others with it.
        let option = options.reduce(|a, b| a && b);
        script.transaction = script.transaction.or(option);
        Ok(Some(script))
    };
    let down = part(Direction::Down)?;
    let up = match part(Direction::Up)? {
        Some(up) => up,
        None => script(source, Vec::new(), 0..0, reader)?,
    };
    Ok(Migration {
        id,
        name: name.to_owned(),
        kind: MigrationKind::Versioned,
        up,
        down,
    })
}

/// The sections of a file, in order.
fn sections(source: &Source) -> Result<Vec<Section>> {
    let mut sections: Vec<Section> = Vec::new();
    for mark in source.marks_of(Family::Migrate) {
        let (word, options) = word(source.value(mark));
        let Some(direction) = direction(word).filter(|_| !mark.is_indented()) else {
            refuse_misspelt(source, mark, word)?;
            continue;
        };
        if let Some(last) = sections.last_mut() {
            last.body.end = mark.start;
        }
        sections.push(Section {
            direction,
            body: mark.end..source.text.len(),
            transaction: transaction(source, mark, options)?,
        });
    }
    Ok(sections)
}

fn markers_begin(source: &Source, sections: &[Section]) -> usize {
    let first = source.marks_of(Family::Migrate).find(|mark| {
        sections
            .first()
            .is_some_and(|first| first.body.start == mark.end)
    });
    first.map_or(0, |mark| mark.start)
}

/// What is wrong with a file as a whole.
fn check(
    source: &Source,
    sections: &[Section],
    preamble: &Range<usize>,
    example: Option<&Source>,
    reader: Reader,
) -> Result<()> {
    let path = source.path.display();
    let Some(first) = sections.first() else {
        if source.is_blank(reader.lexicon) {
            return Ok(());
        }
        let other = example.map_or(String::new(), |example| {
            format!(", as `{}` has it", example.name)
        });
        return Err(source
            .invalid(1, format!("`{path}` has no `-- migrate:up`"))
            .with_hint(format!(
                "write `-- migrate:up` before its statements{other}, or keep files of another kind in another folder"
            )));
    };
    if let Some(offset) = source.first_statement(preamble.clone(), reader.lexicon) {
        return Err(source
            .invalid(
                source.line_of(offset),
                format!("`{path}` has a statement before its first marker"),
            )
            .with_hint("move `-- migrate:up` above it"));
    }
    let line = |section: &Section| source.line_of(section.body.start.saturating_sub(1));
    if first.direction == Direction::Down {
        return Err(source
            .invalid(
                line(first),
                format!("`{path}` has `-- migrate:down` before `-- migrate:up`"),
            )
            .with_hint("put the up part first"));
    }
    for pair in sections.windows(2) {
        if let [before, section] = pair
            && before.direction == Direction::Down
            && section.direction == Direction::Down
        {
            return Err(source
                .invalid(
                    line(section),
                    format!(
                        "`{path}` has a second `-- migrate:down` without an up part of its own"
                    ),
                )
                .with_hint("join the two down parts"));
        }
    }
    Ok(())
}

/// The options of a marker: `key:value`, separated by blanks.
fn transaction(source: &Source, mark: &Mark, options: &str) -> Result<Option<bool>> {
    let mut transaction = None;
    for option in options.split_whitespace() {
        transaction = match option {
            "transaction:false" => Some(false),
            "transaction:true" => Some(true),
            _ => {
                let known = ["transaction:false", "transaction:true"];
                let hint = match nearest(option, &known) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => {
                        "the option is `transaction:false`; put other words in a line of their own"
                            .to_owned()
                    }
                };
                return Err(source
                    .invalid(
                        mark.line,
                        format!("unknown option `{option}` after `-- migrate:`"),
                    )
                    .with_hint(hint));
            }
        };
    }
    Ok(transaction)
}

/// A marker that dbmate would not see, but that was most likely meant as one.
fn refuse_misspelt(source: &Source, mark: &Mark, word: &str) -> Result<()> {
    let Some(meant) = nearest(word, &["up", "down"]) else {
        return Ok(());
    };
    let (message, hint) = if direction(word).is_some() {
        (
            format!("`-- migrate:{word}` does not begin its line"),
            "remove the blanks before it".to_owned(),
        )
    } else {
        (
            format!("unknown marker `-- migrate:{word}`"),
            format!("did you mean `-- migrate:{meant}`?"),
        )
    };
    Err(source.invalid(mark.line, message).with_hint(hint))
}

fn word(value: &str) -> (&str, &str) {
    value.split_once(char::is_whitespace).unwrap_or((value, ""))
}

fn direction(word: &str) -> Option<Direction> {
    match word {
        "up" => Some(Direction::Up),
        "down" => Some(Direction::Down),
        _ => None,
    }
}
