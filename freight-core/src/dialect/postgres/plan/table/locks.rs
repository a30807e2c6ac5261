//! What a new constraint keeps others from while the rows that are there are looked at.
//!
//! <https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES>

use super::Script;
use crate::diff::Change;
use crate::plan::Context;
use crate::schema::{Check, ForeignKey, Unique};

impl Script<'_> {
    /// A foreign key locks both of its tables.
    pub(super) fn locks_for_key(&mut self, key: &ForeignKey, context: &Context<'_>) {
        let name = key.name.as_deref().unwrap_or_default();
        let what = format!(
            "nobody can write to `{}` and `{}` (SHARE ROW EXCLUSIVE) while each row is looked up for \
             the foreign key `{name}`; add it NOT VALID, and VALIDATE it in a migration of its own, \
             where that takes long",
            self.table, key.target
        );
        self.locks("add_foreign_key", name, what, key.not_valid, context);
    }

    pub(super) fn locks_for_check(&mut self, check: &Check, context: &Context<'_>) {
        let name = check.name.as_deref().unwrap_or_default();
        let what = format!(
            "nobody can use `{}` (ACCESS EXCLUSIVE) while each row is looked at for the check \
             `{name}`; add it NOT VALID, and VALIDATE it in a migration of its own, where that takes \
             long",
            self.table
        );
        self.locks("add_check", name, what, check.not_valid, context);
    }

    pub(super) fn locks_for_unique(&mut self, unique: &Unique, context: &Context<'_>) {
        let name = unique.name.as_deref().unwrap_or_default();
        let what = self.while_built(&format!("the constraint `{name}`"));
        self.locks("add_unique", name, what, false, context);
    }

    pub(super) fn locks_for_primary_key(&mut self, context: &Context<'_>) {
        let what = self.while_built("the primary key");
        self.locks("primary_key", "", what, false, context);
    }

    fn while_built(&self, what: &str) -> String {
        format!(
            "nobody can use `{}` (ACCESS EXCLUSIVE) while the index of {what} is built; make a \
             unique index CONCURRENTLY in a migration of its own first, where that takes long",
            self.table
        )
    }

    /// Nobody waits for a table that is new, and nothing is looked at for what is not valid.
    fn locks(
        &mut self,
        what: &str,
        name: &str,
        reason: String,
        not_valid: bool,
        context: &Context<'_>,
    ) {
        let table = self.table;
        let is_new = context
            .changes
            .iter()
            .any(|change| matches!(change, Change::CreateTable(name, _) if name == table));
        if !is_new && !not_valid {
            self.blocks(what, name, reason);
        }
    }
}
