//! Migrations that follow from models: what `freight migrate diff` writes, and its proof.
//!
//! ```text
//! migrations ─► end state ─┐
//!                          ├─► Comparison ─► up, down ─► proof in a throw-away database
//! models ──────► schema ───┘
//! ```
//!
//! The end state of the migrations is what they make of an empty database. Replaying them takes a
//! server, so it is kept in a snapshot beside them, stamped with the checksums of the files that
//! it stands for: one that is stale is never believed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::compare::Comparison;
use crate::dialect::Database;
use crate::diff::RenameHints;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{
    Directory, Event, Migration, MigrationId, MigrationKind, Migrator, Options, Script, Scripts,
    Target,
};
use crate::plan::Plan;
use crate::schema::{Schema, Snapshot};
use crate::source::{Reading, opened, snapshot};
use crate::sql::SplitOptions;

/// The name of the snapshot beside the migrations of a dialect.
pub const SNAPSHOT_FILE: &str = "schema.json";

/// A migration that is ready to be written.
#[derive(Clone, Debug)]
pub struct Evolution {
    /// Forward.
    pub up: Plan,
    /// Back.
    pub down: Plan,
    /// What the migrations lead to with it, for the snapshot.
    pub end: Schema,
    /// Where it was proved: product and version; `None` where no server was at hand.
    pub proof: Option<String>,
}

/// The end state of migrations: from the snapshot where its stamp is true, else by a replay.
///
/// # Errors
/// Those of a replay.
pub fn end_state(reading: &Reading<'_>, directory: &Directory) -> Result<Schema> {
    if directory.migrations.is_empty() {
        return Ok(Schema::default());
    }
    if let Some(file) = snapshot_file(directory)
        && file.exists()
        && let Ok(found) = snapshot(&file)
        && found.migrations == stamp(directory)
        && found.dialect == reading.dialect.name()
    {
        return Ok(found.schema);
    }
    reading.migrations(directory)
}

/// Where the snapshot of a directory is.
#[must_use]
pub fn snapshot_file(directory: &Directory) -> Option<PathBuf> {
    directory.roots.last().map(|root| root.join(SNAPSHOT_FILE))
}

/// The files that a snapshot stands for: ids and checksums.
#[must_use]
pub fn stamp(directory: &Directory) -> BTreeMap<String, String> {
    directory
        .migrations
        .iter()
        .map(|migration| (migration.id.to_string(), migration.checksum().to_owned()))
        .collect()
}

/// The migration from the comparison of the end state with what is wanted, proved where a
/// throw-away database is at hand.
///
/// # Errors
/// [`ErrorKind::NotConverged`] for one that does not lead there, or not back: it must not be
/// written.
pub fn evolve(
    reading: &Reading<'_>,
    directory: &Directory,
    comparison: Comparison,
    hints: &RenameHints,
) -> Result<Evolution> {
    let back = Comparison::new(
        reading,
        comparison.to.clone(),
        comparison.from.clone(),
        &hints.reverse(),
    )?;
    let mut evolution = Evolution {
        up: comparison.plan,
        down: back.plan,
        end: comparison.to,
        proof: None,
    };
    match prove(reading, directory, &evolution) {
        Ok((end, proof)) => {
            evolution.end = end;
            evolution.proof = Some(proof);
            Ok(evolution)
        }
        Err(error) if error.kind() == ErrorKind::NoScratch => Ok(evolution),
        Err(error) => Err(error),
    }
}

impl Evolution {
    /// The scripts of its files.
    #[must_use]
    pub fn scripts(&self) -> Scripts {
        Scripts {
            head: vec![match &self.proof {
                Some(server) => format!("Proved on {server}: up, down and up again."),
                None => "Not proved: no server was at hand. `freight migrate verify` proves it."
                    .to_owned(),
            }],
            up: lines(self.up.allowances()) + &self.up.script(),
            down: self.down.script(),
        }
    }

