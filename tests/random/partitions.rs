//! Draws tables of PostgreSQL in parts: by range, list and hash, with a part for the rest; parts
//! that leave their table with their rows, and tables that become parts.
//! <https://www.postgresql.org/docs/current/ddl-partitioning.html>

use freight_core::DialectName;
use freight_core::ident::Name;
use freight_core::schema::{IndexPart, PrimaryKey, Schema, Table};

use crate::generate::Draw;

/// The ways to cut a table. Rows have the numbers 1 to 3.
const WAYS: &[&str] = &[
    "RANGE (num)",
    "RANGE (num)",
    "LIST (num)",
    "LIST (num)",
    "HASH (num)",
    "HASH (id, num)",
];

/// The part for what no other part takes.
const DEFAULT: &str = "DEFAULT";

/// True for a table that is cut into parts.
pub(crate) fn is_partitioned(table: &Table) -> bool {
    table.options.has("partition_by")
}

/// True for a table that is a part of another one.
pub(crate) fn is_partition(table: &Table) -> bool {
    table.options.has("partition_of")
}

/// The parts of a table.
pub(crate) fn partitions(schema: &Schema, parent: &Name) -> Vec<Name> {
    let parent = parent.to_string();
    schema
        .tables
        .iter()
        .filter(|(_, table)| table.options.get("partition_of") == Some(parent.as_str()))
        .map(|(name, _)| name.clone())
        .collect()
}

/// Where a part ends that can be its table's next one; `None` where no more fit.
fn bound(way: &str, number: usize) -> Option<String> {
    let (from, to) = (number * 100, number * 100 + 100);
    Some(match way.split(' ').next() {
        Some("RANGE") => format!("FOR VALUES FROM ({from}) TO ({to})"),
        Some("LIST") if number == 0 => "FOR VALUES IN (1, 2, 3)".to_owned(),
        Some("LIST") => format!("FOR VALUES IN ({from}, {to})"),
        _ if number < 2 => format!("FOR VALUES WITH (modulus 2, remainder {number})"),
        _ => return None,
    })
}

