//! What was found out about texts that were run before: reading one takes longer than a small query.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use foldhash::fast::RandomState;

use super::super::statements::Writes;
use super::super::values::KnownColumns;

/// Prepared statements that a connection keeps.
pub(super) const KEPT_STATEMENTS: usize = 256;

/// Texts that it remembers: fewer, so that no statement is given up and prepared again while its
/// columns are remembered.
const KEPT_TEXTS: usize = KEPT_STATEMENTS / 2;

/// Texts that are longer are sent once, as a rule: neither they nor their statements are kept.
const LONG_TEXT: usize = 1 << 16;

/// A text that was looked at: it has one statement, and nothing in it that SQLite would stop at.
pub(super) struct Text {
    /// As it is sent.
    pub(super) sql: String,
    pub(super) writes: OnceLock<Writes>,
    pub(super) columns: Mutex<KnownColumns>,
}

impl Text {
    /// True for one that is not kept.
    pub(super) fn is_long(&self) -> bool {
        self.sql.len() > LONG_TEXT
    }
}

/// The texts, as they were given.
#[derive(Default)]
pub(super) struct Texts {
    known: HashMap<String, Arc<Text>, RandomState>,
    /// The last of them: a loop runs the same text again and again.
    last: Option<(String, Arc<Text>)>,
}

impl Texts {
    /// What is known of a text.
    pub(super) fn find(&mut self, given: &str) -> Option<Arc<Text>> {
        if let Some((_, text)) = self.last.as_ref().filter(|(last, _)| last == given) {
            return Some(Arc::clone(text));
        }
        let text = Arc::clone(self.known.get(given)?);
        self.last = Some((given.to_owned(), Arc::clone(&text)));
        Some(text)
    }

    /// Remembers a text, and how it is sent.
    pub(super) fn keep(&mut self, given: &str, sql: String) -> Arc<Text> {
        let text = Arc::new(Text {
            sql,
            writes: OnceLock::new(),
            columns: Mutex::default(),
        });
        if !text.is_long() {
            if self.known.len() >= KEPT_TEXTS {
                self.known.clear();
            }
            self.known.insert(given.to_owned(), Arc::clone(&text));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ_each_time_and_long_ones_are_not_kept_for_ever() {
        let mut texts = Texts::default();
        for number in 0..1000 {
            let sql = format!("SELECT {number}");
            texts.keep(&sql, sql.clone());
            assert!(texts.find(&sql).is_some());
        }
        assert!(texts.known.len() <= KEPT_TEXTS);
        let long = format!("SELECT '{}'", "x".repeat(LONG_TEXT));
        assert!(texts.keep(&long, long.clone()).is_long());
        assert!(texts.find(&long).is_none());
    }
}
