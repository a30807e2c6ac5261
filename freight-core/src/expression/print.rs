//! From a tree to its canonical text.
//!
//! Everything that is made of several parts is in parentheses where it is an operand: the text
//! reads the same whatever binds stronger. Words are in upper case, names as they are.

use super::literal;
use super::style::Style;
use super::tree::{Call, Node};

/// The canonical text of a tree.
pub(super) fn print(node: &Node, style: &Style) -> String {
    match node {
        Node::Text(value) => literal::text(value, style),
        Node::Number(text) | Node::Word(text) | Node::Verbatim(text) => text.clone(),
        Node::Typed { kind, text } => format!("{kind} {}", literal::text(text, style)),
        Node::Name(parts) => parts.join("."),
        Node::Not(operand) => format!("NOT {}", inner(operand, style)),
        Node::Prefix { operator, operand } => format!("{operator} {}", inner(operand, style)),
        Node::Infix {
            operator,
            left,
            right,
        } => infix(operator, left, right, style),
        Node::Chain { and, operands } => {
            let operands: Vec<_> = operands.iter().map(|node| inner(node, style)).collect();
            operands.join(if *and { " AND " } else { " OR " })
        }
        Node::Postfix { operand, words } => format!("{} {words}", inner(operand, style)),
        Node::In {
            operand,
            negated,
            list,
        } => format!(
            "{} {}IN {}",
            inner(operand, style),
            not(*negated),
            in_list(list, style)
        ),
        Node::Between {
            operand,
            negated,
            low,
            high,
        } => format!(
            "{} {}BETWEEN {} AND {}",
            inner(operand, style),
            not(*negated),
            inner(low, style),
            inner(high, style)
        ),
        Node::Quantified {
            left,
            operator,
            all,
            right,
        } => {
            let quantifier = if *all { "ALL" } else { "ANY" };
            let right = match &**right {
                Node::Verbatim(subquery) if subquery.starts_with('(') => subquery.clone(),
                other => format!("({})", print(other, style)),
            };
            format!("{} {operator} {quantifier} {right}", inner(left, style))
        }
        Node::Call(call) => print_call(call, style),
        Node::Cast { operand, kind } => format!("CAST({} AS {kind})", print(operand, style)),
        Node::Case {
            operand,
            branches,
            otherwise,
        } => case(operand.as_deref(), branches, otherwise.as_deref(), style),
        Node::Array(items) => format!("ARRAY[{}]", commas(items, style)),
        // SQLite has no word for it.
        Node::Row(items) if items.len() > 1 && !style.habits.casts_with_colons => {
            format!("({})", commas(items, style))
        }
        Node::Row(items) => format!("ROW({})", commas(items, style)),
        Node::Subscript { operand, index } => {
            let index = match &**index {
                Node::Infix {
                    operator,
                    left,
                    right,
                } if operator == ":" => format!("{} : {}", inner(left, style), inner(right, style)),
                index => print(index, style),
            };
            match &**operand {
                simple @ (Node::Name(_) | Node::Subscript { .. }) => {
                    format!("{}[{index}]", print(simple, style))
                }
                other => format!("({})[{index}]", print(other, style)),
            }
        }
        Node::Field { operand, field } => format!("({}).{field}", print(operand, style)),
        Node::Interval { amount, unit } => format!("INTERVAL {} {unit}", inner(amount, style)),
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

/// An operand: in parentheses unless it is of one piece.
fn inner(node: &Node, style: &Style) -> String {
    let is_one_piece = match node {
        Node::Number(number) => !number.starts_with('-'),
        Node::Text(_)
        | Node::Word(_)
        | Node::Verbatim(_)
        | Node::Name(_)
        | Node::Cast { .. }
        | Node::Case { .. }
        | Node::Array(_)
        | Node::Row(_)
        | Node::Subscript { .. }
        | Node::Field { .. }
        // It is no operand by itself, and may not be in parentheses.
        | Node::Interval { .. } => true,
        Node::Call(call) => call.after.is_empty(),
        _ => false,
    };
    match is_one_piece {
        true => print(node, style),
        false => format!("({})", print(node, style)),
    }
}

fn infix(operator: &str, left: &Node, right: &Node, style: &Style) -> String {
    let right = match right {
        // `LIKE x ESCAPE y` is one form, and does not read with parentheses.
        Node::Infix {
            operator,
            left,
            right,
        } if operator == "ESCAPE" => {
            format!("{} ESCAPE {}", inner(left, style), inner(right, style))
        }
        other => inner(other, style),
    };
    format!("{} {operator} {right}", inner(left, style))
}

fn in_list(list: &[Node], style: &Style) -> String {
    match list {
        [Node::Verbatim(subquery)] if subquery.starts_with('(') => subquery.clone(),
        _ => format!("({})", commas(list, style)),
    }
}

fn commas(items: &[Node], style: &Style) -> String {
    let items: Vec<_> = items.iter().map(|node| print(node, style)).collect();
    items.join(", ")
}

fn print_call(call: &Call, style: &Style) -> String {
    let mut text = format!("{}(", call.name);
    let mut pieces = Vec::new();
    if !call.before.is_empty() {
        pieces.push(call.before.clone());
    }
    for (before, node) in &call.arguments {
        match before.as_str() {
            "" => {}
            "," => {
                if let Some(last) = pieces.last_mut() {
                    last.push(',');
                }
            }
            word => pieces.push(word.to_owned()),
        }
        // `IN` is also an operator, and must not be taken for one.
        let is_between_words = !matches!(before.as_str(), "" | ",")
            || call
                .arguments
                .iter()
                .any(|(before, _)| before.chars().any(char::is_alphabetic));
        pieces.push(match is_between_words {
            true => inner(node, style),
            false => print(node, style),
        });
    }
    if !call.inside.is_empty() {
        pieces.push(call.inside.clone());
    }
    text.push_str(&pieces.join(" "));
    text.push(')');
    if !call.after.is_empty() {
        text.push(' ');
        text.push_str(&call.after);
    }
    text
}

fn case(
    operand: Option<&Node>,
    branches: &[(Node, Node)],
    otherwise: Option<&Node>,
    style: &Style,
) -> String {
    let mut text = String::from("CASE");
    if let Some(operand) = operand {
        text.push_str(&format!(" {}", inner(operand, style)));
    }
    for (when, then) in branches {
        let (when, then) = (print(when, style), print(then, style));
        text.push_str(&format!(" WHEN {when} THEN {then}"));
    }
    if let Some(otherwise) = otherwise {
        text.push_str(&format!(" ELSE {}", print(otherwise, style)));
    }
    text + " END"
}
