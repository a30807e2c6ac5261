//! Values of an enum or set that the server cannot print.
//!
//! MariaDB prints definitions in utf8mb3, with `?` for each character of four bytes, and the
//! catalog has no other text of them. The values themselves are whole. So where one has a `?` in
//! it, they are asked for: each is put into a temporary table of the same type, by its number.

use super::{Reader, cell, statements};
use crate::dialect::mysql::types::{self, Family, Spelled, literal};
use crate::driver::Statement;
use crate::error::Result;
use crate::schema::{Column, ColumnType};

/// True for a column whose values may be printed wrongly.
pub(super) fn is_doubtful(column: &Column) -> bool {
    let column_type = types::spelled(&column.column_type);
    column_type.family() == Family::Choice
        && column_type.values().iter().any(|value| value.contains('?'))
}

/// The type with its values as they are; `None` where they cannot be asked for.
pub(super) fn whole(reader: &mut Reader<'_>, table: &str, column: &Column) -> Option<ColumnType> {
    let column_type = types::spelled(&column.column_type);
    let values = ask(reader, table, column, &column_type).ok();
    // Whatever became of it, nothing stays in the session.
    let dropped = reader.connection.run(&format!(
        "DROP TEMPORARY TABLE IF EXISTS {}",
        scratch(reader)
    ));
    let values = values.filter(|values| values.len() == column_type.arguments.len())?;
    dropped.ok()?;
    let arguments = values.iter().map(|value| literal::text(value)).collect();
    let whole = Spelled {
        arguments,
        ..column_type
    };
    Some(ColumnType::new(whole.text()))
}

fn scratch(reader: &Reader<'_>) -> String {
    format!(
        "{}.freight_choices",
        statements::quote(&reader.surroundings.database)
    )
}

fn ask(
    reader: &mut Reader<'_>,
    table: &str,
    column: &Column,
    column_type: &Spelled,
) -> Result<Vec<String>> {
    let scratch = scratch(reader);
    reader.connection.run(&format!(
        "CREATE TEMPORARY TABLE {scratch} SELECT {} AS choice FROM {}.{} WHERE FALSE",
        statements::quote(&column.name),
        statements::quote(&reader.surroundings.database),
        statements::quote(table)
    ))?;
    let is_set = column_type.base == "set";
    let mut values = Vec::new();
    for place in 0..column_type.arguments.len() {
        // The members of a set are bits, the values of an enum are counted from one.
        let number = match is_set {
            true => format!("1 << {place}"),
            false => format!("{}", place + 1),
        };
        reader.connection.run(&format!("DELETE FROM {scratch}"))?;
        reader
            .connection
            .run(&format!("INSERT INTO {scratch} (choice) VALUES ({number})"))?;
        let select = format!("SELECT CONVERT(choice USING utf8mb4) FROM {scratch}");
        let answer = reader.connection.fetch(&Statement::new(select))?;
        values.extend(answer.rows.first().map(|row| cell(row, 0)));
    }
    Ok(values)
}
