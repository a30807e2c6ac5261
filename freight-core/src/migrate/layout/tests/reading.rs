//! What real directories have in them, and how it is read.

use std::path::PathBuf;

use super::{folder, names, read, read_as, refused, write};
use crate::dialect::DialectName;
use crate::error::ErrorKind;
use crate::migrate::layout::Layout;
use crate::migrate::{Directory, Migration, MigrationKind, Script};

/// The text of each part, trimmed; of the whole file where there are no parts.
fn parts(script: &Script) -> Vec<&str> {
    if script.split.parts.is_empty() {
        return vec![script.text.trim()];
    }
    let parts = script.split.parts.iter();
    parts
        .map(|part| script.text[part.range.clone()].trim())
        .collect()
}

fn only(directory: &Directory) -> &Migration {
    assert_eq!(directory.migrations.len(), 1);
    &directory.migrations[0]
}

#[test]
fn an_empty_folder_has_no_layout() {
    let directory = read(&[]);
    assert_eq!((directory.layout, directory.migrations.len()), (None, 0));
    let directory = read(&[
        ("README.md", "x"),
        (".gitkeep", ""),
        ("schema.sql", "SELECT 1;"),
    ]);
    assert_eq!((directory.layout, directory.migrations.len()), (None, 0));
    assert_eq!(directory.ignored.len(), 3);
}

#[test]
fn empty_files_by_the_hundred_are_migrations() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..300 {
        write(&folder, &format!("{number}_empty.sql"), b"");
    }
    let directory = read_as(&folder, DialectName::Postgres);
    assert_eq!(directory.layout, Some(Layout::Plain));
    assert_eq!(directory.migrations.len(), 300);
    assert_eq!(directory.migrations[10].id.as_str(), "10");
    let marked = [
        ("1_a.sql", "-- migrate:up\nSELECT 1;"),
        ("2_b.sql", "\n"),
        ("3_c.sql", "-- later\n"),
    ];
    assert_eq!(read(&marked).migrations.len(), 3);
}

#[test]
fn marked_files_have_sections_and_options() {
    let directory = read(&[(
        "1_a.sql",
        "\u{feff}-- head\r\n--migrate:up transaction:false\r\nA;\r\n-- migrate:down\r\nB;\r\n-- migrate:up\r\nC;\r\n-- migrate:down transaction:true\r\n-- migrate: a comment\r\n",
    )]);
    let migration = only(&directory);
    assert_eq!(parts(&migration.up), ["A;", "C;"]);
    assert_eq!(migration.up.transaction, Some(false));
    let down = migration.down.as_ref().unwrap();
    assert_eq!(parts(down), ["B;", "-- migrate: a comment"]);
    assert_eq!(down.transaction, Some(true));
    assert!(
        only(&read(&[("1_a.sql", "-- migrate:up\nA;")]))
            .down
            .is_none()
    );
}

#[test]
fn directives_apply_to_their_script_or_to_the_file() {
    let directory = read(&[(
        "1_a.sql",
        "-- freight:foreign-keys-off\n-- migrate:up\n/* why */\n-- freight:delimiter //\n  -- freight:allow  drop_column   users.legacy\n-- freight:allow drop_table:old\nA//\n-- migrate:down\n-- freight:transaction off\nB;\n",
    )]);
    let migration = only(&directory);
    assert!(migration.up.foreign_keys_off);
    assert_eq!(migration.up.split.delimiter.as_deref(), Some("//"));
    assert_eq!(
        migration.up.allow,
        ["drop_column users.legacy", "drop_table:old"]
    );
    assert_eq!(migration.up.transaction, None);
    let down = migration.down.as_ref().unwrap();
    assert!(down.foreign_keys_off && down.split.delimiter.is_none() && down.allow.is_empty());
    assert_eq!(down.transaction, Some(false));

    let elsewhere = [
        ("1_a.sql", "-- freight:transaction off\nA;"),
        ("1_a.up.sql", "-- freight:transaction off\nA;"),
        ("1_a/up.sql", "-- freight:transaction off\nA;"),
        ("1_a/migration.sql", "-- freight:transaction off\nA;"),
        ("V1__a.sql", "-- freight:transaction off\nA;"),
        ("1_a.sql", "-- +goose Up\n-- freight:transaction off\nA;"),
    ];
    for file in elsewhere {
        let directory = read(&[file]);
        assert_eq!(only(&directory).up.transaction, Some(false), "{file:?}");
    }
}

