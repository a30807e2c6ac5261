//! Errors, as text and as JSON: code, words, place, hint, status; and no password in any of them.

use serde_json::json;

use crate::project::{Project, Run};

#[test]
fn a_wrong_command_line_is_an_error_like_any_other() {
    let project = Project::empty();
    assert_eq!(
        project.run("migrate --stepz 2"),
        Run::of(
            1,
            "",
            "error[FR0607]: unexpected argument `--stepz` found\n\
             hint: a similar argument exists: `--steps`\n"
        )
    );
    assert_eq!(
        project.run("migrate --to 7 down"),
        Run::of(
            1,
            "",
            "error[FR0607]: `--to` before `migrate down` means nothing\n\
             hint: write it after `migrate down`, if `migrate down` has it\n"
        )
    );
    assert_eq!(
        project.run("dif"),
        Run::of(
            1,
            "",
            "error[FR0607]: unrecognized subcommand `dif`\n\
             hint: a similar subcommand exists: `diff`\n"
        )
    );
}

#[test]
fn a_wrong_command_line_with_json_is_one_object() {
    let run = Project::empty().run("migrate --json --lock-timeout soon");
    assert_eq!(run.status, Some(1));
    assert_eq!(
        run.json(),
        json!({
            "ok": false,
            "command": null,
            "error": {
                "code": "FR0607",
                "name": "bad_argument",
                "message": "invalid value `soon` for `--lock-timeout <SECONDS>`: \
                            a number of seconds is needed, such as 30 or 0.5",
                "hint": "type `freight --help`",
                "location": null,
                "sql": null,
                "offset": null,
                "database": null,
                "cause": null
            },
            "finished": [],
            "warnings": []
        })
    );
    let run = Project::empty().run("--json");
    assert_eq!(run.status, Some(1));
    assert_eq!(run.json()["error"]["message"], "a command is needed");
}

#[test]
fn an_unknown_key_names_the_place_and_the_nearest_key() {
    let project = Project::with(&[("freight.yaml", "models: m\ndatabse: sqlite:app.db\n")]);
    assert_eq!(
        project.run("migrate"),
        Run::of(
            1,
            "",
            "error[FR0602]: unknown key `databse`\n\
             \x20--> freight.yaml:2:1\n\
             hint: did you mean `database`?\n"
        )
    );
    let run = project.run("migrate --json");
    assert_eq!(run.status, Some(1));
    let json = run.json();
    assert_eq!(json["command"], "migrate up");
    assert_eq!(
        json["error"]["location"],
        json!({ "file": "freight.yaml", "line": 2, "column": 1 })
    );
}

#[test]
fn no_error_of_the_configuration_repeats_a_value() {
    let cases = [
        "database: [\"postgres://u:secret@h/d\"]",
        "database: 'postgres://u:secret@h/d",
        "databse: postgres://u:secret@h/d",
        "database:postgres://u:secret@h/d",
        "database:postgres://u:secret@h/d\nmodels: m",
        "database: postgres://u:secret@h:port/d",
        "database: oracle://u:secret@h/d",
        "database: \"${A secret}\"",
        "database: &a postgres://u:secret@h/d\nmodels: *b",
        "database: postgres://u:secret@h/d\ndatabase: postgres://u:secret@h/d",
        "database: {a: postgres://u:secret@h/d",
        "- postgres://u:secret@h/d",
        "cache: { redis: [secret] }",
        "\tdatabase: postgres://u:secret@h/d",
    ];
    for text in cases {
        let project = Project::with(&[("freight.yaml", text), ("migrations/1_a.sql", "SELECT 1;")]);
        for arguments in ["migrate", "migrate -v", "migrate --json"] {
            let run = project.run(arguments);
            assert_eq!(run.status, Some(1), "{text}");
            assert!(
                run.stdout.contains("FR0") || run.stderr.contains("error[FR0"),
                "{run:?}"
            );
            assert!(!format!("{run:?}").contains("secret"), "{text}: {run:?}");
        }
    }
}

#[test]
fn no_error_of_the_command_line_repeats_a_password() {
    let project = Project::empty();
    for arguments in [
        "postgres://u:secret@h/d",
        "migrate postgres://u:secret@h/d",
        "migrate --url oracle://u:secret@h/d",
        "migrate --lock-timeout postgres://u:secret@h/d",
        "init --url postgres://u:secret@h:port/d",
    ] {
        let run = project.run(arguments);
        assert_eq!(run.status, Some(1), "{arguments}");
        assert!(!format!("{run:?}").contains("secret"), "{run:?}");
    }
}
