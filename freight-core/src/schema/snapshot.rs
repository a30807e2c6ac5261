//! A schema as a text that stays the same: one line per thing, sorted, versioned.
//!
//! It is what `freight introspect --format json` prints and what stands beside generated
//! migrations as `schema.json`. Equal schemas have equal texts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Schema;
use crate::dialect::DialectName;
use crate::error::{Error, ErrorKind, Result};

/// The form that this version writes.
const FORMAT: u32 = 1;

/// A schema, whose it is, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The dialect that it is spelled in.
    pub dialect: DialectName,
    /// The migrations whose end state it is: id and checksum. Empty for a database's.
    pub migrations: BTreeMap<String, String>,
    /// The schema.
    pub schema: Schema,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    freight_snapshot: u32,
    dialect: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    migrations: BTreeMap<String, String>,
    schema: Schema,
}

impl Snapshot {
    /// The text, which ends with a line end.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSnapshot`] for what JSON cannot hold; no schema has such a thing.
    pub fn to_text(&self) -> Result<String> {
        let file = File {
            freight_snapshot: FORMAT,
            dialect: self.dialect.as_str().to_owned(),
            migrations: self.migrations.clone(),
            schema: self.schema.clone(),
        };
        let text = serde_json::to_string_pretty(&file)
            .map_err(|cause| unreadable(format!("the schema cannot be written: {cause}")))?;
        Ok(text + "\n")
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidSnapshot`] with line and column for a text that is none, for one of a
    /// newer version, and for a key that this version does not know; or what
    /// [`Schema::verify`] finds.
    pub fn parse(text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            freight_snapshot: u32,
        }
        let located = |cause: &serde_json::Error| {
            unreadable(format!("it is no snapshot of a schema: {cause}"))
        };
        let head: Head = serde_json::from_str(text).map_err(|cause| located(&cause))?;
        if head.freight_snapshot > FORMAT {
            return Err(unreadable(format!(
                "the snapshot has the form {}, and this version reads up to {FORMAT}",
                head.freight_snapshot
            ))
            .with_hint("upgrade Freight, or write the snapshot again"));
        }
        let file: File = serde_json::from_str(text).map_err(|cause| located(&cause))?;
        let dialect = DialectName::parse(&file.dialect)
            .ok_or_else(|| unreadable(format!("`{}` is no dialect", file.dialect)))?;
        file.schema.verify()?;
        Ok(Self {
            dialect,
            migrations: file.migrations,
            schema: file.schema,
        })
    }
}

fn unreadable(message: String) -> Error {
    Error::new(ErrorKind::InvalidSnapshot, message)
        .with_hint("write it again with `freight introspect --format json`")
}
