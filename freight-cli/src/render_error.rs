//! An error as people read it. Pure but for reading the line of SQL that the error points at.
//!
//! ```text
//! error[FR0515]: migration `20240101000000_create_users` failed
//!  --> migrations/20240101000000_create_users.sql:3:14
//!   |
//! 3 | CREATE TABEL users (id INTEGER);
//!   |        ^
//! cause: near "TABEL": syntax error
//! hint: mend the file and run `freight migrate` again
//! ```
//!
//! Lines are shown from `.sql` files alone: a line of `freight.yaml` or `.env` may hold a
//! password. What stands between quotes after `PASSWORD` or `IDENTIFIED BY` is hidden.

use std::error::Error as _;
use std::path::Path;

use freight_core::Error;
use freight_core::error::Location;

use crate::hide::hide_passwords;
use crate::style::Style;
use crate::words::printable;

/// A statement longer than this is cut: the file has the rest.
const MOST_LINES: usize = 12;

/// A line longer than this is shown without its ends.
const MOST_CHARACTERS: usize = 160;

/// The whole message, ending in a line break.
pub(crate) fn render(error: &Error, style: Style) -> String {
    let mut text = format!(
        "{}: {error}\n",
        style.error(&format!("error[{}]", error.code()))
    );
    text.push_str(&place(error, style));
    for cause in causes(error) {
        text.push_str(&format!("{}: {}\n", style.frame("cause"), indented(&cause)));
    }
    if let Some(hint) = hint(error) {
        text.push_str(&format!("{}: {}\n", style.hint("hint"), indented(hint)));
    }
    text
}

/// A warning, ending in a line break.
pub(crate) fn render_warning(message: &str, hint: Option<&str>, style: Style) -> String {
    let mut text = format!("{}: {}\n", style.warning("warning"), indented(message));
    if let Some(hint) = hint {
        text.push_str(&format!("{}: {}\n", style.hint("hint"), indented(hint)));
    }
    text
}

/// The error's own advice, or that of the error underneath.
fn hint(error: &Error) -> Option<&str> {
    error.hint().or_else(|| error.cause().and_then(hint))
}

/// The messages underneath, leaving out those that say nothing more than the one above: a
/// driver's error often repeats the system's words behind some of its own.
fn causes(error: &Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut above = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let message = cause.to_string();
        let own = cause.downcast_ref::<Error>();
        let news = match own {
            Some(_) => &*message,
            None => message.rsplit(": ").next().unwrap_or_default(),
        };
        if !above.contains(news) {
            causes.push(match own {
                Some(own) => format!("{message} [{}]", own.code()),
                None => message.clone(),
            });
            above = message;
        }
        next = cause.source();
    }
    causes
}

/// The place in a file with its line, else the statement.
fn place(error: &Error, style: Style) -> String {
    let located = std::iter::successors(Some(error), |&error| Error::cause(error))
        .find_map(|error| error.location());
    if let Some(location) = located {
        // Where the message names the whole file, pointing at it adds nothing.
        if location.line == 0 && error.message().contains(&*location.file.to_string_lossy()) {
            return String::new();
        }
        let line = source_line(location);
        return pointer(location, line.as_deref(), style);
    }
    match error.sql().or_else(|| error.cause().and_then(Error::sql)) {
        Some(sql) => statement(sql, style),
        None => String::new(),
    }
}

/// The line that the location means, where it may be shown.
fn source_line(location: &Location) -> Option<String> {
    let is_sql = location
        .file
        .extension()
        .is_some_and(|extension| extension == "sql");
    let index = location.line.checked_sub(1)?;
    if !is_sql {
        return None;
    }
    read_line(&location.file, index)
}

fn read_line(file: &Path, index: usize) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    text.trim_start_matches('\u{feff}')
        .lines()
        .nth(index)
        .map(str::to_owned)
}

fn pointer(location: &Location, line: Option<&str>, style: Style) -> String {
    let mut text = format!(" {} {location}\n", style.frame("-->"));
    let Some(line) = line else {
        return text;
    };
    let (shown, column) = window(line, location.column);
    let number = location.line.to_string();
    let margin = " ".repeat(number.len());
    let bar = style.frame("|");
    text.push_str(&format!("{margin} {bar}\n"));
    text.push_str(&format!("{} {bar} {shown}\n", style.frame(&number)));
    if let Some(column) = column {
        // A tab under a tab keeps the caret below its character, however wide tabs are.
        let blanks: String = shown
            .chars()
            .take(column)
            .map(|c| if c == '\t' { '\t' } else { ' ' })
            .collect();
        text.push_str(&format!("{margin} {bar} {blanks}{}\n", style.error("^")));
    }
    text
}

