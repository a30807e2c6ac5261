//! A JSON text of steps, read into a statement.
//!
//! Steps are read from left to right, and each value is numbered where its step brings it.
//! Conditions are folded as they come: `where` is AND, `or_where` is OR with everything so far.
//!
//! ```text
//! QUERY = [HEADER, STEP, …]
//!   HEADER = {"table": "crates" or "yard.crates", "schema": …, "as": alias, "key": [field, …],
//!             "columns": {field: column, …}}     all but the table may be left out
//!   STEP   = ["where" | "or_where" | "where_not", COND]
//!          | ["outer", COND]                     AND, outside of all that comes before and after
//!          | ["select", EXPR, …] | ["distinct"] | ["group", EXPR, …] | ["having", COND]
//!          | ["order", EXPR, "asc" | "desc", "first" | "last" | null] | ["reorder"] | ["reverse"]
//!          | ["limit", n] | ["offset", n] | ["per", column, n, offset]
//!          | ["join", "inner" | "left" | "right", table, "a.x = b.y" | SQL, alias]
//!          | ["lock", "update" | "share", "skip_locked" | "nowait" | null] | ["comment", text]
//!   then at most one of
//!            ["count", EXPR] | ["count_by", column] | ["exists"]
//!          | ["sum" | "avg" | "min" | "max", EXPR]
//!          | ["update", [field, …], {field: "increment"}]      a value per field
//!          | ["delete"]
//!          | ["insert", [field, …], rows, {"conflict": [field, …], "update": [field, …],
//!             "ignore": true, "returning": ["*" | field, …]}]  a value per row and field
//! COND  = ["=" | "!=" | "<" | "<=" | ">" | ">=" | "like" | "not_like" | "ilike", column]  1 value
//!       | ["contains" | "starts" | "ends", column]             1 value: a pattern, `\` escapes
//!       | ["between" | "not_between", column]                  2 values
//!       | ["null" | "not_null", column]
//!       | ["in" | "not_in", column, n]                         n values
//!       | ["in" | "not_in", column, QUERY]
//!       | ["tuple_in", [column, …], n]                         n values per column, row by row
//!       | ["json", column, path, operator, "string" | "number" | "boolean"]            1 value
//!       | ["json", column, path, "=" | "!=", "null"]           null, or nothing at all
//!       | ["columns", column, operator, column] | ["true"] | ["false"] | SQL
//!       | ["exists" | "not_exists", QUERY]
//!       | ["and" | "or", COND, …] | ["not", COND] | ["group", STEP, …]
//! EXPR  = a text of the language of grammar.rs | SQL
//! SQL   = ["sql", text]                                        a value per `?`
//! ```

mod change;
mod condition;
mod json_path;
mod step;
mod words;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value as Json;

use super::grammar;
use super::lower::{self, Asked};
use super::names::{self, Qualifying, Scope};
use super::tree::{Action, Condition, Select, Slot, Source, Sql, Statement};
use crate::error::{Error, Result, shown};
use crate::sql::{Lexicon, TokenKind, placeholders, significant, tokens};
pub(super) use change::OnConflict;
use words::{Words, list};

/// The number of values that the wire of PostgreSQL and MySQL has room for.
const MOST_VALUES: usize = 65_535;

/// How deep conditions and queries may stand in each other; the fold of `or_where` counts as well.
const DEEPEST: usize = 100;

/// Reads a statement. `lexicon` tells where the placeholders of SQL texts are.
pub(super) fn statement(text: &str, lexicon: &'static Lexicon) -> Result<Statement> {
    let json: Json = serde_json::from_str(text)
        .map_err(|error| Error::bad_argument(format!("the query cannot be read: {error}")))?;
    let reader = Reader {
        lexicon,
        values: Cell::new(0),
        unneeded: RefCell::default(),
    };
    let query = reader.query(list(&json, "a query")?, None, 0)?;
    let comment = query.comment.clone();
    Ok(Statement {
        comment,
        action: reader.action(query)?,
        values: reader.values.get(),
        unneeded: reader.unneeded.into_inner(),
    })
}

