//! `freight migrate` on SQLite: what each command says, on which stream, with which status.

use serde_json::json;

use crate::project::{Project, Run};

fn project() -> Project {
    Project::with(&[
        ("freight.yaml", "database: sqlite:app.db\n"),
        (
            "migrations/1_users.sql",
            "-- migrate:up\nCREATE TABLE users (id INTEGER PRIMARY KEY);\n\
             INSERT INTO users VALUES (1);\n\n-- migrate:down\nDROP TABLE users;\n",
        ),
        (
            "migrations/2_posts.sql",
            "-- migrate:up\nCREATE TABLE posts (id INTEGER);\n\n-- migrate:down\nDROP TABLE posts;\n",
        ),
    ])
}

const STATUS_PENDING: &str = "id  name   state    applied at\n\
                              1   users  pending\n\
                              2   posts  pending\n\
                              0 applied, 2 pending\n";

#[test]
fn up_status_down_and_up_again() {
    let project = project();
    assert_eq!(
        project.run("migrate status"),
        Run::of(0, STATUS_PENDING, "")
    );
    assert_eq!(
        project.run("migrate status --check"),
        Run::of(2, STATUS_PENDING, "")
    );
    assert!(!project.has("app.db"), "status creates no database");
    assert_eq!(
        project.run("migrate"),
        Run::of(
            0,
            "",
            "applied 1 users (2 statements, [n] ms)\n\
             applied 2 posts (1 statement, [n] ms)\n\
             done: 2 migrations in [n] ms; 2 migrations applied on sqlite:app.db\n\
             next: freight migrate status     shows how every migration stands\n\
             next: freight migrate new NAME   writes the next migration\n"
        )
    );
    assert_eq!(
        project.run("migrate"),
        Run::of(0, "", "nothing to do: 2 migrations applied\n")
    );
    assert_eq!(project.run("migrate --quiet"), Run::of(0, "", ""));
    assert_eq!(project.run("migrate status --check").status, Some(0));
    assert_eq!(
        project.run("migrate down"),
        Run::of(
            0,
            "",
            "reverted 2 posts (1 statement, [n] ms)\n\
             done: 1 migration in [n] ms; 1 migration applied, 1 pending on sqlite:app.db\n"
        )
    );
    assert_eq!(
        project.run("migrate down --to 0 --quiet"),
        Run::of(0, "", "")
    );
    assert_eq!(
        project.run("migrate down"),
        Run::of(
            0,
            "",
            "nothing to revert: 0 migrations applied, 2 pending\n"
        )
    );
    assert_eq!(
        project.run("migrate up --steps 1").stderr,
        "applied 1 users (2 statements, [n] ms)\n\
         done: 1 migration in [n] ms; 1 migration applied, 1 pending on sqlite:app.db\n\
         next: freight migrate status     shows how every migration stands\n\
         next: freight migrate new NAME   writes the next migration\n"
    );
    assert_eq!(
        project.run("migrate redo").stderr,
        "reverted 1 users (1 statement, [n] ms)\n\
         applied 1 users (2 statements, [n] ms)\n\
         done in [n] ms; 1 migration applied, 1 pending on sqlite:app.db\n"
    );
}

#[test]
fn json_of_a_run_and_of_a_status() {
    let project = project();
    let mut json = project.run("migrate --to 1 --json").json();
    assert!(json["finished"][0]["elapsed_ms"].is_u64());
    json["finished"][0]["elapsed_ms"] = json!(0);
    assert_eq!(
        json,
        json!({
            "ok": true,
            "command": "migrate up",
            "database": "sqlite:app.db",
            "dry_run": false,
            "finished": [
                { "id": "1", "name": "users", "direction": "up", "statements": 2, "elapsed_ms": 0 }
            ],
            "applied": 1,
            "pending": 1,
            "warnings": []
        })
    );
    let run = project.run("migrate status --check --json");
    assert_eq!(run.status, Some(2));
    let mut json = run.json();
    let applied_at = json["migrations"][0]["applied_at"].take();
    assert_eq!(
        applied_at.as_str().unwrap().len(),
        "2024-01-01 00:00:00.000".len()
    );
    assert_eq!(
        json,
        json!({
            "ok": true,
            "command": "migrate status",
            "database": "sqlite:app.db",
            "clean": false,
            "migrations": [
                {
                    "id": "1", "name": "users", "state": "applied", "applied_at": null,
                    "file": "migrations/1_users.sql", "progress": null, "error": null,
                    "reversible": true
                },
                {
                    "id": "2", "name": "posts", "state": "pending", "applied_at": null,
                    "file": "migrations/2_posts.sql", "progress": null, "error": null,
                    "reversible": true
                }
            ],
            "counts": {
                "applied": 1, "pending": 1, "partly_applied": 0, "changed": 0, "missing": 0,
                "skipped": 0
            },
            "ignored": [],
            "warnings": []
        })
    );
}

