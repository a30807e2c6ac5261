//! The small words that declarations share: texts per dialect, defaults, names, actions.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(test)]
use super::short::schemas::{or_boolean, or_value};
use super::short::{Scalar, Short, Shortened, short_form};
use super::{is_default, is_false};
use crate::dialect::DialectName;
use crate::schema::{Action, Deferrable};

/// Something for each dialect, or for some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerDialect<T>(pub BTreeMap<DialectName, T>);

impl<T> Default for PerDialect<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> PerDialect<T> {
    /// True when no dialect has anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a dialect has.
    #[must_use]
    pub fn get(&self, dialect: DialectName) -> Option<&T> {
        self.0.get(&dialect)
    }

    /// Something for one dialect.
    #[must_use]
    pub fn one(dialect: DialectName, value: T) -> Self {
        Self([(dialect, value)].into())
    }
}

impl<T: Serialize> Serialize for PerDialect<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name.as_str(), value)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for PerDialect<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Map<T> {
            type Value = PerDialect<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map with the keys `sqlite`, `postgres` and `mysql`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut found = BTreeMap::new();
                while let Some(Dialect(dialect)) = map.next_key()? {
                    if found.insert(dialect, map.next_value()?).is_some() {
                        return Err(A::Error::custom(format!(
                            "the dialect `{dialect}` is written twice"
                        )));
                    }
                }
                Ok(PerDialect(found))
            }
        }

        deserializer.deserialize_map(Map(std::marker::PhantomData))
    }
}

/// The name of a dialect, as serde reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect(pub DialectName);

impl Serialize for Dialect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for Dialect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        DialectName::parse(&name)
            .map(Self)
            .ok_or_else(|| D::Error::unknown_field(&name, &["sqlite", "postgres", "mysql"]))
    }
}

/// A text in SQL: the same everywhere, or one per dialect. A dialect without one does without
/// what the text is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialectText {
    /// The same for all.
    All(String),
    /// One for each that has one.
    Each(PerDialect<String>),
}

impl DialectText {
    /// The text of a dialect.
    #[must_use]
    pub fn get(&self, dialect: DialectName) -> Option<&str> {
        match self {
            Self::All(text) => Some(text),
            Self::Each(texts) => texts.get(dialect).map(String::as_str),
        }
    }
}

impl Serialize for DialectText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All(text) => serializer.serialize_str(text),
            Self::Each(texts) => texts.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for DialectText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Forms;

        impl<'de> Visitor<'de> for Forms {
            type Value = DialectText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("SQL, or a map with the keys `sqlite`, `postgres` and `mysql`")
            }

            fn visit_str<E>(self, text: &str) -> Result<DialectText, E> {
                Ok(DialectText::All(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DialectText, A::Error> {
                PerDialect::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    .map(DialectText::Each)
            }
        }

        deserializer.deserialize_any(Forms)
    }
}

/// Options of one database, by name: `engine: InnoDB`, `strict: true`. The names are those that
/// introspection gives; `true` stands for one that only has to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct OptionsDecl(pub BTreeMap<String, OptionValue>);

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "OptionValue", with = "serde_json::Value", transform = any_scalar)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct OptionValue {
    /// The value; empty for one that only has to be there.
    pub text: String,
}

impl Short for OptionValue {
    type Item = bool;
    const EXPECTED: &'static str = "text, a number or `true`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        let text = match scalar {
            Scalar::Boolean(true) => String::new(),
            Scalar::Number(text) | Scalar::Text(text) => text,
            Scalar::Null | Scalar::Boolean(false) => return None,
        };
        Some(Self { text })
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        let scalar = match self.text.as_str() {
            "" => Scalar::Boolean(true),
            text if is_plain_number(text) => Scalar::Number(text.to_owned()),
            text => Scalar::Text(text.to_owned()),
        };
        Some(Shortened::Scalar(scalar))
    }
}

short_form!(OptionValue);

/// True for a number that reads back as it is spelled.
pub(in crate::model) fn is_plain_number(text: &str) -> bool {
    text.parse::<i64>()
        .is_ok_and(|number| number.to_string() == text)
}

