//! Queries as data: SELECT, INSERT, UPDATE and DELETE, described step by step and rendered for
//! each database.
//!
//! Whoever builds queries describes one as a JSON text of steps. No value stands in it, only how
//! many there are, so that the same text can be the key under which the SQL is kept. Nothing here
//! talks to a database.
//!
//! ```text
//! [{"table":"crates"},["where",["=","state"]],["order","kg","desc"],["limit",10]]
//!    │ read      names resolved, values numbered, column expressions checked
//!    ▼
//! Statement      what is asked, the same for every database
//!    │ RenderQuery (the dialect)
//!    ▼
//! Rendered       SELECT * FROM crates WHERE state = ? ORDER BY kg DESC LIMIT 10
//! ```
//!
//! ```text
//! tree.rs        what a query is
//! read/          steps into a query
//! grammar.rs     column expressions and join conditions: what is let through without `freight.sql`
//! names.rs       which column a name means
//! lower.rs       counts, sums, rows per value: queries about queries
//! segments.rs    the parts of a text, put together, with names quoted only where they must be
//! ```

mod grammar;
mod lower;
mod names;
mod read;
pub(crate) mod segments;
#[cfg(test)]
mod tests;
pub(crate) mod tree;

pub use grammar::{check_expression, check_join};
pub use tree::Statement;

use crate::dialect::DialectName;
use crate::driver::Server;
use crate::error::Result;

/// A statement as SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The text, with `?` for each value on every database, and `??` where a question mark is
    /// meant.
    pub sql: String,
    /// For each `?` from left to right the number of its value, from 0, in the order in which the
    /// steps brought them. One may be there twice, where a database has to be told the same thing
    /// in two places, and those of an order or a selection that a count has no use for are not
    /// there; every other value is.
    pub order: Vec<usize>,
}

/// Writes queries in the words of a database.
pub trait RenderQuery: Sync {
    /// The statement as SQL.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](crate::ErrorKind) for what this server does not have: nothing is
    /// left out in silence.
    fn render(&self, statement: &Statement, server: &Server) -> Result<Rendered>;
}

/// Renders a query that is described as a JSON text of steps.
///
/// ```
/// use freight_core::driver::{Server, Version};
/// use freight_core::{DialectName, query};
///
/// let server = Server { product: "SQLite", version: Version::new(3, 50, 0) };
/// let text = r#"[{"table":"users"},["where",[">","age"]],["order","name","asc"],["limit",10]]"#;
/// let rendered = query::render(text, DialectName::Sqlite, &server)?;
/// assert_eq!(rendered.sql, "SELECT * FROM users WHERE age > ? ORDER BY name ASC LIMIT 10");
/// assert_eq!(rendered.order, [0]);
/// # Ok::<(), freight_core::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::UnsafeSql`](crate::ErrorKind) for a column expression that is not let through,
/// [`ErrorKind::BadArgument`](crate::ErrorKind) for steps that make no sense, and what
/// [`RenderQuery::render`] answers.
pub fn render(text: &str, dialect: DialectName, server: &Server) -> Result<Rendered> {
    let dialect = dialect.dialect();
    let statement = read::statement(text, dialect.lexicon())?;
    dialect.queries().render(&statement, server)
}
