//! Draws schemas that use what a dialect has.

use freight_core::DialectName;
use freight_core::ident::Name;
use freight_core::schema::{
    Action, Check, Column, DefaultValue, Enum, Expression, ForeignKey, Generated, Identity,
    IdentityKind, Index, IndexPart, Object, ObjectKey, ObjectKind, PrimaryKey, Schema, Spelling,
    Table, Unique,
};

/// Numbers that follow from a seed (`SplitMix64`).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// True so many times of a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// A type of a dialect, a default for it, and values that it holds.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) default: Option<DefaultValue>,
    pub(crate) values: &'static [&'static str],
    /// It can be part of a key.
    pub(crate) is_key: bool,
}

fn kind(
    name: &'static str,
    default: Option<DefaultValue>,
    values: &'static [&'static str],
) -> Kind {
    let is_number = values.iter().all(|value| value.parse::<f64>().is_ok());
    Kind {
        name,
        default,
        values,
        is_key: is_number || name.to_lowercase().contains("char"),
    }
}

fn text(value: &str) -> Option<DefaultValue> {
    Some(DefaultValue::Text(value.to_owned()))
}

fn number(value: &str) -> Option<DefaultValue> {
    Some(DefaultValue::Number(value.to_owned()))
}

fn expression(value: &str) -> Option<DefaultValue> {
    Some(DefaultValue::Expression(Expression::new(value)))
}

/// The types that are drawn for a dialect.
pub(crate) fn kinds(dialect: DialectName) -> Vec<Kind> {
    match dialect {
        DialectName::Sqlite => vec![
            kind("INTEGER", number("7"), &["1", "-5", "9007199254740993"]),
            kind("REAL", number("1.5"), &["0.5", "-2.25"]),
            kind("TEXT", text("it's"), &["'a'", "'ü''x'", "''"]),
            kind("VARCHAR(40)", text("x"), &["'a'", "'long text'"]),
            kind("BLOB", None, &["x'00ff'", "x''"]),
            kind("DECIMAL(10, 2)", number("0"), &["1.25", "-3"]),
            kind("BOOLEAN", number("0"), &["0", "1"]),
            kind(
                "DATETIME",
                expression("CURRENT_TIMESTAMP"),
                &["'2026-01-02 03:04:05'"],
            ),
        ],
        DialectName::Postgres => vec![
            kind("bigint", number("7"), &["1", "-5", "9007199254740993"]),
            kind("integer", number("-1"), &["3", "-3"]),
            kind("double precision", number("1.5"), &["0.5", "-2.25"]),
            kind("text", text("it's"), &["'a'", "'ü''x'", "''"]),
            kind("character varying(40)", text("x"), &["'a'", "'long text'"]),
            kind("numeric(10,2)", number("0"), &["1.25", "-3.00"]),
            kind(
                "boolean",
                Some(DefaultValue::Boolean(true)),
                &["true", "false"],
            ),
            kind(
                "timestamp with time zone",
                expression("now()"),
                &["'2026-01-02 03:04:05+00'"],
            ),
            kind("date", None, &["'2026-01-02'"]),
            kind("jsonb", text("{}"), &["'{\"a\": 1}'"]),
            kind(
                "uuid",
                expression("gen_random_uuid()"),
                &["'0d0c35c4-8b9c-4b8e-9d5e-0a1b2c3d4e5f'"],
            ),
            kind("bytea", None, &["'\\x00ff'"]),
            kind("text[]", text("{}"), &["'{a,b}'"]),
        ],
        DialectName::Mysql => vec![
            kind("bigint", number("7"), &["1", "-5", "9007199254740993"]),
            kind("int", number("-1"), &["3", "-3"]),
            kind("int unsigned", number("1"), &["3", "4000000000"]),
            kind("double", number("1.5"), &["0.5", "-2.25"]),
            kind("varchar(40)", text("it's"), &["'a'", "'ü''x'", "''"]),
            kind("text", None, &["'a'", "'long text'"]),
            kind("decimal(10,2)", number("0.00"), &["1.25", "-3.00"]),
            kind("tinyint(1)", number("0"), &["0", "1"]),
            kind(
                "datetime",
                expression("CURRENT_TIMESTAMP"),
                &["'2026-01-02 03:04:05'"],
            ),
            kind("date", None, &["'2026-01-02'"]),
            kind("enum('a','b')", text("a"), &["'a'", "'b'"]),
            kind("varbinary(20)", None, &["x'00ff'"]),
        ],
    }
}

