//! `freight migrate status`: one row per migration, and a last line with the sums.

use freight_core::Result;
use freight_core::migrate::{MigrationStatus, State};
use serde_json::{Value, json};

use super::{Access, Project, Session};
use crate::args::StatusArgs;
use crate::exit::ExitStatus;
use crate::json;
use crate::printer::Printer;
use crate::table::table;

/// The states, in the order in which the last line counts them, with their words.
const STATES: &[(State, &str)] = &[
    (State::Applied, "applied"),
    (State::Pending, "pending"),
    (State::PartlyApplied, "partly applied"),
    (State::Changed, "changed"),
    (State::Missing, "missing"),
    (State::Skipped, "skipped"),
];

/// Shows how every migration stands.
///
/// # Errors
/// Files that cannot be read; whatever the database answers.
pub(super) fn run(
    args: &StatusArgs,
    project: &Project<'_>,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let mut session = project.open(Access::Look, printer)?;
    let migrations = session.run(printer, |migrator| migrator.status())?;
    let is_clean = migrations
        .iter()
        .all(|migration| matches!(migration.state, State::Applied | State::Skipped));
    print_text(&migrations, &session, printer)?;
    print_json(&migrations, is_clean, &session, printer)?;
    Ok(if args.check && !is_clean {
        ExitStatus::Found
    } else {
        ExitStatus::Done
    })
}

fn print_text(
    migrations: &[MigrationStatus],
    session: &Session,
    printer: &mut Printer,
) -> Result<()> {
    if migrations.is_empty() {
        printer.data(&format!("no migrations in {}\n", session.folders()))?;
        printer.next(&["freight migrate new NAME   writes the first migration"]);
        return Ok(());
    }
    printer.data(&listed(migrations))?;
    printer.data(&format!("{}\n", sums(migrations)))?;
    for migration in migrations {
        if let Some(error) = &migration.error {
            printer.note(&format!("{} stopped at: {error}", migration.id));
        }
    }
    Ok(())
}

fn listed(migrations: &[MigrationStatus]) -> String {
    let rows: Vec<_> = migrations
        .iter()
        .map(|migration| {
            vec![
                migration.id.clone(),
                migration.name.clone(),
                state(migration),
                migration.applied_at.clone().unwrap_or_default(),
            ]
        })
        .collect();
    table(&["id", "name", "state", "applied at"], &rows, None)
}

fn state(migration: &MigrationStatus) -> String {
    match migration.progress {
        Some((done, total)) if migration.state == State::PartlyApplied => {
            format!("{} {done}/{total}", word(migration.state))
        }
        _ => word(migration.state).to_owned(),
    }
}

fn word(state: State) -> &'static str {
    STATES
        .iter()
        .find(|(known, _)| *known == state)
        .map_or_else(|| state.as_str(), |(_, word)| word)
}

/// `3 applied, 2 pending`: what there is of each, and always the first two.
fn sums(migrations: &[MigrationStatus]) -> String {
    let sums: Vec<String> = STATES
        .iter()
        .map(|(state, word)| (number(migrations, *state), *state, word))
        .filter(|(number, state, _)| {
            *number > 0 || matches!(state, State::Applied | State::Pending)
        })
        .map(|(number, _, word)| format!("{number} {word}"))
        .collect();
    sums.join(", ")
}

fn number(migrations: &[MigrationStatus], state: State) -> usize {
    migrations
        .iter()
        .filter(|migration| migration.state == state)
        .count()
}

fn print_json(
    migrations: &[MigrationStatus],
    is_clean: bool,
    session: &Session,
    printer: &mut Printer,
) -> Result<()> {
    let counts: json::Fields = STATES
        .iter()
        .map(|(state, _)| (state.as_str().to_owned(), json!(number(migrations, *state))))
        .collect();
    let ignored: Vec<Value> = session
        .directory
        .ignored
        .iter()
        .map(json::ignored)
        .collect();
    printer.object(json::fields(json!({
        "database": session.database_name,
        "clean": is_clean,
        "migrations": migrations.iter().map(json::status).collect::<Vec<_>>(),
        "counts": counts,
        "ignored": ignored,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(id: &str, state: State, progress: Option<(usize, usize)>) -> MigrationStatus {
        MigrationStatus {
            id: id.to_owned(),
            name: "create_users".to_owned(),
            state,
            applied_at: (state == State::Applied).then(|| "2024-01-01 00:00:00.000".to_owned()),
            file: None,
            progress,
            error: None,
            reversible: true,
        }
    }

    #[test]
    fn the_table_is_aligned_and_has_no_trailing_blanks() {
        let migrations = [
            migration("1", State::Applied, None),
            migration("20", State::PartlyApplied, Some((3, 20))),
        ];
        assert_eq!(
            listed(&migrations),
            "id  name          state                applied at\n\
             1   create_users  applied              2024-01-01 00:00:00.000\n\
             20  create_users  partly applied 3/20\n"
        );
        assert_eq!(sums(&migrations), "1 applied, 0 pending, 1 partly applied");
    }
}
