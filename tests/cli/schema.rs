//! `freight diff`, `apply`, `introspect` and `generate` on SQLite: what each says, on which
//! stream, with which status.

use freight_core::DialectName;
use serde_json::json;

use crate::project::{Project, Run};
use crate::support::TestDatabase;

const MODELS: &str = "models:\n  users:\n    fields:\n      name: { type: string, required: true }\n      mail: { type: string, size: 80 }\n";

const USERS: &str = "CREATE TABLE users (\n\
                     \x20 id INTEGER PRIMARY KEY AUTOINCREMENT,\n\
                     \x20 name VARCHAR(255) NOT NULL,\n\
                     \x20 mail VARCHAR(80)\n\
                     );\n";

fn project() -> Project {
    Project::with(&[
        ("freight.yaml", "database: sqlite:app.db\n"),
        ("schemas/app.yaml", MODELS),
    ])
}

/// A project whose database has the schema of its models.
fn applied() -> Project {
    let project = project();
    assert_eq!(project.run("apply --yes --quiet").status, Some(0));
    project
}

/// The same after `from` became `to` in the models.
fn changed(from: &str, to: &str) -> Project {
    let project = applied();
    change(&project, from, to);
    project
}

fn change(project: &Project, from: &str, to: &str) {
    let models = project.read("schemas/app.yaml");
    assert!(models.contains(from), "{models}");
    project.write("schemas/app.yaml", &models.replace(from, to));
}

/// What `freight` reads from the database.
fn stored(project: &Project) -> String {
    project.run("introspect --format sql").stdout
}

#[test]
fn diff_of_a_database_that_does_not_exist_yet_shows_everything_and_creates_nothing() {
    let project = project();
    let note = "note: sqlite:app.db does not exist yet, and counts as empty\n";
    assert_eq!(project.run("diff"), Run::of(0, USERS, note));
    assert_eq!(project.run("diff --check"), Run::of(2, USERS, note));
    assert_eq!(project.run("diff --quiet"), Run::of(0, USERS, ""));
    let run = project.run("diff --json");
    assert_eq!(run.status, Some(0));
    assert_eq!(
        run.json(),
        json!({
            "ok": true,
            "command": "diff",
            "dialect": "sqlite",
            "different": true,
            "certain": true,
            "steps": [{
                "safety": "safe",
                "hazards": [],
                "statements": [USERS.trim_end().trim_end_matches(';')]
            }],
            "warnings": []
        })
    );
    assert_eq!(project.run("diff --check --json").status, Some(2));
    assert!(!project.has("app.db"));
}

#[test]
fn no_difference_is_said_and_is_status_0() {
    let project = applied();
    for arguments in ["diff", "diff --check"] {
        assert_eq!(project.run(arguments), Run::of(0, "", "no difference\n"));
    }
    let json = project.run("diff --check --json").json();
    assert_eq!(json["different"], false);
    assert_eq!(json["steps"], json!([]));
}

#[test]
fn verbose_tells_what_is_compared() {
    let project = project();
    project.run("apply --yes");
    let run = project.run("diff -v");
    assert_eq!(
        run.stderr,
        "configuration: freight.yaml\nfrom: sqlite:app.db\nto: the models in schemas\nno difference\n"
    );
}

#[test]
fn every_kind_of_source_gives_the_same_schema() {
    let project = applied();
    project.write("schema.sql", USERS);
    project.write("migrations/1_users.sql", &format!("-- migrate:up\n{USERS}"));
    let snapshot = project.run("introspect --format json").stdout;
    project.write("schema.json", &snapshot);
    let sources = [
        "sqlite:app.db",
        "schemas",
        "schemas/app.yaml",
        "schema.sql",
        "schema.json",
        "migrations",
    ];
    for from in sources {
        for to in sources {
            let run = project.run(&format!(
                "diff --check --dialect sqlite --from {from} --to {to}"
            ));
            assert_eq!(run, Run::of(0, "", "no difference\n"), "{from} to {to}");
        }
        let run = project.run(&format!("diff --check --from {from} --to empty"));
        let drop = "-- loses-data: every row of `users` is lost\nDROP TABLE users;\n";
        assert_eq!(run, Run::of(2, drop, ""), "{from} to empty");
        let run = project.run(&format!("diff --from empty --to {from}"));
        assert_eq!(run.stdout, USERS, "empty to {from}");
    }
}

