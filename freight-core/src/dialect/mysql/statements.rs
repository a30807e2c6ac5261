//! What a statement is, read from its first words: may it run in a transaction, what does it
//! change, and how to find out whether it did.
//!
//! Pure text work on tokens; the server is never asked. Where the words do not tell, the answer
//! is the careful one: definitions, without a probe. `/*!40101 … */` counts as what stands in it.
//!
//! DDL commits what is open, before and after it
//! (<https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/>).

use std::borrow::Cow;

use crate::dialect::common::words::{QualifiedName, Reader, opened};
use crate::driver::TransactionOptions;
use crate::migrate::{ABSENT, Probe, StatementFacts, TransactionRule};
use crate::sql::{Lexicon, TokenKind};

/// Quotes one identifier.
pub(super) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Quotes a name with its database, where that is written.
fn quoted(name: &QualifiedName) -> String {
    match &name.schema {
        Some(database) => format!("{}.{}", quote(database), quote(&name.name)),
        None => quote(&name.name),
    }
}

/// The text with `/*!40101 … */` and `/*M!100100 … */` opened.
fn plain(sql: &str) -> Cow<'_, str> {
    opened(sql, &Lexicon::MYSQL)
}

fn reader(sql: &str) -> Reader<'_> {
    Reader::new(sql, &Lexicon::MYSQL)
}

/// The statements that open a transaction. The level holds for that one alone.
/// <https://mariadb.com/kb/en/set-transaction/>, <https://mariadb.com/kb/en/start-transaction/>
pub(super) fn start(options: &TransactionOptions) -> String {
    let isolation = match options.isolation {
        Some(level) => format!("SET TRANSACTION ISOLATION LEVEL {}; ", level.sql()),
        None => String::new(),
    };
    let access = if options.read_only { " READ ONLY" } else { "" };
    format!("{isolation}START TRANSACTION{access}")
}

/// The first word, in capitals; empty when the statement begins with something else.
pub(super) fn first_word(sql: &str) -> String {
    let plain = plain(sql);
    let mut reader = reader(&plain);
    while reader.symbol("(") {}
    reader.word()
}

/// True for a statement, told by its first word, that neither opens nor ends a transaction.
pub(super) fn keeps_transaction(first_word: &str) -> bool {
    matches!(
        first_word,
        "SELECT"
            | "WITH"
            | "INSERT"
            | "UPDATE"
            | "DELETE"
            | "REPLACE"
            | "SHOW"
            | "DO"
            | "TABLE"
            | "VALUES"
            | "EXPLAIN"
            | "DESC"
            | "DESCRIBE"
            | "SAVEPOINT"
            | "PREPARE"
    )
}

/// True for text that cannot be several statements. As text the server would take them all, also
/// one that somebody smuggled in.
pub(super) fn is_single(sql: &str) -> bool {
    !sql.contains(';')
}

/// True for a statement, told by its first word, that commits what is open and opens nothing.
pub(super) fn is_definition(first_word: &str) -> bool {
    matches!(
        first_word,
        "CREATE" | "ALTER" | "DROP" | "RENAME" | "TRUNCATE"
    )
}

/// The table that a plain INSERT, REPLACE or UPDATE writes to.
pub(super) fn target_table(sql: &str) -> Option<QualifiedName> {
    let plain = plain(sql);
    let mut reader = reader(&plain);
    let first = reader.word();
    let modifiers: &[&str] = match first.as_str() {
        "INSERT" => &["LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO"],
        "REPLACE" => &["LOW_PRIORITY", "DELAYED", "INTO"],
        "UPDATE" => &["LOW_PRIORITY", "IGNORE"],
        _ => return None,
    };
    while modifiers.contains(&reader.peek().as_str()) {
        reader.skip();
    }
    let table = reader.name()?;
    (first != "UPDATE" || reader.accept("SET")).then_some(table)
}