#[test]
fn a_dry_run_prints_the_sql_and_changes_nothing() {
    let project = project();
    let run = project.run("migrate --dry-run");
    assert_eq!(run.status, Some(0));
    assert!(run.stdout.starts_with("-- up 1 users\n"), "{run:?}");
    assert!(
        run.stdout
            .contains("CREATE TABLE users (id INTEGER PRIMARY KEY);\n")
    );
    assert!(run.stdout.contains("\n-- up 2 posts\n"));
    assert_eq!(
        run.stderr,
        "dry run: 2 migrations would be applied to sqlite:app.db; nothing was changed\n"
    );
    assert!(!project.has("app.db"));
    let json = project.run("migrate --dry-run --json").json();
    assert_eq!(json["dry_run"], true);
    assert_eq!(json["finished"], json!([]));
    assert_eq!(json["pending"], 2);
    let sql = json["statements"].as_array().unwrap();
    assert!(
        sql.iter()
            .any(|entry| entry["sql"] == "CREATE TABLE posts (id INTEGER)"
                && entry["migration"] == "2"),
        "{json}"
    );
}

#[test]
fn a_statement_that_fails_is_shown_with_its_place() {
    let project = project();
    project.write(
        "migrations/3_bad.sql",
        "-- migrate:up\nCREATE TABLE c (x INTEGER);\n\nCREATE TABEL d (x);\n",
    );
    let run = project.run("migrate");
    assert_eq!((run.status, &*run.stdout), (Some(1), ""));
    assert!(run.stderr.contains("applied 2 posts"), "{run:?}");
    assert!(run.stderr.contains("error[FR05"), "{run:?}");
    assert!(
        run.stderr.contains(" --> migrations/3_bad.sql:4:"),
        "{run:?}"
    );
    assert!(run.stderr.contains("4 | CREATE TABEL d (x);\n"), "{run:?}");

    project.write("migrations/4_ok.sql", "-- migrate:up\nSELECT 1;\n");
    let run = project.run("migrate --json");
    assert_eq!(run.status, Some(1));
    let json = run.json();
    assert_eq!(json["ok"], false);
    assert_eq!(json["finished"], json!([]));
    assert_eq!(json["error"]["location"]["line"], 4);
    assert_eq!(json["error"]["location"]["file"], "migrations/3_bad.sql");
}

#[test]
fn an_error_lists_what_was_finished_before_it() {
    let project = project();
    project.write(
        "migrations/3_bad.sql",
        "-- migrate:up\nSELECT * FROM nowhere;\n",
    );
    let json = project.run("migrate --json").json();
    let ids: Vec<_> = json["finished"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids, ["1", "2"]);
}

#[test]
fn one_transaction_that_fails_leaves_nothing_finished() {
    let project = project();
    project.write(
        "migrations/3_bad.sql",
        "-- migrate:up\nSELECT * FROM nowhere;\n",
    );
    let run = project.run("migrate --tx-mode all");
    assert_eq!(run.status, Some(1));
    assert!(
        run.stderr
            .contains("the whole run was rolled back: what it had done counts no more\n"),
        "{run:?}"
    );
    let json = project.run("migrate --tx-mode all --json").json();
    assert_eq!(json["finished"], json!([]));
    assert!(
        project
            .run("migrate status")
            .stdout
            .ends_with("0 applied, 3 pending\n")
    );
}

