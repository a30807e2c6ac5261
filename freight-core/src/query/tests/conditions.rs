//! Conditions, and how they are put together.

use super::*;

/// `SELECT * FROM crates WHERE …` of the steps.
fn filter(steps: &str) -> String {
    format!(r#"[{{"table":"crates"}},{steps}]"#)
}

#[track_caller]
fn holds(steps: &str, expected: &str) {
    same(
        &filter(steps),
        &format!("SELECT * FROM crates WHERE {expected}"),
    );
}

#[test]
fn a_column_is_compared_with_a_value() {
    for (name, written) in [
        ("=", "="),
        ("!=", "<>"),
        ("<>", "<>"),
        ("<", "<"),
        ("<=", "<="),
        (">", ">"),
        (">=", ">="),
        ("like", "LIKE"),
        ("not_like", "NOT LIKE"),
    ] {
        holds(
            &format!(r#"["where",["{name}","kg"]]"#),
            &format!("kg {written} ?"),
        );
    }
    each(
        &filter(r#"["where",["ilike","label"]]"#),
        [
            "SELECT * FROM crates WHERE label LIKE ?",
            "SELECT * FROM crates WHERE label ILIKE ?",
            "SELECT * FROM crates WHERE LOWER(label) LIKE LOWER(?)",
        ],
    );
}

#[test]
fn conditions_are_folded_from_the_left() {
    let where_a = r#"["where",["=","a"]]"#;
    let where_b = r#"["where",["=","b"]]"#;
    let or_b = r#"["or_where",["=","b"]]"#;
    let where_c = r#"["where",["=","c"]]"#;
    let or_c = r#"["or_where",["=","c"]]"#;
    holds(where_a, "a = ?");
    holds(
        &format!("{where_a},{where_b},{where_c}"),
        "a = ? AND b = ? AND c = ?",
    );
    holds(
        &format!("{where_a},{or_b},{or_c}"),
        "a = ? OR b = ? OR c = ?",
    );
    holds(
        &format!("{where_a},{or_b},{where_c}"),
        "(a = ? OR b = ?) AND c = ?",
    );
    // AND binds tighter by itself.
    holds(
        &format!("{where_a},{where_b},{or_c}"),
        "a = ? AND b = ? OR c = ?",
    );
    holds(or_b, "b = ?");
    holds(r#"["where_not",["=","a"]]"#, "NOT (a = ?)");
    holds(
        &format!(r#"{where_a},["where_not",["or",["=","b"],["null","c"]]],{or_c}"#),
        "a = ? AND NOT (b = ? OR c IS NULL) OR c = ?",
    );
}

#[test]
fn outer_conditions_hold_whatever_comes_later() {
    holds(
        r#"["outer",["null","deleted_at"]],["where",["=","a"]],["or_where",["=","b"]]"#,
        "(a = ? OR b = ?) AND deleted_at IS NULL",
    );
    holds(r#"["outer",["null","deleted_at"]]"#, "deleted_at IS NULL");
    holds(
        r#"["outer",["or",["=","x"],["=","y"]]],["where",["sql","a = 1 OR b = 2"]]"#,
        "(a = 1 OR b = 2) AND (x = ? OR y = ?)",
    );
}
