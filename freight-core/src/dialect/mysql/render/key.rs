//! Keys, indexes and constraints, as they stand in CREATE TABLE and after ADD.

use std::fmt::Write as _;

use super::identifier::{identifier, name};
use crate::dialect::mysql::types::literal;
use crate::schema::{
    Action, Check, ForeignKey, Index, IndexKey, IndexPart, Options, PrimaryKey, Unique,
};

/// `PRIMARY KEY (id)`
pub(crate) fn primary_key(key: &PrimaryKey) -> String {
    let mut text = format!("PRIMARY KEY ({})", parts(&key.parts, &key.options));
    if let Some(method) = key.options.get("using") {
        let _ = write!(text, " USING {}", method.to_ascii_uppercase());
    }
    push_tail(&mut text, &key.options, key.comment.as_deref());
    text
}

/// `UNIQUE KEY name (a, b DESC)`
pub(crate) fn index(index: &Index) -> String {
    let mut text = match (&index.method, index.unique) {
        (Some(method), _) if is_kind(method) => format!("{} KEY", method.to_ascii_uppercase()),
        (_, true) => "UNIQUE KEY".to_owned(),
        (_, false) => "KEY".to_owned(),
    };
    let _ = write!(
        text,
        " {} ({})",
        identifier(&index.name),
        parts(&index.parts, &index.options)
    );
    if let Some(method) = index.method.as_deref().filter(|method| !is_kind(method)) {
        let _ = write!(text, " USING {}", method.to_ascii_uppercase());
    }
    push_tail(&mut text, &index.options, index.comment.as_deref());
    text
}

/// `UNIQUE KEY name (a)`: a constraint is an index here.
pub(crate) fn unique(unique: &Unique) -> String {
    let name = match &unique.name {
        Some(name) => format!(" {}", identifier(name)),
        None => String::new(),
    };
    let mut text = format!(
        "UNIQUE KEY{name} ({})",
        parts(&unique.parts, &unique.options)
    );
    push_tail(&mut text, &unique.options, unique.comment.as_deref());
    text
}

/// True for what is a kind of index in the grammar, and not a method behind USING.
fn is_kind(method: &str) -> bool {
    ["fulltext", "spatial", "vector"].contains(&method)
}

fn parts(parts: &[IndexPart], options: &Options) -> String {
    let mut texts: Vec<_> = parts.iter().map(part).collect();
    if let Some(period) = options.get("without_overlaps") {
        texts.push(format!("{} WITHOUT OVERLAPS", identifier(period)));
    }
    texts.join(", ")
}

fn part(part: &IndexPart) -> String {
    let mut text = match &part.key {
        IndexKey::Column(column) => identifier(column),
        IndexKey::Expression(expression) => format!("({expression})"),
    };
    if let Some(length) = part.prefix {
        let _ = write!(text, "({length})");
    }
    if part.descending {
        text.push_str(" DESC");
    }
    text
}

fn push_tail(text: &mut String, options: &Options, comment: Option<&str>) {
    for (option, value) in options.iter() {
        let _ = match option {
            "using" | "without_overlaps" | "ignored" | "invisible" => Ok(()),
            "block_size" => write!(text, " KEY_BLOCK_SIZE={value}"),
            "parser" => write!(text, " WITH PARSER {}", identifier(value)),
            other => match other.strip_prefix("engine.") {
                Some(name) => write!(text, " {}={value}", identifier(name)),
                None => write!(text, " {}={value}", other.to_ascii_uppercase()),
            },
        };
    }
    if let Some(comment) = comment {
        let _ = write!(text, " COMMENT {}", literal::text(comment));
    }
    for option in ["ignored", "invisible"] {
        if options.has(option) {
            let _ = write!(text, " {}", option.to_ascii_uppercase());
        }
    }
}

/// `CONSTRAINT name CHECK (…)`
pub(crate) fn check(check: &Check) -> String {
    let mut text = constraint(check.name.as_deref());
    let _ = write!(text, "CHECK ({})", check.expression);
    if check.not_enforced {
        text.push_str(" NOT ENFORCED");
    }
    text
}

/// `CONSTRAINT name FOREIGN KEY (a) REFERENCES t (id) ON DELETE CASCADE`
pub(crate) fn foreign_key(key: &ForeignKey) -> String {
    let mut text = constraint(key.name.as_deref());
    let _ = write!(
        text,
        "FOREIGN KEY ({}) REFERENCES {} ({})",
        columns(&key.columns),
        name(&key.target),
        columns(&key.target_columns)
    );
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if !matches!(action, Action::NoAction | Action::Restrict) {
            let _ = write!(text, " ON {event} {}", action.as_sql());
        }
    }
    text
}

fn constraint(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| {
        format!("CONSTRAINT {} ", identifier(name))
    })
}

fn columns(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| identifier(name)).collect();
    names.join(", ")
}