#[test]
fn a_source_that_is_not_there_is_named() {
    let project = project();
    let cases = [
        (
            "diff --from nowhere",
            "error[FR0803]: `nowhere` is no schema: there is no such folder, and it names no database\n\
             hint: give a database URL, a folder of models or migrations, a `.yaml`, `.lua`, `.sql` or `.json` file, or `empty`\n",
        ),
        (
            "diff --from empty --to nowhere.sql",
            "error[FR0605]: cannot read `nowhere.sql`: No such file or directory (os error 2)\n\
             hint: check the path and the rights on it\n",
        ),
        (
            "diff --from empty --to nowhere.json",
            "error[FR0605]: cannot read `nowhere.json`: No such file or directory (os error 2)\n\
             hint: check the path and the rights on it\n",
        ),
        (
            "generate --schema nowhere.yaml",
            "error[FR0605]: cannot read `nowhere.yaml`: No such file or directory (os error 2)\n\
             hint: check the path and the rights on it\n",
        ),
        (
            "introspect",
            "error[FR0106]: there is no database file `app.db`\n\
             hint: check the path; it is relative to the current folder unless it begins with `/`\n",
        ),
        (
            "diff --from empty --to sqlite:nowhere.db",
            "error[FR0106]: there is no database file `nowhere.db`\n\
             hint: check the path; it is relative to the current folder unless it begins with `/`\n",
        ),
        (
            "apply --yes --to sqlite:nowhere.db",
            "error[FR0106]: there is no database file `nowhere.db`\n\
             hint: check the path; it is relative to the current folder unless it begins with `/`\n",
        ),
        (
            "diff --from empty --to models.lua --dialect sqlite",
            "error[FR0605]: cannot read `models.lua`: No such file or directory (os error 2)\n\
             hint: check the path and the rights on it\n",
        ),
    ];
    for (arguments, stderr) in cases {
        assert_eq!(
            project.run(arguments),
            Run::of(1, "", stderr),
            "{arguments}"
        );
    }
    assert!(!project.has("app.db") && !project.has("nowhere.db"));
}

#[test]
fn dialects_that_do_not_go_together_are_refused() {
    let project = applied();
    let run = project.run("diff --from sqlite:app.db --to postgres://u:secret@127.0.0.1:1/d");
    assert_eq!(
        run,
        Run::of(
            1,
            "",
            "error[FR0607]: a schema of sqlite cannot be compared with one of postgres\n\
             hint: compare each with the models: `freight diff --from SOURCE`\n"
        )
    );
    assert_eq!(
        project.run("diff --namespace audit"),
        Run::of(
            1,
            "",
            "error[FR0607]: `--namespace audit` means nothing on sqlite, which has one namespace\n\
             hint: leave it out\n"
        )
    );
    assert_eq!(
        project.run("diff --dialect mysql"),
        Run::of(
            1,
            "",
            "error[FR0607]: `--dialect mysql` does not go with a schema of sqlite\n\
             hint: leave `--dialect` out, or name other sources with `--from` and `--to`\n"
        )
    );
    let run = project.run("diff --dialect oracle");
    assert_eq!(
        run,
        Run::of(
            1,
            "",
            "error[FR0607]: invalid value `oracle` for `--dialect <DIALECT>`: \
             a dialect is needed: sqlite, postgres or mysql\n\
             hint: type `freight --help`\n"
        )
    );
    // Two sides without a dialect are compared in that of the database, or in the one asked for.
    let run = project.run("diff --from empty --to schemas --dialect postgres");
    assert_eq!(run.status, Some(0));
    assert!(
        run.stdout
            .contains("id bigint GENERATED BY DEFAULT AS IDENTITY")
    );
    let run = Project::with(&[("schemas/app.yaml", MODELS)]).run("diff --from empty");
    assert_eq!(
        run,
        Run::of(
            1,
            "",
            "error[FR0603]: no dialect is named\n\
             hint: give `--dialect sqlite`, `--dialect postgres` or `--dialect mysql`\n"
        )
    );
}

