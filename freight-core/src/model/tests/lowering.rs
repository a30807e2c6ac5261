//! What models become.

use std::collections::BTreeSet;

use super::*;
use crate::ident::Name;
use crate::schema::Subject;

#[test]
fn implied_fields_stand_in_their_places() {
    let text = "models:\n  notes:\n    fields: { body: text }\n    timestamps: true\n    soft_delete: true\n    version: true\n";
    assert_eq!(
        outline(&schema(text, "postgres")),
        "notes
  id bigint not null ByDefault
  body text
  created_at timestamp with time zone not null = Expression(Expression(\"now()\"))
  updated_at timestamp with time zone not null = Expression(Expression(\"now()\"))
  deleted_at timestamp with time zone
  lock_version bigint not null = Number(\"0\")
  key (id)
"
    );
}

#[test]
fn references_take_the_type_of_their_target() {
    let text = "
models:
  a:
    fields: { id: { type: uuid, primary_key: true }, code: { type: string, size: 8, unique: true } }
  b:
    fields:
      a: { references: a, column: a_id, on_delete: cascade }
      code: { references: a.code, required: true }
      self: { references: { table: b, deferrable: deferred, name: b_self }, index: true }
  c:
    fields: { b_id: { references: b, primary_key: true } }
  d:
    primary_key: [x, y]
    fields: { x: integer, y: { type: integer, required: true } }
  e:
    fields: { x: integer, y: integer }
    foreign_keys: [{ columns: [x, y], references: d }]
";
    assert_eq!(
        outline(&schema(text, "sqlite")),
        "a
  id UUID_TEXT not null
  code VARCHAR(8)
  key (id)
  unique a_code_key (code)
b
  id INTEGER not null AutoIncrement
  a_id UUID_TEXT
  code VARCHAR(8) not null
  self INTEGER
  key (id)
  b_a_id_fkey [\"a_id\"] -> a[\"id\"] Cascade
  b_code_fkey [\"code\"] -> a[\"code\"] NoAction
  b_self [\"self\"] -> b[\"id\"] NoAction
  index b_self_idx (self)
c
  b_id INTEGER not null
  key (b_id)
  c_b_id_fkey [\"b_id\"] -> b[\"id\"] NoAction
d
  x INTEGER not null
  y INTEGER not null
  key (x, y)
e
  id INTEGER not null AutoIncrement
  x INTEGER
  y INTEGER
  key (id)
  e_x_y_fkey [\"x\", \"y\"] -> d[\"x\", \"y\"] NoAction
"
    );
}

#[test]
fn a_cycle_of_references_is_allowed() {
    let text = "models:\n  a: { fields: { b_id: { references: b } } }\n  b: { fields: { a_id: { references: a } } }\n";
    assert_eq!(schema(text, "mysql").tables.len(), 2);
}

#[test]
fn a_relation_makes_its_pivot_table_once() {
    let text = "
models:
  posts: { relations: { tags: { belongs_to_many: tags } } }
  tags: { relations: { posts: { belongs_to_many: posts } } }
";
    let text = outline(&schema(text, "postgres"));
    assert!(
        text.contains(
            "post_tags
  post_id bigint not null
  tag_id bigint not null
  key (post_id, tag_id)
  post_tags_post_id_fkey [\"post_id\"] -> posts[\"id\"] Cascade
  post_tags_tag_id_fkey [\"tag_id\"] -> tags[\"id\"] Cascade
  index post_tags_tag_id_idx (tag_id)
"
        ),
        "{text}"
    );
}

#[test]
fn groups_and_lists_make_constraints_and_indexes() {
    let text = "
models:
  t:
    fields:
      a: { type: integer, unique: pair, index: both }
      b: { type: integer, unique: pair, index: both }
      c: { type: text }
    indexes:
      - { columns: [{ expression: lower(c) }], unique: true }
      - { columns: [a], unique: true, where: b > 0 }
      - { columns: [b], unique: true, constraint: false, name: plain }
";
    let text = outline(&schema(text, "postgres"));
    for line in [
        "  unique t_a_b_key (a, b)\n",
        "  index t_a_b_idx (a, b)\n",
        "  unique index t_expr_key (…)\n",
        "  unique index t_a_key (a)\n",
        "  unique index plain (b)\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
}

#[test]
fn an_enum_is_a_type_where_there_are_types_and_a_check_elsewhere() {
    let text = "
enums: { mood: [ok, it's, 'a\\b'] }
models:
  t: { fields: { mood: { type: mood, default: ok } } }
";
    let postgres = schema(text, "postgres");
    assert!(outline(&postgres).contains("  mood mood = Text(\"ok\")\n"));
    assert_eq!(postgres.enums.len(), 1);
    assert!(
        outline(&schema(text, "sqlite"))
            .contains("  check t_mood_check mood IN ('ok', 'it''s', 'a\\b')\n")
    );
    assert!(
        outline(&schema(text, "mysql"))
            .contains("  check t_mood_check mood IN ('ok', 'it''s', 'a\\\\b')\n")
    );
}

#[test]
fn my_25_an_indexed_text_has_a_length_on_mysql() {
    let text = "models:\n  t: { fields: { a: { type: text, unique: true }, b: { type: text, size: 64, index: true }, c: text } }\n";
    let text = outline(&schema(text, "mysql"));
    assert!(
        text.contains("  a varchar(255)\n  b varchar(64)\n  c text\n"),
        "{text}"
    );
}

#[test]
fn mysql_indexes_each_foreign_key_under_its_name() {
    let text = "models:\n  a: {}\n  b: { fields: { a_id: { references: a } } }\n";
    assert!(outline(&schema(text, "mysql")).contains("  index b_a_id_fkey (a_id)\n"));
    assert!(!outline(&schema(text, "postgres")).contains("index"));
}

#[test]
fn sl_15_a_strict_table_has_plain_types_and_checks() {
    let text = "
models:
  t:
    options: { sqlite: { strict: true } }
    fields:
      a: { type: string, size: 3 }
      b: boolean
      c: datetime
      d: { type: decimal, precision: 5, scale: 1 }
      e: json
";
    assert_eq!(
        outline(&schema(text, "sqlite")),
        "t
  id INTEGER not null AutoIncrement
  a TEXT
  b INTEGER
  c TEXT
  d REAL
  e TEXT
  key (id)
  check t_a_check length(a) <= 3
  check t_b_check b IN (0, 1)
  check t_e_check json_valid(e)
"
    );
}

#[test]
fn unsigned_is_a_type_or_a_check() {
    let text = "models:\n  t: { fields: { a: { type: int, unsigned: true } } }\n";
    assert!(outline(&schema(text, "mysql")).contains("  a int unsigned\n"));
    let postgres = outline(&schema(text, "postgres"));
    assert!(postgres.contains("  a bigint\n") && postgres.contains("check t_a_check a >= 0\n"));
}

#[test]
fn long_names_are_cut_as_the_dialect_wants() {
    let long = "a_very_long_name_of_a_column_that_goes_on";
    let text = format!(
        "models:\n  a_very_long_name_of_a_table_that_goes_on: {{ fields: {{ {long}: {{ type: integer, index: true }} }} }}\n"
    );
    let name = |dialect: &str| {
        let schema = schema(&text, dialect);
        schema.tables.values().next().unwrap().indexes[0].name.len()
    };
    assert_eq!((name("postgres"), name("mysql")), (63, 64));
    assert!(name("sqlite") > 64);
}

#[test]
fn two_checks_of_one_column_have_two_names() {
    let text = "models:\n  t: { fields: { a: { type: enum, values: [x], check: \"a <> ''\" } } }\n";
    let text = outline(&schema(text, "sqlite"));
    assert!(text.contains("check t_a_check a <> ''\n"), "{text}");
    assert!(text.contains("check t_a_check1 a IN ('x')\n"), "{text}");
}

#[test]
fn comments_that_a_database_cannot_keep_are_noted() {
    let models =
        models("models:\n  t: { comment: hello, fields: { a: { type: text, comment: x } } }\n");
    let lowered = lower_with_notes(&models, types("sqlite")).unwrap();
    let notes: Vec<_> = lowered
        .notes
        .iter()
        .map(|note| format!("{}: {}", note.subject, note.message))
        .collect();
    assert_eq!(
        notes,
        [
            "table `t`: SQLite keeps no comments",
            "column `a` of `t`: SQLite keeps no comments"
        ]
    );
    assert!(
        lower_with_notes(&models, types("mysql"))
            .unwrap()
            .notes
            .is_empty()
    );
}

#[test]
fn objects_need_what_their_definitions_mention() {
    let text = "
models: { t: {} }
views:
  a: SELECT * FROM b
  b: SELECT id FROM \"t\"
";
    let schema = schema(text, "sqlite");
    let needs: Vec<_> = schema
        .objects
        .values()
        .map(|view| {
            view.needs
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(needs, [["view `b`"], ["table `t`"]]);
}

#[test]
fn a_trigger_needs_the_one_beside_which_it_stands() {
    let text = "
models: { t: {} }
objects:
  - kind: trigger
    name: a
    mysql: CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW FOLLOWS `b` SET @x = 1
  - kind: trigger
    name: b
    mysql: CREATE TRIGGER b BEFORE INSERT ON t FOR EACH ROW SET @precedes = 1
";
    let schema = schema(text, "mysql");
    let needs = schema.objects.iter().map(|(key, trigger)| {
        let needs = trigger.needs.iter().map(ToString::to_string);
        (key.name.name.as_str(), needs.collect::<Vec<_>>())
    });
    assert_eq!(
        needs.collect::<Vec<_>>(),
        [
            (
                "a",
                vec!["table `t`".to_owned(), "trigger `b` on `t`".to_owned()]
            ),
            ("b", vec!["table `t`".to_owned()])
        ]
    );
}

#[test]
fn options_and_defaults_are_per_dialect() {
    let text = "
models:
  t:
    options: { mysql: { engine: InnoDB }, postgres: { unlogged: true, with.fillfactor: 70 } }
    fields:
      a: { type: boolean, default: true }
      b: { type: json, default: '{}' }
      c: { type: decimal, precision: 4, scale: 2, default: '1.50' }
      d: { type: date, default: CURRENT_DATE }
      e: { type: text, default: { sql: { sqlite: \"'x'\" } } }
      f: { type: blob, default: { bytes: 00ff } }
";
    let postgres = schema(text, "postgres");
    let table = postgres.tables.values().next().unwrap();
    assert_eq!(table.options.get("with.fillfactor"), Some("70"));
    assert!(table.options.has("unlogged") && !table.options.has("engine"));
    let defaults = |schema: &Schema| {
        let table = schema.tables.values().next().unwrap();
        let columns = table.columns.iter().skip(1);
        columns
            .map(|column| format!("{:?}", column.default))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        defaults(&postgres),
        "Some(Boolean(true)) Some(Text(\"{}\")) Some(Number(\"1.50\")) \
         Some(Expression(Expression(\"CURRENT_DATE\"))) None Some(Bytes(\"00ff\"))"
    );
    assert_eq!(
        defaults(&schema(text, "sqlite")),
        "Some(Number(\"1\")) Some(Text(\"{}\")) Some(Number(\"1.50\")) \
         Some(Expression(Expression(\"CURRENT_DATE\"))) Some(Expression(Expression(\"'x'\"))) Some(Bytes(\"00ff\"))"
    );
}

#[test]
fn tables_and_types_need_what_they_use() {
    let text = "
models:
  orders:
    fields:
      number: { type: integer, default: { sql: \"nextval('Numbers')\" } }
      sum: { native: { postgres: money_pair } }
      state: phase
      total: integer
    checks: { orders_total: \"is_right(total)\" }
    indexes: [{ columns: [{ expression: \"lower(state::text)\" }] }]
enums: { phase: [a, b] }
domains: { amount: { native: integer, checks: { amount_right: \"is_right(VALUE)\" } } }
composites: { money_pair: { attributes: { a: amount, b: amount } } }
sequences: { Numbers: {} }
objects:
  - { kind: function, name: total, signature: '', postgres: \"CREATE FUNCTION total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM orders'\" }
  - { kind: function, name: is_right, signature: integer, postgres: \"CREATE FUNCTION is_right(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'\" }
";
    let schema = schema(text, "postgres");
    let shown = |needs: &BTreeSet<Subject>| {
        let shown: Vec<_> = needs.iter().map(ToString::to_string).collect();
        shown.join(", ")
    };
    assert_eq!(
        shown(&schema.tables[&Name::new("orders")].needs),
        "type `money_pair`, type `phase`, sequence `Numbers`, function `is_right(integer)`"
    );
    assert_eq!(
        shown(&schema.domains[&Name::new("amount")].needs),
        "function `is_right(integer)`"
    );
    assert_eq!(
        shown(&schema.composites[&Name::new("money_pair")].needs),
        "type `amount`"
    );
    // The body of a function in SQL is read when it is made, whatever its quotes are.
    let total = schema
        .objects
        .iter()
        .find(|(key, _)| key.name.name == "total");
    assert_eq!(
        total.map(|(_, object)| shown(&object.needs)).as_deref(),
        Some("table `orders`")
    );
}
