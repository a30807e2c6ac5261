//! What a dialect is asked when two of its schemas are compared.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::change::{AlterTable, Change, TableChange, UserType};
use crate::ident::Name;
use crate::schema::{
    Column, ColumnType, Index, Object, ObjectKey, Options, PrimaryKey, Schema, Table,
};
use crate::sql::Lexicon;

/// The answers of one dialect. Most have a default that suits most databases.
pub trait DiffRules: Sync {
    /// Spells a schema so that what means the same is equal: types, defaults, expressions,
    /// definitions, actions, options that are the database's own defaults, names of constraints
    /// that nobody chose. Called once for each side, with the spelling of both: between two texts
    /// of catalogs less may be taken for equal than between a person's and a catalog's.
    ///
    /// It changes how things are said, and never which things there are: lists keep their number
    /// and order, and names stay.
    fn normalize(&self, schema: &mut Schema, both_stored: bool);

    /// How this database's SQL is read.
    fn lexicon(&self) -> &'static Lexicon;

    /// A name in a statement, in quotes where it needs them.
    fn identifier(&self, name: &str) -> String;

    /// True where a name in a text that the database keeps stays in quotes when it does not need
    /// them: as somebody wrote it, or because it always has them.
    fn keeps_quotes(&self) -> bool {
        true
    }

