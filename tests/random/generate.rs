//! Draws schemas that use what a dialect has: tables and their columns.
//!
//! ```text
//! generate.rs   schemas, tables, columns           kinds.rs     types, and values for them
//! types.rs      enums, domains, sequences…         parts.rs     keys, indexes, constraints
//! objects.rs    views, routines, triggers…         functions.rs functions that tables use
//! mariadb.rs    triggers, packages… of MariaDB     periods.rs   periods and versions of it
//! inherit.rs    tables that inherit               typed.rs     tables of a type
//! partitions.rs tables in parts                    replicas.rs  indexes that identify rows
//! rights.rs     who may do what                    rare.rs      what few databases have
//! mutate.rs     one schema grows into another      alter.rs     a table does
//! ```

use freight_core::DialectName;
use freight_core::ident::Name;
use freight_core::schema::{
    Column, DefaultValue, Deferrable, Expression, Generated, Identity, IdentityKind, IndexPart,
    PrimaryKey, Schema, SequenceOptions, Spelling, Table,
};

use crate::functions::Gives;
use crate::kinds::{Kind, kinds, strict};
use crate::mariadb::{SPATIAL, is_spatial};
use crate::numbers::Random;
use crate::partitions::is_partitioned;

/// Draws for one dialect.
pub(crate) struct Draw {
    pub(crate) random: Random,
    pub(crate) dialect: DialectName,
    /// The last number that was given to a name.
    number: usize,
}

/// The namespace beside the connection's own.
pub(crate) const NAMESPACE: &str = "Other one";

/// What SQLite can do when a row breaks a constraint; the first is what it does anyway.
const CONFLICTS: &[&str] = &["ABORT", "REPLACE", "IGNORE", "FAIL", "ROLLBACK"];

/// Names: plain ones, and those that must be quoted.
const WORDS: &[&str] = &[
    "alpha",
    "beta",
    "Gamma",
    "delta",
    "order",
    "group",
    "naïve",
    "with space",
    "a\"quote",
    "it's",
    "select",
    "z9",
    "long_name_of_a_column_or_table",
    "semi;colon",
    "dash-ed",
    "tail_",
    "back`tick",
    "100%",
];