#[test]
fn a_statement_that_fails_in_a_schema_file_is_shown_with_its_place() {
    let project = project();
    project.write(
        "bad.sql",
        "CREATE TABLE a (id INTEGER);\n  CREATE TABLE b (id INTEGR,);\n",
    );
    assert_eq!(
        project.run("diff --from empty --to bad.sql"),
        Run::of(
            1,
            "",
            "error[FR0301]: near \")\": syntax error\n\
             \x20--> bad.sql:2:29\n\
             \x20 |\n\
             2 |   CREATE TABLE b (id INTEGR,);\n\
             \x20 |                             ^\n"
        )
    );
    let json = project.run("diff --from empty --to bad.sql --json").json();
    assert_eq!(
        json["error"]["location"],
        json!({ "file": "bad.sql", "line": 2, "column": 29 })
    );
}

#[test]
fn a_model_that_is_wrong_is_shown_with_its_place() {
    let project = project();
    change(&project, "size: 80", "size: 80, uniqe: true");
    let stderr = "error[FR0703]: `models.users.fields.mail`: unknown key `uniqe`\n\
                  \x20--> schemas/app.yaml:5:39\n\
                  hint: did you mean `unique`?\n";
    for arguments in [
        "diff",
        "apply --yes",
        "generate",
        "migrate diff first",
        "diff --from empty --to schemas/app.yaml",
    ] {
        let run = project.run(&format!("{arguments} -q"));
        assert_eq!((run.status, &*run.stdout), (Some(1), ""), "{arguments}");
        assert!(run.stderr.ends_with(stderr), "{arguments}: {}", run.stderr);
    }
    assert!(!project.has("app.db") && !project.has("migrations"));
}

#[test]
fn a_snapshot_of_a_newer_version_is_refused() {
    let project = applied();
    let snapshot = project.run("introspect --format json").stdout;
    let newer = snapshot.replacen("\"freight_snapshot\": 1", "\"freight_snapshot\": 2", 1);
    assert_ne!(newer, snapshot);
    project.write("newer.json", &newer);
    assert_eq!(
        project.run("diff --from newer.json"),
        Run::of(
            1,
            "",
            "error[FR0802]: the snapshot has the form 2, and this version reads up to 1\n\
             \x20--> newer.json\n\
             hint: upgrade Freight, or write the snapshot again\n"
        )
    );
    project.write("none.json", "nonsense");
    let run = project.run("diff --to none.json");
    assert_eq!(run.status, Some(1));
    assert!(
        run.stderr
            .starts_with("error[FR0802]: it is no snapshot of a schema: ")
    );
}

#[test]
fn apply_shows_the_plan_and_waits_for_a_yes() {
    let project = project();
    assert_eq!(
        project.run("apply --dry-run"),
        Run::of(
            0,
            USERS,
            "dry run: 1 statement would be sent to sqlite:app.db; nothing was changed\n"
        )
    );
    assert_eq!(
        project.run("apply"),
        Run::of(
            3,
            USERS,
            "error[FR0807]: the plan for sqlite:app.db waits for a yes\n\
             hint: give `--yes` to apply it, or `--dry-run` only to see it\n"
        )
    );
    let run = project.run("apply --json");
    assert_eq!(run.status, Some(3));
    let json = run.json();
    assert_eq!(json["ok"], false);
    assert_eq!(json["error"]["name"], "decision_needed");
    let decision = &json["decisions"][0];
    assert_eq!(decision["decision"], "apply");
    assert_eq!(decision["database"], "sqlite:app.db");
    assert_eq!(decision["if_applied"], "--yes");
    assert_eq!(decision["steps"].as_array().unwrap().len(), 1);
    assert!(!project.has("app.db"), "without a yes nothing is created");
}

#[test]
fn apply_converges_and_a_second_one_has_nothing_to_do() {
    let project = project();
    assert_eq!(
        project.run("apply --yes"),
        Run::of(
            0,
            USERS,
            "done: 1 statement on sqlite:app.db, and nothing differs any more\n"
        )
    );
    // Nothing to do needs no yes.
    for arguments in ["apply", "apply --yes", "apply --dry-run"] {
        assert_eq!(
            project.run(arguments),
            Run::of(
                0,
                "",
                "nothing to do: sqlite:app.db has this schema already\n"
            )
        );
    }
    assert_eq!(
        project.run("apply --json").json(),
        json!({
            "ok": true, "command": "apply", "database": "sqlite:app.db",
            "applied": false, "steps": [], "warnings": []
        })
    );
    change(&project, "size: 80", "size: 80, unique: true");
    let json = project.run("apply --yes --json").json();
    assert_eq!(json["applied"], true);
    assert_eq!(json["steps"][0]["safety"], "blocks");
    assert_eq!(project.run("diff --check").status, Some(0));
}

