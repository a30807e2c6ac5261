//! Tokens, by database.

use crate::sql::TokenKind::{
    Comment, Number, Parameter, Question, QuotedName, Space, String, Symbol, Unterminated, Word,
};
use crate::sql::{Lexicon, TokenKind, first_words, significant, tokens};

use super::LEXICONS;

const SQLITE: &Lexicon = &Lexicon::SQLITE;
const POSTGRES: &Lexicon = &Lexicon::POSTGRES;
const MYSQL: &Lexicon = &Lexicon::MYSQL;

/// Every token except white space.
fn check(lexicon: &Lexicon, sql: &str, expected: &[(TokenKind, &str)]) {
    let found: Vec<_> = tokens(sql, lexicon)
        .filter(|token| token.kind != Space)
        .map(|token| (token.kind, token.text(sql)))
        .collect();
    assert_eq!(found, expected, "{sql}");
}

/// The whole text is one token.
fn check_one(lexicon: &Lexicon, kind: TokenKind, sql: &str) {
    check(lexicon, sql, &[(kind, sql)]);
}

#[test]
fn strings_end_at_a_single_quote_that_is_not_doubled() {
    for lexicon in LEXICONS {
        for sql in [
            "''", "'a'", "'a''b'", "''''", "'--'", "'/*'", "'a\nb'", "'é;'", "x'00'", "N'a'",
        ] {
            check_one(lexicon, String, sql);
        }
        check(lexicon, "'a' 'b'", &[(String, "'a'"), (String, "'b'")]);
        for sql in ["'", "'a", "'a''", "'''", "x'", "'é"] {
            check_one(lexicon, Unterminated, sql);
        }
    }
}

