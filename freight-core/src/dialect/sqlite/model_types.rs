//! The portable types on SQLite.
//!
//! SQLite looks only at a few letters of a declared type: `INT` makes it an integer, `CHAR` and
//! `TEXT` a text (<https://sqlite.org/datatype3.html>, section 3.1). So the rest of the name can
//! carry what is meant: `DATETIME_TEXT` is a text to SQLite and a point in time to Freight. A
//! STRICT table knows only five names and gets checks instead.

use super::Sqlite;
use crate::dialect::common::type_names::{is_plain_name, one_of, type_name};
use crate::dialect::{Dialect, DialectName};
use crate::ident::NameLimit;
use crate::model::{
    Features, FieldType, LoweredType, ModelTypes, PortableDefault, Raised, TypeRequest,
};
use crate::schema::{ColumnType, Expression, IdentityKind};

/// How many digits a floating-point number keeps, which is what SQLite makes of a decimal.
const EXACT_DIGITS: u32 = 15;

/// A random UUID of version 4, written out by hand: SQLite has no function for it.
const RANDOM_UUID: &str = "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || \
    substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) || \
    substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))";

static FEATURES: Features = Features {
    unique_constraints: true,
    partial_indexes: true,
    index_methods: false,
    included_columns: false,
    index_orders: false,
    index_collations: true,
    index_prefixes: false,
    deferrable_references: true,
    deferrable_keys: false,
    restrict: true,
    set_default: true,
    indexed_references: false,
    unnamed_constraints: true,
    named_keys: true,
    nullable_keys: true,
    comments: false,
    constraint_comments: false,
    postgres_constraints: false,
    not_enforced: false,
    mysql_columns: false,
    postgres_types: false,
    sequences: false,
    tables_ignore_case: true,
    columns_ignore_case: true,
};

/// The answers.
pub(crate) struct Types;

impl ModelTypes for Types {
    fn dialect(&self) -> DialectName {
        DialectName::Sqlite
    }

    fn product(&self) -> &'static str {
        "SQLite"
    }

    fn name_limit(&self) -> NameLimit {
        NameLimit::None
    }

    fn name(&self, name: &str) -> String {
        match is_plain_name(name) {
            true => name.to_owned(),
            false => Sqlite.quote(name),
        }
    }

    fn lower_type(&self, request: TypeRequest<'_>) -> Result<LoweredType, String> {
        if let FieldType::Decimal(Some((digits, _))) = request.field_type
            && *digits > EXACT_DIGITS
            && !request.approximate
        {
            return Err(format!(
                "a decimal of {digits} digits is rounded to {EXACT_DIGITS}; write `approximate: true` where that may be"
            ));
        }
        let mut lowered = match request.strict {
            true => strict(self, request),
            false => declared(self, request),
        };
        if request.unsigned {
            lowered.check = Some(format!("{} >= 0", request.column));
        }
        Ok(lowered)
    }

    fn raise_type(&self, column_type: &ColumnType) -> Option<Raised> {
        let name = type_name(column_type.as_str());
        let numbers = name.numbers?;
        if !name.ending.is_empty() {
            return None;
        }
        let field_type = match (name.base.as_str(), numbers.as_slice()) {
            ("integer" | "bigint" | "int8", []) => FieldType::Integer,
            ("int" | "int4" | "mediumint", []) => FieldType::Int,
            ("smallint" | "int2" | "tinyint", []) => FieldType::SmallInt,
            ("boolean" | "bool", []) => FieldType::Boolean,
            ("real" | "double" | "float" | "double precision", []) => FieldType::Float,
            ("decimal" | "numeric", []) => FieldType::Decimal(None),
            ("decimal" | "numeric", [digits]) if *digits > 0 => {
                FieldType::Decimal(Some((*digits, 0)))
            }
            ("decimal" | "numeric", [digits, scale]) if *digits > 0 && scale <= digits => {
                FieldType::Decimal(Some((*digits, *scale)))
            }
            (
                "varchar" | "nvarchar" | "char" | "nchar" | "character" | "character varying",
                [size],
            ) if *size > 0 => FieldType::String(*size),
            ("varchar" | "nvarchar", []) => FieldType::String(255),
            ("text" | "clob", []) => FieldType::Text(None),
            ("blob", []) => FieldType::Blob,
            ("json_text" | "json" | "jsonb", []) => FieldType::Json,
            ("uuid_text" | "uuid" | "guid", []) => FieldType::Uuid,
            ("date_text" | "date", []) => FieldType::Date,
            ("time_text" | "time", []) => FieldType::Time(None),
            ("datetime_text" | "datetime", []) => FieldType::DateTime(None),
            ("timestamp_text" | "timestamp", []) => FieldType::Timestamp(None),
            _ => return None,
        };
        Some(Raised::plain(field_type))
    }

    /// SQLite compares type names without regard to case, and so does Freight.
    fn is_same_type(&self, one: &ColumnType, other: &ColumnType) -> bool {
        let compact = |text: &ColumnType| -> String {
            let kept = text.as_str().chars().filter(|c| !c.is_whitespace());
            kept.collect::<String>().to_ascii_lowercase()
        };
        compact(one) == compact(other)
    }

    fn auto_increment(&self) -> IdentityKind {
        IdentityKind::AutoIncrement
    }

    /// `AUTOINCREMENT` goes only with `INTEGER PRIMARY KEY`, spelled so.
    ///
    /// <https://sqlite.org/autoinc.html>
    fn can_number(&self, column_type: &ColumnType, whole_key: bool) -> bool {
        whole_key && column_type.as_str().eq_ignore_ascii_case("INTEGER")
    }

    fn portable_default(&self, default: PortableDefault, field: &FieldType) -> Option<Expression> {
        Some(Expression::new(match (default, field) {
            (PortableDefault::Uuid, _) => RANDOM_UUID,
            (PortableDefault::Today, _) | (PortableDefault::Now, FieldType::Date) => "CURRENT_DATE",
            (PortableDefault::TimeOfDay, _) | (PortableDefault::Now, FieldType::Time(_)) => {
                "CURRENT_TIME"
            }
            (PortableDefault::Now, _) => "CURRENT_TIMESTAMP",
        }))
    }

    fn features(&self) -> &'static Features {
        &FEATURES
    }
}

