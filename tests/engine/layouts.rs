//! Directories written for other tools: what Freight makes of each is what the database's own
//! client makes of the same statements, and the way back leaves nothing.
//!
//! The files of `tests/fixtures/layouts` are told here in the order in which their own tool runs
//! them, and the way forward is cut out of them by rules of this file's own, so that a fault of
//! Freight's reader cannot hide in both.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use freight_core::DialectName;
use freight_core::migrate::{Options, State, Target};

use super::client;
use super::project::{Project, fixtures, ids};
use crate::support::{TestDatabase, catalog};

/// A directory of a tool, and what is known of it without Freight.
struct Case {
    layout: &'static str,
    /// For each migration, in order, a part of the path of the file with its way forward. Where
    /// the databases have files of their own, the parts are separated by a space: the first that
    /// is there counts, and `{}` stands for the name of the database.
    files: &'static [&'static str],
    /// How the way forward is cut out of a file.
    cut: Cut,
    /// True when everything can be reverted.
    is_reversible: bool,
}

#[derive(Clone, Copy)]
enum Cut {
    /// It is the whole file.
    None,
    /// From each line that begins with the first to the next that begins with the second.
    Between(&'static [&'static str], &'static [&'static str]),
}

const CUT_MIGRATE: Cut = Cut::Between(
    &["-- migrate:up", "--migrate:up"],
    &["-- migrate:down", "--migrate:down"],
);
const CUT_GOOSE: Cut = Cut::Between(
    &["-- +goose Up", "--   +goose up"],
    &["-- +goose Down", "--   +goose down"],
);

const CASES: &[Case] = &[
    Case {
        layout: "atlas",
        files: &[
            "20240131123456",
            "20240201080000",
            "20240202080000",
            "20240203080000",
            "20240204080000",
        ],
        cut: Cut::None,
        is_reversible: false,
    },
    Case {
        layout: "dbmate",
        files: &[
            "20230101120000",
            "20230101120500",
            "20230102120000",
            "20230103120000",
            "20230104120000",
        ],
        cut: CUT_MIGRATE,
        is_reversible: true,
    },
    Case {
        layout: "diesel",
        files: &[
            "00000000000000_diesel_initial_setup/up.sql",
            "2024-01-31-123456_create_users/up.sql",
            "2024-02-01-080000_create_posts/up.sql",
            "2024-02-02-080000_seed_and_count/up.sql",
            "2024-02-03-080000_index_names/up.sql",
        ],
        cut: Cut::None,
        is_reversible: true,
    },
    Case {
        layout: "drizzle-0",
        files: &["0000_calm", "0001_brave", "0002_seed", "0003_post"],
        cut: Cut::None,
        is_reversible: false,
    },
    Case {
        layout: "drizzle-1",
        files: &[
            "20240131123456_calm_talos/migration.sql",
            "20240201090000_brave_hulk/migration.sql",
            "20240202090000_seed/migration.sql",
            "20240203090000_post_title/migration.sql",
        ],
        cut: Cut::None,
        is_reversible: false,
    },
    Case {
        layout: "flyway",
        files: &[
            "/V1__",
            "/V1.1__",
            "/V1_9__",
            "/V1.10__",
            "/release2/V2__Index_names.sql",
            "/R__",
        ],
        cut: Cut::None,
        is_reversible: true,
    },
    Case {
        layout: "freight",
        files: &[
            "20240101000001",
            "20240101000002",
            "20240102000000",
            "20240103000000",
            "20240104000000",
            "20240105000000",
        ],
        cut: CUT_MIGRATE,
        is_reversible: true,
    },
    Case {
        layout: "golang-migrate",
        files: &[
            "000001_create_users.up.",
            "000002_create_posts.up.",
            "000003_seed.users.v1.up.",
            "000004_count_posts.up.",
            "000010_index_names.up.",
        ],
        cut: Cut::None,
        is_reversible: true,
    },
    Case {
        layout: "goose",
        files: &["00001_", "00002_", "00003_", "00004_", "00005_", "00006_"],
        cut: CUT_GOOSE,
        is_reversible: true,
    },
    Case {
        layout: "ory",
        files: &[
            "20210101000000000001_create_users.up.sql",
            "20210101000000000002_create_posts.up.sql",
            "20210101000000000003_seed.up.sql",
            "20210102000000000000_count_posts.{}.up.sql",
            "20210103000000000000_index_names.{}.autocommit.up.sql 20210103000000000000_index_names.up.sql",
            "20210104000000000000_vacuum.{}.autocommit.up.sql",
        ],
        cut: Cut::None,
        is_reversible: true,
    },
    Case {
        layout: "prisma",
        files: &[
            "/0_init/migration.sql",
            "20240131123456_add_posts/migration.sql",
            "20240201090000_seed/migration.sql",
            "20240202090000_post_title/migration.sql",
            "20240203090000_name_required/migration.sql",
        ],
        cut: Cut::None,
        is_reversible: false,
    },
    Case {
        layout: "refinery",
        files: &["/V1__", "/V2__", "/U3__", "/V4__"],
        cut: Cut::None,
        is_reversible: false,
    },
    Case {
        layout: "sqlx",
        files: &[
            "20240201080000_create_users.up.sql",
            "20240201081500_create_posts.up.sql",
            "20240202090000_seed.up.sql",
            "20240203090000_count_posts.up.sql",
            "20240204090000_index_names.up.sql",
        ],
        cut: Cut::None,
        is_reversible: true,
    },
    Case {
        layout: "sqlx-simple",
        files: &["/1_", "/2_", "/9_", "/10_", "/11_"],
        cut: Cut::None,
        is_reversible: false,
    },
];

