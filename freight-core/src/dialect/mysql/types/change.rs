//! What becomes of values when a column gets another type, in strict mode.
//!
//! <https://dev.mysql.com/doc/refman/8.4/en/innodb-online-ddl-operations.html#online-ddl-column-operations>

use super::{Family, Spelled};
use crate::diff::{TypeChange, Values};

/// What becomes of values.
pub(crate) fn type_change(from: &Spelled, to: &Spelled) -> TypeChange {
    if from == to {
        return TypeChange::FREE;
    }
    TypeChange {
        values: values(from, to),
        rewrites: !is_metadata_alone(from, to),
    }
}

fn values(from: &Spelled, to: &Spelled) -> Values {
    use Family::{Bit, Bytes, Choice, Decimal, Float, Integer, Json, Other, Spatial, Text, Time};
    match (from.family(), to.family()) {
        (Integer | Bit, Integer | Bit) => kept_if(within(range(from), range(to))),
        (Integer, Decimal) => kept_if(digits(from) <= whole_digits(to) && sign_fits(from, to)),
        (Integer, Float) => changed_unless(exact_in(from, to)),
        (Decimal, Decimal) if scale(to) < scale(from) => Values::MayChange,
        (Decimal, Decimal) => {
            kept_if(whole_digits(from) <= whole_digits(to) && sign_fits(from, to))
        }
        (Decimal, Integer) if scale(from) > 0 => Values::MayChange,
        (Decimal, Integer) => kept_if(whole_digits(from) < digits(to) && sign_fits(from, to)),
        (Decimal, Float) => changed_unless(precision(from) <= 15 && to.base == "double"),
        (Float, Float) => changed_unless(from.base == to.base || to.base == "double"),
        (Integer | Bit | Decimal | Float, Text) => kept_if(capacity(to) >= printed(from)),
        (Text, Text) => text_values(from, to),
        (Bytes, Bytes) if from.base == "binary" || to.base == "binary" => Values::MayChange,
        (Text | Bytes, Bytes) => kept_if(capacity(from) <= capacity(to)),
        // Bytes that are no text are refused.
        (Bytes, Text) => Values::MayFail,
        (Choice, Choice) => kept_if(
            from.values()
                .iter()
                .all(|value| to.values().contains(value)),
        ),
        (Choice, Text) => kept_if(longest(from) <= characters(to)),
        (Text, Choice | Json | Time | Spatial | Other) => Values::MayFail,
        (Json, Text) => kept_if(to.base == "longtext"),
        (Time, Text) => kept_if(capacity(to) >= 26),
        (Time, Time) => time_values(from, to),
        (Spatial, Spatial) => kept_if(to.base == "geometry"),
        _ if is_address_or_uuid(from, to) => Values::Kept,
        _ if is_address_or_uuid(to, from) => Values::MayFail,
        (Other, Text) => Values::MayFail,
        _ => Values::MayChange,
    }
}

fn kept_if(is_kept: bool) -> Values {
    match is_kept {
        true => Values::Kept,
        false => Values::MayFail,
    }
}

fn changed_unless(is_kept: bool) -> Values {
    match is_kept {
        true => Values::Kept,
        false => Values::MayChange,
    }
}

/// The smallest and the largest number of an integer or bit type.
fn range(column_type: &Spelled) -> (i128, i128) {
    let bits = match column_type.base.as_str() {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" => 32,
        "bit" => u32::try_from(column_type.number(0).unwrap_or(1).min(64)).unwrap_or(64),
        _ => 64,
    };
    let half = 1_i128 << bits.saturating_sub(1);
    match column_type.unsigned || column_type.base == "bit" {
        true => (0, 2 * half - 1),
        false => (-half, half - 1),
    }
}

fn within(inner: (i128, i128), outer: (i128, i128)) -> bool {
    outer.0 <= inner.0 && inner.1 <= outer.1
}

/// How many digits the largest number of an integer type has.
fn digits(column_type: &Spelled) -> u64 {
    u64::try_from(range(column_type).1.to_string().len()).unwrap_or(u64::MAX)
}

