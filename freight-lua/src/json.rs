//! `json.encode`, `pretty`, `decode`, `array` and `object`.
//!
//! A table whose keys are 1 to n is an array, any other an object; an empty one is `[]`, unless it
//! is marked. Keys of objects are sorted, so that equal values have equal texts.

use std::ffi::{CStr, c_int};
use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::error::Failure;
use crate::raw::{Kind, Number, State, function};

/// Under these names the registry keeps the metatables that mark tables.
const ARRAY: &CStr = c"freight.json.array";
const OBJECT: &CStr = c"freight.json.object";

/// Deeper values are taken for ones that contain themselves.
const DEEPEST: usize = 200;

/// Puts the module on top.
pub(crate) fn push_module(state: &State<'_>) {
    let functions = [
        ("encode", function!(encode)),
        ("pretty", function!(pretty)),
        ("decode", function!(decode)),
        ("array", function!(array)),
        ("object", function!(object)),
    ];
    state.push_table(0, functions.len() + 1);
    for (name, function) in functions {
        state.push_function(function);
        state.set_field(name);
    }
    state.push_null();
    state.set_field("null");
    for mark in [ARRAY, OBJECT] {
        state.push_table(0, 0);
        state.keep(mark);
    }
}

/// `encode(value, { pretty = true })`
fn encode(state: &State<'_>) -> Result<c_int, Failure> {
    let is_pretty = options(state, "json.encode", &["pretty"])? && {
        state.push_field(2, "pretty");
        state.boolean(-1)
    };
    write(state, is_pretty.then_some(0))
}

fn pretty(state: &State<'_>) -> Result<c_int, Failure> {
    write(state, Some(0))
}

fn write(state: &State<'_>, indent: Option<usize>) -> Result<c_int, Failure> {
    state.set_top(1);
    let mut writer = Writer {
        state,
        text: String::new(),
        path: vec!["$".to_owned()],
    };
    writer.value(1, indent)?;
    state.push_bytes(writer.text.as_bytes());
    Ok(1)
}

struct Writer<'s, 'l> {
    state: &'s State<'l>,
    text: String,
    /// Where the value stands, for messages.
    path: Vec<String>,
}

impl Writer<'_, '_> {
    fn value(&mut self, index: c_int, indent: Option<usize>) -> Result<(), Failure> {
        let state = self.state;
        match state.kind(index) {
            Kind::Nothing | Kind::Nil | Kind::Null => self.text.push_str("null"),
            Kind::Boolean => self.text.push_str(match state.boolean(index) {
                true => "true",
                false => "false",
            }),
            Kind::Number => self.number(state.number(index))?,
            Kind::String => self.string(state.bytes(index).unwrap_or_default())?,
            Kind::Table => self.table(index, indent)?,
            Kind::Other => {
                let what = state.type_name(index);
                return Err(self.refused("bad_argument", &format!("a {what} is no value of JSON")));
            }
        }
        Ok(())
    }

    fn number(&mut self, number: Number) -> Result<(), Failure> {
        /// 2^63: up to here every whole float is written as an integer.
        const WHOLE: f64 = 9_223_372_036_854_775_808.0;
        match number {
            Number::Integer(value) => {
                let _ = write!(self.text, "{value}");
            }
            Number::Float(value) if !value.is_finite() => {
                return Err(self.refused("cast_error", &format!("{value} is no number of JSON")));
            }
            Number::Float(value) if value.fract() == 0.0 && value.abs() < WHOLE => {
                let _ = write!(self.text, "{value:.0}");
            }
            Number::Float(value) => {
                let _ = write!(self.text, "{}", Json::from(value));
            }
        }
        Ok(())
    }

