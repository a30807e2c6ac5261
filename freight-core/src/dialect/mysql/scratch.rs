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
        Ok(scratch.with(Database {
            connection: super::driver::connect(&url, options)?,
            dialect: &Mysql,
        }))
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

/// Words behind which `a.b` is a thing in the database `a`, and not a column of a table.
const BEFORE_A_THING: &[&str] = &[
    "CALL",
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

/// Where a statement names the database `own`: behind a word for a thing, before two more names,
/// and after `USE`.
fn places(sql: &str, tokens: &[Token], own: &str) -> Result<Vec<Token>> {
    let word = |index: usize| tokens.get(index).map_or("", |token| token.text(sql));
    let before = |index: usize, count: usize| index.checked_sub(count).map_or("", word);
    let is_thing = |text: &str| {
        let mut words = BEFORE_A_THING.iter();
        words.any(|word| word.eq_ignore_ascii_case(text))
    };
    if word(0).eq_ignore_ascii_case("USE") {
        let named = tokens.get(1).filter(|token| name_of(token, sql) == own);
        return match named {
            Some(token) => Ok(vec![*token]),
            None => Err(
                Error::unsupported(&format!("`{sql}` in a throw-away database"), "MySQL")
                    .with_hint("take it out: a schema is one database"),
            ),
        };
    }
    let is_own = |index: usize, token: &Token| {
        let starts = before(index, 1) != "." && word(index + 1) == ".";
        let is_behind =
            is_thing(before(index, 1)) || (before(index, 1) == "(" && is_thing(before(index, 2)));
        starts && name_of(token, sql) == own && (is_behind || word(index + 3) == ".")
    };
    let names = tokens.iter().enumerate();
    Ok(names
        .filter(|(index, token)| is_own(*index, token))
        .map(|(_, token)| *token)
        .collect())
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
        ] {
            assert_eq!(moved(sql).unwrap(), expected);
        }
        assert_eq!(
            moved("USE other").unwrap_err().kind(),
            crate::ErrorKind::Unsupported
        );
    }
}