/// Names: plain ones, and those that must be quoted.
const WORDS: &[&str] = &[
    "alpha",
    "beta",
    "gamma",
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
];

fn name(random: &mut Random, taken: &[String]) -> String {
    loop {
        let mut word = (*random.pick(WORDS)).to_owned();
        if random.chance(60) {
            word.push_str(&random.below(1000).to_string());
        }
        if !taken.iter().any(|other| other.eq_ignore_ascii_case(&word)) {
            return word;
        }
    }
}

/// A schema of a few tables.
pub(crate) fn schema(random: &mut Random, dialect: DialectName) -> Schema {
    let mut schema = Schema {
        spelling: Spelling::Written,
        ..Schema::default()
    };
    if dialect == DialectName::Postgres && random.chance(50) {
        schema.enums.insert(
            Name::new("mood"),
            Enum {
                values: vec!["sad".to_owned(), "it's ok".to_owned()],
                comment: None,
            },
        );
    }
    for _ in 0..1 + random.below(4) {
        add_table(random, dialect, &mut schema);
    }
    if random.chance(50) {
        add_view(random, dialect, &mut schema);
    }
    schema
}

/// Adds a table, with foreign keys to those that are there.
pub(crate) fn add_table(random: &mut Random, dialect: DialectName, schema: &mut Schema) {
    let taken: Vec<String> = schema.tables.keys().map(|name| name.name.clone()).collect();
    let own = name(random, &taken);
    let mut table = Table::default();
    let mut id = Column::new("id", kinds(dialect)[0].name);
    if random.chance(50) {
        id.identity = Some(Identity::new(match dialect {
            DialectName::Postgres => *random.pick(&[
                IdentityKind::Always,
                IdentityKind::ByDefault,
                IdentityKind::Serial,
            ]),
            _ => IdentityKind::AutoIncrement,
        }));
    }
    // SQLite takes NULL in a key unless it says otherwise.
    table.columns.push(id);
    table.primary_key = Some(PrimaryKey::of(["id"]));
    // What expressions use: MySQL lets none use a column that it numbers.
    let mut plain = Column::new("num", kinds(dialect)[0].name);
    plain.nullable = true;
    table.columns.push(plain);
    for _ in 0..random.below(5) {
        add_column(random, dialect, &mut table);
    }
    let targets: Vec<Name> = schema.tables.keys().cloned().collect();
    if random.chance(50) && !targets.is_empty() {
        let target = random.pick(&targets).clone();
        add_key(random, dialect, &own, &mut table, target);
    }
    for _ in 0..random.below(3) {
        add_part(random, dialect, &own, &mut table);
    }
    if dialect != DialectName::Sqlite && random.chance(20) {
        table.comment = Some("what it's for".to_owned());
    }
    schema.tables.insert(Name::new(own), table);
}

/// Adds a column.
pub(crate) fn add_column(random: &mut Random, dialect: DialectName, table: &mut Table) {
    let taken: Vec<String> = table
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    let kinds = kinds(dialect);
    let kind = random.pick(&kinds);
    let mut column = Column::new(name(random, &taken), kind.name);
    column.nullable = true;
    if random.chance(40) {
        column.default.clone_from(&kind.default);
        column.nullable = column.default.is_none() || random.chance(50);
    }
    if random.chance(10) {
        column = Column::new(column.name, kinds[0].name);
        column.nullable = true;
        let stored = dialect == DialectName::Postgres || random.chance(50);
        column.generated = Some(Generated {
            expression: Expression::new("num * 2"),
            stored,
        });
    }
    if dialect != DialectName::Sqlite && random.chance(10) {
        column.comment = Some("a \"quoted\" comment".to_owned());
    }
    table.columns.push(column);
}

