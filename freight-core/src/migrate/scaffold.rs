//! A new migration, in the convention of the directory that it goes into.
//!
//! Nothing is written here: [`next_id`] and [`Directory::scaffold`] say what `freight migrate new`
//! is to write. A project with a folder per dialect asks for one id over all its directories and
//! uses it in each.

use std::path::{Path, PathBuf};

use chrono::NaiveDateTime;

use super::directory::Directory;
use super::file::{Migration, MigrationKind};
use super::layout::Layout;
use crate::error::{Error, Result};

/// A file that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Where.
    pub path: PathBuf,
    /// With what in it.
    pub contents: String,
}

/// The name of a migration as files spell it: `Create users!` becomes `create_users`.
///
/// # Errors
/// [`ErrorKind::BadArgument`](crate::ErrorKind) when nothing is left.
///
/// ```
/// use freight_core::migrate::slug;
/// assert_eq!(slug("Add e-mail to Users").unwrap(), "add_e_mail_to_users");
/// assert_eq!(slug("?!").unwrap_err().code(), "FR0304");
/// ```
pub fn slug(name: &str) -> Result<String> {
    let words: Vec<_> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() {
        return Err(Error::bad_argument(format!(
            "`{name}` has no letter or digit to name a migration by"
        ))
        .with_hint("name it after what it does, such as `create_users`"));
    }
    Ok(words.join("_"))
}

/// The id of the next migration of `directories`, newer than all that are there.
///
/// Where the ids are sequential numbers it is the next number, as wide as the newest one (`0007`,
/// `0008`; `V1.9`, `V1.10`); otherwise it is `now` as `YYYYMMDDHHMMSS`, which should be UTC.
#[must_use]
pub fn next_id(directories: &[&Directory], now: NaiveDateTime) -> String {
    let newest = directories
        .iter()
        .filter_map(|directory| newest(directory))
        .map(|migration| &migration.id)
        .max();
    let timestamp = now.format("%Y%m%d%H%M%S").to_string();
    let Some(newest) = newest else {
        return timestamp;
    };
    let text = newest.as_str();
    let start = text
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |separator| separator + 1);
    let (before, last) = text.split_at(start);
    let is_sequence = if before.is_empty() {
        last.trim_start_matches('0').len() <= SEQUENCE_DIGITS
    } else {
        !is_date(text)
    };
    if is_sequence {
        return format!("{before}{}", increment(last));
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    // Another tool may count milliseconds, too: the new id has as many digits.
    let timestamp = format!("{timestamp:0<width$}", width = digits.len());
    if digits.len() == timestamp.len() && digits >= timestamp {
        increment(&digits)
    } else {
        timestamp
    }
}

/// Numbers of more digits are points in time: seconds since 1970 have ten, dates eight.
const SEQUENCE_DIGITS: usize = 7;

/// An empty migration in Lua.
const PROGRAM: &str = "\
-- Both run in one transaction, with the record of the migration in it.
return {
  up = function(db)
  end,

  down = function(db)
  end,
}
";

impl Directory {
    /// The files of a new, empty migration with this id (as [`next_id`] gives it) and this name.
    /// `folder` is where they go when the directory was not read from a folder.
    ///
    /// # Errors
    /// As [`slug`].
    pub fn scaffold(&self, folder: &Path, id: &str, name: &str) -> Result<Vec<NewFile>> {
        self.files(folder, id, name, None)
    }

    /// The files of a new migration with these statements.
    ///
    /// # Errors
    /// As [`slug`].
    pub fn scaffold_with(
        &self,
        folder: &Path,
        id: &str,
        name: &str,
        scripts: &Scripts,
    ) -> Result<Vec<NewFile>> {
        self.files(folder, id, name, Some(scripts))
    }

    /// The file of a new, empty migration in Lua.
    ///
    /// # Errors
    /// As [`slug`].
    pub fn scaffold_program(&self, folder: &Path, id: &str, name: &str) -> Result<NewFile> {
        let root = self.roots.last().map_or(folder, PathBuf::as_path);
        Ok(NewFile {
            path: root.join(format!("{id}_{}.lua", slug(name)?)),
            contents: PROGRAM.to_owned(),
        })
    }

