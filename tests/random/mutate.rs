//! Lets a schema grow into another.

use freight_core::DialectName;
use freight_core::diff::RenameHints;
use freight_core::ident::Name;
use freight_core::schema::{
    Check, Column, ColumnType, DefaultValue, Deferrable, Expression, ForeignKey, Generated,
    IndexPart, ObjectKey, ObjectKind, PrimaryKey, Schema, Table,
};

use crate::generate::{Draw, is_partition, is_partitioned, partitions};
use crate::kinds::strict;
use crate::types::attribute;

impl Draw {
    /// A schema that came out of `from` by a few changes; sometimes one that has nothing of it.
    pub(crate) fn mutated(&mut self, from: &Schema) -> Schema {
        if self.chance(8) {
            return self.schema();
        }
        let mut to = from.clone();
        for _ in 0..1 + self.random.below(7) {
            self.change(&mut to);
        }
        to
    }

    /// The same with a table or column under another name, as an answer tells.
    pub(crate) fn renamed(&mut self, from: &Schema, to: &mut Schema) -> RenameHints {
        let mut hints = RenameHints::default();
        let both = |name: &&Name| from.tables.contains_key(*name);
        let names: Vec<Name> = to.tables.keys().filter(both).cloned().collect();
        if names.is_empty() || !self.chance(30) {
            return hints;
        }
        let name = self.random.pick(&names).clone();
        let is_whole = !is_partition(&to.tables[&name]) && partitions(to, &name).is_empty();
        if is_whole && self.chance(50) {
            let new = name.sibling(format!("renamed {}", self.number()));
            self.rename_table(&name, &new, to);
            hints.tables.push((name, new));
        } else if is_whole {
            let (old, new) = (&from.tables[&name], &to.tables[&name]);
            // MariaDB checks by itself that these are JSON, and does not always rename what is in a
            // check: <https://mariadb.com/kb/en/json-data-type/>.
            let is_json = |column: &Column| column.column_type.as_str() == "json";
            let stays = |column: &&String| {
                let before = old.column(column);
                before.is_some_and(|column| !is_json(column)) && is_free(new, column)
            };
            let columns = new.columns.iter().map(|column| &column.name);
            let columns: Vec<String> = columns.filter(stays).cloned().collect();
            if !columns.is_empty() {
                let column = self.random.pick(&columns).clone();
                let renamed = format!("renamed {}", self.number());
                self.rename_column(&name, &column, &renamed, to);
                hints.columns.push((name, column, renamed));
            }
        }
        hints
    }

    fn rename_table(&mut self, name: &Name, new: &Name, schema: &mut Schema) {
        self.drop_mentions(schema, &name.name);
        let table = schema.tables.remove(name).unwrap();
        schema.tables.insert(new.clone(), table);
        for table in schema.tables.values_mut() {
            for key in &mut table.foreign_keys {
                if key.target == *name {
                    key.target = new.clone();
                }
            }
        }
        for sequence in schema.sequences.values_mut() {
            if let Some((owner, _)) = &mut sequence.owner
                && owner == name
            {
                *owner = new.clone();
            }
        }
    }

    fn rename_column(&mut self, name: &Name, column: &str, new: &str, schema: &mut Schema) {
        let table = schema.tables.get_mut(name).unwrap();
        for one in &mut table.columns {
            if one.name == column {
                new.clone_into(&mut one.name);
            }
        }
        let shown = |column: &str| format!("x.{} AS more", self.quote(column));
        let (old, new) = (shown(column), shown(new));
        let from = format!("FROM {} x", self.quote_name(name));
        for object in schema.objects.values_mut() {
            if object.definition.contains(&from) {
                object.definition = object.definition.replace(&old, &new);
            }
        }
    }

