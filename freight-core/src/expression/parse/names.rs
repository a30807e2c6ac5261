//! Names of columns, in every way of quoting.

use super::super::lexeme::{self, Lexeme, STRUCTURE};
use super::super::style::{DoubleQuotes, Names};
use super::super::tree::Node;
use super::Parser;

impl Parser<'_> {
    /// A column, perhaps with its table; or a call, if parentheses follow.
    pub(super) fn name(&mut self) -> Option<Node> {
        let start = self.position;
        if let Some(text) = self.text_in_double_quotes() {
            return Some(text);
        }
        let mut parts = vec![self.one_name()?];
        while self.take_symbol(".") {
            if self.take_symbol("*") {
                parts.push("*".to_owned());
                break;
            }
            parts.push(self.one_name()?);
        }
        if self.is_symbol("(") {
            self.position = start;
            return self.call();
        }
        let is_own = |table: &str| {
            parts
                .first()
                .is_some_and(|part| *part == self.printed_name(table))
        };
        if parts.len() == 2 && self.style.table.is_some_and(is_own) {
            parts.remove(0);
        }
        Some(Node::Name(parts))
    }

    /// SQLite reads `"x"` as a string where no column has that name.
    fn text_in_double_quotes(&mut self) -> Option<Node> {
        let Some(Lexeme::Quoted { name, quote: '"' }) = self.peek() else {
            return None;
        };
        let columns = self.style.columns?;
        let is_other = self.style.double_quotes != DoubleQuotes::NameOrText
            || self.is_symbol_at(1, ".")
            || self.is_symbol_at(1, "(")
            || columns
                .iter()
                .any(|(column, _)| column.eq_ignore_ascii_case(name))
            || ["rowid", "oid", "_rowid_"]
                .iter()
                .any(|alias| alias.eq_ignore_ascii_case(name));
        if is_other {
            return None;
        }
        self.position += 1;
        Some(Node::Text(name.clone()))
    }

    /// One part of a name, as it is printed.
    pub(super) fn one_name(&mut self) -> Option<String> {
        let printed = match self.peek()? {
            Lexeme::Word { lower, .. } if STRUCTURE.contains(&lower.as_str()) => return None,
            Lexeme::Word { lower, written } => {
                match self.is_symbol_at(1, ".") && self.keeps_table_case() {
                    true => self.print_as_name(written, true),
                    false => self.print_as_name(lower, true),
                }
            }
            Lexeme::Quoted { name, quote } => {
                let is_text_maybe = *quote == '"'
                    && self.style.double_quotes == DoubleQuotes::NameOrText
                    && !self.is_column(name);
                let folds = self.style.names == Names::Caseless
                    && !is_text_maybe
                    && !(self.is_symbol_at(1, ".") && self.keeps_table_case());
                match folds {
                    true => self.print_as_name(&name.to_ascii_lowercase(), false),
                    false => self.print_as_name(name, false),
                }
            }
            _ => return None,
        };
        self.position += 1;
        Some(printed)
    }

    /// Tables of MySQL may differ in case alone; its columns may not.
    fn keeps_table_case(&self) -> bool {
        self.style.double_quotes == DoubleQuotes::Text
    }

    fn is_column(&self, name: &str) -> bool {
        let columns = self.style.columns.unwrap_or_default();
        columns
            .iter()
            .any(|(column, _)| column.eq_ignore_ascii_case(name))
    }

    /// A name of the catalog as it is printed.
    fn printed_name(&self, name: &str) -> String {
        match self.style.names {
            Names::Caseless if !self.keeps_table_case() => {
                self.print_as_name(&name.to_ascii_lowercase(), false)
            }
            _ => self.print_as_name(name, false),
        }
    }

    fn print_as_name(&self, name: &str, was_plain: bool) -> String {
        let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        let is_plain = lexeme::is_plain(name) || (was_plain && !name.is_empty());
        let keeps = is_plain && (is_lower || self.keeps_table_case());
        match keeps && (was_plain || !lexeme::is_reserved(name, self.style)) {
            true => name.to_owned(),
            false => lexeme::quote_name(name, self.style),
        }
    }
}
