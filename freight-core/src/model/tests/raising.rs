//! What schemas become, and that nothing is lost on the way.

use proptest::prelude::*;

use super::*;
use crate::ident::Name;
use crate::schema::{
    Action, Check, Column, DefaultValue, Deferrable, Exclusion, Expression, ForeignKey, Identity,
    IdentityKind, Index, IndexPart, NullsOrder, Object, ObjectKind, Opaque, Options, PrimaryKey,
    Spelling, Subject, Table, Unique,
};

/// Raises and lowers again; what comes out has to be what went in.
fn survives(schema: &Schema, dialect: &str) -> RaisedModels {
    let raised = raise(schema, types(dialect)).unwrap();
    assert_eq!(raised.notes, [], "{dialect}");
    let lowered = lower(&raised.models, types(dialect)).unwrap();
    for (name, table) in &schema.tables {
        let found = bare(&lowered.tables[name]);
        assert_eq!(found, bare(table), "{dialect} {name}");
    }
    assert_eq!(lowered.tables.len(), schema.tables.len());
    assert_eq!(lowered.enums, schema.enums);
    assert_eq!(lowered.sequences, schema.sequences);
    assert_eq!(lowered.extensions, schema.extensions);
    assert_eq!(lowered.namespaces, schema.namespaces);
    let keys = |schema: &Schema| schema.objects.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&lowered), keys(schema));
    raised
}

fn bare(table: &Table) -> Table {
    let mut table = Table {
        needs: std::collections::BTreeSet::new(),
        definition: None,
        ..table.clone()
    };
    table.sort();
    table
        .foreign_keys
        .sort_by_cached_key(|key| format!("{key:?}"));
    table
        .uniques
        .sort_by_cached_key(|unique| format!("{unique:?}"));
    table
}

fn with(name: &str, table: Table) -> Schema {
    let mut schema = Schema {
        spelling: Spelling::Stored,
        ..Schema::default()
    };
    schema.tables.insert(Name::from(name), table);
    schema
}

fn nullable(name: &str, column_type: &str) -> Column {
    Column {
        nullable: true,
        ..Column::new(name, column_type)
    }
}

/// The declaration of the only table's model.
fn only_model(raised: &RaisedModels) -> String {
    let (.., model) = raised.models.declared.models.iter().next().unwrap();
    serde_json::to_string(model).unwrap()
}

#[test]
fn the_example_survives_on_every_database() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    let models = read_models(&folder, None).unwrap();
    for dialect in ["sqlite", "postgres", "mysql"] {
        let schema = lower(&models, types(dialect)).unwrap();
        let raised = survives(&schema, dialect);
        let users = raised.models.declared.models.get("users").unwrap();
        assert_eq!(
            serde_json::to_string(&users.fields).unwrap(),
            r#"{"name":{"type":"string","size":100,"required":true},"email":{"type":"string","required":true,"unique":true},"role":{"type":"enum","values":["user","editor","admin"],"required":true,"default":"user"},"order_count":{"type":"integer","required":true,"default":0}}"#,
            "{dialect}"
        );
        assert!(users.timestamps);
        let posts = raised.models.declared.models.get("posts").unwrap();
        assert_eq!(
            serde_json::to_string(&posts.relations).unwrap(),
            r#"{"author":{"belongs_to":"users","foreign_key":"author_id"},"tags":{"belongs_to_many":"tags","through":"posts_tags","foreign_pivot_key":"post_id","related_pivot_key":"tag_id"}}"#,
            "{dialect}"
        );
        assert_eq!(raised.models.declared.views.0.len(), 1);
    }
}

