//! Renames: never guessed.
//!
//! A table or column that is gone and one that is new may be one that was renamed. Only a person
//! knows, and says so in a model (`was:`) or on the command line (`--rename`). Where nobody did
//! and the two look alike, that is a question: a [`Candidate`] with a score and both readings.

use std::collections::BTreeSet;

use super::pair::Pair;
use super::rules::DiffRules;
use crate::ident::Name;
use crate::schema::{Column, Schema, Table};

/// What was renamed, as somebody said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenameHints {
    /// Tables: the name before, the name after.
    pub tables: Vec<(Name, Name)>,
    /// Columns: the table's name after, the column's name before, its name after.
    pub columns: Vec<(Name, String, String)>,
    /// Pairs that somebody said are no rename, as [`Candidate::subject`] spells them.
    pub refused: BTreeSet<String>,
}

impl RenameHints {
    /// The first hint that says nothing about these schemas, with the reason: what it names is
    /// not there. One that was followed already says something.
    #[must_use]
    pub fn unfounded(
        &self,
        from: &Schema,
        to: &Schema,
        rules: &dyn DiffRules,
    ) -> Option<(String, String)> {
        let of_tables = self.tables.iter().find_map(|(old, new)| {
            let reason = if !has_table(to, new, rules) {
                format!("there is no table `{new}` after")
            } else if !has_table(from, old, rules) && !has_table(from, new, rules) {
                format!("there is no table `{old}` before")
            } else {
                return None;
            };
            Some((format!("{old}:{new}"), reason))
        });
        let of_columns = || {
            self.columns.iter().find_map(|(table, old, new)| {
                let renamed = self.tables.iter().find(|(_, after)| after == table);
                let before = renamed.map_or(table, |(before, _)| before);
                let was_there = |name: &str| {
                    has_column(from, before, name, rules) || has_column(from, table, name, rules)
                };
                let reason = if !has_table(to, table, rules) {
                    format!("there is no table `{table}` after")
                } else if !has_column(to, table, new, rules) {
                    format!("`{table}` has no column `{new}` after")
                } else if !was_there(old) && !was_there(new) {
                    format!("`{before}` has no column `{old}` before")
                } else {
                    return None;
                };
                Some((format!("{table}.{old}:{new}"), reason))
            })
        };
        of_tables.or_else(of_columns)
    }

    /// The hints for the way back.
    #[must_use]
    pub fn reverse(&self) -> Self {
        let before = |after: &Name| {
            let renamed = self.tables.iter().find(|(_, to)| to == after);
            renamed.map_or_else(|| after.clone(), |(from, _)| from.clone())
        };
        Self {
            tables: self
                .tables
                .iter()
                .map(|(from, to)| (to.clone(), from.clone()))
                .collect(),
            columns: self
                .columns
                .iter()
                .map(|(table, from, to)| (before(table), to.clone(), from.clone()))
                .collect(),
            refused: BTreeSet::new(),
        }
    }

    /// Hints that exchange names (`a` is `b` now, and `b` is `a`), as [`Candidate::subject`]
    /// spells them. Before and after such a renaming the names are the same, so that nobody can
    /// see whether it is done.
    #[must_use]
    pub fn exchanges(&self) -> Vec<String> {
        let tables = self.tables.iter().map(|(from, to)| Candidate {
            table: None,
            from: from.to_string(),
            to: to.to_string(),
            score: 1.0,
        });
        let columns = self.columns.iter().map(|(table, from, to)| Candidate {
            table: Some(table.clone()),
            from: from.clone(),
            to: to.clone(),
            score: 1.0,
        });
        let renames: Vec<Candidate> = tables.chain(columns).collect();
        let next = |one: &Candidate| {
            let mut others = renames.iter();
            others.find(|other| other.table == one.table && other.from == one.to)
        };
        let is_in_circle = |start: &&Candidate| {
            let followers = std::iter::successors(next(start), |one| next(one));
            // A circle has no more members than there are renames.
            followers.take(renames.len()).any(|one| one == *start)
        };
        renames
            .iter()
            .filter(is_in_circle)
            .map(Candidate::subject)
            .collect()
    }
}