    fn change(&mut self, schema: &mut Schema) {
        let names: Vec<Name> = schema.tables.keys().cloned().collect();
        let name = self.random.pick(&names).clone();
        match self.random.below(20) {
            0 => self.add_table(schema),
            1 => self.drop_table(&name, schema),
            2 | 3 => self.add_object(schema),
            4 => self.drop_object(schema),
            5 | 6 => self.change_object(schema),
            7 if !is_partitioned(&schema.tables[&name]) => {
                self.with_table(&name, schema, |draw, schema, table| {
                    draw.add_foreign_key(schema, &name, table);
                });
            }
            8 => self.add_type(schema),
            9 => self.change_type(schema),
            _ => self.change_table(&name, schema),
        }
    }

    /// Changes a table with a view on the whole schema.
    fn with_table(
        &mut self,
        name: &Name,
        schema: &mut Schema,
        change: impl FnOnce(&mut Self, &Schema, &mut Table),
    ) {
        let mut table = schema.tables[name].clone();
        change(self, schema, &mut table);
        schema.tables.insert(name.clone(), table);
    }

    /// Takes a table away, with everything that refers to it.
    fn drop_table(&mut self, name: &Name, schema: &mut Schema) {
        // A part that is gone takes rows of the whole with it.
        let is_part = is_partition(&schema.tables[name]);
        let gone = partitions(schema, name);
        if is_part || schema.tables.len() <= gone.len() + 1 {
            return;
        }
        for name in gone.iter().chain([name]) {
            schema.tables.remove(name);
            for table in schema.tables.values_mut() {
                while let Some(place) =
                    (table.foreign_keys.iter()).position(|key| key.target == *name)
                {
                    take_foreign_key(table, place);
                }
            }
            self.drop_mentions(schema, &name.name);
            let goes = |owner: &(Name, String)| owner.0 == *name;
            let gone = schema.sequences.iter();
            let gone = gone.filter(|(_, sequence)| sequence.owner.as_ref().is_some_and(goes));
            let gone: Vec<Name> = gone.map(|(name, _)| name.clone()).collect();
            for sequence in gone {
                schema.sequences.remove(&sequence);
                let asks = self.quote(&sequence.name);
                for column in schema
                    .tables
                    .values_mut()
                    .flat_map(|table| &mut table.columns)
                {
                    if let Some(DefaultValue::Expression(text)) = &column.default
                        && text.as_str().contains(&asks)
                    {
                        column.default = None;
                        column.nullable = true;
                    }
                }
            }
        }
    }

