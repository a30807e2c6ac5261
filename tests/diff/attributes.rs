//! Every attribute of everything counts: each is changed by itself, and each time exactly one thing
//! must differ. The schema is spelled out field by field, so that a field that is new is in the
//! test as soon as it compiles again; and it is changed as JSON, which knows all fields.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use freight_core::DialectName;
use freight_core::diff::{Change, RenameHints, TableChange, diff};
use freight_core::ident::Name;
use freight_core::schema::{
    Action, Attribute, Check, Column, ColumnType, Composite, DefaultValue, Deferrable, Domain,
    Enum, Exclusion, Expression, Extension, ForeignKey, Generated, Identity, IdentityKind, Index,
    IndexKey, IndexPart, Inherited, NullsOrder, Object, ObjectKey, ObjectKind, Options, PrimaryKey,
    Schema, Sequence, SequenceOptions, Spelling, Table, Unique,
};

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn options(name: &str) -> Options {
    [(name, "1")].into_iter().collect()
}

fn part(column: &str) -> IndexPart {
    IndexPart {
        key: IndexKey::Column(column.to_owned()),
        descending: true,
        nulls: Some(NullsOrder::First),
        prefix: Some(7),
        collation: text("sorted"),
        operator_class: text("class"),
    }
}

fn sequence_options() -> SequenceOptions {
    SequenceOptions {
        start: Some(3),
        increment: Some(4),
        minimum: Some(2),
        maximum: Some(900),
        cache: Some(5),
        cycle: true,
    }
}

fn column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        column_type: ColumnType::new("integer"),
        nullable: true,
        default: Some(DefaultValue::Number("1".to_owned())),
        generated: None,
        identity: None,
        collation: text("sorted"),
        on_update: Some(Expression::new("one")),
        comment: text("says"),
        options: options("statistics"),
    }
}

fn check(name: &str) -> Check {
    Check {
        name: text(name),
        expression: Expression::new("plain > 1"),
        column: text("owner"),
        not_valid: true,
        not_enforced: true,
        no_inherit: true,
        comment: text("says"),
    }
}

fn index(name: &str) -> Index {
    Index {
        name: name.to_owned(),
        parts: vec![part("plain")],
        unique: true,
        nulls_not_distinct: true,
        method: text("gin"),
        include: vec!["plain".to_owned()],
        predicate: Some(Expression::new("plain > 2")),
        comment: text("says"),
        options: options("with.fillfactor"),
    }
}

fn table() -> Table {
    let generated = Column {
        nullable: true,
        default: None,
        generated: Some(Generated {
            expression: Expression::new("3 + 4"),
            stored: true,
        }),
        ..Column::new("computed", "integer")
    };
    let numbered = Column {
        identity: Some(Identity {
            kind: IdentityKind::Always,
            sequence: sequence_options(),
            sequence_name: Some(Name::new("numbers")),
        }),
        ..Column::new("numbered", "bigint")
    };
    Table {
        columns: vec![column("plain"), generated, numbered],
        primary_key: Some(PrimaryKey {
            name: text("key"),
            parts: vec![part("plain")],
            include: vec!["plain".to_owned()],
            deferrable: Deferrable::Immediate,
            comment: text("says"),
            options: options("with.fillfactor"),
        }),
        uniques: vec![Unique {
            name: text("single"),
            parts: vec![part("plain")],
            nulls_not_distinct: true,
            include: vec!["plain".to_owned()],
            deferrable: Deferrable::Immediate,
            comment: text("says"),
            options: options("with.fillfactor"),
        }],
        foreign_keys: vec![ForeignKey {
            name: text("reference"),
            columns: vec!["plain".to_owned()],
            target: Name::new("elsewhere"),
            target_columns: vec!["there".to_owned()],
            on_delete: Action::Cascade,
            on_update: Action::Cascade,
            delete_columns: vec!["plain".to_owned()],
            match_full: true,
            deferrable: Deferrable::Immediate,
            not_valid: true,
            not_enforced: true,
            comment: text("says"),
        }],
        checks: vec![check("checked")],
        exclusions: vec![Exclusion {
            name: "excluded".to_owned(),
            definition: "EXCLUDE USING gist (plain WITH =)".to_owned(),
            comment: text("says"),
        }],
        indexes: vec![index("indexed")],
        inherited: Inherited::default(),
        comment: text("says"),
        options: options("with.fillfactor"),
        needs: BTreeSet::new(),
        definition: None,
    }
}

