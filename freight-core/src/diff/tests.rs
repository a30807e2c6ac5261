//! Comparing, ordering, going back: with rules that find nothing equal but what is.

use std::borrow::Cow;

use super::*;
use crate::schema::{
    Check, Column, ColumnType, ForeignKey, Index, IndexPart, Object, ObjectKey, ObjectKind,
    PrimaryKey, Spelling, Subject, Table,
};
use crate::sql::Lexicon;

/// Rules of no database in particular.
struct Plain {
    apart: bool,
    case: bool,
}

const PLAIN: Plain = Plain {
    apart: true,
    case: true,
};

impl DiffRules for Plain {
    fn normalize(&self, _: &mut Schema, _: bool) {}

    fn lexicon(&self) -> &'static Lexicon {
        &Lexicon::POSTGRES
    }

    fn identifier(&self, name: &str) -> String {
        name.to_owned()
    }

    fn fold<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match self.case {
            true => Cow::Borrowed(name),
            false => Cow::Owned(name.to_ascii_lowercase()),
        }
    }

    fn type_change(&self, _: &ColumnType, _: &ColumnType) -> TypeChange {
        TypeChange::FREE
    }

    fn foreign_keys_apart(&self) -> bool {
        self.apart
    }

    fn must_be_recreated(&self, key: &ObjectKey, object: &Object, change: &Change) -> bool {
        let Change::AlterTable(alter) = change else {
            return false;
        };
        key.kind == ObjectKind::View
            && alter.parts.iter().any(|part| match part {
                TableChange::AlterColumn { to, .. } => object
                    .needs
                    .contains(&Subject::Column(alter.name.clone(), to.name.clone())),
                _ => false,
            })
    }
}

fn table(columns: &[&str], references: &[(&str, &str)]) -> Table {
    Table {
        columns: columns
            .iter()
            .map(|name| Column::new(*name, "bigint"))
            .collect(),
        primary_key: Some(PrimaryKey::of(["id"])),
        foreign_keys: references
            .iter()
            .map(|(column, target)| ForeignKey {
                name: Some(format!("{column}_fkey")),
                columns: vec![(*column).to_owned()],
                target: Name::new(*target),
                target_columns: vec!["id".to_owned()],
                ..ForeignKey::default()
            })
            .collect(),
        ..Table::default()
    }
}

fn schema(tables: &[(&str, Table)]) -> Schema {
    Schema {
        spelling: Spelling::Stored,
        tables: tables
            .iter()
            .map(|(name, table)| (Name::new(*name), table.clone()))
            .collect(),
        ..Schema::default()
    }
}

fn compare(from: &Schema, to: &Schema) -> Vec<Change> {
    diff(from, to, &PLAIN, &RenameHints::default()).changes
}

/// A change in a few words.
fn brief(change: &Change) -> String {
    match change {
        Change::CreateTable(name, table) => {
            let keys: Vec<_> = table
                .foreign_keys
                .iter()
                .map(|key| key.target.to_string())
                .collect();
            format!("create {name} -> [{}]", keys.join(" "))
        }
        Change::DropTable(name, _) => format!("drop {name}"),
        Change::RenameTable { from, to } => format!("rename {from} {to}"),
        Change::AlterTable(alter) => {
            let parts: Vec<_> = alter.parts.iter().map(brief_part).collect();
            format!("alter {}: {}", alter.name, parts.join(", "))
        }
        Change::CreateObject(key, _) => format!("create {key}"),
        Change::DropObject(key, _) => format!("drop {key}"),
        Change::CreateType(name, _) => format!("create type {name}"),
        Change::DropType(name, _) => format!("drop type {name}"),
        other => format!("{other:?}"),
    }
}

fn brief_part(part: &TableChange) -> String {
    match part {
        TableChange::AddForeignKey(key) => format!("+key {}", key.target),
        TableChange::DropForeignKey(key) => format!("-key {}", key.target),
        TableChange::AddColumn(column) => format!("+{}", column.name),
        TableChange::DropColumn(column) => format!("-{}", column.name),
        TableChange::AlterColumn { to, .. } => format!("~{}", to.name),
        TableChange::RenameColumn { from, to } => format!("{from}>{to}"),
        TableChange::AddIndex(index) => format!("+index {}", index.name),
        TableChange::DropIndex(index) => format!("-index {}", index.name),
        other => format!("{other:?}"),
    }
}

fn briefs(changes: &[Change]) -> Vec<String> {
    changes.iter().map(brief).collect()
}

#[test]
fn a_schema_does_not_differ_from_itself() {
    let one = schema(&[
        ("users", table(&["id", "name"], &[])),
        ("posts", table(&["id", "author"], &[("author", "users")])),
    ]);
    assert_eq!(compare(&one, &one), []);
}

