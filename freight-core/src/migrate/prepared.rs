//! A script, read and grouped before anything is sent.

use super::event::Event;
use super::file::Script;
use super::groups::{Group, Grouping, Statements, group};
use super::history::{Record, RecordState};
use super::resume::{resume_at, statement_hash};
use super::support::StatementFacts;
use crate::dialect::Database;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::SplitStatement;

/// A script, its statements, what they are, and how they are grouped.
pub(super) struct Prepared<'a> {
    pub(super) script: &'a Script,
    pub(super) split: Vec<SplitStatement>,
    pub(super) facts: Vec<StatementFacts>,
    pub(super) hashes: Vec<String>,
    pub(super) grouping: Grouping,
}

impl<'a> Prepared<'a> {
    /// Reads and groups a script.
    pub(super) fn new(database: &mut Database, script: &'a Script) -> Result<Self> {
        let dialect = database.dialect;
        let split = script.statements(dialect.lexicon())?;
        let texts = || split.iter().map(|statement| statement.text(&script.text));
        let mut facts = Vec::with_capacity(split.len());
        for text in texts() {
            facts.push(facts_of(database, text)?);
        }
        let hashes = texts().map(statement_hash).collect();
        let statements = Statements {
            script,
            split: &split,
            facts: &facts,
        };
        let grouping = group(&statements, dialect.capabilities())?;
        Ok(Self {
            script,
            split,
            facts,
            hashes,
            grouping,
        })
    }

    /// Refuses a script that cannot share one transaction with others.
    pub(super) fn require_atomic(&self) -> Result<()> {
        if self.grouping.is_atomic() && !self.grouping.foreign_keys_off {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::NeedsNoTransaction,
            format!(
                "`{}` cannot be part of one transaction for the whole run",
                self.script.path.display()
            ),
        )
        .at(&self.script.path, 0, 0)
        .with_hint("run without `--tx-mode all`, or migrate up to it first with `--to`"))
    }

    /// Tells what would be sent, in order.
    pub(super) fn show(&self, start: usize, listener: &mut dyn FnMut(&Event)) {
        let mut say = |sql: &str| {
            listener(&Event::Statement {
                sql: sql.to_owned(),
            })
        };
        if self.grouping.foreign_keys_off {
            say("PRAGMA foreign_keys = OFF");
        }
        for group in &self.grouping.groups {
            let range = group.range().start.max(start)..group.range().end;
            let in_transaction = matches!(group, Group::Together(_)) && !range.is_empty();
            if in_transaction {
                say("BEGIN");
            }
            range
                .filter(|index| !self.grouping.lifted.contains(index))
                .for_each(|index| say(self.text(index)));
            if in_transaction {
                say("COMMIT");
            }
        }
        if self.grouping.foreign_keys_off {
            say("PRAGMA foreign_keys = ON");
        }
    }

    pub(super) fn statements(&self) -> Statements<'_> {
        Statements {
            script: self.script,
            split: &self.split,
            facts: &self.facts,
        }
    }

    pub(super) fn text(&self, index: usize) -> &str {
        self.split
            .get(index)
            .map(|statement| statement.text(&self.script.text))
            .unwrap_or_default()
    }

    /// The first statement that did not run, by the row of an earlier run.
    pub(super) fn resume_at(
        &self,
        database: &mut Database,
        record: Option<&Record>,
    ) -> Result<usize> {
        match record {
            Some(record) if record.state != RecordState::Applied => {
                let support = database.dialect.migrations();
                resume_at(
                    &mut *database.connection,
                    support,
                    &self.statements(),
                    &self.hashes,
                    record,
                )
            }
            _ => Ok(0),
        }
    }
}

/// What a statement is, where only the server knows all of it.
fn facts_of(database: &mut Database, text: &str) -> Result<StatementFacts> {
    let support = database.dialect.migrations();
    let mut facts = support.facts(database.connection.server(), text);
    if facts.switches_database.is_some()
        && support.stays_in_database(&mut *database.connection, text)?
    {
        facts.switches_database = None;
    }
    Ok(facts)
}
