//! A throw-away database on the server. Definitions commit by themselves here, so there is no
//! other way.

use std::borrow::Cow;

use super::Mysql;
use crate::dialect::{Database, Dialect};
use crate::driver::{ConnectOptions, DatabaseUrl, Statement};
use crate::error::{Error, Result};
use crate::scratch::{MakeScratch, Scratch, scratch_name};
use crate::sql::{Lexicon, Token, TokenKind, significant};
use crate::value::Value;

/// Makes them.
pub(super) struct OnServer;

impl MakeScratch for OnServer {
    fn make(&self, near: &DatabaseUrl, options: &ConnectOptions) -> Result<Scratch> {
        let mut server = super::driver::connect(near, options)?;
        let defaults = server.fetch(&Statement::new(
            "SELECT @@character_set_database, @@collation_database",
        ))?;
        let name = scratch_name();
        let quoted = Mysql.quote(&name);
        // Registered first: whatever ends this process from here on drops it.
        let scratch = Scratch::dropped_by(near, format!("DROP DATABASE IF EXISTS {quoted}"));
        let mut create = format!("CREATE DATABASE {quoted}");
        if let Some([Value::Text(charset), Value::Text(collation)]) =
            defaults.rows.first().map(Vec::as_slice)
        {
            create.push_str(&format!(" CHARACTER SET {charset} COLLATE {collation}"));
        }
        server.run(&create).map_err(|error| {
            error.with_hint(
                "give the user the right to create databases (`GRANT CREATE, DROP ON *.*`), or name another server with `--scratch URL`",
            )
        })?;
        let url = near.clone().with_database(name);
        let mut connection = super::driver::connect(&url, options)?;
        // A server may keep the time to itself (`secure_timestamp`): only events that depend on
        // now are then not told from others.
        let _ = connection.run(&format!("SET SESSION timestamp = {NOW}"));
        Ok(scratch.with(Database {
            connection,
            dialect: &Mysql,
        }))
    }

    /// <https://mariadb.com/docs/server/server-usage/tables/foreign-keys>: a key that fits no
    /// table is refused all the same when that table is made.
    fn take_any_order(&self, here: &mut Database) -> Result<()> {
        let sql = "SET SESSION foreign_key_checks = 0";
        here.connection.run(sql).map(drop)
    }

    /// A statement may name the database that it was written for (`SHOW CREATE VIEW` prints views
    /// so), and a dump says `USE`. Run as they are, they would be about the database in use.
    fn moved<'s>(
        &self,
        sql: &'s str,
        near: &DatabaseUrl,
        here: &mut Database,
    ) -> Result<Cow<'s, str>> {
        let Some(own) = near.database() else {
            return Ok(Cow::Borrowed(sql));
        };
        let tokens: Vec<Token> = significant(sql, &Lexicon::MYSQL).collect();
        let names = places(sql, &tokens, own)?;
        if names.is_empty() {
            return Ok(Cow::Borrowed(sql));
        }
        let found = here
            .connection
            .fetch(&Statement::new("SELECT database()"))?;
        let Some([Value::Text(name)]) = found.rows.first().map(Vec::as_slice) else {
            return Ok(Cow::Borrowed(sql));
        };
        let mut moved = sql.to_owned();
        for token in names.into_iter().rev() {
            moved.replace_range(token.start..token.end, &Mysql.quote(name));
        }
        Ok(Cow::Owned(moved))
    }
}

/// What `now()` is in a throw-away database: 1980-06-15 12:34:56. The catalog keeps the moment that
/// the schedule of an event came to, and not the expression; nobody has an event of that time, so
/// that it tells what depends on now. See `inspect/events.rs`.
/// <https://mariadb.com/docs/server/server-management/variables-and-modes/server-system-variables#timestamp>
const NOW: u32 = 329_920_496;

/// Words behind which `a.b` is a thing in the database `a`, and not a column of a table.
const BEFORE_A_THING: &[&str] = &[
    "CALL",
    "IGNORE",
    "INSERT",
    "REPLACE",
    "EVENT",
    "EXISTS",
    "FOR",
    "FROM",
    "FUNCTION",
    "INTO",
    "JOIN",
    "PROCEDURE",
    "REFERENCES",
    "SEQUENCE",
    "TABLE",
    "TRIGGER",
    "UPDATE",
    "VIEW",
];

/// Statements in which there are no columns of tables: each `a.b` is a thing in the database `a`.
const ONLY_THINGS: &[&str] = &["DROP", "GRANT", "LOCK", "RENAME", "REVOKE", "TRUNCATE"];