/// Adds a column that refers to another table.
pub(crate) fn add_key(
    random: &mut Random,
    dialect: DialectName,
    own: &str,
    table: &mut Table,
    target: Name,
) {
    let taken: Vec<String> = table
        .columns
        .iter()
        .map(|column| column.name.clone())
        .collect();
    let mut column = Column::new(name(random, &taken), kinds(dialect)[0].name);
    column.nullable = true;
    let key = ForeignKey {
        name: Some(format!("fk{}_{own}", random.below(100_000))),
        columns: vec![column.name.clone()],
        target,
        target_columns: vec!["id".to_owned()],
        on_delete: *random.pick(&[Action::NoAction, Action::Cascade, Action::SetNull]),
        ..ForeignKey::default()
    };
    if dialect == DialectName::Mysql {
        table.indexes.push(Index {
            name: key.name.clone().unwrap(),
            parts: vec![IndexPart::column(column.name.clone())],
            ..Index::default()
        });
    }
    table.columns.push(column);
    table.foreign_keys.push(key);
}

/// Adds an index, a unique constraint or a check.
pub(crate) fn add_part(random: &mut Random, dialect: DialectName, own: &str, table: &mut Table) {
    let kinds = kinds(dialect);
    let usable: Vec<Column> = table
        .columns
        .iter()
        .filter(|column| {
            column.generated.is_none()
                && kinds
                    .iter()
                    .any(|kind| kind.name == column.column_type.as_str() && kind.is_key)
        })
        .cloned()
        .collect();
    let column = random.pick(&usable).clone();
    let number = random.below(100_000);
    match random.below(4) {
        0 => {
            let mut part = IndexPart::column(column.name.clone());
            part.descending = random.chance(30);
            let mut index = Index {
                name: format!("i{number}_{own}"),
                parts: vec![part],
                ..Index::default()
            };
            if column.name != "id" && random.chance(40) {
                index.parts.push(IndexPart::column("id"));
            }
            if dialect != DialectName::Mysql && random.chance(30) {
                index.predicate = Some(Expression::new("num > 3"));
            }
            table.indexes.push(index);
        }
        1 => {
            // With the key in it, rows are never equal.
            let mut parts = vec![IndexPart::column("id")];
            if column.name != "id" {
                parts.push(IndexPart::column(column.name.clone()));
            }
            let name = format!("u{number}_{own}");
            match dialect {
                DialectName::Mysql => table.indexes.push(Index {
                    name,
                    parts,
                    unique: true,
                    ..Index::default()
                }),
                _ => table.uniques.push(Unique {
                    name: Some(name),
                    parts,
                    ..Unique::default()
                }),
            }
        }
        2 => table.checks.push(Check {
            name: Some(format!("c{number}_{own}")),
            expression: Expression::new(format!("num > -{} OR num IS NULL", 1 + random.below(50))),
            ..Check::default()
        }),
        _ if dialect != DialectName::Mysql => table.indexes.push(Index {
            name: format!("e{number}_{own}"),
            parts: vec![IndexPart::expression("num + 1")],
            ..Index::default()
        }),
        _ => {}
    }
}

/// Adds a view over a table.
pub(crate) fn add_view(random: &mut Random, dialect: DialectName, schema: &mut Schema) {
    let tables: Vec<Name> = schema.tables.keys().cloned().collect();
    let table = random.pick(&tables).clone();
    let quote = |name: &str| dialect.dialect().quote(name);
    let view = format!("v{}", random.below(1000));
    let definition = format!(
        "CREATE VIEW {} AS SELECT {}.id FROM {} WHERE {}.id > {}",
        quote(&view),
        quote(&table.name),
        quote(&table.name),
        quote(&table.name),
        random.below(9)
    );
    schema.objects.insert(
        ObjectKey::new(ObjectKind::View, Name::new(view)),
        Object {
            definition,
            ..Object::default()
        },
    );
}
