//! Views.

use std::collections::{BTreeMap, BTreeSet};

use super::cursor::{unquoted_name, without_database};
use super::objects::{ViewHeader, object};
use super::{Reader, cell};
use crate::dialect::mysql::render;
use crate::dialect::mysql::types;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{ColumnType, ObjectKey, ObjectKind, Opaque, Subject};
use crate::sql::{Lexicon, TokenKind, significant};

/// Reads all views.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<()> {
    if reader.names.views.is_empty() {
        return Ok(());
    }
    let stored = reader.rows(
        "SELECT table_name, definer, view_definition FROM information_schema.views \
         WHERE table_schema = ? ORDER BY table_name",
    )?;
    let mut columns = columns(reader)?;
    for row in &stored.rows {
        let name = cell(row, 0);
        if reader.names.views.contains(&name) {
            let columns = columns.remove(&name).unwrap_or_default();
            read_one(reader, &name, &cell(row, 1), &cell(row, 2), columns)?;
        }
    }
    Ok(())
}

/// The columns of all views.
fn columns(reader: &mut Reader<'_>) -> Result<BTreeMap<String, Vec<(String, ColumnType)>>> {
    let rows = reader.rows(
        "SELECT c.table_name, c.column_name, c.column_type FROM information_schema.columns c \
         JOIN information_schema.views v \
         ON v.table_schema = c.table_schema AND v.table_name = c.table_name \
         WHERE c.table_schema = ? ORDER BY c.table_name, c.ordinal_position",
    )?;
    let mut columns: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for row in &rows.rows {
        let column = (cell(row, 1), types::canonical(&cell(row, 2)));
        columns.entry(cell(row, 0)).or_default().push(column);
    }
    Ok(columns)
}

fn read_one(
    reader: &mut Reader<'_>,
    name: &str,
    definer: &str,
    stored: &str,
    columns: Vec<(String, ColumnType)>,
) -> Result<()> {
    let qualified = reader.surroundings.name(None, name);
    let key = ObjectKey::new(ObjectKind::View, qualified.clone());
    let text = reader
        .show("VIEW", name, "Create View")?
        .unwrap_or_default();
    let Some(header) = ViewHeader::read(&text) else {
        reader.schema.opaque.push(Opaque {
            subject: Subject::Object(key),
            what: "its definition, which could not be read".to_owned(),
        });
        return Ok(());
    };
    let (body, needs) = body(reader, &header.body, stored);
    let mut view = object(
        reader,
        definition(&qualified, &header, &body),
        definer,
        None,
    );
    view.needs = needs;
    view.needs.remove(&Subject::Object(key.clone()));
    view.columns = columns;
    reader.schema.objects.insert(key, view);
    Ok(())
}

fn definition(name: &Name, header: &ViewHeader, body: &str) -> String {
    let mut definition = "CREATE ".to_owned();
    if let Some(algorithm) = &header.algorithm {
        definition.push_str(&format!("ALGORITHM = {algorithm} "));
    }
    if header.invoker {
        definition.push_str("SQL SECURITY INVOKER ");
    }
    definition + &format!("VIEW {} AS\n{body}", render::name(name))
}

/// The query without the database's name, and what it reads.
///
/// `SHOW CREATE VIEW` leaves the name out by itself, unless the view reads another database, too.
/// Where a table's alias is the name of the database, nothing can be told apart, and it stays.
fn body(reader: &Reader<'_>, shown: &str, stored: &str) -> (String, BTreeSet<Subject>) {
    let own = &reader.surroundings.own;
    let body = match has_alias(stored, own) {
        true => shown.to_owned(),
        false => without_database(shown, own),
    };
    (body, needs(reader, stored))
}

/// True where a name in the text is the database's and no database is meant.
fn has_alias(text: &str, database: &str) -> bool {
    let all: Vec<_> = significant(text, &Lexicon::MYSQL).collect();
    all.iter().enumerate().any(|(index, token)| {
        let next = all.get(index + 1).map(|token| token.text(text));
        token.kind == TokenKind::QuotedName
            && unquoted_name(token.text(text)) == database
            && next != Some(".")
    })
}

/// The tables, views and functions that a view's stored text names. Tables stand there with their
/// database; a function is a name before a parenthesis.
fn needs(reader: &Reader<'_>, stored: &str) -> BTreeSet<Subject> {
    let all: Vec<_> = significant(stored, &Lexicon::MYSQL).collect();
    let text = |index: usize| all.get(index).map_or("", |token| token.text(stored));
    let is_name = |index: usize| {
        all.get(index)
            .is_some_and(|token| matches!(token.kind, TokenKind::QuotedName | TokenKind::Word))
    };
    let mut needs = BTreeSet::new();
    for index in (0..all.len()).filter(|index| is_name(*index)) {
        let name = unquoted_name(text(index));
        if text(index + 1) == "." && is_name(index + 2) {
            let target = unquoted_name(text(index + 2));
            needs.extend(relation(reader, &name, &target));
        }
        if text(index + 1) == "(" {
            let key = ObjectKey::new(ObjectKind::Function, reader.surroundings.name(None, name));
            if reader.schema.objects.contains_key(&key) {
                needs.insert(Subject::Object(key));
            }
        }
    }
    needs
}

fn relation(reader: &Reader<'_>, database: &str, name: &str) -> Option<Subject> {
    let qualified = reader
        .surroundings
        .name(Some(database.to_owned()), name.to_owned());
    if reader.schema.tables.contains_key(&qualified) {
        return Some(Subject::Table(qualified));
    }
    if reader.schema.sequences.contains_key(&qualified) {
        return Some(Subject::Sequence(qualified));
    }
    let is_view = database == reader.surroundings.database && reader.names.views.contains(name);
    is_view.then(|| Subject::Object(ObjectKey::new(ObjectKind::View, qualified)))
}
