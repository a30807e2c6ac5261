//! What the migration engine asks.
//!
//! The lock is an advisory lock of the session, asked for again and again and never waited for
//! inside the server: a waiting session has a snapshot, and `CREATE INDEX CONCURRENTLY` of the one
//! that holds the lock would wait for it in turn. What can be read from a statement's text is in
//! `statements.rs`.

use super::render::quote::quoted;
use super::statements::{
    self, ConcurrentIndex, Object, concurrent_index, concurrent_reindex, folded,
};
use crate::dialect::common::history::{self, HistoryTypes};
use crate::driver::{Connection, Server, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{
    ABSENT, HistoryTable, MigrationSupport, Probe, SessionSettings, StatementFacts,
};
use crate::value::Value;

/// The answers.
pub(super) struct Migrations;

/// What Freight set `lock_timeout` to, as the server prints it, to know it from what a script sets.
const REMEMBER_TIMEOUT: &str =
    "SELECT set_config('freight.lock_timeout', current_setting('lock_timeout'), false)";

/// No `lock_timeout`, where it is Freight's own. A statement that others do not queue behind may
/// wait: giving up an index half-way costs all of the work, and leaves an invalid one.
const WAIT_LONG: &str = "SELECT set_config('lock_timeout', '0', false), \
     set_config('freight.waits', 'on', false) \
     WHERE current_setting('lock_timeout') = current_setting('freight.lock_timeout', true)";

/// The `lock_timeout` that [`WAIT_LONG`] took away.
const WAIT_SHORT: &str = "SELECT set_config('lock_timeout', \
     current_setting('freight.lock_timeout'), false), set_config('freight.waits', '', false) \
     WHERE current_setting('freight.waits', true) = 'on'";

const HISTORY_TYPES: HistoryTypes = HistoryTypes {
    // Compared byte by byte, whatever the collation of the database.
    id: "text COLLATE \"C\"",
    name: "text",
    text: "text",
    integer: "bigint",
    moment: "text",
    options: "",
};

/// The lock's key: `Frgt` in ASCII, and a number made of the schema that the history is in, so
/// that applications in schemas of their own do not wait for each other. The server adds the
/// database.
const LOCK: &str =
    "1181902708, ('x' || substr(md5(coalesce(current_schema(), '')), 1, 8))::bit(32)::int";

/// The locks of that kind in `pg_locks`; two keys of 32 bits are marked by `objsubid = 2`.
const LOCKS: &str = "locktype = 'advisory' AND classid = 1181902708 AND objsubid = 2 AND granted \
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

impl MigrationSupport for Migrations {
    fn history_table(&self, connection: &mut dyn Connection, table: &str) -> Result<HistoryTable> {
        let find = Statement::new(
            "SELECT current_schema(), EXISTS (SELECT FROM pg_class WHERE relname = ? AND \
             relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND \
             relkind IN ('r', 'p', 'v', 'm', 'f'))",
        );
        let rows = connection.fetch(&find.bind(table))?.rows;
        match rows.first().map(Vec::as_slice) {
            Some([Value::Text(schema), exists]) => Ok(HistoryTable {
                name: format!("{}.{}", quoted(schema), quoted(table)),
                exists: *exists == Value::Bool(true),
            }),
            _ => Err(Error::new(
                ErrorKind::MissingSetting,
                "no schema of the `search_path` exists, so there is none to create tables in",
            )
            .with_hint(
                "create the schema, or choose one in the URL: `?options=-c%20search_path=app`",
            )),
        }
    }

    fn create_history(&self, table: &str) -> Vec<String> {
        vec![history::create_history(table, &HISTORY_TYPES)]
    }

    fn try_lock(&self, connection: &mut dyn Connection) -> Result<bool> {
        let lock = format!("SELECT pg_try_advisory_lock({LOCK}), pg_backend_pid()");
        let rows = connection.fetch(&Statement::new(lock))?.rows;
        let Some([Value::Bool(true), process]) = rows.first().map(Vec::as_slice) else {
            return Ok(false);
        };
        // Behind a pooler that hands out a server's connection for one transaction at a time,
        // the lock stays with a session that somebody else has next.
        let check = format!(
            "SELECT pg_backend_pid() = ? AND EXISTS (SELECT FROM pg_locks WHERE {LOCKS} \
             AND pid = pg_backend_pid())"
        );
        let check = Statement::new(check).bind(process.as_int());
        if connection.fetch_value(&check)? == Value::Bool(true) {
            return Ok(true);
        }
        self.unlock(connection)?;
        Err(
            Error::unsupported("migrating through a connection pooler", "Freight").with_hint(
                "the pooler changes the server's session between statements: give `migrate` a URL \
                 that leads to the server itself",
            ),
        )
    }

    /// The key is read from the locks that are held: a script may have changed the schema.
    fn unlock(&self, connection: &mut dyn Connection) -> Result<()> {
        let unlock = format!(
            "SELECT pg_advisory_unlock(classid::bigint::bit(32)::int, \
             objid::bigint::bit(32)::int) FROM pg_locks WHERE {LOCKS} AND pid = pg_backend_pid()"
        );
        connection.execute(&Statement::new(unlock))?;
        Ok(())
    }

    fn lock_holder(&self, connection: &mut dyn Connection) -> Result<Option<String>> {
        // To a role without rights over the other session, only its process and user are shown.
        let holder = format!(
            "SELECT 'process ' || locks.pid || coalesce(' of ' || usename, '') || \
             coalesce('@' || host(client_addr), '') || \
             coalesce(', since ' || to_char(backend_start AT TIME ZONE 'UTC', 'HH24:MI:SS') || ' UTC', '') \
             FROM pg_locks AS locks LEFT JOIN pg_stat_activity AS activity ON activity.pid = locks.pid \
             WHERE {LOCKS} AND (classid, objid::bigint::bit(32)::int) = ({LOCK})"
        );
        let holder = connection.fetch_value(&Statement::new(holder))?;
        Ok(holder.as_text().map(str::to_owned))
    }

    /// `RESET ALL` leaves role and user alone, and the driver sets its own settings again after it.
    fn prepare_session(
        &self,
        connection: &mut dyn Connection,
        settings: &SessionSettings,
    ) -> Result<()> {
        for sql in ["RESET SESSION AUTHORIZATION", "RESET ROLE", "RESET ALL"] {
            connection.run(sql)?;
        }
        if let Some(limit) = settings.table_lock_timeout {
            let set = Statement::new("SELECT set_config('lock_timeout', ?, false)");
            connection.execute(&set.bind(format!("{}ms", limit.as_millis())))?;
            connection.run(REMEMBER_TIMEOUT)?;
        }
        Ok(())
    }

    fn facts(&self, server: &Server, sql: &str) -> StatementFacts {
        statements::facts(server, sql)
    }

    fn fingerprint(&self, connection: &mut dyn Connection, probe: &Probe) -> Result<String> {
        let Some(object) = Object::read(&probe.object) else {
            return Ok(ABSENT.to_owned());
        };
        let question = match &object {
            // An index that is not valid was not built: the statement has to be sent again.
            Object::Built { index, table } => Statement::new(
                "SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON oid = indexrelid \
                 WHERE indrelid = to_regclass(?) AND relname = ? AND indisvalid",
            )
            .bind(table.as_str())
            .bind(folded(index)),
            Object::Index(name) => Statement::new(
                "SELECT 'index ' || oid FROM pg_class WHERE oid = to_regclass(?) AND relkind IN ('i', 'I')",
            )
            .bind(name.as_str()),
            // While it is being detached, it is attached: `DETACH … FINALIZE` has to follow.
            Object::Partition { child, parent } => Statement::new(
                "SELECT 'attached' FROM pg_inherits WHERE inhrelid = to_regclass(?) \
                 AND inhparent = to_regclass(?)",
            )
            .bind(child.as_str())
            .bind(parent.as_str()),
            Object::Cluster { kind, name } => Statement::new(match kind.as_str() {
                "database" => "SELECT 'database ' || oid FROM pg_database WHERE datname = ?",
                "tablespace" => "SELECT 'tablespace ' || oid FROM pg_tablespace WHERE spcname = ?",
                _ => {
                    "SELECT 'subscription ' || oid FROM pg_subscription WHERE subname = ? AND \
                     subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
                }
            })
            .bind(name.as_str()),
        };
        let state = connection.fetch_value(&question)?;
        Ok(state.as_text().unwrap_or(ABSENT).to_owned())
    }

    /// A `CREATE INDEX CONCURRENTLY` that failed leaves an invalid index, and `IF NOT EXISTS` would
    /// then be satisfied with it; a `REINDEX CONCURRENTLY` leaves indexes `…_ccnew` or `…_ccold`.
    /// <https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY>
    fn before_statement(
        &self,
        connection: &mut dyn Connection,
        sql: &str,
        again: bool,
    ) -> Result<()> {
        if statements::waits_without_blocking(sql) {
            connection.run(WAIT_LONG)?;
        }
        if let Some(index) = concurrent_index(sql) {
            let invalid = invalid_indexes(connection, &index)?;
            return match invalid.first() {
                None => Ok(()),
                Some(name) if !again || index.name.is_none() => {
                    // Without a name, a leftover is only in the way of a second try.
                    if index.name.is_none() && !again {
                        return Ok(());
                    }
                    Err(Error::new(
                        ErrorKind::InvalidIndex,
                        format!("the index `{name}` is invalid: building it failed earlier"),
                    )
                    .with_hint(format!("remove it: `DROP INDEX CONCURRENTLY {name}`")))
                }
                Some(name) => drop_index(connection, name),
            };
        }
        match concurrent_reindex(sql) {
            Some((name, is_index)) if again => {
                let leftovers = leftovers(connection, &name, is_index)?;
                leftovers
                    .iter()
                    .try_for_each(|index| drop_index(connection, index))
            }
            _ => Ok(()),
        }
    }

    fn after_statement(
        &self,
        connection: &mut dyn Connection,
        sql: &str,
        outcome: Result<()>,
    ) -> Result<()> {
        if statements::waits_without_blocking(sql) && !connection.is_lost() {
            connection.run(WAIT_SHORT)?;
        }
        let Some(index) = concurrent_index(sql) else {
            return outcome;
        };
        let Err(error) = outcome else {
            return match invalid_indexes(connection, &index)?.first() {
                Some(name) if index.name.is_some() => Err(Error::new(
                    ErrorKind::InvalidIndex,
                    format!("the index `{name}` is there, but it is invalid"),
                )
                .with_hint(format!(
                    "remove it: `DROP INDEX CONCURRENTLY {name}`, and run `freight migrate` again"
                ))),
                _ => Ok(()),
            };
        };
        if connection.is_lost() {
            return Err(error);
        }
        // What cannot be asked for now is no reason to hide the error.
        let left = invalid_indexes(connection, &index).unwrap_or_default();
        let Some(name) = left.first() else {
            return Err(error);
        };
        let mut hint = match index.name {
            Some(_) => format!("the invalid index `{name}` was left; the next run removes it"),
            None => format!(
                "the invalid index `{name}` was left: remove it with `DROP INDEX CONCURRENTLY {name}`"
            ),
        };
        if let Some(first) = error.hint() {
            hint = format!("{first}; {hint}");
        }
        Err(error.with_hint(hint))
    }

    fn table_columns(
        &self,
        connection: &mut dyn Connection,
        table: &str,
    ) -> Result<Option<Vec<String>>> {
        let mut found = columns_of(connection, &quoted(table))?;
        if let (None, Some((schema, name))) = (&found, table.split_once('.')) {
            found = columns_of(connection, &format!("{}.{}", quoted(schema), quoted(name)))?;
        }
        Ok(found)
    }
}

/// The columns of what a quoted name means to the session.
fn columns_of(connection: &mut dyn Connection, name: &str) -> Result<Option<Vec<String>>> {
    // One row at least for a table, also for one without columns.
    let find = Statement::new(
        "SELECT attname FROM pg_class LEFT JOIN pg_attribute ON attrelid = pg_class.oid \
         AND attnum > 0 AND NOT attisdropped WHERE pg_class.oid = to_regclass(?) ORDER BY attnum",
    );
    let rows = connection.fetch(&find.bind(name))?.rows;
    if rows.is_empty() {
        return Ok(None);
    }
    let names = rows.iter().flatten().filter_map(Value::as_text);
    Ok(Some(names.map(str::to_lowercase).collect()))
}

/// The invalid index that `index` would make or has made: the one of its name, or without a
/// name all of the table. Quoted, with their schema.
fn invalid_indexes(
    connection: &mut dyn Connection,
    index: &ConcurrentIndex,
) -> Result<Vec<String>> {
    let name = index.name.as_deref().map(folded);
    let find = Statement::new(
        "SELECT format('%I.%I', nspname, relname) FROM pg_index \
         JOIN pg_class ON pg_class.oid = indexrelid \
         JOIN pg_namespace ON pg_namespace.oid = relnamespace \
         WHERE indrelid = to_regclass(?) AND NOT indisvalid \
         AND (relname = ? OR ?::bool AND relname !~ '_cc(new|old)[0-9]*$') ORDER BY 1",
    );
    let find = find
        .bind(index.table.as_str())
        .bind(name.clone())
        .bind(name.is_none());
    texts(connection, &find)
}

/// What an interrupted `REINDEX CONCURRENTLY` of a table or an index left.
fn leftovers(connection: &mut dyn Connection, name: &str, is_index: bool) -> Result<Vec<String>> {
    let find = Statement::new(
        "SELECT format('%I.%I', nspname, relname) FROM pg_index \
         JOIN pg_class ON pg_class.oid = indexrelid \
         JOIN pg_namespace ON pg_namespace.oid = relnamespace \
         WHERE NOT indisvalid AND relname ~ '_cc(new|old)[0-9]*$' AND indrelid = \
         CASE WHEN ?::bool THEN (SELECT indrelid FROM pg_index WHERE indexrelid = to_regclass(?)) \
         ELSE to_regclass(?) END ORDER BY 1",
    );
    texts(connection, &find.bind(is_index).bind(name).bind(name))
}

fn texts(connection: &mut dyn Connection, statement: &Statement) -> Result<Vec<String>> {
    let rows = connection.fetch(statement)?.rows;
    let texts = rows.iter().flatten().filter_map(Value::as_text);
    Ok(texts.map(str::to_owned).collect())
}

fn drop_index(connection: &mut dyn Connection, name: &str) -> Result<()> {
    connection.run(&format!("DROP INDEX CONCURRENTLY IF EXISTS {name}"))?;
    Ok(())
}