/// The database that `USE x`, `DROP DATABASE x` or `CREATE OR REPLACE DATABASE x` names.
pub(super) fn named_database(sql: &str) -> Option<String> {
    let plain = plain(sql);
    let mut reader = reader(&plain);
    if !reader.accept("USE") {
        reader.skip();
        while reader.accept("OR") || reader.accept("REPLACE") {}
        if !reader.accept("DATABASE") && !reader.accept("SCHEMA") {
            return None;
        }
        reader.if_exists();
    }
    reader.name().map(|name| name.name)
}

/// What a statement is.
pub(super) fn facts(sql: &str) -> StatementFacts {
    of(reader(&plain(sql)))
}

fn of(mut reader: Reader<'_>) -> StatementFacts {
    while reader.symbol("(") {}
    match reader.word().as_str() {
        "SELECT" | "WITH" | "TABLE" | "VALUES" => query(reader),
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "DO" | "HANDLER" => StatementFacts::rows(),
        "LOAD" if reader.peek() != "INDEX" => StatementFacts::rows(),
        "SHOW" | "DESC" | "DESCRIBE" | "EXPLAIN" | "HELP" => {
            StatementFacts::harmless_twice(StatementFacts::rows())
        }
        "ANALYZE" => analyze(reader),
        "CHECK" | "CHECKSUM" | "OPTIMIZE" | "REPAIR" | "FLUSH" | "CACHE" | "LOAD" | "GRANT" => {
            StatementFacts::harmless_twice(StatementFacts::default())
        }
        "CREATE" => create(reader),
        "DROP" => drop(reader),
        "ALTER" => alter(reader),
        "RENAME" => rename(reader),
        "SET" => set(reader),
        "PREPARE" | "DEALLOCATE" | "SIGNAL" | "RESIGNAL" | "GET" => StatementFacts::session(),
        "CALL" | "EXECUTE" => {
            StatementFacts::with_rule(StatementFacts::default(), TransactionRule::MayEnd)
        }
        "USE" => use_database(reader),
        "START" if reader.peek() == "TRANSACTION" => {
            StatementFacts::with_rule(StatementFacts::rows(), TransactionRule::Begins)
        }
        // `BEGIN NOT ATOMIC … END` is a block of MariaDB.
        "BEGIN" if matches!(reader.peek().as_str(), "" | "WORK") => {
            StatementFacts::with_rule(StatementFacts::rows(), TransactionRule::Begins)
        }
        "BEGIN" | "IF" | "CASE" | "LOOP" | "REPEAT" | "WHILE" | "FOR" | "XA" => {
            StatementFacts::with_rule(StatementFacts::default(), TransactionRule::MayEnd)
        }
        "COMMIT" => StatementFacts::with_rule(StatementFacts::rows(), TransactionRule::Ends),
        "ROLLBACK" => rollback(reader),
        "SAVEPOINT" | "RELEASE" => {
            StatementFacts::with_rule(StatementFacts::rows(), TransactionRule::Required)
        }
        "LOCK" if reader.peek().starts_with("TABLE") => skipped(
            "LOCK TABLES is left out: while it holds, no other table can be written, not even the history",
        ),
        "UNLOCK" if reader.peek().starts_with("TABLE") => {
            skipped("UNLOCK TABLES is left out, as LOCK TABLES is")
        }
        _ => StatementFacts::default(),
    }
}

fn skipped(why: &str) -> StatementFacts {
    StatementFacts {
        skipped: Some(why.to_owned()),
        ..StatementFacts::session()
    }
}

/// Definitions whose state `object` tells.
fn probed(object: String, before: Option<&'static str>, idempotent: bool) -> StatementFacts {
    StatementFacts {
        probe: Some(Probe { object, before }),
        idempotent,
        ..StatementFacts::default()
    }
}

