//! MySQL's and MariaDB's compound statements, followed far enough to know where one ends.
//!
//! ```text
//! CREATE … PROCEDURE p(…) …     header: looked at only for the place where the body begins
//! BEGIN                         a stack of open blocks
//!   IF … THEN …; END IF;        keywords count only where a statement can begin, because
//!   SELECT end FROM bookings;   most of them are also names of columns and functions
//! END
//! ```
//!
//! Not a parser: what is wrong in a body is left to the server, which says it better.
//!
//! <https://dev.mysql.com/doc/refman/8.4/en/sql-compound-statements.html>,
//! <https://mariadb.com/kb/en/programmatic-compound-statements/>

mod body;
mod header;

use self::body::{Block, Handler};
use self::header::{Header, Program};
use super::TokenKind;
use super::bodies::{State, is, is_any};

/// One statement of MySQL or MariaDB.
#[derive(Debug, Default)]
pub(super) struct Compound {
    stage: Stage,
    header: Header,
    blocks: Vec<Block>,
    /// The next token may begin a statement of the body.
    at_start: bool,
    handler: Handler,
    before: Before,
    /// Inside `<<label>>` of MariaDB's Oracle mode.
    is_in_label: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Before the first token.
    #[default]
    First,
    /// After `BEGIN` as the first word: a transaction or a block.
    Begin,
    /// After `CREATE` or `ALTER`, before the kind of object.
    Create,
    /// After the kind of object, before the body.
    Header(Program),
    /// In the body, which may be a single statement without blocks.
    Body,
}

/// What stood before the present token, as far as it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    #[default]
    Operand,
    /// A word or name where a statement can begin: with `:` after it, a label.
    StatementStart,
    /// `BEGIN` of a block.
    Begin,
    /// `END` of a statement's block: `IF`, `CASE`, `LOOP` … after it belong to it.
    End,
    /// Something after which an operand must follow, so `end` is a name there.
    Operator,
    /// A dot, after which every word is a name.
    Dot,
    /// `=`, after which a DEFINER's name follows.
    Equals,
    Character,
    Each,
    GreaterThan,
}

impl Before {
    /// True where only an operand can follow, so that `end` is a name.
    fn needs_operand(self) -> bool {
        matches!(self, Self::Operator | Self::Equals | Self::GreaterThan)
    }
}

/// Words that begin a statement and open a block.
const BLOCKS: &[&str] = &["BEGIN", "CASE", "FOR", "IF", "LOOP", "REPEAT", "WHILE"];

/// Words inside an expression after which an operand follows.
const OPERATORS: &[&str] = &[
    "ALL", "AND", "AS", "BETWEEN", "BINARY", "BY", "CASE", "DISTINCT", "DIV", "ELSE", "FROM", "IN",
    "INTERVAL", "IS", "LIKE", "MOD", "NOT", "OR", "REGEXP", "RETURN", "RLIKE", "SELECT", "THEN",
    "UNTIL", "WHEN", "WHERE", "XOR",
];

impl Compound {
    /// Reads the next significant token of the statement.
    pub(super) fn read(&mut self, kind: TokenKind, text: &str) -> State {
        let before = std::mem::take(&mut self.before);
        let word = match kind {
            TokenKind::Word if before != Before::Dot => text,
            _ => "",
        };
        self.before = mark_before(word, text);
        match self.stage {
            Stage::First => self.read_first(word),
            Stage::Begin => self.read_after_begin(kind, word, text),
            Stage::Create => self.read_create(before, word),
            Stage::Header(program) => self.read_header(program, before, kind, text),
            Stage::Body => self.read_body(before, kind, text),
        }
    }

    fn state(&self) -> State {
        match self.blocks.is_empty() {
            false => State::Open,
            true => State::Closed,
        }
    }

    /// The first word tells whether there can be a body at all.
    fn read_first(&mut self, word: &str) -> State {
        if is_any(word, &["CREATE", "ALTER"]) {
            self.stage = Stage::Create;
            State::Closed
        } else if is(word, "BEGIN") {
            self.stage = Stage::Begin;
            State::Closed
        } else if is(word, "DECLARE") {
            // An anonymous block of MariaDB's Oracle mode.
            self.stage = Stage::Body;
            self.blocks.push(Block::Declarations);
            State::Open
        } else if is_any(word, BLOCKS) {
            // MariaDB takes IF, CASE, LOOP, REPEAT, WHILE and FOR outside of programs too.
            self.stage = Stage::Body;
            self.at_start = true;
            self.read_body(Before::Operand, TokenKind::Word, word)
        } else {
            State::Never
        }
    }

    /// `BEGIN;` and `BEGIN WORK;` begin a transaction, `BEGIN NOT ATOMIC` a block of MariaDB, and
    /// `BEGIN` with a statement a block of its Oracle mode.
    fn read_after_begin(&mut self, kind: TokenKind, word: &str, text: &str) -> State {
        // `BEGIN TRANSACTION` is of other databases; the server says so better.
        if text == ";" || is_any(word, &["WORK", "TRANSACTION"]) {
            return State::Never;
        }
        self.stage = Stage::Body;
        self.blocks.push(Block::Begin);
        self.at_start = true;
        self.read_body(Before::Begin, kind, text)
    }
}

/// What the present token means for the next one.
fn mark_before(word: &str, text: &str) -> Before {
    match text {
        "." => Before::Dot,
        "=" => Before::Equals,
        ">" => Before::GreaterThan,
        "<" | "(" | "," | "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "~" | "!" => {
            Before::Operator
        }
        _ if is(word, "CHARACTER") => Before::Character,
        _ if is(word, "EACH") => Before::Each,
        _ if is_any(word, OPERATORS) => Before::Operator,
        _ => Before::Operand,
    }
}
