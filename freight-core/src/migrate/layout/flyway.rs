//! Flyway and refinery: what a file is for stands in front of its name.
//!
//! ```text
//! V1.2__create_users.sql   a migration; `V1_2__` is the same number
//! U1.2__create_users.sql   the way back from V1.2 (Flyway)
//! U3__index.sql            a migration of its own where there is no V3 (refinery)
//! R__views.sql             run again whenever it changes
//! B5__baseline.sql         replaces all up to 5 on an empty database
//! V1.2__create_users.sql.conf   settings of one script: `executeInTransaction=false`
//! ```
//!
//! Folders in the folder are read, too, as both tools do. Flyway's placeholders are not replaced:
//! `${…}` stays as it is, and where Flyway would certainly have replaced it the file is refused.

use std::collections::{BTreeMap, BTreeSet};

use super::Reader;
use super::directive::whole;
use super::listing::Ignored;
use super::listing::{Entry, split_extension};
use super::source::{Source, bytes, decode};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::file::{Migration, MigrationId, MigrationKind, Script};

/// What a name begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    Versioned,
    Undo,
    Repeatable,
    Baseline,
}

/// Reads a name without its extension; `None` when it is none of Flyway's.
pub(super) fn parse(stem: &str) -> Option<(Prefix, MigrationId, &str)> {
    if let Some(name) = stem.strip_prefix("R__") {
        return Some((Prefix::Repeatable, MigrationId::repeatable(stem), name));
    }
    let prefix = match stem.as_bytes().first()? {
        b'V' => Prefix::Versioned,
        b'U' => Prefix::Undo,
        b'B' => Prefix::Baseline,
        _ => return None,
    };
    let (version, name) = stem.get(1..)?.split_once("__")?;
    if version.contains('-') {
        return None;
    }
    Some((prefix, MigrationId::parse(version)?, name))
}

/// True for names that were most likely meant to be Flyway's: `V2_name`, `V1.x__name`.
pub(super) fn is_misspelt(stem: &str) -> bool {
    let mut letters = stem.chars();
    matches!(letters.next(), Some('V' | 'v' | 'U' | 'u' | 'B' | 'b'))
        && letters.next().is_some_and(|second| second.is_ascii_digit())
}

/// True for the names of Flyway's callbacks: `beforeMigrate`, `afterEachMigrate__log`.
pub(super) fn is_callback(stem: &str) -> bool {
    ["before", "after"].iter().any(|word| {
        stem.strip_prefix(word)
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
    })
}

/// Reads every file.
pub(super) fn read(
    entries: &[Entry],
    settings: &[Entry],
    reader: Reader,
    ignored: &mut Vec<Ignored>,
) -> Result<Vec<Migration>> {
    let mut settings = Settings::read(settings)?;
    let versions: BTreeSet<_> = entries
        .iter()
        .filter_map(|entry| parse(split_extension(&entry.name).0))
        .filter(|(prefix, ..)| *prefix == Prefix::Versioned)
        .map(|(_, id, _)| id)
        .collect();
    let mut undo: BTreeMap<MigrationId, (Entry, Script)> = BTreeMap::new();
    let mut migrations = Vec::new();
    for entry in entries {
        let Some((prefix, id, name)) = parse(split_extension(&entry.name).0) else {
            continue;
        };
        let script = settings.script(entry, reader)?;
        if prefix == Prefix::Undo && versions.contains(&id) {
            if let Some((other, _)) = undo.insert(id.clone(), (entry.clone(), script)) {
                return Err(super::source::duplicate(&id, &other.path, &entry.path));
            }
            continue;
        }
        migrations.push(Migration {
            id,
            name: name.to_owned(),
            kind: match prefix {
                Prefix::Versioned | Prefix::Undo => MigrationKind::Versioned,
                Prefix::Repeatable => MigrationKind::Repeatable,
                Prefix::Baseline => MigrationKind::Baseline,
            },
            up: script,
            down: None,
        });
    }
    for migration in &mut migrations {
        if migration.kind == MigrationKind::Versioned {
            migration.down = undo.remove(&migration.id).map(|(_, script)| script);
        }
    }
    settings.report_unused(ignored);
    Ok(migrations)
}

/// The `.conf` files, and the settings of the project that lie among the scripts.
struct Settings<'a> {
    of_scripts: BTreeMap<&'a str, &'a Entry>,
    /// A file that sets placeholders.
    placeholders: Option<&'a Entry>,
}

/// The settings of one script.
#[derive(Default)]
struct Setting {
    transaction: Option<bool>,
    keeps_placeholders: bool,
}

