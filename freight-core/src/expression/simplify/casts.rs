//! Conversions that PostgreSQL adds by itself, and prints.
//!
//! In a printed expression every conversion of an operand stands there as a cast. So a value that
//! is cast to a type beside an operand that is not has that operand's type, and would have been
//! read as that type without the cast. A person may write a cast that does change something; that
//! can be told from the type of the operand, if it is known. Where it is not known:
//!
//! - A cast of a value to `text` or a type of numbers is dropped in comparisons, where the catalog
//!   prints one for every column of `text`, `numeric`, `bigint`… A value that ends in a blank
//!   keeps it, because `character(n)` takes no account of that blank and `text` does.
//! - A cast of a column to `text` is dropped where it is compared with a value that is cast to
//!   `text` as well, which is how the catalog prints a column of `character varying`.
//! - Casts to anything else, and all casts in arithmetic, are kept.
//!
//! <https://www.postgresql.org/docs/current/typeconv-oper.html>

use super::super::parse::{base_type, type_name};
use super::super::style::Style;
use super::super::tree::Node;
use super::compared::{
    compared, is_safe_blank_padded, is_whole, listed, same_as_literal, value_of,
};
use super::types::{is_exact, is_text, number_type, type_of};
use super::{choices, numeric, values};

const COMPARISONS: &[&str] = &["=", "<>", "<", ">", "<=", ">=", "IS DISTINCT FROM"];

const PATTERNS: &[&str] = &[
    "LIKE",
    "NOT LIKE",
    "ILIKE",
    "NOT ILIKE",
    "~",
    "~*",
    "!~",
    "!~*",
];

const ARITHMETIC: &[&str] = &["+", "-", "*", "/", "%"];

/// Operators whose right side is `text` or `text[]` if it is a string without a type.
///
/// <https://www.postgresql.org/docs/current/functions-json.html>
const KEYS: &[&str] = &["->", "->>", "#>", "#>>", "?", "?|", "?&", "#-"];

pub(super) fn simplify(node: Node, style: &Style) -> Node {
    match node {
        Node::Number(number) => exponent(number),
        Node::Cast { operand, kind } => cast(*operand, kind, style),
        Node::Infix {
            operator,
            left,
            right,
        } => infix(operator, *left, *right, style),
        Node::In {
            operand,
            negated,
            list,
        } => in_list(*operand, negated, list, style),
        Node::Quantified {
            left,
            operator,
            all,
            right,
        } => quantified(*left, operator, all, *right, style),
        Node::Array(items) => Node::Array(choices::array(items)),
        Node::Case {
            operand,
            branches,
            otherwise,
        } => choices::case(operand, branches, otherwise, style),
        Node::Call(call) => choices::function(call, style),
        other => other,
    }
}

/// The whole expression, which a column takes or a condition is: a value has the type that is
/// asked for, with or without a cast.
pub(super) fn assigned(node: Node, style: &Style) -> Node {
    if !style.habits.prints_conversions {
        return node;
    }
    let target = style.target.and_then(|kind| type_name(kind, style));
    match node {
        Node::Cast { operand, kind } => {
            let target = target.map(|kind| same_as_literal(&base_type(&kind)));
            let is_target = target.is_some_and(|target| target == same_as_literal(&kind));
            match *operand {
                Node::Text(text) if is_target => value_of(&text, &kind),
                Node::Text(text) if is_text(&kind) || is_safe_blank_padded(&text, &kind) => {
                    Node::Text(text)
                }
                Node::Number(number) if is_target || is_whole(&number) && is_exact(&kind) => {
                    Node::Number(number)
                }
                items @ Node::Array(_) if is_target => items,
                other => Node::cast(other, kind),
            }
        }
        Node::Text(text) => match target {
            Some(target) => value_of(&text, &base_type(&target)),
            None => Node::Text(text),
        },
        other => other,
    }
}

