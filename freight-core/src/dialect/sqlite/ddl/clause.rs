//! What may follow a column's type, and the constraints of a table.

use super::{Cursor, Place};
use crate::schema::{Action, Deferrable};

/// One clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::sqlite) struct Clause {
    /// The name behind `CONSTRAINT`.
    pub(in crate::dialect::sqlite) name: Option<String>,
    /// All of it, from `CONSTRAINT` on.
    pub(in crate::dialect::sqlite) place: Place,
    /// What it is.
    pub(in crate::dialect::sqlite) kind: ClauseKind,
}

/// What a clause is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::sqlite) enum ClauseKind {
    /// `PRIMARY KEY`.
    PrimaryKey {
        parts: Vec<PartText>,
        conflict: Option<String>,
        autoincrement: bool,
    },
    /// `UNIQUE`.
    Unique {
        parts: Vec<PartText>,
        conflict: Option<String>,
    },
    /// `NOT NULL`.
    NotNull { conflict: Option<String> },
    /// `NULL`, which means nothing.
    Null,
    /// `CHECK (…)`: what is in the parentheses.
    Check(Place),
    /// `DEFAULT`: the value, with its parentheses.
    Default(Place),
    /// `COLLATE`.
    Collate(String),
    /// `GENERATED ALWAYS AS (…)`: what is in the parentheses.
    Generated { expression: Place, stored: bool },
    /// `REFERENCES`, `FOREIGN KEY`.
    ForeignKey(ForeignKeyText),
    /// `DEFERRABLE`, apart from its foreign key.
    Deferrable(Deferrable),
    /// `CONSTRAINT name` with nothing behind it.
    NameOnly,
}

/// A foreign key as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::sqlite) struct ForeignKeyText {
    pub(in crate::dialect::sqlite) columns: Vec<String>,
    pub(in crate::dialect::sqlite) target: String,
    pub(in crate::dialect::sqlite) target_place: Place,
    pub(in crate::dialect::sqlite) target_columns: Vec<String>,
    pub(in crate::dialect::sqlite) on_delete: Action,
    pub(in crate::dialect::sqlite) on_update: Action,
    /// The name behind MATCH, in capitals.
    pub(in crate::dialect::sqlite) matching: Option<String>,
    pub(in crate::dialect::sqlite) deferrable: Deferrable,
}

/// One part of a key or an index as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::dialect::sqlite) struct PartText {
    /// The column or expression, without parentheses around it.
    pub(in crate::dialect::sqlite) expression: String,
    /// The unquoted name, where it is nothing but a name.
    pub(in crate::dialect::sqlite) name: Option<String>,
    pub(in crate::dialect::sqlite) collation: Option<String>,
    pub(in crate::dialect::sqlite) descending: bool,
}

impl PartText {
    fn column(name: &str) -> Self {
        Self {
            expression: name.to_owned(),
            name: Some(name.to_owned()),
            collation: None,
            descending: false,
        }
    }
}

/// Reads the next clause of the column `name`; the inner `None` at its end, the outer one where
/// something stands that no column has.
#[expect(clippy::option_option, reason = "two different ends, as said above")]
pub(super) fn column_clause(cursor: &mut Cursor<'_>, column: &str) -> Option<Option<Clause>> {
    let start = cursor.start();
    let name = constraint_name(cursor)?;
    let kind = if cursor.is_symbol(",") || cursor.is_symbol(")") || cursor.is("CONSTRAINT") {
        match name {
            Some(_) => ClauseKind::NameOnly,
            None => return Some(None),
        }
    } else {
        column_kind(cursor, column)?
    };
    Some(Some(Clause {
        name,
        place: start..cursor.end(),
        kind,
    }))
}

fn column_kind(cursor: &mut Cursor<'_>, column: &str) -> Option<ClauseKind> {
    if let Some(when) = deferrable(cursor)? {
        return Some(ClauseKind::Deferrable(when));
    }
    Some(match cursor.text().to_ascii_uppercase().as_str() {
        "NOT" => {
            cursor.expect(&["NOT", "NULL"])?;
            ClauseKind::NotNull {
                conflict: conflict(cursor)?,
            }
        }
        "NULL" => {
            cursor.advance();
            conflict(cursor)?;
            ClauseKind::Null
        }
        "DEFAULT" => {
            cursor.advance();
            ClauseKind::Default(default_value(cursor)?)
        }
        "PRIMARY" => column_key(cursor, column)?,
        "UNIQUE" => {
            cursor.advance();
            ClauseKind::Unique {
                parts: vec![PartText::column(column)],
                conflict: conflict(cursor)?,
            }
        }
        "CHECK" => check(cursor)?,
        "COLLATE" => {
            cursor.advance();
            ClauseKind::Collate(cursor.name()?.0)
        }
        "GENERATED" | "AS" => generated(cursor)?,
        "REFERENCES" => ClauseKind::ForeignKey(references(cursor, vec![column.to_owned()])?),
        _ => return None,
    })
}

