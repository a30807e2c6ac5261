//! What models have and a database has not: tables, columns, indexes and unique constraints.

use super::lower::mentioned;
use crate::diff::DiffRules;
use crate::ident::Name;
use crate::schema::{Index, IndexPart, Schema, Table};

/// A database's schema with what it lacks of the wanted one, as far as it is in these tables.
///
/// Nothing that is there is changed or taken away, so the difference between the two has nothing
/// but additions: a table that is missing as a whole, with everything that it has; otherwise its
/// missing columns with their foreign keys and checks, its indexes and its unique constraints.
/// Columns are known by their names, indexes by name or by what they are built on, unique
/// constraints by their columns. Types and sequences that are missing come along, because columns
/// may need them; views, routines and triggers do not.
///
/// Where a table has to be made anew for a constraint, which `adds_constraints` denies, a unique
/// constraint that is missing in a table that is there becomes a unique index.
#[must_use]
pub fn with_additions(
    current: &Schema,
    wanted: &Schema,
    tables: &[Name],
    rules: &dyn DiffRules,
    adds_constraints: bool,
) -> Schema {
    let mut result = current.clone();
    let adding = Adding {
        rules,
        adds_constraints,
    };
    for name in tables {
        let Some(table) = wanted.tables.get(name) else {
            continue;
        };
        let folded = rules.fold_table(&name.name);
        let there = result.tables.iter_mut().find(|(known, _)| {
            known.namespace == name.namespace && rules.fold_table(&known.name) == folded
        });
        match there {
            Some((_, there)) => adding.add(there, table),
            None => {
                result.tables.insert(name.clone(), table.clone());
            }
        }
    }
    add_missing(&mut result.namespaces, &wanted.namespaces);
    add_missing(&mut result.extensions, &wanted.extensions);
    add_missing(&mut result.enums, &wanted.enums);
    add_missing(&mut result.domains, &wanted.domains);
    add_missing(&mut result.composites, &wanted.composites);
    add_missing(&mut result.sequences, &wanted.sequences);
    result
}

fn add_missing<K: Ord + Clone, V: Clone>(
    there: &mut std::collections::BTreeMap<K, V>,
    wanted: &std::collections::BTreeMap<K, V>,
) {
    for (name, value) in wanted {
        there.entry(name.clone()).or_insert_with(|| value.clone());
    }
}

struct Adding<'a> {
    rules: &'a dyn DiffRules,
    adds_constraints: bool,
}

