//! Draws what columns are made of: enums, domains, composite types, sequences, extensions.

use std::collections::BTreeMap;

use freight_core::DialectName;
use freight_core::ident::Name;
use freight_core::schema::{
    Attribute, Check, Column, ColumnType, Composite, DefaultValue, Domain, Enum, Expression,
    Extension, Schema, Sequence, SequenceOptions, Table,
};

use crate::functions::Gives;
use crate::generate::{Draw, NAMESPACE};
use crate::kinds::type_text;

impl Draw {
    /// Adds something of this kind that the dialect has.
    pub(crate) fn add_type(&mut self, schema: &mut Schema) {
        match self.dialect {
            DialectName::Sqlite => {}
            DialectName::Mysql => self.add_sequence(schema),
            DialectName::Postgres => match self.random.below(12) {
                10 | 11 => self.add_function(schema),
                0..=2 => {
                    let name = self.type_name(schema, "mood");
                    let values = ["sad", "it's ok", ""].map(str::to_owned).to_vec();
                    let comment = self.comment();
                    schema.enums.insert(name, Enum { values, comment });
                }
                3 | 4 => {
                    let name = self.type_name(schema, "Domain ");
                    let domain = self.domain(schema);
                    schema.domains.insert(name, domain);
                }
                5 => {
                    let name = self.type_name(schema, "pair");
                    let mut attributes = vec![attribute("a", "integer"), attribute("B b", "text")];
                    if self.chance(40) {
                        let kinds = self.kinds(schema, &Table::default());
                        let kind = self.random.pick(&kinds).name.clone();
                        attributes.push(attribute("C", &kind));
                    }
                    if self.chance(20) {
                        attributes[1].collation = Some("C".to_owned());
                    }
                    let composite = Composite {
                        attributes,
                        comment: self.comment(),
                        ..Composite::default()
                    };
                    schema.composites.insert(name, composite);
                }
                6 => {
                    let name = *self.random.pick(&["btree_gist", "postgres_fdw"]);
                    let extension = Extension::default();
                    schema.extensions.insert(name.to_owned(), extension);
                }
                _ => self.add_sequence(schema),
            },
        }
    }

    fn type_name(&mut self, schema: &Schema, start: &str) -> Name {
        let name = format!("{start}{}", self.number());
        self.placed(schema, name)
    }

    /// A name in one of the schema's namespaces.
    pub(crate) fn placed(&mut self, schema: &Schema, name: String) -> Name {
        match !schema.namespaces.is_empty() && self.chance(40) {
            true => Name::within(NAMESPACE, name),
            false => Name::new(name),
        }
    }

    pub(crate) fn comment(&mut self) -> Option<String> {
        self.chance(25).then(|| "it's a \"comment\"".to_owned())
    }

    fn domain(&mut self, schema: &Schema) -> Domain {
        let enums: Vec<Name> = schema.enums.keys().cloned().collect();
        if !enums.is_empty() && self.chance(30) {
            let name = type_text(self.random.pick(&enums));
            return Domain {
                base: ColumnType::new(name),
                comment: self.comment(),
                ..Domain::default()
            };
        }
        let base = *self
            .random
            .pick(&["bigint", "text", "character varying(30)"]);
        let mut domain = Domain {
            base: ColumnType::new(base),
            comment: self.comment(),
            ..Domain::default()
        };
        if base == "text" && self.chance(20) {
            domain.collation = Some("C".to_owned());
        }
        domain.not_null = self.chance(25);
        for _ in 0..self.random.below(3) {
            self.add_domain_check(schema, &mut domain);
        }
        if self.chance(30) {
            let call = self.call(schema, Gives::Number, "5", 50);
            domain.default = Some(match (base, call) {
                ("bigint", Some(call)) => DefaultValue::Expression(Expression::new(call)),
                ("bigint", None) => DefaultValue::Number("5".to_owned()),
                _ => DefaultValue::Text("it's".to_owned()),
            });
        }
        domain
    }

    /// Adds a check that every drawn value passes.
    pub(crate) fn add_domain_check(&mut self, schema: &Schema, domain: &mut Domain) {
        let call = self.call(schema, Gives::Boolean, "VALUE", 40);
        let expression = match domain.base.as_str() {
            "bigint" if call.is_some() => call.unwrap_or_default(),
            mood if mood.contains("mood") => "VALUE IS NOT NULL OR true".to_owned(),
            "bigint" => format!("VALUE > -{}", self.random.below(50)),
            _ => format!("VALUE <> 'no{}'", self.random.below(50)),
        };
        domain.checks.push(Check {
            name: Some(format!("d{}", self.number())),
            expression: Expression::new(expression),
            comment: self.comment(),
            ..Check::default()
        });
    }

    pub(crate) fn add_sequence(&mut self, schema: &mut Schema) {
        let name = self.type_name(schema, "numbers ");
        self.add_sequence_of(schema, name, None);
    }

    /// Adds a sequence, which may go with a column.
    pub(crate) fn add_sequence_of(
        &mut self,
        schema: &mut Schema,
        name: Name,
        owner: Option<(Name, String)>,
    ) {
        let mut sequence = Sequence {
            sequence: self.sequence_options(),
            owner,
            ..Sequence::default()
        };
        if self.is(DialectName::Postgres) {
            sequence.comment = self.comment();
            if self.chance(10) {
                sequence.options.flag("unlogged");
            }
            if self.chance(20) {
                sequence.number_type = Some(ColumnType::new("integer"));
            }
        }
        schema.sequences.insert(name, sequence);
    }

    pub(crate) fn sequence_options(&mut self) -> SequenceOptions {
        let mut options = SequenceOptions::default();
        if self.chance(50) {
            options.start = Some(5);
            options.increment = Some(3);
        }
        if self.chance(30) {
            options.maximum = Some(100_000);
            options.cycle = self.chance(50);
            options.start = Some(7);
        }
        if self.chance(15) {
            options = SequenceOptions {
                start: Some(-5),
                increment: Some(-2),
                minimum: Some(-1000),
                ..SequenceOptions::default()
            };
        }
        if self.chance(20) {
            options.cache = Some(20);
        }
        options
    }
}

pub(crate) fn attribute(name: &str, kind: &str) -> Attribute {
    Attribute {
        name: name.to_owned(),
        attribute_type: ColumnType::new(kind),
        collation: None,
    }
}

/// The domain that a column is of.
fn domain_of<'d>(domains: &'d BTreeMap<Name, Domain>, column: &Column) -> Option<&'d Domain> {
    let is_it = |(name, _): &(&Name, &Domain)| type_text(name) == column.column_type.as_str();
    domains.iter().find(is_it).map(|(_, domain)| domain)
}

/// True for a column of a domain that has a value for each row.
pub(crate) fn refuses_null(domains: &BTreeMap<Name, Domain>, column: &Column) -> bool {
    domain_of(domains, column).is_some_and(|domain| domain.not_null)
}

/// A default that a column of a domain can have.
pub(crate) fn value_of_domain(
    domains: &BTreeMap<Name, Domain>,
    column: &Column,
) -> Option<DefaultValue> {
    Some(match domain_of(domains, column)?.base.as_str() {
        "bigint" => DefaultValue::Number("5".to_owned()),
        base if base.contains("mood") => DefaultValue::Text("sad".to_owned()),
        _ => DefaultValue::Text("some".to_owned()),
    })
}
