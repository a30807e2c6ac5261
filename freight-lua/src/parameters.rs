//! A statement and its values, as they stand on the stack: positional, a list for `IN (?)`, or
//! named. Only what has a table among its values goes through Lua.

use std::ffi::{CStr, c_int};

use freight_core::Value;
use freight_core::driver::Statement;
use freight_core::sql::{Lexicon, TokenKind, placeholders, tokens};

use crate::convert::{parameter, put_parameter};
use crate::database::{dialect_of, push_count, session};
use crate::error::Failure;
use crate::raw::{Kind, Number, State};
use crate::session::{Session, put_sql};

/// Under this name the registry keeps the function that puts lists and named values in their
/// places.
pub(crate) const EXPAND: &CStr = c"freight.expand";

/// The SQL at 2, and the values behind it, as they are bound.
pub(crate) fn statement(state: &State<'_>) -> Result<Statement, Failure> {
    let mut statement = Statement::new("");
    match fill(state, state.top(), &mut statement)? {
        Text::NeedsLua => expanded(state, state.top()),
        Text::Same | Text::Other => Ok(statement),
    }
}

/// The session, and the statement that stands on the stack, in the room of the one before: give
/// that room back.
pub(crate) fn prepared<'s>(
    state: &'s State<'_>,
) -> Result<(&'s mut Session, Box<Statement>), Failure> {
    prepared_before(state, state.top())
}

/// As [`prepared`], where the last value stands at an index below the top.
pub(crate) fn prepared_before<'s>(
    state: &'s State<'_>,
    last: c_int,
) -> Result<(&'s mut Session, Box<Statement>), Failure> {
    let own = session(state)?;
    let mut statement = own.room();
    match fill(state, last, &mut statement)? {
        Text::Same => Ok((own, statement)),
        Text::Other => {
            own.work = None;
            Ok((own, statement))
        }
        Text::NeedsLua => {
            let statement = Box::new(expanded(state, last)?);
            let own = session(state)?;
            own.work = None;
            Ok((own, statement))
        }
    }
}

/// What stands on the stack.
enum Text {
    /// The text that was there: a loop sends the same again and again, and it need not be looked at
    /// again.
    Same,
    Other,
    /// There are values that only Lua puts in their places.
    NeedsLua,
}

fn fill(state: &State<'_>, last: c_int, statement: &mut Statement) -> Result<Text, Failure> {
    let is_same = state.bytes(2) == Some(statement.sql.as_bytes());
    if !is_same {
        let sql = text(state, 2, "the SQL")?;
        put_sql(statement, sql);
    }
    let count = usize::try_from(last - 2).unwrap_or(0);
    if statement.values.len() != count {
        statement.values.resize(count, Value::Null);
    }
    for ((place, index), value) in (1..).zip(3..).zip(&mut statement.values) {
        let kind = state.kind(index);
        if matches!(kind, Kind::Table | Kind::Other) {
            return Ok(Text::NeedsLua);
        }
        if let Err(refused) = put_parameter(state, kind, index, place, value) {
            *value = special(state, index).ok_or(refused)?;
        }
    }
    Ok(match is_same {
        true => Text::Same,
        false => Text::Other,
    })
}

/// NaN or infinity, where the database may have a place for it; it is refused there where it has
/// none.
fn special(state: &State<'_>, index: c_int) -> Option<Value> {
    let dialect = dialect_of(state).ok()?.dialect();
    if state.kind(index) != Kind::Number || !dialect.capabilities().has_special_floats {
        return None;
    }
    match state.number(index) {
        Number::Float(value) if !value.is_finite() => Some(Value::Float(value)),
        _ => None,
    }
}

/// The part in Lua puts lists, named values and fragments in their places: `sql, {n = …}`.
fn expanded(state: &State<'_>, last: c_int) -> Result<Statement, Failure> {
    let top = state.top();
    state.checked(last + 8)?;
    state.push_kept(EXPAND);
    (1..=last).for_each(|index| state.push_copy(index));
    if !state.call_protected(last, 2) {
        return Err(Failure::Raised(state.top()));
    }
    let (sql, list) = (top + 1, top + 2);
    let mut statement = Statement::new(text(state, sql, "the SQL")?);
    state.push_field(list, "n");
    let count = match state.number(-1) {
        Number::Integer(count) => count,
        Number::Float(_) => 0,
    };
    state.set_top(list);
    for place in 1..=count {
        state.push_element(list, place);
        let number = usize::try_from(place).unwrap_or(usize::MAX);
        let value = match parameter(state, state.top(), number) {
            Ok(value) => value,
            Err(refused) => special(state, state.top()).ok_or(refused)?,
        };
        statement.values.push(value);
        state.set_top(list);
    }
    state.set_top(top);
    Ok(statement)
}

