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
            up: script_text(&self.up),
            down: script_text(&self.down),
        }
    }

    fn migration(&self, directory: &Directory) -> Migration {
        let script = |plan: &Plan| {
            let path = PathBuf::from("the new migration");
            let mut script =
                Script::new(path, Arc::from(script_text(plan)), SplitOptions::default());
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

/// A plan as a script: directives, hazards that were allowed, statements.
fn script_text(plan: &Plan) -> String {
    let mut text = String::new();
    for directive in plan.needs.directives() {
        text.push_str(directive);
        text.push('\n');
    }
    for statement in plan.statements() {
        text.push_str(statement);
        text.push_str(";\n");
    }
    text
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
    )?;
    let server = database.connection.server();
    Ok((end, format!("{} {}", server.product, server.version)))
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
fn must_equal(reading: &Reading<'_>, is: &Schema, wanted: &Schema, what: &str) -> Result<()> {
    let comparison = Comparison::new(reading, is.clone(), wanted.clone(), &RenameHints::default())?;
    if comparison.difference.is_empty() {
        return Ok(());
    }
    let rest: Vec<_> = comparison
        .plan
        .statements()
        .map(|statement| format!("{statement};"))
        .collect();
    Err(Error::new(ErrorKind::NotConverged, what).with_sql(rest.join("\n")))
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

/// Proves migrations in a throw-away database: all of them up, those that can down again, and up
/// once more; the end state is that of the first time, and what `wanted` says.
///
/// # Errors
/// [`ErrorKind::NotConverged`] with the statements that are missing; those of a run.
pub fn verify(
    reading: &Reading<'_>,
    directory: &Directory,
    wanted: Option<&Schema>,
) -> Result<Verified> {
    let mut scratch = reading.scratch()?;
    let database = opened(&mut scratch)?;
    run(database, directory, |migrator| {
        migrator.up(&Target::All).map(drop)
    })?;
    let end = reading.inspect(database)?;
    if let Some(wanted) = wanted {
        must_equal(
            reading,
            &end,
            wanted,
            "the migrations do not lead to the models",
        )?;
    }
    let versioned = || {
        directory
            .migrations
            .iter()
            .rev()
            .filter(|migration| migration.kind == MigrationKind::Versioned)
    };
    let reversible = versioned()
        .take_while(|migration| migration.down.is_some())
        .count();
    if reversible > 0 {
        run(database, directory, |migrator| {
            migrator.down(&Target::Steps(reversible)).map(drop)
        })?;
        if reversible == versioned().count() {
            let rest = reading.inspect(database)?;
            must_equal(
                reading,
                &rest,
                &Schema::default(),
                "the way back does not lead back to nothing",
            )?;
        }
        run(database, directory, |migrator| {
            migrator.up(&Target::All).map(drop)
        })?;
        let again = reading.inspect(database)?;
        must_equal(
            reading,
            &again,
            &end,
            "the migrations lead elsewhere the second time",
        )?;
    }
    let server = database.connection.server();
    Ok(Verified {
        server: format!("{} {}", server.product, server.version),
        migrations: directory.migrations.len(),
        reversible,
    })
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

/// True when the snapshot beside the migrations is there and stale.
#[must_use]
pub fn is_stale(directory: &Directory, file: &Path) -> bool {
    file.exists() && snapshot(file).map_or(true, |found| found.migrations != stamp(directory))
}
