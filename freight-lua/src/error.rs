//! An error of the core becomes the table that is raised: `code`, `message`, `hint`, `sql`, and
//! what the database told. Nothing of Rust is in it, and no value of a statement.

use std::ffi::c_int;

use freight_core::{DialectName, Error};

use crate::raw::State;
use crate::redis::Trouble;

/// Under this name the registry keeps the metatable of errors, which the Lua part makes.
pub(crate) const METATABLE: &std::ffi::CStr = c"freight.Error";

/// Why a function failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What Lua raised already; it stands on the stack at this index.
    Raised(c_int),
    /// What the core says.
    Core(Box<Error>, Option<DialectName>),
    /// What Redis says, or why it says nothing.
    Redis(Box<Trouble>),
    /// What is wrong with the call itself.
    Usage {
        code: &'static str,
        message: String,
        hint: Option<String>,
    },
}

impl Failure {
    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self::Usage {
            code,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn with_hint(mut self, text: impl Into<String>) -> Self {
        if let Self::Usage { hint, .. } = &mut self {
            *hint = Some(text.into());
        }
        self
    }

    /// Puts the table on top.
    pub(crate) fn push(&self, state: &State<'_>) {
        if let Self::Raised(index) = self {
            return state.push_copy(*index);
        }
        state.push_table(0, 12);
        match self {
            Self::Raised(_) => {}
            Self::Core(error, driver) => push_core(state, error, *driver),
            Self::Redis(trouble) => trouble.set_fields(state),
            Self::Usage {
                code,
                message,
                hint,
            } => {
                state.set_text("code", code);
                state.set_text("message", message);
                optional(state, "hint", hint.as_deref());
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

fn push_core(state: &State<'_>, error: &Error, driver: Option<DialectName>) {
    state.set_text("code", error.kind().name());
    state.set_text("message", error.message());
    optional(state, "hint", error.hint());
    optional(state, "sql", error.sql());
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

fn optional(state: &State<'_>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        state.set_text(name, value);
    }
}
