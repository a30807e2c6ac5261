//! Steps: what each adds to a query.

use serde_json::Value as Json;

use super::words::Words;
use super::{Query, Reader};
use crate::error::Result;
use crate::query::grammar;
use crate::query::lower::{Asked, Per};
use crate::query::names::{self, Scope};
use crate::query::tree::{
    Condition, Direction, Expression, Function, Join, JoinKind, Lock, LockStrength, LockWait,
    Nulls, Ordering, Selected, Sql,
};

impl Reader {
    /// Adds a step to the query.
    pub(super) fn step(
        &self,
        query: &mut Query,
        step: &Words<'_>,
        scope: &Scope<'_>,
        depth: usize,
    ) -> Result<()> {
        if self.folds(&mut query.rows.condition, step, scope, depth)? {
            return Ok(());
        }
        let rows = &mut query.rows;
        match step.name {
            "select" => {
                for json in step.rest() {
                    rows.selected.push(self.selected(json, step, scope)?);
                }
            }
            "distinct" => rows.is_distinct = true,
            "order" => rows.order.push(self.ordering(step, scope)?),
            "reorder" => rows.order.clear(),
            "reverse" => {
                rows.order = std::mem::take(&mut rows.order)
                    .into_iter()
                    .map(Ordering::reversed)
                    .collect();
            }
            "group" => {
                for json in step.rest() {
                    rows.groups.push(self.sortable(json, step, scope)?);
                }
            }
            "having" => {
                let condition = self.nested(step, scope, depth + 1)?;
                rows.having = Some(match rows.having.take() {
                    Some(before) => before.and(condition),
                    None => condition,
                });
            }
            "limit" => rows.limit = Some(step.number(0)?),
            "offset" => rows.offset = Some(step.number(0)?),
            "join" => rows.joins.push(self.join(step, scope)?),
            "lock" => rows.lock = Some(lock(step)?),
            "comment" => add_comment(&mut query.comment, step.text(0)?),
            "per" => {
                query.per = Some(Per {
                    column: scope.column(step.text(0)?)?,
                    limit: step.number(1)?,
                    offset: step.get(2).map_or(Ok(0), |_| step.number(2))?,
                });
            }
            _ => query.asked = self.asked(step, scope)?,
        }
        Ok(())
    }

    /// The last step: what is to be done with the rows.
    fn asked(&self, step: &Words<'_>, scope: &Scope<'_>) -> Result<Asked> {
        let aggregate = |function| {
            let json = step.get(0).ok_or_else(|| step.wrong(0, "a column"))?;
            let expression = self.sortable(json, step, scope)?;
            Ok(Asked::Aggregate {
                function,
                expression,
            })
        };
        match step.name {
            "count" => match step.get(0) {
                None => Ok(Asked::Count),
                Some(json) if json == "*" => Ok(Asked::Count),
                Some(_) => aggregate(Function::Count),
            },
            "count_by" => Ok(Asked::CountBy(scope.column(step.text(0)?)?)),
            "exists" => Ok(Asked::Exists),
            "sum" => aggregate(Function::Sum),
            "avg" => aggregate(Function::Avg),
            "min" => aggregate(Function::Min),
            "max" => aggregate(Function::Max),
            "update" => self.update(step, scope),
            "delete" => Ok(Asked::Delete),
            "insert" => self.insert(step, scope),
            _ => Err(step.unknown("step")),
        }
    }

    /// Something to select: the text of a column expression, or `["sql", text]`.
    fn selected(&self, json: &Json, step: &Words<'_>, scope: &Scope<'_>) -> Result<Selected> {
        match json {
            Json::String(text) => grammar::selected(text, scope),
            _ => Ok(Expression::Sql(self.given_sql(json, step)?).into()),
        }
    }

    /// Something to order or group by.
    fn sortable(&self, json: &Json, step: &Words<'_>, scope: &Scope<'_>) -> Result<Expression> {
        match json {
            Json::String(text) => grammar::sortable(text, scope),
            _ => Ok(Expression::Sql(self.given_sql(json, step)?)),
        }
    }

    fn given_sql(&self, json: &Json, step: &Words<'_>) -> Result<Sql> {
        let words = Words::read(json)?;
        match words.name {
            "sql" => self.sql(words.text(0)?),
            _ => Err(step.unknown("step with such an expression")),
        }
    }

    fn ordering(&self, step: &Words<'_>, scope: &Scope<'_>) -> Result<Ordering> {
        let json = step
            .get(0)
            .ok_or_else(|| step.wrong(0, "a column expression"))?;
        Ok(Ordering {
            expression: self.sortable(json, step, scope)?,
            direction: match step.optional_text(1)? {
                None | Some("asc") => Direction::Ascending,
                Some("desc") => Direction::Descending,
                Some(_) => return Err(step.wrong(1, "`asc` or `desc`")),
            },
            nulls: match step.optional_text(2)? {
                None => None,
                Some("first") => Some(Nulls::First),
                Some("last") => Some(Nulls::Last),
                Some(_) => return Err(step.wrong(2, "`first` or `last`")),
            },
        })
    }

    fn join(&self, step: &Words<'_>, scope: &Scope<'_>) -> Result<Join> {
        let kind = match step.text(0)? {
            "inner" => JoinKind::Inner,
            "left" => JoinKind::Left,
            "right" => JoinKind::Right,
            _ => return Err(step.wrong(0, "`inner`, `left` or `right`")),
        };
        let table = names::table(step.text(1)?)?;
        let on = match step.get(2) {
            Some(Json::String(text)) => grammar::join(text, scope)?,
            Some(json) => Condition::Sql(self.given_sql(json, step)?),
            None => return Err(step.wrong(2, "a join condition")),
        };
        let alias = step.optional_text(3)?.map(str::to_owned);
        alias.as_deref().map_or(Ok(()), names::check)?;
        Ok(Join {
            kind,
            table,
            alias,
            on,
        })
    }
}

fn lock(step: &Words<'_>) -> Result<Lock> {
    Ok(Lock {
        strength: match step.text(0)? {
            "update" => LockStrength::Update,
            "share" => LockStrength::Share,
            _ => return Err(step.wrong(0, "`update` or `share`")),
        },
        wait: match step.optional_text(1)? {
            None => LockWait::Wait,
            Some("skip_locked") => LockWait::SkipLocked,
            Some("nowait") => LockWait::NoWait,
            Some(_) => return Err(step.wrong(1, "`skip_locked` or `nowait`")),
        },
    })
}

/// A comment is closed by nothing but its own end; several stand in one.
fn add_comment(comment: &mut Option<String>, text: &str) {
    let harmless = text
        .replace('\0', " ")
        .replace("*/", "* /")
        .replace("/*", "/ *");
    *comment = Some(match comment.take() {
        Some(before) => format!("{before} {harmless}"),
        None => harmless,
    });
}