    fn files(
        &self,
        folder: &Path,
        id: &str,
        name: &str,
        scripts: Option<&Scripts>,
    ) -> Result<Vec<NewFile>> {
        let name = slug(name)?;
        let root = self.roots.last().map_or(folder, PathBuf::as_path);
        let layout = self.layout.unwrap_or(Layout::Marked);
        let stem = format!("{}{id}_{name}", self.prefix(layout));
        let file = |path: String, part: Part| NewFile {
            path: root.join(path),
            contents: part.text(scripts),
        };
        use Part::{Down, Goose, Marked, Up};
        Ok(match layout {
            Layout::Marked => vec![file(format!("{stem}.sql"), Marked)],
            Layout::Goose => vec![file(format!("{stem}.sql"), Goose)],
            Layout::Plain | Layout::Atlas => vec![file(format!("{stem}.sql"), Up)],
            Layout::Pair => {
                let extension = self.pair_extension();
                vec![
                    file(format!("{stem}.up.{extension}"), Up),
                    file(format!("{stem}.down.{extension}"), Down),
                ]
            }
            Layout::Diesel => {
                let stem = format!("{}_{name}", self.diesel_id(id));
                vec![
                    file(format!("{stem}/up.sql"), Up),
                    file(format!("{stem}/down.sql"), Down),
                ]
            }
            Layout::Prisma => vec![file(format!("{stem}/migration.sql"), Up)],
            Layout::Flyway => {
                let mut files = vec![file(format!("V{id}__{name}.sql"), Up)];
                if newest(self).is_some_and(|migration| migration.down.is_some()) {
                    files.push(file(format!("U{id}__{name}.sql"), Down));
                }
                files
            }
        })
    }

    /// The `V` that some write before their numbers.
    fn prefix(&self, layout: Layout) -> &'static str {
        let has_letter = newest(self)
            .and_then(|migration| migration.up.path.file_name())
            .is_some_and(|name| name.to_string_lossy().starts_with('V'));
        if has_letter && matches!(layout, Layout::Pair | Layout::Plain) {
            "V"
        } else {
            ""
        }
    }

    fn pair_extension(&self) -> String {
        newest(self)
            .and_then(|migration| migration.up.path.extension())
            .map_or_else(
                || "sql".to_owned(),
                |extension| extension.to_string_lossy().into_owned(),
            )
    }

    /// diesel writes dates with dashes: `2024-01-31-123456`.
    fn diesel_id(&self, id: &str) -> String {
        let folder = newest(self)
            .and_then(|migration| migration.up.path.parent()?.file_name())
            .map(|name| name.to_string_lossy().into_owned());
        let has_dashes = folder.is_none_or(|name| {
            let prefix = name.split('_').next().unwrap_or_default();
            prefix.contains('-') || prefix.chars().all(|c| c == '0')
        });
        match (id.get(..4), id.get(4..6), id.get(6..8), id.get(8..)) {
            (Some(year), Some(month), Some(day), Some(time)) if has_dashes && id.len() == 14 => {
                format!("{year}-{month}-{day}-{time}")
            }
            _ => id.to_owned(),
        }
    }
}

/// The two scripts of a new migration, each with its directives, and with a line end at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scripts {
    /// Comment lines at the top of the file, without their dashes.
    pub head: Vec<String>,
    /// What takes the database forward.
    pub up: String,
    /// What takes it back.
    pub down: String,
}

/// What a file of a new migration holds.
#[derive(Clone, Copy)]
enum Part {
    Marked,
    Goose,
    Up,
    Down,
}

impl Part {
    fn text(self, scripts: Option<&Scripts>) -> String {
        let Some(scripts) = scripts else {
            return match self {
                Self::Marked => "-- migrate:up\n\n\n-- migrate:down\n\n",
                Self::Goose => "-- +goose Up\n\n\n-- +goose Down\n\n",
                Self::Up => "-- What takes the database forward.\n\n",
                Self::Down => "-- What takes the database back.\n\n",
            }
            .to_owned();
        };
        let head: String = scripts
            .head
            .iter()
            .map(|line| format!("-- {line}\n"))
            .collect();
        let (up, down) = (&scripts.up, &scripts.down);
        match self {
            Self::Marked => format!("{head}-- migrate:up\n{up}\n-- migrate:down\n{down}"),
            // goose splits at each semicolon unless it is told where a statement ends.
            Self::Goose => format!(
                "{head}-- +goose Up\n-- +goose StatementBegin\n{up}-- +goose StatementEnd\n\n\
                 -- +goose Down\n-- +goose StatementBegin\n{down}-- +goose StatementEnd\n"
            ),
            Self::Up => format!("{head}{up}"),
            Self::Down => format!("{head}{down}"),
        }
    }
}

/// The newest migration with a number.
fn newest(directory: &Directory) -> Option<&Migration> {
    let mut migrations = directory.migrations.iter().rev();
    migrations.find(|migration| migration.kind != MigrationKind::Repeatable)
}

