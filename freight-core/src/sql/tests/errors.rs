//! What cannot be split, where the error points, and what it says.

use crate::error::{Error, ErrorKind};
use crate::sql::{Lexicon, Part, SplitOptions, split, split_with};

use super::place;

const SQLITE: &Lexicon = &Lexicon::SQLITE;
const POSTGRES: &Lexicon = &Lexicon::POSTGRES;
const MYSQL: &Lexicon = &Lexicon::MYSQL;

fn error(sql: &str, lexicon: &Lexicon) -> Error {
    match split(sql, lexicon) {
        Err(error) => error,
        Ok(found) => panic!("{sql} was split: {found:?}"),
    }
}

#[test]
fn what_does_not_end_is_reported_where_it_begins() {
    for (lexicon, sql, place_of, message) in [
        (
            SQLITE,
            "a;\n b 'c",
            (2, 4),
            "the string that begins here has no closing `'`",
        ),
        (
            SQLITE,
            "a \"b",
            (1, 3),
            "the quoted name that begins here has no closing `\"`",
        ),
        (
            SQLITE,
            "a [b",
            (1, 3),
            "the quoted name that begins here has no closing `]`",
        ),
        (
            MYSQL,
            "a `b",
            (1, 3),
            "the quoted name that begins here has no closing backtick",
        ),
        (
            POSTGRES,
            "/* /* */",
            (1, 1),
            "the comment that begins here has no closing `*/`",
        ),
        (
            POSTGRES,
            "é $tag$ $tag",
            (1, 3),
            "the string that begins here has no closing `$tag$`",
        ),
        (
            POSTGRES,
            "a $$",
            (1, 3),
            "the string that begins here has no closing `$$`",
        ),
        (
            POSTGRES,
            "a E'\\'",
            (1, 3),
            "the string that begins here has no closing `'`",
        ),
        (
            POSTGRES,
            "U&\"a",
            (1, 1),
            "the quoted name that begins here has no closing `\"`",
        ),
        (
            MYSQL,
            "/*!1 ' */",
            (1, 1),
            "the comment that begins here has no closing `*/`",
        ),
    ] {
        let found = error(sql, lexicon);
        assert_eq!(found.kind(), ErrorKind::Unterminated, "{sql}");
        assert_eq!(
            (place(&found), found.message()),
            (place_of, message),
            "{sql}"
        );
        assert!(found.hint().is_some(), "{sql}");
    }
}

#[test]
fn bodies_that_do_not_end_are_reported_where_they_begin() {
    for (lexicon, sql, place_of) in [
        (
            SQLITE,
            "a;\nCREATE TRIGGER t AFTER INSERT ON a\nBEGIN SELECT 1; SELECT 2;",
            (3, 1),
        ),
        (
            POSTGRES,
            "CREATE FUNCTION f() RETURNS int\nBEGIN ATOMIC SELECT 1;",
            (2, 7),
        ),
        (
            POSTGRES,
            "CREATE RULE r AS ON INSERT TO v DO (SELECT 1; SELECT 2",
            (1, 36),
        ),
        (
            MYSQL,
            "CREATE PROCEDURE p()\nBEGIN\nIF a THEN b; END;",
            (2, 1),
        ),
        (
            MYSQL,
            "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW IF a THEN b;",
            (1, 49),
        ),
    ] {
        let found = error(sql, lexicon);
        assert_eq!(
            (found.kind(), place(&found)),
            (ErrorKind::Unterminated, place_of),
            "{sql}"
        );
        assert!(found.message().starts_with("the body"), "{sql}");
    }
}

#[test]
fn copy_needs_its_end_and_its_lines() {
    for sql in [
        "\nCOPY t FROM stdin;\n1\n",
        "\nCOPY t FROM stdin;",
        "\nCOPY t FROM stdin",
    ] {
        let found = error(sql, POSTGRES);
        assert_eq!(
            (found.kind(), place(&found)),
            (ErrorKind::Unterminated, (2, 1)),
            "{sql}"
        );
        assert!(found.message().contains("`\\.`"), "{sql}");
    }
    let found = error("COPY t FROM stdin; SELECT 1;\n\\.\n", POSTGRES);
    assert_eq!(
        (found.kind(), place(&found)),
        (ErrorKind::Unsupported, (1, 20))
    );
}

