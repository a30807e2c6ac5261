//! `NOT`, `BETWEEN`, `IN` and comparisons of rows.

use super::super::style::Style;
use super::super::tree::Node;
use super::{is_literal, list_key};

pub(super) fn simplify(node: Node, style: &Style) -> Node {
    let habits = style.habits;
    match node {
        Node::Not(operand) if habits.moves_negations => negated(*operand),
        Node::Chain { and, operands } if habits.moves_negations => Node::Chain {
            and,
            operands: operands.into_iter().map(condition).collect(),
        },
        Node::Between {
            operand,
            negated,
            low,
            high,
        } if habits.expands_predicates && operand.may_be_repeated() => {
            between(*operand, negated, *low, *high)
        }
        Node::In {
            operand,
            negated,
            list,
        } => in_list(*operand, negated, list, style),
        Node::Infix {
            operator,
            left,
            right,
        } if habits.expands_predicates => rows(operator, *left, *right),
        other => other,
    }
}

/// `x = ANY (ARRAY[…])` is `x IN (…)`, `x <> ALL (ARRAY[…])` is `x NOT IN (…)`.
pub(super) fn lists(node: Node, style: &Style) -> Node {
    match node {
        Node::Quantified {
            left,
            operator,
            all,
            right,
        } => quantified(*left, operator, all, *right, style),
        other => other,
    }
}

/// The opposite of a condition, as MySQL and MariaDB keep it: without `NOT`, if there is a way.
/// All of these are NULL when the original is.
fn negated(node: Node) -> Node {
    match node {
        // Other values would become 0 or 1.
        Node::Not(operand) if is_condition(&operand) => condition(*operand),
        Node::Chain { and, operands } => Node::Chain {
            and: !and,
            operands: operands.into_iter().map(negated).collect(),
        },
        Node::Infix {
            operator,
            left,
            right,
        } => match opposite(&operator) {
            Some(opposite) => Node::Infix {
                operator: opposite.to_owned(),
                left,
                right,
            },
            None => no_comparison_negated(Node::Infix {
                operator,
                left,
                right,
            }),
        },
        Node::In {
            operand,
            negated,
            list,
        } => Node::In {
            operand,
            negated: !negated,
            list,
        },
        Node::Between {
            operand,
            negated,
            low,
            high,
        } => Node::Between {
            operand,
            negated: !negated,
            low,
            high,
        },
        Node::Postfix { operand, words } => Node::Postfix {
            operand,
            words: match words.strip_prefix("IS NOT ") {
                Some(rest) => format!("IS {rest}"),
                None => words.replacen("IS ", "IS NOT ", 1),
            },
        },
        other => no_comparison_negated(other),
    }
}

/// `NOT x` of a column: `x = 0`.
fn no_comparison_negated(node: Node) -> Node {
    match node {
        Node::Name(_) => Node::infix("=", node, Node::Number("0".to_owned())),
        other => Node::Not(Box::new(other)),
    }
}

/// What stands between `AND` or `OR`: a column is compared with 0. Nothing else is, because a
/// string may be true by itself and equal 0, as `'0.3'` does in MariaDB.
fn condition(node: Node) -> Node {
    match node {
        Node::Name(_) => Node::infix("<>", node, Node::Number("0".to_owned())),
        other => other,
    }
}

/// True for what gives only true, false or NULL, or is made to by [`condition`].
fn is_condition(node: &Node) -> bool {
    match node {
        Node::Name(_)
        | Node::Not(_)
        | Node::Chain { .. }
        | Node::Postfix { .. }
        | Node::In { .. }
        | Node::Between { .. }
        | Node::Quantified { .. } => true,
        Node::Infix { operator, .. } => {
            opposite(operator).is_some() || matches!(operator.as_str(), "XOR" | "<=>")
        }
        Node::Call(call) => call.name == "EXISTS",
        _ => false,
    }
}

fn opposite(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "=" => "<>",
        "<>" => "=",
        "<" => ">=",
        ">=" => "<",
        ">" => "<=",
        "<=" => ">",
        "LIKE" => "NOT LIKE",
        "NOT LIKE" => "LIKE",
        "REGEXP" => "NOT REGEXP",
        "NOT REGEXP" => "REGEXP",
        _ => return None,
    })
}

/// `x BETWEEN a AND b` is `x >= a AND x <= b`, the opposite is `x < a OR x > b`.
fn between(operand: Node, negated: bool, low: Node, high: Node) -> Node {
    let (from, to) = if negated { ("<", ">") } else { (">=", "<=") };
    Node::Chain {
        and: !negated,
        operands: vec![
            Node::infix(from, operand.clone(), low),
            Node::infix(to, operand, high),
        ],
    }
}

fn quantified(left: Node, operator: String, all: bool, right: Node, style: &Style) -> Node {
    let negated = match (operator.as_str(), all) {
        ("=", false) => Some(false),
        ("<>", true) => Some(true),
        _ => None,
    };
    if let (Some(negated), true) = (negated, is_subquery(&right)) {
        return Node::In {
            operand: Box::new(left),
            negated,
            list: vec![right],
        };
    }
    match (negated, members(right, &left, style)) {
        (Some(negated), Ok(list)) => Node::In {
            operand: Box::new(left),
            negated,
            list,
        },
        (_, Ok(list)) => Node::Quantified {
            left: Box::new(left),
            operator,
            all,
            right: Box::new(Node::Array(list)),
        },
        (_, Err(right)) => Node::Quantified {
            left: Box::new(left),
            operator,
            all,
            right: Box::new(right),
        },
    }
}

