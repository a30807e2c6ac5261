//! `freight migrate diff` and `migrate verify`: the files that are written, what is said about
//! them, and what is left behind when it goes wrong.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::project::{Project, Run};

const MODELS: &str =
    "models:\n  users:\n    fields:\n      name: { type: string, required: true }\n";

const CREATE: &str = "CREATE TABLE users (\n\
                      \x20 id INTEGER PRIMARY KEY AUTOINCREMENT,\n\
                      \x20 name VARCHAR(255) NOT NULL\n\
                      );\n";

fn project() -> Project {
    Project::with(&[
        ("freight.yaml", "database: sqlite:app.db\n"),
        ("schemas/app.yaml", MODELS),
    ])
}

fn of_every_dialect() -> Project {
    let project = project();
    project.write(
        "freight.yaml",
        "database: sqlite:app.db\ndialects: [sqlite, postgres, mysql]\n",
    );
    project
}

/// Two migrations that lead to the models, both with a way back.
fn with_migrations(down: &str) -> Project {
    let project = project();
    project.write(
        "migrations/1_users.sql",
        &format!("-- migrate:up\n{CREATE}-- migrate:down\nDROP TABLE users;\n"),
    );
    project.write(
        "migrations/2_notes.sql",
        &format!("-- migrate:up\nCREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT);\nCREATE INDEX notes_note_idx ON notes (note);\n-- migrate:down\n{down}\n"),
    );
    project.write(
        "schemas/notes.yaml",
        "models:\n  notes:\n    fields:\n      note: { type: text, index: true }\n",
    );
    project
}

/// The paths below a folder, sorted; an id made from the time reads `[id]`.
fn files(project: &Project, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![project.path().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let path = path.strip_prefix(project.path()).unwrap();
            found.push(without_id(&path.display().to_string()));
        }
    }
    found.sort();
    found
}

/// Replaces each number of fourteen digits.
fn without_id(text: &str) -> String {
    let mut shown = String::new();
    let mut digits = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        shown.push_str(if digits.len() == 14 { "[id]" } else { &digits });
        digits.clear();
        shown.push(c);
    }
    shown.trim_end_matches('\0').to_owned()
}

/// The text of the only file of a folder with this ending.
fn only(project: &Project, folder: &str, ending: &str) -> String {
    let mut paths: Vec<_> = std::fs::read_dir(project.path().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect();
    assert_eq!(paths.len(), 1, "{paths:?}");
    std::fs::read_to_string(paths.remove(0)).unwrap()
}

/// The version of SQLite, which the proof names, is that of the build.
fn without_version(text: &str) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    for index in 1..words.len() {
        let has_digit = words[index].starts_with(|c: char| c.is_ascii_digit());
        if words[index - 1] == "SQLite" && has_digit {
            let end = words[index].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            words[index] = end;
        }
    }
    words.join(" ")
}