/// What the first element of a query says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    table: String,
    schema: Option<String>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    #[serde(default)]
    key: Vec<String>,
    #[serde(rename = "as")]
    alias: Option<String>,
}

/// A query as its steps leave it.
pub(super) struct Query {
    pub(super) comment: Option<String>,
    pub(super) rows: Select,
    /// At most so many rows per value of a column.
    pub(super) per: Option<lower::Per>,
    pub(super) asked: Asked,
}

/// Reads the parts of a query and numbers its values.
pub(super) struct Reader {
    lexicon: &'static Lexicon,
    values: Cell<usize>,
    unneeded: RefCell<Vec<Slot>>,
}

impl Reader {
    /// A query: its header, its steps.
    fn query(&self, json: &[Json], around: Option<&Scope<'_>>, depth: usize) -> Result<Query> {
        check_depth(depth)?;
        let (header, steps) = json
            .split_first()
            .ok_or_else(|| Error::bad_argument("a query has no header"))?;
        let steps = steps
            .iter()
            .map(Words::read)
            .collect::<Result<Vec<Words<'_>>>>()?;
        // A change of `where` to `or_where` or back puts what was there into parentheses.
        let depth = depth + turns(&steps);
        check_depth(depth)?;
        let (mut scope, mut query) = begin(header, around)?;
        let has_joins = steps.iter().any(|step| step.name == "join");
        if has_joins {
            scope.qualifying = Qualifying::Fields(fields_to_qualify(&scope, &query.rows, &steps));
        }
        let outer_scope = match has_joins {
            true => scope.qualifying_all(),
            false => scope.qualifying_none(),
        };
        let mut outer = Vec::new();
        for step in &steps {
            if query.asked != Asked::Rows {
                return Err(Error::bad_argument(format!(
                    "`{}` comes behind what the query does",
                    step.name
                )));
            }
            match step.name {
                "outer" => outer.push(self.nested(step, &outer_scope, depth + 1)?),
                _ => self.step(&mut query, step, &scope, depth)?,
            }
        }
        let conditions = query.rows.condition.take().into_iter().chain(outer);
        query.rows.condition = conditions.reduce(Condition::and);
        Ok(query)
    }

    fn action(&self, query: Query) -> Result<Action> {
        let mut unneeded = self.unneeded.borrow_mut();
        lower::action(query.rows, query.per, query.asked, &mut unneeded)
    }

    /// A query within another; `purpose` says what the other does with it.
    fn within(&self, query: Query, purpose: &str) -> Result<Box<Select>> {
        if query.rows.lock.is_some() || query.comment.is_some() || query.per.is_some() {
            return Err(Error::bad_argument(format!(
                "a query that {purpose} can have neither a lock nor a comment nor rows per value"
            )));
        }
        match self.action(query)? {
            Action::Select(select) => Ok(select),
            _ => Err(Error::bad_argument(format!(
                "a query that {purpose} must read rows, not change them"
            ))),
        }
    }

    /// The next value.
    fn value(&self) -> Result<Slot> {
        let slot = self.values.get();
        if slot == MOST_VALUES {
            return Err(Error::bad_argument(format!(
                "a statement of more than {MOST_VALUES} values"
            ))
            .with_hint("split the list of values, and run the statement for each part"));
        }
        self.values.set(slot + 1);
        Ok(slot)
    }

    /// The next values.
    fn values(&self, count: u64) -> Result<Vec<Slot>> {
        (0..count).map(|_| self.value()).collect()
    }