/// A query changes nothing, unless it fills user variables or writes a file.
fn query(mut reader: Reader<'_>) -> StatementFacts {
    let mut after_into = false;
    while let Some((kind, text)) = reader.token() {
        let is_variable = kind == TokenKind::Parameter && text.starts_with('@');
        if text == ":=" || (after_into && is_variable) {
            return StatementFacts::session();
        }
        if after_into && (is(text, "OUTFILE") || is(text, "DUMPFILE")) {
            return StatementFacts::default();
        }
        after_into = kind == TokenKind::Word && is(text, "INTO");
    }
    StatementFacts::rows()
}

/// `ANALYZE TABLE` gathers statistics; MariaDB's `ANALYZE UPDATE …` runs the statement.
fn analyze(mut reader: Reader<'_>) -> StatementFacts {
    while reader.accept("LOCAL") || reader.accept("NO_WRITE_TO_BINLOG") {}
    if reader.peek().starts_with("TABLE") {
        return StatementFacts::harmless_twice(StatementFacts::default());
    }
    StatementFacts::rows()
}

fn rollback(mut reader: Reader<'_>) -> StatementFacts {
    reader.accept("WORK");
    let rule_of = if reader.accept("TO") {
        TransactionRule::Required
    } else {
        TransactionRule::Ends
    };
    StatementFacts::with_rule(StatementFacts::rows(), rule_of)
}

fn use_database(mut reader: Reader<'_>) -> StatementFacts {
    let name = reader.name().map(|name| name.name).unwrap_or_default();
    StatementFacts {
        switches_database: Some(format!("it switches to the database `{name}`")),
        ..StatementFacts::settings()
    }
}

/// `SET`, which changes this session, all sessions, or an account.
fn set(mut reader: Reader<'_>) -> StatementFacts {
    match reader.peek().as_str() {
        "PASSWORD" | "DEFAULT" => return StatementFacts::harmless_twice(StatementFacts::default()),
        // MariaDB: `SET STATEMENT max_statement_time=0 FOR …`.
        "STATEMENT" => {
            return if reader.find("FOR") {
                of(reader)
            } else {
                StatementFacts::settings()
            };
        }
        _ => {}
    }
    let mut facts = StatementFacts::session();
    let mut only_autocommit = true;
    while let Some((target, value)) = assignment(&mut reader) {
        let is_user_variable = target.starts_with('@') && !target.starts_with("@@");
        only_autocommit &= !is_user_variable && target.ends_with("AUTOCOMMIT");
        if is_user_variable {
            continue;
        }
        let name = target.trim_start_matches('@');
        if name.starts_with("GLOBAL") || name.starts_with("PERSIST") {
            return StatementFacts::harmless_twice(StatementFacts::default());
        }
        facts.changes_settings = true;
        if name.ends_with("AUTOCOMMIT") && matches!(value.as_str(), "0" | "OFF" | "FALSE") {
            facts.transaction = TransactionRule::Begins;
        }
    }
    if only_autocommit && facts.changes_settings {
        return skipped(
            "SET autocommit is left out: changes of rows are committed together with the record of them",
        );
    }
    facts
}

fn create(mut reader: Reader<'_>) -> StatementFacts {
    let Modifiers {
        or_replace,
        temporary,
    } = modifiers(&mut reader);
    let object = reader.word();
    if object == "INDEX" {
        return index(reader);
    }
    let kind = kind_of(&mut reader, &object);
    let if_not_exists = reader.if_exists();
    match kind.as_str() {
        "table" => create_table(reader, or_replace, temporary, if_not_exists),
        "database" => create_database(reader, or_replace, if_not_exists),
        "view" | "trigger" | "procedure" | "function" | "event" | "sequence" | "package"
        | "package body" => {
            let Some(name) = reader.name() else {
                return StatementFacts::default();
            };
            // A sequence that is replaced begins anew: not a thing to do twice.
            let idempotent = if_not_exists || (or_replace && kind != "sequence");
            // A function of a library has no definition to be shown.
            if kind == "function" && reader.find("SONAME") {
                return StatementFacts {
                    idempotent,
                    ..StatementFacts::default()
                };
            }
            let before = (!or_replace && !if_not_exists).then_some(ABSENT);
            probed(format!("{kind} {}", quoted(&name)), before, idempotent)
        }
        "user" | "role" | "server" => StatementFacts {
            idempotent: or_replace || if_not_exists,
            ..StatementFacts::default()
        },
        _ => StatementFacts::default(),
    }
}

