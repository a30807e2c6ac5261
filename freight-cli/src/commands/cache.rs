//! `freight cache`: the namespaces of programs that have a cache, as the database knows them.

use freight_core::cache::{Namespace, namespaces, renew};
use freight_core::{Error, ErrorKind, Result};
use serde_json::json;

use super::migrate::{Access, open_database};
use crate::args::{CacheArgs, CacheCommand, GlobalArgs, PurgeArgs};
use crate::exit::ExitStatus;
use crate::json;
use crate::printer::Printer;
use crate::settings::Settings;
use crate::table::table;
use crate::words::count;

/// Runs the command that was typed.
///
/// # Errors
/// Whatever the database answers; a namespace that is not there.
pub(super) fn run(
    args: &CacheArgs,
    flags: &GlobalArgs,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let setting = Settings::load(flags)?.database()?;
    printer.detail(&format!("database: {}", setting.url));
    let access = match args.command {
        CacheCommand::Status => Access::Look,
        CacheCommand::Purge(_) => Access::Change,
    };
    let mut database = open_database(&setting.url, access)?;
    let found = namespaces(&mut database)?;
    match &args.command {
        CacheCommand::Status => status(&found, printer)?,
        CacheCommand::Purge(args) => {
            let name = known(args, &found)?;
            let done = renew(&mut database, name)?;
            let done = usize::try_from(done).unwrap_or(usize::MAX);
            printer.note(&format!("{} begun anew", count(done, "namespace")));
            printer.object(json::fields(json!({ "namespaces": done })))?;
        }
    }
    Ok(ExitStatus::Done)
}

fn status(found: &[Namespace], printer: &mut Printer) -> Result<()> {
    if found.is_empty() {
        printer.data("no program has a cache for this database\n")?;
    } else {
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|one| vec![one.name.clone(), state(one).to_owned()])
            .collect();
        printer.data(&table(&["namespace", "state"], &rows, None))?;
    }
    let listed: Vec<_> = found
        .iter()
        .map(|one| json!({ "name": one.name, "epoch": one.epoch, "suspended": one.is_suspended }))
        .collect();
    printer.object(json::fields(json!({ "namespaces": listed })))
}

/// Suspended is what a program did that could not reach Redis.
fn state(namespace: &Namespace) -> &'static str {
    match namespace.is_suspended {
        true => "suspended",
        false => "in use",
    }
}

fn known<'a>(args: &'a PurgeArgs, found: &[Namespace]) -> Result<Option<&'a str>> {
    let Some(name) = args.namespace.as_deref() else {
        return Ok(None);
    };
    if found.iter().any(|one| one.name == name) {
        return Ok(Some(name));
    }
    let message = format!("no program has a cache in the namespace `{name}`");
    let error = Error::new(ErrorKind::BadArgument, message);
    Err(error.with_hint("`freight cache status` lists them"))
}