/// Reads a constraint of the table.
pub(super) fn table_clause(cursor: &mut Cursor<'_>) -> Option<Clause> {
    let start = cursor.start();
    let name = constraint_name(cursor)?;
    let is_over = cursor.is_symbol(",") || cursor.is_symbol(")") || cursor.is("CONSTRAINT");
    let kind = if name.is_some() && is_over {
        ClauseKind::NameOnly
    } else if let Some(when) = deferrable(cursor)? {
        ClauseKind::Deferrable(when)
    } else {
        table_kind(cursor)?
    };
    Some(Clause {
        name,
        place: start..cursor.end(),
        kind,
    })
}

fn table_kind(cursor: &mut Cursor<'_>) -> Option<ClauseKind> {
    Some(match cursor.text().to_ascii_uppercase().as_str() {
        "PRIMARY" => {
            cursor.expect(&["PRIMARY", "KEY"])?;
            let (parts, autoincrement) = key_parts(cursor)?;
            ClauseKind::PrimaryKey {
                parts,
                conflict: conflict(cursor)?,
                autoincrement,
            }
        }
        "UNIQUE" => {
            cursor.advance();
            let (parts, _) = key_parts(cursor)?;
            ClauseKind::Unique {
                parts,
                conflict: conflict(cursor)?,
            }
        }
        "CHECK" => check(cursor)?,
        "FOREIGN" => {
            cursor.expect(&["FOREIGN", "KEY"])?;
            let columns = names(cursor)?;
            ClauseKind::ForeignKey(references(cursor, columns)?)
        }
        _ => return None,
    })
}

/// `CONSTRAINT name`, where it is written.
#[expect(clippy::option_option, reason = "absent is not the same as unreadable")]
fn constraint_name(cursor: &mut Cursor<'_>) -> Option<Option<String>> {
    match cursor.accept("CONSTRAINT") {
        true => cursor.name().map(|(name, _)| Some(name)),
        false => Some(None),
    }
}

/// `ON CONFLICT …`, in capitals; `ABORT` is what happens anyway.
#[expect(clippy::option_option, reason = "absent is not the same as unreadable")]
fn conflict(cursor: &mut Cursor<'_>) -> Option<Option<String>> {
    if !(cursor.is("ON") && cursor.second_is("CONFLICT")) {
        return Some(None);
    }
    cursor.expect(&["ON", "CONFLICT"])?;
    let (word, _) = cursor.name()?;
    Some(Some(word.to_ascii_uppercase()).filter(|word| word != "ABORT"))
}

fn default_value(cursor: &mut Cursor<'_>) -> Option<Place> {
    let start = cursor.start();
    if cursor.is_symbol("(") {
        cursor.group()?;
    } else {
        let _ = cursor.symbol("+") || cursor.symbol("-");
        if cursor.is_symbol(",") || cursor.is_symbol(")") {
            return None;
        }
        cursor.advance()?;
    }
    Some(start..cursor.end())
}

fn column_key(cursor: &mut Cursor<'_>, column: &str) -> Option<ClauseKind> {
    cursor.expect(&["PRIMARY", "KEY"])?;
    let descending = direction(cursor);
    let part = PartText {
        descending,
        ..PartText::column(column)
    };
    Some(ClauseKind::PrimaryKey {
        parts: vec![part],
        conflict: conflict(cursor)?,
        autoincrement: cursor.accept("AUTOINCREMENT"),
    })
}

fn check(cursor: &mut Cursor<'_>) -> Option<ClauseKind> {
    cursor.expect(&["CHECK"])?;
    let expression = cursor.group()?;
    // Allowed behind a constraint of the table, and without any effect.
    conflict(cursor)?;
    Some(ClauseKind::Check(expression))
}

fn generated(cursor: &mut Cursor<'_>) -> Option<ClauseKind> {
    if cursor.accept("GENERATED") {
        cursor.expect(&["ALWAYS"])?;
    }
    cursor.expect(&["AS"])?;
    let expression = cursor.group()?;
    let stored = cursor.accept("STORED");
    if !stored {
        cursor.accept("VIRTUAL");
    }
    Some(ClauseKind::Generated { expression, stored })
}

fn references(cursor: &mut Cursor<'_>, columns: Vec<String>) -> Option<ForeignKeyText> {
    cursor.expect(&["REFERENCES"])?;
    let (target, target_place) = cursor.name()?;
    let target_columns = match cursor.is_symbol("(") {
        true => names(cursor)?,
        false => Vec::new(),
    };
    let mut key = ForeignKeyText {
        columns,
        target,
        target_place,
        target_columns,
        on_delete: Action::NoAction,
        on_update: Action::NoAction,
        matching: None,
        deferrable: Deferrable::No,
    };
    loop {
        if cursor.accept("MATCH") {
            key.matching = Some(cursor.name()?.0.to_ascii_uppercase());
        } else if cursor.accept("ON") {
            let event = cursor.name()?.0.to_ascii_uppercase();
            let action = action(cursor)?;
            match event.as_str() {
                "DELETE" => key.on_delete = action,
                "UPDATE" => key.on_update = action,
                // The grammar has it, and it does nothing.
                "INSERT" => {}
                _ => return None,
            }
        } else if let Some(when) = deferrable(cursor)? {
            key.deferrable = when;
        } else {
            return Some(key);
        }
    }
}

