//! `freight generate`: the SQL of the models, for one dialect or for all of them.

use freight_core::compare::create_statements;
use freight_core::dialect::Dialect;
use freight_core::source::SchemaSource;
use freight_core::{DialectName, Result};
use serde_json::json;

use super::{Sources, common_dialect};
use crate::args::{Dialects, GenerateArgs, GlobalArgs, ReadingArgs};
use crate::exit::ExitStatus;
use crate::files;
use crate::json;
use crate::printer::Printer;

/// Prints or writes the statements that make the schema in an empty database.
///
/// # Errors
/// Models that are wrong, or that a dialect cannot express; nothing is written then.
pub(crate) fn run(
    args: &GenerateArgs,
    flags: &GlobalArgs,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let sources = Sources::load(flags, &ReadingArgs::default(), printer)?;
    let source = match &args.schema {
        Some(path) => SchemaSource::parse(&path.display().to_string())?,
        None => SchemaSource::Models(sources.models()?),
    };
    printer.detail(&format!("from: {source}"));
    let dialects = dialects(args.dialect, &source, &sources)?;
    let mut texts = Vec::new();
    for dialect in dialects {
        let own = sources.reading(dialect, &[&source])?;
        let read = own.borrowed().read(&source)?;
        for note in &read.notes {
            printer.note(&format!("note: {}: {note}", dialect.name()));
        }
        texts.push((
            dialect.name(),
            create_statements(dialect, &read.schema)?.script(),
        ));
    }
    match &args.out {
        Some(folder) => {
            files::create_folder(folder)?;
            for (dialect, text) in &texts {
                let path = folder.join(format!("{dialect}.sql"));
                files::write(&path, text)?;
                printer.note(&format!("wrote {}", path.display()));
            }
        }
        None => {
            let is_one = texts.len() == 1;
            for (dialect, text) in &texts {
                match is_one {
                    true => printer.data(text)?,
                    false => printer.data(&format!("-- {dialect}\n{text}\n"))?,
                }
            }
        }
    }
    let object = texts
        .iter()
        .map(|(dialect, text)| json!({ "dialect": dialect.as_str(), "sql": text }))
        .collect::<Vec<_>>();
    printer.object(json::fields(json!({ "schemas": object })))?;
    Ok(ExitStatus::Done)
}

fn dialects(
    asked: Option<Dialects>,
    source: &SchemaSource,
    sources: &Sources,
) -> Result<Vec<&'static dyn Dialect>> {
    match asked {
        Some(Dialects::All) => Ok(DialectName::ALL.iter().map(|name| name.dialect()).collect()),
        Some(Dialects::One(name)) => Ok(vec![common_dialect(
            &[source],
            Some(name),
            &sources.settings,
        )?]),
        None => match sources.settings.dialects()? {
            [] => Ok(vec![common_dialect(&[source], None, &sources.settings)?]),
            several => Ok(several.iter().map(|name| name.dialect()).collect()),
        },
    }
}
