//! The changes of one table.

use std::collections::BTreeSet;

use super::options::{self, OptionChanges};
use super::{pairing, refuse, values};
use crate::dialect::mysql::render;
use crate::dialect::mysql::types::literal;
use crate::diff::{AlterTable, Change, Commented, Hazard, TableChange};
use crate::error::Result;
use crate::ident::Name;
use crate::plan::{Context, Needs, Planned};
use crate::schema::{Column, Index};

/// One ALTER TABLE where that is legal, and the ones that cannot stand in it.
pub(super) fn alter_table(
    alter: &AlterTable,
    place: usize,
    context: &Context<'_>,
) -> Result<Planned> {
    let mut clauses = Clauses::default();
    let changed = options::changes(alter)?;
    clauses.modified = changed.converted.clone();
    clauses.ended.clone_from(&changed.ended);
    clauses.begins_versions = options::begins_versions(alter);
    for part in &alter.parts {
        clauses.add(alter, part)?;
        if let TableChange::AddForeignKey(key) = part {
            pairing::check(&alter.name, &alter.to, key, context.to)?;
        }
    }
    clauses.modify(alter)?;
    if let Some(guard) = values::guard(alter) {
        clauses.last.push(guard.add);
        clauses.alone.push(guard.drop);
    }
    clauses.options(changed);
    let table = name_at(alter, place, context);
    let versioned = alter.from.options.has("system_versioned");
    Ok(Planned {
        statements: clauses.statements(&table, versioned),
        needs: Needs::NONE,
        hazards: clauses.hazards,
    })
}

/// The name that the table has when the change is made: foreign keys go before tables get their
/// new names.
fn name_at(alter: &AlterTable, place: usize, context: &Context<'_>) -> Name {
    let later = context.changes.iter().skip(place);
    let mut name = alter.name.clone();
    let renames: Vec<_> = later
        .filter_map(|change| match change {
            Change::RenameTable { from, to } => Some((from, to)),
            _ => None,
        })
        .collect();
    for (from, to) in renames.into_iter().rev() {
        if *to == name {
            name = from.clone();
        }
    }
    name
}

/// What is said after ALTER TABLE, and in how many statements.
#[derive(Default)]
struct Clauses {
    /// Keys and constraints that go, and other names for keys.
    first: Vec<String>,
    /// What ends the versions of rows, with the columns of their times.
    ended: Vec<String>,
    /// Other names for columns: the one before, the one after.
    renamed: Vec<(String, String)>,
    /// Columns that go and come.
    columns: Vec<String>,
    /// Columns that are written again.
    modified: BTreeSet<String>,
    /// Columns of which only the default changes, each with the clause for it.
    defaults: Vec<(String, String)>,
    /// Keys and constraints that come, and what the table itself says.
    last: Vec<String>,
    comment: Option<String>,
    /// Each in a statement of its own.
    alone: Vec<String>,
    /// The table gets versions, and had none when its columns change.
    begins_versions: bool,
    /// Columns that are to have no versions, which only a table that has some can say.
    unversioned: Vec<String>,
    full_text: bool,
    hazards: Vec<Hazard>,
}

impl Clauses {
    fn add(&mut self, alter: &AlterTable, part: &TableChange) -> Result<()> {
        match part {
            TableChange::RenameColumn { from, to } => self.rename(from, to),
            TableChange::RenameIndex { from, to } => self.rename_index(alter, from, to),
            TableChange::AddColumn(column) => {
                refuse::column(&alter.name, column)?;
                let definition = self.definition(alter, column);
                self.columns.push(format!("ADD COLUMN {definition}"));
            }
            // It goes with the versions.
            TableChange::DropColumn(column)
                if !self.ended.is_empty() && options::is_of_versions(column) => {}
            TableChange::DropColumn(column) => {
                let name = render::identifier(&column.name);
                self.columns.push(format!("DROP COLUMN {name}"));
            }
            TableChange::AlterColumn { from, to } => match values::default_alone(from, to) {
                Some(clause) => self.defaults.push((to.name.clone(), clause)),
                None => {
                    self.modified.insert(to.name.clone());
                }
            },
            TableChange::SetPrimaryKey { from, to } => {
                if from.is_some() {
                    self.columns.insert(0, "DROP PRIMARY KEY".to_owned());
                }
                if let Some(key) = to {
                    refuse::primary_key(&alter.name, key)?;
                    self.last.push(format!("ADD {}", render::primary_key(key)));
                }
            }
            TableChange::AddUnique(unique) => {
                refuse::unique(&alter.name, unique)?;
                self.last.push(format!("ADD {}", render::unique(unique)));
            }
            TableChange::DropUnique(unique) => {
                let name = refuse::name(&alter.name, "unique constraint", unique.name.as_deref())?;
                self.first.push(format!("DROP KEY {name}"));
            }
            TableChange::AddIndex(index) => self.add_index(alter, index)?,
            TableChange::DropIndex(index) => {
                if visibility(alter, index).is_none() {
                    let name = render::identifier(&index.name);
                    self.first.push(format!("DROP KEY {name}"));
                }
            }
            _ => return self.add_constraint(alter, part),
        }
        Ok(())
    }