/// What Freight and the clients leave out of the comparison: the history, and the table in which
/// SQLite counts, which it keeps when the tables that it counts for are gone.
const OWN_TABLES: &[&str] = &["_freight_migrations"];
const EVER_LEFT: &[&str] = &["_freight_migrations", "sqlite_sequence"];

fn check(layout: &str, dialect: DialectName) {
    let Some(database) = TestDatabase::create(dialect) else {
        return;
    };
    let case = CASES.iter().find(|case| case.layout == layout).unwrap();
    let project = Project {
        folder: folder(layout),
        dialect,
        url: database.url.clone(),
        options: Options::default(),
    };
    let files = files(case, dialect);

    let pending = project.status();
    assert_eq!(pending.len(), files.len());
    assert!(pending.iter().all(|row| row.state == State::Pending));
    let report = project.up().unwrap();
    assert_eq!((report.applied, report.pending), (files.len(), 0));
    let applied = project.status();
    assert!(applied.iter().all(|row| row.state == State::Applied));
    let made = described(&database, OWN_TABLES);
    assert_ne!(made, "");
    assert_eq!(made, made_by_the_client(case, dialect, &files));
    assert!(project.up().unwrap().finished.is_empty());

    if case.is_reversible {
        let back = project.down(Target::To("0".into())).unwrap();
        let back = ids(&back);
        let there: Vec<_> = report.finished.iter().rev().collect();
        let there: Vec<_> = there
            .iter()
            .map(|finished| finished.id.as_str())
            .filter(|id| !id.starts_with("R__"))
            .collect();
        assert_eq!(back, there);
        assert_eq!(described(&database, EVER_LEFT), "");
    } else {
        project.down(Target::To("0".into())).unwrap_err();
        assert_eq!(described(&database, OWN_TABLES), made);
    }
}

/// What the client of the database makes of the same files, in a database of its own.
fn made_by_the_client(case: &Case, dialect: DialectName, files: &[PathBuf]) -> String {
    let database = TestDatabase::create(dialect).unwrap();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        let text = for_client(&forward(&text, case.cut), dialect);
        let file = database.folder().join("script.sql");
        std::fs::write(&file, text).unwrap();
        client::run_file(&database, &file);
    }
    described(&database, OWN_TABLES)
}

fn described(database: &TestDatabase, without: &[&str]) -> String {
    without_times(&catalog::describe(&mut database.connect(), without))
}

/// Points in time, which differ from run to run, as `[time]`.
fn without_times(text: &str) -> String {
    let mut shown = String::new();
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            shown.push('\n');
        }
        let fields: Vec<_> = line
            .split('|')
            .map(|field| if is_time(field) { "[time]" } else { field })
            .collect();
        shown.push_str(&fields.join("|"));
    }
    shown
}

fn is_time(field: &str) -> bool {
    let shape: String = field
        .chars()
        .take(19)
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    shape == "0000-00-00 00:00:00" || shape == "0000-00-00T00:00:00"
}