#[test]
fn what_loses_data_is_refused_until_it_is_allowed_by_name_or_by_class() {
    let models = "models: {}\n";
    for allow in ["loses-data", "drop_table:users"] {
        let project = applied();
        project.write("schemas/app.yaml", models);
        let plan = "-- loses-data: every row of `users` is lost\nDROP TABLE users;\n";
        let stderr = "error[FR0808]: data would be lost:\n\
                      \x20 drop_table:users: every row of `users` is lost\n\
                      hint: if that is meant, give --allow drop_table:users\n";
        assert_eq!(project.run("apply --yes"), Run::of(4, plan, stderr));
        assert_eq!(
            project.run("apply --yes --allow drop_table:user --allow drop_column:users"),
            Run::of(4, plan, stderr)
        );
        let run = project.run("apply --yes --json");
        assert_eq!(run.status, Some(4));
        assert_eq!(run.json()["error"]["code"], "FR0808");
        assert_eq!(stored(&project), USERS);
        // To see it costs nothing.
        assert_eq!(project.run("apply --dry-run").status, Some(0));
        assert_eq!(project.run("diff").stdout, plan);
        // To allow it is not to say yes.
        let run = project.run(&format!("apply --allow {allow}"));
        assert_eq!(run.status, Some(3));
        let run = project.run(&format!("apply --yes --allow {allow}"));
        assert_eq!(run.status, Some(0), "{run:?}");
        assert_eq!(stored(&project), "");
    }
}

const QUESTION: &str = "error[FR0807]: it is not known whether something was renamed:\n\
    \x20 --rename users.mail:email        it was renamed, and its data stays (93 % alike)\n\
    \x20 --not-renamed users.mail:email   `mail` goes with its data, `email` is new\n\
    hint: answer each with one of the two flags, or with `was:` in the models\n";

#[test]
fn a_rename_is_a_question_and_never_guessed() {
    let project = changed("mail:", "email:");
    for arguments in ["diff", "diff --check", "apply --yes", "apply --dry-run"] {
        let run = project.run(arguments);
        assert_eq!((run.status, &*run.stdout), (Some(3), ""), "{arguments}");
        assert_eq!(run.stderr, QUESTION, "{arguments}");
    }
    let run = project.run("apply --yes --json");
    assert_eq!(run.status, Some(3));
    assert_eq!(
        run.json()["decisions"],
        json!([{
            "decision": "rename_or_replace",
            "table": "users",
            "from": "mail",
            "to": "email",
            "score": 0.93,
            "if_renamed": "--rename users.mail:email",
            "if_replaced": "--not-renamed users.mail:email"
        }])
    );
    assert_eq!(stored(&project), USERS);
}

#[test]
fn a_rename_that_was_said_keeps_the_data() {
    let rename = "ALTER TABLE users RENAME COLUMN mail TO email;\n";
    let project = changed("mail:", "email:");
    let run = project.run("diff --rename users.mail:email");
    assert_eq!(run, Run::of(0, rename, ""));

    let project = changed(
        "mail: { type: string, size: 80 }",
        "email: { type: string, size: 80, was: mail }",
    );
    assert_eq!(project.run("diff"), Run::of(0, rename, ""));
    assert_eq!(project.run("apply --yes").status, Some(0));
    // `was:` may stay where it is.
    let run = project.run("diff --check");
    assert_eq!(run, Run::of(0, "", "no difference\n"));
}

#[test]
fn a_rename_of_a_table_is_asked_and_answered_the_same_way() {
    let project = changed("users:", "people:");
    let run = project.run("diff");
    assert_eq!(run.status, Some(3));
    assert!(run.stderr.contains("--rename users:people "), "{run:?}");
    assert!(
        run.stderr.contains("--not-renamed users:people "),
        "{run:?}"
    );
    let run = project.run("apply --yes --rename users:people");
    let rename = "ALTER TABLE users RENAME TO people;\n";
    assert_eq!((run.status, &*run.stdout), (Some(0), rename));
    assert_eq!(stored(&project), USERS.replace("users", "\"people\""));
}

