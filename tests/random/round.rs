//! One round: a schema with rows becomes another one.

use std::sync::Arc;

use freight_core::compare::create_statements;
use freight_core::diff::RenameHints;
use freight_core::driver::DatabaseUrl;
use freight_core::ident::Name;
use freight_core::inspect::Scope;
use freight_core::model::fill_needs;
use freight_core::schema::{Column, IdentityKind, Schema, Table};
use freight_core::source::Reading;
use freight_core::{Database, DialectName};

use crate::generate::{Draw, NAMESPACE};
use crate::models::there_and_back;
use crate::partitions::{is_partition, is_partitioned};
use crate::support::TestDatabase;
use crate::support::journey::{
    Outcome, Problem, Rows, failed, lead, no_row_is_lost, nothing_differs, quoted, rows,
};
use crate::support::place::Place;
use crate::types::refuses_null;

/// The databases that the rounds of one test use one after the other.
pub(crate) struct Stage {
    dialect: DialectName,
    url: DatabaseUrl,
    place: Place,
    pub(crate) other: Place,
}

impl Stage {
    /// `None` where there is no server.
    pub(crate) fn new(dialect: DialectName) -> Option<Self> {
        let test = TestDatabase::create(dialect)?;
        Some(Self {
            dialect,
            url: DatabaseUrl::parse(&test.url).unwrap(),
            place: Place::new(test),
            other: Place::new(TestDatabase::create(dialect)?),
        })
    }

    pub(crate) fn reading(&self) -> Reading<'_> {
        let namespaces = match self.dialect {
            DialectName::Postgres => vec![NAMESPACE.to_owned()],
            _ => Vec::new(),
        };
        Reading {
            dialect: self.dialect.dialect(),
            scratch: Some(&self.url),
            scope: Scope {
                namespaces,
                ..Scope::default()
            },
            programs: None,
            scripts: Some(Arc::new(freight_lua::ModelScripts)),
        }
    }

    /// A into a database with rows, there and back through models, then B.
    pub(crate) fn round(&self, seed: u64) -> Outcome {
        let mut draw = Draw::new(self.dialect, seed);
        let infer = |mut schema: Schema| {
            fill_needs(&mut schema, self.dialect);
            schema
        };
        let first = draw.schema();
        let mut second = draw.mutated(&first);
        let hints = draw.renamed(&first, &mut second);
        let second = infer(second);
        let first = infer(first);
        let reading = self.reading();
        let mut database = self.place.emptied();
        make(&mut database, &first, "making A")?;
        fill(&mut draw, &mut database, (&first, &second), &hints)?;
        nothing_differs(&reading, &mut database, &first, "A, just made")?;
        there_and_back(self, &mut database)?;
        let before = own_rows(&mut database, &first)?;
        let stored = lead(&reading, &mut database, &second, &hints)?.to;
        nothing_differs(
            &reading,
            &mut database,
            &stored,
            "B, as the database spells it",
        )?;
        nothing_differs(&reading, &mut database, &second, "B, after its plan")?;
        let after = own_rows(&mut database, &second)?;
        no_row_is_lost(&before, &after, &hints, |table, column| {
            !is_the_same((&first, &second), table, column, &hints)
        })
        .map_err(Problem::Wrong)?;
        self.place.keep(database);
        Ok(())
    }
}

/// The rows of all tables but those in parts: they have the rows of their parts, which come and go
/// with these.
fn own_rows(database: &mut Database, schema: &Schema) -> Outcome<Rows> {
    let mut rows = rows(database, schema)?;
    if database.dialect.name() == DialectName::Postgres {
        rows.retain(|name, _| !is_partitioned(&schema.tables[name]));
    }
    Ok(rows)
}

/// Makes a schema in an empty database.
pub(crate) fn make(database: &mut Database, schema: &Schema, what: &str) -> Outcome {
    let plan = create_statements(database.dialect, schema).map_err(|error| failed(what, &error))?;
    for statement in plan.statements() {
        let run = database.connection.run(statement);
        run.map_err(|error| failed(&format!("{what}: {statement}"), &error))?;
    }
    Ok(())
}