/// Without a probe: `CREATE TABLE … SELECT`, which MariaDB does in two steps, and `CREATE OR
/// REPLACE TABLE`, which is a DROP before a CREATE
/// (<https://mariadb.com/kb/en/atomic-ddl/>).
fn create_table(
    mut reader: Reader<'_>,
    or_replace: bool,
    temporary: bool,
    if_not_exists: bool,
) -> StatementFacts {
    if temporary {
        // It commits nothing, belongs to this connection, and is gone with it.
        return StatementFacts::harmless_twice(StatementFacts::rows());
    }
    let Some(name) = reader.name() else {
        return StatementFacts::default();
    };
    if or_replace || selects(&mut reader) {
        return StatementFacts::default();
    }
    let before = (!if_not_exists).then_some(ABSENT);
    probed(format!("table {}", quoted(&name)), before, if_not_exists)
}

fn create_database(
    mut reader: Reader<'_>,
    or_replace: bool,
    if_not_exists: bool,
) -> StatementFacts {
    let Some(name) = reader.name() else {
        return StatementFacts::default();
    };
    if or_replace {
        return StatementFacts {
            switches_database: Some(format!("it replaces the database `{}`", name.name)),
            ..StatementFacts::default()
        };
    }
    let before = (!if_not_exists).then_some(ABSENT);
    probed(format!("database {}", quoted(&name)), before, if_not_exists)
}

/// `… INDEX i ON t`: the table's definition shows it.
fn index(mut reader: Reader<'_>) -> StatementFacts {
    let idempotent = reader.if_exists();
    let table = if reader.find("ON") {
        reader.name()
    } else {
        None
    };
    table.map_or_else(StatementFacts::default, |table| {
        probed(format!("table {}", quoted(&table)), None, idempotent)
    })
}

fn drop(mut reader: Reader<'_>) -> StatementFacts {
    if reader.accept("TEMPORARY") {
        return StatementFacts::harmless_twice(StatementFacts::rows());
    }
    let object = reader.word();
    match object.as_str() {
        "INDEX" => return index(reader),
        "PREPARE" => return StatementFacts::session(),
        _ => {}
    }
    let kind = kind_of(&mut reader, &object);
    let if_exists = reader.if_exists();
    // MariaDB drops several tables one after the other, so the last tells whether all are gone.
    let last = match kind.as_str() {
        "table" | "view" | "sequence" => reader.names("").pop(),
        "database" | "trigger" | "procedure" | "function" | "event" | "package"
        | "package body" => reader.name(),
        _ => None,
    };
    let Some(name) = last else {
        return StatementFacts {
            idempotent: if_exists,
            ..StatementFacts::default()
        };
    };
    let switches_database =
        (kind == "database").then(|| format!("it drops the database `{}`", name.name));
    StatementFacts {
        switches_database,
        ..probed(format!("{kind} {}", quoted(&name)), None, if_exists)
    }
}

fn alter(mut reader: Reader<'_>) -> StatementFacts {
    modifiers(&mut reader);
    let object = reader.word();
    let kind = kind_of(&mut reader, &object);
    reader.if_exists();
    let has_name = kind != "database" || !DATABASE_OPTIONS.contains(&reader.peek().as_str());
    let name = if has_name { reader.name() } else { None };
    let Some(name) = name else {
        return StatementFacts::default();
    };
    let object = format!("{kind} {}", quoted(&name));
    match kind.as_str() {
        "table" => alter_table(reader, object),
        "event" if reader.find("RENAME") => match rename_target(&mut reader) {
            Some(new) => probed(format!("{object}\nevent {}", quoted(&new)), None, false),
            None => StatementFacts::default(),
        },
        "view" | "procedure" | "function" | "event" | "database" => probed(object, None, true),
        "sequence" => probed(object, None, false),
        _ => StatementFacts::default(),
    }
}