    /// A name of a table, column or index as this database compares it: in lower case where
    /// it does not care.
    fn fold<'a>(&self, name: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(name)
    }

    /// As [`fold`](Self::fold), for names of tables and namespaces, where they differ in it.
    fn fold_table<'a>(&self, name: &'a str) -> Cow<'a, str> {
        self.fold(name)
    }

    /// True for an index of `table` that the database made by itself for a foreign key, when
    /// `other`, the same table on the other side, does not ask for it: no difference.
    fn is_implied_index(&self, index: &Index, table: &Table, other: &Table) -> bool {
        let _ = (index, table, other);
        false
    }

    /// True for `index`, which `table` wants under another name, when the database may choose
    /// either of the two names by itself: no difference.
    fn is_implied_name(&self, index: &Index, wanted: &Index, table: &Table) -> bool {
        let _ = (index, wanted, table);
        false
    }

    /// Constraints and indexes can be given another name.
    fn renames_constraints(&self) -> bool {
        false
    }

    /// As [`renames_constraints`](Self::renames_constraints), for indexes.
    fn renames_indexes(&self) -> bool {
        false
    }

    /// True for two definitions of one object that are the same to the database, though not word
    /// for word.
    fn is_same_object(&self, key: &ObjectKey, from: &Object, to: &Object) -> bool {
        let _ = (key, from, to);
        false
    }

    /// True for a column that a row cannot be without and that nothing fills: a table with rows
    /// must refuse it. Where the database would invent a value, the plan has to see to that.
    fn needs_a_value(&self, column: &Column) -> bool {
        column.needs_a_value()
    }

    /// What changing a column from one definition to another does to it.
    fn column_change(&self, from: &Column, to: &Column) -> ColumnChange {
        let _ = (from, to);
        ColumnChange::InPlace
    }

    /// What changing a column's type does to its values.
    fn type_change(&self, from: &ColumnType, to: &ColumnType) -> TypeChange;

    /// True when `to` can take the place of `from` without dropping it: `CREATE OR REPLACE`, or a
    /// change of comment or state alone.
    fn replaces_in_place(&self, key: &ObjectKey, from: &Object, to: &Object) -> bool {
        let _ = (key, from, to);
        false
    }

    /// True when an object that does not change itself has to be dropped before `change` and
    /// made again after it: a view over a column whose type changes, a trigger of a table that is
    /// rebuilt. Objects that need a dropped one follow by themselves.
    fn must_be_recreated(&self, key: &ObjectKey, object: &Object, change: &Change) -> bool {
        let _ = (key, object, change);
        false
    }

    /// True when an object that cannot be used as it is, which a note says, stands in the way of
    /// `change`, whatever that is about.
    fn blocks_when_broken(&self, key: &ObjectKey, change: &Change) -> bool {
        let _ = (key, change);
        false
    }

    /// True when foreign keys are dropped before, and made after, all else, each on its own.
    /// Otherwise they are part of their table's changes.
    fn foreign_keys_apart(&self) -> bool {
        true
    }

    /// The columns of the primary key, unique constraint or unique index that `part` takes away,
    /// where foreign keys hang on it: they are dropped before and made again after. `None` for what
    /// takes nothing away, and where foreign keys refer to nothing but columns.
    fn takes_key<'t>(&self, alter: &'t AlterTable, part: &'t TableChange) -> Option<Vec<&'t str>> {
        let _ = (alter, part);
        None
    }

    /// True when no foreign key can stay on `column`, as it is before under the name that it has
    /// after, while `change` is made: the two columns of a key would have types that do not compare.
    fn parts_keys(&self, column: &Column, change: &Change) -> bool {
        let _ = (column, change);
        false
    }

    /// The tables whose columns and checks one with these options has too, so that a change of one
    /// there is made to it as well.
    fn parents(&self, options: &Options) -> Vec<Name> {
        let _ = options;
        Vec::new()
    }

    /// The options of a table when it has left the parents that it is not to have any more, and
    /// nothing else has changed. `None` where it leaves none.
    fn without_parents(&self, from: &Options, to: &Options) -> Option<Options> {
        let _ = (from, to);
        None
    }

    /// What becomes of `column` when the one of a parent, whatever it was, becomes another.
    fn handed_down(&self, column: &Column, from: &Column, to: &Column) -> Column {
        let _ = (from, to);
        column.clone()
    }

    /// Gives the tables that the options of a table name the names that `after` says.
    fn follow_renames(&self, options: &mut Options, after: &dyn Fn(&Name) -> Name) {
        let _ = (options, after);
    }

    /// True for an option of a table whose value names columns, as an expression does: the database
    /// rewrites it when one gets another name.
    fn names_columns(&self, option: &str) -> bool {
        let _ = option;
        false
    }

    /// The names before and after, where `part` gives a constraint or index another one. In one
    /// namespace are the names that must not be the same: those of one schema, or of one table.
    fn renamed(&self, alter: &AlterTable, part: &TableChange) -> Option<(Name, Name)> {
        let _ = (alter, part);
        None
    }

    /// The names that the indexes and constraints of a table have among those of a whole namespace,
    /// so that no other table there may have one of them; as the database compares them.
    fn shared_names(&self, name: &Name, table: &Table) -> BTreeSet<Name> {
        let _ = (name, table);
        BTreeSet::new()
    }

    /// Why a type cannot be changed so; `None` when it can.
    fn refuses_type(&self, from: &UserType, to: &UserType) -> Option<String> {
        let _ = (from, to);
        None
    }

    /// Why options of a table cannot be changed so (another way of partitioning); `None` when
    /// they can.
    fn refuses_options(&self, from: &Options, to: &Options) -> Option<String> {
        let _ = (from, to);
        None
    }

    /// True when a primary key that names no constraint and one that names it as the database
    /// would are one: only where the other side says nothing.
    fn same_primary_key(&self, from: &PrimaryKey, to: &PrimaryKey) -> bool {
        from == to
    }
}

/// How a column becomes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnChange {
    /// It is altered, and its values stay.
    InPlace,
    /// It is dropped and added again: a generated column whose expression changes. Nothing is
    /// lost when its values come from other columns.
    DropAndAdd,
}

/// What becomes of values when their type changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeChange {
    /// Whether each survives.
    pub values: Values,
    /// The whole table is written again, or read under a lock, while others wait.
    pub rewrites: bool,
}

impl TypeChange {
    /// Every value stays what it is, and nothing is written.
    pub const FREE: Self = Self {
        values: Values::Kept,
        rewrites: false,
    };
}

/// Whether values survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Every value has its place in the new type.
    Kept,
    /// A value without a place in the new type makes the change fail; nothing is lost.
    MayFail,
    /// Values may be cut, rounded or changed without an error.
    MayChange,
}
