//! Commands of the databases' own clients, which people find in scripts and dumps.
//!
//! Only `DELIMITER` of MySQL's client is understood. All others would change what the client
//! does, not the database, so each is refused with what to write instead. Their arguments are
//! never repeated: `\connect` may have a password in it.

use super::bodies::{is, is_any};
use super::{ClientCommands, Token, TokenKind};

/// A command found in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// `DELIMITER //`: the new delimiter, and where its line ends.
    Delimiter { delimiter: &'a str, end: usize },
    /// Any other.
    Refused(Refusal<'a>),
}

/// Why a command cannot be run, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal<'a> {
    pub(super) name: &'a str,
    pub(super) client: &'static str,
    pub(super) hint: &'static str,
}

/// Words that are commands of MySQL's client at the beginning of a statement. (`USE` and `HELP`
/// are SQL as well.) <https://dev.mysql.com/doc/refman/8.4/en/mysql-commands.html>
const MYSQL_WORDS: &[&str] = &[
    "CHARSET",
    "CLEAR",
    "CONNECT",
    "EDIT",
    "EGO",
    "EXIT",
    "GO",
    "NOPAGER",
    "NOTEE",
    "NOWARNING",
    "PAGER",
    "PRINT",
    "PROMPT",
    "QUIT",
    "REHASH",
    "RESETCONNECTION",
    "SOURCE",
    "STATUS",
    "SYSTEM",
    "TEE",
    "WARNINGS",
];

/// The command that begins with `token`, if one does. `is_start` says that no statement has
/// begun before it.
pub(super) fn find<'a>(
    client: ClientCommands,
    sql: &'a str,
    token: Token,
    is_start: bool,
) -> Option<Command<'a>> {
    let text = token.text(sql);
    match client {
        ClientCommands::Sqlite if is_start && text == "." => sqlite(sql, token),
        ClientCommands::Psql if text == "\\" => {
            let name = backslash_name(sql, token);
            Some(refused(name, "psql", psql_hint(name)))
        }
        // `\N` is NULL.
        ClientCommands::Mysql if text == "\\" => {
            let name = backslash_name(sql, token);
            (!name.starts_with("\\N")).then(|| refused(name, "mariadb", mysql_hint(name)))
        }
        ClientCommands::Mysql if is_start && token.kind == TokenKind::Word => {
            mysql_word(sql, token)
        }
        _ => None,
    }
}

fn refused<'a>(name: &'a str, client: &'static str, hint: &'static str) -> Command<'a> {
    Command::Refused(Refusal { name, client, hint })
}

/// `.read`, `.mode`: <https://sqlite.org/cli.html>
fn sqlite(sql: &str, dot: Token) -> Option<Command<'_>> {
    let rest = sql.get(dot.end..)?;
    let length = name_length(rest);
    let name = sql.get(dot.start..dot.end + length)?;
    (length > 0).then(|| refused(name, "sqlite3", sqlite_hint(name)))
}

/// `\c`, `\copy`, `\.`, `\!`: a word, or one other character.
fn backslash_name(sql: &str, backslash: Token) -> &str {
    let rest = sql.get(backslash.end..).unwrap_or_default();
    let length = match name_length(rest) {
        0 => rest
            .chars()
            .next()
            .filter(|first| !first.is_whitespace())
            .map_or(0, char::len_utf8),
        length => length,
    };
    sql.get(backslash.start..backslash.end + length)
        .unwrap_or_default()
}

fn name_length(rest: &str) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    rest.bytes().take_while(|byte| is_part(byte)).count()
}

fn mysql_word(sql: &str, word: Token) -> Option<Command<'_>> {
    let name = word.text(sql);
    if is(name, "DELIMITER") {
        return Some(delimiter(sql, word));
    }
    is_any(name, MYSQL_WORDS).then(|| refused(name, "mariadb", mysql_hint(name)))
}

/// `DELIMITER //`, `DELIMITER "$$"`: the first word of the line, in quotes or not.
fn delimiter(sql: &str, word: Token) -> Command<'_> {
    let rest = sql.get(word.end..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    let words = line.trim();
    let quote = words.chars().next().filter(|first| "'\"`".contains(*first));
    let quoted = quote.and_then(|quote| words.get(1..)?.split_once(quote));
    let delimiter = match quoted {
        Some((inner, _)) => inner,
        None => words.split_whitespace().next().unwrap_or_default(),
    };
    if delimiter.is_empty() {
        let hint = "name the delimiter on the same line, such as `DELIMITER //`";
        return refused(word.text(sql), "mariadb", hint);
    }
    Command::Delimiter {
        delimiter,
        end: word.end + line.len(),
    }
}

fn psql_hint(name: &str) -> &'static str {
    match name {
        "\\c" | "\\connect" => "remove the line, and name the database in the database URL",
        "\\i" | "\\ir" | "\\include" | "\\include_relative" => INCLUDE_HINT,
        "\\copy" => "write `COPY … FROM stdin;` with the rows and a line `\\.` after it",
        "\\." => "remove the line, or write `COPY … FROM stdin;` before the rows that it ends",
        "\\restrict" | "\\unrestrict" => {
            "remove the line: pg_dump writes it for psql, and it has no meaning elsewhere"
        }
        "\\g" | "\\gx" | "\\gexec" | "\\gset" | "\\gdesc" | "\\;" => "end the statement with `;`",
        "\\set" | "\\unset" | "\\getenv" | "\\prompt" => {
            "remove the line, and write the value where the variable stands"
        }
        "\\if" | "\\elif" | "\\else" | "\\endif" => {
            "remove the line; a condition can be written in a `DO` block"
        }
        _ => "remove the line",
    }
}

fn sqlite_hint(name: &str) -> &'static str {
    match name {
        ".read" => INCLUDE_HINT,
        ".open" => "remove the line, and name the database in the database URL",
        ".import" => "write the rows as INSERT statements",
        _ => "remove the line",
    }
}

fn mysql_hint(name: &str) -> &'static str {
    let is_one_of = |names: &[&str]| is_any(name, names);
    if is_one_of(&["source", "\\."]) {
        INCLUDE_HINT
    } else if name == "\\g" || name == "\\G" || is_one_of(&["go", "ego"]) {
        "end the statement with `;`"
    } else if name == "\\u" {
        "write `USE` with the name of the database"
    } else if name == "\\d" {
        "write `DELIMITER` with the delimiter, on a line of its own"
    } else if name == "\\r" || is(name, "connect") {
        "remove the line, and name the database in the database URL"
    } else {
        "remove the line"
    }
}

const INCLUDE_HINT: &str =
    "write the statements of that file here, or make it a migration of its own";
