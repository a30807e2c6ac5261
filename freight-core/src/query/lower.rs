//! What is asked of rows, as a query of its own: counts and sums, whether there are any, so many
//! per value of a column.
//!
//! A query whose rows are cut, made distinct or grouped is put into another as a derived table, so
//! that `count` counts exactly the rows that the query would return.

use super::read::OnConflict;
use super::tree::{
    Action, Change, ColumnName, Condition, Delete, Direction, Expression, Function, Insert,
    Operand, Ordering, Select, Selected, Slot, Source, Update,
};
use crate::error::{Error, Result};

/// The column that numbers the rows per value.
const ROW_NUMBER: &str = "_freight_row";

/// What a query does, before it is a statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Asked {
    Rows,
    Count,
    CountBy(ColumnName),
    Exists,
    Aggregate {
        function: Function,
        expression: Expression,
    },
    Update(Vec<Change>),
    Delete,
    Insert {
        insert: Insert,
        options: OnConflict,
    },
}

/// At most `limit` rows per value of `column`, behind the first `offset`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Per {
    pub(super) column: ColumnName,
    pub(super) limit: u64,
    pub(super) offset: u64,
}

/// What is to be done with `rows`. The values of what that does not need, such as the order of rows
/// that are only counted, are added to `unneeded`.
pub(super) fn action(
    rows: Select,
    per: Option<Per>,
    asked: Asked,
    unneeded: &mut Vec<Slot>,
) -> Result<Action> {
    let is_change = matches!(
        asked,
        Asked::Update(_) | Asked::Delete | Asked::Insert { .. }
    );
    check_lock(&rows, per.as_ref(), &asked)?;
    if is_change && per.is_some() {
        return Err(Error::bad_argument(
            "rows per value of a column can only be read, not changed",
        ));
    }
    let rows = match per {
        Some(per) => numbered(rows, per)?,
        None => rows,
    };
    Ok(match asked {
        Asked::Rows => select(shown(rows)),
        Asked::Count => select(count(rows, unneeded)),
        Asked::CountBy(column) => select(count_by(rows, column, unneeded)?),
        Asked::Exists => select(exists(rows, unneeded)),
        Asked::Aggregate {
            function,
            expression,
        } => select(aggregate(rows, function, expression, unneeded)),
        Asked::Update(changes) => Action::Update(Box::new(Update {
            changes,
            rows: changed(rows, unneeded)?,
        })),
        Asked::Delete => Action::Delete(Box::new(Delete {
            rows: changed(rows, unneeded)?,
        })),
        Asked::Insert { insert, options } => Action::Insert(Box::new(into(rows, insert, options)?)),
    })
}

/// Refuses a lock where it would be lost in a query within another.
fn check_lock(rows: &Select, per: Option<&Per>, asked: &Asked) -> Result<()> {
    let keeps_lock = match asked {
        Asked::Rows => true,
        Asked::Exists => !rows.is_distinct,
        _ => false,
    };
    if rows.lock.is_none() || (keeps_lock && per.is_none()) {
        return Ok(());
    }
    Err(
        Error::bad_argument("a lock is for a query that reads the rows of a table")
            .with_hint("lock the rows first, then count or change them in the same transaction"),
    )
}

fn select(rows: Select) -> Action {
    Action::Select(Box::new(rows))
}

/// The rows as they are. With a join and nothing selected, those of the first table, whose columns
/// would be hidden behind those of the same name otherwise.
fn shown(mut rows: Select) -> Select {
    if rows.selected.is_empty() && !rows.joins.is_empty() {
        rows.selected = vec![everything(&rows)];
    }
    rows
}

fn everything(rows: &Select) -> Selected {
    Expression::Star(Some(rows.source_name())).into()
}

/// `rows` as a derived table.
fn derived(rows: Select, alias: &str) -> Select {
    let source = Source::Query {
        query: Box::new(rows),
        alias: alias.to_owned(),
    };
    Select::new(source, Vec::new())
}