#[test]
fn an_applied_file_that_changed_is_refused_until_it_is_accepted() {
    let project = project();
    project.run("migrate");
    project.write(
        "migrations/2_posts.sql",
        "-- migrate:up\nCREATE TABLE posts (id INTEGER, title TEXT);\n",
    );
    let run = project.run("migrate");
    assert_eq!(run.status, Some(4), "{run:?}");
    assert!(run.stderr.starts_with("error[FR0508]: "), "{run:?}");
    assert!(run.stderr.contains("hint: "), "{run:?}");
    let run = project.run("migrate status");
    assert!(run.stdout.contains("2   posts  changed  "), "{run:?}");
    assert!(
        run.stdout.ends_with("1 applied, 0 pending, 1 changed\n"),
        "{run:?}"
    );
    assert_eq!(
        project.run("migrate repair"),
        Run::of(0, "", "accepted 2\n")
    );
    assert_eq!(
        project.run("migrate repair"),
        Run::of(0, "", "nothing to repair\n")
    );
    assert_eq!(project.run("migrate status --check").status, Some(0));
}

#[test]
fn a_file_that_is_gone_is_refused_until_it_is_forgotten() {
    let project = project();
    project.run("migrate");
    std::fs::remove_file(project.path().join("migrations/2_posts.sql")).unwrap();
    let run = project.run("migrate --json");
    assert_eq!(run.status, Some(4));
    assert_eq!(run.json()["error"]["code"], "FR0509");
    assert_eq!(
        project.run("migrate repair --forget 2"),
        Run::of(0, "", "forgot 2\n")
    );
    assert_eq!(
        project.run("migrate").stderr,
        "nothing to do: 1 migration applied\n"
    );
}

#[test]
fn an_older_migration_warns_and_is_refused_when_strict() {
    let project = project();
    project.write("migrations/0_first.sql", "-- migrate:up\nSELECT 1;\n");
    std::fs::rename(
        project.path().join("migrations/0_first.sql"),
        project.path().join("0_first.sql"),
    )
    .unwrap();
    project.run("migrate");
    std::fs::rename(
        project.path().join("0_first.sql"),
        project.path().join("migrations/0_first.sql"),
    )
    .unwrap();
    let run = project.run("migrate --strict");
    assert_eq!(run.status, Some(4), "{run:?}");
    assert!(run.stderr.starts_with("error[FR0510]: "), "{run:?}");
    let run = project.run("migrate");
    assert_eq!(run.status, Some(0));
    assert_eq!(run.stderr.matches("warning: ").count(), 1, "{run:?}");
}

#[test]
fn baseline_runs_nothing() {
    let project = project();
    project.write(
        "migrations/1_users.sql",
        "-- migrate:up\nCREATE TABEL users (id INTEGER);\n",
    );
    let missing = project.run("migrate baseline 1");
    assert_eq!(
        missing.status,
        Some(1),
        "there is no database yet: {missing:?}"
    );
    project.write("app.db", "");
    assert_eq!(
        project.run("migrate baseline 1"),
        Run::of(
            0,
            "",
            "everything up to `1` counts as applied now, and nothing was run; \
             1 migration applied, 1 pending on sqlite:app.db\n"
        )
    );
    assert_eq!(project.run("migrate").status, Some(0));
    let run = project.run("migrate baseline 77");
    assert_eq!(run.status, Some(1));
    assert!(run.stderr.starts_with("error[FR0518]: "), "{run:?}");
}

#[test]
fn adopt_takes_over_the_history_of_dbmate() {
    let project = project();
    project.write(
        "tool/0_dbmate.sql",
        "-- migrate:up\nCREATE TABLE schema_migrations (version VARCHAR(128) PRIMARY KEY);\n\
         INSERT INTO schema_migrations VALUES ('1');\nCREATE TABLE users (id INTEGER PRIMARY KEY);\n",
    );
    project.run("migrate --dir tool --history-table other");
    let run = project.run("migrate");
    assert_eq!(run.status, Some(3), "{run:?}");
    assert!(run.stderr.starts_with("error[FR0521]: "), "{run:?}");
    assert_eq!(
        project.run("migrate adopt"),
        Run::of(
            0,
            "",
            "adopted 1 migration of dbmate from `schema_migrations`, which is left as it was\n\
             next: freight migrate status     shows how every migration stands\n"
        )
    );
    assert!(
        project
            .run("migrate status")
            .stdout
            .ends_with("1 applied, 1 pending\n")
    );
}

