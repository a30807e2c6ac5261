//! Names and strings as SQL.
//!
//! A name is quoted only where PostgreSQL would read it as something else without: the rule of its
//! own `quote_ident`, with the keywords of every version from 12 to 18, so that a text written for
//! one server can be read by another.

use crate::ident::Name;

/// The keywords that are not free to be any name, sorted: reserved ones and those that only name
/// columns, functions or types.
/// <https://www.postgresql.org/docs/current/sql-keywords-appendix.html>
const KEYWORDS: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// A name, quoted where it has to be.
pub(in crate::dialect::postgres) fn identifier(name: &str) -> String {
    let is_plain = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty();
    if is_plain && KEYWORDS.binary_search(&name).is_err() {
        return name.to_owned();
    }
    quoted(name)
}

/// A name in quotes, whatever it contains.
pub(in crate::dialect::postgres) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// True for a word that may stand as the value of a setting: anything but the keywords that are
/// reserved, except the truth values.
pub(in crate::dialect::postgres) fn is_free(word: &str) -> bool {
    matches!(word, "true" | "false" | "on") || KEYWORDS.binary_search(&word).is_err()
}

/// A name with its namespace.
pub(in crate::dialect::postgres) fn qualified(name: &Name) -> String {
    match &name.namespace {
        Some(namespace) => format!("{}.{}", identifier(namespace), identifier(&name.name)),
        None => identifier(&name.name),
    }
}

/// Names with commas between them.
pub(in crate::dialect::postgres) fn list<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<_> = names.iter().map(|name| identifier(name.as_ref())).collect();
    names.join(", ")
}

/// A string. The session has `standard_conforming_strings` on, as it is since PostgreSQL 9.1, so
/// that a backslash is nothing but a character.
pub(in crate::dialect::postgres) fn string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Reads one name of a text that PostgreSQL wrote: quoted or plain, with or without a namespace.
pub(in crate::dialect::postgres) fn parse_qualified(text: &str) -> Name {
    let mut parts = vec![String::new()];
    let mut is_quoted = false;
    let mut characters = text.trim().chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                if let Some(part) = parts.last_mut() {
                    part.push('"');
                }
            }
            '"' => is_quoted = !is_quoted,
            '.' if !is_quoted => parts.push(String::new()),
            other => parts.last_mut().map_or((), |part| part.push(other)),
        }
    }
    let name = parts.pop().unwrap_or_default();
    Name {
        namespace: parts.pop(),
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_only_where_they_must_be() {
        let cases = [
            ("users", "users"),
            ("_a1", "_a1"),
            ("1a", "\"1a\""),
            ("order", "\"order\""),
            ("json", "\"json\""),
            ("Users", "\"Users\""),
            ("a b", "\"a b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a.b", "\"a.b\""),
            ("é", "\"é\""),
            ("a$", "\"a$\""),
            ("", "\"\""),
            ("name", "name"),
        ];
        for (name, expected) in cases {
            assert_eq!(identifier(name), expected);
        }
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn what_was_written_is_read_back() {
        for name in [
            Name::new("users"),
            Name::new("a.b"),
            Name::within("x\"y", "a\"\"b"),
            Name::within("audit", "Log"),
        ] {
            assert_eq!(parse_qualified(&qualified(&name)), name);
        }
    }

    #[test]
    fn strings_keep_backslashes() {
        assert_eq!(string("it's \\n"), "'it''s \\n'");
    }
}
