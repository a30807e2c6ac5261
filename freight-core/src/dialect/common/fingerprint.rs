//! Definitions shortened to something that fits a column of the history.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// 32 hexadecimal digits that differ whenever the text does.
pub(crate) fn fingerprint(definition: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(definition).iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
