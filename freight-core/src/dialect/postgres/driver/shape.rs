//! What the driver wants to know of a statement before it sends it, read from its words. Nothing is
//! parsed further than that. What the migration engine wants to know is in `statements.rs`.

use crate::error::{Error, Result};
use crate::sql::{Lexicon, Token, TokenKind, significant};

/// What a statement does to the session beyond its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionChange {
    /// Nothing that the driver has to remember.
    Nothing,
    /// It opens a transaction.
    Begins,
    /// It ends one: COMMIT, END, PREPARE TRANSACTION.
    Commits,
    /// It ends one: ROLLBACK, ABORT.
    RollsBack,
    /// Plans of prepared statements may not fit after it.
    OutdatesPlans,
    /// Types were made.
    MakesTypes,
    /// DEALLOCATE ALL: prepared statements are gone.
    ForgetsPlans,
    /// RESET ALL: settings are what they were before the driver set them.
    ResetsSettings,
    /// DISCARD ALL: both.
    DiscardsAll,
}

/// The client's side of a COPY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Copy {
    /// Not a COPY, or one from or to a file of the server.
    None,
    /// `COPY … FROM STDIN`.
    In,
    /// `COPY … TO STDOUT`.
    Out,
}

/// What the driver wants to know of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// It may stand after `PREPARE … AS`.
    pub(super) is_preparable: bool,
    /// Its row count tells how many rows were matched.
    pub(super) counts_rows: bool,
    /// It may return rows.
    pub(super) may_return_rows: bool,
    /// It reads only: it may stand in the FROM of another query.
    pub(super) is_plain_query: bool,
    /// There is another statement after it.
    pub(super) has_more: bool,
    /// Where it ends, without semicolons, blanks and comments.
    pub(super) end: usize,
    /// What it does to the session.
    pub(super) change: SessionChange,
    /// Whether it is a COPY with the client.
    pub(super) copy: Copy,
    /// It is LISTEN.
    pub(super) listens: bool,
    /// It names `client_encoding`.
    pub(super) touches_encoding: bool,
    /// It names `statement_timeout`.
    pub(super) touches_timeout: bool,
}

impl Shape {
    /// Reads a statement.
    pub(super) fn read(sql: &str) -> Self {
        let mut reader = ShapeReader::default();
        for token in significant(sql, &Lexicon::POSTGRES) {
            reader.take(token, token.text(sql));
        }
        reader.finish()
    }

    /// Refuses what cannot go through the driver, because there would be no end to it.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind).
    pub(super) fn refuse(&self) -> Result<()> {
        match self.copy {
            Copy::In => Err(
                Error::unsupported("COPY … FROM stdin without its data", "Freight")
                    .with_hint("put the data lines and a closing `\\.` after the statement"),
            ),
            Copy::Out => Err(Error::unsupported("COPY … TO stdout", "Freight")
                .with_hint("read the rows with SELECT, or use psql")),
            Copy::None if self.listens => Err(Error::unsupported("LISTEN", "Freight")),
            Copy::None => Ok(()),
        }
    }
}

#[derive(Default)]
struct ShapeReader {
    /// The first words, upper-cased; a symbol or a name stands as itself.
    head: Vec<String>,
    depth: usize,
    /// The word at depth 0 that says what the statement is, after WITH too.
    verb: String,
    previous: String,
    has_into: bool,
    has_returning: bool,
    modifies: bool,
    copy: Option<Copy>,
    touches_encoding: bool,
    touches_timeout: bool,
    /// It names what decides which table a name means.
    touches_names: bool,
    semicolon: bool,
    has_more: bool,
    end: usize,
}

const HEAD: usize = 4;
const QUERIES: &[&str] = &["SELECT", "VALUES", "TABLE"];
const CHANGES: &[&str] = &["INSERT", "UPDATE", "DELETE", "MERGE"];

impl ShapeReader {
    fn take(&mut self, token: Token, text: &str) {
        if token.kind == TokenKind::Symbol && text == ";" && self.depth == 0 {
            self.semicolon = true;
            return;
        }
        self.has_more |= self.semicolon;
        self.end = token.end;
        let word = match token.kind {
            TokenKind::Word => text.to_ascii_uppercase(),
            TokenKind::Symbol => text.to_owned(),
            // Literals may be long, and nothing is decided by what is in them but the name of a
            // setting: `set_config('search_path', '', false)`.
            TokenKind::String if text.len() < 24 => {
                self.take_setting(&text.trim_matches('\'').to_ascii_uppercase());
                String::new()
            }
            _ => String::new(),
        };
        match word.as_str() {
            "(" => self.depth += 1,
            ")" => self.depth = self.depth.saturating_sub(1),
            _ => self.take_word(&word),
        }
        if self.head.len() < HEAD {
            self.head.push(word.clone());
        }
        self.previous = word;
    }

