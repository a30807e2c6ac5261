//! What a statement is, read from its first words: may it run in a transaction, what does it change.
//!
//! Nothing is parsed beyond what the answers need. A statement that is not recognised counts as
//! one that changes definitions in a transaction, which is right for what SQLite has and careful
//! for what it may get.

use crate::dialect::common::words::Words;
use crate::migrate::{ABSENT, Effect, Probe, StatementFacts, TransactionRule};
use crate::sql::{Lexicon, Token, significant};

/// How many tokens are looked at: enough for the longest beginning that matters, `CREATE VIRTUAL
/// TABLE IF NOT EXISTS schema.name`.
const BEGINNING: usize = 16;

/// What a statement is.
pub(super) fn facts(sql: &str) -> StatementFacts {
    let words = Words::read(sql, &Lexicon::SQLITE, BEGINNING);
    let plain = StatementFacts::default();
    match words.word(0).as_str() {
        "BEGIN" => StatementFacts {
            transaction: TransactionRule::Begins,
            effect: Effect::Rows,
            ..plain
        },
        "COMMIT" | "END" => ends(),
        "ROLLBACK" if words.has("TO") => needs_transaction(),
        "ROLLBACK" => ends(),
        "SAVEPOINT" | "RELEASE" => needs_transaction(),
        "VACUUM" => StatementFacts {
            transaction: TransactionRule::Forbidden,
            // A second VACUUM INTO finds the file of the first and fails.
            idempotent: !words.has("INTO"),
            ..plain
        },
        "ATTACH" | "DETACH" => StatementFacts {
            transaction: TransactionRule::Forbidden,
            effect: Effect::Session,
            changes_settings: true,
            ..plain
        },
        "PRAGMA" => pragma(&words),
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "WITH" => rows(false),
        "SELECT" | "VALUES" | "EXPLAIN" => rows(true),
        "ANALYZE" | "REINDEX" => StatementFacts {
            idempotent: true,
            ..plain
        },
        "CREATE" => create(&words),
        "DROP" => StatementFacts {
            idempotent: words.word(2) == "IF",
            probe: words.object(1, None),
            ..plain
        },
        "ALTER" => StatementFacts {
            probe: words.object(1, None),
            ..plain
        },
        _ => plain,
    }
}

fn ends() -> StatementFacts {
    StatementFacts {
        transaction: TransactionRule::Ends,
        effect: Effect::Rows,
        ..StatementFacts::default()
    }
}

/// Outside a transaction SAVEPOINT would open one, which nobody closes.
fn needs_transaction() -> StatementFacts {
    StatementFacts {
        transaction: TransactionRule::Required,
        effect: Effect::Rows,
        ..StatementFacts::default()
    }
}

fn rows(idempotent: bool) -> StatementFacts {
    StatementFacts {
        effect: Effect::Rows,
        idempotent,
        ..StatementFacts::default()
    }
}

/// `CREATE [TEMP] [UNIQUE | VIRTUAL] TABLE | INDEX | VIEW | TRIGGER [IF NOT EXISTS] name`.
fn create(words: &Words<'_>) -> StatementFacts {
    let mut kind = 1;
    let is_temporary = matches!(words.word(kind).as_str(), "TEMP" | "TEMPORARY");
    kind += usize::from(is_temporary);
    kind += usize::from(matches!(words.word(kind).as_str(), "UNIQUE" | "VIRTUAL"));
    let idempotent = words.word(kind + 1) == "IF";
    StatementFacts {
        effect: if is_temporary {
            Effect::Session
        } else {
            Effect::Definitions
        },
        idempotent,
        probe: match is_temporary {
            true => None,
            false => words.object(kind, (!idempotent).then_some(ABSENT)),
        },
        ..StatementFacts::default()
    }
}

