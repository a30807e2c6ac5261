//! What a statement is, read from its first words: may it run in a transaction, what does it
//! change, and how is found out whether it ran.
//!
//! Nothing is parsed beyond what the answers need. A statement that is not recognised counts as one
//! that changes definitions in a transaction, which is what nearly everything in PostgreSQL does.
//! The list of those that cannot is made of the server's calls of `PreventInTransactionBlock`.

mod insert;

pub(super) use self::insert::{given, plain_insert};
use crate::dialect::common::words::Words;
use crate::driver::{Server, TransactionOptions, Version};
use crate::migrate::{ABSENT, Probe, StatementFacts, TransactionRule};
use crate::sql::{Lexicon, TokenKind, significant};

/// How many tokens are looked at, unless a question needs the whole statement.
const BEGINNING: usize = 64;

/// The statement that opens a transaction.
/// <https://www.postgresql.org/docs/current/sql-begin.html>
pub(super) fn begin(options: &TransactionOptions) -> String {
    let mut sql = "BEGIN".to_owned();
    if let Some(isolation) = options.isolation {
        sql += " ISOLATION LEVEL ";
        sql += isolation.sql();
    }
    if options.read_only {
        sql += " READ ONLY";
    }
    sql
}

/// What a statement is.
pub(super) fn facts(server: &Server, sql: &str) -> StatementFacts {
    let words = Words::read(sql, &Lexicon::POSTGRES, BEGINNING);
    match words.word(0).as_str() {
        "SELECT" | "VALUES" | "TABLE" | "WITH" => query(&words),
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "COPY" | "TRUNCATE" | "EXECUTE" | "FETCH"
        | "MOVE" | "CLOSE" | "NOTIFY" | "EXPLAIN" => StatementFacts::rows(),
        "" if words.text(0) == "(" => query(&words),
        "SHOW" | "CHECKPOINT" => StatementFacts::harmless_twice(StatementFacts::rows()),
        "BEGIN" => StatementFacts::with_rule(StatementFacts::rows(), TransactionRule::Begins),
        "START" => StatementFacts::with_rule(StatementFacts::rows(), TransactionRule::Begins),
        // Two-phase commit: these two finish a transaction of any session.
        "COMMIT" | "ROLLBACK" if words.word(1) == "PREPARED" => forbidden(),
        "ROLLBACK" if words.word(1) == "TO" || words.word(2) == "TO" => required(),
        "COMMIT" | "END" | "ROLLBACK" | "ABORT" => {
            StatementFacts::with_rule(StatementFacts::rows(), TransactionRule::Ends)
        }
        "PREPARE" if words.word(1) == "TRANSACTION" => {
            StatementFacts::with_rule(StatementFacts::rows(), TransactionRule::Ends)
        }
        "PREPARE" | "DEALLOCATE" | "LOAD" | "LISTEN" | "UNLISTEN" => StatementFacts::session(),
        "SAVEPOINT" | "RELEASE" | "LOCK" => required(),
        "DECLARE" if words.has_pair("WITH", "HOLD") => StatementFacts::session(),
        "DECLARE" => required(),
        "SET" => set(&words),
        "RESET" => StatementFacts::settings(),
        "DISCARD" => discard(&words),
        "CALL" => StatementFacts::with_rule(StatementFacts::default(), TransactionRule::MayEnd),
        "DO" if ends_transaction(&words) => {
            StatementFacts::with_rule(StatementFacts::default(), TransactionRule::MayEnd)
        }
        "ANALYZE" | "COMMENT" | "GRANT" | "REVOKE" | "SECURITY" | "REFRESH" => {
            StatementFacts::harmless_twice(StatementFacts::default())
        }
        "VACUUM" => StatementFacts::harmless_twice(forbidden()),
        "CLUSTER" => cluster(&words),
        "REINDEX" => reindex(&words),
        "CREATE" => create(&words),
        "DROP" => drop(&words),
        "ALTER" => alter(&words, server.version),
        _ => StatementFacts::default(),
    }
}

fn forbidden() -> StatementFacts {
    StatementFacts::with_rule(StatementFacts::default(), TransactionRule::Forbidden)
}

/// What it does is over with its transaction, so it is not sent again when a script is resumed.
fn required() -> StatementFacts {
    StatementFacts::with_rule(StatementFacts::rows(), TransactionRule::Required)
}

fn probed(facts: StatementFacts, object: String, before: Option<&'static str>) -> StatementFacts {
    StatementFacts {
        probe: Some(Probe { object, before }),
        ..facts
    }
}

