//! Which statements share a transaction, without a database.

use std::sync::Arc;

use super::*;
use crate::sql::SplitOptions;

const TRANSACTIONAL: Capabilities = Capabilities {
    adds_constraints: true,
    transactional_ddl: true,
    session_lock: true,
    file_url: false,
    numbered_placeholders: false,
    tells_generated_key: true,
    has_special_floats: false,
    share_lock: "",
    own_namespace: None,
};
const NOT_TRANSACTIONAL: Capabilities = Capabilities {
    transactional_ddl: false,
    ..TRANSACTIONAL
};

/// Facts by the first word, as simple as a test needs them.
fn facts(text: &str) -> StatementFacts {
    let rule = |transaction| StatementFacts {
        transaction,
        ..StatementFacts::default()
    };
    let upper = text.to_uppercase();
    match upper.split([' ', '\'']).next().unwrap_or_default() {
        "BEGIN" => rule(TransactionRule::Begins),
        "COMMIT" => rule(TransactionRule::Ends),
        "VACUUM" => rule(TransactionRule::Forbidden),
        "LOCK" => rule(TransactionRule::Required),
        "CALL" => rule(TransactionRule::MayEnd),
        "SET" => StatementFacts {
            effect: Effect::Session,
            changes_settings: true,
            ..StatementFacts::default()
        },
        "PRAGMA" => StatementFacts {
            effect: Effect::Session,
            foreign_keys: Some(upper.ends_with("ON")),
            ..StatementFacts::default()
        },
        "INSERT" | "DELETE" => StatementFacts {
            effect: Effect::Rows,
            ..StatementFacts::default()
        },
        "ADD" => StatementFacts {
            adds_enum_value: Some("b".into()),
            ..StatementFacts::default()
        },
        "USE" => StatementFacts {
            switches_database: Some("`USE x` leaves the database".into()),
            ..StatementFacts::default()
        },
        _ => StatementFacts::default(),
    }
}

fn run(text: &str, transaction: Option<bool>, capabilities: &Capabilities) -> Result<Grouping> {
    let mut script = Script::new("1.sql".into(), Arc::from(text), SplitOptions::default());
    script.transaction = transaction;
    let mut split = Vec::new();
    let mut start = 0;
    for piece in text.split(';') {
        split.push(SplitStatement {
            range: start..start + piece.len(),
            copy: None,
            line: split.len() + 1,
            column: 1,
        });
        start += piece.len() + 1;
    }
    let facts: Vec<_> = split.iter().map(|at| facts(at.text(text))).collect();
    group(
        &Statements {
            script: &script,
            split: &split,
            facts: &facts,
        },
        capabilities,
    )
}

/// Groups as text: `[0 1]` together, `2` alone, `-3` lifted, `fk` for foreign keys off.
fn shape(text: &str, transaction: Option<bool>, capabilities: &Capabilities) -> String {
    let grouping = match run(text, transaction, capabilities) {
        Ok(grouping) => grouping,
        Err(error) => return error.code().to_owned(),
    };
    let show = |index: usize| {
        let mark = if grouping.lifted.contains(&index) {
            "-"
        } else {
            ""
        };
        format!("{mark}{index}")
    };
    let mut shape: Vec<_> = grouping
        .groups
        .iter()
        .map(|group| match group {
            Group::Together(range) => format!(
                "[{}]",
                range.clone().map(show).collect::<Vec<_>>().join(" ")
            ),
            Group::Alone(index) => show(*index),
        })
        .collect();
    if grouping.foreign_keys_off {
        shape.push("fk".into());
    }
    shape.join(" ")
}

