//! From lexemes to a tree: operators by their levels, and what may begin an operand.
//!
//! A Pratt parser. It never fails loudly: what it cannot read is `None`, and then the text is
//! compared word by word. It holds back where a text is nested so deeply, or has so many operators
//! beside each other, that a tree of it could exhaust the stack.
//!
//! ```text
//! mod.rs      operands joined by operators
//! operand.rs  literals, parentheses, CASE, and forms of their own
//! names.rs    columns
//! call.rs     functions and their arguments
//! infix.rs    IS, IN, LIKE, BETWEEN and the like
//! types.rs    names of types
//! ```

mod call;
mod infix;
mod names;
mod operand;
mod types;

pub(super) use types::{base_type, type_name};

use super::lexeme::{self, Lexeme};
use super::style::Style;
use super::tree::Node;

/// How deep operands may lie in each other.
const NESTING: usize = 64;
/// How many operators may follow each other on one level, all in all.
const OPERATORS: usize = 64;

/// The whole of `lexemes` as one expression.
pub(super) fn parse(lexemes: &[Lexeme], style: &Style) -> Option<Node> {
    let mut parser = Parser::new(lexemes, style);
    let node = parser.expression(0)?;
    parser.is_at_end().then_some(node)
}

/// A place in the lexemes.
pub(super) struct Parser<'a> {
    lexemes: &'a [Lexeme],
    position: usize,
    style: &'a Style<'a>,
    nesting: usize,
    operators: usize,
}

impl<'a> Parser<'a> {
    fn new(lexemes: &'a [Lexeme], style: &'a Style<'a>) -> Self {
        Self {
            lexemes,
            position: 0,
            style,
            nesting: 0,
            operators: 0,
        }
    }

    /// An expression of operators that bind at least as strong as `level`.
    fn expression(&mut self, level: u8) -> Option<Node> {
        self.nesting += 1;
        if self.nesting > NESTING {
            return None;
        }
        let mut node = self.operand()?;
        let mut is_first = true;
        loop {
            node = match self.continued(node, level)? {
                Continued::Longer(node) => node,
                Continued::Same(node) => {
                    self.nesting -= 1;
                    return Some(node);
                }
            };
            self.operators += usize::from(!is_first);
            if self.operators > OPERATORS {
                return None;
            }
            is_first = false;
        }
    }

    /// `node` and the operator after it, if that binds strong enough.
    fn continued(&mut self, node: Node, level: u8) -> Option<Continued> {
        let levels = self.style.levels;
        if self.is_word("and") && levels.and >= level {
            return self.chain(node, true, levels.and);
        }
        if self.is_word("or") && levels.or >= level {
            return self.chain(node, false, levels.or);
        }
        if let Some(Lexeme::Symbol(symbol)) = self.peek() {
            return self.symbol(node, &symbol.clone(), level);
        }
        self.word_operator(node, level)
    }

    /// `x AND y AND z`; `&&` and `||` of MySQL are read as those words.
    fn chain(&mut self, first: Node, and: bool, level: u8) -> Option<Continued> {
        let word = if and { "and" } else { "or" };
        let mut operands = vec![first];
        while self.take_word(word) {
            operands.push(self.expression(level + 1)?);
        }
        Some(Continued::Longer(Node::Chain { and, operands }))
    }

    /// An operator of symbols.
    fn symbol(&mut self, node: Node, symbol: &str, level: u8) -> Option<Continued> {
        if self.style.habits.casts_with_colons {
            match symbol {
                "::" => {
                    self.position += 1;
                    let kind = self.type_name()?;
                    return Some(Continued::Longer(Node::cast(node, kind)));
                }
                "[" => return self.subscript(node),
                _ => {}
            }
        }
        let ends = [")", "]", ",", "(", ";", ":", ".", ":=", "{", "}"];
        if ends.contains(&symbol) {
            return Some(Continued::Same(node));
        }
        let bound = self.level_of(symbol);
        if bound == 0 || bound < level {
            return Some(Continued::Same(node));
        }
        self.position += 1;
        self.after_operator(node, symbol, bound)
    }

    /// What follows an operator: an operand, or `ANY (…)`.
    fn after_operator(&mut self, left: Node, operator: &str, bound: u8) -> Option<Continued> {
        let operator = named_operator(operator);
        for (word, all) in [("any", false), ("some", false), ("all", true)] {
            if self.is_word(word) && self.is_symbol_at(1, "(") {
                self.position += 1;
                let right = Box::new(self.in_parentheses()?);
                return Some(Continued::Longer(Node::Quantified {
                    left: Box::new(left),
                    operator,
                    all,
                    right,
                }));
            }
        }
        let right = self.expression(bound + 1)?;
        Some(Continued::Longer(Node::infix(operator, left, right)))
    }

