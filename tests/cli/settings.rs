//! Where settings come from, and which one counts. `-v` says it on stderr.

use crate::project::{Project, Run};

/// The database that a run uses, and who named it.
fn database(run: &Run) -> String {
    line(run, "database: ")
}

/// The folders of the migrations that a run uses.
fn folders(run: &Run) -> String {
    let lines = run.stderr.lines();
    let found: Vec<_> = lines
        .filter_map(|line| line.strip_prefix("migrations: "))
        .collect();
    found.join(" ")
}

fn line(run: &Run, prefix: &str) -> String {
    run.stderr
        .lines()
        .find_map(|line| line.strip_prefix(prefix))
        .unwrap_or_else(|| panic!("{run:?}"))
        .to_owned()
}

fn project() -> Project {
    Project::with(&[
        (
            "freight.yaml",
            "database: ${FILE_URL:-sqlite:file.db}\n\
             environments:\n\
             \x20 test: { database: \"sqlite:test.db\", migrations: testing }\n\
             \x20 bare:\n",
        ),
        (
            "migrations/1_a.sql",
            "-- migrate:up\nCREATE TABLE a (x INTEGER);\n",
        ),
        (
            "testing/1_b.sql",
            "-- migrate:up\nCREATE TABLE b (x INTEGER);\n",
        ),
        (
            "more/2_c.sql",
            "-- migrate:up\nCREATE TABLE c (x INTEGER);\n",
        ),
        ("below/deep/.keep", ""),
    ])
}

#[test]
fn flag_environment_variable_dotenv_file_in_this_order() {
    let project = project();
    let used = |arguments: &str, variables: &[(&str, &str)]| {
        database(&project.run_with(&format!("migrate status -v {arguments}"), variables))
    };
    let variable = [("DATABASE_URL", "sqlite:variable.db")];
    assert_eq!(used("", &[]), "sqlite:file.db (from `freight.yaml:1`)");
    assert_eq!(
        used("", &[("FILE_URL", "sqlite:other.db")]),
        "sqlite:other.db (from `freight.yaml:1`)"
    );
    project.write(".env", "DATABASE_URL=sqlite:dotenv.db\n");
    assert_eq!(
        used("", &[]),
        "sqlite:dotenv.db (from `DATABASE_URL` in `.env`)"
    );
    assert_eq!(
        used("", &variable),
        "sqlite:variable.db (from `DATABASE_URL`)"
    );
    assert_eq!(
        used("", &[("DATABASE_URL", "")]),
        "sqlite:file.db (from `freight.yaml:1`)",
        "an empty variable of the process hides the line of .env"
    );
    assert_eq!(
        used("--env bare", &variable),
        "sqlite:variable.db (from `DATABASE_URL`)"
    );
    assert_eq!(
        used("--env test", &variable),
        "sqlite:test.db (from `freight.yaml:3`)"
    );
    assert_eq!(
        used(
            "",
            &[
                ("FREIGHT_ENV", "test"),
                ("DATABASE_URL", "sqlite:variable.db")
            ]
        ),
        "sqlite:test.db (from `freight.yaml:3`)"
    );
    assert_eq!(
        used("--env test --url sqlite:flag.db", &variable),
        "sqlite:flag.db (from `--url`)"
    );
}

#[test]
fn folders_follow_the_same_order() {
    let project = project();
    let used = |arguments: &str, variables: &[(&str, &str)]| {
        folders(&project.run_with(&format!("migrate status -v {arguments}"), variables))
    };
    assert_eq!(used("", &[]), "migrations");
    assert_eq!(used("--env test", &[]), "testing");
    assert_eq!(
        used("", &[("FREIGHT_DIR", "migrations:more")]),
        "migrations more"
    );
    assert_eq!(
        used("--dir testing --dir more", &[("FREIGHT_DIR", "x")]),
        "testing more"
    );
    project.write(".env", "FREIGHT_DIR=more\n");
    assert_eq!(used("", &[]), "more");
}

#[test]
fn a_folder_below_uses_the_file_above_and_its_paths() {
    let project = project();
    let run = project.run_in("below/deep", "migrate status -v", &[]);
    assert_eq!(line(&run, "configuration: "), "../../freight.yaml");
    assert_eq!(
        database(&run),
        "sqlite:../../file.db (from `../../freight.yaml:1`)"
    );
    assert_eq!(folders(&run), "../../migrations");

    project.write(".env", "DATABASE_URL=sqlite:dotenv.db\n");
    let run = project.run_in("below/deep", "migrate status -v", &[]);
    assert_eq!(
        database(&run),
        "sqlite:../../dotenv.db (from `DATABASE_URL` in `../../.env`)"
    );
    let here = [("DATABASE_URL", "sqlite:here.db")];
    let run = project.run_in("below/deep", "migrate status -v", &here);
    assert_eq!(database(&run), "sqlite:here.db (from `DATABASE_URL`)");
}