    /// Takes everything away that names something, and what names that.
    fn drop_mentions(&self, schema: &mut Schema, name: &str) {
        let quoted = self.quote(name);
        let keys: Vec<ObjectKey> = schema
            .objects
            .iter()
            .filter(|(key, object)| {
                let is_on = key.table.as_ref().is_some_and(|table| table.name == name);
                let texts = [name, &quoted];
                is_on || texts.iter().any(|text| object.definition.contains(text))
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            self.drop_key(schema, &key);
        }
    }

    fn drop_key(&self, schema: &mut Schema, key: &ObjectKey) {
        let can_be_named = matches!(
            key.kind,
            ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Function
        );
        if schema.objects.remove(key).is_some() && can_be_named {
            self.drop_mentions(schema, &key.name.name);
            for table in schema.tables.values_mut() {
                let called = self.quote(&key.name.name) + "(";
                let calls = |check: &Check| check.expression.as_str().contains(&called);
                table.checks.retain(|check| !calls(check));
            }
        }
    }

    fn drop_object(&mut self, schema: &mut Schema) {
        let keys: Vec<ObjectKey> = schema.objects.keys().cloned().collect();
        if !keys.is_empty() {
            let key = self.random.pick(&keys).clone();
            self.drop_key(schema, &key);
        }
    }

    /// Gives an object another definition or comment.
    fn change_object(&mut self, schema: &mut Schema) {
        let keys: Vec<ObjectKey> = schema.objects.keys().cloned().collect();
        if keys.is_empty() {
            return;
        }
        let key = self.random.pick(&keys).clone();
        let old = schema.objects[&key].definition.clone();
        let (definition, comment) = (self.redefined(&old), self.comment());
        let object = schema.objects.get_mut(&key).unwrap();
        object.definition = definition;
        if self.is(DialectName::Postgres) && key.kind != ObjectKind::Privileges {
            object.comment = comment;
        }
    }

    /// Changes one of the schema's types or sequences.
    fn change_type(&mut self, schema: &mut Schema) {
        match self.random.below(5) {
            0 => {
                let mut place = self.random.below(9);
                let number = self.number();
                for one in schema.enums.values_mut() {
                    place = 1 + place % one.values.len().max(1);
                    one.values
                        .insert(place.min(one.values.len()), format!("new{number}"));
                }
            }
            1 => {
                // Rows have only the first one.
                // What a domain or a composite is made of loses none: Freight says so.
                let domains = schema.domains.values().map(|one| one.base.to_string());
                let composites = schema.composites.values();
                let attributes = composites.flat_map(|one| &one.attributes);
                let attributes = attributes.map(|one| one.attribute_type.to_string());
                let used: Vec<String> = domains.chain(attributes).collect();
                for (name, one) in &mut schema.enums {
                    let is_used = used.iter().any(|text| text.contains(&name.name));
                    if one.values.len() > 1 && !is_used {
                        one.values.remove(1);
                    }
                }
            }
            2 => {
                let mut domains = std::mem::take(&mut schema.domains);
                for domain in domains.values_mut() {
                    match self.random.below(4) {
                        0 => self.add_domain_check(domain),
                        1 => drop(domain.checks.pop()),
                        2 => domain.default = None,
                        _ => domain.comment = self.comment(),
                    }
                }
                schema.domains = domains;
            }
            3 => {
                let name = format!("more{}", self.number());
                for composite in schema.composites.values_mut() {
                    match composite.attributes.len() > 2 {
                        true => drop(composite.attributes.pop()),
                        false => composite.attributes.push(attribute(&name, "numeric(5,2)")),
                    }
                }
            }
            _ => {
                let mut sequences = std::mem::take(&mut schema.sequences);
                for sequence in sequences.values_mut() {
                    sequence.sequence = self.sequence_options();
                }
                schema.sequences = sequences;
            }
        }
    }

    fn change_table(&mut self, name: &Name, schema: &mut Schema) {
        let table = &schema.tables[name];
        // A column of the whole is one of every part.
        let is_cut = is_partitioned(table) && self.is(DialectName::Postgres);
        if is_partition(table) {
            return;
        }
        match self.random.below(18) {
            16 if !is_cut => self.change_key(name, schema),
            17 if !is_cut => self.with_table(name, schema, |draw, _, table| {
                draw.change_generated(table);
            }),
            0 if is_cut => self.add_partition(schema, name),
            0 | 1 if !is_cut => self.with_table(name, schema, |draw, schema, table| {
                draw.add_column(schema, table);
            }),
            2 if !is_cut => self.drop_column(name, schema),
            3 | 4 => self.with_table(name, schema, |draw, schema, table| {
                draw.add_part(schema, name, table);
            }),
            5 => self.with_table(name, schema, |_, _, table| drop_indexes(table)),
            6 => self.with_table(name, schema, |draw, _, table| {
                table.checks.pop();
                table.exclusions.pop();
                if draw.chance(50) {
                    table.uniques.pop();
                }
            }),
            7 => self.with_table(name, schema, |_, _, table| {
                if let Some(last) = table.foreign_keys.len().checked_sub(1) {
                    take_foreign_key(table, last);
                }
            }),
            8 => self.with_table(name, schema, |draw, _, table| {
                draw.change_foreign_key(table)
            }),
            9 => self.with_table(name, schema, |draw, _, table| draw.change_options(table)),
            10 if !is_cut => {
                self.with_table(name, schema, |draw, _, table| draw.move_column(table))
            }
            11 | 12 if !is_cut => self.widen(name, schema),
            _ if !is_cut => self.with_table(name, schema, |draw, schema, table| {
                draw.change_column(schema, table);
            }),
            _ => {}
        }
    }

    /// Takes a column away that no key uses, and the objects that show it.
    fn drop_column(&mut self, name: &Name, schema: &mut Schema) {
        let table = &schema.tables[name];
        let free: Vec<String> = table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .filter(|name| is_free(table, name))
            .collect();
        if free.is_empty() {
            return;
        }
        let gone = self.random.pick(&free).clone();
        let table = schema.tables.get_mut(name).unwrap();
        table.columns.retain(|column| column.name != gone);
        let column = format!("x.{} AS more", self.quote(&gone));
        let table = format!("FROM {} x", self.quote_name(name));
        let keys: Vec<ObjectKey> = schema
            .objects
            .iter()
            .filter(|(_, object)| {
                object.definition.contains(&column) && object.definition.contains(&table)
            })
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            self.drop_key(schema, &key);
        }
    }