    fn take_word(&mut self, word: &str) {
        self.modifies |= CHANGES.contains(&word);
        self.take_setting(word);
        self.touches_encoding |= word == "NAMES" && self.previous == "SET";
        if self.depth > 0 {
            return;
        }
        let is_verb = QUERIES.contains(&word) || CHANGES.contains(&word);
        // `WITH insert AS (…)`: the name of a common table expression may be any of these words.
        let names_query = matches!(self.previous.as_str(), "WITH" | "RECURSIVE" | ",");
        if self.head.is_empty() || (is_verb && self.verb == "WITH" && !names_query) {
            word.clone_into(&mut self.verb);
        }
        self.has_into |= word == "INTO";
        self.has_returning |= word == "RETURNING";
        if self.verb == "COPY" && self.copy.is_none() {
            self.copy = match (self.previous.as_str(), word) {
                ("FROM", "STDIN" | "STDOUT") => Some(Copy::In),
                ("TO", "STDIN" | "STDOUT") => Some(Copy::Out),
                ("FROM" | "TO", _) => Some(Copy::None),
                _ => None,
            };
        }
    }

    fn take_setting(&mut self, word: &str) {
        self.touches_encoding |= word == "CLIENT_ENCODING";
        self.touches_timeout |= word == "STATEMENT_TIMEOUT";
        self.touches_names |= matches!(word, "SEARCH_PATH" | "SCHEMA" | "ROLE" | "AUTHORIZATION");
    }

    fn finish(self) -> Shape {
        let is_query = QUERIES.contains(&&*self.verb) || self.is(0, "(");
        let is_change = CHANGES.contains(&&*self.verb);
        // SELECT … INTO is CREATE TABLE AS under another name.
        let is_preparable = is_change || (is_query && !self.has_into);
        let copies_in = self.verb == "COPY" && self.copy != Some(Copy::Out);
        Shape {
            is_preparable,
            counts_rows: is_change || copies_in,
            may_return_rows: is_query && !self.has_into
                || is_change && self.has_returning
                || matches!(
                    &*self.verb,
                    "FETCH" | "EXECUTE" | "SHOW" | "EXPLAIN" | "CALL"
                ),
            is_plain_query: is_query && !self.has_into && !self.modifies,
            change: self.change(),
            copy: self.copy.unwrap_or(Copy::None),
            listens: self.verb == "LISTEN",
            has_more: self.has_more,
            end: self.end,
            touches_encoding: self.touches_encoding,
            touches_timeout: self.touches_timeout,
        }
    }

    fn is(&self, index: usize, word: &str) -> bool {
        self.head.get(index).is_some_and(|found| found == word)
    }