/// What an array is made of, or the thing itself where that says something else. A cast of an
/// array is a cast of each of its elements.
fn members(right: Node, left: &Node, style: &Style) -> Result<Vec<Node>, Node> {
    let is_flat = |items: &[Node]| {
        !items.is_empty() && !items.iter().any(|item| matches!(item, Node::Array(_)))
    };
    match right {
        Node::Array(items) if is_flat(&items) => own_types(items, left, style).map_err(Node::Array),
        Node::Cast { operand, kind } => match (*operand, kind.strip_suffix("[]")) {
            (Node::Array(items), Some(of)) if is_flat(&items) => {
                Ok(items.into_iter().map(|item| Node::cast(item, of)).collect())
            }
            (operand, _) => Err(Node::cast(operand, kind)),
        },
        other => Err(other),
    }
}

/// The elements of an array as values of a list. In a list they would be read as the type of what
/// they are compared with; in an array strings are `text` by themselves, and fractions `numeric`.
fn own_types(items: Vec<Node>, left: &Node, style: &Style) -> Result<Vec<Node>, Vec<Node>> {
    if !style.habits.prints_conversions {
        return Ok(items);
    }
    let is_text = |item: &Node| matches!(item, Node::Text(_));
    if items.iter().all(is_text) {
        return Ok(items
            .into_iter()
            .map(|item| Node::cast(item, "text"))
            .collect());
    }
    let is_real = super::types::type_of(left, style).as_deref() == Some("real");
    let is_number = |item: &Node| matches!(item, Node::Number(_));
    match items.iter().any(is_text) || (is_real && items.iter().any(is_number)) {
        true => Err(items),
        false => Ok(items),
    }
}

/// True for `(SELECT …)`.
fn is_subquery(node: &Node) -> bool {
    matches!(node, Node::Verbatim(text) if text.starts_with('('))
}

/// A list: values of one kind in a fixed order and each once; one value is a comparison; columns
/// and rows in it are comparisons joined by `OR`, where the database prints that.
fn in_list(operand: Node, negated: bool, list: Vec<Node>, style: &Style) -> Node {
    let is_subquery = matches!(list.as_slice(), [only] if is_subquery(only));
    let operator = if negated { "<>" } else { "=" };
    if style.habits.single_lists_are_comparisons && list.len() == 1 && !is_subquery {
        let only = list.into_iter().next().unwrap_or_else(Node::null);
        return logic_again(Node::infix(operator, operand, only), style);
    }
    let expands = style.habits.expands_predicates && operand.may_be_repeated();
    if expands && !is_subquery && list.iter().any(stands_alone) {
        let operands = expanded(operator, &operand, negated, list);
        let operands = operands
            .into_iter()
            .map(|node| logic_again(node, style))
            .collect();
        return Node::Chain {
            and: negated,
            operands,
        };
    }
    Node::In {
        operand: Box::new(operand),
        negated,
        list: in_order(list, style),
    }
}

/// True for what PostgreSQL compares by itself and not as a part of an array: what names a column,
/// and rows.
fn stands_alone(item: &Node) -> bool {
    matches!(item, Node::Row(_)) || item.any(&|node| matches!(node, Node::Name(_)))
}

/// The comparisons that a list with columns stands for. Two or more values without columns stay
/// together, in front.
fn expanded(operator: &str, operand: &Node, negated: bool, list: Vec<Node>) -> Vec<Node> {
    let (alone, mut together): (Vec<Node>, Vec<Node>) =
        list.iter().cloned().partition(stands_alone);
    let compare = |item: Node| Node::infix(operator, operand.clone(), item);
    if together.len() < 2 {
        return list.into_iter().map(compare).collect();
    }
    let mut all = vec![Node::In {
        operand: Box::new(operand.clone()),
        negated,
        list: std::mem::take(&mut together),
    }];
    all.extend(alone.into_iter().map(compare));
    all
}

fn logic_again(node: Node, style: &Style) -> Node {
    match style.habits.expands_predicates {
        true => simplify(node, style),
        false => node,
    }
}

/// Which value of a list comes first makes no difference, if all are of one kind.
fn in_order(list: Vec<Node>, style: &Style) -> Vec<Node> {
    let all_text = list.iter().all(|item| matches!(item, Node::Text(_)));
    let all_numbers = list.iter().all(|item| matches!(item, Node::Number(_)));
    let all_cast = list.iter().all(|item| {
        let kind = |node: &Node| match node {
            Node::Cast { kind, .. } => Some(kind.clone()),
            _ => None,
        };
        is_literal(item) && kind(item).is_some() && kind(item) == list.first().and_then(kind)
    });
    if !(all_text || all_numbers || all_cast) {
        return list;
    }
    let mut list = list;
    list.sort_by_cached_key(|item| list_key(item, style));
    let mut once = list.clone();
    once.dedup();
    // In PostgreSQL, one value may be compared as another type than several of them.
    match once.len() < 2 && style.habits.prints_conversions {
        true => list,
        false => once,
    }
}

/// `(a, b) = (1, 2)` is `a = 1 AND b = 2`, and `<>` is `a <> 1 OR b <> 2`.
fn rows(operator: String, left: Node, right: Node) -> Node {
    match (operator.as_str(), left, right) {
        ("=" | "<>", Node::Row(left), Node::Row(right)) if left.len() == right.len() => {
            let pairs = left.into_iter().zip(right);
            let operands = pairs.map(|(left, right)| Node::infix(operator.clone(), left, right));
            Node::Chain {
                and: operator == "=",
                operands: operands.collect(),
            }
        }
        (_, left, right) => Node::infix(operator, left, right),
    }
}
