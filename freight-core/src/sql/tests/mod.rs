//! Tests of the tokenizer, the splitter and the placeholder scanner: tables of cases by rule, random
//! texts, and the Chinook scripts as they come from their author.

mod chinook;
mod compound;
mod errors;
mod placeholders;
mod positions;
mod properties;
mod statements;
mod tokens;

use super::{Lexicon, split};
use crate::error::Error;

const LEXICONS: [&Lexicon; 3] = [&Lexicon::SQLITE, &Lexicon::POSTGRES, &Lexicon::MYSQL];

/// The statements of `sql`, which must be splittable.
fn texts<'a>(sql: &'a str, lexicon: &Lexicon) -> Vec<&'a str> {
    let found = split(sql, lexicon);
    let found = found.unwrap_or_else(|error| panic!("{sql}\n{error} at {:?}", error.location()));
    found.iter().map(|statement| statement.text(sql)).collect()
}

/// Line and column of an error.
fn place(error: &Error) -> (usize, usize) {
    let location = error
        .location()
        .expect("an error of the splitter has a place");
    assert_eq!(
        location.file.as_os_str(),
        "",
        "the caller fills in the file"
    );
    (location.line, location.column)
}
