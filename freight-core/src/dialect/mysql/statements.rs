//! What a statement is, read from its first words: may it run in a transaction, what does it
//! change, and how to find out whether it did.
//!
//! Pure text work on tokens; the server is never asked. Where the words do not tell, the answer
//! is the careful one: definitions, without a probe. `/*!40101 … */` counts as what stands in it.
//!
//! DDL commits what is open, before and after it
//! (<https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/>).

use std::borrow::Cow;
use std::iter::Peekable;

use crate::migrate::{ABSENT, Effect, Probe, StatementFacts, TransactionRule};
use crate::sql::{Lexicon, Token, TokenKind, significant, tokens};

/// A table as a statement names it, unquoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableName {
    /// The database, where it is written.
    pub(super) database: Option<String>,
    /// The table.
    pub(super) name: String,
}

impl TableName {
    /// The name, quoted.
    pub(super) fn quoted(&self) -> String {
        match &self.database {
            Some(database) => format!("{}.{}", quote(database), quote(&self.name)),
            None => quote(&self.name),
        }
    }
}

/// Quotes one identifier.
pub(super) fn quote(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// The first word, in capitals; empty when the statement begins with something else.
pub(super) fn first_word(sql: &str) -> String {
    let plain = plain(sql);
    let mut reader = Reader::new(&plain);
    while reader.symbol("(") {}
    reader.word()
}

/// True for statements whose row count means rows of a table.
pub(super) fn counts_rows(sql: &str) -> bool {
    matches!(
        first_word(sql).as_str(),
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "LOAD" | "WITH" | "CALL" | "EXECUTE"
    )
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

/// The table that a plain INSERT, REPLACE or UPDATE writes to.
pub(super) fn target_table(sql: &str) -> Option<TableName> {
    let plain = plain(sql);
    let mut reader = Reader::new(&plain);
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
    let mut reader = Reader::new(&plain);
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
    of(Reader::new(&plain(sql)))
}

fn of(mut reader: Reader<'_>) -> StatementFacts {
    while reader.symbol("(") {}
    match reader.word().as_str() {
        "SELECT" | "WITH" | "TABLE" | "VALUES" => query(reader),
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "DO" | "HANDLER" => rows(),
        "LOAD" if reader.peek() != "INDEX" => rows(),
        "SHOW" | "DESC" | "DESCRIBE" | "EXPLAIN" | "HELP" => again(rows()),
        "ANALYZE" => analyze(reader),
        "CHECK" | "CHECKSUM" | "OPTIMIZE" | "REPAIR" | "FLUSH" | "CACHE" | "LOAD" | "GRANT" => {
            again(StatementFacts::default())
        }
        "CREATE" => create(reader),
        "DROP" => drop(reader),
        "ALTER" => alter(reader),
        "RENAME" => rename(reader),
        "SET" => set(reader),
        "PREPARE" | "DEALLOCATE" | "SIGNAL" | "RESIGNAL" | "GET" => session(),
        "CALL" | "EXECUTE" => rule(StatementFacts::default(), TransactionRule::MayEnd),
        "USE" => use_database(reader),
        "START" if reader.peek() == "TRANSACTION" => rule(rows(), TransactionRule::Begins),
        // `BEGIN NOT ATOMIC … END` is a block of MariaDB.
        "BEGIN" if matches!(reader.peek().as_str(), "" | "WORK") => {
            rule(rows(), TransactionRule::Begins)
        }
        "BEGIN" | "IF" | "CASE" | "LOOP" | "REPEAT" | "WHILE" | "FOR" | "XA" => {
            rule(StatementFacts::default(), TransactionRule::MayEnd)
        }
        "COMMIT" => rule(rows(), TransactionRule::Ends),
        "ROLLBACK" => rollback(reader),
        "SAVEPOINT" | "RELEASE" => rule(rows(), TransactionRule::Required),
        "LOCK" if reader.peek().starts_with("TABLE") => skipped(
            "LOCK TABLES is left out: while it holds, no other table can be written, not even the history",
        ),
        "UNLOCK" if reader.peek().starts_with("TABLE") => {
            skipped("UNLOCK TABLES is left out, as LOCK TABLES is")
        }
        _ => StatementFacts::default(),
    }
}

fn rows() -> StatementFacts {
    StatementFacts {
        effect: Effect::Rows,
        ..StatementFacts::default()
    }
}

fn session() -> StatementFacts {
    StatementFacts {
        effect: Effect::Session,
        ..StatementFacts::default()
    }
}

fn settings() -> StatementFacts {
    StatementFacts {
        changes_settings: true,
        ..session()
    }
}

fn again(facts: StatementFacts) -> StatementFacts {
    StatementFacts {
        idempotent: true,
        ..facts
    }
}

fn rule(facts: StatementFacts, transaction: TransactionRule) -> StatementFacts {
    StatementFacts {
        transaction,
        ..facts
    }
}

fn skipped(why: &str) -> StatementFacts {
    StatementFacts {
        skipped: Some(why.to_owned()),
        ..session()
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
fn query(reader: Reader<'_>) -> StatementFacts {
    let sql = reader.sql;
    let mut after_into = false;
    for token in reader.tokens {
        let text = token.text(sql);
        let is_variable = token.kind == TokenKind::Parameter && text.starts_with('@');
        if text == ":=" || (after_into && is_variable) {
            return session();
        }
        if after_into && (is(text, "OUTFILE") || is(text, "DUMPFILE")) {
            return StatementFacts::default();
        }
        after_into = token.kind == TokenKind::Word && is(text, "INTO");
    }
    rows()
}

/// `ANALYZE TABLE` gathers statistics; MariaDB's `ANALYZE UPDATE …` runs the statement.
fn analyze(mut reader: Reader<'_>) -> StatementFacts {
    while reader.accept("LOCAL") || reader.accept("NO_WRITE_TO_BINLOG") {}
    if reader.peek().starts_with("TABLE") {
        return again(StatementFacts::default());
    }
    rows()
}

fn rollback(mut reader: Reader<'_>) -> StatementFacts {
    reader.accept("WORK");
    let rule_of = if reader.accept("TO") {
        TransactionRule::Required
    } else {
        TransactionRule::Ends
    };
    rule(rows(), rule_of)
}

fn use_database(mut reader: Reader<'_>) -> StatementFacts {
    let name = reader.name().map(|name| name.name).unwrap_or_default();
    StatementFacts {
        switches_database: Some(format!("it switches to the database `{name}`")),
        ..settings()
    }
}

/// `SET`, which changes this session, all sessions, or an account.
fn set(mut reader: Reader<'_>) -> StatementFacts {
    match reader.peek().as_str() {
        "PASSWORD" | "DEFAULT" => return again(StatementFacts::default()),
        // MariaDB: `SET STATEMENT max_statement_time=0 FOR …`.
        "STATEMENT" => {
            return if reader.find("FOR") {
                of(reader)
            } else {
                settings()
            };
        }
        _ => {}
    }
    let mut facts = session();
    while let Some(target) = reader.assignment_target() {
        let is_user_variable = target.starts_with('@') && !target.starts_with("@@");
        let name = target.trim_start_matches('@').to_ascii_uppercase();
        let value = reader.assigned_value();
        if is_user_variable {
            continue;
        }
        if name.starts_with("GLOBAL") || name.starts_with("PERSIST") {
            return again(StatementFacts::default());
        }
        facts.changes_settings = true;
        if name.ends_with("AUTOCOMMIT") && matches!(value.as_str(), "0" | "OFF" | "FALSE") {
            facts.transaction = TransactionRule::Begins;
        }
    }
    facts
}

fn create(mut reader: Reader<'_>) -> StatementFacts {
    let Modifiers {
        or_replace,
        temporary,
    } = reader.modifiers();
    let object = reader.word();
    if object == "INDEX" {
        return index(reader);
    }
    let kind = reader.kind(&object);
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
            probed(format!("{kind} {}", name.quoted()), before, idempotent)
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
        return again(rows());
    }
    let Some(name) = reader.name() else {
        return StatementFacts::default();
    };
    if or_replace || reader.selects() {
        return StatementFacts::default();
    }
    let before = (!if_not_exists).then_some(ABSENT);
    probed(format!("table {}", name.quoted()), before, if_not_exists)
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
    probed(format!("database {}", name.quoted()), before, if_not_exists)
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
        probed(format!("table {}", table.quoted()), None, idempotent)
    })
}

fn drop(mut reader: Reader<'_>) -> StatementFacts {
    if reader.accept("TEMPORARY") {
        return again(rows());
    }
    let object = reader.word();
    match object.as_str() {
        "INDEX" => return index(reader),
        "PREPARE" => return session(),
        _ => {}
    }
    let kind = reader.kind(&object);
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
        ..probed(format!("{kind} {}", name.quoted()), None, if_exists)
    }
}

