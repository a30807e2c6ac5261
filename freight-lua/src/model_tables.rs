//! The tables of models: what a database lacks of them, and what makes it.
//!
//! ```text
//! models of the script ─┐                                   ┌─► steps: SQL that the part in Lua runs
//! catalog ──────────────┴─► what the database lacks ─► plan ─┤
//!                                                           └─► rebuild: by the engine, under its lock
//! ```

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::path::Path;

use freight_core::compare::plan_additions;
use freight_core::dialect::{Database, Dialect};
use freight_core::diff::{Change, TableChange};
use freight_core::ident::Name;
use freight_core::inspect::Scope;
use freight_core::migrate::{Directory, Event, Migrator, Options};
use freight_core::model::{
    Declarations, Defined, ModelSet, lower, models_of_tables, outside_tables, read_defined,
};
use freight_core::plan::{Plan, Step};
use freight_core::schema::Schema;
use freight_core::{Error, ErrorKind, Result};

use crate::database::{dialect_of, session};
use crate::error::Failure;
use crate::parameters::text;
use crate::raw::{CFunction, Number, State, function};

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("additions", function!(additions)),
    ("rebuild", function!(rebuild)),
];

/// `additions(db, models, tables)`: what these tables of the models have and the database has not,
/// in the order in which it is made, as a list of
/// `{ kind, table, quoted, columns, indexes, empty, rebuilds, statements }`. `empty` are the columns
/// that only a table without rows can get, and with `rebuilds` it is [`rebuild`] that makes the step.
fn additions(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let (declared, wanted) = (declarations(state, 2)?, names(state, 3)?);
    let dialect = dialect_of(state)?.dialect();
    let steps = session(state)?.run(state, |database| {
        let (current, desired) = both(database, declared)?;
        let plan = plan_additions(dialect, &current, &desired, &wanted)?;
        let rebuilt = rebuilt(dialect, &current, &desired, &plan)?;
        Ok(plan.steps.into_iter().zip(rebuilt).collect::<Vec<_>>())
    })?;
    state.push_table(steps.len(), 0);
    for (place, (step, is_rebuilt)) in (1..).zip(&steps) {
        push_step(state, dialect, step, *is_rebuilt);
        state.set_element(-2, place);
    }
    Ok(1)
}

/// `rebuild(db, models, table)`: makes what one table lacks as `freight apply` does: as the one
/// migrator, with every row and every reference checked before it counts.
fn rebuild(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let declared = declarations(state, 2)?;
    let wanted = [Name::from(text(state, 3, "the name of a table")?)];
    session(state)?.run(state, |database| {
        let in_transaction = database.connection.in_transaction()?;
        if in_transaction {
            let message = format!(
                "the table `{}` has to be made anew, which cannot be a part of a transaction",
                wanted.iter().map(ToString::to_string).collect::<String>()
            );
            return Err(Error::new(ErrorKind::Unsupported, message)
                .with_hint("call `db:auto_migrate()` outside of the transaction"));
        }
        let (current, desired) = both(database, declared)?;
        let mut replan = |database: &mut Database| -> Result<Plan> {
            let current = inspect(database, &desired)?;
            plan_additions(database.dialect, &current, &desired, &wanted)
        };
        let plan = plan_additions(database.dialect, &current, &desired, &wanted)?;
        let directory = Directory::empty();
        let mut listener = |_: &Event| {};
        Migrator::new(database, &directory, Options::default(), &mut listener)
            .apply(&plan, &mut replan)
    })?;
    state.push_boolean(true);
    Ok(1)
}

/// What a database has, and what models say it should have. Tables that models refer to and that
/// are none of theirs are taken as the database has them.
fn both(database: &mut Database, mut declared: Declarations) -> Result<(Schema, Schema)> {
    let types = database.dialect.model_types();
    let outside = outside_tables(&declared);
    let mut names: Vec<Name> = outside.iter().cloned().collect();
    let tables = declared.models.iter();
    names.extend(tables.map(|(name, _, model)| Name::from(model.table.as_deref().unwrap_or(name))));
    let current = inspect_with(database, names.iter())?;
    if !outside.is_empty() {
        let models = models_of_tables(&current, &outside, &declared, types)?;
        declared.append(models);
    }
    let desired = lower(&ModelSet::new(declared)?, types)?;
    Ok((current, desired))
}

fn inspect(database: &mut Database, desired: &Schema) -> Result<Schema> {
    inspect_with(database, desired.tables.keys())
}