#[test]
fn new_follows_the_directory_and_prints_the_path() {
    let project = project();
    let next = "next: write its SQL, then `freight migrate`\n";
    assert_eq!(
        project.run("migrate new AddTags"),
        Run::of(0, "migrations/3_addtags.sql\n", next)
    );
    assert!(
        project
            .read("migrations/3_addtags.sql")
            .starts_with("-- migrate:up\n")
    );
    let json = project.run("migrate new more --json").json();
    assert_eq!(json["files"], json!(["migrations/4_more.sql"]));
}

#[test]
fn new_writes_for_every_dialect_of_the_project() {
    let project = Project::with(&[(
        "freight.yaml",
        "database: sqlite:app.db\ndialects: [sqlite, mysql]\n",
    )]);
    let run = project.run("migrate new first");
    assert_eq!(run.status, Some(0), "{run:?}");
    let paths: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(paths.len(), 2);
    let id = |path: &str, folder: &str| {
        let name = path.strip_prefix(folder).unwrap();
        let id = name.strip_suffix("_first.sql").unwrap();
        assert!(
            id.len() == 14 && id.bytes().all(|byte| byte.is_ascii_digit()),
            "{id}"
        );
        id.to_owned()
    };
    let first = id(paths[0], "migrations/sqlite/");
    assert_eq!(first, id(paths[1], "migrations/mysql/"));
    let run = project.run("migrate new second");
    assert!(run.stdout.starts_with("migrations/sqlite/2"), "{run:?}");
    assert_eq!(project.run("migrate --quiet"), Run::of(0, "", ""));
}

#[test]
fn a_project_without_migrations_says_how_to_begin() {
    let project = Project::with(&[
        ("freight.yaml", "database: sqlite:app.db\n"),
        ("migrations/.keep", ""),
    ]);
    assert_eq!(
        project.run("migrate"),
        Run::of(
            0,
            "",
            "nothing to do: there are no migrations in `migrations` yet\n\
             next: freight migrate new NAME   writes the first migration\n"
        )
    );
    assert_eq!(
        project.run("migrate status"),
        Run::of(
            0,
            "no migrations in `migrations`\n",
            "next: freight migrate new NAME   writes the first migration\n"
        )
    );
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    use std::process::{Command, Stdio};
    let project = project();
    let mut child = Command::new(env!("CARGO_BIN_EXE_freight"))
        .args(["migrate", "status"])
        .current_dir(project.path())
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_a_run_that_waits_and_leaves_the_database_alone() {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};

    use freight_core::Database;
    use freight_core::driver::{ConnectOptions, DatabaseUrl};
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    let project = project();
    let url = format!("sqlite:{}", project.path().join("app.db").display());
    let mut other = Database::open(
        &DatabaseUrl::parse(&url).unwrap(),
        &ConnectOptions::default(),
    )
    .unwrap();
    other
        .exec("BEGIN IMMEDIATE; CREATE TABLE other (x INTEGER);")
        .unwrap();

    let mut child = Command::new(env!("CARGO_BIN_EXE_freight"))
        .args(["migrate", "-v"])
        .current_dir(project.path())
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The last line of `-v` is printed just before the database is opened.
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let said = stderr
        .lines()
        .map(Result::unwrap)
        .find(|line| line.starts_with("migrations: "));
    assert!(said.is_some());
    std::thread::sleep(std::time::Duration::from_millis(300));
    kill(
        Pid::from_raw(child.id().try_into().unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    // A shell shows the end by this signal as status 130.
    assert_eq!(child.wait().unwrap().signal(), Some(2));

    other.exec("COMMIT").unwrap();
    drop(other);
    assert!(
        project
            .run("migrate status")
            .stdout
            .ends_with("0 applied, 2 pending\n")
    );
    assert_eq!(project.run("migrate").status, Some(0));
}
