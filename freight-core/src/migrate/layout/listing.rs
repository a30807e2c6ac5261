//! The names in a folder, and what a name alone tells.
//!
//! No file is opened here. Names come sorted, so that messages do not depend on the file system.

use std::path::{Path, PathBuf};

use super::name::split_id;
use super::source::unreadable;
use crate::error::Result;

/// A file that was seen and is no migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The file.
    pub path: PathBuf,
    /// Why it was left alone, for people.
    pub reason: String,
}

/// A file or folder and its name.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// What lies in a folder: links count as what they point to.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) files: Vec<Entry>,
    pub(super) folders: Vec<Entry>,
    /// Hidden ones, which are never looked at: editors keep dangling links among them.
    pub(super) hidden: Vec<Entry>,
}

impl Listing {
    /// Lists a folder.
    pub(super) fn of(folder: &Path) -> Result<Self> {
        let failed = |cause| unreadable(folder, cause);
        let mut listing = Self::default();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                listing.hidden.push(Entry { name, path });
                continue;
            }
            let mut kind = entry
                .file_type()
                .map_err(|cause| unreadable(&path, cause))?;
            if kind.is_symlink() {
                kind = std::fs::metadata(&path)
                    .map_err(|cause| unreadable(&path, cause))?
                    .file_type();
            }
            if kind.is_dir() {
                listing.folders.push(Entry { name, path });
            } else {
                listing.files.push(Entry { name, path });
            }
        }
        for entries in [
            &mut listing.files,
            &mut listing.folders,
            &mut listing.hidden,
        ] {
            entries.sort_by(|a, b| a.name.cmp(&b.name));
        }
        Ok(listing)
    }

    /// The file of exactly this name.
    pub(super) fn file(&self, name: &str) -> Option<&Entry> {
        self.files.iter().find(|entry| entry.name == name)
    }
}

/// What a file's name tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// `ID_name.up.sql` or `.down.sql`.
    Pair,
    /// `V1__name.sql` and its like.
    Flyway,
    /// Any other `.sql` file.
    Flat,
    /// `ID_name.lua`.
    Program,
    /// A file of settings that belongs to migrations: `.conf`, `flyway.toml`.
    Settings,
    /// No migration, for this reason.
    Other(String),
}

/// What the name of `entry` tells.
pub(super) fn classify(entry: &Entry) -> Class {
    let name = entry.name.as_str();
    let (stem, extension) = split_extension(name);
    if is_backup(name, &extension) {
        return Class::Other("an editor's or a tool's backup".to_owned());
    }
    if extension == "lua" && super::split_id(stem).is_some() {
        return Class::Program;
    }
    if let Some(language) = program(&extension) {
        return Class::Other(if looks_like_migration(stem) {
            format!("a migration written in {language}, which Freight does not run")
        } else {
            format!("{language}, no migration")
        });
    }
    let last = stem.rsplit('.').find(|part| !part.is_empty());
    if matches!(last, Some("up" | "down")) && stem.contains('.') {
        return Class::Pair;
    }
    match extension.as_str() {
        "sql" if super::flyway::parse(stem).is_some() => Class::Flyway,
        "sql" if matches!(stem, "schema" | "structure" | "schema_dump") => {
            Class::Other("a dump of the schema, no migration".to_owned())
        }
        "sql" => Class::Flat,
        "conf" => Class::Settings,
        _ if name == "flyway.toml" => Class::Settings,
        _ => Class::Other("no migration file".to_owned()),
    }
}

/// `001_x.sql` into `001_x` and `sql`; the extension in lower case, empty when there is none.
pub(super) fn split_extension(name: &str) -> (&str, String) {
    match name.rsplit_once('.') {
        Some((stem, extension)) => (stem, extension.to_ascii_lowercase()),
        None => (name, String::new()),
    }
}

