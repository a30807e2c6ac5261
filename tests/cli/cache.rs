//! `freight cache`, on a table as programs make it.

use freight_core::DialectName;
use serde_json::json;

use crate::project::{Project, Run};
use crate::support::{TestDatabase, server_url};

const TABLE: &str = "-- migrate:up\n\
    CREATE TABLE _freight_cache (namespace varchar(190) NOT NULL PRIMARY KEY, \
    epoch bigint NOT NULL, suspended smallint NOT NULL);\n\
    INSERT INTO _freight_cache VALUES ('app', 10, 0), ('shop', 20, 1);\n";

fn project() -> Project {
    let project = Project::with(&[
        ("freight.yaml", "database: sqlite:app.db\n"),
        ("migrations/1_cache.sql", TABLE),
    ]);
    assert_eq!(project.run("migrate").status, Some(0));
    project
}

fn epochs(project: &Project) -> Vec<i64> {
    let run = project.run("cache status --json");
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let listed = found["namespaces"].as_array().unwrap();
    listed
        .iter()
        .map(|one| one["epoch"].as_i64().unwrap())
        .collect()
}

#[test]
fn a_database_without_a_cache_has_no_namespaces() {
    let project = Project::with(&[("freight.yaml", "database: sqlite:app.db\n")]);
    assert_eq!(
        project.run("cache status"),
        Run::of(0, "no program has a cache for this database\n", "")
    );
}

#[test]
fn namespaces_are_shown_and_begun_anew() {
    let project = project();
    assert_eq!(
        project.run("cache status"),
        Run::of(
            0,
            "namespace  state\napp        in use\nshop       suspended\n",
            ""
        )
    );
    // The migration that made the table has told them already.
    assert_eq!(epochs(&project), [11, 21]);
    assert_eq!(
        project.run("cache purge app"),
        Run::of(0, "", "1 namespace begun anew\n")
    );
    assert_eq!(epochs(&project), [12, 21]);
    assert_eq!(
        project.run("cache purge"),
        Run::of(0, "", "2 namespaces begun anew\n")
    );
    assert_eq!(epochs(&project), [13, 22]);
    let run = project.run("cache purge nothing");
    assert_eq!(run.status, Some(1));
    assert!(run.stderr.contains("`nothing`"), "{run:?}");
    let run = project.run("cache purge app --json");
    let object: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(object["namespaces"], json!(1));
}

#[test]
fn migrations_and_schemas_tell_programs_to_look_again() {
    let project = project();
    project.write(
        "migrations/2_ports.sql",
        "-- migrate:up\nCREATE TABLE ports (id INTEGER PRIMARY KEY);\n\n\
         -- migrate:down\nDROP TABLE ports;\n",
    );
    assert_eq!(project.run("migrate --dry-run").status, Some(0));
    assert_eq!(project.run("migrate status").status, Some(0));
    assert_eq!(epochs(&project), [11, 21]);
    assert_eq!(project.run("migrate").status, Some(0));
    assert_eq!(epochs(&project), [12, 22]);
    project.write(
        "wanted.sql",
        "CREATE TABLE ports (id INTEGER PRIMARY KEY);\n\
         CREATE TABLE docks (id INTEGER PRIMARY KEY);\n",
    );
    let run = project.run("apply --to wanted.sql --yes");
    assert_eq!(run.status, Some(0), "{run:?}");
    assert_eq!(epochs(&project), [13, 23]);
}

/// Reads the first port, from the cache where it is there, and says whether it was.
const READING: &str = "local db = freight.open(arg[1])\n\
    freight.init(db, { cache = { redis = arg[2], namespace = arg[3], timeout_ms = 10000, \
    connect_timeout_ms = 10000 } })\n\
    local Port = freight.model('ports', { fields = { name = 'string' }, cache = true })\n\
    print(Port:find(1).name, freight.cache_stats().hits)\n";

