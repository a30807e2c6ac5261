//! Conditions.
//!
//! What is joined by AND and OR is written one after the other, with parentheses where the meaning
//! would change without them: around an OR within an AND, behind NOT, and around SQL that somebody
//! wrote beside anything else.

use sea_query::{BinOper, Expr, ExprTrait};

use super::expression::{binary, called, column};
use super::{CaseBlind, QuerySpelling, Renderer};
use crate::error::Result;
use crate::query::segments::Segment;
use crate::query::tree::{
    ColumnName, Condition, JsonTest, JsonWanted, Operand, Operator, Select, Slot,
};

/// How tightly a condition holds together, the loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    /// SQL of which nobody knows what is in it.
    Unknown,
    Or,
    And,
    Not,
    Single,
}

impl Strength {
    fn of(condition: &Condition) -> Self {
        match condition {
            Condition::Sql(_) => Self::Unknown,
            Condition::Any(_) => Self::Or,
            Condition::All(_) => Self::And,
            Condition::Not(_) => Self::Not,
            _ => Self::Single,
        }
    }
}

impl<S: QuerySpelling> Renderer<'_, S> {
    /// A condition, as something that sea-query takes for one.
    pub(super) fn condition(&mut self, condition: &Condition) -> Result<Expr> {
        let segments = self.condition_segments(condition)?;
        Ok(self.piece(segments))
    }

    fn condition_segments(&mut self, condition: &Condition) -> Result<Vec<Segment>> {
        match condition {
            Condition::All(conditions) => self.joined(conditions, " AND ", Strength::And),
            Condition::Any(conditions) => self.joined(conditions, " OR ", Strength::Or),
            Condition::Not(condition) => {
                let mut segments = vec![Segment::Text("NOT ".to_owned())];
                // `NOT a = 1` is right and reads as if it were not.
                segments.extend(self.in_parentheses(condition)?);
                Ok(segments)
            }
            Condition::Sql(sql) => Ok(vec![Segment::Trusted(sql.text.clone(), sql.values.clone())]),
            single => {
                let expression = self.single(single)?;
                Ok(self.written(&expression))
            }
        }
    }

    fn joined(
        &mut self,
        conditions: &[Condition],
        between: &str,
        strength: Strength,
    ) -> Result<Vec<Segment>> {
        let mut segments = Vec::new();
        for (index, condition) in conditions.iter().enumerate() {
            if index > 0 {
                segments.push(Segment::Text(between.to_owned()));
            }
            segments.extend(match Strength::of(condition) < strength {
                true => self.in_parentheses(condition)?,
                false => self.condition_segments(condition)?,
            });
        }
        Ok(segments)
    }

    fn in_parentheses(&mut self, condition: &Condition) -> Result<Vec<Segment>> {
        let mut segments = vec![Segment::Text("(".to_owned())];
        segments.extend(self.condition_segments(condition)?);
        segments.push(Segment::Text(")".to_owned()));
        Ok(segments)
    }

    /// A condition that is not made of others.
    fn single(&mut self, condition: &Condition) -> Result<Expr> {
        Ok(match condition {
            Condition::Truth(true) => self.text("TRUE"),
            Condition::Truth(false) => self.text("FALSE"),
            Condition::Compare {
                column: name,
                operator,
                value,
            } => {
                let value = self.operand(*value);
                self.compare(column(name), *operator, value)
            }
            Condition::Columns {
                left,
                operator,
                right,
            } => self.compare(column(left), *operator, column(right)),
            Condition::In {
                column: name,
                values,
                is_negated,
            } => {
                let values = self.slots(values);
                is_in(column(name), Expr::tuple(values), *is_negated)
            }
            Condition::InRows { columns, rows } => self.in_rows(columns, rows),
            Condition::InQuery {
                columns,
                query,
                is_negated,
            } => self.in_query(columns, query, *is_negated)?,
            Condition::Null {
                column: name,
                is_negated: false,
            } => column(name).is_null(),
            Condition::Null { column: name, .. } => column(name).is_not_null(),
            Condition::Between {
                column: name,
                low,
                high,
                is_negated,
            } => {
                let (low, high) = (self.operand(*low), self.operand(*high));
                match is_negated {
                    true => column(name).not_between(low, high),
                    false => column(name).between(low, high),
                }
            }
            Condition::Escaped {
                column: name,
                pattern,
            } => {
                let escape = Segment::Text(self.spelling.escape().to_owned());
                let pattern = self.piece(vec![Segment::Slot(*pattern), escape]);
                binary(column(name), BinOper::Like, pattern)
            }
            Condition::Json(test) => self.json(test),
            Condition::Exists { query, is_negated } => {
                let query = self.select(query)?;
                match is_negated {
                    true => Expr::not_exists(query),
                    false => Expr::exists(query),
                }
            }
            // Those that are made of others do not come here.
            Condition::All(_) | Condition::Any(_) | Condition::Not(_) | Condition::Sql(_) => {
                self.condition(condition)?
            }
        })
    }

    fn operand(&mut self, operand: Operand) -> Expr {
        match operand {
            Operand::Slot(slot) => self.slot(slot),
            Operand::Number(number) => self.text(number.to_string()),
        }
    }

    fn slots(&mut self, slots: &[Slot]) -> Vec<Expr> {
        slots.iter().map(|slot| self.slot(*slot)).collect()
    }

    fn compare(&mut self, left: Expr, operator: Operator, right: Expr) -> Expr {
        let operator = match operator {
            Operator::Equal => BinOper::Equal,
            Operator::NotEqual => BinOper::NotEqual,
            Operator::Less => BinOper::SmallerThan,
            Operator::LessOrEqual => BinOper::SmallerThanOrEqual,
            Operator::Greater => BinOper::GreaterThan,
            Operator::GreaterOrEqual => BinOper::GreaterThanOrEqual,
            Operator::Like => BinOper::Like,
            Operator::NotLike => BinOper::NotLike,
            Operator::Ilike => {
                let lower = |side| Expr::from(called("LOWER", vec![side]));
                return match self.spelling.case_blind() {
                    CaseBlind::Ilike => binary(left, BinOper::Custom("ILIKE"), right),
                    CaseBlind::Like => binary(left, BinOper::Like, right),
                    CaseBlind::Lower => binary(lower(left), BinOper::Like, lower(right)),
                };
            }
        };
        binary(left, operator, right)
    }

    /// `(a, b) IN ((?, ?), (?, ?))`.
    fn in_rows(&mut self, columns: &[ColumnName], rows: &[Vec<Slot>]) -> Expr {
        let mut segments = vec![Segment::Text(format!("({}", self.spelling.rows_keyword()))];
        for (index, row) in rows.iter().enumerate() {
            if index > 0 {
                segments.push(Segment::Text(", ".to_owned()));
            }
            let row = self.slots(row);
            segments.extend(self.written(&Expr::tuple(row)));
        }
        segments.push(Segment::Text(")".to_owned()));
        let rows = self.piece(segments);
        is_in(columns_together(columns), rows, false)
    }

    fn in_query(
        &mut self,
        columns: &[ColumnName],
        query: &Select,
        is_negated: bool,
    ) -> Result<Expr> {
        let must_wrap = query.is_cut() && !self.spelling.has_limit_behind_in();
        let query = match must_wrap {
            true => self.derived(query, "chosen")?,
            false => self.select(query)?,
        };
        let query = Expr::SubQuery(None, Box::new(query.into()));
        Ok(is_in(columns_together(columns), query, is_negated))
    }

    fn json(&mut self, test: &JsonTest) -> Expr {
        let name = self.column_text(&test.column);
        match test.wanted {
            JsonWanted::Nothing { is_negated } => {
                let text = self.spelling.json_is_nothing(&name, &test.path, is_negated);
                self.text(text)
            }
            JsonWanted::Value {
                kind,
                operator,
                value,
            } => {
                let found = self.spelling.json_value(&name, &test.path, kind);
                let (found, value) = (self.text(found), self.slot(value));
                self.compare(found, operator, value)
            }
        }
    }

    /// A column as text.
    fn column_text(&self, column: &ColumnName) -> String {
        let table = column.table.as_ref();
        let namespace = table.and_then(|table| table.namespace.as_deref());
        let parts = [
            namespace,
            table.map(|table| table.name.as_str()),
            Some(column.column.as_str()),
        ];
        let parts: Vec<String> = parts
            .into_iter()
            .flatten()
            .map(|part| self.identifier(part))
            .collect();
        parts.join(".")
    }
}

fn is_in(left: Expr, right: Expr, is_negated: bool) -> Expr {
    let operator = match is_negated {
        true => BinOper::NotIn,
        false => BinOper::In,
    };
    binary(left, operator, right)
}

/// One column as it is, several in parentheses.
fn columns_together(columns: &[ColumnName]) -> Expr {
    match columns {
        [name] => column(name),
        names => Expr::tuple(names.iter().map(column)),
    }
}
