//! Random steps: nothing panics, no value is lost, and no name becomes anything but a name.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value as Json, json};

use super::hostile::check_harmless;
use super::*;
use crate::sql::placeholders;

/// A part of a query, and how many values it brings.
type Part = (Json, usize);

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => proptest::sample::select(vec!["a", "b", "kg", "order", "t.a", "t.user", "Mixed", "n.t.a"])
            .prop_map(str::to_owned),
        1 => "[a-z\"'`;?\\\\$ \\[\\]()*/#-]{1,8}",
        1 => any::<String>(),
    ]
}

fn expression() -> impl Strategy<Value = Part> {
    let text = prop_oneof![
        4 => name(),
        1 => proptest::sample::select(vec!["COUNT(*)", "max(kg)", "COUNT(DISTINCT t.a)", "COALESCE(a, 0)"])
            .prop_map(str::to_owned),
    ];
    prop_oneof![4 => text.prop_map(|text| (json!(text), 0)), 1 => sql()]
}

fn sql() -> impl Strategy<Value = Part> {
    proptest::sample::select(vec![
        (json!(["sql", "a = ? OR \"b\" = ?"]), 2),
        (json!(["sql", "x IS NULL -- ?"]), 0),
        (json!(["sql", "y = '?' AND z > ?"]), 1),
    ])
}

fn condition() -> impl Strategy<Value = Part> {
    let leaf = prop_oneof![
        (
            proptest::sample::select(vec!["=", "!=", "<", "like", "ilike", "contains"]),
            name()
        )
            .prop_map(|(operator, name)| (json!([operator, name]), 1)),
        (proptest::sample::select(vec!["null", "not_null"]), name())
            .prop_map(|(operator, name)| (json!([operator, name]), 0)),
        (
            proptest::sample::select(vec!["between", "not_between"]),
            name()
        )
            .prop_map(|(operator, name)| (json!([operator, name]), 2)),
        (
            proptest::sample::select(vec!["in", "not_in"]),
            name(),
            0_usize..4
        )
            .prop_map(|(operator, name, count)| (json!([operator, name, count]), count)),
        (name(), name(), 0_usize..3)
            .prop_map(|(a, b, count)| (json!(["tuple_in", [a, b], count]), 2 * count)),
        (
            name(),
            name(),
            proptest::sample::select(vec!["string", "number", "boolean"])
        )
            .prop_map(|(name, path, kind)| (json!(["json", name, path, "=", kind]), 1)),
        (name(), name()).prop_map(|(a, b)| (json!(["columns", a, "=", b]), 0)),
        sql(),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            (proptest::sample::select(vec!["and", "or"]), list).prop_map(|(name, parts)| {
                let count = parts.iter().map(|(_, count)| count).sum();
                let mut list = vec![json!(name)];
                list.extend(parts.into_iter().map(|(json, _)| json));
                (Json::Array(list), count)
            }),
            inner.clone().prop_map(|(json, count)| (json!(["not", json]), count)),
            inner
                .clone()
                .prop_map(|(json, count)| (json!(["group", ["where", json], ["or_where", ["null", "a"]]]), count)),
            (inner.clone(), name()).prop_map(|((json, count), name)| {
                (json!(["in", name, [{"table": "t", "key": ["id"]}, ["where", json]]]), count)
            }),
            (inner, proptest::option::of(0_usize..9)).prop_map(|((json, count), limit)| {
                (json!(["exists", [{"table": "u"}, ["where", json], ["limit", limit.unwrap_or(1)]]]), count)
            }),
        ]
    })
}

