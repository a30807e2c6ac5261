//! `freight cache`: the namespaces of programs that have a cache, as the database knows them.

use std::time::Duration;

use freight_core::cache::{
    Cache, Namespace, Settings as Behaviour, SystemClock, Trouble, changes_of, namespaces, renew,
};
use freight_core::{Database, Error, ErrorKind, Result};
use serde_json::json;

use super::migrate::{Access, open_database};
use crate::args::{CacheArgs, CacheCommand, GlobalArgs, RotateArgs};
use crate::exit::ExitStatus;
use crate::json;
use crate::printer::Printer;
use crate::settings::{CacheSetting, Settings};
use crate::table::table;
use crate::words::count;

/// How long Redis may take for an answer, and for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the command that was typed.
///
/// # Errors
/// Whatever the database answers; a namespace that is not there.
pub(super) fn run(
    args: &CacheArgs,
    flags: &GlobalArgs,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let settings = Settings::load(flags)?;
    let setting = settings.database()?;
    printer.detail(&format!("database: {}", setting.url));
    let access = match args.command {
        CacheCommand::Status => Access::Look,
        CacheCommand::Purge(_) | CacheCommand::Rotate(_) => Access::Change,
    };
    let mut database = open_database(&setting.url, access)?;
    let found = namespaces(&mut database)?;
    match &args.command {
        CacheCommand::Status => status(&found, printer)?,
        CacheCommand::Purge(args) => {
            let name = args.namespace.as_deref();
            known(name, &found)?;
            let done = renew(&mut database, name)?;
            let done = usize::try_from(done).unwrap_or(usize::MAX);
            printer.note(&format!("{} begun anew", count(done, "namespace")));
            printer.object(json::fields(json!({ "namespaces": done })))?;
        }
        CacheCommand::Rotate(args) => rotate(args, &settings, &mut database, &found, printer)?,
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

fn known(name: Option<&str>, found: &[Namespace]) -> Result<()> {
    let Some(name) = name else { return Ok(()) };
    if found.iter().any(|one| one.name == name) {
        return Ok(());
    }
    let message = format!("no program has a cache in the namespace `{name}`");
    let error = Error::new(ErrorKind::BadArgument, message);
    Err(error.with_hint("`freight cache status` lists them"))
}

/// Gives tables other generations, so that nothing is found that was kept of them before.
fn rotate(
    args: &RotateArgs,
    settings: &Settings,
    database: &mut Database,
    found: &[Namespace],
    printer: &mut Printer,
) -> Result<()> {
    if database.dialect.capabilities().file_url {
        let message = "programs keep nothing of a file of SQLite that is older than the file";
        return Err(Error::new(ErrorKind::Unsupported, message)
            .with_hint("there is nothing to rotate: they see each change of it by themselves"));
    }
    let setting = settings.cache()?;
    let name = args.namespace.as_deref().or(setting.namespace.as_deref());
    if found.is_empty() {
        let message = "no program has a cache for this database";
        return Err(Error::new(ErrorKind::BadArgument, message)
            .with_hint("is `--url` that of the database which the programs use?"));
    }
    known(name, found)?;
    let url = redis_url(args, &setting)?;
    let writes = changes_of(database, &args.tables)?;
    let chosen = found.iter().map(|one| one.name.as_str());
    let chosen: Vec<&str> = chosen
        .filter(|one| name.is_none_or(|name| name == *one))
        .collect();
    for namespace in &chosen {
        let mut cache = cache_of(&url, namespace)?;
        let done = cache.forget(&writes);
        done.map_err(|trouble| not_rotated(namespace, &trouble))?;
    }
    printer.note(&format!(
        "{} forgotten in {}",
        count(args.tables.len(), "table"),
        count(chosen.len(), "namespace")
    ));
    printer.object(json::fields(
        json!({ "tables": args.tables, "namespaces": chosen.len() }),
    ))
}

fn redis_url(args: &RotateArgs, setting: &CacheSetting) -> Result<String> {
    let url = args.redis.as_ref().or(setting.redis.as_ref());
    url.cloned().ok_or_else(|| {
        let message = "nobody says where the Redis of the cache is";
        Error::new(ErrorKind::MissingSetting, message).with_hint(
            "give `--redis redis://host:6379/0`, or write `cache: { redis: … }` into `freight.yaml`",
        )
    })
}

/// The cache of a namespace, for somebody who has time.
fn cache_of(url: &str, namespace: &str) -> Result<Cache> {
    let behaviour = Behaviour {
        namespace: namespace.to_owned(),
        read_limit: PATIENCE,
        write_limit: PATIENCE,
        ..Behaviour::default()
    };
    let wire = freight_lua::cache_wire(url, PATIENCE)?;
    Ok(Cache::new(behaviour, wire, Box::new(SystemClock)))
}

fn not_rotated(namespace: &str, trouble: &Trouble) -> Error {
    let message = format!(
        "the namespace `{namespace}` forgets nothing: {}",
        trouble.message()
    );
    let hint = format!(
        "`freight cache purge {namespace}` has it forget everything, by the database alone"
    );
    Error::new(ErrorKind::ConnectionFailed, message).with_hint(hint)
}
