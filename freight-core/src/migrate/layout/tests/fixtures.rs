//! The fixture directories: told apart, named, split.

use std::path::Path;

use super::{file_name, names};
use crate::dialect::DialectName;
use crate::migrate::layout::{Layout, atlas_sum};
use crate::migrate::{Directory, Script};

fn fixture(layout: &str, dialect: DialectName) -> Directory {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures/layouts")
        .join(layout);
    let common = path.join("common");
    let path = if common.is_dir() { common } else { path };
    Directory::read(&[path], dialect).unwrap()
}

#[test]
fn every_fixture_is_told_apart_and_named() {
    use Layout::{Atlas, Diesel, Flyway, Goose, Marked, Pair, Plain, Prisma};
    let cases: &[(&str, Layout, &[&str])] = &[
        (
            "freight",
            Marked,
            &[
                "20240101000001 create_users",
                "20240101000002 create_posts",
                "20240102000000 count_posts",
                "20240103000000 index_names",
                "20240104000000 *",
                "20240105000000 nothing",
            ],
        ),
        (
            "dbmate",
            Marked,
            &[
                "20230101120000 create_users",
                "20230101120500 create_posts",
                "20230102120000 two_steps",
                "20230103120000 count_posts",
                "20230104120000 empty_down",
            ],
        ),
        (
            "golang-migrate",
            Pair,
            &[
                "000001 create_users",
                "000002 create_posts",
                "000003 seed.users.v1",
                "000004 count_posts",
                "000010 index_names",
            ],
        ),
        (
            "sqlx",
            Pair,
            &[
                "20240201080000 create_users",
                "20240201081500 create_posts",
                "20240202090000 seed",
                "20240203090000 count_posts",
                "20240204090000 index_names",
            ],
        ),
        (
            "sqlx-simple",
            Plain,
            &[
                "1 create_users",
                "2 create_posts",
                "9 seed",
                "10 count_posts",
                "11 index_names",
            ],
        ),
        (
            "goose",
            Goose,
            &[
                "00001 create_users",
                "00002 create_posts",
                "00003 seed",
                "00004 count_posts",
                "00005 index_names",
                "00006 empty_down",
            ],
        ),
        (
            "diesel",
            Diesel,
            &[
                "20240131123456 create_users",
                "20240201080000 create_posts",
                "20240202080000 seed_and_count",
                "20240203080000 index_names",
            ],
        ),
        (
            "refinery",
            Flyway,
            &[
                "1 create_users",
                "2 create_posts",
                "3 seed",
                "4 count_posts",
            ],
        ),
        (
            "flyway",
            Flyway,
            &[
                "1 Create_users",
                "1.1 Create_posts",
                "1_9 Seed",
                "1.10 Count_posts",
                "2 Index_names",
                "R__User_totals User_totals",
            ],
        ),
        (
            "prisma",
            Prisma,
            &[
                "0 init",
                "20240131123456 add_posts",
                "20240201090000 seed",
                "20240202090000 post_title",
                "20240203090000 name_required",
            ],
        ),
        (
            "drizzle-0",
            Plain,
            &[
                "0000 calm_talos",
                "0001 brave_hulk",
                "0002 seed",
                "0003 post_title",
            ],
        ),
        (
            "drizzle-1",
            Prisma,
            &[
                "20240131123456 calm_talos",
                "20240201090000 brave_hulk",
                "20240202090000 seed",
                "20240203090000 post_title",
            ],
        ),
        (
            "atlas",
            Atlas,
            &[
                "20240131123456 create_users",
                "20240201080000 create_posts",
                "20240202080000 seed",
                "20240203080000 count_posts",
                "20240204080000 index_names",
            ],
        ),
    ];
    for (layout, expected, migrations) in cases {
        for dialect in DialectName::ALL {
            let directory = fixture(layout, *dialect);
            assert_eq!(directory.layout, Some(*expected), "{layout}");
            let mut found = names(&directory);
            // diesel writes one more for PostgreSQL.
            found.retain(|(_, name)| *name != "diesel_initial_setup");
            assert_eq!(found.len(), migrations.len(), "{layout}: {found:?}");
            for ((id, name), expected) in found.iter().zip(*migrations) {
                let matches = format!("{id} {name}") == *expected || format!("{id} *") == *expected;
                assert!(matches, "{layout}: {id} {name}, expected {expected}");
            }
        }
    }
}

