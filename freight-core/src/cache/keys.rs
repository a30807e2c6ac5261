//! What stands where in Redis.
//!
//! ```text
//! app:r:ports:7        the row of `ports` whose key is 7
//! app:i:ports:code:3f… the key of the row of `ports` with a value in the unique column `code`
//! app:q:3f9a…          the result of a query
//! app:t:ports          the generation of the rows of `ports`
//! app:u:ports          the generation of queries that read `ports`
//! app:n:ports          the generation of what is not in `ports`
//! app:a                the generation of everything
//! ```
//!
//! The parts of a key are escaped, so that no two rows have the same one whatever is in them.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::value::hexadecimal;

/// A key in Redis.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// As it is sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes the keys of a namespace.
#[derive(Clone, Debug)]
pub struct Keys {
    namespace: String,
}

impl Keys {
    /// Those of a namespace.
    #[must_use]
    pub fn new(namespace: &str) -> Self {
        Self {
            namespace: escaped(namespace),
        }
    }

    /// The row of a table; `parts` are the values of its key, in the order of its columns.
    #[must_use]
    pub fn row(&self, table: &str, parts: &[&str]) -> Key {
        let mut key = format!("{}:r:{}", self.namespace, escaped(table));
        for part in parts {
            key.push(':');
            key.push_str(&escaped(part));
        }
        Key(key)
    }

    /// Which row of a table has a value in a unique column.
    #[must_use]
    pub fn index(&self, table: &str, column: &str, value: &[u8]) -> Key {
        Key(format!(
            "{}:i:{}:{}:{}",
            self.namespace,
            escaped(table),
            escaped(column),
            hexadecimal(&Sha256::digest(value))
        ))
    }

    /// The key of a row of a table out of what was kept as such.
    pub(super) fn row_of(&self, table: &str, kept: &[u8]) -> Option<Key> {
        let text = std::str::from_utf8(kept).ok()?;
        let begin = format!("{}:r:{}:", self.namespace, escaped(table));
        text.starts_with(&begin).then(|| Key(text.to_owned()))
    }

    /// The values of the key of a row, as [`row`](Self::row) was given them.
    pub(super) fn parts_of(&self, table: &str, key: &Key) -> Option<Vec<String>> {
        let begin = format!("{}:r:{}:", self.namespace, escaped(table));
        let parts = key.0.strip_prefix(&begin)?.split(':');
        Some(parts.map(unescaped).collect())
    }

    /// The result of a query, or anything else, that a text of any length names.
    #[must_use]
    pub fn query(&self, text: &[u8]) -> Key {
        Key(format!(
            "{}:q:{}",
            self.namespace,
            hexadecimal(&Sha256::digest(text))
        ))
    }

    /// The generation of the rows of a table.
    #[must_use]
    pub fn rows(&self, table: &str) -> Key {
        Key(format!("{}:t:{}", self.namespace, escaped(table)))
    }

    /// The generation of the queries that read a table.
    #[must_use]
    pub fn queries(&self, table: &str) -> Key {
        Key(format!("{}:u:{}", self.namespace, escaped(table)))
    }

    /// The generation of what is not in a table: another one when rows are added.
    #[must_use]
    pub fn absences(&self, table: &str) -> Key {
        Key(format!("{}:n:{}", self.namespace, escaped(table)))
    }

    /// The generation of everything.
    #[must_use]
    pub fn all(&self) -> Key {
        Key(format!("{}:a", self.namespace))
    }
}

/// A part of a key, in which a colon is only part of an escape.
fn escaped(part: &str) -> String {
    part.replace('\\', "\\\\").replace(':', "\\.")
}

/// What [`escaped`] was given.
fn unescaped(part: &str) -> String {
    let mut text = String::new();
    let mut letters = part.chars();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' if letters.next() == Some('.') => ':',
            other => other,
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn no_two_rows_share_a_key() {
        let keys = Keys::new("app");
        let parts: &[&[&str]] = &[
            &["1"],
            &["1", "2"],
            &["1:2"],
            &["1\\:2"],
            &["1\\.2"],
            &["1\\", "2"],
            &["1", ":2"],
            &[""],
            &["", ""],
            &[":"],
            &["\\"],
            &["\\."],
        ];
        let mut all = Vec::new();
        for table in ["t", "t:1", "t\\", "t\\.1", ""] {
            all.extend(parts.iter().map(|parts| keys.row(table, parts)));
            for parts in parts {
                let back = keys.parts_of(table, &keys.row(table, parts)).unwrap();
                assert_eq!(back, *parts);
            }
        }
        for namespace in ["app:r", "app\\"] {
            all.push(Keys::new(namespace).row("t", &["1"]));
        }
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn kinds_of_keys_are_apart() {
        let keys = Keys::new("app");
        let all = [
            keys.row("ports", &["7"]),
            keys.query(b"ports"),
            keys.index("ports", "code", b"7"),
            keys.rows("ports"),
            keys.queries("ports"),
            keys.absences("ports"),
            keys.all(),
        ];
        assert_eq!(all[0].to_string(), "app:r:ports:7");
        for (place, key) in all.iter().enumerate() {
            assert!(!all[place + 1..].contains(key), "{key}");
        }
        assert_eq!(
            keys.row_of("ports", all[0].as_bytes()).as_ref(),
            Some(&all[0])
        );
        assert_eq!(keys.row_of("port", all[0].as_bytes()), None);
        assert_eq!(keys.row_of("ports", all[1].as_bytes()), None);
    }
}
