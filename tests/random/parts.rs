//! Draws the parts of a table: foreign keys, indexes, unique constraints, checks, exclusions.

use freight_core::DialectName;
use freight_core::ident::Name;
use freight_core::schema::{
    Action, Check, Column, Deferrable, Exclusion, Expression, ForeignKey, Index, IndexPart,
    NullsOrder, Schema, Table, Unique,
};

use crate::alter::keep_clauses;
use crate::functions::Gives;
use crate::generate::Draw;
use crate::partitions::{is_partition, is_partitioned};

impl Draw {
    /// Adds a column that refers to another table, or to its own.
    pub(crate) fn add_foreign_key(&mut self, schema: &Schema, own: &Name, table: &mut Table) {
        let takes_none = is_partitioned(table) || table.options.has("engine");
        if is_partition(table) || (self.is(DialectName::Mysql) && takes_none) {
            return;
        }
        let mut targets: Vec<Name> = schema
            .tables
            .iter()
            .filter(|(_, target)| self.is_target(target))
            .map(|(name, _)| name.clone())
            .collect();
        if self.is_target(table) && self.chance(15) {
            targets.push(own.clone());
        }
        if targets.is_empty() {
            return;
        }
        let target = self.random.pick(&targets).clone();
        let number = self.number();
        // Tables with a long key are referred to by all of it.
        let whole = match target == *own {
            true => &*table,
            false => &schema.tables[&target],
        };
        let target_columns: Vec<String> = (whole.primary_key.iter())
            .flat_map(|key| key.columns().map(str::to_owned))
            .collect();
        let columns: Vec<Column> = (0..target_columns.len())
            .map(|place| {
                let start = if place == 0 { "ref" } else { "and" };
                let mut column = Column::new(format!("{start} {number}"), self.key_type());
                column.nullable = true;
                column
            })
            .collect();
        let mut key = ForeignKey {
            name: Some(format!("fk{number}_{}", own.name)),
            columns: columns.iter().map(|column| column.name.clone()).collect(),
            target,
            target_columns,
            on_delete: *self
                .random
                .pick(&[Action::NoAction, Action::Cascade, Action::SetNull]),
            on_update: *self
                .random
                .pick(&[Action::NoAction, Action::Cascade, Action::SetNull]),
            ..ForeignKey::default()
        };
        self.dress_foreign_key(table, &mut key);
        if self.is(DialectName::Mysql) {
            table.indexes.push(Index {
                name: key.name.clone().unwrap(),
                parts: key.columns.iter().map(IndexPart::column).collect(),
                ..Index::default()
            });
        }
        table.columns.extend(columns);
        table.foreign_keys.push(key);
    }

    /// True for a table that a foreign key can refer to by its primary key.
    fn is_target(&self, table: &Table) -> bool {
        let key = table.primary_key.as_ref();
        !["unlogged", "engine", "partition_of", "partition_by"]
            .iter()
            .any(|option| table.options.has(option))
            && key.is_some_and(|key| {
                key.columns().next() == Some("id") && key.deferrable == Deferrable::No
            })
    }

    fn dress_foreign_key(&mut self, table: &Table, key: &mut ForeignKey) {
        if self.is(DialectName::Mysql) {
            return;
        }
        if self.chance(20) {
            key.deferrable = *self
                .random
                .pick(&[Deferrable::Immediate, Deferrable::Deferred]);
        }
        if self.chance(10) {
            key.on_delete = *self.random.pick(&[Action::Restrict, Action::SetDefault]);
            key.on_update = *self.random.pick(&[Action::Restrict, Action::SetDefault]);
        }
        if self.is(DialectName::Sqlite) {
            if self.chance(20) {
                key.name = None;
            }
            if self.chance(15) {
                key.target_columns.clear();
            }
            // MATCH FULL does nothing on SQLite, and models refuse it there.
            return;
        }
        if self.chance(10) && !is_partitioned(table) {
            key.not_valid = true;
        }
        if self.chance(10) {
            key.match_full = true;
        }
        if key.on_delete == Action::SetNull && self.chance(20) {
            key.delete_columns = vec![key.columns[0].clone()];
        }
        key.comment = self.comment();
    }

    /// Adds an index, a unique constraint, a check or an exclusion constraint.
    pub(crate) fn add_part(&mut self, schema: &Schema, own: &Name, table: &mut Table) {
        if is_partition(table) {
            return;
        }
        let number = self.number();
        let name = format!("{number}_{}", own.name);
        match self.random.below(10) {
            0..=3 => self.add_index(schema, format!("i{name}"), table),
            4 | 5 => self.add_unique(schema, format!("u{name}"), table),
            6 | 7 => self.add_check(schema, format!("c{name}"), table),
            8 if !self.is(DialectName::Mysql) => {
                let plain = *self.random.pick(&["num + 1", "abs(num)", "num * id"]);
                let call = self.call(schema, Gives::Number, "num", 50);
                table.indexes.push(Index {
                    name: format!("e{name}"),
                    parts: vec![IndexPart::expression(call.as_deref().unwrap_or(plain))],
                    ..Index::default()
                });
                if self.is(DialectName::Postgres) && self.chance(20) {
                    let options = &mut table.indexes.last_mut().unwrap().options;
                    options.set("statistics.1", "200");
                }
            }
            _ => self.add_special_index(schema, &name, table),
        }
    }

