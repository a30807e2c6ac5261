//! The type that an expression of PostgreSQL has, as far as it can be told.

use super::super::parse::{base_type, type_name};
use super::super::style::Style;
use super::super::tree::{Call, Node};

/// Functions that give `text` whatever they are given.
const TEXT_FUNCTIONS: &[&str] = &[
    "btrim",
    "chr",
    "concat",
    "concat_ws",
    "format",
    "initcap",
    "left",
    "lower",
    "lpad",
    "ltrim",
    "md5",
    "regexp_replace",
    "repeat",
    "replace",
    "reverse",
    "right",
    "rpad",
    "rtrim",
    "split_part",
    "substr",
    "substring",
    "to_char",
    "translate",
    "upper",
];

/// Functions that give `integer`.
const INTEGER_FUNCTIONS: &[&str] = &[
    "array_length",
    "ascii",
    "bit_length",
    "cardinality",
    "char_length",
    "jsonb_array_length",
    "length",
    "num_nonnulls",
    "num_nulls",
    "octet_length",
    "\"position\"",
    "strpos",
];

/// True for a function that PostgreSQL has itself, of those that are known here. A function of the
/// same name in another namespace is found only if it says so.
pub(in super::super) fn is_built_in(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "abs",
        "age",
        "ceil",
        "count",
        "date_part",
        "date_trunc",
        "floor",
        "mod",
        "now",
        "nullif",
        "overlay",
        "point",
        "power",
        "round",
        "sqrt",
        "sum",
        "trim",
    ];
    [TEXT_FUNCTIONS, INTEGER_FUNCTIONS, OTHERS]
        .iter()
        .any(|list| list.contains(&name))
}

/// The base type of an expression, or `None` where it depends on what is not known.
pub(super) fn type_of(node: &Node, style: &Style) -> Option<String> {
    match node {
        Node::Name(parts) => column(parts, style),
        Node::Cast { kind, .. } => Some(base_type(kind)),
        Node::Number(number) => number_type(number).map(str::to_owned),
        Node::Word(word) => match word.as_str() {
            "TRUE" | "FALSE" => Some("boolean".to_owned()),
            "CURRENT_DATE" => Some("date".to_owned()),
            "CURRENT_TIMESTAMP" => Some("timestamp with time zone".to_owned()),
            "CURRENT_CATALOG" | "CURRENT_ROLE" | "CURRENT_SCHEMA" | "CURRENT_USER"
            | "SESSION_USER" => Some("name".to_owned()),
            "LOCALTIMESTAMP" => Some("timestamp without time zone".to_owned()),
            _ => None,
        },
        Node::Not(_) | Node::Chain { .. } | Node::In { .. } | Node::Postfix { .. } => {
            Some("boolean".to_owned())
        }
        Node::Prefix { operator, operand } if operator == "-" => type_of(operand, style),
        Node::Infix {
            operator,
            left,
            right,
        } => infix(operator, left, right, style),
        Node::Call(call) => of_call(call, style),
        Node::Case {
            branches,
            otherwise,
            ..
        } => {
            let results = branches.iter().map(|(_, then)| then);
            common(results.chain(otherwise.as_deref()), style)
        }
        Node::Subscript { operand, index } => {
            let array = type_of(operand, style).filter(|kind| kind.ends_with("[]"))?;
            match &**index {
                // A slice is an array again.
                Node::Infix { operator, .. } if operator == ":" => Some(array),
                _ => array.strip_suffix("[]").map(str::to_owned),
            }
        }
        Node::Array(items) => common(items.iter(), style).map(|kind| format!("{kind}[]")),
        _ => None,
    }
}

/// The type of a number by itself.
///
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-CONSTANTS-NUMERIC>
pub(super) fn number_type(number: &str) -> Option<&'static str> {
    if number.contains('x') || number.contains('o') || number.contains('b') {
        return None;
    }
    if number.contains(['.', 'e']) {
        return Some("numeric");
    }
    let digits = number.strip_prefix('-').unwrap_or(number);
    Some(match digits.parse::<i64>() {
        Ok(value) if i32::try_from(value).is_ok() => "integer",
        Ok(_) => "bigint",
        Err(_) => "numeric",
    })
}

/// True for whole numbers and `numeric`, between which nothing is lost on the way up.
pub(super) fn is_exact(kind: &str) -> bool {
    matches!(kind, "smallint" | "integer" | "bigint" | "numeric")
}

/// True for a function that takes strings as `text` only.
pub(super) fn is_of_text_alone(name: &str) -> bool {
    TEXT_FUNCTIONS.contains(&name) && !matches!(name, "concat" | "concat_ws" | "format" | "to_char")
}

