//! Models as text, and that reading the text gives them back.

use proptest::prelude::*;

use super::*;
use crate::model::decl::{
    CheckDecl, Checks, DefaultDecl, DialectText, FieldDecl, GroupDecl, IndexDecl, ModelDecl,
    NameDecl, ObjectDecl, PartDecl, PlainValue, ReferenceDecl, ViewDecl,
};

fn read(text: &str) -> Declarations {
    match read_declarations(text, Path::new("written.yaml")) {
        Ok(declared) => declared,
        Err(error) => panic!("{error}\n{text}"),
    }
}

/// Writes and reads again; returns the text.
fn round(declared: &Declarations) -> String {
    let text = write_yaml(declared).unwrap();
    let found = read(&text);
    assert_eq!(found, *declared, "{text}");
    assert_eq!(write_yaml(&found).unwrap(), text);
    text
}

const SAMPLE: &str = "\
models:
  users:
    fields:
      name: { type: string, size: 100, required: true }
      bio: text
      age: { type: int, default: 18, check: '\"age\" > 0' }
    timestamps: true
    indexes:
      - [name, { column: age, desc: true }]
      - { columns: [name], unique: true, where: 'age > 1' }
    checks:
      grown_up: 'age >= 18'

  posts:
    fields:
      author: { references: users, on_delete: set null }

views:
  recent: |-
    SELECT *
    FROM posts
  short: SELECT 1

enums:
  mood: [ok, 'it''s', 'true', '5']

objects:
  - kind: trigger
    name: t
    sqlite: |
      CREATE TRIGGER t AFTER INSERT ON posts
      BEGIN
        SELECT 1;
      END
  - { kind: extension, name: citext, postgres: CREATE EXTENSION citext }
";

#[test]
fn yaml_is_written_as_by_hand() {
    assert_eq!(round(&read(SAMPLE)), SAMPLE);
}