#[test]
fn what_is_said_to_be_no_rename_loses_data() {
    let project = changed("mail:", "email:");
    let run = project.run("diff --not-renamed users.mail:email");
    assert_eq!(
        run,
        Run::of(
            0,
            "-- loses-data: every value of `users.mail` is lost\n\
             ALTER TABLE users DROP COLUMN mail;\n\
             ALTER TABLE users ADD COLUMN email VARCHAR(80);\n",
            ""
        )
    );
    let run = project.run("apply --yes --not-renamed users.mail:email");
    assert_eq!(run.status, Some(4));
    assert!(run.stderr.contains("give --allow drop_column:users.mail\n"));
    let run =
        project.run("apply --yes --not-renamed users.mail:email --allow drop_column:users.mail");
    assert_eq!(run.status, Some(0));
}

#[test]
fn names_are_exchanged_by_a_migration_alone() {
    let project = changed("size: 80", "size: 80, was: name");
    change(&project, "required: true", "required: true, was: mail");
    for arguments in ["diff", "apply --yes", "migrate diff swap"] {
        assert_eq!(
            project.run(arguments),
            Run::of(
                1,
                "",
                "error[FR0702]: `was:` exchanges names (users.mail:name, users.name:mail), and later nobody can see whether that is done\n\
                 hint: leave `was:` out there, and exchange them once with `freight migrate diff NAME --rename users.mail:name --rename users.name:mail`\n"
            ),
            "{arguments}"
        );
    }
    let project = applied();
    let flags = "--rename users.mail:name --rename users.name:mail";
    assert_eq!(
        project.run(&format!("apply --yes {flags}")),
        Run::of(
            1,
            "",
            "error[FR0607]: `freight apply` cannot exchange names (users.mail:name, users.name:mail): nobody could see whether it is done\n\
             hint: write a migration, which is applied once: `freight migrate diff NAME --rename …`\n"
        )
    );
    assert_eq!(stored(&project), USERS);
    let run = project.run(&format!("diff {flags}"));
    assert!(
        run.stdout.contains("RENAME COLUMN mail TO mail__was;\n"),
        "{run:?}"
    );
}

#[test]
fn an_answer_that_says_nothing_is_refused() {
    let project = changed("mail:", "email:");
    for answer in ["users.mail", ":email", "users.mail:"] {
        assert_eq!(
            project.run(&format!("diff --rename {answer}")),
            Run::of(
                1,
                "",
                &format!(
                    "error[FR0607]: `--rename {answer}` does not say what was renamed into what\n\
                     hint: write `--rename users.mail:email` for a column, `--rename people:users` for a table\n"
                )
            )
        );
    }
}

#[test]
fn introspect_prints_every_format_and_each_can_be_read_again() {
    let project = applied();
    let yaml = project.run("introspect");
    assert_eq!((yaml.status, &*yaml.stderr), (Some(0), ""));
    assert_eq!(
        yaml.stdout,
        "models:\n  users:\n    fields:\n      name: { type: string, required: true }\n      mail: { type: string, size: 80 }\n"
    );
    assert_eq!(project.run("introspect --format yaml"), yaml);
    for (format, beginning) in [
        ("sql", "CREATE TABLE users ("),
        (
            "json",
            "{\n  \"freight_snapshot\": 1,\n  \"dialect\": \"sqlite\",\n",
        ),
        ("lua", "local freight = require(\"freight\")\n"),
        ("mermaid", "erDiagram\n"),
        ("dot", "digraph schema {\n"),
    ] {
        let run = project.run(&format!("introspect --format {format}"));
        assert_eq!((run.status, &*run.stderr), (Some(0), ""), "{format}");
        assert!(run.stdout.starts_with(beginning), "{}", run.stdout);
        let json = project
            .run(&format!("introspect --format {format} --json"))
            .json();
        assert_eq!(json["text"], run.stdout, "{format}");
        assert_eq!(json["dialect"], "sqlite");
        assert_eq!(json["notes"], json!([]));
        if matches!(format, "sql" | "json" | "lua") {
            project.write(&format!("again.{format}"), &run.stdout);
            let run = project.run(&format!("diff --check --to again.{format}"));
            assert_eq!(run.status, Some(0), "{format}");
        }
    }
    project.write("again/app.yaml", &yaml.stdout);
    assert_eq!(project.run("diff --check --to again").status, Some(0));
}

