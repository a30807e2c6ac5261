//! Lets a schema grow into another.

use freight_core::DialectName;
use freight_core::diff::RenameHints;
use freight_core::ident::Name;
use freight_core::schema::{Column, DefaultValue, ObjectKey, ObjectKind, Schema, Table};

use crate::alter::{is_free, keep_clauses, keep_spatial_indexes, take_foreign_key};
use crate::generate::Draw;
use crate::partitions::{is_partition, is_partitioned, partitions};
use crate::replicas::keep_identity;
use crate::typed::{TYPE, is_typed};
use crate::types::{attribute, refuses_null, value_of_domain};

impl Draw {
    /// A schema that came out of `from` by a few changes; sometimes one that has nothing of it.
    pub(crate) fn mutated(&mut self, from: &Schema) -> Schema {
        if self.chance(8) {
            return self.schema();
        }
        let mut to = from.clone();
        for _ in 0..1 + self.random.below(7) {
            self.change(&mut to);
            self.follow_parents(&mut to);
        }
        // Rows that are there have no value for a new column.
        for (name, table) in &mut to.tables {
            let before = from.tables.get(name);
            for column in &mut table.columns {
                let is_new = before.is_some_and(|table| table.column(&column.name).is_none());
                if is_new && refuses_null(&to.domains, column) {
                    column.default = value_of_domain(&to.domains, column);
                    continue;
                }
                if is_new && column.needs_a_value() {
                    column.nullable = true;
                    keep_clauses(column);
                }
            }
            keep_spatial_indexes(table);
            keep_identity(table);
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
            let is_taken = |new: &str| to.tables.keys().any(|other| other.name == new);
            let new = name.sibling(self.other_name(is_taken));
            self.rename_table(&name, &new, to);
            self.follow_parents(to);
            hints.tables.push((name, new));
        } else if is_whole && !is_typed(&to.tables[&name]) {
            let (old, new) = (&from.tables[&name], &to.tables[&name]);
            let heirs = self.heirs(to, &name);
            // MariaDB checks by itself that these are JSON, and does not always rename what is in a
            // check: <https://mariadb.com/kb/en/json-data-type/>.
            let is_json = |column: &Column| column.column_type.as_str() == "json";
            let stays = |column: &&String| {
                let before = old.column(column);
                before.is_some_and(|column| !is_json(column))
                    && is_free(new, column)
                    // MariaDB 10.11 sometimes knows such a column no more in the check that it makes
                    // of a period ("unknown column in CHECK"), and renames nothing.
                    && !self.is_timed(new, column)
                    && !self.is_of_parent(to, new, column)
                    && heirs.iter().all(|heir| is_free(&to.tables[heir], column))
            };
            let columns = new.columns.iter().map(|column| &column.name);
            let columns: Vec<String> = columns.filter(stays).cloned().collect();
            if !columns.is_empty() {
                let column = self.random.pick(&columns).clone();
                let is_taken = |new: &str| {
                    let mut tables = heirs.iter().chain([&name]);
                    tables.any(|name| to.tables[name].column(new).is_some())
                };
                let renamed = self.other_name(is_taken);
                for heir in heirs.iter().chain([&name]) {
                    self.rename_column(heir, &column, &renamed, to);
                    let is_there = from.tables.get(heir);
                    if is_there.is_some_and(|table| table.column(&column).is_some()) {
                        let hint = (heir.clone(), column.clone(), renamed.clone());
                        hints.columns.push(hint);
                    }
                }
            }
        }
        hints
    }

    /// A name for something that has one: one that has quotes in it, or a word of SQL, sometimes.
    fn other_name(&mut self, is_taken: impl Fn(&str) -> bool) -> String {
        match self.random.below(5) {
            0 => format!("re\"named` {}", self.number()),
            1 if !is_taken("order") => "order".to_owned(),
            _ => format!("renamed {}", self.number()),
        }
    }

    fn rename_table(&mut self, name: &Name, new: &Name, schema: &mut Schema) {
        self.move_rights(schema, (name, new), ("table", "table"));
        self.drop_mentions(schema, &name.name);
        let table = schema.tables.remove(name).unwrap();
        schema.tables.insert(new.clone(), table);
        self.rename_parent(schema, name, new);
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
        self.rename_timed(table, column, new);
        self.move_column_rights(schema, name, (column, Some(new)));
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
        match self.random.below(26) {
            0 if self.is(DialectName::Postgres) && self.chance(40) => self.add_child(schema),
            0 => self.add_table(schema),
            1 => self.drop_table(&name, schema),
            2 | 3 => self.add_object(schema),
            4 => self.drop_object(schema),
            5 | 6 => self.change_object(schema),
            12 => self.rename_object(schema),
            15 => {
                let comment = self.comment();
                for one in schema.namespaces.values_mut() {
                    one.clone_from(&comment);
                }
            }
            13 | 14 if self.is(DialectName::Postgres) => self.change_parents(&name, schema),
            7 if !is_partitioned(&schema.tables[&name]) && !is_typed(&schema.tables[&name]) => {
                self.with_table(&name, schema, |draw, schema, table| {
                    draw.add_foreign_key(schema, &name, table);
                });
            }
            8 => self.add_type(schema),
            9 => self.change_type(schema),
            10 | 11 if self.is(DialectName::Postgres) => self.change_function(schema),
            _ => self.change_table(&name, schema),
        }
    }

