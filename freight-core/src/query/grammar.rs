//! Column expressions and join conditions: the little language of what a query selects, orders and
//! groups by.
//!
//! ```text
//! selected   = expression [AS name]
//! expression = [table .] column | [table .] * | number
//!            | function ( [DISTINCT] expression {, expression} )
//! join       = column = column {AND column = column}
//! ```
//!
//! Whatever is let through is a name or one of a few functions, so that a text that came with a
//! request can do no harm as the key of an order. Everything else has to be vouched for with
//! `freight.sql`. Keywords and functions may be in any case, as in SQL.

use std::collections::BTreeMap;

use super::names::{Qualifying, Scope};
use super::tree::{Condition, Expression, Function, Operator, Selected};
use crate::error::{Error, Result};
use crate::ident::Name;

/// Functions in functions, and no deeper.
const DEEPEST: usize = 16;

/// Refuses a text that is no column expression, with an alias or without.
///
/// ```
/// use freight_core::query::check_expression;
///
/// assert!(check_expression("COUNT(DISTINCT posts.id) AS posts").is_ok());
/// assert_eq!(check_expression("id; DROP TABLE users").unwrap_err().kind().name(), "unsafe_sql");
/// ```
///
/// # Errors
/// [`ErrorKind::UnsafeSql`](crate::ErrorKind).
pub fn check_expression(text: &str) -> Result<()> {
    selected(text, &anywhere()).map(|_| ())
}

/// Refuses a text that is no join condition: `posts.user_id = users.id`, joined by AND.
///
/// # Errors
/// [`ErrorKind::UnsafeSql`](crate::ErrorKind).
pub fn check_join(text: &str) -> Result<()> {
    join(text, &anywhere()).map(|_| ())
}

fn anywhere() -> Scope<'static> {
    Scope {
        table: Name::default(),
        alias: None,
        columns: BTreeMap::new(),
        qualifying: Qualifying::None,
        outer: None,
    }
}

/// Reads what may be selected.
pub(super) fn selected(text: &str, scope: &Scope<'_>) -> Result<Selected> {
    // A field may have any name.
    if scope.columns.contains_key(text) {
        return Ok(Expression::Column(scope.unqualified(text)).into());
    }
    let refused = || Error::unsafe_sql("a column expression", text);
    let mut parser = Parser::new(text, scope).ok_or_else(refused)?;
    let expression = parser.expression(0).ok_or_else(refused)?;
    let alias = match parser.accept_word("AS") {
        true => Some(parser.word().ok_or_else(refused)?.to_owned()),
        false => None,
    };
    match parser.is_at_end() {
        true => Ok(Selected { expression, alias }),
        false => Err(refused()),
    }
}

/// Reads what rows may be ordered or grouped by. A number is refused: it would be the position of
/// a column.
pub(super) fn sortable(text: &str, scope: &Scope<'_>) -> Result<Expression> {
    let Selected { expression, alias } = selected(text, scope)?;
    match (&expression, alias) {
        (Expression::Column(_) | Expression::Call { .. }, None) => Ok(expression),
        _ => Err(Error::unsafe_sql(
            "an expression to order or group by",
            text,
        )),
    }
}

