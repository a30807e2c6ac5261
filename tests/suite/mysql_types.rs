//! MySQL and MariaDB: values into columns of every type, by placeholder and in SQL text, and back.

use freight_core::driver::Statement;
use freight_core::{Database, DialectName, ErrorKind, Value};

use crate::support::{TestDatabase, rows, run_all};

fn with(test: impl FnOnce(&TestDatabase, Database)) {
    if let Some(database) = TestDatabase::create(DialectName::Mysql) {
        let connection = database.connect();
        test(&database, connection);
    }
}

fn text(value: &str) -> Value {
    Value::from(value)
}

fn int(value: i64) -> Value {
    Value::Int(value)
}

fn bytes(value: &[u8]) -> Value {
    Value::Bytes(value.to_vec())
}

/// The value as it stands in SQL text.
fn literal(value: &Value) -> String {
    match value {
        Value::Text(text) => {
            let text = text.replace('\\', "\\\\").replace('\'', "''");
            format!("'{}'", text.replace('\0', "\\0"))
        }
        Value::Float(number) => format!("{number:e}"),
        other => other.to_string(),
    }
}

/// What comes back of each value from a column of a type: bound, written into the text, and bound
/// again as it came back.
fn through(database: &mut Database, declared: &str, cases: &[(Value, Value)]) {
    run_all(
        database,
        &[
            "DROP TABLE IF EXISTS t",
            &format!("CREATE TABLE t (id int PRIMARY KEY, v {declared} NULL)"),
        ],
    );
    let read = |database: &mut Database| {
        rows(database, "SELECT v FROM t ORDER BY id")
            .rows
            .remove(0)
            .remove(0)
    };
    let null = (Value::Null, Value::Null);
    for (value, expected) in cases.iter().chain([&null]) {
        let bind = Statement::new("INSERT INTO t VALUES (1, ?)");
        let what = format!("{value:.60?} in {declared}");
        for sent in [value, expected] {
            database
                .connection
                .execute(&bind.clone().bind(sent.clone()))
                .unwrap_or_else(|error| panic!("{what}: {error:?}"));
            assert!(
                read(database) == *expected,
                "{what} came back as {:.60?}",
                read(database)
            );
            run_all(database, &["DELETE FROM t"]);
        }
        let insert = format!("INSERT INTO t VALUES (1, {})", literal(value));
        run_all(database, &[&insert]);
        assert!(
            read(database) == *expected,
            "{what}, as text, came back as {:.60?}",
            read(database)
        );
        run_all(database, &["DELETE FROM t"]);
    }
}

/// Values that come back as they went.
fn same(values: &[Value]) -> Vec<(Value, Value)> {
    values
        .iter()
        .map(|value| (value.clone(), value.clone()))
        .collect()
}

#[test]
fn whole_numbers() {
    with(|_, mut database| {
        let cases = |low: i64, high: i64| {
            let mut cases = same(&[int(low), int(high), int(1)]);
            cases.push((text(&high.to_string()), int(high)));
            cases.push((text(&low.to_string()), int(low)));
            cases.push((Value::Bool(true), int(1)));
            cases.push((Value::Bool(false), int(0)));
            cases.push((Value::Float(3.0), int(3)));
            cases
        };
        for (declared, low, high) in [
            ("tinyint", -128, 127),
            ("tinyint unsigned", 0, 255),
            ("bool", -128, 127),
            ("smallint", -32_768, 32_767),
            ("smallint unsigned", 0, 65_535),
            ("mediumint", -8_388_608, 8_388_607),
            ("mediumint unsigned", 0, 16_777_215),
            ("int", -2_147_483_648, 2_147_483_647),
            ("int unsigned", 0, 4_294_967_295),
            ("int(5) unsigned zerofill", 0, 4_294_967_295),
            ("bigint", i64::MIN, i64::MAX),
            ("bigint unsigned", 0, i64::MAX),
        ] {
            through(&mut database, declared, &cases(low, high));
        }
        let beyond = same(&[text("9223372036854775808"), text("18446744073709551615")]);
        through(&mut database, "bigint unsigned", &beyond);
        through(
            &mut database,
            "year",
            &[
                (int(1901), int(1901)),
                (text("2155"), int(2155)),
                (int(0), int(0)),
            ],
        );
    });
}

