//! One case on one dialect: there, and back again.

use freight_core::DialectName;
use freight_core::diff::RenameHints;
use freight_core::driver::DatabaseUrl;
use freight_core::ident::Name;
use freight_core::inspect::Scope;
use freight_core::source::Reading;

use crate::case::Case;
use crate::support::TestDatabase;
use crate::support::journey::{
    Outcome, Problem, Rows, failed, lead, no_row_is_lost, nothing_differs, rows, script,
};
use crate::support::place::Place;

/// Runs the whole circle.
pub(crate) fn circle(case: &Case, stage: &Stage) -> Outcome {
    let dialect = stage.dialect;
    let outcome = stage.run(case);
    if let (Ok(done), Ok(_)) = (&outcome, std::env::var("FREIGHT_DIFF_WRITE")) {
        write(case, dialect, done);
        return Ok(());
    }
    if case.is_foreign(dialect) {
        return match outcome {
            Err(Problem::Refused(_)) => Ok(()),
            Err(wrong) => Err(wrong),
            Ok(_) => Err(Problem::Wrong(format!(
                "it works on {dialect}, and the case says that it does not"
            ))),
        };
    }
    let done = outcome?;
    compare_text("up", case.up(dialect), &done.up)?;
    compare_text("down", case.down(dialect), &done.down)
}

/// Writes what was planned, each text below a line with the case, the dialect and the direction;
/// on a line of its own, whatever the test harness wrote before.
fn write(case: &Case, dialect: DialectName, done: &Done) {
    let name = &case.name;
    println!(
        "\n## {name} {dialect} up\n{}\n## {name} {dialect} down\n{}\n##",
        done.up, done.down
    );
}

/// The plans that were carried out.
struct Done {
    up: String,
    down: String,
}

/// Two databases that all cases use, one after the other: one to change, one to look things up.
pub(crate) struct Stage {
    dialect: DialectName,
    test: Place,
    other: Place,
    url: DatabaseUrl,
}

impl Stage {
    /// `None` where there is no server.
    pub(crate) fn new(dialect: DialectName) -> Option<Self> {
        let test = TestDatabase::create(dialect)?;
        Some(Self {
            dialect,
            url: DatabaseUrl::parse(&test.url).unwrap(),
            test: Place::new(test),
            other: Place::new(TestDatabase::create(dialect)?),
        })
    }

    fn reading(&self, case: &Case) -> Reading<'_> {
        Reading {
            dialect: self.url.dialect().dialect(),
            scratch: Some(&self.url),
            scope: Scope {
                namespaces: case.namespaces().to_vec(),
                ..Scope::default()
            },
            programs: None,
            scripts: None,
        }
    }

    fn run(&self, case: &Case) -> Outcome<Done> {
        let dialect = self.dialect;
        let reading = self.reading(case);
        let mut database = self.test.emptied();
        let (current, desired) = (case.current(dialect), case.desired(dialect));
        database
            .exec(current)
            .map_err(|error| failed("current", &error))?;
        if let Some(rows) = case.rows(dialect) {
            database
                .exec(rows)
                .map_err(|error| failed("rows", &error))?;
        }
        let hints = hints(case.renames());
        let back = hints.reverse();
        let source = |sql: &str, what: &str| {
            let mut other = self.other.emptied();
            other.exec(sql).map_err(|error| failed(what, &error))?;
            let schema = reading
                .inspect(&mut other)
                .map_err(|error| failed(what, &error))?;
            self.other.keep(other);
            Ok(schema)
        };
        let (current, desired) = (source(current, "current")?, source(desired, "desired")?);
        nothing_differs(&reading, &mut database, &current, "`current` read again")?;
        let first = rows(&mut database, &current)?;
        let up = lead(&reading, &mut database, &desired, &hints)?;
        nothing_differs(&reading, &mut database, &desired, "after `up`")?;
        let second = rows(&mut database, &desired)?;
        kept(case, "after `up`", (&first, &second), &hints)?;
        let down = lead(&reading, &mut database, &current, &back)?;
        nothing_differs(&reading, &mut database, &current, "after `down`")?;
        let third = rows(&mut database, &current)?;
        kept(case, "after `down`", (&second, &third), &back)?;
        self.test.keep(database);
        Ok(Done {
            up: script(&up.plan),
            down: script(&down.plan),
        })
    }
}

/// No row is lost on one way of a case, and no value changes that the case does not name.
fn kept(case: &Case, when: &str, rows: (&Rows, &Rows), hints: &RenameHints) -> Outcome {
    no_row_is_lost(rows.0, rows.1, hints, |table, column| {
        case.may_change(&table.name, column)
    })
    .map_err(|why| Problem::Wrong(format!("{when}: {why}")))
}

fn compare_text(what: &str, expected: Option<&str>, planned: &str) -> Outcome {
    match expected {
        None => Err(Problem::Wrong(format!(
            "there is no `{what}`; planned was\n{planned}"
        ))),
        Some(expected) if expected.trim() == planned.trim() => Ok(()),
        Some(expected) => Err(Problem::Wrong(format!(
            "`{what}` is\n{}\nand planned was\n{planned}",
            expected.trim()
        ))),
    }
}

fn hints(renames: &[String]) -> RenameHints {
    let mut hints = RenameHints::default();
    for rename in renames {
        let (from, to) = rename.split_once(':').unwrap();
        match from.split_once('.') {
            Some((table, column)) => {
                hints
                    .columns
                    .push((Name::new(table), column.to_owned(), to.to_owned()));
            }
            None => hints.tables.push((Name::new(from), Name::new(to))),
        }
    }
    hints
}