fn is_backup(name: &str, extension: &str) -> bool {
    name.ends_with('~')
        || (name.starts_with('#') && name.ends_with('#'))
        || matches!(
            extension,
            "bak" | "orig" | "rej" | "swp" | "swo" | "tmp" | "old" | "disabled" | "skip"
        )
}

/// The language of a program, a document or data, by extension; none of them is SQL.
fn program(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "go" => "Go (goose)",
        "rs" => "Rust (refinery, SeaORM)",
        "rb" => "Ruby (Rails)",
        "py" | "pyc" => "Python (Alembic, Django)",
        "ts" | "mts" | "cts" => "TypeScript (Knex, TypeORM)",
        "js" | "mjs" | "cjs" => "JavaScript (Knex, Sequelize)",
        "java" | "kt" | "class" => "Java (Flyway)",
        "php" => "PHP (Laravel)",
        "ex" | "exs" => "Elixir (Ecto)",
        "cs" => "C# (Entity Framework)",
        "fizz" => "Fizz (pop)",
        "sh" | "bash" => "shell",
        "lua" => "Lua",
        "md" | "txt" | "rst" | "adoc" => "a document",
        "json" | "yaml" | "yml" | "toml" | "sum" | "hcl" | "lock" | "csv" => "settings or data",
        _ => return None,
    })
}

/// True for names that a tool would take for a migration: `0003_x`, `V1__x`, SeaORM's
/// `m20220101_000001_x`, Alembic's `1975ea83b712_x`.
fn looks_like_migration(stem: &str) -> bool {
    let hexadecimal = stem.split('_').next().is_some_and(|prefix| {
        prefix.len() == 12 && prefix.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let plain = stem.strip_prefix('m').unwrap_or(stem);
    hexadecimal || split_id(plain).is_some() || super::flyway::parse(stem).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(name: &str) -> Class {
        classify(&Entry {
            name: name.to_owned(),
            path: PathBuf::from(name),
        })
    }

    #[test]
    fn names_tell_what_a_file_is() {
        let pairs = [
            "001_a.up.sql",
            "001_a.down.sql",
            "001_a.up.pgsql",
            "V0001.Name.up.sql",
            "001_a.b.up.sql",
            "001_a.up..sql",
            "20200101_a.sqlite3.autocommit.up.sql",
        ];
        for name in pairs {
            assert_eq!(class(name), Class::Pair, "{name}");
        }
        for name in [
            "V1__a.sql",
            "U1__a.sql",
            "B1.2__a.sql",
            "R__a.sql",
            "V1_2__a.sql",
        ] {
            assert_eq!(class(name), Class::Flyway, "{name}");
        }
        for name in ["001_a.sql", "001_x..sql", "up.sql", "V1_a.sql", "a.SQL"] {
            assert_eq!(class(name), Class::Flat, "{name}");
        }
        for name in [
            "README.md",
            "0003_x.go",
            "001_a.sql~",
            "001_a.up.sql.orig",
            "#001_a.sql#",
            "Makefile",
            "schema.sql",
            "helper.lua",
        ] {
            assert!(matches!(class(name), Class::Other(_)), "{name}");
        }
    }

    #[test]
    fn programs_that_look_like_migrations_are_called_so() {
        for name in [
            "0003_x.go",
            "20240101_x.rb",
            "m20220101_000001_x.rs",
            "1975ea83b712_x.py",
            "V2__x.java",
        ] {
            let Class::Other(reason) = class(name) else {
                panic!("{name}");
            };
            assert!(reason.contains("Freight does not run"), "{name}: {reason}");
        }
        let Class::Other(reason) = class("mod.rs") else {
            panic!();
        };
        assert!(!reason.contains("Freight does not run"), "{reason}");
    }

    #[test]
    fn a_lua_migration_is_a_program() {
        assert_eq!(class("0003_x.lua"), Class::Program);
        assert!(matches!(class("helper.lua"), Class::Other(_)));
    }
}
