//! Draws tables of PostgreSQL that are of a composite type: its attributes are their columns.
//! <https://www.postgresql.org/docs/current/sql-createtable.html>

use freight_core::DialectName;
use freight_core::ident::Name;
use freight_core::schema::{Attribute, Column, Composite, PrimaryKey, Schema, Table};

use crate::generate::Draw;
use crate::kinds::type_text;
use crate::types::attribute;

/// How the names of types begin that tables are of.
pub(crate) const TYPE: &str = "row of ";

/// True for a table of a type.
pub(crate) fn is_typed(table: &Table) -> bool {
    table.options.has("of_type")
}

fn column(attribute: &Attribute) -> Column {
    let mut column = Column::new(&attribute.name, attribute.attribute_type.as_str());
    column.nullable = true;
    column.collation.clone_from(&attribute.collation);
    column
}

impl Draw {
    /// Adds a type and one or two tables of it.
    pub(crate) fn add_typed(&mut self, schema: &mut Schema) {
        if !self.is(DialectName::Postgres) {
            return;
        }
        let name = format!("{TYPE}{}", self.number());
        let name = self.placed(schema, name);
        let attributes = [("id", "bigint"), ("num", "bigint"), ("it's", "text")];
        let composite = Composite {
            attributes: attributes
                .map(|(name, kind)| attribute(name, kind))
                .to_vec(),
            comment: self.comment(),
            ..Composite::default()
        };
        for _ in 0..1 + self.random.below(2) {
            self.add_table_of(schema, &name, &composite);
        }
        schema.composites.insert(name, composite);
    }

    fn add_table_of(&mut self, schema: &mut Schema, kind: &Name, composite: &Composite) {
        let own = self.name();
        let own = self.placed(schema, own);
        let mut table = Table::default();
        table.options.set("of_type", type_text(kind));
        table.columns = composite.attributes.iter().map(column).collect();
        if self.chance(60) {
            table.columns[0].nullable = false;
            table.primary_key = Some(PrimaryKey {
                name: Some(format!("{}_pkey", own.name)),
                ..PrimaryKey::of(["id"])
            });
        }
        if self.chance(40) {
            table.columns[1].nullable = false;
        }
        for _ in 0..self.random.below(3) {
            self.add_part(schema, &own, &mut table);
        }
        schema.tables.insert(own, table);
    }

    /// Changes one of the types with its tables, or a table's being of it.
    pub(crate) fn change_typed(&mut self, schema: &mut Schema) {
        let kinds = schema.composites.keys();
        let kinds: Vec<Name> = kinds
            .filter(|name| name.name.starts_with(TYPE))
            .cloned()
            .collect();
        if kinds.is_empty() {
            return self.add_typed(schema);
        }
        let kind = self.random.pick(&kinds).clone();
        let text = type_text(&kind);
        let is_of_it = |(_, table): &(&Name, &Table)| table.options.get("of_type") == Some(&text);
        let tables: Vec<Name> = schema
            .tables
            .iter()
            .filter(is_of_it)
            .map(|(name, _)| name.clone())
            .collect();
        match self.random.below(3) {
            0 => {
                let new = attribute(&format!("more{}", self.number()), "numeric(5,2)");
                for name in &tables {
                    schema
                        .tables
                        .get_mut(name)
                        .unwrap()
                        .columns
                        .push(column(&new));
                }
                schema
                    .composites
                    .get_mut(&kind)
                    .unwrap()
                    .attributes
                    .push(new);
            }
            1 if !tables.is_empty() => {
                let name = self.random.pick(&tables).clone();
                schema
                    .tables
                    .get_mut(&name)
                    .unwrap()
                    .options
                    .remove("of_type");
            }
            _ => self.add_table_of(schema, &kind, &schema.composites[&kind].clone()),
        }
    }
}