#[test]
fn a_directive_inside_a_string_is_none() {
    let text = "INSERT INTO notes VALUES ('\n-- freight:nonsense\n');\n";
    assert!(!only(&read(&[("1_a.sql", text)])).up.foreign_keys_off);
}

#[test]
fn goose_blocks_are_whole_unless_they_are_several_statements() {
    let directory = read(&[(
        "1_a.sql",
        "-- +goose Up\nA;\n-- +goose StatementBegin\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;\n-- +goose StatementEnd\n-- +goose statementbegin\nSELECT 1; SELECT 2;\n-- +goose statementend\n-- +goose Down\n",
    )]);
    let migration = only(&directory);
    let texts: Vec<_> = parts(&migration.up)
        .into_iter()
        .zip(&migration.up.split.parts)
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, part)| (text, part.whole))
        .collect();
    assert_eq!(
        texts,
        [
            ("A;", false),
            (
                "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;",
                true
            ),
            ("SELECT 1; SELECT 2;", false),
        ]
    );
    assert_eq!(parts(migration.down.as_ref().unwrap()), [""]);
}

#[test]
fn either_half_of_a_pair_may_be_missing() {
    let directory = read(&[
        ("1_a.down.sql", "B;"),
        ("2_b.up.sql", "C;"),
        ("3_c.up..sql", "D;"),
    ]);
    assert_eq!(names(&directory), [("1", "a"), ("2", "b"), ("3", "c")]);
    assert_eq!(&*directory.migrations[0].up.text, "");
    assert_eq!(
        parts(directory.migrations[0].down.as_ref().unwrap()),
        ["B;"]
    );
    assert!(directory.migrations[1].down.is_none());
}

#[test]
fn ids_of_all_kinds_are_ordered_by_number() {
    let directory = read(&[
        ("10_j.sql", ""),
        ("2_b.sql", ""),
        ("V13.1_v.sql", ""),
        ("123456789012345678901234567890_z.sql", ""),
        ("001_x..sql", ""),
        ("99999999999999999999_y.sql", ""),
    ]);
    let ids: Vec<_> = names(&directory).into_iter().map(|(id, _)| id).collect();
    assert_eq!(
        ids,
        [
            "001",
            "2",
            "10",
            "13.1",
            "99999999999999999999",
            "123456789012345678901234567890"
        ]
    );
    assert_eq!(directory.migrations[0].name, "x");
    let dotted = read(&[
        ("V0001.Name.up.sql", ""),
        ("V0001.Name.down.sql", ""),
        ("V13.1.More.up.sql", ""),
    ]);
    assert_eq!(names(&dotted), [("0001", "Name"), ("13.1", "More")]);
}

#[test]
fn flyway_undoes_baselines_and_settings_find_their_migration() {
    let directory = read(&[
        ("V1__a.sql", "A;"),
        ("U1__a.sql", "UA;"),
        ("U2__b.sql", "B; ${kept}"),
        ("B1__base.sql", "BASE;"),
        ("V3__c.sql", "C; ${flyway:user}"),
        (
            "V3__c.sql.conf",
            "placeholderReplacement=false\nexecuteInTransaction=false\n",
        ),
        ("beforeMigrate.sql", ""),
        ("V9__gone.sql.conf", "executeInTransaction=false\n"),
    ]);
    let kinds: Vec<_> = directory
        .migrations
        .iter()
        .map(|migration| {
            (
                migration.name.as_str(),
                migration.kind,
                migration.down.is_some(),
            )
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("base", MigrationKind::Baseline, false),
            ("a", MigrationKind::Versioned, true),
            ("b", MigrationKind::Versioned, false),
            ("c", MigrationKind::Versioned, false),
        ]
    );
    assert_eq!(directory.migrations[3].up.transaction, Some(false));
    assert_eq!(directory.ignored.len(), 2);
}

#[test]
fn atlas_directives_are_read() {
    let directory = read(&[
        ("1_a.sql", "-- atlas:txmode file\n\nA;"),
        (
            "2_b.sql",
            "-- atlas:checkpoint v1\n-- atlas:delimiter -- end\n\nB;\n-- end",
        ),
        ("atlas.sum", ""),
    ]);
    assert_eq!(directory.layout, Some(Layout::Atlas));
    assert_eq!(directory.migrations[0].up.transaction, Some(true));
    assert_eq!(directory.migrations[1].kind, MigrationKind::Baseline);
    assert_eq!(
        directory.migrations[1].up.split.delimiter.as_deref(),
        Some("-- end")
    );
}

