//! `freight migrate`, `freight migrate up`: applies what is pending.

use std::time::Instant;

use freight_core::Result;
use freight_core::migrate::{Report, Target};

use super::{Access, Project, Session, standing};
use crate::args::UpArgs;
use crate::exit::ExitStatus;
use crate::printer::Printer;
use crate::words::{count, duration};

/// Applies what is pending, as far as the flags say.
///
/// # Errors
/// Whatever stops it; what ran before is recorded.
pub(super) fn run(
    args: &UpArgs,
    project: &Project<'_>,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let access = if args.dry_run {
        Access::Look
    } else {
        Access::Create
    };
    let mut session = project.open(access, printer)?;
    session.options.dry_run = args.dry_run;
    if args.dry_run {
        printer.begin_dry_run();
    }
    let begun = Instant::now();
    let report = session.run(printer, |migrator| migrator.up(&target(args)))?;
    printer.report(&session.database_name, &report)?;
    if args.dry_run {
        let planned = count(printer.planned(), "migration");
        printer.note(&format!(
            "dry run: {planned} would be applied to {}; nothing was changed",
            session.database_name
        ));
    } else if report.finished.is_empty() {
        nothing_to_do(&session, &report, printer);
    } else {
        let done = count(report.finished.len(), "migration");
        printer.note(&format!(
            "done: {done} in {}; {} on {}",
            duration(begun.elapsed()),
            standing(report.applied, report.pending),
            session.database_name
        ));
        if report.finished.len() == report.applied {
            printer.next(&[
                "freight migrate status     shows how every migration stands",
                "freight migrate new NAME   writes the next migration",
            ]);
        }
    }
    Ok(ExitStatus::Done)
}

fn target(args: &UpArgs) -> Target {
    match (&args.to, args.steps) {
        (Some(id), _) => Target::To(id.clone()),
        (None, Some(steps)) => Target::Steps(steps.get()),
        (None, None) => Target::All,
    }
}

fn nothing_to_do(session: &Session, report: &Report, printer: &mut Printer) {
    if report.applied == 0 && session.directory.migrations.is_empty() {
        printer.note(&format!(
            "nothing to do: there are no migrations in {} yet",
            session.folders()
        ));
        printer.next(&["freight migrate new NAME   writes the first migration"]);
    } else {
        printer.note(&format!(
            "nothing to do: {}",
            standing(report.applied, report.pending)
        ));
    }
}