    fn string(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(self.refused("invalid_value", "the string is not valid UTF-8"));
        };
        let _ = write!(self.text, "{}", Json::from(text));
        Ok(())
    }

    fn table(&mut self, index: c_int, indent: Option<usize>) -> Result<(), Failure> {
        if self.path.len() > DEEPEST {
            self.path.truncate(8);
            return Err(self.refused("bad_argument", "the value contains itself, or is too deep"));
        }
        let state = self.state;
        state.checked(8)?;
        if state.push_metafield(index, c"inside") {
            return self.record(index, indent);
        }
        let keys = self.keys(index)?;
        let length = state.length(index);
        let is_sequence = keys.is_none();
        let is_array = match (
            state.is_marked(index, ARRAY),
            state.is_marked(index, OBJECT),
        ) {
            (true, _) => true,
            (_, true) => false,
            _ => is_sequence,
        };
        match (is_array, keys) {
            (true, _) => self.elements(index, length, indent),
            (false, None) if length == 0 => {
                self.text.push_str("{}");
                Ok(())
            }
            (false, keys) => {
                let numbers = || (1..=length).map(|place| place.to_string()).collect();
                self.members(index, keys.unwrap_or_else(numbers), indent)
            }
        }
    }

    /// A record of a model, whose `inside` is on top: as the plain table that it makes of itself.
    fn record(&mut self, index: c_int, indent: Option<usize>) -> Result<(), Failure> {
        let state = self.state;
        let top = state.top();
        if state.kind(top) != Kind::Table {
            return Err(self.refused("bad_argument", "this table is no value of JSON"));
        }
        state.push_field(top, "to_table");
        state.push_copy(index);
        if !state.call_protected(1, 1) {
            return Err(Failure::Raised(state.top()));
        }
        let plain = state.top();
        self.value(plain, indent)?;
        state.set_top(top - 1);
        Ok(())
    }

    /// The keys in order; `None` for a table whose keys are 1 to n.
    fn keys(&mut self, index: c_int) -> Result<Option<Vec<String>>, Failure> {
        let state = self.state;
        let length = state.length(index);
        let (mut keys, mut places) = (Vec::new(), 0);
        let mut problem = None;
        state.each(index, |key, _| {
            match (state.kind(key), state.bytes(key)) {
                (Kind::String, Some(bytes)) => match std::str::from_utf8(bytes) {
                    Ok(text) => keys.push(text.to_owned()),
                    Err(_) => problem = Some("a key is not valid UTF-8".to_owned()),
                },
                (Kind::Number, _) => match state.number(key) {
                    Number::Integer(place) => {
                        places += i64::from((1..=length).contains(&place));
                        keys.push(place.to_string());
                    }
                    // LuaJIT has no others.
                    Number::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => {
                        #[allow(clippy::cast_possible_truncation, reason = "it is whole")]
                        let place = value as i64;
                        places += i64::from((1..=length).contains(&place));
                        keys.push(place.to_string());
                    }
                    Number::Float(value) => problem = Some(format!("{value} is no key of JSON")),
                },
                _ => problem = Some(format!("a {} is no key of JSON", state.type_name(key))),
            };
            problem.is_none()
        });
        if let Some(problem) = problem {
            return Err(self.refused("bad_argument", &problem));
        }
        keys.sort();
        let is_sequence = places == length && keys.len() == usize::try_from(length).unwrap_or(0);
        Ok((!is_sequence).then_some(keys))
    }

    fn elements(
        &mut self,
        index: c_int,
        length: i64,
        indent: Option<usize>,
    ) -> Result<(), Failure> {
        if length == 0 {
            self.text.push_str("[]");
            return Ok(());
        }
        self.text.push('[');
        for place in 1..=length {
            self.separate(place == 1, indent);
            self.path.push(format!("[{place}]"));
            self.state.push_element(index, place);
            let top = self.state.top();
            self.value(top, indent.map(|depth| depth + 1))?;
            self.state.set_top(top - 1);
            self.path.pop();
        }
        self.end(']', indent);
        Ok(())
    }

    fn members(
        &mut self,
        index: c_int,
        keys: Vec<String>,
        indent: Option<usize>,
    ) -> Result<(), Failure> {
        self.text.push('{');
        for (place, key) in keys.iter().enumerate() {
            self.separate(place == 0, indent);
            self.string(key.as_bytes())?;
            self.text
                .push_str(if indent.is_some() { ": " } else { ":" });
            self.path.push(format!(".{key}"));
            self.push_member(index, key);
            let top = self.state.top();
            self.value(top, indent.map(|depth| depth + 1))?;
            self.state.set_top(top - 1);
            self.path.pop();
        }
        self.end('}', indent);
        Ok(())
    }

    /// Puts the value of a key on top. A number was a number.
    fn push_member(&self, index: c_int, key: &str) {
        self.state.push_field(index, key);
        if self.state.kind(-1) == Kind::Nil
            && let Ok(place) = key.parse::<i64>()
        {
            self.state.set_top(self.state.top() - 1);
            self.state.push_element(index, place);
        }
    }

    fn separate(&mut self, is_first: bool, indent: Option<usize>) {
        if !is_first {
            self.text.push(',');
        }
        if let Some(depth) = indent {
            self.text.push('\n');
            self.text.push_str(&"  ".repeat(depth + 1));
        }
    }

    fn end(&mut self, bracket: char, indent: Option<usize>) {
        if let Some(depth) = indent {
            self.text.push('\n');
            self.text.push_str(&"  ".repeat(depth));
        }
        self.text.push(bracket);
    }

    fn refused(&self, code: &'static str, what: &str) -> Failure {
        Failure::usage(code, format!("`{}`: {what}", self.path.concat()))
    }
}

