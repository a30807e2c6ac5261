//! The portable types on MySQL and MariaDB, in the spelling of `SHOW CREATE TABLE` without display
//! widths, except that of `tinyint(1)`, which is what says that a boolean is meant.

use super::Mysql;
use crate::dialect::common::type_names::{is_plain_name, one_of, type_name};
use crate::dialect::{Dialect, DialectName};
use crate::ident::NameLimit;
use crate::model::{
    Features, FieldType, LoweredType, ModelTypes, PortableDefault, Raised, TypeRequest,
};
use crate::schema::{ColumnType, Expression, IdentityKind};
use crate::sql::{Lexicon, TokenKind, significant};

/// <https://dev.mysql.com/doc/refman/8.4/en/identifier-length.html>
const LONGEST_NAME: usize = 64;

/// The digits behind a second that are kept when nobody says how many.
const FRACTION: u32 = 6;

/// The type of a decimal whose digits nobody counted: the largest there is.
const LARGEST_DECIMAL: &str = "decimal(65,30)";

static FEATURES: Features = Features {
    unique_constraints: false,
    partial_indexes: false,
    index_methods: true,
    included_columns: false,
    index_orders: false,
    index_collations: false,
    index_prefixes: true,
    deferrable_references: false,
    deferrable_keys: false,
    restrict: false,
    set_default: false,
    indexed_references: true,
    unnamed_constraints: false,
    named_keys: false,
    nullable_keys: false,
    comments: true,
    constraint_comments: false,
    postgres_constraints: false,
    not_enforced: true,
    mysql_columns: true,
    postgres_types: false,
    sequences: true,
    tables_ignore_case: false,
    columns_ignore_case: true,
};

/// The answers.
pub(crate) struct Types;

impl ModelTypes for Types {
    fn dialect(&self) -> DialectName {
        DialectName::Mysql
    }