/// `SELECT pg_catalog.set_config('search_path', '', false)` is how a dump begins, and
/// `SELECT … INTO t` makes a table.
fn query(words: &Words<'_>) -> StatementFacts {
    let mut depth = 0_usize;
    let mut makes_table = false;
    let mut sets = false;
    let mut verb = words.word(0);
    for token in significant(words.sql, &Lexicon::POSTGRES) {
        let text = token.text(words.sql);
        match token.kind {
            TokenKind::Symbol if text == "(" => depth += 1,
            TokenKind::Symbol if text == ")" => depth = depth.saturating_sub(1),
            TokenKind::Word => {
                let is = |word: &str| text.eq_ignore_ascii_case(word);
                if depth == 0 && verb == "WITH" && (is("INSERT") || is("MERGE")) {
                    verb.clear();
                }
                makes_table |= depth == 0 && !verb.is_empty() && is("INTO");
                sets |= is("set_config");
            }
            _ => {}
        }
    }
    if sets {
        StatementFacts::settings()
    } else if makes_table {
        StatementFacts::default()
    } else {
        StatementFacts::rows()
    }
}

fn set(words: &Words<'_>) -> StatementFacts {
    match words.word(1).as_str() {
        "LOCAL" | "TRANSACTION" | "CONSTRAINTS" => required(),
        _ => StatementFacts::settings(),
    }
}

/// DISCARD ALL ends with `pg_advisory_unlock_all()`.
fn discard(words: &Words<'_>) -> StatementFacts {
    match words.word(1).as_str() {
        "ALL" => StatementFacts {
            switches_database: Some(
                "`DISCARD ALL` gives up the lock that keeps other migrators away".to_owned(),
            ),
            ..StatementFacts::with_rule(StatementFacts::settings(), TransactionRule::Forbidden)
        },
        _ => StatementFacts::session(),
    }
}

/// True when the body of a DO block has COMMIT or ROLLBACK among its words.
fn ends_transaction(words: &Words<'_>) -> bool {
    let bodies = words
        .tokens
        .iter()
        .filter(|token| token.kind == TokenKind::String);
    bodies
        .map(|token| unquoted_string(token.text(words.sql)))
        .any(|body| {
            let mut inner = significant(&body, &Lexicon::POSTGRES);
            inner.any(|token| {
                let text = token.text(&body);
                token.kind == TokenKind::Word
                    && (text.eq_ignore_ascii_case("COMMIT")
                        || text.eq_ignore_ascii_case("ROLLBACK"))
            })
        })
}

/// Without a table it goes through all of them, each in a transaction of its own.
fn cluster(words: &Words<'_>) -> StatementFacts {
    let mut at = 1 + usize::from(words.word(1) == "VERBOSE");
    if words.text(at) == "(" {
        at = words.behind_parentheses(at);
    }
    StatementFacts::harmless_twice(match words.text(at) {
        "" => forbidden(),
        _ => StatementFacts::default(),
    })
}

fn reindex(words: &Words<'_>) -> StatementFacts {
    let is_wide = ["DATABASE", "SCHEMA", "SYSTEM"]
        .iter()
        .any(|word| words.has(word));
    StatementFacts::harmless_twice(match is_wide || words.has("CONCURRENTLY") {
        true => forbidden(),
        false => StatementFacts::default(),
    })
}

fn create(words: &Words<'_>) -> StatementFacts {
    let if_not_exists = words.has_pair("IF", "NOT");
    match words.word(1).as_str() {
        "DATABASE" | "TABLESPACE" => probed(forbidden(), words.cluster_object(2), Some(ABSENT)),
        "SUBSCRIPTION" if words.connects() => {
            probed(forbidden(), words.cluster_object(2), Some(ABSENT))
        }
        "OR" => StatementFacts::harmless_twice(StatementFacts::default()),
        // Gone with the connection, and made again when a script is resumed.
        "TEMP" | "TEMPORARY" if words.word(2) != "VIEW" => StatementFacts::session(),
        "INDEX" | "UNIQUE" => match concurrent_index(words.sql) {
            Some(index) => StatementFacts {
                idempotent: if_not_exists,
                probe: index.probe(),
                ..forbidden()
            },
            None => StatementFacts {
                idempotent: if_not_exists,
                ..StatementFacts::default()
            },
        },
        _ => StatementFacts {
            idempotent: if_not_exists,
            ..StatementFacts::default()
        },
    }
}

