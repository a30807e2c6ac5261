//! `freight migrate adopt`: takes over the history that another tool left in the database.

use freight_core::Result;
use serde_json::json;

use super::{Access, Project};
use crate::args::AdoptArgs;
use crate::exit::ExitStatus;
use crate::json;
use crate::printer::Printer;
use crate::words::count;

/// Takes over the history of another tool.
///
/// # Errors
/// A history that cannot be taken over as it stands; whatever the database answers.
pub(super) fn run(
    args: &AdoptArgs,
    project: &Project<'_>,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let mut session = project.open(Access::Change, printer)?;
    let adopted = session.run(printer, |migrator| migrator.adopt(args.from.as_deref()))?;
    for warning in &adopted.warnings {
        printer.warn(warning);
    }
    printer.note(&format!(
        "adopted {} of {} from `{}`, which is left as it was",
        count(adopted.ids.len(), "migration"),
        adopted.tool,
        adopted.table
    ));
    printer.next(&["freight migrate status     shows how every migration stands"]);
    printer.object(json::fields(json!({
        "database": session.database_name,
        "tool": adopted.tool,
        "table": adopted.table,
        "ids": adopted.ids,
    })))?;
    Ok(ExitStatus::Done)
}
