//! Snapshots, and what is verified.

use super::*;
use crate::dialect::DialectName;
use crate::error::ErrorKind;

/// A schema with one of everything.
fn full() -> Schema {
    let mut schema = Schema {
        spelling: Spelling::Stored,
        ..Schema::default()
    };
    schema
        .namespaces
        .insert("audit".to_owned(), Some("who did what".to_owned()));
    let mut id = Column::new("id", "bigint");
    id.identity = Some(Identity::new(IdentityKind::ByDefault));
    let mut email = Column::new("email", "text");
    email.default = Some(DefaultValue::Text("it's \"new\"".to_owned()));
    email.nullable = true;
    email.options.flag("invisible");
    let mut double = Column::new("double", "bigint");
    double.generated = Some(Generated {
        expression: Expression::new("id * 2"),
        stored: true,
    });
    let users = Table {
        columns: vec![id, email, double],
        primary_key: Some(PrimaryKey::of(["id"])),
        uniques: vec![Unique {
            name: Some("users_email_key".to_owned()),
            parts: vec![IndexPart::column("email")],
            ..Unique::default()
        }],
        foreign_keys: vec![ForeignKey {
            columns: vec!["double".to_owned()],
            target: Name::new("users"),
            target_columns: vec!["id".to_owned()],
            on_delete: Action::SetNull,
            deferrable: Deferrable::Deferred,
            ..ForeignKey::default()
        }],
        checks: vec![Check {
            name: Some("positive".to_owned()),
            expression: Expression::new("id > 0"),
            ..Check::default()
        }],
        indexes: vec![Index {
            name: "users_lower_idx".to_owned(),
            parts: vec![
                IndexPart::expression("lower(email)"),
                IndexPart::column("id"),
            ],
            predicate: Some(Expression::new("id > 3")),
            ..Index::default()
        }],
        ..Table::default()
    };
    schema.tables.insert(Name::new("users"), users);
    schema.tables.insert(
        Name::within("audit", "dotted.name"),
        Table {
            columns: vec![Column::new("a", "text")],
            ..Table::default()
        },
    );
    schema.enums.insert(
        Name::new("mood"),
        Enum {
            values: vec!["ok".to_owned(), "bad".to_owned()],
            comment: None,
        },
    );
    schema.objects.insert(
        ObjectKey::on(ObjectKind::Trigger, Name::new("users"), Name::new("t")),
        Object {
            definition: "CREATE TRIGGER t …".to_owned(),
            needs: [
                Subject::Column(Name::new("users"), "id".to_owned()),
                Subject::Object(ObjectKey::new(ObjectKind::Function, Name::new("f"))),
            ]
            .into(),
            ..Object::default()
        },
    );
    schema.opaque.push(Opaque {
        subject: Subject::Table(Name::new("users")),
        what: "security label".to_owned(),
    });
    schema
}

fn snapshot() -> Snapshot {
    Snapshot {
        dialect: DialectName::Postgres,
        migrations: [("1".to_owned(), "abc".to_owned())].into(),
        schema: full(),
    }
}

#[test]
fn a_snapshot_reads_back_as_it_was() {
    let text = snapshot().to_text().unwrap();
    assert_eq!(Snapshot::parse(&text).unwrap(), snapshot());
    assert_eq!(Snapshot::parse(&text).unwrap().to_text().unwrap(), text);
}

#[test]
fn a_snapshot_that_cannot_be_read_says_why() {
    let text = snapshot().to_text().unwrap();
    let message = |text: &str| {
        let error = Snapshot::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSnapshot, "{error}");
        error.message().to_owned()
    };
    assert!(message("").contains("line 1"));
    assert!(message("[1]").contains("no snapshot"));
    assert!(
        message(&text.replace("\"freight_snapshot\": 1", "\"freight_snapshot\": 9"))
            .contains("form 9")
    );
    assert!(message(&text.replace("\"postgres\"", "\"oracle\"")).contains("oracle"));
    assert!(message(&text.replace("\"columns\"", "\"colums\"")).contains("colums"));
}

#[test]
fn what_does_not_hold_is_named() {
    full().verify().unwrap();
    let broken = |change: fn(&mut Table)| {
        let mut schema = full();
        schema.spelling = Spelling::Written;
        change(schema.tables.get_mut(&Name::new("users")).unwrap());
        let error = schema.verify().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSchema);
        error.message().to_owned()
    };
    type Case = (fn(&mut Table), &'static str);
    let cases: [Case; 7] = [
        (
            |table| table.columns.push(Column::new("id", "text")),
            "column name `id`",
        ),
        (
            |table| table.primary_key = Some(PrimaryKey::of(["ids"])),
            "`ids`",
        ),
        (
            |table| table.primary_key = Some(PrimaryKey::default()),
            "no columns",
        ),
        (
            |table| table.indexes.push(table.indexes[0].clone()),
            "index name `users_lower_idx`",
        ),
        (
            |table| table.foreign_keys[0].target = Name::new("nobody"),
            "`nobody`",
        ),
        (
            |table| {
                table.foreign_keys[0]
                    .target_columns
                    .push("email".to_owned())
            },
            "1 columns and refers to 2",
        ),
        (
            |table| table.foreign_keys[0].target_columns = vec!["nix".to_owned()],
            "`nix` of `users`",
        ),
    ];
    for (change, part) in cases {
        let message = broken(change);
        assert!(
            message.contains(part) && message.contains("`users`"),
            "{message}"
        );
    }
}

#[test]
fn options_that_differ_are_found_in_order() {
    let one: Options = [("b", "1"), ("a", "1"), ("c", "1")].into_iter().collect();
    let other: Options = [("b", "2"), ("d", ""), ("c", "1")].into_iter().collect();
    assert_eq!(one.differing(&other).collect::<Vec<_>>(), ["a", "b", "d"]);
}
