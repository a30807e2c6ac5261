//! `freight migrate redo`: reverts the newest migrations and applies them again, while they are
//! being written.

use std::time::Instant;

use freight_core::Result;

use super::{Access, Project, standing};
use crate::args::RedoArgs;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use crate::words::duration;

/// Reverts and applies again.
///
/// # Errors
/// Whatever stops it; what ran before is recorded.
pub(super) fn run(
    args: &RedoArgs,
    project: &Project<'_>,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let mut session = project.open(Access::Change, printer)?;
    let begun = Instant::now();
    let report = session.run(printer, |migrator| migrator.redo(args.steps.get()))?;
    printer.report(&session.database_name, &report)?;
    let standing = standing(report.applied, report.pending);
    if report.finished.is_empty() {
        printer.note(&format!("nothing to redo: {standing}"));
    } else {
        printer.note(&format!(
            "done in {}; {standing} on {}",
            duration(begun.elapsed()),
            session.database_name
        ));
    }
    Ok(ExitStatus::Done)
}