    fn change(&self) -> SessionChange {
        let is_rollback_to = self.is(1, "TO") || self.is(2, "TO");
        match self.verb.as_str() {
            "BEGIN" | "START" => SessionChange::Begins,
            "COMMIT" | "END" => SessionChange::Commits,
            "PREPARE" if self.is(1, "TRANSACTION") => SessionChange::Commits,
            "ABORT" => SessionChange::RollsBack,
            "ROLLBACK" if !is_rollback_to => SessionChange::RollsBack,
            "DEALLOCATE" if self.is(1, "ALL") || self.is(2, "ALL") => SessionChange::ForgetsPlans,
            "DISCARD" if self.is(1, "ALL") => SessionChange::DiscardsAll,
            "RESET" if self.is(1, "ALL") => SessionChange::ResetsSettings,
            "CREATE" if self.is(1, "TYPE") || self.is(1, "DOMAIN") || self.is(1, "EXTENSION") => {
                SessionChange::MakesTypes
            }
            "CREATE" if self.is(1, "OR") => SessionChange::OutdatesPlans,
            // Other settings do not change what a name means, and an application may set its
            // own in every transaction.
            "SET" | "RESET" | "SELECT" if self.touches_names => SessionChange::OutdatesPlans,
            "ALTER" | "DROP" | "DO" | "CALL" | "IMPORT" => SessionChange::OutdatesPlans,
            _ => SessionChange::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_apart_for_the_driver() {
        // preparable, counts rows, may return rows, plain query
        for (sql, expected) in [
            ("SELECT 1", [true, false, true, true]),
            ("/* x */ ((SELECT 1))", [true, false, true, true]),
            ("VALUES (1)", [true, false, true, true]),
            ("TABLE t", [true, false, true, true]),
            ("SELECT * INTO t FROM u", [false, false, false, false]),
            ("SELECT * FROM t FOR UPDATE", [true, false, true, false]),
            ("INSERT INTO t VALUES (1)", [true, true, false, false]),
            (
                "INSERT INTO t VALUES (1) RETURNING id",
                [true, true, true, false],
            ),
            (
                "WITH a AS (SELECT 1) SELECT * FROM a",
                [true, false, true, true],
            ),
            (
                "WITH insert AS (SELECT 1), update(x) AS (SELECT 2) TABLE insert",
                [true, false, true, false],
            ),
            (
                "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a",
                [true, false, true, false],
            ),
            (
                "WITH RECURSIVE a AS (SELECT 1) UPDATE t SET x = 1",
                [true, true, false, false],
            ),
            (
                "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
                [true, true, false, false],
            ),
            ("COPY t FROM '/x'", [false, true, false, false]),
            ("CREATE TABLE t AS SELECT 1", [false, false, false, false]),
            ("EXPLAIN SELECT 1", [false, false, true, false]),
            ("", [false, false, false, false]),
        ] {
            let shape = Shape::read(sql);
            let found = [
                shape.is_preparable,
                shape.counts_rows,
                shape.may_return_rows,
                shape.is_plain_query,
            ];
            assert_eq!(found, expected, "{sql}");
        }
    }

    #[test]
    fn a_second_statement_is_seen() {
        for (sql, has_more, end) in [
            ("SELECT 1; -- x", false, 8),
            ("SELECT ';' ;; ", false, 10),
            ("SELECT 1; DELETE FROM t", true, 23),
            ("SELECT 1 -- ; x", false, 8),
        ] {
            let shape = Shape::read(sql);
            assert_eq!((shape.has_more, shape.end), (has_more, end), "{sql}");
        }
    }

    #[test]
    fn copies_with_the_client_are_seen() {
        for (sql, copy) in [
            ("COPY t (a, b) FROM stdin WITH (FORMAT csv)", Copy::In),
            ("COPY (SELECT a FROM stdin) TO STDOUT", Copy::Out),
            ("COPY t TO '/tmp/x'", Copy::None),
            ("COPY t FROM PROGRAM 'cat'", Copy::None),
            ("SELECT 'COPY t FROM stdin'", Copy::None),
        ] {
            assert_eq!(Shape::read(sql).copy, copy, "{sql}");
            assert_eq!(
                Shape::read(sql).refuse().is_ok(),
                copy == Copy::None,
                "{sql}"
            );
        }
        assert!(Shape::read("LISTEN x").refuse().is_err());
    }

    #[test]
    fn changes_of_the_session_are_seen() {
        use SessionChange::{
            Begins, Commits, DiscardsAll, ForgetsPlans, MakesTypes, Nothing, OutdatesPlans,
            ResetsSettings, RollsBack,
        };
        for (sql, change) in [
            ("begin", Begins),
            ("START TRANSACTION READ ONLY", Begins),
            ("END", Commits),
            ("PREPARE TRANSACTION 'x'", Commits),
            ("PREPARE x AS SELECT 1", Nothing),
            ("ROLLBACK", RollsBack),
            ("ROLLBACK TO SAVEPOINT x", Nothing),
            ("ROLLBACK TRANSACTION TO x", Nothing),
            ("ABORT", RollsBack),
            ("ALTER TABLE t ADD x int", OutdatesPlans),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", OutdatesPlans),
            ("CREATE TABLE t (x int)", Nothing),
            ("CREATE TYPE mood AS ENUM ()", MakesTypes),
            ("DEALLOCATE ALL", ForgetsPlans),
            ("DEALLOCATE x", Nothing),
            ("DISCARD PLANS", Nothing),
            ("DISCARD ALL", DiscardsAll),
            ("RESET ALL", ResetsSettings),
            ("RESET search_path", OutdatesPlans),
            ("SET LOCAL search_path = app", OutdatesPlans),
            ("SET SESSION AUTHORIZATION app", OutdatesPlans),
            (
                "SELECT pg_catalog.set_config('search_path', '', false)",
                OutdatesPlans,
            ),
            ("SET LOCAL app.user = 'x'", Nothing),
        ] {
            assert_eq!(Shape::read(sql).change, change, "{sql}");
        }
        assert!(Shape::read("SET client_encoding = 'LATIN1'").touches_encoding);
        assert!(Shape::read("SET NAMES 'LATIN1'").touches_encoding);
        assert!(Shape::read("SELECT set_config('client_encoding', 'x', true)").touches_encoding);
        assert!(!Shape::read("SET bytea_output = hex").touches_encoding);
        assert!(Shape::read("SET statement_timeout = 0").touches_timeout);
    }
}