/// A list of words; numbers and booleans are taken for their text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Words(pub Vec<Word>);

/// One of the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Word", with = "serde_json::Value", transform = any_scalar)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Word {
    /// The word.
    pub text: String,
}

impl Short for Word {
    type Item = bool;
    const EXPECTED: &'static str = "text";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        let text = match scalar {
            Scalar::Boolean(value) => value.to_string(),
            Scalar::Number(text) | Scalar::Text(text) => text,
            Scalar::Null => return None,
        };
        Some(Self { text })
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        Some(Shortened::Scalar(Scalar::Text(self.text.clone())))
    }
}

short_form!(Word);

impl Words {
    /// The words.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|word| word.text.as_str())
    }
}

impl<S: Into<String>> FromIterator<S> for Words {
    fn from_iter<I: IntoIterator<Item = S>>(words: I) -> Self {
        let word = |text: S| Word { text: text.into() };
        Self(words.into_iter().map(word).collect())
    }
}

/// A default value. A plain value is one of the field's type; `CURRENT_TIMESTAMP`,
/// `CURRENT_DATE`, `CURRENT_TIME` and `NOW()` for dates and times and `UUID()` for a uuid are made
/// by the database, in its own words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Default", transform = or_value)
)]
#[serde(default, remote = "Self", deny_unknown_fields)]
pub struct DefaultDecl {
    /// A plain value.
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    pub(in crate::model) plain: Option<PlainValue>,
    /// An expression of SQL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<DialectText>,
    /// A string, whatever the field's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A number, spelled so, whatever the field's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// `true` or `false`, whatever the field's type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boolean: Option<bool>,
    /// Bytes, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
}

/// A default that is written as a plain value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::model) enum PlainValue {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
}

impl DefaultDecl {
    /// A plain value.
    pub(in crate::model) fn plain(value: PlainValue) -> Self {
        Self {
            plain: Some(value),
            ..Self::default()
        }
    }
}

impl Short for DefaultDecl {
    type Item = bool;
    const EXPECTED: &'static str =
        "a value, or a map with one of the keys `sql`, `text`, `number`, `boolean` and `bytes`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        Some(Self::plain(match scalar {
            Scalar::Null => PlainValue::Null,
            Scalar::Boolean(value) => PlainValue::Boolean(value),
            Scalar::Number(text) => PlainValue::Number(text),
            Scalar::Text(text) => PlainValue::Text(text),
        }))
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        let scalar = match self.plain.clone()? {
            PlainValue::Null => Scalar::Null,
            PlainValue::Boolean(value) => Scalar::Boolean(value),
            PlainValue::Number(text) => Scalar::Number(text),
            PlainValue::Text(text) => Scalar::Text(text),
        };
        Some(Shortened::Scalar(scalar))
    }
}

short_form!(DefaultDecl);

/// The name of a constraint: a text, or `false` for one that has none (SQLite).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "this must be a name, or `false` for none")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum NameDecl {
    /// This name.
    Named(String),
    /// `false`: none.
    Unnamed(bool),
}

/// `unique: true` or `index: true`, or the name of a group of fields that share one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "this must be `true`, `false` or the name of a group"
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum GroupDecl {
    /// Of this field alone, or not at all.
    Alone(bool),
    /// Together with the other fields of the same group.
    Group(String),
}

/// What a foreign key does: `cascade`, `set null`, `set default`, `restrict`, `no action`, in any
/// case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionDecl(pub Action);

impl Serialize for ActionDecl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.as_sql().to_ascii_lowercase())
    }
}

impl<'de> Deserialize<'de> for ActionDecl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const WORDS: &[&str] = &[
            "no action",
            "restrict",
            "cascade",
            "set null",
            "set default",
        ];
        let word = String::deserialize(deserializer)?;
        Action::parse(&word)
            .map(Self)
            .ok_or_else(|| D::Error::unknown_variant(&word, WORDS))
    }
}

/// When a constraint is checked: `immediate` (or `true`), or `deferred`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "Deferrable", with = "serde_json::Value", transform = when_checked)
)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct DeferrableDecl {
    /// When.
    pub when: Deferrable,
}

