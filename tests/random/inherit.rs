//! Draws tables of PostgreSQL that inherit from others, and keeps them in step with those.
//! <https://www.postgresql.org/docs/current/ddl-inherit.html>

use freight_core::ident::Name;
use freight_core::schema::{
    Check, Column, DefaultValue, Expression, IdentityKind, PrimaryKey, Schema, Table,
};

use crate::generate::Draw;
use crate::partitions::{is_partition, is_partitioned};
use crate::typed::is_typed;

/// What a column has from its parent, other than its type.
const SHARED: &[&str] = &["storage", "compression"];

/// True for a column that a table has from another one.
pub(crate) fn is_inherited(column: &Column) -> bool {
    column.options.has("inherited")
}

impl Draw {
    /// The tables that a table inherits from.
    pub(crate) fn parents(&self, schema: &Schema, table: &Table) -> Vec<Name> {
        let text = table.options.get("inherits").unwrap_or_default();
        let find = |quoted: &str| {
            let mut names = schema.tables.keys();
            names.find(|name| self.quote_name(name) == quoted).cloned()
        };
        text.split(", ").filter_map(find).collect()
    }

    fn set_parents(&self, table: &mut Table, parents: &[Name]) {
        let parents: Vec<_> = parents.iter().map(|name| self.quote_name(name)).collect();
        table.options.set("inherits", parents.join(", "));
    }

    /// The tables that inherit from a table, and those that inherit from these.
    pub(crate) fn heirs(&self, schema: &Schema, name: &Name) -> Vec<Name> {
        let mut heirs: Vec<Name> = Vec::new();
        let mut open = vec![name.clone()];
        while let Some(parent) = open.pop() {
            for (child, table) in &schema.tables {
                if self.parents(schema, table).contains(&parent) && !heirs.contains(child) {
                    heirs.push(child.clone());
                    open.push(child.clone());
                }
            }
        }
        heirs
    }

    /// True for a column that one of the parents has too.
    pub(crate) fn is_of_parent(&self, schema: &Schema, table: &Table, column: &str) -> bool {
        let parents = self.parents(schema, table);
        let has_it = |name: &Name| schema.tables[name].column(column).is_some();
        parents.iter().any(has_it)
    }

    /// Adds a table that inherits from one or two of those that are there.
    pub(crate) fn add_child(&mut self, schema: &mut Schema) {
        let can_pass_on =
            |table: &Table| !is_partition(table) && !is_partitioned(table) && !is_typed(table);
        let candidates: Vec<Name> = schema
            .tables
            .iter()
            .filter(|(_, table)| can_pass_on(table))
            .map(|(name, _)| name.clone())
            .collect();
        if candidates.is_empty() {
            return;
        }
        let first = self.random.pick(&candidates).clone();
        let second = self.random.pick(&candidates).clone();
        let mut parents = vec![first.clone()];
        if self.chance(40) && first != second && go_together(schema, &first, &second) {
            parents.push(second);
        }
        let own = Name::new(self.name());
        let mut table = Table::default();
        self.set_parents(&mut table, &parents);
        if self.chance(20) {
            table.options.set("with.fillfactor", "75");
        }
        schema.tables.insert(own.clone(), table);
        self.follow_parents(schema);
        self.with_table(&own, schema, |draw, schema, table| {
            draw.dress_child(schema, &own, table);
        });
    }

    fn dress_child(&mut self, schema: &Schema, own: &Name, table: &mut Table) {
        if self.chance(60) {
            table.primary_key = Some(PrimaryKey {
                name: Some(format!("{}_pkey", own.name)),
                ..PrimaryKey::of(["id"])
            });
        }
        for place in 0..table.columns.len() {
            self.dress_inherited(schema, table, place);
        }
        for _ in 0..self.random.below(3) {
            self.add_column(schema, table);
        }
        if self.chance(30) {
            self.add_foreign_key(schema, own, table);
        }
        for _ in 0..self.random.below(3) {
            self.add_part(schema, own, table);
        }
        if self.chance(20) {
            self.repeat_check(schema, table);
        }
    }

