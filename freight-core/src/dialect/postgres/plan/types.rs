//! Types that a user defined.

mod rebuild;

use super::refused;
use crate::dialect::postgres::render::types::{attribute, named};
use crate::dialect::postgres::render::{column, comment, constraint, quote};
use crate::dialect::postgres::rules::{is_over_other_type, only_adds_values};
use crate::dialect::postgres::types::{Risk, TypeChange};
use crate::diff::{Change, Hazard, Safety, UserType};
use crate::error::Result;
use crate::ident::Name;
use crate::plan::{Context, Needs, Planned};
use crate::schema::{Attribute, Check, Composite, DefaultValue, Domain, Enum};

use super::table::typed;
use rebuild::Rebuild;

/// From one definition of a type to another.
pub(super) fn alter(
    name: &Name,
    from: &UserType,
    to: &UserType,
    context: &Context<'_>,
) -> Result<Planned> {
    let mut planned = match (from, to) {
        (UserType::Enum(old), UserType::Enum(new)) => alter_enum(name, old, new, context)?,
        (UserType::Domain(old), UserType::Domain(new)) => alter_domain(name, old, new, context)?,
        (UserType::Composite(old), UserType::Composite(new)) => {
            super::of(alter_composite(name, old, new, context)?)
        }
        _ => {
            return Err(refused(
                format!("making a type of another kind of the type `{name}`"),
                "drop it and make it again, in two migrations",
            ));
        }
    };
    let comments = (comment_of(from), comment_of(to));
    if comments.0 != comments.1 {
        let statement = comment::on(&named(name, to), comments.1.as_deref());
        planned.statements.push(statement);
    }
    Ok(planned)
}

fn comment_of(what: &UserType) -> &Option<String> {
    match what {
        UserType::Enum(one) => &one.comment,
        UserType::Domain(one) => &one.comment,
        UserType::Composite(one) => &one.comment,
    }
}

// ------------------------------------------------------------------------------------ enums

fn alter_enum(name: &Name, from: &Enum, to: &Enum, context: &Context<'_>) -> Result<Planned> {
    if from.values == to.values {
        return Ok(Planned::default());
    }
    if only_adds_values(from, to) {
        return Ok(add_values(name, from, to, context));
    }
    rebuild_enum(name, from, to, context)
}

/// <https://www.postgresql.org/docs/current/sql-altertype.html#SQL-ALTERTYPE-NOTES>: a new value
/// cannot be used until the transaction that adds it has ended.
fn add_values(name: &Name, from: &Enum, to: &Enum, context: &Context<'_>) -> Planned {
    let mut there: Vec<&String> = from.values.iter().collect();
    let mut statements = Vec::new();
    let mut is_used = false;
    for (place, value) in to.values.iter().enumerate() {
        if from.values.contains(value) {
            continue;
        }
        let position = match place
            .checked_sub(1)
            .and_then(|before| to.values.get(before))
        {
            // A value that is last is put there by itself.
            Some(before) if there.last() == Some(&before) => String::new(),
            Some(before) => format!(" AFTER {}", quote::string(before)),
            None => match there.first() {
                Some(first) => format!(" BEFORE {}", quote::string(first)),
                None => String::new(),
            },
        };
        statements.push(format!(
            "ALTER TYPE {} ADD VALUE {}{position}",
            quote::qualified(name),
            quote::string(value)
        ));
        there.insert(place.min(there.len()), value);
        is_used |= uses_value(value, name, context);
    }
    Planned {
        statements,
        needs: Needs {
            no_transaction: is_used,
            ..Needs::NONE
        },
        ..Planned::default()
    }
}

/// True when another change speaks of the value. That it means another thing of the same name is
/// possible, and costs no more than a transaction.
fn uses_value(value: &str, name: &Name, context: &Context<'_>) -> bool {
    let quoted = format!("{:?}", value);
    let in_sql = quote::string(value);
    context.changes.iter().any(|change| match change {
        Change::AlterType { name: other, .. } if other == name => false,
        other => {
            let text = format!("{other:?}");
            text.contains(&quoted) || text.contains(&in_sql)
        }
    })
}

/// The new enumerated type in place of the old one: values go by their texts.
fn rebuild_enum(name: &Name, from: &Enum, to: &Enum, context: &Context<'_>) -> Result<Planned> {
    let new = UserType::Enum(Enum {
        comment: to.comment.clone().or_else(|| from.comment.clone()),
        ..to.clone()
    });
    let is_kept = |value: &DefaultValue| match value {
        DefaultValue::Text(value) => to.values.contains(value),
        _ => true,
    };
    let rebuild = Rebuild {
        name,
        new: &new,
        through: "text",
        cast: "::text",
        keeps_default: &is_kept,
        doing: "removing or moving values of",
    };
    rebuild.statements(context).map(super::of)
}

// ---------------------------------------------------------------------------------- domains

fn alter_domain(name: &Name, from: &Domain, to: &Domain, context: &Context<'_>) -> Result<Planned> {
    match is_over_other_type(from, to) {
        true => rebuild_domain(name, from, to, context),
        false => Ok(super::of(alter_checks(name, from, to))),
    }
}

