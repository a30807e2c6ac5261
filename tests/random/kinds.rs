//! The types that are drawn for a dialect, with defaults for them and values that they hold.

use freight_core::DialectName;
use freight_core::ident::Name;
use freight_core::schema::{DefaultValue, Expression, Schema};

/// A type.
#[derive(Clone)]
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) default: Option<DefaultValue>,
    /// Values as a statement has them; what changes a type is drawn so that it keeps them.
    pub(crate) values: &'static [&'static str],
    /// It can be part of a key.
    pub(crate) is_key: bool,
    /// Types that hold all its values.
    pub(crate) wider: &'static [&'static str],
}

fn kind(
    name: &str,
    default: Option<DefaultValue>,
    values: &'static [&'static str],
    wider: &'static [&'static str],
) -> Kind {
    let is_number = values.iter().all(|value| value.parse::<f64>().is_ok());
    Kind {
        name: name.to_owned(),
        default,
        values,
        is_key: is_number || name.to_lowercase().contains("char"),
        wider,
    }
}

fn text(value: &str) -> Option<DefaultValue> {
    Some(DefaultValue::Text(value.to_owned()))
}

fn number(value: &str) -> Option<DefaultValue> {
    Some(DefaultValue::Number(value.to_owned()))
}

fn bytes(digits: &str) -> Option<DefaultValue> {
    Some(DefaultValue::Bytes(digits.to_owned()))
}

fn expression(value: &str) -> Option<DefaultValue> {
    Some(DefaultValue::Expression(Expression::new(value)))
}

/// The types of a dialect, and those that the schema makes. The first is the one of keys.
pub(crate) fn kinds(dialect: DialectName, schema: &Schema) -> Vec<Kind> {
    match dialect {
        DialectName::Sqlite => sqlite(),
        DialectName::Postgres => {
            let mut kinds = postgres();
            kinds.extend(made(schema));
            kinds
        }
        DialectName::Mysql => mysql(),
    }
}

/// Those that a STRICT table of SQLite takes.
pub(crate) fn strict() -> Vec<Kind> {
    vec![
        kind(
            "INTEGER",
            number("7"),
            &["1", "-5", "9007199254740993"],
            &["ANY"],
        ),
        kind("INT", number("-7"), &["1", "-5"], &["INTEGER", "ANY"]),
        kind("REAL", number("1.5"), &["0.5", "-2.25"], &["ANY"]),
        kind("TEXT", text("it's"), &["'a'", "'ü''x'", "''"], &["ANY"]),
        kind("BLOB", bytes("00ff"), &["x'00ff'", "x''"], &["ANY"]),
        kind("ANY", text("7"), &["'007'", "x'01'", "3"], &[]),
    ]
}

fn sqlite() -> Vec<Kind> {
    vec![
        kind(
            "INTEGER",
            number("7"),
            &["1", "-5", "9007199254740993"],
            &["BIGINT", "BOOLEAN"],
        ),
        kind("REAL", number("1.5"), &["0.5", "-2.25"], &["DOUBLE"]),
        kind(
            "TEXT",
            text("it's"),
            &["'a'", "'ü''x'", "''"],
            &["VARCHAR(40)", "CLOB"],
        ),
        kind(
            "VARCHAR(40)",
            text("x"),
            &["'a'", "'long text'"],
            &["TEXT", "VARCHAR(80)"],
        ),
        kind("BLOB", bytes("0a"), &["x'00ff'", "x''"], &[]),
        kind("DECIMAL(10, 2)", number("0"), &["1.25", "-3"], &["NUMERIC"]),
        kind("BOOLEAN", number("0"), &["0", "1"], &["INTEGER"]),
        kind(
            "DATETIME",
            expression("CURRENT_TIMESTAMP"),
            &["'2026-01-02 03:04:05'"],
            &["TIMESTAMP"],
        ),
        kind("", None, &["'a'", "2.5"], &["BLOB"]),
    ]
}

fn postgres() -> Vec<Kind> {
    vec![
        kind(
            "bigint",
            number("7"),
            &["1", "-5", "9007199254740993"],
            &["numeric"],
        ),
        kind(
            "integer",
            number("-1"),
            &["3", "-3"],
            &["bigint", "numeric(20,0)"],
        ),
        kind(
            "smallint",
            number("0"),
            &["3", "-3"],
            &["integer", "bigint"],
        ),
        kind("double precision", number("1.5"), &["0.5", "-2.25"], &[]),
        kind(
            "real",
            number("-0.25"),
            &["0.5", "-2.25"],
            &["double precision"],
        ),
        kind("text", text("it's"), &["'a'", "'ü''x'", "''"], &[]),
        kind(
            "character varying(40)",
            text("x"),
            &["'a'", "'long text'"],
            &["text", "character varying(80)", "character varying"],
        ),
        kind("character(3)", text("abc"), &["'abc'", "'xyz'"], &["text"]),
        kind(
            "numeric(10,2)",
            number("0"),
            &["1.25", "-3.00"],
            &["numeric(12,2)"],
        ),
        kind(
            "boolean",
            Some(DefaultValue::Boolean(true)),
            &["true", "false"],
            &[],
        ),
        kind(
            "timestamp with time zone",
            expression("now()"),
            &["'2026-01-02 03:04:05+00'"],
            &[],
        ),
        kind(
            "timestamp without time zone",
            expression("LOCALTIMESTAMP"),
            &["'2026-01-02 03:04:05'"],
            &[],
        ),
        kind("time without time zone", None, &["'03:04:05'"], &[]),
        kind("date", expression("CURRENT_DATE"), &["'2026-01-02'"], &[]),
        kind("interval", text("1 day"), &["'1 day'", "'02:00:00'"], &[]),
        kind("jsonb", text("{}"), &["'{\"a\": 1}'"], &[]),
        kind("json", text("[]"), &["'{\"a\": 1}'"], &[]),
        kind(
            "uuid",
            expression("gen_random_uuid()"),
            &["'0d0c35c4-8b9c-4b8e-9d5e-0a1b2c3d4e5f'"],
            &[],
        ),
        kind("bytea", text("\\x00"), &["'\\x00ff'"], &[]),
        kind("inet", text("10.0.0.1"), &["'10.0.0.1'"], &[]),
        kind("int4range", text("[1,5)"), &["'[1,3)'"], &[]),
        kind("text[]", text("{}"), &["'{a,b}'"], &[]),
        kind("bigint[]", expression("ARRAY[1, 2]"), &["'{1,2}'"], &[]),
        kind("bit(3)", None, &["B'101'"], &["bit varying(3)"]),
        kind("point", None, &["'(1,2)'"], &[]),
    ]
}

