//! Parts that several dialects share, as functions that take the difference as an argument.

pub(crate) mod fingerprint;
pub(crate) mod history;
pub(crate) mod type_names;
pub(crate) mod words;
