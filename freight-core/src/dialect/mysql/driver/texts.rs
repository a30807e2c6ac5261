//! What was found out about texts that were sent before, and the columns that they had: a loop sends
//! the same again and again.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::RandomState;
use sqlx::SqlStr;

use super::super::CACHED_STATEMENTS;
use super::super::statements::{first_word, is_single};
use super::super::values::KnownShape;
use super::wire::shared;
use crate::sql::{Lexicon, placeholders};

/// Texts that are longer are sent once, as a rule, and not remembered.
const LONG_TEXT: usize = 1 << 16;

/// A text that was looked at.
pub(super) struct Text {
    given: String,
    /// As it is sent.
    pub(super) sent: SqlStr,
    /// [`first_word`].
    pub(super) first_word: String,
    /// How many values it takes.
    pub(super) count: usize,
    /// It is sent without being prepared.
    pub(super) is_plain: bool,
    /// Its columns, the last time.
    pub(super) shape: KnownShape,
    agreed: AtomicU64,
}

impl Text {
    fn of(given: &str) -> Self {
        let found = placeholders(given, &Lexicon::MYSQL, false);
        let first_word = first_word(given);
        Self {
            given: given.to_owned(),
            sent: shared(&found.sql),
            count: found.count,
            // MariaDB shows what an object was when a prepared SHOW CREATE was first used.
            is_plain: first_word == "SHOW" && found.count == 0 && is_single(given),
            first_word,
            shape: KnownShape::default(),
            agreed: AtomicU64::new(u64::MAX),
        }
    }

    /// The server counts the values as [`Self::count`] does, and has said so since definitions and
    /// settings changed last: in another `sql_mode` another `?` is a value.
    pub(super) fn is_agreed(&self, definitions: u64) -> bool {
        self.agreed.load(Ordering::Relaxed) == definitions
    }

    pub(super) fn agree(&self, definitions: u64) {
        self.agreed.store(definitions, Ordering::Relaxed);
    }
}

/// The texts, as they were given.
#[derive(Default)]
pub(super) struct Texts {
    known: HashMap<String, Arc<Text>, RandomState>,
    last: Option<Arc<Text>>,
}

impl Texts {
    /// What is known of a text.
    pub(super) fn of(&mut self, given: &str) -> Arc<Text> {
        if let Some(last) = self.last.as_ref().filter(|last| last.given == given) {
            return Arc::clone(last);
        }
        if given.len() > LONG_TEXT {
            return Arc::new(Text::of(given));
        }
        let text = match self.known.get(given) {
            Some(text) => Arc::clone(text),
            None => self.keep(given),
        };
        self.last = Some(Arc::clone(&text));
        text
    }

    fn keep(&mut self, given: &str) -> Arc<Text> {
        if self.known.len() >= CACHED_STATEMENTS {
            self.known.clear();
        }
        let text = Arc::new(Text::of(given));
        self.known.insert(given.to_owned(), Arc::clone(&text));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_looked_at_once() {
        let mut texts = Texts::default();
        let first = texts.of("SELECT ?, '?' /* ? */");
        assert_eq!((first.count, first.first_word.as_str()), (1, "SELECT"));
        let other = texts.of("SHOW TABLES");
        assert!(other.is_plain && !first.is_plain);
        assert!(Arc::ptr_eq(&first, &texts.of("SELECT ?, '?' /* ? */")));
        assert!(Arc::ptr_eq(&other, &texts.of("SHOW TABLES")));
    }

    #[test]
    fn texts_that_differ_each_time_and_long_ones_are_not_kept_for_ever() {
        let mut texts = Texts::default();
        for number in 0..1000 {
            texts.of(&format!("SELECT {number}"));
        }
        assert!(texts.known.len() <= CACHED_STATEMENTS);
        let before = texts.known.len();
        texts.of(&format!("SELECT '{}'", "x".repeat(LONG_TEXT)));
        assert_eq!(texts.known.len(), before);
    }
}