#[test]
fn x_7_tables_come_after_those_that_they_refer_to() {
    let to = schema(&[
        ("a", table(&["id", "z"], &[("z", "z")])),
        ("m", table(&["id", "m"], &[("m", "m")])),
        ("z", table(&["id"], &[])),
    ]);
    assert_eq!(
        briefs(&compare(&Schema::default(), &to)),
        ["create m -> [m]", "create z -> []", "create a -> [z]"]
    );
    assert_eq!(
        briefs(&compare(&to, &Schema::default())),
        ["drop a", "drop z", "drop m"]
    );
}

#[test]
fn a_circle_of_keys_is_closed_last() {
    let to = schema(&[
        ("a", table(&["id", "b"], &[("b", "b")])),
        ("b", table(&["id", "a"], &[("a", "a")])),
    ]);
    assert_eq!(
        briefs(&compare(&Schema::default(), &to)),
        ["create a -> []", "create b -> [a]", "alter a: +key b"]
    );
    let together = diff(
        &Schema::default(),
        &to,
        &Plain {
            apart: false,
            case: true,
        },
        &RenameHints::default(),
    );
    assert_eq!(
        briefs(&together.changes),
        ["create a -> [b]", "create b -> [a]"]
    );
}

#[test]
fn keys_go_first_and_come_last() {
    let from = schema(&[
        ("a", table(&["id", "x"], &[("x", "b")])),
        ("b", table(&["id"], &[])),
    ]);
    let to = schema(&[
        ("a", table(&["id", "x", "y"], &[("x", "c")])),
        ("c", table(&["id"], &[])),
    ]);
    let mut hints = RenameHints::default();
    assert_eq!(
        briefs(&diff(&from, &to, &PLAIN, &hints).changes),
        [
            "alter a: -key b",
            "alter a: +y",
            "create c -> []",
            "alter a: +key c",
            "drop b"
        ]
    );
    hints.tables.push((Name::new("b"), Name::new("c")));
    assert_eq!(
        briefs(&diff(&from, &to, &PLAIN, &hints).changes),
        ["rename b c", "alter a: +y"]
    );
}

#[test]
fn renames_are_questions_until_somebody_answers() {
    let from = schema(&[("users", table(&["id", "mail"], &[]))]);
    let mut renamed = table(&["id", "email"], &[]);
    renamed.indexes.push(Index {
        name: "i".to_owned(),
        parts: vec![IndexPart::column("email")],
        ..Index::default()
    });
    let to = schema(&[("users", renamed)]);
    let open = diff(&from, &to, &PLAIN, &RenameHints::default());
    assert_eq!(
        briefs(&open.changes),
        ["alter users: -mail, +email, +index i"]
    );
    assert_eq!(open.candidates.len(), 1);
    assert_eq!(open.candidates[0].subject(), "users.mail:email");
    let hints = RenameHints {
        columns: vec![(Name::new("users"), "mail".to_owned(), "email".to_owned())],
        ..RenameHints::default()
    };
    let answered = diff(&from, &to, &PLAIN, &hints);
    assert_eq!(
        briefs(&answered.changes),
        ["alter users: mail>email, +index i"]
    );
    assert_eq!(answered.candidates, []);
    // A hint that holds no more changes nothing.
    assert_eq!(
        briefs(&diff(&to, &to, &PLAIN, &hints).changes),
        Vec::<String>::new()
    );
    let refused = RenameHints {
        refused: ["users.mail:email".to_owned()].into(),
        ..RenameHints::default()
    };
    assert_eq!(diff(&from, &to, &PLAIN, &refused).candidates, []);
}

#[test]
fn the_old_name_of_a_renamed_thing_may_be_taken_by_a_new_one() {
    let from = schema(&[("t", table(&["id", "a"], &[]))]);
    let to = schema(&[("t", table(&["id", "b", "a"], &[]))]);
    let hints = RenameHints {
        columns: vec![(Name::new("t"), "a".to_owned(), "b".to_owned())],
        ..RenameHints::default()
    };
    assert_eq!(
        briefs(&diff(&from, &to, &PLAIN, &hints).changes),
        ["alter t: a>b, +a"]
    );
    // It was followed: the hint holds no more.
    assert_eq!(
        briefs(&diff(&to, &to, &PLAIN, &hints).changes),
        Vec::<String>::new()
    );
    let tables = schema(&[("u", table(&["id", "a"], &[])), ("t", table(&["id"], &[]))]);
    let hints = RenameHints {
        tables: vec![(Name::new("t"), Name::new("u"))],
        ..RenameHints::default()
    };
    assert_eq!(
        briefs(&diff(&from, &tables, &PLAIN, &hints).changes),
        ["rename t u", "create t -> []"]
    );
}

#[test]
fn columns_swap_through_a_third_name() {
    let from = schema(&[("t", table(&["id", "a", "b"], &[]))]);
    let hint = |from: &str, to: &str| (Name::new("t"), from.to_owned(), to.to_owned());
    let hints = RenameHints {
        columns: vec![hint("a", "b"), hint("b", "a")],
        ..RenameHints::default()
    };
    assert_eq!(
        briefs(&diff(&from, &from, &PLAIN, &hints).changes),
        ["alter t: a>a__was, b>a, a__was>b"]
    );
}

