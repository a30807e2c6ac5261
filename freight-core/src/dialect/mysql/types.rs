//! The types of MySQL and MariaDB, spelled in one way.
//!
//! ```text
//! INTEGER(11) UNSIGNED ──► Spelled { base, arguments, unsigned, zerofill } ──► int unsigned
//! ```
//!
//! The spelling is that of `SHOW CREATE TABLE` in lower case, without what means nothing: the
//! display width of an integer (MySQL has shown none since 8.0.19), but for `tinyint(1)`, by which
//! both servers mean a boolean, and for ZEROFILL, where it is how many digits there are.
//!
//! <https://dev.mysql.com/doc/refman/8.4/en/data-types.html>,
//! <https://mariadb.com/kb/en/data-types/>

mod change;
pub(super) mod default;
pub(super) mod literal;

pub(super) use change::type_change;

use crate::schema::ColumnType;
use crate::sql::{Lexicon, TokenKind, significant};

/// A type in its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spelled {
    /// The type itself, in lower case: `int`, `varchar`, `enum`.
    pub(super) base: String,
    /// What stands in parentheses; strings with their quotes.
    pub(super) arguments: Vec<String>,
    pub(super) unsigned: bool,
    pub(super) zerofill: bool,
}

/// What kind of value a type has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Integer,
    /// `decimal`
    Decimal,
    /// `float`, `double`
    Float,
    Bit,
    /// With a character set: `char`, `varchar`, `text`.
    Text,
    /// `binary`, `varbinary`, `blob`
    Bytes,
    /// `enum` and `set`, which have a character set too.
    Choice,
    /// Dates and times.
    Time,
    Json,
    Spatial,
    /// `uuid`, `inet6`, `vector`…
    Other,
}

impl Spelled {
    /// The canonical spelling.
    pub(super) fn text(&self) -> String {
        let mut text = self.base.clone();
        if !self.arguments.is_empty() {
            text.push('(');
            text.push_str(&self.arguments.join(","));
            text.push(')');
        }
        if self.unsigned {
            text.push_str(" unsigned");
        }
        if self.zerofill {
            text.push_str(" zerofill");
        }
        text
    }

    /// What kind of value it has.
    pub(super) fn family(&self) -> Family {
        match self.base.as_str() {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => Family::Integer,
            "decimal" => Family::Decimal,
            "float" | "double" => Family::Float,
            "bit" => Family::Bit,
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => Family::Text,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
                Family::Bytes
            }
            "enum" | "set" => Family::Choice,
            "date" | "time" | "datetime" | "timestamp" | "year" => Family::Time,
            "json" => Family::Json,
            "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
            | "multipolygon" | "geometrycollection" => Family::Spatial,
            _ => Family::Other,
        }
    }

    /// True for a type whose columns have a character set.
    pub(super) fn has_charset(&self) -> bool {
        matches!(self.family(), Family::Text | Family::Choice)
    }

    /// An argument as a number.
    pub(super) fn number(&self, index: usize) -> Option<u64> {
        self.arguments.get(index)?.parse().ok()
    }

    /// The values of an enum or set.
    pub(super) fn values(&self) -> Vec<String> {
        let read = |text: &String| literal::unquoted(text).unwrap_or_else(|| text.clone());
        self.arguments.iter().map(read).collect()
    }
}

/// A type in its parts, whoever wrote it.
pub(super) fn spelled(column_type: &ColumnType) -> Spelled {
    parse(column_type.as_str())
}

