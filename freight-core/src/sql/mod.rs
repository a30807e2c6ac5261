//! SQL as text: tokens, statements, placeholders. Nothing here talks to a database.
//!
//! ```text
//! text ── Lexicon ──► tokens ──► split()         statements with their places
//!                       │
//!                       └──────► placeholders()  `?` → `$1`, counted
//! ```
//!
//! What differs between databases is data in a [`Lexicon`]; the algorithms exist once. Nothing
//! here panics on any input, and what cannot be read is an error that names line and column.

mod lexicon;
mod placeholder;
mod split;
mod token;

pub use lexicon::{Bodies, ClientCommands, Lexicon};
pub use placeholder::{Placeholders, placeholders};
pub use split::{Part, SplitOptions, SplitStatement, split, split_with};
pub use token::{Token, TokenKind, line_and_column, significant, tokens};
