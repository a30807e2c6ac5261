//! Draws functions of PostgreSQL that tables and domains use: in checks, defaults, generated
//! columns and indexes; and lets them get another name, other arguments or another body.

use freight_core::ident::Name;
use freight_core::schema::{
    Check, DefaultValue, Domain, Expression, Index, IndexKey, Object, ObjectKey, ObjectKind,
    Schema, Table,
};

use crate::generate::Draw;

/// What a function gives back; its name begins with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// Whether a number is right.
    Boolean,
    /// A number out of another one.
    Number,
}

impl Gives {
    const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "is right ",
            Self::Number => "computed ",
        }
    }
}

/// The arguments that such a function can have, with its signature. A number can be given to each.
const ARGUMENTS: &[(&str, &str)] = &[
    ("a bigint", "bigint"),
    ("a bigint, b integer DEFAULT 5", "bigint, integer"),
    ("a numeric", "numeric"),
    ("other bigint", "bigint"),
];

impl Draw {
    /// A function that tables can use.
    pub(crate) fn add_function(&mut self, schema: &mut Schema) {
        let gives = *self.random.pick(&[Gives::Boolean, Gives::Number]);
        let name = format!("{}{}", gives.name(), self.number());
        let name = self.placed(schema, name);
        let (arguments, signature) = match self.chance(70) {
            true => ARGUMENTS[0],
            false => *self.random.pick(ARGUMENTS),
        };
        let key = ObjectKey {
            signature: Some(signature.to_owned()),
            ..ObjectKey::new(ObjectKind::Function, name)
        };
        let object = Object {
            definition: self.text(&key.name, arguments, gives),
            comment: self.comment(),
            ..Object::default()
        };
        schema.objects.insert(key, object);
    }

    fn text(&mut self, name: &Name, arguments: &str, gives: Gives) -> String {
        let argument = arguments.split(' ').next().unwrap();
        let number = self.number();
        let (kind, result) = match gives {
            Gives::Boolean => ("boolean", format!("{argument} > -{number}")),
            Gives::Number => ("bigint", format!("{argument} + 0 * 0.{number}")),
        };
        format!(
            "CREATE FUNCTION {}({arguments}) RETURNS {kind} LANGUAGE plpgsql IMMUTABLE \
             AS $$BEGIN RETURN {result}; END$$",
            self.quote_name(name)
        )
    }

    /// The functions of the kind, quoted.
    pub(crate) fn functions(&self, schema: &Schema, gives: Gives) -> Vec<String> {
        let functions = schema.objects_of(ObjectKind::Function);
        functions
            .filter(|(key, _)| key.name.name.starts_with(gives.name()))
            .map(|(key, _)| self.quote_name(&key.name))
            .collect()
    }

    /// A call of one of them, sometimes; always the same argument, so that rows have one value.
    pub(crate) fn call(
        &mut self,
        schema: &Schema,
        gives: Gives,
        argument: &str,
        percent: usize,
    ) -> Option<String> {
        let functions = self.functions(schema, gives);
        if functions.is_empty() || !self.chance(percent) {
            return None;
        }
        Some(format!("{}({argument})", self.random.pick(&functions)))
    }

    /// Gives one of them another name, other arguments or another body; who calls it, calls it as
    /// before.
    pub(crate) fn change_function(&mut self, schema: &mut Schema) {
        let is_used = |key: &&ObjectKey| {
            let kinds = [Gives::Boolean, Gives::Number];
            let name = &key.name.name;
            // Rights on one have its name.
            key.kind == ObjectKind::Function
                && kinds.iter().any(|gives| name.starts_with(gives.name()))
        };
        let keys: Vec<ObjectKey> = schema.objects.keys().filter(is_used).cloned().collect();
        if keys.is_empty() {
            return;
        }
        let old = self.random.pick(&keys).clone();
        let gives = match old.name.name.starts_with(Gives::Boolean.name()) {
            true => Gives::Boolean,
            false => Gives::Number,
        };
        let mut object = schema.objects.remove(&old).unwrap();
        let mut key = old.clone();
        let (arguments, signature) = *self.random.pick(ARGUMENTS);
        if self.chance(50) {
            key.name.name = format!("{}{}", gives.name(), self.number());
        }
        key.signature = Some(signature.to_owned());
        object.definition = self.text(&key.name, arguments, gives);
        let signatures = [&old, &key].map(|key| {
            let arguments = key.signature.as_deref().unwrap_or_default();
            format!("function({arguments})")
        });
        let names = (&old.name, &key.name);
        self.move_rights(schema, names, (&signatures[0], &signatures[1]));
        let calls = [&old, &key].map(|key| format!("{}(", self.quote(&key.name.name)));
        schema.objects.insert(key, object);
        for text in texts(schema) {
            text.0 = text.0.replace(&calls[0], &calls[1]);
        }
        for (other, object) in &mut schema.objects {
            // Another function may have the name, with other arguments.
            if other.name != old.name {
                object.definition = object.definition.replace(&calls[0], &calls[1]);
            }
        }
    }

    /// Takes everything out of tables and domains that calls a function.
    pub(crate) fn drop_calls(&self, schema: &mut Schema, function: &str) {
        let called = self.quote(function) + "(";
        let calls = |text: &Expression| text.as_str().contains(&called);
        let is_called = |default: &Option<DefaultValue>| match default {
            Some(DefaultValue::Expression(text)) => calls(text),
            _ => false,
        };
        for Table {
            columns,
            checks,
            indexes,
            ..
        } in schema.tables.values_mut()
        {
            checks.retain(|check| !calls(&check.expression));
            indexes.retain(|index| !texts_of(index).any(calls));
            for column in columns {
                if is_called(&column.default) {
                    column.default = None;
                    column.nullable = true;
                }
                if column
                    .generated
                    .as_ref()
                    .is_some_and(|one| calls(&one.expression))
                {
                    column.generated.as_mut().unwrap().expression = Expression::new("num + 7");
                }
            }
        }
        for Domain {
            checks, default, ..
        } in schema.domains.values_mut()
        {
            checks.retain(|check: &Check| !calls(&check.expression));
            if is_called(default) {
                *default = None;
            }
        }
    }
}

fn texts_of(index: &Index) -> impl Iterator<Item = &Expression> {
    let parts = index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Expression(text) => Some(text),
        IndexKey::Column(_) => None,
    });
    parts.chain(&index.predicate)
}

/// Every expression of tables and domains.
fn texts(schema: &mut Schema) -> Vec<&mut Expression> {
    let mut texts = Vec::new();
    let mut defaults = Vec::new();
    for table in schema.tables.values_mut() {
        texts.extend(table.checks.iter_mut().map(|check| &mut check.expression));
        for column in &mut table.columns {
            texts.extend(column.generated.as_mut().map(|one| &mut one.expression));
            defaults.extend(&mut column.default);
        }
        for index in &mut table.indexes {
            texts.extend(&mut index.predicate);
            for part in &mut index.parts {
                if let IndexKey::Expression(text) = &mut part.key {
                    texts.push(text);
                }
            }
        }
    }
    for domain in schema.domains.values_mut() {
        texts.extend(domain.checks.iter_mut().map(|check| &mut check.expression));
        defaults.extend(&mut domain.default);
    }
    for default in defaults {
        if let DefaultValue::Expression(text) = default {
            texts.push(text);
        }
    }
    texts
}
