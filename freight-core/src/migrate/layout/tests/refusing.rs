//! What is refused, with the file, the line and what to do about it.

use super::{folder, names, read_as, refused, write};
use crate::dialect::DialectName;
use crate::error::ErrorKind;
use crate::migrate::Directory;

#[test]
fn wrong_files_are_refused_by_name_and_line() {
    use ErrorKind::{
        AmbiguousLayout, DuplicateId, InvalidDirective, InvalidId, UnreadableMigration, Unsupported,
    };
    // Files, the kind, words of the message, the line.
    type Case<'a> = (&'a [(&'a str, &'a str)], ErrorKind, &'a [&'a str], usize);
    let cases: &[Case<'_>] = &[
        (
            &[("1_a.sql", ""), ("001_b.sql", "")],
            DuplicateId,
            &["1_a.sql", "001_b.sql"],
            0,
        ),
        (
            &[("1_a.up.sql", ""), ("1_b.up.sql", "")],
            DuplicateId,
            &["1_a.up.sql", "1_b.up.sql"],
            0,
        ),
        (
            &[("V1__a.sql", ""), ("V1__b.sql", "")],
            DuplicateId,
            &["V1__a.sql", "V1__b.sql"],
            0,
        ),
        (
            &[("V1__a.sql", ""), ("U1__b.sql", ""), ("U1__c.sql", "")],
            DuplicateId,
            &["U1__b.sql"],
            0,
        ),
        (
            &[("1_a/up.sql", ""), ("01_b/up.sql", "")],
            DuplicateId,
            &["1_a", "01_b"],
            0,
        ),
        (&[("x_a.sql", "")], InvalidId, &["x_a.sql"], 0),
        (&[("12ab_a.sql", "")], InvalidId, &["12ab_a.sql"], 0),
        (
            &[("1_a.up.sql", ""), ("x.up.sql", "")],
            InvalidId,
            &["x.up.sql"],
            0,
        ),
        (
            &[("V1__a.sql", ""), ("V2_b.sql", "")],
            InvalidId,
            &["V2_b.sql"],
            0,
        ),
        (
            &[("1_a/up.sql", ""), ("x_b/up.sql", "")],
            InvalidId,
            &["x_b"],
            0,
        ),
        (&[("init/migration.sql", "")], InvalidId, &["init"], 0),
        (
            &[
                ("1_a.sql", "-- migrate:up\n"),
                ("2_b.sql", "-- +goose Up\n"),
            ],
            AmbiguousLayout,
            &["1_a.sql", "2_b.sql"],
            0,
        ),
        (
            &[("1_a.sql", ""), ("2_b.up.sql", "")],
            AmbiguousLayout,
            &["1_a.sql", "2_b.up.sql"],
            0,
        ),
        (
            &[("1_a.sql", ""), ("V2__b.sql", "")],
            AmbiguousLayout,
            &["1_a.sql", "V2__b.sql"],
            0,
        ),
        (
            &[("1_a/up.sql", ""), ("2_b/migration.sql", "")],
            AmbiguousLayout,
            &["1_a", "2_b"],
            0,
        ),
        (
            &[("1_a/up.sql", ""), ("1_a/migration.sql", "")],
            AmbiguousLayout,
            &["1_a"],
            0,
        ),
        (
            &[("1_a/up.sql", ""), ("2_b.sql", "")],
            AmbiguousLayout,
            &["1_a", "2_b.sql"],
            0,
        ),
        (
            &[("1_a.sql", "-- migrate:down\n-- migrate:up\n")],
            InvalidDirective,
            &["1_a.sql"],
            1,
        ),
        (
            &[("1_a.sql", "\n-- x\nA;\n-- migrate:up\n")],
            InvalidDirective,
            &["before"],
            3,
        ),
        (
            &[(
                "1_a.sql",
                "-- migrate:up\n-- migrate:down\n-- migrate:down\n",
            )],
            InvalidDirective,
            &["second"],
            3,
        ),
        (
            &[("1_a.sql", "-- migrate:up\n"), ("2_b.sql", "A;")],
            InvalidDirective,
            &["2_b.sql", "migrate:up"],
            1,
        ),
        (
            &[("1_a.sql", "-- migrate:up transaktion:false\n")],
            InvalidDirective,
            &["transaktion"],
            1,
        ),
        (
            &[("1_a.sql", "-- migrate:up\n  -- migrate:down\n")],
            InvalidDirective,
            &["begin"],
            2,
        ),
        (
            &[("1_a.sql", "-- migrate:up\n-- migrate:Down\n")],
            InvalidDirective,
            &["Down"],
            2,
        ),
        (
            &[("1_a.sql", "-- +goose Down\n")],
            InvalidDirective,
            &["Up"],
            1,
        ),
        (
            &[("1_a.sql", "-- +goose Up\n"), ("2_b.sql", "A;")],
            InvalidDirective,
            &["2_b.sql"],
            1,
        ),
        (
            &[("1_a.sql", "-- +goose Up\n-- +goose StatementBegin\nA;")],
            InvalidDirective,
            &["end"],
            2,
        ),
        (
            &[("1_a.sql", "-- +goose Up\n-- +goose StatementEnd\n")],
            InvalidDirective,
            &["beginning"],
            2,
        ),
        (
            &[("1_a.sql", "-- +goose Up\n-- +goose Statment Begin")],
            InvalidDirective,
            &["Statment"],
            2,
        ),
        (
            &[("1_a.sql", "-- +goose Up\n-- +goose ENVSUB ON\n")],
            Unsupported,
            &["environment"],
            2,
        ),
        (
            &[("1_a.sql", "\n-- freight:foreign_keys_off\n")],
            InvalidDirective,
            &["foreign_keys_off"],
            2,
        ),
        (
            &[("1_a.sql", "-- freight:delimiter\n")],
            InvalidDirective,
            &["delimiter"],
            1,
        ),
        (
            &[("1_a.sql", "-- freight:transaction maybe\n")],
            InvalidDirective,
            &["maybe"],
            1,
        ),
        (
            &[("1_a.sql", "A;\n-- freight:transaction off\nB;")],
            InvalidDirective,
            &["after"],
            2,
        ),
        (
            &[("1_a/down.sql", "")],
            UnreadableMigration,
            &["1_a", "up.sql"],
            0,
        ),
        (
            &[("1_a/migration.sql", ""), ("2_b/snapshot.json", "")],
            UnreadableMigration,
            &["2_b", "migration.sql"],
            0,
        ),
        (&[("2_b/", "")], UnreadableMigration, &["2_b"], 0),
        (
            &[
                ("1_a/up.sql", ""),
                ("1_a/metadata.toml", "run_in_transaction = no"),
            ],
            InvalidDirective,
            &["run_in_transaction"],
            1,
        ),
        (
            &[("1_a.sql", "-- atlas:txtar\n\n"), ("atlas.sum", "")],
            Unsupported,
            &["txtar", "1_a.sql"],
            1,
        ),
        (
            &[("1_a.sql", "-- atlas:txmode x\n\n"), ("atlas.sum", "")],
            InvalidDirective,
            &["txmode"],
            1,
        ),
        (
            &[("V1__a.sql", "\nSELECT '${flyway:user}'")],
            Unsupported,
            &["flyway:"],
            2,
        ),
        (
            &[
                ("V1__a.sql", "${x}"),
                ("flyway.conf", "flyway.placeholders.x=1"),
            ],
            Unsupported,
            &["flyway.conf"],
            1,
        ),
        (
            &[
                ("V1__a.sql", ""),
                ("V1__a.sql.conf", "\nshouldExecute=false"),
            ],
            Unsupported,
            &["shouldExecute"],
            2,
        ),
        (
            &[
                ("0000_a.sql", ""),
                ("meta/_journal.json", r#"{"entries":[{"tag":"0001_b"}]}"#),
            ],
            UnreadableMigration,
            &["0001_b.sql"],
            0,
        ),
        (
            &[("0000_a.sql", ""), ("meta/_journal.json", "{")],
            UnreadableMigration,
            &["journal"],
            0,
        ),
    ];
    for (files, kind, words, line) in cases {
        let error = refused(files);
        assert_eq!(error.kind(), *kind, "{files:?}: {error}");
        for word in *words {
            assert!(error.message().contains(word), "{files:?}: {error}");
        }
        let location = error
            .location()
            .unwrap_or_else(|| panic!("no place: {error}"));
        assert_eq!(location.line, *line, "{files:?}: {error}");
    }
}