/// What may follow `ALTER DATABASE` when the current one is meant.
const DATABASE_OPTIONS: &[&str] = &[
    "CHARACTER",
    "CHARSET",
    "COLLATE",
    "COMMENT",
    "DEFAULT",
    "ENCRYPTION",
    "READ",
];

/// An ALTER that leaves the definition as it was may be sent again: `ENGINE=InnoDB`, `FORCE`,
/// `AUTO_INCREMENT=100`. What moves rows about and leaves the definition has no probe.
fn alter_table(mut reader: Reader<'_>, mut object: String) -> StatementFacts {
    while let Some(word) = reader.any() {
        match word.as_str() {
            "EXCHANGE" | "DISCARD" | "IMPORT" | "TRUNCATE" => return StatementFacts::default(),
            "RENAME" => {
                if let Some(new) = rename_target(&mut reader) {
                    object.push_str(&format!("\ntable {}", quoted(&new)));
                }
            }
            _ => {}
        }
    }
    probed(object, None, false)
}

/// All names: MariaDB 10.6 and MySQL 8 rename all of them or none.
fn rename(mut reader: Reader<'_>) -> StatementFacts {
    if !reader.accept("TABLE") && !reader.accept("TABLES") {
        return StatementFacts::default();
    }
    reader.if_exists();
    let names = reader.names("TO");
    if names.is_empty() {
        return StatementFacts::default();
    }
    let lines = names.iter().map(|name| format!("table {}", quoted(name)));
    probed(lines.collect::<Vec<_>>().join("\n"), None, false)
}

/// What stands between CREATE or ALTER and the kind of object.
struct Modifiers {
    or_replace: bool,
    temporary: bool,
}

fn modifiers(reader: &mut Reader<'_>) -> Modifiers {
    let mut found = Modifiers {
        or_replace: false,
        temporary: false,
    };
    loop {
        match reader.peek().as_str() {
            "OR" => {
                reader.skip();
                found.or_replace = reader.accept("REPLACE");
            }
            "TEMPORARY" => found.temporary = reader.accept("TEMPORARY"),
            "UNIQUE" | "FULLTEXT" | "SPATIAL" | "VECTOR" | "AGGREGATE" | "ONLINE" | "OFFLINE"
            | "IGNORE" => reader.skip(),
            // `ALGORITHM = MERGE`, `SQL SECURITY INVOKER`.
            "ALGORITHM" | "SQL" => (0..3).for_each(|_| reader.skip()),
            "DEFINER" => skip_definer(reader),
            _ => return found,
        }
    }
}

/// `DEFINER = 'user'@'host'`, up to what must follow it.
fn skip_definer(reader: &mut Reader<'_>) {
    const FOLLOWING: &[&str] = &[
        "SQL",
        "VIEW",
        "TRIGGER",
        "PROCEDURE",
        "FUNCTION",
        "AGGREGATE",
        "EVENT",
        "PACKAGE",
    ];
    while !reader.is_at_end() && !FOLLOWING.contains(&reader.peek().as_str()) {
        reader.skip();
    }
}

/// The kind of object that a word names, as `SHOW CREATE` calls it.
fn kind_of(reader: &mut Reader<'_>, object: &str) -> String {
    match object {
        "TABLES" => "table".to_owned(),
        "SCHEMA" => "database".to_owned(),
        "PACKAGE" if reader.accept("BODY") => "package body".to_owned(),
        other => other.to_ascii_lowercase(),
    }
}

