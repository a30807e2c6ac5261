//! Changes tables: their columns, keys, constraints, indexes and options.

use freight_core::DialectName;
use freight_core::ident::Name;
use freight_core::schema::{
    Column, ColumnType, DefaultValue, Deferrable, Expression, ForeignKey, Generated, IndexPart,
    Object, ObjectKey, PrimaryKey, Schema, Table,
};

use crate::generate::Draw;
use crate::kinds::strict;
use crate::mariadb::is_spatial;
use crate::partitions::{is_partition, is_partitioned};
use crate::parts::agree_about_conflicts;
use crate::periods::is_of_versions;
use crate::typed::is_typed;

impl Draw {
    pub(crate) fn change_table(&mut self, name: &Name, schema: &mut Schema) {
        let table = &schema.tables[name];
        // A column of the whole is one of every part.
        let is_cut = is_partitioned(table) && self.is(DialectName::Postgres);
        if is_partition(table) {
            return;
        }
        // Only its type has a say about its columns.
        if is_typed(table) {
            return match self.random.below(4) {
                0 => self.with_table(name, schema, |draw, schema, table| {
                    draw.add_part(schema, name, table);
                }),
                1 => self.with_table(name, schema, |_, _, table| drop_indexes(table)),
                2 => self.with_table(name, schema, |draw, _, table| draw.change_options(table)),
                _ => self.change_typed(schema),
            };
        }
        match self.random.below(20) {
            19 if !is_cut => self.with_table(name, schema, |draw, schema, table| {
                draw.change_identity(schema, name, table);
            }),
            14 | 18 if self.is(DialectName::Mysql) => {
                let before = schema.tables[name].columns.clone();
                self.with_table(name, schema, |draw, _, table| draw.change_times(table));
                for column in before {
                    if schema.tables[name].column(&column.name).is_none() {
                        self.drop_shows(schema, name, &column.name);
                    }
                }
            }
            18 if self.is(DialectName::Sqlite) => {
                self.with_table(name, schema, |draw, _, table| {
                    draw.change_conflict(table);
                })
            }
            16 if !is_cut => self.change_key(name, schema),
            17 if !is_cut => self.with_table(name, schema, |draw, schema, table| {
                draw.change_generated(schema, table);
            }),
            0..=2 | 10 | 11 if is_cut => self.change_partitions(schema, name),
            0 | 1 if !is_cut => self.with_table(name, schema, |draw, schema, table| {
                draw.add_column(schema, table);
                // One that an heir has already would have to be the same.
                if !draw.heirs(schema, name).is_empty() {
                    table.columns.last_mut().unwrap().name = draw.name();
                }
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
        let heirs = self.heirs(schema, name);
        let free: Vec<String> = table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .filter(|column| is_free(table, column) && !self.is_timed(table, column))
            .filter(|column| !self.is_of_parent(schema, table, column))
            .filter(|column| {
                heirs
                    .iter()
                    .all(|heir| is_free(&schema.tables[heir], column))
            })
            .collect();
        if free.is_empty() {
            return;
        }
        let gone = self.random.pick(&free).clone();
        let table = schema.tables.get_mut(name).unwrap();
        table.columns.retain(|column| column.name != gone);
        // An heir may keep it, and is the one who has it then.
        for heir in &heirs {
            let keeps = self.chance(20);
            let table = schema.tables.get_mut(heir).unwrap();
            let column = table.columns.iter_mut().find(|column| column.name == gone);
            if let Some(column) = column.filter(|_| keeps) {
                column.options.remove("inherited");
            }
        }
        self.follow_parents(schema);
        for name in heirs.iter().chain([name]) {
            if schema.tables[name].column(&gone).is_none() {
                self.move_column_rights(schema, name, (&gone, None));
            }
            self.drop_shows(schema, name, &gone);
        }
    }

    /// Takes the objects away that show a column.
    fn drop_shows(&self, schema: &mut Schema, name: &Name, column: &str) {
        let column = format!("x.{} AS more", self.quote(column));
        let table = format!("FROM {} x", self.quote_name(name));
        let shows = |object: &Object| {
            object.definition.contains(&column) && object.definition.contains(&table)
        };
        let objects = schema.objects.iter();
        let keys: Vec<ObjectKey> = objects
            .filter(|(_, object)| shows(object))
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
        let places = self.changeable(table);
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
        let heirs = self.heirs(schema, name);
        let is_free = is_free(table, &old.name)
            && (heirs.iter()).all(|heir| is_free(&schema.tables[heir], &old.name));
        if !is_free || self.is_of_parent(schema, table, &old.name) {
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
        keep_clauses(column);
    }

    /// Lets SQLite do something else when a row breaks a constraint.
    fn change_conflict(&mut self, table: &mut Table) {
        let conflict = self.conflict();
        let key = table.primary_key.iter_mut().map(|key| &mut key.options);
        let uniques = table.uniques.iter_mut().map(|unique| &mut unique.options);
        let columns = table.columns.iter_mut().filter(|column| !column.nullable);
        let columns = columns.filter(|column| !["id", "num"].contains(&column.name.as_str()));
        let columns = columns.map(|column| (&mut column.options, "not_null_conflict"));
        let keys = key.chain(uniques).map(|options| (options, "on_conflict"));
        let mut all: Vec<_> = keys.chain(columns).collect();
        if !all.is_empty() {
            let place = self.random.below(all.len());
            let (options, option) = all.swap_remove(place);
            match self.random.chance(30) {
                true => drop(options.remove(option)),
                false => options.set(option, conflict),
            }
        }
        agree_about_conflicts(table);
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
        if self.chance(20) {
            return self.identify(table);
        }
        let has = |option: &str| table.options.has(option);
        match self.dialect {
            DialectName::Sqlite => {
                // What had no type may hold numbers, which no BLOB of a STRICT table takes.
                let takes =
                    |kind: &str| kind != "BLOB" && strict().iter().any(|one| one.name == kind);
                let can_be_strict =
                    (table.columns.iter()).all(|column| takes(column.column_type.as_str()));
                let is_numbered = table.columns.iter().any(|column| column.identity.is_some());
                if self.random.chance(50) && can_be_strict && !has("strict") {
                    table.options.flag("strict");
                } else if has("without_rowid") {
                    table.options.remove("without_rowid");
                } else if !is_numbered && table.primary_key.is_some() {
                    table.options.flag("without_rowid");
                }
            }
            DialectName::Postgres => match self.random.below(7) {
                3 if !is_partitioned(table) => table.options.set("replica_identity", "nothing"),
                4 => table.options.flag("force_row_security"),
                5 => drop(table.options.remove("force_row_security")),
                6 => drop(table.options.remove("with.toast.autovacuum_enabled")),
                0 if !is_partitioned(table) => table.options.set("with.fillfactor", "80"),
                1 => drop(table.options.remove("with.fillfactor")),
                _ => drop(table.options.remove("replica_identity")),
            },
            DialectName::Mysql => match self.random.below(6) {
                3 => table.options.set("max_rows", "2000"),
                4 => drop(table.options.remove("avg_row_length")),
                5 => drop(table.options.remove("checksum")),
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
        let needs_one = table.options.has("without_rowid");
        if self.random.chance(20) && table.primary_key.is_some() && !needs_one {
            table.primary_key = None;
            if is_numbered {
                let kept = PrimaryKey::of(["id"]);
                table.primary_key = Some(kept);
            }
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
        agree_about_conflicts(table);
    }

    /// Lets the key be numbered otherwise, or not at all.
    fn change_identity(&mut self, schema: &Schema, name: &Name, table: &mut Table) {
        let is_key = table.primary_key.as_ref();
        let is_key = is_key.is_some_and(|key| key.columns().eq(["id"]) && key.options.is_empty());
        let takes_none = ["without_rowid", "inherits"];
        let takes_none = takes_none.iter().any(|option| table.options.has(option));
        if !is_key || takes_none || self.is_of_parent(schema, table, "id") {
            return;
        }
        let identity = match self.chance(40) {
            true => None,
            false => Some(self.identity(name)),
        };
        if let Some(id) = table.columns.iter_mut().find(|column| column.name == "id") {
            id.identity = identity;
        }
    }

    /// Lets a column be computed otherwise.
    fn change_generated(&mut self, schema: &Schema, table: &mut Table) {
        let number = self.random.below(9);
        let is_stored = self.is(DialectName::Postgres) || self.chance(50);
        let own = |column: &Column| {
            column.generated.is_some() && !self.is_of_parent(schema, table, &column.name)
        };
        let place = table.columns.iter().position(own);
        if let Some(column) = place.map(|place| &mut table.columns[place]) {
            column.generated = Some(Generated {
                expression: Expression::new(format!("num + {number}")),
                stored: is_stored,
            });
        }
    }

    /// The columns whose definition may change.
    fn changeable(&self, table: &Table) -> Vec<usize> {
        (0..table.columns.len())
            .filter(|&place| {
                let column = &table.columns[place];
                let refers = |key: &ForeignKey| key.columns.contains(&column.name);
                column.name != "id"
                    && column.name != "num"
                    && column.generated.is_none()
                    && !self.is_timed(table, &column.name)
                    && !table.foreign_keys.iter().any(refers)
            })
            .collect()
    }

    /// Puts a column to another place.
    fn move_column(&mut self, table: &mut Table) {
        // MariaDB writes no column of its versions again.
        if table.columns.last().is_some_and(is_of_versions) {
            return;
        }
        let column = table.columns.pop().unwrap();
        let place = self.random.below(table.columns.len() + 1);
        table.columns.insert(place, column);
    }

    /// Gives a column or takes from it a default, a comment, or lets it be NULL.
    fn change_column(&mut self, schema: &Schema, table: &mut Table) {
        let kinds = self.kinds(schema, table);
        let places = self.changeable(table);
        if places.is_empty() {
            return;
        }
        let place = *self.random.pick(&places);
        let column = &table.columns[place];
        let kind = kinds
            .iter()
            .find(|kind| kind.name == column.column_type.as_str());
        let comment = self.comment();
        let choice = self.random.below(6);
        let can_be_filled = kind.is_some_and(|kind| !kind.values.contains(&"NULL"));
        let can_be_commented = !self.is(DialectName::Sqlite);
        let is_of_parent = self.is_of_parent(schema, table, &table.columns[place].name);
        let column = &mut table.columns[place];
        match choice {
            0 => column.default = kind.and_then(|kind| kind.default.clone()),
            1 => column.default = None,
            2 if can_be_commented => column.comment = comment,
            3 if !is_of_parent => column.collation = None,
            4 if can_be_filled => column.nullable = false,
            _ => column.nullable = true,
        }
        if column.collation.is_none() {
            column.options.remove("charset");
        }
        if is_spatial(column) {
            self.refer(column);
        }
        if column.default.is_none() && choice == 1 {
            column.nullable = true;
        }
        keep_clauses(column);
    }
}

/// Takes away what SQLite says about clauses that a column no longer has, and lets MariaDB show a
/// column that nothing fills.
pub(crate) fn keep_clauses(column: &mut Column) {
    if column.needs_a_value() {
        column.options.remove("invisible");
    }
    let (is_nullable, has_default) = (column.nullable, column.default.is_some());
    let clauses = [
        ("not_null_conflict", !is_nullable),
        ("not_null_name", !is_nullable),
        ("default_name", has_default),
        ("collation_name", column.collation.is_some()),
        ("generated_name", column.generated.is_some()),
    ];
    for (option, has_it) in clauses {
        if !has_it {
            column.options.remove(option);
        }
    }
}

/// True for a column that no index, constraint or key names.
pub(crate) fn is_free(table: &Table, name: &str) -> bool {
    let indexed = table.indexes.iter().flat_map(|index| index.columns());
    let unique = table.uniques.iter().flat_map(|unique| unique.columns());
    let refers = |key: &ForeignKey| key.columns.iter().any(|column| column == name);
    name != "id"
        && name != "num"
        && !indexed.chain(unique).any(|other| other == name)
        && !table.foreign_keys.iter().any(refers)
}

/// Takes away the spatial indexes of columns that can be NULL, which MariaDB does not make.
pub(crate) fn keep_spatial_indexes(table: &mut Table) {
    let nullable = table.columns.iter().filter(|column| column.nullable);
    let nullable: Vec<String> = nullable.map(|column| column.name.clone()).collect();
    table.indexes.retain(|index| {
        let is_spatial = index.method.as_deref() == Some("spatial");
        !(is_spatial
            && index
                .columns()
                .any(|name| nullable.iter().any(|other| other == name)))
    });
}

/// Takes all indexes away but those of foreign keys.
fn drop_indexes(table: &mut Table) {
    let keys: Vec<_> = (table.foreign_keys.iter())
        .filter_map(|key| key.name.clone())
        .collect();
    table.indexes.retain(|index| keys.contains(&index.name));
}

/// Takes a foreign key away with the index of MySQL that has its name.
pub(crate) fn take_foreign_key(table: &mut Table, place: usize) {
    let key = table.foreign_keys.remove(place);
    table
        .indexes
        .retain(|index| Some(&index.name) != key.name.as_ref());
}
