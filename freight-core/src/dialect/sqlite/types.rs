//! The types of columns.
//!
//! SQLite takes any words for a type and draws one conclusion from them, the *affinity*: how a
//! value is converted when it is stored. A STRICT table has six types and refuses what does not
//! fit. The declared words are what a schema holds, in one spelling; nothing but their case,
//! quotes and spacing may differ between two equal types.
//!
//! <https://www.sqlite.org/datatype3.html>

use super::ddl::{Cursor, folded, unquoted};
use crate::schema::ColumnType;

/// How SQLite converts what is stored in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Affinity {
    /// Nothing is converted.
    Blob,
    /// Numbers become text.
    Text,
    /// Text that looks like a number becomes one.
    Numeric,
    /// The same.
    Integer,
    /// The same, and integers become floating-point numbers.
    Real,
}

/// What a change of type does to the rows that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeChange {
    /// Every value stays as it is.
    Keeps,
    /// Values are written differently and mean the same.
    Converts,
    /// Some values mean something else afterwards; says which.
    Alters(&'static str),
    /// Some values are refused; says which.
    MayFail(&'static str),
}

/// The one spelling of a type: words apart by one blank, `DECIMAL(10,2)`. Case and quotes stay.
pub(super) fn canonical(text: &str) -> String {
    let mut cursor = Cursor::new(text);
    let mut spelled = String::new();
    let mut follows_word = false;
    while let Some(token) = cursor.advance() {
        let word = token.text(text);
        let is_word = !matches!(word, "(" | ")" | "," | "+" | "-");
        if is_word && follows_word {
            spelled.push(' ');
        }
        spelled.push_str(word);
        follows_word = is_word || word == ")";
    }
    spelled
}

/// The spelling in which two types are compared.
pub(super) fn normal(column_type: &ColumnType) -> ColumnType {
    ColumnType::new(plain(column_type.as_str()))
}

/// The type as SQLite's own reading of it begins: without quotes, in lower case.
fn plain(text: &str) -> String {
    let quoted = text.starts_with(['"', '\'', '`', '[']);
    folded(&match quoted {
        true => unquoted(&canonical(text)),
        false => canonical(text),
    })
}

/// True for the type that makes a primary key the row's number: exactly `INTEGER`.
pub(super) fn is_integer(column_type: &ColumnType) -> bool {
    plain(column_type.as_str()) == "integer"
}

/// The affinity of a column, by the rules of <https://www.sqlite.org/datatype3.html#determination_of_column_affinity>.
pub(super) fn affinity(column_type: &ColumnType, strict: bool) -> Affinity {
    let name = plain(column_type.as_str());
    let has = |part: &str| name.contains(part);
    if strict && name == "any" {
        return Affinity::Blob;
    }
    if has("int") {
        Affinity::Integer
    } else if has("char") || has("clob") || has("text") {
        Affinity::Text
    } else if has("blob") || name.is_empty() {
        Affinity::Blob
    } else if has("real") || has("floa") || has("doub") {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

/// The types that a STRICT table may have.
pub(super) const STRICT: [&str; 6] = ["int", "integer", "real", "text", "blob", "any"];

/// True for a type that a STRICT table may have.
pub(super) fn is_strict(column_type: &ColumnType) -> bool {
    STRICT.contains(&plain(column_type.as_str()).as_str())
}

/// What happens to the values of a column when its type changes.
pub(super) fn change(from: (&ColumnType, bool), to: (&ColumnType, bool)) -> TypeChange {
    let (from_type, was_strict) = from;
    let (to_type, is_strict) = to;
    let before = affinity(from_type, was_strict);
    let after = affinity(to_type, is_strict);
    let is_any = is_strict && plain(to_type.as_str()) == "any";
    if let Some(cast) = strict_cast(from, to) {
        return match cast {
            "BLOB" => TypeChange::Converts,
            _ if after == Affinity::Text => TypeChange::Alters("bytes become text as they are"),
            _ => TypeChange::MayFail("a STRICT table refuses values of another type"),
        };
    }
    if is_strict && !is_any && (!was_strict || before != after) {
        // Integers fit into REAL and TEXT; everything else depends on the rows.
        let fits = was_strict && before == Affinity::Integer && after == Affinity::Text;
        return match fits {
            true => TypeChange::Converts,
            false => TypeChange::MayFail("a STRICT table refuses values of another type"),
        };
    }
    match (before, after) {
        _ if before == after => TypeChange::Keeps,
        (_, Affinity::Blob) => TypeChange::Keeps,
        (Affinity::Integer, Affinity::Numeric)
        | (Affinity::Numeric, Affinity::Integer)
        | (Affinity::Real, Affinity::Integer | Affinity::Numeric) => TypeChange::Keeps,
        (Affinity::Integer | Affinity::Numeric, Affinity::Real) => {
            TypeChange::Alters("integers beyond 2^53 lose digits as REAL")
        }
        (_, Affinity::Text) => TypeChange::Converts,
        (Affinity::Text | Affinity::Blob, _) => {
            TypeChange::Alters("text that looks like a number becomes one: `007` is 7 then")
        }
        _ => TypeChange::Keeps,
    }
}

/// What values have to be cast to when their column gets another type in a STRICT table: bytes and
/// everything else do not become each other by themselves there.
pub(super) fn strict_cast(
    (from, was_strict): (&ColumnType, bool),
    (to, is_strict): (&ColumnType, bool),
) -> Option<&'static str> {
    let is_any = |column_type: &ColumnType| plain(column_type.as_str()) == "any";
    let (before, after) = (affinity(from, was_strict), affinity(to, is_strict));
    if !is_strict || is_any(to) || (was_strict && is_any(from)) {
        return None;
    }
    match (before, after) {
        (before, after) if before == after => None,
        (_, Affinity::Blob) => Some("BLOB"),
        // A text that looks like a number becomes one by itself, and any other is refused.
        (Affinity::Blob, _) => Some("TEXT"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> ColumnType {
        ColumnType::new(canonical(text))
    }

    #[test]
    fn types_have_one_spelling() {
        for (text, expected) in [
            ("INTEGER", "INTEGER"),
            ("decimal ( 10 , 2 )", "decimal(10,2)"),
            ("UNSIGNED  BIG\n INT", "UNSIGNED BIG INT"),
            ("int /* small */ (-3)", "int(-3)"),
            ("\"my type\" (1)", "\"my type\"(1)"),
            ("", ""),
        ] {
            assert_eq!(canonical(text), expected);
        }
        let same = |one: &str, other: &str| normal(&of(one)) == normal(&of(other));
        assert!(same("varchar (10)", "VARCHAR(10)"));
        assert!(same("\"INTEGER\"", "integer"));
        assert!(!same("INT", "INTEGER"));
    }

    #[test]
    fn sl_14_only_integer_numbers_the_rows() {
        assert!(is_integer(&of("Integer")) && is_integer(&of("[INTEGER]")));
        assert!(!is_integer(&of("INT")) && !is_integer(&of("INTEGER(4)")));
    }

    #[test]
    fn affinities_are_those_of_the_manual() {
        for (text, expected) in [
            ("TINYINT", Affinity::Integer),
            ("CHARINT", Affinity::Integer),
            ("POINT", Affinity::Integer),
            ("NATIVE CHARACTER(70)", Affinity::Text),
            ("CLOB", Affinity::Text),
            ("", Affinity::Blob),
            ("DOUBLE PRECISION", Affinity::Real),
            ("FLOAT", Affinity::Real),
            ("DECIMAL(10,5)", Affinity::Numeric),
            ("STRING", Affinity::Numeric),
            ("JSON", Affinity::Numeric),
            ("ANY", Affinity::Numeric),
        ] {
            assert_eq!(affinity(&of(text), false), expected, "{text}");
        }
        assert_eq!(affinity(&of("ANY"), true), Affinity::Blob);
    }

    #[test]
    fn sl_15_a_strict_table_has_six_types() {
        assert!(is_strict(&of("ANY")) && !is_strict(&of("varchar(10)")));
    }

    #[test]
    fn changes_of_type_say_what_they_do_to_values() {
        let change = |from: &str, to: &str| change((&of(from), false), (&of(to), false));
        assert_eq!(change("VARCHAR(10)", "TEXT"), TypeChange::Keeps);
        assert_eq!(change("INTEGER", "TEXT"), TypeChange::Converts);
        assert_eq!(change("REAL", "BLOB"), TypeChange::Keeps);
        assert!(matches!(change("TEXT", "INTEGER"), TypeChange::Alters(_)));
        assert!(matches!(change("BIGINT", "DOUBLE"), TypeChange::Alters(_)));
        let strict = |from, was, to: &str| super::change((&of(from), was), (&of(to), true));
        assert!(matches!(
            strict("TEXT", true, "INT"),
            TypeChange::MayFail(_)
        ));
        assert!(matches!(
            strict("TEXT", false, "TEXT"),
            TypeChange::MayFail(_)
        ));
        assert_eq!(strict("INT", true, "INTEGER"), TypeChange::Keeps);
        assert_eq!(strict("TEXT", false, "ANY"), TypeChange::Keeps);
        assert_eq!(strict("TEXT", true, "BLOB"), TypeChange::Converts);
        assert!(matches!(
            strict("BLOB", true, "TEXT"),
            TypeChange::Alters(_)
        ));
        assert!(matches!(
            strict("BLOB", true, "INT"),
            TypeChange::MayFail(_)
        ));
    }
}