/// The new name after RENAME, unless something inside the table is renamed.
fn rename_target(reader: &mut Reader<'_>) -> Option<QualifiedName> {
    if ["COLUMN", "INDEX", "KEY", "CONSTRAINT"].contains(&reader.peek().as_str()) {
        return None;
    }
    if !reader.accept("TO") && !reader.accept("AS") {
        reader.symbol("=");
    }
    reader.name()
}

/// True when the rest of a CREATE TABLE takes its rows from somewhere.
fn selects(reader: &mut Reader<'_>) -> bool {
    let mut depth = 0_usize;
    while let Some((kind, text)) = reader.token() {
        match (kind, text) {
            (TokenKind::Symbol, "(") => depth += 1,
            (TokenKind::Symbol, ")") => depth = depth.saturating_sub(1),
            (TokenKind::Word, word) if is(word, "SELECT") || (depth == 0 && is(word, "AS")) => {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// One assignment of SET: what stands before `=`, without blanks, and the first word or number
/// after it, both in capitals.
fn assignment(reader: &mut Reader<'_>) -> Option<(String, String)> {
    if reader.is_at_end() {
        return None;
    }
    let (mut target, mut value) = (String::new(), String::new());
    let (mut is_value, mut depth) = (false, 0_usize);
    while let Some((_, text)) = reader.token() {
        match text {
            "," if depth == 0 => break,
            "=" | ":=" => is_value = true,
            _ if !is_value => target.push_str(text),
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if value.is_empty() => value.push_str(text.trim_matches('\'')),
            _ => {}
        }
    }
    Some((target.to_ascii_uppercase(), value.to_ascii_uppercase()))
}

fn is(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::Effect;

    /// The probe's object, `=` before it where the state before is known, `!` at the end for a
    /// statement that may run twice; `-` without a probe.
    fn probe(sql: &str) -> String {
        let facts = facts(sql);
        assert_eq!(facts.effect, Effect::Definitions, "{sql}");
        assert_eq!(facts.transaction, TransactionRule::Allowed, "{sql}");
        let known = facts
            .probe
            .as_ref()
            .is_some_and(|probe| probe.before.is_some());
        let object = facts.probe.map_or("-".to_owned(), |probe| probe.object);
        let end = if facts.idempotent { "!" } else { "" };
        format!("{}{object}{end}", if known { "=" } else { "" })
    }

    #[test]
    fn definitions_have_probes() {
        for (sql, expected) in [
            ("create table t (id int)", "=table `t`"),
            (
                "CREATE TABLE IF NOT EXISTS `a``b`.t LIKE u",
                "table `a``b`.`t`!",
            ),
            ("CREATE TABLE t (a int, b int AS (a + 1))", "=table `t`"),
            ("CREATE TABLE t AS SELECT 1", "-"),
            ("CREATE TABLE t (id int) SELECT 1", "-"),
            ("CREATE TABLE t (SELECT 1)", "-"),
            ("CREATE OR REPLACE TABLE t (id int)", "-"),
            ("CREATE TABLE", "-"),
            ("DROP TABLE a, b.c", "table `b`.`c`"),
            ("DROP TABLES IF EXISTS a", "table `a`!"),
            ("ALTER TABLE t ADD COLUMN c int", "table `t`"),
            ("ALTER ONLINE IGNORE TABLE t ADD COLUMN c int", "table `t`"),
            ("ALTER TABLE t RENAME COLUMN a TO b", "table `t`"),
            (
                "ALTER TABLE t ADD c int, RENAME TO db.u",
                "table `t`\ntable `db`.`u`",
            ),
            ("ALTER TABLE t RENAME u", "table `t`\ntable `u`"),
            ("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", "-"),
            ("CREATE UNIQUE INDEX i ON t (a)", "table `t`"),
            ("CREATE INDEX IF NOT EXISTS i ON t (a)", "table `t`!"),
            ("DROP INDEX i ON `t`", "table `t`"),
            (
                "RENAME TABLE a TO b, c WAIT 5 TO d",
                "table `a`\ntable `b`\ntable `c`\ntable `d`",
            ),
            ("RENAME USER a TO b", "-"),
            ("TRUNCATE TABLE t", "-"),
            (
                "CREATE OR REPLACE ALGORITHM = MERGE DEFINER = `r`@`%` SQL SECURITY INVOKER VIEW v AS SELECT 1",
                "view `v`!",
            ),
            ("CREATE VIEW v AS SELECT 1", "=view `v`"),
            ("ALTER VIEW v AS SELECT 2", "view `v`!"),
            ("DROP VIEW v", "view `v`"),
            (
                "CREATE DEFINER='a'@'%' TRIGGER t BEFORE INSERT ON u FOR EACH ROW SET @a = 1",
                "=trigger `t`",
            ),
            (
                "/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`l`*/ /*!50003 TRIGGER t BEFORE INSERT ON u FOR EACH ROW SET @a = 1 */",
                "=trigger `t`",
            ),
            ("DROP TRIGGER IF EXISTS t", "trigger `t`!"),
            (
                "CREATE PROCEDURE p() BEGIN CREATE TABLE x (i int); END",
                "=procedure `p`",
            ),
            (
                "CREATE AGGREGATE FUNCTION f(x int) RETURNS int RETURN 1",
                "=function `f`",
            ),
            ("CREATE FUNCTION f RETURNS STRING SONAME 'f.so'", "-"),
            ("ALTER PROCEDURE p COMMENT 'x'", "procedure `p`!"),
            (
                "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
                "=event `e`",
            ),
            (
                "ALTER EVENT e ON COMPLETION PRESERVE RENAME TO f",
                "event `e`\nevent `f`",
            ),
            ("CREATE SEQUENCE s", "=sequence `s`"),
            ("CREATE OR REPLACE SEQUENCE s", "sequence `s`"),
            ("CREATE PACKAGE BODY p AS END", "=package body `p`"),
            ("CREATE DATABASE d", "=database `d`"),
            ("ALTER DATABASE CHARACTER SET utf8mb4", "-"),
            ("ALTER SCHEMA d CHARACTER SET utf8mb4", "database `d`!"),
            ("CREATE USER IF NOT EXISTS u", "-!"),
            ("DROP USER u", "-"),
            ("GRANT SELECT ON t TO u", "-!"),
            ("OPTIMIZE TABLE t", "-!"),
            ("ANALYZE LOCAL TABLE t", "-!"),
            ("SET GLOBAL max_connections = 5", "-!"),
            ("SET @@global.max_connections = 5", "-!"),
            ("SET PASSWORD = 'x'", "-!"),
            ("SELECT 1 INTO OUTFILE '/tmp/x'", "-"),
            ("SHUTDOWN", "-"),
        ] {
            assert_eq!(probe(sql), expected, "{sql}");
        }
    }

    #[test]
    fn rows_are_told_from_settings_and_transactions() {
        use TransactionRule::{Allowed, Begins, Ends, MayEnd, Required};
        for (sql, effect, rule, settings) in [
            ("INSERT INTO t VALUES (1)", Effect::Rows, Allowed, false),
            ("(SELECT 1)", Effect::Rows, Allowed, false),
            ("SELECT a INTO @x FROM t", Effect::Session, Allowed, false),
            ("SELECT @x := 1", Effect::Session, Allowed, false),
            (
                "LOAD DATA INFILE 'x' INTO TABLE t",
                Effect::Rows,
                Allowed,
                false,
            ),
            ("ANALYZE UPDATE t SET a = 1", Effect::Rows, Allowed, false),
            (
                "CREATE TEMPORARY TABLE t (a int)",
                Effect::Rows,
                Allowed,
                false,
            ),
            ("DROP TEMPORARY TABLE t", Effect::Rows, Allowed, false),
            (
                "SET @x = (SELECT @@global.a), @y = 'autocommit=0'",
                Effect::Session,
                Allowed,
                false,
            ),
            ("SET NAMES latin1", Effect::Session, Allowed, true),
            (
                "SET @old = @@sql_mode, sql_mode = ''",
                Effect::Session,
                Allowed,
                true,
            ),
            ("/*!40101 SET NAMES utf8 */", Effect::Session, Allowed, true),
            (
                "SET STATEMENT max_statement_time = 1 FOR INSERT INTO t VALUES (1)",
                Effect::Rows,
                Allowed,
                false,
            ),
            (
                "SET unique_checks = 0, @@session.autocommit = 0",
                Effect::Session,
                Begins,
                true,
            ),
            ("PREPARE s FROM 'SELECT 1'", Effect::Session, Allowed, false),
            ("DROP PREPARE s", Effect::Session, Allowed, false),
            ("EXECUTE s", Effect::Definitions, MayEnd, false),
            ("CALL p()", Effect::Definitions, MayEnd, false),
            ("BEGIN", Effect::Rows, Begins, false),
            ("begin work", Effect::Rows, Begins, false),
            (
                "BEGIN NOT ATOMIC SELECT 1; END",
                Effect::Definitions,
                MayEnd,
                false,
            ),
            ("START TRANSACTION", Effect::Rows, Begins, false),
            ("START SLAVE", Effect::Definitions, Allowed, false),
            ("COMMIT", Effect::Rows, Ends, false),
            ("ROLLBACK WORK", Effect::Rows, Ends, false),
            ("ROLLBACK TO SAVEPOINT x", Effect::Rows, Required, false),
            ("SAVEPOINT x", Effect::Rows, Required, false),
        ] {
            let facts = facts(sql);
            assert_eq!(
                (
                    facts.effect,
                    facts.transaction,
                    facts.changes_settings,
                    facts.probe
                ),
                (effect, rule, settings, None),
                "{sql}"
            );
        }
    }

    #[test]
    fn statements_that_leave_the_database_are_told() {
        for (sql, name) in [
            ("USE `other`", "other"),
            ("DROP DATABASE IF EXISTS other", "other"),
            ("DROP SCHEMA other", "other"),
            ("CREATE OR REPLACE DATABASE other", "other"),
        ] {
            assert!(facts(sql).switches_database.is_some(), "{sql}");
            assert_eq!(named_database(sql).as_deref(), Some(name), "{sql}");
        }
        assert_eq!(facts("CREATE DATABASE other").switches_database, None);
    }

    #[test]
    fn what_would_lock_the_history_away_is_left_out() {
        for (sql, left_out) in [
            ("LOCK TABLES t WRITE", true),
            ("LOCK TABLE t READ", true),
            ("UNLOCK TABLES", true),
            ("SET autocommit = 0", true),
            ("SET @@autocommit=1", true),
            ("SET SESSION AUTOCOMMIT = @OLD", true),
            ("SET autocommit = 0, unique_checks = 0", false),
            ("LOCK INSTANCE FOR BACKUP", false),
        ] {
            assert_eq!(facts(sql).skipped.is_some(), left_out, "{sql}");
        }
    }

    #[test]
    fn the_table_of_a_change_is_found() {
        for (sql, table) in [
            ("INSERT INTO t VALUES (1)", Some("`t`")),
            ("insert ignore db.t set a = 1", Some("`db`.`t`")),
            ("REPLACE t VALUES (1)", Some("`t`")),
            ("UPDATE t SET a = 1", Some("`t`")),
            ("UPDATE t, u SET a = 1", None),
            ("UPDATE t JOIN u SET a = 1", None),
            ("DELETE FROM t", None),
        ] {
            let found = target_table(sql).map(|table| quoted(&table));
            assert_eq!(found.as_deref(), table, "{sql}");
        }
    }
}