#[test]
fn a_type_that_is_not_portable_stands_beside_the_nearest_one() {
    let cases = [
        (
            "postgres",
            "json",
            r#"{"type":"json","native":{"postgres":"json"}}"#,
        ),
        (
            "postgres",
            "integer[]",
            r#"{"native":{"postgres":"integer[]"}}"#,
        ),
        (
            "postgres",
            "timestamp without time zone",
            r#"{"type":"datetime","native":{"postgres":"timestamp without time zone"}}"#,
        ),
        (
            "postgres",
            "character(3)",
            r#"{"type":"string","size":3,"native":{"postgres":"character(3)"}}"#,
        ),
        (
            "mysql",
            "mediumtext",
            r#"{"type":"text","native":{"mysql":"mediumtext"}}"#,
        ),
        (
            "mysql",
            "enum('a','b''c')",
            r#"{"type":"enum","values":["a","b'c"],"native":{"mysql":"enum('a','b''c')"}}"#,
        ),
        ("mysql", "int unsigned", r#"{"type":"int","unsigned":true}"#),
        ("mysql", "datetime", r#"{"type":"datetime","precision":0}"#),
        ("mysql", "point", r#"{"native":{"mysql":"point"}}"#),
        (
            "sqlite",
            "DATETIME",
            r#"{"type":"datetime","native":{"sqlite":"DATETIME"}}"#,
        ),
        (
            "sqlite",
            "JSON_TEXT",
            r#"{"type":"json","native":{"sqlite":"JSON_TEXT"}}"#,
        ),
        (
            "sqlite",
            "DECIMAL(20,4)",
            r#"{"type":"decimal","precision":20,"scale":4,"approximate":true}"#,
        ),
        ("sqlite", "", r#"{"native":{"sqlite":""}}"#),
    ];
    for (dialect, column_type, expected) in cases {
        let table = Table {
            columns: vec![nullable("c", column_type)],
            ..Table::default()
        };
        let raised = survives(&with("t", table), dialect);
        let found = only_model(&raised);
        assert!(
            found.contains(&format!("\"c\":{expected}")),
            "{dialect} {column_type}: {found}"
        );
    }
}

#[test]
fn pg_6_a_list_of_values_is_an_enum_however_the_catalog_prints_it() {
    let table = Table {
        columns: vec![nullable("role", "text")],
        checks: vec![Check {
            name: Some("t_role_check".to_owned()),
            expression: Expression::new("role = ANY (ARRAY['a'::text, 'b'::text])"),
            ..Check::default()
        }],
        ..Table::default()
    };
    let raised = raise(&with("t", table), types("postgres")).unwrap();
    assert_eq!(raised.notes, []);
    assert!(only_model(&raised).contains(r#""role":{"type":"enum","values":["a","b"]}"#));
}

#[test]
fn pg_2_the_current_time_is_portable_by_either_name() {
    for now in ["now()", "CURRENT_TIMESTAMP"] {
        let mut column = nullable("at", "timestamp with time zone");
        column.default = Some(DefaultValue::Expression(Expression::new(now)));
        let table = Table {
            columns: vec![column],
            ..Table::default()
        };
        let raised = raise(&with("t", table), types("postgres")).unwrap();
        assert_eq!(raised.notes, []);
        assert!(only_model(&raised).contains(r#""default":"CURRENT_TIMESTAMP""#));
    }
}

#[test]
fn pg_10_serial_and_pg_11_identities_survive() {
    for kind in [
        IdentityKind::Serial,
        IdentityKind::Always,
        IdentityKind::ByDefault,
    ] {
        let mut id = Column::new("id", "integer");
        let mut identity = Identity::new(kind);
        identity.sequence.start = Some(1000);
        identity.sequence_name = Some(Name::new("ra_id_seq"));
        id.identity = Some(identity);
        let table = Table {
            columns: vec![id],
            primary_key: Some(PrimaryKey {
                name: Some("pk".to_owned()),
                ..PrimaryKey::of(["id"])
            }),
            ..Table::default()
        };
        survives(&with("t", table), "postgres");
    }
}

#[test]
fn the_name_that_postgres_gives_a_key_is_left_out() {
    let table = |name: &str| Table {
        columns: vec![nullable("a", "text"), Column::new("b", "text")],
        primary_key: Some(PrimaryKey {
            name: Some(name.to_owned()),
            ..PrimaryKey::of(["b"])
        }),
        ..Table::default()
    };
    let raised = raise(&with("t", table("t_pkey")), types("postgres")).unwrap();
    assert_eq!(raised.notes, []);
    assert!(only_model(&raised).contains(r#""b":{"type":"text","primary_key":true}"#));
    let raised = survives(&with("t", table("own")), "postgres");
    assert!(only_model(&raised).contains(r#""name":"own""#));
}

#[test]
fn sl_14_a_key_of_sqlite_may_hold_null_and_sl_12_constraints_may_have_no_name() {
    let table = Table {
        columns: vec![nullable("a", "TEXT"), nullable("b", "INT")],
        primary_key: Some(PrimaryKey::of(["a"])),
        uniques: vec![Unique {
            parts: vec![IndexPart::column("b")],
            ..Unique::default()
        }],
        foreign_keys: vec![ForeignKey {
            columns: vec!["b".to_owned()],
            target: Name::new("t"),
            ..ForeignKey::default()
        }],
        checks: vec![Check {
            expression: Expression::new("b > 1"),
            ..Check::default()
        }],
        ..Table::default()
    };
    survives(&with("t", table), "sqlite");
}

#[test]
fn an_integer_key_without_a_number_of_its_own_stays_so() {
    for dialect in ["sqlite", "postgres", "mysql"] {
        let integer = if dialect == "sqlite" {
            "INTEGER"
        } else {
            "bigint"
        };
        let table = Table {
            columns: vec![Column::new("id", integer)],
            primary_key: Some(PrimaryKey::of(["id"])),
            ..Table::default()
        };
        let raised = survives(&with("t", table), dialect);
        assert!(only_model(&raised).contains(r#""auto_increment":false"#));
    }
}

#[test]
fn a_schema_with_everything_of_postgres_survives() {
    let text = include_str!("everything_of_postgres.json");
    let snapshot = crate::schema::Snapshot::parse(text).unwrap();
    let raised = survives(&snapshot.schema, "postgres");
    assert_eq!(raised.models.models.len(), snapshot.schema.tables.len());
}

#[test]
fn what_no_model_holds_is_noted() {
    let mut schema = with(
        "t",
        Table {
            columns: vec![nullable("a", "text")],
            ..Table::default()
        },
    );
    schema.opaque.push(Opaque {
        subject: Subject::Table(Name::new("t")),
        what: "security label".to_owned(),
    });
    // MATCH FULL, which SQLite reads and does not heed.
    let mut other = schema.tables[&Name::new("t")].clone();
    other.foreign_keys.push(ForeignKey {
        columns: vec!["a".to_owned()],
        target: Name::new("t"),
        match_full: true,
        ..ForeignKey::default()
    });
    schema.tables.insert(Name::new("u"), other);
    let notes: Vec<_> = raise(&schema, types("sqlite"))
        .unwrap()
        .notes
        .into_iter()
        .map(|note| format!("{}: {}", note.subject, note.message))
        .collect();
    assert_eq!(
        notes,
        [
            "table `t`: security label is not part of a model",
            "table `u`: its model does not say everything that it is"
        ]
    );
}

#[test]
fn views_and_triggers_survive() {
    let mut schema = with(
        "t",
        Table {
            columns: vec![nullable("a", "TEXT")],
            ..Table::default()
        },
    );
    let definitions = [
        (
            ObjectKey::new(ObjectKind::View, Name::new("v")),
            "CREATE VIEW v AS\nSELECT a FROM t",
        ),
        (
            ObjectKey::new(ObjectKind::View, Name::new("w")),
            "CREATE VIEW w (x) AS SELECT a FROM t",
        ),
        (
            ObjectKey::on(ObjectKind::Trigger, Name::new("t"), Name::new("g")),
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
        ),
    ];
    for (key, definition) in definitions {
        let definition = definition.to_owned();
        schema.objects.insert(
            key,
            Object {
                definition,
                ..Object::default()
            },
        );
    }
    let raised = survives(&schema, "sqlite");
    assert_eq!(raised.models.declared.views.0.len(), 1);
    assert_eq!(raised.models.declared.objects.len(), 2);
}

// ------------------------------------------------------------------ any schema of the databases

fn type_of(dialect: &'static str) -> BoxedStrategy<&'static str> {
    match dialect {
        "sqlite" => prop::sample::select(vec![
            "INTEGER",
            "INT",
            "TEXT",
            "VARCHAR(10)",
            "DECIMAL(10,2)",
            "BOOLEAN",
            "DATETIME_TEXT",
            "DATETIME",
            "JSON_TEXT",
            "BLOB",
            "REAL",
            "UUID_TEXT",
            "my own type(1,2,3)",
            "",
        ])
        .boxed(),
        "postgres" => prop::sample::select(vec![
            "bigint",
            "integer",
            "smallint",
            "text",
            "character varying(10)",
            "numeric(10,2)",
            "numeric",
            "boolean",
            "timestamp with time zone",
            "timestamp(3) without time zone",
            "jsonb",
            "json",
            "bytea",
            "real",
            "uuid",
            "date",
            "time without time zone",
            "integer[]",
            "interval",
            "mood",
            "character varying(10)[]",
        ])
        .boxed(),
        _ => prop::sample::select(vec![
            "bigint",
            "int",
            "int unsigned",
            "smallint",
            "tinyint",
            "tinyint(1)",
            "text",
            "varchar(10)",
            "char(36)",
            "decimal(10,2)",
            "decimal(65,30)",
            "datetime(6)",
            "datetime",
            "timestamp",
            "json",
            "longblob",
            "double",
            "float",
            "date",
            "time(6)",
            "enum('a','b')",
            "year",
            "set('x')",
        ])
        .boxed(),
    }
}

fn default_value() -> impl Strategy<Value = Option<DefaultValue>> {
    prop_oneof![
        3 => Just(None),
        1 => prop::sample::select(vec!["", "x", "it's", "true", "5", "CURRENT_TIMESTAMP", "UUID()"])
            .prop_map(|text| Some(DefaultValue::Text(text.to_owned()))),
        1 => prop::sample::select(vec!["0", "1", "-5", "1.50", "1e3", "007"])
            .prop_map(|text| Some(DefaultValue::Number(text.to_owned()))),
        1 => any::<bool>().prop_map(|value| Some(DefaultValue::Boolean(value))),
        1 => Just(Some(DefaultValue::Bytes("00ff".to_owned()))),
        1 => prop::sample::select(vec!["1 + 1", "f('x')", "NULL"])
            .prop_map(|text| Some(DefaultValue::Expression(Expression::new(text)))),
    ]
}

prop_compose! {
    fn column(dialect: &'static str)(
        name in prop::sample::select(vec!["id", "a", "b", "A b", "created_at", "updated_at", "type", "t.x"]),
        column_type in type_of(dialect),
        nullable in any::<bool>(),
        default in default_value(),
        generated in prop::option::weighted(0.1, any::<bool>()),
        comment in prop::option::weighted(0.2, Just("a: 'b'\n#c".to_owned())),
        option in prop::bool::weighted(0.1),
    ) -> Column {
        let mut column = Column { nullable, default, ..Column::new(name, column_type) };
        if let Some(stored) = generated {
            column.default = None;
            column.generated = Some(crate::schema::Generated { expression: Expression::new("1 + 2"), stored });
        }
        if dialect != "sqlite" { column.comment = comment; }
        if option { column.options.flag("invisible"); column.options.set("storage", "main"); }
        column
    }
}

prop_compose! {
    fn table(dialect: &'static str)(
        mut columns in prop::collection::vec(column(dialect), 1..5),
        key in prop::option::of(0..4_usize),
        wide_key in any::<bool>(),
        numbered in any::<bool>(),
        uniques in prop::collection::vec((0..4_usize, any::<bool>(), any::<bool>()), 0..3),
        indexes in prop::collection::vec((0..4_usize, any::<bool>(), any::<bool>(), any::<bool>()), 0..3),
        references in prop::collection::vec((0..4_usize, any::<bool>(), 0..3_usize), 0..3),
        checks in prop::collection::vec((0..4_usize, any::<bool>(), prop::sample::select(vec!["{} IN ('x', 'y')", "{} > 0", "json_valid({})", "length({}) <= 3"])), 0..3),
        comment in prop::option::weighted(0.2, Just("c".to_owned())),
        strict in prop::bool::weighted(0.1),
    ) -> Table {
        let mut seen = std::collections::BTreeSet::new();
        columns.retain(|column| seen.insert(column.name.clone()));
        let at = |index: usize| index % columns.len();
        let name = |index: usize| columns[at(index)].name.clone();
        let mut table = Table::default();
        let mut names = std::collections::BTreeSet::new();
        let mut named = |usual: bool, base: String| {
            let mut name = if usual { base } else { format!("own {}", names.len()) };
            while !names.insert(name.clone()) { name.push('_'); }
            name
        };
        if let Some(key) = key {
            let mut parts = vec![name(key)];
            if wide_key && columns.len() > 1 { parts.push(name(key + 1)); }
            table.primary_key = Some(PrimaryKey::of(parts));
        }
        for (column, usual, plain) in uniques {
            let part = IndexPart { descending: !plain && dialect != "postgres", ..IndexPart::column(name(column)) };
            let own = named(usual, format!("t_{}_key", name(column)));
            if dialect == "mysql" {
                table.indexes.push(Index { name: own, parts: vec![part], unique: true, ..Index::default() });
            } else {
                let deferrable = if dialect == "postgres" && !plain { Deferrable::Deferred } else { Deferrable::No };
                let own = (dialect != "sqlite" || usual).then_some(own);
                table.uniques.push(Unique { name: own, parts: vec![part], deferrable, ..Unique::default() });
            }
        }
        for (column, usual, unique, odd) in indexes {
            let ending = if unique { "key" } else { "idx" };
            let mut index = Index {
                name: named(usual, format!("t_{}_{ending}", name(column))),
                parts: vec![IndexPart::column(name(column)), IndexPart { descending: odd, ..IndexPart::column(name(column + 1)) }],
                unique,
                ..Index::default()
            };
            if odd && dialect == "postgres" {
                index.method = Some("gin".to_owned());
                index.include = vec![name(column)];
                index.parts.push(IndexPart { nulls: Some(NullsOrder::First), operator_class: Some("x_ops".to_owned()), ..IndexPart::expression("lower(a)") });
            }
            if odd && dialect != "mysql" { index.predicate = Some(Expression::new("a > 0")); }
            table.indexes.push(index);
        }
        for (column, usual, action) in references {
            let own = named(usual, format!("t_{}_fkey", name(column)));
            let on_delete = [Action::NoAction, Action::Cascade, Action::SetNull][action];
            table.foreign_keys.push(ForeignKey {
                name: (dialect != "sqlite" || usual).then_some(own.clone()),
                columns: vec![name(column)],
                target: Name::new("t"),
                target_columns: vec![name(action)],
                on_delete,
                ..ForeignKey::default()
            });
            if dialect == "mysql" && !table.indexes.iter().any(|index| index.name == own) {
                table.indexes.push(Index { name: own, parts: vec![IndexPart::column(name(column))], ..Index::default() });
            }
        }
        for (column, usual, expression) in checks {
            let text = expression.replace("{}", &types(dialect).name(&name(column)));
            let own = named(usual, format!("t_{}_check", name(column)));
            table.checks.push(Check {
                name: (dialect != "sqlite" || usual).then_some(own),
                expression: Expression::new(text),
                not_valid: dialect == "postgres" && !usual,
                ..Check::default()
            });
        }
        if dialect == "postgres" && strict {
            table.exclusions.push(Exclusion { name: "ex".to_owned(), definition: "EXCLUDE USING gist (a WITH =)".to_owned(), comment: None });
        }
        if dialect == "sqlite" {
            if strict { table.options.flag("strict"); }
        } else {
            table.comment = comment;
            table.options = [("with.fillfactor", "70"), ("unlogged", "")].into_iter().collect::<Options>();
        }
        let key: Vec<String> = table.primary_key.iter().flat_map(PrimaryKey::columns).map(str::to_owned).collect();
        for column in &mut columns {
            let is_key = key.contains(&column.name);
            if is_key && dialect != "sqlite" { column.nullable = false; }
            let whole = key == [column.name.clone()];
            let kind = match dialect { "postgres" => IdentityKind::Always, _ => IdentityKind::AutoIncrement };
            let is_integer = ["INTEGER", "bigint", "integer"].contains(&column.column_type.as_str());
            if numbered && whole && is_integer && column.generated.is_none() {
                column.default = None;
                column.identity = Some(Identity::new(kind));
            }
        }
        table.columns = columns;
        table.sort();
        table
    }
}

fn any_schema(dialect: &'static str) -> impl Strategy<Value = Schema> {
    table(dialect).prop_map(move |table| {
        let mut schema = with("t", table);
        if dialect == "postgres" {
            schema.enums.insert(
                Name::new("mood"),
                crate::schema::Enum {
                    values: vec!["ok".to_owned(), "x".to_owned()],
                    comment: None,
                },
            );
        }
        schema
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_schema_of_sqlite_survives(schema in any_schema("sqlite")) {
        survives(&schema, "sqlite");
    }

    #[test]
    fn any_schema_of_postgres_survives(schema in any_schema("postgres")) {
        survives(&schema, "postgres");
    }

    #[test]
    fn any_schema_of_mysql_survives(schema in any_schema("mysql")) {
        survives(&schema, "mysql");
    }
}
