//! `freight migrate down`: reverts, newest first.
//!
//! It asks nothing: how far to go stands on the command line, and without a word it is one step.

use std::time::Instant;

use freight_core::Result;
use freight_core::migrate::Target;

use super::{Access, Project, standing};
use crate::args::DownArgs;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use crate::words::{count, duration};

/// Reverts migrations, one unless the flags say otherwise.
///
/// # Errors
/// Whatever stops it; what ran before is recorded.
pub(super) fn run(
    args: &DownArgs,
    project: &Project<'_>,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let access = if args.dry_run {
        Access::Look
    } else {
        Access::Change
    };
    let mut session = project.open(access, printer)?;
    session.options.dry_run = args.dry_run;
    if args.dry_run {
        printer.begin_dry_run();
    }
    let begun = Instant::now();
    let report = session.run(printer, |migrator| migrator.down(&target(args)))?;
    printer.report(&session.database_name, &report)?;
    let standing = standing(report.applied, report.pending);
    if args.dry_run {
        let planned = count(printer.planned(), "migration");
        printer.note(&format!(
            "dry run: {planned} would be reverted on {}; nothing was changed",
            session.database_name
        ));
    } else if report.finished.is_empty() {
        printer.note(&format!("nothing to revert: {standing}"));
    } else {
        printer.note(&format!(
            "done: {} in {}; {standing} on {}",
            count(report.finished.len(), "migration"),
            duration(begun.elapsed()),
            session.database_name
        ));
    }
    Ok(ExitStatus::Done)
}

fn target(args: &DownArgs) -> Target {
    match (&args.to, args.steps) {
        (Some(id), _) => Target::To(id.clone()),
        (None, Some(steps)) => Target::Steps(steps.get()),
        (None, None) => Target::Steps(1),
    }
}