/// Where a statement names the database `own`: behind a word for a thing, before two more names,
/// and after `USE`.
fn places(sql: &str, tokens: &[Token], own: &str) -> Result<Vec<Token>> {
    let word = |index: usize| tokens.get(index).map_or("", |token| token.text(sql));
    let before = |index: usize, count: usize| index.checked_sub(count).map_or("", word);
    if word(0).eq_ignore_ascii_case("USE") {
        return used(sql, tokens, own);
    }
    let has_only_things = is_one_of(word(0), ONLY_THINGS);
    let head = head(sql, tokens);
    let is_own = |index: usize, token: &Token| {
        let (one, two) = (before(index, 1), before(index, 2));
        let is_named = one != "." && word(index + 1) == "." && name_of(token, sql) == own;
        let is_table = index < head && one.eq_ignore_ascii_case("ON");
        let is_behind = is_one_of(one, BEFORE_A_THING)
            || (one == "(" && is_one_of(two, BEFORE_A_THING))
            || word(index + 3) == ".";
        is_named && (has_only_things || is_table || is_behind)
    };
    let names = tokens.iter().enumerate();
    Ok(names
        .filter(|(index, token)| is_own(*index, token))
        .map(|(_, token)| *token)
        .collect())
}

fn is_one_of(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// How far the head of a `CREATE` goes, in which `ON` stands before the table of an index or
/// trigger, and not before the condition of a join.
fn head(sql: &str, tokens: &[Token]) -> usize {
    let ends = |token: &Token| is_one_of(token.text(sql), &["AS", "SELECT", "BEGIN"]);
    let first = tokens.first().map_or("", |token| token.text(sql));
    match is_one_of(first, &["CREATE"]) {
        true => tokens.iter().position(ends).unwrap_or(tokens.len()),
        false => 0,
    }
}

/// The name in `USE own`; another database would be the one in use.
fn used(sql: &str, tokens: &[Token], own: &str) -> Result<Vec<Token>> {
    match tokens.get(1).filter(|token| name_of(token, sql) == own) {
        Some(token) => Ok(vec![*token]),
        None => {
            let what = format!("`{sql}` in a throw-away database");
            let error = Error::unsupported(&what, "MySQL");
            Err(error.with_hint("take it out: a schema is one database"))
        }
    }
}

/// The name that a token is.
fn name_of(token: &Token, sql: &str) -> String {
    let text = token.text(sql);
    match (token.kind, text.strip_prefix('`')) {
        (TokenKind::QuotedName, Some(rest)) => {
            rest.strip_suffix('`').unwrap_or(rest).replace("``", "`")
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(sql: &str) -> Result<String> {
        let tokens: Vec<Token> = significant(sql, &Lexicon::MYSQL).collect();
        let mut text = sql.to_owned();
        for token in places(sql, &tokens, "shop")?.into_iter().rev() {
            text.replace_range(token.start..token.end, "here");
        }
        Ok(text)
    }

    #[test]
    fn what_names_the_database_is_told_from_columns_and_others() {
        for (sql, expected) in [
            (
                "CREATE VIEW `shop`.`v` AS select `shop`.`t`.`id` AS `id` from (`shop`.`t` join shop.u)",
                "CREATE VIEW here.`v` AS select here.`t`.`id` AS `id` from (here.`t` join here.u)",
            ),
            (
                "SELECT shop.id FROM other.shop, shop WHERE shop.id > 1",
                "SELECT shop.id FROM other.shop, shop WHERE shop.id > 1",
            ),
            (
                "INSERT INTO shop.log VALUES ('shop.log')",
                "INSERT INTO here.log VALUES ('shop.log')",
            ),
            ("USE `shop`", "USE here"),
            ("DROP TABLE a, shop.b", "DROP TABLE a, here.b"),
            (
                "CREATE TRIGGER shop.x BEFORE INSERT ON shop.t FOR EACH ROW SET NEW.a = 1",
                "CREATE TRIGGER here.x BEFORE INSERT ON here.t FOR EACH ROW SET NEW.a = 1",
            ),
            (
                "CREATE INDEX i ON shop.t (a)",
                "CREATE INDEX i ON here.t (a)",
            ),
            (
                "CREATE VIEW v AS SELECT 1 FROM shop JOIN t ON shop.id = t.id",
                "CREATE VIEW v AS SELECT 1 FROM shop JOIN t ON shop.id = t.id",
            ),
        ] {
            assert_eq!(moved(sql).unwrap(), expected);
        }
        assert_eq!(
            moved("USE other").unwrap_err().kind(),
            crate::ErrorKind::Unsupported
        );
    }
}
