//! Every column type of PostgreSQL, in and out through bound values.
//!
//! A case is a text that is bound for a column of the type, and the text that the server prints for
//! it. What comes out is bound again, and has to give the same; where the type has `=`, the row
//! is found by its value.

use std::cell::RefCell;

use freight_core::driver::Statement;
use freight_core::{Database, DialectName, ErrorKind, Value};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{TestDatabase, rows, text};

/// What a type is read as.
#[derive(Clone, Copy, Debug, PartialEq)]
enum As {
    Bool,
    Int,
    Float,
    Bytes,
    Numeric,
    Text,
}

/// A type, whether it has `=`, what it is read as, and texts in and out; an empty second text
/// stands for the first.
type Case = (
    &'static str,
    bool,
    As,
    &'static [(&'static str, &'static str)],
);

const SETUP: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'Very ''happy''', 'with \"quotes\", commas');
    CREATE DOMAIN email AS text CHECK (value LIKE '%@%');
    CREATE DOMAIN work_email AS email CHECK (value LIKE '%@work');
    CREATE DOMAIN small AS int CHECK (value < 100);
    CREATE DOMAIN image AS bytea;
    CREATE DOMAIN thumbnail AS image;
    CREATE DOMAIN numbers AS int[];
    CREATE DOMAIN price AS numeric(12, 2);
    CREATE TYPE pair AS (a int, b text);
    CREATE TYPE nested AS (p pair, m mood);
    CREATE TYPE textrange AS RANGE (subtype = text);
    CREATE EXTENSION hstore;
    CREATE EXTENSION citext;
    CREATE EXTENSION ltree;