#[test]
fn lua_is_written_as_by_hand() {
    assert_eq!(
        write_lua(&read(SAMPLE)).unwrap(),
        "local freight = require(\"freight\")

freight.declare({
  views = {
    recent = [[
SELECT *
FROM posts]],
    short = \"SELECT 1\",
  },
  enums = {
    mood = { \"ok\", \"it's\", \"true\", \"5\" },
  },
  objects = {
    {
      kind = \"trigger\",
      name = \"t\",
      sqlite = [[
CREATE TRIGGER t AFTER INSERT ON posts
BEGIN
  SELECT 1;
END
]],
    },
    { kind = \"extension\", name = \"citext\", postgres = \"CREATE EXTENSION citext\" },
  },
})

freight.model(\"users\", {
  fields = {
    name = freight.string(100, { required = true }),
    bio = freight.text(),
    age = freight.field({ type = \"int\", default = 18, check = \"\\\"age\\\" > 0\" }),
  },
  timestamps = true,
  indexes = {
    { \"name\", { column = \"age\", desc = true } },
    { columns = { \"name\" }, unique = true, where = \"age > 1\" },
  },
  checks = {
    grown_up = \"age >= 18\",
  },
})

freight.model(\"posts\", {
  fields = {
    author = freight.field({ references = \"users\", on_delete = \"set null\" }),
  },
})
"
    );
}

#[test]
fn the_example_is_written_and_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    round(&read_models(&folder, None).unwrap().declared);
}

#[test]
fn no_models_are_a_file_too() {
    assert_eq!(round(&Declarations::default()), "models: {}\n");
}

#[test]
fn a_raised_schema_is_written_and_read() {
    let text = include_str!("everything_of_postgres.json");
    let schema = crate::schema::Snapshot::parse(text).unwrap().schema;
    let raised = raise(&schema, types("postgres")).unwrap();
    let text = round(&raised.models.declared);
    let again = ModelSet::new(read(&text)).unwrap();
    assert_eq!(again, raised.models);
}

/// Texts that a careless writer gets wrong.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z_][a-z0-9_]{0,8}",
        1 => prop::sample::select(vec![
            "", " ", "true", "No", "null", "~", "5", "1e3", "0x1f", ".inf", "a: b", "a #b", "- a",
            "'", "\"", "it's", "a\nb", "a\nb\n", "\na", "a\n\n\nb", " a\nb", "a\n  b", "a \nb", "\t", "a\r\nb",
            "[a]", "{a}", "&a", "*a", "!a", "|", ">", "%", "@", "`", "?", "---", "...", "a\u{85}b", "\u{feff}",
            "\u{2028}", "ü", "😀", "\u{1}", "\\", "a,b", "a:", ":a", "#", "<<", "=", "2020-01-01", "12:30", "+1", "_",
        ])
        .prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ]
}

fn sql() -> impl Strategy<Value = DialectText> {
    any_text().prop_map(DialectText::All)
}

fn default() -> impl Strategy<Value = DefaultDecl> {
    prop_oneof![
        any_text().prop_map(|text| DefaultDecl::plain(PlainValue::Text(text))),
        any::<i64>().prop_map(|number| DefaultDecl::plain(PlainValue::Number(number.to_string()))),
        any::<bool>().prop_map(|value| DefaultDecl::plain(PlainValue::Boolean(value))),
        any_text().prop_map(|text| DefaultDecl {
            text: Some(text),
            ..DefaultDecl::default()
        }),
        sql().prop_map(|sql| DefaultDecl {
            sql: Some(sql),
            ..DefaultDecl::default()
        }),
    ]
}

prop_compose! {
    fn field()(
        field_type in prop::option::of(any_text()),
        size in prop::option::of(any::<u32>()),
        values in prop::collection::vec(any_text(), 0..3),
        required in prop::option::of(any::<bool>()),
        unique in prop::option::of(prop_oneof![any::<bool>().prop_map(GroupDecl::Alone), any_text().prop_map(GroupDecl::Group)]),
        default in prop::option::of(default()),
        table in prop::option::of((any_text(), any::<bool>())),
        comment in prop::option::of(any_text()),
    ) -> FieldDecl {
        FieldDecl {
            field_type, size, required, unique, default, comment,
            values: values.into_iter().collect(),
            references: table.map(|(table, is_short)| ReferenceDecl { table, is_short, ..ReferenceDecl::default() }),
            ..FieldDecl::default()
        }
    }
}

fn part() -> impl Strategy<Value = PartDecl> {
    (any_text(), any::<bool>(), any::<bool>()).prop_map(|(text, is_column, desc)| match is_column {
        true => PartDecl {
            desc,
            ..PartDecl::column(text)
        },
        false => PartDecl {
            expression: Some(DialectText::All(text)),
            desc,
            ..PartDecl::default()
        },
    })
}

prop_compose! {
    fn model()(
        fields in prop::collection::btree_map(any_text(), field(), 0..4),
        timestamps in any::<bool>(),
        indexes in prop::collection::vec((prop::collection::vec(part(), 1..3), any::<bool>(), prop::option::of(sql())), 0..3),
        checks in prop::collection::vec((prop::option::of(any_text()), sql()), 0..3),
        comment in prop::option::of(any_text()),
    ) -> ModelDecl {
        let mut model = ModelDecl { timestamps, comment, ..ModelDecl::default() };
        for (name, field) in fields { model.fields.push(name, field); }
        for (columns, unique, predicate) in indexes {
            model.indexes.push(Placed::from(IndexDecl { columns, unique, predicate, ..IndexDecl::default() }));
        }
        let checks = checks.into_iter().map(|(name, sql)| Placed::from(CheckDecl {
            name: Some(name.map_or(NameDecl::Unnamed(false), NameDecl::Named)),
            ..CheckDecl::new(sql)
        }));
        model.checks = Checks(checks.collect());
        model
    }
}

prop_compose! {
    fn declarations()(
        models in prop::collection::btree_map(any_text(), model(), 0..3),
        views in prop::collection::btree_map(any_text(), sql(), 0..2),
        objects in prop::collection::vec((any_text(), any_text(), prop::option::of(any_text())), 0..3),
    ) -> Declarations {
        let mut declared = Declarations::default();
        for (name, model) in models { declared.models.push(name, model); }
        for (name, sql) in views { declared.views.push(name, ViewDecl::new(sql)); }
        for (kind, name, sqlite) in objects {
            declared.objects.push(Placed::from(ObjectDecl { kind, name, sqlite, ..ObjectDecl::default() }));
        }
        declared
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_declarations_are_written_and_read(declared in declarations()) {
        round(&declared);
    }

    #[test]
    fn reading_never_panics(text in "(models|fields|type|- |: |\\{|\\}|\\[|\\]|\n|  |a|'|\"|#|&a|\\*a|~){0,30}") {
        let _ = read_texts([(Path::new("a.yaml"), &*text)]);
    }
}
