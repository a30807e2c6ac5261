//! Names, column expressions and orders.

use sea_query::{
    BinOper, ColumnName as BuiltColumn, ColumnRef, DynIden, Expr, ExprTrait, Func, FunctionCall,
    IntoIden, NullOrdering, Order, OverStatement, QueryBuilder, SchemaName, TableName, TableRef,
    WindowStatement,
};

use super::{QuerySpelling, Renderer, Writer};
use crate::error::Result;
use crate::ident::Name;
use crate::query::segments::Segment;
use crate::query::tree::{ColumnName, Direction, Expression, Function, Nulls, Ordering, Sql};

/// A name. Only those that are owned are escaped by sea-query.
pub(super) fn iden(name: &str) -> DynIden {
    name.to_owned().into_iden()
}

pub(super) fn table_name(name: &Name) -> TableName {
    let namespace = name.namespace.as_deref();
    TableName(
        namespace.map(|namespace| SchemaName(None, iden(namespace))),
        iden(&name.name),
    )
}

pub(super) fn table(name: &Name, alias: Option<&str>) -> TableRef {
    TableRef::Table(table_name(name), alias.map(iden))
}

pub(super) fn column(column: &ColumnName) -> Expr {
    Expr::Column(ColumnRef::Column(BuiltColumn(
        column.table.as_ref().map(table_name),
        iden(&column.column),
    )))
}

pub(super) fn own_column(name: &str) -> Expr {
    column(&ColumnName::new(name))
}

impl<S: QuerySpelling> Renderer<'_, S> {
    pub(super) fn expression(&mut self, expression: &Expression) -> Result<Expr> {
        Ok(match expression {
            Expression::Column(name) => column(name),
            Expression::Star(table) => {
                Expr::Column(ColumnRef::Asterisk(table.as_ref().map(table_name)))
            }
            Expression::Number(digits) => self.text(digits),
            Expression::Sql(sql) => self.trusted(sql),
            Expression::Call {
                function,
                is_distinct,
                arguments,
            } => self.call(*function, *is_distinct, arguments)?,
            Expression::RowNumber { per, order } => self.row_number(per, order)?,
        })
    }

    /// SQL that somebody vouches for, as it stands.
    pub(super) fn trusted(&mut self, sql: &Sql) -> Expr {
        self.piece(vec![Segment::Trusted(sql.text.clone(), sql.values.clone())])
    }

    fn call(
        &mut self,
        function: Function,
        is_distinct: bool,
        arguments: &[Expression],
    ) -> Result<Expr> {
        let arguments = arguments
            .iter()
            .map(|argument| self.expression(argument))
            .collect::<Result<Vec<_>>>()?;
        let name = match function {
            Function::Count => "COUNT",
            Function::Sum => "SUM",
            Function::Avg => "AVG",
            Function::Min => "MIN",
            Function::Max => "MAX",
            Function::Lower => "LOWER",
            Function::Upper => "UPPER",
            Function::Length => self.spelling.length(),
            Function::Coalesce => "COALESCE",
        };
        if !is_distinct {
            return Ok(called(name, arguments).into());
        }
        // sea-query knows DISTINCT for COUNT alone.
        let mut segments = vec![Segment::Text(format!("{name}(DISTINCT "))];
        for argument in &arguments {
            segments.extend(self.written(argument));
        }
        segments.push(Segment::Text(")".to_owned()));
        Ok(self.piece(segments))
    }

    /// `ROW_NUMBER() OVER (PARTITION BY … ORDER BY …)`.
    fn row_number(&mut self, per: &ColumnName, order: &[Ordering]) -> Result<Expr> {
        let mut window = WindowStatement::new();
        window.add_partition_by(column(per));
        for ordering in order {
            let (expression, direction, nulls) = self.ordering(ordering)?;
            match nulls {
                Some(nulls) => window.order_by_expr_with_nulls(expression, direction, nulls),
                None => window.order_by_expr(expression, direction),
            };
        }
        let mut writer = Writer::default();
        self.builder.prepare_window_statement(&window, &mut writer);
        let mut segments = vec![Segment::Text("ROW_NUMBER() OVER (".to_owned())];
        segments.extend(writer.into_segments());
        segments.push(Segment::Text(")".to_owned()));
        Ok(self.piece(segments))
    }

    pub(super) fn ordering(
        &mut self,
        ordering: &Ordering,
    ) -> Result<(Expr, Order, Option<NullOrdering>)> {
        let direction = match ordering.direction {
            Direction::Ascending => Order::Asc,
            Direction::Descending => Order::Desc,
        };
        let nulls = ordering.nulls.map(|nulls| match nulls {
            Nulls::First => NullOrdering::First,
            Nulls::Last => NullOrdering::Last,
        });
        let expression = match &ordering.expression {
            // `… IS NULL` may come behind it.
            Expression::Sql(sql) if nulls.is_some() => {
                let sql = self.trusted(sql);
                Expr::tuple([sql])
            }
            other => self.expression(other)?,
        };
        Ok((expression, direction, nulls))
    }
}

/// A function with its arguments; its name is one that sea-query writes as it stands.
pub(super) fn called(name: &'static str, arguments: Vec<Expr>) -> FunctionCall {
    Func::cust(name).args(arguments)
}

/// `left operator right`.
pub(super) fn binary(left: Expr, operator: BinOper, right: Expr) -> Expr {
    left.binary(operator, right)
}