#[test]
fn the_migration_and_its_snapshot_are_written_and_a_second_run_has_nothing_to_do() {
    let project = project();
    let run = project.run("migrate diff Create!users");
    assert_eq!(run.status, Some(0));
    assert_eq!(
        without_id(&run.stdout),
        "migrations/[id]_create_users.sql\n"
    );
    assert_eq!(
        without_version(&run.stderr),
        "sqlite: proved on SQLite : up, down and up again\n\
         next: read what was written, then `freight migrate`\n"
    );
    let expected = format!(
        "-- Proved on SQLite : up, down and up again.\n-- migrate:up\n{CREATE}\n-- migrate:down\n-- loses-data: every row of `users` is lost\nDROP TABLE users;\n"
    );
    let text = only(&project, "migrations", "_create_users.sql");
    assert_eq!(without_version(&text), expected);
    let all = ["migrations/[id]_create_users.sql", "migrations/schema.json"];
    assert_eq!(files(&project, "migrations"), all);
    assert!(!project.has("app.db"), "no database is needed or made");

    let snapshot = project.read("migrations/schema.json");
    assert_eq!(
        project.run("migrate diff again"),
        Run::of(
            0,
            "",
            "nothing to do: the migrations lead to the models already\n"
        )
    );
    let json = project.run("migrate diff again --json").json();
    assert_eq!(
        (&json["files"], &json["dialects"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(files(&project, "migrations"), all);
    assert_eq!(project.read("migrations/schema.json"), snapshot);

    assert_eq!(project.run("migrate").status, Some(0));
    assert_eq!(project.run("diff --check").status, Some(0));
}

#[test]
fn json_has_the_files_and_the_plan_both_ways() {
    let project = project();
    let run = project.run("migrate diff first --json");
    assert_eq!(run.status, Some(0));
    let json = run.json();
    assert_eq!(json["command"], "migrate diff");
    let path = json["files"][0].as_str().unwrap();
    assert!(project.has(path));
    let dialect = &json["dialects"][0];
    assert_eq!(dialect["dialect"], "sqlite");
    assert!(dialect["proved"].as_str().unwrap().starts_with("SQLite 3."));
    assert_eq!(dialect["up"][0]["safety"], "safe");
    assert_eq!(
        dialect["down"][0]["statements"],
        json!(["DROP TABLE users"])
    );
}

#[test]
fn every_dialect_gets_its_file_under_one_id_and_without_any_server() {
    let project = of_every_dialect();
    let run = project.run("migrate diff first");
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(
        without_id(&run.stdout),
        "migrations/sqlite/[id]_first.sql\n\
         migrations/postgres/[id]_first.sql\n\
         migrations/mysql/[id]_first.sql\n"
    );
    let ids: std::collections::BTreeSet<_> = run
        .stdout
        .lines()
        .map(|path| path.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(
        without_version(&run.stderr),
        "sqlite: proved on SQLite : up, down and up again\n\
         postgres: not proved, because no server is at hand: `freight migrate verify --scratch URL` proves it\n\
         mysql: not proved, because no server is at hand: `freight migrate verify --scratch URL` proves it\n\
         next: read what was written, then `freight migrate`\n"
    );
    assert_eq!(
        files(&project, "migrations"),
        [
            "migrations/mysql/[id]_first.sql",
            "migrations/mysql/schema.json",
            "migrations/postgres/[id]_first.sql",
            "migrations/postgres/schema.json",
            "migrations/sqlite/[id]_first.sql",
            "migrations/sqlite/schema.json",
        ]
    );
    let text = only(&project, "migrations/postgres", ".sql");
    assert!(text.starts_with(
        "-- Not proved: no server was at hand. `freight migrate verify` proves it.\n-- migrate:up\n"
    ));
    // The snapshots stand for the migrations, so that the next step needs no server either.
    let run = project.run("migrate diff again");
    assert_eq!(
        run,
        Run::of(
            0,
            "",
            "nothing to do: the migrations lead to the models already\n"
        )
    );
    project.write(
        "schemas/app.yaml",
        &MODELS.replace("required: true }", "required: true }\n      bio: text"),
    );
    let run = project.run("migrate diff add_bio");
    assert_eq!(run.status, Some(0), "{run:?}");
    let text = only(&project, "migrations/mysql", "_add_bio.sql");
    assert!(
        text.contains("ALTER TABLE users ADD COLUMN bio text;\n"),
        "{text}"
    );
    assert!(
        text.contains("ALTER TABLE users DROP COLUMN bio;\n"),
        "{text}"
    );
}

#[test]
fn without_a_snapshot_a_server_is_asked_for() {
    let project = of_every_dialect();
    assert_eq!(project.run("migrate diff first").status, Some(0));
    std::fs::remove_file(project.path().join("migrations/postgres/schema.json")).unwrap();
    assert_eq!(
        project.run("migrate diff second"),
        Run::of(
            1,
            "",
            "error[FR0804]: this needs a throw-away postgres database, and no server is named\n\
             hint: name one with `--scratch URL`, or with `scratch:` in `freight.yaml`\n"
        )
    );
    // SQLite needs none, and what is missing is written.
    std::fs::remove_file(project.path().join("migrations/sqlite/schema.json")).unwrap();
    project.write(
        "freight.yaml",
        "database: sqlite:app.db\ndialects: [sqlite]\n",
    );
    assert_eq!(
        project.run("migrate diff second"),
        Run::of(
            0,
            "",
            "nothing to do: the migrations lead to the models already\n\
             wrote migrations/sqlite/schema.json\n"
        )
    );
}

#[test]
fn a_difference_that_may_be_one_of_spelling_is_a_warning() {
    let project = project();
    project.write("freight.yaml", "dialects: [postgres]\n");
    assert_eq!(project.run("migrate diff first").status, Some(0));
    // As if it had been read from a catalog, whose words are not those of the models.
    let snapshot = project.read("migrations/schema.json");
    let stored = snapshot.replacen("\"written\"", "\"stored\"", 1);
    assert_ne!(stored, snapshot);
    project.write("migrations/schema.json", &stored);
    project.write(
        "schemas/app.yaml",
        &MODELS.replace("required: true }", "required: true }\n      bio: text"),
    );
    let run = project.run("migrate diff second --json");
    assert_eq!(run.status, Some(0), "{run:?}");
    let json = run.json();
    assert_eq!(json["dialects"][0]["proved"], json!(null));
    assert_eq!(
        json["warnings"],
        json!([{
            "message": "postgres: without a server some of what differs may be another spelling of the same",
            "hint": "read the migration, or remove it and give `--scratch URL`"
        }])
    );
}

#[test]
fn a_snapshot_that_is_stale_or_broken_is_not_believed() {
    let project = project();
    assert_eq!(project.run("migrate diff first").status, Some(0));
    let snapshot = project.read("migrations/schema.json");
    project.write(
        "migrations/30000101000000_more.sql",
        "-- migrate:up\nCREATE TABLE more (id INTEGER);\n-- migrate:down\nDROP TABLE more;\n",
    );
    for text in [&*snapshot, "nonsense", "{\"freight_snapshot\": 99}"] {
        project.write("migrations/schema.json", text);
        let run = project.run("migrate diff second");
        assert_eq!(run.status, Some(4), "{run:?}");
        assert!(run.stderr.contains("drop_table:more"), "{run:?}");
    }
}

#[test]
fn a_loss_of_data_must_be_allowed_and_stands_in_the_file() {
    let project = project();
    assert_eq!(project.run("migrate diff first").status, Some(0));
    project.write("schemas/app.yaml", "models: {}\n");
    let before = files(&project, ".");
    assert_eq!(
        project.run("migrate diff gone"),
        Run::of(
            4,
            "",
            "error[FR0808]: data would be lost:\n\
             \x20 drop_table:users: every row of `users` is lost\n\
             hint: if that is meant, give --allow drop_table:users\n"
        )
    );
    assert_eq!(files(&project, "."), before);
    let run = project.run("migrate diff gone --allow drop_table:users");
    assert_eq!(run.status, Some(0), "{run:?}");
    let text = only(&project, "migrations", "_gone.sql");
    let up = "-- migrate:up\n-- freight:allow drop_table users\n-- loses-data: every row of `users` is lost\nDROP TABLE users;\n";
    assert!(text.contains(up), "{text}");
    assert!(
        text.ends_with(&format!("-- migrate:down\n{CREATE}")),
        "{text}"
    );
    // The directives are ones that a run understands.
    assert_eq!(project.run("migrate").status, Some(0));
    assert_eq!(project.run("migrate down").status, Some(0));
}

#[test]
fn a_rename_question_stops_everything_and_each_answer_is_taken() {
    let project = project();
    assert_eq!(project.run("migrate diff first").status, Some(0));
    project.write("schemas/app.yaml", &MODELS.replace("name:", "full_name:"));
    let before = files(&project, ".");
    let run = project.run("migrate diff rename");
    assert_eq!((run.status, &*run.stdout), (Some(3), ""));
    assert!(
        run.stderr.contains("--rename users.name:full_name "),
        "{run:?}"
    );
    let json = project.run("migrate diff rename --json").json();
    assert_eq!(
        json["decisions"][0]["if_renamed"],
        "--rename users.name:full_name"
    );
    assert_eq!(files(&project, "."), before);

    let run = project.run("migrate diff rename --rename users.name:full_name");
    assert_eq!(run.status, Some(0), "{run:?}");
    let text = only(&project, "migrations", "_rename.sql");
    assert!(text.contains("-- migrate:up\nALTER TABLE users RENAME COLUMN name TO full_name;\n"));
    assert!(text.contains("-- migrate:down\nALTER TABLE users RENAME COLUMN full_name TO name;\n"));
    assert_eq!(project.run("migrate verify").status, Some(0));
}

#[test]
fn nothing_is_written_over_and_nothing_is_left_when_one_file_cannot_be_written() {
    let project = of_every_dialect();
    std::fs::create_dir_all(project.path().join("migrations/mysql/schema.json")).unwrap();
    let before = files(&project, ".");
    let run = project.run("migrate diff first");
    assert_eq!((run.status, &*run.stdout), (Some(1), ""), "{run:?}");
    assert!(
        run.stderr
            .ends_with("error[FR0605]: cannot write `migrations/mysql/schema.json`: is a directory\nhint: check the path\n"),
        "{run:?}"
    );
    assert_eq!(files(&project, "."), before);

    // A file where a folder is needed stops it at the second dialect; the first one's is taken back.
    let project = of_every_dialect();
    project.write("migrations/postgres", "");
    let run = project.run("migrate diff first");
    assert_eq!((run.status, &*run.stdout), (Some(1), ""), "{run:?}");
    assert!(
        run.stderr
            .contains("error[FR0605]: cannot create `migrations/postgres`")
    );
    assert_eq!(files(&project, "migrations"), ["migrations/postgres"]);
}

#[test]
fn the_files_of_another_layout_follow_it() {
    let project = project();
    project.write("migrations/1_users.up.sql", CREATE);
    project.write("migrations/1_users.down.sql", "DROP TABLE users;\n");
    project.write(
        "schemas/app.yaml",
        &MODELS.replace("required: true }", "required: true }\n      bio: text"),
    );
    let run = project.run("migrate diff add_bio");
    assert_eq!(
        (run.status, &*run.stdout),
        (
            Some(0),
            "migrations/2_add_bio.up.sql\nmigrations/2_add_bio.down.sql\n"
        ),
        "{run:?}"
    );
    assert!(
        project
            .read("migrations/2_add_bio.up.sql")
            .ends_with("ALTER TABLE users ADD COLUMN bio TEXT;\n")
    );
    let run = project.run("migrate verify");
    assert_eq!(run.status, Some(0), "{run:?}");
}

#[test]
fn verify_says_what_it_proved_and_what_it_left_out() {
    let project = with_migrations("DROP TABLE notes;");
    let run = project.run("migrate verify");
    assert_eq!((run.status, &*run.stdout), (Some(0), ""));
    assert_eq!(
        without_version(&run.stderr),
        "sqlite: 2 migrations up, 2 down and up again on SQLite : what the models say\n"
    );
    let json = project.run("migrate verify --json").json();
    let verified = &json["verified"][0];
    assert_eq!(verified["dialect"], "sqlite");
    assert_eq!(verified["migrations"], 2);
    assert_eq!(verified["reversible"], 2);
    assert_eq!(verified["models"], true);
    assert_eq!(json["left_out"], json!([]));
    assert!(!project.has("app.db"));

    project.write(
        "freight.yaml",
        "database: sqlite:app.db\ndialects: [sqlite, mysql]\n",
    );
    let run = project.run("migrate verify");
    assert_eq!(run.status, Some(0));
    assert!(run.stderr.ends_with(
        "mysql: left out, because no server is at hand: name one with `--scratch URL`\n"
    ));
    let json = project.run("migrate verify --json").json();
    assert_eq!(json["left_out"], json!(["mysql"]));
}

#[test]
fn x_3_verify_names_the_way_back_that_does_not_lead_back() {
    // A third one that is right stands after it: the wrong one is found all the same.
    let project = with_migrations("DROP INDEX notes_note_idx;");
    project.write(
        "migrations/3_more.sql",
        "-- migrate:up\nCREATE TABLE more (id INTEGER PRIMARY KEY AUTOINCREMENT);\n-- migrate:down\nDROP TABLE more;\n",
    );
    assert_eq!(
        project.run("migrate verify"),
        Run::of(
            1,
            "",
            "error[FR0806]: sqlite: the way back of migration `2` does not lead back\n\
             \x20 | DROP TABLE notes;\n\
             hint: mend its down part: what it leaves out is shown above\n"
        )
    );
    let run = project.run("migrate verify --json");
    assert_eq!(run.status, Some(1));
    let json = run.json();
    assert_eq!(json["error"]["name"], "not_converged");
    assert_eq!(json["error"]["sql"], "DROP TABLE notes;");
}

#[test]
fn verify_checks_the_ways_back_above_one_that_has_none() {
    let project = with_migrations("DROP INDEX notes_note_idx;");
    project.write(
        "migrations/1_users.sql",
        &format!("-- migrate:up\n{CREATE}"),
    );
    let run = project.run("migrate verify");
    assert_eq!(run.status, Some(1));
    assert!(
        run.stderr.contains("the way back of migration `2`"),
        "{run:?}"
    );

    let project = with_migrations("DROP TABLE notes;");
    project.write(
        "migrations/1_users.sql",
        &format!("-- migrate:up\n{CREATE}"),
    );
    let run = project.run("migrate verify");
    assert_eq!(
        without_version(&run.stderr),
        "sqlite: 2 migrations up, 1 down and up again on SQLite : what the models say\n"
    );
}

#[test]
fn verify_leaves_repeatable_migrations_out_of_the_way_back() {
    let project = project();
    project.write("migrations/V1__users.sql", CREATE);
    project.write("migrations/U1__users.sql", "DROP TABLE users;\n");
    project.write(
        "migrations/R__names.sql",
        "DROP VIEW IF EXISTS names;\nCREATE VIEW names AS SELECT name FROM users;\n",
    );
    project.write(
        "schemas/views.yaml",
        "views:\n  names: { sql: SELECT name FROM users }\n",
    );
    let run = project.run("migrate verify");
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(
        without_version(&run.stderr),
        "sqlite: 2 migrations up, 1 down and up again on SQLite : what the models say\n"
    );
}

#[test]
fn verify_tells_what_the_models_have_more() {
    let project = with_migrations("DROP TABLE notes;");
    project.write(
        "schemas/app.yaml",
        &MODELS.replace("required: true }", "required: true }\n      bio: text"),
    );
    assert_eq!(
        project.run("migrate verify"),
        Run::of(
            1,
            "",
            "error[FR0806]: sqlite: the migrations do not lead to the models\n\
             \x20 | ALTER TABLE users ADD COLUMN bio TEXT;\n\
             hint: the statements between the two are shown above; `freight migrate diff NAME` writes them as a migration\n"
        )
    );
}

#[test]
fn a_run_that_is_killed_leaves_whole_files_or_none() {
    let mut stopped = 0;
    for delay in [0, 5, 10, 15, 20, 25, 30, 40, 60] {
        let project = of_every_dialect();
        let mut child = Command::new(env!("CARGO_BIN_EXE_freight"))
            .args(["migrate", "diff", "first"])
            .current_dir(project.path())
            .env_clear()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(delay));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        stopped += i32::from(!status.success());
        for path in walk(&project) {
            let text = std::fs::read_to_string(&path).unwrap();
            let is_whole = match path.extension().and_then(|extension| extension.to_str()) {
                Some("sql") => text.ends_with("DROP TABLE users;\n"),
                Some("json") => text.ends_with("}\n"),
                _ => continue,
            };
            assert!(is_whole, "{}: {text}", path.display());
        }
        // The next run takes it to the end, whatever is there.
        project.write(
            "freight.yaml",
            "database: sqlite:app.db\ndialects: [sqlite]\n",
        );
        let run = project.run("migrate diff next");
        assert_eq!(run.status, Some(0), "{run:?}");
        assert_eq!(project.run("migrate").status, Some(0));
        assert_eq!(project.run("diff --check").status, Some(0));
    }
    assert!(stopped > 0, "no run was stopped");
}

#[test]
fn an_interrupt_drops_the_throw_away_database_also_while_it_is_being_made() {
    use std::io::{BufRead, BufReader};

    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    let Some(server) = crate::support::server_url("postgres") else {
        return;
    };
    let scratches = || {
        let mut server = crate::support::open(&server);
        let sql = "SELECT datname FROM pg_database WHERE datname LIKE 'freight\\_scratch\\_%'";
        let rows = crate::support::rows(&mut server, sql);
        let names = rows.rows.iter().map(|row| format!("{:?}", row[0]));
        names.collect::<std::collections::BTreeSet<_>>()
    };
    let project = with_migrations("DROP TABLE notes;");
    project.write("freight.yaml", "dialects: [sqlite, postgres]\n");
    std::fs::create_dir(project.path().join("migrations/postgres")).unwrap();
    project.write("migrations/postgres/1_a.sql", "SELECT pg_sleep(30);");
    project.write("migrations/sqlite/1_a.sql", "SELECT 1;");
    std::fs::remove_dir_all(project.path().join("schemas")).unwrap();
    let first = scratches();
    for delay in [0, 10, 25, 50, 100, 200, 400] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_freight"))
            .args(["migrate", "verify", "--scratch", &server])
            .current_dir(project.path())
            .env_clear()
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The line about SQLite is printed just before PostgreSQL's database is made.
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        assert!(line.starts_with("sqlite: "), "{line}");
        std::thread::sleep(Duration::from_millis(delay));
        kill(
            Pid::from_raw(child.id().try_into().unwrap()),
            Signal::SIGINT,
        )
        .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        line.clear();
        stderr.read_line(&mut line).unwrap();
        assert_eq!(line, "", "an interrupt is no error");
    }
    // A server may finish what nobody waits for a moment later. Other tests make and drop theirs
    // meanwhile; none of those that are seen now may stay.
    std::thread::sleep(Duration::from_secs(1));
    let made: std::collections::BTreeSet<_> = scratches().difference(&first).cloned().collect();
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while !scratches().is_disjoint(&made) {
        assert!(std::time::Instant::now() < deadline, "{made:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Every file below `migrations/`.
fn walk(project: &Project) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![project.path().join("migrations")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => found.push(path),
            }
        }
    }
    found
}
