//! An error of the core becomes the table that is raised: `code`, `message`, `hint`, `sql`, and
//! what the database told. Nothing of Rust is in it. The values of a statement are, only where
//! `freight.debug` says so: errors end up in logs.

use std::ffi::c_int;

use freight_core::{DialectName, Error, Value};

use crate::convert::push;
use crate::host::CORE;
use crate::raw::{Kind, State};
use crate::redis::Trouble;

/// Under this name the registry keeps the metatable of errors, which the Lua part makes.
pub(crate) const METATABLE: &std::ffi::CStr = c"freight.Error";

/// Stands for each value of a statement.
const REDACTED: &[u8] = b"(redacted)";

/// Why a function failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What Lua raised already; it stands on the stack at this index.
    Raised(c_int),
    /// What the core says.
    Core(Box<Error>, Option<DialectName>),
    /// What the core says of a statement with values.
    Statement(Box<(Error, Vec<Value>)>, Option<DialectName>),
    /// What Redis says, or why it says nothing.
    Redis(Box<Trouble>),
    /// What is wrong with the call itself.
    Usage(Box<Usage>),
}

/// What is wrong with a call.
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::Usage(Box::new(Usage {
            code,
            message: message.into(),
            hint: None,
        }))
    }

    pub(crate) fn with_hint(mut self, text: impl Into<String>) -> Self {
        if let Self::Usage(usage) = &mut self {
            usage.hint = Some(text.into());
        }
        self
    }

    /// With the values of the statement that failed.
    pub(crate) fn with_values(self, values: &[Value]) -> Self {
        match self {
            Self::Core(error, driver) => {
                Self::Statement(Box::new((*error, values.to_vec())), driver)
            }
            other => other,
        }
    }

    /// Puts the table on top.
    pub(crate) fn push(&self, state: &State<'_>) {
        if let Self::Raised(index) = self {
            return state.push_copy(*index);
        }
        state.push_table(0, 12);
        match self {
            Self::Raised(_) => {}
            Self::Core(error, driver) => push_core(state, error, *driver, &[]),
            Self::Statement(failed, driver) => push_core(state, &failed.0, *driver, &failed.1),
            Self::Redis(trouble) => trouble.set_fields(state),
            Self::Usage(usage) => {
                state.set_text("code", usage.code);
                state.set_text("message", &usage.message);
                optional(state, "hint", usage.hint.as_deref());
                state.set_flag("retryable", false);
            }
        }
        state.push_kept(METATABLE);
        state.set_metatable();
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(Box::new(error), None)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Redis(Box::new(trouble))
    }
}

fn push_core(state: &State<'_>, error: &Error, driver: Option<DialectName>, values: &[Value]) {
    state.set_text("code", error.kind().name());
    state.set_text("message", error.message());
    optional(state, "hint", error.hint());
    optional(state, "sql", error.sql());
    if error.sql().is_some() {
        push_values(state, values);
        state.set_field("params");
    }
    state.set_flag("retryable", error.kind().is_retryable());
    optional(state, "driver", driver.map(DialectName::long_name));
    let detail = error.database();
    optional(state, "sqlstate", detail.sqlstate.as_deref());
    optional(state, "constraint", detail.constraint.as_deref());
    optional(state, "table", detail.table.as_deref());
    optional(state, "column", detail.columns.first().map(String::as_str));
    if let Some(native) = detail.native {
        state.push_integer(native);
        state.set_field("native");
    }
    if !detail.columns.is_empty() {
        state.set_list("columns", &detail.columns);
    }
}

/// A list of the values, or of as many words that say nothing of them. NULL is no hole in it.
fn push_values(state: &State<'_>, values: &[Value]) {
    let are_shown = is_debugging(state);
    state.push_table(values.len(), 0);
    for (place, value) in (1..).zip(values) {
        match value {
            _ if !are_shown => state.push_bytes(REDACTED),
            Value::Null => state.push_null(),
            value => push(state, value.as_ref()),
        }
        state.set_element(-2, place);
    }
}

/// What the script has in `freight.debug`.
fn is_debugging(state: &State<'_>) -> bool {
    let top = state.top();
    state.push_kept(CORE);
    for (above, name) in [(1, "freight"), (2, "debug")] {
        // The module is not there yet while it is put together.
        if state.kind(top + above) != Kind::Table {
            state.set_top(top);
            return false;
        }
        state.push_field(top + above, name);
    }
    let is_on = state.boolean(top + 3);
    state.set_top(top);
    is_on
}

fn optional(state: &State<'_>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        state.set_text(name, value);
    }
}
