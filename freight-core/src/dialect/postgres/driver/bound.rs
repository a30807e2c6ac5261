//! The short way of a statement that is run again and again: values and rows in binary form.
//!
//! EXECUTE is itself a statement, which the server reads each time, and its answer names the columns
//! each time. Where all values and columns are of plain types ([`Plain`]), the statement is prepared
//! once more when it is run for the fifth time, as a message of the extended protocol; from then on
//! the server is sent its number and the values, and answers with nothing but rows. Values that only
//! the server can tell (a text for an integer, a number that is too large) go the long way, as do all
//! statements with other types.
//!
//! sqlx finds its prepared statements by their text. The number of the plan stands in it, so that one
//! that was made before a table changed is never found again; and because sqlx closes none by itself
//! that is still in use, all are closed where there is no more room.

use std::sync::Arc;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgStatement, PgTypeInfo};
use sqlx::{
    Arguments as _, AssertSqlSafe, Connection as _, Either, Encode, Executor as _, Postgres,
    SqlSafeStr as _, SqlStr, Statement as _, Type,
};

use super::super::values::Plain;
use super::cache::{Plan, Sending, Use, Way};
use super::view::{column_of, oid_of};
use super::{PostgresConnection, within};
use crate::driver::{Column, Columns, runtime};
use crate::error::Result;
use crate::value::Value;

/// The run of a statement before which it is looked whether there is a short way for it.
const WORTH_IT: u32 = 5;

/// A message counts its values in 16 bits.
const MOST_VALUES: usize = 32_767;

/// A statement that the server knows by a number of sqlx.
#[derive(Debug)]
pub(super) struct Bound {
    /// The text that sqlx knows it by.
    pub(super) sql: SqlStr,
    /// What its values are.
    parameters: Vec<Plain>,
}

impl Bound {
    /// `None` where a value or a column is not plain.
    fn of(statement: &PgStatement) -> Option<Self> {
        let Some(Either::Left(parameters)) = statement.parameters() else {
            return None;
        };
        let is_plain = |oid| Plain::of(oid).is_some();
        if !(statement.columns().iter()).all(|column| is_plain(oid_of(column))) {
            return None;
        }
        let plain = |parameter: &PgTypeInfo| Plain::of(parameter.oid()?.0);
        Some(Self {
            sql: statement.sql().clone(),
            parameters: parameters.iter().map(plain).collect::<Option<_>>()?,
        })
    }

    /// The values in binary form; `None` where one of them has to go the long way.
    pub(super) fn arguments(&self, values: &[Value]) -> Option<PgArguments> {
        let mut arguments = PgArguments::default();
        arguments.reserve(values.len(), values.len() * 12);
        for (plain, value) in self.parameters.iter().zip(values) {
            arguments.add(Bare(*plain, value)).ok()?;
        }
        Some(arguments)
    }
}

/// A value, as sqlx takes it.
struct Bare<'a>(Plain, &'a Value);

/// sqlx asks for a type to prepare a statement with; here all are prepared already, and 0 is no type.
impl Type<Postgres> for Bare<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Bare<'_> {
    fn encode_by_ref(
        &self,
        buffer: &mut PgArgumentBuffer,
    ) -> std::result::Result<IsNull, BoxDynError> {
        match self.1 {
            Value::Null => Ok(IsNull::Yes),
            value => match self.0.put(value, buffer) {
                Some(()) => Ok(IsNull::No),
                None => Err("for the server to tell".into()),
            },
        }
    }
}

impl PostgresConnection {
    /// The short way of a plan, where it has one; looks for it when it is worth it.
    pub(super) fn bound(&mut self, used: &Use, original: &str) -> Result<Option<Arc<Bound>>> {
        match &used.way {
            Way::Short(bound) => return Ok(Some(Arc::clone(bound))),
            Way::Long => return Ok(None),
            Way::Unknown if used.runs < WORTH_IT => return Ok(None),
            Way::Unknown => {}
        }
        let found = match may_be_plain(&used.plan) {
            true => self.bind(&used.plan)?,
            false => None,
        };
        let found = found.map(Arc::new);
        let way = found.clone().map_or(Way::Long, Way::Short);
        self.cache.set_way(original, way);
        Ok(found)
    }

    fn bind(&mut self, plan: &Plan) -> Result<Option<Bound>> {
        let statement = match self.prepare_message(&plan.sql)? {
            Ok(statement) => statement,
            // sqlx does not know every type (multiranges), and plain is none of those.
            Err(error) if is_about_types(&error) => return Ok(None),
            Err(error) => return Err(self.failure(error).with_sql(&plan.sql)),
        };
        let bound = Bound::of(&statement);
        if bound.is_some() {
            let columns = statement.columns().iter();
            let columns: Columns = columns
                .map(|column| column_of(column, &self.types))
                .collect();
            let _ = plan.columns.set(columns);
        }
        Ok(bound)
    }

    /// Prepares a statement as a message, under a text of its own.
    pub(super) fn prepare_message(
        &mut self,
        sql: &str,
    ) -> Result<std::result::Result<PgStatement, sqlx::Error>> {
        if !self.cache.has_room_for_message() {
            self.close_messages()?;
        }
        self.cache.count_message();
        // The statement may end in a line comment.
        let sql = format!("{sql}\n-- freight_{}", self.cache.next_number());
        let sql = AssertSqlSafe(sql).into_sql_str();
        let _running = self.watched.running();
        let prepared = self.connection.prepare_with(sql, &[]);
        runtime::wait(within(self.deadline, prepared))
    }

    /// Closes all that were prepared as messages; those that the server has forgotten already, too.
    pub(super) fn close_messages(&mut self) -> Result<()> {
        self.cache.forget_messages();
        match runtime::wait(self.connection.clear_cached_statements())? {
            Ok(()) => Ok(()),
            Err(error) => Err(self.failure(error)),
        }
    }
}

/// True where the statement is prepared, and sqlx could not read what its types are.
fn is_about_types(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::TypeNotFound { .. }
    )
}

/// False where what is known already speaks against it.
fn may_be_plain(plan: &Plan) -> bool {
    let is_plain = |column: &Column| Plain::may_be_named(&column.type_name);
    matches!(plan.sending, Sending::Prepared(_))
        && plan.takes_plain
        && plan.parameters.len() <= MOST_VALUES
        && (plan.columns.get()).is_none_or(|columns| columns.iter().all(is_plain))
}