    /// Lets a column of a parent be somewhat different, or be said once more.
    pub(crate) fn dress_inherited(&mut self, schema: &Schema, table: &mut Table, place: usize) {
        let kinds = self.kinds(schema, table);
        let drawn = self.random.below(12);
        let (comment, target) = (self.comment(), self.random.pick(&["7", "70"]).to_string());
        let column = &mut table.columns[place];
        let kind = (kinds.iter()).find(|kind| kind.name == column.column_type.as_str());
        let is_plain = column.generated.is_none() && column.name != "id";
        match drawn {
            0 if is_plain => column.default = None,
            1 if is_plain => column.default = kind.and_then(|kind| kind.default.clone()),
            2 if kind.is_some_and(|kind| !kind.values.contains(&"NULL")) => {
                column.nullable = false;
            }
            3 => column.options.set("statistics", target),
            // The server takes no generated column again before PostgreSQL 16.
            4 if column.generated.is_none() => drop(column.options.remove("inherited")),
            5 => column.comment = comment,
            _ => {}
        }
    }

    /// A check that the parent has, once more.
    fn repeat_check(&mut self, schema: &Schema, table: &mut Table) {
        let parents = self.parents(schema, table);
        let checks = parents.iter().flat_map(|name| &schema.tables[name].checks);
        // The server merges no others.
        let check = checks
            .filter(|check| !check.no_inherit && !check.not_valid)
            .find(|check| !table.checks.iter().any(|own| own.name == check.name));
        table.checks.extend(check.cloned());
    }

    /// Gives every table the columns that its parents have, and takes those that they have no more.
    pub(crate) fn follow_parents(&mut self, schema: &mut Schema) {
        let mut waiting: Vec<Name> = schema.tables.keys().cloned().collect();
        waiting.retain(|name| schema.tables[name].options.has("inherits"));
        while !waiting.is_empty() {
            let ready = |name: &&Name| {
                let parents = self.parents(schema, &schema.tables[*name]);
                !parents.iter().any(|parent| waiting.contains(parent))
            };
            let next = waiting.iter().find(ready).unwrap().clone();
            waiting.retain(|name| *name != next);
            let mut table = schema.tables[&next].clone();
            table.columns = self.columns_of_child(schema, &table);
            schema.tables.insert(next, table);
        }
    }