    /// A column that can be part of a key.
    fn key_column(&mut self, schema: &Schema, table: &Table) -> Column {
        let kinds = self.kinds(schema, table);
        let usable: Vec<&Column> = table
            .columns
            .iter()
            .filter(|column| {
                let named = |kind: &&crate::kinds::Kind| kind.name == column.column_type.as_str();
                // MariaDB takes no compressed column into a key.
                column.generated.is_none()
                    && !column.options.has("compressed")
                    && kinds.iter().find(named).is_some_and(|kind| kind.is_key)
            })
            .collect();
        (*self.random.pick(&usable)).clone()
    }

    fn add_index(&mut self, schema: &Schema, name: String, table: &mut Table) {
        let column = self.key_column(schema, table);
        let mut part = IndexPart::column(column.name.clone());
        part.descending = self.chance(30);
        let mut index = Index {
            name,
            ..Index::default()
        };
        match self.dialect {
            DialectName::Sqlite => {
                if self.chance(15) {
                    part.collation = Some("NOCASE".to_owned());
                }
            }
            DialectName::Postgres => {
                if self.chance(20) {
                    part.nulls = Some(match part.descending {
                        true => NullsOrder::Last,
                        false => NullsOrder::First,
                    });
                }
                if self.chance(15) && column.name != "num" {
                    index.include = vec!["num".to_owned()];
                }
                if self.chance(10) {
                    index.options.set("with.fillfactor", "60");
                }
                let clustered = |index: &Index| index.options.has("clustered");
                let key = table.primary_key.as_ref();
                let is_clustered = table.indexes.iter().any(clustered)
                    || key.is_some_and(|key| key.options.has("clustered"));
                if self.chance(10) && !is_clustered && !is_partitioned(table) {
                    index.options.flag("clustered");
                }
                index.comment = self.comment();
            }
            DialectName::Mysql => {
                if self.chance(15) && column.column_type.as_str() == "varchar(40)" {
                    part.prefix = Some(7);
                }
                if self.chance(10) {
                    index.options.flag("ignored");
                }
                index.comment = self.comment();
            }
        }
        index.parts.push(part);
        if column.name != "id" && self.chance(40) {
            index.parts.push(IndexPart::column("id"));
            // Of a table in parts, only what it is cut by as well is unique.
            index.unique = !is_partitioned(table) && self.chance(30);
            index.nulls_not_distinct =
                index.unique && self.is(DialectName::Postgres) && self.chance(20);
        }
        if !self.is(DialectName::Mysql) && self.chance(30) {
            let limit = self.random.below(9);
            let call = self.call(schema, Gives::Boolean, "num", 40);
            let predicate = call.unwrap_or_else(|| format!("num > {limit}"));
            index.predicate = Some(Expression::new(predicate));
            // Only an index of all rows can give them their order.
            index.options.remove("clustered");
        }
        table.indexes.push(index);
    }

    fn add_unique(&mut self, schema: &Schema, name: String, table: &mut Table) {
        let column = self.key_column(schema, table);
        // With the key in it, rows are never equal.
        let mut parts = vec![IndexPart::column("id")];
        if column.name != "id" {
            parts.push(IndexPart::column(column.name.clone()));
        }
        if self.is(DialectName::Mysql) {
            table.indexes.push(Index {
                name,
                parts,
                unique: true,
                ..Index::default()
            });
            return;
        }
        if is_partitioned(table) && column.name != "num" {
            parts.push(IndexPart::column("num"));
        }
        let mut unique = Unique {
            name: Some(name),
            parts,
            ..Unique::default()
        };
        if self.is(DialectName::Sqlite) {
            if self.chance(15) {
                unique.options.set("on_conflict", self.conflict());
            }
            if self.chance(10) {
                unique.parts[0].descending = true;
            }
            if self.chance(10) {
                unique.parts[0].collation = Some("RTRIM".to_owned());
            }
            if self.chance(20) {
                unique.name = None;
            }
        } else {
            if self.chance(10) && !is_partitioned(table) {
                unique.options.set("with.fillfactor", "90");
            }
            unique.nulls_not_distinct = self.chance(15);
            if self.chance(20) && column.name != "num" && !is_partitioned(table) {
                unique.include = vec!["num".to_owned()];
            }
            if self.chance(15) {
                unique.deferrable = *self
                    .random
                    .pick(&[Deferrable::Immediate, Deferrable::Deferred]);
            }
            unique.comment = self.comment();
        }
        let is_new = |other: &Unique| {
            other.parts != unique.parts || (other.name.is_some() && unique.name.is_some())
        };
        if table.uniques.iter().all(is_new) {
            table.uniques.push(unique);
            agree_about_conflicts(table);
        }
    }

