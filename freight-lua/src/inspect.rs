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
    push_list(state, &names);
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
        set_text(state, "name", &column.name);
        set_text(state, "type", &column.type_name);
        set_text(state, "full_type", &column.full_type);
        set_flag(state, "notnull", column.not_null);
        if let Some(default) = &column.default {
            set_text(state, "default", default);
        }
        set_flag(state, "pk", column.is_key);
        set_flag(state, "generated", column.is_generated);
        set_text(state, "extra", &column.extra);
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
        set_text(state, "name", &index.name);
        set_flag(state, "unique", index.is_unique);
        set_flag(state, "primary", index.is_primary);
        set_list(state, "columns", &index.columns);
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
            set_text(state, "name", name);
        }
        set_list(state, "columns", &key.columns);
        set_text(state, "table", &key.table);
        set_list(state, "references", &key.references);
        set_text(state, "on_delete", &key.on_delete);
        set_text(state, "on_update", &key.on_update);
        state.set_element(-2, place);
    }
    Ok(1)
}

fn set_text(state: &State<'_>, name: &str, text: &str) {
    state.push_bytes(text.as_bytes());
    state.set_field(name);
}

fn set_flag(state: &State<'_>, name: &str, flag: bool) {
    state.push_boolean(flag);
    state.set_field(name);
}

fn set_list(state: &State<'_>, name: &str, words: &[String]) {
    push_list(state, words);
    state.set_field(name);
}

fn push_list(state: &State<'_>, words: &[String]) {
    state.push_table(words.len(), 0);
    for (place, word) in (1..).zip(words) {
        state.push_bytes(word.as_bytes());
        state.set_element(-2, place);
    }
}