/// Reads the condition of a join.
pub(super) fn join(text: &str, scope: &Scope<'_>) -> Result<Condition> {
    let refused = || Error::unsafe_sql("a join condition", text);
    let mut parser = Parser::new(text, scope).ok_or_else(refused)?;
    let mut condition = parser.equality().ok_or_else(refused)?;
    while parser.accept_word("AND") {
        condition = condition.and(parser.equality().ok_or_else(refused)?);
    }
    match parser.is_at_end() {
        true => Ok(condition),
        false => Err(refused()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Number(&'a str),
    Mark(char),
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    position: usize,
    scope: &'a Scope<'a>,
}

impl<'a> Parser<'a> {
    /// `None` where a character stands that the language does not have.
    fn new(text: &'a str, scope: &'a Scope<'a>) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut rest = text.trim_ascii_start();
        while let Some(first) = rest.chars().next() {
            let length = match first {
                _ if begins_word(first) => rest.find(|c| !continues_word(c)),
                '0'..='9' => rest.find(|c: char| !c.is_ascii_digit() && c != '.'),
                '(' | ')' | ',' | '.' | '*' | '=' => Some(1),
                _ => return None,
            };
            let (token, after) = rest.split_at_checked(length.unwrap_or(rest.len()))?;
            tokens.push(match first {
                '0'..='9' if is_number(token) => Token::Number(token),
                '0'..='9' => return None,
                _ if begins_word(first) => Token::Word(token),
                mark => Token::Mark(mark),
            });
            // `1st` is neither a number nor a name.
            if first.is_ascii_digit() && after.starts_with(continues_word) {
                return None;
            }
            rest = after.trim_ascii_start();
        }
        Some(Self {
            tokens,
            position: 0,
            scope,
        })
    }

    fn expression(&mut self, depth: usize) -> Option<Expression> {
        match self.peek()? {
            Token::Number(number) => {
                self.position += 1;
                Some(Expression::Number(number.to_owned()))
            }
            Token::Mark('*') => {
                self.position += 1;
                Some(Expression::Star(None))
            }
            Token::Word(word) if self.peek_at(1) == Some(Token::Mark('(')) => {
                self.position += 2;
                self.call(function(word)?, depth + 1)
            }
            Token::Word(_) => self.name(),
            Token::Mark(_) => None,
        }
    }

    /// Behind the opening parenthesis of a function.
    fn call(&mut self, function: Function, depth: usize) -> Option<Expression> {
        if depth > DEEPEST {
            return None;
        }
        // A column may be called `distinct`; then something else than an argument follows.
        let is_distinct = function.is_aggregate()
            && !matches!(self.peek_at(1), Some(Token::Mark(_)))
            && self.accept_word("DISTINCT");
        let mut arguments = vec![self.argument(function, is_distinct, depth)?];
        while self.accept(',') {
            arguments.push(self.argument(function, is_distinct, depth)?);
        }
        let is_counted = arguments.len() == 1 || function == Function::Coalesce;
        (self.accept(')') && is_counted).then_some(Expression::Call {
            function,
            is_distinct,
            arguments,
        })
    }

    fn argument(
        &mut self,
        function: Function,
        is_distinct: bool,
        depth: usize,
    ) -> Option<Expression> {
        let argument = self.expression(depth)?;
        match argument {
            Expression::Star(None) if function == Function::Count && !is_distinct => Some(argument),
            Expression::Star(_) => None,
            _ => Some(argument),
        }
    }

    /// `a`, `a.b`, `a.b.c`, `a.*`.
    fn name(&mut self) -> Option<Expression> {
        let mut parts = vec![self.word()?];
        while self.accept('.') {
            if self.accept('*') {
                return match *parts {
                    [table] => Some(Expression::Star(Some(Name::new(table)))),
                    [namespace, table] => {
                        Some(Expression::Star(Some(Name::within(namespace, table))))
                    }
                    _ => None,
                };
            }
            parts.push(self.word()?);
        }
        self.scope.qualified(&parts).map(Expression::Column)
    }

    /// `a.x = b.y`.
    fn equality(&mut self) -> Option<Condition> {
        let Expression::Column(left) = self.name()? else {
            return None;
        };
        if !self.accept('=') {
            return None;
        }
        let Expression::Column(right) = self.name()? else {
            return None;
        };
        Some(Condition::Columns {
            left,
            operator: Operator::Equal,
            right,
        })
    }

    fn peek(&self) -> Option<Token<'a>> {
        self.peek_at(0)
    }

    fn peek_at(&self, further: usize) -> Option<Token<'a>> {
        self.tokens.get(self.position + further).copied()
    }

    fn is_at_end(&self) -> bool {
        self.peek().is_none()
    }

    fn word(&mut self) -> Option<&'a str> {
        let Some(Token::Word(word)) = self.peek() else {
            return None;
        };
        self.position += 1;
        Some(word)
    }

    fn accept(&mut self, mark: char) -> bool {
        let is_next = self.peek() == Some(Token::Mark(mark));
        self.position += usize::from(is_next);
        is_next
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let is_next =
            matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.position += usize::from(is_next);
        is_next
    }
}

fn begins_word(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

fn continues_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// `12`, `1.5`; no more than one point, and digits behind it.
fn is_number(text: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        Some((whole, part)) => is_digits(whole) && is_digits(part),
        None => is_digits(text),
    }
}

fn function(word: &str) -> Option<Function> {
    Some(match word.to_ascii_uppercase().as_str() {
        "COUNT" => Function::Count,
        "SUM" => Function::Sum,
        "AVG" => Function::Avg,
        "MIN" => Function::Min,
        "MAX" => Function::Max,
        "LOWER" => Function::Lower,
        "UPPER" => Function::Upper,
        "LENGTH" => Function::Length,
        "COALESCE" => Function::Coalesce,
        _ => return None,
    })
}

impl Function {
    fn is_aggregate(self) -> bool {
        matches!(
            self,
            Self::Count | Self::Sum | Self::Avg | Self::Min | Self::Max
        )
    }
}
