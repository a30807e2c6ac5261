//! What ends a statement where it is not `;`.

/// A delimiter that the text or its reader named.
#[derive(Debug)]
pub(in crate::sql) struct Delimiter(Vec<u8>);

impl Delimiter {
    /// None when `text` is empty or the usual `;`.
    pub(in crate::sql) fn new(text: &str) -> Option<Self> {
        match text {
            "" | ";" => None,
            _ => Some(Self(text.as_bytes().to_vec())),
        }
    }

    /// Where the delimiter ends if it stands at `position`. A line end in the delimiter stands
    /// for either kind of line end.
    pub(super) fn end_at(&self, bytes: &[u8], position: usize) -> Option<usize> {
        let mut at = position;
        for expected in &self.0 {
            if *expected == b'\n' && bytes.get(at) == Some(&b'\r') {
                at += 1;
            }
            if bytes.get(at) != Some(expected) {
                return None;
            }
            at += 1;
        }
        Some(at)
    }
}
