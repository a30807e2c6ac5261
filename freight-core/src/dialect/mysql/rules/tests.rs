//! What is a difference, and what is none.

use super::*;
use crate::diff::{RenameHints, diff};
use crate::ident::Name;
use crate::schema::{Action, DefaultValue, Expression, Generated};

fn table(change: impl FnOnce(&mut Table)) -> Schema {
    let mut table = Table {
        columns: vec![Column::new("id", "int"), Column::new("pid", "int")],
        foreign_keys: vec![ForeignKey {
            name: Some("fk_parent".to_owned()),
            columns: vec!["pid".to_owned()],
            target: Name::new("t"),
            target_columns: vec!["id".to_owned()],
            ..ForeignKey::default()
        }],
        ..Table::default()
    };
    change(&mut table);
    let mut schema = Schema::default();
    schema.tables.insert(Name::new("t"), table);
    schema
}

fn is_same(from: &Schema, to: &Schema) -> bool {
    let hints = RenameHints::default();
    diff(from, to, &Rules, &hints).is_empty() && diff(to, from, &Rules, &hints).is_empty()
}

fn implied(name: &str) -> Index {
    Index {
        name: name.to_owned(),
        parts: vec![crate::schema::IndexPart::column("pid")],
        ..Index::default()
    }
}

#[test]
fn my_10_the_index_behind_a_foreign_key_is_no_difference() {
    let without = table(|_| {});
    for (name, is_implied) in [
        ("fk_parent", true),
        ("pid", true),
        ("pid_2", true),
        ("my_idx", false),
        ("pid_x", false),
    ] {
        let with = table(|table| table.indexes.push(implied(name)));
        assert_eq!(is_same(&with, &without), is_implied, "{name}");
    }
    let unique = table(|table| {
        table.indexes.push(Index {
            unique: true,
            ..implied("pid")
        });
    });
    assert!(!is_same(&unique, &without));
}

#[test]
fn my_10_the_index_is_one_again_when_the_key_is_gone() {
    let with = table(|table| table.indexes.push(implied("fk_parent")));
    let gone = table(|table| table.foreign_keys.clear());
    let hints = RenameHints::default();
    let changes = diff(&with, &gone, &Rules, &hints).changes;
    let drops = |part: &crate::diff::TableChange| matches!(part, crate::diff::TableChange::DropIndex(index) if index.name == "fk_parent");
    assert!(changes.iter().any(|change| match change {
        Change::AlterTable(alter) => alter.parts.iter().any(drops),
        _ => false,
    }));
}

#[test]
fn my_11_restrict_is_no_action() {
    let restrict = table(|table| table.foreign_keys[0].on_delete = Action::Restrict);
    assert!(is_same(&table(|_| {}), &restrict));
    let cascade = table(|table| table.foreign_keys[0].on_delete = Action::Cascade);
    assert!(!is_same(&table(|_| {}), &cascade));
}

#[test]
fn my_13_what_the_table_says_is_not_said_again() {
    let with = |table_charset: &str, column: Option<&str>| {
        table(|table| {
            table.options.set("charset", table_charset);
            if let Some(charset) = column {
                table.columns[0].options.set("charset", charset);
            }
        })
    };
    assert!(is_same(
        &with("latin1", None),
        &with("latin1", Some("latin1"))
    ));
    assert!(is_same(&with("utf8", None), &with("utf8mb3", Some("utf8"))));
    assert!(!is_same(
        &with("latin1", None),
        &with("latin1", Some("utf8mb4"))
    ));
}

#[test]
fn spellings_of_people_are_no_difference() {
    let written = table(|table| {
        table.columns[0].column_type = ColumnType::new("INTEGER(11)");
        table.columns[0].default = Some(DefaultValue::Expression(Expression::new("(now())")));
        table.columns[1].default = Some(DefaultValue::Boolean(true));
        table.options.set("engine", "innodb");
    });
    let stored = table(|table| {
        table.columns[0].default = Some(DefaultValue::Expression(Expression::new(
            "CURRENT_TIMESTAMP",
        )));
        table.columns[1].default = Some(DefaultValue::Number("1".to_owned()));
    });
    assert!(is_same(&written, &stored));
}

#[test]
fn my_22_names_of_tables_have_their_case_and_names_of_columns_have_none() {
    let lower = table(|_| {});
    let mut upper = Schema::default();
    upper
        .tables
        .extend(lower.tables.values().map(|it| (Name::new("T"), it.clone())));
    assert!(!is_same(&lower, &upper));
    assert_eq!(Rules.fold("Id"), Rules.fold("ID"));
}

#[test]
fn my_17_generated_columns_are_made_anew() {
    let plain = Column::new("g", "int");
    let computed = |text: &str, stored| Column {
        generated: Some(Generated {
            expression: Expression::new(text),
            stored,
        }),
        ..Column::new("g", "int")
    };
    use ColumnChange::{DropAndAdd, InPlace};
    for (from, to, change) in [
        (
            computed("a + 1", false),
            computed("(a + 1)", false),
            InPlace,
        ),
        (
            computed("a + 1", false),
            computed("a + 2", false),
            DropAndAdd,
        ),
        (
            computed("a + 1", false),
            computed("a + 1", true),
            DropAndAdd,
        ),
        (plain.clone(), computed("a + 1", true), DropAndAdd),
        (computed("a + 1", true), plain.clone(), InPlace),
        (computed("a + 1", false), plain, DropAndAdd),
    ] {
        assert_eq!(Rules.column_change(&from, &to), change);
    }
}

#[test]
fn expressions_of_people_are_read_for_what_they_mean() {
    let with = |check: &str, generated: &str, spelling| {
        let mut schema = table(|table| {
            table.checks.push(crate::schema::Check {
                name: Some("c".to_owned()),
                expression: Expression::new(check),
                ..crate::schema::Check::default()
            });
            table.columns.push(Column {
                generated: Some(Generated {
                    expression: Expression::new(generated),
                    stored: true,
                }),
                ..Column::new("g", "int")
            });
        });
        schema.spelling = spelling;
        schema
    };
    use crate::schema::Spelling::{Stored, Written};
    let stored = with("`id` <> 5 and `pid` > 0", "octet_length(`id`) + 1", Stored);
    let written = with("(id != 5 AND (pid > 0))", "(LENGTH(id) + 1)", Written);
    assert!(is_same(&written, &stored));
    let other = with("id <> 6 and pid > 0", "length(id) + 1", Written);
    assert!(!is_same(&other, &stored));
    // What two catalogs print differently is different.
    let printed = with("(id != 5 AND (pid > 0))", "(LENGTH(id) + 1)", Stored);
    assert!(!is_same(&printed, &stored));
}
