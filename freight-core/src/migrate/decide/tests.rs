//! Every state of a history, without a database.

use std::sync::Arc;

use super::*;
use crate::migrate::file::Script;
use crate::sql::SplitOptions;

fn script(id: &str, text: &str) -> Script {
    Script::new(
        format!("{id}.sql").into(),
        Arc::from(text),
        SplitOptions::default(),
    )
}

fn file(id: &str) -> Migration {
    let kind = if id.starts_with("R__") {
        MigrationKind::Repeatable
    } else {
        MigrationKind::Versioned
    };
    Migration {
        id: parse(id).unwrap(),
        name: format!("name_{id}"),
        kind,
        up: script(id, &format!("SELECT {id}")),
        down: Some(script(id, "SELECT 0")),
    }
}

fn baseline(id: &str) -> Migration {
    Migration {
        kind: MigrationKind::Baseline,
        up: script(id, "SELECT 'all'"),
        ..file(id)
    }
}

fn files(ids: &[&str]) -> Vec<Migration> {
    ids.iter().map(|id| file(id)).collect()
}

fn record(id: &str) -> Record {
    Record {
        id: id.to_owned(),
        name: format!("name_{id}"),
        batch: 1,
        checksum: file(id).checksum().to_owned(),
        state: RecordState::Applied,
        origin: "migrate".into(),
        total: 2,
        applied: 2,
        hashes: Vec::new(),
        in_flight: None,
        error: None,
        error_statement: None,
        started_at: String::new(),
        finished_at: Some("2026-01-01 00:00:00.000".into()),
        duration_ms: 1,
        tool_version: "0".into(),
    }
}

fn partly(id: &str, state: RecordState) -> Record {
    Record {
        state,
        applied: 1,
        ..record(id)
    }
}

fn ids(decision: &Decision<'_>) -> Vec<String> {
    decision
        .steps
        .iter()
        .map(|step| step.migration.id.to_string())
        .collect()
}

/// What `up` decides: the ids, or the code of the error.
fn up(
    files: &[Migration],
    records: &[Record],
    target: &Target,
    strict: bool,
) -> Result<Vec<String>, &'static str> {
    let view = View::new(files, records).map_err(|error| error.code())?;
    view.up(target, strict)
        .map(|decision| ids(&decision))
        .map_err(|error| error.code())
}

fn down(
    files: &[Migration],
    records: &[Record],
    target: &Target,
) -> Result<Vec<String>, &'static str> {
    let view = View::new(files, records).map_err(|error| error.code())?;
    view.down(target)
        .map(|decision| ids(&decision))
        .map_err(|error| error.code())
}

fn to(id: &str) -> Target {
    Target::To(id.to_owned())
}

#[test]
fn up_applies_what_is_missing_oldest_first() {
    let all = files(&["10", "2", "1", "R__views"]);
    let cases: [(&[&str], Target, &[&str]); 7] = [
        (&[], Target::All, &["1", "2", "10", "R__views"]),
        (&["1", "2"], Target::All, &["10", "R__views"]),
        (&["1", "2", "10", "R__views"], Target::All, &[]),
        (&[], Target::Steps(2), &["1", "2"]),
        (&[], Target::Steps(0), &[]),
        (&["1"], to("2"), &["2"]),
        // An older id that appeared later is applied too.
        (&["2", "10", "R__views"], Target::All, &["1"]),
    ];
    for (applied, target, expected) in cases {
        let records: Vec<_> = applied.iter().map(|id| record(id)).collect();
        assert_eq!(
            up(&all, &records, &target, false).unwrap(),
            expected,
            "{applied:?} {target:?}"
        );
    }
}

#[test]
fn an_older_id_is_a_warning_and_with_strict_an_error() {
    let (all, records) = (files(&["1", "2"]), [record("2")]);
    let view = View::new(&all, &records).unwrap();
    let decision = view.up(&Target::All, false).unwrap();
    assert_eq!(
        decision.warnings[0].message,
        "migration `1` is older than `2`, which is applied already"
    );
    assert_eq!(up(&all, &records, &Target::All, true), Err("FR0510"));
}

#[test]
fn ids_match_by_number_not_by_spelling() {
    assert_eq!(
        up(
            &files(&["0001", "2"]),
            &[Record {
                checksum: file("0001").checksum().into(),
                ..record("1")
            }],
            &Target::All,
            true
        )
        .unwrap(),
        ["2"]
    );
}

#[test]
fn what_is_wrong_with_the_history_is_refused_before_anything_runs() {
    let changed = Record {
        checksum: "other".into(),
        ..record("1")
    };
    let cases = [
        (vec![changed], "FR0508"),
        (vec![record("3")], "FR0509"),
        (vec![partly("1", RecordState::PartlyReverted)], "FR0525"),
        (
            vec![Record {
                id: "nonsense".into(),
                ..record("1")
            }],
            "FR0519",
        ),
    ];
    for (records, code) in cases {
        assert_eq!(
            up(&files(&["1", "2"]), &records, &Target::All, false),
            Err(code),
            "{records:?}"
        );
    }
}