impl Draw {
    /// A way to cut a table.
    pub(crate) fn way_to_cut(&mut self) -> &'static str {
        WAYS[self.random.below(WAYS.len())]
    }

    /// The parts that a table needs for its rows, and perhaps one for the rest.
    pub(crate) fn add_partitions(&mut self, schema: &mut Schema, parent: &Name) {
        let way = schema.tables[parent].options.get("partition_by");
        let count = if way.is_some_and(|way| way.starts_with("HASH")) {
            2
        } else {
            1
        };
        for _ in 0..count {
            self.add_partition(schema, parent);
        }
        if self.chance(30) {
            self.add_default_partition(schema, parent);
        }
        if self.chance(30) {
            self.add_loose_part(schema, parent);
        }
    }

    /// Adds a part to a table; those after the first have no rows.
    pub(crate) fn add_partition(&mut self, schema: &mut Schema, parent: &Name) {
        if let Some(bound) = self.free_bound(schema, parent) {
            self.add_part_of(schema, parent, &bound);
        }
    }

    fn add_default_partition(&mut self, schema: &mut Schema, parent: &Name) {
        let way = schema.tables[parent].options.get("partition_by");
        let takes_one = way.is_some_and(|way| !way.starts_with("HASH"));
        if takes_one && !self.bounds(schema, parent).iter().any(|one| one == DEFAULT) {
            self.add_part_of(schema, parent, DEFAULT);
        }
    }

    fn add_part_of(&mut self, schema: &mut Schema, parent: &Name, bound: &str) {
        let mut part = Table::default();
        part.options.set("partition_of", parent.to_string());
        part.options.set("partition_bound", bound);
        self.take_columns(schema, parent, &mut part);
        let name = parent.sibling(format!("part{}_{}", self.number(), parent.name));
        schema.tables.insert(name, part);
    }

    /// Gives a part the columns of its table.
    fn take_columns(&self, schema: &Schema, parent: &Name, part: &mut Table) {
        part.columns.clone_from(&schema.tables[parent].columns);
        for own in &mut part.columns {
            own.comment = None;
            own.options.flag("inherited");
        }
    }

    fn bounds(&self, schema: &Schema, parent: &Name) -> Vec<String> {
        let parts = partitions(schema, parent).into_iter();
        let bound = |name: Name| {
            schema.tables[&name]
                .options
                .get("partition_bound")
                .map(str::to_owned)
        };
        parts.filter_map(bound).collect()
    }

    /// The first place that no part has.
    fn free_bound(&self, schema: &Schema, parent: &Name) -> Option<String> {
        let way = schema.tables[parent].options.get("partition_by")?;
        let taken = self.bounds(schema, parent);
        let mut places = (0..20).map_while(|number| bound(way, number));
        places.find(|bound| !taken.contains(bound))
    }

    /// A table that could be a part of another one, and has the rows of its first part.
    fn add_loose_part(&mut self, schema: &mut Schema, parent: &Name) {
        let mut table = Table::default();
        self.take_columns(schema, parent, &mut table);
        let name = parent.sibling(format!("loose{}_{}", self.number(), parent.name));
        self.let_go(schema, &name, &mut table);
        schema.tables.insert(name, table);
    }

    /// Makes a part one that stands alone. It may keep the key that it had.
    fn let_go(&mut self, schema: &Schema, name: &Name, table: &mut Table) {
        let parent = table.options.remove("partition_of").map(Name::from);
        table.options.remove("partition_bound");
        for own in &mut table.columns {
            own.options.remove("inherited");
        }
        let had_key = parent.is_none_or(|parent| schema.tables[&parent].primary_key.is_some());
        if self.chance(50) && had_key {
            table.primary_key = Some(PrimaryKey {
                name: Some(format!("{}_pkey", name.name)),
                parts: ["id", "num"].map(IndexPart::column).to_vec(),
                ..PrimaryKey::default()
            });
        }
    }

    /// Lets a part leave its table, or a table become a part, or adds one.
    pub(crate) fn change_partitions(&mut self, schema: &mut Schema, parent: &Name) {
        match self.random.below(5) {
            0 => self.add_default_partition(schema, parent),
            1 | 2 => self.detach(schema, parent),
            3 => self.attach(schema, parent),
            _ => self.add_partition(schema, parent),
        }
    }

    fn detach(&mut self, schema: &mut Schema, parent: &Name) {
        let parts = partitions(schema, parent);
        if parts.is_empty() {
            return;
        }
        let name = self.random.pick(&parts).clone();
        let mut table = schema.tables[&name].clone();
        self.let_go(schema, &name, &mut table);
        schema.tables.insert(name, table);
    }

    /// A table with the columns of another one becomes its first part, where that is free: its rows
    /// stand there.
    fn attach(&mut self, schema: &mut Schema, parent: &Name) {
        let way = schema.tables[parent]
            .options
            .get("partition_by")
            .unwrap_or_default();
        let free = self.free_bound(schema, parent);
        let is_first = free.is_some() && free == bound(way, 0) && !way.starts_with("HASH");
        // A row of that part may stand in the part for the rest.
        if !is_first || self.bounds(schema, parent).iter().any(|one| one == DEFAULT) {
            return;
        }
        let bare = |table: &Table| -> Vec<(String, String)> {
            let columns = table.columns.iter();
            columns
                .map(|one| (one.name.clone(), one.column_type.to_string()))
                .collect()
        };
        let wanted = bare(&schema.tables[parent]);
        let is_loose = |(_, table): &(&Name, &Table)| {
            bare(table) == wanted
                && !is_partition(table)
                && !is_partitioned(table)
                && !table.options.has("inherits")
                && !table.options.has("of_type")
        };
        let Some((name, _)) = schema.tables.iter().find(is_loose) else {
            return;
        };
        let name = name.clone();
        if !self.heirs(schema, &name).is_empty() {
            return;
        }
        let mut part = Table::default();
        part.options.set("partition_of", parent.to_string());
        part.options
            .set("partition_bound", free.unwrap_or_default());
        self.take_columns(schema, parent, &mut part);
        self.drop_references(schema, &name);
        schema.tables.insert(name, part);
    }

    /// True for a table in parts that has one for its rows.
    pub(crate) fn takes_rows(&self, schema: &Schema, name: &Name) -> bool {
        let table = &schema.tables[name];
        if !self.is(DialectName::Postgres) || !is_partitioned(table) {
            return true;
        }
        let way = table.options.get("partition_by").unwrap_or_default();
        let bounds = self.bounds(schema, name);
        let has = |number| bound(way, number).is_some_and(|bound| bounds.contains(&bound));
        match way.starts_with("HASH") {
            true => has(0) && has(1),
            false => has(0) || bounds.iter().any(|one| one == DEFAULT),
        }
    }
}