#[test]
fn tables_are_forgotten_after_changes_made_elsewhere() {
    let Some(redis) = server_url("redis") else {
        return;
    };
    for dialect in [DialectName::Postgres, DialectName::Mysql] {
        let Some(test) = TestDatabase::create(dialect) else {
            continue;
        };
        let namespace = format!("cli-{}-{dialect}", std::process::id());
        let mut outside = test.connect();
        outside
            .exec(
                "CREATE TABLE ports (id bigint PRIMARY KEY, name varchar(40)); \
                 CREATE TABLE docks (id bigint PRIMARY KEY); \
                 INSERT INTO ports VALUES (1, 'Oslo');",
            )
            .unwrap();
        let config = format!("cache: {{ redis: \"{redis}\", namespace: {namespace} }}\n");
        let project = Project::with(&[("read.lua", READING), ("freight.yaml", &config)]);
        let read = || {
            let run = project.run(&format!("run read.lua {} {redis} {namespace}", test.url));
            assert_eq!(run.status, Some(0), "{run:?}");
            run.stdout
        };
        let cache = |words: &str| project.run(&format!("cache {words} --url {}", test.url));
        let run = cache("rotate ports");
        assert!(run.stderr.contains("no program has a cache"), "{run:?}");
        assert_eq!(read(), "Oslo\t0\n");
        outside
            .exec("UPDATE ports SET name = 'Kristiania'")
            .unwrap();
        assert_eq!(read(), "Oslo\t1\n", "what nobody tells is not seen");
        assert_eq!(
            cache("rotate docks"),
            Run::of(0, "", "1 table forgotten in 1 namespace\n")
        );
        assert_eq!(read(), "Oslo\t1\n", "another table");
        assert_eq!(
            cache("rotate docks ports"),
            Run::of(0, "", "2 tables forgotten in 1 namespace\n")
        );
        assert_eq!(read(), "Kristiania\t0\n");
        assert_eq!(read(), "Kristiania\t1\n");

        outside.exec("UPDATE ports SET name = 'Oslo'").unwrap();
        let object = cache(&format!("rotate ports --namespace {namespace} --json")).json();
        assert_eq!(object["command"], json!("cache rotate"));
        assert_eq!(object["tables"], json!(["ports"]));
        assert_eq!(object["namespaces"], json!(1));
        assert_eq!(read(), "Oslo\t0\n");

        let wrong = |words: &str, parts: &[&str]| {
            let run = cache(words);
            assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""), "{run:?}");
            for part in parts {
                assert!(run.stderr.contains(part), "{part} is not in {run:?}");
            }
        };
        wrong(
            "rotate ports port",
            &[
                "error[FR0302]: there is no table `port`",
                "did you mean `ports`?",
            ],
        );
        wrong(
            "rotate ports --namespace other",
            &["in the namespace `other`", "`freight cache status`"],
        );
        wrong(
            "rotate ports --redis redis://:secret@127.0.0.1:1/0",
            &[
                "error[FR0101]: the namespace `",
                "`freight cache purge cli-",
            ],
        );
        let run = cache("rotate ports --redis redis://:secret@127.0.0.1:1/0");
        assert!(!run.stderr.contains("secret"), "{run:?}");
        wrong("rotate ports --redis http://secret", &["error[FR0105]"]);
        project.write("freight.yaml", "");
        wrong("rotate ports", &["error[FR0603]", "`--redis redis://"]);
        // Without a configuration it is every namespace.
        outside
            .exec("UPDATE ports SET name = 'Kristiania'")
            .unwrap();
        assert_eq!(
            cache(&format!("rotate ports --redis {redis}")),
            Run::of(0, "", "1 table forgotten in 1 namespace\n")
        );
        assert_eq!(read(), "Kristiania\t0\n");
        wrong("rotate", &[]);
    }
}

#[test]
fn a_file_of_sqlite_has_nothing_to_rotate() {
    let run = project().run("cache rotate ports");
    assert_eq!(run.status, Some(1));
    assert!(run.stderr.contains("error[FR0401]"), "{run:?}");
}

/// As [`READING`], by what `freight.yaml` says.
const OF_PROJECT: &str = "local db = freight.open(arg[1])\n\
    freight.init(db)\n\
    local Port = freight.model('ports', { fields = { name = 'string' }, cache = true })\n\
    local found = Port:find(1).name\n\
    print(found, freight.cache_stats() and freight.cache_stats().hits)\n";

