//! What `--json` prints: engine values as JSON. Pure; `docs/json.md` describes each field.

use freight_core::diff::Candidate;
use freight_core::migrate::{Direction, Finished, Ignored, MigrationStatus, Warning};
use freight_core::{Error, error::DatabaseDetail};
use serde_json::{Map, Value, json};

use crate::hide::hide_passwords;

/// The fields of an object, in the order in which they are printed.
pub(crate) type Fields = Map<String, Value>;

/// Makes [`Fields`] of an object literal.
pub(crate) fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        other => Fields::from_iter([("value".to_owned(), other)]),
    }
}

/// An error with everything that is known of it.
pub(crate) fn error(error: &Error) -> Value {
    let location = error.location().map(|location| {
        json!({
            "file": location.file.display().to_string(),
            "line": known(location.line),
            "column": known(location.column),
        })
    });
    json!({
        "code": error.code(),
        "name": error.kind().name(),
        "message": error.message(),
        "hint": error.hint(),
        "location": location,
        "sql": error.sql().map(hide_passwords),
        "offset": error.offset(),
        "database": database(error.database()),
        "cause": cause(error),
    })
}

/// The error underneath: one of Freight's own in full, any other as its message.
fn cause(error: &Error) -> Value {
    use std::error::Error as _;
    match (error.cause(), error.source()) {
        (Some(cause), _) => self::error(cause),
        (None, Some(source)) => json!({ "message": source.to_string() }),
        (None, None) => Value::Null,
    }
}

fn database(detail: &DatabaseDetail) -> Value {
    if *detail == DatabaseDetail::default() {
        return Value::Null;
    }
    json!({
        "native": detail.native,
        "sqlstate": detail.sqlstate,
        "constraint": detail.constraint,
        "table": detail.table,
        "columns": detail.columns,
    })
}

/// A line or column; 0 stands for one that is not known.
fn known(number: usize) -> Option<usize> {
    (number > 0).then_some(number)
}

/// A migration that was run.
pub(crate) fn finished(finished: &Finished) -> Value {
    json!({
        "id": finished.id,
        "name": finished.name,
        "direction": direction(finished.direction),
        "statements": finished.statements,
        "elapsed_ms": u64::try_from(finished.elapsed.as_millis()).unwrap_or(u64::MAX),
    })
}

/// `up` or `down`.
pub(crate) const fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
    }
}

/// Something worth knowing.
pub(crate) fn warning(warning: &Warning) -> Value {
    json!({ "message": warning.message, "hint": warning.hint })
}

/// One row of `status`.
pub(crate) fn status(status: &MigrationStatus) -> Value {
    json!({
        "id": status.id,
        "name": status.name,
        "state": status.state.as_str(),
        "applied_at": status.applied_at,
        "file": status.file.as_ref().map(|file| file.display().to_string()),
        "progress": status.progress.map(|(done, total)| json!({ "done": done, "total": total })),
        "error": status.error,
        "reversible": status.reversible,
    })
}

/// Something that may be a rename, with the flags that answer.
pub(crate) fn decision(candidate: &Candidate) -> Value {
    let subject = candidate.subject();
    json!({
        "decision": "rename_or_replace",
        "table": candidate.table.as_ref().map(ToString::to_string),
        "from": candidate.from,
        "to": candidate.to,
        "score": (candidate.score * 100.0).round() / 100.0,
        "if_renamed": format!("--rename {subject}"),
        "if_replaced": format!("--not-renamed {subject}"),
    })
}

/// A file that was seen and is no migration.
pub(crate) fn ignored(ignored: &Ignored) -> Value {
    json!({ "path": ignored.path.display().to_string(), "reason": ignored.reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use freight_core::ErrorKind;

    #[test]
    fn an_error_carries_its_causes() {
        let inner = Error::new(ErrorKind::MissingTable, "there is no table `users`")
            .with_source(std::io::Error::other("no such table: users"));
        let outer = Error::new(ErrorKind::MigrationFailed, "migration `1` failed")
            .with_hint("mend the file")
            .at("1_a.sql", 3, 0)
            .with_source(inner);
        let value = error(&outer);
        assert_eq!(value["code"], "FR0515");
        assert_eq!(
            value["location"],
            json!({"file": "1_a.sql", "line": 3, "column": null})
        );
        assert_eq!(value["cause"]["code"], "FR0302");
        assert_eq!(
            value["cause"]["cause"],
            json!({"message": "no such table: users"})
        );
        assert_eq!(value["database"], Value::Null);
    }
}
