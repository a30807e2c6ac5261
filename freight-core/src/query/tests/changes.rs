//! INSERT, UPDATE and DELETE.

use super::*;

#[test]
fn an_update_has_its_values_before_those_of_its_conditions() {
    let steps = r#"[{"table":"users"},["where",["=","name"]],["update",["age","order"]]]"#;
    each(
        steps,
        [
            "UPDATE users SET age = ?, `order` = ? WHERE name = ?",
            "UPDATE users SET age = ?, \"order\" = ? WHERE name = ?",
            "UPDATE users SET age = ?, `order` = ? WHERE name = ?",
        ],
    );
    order(steps, &[1, 2, 0]);
    same(
        r#"[{"table":"users"},["update",["views","seen"],{"views":"increment"}]]"#,
        "UPDATE users SET views = views + ?, seen = ?",
    );
    same(
        r#"[{"table":"users"},["update",["a"],[]]]"#,
        "UPDATE users SET a = ?",
    );
}

#[test]
fn an_update_says_what_it_sets() {
    let kind = ErrorKind::BadArgument;
    refused(
        r#"[{"table":"users"},["update",[]]]"#,
        kind,
        "argument 1 of `update` in a query must be a list of columns",
    );
    refused(
        r#"[{"table":"users"},["update",["a"],{"b":"increment"}]]"#,
        kind,
        "`b` is incremented and not among the columns of `update`",
    );
    refused(
        r#"[{"table":"users"},["update",["a"],{"a":"double"}]]"#,
        kind,
        "argument 2 of `update` in a query must be an object whose values are `increment`",
    );
}
