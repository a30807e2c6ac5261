//! `freight migrate baseline ID`: a database that has the changes already gets the history that
//! says so. No statement of a migration is run.

use freight_core::Result;

use super::{Access, Project, standing};
use crate::args::BaselineArgs;
use crate::exit::ExitStatus;
use crate::printer::Printer;

/// Records everything up to an id as applied.
///
/// # Errors
/// An id that no migration has; whatever the database answers.
pub(super) fn run(
    args: &BaselineArgs,
    project: &Project<'_>,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let mut session = project.open(Access::Change, printer)?;
    let report = session.run(printer, |migrator| migrator.baseline(&args.id))?;
    printer.report(&session.database_name, &report)?;
    printer.note(&format!(
        "everything up to `{}` counts as applied now, and nothing was run; {} on {}",
        args.id,
        standing(report.applied, report.pending),
        session.database_name
    ));
    Ok(ExitStatus::Done)
}
