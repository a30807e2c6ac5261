//! Sequences, and what is kept by its definition.

use std::fmt::Write as _;

use super::identifier::{identifier, name};
use crate::dialect::mysql::types::literal;
use crate::ident::Name;
use crate::schema::{Object, ObjectKey, ObjectKind, Sequence};

/// The statement that makes a sequence of MariaDB.
pub(crate) fn create_sequence(sequence_name: &Name, sequence: &Sequence) -> String {
    let mut text = format!("CREATE SEQUENCE {}", name(sequence_name));
    if let Some(number_type) = &sequence.number_type {
        let _ = write!(text, " AS {number_type}");
    }
    for option in sequence_options(sequence) {
        text.push(' ');
        text.push_str(&option);
    }
    if let Some(engine) = sequence.options.get("engine") {
        let _ = write!(text, " ENGINE={engine}");
    }
    if let Some(comment) = &sequence.comment {
        let _ = write!(text, " COMMENT={}", literal::text(comment));
    }
    text
}

/// What a sequence does other than by default, one clause each.
fn sequence_options(sequence: &Sequence) -> Vec<String> {
    let numbers = &sequence.sequence;
    let mut options = Vec::new();
    for (words, number) in [
        ("START WITH", numbers.start),
        ("INCREMENT BY", numbers.increment),
        ("MINVALUE", numbers.minimum),
        ("MAXVALUE", numbers.maximum),
    ] {
        options.extend(number.map(|number| format!("{words} {number}")));
    }
    match numbers.cache {
        Some(0) => options.push("NOCACHE".to_owned()),
        Some(count) => options.push(format!("CACHE {count}")),
        None => {}
    }
    if numbers.cycle {
        options.push("CYCLE".to_owned());
    }
    options
}

/// The statements that make an object: its definition with its definer, in the session that it was
/// made in.
pub(crate) fn create_object(object: &Object) -> Vec<String> {
    let definition = with_definer(&object.definition, object.options.get("definer"));
    as_when_made(object, definition)
}

/// A statement between those that set the session as it was when the object was made, where that
/// tells.
fn as_when_made(object: &Object, statement: String) -> Vec<String> {
    let mut before = Vec::new();
    let mut after = Vec::new();
    for (option, variable) in [("sql_mode", "sql_mode"), ("time_zone", "time_zone")] {
        if let Some(value) = object.options.get(option) {
            before.push(format!(
                "SET @freight_{variable} = @@{variable}, SESSION {variable} = {}",
                literal::text(value)
            ));
            after.push(format!("SET SESSION {variable} = @freight_{variable}"));
        }
    }
    before.push(statement);
    before.extend(after);
    before
}

/// The definition with `DEFINER = user@host` behind CREATE.
fn with_definer(definition: &str, definer: Option<&str>) -> String {
    let (Some(definer), Some(rest)) = (definer, definition.strip_prefix("CREATE ")) else {
        return definition.to_owned();
    };
    let account = match definer.rsplit_once('@') {
        Some((user, host)) => format!(
            "`{}`@`{}`",
            user.replace('`', "``"),
            host.replace('`', "``")
        ),
        None => identifier(definer),
    };
    // ALGORITHM comes first in the grammar of a view.
    match rest
        .strip_prefix("ALGORITHM = ")
        .and_then(|it| it.split_once(' '))
    {
        Some((algorithm, rest)) => {
            format!("CREATE ALGORITHM = {algorithm} DEFINER = {account} {rest}")
        }
        None => format!("CREATE DEFINER = {account} {rest}"),
    }
}

/// The statements that drop an object. MariaDB knows packages only in the mode that makes them, also
/// when they go: <https://mariadb.com/kb/en/drop-package/>.
pub(crate) fn drop_object(key: &ObjectKey, object: &Object) -> Vec<String> {
    if let Some(drop) = &object.drop {
        return vec![drop.clone()];
    }
    let kind = match (key.kind, key.signature.as_deref()) {
        (ObjectKind::Package, Some(_)) => "PACKAGE BODY".to_owned(),
        (ObjectKind::Aggregate, _) => "FUNCTION".to_owned(),
        (kind, _) => kind.to_string().to_ascii_uppercase(),
    };
    let statement = format!("DROP {kind} {}", name(&key.name));
    match key.kind {
        ObjectKind::Package => as_when_made(object, statement),
        _ => vec![statement],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definer_stands_where_the_grammar_wants_it() {
        assert_eq!(
            with_definer("CREATE VIEW v AS\nselect 1", Some("a`b@%")),
            "CREATE DEFINER = `a``b`@`%` VIEW v AS\nselect 1"
        );
        assert_eq!(
            with_definer(
                "CREATE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW v",
                Some("r@h")
            ),
            "CREATE ALGORITHM = MERGE DEFINER = `r`@`h` SQL SECURITY INVOKER VIEW v"
        );
        assert_eq!(with_definer("CREATE VIEW v", None), "CREATE VIEW v");
    }
}