fn step() -> impl Strategy<Value = Part> {
    prop_oneof![
        6 => (proptest::sample::select(vec!["where", "or_where", "where_not", "outer", "having"]), condition())
            .prop_map(|(name, (json, count))| (json!([name, json]), count)),
        2 => (expression(), proptest::sample::select(vec!["asc", "desc"]), proptest::option::of(proptest::sample::select(vec!["first", "last"])))
            .prop_map(|((json, count), direction, nulls)| (json!(["order", json, direction, nulls]), count)),
        2 => expression().prop_map(|(json, count)| (json!(["select", json]), count)),
        1 => expression().prop_map(|(json, count)| (json!(["group", json]), count)),
        1 => proptest::sample::select(vec![json!(["distinct"]), json!(["reverse"]), json!(["limit", 3]), json!(["offset", 2]), json!(["per", "a", 2, 0]), json!(["join", "inner", "u", "u.t_id = t.id"])])
            .prop_map(|json| (json, 0)),
    ]
}

fn asked() -> impl Strategy<Value = Part> {
    prop_oneof![
        4 => Just((Json::Null, 0)),
        1 => Just((json!(["count"]), 0)),
        1 => Just((json!(["exists"]), 0)),
        1 => expression().prop_map(|(json, count)| (json!(["sum", json]), count)),
        1 => name().prop_map(|name| (json!(["count_by", name]), 0)),
        1 => Just((json!(["delete"]), 0)),
        2 => (name(), name())
            .prop_map(|(a, b)| (json!(["update", [a.clone(), b], {a: "increment"}]), 2)),
    ]
}

/// A query, how many values it brings, whether SQL of somebody's own is in it, and whether its rows
/// are asked for.
fn query() -> impl Strategy<Value = (Json, usize, bool, bool)> {
    (proptest::collection::vec(step(), 0..8), asked()).prop_map(|(steps, asked)| {
        let mut list = vec![json!({"table": "t", "key": ["id"], "columns": {"kg": "we\"ight"}})];
        let mut count = asked.1;
        for (json, values) in steps {
            list.push(json);
            count += values;
        }
        let asked_rows = asked.0.is_null();
        if !asked_rows {
            list.push(asked.0);
        }
        let json = Json::Array(list);
        let has_sql = json.to_string().contains(r#"["sql","#);
        (json, count, has_sql, asked_rows)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_value_has_its_place((json, count, has_sql, asked_rows) in query()) {
        let text = json.to_string();
        for (dialect, server) in servers() {
            // Not every query makes sense; none panics, and an error is never a lost value.
            let rendered = match render(&text, dialect, &server) {
                Ok(rendered) => rendered,
                Err(error) => {
                    prop_assert_ne!(error.kind(), ErrorKind::Database, "{}: {}", text, error);
                    continue;
                }
            };
            let mut values = rendered.order.clone();
            values.sort_unstable();
            values.dedup();
            // A count takes no order and no selection with it, and no values of theirs.
            match asked_rows {
                true => prop_assert_eq!(&values, &(0..count).collect::<Vec<_>>(), "{}", rendered.sql),
                false => prop_assert!(values.iter().all(|value| *value < count), "{}", rendered.sql),
            }
            let found = placeholders(&rendered.sql, dialect.dialect().lexicon(), false);
            prop_assert_eq!(found.count, rendered.order.len(), "{}", rendered.sql);
            if !has_sql {
                check_harmless(dialect, &rendered.sql, &[]);
            }
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), steps in "[\\[\\]{}\",a-z0-9]{0,40}") {
        for (dialect, server) in servers() {
            let _ = render(&text, dialect, &server);
            let _ = render(&format!(r#"[{{"table":"t"}},{steps}]"#), dialect, &server);
        }
        let _ = check_expression(&text);
        let _ = check_join(&text);
    }
}

/// The first property would say little if most of the queries were refused.
#[test]
fn many_random_queries_make_sense() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let queries = (0..400).map(|_| query().new_tree(&mut runner).unwrap().current());
    let (dialect, server) = &servers()[1];
    let rendered = queries
        .filter(|(json, ..)| render(&json.to_string(), *dialect, server).is_ok())
        .count();
    assert!(rendered > 100, "{rendered} of 400");
}