    /// Gives a column a type that holds all its values.
    fn widen(&mut self, name: &Name, schema: &mut Schema) {
        let table = &schema.tables[name];
        let kinds = self.kinds(schema, table);
        let places = changeable(table);
        if places.is_empty() {
            return;
        }
        let place = *self.random.pick(&places);
        let old = &table.columns[place];
        let found = kinds
            .iter()
            .find(|kind| kind.name == old.column_type.as_str());
        let Some(wider) = found
            .map(|kind| kind.wider)
            .filter(|wider| !wider.is_empty())
        else {
            return;
        };
        // Indexes of a method or class may not take the new type.
        if !is_free(table, &old.name) {
            return;
        }
        let wider = *self.random.pick(wider);
        let column = &mut schema.tables.get_mut(name).unwrap().columns[place];
        column.column_type = ColumnType::new(wider);
        let is_text = ["text", "char", "clob"]
            .iter()
            .any(|word| wider.to_lowercase().contains(word));
        let is_text = is_text && self.dialect != DialectName::Postgres;
        if matches!(column.default, Some(DefaultValue::Text(_))) && !is_text {
            column.default = None;
            column.nullable = true;
        }
        if wider.ends_with("text") && self.dialect == DialectName::Mysql {
            column.default = None;
            column.nullable = true;
        }
        if wider == "ANY" || wider.contains("blob") {
            column.collation = None;
            column.options.remove("charset");
        }
        column.options.remove("storage");
    }

    fn change_foreign_key(&mut self, table: &mut Table) {
        let is_apart = !self.is(DialectName::Mysql);
        let drawn = (self.random.below(3), self.chance(50));
        let Some(key) = table.foreign_keys.last_mut() else {
            return;
        };
        match drawn {
            (0, _) => {
                key.on_delete = ForeignKey::default().on_delete;
                key.delete_columns.clear();
            }
            (1, true) if is_apart => key.deferrable = Deferrable::Deferred,
            (1, false) => key.deferrable = Deferrable::No,
            _ => key.not_valid = false,
        }
    }

    fn change_options(&mut self, table: &mut Table) {
        let has = |option: &str| table.options.has(option);
        match self.dialect {
            DialectName::Sqlite => {
                let takes = |kind: &str| strict().iter().any(|one| one.name == kind);
                let can_be_strict =
                    (table.columns.iter()).all(|column| takes(column.column_type.as_str()));
                let is_numbered = table.columns.iter().any(|column| column.identity.is_some());
                if self.random.chance(50) && can_be_strict && !has("strict") {
                    table.options.flag("strict");
                } else if has("without_rowid") {
                    table.options.remove("without_rowid");
                } else if !is_numbered {
                    table.options.flag("without_rowid");
                }
            }
            DialectName::Postgres => match self.random.below(3) {
                0 if !is_partitioned(table) => table.options.set("with.fillfactor", "80"),
                1 => drop(table.options.remove("with.fillfactor")),
                _ => drop(table.options.remove("replica_identity")),
            },
            DialectName::Mysql => match self.random.below(3) {
                0 => table.options.set("row_format", "compact"),
                1 => drop(table.options.remove("row_format")),
                _ => drop(table.options.remove("stats_persistent")),
            },
        }
        if !self.is(DialectName::Sqlite) {
            table.comment = self.comment();
        }
    }

