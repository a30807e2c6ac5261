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
        is_rollback: false,
        sets_autocommit: false,
        moves_within: false,
        moves_away: false,
        calls: Vec::new(),
    };
    let all = tokens_of(sql, lexicon);
    effect.is_unknown |= all
        .iter()
        .any(|token| token.kind == TokenKind::Unterminated);
    let statements: Vec<Cursor<'_>> = all
        .split(|token| token.text(sql) == ";")
        .filter(|statement| !statement.is_empty())
        .map(|statement| Cursor::new(sql, statement))
        .collect();
    for statement in &statements {
        add(&mut effect, statement);
    }
    effect.is_rollback = match statements.as_slice() {
        [one] => !effect.is_unknown && is_rollback(one),
        _ => false,
    };
    effect.ends_transaction |= effect.is_unknown || effect.is_definition;
    effect
}

/// `ROLLBACK TO` goes back to a savepoint; what was done before that stays.
fn is_rollback(cursor: &Cursor<'_>) -> bool {
    let is_partial = cursor.is_word_at(1, "TO") || cursor.is_word_at(2, "TO");
    (cursor.is_word_at(0, "ROLLBACK") && !is_partial) || cursor.is_word_at(0, "ABORT")
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
    match moved(cursor, first) {
        Move::None => {}
        Move::Within => effect.moves_within = true,
        Move::Away => effect.moves_away = true,
    }
    let autocommit = autocommit(cursor).filter(|_| first == "SET");
    effect.sets_autocommit |= autocommit.is_some_and(|at| is_unusual(cursor, at));
    effect.ends_transaction |= ENDING_ON_MYSQL.contains(&first) || autocommit.is_some();
    // `SET STATEMENT max_statement_time = 1 FOR UPDATE …` of MariaDB.
    effect.is_unknown |= first == "SET" && cursor.is_word_at(1, "STATEMENT");
    if HARMLESS.contains(&first) {
        // `SELECT … INTO OUTFILE`, and `INTO t`, which is a new table.
        effect.is_definition |= first == "SELECT" && cursor.has(&["INTO"]);
    } else if ENDING.contains(&first) {
        effect.ends_transaction |= first != "ROLLBACK" || is_rollback(cursor);
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

/// How far names mean other tables, or rows are others.
enum Move {
    None,
    /// Until the transaction ends.
    Within,
    /// From now on.
    Away,
}

/// `USE other`, `SET search_path = …`, `SET ROLE …`, and a temporary table, which hides another one of
/// its name. `RESET` brings back what the connection had in the beginning.
fn moved(cursor: &Cursor<'_>, first: &str) -> Move {
    const SETTINGS: &[&str] = &[
        "search_path",
        "ROLE",
        "SCHEMA",
        "SESSION_AUTHORIZATION",
        "AUTHORIZATION",
    ];
    if first == "USE" || makes_temporary(cursor, first) {
        return Move::Away;
    } else if first == "SET" {
        return match (cursor.has(SETTINGS), cursor.is_word_at(1, "LOCAL")) {
            (false, _) => Move::None,
            (true, true) => Move::Within,
            (true, false) => Move::Away,
        };
    }
    let mut found = Move::None;
    let calls = (0..cursor.tokens.len()).filter(|at| cursor.is_word_at(*at, "set_config"));
    for at in calls {
        let name = cursor.text_at(at + 2).trim_matches('\'');
        let is_plain = cursor.kind_at(at + 2) == Some(TokenKind::String);
        let is_other = SETTINGS.iter().any(|one| one.eq_ignore_ascii_case(name));
        let end = cursor.closing(at + 1).unwrap_or(at);
        let is_local = cursor.is_word_at(end.saturating_sub(1), "true");
        match (is_plain && !is_other, is_local) {
            (true, _) => {}
            (false, true) => found = Move::Within,
            (false, false) => return Move::Away,
        }
    }
    found
}

/// `CREATE TEMPORARY TABLE t`, `SELECT … INTO TEMP t`, and anything in the namespace for that.
/// <https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-TEMPORARY>
fn makes_temporary(cursor: &Cursor<'_>, first: &str) -> bool {
    const WORDS: &[&str] = &["TEMP", "TEMPORARY"];
    const KINDS: &[&str] = &["TABLE", "VIEW", "SEQUENCE"];
    let count = cursor.tokens.len();
    let is_in_namespace = |at: usize| {
        let name = cursor.name_at(at).unwrap_or_default().to_ascii_lowercase();
        name.starts_with("pg_temp") && cursor.text_at(at + 1) == "."
    };
    let is_said = match first {
        "CREATE" => {
            let kind = (1..count).find(|at| cursor.is_any_at(*at, KINDS));
            let is_in_sqlite = |at| cursor.is_word_at(at, "TEMP") && cursor.text_at(at + 1) == ".";
            (1..kind.unwrap_or(1)).any(|at| cursor.is_any_at(at, WORDS))
                || (1..count).any(is_in_sqlite)
        }
        "SELECT" | "WITH" => {
            (1..count).any(|at| cursor.is_word_at(at, "INTO") && cursor.is_any_at(at + 1, WORDS))
        }
        _ => false,
    };
    is_said || (0..count).any(is_in_namespace)
}

/// `SET autocommit = …`, `SET @@session.autocommit = …`: where the name stands.
fn autocommit(cursor: &Cursor<'_>) -> Option<usize> {
    let is_it = |at: &usize| {
        let text = cursor.text_at(*at).to_ascii_lowercase();
        text.trim_start_matches('@').split('.').next_back() == Some("autocommit")
    };
    (1..cursor.tokens.len()).find(is_it)
}

/// Anything but `= 1`, which is usual.
fn is_unusual(cursor: &Cursor<'_>, autocommit: usize) -> bool {
    let value = autocommit + 1 + usize::from(matches!(cursor.text_at(autocommit + 1), "=" | ":="));
    !(cursor.text_at(value) == "1" || cursor.is_any_at(value, &["ON", "TRUE"]))
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

/// The names before a parenthesis that are no keywords.
fn calls(cursor: &Cursor<'_>) -> Vec<String> {
    const KEYWORDS: &[&str] = &[
        "IN",
        "VALUES",
        "AND",
        "OR",
        "NOT",
        "EXISTS",
        "USING",
        "ON",
        "AS",
        "WHERE",
        "SELECT",
        "FROM",
        "JOIN",
        "BY",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "SET",
        "WHEN",
        "THEN",
        "ELSE",
    ];
    let is_call = |at: &usize| cursor.text_at(at + 1) == "(" && !cursor.is_any_at(*at, KEYWORDS);
    let names = (0..cursor.tokens.len()).filter(is_call);
    names
        .filter_map(|at| cursor.name_at(at))
        .map(|name| name.to_ascii_lowercase())
        .collect()
}
