//! What models need of the core for their queries: their SQL, and what a database can.

use std::ffi::c_int;

use freight_core::model::singular;
use freight_core::query;

use crate::database::{dialect_of, session};
use crate::error::Failure;
use crate::parameters::text;
use crate::raw::{CFunction, State, function};

/// The functions, by the names that the part in Lua has for them.
pub(crate) const FUNCTIONS: &[(&str, CFunction)] = &[
    ("render", function!(render)),
    ("check_expression", function!(check_expression)),
    ("check_join", function!(check_join)),
    ("has_returning", function!(has_returning)),
    ("singular", function!(singular_of)),
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
