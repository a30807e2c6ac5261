//! Migrations in Lua, on every database: one transaction with their record, whatever happens.

use freight_core::DialectName;

use crate::project::{Project, Run};
use crate::support::TestDatabase;

const TABLE: &str = "-- migrate:up\n\
    CREATE TABLE crates (id bigint PRIMARY KEY, label varchar(40), upper varchar(40));\n\
    INSERT INTO crates (id, label) VALUES (1, 'a'), (2, 'b');\n\
    -- migrate:down\n\
    DROP TABLE crates;\n";

const FILL: &str = "return {\n\
    \x20 up = function(db)\n\
    \x20   for row in db:rows('SELECT id, label FROM crates ORDER BY id') do\n\
    \x20     db:execute('UPDATE crates SET upper = ? WHERE id = ?', row.label:upper(), row.id)\n\
    \x20   end\n\
    \x20   db:transaction(function(tx) tx:execute('DELETE FROM crates') tx:rollback() end)\n\
    \x20 end,\n\
    \x20 down = function(db)\n\
    \x20   db:execute('UPDATE crates SET upper = NULL')\n\
    \x20 end,\n\
    }\n";

/// A project with an empty database; `None` where there is none.
struct Stage {
    project: Project,
    database: TestDatabase,
}

impl Stage {
    fn new(dialect: DialectName, program: &str) -> Option<Self> {
        let database = TestDatabase::create(dialect)?;
        let project = Project::with(&[
            ("migrations/1_crates.sql", TABLE),
            ("migrations/2_fill.lua", program),
        ]);
        Some(Self { project, database })
    }

    fn run(&self, words: &str) -> Run {
        self.project
            .run(&format!("{words} --url {}", self.database.url))
    }

    /// What a script prints that is given the database.
    fn asked(&self, lua: &str) -> String {
        self.project.write(
            "ask.lua",
            &format!("local db = freight.open(arg[1])\nprint({lua})\n"),
        );
        let run = self
            .project
            .run(&format!("run ask.lua {}", self.database.url));
        assert_eq!(run.status, Some(0), "{run:?}");
        run.stdout
    }

    fn uppers(&self) -> String {
        self.asked(
            "db:query_value('SELECT count(upper) FROM crates') .. ' of ' .. \
             db:query_value('SELECT count(*) FROM crates')",
        )
    }
}

fn forward_and_back(dialect: DialectName) {
    let Some(stage) = Stage::new(dialect, FILL) else {
        return;
    };
    let shown = stage.run("migrate up --dry-run");
    assert!(
        shown
            .stdout
            .contains("-- the program `migrations/2_fill.lua`"),
        "{shown:?}"
    );
    let up = stage.run("migrate");
    assert_eq!(up.status, Some(0), "{up:?}");
    assert_eq!(stage.uppers(), "2 of 2\n");
    let again = stage.run("migrate");
    assert_eq!(again.status, Some(0), "{again:?}");
    let down = stage.run("migrate down");
    assert_eq!(down.status, Some(0), "{down:?}");
    assert_eq!(stage.uppers(), "0 of 2\n");
    assert_eq!(stage.run("migrate redo").status, Some(0));
    let status = stage.run("migrate status");
    assert!(status.stdout.contains("fill"), "{status:?}");
}

/// What a program did before it failed is undone, and it stays to be done.
fn a_failure_leaves_nothing(dialect: DialectName) {
    let failing = FILL.replace(
        "    db:transaction",
        "    error('enough')\n    db:transaction",
    );
    let Some(stage) = Stage::new(dialect, &failing) else {
        return;
    };
    let failed = stage.run("migrate");
    assert_eq!(failed.status, Some(1), "{failed:?}");
    assert!(failed.stderr.contains("2_fill.lua:6: enough"), "{failed:?}");
    assert_eq!(stage.uppers(), "0 of 2\n");
    // It dies in the middle.
    stage.project.write(
        "migrations/2_fill.lua",
        &failing.replace("error('enough')", "os.exit(7)"),
    );
    assert_eq!(stage.run("migrate").status, Some(7));
    assert_eq!(stage.uppers(), "0 of 2\n");
    stage.project.write("migrations/2_fill.lua", FILL);
    let done = stage.run("migrate");
    assert_eq!(done.status, Some(0), "{done:?}");
    assert_eq!(stage.uppers(), "2 of 2\n");
}