    /// Changes a table with a view on the whole schema.
    pub(crate) fn with_table(
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
        let mut gone = partitions(schema, name);
        gone.extend(self.heirs(schema, name));
        if is_part || schema.tables.len() <= gone.len() + 1 {
            return;
        }
        for name in gone.iter().chain([name]) {
            schema.tables.remove(name);
            self.drop_references(schema, name);
            let goes = |owner: &(Name, String)| owner.0 == *name;
            let gone = schema.sequences.iter();
            let gone = gone.filter(|(_, sequence)| sequence.owner.as_ref().is_some_and(goes));
            let gone: Vec<Name> = gone.map(|(name, _)| name.clone()).collect();
            for sequence in gone {
                schema.sequences.remove(&sequence);
                self.drop_mentions(schema, &sequence.name);
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

    /// Takes everything away that refers to a table or names it.
    pub(crate) fn drop_references(&self, schema: &mut Schema, name: &Name) {
        for table in schema.tables.values_mut() {
            while let Some(place) = (table.foreign_keys.iter()).position(|key| key.target == *name)
            {
                take_foreign_key(table, place);
            }
        }
        self.drop_mentions(schema, &name.name);
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

    pub(crate) fn drop_key(&self, schema: &mut Schema, key: &ObjectKey) {
        let can_be_named = matches!(
            key.kind,
            ObjectKind::View
                | ObjectKind::MaterializedView
                | ObjectKind::Function
                | ObjectKind::Procedure
                | ObjectKind::Aggregate
                | ObjectKind::Foreign
        );
        let is_package = key.kind == ObjectKind::Package && key.signature.is_none();
        if key.kind == ObjectKind::Trigger {
            self.rename_in_order(schema, &key.name.name, None);
        }
        if schema.objects.remove(key).is_some() && (can_be_named || is_package) {
            self.drop_mentions(schema, &key.name.name);
            self.drop_calls(schema, &key.name.name);
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
        let definition = match key.kind {
            ObjectKind::EventTrigger => self.with_other_event(&old),
            ObjectKind::Privileges => self.other_rights(schema, &key).unwrap_or(old),
            _ => self.redefined(&old),
        };
        let comment = self.comment();
        let mut object = schema.objects[&key].clone();
        object.definition = definition;
        match key.kind {
            ObjectKind::EventTrigger => self.switch(&mut object),
            ObjectKind::View if self.chance(40) => self.dress_view(schema, &mut object),
            _ => {}
        }
        if self.is(DialectName::Mysql) {
            self.change_program(&key, &mut object);
        }
        if self.is(DialectName::Postgres) && key.kind != ObjectKind::Privileges {
            object.comment = comment;
        }
        schema.objects.insert(key, object);
    }

    /// Another object of the same definition takes the place of one.
    fn rename_object(&mut self, schema: &mut Schema) {
        let keys: Vec<ObjectKey> = schema.objects.keys().cloned().collect();
        if keys.is_empty() {
            return;
        }
        let old = self.random.pick(&keys).clone();
        let mut object = schema.objects[&old].clone();
        let mut new = old.clone();
        new.name.name = format!("renamed{}", self.number());
        let (name, quoted) = (&old.name.name, self.quote(&old.name.name));
        // Some are named by what they are about.
        let is_named = !matches!(
            old.kind,
            ObjectKind::Privileges | ObjectKind::Cast | ObjectKind::Operator
        );
        let is_body = old.kind == ObjectKind::Package && old.signature.is_some();
        if !is_named || is_body {
            return;
        }
        if old.kind == ObjectKind::Trigger {
            self.rename_in_order(schema, &old.name.name, Some(&new.name.name));
        }
        for text in [Some(&mut object.definition), object.drop.as_mut()]
            .into_iter()
            .flatten()
        {
            let old = if text.contains(&quoted) {
                &quoted
            } else {
                name
            };
            *text = text.replace(old, &new.name.name);
        }
        for index in &mut object.indexes {
            index.name = format!("{} index", new.name.name);
        }
        self.drop_key(schema, &old);
        schema.objects.insert(new, object);
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
                    match self.random.below(6) {
                        4 => domain.not_null = false,
                        5 => domain.not_null = true,
                        0 => self.add_domain_check(schema, domain),
                        1 => drop(domain.checks.pop()),
                        2 => domain.default = None,
                        _ => domain.comment = self.comment(),
                    }
                }
                schema.domains = domains;
            }
            3 => {
                let name = format!("more{}", self.number());
                for (own, composite) in &mut schema.composites {
                    if own.name.starts_with(TYPE) {
                        continue;
                    }
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
}