fn action(cursor: &mut Cursor<'_>) -> Option<Action> {
    let first = cursor.name()?.0.to_ascii_uppercase();
    match first.as_str() {
        "CASCADE" | "RESTRICT" => Action::parse(&first),
        "SET" | "NO" => Action::parse(&format!("{first} {}", cursor.name()?.0)),
        _ => None,
    }
}

/// `[NOT] DEFERRABLE [INITIALLY DEFERRED | IMMEDIATE]`.
#[expect(clippy::option_option, reason = "absent is not the same as unreadable")]
fn deferrable(cursor: &mut Cursor<'_>) -> Option<Option<Deferrable>> {
    let is_not = cursor.is("NOT") && cursor.second_is("DEFERRABLE");
    if !is_not && !cursor.is("DEFERRABLE") {
        return Some(None);
    }
    if is_not {
        cursor.advance();
    }
    cursor.advance();
    let mut when = Deferrable::Immediate;
    if cursor.accept("INITIALLY") {
        if cursor.accept("DEFERRED") {
            when = Deferrable::Deferred;
        } else {
            cursor.expect(&["IMMEDIATE"])?;
        }
    }
    Some(Some(if is_not { Deferrable::No } else { when }))
}

/// `(name, …)`. Long ago SQLite let people write COLLATE and ASC there, too.
fn names(cursor: &mut Cursor<'_>) -> Option<Vec<String>> {
    let (parts, _) = key_parts(cursor)?;
    parts.into_iter().map(|part| part.name).collect()
}

/// `(part, … [AUTOINCREMENT])`.
fn key_parts(cursor: &mut Cursor<'_>) -> Option<(Vec<PartText>, bool)> {
    if !cursor.symbol("(") {
        return None;
    }
    let mut parts = Vec::new();
    let mut autoincrement = false;
    loop {
        parts.push(part(cursor)?);
        autoincrement |= cursor.accept("AUTOINCREMENT");
        if cursor.symbol(")") {
            return Some((parts, autoincrement));
        }
        if !cursor.symbol(",") {
            return None;
        }
    }
}

/// A column or expression with COLLATE, ASC, DESC behind it.
pub(super) fn part(cursor: &mut Cursor<'_>) -> Option<PartText> {
    let start = cursor.start();
    let mut end = start;
    let mut descending = false;
    while let Some(token) = cursor.peek() {
        let text = token.text(cursor.sql());
        if cursor.is_symbol(",") || cursor.is_symbol(")") || cursor.is("AUTOINCREMENT") {
            break;
        }
        if text == "(" {
            cursor.group()?;
            end = cursor.end();
        } else if cursor.is("ASC") || cursor.is("DESC") {
            descending = direction(cursor);
        } else if cursor.is("NULLS") && (cursor.second_is("FIRST") || cursor.second_is("LAST")) {
            cursor.advance();
            cursor.advance();
        } else {
            cursor.advance();
            end = cursor.end();
        }
    }
    let text = cursor.sql().get(start..end)?;
    let mut part = keyed(text)?;
    part.descending = descending;
    Some(part)
}

fn direction(cursor: &mut Cursor<'_>) -> bool {
    cursor.accept("DESC") || {
        cursor.accept("ASC");
        false
    }
}

/// The part without the COLLATE behind it, where that is about the whole: it binds tighter than
/// every other operator, so that in `a || b COLLATE nocase` it is about `b`.
fn keyed(text: &str) -> Option<PartText> {
    let text = super::peeled(text);
    let mut cursor = Cursor::new(text);
    // A name, a function with its arguments, or anything in parentheses; otherwise an operator
    // follows, or the one token is not the whole.
    if cursor.name().is_none() && !cursor.is_symbol("(") {
        cursor.advance()?;
    }
    if cursor.is_symbol("(") {
        cursor.group()?;
    }
    let end = cursor.end();
    let mut collation = None;
    while cursor.accept("COLLATE") {
        // Of several, the last one decides.
        collation = Some(cursor.name()?.0);
    }
    let whole = cursor.is_at_end();
    let expression = match whole {
        true => text.get(..end)?,
        false => text,
    };
    let expression = super::spelled(expression);
    let name = {
        let mut cursor = Cursor::new(&expression);
        cursor
            .name()
            .filter(|_| cursor.is_at_end())
            .map(|(name, _)| name)
    };
    Some(PartText {
        name,
        expression,
        collation: collation.filter(|_| whole),
        descending: false,
    })
}
