//! Freight's own directives: comments that other tools pass over, in any layout.
//!
//! ```sql
//! -- freight:foreign-keys-off                 foreign keys off around the transaction (SQLite)
//! -- freight:delimiter //                     what ends a statement instead of `;`
//! -- freight:allow drop_column users.legacy   a loss of data that is meant
//! -- freight:transaction off                  no transaction around the script
//! ```
//!
//! They stand in comment lines before the first statement of a script, or before everything else
//! in the file, for all its scripts. One that stands elsewhere or is unknown is an error: a
//! directive that is passed over in silence is worse than none. A line inside a string or a body
//! is no comment and therefore no directive.

use std::ops::Range;

use super::Reader;
use super::name::nearest;
use super::source::{Family, Mark, Source};
use crate::error::Result;
use crate::migrate::file::Script;
use crate::sql::{Lexicon, Part, SplitOptions, TokenKind, tokens};

const KNOWN: [&str; 4] = ["foreign-keys-off", "delimiter", "allow", "transaction"];

/// A script of a whole file.
pub(super) fn whole(source: &Source, reader: Reader) -> Result<Script> {
    script(source, Vec::new(), 0..0, reader)
}

/// A script of parts of a file (none: of the whole file), with the directives that apply to it:
/// its own, and those of `preamble`, the text before the first marker.
pub(super) fn script(
    source: &Source,
    parts: Vec<Part>,
    preamble: Range<usize>,
    reader: Reader,
) -> Result<Script> {
    let whole = 0..source.text.len();
    let ranges: Vec<_> = if parts.is_empty() {
        std::iter::once(whole).collect()
    } else {
        parts.iter().map(|part| part.range.clone()).collect()
    };
    let mut script = Script::new(
        source.path.clone(),
        source.text.clone(),
        SplitOptions {
            parts,
            delimiter: None,
        },
    );
    let mut head: Option<Option<usize>> = None;
    for mark in source.marks_of(Family::Freight) {
        if preamble.contains(&mark.start) {
            apply(source, mark, &mut script)?;
            continue;
        }
        let Some(range) = ranges.iter().find(|range| range.contains(&mark.start)) else {
            continue;
        };
        let first = *head.get_or_insert_with(|| {
            let mut ranges = ranges.iter().cloned();
            ranges.find_map(|range| source.first_statement(range, reader.lexicon))
        });
        if first.is_none_or(|first| mark.start < first) {
            if is_comment(source, range, mark, reader.lexicon) != Some(false) {
                apply(source, mark, &mut script)?;
            }
        } else if is_comment(source, range, mark, reader.lexicon) == Some(true) {
            return Err(source
                .invalid(
                    mark.line,
                    format!(
                        "`-- freight:{}` stands after the first statement",
                        source.value(mark)
                    ),
                )
                .with_hint("move it before the first statement: it applies to the whole script"));
        }
    }
    Ok(script)
}

/// Whether a mark is a line comment of its own, as opposed to a line of a string, a body or a
/// block comment; `None` when no token tells.
fn is_comment(
    source: &Source,
    range: &Range<usize>,
    mark: &Mark,
    lexicon: &Lexicon,
) -> Option<bool> {
    let text = source.text.get(range.clone())?;
    let place = mark.dashes.checked_sub(range.start)?;
    tokens(text, lexicon)
        .find(|token| token.end > place)
        .map(|token| token.kind == TokenKind::Comment && token.start == place)
}

/// Applies one directive.
fn apply(source: &Source, mark: &Mark, script: &mut Script) -> Result<()> {
    let directive = source.value(mark);
    let (name, value) = directive
        .split_once(char::is_whitespace)
        .map_or((directive, ""), |(name, value)| (name, value.trim()));
    let wrong = |expected: &str| {
        Err(source
            .invalid(
                mark.line,
                format!("`-- freight:{directive}` is not how `{name}` is written"),
            )
            .with_hint(format!("write `-- freight:{expected}`")))
    };
    match name {
        "foreign-keys-off" if value.is_empty() => script.foreign_keys_off = true,
        "foreign-keys-off" => return wrong("foreign-keys-off"),
        "delimiter" if value.is_empty() => return wrong("delimiter //"),
        "delimiter" => script.split.delimiter = Some(value.to_owned()),
        "allow" if value.is_empty() => return wrong("allow drop_column users.legacy"),
        "allow" => {
            let words: Vec<_> = value.split_whitespace().collect();
            script.allow.push(words.join(" "));
        }
        "transaction" => match value {
            "off" | "false" => script.transaction = Some(false),
            "on" | "true" => script.transaction = Some(true),
            _ => return wrong("transaction off"),
        },
        _ => {
            return Err(source
                .invalid(mark.line, format!("unknown directive `freight:{name}`"))
                .with_hint(match nearest(name, &KNOWN) {
                    Some(known) => format!("did you mean `freight:{known}`?"),
                    None => format!("the directives are `{}`", KNOWN.join("`, `")),
                }));
        }
    }
    Ok(())
}
