//! Sequences, and which of them are the number of a column.

use std::collections::BTreeMap;

use super::catalog::{Catalog, is_own};
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{ColumnType, Options, Sequence, SequenceOptions, Subject};

/// The sequences that go with a column, by their numbers.
pub(super) type Owned = BTreeMap<u32, OwnedSequence>;

/// A sequence that goes with a column.
pub(super) struct OwnedSequence {
    pub(super) name: Name,
    pub(super) number_type: String,
    pub(super) options: SequenceOptions,
    /// The column's table and number.
    pub(super) table: u32,
    pub(super) column: i64,
    /// It belongs to an identity column.
    pub(super) is_identity: bool,
    pub(super) is_unlogged: bool,
    pub(super) comment: Option<String>,
}

/// Reads `pg_sequence`. Those that no column owns are put into the schema.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<Owned> {
    let sql = format!(
        "SELECT c.oid::text, c.relnamespace::text, c.relname::text, \
         format_type(s.seqtypid, NULL), s.seqstart::text, s.seqincrement::text, s.seqmin::text, \
         s.seqmax::text, s.seqcache::text, s.seqcycle::text, c.relpersistence::text, \
         d.deptype::text, d.refobjid::text, d.refobjsubid::text \
         FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid \
         LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid \
         AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i') \
         WHERE c.relpersistence <> 't' AND c.relnamespace IN ({}) AND {} ORDER BY c.oid",
        catalog.namespace_list(),
        is_own("pg_class", "c.oid"),
    );
    let mut owned = Owned::new();
    for row in catalog.rows(&sql)? {
        let name = catalog.named(row.oid(1), row.text(2));
        let number_type = row.text(3).to_owned();
        let numbers: Vec<i64> = (4..9).map(|index| row.number(index)).collect();
        let options = unusual(&number_type, &numbers, row.is(9));
        let comment = catalog.comment("pg_class", row.oid(0), 0);
        if row.optional(11).is_some() {
            let sequence = OwnedSequence {
                name,
                number_type,
                options,
                table: row.oid(12),
                column: row.number(13),
                is_identity: row.text(11) == "i",
                is_unlogged: row.text(10) == "u",
                comment,
            };
            owned.insert(row.oid(0), sequence);
            continue;
        }
        let mut sequence = standing(number_type, options, row.text(10) == "u");
        sequence.comment = comment;
        catalog.register("pg_class", row.oid(0), Subject::Sequence(name.clone()));
        catalog.schema.sequences.insert(name, sequence);
    }
    Ok(owned)
}

/// Puts the sequences into the schema that a column owns without asking them by default.
pub(super) fn put_rest(catalog: &mut Catalog<'_>, owned: Owned) {
    for (oid, sequence) in owned {
        // That of a table which is left out is left out too.
        let Some(relation) = catalog.relations.get(&sequence.table) else {
            continue;
        };
        let owner = relation
            .columns
            .get(&sequence.column)
            .map(|column| (relation.name.clone(), column.name.clone()));
        let standing = Sequence {
            owner,
            comment: sequence.comment,
            ..standing(sequence.number_type, sequence.options, sequence.is_unlogged)
        };
        catalog.register("pg_class", oid, Subject::Sequence(sequence.name.clone()));
        catalog.schema.sequences.insert(sequence.name, standing);
    }
}

fn standing(number_type: String, sequence: SequenceOptions, is_unlogged: bool) -> Sequence {
    let mut options = Options::new();
    if is_unlogged {
        options.flag("unlogged");
    }
    Sequence {
        number_type: (number_type != "bigint").then(|| ColumnType::new(number_type)),
        sequence,
        options,
        ..Sequence::default()
    }
}

/// What is not as `CREATE SEQUENCE` would make it by itself. `numbers` are start, increment,
/// minimum, maximum and cache.
fn unusual(number_type: &str, numbers: &[i64], cycle: bool) -> SequenceOptions {
    let number = |index: usize| numbers.get(index).copied().unwrap_or_default();
    let (smallest, largest) = match number_type {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let (start, increment, minimum, maximum, cache) =
        (number(0), number(1), number(2), number(3), number(4));
    let (usual_minimum, usual_maximum) = match increment < 0 {
        true => (smallest, -1),
        false => (1, largest),
    };
    let usual_start = if increment < 0 { maximum } else { minimum };
    let unless = |value: i64, usual: i64| (value != usual).then_some(value);
    SequenceOptions {
        start: unless(start, usual_start),
        increment: unless(increment, 1),
        minimum: unless(minimum, usual_minimum),
        maximum: unless(maximum, usual_maximum),
        cache: unless(cache, 1),
        cycle,
    }
}

/// The name that PostgreSQL gives the sequence of a column, as long as it is free: the two names
/// are cut until all fits into 63 bytes, the longer one first.
///
/// `makeObjectName` in <https://github.com/postgres/postgres/blob/master/src/backend/commands/indexcmds.c>
pub(in crate::dialect::postgres) fn usual_sequence_name(table: &str, column: &str) -> String {
    usual_name(table, column, "seq")
}

/// The same for a name with another ending.
pub(super) fn usual_name(table: &str, column: &str, label: &str) -> String {
    let room = 63_usize.saturating_sub(label.len() + 2);
    let (mut first, mut second) = (table.len(), column.len());
    while first + second > room {
        match first > second {
            true => first -= 1,
            false => second -= 1,
        }
    }
    let (first, second) = (clipped(table, first), clipped(column, second));
    format!("{first}_{second}_{label}")
}

/// At most so many bytes, without a part of a character.
fn clipped(text: &str, length: usize) -> &str {
    let end = (0..=length).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_as_the_server_cuts_it() {
        assert_eq!(usual_sequence_name("users", "id"), "users_id_seq");
        let name = usual_sequence_name(&"a".repeat(40), &"b".repeat(40));
        assert_eq!(name, format!("{}_{}_seq", "a".repeat(29), "b".repeat(29)));
        let name = usual_sequence_name(&"ü".repeat(31), "id");
        assert_eq!(name, format!("{}_id_seq", "ü".repeat(28)));
    }

    #[test]
    fn pg_11_only_what_is_unusual_about_a_sequence_is_kept() {
        assert!(unusual("bigint", &[1, 1, 1, i64::MAX, 1], false).is_empty());
        assert!(unusual("smallint", &[1, 1, 1, 32767, 1], false).is_empty());
        let down = unusual("integer", &[-1, -1, i64::from(i32::MIN), -1, 1], false);
        assert_eq!(down.increment, Some(-1));
        assert_eq!((down.start, down.minimum, down.maximum), (None, None, None));
        let odd = unusual("bigint", &[10, 5, 5, 100, 20], true);
        assert_eq!(odd.start, Some(10));
        assert_eq!(odd.minimum, Some(5));
        assert_eq!(odd.maximum, Some(100));
        assert_eq!(odd.cache, Some(20));
        assert!(odd.cycle);
    }
}
