//! Tables of text, as every command prints them: a header, a line for each row, no frame. Pure.

use comfy_table::{ContentArrangement, Table, TableStyle};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::words::printable;

/// Blanks between two columns.
const GAP: usize = 2;

/// No column is cut to less than this.
const NARROWEST: usize = 8;

/// The table, without blanks at the ends of its lines. With a width, what is too long is cut, and
/// ends in `…`.
pub(crate) fn table(
    header: &[impl AsRef<str>],
    rows: &[Vec<impl AsRef<str>>],
    width: Option<usize>,
) -> String {
    let mut lines: Vec<Vec<String>> = vec![cells(header)];
    lines.extend(rows.iter().map(|row| cells(row)));
    if let Some(limit) = width.and_then(|width| longest_cell(&lines, width)) {
        for cell in lines.iter_mut().flatten() {
            *cell = cut(cell, limit);
        }
    }
    let mut lines = lines.into_iter();
    let mut table = Table::new();
    table
        .load_style(TableStyle::new())
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(lines.next().unwrap_or_default())
        .add_rows(lines);
    for column in table.column_iter_mut() {
        column.set_padding((0, u16::try_from(GAP).unwrap_or_default()));
    }
    table.lines().fold(String::new(), |mut text, line| {
        text.push_str(line.trim_end());
        text.push('\n');
        text
    })
}

fn cells(row: &[impl AsRef<str>]) -> Vec<String> {
    row.iter().map(|cell| printable(cell.as_ref())).collect()
}

/// How long a cell may be, so that lines are no longer than `width`; `None` where none has to be
/// cut.
fn longest_cell(lines: &[Vec<String>], width: usize) -> Option<usize> {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    let needed = |limit: usize| {
        let cells: usize = widths.iter().map(|width| limit.min(*width)).sum();
        cells + GAP * columns.saturating_sub(1)
    };
    let longest = widths.iter().copied().max().unwrap_or(0);
    if needed(longest) <= width {
        return None;
    }
    // The longest columns give way first: all share one limit.
    (NARROWEST..longest)
        .rev()
        .find(|limit| needed(*limit) <= width)
        .or(Some(NARROWEST))
}

fn cut(cell: &str, limit: usize) -> String {
    if cell.width() <= limit {
        return cell.to_owned();
    }
    let mut shown = String::new();
    let mut used = 1;
    for character in cell.chars() {
        used += character.width().unwrap_or(0);
        if used > limit {
            break;
        }
        shown.push(character);
    }
    shown.push('…');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_no_blanks_at_their_ends() {
        let rows = vec![vec!["1", "a"], vec!["20", ""]];
        assert_eq!(table(&["id", "name"], &rows, None), "id  name\n1   a\n20\n");
        let none: Vec<Vec<&str>> = Vec::new();
        assert_eq!(table(&["id", "name"], &none, None), "id  name\n");
    }

    #[test]
    fn what_is_too_long_for_the_terminal_is_cut() {
        let long = "x".repeat(50);
        let rows = vec![vec!["1", &*long, "short"]];
        let shown = table(&["id", "text", "more"], &rows, Some(30));
        assert_eq!(
            shown,
            format!(
                "id  text{}more\n1   {}…  short\n",
                " ".repeat(17),
                "x".repeat(18)
            )
        );
        assert!(shown.lines().all(|line| line.width() <= 30), "{shown}");
        assert_eq!(
            table(&["id", "text", "more"], &rows, Some(80))
                .lines()
                .nth(1)
                .unwrap()
                .width(),
            61
        );
    }

    #[test]
    fn many_columns_keep_their_beginnings() {
        let rows = vec![vec!["abcdefghijkl"; 10]];
        let shown = table(&["c"; 10], &rows, Some(40));
        assert_eq!(shown.matches("abcdefg…").count(), 10, "{shown}");
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(cut("日本語日本語", 7), "日本語…");
        assert_eq!(cut("abc", 3), "abc");
    }

    #[test]
    fn control_characters_do_nothing() {
        let rows = vec![vec!["a\u{1b}[31mb"]];
        assert_eq!(table(&["x"], &rows, None), "x\na?[31mb\n");
    }
}
