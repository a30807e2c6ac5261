//! Whole statements, word by word: what a catalog keeps as text.
//!
//! SQLite keeps every definition as it was written, and all three databases keep the bodies of
//! triggers and routines. Two such texts are compared without blanks, comments, the case of
//! keywords and the words that only say how the thing is made. A body that is a string, as in
//! PostgreSQL, is compared as it stands: there its blanks and comments are kept, too.

use super::lexeme::{self, Lexeme};
use super::style::Style;

/// Words of statements that no table is called by without quotes, or hardly ever; for MySQL, where
/// the case of other words may matter.
const KEYWORDS: &[&str] = &[
    "action",
    "add",
    "after",
    "alter",
    "always",
    "as",
    "asc",
    "atomic",
    "autoincrement",
    "before",
    "begin",
    "body",
    "call",
    "cascade",
    "check",
    "close",
    "commit",
    "condition",
    "constraint",
    "contains",
    "continue",
    "create",
    "cursor",
    "data",
    "database",
    "declare",
    "default",
    "definer",
    "delete",
    "deterministic",
    "do",
    "drop",
    "duplicate",
    "each",
    "elseif",
    "end",
    "event",
    "every",
    "exit",
    "fetch",
    "follows",
    "for",
    "foreign",
    "function",
    "generated",
    "handler",
    "if",
    "ignore",
    "index",
    "insert",
    "instead",
    "invoker",
    "iterate",
    "join",
    "key",
    "language",
    "leave",
    "left",
    "loop",
    "modifies",
    "new",
    "no",
    "of",
    "old",
    "open",
    "or",
    "outer",
    "precedes",
    "preserve",
    "primary",
    "procedure",
    "reads",
    "references",
    "release",
    "repeat",
    "replace",
    "restrict",
    "return",
    "returns",
    "right",
    "rollback",
    "row",
    "rows",
    "savepoint",
    "schedule",
    "security",
    "select",
    "set",
    "signal",
    "sql",
    "sqlexception",
    "sqlstate",
    "sqlwarning",
    "starts",
    "stored",
    "table",
    "temporary",
    "then",
    "to",
    "transaction",
    "trigger",
    "unique",
    "until",
    "update",
    "values",
    "view",
    "virtual",
    "when",
    "where",
    "while",
    "with",
    "without",
];

/// The one text that spellings of a statement have which differ in blanks, comments, the case of
/// words, needless quotes, and in `OR REPLACE`, `IF NOT EXISTS`, `DEFINER = …` and a last `;`.
///
/// ```
/// use freight_core::dialect::expressions::SQLITE;
/// use freight_core::expression::canonical_statement;
///
/// assert_eq!(
///     canonical_statement("CREATE VIEW IF NOT EXISTS  V AS SELECT 1; -- one", &SQLITE),
///     canonical_statement("create view v as select 1", &SQLITE),
/// );
/// ```
#[must_use]
pub fn canonical_statement(text: &str, style: &Style) -> String {
    let mut lexemes = lexeme::read(text, style);
    while lexemes.last().is_some_and(|last| last.is_symbol(";")) {
        lexemes.pop();
    }
    if lexemes.first().is_some_and(|first| first.is_word("create")) {
        without_ways_of_making(&mut lexemes);
    }
    lexeme::text_with(&lexemes, style, KEYWORDS)
}

/// True if two statements are the same word by word, as [`canonical_statement`] reads them.
#[must_use]
pub fn same_definition(a: &str, b: &str, style: &Style) -> bool {
    a == b || canonical_statement(a, style) == canonical_statement(b, style)
}

/// Takes out what stands between `CREATE` and the name and says nothing about the thing itself.
fn without_ways_of_making(lexemes: &mut Vec<Lexeme>) {
    let mut at = 1;
    // The name comes soon; a body further on may hold the same words with a meaning.
    while at < lexemes.len().min(16) {
        let rest = lexemes.get(at..).unwrap_or_default();
        let length = needless(rest);
        if length > 0 {
            lexemes.drain(at..at + length);
        } else if rest.first().is_some_and(is_name_of_kind) {
            let after = lexemes.get(at + 1..).unwrap_or_default();
            if starts_with(after, &["if", "not", "exists"]) {
                lexemes.drain(at + 1..at + 4);
            }
            return;
        } else {
            at += 1;
        }
    }
}

/// How many of the first lexemes are needless.
fn needless(rest: &[Lexeme]) -> usize {
    if starts_with(rest, &["or", "replace"]) {
        return 2;
    }
    if starts_with(rest, &["sql", "security", "definer"]) {
        return 3;
    }
    let is_setting = |word: &str| {
        starts_with(rest, &[word]) && rest.get(1).is_some_and(|lexeme| lexeme.is_symbol("="))
    };
    if is_setting("algorithm")
        && rest
            .get(2)
            .is_some_and(|lexeme| lexeme.is_word("undefined"))
    {
        return 3;
    }
    match is_setting("definer") {
        true => 2 + account(rest.get(2..).unwrap_or_default()),
        false => 0,
    }
}

/// The length of `'user'@'host'`, `user@host` or `CURRENT_USER()`.
fn account(rest: &[Lexeme]) -> usize {
    match rest {
        [_, Lexeme::Symbol(at), _, ..] if at == "@" => 3,
        [_, Lexeme::Verbatim(host), ..] if host.starts_with('@') => 2,
        [_, Lexeme::Symbol(open), Lexeme::Symbol(close), ..] if open == "(" && close == ")" => 3,
        [_, ..] => 1,
        [] => 0,
    }
}

fn is_name_of_kind(lexeme: &Lexeme) -> bool {
    [
        "table",
        "view",
        "index",
        "trigger",
        "procedure",
        "function",
        "event",
        "sequence",
    ]
    .iter()
    .any(|kind| lexeme.is_word(kind))
}

fn starts_with(lexemes: &[Lexeme], words: &[&str]) -> bool {
    let mut pairs = words.iter().enumerate();
    pairs.all(|(index, word)| {
        lexemes
            .get(index)
            .is_some_and(|lexeme| lexeme.is_word(word))
    })
}
