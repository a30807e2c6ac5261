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
    // The limits and the first number that nobody chose are others when it runs the other way.
    let turns = runs_down(from) != runs_down(to);
    let mut clauses = Vec::new();
    let (minimum, maximum) = match turns {
        true => usual_limits(to),
        false => ("NO MINVALUE", "NO MAXVALUE"),
    };
    for (words, before, after, usual) in [
        ("START WITH", old.start, new.start, None),
        (
            "INCREMENT BY",
            old.increment,
            new.increment,
            Some("INCREMENT BY 1"),
        ),
        ("MINVALUE", old.minimum, new.minimum, Some(minimum)),
        ("MAXVALUE", old.maximum, new.maximum, Some(maximum)),
    ] {
        if before == after && !turns {
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
    if turns {
        // The next number lies on the other side, and the server would refuse the limits.
        clauses.push("RESTART".to_owned());
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

/// The limits of a sequence that was told none. `NO MAXVALUE` means the one that fits the direction
/// from before the statement.
fn usual_limits(sequence: &Sequence) -> (&'static str, &'static str) {
    match (runs_down(sequence), &sequence.number_type) {
        (true, None) => ("MINVALUE -9223372036854775807", "MAXVALUE -1"),
        (false, None) => ("MINVALUE 1", "MAXVALUE 9223372036854775806"),
        (_, Some(_)) => ("NO MINVALUE", "NO MAXVALUE"),
    }
}

fn runs_down(sequence: &Sequence) -> bool {
    sequence.sequence.increment.is_some_and(|step| step < 0)
}

/// Where a sequence begins when it is not told.
fn first_number(sequence: &Sequence) -> i64 {
    let numbers = &sequence.sequence;
    match runs_down(sequence) {
        true => numbers.maximum.unwrap_or(-1),
        false => numbers.minimum.unwrap_or(1),
    }
}