impl Adding<'_> {
    fn is_same(&self, one: &str, other: &str) -> bool {
        self.rules.fold(one) == self.rules.fold(other)
    }

    fn add(&self, there: &mut Table, wanted: &Table) {
        let before = there.clone();
        let is_there =
            |name: &str| (before.columns.iter()).any(|column| self.is_same(&column.name, name));
        let new: Vec<&str> = (wanted.columns.iter())
            .map(|column| column.name.as_str())
            .filter(|name| !is_there(name))
            .collect();
        let is_new = |name: &str| new.iter().any(|column| self.is_same(column, name));
        let columns = wanted.columns.iter();
        there
            .columns
            .extend(columns.filter(|column| is_new(&column.name)).cloned());
        let keys = wanted.foreign_keys.iter();
        there.foreign_keys.extend(
            keys.filter(|key| key.columns.iter().any(|column| is_new(column)))
                .cloned(),
        );
        let checks = wanted.checks.iter();
        there.checks.extend(
            checks
                .filter(|check| {
                    let names = mentioned(check.expression.as_str(), self.rules.lexicon());
                    new.iter()
                        .any(|column| names.contains(&column.to_lowercase()))
                })
                .cloned(),
        );
        self.add_uniques(there, wanted);
        for index in &wanted.indexes {
            if !self.has_index(there, index) {
                there.indexes.push(index.clone());
            }
        }
        if *there != before {
            // The text that the database keeps does not say what was added.
            there.definition = None;
        }
    }

    fn add_uniques(&self, there: &mut Table, wanted: &Table) {
        for unique in &wanted.uniques {
            let columns: Vec<&str> = unique.columns().collect();
            if self.guards(there, &columns) {
                continue;
            }
            match &unique.name {
                Some(name) if !self.adds_constraints => there.indexes.push(Index {
                    name: name.clone(),
                    parts: unique.parts.clone(),
                    unique: true,
                    ..Index::default()
                }),
                _ => there.uniques.push(unique.clone()),
            }
        }
    }

    fn are_same(&self, one: &[&str], other: &[&str]) -> bool {
        let mut pairs = one.iter().zip(other);
        one.len() == other.len() && pairs.all(|(one, other)| self.is_same(one, other))
    }

    /// True where no two rows can have equal values in these columns already.
    fn guards(&self, table: &Table, columns: &[&str]) -> bool {
        let covers = |own: Vec<&str>| self.are_same(&own, columns);
        let whole = |part: &IndexPart| part.column_name().is_some() && part.prefix.is_none();
        let key = table.primary_key.iter();
        key.map(|key| key.columns().collect()).any(covers)
            || (table.uniques.iter())
                .map(|unique| unique.columns().collect())
                .any(covers)
            || (table.indexes.iter())
                .filter(|index| index.unique && index.predicate.is_none())
                .filter(|index| index.parts.iter().all(whole))
                .map(|index| index.columns().collect())
                .any(covers)
    }

    fn has_index(&self, table: &Table, wanted: &Index) -> bool {
        let columns: Vec<&str> = wanted.columns().collect();
        let is_plain = columns.len() == wanted.parts.len() && wanted.predicate.is_none();
        let mut indexes = table.indexes.iter();
        indexes.any(|index| {
            self.is_same(&index.name, &wanted.name)
                || (index.parts == wanted.parts
                    && index.unique == wanted.unique
                    && index.method == wanted.method
                    && index.predicate == wanted.predicate)
        }) || (wanted.unique && is_plain && self.guards(table, &columns))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::compare::plan_additions;
    use crate::dialect::DialectName;
    use crate::model::{lower, read_texts};
    use crate::schema::Spelling;

    fn schema(text: &str, dialect: DialectName) -> Schema {
        let models = read_texts([(Path::new("app.yaml"), text)]).unwrap();
        lower(&models, dialect.dialect().model_types()).unwrap()
    }

    /// The statements that lead from what is there to the additions of what is wanted.
    fn statements(there: &str, wanted: &str, dialect: DialectName, tables: &[&str]) -> Vec<String> {
        let mut current = schema(there, dialect);
        current.spelling = Spelling::Stored;
        let names: Vec<Name> = tables.iter().map(|name| Name::from(*name)).collect();
        let wanted = schema(wanted, dialect);
        let plan = plan_additions(dialect.dialect(), &current, &wanted, &names).unwrap();
        plan.statements().map(str::to_owned).collect()
    }

    const EVERY: [DialectName; 3] = [
        DialectName::Sqlite,
        DialectName::Postgres,
        DialectName::Mysql,
    ];

    const USERS: &str = "models:\n  users:\n    fields:\n      name: string\n      age: int\n";

    #[test]
    fn what_is_there_in_another_form_stays() {
        let wanted = "models:\n  users:\n    fields:\n      name: { type: text, required: true, default: x }\n";
        for dialect in EVERY {
            assert_eq!(statements(USERS, wanted, dialect, &["users"]), [""; 0]);
        }
    }

    #[test]
    fn only_the_tables_that_are_named_are_looked_at() {
        let wanted = "models:\n  users:\n    fields: { mail: string }\n  tags:\n    fields: { name: string }\n";
        for dialect in EVERY {
            let made = statements(USERS, wanted, dialect, &["tags"]);
            assert_eq!(made.len(), 1);
            assert!(made[0].starts_with("CREATE TABLE tags"), "{made:?}");
            assert_eq!(statements(USERS, wanted, dialect, &["users"]).len(), 1);
        }
    }

    #[test]
    fn a_new_column_brings_its_key_its_check_and_its_index() {
        let there = "models:\n  users:\n    fields: { name: string }\n  posts:\n    fields: { title: string }\n";
        let wanted = "models:\n  users:\n    fields: { name: string }\n  posts:\n    fields:\n      title: string\n      \
                      state: { type: enum, values: [open, shut] }\n      user_id: { references: users, index: true }\n";
        for dialect in EVERY {
            let made = statements(there, wanted, dialect, &["posts"]).join(";\n");
            for part in ["state", "open", "REFERENCES users", "posts_user_id_idx"] {
                assert!(made.contains(part), "{dialect}: {part} in\n{made}");
            }
            assert!(!made.contains("__new"), "{made}");
            assert_eq!(statements(wanted, wanted, dialect, &["posts"]), [""; 0]);
        }
    }

    #[test]
    fn a_unique_constraint_needs_no_table_that_is_made_anew() {
        let wanted = "models:\n  users:\n    fields:\n      name: { type: string, unique: true }\n      age: int\n";
        let made = statements(USERS, wanted, DialectName::Sqlite, &["users"]);
        assert_eq!(made, ["CREATE UNIQUE INDEX users_name_key ON users (name)"]);
        let made = statements(USERS, wanted, DialectName::Postgres, &["users"]);
        assert_eq!(
            made,
            ["ALTER TABLE users ADD CONSTRAINT users_name_key UNIQUE (name)"]
        );
    }

    #[test]
    fn what_guards_a_column_already_is_not_made_again() {
        let there = "models:\n  users:\n    fields:\n      name: string\n    indexes:\n      - { columns: [name], unique: true, constraint: false, name: mine }\n";
        let wanted = "models:\n  users:\n    fields:\n      name: { type: string, unique: true }\n";
        for dialect in EVERY {
            assert_eq!(statements(there, wanted, dialect, &["users"]), [""; 0]);
        }
    }

    #[test]
    fn names_are_the_same_where_the_database_says_so() {
        let wanted = "models:\n  users:\n    fields:\n      NAME: string\n      age: int\n";
        for (dialect, count) in EVERY.into_iter().zip([0, 1, 0]) {
            let made = statements(USERS, wanted, dialect, &["users"]);
            assert_eq!(made.len(), count, "{dialect}: {made:?}");
        }
    }

    #[test]
    fn tables_in_a_circle_are_made_before_their_keys() {
        let wanted = "models:\n  a:\n    fields: { b_id: { references: b } }\n  b:\n    fields: { a_id: { references: a } }\n";
        for dialect in EVERY {
            let made = statements("models: {}", wanted, dialect, &["a", "b"]);
            let tables = made.iter().filter(|sql| sql.starts_with("CREATE TABLE"));
            assert_eq!(tables.count(), 2, "{made:?}");
            let is_apart = made.iter().any(|sql| sql.starts_with("ALTER TABLE"));
            assert_eq!(is_apart, dialect != DialectName::Sqlite, "{made:?}");
        }
    }
}
