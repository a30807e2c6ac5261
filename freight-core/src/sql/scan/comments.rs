//! Comments, of one line and of many.

use super::{Scanner, TokenKind, is_space};

impl Scanner<'_> {
    /// The length of the mark that begins a comment at `at`.
    pub(super) fn comment_mark(&self, at: usize) -> Option<usize> {
        match (self.byte(at)?, self.byte(at + 1)) {
            (b'/', Some(b'*')) => Some(2),
            (b'-', Some(b'-')) => {
                let follows = self.byte(at + 2);
                let is_comment = !self.lexicon.dashes_need_space
                    || follows.is_none_or(|byte| is_space(byte) || byte.is_ascii_control());
                is_comment.then_some(2)
            }
            (b'#', _) if self.lexicon.hash_comments => Some(1),
            _ => None,
        }
    }

    /// The end of the comment at `start`.
    pub(super) fn comment(&self, start: usize, inside_executable: bool) -> Option<usize> {
        if self.byte(start) != Some(b'/') {
            return Some(self.line_end(start));
        }
        let is_executable = self.lexicon.executable_comments
            && !inside_executable
            && (self.starts_with(start, b"/*!") || self.starts_with(start, b"/*M!"));
        if is_executable {
            self.executable_comment_end(start + 3)
        } else if self.lexicon.nested_comments {
            self.nested_comment_end(start + 2)
        } else {
            self.find(start + 2, "*/")
        }
    }

    /// The end of the line without its line end.
    pub(super) fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let also_return = self.lexicon.carriage_return_ends_comment;
        let is_end = |byte: &u8| *byte == b'\n' || (also_return && *byte == b'\r');
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        let line = rest.get(..length).unwrap_or_default();
        // All of them, so that a comment is the same with and without a line after it.
        let returns = line.iter().rev().take_while(|byte| **byte == b'\r').count();
        from + length - returns
    }

    pub(super) fn nested_comment_end(&self, from: usize) -> Option<usize> {
        let mut at = from;
        let mut depth = 1_usize;
        while depth > 0 {
            let rest = self.bytes.get(at..)?;
            at += rest.iter().position(|byte| matches!(byte, b'/' | b'*'))?;
            if self.starts_with(at, b"*/") {
                depth -= 1;
                at += 2;
            } else if self.starts_with(at, b"/*") {
                depth += 1;
                at += 2;
            } else {
                at += 1;
            }
        }
        Some(at)
    }

    /// The end of `/*! … */`. The server reads its content as SQL, so a `*/` in a string or in a
    /// comment of its own does not end it.
    pub(super) fn executable_comment_end(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            if self.starts_with(at, b"*/") {
                return Some(at + 2);
            }
            let (kind, end) = self.token_at(at, self.byte(at)?, true);
            if kind == TokenKind::Unterminated {
                return None;
            }
            at = end;
        }
    }
}