#[test]
fn a_partly_applied_migration_is_finished_first_and_blocks_the_way_down() {
    let (all, records) = (
        files(&["1", "2", "3"]),
        [record("1"), partly("3", RecordState::PartlyApplied)],
    );
    assert_eq!(up(&all, &records, &Target::All, false).unwrap(), ["3", "2"]);
    assert_eq!(down(&all, &records, &Target::Steps(1)), Err("FR0525"));
}

#[test]
fn down_reverts_newest_first() {
    let all = files(&["1", "2", "10"]);
    let records = [record("1"), record("2"), record("10")];
    for (target, expected) in [
        (Target::Steps(1), vec!["10"]),
        (Target::Steps(2), vec!["10", "2"]),
        (Target::Steps(9), vec!["10", "2", "1"]),
        (to("1"), vec!["10", "2"]),
        (to("10"), vec![]),
        (to("0"), vec!["10", "2", "1"]),
    ] {
        assert_eq!(
            down(&all, &records, &target).unwrap(),
            expected,
            "{target:?}"
        );
    }
    assert_eq!(down(&all, &records, &to("7")), Err("FR0518"));
    let half = [record("1"), partly("2", RecordState::PartlyReverted)];
    assert_eq!(down(&all, &half, &Target::Steps(1)).unwrap(), ["2"]);
}

#[test]
fn down_needs_the_file_and_its_way_down() {
    let mut all = files(&["1", "2"]);
    assert_eq!(
        down(&all[..1], &[record("1"), record("2")], &Target::Steps(1)),
        Err("FR0509")
    );
    all[0].down = None;
    assert_eq!(
        down(&all, &[record("1"), record("2")], &Target::Steps(1)).unwrap(),
        ["2"]
    );
    assert_eq!(
        down(&all, &[record("1"), record("2")], &to("0")),
        Err("FR0513")
    );
}

#[test]
fn a_repeatable_runs_again_when_its_text_changed() {
    let all = files(&["1", "R__a"]);
    let changed = Record {
        checksum: "older".into(),
        ..record("R__a")
    };
    assert_eq!(
        up(&all, &[record("1"), record("R__a")], &Target::All, true).unwrap(),
        [] as [&str; 0]
    );
    assert_eq!(
        up(&all, &[record("1"), changed.clone()], &Target::All, true).unwrap(),
        ["R__a"]
    );
    // It is not part of a way back, and its file may go.
    assert_eq!(
        down(&all, &[record("1"), changed], &to("0")).unwrap(),
        ["1"]
    );
    assert_eq!(
        up(
            &files(&["1"]),
            &[record("1"), record("R__a")],
            &Target::All,
            true
        )
        .unwrap(),
        [] as [&str; 0]
    );
}

#[test]
fn a_baseline_replaces_what_is_older_on_an_empty_database_only() {
    let mut all = files(&["1", "2", "3"]);
    all.push(baseline("2"));
    let applied = Record {
        checksum: baseline("2").checksum().into(),
        ..record("2")
    };
    assert_eq!(up(&all, &[], &Target::All, true).unwrap(), ["2", "3"]);
    assert_eq!(
        up(&all, std::slice::from_ref(&applied), &Target::All, true).unwrap(),
        ["3"]
    );
    assert_eq!(
        up(&all, &[record("1")], &Target::All, true).unwrap(),
        ["2", "3"]
    );
    let records = [applied];
    let states: Vec<_> = View::new(&all, &records)
        .unwrap()
        .status()
        .iter()
        .map(|row| row.state.as_str())
        .collect();
    assert_eq!(states, ["skipped", "applied", "pending"]);
}

#[test]
fn status_names_every_state() {
    let all = files(&["1", "2", "4", "5"]);
    let records = [
        record("1"),
        Record {
            checksum: "other".into(),
            ..record("2")
        },
        record("3"),
        Record {
            error: Some("no such table".into()),
            ..partly("4", RecordState::PartlyApplied)
        },
    ];
    let view = View::new(&all, &records).unwrap();
    let rows: Vec<_> = view
        .status()
        .into_iter()
        .map(|row| (row.id, row.state.as_str(), row.progress))
        .collect();
    assert_eq!(
        rows,
        [
            ("1".into(), "applied", None),
            ("2".into(), "changed", None),
            ("3".into(), "missing", None),
            ("4".into(), "partly_applied", Some((1, 2))),
            ("5".into(), "pending", None),
        ]
    );
}

#[test]
fn an_unknown_id_names_the_newest() {
    let (all, records) = (files(&["1", "2"]), []);
    let error = View::new(&all, &records)
        .unwrap()
        .up(&to("3"), false)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "no migration in the migrations has the id `3`"
    );
    assert!(error.hint().unwrap().contains("`2`, `1`"), "{error:?}");
}