fn drop(words: &Words<'_>) -> StatementFacts {
    let facts = StatementFacts {
        idempotent: words.has_pair("IF", "EXISTS"),
        ..StatementFacts::default()
    };
    let name = 2 + 2 * usize::from(words.word(2) == "IF");
    match words.word(1).as_str() {
        "DATABASE" | "TABLESPACE" | "SUBSCRIPTION" => probed(
            StatementFacts::with_rule(facts, TransactionRule::Forbidden),
            words.cluster_object(name),
            None,
        ),
        "INDEX" if words.word(2) == "CONCURRENTLY" => {
            let name = 3 + 2 * usize::from(words.word(3) == "IF");
            let object = format!("index {}", words.qualified_name(name).0);
            probed(
                StatementFacts::with_rule(facts, TransactionRule::Forbidden),
                object,
                None,
            )
        }
        _ => facts,
    }
}

fn alter(words: &Words<'_>, version: Version) -> StatementFacts {
    match words.word(1).as_str() {
        "SYSTEM" => StatementFacts::harmless_twice(forbidden()),
        "DATABASE" if words.has_pair("SET", "TABLESPACE") => {
            StatementFacts::harmless_twice(forbidden())
        }
        // The changes that contact the publisher.
        "SUBSCRIPTION" if words.has("PUBLICATION") => StatementFacts::harmless_twice(forbidden()),
        "TYPE" if words.has_pair("ADD", "VALUE") => add_value(words, version),
        "TABLE" if words.has_pair("DETACH", "PARTITION") && words.has("CONCURRENTLY") => {
            let name = 2 + 2 * usize::from(words.word(2) == "IF");
            let name = name + usize::from(words.word(name) == "ONLY");
            let (parent, behind) = words.qualified_name(name);
            let (child, _) = words.qualified_name(behind + 2);
            probed(forbidden(), format!("partition {child} OF {parent}"), None)
        }
        _ => StatementFacts::default(),
    }
}

/// Since version 12 it may stand in a transaction, but the value can be used only after its COMMIT.
/// <https://www.postgresql.org/docs/current/sql-altertype.html>
fn add_value(words: &Words<'_>, version: Version) -> StatementFacts {
    let value = words
        .tokens
        .iter()
        .find(|token| token.kind == TokenKind::String);
    StatementFacts {
        transaction: if version < Version::new(12, 0, 0) {
            TransactionRule::Forbidden
        } else {
            TransactionRule::Allowed
        },
        idempotent: words.has_pair("IF", "NOT"),
        adds_enum_value: value.map(|token| unquoted_string(token.text(words.sql))),
        ..StatementFacts::default()
    }
}

/// `CREATE [UNIQUE] INDEX CONCURRENTLY [[IF NOT EXISTS] name] ON [ONLY] table`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConcurrentIndex {
    /// The index's name as it is written; `None` where the server makes one up.
    pub(super) name: Option<String>,
    /// The table's name as it is written, with its schema.
    pub(super) table: String,
    /// `IF NOT EXISTS`.
    pub(super) if_not_exists: bool,
}

impl ConcurrentIndex {
    fn probe(&self) -> Option<Probe> {
        let name = self.name.as_ref()?;
        Some(Probe {
            object: format!("built {name} ON {}", self.table),
            before: (!self.if_not_exists).then_some(ABSENT),
        })
    }
}

/// True for statements that wait for others without making anybody queue behind them:
/// `… CONCURRENTLY` and `VACUUM`, which take a lock that conflicts with no reader or writer.
/// <https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES>
pub(super) fn waits_without_blocking(sql: &str) -> bool {
    let words = Words::read(sql, &Lexicon::POSTGRES, BEGINNING);
    words.has("CONCURRENTLY") || words.word(0) == "VACUUM" && !words.has("FULL")
}

/// Reads a `CREATE INDEX CONCURRENTLY`; `None` for anything else.
pub(super) fn concurrent_index(sql: &str) -> Option<ConcurrentIndex> {
    let words = Words::read(sql, &Lexicon::POSTGRES, BEGINNING);
    let index = 1 + usize::from(words.word(1) == "UNIQUE");
    let is_one = words.word(0) == "CREATE"
        && words.word(index) == "INDEX"
        && words.word(index + 1) == "CONCURRENTLY";
    if !is_one {
        return None;
    }
    let if_not_exists = words.word(index + 2) == "IF";
    let name = index + 2 + 3 * usize::from(if_not_exists);
    let is_named = words.word(name) != "ON";
    let on = name + usize::from(is_named);
    let table = on + 1 + usize::from(words.word(on + 1) == "ONLY");
    Some(ConcurrentIndex {
        name: is_named.then(|| words.text(name).to_owned()),
        table: words.qualified_name(table).0,
        if_not_exists,
    })
}

