//! Types that a user defined.

use super::refused;
use crate::dialect::postgres::render::table::alter as alter_table;
use crate::dialect::postgres::render::types::{attribute, named};
use crate::dialect::postgres::render::{column, comment, constraint, index, quote, types};
use crate::dialect::postgres::rules::{is_of_type, only_adds_values};
use crate::diff::{Change, UserType};
use crate::error::Result;
use crate::ident::Name;
use crate::plan::{Context, Needs, Planned};
use crate::schema::{
    Attribute, Check, Column, Composite, DefaultValue, Domain, Enum, Index, IndexKey, Schema, Table,
};

/// From one definition of a type to another.
pub(super) fn alter(
    name: &Name,
    from: &UserType,
    to: &UserType,
    context: &Context<'_>,
) -> Result<Planned> {
    let mut planned = match (from, to) {
        (UserType::Enum(old), UserType::Enum(new)) => alter_enum(name, old, new, context)?,
        (UserType::Domain(old), UserType::Domain(new)) => super::of(alter_domain(name, old, new)?),
        (UserType::Composite(old), UserType::Composite(new)) => {
            super::of(alter_composite(name, old, new)?)
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
    rebuild(name, from, to, context)
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

/// Values that go or change their places: a new type takes the name, and every column is changed
/// to it by the text of its values.
fn rebuild(name: &Name, from: &Enum, to: &Enum, context: &Context<'_>) -> Result<Planned> {
    if let Some(user) = other_user(name, context.from) {
        return Err(refused(
            format!("removing or moving values of the type `{name}`, which {user} uses,"),
            "change what uses the type first, in a migration of its own",
        ));
    }
    let old = name.sibling(format!("{}__was", name.name));
    let mut statements = vec![format!(
        "ALTER TYPE {} RENAME TO {}",
        quote::qualified(name),
        quote::identifier(&old.name)
    )];
    let new = UserType::Enum(Enum {
        comment: to.comment.clone().or_else(|| from.comment.clone()),
        ..to.clone()
    });
    statements.extend(types::create(name, &new));
    for (before, table) in &context.from.tables {
        let after = name_after(before, context);
        let stays = context.to.tables.contains_key(&after);
        statements.extend(retype(&after, table, name, to, stays));
    }
    statements.push(format!("DROP TYPE {}", quote::qualified(&old)));
    Ok(super::of(statements))
}

/// What is neither a column of a table nor dropped around the change.
fn other_user(name: &Name, schema: &Schema) -> Option<String> {
    let text = quote::qualified(name);
    let is_it = |spelling: &str| spelling.trim_end_matches("[]") == text;
    let domain = schema
        .domains
        .iter()
        .find(|(_, one)| is_it(one.base.as_str()));
    let composite = schema.composites.iter().find(|(_, one)| {
        one.attributes
            .iter()
            .any(|attribute| is_it(attribute.attribute_type.as_str()))
    });
    domain
        .map(|(name, _)| format!("the domain `{name}`"))
        .or_else(|| composite.map(|(name, _)| format!("the type `{name}`")))
}

/// The name that a table has when types are changed: renames come before.
fn name_after(name: &Name, context: &Context<'_>) -> Name {
    let mut name = name.clone();
    for change in context.changes {
        if let Change::RenameTable { from, to } = change
            && *from == name
        {
            name = to.clone();
        }
    }
    name
}

/// Changes the columns of one table from the old type to the new one of the same name. Checks and
/// indexes that speak of values of the type would be made again with the old one, so that they
/// are taken away before.
fn retype(table: &Name, what: &Table, name: &Name, to: &Enum, stays: bool) -> Vec<String> {
    let columns: Vec<&Column> = what
        .columns
        .iter()
        .filter(|column| is_of_type(column, name) && !column.options.has("inherited"))
        .collect();
    if columns.is_empty() {
        return Vec::new();
    }
    let cast = format!("::{}", quote::qualified(name));
    let checks: Vec<&Check> = what
        .checks
        .iter()
        .filter(|check| check.expression.as_str().contains(&cast))
        .collect();
    let indexes: Vec<&Index> = what
        .indexes
        .iter()
        .filter(|index| texts_of(index).any(|text| text.contains(&cast)))
        .collect();
    let mut parts: Vec<String> = checks
        .iter()
        .filter_map(|check| check.name.as_deref())
        .map(|check| format!("DROP CONSTRAINT {}", quote::identifier(check)))
        .collect();
    for column in columns {
        parts.extend(retype_column(column, to, stays));
    }
    parts.extend(checks.iter().map(|check| {
        let not_valid = if check.not_valid { " NOT VALID" } else { "" };
        format!("ADD {}{not_valid}", constraint::check(check))
    }));
    let mut statements: Vec<String> = indexes
        .iter()
        .map(|one| index::drop(&one.name, table))
        .collect();
    statements.extend(alter_table(table, &parts));
    for one in indexes {
        statements.push(index::create(one, table));
        statements.extend(index::after(one, table));
    }
    statements
}

fn texts_of(index: &Index) -> impl Iterator<Item = &str> {
    let parts = index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Expression(expression) => Some(expression.as_str()),
        IndexKey::Column(_) => None,
    });
    let predicate = index.predicate.iter().map(|predicate| predicate.as_str());
    parts.chain(predicate)
}

fn retype_column(column: &Column, to: &Enum, stays: bool) -> Vec<String> {
    let name = quote::identifier(&column.name);
    let (kind, text) = match column.column_type.as_str().ends_with("[]") {
        true => (column.column_type.as_str(), "text[]"),
        false => (column.column_type.as_str(), "text"),
    };
    let mut parts = Vec::new();
    if column.default.is_some() {
        parts.push(format!("ALTER COLUMN {name} DROP DEFAULT"));
    }
    // A table that is dropped later only has to let go of the old type.
    if !stays {
        parts.push(format!(
            "ALTER COLUMN {name} TYPE {text} USING {name}::{text}"
        ));
        return parts;
    }
    parts.push(format!(
        "ALTER COLUMN {name} TYPE {kind} USING {name}::{text}::{kind}"
    ));
    match &column.default {
        // The value is gone; the change of the column says what comes instead.
        Some(DefaultValue::Text(value)) if text == "text" && !to.values.contains(value) => {}
        Some(value) => parts.push(format!(
            "ALTER COLUMN {name} SET DEFAULT {}",
            column::default(value)
        )),
        None => {}
    }
    parts
}

// ---------------------------------------------------------------------------------- domains

fn alter_domain(name: &Name, from: &Domain, to: &Domain) -> Result<Vec<String>> {
    let spell = |domain: &Domain| crate::dialect::postgres::types::canonical(domain.base.as_str());
    if spell(from) != spell(to) || from.collation != to.collation {
        return Err(refused(
            format!("another type under the domain `{name}`"),
            "make a new domain and change the columns to it",
        ));
    }
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
    Ok(statements)
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

fn alter_composite(name: &Name, from: &Composite, to: &Composite) -> Result<Vec<String>> {
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