";

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("smallint", true, As::Int, &[("-32768", ""), ("32767", ""), ("0", ""), (" 7 ", "7")]),
    ("integer", true, As::Int, &[("-2147483648", ""), ("2147483647", "")]),
    ("bigint", true, As::Int, &[("-9223372036854775808", ""), ("9223372036854775807", "")]),
    ("oid", true, As::Int, &[("0", ""), ("4294967295", "")]),
    ("numeric", true, As::Numeric, &[
        ("0", ""), ("-1.50", ""), ("NaN", ""), ("Infinity", ""), ("-Infinity", ""),
        ("123456789012345678901234567890.123456789012345678901234567890", ""),
        ("9223372036854775807", ""), ("9223372036854775808", ""), ("1e-20", "0.00000000000000000001"),
    ]),
    ("numeric(12, 2)", true, As::Numeric, &[("12", "12.00"), ("-9999999999.99", ""), ("1.005", "1.01")]),
    ("numeric(5, 0)", true, As::Numeric, &[("99999", ""), ("-0", "0")]),
    ("real", true, As::Float, &[("0.1", ""), ("-0", ""), ("NaN", ""), ("Infinity", ""), ("-Infinity", ""),
        ("3.4028235e+38", ""), ("1e-45", ""), ("16777217", "1.6777216e+07")]),
    ("double precision", true, As::Float, &[("0.1", ""), ("-0", ""), ("NaN", ""), ("Infinity", ""), ("-Infinity", ""),
        ("1.7976931348623157e+308", ""), ("5e-324", ""), ("0.30000000000000004", "")]),
    ("money", true, As::Text, &[("-92233720368547758.08", "-$92,233,720,368,547,758.08"), ("0", "$0.00")]),
    ("boolean", true, As::Bool, &[("true", "true"), ("f", "false"), ("yes", "true"), ("0", "false")]),
    ("character(5)", true, As::Text, &[("ab", "ab   "), ("äöü", "äöü  "), ("", "     ")]),
    ("character varying(10)", true, As::Text, &[("it's", ""), ("a\\b", ""), ("", ""), ("  x  ", "")]),
    ("text", true, As::Text, &[("", ""), ("'", ""), ("\\", ""), ("\\'", ""), ("日本語 👍🏽", ""), ("$$ $1 ? :x --", ""),
        ("line\r\nline\ttab\u{1}", ""), ("\u{feff}bom", ""), ("\u{10ffff}", "")]),
    ("name", true, As::Text, &[("users", ""), ("A b", "")]),
    ("\"char\"", true, As::Text, &[("a", ""), ("", ""), ("abc", "a")]),
    ("bytea", true, As::Bytes, &[("", ""), ("\\x00", ""), ("é'\\", "")]),
    ("date", true, As::Text, &[("2024-02-29", ""), ("4713-01-01 BC", ""), ("5874897-12-31", ""), ("infinity", ""), ("-infinity", "")]),
    ("time", true, As::Text, &[("00:00:00", ""), ("24:00:00", ""), ("23:59:59.999999", "")]),
    ("time(3)", true, As::Text, &[("12:00:00.1239", "12:00:00.124")]),
    ("time with time zone", true, As::Text, &[("12:30:00+05:30", ""), ("00:00:00-15:59", ""), ("23:59:59.999999+00", "")]),
    ("timestamp", true, As::Text, &[("2024-02-29 23:59:59.999999", ""), ("4713-01-01 00:00:00 BC", ""),
        ("294276-12-31 23:59:59.999999", ""), ("infinity", ""), ("-infinity", "")]),
    ("timestamp with time zone", true, As::Text, &[("2024-07-01 12:00:00+02", "2024-07-01 10:00:00+00"), ("0044-03-15 12:00:00+00 BC", ""),
        ("infinity", ""), ("-infinity", ""), ("1970-01-01 00:00:00.000001+00", "")]),
    ("interval", true, As::Text, &[("1 year 2 mons 3 days 04:05:06.789", ""), ("-178000000 years", ""), ("P1Y2M", "1 year 2 mons"),
        ("-1 days +02:03:00", ""), ("0", "00:00:00")]),
    ("interval day to second", true, As::Text, &[("1 day 00:00:01", "")]),
    ("uuid", true, As::Text, &[("00000000-0000-0000-0000-000000000000", ""), ("{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")]),
    ("json", false, As::Text, &[("{\"b\": 1,  \"a\": [null, true]}", ""), ("null", ""), ("\"\\u00e9\\n\"", "")]),
    ("jsonb", true, As::Text, &[("{\"b\":1,\"a\":[null,true]}", "{\"a\": [null, true], \"b\": 1}"), ("null", ""), ("1e400", TEN_TO_400),
        ("\"it's \\\\ \\\"quoted\\\"\"", "")]),
    ("jsonpath", false, As::Text, &[("$.\"a\"[*]?(@ > 1)", "$.\"a\"[*]?(@ > 1)")]),
    ("xml", false, As::Text, &[("<a b=\"c\">it's</a>", ""), ("text", "")]),
    ("inet", true, As::Text, &[("10.0.0.7", ""), ("10.0.0.7/8", ""), ("::ffff:1.2.3.4/100", ""), ("fe80::1", "")]),
    ("cidr", true, As::Text, &[("10.0.0.0/8", ""), ("2001:db8::/32", "")]),
    ("macaddr", true, As::Text, &[("08:00:2b:01:02:03", ""), ("08002B-010203", "08:00:2b:01:02:03")]),
    ("macaddr8", true, As::Text, &[("08:00:2b:ff:fe:01:02:03", "")]),
    ("bit(5)", true, As::Text, &[("10101", "")]),
    ("bit", true, As::Text, &[("1", "")]),
    ("bit varying(8)", true, As::Text, &[("", ""), ("101", "")]),
    ("point", false, As::Text, &[("(1.5,-2)", ""), ("(Infinity,NaN)", "")]),
    ("line", true, As::Text, &[("{1,-1,0}", "")]),
    ("lseg", true, As::Text, &[("[(0,0),(1,1)]", "")]),
    ("box", true, As::Text, &[("(1,1),(0,0)", "")]),
    ("path", true, As::Text, &[("[(0,0),(1,1)]", ""), ("((0,0),(1,1),(2,0))", "")]),
    ("polygon", false, As::Text, &[("((0,0),(1,1),(2,0))", "")]),
    ("circle", true, As::Text, &[("<(0,0),2>", "")]),
    ("tsvector", true, As::Text, &[("'a':1A 'it''s':2", "")]),
    ("tsquery", true, As::Text, &[("'a' & !'b'", ""), ("'a' <-> 'it''s'", "")]),
    ("int4range", true, As::Text, &[("[1,5]", "[1,6)"), ("empty", ""), ("(,)", "")]),
    ("int8range", true, As::Text, &[("[9223372036854775806,9223372036854775807)", "")]),
    ("numrange", true, As::Text, &[("(1.5,2.5]", "")]),
    ("tsrange", true, As::Text, &[("[\"2024-01-01 00:00:00\",)", "")]),
    ("tstzrange", true, As::Text, &[("[\"2024-01-01 00:00:00+00\",infinity)", "")]),
    ("daterange", true, As::Text, &[("[2024-01-01,2024-02-01)", "")]),
    ("int4multirange", true, As::Text, &[("{[1,3),[5,7)}", ""), ("{}", "")]),
    ("int8multirange", true, As::Text, &[("{[1,3)}", "")]),
    ("nummultirange", true, As::Text, &[("{(1.5,2.5]}", "")]),
    ("tsmultirange", true, As::Text, &[("{[\"2024-01-01 00:00:00\",)}", "")]),
    ("tstzmultirange", true, As::Text, &[("{[\"2024-01-01 00:00:00+00\",)}", "")]),
    ("datemultirange", true, As::Text, &[("{[2024-01-01,2024-02-01)}", "")]),
    ("regclass", false, As::Text, &[("pg_class", ""), ("1259", "pg_class")]),
    ("regtype", false, As::Text, &[("integer[]", ""), ("mood", "")]),
    ("regproc", false, As::Text, &[("now", "")]),
    ("regprocedure", false, As::Text, &[("lower(text)", "")]),
    ("regoper", false, As::Text, &[("*<>", ""), ("0", "")]),
    ("regoperator", false, As::Text, &[("+(integer,integer)", "")]),
    ("regrole", false, As::Text, &[("postgres", "")]),
    ("regnamespace", false, As::Text, &[("public", "")]),
    ("regconfig", false, As::Text, &[("english", "")]),
    ("regdictionary", false, As::Text, &[("simple", "")]),
    ("regcollation", false, As::Text, &[("\"C\"", "")]),
    ("pg_lsn", true, As::Text, &[("16/B374D848", ""), ("FFFFFFFF/FFFFFFFF", "")]),
    ("xid", true, As::Text, &[("4294967295", "")]),
    ("xid8", true, As::Text, &[("18446744073709551615", "")]),
    ("cid", true, As::Text, &[("7", "")]),
    ("tid", true, As::Text, &[("(1,2)", "")]),
    ("txid_snapshot", false, As::Text, &[("10:20:10,14,15", "")]),
    ("pg_snapshot", false, As::Text, &[("10:20:10,14,15", "")]),
    ("int2vector", true, As::Text, &[("1 2 3", "")]),
    ("oidvector", true, As::Text, &[("1 2 3", "")]),
    ("refcursor", false, As::Text, &[("c1", "")]),
    ("aclitem", true, As::Text, &[("postgres=r/postgres", "")]),
    // Arrays.
    ("integer[]", true, As::Text, &[("{}", ""), ("{1,NULL,-3}", ""), ("{{1,2},{3,4}}", ""), ("[0:1]={1,2}", "")]),
    ("text[]", true, As::Text, &[("{a,\"b c\",NULL,\"NULL\",\"\",\"it's \\\\ \\\"q\\\"\"}", ""), ("{{{a}}}", "")]),
    ("boolean[]", true, As::Text, &[("{t,f}", "")]),
    ("bytea[]", true, As::Text, &[("{\"\\\\x00ff\"}", "")]),
    ("numeric[]", true, As::Text, &[("{1.50,NaN}", "")]),
    ("timestamptz[]", true, As::Text, &[("{\"2024-01-01 00:00:00+00\",infinity}", "")]),
    ("jsonb[]", true, As::Text, &[("{\"{\\\"a\\\": 1}\"}", "")]),
    ("uuid[]", true, As::Text, &[("{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "")]),
    ("point[]", false, As::Text, &[("{\"(1,2)\",\"(3,4)\"}", "")]),
    ("box[]", false, As::Text, &[("{(1,1),(0,0);(2,2),(1,1)}", "")]),
    ("int4range[]", true, As::Text, &[("{\"[1,3)\",empty}", "")]),
    // Types of users and extensions.
    ("mood", true, As::Text, &[("sad", ""), ("Very 'happy'", ""), ("with \"quotes\", commas", "")]),
    ("mood[]", true, As::Text, &[("{sad,\"with \\\"quotes\\\", commas\"}", "")]),
    ("email", true, As::Text, &[("a@b", "")]),
    ("work_email", true, As::Text, &[("a@work", "")]),
    ("email[]", true, As::Text, &[("{a@b,c@d}", "")]),
    ("small", true, As::Int, &[("99", "")]),
    ("image", true, As::Bytes, &[("\\x00", ""), ("é", "")]),
    ("thumbnail", true, As::Bytes, &[("\\x00", "")]),
    ("numbers", true, As::Text, &[("{1,2}", "")]),
    ("price", true, As::Numeric, &[("12.5", "12.50")]),
    ("pair", false, As::Text, &[("(1,\"a b\")", ""), ("(,)", ""), ("(1,\"it's \\\\ \"\"q\"\"\")", "")]),
    ("pair[]", true, As::Text, &[("{\"(1,a)\",NULL}", "")]),
    ("nested", false, As::Text, &[("(\"(1,a)\",sad)", "")]),
    ("textrange", true, As::Text, &[("[a,\"b c\")", "")]),
    ("hstore", true, As::Text, &[("\"a\"=>\"it's\", \"b\"=>NULL", "")]),
    ("citext", true, As::Text, &[("MiXed", "")]),
    ("ltree", true, As::Text, &[("Top.Science.Astronomy", "")]),
];

const TEN_TO_400: &str = concat!(
    "10000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
);

fn database() -> Option<TestDatabase> {
    let database = TestDatabase::create(DialectName::Postgres)?;
    database.connect().exec(SETUP).unwrap();
    Some(database)
}

fn value(database: &mut Database, sql: &str, values: &[Value]) -> Value {
    let mut statement = Statement::new(sql);
    statement.values = values.to_vec();
    match database.connection.fetch_value(&statement) {
        Ok(value) => value,
        Err(error) => panic!("{sql} with {values:?}: {error}"),
    }
}

/// What the driver is to give for the text that the server prints.
fn expected(read_as: As, input: &str, printed: &str) -> Value {
    match read_as {
        As::Bool => Value::Bool(printed == "true"),
        As::Int => Value::Int(printed.parse().unwrap()),
        As::Float => Value::Float(printed.parse().unwrap()),
        As::Bytes => Value::Bytes(input.as_bytes().to_vec()),
        As::Numeric => printed
            .parse()
            .map_or_else(|_| Value::from(printed), Value::Int),
        As::Text => Value::from(printed),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => {
            a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
        }
        _ => a == b,
    }
}

fn check(database: &mut Database, (type_name, has_equality, read_as, texts): &Case) {
    database
        .exec(&format!("CREATE TABLE t (id int, c {type_name})"))
        .unwrap();
    for (input, printed) in *texts {
        let printed = if printed.is_empty() { input } else { printed };
        let what = format!("{type_name}: {input}");
        let insert = "INSERT INTO t VALUES (1, ?) RETURNING c";
        let out = value(database, insert, &[Value::from(*input)]);
        let wanted = expected(*read_as, input, printed);
        assert!(same(&out, &wanted), "{what}: {out:?} is not {wanted:?}");
        // What came out goes in again, and gives the same.
        let again = value(
            database,
            "INSERT INTO t VALUES (2, ?) RETURNING c",
            std::slice::from_ref(&out),
        );
        assert!(same(&again, &wanted), "{what}: {again:?} the second time");
        if !matches!(read_as, As::Bool | As::Bytes | As::Float) {
            let shown = "SELECT format('%s', c) FROM t WHERE id = ?";
            let shown = value(database, shown, &[Value::Int(1)]);
            assert_eq!(shown, Value::from(*printed), "{what}");
        }
        if *has_equality {
            // What the column rounded or cut is found by what came out alone.
            let is_exact = input == printed;
            let bound = [out.clone(), Value::from(*input)];
            for bound in bound.into_iter().take(if is_exact { 2 } else { 1 }) {
                let found = value(database, "SELECT count(*) FROM t WHERE c = ?", &[bound]);
                assert_eq!(found, Value::Int(2), "{what}: not found by its value");
            }
        }
        let updated = Statement::new("UPDATE t SET c = ? WHERE id = 1").bind(out);
        assert_eq!(
            database.connection.execute(&updated).unwrap().affected,
            1,
            "{what}"
        );
        assert_eq!(
            value(
                database,
                "UPDATE t SET c = ? WHERE id = 1 RETURNING c",
                &[Value::Null]
            ),
            Value::Null
        );
        assert_eq!(
            value(database, "SELECT c FROM t WHERE id = 1 AND c IS NULL", &[]),
            Value::Null,
            "{what}"
        );
        database.exec("TRUNCATE t").unwrap();
    }
    database.exec("DROP TABLE t").unwrap();
}

#[test]
fn every_type_goes_in_and_comes_out_unchanged() {
    let Some(database) = database() else { return };
    let mut database = database.connect();
    for case in CASES {
        check(&mut database, case);
    }
}

#[test]
fn every_type_goes_in_and_comes_out_without_prepared_statements() {
    let Some(database) = database() else { return };
    let mut database = crate::support::open(&format!("{}?statement_cache=0", database.url));
    // Nobody asks for the type here, so text for a `bytea` is what the server reads as one, and
    // bytes are marked as such.
    for case in CASES.iter().filter(|case| case.2 != As::Bytes) {
        check(&mut database, case);
    }
    database.exec("CREATE TABLE t (c bytea)").unwrap();
    let bytes = Value::Bytes(vec![0, 39, 92, 255]);
    assert_eq!(
        value(
            &mut database,
            "INSERT INTO t VALUES (?) RETURNING c",
            std::slice::from_ref(&bytes)
        ),
        bytes
    );
    assert_eq!(
        value(
            &mut database,
            "SELECT c FROM t WHERE c = ?",
            std::slice::from_ref(&bytes)
        ),
        bytes
    );
}

#[test]
fn no_type_that_a_column_can_have_is_left_out() {
    let Some(database) = database() else { return };
    let mut database = database.connect();
    let cases: Vec<_> = CASES
        .iter()
        .map(|case| format!("'{}'::regtype", case.0))
        .collect();
    let left_out = text(
        &mut database,
        &format!(
            "SELECT typname FROM pg_type WHERE typtype IN ('b', 'r', 'm') AND typelem = 0 \
             AND typnamespace = 'pg_catalog'::regnamespace AND oid NOT IN ({}) ORDER BY 1",
            cases.join(",")
        ),
    );
    // Internal types: the server accepts no text for them.
    assert_eq!(
        left_out.replace('\n', " "),
        "gtsvector pg_brin_bloom_summary pg_brin_minmax_multi_summary pg_dependencies \
         pg_mcv_list pg_ndistinct pg_node_tree"
    );
}

#[test]
fn numbers_booleans_and_bytes_fit_where_a_literal_would() {
    let Some(database) = database() else { return };
    let mut database = database.connect();
    let cases: [(&str, Value, Value); 24] = [
        ("smallint", 7.into(), 7.into()),
        ("integer", true.into(), 1.into()),
        ("bigint", false.into(), 0.into()),
        ("bigint", 3.0.into(), 3.into()),
        ("numeric", true.into(), 1.into()),
        ("numeric", 7.into(), 7.into()),
        ("numeric", 0.1.into(), "0.1".into()),
        ("numeric", f64::NAN.into(), "NaN".into()),
        ("numeric", f64::NEG_INFINITY.into(), "-Infinity".into()),
        ("real", 0.1.into(), 0.1.into()),
        ("real", 7.into(), 7.0.into()),
        (
            "double precision",
            f64::MIN_POSITIVE.into(),
            f64::MIN_POSITIVE.into(),
        ),
        ("double precision", f64::MAX.into(), f64::MAX.into()),
        (
            "double precision",
            f64::INFINITY.into(),
            f64::INFINITY.into(),
        ),
        (
            "double precision",
            i64::MAX.into(),
            9_223_372_036_854_775_807.0.into(),
        ),
        ("boolean", true.into(), true.into()),
        ("boolean", 1.into(), true.into()),
        ("boolean", 0.into(), false.into()),
        ("text", true.into(), "true".into()),
        ("text", 7.into(), "7".into()),
        ("text", b"hi".to_vec().into(), "hi".into()),
        ("jsonb", 7.into(), "7".into()),
        ("jsonb", true.into(), "true".into()),
        ("money", 7.into(), "$7.00".into()),
    ];
    for (type_name, bound, expected) in cases {
        database
            .exec(&format!("CREATE TABLE t (c {type_name})"))
            .unwrap();
        let out = value(
            &mut database,
            "INSERT INTO t VALUES (?) RETURNING c",
            std::slice::from_ref(&bound),
        );
        assert!(same(&out, &expected), "{type_name}: {bound:?} gave {out:?}");
        database.exec("DROP TABLE t").unwrap();
    }
    for byte in 0..=u8::MAX {
        let bytes = Value::Bytes(vec![byte, b'x', byte]);
        assert_eq!(
            value(
                &mut database,
                "SELECT ?::bytea",
                std::slice::from_ref(&bytes)
            ),
            bytes
        );
    }
}

#[test]
fn values_that_do_not_fit_are_refused_by_kind() {
    let Some(database) = database() else { return };
    let mut database = database.connect();
    let cases: [(&str, Value, ErrorKind); 20] = [
        ("smallint", 32_768.into(), ErrorKind::OutOfRange),
        ("integer", "seven".into(), ErrorKind::InvalidValue),
        ("integer", 3.5.into(), ErrorKind::InvalidValue),
        ("integer", f64::NAN.into(), ErrorKind::CastError),
        ("text", f64::INFINITY.into(), ErrorKind::CastError),
        ("jsonb", f64::NEG_INFINITY.into(), ErrorKind::CastError),
        ("real", 1e300.into(), ErrorKind::OutOfRange),
        ("numeric(3, 1)", 1000.into(), ErrorKind::OutOfRange),
        ("varchar(3)", "abcd".into(), ErrorKind::TooLong),
        ("bit(3)", "1".into(), ErrorKind::InvalidValue),
        ("date", "2024-02-30".into(), ErrorKind::OutOfRange),
        (
            "timestamptz",
            "yesterday-ish".into(),
            ErrorKind::InvalidValue,
        ),
        ("uuid", "abc".into(), ErrorKind::InvalidValue),
        ("jsonb", "{".into(), ErrorKind::InvalidValue),
        ("mood", "angry".into(), ErrorKind::InvalidValue),
        ("email", "nobody".into(), ErrorKind::CheckViolation),
        ("boolean", 7.into(), ErrorKind::InvalidValue),
        ("text", "a\0b".into(), ErrorKind::InvalidValue),
        ("text", vec![0xff].into(), ErrorKind::InvalidValue),
        ("int[]", "{1,x}".into(), ErrorKind::InvalidValue),
    ];
    for (type_name, bound, kind) in cases {
        database
            .exec(&format!("CREATE TABLE t (c {type_name})"))
            .unwrap();
        // Twice: when the statement is prepared, and with the plan of the first time.
        for _ in 0..2 {
            let insert = Statement::new("INSERT INTO t VALUES (?)").bind(bound.clone());
            let error = database.connection.execute(&insert).unwrap_err();
            assert_eq!(error.kind(), kind, "{type_name}: {bound:?}: {error}");
        }
        assert!(rows(&mut database, "SELECT * FROM t").rows.is_empty());
        database.exec("DROP TABLE t").unwrap();
    }
}

/// Pieces that quoting has to survive.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("'".to_owned()),
        Just("''".to_owned()),
        Just("\\".to_owned()),
        Just("\\'".to_owned()),
        Just("\\\\'; DROP TABLE t; --".to_owned()),
        Just("\"".to_owned()),
        Just("$$".to_owned()),
        Just("$1".to_owned()),
        Just("$tag$".to_owned()),
        Just("?".to_owned()),
        Just("??".to_owned()),
        Just("--".to_owned()),
        Just("/*".to_owned()),
        Just("*/".to_owned()),
        Just("E'".to_owned()),
        Just("\n'".to_owned()),
        Just("\\x41".to_owned()),
        Just("\\u0041".to_owned()),
        Just("\u{bf}\\'".to_owned()),
        Just("\u{2019}".to_owned()),
        Just(");".to_owned()),
        any::<String>(),
        "[a-z '\\\\\"]{0,40}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat().replace('\0', ""))
}

#[test]
fn hostile_text_is_read_back_unchanged() {
    let Some(database) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    for url in [
        database.url.clone(),
        format!("{}?statement_cache=0", database.url),
    ] {
        let connection = RefCell::new(crate::support::open(&url));
        // Whatever a script does to the session, a literal is to mean the same.
        for setting in ["on", "off"] {
            connection
                .borrow_mut()
                .exec(&format!("SET standard_conforming_strings = {setting}"))
                .unwrap();
            let mut runner = TestRunner::new(Config::with_cases(48));
            runner
                .run(&hostile(), |text| {
                    let json = format!("{:?}", vec![text.clone()]);
                    let json = serde_json::from_str::<serde_json::Value>(&json)
                        .is_ok()
                        .then_some(json);
                    let statement = Statement::new(
                        "SELECT ?::text, ?::bytea, ARRAY[?::text, ?], ?::text || 'x', ?::jsonb",
                    )
                    .bind(text.as_str())
                    .bind(text.as_bytes().to_vec())
                    .bind(text.as_str())
                    .bind("plain")
                    .bind(text.as_str())
                    .bind(json.clone());
                    let rows = connection
                        .borrow_mut()
                        .connection
                        .fetch(&statement)
                        .unwrap()
                        .rows;
                    prop_assert_eq!(&rows[0][0], &Value::from(text.as_str()));
                    prop_assert_eq!(&rows[0][1], &Value::Bytes(text.as_bytes().to_vec()));
                    let array = rows[0][2].to_string();
                    let unnest = Statement::new("SELECT (?::text[])[1]").bind(array);
                    prop_assert_eq!(
                        &connection
                            .borrow_mut()
                            .connection
                            .fetch_value(&unnest)
                            .unwrap(),
                        &Value::from(text.as_str())
                    );
                    prop_assert_eq!(&rows[0][3], &Value::from(format!("{text}x")));
                    if let Some(json) = json {
                        let wanted: serde_json::Value = serde_json::from_str(&json).unwrap();
                        let got: serde_json::Value =
                            serde_json::from_str(&rows[0][4].to_string()).unwrap();
                        prop_assert_eq!(got, wanted);
                    }
                    Ok(())
                })
                .unwrap();
        }
    }
}
