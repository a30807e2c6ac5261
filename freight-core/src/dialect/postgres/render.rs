//! Parts of a schema as statements, laid out as people write them, without a semicolon at the end.
//!
//! ```text
//! quote.rs       names and strings           column.rs      a column's definition, a default
//! table.rs       CREATE TABLE and after it   constraint.rs  keys, checks, exclusions
//! index.rs       CREATE INDEX                types.rs       enums, domains, composites
//! sequence.rs    sequences and identities    object.rs      what is kept by its definition
//! comment.rs     COMMENT ON
//! ```
//!
//! Every function gives text and nothing else. What has a name is given it, so that no name is
//! left for the server to choose.

pub(super) mod column;
pub(super) mod comment;
pub(super) mod constraint;
pub(super) mod index;
pub(super) mod object;
pub(super) mod quote;
pub(super) mod sequence;
pub(super) mod table;
pub(super) mod types;

use crate::schema::Options;

/// The settings under a prefix of options, as they stand in `WITH (…)`.
pub(super) fn settings(options: &Options, prefix: &str) -> Vec<String> {
    options
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value)))
        .map(|(name, value)| format!("{name} = {}", setting_value(value)))
        .collect()
}

/// A word or number as it stands, anything else as a string.
pub(super) fn setting_value(value: &str) -> String {
    let is_plain = value.parse::<f64>().is_ok_and(f64::is_finite)
        || matches!(value, "true" | "false" | "on" | "off")
        || (!value.is_empty() && value.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    match is_plain && quote::is_free(value) {
        true => value.to_owned(),
        false => quote::string(value),
    }
}
