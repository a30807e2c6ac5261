//! A query as data, after it was read and before it is SQL: the same for every database.
//!
//! Names are resolved, values are [`Slot`]s, and what a query asks of its rows (a count, whether
//! there are any) is itself a [`Select`] already. What is left to a dialect is how things are
//! written.

use crate::ident::Name;

/// The number of a value, from 0, in the order in which the steps of a query bring them.
pub(crate) type Slot = usize;

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What is written in front of it.
    pub(crate) comment: Option<String>,
    /// What it does.
    pub(crate) action: Action,
    /// How many values it was given.
    pub(crate) values: usize,
    /// The values of what it does not need to do that.
    pub(crate) unneeded: Vec<Slot>,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Select(Box<Select>),
    Insert(Box<Insert>),
    Update(Box<Update>),
    Delete(Box<Delete>),
}

/// A SELECT.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Select {
    pub(crate) source: Source,
    /// The columns that tell its rows apart.
    pub(crate) key: Vec<String>,
    pub(crate) is_distinct: bool,
    /// Empty for all that there is.
    pub(crate) selected: Vec<Selected>,
    pub(crate) joins: Vec<Join>,
    pub(crate) condition: Option<Condition>,
    pub(crate) groups: Vec<Expression>,
    pub(crate) having: Option<Condition>,
    pub(crate) order: Vec<Ordering>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: Option<u64>,
    pub(crate) lock: Option<Lock>,
}

impl Select {
    /// Everything of `source`.
    pub(crate) fn new(source: Source, key: Vec<String>) -> Self {
        Self {
            source,
            key,
            is_distinct: false,
            selected: Vec::new(),
            joins: Vec::new(),
            condition: None,
            groups: Vec::new(),
            having: None,
            order: Vec::new(),
            limit: None,
            offset: None,
            lock: None,
        }
    }

    /// True where its rows are not simply the rows of its tables for which a condition holds.
    pub(crate) fn is_cut(&self) -> bool {
        self.limit.is_some() || self.offset.is_some()
    }

    /// What its rows are called where they are meant by name.
    pub(crate) fn source_name(&self) -> Name {
        match &self.source {
            Source::Table {
                alias: Some(alias), ..
            }
            | Source::Query { alias, .. } => Name::new(alias),
            // The namespace is not written again: every database knows the table by its last name.
            Source::Table { name, alias: None } => Name::new(&name.name),
        }
    }
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    Table { name: Name, alias: Option<String> },
    Query { query: Box<Select>, alias: String },
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Selected {
    pub(crate) expression: Expression,
    pub(crate) alias: Option<String>,
}

impl From<Expression> for Selected {
    fn from(expression: Expression) -> Self {
        Self {
            expression,
            alias: None,
        }
    }
}

/// What stands for a value in the parts of a query that are not conditions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    Column(ColumnName),
    /// `*`, `posts.*`.
    Star(Option<Name>),
    /// Digits, with a point among them perhaps.
    Number(String),
    Call {
        function: Function,
        is_distinct: bool,
        arguments: Vec<Expression>,
    },
    /// The number of a row among those that have the same value of a column.
    RowNumber {
        per: ColumnName,
        order: Vec<Ordering>,
    },
    Sql(Sql),
}

/// A column, with its table where that is said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ColumnName {
    pub(crate) table: Option<Name>,
    pub(crate) column: String,
}

impl ColumnName {
    /// A column without its table.
    pub(crate) fn new(column: impl Into<String>) -> Self {
        Self {
            table: None,
            column: column.into(),
        }
    }
}

/// The functions that column expressions know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    Lower,
    Upper,
    Length,
    Coalesce,
}

/// SQL text that whoever wrote the program vouches for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sql {
    pub(crate) text: String,
    /// One for each `?`.
    pub(crate) values: Vec<Slot>,
}

/// A place in an order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ordering {
    pub(crate) expression: Expression,
    pub(crate) direction: Direction,
    pub(crate) nulls: Option<Nulls>,
}

