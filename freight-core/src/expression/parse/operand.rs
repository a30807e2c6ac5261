//! What an expression may begin with.

use super::super::lexeme::{Lexeme, STRUCTURE};
use super::super::tree::{Call, Node};
use super::Parser;

impl Parser<'_> {
    /// An operand, with what belongs to it more than any operator does.
    pub(super) fn operand(&mut self) -> Option<Node> {
        let lexeme = self.peek()?;
        match lexeme {
            Lexeme::Text(value) => {
                self.position += 1;
                Some(Node::Text(value.clone()))
            }
            Lexeme::Number(number) => {
                self.position += 1;
                Some(Node::Number(number.clone()))
            }
            Lexeme::Verbatim(raw) => {
                self.position += 1;
                Some(self.verbatim(raw))
            }
            Lexeme::Unterminated(_) => None,
            Lexeme::Symbol(symbol) if symbol == "(" => self.parentheses(),
            Lexeme::Symbol(symbol) => self.prefix_operator(&symbol.clone()),
            Lexeme::Quoted { .. } => self.typed_text().or_else(|| self.name()),
            Lexeme::Word { lower, .. } => self.word_operand(&lower.clone()),
        }
    }

    /// A subquery, a row, or an expression in parentheses that say only what belongs together.
    fn parentheses(&mut self) -> Option<Node> {
        if let Some(subquery) = self.subquery() {
            return Some(subquery);
        }
        self.expect_symbol("(")?;
        let mut items = vec![self.expression(0)?];
        while self.take_symbol(",") {
            items.push(self.expression(0)?);
        }
        self.expect_symbol(")")?;
        let has_one = items.len() == 1;
        let only = items.pop()?;
        if !has_one {
            items.push(only);
            return Some(Node::Row(items));
        }
        let mut node = only;
        while self.style.habits.casts_with_colons && self.take_symbol(".") {
            let field = self.one_name()?;
            node = Node::Field {
                operand: Box::new(node),
                field,
            };
        }
        Some(node)
    }

    fn prefix_operator(&mut self, symbol: &str) -> Option<Node> {
        let levels = self.style.levels;
        let listed = levels.prefix.iter().find(|(known, _)| *known == symbol);
        let level = match listed {
            Some((_, level)) => *level,
            None if levels.other > 0 && symbol.chars().all(|c| "~!@#%^&|`?+-*/<>=".contains(c)) => {
                levels.other + 1
            }
            None => return None,
        };
        self.position += 1;
        let operand = self.expression(level)?;
        Some(match symbol {
            "!" if self.style.habits.mysql_forms => Node::Not(Box::new(operand)),
            _ => Node::Prefix {
                operator: symbol.to_owned(),
                operand: Box::new(operand),
            },
        })
    }

    fn verbatim(&self, raw: &str) -> Node {
        // PostgreSQL's `B'101'` is printed as a string of the type `bit` without a length.
        let bits = raw
            .strip_prefix("B'")
            .and_then(|rest| rest.strip_suffix('\''));
        match bits {
            Some(bits) if self.style.habits.casts_with_colons => {
                Node::cast(Node::Text(bits.to_owned()), "\"bit\"")
            }
            _ => Node::Verbatim(raw.to_owned()),
        }
    }

    /// What begins with a word.
    fn word_operand(&mut self, word: &str) -> Option<Node> {
        let is_call = self.is_symbol_at(1, "(");
        match word {
            "not" => {
                self.position += 1;
                let operand = self.expression(self.style.levels.not)?;
                return Some(Node::Not(Box::new(operand)));
            }
            "case" => return self.case(),
            "exists" if is_call => {
                self.position += 1;
                let subquery = self.subquery()?;
                return Some(Node::Call(Call::new("EXISTS", vec![subquery])));
            }
            "cast" if is_call => return self.cast(),
            "trim" if is_call => return self.trim(),
            "null" => {
                self.position += 1;
                return Some(Node::null());
            }
            // A function of MySQL, and an operator elsewhere.
            "isnull" if is_call && self.style.habits.mysql_forms => return self.call(),
            // Likewise in SQLite, where the operator calls the function.
            "like" if is_call && self.style.habits.is_compares => return self.call(),
            _ if STRUCTURE.contains(&word) => return None,
            _ => {}
        }
        if self.style.habits.casts_with_colons
            && let Some(node) = self.postgres_form(word)
        {
            return Some(node);
        }
        if self.style.habits.mysql_forms
            && let Some(node) = self.mysql_form(word)
        {
            return Some(node);
        }
        if is_call {
            return self.call();
        }
        if matches!(word, "true" | "false") {
            self.position += 1;
            let digit = if word == "true" { "1" } else { "0" };
            return Some(match self.style.habits.booleans_are_numbers {
                true => Node::Number(digit.to_owned()),
                false => Node::Word(word.to_uppercase()),
            });
        }
        if self.style.constants.contains(&word) {
            self.position += 1;
            return Some(self.constant(word));
        }
        if self.style.reserved.contains(&word) {
            return None;
        }
        self.name()
    }

    /// `CURRENT_TIMESTAMP` and the like, by the name that the style keeps.
    fn constant(&self, word: &str) -> Node {
        let alias = self
            .style
            .functions
            .iter()
            .find(|(other, _)| *other == word);
        let kept = alias.map_or(word, |(_, kept)| *kept);
        Node::Word(kept.to_ascii_uppercase())
    }

    /// `ARRAY[…]`, `ROW(…)`, `date '2020-01-01'`.
    fn postgres_form(&mut self, word: &str) -> Option<Node> {
        match word {
            "array" if self.is_symbol_at(1, "[") => {
                self.position += 1;
                self.array()
            }
            "array" if self.is_symbol_at(1, "(") => {
                self.position += 1;
                let subquery = self.subquery()?;
                Some(Node::Call(Call::new("array", vec![subquery])))
            }
            "row" if self.is_symbol_at(1, "(") => {
                self.position += 1;
                self.row()
            }
            _ => self.typed_text(),
        }
    }

    fn row(&mut self) -> Option<Node> {
        self.expect_symbol("(")?;
        let mut items = vec![self.expression(0)?];
        while self.take_symbol(",") {
            items.push(self.expression(0)?);
        }
        self.expect_symbol(")")?;
        Some(Node::Row(items))
    }

    /// The brackets of an array; those inside of it need no word before them.
    fn array(&mut self) -> Option<Node> {
        self.nesting += 1;
        if self.nesting > super::NESTING {
            return None;
        }
        self.expect_symbol("[")?;
        let mut items = Vec::new();
        while !self.is_symbol("]") {
            items.push(match self.is_symbol("[") {
                true => self.array()?,
                false => self.expression(0)?,
            });
            if !self.take_symbol(",") {
                break;
            }
        }
        self.expect_symbol("]")?;
        self.nesting -= 1;
        Some(Node::Array(items))
    }

    /// A type and a string: `interval '1 day'`. Otherwise nothing was taken.
    fn typed_text(&mut self) -> Option<Node> {
        if !self.style.habits.casts_with_colons {
            return None;
        }
        let start = self.position;
        let found = self.type_name().and_then(|kind| match self.peek() {
            Some(Lexeme::Text(value)) => Some(Node::cast(Node::Text(value.clone()), kind)),
            _ => None,
        });
        match found {
            Some(node) => {
                self.position += 1;
                Some(node)
            }
            None => {
                self.position = start;
                None
            }
        }
    }

    /// `INTERVAL 1 DAY`, `BINARY x`, `DATE'…'`, `_latin1'…'`, `CONVERT(x, type)`.
    fn mysql_form(&mut self, word: &str) -> Option<Node> {
        let start = self.position;
        let found = match word {
            "interval" => self.interval(),
            "row" if self.is_symbol_at(1, "(") => {
                self.position += 1;
                self.row()
            }
            "binary" if !self.is_symbol_at(1, ".") => {
                self.position += 1;
                let operand = self.expression(self.style.levels.collate)?;
                Some(Node::cast(operand, "char charset binary"))
            }
            "convert" if self.is_symbol_at(1, "(") => self.convert(),
            _ => self.introduced_text(word),
        };
        if found.is_none() {
            self.position = start;
        }
        found
    }

    fn interval(&mut self) -> Option<Node> {
        self.position += 1;
        let amount = self.expression(0)?;
        let unit = self.word()?;
        if STRUCTURE.contains(&unit) {
            return None;
        }
        self.position += 1;
        Some(Node::Interval {
            amount: Box::new(amount),
            unit: unit.to_owned(),
        })
    }

    /// A word that says what the string after it is.
    fn introduced_text(&mut self, word: &str) -> Option<Node> {
        let Some(Lexeme::Text(text)) = self.peek_at(1) else {
            return None;
        };
        let is_charset = word.starts_with('_');
        if !is_charset && !matches!(word, "date" | "time" | "timestamp") {
            return None;
        }
        self.position += 2;
        let text = text.clone();
        if word
            .strip_prefix('_')
            .is_some_and(|charset| self.style.charset == Some(charset))
        {
            return Some(Node::Text(text));
        }
        let kind = match is_charset {
            true => word.to_owned(),
            false => word.to_uppercase(),
        };
        Some(Node::Typed { kind, text })
    }

    fn case(&mut self) -> Option<Node> {
        self.position += 1;
        let operand = match self.is_word("when") {
            true => None,
            false => Some(Box::new(self.expression(0)?)),
        };
        let mut branches = Vec::new();
        while self.take_word("when") {
            let when = self.expression(0)?;
            self.expect_word("then")?;
            branches.push((when, self.expression(0)?));
        }
        let otherwise = match self.take_word("else") {
            true => Some(Box::new(self.expression(0)?)),
            false => None,
        };
        self.expect_word("end")?;
        (!branches.is_empty()).then_some(Node::Case {
            operand,
            branches,
            otherwise,
        })
    }
}