#[test]
fn decimals_and_floats() {
    with(|_, mut database| {
        let nines = "99999999999999999999999999999999999.999999999999999999999999999999";
        through(
            &mut database,
            "decimal(65,30)",
            &same(&[
                text(nines),
                text(&format!("-{nines}")),
                text("0.000000000000000000000000000001"),
            ]),
        );
        through(
            &mut database,
            "decimal(10,2)",
            &[
                (int(12), text("12.00")),
                (text("12.5"), text("12.50")),
                (Value::Float(-0.25), text("-0.25")),
            ],
        );
        through(
            &mut database,
            "decimal(65,0)",
            &[
                (int(i64::MIN), int(i64::MIN)),
                (text("99999999999999999999"), text("99999999999999999999")),
                (text("-7"), int(-7)),
            ],
        );
        through(
            &mut database,
            "double",
            &[
                (Value::Float(f64::MAX), Value::Float(f64::MAX)),
                (
                    Value::Float(f64::MIN_POSITIVE),
                    Value::Float(f64::MIN_POSITIVE),
                ),
                (Value::Float(-0.1), Value::Float(-0.1)),
                (
                    int(9_007_199_254_740_993),
                    Value::Float(9_007_199_254_740_992.0),
                ),
                (text("1e3"), Value::Float(1000.0)),
            ],
        );
        through(
            &mut database,
            "float",
            &[
                (Value::Float(1.1), Value::Float(1.1)),
                (
                    Value::Float(f64::from(f32::MAX)),
                    Value::Float(f64::from(f32::MAX)),
                ),
                (Value::Float(16_777_217.0), Value::Float(16_777_216.0)),
                (text("-0.5"), Value::Float(-0.5)),
            ],
        );
        for value in [f64::NAN, f64::INFINITY] {
            let select = Statement::new("SELECT ?").bind(value);
            let error = database.connection.fetch(&select).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::CastError);
        }
    });
}

#[test]
fn bits() {
    with(|_, mut database| {
        through(&mut database, "bit(1)", &same(&[int(0), int(1)]));
        through(&mut database, "bit(7)", &same(&[int(0), int(127)]));
        through(&mut database, "bit(63)", &same(&[int(i64::MAX), int(1)]));
        // What is beyond an integer comes as bytes, because the server takes a text for bits.
        through(
            &mut database,
            "bit(64)",
            &same(&[
                int(i64::MAX),
                int(256),
                bytes(&[0xff; 8]),
                bytes(&[0x80, 0, 0, 0, 0, 0, 0, 0]),
            ]),
        );
    });
}

#[test]
fn texts() {
    with(|_, mut database| {
        let odd = [
            "",
            " ",
            "a",
            "12",
            "1.50",
            "it's \"so\" `here`",
            "back\\slash\\",
            "%_",
            "a\0b",
            "\0",
            "line\nline\r\n",
            "?",
            "NULL",
            "ä ß €",
            "日本語",
            "🦀 e\u{301} \u{10ffff}",
            "\u{feff}x",
        ];
        let odd: Vec<_> = odd.iter().map(|value| text(value)).collect();
        for declared in [
            "varchar(60) CHARACTER SET utf8mb4",
            "varchar(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            "varchar(60) CHARACTER SET utf16",
            "tinytext CHARACTER SET utf8mb4",
            "text CHARACTER SET utf8mb4",
            "text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            "mediumtext CHARACTER SET utf8mb4",
            "longtext CHARACTER SET utf8mb4",
            "longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ] {
            through(&mut database, declared, &same(&odd));
        }
        through(
            &mut database,
            "varchar(60) CHARACTER SET latin1",
            &same(&odd[..13]),
        );
        through(
            &mut database,
            "varchar(60) CHARACTER SET latin1",
            &same(&[text("ä ß €")]),
        );
        // The server takes the blanks off at the end.
        through(
            &mut database,
            "char(20)",
            &[(text("a  "), text("a")), (text(" ä"), text(" ä"))],
        );
        through(
            &mut database,
            "varchar(60) CHARACTER SET utf8mb4",
            &[
                (int(-5), text("-5")),
                (Value::Float(1.5), text("1.5")),
                (Value::Bool(true), text("1")),
                (bytes("ä".as_bytes()), text("ä")),
            ],
        );
        let long = "ä\\'".repeat(700_000);
        through(
            &mut database,
            "longtext CHARACTER SET utf8mb4",
            &same(&[text(&long)]),
        );
    });
}

