//! The portable types, and what a dialect answers about them.

use crate::dialect::DialectName;
use crate::ident::{Name, NameLimit};
use crate::schema::{ColumnType, DefaultValue, Expression, IdentityKind};

/// What a field holds, whatever the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A whole number of 64 bits. (`integer`, `bigint`)
    Integer,
    /// A whole number of 32 bits. (`int`)
    Int,
    /// A whole number of 16 bits. (`smallint`)
    SmallInt,
    /// True or false. (`boolean`)
    Boolean,
    /// A floating-point number of 64 bits. (`float`, `double`)
    Float,
    /// An exact number: digits, and those behind the point. (`decimal`)
    Decimal(Option<(u32, u32)>),
    /// Text of at most so many characters. (`string`)
    String(u32),
    /// Text. The size counts only where a database must be told one for an index. (`text`)
    Text(Option<u32>),
    /// Bytes. (`blob`)
    Blob,
    /// A JSON document. (`json`)
    Json,
    /// A UUID. (`uuid`)
    Uuid,
    /// A day. (`date`)
    Date,
    /// A time of day, with so many digits behind the second. (`time`)
    Time(Option<u32>),
    /// A point in time, in UTC. (`datetime`)
    DateTime(Option<u32>),
    /// The same; a type of its own where there is one. (`timestamp`)
    Timestamp(Option<u32>),
    /// One of these texts. (`enum`)
    Enum(Vec<String>),
    /// A type that is declared beside the models.
    Named(Name, NamedKind),
    /// What `native` says. (`native`)
    Native,
}

/// The types that can be declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedKind {
    /// An enumerated type with these values.
    Enum(Vec<String>),
    /// A domain.
    Domain,
    /// A composite type.
    Composite,
}

impl FieldType {
    /// The words for the portable types, in the order in which they are documented.
    pub const WORDS: &'static [&'static str] = &[
        "integer",
        "bigint",
        "int",
        "smallint",
        "boolean",
        "float",
        "double",
        "decimal",
        "string",
        "text",
        "blob",
        "json",
        "uuid",
        "date",
        "time",
        "datetime",
        "timestamp",
        "enum",
        "native",
    ];

    /// The word that stands for it in model files; the name of a declared type is its own.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::Integer => "integer",
            Self::Int => "int",
            Self::SmallInt => "smallint",
            Self::Boolean => "boolean",
            Self::Float => "float",
            Self::Decimal(_) => "decimal",
            Self::String(_) => "string",
            Self::Text(_) => "text",
            Self::Blob => "blob",
            Self::Json => "json",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Time(_) => "time",
            Self::DateTime(_) => "datetime",
            Self::Timestamp(_) => "timestamp",
            Self::Enum(_) => "enum",
            Self::Named(name, _) => return name.to_string(),
            Self::Native => "native",
        }
        .to_owned()
    }

    /// True for whole numbers.
    #[must_use]
    pub const fn is_integer(&self) -> bool {
        matches!(self, Self::Integer | Self::Int | Self::SmallInt)
    }

    /// True for numbers.
    #[must_use]
    pub const fn is_number(&self) -> bool {
        self.is_integer() || matches!(self, Self::Float | Self::Decimal(_))
    }

    /// True for days, times and points in time.
    #[must_use]
    pub const fn is_time(&self) -> bool {
        matches!(
            self,
            Self::Date | Self::Time(_) | Self::DateTime(_) | Self::Timestamp(_)
        )
    }
}

/// A default that each database makes in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortableDefault {
    /// The time at which the statement runs.
    Now,
    /// The day.
    Today,
    /// The time of day.
    TimeOfDay,
    /// A random UUID.
    Uuid,
}

impl PortableDefault {
    /// All of them; a day's default is rather the day than the time.
    pub const ALL: &'static [Self] = &[Self::Today, Self::TimeOfDay, Self::Now, Self::Uuid];

    /// The word in model files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Now => "CURRENT_TIMESTAMP",
            Self::Today => "CURRENT_DATE",
            Self::TimeOfDay => "CURRENT_TIME",
            Self::Uuid => "UUID()",
        }
    }

    /// What a word means for a field of a type; none where it is only a text.
    #[must_use]
    pub fn parse(word: &str, field_type: &FieldType) -> Option<Self> {
        let word = word.trim().to_ascii_uppercase();
        match (word.as_str(), field_type) {
            ("UUID()" | "GEN_RANDOM_UUID()", FieldType::Uuid) => Some(Self::Uuid),
            ("CURRENT_TIMESTAMP" | "NOW()", kind) if kind.is_time() => Some(Self::Now),
            ("CURRENT_DATE", kind) if kind.is_time() => Some(Self::Today),
            ("CURRENT_TIME", kind) if kind.is_time() => Some(Self::TimeOfDay),
            _ => None,
        }
    }
}

/// What a dialect has to know to name a column's type.
#[derive(Clone, Copy, Debug)]
pub struct TypeRequest<'a> {
    /// The type.
    pub field_type: &'a FieldType,
    /// Negative numbers are refused.
    pub unsigned: bool,
    /// More digits than a floating-point number has may be rounded.
    pub approximate: bool,
    /// The column is part of a key or index.
    pub indexed: bool,
    /// The table allows only the types that the database checks (SQLite's STRICT).
    pub strict: bool,
    /// The column, quoted where it has to be.
    pub column: &'a str,
}