#[test]
fn the_file_can_be_named() {
    let project = project();
    project.write(
        "etc/other.yaml",
        "database: sqlite:other.db\nmigrations: ../more\n",
    );
    for (arguments, variables) in [
        ("migrate status -v --config etc/other.yaml", &[][..]),
        (
            "migrate status -v",
            &[("FREIGHT_CONFIG", "etc/other.yaml")][..],
        ),
    ] {
        let run = project.run_with(arguments, variables);
        assert_eq!(
            database(&run),
            "sqlite:etc/other.db (from `etc/other.yaml:1`)"
        );
        assert_eq!(folders(&run), "etc/../more");
    }
    assert_eq!(
        project.run("migrate --config nowhere.yaml"),
        Run::of(
            1,
            "",
            "error[FR0605]: cannot read `nowhere.yaml`: No such file or directory (os error 2)\n\
             hint: check the path\n"
        )
    );
}

#[test]
fn without_any_database_the_way_on_is_named() {
    let project = Project::empty();
    assert_eq!(
        project.run("migrate"),
        Run::of(
            1,
            "",
            "error[FR0603]: no database is configured\n\
             hint: run `freight init`, set `DATABASE_URL`, or give `--url sqlite:app.db`\n"
        )
    );
    assert_eq!(
        project.run("migrate --env test").stderr,
        "error[FR0603]: the environment `test` needs a `freight.yaml`, and there is none\n\
         hint: run `freight init`, or name the file with `--config`\n"
    );
}

#[test]
fn a_variable_matters_only_where_its_value_is_used() {
    let project = Project::with(&[
        (
            "freight.yaml",
            "database: ${NOT_SET}\nscratch: ${NOR_THIS}\n",
        ),
        ("migrations/1_a.sql", "-- migrate:up\nSELECT 1;\n"),
    ]);
    assert_eq!(
        project.run("migrate"),
        Run::of(
            1,
            "",
            "error[FR0603]: the variable `NOT_SET` is not set\n\
             \x20--> freight.yaml:1:11\n\
             hint: set `NOT_SET` in the environment or in `.env`, or write `${NOT_SET:-default}`\n"
        )
    );
    assert_eq!(
        project.run("migrate status --url sqlite:a.db").status,
        Some(0)
    );
}

#[test]
fn an_unknown_environment_names_those_that_there_are() {
    assert_eq!(
        project().run("migrate --env tset"),
        Run::of(
            1,
            "",
            "error[FR0603]: `freight.yaml` has no environment `tset`\n\
             hint: did you mean `test`?\n"
        )
    );
}

#[test]
fn dotenv_stays_out_of_the_way_when_it_is_not_asked() {
    let project = project();
    project.write(
        ".env",
        "WORDS=are not quoted\nDATABASE_URL=sqlite:dotenv.db\n",
    );
    let run = project.run("migrate status -v");
    assert_eq!(
        database(&run),
        "sqlite:dotenv.db (from `DATABASE_URL` in `.env`)"
    );
    project.write(".env", "PORT=1\nDATABASE_URL=sqlite:my sec ret.db\n");
    assert_eq!(
        project.run("migrate status"),
        Run::of(
            1,
            "",
            "error[FR0601]: the line of `DATABASE_URL` cannot be read\n\
             \x20--> .env:2\n\
             hint: write `DATABASE_URL='value'`, with quotes around the value\n"
        )
    );
}

#[test]
fn a_url_that_cannot_be_read_names_who_gave_it() {
    let project = project();
    let wrong = "oracle://u:secret@h/d";
    let words = "`oracle:` is not the scheme of a database that Freight knows";
    let hint = "hint: write `sqlite:app.db`, `postgres://user:password@host/database` or \
                `mysql://user:password@host/database`\n";
    assert_eq!(
        project.run(&format!("migrate --url {wrong}")).stderr,
        format!("error[FR0105]: {words}\n{hint}")
    );
    assert_eq!(
        project
            .run_with("migrate", &[("DATABASE_URL", wrong)])
            .stderr,
        format!("error[FR0105]: {words} (in the variable `DATABASE_URL`)\n{hint}")
    );
    assert_eq!(
        project.run_with("migrate", &[("FILE_URL", wrong)]).stderr,
        format!("error[FR0105]: {words}\n --> freight.yaml:1:11\n{hint}")
    );
}