#[test]
fn choices_and_documents() {
    with(|_, mut database| {
        let choice = "enum('small','it''s','ä','')";
        through(
            &mut database,
            choice,
            &same(&[text("small"), text("it's"), text("ä"), text("")]),
        );
        through(&mut database, choice, &[(int(1), text("small"))]);
        through(
            &mut database,
            "set('a','b','c')",
            &[
                (text("a,c"), text("a,c")),
                (text("c,a"), text("a,c")),
                (text(""), text("")),
                (int(3), text("a,b")),
            ],
        );
        let documents = [r#"{"a": [1, "ä\n", null]}"#, "[]", "1", "\"x\"", "null"];
        let documents: Vec<_> = documents.iter().map(|value| text(value)).collect();
        through(&mut database, "json", &same(&documents));
    });
}

#[test]
fn bytes_and_shapes() {
    with(|_, mut database| {
        let odd = [
            bytes(&[]),
            bytes(&[0]),
            bytes(&[0, 0xff, 0, 0x27, 0x5c]),
            bytes(b"text"),
            bytes(&(0..=255).collect::<Vec<u8>>()),
        ];
        for declared in ["varbinary(300)", "blob", "mediumblob", "longblob"] {
            through(&mut database, declared, &same(&odd));
            through(
                &mut database,
                declared,
                &[(text("ä"), bytes("ä".as_bytes()))],
            );
        }
        through(&mut database, "tinyblob", &same(&odd[..4]));
        // The server fills up with zeros.
        through(
            &mut database,
            "binary(4)",
            &[(bytes(&[1, 2]), bytes(&[1, 2, 0, 0]))],
        );
        through(
            &mut database,
            "longblob",
            &same(&[bytes(&vec![0xee; 3_000_000])]),
        );
        for (declared, shape) in [
            ("point", "POINT(1 2)"),
            ("linestring", "LINESTRING(0 0,1 1)"),
            ("polygon", "POLYGON((0 0,1 0,1 1,0 0))"),
            ("multipoint", "MULTIPOINT(0 0,1 1)"),
            ("multilinestring", "MULTILINESTRING((0 0,1 1))"),
            ("multipolygon", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"),
            ("geometrycollection", "GEOMETRYCOLLECTION(POINT(1 2))"),
            ("geometry", "POINT(1 2)"),
        ] {
            let make = Statement::new("SELECT ST_GeomFromText(?)").bind(shape);
            let made = database.connection.fetch_value(&make).unwrap();
            assert!(matches!(made, Value::Bytes(_)), "{shape}: {made:?}");
            through(&mut database, declared, &same(&[made]));
        }
    });
}

#[test]
fn dates_and_times() {
    with(|_, mut database| {
        through(
            &mut database,
            "date",
            &same(&[text("1000-01-01"), text("9999-12-31"), text("2024-02-29")]),
        );
        through(
            &mut database,
            "datetime(6)",
            &[
                (text("1000-01-01 00:00:00"), text("1000-01-01 00:00:00")),
                (
                    text("9999-12-31 23:59:59.999999"),
                    text("9999-12-31 23:59:59.999999"),
                ),
                (
                    text("2024-02-29T01:02:03.5"),
                    text("2024-02-29 01:02:03.500000"),
                ),
                (text("2024-02-29"), text("2024-02-29 00:00:00")),
            ],
        );
        through(
            &mut database,
            "datetime",
            &same(&[text("2024-02-29 01:02:03")]),
        );
        through(
            &mut database,
            "timestamp(6)",
            &same(&[
                text("1970-01-01 00:00:01"),
                text("2038-01-19 03:14:07.000001"),
            ]),
        );
        through(
            &mut database,
            "time(6)",
            &[
                (text("-838:59:59.999999"), text("-838:59:59.999999")),
                (text("838:59:59.999999"), text("838:59:59.999999")),
                (text("00:00:00"), text("00:00:00")),
                (text("-00:00:00.000001"), text("-00:00:00.000001")),
                (text("1 02:03:04"), text("26:03:04")),
                (int(123), text("00:01:23")),
            ],
        );
        // The mode in which a server of old keeps its zeros.
        run_all(&mut database, &["SET SESSION sql_mode = ''"]);
        through(
            &mut database,
            "date",
            &same(&[text("0000-00-00"), text("2024-00-00")]),
        );
        through(
            &mut database,
            "datetime(6)",
            &same(&[text("0000-00-00 00:00:00"), text("2024-01-00 00:00:00")]),
        );
        through(
            &mut database,
            "timestamp",
            &same(&[text("0000-00-00 00:00:00")]),
        );
    });
}

#[test]
fn what_mariadb_alone_has() {
    with(|_, mut database| {
        if database.connection.server().product != "MariaDB" {
            return;
        }
        through(
            &mut database,
            "uuid",
            &[
                (
                    text("123E4567-E89B-12D3-A456-426655440000"),
                    text("123e4567-e89b-12d3-a456-426655440000"),
                ),
                (
                    text("ffffffffffffffffffffffffffffffff"),
                    text("ffffffff-ffff-ffff-ffff-ffffffffffff"),
                ),
            ],
        );
        through(
            &mut database,
            "inet6",
            &[
                (text("::1"), text("::1")),
                (text("2001:DB8::00ff"), text("2001:db8::ff")),
                (text("::ffff:1.2.3.4"), text("::ffff:1.2.3.4")),
            ],
        );
        through(
            &mut database,
            "inet4",
            &same(&[text("0.0.0.0"), text("255.255.255.255")]),
        );
    });
}

#[test]
fn columns_are_called_what_the_database_calls_them() {
    with(|_, mut database| {
        run_all(
            &mut database,
            &[
                "CREATE TABLE t (a tinyint(1), b int unsigned, c varchar(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, d varbinary(5), \
               e text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, f blob, g datetime, h decimal(5,2), i enum('x'), j year, k bit(3), \
               l point, m binary(2), n char(2), o mediumint, p float)",
            ],
        );
        for empty in ["SELECT * FROM t", "SELECT * FROM t WHERE a = ?"] {
            let mut select = Statement::new(empty);
            if empty.contains('?') {
                select = select.bind(1);
            }
            let found = database.connection.fetch(&select).unwrap();
            let names: Vec<_> = found
                .columns
                .iter()
                .map(|column| column.type_name.as_str())
                .collect();
            assert_eq!(
                names.join(" "),
                "tinyint(1) int unsigned varchar varbinary text blob datetime decimal enum year bit geometry \
                 binary char mediumint float"
            );
        }
    });
}

#[test]
fn one_text_takes_values_of_every_kind() {
    with(|_, mut database| {
        run_all(&mut database, &["CREATE TABLE t (v varchar(40))"]);
        let insert = Statement::new("INSERT INTO t VALUES (?)");
        for (value, expected) in [
            (int(1), text("1")),
            (text("two"), text("two")),
            (Value::Null, Value::Null),
            (Value::Float(3.5), text("3.5")),
            (bytes(b"four"), text("four")),
            (Value::Bool(true), text("1")),
            (int(6), text("6")),
        ] {
            database
                .connection
                .execute(&insert.clone().bind(value))
                .unwrap();
            let found = rows(&mut database, "SELECT v FROM t").rows;
            assert_eq!(found, [[expected]]);
            run_all(&mut database, &["DELETE FROM t"]);
        }
    });
}

#[test]
fn values_that_do_not_fit_are_refused_and_not_changed() {
    with(|_, mut database| {
        run_all(
            &mut database,
            &[
                "CREATE TABLE t (a tinyint, b varchar(3), c date, d enum('x'), e decimal(3,1), f tinyint unsigned, g json)",
            ],
        );
        for (column, value, kind) in [
            ("a", int(128), ErrorKind::OutOfRange),
            ("a", text("x"), ErrorKind::InvalidValue),
            ("b", text("long"), ErrorKind::TooLong),
            ("c", text("2024-02-30"), ErrorKind::InvalidValue),
            ("c", text("0000-00-00"), ErrorKind::InvalidValue),
            ("d", text("y"), ErrorKind::InvalidValue),
            ("e", int(100), ErrorKind::OutOfRange),
            ("f", int(-1), ErrorKind::OutOfRange),
        ] {
            let insert = Statement::new(format!("INSERT INTO t ({column}) VALUES (?)"));
            let error = database
                .connection
                .execute(&insert.bind(value.clone()))
                .unwrap_err();
            assert_eq!(error.kind(), kind, "{column} {value:?}: {error:?}");
            assert_eq!(error.database().columns, [column], "{error:?}");
            assert_eq!(error.database().table.as_deref(), Some("t"), "{error:?}");
        }
        // MariaDB keeps documents in texts with a check.
        let insert = Statement::new("INSERT INTO t (g) VALUES (?)").bind("{");
        let error = database.connection.execute(&insert).unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::CheckViolation | ErrorKind::InvalidValue
            ),
            "{error:?}"
        );
        assert_eq!(rows(&mut database, "SELECT * FROM t").rows.len(), 0);
    });
}
