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
//!
//! ```text
//! token.rs       what a token is
//! scan/          one token after the other
//! split/         the walk over a text, and what can be wrong with it
//! bodies.rs      where `;` does not end a statement
//! compound/      the same for the stored programs of MySQL and MariaDB
//! copy.rs        the rows after COPY … FROM stdin
//! client.rs      commands of psql, sqlite3 and mariadb
//! position.rs    lines and columns
//! ```

mod bodies;
mod client;
mod compound;
mod copy;
mod lexicon;
mod placeholder;
mod position;
mod scan;
mod split;
#[cfg(test)]
mod tests;
mod token;

pub use lexicon::{Bodies, ClientCommands, Lexicon};
pub use placeholder::{Placeholders, placeholders};
pub use position::line_and_column;
pub use split::{Part, SplitOptions, SplitStatement, split, split_with};
pub use token::{Token, TokenKind, first_words, significant, tokens};