impl Draw {
    pub(crate) const fn new(dialect: DialectName, seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            dialect,
            number: 0,
        }
    }

    pub(crate) fn is(&self, dialect: DialectName) -> bool {
        self.dialect == dialect
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.random.chance(percent)
    }

    /// A number that no name has.
    pub(crate) fn number(&mut self) -> usize {
        self.number += 1;
        self.number
    }

    /// A word with a number that no other name has, so that a name is found in a text.
    pub(crate) fn name(&mut self) -> String {
        let word = *self.random.pick(WORDS);
        let number = self.number();
        format!("{word}{number}")
    }

    /// The name of a column: often without a number, so that several tables have it.
    fn column_name(&mut self, table: &Table) -> String {
        loop {
            let word = (*self.random.pick(WORDS)).to_owned();
            let name = match self.chance(60) {
                true => format!("{word}{}", self.random.below(1000)),
                false => word,
            };
            let is_taken = |column: &Column| column.name.eq_ignore_ascii_case(&name);
            if !table.columns.iter().any(is_taken) {
                return name;
            }
        }
    }

    pub(crate) fn quote(&self, name: &str) -> String {
        self.dialect.dialect().quote(name)
    }

    pub(crate) fn quote_name(&self, name: &Name) -> String {
        let parts = name.namespace.iter().chain([&name.name]);
        let parts: Vec<_> = parts.map(|part| self.quote(part)).collect();
        parts.join(".")
    }

    /// The types that a column of the table can have.
    pub(crate) fn kinds(&self, schema: &Schema, table: &Table) -> Vec<Kind> {
        let mut all = match table.options.has("strict") {
            true => strict(),
            false => kinds(self.dialect, schema),
        };
        // MariaDB has no places in a table in parts.
        if is_partitioned(table) {
            all.retain(|kind| {
                !SPATIAL.contains(&kind.name.as_str()) || !self.is(DialectName::Mysql)
            });
        }
        all
    }

    /// The type of keys.
    pub(crate) const fn key_type(&self) -> &'static str {
        match self.dialect {
            DialectName::Sqlite => "INTEGER",
            DialectName::Postgres | DialectName::Mysql => "bigint",
        }
    }

    /// A schema of a few tables and what goes with them.
    pub(crate) fn schema(&mut self) -> Schema {
        let mut schema = Schema {
            spelling: Spelling::Written,
            ..Schema::default()
        };
        if self.is(DialectName::Postgres) && self.chance(30) {
            let comment = self.chance(50).then(|| "it's other".to_owned());
            schema.namespaces.insert(NAMESPACE.to_owned(), comment);
        }
        if self.is(DialectName::Postgres) && self.chance(30) {
            self.add_function(&mut schema);
        }
        for _ in 0..self.random.below(3) {
            self.add_type(&mut schema);
        }
        for _ in 0..1 + self.random.below(4) {
            self.add_table(&mut schema);
        }
        if self.is(DialectName::Postgres) && self.chance(25) {
            for _ in 0..1 + self.random.below(2) {
                self.add_child(&mut schema);
            }
        }
        if self.is(DialectName::Postgres) && self.chance(10) {
            self.add_typed(&mut schema);
        }
        for _ in 0..self.random.below(5) {
            self.add_object(&mut schema);
        }
        schema
    }

    /// Adds a table, with foreign keys to those that are there.
    pub(crate) fn add_table(&mut self, schema: &mut Schema) {
        let mut own = Name::new(self.name());
        if !schema.namespaces.is_empty() && self.chance(40) {
            own.namespace = Some(NAMESPACE.to_owned());
        }
        let mut table = Table::default();
        self.table_options(&mut table);
        self.table_key(&own, &mut table);
        for _ in 0..self.random.below(5) {
            self.add_column(schema, &mut table);
        }
        if self.chance(50) {
            self.add_foreign_key(schema, &own, &mut table);
        }
        for _ in 0..self.random.below(4) {
            self.add_part(schema, &own, &mut table);
        }
        if self.chance(5) {
            drop_key(schema, &own, &mut table);
        }
        self.add_times(&mut table);
        if self.chance(10) && !table.options.has("replica_identity") {
            self.identify(&mut table);
        }
        if !self.is(DialectName::Sqlite) && self.chance(20) {
            table.comment = Some("what it's for\\\nin two lines".to_owned());
        }
        let parent = own.clone();
        let is_partitioned = self.is(DialectName::Postgres) && is_partitioned(&table);
        schema.tables.insert(own, table);
        if self.is(DialectName::Postgres) && self.chance(8) {
            let name = parent.sibling(format!("numbers {}", self.number()));
            let owner = (parent.clone(), "num".to_owned());
            self.add_sequence_of(schema, name, Some(owner));
        }
        if is_partitioned {
            self.add_partitions(schema, &parent);
        }
    }

    fn table_options(&mut self, table: &mut Table) {
        let way = self.way_to_cut();
        let options = &mut table.options;
        match self.dialect {
            DialectName::Sqlite => {
                if self.random.chance(20) {
                    options.flag("strict");
                }
                if self.random.chance(15) {
                    options.flag("without_rowid");
                }
            }
            DialectName::Postgres => match self.random.below(20) {
                0 => options.flag("unlogged"),
                1 => options.set("with.fillfactor", "70"),
                2 => options.set("replica_identity", "full"),
                3 | 8 => options.set("partition_by", way),
                4 => options.flag("row_security"),
                5 => options.flag("force_row_security"),
                6 => options.set("replica_identity", "nothing"),
                7 => options.set("with.toast.autovacuum_enabled", "false"),
                _ => {}
            },
            DialectName::Mysql => match self.random.below(20) {
                0 => options.set("row_format", "redundant"),
                1 => options.set("collation", "utf8mb4_bin"),
                2 => options.set("charset", "latin1"),
                3 => options.set(
                    "partition_by",
                    "RANGE (`id`)\n(PARTITION `low` VALUES LESS THAN (10) ENGINE = InnoDB,\n \
                     PARTITION `high` VALUES LESS THAN MAXVALUE ENGINE = InnoDB)",
                ),
                4 => options.set("stats_persistent", "1"),
                5 => options.set("engine", "Aria"),
                6 => options.flag("system_versioned"),
                7 => options.set("avg_row_length", "100"),
                8 => options.set("max_rows", "1000"),
                9 => options.set("checksum", "1"),
                _ => {}
            },
        }
    }

    /// The columns that every table has: `id`, its key, and `num`, which expressions use (MySQL
    /// lets none use a column that it numbers).
    fn table_key(&mut self, own: &Name, table: &mut Table) {
        let key_type = self.key_type();
        let mut id = Column::new("id", key_type);
        let mut key = PrimaryKey::of(["id"]);
        let has_rowid = !table.options.has("without_rowid");
        if has_rowid && self.chance(50) {
            id.identity = Some(self.identity(own));
        }
        if !self.is(DialectName::Mysql) && self.chance(20) {
            key.name = Some(format!("key_{}", own.name));
        }
        if self.is(DialectName::Sqlite) {
            self.dress_sqlite_key(table, &mut id, &mut key);
        }
        let mut number = Column::new("num", key_type);
        number.nullable = true;
        let is_cut = is_partitioned(table);
        if !is_cut && self.chance(10) && (id.identity.is_none() || !self.is(DialectName::Sqlite)) {
            key.parts.push(IndexPart::column("num"));
            number.nullable = false;
            // Foreign keys refer to it, and ask for columns that sort as their type does.
            key.parts[1].descending = self.is(DialectName::Sqlite) && self.chance(30);
        }
        if self.is(DialectName::Postgres) {
            if is_cut {
                key.parts.push(IndexPart::column("num"));
                number.nullable = false;
                id.identity = None;
            } else if key.parts.len() == 1 && self.chance(10) {
                key.include = vec!["num".to_owned()];
            }
            if self.chance(10) {
                key.comment = Some("it's the key".to_owned());
            }
            if self.chance(5) && !is_cut {
                key.options.set("with.fillfactor", "80");
            }
            if self.chance(5) && !is_cut {
                key.options.flag("clustered");
            }
            if self.chance(5) && !is_cut {
                key.deferrable = Deferrable::Immediate;
            }
            if key.name.is_none() {
                key.name = Some(format!("{}_pkey", own.name));
            }
        }
        table.columns.push(id);
        table.columns.push(number);
        table.primary_key = Some(key);
    }

    /// What SQLite does about an equal key, and a key that is not the row's number.
    fn dress_sqlite_key(&mut self, table: &Table, id: &mut Column, key: &mut PrimaryKey) {
        if self.chance(25) {
            key.options.set("on_conflict", self.conflict());
        }
        if id.identity.is_none() && !table.options.has("without_rowid") && self.chance(8) {
            key.parts[0].descending = true;
            key.options.flag("not_rowid");
            // Only a STRICT table denies NULL in such a key.
            id.nullable = !table.options.has("strict");
        }
    }

    /// What SQLite does when a row breaks a constraint.
    pub(crate) fn conflict(&mut self) -> &'static str {
        CONFLICTS[self.random.below(CONFLICTS.len())]
    }

    pub(crate) fn identity(&mut self, table: &Name) -> Identity {
        if !self.is(DialectName::Postgres) {
            return Identity::new(IdentityKind::AutoIncrement);
        }
        let mut identity = Identity::new(*self.random.pick(&[
            IdentityKind::Always,
            IdentityKind::ByDefault,
            IdentityKind::Serial,
        ]));
        if self.chance(15) {
            let name = format!("numbering {}", self.number());
            identity.sequence_name = Some(table.sibling(name));
        }
        if self.chance(30) {
            identity.sequence = SequenceOptions {
                start: Some(100),
                increment: Some(5),
                maximum: Some(100_000),
                cache: Some(3),
                cycle: self.chance(50),
                ..SequenceOptions::default()
            };
        }
        identity
    }

    /// Adds a column.
    pub(crate) fn add_column(&mut self, schema: &Schema, table: &mut Table) {
        let kinds = self.kinds(schema, table);
        let kind = self.random.pick(&kinds).clone();
        let mut column = Column::new(self.column_name(table), kind.name.clone());
        column.nullable = true;
        if self.chance(40) {
            column.default.clone_from(&kind.default);
            column.nullable = column.default.is_none() || self.chance(50);
        }
        if self.chance(10) {
            self.generate(schema, &mut column);
        } else {
            self.dress(schema, table, &kind, &mut column);
        }
        if !self.is(DialectName::Sqlite) && self.chance(10) {
            column.comment = Some("a \"quoted\" comment; it's `odd`".to_owned());
        }
        table.columns.push(column);
    }

    /// Makes a column one that is computed.
    fn generate(&mut self, schema: &Schema, column: &mut Column) {
        let stored = self.is(DialectName::Postgres) || self.chance(50);
        let call = self.call(schema, Gives::Number, "num", 50);
        let plain = *self
            .random
            .pick(&["num * 2", "num + 1", "coalesce(num, 0)"]);
        let name = std::mem::take(&mut column.name);
        *column = Column::new(name, self.key_type());
        column.nullable = true;
        column.generated = Some(Generated {
            expression: Expression::new(call.as_deref().unwrap_or(plain)),
            stored,
        });
        if self.is(DialectName::Sqlite) && self.chance(20) {
            column.options.set("generated_name", self.name());
        }
    }

    /// Gives a column what only its dialect has.
    fn dress(&mut self, schema: &Schema, table: &Table, kind: &Kind, column: &mut Column) {
        let is_text = kind.values.iter().all(|value| value.starts_with('\''))
            && ["char", "text"]
                .iter()
                .any(|word| kind.name.to_lowercase().contains(word) && !kind.name.contains('['));
        match self.dialect {
            DialectName::Sqlite => {
                if self.chance(10) {
                    column.collation = Some("NOCASE".to_owned());
                }
                if !column.nullable && self.chance(20) {
                    column.options.set("not_null_conflict", self.conflict());
                }
                let named = [
                    ("not_null_name", !column.nullable),
                    ("default_name", column.default.is_some()),
                    ("collation_name", column.collation.is_some()),
                ];
                for (option, has_it) in named {
                    if has_it && self.chance(5) {
                        column.options.set(option, self.name());
                    }
                }
            }
            DialectName::Postgres => {
                if is_text && self.chance(15) {
                    column.collation = Some("C".to_owned());
                }
                if kind.name == "text" && self.chance(20) {
                    column.options.set("storage", "external");
                }
                if kind.name == "text" && self.chance(10) {
                    column.options.set("compression", "pglz");
                }
                if self.chance(5) {
                    column.options.set("with.n_distinct", "5");
                }
                if self.chance(5) {
                    column.options.set("statistics", "500");
                }
                if kind.name == "bigint"
                    && let Some(call) = self.call(schema, Gives::Number, "3", 40)
                {
                    column.default = Some(DefaultValue::Expression(Expression::new(call)));
                } else if kind.name == "bigint" && self.chance(40) {
                    let sequences: Vec<_> = schema.sequences.keys().cloned().collect();
                    if !sequences.is_empty() {
                        let sequence = self.random.pick(&sequences).clone();
                        let name = self.quote_name(&sequence);
                        column.default = Some(DefaultValue::Expression(Expression::new(format!(
                            "nextval('{}'::regclass)",
                            name.replace('\'', "''")
                        ))));
                    }
                }
            }
            DialectName::Mysql => {
                if is_text && self.chance(15) {
                    column.collation = Some("utf8mb4_bin".to_owned());
                    column.options.set("charset", "utf8mb4");
                }
                if self.chance(5) && (column.nullable || column.default.is_some()) {
                    column.options.flag("invisible");
                }
                if self.chance(10) && table.options.has("system_versioned") {
                    column.options.flag("without_system_versioning");
                }
                if is_spatial(column) {
                    self.refer(column);
                }
                if kind.name == "varchar(40)" && self.chance(10) {
                    column.options.set("compressed", "zlib");
                }
                if kind.name == "datetime" && self.chance(30) {
                    column.on_update = Some(Expression::new("CURRENT_TIMESTAMP"));
                }
            }
        }
    }
}

/// Takes the primary key away, where nothing needs it.
pub(crate) fn drop_key(schema: &Schema, name: &Name, table: &mut Table) {
    let refers = |table: &Table| table.foreign_keys.iter().any(|key| key.target == *name);
    let is_numbered = |column: &Column| column.identity.is_some();
    let is_needed = refers(table)
        || schema.tables.values().any(refers)
        || table.columns.iter().any(is_numbered)
        || table.options.has("without_rowid");
    if !is_needed {
        table.primary_key = None;
    }
}