fn object() -> Object {
    Object {
        definition: "CREATE MATERIALIZED VIEW shown AS SELECT 1 AS one".to_owned(),
        drop: None,
        needs: BTreeSet::new(),
        columns: Vec::new(),
        indexes: vec![index("shown_index")],
        comment: text("says"),
        options: options("statistics"),
    }
}

fn schema() -> Schema {
    Schema {
        spelling: Spelling::Stored,
        namespaces: [("apart".to_owned(), text("says"))].into(),
        tables: [(Name::new("things"), table())].into(),
        enums: [(
            Name::new("mood"),
            Enum {
                values: vec!["glad".to_owned(), "sad".to_owned()],
                comment: text("says"),
            },
        )]
        .into(),
        domains: [(
            Name::new("amount"),
            Domain {
                base: ColumnType::new("integer"),
                not_null: true,
                default: Some(DefaultValue::Number("1".to_owned())),
                collation: text("sorted"),
                needs: BTreeSet::new(),
                checks: vec![Check {
                    column: None,
                    ..check("limited")
                }],
                comment: text("says"),
            },
        )]
        .into(),
        composites: [(
            Name::new("place"),
            Composite {
                attributes: vec![Attribute {
                    name: "town".to_owned(),
                    attribute_type: ColumnType::new("text"),
                    collation: text("sorted"),
                }],
                needs: BTreeSet::new(),
                comment: text("says"),
            },
        )]
        .into(),
        sequences: [(
            Name::new("counter"),
            Sequence {
                number_type: Some(ColumnType::new("integer")),
                sequence: sequence_options(),
                owner: Some((Name::new("elsewhere"), "there".to_owned())),
                comment: text("says"),
                options: options("unlogged"),
            },
        )]
        .into(),
        extensions: [(
            "ltree".to_owned(),
            Extension {
                namespace: text("apart"),
                version: text("1.2"),
            },
        )]
        .into(),
        objects: [(
            ObjectKey::new(ObjectKind::MaterializedView, Name::new("shown")),
            object(),
        )]
        .into(),
        opaque: Vec::new(),
    }
}

/// The paths of all values in JSON that hold no others.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                leaves(field, &format!("{path}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                leaves(item, &format!("{path}/{place}"), found);
            }
        }
        _ => found.push(path.to_owned()),
    }
}

/// Another value of the same kind.
fn other(value: &Value) -> Value {
    const WORDS: &[(&str, &str)] = &[
        ("always", "by_default"),
        ("cascade", "set_null"),
        ("first", "last"),
        ("immediate", "deferred"),
        ("integer", "smallint"),
        ("text", "uuid"),
    ];
    match value {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_i64().unwrap() + 1),
        Value::String(word) => match WORDS.iter().find(|(one, _)| one == word) {
            Some((_, other)) => json!(other),
            None => json!(format!("{word}9")),
        },
        value => panic!("{value} holds others"),
    }
}

/// What a change is about: one thing that goes and comes again counts once.
fn subjects(changes: &[Change]) -> BTreeSet<String> {
    let mut subjects = BTreeSet::new();
    for change in changes {
        match change {
            Change::AlterTable(alter) => {
                subjects.extend(alter.parts.iter().map(|part| match part {
                    TableChange::AddColumn(_)
                    | TableChange::DropColumn(_)
                    | TableChange::AlterColumn { .. }
                    | TableChange::RenameColumn { .. } => "a column".to_owned(),
                    TableChange::SetPrimaryKey { .. } => "the primary key".to_owned(),
                    TableChange::AddUnique(_) | TableChange::DropUnique(_) => "a unique".to_owned(),
                    TableChange::AddCheck(_) | TableChange::DropCheck(_) => "a check".to_owned(),
                    TableChange::AddExclusion(_) | TableChange::DropExclusion(_) => {
                        "an exclusion".to_owned()
                    }
                    TableChange::AddForeignKey(_) | TableChange::DropForeignKey(_) => {
                        "a foreign key".to_owned()
                    }
                    TableChange::RenameConstraint { from, .. } => format!("the name of {from}"),
                    TableChange::AddIndex(_)
                    | TableChange::DropIndex(_)
                    | TableChange::RenameIndex { .. } => "an index".to_owned(),
                    TableChange::SetComment { on, .. } => format!("the comment on {on:?}"),
                    TableChange::SetOptions { .. } => "the options".to_owned(),
                }));
            }
            Change::DropObject(..) | Change::CreateObject(..) | Change::ReplaceObject { .. } => {
                subjects.insert("an object".to_owned());
            }
            Change::CommentNamespace { .. } => {
                subjects.insert("a namespace".to_owned());
            }
            Change::AlterType { name, .. } => {
                subjects.insert(format!("the type {name}"));
            }
            Change::AlterSequence { .. } => {
                subjects.insert("a sequence".to_owned());
            }
            Change::AlterExtension { .. } => {
                subjects.insert("an extension".to_owned());
            }
            other => panic!("{other:?}"),
        }
    }
    subjects
}