/// The part of a line that is shown, without its secrets, and where the column (from 1; 0 for
/// none) is in it (from 0).
fn window(line: &str, column: usize) -> (String, Option<usize>) {
    let line = printable(&hide_passwords(line));
    let length = line.chars().count();
    let index = column.checked_sub(1).map(|index| index.min(length));
    if length <= MOST_CHARACTERS {
        return (line.trim_end().to_owned(), index);
    }
    let start = index.unwrap_or(0).saturating_sub(MOST_CHARACTERS / 2);
    let shown: String = line.chars().skip(start).take(MOST_CHARACTERS).collect();
    if start == 0 {
        (shown, index)
    } else {
        (format!("…{shown}"), index.map(|index| index - start + 1))
    }
}

fn statement(sql: &str, style: Style) -> String {
    let hidden = hide_passwords(sql);
    let bar = style.frame("|");
    let mut text = String::new();
    for line in hidden.lines().take(MOST_LINES) {
        text.push_str(&format!("  {bar} {}\n", window(line, 0).0));
    }
    let more = hidden.lines().count().saturating_sub(MOST_LINES);
    if more > 0 {
        text.push_str(&format!("  {bar} … {more} more lines\n"));
    }
    text
}

/// Further lines of a message stand below its first word.
fn indented(text: &str) -> String {
    text.trim_end().replace('\n', "\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use freight_core::ErrorKind;

    const PLAIN: Style = Style::new(false);

    #[test]
    fn an_error_has_code_place_cause_and_hint() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("1_a.sql");
        std::fs::write(&file, "-- migrate:up\n\tCREATE TABEL a;\n").unwrap();
        let error = Error::new(ErrorKind::MigrationFailed, "migration `1_a` failed")
            .at(&file, 2, 9)
            .with_source(
                Error::new(ErrorKind::Syntax, "near `TABEL`: syntax error").with_hint("look there"),
            );
        let expected = format!(
            "error[FR0515]: migration `1_a` failed\n --> {}:2:9\n  |\n2 | \tCREATE TABEL a;\n  | \t       ^\n\
             cause: near `TABEL`: syntax error [FR0301]\nhint: look there\n",
            file.display()
        );
        assert_eq!(render(&error, PLAIN), expected);
    }

    #[test]
    fn a_line_of_the_configuration_is_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["freight.yaml", ".env"] {
            let file = folder.path().join(name);
            std::fs::write(&file, "database: postgres://u:secret@h/d\n").unwrap();
            let error = Error::new(ErrorKind::UnknownKey, "unknown key").at(&file, 1, 1);
            let expected = format!("error[FR0602]: unknown key\n --> {}:1:1\n", file.display());
            assert_eq!(render(&error, PLAIN), expected);
        }
    }

    #[test]
    fn a_statement_without_a_file_is_shown_and_cut() {
        let sql = (1..=14)
            .map(|n| format!("SELECT {n}"))
            .collect::<Vec<_>>()
            .join("\n");
        let error = Error::new(ErrorKind::Syntax, "syntax error").with_sql(sql);
        let shown = render(&error, PLAIN);
        assert!(
            shown.starts_with("error[FR0301]: syntax error\n  | SELECT 1\n"),
            "{shown}"
        );
        assert!(
            shown.ends_with("  | SELECT 12\n  | … 2 more lines\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_cause_that_the_message_repeats_is_left_out() {
        let io = std::io::Error::other("no such device");
        let error = Error::unreadable_migration("m", io);
        assert_eq!(
            render(&error, PLAIN),
            "error[FR0501]: cannot read `m`: no such device\n"
        );
    }

    #[test]
    fn a_drivers_wrapping_of_what_was_said_is_left_out() {
        let error = Error::new(
            ErrorKind::ConnectionFailed,
            "cannot connect: Connection refused",
        )
        .with_source(std::io::Error::other(
            "error communicating: Connection refused",
        ));
        assert_eq!(
            render(&error, PLAIN),
            "error[FR0101]: cannot connect: Connection refused\n"
        );
    }

    #[test]
    fn a_file_that_the_message_names_is_not_named_twice() {
        let error = Error::new(ErrorKind::Io, "cannot read `m/1.sql`").at("m/1.sql", 0, 0);
        assert_eq!(
            render(&error, PLAIN),
            "error[FR0605]: cannot read `m/1.sql`\n"
        );
    }

    #[test]
    fn a_long_line_is_shown_around_its_column() {
        let line = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let (shown, column) = window(&line, 501);
        assert_eq!(shown.chars().count(), MOST_CHARACTERS + 1);
        assert_eq!(shown.chars().nth(column.unwrap()), Some('X'));
    }

    #[test]
    fn control_characters_are_not_printed() {
        assert_eq!(window("a\u{1b}[31mb", 0).0, "a?[31mb");
    }

    #[test]
    fn colours_surround_words_only() {
        let error = Error::new(ErrorKind::Syntax, "x").with_hint("y");
        assert_eq!(
            render(&error, Style::new(true)),
            "\u{1b}[1;31merror[FR0301]\u{1b}[0m: x\n\u{1b}[1;36mhint\u{1b}[0m: y\n"
        );
    }
}
