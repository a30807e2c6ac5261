//! What can be different, as data.

use crate::ident::Name;
use crate::schema::{
    Check, Column, Composite, Domain, Enum, Exclusion, Extension, ForeignKey, Index, Object,
    ObjectKey, Options, PrimaryKey, Sequence, Table, Unique,
};

/// One step from one schema to another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "changes are few, and a box would stand in the way of every pattern"
)]
pub enum Change {
    /// A namespace that is new, with its comment.
    CreateNamespace(String, Option<String>),
    /// A namespace that is gone, with its comment.
    DropNamespace(String, Option<String>),
    /// Another comment on a namespace.
    CommentNamespace {
        /// The namespace.
        name: String,
        /// The comment before.
        from: Option<String>,
        /// The comment after.
        to: Option<String>,
    },
    /// An extension that is new.
    CreateExtension(String, Extension),
    /// An extension that is gone.
    DropExtension(String, Extension),
    /// An extension of another version or in another namespace.
    AlterExtension {
        /// The extension.
        name: String,
        /// As it was.
        from: Extension,
        /// As it is to be.
        to: Extension,
    },
    /// A type that is new.
    CreateType(Name, UserType),
    /// A type that is gone.
    DropType(Name, UserType),
    /// A type that is defined differently.
    AlterType {
        /// The type.
        name: Name,
        /// As it was.
        from: UserType,
        /// As it is to be.
        to: UserType,
    },
    /// A type of another name.
    RenameType {
        /// The name before.
        from: Name,
        /// The name after.
        to: Name,
        /// What it is.
        what: UserType,
    },
    /// A sequence that is new.
    CreateSequence(Name, Sequence),
    /// A sequence that is gone.
    DropSequence(Name, Sequence),
    /// A sequence that is defined differently.
    AlterSequence {
        /// The sequence.
        name: Name,
        /// As it was.
        from: Sequence,
        /// As it is to be.
        to: Sequence,
    },
    /// A table that is new, with its indexes. Foreign keys that cannot be made yet are not in it;
    /// they follow as an [`AlterTable`](Self::AlterTable).
    CreateTable(Name, Table),
    /// A table that is gone.
    DropTable(Name, Table),
    /// A table of another name.
    RenameTable {
        /// The name before.
        from: Name,
        /// The name after.
        to: Name,
    },
    /// A table that is defined differently.
    AlterTable(AlterTable),
    /// An object that is new.
    CreateObject(ObjectKey, Object),
    /// An object that is gone.
    DropObject(ObjectKey, Object),
    /// An object that is defined differently and can be replaced where it stands.
    ReplaceObject {
        /// The object.
        key: ObjectKey,
        /// As it was.
        from: Object,
        /// As it is to be.
        to: Object,
    },
}

/// A type that a user defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserType {
    /// An enumerated type.
    Enum(Enum),
    /// A domain.
    Domain(Domain),
    /// A composite type.
    Composite(Composite),
}

/// The changes of one table.
///
/// `from` and `to` are the whole table before the first and after the last of its changes, both
/// under the name that it has after any renaming; `parts` are those of the changes that are made
/// here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlterTable {
    /// The table.
    pub name: Name,
    /// As it was.
    pub from: Table,
    /// As it is to be.
    pub to: Table,
    /// What is done, in an order in which it can be done: renames, drops, column changes,
    /// additions.
    pub parts: Vec<TableChange>,
}

