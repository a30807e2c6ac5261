//! Names that need no quotes anywhere.
//!
//! A text that a query becomes should not change with the database more than it has to; so a name
//! is quoted where one of them needs it, and everywhere then.

use crate::dialect::{mysql, postgres, sqlite};

/// True for a name in lower case that none of the databases takes for anything but a name.
pub(in crate::dialect) fn is_plain(name: &str) -> bool {
    postgres::query::is_plain(name) && sqlite::query::is_plain(name) && mysql::query::is_plain(name)
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn a_word_of_one_database_is_quoted_on_all() {
        for name in [
            "users",
            "created_at",
            "kg2",
            "name",
            "state",
            "value",
            "count",
            "excluded",
        ] {
            assert!(is_plain(name), "{name}");
        }
        let words = [
            "order", "group", "user", "key", "rank", "system", "offset", "desc", "glob", "ilike",
            "Users", "userId", "_utf8mb4", "größe", "2fa", "a b", "a.b", "a$b", "", "a\"b", "a`b",
        ];
        for name in words {
            assert!(!is_plain(name), "{name}");
        }
    }
}