pub(crate) fn text<'s>(state: &'s State<'_>, index: c_int, what: &str) -> Result<&'s str, Failure> {
    let Some(bytes) = state.bytes(index) else {
        if matches!(state.kind(index), Kind::Nothing | Kind::Nil) {
            return Err(Failure::usage("bad_argument", format!("{what} is missing")));
        }
        let found = state.type_name(index);
        return Err(Failure::usage(
            "bad_argument",
            format!("{what} is a string, and not a {found}"),
        ));
    };
    std::str::from_utf8(bytes)
        .map_err(|_| Failure::usage("bad_argument", format!("{what} is not valid UTF-8")))
}

/// `spread(db, sql, {texts})`: each `?` becomes the text that stands for it.
pub(crate) fn spread(state: &State<'_>) -> Result<c_int, Failure> {
    let sql = text(state, 2, "the SQL")?;
    let lexicon = dialect_of(state)?.dialect().lexicon();
    let mut spread = Vec::with_capacity(sql.len() + 32);
    let (mut copied, mut place) = (0, 0);
    let mut questions = tokens(sql, lexicon)
        .filter(|token| token.kind == TokenKind::Question)
        .peekable();
    while let Some(question) = questions.next() {
        if (questions.next_if(|second| second.start == question.end)).is_some() {
            continue;
        }
        place += 1;
        spread.extend_from_slice(
            sql.get(copied..question.start)
                .unwrap_or_default()
                .as_bytes(),
        );
        state.push_element(3, place);
        spread.extend_from_slice(state.bytes(-1).unwrap_or_default());
        state.set_top(state.top() - 1);
        copied = question.end;
    }
    spread.extend_from_slice(sql.get(copied..).unwrap_or_default().as_bytes());
    state.push_bytes(&spread);
    Ok(1)
}

/// `placeholders(db, sql)`: how many values a statement takes.
pub(crate) fn count_placeholders(state: &State<'_>) -> Result<c_int, Failure> {
    let sql = text(state, 2, "the SQL")?;
    let lexicon = dialect_of(state)?.dialect().lexicon();
    let count = placeholders(sql, lexicon, false).count;
    push_count(state, u64::try_from(count).unwrap_or(u64::MAX));
    Ok(1)
}

/// `has_names(db, sql)`: whether a `:name` stands in it.
pub(crate) fn has_names(state: &State<'_>) -> Result<c_int, Failure> {
    let sql = text(state, 2, "the SQL")?;
    let lexicon = with_names(state)?;
    let has_names = tokens(sql, &lexicon).any(|token| token.kind == TokenKind::Parameter);
    state.push_boolean(has_names);
    Ok(1)
}

/// `:name` is not part of every dialect, and stands here for all of them.
fn with_names(state: &State<'_>) -> Result<Lexicon, Failure> {
    Ok(Lexicon {
        named_parameters: true,
        ..*dialect_of(state)?.dialect().lexicon()
    })
}

/// `names(db, sql) -> sql with ? for each :name, {names in order}`
pub(crate) fn names(state: &State<'_>) -> Result<c_int, Failure> {
    let sql = text(state, 2, "the SQL")?;
    let lexicon = with_names(state)?;
    let mut found = Vec::new();
    let (mut plain, mut copied) = (String::with_capacity(sql.len()), 0);
    for token in tokens(sql, &lexicon).filter(|token| token.kind == TokenKind::Parameter) {
        let Some(name) = token.text(sql).strip_prefix(':') else {
            continue;
        };
        found.push(name.to_owned());
        plain.push_str(sql.get(copied..token.start).unwrap_or_default());
        plain.push('?');
        copied = token.end;
    }
    plain.push_str(sql.get(copied..).unwrap_or_default());
    state.push_bytes(plain.as_bytes());
    state.push_list(&found);
    Ok(2)
}