/// `1e3` is printed as `'1000'::numeric`.
fn exponent(number: String) -> Node {
    match numeric(&number).filter(|_| number.contains('e')) {
        Some(plain) if plain.contains('.') => Node::Number(plain),
        Some(plain) => Node::cast(Node::Number(plain), "numeric"),
        None => Node::Number(number),
    }
}

fn cast(operand: Node, kind: String, style: &Style) -> Node {
    if type_of(&operand, style).is_some_and(|found| found == kind) {
        return operand;
    }
    match operand {
        Node::Text(text) => match number_of(&text, &kind) {
            Some(number) if number_type(&number) == Some(&kind) => Node::Number(number),
            Some(number) => Node::cast(Node::Number(number), kind),
            None => Node::cast(Node::Text(values::spelled(&text, &kind)), kind),
        },
        Node::Cast {
            operand: inner,
            kind: between,
        } if matches!(*inner, Node::Text(_)) && is_text(&between) && is_text(&kind) => {
            Node::cast(*inner, kind)
        }
        Node::Array(items) if !items.is_empty() && kind.ends_with("[]") => {
            let of = kind.strip_suffix("[]").unwrap_or(&kind);
            let is_flat = !items.iter().any(|item| matches!(item, Node::Array(_)));
            match is_flat {
                true => Node::Array(
                    items
                        .into_iter()
                        .map(|item| cast(item, of.to_owned(), style))
                        .collect(),
                ),
                false => Node::cast(Node::Array(items), kind),
            }
        }
        operand if is_text(&kind) && type_of(&operand, style).is_some_and(|of| is_text(&of)) => {
            operand
        }
        operand => Node::cast(operand, kind),
    }
}

/// A string that is cast to a type of numbers, as a number.
fn number_of(text: &str, kind: &str) -> Option<String> {
    let is_number = is_exact(kind) || matches!(kind, "real" | "double precision");
    is_number.then(|| values::number(text)).flatten()
}

fn infix(operator: String, left: Node, right: Node, style: &Style) -> Node {
    let name = operator.as_str();
    let (left, right) = if COMPARISONS.contains(&name) {
        comparison(left, right, style)
    } else if PATTERNS.contains(&name) {
        let (left, right) = printed_text(left, right, style);
        (without_text(left), without_text(right))
    } else if KEYS.contains(&name) {
        (left, key(right))
    } else if ARITHMETIC.contains(&name) {
        let (left, right) = numeric_moved(left, right, style);
        let right = operand(right, &left, style);
        let left = operand(left, &right, style);
        converted(left, right, style)
    } else if name == "^" {
        power(left, right, style)
    } else if name == "||" {
        let joined_left = joined(left.clone(), &right, style);
        (joined_left, joined(right, &left, style))
    } else if name == "AT TIME ZONE" {
        (left, without_text(right))
    } else {
        let typed_left = of_same_type(left.clone(), &right, style);
        (typed_left, of_same_type(right, &left, style))
    };
    Node::infix(operator, left, right)
}

/// Both sides of a comparison; of rows, each pair.
fn comparison(left: Node, right: Node, style: &Style) -> (Node, Node) {
    match (left, right) {
        (Node::Row(left), Node::Row(right)) if left.len() == right.len() => {
            let pairs = left.into_iter().zip(right);
            let pairs = pairs.map(|(left, right)| comparison(left, right, style));
            let (left, right) = pairs.unzip();
            (Node::Row(left), Node::Row(right))
        }
        (left, right) => {
            let (left, right) = printed_text(left, right, style);
            let (left, right) = (choices::whole_values(left), choices::whole_values(right));
            let compared_left = compared(left.clone(), &right, style);
            let compared_right = compared(right, &left, style);
            converted(compared_left, compared_right, style)
        }
    }
}

/// `(v)::text = 'a'::text`: how a column of `character varying` is printed. Only where its type is
/// not known; otherwise [`cast`] has decided.
fn printed_text(left: Node, right: Node, style: &Style) -> (Node, Node) {
    if style.columns.is_some() {
        return (left, right);
    }
    let is_typed = |node: &Node| match node {
        Node::Cast { operand, kind } => kind == "text" && matches!(**operand, Node::Text(_)),
        _ => false,
    };
    match (is_typed(&left), is_typed(&right)) {
        (false, true) => (without_text_of_column(left), right),
        (true, false) => (left, without_text_of_column(right)),
        _ => (left, right),
    }
}