/// Reads a type as anybody may write it, and spells it canonically.
pub(super) fn parse(text: &str) -> Spelled {
    let mut words = Vec::new();
    let mut arguments = Vec::new();
    let mut argument = String::new();
    let mut depth = 0_usize;
    for token in significant(text, &Lexicon::MYSQL) {
        let piece = token.text(text);
        match (token.kind, piece) {
            (TokenKind::Symbol, "(") => {
                depth += 1;
                if depth > 1 {
                    argument.push('(');
                }
            }
            (TokenKind::Symbol, ")") => {
                depth = depth.saturating_sub(1);
                match depth {
                    0 => arguments.push(std::mem::take(&mut argument)),
                    _ => argument.push(')'),
                }
            }
            (TokenKind::Symbol, ",") if depth == 1 => {
                arguments.push(std::mem::take(&mut argument));
            }
            (TokenKind::String | TokenKind::QuotedName, piece) if depth > 0 => {
                let value = literal::unquoted(piece);
                argument.push_str(&value.map_or_else(|| piece.to_owned(), |it| literal::text(&it)));
            }
            (_, piece) if depth > 0 => argument.push_str(piece),
            (_, piece) => words.push(piece.to_ascii_lowercase()),
        }
    }
    arguments.retain(|argument| !argument.is_empty());
    from_words(&words, arguments)
}

/// The type of words outside parentheses and what stands in them.
fn from_words(words: &[String], arguments: Vec<String>) -> Spelled {
    let mut rest: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut take = |word: &str| {
        let before = rest.len();
        rest.retain(|other| *other != word);
        rest.len() < before
    };
    let zerofill = take("zerofill");
    // ZEROFILL makes a column unsigned, whether or not that is written.
    let unsigned = take("unsigned") | zerofill;
    take("signed");
    let spelled = Spelled {
        base: rest.join(" "),
        arguments,
        unsigned,
        zerofill,
    };
    simplified(spelled)
}

/// Other names for a type become its own, and what is meant anyway is left out or written.
fn simplified(mut spelled: Spelled) -> Spelled {
    let base = spelled.base.clone();
    let (name, arguments): (&str, Option<Vec<String>>) = match base.as_str() {
        "bool" | "boolean" => ("tinyint", Some(vec!["1".to_owned()])),
        "integer" | "int4" => ("int", None),
        "int1" => ("tinyint", None),
        "int2" => ("smallint", None),
        "int3" | "middleint" => ("mediumint", None),
        "int8" => ("bigint", None),
        "dec" | "numeric" | "fixed" | "number" => ("decimal", None),
        "double precision" | "real" | "float8" => ("double", None),
        "float4" => ("float", None),
        "character" | "nchar" | "national char" | "national character" => ("char", None),
        "character varying"
        | "char varying"
        | "nvarchar"
        | "national varchar"
        | "national character varying"
        | "national char varying"
        | "nchar varying"
        | "nchar varchar"
        | "varchar2" => ("varchar", None),
        "char byte" => ("binary", None),
        "long" | "long varchar" => ("mediumtext", None),
        "raw" => ("varbinary", None),
        "long varbinary" => ("mediumblob", None),
        "geomcollection" => ("geometrycollection", None),
        "clob" => ("longtext", None),
        _ => (base.as_str(), None),
    };
    spelled.base = name.to_owned();
    if let Some(arguments) = arguments {
        spelled.arguments = arguments;
    }
    with_usual_arguments(spelled)
}

fn with_usual_arguments(mut spelled: Spelled) -> Spelled {
    let one = || vec!["1".to_owned()];
    match spelled.base.as_str() {
        "tinyint" if spelled.arguments == one() && !spelled.unsigned => {}
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" if !spelled.zerofill => {
            spelled.arguments.clear();
        }
        "decimal" => {
            if spelled.arguments.is_empty() {
                spelled.arguments.push("10".to_owned());
            }
            if spelled.arguments.len() == 1 {
                spelled.arguments.push("0".to_owned());
            }
        }
        "float" if spelled.arguments.len() == 1 => {
            // FLOAT(p) says how many bits are wanted, and is one of the two types.
            if spelled.number(0).is_some_and(|bits| bits > 24) {
                spelled.base = "double".to_owned();
            }
            spelled.arguments.clear();
        }
        "char" | "binary" | "bit" if spelled.arguments.is_empty() => spelled.arguments = one(),
        "year" => spelled.arguments.clear(),
        "time" | "datetime" | "timestamp" if spelled.number(0) == Some(0) => {
            spelled.arguments.clear();
        }
        "text" | "blob" if !spelled.arguments.is_empty() => spelled = sized(&spelled),
        _ => {}
    }
    spelled
}