/// The connection's own namespace and those of these names.
fn inspect_with<'n>(
    database: &mut Database,
    names: impl Iterator<Item = &'n Name>,
) -> Result<Schema> {
    let mut scope = Scope::default();
    if !database.dialect.capabilities().file_url {
        scope.namespaces = names.filter_map(|name| name.namespace.clone()).collect();
        scope.namespaces.sort();
        scope.namespaces.dedup();
    }
    let inspector = database.dialect.inspector();
    inspector.inspect(&mut *database.connection, &scope)
}

/// For each step, whether its table is made anew.
fn rebuilt(
    dialect: &'static dyn Dialect,
    current: &Schema,
    desired: &Schema,
    plan: &Plan,
) -> Result<Vec<bool>> {
    let alone = |step: &Step| match &step.change {
        Change::AlterTable(alter) if plan.needs.foreign_keys_off => {
            let wanted = std::slice::from_ref(&alter.name);
            let plan = plan_additions(dialect, current, desired, wanted)?;
            Ok(plan.needs.foreign_keys_off)
        }
        _ => Ok(false),
    };
    plan.steps.iter().map(alone).collect()
}

fn push_step(state: &State<'_>, dialect: &'static dyn Dialect, step: &Step, is_rebuilt: bool) {
    let (mut columns, mut indexes, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    let (kind, table) = match &step.change {
        Change::CreateTable(name, table) => {
            // MySQL's unique constraints are among its indexes.
            indexes.extend(table.indexes.iter().map(|index| index.name.clone()));
            indexes.extend(
                table
                    .uniques
                    .iter()
                    .filter_map(|unique| unique.name.clone()),
            );
            indexes.sort();
            ("table", name.to_string())
        }
        Change::AlterTable(alter) => {
            for part in &alter.parts {
                match part {
                    TableChange::AddColumn(column) => {
                        columns.push(column.name.clone());
                        if dialect.rules().needs_a_value(column) {
                            empty.push(column.name.clone());
                        }
                    }
                    TableChange::AddIndex(index) => indexes.push(index.name.clone()),
                    TableChange::AddUnique(unique) => indexes.extend(unique.name.clone()),
                    _ => {}
                }
            }
            ("alter", alter.name.to_string())
        }
        _ => ("other", String::new()),
    };
    let quoted = {
        let name = Name::from(table.as_str());
        let parts = name.namespace.iter().chain([&name.name]);
        let parts: Vec<String> = parts.map(|part| dialect.quote(part)).collect();
        parts.join(".")
    };
    state.push_table(0, 8);
    state.set_text("kind", kind);
    state.set_text("table", &table);
    state.set_text("quoted", &quoted);
    state.set_list("columns", &columns);
    state.set_list("indexes", &indexes);
    state.set_list("empty", &empty);
    state.set_flag("rebuilds", is_rebuilt);
    state.set_list("statements", &step.statements);
}

/// The models that stand at an index: a list of `{ declaration, file, line, lines of fields }`.
fn declarations(state: &State<'_>, index: c_int) -> std::result::Result<Declarations, Failure> {
    let mut all = Declarations::default();
    let top = state.top();
    for place in 1..=state.length(index) {
        state.push_element(index, place);
        let model = state.top();
        for part in 1..=4 {
            state.push_element(model, part);
        }
        let mut fields = BTreeMap::new();
        state.each(model + 4, |name, line| {
            if let Some(name) = state.bytes(name) {
                let name = String::from_utf8_lossy(name).into_owned();
                fields.insert(name, whole(state, line));
            }
            true
        });
        all.append(read_defined(Defined {
            text: text(state, model + 1, "a model")?,
            file: Path::new(text(state, model + 2, "the file of a model")?),
            line: whole(state, model + 3),
            fields: &fields,
        })?);
        state.set_top(top);
    }
    Ok(all)
}

fn whole(state: &State<'_>, index: c_int) -> usize {
    match state.number(index) {
        Number::Integer(line) => usize::try_from(line).unwrap_or(0),
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "LuaJIT has no other numbers"
        )]
        Number::Float(line) => line as usize,
    }
}

fn names(state: &State<'_>, index: c_int) -> std::result::Result<Vec<Name>, Failure> {
    let top = state.top();
    let mut names = Vec::new();
    for place in 1..=state.length(index) {
        state.push_element(index, place);
        names.push(Name::from(text(state, top + 1, "the name of a table")?));
        state.set_top(top);
    }
    Ok(names)
}