    fn migration(&self, directory: &Directory) -> Migration {
        let script = |plan: &Plan| {
            let path = PathBuf::from("the new migration");
            let mut script = Script::new(path, Arc::from(plan.script()), SplitOptions::default());
            script.foreign_keys_off = plan.needs.foreign_keys_off;
            script.transaction = plan.needs.no_transaction.then_some(false);
            script
        };
        Migration {
            id: after(directory),
            name: "new".to_owned(),
            kind: MigrationKind::Versioned,
            up: script(&self.up),
            down: Some(script(&self.down)),
        }
    }
}

fn lines(lines: Vec<String>) -> String {
    lines.into_iter().map(|line| line + "\n").collect()
}

/// An id that comes after all others.
fn after(directory: &Directory) -> MigrationId {
    let newest = directory
        .migrations
        .iter()
        .map(|migration| &migration.id)
        .filter(|id| !id.is_repeatable())
        .max();
    let text = newest.map_or_else(|| "1".to_owned(), |id| format!("{id}.1"));
    MigrationId::parse(&text).unwrap_or_else(|| MigrationId::repeatable(&text))
}

/// Replays the migrations with the new one, goes back, and forward again. Returns what it leads
/// to and on which server.
fn prove(
    reading: &Reading<'_>,
    directory: &Directory,
    evolution: &Evolution,
) -> Result<(Schema, String)> {
    let mut scratch = reading.scratch()?;
    let database = opened(&mut scratch)?;
    run(database, directory, |migrator| {
        migrator.up(&Target::All).map(drop)
    })?;
    let before = reading.inspect(database)?;
    let mut with_new = directory.clone();
    with_new.migrations.push(evolution.migration(directory));
    run(database, &with_new, |migrator| {
        migrator.up(&Target::All).map(drop)
    })?;
    let end = reading.inspect(database)?;
    must_equal(
        reading,
        &end,
        &evolution.end,
        "the new migration does not lead to the models",
        BUG,
    )?;
    run(database, &with_new, |migrator| {
        migrator.down(&Target::Steps(1)).map(drop)
    })?;
    let back = reading.inspect(database)?;
    must_equal(
        reading,
        &back,
        &before,
        "the way back of the new migration does not lead back",
        BUG,
    )?;
    run(database, &with_new, |migrator| {
        migrator.up(&Target::All).map(drop)
    })?;
    let again = reading.inspect(database)?;
    must_equal(
        reading,
        &again,
        &end,
        "the new migration leads elsewhere the second time",
        BUG,
    )?;
    Ok((end, server(database)))
}

/// What is wrong when a migration of Freight's own does not do what it shall.
const BUG: &str =
    "the statements between the two are shown above; please report it as a bug of Freight";

/// Where something was proved: product and version.
fn server(database: &Database) -> String {
    let server = database.connection.server();
    format!("{} {}", server.product, server.version)
}

