//! One case on one dialect: there, and back again.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use freight_core::compare::Comparison;
use freight_core::diff::RenameHints;
use freight_core::driver::{DatabaseUrl, Statement};
use freight_core::ident::Name;
use freight_core::inspect::Scope;
use freight_core::migrate::{Directory, Event, Migrator, Options};
use freight_core::plan::Plan;
use freight_core::schema::Schema;
use freight_core::source::Reading;
use freight_core::{Database, DialectName, Error, Value};

use crate::case::Case;
use crate::place::Place;
use crate::support::TestDatabase;

type Outcome<T = ()> = Result<T, Problem>;

/// What is wrong, in words.
pub(crate) enum Problem {
    /// The database or Freight says no. Elsewhere than in the dialects of a case this is right.
    Refused(String),
    /// Something was carried out, and the result is not what it has to be.
    Wrong(String),
}

impl Display for Problem {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let (Self::Refused(words) | Self::Wrong(words)) = self;
        formatter.write_str(words)
    }
}

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
        }
    }

    fn run(&self, case: &Case) -> Outcome<Done> {
        let dialect = self.dialect;
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
        let source = |sql: &str, what: &str| {
            let mut other = self.other.emptied();
            other.exec(sql).map_err(|error| failed(what, &error))?;
            let schema = self
                .reading(case)
                .inspect(&mut other)
                .map_err(|error| failed(what, &error))?;
            self.other.keep(other);
            Ok(schema)
        };
        let (current, desired) = (source(current, "current")?, source(desired, "desired")?);
        self.expect_empty(
            case,
            &mut database,
            &current,
            "`current` differs from itself",
        )?;
        let before = rows(&mut database, &current)?;
        let up = self.go(case, &mut database, &desired, &hints)?;
        self.expect_empty(
            case,
            &mut database,
            &desired,
            "after `up` something differs",
        )?;
        let after = rows(&mut database, &desired)?;
        same_rows(case, &before, &after, &hints)
            .map_err(|why| Problem::Wrong(format!("after `up`: {why}")))?;
        let down = self.go(case, &mut database, &current, &hints.reverse())?;
        self.expect_empty(
            case,
            &mut database,
            &current,
            "after `down` something differs",
        )?;
        let back = rows(&mut database, &current)?;
        same_rows(case, &after, &back, &hints.reverse())
            .map_err(|why| Problem::Wrong(format!("after `down`: {why}")))?;
        self.test.keep(database);
        Ok(Done { up, down })
    }

    fn compare(
        &self,
        case: &Case,
        database: &mut Database,
        to: &Schema,
        hints: &RenameHints,
    ) -> freight_core::Result<Comparison> {
        let reading = self.reading(case);
        let from = reading.inspect(database)?;
        Comparison::new(&reading, from, to.clone(), hints)
    }

    fn expect_empty(
        &self,
        case: &Case,
        database: &mut Database,
        to: &Schema,
        what: &str,
    ) -> Outcome {
        let comparison = self
            .compare(case, database, to, &RenameHints::default())
            .map_err(|error| failed(what, &error))?;
        match comparison.plan.is_empty() {
            true => Ok(()),
            false => Err(Problem::Wrong(format!(
                "{what}:\n{}",
                sql(&comparison.plan)
            ))),
        }
    }

    /// Applies the plan to `to` and returns its text.
    fn go(
        &self,
        case: &Case,
        database: &mut Database,
        to: &Schema,
        hints: &RenameHints,
    ) -> Outcome<String> {
        let comparison = self
            .compare(case, database, to, hints)
            .map_err(|error| failed("planning", &error))?;
        let plan = comparison.plan;
        let directory = Directory::empty();
        let mut listener = |_: &Event| {};
        let mut is_first = true;
        let mut replan = |database: &mut Database| {
            let hints = match std::mem::replace(&mut is_first, false) {
                true => hints.clone(),
                false => RenameHints::default(),
            };
            self.compare(case, database, to, &hints)
                .map(|comparison| comparison.plan)
        };
        Migrator::new(database, &directory, Options::default(), &mut listener)
            .apply(&plan, &mut replan)
            .map_err(|error| {
                let why = failed("applying", &error);
                Problem::Refused(format!("{why}\nof the plan\n{}", sql(&plan)))
            })?;
        Ok(sql(&plan))
    }
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

