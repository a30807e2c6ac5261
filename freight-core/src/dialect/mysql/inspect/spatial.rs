//! The reference systems of spatial columns of MariaDB.
//!
//! MariaDB keeps the number that `REF_SYSTEM_ID` gives to a column, forgets it when the column is
//! written again without it, and leaves it out of `SHOW CREATE TABLE`:
//! <https://mariadb.com/kb/en/information-schema-geometry_columns-table/>. MySQL prints it as
//! `SRID`.

use super::{Reader, cell};
use crate::dialect::mysql::types::{self, Family};
use crate::error::Result;
use crate::schema::{Column, Table};

/// Completes the tables that were read. Where no column is spatial, nothing is asked.
pub(super) fn complete(reader: &mut Reader<'_>) -> Result<()> {
    let has_spatial = |table: &Table| table.columns.iter().any(is_spatial);
    if !reader.facts.is_mariadb || !reader.schema.tables.values().any(has_spatial) {
        return Ok(());
    }
    let rows = reader.rows(
        "SELECT g_table_name, g_geometry_column, srid FROM information_schema.geometry_columns \
         WHERE g_table_schema = ? AND srid <> 0",
    )?;
    for row in &rows.rows {
        let (column, number) = (cell(row, 1), cell(row, 2));
        let name = reader.surroundings.name(None, cell(row, 0));
        let table = reader.schema.tables.get_mut(&name);
        let mut columns = table.into_iter().flat_map(|table| &mut table.columns);
        if let Some(found) = columns.find(|found| found.name == column) {
            found.options.set("ref_system_id", number);
        }
    }
    Ok(())
}

fn is_spatial(column: &Column) -> bool {
    types::spelled(&column.column_type).family() == Family::Spatial
}
