//! A new type in place of an old one of the same name: for what `ALTER TYPE` and `ALTER DOMAIN`
//! cannot do.
//!
//! The old type gets a name aside, the new one is made, and every column is changed to it. Checks
//! and indexes that speak of the type would be made again with the old one, so that they are taken
//! away before. What the values are in between, the one who asks says.

use super::super::refused;
use super::super::table::names;
use crate::dialect::postgres::render::table::alter as alter_table;
use crate::dialect::postgres::render::types::{create, named};
use crate::dialect::postgres::render::{column, constraint, index, quote};
use crate::dialect::postgres::rules::heirs::parents;
use crate::dialect::postgres::rules::is_of_type;
use crate::diff::{Change, UserType};
use crate::error::Result;
use crate::ident::{Name, aside};
use crate::plan::Context;
use crate::schema::{Check, Column, DefaultValue, Index, IndexKey, Schema, Table};

/// What becomes of a type.
pub(super) struct Rebuild<'a> {
    pub(super) name: &'a Name,
    /// As it is to be.
    pub(super) new: &'a UserType,
    /// The type that both have in common, or that the new one is made over.
    pub(super) through: &'a str,
    /// What makes it of a value of the old type.
    pub(super) cast: &'a str,
    /// False for a default that the new type does not know: the change of its column says what
    /// comes instead.
    pub(super) keeps_default: &'a dyn Fn(&DefaultValue) -> bool,
    /// What is being done, for what has to be refused.
    pub(super) doing: &'a str,
}

impl Rebuild<'_> {
    /// All that has to be done.
    pub(super) fn statements(&self, context: &Context<'_>) -> Result<Vec<String>> {
        if let Some(user) = other_user(self.name, context.from) {
            return Err(refused(
                format!(
                    "{} the type `{}`, which {user} uses,",
                    self.doing, self.name
                ),
                "change what uses the type first, in a migration of its own",
            ));
        }
        if let Some(generated) = self.generated(context.from) {
            return Err(refused(
                format!(
                    "{} the type `{}`, from which the generated column `{generated}` is made,",
                    self.doing, self.name
                ),
                "drop the generated column first, in a migration of its own, and add it after",
            ));
        }
        let old = self.name.sibling(aside(&self.name.name));
        let mut statements = vec![format!(
            "ALTER {} RENAME TO {}",
            named(self.name, self.new),
            quote::identifier(&old.name)
        )];
        statements.extend(create(self.name, self.new));
        let heirs = heirs(context.from);
        for (before, table) in heirs.iter().rev() {
            statements.extend(self.let_go_of_defaults(
                &name_after(before, context),
                table,
                context,
            ));
        }
        for (before, table) in &context.from.tables {
            let after = name_after(before, context);
            let stays = context.to.tables.contains_key(&after);
            statements.extend(self.retype(&after, table, stays, context.from));
        }
        for (before, table) in &heirs {
            let after = name_after(before, context);
            if context.to.tables.contains_key(&after) {
                statements.extend(self.own_defaults(&after, table, context));
            }
        }
        statements.push(format!("DROP {}", named(&old, self.new)));
        Ok(statements)
    }

    /// A generated column that is made from one of the type: the server refuses to change that.
    fn generated(&self, schema: &Schema) -> Option<String> {
        schema.tables.iter().find_map(|(name, table)| {
            let of_type = |column: &&Column| is_of_type(column, self.name);
            let column = table.columns.iter().find(|column| {
                let expression = column.generated.as_ref().map(|one| one.expression.as_str());
                let mut sources = table.columns.iter().filter(of_type);
                sources.any(|source| expression.is_some_and(|text| names(text, &source.name)))
            })?;
            Some(format!("{name}.{}", column.name))
        })
    }

    /// The columns of the type that an heir has with a parent and whose default is its own.
    fn with_own_defaults<'t>(&self, heir: &'t Table, schema: &Schema) -> Vec<&'t Column> {
        let columns = heir.columns.iter();
        let of_type = columns.filter(|column| is_of_type(column, self.name));
        of_type
            .filter(|column| {
                let mut above = above(heir, &column.name, schema);
                above.any(|other| other.default != column.default)
            })
            .collect()
    }

    /// A default of an heir's own would hold on to the old type when its parent gets the new one.
    fn let_go_of_defaults(
        &self,
        heir: &Name,
        what: &Table,
        context: &Context<'_>,
    ) -> Option<String> {
        let columns = self.with_own_defaults(what, context.from);
        let parts: Vec<String> = columns
            .iter()
            .filter(|column| column.default.is_some())
            .map(|column| drop_default(&quote::identifier(&column.name)))
            .collect();
        alter_table(heir, &parts)
    }

    /// What an heir has otherwise than its parent, which handed its default down.
    fn own_defaults(&self, heir: &Name, what: &Table, context: &Context<'_>) -> Option<String> {
        let columns = self.with_own_defaults(what, context.from);
        let parts: Vec<String> = columns
            .iter()
            .map(|column| {
                let name = quote::identifier(&column.name);
                let is_array = column.column_type.as_str().ends_with("[]");
                self.set_default(column, &name, is_array)
                    .unwrap_or_else(|| drop_default(&name))
            })
            .collect();
        alter_table(heir, &parts)
    }

    /// Changes the columns of one table from the old type to the new one of the same name; those
    /// of its parents change with these.
    fn retype(&self, table: &Name, what: &Table, stays: bool, schema: &Schema) -> Vec<String> {
        let columns: Vec<&Column> = what
            .columns
            .iter()
            .filter(|column| is_of_type(column, self.name))
            .filter(|column| above(what, &column.name, schema).next().is_none())
            .collect();
        if columns.is_empty() {
            return Vec::new();
        }
        let cast = format!("::{}", quote::qualified(self.name));
        let checks: Vec<&Check> = what
            .checks
            .iter()
            .filter(|check| check.expression.as_str().contains(&cast))
            .collect();
        let indexes: Vec<&Index> = what
            .indexes
            .iter()
            .filter(|index| texts_of(index).any(|text| text.contains(&cast)))
            .collect();
        let mut parts: Vec<String> = checks
            .iter()
            .filter_map(|check| check.name.as_deref())
            .map(|check| format!("DROP CONSTRAINT {}", quote::identifier(check)))
            .collect();
        for column in columns {
            parts.extend(self.retype_column(column, stays));
        }
        parts.extend(checks.iter().map(|check| {
            let not_valid = if check.not_valid { " NOT VALID" } else { "" };
            format!("ADD {}{not_valid}", constraint::check(check))
        }));
        let mut statements: Vec<String> = indexes
            .iter()
            .map(|one| index::drop(&one.name, table))
            .collect();
        statements.extend(alter_table(table, &parts));
        for one in indexes {
            statements.push(index::create(one, table));
            statements.extend(index::after(one, table));
        }
        statements
    }

    fn retype_column(&self, column: &Column, stays: bool) -> Vec<String> {
        let name = quote::identifier(&column.name);
        let kind = column.column_type.as_str();
        let is_array = kind.ends_with("[]");
        let (cast, through) = match is_array {
            true => (
                // Each cast on the way is one of arrays.
                self.cast
                    .split("::")
                    .filter(|word| !word.is_empty())
                    .fold(String::new(), |text, word| format!("{text}::{word}[]")),
                format!("{}[]", self.through),
            ),
            false => (self.cast.to_owned(), self.through.to_owned()),
        };
        let mut parts = Vec::new();
        if column.default.is_some() {
            parts.push(drop_default(&name));
        }
        // A table that is dropped later only has to let go of the old type.
        if !stays {
            parts.push(format!(
                "ALTER COLUMN {name} TYPE {through} USING {name}{cast}"
            ));
            return parts;
        }
        parts.push(format!(
            "ALTER COLUMN {name} TYPE {kind} USING {name}{cast}::{kind}"
        ));
        parts.extend(self.set_default(column, &name, is_array));
        parts
    }

    fn set_default(&self, column: &Column, name: &str, is_array: bool) -> Option<String> {
        let value = column.default.as_ref()?;
        (is_array || (self.keeps_default)(value)).then(|| {
            let value = column::default(value);
            format!("ALTER COLUMN {name} SET DEFAULT {value}")
        })
    }
}

