//! Texts of SQL in which columns have other names.

use std::collections::BTreeSet;

use super::rules::DiffRules;
use crate::sql::{Lexicon, TokenKind, significant, tokens};

/// A text of SQL in which columns have their new names, spelled as the database spells them. What
/// is called like a function, or stands in a string, is no column.
pub(super) fn with_names(sql: &str, renamed: &[(String, String)], rules: &dyn DiffRules) -> String {
    let lexicon = rules.lexicon();
    let calls: BTreeSet<usize> = significant(sql, lexicon)
        .zip(significant(sql, lexicon).skip(1))
        .filter(|(_, next)| next.text(sql) == "(")
        .map(|(token, _)| token.start)
        .collect();
    let mut text = String::with_capacity(sql.len());
    for token in tokens(sql, lexicon) {
        let word = token.text(sql);
        let (quote, name) = match token.kind {
            TokenKind::Word if !calls.contains(&token.start) => ("", word.to_owned()),
            TokenKind::QuotedName => taken_apart(word),
            _ => {
                text.push_str(word);
                continue;
            }
        };
        let renaming = renamed.iter().find(|(from, _)| {
            *from == name || (quote.is_empty() && from.eq_ignore_ascii_case(&name))
        });
        match renaming {
            Some((_, to)) if quote.is_empty() || !rules.keeps_quotes() => {
                text.push_str(&rules.identifier(to));
            }
            Some((_, to)) => text.push_str(&quoted(to, quote, rules)),
            None => text.push_str(word),
        }
    }
    text
}

/// As [`with_names`], only between parentheses: where rights are given, words before them are no
/// columns.
pub(super) fn with_names_within(
    sql: &str,
    renamed: &[(String, String)],
    rules: &dyn DiffRules,
) -> String {
    let mut depth = 0_usize;
    let texts = tokens(sql, rules.lexicon()).map(|token| {
        let text = token.text(sql);
        match text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth > 0 => return with_names(text, renamed, rules),
            _ => {}
        }
        text.to_owned()
    });
    texts.collect()
}

/// The lines of a text that name none of some columns between parentheses.
pub(super) fn lines_without(text: &str, columns: &BTreeSet<String>, lexicon: &Lexicon) -> String {
    let names_one = |line: &str| {
        let mut depth = 0_usize;
        tokens(line, lexicon).any(|token| {
            let word = token.text(line);
            match token.kind {
                TokenKind::Word => depth > 0 && columns.contains(word),
                TokenKind::QuotedName => depth > 0 && columns.contains(&taken_apart(word).1),
                _ => {
                    match word {
                        "(" => depth += 1,
                        ")" => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    false
                }
            }
        })
    };
    let lines: Vec<&str> = text.lines().filter(|line| !names_one(line)).collect();
    lines.join("\n")
}

/// True when an expression names a column, spelled as it is or in quotes.
pub(super) fn names(expression: &str, column: &str, lexicon: &Lexicon) -> bool {
    significant(expression, lexicon).any(|token| {
        let text = token.text(expression);
        match token.kind {
            TokenKind::Word => text.eq_ignore_ascii_case(column),
            TokenKind::QuotedName => taken_apart(text).1.eq_ignore_ascii_case(column),
            _ => false,
        }
    })
}

/// The quote that a name begins with, and the name without quotes.
fn taken_apart(word: &str) -> (&str, String) {
    let quote = word.get(..1).unwrap_or_default();
    let closing = if quote == "[" { "]" } else { quote };
    let name = word.strip_prefix(quote).unwrap_or(word);
    let name = name.strip_suffix(closing).unwrap_or(name);
    match quote {
        // Nothing stands for a bracket between brackets: <https://sqlite.org/lang_keywords.html>.
        "[" => (quote, name.to_owned()),
        quote => (quote, name.replace(&quote.repeat(2), quote)),
    }
}

/// A name in such quotes as another one had.
fn quoted(name: &str, quote: &str, rules: &dyn DiffRules) -> String {
    match quote {
        "[" if name.contains(']') => rules.identifier(name),
        "[" => format!("[{name}]"),
        _ => format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::DialectName;

    fn reworded(dialect: DialectName, sql: &str, from: &str, to: &str) -> String {
        let renamed = [(from.to_owned(), to.to_owned())];
        with_names(sql, &renamed, dialect.dialect().rules())
    }

    #[test]
    fn columns_in_expressions_get_their_new_names() {
        let cases = [
            ("age > 18 AND \"age\" < 99", "years > 18 AND years < 99"),
            ("age(born) > '18 age'", "age(born) > '18 age'"),
            ("agent = AGE", "agent = years"),
        ];
        for (sql, expected) in cases {
            let text = reworded(DialectName::Postgres, sql, "age", "years");
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn rights_on_columns_are_told_apart() {
        let text = "GRANT SELECT (a) ON TABLE t TO x\n\
                    GRANT SELECT (b), UPDATE (b) ON TABLE a TO b\n\
                    GRANT SELECT (\"A\") ON TABLE t TO x\n\
                    GRANT SELECT (\"a \"\"b\") ON TABLE t TO x";
        let cases = [
            (&["a"][..], [1, 2, 3]),
            (&["A"], [0, 1, 3]),
            (&["a \"b"], [0, 1, 2]),
        ];
        for (gone, expected) in cases {
            let gone = gone.iter().map(|name| (*name).to_owned()).collect();
            let lines = text.lines().enumerate();
            let expected: Vec<&str> = lines
                .filter(|(place, _)| expected.contains(place))
                .map(|(_, line)| line)
                .collect();
            assert_eq!(
                lines_without(text, &gone, &Lexicon::POSTGRES),
                expected.join("\n")
            );
        }
    }

    #[test]
    fn new_names_have_quotes_where_they_need_them() {
        use DialectName::{Mysql, Postgres, Sqlite};
        let cases = [
            (
                Postgres,
                "age > 18",
                "age",
                "Years old",
                "\"Years old\" > 18",
            ),
            (Postgres, "age > 18", "age", "order", "\"order\" > 18"),
            (Postgres, "\"Age\" > 18", "Age", "years", "years > 18"),
            (
                Postgres,
                "\"an \"\"age\"\"\" > 18",
                "an \"age\"",
                "a \"",
                "\"a \"\"\" > 18",
            ),
            (
                Mysql,
                "age > `age`",
                "age",
                "Years old",
                "`Years old` > `Years old`",
            ),
            (Mysql, "`a``ge` > 18", "a`ge", "years", "`years` > 18"),
            (Sqlite, "[age] > \"age\"", "age", "b]", "\"b]\" > \"b]\""),
            (Sqlite, "age > 18", "age", "order", "\"order\" > 18"),
        ];
        for (dialect, sql, from, to, expected) in cases {
            assert_eq!(reworded(dialect, sql, from, to), expected, "{dialect}");
        }
    }
}
