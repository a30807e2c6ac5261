//! Headers: from `CREATE` to the place where the body begins.

use super::body::Block;
use super::{BLOCKS, Before, Compound, Stage};
use crate::sql::TokenKind;
use crate::sql::bodies::{State, is, is_any};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    Routine,
    Trigger,
    Event,
    Package,
}

/// What was seen of a header.
#[derive(Debug, Default)]
pub(super) struct Header {
    depth: usize,
    has_returns: bool,
    /// A keyword after which the next word belongs to the header, whatever it is.
    passes_word: bool,
    /// `FOR EACH ROW` is over.
    has_row: bool,
}

/// Words that begin a statement and have no block.
const SIMPLE_STATEMENTS: &[&str] = &[
    "ALTER",
    "ANALYZE",
    "CALL",
    "CLOSE",
    "COMMIT",
    "CREATE",
    "DEALLOCATE",
    "DELETE",
    "DO",
    "DROP",
    "EXECUTE",
    "FETCH",
    "FLUSH",
    "GET",
    "GRANT",
    "INSERT",
    "KILL",
    "LOCK",
    "OPEN",
    "OPTIMIZE",
    "PREPARE",
    "RENAME",
    "REPLACE",
    "RESIGNAL",
    "RETURN",
    "REVOKE",
    "ROLLBACK",
    "SELECT",
    "SET",
    "SHOW",
    "SIGNAL",
    "START",
    "TRUNCATE",
    "UNLOCK",
    "UPDATE",
    "VALUES",
    "WITH",
];

/// Words of a stored routine's header after which the next word is no statement.
const PASSING_WORDS: &[&str] = &["RETURNS", "CHARSET", "COLLATE", "LANGUAGE"];

impl Compound {
    /// `CREATE [OR REPLACE] [DEFINER = user] [AGGREGATE] PROCEDURE|FUNCTION|…`.
    pub(super) fn read_create(&mut self, before: Before, word: &str) -> State {
        const MODIFIERS: &[&str] = &["OR", "REPLACE", "DEFINER", "AGGREGATE", ""];
        let program = match word {
            _ if before == Before::Equals => return State::Closed,
            _ if is_any(word, &["PROCEDURE", "FUNCTION"]) => Program::Routine,
            _ if is(word, "TRIGGER") => Program::Trigger,
            _ if is(word, "EVENT") => Program::Event,
            _ if is(word, "PACKAGE") => Program::Package,
            _ if is_any(word, MODIFIERS) => return State::Closed,
            _ => return State::Never,
        };
        self.stage = Stage::Header(program);
        self.header.passes_word = true;
        State::Closed
    }

    /// Everything from the name to the body.
    pub(super) fn read_header(
        &mut self,
        program: Program,
        before: Before,
        kind: TokenKind,
        text: &str,
    ) -> State {
        let is_name = std::mem::take(&mut self.header.passes_word) || before == Before::Dot;
        match text {
            "(" => self.header.depth += 1,
            ")" => self.header.depth = self.header.depth.saturating_sub(1),
            _ => {}
        }
        if kind != TokenKind::Word || self.header.depth > 0 {
            return State::Closed;
        }
        if is_name {
            // `PROCEDURE IF NOT EXISTS name`, `PACKAGE BODY name`.
            self.header.passes_word = is_any(text, &["IF", "NOT", "EXISTS", "BODY"]);
            return State::Closed;
        }
        match program {
            Program::Routine => self.read_routine_header(before, text),
            Program::Trigger => self.read_trigger_header(before, text),
            Program::Event if is(text, "DO") => self.begin_body(),
            Program::Package if is_any(text, &["AS", "IS"]) => self.begin_declarations(),
            Program::Event | Program::Package => State::Closed,
        }
    }

    fn read_routine_header(&mut self, before: Before, word: &str) -> State {
        let is_oracle_return = is(word, "RETURN") && !self.header.has_returns;
        let is_character_set = is(word, "SET") && before == Before::Character;
        if is_any(word, PASSING_WORDS) || is_character_set {
            self.header.has_returns |= is(word, "RETURNS");
            self.header.passes_word = true;
            State::Closed
        } else if is_oracle_return {
            // `FUNCTION f RETURN INT AS`: here the word after it is a type.
            self.header.has_returns = true;
            self.header.passes_word = true;
            State::Closed
        } else if is_any(word, &["AS", "IS"]) {
            self.begin_declarations()
        } else if is_any(word, BLOCKS) || is_any(word, SIMPLE_STATEMENTS) {
            self.begin_body();
            self.read_body(before, TokenKind::Word, word)
        } else {
            State::Closed
        }
    }

    /// `… FOR EACH ROW [FOLLOWS|PRECEDES other] body`.
    fn read_trigger_header(&mut self, before: Before, word: &str) -> State {
        if !self.header.has_row {
            self.header.has_row = is(word, "ROW") && before == Before::Each;
            State::Closed
        } else if is_any(word, &["FOLLOWS", "PRECEDES"]) {
            self.header.passes_word = true;
            State::Closed
        } else {
            self.begin_body();
            self.read_body(before, TokenKind::Word, word)
        }
    }

    fn begin_body(&mut self) -> State {
        self.stage = Stage::Body;
        self.at_start = true;
        State::Closed
    }

    fn begin_declarations(&mut self) -> State {
        self.begin_body();
        self.blocks.push(Block::Declarations);
        self.state()
    }
}
