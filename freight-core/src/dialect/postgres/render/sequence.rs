//! Sequences, and those behind a column.

use super::quote;
use crate::dialect::postgres::inspect::usual_sequence_name;
use crate::ident::Name;
use crate::schema::{Column, Identity, IdentityKind, Options, Sequence, SequenceOptions};

/// The name of the sequence behind a column.
pub(in crate::dialect::postgres) fn name_of(
    identity: &Identity,
    table: &Name,
    column: &str,
) -> Name {
    match &identity.sequence_name {
        Some(name) => name.clone(),
        None => table.sibling(usual_sequence_name(&table.name, column)),
    }
}

/// `nextval('users_id_seq'::regclass)`.
pub(in crate::dialect::postgres) fn next_value(name: &Name) -> String {
    format!(
        "nextval({}::regclass)",
        quote::string(&quote::qualified(name))
    )
}

/// `GENERATED ALWAYS AS IDENTITY (START WITH 10)`.
pub(in crate::dialect::postgres) fn identity_clause(identity: &Identity) -> String {
    let kind = match identity.kind {
        IdentityKind::Always => "ALWAYS",
        _ => "BY DEFAULT",
    };
    let mut options = Vec::new();
    if let Some(name) = &identity.sequence_name {
        options.push(format!("SEQUENCE NAME {}", quote::qualified(name)));
    }
    options.extend(clauses(&identity.sequence));
    match options.is_empty() {
        true => format!("GENERATED {kind} AS IDENTITY"),
        false => format!("GENERATED {kind} AS IDENTITY ({})", options.join(" ")),
    }
}

/// What is not as it would be by itself.
fn clauses(options: &SequenceOptions) -> Vec<String> {
    let number = |word: &str, value: Option<i64>| value.map(|value| format!("{word} {value}"));
    let cycle = options.cycle.then(|| "CYCLE".to_owned());
    [
        number("INCREMENT BY", options.increment),
        number("MINVALUE", options.minimum),
        number("MAXVALUE", options.maximum),
        number("START WITH", options.start),
        number("CACHE", options.cache),
        cycle,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The clauses that lead from one set of options to another, each said outright.
pub(in crate::dialect::postgres) fn changed_clauses(
    from: &SequenceOptions,
    to: &SequenceOptions,
) -> Vec<String> {
    let mut parts = Vec::new();
    let descends = |options: &SequenceOptions| options.increment.is_some_and(|step| step < 0);
    if from.increment != to.increment {
        parts.push(format!("INCREMENT BY {}", to.increment.unwrap_or(1)));
    }
    // The usual bounds depend on the direction.
    let turned = descends(from) != descends(to);
    // `NO MINVALUE` of a rising sequence means the smallest number of its type, where the bound
    // changes with the type, and 1 everywhere else; so 1 is said outright, and -1 likewise.
    if from.minimum != to.minimum || turned {
        let usual = (!descends(to)).then_some(1);
        parts.push(bound("MINVALUE", to.minimum.or(usual)));
    }
    if from.maximum != to.maximum || turned {
        let usual = descends(to).then_some(-1);
        parts.push(bound("MAXVALUE", to.maximum.or(usual)));
    }
    let usual_start = |options: &SequenceOptions| match descends(options) {
        true => options.maximum.unwrap_or(-1),
        false => options.minimum.unwrap_or(1),
    };
    let start = |options: &SequenceOptions| options.start.unwrap_or_else(|| usual_start(options));
    if start(from) != start(to) {
        parts.push(format!("START WITH {}", start(to)));
    }
    // The number that was reached would lie outside.
    if bounds(from).1 < bounds(to).0 || bounds(to).1 < bounds(from).0 {
        parts.push("RESTART".to_owned());
    }
    if from.cache != to.cache {
        parts.push(format!("CACHE {}", to.cache.unwrap_or(1)));
    }
    if from.cycle != to.cycle {
        parts.push(if to.cycle { "CYCLE" } else { "NO CYCLE" }.to_owned());
    }
    parts
}

fn bound(word: &str, value: Option<i64>) -> String {
    match value {
        Some(value) => format!("{word} {value}"),
        None => format!("NO {word}"),
    }
}

/// The smallest and the largest number.
fn bounds(options: &SequenceOptions) -> (i64, i64) {
    match options.increment.is_some_and(|step| step < 0) {
        true => (
            options.minimum.unwrap_or(i64::MIN),
            options.maximum.unwrap_or(-1),
        ),
        false => (
            options.minimum.unwrap_or(1),
            options.maximum.unwrap_or(i64::MAX),
        ),
    }
}

/// `CREATE SEQUENCE`, without its owner, who may not be there yet.
pub(in crate::dialect::postgres) fn create(name: &Name, sequence: &Sequence) -> String {
    let unlogged = match sequence.options.has("unlogged") {
        true => "UNLOGGED ",
        false => "",
    };
    let mut parts = vec![format!(
        "CREATE {unlogged}SEQUENCE {}",
        quote::qualified(name)
    )];
    parts.extend(
        sequence
            .number_type
            .iter()
            .map(|number| format!("AS {number}")),
    );
    parts.extend(clauses(&sequence.sequence));
    one_or_more_lines(&parts)
}

fn one_or_more_lines(parts: &[String]) -> String {
    let line = parts.join(" ");
    match line.len() > 80 {
        true => parts.join("\n    "),
        false => line,
    }
}

/// The sequence that a column of `serial` needs before its table, where it is not the usual one.
pub(in crate::dialect::postgres) fn before_column(
    column: &Column,
    table: &Name,
    options: &Options,
) -> Option<String> {
    let identity = serial_identity(column)?;
    let name = name_of(identity, table, &column.name);
    Some(create_serial(column, identity, &name, options))
}

/// The sequence of a `serial` column, of a table with these options: that of an unlogged table is
/// unlogged as well. <https://www.postgresql.org/docs/current/sql-createtable.html>
pub(in crate::dialect::postgres) fn create_serial(
    column: &Column,
    identity: &Identity,
    name: &Name,
    options: &Options,
) -> String {
    let mut sequence = Sequence {
        number_type: (column.column_type.as_str() != "bigint").then(|| column.column_type.clone()),
        sequence: identity.sequence.clone(),
        ..Sequence::default()
    };
    if options.has("unlogged") {
        sequence.options.flag("unlogged");
    }
    create(name, &sequence)
}

/// Gives that sequence to the column when it is there.
pub(in crate::dialect::postgres) fn after_column(column: &Column, table: &Name) -> Option<String> {
    let identity = serial_identity(column)?;
    let name = name_of(identity, table, &column.name);
    Some(owned_by(&name, Some((table, &column.name))))
}

fn serial_identity(column: &Column) -> Option<&Identity> {
    let identity = column.identity.as_ref()?;
    let is_own =
        identity.kind == IdentityKind::Serial && super::column::serial_type(column).is_none();
    is_own.then_some(identity)
}

/// `ALTER SEQUENCE … OWNED BY`.
pub(in crate::dialect::postgres) fn owned_by(name: &Name, owner: Option<(&Name, &str)>) -> String {
    let owner = match owner {
        Some((table, column)) => {
            format!("{}.{}", quote::qualified(table), quote::identifier(column))
        }
        None => "NONE".to_owned(),
    };
    format!("ALTER SEQUENCE {} OWNED BY {owner}", quote::qualified(name))
}
