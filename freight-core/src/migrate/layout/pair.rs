//! golang-migrate, sqlx and their like: a file per direction.
//!
//! ```text
//! 001_create_users.up.sql                  001_create_users.down.sql
//! 002_index.mysql.up.sql                   for one database, before the plain 002_index.up.sql
//! 003_concurrently.autocommit.up.sql       outside a transaction (ory)
//! V0004.Name.up.pgsql                      any last extension
//! ```
//!
//! Either direction may be missing: without an up file there is nothing to do forward, without a
//! down file there is no way back. A first line `-- no-transaction` is sqlx's.

use std::collections::BTreeMap;

use super::Reader;
use super::directive::whole;
use super::listing::Ignored;
use super::listing::{Entry, split_extension};
use super::name::require_id;
use super::source::Source;
use super::source::duplicate;
use crate::dialect::DialectName;
use crate::error::Result;
use crate::migrate::event::Direction;
use crate::migrate::file::{Migration, MigrationId, MigrationKind, Script};
use crate::sql::SplitOptions;

/// What a file's name tells.
struct Half<'a> {
    entry: &'a Entry,
    id: MigrationId,
    name: &'a str,
    direction: Direction,
    target: Target,
    autocommit: bool,
}

/// For which database a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Any,
    Dialect {
        name: DialectName,
        /// Spelled as Freight does: `mysql` is before `mariadb`.
        exact: bool,
    },
    /// A database that Freight does not know.
    Foreign,
}

/// Reads every pair.
pub(super) fn read(
    entries: &[Entry],
    reader: Reader,
    ignored: &mut Vec<Ignored>,
) -> Result<Vec<Migration>> {
    let mut groups: BTreeMap<MigrationId, Vec<Half<'_>>> = BTreeMap::new();
    for entry in entries {
        let half = half(entry)?;
        groups.entry(half.id.clone()).or_default().push(half);
    }
    let mut migrations = Vec::new();
    for halves in groups.into_values() {
        let up = choose(&halves, Direction::Up, reader)?;
        let down = choose(&halves, Direction::Down, reader)?;
        for half in &halves {
            let chosen = [up, down].into_iter().flatten();
            if !chosen.into_iter().any(|chosen| std::ptr::eq(chosen, half)) {
                ignored.push(Ignored {
                    path: half.entry.path.clone(),
                    reason: match half.target {
                        Target::Any => format!("a file for {} is before it", reader.dialect),
                        Target::Dialect { name, .. } if name == reader.dialect => {
                            "a file with the database's own name is before it".to_owned()
                        }
                        Target::Dialect { name, .. } => format!("for {name}"),
                        Target::Foreign => "for a database that Freight does not know".to_owned(),
                    },
                });
            }
        }
        migrations.extend(migration(up, down, reader)?);
    }
    Ok(migrations)
}

fn migration(
    up: Option<&Half<'_>>,
    down: Option<&Half<'_>>,
    reader: Reader,
) -> Result<Option<Migration>> {
    let Some(named) = up.or(down) else {
        return Ok(None);
    };
    let read = |half: &Half<'_>| -> Result<Script> {
        let source = Source::read(half.entry)?;
        let mut script = whole(&source, reader)?;
        let no_transaction = half.autocommit || has_no_transaction(&source);
        script.transaction = script.transaction.or(no_transaction.then_some(false));
        Ok(script)
    };
    Ok(Some(Migration {
        id: named.id.clone(),
        name: named.name.to_owned(),
        kind: MigrationKind::Versioned,
        up: match up {
            Some(half) => read(half)?,
            None => Script::new(named.entry.path.clone(), "".into(), SplitOptions::default()),
        },
        down: down.map(read).transpose()?,
    }))
}

/// sqlx's directive: the very first bytes of the file.
pub(super) fn has_no_transaction(source: &Source) -> bool {
    source.text.starts_with("-- no-transaction")
}

/// The file for one direction: one for this dialect, or else one for any.
fn choose<'a, 'b>(
    halves: &'b [Half<'a>],
    direction: Direction,
    reader: Reader,
) -> Result<Option<&'b Half<'a>>> {
    let rank = |half: &Half<'_>| match half.target {
        Target::Dialect { name, exact } if name == reader.dialect => {
            Some(if exact { 0 } else { 1 })
        }
        Target::Any => Some(2),
        Target::Dialect { .. } | Target::Foreign => None,
    };
    let mut best: Option<(i32, &Half<'_>)> = None;
    for half in halves.iter().filter(|half| half.direction == direction) {
        let Some(rank) = rank(half) else { continue };
        match best {
            Some((other, _)) if other < rank => {}
            Some((other, rival)) if other == rank => {
                return Err(duplicate(&half.id, &rival.entry.path, &half.entry.path));
            }
            _ => best = Some((rank, half)),
        }
    }
    Ok(best.map(|(_, half)| half))
}

/// Reads a name: `ID_title[.dialect][.autocommit].up.sql`.
fn half(entry: &Entry) -> Result<Half<'_>> {
    let (stem, extension) = split_extension(&entry.name);
    let mut title = stem.trim_end_matches('.');
    let direction = match cut(&mut title) {
        Some("down") => Direction::Down,
        _ => Direction::Up,
    };
    let (mut target, mut autocommit) = (Target::Any, false);
    loop {
        let mut rest = title;
        match cut(&mut rest) {
            Some("autocommit") => autocommit = true,
            // pop's word for every database.
            Some("all") => {}
            Some(word) => match target_of(word) {
                Some(named) => target = named,
                None => break,
            },
            None => break,
        }
        title = rest;
    }
    let expected = format!("20240131123456_create_users.up.{extension}");
    let (id, name) = require_id(title, &entry.path, &expected)?;
    Ok(Half {
        entry,
        id,
        name,
        direction,
        target,
        autocommit,
    })
}

/// Takes the last part off a dotted name.
fn cut<'a>(name: &mut &'a str) -> Option<&'a str> {
    let (rest, last) = name.rsplit_once('.')?;
    *name = rest.trim_end_matches('.');
    Some(last)
}

fn target_of(word: &str) -> Option<Target> {
    if let Some(name) = DialectName::parse(word) {
        return Some(Target::Dialect {
            name,
            exact: word == name.as_str(),
        });
    }
    matches!(
        word,
        "cockroach" | "cockroachdb" | "crdb" | "mssql" | "sqlserver" | "oracle" | "clickhouse"
    )
    .then_some(Target::Foreign)
}
