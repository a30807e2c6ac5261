//! Names of things in a database, and names that Freight makes up.
//!
//! A [`Name`] is what the database stores: unquoted, in the spelling that it has there. What is in
//! the connection's own namespace (SQLite's `main`, PostgreSQL's current schema, MySQL's current
//! database) has no namespace in its name, so that two databases can be compared whatever theirs
//! are called.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::value::hexadecimal;

/// The name of a table or of any other thing in a namespace.
///
/// Ordered by namespace, then by name; the connection's own namespace comes first. In text it is
/// `name` or `namespace.name`; a dot or backslash in a part is written after a backslash, so that
/// reading it back gives the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Name {
    /// The namespace, where it is not the connection's own.
    pub namespace: Option<String>,
    /// The name in it.
    pub name: String,
}

impl Name {
    /// A name in the connection's own namespace.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            namespace: None,
            name: name.into(),
        }
    }

    /// A name in another namespace.
    #[must_use]
    pub fn within(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: Some(namespace.into()),
            name: name.into(),
        }
    }

    /// Another name in the same namespace.
    #[must_use]
    pub fn sibling(&self, name: impl Into<String>) -> Self {
        Self {
            namespace: self.namespace.clone(),
            name: name.into(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = |part: &str| part.replace('\\', "\\\\").replace('.', "\\.");
        if let Some(namespace) = &self.namespace {
            write!(f, "{}.", escaped(namespace))?;
        }
        f.write_str(&escaped(&self.name))
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.to_string()
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        let mut parts = vec![String::new()];
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '\\' => parts
                    .last_mut()
                    .map_or((), |part| part.extend(characters.next())),
                '.' if parts.len() == 1 => parts.push(String::new()),
                other => parts.last_mut().map_or((), |part| part.push(other)),
            }
        }
        let name = parts.pop().unwrap_or_default();
        Self {
            namespace: parts.pop(),
            name,
        }
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// How long a name may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameLimit {
    /// At most so many bytes: PostgreSQL cuts longer ones off with no more than a notice.
    Bytes(usize),
    /// At most so many characters.
    Characters(usize),
    /// As long as you like.
    None,
}

impl NameLimit {
    /// True for a name that fits.
    #[must_use]
    pub fn allows(self, name: &str) -> bool {
        match self {
            Self::Bytes(limit) => name.len() <= limit,
            Self::Characters(limit) => name.chars().count() <= limit,
            Self::None => true,
        }
    }
}

/// A name made of parts, such as `posts_author_id_fkey`. One that is too long is cut and ends in
/// eight hexadecimal digits of the SHA-256 of the whole, before the last part: the same parts
/// give the same name everywhere, and different parts different names.
///
/// ```
/// use freight_core::ident::{NameLimit, generated_name};
///
/// assert_eq!(generated_name(&["posts", "author_id", "fkey"], NameLimit::Bytes(63)), "posts_author_id_fkey");
/// let long = "a".repeat(70);
/// let name = generated_name(&[&long, "b", "fkey"], NameLimit::Bytes(63));
/// assert_eq!(name.len(), 63);
/// assert!(name.ends_with("_fkey"));
/// ```
#[must_use]
pub fn generated_name(parts: &[&str], limit: NameLimit) -> String {
    let whole = parts.join("_");
    if limit.allows(&whole) {
        return whole;
    }
    let last = parts.last().copied().unwrap_or_default();
    let mut digits = hexadecimal(&Sha256::digest(whole.as_bytes()));
    digits.truncate(8);
    let ending = format!("_{digits}_{last}");
    let mut start = String::new();
    for character in whole.chars() {
        start.push(character);
        if !limit.allows(&format!("{start}{ending}")) {
            start.pop();
            break;
        }
    }
    start + &ending
}

/// A name for something that has to step aside for a moment, short enough for every database.
pub(crate) fn aside(name: &str) -> String {
    generated_name(&[name, "_was"], NameLimit::Bytes(63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_their_text() {
        for name in [
            Name::new("users"),
            Name::within("public", "users"),
            Name::new("a.b"),
            Name::within("a.b", "c\\.d"),
            Name::new(""),
            Name::within("", "x"),
            Name::new("\\"),
            Name::within("a", "b.c.d"),
        ] {
            assert_eq!(Name::from(name.to_string()), name, "{name}");
        }
    }

    #[test]
    fn the_own_namespace_comes_first() {
        let mut names = [Name::within("a", "a"), Name::new("b"), Name::new("a")];
        names.sort();
        assert_eq!(
            names,
            [Name::new("a"), Name::new("b"), Name::within("a", "a")]
        );
    }

    #[test]
    fn x_9_long_names_are_cut_at_a_character() {
        let name = generated_name(&[&"ü".repeat(40), "x", "key"], NameLimit::Bytes(63));
        assert!(name.len() <= 63 && name.len() >= 62, "{name}");
        assert!(name.ends_with("_key"));
        let name = generated_name(&[&"😀".repeat(70), "key"], NameLimit::Characters(64));
        assert_eq!(name.chars().count(), 64);
    }

    #[test]
    fn different_parts_give_different_names() {
        let long = "a".repeat(80);
        let one = generated_name(&[&long, "b", "key"], NameLimit::Bytes(63));
        let other = generated_name(&[&long, "c", "key"], NameLimit::Bytes(63));
        assert_ne!(one, other);
    }
}