#[test]
fn scripts_are_grouped_by_what_their_statements_are() {
    let cases = [
        // One transaction.
        ("CREATE a;INSERT b;CREATE c", "[0 1 2]", "0 [1] 2"),
        ("SET a;CREATE b", "[0 1]", "0 1"),
        // A transaction of the file's own, around everything, is the one that Freight opens.
        ("BEGIN;CREATE a;COMMIT", "[-0 1 -2]", "-0 1 -2"),
        ("SET a;BEGIN;CREATE a;COMMIT", "[0 -1 2 -3]", "0 -1 2 -3"),
        // Transactions of its own that are more than that are left to the file.
        ("BEGIN;INSERT a;COMMIT;INSERT b", "0 1 2 3", "0 1 2 3"),
        (
            "BEGIN;INSERT a;COMMIT;BEGIN;INSERT b;COMMIT",
            "0 1 2 3 4 5",
            "0 1 2 3 4 5",
        ),
        (
            "BEGIN ISOLATION LEVEL SERIALIZABLE;INSERT a;COMMIT",
            "0 1 2",
            "0 1 2",
        ),
        // What cannot be in a transaction may be alone, or beside settings, and nothing else.
        ("VACUUM", "0", "0"),
        ("SET a;VACUUM;VACUUM", "0 1 2", "0 1 2"),
        ("CREATE a;VACUUM", "FR0514", "0 1"),
        // A new enum value is committed before it is used.
        ("ADD 'b';CREATE c", "[0 1]", "0 1"),
        ("ADD 'b';INSERT 'b';CREATE c", "[0] [1 2]", "0 [1] 2"),
        ("USE x", "FR0524", "FR0524"),
        // Foreign keys are switched off around the transaction.
        (
            "PRAGMA OFF;CREATE a;DROP b;PRAGMA ON",
            "[-0 1 2 -3] fk",
            "0 1 2 3",
        ),
        (
            "PRAGMA OFF;BEGIN;DROP a;COMMIT;PRAGMA ON",
            "[-0 -1 2 -3 -4] fk",
            "0 -1 2 -3 4",
        ),
        (
            "PRAGMA OFF;DROP a;PRAGMA ON;CREATE b",
            "[-0 1 -2 3] fk",
            "0 1 2 3",
        ),
        (
            "PRAGMA OFF;DROP a;PRAGMA ON;DELETE b",
            "FR0523",
            "0 1 2 [3]",
        ),
        ("DROP a;PRAGMA OFF;DROP b", "FR0523", "0 1 2"),
        ("PRAGMA ON;DELETE b", "[-0 1]", "0 [1]"),
    ];
    for (text, transactional, otherwise) in cases {
        assert_eq!(shape(text, None, &TRANSACTIONAL), transactional, "{text}");
        assert_eq!(
            shape(text, None, &NOT_TRANSACTIONAL),
            otherwise,
            "{text} without transactional DDL"
        );
    }
}

#[test]
fn opted_out_scripts_run_one_statement_at_a_time() {
    for (text, expected) in [
        ("CREATE a;VACUUM;INSERT b", "[0] 1 [2]"),
        ("SET a;VACUUM", "0 1"),
        // What needs a transaction keeps it until one cannot go on.
        ("LOCK a;INSERT b;INSERT c;VACUUM;INSERT d", "[0 1 2] 3 [4]"),
        ("CREATE a;LOCK b;SET c;INSERT d", "[0] [1 2 3]"),
        ("BEGIN;INSERT a;COMMIT;INSERT b", "0 1 2 [3]"),
        ("CALL a;INSERT b", "0 [1]"),
    ] {
        assert_eq!(shape(text, Some(false), &TRANSACTIONAL), expected, "{text}");
    }
    assert_eq!(
        shape(
            "INSERT a;INSERT b;CREATE c",
            Some(false),
            &NOT_TRANSACTIONAL
        ),
        "[0] [1] 2"
    );
    assert_eq!(
        shape("INSERT a;INSERT b;CREATE c", None, &NOT_TRANSACTIONAL),
        "[0 1] 2"
    );
}

#[test]
fn mixed_scripts_name_the_statement_and_the_directive() {
    let error = run("CREATE a;VACUUM", None, &TRANSACTIONAL).unwrap_err();
    assert_eq!(error.location().unwrap().line, 2);
    assert!(
        error.hint().unwrap().contains("-- freight:transaction off"),
        "{error:?}"
    );
}