#[test]
fn drizzle_files_outside_the_journal_are_old_or_new() {
    let journal = r#"{"entries":[{"tag":"0000_a"},{"tag":"0002_c"}]}"#;
    let directory = read(&[
        ("0000_a.sql", "A;--> statement-breakpoint\nB;"),
        ("0001_left.sql", "X;"),
        ("0002_c.sql", "C;"),
        ("0003_new.sql", "D;"),
        ("meta/_journal.json", journal),
    ]);
    assert_eq!(
        names(&directory),
        [("0000", "a"), ("0002", "c"), ("0003", "new")]
    );
    assert_eq!(parts(&directory.migrations[0].up), ["A;", "B;"]);
    assert!(directory.ignored[0].reason.contains("_journal.json"));
}

#[test]
fn prisma_may_have_a_way_down_and_diesel_none() {
    let prisma = read(&[
        ("0_init/migration.sql", "A;"),
        ("0_init/down.sql", "B;"),
        ("migration_lock.toml", ""),
    ]);
    assert_eq!(names(&prisma), [("0", "init")]);
    assert!(only(&prisma).down.is_some());
    let diesel = read(&[
        ("2024-01-31-123456_a/up.sql", ""),
        ("2024-01-31-123456_a/notes.md", ""),
    ]);
    assert_eq!(names(&diesel), [("20240131123456", "a")]);
    assert!(only(&diesel).down.is_none());
    assert_eq!(diesel.ignored.len(), 1);
}

#[test]
fn a_folder_for_the_dialect_stands_for_its_parent() {
    let folder = folder(&[
        ("1_top.sql", ""),
        ("sqlite/1_a.sql", ""),
        ("postgresql/1_b.sql", ""),
        ("mariadb/1_c.sql", ""),
        ("mysql/1_d.sql", ""),
    ]);
    for (dialect, subfolder, name) in [
        (DialectName::Sqlite, "sqlite", "a"),
        (DialectName::Postgres, "postgresql", "b"),
        (DialectName::Mysql, "mysql", "d"),
    ] {
        let directory = read_as(&folder, dialect);
        assert_eq!(names(&directory), [("1", name)]);
        assert_eq!(directory.roots, [folder.path().join(subfolder)]);
        let top = directory
            .ignored
            .iter()
            .find(|ignored| ignored.path.ends_with("1_top.sql"));
        assert!(top.is_some());
    }
    let error = refused(&[("postgres/1_a.sql", ""), ("README.md", "")]);
    assert_eq!(error.kind(), ErrorKind::UnreadableMigration);
    // A folder for another database beside migrations of no particular one.
    assert_eq!(
        names(&read(&[("postgres/1_a.sql", ""), ("1_b.sql", "")])),
        [("1", "b")]
    );
}

#[test]
fn several_folders_are_one_list() {
    let (one, two) = (
        folder(&[("1_a.sql", ""), ("3_c.sql", "")]),
        folder(&[("2_b.sql", "")]),
    );
    let read = |folders: &[PathBuf]| Directory::read(folders, DialectName::Sqlite);
    let (first, second) = (one.path().to_owned(), two.path().to_owned());
    let directory = read(&[first.clone(), second.clone(), first.clone()]).unwrap();
    assert_eq!(names(&directory), [("1", "a"), ("2", "b"), ("3", "c")]);

    let marked = folder(&[("20240101000000_d.sql", "-- migrate:up\n")]);
    let directory = read(&[first.clone(), marked.path().to_owned()]).unwrap();
    assert_eq!(
        (directory.layout, directory.migrations.len()),
        (Some(Layout::Marked), 3)
    );

    let pairs = folder(&[("9_z.up.sql", "")]);
    let error = read(&[first.clone(), pairs.path().to_owned()]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AmbiguousLayout);
    let same = folder(&[("003_z.sql", "")]);
    let error = read(&[first, same.path().to_owned()]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DuplicateId);
    assert!(error.message().contains("3_c.sql") && error.message().contains("003_z.sql"));
}