/// TEXT(n) and BLOB(n) are the smallest of the four types that holds so much. A character counts
/// as the four bytes of utf8mb4.
fn sized(spelled: &Spelled) -> Spelled {
    let is_text = spelled.base == "text";
    let bytes = spelled
        .number(0)
        .unwrap_or(0)
        .saturating_mul(if is_text { 4 } else { 1 });
    let size = match bytes {
        0..=0xff => "tiny",
        0x100..=0xffff => "",
        0x1_0000..=0xff_ffff => "medium",
        _ => "long",
    };
    Spelled {
        base: format!("{size}{}", spelled.base),
        ..Spelled::default()
    }
}

/// The canonical spelling of a type.
pub(super) fn canonical(text: &str) -> ColumnType {
    ColumnType::new(parse(text).text())
}

/// A character set or collation by the name that it has today: `utf8` was another name for
/// `utf8mb3`, and is to be one for `utf8mb4`.
///
/// <https://dev.mysql.com/doc/refman/8.4/en/charset-unicode-utf8.html>
pub(super) fn canonical_letters(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match lower.strip_prefix("utf8") {
        Some("") => "utf8mb3".to_owned(),
        Some(rest) if rest.starts_with('_') => format!("utf8mb3{rest}"),
        _ => lower,
    }
}

/// The character set of a collation, by its name.
pub(super) fn charset_of(collation: &str) -> String {
    let charset = collation.split('_').next().unwrap_or(collation);
    canonical_letters(charset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_one_spelling() {
        for (written, canonical_text) in [
            ("INTEGER", "int"),
            ("int(11)", "int"),
            ("int(10) unsigned", "int unsigned"),
            ("int(5) unsigned zerofill", "int(5) unsigned zerofill"),
            ("int(5) zerofill", "int(5) unsigned zerofill"),
            ("tinyint(1)", "tinyint(1)"),
            ("tinyint(4)", "tinyint"),
            ("tinyint(1) unsigned", "tinyint unsigned"),
            ("BOOLEAN", "tinyint(1)"),
            ("bigint(20) UNSIGNED", "bigint unsigned"),
            ("decimal", "decimal(10,0)"),
            ("NUMERIC ( 8 )", "decimal(8,0)"),
            ("decimal(10, 2) unsigned", "decimal(10,2) unsigned"),
            ("double precision", "double"),
            ("float(53)", "double"),
            ("float(7,3)", "float(7,3)"),
            ("char", "char(1)"),
            ("character varying(30)", "varchar(30)"),
            ("VARCHAR(255)", "varchar(255)"),
            ("bit", "bit(1)"),
            ("year(4)", "year"),
            ("datetime(0)", "datetime"),
            ("timestamp(6)", "timestamp(6)"),
            ("blob(70000)", "mediumblob"),
            ("text(100)", "text"),
            ("geomcollection", "geometrycollection"),
            ("ENUM('a', 'B''c',\"d\")", "enum('a','B''c','d')"),
            ("set('x,y','(')", "set('x,y','(')"),
            ("uuid", "uuid"),
            ("vector(3)", "vector(3)"),
            ("json", "json"),
        ] {
            assert_eq!(canonical(written).as_str(), canonical_text, "{written}");
            assert_eq!(canonical(canonical_text).as_str(), canonical_text);
        }
    }

    #[test]
    fn my_06_display_width_means_nothing() {
        assert_eq!(canonical("int(11)"), canonical("int"));
        assert_eq!(
            canonical("bigint(20) unsigned"),
            canonical("bigint unsigned")
        );
        assert_eq!(canonical("year(4)"), canonical("year"));
        assert_ne!(canonical("tinyint(1)"), canonical("tinyint(4)"));
        assert_ne!(canonical("int(5) zerofill"), canonical("int(6) zerofill"));
    }

    #[test]
    fn values_of_an_enum_are_read() {
        assert_eq!(
            parse("enum('a','b''c','d\\\\e')").values(),
            ["a", "b'c", "d\\e"]
        );
    }
}
