//! Tokens with their meaning: strings decoded, names unquoted, symbols joined to operators.
//!
//! What is not understood stays as it is written. [`text`] is the way back: the same lexemes give
//! the same text, and reading that text gives lexemes that mean the same.

use super::literal;
use super::style::{DoubleQuotes, Names, Operators, Style};
use crate::sql::{Token, TokenKind, tokens};

/// What one token, or some that belong together, say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lexeme {
    /// A keyword or a plain name: in lower case, and as it was written.
    Word { lower: String, written: String },
    /// A quoted name without its quotes.
    Quoted { name: String, quote: char },
    /// A string, decoded.
    Text(String),
    /// A number, spelled canonically.
    Number(String),
    /// An operator or a mark.
    Symbol(String),
    /// Anything else, as it is written.
    Verbatim(String),
    /// What begins with a quote or a mark of comments and never ends.
    Unterminated(String),
}

impl Lexeme {
    /// True for a word, in any case.
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word { lower, .. } if lower == word)
    }

    /// True for a symbol.
    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self, Self::Symbol(found) if found == symbol)
    }
}

/// Reads a text. Blanks and comments are left out.
pub(super) fn read(text: &str, style: &Style) -> Vec<Lexeme> {
    let significant: Vec<Token> = tokens(text, style.lexicon)
        .filter(|token| match token.kind {
            TokenKind::Space => false,
            TokenKind::Comment => token.is_executable_comment(text, style.lexicon),
            _ => true,
        })
        .collect();
    let mut lexemes: Vec<Lexeme> = Vec::new();
    let mut index = 0;
    let mut end_before = 0;
    while let Some(token) = significant.get(index) {
        let rest = significant.get(index..).unwrap_or_default();
        let (lexeme, length) = one(text, rest, *token, style);
        let gap = text.get(end_before..token.start).unwrap_or_default();
        match (lexemes.last_mut(), lexeme) {
            (Some(Lexeme::Text(before)), Lexeme::Text(after)) if joins(gap, style) => {
                before.push_str(&after);
            }
            (_, lexeme) => lexemes.push(lexeme),
        }
        index += length;
        end_before = significant
            .get(index - 1)
            .map_or(token.end, |last| last.end);
    }
    lexemes
}

/// Lexemes as text, one blank between them.
pub(super) fn text(lexemes: &[Lexeme], style: &Style) -> String {
    text_with(lexemes, style, &[])
}

/// The same, where also `keywords` are no names.
pub(super) fn text_with(lexemes: &[Lexeme], style: &Style, keywords: &[&str]) -> String {
    let words: Vec<String> = lexemes
        .iter()
        .map(|lexeme| match lexeme {
            Lexeme::Word { lower, written } => {
                // A word of MySQL may be a table's name, and those may differ in case alone.
                let may_be_table = style.double_quotes == DoubleQuotes::Text
                    && !is_reserved(lower, style)
                    && !keywords.contains(&lower.as_str());
                match may_be_table {
                    true => written.clone(),
                    false => lower.clone(),
                }
            }
            Lexeme::Quoted { name, quote } => quoted_name(name, *quote, style),
            Lexeme::Text(value) => literal::text(value, style),
            Lexeme::Number(number) => number.clone(),
            Lexeme::Symbol(symbol) => symbol.clone(),
            Lexeme::Verbatim(raw) | Lexeme::Unterminated(raw) => raw.clone(),
        })
        .collect();
    words.join(" ")
}

/// A quoted name as it stands in canonical text: without quotes where none are needed.
fn quoted_name(name: &str, quote: char, style: &Style) -> String {
    let is_text_maybe = style.double_quotes == DoubleQuotes::NameOrText && quote == '"';
    let folded = match style.names {
        Names::Caseless if !is_text_maybe && style.double_quotes != DoubleQuotes::Text => {
            name.to_ascii_lowercase()
        }
        _ => name.to_owned(),
    };
    let is_lower = !folded.bytes().any(|byte| byte.is_ascii_uppercase());
    let keeps_case = style.double_quotes == DoubleQuotes::Text;
    if is_plain(&folded) && (is_lower || keeps_case) && !is_reserved(&folded, style) {
        return folded;
    }
    quote_name(&folded, style)
}

/// A name in quotes.
pub(super) fn quote_name(name: &str, style: &Style) -> String {
    let quote = style.name_quote;
    let doubled = name.replace(quote, &format!("{quote}{quote}"));
    format!("{quote}{doubled}{quote}")
}

/// True for what can stand without quotes: a letter or `_`, then also digits.
pub(super) fn is_plain(name: &str) -> bool {
    let mut characters = name.chars();
    let begins =
        |c: char| c.is_ascii_alphabetic() || c == '_' || (!c.is_ascii() && c.is_alphanumeric());
    characters.next().is_some_and(begins)
        && characters.all(|character| begins(character) || character.is_ascii_digit())
}

/// True for a word that is no name unless quoted.
pub(super) fn is_reserved(word: &str, style: &Style) -> bool {
    let lower = word.to_ascii_lowercase();
    let lower = lower.as_str();
    STRUCTURE.contains(&lower)
        || style.reserved.contains(&lower)
        || style.constants.contains(&lower)
}