#[test]
fn fixtures_split_into_statements_and_options() {
    // Layout, dialect, and per migration: statements up, statements down, in a transaction.
    type Row = (usize, Option<usize>, Option<bool>);
    let cases: &[(&str, DialectName, &[Row])] = &[
        (
            "freight",
            DialectName::Sqlite,
            &[
                (1, Some(1), None),
                (2, Some(1), None),
                (3, Some(2), None),
                (1, Some(1), Some(false)),
                (7, Some(7), None),
                (0, Some(0), None),
            ],
        ),
        (
            "freight",
            DialectName::Mysql,
            &[
                (1, Some(1), None),
                (2, Some(1), None),
                (3, Some(2), None),
                (1, Some(1), Some(false)),
                (1, Some(1), None),
                (0, Some(0), None),
            ],
        ),
        (
            "dbmate",
            DialectName::Postgres,
            &[
                (1, Some(1), None),
                (2, Some(1), None),
                (3, Some(3), Some(false)),
                (3, Some(3), None),
                (1, Some(0), None),
            ],
        ),
        (
            "sqlx",
            DialectName::Postgres,
            &[
                (1, Some(1), None),
                (2, Some(1), None),
                (2, Some(2), None),
                (3, Some(2), None),
                (1, Some(1), Some(false)),
            ],
        ),
        (
            "goose",
            DialectName::Mysql,
            &[
                (1, Some(1), None),
                (2, Some(1), None),
                (2, Some(2), None),
                (2, Some(1), None),
                (1, Some(1), Some(false)),
                (1, Some(0), None),
            ],
        ),
        (
            "diesel",
            DialectName::Postgres,
            &[
                (1, Some(1), None),
                (1, Some(1), None),
                (2, Some(1), None),
                (5, Some(4), None),
                (1, Some(1), Some(false)),
            ],
        ),
        (
            "flyway",
            DialectName::Sqlite,
            &[
                (1, Some(1), None),
                (2, Some(2), None),
                (2, Some(2), None),
                (2, Some(1), None),
                (1, Some(1), Some(false)),
                (2, None, None),
            ],
        ),
        (
            "drizzle-0",
            DialectName::Mysql,
            &[
                (2, None, None),
                (3, None, None),
                (2, None, None),
                (1, None, None),
            ],
        ),
        (
            "drizzle-1",
            DialectName::Postgres,
            &[
                (2, None, None),
                (3, None, None),
                (2, None, None),
                (2, None, None),
            ],
        ),
        (
            "atlas",
            DialectName::Sqlite,
            &[
                (1, None, None),
                (2, None, None),
                (2, None, None),
                (2, None, None),
                (1, None, Some(false)),
            ],
        ),
        (
            "ory",
            DialectName::Postgres,
            &[
                (1, Some(1), None),
                (2, Some(1), None),
                (2, Some(2), None),
                (3, Some(3), None),
                (1, Some(1), Some(false)),
                (1, Some(0), Some(false)),
            ],
        ),
        (
            "ory",
            DialectName::Mysql,
            &[
                (1, Some(1), None),
                (2, Some(1), None),
                (2, Some(2), None),
                (2, Some(2), None),
                (1, Some(1), None),
            ],
        ),
    ];
    for (layout, dialect, expected) in cases {
        let directory = fixture(layout, *dialect);
        let lexicon = dialect.dialect().lexicon();
        let count = |script: &Script| script.statements(lexicon).unwrap().len();
        let found: Vec<Row> = directory
            .migrations
            .iter()
            .map(|migration| {
                let down = migration.down.as_ref().map(count);
                (count(&migration.up), down, migration.up.transaction)
            })
            .collect();
        assert_eq!(found, *expected, "{layout} for {dialect}");
    }
}

#[test]
fn every_fixture_splits_on_its_database() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/layouts");
    for entry in std::fs::read_dir(root).unwrap() {
        let layout = entry.unwrap().file_name().to_string_lossy().into_owned();
        for dialect in DialectName::ALL {
            for migration in &fixture(&layout, *dialect).migrations {
                for script in std::iter::once(&migration.up).chain(&migration.down) {
                    let lexicon = dialect.dialect().lexicon();
                    let statements = script.statements(lexicon).unwrap();
                    for statement in statements {
                        let text = statement.text(&script.text);
                        assert!(!text.contains("statement-breakpoint"), "{text}");
                        assert!(!text.contains("+goose"), "{text}");
                        assert!(!text.contains("migrate:"), "{text}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_fixture_for_ory_falls_back_to_plain_files() {
    for (dialect, up) in [
        (
            DialectName::Sqlite,
            "20210103000000000000_index_names.up.sql",
        ),
        (
            DialectName::Mysql,
            "20210103000000000000_index_names.up.sql",
        ),
        (
            DialectName::Postgres,
            "20210103000000000000_index_names.postgres.autocommit.up.sql",
        ),
    ] {
        let directory = fixture("ory", dialect);
        assert_eq!(file_name(&directory.migrations[4].up.path), up);
        let of_other_databases = directory.ignored.iter().any(|ignored| {
            ignored
                .path
                .ends_with("20210103000000000000_index_names.cockroach.up.sql")
        });
        assert!(of_other_databases);
    }
}

#[test]
fn the_fixture_of_atlas_has_the_sum_that_atlas_writes() {
    for dialect in DialectName::ALL {
        let directory = fixture("atlas", *dialect);
        let sum = atlas_sum(directory.migrations.iter().map(|migration| {
            let name = migration.up.path.file_name().unwrap().to_str().unwrap();
            (name, &*migration.up.text)
        }));
        let mut expected = format!("{}\n", sum.total);
        for (name, hash) in sum.files {
            expected += &format!("{name} {hash}\n");
        }
        let written = std::fs::read_to_string(directory.roots[0].join("atlas.sum")).unwrap();
        assert_eq!(written, expected);
    }
}

#[test]
fn program_files_between_migrations_are_reported() {
    let directory = fixture("goose", DialectName::Sqlite);
    let ignored: Vec<_> = directory
        .ignored
        .iter()
        .map(|ignored| (file_name(&ignored.path), ignored.reason.as_str()))
        .collect();
    assert_eq!(
        ignored,
        [(
            "00007_backfill.go".to_owned(),
            "a migration written in Go (goose), which Freight does not run"
        )]
    );
}