impl<'a> Settings<'a> {
    fn read(entries: &'a [Entry]) -> Result<Self> {
        let mut settings = Self {
            of_scripts: BTreeMap::new(),
            placeholders: None,
        };
        for entry in entries {
            if matches!(entry.name.as_str(), "flyway.conf" | "flyway.toml") {
                let text = text(entry)?;
                let sets = |line: &str| {
                    let line = line.trim_start().trim_start_matches('[');
                    let line = line.strip_prefix("flyway.").unwrap_or(line);
                    line.starts_with("placeholders.") || line.starts_with("placeholders]")
                };
                if text.lines().any(sets) {
                    settings.placeholders = Some(entry);
                }
            } else {
                settings
                    .of_scripts
                    .insert(split_extension(&entry.name).0, entry);
            }
        }
        Ok(settings)
    }

    /// One script, with its settings.
    fn script(&mut self, entry: &Entry, reader: Reader) -> Result<Script> {
        let own = self
            .of_scripts
            .remove(entry.name.as_str())
            .or_else(|| self.of_scripts.remove(split_extension(&entry.name).0));
        let setting = own.map(read_setting).transpose()?.unwrap_or_default();
        let source = Source::read(entry)?;
        if !setting.keeps_placeholders {
            self.refuse_placeholders(&source)?;
        }
        let mut script = whole(&source, reader)?;
        script.transaction = script.transaction.or(setting.transaction);
        Ok(script)
    }

    fn refuse_placeholders(&self, source: &Source) -> Result<()> {
        let (found, why) = match (source.text.find("${flyway:"), self.placeholders) {
            (Some(offset), _) => (offset, "Flyway's placeholder `${flyway:…}`".to_owned()),
            (None, Some(file)) => match source.text.find("${") {
                Some(offset) => (offset, format!("placeholders that `{}` sets", file.name)),
                None => return Ok(()),
            },
            (None, None) => return Ok(()),
        };
        Err(source
            .unsupported(source.line_of(found), &why)
            .with_hint("write the value into the script"))
    }

    fn report_unused(&self, ignored: &mut Vec<Ignored>) {
        for entry in self.of_scripts.values() {
            ignored.push(Ignored {
                path: entry.path.clone(),
                reason: "settings of a script that is not there".to_owned(),
            });
        }
    }
}

fn text(entry: &Entry) -> Result<String> {
    let bytes = bytes(&entry.path)?;
    decode(&bytes, &entry.path).map(str::to_owned)
}

/// Reads `<script>.conf`. A setting that changes what runs and that Freight does not have is
/// refused.
fn read_setting(entry: &Entry) -> Result<Setting> {
    let mut setting = Setting::default();
    for (index, line) in text(entry)?.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        let (key, value) = (key.trim(), value.trim());
        let key = key.strip_prefix("flyway.").unwrap_or(key);
        match (key, value.to_ascii_lowercase().as_str()) {
            ("executeInTransaction", "false") => setting.transaction = Some(false),
            ("executeInTransaction", "true") => setting.transaction = Some(true),
            ("placeholderReplacement", "false") => setting.keeps_placeholders = true,
            ("encoding", "utf-8" | "utf8")
            | ("placeholderReplacement" | "shouldExecute", "true") => {}
            ("executeInTransaction" | "placeholderReplacement", _) => {
                return Err(Error::new(
                    ErrorKind::InvalidDirective,
                    format!("`{key}={value}` is neither `true` nor `false`"),
                )
                .with_hint(format!("write `{key}=false`"))
                .at(&entry.path, index + 1, 0));
            }
            _ => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!(
                        "`{}` sets `{key}`, which Freight does not support",
                        entry.path.display()
                    ),
                )
                .with_hint("of these settings Freight reads `executeInTransaction`")
                .at(&entry.path, index + 1, 0));
            }
        }
    }
    Ok(setting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_prefix_a_version_and_a_description() {
        let cases = [
            ("V1__a", Some((Prefix::Versioned, "1", "a"))),
            ("V1.2__a_b", Some((Prefix::Versioned, "1.2", "a_b"))),
            ("V1_2__a", Some((Prefix::Versioned, "1_2", "a"))),
            ("V13.1__", Some((Prefix::Versioned, "13.1", ""))),
            ("U1__a", Some((Prefix::Undo, "1", "a"))),
            ("B2__base", Some((Prefix::Baseline, "2", "base"))),
            (
                "R__Blue cars",
                Some((Prefix::Repeatable, "R__Blue cars", "Blue cars")),
            ),
            ("V1_a", None),
            ("V__a", None),
            ("V1.x__a", None),
            ("Vehicles__a", None),
            ("1__a", None),
        ];
        for (stem, expected) in cases {
            let found = parse(stem);
            let found = found
                .as_ref()
                .map(|(prefix, id, name)| (*prefix, id.as_str(), *name));
            assert_eq!(found, expected, "{stem}");
        }
        assert!(is_misspelt("V1_a") && !is_misspelt("Vehicles") && !is_misspelt("1_a"));
        assert!(is_callback("afterMigrate") && !is_callback("aftermath"));
    }
}