#[test]
fn generate_prints_one_dialect_bare_and_several_under_their_names() {
    let project = project();
    assert_eq!(project.run("generate"), Run::of(0, USERS, ""));
    let all = project.run("generate --dialect all");
    assert_eq!((all.status, &*all.stderr), (Some(0), ""));
    let heads: Vec<_> = all
        .stdout
        .lines()
        .filter(|line| line.starts_with("-- "))
        .collect();
    assert_eq!(heads, ["-- sqlite", "-- postgres", "-- mysql"]);
    let run = project.run("generate --dialect all --out sql");
    assert_eq!(
        run,
        Run::of(
            0,
            "",
            "wrote sql/sqlite.sql\nwrote sql/postgres.sql\nwrote sql/mysql.sql\n"
        )
    );
    assert_eq!(project.read("sql/sqlite.sql"), USERS);
    let json = project.run("generate --dialect sqlite --json").json();
    assert_eq!(
        json["schemas"],
        json!([{ "dialect": "sqlite", "sql": USERS }])
    );
    assert!(!project.has("app.db"));
}

#[test]
fn generate_writes_nothing_when_one_dialect_cannot_express_the_models() {
    let project = project();
    project.write(
        "schemas/app.yaml",
        "models:\n  users:\n    fields:\n      name: { type: native, native: { sqlite: TEXT } }\n",
    );
    let run = project.run("generate --dialect all --out sql");
    assert_eq!((run.status, &*run.stdout), (Some(1), ""));
    assert!(run.stderr.contains("`models.users.fields.name`"), "{run:?}");
    assert!(!project.has("sql/sqlite.sql"));
}

#[test]
fn a_plan_that_fails_changes_nothing() {
    let project = applied();
    let url = project.path().join("app.db");
    let sql = "INSERT INTO users (name, mail) VALUES ('Ada', 'a@b'), ('Bob', 'a@b')";
    project.write("migrations/1_rows.sql", sql);
    assert_eq!(project.run("migrate").status, Some(0));
    change(&project, "size: 80", "size: 80, unique: true");
    let before = stored(&project);
    let run = project.run("apply --yes");
    assert_eq!(run.status, Some(1), "{run:?}");
    assert!(
        run.stdout
            .contains("-- may-fail: it fails when rows of `users` are equal in `mail`\n")
    );
    assert!(run.stderr.starts_with("error[FR0201]: "), "{run:?}");
    assert_eq!(stored(&project), before);
    assert!(url.exists());
}

#[test]
fn a_rename_of_what_is_not_there_is_refused() {
    let project = changed("mail:", "email:");
    let refused = |rename: &str, reason: &str| {
        let run = project.run(&format!("apply --yes --rename {rename}"));
        let expected = format!(
            "error[FR0607]: `--rename {rename}` renames nothing: {reason}\n\
             hint: write `--rename TABLE.BEFORE:AFTER` for a column, with the table's name after, \
             and `--rename BEFORE:AFTER` for a table\n"
        );
        assert_eq!(run, Run::of(1, "", &expected));
    };
    refused("users.mial:email", "`users` has no column `mial` before");
    refused("users.mail:emial", "`users` has no column `emial` after");
    refused("user.mail:email", "there is no table `user` after");
    refused("people:users2", "there is no table `users2` after");
    let run = project.run("apply --yes --quiet --rename users.mail:email");
    assert_eq!(run.status, Some(0), "{run:?}");
    // What was followed already is no mistake.
    let run = project.run("apply --yes --rename users.mail:email");
    assert_eq!(run.status, Some(0), "{run:?}");
}

#[test]
fn a_namespace_that_the_models_do_not_have_is_a_difference() {
    let Some(test) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    // A check makes the comparison ask the server how it spells the models.
    let project = Project::with(&[(
        "schemas/app.yaml",
        "models:\n  users:\n    fields:\n      age: { type: int, check: 'age IN (1, 2)' }\n",
    )]);
    let run = |words: &str| project.run(&format!("{words} --url {}", test.url));
    let made = run("apply --yes --quiet");
    assert_eq!(made.status, Some(0), "{made:?}");
    let sql = "CREATE SCHEMA other; CREATE TABLE other.notes (id integer)";
    test.connect().exec(sql).unwrap();
    let found = run("diff --namespace other --quiet");
    let plan = "-- loses-data: every row of `other.notes` is lost\n\
                DROP TABLE other.notes;\n\
                DROP SCHEMA other;\n";
    assert_eq!(found, Run::of(0, plan, ""));
}
