//! Keys, indexes, references and checks.

use serde::{Deserialize, Serialize};

#[cfg(test)]
use super::short::schemas::{or_key, or_parts, or_text};
use super::short::{Scalar, Short, Shortened, short_form};
use super::{
    ActionDecl, DeferrableDecl, Dialect, DialectText, NameDecl, OptionsDecl, PerDialect, is_false,
};
use crate::model::place::Placed;

/// A primary key: a list of fields, or a map. `false` for a table without one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Key", transform = or_key)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct KeyDecl {
    /// `false`: there is none.
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    pub none: bool,
    /// Its fields, in order.
    pub columns: Vec<PartDecl>,
    /// The constraint's name, where it is not the database's choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Columns that its index holds beside the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferrable: Option<DeferrableDecl>,
    /// The constraint's comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Options, per dialect.
    #[serde(default, skip_serializing_if = "PerDialect::is_empty")]
    pub options: PerDialect<OptionsDecl>,
}

impl Short for KeyDecl {
    type Item = PartDecl;
    const EXPECTED: &'static str = "a list of fields, `false` or a map with the key `columns`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Boolean(false) => Some(Self {
                none: true,
                ..Self::default()
            }),
            Scalar::Text(name) => Self::from_list(vec![PartDecl::column(name)]),
            _ => None,
        }
    }

    fn from_list(columns: Vec<PartDecl>) -> Option<Self> {
        Some(Self {
            columns,
            ..Self::default()
        })
    }

    fn shortened(&self) -> Option<Shortened<PartDecl>> {
        if self.none {
            return Some(Shortened::Scalar(Scalar::Boolean(false)));
        }
        let bare = Self::from_list(self.columns.clone())?;
        (*self == bare).then_some(Shortened::List(bare.columns))
    }
}

short_form!(KeyDecl);

/// An index or a unique constraint: a list of fields, or a map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Index", transform = or_parts)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct IndexDecl {
    /// What it is built on, in order: fields or expressions.
    pub columns: Vec<PartDecl>,
    /// Its name, where it is not made of the names of table and columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<NameDecl>,
    /// No two rows may be equal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// Whether a unique one is a constraint, which only whole columns can be: `true` where that is
    /// possible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<bool>,
    /// The rows that it covers, where not all.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub predicate: Option<DialectText>,
    /// The method, where it is not the usual one: `gin`, `hash`, `fulltext`, `spatial`…
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Columns that it holds beside the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
    /// Two NULLs count as equal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nulls_not_distinct: bool,
    /// When a unique constraint is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferrable: Option<DeferrableDecl>,
    /// Its comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Options, per dialect.
    #[serde(default, skip_serializing_if = "PerDialect::is_empty")]
    pub options: PerDialect<OptionsDecl>,
    /// The dialects that have it, where not all do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Dialect>,
}

impl Short for IndexDecl {
    type Item = PartDecl;
    const EXPECTED: &'static str = "a list of fields, or a map with the key `columns`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(name) => Self::from_list(vec![PartDecl::column(name)]),
            _ => None,
        }
    }

    fn from_list(columns: Vec<PartDecl>) -> Option<Self> {
        Some(Self {
            columns,
            ..Self::default()
        })
    }

    fn shortened(&self) -> Option<Shortened<PartDecl>> {
        let bare = Self::from_list(self.columns.clone())?;
        (*self == bare).then_some(Shortened::List(bare.columns))
    }
}

short_form!(IndexDecl);

/// A part of an index: a field, or a map with `column` or `expression`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Part", transform = or_text)
)]
#[serde(default, remote = "Self", deny_unknown_fields)]
pub struct PartDecl {
    /// A field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// An expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<DialectText>,
    /// From the largest to the smallest.
    #[serde(skip_serializing_if = "is_false")]
    pub desc: bool,
    /// Where NULLs stand: `first` or `last`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nulls: Option<NullsDecl>,
    /// MySQL: how many characters of the column count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<u32>,
    /// How it sorts, where not as the column does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// PostgreSQL: the operator class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_class: Option<String>,
}

/// Where NULLs stand in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NullsDecl {
    /// Before all values.
    First,
    /// After all values.
    Last,
}

impl PartDecl {
    /// A plain field.
    #[must_use]
    pub fn column(name: impl Into<String>) -> Self {
        Self {
            column: Some(name.into()),
            ..Self::default()
        }
    }
}

impl Short for PartDecl {
    type Item = bool;
    const EXPECTED: &'static str = "the name of a field, or a map with `column` or `expression`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(name) => Some(Self::column(name)),
            _ => None,
        }
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        let name = self.column.clone()?;
        (*self == Self::column(name.clone())).then_some(Shortened::Scalar(Scalar::Text(name)))
    }
}

short_form!(PartDecl);

