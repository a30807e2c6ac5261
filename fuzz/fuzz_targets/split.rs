//! The tokenizer and the splitter on arbitrary bytes.

#![no_main]

use freight_core::sql::{Lexicon, SplitOptions, TokenKind, line_and_column, split_with, tokens};
use libfuzzer_sys::fuzz_target;

const LEXICONS: [&Lexicon; 3] = [&Lexicon::SQLITE, &Lexicon::POSTGRES, &Lexicon::MYSQL];
const DELIMITERS: [Option<&str>; 6] = [None, None, None, Some("//"), Some("$$"), Some("\n\n")];

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    let choice = usize::from(*choice);
    let sql = String::from_utf8_lossy(bytes);
    let lexicon = LEXICONS[choice % 3];
    let delimiter = DELIMITERS[choice / 3 % 6].map(str::to_owned);
    check_tokens(&sql, lexicon);
    check_statements(&sql, lexicon, delimiter);
});

fn check_tokens(sql: &str, lexicon: &Lexicon) {
    let mut position = 0;
    for token in tokens(sql, lexicon) {
        assert_eq!(token.start, position);
        assert!(token.end > token.start && sql.is_char_boundary(token.end));
        position = token.end;
    }
    assert_eq!(position, sql.len());
}

fn check_statements(sql: &str, lexicon: &Lexicon, delimiter: Option<String>) {
    let changes_delimiter = delimiter.is_some() || sql.to_ascii_lowercase().contains("delimiter");
    let options = SplitOptions {
        parts: Vec::new(),
        delimiter,
    };
    let found = match split_with(sql, lexicon, &options) {
        Ok(found) => found,
        Err(error) => {
            let location = error.location().expect("a place");
            assert!(location.line > 0 && location.column > 0 && error.hint().is_some());
            return;
        }
    };
    let mut position = 0;
    for statement in &found {
        let range = statement.range.clone();
        assert!(position <= range.start && range.start < range.end);
        let place = line_and_column(sql, range.start);
        assert_eq!(place, (statement.line, statement.column));
        let gap = &sql[position..range.start];
        position = range.end;
        if let Some(copy) = &statement.copy {
            assert!(position <= copy.start && copy.start <= copy.end);
            assert!(sql[copy.end..].starts_with("\\."));
            position = copy.end + 2;
        }
        if !changes_delimiter {
            assert_is_gap(gap, lexicon);
            assert_is_one_statement(statement.text(sql), lexicon, statement.copy.is_some());
        }
    }
    if !changes_delimiter {
        assert_is_gap(&sql[position..], lexicon);
    }
}

/// What is between statements says nothing to the server.
fn assert_is_gap(gap: &str, lexicon: &Lexicon) {
    for token in tokens(gap, lexicon) {
        let is_silent = match token.kind {
            TokenKind::Space => true,
            TokenKind::Comment => !token.is_executable_comment(gap, lexicon),
            _ => token.text(gap) == ";",
        };
        assert!(is_silent, "{gap:?}");
    }
}

/// A statement that is split again is itself. The rows of a COPY are no part of its text, and in
/// MySQL `--` is two operators before a `;` but a comment at the end of the text.
fn assert_is_one_statement(text: &str, lexicon: &Lexicon, is_copy: bool) {
    if is_copy || (lexicon.dashes_need_space && text.ends_with("--")) {
        return;
    }
    let again = split_with(text, lexicon, &SplitOptions::default()).expect("it was split before");
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].text(text), text);
}
