//! What a statement is, by its first words.

use super::changes::{change, changes_anywhere};
use super::cursor::{Cursor, tokens_of};
use super::{Change, Effect};
use crate::sql::{Lexicon, Token, TokenKind, tokens};

/// Statements that change no rows, whatever follows. What they call is looked at apart.
const HARMLESS: &[&str] = &[
    "SELECT",
    "VALUES",
    "TABLE",
    "SHOW",
    "SET",
    "RESET",
    "SAVEPOINT",
    "RELEASE",
    "LOCK",
    "LISTEN",
    "UNLISTEN",
    "NOTIFY",
    "FETCH",
    "MOVE",
    "CLOSE",
    "DECLARE",
    "VACUUM",
    "CHECKPOINT",
    "DISCARD",
    "DEALLOCATE",
    "KILL",
    "PRAGMA",
    "CHECK",
    "HELP",
    "FLUSH",
    "OPTIMIZE",
];

/// Statements after which no transaction is open that was open before, or another one.
/// <https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html>
const ENDING: &[&str] = &[
    "COMMIT", "END", "ROLLBACK", "ABORT", "BEGIN", "START", "UNLOCK",
];

/// The same, on MySQL only; and that change no rows.
const ENDING_ON_MYSQL: &[&str] = &["LOCK", "FLUSH", "OPTIMIZE", "CHECK", "RESET", "ANALYZE"];

/// Statements that only tell how another one would run, unless they are to run it.
const EXPLAINING: &[&str] = &["EXPLAIN", "DESCRIBE", "DESC"];

/// Statements that change what there is. On MySQL they end a transaction too.
const DEFINING: &[&str] = &[
    "CREATE",
    "ALTER",
    "DROP",
    "RENAME",
    "GRANT",
    "REVOKE",
    "COMMENT",
    "REINDEX",
    "CLUSTER",
    "REFRESH",
    "SECURITY",
    "REASSIGN",
    "IMPORT",
    "INSTALL",
    "UNINSTALL",
];

/// What the statements of a text do.
#[must_use]
pub fn effect_of(sql: &str, lexicon: &Lexicon) -> Effect {
    let mut effect = Effect {
        changes: Vec::new(),
        is_unknown: tokens(sql, lexicon).any(|token| is_executed_comment(token, sql, lexicon)),
        is_definition: false,
        ends_transaction: false,
        sets_autocommit: false,
        moves_away: false,
        calls: Vec::new(),
    };
    let all = tokens_of(sql, lexicon);
    effect.is_unknown |= all
        .iter()
        .any(|token| token.kind == TokenKind::Unterminated);
    for statement in all.split(|token| token.text(sql) == ";") {
        if !statement.is_empty() {
            add(&mut effect, &Cursor::new(sql, statement));
        }
    }
    effect.ends_transaction |= effect.is_unknown || effect.is_definition;
    effect
}

fn is_executed_comment(token: Token, sql: &str, lexicon: &Lexicon) -> bool {
    token.is_executable_comment(sql, lexicon)
}

fn add(effect: &mut Effect, cursor: &Cursor<'_>) {
    effect.calls.extend(calls(cursor));
    effect.is_unknown |= calls_elsewhere(cursor);
    let mut at = 0;
    while cursor.text_at(at) == "(" {
        at += 1;
    }
    let first = cursor.text_at(at).to_ascii_uppercase();
    let first = first.as_str();
    effect.moves_away |= moves_away(cursor, first);
    let sets_autocommit = first == "SET" && has_autocommit(cursor);
    effect.sets_autocommit |= sets_autocommit;
    effect.ends_transaction |= ENDING_ON_MYSQL.contains(&first) || sets_autocommit;
    // `SET STATEMENT max_statement_time = 1 FOR UPDATE …` of MariaDB.
    effect.is_unknown |= first == "SET" && cursor.is_word_at(1, "STATEMENT");
    if HARMLESS.contains(&first) {
        // `SELECT … INTO OUTFILE`, and `INTO t`, which is a new table.
        effect.is_definition |= first == "SELECT" && cursor.has(&["INTO"]);
    } else if ENDING.contains(&first) {
        // `ROLLBACK TO` goes back to a savepoint; what was done before that stays.
        let is_partial = cursor.is_word_at(1, "TO") || cursor.is_word_at(2, "TO");
        effect.ends_transaction |= !(first == "ROLLBACK" && is_partial);
        effect.is_unknown |= cursor.has(&["PREPARED"]);
    } else if DEFINING.contains(&first) {
        effect.is_definition = true;
    } else {
        match written(cursor, first) {
            Some(changes) => effect.changes.extend(changes),
            None => effect.is_unknown = true,
        }
    }
}

/// The changes of a statement; `None` where nobody knows.
fn written(cursor: &Cursor<'_>, first: &str) -> Option<Vec<Change>> {
    match first {
        _ if EXPLAINING.contains(&first) && !cursor.has(&["ANALYZE"]) => Some(Vec::new()),
        _ if EXPLAINING.contains(&first) && cursor.has(&["EXECUTE"]) => None,
        "WITH" | "ANALYZE" => changes_anywhere(cursor),
        _ if EXPLAINING.contains(&first) => changes_anywhere(cursor),
        "COPY" if !cursor.has(&["FROM"]) => Some(Vec::new()),
        _ => change(cursor, first),
    }
}

/// `USE other`, `SET search_path = …`, `SET ROLE …`: names and rows may be others from now on.
fn moves_away(cursor: &Cursor<'_>, first: &str) -> bool {
    let settings = [
        "search_path",
        "ROLE",
        "SCHEMA",
        "SESSION_AUTHORIZATION",
        "AUTHORIZATION",
    ];
    match first {
        "USE" | "DISCARD" => true,
        "SET" | "RESET" => cursor.has(&settings),
        // With `set_config` the name stands in a string, which may be made of anything.
        _ => cursor.has(&["set_config"]),
    }
}

/// `SET autocommit = 0`, `SET @@session.autocommit = 1`, `SET @@autocommit = 0`.
fn has_autocommit(cursor: &Cursor<'_>) -> bool {
    let is_it = |at: usize| {
        let text = cursor.text_at(at).to_ascii_lowercase();
        text.trim_start_matches('@').split('.').next_back() == Some("autocommit")
    };
    (1..cursor.tokens.len()).any(is_it)
}

/// A function of another namespace than the connection's, of which nothing is known.
fn calls_elsewhere(cursor: &Cursor<'_>) -> bool {
    (2..cursor.tokens.len()).any(|at| {
        cursor.text_at(at + 1) == "("
            && cursor.text_at(at - 1) == "."
            && cursor.name_at(at).is_some()
            && !cursor.is_any_at(at - 2, &["pg_catalog", "information_schema"])
    })
}

/// The names before a parenthesis.
fn calls(cursor: &Cursor<'_>) -> Vec<String> {
    let is_call = |at: &usize| cursor.text_at(at + 1) == "(";
    let names = (0..cursor.tokens.len()).filter(is_call);
    names
        .filter_map(|at| cursor.name_at(at))
        .map(|name| name.to_ascii_lowercase())
        .collect()
}
