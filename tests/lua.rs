//! Lua scripts: every `tests/lua/*.lua` is run on each database, by `freight run`, and by Debian's
//! `lua5.4` and `luajit` with the module that `tests/run` built.
//!
//! A script finds the URL of an empty database in `arg[1]` and the word for its driver in
//! `arg[2]`. It ends with an error where something is not as it should be, and prints `done` last,
//! so that a script which stops early is found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "support/lua_host.rs"]
mod lua_host;
#[allow(dead_code, reason = "tests/cli.rs uses more of it")]
#[path = "cli/project.rs"]
mod project;
mod support;

use std::path::{Path, PathBuf};

use freight_core::DialectName;
use lua_host::Host;
use project::{Project, Run};
use support::TestDatabase;

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lua");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 3);
    files
}

/// Runs the scripts of models, or all others, in some hosts.
fn every_script_runs(dialect: DialectName, hosts: &[Host], are_of_models: bool) {
    let mut failed = Vec::new();
    let is_of_models = |script: &PathBuf| {
        let name = script.file_name().unwrap().to_string_lossy();
        name.starts_with("models_") == are_of_models
    };
    for script in scripts().into_iter().filter(is_of_models) {
        for host in hosts {
            let Some(test) = TestDatabase::create(dialect) else {
                return;
            };
            let Some(run) = host.run(&script, &[&test.url, dialect.as_str()]) else {
                continue;
            };
            if run != (Some(0), "done\n".to_owned(), String::new()) {
                failed.push(format!("{} in {host:?}: {run:#?}", script.display()));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_script_runs_on_sqlite() {
    every_script_runs(DialectName::Sqlite, &Host::ALL, false);
}

#[test]
fn every_script_runs_on_postgres() {
    every_script_runs(DialectName::Postgres, &Host::ALL, false);
}

#[test]
fn every_script_runs_on_mysql() {
    every_script_runs(DialectName::Mysql, &Host::ALL, false);
}

/// Models take longer: each host has a test of its own.
macro_rules! models {
    ($($name:ident: $dialect:ident, $host:ident;)*) => {$(
        #[test]
        fn $name() {
            every_script_runs(DialectName::$dialect, &[Host::$host], true);
        }
    )*};
}

models! {
    models_run_on_sqlite_in_freight: Sqlite, Freight;
    models_run_on_sqlite_in_lua: Sqlite, Lua54;
    models_run_on_sqlite_in_luajit: Sqlite, LuaJit;
    models_run_on_postgres_in_freight: Postgres, Freight;
    models_run_on_postgres_in_lua: Postgres, Lua54;
    models_run_on_postgres_in_luajit: Postgres, LuaJit;
    models_run_on_mysql_in_freight: Mysql, Freight;
    models_run_on_mysql_in_lua: Mysql, Lua54;
    models_run_on_mysql_in_luajit: Mysql, LuaJit;
}

#[test]
fn an_error_names_the_lines_of_the_script() {
    let project = Project::with(&[
        (
            "app.lua",
            "local shop = require('shop')\n\nshop.sell(nil)\n",
        ),
        (
            "shop.lua",
            "local db = sqlite.memory()\n\
             return { sell = function(what)\n  \
             db:execute('INSERT INTO nowhere VALUES (?)', what)\n\
             end }\n",
        ),
    ]);
    let run = project.run("run app.lua");
    assert_eq!((run.status, &*run.stdout), (Some(1), ""));
    assert_eq!(
        run.stderr,
        "error[FR0901]: no such table: nowhere (missing_table)\n\
         \t./shop.lua:3: in function 'shop.sell'\n\
         \tapp.lua:3: in main chunk\n"
    );
}

#[test]
fn a_script_has_its_arguments_and_a_status() {
    let project = Project::with(&[(
        "app.lua",
        "#!/usr/bin/env freight\nprint(arg[0], ...)\nerror('no')\n",
    )]);
    let run = project.run("run app.lua one --two");
    assert_eq!(
        run,
        Run::of(
            1,
            "app.lua\tone\t--two\n",
            "error[FR0901]: app.lua:3: no\n\tapp.lua:3: in main chunk\n"
        )
    );
    let run = project.run("run missing.lua");
    assert_eq!(run.status, Some(1));
    assert!(run.stderr.contains("cannot read `missing.lua`"), "{run:?}");
}

#[test]
fn a_script_has_the_history_of_the_project() {
    let project = Project::with(&[
        (
            "freight.yaml",
            "database: sqlite:app.db\nhistory_table: applied\nenvironments:\n\
             \x20 test: { database: 'sqlite:test.db', history_table: tested }\n",
        ),
        (
            "migrations/1_crates.sql",
            "-- migrate:up\nCREATE TABLE crates (x INTEGER);\n",
        ),
        (
            "schemas/crates.yaml",
            "crates:\n  columns:\n    x: integer?\n",
        ),
        (
            "app.lua",
            "local db = sqlite.open(arg[1])\n\
             print(db:migrate('lids', 'CREATE TABLE lids (x INTEGER)', 'DROP TABLE lids'))\n\
             print(table.concat(db:tables(), ' '), #db:query('SELECT * FROM ' .. arg[2]))\n\
             print(db:rollback_migrations())\n",
        ),
    ]);
    for (flags, file, table) in [
        ("", "app.db", "applied"),
        ("--env test", "test.db", "tested"),
    ] {
        let run = project.run(&format!("migrate {flags}"));
        assert_eq!(run.status, Some(0), "{run:?}");
        let run = project.run(&format!("run {flags} app.lua {file} {table}"));
        assert_eq!(
            run,
            Run::of(0, "true\ncrates lids\t2\ntrue\n", ""),
            "{flags}"
        );
        let run = project.run(&format!("migrate status --check {flags}"));
        assert_eq!(run.status, Some(0), "{run:?}");
        // The history is no part of the schema.
        let run = project.run(&format!("introspect {flags} --format sql"));
        assert!(
            run.stdout.contains("crates") && !run.stdout.contains(table),
            "{run:?}"
        );
    }
    let run = project.run("migrate status --history-table _freight_migrations");
    assert!(run.stdout.contains("pending"), "{run:?}");
    let run = project.run("run app.lua fresh.db applied");
    assert_eq!(run.stdout, "true\nlids\t1\ntrue\n", "{run:?}");
    // A mistake in the configuration concerns who asks for it.
    project.write("freight.yaml", "history_tabel: applied\n");
    project.write("plain.lua", "print(#sqlite.open(arg[1]):tables())\n");
    assert_eq!(project.run("run plain.lua new.db"), Run::of(0, "0\n", ""));
    let run = project.run("run app.lua new.db applied");
    assert_eq!(run.status, Some(1));
    assert!(
        run.stderr.contains("unknown key `history_tabel`")
            && run.stderr.contains("did you mean `history_table`?"),
        "{run:?}"
    );
}

/// Programs that start at once make their tables once, and none of them fails.
fn tables_are_made_once(dialect: DialectName) {
    let Some(test) = TestDatabase::create(dialect) else {
        return;
    };
    let project = Project::with(&[(
        "app.lua",
        "local db = freight.init(freight.open(arg[1]))\n\
         local Ship = db:model('ships', { name = freight.string(40, { unique = true }), flag = freight.string({ index = true }) })\n\
         local Crate = db:model('crates', { ship_id = freight.foreign_key('ships'), kg = 'integer' })\n\
         local last = db:model('lists', { crate_id = freight.foreign_key('crates') })\n\
         if arg[2] == 'all' then\n\
           local report = db:auto_migrate()\n\
           assert(report.success, report.errors[1] and tostring(report.errors[1].error))\n\
         end\n\
         last:create({ crate_id = Crate:create({ kg = 1 }).id })\n\
         assert(Ship:count() == 0)\n",
    )]);
    let words = ["some", "all", "some", "all"];
    std::thread::scope(|scope| {
        let runs: Vec<_> = (words.iter())
            .map(|word| format!("run app.lua {} {word}", test.url))
            .map(|words| {
                let project = &project;
                scope.spawn(move || project.run(&words))
            })
            .collect();
        for run in runs {
            assert_eq!(run.join().unwrap(), Run::of(0, "", ""));
        }
    });
    let mut database = test.connect();
    assert_eq!(
        support::text(&mut database, "SELECT count(*) FROM lists"),
        "4"
    );
}

#[test]
fn programs_that_start_at_once_make_tables_once_on_sqlite() {
    tables_are_made_once(DialectName::Sqlite);
}

#[test]
fn programs_that_start_at_once_make_tables_once_on_postgres() {
    tables_are_made_once(DialectName::Postgres);
}

#[test]
fn programs_that_start_at_once_make_tables_once_on_mysql() {
    tables_are_made_once(DialectName::Mysql);
}