/// One change inside a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "changes are few, and a box would stand in the way of every pattern"
)]
pub enum TableChange {
    /// A column of another name; its data stays.
    RenameColumn {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// A column that is new.
    AddColumn(Column),
    /// A column that is gone.
    DropColumn(Column),
    /// A column that is defined differently, under the name that it has after any renaming.
    AlterColumn {
        /// As it was.
        from: Column,
        /// As it is to be.
        to: Column,
    },
    /// Another primary key, or none before or after.
    SetPrimaryKey {
        /// As it was.
        from: Option<PrimaryKey>,
        /// As it is to be.
        to: Option<PrimaryKey>,
    },
    /// A UNIQUE constraint that is new.
    AddUnique(Unique),
    /// A UNIQUE constraint that is gone.
    DropUnique(Unique),
    /// A CHECK constraint that is new.
    AddCheck(Check),
    /// A CHECK constraint that is gone.
    DropCheck(Check),
    /// An exclusion constraint that is new.
    AddExclusion(Exclusion),
    /// An exclusion constraint that is gone.
    DropExclusion(Exclusion),
    /// A foreign key that is new.
    AddForeignKey(ForeignKey),
    /// A foreign key that is gone.
    DropForeignKey(ForeignKey),
    /// A constraint of another name that is the same otherwise.
    RenameConstraint {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// An index that is new.
    AddIndex(Index),
    /// An index that is gone.
    DropIndex(Index),
    /// An index of another name that is the same otherwise.
    RenameIndex {
        /// The name before.
        from: String,
        /// The name after.
        to: String,
    },
    /// A comment on something in the table that is the same otherwise.
    SetComment {
        /// On what.
        on: Commented,
        /// The comment before.
        from: Option<String>,
        /// The comment after.
        to: Option<String>,
    },
    /// Options of the table itself.
    SetOptions {
        /// All options before.
        from: Options,
        /// All options after.
        to: Options,
    },
}

/// What in a table has a comment of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commented {
    /// The table.
    Table,
    /// A constraint, by name.
    Constraint(String),
    /// An index, by name.
    Index(String),
}

impl Change {
    /// The change that takes this one back. What was lost with data is not in it.
    #[must_use]
    pub fn reverse(&self) -> Self {
        match self.clone() {
            Self::CreateNamespace(name, comment) => Self::DropNamespace(name, comment),
            Self::DropNamespace(name, comment) => Self::CreateNamespace(name, comment),
            Self::CommentNamespace { name, from, to } => Self::CommentNamespace {
                name,
                from: to,
                to: from,
            },
            Self::CreateExtension(name, extension) => Self::DropExtension(name, extension),
            Self::DropExtension(name, extension) => Self::CreateExtension(name, extension),
            Self::AlterExtension { name, from, to } => Self::AlterExtension {
                name,
                from: to,
                to: from,
            },
            Self::CreateType(name, what) => Self::DropType(name, what),
            Self::DropType(name, what) => Self::CreateType(name, what),
            Self::AlterType { name, from, to } => Self::AlterType {
                name,
                from: to,
                to: from,
            },
            Self::RenameType { from, to, what } => Self::RenameType {
                from: to,
                to: from,
                what,
            },
            Self::CreateSequence(name, sequence) => Self::DropSequence(name, sequence),
            Self::DropSequence(name, sequence) => Self::CreateSequence(name, sequence),
            Self::AlterSequence { name, from, to } => Self::AlterSequence {
                name,
                from: to,
                to: from,
            },
            Self::CreateTable(name, table) => Self::DropTable(name, table),
            Self::DropTable(name, table) => Self::CreateTable(name, table),
            Self::RenameTable { from, to } => Self::RenameTable { from: to, to: from },
            Self::AlterTable(alter) => Self::AlterTable(alter.reverse()),
            Self::CreateObject(key, object) => Self::DropObject(key, object),
            Self::DropObject(key, object) => Self::CreateObject(key, object),
            Self::ReplaceObject { key, from, to } => Self::ReplaceObject {
                key,
                from: to,
                to: from,
            },
        }
    }
}

impl AlterTable {
    /// Other changes of the same table; `None` for none.
    pub(super) fn with_parts(&self, parts: Vec<TableChange>) -> Option<Self> {
        (!parts.is_empty()).then(|| Self {
            name: self.name.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            parts,
        })
    }

    /// The changes that take these back, the last one first.
    #[must_use]
    pub fn reverse(self) -> Self {
        Self {
            name: self.name,
            from: self.to,
            to: self.from,
            parts: self
                .parts
                .into_iter()
                .rev()
                .map(TableChange::reverse)
                .collect(),
        }
    }
}

impl TableChange {
    /// The change that takes this one back.
    #[must_use]
    pub fn reverse(self) -> Self {
        match self {
            Self::RenameColumn { from, to } => Self::RenameColumn { from: to, to: from },
            Self::AddColumn(column) => Self::DropColumn(column),
            Self::DropColumn(column) => Self::AddColumn(column),
            Self::AlterColumn { from, to } => Self::AlterColumn { from: to, to: from },
            Self::SetPrimaryKey { from, to } => Self::SetPrimaryKey { from: to, to: from },
            Self::AddUnique(unique) => Self::DropUnique(unique),
            Self::DropUnique(unique) => Self::AddUnique(unique),
            Self::AddCheck(check) => Self::DropCheck(check),
            Self::DropCheck(check) => Self::AddCheck(check),
            Self::AddExclusion(exclusion) => Self::DropExclusion(exclusion),
            Self::DropExclusion(exclusion) => Self::AddExclusion(exclusion),
            Self::AddForeignKey(key) => Self::DropForeignKey(key),
            Self::DropForeignKey(key) => Self::AddForeignKey(key),
            Self::RenameConstraint { from, to } => Self::RenameConstraint { from: to, to: from },
            Self::AddIndex(index) => Self::DropIndex(index),
            Self::DropIndex(index) => Self::AddIndex(index),
            Self::RenameIndex { from, to } => Self::RenameIndex { from: to, to: from },
            Self::SetComment { on, from, to } => Self::SetComment {
                on,
                from: to,
                to: from,
            },
            Self::SetOptions { from, to } => Self::SetOptions { from: to, to: from },
        }
    }
}
