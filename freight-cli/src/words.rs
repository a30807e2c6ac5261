//! Small wordings that several commands share. Pure.

use std::time::Duration;

/// `1 migration`, `12 migrations`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    if number == 1 {
        format!("1 {thing}")
    } else {
        format!("{number} {thing}s")
    }
}

/// `3 ms`, `1.25 s`, `2 min 5 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds, duration.subsec_millis()) {
        (0, milliseconds) => format!("{milliseconds} ms"),
        (1..=59, 0) => format!("{seconds} s"),
        (1..=59, milliseconds) => format!("{seconds}.{:02} s", milliseconds / 10),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// A text from elsewhere, such as a file's name. Control characters would act on the terminal;
/// they are shown as `?`.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\t' { '?' } else { c })
        .collect()
}

/// A statement as it can be pasted into a client: ended by a semicolon and a line break.
pub(crate) fn sql_text(sql: &str) -> String {
    let sql = sql.trim();
    let last_line = sql.lines().next_back().unwrap_or_default();
    if sql.is_empty() || sql.ends_with(';') || last_line.trim_start().starts_with("--") {
        format!("{sql}\n")
    } else if last_line.contains("--") || last_line.contains('#') {
        // The semicolon must not become part of a comment.
        format!("{sql}\n;\n")
    } else {
        format!("{sql};\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_plural() {
        assert_eq!(count(0, "migration"), "0 migrations");
        assert_eq!(count(1, "migration"), "1 migration");
        assert_eq!(count(12, "migration"), "12 migrations");
    }

    #[test]
    fn durations_are_short() {
        let cases = [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_000, "1 s"),
            (1_050, "1.05 s"),
            (30_000, "30 s"),
            (125_400, "2 min 5 s"),
        ];
        for (milliseconds, expected) in cases {
            assert_eq!(duration(Duration::from_millis(milliseconds)), expected);
        }
    }

    #[test]
    fn sql_ends_in_a_semicolon_outside_of_comments() {
        let cases = [
            ("SELECT 1", "SELECT 1;\n"),
            ("SELECT 1;\n", "SELECT 1;\n"),
            ("SELECT 1 -- one", "SELECT 1 -- one\n;\n"),
            ("-- BEGIN comes here", "-- BEGIN comes here\n"),
        ];
        for (sql, expected) in cases {
            assert_eq!(sql_text(sql), expected);
        }
    }
}
