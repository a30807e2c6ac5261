//! Files as other tools hash them.
//!
//! A checkout may have changed the line ends since the tool saw the file, or the tool was
//! compiled on a machine with other ones, so a file counts as the same when any of its
//! [`forms`] has the recorded hash.

use std::path::Path;

use sha2::{Digest, Sha256, Sha384};

use crate::error::{Error, Result};
use crate::value::hexadecimal;

/// SHA-256 in hexadecimal: Prisma, Drizzle.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// SHA-384 in hexadecimal: sqlx, which keeps the bytes.
pub(super) fn sha384(bytes: &[u8]) -> String {
    hexadecimal(&Sha384::digest(bytes))
}

/// The file as it lies there.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    fs_err::read(path).map_err(|cause| Error::unreadable_migration(path, cause))
}

/// The file as it is, with `\n`, and with `\r\n` as line ends.
pub(super) fn forms(bytes: &[u8]) -> [Vec<u8>; 3] {
    let mut unix = Vec::with_capacity(bytes.len());
    let mut windows = Vec::with_capacity(bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        let next = bytes.get(index + 1);
        match byte {
            b'\r' if next == Some(&b'\n') => {}
            b'\n' => {
                unix.push(b'\n');
                windows.extend(b"\r\n");
            }
            other => {
                unix.push(*other);
                windows.push(*other);
            }
        }
    }
    [bytes.to_vec(), unix, windows]
}

/// True when a form of the file has the hash.
pub(super) fn is_same(path: &Path, recorded: &str, hash: impl Fn(&[u8]) -> String) -> Result<bool> {
    let bytes = read(path)?;
    Ok(forms(&bytes).iter().any(|form| hash(form) == recorded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_three_forms() {
        let [as_it_is, unix, windows] = forms(b"a\r\nb\nc\rd\r\r\n");
        assert_eq!(as_it_is, b"a\r\nb\nc\rd\r\r\n");
        assert_eq!(unix, b"a\nb\nc\rd\r\n");
        assert_eq!(windows, b"a\r\nb\r\nc\rd\r\r\n");
    }

    #[test]
    fn hashes_are_those_of_the_standard() {
        let text = b"CREATE TABLE a (b int);\n";
        assert_eq!(sha256(text), SHA256);
        assert_eq!(sha384(text), SHA384);
    }

    /// By `sha256sum` and `sha384sum`.
    const SHA256: &str = "5ee0febeab660ad5112fc2d257c1007b3f28a087ef9450ef54af083dc6004b73";
    const SHA384: &str = "1f435a794781465cdf047c44a02df7a650abcd8e65aed4d8df51571ce74e459a2df9a65121daae0cc2623a06f6c97827";
}