/// What a field refers to: `users`, `users.id`, or a map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Reference", transform = or_text)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct ReferenceDecl {
    /// The model or its table; in the short form with `.field` behind it, where it is not the key.
    pub table: String,
    /// The field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The fields, for a foreign key of several. An empty list is SQLite's `REFERENCES table`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// What happens when the row is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_delete: Option<ActionDecl>,
    /// What happens when its key changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_update: Option<ActionDecl>,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deferrable: Option<DeferrableDecl>,
    /// `full`: all columns are NULL, or none.
    #[serde(default, rename = "match", skip_serializing_if = "Option::is_none")]
    pub matching: Option<String>,
    /// The name of the constraint, where it is not made of the names of table and columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<NameDecl>,
    /// PostgreSQL: the columns that `on_delete` sets, where not all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delete_columns: Vec<String>,
    /// PostgreSQL: rows that were there before are not checked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_valid: bool,
    /// PostgreSQL: nothing is checked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_enforced: bool,
    /// The constraint's comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The short form, as it was written.
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    pub is_short: bool,
}

impl Short for ReferenceDecl {
    type Item = bool;
    const EXPECTED: &'static str = "`table`, `table.field` or a map with the key `table`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(table) => Some(Self {
                table,
                is_short: true,
                ..Self::default()
            }),
            _ => None,
        }
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        self.is_short
            .then(|| Shortened::Scalar(Scalar::Text(self.table.clone())))
    }
}

short_form!(ReferenceDecl);

/// A foreign key of the model: its columns, and what they refer to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ForeignKeyDecl {
    /// The fields that refer.
    pub columns: Vec<String>,
    /// What they refer to.
    pub references: ReferenceDecl,
    /// The dialects that have it, where not all do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Dialect>,
}

/// A CHECK constraint: an expression, or a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Check", transform = or_text)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct CheckDecl {
    /// What must not be false.
    pub expression: DialectText,
    /// Its name, where it does not stand before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<NameDecl>,
    /// MariaDB: the column that it goes with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// PostgreSQL: rows that were there before are not checked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_valid: bool,
    /// PostgreSQL and MySQL: nothing is checked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub not_enforced: bool,
    /// PostgreSQL: tables that inherit do not have it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_inherit: bool,
    /// The constraint's comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl CheckDecl {
    /// A condition and nothing else.
    #[must_use]
    pub fn new(expression: DialectText) -> Self {
        Self {
            expression,
            name: None,
            column: None,
            not_valid: false,
            not_enforced: false,
            no_inherit: false,
            comment: None,
        }
    }
}

impl Short for CheckDecl {
    type Item = bool;
    const EXPECTED: &'static str = "a condition, or a map with the key `expression`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => Some(Self::new(DialectText::All(text))),
            _ => None,
        }
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        let DialectText::All(text) = &self.expression else {
            return None;
        };
        (*self == Self::new(self.expression.clone()))
            .then(|| Shortened::Scalar(Scalar::Text(text.clone())))
    }
}

short_form!(CheckDecl);

/// CHECK constraints, by name or as a list. A name of the map stands in the check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checks(pub Vec<Placed<CheckDecl>>);

impl Checks {
    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, where each has one and no two the same.
    fn names(&self) -> Option<Vec<&str>> {
        let mut names = Vec::new();
        for check in &self.0 {
            match &check.value.name {
                Some(NameDecl::Named(name)) if !names.contains(&name.as_str()) => names.push(name),
                _ => return None,
            }
        }
        Some(names)
    }
}

impl Serialize for Checks {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(names) = self.names() else {
            return self.0.serialize(serializer);
        };
        let nameless = self.0.iter().map(|check| CheckDecl {
            name: None,
            ..check.value.clone()
        });
        serializer.collect_map(names.into_iter().zip(nameless))
    }
}

impl<'de> Deserialize<'de> for Checks {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Forms;

        impl<'de> serde::de::Visitor<'de> for Forms {
            type Value = Checks;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map of conditions by name, or a list")
            }

            fn visit_unit<E>(self) -> Result<Checks, E> {
                Ok(Checks::default())
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<Checks, A::Error> {
                let mut checks = Vec::new();
                while let Some(check) = list.next_element()? {
                    checks.push(check);
                }
                Ok(Checks(checks))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Checks, A::Error> {
                let mut checks = Vec::new();
                while let Some((name, check)) = map.next_entry::<Placed<String>, CheckDecl>()? {
                    let named = check.name.unwrap_or(NameDecl::Named(name.value));
                    checks.push(Placed {
                        value: CheckDecl {
                            name: Some(named),
                            ..check
                        },
                        origin: name.origin,
                    });
                }
                Ok(Checks(checks))
            }
        }

        deserializer.deserialize_any(Forms)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Checks {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Checks".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let check = generator.subschema_for::<CheckDecl>();
        schemars::json_schema!({
            "anyOf": [
                { "type": ["object", "null"], "additionalProperties": check },
                { "type": "array", "items": check },
            ],
        })
    }
}

/// An exclusion constraint: its definition, or a map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Exclusion", transform = or_text)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct ExclusionDecl {
    /// From `EXCLUDE` to the end.
    pub definition: String,
    /// The constraint's comment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Short for ExclusionDecl {
    type Item = bool;
    const EXPECTED: &'static str = "`EXCLUDE …`, or a map with the key `definition`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(definition) => Some(Self {
                definition,
                comment: None,
            }),
            _ => None,
        }
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        self.comment
            .is_none()
            .then(|| Shortened::Scalar(Scalar::Text(self.definition.clone())))
    }
}

short_form!(ExclusionDecl);
