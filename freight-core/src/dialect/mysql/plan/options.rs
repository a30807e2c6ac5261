//! Options of a table that change.

use std::collections::BTreeSet;

use crate::dialect::mysql::render;
use crate::dialect::mysql::rules::Rules;
use crate::dialect::mysql::types;
use crate::diff::{AlterTable, DiffRules as _, Hazard, Safety, TableChange};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{Column, Options};

/// What the new options take.
#[derive(Default)]
pub(super) struct OptionChanges {
    pub(super) clauses: Vec<String>,
    /// What goes before columns do.
    pub(super) drops: Vec<String>,
    /// What ends the versions of rows, in a statement before that which begins new ones.
    pub(super) ended: Vec<String>,
    /// Each in a statement of its own.
    pub(super) alone: Vec<String>,
    /// Columns that have to be written again, because they follow the table.
    pub(super) converted: BTreeSet<String>,
    pub(super) hazards: Vec<Hazard>,
}

/// True where the change gives a table other letters.
pub(super) fn changes_letters(alter: &AlterTable) -> bool {
    alter.parts.iter().any(|part| match part {
        TableChange::SetOptions { from, to } => ["charset", "collation"]
            .iter()
            .any(|option| from.get(option) != to.get(option)),
        _ => false,
    })
}

/// True where a table that has no versions, or ends them, begins new ones.
pub(super) fn begins_versions(alter: &AlterTable) -> bool {
    alter.parts.iter().any(|part| match part {
        TableChange::SetOptions { from, to } => {
            let times = "period.system_time";
            let begins_anew = to.has(times) && from.get(times) != to.get(times);
            to.has("system_versioned") && (!from.has("system_versioned") || begins_anew)
        }
        _ => false,
    })
}

/// The columns that follow the letters of their table.
pub(super) fn followers(alter: &AlterTable) -> BTreeSet<String> {
    let follows = |column: &&Column| {
        types::spelled(&column.column_type).has_charset() && !column.options.has("charset")
    };
    let is_new = |name: &str| {
        let mut parts = alter.parts.iter();
        parts.any(|part| matches!(part, TableChange::AddColumn(column) if column.name == name))
    };
    let columns = alter.to.columns.iter().filter(follows);
    columns
        .filter(|column| !is_new(&column.name))
        .map(|column| column.name.clone())
        .collect()
}

/// What changes among the options.
pub(super) fn changes(alter: &AlterTable) -> Result<OptionChanges> {
    let mut changed = OptionChanges::default();
    for part in &alter.parts {
        if let TableChange::SetOptions { from, to } = part {
            refuse(alter, from, to)?;
            if changes_letters(alter) {
                letters(alter, to, &mut changed);
            }
            for option in from.differing(to) {
                match option.strip_prefix("period.") {
                    Some("system_time") => times_of_versions(alter, (from, to), &mut changed)?,
                    Some(period) => self::period(period, (from, to), &mut changed),
                    None => one(alter, option, (from, to), &mut changed)?,
                }
            }
        }
    }
    Ok(changed)
}

fn refuse(alter: &AlterTable, from: &Options, to: &Options) -> Result<()> {
    let Some(why) = Rules.refuses_options(from, to) else {
        return Ok(());
    };
    Err(refused(alter, &why))
}

fn refused(alter: &AlterTable, why: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("table `{}` cannot be changed so: {why}", alter.name),
    )
    .with_hint("write the ALTER TABLE statement in a migration by hand")
}

/// Another character set or collation. DEFAULT CHARSET alone would leave the columns as they are,
/// and CONVERT TO would convert those that have their own, and make a longer type of TEXT. So each
/// column that follows its table is written again.
///
/// <https://dev.mysql.com/doc/refman/8.4/en/alter-table.html#alter-table-character-set>
fn letters(alter: &AlterTable, to: &Options, changed: &mut OptionChanges) {
    let collation = to.get("collation");
    let charset = to
        .get("charset")
        .map(str::to_owned)
        .or_else(|| collation.map(types::charset_of));
    changed.clauses.push(match (charset, collation) {
        (Some(charset), Some(collation)) => {
            format!("DEFAULT CHARSET={charset} COLLATE={collation}")
        }
        (Some(charset), None) => format!("DEFAULT CHARSET={charset}"),
        // The database's own.
        (None, _) => "DEFAULT CHARSET=DEFAULT COLLATE=DEFAULT".to_owned(),
    });
    changed.converted = followers(alter);
    if !changed.converted.is_empty() {
        let allow = format!("alter_charset:{}", alter.name);
        changed.hazards.push(Hazard {
            safety: Safety::Blocks,
            allow: allow.clone(),
            reason: format!("the texts of `{}` are all written again", alter.name),
        });
        changed.hazards.push(Hazard {
            safety: Safety::MayFail,
            allow,
            reason: format!(
                "it fails when a text of `{}` has a character that the new character set has not, \
                 or when texts that have to differ are equal in the new collation",
                alter.name
            ),
        });
    }
}

