//! `CREATE TABLE`, and what has to be said of a table after it is there.
//!
//! ```text
//! sequences of serial columns ─► CREATE TABLE ─► what it cannot say ─► indexes ─► settings ─► comments
//! ```

use super::{column, comment, constraint, index, quote, sequence, settings};
use crate::ident::Name;
use crate::schema::{Check, Column, Exclusion, Options, PrimaryKey, Schema, Table, Unique};

/// Every statement that makes a table with its indexes. `schema` is the one that the table is
/// part of: a partition is told by how it differs from its parent.
pub(in crate::dialect::postgres) fn create(
    name: &Name,
    table: &Table,
    schema: &Schema,
) -> Vec<String> {
    let shape = Shape::of(table, schema);
    let own: Vec<&Column> = table
        .columns
        .iter()
        .filter(|column| !shape.comes_with_parent(column))
        .collect();
    let mut statements: Vec<String> = own
        .iter()
        .filter_map(|column| sequence::before_column(column, name, &table.options))
        .collect();
    statements.push(statement(name, table, &own, &shape));
    statements.extend(attach(name, table, &shape));
    statements.extend(
        own.iter()
            .filter_map(|column| sequence::after_column(column, name)),
    );
    statements.extend(shape.differences(name, table));
    statements.extend(owned_sequences(name, table, schema));
    statements.extend(late_constraints(name, table));
    for one in &table.indexes {
        statements.push(index::create(one, name));
        statements.extend(index::after(one, name));
    }
    statements.extend(clustered(name, table).map(|index| set_cluster(name, Some(&index))));
    statements.extend(own.iter().flat_map(|column| column_settings(name, column)));
    statements.extend(flags(name, &Options::new(), &table.options));
    statements.extend(comments(name, table));
    statements
}

