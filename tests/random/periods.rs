//! Draws the times of MariaDB: periods of the application, keys that do not overlap in them, and
//! versions of rows with the columns that say since when and until when a row was so.
//! <https://mariadb.com/kb/en/temporal-tables/>

use freight_core::DialectName;
use freight_core::schema::{Column, DefaultValue, Index, IndexPart, Table};

use crate::generate::Draw;
use crate::partitions::is_partitioned;

/// The period of a table with versions.
const VERSIONS: &str = "period.system_time";

/// True for a column that the server fills with the time of a version.
pub(crate) fn is_of_versions(column: &Column) -> bool {
    column.options.has("row_start") || column.options.has("row_end")
}

/// The name of the table's own period, as an option has it.
fn own_period(table: &Table) -> Option<String> {
    let mut options = table.options.iter().map(|(name, _)| name);
    let found = options.find(|name| name.starts_with("period.") && *name != VERSIONS);
    found.map(str::to_owned)
}

impl Draw {
    /// True for a column that a period is made of.
    pub(crate) fn is_timed(&self, table: &Table, column: &str) -> bool {
        let quoted = self.quote(column);
        let mut options = table.options.iter();
        options.any(|(name, value)| {
            name.starts_with("period.") && value.split(", ").any(|one| one == quoted)
        })
    }

    /// Gives a table the times that MariaDB has.
    pub(crate) fn add_times(&mut self, table: &mut Table) {
        if !self.is(DialectName::Mysql) {
            return;
        }
        if self.chance(15) {
            self.add_period(table);
        }
        if table.options.has("system_versioned") && self.chance(40) {
            self.add_columns_of_versions(table);
        }
    }

    /// A period with its columns, where there is none; and a key in it. Rows that are there get the
    /// defaults of the columns.
    fn add_period(&mut self, table: &mut Table) {
        if own_period(table).is_some() {
            return;
        }
        let number = self.number();
        let kind = *self.random.pick(&["date", "datetime", "timestamp(6)"]);
        let limits = match kind {
            "date" => ["2026-01-01", "2026-02-01"],
            "datetime" => ["2026-01-01 00:00:00", "2026-02-01 00:00:00"],
            _ => ["2026-01-01 00:00:00.000000", "2026-02-01 00:00:00.000000"],
        };
        let names = [format!("it's from {number}"), format!("until{number}")];
        for (name, limit) in names.iter().zip(limits) {
            let mut column = Column::new(name, kind);
            column.default = Some(DefaultValue::Text(limit.to_owned()));
            table.columns.push(column);
        }
        let columns = names.map(|name| self.quote(&name)).join(", ");
        let period = format!("valid {number}");
        table.options.set(format!("period.{period}"), columns);
        if self.chance(50) {
            let mut index = Index {
                name: format!("once {number}"),
                parts: vec![IndexPart::column("id")],
                unique: true,
                ..Index::default()
            };
            index.options.set("without_overlaps", period);
            table.indexes.push(index);
        }
    }

    fn drop_period(&mut self, table: &mut Table) {
        let Some(period) = own_period(table) else {
            return;
        };
        let (columns, stay) = (table.columns.clone(), self.chance(40));
        let timed = |column: &Column| self.is_timed(table, &column.name) && !is_of_versions(column);
        let timed: Vec<String> = columns
            .iter()
            .filter(|column| timed(column))
            .map(|column| column.name.clone())
            .collect();
        table.options.remove(&period);
        let is_in_it = |index: &Index| index.options.has("without_overlaps");
        table.indexes.retain(|index| !is_in_it(index));
        let goes = |column: &Column| !stay && timed.contains(&column.name);
        table.columns.retain(|column| !goes(column));
    }

    /// Gives the period another name.
    fn rename_period(&mut self, table: &mut Table) {
        let Some(old) = own_period(table) else {
            return;
        };
        let name = format!("renamed {}", self.number());
        let columns = table.options.remove(&old).unwrap();
        table.options.set(format!("period.{name}"), columns);
        for index in &mut table.indexes {
            if index.options.has("without_overlaps") {
                index.options.set("without_overlaps", name.clone());
            }
        }
    }

    /// A table whose row has columns for its versions, which MariaDB has either way.
    fn add_columns_of_versions(&mut self, table: &mut Table) {
        let number = self.number();
        let names = [format!("row since {number}"), format!("row until {number}")];
        for (name, option) in names.iter().zip(["row_start", "row_end"]) {
            let mut column = Column::new(name, "timestamp(6)");
            column.options.flag(option);
            if self.chance(30) {
                column.options.flag("invisible");
            }
            table.columns.push(column);
        }
        let columns = names.map(|name| self.quote(&name)).join(", ");
        table.options.set(VERSIONS, columns);
    }

    /// Gives a table versions, or takes them away with their columns.
    fn change_versions(&mut self, table: &mut Table) {
        if table.options.remove("system_versioned").is_none() {
            table.options.flag("system_versioned");
            if self.chance(40) {
                self.add_columns_of_versions(table);
            }
            return;
        }
        table.options.remove(VERSIONS);
        table.columns.retain(|column| !is_of_versions(column));
        for column in &mut table.columns {
            column.options.remove("without_system_versioning");
        }
    }

    /// Changes what a table has to do with time.
    pub(crate) fn change_times(&mut self, table: &mut Table) {
        match self.random.below(5) {
            0 if !is_partitioned(table) => self.change_versions(table),
            0 | 1 => self.drop_period(table),
            2 => self.rename_period(table),
            _ => self.add_period(table),
        }
    }

    /// Gives a column of a period its new name there.
    pub(crate) fn rename_timed(&self, table: &mut Table, old: &str, new: &str) {
        let (old, new) = (self.quote(old), self.quote(new));
        let periods = table.options.clone();
        for (name, columns) in periods.iter() {
            if name.starts_with("period.") {
                let columns = columns.split(", ");
                let columns = columns.map(|one| if one == old { new.as_str() } else { one });
                let columns: Vec<&str> = columns.collect();
                table.options.set(name, columns.join(", "));
            }
        }
    }
}
