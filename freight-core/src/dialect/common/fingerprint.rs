//! Definitions shortened to something that fits a column of the history.

use sha2::{Digest, Sha256};

use crate::value::hexadecimal;

/// 32 hexadecimal digits that differ whenever the text does.
pub(crate) fn fingerprint(definition: &str) -> String {
    let mut digits = hexadecimal(&Sha256::digest(definition));
    digits.truncate(32);
    digits
}
