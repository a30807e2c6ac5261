//! The number and the name in a file's or folder's name.

use crate::error::{Error, ErrorKind, Result};
use crate::migrate::file::MigrationId;
use std::path::Path;

/// Splits `20240131123456_create_users` into its id and `create_users`; `None` when it does not
/// begin with a number that stands for itself.
///
/// The number may have parts (`13.1`), may be a date as diesel writes it
/// (`2024-01-31-123456`), and a `V` may stand before it.
pub(crate) fn split_id(stem: &str) -> Option<(MigrationId, &str)> {
    let stem = stem.strip_prefix(['V', 'v']).unwrap_or(stem);
    let end = date_length(stem).or_else(|| number_length(stem))?;
    let (id, rest) = (stem.get(..end)?, stem.get(end..)?);
    if !rest.is_empty() && !rest.starts_with(SEPARATORS) {
        return None;
    }
    let name = rest
        .trim_start_matches(SEPARATORS)
        .trim_end_matches(['.', ' ']);
    Some((MigrationId::parse(id)?, name))
}

const SEPARATORS: [char; 4] = ['_', '-', '.', ' '];

/// The error for a name without a number.
pub(super) fn invalid_id(path: &Path, expected: &str) -> Error {
    let name = path.file_name().unwrap_or(path.as_os_str());
    Error::new(
        ErrorKind::InvalidId,
        format!(
            "the name of `{}` does not begin with a number that orders it",
            path.display()
        ),
    )
    .with_hint(format!(
        "name it like `{expected}`, or move `{}` out of the folder of migrations",
        name.to_string_lossy()
    ))
    .at(path, 0, 0)
}

/// As [`split_id`], with the error.
pub(super) fn require_id<'a>(
    stem: &'a str,
    path: &Path,
    expected: &str,
) -> Result<(MigrationId, &'a str)> {
    split_id(stem).ok_or_else(|| invalid_id(path, expected))
}

/// The length of `13` or `13.1`: a further part counts only when it is a number to its end, so
/// that `001.2fa` is migration 1.
fn number_length(text: &str) -> Option<usize> {
    let mut end = digits(text);
    if end == 0 {
        return None;
    }
    while let Some(rest) = text.get(end..).and_then(|rest| rest.strip_prefix('.')) {
        let more = digits(rest);
        let after = rest.get(more..).unwrap_or_default();
        if more == 0 || !(after.is_empty() || after.starts_with(SEPARATORS)) {
            break;
        }
        end += 1 + more;
    }
    Some(end)
}

/// The length of `2024-01-31` or `2024-01-31-123456`, if the text begins with one.
fn date_length(text: &str) -> Option<usize> {
    let group = |from: usize, length: usize| {
        let rest = text.get(from..).unwrap_or_default();
        (rest.starts_with('-') && digits(rest.get(1..).unwrap_or_default()) == length)
            .then_some(from + 1 + length)
    };
    if digits(text) != 4 {
        return None;
    }
    let day = group(group(4, 2)?, 2)?;
    Some(group(day, 6).unwrap_or(day))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The one of `known` that `word` was most likely meant to be.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many characters must be added, removed, changed or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let width = b.len() + 1;
    let mut rows: Vec<Vec<usize>> = vec![(0..width).collect()];
    let at = |rows: &[Vec<usize>], i: usize, j: usize| {
        rows.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0)
    };
    for (i, left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let changed = at(&rows, i, j) + usize::from(left != right);
            let removed = at(&rows, i, j + 1) + 1;
            let added = row.get(j).copied().unwrap_or(0) + 1;
            let mut best = changed.min(removed).min(added);
            let swapped =
                i > 0 && j > 0 && a.get(i - 1) == Some(right) && b.get(j - 1) == Some(left);
            if swapped {
                best = best.min(at(&rows, i - 1, j - 1) + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    at(&rows, a.len(), b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_split_after_its_number() {
        let cases = [
            (
                "20240131123456_create_users",
                "20240131123456",
                "create_users",
            ),
            ("0007", "0007", ""),
            ("001-create", "001", "create"),
            ("001-2-factor", "001", "2-factor"),
            ("13.1_x", "13.1", "x"),
            ("V13.1", "13.1", ""),
            ("V0001.Name", "0001", "Name"),
            ("001.2fa", "001", "2fa"),
            ("001_x.", "001", "x"),
            ("001_a.b", "001", "a.b"),
            ("2024-01-31-123456_x", "2024-01-31-123456", "x"),
            ("2024-01-31_x", "2024-01-31", "x"),
            (
                "123456789012345678901234567890_x",
                "123456789012345678901234567890",
                "x",
            ),
        ];
        for (stem, id, name) in cases {
            let (parsed, rest) = split_id(stem).unwrap();
            assert_eq!((parsed.as_str(), rest), (id, name), "{stem}");
        }
        for stem in [
            "create_users",
            "",
            "_1",
            "V",
            "12ab_x",
            "x1",
            "-1_x",
            "１_x",
        ] {
            assert!(split_id(stem).is_none(), "{stem}");
        }
    }

    #[test]
    fn the_nearest_word_is_close() {
        let known = ["foreign-keys-off", "delimiter", "allow", "transaction"];
        assert_eq!(
            nearest("foreign_keys_off", &known),
            Some("foreign-keys-off")
        );
        assert_eq!(nearest("delimeter", &known), Some("delimiter"));
        assert_eq!(nearest("Alow", &known), Some("allow"));
        assert_eq!(nearest("alolw", &known), Some("allow"));
        assert_eq!(nearest("drop", &known), None);
    }
}