    /// Makes the key longer or shorter, where nothing refers to it.
    fn change_key(&mut self, name: &Name, schema: &mut Schema) {
        let refers = |table: &Table| table.foreign_keys.iter().any(|key| key.target == *name);
        let is_cut = is_partitioned(&schema.tables[name]);
        if is_cut || schema.tables.values().any(refers) {
            return;
        }
        let table = schema.tables.get_mut(name).unwrap();
        let is_numbered = table.columns.iter().any(|column| column.identity.is_some());
        if is_numbered && self.dialect == DialectName::Sqlite {
            return;
        }
        let key = table
            .primary_key
            .get_or_insert_with(|| PrimaryKey::of(["id"]));
        if key.parts.len() > 1 {
            key.parts.truncate(1);
        } else if key.include.is_empty() {
            key.parts.push(IndexPart::column("num"));
            for column in &mut table.columns {
                column.nullable &= column.name != "num";
            }
        }
    }

    /// Lets a column be computed otherwise.
    fn change_generated(&mut self, table: &mut Table) {
        let number = self.random.below(9);
        let is_stored = self.is(DialectName::Postgres) || self.chance(50);
        let computed = (table.columns.iter_mut()).find(|column| column.generated.is_some());
        if let Some(column) = computed {
            column.generated = Some(Generated {
                expression: Expression::new(format!("num + {number}")),
                stored: is_stored,
            });
        }
    }

    /// Puts a column to another place.
    fn move_column(&mut self, table: &mut Table) {
        let column = table.columns.pop().unwrap();
        let place = self.random.below(table.columns.len() + 1);
        table.columns.insert(place, column);
    }

    /// Gives a column or takes from it a default, a comment, or lets it be NULL.
    fn change_column(&mut self, schema: &Schema, table: &mut Table) {
        let kinds = self.kinds(schema, table);
        let places = changeable(table);
        if places.is_empty() {
            return;
        }
        let place = *self.random.pick(&places);
        let column = &table.columns[place];
        let kind = kinds
            .iter()
            .find(|kind| kind.name == column.column_type.as_str());
        let comment = self.comment();
        let choice = self.random.below(5);
        let can_be_commented = !self.is(DialectName::Sqlite);
        let column = &mut table.columns[place];
        match choice {
            0 => column.default = kind.and_then(|kind| kind.default.clone()),
            1 => column.default = None,
            2 if can_be_commented => column.comment = comment,
            3 => column.collation = None,
            _ => column.nullable = true,
        }
        if column.collation.is_none() {
            column.options.remove("charset");
        }
        if column.default.is_none() {
            column.nullable = true;
        }
        if column.nullable {
            column.options.remove("not_null_conflict");
        }
    }
}

/// The columns whose definition may change.
fn changeable(table: &Table) -> Vec<usize> {
    (0..table.columns.len())
        .filter(|&place| {
            let column = &table.columns[place];
            let refers = |key: &ForeignKey| key.columns.contains(&column.name);
            column.name != "id"
                && column.name != "num"
                && column.generated.is_none()
                && !table.foreign_keys.iter().any(refers)
        })
        .collect()
}

/// True for a column that no index, constraint or key names.
fn is_free(table: &Table, name: &str) -> bool {
    let indexed = table.indexes.iter().flat_map(|index| index.columns());
    let unique = table.uniques.iter().flat_map(|unique| unique.columns());
    let refers = |key: &ForeignKey| key.columns.iter().any(|column| column == name);
    name != "id"
        && name != "num"
        && !indexed.chain(unique).any(|other| other == name)
        && !table.foreign_keys.iter().any(refers)
}

/// Takes all indexes away but those of foreign keys.
fn drop_indexes(table: &mut Table) {
    let keys: Vec<_> = (table.foreign_keys.iter())
        .filter_map(|key| key.name.clone())
        .collect();
    table.indexes.retain(|index| keys.contains(&index.name));
}

/// Takes a foreign key away with the index of MySQL that has its name.
fn take_foreign_key(table: &mut Table, place: usize) {
    let key = table.foreign_keys.remove(place);
    table
        .indexes
        .retain(|index| Some(&index.name) != key.name.as_ref());
}