#[test]
fn commands_of_the_clients_are_refused_by_name() {
    for (lexicon, sql, place_of, name, hint) in [
        (POSTGRES, "a;\n\\c shop;\n", (2, 1), "\\c", "database URL"),
        (
            POSTGRES,
            "\\connect postgres://u:secret@h/d",
            (1, 1),
            "\\connect",
            "database URL",
        ),
        (
            POSTGRES,
            "-- x\n  \\i other.sql",
            (2, 3),
            "\\i",
            "statements of that file",
        ),
        (
            POSTGRES,
            "\\copy t from 'x'",
            (1, 1),
            "\\copy",
            "COPY … FROM stdin",
        ),
        (
            POSTGRES,
            "\\restrict abcdef",
            (1, 1),
            "\\restrict",
            "pg_dump",
        ),
        (
            POSTGRES,
            "\\unrestrict abcdef",
            (1, 1),
            "\\unrestrict",
            "pg_dump",
        ),
        (
            POSTGRES,
            "SELECT 1 \\gexec",
            (1, 10),
            "\\gexec",
            "end the statement with `;`",
        ),
        (POSTGRES, "\\.\n", (1, 1), "\\.", "COPY"),
        (POSTGRES, "\\!ls", (1, 1), "\\!", "remove"),
        (POSTGRES, "\\", (1, 1), "\\", "remove"),
        (POSTGRES, "a \\\n", (1, 3), "\\", "remove"),
        (POSTGRES, "\\é", (1, 1), "\\é", "remove"),
        (
            SQLITE,
            "a;\n.read other.sql\n",
            (2, 1),
            ".read",
            "statements of that file",
        ),
        (SQLITE, ".mode csv", (1, 1), ".mode", "remove"),
        (SQLITE, ".open x.db", (1, 1), ".open", "database URL"),
        (
            MYSQL,
            "source other.sql",
            (1, 1),
            "source",
            "statements of that file",
        ),
        (
            MYSQL,
            "\\. other.sql",
            (1, 1),
            "\\.",
            "statements of that file",
        ),
        (
            MYSQL,
            "SELECT 1\\G",
            (1, 9),
            "\\G",
            "end the statement with `;`",
        ),
        (
            MYSQL,
            "SELECT 1\\g",
            (1, 9),
            "\\g",
            "end the statement with `;`",
        ),
        (MYSQL, "\\u shop", (1, 1), "\\u", "`USE`"),
        (MYSQL, "a;\nSYSTEM ls", (2, 1), "SYSTEM", "remove"),
        (MYSQL, "DELIMITER", (1, 1), "DELIMITER", "`DELIMITER //`"),
        (
            MYSQL,
            "delimiter  \na;",
            (1, 1),
            "delimiter",
            "`DELIMITER //`",
        ),
    ] {
        let found = error(sql, lexicon);
        assert_eq!(
            (found.kind(), place(&found)),
            (ErrorKind::ClientCommand, place_of),
            "{sql}"
        );
        assert!(
            found
                .message()
                .starts_with(&format!("`{name}` is a command of ")),
            "{sql}"
        );
        assert!(
            found.hint().is_some_and(|text| text.contains(hint)),
            "{sql}: {:?}",
            found.hint()
        );
        assert!(!format!("{found:?}").contains("secret"), "{sql}");
    }
}

#[test]
fn what_only_looks_like_a_command_is_sql() {
    for (lexicon, sql, count) in [
        (
            MYSQL,
            "USE shop; HELP 'x'; INSERT INTO t VALUES (\\N, '\\c')",
            3,
        ),
        (MYSQL, "SELECT source, delimiter, status FROM t", 1),
        (
            MYSQL,
            "CREATE TABLE t (\nsource INT,\ndelimiter CHAR(1)\n)",
            1,
        ),
        (SQLITE, "SELECT 1\n.5; SELECT a\n.b", 2),
        (POSTGRES, "SELECT '\\c'; -- \\c\nSELECT $$\n\\i x\n$$", 2),
    ] {
        assert_eq!(
            split(sql, lexicon).map(|found| found.len()).ok(),
            Some(count),
            "{sql}"
        );
    }
}

#[test]
fn parts_outside_the_text_are_an_argument_error() {
    for (start, end) in [(0, 99), (5, 2), (1, 2), (99, 99)] {
        let range = start..end;
        let parts = vec![Part {
            range: range.clone(),
            whole: false,
        }];
        let options = SplitOptions {
            parts,
            delimiter: None,
        };
        let found = split_with("é; ab", SQLITE, &options);
        assert_eq!(
            found.map_err(|error| error.kind()),
            Err(ErrorKind::BadArgument),
            "{range:?}"
        );
    }
}