fn is_date(text: &str) -> bool {
    text.split('-').next().is_some_and(|year| year.len() == 4) && text.contains('-')
}

/// The next decimal number, as wide as this one.
fn increment(digits: &str) -> String {
    let mut carry = true;
    let mut reversed: Vec<char> = Vec::with_capacity(digits.len() + 1);
    for digit in digits.chars().rev() {
        let (next, still) = match digit {
            '9' if carry => ('0', true),
            _ if carry => (char::from_u32(u32::from(digit) + 1).unwrap_or('0'), false),
            _ => (digit, false),
        };
        reversed.push(next);
        carry = still;
    }
    if carry {
        reversed.push('1');
    }
    reversed.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::DialectName;

    /// A directory with these files, and what a new migration called `Add Thing` would write.
    fn new_files(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, contents) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, contents).unwrap();
        }
        let directory = Directory::read(&[folder.path()], DialectName::Sqlite).unwrap();
        let now =
            NaiveDateTime::parse_from_str("2026-11-23 14:05:09", "%Y-%m-%d %H:%M:%S").unwrap();
        let id = next_id(&[&directory], now);
        let new = directory.scaffold(folder.path(), &id, "Add Thing").unwrap();
        for file in &new {
            std::fs::create_dir_all(file.path.parent().unwrap()).unwrap();
            assert!(!file.path.exists());
            std::fs::write(&file.path, &file.contents).unwrap();
        }
        // What was written is read back as the newest migration, in the same layout.
        let again = Directory::read(&[folder.path()], DialectName::Sqlite).unwrap();
        assert_eq!(again.migrations.len(), directory.migrations.len() + 1);
        assert_eq!(newest(&again).unwrap().name, "add_thing");
        assert!(directory.layout.is_none() || again.layout == directory.layout);
        new.iter()
            .map(|file| {
                let path = file.path.strip_prefix(folder.path()).unwrap();
                path.to_string_lossy().into_owned()
            })
            .collect()
    }

    #[test]
    fn a_new_migration_follows_the_convention_of_its_directory() {
        type Files = [(&'static str, &'static str)];
        let cases: &[(&Files, &[&str])] = &[
            (&[], &["20261123140509_add_thing.sql"]),
            (
                &[("20240131123456_a.sql", "-- migrate:up\n")],
                &["20261123140509_add_thing.sql"],
            ),
            (
                &[
                    ("0007_a.sql", "-- +goose Up\n"),
                    ("0003_b.sql", "-- +goose Up\n"),
                ],
                &["0008_add_thing.sql"],
            ),
            (&[("9_a.sql", "")], &["10_add_thing.sql"]),
            (
                &[("20301231235959_a.sql", "")],
                &["20301231235960_add_thing.sql"],
            ),
            (
                &[("1700000000_a.sql", "")],
                &["20261123140509_add_thing.sql"],
            ),
            (
                &[("20240131123456789_a.sql", "")],
                &["20261123140509000_add_thing.sql"],
            ),
            (
                &[("000041_a.up.sql", ""), ("000041_a.down.sql", "")],
                &["000042_add_thing.up.sql", "000042_add_thing.down.sql"],
            ),
            (
                &[("V0001.Name.up.pgsql", "")],
                &["V0002_add_thing.up.pgsql", "V0002_add_thing.down.pgsql"],
            ),
            (
                &[("2024-01-31-123456_a/up.sql", "")],
                &[
                    "2026-11-23-140509_add_thing/up.sql",
                    "2026-11-23-140509_add_thing/down.sql",
                ],
            ),
            (
                &[("20240131123456_a/up.sql", "")],
                &[
                    "20261123140509_add_thing/up.sql",
                    "20261123140509_add_thing/down.sql",
                ],
            ),
            (
                &[("V1.9__a.sql", ""), ("R__v.sql", "")],
                &["V1.10__add_thing.sql"],
            ),
            (
                &[("V3__a.sql", ""), ("U3__a.sql", "")],
                &["V4__add_thing.sql", "U4__add_thing.sql"],
            ),
            (
                &[("20240131123456_a/migration.sql", "")],
                &["20261123140509_add_thing/migration.sql"],
            ),
            (
                &[("20240131123456_a.sql", ""), ("atlas.sum", "h1:\n")],
                &["20261123140509_add_thing.sql"],
            ),
            (
                &[
                    ("0000_a.sql", ""),
                    ("meta/_journal.json", r#"{"entries":[{"tag":"0000_a"}]}"#),
                ],
                &["0001_add_thing.sql"],
            ),
        ];
        for (files, expected) in cases {
            assert_eq!(new_files(files), *expected, "{files:?}");
        }
    }
}