#[test]
fn mysql_backslash_escapes_in_both_kinds_of_quotes() {
    for sql in [r"'\''", r"'a\\'", r"'\\\''", r"N'\''", r"'\é'"] {
        check_one(MYSQL, String, sql);
    }
    check_one(MYSQL, QuotedName, r#""\"""#);
    check_one(MYSQL, Unterminated, r"'\'");
    check_one(MYSQL, QuotedName, r"`\`");
    check(MYSQL, r"_utf8'\''", &[(Word, "_utf8"), (String, r"'\''")]);
}

#[test]
fn elsewhere_a_backslash_is_an_ordinary_character() {
    check_one(SQLITE, String, r"'\'");
    check_one(POSTGRES, String, r"'C:\'");
    check_one(POSTGRES, String, r"U&'\'");
    check_one(POSTGRES, QuotedName, r#""\""#);
}

#[test]
fn postgres_escape_strings() {
    for sql in [r"E'\''", r"e'\\'", r"E'it''s \'quoted\''"] {
        check_one(POSTGRES, String, sql);
    }
    check_one(POSTGRES, Unterminated, r"E'\'");
    // `e` at the end of a longer word is not a prefix.
    check(POSTGRES, r"se'\'", &[(Word, "se"), (String, r"'\'")]);
    check(SQLITE, r"E'\'", &[(Word, "E"), (String, r"'\'")]);
}

#[test]
fn postgres_escape_strings_go_on_after_a_line_end() {
    check_one(POSTGRES, String, "E'a'\n'\\''");
    check_one(
        POSTGRES,
        String,
        "E'a' -- why not\n  -- twice\n '\\'' \n 'c\\''",
    );
    check(POSTGRES, "E'a' '\\'", &[(String, "E'a'"), (String, "'\\'")]);
    check(
        POSTGRES,
        "E'a'\n, '\\'",
        &[(String, "E'a'"), (Symbol, ","), (String, "'\\'")],
    );
    check(POSTGRES, "'a'\n'\\'", &[(String, "'a'"), (String, "'\\'")]);
}

#[test]
fn postgres_prefixed_strings_and_names() {
    for sql in ["U&'d\\0061t'", "u&'a''b'", "b'01'", "X'1F'", "n'a'"] {
        check_one(POSTGRES, String, sql);
    }
    check_one(POSTGRES, QuotedName, "U&\"d\\0061t\"\"a\"");
    check(
        POSTGRES,
        "u&7",
        &[(Word, "u"), (Symbol, "&"), (Number, "7")],
    );
    check(
        SQLITE,
        "u&'a'",
        &[(Word, "u"), (Symbol, "&"), (String, "'a'")],
    );
}

#[test]
fn postgres_dollar_quotes() {
    for sql in [
        "$$a;b$$",
        "$$$$",
        "$$'$$",
        "$a$ $$ $b$ ; $a$",
        "$a$ $A$ $a$",
        "$körper$ ; $körper$",
        "$_1$x$_1$",
        "$a$$a$",
        "$a$ x$a$",
    ] {
        check_one(POSTGRES, String, sql);
    }
    for sql in ["$$", "$a$ $b$", "$a$ $a", "$a$ $A$"] {
        check_one(POSTGRES, Unterminated, sql);
    }
}

#[test]
fn a_dollar_does_not_always_open_a_quote() {
    check(POSTGRES, "a$b$ c$$", &[(Word, "a$b$"), (Word, "c$$")]);
    check(POSTGRES, "é$$", &[(Word, "é$$")]);
    check(POSTGRES, "$1$$a$$", &[(Parameter, "$1"), (String, "$$a$$")]);
    check(POSTGRES, "1$$a$$", &[(Number, "1"), (String, "$$a$$")]);
    check(
        POSTGRES,
        "$12 $ $a",
        &[
            (Parameter, "$12"),
            (Symbol, "$"),
            (Symbol, "$"),
            (Word, "a"),
        ],
    );
    check(MYSQL, "a$$ $$", &[(Word, "a$$"), (Parameter, "$$")]);
    check(SQLITE, "$name", &[(Parameter, "$name")]);
}

#[test]
fn quoted_names() {
    for lexicon in LEXICONS {
        check_one(lexicon, QuotedName, "\"a\"\"b;\"");
        check_one(lexicon, Unterminated, "\"a\"\"b");
    }
    check_one(SQLITE, QuotedName, "[a;'b]");
    check_one(SQLITE, Unterminated, "[a");
    check(
        POSTGRES,
        "[1]",
        &[(Symbol, "["), (Number, "1"), (Symbol, "]")],
    );
    for lexicon in [SQLITE, MYSQL] {
        check_one(lexicon, QuotedName, "`a``b;'`");
        check_one(lexicon, Unterminated, "`a``");
    }
    check(POSTGRES, "`", &[(Symbol, "`")]);
}

#[test]
fn block_comments_nest_only_in_postgres() {
    check_one(POSTGRES, Comment, "/* /* */ ' */");
    check_one(POSTGRES, Comment, "/*/**/*/");
    check_one(POSTGRES, Comment, "/***/");
    for sql in ["/*", "/*/", "/* /* */", "/**"] {
        check_one(POSTGRES, Unterminated, sql);
    }
    for lexicon in [SQLITE, MYSQL] {
        check(lexicon, "/* /* */ a", &[(Comment, "/* /* */"), (Word, "a")]);
        check_one(lexicon, Unterminated, "/*/");
    }
    check(
        POSTGRES,
        "2*/*c*/3",
        &[
            (Number, "2"),
            (Symbol, "*"),
            (Comment, "/*c*/"),
            (Number, "3"),
        ],
    );
}

#[test]
fn line_comments_end_before_the_line_end() {
    for lexicon in LEXICONS {
        check(lexicon, "-- a ' \nb", &[(Comment, "-- a ' "), (Word, "b")]);
        check(lexicon, "-- a\r\nb", &[(Comment, "-- a"), (Word, "b")]);
        check(lexicon, "-- a\r\r", &[(Comment, "-- a")]);
        check(lexicon, "--", &[(Comment, "--")]);
        check(lexicon, "--\nb", &[(Comment, "--"), (Word, "b")]);
    }
    check(POSTGRES, "-- a\rb", &[(Comment, "-- a"), (Word, "b")]);
    check(SQLITE, "-- a\rb", &[(Comment, "-- a\rb")]);
}

#[test]
fn mysql_dashes_need_a_space_after_them() {
    let minus = [(Number, "5"), (Symbol, "-"), (Symbol, "-"), (Number, "3")];
    check(MYSQL, "5--3", &minus);
    check(MYSQL, "5--\t3", &[(Number, "5"), (Comment, "--\t3")]);
    check(SQLITE, "5--3", &[(Number, "5"), (Comment, "--3")]);
}

#[test]
fn hash_is_a_comment_in_mysql_and_an_operator_in_postgres() {
    check(
        MYSQL,
        "a#b'\nc",
        &[(Word, "a"), (Comment, "#b'"), (Word, "c")],
    );
    check(MYSQL, "#\r\na", &[(Comment, "#"), (Word, "a")]);
    let path = [(Word, "a"), (Symbol, "#"), (Symbol, ">"), (String, "'{b}'")];
    check(POSTGRES, "a#>'{b}'", &path);
}

#[test]
fn mysql_executable_comments_are_read_as_the_server_reads_them() {
    for sql in [
        "/*!40101 SET NAMES utf8 */",
        "/*!50003 SET @a = '*/' */",
        "/*M!100100 a /* inner */ b */",
        "/*! a -- it's */\n */",
        "/*!50001 /*!40000 a */ b */",
    ] {
        check_one(MYSQL, Comment, sql);
        let token = tokens(sql, MYSQL).next().expect("a token");
        assert!(token.is_executable_comment(sql, MYSQL), "{sql}");
    }
    check_one(MYSQL, Unterminated, "/*! ' */");
    check(SQLITE, "/*! ' */ a", &[(Comment, "/*! ' */"), (Word, "a")]);
    let hint = tokens("/*+ hint */", MYSQL).next().expect("a token");
    assert!(!hint.is_executable_comment("/*+ hint */", MYSQL));
}

#[test]
fn numbers() {
    for lexicon in LEXICONS {
        for sql in [
            "1", "1.5", "1.", ".5", "1e5", "1.5e-3", "1E+10", "0x1F", "1_000", ".5e1", "0b01",
        ] {
            check_one(lexicon, Number, sql);
        }
        check(
            lexicon,
            "1-2",
            &[(Number, "1"), (Symbol, "-"), (Number, "2")],
        );
        check(lexicon, "1e", &[(Word, "1e")]);
        check(lexicon, "a.b", &[(Word, "a"), (Symbol, "."), (Word, "b")]);
    }
    check_one(MYSQL, Word, "2024_orders");
    let table = [(Word, "shop"), (Symbol, "."), (Word, "2024_orders")];
    check(MYSQL, "shop.2024_orders", &table);
}

#[test]
fn parameters_and_symbols() {
    check(
        SQLITE,
        ":a @b ?1 ?",
        &[
            (Parameter, ":a"),
            (Parameter, "@b"),
            (Parameter, "?1"),
            (Question, "?"),
        ],
    );
    check(
        MYSQL,
        "@a:=@@global.b",
        &[(Parameter, "@a"), (Symbol, ":="), (Parameter, "@@global.b")],
    );
    check(MYSQL, "@'a b'", &[(Symbol, "@"), (String, "'a b'")]);
    check(
        MYSQL,
        "a:LOOP",
        &[(Word, "a"), (Symbol, ":"), (Word, "LOOP")],
    );
    check(
        POSTGRES,
        "a::int",
        &[(Word, "a"), (Symbol, "::"), (Word, "int")],
    );
    check(
        POSTGRES,
        "a[1:b]",
        &[
            (Word, "a"),
            (Symbol, "["),
            (Number, "1"),
            (Symbol, ":"),
            (Word, "b"),
            (Symbol, "]"),
        ],
    );
    check(
        POSTGRES,
        "@x ??|",
        &[
            (Symbol, "@"),
            (Word, "x"),
            (Question, "?"),
            (Question, "?"),
            (Symbol, "|"),
        ],
    );
    check(
        POSTGRES,
        "a\0\\",
        &[(Word, "a"), (Symbol, "\0"), (Symbol, "\\")],
    );
}

#[test]
fn a_byte_order_mark_is_white_space_outside_of_words() {
    for lexicon in LEXICONS {
        check(lexicon, "\u{feff}a", &[(Word, "a")]);
        check(lexicon, "a \u{feff}b", &[(Word, "a"), (Word, "b")]);
        check(lexicon, "a\u{feff}b", &[(Word, "a\u{feff}b")]);
    }
}

#[test]
fn words_pass_over_everything_else() {
    let words = first_words("-- x\nalter type \"mood\" add Value 'x'", POSTGRES, 3);
    assert_eq!(words, ["ALTER", "TYPE", "ADD"]);
    let sql = "a /* b */ 'c'";
    let texts: Vec<_> = significant(sql, POSTGRES)
        .map(|token| token.text(sql))
        .collect();
    assert_eq!(texts, ["a", "'c'"]);
}