    /// SQL text with a value for each of its placeholders. It has to be whole, so that nothing
    /// that stands around it becomes a part of it.
    fn sql(&self, text: &str) -> Result<Sql> {
        if significant(text, self.lexicon).next().is_none() {
            return Err(Error::bad_argument("an SQL text without anything in it"));
        }
        let mut open = 0_usize;
        let mut text_of_all = text.to_owned();
        for token in tokens(text, self.lexicon) {
            match (token.kind, token.text(text)) {
                (TokenKind::Unterminated, _) => {
                    return Err(Error::bad_argument(format!(
                        "a string, comment or quoted name in `{}` does not end",
                        shown(text)
                    )));
                }
                (TokenKind::Symbol, "(") => open += 1,
                (TokenKind::Symbol, ")") => {
                    open = open.checked_sub(1).ok_or_else(|| unbalanced(text))?;
                }
                // What follows a comment that ends with its line would be a part of it.
                (TokenKind::Comment, comment)
                    if token.end == text.len() && !comment.starts_with("/*") =>
                {
                    text_of_all.push('\n');
                }
                _ => {}
            }
        }
        if open > 0 {
            return Err(unbalanced(text));
        }
        if text.contains('\0') {
            return Err(Error::bad_argument("an SQL text with a zero byte in it"));
        }
        let count = placeholders(text, self.lexicon, false).count;
        Ok(Sql {
            text: text_of_all,
            values: self.values(count as u64)?,
        })
    }
}

fn unbalanced(text: &str) -> Error {
    Error::bad_argument(format!("the parentheses in `{}` do not match", shown(text)))
}

/// What the header says: which table is meant, and how its fields are called.
fn begin<'a>(header: &Json, around: Option<&'a Scope<'a>>) -> Result<(Scope<'a>, Query)> {
    let header = header_of(header)?;
    let mut table = names::table(&header.table)?;
    let others = header.schema.iter().chain(&header.alias);
    for name in others.chain(&header.key).chain(header.columns.values()) {
        names::check(name)?;
    }
    if header.schema.is_some() {
        table.namespace = header.schema;
    }
    let scope = Scope {
        table: table.clone(),
        alias: header.alias.clone(),
        columns: header.columns,
        qualifying: Qualifying::None,
        outer: around,
    };
    let key = header.key.iter().map(|field| scope.own(field).to_owned());
    let source = Source::Table {
        name: table,
        alias: header.alias,
    };
    let query = Query {
        comment: None,
        rows: Select::new(source, key.collect()),
        per: None,
        asked: Asked::Rows,
    };
    Ok((scope, query))
}

/// Fields that are known to be the first table's. Beside other tables they are written with its
/// name, because those may well have columns of the same names, as most have an `id`; unless
/// something that is selected is called so.
fn fields_to_qualify(scope: &Scope<'_>, rows: &Select, steps: &[Words<'_>]) -> BTreeSet<String> {
    let aliases: Vec<String> = steps
        .iter()
        .filter(|step| step.name == "select")
        .flat_map(|step| step.rest())
        .filter_map(|json| grammar::selected(json.as_str()?, scope).ok()?.alias)
        .collect();
    let fields = scope.columns.keys().chain(&rows.key);
    fields
        .filter(|field| !aliases.contains(*field))
        .cloned()
        .collect()
}

fn header_of(json: &Json) -> Result<Header> {
    // A table of Lua that is empty may have become a list or an object.
    let mut json = json.clone();
    if let Some(object) = json.as_object_mut() {
        object.retain(|_, value| !words::is_nothing(value));
    }
    serde_json::from_value(json)
        .map_err(|error| Error::bad_argument(format!("the header of the query: {error}")))
}

fn check_depth(depth: usize) -> Result<()> {
    match depth > DEEPEST {
        true => Err(Error::bad_argument(format!(
            "conditions of a query stand in each other more than {DEEPEST} deep"
        ))
        .with_hint("use a list of values, or `freight.sql(…)`")),
        false => Ok(()),
    }
}

/// How often the steps go from AND to OR and back.
fn turns(steps: &[Words<'_>]) -> usize {
    let joins: Vec<bool> = steps
        .iter()
        .filter_map(|step| match step.name {
            "where" | "where_not" => Some(true),
            "or_where" => Some(false),
            _ => None,
        })
        .collect();
    joins
        .windows(2)
        .filter(|pair| pair.first() != pair.last())
        .count()
}
