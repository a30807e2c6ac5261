//! The one table of column types: how each is spelled, and what a change from one to another does
//! to the rows.
//!
//! The canonical spelling is that of `format_type`, which is what the catalog and `psql` show:
//! `character varying(100)`, `timestamp(3) with time zone`, `integer[]`.
//!
//! <https://www.postgresql.org/docs/current/datatype.html>

use crate::sql::{Lexicon, TokenKind, significant};

/// Other ways to write a type, without modifiers.
const ALIASES: &[(&str, &str)] = &[
    ("bool", "boolean"),
    ("bpchar", "character"),
    ("char", "character"),
    ("char varying", "character varying"),
    ("dec", "numeric"),
    ("decimal", "numeric"),
    ("float4", "real"),
    ("float8", "double precision"),
    ("int", "integer"),
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("national char", "character"),
    ("national character", "character"),
    ("national character varying", "character varying"),
    ("nchar", "character"),
    ("nchar varying", "character varying"),
    ("time", "time without time zone"),
    ("timestamp", "timestamp without time zone"),
    ("timestamptz", "timestamp with time zone"),
    ("timetz", "time with time zone"),
    ("varbit", "bit varying"),
    ("varchar", "character varying"),
];

/// A type taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TypeParts {
    /// Its name without modifiers, canonically: `timestamp with time zone`.
    pub(super) base: String,
    /// What stands in its parentheses: length, precision, scale.
    pub(super) modifiers: Vec<String>,
    /// It is an array.
    pub(super) is_array: bool,
}

impl TypeParts {
    /// Takes a type apart, however it is spelled.
    pub(super) fn parse(text: &str) -> Self {
        let mut words = Vec::new();
        let mut modifiers = Vec::new();
        let mut is_array = false;
        let mut tokens = significant(text, &Lexicon::POSTGRES).peekable();
        while let Some(token) = tokens.next() {
            match (token.kind, token.text(text)) {
                (_, "(") => {
                    let inner = tokens.by_ref().map(|token| token.text(text));
                    let inner: Vec<_> = inner.take_while(|part| *part != ")").collect();
                    let inner = inner.concat();
                    let parts = inner.split(',').filter(|part| !part.is_empty());
                    modifiers = parts.map(str::to_owned).collect();
                }
                (_, "[") => {
                    is_array = true;
                    tokens.by_ref().find(|token| token.text(text) == "]");
                }
                (TokenKind::Word, word) => words.push(word.to_lowercase()),
                (_, other) => words.push(other.to_owned()),
            }
        }
        if words.len() > 1 && words.last().is_some_and(|word| word == "array") {
            words.pop();
            is_array = true;
        }
        let name = words.join(" ").replace(" . ", ".");
        let name = name.strip_prefix("pg_catalog.").unwrap_or(&name);
        Self::named(name, modifiers, is_array)
    }

    fn named(name: &str, mut modifiers: Vec<String>, is_array: bool) -> Self {
        let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
        let mut base = alias.map_or(name, |(_, base)| *base).to_owned();
        match base.as_str() {
            // `float(24)` is `real`, and from 25 on it is `double precision`.
            "float" => {
                let digits = modifiers.first().and_then(|digits| digits.parse().ok());
                base = match digits {
                    Some(0..=24_u32) => "real".to_owned(),
                    _ => "double precision".to_owned(),
                };
                modifiers.clear();
            }
            "character" | "bit" if modifiers.is_empty() && name != "bpchar" => {
                modifiers.push("1".to_owned());
            }
            "numeric" if modifiers.len() == 1 => modifiers.push("0".to_owned()),
            _ => {}
        }
        Self {
            base,
            modifiers,
            is_array,
        }
    }

    /// The canonical spelling.
    pub(super) fn spelling(&self) -> String {
        let modifiers = match self.modifiers.is_empty() {
            true => String::new(),
            false => format!("({})", self.modifiers.join(",")),
        };
        let array = if self.is_array { "[]" } else { "" };
        for zone in [" with time zone", " without time zone"] {
            if let Some(start) = self.base.strip_suffix(zone) {
                return format!("{start}{modifiers}{zone}{array}");
            }
        }
        if self.base == "character" && self.modifiers.is_empty() {
            return format!("bpchar{array}");
        }
        format!("{}{modifiers}{array}", self.base)
    }

    fn modifier(&self, index: usize) -> Option<i64> {
        self.modifiers
            .get(index)
            .and_then(|modifier| modifier.parse().ok())
    }
}

/// The canonical spelling of a type, however it is written. What is unknown stays as it stands.
pub(super) fn canonical(declared: &str) -> String {
    TypeParts::parse(declared).spelling()
}