fn precision(column_type: &Spelled) -> u64 {
    column_type.number(0).unwrap_or(10)
}

fn scale(column_type: &Spelled) -> u64 {
    column_type.number(1).unwrap_or(0)
}

fn whole_digits(column_type: &Spelled) -> u64 {
    precision(column_type).saturating_sub(scale(column_type))
}

fn sign_fits(from: &Spelled, to: &Spelled) -> bool {
    from.unsigned || !to.unsigned
}

/// True when each number of an integer type has a place in a floating one: 24 bits in `float`, 53
/// in `double`.
fn exact_in(from: &Spelled, to: &Spelled) -> bool {
    let limit = if to.base == "double" {
        1_i128 << 53
    } else {
        1 << 24
    };
    range(from).1 <= limit && sign_fits(from, to)
}

/// How many characters a number takes as text, at most.
fn printed(column_type: &Spelled) -> u64 {
    match column_type.family() {
        Family::Decimal => precision(column_type) + 2,
        Family::Float => 24,
        _ => 20,
    }
}

/// How many characters a text type takes.
fn characters(column_type: &Spelled) -> u64 {
    match column_type.base.as_str() {
        "char" | "varchar" => column_type.number(0).unwrap_or(1),
        _ => capacity(column_type) / 4,
    }
}

/// How many bytes a type of text or bytes takes; a character counts as the four of utf8mb4.
fn capacity(column_type: &Spelled) -> u64 {
    match column_type.base.as_str() {
        "char" | "varchar" => column_type.number(0).unwrap_or(1).saturating_mul(4),
        "binary" | "varbinary" => column_type.number(0).unwrap_or(1),
        "tinytext" | "tinyblob" => 0xff,
        "text" | "blob" => 0xffff,
        "mediumtext" | "mediumblob" => 0xff_ffff,
        _ => 0xffff_ffff,
    }
}

fn text_values(from: &Spelled, to: &Spelled) -> Values {
    let has_length = |it: &Spelled| ["char", "varchar"].contains(&it.base.as_str());
    // CHAR forgets blanks at the end.
    if to.base == "char" && from.base != "char" {
        return Values::MayChange;
    }
    match has_length(from) && has_length(to) {
        true => kept_if(from.number(0) <= to.number(0)),
        false => kept_if(capacity(from) <= capacity(to)),
    }
}

fn time_values(from: &Spelled, to: &Spelled) -> Values {
    let fraction = |it: &Spelled| it.number(0).unwrap_or(0);
    if fraction(to) < fraction(from) {
        return Values::MayChange;
    }
    match (from.base.as_str(), to.base.as_str()) {
        (from, to) if from == to => Values::Kept,
        ("date", "datetime") | ("timestamp", "datetime") => Values::Kept,
        // A timestamp ends in 2038.
        ("date" | "datetime", "timestamp") => Values::MayFail,
        _ => Values::MayChange,
    }
}

/// The longest value of an enum, or all of a set with commas between them.
fn longest(column_type: &Spelled) -> u64 {
    let lengths = column_type
        .values()
        .into_iter()
        .map(|value| u64::try_from(value.chars().count()).unwrap_or(u64::MAX));
    match column_type.base.as_str() {
        "set" => lengths.map(|length| length.saturating_add(1)).sum(),
        _ => lengths.max().unwrap_or(0),
    }
}

/// UUID and addresses of MariaDB have a form as text or bytes that loses nothing.
///
/// <https://mariadb.com/kb/en/uuid-data-type/>
fn is_address_or_uuid(special: &Spelled, plain: &Spelled) -> bool {
    let (bytes, length) = match special.base.as_str() {
        "uuid" => (16, 36),
        "inet6" => (16, 39),
        "inet4" => (4, 15),
        _ => return false,
    };
    match plain.base.as_str() {
        "char" | "varchar" => plain.number(0).unwrap_or(1) >= length,
        "binary" => plain.number(0) == Some(bytes),
        "inet6" => special.base == "inet4",
        base => base.ends_with("text"),
    }
}