/// The type's name carries what is meant.
fn declared(types: &Types, request: TypeRequest<'_>) -> LoweredType {
    let column = request.column;
    LoweredType::plain(match request.field_type {
        FieldType::Integer | FieldType::Int | FieldType::SmallInt => "INTEGER",
        FieldType::Boolean => "BOOLEAN",
        FieldType::Float => "REAL",
        FieldType::Decimal(None) => "DECIMAL",
        FieldType::Decimal(Some((digits, scale))) => {
            return LoweredType::plain(format!("DECIMAL({digits},{scale})"));
        }
        FieldType::String(size) => return LoweredType::plain(format!("VARCHAR({size})")),
        FieldType::Text(_) | FieldType::Named(..) | FieldType::Native => "TEXT",
        FieldType::Blob => "BLOB",
        FieldType::Json => {
            return LoweredType::checked("JSON_TEXT", format!("json_valid({column})"));
        }
        FieldType::Uuid => "UUID_TEXT",
        FieldType::Date => "DATE_TEXT",
        FieldType::Time(_) => "TIME_TEXT",
        FieldType::DateTime(_) => "DATETIME_TEXT",
        FieldType::Timestamp(_) => "TIMESTAMP_TEXT",
        FieldType::Enum(values) => {
            let check = one_of(column, values, |value| types.string(value));
            return LoweredType::checked("TEXT", check);
        }
    })
}

/// The type is one that SQLite checks; a CHECK says the rest.
fn strict(types: &Types, request: TypeRequest<'_>) -> LoweredType {
    let column = request.column;
    match request.field_type {
        FieldType::Integer | FieldType::Int | FieldType::SmallInt => LoweredType::plain("INTEGER"),
        FieldType::Boolean => LoweredType::checked("INTEGER", format!("{column} IN (0, 1)")),
        FieldType::Float | FieldType::Decimal(_) => LoweredType::plain("REAL"),
        FieldType::String(size) => {
            LoweredType::checked("TEXT", format!("length({column}) <= {size}"))
        }
        FieldType::Blob => LoweredType::plain("BLOB"),
        FieldType::Json => LoweredType::checked("TEXT", format!("json_valid({column})")),
        FieldType::Enum(values) => {
            let check = one_of(column, values, |value| types.string(value));
            LoweredType::checked("TEXT", check)
        }
        _ => LoweredType::plain("TEXT"),
    }
}
