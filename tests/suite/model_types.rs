//! The portable types of models, as each database takes them and gives them back.

use freight_core::DialectName;
use freight_core::model::{FieldType, PortableDefault, TypeRequest};

use crate::support::{TestDatabase, run_all, text};

fn every_type() -> Vec<FieldType> {
    let mut types = vec![
        FieldType::Integer,
        FieldType::Int,
        FieldType::SmallInt,
        FieldType::Boolean,
        FieldType::Float,
        FieldType::Decimal(None),
        FieldType::Decimal(Some((12, 2))),
        FieldType::Decimal(Some((5, 0))),
        FieldType::String(255),
        FieldType::String(40),
        FieldType::Text(None),
        FieldType::Blob,
        FieldType::Json,
        FieldType::Uuid,
        FieldType::Date,
        FieldType::Enum(vec!["a".to_owned(), "it's \\ \"b\"".to_owned()]),
    ];
    for digits in [None, Some(0), Some(3)] {
        types.push(FieldType::Time(digits));
        types.push(FieldType::DateTime(digits));
        types.push(FieldType::Timestamp(digits));
    }
    types
}

/// The type that the catalog has, in the canonical spelling.
fn catalog_type(test: &TestDatabase) -> String {
    let mut database = test.connect();
    match test.dialect {
        DialectName::Sqlite => text(&mut database, "SELECT type FROM pragma_table_info('t')"),
        DialectName::Postgres => text(
            &mut database,
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute \
             WHERE attrelid = 't'::regclass AND attname = 'f'",
        ),
        DialectName::Mysql => {
            let found = text(
                &mut database,
                "SELECT COLUMN_TYPE FROM information_schema.COLUMNS \
                 WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 't'",
            );
            without_width(&found)
        }
    }
}

/// MariaDB, and MySQL before 8.0.19, show `bigint(20)`; MariaDB has no JSON of its own.
fn without_width(found: &str) -> String {
    let is_integer = ["bigint(", "int(", "smallint("]
        .iter()
        .any(|start| found.starts_with(start));
    match (found.split_once('('), found.split_once(')')) {
        (Some((name, _)), Some((_, rest))) if is_integer => format!("{name}{rest}"),
        _ if found == "longtext" => "json".to_owned(),
        _ => found.to_owned(),
    }
}

on_every_database! {
    /// The spelling of a lowered type is the one that the catalog gives back, its check is SQL, and
    /// raising it gives the portable type again.
    fn types_come_back_as_they_were_lowered(test) {
        let types = test.dialect.dialect().model_types();
        for unsigned in [false, true] {
            for field_type in every_type() {
                if unsigned && !field_type.is_number() {
                    continue;
                }
                let lowered = types
                    .lower_type(TypeRequest {
                        field_type: &field_type,
                        unsigned,
                        approximate: true,
                        indexed: false,
                        strict: false,
                        column: "f",
                    })
                    .unwrap();
                let check = lowered.check.as_ref().map_or_else(String::new, |check| format!(", CHECK ({check})"));
                let create = format!("CREATE TABLE t (f {}{check})", lowered.column_type);
                let mut database = test.connect();
                run_all(&mut database, &[&create]);
                assert_eq!(catalog_type(test), lowered.column_type.as_str(), "{field_type:?}");
                run_all(&mut database, &["DROP TABLE t"]);
                let raised = types.raise_type(&lowered.column_type).unwrap();
                let again = types
                    .lower_type(TypeRequest {
                        field_type: &raised.field_type,
                        unsigned: raised.unsigned,
                        approximate: true,
                        indexed: false,
                        strict: false,
                        column: "f",
                    })
                    .unwrap();
                assert_eq!(again.column_type, lowered.column_type, "{field_type:?}");
            }
        }
    }

    fn values_of_an_enum_are_taken_and_others_refused(test) {
        let types = test.dialect.dialect().model_types();
        let values = vec!["a".to_owned(), "it's \\ \"b\"".to_owned()];
        let lowered = types
            .lower_type(TypeRequest {
                field_type: &FieldType::Enum(values.clone()),
                unsigned: false,
                approximate: false,
                indexed: false,
                strict: false,
                column: "f",
            })
            .unwrap();
        let mut database = test.connect();
        let create = format!(
            "CREATE TABLE t (f {}, CONSTRAINT t_f_check CHECK ({}))",
            lowered.column_type,
            lowered.check.unwrap()
        );
        run_all(&mut database, &[&create]);
        let insert = |value: &str| freight_core::driver::Statement::new("INSERT INTO t VALUES (?)").bind(value);
        for value in &values {
            database.connection.execute(&insert(value)).unwrap();
        }
        let error = database.connection.execute(&insert("other")).unwrap_err();
        assert_eq!(error.kind(), freight_core::ErrorKind::CheckViolation);
    }

    fn portable_defaults_fill_a_column(test) {
        let types = test.dialect.dialect().model_types();
        let cases = [
            (PortableDefault::Now, FieldType::DateTime(None)),
            (PortableDefault::Now, FieldType::DateTime(Some(0))),
            (PortableDefault::Now, FieldType::Timestamp(Some(3))),
            (PortableDefault::Now, FieldType::Date),
            (PortableDefault::Now, FieldType::Time(None)),
            (PortableDefault::Today, FieldType::Date),
            (PortableDefault::TimeOfDay, FieldType::Time(None)),
            (PortableDefault::TimeOfDay, FieldType::Time(Some(0))),
            (PortableDefault::Uuid, FieldType::Uuid),
        ];
        for (portable, field_type) in cases {
            let request = TypeRequest {
                field_type: &field_type,
                unsigned: false,
                approximate: false,
                indexed: false,
                strict: false,
                column: "f",
            };
            let column_type = types.lower_type(request).unwrap().column_type;
            let default = types.portable_default(portable, &field_type).unwrap();
            // MySQL takes only the current time without parentheses, SQLite too.
            let default = match default.as_str().starts_with("CURRENT_") {
                true => default.to_string(),
                false => format!("({default})"),
            };
            let mut database = test.connect();
            run_all(&mut database, &[
                &format!("CREATE TABLE t (a INTEGER, f {column_type} NOT NULL DEFAULT {default})"),
                "INSERT INTO t (a) VALUES (1)",
                "INSERT INTO t (a) VALUES (2)",
            ]);
            let found = text(&mut database, "SELECT DISTINCT f FROM t");
            let lines = found.lines().count();
            assert!(!found.is_empty(), "{portable:?} {field_type:?}");
            if portable == PortableDefault::Uuid {
                assert_eq!((lines, found.len()), (2, 36 * 2 + 1), "{found}");
            }
            run_all(&mut database, &["DROP TABLE t"]);
        }
    }
}
