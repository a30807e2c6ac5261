//! refinery: `refinery_schema_history(version, name, applied_on, checksum)`.
//!
//! The checksum is SipHash-1-3 with zero keys over name, version and text, as Rust's `Hash`
//! feeds them, in decimal. The version is an `i32`, or an `i64` with refinery's feature
//! `int8-versions`. Migrations that are Rust modules look like all others.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use super::checksum;
use super::row::Row;
use super::tool::{Entry, ForeignTool, History, Matched, Table, Verdict};
use crate::error::Result;
use crate::migrate::directory::Directory;
use crate::migrate::layout::Layout;

pub(super) struct Refinery;

const COLUMNS: &[&str] = &["version", "name", "checksum"];

impl ForeignTool for Refinery {
    fn name(&self) -> &'static str {
        "refinery"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["refinery_schema_history"]
    }

    fn recognises(&self, table: &Table) -> bool {
        table.has(&["version", "name", "applied_on", "checksum"])
    }

    fn columns(&self, _: &Table) -> &'static [&'static str] {
        COLUMNS
    }

    fn order(&self) -> &'static [&'static str] {
        &["version"]
    }

    fn layouts(&self) -> &'static [Layout] {
        &[Layout::Flyway]
    }

    fn entries(&self, rows: &[Row], _: &Directory) -> Result<Vec<Entry>> {
        let entry = |row: &Row| {
            Some(Entry {
                name: row.text("name"),
                checksum: row.text("checksum"),
                ..Entry::applied(row.text("version")?)
            })
        };
        Ok(rows.iter().filter_map(entry).collect())
    }

    fn verify(&self, matched: &Matched<'_>, _: &History<'_>) -> Result<Verdict> {
        let entry = &matched.entry;
        let (Some(recorded), Some(name), Ok(version)) =
            (&entry.checksum, &entry.name, entry.id.parse::<i64>())
        else {
            return Ok(Verdict::Same);
        };
        let path = &matched.migration.up.path;
        let narrow = |text: &[u8]| match i32::try_from(version) {
            Ok(version) => hash(name, &version.to_le_bytes(), text),
            Err(_) => String::new(),
        };
        let wide = |text: &[u8]| hash(name, &version.to_le_bytes(), text);
        let is_same =
            checksum::is_same(path, recorded, narrow)? || checksum::is_same(path, recorded, wide)?;
        Ok(if is_same {
            Verdict::Same
        } else {
            Verdict::Changed("SipHash-1-3")
        })
    }

    fn program_extension(&self) -> Option<&'static str> {
        Some("rs")
    }
}

/// A text is hashed as its bytes and 0xFF.
fn hash(name: &str, version: &[u8], text: &[u8]) -> String {
    let mut hasher = SipHasher13::new();
    hasher.write(name.as_bytes());
    hasher.write(&[0xff]);
    hasher.write(version);
    hasher.write(text);
    hasher.write(&[0xff]);
    hasher.finish().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed from the definition of SipHash with one and three rounds.
    #[test]
    fn hashes_are_those_of_the_definition() {
        let text = b"CREATE TABLE a (b int);\n";
        assert_eq!(
            hash("create_a", &1_i32.to_le_bytes(), text),
            "3643401689782373582"
        );
        assert_eq!(
            hash("create_a", &1_i64.to_le_bytes(), text),
            "12919182815379763147"
        );
    }
}
