//! Queries as SQL, through sea-query: what the databases share, with the differences as answers to
//! small questions.
//!
//! sea-query knows the clauses of a statement and their order. Two things are not left to it:
//! - which names are quoted: it quotes all of them;
//! - where parentheses stand in conditions: conditions may be long lists, and it would go into them
//!   as deep as they are long.
//!
//! So each condition is rendered alone and put into the statement as if it were a value; what a
//! value stands for is one of `pieces`, and [`finish`] puts all of them together. It also counts
//! that no value got lost.

mod change;
mod condition;
mod expression;
mod select;
mod writer;

use sea_query::{Expr, QueryBuilder, Value};

use crate::driver::Server;
use crate::error::{Error, Result};
use crate::query::Rendered;
use crate::query::segments::{Quoting, Segment, finish};
use crate::query::tree::{Action, JsonKind, Lock, PathStep, Slot, Statement};
use writer::Writer;

/// What the databases write in different ways.
pub(in crate::dialect) trait QuerySpelling {
    /// What writes its statements.
    type Builder: QueryBuilder;

    /// What writes its statements.
    fn builder(&self) -> Self::Builder;

    /// How names are read and written.
    fn quoting(&self) -> &'static Quoting;

    /// The function that counts the characters of a text.
    fn length(&self) -> &'static str;

    /// What follows a pattern in which a backslash makes the next character mean itself, so that
    /// it does.
    fn escape(&self) -> &'static str;

    /// How upper and lower case are made the same.
    fn case_blind(&self) -> CaseBlind;

    /// The value at a place in a document, for comparing it; NULL where a value of another kind
    /// stands. `column` is SQL, and so is what comes back, whole enough to stand beside an
    /// operator.
    fn json_value(&self, column: &str, path: &[PathStep], kind: JsonKind) -> String;

    /// The test whether nothing, or a null, stands at a place in a document.
    fn json_is_nothing(&self, column: &str, path: &[PathStep], is_negated: bool) -> String;

    /// What to write for the limit of a query that has an offset and no limit; `None` where
    /// nothing has to be written.
    fn no_limit(&self) -> Option<u64>;

    /// The clause that locks rows: what it locks for, and what becomes of rows that are locked.
    fn lock(&self, lock: Lock, server: &Server) -> Result<LockWords>;

    /// True where a lock has to say which table it is for, when there are several.
    fn lock_names_table(&self) -> bool {
        false
    }

    /// What stands before the rows of `(a, b) IN (…)`.
    fn rows_keyword(&self) -> &'static str {
        ""
    }

    /// False where the query behind IN can have no limit.
    fn has_limit_behind_in(&self) -> bool {
        true
    }

    /// False where a statement cannot read the table that it changes, unless the rows are put
    /// aside first.
    fn reads_what_it_changes(&self) -> bool {
        true
    }

    /// Refuses to give back columns of new rows where the server cannot.
    fn check_returning(&self, server: &Server) -> Result<()>;

    /// False where one statement cannot insert several rows of nothing but defaults.
    fn has_rows_of_defaults(&self) -> bool {
        true
    }
}

/// `FOR UPDATE` and, perhaps, `NOWAIT`.
pub(in crate::dialect) type LockWords = (&'static str, Option<&'static str>);

/// How upper and lower case are made the same in a LIKE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dialect) enum CaseBlind {
    /// By ILIKE.
    Ilike,
    /// LIKE does so by itself.
    Like,
    /// Both sides are made lower case.
    Lower,
}

/// The statement as SQL.
pub(in crate::dialect) fn render<S: QuerySpelling>(
    spelling: &S,
    statement: &Statement,
    server: &Server,
) -> Result<Rendered> {
    let mut renderer = Renderer {
        spelling,
        builder: spelling.builder(),
        server,
        pieces: Vec::new(),
    };
    let mut segments = Vec::new();
    if let Some(comment) = &statement.comment {
        // The blank keeps MySQL from running a comment that begins with `!`.
        segments.push(Segment::Text(format!("/* {comment} */ ")));
    }
    segments.extend(match &statement.action {
        Action::Select(select) => renderer.whole_select(select)?,
        Action::Insert(insert) => renderer.insert(insert)?,
        Action::Update(update) => renderer.update(update)?,
        Action::Delete(delete) => renderer.delete(delete)?,
    });
    finish(
        &segments,
        &renderer.pieces,
        spelling.quoting(),
        statement.values,
        &statement.unneeded,
    )
}

/// Renders one statement.
struct Renderer<'a, S: QuerySpelling> {
    spelling: &'a S,
    builder: S::Builder,
    server: &'a Server,
    pieces: Vec<Vec<Segment>>,
}

impl<S: QuerySpelling> Renderer<'_, S> {
    /// What sea-query takes for a value, and what is written in its place.
    fn piece(&mut self, segments: Vec<Segment>) -> Expr {
        let number = i64::try_from(self.pieces.len()).unwrap_or(i64::MAX);
        self.pieces.push(segments);
        Expr::Value(Value::BigInt(Some(number)))
    }

    fn slot(&mut self, slot: Slot) -> Expr {
        self.piece(vec![Segment::Slot(slot)])
    }

    fn text(&mut self, text: impl Into<String>) -> Expr {
        self.piece(vec![Segment::Text(text.into())])
    }

    /// What sea-query writes for an expression.
    fn written(&self, expression: &Expr) -> Vec<Segment> {
        let mut writer = Writer::default();
        self.builder.prepare_expr(expression, &mut writer);
        writer.into_segments()
    }

    fn identifier(&self, name: &str) -> String {
        (self.spelling.quoting().identifier)(name)
    }

    fn unsupported(&self, feature: &str) -> Error {
        Error::unsupported(feature, self.server.product)
    }
}
