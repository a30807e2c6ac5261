//! What a text does to rows, told by its first words: whether it is one that `last_insert_id` and
//! `changes` speak of. They keep what they told before through every other statement.

use freight_core::sql::{Lexicon, TokenKind, significant};

/// What a text does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    /// It reads, or concerns no rows at all.
    Other,
    /// It changes rows.
    Changes,
    /// It makes rows, which may have keys.
    Inserts,
}

impl Work {
    /// The work of one statement, or of the most telling one of several.
    pub(crate) fn of(sql: &str, lexicon: &Lexicon, is_single: bool) -> Self {
        let mut found = Self::Other;
        let (mut is_open, mut depth) = (true, 0_usize);
        for token in significant(sql, lexicon) {
            match (token.kind, token.text(sql)) {
                (TokenKind::Symbol, "(") => depth += 1,
                (TokenKind::Symbol, ")") => depth = depth.saturating_sub(1),
                (TokenKind::Symbol, ";") => (is_open, depth) = (true, 0),
                // `WITH x AS (…) INSERT …`: the verb is the first one outside of the parentheses.
                (TokenKind::Word, word) if is_open && depth == 0 => {
                    if let Some(work) = Self::of_verb(word) {
                        found = found.max(work);
                        is_open = false;
                    }
                }
                _ => {}
            }
            if found == Self::Inserts || (is_single && !is_open) {
                break;
            }
        }
        found
    }

    /// None for a word that is no verb of a statement about rows.
    fn of_verb(word: &str) -> Option<Self> {
        let is = |verb: &&str| verb.eq_ignore_ascii_case(word);
        if ["INSERT", "REPLACE"].iter().any(is) {
            return Some(Self::Inserts);
        }
        if ["UPDATE", "DELETE", "MERGE"].iter().any(is) {
            return Some(Self::Changes);
        }
        const OTHERS: [&str; 12] = [
            "SELECT", "VALUES", "TABLE", "CREATE", "DROP", "ALTER", "BEGIN", "COMMIT", "ROLLBACK",
            "SET", "EXPLAIN", "PRAGMA",
        ];
        OTHERS.iter().any(is).then_some(Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use freight_core::sql::Lexicon;

    use super::Work;

    #[test]
    fn the_verb_tells() {
        for (sql, is_single, expected) in [
            ("INSERT INTO t VALUES (1)", true, Work::Inserts),
            ("-- a note\n  insert into t VALUES (1)", true, Work::Inserts),
            ("UPDATE t SET a = 'INSERT'", true, Work::Changes),
            ("SELECT a FROM t FOR UPDATE", true, Work::Other),
            (
                "CREATE TABLE t (a text DEFAULT 'INSERT')",
                true,
                Work::Other,
            ),
            (
                "CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END",
                true,
                Work::Other,
            ),
            ("WITH x AS (SELECT 1) INSERT INTO t", true, Work::Inserts),
            ("WITH x AS (INSERT INTO t) SELECT 1", true, Work::Other),
            (
                "WITH x AS (DELETE FROM t) UPDATE t SET a = 1",
                true,
                Work::Changes,
            ),
            ("DROP TABLE t; DELETE FROM u", false, Work::Changes),
            ("DELETE FROM u; INSERT INTO t", false, Work::Inserts),
            ("SELECT ';'; /* ; INSERT */ SELECT 1", false, Work::Other),
            ("", true, Work::Other),
        ] {
            assert_eq!(
                Work::of(sql, &Lexicon::SQLITE, is_single),
                expected,
                "{sql}"
            );
        }
    }
}
