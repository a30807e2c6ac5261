//! The portable types on PostgreSQL, in the spelling of `format_type`.

use super::Postgres;
use crate::dialect::common::type_names::{is_plain_name, one_of, type_name};
use crate::dialect::{Dialect, DialectName};
use crate::ident::NameLimit;
use crate::model::{
    Features, FieldType, LoweredType, ModelTypes, PortableDefault, Raised, TypeRequest,
};
use crate::schema::{ColumnType, DefaultValue, Expression, IdentityKind};

/// What a name is cut off at, with a notice that nobody reads: `NAMEDATALEN` less one.
///
/// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>
const LONGEST_NAME: usize = 63;

static FEATURES: Features = Features {
    unique_constraints: true,
    partial_indexes: true,
    index_methods: true,
    included_columns: true,
    index_orders: true,
    index_collations: true,
    index_prefixes: false,
    deferrable_references: true,
    deferrable_keys: true,
    restrict: true,
    set_default: true,
    indexed_references: false,
    unnamed_constraints: false,
    named_keys: true,
    nullable_keys: false,
    comments: true,
    constraint_comments: true,
    postgres_constraints: true,
    not_enforced: true,
    mysql_columns: false,
    postgres_types: true,
    sequences: true,
    tables_ignore_case: false,
    columns_ignore_case: false,
};

/// The answers.
pub(crate) struct Types;

impl ModelTypes for Types {
    fn dialect(&self) -> DialectName {
        DialectName::Postgres
    }

    fn product(&self) -> &'static str {
        "PostgreSQL"
    }

    fn name_limit(&self) -> NameLimit {
        NameLimit::Bytes(LONGEST_NAME)
    }

    fn name(&self, name: &str) -> String {
        match is_plain_name(name) {
            true => name.to_owned(),
            false => Postgres.quote(name),
        }
    }

    fn lower_type(&self, request: TypeRequest<'_>) -> Result<LoweredType, String> {
        let mut lowered = self.lowered(request);
        if request.unsigned {
            lowered.check = Some(format!("{} >= 0", request.column));
        }
        Ok(lowered)
    }

    fn raise_type(&self, column_type: &ColumnType) -> Option<Raised> {
        let name = type_name(column_type.as_str());
        let numbers = name.numbers?;
        let field_type = match (name.base.as_str(), numbers.as_slice(), name.ending.as_str()) {
            ("bigint", [], "") => FieldType::Integer,
            ("integer", [], "") => FieldType::Int,
            ("smallint", [], "") => FieldType::SmallInt,
            ("boolean", [], "") => FieldType::Boolean,
            ("double precision" | "real", [], "") => FieldType::Float,
            ("numeric", [], "") => FieldType::Decimal(None),
            ("numeric", [digits, scale], "") if *digits > 0 && scale <= digits => {
                FieldType::Decimal(Some((*digits, *scale)))
            }
            ("character varying" | "character", [size], "") if *size > 0 => {
                FieldType::String(*size)
            }
            ("text" | "character varying" | "citext" | "name", [], "") => FieldType::Text(None),
            ("bytea", [], "") => FieldType::Blob,
            ("jsonb" | "json", [], "") => FieldType::Json,
            ("uuid", [], "") => FieldType::Uuid,
            ("date", [], "") => FieldType::Date,
            ("time without time zone" | "time with time zone", [], "") => FieldType::Time(None),
            ("time", [digits], "without time zone" | "with time zone") if *digits <= 6 => {
                FieldType::Time(Some(*digits))
            }
            ("timestamp with time zone" | "timestamp without time zone", [], "") => {
                FieldType::DateTime(None)
            }
            ("timestamp", [digits], "with time zone" | "without time zone") if *digits <= 6 => {
                FieldType::DateTime(Some(*digits))
            }
            _ => return None,
        };
        Some(Raised::plain(field_type))
    }

    fn auto_increment(&self) -> IdentityKind {
        IdentityKind::ByDefault
    }

    fn portable_default(&self, default: PortableDefault, field: &FieldType) -> Option<Expression> {
        Some(Expression::new(match (default, field) {
            (PortableDefault::Uuid, _) => "gen_random_uuid()",
            (PortableDefault::Today, _) | (PortableDefault::Now, FieldType::Date) => "CURRENT_DATE",
            (PortableDefault::TimeOfDay, _) | (PortableDefault::Now, FieldType::Time(_)) => {
                "LOCALTIME"
            }
            (PortableDefault::Now, _) => "now()",
        }))
    }

    /// The catalog keeps `now()` and `CURRENT_TIMESTAMP` apart, and they are the same.
    fn raise_default(&self, expression: &str, field: &FieldType) -> Option<PortableDefault> {
        match (expression.trim().to_ascii_lowercase().as_str(), field) {
            (
                "now()" | "current_timestamp" | "transaction_timestamp()",
                FieldType::DateTime(_) | FieldType::Timestamp(_),
            ) => Some(PortableDefault::Now),
            ("current_date", FieldType::Date) => Some(PortableDefault::Today),
            ("localtime", FieldType::Time(_)) => Some(PortableDefault::TimeOfDay),
            ("gen_random_uuid()", FieldType::Uuid) => Some(PortableDefault::Uuid),
            _ => None,
        }
    }

    fn boolean(&self, value: bool) -> DefaultValue {
        DefaultValue::Boolean(value)
    }

    fn features(&self) -> &'static Features {
        &FEATURES
    }
}

impl Types {
    fn lowered(&self, request: TypeRequest<'_>) -> LoweredType {
        let digits = |digits: &Option<u32>| digits.map_or_else(String::new, |n| format!("({n})"));
        LoweredType::plain(match request.field_type {
            FieldType::Integer => "bigint",
            // An unsigned number needs a bit more than a signed one has.
            FieldType::Int if request.unsigned => "bigint",
            FieldType::SmallInt if request.unsigned => "integer",
            FieldType::Int => "integer",
            FieldType::SmallInt => "smallint",
            FieldType::Boolean => "boolean",
            FieldType::Float => "double precision",
            FieldType::Decimal(None) => "numeric",
            FieldType::Decimal(Some((digits, scale))) => {
                return LoweredType::plain(format!("numeric({digits},{scale})"));
            }
            FieldType::String(size) => {
                return LoweredType::plain(format!("character varying({size})"));
            }
            FieldType::Text(_) | FieldType::Named(..) | FieldType::Native => "text",
            FieldType::Blob => "bytea",
            FieldType::Json => "jsonb",
            FieldType::Uuid => "uuid",
            FieldType::Date => "date",
            FieldType::Time(precision) => {
                return LoweredType::plain(format!("time{} without time zone", digits(precision)));
            }
            FieldType::DateTime(precision) | FieldType::Timestamp(precision) => {
                return LoweredType::plain(format!(
                    "timestamp{} with time zone",
                    digits(precision)
                ));
            }
            FieldType::Enum(values) => {
                let check = one_of(request.column, values, |value| self.string(value));
                return LoweredType::checked("text", check);
            }
        })
    }
}
