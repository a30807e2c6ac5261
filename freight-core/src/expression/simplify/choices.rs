//! Values of PostgreSQL among others: in `CASE`, `COALESCE`, arrays, and arguments of functions.

use super::super::style::Style;
use super::super::tree::{Call, Node};
use super::casts::{converted, implicit, operand, without_text};
use super::compared::{compared, is_whole, same_as_literal, value_of};
use super::types::{common, is_exact, is_of_text_alone, is_text, type_of, wider};

/// Functions that ask for the type of a string which has none, and not for its value.
const FUNCTIONS_OF_TYPES: &[&str] = &["nullif", "pg_typeof"];

/// An array of strings without a type is one of `text`.
pub(super) fn array(items: Vec<Node>) -> Vec<Node> {
    let is_text_value = |item: &Node| match item {
        Node::Cast { operand, kind } => kind == "text" && matches!(**operand, Node::Text(_)),
        other => matches!(other, Node::Text(_)),
    };
    match items.iter().all(is_text_value) {
        true => items.into_iter().map(without_text).collect(),
        false => items,
    }
}

pub(super) fn case(
    operand: Option<Box<Node>>,
    branches: Vec<(Node, Node)>,
    otherwise: Option<Box<Node>>,
    style: &Style,
) -> Node {
    let compare = |when: Node| match &operand {
        Some(operand) => compared(when, operand, style),
        None => when,
    };
    let (whens, mut results): (Vec<_>, Vec<_>) = branches
        .into_iter()
        .map(|(when, then)| (compare(when), then))
        .unzip();
    let has_otherwise = otherwise.is_some();
    results.extend(otherwise.map(|node| *node));
    let mut results = choices(results, style);
    let otherwise = match has_otherwise {
        true => results.pop().map(Box::new),
        false => None,
    };
    Node::Case {
        operand,
        branches: whens.into_iter().zip(results).collect(),
        otherwise,
    }
}

/// Values of which one is the result: the type of one is the type of all.
fn choices(items: Vec<Node>, style: &Style) -> Vec<Node> {
    let not_literal = |item: &&Node| !super::is_literal(item) && !item.is_null();
    let known = common(items.iter().filter(not_literal), style);
    let items = items
        .into_iter()
        .map(|item| choice(item, known.as_deref()))
        .collect();
    widened(items, style)
}

/// Numbers of several types become the widest of them, with or without a cast.
///
/// <https://www.postgresql.org/docs/current/typeconv-union-case.html>
fn widened(items: Vec<Node>, style: &Style) -> Vec<Node> {
    let mut items = items;
    // Each is tried with all others; nobody writes so many.
    for index in 0..items.len().min(64) {
        let Some(Node::Cast { operand, kind }) = items.get(index).cloned() else {
            continue;
        };
        let is_narrower = type_of(&operand, style)
            .is_some_and(|of| of != kind && wider(&of, &kind) == Some(&kind));
        let mut without = items.clone();
        if let Some(item) = without.get_mut(index) {
            *item = *operand;
        }
        if is_narrower && common(without.iter(), style).as_deref() == Some(&kind) {
            items = without;
        }
    }
    items
}

fn choice(item: Node, known: Option<&str>) -> Node {
    match (item, known) {
        (Node::Cast { operand, kind }, Some(known)) => match *operand {
            Node::Text(text)
                if same_as_literal(known) == same_as_literal(&kind)
                    || (is_text(known) && is_text(&kind)) =>
            {
                value_of(&text, known)
            }
            Node::Number(number) if known == kind => Node::Number(number),
            null if null.is_null() && same_as_literal(known) == same_as_literal(&kind) => null,
            operand => Node::cast(operand, kind),
        },
        (Node::Text(text), Some(known)) => value_of(&text, known),
        (item, None) => without_text(item),
        (item, _) => item,
    }
}

pub(super) fn function(call: Call, style: &Style) -> Node {
    let name = call.name.clone();
    if is_choice(&name) && call.plain().is_some() {
        let items = call.arguments.into_iter().map(|(_, node)| node).collect();
        return Node::Call(Call::new(name, choices(items, style)));
    }
    let argument = |node: Node| match node {
        Node::Cast { operand, kind } => match *operand {
            // A string without a type is `text` for every function that takes one.
            // https://www.postgresql.org/docs/current/typeconv-func.html
            Node::Text(text) if kind == "text" && !FUNCTIONS_OF_TYPES.contains(&name.as_str()) => {
                Node::Text(text)
            }
            // `point` takes nothing else.
            Node::Number(number) if kind == "double precision" && name == "point" => {
                Node::Number(number)
            }
            // The blanks at the end go either way.
            column
                if kind == "text"
                    && is_of_text_alone(&name)
                    && type_of(&column, style).as_deref() == Some("character") =>
            {
                column
            }
            operand => Node::cast(operand, kind),
        },
        other => other,
    };
    let arguments = call.arguments.into_iter();
    let call = Call {
        arguments: arguments
            .map(|(before, node)| (before, argument(node)))
            .collect(),
        ..call
    };
    Node::Call(match name.as_str() {
        "nullif" => pair(call, |first, second| {
            let second = compared(second, &first, style);
            let wanted = type_of(&first, style);
            (first, implicit(second, wanted.as_deref(), style))
        }),
        // As `%`: a number has the type of the other side.
        "mod" => pair(call, |first, second| {
            let second = operand(second, &first, style);
            converted(operand(first, &second, style), second, style)
        }),
        _ => call,
    })
}

/// A call with its two arguments changed together.
fn pair(call: Call, change: impl Fn(Node, Node) -> (Node, Node)) -> Call {
    let (first, second) = match call.plain().as_deref() {
        Some([first, second]) => change((*first).clone(), (*second).clone()),
        _ => return call,
    };
    Call::new(call.name, vec![first, second])
}

/// Inside of what is compared anyway, a whole number means the same in each exact type.
pub(super) fn whole_values(node: Node) -> Node {
    let bare = |node: Node| match node {
        Node::Cast { operand, kind } => match *operand {
            Node::Number(number) if is_whole(&number) && is_exact(&kind) => Node::Number(number),
            operand => Node::cast(operand, kind),
        },
        other => other,
    };
    match node {
        Node::Call(call) if is_choice(&call.name) || call.name == "mod" => Node::Call(Call {
            arguments: call
                .arguments
                .into_iter()
                .map(|(before, node)| (before, bare(node)))
                .collect(),
            ..call
        }),
        Node::Case {
            operand,
            branches,
            otherwise,
        } => Node::Case {
            operand,
            branches: branches
                .into_iter()
                .map(|(when, then)| (when, bare(then)))
                .collect(),
            otherwise: otherwise.map(|node| Box::new(bare(*node))),
        },
        other => other,
    }
}

fn is_choice(name: &str) -> bool {
    matches!(name, "coalesce" | "greatest" | "least")
}
