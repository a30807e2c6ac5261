//! Bodies: blocks in blocks, up to the `END` of the outermost one.

use super::{Before, Compound};
use crate::sql::TokenKind;
use crate::sql::bodies::{State, is, is_any};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
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
pub(super) enum Handler {
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

impl Compound {
    /// One token of the body.
    pub(super) fn read_body(&mut self, before: Before, kind: TokenKind, text: &str) -> State {
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
