//! Moments as JSON and most languages write them, `2026-01-02T03:04:05Z`: MariaDB and MySQL refuse
//! the `Z` in a `datetime` column and in what an UPDATE compares with one.
//!
//! ```text
//! refused ──► which of the values is it? ──► `2026-01-02 03:04:05` in its place, asked again
//! ```
//!
//! Nothing is rewritten before the server refuses it, since the same text may be meant for a column
//! of text, where it stays as it is. The session is in UTC, so the two mean the same.
//!
//! Where the same text stands for several values, one after the other is tried: a value that is
//! stored is refused until the right one was rewritten. One that is compared is not (the wrong one
//! would match other rows, and nothing be refused), so there the refusal stands.
//! <https://mariadb.com/kb/en/datetime/>

use super::super::errors;
use crate::driver::{Columns, Flow, Row, RowSink};
use crate::error::Result;
use crate::sql::{Lexicon, TokenKind, significant};
use crate::value::Value;

/// How often a statement is asked again at most; each time names one value.
pub(super) const TRIES: usize = 200;

/// The values of a statement, some of which are written as the server reads them.
pub(super) struct Moments {
    pub(super) values: Vec<Value>,
    /// What the server said last.
    refusal: String,
    /// What was replaced last, in case it was not what the server meant.
    last: Option<(usize, Value)>,
    /// The place that is looked at next.
    next: usize,
    /// How many of the first values are stored as they are, and compared with nothing.
    stored: usize,
}

impl Moments {
    /// None where the server refused something else.
    pub(super) fn new(sql: &str, values: &[Value], error: &sqlx::Error) -> Option<Self> {
        Some(Self {
            values: values.to_vec(),
            refusal: refusal(error)?,
            last: None,
            next: 0,
            stored: stored(sql),
        })
    }

    /// Puts the next value that may be meant into the form of the server; false where none is left,
    /// or it cannot be known which one is meant.
    pub(super) fn replace_next(&mut self) -> bool {
        let is_meant = |value: &Value| plain(value).is_some() && names(&self.refusal, value);
        let meant = || (0..).zip(&self.values).filter(|(_, value)| is_meant(value));
        if meant().count() > 1 && meant().any(|(place, _)| place >= self.stored) {
            return false;
        }
        let Some(place) = meant()
            .map(|(place, _)| place)
            .find(|place| *place >= self.next)
        else {
            return false;
        };
        if let Some(value) = self.values.get_mut(place)
            && let Some(plain) = plain(value)
        {
            self.last = Some((place, std::mem::replace(value, plain)));
        }
        self.next = place + 1;
        true
    }

    /// The server refused again. Where it says the same, the value that was replaced was not the
    /// one that it meant. False where it refuses something else.
    pub(super) fn refused_again(&mut self, error: &sqlx::Error) -> bool {
        let Some(refusal) = refusal(error) else {
            return false;
        };
        if refusal != self.refusal {
            self.refusal = refusal;
            self.next = 0;
            return true;
        }
        if let Some((place, value)) = self.last.take()
            && let Some(room) = self.values.get_mut(place)
        {
            *room = value;
        }
        true
    }
}

/// What the server says where it cannot read a moment.
fn refusal(error: &sqlx::Error) -> Option<String> {
    let sqlx::Error::Database(answer) = error else {
        return None;
    };
    let is_refused = errors::number(error) == Some(errors::WRONG_VALUE)
        && answer.message().contains("ncorrect datetime value: '");
    is_refused.then(|| answer.message().to_owned())
}

/// How many of the first values are surely stored: all of an INSERT, those before WHERE of an UPDATE
/// of one table. Where something is selected, joined or decided, none is.
fn stored(sql: &str) -> usize {
    let (mut count, mut is_first, mut is_before_where) = (0, true, true);
    for token in significant(sql, &Lexicon::MYSQL) {
        match token.kind {
            TokenKind::Question if is_before_where => count += 1,
            TokenKind::Word => {
                let word = token.text(sql).to_ascii_uppercase();
                match word.as_str() {
                    "SELECT" | "JOIN" | "CASE" | "IF" | "WHEN" => return 0,
                    "WHERE" => is_before_where = false,
                    "INSERT" | "REPLACE" | "UPDATE" => {}
                    _ if is_first => return 0,
                    _ => {}
                }
                is_first = false;
            }
            _ => {}
        }
    }
    count
}

