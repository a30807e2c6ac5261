//! Whether the two sides of a foreign key fit each other.
//!
//! The servers answer a foreign key whose columns do not fit with an error that gives no reason
//! (`errno: 150 "Foreign key constraint is incorrectly formed"`), or take it and forget it where
//! the engine has no foreign keys. So it is looked at before.
//!
//! <https://dev.mysql.com/doc/refman/8.4/en/create-table-foreign-keys.html>

use crate::dialect::mysql::types::{self, Family};
use crate::error::{Error, ErrorKind, Result};
use crate::ident::Name;
use crate::schema::{Column, ForeignKey, Schema, Table};

/// Compares the columns of a foreign key of `table` with those that it refers to.
pub(super) fn check(name: &Name, table: &Table, key: &ForeignKey, schema: &Schema) -> Result<()> {
    let Some(target) = schema.tables.get(&key.target) else {
        return Ok(());
    };
    let what = key.name.as_deref().unwrap_or("without a name");
    let fail = |problem: String, hint: &str| {
        Err(Error::new(
            ErrorKind::InvalidSchema,
            format!("foreign key `{what}` of table `{name}`: {problem}"),
        )
        .with_hint(hint))
    };
    for (side, options) in [(name, &table.options), (&key.target, &target.options)] {
        let engine = options.get("engine").unwrap_or("InnoDB");
        if !KEEPING_ENGINES
            .iter()
            .any(|it| it.eq_ignore_ascii_case(engine))
        {
            return fail(
                format!("`{side}` has the engine {engine}, which has no foreign keys"),
                "use InnoDB for both tables",
            );
        }
    }
    for (own, theirs) in key.columns.iter().zip(&key.target_columns) {
        let (Some(own), Some(theirs)) = (find(table, own), find(target, theirs)) else {
            continue;
        };
        if let Some(difference) = difference((table, own), (target, theirs)) {
            let place = format!("`{}` and `{}.{}`", own.name, key.target, theirs.name);
            return fail(
                format!("{place} do not fit: {difference}"),
                "give both columns the same type, sign, character set and collation",
            );
        }
    }
    Ok(())
}

/// Engines that keep foreign keys.
const KEEPING_ENGINES: &[&str] = &["InnoDB", "NDB", "NDBCLUSTER"];

fn find<'a>(table: &'a Table, column: &str) -> Option<&'a Column> {
    let mut columns = table.columns.iter();
    columns.find(|other| other.name.eq_ignore_ascii_case(column))
}

/// What keeps two columns from being the ends of a foreign key. The length of texts does not.
fn difference(own: (&Table, &Column), theirs: (&Table, &Column)) -> Option<String> {
    let spelled = |(_, column): (&Table, &Column)| types::spelled(&column.column_type);
    let (own_type, their_type) = (spelled(own), spelled(theirs));
    let differ = |one: &str, other: &str| (one != other).then(|| format!("{one} and {other}"));
    match (own_type.family(), their_type.family()) {
        (Family::Text, Family::Text) => {
            let letters = |(table, column): (&Table, &Column)| {
                let collation = column.collation.as_deref();
                let own = collation.or_else(|| table.options.get("collation"));
                own.unwrap_or("the database's own collation").to_owned()
            };
            differ(&letters(own), &letters(theirs))
        }
        (Family::Integer, Family::Integer) => {
            let bare = |it: &types::Spelled| types::Spelled {
                arguments: Vec::new(),
                zerofill: false,
                ..it.clone()
            };
            differ(&bare(&own_type).text(), &bare(&their_type).text())
        }
        (own_family, their_family) if own_family != their_family => {
            differ(&own_type.text(), &their_type.text())
        }
        _ => None,
    }
}
