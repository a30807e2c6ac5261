//! Atlas: `ID_name.sql`, forward only, with `atlas.sum` beside them.
//!
//! Directives are comments at the top of a file: `-- atlas:txmode none|file|all`,
//! `-- atlas:delimiter \n\n\n`, `-- atlas:checkpoint [tag]`; `nolint`, `sum` and what else Atlas
//! knows changes nothing here. An archive (`txtar`) and an import would need Atlas itself and are
//! refused.
//!
//! `atlas.sum` is not verified when a directory is read: a file that was written for Freight
//! would not be in it. [`atlas_sum`] computes it for whoever adopts Atlas' history.

use sha2::{Digest, Sha256};

use super::Reader;
use super::directive::whole;
use super::name::require_id;
use super::source::{Family, Source};
use crate::error::Result;
use crate::migrate::file::{Migration, MigrationKind};

/// Reads every file.
pub(super) fn read(sources: &[Source], reader: Reader) -> Result<Vec<Migration>> {
    sources
        .iter()
        .map(|source| migration(source, reader))
        .collect()
}

fn migration(source: &Source, reader: Reader) -> Result<Migration> {
    let (id, name) = require_id(source.stem(), &source.path, super::marked::EXPECTED)?;
    let mut up = whole(source, reader)?;
    let mut kind = MigrationKind::Versioned;
    let head = source.first_statement(0..source.text.len(), reader.lexicon);
    for mark in source.marks_of(Family::Atlas) {
        if mark.is_indented() || head.is_some_and(|head| mark.start > head) {
            break;
        }
        let (directive, value) = source
            .value(mark)
            .split_once(' ')
            .map_or((source.value(mark), ""), |(name, value)| {
                (name, value.trim())
            });
        match directive {
            "txmode" => {
                let mode = match value {
                    "none" => Some(false),
                    "file" => Some(true),
                    "all" => None,
                    _ => {
                        return Err(source
                            .invalid(mark.line, format!("unknown mode `atlas:txmode {value}`"))
                            .with_hint("the modes are `none`, `file` and `all`"));
                    }
                };
                up.transaction = up.transaction.or(mode);
            }
            "delimiter" if up.split.delimiter.is_none() => {
                up.split.delimiter = Some(delimiter(value));
            }
            "checkpoint" => kind = MigrationKind::Baseline,
            "txtar" | "import" | "assert" => {
                return Err(source
                    .unsupported(mark.line, &format!("`atlas:{directive}`"))
                    .with_hint("write its statements into the file"));
            }
            _ => {}
        }
    }
    Ok(Migration {
        id,
        name: name.to_owned(),
        kind,
        up,
        down: None,
    })
}

/// A delimiter as Atlas reads it. The splitter takes its line ends for those of the file.
fn delimiter(value: &str) -> String {
    value
        .replace("\\n", "\n")
        .replace("\\r", "\r")
        .replace("\\t", "\t")
}

/// What Atlas writes to `atlas.sum`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtlasSum {
    /// The first line: `h1:` and the base64 of a SHA-256 over all names and hashes.
    pub total: String,
    /// Each file's name and `h1:…`. A file's hash covers all files before it, too.
    pub files: Vec<(String, String)>,
}

/// Computes `atlas.sum` from names and contents, in the order of the names.
///
/// A file whose first line is `-- atlas:sum ignore` counts by its name alone and is not listed.
///
/// ```
/// let sum = freight_core::migrate::layout::atlas_sum([("1_a.sql", "SELECT 1;\n")]);
/// assert_eq!(sum.files[0].0, "1_a.sql");
/// assert!(sum.total.starts_with("h1:"));
/// ```
pub fn atlas_sum<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> AtlasSum {
    let mut running = Sha256::new();
    let mut total = Sha256::new();
    let mut hashes = Vec::new();
    for (name, contents) in files {
        running.update(name);
        let first_line = contents.lines().next().unwrap_or_default().trim_end();
        if first_line.ends_with("atlas:sum ignore") {
            continue;
        }
        running.update(contents);
        let hash = base64(&running.clone().finalize());
        total.update(name);
        total.update(&hash);
        hashes.push((name.to_owned(), format!("h1:{hash}")));
    }
    AtlasSum {
        total: format!("h1:{}", base64(&total.finalize())),
        files: hashes,
    }
}

/// Standard base64 with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| chunk.get(index).copied().map_or(0, u32::from);
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = usize::try_from(group >> (18 - 6 * digit) & 63).unwrap_or_default();
            match ALPHABET.get(index) {
                Some(letter) if digit <= chunk.len() => text.push(char::from(*letter)),
                _ => text.push('='),
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_padded() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn delimiters_have_escapes() {
        assert_eq!(delimiter("\\n\\n\\n"), "\n\n\n");
        assert_eq!(delimiter("\\t-- end"), "\t-- end");
    }
}