fn alter(mut reader: Reader<'_>) -> StatementFacts {
    reader.modifiers();
    let object = reader.word();
    let kind = reader.kind(&object);
    reader.if_exists();
    let has_name = kind != "database" || !DATABASE_OPTIONS.contains(&reader.peek().as_str());
    let name = if has_name { reader.name() } else { None };
    let Some(name) = name else {
        return StatementFacts::default();
    };
    let object = format!("{kind} {}", name.quoted());
    match kind.as_str() {
        "table" => alter_table(reader, object),
        "event" if reader.find("RENAME") => match reader.rename_target() {
            Some(new) => probed(format!("{object}\nevent {}", new.quoted()), None, false),
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
                if let Some(new) = reader.rename_target() {
                    object.push_str(&format!("\ntable {}", new.quoted()));
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
    let lines = names.iter().map(|name| format!("table {}", name.quoted()));
    probed(lines.collect::<Vec<_>>().join("\n"), None, false)
}

/// The text with `/*!40101 … */` and `/*M!100100 … */` opened.
fn plain(sql: &str) -> Cow<'_, str> {
    if !sql.contains("/*!") && !sql.contains("/*M!") {
        return Cow::Borrowed(sql);
    }
    let mut opened = String::with_capacity(sql.len());
    for token in tokens(sql, &Lexicon::MYSQL) {
        let text = token.text(sql);
        let inside = text
            .strip_prefix("/*!")
            .or_else(|| text.strip_prefix("/*M!"));
        match inside.filter(|_| token.kind == TokenKind::Comment) {
            Some(inside) => {
                let inside = inside.strip_suffix("*/").unwrap_or(inside);
                opened.push(' ');
                opened.push_str(inside.trim_start_matches(|c: char| c.is_ascii_digit()));
                opened.push(' ');
            }
            None => opened.push_str(text),
        }
    }
    Cow::Owned(opened)
}

/// What stands between CREATE or ALTER and the kind of object.
struct Modifiers {
    or_replace: bool,
    temporary: bool,
}

/// Reads a statement word by word.
struct Reader<'a> {
    sql: &'a str,
    tokens: Peekable<Box<dyn Iterator<Item = Token> + 'a>>,
}

impl<'a> Reader<'a> {
    fn new(sql: &'a str) -> Self {
        let tokens: Box<dyn Iterator<Item = Token>> = Box::new(significant(sql, &Lexicon::MYSQL));
        Self {
            sql,
            tokens: tokens.peekable(),
        }
    }

    /// The next word in capitals; empty when something else comes.
    fn peek(&mut self) -> String {
        match self.tokens.peek() {
            Some(token) if token.kind == TokenKind::Word => {
                token.text(self.sql).to_ascii_uppercase()
            }
            _ => String::new(),
        }
    }

    /// The next word in capitals, passed; empty when something else comes, which stays.
    fn word(&mut self) -> String {
        let word = self.peek();
        if !word.is_empty() {
            self.skip();
        }
        word
    }

    /// The next word, passed with what stands before it.
    fn any(&mut self) -> Option<String> {
        let token = self.tokens.find(|token| token.kind == TokenKind::Word)?;
        Some(token.text(self.sql).to_ascii_uppercase())
    }

    fn skip(&mut self) {
        self.tokens.next();
    }

    fn accept(&mut self, word: &str) -> bool {
        let found = self.peek() == word;
        if found {
            self.skip();
        }
        found
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let sql = self.sql;
        self.tokens
            .next_if(|token| token.kind == TokenKind::Symbol && token.text(sql) == symbol)
            .is_some()
    }

    /// Passes everything up to and including a word.
    fn find(&mut self, word: &str) -> bool {
        let sql = self.sql;
        self.tokens.any(|token| {
            token.kind == TokenKind::Word && token.text(sql).eq_ignore_ascii_case(word)
        })
    }

    /// `IF EXISTS`, `IF NOT EXISTS`.
    fn if_exists(&mut self) -> bool {
        self.accept("IF") && {
            self.accept("NOT");
            self.accept("EXISTS")
        }
    }

    /// The kind of object that a word names, as `SHOW CREATE` calls it.
    fn kind(&mut self, object: &str) -> String {
        match object {
            "TABLES" => "table".to_owned(),
            "SCHEMA" => "database".to_owned(),
            "PACKAGE" if self.accept("BODY") => "package body".to_owned(),
            other => other.to_ascii_lowercase(),
        }
    }

    fn modifiers(&mut self) -> Modifiers {
        let mut found = Modifiers {
            or_replace: false,
            temporary: false,
        };
        loop {
            match self.peek().as_str() {
                "OR" => {
                    self.skip();
                    found.or_replace = self.accept("REPLACE");
                }
                "TEMPORARY" => found.temporary = self.accept("TEMPORARY"),
                "UNIQUE" | "FULLTEXT" | "SPATIAL" | "VECTOR" | "AGGREGATE" | "ONLINE"
                | "OFFLINE" | "IGNORE" => self.skip(),
                // `ALGORITHM = MERGE`, `SQL SECURITY INVOKER`.
                "ALGORITHM" | "SQL" => (0..3).for_each(|_| self.skip()),
                "DEFINER" => self.skip_definer(),
                _ => return found,
            }
        }
    }

    /// `DEFINER = 'user'@'host'`, up to what must follow it.
    fn skip_definer(&mut self) {
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
        while self.tokens.peek().is_some() && !FOLLOWING.contains(&self.peek().as_str()) {
            self.skip();
        }
    }

    /// `name` or `database.name`.
    fn name(&mut self) -> Option<TableName> {
        let first = self.identifier()?;
        if !self.symbol(".") {
            return Some(TableName {
                database: None,
                name: first,
            });
        }
        Some(TableName {
            database: Some(first),
            name: self.identifier()?,
        })
    }

    fn identifier(&mut self) -> Option<String> {
        let sql = self.sql;
        let is_name = |token: &Token| matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
        let text = self.tokens.next_if(is_name)?.text(sql);
        let quote = text.chars().next().filter(|first| "`\"".contains(*first));
        Some(match quote {
            Some(quote) => text
                .get(1..text.len().saturating_sub(1))
                .unwrap_or_default()
                .replace(&format!("{quote}{quote}"), &quote.to_string()),
            None => text.to_owned(),
        })
    }

    /// Names with commas, or the word `between`, between them.
    fn names(&mut self, between: &str) -> Vec<TableName> {
        let mut names = Vec::new();
        while let Some(name) = self.name() {
            names.push(name);
            if self.accept("WAIT") {
                self.skip();
            }
            self.accept("NOWAIT");
            if !self.symbol(",") && (between.is_empty() || !self.accept(between)) {
                break;
            }
        }
        names
    }

    /// The new name after RENAME, unless something inside the table is renamed.
    fn rename_target(&mut self) -> Option<TableName> {
        if ["COLUMN", "INDEX", "KEY", "CONSTRAINT"].contains(&self.peek().as_str()) {
            return None;
        }
        if !self.accept("TO") && !self.accept("AS") {
            self.symbol("=");
        }
        self.name()
    }

    /// True when the rest of a CREATE TABLE takes its rows from somewhere.
    fn selects(&mut self) -> bool {
        let sql = self.sql;
        let mut depth = 0_usize;
        self.tokens
            .any(|token| match (token.kind, token.text(sql)) {
                (TokenKind::Symbol, "(") => {
                    depth += 1;
                    false
                }
                (TokenKind::Symbol, ")") => {
                    depth = depth.saturating_sub(1);
                    false
                }
                (TokenKind::Word, word) => is(word, "SELECT") || (depth == 0 && is(word, "AS")),
                _ => false,
            })
    }

    /// What stands before `=` in SET, without blanks; `None` at the end.
    fn assignment_target(&mut self) -> Option<String> {
        self.tokens.peek()?;
        let sql = self.sql;
        let mut target = String::new();
        while let Some(token) = self
            .tokens
            .next_if(|token| !matches!(token.text(sql), "=" | ":=" | ","))
        {
            target.push_str(token.text(sql));
        }
        Some(target)
    }

    /// The first word or number after `=`, in capitals, and everything up to the next target.
    fn assigned_value(&mut self) -> String {
        let sql = self.sql;
        let mut value = None;
        let mut depth = 0_usize;
        for token in self.tokens.by_ref() {
            match token.text(sql) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                "," if depth == 0 => break,
                "=" | ":=" => {}
                text => {
                    value.get_or_insert_with(|| text.trim_matches('\'').to_ascii_uppercase());
                }
            }
        }
        value.unwrap_or_default()
    }
}

fn is(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
}
