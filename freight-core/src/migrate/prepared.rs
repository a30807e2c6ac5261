//! A script, read and grouped before anything is sent.

use super::event::Event;
use super::file::Script;
use super::groups::{Group, Grouping, Statements, group};
use super::history::{Record, RecordState};
use super::resume::{resume_at, statement_hash};
use super::support::StatementFacts;
use crate::dialect::{Database, Dialect};
use crate::driver::Server;
use crate::error::{Error, ErrorKind, Result};
use crate::parallel;
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
    /// Reads and groups scripts.
    pub(super) fn all(database: &mut Database, scripts: &[&'a Script]) -> Result<Vec<Self>> {
        let (dialect, server) = (database.dialect, database.connection.server());
        let read = parallel::map(scripts, |script| Read::new(dialect, server, script))?;
        read.into_iter()
            .map(|script| script.grouped(database))
            .collect()
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
                .for_each(|index| match self.script.is_program {
                    true => say(&format!("-- the program `{}`", self.script.path.display())),
                    false => say(self.text(index)),
                });
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

/// What a script tells by itself.
struct Read<'a> {
    script: &'a Script,
    split: Vec<SplitStatement>,
    facts: Vec<StatementFacts>,
    hashes: Vec<String>,
}

impl<'a> Read<'a> {
    fn new(dialect: &dyn Dialect, server: &Server, script: &'a Script) -> Result<Self> {
        if script.is_program {
            return Ok(Self::program(script));
        }
        let split = script.statements(dialect.lexicon())?;
        let texts = || split.iter().map(|statement| statement.text(&script.text));
        let support = dialect.migrations();
        Ok(Self {
            facts: texts().map(|text| support.facts(server, text)).collect(),
            hashes: texts().map(statement_hash).collect(),
            script,
            split,
        })
    }

    /// A program is one statement, as far as the record goes, that changes rows.
    fn program(script: &'a Script) -> Self {
        let whole = SplitStatement {
            range: 0..script.text.len(),
            copy: None,
            line: 1,
            column: 1,
        };
        Self {
            script,
            facts: vec![StatementFacts::rows()],
            hashes: vec![statement_hash(&script.text)],
            split: vec![whole],
        }
    }

    /// The script in groups. What only the server knows is asked for.
    fn grouped(mut self, database: &mut Database) -> Result<Prepared<'a>> {
        let support = database.dialect.migrations();
        for (facts, statement) in self.facts.iter_mut().zip(&self.split) {
            if facts.switches_database.is_some()
                && support.stays_in_database(
                    &mut *database.connection,
                    statement.text(&self.script.text),
                )?
            {
                facts.switches_database = None;
            }
        }
        let statements = Statements {
            script: self.script,
            split: &self.split,
            facts: &self.facts,
        };
        let grouping = group(&statements, database.dialect.capabilities())?;
        Ok(Prepared {
            script: self.script,
            split: self.split,
            facts: self.facts,
            hashes: self.hashes,
            grouping,
        })
    }
}