fn without_text_of_column(node: Node) -> Node {
    match node {
        Node::Cast { operand, kind } if kind == "text" && matches!(*operand, Node::Name(_)) => {
            *operand
        }
        other => other,
    }
}

/// A string without its cast to `text`.
pub(super) fn without_text(node: Node) -> Node {
    match node {
        Node::Cast { operand, kind } if is_text(&kind) && matches!(*operand, Node::Text(_)) => {
            *operand
        }
        other => other,
    }
}

/// The right side of `->` and its like.
fn key(node: Node) -> Node {
    match node {
        Node::Cast { operand, kind }
            if matches!(kind.as_str(), "text" | "text[]") && matches!(*operand, Node::Text(_)) =>
        {
            *operand
        }
        other => other,
    }
}

/// `a / 2::numeric` is printed as `(a)::numeric / (2)::numeric`, where `a` is a whole number.
fn numeric_moved(left: Node, right: Node, style: &Style) -> (Node, Node) {
    let is_number = |node: &Node| match node {
        Node::Cast { operand, kind } => kind == "numeric" && matches!(**operand, Node::Number(_)),
        _ => false,
    };
    let is_integer = |node: &Node| {
        let of = type_of(node, style);
        matches!(of.as_deref(), Some("smallint" | "integer" | "bigint"))
            && !matches!(node, Node::Number(_))
    };
    if is_number(&right) && is_integer(&left) {
        return (Node::cast(left, "numeric"), right);
    }
    match is_number(&left) && is_integer(&right) {
        true => (left, Node::cast(right, "numeric")),
        false => (left, right),
    }
}

/// One side of arithmetic: a value has the type of the other side, with or without a cast.
pub(super) fn operand(side: Node, other: &Node, style: &Style) -> Node {
    let known = type_of(other, style);
    let is_known = |kind: &str| known.as_deref() == Some(kind);
    match side {
        Node::Cast { operand, kind } => match *operand {
            // A plain number is none of these two by itself, and they give results of their own.
            Node::Number(number)
                if !matches!(kind.as_str(), "real" | "smallint") && is_known(&kind) =>
            {
                Node::Number(number)
            }
            // An interval can be multiplied with that type alone.
            Node::Number(number) if is_known("interval") && kind == "double precision" => {
                Node::Number(number)
            }
            Node::Text(text) if is_known(&kind) && !is_exact(&kind) => value_of(&text, &kind),
            operand => Node::cast(operand, kind),
        },
        other => other,
    }
}

/// A column that is converted to the type of the other side, without the cast.
pub(super) fn converted(left: Node, right: Node, style: &Style) -> (Node, Node) {
    let left_type = type_of(&left, style);
    let right = implicit(right, left_type.as_deref(), style);
    let right_type = type_of(&right, style);
    (implicit(left, right_type.as_deref(), style), right)
}

pub(super) fn implicit(node: Node, wanted: Option<&str>, style: &Style) -> Node {
    let Node::Cast { operand, kind } = node else {
        return node;
    };
    let of = type_of(&operand, style);
    let is_literal = matches!(*operand, Node::Number(_) | Node::Text(_));
    let is_implicit = match kind.as_str() {
        "integer" => of.as_deref() == Some("smallint"),
        "bigint" => matches!(of.as_deref(), Some("smallint" | "integer")),
        "numeric" => matches!(of.as_deref(), Some("smallint" | "integer" | "bigint")),
        "double precision" => matches!(
            of.as_deref(),
            Some("smallint" | "integer" | "bigint" | "numeric" | "real")
        ),
        _ => false,
    };
    match is_implicit && !is_literal && wanted == Some(kind.as_str()) {
        true => *operand,
        false => Node::Cast { operand, kind },
    }
}

