//! Questions about tables.

use std::ffi::c_int;

use crate::database::session;
use crate::error::Failure;
use crate::parameters::text;
use crate::raw::State;

/// `table_exists(db, name)`
pub(crate) fn table_exists(state: &State<'_>) -> Result<c_int, Failure> {
    let name = text(state, 2, "the name of a table")?;
    let exists = session(state)?.run(state, |database| database.table_exists(name))?;
    state.push_boolean(exists);
    Ok(1)
}

/// `tables(db, with internal ones)`
pub(crate) fn tables(state: &State<'_>) -> Result<c_int, Failure> {
    let internal = state.boolean(2);
    let names = session(state)?.run(state, |database| database.tables(internal))?;
    state.push_list(&names);
    Ok(1)
}

/// `table_info(db, name)`
pub(crate) fn table_info(state: &State<'_>) -> Result<c_int, Failure> {
    let name = text(state, 2, "the name of a table")?;
    let columns = session(state)?.run(state, |database| database.columns_of(name))?;
    state.checked(8)?;
    state.push_table(columns.len(), 0);
    for (number, column) in (0..).zip(&columns) {
        state.push_table(0, 9);
        state.push_integer(number);
        state.set_field("cid");
        state.set_text("name", &column.name);
        state.set_text("type", &column.type_name);
        state.set_text("full_type", &column.full_type);
        state.set_flag("notnull", column.not_null);
        if let Some(default) = &column.default {
            state.set_text("default", default);
        }
        state.set_flag("pk", column.is_key);
        state.set_flag("generated", column.is_generated);
        state.set_text("extra", &column.extra);
        state.set_element(-2, number + 1);
    }
    Ok(1)
}

/// `index_list(db, name)`
pub(crate) fn index_list(state: &State<'_>) -> Result<c_int, Failure> {
    let name = text(state, 2, "the name of a table")?;
    let indexes = session(state)?.run(state, |database| database.indexes_of(name))?;
    state.checked(8)?;
    state.push_table(indexes.len(), 0);
    for (place, index) in (1..).zip(&indexes) {
        state.push_table(0, 4);
        state.set_text("name", &index.name);
        state.set_flag("unique", index.is_unique);
        state.set_flag("primary", index.is_primary);
        state.set_list("columns", &index.columns);
        state.set_element(-2, place);
    }
    Ok(1)
}

/// `foreign_keys(db, name)`
pub(crate) fn foreign_keys(state: &State<'_>) -> Result<c_int, Failure> {
    let name = text(state, 2, "the name of a table")?;
    let keys = session(state)?.run(state, |database| database.foreign_keys_of(name))?;
    state.checked(8)?;
    state.push_table(keys.len(), 0);
    for (place, key) in (1..).zip(&keys) {
        state.push_table(0, 6);
        if let Some(name) = &key.name {
            state.set_text("name", name);
        }
        state.set_list("columns", &key.columns);
        state.set_text("table", &key.table);
        state.set_list("references", &key.references);
        state.set_text("on_delete", &key.on_delete);
        state.set_text("on_update", &key.on_update);
        state.set_element(-2, place);
    }
    Ok(1)
}
