//! Operators that are words: `IS`, `IN`, `LIKE`, `BETWEEN`, `COLLATE` and the like.

use super::super::lexeme::Lexeme;
use super::super::tree::{Call, Node};
use super::{Continued, Parser};

impl Parser<'_> {
    /// `node` and the word after it, if that is an operator that binds strong enough.
    pub(super) fn word_operator(&mut self, node: Node, level: u8) -> Option<Continued> {
        let levels = self.style.levels;
        let Some(word) = self.word() else {
            return Some(Continued::Same(node));
        };
        let bound = match word {
            "is" => self.level_of_is(),
            "isnull" | "notnull" => levels.is,
            "not" if self.is_word_at(1, "null") => levels.is,
            "not" | "in" | "between" => levels.predicate,
            "similar" | "ilike" if self.style.habits.casts_with_colons => levels.predicate,
            "sounds" if self.style.habits.mysql_forms => levels.predicate,
            "like" | "regexp" | "rlike" | "glob" | "match" => levels.predicate,
            "collate" => levels.collate,
            "at" => levels.at_time_zone,
            "xor" => levels.xor,
            "div" | "mod" => self.level_of(word),
            "operator" if self.is_symbol_at(1, "(") => levels.other,
            _ => 0,
        };
        if bound == 0 || bound < level {
            return Some(Continued::Same(node));
        }
        self.position += 1;
        let longer = match word {
            "is" => self.is_form(node, bound)?,
            "isnull" => postfix(node, "IS NULL"),
            "notnull" => postfix(node, "IS NOT NULL"),
            "not" if self.take_word("null") => postfix(node, "IS NOT NULL"),
            "not" => return self.predicate(node, true, bound),
            "collate" => {
                let name = Node::Name(vec![self.qualified()?]);
                Node::infix("COLLATE", node, name)
            }
            "at" => {
                self.take_words(&["time", "zone"]).then_some(())?;
                let zone = self.expression(bound + 1)?;
                Node::infix("AT TIME ZONE", node, zone)
            }
            "xor" => Node::infix("XOR", node, self.expression(bound + 1)?),
            "div" => Node::infix("DIV", node, self.expression(bound + 1)?),
            "mod" => Node::infix("%", node, self.expression(bound + 1)?),
            "operator" => return self.named_operator_form(node, bound),
            _ => {
                self.position -= 1;
                return self.predicate(node, false, bound);
            }
        };
        Some(Continued::Longer(longer))
    }

    /// `IS TRUE` may bind less than `IS NULL`, and has its words further ahead.
    fn level_of_is(&self) -> u8 {
        let ahead = if self.is_word_at(1, "not") { 2 } else { 1 };
        let truths = ["true", "false", "unknown"];
        match truths.iter().any(|word| self.is_word_at(ahead, word)) {
            true => self.style.levels.is_truth,
            false => self.style.levels.is,
        }
    }

    /// What follows `IS`.
    fn is_form(&mut self, node: Node, bound: u8) -> Option<Node> {
        let negated = self.take_word("not");
        if self.style.habits.is_compares {
            return self.is_comparison(node, negated, bound);
        }
        let not = if negated { "NOT " } else { "" };
        for word in ["null", "true", "false", "unknown", "normalized", "document"] {
            if self.take_word(word) {
                return Some(postfix(node, &format!("IS {not}{}", word.to_uppercase())));
            }
        }
        self.take_words(&["distinct", "from"]).then_some(())?;
        let other = self.expression(bound + 1)?;
        let comparison = Node::infix("IS DISTINCT FROM", node, other);
        Some(match negated {
            true => Node::Not(Box::new(comparison)),
            false => comparison,
        })
    }

    /// SQLite's `IS`, which compares with any value: `a IS NULL + b` is `a IS (NULL + b)`.
    fn is_comparison(&mut self, node: Node, negated: bool, bound: u8) -> Option<Node> {
        // `IS NOT DISTINCT FROM` is another way to say `IS`.
        let distinct = self.take_words(&["distinct", "from"]);
        let operator = if distinct == negated { "IS" } else { "IS NOT" };
        Some(match self.expression(bound + 1)? {
            Node::Word(word) if matches!(word.as_str(), "NULL" | "TRUE" | "FALSE") => {
                postfix(node, &format!("{operator} {word}"))
            }
            other => Node::infix(operator, node, other),
        })
    }

    /// `IN`, `BETWEEN`, `LIKE` and their like, after `NOT` or not.
    fn predicate(&mut self, node: Node, negated: bool, bound: u8) -> Option<Continued> {
        let word = self.word()?;
        self.position += 1;
        let not = if negated { "NOT " } else { "" };
        let longer = match word {
            "in" => Node::In {
                operand: Box::new(node),
                negated,
                list: self.in_list()?,
            },
            "between" => self.between(node, negated, bound)?,
            "like" | "ilike" | "glob" | "match" => {
                let operator = format!("{not}{}", word.to_uppercase());
                self.pattern(node, operator, bound)?
            }
            "regexp" | "rlike" => self.pattern(node, format!("{not}REGEXP"), bound)?,
            "similar" => {
                self.expect_word("to")?;
                self.similar(node, negated, bound)?
            }
            "sounds" if !negated => {
                self.expect_word("like")?;
                let other = self.expression(bound + 1)?;
                let sound = |node| Node::Call(Call::new("soundex", vec![node]));
                Node::infix("=", sound(node), sound(other))
            }
            _ => return None,
        };
        Some(Continued::Longer(longer))
    }

    fn in_list(&mut self) -> Option<Vec<Node>> {
        if let Some(subquery) = self.subquery() {
            return Some(vec![subquery]);
        }
        self.expect_symbol("(")?;
        let mut list = Vec::new();
        if self.take_symbol(")") {
            // SQLite allows an empty list.
            return Some(list);
        }
        loop {
            list.push(self.expression(0)?);
            if !self.take_symbol(",") {
                break;
            }
        }
        self.expect_symbol(")")?;
        Some(list)
    }

    fn between(&mut self, node: Node, negated: bool, bound: u8) -> Option<Node> {
        let symmetric = self.take_word("symmetric");
        let _ = !symmetric && self.take_word("asymmetric");
        let low = self.expression(bound + 1)?;
        self.expect_word("and")?;
        // In MySQL's grammar another predicate may follow, which then belongs to the upper bound.
        let step = u8::from(!self.style.habits.mysql_forms);
        let high = self.expression(bound + step)?;
        let between = |operand: Node, low: Node, high: Node| Node::Between {
            operand: Box::new(operand),
            negated,
            low: Box::new(low),
            high: Box::new(high),
        };
        if !symmetric {
            return Some(between(node, low, high));
        }
        let is_small = [&node, &low, &high].into_iter().all(Node::may_be_repeated);
        is_small.then_some(())?;
        let other_way = between(node.clone(), high.clone(), low.clone());
        Some(Node::Chain {
            and: negated,
            operands: vec![between(node, low, high), other_way],
        })
    }

    /// A pattern, perhaps with its escape character.
    fn pattern(&mut self, node: Node, operator: String, bound: u8) -> Option<Node> {
        let pattern = self.expression(bound + 1)?;
        if !self.take_word("escape") {
            return Some(Node::infix(operator, node, pattern));
        }
        let escape = self.expression(bound + 1)?;
        let right = match self.style.habits.casts_with_colons {
            // PostgreSQL prints it so. https://www.postgresql.org/docs/current/functions-matching.html
            true => Node::Call(Call::new("like_escape", vec![pattern, escape])),
            false => Node::infix("ESCAPE", pattern, escape),
        };
        Some(Node::infix(operator, node, right))
    }

    fn similar(&mut self, node: Node, negated: bool, bound: u8) -> Option<Node> {
        let mut arguments = vec![self.expression(bound + 1)?];
        if self.take_word("escape") {
            arguments.push(self.expression(bound + 1)?);
        }
        let operator = if negated { "!~" } else { "~" };
        let pattern = Node::Call(Call::new("similar_to_escape", arguments));
        Some(Node::infix(operator, node, pattern))
    }

    /// `OPERATOR(schema.+)`: the operator itself, if it is one of the database's own.
    fn named_operator_form(&mut self, node: Node, bound: u8) -> Option<Continued> {
        self.expect_symbol("(")?;
        if self.style.built_in.is_some_and(|name| self.take_word(name)) {
            self.expect_symbol(".")?;
        }
        let Some(Lexeme::Symbol(symbol)) = self.peek() else {
            return None;
        };
        let symbol = symbol.clone();
        self.position += 1;
        self.expect_symbol(")")?;
        self.after_operator(node, &symbol, bound)
    }
}

fn postfix(operand: Node, words: &str) -> Node {
    Node::Postfix {
        operand: Box::new(operand),
        words: words.to_owned(),
    }
}