    fn add_constraint(&mut self, alter: &AlterTable, part: &TableChange) -> Result<()> {
        let table = &alter.name;
        match part {
            TableChange::AddCheck(check) | TableChange::DropCheck(check)
                if check.column.is_some() =>
            {
                // Such a check is part of its column, and comes and goes with it.
                let column = check.column.as_deref().unwrap_or_default();
                if stays(alter, column) {
                    self.modified.insert(column.to_owned());
                }
            }
            TableChange::AddCheck(check) => {
                refuse::check(table, check)?;
                self.last.push(format!("ADD {}", render::check(check)));
            }
            TableChange::DropCheck(check) => {
                let name = refuse::name(table, "check", check.name.as_deref())?;
                self.first.push(format!("DROP CONSTRAINT {name}"));
            }
            TableChange::AddForeignKey(key) => {
                refuse::foreign_key(table, key)?;
                self.last.push(format!("ADD {}", render::foreign_key(key)));
            }
            TableChange::DropForeignKey(key) => {
                let name = refuse::name(table, "foreign key", key.name.as_deref())?;
                self.first.push(format!("DROP FOREIGN KEY {name}"));
            }
            TableChange::SetComment { on, to, .. } => self.comment(alter, on, to.as_deref()),
            TableChange::AddExclusion(_) | TableChange::DropExclusion(_) => {
                return Err(refuse::unsupported("an exclusion constraint", table));
            }
            TableChange::RenameConstraint { from, .. } => {
                return Err(refuse::unsupported(
                    &format!("another name for the constraint `{from}`"),
                    table,
                ));
            }
            // Read all at once.
            TableChange::SetOptions { .. } => {}
            _ => {}
        }
        Ok(())
    }

    /// The names in one statement are all those before it, so that a swap needs no third one.
    fn rename(&mut self, from: &str, to: &str) {
        match self.renamed.iter_mut().find(|(_, after)| after == from) {
            Some((_, after)) => after.replace_range(.., to),
            None => self.renamed.push((from.to_owned(), to.to_owned())),
        }
    }

    /// An index that changes otherwise, too, or whose names another index has before or after, is
    /// made anew.
    fn rename_index(&mut self, alter: &AlterTable, from: &str, to: &str) {
        let (old, new) = (render::identifier(from), render::identifier(to));
        let Some(index) = alter
            .to
            .index(to)
            .filter(|_| is_in_the_way(alter, from, to))
        else {
            return self.first.push(format!("RENAME KEY {old} TO {new}"));
        };
        self.first.push(format!("DROP KEY {old}"));
        self.last.push(format!("ADD {}", render::index(index)));
    }

    /// One full text index at a time is what InnoDB builds in place; a second one stands alone.
    fn add_index(&mut self, alter: &AlterTable, index: &Index) -> Result<()> {
        refuse::index(&alter.name, index)?;
        if let Some(words) = visibility(alter, index) {
            let name = render::identifier(&index.name);
            self.last.push(format!("ALTER INDEX {name} {words}"));
            return Ok(());
        }
        let clause = format!("ADD {}", render::index(index));
        let is_full_text = index.method.as_deref() == Some("fulltext");
        match is_full_text && std::mem::replace(&mut self.full_text, true) {
            true => self.alone.push(clause),
            false => self.last.push(clause),
        }
        Ok(())
    }

    fn comment(&mut self, alter: &AlterTable, on: &Commented, to: Option<&str>) {
        match on {
            Commented::Table => {
                let comment = literal::text(to.unwrap_or_default());
                self.comment = Some(format!("COMMENT={comment}"));
            }
            // There is no other way to give an index another comment.
            Commented::Index(name) => {
                if let Some(index) = alter.to.index(name).filter(|_| !is_renamed(alter, name)) {
                    let old = render::identifier(name);
                    self.first.push(format!("DROP KEY {old}"));
                    self.last.push(format!("ADD {}", render::index(index)));
                }
            }
            Commented::Constraint(_) => {}
        }
    }

    /// Writes each column that changes once, whole, unless only its default does.
    fn modify(&mut self, alter: &AlterTable) -> Result<()> {
        let defaults = std::mem::take(&mut self.defaults).into_iter();
        self.columns.extend(
            defaults
                .filter(|(column, _)| !self.modified.contains(column))
                .map(|(_, clause)| clause),
        );
        for column in &alter.to.columns {
            if self.modified.contains(&column.name) {
                refuse::column(&alter.name, column)?;
                let definition = self.definition(alter, column);
                self.columns.push(format!("MODIFY COLUMN {definition}"));
            }
        }
        Ok(())
    }

