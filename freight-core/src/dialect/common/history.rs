//! The definition of the history table, the same in every dialect but for its column types.
//!
//! The table's name arrives quoted, and the types are each database's own. What the columns mean
//! is [`Record`](crate::migrate::Record).

/// What a dialect calls the types of the history's columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HistoryTypes {
    /// A migration's id: compared byte by byte, and short enough for a primary key.
    pub(crate) id: &'static str,
    /// A name or a word.
    pub(crate) name: &'static str,
    /// Text of any length.
    pub(crate) text: &'static str,
    /// A 64-bit integer.
    pub(crate) integer: &'static str,
    /// A moment, written and read as `YYYY-MM-DD HH:MM:SS.mmm`.
    pub(crate) moment: &'static str,
    /// What follows the closing parenthesis, such as ` ENGINE=InnoDB`; empty for nothing.
    pub(crate) options: &'static str,
}

/// The statement that creates the history table; `table` is qualified and quoted.
pub(crate) fn create_history(table: &str, types: &HistoryTypes) -> String {
    let columns = [
        ("id", types.id, "NOT NULL PRIMARY KEY"),
        ("name", types.text, "NOT NULL"),
        ("batch", types.integer, "NOT NULL"),
        ("checksum", types.name, "NOT NULL"),
        ("state", types.name, "NOT NULL"),
        ("origin", types.name, "NOT NULL"),
        ("statements_total", types.integer, "NOT NULL"),
        ("statements_applied", types.integer, "NOT NULL"),
        ("statement_hashes", types.text, "NOT NULL"),
        ("in_flight", types.integer, "NULL"),
        ("in_flight_before", types.text, "NULL"),
        ("error", types.text, "NULL"),
        ("error_statement", types.text, "NULL"),
        ("started_at", types.moment, "NOT NULL"),
        ("finished_at", types.moment, "NULL"),
        ("duration_ms", types.integer, "NOT NULL"),
        ("tool_version", types.name, "NOT NULL"),
    ];
    let lines = columns.map(|(name, type_name, rule)| format!("  {name} {type_name} {rule}"));
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (\n{}\n){}",
        lines.join(",\n"),
        types.options
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_its_type_and_rule() {
        let types = HistoryTypes {
            id: "varchar(255)",
            name: "varchar(100)",
            text: "longtext",
            integer: "bigint",
            moment: "char(23)",
            options: " ENGINE=InnoDB",
        };
        let sql = create_history("`app`.`h`", &types);
        let lines: Vec<_> = sql.lines().collect();
        assert_eq!(lines.len(), 19);
        assert_eq!(lines[0], "CREATE TABLE IF NOT EXISTS `app`.`h` (");
        assert_eq!(lines[1], "  id varchar(255) NOT NULL PRIMARY KEY,");
        assert_eq!(lines[10], "  in_flight bigint NULL,");
        assert_eq!(lines[17], "  tool_version varchar(100) NOT NULL");
        assert_eq!(lines[18], ") ENGINE=InnoDB");
    }
}