impl Ordering {
    /// The first goes last.
    pub(crate) fn reversed(self) -> Self {
        Self {
            expression: self.expression,
            direction: match self.direction {
                Direction::Ascending => Direction::Descending,
                Direction::Descending => Direction::Ascending,
            },
            nulls: self.nulls.map(|nulls| match nulls {
                Nulls::First => Nulls::Last,
                Nulls::Last => Nulls::First,
            }),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// Where NULL stands; where nobody says it, each database has its own answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    First,
    Last,
}

/// Another table beside the first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Join {
    pub(crate) kind: JoinKind,
    pub(crate) table: Name,
    pub(crate) alias: Option<String>,
    pub(crate) on: Condition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JoinKind {
    Inner,
    Left,
    Right,
}

/// The rows that are read are kept from others until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) strength: LockStrength,
    pub(crate) wait: LockWait,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockStrength {
    Update,
    Share,
}

/// What becomes of rows that somebody else holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockWait {
    Wait,
    SkipLocked,
    NoWait,
}

/// What must hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    Truth(bool),
    Compare {
        column: ColumnName,
        operator: Operator,
        value: Operand,
    },
    In {
        column: ColumnName,
        values: Vec<Slot>,
        is_negated: bool,
    },
    /// The columns, all together, are among the rows of a query.
    InQuery {
        columns: Vec<ColumnName>,
        query: Box<Select>,
        is_negated: bool,
    },
    /// The columns, all together, are one of the rows.
    InRows {
        columns: Vec<ColumnName>,
        rows: Vec<Vec<Slot>>,
    },
    Null {
        column: ColumnName,
        is_negated: bool,
    },
    Between {
        column: ColumnName,
        low: Operand,
        high: Operand,
        is_negated: bool,
    },
    /// LIKE with a pattern in which a backslash makes the next character mean itself.
    Escaped {
        column: ColumnName,
        pattern: Slot,
    },
    Json(JsonTest),
    Columns {
        left: ColumnName,
        operator: Operator,
        right: ColumnName,
    },
    Sql(Sql),
    Exists {
        query: Box<Select>,
        is_negated: bool,
    },
    /// Two or more.
    All(Vec<Condition>),
    /// Two or more.
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

impl Condition {
    /// Both hold.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::All(mut all), Self::All(others)) => {
                all.extend(others);
                Self::All(all)
            }
            (Self::All(mut all), other) => {
                all.push(other);
                Self::All(all)
            }
            (one, other) => Self::All(vec![one, other]),
        }
    }

    /// One of them holds.
    pub(crate) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any(mut any), Self::Any(others)) => {
                any.extend(others);
                Self::Any(any)
            }
            (Self::Any(mut any), other) => {
                any.push(other);
                Self::Any(any)
            }
            (one, other) => Self::Any(vec![one, other]),
        }
    }

    /// True where a query stands in it.
    pub(crate) fn has_query(&self) -> bool {
        match self {
            Self::InQuery { .. } | Self::Exists { .. } => true,
            Self::All(conditions) | Self::Any(conditions) => conditions.iter().any(Self::has_query),
            Self::Not(condition) => condition.has_query(),
            _ => false,
        }
    }
}

/// What a column is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    Slot(Slot),
    Number(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    NotLike,
    /// LIKE for which upper and lower case are the same.
    Ilike,
}

/// What stands at a place in a JSON document, compared with a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct JsonTest {
    pub(crate) column: ColumnName,
    pub(crate) path: Vec<PathStep>,
    pub(crate) wanted: JsonWanted,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum JsonWanted {
    /// Null, or nothing at all.
    Nothing { is_negated: bool },
    Value {
        kind: JsonKind,
        operator: Operator,
        value: Slot,
    },
}

/// Of what kind the value is; a value of another kind is like none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JsonKind {
    String,
    Number,
    Boolean,
}

/// A step into a JSON document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathStep {
    /// Without quotes, backslashes and control characters.
    Key(String),
    /// From 0.
    Index(u32),
}

/// An INSERT.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Insert {
    pub(crate) table: Name,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Slot>>,
    pub(crate) conflict: Option<Conflict>,
    /// Columns of the new rows that are wanted back.
    pub(crate) returning: Vec<Expression>,
}

/// What becomes of a row whose key is there already.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Conflict {
    /// It is left out.
    Ignore {
        /// The columns whose values are there; empty for any unique columns.
        target: Vec<String>,
        /// A column that can be set to itself, where a database has no other way to say nothing.
        any_column: String,
    },
    /// The row that is there gets the new values of some columns.
    Update {
        target: Vec<String>,
        columns: Vec<String>,
    },
}

/// An UPDATE.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Update {
    pub(crate) changes: Vec<Change>,
    pub(crate) rows: Select,
}

/// A DELETE.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Delete {
    pub(crate) rows: Select,
}

/// A column and its new value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) column: String,
    /// The value is added to the old one.
    pub(crate) is_increment: bool,
    pub(crate) value: Slot,
}
