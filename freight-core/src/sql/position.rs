//! Lines and columns of byte offsets.

/// The mark that some editors put at the beginning of a UTF-8 file. It has no width.
pub(super) const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A place that moves forward, so that the places of all statements of a text cost one
/// pass over it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Position<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
    column: usize,
}

impl<'a> Position<'a> {
    /// The beginning of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            line: 1,
            column: 1,
        }
    }

    /// Moves to `offset` and tells its line and column. Moving back starts again from the beginning.
    pub(super) fn advance_to(&mut self, offset: usize) -> (usize, usize) {
        if offset < self.offset {
            *self = Self::new(self.text);
        }
        let passed = self.text.get(self.offset..offset).unwrap_or_default();
        let passed = match self.offset {
            0 => passed.strip_prefix(BYTE_ORDER_MARK).unwrap_or(passed),
            _ => passed,
        };
        let last_line = match passed.rsplit_once('\n') {
            Some((lines, last_line)) => {
                self.line += lines.bytes().filter(|byte| *byte == b'\n').count() + 1;
                self.column = 1;
                last_line
            }
            None => passed,
        };
        self.column += last_line.chars().count();
        self.offset = offset;
        (self.line, self.column)
    }
}

/// The line and the column (in characters) of a byte offset, both from 1. A byte order mark at the
/// beginning of the text counts for nothing, as in editors. An offset that is not in the text, or
/// inside a character, gives the end of the text.
#[must_use]
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let offset = match text.is_char_boundary(offset) {
        true => offset,
        false => text.len(),
    };
    Position::new(text).advance_to(offset)
}