/// `decode(text, { null = json.null })`
fn decode(state: &State<'_>) -> Result<c_int, Failure> {
    let Some(bytes) = state.bytes(1) else {
        let what = state.type_name(1);
        return Err(Failure::usage(
            "bad_argument",
            format!("`json.decode` takes a string, and not a {what}"),
        ));
    };
    let keeps_null = options(state, "json.decode", &["null"])?;
    let value: Json = serde_json::from_slice(bytes)
        .map_err(|error| Failure::usage("invalid_value", format!("this is no JSON: {error}")))?;
    let nulls = match keeps_null {
        true => Nulls::Kept,
        false => Nulls::Dropped,
    };
    push(state, &value, nulls)?;
    Ok(1)
}

/// True when the options at 2 have one of those that there are.
fn options(state: &State<'_>, function: &str, known: &[&str]) -> Result<bool, Failure> {
    match state.kind(2) {
        Kind::Nothing | Kind::Nil => return Ok(false),
        Kind::Table => {}
        _ => {
            let what = state.type_name(2);
            return Err(Failure::usage(
                "bad_argument",
                format!("the options of `{function}` are a table, and not a {what}"),
            ));
        }
    }
    let (mut is_given, mut unknown) = (false, None);
    state.each(2, |key, _| {
        match state.bytes(key).map(String::from_utf8_lossy) {
            Some(name) if known.contains(&&*name) => is_given = true,
            Some(name) => unknown = Some(format!("`{name}`")),
            None => unknown = Some(format!("a {}", state.type_name(key))),
        }
        unknown.is_none()
    });
    match unknown {
        None => Ok(is_given),
        Some(name) => Err(Failure::usage(
            "unknown_option",
            format!("{name} is no option of `{function}`"),
        )
        .with_hint(match known {
            [] => "it has none".to_owned(),
            names => format!("the options are `{}`", names.join("`, `")),
        })),
    }
}

/// What a null in a document becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// Nothing.
    Dropped,
    /// `json.null` as an element of an array, so that the others keep their places.
    InLists,
    /// `json.null`.
    Kept,
}

/// Puts the value of a document on top; an error says what is wrong with its text.
pub(crate) fn push_document(state: &State<'_>, text: &str, nulls: Nulls) -> Result<(), String> {
    let value: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
    push(state, &value, nulls).map_err(|_| "it is too deep".to_owned())
}

fn push(state: &State<'_>, value: &Json, nulls: Nulls) -> Result<(), Failure> {
    state.checked(8)?;
    match value {
        Json::Null if nulls == Nulls::Kept => state.push_null(),
        Json::Null => state.push_nil(),
        Json::Bool(value) => state.push_boolean(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => push_integer(state, integer),
            None => state.push_float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => state.push_bytes(text.as_bytes()),
        Json::Array(items) => {
            state.push_table(items.len(), 0);
            let table = state.top();
            for (place, item) in (1..).zip(items) {
                match (item, nulls) {
                    (Json::Null, Nulls::InLists) => state.push_null(),
                    _ => push(state, item, nulls)?,
                }
                state.set_element(table, place);
            }
        }
        Json::Object(members) => {
            state.push_table(0, members.len());
            for (name, member) in members {
                push(state, member, nulls)?;
                state.set_field(name);
            }
            if members.is_empty() {
                state.push_kept(OBJECT);
                state.set_metatable();
            }
        }
    }
    Ok(())
}

/// An integer. LuaJIT has only floats: one that no float is exactly becomes a string there.
fn push_integer(state: &State<'_>, value: i64) {
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "whether it is the same is what is asked"
    )]
    let (float, is_same) = (value as f64, i128::from(value) == value as f64 as i128);
    match cfg!(feature = "luajit") && is_same {
        true => state.push_float(float),
        false => state.push_integer(value),
    }
}

fn array(state: &State<'_>) -> Result<c_int, Failure> {
    mark(state, ARRAY)
}

fn object(state: &State<'_>) -> Result<c_int, Failure> {
    mark(state, OBJECT)
}

fn mark(state: &State<'_>, mark: &CStr) -> Result<c_int, Failure> {
    match state.kind(1) {
        Kind::Nothing | Kind::Nil => state.push_table(0, 0),
        Kind::Table => state.push_copy(1),
        _ => {
            let what = state.type_name(1);
            return Err(Failure::usage(
                "bad_argument",
                format!("a {what} cannot be marked: give a table"),
            ));
        }
    }
    state.push_kept(mark);
    state.set_metatable();
    Ok(1)
}
