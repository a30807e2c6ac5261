//! SELECT.

use sea_query::{JoinType, Query, QueryBuilder, SelectStatement};

use super::expression::{iden, table};
use super::{QuerySpelling, Renderer, Writer};
use crate::error::Result;
use crate::query::segments::Segment;
use crate::query::tree::{Join, JoinKind, Select, Source};

impl<S: QuerySpelling> Renderer<'_, S> {
    /// A SELECT that is a statement of its own.
    pub(super) fn whole_select(&mut self, select: &Select) -> Result<Vec<Segment>> {
        let statement = self.select(select)?;
        let mut writer = Writer::default();
        self.builder
            .prepare_select_statement(&statement, &mut writer);
        let mut segments = writer.into_segments();
        if let Some(lock) = select.lock {
            let (what, wait) = self.spelling.lock(lock, self.server)?;
            let mut text = format!(" {what}");
            if !select.joins.is_empty() && self.spelling.lock_names_table() {
                let name = self.identifier(&select.source_name().name);
                text = format!("{text} OF {name}");
            }
            if let Some(wait) = wait {
                text = format!("{text} {wait}");
            }
            segments.push(Segment::Text(text));
        }
        Ok(segments)
    }

    /// A SELECT without the lock, which only a whole statement has.
    pub(super) fn select(&mut self, select: &Select) -> Result<SelectStatement> {
        let mut statement = Query::select();
        if select.is_distinct {
            statement.distinct();
        }
        for selected in &select.selected {
            let expression = self.expression(&selected.expression)?;
            match &selected.alias {
                Some(alias) => statement.expr_as(expression, iden(alias)),
                None => statement.expr(expression),
            };
        }
        if select.selected.is_empty() {
            statement.column(sea_query::Asterisk);
        }
        match &select.source {
            Source::Table { name, alias } => statement.from(table(name, alias.as_deref())),
            Source::Query { query, alias } => {
                let query = self.select(query)?;
                statement.from_subquery(query, iden(alias))
            }
        };
        for join in &select.joins {
            self.join(&mut statement, join)?;
        }
        if let Some(condition) = &select.condition {
            let condition = self.condition(condition)?;
            statement.and_where(condition);
        }
        for group in &select.groups {
            let group = self.expression(group)?;
            statement.add_group_by([group]);
        }
        if let Some(having) = &select.having {
            let having = self.condition(having)?;
            statement.and_having(having);
        }
        for ordering in &select.order {
            let (expression, direction, nulls) = self.ordering(ordering)?;
            match nulls {
                Some(nulls) => statement.order_by_expr_with_nulls(expression, direction, nulls),
                None => statement.order_by_expr(expression, direction),
            };
        }
        self.cut(&mut statement, select);
        Ok(statement)
    }

    /// `select` as a derived table, of which everything is selected.
    pub(super) fn derived(&mut self, select: &Select, alias: &str) -> Result<SelectStatement> {
        let inner = self.select(select)?;
        let mut outer = Query::select();
        outer.column(sea_query::Asterisk);
        outer.from_subquery(inner, iden(alias));
        Ok(outer)
    }

    fn join(&mut self, statement: &mut SelectStatement, join: &Join) -> Result<()> {
        let kind = match join.kind {
            JoinKind::Inner => JoinType::InnerJoin,
            JoinKind::Left => JoinType::LeftJoin,
            JoinKind::Right => JoinType::RightJoin,
        };
        let on = self.condition(&join.on)?;
        statement.join(kind, table(&join.table, join.alias.as_deref()), on);
        Ok(())
    }

    fn cut(&self, statement: &mut SelectStatement, select: &Select) {
        let no_limit = select.offset.and_then(|_| self.spelling.no_limit());
        if let Some(limit) = select.limit.or(no_limit) {
            statement.limit(limit);
        }
        if let Some(offset) = select.offset {
            statement.offset(offset);
        }
    }
}