fn drop_default(name: &str) -> String {
    format!("ALTER COLUMN {name} DROP DEFAULT")
}

/// The tables that inherit, parents before their heirs.
fn heirs(schema: &Schema) -> Vec<(&Name, &Table)> {
    let tables = schema.tables.iter();
    let mut heirs: Vec<(&Name, &Table)> = tables
        .filter(|(_, table)| !parents(&table.options).is_empty())
        .collect();
    heirs.sort_by_cached_key(|(_, table)| depth(table, schema, schema.tables.len()));
    heirs
}

/// How many tables stand above one, in a row; no more than there are, for those in a circle.
fn depth(table: &Table, schema: &Schema, most: usize) -> usize {
    let Some(most) = most.checked_sub(1) else {
        return 0;
    };
    let parents = parents(&table.options);
    let parents = parents.iter().filter_map(|name| schema.tables.get(name));
    let depths = parents.map(|parent| depth(parent, schema, most).saturating_add(1));
    depths.max().unwrap_or(0)
}

/// The columns of a table's parents of one name.
fn above<'s>(
    table: &Table,
    column: &str,
    schema: &'s Schema,
) -> impl Iterator<Item = &'s Column> + use<'s> {
    let parents = parents(&table.options).into_iter();
    let column = column.to_owned();
    parents.filter_map(move |name| schema.tables.get(&name)?.column(&column))
}

/// What is neither a column of a table nor dropped around the change.
fn other_user(name: &Name, schema: &Schema) -> Option<String> {
    let text = quote::qualified(name);
    let is_it = |spelling: &str| spelling.trim_end_matches("[]") == text;
    let domain = schema
        .domains
        .iter()
        .find(|(_, one)| is_it(one.base.as_str()));
    let composite = schema.composites.iter().find(|(_, one)| {
        one.attributes
            .iter()
            .any(|attribute| is_it(attribute.attribute_type.as_str()))
    });
    domain
        .map(|(name, _)| format!("the domain `{name}`"))
        .or_else(|| composite.map(|(name, _)| format!("the type `{name}`")))
}

/// The name that a table has when types are changed: renames come before.
fn name_after(name: &Name, context: &Context<'_>) -> Name {
    let mut name = name.clone();
    for change in context.changes {
        if let Change::RenameTable { from, to } = change
            && *from == name
        {
            name = to.clone();
        }
    }
    name
}

fn texts_of(index: &Index) -> impl Iterator<Item = &str> {
    let parts = index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Expression(expression) => Some(expression.as_str()),
        IndexKey::Column(_) => None,
    });
    let predicate = index.predicate.iter().map(|predicate| predicate.as_str());
    parts.chain(predicate)
}