/// True where the message quotes this value.
fn names(refusal: &str, value: &Value) -> bool {
    value
        .as_text()
        .is_some_and(|text| refusal.contains(&format!("value: '{text}'")))
}

/// A moment in UTC as the server reads it; `None` for any other value.
fn plain(value: &Value) -> Option<Value> {
    let text = value.as_text()?;
    let moment = text
        .strip_suffix('Z')
        .or_else(|| text.strip_suffix("+00:00"))?;
    let is_plain = moment.is_ascii()
        && moment.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            10 => byte == b'T' || byte == b' ',
            13 | 16 => byte == b':',
            19 => byte == b'.',
            _ => byte.is_ascii_digit(),
        });
    (is_plain && moment.len() >= 16 && moment.len() != 18)
        .then(|| Value::Text(moment.replacen('T', " ", 1)))
}

/// A sink that remembers whether anything came: what was answered once is not asked again.
pub(super) struct Noticing<'a> {
    sink: &'a mut dyn RowSink,
    pub(super) is_touched: bool,
}

impl<'a> Noticing<'a> {
    pub(super) fn new(sink: &'a mut dyn RowSink) -> Self {
        Self {
            sink,
            is_touched: false,
        }
    }
}

impl RowSink for Noticing<'_> {
    fn columns(&mut self, columns: &Columns) -> Result<()> {
        self.is_touched = true;
        self.sink.columns(columns)
    }

    fn needs_columns_of_nothing(&self) -> bool {
        self.sink.needs_columns_of_nothing()
    }

    fn row(&mut self, row: &dyn Row) -> Result<Flow> {
        self.is_touched = true;
        self.sink.row(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_told_from_what_is_compared() {
        for (sql, expected) in [
            ("INSERT INTO t (a, b) VALUES (?, ?), (?, ?)", 4),
            ("REPLACE INTO t VALUES (?) /* ? */", 1),
            ("INSERT INTO t VALUES (?) ON DUPLICATE KEY UPDATE a = ?", 2),
            ("INSERT INTO t SELECT ? FROM u WHERE a = ?", 0),
            ("UPDATE t SET a = ?, b = ? WHERE c = ? AND d = ?", 2),
            ("UPDATE t JOIN u ON u.a = ? SET t.b = ?", 0),
            ("UPDATE t SET a = IF(b = ?, ?, b)", 0),
            ("DELETE FROM t WHERE a = ? AND b = ?", 0),
            ("", 0),
        ] {
            assert_eq!(stored(sql), expected, "{sql}");
        }
    }

    #[test]
    fn only_whole_moments_in_utc_are_rewritten() {
        for (text, expected) in [
            ("2026-01-02T03:04:05Z", Some("2026-01-02 03:04:05")),
            ("2026-01-02 03:04:05Z", Some("2026-01-02 03:04:05")),
            ("2026-01-02T03:04Z", Some("2026-01-02 03:04")),
            (
                "2026-01-02T03:04:05.123456+00:00",
                Some("2026-01-02 03:04:05.123456"),
            ),
            ("2026-01-02T03:04:05", None),
            ("2026-01-02T03:04:05+01:00", None),
            ("2026-01-02Z", None),
            ("2026-01-02T03:04:0Z", None),
            ("2026-01-02T03:04:05xZ", None),
            ("2026-01-02T03:04:05.ä1Z", None),
            ("ZZZZ-01-02T03:04:05Z", None),
            ("Z", None),
            ("", None),
        ] {
            let found = plain(&Value::Text(text.to_owned()));
            assert_eq!(
                found,
                expected.map(|text| Value::Text(text.to_owned())),
                "{text}"
            );
        }
        assert_eq!(plain(&Value::Int(5)), None);
    }
}
