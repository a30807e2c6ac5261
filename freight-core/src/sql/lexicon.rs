//! How a database's SQL text is read: facts, no behaviour.
//!
//! A [`Lexicon`] is what the tokenizer, the splitter and the placeholder scanner ask where
//! databases differ. They never ask which database it is.

/// Where statements contain `;` that does not end them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bodies {
    /// SQLite: `CREATE TRIGGER … BEGIN …; END`, with CASE … END inside.
    Triggers,
    /// PostgreSQL: `BEGIN ATOMIC …; END` in functions and procedures (14 and later); rule actions
    /// in parentheses.
    Atomic,
    /// MySQL and MariaDB: compound bodies of procedures, functions, triggers, events and
    /// packages, and MariaDB's anonymous blocks, with nested IF, CASE, LOOP, WHILE, REPEAT, FOR.
    Compound,
}

/// Commands of the database's own client, which are not SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCommands {
    /// `.read`, `.mode` at the start of a line.
    Sqlite,
    /// `\c`, `\i`, `\copy` …
    Psql,
    /// `DELIMITER` is understood; `source`, `\.` and the like are refused.
    Mysql,
}

/// How a database's SQL text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lexicon {
    /// A backslash escapes the next character in `'…'` and `"…"` (MySQL).
    pub backslash_escapes: bool,
    /// `E'…'` strings, in which a backslash escapes, and `U&'…'` and `U&"…"` (PostgreSQL).
    pub escape_strings: bool,
    /// `$tag$ … $tag$` strings (PostgreSQL).
    pub dollar_quotes: bool,
    /// `/* … /* … */ … */` is one comment (PostgreSQL).
    pub nested_comments: bool,
    /// A carriage return alone ends a `--` comment too (PostgreSQL).
    pub carriage_return_ends_comment: bool,
    /// `# …` is a comment (MySQL).
    pub hash_comments: bool,
    /// `/*! … */` and `/*M! … */` are comments whose content the server executes (MySQL).
    pub executable_comments: bool,
    /// `--` begins a comment only before white space or the end of the text (MySQL).
    pub dashes_need_space: bool,
    /// `` `name` `` is a quoted identifier (MySQL, SQLite).
    pub backtick_names: bool,
    /// `[name]` is a quoted identifier (SQLite).
    pub bracket_names: bool,
    /// `@name` is one token: a parameter (SQLite) or a variable (MySQL). In PostgreSQL `@` is an
    /// operator.
    pub at_names: bool,
    /// `:name`, `$name` and `?1` are parameters (SQLite). In MySQL a `:` ends a label, in
    /// PostgreSQL it stands in array slices.
    pub named_parameters: bool,
    /// `COPY … FROM stdin` is followed by data lines and `\.` (PostgreSQL).
    pub copy_data: bool,
    /// Where `;` does not end a statement.
    pub bodies: Bodies,
    /// The client whose commands are recognised.
    pub client: ClientCommands,
}

impl Lexicon {
    /// SQLite's, as <https://sqlite.org/lang_keywords.html> and tokenize.c read it.
    pub const SQLITE: Self = Self {
        backslash_escapes: false,
        escape_strings: false,
        dollar_quotes: false,
        nested_comments: false,
        carriage_return_ends_comment: false,
        hash_comments: false,
        executable_comments: false,
        dashes_need_space: false,
        backtick_names: true,
        bracket_names: true,
        at_names: true,
        named_parameters: true,
        copy_data: false,
        bodies: Bodies::Triggers,
        client: ClientCommands::Sqlite,
    };

    /// PostgreSQL's: <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>.
    pub const POSTGRES: Self = Self {
        backslash_escapes: false,
        escape_strings: true,
        dollar_quotes: true,
        nested_comments: true,
        carriage_return_ends_comment: true,
        hash_comments: false,
        executable_comments: false,
        dashes_need_space: false,
        backtick_names: false,
        bracket_names: false,
        at_names: false,
        named_parameters: false,
        copy_data: true,
        bodies: Bodies::Atomic,
        client: ClientCommands::Psql,
    };

    /// MySQL's and MariaDB's: <https://dev.mysql.com/doc/refman/8.4/en/language-structure.html>.
    pub const MYSQL: Self = Self {
        backslash_escapes: true,
        escape_strings: false,
        dollar_quotes: false,
        nested_comments: false,
        carriage_return_ends_comment: false,
        hash_comments: true,
        executable_comments: true,
        dashes_need_space: true,
        backtick_names: true,
        bracket_names: false,
        at_names: true,
        named_parameters: false,
        copy_data: false,
        bodies: Bodies::Compound,
        client: ClientCommands::Mysql,
    };
}
