//! The steps that change rows.

use serde::Deserialize;

use super::Reader;
use super::words::{Words, is_nothing};
use crate::error::{Error, Result};
use crate::query::lower::Asked;
use crate::query::names::{Scope, is_name};
use crate::query::tree::{Change, ColumnName, Conflict, Expression, Insert};

/// What is said of an INSERT beside its values.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Options {
    conflict: Vec<String>,
    update: Option<Vec<String>>,
    ignore: bool,
    returning: Vec<String>,
}

impl Reader {
    /// `["update", columns, {column: "increment"}]`.
    pub(super) fn update(&self, step: &Words<'_>, scope: &Scope<'_>) -> Result<Asked> {
        let increments = match step.get(1) {
            Some(json) if !is_nothing(json) => json
                .as_object()
                .ok_or_else(|| step.wrong(1, "an object"))?
                .clone(),
            _ => serde_json::Map::new(),
        };
        if increments.values().any(|how| how != "increment") {
            return Err(step.wrong(1, "an object whose values are `increment`"));
        }
        let fields = step.texts(0)?;
        if fields.is_empty() {
            return Err(step.wrong(0, "a list of columns"));
        }
        if let Some(field) = increments
            .keys()
            .find(|key| !fields.contains(&key.as_str()))
        {
            return Err(Error::bad_argument(format!(
                "`{field}` is incremented and not among the columns of `update`"
            )));
        }
        let changes = fields
            .into_iter()
            .map(|field| {
                Ok(Change {
                    column: column(field, scope)?,
                    is_increment: increments.contains_key(field),
                    value: self.value()?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Asked::Update(changes))
    }

    /// `["insert", columns, rows, options]`.
    pub(super) fn insert(&self, step: &Words<'_>, scope: &Scope<'_>) -> Result<Asked> {
        let columns = columns(&step.texts(0)?, scope)?;
        let count = step.number(1)?;
        if count == 0 {
            return Err(step.wrong(1, "the number of rows, at least 1"));
        }
        if columns.is_empty() && count > super::MOST_VALUES as u64 {
            return Err(step.wrong(1, "the number of rows, no more than 65535"));
        }
        let width = columns.len() as u64;
        let rows = (0..count)
            .map(|_| self.values(width))
            .collect::<Result<Vec<_>>>()?;
        let options = options(step)?;
        let returning = options
            .returning
            .iter()
            .map(|field| match field.as_str() {
                "*" => Ok(Expression::Star(None)),
                field => {
                    column(field, scope).map(|column| Expression::Column(ColumnName::new(column)))
                }
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Asked::Insert {
            options: conflict(options, scope)?,
            insert: Insert {
                table: scope.table.clone(),
                columns,
                rows,
                conflict: None,
                returning,
            },
        })
    }
}

/// What was said about conflicts, before it is known what the key of the table is.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::query) enum OnConflict {
    Fail,
    Ignore {
        target: Vec<String>,
    },
    Update {
        target: Vec<String>,
        columns: Vec<String>,
    },
}

impl OnConflict {
    /// The same for a table of which the key is known.
    pub(in crate::query) fn into_conflict(
        self,
        key: &[String],
        inserted: &[String],
    ) -> Result<Option<Conflict>> {
        let no_columns = || {
            Error::bad_argument("an INSERT that answers conflicts needs the columns that conflict")
                .with_hint("say them: `conflict = { \"email\" }`")
        };
        Ok(match self {
            Self::Fail => None,
            Self::Ignore { target } => {
                let mut known = target.iter().chain(key).chain(inserted);
                Some(Conflict::Ignore {
                    any_column: known.next().ok_or_else(no_columns)?.clone(),
                    target,
                })
            }
            Self::Update {
                mut target,
                mut columns,
            } => {
                if target.is_empty() {
                    target = key.to_vec();
                }
                let first = target.first().ok_or_else(no_columns)?;
                // A row that keeps all its values is still one that is returned.
                if columns.is_empty() {
                    columns.push(first.clone());
                }
                Some(Conflict::Update { target, columns })
            }
        })
    }
}

fn conflict(options: Options, scope: &Scope<'_>) -> Result<OnConflict> {
    let names = |fields: &[String]| {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        columns(&fields, scope)
    };
    let target = names(&options.conflict)?;
    match (options.ignore, options.update) {
        (true, Some(_)) => Err(Error::bad_argument(
            "an INSERT can either ignore conflicts or update, not both",
        )),
        (true, None) => Ok(OnConflict::Ignore { target }),
        (false, Some(fields)) => Ok(OnConflict::Update {
            target,
            columns: names(&fields)?,
        }),
        (false, None) if target.is_empty() => Ok(OnConflict::Fail),
        (false, None) => Err(Error::bad_argument(
            "an INSERT names the columns that conflict, and not what to do then",
        )
        .with_hint("add `ignore` or `update`")),
    }
}

fn options(step: &Words<'_>) -> Result<Options> {
    let Some(json) = step.get(2).filter(|json| !is_nothing(json)) else {
        return Ok(Options::default());
    };
    let mut json = json.clone();
    if let Some(object) = json.as_object_mut() {
        for (name, value) in object.iter_mut() {
            // An empty table of Lua; an empty `update` says something, though.
            if is_nothing(value) && name != "ignore" {
                *value = serde_json::Value::Array(Vec::new());
            }
        }
    }
    serde_json::from_value(json)
        .map_err(|error| Error::bad_argument(format!("the options of `insert`: {error}")))
}

fn columns(fields: &[&str], scope: &Scope<'_>) -> Result<Vec<String>> {
    fields.iter().map(|field| column(field, scope)).collect()
}

/// The column of a field that is written to: never one of another table.
fn column(field: &str, scope: &Scope<'_>) -> Result<String> {
    match is_name(field) {
        true => Ok(scope.own(field).to_owned()),
        false => Err(Error::unsafe_sql("the name of a column", field)),
    }
}
