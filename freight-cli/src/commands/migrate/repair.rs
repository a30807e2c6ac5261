//! `freight migrate repair`: makes the history say what somebody has found out to be true. No
//! statement of a migration is run.

use freight_core::Result;
use freight_core::migrate::Repair;
use serde_json::json;

use super::{Access, Project};
use crate::args::RepairArgs;
use crate::exit::ExitStatus;
use crate::json;
use crate::printer::Printer;

/// Mends the history.
///
/// # Errors
/// An id that is not known, or that needs no repair of this kind; whatever the database answers.
pub(super) fn run(
    args: &RepairArgs,
    project: &Project<'_>,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let (repair, verb) = wanted(args);
    let mut session = project.open(Access::Change, printer)?;
    let ids = session.run(printer, |migrator| migrator.repair(&repair))?;
    for id in &ids {
        printer.note(&format!("{verb} {id}"));
    }
    if ids.is_empty() {
        printer.note("nothing to repair");
    }
    printer.object(json::fields(json!({
        "database": session.database_name,
        "repaired": ids,
    })))?;
    Ok(ExitStatus::Done)
}

/// What is to be done, and the word for having done it.
fn wanted(args: &RepairArgs) -> (Repair, &'static str) {
    if let Some(id) = &args.forget {
        (Repair::Forget(id.clone()), "forgot")
    } else if let Some(id) = &args.statement_ran {
        (
            Repair::StatementRan(id.clone()),
            "recorded that the statement ran:",
        )
    } else if let Some(id) = &args.statement_did_not_run {
        (
            Repair::StatementDidNotRun(id.clone()),
            "recorded that the statement did not run:",
        )
    } else {
        (Repair::Accept(args.ids.clone()), "accepted")
    }
}
