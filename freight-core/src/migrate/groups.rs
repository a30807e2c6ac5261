//! How a script's statements are put into transactions: a pure function of what they are.
//!
//! ```text
//! transactional DDL          BEGIN  s1 s2 s3 …  record  COMMIT
//! opted out, own BEGIN       s1 record · s2 record · …    each alone, or in its own small transaction
//! no transactional DDL       DDL alone, runs of row changes together, record after each
//! ```
//!
//! Whatever the shape, the record of progress is in the same transaction as the statements that it
//! counts wherever the database allows one, so that a crash can make at most one statement's
//! outcome unknown.

use std::ops::Range;

use super::file::Script;
use super::support::{Effect, StatementFacts, TransactionRule};
use crate::dialect::Capabilities;
use crate::error::{Error, ErrorKind, Result};
use crate::sql::SplitStatement;

/// Statements that are run, and recorded, as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// In a transaction of Freight's, which also holds the record.
    Together(Range<usize>),
    /// Outside any transaction of Freight's. What is sent is noted before, what ran after.
    Alone(usize),
}

impl Group {
    /// The statements, by index.
    pub(super) fn range(&self) -> Range<usize> {
        match self {
            Self::Together(range) => range.clone(),
            Self::Alone(index) => *index..*index + 1,
        }
    }
}

/// How a script is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Grouping {
    /// The groups, in order; together they are all statements.
    pub(super) groups: Vec<Group>,
    /// Statements that are not sent because the engine does what they ask for, by index.
    pub(super) lifted: Vec<usize>,
    /// Foreign keys are off around the whole script, and checked at its end.
    pub(super) foreign_keys_off: bool,
    /// The indexes of statements after which the transaction has to be committed early.
    pub(super) early_commits: Vec<usize>,
}

impl Grouping {
    /// True when everything, the record included, is one transaction.
    pub(super) fn is_atomic(&self) -> bool {
        matches!(self.groups.as_slice(), [] | [Group::Together(_)])
    }
}

/// A script with what its statements are.
pub(super) struct Statements<'a> {
    pub(super) script: &'a Script,
    pub(super) split: &'a [SplitStatement],
    pub(super) facts: &'a [StatementFacts],
}

/// Decides how a script is run.
pub(super) fn group(statements: &Statements<'_>, capabilities: &Capabilities) -> Result<Grouping> {
    statements.refuse_switching()?;
    let mut grouping = form(statements, capabilities)?;
    let skipped =
        |(index, facts): (usize, &StatementFacts)| facts.skipped.is_some().then_some(index);
    grouping
        .lifted
        .extend(statements.facts.iter().enumerate().filter_map(skipped));
    Ok(grouping)
}

fn form(statements: &Statements<'_>, capabilities: &Capabilities) -> Result<Grouping> {
    let opted_out = statements.script.transaction == Some(false);
    if !capabilities.transactional_ddl {
        return Ok(statements.by_effect(opted_out));
    }
    if opted_out {
        return Ok(Grouping {
            groups: statements.one_by_one(),
            ..Grouping::default()
        });
    }
    let mut lifted = statements.wrapping_transaction();
    let foreign_keys_off =
        statements.lift_foreign_keys(&mut lifted)? || statements.script.foreign_keys_off;
    lifted.sort_unstable();
    let rest = |index: &usize| !lifted.contains(index);
    if statements.has(rest, |facts| {
        matches!(
            facts.transaction,
            TransactionRule::Begins | TransactionRule::Ends
        )
    }) {
        // The file opens and ends its own transactions; Freight keeps out of them.
        statements.refuse_foreign_keys_off(foreign_keys_off)?;
        return Ok(Grouping {
            groups: statements.each_alone(),
            ..Grouping::default()
        });
    }
    if statements.has(rest, |facts| {
        facts.transaction == TransactionRule::Forbidden
    }) {
        statements.refuse_mixed(rest)?;
        statements.refuse_foreign_keys_off(foreign_keys_off)?;
        return Ok(Grouping {
            groups: statements.each_alone(),
            lifted,
            ..Grouping::default()
        });
    }
    let early_commits = statements.early_commits();
    Ok(Grouping {
        groups: statements.cut_after(&early_commits),
        lifted,
        foreign_keys_off,
        early_commits,
    })
}