/// A plan as text: its directives, then its statements.
fn sql(plan: &Plan) -> String {
    let directives = plan.needs.directives().into_iter().map(str::to_owned);
    let statements = plan.statements().map(|statement| format!("{statement};"));
    directives.chain(statements).collect::<Vec<_>>().join("\n")
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

/// The rows of each table, as texts by column.
type Rows = BTreeMap<Name, Vec<BTreeMap<String, String>>>;

fn rows(database: &mut Database, schema: &Schema) -> Outcome<Rows> {
    let mut all = Rows::new();
    for (name, table) in &schema.tables {
        let quoted = match &name.namespace {
            Some(namespace) => format!(
                "{}.{}",
                database.dialect.quote(namespace),
                database.dialect.quote(&name.name)
            ),
            None => database.dialect.quote(&name.name),
        };
        let columns: Vec<_> = table
            .columns
            .iter()
            .filter(|column| column.generated.is_none())
            .map(|column| column.name.clone())
            .collect();
        if columns.is_empty() {
            continue;
        }
        let list: Vec<_> = columns
            .iter()
            .map(|column| database.dialect.quote(column))
            .collect();
        let select = format!("SELECT {} FROM {quoted}", list.join(", "));
        let found = database
            .connection
            .fetch(&Statement::new(select))
            .map_err(|error| failed("reading rows", &error))?;
        let mut rows: Vec<_> = found
            .rows
            .into_iter()
            .map(|row| {
                columns
                    .iter()
                    .cloned()
                    .zip(row.into_iter().map(|value| shown(&value)))
                    .collect::<BTreeMap<_, _>>()
            })
            .collect();
        rows.sort();
        all.insert(name.clone(), rows);
    }
    Ok(all)
}

/// A value as a text that a change of its type does not touch.
fn shown(value: &Value) -> String {
    match value {
        Value::Bool(value) => i32::from(*value).to_string(),
        value => value.to_string(),
    }
}

/// Every row of every table that is still there is there, with the same value in every column
/// that is still there.
fn same_rows(case: &Case, before: &Rows, after: &Rows, hints: &RenameHints) -> Outcome {
    for (name, old) in before {
        let renamed = hints.tables.iter().find(|(from, _)| from == name);
        let new_name = renamed.map_or(name, |(_, to)| to);
        let Some(new) = after.get(new_name) else {
            continue;
        };
        if old.len() != new.len() {
            return Err(Problem::Wrong(format!(
                "`{name}` had {} rows and has {}",
                old.len(),
                new.len()
            )));
        }
        let Some(first) = old.first() else { continue };
        for column in first.keys() {
            let renamed = hints
                .columns
                .iter()
                .find(|(table, from, _)| table == new_name && from == column);
            let new_column = renamed.map_or(column, |(_, _, to)| to);
            let values = |rows: &[BTreeMap<String, String>], column: &str| {
                let mut values: Vec<_> = rows.iter().map(|row| row.get(column).cloned()).collect();
                values.sort();
                values
            };
            let is_there = new.first().is_some_and(|row| row.contains_key(new_column));
            if !is_there || case.may_change(&new_name.name, new_column) {
                continue;
            }
            let (old, new) = (values(old, column), values(new, new_column));
            if old != new {
                return Err(Problem::Wrong(format!(
                    "`{name}.{column}` held {old:?} and holds {new:?}"
                )));
            }
        }
    }
    Ok(())
}

fn failed(what: &str, error: &Error) -> Problem {
    let mut message = format!("{what}: {error}");
    if let Some(sql) = error.sql() {
        message.push_str(&format!("\nin {sql}"));
    }
    Problem::Refused(message)
}