/// A column's type, and the condition that makes up for what the type does not check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoweredType {
    /// The type, spelled canonically.
    pub column_type: ColumnType,
    /// The condition of a CHECK.
    pub check: Option<String>,
}

impl LoweredType {
    /// A type that needs no check.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            column_type: ColumnType::new(text),
            check: None,
        }
    }

    /// A type with the condition that makes up for it.
    #[must_use]
    pub fn checked(text: impl Into<String>, check: impl Into<String>) -> Self {
        Self {
            column_type: ColumnType::new(text),
            check: Some(check.into()),
        }
    }
}

/// The portable type that a database's type is nearest to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// The type.
    pub field_type: FieldType,
    /// Negative numbers are refused.
    pub unsigned: bool,
}

impl Raised {
    /// A type that is not unsigned.
    #[must_use]
    pub const fn plain(field_type: FieldType) -> Self {
        Self {
            field_type,
            unsigned: false,
        }
    }
}

/// What a dialect answers when models become a schema and the other way round.
pub trait ModelTypes: Sync {
    /// Whose answers these are.
    fn dialect(&self) -> DialectName;

    /// The database's name in messages.
    fn product(&self) -> &'static str;

    /// How long a name may be.
    fn name_limit(&self) -> NameLimit;

    /// A name as it stands in SQL, quoted where it has to be.
    fn name(&self, name: &str) -> String;

    /// A string as it stands in SQL.
    fn string(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    /// The type of a column.
    ///
    /// # Errors
    /// Why the database has none, as in "a decimal of 20 digits is rounded".
    fn lower_type(&self, request: TypeRequest<'_>) -> Result<LoweredType, String>;

    /// The portable type that is nearest to a column's. Whether it says all is found out by
    /// lowering it.
    fn raise_type(&self, column_type: &ColumnType) -> Option<Raised>;

    /// True for two spellings of one type.
    fn is_same_type(&self, one: &ColumnType, other: &ColumnType) -> bool {
        one == other
    }

    /// How columns are numbered when nothing else is said.
    fn auto_increment(&self) -> IdentityKind;

    /// True for a column that the database can number; `whole_key` says that it is all of the
    /// primary key.
    fn can_number(&self, column_type: &ColumnType, whole_key: bool) -> bool {
        let _ = (column_type, whole_key);
        true
    }

    /// A default that the database makes; none where it cannot.
    fn portable_default(&self, default: PortableDefault, field: &FieldType) -> Option<Expression>;

    /// The portable default that an expression of the database's is.
    fn raise_default(&self, expression: &str, field: &FieldType) -> Option<PortableDefault> {
        let compact = |text: &str| -> String {
            let kept = text.chars().filter(|c| !c.is_whitespace());
            kept.collect::<String>().to_ascii_lowercase()
        };
        let expression = compact(expression);
        PortableDefault::ALL.iter().copied().find(|default| {
            self.portable_default(*default, field)
                .is_some_and(|known| compact(known.as_str()) == expression)
        })
    }

    /// `true` or `false` as a default.
    fn boolean(&self, value: bool) -> DefaultValue {
        DefaultValue::Number(u8::from(value).to_string())
    }

    /// What the database has beside tables, columns and keys.
    fn features(&self) -> &'static Features;
}

/// What a database can be told in a schema: facts, no behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// UNIQUE is a constraint; otherwise it is a unique index.
    pub unique_constraints: bool,
    /// Indexes over some of the rows.
    pub partial_indexes: bool,
    /// Indexes of methods of their own.
    pub index_methods: bool,
    /// Indexes that hold columns beside the key.
    pub included_columns: bool,
    /// NULLS FIRST and LAST, NULLS NOT DISTINCT and operator classes of indexes.
    pub index_orders: bool,
    /// Collations of index parts.
    pub index_collations: bool,
    /// Index parts that are the beginning of a column.
    pub index_prefixes: bool,
    /// Foreign keys that are checked at the end.
    pub deferrable_references: bool,
    /// Unique constraints and keys that are checked at the end.
    pub deferrable_keys: bool,
    /// RESTRICT is something else than NO ACTION.
    pub restrict: bool,
    /// SET DEFAULT as the action of a foreign key.
    pub set_default: bool,
    /// The database makes an index for each foreign key that has none.
    pub indexed_references: bool,
    /// Constraints without a name.
    pub unnamed_constraints: bool,
    /// Primary keys have a name that can be chosen.
    pub named_keys: bool,
    /// NULL in a primary key.
    pub nullable_keys: bool,
    /// Comments.
    pub comments: bool,
    /// Comments of constraints.
    pub constraint_comments: bool,
    /// NOT VALID, NO INHERIT, MATCH FULL, SET NULL of some columns: PostgreSQL's own.
    pub postgres_constraints: bool,
    /// NOT ENFORCED.
    pub not_enforced: bool,
    /// Invisible columns, and columns that an UPDATE sets.
    pub mysql_columns: bool,
    /// Enums, domains, composite types, extensions and namespaces; exclusion constraints;
    /// materialised views; kinds and options of identities.
    pub postgres_types: bool,
    /// Sequences.
    pub sequences: bool,
    /// Two tables cannot differ in the case of their names alone.
    pub tables_ignore_case: bool,
    /// Two columns cannot differ in the case of their names alone.
    pub columns_ignore_case: bool,
}
