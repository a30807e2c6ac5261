//! `freight diff`: the SQL between two schemas, whatever they are read from.

use freight_core::Result;
use freight_core::compare::Comparison;
use freight_core::source::SchemaSource;
use serde_json::json;

use super::{Sources, common_dialect, hints, require_answers, require_founded, steps};
use crate::args::{DiffArgs, GlobalArgs};
use crate::commands::migrate::is_missing;
use crate::exit::ExitStatus;
use crate::json;
use crate::printer::Printer;

/// Prints what differs.
///
/// # Errors
/// Sources that cannot be read or compared; an open question about renames.
pub(crate) fn run(
    args: &DiffArgs,
    flags: &GlobalArgs,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let sources = Sources::load(flags, &args.compare.reading, printer)?;
    let from = sources.source_or_database(args.from.as_deref())?;
    let to = sources.source_or_models(args.to.as_deref())?;
    let dialect = common_dialect(&[&from, &to], args.dialect, &sources.settings)?;
    sources.check_namespaces(dialect)?;
    let own = sources.reading(dialect, &[&from, &to])?;
    let reading = own.borrowed();
    printer.detail(&format!("from: {from}"));
    printer.detail(&format!("to: {to}"));
    let from = existing(from, printer);
    let (from, to) = (reading.read(&from)?, reading.read(&to)?);
    for note in from.notes.iter().chain(&to.notes) {
        printer.note(&format!("note: {note}"));
    }
    let mut answers = hints(&args.compare)?;
    answers.tables.extend(to.renames.tables.clone());
    answers.columns.extend(to.renames.columns.clone());
    let comparison = Comparison::new(&reading, from.schema, to.schema, &answers)?;
    require_founded(&comparison, &args.compare, dialect)?;
    require_answers(&comparison, printer)?;
    for note in &comparison.difference.opaque {
        printer.note(&format!("note: {note}"));
    }
    printer.data(&comparison.plan.script())?;
    let is_different = !comparison.difference.is_empty();
    if !comparison.is_certain && is_different {
        printer.note(
            "note: no throw-away database was at hand to compare spellings; give `--scratch URL`",
        );
    }
    if !is_different {
        printer.note("no difference");
    }
    printer.object(json::fields(json!({
        "dialect": dialect.name().as_str(),
        "different": is_different,
        "certain": comparison.is_certain,
        "steps": steps::of(&comparison.plan),
    })))?;
    Ok(match args.check && is_different {
        true => ExitStatus::Found,
        false => ExitStatus::Done,
    })
}

/// The schema before, where the file of a database that does not exist yet counts as empty.
fn existing(source: SchemaSource, printer: &mut Printer) -> SchemaSource {
    match source {
        SchemaSource::Database(url) if is_missing(&url) => {
            printer.note(&format!(
                "note: {url} does not exist yet, and counts as empty"
            ));
            SchemaSource::Empty
        }
        other => other,
    }
}