fn call(function: Function, argument: Expression) -> Expression {
    Expression::Call {
        function,
        is_distinct: false,
        arguments: vec![argument],
    }
}

fn count(mut rows: Select, unneeded: &mut Vec<Slot>) -> Select {
    let counted = Selected::from(call(Function::Count, Expression::Star(None)));
    // Their order says nothing about how many there are.
    forget_order(&mut rows, unneeded);
    if is_simple(&rows) {
        reselect(&mut rows, vec![counted], unneeded);
        return rows;
    }
    let mut all = derived(countable(rows, unneeded), "counted");
    all.selected = vec![counted];
    all
}

/// True where the rows are those of the tables for which the condition holds, each as it is.
fn is_simple(rows: &Select) -> bool {
    !rows.is_cut() && !rows.is_distinct && rows.groups.is_empty() && rows.having.is_none()
}

/// As many rows, with as little in them as their number needs.
fn countable(mut rows: Select, unneeded: &mut Vec<Slot>) -> Select {
    if rows.is_distinct {
        return told_apart(shown(rows));
    }
    // A condition on groups may use names that were given where they are selected.
    if rows.having.is_none() || rows.selected.is_empty() {
        reselect(&mut rows, vec![one().into()], unneeded);
    }
    told_apart(rows)
}

fn one() -> Expression {
    Expression::Number("1".to_owned())
}

/// Gives names to selected expressions that would otherwise have the same, or none: a derived
/// table has no two columns of one name.
fn told_apart(mut rows: Select) -> Select {
    let is_alone = rows.selected.len() == 1;
    for (index, selected) in rows.selected.iter_mut().enumerate() {
        let is_star = matches!(selected.expression, Expression::Star(_));
        // What somebody wrote as SQL may have a name already.
        let is_sql = matches!(selected.expression, Expression::Sql(_));
        if selected.alias.is_none() && !is_star && !is_sql && !is_alone {
            selected.alias = Some(format!("value_{}", index + 1));
        }
    }
    rows
}

fn count_by(mut rows: Select, column: ColumnName, unneeded: &mut Vec<Slot>) -> Result<Select> {
    if rows.is_distinct || !rows.groups.is_empty() {
        return Err(Error::bad_argument(
            "`count_by` counts rows, and these are made distinct or grouped already",
        )
        .with_hint("select the column and `COUNT(*)`, and group by the column"));
    }
    let mut value = Expression::Column(column);
    if rows.is_cut() {
        reselect(&mut rows, vec![named(value, "value")], unneeded);
        rows = derived(rows, "counted");
        value = Expression::Column(ColumnName::new("value"));
    }
    forget_order(&mut rows, unneeded);
    rows.groups = vec![value.clone()];
    let counted = call(Function::Count, Expression::Star(None));
    let selected = vec![named(value, "value"), named(counted, "count")];
    reselect(&mut rows, selected, unneeded);
    Ok(rows)
}

fn named(expression: Expression, alias: &str) -> Selected {
    Selected {
        expression,
        alias: Some(alias.to_owned()),
    }
}

/// One row if there are any.
fn exists(mut rows: Select, unneeded: &mut Vec<Slot>) -> Select {
    if rows.is_distinct && rows.is_cut() {
        // An offset goes over distinct rows.
        rows = derived(told_apart(shown(rows)), "found");
    }
    rows.is_distinct = false;
    reselect(&mut rows, vec![named(one(), "found")], unneeded);
    forget_order(&mut rows, unneeded);
    rows.limit = Some(rows.limit.map_or(1, |limit| limit.min(1)));
    rows
}

fn aggregate(
    mut rows: Select,
    function: Function,
    expression: Expression,
    unneeded: &mut Vec<Slot>,
) -> Select {
    if !rows.is_cut() {
        forget_order(&mut rows, unneeded);
    }
    if is_simple(&rows) {
        reselect(&mut rows, vec![call(function, expression).into()], unneeded);
        return rows;
    }
    reselect(&mut rows, vec![named(expression, "value")], unneeded);
    let mut all = derived(rows, "chosen");
    let value = Expression::Column(ColumnName::new("value"));
    all.selected = vec![call(function, value).into()];
    all
}