/// What `REINDEX … CONCURRENTLY` of one index or table is about: its name as it is written, and
/// whether it is an index.
pub(super) fn concurrent_reindex(sql: &str) -> Option<(String, bool)> {
    let words = Words::read(sql, &Lexicon::POSTGRES, BEGINNING);
    if words.word(0) != "REINDEX" || !words.has("CONCURRENTLY") {
        return None;
    }
    let mut at = 1;
    if words.text(at) == "(" {
        at = words.behind_parentheses(at);
    }
    let is_index = match words.word(at).as_str() {
        "INDEX" => true,
        "TABLE" => false,
        _ => return None,
    };
    let name = at + 1 + usize::from(words.word(at + 1) == "CONCURRENTLY");
    Some((words.qualified_name(name).0, is_index))
}

/// What a probe looks at, with names as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// An index that is being built on a table: absent until it is valid.
    Built { index: String, table: String },
    /// An index that is being dropped: there until it is gone.
    Index(String),
    /// A partition: there while it is attached, also while it is being detached.
    Partition { child: String, parent: String },
    /// A database, tablespace or subscription, by its kind and unquoted name.
    Cluster { kind: String, name: String },
}

impl Object {
    /// Reads what [`facts`] wrote.
    pub(super) fn read(text: &str) -> Option<Self> {
        let words = Words::read(text, &Lexicon::POSTGRES, BEGINNING);
        let (name, behind) = words.qualified_name(1);
        let (other, _) = words.qualified_name(behind + 1);
        Some(match words.text(0) {
            "built" => Self::Built {
                index: name,
                table: other,
            },
            "index" => Self::Index(name),
            "partition" => Self::Partition {
                child: name,
                parent: other,
            },
            kind @ ("database" | "tablespace" | "subscription") => Self::Cluster {
                kind: kind.to_owned(),
                name: folded(&name),
            },
            _ => return None,
        })
    }
}

/// A name as the server knows it: without quotes, or in lower case.
pub(super) fn folded(name: &str) -> String {
    if name.starts_with('"') {
        super::errors::unquote(name)
    } else {
        name.to_lowercase()
    }
}

/// The text in a string literal; what escapes stand for is not worked out.
fn unquoted_string(literal: &str) -> String {
    let is_dollar = literal.starts_with('$');
    let quote = if is_dollar {
        let end = literal
            .get(1..)
            .and_then(|rest| rest.find('$'))
            .map_or(0, |end| end + 2);
        literal.get(..end).unwrap_or_default()
    } else {
        "'"
    };
    let Some((_, rest)) = literal.split_once(quote) else {
        return String::new();
    };
    let inner = rest.strip_suffix(quote).unwrap_or(rest);
    if is_dollar {
        inner.to_owned()
    } else {
        inner.replace("''", "'")
    }
}

