//! Indexes that stand by themselves. The one behind a constraint is part of that, and the one of a
//! partition that belongs to an index of the partitioned table comes with it: it is only known by
//! what the partition would keep of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::catalog::{Catalog, Relation, RelationKind, put_settings};
use super::expression::canonical;
use super::relations::object_kind;
use super::row::{Row, text_at};
use crate::dialect::postgres::render::quote;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{Expression, Index, IndexKey, IndexPart, NullsOrder, ObjectKey, Subject};

/// Reads `pg_index`.
pub(super) fn read(catalog: &mut Catalog<'_>) -> Result<()> {
    let words = Words::read(catalog)?;
    let sql = query(catalog);
    for row in catalog.rows(&sql)? {
        let Some(relation) = catalog.relations.get(&row.oid(1)) else {
            continue;
        };
        let (name, kind) = (relation.name.clone(), relation.kind);
        let index = Index {
            comment: catalog.comment("pg_class", row.oid(0), 0),
            ..index(&row, relation, &words)
        };
        if row.is(17) {
            if let Some(table) = catalog.table(row.oid(1)).filter(|_| row.is(6)) {
                table.inherited.indexes.push(index);
            }
            continue;
        }
        let subject = match kind {
            RelationKind::Table => Subject::Table(name.clone()),
            kind => Subject::Object(ObjectKey::new(object_kind(kind), name.clone())),
        };
        catalog.register("pg_class", row.oid(0), subject.clone());
        // Half built, it serves nobody: what failed has to be done again, and not be kept.
        if !row.is(6) {
            catalog.note(subject, invalid(row.text(2)));
            continue;
        }
        match kind {
            RelationKind::Table => {
                if let Some(table) = catalog.table(row.oid(1)) {
                    table.indexes.push(index);
                }
            }
            kind => {
                let key = ObjectKey::new(object_kind(kind), name);
                if let Some(object) = catalog.schema.objects.get_mut(&key) {
                    object.indexes.push(index);
                }
            }
        }
    }
    Ok(())
}

/// What is said of an index that is not valid.
pub(in crate::dialect::postgres) fn invalid(name: &str) -> String {
    format!("invalid index `{name}`")
}

/// What the numbers in an index stand for.
struct Words {
    collations: BTreeMap<u32, Name>,
    classes: BTreeMap<u32, Class>,
    /// The access methods and types for which a class is marked as the usual one.
    usual: BTreeSet<(u32, u32)>,
}

/// An operator class.
struct Class {
    name: Name,
    method: u32,
    input: u32,
    is_default: bool,
}

impl Words {
    fn read(catalog: &mut Catalog<'_>) -> Result<Self> {
        let mut words = Self {
            collations: BTreeMap::new(),
            classes: BTreeMap::new(),
            usual: BTreeSet::new(),
        };
        let sql = format!(
            "SELECT o.oid::text, {}::text, o.opcmethod::text, o.opcintype::text, \
             o.opcdefault::text FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace \
             UNION ALL SELECT c.oid::text, {}::text, NULL, NULL, NULL FROM pg_collation c \
             JOIN pg_namespace n ON n.oid = c.collnamespace \
             WHERE c.oid IN (SELECT unnest(indcollation) FROM pg_index)",
            catalog.pair("n.nspname", "o.opcname"),
            catalog.pair("n.nspname", "c.collname"),
        );
        for row in catalog.rows(&sql)? {
            let name = row.name(1).unwrap_or_default();
            if row.optional(2).is_none() {
                words.collations.insert(row.oid(0), name);
                continue;
            }
            let class = Class {
                name,
                method: row.oid(2),
                input: row.oid(3),
                is_default: row.is(4),
            };
            if class.is_default {
                words.usual.insert((class.method, class.input));
            }
            words.classes.insert(row.oid(0), class);
        }
        Ok(words)
    }

    /// The class, unless it is the usual one of the type: the one that is marked so for this very
    /// type, or for one that it is stored as, when no other is marked for itself.
    fn unusual_class(&self, class: u32, of_type: u32) -> Option<&Name> {
        let class = self.classes.get(&class)?;
        let is_usual = class.is_default
            && (class.input == of_type || !self.usual.contains(&(class.method, of_type)));
        (!is_usual).then_some(&class.name)
    }
}

