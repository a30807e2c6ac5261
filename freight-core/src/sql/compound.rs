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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    Routine,
    Trigger,
    Event,
    Package,
}

/// What was seen of a header.
#[derive(Debug, Default)]
struct Header {
    depth: usize,
    has_returns: bool,
    /// A keyword after which the next word belongs to the header, whatever it is.
    passes_word: bool,
    /// `FOR EACH ROW` is over.
    has_row: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Begin,
    If,
    CaseStatement,
    CaseExpression,
    /// `WHILE … DO` and `FOR … DO` before their `DO`.
    LoopHead,
    Loop,
    Repeat,
    /// After `UNTIL`, where `END` follows an expression.
    Until,
    /// After `AS` or `IS`, MariaDB's Oracle mode: declarations up to `BEGIN`.
    Declarations,
    /// A routine inside declarations, up to its `AS` or its `;`.
    RoutineHead,
}

/// The conditions of `DECLARE … HANDLER FOR`, after which a statement begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Handler {
    #[default]
    None,
    /// After `DECLARE`.
    Declare,
    /// After `DECLARE CONTINUE`, `EXIT` or `UNDO`.
    Action,
    /// After `HANDLER`.
    For,
    /// A condition must follow.
    Condition,
    /// A comma or the statement follows.
    AfterCondition,
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

/// Words that begin a statement and open a block.
const BLOCKS: &[&str] = &["BEGIN", "CASE", "FOR", "IF", "LOOP", "REPEAT", "WHILE"];

/// Words of a stored routine's header after which the next word is no statement.
const PASSING_WORDS: &[&str] = &["RETURNS", "CHARSET", "COLLATE", "LANGUAGE"];

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
        match (self.stage, self.blocks.is_empty()) {
            (_, false) => State::Open,
            (_, true) => State::Closed,
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
        if text == ";" || is(word, "WORK") {
            return State::Never;
        }
        self.stage = Stage::Body;
        self.blocks.push(Block::Begin);
        self.at_start = true;
        self.read_body(Before::Begin, kind, text)
    }

    /// `CREATE [OR REPLACE] [DEFINER = user] [AGGREGATE] PROCEDURE|FUNCTION|…`.
    fn read_create(&mut self, before: Before, word: &str) -> State {
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
    fn read_header(
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

    /// One token of the body.
    fn read_body(&mut self, before: Before, kind: TokenKind, text: &str) -> State {
        let word = match kind {
            TokenKind::Word if before != Before::Dot => text,
            _ => "",
        };
        self.read_handler(kind, word, text);
        if text == ";" {
            self.end_statement();
        } else if self.ends_label(before, text) {
            self.is_in_label = false;
            self.at_start = true;
        } else if std::mem::take(&mut self.at_start) {
            self.start_statement(before, word, text);
        } else {
            self.read_inside_statement(before, word);
        }
        self.state()
    }

    /// After `;` the next statement begins. No expression reaches over it.
    fn end_statement(&mut self) {
        while let Some(Block::CaseExpression | Block::RoutineHead) = self.blocks.last() {
            self.blocks.pop();
        }
        self.handler = Handler::None;
        self.is_in_label = false;
        self.at_start = true;
    }

    /// `label:` and, in MariaDB's Oracle mode, `<<label>>`.
    fn ends_label(&self, before: Before, text: &str) -> bool {
        match text {
            ":" => before == Before::StatementStart,
            ">" => self.is_in_label && before == Before::GreaterThan,
            _ => false,
        }
    }

    /// The first token of a statement.
    fn start_statement(&mut self, before: Before, word: &str, text: &str) {
        let top = self.blocks.last().copied();
        let is_in_declarations = top == Some(Block::Declarations);
        let block = match word {
            _ if is(word, "BEGIN") => {
                if is_in_declarations {
                    self.blocks.pop();
                }
                self.before = Before::Begin;
                Block::Begin
            }
            _ if is_in_declarations && is_any(word, &["PROCEDURE", "FUNCTION"]) => {
                Block::RoutineHead
            }
            _ if is(word, "IF") => Block::If,
            _ if is(word, "CASE") => Block::CaseStatement,
            _ if is(word, "LOOP") => Block::Loop,
            _ if is(word, "REPEAT") => Block::Repeat,
            _ if is_any(word, &["WHILE", "FOR"]) => Block::LoopHead,
            _ => return self.start_without_block(before, word, text),
        };
        self.at_start = matches!(block, Block::Begin | Block::Loop | Block::Repeat);
        self.blocks.push(block);
    }

    fn start_without_block(&mut self, before: Before, word: &str, text: &str) {
        let top = self.blocks.last().copied();
        if is(word, "END") {
            self.blocks.pop();
            self.before = Before::End;
        } else if is(word, "ELSE") && matches!(top, Some(Block::If | Block::CaseStatement)) {
            self.at_start = true;
        } else if is(word, "UNTIL") && top == Some(Block::Repeat) {
            self.blocks.pop();
            self.blocks.push(Block::Until);
        } else if is(word, "NOT") && before == Before::Begin {
            // `BEGIN NOT ATOMIC`.
            self.before = Before::Begin;
            self.at_start = true;
        } else if is(word, "ATOMIC") && before == Before::Begin {
            self.at_start = true;
        } else if is(word, "DECLARE") {
            self.handler = Handler::Declare;
        } else if text == "<" {
            self.is_in_label = true;
        } else {
            self.before = Before::StatementStart;
        }
    }

    /// A token inside a statement: the end of an expression, or the place where the next
    /// statement begins without a `;`.
    fn read_inside_statement(&mut self, before: Before, word: &str) {
        let top = self.blocks.last().copied();
        let is_operand = before.needs_operand();
        if is(word, "CASE") && before != Before::End {
            self.blocks.push(Block::CaseExpression);
        } else if is(word, "END") && !is_operand && top == Some(Block::CaseExpression) {
            self.blocks.pop();
        } else if is(word, "END") && !is_operand && top == Some(Block::Until) {
            self.blocks.pop();
            self.before = Before::End;
        } else if is(word, "THEN") && !matches!(top, None | Some(Block::CaseExpression)) {
            self.at_start = true;
        } else if is_any(word, &["DO", "LOOP"]) && top == Some(Block::LoopHead) {
            self.blocks.pop();
            self.blocks.push(Block::Loop);
            self.at_start = true;
        } else if is_any(word, &["AS", "IS"]) && top == Some(Block::RoutineHead) {
            self.blocks.pop();
            self.blocks.push(Block::Declarations);
            self.at_start = true;
        }
    }

    /// Follows `DECLARE … HANDLER FOR condition, condition` up to its statement.
    fn read_handler(&mut self, kind: TokenKind, word: &str, text: &str) {
        self.handler = match self.handler {
            Handler::None => return,
            Handler::Declare if is_any(word, &["CONTINUE", "EXIT", "UNDO"]) => Handler::Action,
            Handler::Action if is(word, "HANDLER") => Handler::For,
            Handler::For if is(word, "FOR") => Handler::Condition,
            Handler::Condition if is_any(word, &["SQLSTATE", "VALUE", "NOT"]) => Handler::Condition,
            Handler::Condition if kind != TokenKind::Symbol => Handler::AfterCondition,
            Handler::AfterCondition if text == "," => Handler::Condition,
            Handler::AfterCondition => {
                self.at_start = true;
                Handler::None
            }
            _ => Handler::None,
        };
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
