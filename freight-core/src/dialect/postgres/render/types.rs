//! Types that a user defined.

use super::column::{collate, default};
use super::{comment, constraint, quote};
use crate::diff::UserType;
use crate::ident::Name;
use crate::schema::{Attribute, Composite, Domain, Enum};

/// `CREATE TYPE` or `CREATE DOMAIN`, and its comments.
pub(in crate::dialect::postgres) fn create(name: &Name, what: &UserType) -> Vec<String> {
    let quoted = quote::qualified(name);
    let (definition, text) = match what {
        UserType::Enum(one) => (create_enum(&quoted, one), &one.comment),
        UserType::Domain(one) => (create_domain(&quoted, one), &one.comment),
        UserType::Composite(one) => (create_composite(&quoted, one), &one.comment),
    };
    let mut statements = vec![definition];
    if let UserType::Domain(domain) = what {
        statements.extend(late_checks(&quoted, domain));
        statements.extend(check_comments(&quoted, domain));
    }
    if let Some(text) = text {
        statements.push(comment::on(&named(name, what), Some(text)));
    }
    statements
}

/// `TYPE mood` or `DOMAIN email`, for `COMMENT ON`, `ALTER` and `DROP`.
pub(in crate::dialect::postgres) fn named(name: &Name, what: &UserType) -> String {
    let word = match what {
        UserType::Domain(_) => "DOMAIN",
        UserType::Enum(_) | UserType::Composite(_) => "TYPE",
    };
    format!("{word} {}", quote::qualified(name))
}

fn create_enum(name: &str, what: &Enum) -> String {
    let values: Vec<_> = what
        .values
        .iter()
        .map(|value| quote::string(value))
        .collect();
    let line = format!("CREATE TYPE {name} AS ENUM ({})", values.join(", "));
    match line.len() > 100 {
        true => format!(
            "CREATE TYPE {name} AS ENUM (\n    {}\n)",
            values.join(",\n    ")
        ),
        false => line,
    }
}

fn create_domain(name: &str, domain: &Domain) -> String {
    let mut lines = vec![format!("CREATE DOMAIN {name} AS {}", domain.base)];
    lines.extend(domain.collation.as_deref().map(collate));
    if let Some(value) = &domain.default {
        lines.push(format!("DEFAULT {}", default(value)));
    }
    if domain.not_null {
        lines.push("NOT NULL".to_owned());
    }
    let checks = domain.checks.iter().filter(|check| !check.not_valid);
    lines.extend(checks.map(constraint::check));
    let line = lines.join(" ");
    match line.len() > 80 {
        true => lines.join("\n    "),
        false => line,
    }
}

/// Those that were never checked against what is there.
fn late_checks(name: &str, domain: &Domain) -> Vec<String> {
    let checks = domain.checks.iter().filter(|check| check.not_valid);
    checks
        .map(|check| {
            format!(
                "ALTER DOMAIN {name} ADD {} NOT VALID",
                constraint::check(check)
            )
        })
        .collect()
}

fn check_comments(name: &str, domain: &Domain) -> Vec<String> {
    let checks = domain.checks.iter();
    checks
        .filter_map(|check| Some((check.name.as_deref()?, check.comment.as_deref()?)))
        .map(|(check, text)| {
            let what = format!("CONSTRAINT {} ON DOMAIN {name}", quote::identifier(check));
            comment::on(&what, Some(text))
        })
        .collect()
}

fn create_composite(name: &str, composite: &Composite) -> String {
    let attributes: Vec<_> = composite.attributes.iter().map(attribute).collect();
    match attributes.is_empty() {
        true => format!("CREATE TYPE {name} AS ()"),
        false => format!(
            "CREATE TYPE {name} AS (\n    {}\n)",
            attributes.join(",\n    ")
        ),
    }
}

/// An attribute of a composite type.
pub(in crate::dialect::postgres) fn attribute(attribute: &Attribute) -> String {
    let mut text = format!(
        "{} {}",
        quote::identifier(&attribute.name),
        attribute.attribute_type
    );
    if let Some(collation) = &attribute.collation {
        text.push(' ');
        text.push_str(&collate(collation));
    }
    text
}