/// A domain keeps the type that it was made over, so that a new one takes its name.
/// <https://www.postgresql.org/docs/current/sql-alterdomain.html>
fn rebuild_domain(
    name: &Name,
    from: &Domain,
    to: &Domain,
    context: &Context<'_>,
) -> Result<Planned> {
    let spell = |domain: &Domain| crate::dialect::postgres::types::canonical(domain.base.as_str());
    let (old, through) = (spell(from), spell(to));
    let change = crate::dialect::postgres::types::change(&old, &through);
    let cast = change.using.clone();
    let new = UserType::Domain(Domain {
        comment: to.comment.clone().or_else(|| from.comment.clone()),
        ..to.clone()
    });
    let rebuild = Rebuild {
        name,
        new: &new,
        through: &through,
        cast: &cast.unwrap_or_else(|| format!("::{through}")),
        keeps_default: &|_| true,
        doing: "putting another type under",
    };
    Ok(Planned {
        statements: rebuild.statements(context)?,
        hazards: domain_hazards(name, &change),
        ..Planned::default()
    })
}

fn domain_hazards(name: &Name, change: &TypeChange) -> Vec<Hazard> {
    let hazard = |safety, reason| Hazard {
        safety,
        allow: format!("alter_type:{name}"),
        reason,
    };
    let values = match change.risk {
        Risk::Safe => None,
        Risk::MayFail(reason) => Some(hazard(
            Safety::MayFail,
            format!("the values of the domain `{name}` change their type: {reason}"),
        )),
        Risk::LosesData(reason) => Some(hazard(
            Safety::LosesData,
            format!("the values of the domain `{name}` change their type: {reason}"),
        )),
    };
    let blocks = hazard(
        Safety::Blocks,
        format!("every table with a column of the domain `{name}` is written again"),
    );
    values.into_iter().chain([blocks]).collect()
}

fn alter_checks(name: &Name, from: &Domain, to: &Domain) -> Vec<String> {
    let quoted = quote::qualified(name);
    let mut statements = Vec::new();
    let mut alter = |what: String| statements.push(format!("ALTER DOMAIN {quoted} {what}"));
    for check in from.checks.iter().filter(|check| !holds(&to.checks, check)) {
        if let Some(check) = &check.name {
            alter(format!("DROP CONSTRAINT {}", quote::identifier(check)));
        }
    }
    if from.default != to.default {
        alter(match &to.default {
            Some(value) => format!("SET DEFAULT {}", column::default(value)),
            None => "DROP DEFAULT".to_owned(),
        });
    }
    if from.not_null != to.not_null {
        let word = if to.not_null { "SET" } else { "DROP" };
        alter(format!("{word} NOT NULL"));
    }
    for check in to.checks.iter().filter(|check| !holds(&from.checks, check)) {
        let not_valid = if check.not_valid { " NOT VALID" } else { "" };
        alter(format!("ADD {}{not_valid}", constraint::check(check)));
    }
    for check in &to.checks {
        let old = from.checks.iter().find(|old| old.name == check.name);
        let before = old.filter(|old| holds(&to.checks, old));
        if before.and_then(|old| old.comment.as_ref()) != check.comment.as_ref()
            && let Some(constraint) = &check.name
        {
            let constraint = quote::identifier(constraint);
            let what = format!("CONSTRAINT {constraint} ON DOMAIN {quoted}");
            statements.push(comment::on(&what, check.comment.as_deref()));
        }
    }
    statements
}

/// The same check, whatever its comment says.
fn holds(checks: &[Check], check: &Check) -> bool {
    let bare = |check: &Check| Check {
        comment: None,
        ..check.clone()
    };
    checks.iter().any(|other| bare(other) == bare(check))
}

// ------------------------------------------------------------------------------- composites

fn alter_composite(
    name: &Name,
    from: &Composite,
    to: &Composite,
    context: &Context<'_>,
) -> Result<Vec<String>> {
    let has = |what: &Composite, name: &str| what.attributes.iter().any(|one| one.name == name);
    let kept = |what: &Composite, other: &Composite| -> Vec<String> {
        let attributes = what.attributes.iter();
        attributes
            .filter(|one| has(other, &one.name))
            .map(|one| one.name.clone())
            .collect()
    };
    let (old, new) = (kept(from, to), kept(to, from));
    let is_appended = to
        .attributes
        .iter()
        .take(new.len())
        .all(|one| has(from, &one.name));
    if old != new || !is_appended {
        return Err(refused(
            format!("another order of the attributes of the type `{name}`"),
            "put new attributes behind the others",
        ));
    }
    let mut parts = Vec::new();
    for one in from.attributes.iter().filter(|one| !has(to, &one.name)) {
        parts.push(format!("DROP ATTRIBUTE {}", quote::identifier(&one.name)));
    }
    for one in &to.attributes {
        match from.attributes.iter().find(|other| other.name == one.name) {
            None => parts.push(format!("ADD ATTRIBUTE {}", attribute(one))),
            Some(other) if other != one => parts.push(alter_attribute(one)),
            Some(_) => {}
        }
    }
    // Tables of the type get the columns with it, and the server wants to hear that.
    if typed::has_tables(name, context.from) {
        parts.iter_mut().for_each(|part| part.push_str(" CASCADE"));
    }
    match parts.is_empty() {
        true => Ok(Vec::new()),
        false => Ok(vec![format!(
            "ALTER TYPE {}\n    {}",
            quote::qualified(name),
            parts.join(",\n    ")
        )]),
    }
}

fn alter_attribute(one: &Attribute) -> String {
    let collation = one.collation.as_deref().map(column::collate);
    format!(
        "ALTER ATTRIBUTE {} TYPE {}{}",
        quote::identifier(&one.name),
        one.attribute_type,
        collation.map(|text| format!(" {text}")).unwrap_or_default()
    )
}
