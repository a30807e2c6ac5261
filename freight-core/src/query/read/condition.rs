//! Conditions.

use serde_json::Value as Json;

use super::words::{Words, list};
use super::{Query, Reader, check_depth, json_path, turns};
use crate::error::{Error, Result};
use crate::query::lower::Asked;
use crate::query::names::Scope;
use crate::query::tree::{
    ColumnName, Condition, Expression, JsonKind, JsonTest, JsonWanted, Operand, Operator, Select,
    Selected,
};

impl Reader {
    /// A condition: `["=", "state"]`.
    pub(super) fn condition(
        &self,
        json: &Json,
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<Condition> {
        check_depth(depth)?;
        let words = Words::read(json)?;
        match words.name {
            "and" => self.several(&words, Condition::and, scope, depth),
            "or" => self.several(&words, Condition::or, scope, depth),
            "not" => Ok(Condition::Not(Box::new(self.nested(
                &words,
                scope,
                depth + 1,
            )?))),
            "group" => self.group(&words, scope, depth),
            "true" => Ok(Condition::Truth(true)),
            "false" => Ok(Condition::Truth(false)),
            "sql" => Ok(Condition::Sql(self.sql(words.text(0)?)?)),
            "exists" => self.exists(&words, false, scope, depth),
            "not_exists" => self.exists(&words, true, scope, depth),
            "columns" => columns(&words, scope),
            "tuple_in" => self.rows(&words, scope),
            "in" => self.one_of(&words, false, scope, depth),
            "not_in" => self.one_of(&words, true, scope, depth),
            _ => self.about_column(&words, scope),
        }
    }

    /// The condition that a step consists of.
    pub(super) fn nested(
        &self,
        words: &Words<'_>,
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<Condition> {
        let condition = words.get(0).ok_or_else(|| words.wrong(0, "a condition"))?;
        self.condition(condition, scope, depth)
    }

    /// Conditions that begin with the name of a column.
    fn about_column(&self, words: &Words<'_>, scope: &Scope<'_>) -> Result<Condition> {
        if let Some(operator) = operator(words.name) {
            return Ok(Condition::Compare {
                column: scope.column(words.text(0)?)?,
                operator,
                value: Operand::Slot(self.value()?),
            });
        }
        let is_negated = words.name.starts_with("not_");
        Ok(match words.name {
            "null" | "not_null" => Condition::Null {
                column: scope.column(words.text(0)?)?,
                is_negated,
            },
            "between" | "not_between" => Condition::Between {
                column: scope.column(words.text(0)?)?,
                low: Operand::Slot(self.value()?),
                high: Operand::Slot(self.value()?),
                is_negated,
            },
            "contains" | "starts" | "ends" => Condition::Escaped {
                column: scope.column(words.text(0)?)?,
                pattern: self.value()?,
            },
            "json" => self.json(words, scope)?,
            _ => return Err(words.unknown("condition")),
        })
    }

    fn several(
        &self,
        words: &Words<'_>,
        join: fn(Condition, Condition) -> Condition,
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<Condition> {
        let mut joined = None;
        for json in words.rest() {
            let condition = self.condition(json, scope, depth + 1)?;
            joined = Some(match joined {
                Some(others) => join(others, condition),
                None => condition,
            });
        }
        joined.ok_or_else(empty)
    }

    /// `where` and `or_where` in parentheses.
    fn group(&self, words: &Words<'_>, scope: &Scope<'_>, depth: usize) -> Result<Condition> {
        let steps = words
            .rest()
            .iter()
            .map(Words::read)
            .collect::<Result<Vec<_>>>()?;
        let depth = depth + 1 + turns(&steps);
        let mut condition = None;
        for step in &steps {
            if !self.folds(&mut condition, step, scope, depth)? {
                return Err(step.unknown("step of a group"));
            }
        }
        condition.ok_or_else(empty)
    }

    /// Takes a step that adds a condition to those before; false for any other step.
    pub(super) fn folds(
        &self,
        condition: &mut Option<Condition>,
        step: &Words<'_>,
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<bool> {
        let join = match step.name {
            "where" | "where_not" => Condition::and,
            "or_where" => Condition::or,
            _ => return Ok(false),
        };
        let mut added = self.nested(step, scope, depth + 1)?;
        if step.name == "where_not" {
            added = Condition::Not(Box::new(added));
        }
        *condition = Some(match condition.take() {
            Some(before) => join(before, added),
            None => added,
        });
        Ok(true)
    }

    fn exists(
        &self,
        words: &Words<'_>,
        is_negated: bool,
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<Condition> {
        let mut query = self.subquery(words, 0, scope, depth)?;
        if query.rows.selected.is_empty() && !query.rows.is_distinct {
            query.rows.selected = vec![Expression::Number("1".to_owned()).into()];
        }
        Ok(Condition::Exists {
            query: self.within(query, "EXISTS asks")?,
            is_negated,
        })
    }

    /// `in` with a number of values or with a query.
    fn one_of(
        &self,
        words: &Words<'_>,
        is_negated: bool,
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<Condition> {
        let column = scope.column(words.text(0)?)?;
        if matches!(words.get(1), Some(Json::Array(_))) {
            let mut query = self.subquery(words, 1, scope, depth)?;
            if query.asked == Asked::Rows {
                select_key(&mut query.rows)?;
            }
            return Ok(Condition::InQuery {
                columns: vec![column],
                query: self.within(query, "IN asks")?,
                is_negated,
            });
        }
        let values = self.values(words.number(1)?)?;
        Ok(match values.is_empty() {
            // Nothing is in an empty list, not even NULL, and everything is outside.
            true => Condition::Truth(is_negated),
            false => Condition::In {
                column,
                values,
                is_negated,
            },
        })
    }

    /// `tuple_in`: several columns are one of several rows.
    fn rows(&self, words: &Words<'_>, scope: &Scope<'_>) -> Result<Condition> {
        let columns = words
            .texts(0)?
            .into_iter()
            .map(|name| scope.column(name))
            .collect::<Result<Vec<ColumnName>>>()?;
        if columns.is_empty() {
            return Err(words.wrong(0, "a list of columns"));
        }
        let width = columns.len() as u64;
        let rows = (0..words.number(1)?)
            .map(|_| self.values(width))
            .collect::<Result<Vec<_>>>()?;
        Ok(match (columns.as_slice(), rows.is_empty()) {
            (_, true) => Condition::Truth(false),
            ([column], false) => Condition::In {
                column: column.clone(),
                values: rows.into_iter().flatten().collect(),
                is_negated: false,
            },
            _ => Condition::InRows { columns, rows },
        })
    }

    fn subquery(
        &self,
        words: &Words<'_>,
        index: usize,
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<Query> {
        let json = words
            .get(index)
            .ok_or_else(|| words.wrong(index, "a query"))?;
        self.query(list(json, "a query")?, Some(scope), depth + 1)
    }

    /// `["json", column, path, operator, kind]`.
    fn json(&self, words: &Words<'_>, scope: &Scope<'_>) -> Result<Condition> {
        let column = scope.column(words.text(0)?)?;
        let path = json_path::parse(words.text(1)?)?;
        let operator = operator(words.text(2)?)
            .ok_or_else(|| words.wrong(2, "an operator such as `=` or `>`"))?;
        let kind = match words.text(3)? {
            "string" => Some(JsonKind::String),
            "number" => Some(JsonKind::Number),
            "boolean" => Some(JsonKind::Boolean),
            "null" => None,
            _ => return Err(words.wrong(3, "`string`, `number`, `boolean` or `null`")),
        };
        let is_pattern = matches!(
            operator,
            Operator::Like | Operator::NotLike | Operator::Ilike
        );
        let is_equality = matches!(operator, Operator::Equal | Operator::NotEqual);
        let wanted = match kind {
            None if is_equality => JsonWanted::Nothing {
                is_negated: operator == Operator::NotEqual,
            },
            Some(kind) if !is_pattern || kind == JsonKind::String => JsonWanted::Value {
                kind,
                operator,
                value: self.value()?,
            },
            _ => return Err(words.wrong(2, "an operator that this kind of value has")),
        };
        Ok(Condition::Json(JsonTest {
            column,
            path,
            wanted,
        }))
    }
}

/// What an IN needs of a query that selects nothing: its key.
fn select_key(query: &mut Select) -> Result<()> {
    if !query.selected.is_empty() {
        return Ok(());
    }
    let table = (!query.joins.is_empty()).then(|| query.source_name());
    match query.key.as_slice() {
        [key] => {
            query.selected = vec![Selected::from(Expression::Column(ColumnName {
                table,
                column: key.clone(),
            }))];
            Ok(())
        }
        _ => Err(Error::bad_argument(format!(
            "a query over `{}` that IN asks selects no single column",
            query.source_name()
        ))
        .with_hint("select one: `:select(\"id\")`")),
    }
}

fn columns(words: &Words<'_>, scope: &Scope<'_>) -> Result<Condition> {
    Ok(Condition::Columns {
        left: scope.column(words.text(0)?)?,
        operator: operator(words.text(1)?)
            .ok_or_else(|| words.wrong(1, "an operator such as `=` or `>`"))?,
        right: scope.column(words.text(2)?)?,
    })
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name.to_ascii_lowercase().as_str() {
        "=" => Operator::Equal,
        "!=" | "<>" => Operator::NotEqual,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "like" => Operator::Like,
        "not_like" => Operator::NotLike,
        "ilike" => Operator::Ilike,
        _ => return None,
    })
}

fn empty() -> Error {
    Error::bad_argument("a group of conditions without any")
        .with_hint("leave the group out, or put a condition into it")
}
