//! `freight init`.

use serde_json::json;

use crate::project::{Project, Run};

const NEXT: &str = "next: freight migrate diff NAME  writes the migration that follows from the models in schemas/\n\
                    next: freight migrate            applies what is pending\n";

#[test]
fn a_new_project_gets_its_files_and_a_second_run_changes_nothing() {
    let project = Project::empty();
    let created = "created freight.yaml\ncreated schemas/\ncreated schemas/app.yaml\n\
                   created migrations/\n";
    assert_eq!(
        project.run("init"),
        Run::of(0, "", &format!("{created}{NEXT}"))
    );
    let before = (
        project.read("freight.yaml"),
        project.read("schemas/app.yaml"),
    );
    let kept = created
        .lines()
        .map(|line| line.replace("created", "kept") + ", which was there already\n")
        .collect::<String>();
    assert_eq!(
        project.run("init"),
        Run::of(0, "", &format!("{kept}{NEXT}"))
    );
    let after = (
        project.read("freight.yaml"),
        project.read("schemas/app.yaml"),
    );
    assert_eq!(before, after);
    assert!(!project.has(".env") && !project.has("app.db"));
}

#[test]
fn the_url_goes_to_a_private_dotenv_and_is_shown_without_its_password() {
    let project = Project::empty();
    let run = project.run("init --url postgres://u:it's$secret@localhost/d --json");
    assert_eq!(run.status, Some(0));
    assert_eq!(
        run.json(),
        json!({
            "ok": true,
            "command": "init",
            "created": ["freight.yaml", "schemas/", "schemas/app.yaml", "migrations/", ".env"],
            "kept": [],
            "database": "postgres://u:***@localhost/d",
            "warnings": []
        })
    );
    assert_eq!(
        project.read(".env"),
        "DATABASE_URL=\"postgres://u:it's\\$secret@localhost/d\"\n"
    );
    assert!(
        project
            .read("freight.yaml")
            .contains("database: ${DATABASE_URL}\n")
    );
    assert_eq!(mode(&project, ".env"), 0o600);

    let run = project.run("init --url mysql://u@localhost/other");
    assert_eq!(run.status, Some(0));
    assert!(run.stderr.contains("kept .env, which was there already\n"));
    assert!(!project.read(".env").contains("mysql"));
}

#[test]
fn other_lines_of_dotenv_stay_and_the_file_becomes_private() {
    let project = Project::with(&[(".env", "PORT=80")]);
    let run = project.run("init --url sqlite:shop.db");
    assert_eq!(run.status, Some(0));
    assert_eq!(
        project.read(".env"),
        "PORT=80\nDATABASE_URL='sqlite:shop.db'\n"
    );
    assert_eq!(mode(&project, ".env"), 0o600);
}

#[test]
fn other_folders_and_another_file_can_be_named() {
    let project = Project::empty();
    let run = project.run("init --dir db/one --dir db/two --config etc/freight.yaml");
    assert_eq!(run.status, Some(0), "{run:?}");
    assert!(project.has("etc/db/one") && project.has("etc/db/two") && project.has("etc/schemas"));
    assert!(
        project
            .read("etc/freight.yaml")
            .contains("migrations: [db/one/, db/two/]\n")
    );
}

#[test]
fn a_wrong_url_is_told_before_anything_is_written() {
    let project = Project::empty();
    let run = project.run("init --url nonsense");
    assert_eq!(run.status, Some(1));
    assert!(run.stderr.starts_with("error[FR0105]: "), "{run:?}");
    assert!(!project.has("freight.yaml"));
}

#[test]
fn what_init_writes_can_be_read() {
    for arguments in ["init", "init --url sqlite:app.db"] {
        let project = Project::empty();
        project.run(arguments);
        assert_eq!(project.run("migrate").status, Some(0));
    }
}

fn mode(project: &Project, file: &str) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let metadata = std::fs::metadata(project.path().join(file)).unwrap();
    metadata.permissions().mode() & 0o777
}
