//! Random conditions, against what they mean: AND, OR, NOT and NULL, folded as the steps say.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value as Json, json};

use crate::answer;

/// A row of three columns that are true, false or unknown.
type Row = [Option<bool>; 3];

const NAMES: [&str; 3] = ["a", "b", "c"];

/// What a condition is, before it is a step.
#[derive(Clone, Debug)]
enum Test {
    /// A column is 1.
    IsOne(usize),
    IsNull(usize),
    /// SQL of somebody's own: one column is 1 or another one is.
    Sql(usize, usize),
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Group(Vec<(Fold, Test)>),
}

#[derive(Clone, Copy, Debug)]
enum Fold {
    Where,
    OrWhere,
    WhereNot,
    Outer,
}

fn not(value: Option<bool>) -> Option<bool> {
    value.map(|value| !value)
}

fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    not(and(not(one), not(other)))
}

impl Test {
    fn holds(&self, row: Row) -> Option<bool> {
        match self {
            Self::IsOne(column) => row[*column],
            Self::IsNull(column) => Some(row[*column].is_none()),
            Self::Sql(one, other) => or(row[*one], row[*other]),
            Self::All(tests) => tests
                .iter()
                .map(|test| test.holds(row))
                .fold(Some(true), and),
            Self::Any(tests) => tests
                .iter()
                .map(|test| test.holds(row))
                .fold(Some(false), or),
            Self::Not(test) => not(test.holds(row)),
            Self::Group(steps) => fold(steps, row),
        }
    }

    fn json(&self) -> Json {
        let list = |name: &str, tests: &[Test]| {
            let mut list = vec![json!(name)];
            list.extend(tests.iter().map(Test::json));
            Json::Array(list)
        };
        match self {
            Self::IsOne(column) => json!(["columns", NAMES[*column], "=", "one"]),
            Self::IsNull(column) => json!(["null", NAMES[*column]]),
            Self::Sql(one, other) => json!([
                "sql",
                format!("{} = 1 OR {} = 1", NAMES[*one], NAMES[*other])
            ]),
            Self::All(tests) => list("and", tests),
            Self::Any(tests) => list("or", tests),
            Self::Not(test) => json!(["not", test.json()]),
            Self::Group(steps) => {
                let mut list = vec![json!("group")];
                list.extend(steps.iter().map(step));
                Json::Array(list)
            }
        }
    }
}

fn step((fold, test): &(Fold, Test)) -> Json {
    let name = match fold {
        Fold::Where => "where",
        Fold::OrWhere => "or_where",
        Fold::WhereNot => "where_not",
        Fold::Outer => "outer",
    };
    json!([name, test.json()])
}

/// The fold from the left; what is `outer` holds outside of it.
fn fold(steps: &[(Fold, Test)], row: Row) -> Option<bool> {
    let mut inner = None;
    let mut outer = Some(true);
    for (fold, test) in steps {
        let holds = test.holds(row);
        let joined = |join: fn(Option<bool>, Option<bool>) -> Option<bool>, holds| match inner {
            Some(before) => join(before, holds),
            None => holds,
        };
        match fold {
            Fold::Where => inner = Some(joined(and, holds)),
            Fold::OrWhere => inner = Some(joined(or, holds)),
            Fold::WhereNot => inner = Some(joined(and, not(holds))),
            Fold::Outer => outer = and(outer, holds),
        }
    }
    inner.map_or(outer, |inner| and(inner, outer))
}

fn test() -> impl Strategy<Value = Test> {
    let column = 0..NAMES.len();
    let leaf = prop_oneof![
        3 => column.clone().prop_map(Test::IsOne),
        1 => column.clone().prop_map(Test::IsNull),
        1 => (column.clone(), column).prop_map(|(one, other)| Test::Sql(one, other)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let fold = proptest::sample::select(vec![Fold::Where, Fold::OrWhere, Fold::WhereNot]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Test::All),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Test::Any),
            inner.clone().prop_map(|test| Test::Not(Box::new(test))),
            proptest::collection::vec((fold, inner), 1..4).prop_map(Test::Group),
        ]
    })
}

fn steps() -> impl Strategy<Value = Vec<(Fold, Test)>> {
    let fold = proptest::sample::select(vec![
        Fold::Where,
        Fold::Where,
        Fold::OrWhere,
        Fold::OrWhere,
        Fold::WhereNot,
        Fold::Outer,
    ]);
    proptest::collection::vec((fold, test()), 1..7)
}

fn rows() -> Vec<Row> {
    let values = [Some(true), Some(false), None];
    let mut rows = Vec::new();
    for a in values {
        for b in values {
            rows.extend(values.map(|c| [a, b, c]));
        }
    }
    rows
}

on_every_database! {
    fn conditions_mean_what_their_steps_say(database) {
        let mut database = database.connect();
        let word = |value: Option<bool>| value.map_or("NULL".to_owned(), |value| u8::from(value).to_string());
        let values: Vec<String> = rows()
            .iter()
            .enumerate()
            .map(|(id, row)| format!("({id}, {}, {}, {}, 1)", word(row[0]), word(row[1]), word(row[2])))
            .collect();
        database
            .exec(&format!(
                "CREATE TABLE facts (id integer PRIMARY KEY, a integer, b integer, c integer, one integer);
                 INSERT INTO facts VALUES {}",
                values.join(", ")
            ))
            .unwrap();
        let mut runner = TestRunner::deterministic();
        for _ in 0..300 {
            let steps = steps().new_tree(&mut runner).unwrap().current();
            let mut query = vec![json!({"table": "facts"})];
            query.extend(steps.iter().map(step));
            query.push(json!(["order", "id", "asc"]));
            query.push(json!(["select", "id"]));
            let query = Json::Array(query).to_string();
            let expected: Vec<String> = rows()
                .iter()
                .enumerate()
                .filter(|(_, row)| fold(&steps, **row) == Some(true))
                .map(|(id, _)| id.to_string())
                .collect();
            assert_eq!(answer(&mut database, &query, &[]), expected.join("\n"), "{query}");
        }
    }
}
