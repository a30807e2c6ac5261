//! Names and types as SQL text: what the dialects' model types share.

/// Words that one of the databases does not take for a name.
const RESERVED: &[&str] = &[
    "add",
    "all",
    "alter",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "autoincrement",
    "before",
    "begin",
    "between",
    "both",
    "by",
    "call",
    "cascade",
    "case",
    "cast",
    "change",
    "check",
    "collate",
    "column",
    "commit",
    "condition",
    "constraint",
    "continue",
    "convert",
    "create",
    "cross",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "cursor",
    "database",
    "declare",
    "default",
    "deferrable",
    "delayed",
    "delete",
    "desc",
    "describe",
    "distinct",
    "div",
    "do",
    "drop",
    "each",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "exit",
    "explain",
    "false",
    "fetch",
    "for",
    "force",
    "foreign",
    "from",
    "fulltext",
    "function",
    "grant",
    "group",
    "groups",
    "having",
    "if",
    "ignore",
    "in",
    "index",
    "initially",
    "inner",
    "insert",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "iterate",
    "join",
    "key",
    "keys",
    "kill",
    "lateral",
    "leading",
    "leave",
    "left",
    "like",
    "limit",
    "lines",
    "load",
    "localtime",
    "localtimestamp",
    "lock",
    "loop",
    "match",
    "mod",
    "natural",
    "not",
    "notnull",
    "null",
    "of",
    "offset",
    "on",
    "only",
    "optimize",
    "option",
    "or",
    "order",
    "out",
    "outer",
    "over",
    "overlaps",
    "partition",
    "placing",
    "primary",
    "procedure",
    "range",
    "rank",
    "read",
    "recursive",
    "references",
    "release",
    "rename",
    "repeat",
    "replace",
    "require",
    "restrict",
    "return",
    "returning",
    "revoke",
    "right",
    "row",
    "row_number",
    "rows",
    "schema",
    "select",
    "separator",
    "session_user",
    "set",
    "show",
    "similar",
    "some",
    "sql",
    "symmetric",
    "system",
    "table",
    "then",
    "to",
    "trailing",
    "transaction",
    "trigger",
    "true",
    "undo",
    "union",
    "unique",
    "unlock",
    "unsigned",
    "update",
    "usage",
    "use",
    "user",
    "using",
    "values",
    "variadic",
    "varying",
    "verbose",
    "virtual",
    "when",
    "where",
    "while",
    "window",
    "with",
    "write",
    "xor",
];

/// True for a name that every database takes without quotes and keeps as it is.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let mut characters = name.chars();
    let starts = characters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase() || first == '_');
    starts
        && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !RESERVED.contains(&name)
}

/// A type in three parts: `numeric(10,2)[]` is `numeric`, `10` and `2`, and `[]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TypeName {
    /// In lower case, with single blanks.
    pub(crate) base: String,
    /// What stands in the parentheses, as numbers; none where it is something else.
    pub(crate) numbers: Option<Vec<u32>>,
    /// What follows them, in lower case.
    pub(crate) ending: String,
}

/// Takes a type apart.
pub(crate) fn type_name(text: &str) -> TypeName {
    let lower = |text: &str| {
        let words: Vec<_> = text.split_whitespace().collect();
        words.join(" ").to_ascii_lowercase()
    };
    let whole = TypeName {
        base: lower(text),
        numbers: Some(Vec::new()),
        ending: String::new(),
    };
    let Some((base, rest)) = text.split_once('(') else {
        return whole;
    };
    let Some((inside, ending)) = rest.rsplit_once(')') else {
        return whole;
    };
    TypeName {
        base: lower(base),
        numbers: inside
            .split(',')
            .map(|number| number.trim().parse().ok())
            .collect(),
        ending: lower(ending),
    }
}

/// `column IN ('a', 'b')`.
pub(crate) fn one_of(column: &str, values: &[String], string: impl Fn(&str) -> String) -> String {
    let values: Vec<_> = values.iter().map(|value| string(value)).collect();
    format!("{column} IN ({})", values.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_taken_apart() {
        for (text, base, numbers, ending) in [
            ("INTEGER", "integer", Some(vec![]), ""),
            ("DECIMAL(10, 2)", "decimal", Some(vec![10, 2]), ""),
            (
                "time(3) without time zone",
                "time",
                Some(vec![3]),
                "without time zone",
            ),
            ("enum('a','b')", "enum", None, ""),
            ("numeric(10,2)[]", "numeric", Some(vec![10, 2]), "[]"),
            ("double  precision", "double precision", Some(vec![]), ""),
            ("odd(", "odd(", Some(vec![]), ""),
        ] {
            let found = type_name(text);
            assert_eq!(
                (&*found.base, found.numbers, &*found.ending),
                (base, numbers, ending),
                "{text}"
            );
        }
    }

    #[test]
    fn unusual_names_are_quoted() {
        assert!(is_plain_name("users") && is_plain_name("_a1"));
        for name in ["", "Users", "order", "1a", "a b", "a\"b", "groups", "ü"] {
            assert!(!is_plain_name(name), "{name}");
        }
    }
}