    fn add_check(&mut self, schema: &Schema, name: String, table: &mut Table) {
        let number = 1 + self.random.below(50);
        let call = self.call(schema, Gives::Boolean, "num", 40);
        let expression = match self.random.below(4) {
            _ if call.is_some() => call.unwrap_or_default(),
            0 => format!("num > -{number} OR num IS NULL"),
            1 => format!("num <> -{number}"),
            2 => format!("num BETWEEN -{number} AND 9007199254740999"),
            _ => format!("coalesce(num, {number}) >= 0 AND NOT id = -{number}"),
        };
        let mut check = Check {
            name: Some(name),
            expression: Expression::new(expression),
            ..Check::default()
        };
        match self.dialect {
            DialectName::Sqlite => {
                if self.chance(20) {
                    check.name = None;
                }
            }
            DialectName::Postgres => {
                check.not_valid = self.chance(10) && !is_partitioned(table);
                check.no_inherit = self.chance(10) && !is_partitioned(table);
                check.comment = self.comment();
            }
            DialectName::Mysql => {
                // Numbered by the server, `id` must not be in it.
                check.expression = Expression::new(format!("num > -{number} OR num IS NULL"));
                let has_own = |other: &Check| other.column.is_some();
                if self.chance(15) && !table.checks.iter().any(has_own) {
                    check.name = None;
                    check.column = Some("num".to_owned());
                }
            }
        }
        let is_new = |other: &Check| other.name.is_some() || other.expression != check.expression;
        if table.checks.iter().all(is_new) {
            table.checks.push(check);
        }
    }

    /// An index of a method of its own, or an exclusion constraint.
    fn add_special_index(&mut self, schema: &Schema, name: &str, table: &mut Table) {
        let column = self.random.pick(&table.columns).clone();
        if column.generated.is_some() || is_partitioned(table) {
            return;
        }
        let mut part = IndexPart::column(column.name.clone());
        let kind = column.column_type.as_str();
        let method = match (self.dialect, kind) {
            (DialectName::Mysql, "text") => "fulltext",
            (DialectName::Mysql, "point" | "geometry") => {
                let own = table.columns.iter_mut();
                let own = own.filter(|own| own.name == column.name);
                own.for_each(|own| {
                    own.nullable = false;
                    keep_clauses(own);
                });
                "spatial"
            }
            (DialectName::Postgres, "jsonb" | "text[]" | "bigint[]") => "gin",
            (DialectName::Postgres, "int4range" | "point") => "gist",
            (DialectName::Postgres, "text") => "hash",
            (DialectName::Postgres, "bigint") if schema.extensions.contains_key("btree_gist") => {
                table.exclusions.push(Exclusion {
                    name: format!("x{name}"),
                    definition: (*self.random.pick(&[
                        "EXCLUDE USING gist (id WITH =)",
                        "EXCLUDE USING gist (id WITH =) WHERE (num > 1) DEFERRABLE",
                    ]))
                    .to_owned(),
                    comment: self.comment(),
                });
                return;
            }
            (DialectName::Postgres, "bigint") => "brin",
            (DialectName::Postgres, "character varying(40)") => {
                part.operator_class = Some("varchar_pattern_ops".to_owned());
                part.collation = Some("C".to_owned());
                ""
            }
            _ => return,
        };
        table.indexes.push(Index {
            name: format!("s{name}"),
            parts: vec![part],
            method: (!method.is_empty()).then(|| method.to_owned()),
            ..Index::default()
        });
    }
}

/// SQLite refuses a table that says of the same columns twice what happens to equal rows.
pub(crate) fn agree_about_conflicts(table: &mut Table) {
    let mut said: Vec<Vec<String>> = Vec::new();
    let key = table.primary_key.iter_mut();
    let key = key.map(|key| (&key.parts, &mut key.options));
    let uniques = table.uniques.iter_mut();
    let uniques = uniques.map(|unique| (&unique.parts, &mut unique.options));
    for (parts, options) in key.chain(uniques) {
        let columns = parts.iter().filter_map(IndexPart::column_name);
        let columns: Vec<String> = columns.map(str::to_owned).collect();
        if said.contains(&columns) {
            options.remove("on_conflict");
        } else if options.has("on_conflict") {
            said.push(columns);
        }
    }
}
