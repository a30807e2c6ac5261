//! Pairs that are the same, and pairs beside them that are not.

mod mysql;
mod postgres;
mod properties;
mod sqlite;
mod statements;

use super::{Style, canonical, same};

/// Both texts of every pair have the same canonical text.
fn all_same(style: &Style, pairs: &[(&str, &str)]) {
    for (a, b) in pairs {
        let (left, right) = (canonical(a, style), canonical(b, style));
        assert!(same(a, b, style), "{a}\n  {left}\n{b}\n  {right}");
        for text in [left, right] {
            assert_eq!(
                canonical(&text, style),
                text,
                "not a fixed point: {a} / {b}"
            );
        }
    }
}

/// No pair has one canonical text.
fn none_same(style: &Style, pairs: &[(&str, &str)]) {
    for (a, b) in pairs {
        assert!(
            !same(a, b, style),
            "{a}\n{b}\nboth are {}",
            canonical(a, style)
        );
    }
}