/// Words that hold expressions together in every database, and are never an operand.
pub(super) const STRUCTURE: &[&str] = &[
    "all",
    "and",
    "any",
    "as",
    "asc",
    "between",
    "case",
    "collate",
    "cross",
    "desc",
    "distinct",
    "else",
    "end",
    "except",
    "exists",
    "from",
    "group",
    "having",
    "in",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "like",
    "limit",
    "not",
    "notnull",
    "null",
    "on",
    "or",
    "order",
    "select",
    "some",
    "then",
    "union",
    "using",
    "when",
    "where",
    "with",
];

/// The lexeme at the start of `rest`, and of how many tokens it is made.
fn one(text: &str, rest: &[Token], token: Token, style: &Style) -> (Lexeme, usize) {
    let raw = token.text(text);
    let lexeme = match token.kind {
        TokenKind::Word => Lexeme::Word {
            lower: raw.to_ascii_lowercase(),
            written: raw.to_owned(),
        },
        TokenKind::Number => literal::number(raw, style),
        TokenKind::String => literal::string(raw, style),
        TokenKind::QuotedName => quoted(raw, style),
        TokenKind::Symbol | TokenKind::Question => {
            let (symbol, length) = operator(text, rest, style);
            let mut aliases = style.operator_aliases.iter();
            let alias = aliases.find(|(other, _)| *other == symbol);
            let kept = alias.map_or(symbol.as_str(), |(_, kept)| *kept);
            let lexeme = match is_plain(kept) {
                true => Lexeme::Word {
                    lower: kept.to_owned(),
                    written: kept.to_owned(),
                },
                false => Lexeme::Symbol(kept.to_owned()),
            };
            return (lexeme, length);
        }
        TokenKind::Unterminated => Lexeme::Unterminated(raw.to_owned()),
        _ => Lexeme::Verbatim(raw.to_owned()),
    };
    (lexeme, 1)
}

fn quoted(raw: &str, style: &Style) -> Lexeme {
    let mut characters = raw.chars();
    let (Some(quote), Some(close)) = (characters.next(), characters.next_back()) else {
        return Lexeme::Verbatim(raw.to_owned());
    };
    let inner = characters.as_str();
    match (quote, style.double_quotes) {
        ('"', DoubleQuotes::Text) => Lexeme::Text(literal::unescaped(inner, '"', style)),
        ('"' | '`', _) if quote == close => Lexeme::Quoted {
            name: inner.replace(&format!("{quote}{quote}"), &quote.to_string()),
            quote,
        },
        ('[', _) if close == ']' => Lexeme::Quoted {
            name: inner.to_owned(),
            quote,
        },
        _ => Lexeme::Verbatim(raw.to_owned()),
    }
}

/// The operator that begins with the first of these tokens.
fn operator(text: &str, rest: &[Token], style: &Style) -> (String, usize) {
    let first = rest.first().map_or("", |token| token.text(text));
    match style.operators {
        Operators::Listed(known) => {
            // No listed operator is longer.
            let few = rest.get(..rest.len().min(4)).unwrap_or_default();
            let run = run_of_symbols(text, few, |_| true);
            let longest = known
                .iter()
                .filter(|operator| run.starts_with(**operator))
                .max_by_key(|operator| operator.len());
            // A symbol may be two characters long already (`::`), so tokens are counted.
            match longest.filter(|operator| operator.len() >= first.len()) {
                Some(operator) => (
                    (*operator).to_owned(),
                    tokens_of(text, rest, operator.len()),
                ),
                None => (first.to_owned(), 1),
            }
        }
        Operators::Open => {
            let run = run_of_symbols(text, rest, is_operator_character);
            let length = open_length(&run);
            match length {
                0 => (first.to_owned(), 1),
                _ => (
                    run.get(..length).unwrap_or(first).to_owned(),
                    tokens_of(text, rest, length),
                ),
            }
        }
    }
}

/// The symbols that follow each other without a gap.
fn run_of_symbols(text: &str, rest: &[Token], belongs: fn(char) -> bool) -> String {
    let mut run = String::new();
    let mut end = rest.first().map_or(0, |token| token.start);
    for token in rest {
        let raw = token.text(text);
        let is_symbol = matches!(token.kind, TokenKind::Symbol | TokenKind::Question);
        if !is_symbol || token.start != end || !raw.chars().all(belongs) {
            break;
        }
        run.push_str(raw);
        end = token.end;
    }
    run
}

fn tokens_of(text: &str, rest: &[Token], length: usize) -> usize {
    let mut covered = 0;
    let mut count = 0;
    for token in rest {
        if covered >= length {
            break;
        }
        covered += token.text(text).len();
        count += 1;
    }
    count.max(1)
}

fn is_operator_character(character: char) -> bool {
    "+-*/<>=~!@#%^&|`?".contains(character)
}

/// How much of a run of operator characters is one operator: one that ends in `+` or `-` must
/// hold a character that no operator of standard SQL has, so that `a=-1` is `a = -1`.
fn open_length(run: &str) -> usize {
    let mut operator = run;
    while operator.len() > 1
        && operator.ends_with(['+', '-'])
        && !operator.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?'])
    {
        operator = operator.get(..operator.len() - 1).unwrap_or_default();
    }
    operator.len()
}

/// True where two strings with this between them are one.
fn joins(gap: &str, style: &Style) -> bool {
    style.habits.joins_strings || (style.lexicon.dollar_quotes && gap.contains(['\n', '\r']))
}
