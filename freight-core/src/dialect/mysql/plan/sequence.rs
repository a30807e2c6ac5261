//! A sequence of MariaDB that changes.

use crate::dialect::mysql::render;
use crate::error::{Error, ErrorKind, Result};
use crate::ident::Name;
use crate::schema::Sequence;

/// The statement that makes one sequence of another. What is left to the server is said, because
/// ALTER SEQUENCE keeps what it is not told.
///
/// <https://mariadb.com/kb/en/alter-sequence/>
pub(super) fn alter_sequence(name: &Name, from: &Sequence, to: &Sequence) -> Result<Vec<String>> {
    if from.number_type != to.number_type || from.options != to.options {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("the type or engine of sequence `{name}` cannot be changed"),
        )
        .with_hint("drop the sequence and make it again in a migration by hand"));
    }
    let (old, new) = (&from.sequence, &to.sequence);
    let mut clauses = Vec::new();
    for (words, before, after, usual) in [
        ("START WITH", old.start, new.start, None),
        (
            "INCREMENT BY",
            old.increment,
            new.increment,
            Some("INCREMENT BY 1"),
        ),
        ("MINVALUE", old.minimum, new.minimum, Some("NO MINVALUE")),
        ("MAXVALUE", old.maximum, new.maximum, Some("NO MAXVALUE")),
    ] {
        if before == after {
            continue;
        }
        match (after, usual) {
            (Some(number), _) => clauses.push(format!("{words} {number}")),
            (None, Some(usual)) => clauses.push(usual.to_owned()),
            (None, None) => clauses.push(format!("{words} {}", first_number(to))),
        }
    }
    if old.cache != new.cache {
        clauses.push(match new.cache {
            Some(0) => "NOCACHE".to_owned(),
            Some(count) => format!("CACHE {count}"),
            None => "CACHE 1000".to_owned(),
        });
    }
    if old.cycle != new.cycle {
        clauses.push(if new.cycle { "CYCLE" } else { "NOCYCLE" }.to_owned());
    }
    let mut statements = Vec::new();
    if !clauses.is_empty() {
        statements.push(format!(
            "ALTER SEQUENCE {} {}",
            render::name(name),
            clauses.join(" ")
        ));
    }
    if from.comment != to.comment {
        let comment = to.comment.as_deref().unwrap_or_default();
        statements.push(format!(
            "ALTER TABLE {} COMMENT={}",
            render::name(name),
            crate::dialect::mysql::types::literal::text(comment)
        ));
    }
    Ok(statements)
}

/// Where a sequence begins when it is not told.
fn first_number(sequence: &Sequence) -> i64 {
    let numbers = &sequence.sequence;
    match numbers.increment.is_some_and(|step| step < 0) {
        true => numbers.maximum.unwrap_or(-1),
        false => numbers.minimum.unwrap_or(1),
    }
}