/// The folder of a layout, as it is named to Freight.
fn folder(layout: &str) -> PathBuf {
    let folder = fixtures().join("layouts").join(layout);
    let common = folder.join("common");
    if common.is_dir() { common } else { folder }
}

/// The files of a case that this database has.
fn files(case: &Case, dialect: DialectName) -> Vec<PathBuf> {
    let mut all = Vec::new();
    let own = folder(case.layout).join(dialect.as_str());
    let root = if own.is_dir() {
        own
    } else {
        folder(case.layout)
    };
    list(&root, &mut all);
    // As ory's files call it.
    let name = match dialect {
        DialectName::Sqlite => "sqlite3",
        other => other.as_str(),
    };
    let find = |part: &str| {
        let part = part.replace("{}", name);
        let mut found = all.iter().filter(|path| {
            let path = path.to_str().unwrap();
            path.contains(&part) && !path.ends_with(".json") && !path.ends_with(".conf")
        });
        let first = found.next().cloned();
        assert!(found.next().is_none(), "{part} is not one file");
        first
    };
    case.files
        .iter()
        .filter_map(|parts| parts.split(' ').find_map(find))
        .collect()
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// The way forward of a file.
fn forward(text: &str, cut: Cut) -> String {
    let Cut::Between(starts, ends) = cut else {
        return text.to_owned();
    };
    let begins = |line: &str, with: &[&str]| with.iter().any(|start| line.starts_with(start));
    let mut is_forward = false;
    let mut kept = String::new();
    for line in text.lines() {
        is_forward = (is_forward || begins(line, starts)) && !begins(line, ends);
        if is_forward {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// The text in words that the client knows. `mariadb` ends a statement at the first semicolon
/// unless it is told another delimiter, and reads `-->` as two operators.
fn for_client(text: &str, dialect: DialectName) -> String {
    match dialect {
        DialectName::Sqlite => {
            text.replace("-- freight:foreign-keys-off", "PRAGMA foreign_keys = OFF;")
        }
        DialectName::Postgres => text.to_owned(),
        DialectName::Mysql => for_mariadb(text),
    }
}

fn for_mariadb(text: &str) -> String {
    let text = text.replace("--> statement-breakpoint", "\n");
    let mut script = String::new();
    let mut is_body = false;
    let has_delimiter = text.contains("-- freight:delimiter");
    for line in text.lines() {
        if let Some(delimiter) = line.strip_prefix("-- freight:delimiter ") {
            writeln!(script, "DELIMITER {delimiter}").unwrap();
        } else if has_delimiter {
            writeln!(script, "{line}").unwrap();
        } else if line.starts_with("CREATE TRIGGER") {
            is_body = true;
            writeln!(script, "DELIMITER $$\n{line}").unwrap();
        } else if is_body && line == "END;" {
            is_body = false;
            writeln!(script, "END$$\nDELIMITER ;").unwrap();
        } else {
            writeln!(script, "{line}").unwrap();
        }
    }
    script
}

macro_rules! layouts {
    ($($name:ident: $layout:literal;)*) => {
        /// Every layout with a test.
        const TESTED: &[&str] = &[$($layout,)*];

        $(
            mod $name {
                use super::{DialectName, check};

                #[test]
                fn sqlite() {
                    check($layout, DialectName::Sqlite);
                }

                #[test]
                fn postgres() {
                    check($layout, DialectName::Postgres);
                }

                #[test]
                fn mysql() {
                    check($layout, DialectName::Mysql);
                }
            }
        )*
    };
}

layouts! {
    atlas: "atlas";
    dbmate: "dbmate";
    diesel: "diesel";
    drizzle_0: "drizzle-0";
    drizzle_1: "drizzle-1";
    flyway: "flyway";
    freight: "freight";
    golang_migrate: "golang-migrate";
    goose: "goose";
    ory: "ory";
    prisma: "prisma";
    refinery: "refinery";
    sqlx_pairs: "sqlx";
    sqlx_plain: "sqlx-simple";
}

#[test]
fn every_fixture_has_a_test() {
    let mut there: Vec<_> = std::fs::read_dir(fixtures().join("layouts"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    assert_eq!(there, TESTED);
}
