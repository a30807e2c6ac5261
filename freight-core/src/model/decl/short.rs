//! Declarations with a short form: `title: text` for `title: { type: text }`.
//!
//! Each such type says which scalars or lists stand for it, and whether it can be written so; the
//! macro makes serde read either form and write the shortest one that says the same.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that is no list and no map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::model) enum Scalar {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
}

/// The short way to write something.
pub(in crate::model) enum Shortened<I> {
    Scalar(Scalar),
    List(Vec<I>),
}

/// Something that can be written short.
pub(in crate::model) trait Short: Sized {
    /// What a list of them is a list of.
    type Item: Serialize + DeserializeOwned;

    /// What an error says it must be.
    const EXPECTED: &'static str;

    /// What a scalar stands for, if it may stand here.
    fn from_scalar(scalar: Scalar) -> Option<Self>;

    /// What a list stands for, if one may stand here.
    fn from_list(_items: Vec<Self::Item>) -> Option<Self> {
        None
    }

    /// Its short form, where that says everything.
    fn shortened(&self) -> Option<Shortened<Self::Item>>;
}

impl Serialize for Scalar {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Number(text) => {
                if let Ok(number) = text.parse::<i64>() {
                    return serializer.serialize_i64(number);
                }
                match text.parse::<f64>() {
                    Ok(number) => serializer.serialize_f64(number),
                    Err(_) => serializer.serialize_str(text),
                }
            }
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Implements serde's traits, and for tests the JSON Schema, for a type with `remote = "Self"`.
macro_rules! short_form {
    ($type:ident) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Forms;

                impl Forms {
                    fn scalar<E: serde::de::Error>(
                        scalar: $crate::model::decl::short::Scalar,
                        found: serde::de::Unexpected<'_>,
                    ) -> Result<$type, E> {
                        <$type as $crate::model::decl::short::Short>::from_scalar(scalar)
                            .ok_or_else(|| E::invalid_type(found, &Self))
                    }
                }

                impl<'de> serde::de::Visitor<'de> for Forms {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(<$type as $crate::model::decl::short::Short>::EXPECTED)
                    }

                    fn visit_unit<E: serde::de::Error>(self) -> Result<$type, E> {
                        Self::scalar(
                            $crate::model::decl::short::Scalar::Null,
                            serde::de::Unexpected::Unit,
                        )
                    }

                    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<$type, E> {
                        Self::scalar(
                            $crate::model::decl::short::Scalar::Boolean(value),
                            serde::de::Unexpected::Bool(value),
                        )
                    }

                    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<$type, E> {
                        Self::scalar(
                            $crate::model::decl::short::Scalar::Number(number.to_string()),
                            serde::de::Unexpected::Signed(number),
                        )
                    }

                    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<$type, E> {
                        Self::scalar(
                            $crate::model::decl::short::Scalar::Number(number.to_string()),
                            serde::de::Unexpected::Unsigned(number),
                        )
                    }

                    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<$type, E> {
                        Self::scalar(
                            $crate::model::decl::short::Scalar::Number(number.to_string()),
                            serde::de::Unexpected::Float(number),
                        )
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        Self::scalar(
                            $crate::model::decl::short::Scalar::Text(text.to_owned()),
                            serde::de::Unexpected::Str(text),
                        )
                    }

                    fn visit_seq<A: serde::de::SeqAccess<'de>>(
                        self,
                        mut list: A,
                    ) -> Result<$type, A::Error> {
                        let mut items = Vec::new();
                        while let Some(item) = list.next_element()? {
                            items.push(item);
                        }
                        <$type as $crate::model::decl::short::Short>::from_list(items).ok_or_else(
                            || serde::de::Error::invalid_type(serde::de::Unexpected::Seq, &self),
                        )
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        map: A,
                    ) -> Result<$type, A::Error> {
                        <$type>::deserialize(serde::de::value::MapAccessDeserializer::new(map))
                    }
                }

                deserializer.deserialize_any(Forms)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use $crate::model::decl::short::{Short, Shortened};
                match self.shortened() {
                    Some(Shortened::Scalar(scalar)) => scalar.serialize(serializer),
                    Some(Shortened::List(items)) => items.serialize(serializer),
                    None => <$type>::serialize(self, serializer),
                }
            }
        }
    };
}
pub(in crate::model) use short_form;

/// What a type's JSON Schema becomes where something shorter may stand for its map.
#[cfg(test)]
pub(in crate::model) mod schemas {
    use schemars::{Schema, json_schema};
    use serde_json::{Value, json};

    fn or_short(schema: &mut Schema, short: Value) {
        let mut full = std::mem::take(schema);
        let description = full.remove("description");
        *schema = json_schema!({ "anyOf": [short, full] });
        if let Some(description) = description {
            schema.insert("description".to_owned(), description);
        }
    }

    pub(in crate::model) fn or_text(schema: &mut Schema) {
        or_short(schema, json!({ "type": "string" }));
    }

    /// The name of a type: editors offer the portable ones.
    pub(in crate::model) fn type_name(_: &mut schemars::SchemaGenerator) -> Schema {
        let words = crate::model::FieldType::WORDS;
        json_schema!({
            "description": "A portable type, or the name of a declared one.",
            "anyOf": [{ "enum": words }, { "type": "string" }],
        })
    }

    /// The kind of an object.
    pub(in crate::model) fn object_kind(_: &mut schemars::SchemaGenerator) -> Schema {
        json_schema!({
            "description": "What it is: `trigger`, `function`, `procedure`, `policy`…",
            "enum": crate::model::lower::OBJECT_KINDS,
        })
    }

    pub(in crate::model) fn or_type(schema: &mut Schema) {
        let words = crate::model::FieldType::WORDS;
        or_short(schema, json!({ "enum": words }));
        or_text(schema);
    }

    pub(in crate::model) fn or_boolean(schema: &mut Schema) {
        or_short(schema, json!({ "type": "boolean" }));
    }

    pub(in crate::model) fn or_value(schema: &mut Schema) {
        or_short(
            schema,
            json!({ "type": ["string", "number", "boolean", "null"] }),
        );
    }

    pub(in crate::model) fn or_words(schema: &mut Schema) {
        let word = json!({ "type": ["string", "number", "boolean"] });
        or_short(schema, json!({ "type": "array", "items": word }));
    }

    pub(in crate::model) fn or_parts(schema: &mut Schema) {
        or_short(
            schema,
            json!({ "type": "array", "items": { "$ref": "#/definitions/Part" } }),
        );
    }

    pub(in crate::model) fn or_key(schema: &mut Schema) {
        or_parts(schema);
        or_short(schema, json!({ "enum": [false] }));
    }
}
