//! `freight introspect`: a database as models, SQL, a snapshot or a picture.

use freight_core::compare::create_statements;
use freight_core::schema::Snapshot;
use freight_core::source::SchemaSource;
use freight_core::{Result, graph, model};
use serde_json::json;

use super::Sources;
use crate::args::{FormatArg, GlobalArgs, IntrospectArgs};
use crate::commands::migrate::{Access, open_database};
use crate::exit::ExitStatus;
use crate::json;
use crate::printer::Printer;

/// Reads the database and prints it.
///
/// # Errors
/// Whatever the database answers.
pub(crate) fn run(
    args: &IntrospectArgs,
    flags: &GlobalArgs,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let sources = Sources::load(flags, &args.reading, printer)?;
    let url = sources.settings.database()?.url;
    let dialect = url.dialect().dialect();
    printer.detail(&format!("database: {url}"));
    sources.check_namespaces(dialect)?;
    let own = sources.reading(dialect, &[&SchemaSource::Database(url.clone())])?;
    let mut database = open_database(&url, Access::Change)?;
    let schema = own.borrowed().inspect(&mut database)?;
    let mut notes: Vec<String> = schema.opaque.iter().map(ToString::to_string).collect();
    let text = match args.format {
        FormatArg::Yaml | FormatArg::Lua => {
            let raised = model::raise(&schema, dialect.model_types())?;
            notes = raised
                .notes
                .iter()
                .map(|note| format!("{}: {}", note.subject, note.message))
                .collect();
            match args.format {
                FormatArg::Lua => model::write_lua(&raised.models.declared)?,
                _ => model::write_yaml(&raised.models.declared)?,
            }
        }
        FormatArg::Sql => create_statements(dialect, &schema)?.script(),
        FormatArg::Json => Snapshot {
            dialect: dialect.name(),
            migrations: std::collections::BTreeMap::new(),
            schema,
        }
        .to_text()?,
        FormatArg::Mermaid => graph::mermaid(&schema),
        FormatArg::Dot => graph::dot(&schema),
    };
    printer.data(&text)?;
    for note in &notes {
        printer.note(&format!("note: {note}"));
    }
    printer.object(json::fields(json!({
        "database": url.to_string(),
        "dialect": dialect.name().as_str(),
        "text": text,
        "notes": notes,
    })))?;
    Ok(ExitStatus::Done)
}