/// `PRAGMA [schema.]name`, `… = value`, `… (value)`. <https://www.sqlite.org/pragma.html>
fn pragma(words: &Words<'_>) -> StatementFacts {
    let name = 1 + 2 * usize::from(words.text(2) == ".");
    let value = match words.text(name + 1) {
        "=" | "(" => Some(words.value(name + 2)),
        _ => None,
    };
    let name = words.value(name).to_ascii_lowercase();
    let setting = StatementFacts {
        effect: Effect::Session,
        changes_settings: true,
        ..StatementFacts::default()
    };
    match (name.as_str(), value) {
        (
            "table_info" | "table_xinfo" | "table_list" | "index_info" | "index_xinfo"
            | "index_list" | "foreign_key_list" | "foreign_key_check" | "integrity_check"
            | "quick_check" | "optimize",
            _,
        ) => rows(true),
        // Moves pages between files; SQLite refuses it while something is being written.
        ("wal_checkpoint", _) => StatementFacts {
            transaction: TransactionRule::Forbidden,
            ..rows(true)
        },
        ("incremental_vacuum" | "shrink_memory", _) => rows(true),
        (_, None) => rows(true),
        // Written into the file, with the transaction.
        ("user_version" | "application_id" | "schema_version", _) => StatementFacts {
            idempotent: true,
            ..StatementFacts::default()
        },
        // Written into the file, or taking effect with its creation or the next VACUUM.
        ("journal_mode" | "auto_vacuum" | "page_size" | "encoding", _) => StatementFacts {
            transaction: TransactionRule::Forbidden,
            idempotent: true,
            ..StatementFacts::default()
        },
        // SQLite refuses to change it in a transaction.
        ("synchronous", _) => StatementFacts {
            transaction: TransactionRule::Forbidden,
            ..setting
        },
        ("foreign_keys", Some(value)) => StatementFacts {
            foreign_keys: Some(is_on(&value)),
            ..setting
        },
        _ => setting,
    }
}

/// Whether SQLite takes a pragma's value for true: `sqlite3GetBoolean` in its source.
fn is_on(value: &str) -> bool {
    match value.to_ascii_lowercase().as_str() {
        "on" | "yes" | "true" => true,
        other => other.parse::<i64>().is_ok_and(|number| number != 0),
    }
}

impl Words<'_> {
    /// A name or value without its quotes.
    fn value(&self, index: usize) -> String {
        unquote(self.text(index))
    }

    /// The object whose kind stands at `kind` and whose name follows, with IF [NOT] EXISTS
    /// between.
    fn object(&self, kind: usize, before: Option<&'static str>) -> Option<Probe> {
        let word = match self.word(kind).as_str() {
            "TABLE" => "table",
            "INDEX" => "index",
            "VIEW" => "view",
            "TRIGGER" => "trigger",
            _ => return None,
        };
        let mut name = kind + 1;
        if self.word(name) == "IF" {
            name += 2 + usize::from(self.word(name + 1) == "NOT");
        }
        if self.text(name).is_empty() {
            return None;
        }
        let object = match self.text(name + 1) {
            "." => quote(Some(&self.value(name)), &self.value(name + 2)),
            _ => quote(None, &self.value(name)),
        };
        Some(Probe {
            object: format!("{word} {object}"),
            before,
        })
    }
}

/// What a probe names: `table "main"."users"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) schema: Option<String>,
    pub(super) name: String,
}

impl Object {
    /// Reads what [`facts`] wrote.
    pub(super) fn read(text: &str) -> Option<Self> {
        let words = Words::read(text, &Lexicon::SQLITE, BEGINNING);
        let (schema, name) = match words.tokens.len() {
            2 => (None, words.value(1)),
            4 => (Some(words.value(1)), words.value(3)),
            _ => return None,
        };
        Some(Self {
            kind: words.value(0),
            schema,
            name,
        })
    }
}

/// Quotes a name, with its schema where there is one.
pub(super) fn quote(schema: Option<&str>, name: &str) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    match schema {
        Some(schema) => format!("{}.{}", quoted(schema), quoted(name)),
        None => quoted(name),
    }
}

