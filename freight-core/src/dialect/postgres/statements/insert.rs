//! INSERT, as far as the key is concerned that it makes.

use super::super::errors::unquote;
use crate::dialect::common::words::Words;
use crate::sql::Lexicon;

/// The table of `INSERT INTO table … VALUES …` that returns nothing.
pub(in crate::dialect::postgres) fn plain_insert(sql: &str) -> Option<String> {
    let words = Words::read(sql, &Lexicon::POSTGRES, usize::MAX);
    let is_plain = words.word(0) == "INSERT"
        && words.word(1) == "INTO"
        && !words.has("RETURNING")
        && !words.has("SELECT");
    is_plain.then(|| table(&words, 2).0)
}

/// Where an INSERT puts rows, and which of their columns it gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::postgres) struct Given {
    /// The table, as it is written.
    pub(in crate::dialect::postgres) table: String,
    /// The columns; every other one has its default.
    pub(in crate::dialect::postgres) columns: Vec<String>,
}

/// What an INSERT gives; `None` for another statement, where the columns are not named, and where
/// a row that is in the way may be left or changed: then nobody can tell from a sequence whether it
/// numbered a row.
pub(in crate::dialect::postgres) fn given(sql: &str) -> Option<Given> {
    let words = Words::read(sql, &Lexicon::POSTGRES, usize::MAX);
    let start = verb(&words)?;
    if words.word(start) != "INSERT" || words.has("CONFLICT") {
        return None;
    }
    let (table, mut next) = table(&words, start + 2);
    if words.word(next) == "AS" {
        next += 2;
    }
    if words.word(next) == "DEFAULT" {
        let columns = Vec::new();
        return Some(Given { table, columns });
    }
    Some(Given {
        table,
        columns: columns(&words, next)?,
    })
}

/// The place of the first word outside of parentheses that is none of `WITH x AS (…)`.
fn verb(words: &Words<'_>) -> Option<usize> {
    let mut depth = 0_usize;
    for place in 0..words.tokens.len() {
        match words.text(place) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 0
                && matches!(
                    &*words.word(place),
                    "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "SELECT" | "VALUES" | "TABLE"
                ) =>
            {
                return Some(place);
            }
            _ => {}
        }
    }
    None
}

/// A table as it is written, and the place behind it.
fn table(words: &Words<'_>, place: usize) -> (String, usize) {
    let first = words.text(place);
    match words.text(place + 1) {
        "." => (format!("{first}.{}", words.text(place + 2)), place + 3),
        _ => (first.to_owned(), place + 1),
    }
}

/// The names in `(a, b.field, c[1])`; `None` where a query stands between the parentheses.
fn columns(words: &Words<'_>, start: usize) -> Option<Vec<String>> {
    let is_query = words.text(start + 1) == "("
        || matches!(
            &*words.word(start + 1),
            "SELECT" | "WITH" | "VALUES" | "TABLE"
        );
    if words.text(start) != "(" || is_query {
        return None;
    }
    let mut columns = Vec::new();
    let mut depth = 0_usize;
    for place in start..words.tokens.len() {
        match words.text(place) {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(columns);
        }
        if depth == 1 && matches!(words.text(place), "(" | ",") {
            columns.push(name(words.text(place + 1)));
        }
    }
    None
}

/// A name as the catalog has it.
fn name(text: &str) -> String {
    match text.starts_with('"') {
        true => unquote(text),
        false => text.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_a_plain_insert_is_found() {
        for (sql, expected) in [
            ("INSERT INTO crates VALUES (1)", Some("crates")),
            (
                "insert into \"Yard\".\"Crates\" (a) VALUES (1)",
                Some("\"Yard\".\"Crates\""),
            ),
            ("INSERT INTO crates DEFAULT VALUES", Some("crates")),
            ("INSERT INTO crates VALUES (1) RETURNING id", None),
            ("INSERT INTO crates SELECT 1", None),
            ("UPDATE crates SET a = 1", None),
        ] {
            assert_eq!(plain_insert(sql).as_deref(), expected, "{sql}");
        }
    }

    #[test]
    fn the_columns_of_an_insert_are_found() {
        for (sql, expected) in [
            (
                "INSERT INTO crates (label) SELECT label FROM old",
                Some("crates: label"),
            ),
            (
                "WITH x (a) AS (SELECT 1), y AS (DELETE FROM t RETURNING a) \
                 INSERT INTO yard.\"Crates\" AS c (A, \"B \"\"b\", at[1], p.q) TABLE x",
                Some("yard.\"Crates\": a, B \"b, at, p"),
            ),
            ("INSERT INTO crates DEFAULT VALUES", Some("crates: ")),
            ("INSERT INTO crates SELECT 1", None),
            ("INSERT INTO crates (SELECT 1)", None),
            ("INSERT INTO crates ((SELECT 1))", None),
            (
                "INSERT INTO crates (a) SELECT 1 ON CONFLICT DO NOTHING",
                None,
            ),
            ("WITH x AS (INSERT INTO t (a) VALUES (1)) SELECT 1", None),
            ("SELECT 1", None),
            ("INSERT INTO crates (a", None),
            ("", None),
        ] {
            let found =
                given(sql).map(|given| format!("{}: {}", given.table, given.columns.join(", ")));
            assert_eq!(found.as_deref(), expected, "{sql}");
        }
    }
}