/// True for changes that touch no row: a longer VARCHAR with as many bytes for its length, and
/// values at the end of an enum or set that need no more room.
fn is_metadata_alone(from: &Spelled, to: &Spelled) -> bool {
    let length_bytes = |it: &Spelled| capacity(it) > 0xff;
    match (from.base.as_str(), to.base.as_str()) {
        ("varchar", "varchar") | ("varbinary", "varbinary") => {
            from.number(0) <= to.number(0) && length_bytes(from) == length_bytes(to)
        }
        ("enum", "enum") => {
            to.arguments.starts_with(&from.arguments)
                && (from.arguments.len() > 0xff) == (to.arguments.len() > 0xff)
        }
        ("set", "set") => {
            let bytes = |it: &Spelled| match it.arguments.len() {
                0..=32 => it.arguments.len().div_ceil(8),
                _ => 8,
            };
            to.arguments.starts_with(&from.arguments) && bytes(from) == bytes(to)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn values_are_kept_refused_or_changed() {
        use Values::{Kept, MayChange, MayFail};
        for (from, to, values, rewrites) in [
            ("int", "int(11)", Kept, false),
            ("int", "bigint", Kept, true),
            ("bigint", "int", MayFail, true),
            ("int", "int unsigned", MayFail, true),
            ("int unsigned", "bigint", Kept, true),
            ("tinyint(1)", "tinyint", Kept, true),
            ("int", "decimal(10,0)", Kept, true),
            ("int", "decimal(9,2)", MayFail, true),
            ("int", "float", MayChange, true),
            ("int", "double", Kept, true),
            ("bigint", "double", MayChange, true),
            ("decimal(10,2)", "decimal(12,2)", Kept, true),
            ("decimal(10,2)", "decimal(10,3)", MayFail, true),
            ("decimal(10,2)", "decimal(10,1)", MayChange, true),
            ("decimal(10,2)", "int", MayChange, true),
            ("float", "double", Kept, true),
            ("double", "float", MayChange, true),
            ("varchar(10)", "varchar(20)", Kept, false),
            ("varchar(20)", "varchar(100)", Kept, true),
            ("varchar(100)", "varchar(300)", Kept, false),
            ("varchar(20)", "varchar(10)", MayFail, true),
            ("varchar(20)", "text", Kept, true),
            ("text", "varchar(100)", MayFail, true),
            ("varchar(10)", "char(10)", MayChange, true),
            ("char(10)", "varchar(10)", Kept, true),
            ("text", "mediumtext", Kept, true),
            ("int", "varchar(20)", Kept, true),
            ("int", "varchar(3)", MayFail, true),
            ("varchar(20)", "int", MayChange, true),
            ("varchar(20)", "json", MayFail, true),
            ("json", "longtext", Kept, true),
            ("varbinary(10)", "varbinary(20)", Kept, false),
            ("binary(4)", "binary(8)", MayChange, true),
            ("date", "datetime", Kept, true),
            ("datetime", "date", MayChange, true),
            ("datetime(6)", "datetime(3)", MayChange, true),
            ("datetime", "timestamp", MayFail, true),
            ("enum('a','b')", "enum('a','b','c')", Kept, false),
            ("enum('a','b')", "enum('c','a','b')", Kept, true),
            ("enum('a','b')", "enum('a')", MayFail, true),
            ("enum('a','bcd')", "varchar(3)", Kept, true),
            ("varchar(3)", "enum('a')", MayFail, true),
            ("set('a','b')", "set('a','b','c')", Kept, false),
            ("point", "geometry", Kept, true),
            ("uuid", "char(36)", Kept, true),
            ("uuid", "char(35)", MayFail, true),
            ("inet4", "inet6", Kept, true),
            ("char(36)", "uuid", MayFail, true),
            ("bit(3)", "bit(8)", Kept, true),
            ("bit(8)", "tinyint unsigned", Kept, true),
        ] {
            let change = type_change(&parse(from), &parse(to));
            assert_eq!(
                (change.values, change.rewrites),
                (values, rewrites),
                "{from} to {to}"
            );
        }
    }
}