/// How a table gets its columns.
enum Shape<'a> {
    /// It says them all.
    Plain,
    /// It is of a composite type.
    Typed(&'a str),
    /// It has those of its parents, and its own.
    Child(Vec<&'a Table>),
    /// It is a partition with the columns of its parent.
    Partition(&'a Table),
    /// It is a partition whose columns stand in another order: it is made alone and then attached.
    Attached(&'a Table),
}

impl<'a> Shape<'a> {
    fn of(table: &'a Table, schema: &'a Schema) -> Self {
        if let Some(parent) = table.options.get("partition_of") {
            let Some(parent) = schema.tables.get(&Name::from(parent)) else {
                return Self::Plain;
            };
            let names = |table: &'a Table| table.columns.iter().map(|column| &column.name);
            let is_alike = names(table).eq(names(parent))
                && table
                    .columns
                    .iter()
                    .zip(&parent.columns)
                    .all(|(own, other)| own.generated == other.generated);
            return match is_alike {
                true => Self::Partition(parent),
                false => Self::Attached(parent),
            };
        }
        if let Some(parents) = table.options.get("inherits") {
            let parents = split_names(parents);
            let parents = parents.iter().filter_map(|name| schema.tables.get(name));
            return Self::Child(parents.collect());
        }
        match table.options.get("of_type") {
            Some(name) => Self::Typed(name),
            None => Self::Plain,
        }
    }

    fn comes_with_parent(&self, column: &Column) -> bool {
        match self {
            Self::Partition(_) => true,
            Self::Child(_) => column.options.has("inherited"),
            Self::Plain | Self::Typed(_) | Self::Attached(_) => false,
        }
    }

    /// What a column that comes with a parent has other than the parent's.
    fn differences(&self, name: &Name, table: &Table) -> Vec<String> {
        let parents: Vec<&Table> = match self {
            Self::Partition(parent) => vec![parent],
            Self::Child(parents) => parents.clone(),
            _ => return Vec::new(),
        };
        let mut statements = Vec::new();
        for own in table
            .columns
            .iter()
            .filter(|own| self.comes_with_parent(own))
        {
            let mut others = parents.iter().filter_map(|parent| parent.column(&own.name));
            if let Some(other) = others.next() {
                statements.extend(difference(name, other, own));
            }
        }
        statements
    }
}

/// What a column that comes with a parent has other than the parent's.
pub(in crate::dialect::postgres) fn difference(
    table: &Name,
    parent: &Column,
    own: &Column,
) -> Vec<String> {
    let mut parts = Vec::new();
    let name = quote::identifier(&own.name);
    // An identity is not inherited before PostgreSQL 17, and what it numbers is.
    if parent.nullable && !own.nullable && own.identity.is_none() {
        parts.push(format!("ALTER COLUMN {name} SET NOT NULL"));
    }
    let serial = |column: &Column| {
        let identity = column.identity.as_ref()?;
        (identity.kind == crate::schema::IdentityKind::Serial)
            .then(|| sequence::name_of(identity, table, &column.name))
    };
    let defaults = |column: &Column| {
        let value = column.default.as_ref().map(column::default);
        value.or_else(|| serial(column).map(|name| sequence::next_value(&name)))
    };
    if defaults(parent) != defaults(own) {
        parts.push(match defaults(own) {
            Some(value) => format!("ALTER COLUMN {name} SET DEFAULT {value}"),
            None => format!("ALTER COLUMN {name} DROP DEFAULT"),
        });
    }
    if let (Some(identity), None) = (&own.identity, serial(own)) {
        if own.nullable == parent.nullable || !own.nullable {
            parts.push(format!("ALTER COLUMN {name} SET NOT NULL"));
        }
        let clause = sequence::identity_clause(identity);
        parts.push(format!("ALTER COLUMN {name} ADD {clause}"));
    }
    let mut statements: Vec<String> = alter(table, &parts).into_iter().collect();
    if own.options != parent.options {
        let mut bare = own.clone();
        bare.options.remove("inherited");
        statements.extend(column_settings(table, &bare));
    }
    statements
}

/// `ALTER TABLE` with its parts, a line for each where there are several.
pub(in crate::dialect::postgres) fn alter(name: &Name, parts: &[String]) -> Option<String> {
    let name = quote::qualified(name);
    match parts {
        [] => None,
        [part] => Some(format!("ALTER TABLE {name} {part}")),
        parts => Some(format!("ALTER TABLE {name}\n    {}", parts.join(",\n    "))),
    }
}

/// Names with commas between them, as the server or `quote` writes them.
pub(in crate::dialect::postgres) fn split_names(text: &str) -> Vec<Name> {
    let mut names = Vec::new();
    let mut start = 0;
    let mut is_quoted = false;
    for (place, character) in text.char_indices() {
        match character {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                names.extend(text.get(start..place).map(quote::parse_qualified));
                start = place + 1;
            }
            _ => {}
        }
    }
    names.extend(text.get(start..).map(quote::parse_qualified));
    names
}

fn statement(name: &Name, table: &Table, own: &[&Column], shape: &Shape<'_>) -> String {
    let unlogged = match table.options.has("unlogged") {
        true => "UNLOGGED ",
        false => "",
    };
    let quoted = quote::qualified(name);
    let mut head = format!("CREATE {unlogged}TABLE {quoted}");
    let mut lines: Vec<String> = Vec::new();
    match shape {
        Shape::Partition(_) => {
            let parent = table.options.get("partition_of").unwrap_or_default();
            let parent = quote::qualified(&Name::from(parent));
            head.push_str(&format!(" PARTITION OF {parent}"));
        }
        Shape::Typed(kind) => {
            head.push_str(&format!(" OF {kind}"));
            lines.extend(own.iter().filter_map(|column| typed_column(column, name)));
        }
        Shape::Plain | Shape::Child(_) | Shape::Attached(_) => {
            lines.extend(own.iter().map(|one| column::definition(one, name)));
        }
    }
    lines.extend(constraints(table));
    if let Shape::Attached(parent) = shape {
        let inherited = parent.checks.iter().filter(|check| is_copied(check, table));
        lines.extend(inherited.map(constraint::check));
    }
    let needs_list = matches!(shape, Shape::Plain | Shape::Child(_) | Shape::Attached(_));
    let body = match (lines.is_empty(), needs_list) {
        (true, true) => " ()".to_owned(),
        (true, false) => String::new(),
        (false, _) => format!(" (\n    {}\n)", lines.join(",\n    ")),
    };
    let mut tail = Vec::new();
    if let Shape::Partition(_) = shape {
        tail.extend(table.options.get("partition_bound").map(str::to_owned));
    }
    tail.extend(storage(&table.options));
    let separator = if body.ends_with(')') && !lines.is_empty() {
        "\n"
    } else {
        " "
    };
    match tail.is_empty() {
        true => head + &body,
        false => format!("{head}{body}{separator}{}", tail.join(separator)),
    }
}

/// A check of the parent, which a table must have before it can be attached.
fn is_copied(check: &Check, table: &Table) -> bool {
    !check.no_inherit && !table.checks.iter().any(|own| own.name == check.name)
}

fn typed_column(column: &Column, table: &Name) -> Option<String> {
    let plain = Column {
        collation: None,
        ..column.clone()
    };
    let text = column::definition(&plain, table);
    let start = format!("{} {}", quote::identifier(&column.name), column.column_type);
    let rest = text.strip_prefix(&start)?.trim_start();
    (!rest.is_empty()).then(|| format!("{} WITH OPTIONS {rest}", quote::identifier(&column.name)))
}

/// What stands in the parentheses behind the columns.
fn constraints(table: &Table) -> Vec<String> {
    let mut lines: Vec<String> = table
        .primary_key
        .iter()
        .map(constraint::primary_key)
        .collect();
    let uniques = table.uniques.iter();
    let uniques = uniques.filter(|unique| !has_twin(unique, table));
    lines.extend(uniques.map(constraint::unique));
    let checks = table.checks.iter().filter(|check| !check.not_valid);
    lines.extend(checks.map(constraint::check));
    let exclusions = table.exclusions.iter();
    let exclusions = exclusions.filter(|one| !is_excluded_already(one, table));
    lines.extend(exclusions.map(constraint::exclusion));
    let keys = table.foreign_keys.iter().filter(|key| !key.not_valid);
    lines.extend(keys.map(constraint::foreign_key));
    lines
}

/// `INHERITS`, `PARTITION BY`, `USING`, `WITH` and `TABLESPACE`, in the order of the grammar.
fn storage(options: &Options) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(parents) = options.get("inherits") {
        parts.push(format!("INHERITS ({parents})"));
    }
    if let Some(key) = options.get("partition_by") {
        parts.push(format!("PARTITION BY {key}"));
    }
    if let Some(method) = options.get("access_method") {
        parts.push(format!("USING {}", quote::identifier(method)));
    }
    let with = settings(options, "with.");
    if !with.is_empty() {
        parts.push(format!("WITH ({})", with.join(", ")));
    }
    if let Some(tablespace) = options.get("tablespace") {
        parts.push(format!("TABLESPACE {}", quote::identifier(tablespace)));
    }
    parts
}

fn attach(name: &Name, table: &Table, shape: &Shape<'_>) -> Option<String> {
    let Shape::Attached(_) = shape else {
        return None;
    };
    let parent = Name::from(table.options.get("partition_of")?);
    Some(attach_partition(
        &parent,
        name,
        table.options.get("partition_bound").unwrap_or("DEFAULT"),
    ))
}

/// `ALTER TABLE … ATTACH PARTITION`.
pub(in crate::dialect::postgres) fn attach_partition(
    parent: &Name,
    name: &Name,
    bound: &str,
) -> String {
    format!(
        "ALTER TABLE {} ATTACH PARTITION {} {bound}",
        quote::qualified(parent),
        quote::qualified(name)
    )
}

/// Sequences that stand by themselves and go with a column of this table.
fn owned_sequences(name: &Name, table: &Table, schema: &Schema) -> Vec<String> {
    schema
        .sequences
        .iter()
        .filter_map(|(sequence, what)| {
            let (owner, column) = what.owner.as_ref()?;
            (owner == name && table.column(column).is_some())
                .then(|| sequence::owned_by(sequence, Some((owner, column))))
        })
        .collect()
}

/// True for a unique constraint whose index would be that of the primary key or of a constraint
/// before it. `CREATE TABLE` makes one index of such twins, and only the first constraint.
/// <https://www.postgresql.org/docs/current/sql-createtable.html>
fn has_twin(unique: &Unique, table: &Table) -> bool {
    let index = |one: &Unique| Unique {
        name: None,
        comment: None,
        options: Options::new(),
        ..one.clone()
    };
    let of_key = |key: &PrimaryKey| Unique {
        parts: key.parts.clone(),
        include: key.include.clone(),
        deferrable: key.deferrable,
        ..Unique::default()
    };
    let own = index(unique);
    let before = table.uniques.iter().take_while(|other| *other != unique);
    let is_key = table.primary_key.iter().any(|key| of_key(key) == own);
    is_key || before.map(index).any(|other| other == own)
}

/// The same for an exclusion constraint.
fn is_excluded_already(exclusion: &Exclusion, table: &Table) -> bool {
    let mut before = table
        .exclusions
        .iter()
        .take_while(|other| *other != exclusion);
    before.any(|other| other.definition == exclusion.definition)
}

/// What cannot be said in `CREATE TABLE`: a constraint that another one has the index of; and NOT
/// VALID, since a new table has no rows to check.
fn late_constraints(name: &Name, table: &Table) -> Vec<String> {
    let uniques = table.uniques.iter();
    let uniques = uniques.filter(|unique| has_twin(unique, table));
    let uniques = uniques.map(|unique| constraint::add(name, &constraint::unique(unique), false));
    let checks = table.checks.iter().filter(|check| check.not_valid);
    let checks = checks.map(|check| constraint::add(name, &constraint::check(check), true));
    let keys = table.foreign_keys.iter().filter(|key| key.not_valid);
    let keys = keys.map(|key| constraint::add(name, &constraint::foreign_key(key), true));
    let exclusions = table.exclusions.iter();
    let exclusions = exclusions.filter(|one| is_excluded_already(one, table));
    let exclusions =
        exclusions.map(|one| constraint::add(name, &constraint::exclusion(one), false));
    uniques
        .chain(exclusions)
        .chain(checks)
        .chain(keys)
        .collect()
}

/// What no definition of a column can say.
pub(in crate::dialect::postgres) fn column_settings(table: &Name, column: &Column) -> Vec<String> {
    let name = quote::identifier(&column.name);
    let mut parts = Vec::new();
    if let Some(storage) = column.options.get("storage") {
        parts.push(format!(
            "ALTER COLUMN {name} SET STORAGE {}",
            storage.to_uppercase()
        ));
    }
    if let Some(target) = column.options.get("statistics") {
        parts.push(format!("ALTER COLUMN {name} SET STATISTICS {target}"));
    }
    let with = settings(&column.options, "with.");
    if !with.is_empty() {
        parts.push(format!("ALTER COLUMN {name} SET ({})", with.join(", ")));
    }
    alter(table, &parts).into_iter().collect()
}

/// Row security and replica identity, from one state to another.
pub(in crate::dialect::postgres) fn flags(
    name: &Name,
    from: &Options,
    to: &Options,
) -> Vec<String> {
    let mut parts = Vec::new();
    let flag = |option: &str, on: &str, off: &str| {
        (from.has(option) != to.has(option))
            .then(|| if to.has(option) { on } else { off }.to_owned())
    };
    parts.extend(flag(
        "row_security",
        "ENABLE ROW LEVEL SECURITY",
        "DISABLE ROW LEVEL SECURITY",
    ));
    parts.extend(flag(
        "force_row_security",
        "FORCE ROW LEVEL SECURITY",
        "NO FORCE ROW LEVEL SECURITY",
    ));
    if from.get("replica_identity") != to.get("replica_identity") {
        parts.push(match to.get("replica_identity") {
            None => "REPLICA IDENTITY DEFAULT".to_owned(),
            Some(value) => match value.strip_prefix("index ") {
                Some(index) => format!("REPLICA IDENTITY USING INDEX {}", quote::identifier(index)),
                None => format!("REPLICA IDENTITY {}", value.to_uppercase()),
            },
        });
    }
    alter(name, &parts).into_iter().collect()
}

/// The index that the table is clustered on.
pub(in crate::dialect::postgres) fn clustered(name: &Name, table: &Table) -> Option<String> {
    let index = table
        .indexes
        .iter()
        .find(|one| one.options.has("clustered"));
    let unique = table
        .uniques
        .iter()
        .find(|one| one.options.has("clustered"));
    let key = table
        .primary_key
        .iter()
        .find(|key| key.options.has("clustered"));
    index
        .map(|index| index.name.clone())
        .or_else(|| unique?.name.clone())
        .or_else(|| Some(key_name(name, key?)))
}

/// `CLUSTER ON`.
pub(in crate::dialect::postgres) fn set_cluster(name: &Name, index: Option<&str>) -> String {
    let what = match index {
        Some(index) => format!("CLUSTER ON {}", quote::identifier(index)),
        None => "SET WITHOUT CLUSTER".to_owned(),
    };
    format!("ALTER TABLE {} {what}", quote::qualified(name))
}

/// The name that a key has in the database. The server cuts a table's name so that both parts fit
/// into the 63 bytes of a name.
pub(in crate::dialect::postgres) fn key_name(table: &Name, key: &PrimaryKey) -> String {
    const ENDING: &str = "_pkey";
    let usual = || {
        let end = table.name.floor_char_boundary(63 - ENDING.len());
        let start = table.name.get(..end).unwrap_or_default();
        format!("{start}{ENDING}")
    };
    key.name.clone().unwrap_or_else(usual)
}

/// The comments of a table, its columns and its constraints; an index brings its own.
fn comments(name: &Name, table: &Table) -> Vec<String> {
    let mut statements = Vec::new();
    if let Some(text) = &table.comment {
        let what = format!("TABLE {}", quote::qualified(name));
        statements.push(comment::on(&what, Some(text)));
    }
    for one in &table.columns {
        if let Some(text) = &one.comment {
            statements.push(comment::on_column(name, &one.name, Some(text)));
        }
    }
    if let Some(key) = &table.primary_key
        && let Some(text) = &key.comment
    {
        let key = key_name(name, key);
        statements.push(comment::on_constraint(name, &key, Some(text)));
    }
    let uniques = table.uniques.iter().map(|one| (&one.name, &one.comment));
    let checks = table.checks.iter().map(|one| (&one.name, &one.comment));
    let keys = table
        .foreign_keys
        .iter()
        .map(|one| (&one.name, &one.comment));
    for (constraint, text) in uniques.chain(checks).chain(keys) {
        if let (Some(constraint), Some(text)) = (constraint, text) {
            statements.push(comment::on_constraint(name, constraint, Some(text)));
        }
    }
    for one in &table.exclusions {
        if let Some(text) = &one.comment {
            statements.push(comment::on_constraint(name, &one.name, Some(text)));
        }
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_without_a_name_is_spoken_of_by_the_name_that_the_server_gives_it() {
        let mut table = Table {
            columns: vec![Column::new("id", "integer")],
            primary_key: Some(PrimaryKey::of(["id"])),
            ..Table::default()
        };
        table.primary_key.as_mut().unwrap().comment = Some("the key".to_owned());
        let key = table.primary_key.as_mut().unwrap();
        key.options.flag("clustered");
        let all = |name: &str| create(&Name::new(name), &table, &Schema::default());
        let made = |name: &str| all(name).pop();
        assert!(all("t").contains(&"ALTER TABLE t CLUSTER ON t_pkey".to_owned()));
        assert_eq!(
            made("t").unwrap(),
            "COMMENT ON CONSTRAINT t_pkey ON t IS 'the key'"
        );
        let long = "é".repeat(31);
        let key = format!("\"{}_pkey\"", "é".repeat(29));
        assert!(made(&long).unwrap().contains(&key));
    }
}