fn table<'s>(schema: &'s Schema, name: &Name, rules: &dyn DiffRules) -> Option<&'s Table> {
    let same = |key: &Name| {
        key.namespace == name.namespace
            && rules.fold_table(&key.name) == rules.fold_table(&name.name)
    };
    let found = schema.tables.iter().find(|(key, _)| same(key));
    found.map(|(_, table)| table)
}

fn has_table(schema: &Schema, name: &Name, rules: &dyn DiffRules) -> bool {
    table(schema, name, rules).is_some()
}

fn has_column(schema: &Schema, of: &Name, name: &str, rules: &dyn DiffRules) -> bool {
    let same = |column: &Column| rules.fold(&column.name) == rules.fold(name);
    table(schema, of, rules).is_some_and(|table| table.columns.iter().any(same))
}

/// A question: was it renamed, or is one gone and the other new?
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The table of the two columns, under its name after; `None` for two tables.
    pub table: Option<Name>,
    /// What is gone.
    pub from: String,
    /// What is new.
    pub to: String,
    /// How alike they are, from 0 to 1.
    pub score: f64,
}

impl Candidate {
    /// As `--rename` spells it: `users.mail:email`, `people:users`.
    #[must_use]
    pub fn subject(&self) -> String {
        match &self.table {
            Some(table) => format!("{table}.{}:{}", self.from, self.to),
            None => format!("{}:{}", self.from, self.to),
        }
    }
}

/// Renames in an order in which each new name is free: a chain from its end, a swap through a
/// name that `aside` makes.
pub(super) fn steps<N: Clone + PartialEq>(
    mut renames: Vec<(N, N)>,
    aside: impl Fn(&N) -> N,
) -> Vec<(N, N)> {
    let mut steps = Vec::new();
    while !renames.is_empty() {
        let free = renames
            .iter()
            .position(|(_, to)| !renames.iter().any(|(from, _)| from == to));
        match free {
            Some(place) => steps.push(renames.remove(place)),
            None => {
                // All that is left are circles: the first steps aside, and ends where it should.
                if let Some((from, _)) = renames.first_mut() {
                    let name = aside(from);
                    steps.push((from.clone(), name.clone()));
                    *from = name;
                }
            }
        }
    }
    steps
}

/// Below this two things are not alike enough to ask.
const WORTH_ASKING: f64 = 0.6;

/// The questions that a comparison leaves open, the most alike first.
#[must_use]
pub fn candidates(pair: &Pair<'_>, rules: &dyn DiffRules, hints: &RenameHints) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (from, old) in pair.dropped_tables() {
        for (to, new) in pair.created_tables() {
            if from.namespace == to.namespace {
                let score = 0.7 * overlap(old, new) + 0.3 * likeness(&from.name, &to.name);
                found.push(Candidate {
                    table: None,
                    from: from.to_string(),
                    to: to.to_string(),
                    score,
                });
            }
        }
    }
    for table in pair.matched_tables() {
        let gone = table.dropped_columns(rules);
        let new = table.added_columns(rules);
        for (at, old) in &gone {
            for (place, column) in &new {
                let neighbours = if at == place { 1.0 } else { 0.0 };
                let score = 0.5 * column_likeness(old, column)
                    + 0.35 * likeness(&old.name, &column.name)
                    + 0.15 * neighbours;
                found.push(Candidate {
                    table: Some(table.name.clone()),
                    from: old.name.clone(),
                    to: column.name.clone(),
                    score,
                });
            }
        }
    }
    found.retain(|candidate| {
        candidate.score >= WORTH_ASKING && !hints.refused.contains(&candidate.subject())
    });
    found.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then_with(|| a.subject().cmp(&b.subject()))
    });
    found
}

/// How many of their columns two tables share, from 0 to 1.
fn overlap(old: &Table, new: &Table) -> f64 {
    let key = |column: &Column| (column.name.clone(), column.column_type.clone());
    let one: BTreeSet<_> = old.columns.iter().map(key).collect();
    let other: BTreeSet<_> = new.columns.iter().map(key).collect();
    let union = one.union(&other).count();
    if union == 0 {
        return 0.0;
    }
    ratio(one.intersection(&other).count(), union)
}