    fn product(&self) -> &'static str {
        "MySQL"
    }

    fn name_limit(&self) -> NameLimit {
        NameLimit::Characters(LONGEST_NAME)
    }

    fn name(&self, name: &str) -> String {
        match is_plain_name(name) {
            true => name.to_owned(),
            false => Mysql.quote(name),
        }
    }

    /// A backslash escapes, too.
    fn string(&self, text: &str) -> String {
        format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    }

    fn lower_type(&self, request: TypeRequest<'_>) -> Result<LoweredType, String> {
        let unsigned = if request.unsigned { " unsigned" } else { "" };
        let whole = |name: &str| Ok(LoweredType::plain(format!("{name}{unsigned}")));
        let plain = |name: &str| Ok(LoweredType::plain(name));
        let timed = |name: &str, digits: &Option<u32>| {
            Ok(LoweredType::plain(match digits.unwrap_or(FRACTION) {
                0 => name.to_owned(),
                digits => format!("{name}({digits})"),
            }))
        };
        match request.field_type {
            FieldType::Integer => whole("bigint"),
            FieldType::Int => whole("int"),
            FieldType::SmallInt => whole("smallint"),
            FieldType::Boolean => plain("tinyint(1)"),
            FieldType::Float => whole("double"),
            FieldType::Decimal(None) => whole(LARGEST_DECIMAL),
            FieldType::Decimal(Some((digits, scale))) if *digits > 65 || *scale > 30 => {
                Err(format!(
                    "a decimal has at most 65 digits and 30 behind the point, not {digits} and {scale}"
                ))
            }
            FieldType::Decimal(Some((digits, scale))) => {
                whole(&format!("decimal({digits},{scale})"))
            }
            FieldType::String(size) => Ok(LoweredType::plain(format!("varchar({size})"))),
            // A text of any length cannot be indexed.
            FieldType::Text(size) if request.indexed => Ok(LoweredType::plain(format!(
                "varchar({})",
                size.unwrap_or(255)
            ))),
            FieldType::Text(_) | FieldType::Named(..) | FieldType::Native => plain("text"),
            FieldType::Blob => plain("longblob"),
            FieldType::Json => plain("json"),
            FieldType::Uuid => plain("char(36)"),
            FieldType::Date => plain("date"),
            FieldType::Time(digits) => timed("time", digits),
            FieldType::DateTime(digits) => timed("datetime", digits),
            FieldType::Timestamp(digits) => timed("timestamp", digits),
            FieldType::Enum(values) => {
                let longest = values.iter().map(|value| value.chars().count()).max();
                let size = longest.unwrap_or(0).max(255);
                let check = one_of(request.column, values, |value| self.string(value));
                Ok(LoweredType::checked(format!("varchar({size})"), check))
            }
        }
    }

    fn raise_type(&self, column_type: &ColumnType) -> Option<Raised> {
        let name = type_name(column_type.as_str());
        if name.base == "enum" {
            return enum_values(column_type.as_str())
                .map(|values| Raised::plain(FieldType::Enum(values)));
        }
        let (base, in_base) = match name.base.strip_suffix(" unsigned") {
            Some(base) => (base, true),
            None => (name.base.as_str(), false),
        };
        let unsigned = match name.ending.as_str() {
            "" => in_base,
            "unsigned" => true,
            _ => return None,
        };
        let fraction = |digits: u32| (digits != FRACTION).then_some(digits);
        let numbers = name.numbers?;
        let field_type = match (base, numbers.as_slice()) {
            ("bigint", []) => FieldType::Integer,
            ("int" | "mediumint", []) => FieldType::Int,
            ("smallint" | "tinyint" | "year", []) => FieldType::SmallInt,
            ("tinyint", [1]) if !unsigned => FieldType::Boolean,
            ("double" | "float", []) => FieldType::Float,
            ("decimal", [65, 30]) => FieldType::Decimal(None),
            ("decimal", [digits, scale]) if *digits > 0 && scale <= digits => {
                FieldType::Decimal(Some((*digits, *scale)))
            }
            ("char", [36]) => FieldType::Uuid,
            ("varchar" | "char", [size]) if *size > 0 => FieldType::String(*size),
            ("text" | "tinytext" | "mediumtext" | "longtext", []) => FieldType::Text(None),
            ("longblob" | "blob" | "tinyblob" | "mediumblob", []) => FieldType::Blob,
            ("json", []) => FieldType::Json,
            ("uuid", []) => FieldType::Uuid,
            ("date", []) => FieldType::Date,
            ("time", []) => FieldType::Time(Some(0)),
            ("time", [digits]) if *digits <= FRACTION => FieldType::Time(fraction(*digits)),
            ("datetime", []) => FieldType::DateTime(Some(0)),
            ("datetime", [digits]) if *digits <= FRACTION => FieldType::DateTime(fraction(*digits)),
            ("timestamp", []) => FieldType::Timestamp(Some(0)),
            ("timestamp", [digits]) if *digits <= FRACTION => {
                FieldType::Timestamp(fraction(*digits))
            }
            _ => return None,
        };
        let unsigned = unsigned && field_type.is_number();
        Some(Raised {
            field_type,
            unsigned,
        })
    }

    fn auto_increment(&self) -> IdentityKind {
        IdentityKind::AutoIncrement
    }

    fn portable_default(&self, default: PortableDefault, field: &FieldType) -> Option<Expression> {
        let timed = |name: &str, digits: Option<u32>, none: &str| match digits.unwrap_or(FRACTION) {
            0 => none.to_owned(),
            digits => format!("{name}({digits})"),
        };
        Some(Expression::new(match (default, field) {
            (PortableDefault::Uuid, _) => "uuid()".to_owned(),
            (PortableDefault::Today, _) | (PortableDefault::Now, FieldType::Date) => {
                "curdate()".to_owned()
            }
            (_, FieldType::Time(digits)) => timed("curtime", *digits, "curtime()"),
            (PortableDefault::TimeOfDay, _) => "curtime()".to_owned(),
            (PortableDefault::Now, FieldType::DateTime(digits) | FieldType::Timestamp(digits)) => {
                timed("CURRENT_TIMESTAMP", *digits, "CURRENT_TIMESTAMP")
            }
            (PortableDefault::Now, _) => "CURRENT_TIMESTAMP".to_owned(),
        }))
    }

    /// MariaDB prints `current_timestamp()` for `CURRENT_TIMESTAMP`.
    fn raise_default(&self, expression: &str, field: &FieldType) -> Option<PortableDefault> {
        let expression = expression.trim().to_ascii_lowercase();
        let expression = expression.strip_suffix("()").unwrap_or(&expression);
        PortableDefault::ALL.iter().copied().find(|default| {
            self.portable_default(*default, field).is_some_and(|known| {
                let known = known.as_str().to_ascii_lowercase();
                known.strip_suffix("()").unwrap_or(&known) == expression
            })
        })
    }

    fn features(&self) -> &'static Features {
        &FEATURES
    }
}

/// The values of `enum('a','b')`.
fn enum_values(text: &str) -> Option<Vec<String>> {
    let inside = text
        .get("enum(".len()..)
        .and_then(|rest| rest.strip_suffix(')'))?;
    let mut values = Vec::new();
    for token in significant(inside, &Lexicon::MYSQL) {
        let text = token.text(inside);
        match token.kind {
            TokenKind::String => {
                let text = text.strip_prefix('\'')?.strip_suffix('\'')?;
                values.push(text.replace("''", "'").replace("\\\\", "\\"));
            }
            TokenKind::Symbol if text == "," => {}
            _ => return None,
        }
    }
    (!values.is_empty()).then_some(values)
}