/// The wider of two types of numbers.
pub(super) fn wider<'k>(a: &'k str, b: &'k str) -> Option<&'k str> {
    let order = [
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "double precision",
    ];
    let place = |kind: &str| order.iter().position(|known| *known == kind);
    Some(if place(a)? > place(b)? { a } else { b })
}

/// True for `text` and `character varying`, which hold the same strings.
pub(super) fn is_text(kind: &str) -> bool {
    matches!(kind, "text" | "character varying")
}

fn column(parts: &[String], style: &Style) -> Option<String> {
    let [name] = parts else { return None };
    let plain = name
        .strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'));
    let name = plain.map_or(name.clone(), |name| name.replace("\"\"", "\""));
    let found = style.columns?.iter().find(|(column, _)| *column == name);
    type_name(found?.1, style).map(|kind| base_type(&kind))
}

fn infix(operator: &str, left: &Node, right: &Node, style: &Style) -> Option<String> {
    match operator {
        "=" | "<>" | "<" | ">" | "<=" | ">=" | "LIKE" | "NOT LIKE" | "ILIKE" | "NOT ILIKE"
        | "~" | "IS DISTINCT FROM" => Some("boolean".to_owned()),
        "COLLATE" => type_of(left, style),
        "->>" | "#>>" => Some("text".to_owned()),
        "+" | "-" | "*" | "/" | "%" => arithmetic(operator, left, right, style),
        "||" => {
            let left = type_of(left, style).filter(|kind| is_text(kind));
            let right = type_of(right, style).filter(|kind| is_text(kind));
            left.or(right).map(|_| "text".to_owned())
        }
        "AT TIME ZONE" => match type_of(left, style)?.as_str() {
            "timestamp with time zone" => Some("timestamp without time zone".to_owned()),
            "timestamp without time zone" => Some("timestamp with time zone".to_owned()),
            _ => None,
        },
        _ => None,
    }
}

fn arithmetic(operator: &str, left: &Node, right: &Node, style: &Style) -> Option<String> {
    let left = type_of(left, style);
    let right = type_of(right, style);
    match (left.as_deref(), right.as_deref()) {
        (Some("date"), Some("integer")) if operator != "*" => Some("date".to_owned()),
        (Some("date"), Some("date")) => Some("integer".to_owned()),
        (Some(moment), Some("interval")) if moment.starts_with("timestamp") => {
            Some(moment.to_owned())
        }
        (Some(a), Some(b)) if a.starts_with("timestamp") && a == b => Some("interval".to_owned()),
        (Some(a), Some(b)) => wider(a, b).map(str::to_owned),
        _ => None,
    }
}

fn of_call(call: &Call, style: &Style) -> Option<String> {
    let name = call.name.as_str();
    let arguments = || call.arguments.iter().map(|(_, node)| node);
    match name {
        "coalesce" | "greatest" | "least" => common(arguments(), style),
        "nullif" | "abs" | "round" | "ceil" | "floor" => type_of(arguments().next()?, style),
        "now" => Some("timestamp with time zone".to_owned()),
        "age" => Some("interval".to_owned()),
        "extract" => Some("numeric".to_owned()),
        "int4range" | "int8range" | "numrange" | "daterange" | "tsrange" | "tstzrange" => {
            Some(name.to_owned())
        }
        "date_part" => Some("double precision".to_owned()),
        "date_trunc" => type_of(arguments().nth(1)?, style),
        // `lower(range)` is a bound of it, and `substring(bytea, …)` is bytes.
        "lower" | "upper" | "substring" | "substr" | "btrim" | "ltrim" | "rtrim" | "left"
        | "right" | "reverse" => type_of(arguments().next()?, style)
            .filter(|kind| is_text(kind) || kind == "character")
            .map(|_| "text".to_owned()),
        _ if TEXT_FUNCTIONS.contains(&name) => Some("text".to_owned()),
        _ if INTEGER_FUNCTIONS.contains(&name) => Some("integer".to_owned()),
        _ => None,
    }
}

/// The type of several values of which one is the result, if it is known.
pub(super) fn common<'n>(nodes: impl Iterator<Item = &'n Node>, style: &Style) -> Option<String> {
    let mut kinds = nodes
        .filter(|node| !matches!(node, Node::Text(_)) && !node.is_null())
        .map(|node| type_of(node, style));
    let mut found = kinds.next()??;
    for kind in kinds {
        let kind = kind?;
        if kind == found {
            continue;
        }
        found = match wider(&found, &kind) {
            Some(wider) => wider.to_owned(),
            None if is_text(&found) && is_text(&kind) => "text".to_owned(),
            None => return None,
        };
    }
    Some(found)
}