impl Short for DeferrableDecl {
    type Item = bool;
    const EXPECTED: &'static str = "`immediate` or `deferred`";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        let when = match scalar {
            Scalar::Boolean(false) => Deferrable::No,
            Scalar::Boolean(true) => Deferrable::Immediate,
            Scalar::Text(word) if word.eq_ignore_ascii_case("immediate") => Deferrable::Immediate,
            Scalar::Text(word) if word.eq_ignore_ascii_case("deferred") => Deferrable::Deferred,
            _ => return None,
        };
        Some(Self { when })
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        Some(Shortened::Scalar(match self.when {
            Deferrable::No => Scalar::Boolean(false),
            Deferrable::Immediate => Scalar::Text("immediate".to_owned()),
            Deferrable::Deferred => Scalar::Text("deferred".to_owned()),
        }))
    }
}

short_form!(DeferrableDecl);

/// How the database numbers a column. `true` is the dialect's usual way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(rename = "AutoIncrement", transform = or_boolean)
)]
#[serde(default, remote = "Self", deny_unknown_fields)]
pub struct AutoIncrementDecl {
    /// `false`: not at all.
    #[serde(skip)]
    #[cfg_attr(test, schemars(skip))]
    pub off: bool,
    /// PostgreSQL: `by default` unless said otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<AutoIncrementKind>,
    /// The first number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    /// From one number to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub increment: Option<i64>,
    /// The smallest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<i64>,
    /// The largest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
    /// How many numbers a session takes at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<i64>,
    /// Starts again after the last number.
    #[serde(skip_serializing_if = "is_false")]
    pub cycle: bool,
    /// The name of the sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
}

/// The ways of PostgreSQL to number rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AutoIncrementKind {
    /// `GENERATED BY DEFAULT AS IDENTITY`.
    ByDefault,
    /// `GENERATED ALWAYS AS IDENTITY`.
    Always,
    /// `serial`.
    Serial,
}

impl Short for AutoIncrementDecl {
    type Item = bool;
    const EXPECTED: &'static str = "`true`, `false` or a map";

    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Boolean(value) => Some(Self {
                off: !value,
                ..Self::default()
            }),
            _ => None,
        }
    }

    fn shortened(&self) -> Option<Shortened<bool>> {
        if self.off {
            return Some(Shortened::Scalar(Scalar::Boolean(false)));
        }
        is_default(self).then_some(Shortened::Scalar(Scalar::Boolean(true)))
    }
}

short_form!(AutoIncrementDecl);

#[cfg(test)]
fn any_scalar(schema: &mut schemars::Schema) {
    *schema = schemars::json_schema!({ "type": ["string", "number", "boolean"] });
}

#[cfg(test)]
fn when_checked(schema: &mut schemars::Schema) {
    *schema = schemars::json_schema!({ "enum": [true, false, "immediate", "deferred"] });
}

#[cfg(test)]
mod schemas {
    //! The JSON Schemas of what is not derived.

    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{ActionDecl, Dialect, DialectText, PerDialect};

    impl<T: JsonSchema> JsonSchema for PerDialect<T> {
        fn schema_name() -> Cow<'static, str> {
            format!("PerDialectOf{}", T::schema_name()).into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let value = generator.subschema_for::<T>();
            json_schema!({
                "type": "object",
                "properties": { "sqlite": value, "postgres": value, "mysql": value },
                "additionalProperties": false,
            })
        }
    }

    impl JsonSchema for DialectText {
        fn schema_name() -> Cow<'static, str> {
            "Sql".into()
        }
        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let each = generator.subschema_for::<PerDialect<String>>();
            json_schema!({
                "description": "SQL: the same for all, or one for each dialect.",
                "anyOf": [{ "type": "string" }, each],
            })
        }
    }

    impl JsonSchema for Dialect {
        fn schema_name() -> Cow<'static, str> {
            "Dialect".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({ "enum": ["sqlite", "postgres", "mysql"] })
        }
    }

    impl JsonSchema for ActionDecl {
        fn schema_name() -> Cow<'static, str> {
            "Action".into()
        }
        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "enum": ["no action", "restrict", "cascade", "set null", "set default"],
            })
        }
    }
}