    /// A column as it is written before the table has versions, where it gets some; what it says of
    /// them follows.
    fn definition(&mut self, alter: &AlterTable, column: &Column) -> String {
        let whole = render::column(column, &alter.to);
        let mut plain = column.clone();
        if !self.begins_versions || plain.options.remove("without_system_versioning").is_none() {
            return whole;
        }
        self.unversioned.push(format!("MODIFY COLUMN {whole}"));
        render::column(&plain, &alter.to)
    }

    fn options(&mut self, changed: OptionChanges) {
        self.first.extend(changed.drops);
        self.last.extend(changed.clauses);
        self.alone.extend(changed.alone);
        self.hazards.extend(changed.hazards);
    }

    /// The statements. Columns get their names in one of their own, so that what follows can use
    /// the new ones, and so do versions end before others begin; what stands alone comes last.
    fn statements(&self, table: &Name, versioned: bool) -> Vec<String> {
        let renames = self.renamed.iter().map(|(from, to)| {
            let (from, to) = (render::identifier(from), render::identifier(to));
            format!("RENAME COLUMN {from} TO {to}")
        });
        let mut first = [self.first.clone(), self.ended.clone()].concat();
        first.extend(renames);
        let rest = self.columns.iter().chain(&self.last).chain(&self.comment);
        let rest = rest.cloned().collect();
        let mut groups = match self.renamed.is_empty() && self.ended.is_empty() {
            true => vec![[first, rest].concat()],
            false => vec![first, rest],
        };
        groups.extend(self.alone.iter().map(|clause| vec![clause.clone()]));
        let unversioned = Some(&self.unversioned).filter(|clauses| !clauses.is_empty());
        groups
            .iter()
            .filter(|clauses| !clauses.is_empty())
            .map(|clauses| statement(table, clauses, versioned))
            .chain(unversioned.map(|clauses| statement(table, clauses, true)))
            .collect()
    }
}

/// `ALTER TABLE t …`, on one line when it says one thing.
///
/// A versioned table is changed only when the session says that its history may be, too:
/// <https://mariadb.com/kb/en/system-versioned-tables/#system_versioning_alter_history>
fn statement(table: &Name, clauses: &[String], versioned: bool) -> String {
    let before = match versioned {
        true => "SET STATEMENT system_versioning_alter_history = 'KEEP' FOR ",
        false => "",
    };
    let table = render::name(table);
    match clauses {
        [one] => format!("{before}ALTER TABLE {table} {one}"),
        many => format!("{before}ALTER TABLE {table}\n  {}", many.join(",\n  ")),
    }
}

/// The words that hide an index or show it again, where that is all that changes about it.
fn visibility(alter: &AlterTable, index: &Index) -> Option<&'static str> {
    let find = |wanted: fn(&TableChange) -> Option<&Index>| {
        let mut found = alter.parts.iter().filter_map(wanted);
        found.find(|other| other.name == index.name)
    };
    let from = find(|part| match part {
        TableChange::DropIndex(index) => Some(index),
        _ => None,
    })?;
    let to = find(|part| match part {
        TableChange::AddIndex(index) => Some(index),
        _ => None,
    })?;
    for (option, hidden, shown) in [
        ("ignored", "IGNORED", "NOT IGNORED"),
        ("invisible", "INVISIBLE", "VISIBLE"),
    ] {
        let bare = |index: &Index| {
            let mut bare = index.clone();
            bare.options.remove(option);
            bare
        };
        if from.options.has(option) != to.options.has(option) && bare(from) == bare(to) {
            return Some(match to.options.has(option) {
                true => hidden,
                false => shown,
            });
        }
    }
    None
}

/// True where something else is done with the index, or with another one of these names.
fn is_in_the_way(alter: &AlterTable, from: &str, to: &str) -> bool {
    alter.parts.iter().any(|part| match part {
        TableChange::SetComment {
            on: Commented::Index(name),
            ..
        } => name == to,
        TableChange::DropIndex(index) => index.name == to,
        TableChange::AddIndex(index) => index.name == from,
        TableChange::RenameIndex {
            from: other_from,
            to: other_to,
        } => other_from == to || other_to == from,
        _ => false,
    })
}

fn is_renamed(alter: &AlterTable, name: &str) -> bool {
    let mut parts = alter.parts.iter();
    parts.any(|part| matches!(part, TableChange::RenameIndex { to, .. } if to == name))
}

/// True for a column, by its name after the change, that is there before and after it.
fn stays(alter: &AlterTable, column: &str) -> bool {
    let before = alter
        .parts
        .iter()
        .rev()
        .fold(column, |name, part| match part {
            TableChange::RenameColumn { from, to } if to == name => from,
            _ => name,
        });
    alter.from.column(before).is_some() && alter.to.column(column).is_some()
}
