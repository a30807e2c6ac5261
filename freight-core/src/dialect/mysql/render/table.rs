//! CREATE TABLE.

use super::column::column;
use super::identifier::{identifier, name};
use super::key::{check, foreign_key, index, primary_key, unique};
use crate::dialect::mysql::types::literal;
use crate::ident::Name;
use crate::schema::Table;

/// The statement that makes a table, with its keys and those foreign keys that it has now.
pub(crate) fn create_table(table_name: &Name, table: &Table) -> String {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(table.columns.iter().map(|it| column(it, table)));
    let periods = table.options.iter().filter_map(|(option, columns)| {
        let name = option.strip_prefix("period.")?;
        Some(period(name, columns))
    });
    lines.extend(periods);
    lines.extend(table.primary_key.iter().map(primary_key));
    lines.extend(table.uniques.iter().map(unique));
    lines.extend(table.indexes.iter().map(index));
    let own_checks = table.checks.iter().filter(|check| check.column.is_none());
    lines.extend(own_checks.map(check));
    lines.extend(table.foreign_keys.iter().map(foreign_key));
    let mut text = format!(
        "CREATE TABLE {} (\n  {}\n)",
        name(table_name),
        lines.join(",\n  ")
    );
    for option in table_options(table) {
        text.push(' ');
        text.push_str(&option);
    }
    if table.options.has("system_versioned") {
        text.push_str(" WITH SYSTEM VERSIONING");
    }
    if let Some(partitions) = table.options.get("partition_by") {
        text.push_str("\nPARTITION BY ");
        text.push_str(partitions);
    }
    text
}

/// `PERIOD FOR p (a, b)`
pub(crate) fn period(period: &str, columns: &str) -> String {
    let period = match period {
        "system_time" => "SYSTEM_TIME".to_owned(),
        other => identifier(other),
    };
    format!("PERIOD FOR {period} ({columns})")
}

/// The options behind the parentheses, the comment last.
fn table_options(table: &Table) -> Vec<String> {
    let mut texts: Vec<_> = OPTIONS_FIRST
        .iter()
        .filter_map(|name| Some(table_option(name, table.options.get(name)?)))
        .collect();
    texts.extend(
        table
            .options
            .iter()
            .filter(|(name, _)| !OPTIONS_FIRST.contains(name) && !is_clause(name))
            .map(|(name, value)| table_option(name, value)),
    );
    if let Some(comment) = &table.comment {
        texts.push(format!("COMMENT={}", literal::text(comment)));
    }
    texts
}

/// Options in the order in which people write them; others follow by name.
const OPTIONS_FIRST: &[&str] = &[
    "engine",
    "charset",
    "collation",
    "row_format",
    "key_block_size",
];

/// True for what has a clause of its own.
fn is_clause(option: &str) -> bool {
    option.starts_with("period.")
        || ["system_versioned", "partition_by", "storage"].contains(&option)
}

/// One option as CREATE and ALTER TABLE write it.
pub(crate) fn table_option(option: &str, value: &str) -> String {
    match option {
        "engine" => format!("ENGINE={value}"),
        "charset" => format!("DEFAULT CHARSET={value}"),
        "collation" => format!("COLLATE={value}"),
        "row_format" => format!("ROW_FORMAT={}", value.to_ascii_uppercase()),
        "data_directory" => format!("DATA DIRECTORY={}", literal::text(value)),
        "index_directory" => format!("INDEX DIRECTORY={}", literal::text(value)),
        "tablespace" => format!("TABLESPACE {}", identifier(value)),
        other => match other.strip_prefix("engine.") {
            Some(name) => format!("{}={value}", identifier(name)),
            None if STRINGS.contains(&other) => {
                format!("{}={}", other.to_ascii_uppercase(), literal::text(value))
            }
            None => format!("{}={value}", other.to_ascii_uppercase()),
        },
    }
}

/// Options whose value is a string.
const STRINGS: &[&str] = &[
    "compression",
    "encryption",
    "engine_attribute",
    "password",
    "secondary_engine_attribute",
];
