//! What models need of the core: the SQL of their queries, and their tables.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::path::Path;

use freight_core::compare::create_statements;
use freight_core::diff::{Change, RenameHints, TableChange, diff};
use freight_core::ident::Name;
use freight_core::inspect::Scope;
use freight_core::model::{
    Declarations, Defined, ModelSet, lower, read_defined, singular, with_additions,
};
use freight_core::plan::{Step, plan};
use freight_core::schema::Schema;
use freight_core::{Result, query};

use crate::database::{dialect_of, session};
use crate::error::Failure;
use crate::parameters::text;
use crate::raw::{CFunction, Number, State, function};

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("render", function!(render)),
    ("check_expression", function!(check_expression)),
    ("check_join", function!(check_join)),
    ("has_returning", function!(has_returning)),
    ("singular", function!(singular_of)),
    ("create_sql", function!(create_sql)),
    ("additions", function!(additions)),
    ("quote", function!(quote)),
    ("product", function!(product)),
];

/// `render(db, text) -> sql, places`: the SQL of a query that is described by its steps, and for
/// each `?` the place of its value among those of the steps; no places where they are in order.
fn render(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let steps = text(state, 2, "the steps of a query")?;
    let session = session(state)?;
    let dialect = session.dialect;
    let rendered = session.run(state, |database| {
        query::render(steps, dialect, database.connection.server())
    })?;
    state.push_bytes(rendered.sql.as_bytes());
    let is_in_order = rendered
        .order
        .iter()
        .enumerate()
        .all(|(place, of)| place == *of);
    match is_in_order {
        true => state.push_nil(),
        false => {
            state.push_table(rendered.order.len(), 0);
            for (place, of) in (1..).zip(&rendered.order) {
                state.push_integer(i64::try_from(*of).unwrap_or(0) + 1);
                state.set_element(-2, place);
            }
        }
    }
    Ok(2)
}

/// `check_expression(text)`: raises `unsafe_sql` for what is no expression of columns.
fn check_expression(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    query::check_expression(text(state, 1, "an expression")?)?;
    state.push_boolean(true);
    Ok(1)
}

/// `check_join(text)`: raises `unsafe_sql` for what is no condition between columns.
fn check_join(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    query::check_join(text(state, 1, "the condition of a join")?)?;
    state.push_boolean(true);
    Ok(1)
}

/// `has_returning(db)`: whether an INSERT can give its rows back.
fn has_returning(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let session = session(state)?;
    let dialect = session.dialect;
    let steps = r#"[{"table":"t"},["insert",["a"],1,{"returning":["*"]}]]"#;
    let has = session.run(state, |database| {
        Ok(query::render(steps, dialect, database.connection.server()).is_ok())
    })?;
    state.push_boolean(has);
    Ok(1)
}

/// `singular(word)`
fn singular_of(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    state.push_bytes(singular(text(state, 1, "a word")?).as_bytes());
    Ok(1)
}

/// `quote(db, name)`: a name as it stands in SQL.
fn quote(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let quoted = dialect_of(state)?
        .dialect()
        .quote(text(state, 2, "a name")?);
    state.push_bytes(quoted.as_bytes());
    Ok(1)
}

/// `product(db)`: `SQLite`, `PostgreSQL`, `MySQL` or `MariaDB`.
fn product(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let name = session(state)?.run(state, |database| Ok(database.connection.server().product))?;
    state.push_bytes(name.as_bytes());
    Ok(1)
}

/// The models that stand at an index: a list of `{ declaration, file, line, lines of fields }`.
fn models(state: &State<'_>, index: c_int) -> std::result::Result<ModelSet, Failure> {
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
    Ok(ModelSet::new(all)?)
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

/// `create_sql(db, models, tables)`: the statements that make these tables of the models.
fn create_sql(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let (set, wanted) = (models(state, 2)?, names(state, 3)?);
    let dialect = dialect_of(state)?.dialect();
    let mut schema = lower(&set, dialect.model_types())?;
    schema.tables.retain(|name, _| wanted.contains(name));
    schema.objects.clear();
    let plan = create_statements(dialect, &schema)?;
    let statements: Vec<String> = plan.statements().map(str::to_owned).collect();
    state.push_list(&statements);
    Ok(1)
}

/// `additions(db, models, tables)`: what these tables of the models have and the database has not,
/// as a list of `{ kind, table, columns, indexes, statements }` in the order in which it is made.
fn additions(state: &State<'_>) -> std::result::Result<c_int, Failure> {
    let (set, wanted) = (models(state, 2)?, names(state, 3)?);
    let dialect = dialect_of(state)?.dialect();
    let desired = lower(&set, dialect.model_types())?;
    let current = session(state)?.run(state, |database| {
        let inspector = database.dialect.inspector();
        inspector.inspect(&mut *database.connection, &Scope::default())
    })?;
    let steps = added(dialect, &current, &desired, &wanted)?;
    state.push_table(steps.len(), 0);
    for (place, step) in (1..).zip(&steps) {
        push_step(state, step);
        state.set_element(-2, place);
    }
    Ok(1)
}

fn added(
    dialect: &'static dyn freight_core::dialect::Dialect,
    current: &Schema,
    desired: &Schema,
    wanted: &[Name],
) -> Result<Vec<Step>> {
    let rebuilds = !dialect.capabilities().adds_constraints;
    let target = with_additions(current, desired, wanted, rebuilds);
    let difference = diff(current, &target, dialect.rules(), &RenameHints::default());
    let plan = plan(
        &difference,
        current,
        &target,
        dialect.planner(),
        dialect.rules(),
    )?;
    Ok(plan.steps)
}

fn push_step(state: &State<'_>, step: &Step) {
    let (mut columns, mut indexes) = (Vec::new(), Vec::new());
    let (kind, table) = match &step.change {
        Change::CreateTable(name, table) => {
            indexes.extend(table.indexes.iter().map(|index| index.name.clone()));
            ("table", name.to_string())
        }
        Change::AlterTable(alter) => {
            for part in &alter.parts {
                match part {
                    TableChange::AddColumn(column) => columns.push(column.name.clone()),
                    TableChange::AddIndex(index) => indexes.push(index.name.clone()),
                    TableChange::AddUnique(unique) => indexes.extend(unique.name.clone()),
                    _ => {}
                }
            }
            ("columns", alter.name.to_string())
        }
        _ => ("other", String::new()),
    };
    state.push_table(0, 5);
    state.set_text("kind", kind);
    state.set_text("table", &table);
    state.set_list("columns", &columns);
    state.set_list("indexes", &indexes);
    state.set_list("statements", &step.statements);
}
