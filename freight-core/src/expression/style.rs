//! How a database reads and prints expressions: facts, no behaviour.
//!
//! A [`Style`] is what reading, simplifying and printing ask where databases differ. The constants
//! stand in `dialect/<database>/expressions.rs`. What is known of the table around an expression
//! is added with [`Style::among`] and its like; the more is known, the more casts can be told
//! apart from what the database would do by itself.

use crate::sql::Lexicon;

/// How one database reads and prints expressions.
#[derive(Clone, Copy, Debug)]
pub struct Style<'a> {
    /// How its text becomes tokens.
    pub lexicon: &'static Lexicon,
    /// When two names are one.
    pub names: Names,
    /// What `"…"` is.
    pub double_quotes: DoubleQuotes,
    /// The mark around names that need one.
    pub name_quote: char,
    /// Which runs of symbols are one operator.
    pub operators: Operators,
    /// Which operators bind stronger.
    pub levels: &'static Levels,
    /// Other spellings of operators, and the one that is kept.
    pub operator_aliases: &'static [(&'static str, &'static str)],
    /// Words that name nothing unless they are quoted.
    pub reserved: &'static [&'static str],
    /// Words that are a value by themselves.
    pub constants: &'static [&'static str],
    /// Other names of types, and the one that is kept.
    pub types: &'static [(&'static str, &'static str)],
    /// Other names of functions, and the one that is kept.
    pub functions: &'static [(&'static str, &'static str)],
    /// Calls that are another expression: the name, the number of arguments, and the expression,
    /// with `$1` for the first argument.
    pub rewrites: &'static [(&'static str, usize, &'static str)],
    /// The namespace of the database's own functions and types, which need not be written.
    pub built_in: Option<&'static str>,
    /// The character set that a string has without a word.
    pub charset: Option<&'static str>,
    /// What else its grammar and its catalog do.
    pub habits: Habits,
    /// The columns and their types, where they are known.
    pub columns: Option<&'a [(&'a str, &'a str)]>,
    /// The table of the columns.
    pub table: Option<&'a str>,
    /// The connection's own namespace.
    pub namespace: Option<&'a str>,
    /// The type of the column that takes the value.
    pub target: Option<&'a str>,
}

impl<'a> Style<'a> {
    /// With the columns that the expression may name, each with its type. Now a cast is dropped
    /// exactly where the database would convert by itself.
    #[must_use]
    pub fn among<'b>(self, columns: &'b [(&'b str, &'b str)]) -> Style<'b>
    where
        'a: 'b,
    {
        Style {
            columns: Some(columns),
            ..self
        }
    }

    /// With the table that the columns belong to: `t.a` is `a`.
    #[must_use]
    pub fn of_table<'b>(self, table: &'b str) -> Style<'b>
    where
        'a: 'b,
    {
        Style {
            table: Some(table),
            ..self
        }
    }

    /// With the connection's own namespace: functions and types in it need not say so.
    #[must_use]
    pub fn within<'b>(self, namespace: &'b str) -> Style<'b>
    where
        'a: 'b,
    {
        Style {
            namespace: Some(namespace),
            ..self
        }
    }

    /// With the type of the column that the value goes into, as for a default.
    #[must_use]
    pub fn assigned_to<'b>(self, column_type: &'b str) -> Style<'b>
    where
        'a: 'b,
    {
        Style {
            target: Some(column_type),
            ..self
        }
    }
}

/// When two names are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// A plain name is its lower case, a quoted one is what it is (PostgreSQL).
    Folded,
    /// The case of ASCII letters says nothing, quoted or not (columns of SQLite and MySQL).
    Caseless,
}

/// What `"…"` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoubleQuotes {
    /// A name.
    Name,
    /// A string (MySQL without `ANSI_QUOTES`, which Freight's sessions never set).
    Text,
    /// A name, or a string where nothing has that name (SQLite).
    ///
    /// <https://sqlite.org/quirks.html#double_quoted_string_literals_are_accepted>
    NameOrText,
}

/// Which runs of symbols are one operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operators {
    /// Any run, by PostgreSQL's rules.
    ///
    /// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-OPERATORS>
    Open,
    /// These, the longest first; any other symbol stands alone.
    Listed(&'static [&'static str]),
}

/// How strong operators bind: a larger number binds stronger. 0 is what the database lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    /// `OR`.
    pub or: u8,
    /// `XOR`.
    pub xor: u8,
    /// `AND`.
    pub and: u8,
    /// `NOT`.
    pub not: u8,
    /// `IS TRUE`, `IS FALSE`, `IS UNKNOWN`.
    pub is_truth: u8,
    /// `IS NULL` and the other forms of `IS`.
    pub is: u8,
    /// `IN`, `BETWEEN`, `LIKE` and other predicates of words.
    pub predicate: u8,
    /// `AT TIME ZONE`.
    pub at_time_zone: u8,
    /// `COLLATE`.
    pub collate: u8,
    /// Operators between two operands.
    pub infix: &'static [(&'static str, u8)],
    /// Those that are not listed.
    pub other: u8,
    /// Operators before their operand: how strong that one must bind.
    pub prefix: &'static [(&'static str, u8)],
}

/// What a grammar has, and what a catalog does to expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Habits {
    /// `x::type`, `type 'text'`, `ARRAY[…]`, `x[1]`.
    pub casts_with_colons: bool,
    /// Strings beside each other are one string.
    pub joins_strings: bool,
    /// `INTERVAL 1 DAY`, `BINARY x`, `CONVERT(x, type)`, `_charset'text'`, `DATE'…'`.
    pub mysql_forms: bool,
    /// `x IS y` compares any two values.
    pub is_compares: bool,
    /// `true` and `false` are the numbers 1 and 0.
    pub booleans_are_numbers: bool,
    /// Every conversion is printed as a cast, also one that nobody wrote.
    pub prints_conversions: bool,
    /// `BETWEEN`, `IN` with columns, and comparisons of rows are printed as what they stand for.
    pub expands_predicates: bool,
    /// A list with one value is printed as a comparison.
    pub single_lists_are_comparisons: bool,
    /// `NOT` is moved inwards, and a condition that is no comparison is compared with 0.
    pub moves_negations: bool,
}