#[test]
fn renamed_columns_are_renamed_in_what_uses_them() {
    let with = |column: &str| {
        let mut table = table(&["id", column], &[]);
        table.checks.push(Check {
            name: Some("c".to_owned()),
            expression: crate::schema::Expression::new(format!("{column} > 0")),
            ..Check::default()
        });
        table.indexes.push(Index {
            name: "i".to_owned(),
            parts: vec![IndexPart::column(column)],
            ..Index::default()
        });
        schema(&[("t", table)])
    };
    let hints = RenameHints {
        columns: vec![(Name::new("t"), "age".to_owned(), "years".to_owned())],
        ..RenameHints::default()
    };
    assert_eq!(
        briefs(&diff(&with("age"), &with("years"), &PLAIN, &hints).changes),
        ["alter t: age>years"]
    );
}

#[test]
fn x_8_case_is_no_difference_where_the_database_does_not_care() {
    let rules = Plain {
        apart: true,
        case: false,
    };
    let from = schema(&[("Users", table(&["id", "Name"], &[]))]);
    let to = schema(&[("users", table(&["id", "name"], &[]))]);
    assert_eq!(
        briefs(&diff(&from, &to, &rules, &RenameHints::default()).changes),
        ["rename Users users", "alter users: Name>name"]
    );
}

#[test]
fn what_stands_in_the_way_is_made_again() {
    let view =
        |needs: &[(&str, &str)], views: &[&str]| Object {
            definition: "CREATE VIEW".to_owned(),
            needs: needs
                .iter()
                .map(|(table, column)| Subject::Column(Name::new(*table), (*column).to_owned()))
                .chain(views.iter().map(|name| {
                    Subject::Object(ObjectKey::new(ObjectKind::View, Name::new(*name)))
                }))
                .collect(),
            ..Object::default()
        };
    let key = |name: &str| ObjectKey::new(ObjectKind::View, Name::new(name));
    let mut from = schema(&[("t", table(&["id", "a", "b"], &[]))]);
    from.objects
        .insert(key("b_first"), view(&[("t", "a")], &[]));
    from.objects
        .insert(key("a_second"), view(&[], &["b_first"]));
    from.objects
        .insert(key("c_other"), view(&[("t", "b")], &[]));
    let mut to = from.clone();
    to.tables.get_mut(&Name::new("t")).unwrap().columns[1].column_type = ColumnType::new("text");
    assert_eq!(
        briefs(&compare(&from, &to)),
        [
            "drop view `a_second`",
            "drop view `b_first`",
            "alter t: ~a",
            "create view `b_first`",
            "create view `a_second`"
        ]
    );
}

#[test]
fn every_change_has_its_way_back() {
    let mut from = schema(&[
        ("a", table(&["id", "x"], &[("x", "b")])),
        ("b", table(&["id"], &[])),
    ]);
    let to = schema(&[
        ("a", table(&["id", "y"], &[])),
        ("c", table(&["id", "z"], &[("z", "a")])),
    ]);
    from.objects.insert(
        ObjectKey::new(ObjectKind::View, Name::new("v")),
        Object::default(),
    );
    for change in compare(&from, &to) {
        assert_eq!(change.reverse().reverse(), change);
        assert_ne!(change.reverse(), change);
    }
}

#[test]
fn the_order_is_the_same_every_time() {
    let names: Vec<String> = (0..50).map(|number| format!("t{number}")).collect();
    let tables: Vec<(&str, Table)> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let target = names[(index * 7 + 3) % names.len()].as_str();
            (name.as_str(), table(&["id", "x"], &[("x", target)]))
        })
        .collect();
    let to = schema(&tables);
    let first = compare(&Schema::default(), &to);
    assert_eq!(first, compare(&Schema::default(), &to));
    let keys: usize = first
        .iter()
        .map(|change| match change {
            Change::CreateTable(_, table) => table.foreign_keys.len(),
            Change::AlterTable(alter) => alter.parts.len(),
            _ => 0,
        })
        .sum();
    assert_eq!(keys, names.len());
}

#[test]
fn x_4_lost_data_is_told_from_the_change() {
    let from = schema(&[
        ("t", table(&["id", "a"], &[])),
        ("gone", table(&["id"], &[])),
    ]);
    let to = schema(&[("t", table(&["id", "b"], &[]))]);
    let found: Vec<_> = compare(&from, &to)
        .iter()
        .flat_map(|change| hazards(change, &PLAIN))
        .map(|hazard| (hazard.safety.as_str(), hazard.allow))
        .collect();
    assert_eq!(
        found,
        [
            ("loses-data", "drop_column:t.a".to_owned()),
            ("may-fail", "add_column:t.b".to_owned()),
            ("loses-data", "drop_table:gone".to_owned()),
        ]
    );
}