    /// A subquery, or one expression, in parentheses.
    fn in_parentheses(&mut self) -> Option<Node> {
        if let Some(subquery) = self.subquery() {
            return Some(subquery);
        }
        self.expect_symbol("(")?;
        let node = self.expression(0)?;
        self.expect_symbol(")")?;
        Some(node)
    }

    fn subscript(&mut self, operand: Node) -> Option<Continued> {
        self.expect_symbol("[")?;
        let mut index = self.expression(0)?;
        if self.take_symbol(":") {
            index = Node::infix(":", index, self.expression(0)?);
        }
        self.expect_symbol("]")?;
        Some(Continued::Longer(Node::Subscript {
            operand: Box::new(operand),
            index: Box::new(index),
        }))
    }

    fn level_of(&self, symbol: &str) -> u8 {
        let levels = self.style.levels;
        let listed = levels.infix.iter().find(|(known, _)| *known == symbol);
        listed.map_or(levels.other, |(_, level)| *level)
    }

    // ------------------------------------------------------------------------- looking and taking

    fn peek(&self) -> Option<&'a Lexeme> {
        self.peek_at(0)
    }

    fn peek_at(&self, ahead: usize) -> Option<&'a Lexeme> {
        self.lexemes.get(self.position + ahead)
    }

    fn is_at_end(&self) -> bool {
        self.position >= self.lexemes.len()
    }

    fn is_word(&self, word: &str) -> bool {
        self.is_word_at(0, word)
    }

    fn is_word_at(&self, ahead: usize, word: &str) -> bool {
        self.peek_at(ahead)
            .is_some_and(|lexeme| lexeme.is_word(word))
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        self.is_symbol_at(0, symbol)
    }

    fn is_symbol_at(&self, ahead: usize, symbol: &str) -> bool {
        self.peek_at(ahead)
            .is_some_and(|lexeme| lexeme.is_symbol(symbol))
    }

    /// The word that comes next, in lower case.
    fn word(&self) -> Option<&'a str> {
        match self.peek()? {
            Lexeme::Word { lower, .. } => Some(lower),
            _ => None,
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.position += usize::from(found);
        found
    }

    fn take_words(&mut self, words: &[&str]) -> bool {
        let mut ahead = words.iter().enumerate();
        let found = ahead.all(|(ahead, word)| self.is_word_at(ahead, word));
        self.position += if found { words.len() } else { 0 };
        found
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.position += usize::from(found);
        found
    }

    fn expect_word(&mut self, word: &str) -> Option<()> {
        self.take_word(word).then_some(())
    }

    fn expect_symbol(&mut self, symbol: &str) -> Option<()> {
        self.take_symbol(symbol).then_some(())
    }

    /// The text of the lexemes up to the parenthesis that closes an open one, which is not taken.
    fn rest_of_parentheses(&mut self) -> Option<String> {
        let start = self.position;
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                Lexeme::Symbol(symbol) if symbol == "(" => depth += 1,
                Lexeme::Symbol(symbol) if symbol == ")" && depth == 0 => break,
                Lexeme::Symbol(symbol) if symbol == ")" => depth -= 1,
                _ => {}
            }
            self.position += 1;
        }
        let between = self.lexemes.get(start..self.position)?;
        Some(lexeme::text(between, self.style))
    }

    /// `(SELECT …)`, kept as text.
    fn subquery(&mut self) -> Option<Node> {
        let begins = ["select", "with", "values"];
        if !self.is_symbol("(") || !begins.iter().any(|word| self.is_word_at(1, word)) {
            return None;
        }
        self.position += 1;
        let text = self.rest_of_parentheses()?;
        self.expect_symbol(")")?;
        Some(Node::Verbatim(format!("({text})")))
    }
}

/// An expression after a look at what follows it.
enum Continued {
    /// Something followed and is part of it now.
    Longer(Node),
    /// Nothing did.
    Same(Node),
}

/// Operators of symbols that are printed as words where PostgreSQL has words for them.
fn named_operator(symbol: &str) -> String {
    match symbol {
        "~~" => "LIKE",
        "!~~" => "NOT LIKE",
        "~~*" => "ILIKE",
        "!~~*" => "NOT ILIKE",
        other => other,
    }
    .to_owned()
}