/// The type without modifiers, for what a cast in a default names.
pub(super) fn base(spelling: &str) -> String {
    let parts = TypeParts::parse(spelling);
    let array = if parts.is_array { "[]" } else { "" };
    format!("{}{array}", parts.base)
}

/// True for the types whose values are written without quotes.
pub(super) fn is_numeric(base: &str) -> bool {
    NUMBERS.contains(&base) || matches!(base, "money" | "oid")
}

const NUMBERS: &[&str] = &[
    "smallint",
    "integer",
    "bigint",
    "numeric",
    "real",
    "double precision",
];

/// What a change of a column's type does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TypeChange {
    /// What it does to the values.
    pub(super) risk: Risk,
    /// The table is written anew, which blocks everybody for as long as that takes.
    pub(super) rewrites: bool,
    /// PostgreSQL does not convert by itself, so a `USING` clause has to: what stands behind the
    /// column, `::text::mood`.
    pub(super) using: Option<String>,
}

/// What can happen to the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Risk {
    /// Nothing.
    Safe,
    /// The statement fails when a value does not fit.
    MayFail(&'static str),
    /// Values change and cannot be changed back.
    LosesData(&'static str),
}

impl TypeChange {
    fn new(risk: Risk, rewrites: bool) -> Self {
        Self {
            risk,
            rewrites,
            using: None,
        }
    }
}

/// What a change from one type to another does, both in any spelling.
pub(super) fn change(from: &str, to: &str) -> TypeChange {
    let (from, to) = (TypeParts::parse(from), TypeParts::parse(to));
    let mut change = match from.is_array == to.is_array {
        true => change_of_elements(&from, &to),
        false => through_text(&to, "a value may not read as the new type"),
    };
    // An array is converted element by element, and that is never free.
    if from.is_array && to.is_array && from.base != to.base {
        change.rewrites = true;
    }
    if change.using.is_some() {
        let text = if from.is_array && to.is_array {
            "::text[]"
        } else {
            "::text"
        };
        let is_single = !from.is_array && (!to.is_array || is_string(&from.base));
        let is_alike = is_single || (from.is_array && to.is_array);
        let direct = is_alike && casts_directly(&from.base, &to.base);
        let through = if direct { "" } else { text };
        change.using = Some(format!("{through}::{}", to.spelling()));
    }
    change
}

/// Casts that exist and are only made when they are asked for.
fn casts_directly(from: &str, to: &str) -> bool {
    is_string(from)
        || matches!(
            (from, to),
            ("boolean", "integer")
                | ("integer", "boolean")
                | ("bit", "integer" | "bigint")
                | ("integer" | "bigint", "bit")
        )
}

fn through_text(to: &TypeParts, reason: &'static str) -> TypeChange {
    TypeChange {
        risk: Risk::MayFail(reason),
        rewrites: true,
        using: Some(to.spelling()),
    }
}

fn change_of_elements(from: &TypeParts, to: &TypeParts) -> TypeChange {
    if from.base == to.base {
        return change_of_modifiers(from, to);
    }
    let (one, other) = (from.base.as_str(), to.base.as_str());
    if NUMBERS.contains(&one) && NUMBERS.contains(&other) {
        return change_of_numbers(from, to);
    }
    if is_string(other) {
        return into_string(from, to);
    }
    change_of_moments(one, other).unwrap_or_else(|| match (one, other) {
        ("json", "jsonb") => TypeChange::new(
            Risk::LosesData("`jsonb` keeps neither the order of keys nor repeated keys"),
            true,
        ),
        ("jsonb", "json")
        | ("cidr", "inet")
        | ("macaddr", "macaddr8")
        | ("bit", "bit varying")
        | ("money", "numeric") => TypeChange::new(Risk::Safe, true),
        ("inet", "cidr") => TypeChange::new(
            Risk::LosesData("`cidr` sets the bits behind the network to zero"),
            true,
        ),
        ("numeric" | "integer" | "bigint", "money") => {
            TypeChange::new(Risk::LosesData("`money` rounds to whole cents"), true)
        }
        ("integer", "boolean") => TypeChange {
            risk: Risk::LosesData("every number but 0 becomes true"),
            ..through_text(to, "")
        },
        ("boolean", "integer") => TypeChange {
            risk: Risk::Safe,
            ..through_text(to, "")
        },
        _ => through_text(to, "a value may not read as the new type"),
    })
}

/// True when values of two types compare, so that a foreign key can stand between them.
pub(super) fn compare(one: &str, other: &str) -> bool {
    let (one, other) = (base(one), base(other));
    let both = |is: fn(&str) -> bool| is(&one) && is(&other);
    one == other
        || both(|base| NUMBERS.contains(&base))
        || both(is_string)
        || both(|base| base == "date" || base.starts_with("timestamp"))
}

fn is_string(base: &str) -> bool {
    matches!(
        base,
        "text" | "character varying" | "character" | "name" | "citext"
    )
}

fn into_string(from: &TypeParts, to: &TypeParts) -> TypeChange {
    let limit = to.modifier(0);
    let risk = match limit {
        None => Risk::Safe,
        Some(limit)
            if from.modifier(0).is_some_and(|length| length <= limit) && is_string(&from.base) =>
        {
            Risk::Safe
        }
        Some(_) => Risk::MayFail("a value may be longer than the new type allows"),
    };
    // Both are stored in the same way, so that only a limit has to be looked at.
    let is_alike = matches!(from.base.as_str(), "text" | "character varying")
        && matches!(to.base.as_str(), "text" | "character varying");
    TypeChange::new(risk, !(is_alike && limit.is_none()))
}

fn change_of_modifiers(from: &TypeParts, to: &TypeParts) -> TypeChange {
    if from.modifiers == to.modifiers {
        return TypeChange::new(Risk::Safe, false);
    }
    let (old, new) = (from.modifier(0), to.modifier(0));
    let grows = new.is_none() || old.zip(new).is_some_and(|(old, new)| new >= old);
    match from.base.as_str() {
        "numeric" => change_of_numeric(from, to),
        "character varying" | "bit varying" if grows => TypeChange::new(Risk::Safe, false),
        "character" if grows => TypeChange::new(Risk::Safe, true),
        "character varying" | "bit varying" | "character" => TypeChange::new(
            Risk::MayFail("a value may be longer than the new type allows"),
            true,
        ),
        "bit" => TypeChange::new(
            Risk::MayFail("a value of another length does not fit"),
            true,
        ),
        _ if grows => TypeChange::new(Risk::Safe, true),
        _ => TypeChange::new(Risk::LosesData("values are rounded to fewer digits"), true),
    }
}

/// `numeric(p,s)` to `numeric(q,t)`. Free where the scale stays and the precision grows.
fn change_of_numeric(from: &TypeParts, to: &TypeParts) -> TypeChange {
    let Some(new) = to.modifier(0).zip(to.modifier(1)) else {
        return TypeChange::new(Risk::Safe, false);
    };
    let Some(old) = from.modifier(0).zip(from.modifier(1)) else {
        return TypeChange::new(Risk::LosesData("values are rounded to fewer digits"), true);
    };
    if new.1 < old.1 {
        return TypeChange::new(Risk::LosesData("values are rounded to fewer digits"), true);
    }
    if new.0 - new.1 < old.0 - old.1 {
        return TypeChange::new(
            Risk::MayFail("a value may be too large for the new type"),
            true,
        );
    }
    TypeChange::new(Risk::Safe, new.1 != old.1)
}

fn change_of_numbers(from: &TypeParts, to: &TypeParts) -> TypeChange {
    /// How many decimal digits always fit, and whether there may be some behind the point.
    fn digits(parts: &TypeParts) -> (i64, bool) {
        match parts.base.as_str() {
            "smallint" => (5, false),
            "integer" => (10, false),
            "bigint" => (19, false),
            "real" => (6, true),
            "double precision" => (15, true),
            _ => match parts.modifier(0).zip(parts.modifier(1)) {
                Some((precision, scale)) => (precision - scale.max(0), scale > 0),
                None => (i64::MAX, true),
            },
        }
    }
    let ((old, had_fraction), (new, has_fraction)) = (digits(from), digits(to));
    let is_binary = |parts: &TypeParts| matches!(parts.base.as_str(), "real" | "double precision");
    let risk = match () {
        () if had_fraction && !has_fraction => {
            Risk::LosesData("what stands behind the decimal point is lost")
        }
        () if is_binary(to) && new < old => {
            Risk::LosesData("values are rounded to the digits that the new type holds")
        }
        () if had_fraction && to.modifier(1).is_some() => {
            Risk::LosesData("values are rounded to fewer digits")
        }
        () if new < old => Risk::MayFail("a value may be too large for the new type"),
        () => Risk::Safe,
    };
    TypeChange::new(risk, true)
}

fn change_of_moments(from: &str, to: &str) -> Option<TypeChange> {
    const ZONED: &str = "timestamp with time zone";
    const LOCAL: &str = "timestamp without time zone";
    let risk = match (from, to) {
        ("date", ZONED | LOCAL)
        | (LOCAL, ZONED)
        | ("time without time zone", "time with time zone" | "interval") => Risk::Safe,
        (ZONED, LOCAL) | ("time with time zone", "time without time zone") => {
            Risk::LosesData("the time zone is lost; the session's own decides what remains")
        }
        (ZONED | LOCAL, "date") => Risk::LosesData("the time of day is lost"),
        (ZONED | LOCAL, "time without time zone") | (ZONED, "time with time zone") => {
            Risk::LosesData("the date is lost")
        }
        ("interval", "time without time zone") => Risk::LosesData("whole days are lost"),
        _ => return None,
    };
    Some(TypeChange::new(risk, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_becomes_the_canonical_one() {
        let cases = [
            ("varchar(10)", "character varying(10)"),
            ("VARCHAR", "character varying"),
            ("int4", "integer"),
            ("INT", "integer"),
            ("int8[]", "bigint[]"),
            ("integer ARRAY", "integer[]"),
            ("integer[3][3]", "integer[]"),
            ("varchar(10)[]", "character varying(10)[]"),
            ("bool", "boolean"),
            ("decimal(10, 2)", "numeric(10,2)"),
            ("numeric(5)", "numeric(5,0)"),
            ("dec", "numeric"),
            ("float", "double precision"),
            ("float(24)", "real"),
            ("float(25)", "double precision"),
            ("timestamptz", "timestamp with time zone"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp(3)", "timestamp(3) without time zone"),
            ("timestamp(3) with time zone", "timestamp(3) with time zone"),
            ("time", "time without time zone"),
            ("char", "character(1)"),
            ("char(3)", "character(3)"),
            ("bpchar", "bpchar"),
            ("\"char\"", "\"char\""),
            ("bit", "bit(1)"),
            ("varbit(3)", "bit varying(3)"),
            ("pg_catalog.int4", "integer"),
            ("public.mood", "public.mood"),
            ("\"My Type\"", "\"My Type\""),
            ("interval day to second(3)", "interval day to second(3)"),
            ("geometry(Point,4326)", "geometry(Point,4326)"),
            ("", ""),
            ("(", ""),
            ("[", "[]"),
        ];
        for (declared, expected) in cases {
            assert_eq!(canonical(declared), expected, "{declared}");
        }
    }

    #[test]
    fn a_canonical_spelling_stays() {
        for spelling in [
            "interval day to second(3)",
            "timestamp(3) without time zone",
            "character varying(10)[]",
            "numeric(10,-2)",
            "other.\"T\"[]",
        ] {
            assert_eq!(canonical(spelling), spelling);
        }
    }

    #[test]
    fn pg_12_a_change_of_modifiers_is_a_change() {
        let cases = [
            ("varchar(10)", "varchar(20)", "safe", false),
            ("varchar(10)", "text", "safe", false),
            ("text", "varchar", "safe", false),
            ("varchar(20)", "varchar(10)", "fails", true),
            ("text", "varchar(10)", "fails", true),
            ("numeric(10,2)", "numeric(12,2)", "safe", false),
            ("numeric(10,2)", "numeric(12,4)", "safe", true),
            ("numeric(10,2)", "numeric(10,4)", "fails", true),
            ("numeric(10,2)", "numeric(10,1)", "loses", true),
            ("numeric", "numeric(10,2)", "loses", true),
            ("numeric(10,2)", "numeric", "safe", false),
            ("timestamp(6)", "timestamp(3)", "loses", true),
            ("smallint", "bigint", "safe", true),
            ("bigint", "integer", "fails", true),
            ("integer", "numeric", "safe", true),
            ("integer", "numeric(5,2)", "fails", true),
            ("numeric(10,2)", "integer", "loses", true),
            ("bigint", "double precision", "loses", true),
            ("integer", "double precision", "safe", true),
            ("real", "double precision", "safe", true),
            ("double precision", "real", "loses", true),
            ("integer", "text", "safe", true),
            ("timestamptz", "timestamp", "loses", true),
            ("timestamp", "date", "loses", true),
            ("date", "timestamp", "safe", true),
            ("json", "jsonb", "loses", true),
            ("varchar(10)[]", "varchar(20)[]", "safe", false),
            ("integer[]", "bigint[]", "safe", true),
        ];
        for (from, to, risk, rewrites) in cases {
            let change = change(from, to);
            let found = match change.risk {
                Risk::Safe => "safe",
                Risk::MayFail(_) => "fails",
                Risk::LosesData(_) => "loses",
            };
            assert_eq!((found, change.rewrites), (risk, rewrites), "{from} → {to}");
            assert_eq!(change.using, None, "{from} → {to}");
        }
    }

    #[test]
    fn pg_09_what_is_not_converted_by_itself_has_a_using_clause() {
        let cases = [
            ("text", "integer", "::integer"),
            ("mood", "feeling", "::text::feeling"),
            ("boolean", "integer", "::integer"),
            ("text[]", "integer[]", "::integer[]"),
            ("mood[]", "feeling[]", "::text[]::feeling[]"),
            ("integer", "uuid", "::text::uuid"),
            ("text", "text[]", "::text[]"),
        ];
        for (from, to, expected) in cases {
            assert_eq!(
                change(from, to).using.as_deref(),
                Some(expected),
                "{from} → {to}"
            );
        }
    }
}
