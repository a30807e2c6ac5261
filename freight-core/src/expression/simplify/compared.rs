//! Values of PostgreSQL beside what they are compared with.

use super::super::style::Style;
use super::super::tree::Node;
use super::types::{is_exact, is_text, number_type, type_of};
use super::values;

/// One side of a comparison, without a cast that the other side makes needless.
pub(super) fn compared(side: Node, other: &Node, style: &Style) -> Node {
    let known = type_of(other, style);
    match side {
        // Compared with NULL, everything is NULL.
        Node::Cast { operand, .. } if operand.is_null() => *operand,
        Node::Cast { operand, kind } => match (*operand, known) {
            (Node::Text(text), Some(known)) => {
                let is_same = same_as_literal(&known) == same_as_literal(&kind)
                    || (is_text(&known) && is_text(&kind));
                match is_same {
                    true => value_of(&text, &known),
                    false => Node::cast(Node::Text(text), kind),
                }
            }
            (Node::Number(number), Some(known)) => match converts_alike(&number, &kind, &known) {
                true => Node::Number(number),
                false => Node::cast(Node::Number(number), kind),
            },
            (Node::Text(text), None)
                if (is_text(&kind) && !text.ends_with(' '))
                    || is_safe_blank_padded(&text, &kind) =>
            {
                Node::Text(text)
            }
            (Node::Number(number), None)
                if kind == "double precision"
                    || (is_whole(&number) && is_exact(&kind))
                    || kind == "numeric" =>
            {
                Node::Number(number)
            }
            (operand, _) => Node::cast(operand, kind),
        },
        Node::Text(text) => match known {
            Some(known) => as_known(&text, &known),
            None => Node::Text(text),
        },
        other => other,
    }
}

/// A string beside a value of a known type. A fraction beside a `real` is printed with its type.
fn as_known(text: &str, known: &str) -> Node {
    match (value_of(text, known), values::number(text)) {
        (Node::Text(_), Some(number)) if known == "real" => Node::cast(Node::Number(number), known),
        (value, _) => value,
    }
}

/// True if a number beside a value of type `known` means the same with a cast to `kind` as without.
fn converts_alike(number: &str, kind: &str, known: &str) -> bool {
    match known {
        "smallint" | "integer" | "bigint" | "numeric" => {
            is_exact(kind) && is_whole(number) || (known == "numeric" && kind == "numeric")
        }
        // A decimal number is `numeric`, and that becomes `double precision`.
        "double precision" | "real" => {
            matches!(kind, "double precision" | "numeric") || is_whole(number) && is_exact(kind)
        }
        _ => known == kind,
    }
}

/// `character` is printed as `bpchar` behind a value.
pub(super) fn same_as_literal(kind: &str) -> String {
    match kind {
        "character" => "bpchar".to_owned(),
        other => other.to_owned(),
    }
}

pub(super) fn is_safe_blank_padded(text: &str, kind: &str) -> bool {
    kind == "bpchar" && !text.ends_with(' ')
}

pub(super) fn is_whole(number: &str) -> bool {
    matches!(number_type(number), Some("smallint" | "integer" | "bigint"))
}

/// A string as a value of a type: a number if it is one, otherwise in that type's spelling. Not a
/// fraction of `real`, which a plain number beside it is not: that is `numeric`.
pub(super) fn value_of(text: &str, kind: &str) -> Node {
    match values::number(text) {
        Some(number) if is_exact(kind) || kind == "double precision" => Node::Number(number),
        Some(number) if kind == "real" && is_whole(&number) => Node::Number(number),
        _ => Node::Text(values::spelled(text, kind)),
    }
}

/// The values of `x IN (…)`. All of them get one type, and for a column of `real` that is `real`,
/// which it would not be beside a single value.
///
/// <https://www.postgresql.org/docs/current/typeconv-union-case.html>
pub(super) fn listed(list: Vec<Node>, operand: &Node, style: &Style) -> Vec<Node> {
    let known = type_of(operand, style);
    if known.as_deref() != Some("real") {
        let has_that_type = |item: &Node| has_type(item, known.as_deref(), style);
        let compared = |item| compared(item, operand, style);
        return match list.iter().all(has_that_type) {
            true => list.into_iter().map(compared).collect(),
            false => list,
        };
    }
    let is_real = |item: &Node| match item {
        Node::Cast { operand, kind } => kind == "real" && matches!(**operand, Node::Number(_)),
        Node::Text(text) => values::number(text).is_some(),
        other => matches!(other, Node::Number(_)),
    };
    let bare = |item| match item {
        Node::Cast { operand, .. } => *operand,
        Node::Text(text) => values::number(&text).map_or(Node::Text(text), Node::Number),
        other => other,
    };
    match list.iter().all(is_real) {
        true => list.into_iter().map(bare).collect(),
        false => list,
    }
}

/// True for a value in a list that does not make the whole list another type than `known`.
fn has_type(item: &Node, known: Option<&str>, style: &Style) -> bool {
    let Some(known) = known else { return true };
    match item {
        Node::Text(_) => true,
        item if item.is_null() => true,
        Node::Cast { operand, .. } if operand.is_null() => true,
        item => type_of(item, style).is_some_and(|kind| {
            same_as_literal(&kind) == same_as_literal(known)
                || (is_text(&kind) && is_text(known))
                || (is_exact(&kind) && is_exact(known))
                || (is_exact(&kind) && known == "double precision")
        }),
    }
}