    fn columns_of_child(&self, schema: &Schema, table: &Table) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for parent in self.parents(schema, table) {
            for column in &schema.tables[&parent].columns {
                let is_new = !columns.iter().any(|other| other.name == column.name);
                if is_new {
                    let before = table.column(&column.name);
                    columns.push(self.passed_on(&parent, column, before));
                } else if !column.nullable {
                    let same = |other: &&mut Column| other.name == column.name;
                    columns.iter_mut().find(same).unwrap().nullable = false;
                }
            }
        }
        for column in &table.columns {
            let is_there = columns.iter().any(|other| other.name == column.name);
            if !is_there && !is_inherited(column) {
                columns.push(column.clone());
            }
        }
        columns
    }

    /// A column of a parent as a child has it, which may have been somewhat different before.
    fn passed_on(&self, parent: &Name, column: &Column, before: Option<&Column>) -> Column {
        let mut own = Column {
            identity: None,
            comment: None,
            ..column.clone()
        };
        own.options = column
            .options
            .iter()
            .filter(|(name, _)| SHARED.contains(name))
            .collect();
        // An identity is the parent's alone, and the sequence of a `serial` is there for both.
        if let Some(identity) = &column.identity
            && identity.kind == IdentityKind::Serial
        {
            let usual = parent.sibling(format!("{}_{}_seq", parent.name, column.name));
            let sequence = identity.sequence_name.as_ref().unwrap_or(&usual);
            let text = format!(
                "nextval('{}'::regclass)",
                self.quote_name(sequence).replace('\'', "''")
            );
            own.default = Some(DefaultValue::Expression(Expression::new(text)));
        }
        let Some(before) = before else {
            own.options.flag("inherited");
            return own;
        };
        if is_inherited(before) {
            own.options.flag("inherited");
        }
        let is_same = before.column_type == own.column_type && own.generated.is_none();
        if is_same && column.identity.is_none() && column.name != "id" {
            own.default.clone_from(&before.default);
        }
        own.nullable &= before.nullable;
        own.comment.clone_from(&before.comment);
        if let Some(target) = before.options.get("statistics") {
            own.options.set("statistics", target);
        }
        own
    }

    /// Lets a table leave a parent or come to one.
    pub(crate) fn change_parents(&mut self, name: &Name, schema: &mut Schema) {
        match schema.tables[name].options.has("inherits") {
            true => self.leave_parent(name, schema),
            false => self.join_parent(name, schema),
        }
    }

    fn leave_parent(&mut self, name: &Name, schema: &mut Schema) {
        let mut table = schema.tables[name].clone();
        let mut parents = self.parents(schema, &table);
        let place = self.random.below(parents.len());
        let left = parents.remove(place);
        match parents.is_empty() {
            true => drop(table.options.remove("inherits")),
            false => self.set_parents(&mut table, &parents),
        }
        // What it has from nobody else is its own.
        for column in &mut table.columns {
            let has_it = |name: &Name| schema.tables[name].column(&column.name).is_some();
            if !parents.iter().any(has_it) {
                column.options.remove("inherited");
            }
            // The sequence that it asks goes with the parent.
            if column.name == "id" {
                column.default = None;
            }
        }
        if self.chance(50) {
            let others: Vec<_> = parents
                .iter()
                .flat_map(|name| self.passed_down(schema, name))
                .collect();
            for mut check in self.passed_down(schema, &left) {
                let is_it = |other: &Check| other.name == check.name;
                if !table.checks.iter().any(is_it) && !others.iter().any(is_it) {
                    check.comment = None;
                    table.checks.push(check);
                }
            }
        }
        schema.tables.insert(name.clone(), table);
    }

    /// The checks that a table passes on, and that rows were looked at for.
    fn passed_down(&self, schema: &Schema, name: &Name) -> Vec<Check> {
        let table = &schema.tables[name];
        let own = table.checks.iter();
        let own = own.filter(|check| !check.no_inherit && !check.not_valid);
        let mut all: Vec<Check> = own.cloned().collect();
        for parent in self.parents(schema, table) {
            for check in self.passed_down(schema, &parent) {
                if !all.iter().any(|other| other.name == check.name) {
                    all.push(check);
                }
            }
        }
        all
    }

    fn join_parent(&mut self, name: &Name, schema: &mut Schema) {
        let names: Vec<Name> = schema.tables.keys().cloned().collect();
        let parent = self.random.pick(&names).clone();
        let (table, whole) = (&schema.tables[name], &schema.tables[&parent]);
        let needs_a_value = |column: &Column| {
            column.needs_a_value() && !["id", "num"].contains(&column.name.as_str())
        };
        let is_apart =
            |table: &Table| is_partition(table) || is_partitioned(table) || is_typed(table);
        let takes_it = parent != *name
            && !is_apart(table)
            && !is_apart(whole)
            // A publication of the parent is one of its heirs, and takes none that is not logged.
            && !table.options.has("unlogged")
            && self.heirs(schema, name).is_empty()
            && !whole.columns.iter().any(needs_a_value)
            && go_together(schema, &parent, name);
        if takes_it {
            let mut table = table.clone();
            self.set_parents(&mut table, &[parent]);
            schema.tables.insert(name.clone(), table);
            self.follow_parents(schema);
        }
    }

    /// Gives the tables that inherit from a table its new name.
    pub(crate) fn rename_parent(&self, schema: &mut Schema, old: &Name, new: &Name) {
        let (old, new) = (self.quote_name(old), self.quote_name(new));
        for table in schema.tables.values_mut() {
            let Some(parents) = table.options.get("inherits") else {
                continue;
            };
            let parents: Vec<&str> = parents
                .split(", ")
                .map(|name| if name == old { new.as_str() } else { name })
                .collect();
            let parents = parents.join(", ");
            table.options.set("inherits", parents);
        }
    }
}

/// True for two tables that share no columns but those that each table has, and no checks.
fn go_together(schema: &Schema, first: &Name, second: &Name) -> bool {
    let (first, second) = (&schema.tables[first], &schema.tables[second]);
    let numbered = |table: &Table| table.columns.iter().any(|column| column.identity.is_some());
    let shared = |column: &&Column| second.column(&column.name).is_some();
    let mut shared = first.columns.iter().filter(shared);
    let is_plain = |column: &Column| {
        let twin = second.column(&column.name);
        ["id", "num"].contains(&column.name.as_str())
            && twin.is_some_and(|twin| twin.default == column.default)
    };
    !numbered(first) && !numbered(second) && shared.all(is_plain)
}