#[test]
fn unknown_directives_name_the_nearest() {
    let cases = [
        (
            "-- freight:foreign_keys_off\n",
            "did you mean `freight:foreign-keys-off`?",
        ),
        (
            "-- freight: delimeter //\n",
            "did you mean `freight:delimiter`?",
        ),
        (
            "-- migrate:up transaction:flase\n",
            "did you mean `transaction:false`?",
        ),
        (
            "-- migrate:up\n-- migrate:dwon\n",
            "did you mean `-- migrate:down`?",
        ),
        (
            "-- +goose Up\n-- +goose NO TRANSACTON\n",
            "did you mean `-- +goose NO TRANSACTION`?",
        ),
    ];
    for (text, hint) in cases {
        assert_eq!(refused(&[("1_a.sql", text)]).hint(), Some(hint), "{text}");
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = folder(&[("1_a.sql", "")]);
    let missing = folder.path().join("nowhere");
    let error = Directory::read(&[&missing], DialectName::Sqlite).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnreadableMigration);
    assert!(error.hint().unwrap().contains("freight init"));
    let file = folder.path().join("1_a.sql");
    let error = Directory::read(&[&file], DialectName::Sqlite).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnreadableMigration);
    assert!(error.hint().is_some());

    write(&folder, "2_b.sql", b"A;\n\xFF");
    let error = Directory::read(&[folder.path()], DialectName::Sqlite).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotUtf8);
    assert_eq!(error.location().unwrap().line, 2);
}

#[cfg(unix)]
#[test]
fn links_count_as_what_they_point_to() {
    let elsewhere = folder(&[("x.sql", "A;"), ("d/up.sql", "B;")]);
    let folder = folder(&[]);
    let link = |from: &str, to: &str| {
        std::os::unix::fs::symlink(elsewhere.path().join(from), folder.path().join(to)).unwrap();
    };
    link("x.sql", "1_a.sql");
    link("nothing", ".#1_a.sql");
    assert_eq!(names(&read_as(&folder, DialectName::Sqlite)), [("1", "a")]);
    link("nothing", "2_b.sql");
    let error = Directory::read(&[folder.path()], DialectName::Sqlite).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnreadableMigration);
    assert!(error.message().contains("2_b.sql") && error.hint().is_some());
}
