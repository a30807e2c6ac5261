//! What is said when a history is in the way, cannot be taken over, or is not all there is.

use super::TOOLS;
use super::find::Found;
use super::tool::{Entry, ForeignTool, Table};
use crate::error::{Error, ErrorKind};
use crate::migrate::directory::Directory;
use crate::migrate::event::Warning;
use crate::migrate::file::Migration;

fn not_adoptable(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::NotAdoptable, message)
}

/// The first run finds migrations that another tool applied.
pub(super) fn foreign_history(found: &Found, count: usize) -> Error {
    Error::new(
        ErrorKind::ForeignHistory,
        format!(
            "`{}` says that {} applied {count} of these migrations",
            found.table.name,
            found.tool.name()
        ),
    )
    .with_hint(
        "take its history over with `freight migrate adopt`, or say where this database stands with `freight migrate baseline ID`",
    )
}

/// `--from` names no tool.
pub(super) fn unknown_tool(name: &str) -> Error {
    let names: Vec<_> = TOOLS.iter().map(|tool| tool.name()).collect();
    Error::bad_argument(format!(
        "`{name}` is not a tool whose history Freight reads"
    ))
    .with_hint(format!("the tools are {}", names.join(", ")))
}

/// `--from` names a tool that left nothing.
pub(super) fn no_table_of(tool: &dyn ForeignTool) -> Error {
    let name = tool.name();
    not_adoptable(format!(
        "this database has no history of {name}: no table {} with its columns",
        quoted(tool.tables()).join(" or ")
    ))
    .with_hint("check that this is the right database; `freight migrate status` shows which one")
}

/// No tool left anything.
pub(super) fn nothing_found() -> Error {
    let mut tables: Vec<&str> = Vec::new();
    for table in TOOLS.iter().flat_map(|tool| tool.tables()) {
        if !tables.contains(table) {
            tables.push(table);
        }
    }
    not_adoptable(format!(
        "this database has no history of another tool; looked for {}",
        quoted(&tables).join(", ")
    ))
    .with_hint("say where the database stands with `freight migrate baseline ID`")
}

/// More than one tool left something.
pub(super) fn several(found: &[Found]) -> Error {
    let names: Vec<_> = found
        .iter()
        .map(|found| format!("{} (`{}`)", found.tool.name(), found.table.name))
        .collect();
    let options: Vec<_> = found
        .iter()
        .map(|found| format!("`--from {}`", found.tool.name()))
        .collect();
    not_adoptable(format!(
        "this database has histories of several tools: {}",
        names.join(", ")
    ))
    .with_hint(format!("choose one with {}", options.join(" or ")))
}

/// Ecto's table has the name of others'.
pub(super) fn is_ecto(table: Option<&Table>) -> bool {
    table.is_some_and(|table| table.is_exactly(&["version", "inserted_at"]))
}

/// Ecto's migrations are Elixir programs.
pub(super) fn ecto() -> Error {
    not_adoptable("`schema_migrations` is the history of Ecto, whose migrations are no SQL")
        .with_hint(
            "write the schema as it is into a SQL migration, and record it with `freight migrate baseline ID`",
        )
}

/// An entry in a state that Freight does not take over.
pub(super) fn unfinished(found: &Found, entry: &Entry) -> Error {
    let (state, hint) = match &entry.problem {
        Some(problem) => (problem.state.as_str(), problem.hint.as_str()),
        None => ("", ""),
    };
    not_adoptable(format!(
        "migration `{}` {state} (`{}` of {})",
        label(entry),
        found.table.name,
        found.tool.name()
    ))
    .with_hint(hint)
}

/// An applied migration has no file.
pub(super) fn missing_file(
    found: &Found,
    entry: &Entry,
    count: usize,
    directory: &Directory,
) -> Error {
    let more = match count {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    not_adoptable(format!(
        "{} applied migration `{}`, and `{}` has no file for it{more}",
        found.tool.name(),
        label(entry),
        roots(directory)
    ))
    .with_hint(
        "restore the file, or name another folder with `--dir`, or say where this database stands with `freight migrate baseline ID`",
    )
}

/// A file is not the one that was applied.
pub(super) fn changed(
    found: &Found,
    migration: &Migration,
    algorithm: &str,
    newest: Option<&&Migration>,
) -> Error {
    let newest = newest.map_or("ID", |newest| newest.id.as_str());
    let path = &migration.up.path;
    not_adoptable(format!(
        "`{}` is not the file that {} applied: its {algorithm} differs from the one in `{}`",
        path.display(),
        found.tool.name(),
        found.table.name
    ))
    .at(path, 0, 0)
    .with_hint(format!(
        "restore the file as it was applied, or, if the difference does not matter, record the files as they are with `freight migrate baseline {newest}`"
    ))
}

/// Not one migration of the history has a file.
pub(super) fn nothing_matches(found: &Found, count: usize, directory: &Directory) -> Error {
    not_adoptable(format!(
        "`{}` has no SQL file for any of the {count} migrations in `{}` of {}",
        roots(directory),
        found.table.name,
        found.tool.name()
    ))
    .with_hint(
        "write the schema as it is into a SQL migration, and record it with `freight migrate baseline ID`",
    )
}

/// Programs ran, and what they did is there.
pub(super) fn programs(found: &Found, programs: &[Entry]) -> Warning {
    const SHOWN: usize = 5;
    let labels: Vec<_> = programs
        .iter()
        .take(SHOWN)
        .map(|entry| format!("`{}`", label(entry)))
        .collect();
    let more = match programs.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Warning {
        message: format!(
            "{} applied {}{more}, which {} no SQL here; what was done is not in Freight's history",
            found.tool.name(),
            labels.join(", "),
            if programs.len() == 1 { "is" } else { "are" },
        ),
        hint: Some("a database that is made anew lacks it: write it as a SQL migration".to_owned()),
    }
}

/// The history has no rows.
pub(super) fn empty(found: &Found) -> Warning {
    Warning {
        message: format!(
            "the history of {} in `{}` has no applied migration",
            found.tool.name(),
            found.table.name
        ),
        hint: None,
    }
}

/// A migration that the tool did not apply, though it applied later ones.
pub(super) fn gap(found: &Found, migration: &Migration) -> Warning {
    Warning {
        message: format!(
            "{} never applied `{}`, though it applied later ones; the next run applies it",
            found.tool.name(),
            migration.up.path.display()
        ),
        hint: Some(
            "if its changes are in the database already, delete the file or make it empty before the next run".to_owned(),
        ),
    }
}

fn label(entry: &Entry) -> String {
    match &entry.name {
        Some(name) if !name.is_empty() && *name != entry.id => format!("{} {name}", entry.id),
        _ => entry.id.clone(),
    }
}

fn roots(directory: &Directory) -> String {
    let roots: Vec<_> = directory
        .roots
        .iter()
        .map(|root| root.display().to_string())
        .collect();
    roots.join("`, `")
}

fn quoted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("`{name}`")).collect()
}
