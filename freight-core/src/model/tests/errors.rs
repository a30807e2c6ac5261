//! What is wrong with models, as the user is told.

use super::*;

/// The error of one file.
fn error(text: &str) -> String {
    match read_texts([(Path::new("a.yaml"), text)]) {
        Ok(_) => panic!("no error:\n{text}"),
        Err(error) => shown(&error),
    }
}

/// The error of one field of a model `t`.
fn field(text: &str) -> String {
    let text = error(&format!("models:\n  t:\n    fields:\n      f: {text}\n"));
    text.replace("models.t.fields.", "")
}

#[test]
fn keys_and_values_are_named_with_their_place() {
    let cases = [
        (
            "models:\n  users:\n    feilds: {}\n",
            "FR0703 a.yaml:3:5 `models.users`: unknown key `feilds` (did you mean `fields`?)",
        ),
        (
            "model: {}\n",
            "FR0703 a.yaml:1:1 unknown key `model` (did you mean `models`?)",
        ),
        (
            "models:\n  users:\n    fields:\n      a: { type: string, size: large }\n",
            "FR0702 a.yaml:4:32 `models.users.fields.a.size`: this must be a whole number, not the text `large`",
        ),
        (
            "models:\n  users:\n    fields:\n      a: { type: text, primary_key: yes }\n",
            "FR0702 a.yaml:4:37 `models.users.fields.a.primary_key`: this must be `true` or `false`, not the text `yes`",
        ),
        (
            "models:\n  users: []\n",
            "FR0702 a.yaml:2:10 `models.users`: this must be a map, not a list",
        ),
        (
            "models:\n  users:\n    fields: { a: 5 }\n",
            "FR0702 a.yaml:3:18 `models.users.fields.a`: this must be the name of a type, or a map with the key `type`, not the number `5`",
        ),
        (
            "models:\n  users:\n    indexes:\n      - { columns: [a], unqiue: true }\n",
            "FR0703 a.yaml:4:25 `models.users.indexes[0]`: unknown key `unqiue` (did you mean `unique`?)",
        ),
        (
            "objects:\n  - { name: a }\n",
            "FR0702 a.yaml:2:5 `objects[0]`: the key `kind` is missing",
        ),
        (
            "- a\n",
            "FR0702 a.yaml:1:1 a model file must hold keys such as `models:`",
        ),
        (
            "models:\n  a: {}\n  a: {}\n",
            "FR0701 a.yaml:3:3 the key `a` is written twice (check the indentation, the space after each `:` and the quotes at that place)",
        ),
        (
            "models: { a: {} \n",
            "FR0701 a.yaml:1:9 this is not valid YAML (check the indentation, the space after each `:` and the quotes at that place)",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn fields_say_only_what_can_be_meant() {
    let cases = [
        (
            "strin",
            "FR0702 a.yaml:4:7 `f`: `strin` is no type (did you mean `string`?)",
        ),
        (
            "{ size: 3 }",
            "FR0702 a.yaml:4:7 `f`: it has no type (write `f: { type: string }`)",
        ),
        (
            "{ type: integer, size: 3 }",
            "FR0702 a.yaml:4:7 `f`: `integer` has no `size`",
        ),
        (
            "{ type: text, unsigned: true }",
            "FR0702 a.yaml:4:7 `f`: `text` has no `unsigned`",
        ),
        (
            "{ type: enum }",
            "FR0702 a.yaml:4:7 `f`: an enum needs `values`",
        ),
        (
            "{ type: enum, values: [a, b], default: c }",
            "FR0702 a.yaml:4:7 `f`: the default `c` is none of the values `a`, `b`",
        ),
        (
            "{ type: enum, values: [a, a] }",
            "FR0702 a.yaml:4:7 `f`: the value `a` is there twice",
        ),
        (
            "{ type: decimal, precision: 2, scale: 3 }",
            "FR0702 a.yaml:4:7 `f`: the `scale` is larger than the `precision`",
        ),
        (
            "{ type: integer, default: many }",
            "FR0702 a.yaml:4:7 `f`: `many` is no default for `integer`",
        ),
        (
            "{ type: text, on_delete: cascade }",
            "FR0702 a.yaml:4:7 `f`: `on_delete` and `on_update` need `references`",
        ),
        (
            "{ type: text, auto_increment: true }",
            "FR0702 a.yaml:4:7 `f`: only a whole number can be numbered by the database",
        ),
        (
            "{ type: datetime, precision: 9 }",
            "FR0702 a.yaml:4:7 `f`: the fraction of a second has at most 6 digits",
        ),
        (
            "{ references: t, on_delete: set null, required: true }",
            "FR0702 a.yaml:4:7 `f`: `set null` cannot be done to a required field (leave out `required: true`, or choose another `on_delete`)",
        ),
        (
            "{ references: t, on_delete: casade }",
            "FR0702 a.yaml:4:38 `f.on_delete`: `casade` is none of the words here (did you mean `cascade`?)",
        ),
        (
            "{ references: tt }",
            "FR0704 a.yaml:4:7 `f`: no model is called `tt` (did you mean `t`?)",
        ),
        (
            "{ references: t.idd }",
            "FR0704 a.yaml:4:7 `f`: no field of `t` is called `idd` (did you mean `id`?)",
        ),
        (
            "{ references: f }",
            "FR0704 a.yaml:4:7 `f`: no model is called `f` (did you mean `t`?)",
        ),
        (
            "{ references: t.f }",
            "FR0702 a.yaml:4:7 `f`: it has the type of what it refers to, and that leads back to itself (write `type:` into one of the fields)",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(field(text), expected, "{text}");
    }
}

#[test]
fn names_are_declared_once_and_known() {
    let cases = [
        (
            "models:\n  a: { table: t }\n  b: { table: t }\n",
            "FR0705 a.yaml:3:3 `models.b`: the table `t` has two models; the other one is at a.yaml:2:3",
        ),
        (
            "models:\n  a:\n    fields:\n      x: { type: text, column: c }\n      c: text\n",
            "FR0705 a.yaml:5:7 `models.a.fields.c`: the column `c` is that of `x` already",
        ),
        (
            "models:\n  a: { indexes: [[x]] }\n",
            "FR0704 a.yaml:2:18 `models.a.indexes[0]`: no field of `a` is called `x` (did you mean `id`?)",
        ),
        (
            "enums: { text: [a] }\n",
            "FR0705 a.yaml:1:10 `enums.text`: `text` is a portable type already",
        ),
        (
            "models:\n  a: { relations: { b: { has_many: bs } } }\n",
            "FR0704 a.yaml:2:21 `models.a.relations.b`: no model is called `bs` (did you mean `a`?)",
        ),
        (
            "models:\n  a: { relations: { b: {} } }\n",
            "FR0702 a.yaml:2:21 `models.a.relations.b`: a relation has one of `belongs_to`, `has_many`, `has_one` and `belongs_to_many`",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(error(text), expected, "{text}");
    }
    let two = [
        (Path::new("a.yaml"), "models: { a: {} }"),
        (Path::new("b.yaml"), "models: { a: {} }"),
    ];
    assert_eq!(
        shown(&read_texts(two).unwrap_err()),
        "FR0705 b.yaml:1:11 `models.a` is declared twice; the other one is at a.yaml:1:11"
    );
}

#[test]
fn what_a_database_cannot_do_is_refused_with_its_name() {
    let refused = |dialect: &str, text: &str| {
        let text = format!("models:\n  t:\n    fields: {{ f: text, g: integer }}\n    {text}\n");
        match lower(&models(&text), types(dialect)) {
            Ok(_) => panic!("{dialect} takes it:\n{text}"),
            Err(error) => shown(&error).replace("FR0401 app.yaml:", ""),
        }
    };
    let partial = "indexes: [{ columns: [g], where: 'g > 1' }]";
    assert_eq!(
        refused("mysql", partial),
        "4:15 `models.t.indexes`: there is no index over some rows, on MySQL"
    );
    assert_eq!(
        refused("sqlite", "indexes: [{ columns: [g], method: hash }]"),
        "4:15 `models.t.indexes`: there is no index method, on SQLite"
    );
    assert_eq!(
        refused("mysql", "exclusions: { a: EXCLUDE USING gist (g WITH =) }"),
        "2:3 `models.t.exclusions`: there is no exclusion constraint, on MySQL"
    );
    let decimal = models("models:\n  t:\n    fields: { f: { type: decimal, precision: 20 } }\n");
    assert_eq!(
        shown(&lower(&decimal, types("sqlite")).unwrap_err()),
        "FR0401 app.yaml:3:15 `models.t.fields.f`: a decimal of 20 digits is rounded to 15; write `approximate: true` where that may be, on SQLite"
    );
    let native = models("models:\n  t:\n    fields: { f: { native: { postgres: inet } } }\n");
    assert_eq!(
        shown(&lower(&native, types("sqlite")).unwrap_err()),
        "FR0401 app.yaml:3:15 `models.t.fields.f`: the field has no type, on SQLite (write a portable `type:`, or `native: { sqlite: … }`)"
    );
}

#[test]
fn sl_19_names_that_differ_in_case_alone_are_refused_where_they_are_the_same() {
    let tables = models("models: { Foo: {}, foo: {} }");
    assert_eq!(
        shown(&lower(&tables, types("sqlite")).unwrap_err()),
        "FR0401 app.yaml:1:20 `models.foo`: its table is the same as `Foo`, on SQLite"
    );
    assert!(lower(&tables, types("postgres")).is_ok());
    let columns = models("models: { t: { fields: { a: text, A: text } } }");
    assert_eq!(
        shown(&lower(&columns, types("mysql")).unwrap_err()),
        "FR0401 app.yaml:1:11 `models.t.fields.A`: its column is the same as `a`, on MySQL"
    );
    assert!(lower(&columns, types("postgres")).is_ok());
}

#[test]
fn files_that_are_no_text_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let code = |path: &Path| read_models(path, None).unwrap_err().code();
    assert_eq!(code(folder.path()), "FR0605");
    assert_eq!(code(&folder.path().join("none.yaml")), "FR0605");
    std::fs::write(folder.path().join("a.yaml"), b"models:\n  \xff: {}\n").unwrap();
    let error = read_models(folder.path(), None).unwrap_err();
    assert_eq!(
        (error.code(), error.location().unwrap().line),
        ("FR0701", 2)
    );
    std::fs::write(folder.path().join("a.yaml"), "").unwrap();
    assert!(read_models(folder.path(), None).unwrap().models.is_empty());
}

#[test]
fn depth_and_repetition_end_in_an_error() {
    let deep = format!("models: {}{}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(error(&deep).starts_with("FR070"));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let _ = writeln!(
            bomb,
            "a{level}: &a{level} [{}]",
            vec![format!("*a{}", level - 1); 10].join(", ")
        );
    }
    assert!(error(&bomb).starts_with("FR070"));
}
