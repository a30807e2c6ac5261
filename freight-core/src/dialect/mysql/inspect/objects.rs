//! What is kept by its definition: the texts without what depends on where and by whom they were
//! made.

use super::Reader;
use super::cursor::Cursor;
use crate::schema::{Object, Options};
use crate::sql::{Lexicon, TokenKind, significant};

/// Modes that change how a text is read or what it computes. A program runs with the modes that
/// it was made with, so that they are part of it.
///
/// <https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html>,
/// <https://mariadb.com/kb/en/sql-mode/>
const TELLING_MODES: &[&str] = &[
    "ANSI",
    "ANSI_QUOTES",
    "DB2",
    "EMPTY_STRING_IS_NULL",
    "HIGH_NOT_PRECEDENCE",
    "IGNORE_SPACE",
    "MAXDB",
    "MSSQL",
    "NO_BACKSLASH_ESCAPES",
    "NO_UNSIGNED_SUBTRACTION",
    "NO_AUTO_VALUE_ON_ZERO",
    "ORACLE",
    "PAD_CHAR_TO_FULL_LENGTH",
    "PIPES_AS_CONCAT",
    "POSTGRESQL",
    "REAL_AS_FLOAT",
    "SIMULTANEOUS_ASSIGNMENT",
    "TIME_TRUNCATE_FRACTIONAL",
    "TIME_ROUND_FRACTIONAL",
];

/// The modes that a program was made with, where they are more than another way to be strict.
pub(super) fn telling_modes(modes: &str) -> Option<String> {
    let all: Vec<_> = modes.split(',').filter(|mode| !mode.is_empty()).collect();
    let is_strict = all
        .iter()
        .any(|mode| ["STRICT_ALL_TABLES", "STRICT_TRANS_TABLES"].contains(mode));
    let is_telling = all.iter().any(|mode| TELLING_MODES.contains(mode));
    (is_telling || !is_strict).then(|| {
        let mut kept = all;
        kept.sort_unstable();
        kept.join(",")
    })
}

/// An object with the options that every kind has.
pub(super) fn object(
    reader: &Reader<'_>,
    definition: String,
    definer: &str,
    modes: Option<&str>,
) -> Object {
    let mut options = Options::new();
    if !definer.is_empty() && definer != reader.facts.user {
        options.set("definer", definer);
    }
    if let Some(modes) = modes.and_then(telling_modes) {
        options.set("sql_mode", modes);
    }
    Object {
        definition,
        options,
        ..Object::default()
    }
}

/// A definition without DEFINER. `CREATE DEFINER=`a`@`b` PROCEDURE …` becomes `CREATE PROCEDURE …`.
pub(super) fn without_definer(text: &str) -> String {
    let mut tokens = significant(text, &Lexicon::MYSQL).peekable();
    let Some(create) = tokens.next() else {
        return text.to_owned();
    };
    let is_definer = tokens
        .peek()
        .is_some_and(|token| token.text(text).eq_ignore_ascii_case("DEFINER"));
    if !is_definer {
        return text.to_owned();
    }
    // The user's name may be a word too, but only directly behind `=` or `@`.
    let mut before = "";
    for token in tokens.skip(1) {
        let piece = token.text(text);
        let belongs_to_user = ["=", "@"].contains(&before);
        if token.kind == TokenKind::Word && !belongs_to_user {
            let rest = text.get(token.start..).unwrap_or_default();
            return format!("{} {rest}", create.text(text));
        }
        before = piece;
    }
    text.to_owned()
}

/// A cursor behind `CREATE`, `ALGORITHM`, `DEFINER` and `SQL SECURITY` of a view.
pub(super) struct ViewHeader {
    pub(super) algorithm: Option<String>,
    pub(super) invoker: bool,
    /// From after AS to the end.
    pub(super) body: String,
}

impl ViewHeader {
    /// Reads `CREATE ALGORITHM=… DEFINER=… SQL SECURITY … VIEW … AS …`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = without_algorithm_first(text);
        let mut cursor = Cursor::new(&text.1);
        if !cursor.accept("CREATE") {
            return None;
        }
        let invoker = match cursor.accept("SQL SECURITY") {
            true => cursor.take().eq_ignore_ascii_case("INVOKER"),
            false => false,
        };
        if !cursor.accept("VIEW") {
            return None;
        }
        cursor.name()?;
        if cursor.symbol(".") {
            cursor.name()?;
        }
        cursor.parenthesised();
        if !cursor.accept("AS") {
            return None;
        }
        Some(Self {
            algorithm: text.0.filter(|algorithm| algorithm != "UNDEFINED"),
            invoker,
            body: cursor.rest().to_owned(),
        })
    }
}

/// The algorithm, and the text without it and without the definer.
fn without_algorithm_first(text: &str) -> (Option<String>, String) {
    let mut cursor = Cursor::new(text);
    cursor.accept("CREATE");
    let algorithm = match cursor.accept("ALGORITHM") {
        true => {
            cursor.symbol("=");
            Some(cursor.take().to_ascii_uppercase())
        }
        false => None,
    };
    let rest = format!("CREATE {}", cursor.rest());
    (algorithm, without_definer(&rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definer_is_left_out() {
        for (text, without) in [
            (
                "CREATE DEFINER=`a``b`@`%` PROCEDURE `p`()\nselect 1",
                "CREATE PROCEDURE `p`()\nselect 1",
            ),
            (
                "CREATE DEFINER=root@localhost FUNCTION f() RETURNS int return 1",
                "CREATE FUNCTION f() RETURNS int return 1",
            ),
            (
                "CREATE DEFINER=`role` AGGREGATE FUNCTION f",
                "CREATE AGGREGATE FUNCTION f",
            ),
            (
                "CREATE PROCEDURE p() select 1",
                "CREATE PROCEDURE p() select 1",
            ),
            ("", ""),
            ("CREATE DEFINER", "CREATE DEFINER"),
        ] {
            assert_eq!(without_definer(text), without, "{text}");
        }
    }

    #[test]
    fn a_view_is_read() {
        let header = ViewHeader::read(
            "CREATE ALGORITHM=MERGE DEFINER=`freight`@`%` SQL SECURITY INVOKER VIEW `v` AS select 1 AS `AS`",
        )
        .unwrap();
        assert_eq!(header.algorithm.as_deref(), Some("MERGE"));
        assert!(header.invoker);
        assert_eq!(header.body, "select 1 AS `AS`");
        assert!(ViewHeader::read("CREATE TABLE x").is_none());
    }

    #[test]
    fn strictness_alone_tells_nothing() {
        assert_eq!(telling_modes("STRICT_TRANS_TABLES,NO_ZERO_DATE"), None);
        assert_eq!(telling_modes(""), Some(String::new()));
        assert_eq!(
            telling_modes("STRICT_ALL_TABLES,ANSI_QUOTES").as_deref(),
            Some("ANSI_QUOTES,STRICT_ALL_TABLES")
        );
    }
}