/// A name or string without its quotes; SQLite takes `'…'` for a name where one is expected.
pub(super) fn unquote(text: &str) -> String {
    let inner = |open: char, close: char| {
        text.strip_prefix(open)
            .and_then(|text| text.strip_suffix(close))
    };
    if let Some(name) = inner('[', ']') {
        return name.to_owned();
    }
    for mark in ['"', '`', '\''] {
        if let Some(name) = inner(mark, mark) {
            return name.replace(&format!("{mark}{mark}"), &mark.to_string());
        }
    }
    text.to_owned()
}

/// True for a text without a statement: blanks, comments and semicolons.
pub(super) fn is_empty(sql: &str) -> bool {
    first_token(sql).is_none()
}

fn first_token(sql: &str) -> Option<Token> {
    significant(sql, &Lexicon::SQLITE).find(|token| token.text(sql) != ";")
}

/// What a statement does to rows, as far as the driver reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writes {
    /// No rows that anybody counts.
    Nothing,
    /// Rows; it cannot add any.
    Rows,
    /// Rows, and it may add some.
    NewRows,
}

/// What the statement does to rows, by its first word.
pub(super) fn writes(sql: &str) -> Writes {
    let word = first_token(sql).map_or("", |token| token.text(sql));
    let is = |words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    if is(&["INSERT", "REPLACE", "WITH"]) {
        Writes::NewRows
    } else if is(&["UPDATE", "DELETE"]) {
        Writes::Rows
    } else {
        Writes::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter per answer: transaction, effect, then `i` for idempotent and `s` for settings.
    fn summary(facts: &StatementFacts) -> String {
        let transaction = match facts.transaction {
            TransactionRule::Allowed => 'a',
            TransactionRule::Forbidden => 'f',
            TransactionRule::Required => 'r',
            TransactionRule::Begins => 'b',
            TransactionRule::Ends => 'e',
            TransactionRule::MayEnd => 'm',
        };
        let effect = match facts.effect {
            Effect::Session => 'S',
            Effect::Rows => 'R',
            Effect::Definitions => 'D',
        };
        let mut text = String::from_iter([transaction, effect]);
        text.push_str(if facts.idempotent { "i" } else { "" });
        text.push_str(if facts.changes_settings { "s" } else { "" });
        text
    }

    #[test]
    fn statements_are_known_by_their_first_words() {
        for (sql, expected) in [
            ("BEGIN", "bR"),
            ("/* a */ begin -- b\n immediate transaction", "bR"),
            ("commit", "eR"),
            ("END TRANSACTION", "eR"),
            ("ROLLBACK", "eR"),
            ("ROLLBACK TRANSACTION TO SAVEPOINT a", "rR"),
            ("SAVEPOINT a", "rR"),
            ("RELEASE a", "rR"),
            ("VACUUM", "fDi"),
            ("VACUUM main", "fDi"),
            ("VACUUM main INTO 'copy.db'", "fD"),
            ("ATTACH 'other.db' AS other", "fSs"),
            ("DETACH other", "fSs"),
            ("INSERT INTO t VALUES (1)", "aR"),
            ("REPLACE INTO t VALUES (1)", "aR"),
            ("WITH a AS (SELECT 1) DELETE FROM t", "aR"),
            ("SELECT 1", "aRi"),
            ("EXPLAIN DROP TABLE t", "aRi"),
            ("ANALYZE", "aDi"),
            ("REINDEX t", "aDi"),
            ("CREATE TABLE t (a)", "aD"),
            ("CREATE TABLE IF NOT EXISTS t (a)", "aDi"),
            ("CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a)", "aDi"),
            ("CREATE VIRTUAL TABLE t USING fts5(a)", "aD"),
            ("CREATE TEMP TABLE t (a)", "aS"),
            ("CREATE TABLE \"IF\" (a)", "aD"),
            ("DROP TABLE t", "aD"),
            ("DROP TABLE IF EXISTS t", "aDi"),
            ("ALTER TABLE t ADD COLUMN b", "aD"),
            ("PRAGMA user_version", "aRi"),
            ("PRAGMA user_version = 3", "aDi"),
            ("PRAGMA main.user_version = 3", "aDi"),
            ("PRAGMA table_info(t)", "aRi"),
            ("PRAGMA foreign_key_check", "aRi"),
            ("PRAGMA journal_mode", "aRi"),
            ("PRAGMA journal_mode = WAL", "fDi"),
            ("PRAGMA main.journal_mode(WAL)", "fDi"),
            ("PRAGMA wal_checkpoint(TRUNCATE)", "fRi"),
            ("PRAGMA synchronous = OFF", "fSs"),
            ("PRAGMA recursive_triggers = 1", "aSs"),
            ("something new", "aD"),
            ("", "aD"),
        ] {
            assert_eq!(summary(&facts(sql)), expected, "{sql}");
        }
    }

    #[test]
    fn every_spelling_of_the_foreign_keys_pragma_is_read() {
        for (sql, expected) in [
            ("PRAGMA foreign_keys = off", Some(false)),
            ("PRAGMA foreign_keys=0", Some(false)),
            ("pragma Foreign_Keys(no)", Some(false)),
            ("PRAGMA foreign_keys = false;", Some(false)),
            ("PRAGMA foreign_keys = 'OFF'", Some(false)),
            ("PRAGMA \"foreign_keys\" = \"off\"", Some(false)),
            ("PRAGMA main.foreign_keys = OFF", Some(false)),
            ("PRAGMA foreign_keys -- why\n = OFF", Some(false)),
            ("PRAGMA foreign_keys = on", Some(true)),
            ("PRAGMA foreign_keys(1)", Some(true)),
            ("PRAGMA foreign_keys = yes", Some(true)),
            ("PRAGMA foreign_keys = 'true'", Some(true)),
            ("PRAGMA foreign_keys = 2", Some(true)),
            ("PRAGMA foreign_keys", None),
            ("PRAGMA defer_foreign_keys = on", None),
            ("PRAGMA foreign_key_check", None),
        ] {
            let facts = facts(sql);
            assert_eq!(facts.foreign_keys, expected, "{sql}");
            assert!(expected.is_none() || facts.changes_settings, "{sql}");
        }
    }

    #[test]
    fn probes_name_what_a_statement_makes_or_changes() {
        for (sql, object, before) in [
            ("CREATE TABLE t (a)", "table \"t\"", Some(ABSENT)),
            (
                "CREATE TABLE main.[odd \"name] (a)",
                "table \"main\".\"odd \"\"name\"",
                Some(ABSENT),
            ),
            ("CREATE TABLE 'q' (a)", "table \"q\"", Some(ABSENT)),
            (
                "CREATE VIEW IF NOT EXISTS v AS SELECT 1",
                "view \"v\"",
                None,
            ),
            (
                "CREATE UNIQUE INDEX `i` ON t (a)",
                "index \"i\"",
                Some(ABSENT),
            ),
            (
                "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END",
                "trigger \"tr\"",
                Some(ABSENT),
            ),
            ("DROP TABLE IF EXISTS t", "table \"t\"", None),
            ("DROP INDEX main.i", "index \"main\".\"i\"", None),
            ("ALTER TABLE t RENAME TO u", "table \"t\"", None),
        ] {
            let probe = facts(sql).probe.unwrap();
            assert_eq!(
                (probe.object.as_str(), probe.before),
                (object, before),
                "{sql}"
            );
            assert!(Object::read(&probe.object).is_some(), "{sql}");
        }
        for sql in ["CREATE TEMP TABLE t (a)", "DROP", "CREATE TABLE", "VACUUM"] {
            assert_eq!(facts(sql).probe, None, "{sql}");
        }
        let object = Object::read("table \"main\".\"odd \"\"name\"").unwrap();
        assert_eq!(object.schema.as_deref(), Some("main"));
        assert_eq!(object.name, "odd \"name");
    }

    #[test]
    fn a_text_without_a_statement_is_empty() {
        for sql in ["", " \n", "-- only this", ";;", "/* a */ ; -- b\n"] {
            assert!(is_empty(sql), "{sql}");
        }
        for sql in ["SELECT 1", "/* a */ (", "'"] {
            assert!(!is_empty(sql), "{sql}");
        }
    }
}