/// The rows numbered per value of a column, and those whose number is wanted.
fn numbered(mut rows: Select, per: Per) -> Result<Select> {
    if rows.is_distinct || !rows.groups.is_empty() {
        return Err(Error::bad_argument(
            "rows per value of a column cannot be distinct or grouped as well",
        ));
    }
    if rows.selected.is_empty() {
        rows.selected = vec![everything(&rows)];
    }
    let mut order = std::mem::take(&mut rows.order);
    if order.is_empty() {
        let table = (!rows.joins.is_empty()).then(|| rows.source_name());
        order = rows
            .key
            .iter()
            .map(|key| {
                ascending(ColumnName {
                    table: table.clone(),
                    column: key.clone(),
                })
            })
            .collect();
    }
    let number = Expression::RowNumber {
        per: per.column,
        order,
    };
    rows.selected.push(named(number, ROW_NUMBER));
    let limit = rows.limit.take();
    let offset = rows.offset.take();
    let mut wanted = derived(rows, "numbered");
    wanted.condition = Some(Condition::Between {
        column: ColumnName::new(ROW_NUMBER),
        low: Operand::Number(per.offset.saturating_add(1)),
        high: Operand::Number(per.offset.saturating_add(per.limit)),
        is_negated: false,
    });
    wanted.order = vec![ascending(ColumnName::new(ROW_NUMBER))];
    wanted.limit = limit;
    wanted.offset = offset;
    Ok(wanted)
}

fn ascending(column: ColumnName) -> Ordering {
    Ordering {
        expression: Expression::Column(column),
        direction: Direction::Ascending,
        nulls: None,
    }
}

/// The rows of a table that change.
fn changed(mut rows: Select, unneeded: &mut Vec<Slot>) -> Result<Select> {
    let is_plain = rows.selected.is_empty()
        && !rows.is_distinct
        && rows.groups.is_empty()
        && rows.having.is_none();
    if !is_plain {
        return Err(Error::bad_argument(
            "rows that are selected, made distinct or grouped cannot be changed",
        )
        .with_hint("leave out `select`, `distinct`, `group_by` and `having`"));
    }
    if !rows.is_cut() {
        forget_order(&mut rows, unneeded);
    }
    Ok(rows)
}

/// Leaves the rows in any order.
fn forget_order(rows: &mut Select, unneeded: &mut Vec<Slot>) {
    for ordering in std::mem::take(&mut rows.order) {
        add_slots(&ordering.expression, unneeded);
    }
}

/// Selects something else.
fn reselect(rows: &mut Select, selected: Vec<Selected>, unneeded: &mut Vec<Slot>) {
    for before in std::mem::replace(&mut rows.selected, selected) {
        add_slots(&before.expression, unneeded);
    }
}

fn add_slots(expression: &Expression, slots: &mut Vec<Slot>) {
    match expression {
        Expression::Sql(sql) => slots.extend(&sql.values),
        Expression::Call { arguments, .. } => {
            for argument in arguments {
                add_slots(argument, slots);
            }
        }
        Expression::RowNumber { order, .. } => {
            for ordering in order {
                add_slots(&ordering.expression, slots);
            }
        }
        Expression::Column(_) | Expression::Star(_) | Expression::Number(_) => {}
    }
}

/// An INSERT knows its table and nothing else of a query.
fn into(rows: Select, mut insert: Insert, options: OnConflict) -> Result<Insert> {
    let only_table = Select::new(rows.source.clone(), rows.key.clone());
    if rows != only_table {
        return Err(Error::bad_argument(
            "an INSERT has no conditions, order, limit or joins",
        ));
    }
    insert.conflict = options.into_conflict(&rows.key, &insert.columns)?;
    Ok(insert)
}
