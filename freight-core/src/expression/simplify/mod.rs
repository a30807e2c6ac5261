//! From a tree as it was written to the tree that every spelling of it has.
//!
//! Each rule keeps the result the same on every row; where that depends on a type that is not
//! known, the rule says what it takes for granted. What a catalog does by itself is undone, or
//! done to the written text as well.
//!
//! ```text
//! mod.rs     what holds in every database
//! logic.rs   NOT, BETWEEN, IN and rows
//! mysql.rs   what MySQL and MariaDB keep as something else
//! casts.rs   conversions that PostgreSQL adds; with compared.rs and choices.rs
//! types.rs   the type that an expression of PostgreSQL has
//! values.rs  strings of a known type
//! ```

mod casts;
mod choices;
mod compared;
mod logic;
mod mysql;
mod types;
mod values;

pub(super) use types::is_built_in;

use super::lexeme;
use super::literal;
use super::parse;
use super::style::Style;
use super::tree::{Call, Node};

/// Rounds after which a tree is taken as it is. One or two do in practice.
const ROUNDS: usize = 8;

/// The simplest tree that means the same.
pub(super) fn simplify(node: Node, style: &Style) -> Node {
    let mut node = node;
    for _ in 0..ROUNDS {
        let before = node.clone();
        node = casts::assigned(once(node, style), style);
        if node == before {
            break;
        }
    }
    node
}

/// Each node once, the children first.
fn once(node: Node, style: &Style) -> Node {
    // The casts in a list say more before it is looked at as an array of its own.
    let node = logic::lists(node, style);
    let node = node.map(&mut |child| once(child, style));
    let node = everywhere(node, style);
    let node = match style.habits.mysql_forms {
        true => mysql::simplify(node),
        false => node,
    };
    let node = logic::simplify(node, style);
    match style.habits.prints_conversions {
        true => casts::simplify(node, style),
        false => node,
    }
}

/// Rules that hold in every database.
fn everywhere(node: Node, style: &Style) -> Node {
    match node {
        Node::Prefix { operator, operand } => sign(operator, *operand),
        Node::Chain { and, operands } => flat(and, operands),
        Node::Case {
            operand,
            branches,
            otherwise,
        } => Node::Case {
            operand,
            branches,
            // A CASE without ELSE gives NULL.
            otherwise: otherwise.filter(|node| !is_null_of_any_type(node)),
        },
        Node::Call(call) => rewritten(call, style),
        other => other,
    }
}

/// `-1` is a number, `+1` is `1`.
fn sign(operator: String, operand: Node) -> Node {
    match (operator.as_str(), operand) {
        ("-", Node::Number(number)) if number.starts_with(|c: char| c.is_ascii_digit()) => {
            Node::Number(format!("-{number}"))
        }
        ("-", Node::Number(number)) if number.starts_with('-') => {
            Node::Number(number.trim_start_matches('-').to_owned())
        }
        ("+", Node::Number(number)) => Node::Number(number),
        (_, operand) => Node::Prefix {
            operator,
            operand: Box::new(operand),
        },
    }
}

/// `(a AND b) AND c` and `a AND (b AND c)` are `a AND b AND c`.
fn flat(and: bool, operands: Vec<Node>) -> Node {
    let mut all = Vec::with_capacity(operands.len());
    for operand in operands {
        match operand {
            Node::Chain {
                and: inner,
                operands,
            } if inner == and => all.extend(operands),
            other => all.push(other),
        }
    }
    Node::Chain { and, operands: all }
}

fn is_null_of_any_type(node: &Node) -> bool {
    match node {
        Node::Cast { operand, .. } => is_null_of_any_type(operand),
        other => other.is_null(),
    }
}

/// A call as the style rewrites it.
fn rewritten(call: Call, style: &Style) -> Node {
    let Some(arguments) = call.plain() else {
        return Node::Call(call);
    };
    let found = style
        .rewrites
        .iter()
        .find(|(name, count, _)| *name == call.name && *count == arguments.len());
    let template =
        found.and_then(|(_, _, template)| parse::parse(&lexeme::read(template, style), style));
    match template {
        Some(template) => filled(template, &arguments),
        None => Node::Call(call),
    }
}

/// A template with the arguments in the places of `$1`, `$2`….
fn filled(template: Node, arguments: &[&Node]) -> Node {
    if let Node::Verbatim(mark) = &template {
        let number = mark
            .strip_prefix('$')
            .and_then(|number| number.parse::<usize>().ok());
        let argument = number.and_then(|number| arguments.get(number.checked_sub(1)?));
        if let Some(argument) = argument {
            return (*argument).clone();
        }
    }
    template.map(&mut |child| filled(child, arguments))
}

/// True for a value that is written out.
fn is_literal(node: &Node) -> bool {
    match node {
        Node::Text(_) | Node::Number(_) | Node::Typed { .. } => true,
        Node::Cast { operand, .. } => is_literal(operand),
        _ => false,
    }
}

/// The key by which a list of values is ordered: its order says nothing.
fn list_key(node: &Node, style: &Style) -> String {
    super::print::print(node, style)
}

/// A number in the spelling of PostgreSQL's `numeric`, which has no exponent.
fn numeric(number: &str) -> Option<String> {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    Some(format!("{sign}{}", literal::plain_number(digits)?))
}