#[test]
fn scripts_have_the_cache_of_the_project() {
    let Some(redis) = server_url("redis") else {
        return;
    };
    for dialect in [DialectName::Postgres, DialectName::Mysql] {
        let Some(test) = TestDatabase::create(dialect) else {
            continue;
        };
        let namespace = format!("yaml-{}-{dialect}", std::process::id());
        let mut outside = test.connect();
        outside
            .exec(
                "CREATE TABLE ports (id bigint PRIMARY KEY, name varchar(40)); \
                 INSERT INTO ports VALUES (1, 'Oslo');",
            )
            .unwrap();
        let config = format!(
            "cache:\n  redis: ${{REDIS:-}}\n  namespace: \"{namespace}${{EXTRA:-}}\"\n  ttl: 600\n  \
             timeout_ms: ${{LIMIT:-10000}}\n  connect_timeout_ms: 10000\n\
             environments:\n  test: {{ cache: {{ namespace: {namespace}-test }} }}\n"
        );
        let project = Project::with(&[
            ("read.lua", OF_PROJECT),
            ("explicit.lua", READING),
            ("freight.yaml", &config),
        ]);
        let read = |flags: &str, variables: &[(&str, &str)]| {
            let words = format!("{flags} run read.lua {}", test.url);
            let run = project.run_with(&words, variables);
            assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
            run.stdout
        };
        let own: &[(&str, &str)] = &[("REDIS", &redis)];
        assert_eq!(read("", &[]), "Oslo\tnil\n", "without Redis there is none");
        assert_eq!(read("", own), "Oslo\t0\n");
        assert_eq!(read("", own), "Oslo\t1\n");
        assert_eq!(read("--env test", own), "Oslo\t0\n", "another namespace");
        assert_eq!(read("", &[own[0], ("EXTRA", "-x")]), "Oslo\t0\n");
        // What a script says by itself comes first.
        let words = format!("run explicit.lua {} {redis} {namespace}", test.url);
        assert_eq!(project.run_with(&words, own).stdout, "Oslo\t1\n");

        // The console has it too, so that what is typed there is known to the others.
        let typed = "db:execute(\"UPDATE ports SET name = 'Kristiania'\")";
        project.write("change.lua", typed);
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_freight"))
            .args(["console", "--url", &test.url])
            .current_dir(project.path())
            .env("REDIS", &redis)
            .stdin(std::fs::File::open(project.path().join("change.lua")).unwrap())
            .output()
            .unwrap();
        assert!(status.status.success(), "{status:?}");
        assert_eq!(read("", own), "Kristiania\t0\n");

        let fails = |variables: &[(&str, &str)], parts: &[&str]| {
            let run = project.run_with(&format!("run read.lua {}", test.url), variables);
            assert_eq!(run.status, Some(1), "{run:?}");
            for part in parts {
                assert!(run.stderr.contains(part), "{part} is not in {run:?}");
            }
            assert!(!run.stderr.contains("secret"), "{run:?}");
        };
        fails(
            &[own[0], ("LIMIT", "secret")],
            &[
                "`cache.timeout_ms` must be a number, and more than 0",
                "freight.yaml:5:",
            ],
        );
        for (key, value, message) in [
            ("guard", "5", "`cache.guard` must be `true` or `false`"),
            ("guard", "secret", "`cache.guard` must be `true` or `false`"),
            (
                "wait_replicas",
                "0.5",
                "`cache.wait_replicas` must be a whole number, 0 or more",
            ),
            (
                "early",
                "0",
                "`cache.early` must be a number, and more than 0",
            ),
            (
                "ttl",
                "true",
                "`cache.ttl` must be a number, and more than 0",
            ),
            (
                "on_down",
                "commit",
                "`on_down` of `cache` of `freight.init` is for a cache without",
            ),
        ] {
            let text = format!("cache: {{ redis: \"{redis}\", {key}: {value} }}\n");
            project.write("freight.yaml", &text);
            fails(&[], &[message]);
        }
        // All of them, and each is taken.
        let all = format!(
            "cache: {{ redis: \"{redis}\", namespace: {namespace}, ttl: 60, timeout_ms: 9000, \
             connect_timeout_ms: 9000, early: 1.5, wait_replicas: 0, guard: false, on_down: commit }}\n"
        );
        project.write("freight.yaml", &all);
        assert_eq!(
            read("", &[]),
            "Kristiania\t0\n",
            "without a guard tags are others"
        );
        assert_eq!(read("", &[]), "Kristiania\t1\n");
        project.write("freight.yaml", &config);
        fails(
            &[("REDIS", "http://:secret@host")],
            &["this is no URL of Redis"],
        );
        project.write("freight.yaml", "cache: { redis: \"${MISSING}\" }\n");
        fails(&[], &["the variable `MISSING` is not set"]);
        project.write("freight.yaml", "cache: { tll: 5 }\n");
        fails(&[], &["unknown key `tll`", "did you mean `ttl`?"]);
        // Who does not ask is not told.
        project.write(
            "none.lua",
            "freight.init(sqlite.memory(), { cache = false }) print('fine')",
        );
        assert_eq!(project.run("run none.lua").stdout, "fine\n");
    }
}

#[test]
fn a_file_of_sqlite_has_the_cache_of_the_project_in_memory() {
    let project = Project::with(&[
        (
            "freight.yaml",
            "cache: { redis: \"redis://nowhere:1/0\", ttl: 60 }\n",
        ),
        (
            "app.lua",
            "local db = sqlite.open('app.db')\n\
             freight.init(db)\n\
             freight.init(db)\n\
             local Port = freight.model('ports', { fields = { name = 'string' }, cache = true })\n\
             Port:create({ name = 'Oslo' })\n\
             Port:find(1)\n\
             print(Port:find(1).name, freight.cache_stats().hits)\n\
             local other = sqlite.memory()\n\
             freight.init(other, { cache = false })\n\
             print(freight.cache_stats(other))\n",
        ),
    ]);
    let run = project.run("run app.lua");
    assert_eq!(run, Run::of(0, "Oslo\t1\nnil\n", ""));
}
