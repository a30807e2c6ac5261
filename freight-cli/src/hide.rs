//! Hides the passwords that stand in SQL text, before it is shown. Pure.
//!
//! It is no parser: whatever string follows the word `PASSWORD` or `IDENTIFIED` is replaced, also
//! inside of other strings, and so is the password of a URL. Whether a backslash ends a string
//! depends on the database; where it is not clear, more is hidden, which costs nothing.

/// What stands in place of a password.
const HIDDEN: &str = "***";

/// The same text, with `***` for every password.
pub(crate) fn hide_passwords(sql: &str) -> String {
    hide_in_urls(&hide_in_clauses(sql))
}

fn hide_in_clauses(sql: &str) -> String {
    let mut shown = String::with_capacity(sql.len());
    let mut rest = sql;
    // True from the keyword to the string that it announces.
    let mut expects_secret = false;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' if expects_secret => quoted_length(rest, first),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        match first {
            '\'' | '"' if expects_secret => {
                shown.push_str(&format!("{first}{HIDDEN}{first}"));
                expects_secret = false;
            }
            _ => {
                shown.push_str(token);
                expects_secret = match token.to_ascii_uppercase().as_str() {
                    "PASSWORD" | "IDENTIFIED" => true,
                    ";" | "," => false,
                    _ => expects_secret,
                };
            }
        }
        rest = after;
    }
    shown
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How long the quoted text at the start of `text` is; to its end when the quote does not close.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((index, c)) = characters.next() {
        if c == '\\' {
            characters.next();
        } else if c == quote {
            match characters.peek() {
                Some((_, next)) if *next == quote => {
                    characters.next();
                }
                _ => return index + quote.len_utf8(),
            }
        }
    }
    text.len()
}

fn hide_in_urls(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        shown.push_str(before);
        shown.push_str("://");
        let end = after
            .find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '/'))
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match authority
            .rsplit_once('@')
            .map(|(credentials, host)| (credentials.split_once(':'), host))
        {
            Some((Some((user, _)), host)) => shown.push_str(&format!("{user}:{HIDDEN}@{host}")),
            _ => shown.push_str(authority),
        }
        rest = tail;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn passwords_are_hidden_and_nothing_else() {
        let cases = [
            (
                "CREATE ROLE a LOGIN PASSWORD 'it''s secret';",
                "CREATE ROLE a LOGIN PASSWORD '***';",
            ),
            (
                "alter user a with encrypted password 'secret' login",
                "alter user a with encrypted password '***' login",
            ),
            (
                "CREATE USER 'a'@'%' IDENTIFIED BY 'sec\\'ret', 'b'@'%' IDENTIFIED BY \"secret\"",
                "CREATE USER 'a'@'%' IDENTIFIED BY '***', 'b'@'%' IDENTIFIED BY \"***\"",
            ),
            (
                "IDENTIFIED WITH mysql_native_password AS '*SECRET'",
                "IDENTIFIED WITH mysql_native_password AS '***'",
            ),
            (
                "CREATE TABLE a (password text, b text DEFAULT 'x')",
                "CREATE TABLE a (password text, b text DEFAULT 'x')",
            ),
            (
                "SELECT dblink('postgres://u:se@cret@h/d')",
                "SELECT dblink('postgres://u:***@h/d')",
            ),
            (
                "SELECT 'https://example.com/a:b@c'",
                "SELECT 'https://example.com/a:b@c'",
            ),
            ("PASSWORD 'secret", "PASSWORD '***'"),
            (
                "SELECT '\\'; ALTER ROLE a PASSWORD 'secret'",
                "SELECT '\\'; ALTER ROLE a PASSWORD '***'",
            ),
        ];
        for (sql, expected) in cases {
            assert_eq!(hide_passwords(sql), expected);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "(?s).{0,200}") {
            hide_passwords(&text);
        }

        #[test]
        fn no_password_survives(secret in "[a-z'\\\\]{0,20}secret[a-z]{0,9}") {
            let quoted = secret.replace('\\', "\\\\").replace('\'', "''");
            let shown = hide_passwords(&format!("ALTER ROLE a PASSWORD '{quoted}';"));
            prop_assert_eq!(shown, "ALTER ROLE a PASSWORD '***';");
        }
    }
}
