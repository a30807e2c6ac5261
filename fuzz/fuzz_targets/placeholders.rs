//! The placeholder scanner on arbitrary bytes.

#![no_main]

use freight_core::sql::{Lexicon, TokenKind, placeholders, tokens};
use libfuzzer_sys::fuzz_target;

const LEXICONS: [&Lexicon; 3] = [&Lexicon::SQLITE, &Lexicon::POSTGRES, &Lexicon::MYSQL];

fuzz_target!(|data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    let sql = String::from_utf8_lossy(bytes);
    let lexicon = LEXICONS[usize::from(*choice) % 3];
    let (count, plain) = expected(&sql, lexicon);

    let found = placeholders(&sql, lexicon, false);
    assert_eq!(found.count, count);
    assert_eq!(found.sql, plain);

    let numbered = placeholders(&sql, lexicon, true);
    assert_eq!(numbered.count, count);
    if count == 0 {
        assert_eq!(numbered.sql, plain);
    } else {
        assert!(numbered.sql.contains(&format!("${count}")));
    }
});

/// The same by another way: a list of tokens, read pair by pair.
fn expected(sql: &str, lexicon: &Lexicon) -> (usize, String) {
    let list: Vec<_> = tokens(sql, lexicon).collect();
    let mut text = String::new();
    let mut count = 0;
    let mut index = 0;
    while let Some(token) = list.get(index) {
        index += 1;
        text.push_str(token.text(sql));
        if token.kind == TokenKind::Question {
            match list.get(index) {
                Some(next) if next.kind == TokenKind::Question => index += 1,
                _ => count += 1,
            }
        }
    }
    (count, text)
}
