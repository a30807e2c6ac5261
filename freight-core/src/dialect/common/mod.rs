//! Parts that several dialects share, as functions that take the difference as an argument.

pub(crate) mod fingerprint;
pub(crate) mod history;
pub(super) mod plain_name;
pub(super) mod render_query;
pub(crate) mod type_names;
pub(crate) mod words;