fn run<T>(
    database: &mut Database,
    directory: &Directory,
    work: impl FnOnce(&mut Migrator<'_>) -> Result<T>,
) -> Result<T> {
    let mut listener = |_: &Event| {};
    work(&mut Migrator::new(
        database,
        directory,
        Options::default(),
        &mut listener,
    ))
}

/// # Errors
/// [`ErrorKind::NotConverged`] with the statements between the two.
fn must_equal(
    reading: &Reading<'_>,
    is: &Schema,
    wanted: &Schema,
    what: &str,
    hint: &str,
) -> Result<()> {
    let comparison = Comparison::new(reading, is.clone(), wanted.clone(), &RenameHints::default())?;
    if comparison.difference.is_empty() {
        return Ok(());
    }
    let rest: Vec<_> = comparison
        .plan
        .statements()
        .map(|statement| format!("{statement};"))
        .collect();
    let message = format!("{}: {what}", reading.dialect.name());
    Err(Error::new(ErrorKind::NotConverged, message)
        .with_sql(rest.join("\n"))
        .with_hint(hint))
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Where: product and version.
    pub server: String,
    /// How many migrations went up.
    pub migrations: usize,
    /// How many of them went down, and up again; the others have no way back.
    pub reversible: usize,
}

/// Proves migrations in a throw-away database: each of them up, those that can down again, newest
/// first, and up once more. Every way back must lead to where the way forward began, the second
/// time must lead to where the first one did, and the end must be what `wanted` says.
///
/// # Errors
/// [`ErrorKind::NotConverged`] with the statements between the two; those of a run.
pub fn verify(
    reading: &Reading<'_>,
    directory: &Directory,
    wanted: Option<&Schema>,
) -> Result<Verified> {
    let mut scratch = reading.scratch()?;
    let database = opened(&mut scratch)?;
    // Repeatable migrations have no way back, and no place in the order of the others.
    let mut versioned = directory.clone();
    versioned
        .migrations
        .retain(|migration| migration.kind != MigrationKind::Repeatable);
    let reversible = prove_versioned(reading, &versioned, database)?;
    run(database, directory, |migrator| {
        migrator.up(&Target::All).map(drop)
    })?;
    if let Some(wanted) = wanted {
        must_equal(
            reading,
            &reading.inspect(database)?,
            wanted,
            "the migrations do not lead to the models",
            "the statements between the two are shown above; `freight migrate diff NAME` writes them as a migration",
        )?;
    }
    Ok(Verified {
        server: server(database),
        migrations: directory.migrations.len(),
        reversible,
    })
}

/// Proves migrations whose order is that of their ids. Returns how many have a way back.
fn prove_versioned(
    reading: &Reading<'_>,
    directory: &Directory,
    database: &mut Database,
) -> Result<usize> {
    let migrations = &directory.migrations;
    let is_reversible = |migration: &&Migration| migration.down.is_some();
    let reversible = migrations.iter().rev().take_while(is_reversible).count();
    let (first, rest) = migrations.split_at(migrations.len() - reversible);
    let up_to = |migration: &Migration, database: &mut Database| {
        run(database, directory, |migrator| {
            migrator.up(&Target::To(migration.id.to_string())).map(drop)
        })
    };
    if let Some(last) = first.last() {
        up_to(last, database)?;
    }
    let mut states = vec![reading.inspect(database)?];
    for migration in rest {
        up_to(migration, database)?;
        states.push(reading.inspect(database)?);
    }
    let Some(end) = states.pop() else {
        return Ok(reversible);
    };
    for (migration, before) in rest.iter().rev().zip(states.iter().rev()) {
        run(database, directory, |migrator| {
            migrator.down(&Target::Steps(1)).map(drop)
        })?;
        must_equal(
            reading,
            &reading.inspect(database)?,
            before,
            &format!(
                "the way back of migration `{}` does not lead back",
                migration.id
            ),
            "mend its down part: what it leaves out is shown above",
        )?;
    }
    if reversible > 0 {
        run(database, directory, |migrator| {
            migrator.up(&Target::All).map(drop)
        })?;
        must_equal(
            reading,
            &reading.inspect(database)?,
            &end,
            "the migrations lead elsewhere the second time",
            "the statements between the two are shown above",
        )?;
    }
    Ok(reversible)
}

/// The snapshot of a directory's end state, as text.
///
/// # Errors
/// Those of [`Snapshot::to_text`].
pub fn snapshot_text(reading: &Reading<'_>, directory: &Directory, end: &Schema) -> Result<String> {
    Snapshot {
        dialect: reading.dialect.name(),
        migrations: stamp(directory),
        schema: end.clone(),
    }
    .to_text()
}

/// True when `file` is the snapshot of the directory's migrations as they are now.
#[must_use]
pub fn is_current(directory: &Directory, file: &Path) -> bool {
    snapshot(file).is_ok_and(|found| found.migrations == stamp(directory))
}