/// How alike the definitions of two columns are, from 0 to 1.
fn column_likeness(old: &Column, new: &Column) -> f64 {
    let same = [
        (old.column_type == new.column_type, 0.5),
        (old.nullable == new.nullable, 0.15),
        (old.default == new.default, 0.2),
        (
            old.generated == new.generated && old.identity == new.identity,
            0.15,
        ),
    ];
    same.iter()
        .filter(|(is_same, _)| *is_same)
        .map(|(_, weight)| weight)
        .sum()
}

/// How alike two names are, from 0 to 1: by their words, and by their letters.
fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let words = |name: &str| -> BTreeSet<String> {
        name.split(['_', ' ', '-'])
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (one, other) = (words(&a), words(&b));
    let union = one.union(&other).count().max(1);
    let by_words = ratio(one.intersection(&other).count(), union);
    let contained = a.contains(&b) || b.contains(&a);
    let length = a.chars().count().max(b.chars().count()).max(1);
    let by_letters = 1.0 - ratio(distance(&a, &b).min(length), length);
    by_words
        .max(by_letters)
        .max(if contained { 0.7 } else { 0.0 })
}

/// How many letters must be added, removed or exchanged to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (other, above) in b.iter().zip(row.iter().skip(1)) {
            let change = diagonal + usize::from(letter != *other);
            left = change.min(above + 1).min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

fn ratio(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    number(part) / number(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_score_high() {
        assert!(likeness("email", "email_address") >= 0.7);
        assert!(likeness("firstname", "first_name") >= 0.7);
        assert!(likeness("name", "price") < 0.5);
        assert!((likeness("a", "a") - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn chains_go_from_their_end_and_swaps_step_aside() {
        let run = |renames: &[(&str, &str)]| -> Vec<String> {
            let renames = renames
                .iter()
                .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
                .collect();
            super::steps(renames, |name| format!("{name}__was"))
                .into_iter()
                .map(|(from, to)| format!("{from}>{to}"))
                .collect()
        };
        assert_eq!(run(&[("a", "b"), ("b", "c")]), ["b>c", "a>b"]);
        assert_eq!(
            run(&[("a", "b"), ("b", "a")]),
            ["a>a__was", "b>a", "a__was>b"]
        );
        assert_eq!(run(&[]), Vec::<String>::new());
    }

    #[test]
    fn distance_counts_letters() {
        for (a, b, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("abc", "abd", 1),
            ("kitten", "sitting", 3),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn names_that_are_exchanged_are_found() {
        let hints = |renames: &[(&str, &str, &str)]| RenameHints {
            columns: renames
                .iter()
                .map(|(table, from, to)| (Name::new(*table), (*from).to_owned(), (*to).to_owned()))
                .collect(),
            ..RenameHints::default()
        };
        let none: [&str; 0] = [];
        assert_eq!(
            hints(&[("t", "a", "b"), ("t", "b", "c"), ("u", "c", "a")]).exchanges(),
            none
        );
        assert_eq!(
            hints(&[("t", "x", "y"), ("t", "a", "b"), ("t", "b", "a")]).exchanges(),
            ["t.a:b", "t.b:a"]
        );
        // One that leads into a circle is not part of it.
        assert_eq!(
            hints(&[("t", "x", "a"), ("t", "a", "b"), ("t", "b", "a")]).exchanges(),
            ["t.a:b", "t.b:a"]
        );
        let tables = RenameHints {
            tables: vec![
                (Name::new("a"), Name::new("b")),
                (Name::new("b"), Name::new("a")),
            ],
            ..RenameHints::default()
        };
        assert_eq!(tables.exchanges(), ["a:b", "b:a"]);
    }

    #[test]
    fn hints_turn_round() {
        let hints = RenameHints {
            tables: vec![(Name::new("people"), Name::new("users"))],
            columns: vec![(Name::new("users"), "mail".to_owned(), "email".to_owned())],
            refused: BTreeSet::new(),
        };
        assert_eq!(
            hints.reverse().columns,
            [(Name::new("people"), "email".to_owned(), "mail".to_owned())]
        );
        assert_eq!(hints.reverse().reverse(), hints);
    }
}