/// `^` knows `double precision` and `numeric` alone, so whole numbers on both sides are converted.
fn power(left: Node, right: Node, style: &Style) -> (Node, Node) {
    let whole = |node: &Node| match node {
        Node::Cast { operand, kind } if kind == "double precision" => {
            let of = type_of(operand, style);
            matches!(of.as_deref(), Some("smallint" | "integer" | "bigint"))
        }
        _ => false,
    };
    let bare = |node: Node| match node {
        Node::Cast { operand, .. } => *operand,
        other => other,
    };
    match whole(&left) && whole(&right) {
        true => (bare(left), bare(right)),
        false => {
            let right = operand(right, &left, style);
            (operand(left, &right, style), right)
        }
    }
}

/// One side of `||`. A string without a type is `text` beside `text` and beside what is no array,
/// but an array beside an array, and JSON beside JSON.
fn joined(side: Node, other: &Node, style: &Style) -> Node {
    let known = type_of(other, style);
    let joins_text = known.is_some_and(|known| {
        is_text(&known)
            || is_exact(&known)
            || known.starts_with("timestamp")
            || known.starts_with("time ")
            || matches!(
                known.as_str(),
                "boolean" | "date" | "interval" | "uuid" | "double precision" | "real"
            )
    });
    match joins_text || matches!(other, Node::Text(_)) {
        true => without_text(side),
        false => side,
    }
}

/// One side of any other operator: only a value of exactly the other side's type loses its cast.
fn of_same_type(side: Node, other: &Node, style: &Style) -> Node {
    let known = type_of(other, style);
    match side {
        Node::Cast { operand, kind } => match *operand {
            Node::Text(text) if known.as_deref() == Some(kind.as_str()) => value_of(&text, &kind),
            operand => Node::cast(operand, kind),
        },
        Node::Text(text) => match known {
            Some(known) => Node::Text(values::spelled(&text, &known)),
            None => Node::Text(text),
        },
        other => other,
    }
}

fn in_list(operand: Node, negated: bool, list: Vec<Node>, style: &Style) -> Node {
    let all_typed = list.iter().all(|item| match item {
        Node::Cast { operand, kind } => is_text(kind) && matches!(**operand, Node::Text(_)),
        _ => false,
    });
    let operand = match style.columns.is_none() && all_typed {
        true => without_text_of_column(operand),
        false => operand,
    };
    let list = listed(list, &operand, style);
    // A whole number among fractions is converted.
    let is_fraction = |item: &Node| matches!(item, Node::Number(number) if number.contains('.'));
    let operand = match list.iter().any(is_fraction) {
        true => implicit(operand, Some("numeric"), style),
        false => operand,
    };
    Node::In {
        operand: Box::new(operand),
        negated,
        list,
    }
}

/// `x = ANY (y)`, where `y` is an array.
fn quantified(left: Node, operator: String, all: bool, right: Node, style: &Style) -> Node {
    let of_items = match type_of(&right, style) {
        Some(kind) => kind.strip_suffix("[]").map(str::to_owned),
        None => None,
    };
    let left = match (left, of_items) {
        (Node::Cast { operand, kind }, Some(of)) if of == kind => match *operand {
            Node::Text(text) => value_of(&text, &kind),
            operand => Node::cast(operand, kind),
        },
        (left, _) => left,
    };
    let wanted = type_of(&left, style).map(|kind| format!("{kind}[]"));
    let is_array_of = |kind: &str| {
        let both_text = |wanted: &String| {
            matches!(kind, "text[]" | "character varying[]")
                && matches!(wanted.as_str(), "text[]" | "character varying[]")
        };
        wanted
            .as_ref()
            .is_some_and(|wanted| wanted == kind || both_text(wanted))
    };
    let right = match right {
        Node::Cast { operand, kind } if is_array_of(&kind) && matches!(*operand, Node::Text(_)) => {
            *operand
        }
        right => right,
    };
    Node::Quantified {
        left: Box::new(left),
        operator,
        all,
        right: Box::new(right),
    }
}