/// A period comes and goes with the keys that use it and the columns that it is made of.
/// <https://mariadb.com/kb/en/application-time-periods/>
fn period(period: &str, (from, to): (&Options, &Options), changed: &mut OptionChanges) {
    let option = format!("period.{period}");
    if from.has(&option) {
        let name = render::identifier(period);
        changed.drops.push(format!("DROP PERIOD FOR {name}"));
    }
    if let Some(columns) = to.get(&option) {
        let period = render::period(period, columns);
        changed.clauses.push(format!("ADD {period}"));
    }
}

/// Columns that say since when and until when a row was so come with the versions. When they go
/// the versions stay, and their times are in hidden columns; those of a table that has versions
/// cannot become any other columns, so that new versions have to begin.
/// <https://mariadb.com/kb/en/system-versioned-tables/>
fn times_of_versions(
    alter: &AlterTable,
    (from, to): (&Options, &Options),
    changed: &mut OptionChanges,
) -> Result<()> {
    let Some(columns) = to.get("period.system_time") else {
        return Ok(());
    };
    let period = render::period("system_time", columns);
    changed.clauses.push(format!("ADD {period}"));
    if !(from.has("system_versioned") && to.has("system_versioned")) {
        return Ok(());
    }
    let is_new = |column: &Column| {
        let mut parts = alter.parts.iter();
        parts.any(|part| matches!(part, TableChange::AddColumn(new) if new.name == column.name))
    };
    if alter
        .to
        .columns
        .iter()
        .any(|column| is_of_versions(column) && !is_new(column))
    {
        return Err(refused(
            alter,
            "its period `system_time` keeps one of its columns",
        ));
    }
    let gone = alter.parts.iter().filter_map(|part| match part {
        TableChange::DropColumn(column) if is_of_versions(column) => {
            Some(format!("DROP COLUMN {}", render::identifier(&column.name)))
        }
        _ => None,
    });
    changed.ended.extend(gone);
    changed.ended.push("DROP SYSTEM VERSIONING".to_owned());
    changed.clauses.push("ADD SYSTEM VERSIONING".to_owned());
    changed.hazards.push(history_is_lost(alter));
    Ok(())
}

/// True for a column that says since when or until when a row was so.
pub(super) fn is_of_versions(column: &Column) -> bool {
    column.options.has("row_start") || column.options.has("row_end")
}

/// Versions that begin and end in columns of the table come and go with these, in one statement.
fn versions(alter: &AlterTable, (from, to): (&Options, &Options), changed: &mut OptionChanges) {
    let has_columns = [from, to]
        .iter()
        .any(|options| options.has("period.system_time"));
    let clauses = match has_columns {
        true => &mut changed.clauses,
        false => &mut changed.alone,
    };
    if to.has("system_versioned") {
        clauses.push("ADD SYSTEM VERSIONING".to_owned());
        return;
    }
    clauses.push("DROP SYSTEM VERSIONING".to_owned());
    changed.hazards.push(history_is_lost(alter));
}

fn history_is_lost(alter: &AlterTable) -> Hazard {
    Hazard {
        safety: Safety::LosesData,
        allow: format!("drop_history:{}", alter.name),
        reason: format!(
            "every former version of the rows of `{}` is lost",
            alter.name
        ),
    }
}

fn one(
    alter: &AlterTable,
    option: &str,
    (from, to): (&Options, &Options),
    changed: &mut OptionChanges,
) -> Result<()> {
    match (option, to.get(option)) {
        ("charset" | "collation", _) => {}
        ("system_versioned", _) => versions(alter, (from, to), changed),
        (option, Some(value)) => changed.clauses.push(render::table_option(option, value)),
        (option, None) => match usual(option) {
            Some(value) => changed.clauses.push(value),
            None => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!(
                        "the option `{option}` of table `{}` cannot be taken away",
                        alter.name
                    ),
                )
                .with_hint("write the ALTER TABLE statement in a migration by hand"));
            }
        },
    }
    if option == "engine" {
        changed.hazards.push(Hazard {
            safety: Safety::Blocks,
            allow: format!("alter_engine:{}", alter.name),
            reason: format!("the whole of `{}` is written again", alter.name),
        });
    }
    Ok(())
}

/// The clause that takes an option back to what it is by itself.
fn usual(option: &str) -> Option<String> {
    let value = match option {
        "engine" => "InnoDB",
        "row_format" | "pack_keys" | "stats_persistent" | "stats_auto_recalc"
        | "stats_sample_pages" => "DEFAULT",
        "key_block_size" | "max_rows" | "min_rows" | "avg_row_length" | "checksum"
        | "delay_key_write" | "page_checksum" | "transactional" => "0",
        "insert_method" => "NO",
        "compression" => "",
        option if option.starts_with("engine.") => "DEFAULT",
        _ => return None,
    };
    Some(render::table_option(option, value))
}
