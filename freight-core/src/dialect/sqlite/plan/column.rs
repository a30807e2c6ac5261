//! A column's text with some clauses changed.

use super::edit::Edit;
use crate::dialect::sqlite::ddl::{ClauseKind, ColumnText};
use crate::dialect::sqlite::render::{column_definition, default};
use crate::dialect::sqlite::rules::normal_table;
use crate::schema::{Column, PrimaryKey, Table};

impl Edit<'_> {
    /// Changes what differs between two columns, and leaves the rest as it is written.
    pub(super) fn alter_column(&mut self, from: &Column, to: &Column) -> Option<()> {
        let text = self.column(self.old_name(&from.name))?.clone();
        let (old, new) = (normal(from), normal(to));
        if old.column_type != new.column_type {
            self.set_type(&text, to);
        }
        if (old.nullable, not_null(&old)) != (new.nullable, not_null(&new)) {
            let is_it =
                |kind: &ClauseKind| matches!(kind, ClauseKind::NotNull { .. } | ClauseKind::Null);
            self.set_clause(&text, is_it, |only| {
                only.nullable = to.nullable;
                only.options = to.options.clone();
            });
        }
        if old.default != new.default {
            self.set_default(&text, to);
        }
        if old.collation != new.collation {
            let is_it = |kind: &ClauseKind| matches!(kind, ClauseKind::Collate(_));
            self.set_clause(&text, is_it, |only| {
                only.collation.clone_from(&to.collation)
            });
        }
        if old.generated != new.generated {
            let is_it = |kind: &ClauseKind| matches!(kind, ClauseKind::Generated { .. });
            self.set_clause(&text, is_it, |only| {
                only.generated.clone_from(&to.generated)
            });
        }
        if old.identity != new.identity {
            self.set_primary_key()?;
        }
        Some(())
    }

    /// With the blanks before it, since a type may be empty.
    fn set_type(&mut self, text: &ColumnText, to: &Column) {
        let place = text.name_place.end..text.type_place.end;
        let written = match to.column_type.as_str() {
            "" => String::new(),
            written => format!(" {written}"),
        };
        self.elements.replace(place, written);
    }

    /// Removes clauses, and puts what the renderer writes for the new one behind the type.
    fn set_clause(
        &mut self,
        text: &ColumnText,
        is_it: impl Fn(&ClauseKind) -> bool,
        change: impl Fn(&mut Column),
    ) {
        self.remove_clauses(text, is_it);
        self.insert(text, words(None, change));
    }

    /// A default stands where the old one stood.
    fn set_default(&mut self, text: &ColumnText, to: &Column) {
        let mut clauses = text.clauses.iter().rev();
        let written = clauses.find_map(|clause| match &clause.kind {
            ClauseKind::Default(place) => Some(place.clone()),
            _ => None,
        });
        match (&to.default, written) {
            (Some(value), Some(place)) => self.elements.replace(place, default(value)),
            _ => {
                let is_it = |kind: &ClauseKind| matches!(kind, ClauseKind::Default(_));
                self.set_clause(text, is_it, |only| only.default.clone_from(&to.default));
            }
        }
    }
}

/// The clauses of a column that has nothing but what `change` gives it, with a blank before them.
pub(super) fn words(key: Option<(&PrimaryKey, bool)>, change: impl Fn(&mut Column)) -> String {
    let mut only = Column::new(String::new(), "");
    only.nullable = true;
    change(&mut only);
    let text = column_definition(&only, key);
    // The empty name.
    text.strip_prefix("\"\"").unwrap_or(&text).to_owned()
}

fn normal(column: &Column) -> Column {
    let mut table = Table {
        columns: vec![column.clone()],
        ..Table::default()
    };
    normal_table(&mut table);
    table.columns.pop().unwrap_or_default()
}

fn not_null(column: &Column) -> (Option<&str>, Option<&str>) {
    (
        column.options.get("not_null_name"),
        column.options.get("not_null_conflict"),
    )
}
