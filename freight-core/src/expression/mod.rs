//! Expressions that mean the same, however they are spelled.
//!
//! Databases print an expression differently from how it was written: with parentheses, casts and
//! names of their own. A tool that compares texts then sees differences where there are none.
//! Here an expression becomes a tree, the tree is simplified, and printed in one canonical way.
//!
//! ```text
//! text ──► lexemes ──► tree ──► simplest tree ──► canonical text
//!             │                                        ▲
//!             └── what cannot be read as a tree ───────┘   word by word
//! ```
//!
//! Two expressions are never called the same if they can differ on some row; where that depends
//! on the types of columns, [`Style::among`] says them, and what is taken for granted without
//! stands in `simplify/casts.rs`. Nothing here talks to a database, and nothing fails: what cannot
//! be read is compared word by word, without blanks and comments.
//!
//! ```text
//! style.rs      facts about a database; the constants are in dialect/<database>/expressions.rs
//! lexeme.rs     tokens with their meaning
//! literal.rs    strings and numbers
//! tree.rs       what an expression is
//! parse/        lexemes to a tree
//! simplify/     a tree to the simplest one
//! print.rs      a tree to text
//! statement.rs  whole statements, word by word
//! default.rs    default values
//! ```

mod default;
mod lexeme;
mod literal;
mod parse;
mod print;
mod simplify;
mod statement;
mod style;
#[cfg(test)]
mod tests;
mod tree;

pub use default::default_value;
pub use literal::same_number;
pub use statement::{canonical_statement, same_definition};
pub use style::{DoubleQuotes, Habits, Levels, Names, Operators, Style};

use lexeme::Lexeme;
use tree::Node;

/// How high a tree may be that is still compared as a tree.
const HEIGHT: usize = 30;

/// The one text that all spellings of an expression have.
///
/// It is an expression of the same database, but made for comparing: a cast that the database adds
/// by itself is not in it. The canonical text of a canonical text is that text.
///
/// ```
/// use freight_core::dialect::expressions::POSTGRES;
/// use freight_core::expression::canonical;
///
/// assert_eq!(canonical("((price)>=(0))", &POSTGRES), "price >= 0");
/// assert_eq!(canonical("status = ANY (ARRAY['a'::text, 'b'::text])", &POSTGRES), "status IN ('a', 'b')");
/// ```
#[must_use]
pub fn canonical(text: &str, style: &Style) -> String {
    let lexemes = lexeme::read(text, style);
    let printed = read(&lexemes, style).and_then(|tree| {
        let printed = print::print(&tree, style);
        // A text that reads as anything but what it was made from would not be trusted.
        let again = read(&lexeme::read(&printed, style), style);
        (again == Some(tree)).then_some(printed)
    });
    printed.unwrap_or_else(|| lexeme::text(&lexemes, style))
}

/// True if two expressions mean the same, as far as that can be told from their texts.
///
/// ```
/// use freight_core::dialect::expressions::POSTGRES;
/// use freight_core::expression::same;
///
/// assert!(same("v LIKE 'a%'", "((v)::text ~~ 'a%'::text)", &POSTGRES));
/// assert!(!same("a / 2", "a / 2::numeric", &POSTGRES));
///
/// let columns = [("day", "date"), ("moment", "timestamp without time zone")];
/// let style = POSTGRES.among(&columns);
/// assert!(same("day > '2026-01-01'", "(day > '2026-01-01'::date)", &style));
/// assert!(!same("moment > '2026-01-01 10:00'", "moment > '2026-01-01 10:00'::date", &style));
/// ```
#[must_use]
pub fn same(a: &str, b: &str, style: &Style) -> bool {
    a == b || canonical(a, style) == canonical(b, style)
}

/// The tree of an expression, simplified, if it is one.
fn read(lexemes: &[Lexeme], style: &Style) -> Option<Node> {
    parse::parse(lexemes, style)
        .filter(|tree| tree.height() <= HEIGHT + 12)
        .map(|tree| simplify::simplify(tree, style))
        .filter(|tree| tree.height() <= HEIGHT)
}