/// Enums, domains, composite types and ranges of the schema.
fn made(schema: &Schema) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for (name, values) in &schema.enums {
        let first = values.values.first().map(String::as_str);
        let is_first = first == Some("sad");
        kinds.push(kind(
            &type_text(name),
            is_first.then(|| DefaultValue::Text("sad".to_owned())),
            &["'sad'"],
            &[],
        ));
        kinds.push(kind(
            &format!("{}[]", type_text(name)),
            text("{sad}"),
            &["'{sad,sad}'"],
            &[],
        ));
    }
    for (name, domain) in &schema.domains {
        let (default, values): (_, &'static [&'static str]) = match domain.base.as_str() {
            "bigint" => (number("5"), &["4", "6"]),
            base if base.contains("mood") => (text("sad"), &["'sad'"]),
            _ => (text("some"), &["'one'", "'it''s'"]),
        };
        let mut kind = kind(&type_text(name), default, values, &[]);
        kind.is_key = true;
        kinds.push(kind);
    }
    for name in schema.composites.keys() {
        let values = &["NULL"];
        kinds.push(kind(&type_text(name), None, values, &[]));
    }
    for kind in &mut kinds {
        kind.is_key &= !kind.values.contains(&"NULL");
    }
    kinds
}

/// The name of a type as the catalog shows it.
pub(crate) fn type_text(name: &Name) -> String {
    let parts = name.namespace.iter().chain([&name.name]);
    let parts: Vec<_> = parts.map(|part| quoted(part)).collect();
    parts.join(".")
}

/// A name as the catalog shows it in a type.
fn quoted(name: &str) -> String {
    let is_plain = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    match is_plain {
        true => name.to_owned(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

fn mysql() -> Vec<Kind> {
    vec![
        kind(
            "bigint",
            number("7"),
            &["1", "-5", "9007199254740993"],
            &["decimal(20,0)"],
        ),
        kind("int", number("-1"), &["3", "-3"], &["bigint"]),
        kind(
            "int unsigned",
            number("1"),
            &["3", "4000000000"],
            &["bigint unsigned", "bigint"],
        ),
        kind("smallint", number("2"), &["3", "-4"], &["int", "mediumint"]),
        kind("double", number("1.5"), &["0.5", "-2.25"], &[]),
        kind("float", number("0.5"), &["0.5", "-2.25"], &["double"]),
        kind(
            "varchar(40)",
            text("it's"),
            &["'a'", "'ü''x'", "''"],
            &["varchar(80)", "text", "varchar(300)"],
        ),
        kind("char(3)", text("abc"), &["'abc'"], &["varchar(3)"]),
        kind(
            "text",
            text("x\\y"),
            &["'a'", "'long text'"],
            &["mediumtext", "longtext"],
        ),
        kind(
            "decimal(10,2)",
            number("0.00"),
            &["1.25", "-3.00"],
            &["decimal(12,2)"],
        ),
        kind("tinyint(1)", number("0"), &["0", "1"], &["int"]),
        kind(
            "datetime",
            expression("CURRENT_TIMESTAMP"),
            &["'2026-01-02 03:04:05'"],
            &["datetime(3)"],
        ),
        kind(
            "timestamp",
            expression("CURRENT_TIMESTAMP"),
            &["'2026-01-02 03:04:05'"],
            &[],
        ),
        kind("date", text("2026-01-01"), &["'2026-01-02'"], &["datetime"]),
        kind("time", None, &["'03:04:05'"], &[]),
        kind("year", number("2026"), &["2026"], &[]),
        kind(
            "enum('a','b')",
            text("a"),
            &["'a'", "'b'"],
            &["enum('a','b','it''s')"],
        ),
        kind(
            "set('x','y')",
            text("x,y"),
            &["'x'", "'x,y'"],
            &["set('x','y','z')"],
        ),
        kind(
            "varbinary(20)",
            bytes("6162"),
            &["x'00ff'"],
            &["varbinary(30)", "blob"],
        ),
        kind("bit(4)", None, &["b'0101'"], &[]),
        kind("blob", None, &["x'00ff'"], &["longblob"]),
        kind("json", text("{}"), &["'{\"a\": 1}'"], &[]),
        kind(
            "point",
            None,
            &["ST_GeomFromText('POINT(1 2)')", "POINT(-3, 4.5)"],
            &["geometry"],
        ),
        kind(
            "geometry",
            None,
            &["ST_GeomFromText('LINESTRING(1 2, 3 4)')"],
            &[],
        ),
        kind(
            "uuid",
            expression("uuid()"),
            &["'0d0c35c4-8b9c-4b8e-9d5e-0a1b2c3d4e5f'"],
            &[],
        ),
    ]
}