impl Statements<'_> {
    fn len(&self) -> usize {
        self.facts.len()
    }

    fn text(&self, index: usize) -> &str {
        self.split
            .get(index)
            .map(|statement| statement.text(&self.script.text))
            .unwrap_or_default()
    }

    fn has(&self, among: impl Fn(&usize) -> bool, is: impl Fn(&StatementFacts) -> bool) -> bool {
        self.facts
            .iter()
            .enumerate()
            .any(|(index, facts)| among(&index) && is(facts))
    }

    /// An error about one statement, with its place.
    fn error(&self, kind: ErrorKind, index: usize, message: String) -> Error {
        let (line, column) = self
            .split
            .get(index)
            .map_or((0, 0), |at| (at.line, at.column));
        Error::new(kind, message)
            .at(&self.script.path, line, column)
            .with_sql(self.text(index))
    }

    fn refuse_switching(&self) -> Result<()> {
        for (index, facts) in self.facts.iter().enumerate() {
            if let Some(what) = &facts.switches_database {
                let message = format!("{what}, but a migration belongs to the database of the URL");
                return Err(self
                    .error(ErrorKind::SwitchesDatabase, index, message)
                    .with_hint("remove the statement, and name the database in the URL"));
            }
        }
        Ok(())
    }

    /// `BEGIN` first and `COMMIT` last, around everything: what Freight does anyway, and with the
    /// record inside.
    fn wrapping_transaction(&self) -> Vec<usize> {
        let plain = |index: usize, words: &[&str]| {
            self.text(index)
                .split_whitespace()
                .all(|word| words.contains(&word.to_ascii_uppercase().as_str()))
        };
        let control = |rule: TransactionRule| {
            let of = move |facts: &StatementFacts| facts.transaction == rule;
            self.facts
                .iter()
                .enumerate()
                .filter(move |(_, facts)| of(facts))
                .map(|(index, _)| index)
        };
        let begins: Vec<_> = control(TransactionRule::Begins).collect();
        let ends: Vec<_> = control(TransactionRule::Ends).collect();
        let ([first], [last]) = (begins.as_slice(), ends.as_slice()) else {
            return Vec::new();
        };
        let outside = |index: &usize| index < first || index > last;
        let is_bare = !self.has(outside, |facts| {
            facts.effect != Effect::Session && facts.foreign_keys.is_none()
        });
        let is_plain = plain(
            *first,
            &[
                "BEGIN",
                "START",
                "TRANSACTION",
                "WORK",
                "IMMEDIATE",
                "DEFERRED",
                "EXCLUSIVE",
            ],
        ) && plain(*last, &["COMMIT", "END", "TRANSACTION", "WORK"]);
        if first < last && is_bare && is_plain {
            vec![*first, *last]
        } else {
            Vec::new()
        }
    }

    /// `PRAGMA foreign_keys = OFF … ON`: SQLite ignores it inside a transaction, so it is lifted
    /// out, where what stands outside the pair does not depend on it.
    /// <https://sqlite.org/pragma.html#pragma_foreign_keys>
    fn lift_foreign_keys(&self, lifted: &mut Vec<usize>) -> Result<bool> {
        let mut on = true;
        let mut ever_off = false;
        let mut dependent = None;
        for (index, facts) in self.facts.iter().enumerate() {
            match facts.foreign_keys {
                Some(to) => {
                    on = to;
                    ever_off |= !to;
                    lifted.push(index);
                }
                None if on && self.depends_on_foreign_keys(index) => {
                    dependent = dependent.or(Some(index))
                }
                None => {}
            }
        }
        match dependent {
            Some(index) if ever_off => Err(self
                .error(
                    ErrorKind::InvalidDirective,
                    index,
                    "the file switches foreign keys off, and this statement runs while they are on".to_owned(),
                )
                .with_hint(
                    "inside a transaction SQLite ignores `PRAGMA foreign_keys`: put the statement into a \
                     migration of its own, or put `-- freight:foreign-keys-off` above the first statement",
                )),
            _ => Ok(ever_off),
        }
    }

    /// Changing rows or dropping a table does something else when foreign keys are enforced.
    fn depends_on_foreign_keys(&self, index: usize) -> bool {
        let Some(facts) = self.facts.get(index) else {
            return false;
        };
        match facts.effect {
            Effect::Session => false,
            Effect::Rows => facts.transaction == TransactionRule::Allowed,
            Effect::Definitions => self
                .text(index)
                .split_whitespace()
                .next()
                .is_some_and(|word| word.eq_ignore_ascii_case("DROP")),
        }
    }

    fn refuse_foreign_keys_off(&self, off: bool) -> Result<()> {
        if !off {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidDirective,
            format!(
                "`{}` switches foreign keys off and cannot run in one transaction",
                self.script.path.display()
            ),
        )
        .at(&self.script.path, 0, 0)
        .with_hint("foreign keys are checked before the commit: move what needs no transaction into another migration"))
    }

    /// Statements that cannot stand in a transaction may be alone, or beside settings; beside
    /// anything else the author has to say that all of it may be left half-way.
    fn refuse_mixed(&self, among: impl Fn(&usize) -> bool) -> Result<()> {
        let is_other = |facts: &StatementFacts| {
            facts.transaction != TransactionRule::Forbidden && facts.effect != Effect::Session
        };
        if !self.has(among, is_other) {
            return Ok(());
        }
        let first = self
            .facts
            .iter()
            .position(|facts| facts.transaction == TransactionRule::Forbidden)
            .unwrap_or_default();
        Err(self
            .error(
                ErrorKind::NeedsNoTransaction,
                first,
                "this statement cannot run in a transaction, and others of the migration can".to_owned(),
            )
            .with_hint(
                "move it into a migration of its own, or put `-- freight:transaction off` above the first \
                 statement: each statement is then recorded by itself",
            ))
    }

    /// A value that `ALTER TYPE … ADD VALUE` adds can be used only once it is committed.
    /// <https://www.postgresql.org/docs/current/sql-altertype.html>
    fn early_commits(&self) -> Vec<usize> {
        let adds = self
            .facts
            .iter()
            .enumerate()
            .filter_map(|(index, facts)| Some((index, facts.adds_enum_value.as_ref()?)));
        let used = adds.filter(|(index, value)| {
            let literal = format!("'{}'", value.replace('\'', "''"));
            (index + 1..self.len()).any(|later| {
                let is_add = self
                    .facts
                    .get(later)
                    .is_some_and(|facts| facts.adds_enum_value.is_some());
                !is_add && self.text(later).contains(&literal)
            })
        });
        used.map(|(index, _)| index).collect()
    }

    fn cut_after(&self, cuts: &[usize]) -> Vec<Group> {
        let mut start = 0;
        let mut groups = Vec::new();
        for end in cuts.iter().map(|cut| cut + 1).chain([self.len()]) {
            if start < end {
                groups.push(Group::Together(start..end));
            }
            start = end;
        }
        groups
    }

    fn each_alone(&self) -> Vec<Group> {
        (0..self.len()).map(Group::Alone).collect()
    }

    /// Without a transaction around the script: each statement in a small one with its record,
    /// where it allows that. What needs a transaction (`LOCK TABLE`) keeps it to the end, or to
    /// the next statement that cannot be in one. What the file begins itself it also ends.
    fn one_by_one(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut own_transaction = false;
        let mut open = false;
        for (index, facts) in self.facts.iter().enumerate() {
            let alone = own_transaction || facts.effect == Effect::Session && !open;
            match facts.transaction {
                TransactionRule::Begins => {
                    (own_transaction, open) = (true, false);
                    groups.push(Group::Alone(index));
                }
                TransactionRule::Ends => {
                    (own_transaction, open) = (false, false);
                    groups.push(Group::Alone(index));
                }
                TransactionRule::Forbidden | TransactionRule::MayEnd => {
                    open = false;
                    groups.push(Group::Alone(index));
                }
                _ if alone => groups.push(Group::Alone(index)),
                TransactionRule::Required | TransactionRule::Allowed => {
                    match groups.last_mut() {
                        Some(Group::Together(range)) if open => range.end = index + 1,
                        _ => groups.push(Group::Together(index..index + 1)),
                    }
                    open |= facts.transaction == TransactionRule::Required;
                }
            }
        }
        groups
    }

    /// Where DDL commits by itself: changes of rows together, with their record; everything else
    /// alone. A file with transactions of its own keeps them.
    fn by_effect(&self, opted_out: bool) -> Grouping {
        let mut lifted = self.wrapping_transaction();
        if self.has(
            |index| !lifted.contains(index),
            |facts| {
                matches!(
                    facts.transaction,
                    TransactionRule::Begins | TransactionRule::Ends
                )
            },
        ) {
            lifted.clear();
            return Grouping {
                groups: self.each_alone(),
                ..Grouping::default()
            };
        }
        let mut groups: Vec<Group> = Vec::new();
        for (index, facts) in self.facts.iter().enumerate() {
            let is_rows =
                facts.effect == Effect::Rows && facts.transaction != TransactionRule::Forbidden;
            match groups.last_mut() {
                Some(Group::Together(range)) if is_rows && !opted_out => range.end = index + 1,
                _ if is_rows => groups.push(Group::Together(index..index + 1)),
                _ => groups.push(Group::Alone(index)),
            }
        }
        Grouping {
            groups,
            lifted,
            ..Grouping::default()
        }
    }
}

#[cfg(test)]
mod tests;