/// Values are compared in columns that have the same type on both sides.
fn is_the_same(
    (first, second): (&Schema, &Schema),
    table: &Name,
    column: &str,
    hints: &RenameHints,
) -> bool {
    let find = |schema: &Schema, table: &Name, column: &str| -> Option<Column> {
        let column = schema.tables.get(table)?.column(column)?;
        column.generated.is_none().then(|| column.clone())
    };
    let is_table = |(_, to): &&(Name, Name)| to == table;
    let old_table = hints.tables.iter().find(is_table);
    let is_column = |(owner, _, to): &&(Name, String, String)| owner == table && to == column;
    let old_column = hints.columns.iter().find(is_column);
    let before = find(
        first,
        old_table.map_or(table, |(from, _)| from),
        old_column.map_or(column, |(_, from, _)| from),
    );
    match (before, find(second, table, column)) {
        (Some(old), Some(new)) => old.column_type == new.column_type,
        _ => false,
    }
}

/// A column of the schema before, as it is after.
fn becomes<'s>(
    second: &'s Schema,
    name: &Name,
    column: &str,
    hints: &RenameHints,
) -> Option<&'s Column> {
    let renamed = hints.tables.iter().find(|(from, _)| from == name);
    let table = renamed.map_or(name, |(_, to)| to);
    let is_column = |(owner, from, _): &&(Name, String, String)| owner == table && from == column;
    let renamed = hints.columns.iter().find(is_column);
    let column = renamed.map_or(column, |(_, _, to)| to);
    second.tables.get(table)?.column(column)
}

/// Three rows into each table; then keys refer to rows. What must not be NULL after is not before.
fn fill(
    draw: &mut Draw,
    database: &mut Database,
    (schema, second): (&Schema, &Schema),
    hints: &RenameHints,
) -> Outcome {
    for (name, table) in &schema.tables {
        if is_partition(table) || !draw.takes_rows(schema, name) {
            continue;
        }
        let may_be_null = |column: &Column| {
            let after = becomes(second, name, &column.name, hints);
            let takes = |schema: &Schema, column: &Column| {
                column.nullable && !refuses_null(&schema.domains, column)
            };
            takes(schema, column) && after.is_none_or(|after| takes(second, after))
        };
        for id in 1..=3 {
            let insert = insert(draw, database, schema, (name, table), &may_be_null, id);
            let run = database.connection.run(&insert);
            run.map_err(|error| failed(&insert, &error))?;
        }
    }
    for (name, table) in &schema.tables {
        let keys = table.foreign_keys.iter().flat_map(|key| &key.columns);
        let sets: Vec<_> = keys
            .map(|column| format!("{} = id", database.dialect.quote(column)))
            .collect();
        if !sets.is_empty() {
            let update = format!("UPDATE {} SET {}", quoted(database, name), sets.join(", "));
            let run = database.connection.run(&update);
            run.map_err(|error| failed(&update, &error))?;
        }
    }
    Ok(())
}

fn insert(
    draw: &mut Draw,
    database: &Database,
    schema: &Schema,
    (name, table): (&Name, &Table),
    may_be_null: &dyn Fn(&Column) -> bool,
    id: usize,
) -> String {
    let kinds = draw.kinds(schema, table);
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    for column in &table.columns {
        let is_key = table
            .foreign_keys
            .iter()
            .any(|key| key.columns.contains(&column.name));
        // The server knows the times of versions, and those of periods have a default.
        if column.generated.is_some() || is_key || draw.is_timed(table, &column.name) {
            continue;
        }
        let kind = kinds
            .iter()
            .find(|kind| kind.name == column.column_type.as_str());
        let value = match (column.name.as_str(), kind) {
            ("id" | "num", _) => id.to_string(),
            (_, None) => "NULL".to_owned(),
            (_, Some(_)) if may_be_null(column) && draw.chance(30) => "NULL".to_owned(),
            (_, Some(kind)) => (*draw.random.pick(kind.values)).to_owned(),
        };
        columns.push(database.dialect.quote(&column.name));
        values.push(value);
    }
    let is_always = |column: &Column| {
        let kind = column.identity.as_ref().map(|identity| identity.kind);
        kind == Some(IdentityKind::Always)
    };
    let overriding = match table.columns.iter().any(is_always) {
        true => "OVERRIDING SYSTEM VALUE ",
        false => "",
    };
    format!(
        "INSERT INTO {} ({}) {overriding}VALUES ({})",
        quoted(database, name),
        columns.join(", "),
        values.join(", ")
    )
}