/// What would end the transaction is refused before it is sent.
fn the_transaction_is_kept(dialect: DialectName) {
    let program = "return { up = function(db)\n\
        db:execute('UPDATE crates SET upper = label')\n\
        for _, sql in ipairs({ 'COMMIT', 'ROLLBACK', 'BEGIN' }) do\n\
        \x20 local done, err = freight.try(db.exec, db, sql)\n\
        \x20 assert(not done and err:is('not_supported'), tostring(err))\n\
        end\n\
        local done, err = freight.try(db.commit, db)\n\
        assert(not done and err:is('no_transaction'), tostring(err))\n\
        done, err = freight.try(db.exec, db, 'CREATE TABLE more (id int)')\n\
        assert(done ~= nil or err:is('not_supported'), tostring(err))\n\
        done, err = freight.try(db.migrate, db, 'own', 'SELECT 1')\n\
        assert(not done and err:is('not_supported'), tostring(err))\n\
        end }\n";
    let Some(stage) = Stage::new(dialect, program) else {
        return;
    };
    let up = stage.run("migrate");
    assert_eq!(up.status, Some(0), "{up:?}");
    assert_eq!(stage.uppers(), "2 of 2\n");
    let has_table = stage.asked("db:table_exists('more')");
    let transactional = dialect.dialect().capabilities().transactional_ddl;
    assert_eq!(has_table, format!("{transactional}\n"));
    let down = stage.run("migrate down");
    assert_eq!(down.status, Some(1), "{down:?}");
    assert!(down.stderr.contains("FR0513"), "{down:?}");
}

/// What would be undone does not count as done.
fn what_is_left_open_is_an_error(dialect: DialectName) {
    let program = "return { up = function(db)\n\
        db:begin()\n\
        db:execute('UPDATE crates SET upper = label')\n\
        end }\n";
    let Some(stage) = Stage::new(dialect, program) else {
        return;
    };
    let run = stage.run("migrate");
    assert_eq!(run.status, Some(1), "{run:?}");
    assert!(run.stderr.contains("does not end it"), "{run:?}");
    assert_eq!(stage.uppers(), "0 of 2\n");
    let status = stage.run("migrate status --check");
    assert_eq!(status.status, Some(2), "{status:?}");
}

macro_rules! on_each {
    ($($name:ident),*) => {$(
        mod $name {
            use freight_core::DialectName;

            #[test]
            fn sqlite() {
                super::$name(DialectName::Sqlite);
            }

            #[test]
            fn postgres() {
                super::$name(DialectName::Postgres);
            }

            #[test]
            fn mysql() {
                super::$name(DialectName::Mysql);
            }
        }
    )*};
}

on_each!(
    forward_and_back,
    a_failure_leaves_nothing,
    the_transaction_is_kept,
    what_is_left_open_is_an_error
);

#[test]
fn a_file_that_is_no_migration_is_named() {
    for (text, word) in [
        ("return {", "2_fill.lua:1:"),
        ("return 1", "does not return"),
        ("return { up = 1 }", "does not return"),
        ("return { up = print, down = 1 }", "`down` is a number"),
        ("error('at once')", "at once"),
    ] {
        let stage = Stage::new(DialectName::Sqlite, text).unwrap();
        let run = stage.run("migrate");
        assert_eq!(run.status, Some(1), "{run:?}");
        assert!(run.stderr.contains(word), "{text}: {run:?}");
        assert_eq!(stage.asked("#db:tables()"), "0\n");
    }
}

#[test]
fn a_new_one_is_a_frame_to_fill() {
    let project = Project::with(&[("migrations/1_crates.sql", TABLE)]);
    let run = project.run("migrate new fill_names --lua --url sqlite:app.db");
    assert_eq!(run.status, Some(0), "{run:?}");
    let path = run.stdout.trim();
    assert!(path.ends_with(".lua"), "{run:?}");
    assert!(project.read(path).contains("up = function(db)"));
    assert_eq!(project.run("migrate --url sqlite:app.db").status, Some(0));
    assert_eq!(
        project.run("migrate redo --url sqlite:app.db").status,
        Some(0)
    );
}

/// A script that brings migrations along has the same history, and neither is in the other's way.
#[test]
fn those_of_scripts_are_passed_over_and_shown() {
    let stage = Stage::new(DialectName::Sqlite, FILL).unwrap();
    let migrate = "db:migrate('own', \"CREATE TABLE own (id int)\", \"DROP TABLE own\")";
    assert_eq!(stage.asked(migrate), "true\n");
    let up = stage.run("migrate");
    assert_eq!(up.status, Some(0), "{up:?}");
    assert_eq!(stage.asked(migrate), "false\n");
    let status = stage.run("migrate status --check");
    assert_eq!(status.status, Some(0), "{status:?}");
    assert!(status.stdout.contains("(by a program)"), "{status:?}");
    let taken = "select(2, freight.try(db.migrate, db, '1', 'SELECT 1')).message";
    assert!(stage.asked(taken).contains("has a file"));
    assert_eq!(stage.run("migrate down").status, Some(0));
    assert_eq!(stage.asked("db:migration_status().total_migrations"), "1\n");
}
