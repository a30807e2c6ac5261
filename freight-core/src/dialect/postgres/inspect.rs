//! Reads a PostgreSQL catalog as a [`Schema`].
//!
//! ```text
//! session.rs     one transaction, one state, settings that print everything the same way
//! catalog.rs     what the parts share: namespaces, extensions, comments, which number is what
//! row.rs         the cells of an answer
//! relations.rs   tables, views, foreign tables        columns.rs      their columns
//! default.rs     default values                       sequences.rs    serial, identity, sequences
//! constraints.rs keys, checks, exclusions             indexes.rs      indexes
//! types.rs       enums, domains, composites, ranges   routines.rs     functions, aggregates
//! attached.rs    triggers, rules, policies, statistics
//! others.rs      collations, casts, operators, text search, foreign servers, …
//! privileges.rs  rights                               opaque.rs       what is only named
//! depend.rs      what needs what                      expression.rs   expressions, made canonical
//! ```
//!
//! One query for each kind of thing and none for each table, everything by object number, never by
//! name: <https://www.postgresql.org/docs/current/catalogs.html>. What a schema holds beside the
//! common fields, as [options](crate::schema::Options):
//!
//! - a table: `unlogged`, `partition_by`, `partition_of`, `partition_bound`, `inherits`, `of_type`,
//!   `access_method`, `tablespace`, `with.*`, `row_security`, `force_row_security`,
//!   `replica_identity`;
//! - a column: `inherited`, `storage`, `compression`, `statistics`, `with.*`, `not_null_name`,
//!   `not_null_no_inherit`, `not_null_not_valid`;
//! - an index, a key: `with.*`, `tablespace`, `clustered`, `statistics.*`, `without_overlaps`;
//! - a trigger, a rule, an event trigger: `enabled`; a view: `default.*`, `comment.*` of its
//!   columns; statistics: `statistics`; a sequence: `unlogged`.

mod attached;
mod catalog;
mod columns;
mod constraints;
mod default;
mod depend;
mod expression;
mod indexes;
mod opaque;
mod others;
mod privileges;
mod relations;
mod routines;
mod row;
mod sequences;
mod session;
mod types;

use self::catalog::Catalog;
use crate::driver::Connection;
use crate::error::Result;
use crate::inspect::{Inspect, Scope};
use crate::schema::Schema;

pub(super) use self::default::parse as parse_default;
pub(super) use self::expression::canonical;
pub(super) use self::indexes::invalid as invalid_index;
pub(super) use self::sequences::usual_sequence_name;

/// Reads the catalog.
pub(super) struct Inspector;

impl Inspect for Inspector {
    fn inspect(&self, connection: &mut dyn Connection, scope: &Scope) -> Result<Schema> {
        session::in_one_state(connection, |connection, namespace| {
            let mut catalog = Catalog::open(connection, namespace, scope)?;
            if catalog.uses("pg_type") {
                types::read(&mut catalog)?;
            }
            relations::read(&mut catalog)?;
            let sequences = sequences::read(&mut catalog)?;
            columns::read(&mut catalog, sequences)?;
            constraints::read(&mut catalog)?;
            indexes::read(&mut catalog)?;
            if catalog.uses("pg_proc") {
                routines::read(&mut catalog)?;
            }
            attached::read(&mut catalog)?;
            others::read(&mut catalog)?;
            privileges::read(&mut catalog)?;
            opaque::read(&mut catalog)?;
            depend::read(&mut catalog)?;
            Ok(catalog.finish())
        })
    }
}
