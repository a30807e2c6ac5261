//! INSERT, UPDATE and DELETE.

use sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query, QueryBuilder};

use super::expression::{iden, own_column, table};
use super::{QuerySpelling, Renderer, Writer};
use crate::error::{Error, Result};
use crate::ident::Name;
use crate::query::segments::Segment;
use crate::query::tree::{
    ColumnName, Condition, Conflict, Delete, Expression, Insert, Select, Selected, Source, Update,
};

impl<S: QuerySpelling> Renderer<'_, S> {
    pub(super) fn insert(&mut self, insert: &Insert) -> Result<Vec<Segment>> {
        let mut statement = Query::insert();
        statement.into_table(table(&insert.table, None));
        if insert.columns.is_empty() {
            self.defaults(&mut statement, insert.rows.len())?;
        } else {
            statement.columns(insert.columns.iter().map(|name| iden(name)));
        }
        for row in insert.rows.iter().filter(|row| !row.is_empty()) {
            let row: Vec<Expr> = row.iter().map(|slot| self.slot(*slot)).collect();
            statement.values(row).map_err(|error| {
                Error::bad_argument(format!("the rows of an INSERT differ: {error}"))
            })?;
        }
        if let Some(conflict) = &insert.conflict {
            statement.on_conflict(on_conflict(conflict));
        }
        let mut writer = Writer::default();
        self.builder
            .prepare_insert_statement(&statement, &mut writer);
        let mut segments = writer.into_segments();
        segments.extend(self.returning(&insert.returning)?);
        Ok(segments)
    }

    fn defaults(&self, statement: &mut InsertStatement, rows: usize) -> Result<()> {
        if rows > 1 && !self.spelling.has_rows_of_defaults() {
            return Err(self
                .unsupported("an INSERT of several rows without columns")
                .with_hint("insert them one by one"));
        }
        statement.or_default_values_many(u32::try_from(rows).unwrap_or(u32::MAX));
        Ok(())
    }

    /// Written here for all, because sea-query leaves it out for MySQL and with that for MariaDB.
    fn returning(&mut self, returning: &[Expression]) -> Result<Vec<Segment>> {
        if returning.is_empty() {
            return Ok(Vec::new());
        }
        self.spelling.check_returning(self.server)?;
        let mut segments = Vec::new();
        for expression in returning {
            let between = match segments.is_empty() {
                true => " RETURNING ",
                false => ", ",
            };
            segments.push(Segment::Text(between.to_owned()));
            let expression = self.expression(expression)?;
            segments.extend(self.written(&expression));
        }
        Ok(segments)
    }

    pub(super) fn update(&mut self, update: &Update) -> Result<Vec<Segment>> {
        let mut statement = Query::update();
        let (name, condition) = self.changed(&update.rows)?;
        statement.table(table(&name, None));
        for change in &update.changes {
            let value = self.slot(change.value);
            let value = match change.is_increment {
                true => own_column(&change.column).add(value),
                false => value,
            };
            statement.value(iden(&change.column), value);
        }
        if let Some(condition) = condition {
            statement.and_where(condition);
        }
        let mut writer = Writer::default();
        self.builder
            .prepare_update_statement(&statement, &mut writer);
        Ok(writer.into_segments())
    }

    pub(super) fn delete(&mut self, delete: &Delete) -> Result<Vec<Segment>> {
        let mut statement = Query::delete();
        let (name, condition) = self.changed(&delete.rows)?;
        statement.from_table(table(&name, None));
        if let Some(condition) = condition {
            statement.and_where(condition);
        }
        let mut writer = Writer::default();
        self.builder
            .prepare_delete_statement(&statement, &mut writer);
        Ok(writer.into_segments())
    }

    /// The table whose rows change, and which of them do.
    ///
    /// No database but MySQL has a limit there, and none has joins that the others have too. So
    /// where there is more than a condition, a query finds the keys of the rows first.
    fn changed(&mut self, rows: &Select) -> Result<(Name, Option<Expr>)> {
        let Source::Table { name, alias } = &rows.source else {
            return Err(Error::bad_argument(
                "only the rows of a table can be changed",
            ));
        };
        let reads_itself = !self.spelling.reads_what_it_changes()
            && rows.condition.as_ref().is_some_and(Condition::has_query);
        let is_plain = rows.joins.is_empty() && !rows.is_cut() && alias.is_none();
        if is_plain && !reads_itself {
            let condition = match &rows.condition {
                Some(condition) => Some(self.condition(condition)?),
                None => None,
            };
            return Ok((name.clone(), condition));
        }
        let condition = Condition::InQuery {
            columns: rows.key.iter().map(ColumnName::new).collect(),
            query: Box::new(self.keys(rows)?),
            is_negated: false,
        };
        Ok((name.clone(), Some(self.condition(&condition)?)))
    }

    /// The query for the keys of the rows.
    fn keys(&self, rows: &Select) -> Result<Select> {
        if rows.key.is_empty() {
            return Err(Error::bad_argument(format!(
                "which rows of `{}` are to be changed can only be said by their key, and it has none",
                rows.source_name()
            ))
            .with_hint("say it by conditions alone, without joins, limit, offset or subqueries"));
        }
        let mut keys = rows.clone();
        let table = rows.source_name();
        keys.selected = rows
            .key
            .iter()
            .map(|key| {
                Selected::from(Expression::Column(ColumnName {
                    table: (!rows.joins.is_empty()).then(|| table.clone()),
                    column: key.clone(),
                }))
            })
            .collect();
        if self.spelling.reads_what_it_changes() {
            return Ok(keys);
        }
        // MySQL does not read a table that it changes, except through a derived table that it
        // puts aside; DISTINCT and LIMIT keep it from merging the two.
        // https://dev.mysql.com/doc/refman/8.4/en/derived-table-optimization.html
        keys.is_distinct = !rows.is_cut();
        let mut aside = Select::new(
            Source::Query {
                query: Box::new(keys),
                alias: "chosen".to_owned(),
            },
            Vec::new(),
        );
        aside.selected = rows
            .key
            .iter()
            .map(|key| Selected::from(Expression::Column(ColumnName::new(key))))
            .collect();
        Ok(aside)
    }
}

fn on_conflict(conflict: &Conflict) -> OnConflict {
    match conflict {
        Conflict::Ignore { target, any_column } => {
            let mut built = OnConflict::columns(target.iter().map(|name| iden(name)));
            // MySQL's own IGNORE would turn other errors into warnings; a column that is set to
            // itself changes nothing.
            built.do_nothing_on([iden(any_column)]);
            built
        }
        Conflict::Update { target, columns } => {
            let mut built = OnConflict::columns(target.iter().map(|name| iden(name)));
            built.update_columns(columns.iter().map(|name| iden(name)));
            built
        }
    }
}
