//! What MySQL and MariaDB keep as something else than was written.
//!
//! What can be said as a call and an expression stands in `dialect/mysql/expressions.rs`.

use super::super::tree::{Call, Node};

pub(super) fn simplify(node: Node) -> Node {
    match node {
        Node::Infix {
            operator,
            left,
            right,
        } => infix(operator, *left, *right),
        Node::Postfix { operand, words } => Node::Postfix {
            operand,
            // A truth value that is not known is NULL.
            words: words.replace("UNKNOWN", "NULL"),
        },
        Node::Call(call) => days_added(call),
        other => other,
    }
}

fn infix(operator: String, left: Node, right: Node) -> Node {
    let extracted = |left: Node, right: Node| Call::new("json_extract", vec![left, right]);
    match (operator.as_str(), left, right) {
        ("+", interval @ Node::Interval { .. }, other) => Node::infix("+", other, interval),
        // https://dev.mysql.com/doc/refman/8.4/en/json-search-functions.html#operator_json-column-path
        ("->", left, right) => Node::Call(extracted(left, right)),
        ("->>", left, right) => {
            let inner = Node::Call(extracted(left, right));
            Node::Call(Call::new("json_unquote", vec![inner]))
        }
        (_, left, right) => Node::infix(operator, left, right),
    }
}

/// `ADDDATE(x, 5)` adds days, and `ADDDATE(x, INTERVAL 5 HOUR)` adds that; `SUBDATE` likewise.
fn days_added(call: Call) -> Node {
    let operator = match call.name.as_str() {
        "adddate" => "+",
        "subdate" => "-",
        _ => return Node::Call(call),
    };
    let (date, amount) = match call.plain().as_deref() {
        Some([date, amount]) => ((*date).clone(), (*amount).clone()),
        _ => return Node::Call(call),
    };
    let interval = match amount {
        interval @ Node::Interval { .. } => interval,
        days => Node::Interval {
            amount: Box::new(days),
            unit: "day".to_owned(),
        },
    };
    Node::infix(operator, date, interval)
}