/// Checks every attribute, but those that mean nothing to the dialect, and those that by what they
/// are mean something to more than one thing.
fn every_attribute_counts(dialect: DialectName, nothing: &[&str], more: &[&str]) {
    let rules = dialect.dialect().rules();
    let schema = schema();
    let document = serde_json::to_value(&schema).unwrap();
    let mut paths = Vec::new();
    leaves(&document, "", &mut paths);
    let mut wrong = Vec::new();
    let mut named: BTreeSet<&str> = nothing.iter().chain(more).copied().collect();
    // Who spelled it is not part of it, and under another key it is another object.
    paths.retain(|path| path != "/spelling" && !path.contains("/key/kind"));
    paths.retain(|path| !path.starts_with("/objects/0/key"));
    assert!(paths.len() > 100, "{paths:?}");
    for path in paths {
        let mut changed = document.clone();
        let place = changed.pointer_mut(&path).unwrap();
        *place = other(place);
        let changed: Schema =
            serde_json::from_value(changed).unwrap_or_else(|error| panic!("{path}: {error}"));
        let difference = diff(&schema, &changed, rules, &RenameHints::default());
        let subjects = subjects(&difference.changes);
        named.remove(path.as_str());
        let is_right = match subjects.len() {
            0 => nothing.contains(&path.as_str()),
            1 => !nothing.contains(&path.as_str()) && !more.contains(&path.as_str()),
            _ => more.contains(&path.as_str()),
        };
        if !is_right {
            wrong.push(format!("{path}: {subjects:?}"));
        }
    }
    assert!(wrong.is_empty(), "{dialect}:\n{}", wrong.join("\n"));
    assert!(named.is_empty(), "no such attribute: {named:?}");
}

#[test]
fn pg_14_every_attribute_counts_on_postgres() {
    every_attribute_counts(DialectName::Postgres, &[], &[]);
}

#[test]
fn pg_14_every_attribute_counts_on_sqlite() {
    every_attribute_counts(
        DialectName::Sqlite,
        // There are no comments, and checks are of tables and for all.
        &[
            "/tables/things/columns/0/comment",
            "/tables/things/primary_key/comment",
            "/tables/things/uniques/0/comment",
            "/tables/things/foreign_keys/0/comment",
            "/tables/things/checks/0/column",
            "/tables/things/checks/0/no_inherit",
            "/tables/things/checks/0/comment",
            "/tables/things/indexes/0/comment",
            "/tables/things/comment",
            "/objects/0/object/comment",
        ],
        // A part of an index sorts as its column does, where it says nothing else.
        &[
            "/tables/things/columns/0/name",
            "/tables/things/columns/0/collation",
        ],
    );
}

#[test]
fn pg_14_every_attribute_counts_on_mysql() {
    every_attribute_counts(
        DialectName::Mysql,
        // The primary key has no name of its own, a check of a column has that of its column and no
        // comment, and a column of the primary key is NOT NULL, said or not.
        &[
            "/tables/things/columns/0/nullable",
            "/tables/things/primary_key/name",
            "/tables/things/checks/0/name",
            "/tables/things/checks/0/comment",
        ],
        &["/tables/things/primary_key/parts/0/column"],
    );
}
