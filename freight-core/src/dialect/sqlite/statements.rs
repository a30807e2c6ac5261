//! What a statement is, read from its first words: may it run in a transaction, what does it change.

/// The text from its first word on: without blanks, comments and empty statements before it.
pub(super) fn from_first_word(sql: &str) -> &str {
    let mut rest = sql;
    loop {
        rest =
            rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | ';'));
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else {
            return rest;
        }
    }
}

/// The first word of a statement, in upper case; empty where there is none.
pub(super) fn leading_word(sql: &str) -> String {
    let rest = from_first_word(sql);
    let end = rest.find(|c: char| !c.is_ascii_alphabetic());
    rest.get(..end.unwrap_or(rest.len()))
        .unwrap_or_default()
        .to_ascii_uppercase()
}

/// What a statement does to rows, as far as the driver reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    /// No rows that anybody counts.
    Nothing,
    /// Rows; it cannot add any.
    Rows,
    /// Rows, and it may add some.
    NewRows,
}

/// What the statement does to rows, by its first word.
pub(super) fn writes(sql: &str) -> Writes {
    match leading_word(sql).as_str() {
        "INSERT" | "REPLACE" | "WITH" => Writes::NewRows,
        "UPDATE" | "DELETE" => Writes::Rows,
        _ => Writes::Nothing,
    }
}
