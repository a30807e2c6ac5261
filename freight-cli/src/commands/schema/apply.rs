//! `freight apply`: makes the database equal to a schema, after showing how.

use std::io::IsTerminal;

use freight_core::compare::Comparison;
use freight_core::diff::RenameHints;
use freight_core::driver::DatabaseUrl;
use freight_core::migrate::{Directory, Event, Migrator, Options};
use freight_core::plan::Plan;
use freight_core::schema::Schema;
use freight_core::source::SchemaSource;
use freight_core::{Database, Error, ErrorKind, Result};
use serde_json::json;

use super::{Sources, hints, require_allowed, require_answers, require_founded, steps};
use crate::args::{ApplyArgs, GlobalArgs};
use crate::commands::migrate::{Access, is_missing, open_database, tell_caches};
use crate::exit::ExitStatus;
use crate::json;
use crate::printer::Printer;
use crate::words::count;

/// Plans, asks, applies.
///
/// # Errors
/// An open question; what loses data and was not allowed; whatever the database answers.
pub(crate) fn run(
    args: &ApplyArgs,
    flags: &GlobalArgs,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let sources = Sources::load(flags, &args.compare.reading, printer)?;
    let url = sources.settings.database()?.url;
    let dialect = url.dialect().dialect();
    let to = sources.source_or_models(args.to.as_deref())?;
    printer.detail(&format!("database: {url}"));
    printer.detail(&format!("to: {to}"));
    sources.check_namespaces(dialect)?;
    let own = sources.reading(dialect, &[&SchemaSource::Database(url.clone()), &to])?;
    let reading = own.borrowed();
    let wanted = reading.read(&to)?;
    for note in &wanted.notes {
        printer.note(&format!("note: {note}"));
    }
    let mut answers = hints(&args.compare)?;
    answers.tables.extend(wanted.renames.tables.clone());
    answers.columns.extend(wanted.renames.columns.clone());
    refuse_exchange(&answers)?;
    // A file that does not exist is created when there is a yes, and not before.
    let mut database = open_database(&url, Access::Look)?;
    let compare = |database: &mut Database, to: &Schema| -> Result<Comparison> {
        let from = reading.inspect(database)?;
        Comparison::new(&reading, from, to.clone(), &answers)
    };
    let comparison = compare(&mut database, &wanted.schema)?;
    require_founded(&comparison, &args.compare, dialect)?;
    require_answers(&comparison, printer)?;
    printer.data(&comparison.plan.script())?;
    for note in &comparison.difference.opaque {
        printer.note(&format!("note: {note}"));
    }
    let statements = comparison.plan.statements().count();
    let fields = |applied: bool| {
        json::fields(json!({
            "database": url.to_string(),
            "applied": applied,
            "steps": steps::of(&comparison.plan),
        }))
    };
    if comparison.plan.is_empty() {
        printer.note(&format!("nothing to do: {url} has this schema already"));
        printer.object(fields(false))?;
        return Ok(ExitStatus::Done);
    }
    if args.dry_run {
        printer.note(&format!(
            "dry run: {} would be sent to {url}; nothing was changed",
            count(statements, "statement")
        ));
        printer.object(fields(false))?;
        return Ok(ExitStatus::Done);
    }
    require_allowed(&comparison, &args.allow)?;
    confirm(flags, printer, &url, &comparison.plan)?;
    if is_missing(&url) {
        database = open_database(&url, Access::Create)?;
    }
    // Where the database had to spell the schema, it has done so already.
    let replan = |database: &mut Database| {
        compare(database, &comparison.to).map(|comparison| comparison.plan)
    };
    carry_out(&mut database, &comparison.plan, replan, printer)?;
    printer.note(&format!(
        "done: {} on {url}, and nothing differs any more",
        count(statements, "statement")
    ));
    printer.object(fields(true))?;
    Ok(ExitStatus::Done)
}

fn carry_out(
    database: &mut Database,
    plan: &Plan,
    mut replan: impl FnMut(&mut Database) -> Result<Plan>,
    printer: &mut Printer,
) -> Result<()> {
    let directory = Directory::empty();
    let mut listener = |event: &Event| printer.event(event);
    let mut migrator = Migrator::new(database, &directory, Options::default(), &mut listener);
    let outcome = migrator.apply(plan, &mut replan);
    tell_caches(database, printer);
    outcome
}

/// Refuses names that are exchanged: when it is done nothing shows that it is, so what was asked
/// for could not be checked, and a second run would exchange them back.
fn refuse_exchange(answers: &RenameHints) -> Result<()> {
    let exchanged = answers.exchanges();
    if exchanged.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidUsage,
        format!(
            "`freight apply` cannot exchange names ({}): nobody could see whether it is done",
            exchanged.join(", ")
        ),
    )
    .with_hint("write a migration, which is applied once: `freight migrate diff NAME --rename …`"))
}

/// Asks whether to go on. Without a terminal nobody can answer, and only `--yes` says it.
fn confirm(
    flags: &GlobalArgs,
    printer: &mut Printer,
    database: &DatabaseUrl,
    plan: &Plan,
) -> Result<()> {
    if flags.yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() || flags.json {
        printer.decisions(vec![json!({
            "decision": "apply",
            "database": database.to_string(),
            "steps": steps::of(plan),
            "if_applied": "--yes",
            "if_refused": null,
        })]);
        return Err(Error::new(
            ErrorKind::DecisionNeeded,
            format!("the plan for {database} waits for a yes"),
        )
        .with_hint("give `--yes` to apply it, or `--dry-run` only to see it"));
    }
    printer.ask(&format!("apply this to {database}? [y/N] "));
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(|cause| Error::new(ErrorKind::Io, format!("cannot read the answer: {cause}")))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Error::new(ErrorKind::DecisionNeeded, "nothing was changed")
            .with_hint("answer `y`, or give `--yes`")),
    }
}
