//! Lets a schema grow into another.

use freight_core::DialectName;
use freight_core::ident::Name;
use freight_core::schema::{Schema, Table};

use crate::generate::{Random, add_column, add_key, add_part, add_table, add_view, kinds, schema};

/// A schema that came out of `from` by a few changes; sometimes one that has nothing of it.
pub(crate) fn mutated(random: &mut Random, dialect: DialectName, from: &Schema) -> Schema {
    if random.chance(10) {
        return schema(random, dialect);
    }
    let mut to = from.clone();
    for _ in 0..1 + random.below(5) {
        change(random, dialect, &mut to);
    }
    to
}

fn change(random: &mut Random, dialect: DialectName, schema: &mut Schema) {
    let names: Vec<Name> = schema.tables.keys().cloned().collect();
    let name = random.pick(&names).clone();
    match random.below(12) {
        0 => add_table(random, dialect, schema),
        1 if names.len() > 1 => drop_table(&name, schema),
        2 => add_view(random, dialect, schema),
        3 => {
            if let Some(key) = schema.objects.keys().next().cloned() {
                schema.objects.remove(&key);
            }
        }
        4 => {
            let target = random.pick(&names).clone();
            let table = schema.tables.get_mut(&name).unwrap();
            add_key(random, dialect, &name.name, table, target);
        }
        5 => {
            for one in schema.enums.values_mut() {
                one.values.retain(|value| value != "new");
                one.values.push("new".to_owned());
            }
        }
        _ => change_table(
            random,
            dialect,
            &name.name,
            schema.tables.get_mut(&name).unwrap(),
        ),
    }
}

/// Takes a table away, with everything that refers to it.
fn drop_table(name: &Name, schema: &mut Schema) {
    schema.tables.remove(name);
    for table in schema.tables.values_mut() {
        let gone: Vec<String> = table
            .foreign_keys
            .iter()
            .filter(|key| key.target == *name)
            .filter_map(|key| key.name.clone())
            .collect();
        table.foreign_keys.retain(|key| key.target != *name);
        table.indexes.retain(|index| !gone.contains(&index.name));
    }
    schema.objects.retain(|_, object| {
        !object.definition.contains(&name.name.replace('"', "\"\""))
            && !object.definition.contains(&name.name)
    });
}

fn change_table(random: &mut Random, dialect: DialectName, own: &str, table: &mut Table) {
    match random.below(8) {
        0 | 1 => add_column(random, dialect, table),
        2 => drop_column(random, table),
        3 => add_part(random, dialect, own, table),
        4 => {
            let keys: Vec<_> = table
                .foreign_keys
                .iter()
                .filter_map(|key| key.name.clone())
                .collect();
            table.indexes.retain(|index| keys.contains(&index.name));
        }
        5 => {
            table.checks.pop();
            table.uniques.pop();
        }
        6 => {
            if let Some(key) = table.foreign_keys.pop() {
                table
                    .indexes
                    .retain(|index| Some(&index.name) != key.name.as_ref());
            }
        }
        _ => change_column(random, dialect, table),
    }
}

/// Takes a column away that nothing uses.
fn drop_column(random: &mut Random, table: &mut Table) {
    let free: Vec<String> = table
        .columns
        .iter()
        .map(|column| column.name.clone())
        .filter(|name| {
            name != "id"
                && *name != "num"
                && !table
                    .indexes
                    .iter()
                    .any(|index| index.columns().any(|other| other == name))
                && !table
                    .uniques
                    .iter()
                    .any(|unique| unique.columns().any(|other| other == name))
                && !table
                    .foreign_keys
                    .iter()
                    .any(|key| key.columns.contains(name))
        })
        .collect();
    if !free.is_empty() {
        let name = random.pick(&free).clone();
        table.columns.retain(|column| column.name != name);
    }
}

/// Gives a column or takes from it a default, or lets it be NULL.
fn change_column(random: &mut Random, dialect: DialectName, table: &mut Table) {
    let kinds = kinds(dialect);
    let places: Vec<usize> = (0..table.columns.len())
        .filter(|&place| {
            let column = &table.columns[place];
            let is_key = table
                .foreign_keys
                .iter()
                .any(|key| key.columns.contains(&column.name));
            column.name != "id"
                && column.name != "num"
                && table.columns[place].name != "num"
                && column.generated.is_none()
                && !is_key
        })
        .collect();
    if places.is_empty() {
        return;
    }
    let column = &mut table.columns[*random.pick(&places)];
    let kind = kinds
        .iter()
        .find(|kind| kind.name == column.column_type.as_str());
    match random.below(3) {
        0 => column.default = kind.and_then(|kind| kind.default.clone()),
        1 => column.default = None,
        _ => column.nullable = true,
    }
    if column.default.is_none() {
        column.nullable = true;
    }
}