/// The vectors of the key are taken as they are. What else is known of a part is asked for only
/// where there is something: its number, expression, type, parameters of the class, statistics.
fn query(catalog: &Catalog<'_>) -> String {
    let nulls = match catalog.version.major >= 15 {
        true => "i.indnullsnotdistinct::text",
        false => "NULL",
    };
    let (parameters, has_parameters) = match catalog.version.major >= 13 {
        true => ("ia.attoptions", "ia.attoptions IS NOT NULL"),
        false => ("NULL", "false"),
    };
    format!(
        "SELECT i.indexrelid::text, i.indrelid::text, ic.relname::text, i.indisunique::text, \
         {nulls}, nullif(am.amname, 'btree')::text, \
         (i.indisvalid AND i.indisready AND i.indislive)::text, \
         pg_get_expr(i.indpred, i.indrelid), i.indisclustered::text, \
         CASE WHEN ic.reltablespace <> 0 THEN (SELECT ts.spcname::text FROM pg_tablespace ts \
         WHERE ts.oid = ic.reltablespace) END, \
         array_to_json(ic.reloptions)::text, \
         i.indnkeyatts::text, i.indkey::text, i.indclass::text, i.indcollation::text, \
         i.indoption::text, \
         (SELECT json_agg(json_build_array(ia.attnum, CASE WHEN i.indkey[ia.attnum - 1] = 0 \
          THEN pg_get_indexdef(i.indexrelid, ia.attnum, false) END, ia.atttypid, {parameters}, \
          CASE WHEN ia.attstattarget >= 0 THEN ia.attstattarget END) ORDER BY ia.attnum)::text \
          FROM pg_attribute ia WHERE ia.attrelid = i.indexrelid AND ia.attnum > 0 AND \
          (i.indkey[ia.attnum - 1] = 0 OR {has_parameters} OR ia.attstattarget >= 0)), \
         ic.relispartition::text \
         FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid \
         JOIN pg_class c ON c.oid = i.indrelid JOIN pg_am am ON am.oid = ic.relam \
         WHERE c.relpersistence <> 't' AND c.relnamespace IN ({namespaces}) \
         AND i.indexrelid NOT IN (SELECT con.conindid FROM pg_constraint con \
         WHERE con.contype IN ('p', 'u', 'x')) \
         ORDER BY i.indrelid, ic.relname",
        namespaces = catalog.namespace_list(),
    )
}

fn index(row: &Row, relation: &Relation, words: &Words) -> Index {
    let key_length = usize::try_from(row.number(11)).unwrap_or_default();
    let keys = row.numbers(12);
    let details = row.list(16);
    let columns = |numbers: &[i64]| {
        let known = numbers.iter().filter_map(|key| relation.columns.get(key));
        known.map(|column| column.name.clone()).collect()
    };
    let mut index = Index {
        name: row.text(2).to_owned(),
        parts: parts(row, relation, words, key_length, &details),
        unique: row.is(3),
        nulls_not_distinct: row.is(4),
        method: row.owned(5),
        include: columns(keys.get(key_length..).unwrap_or_default()),
        predicate: row.optional(7).map(|text| Expression::new(canonical(text))),
        ..Index::default()
    };
    put_settings(&mut index.options, "with.", &row.texts(10));
    if let Some(tablespace) = row.optional(9) {
        index.options.set("tablespace", tablespace);
    }
    if row.is(8) {
        index.options.flag("clustered");
    }
    for detail in &details {
        if let Some((number, value)) = text_at(detail, 0).zip(text_at(detail, 4)) {
            index.options.set(format!("statistics.{number}"), value);
        }
    }
    index
}

fn parts(
    row: &Row,
    relation: &Relation,
    words: &Words,
    length: usize,
    details: &[Json],
) -> Vec<IndexPart> {
    let vectors = (13..16).map(|index| row.numbers(index)).collect::<Vec<_>>();
    let number = |vector: usize, place: usize| {
        let vector = vectors.get(vector).and_then(|vector| vector.get(place));
        vector.copied().unwrap_or_default()
    };
    let oid = |vector: usize, place: usize| u32::try_from(number(vector, place)).unwrap_or(0);
    let keys = row.numbers(12).into_iter().take(length).enumerate();
    keys.map(|(place, key)| {
        let detail = details
            .iter()
            .find(|detail| text_at(detail, 0) == Some((place + 1).to_string()));
        let column = relation.columns.get(&key);
        let expression = || {
            detail
                .and_then(|detail| text_at(detail, 1))
                .unwrap_or_default()
        };
        let type_of_expression = || {
            let text = detail.and_then(|detail| text_at(detail, 2));
            text.and_then(|oid| oid.parse().ok()).unwrap_or(0)
        };
        let of_type = column.map_or_else(type_of_expression, |column| column.type_oid);
        let collation = match oid(1, place) {
            own if own == column.map_or(DEFAULT_COLLATION, |column| column.collation) => None,
            other => words.collations.get(&other),
        };
        let options = number(2, place);
        let (descending, nulls_first) = (options & 1 != 0, options & 2 != 0);
        IndexPart {
            key: match column {
                Some(column) => IndexKey::Column(column.name.clone()),
                None => IndexKey::Expression(Expression::new(canonical(&expression()))),
            },
            descending,
            nulls: (nulls_first != descending).then_some(match nulls_first {
                true => NullsOrder::First,
                false => NullsOrder::Last,
            }),
            prefix: None,
            collation: collation.map(ToString::to_string),
            operator_class: class(words, oid(0, place), of_type, detail),
        }
    })
    .collect()
}

/// The number of the collation `default`.
const DEFAULT_COLLATION: u32 = 100;

/// A class with its parameters; a usual one is named where it has some.
fn class(words: &Words, class: u32, of_type: u32, detail: Option<&Json>) -> Option<String> {
    let parameters: Vec<String> = match detail.and_then(|detail| detail.get(3)) {
        Some(Json::Array(items)) => items
            .iter()
            .filter_map(Json::as_str)
            .map(|item| match item.split_once('=') {
                Some((name, value)) => format!("{name}={}", quote::string(value)),
                None => item.to_owned(),
            })
            .collect(),
        _ => Vec::new(),
    };
    if parameters.is_empty() {
        return words.unusual_class(class, of_type).map(quote::qualified);
    }
    let name = quote::qualified(&words.classes.get(&class)?.name);
    Some(format!("{name}({})", parameters.join(", ")))
}