impl Words<'_> {
    fn has_pair(&self, first: &str, second: &str) -> bool {
        (0..self.tokens.len())
            .any(|index| self.word(index) == first && self.word(index + 1) == second)
    }

    /// `name`, `schema.name` or `database.schema.name` as it is written, and the index behind it.
    fn qualified_name(&self, start: usize) -> (String, usize) {
        let mut name = self.text(start).to_owned();
        let mut next = start + 1;
        while self.text(next) == "." {
            name.push('.');
            name.push_str(self.text(next + 1));
            next += 2;
        }
        (name, next)
    }

    /// The index behind the closing parenthesis of the one at `open`.
    fn behind_parentheses(&self, open: usize) -> usize {
        let closing = (open..self.tokens.len()).find(|index| self.text(*index) == ")");
        closing.map_or(self.tokens.len(), |index| index + 1)
    }

    /// `database app`, with the kind from the second word and the name at `name`.
    fn cluster_object(&self, name: usize) -> String {
        format!("{} {}", self.word(1).to_lowercase(), self.text(name))
    }

    /// True unless a CREATE SUBSCRIPTION says that it makes no slot on the publisher.
    fn connects(&self) -> bool {
        let is_off = |index: usize| {
            matches!(self.word(index).as_str(), "CONNECT" | "CREATE_SLOT")
                && self.text(index + 1) == "="
                && matches!(
                    self.text(index + 2)
                        .trim_matches('\'')
                        .to_ascii_lowercase()
                        .as_str(),
                    "false" | "off" | "0"
                )
        };
        !(0..self.tokens.len()).any(is_off)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::Effect;
    use TransactionRule::{Allowed, Begins, Ends, Forbidden, MayEnd, Required};

    fn read(sql: &str) -> StatementFacts {
        let server = Server {
            product: "PostgreSQL",
            version: Version::new(15, 3, 0),
        };
        facts(&server, sql)
    }

    #[test]
    fn statements_know_their_transaction() {
        for (sql, expected) in [
            ("CREATE TABLE t (x int)", Allowed),
            ("CREATE INDEX i ON t (x)", Allowed),
            ("create unique index concurrently i on t (x)", Forbidden),
            ("CREATE INDEX CONCURRENTLY ON t (x)", Forbidden),
            ("DROP INDEX CONCURRENTLY IF EXISTS i", Forbidden),
            ("DROP INDEX i", Allowed),
            ("REINDEX INDEX CONCURRENTLY i", Forbidden),
            ("REINDEX (VERBOSE) TABLE t", Allowed),
            ("REINDEX (CONCURRENTLY) TABLE t", Forbidden),
            ("REINDEX SCHEMA s", Forbidden),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", Allowed),
            ("VACUUM FULL t", Forbidden),
            ("ANALYZE t", Allowed),
            ("CLUSTER", Forbidden),
            ("CLUSTER (VERBOSE)", Forbidden),
            ("CLUSTER VERBOSE", Forbidden),
            ("CLUSTER t USING i", Allowed),
            ("CREATE DATABASE d", Forbidden),
            ("DROP DATABASE IF EXISTS d", Forbidden),
            ("CREATE TABLESPACE s LOCATION '/x'", Forbidden),
            ("ALTER SYSTEM SET work_mem = '1MB'", Forbidden),
            ("ALTER DATABASE d SET TABLESPACE s", Forbidden),
            ("ALTER DATABASE d SET search_path = a", Allowed),
            (
                "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
                Forbidden,
            ),
            (
                "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)",
                Allowed,
            ),
            ("DROP SUBSCRIPTION s", Forbidden),
            ("ALTER SUBSCRIPTION s REFRESH PUBLICATION", Forbidden),
            ("ALTER SUBSCRIPTION s DISABLE", Allowed),
            ("ALTER TABLE a DETACH PARTITION b CONCURRENTLY", Forbidden),
            ("ALTER TABLE a DETACH PARTITION b", Allowed),
            ("ALTER TYPE mood ADD VALUE 'x'", Allowed),
            ("LOCK TABLE t", Required),
            ("DECLARE c CURSOR FOR SELECT 1", Required),
            ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", Allowed),
            ("SAVEPOINT s", Required),
            ("RELEASE s", Required),
            ("ROLLBACK TO SAVEPOINT s", Required),
            ("ROLLBACK WORK TO s", Required),
            ("SET LOCAL lock_timeout = 1", Required),
            ("SET TRANSACTION READ ONLY", Required),
            ("SET CONSTRAINTS ALL DEFERRED", Required),
            ("SET lock_timeout = 1", Allowed),
            ("BEGIN", Begins),
            ("START TRANSACTION", Begins),
            ("COMMIT", Ends),
            ("END", Ends),
            ("ROLLBACK", Ends),
            ("ABORT", Ends),
            ("PREPARE TRANSACTION 'x'", Ends),
            ("COMMIT PREPARED 'x'", Forbidden),
            ("CALL p()", MayEnd),
            ("DO $$ BEGIN PERFORM 1; END $$", Allowed),
            ("DO LANGUAGE plpgsql $x$ BEGIN commit; END $x$", MayEnd),
            ("DO $$ BEGIN RAISE 'commit'; -- rollback\n END $$", Allowed),
            ("DO 'BEGIN ROLLBACK; END'", MayEnd),
            ("DISCARD ALL", Forbidden),
            ("", Allowed),
        ] {
            assert_eq!(read(sql).transaction, expected, "{sql}");
        }
        let old = Server {
            product: "PostgreSQL",
            version: Version::new(11, 22, 0),
        };
        let facts = facts(&old, "ALTER TYPE mood ADD VALUE 'x'");
        assert_eq!(facts.transaction, Forbidden);
    }

    #[test]
    fn effects_are_told_apart() {
        for (sql, effect, changes_settings) in [
            ("SELECT 1", Effect::Rows, false),
            ("(SELECT 1)", Effect::Rows, false),
            ("SELECT 1 INTO t", Effect::Definitions, false),
            (
                "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
                Effect::Rows,
                false,
            ),
            (
                "SELECT pg_catalog.set_config('search_path', '', false)",
                Effect::Session,
                true,
            ),
            ("SELECT 'set_config'", Effect::Rows, false),
            ("SET search_path = app", Effect::Session, true),
            ("SET LOCAL search_path = app", Effect::Rows, false),
            ("RESET ALL", Effect::Session, true),
            ("PREPARE x AS SELECT 1", Effect::Session, false),
            ("CREATE TEMP TABLE t (x int)", Effect::Session, false),
            ("TRUNCATE t", Effect::Rows, false),
            ("COPY t FROM stdin", Effect::Rows, false),
            ("BEGIN", Effect::Rows, false),
            ("CREATE TABLE t (x int)", Effect::Definitions, false),
        ] {
            let facts = read(sql);
            assert_eq!(
                (facts.effect, facts.changes_settings),
                (effect, changes_settings),
                "{sql}"
            );
        }
    }

    #[test]
    fn what_may_be_repeated_is_known() {
        for (sql, expected) in [
            ("CREATE TABLE IF NOT EXISTS t (x int)", true),
            ("CREATE TABLE t (x int)", false),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", true),
            ("CREATE SCHEMA IF NOT EXISTS s", true),
            ("DROP TABLE IF EXISTS t", true),
            ("DROP TABLE t", false),
            ("VACUUM", true),
            ("REINDEX TABLE t", true),
            ("COMMENT ON TABLE t IS 'x'", true),
            ("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'x'", true),
        ] {
            assert_eq!(read(sql).idempotent, expected, "{sql}");
        }
        assert_eq!(
            read("ALTER TYPE s.mood ADD VALUE 'it''s' BEFORE 'b'")
                .adds_enum_value
                .as_deref(),
            Some("it's")
        );
    }

    #[test]
    fn probes_name_what_a_statement_changes() {
        let built = |index: &str, table: &str| Object::Built {
            index: index.to_owned(),
            table: table.to_owned(),
        };
        let cluster = |kind: &str, name: &str| Object::Cluster {
            kind: kind.to_owned(),
            name: name.to_owned(),
        };
        for (sql, object, before) in [
            (
                "CREATE INDEX CONCURRENTLY i ON t (x)",
                built("i", "t"),
                Some(ABSENT),
            ),
            (
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"I i\" ON ONLY app.\"T\" USING btree (x)",
                built("\"I i\"", "app.\"T\""),
                None,
            ),
            (
                "DROP INDEX CONCURRENTLY app.i",
                Object::Index("app.i".into()),
                None,
            ),
            (
                "DROP INDEX CONCURRENTLY IF EXISTS i",
                Object::Index("i".into()),
                None,
            ),
            (
                "CREATE DATABASE App",
                cluster("database", "app"),
                Some(ABSENT),
            ),
            (
                "DROP DATABASE IF EXISTS \"App\"",
                cluster("database", "App"),
                None,
            ),
            ("DROP TABLESPACE s", cluster("tablespace", "s"), None),
            (
                "ALTER TABLE ONLY a.t DETACH PARTITION a.p CONCURRENTLY",
                Object::Partition {
                    child: "a.p".into(),
                    parent: "a.t".into(),
                },
                None,
            ),
        ] {
            let probe = read(sql).probe.unwrap();
            assert_eq!(Object::read(&probe.object), Some(object), "{sql}");
            assert_eq!(probe.before, before, "{sql}");
        }
        assert!(read("CREATE INDEX CONCURRENTLY ON t (x)").probe.is_none());
        assert!(read("CREATE TABLE t (x int)").probe.is_none());
    }

    #[test]
    fn a_concurrent_reindex_names_its_target() {
        for (sql, expected) in [
            ("REINDEX TABLE CONCURRENTLY app.t", Some(("app.t", false))),
            ("REINDEX (CONCURRENTLY, VERBOSE) INDEX i", Some(("i", true))),
            ("REINDEX TABLE t", None),
            ("REINDEX SCHEMA CONCURRENTLY s", None),
        ] {
            let expected = expected.map(|(name, is_index)| (name.to_owned(), is_index));
            assert_eq!(concurrent_reindex(sql), expected, "{sql}");
        }
    }
}
