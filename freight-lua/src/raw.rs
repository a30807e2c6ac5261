//! The stack of Lua: with [`collector`] and [`owned`], which are parts of it, the only file that holds a
//! pointer to a Lua state.
//!
//! Nothing here raises a Lua error while anything of Rust is alive: a raise jumps over the frames
//! of Rust, or is refused by them. Functions return an error, and [`call`] raises it when all
//! else is gone. What remains is a lack of memory. No function of a script runs meanwhile either:
//! metamethods are never asked, and finalizers are kept away where their errors would be raised
//! (LuaJIT); elsewhere they cannot get at a connection that is in use.
//!
//! Manuals: <https://www.lua.org/manual/5.4/manual.html#4>, <https://www.lua.org/manual/5.1/manual.html#3>.

#![allow(
    unsafe_code,
    reason = "a value of a row is put where Lua reads it, without a copy and without a protected call for each"
)]

mod collector;
mod owned;

use std::ffi::{CStr, c_int, c_void};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mlua::ffi;

use crate::error::Failure;

pub(crate) use collector::{Waiting, undisturbed};

/// A Lua state, for as long as a call lasts.
pub(crate) struct State<'l> {
    pointer: *mut ffi::lua_State,
    call: PhantomData<&'l ()>,
}

/// What Lua calls: takes its arguments from the stack, and returns how many results it left there.
pub(crate) type Function = fn(&State<'_>) -> Result<c_int, Failure>;

/// As Lua calls it: what [`function!`] makes.
pub(crate) type CFunction = ffi::lua_CFunction;

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nothing,
    Nil,
    Boolean,
    /// The pointer NULL: `freight.null`.
    Null,
    Number,
    String,
    Table,
    Other,
}

/// A number of Lua.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    Float(f64),
}

/// Makes a function that Lua can call out of one in Rust.
macro_rules! function {
    ($function:path) => {{
        #[allow(unsafe_code, reason = "the signature that Lua asks for")]
        unsafe extern "C-unwind" fn called(pointer: *mut mlua::ffi::lua_State) -> std::ffi::c_int {
            // SAFETY: Lua calls it, with its own state.
            unsafe { crate::raw::call(pointer, $function) }
        }
        called as mlua::ffi::lua_CFunction
    }};
}
pub(crate) use function;

/// Calls a function of Rust, and raises the error that it returns.
///
/// # Safety
/// `pointer` is the state that Lua called with.
pub(crate) unsafe fn call(pointer: *mut ffi::lua_State, function: Function) -> c_int {
    let outcome = {
        let state = State {
            pointer,
            call: PhantomData,
        };
        match catch_unwind(AssertUnwindSafe(|| function(&state))) {
            Ok(Ok(results)) => Some(results),
            Ok(Err(failure)) => {
                failure.push(&state);
                None
            }
            Err(_) => {
                Failure::usage("internal_error", "Freight met a fault of its own").push(&state);
                None
            }
        }
    };
    match outcome {
        Some(results) => {
            // SAFETY: as below.
            #[cfg(not(feature = "lua54"))]
            unsafe {
                collector::pay(pointer);
            }
            results
        }
        // SAFETY: the error is on top of the stack, and nothing of Rust is left to be dropped.
        None => unsafe { ffi::lua_error(pointer) },
    }
}

/// Opens the module on a state that is not in a call of [`call`].
///
/// # Safety
/// `pointer` is a Lua state with room for some values on its stack.
pub(crate) unsafe fn with<R>(
    pointer: *mut ffi::lua_State,
    work: impl FnOnce(&State<'_>) -> R,
) -> R {
    work(&State {
        pointer,
        call: PhantomData,
    })
}

// SAFETY, for all of it: the pointer is that of the state that called, and indexes are of values
// that are there or of the room that `checked` made.
impl State<'_> {
    /// Has the Lua get its memory from a function from now on.
    ///
    /// # Safety
    /// As for [`crate::allocate_with`].
    pub(crate) unsafe fn allocate_with(&self, allocate: ffi::lua_Alloc) {
        unsafe { ffi::lua_setallocf(self.pointer, allocate, std::ptr::null_mut()) }
    }

    /// How many values there are.
    pub(crate) fn top(&self) -> c_int {
        unsafe { ffi::lua_gettop(self.pointer) }
    }

    /// Cuts the stack, or fills it with nil.
    pub(crate) fn set_top(&self, top: c_int) {
        unsafe { ffi::lua_settop(self.pointer, top) }
    }

    /// Takes the value on top away.
    pub(crate) fn pop(&self) {
        unsafe { ffi::lua_settop(self.pointer, -2) }
    }

    /// Makes room for more values.
    pub(crate) fn checked(&self, more: c_int) -> Result<(), Failure> {
        match unsafe { ffi::lua_checkstack(self.pointer, more) } {
            0 => Err(Failure::usage(
                "out_of_range",
                "no room is left on the stack of Lua",
            )),
            _ => Ok(()),
        }
    }

    /// A number that tells this coroutine from every other one that is alive.
    pub(crate) fn coroutine(&self) -> usize {
        self.pointer as usize
    }

    /// This coroutine on top, as the parts in Lua name it: Lua 5.1 has no name for the main one.
    pub(crate) fn push_running(&self) {
        if self.push_coroutine() && cfg!(not(feature = "lua54")) {
            self.set_top(self.top() - 1);
            self.push_bytes(b"main");
        }
    }

    /// The value of a table for the key on top, which stays, on top of it.
    pub(crate) fn push_value_of(&self, table: c_int) {
        self.push_copy(-1);
        self.key_to_value(table);
    }

    /// The value of a table in the place of its key, which is on top.
    pub(crate) fn key_to_value(&self, table: c_int) {
        unsafe {
            ffi::lua_rawget(self.pointer, table);
        }
    }

    /// Puts this coroutine on top; true for the main one, which lives as long as its Lua.
    pub(crate) fn push_coroutine(&self) -> bool {
        unsafe { ffi::lua_pushthread(self.pointer) == 1 }
    }

    /// True for a coroutine that has ended. One that is suspended has not.
    pub(crate) fn is_dead_coroutine(&self, index: c_int) -> bool {
        unsafe {
            let other = ffi::lua_tothread(self.pointer, index);
            if other.is_null() || other == self.pointer {
                return false;
            }
            match ffi::lua_status(other) {
                ffi::LUA_YIELD => false,
                ffi::LUA_OK => {
                    let mut frame: ffi::lua_Debug = std::mem::zeroed();
                    ffi::lua_getstack(other, 0, &raw mut frame) == 0 && ffi::lua_gettop(other) == 0
                }
                _ => true,
            }
        }
    }

    pub(crate) fn kind(&self, index: c_int) -> Kind {
        match unsafe { ffi::lua_type(self.pointer, index) } {
            ffi::LUA_TNONE => Kind::Nothing,
            ffi::LUA_TNIL => Kind::Nil,
            ffi::LUA_TBOOLEAN => Kind::Boolean,
            ffi::LUA_TNUMBER => Kind::Number,
            ffi::LUA_TSTRING => Kind::String,
            ffi::LUA_TTABLE => Kind::Table,
            ffi::LUA_TLIGHTUSERDATA
                if unsafe { ffi::lua_touserdata(self.pointer, index) }.is_null() =>
            {
                Kind::Null
            }
            _ => Kind::Other,
        }
    }

    /// True for values that are the same without asking their metatables.
    pub(crate) fn is_same(&self, one: c_int, other: c_int) -> bool {
        unsafe { ffi::lua_rawequal(self.pointer, one, other) != 0 }
    }

    /// The name of a value's type, as `type()` says it.
    pub(crate) fn type_name(&self, index: c_int) -> String {
        unsafe {
            let kind = ffi::lua_type(self.pointer, index);
            let name = ffi::lua_typename(self.pointer, kind);
            CStr::from_ptr(name).to_string_lossy().into_owned()
        }
    }

    pub(crate) fn boolean(&self, index: c_int) -> bool {
        unsafe { ffi::lua_toboolean(self.pointer, index) != 0 }
    }

    /// A number, if it is one.
    pub(crate) fn number_of(&self, index: c_int) -> Option<Number> {
        (self.kind(index) == Kind::Number).then(|| self.number(index))
    }

    /// A number. One without a fraction is an integer, also where Lua has only floats.
    pub(crate) fn number(&self, index: c_int) -> Number {
        unsafe {
            if ffi::lua_isinteger(self.pointer, index) != 0 {
                #[allow(clippy::unnecessary_cast, reason = "32 bits on some builds of LuaJIT")]
                return Number::Integer(ffi::lua_tointeger(self.pointer, index) as i64);
            }
            Number::Float(ffi::lua_tonumber(self.pointer, index))
        }
    }

    /// True for a number that Lua has as an integer; without those, for one without a fraction.
    pub(crate) fn is_integer(&self, index: c_int) -> bool {
        unsafe { ffi::lua_isinteger(self.pointer, index) != 0 }
    }

    /// The bytes of a string; `None` for anything else, numbers too.
    pub(crate) fn bytes(&self, index: c_int) -> Option<&[u8]> {
        (self.kind(index) == Kind::String).then(|| self.string(index))
    }

    /// The bytes of what is known to be a string.
    pub(crate) fn string(&self, index: c_int) -> &[u8] {
        let mut length = 0;
        unsafe {
            let start = ffi::lua_tolstring(self.pointer, index, &raw mut length);
            match start.is_null() {
                true => &[],
                false => std::slice::from_raw_parts(start.cast(), length),
            }
        }
    }

    /// The text of what is known to be a string; `None` where it is not UTF-8.
    pub(crate) fn utf8(&self, index: c_int) -> Option<&str> {
        let bytes = self.string(index);
        match bytes.is_ascii() {
            // SAFETY: ASCII is UTF-8, and most texts are both.
            true => Some(unsafe { std::str::from_utf8_unchecked(bytes) }),
            false => std::str::from_utf8(bytes).ok(),
        }
    }

    pub(crate) fn push_nil(&self) {
        unsafe { ffi::lua_pushnil(self.pointer) }
    }

    pub(crate) fn push_boolean(&self, value: bool) {
        unsafe { ffi::lua_pushboolean(self.pointer, c_int::from(value)) }
    }

    /// An integer. LuaJIT has numbers up to 2^53 exactly; beyond them it is a string of digits.
    pub(crate) fn push_integer(&self, value: i64) {
        #[cfg(feature = "lua54")]
        unsafe {
            ffi::lua_pushinteger(self.pointer, value);
        }
        #[cfg(not(feature = "lua54"))]
        {
            const EXACT: u64 = 1 << 53;
            match value.unsigned_abs() <= EXACT {
                #[allow(clippy::cast_precision_loss, reason = "it is exact")]
                true => self.push_float(value as f64),
                false => self.push_bytes(value.to_string().as_bytes()),
            }
        }
    }

    pub(crate) fn push_float(&self, value: f64) {
        unsafe { ffi::lua_pushnumber(self.pointer, value) }
    }

    pub(crate) fn push_bytes(&self, bytes: &[u8]) {
        unsafe {
            ffi::lua_pushlstring(self.pointer, bytes.as_ptr().cast(), bytes.len());
        }
    }

    pub(crate) fn push_function(&self, function: ffi::lua_CFunction) {
        unsafe { ffi::lua_pushcclosure(self.pointer, function, 0) }
    }

    /// The pointer NULL.
    pub(crate) fn push_null(&self) {
        unsafe { ffi::lua_pushlightuserdata(self.pointer, std::ptr::null_mut()) }
    }

    /// Takes the value on top to a place, instead of what is there.
    pub(crate) fn replace(&self, index: c_int) {
        unsafe { ffi::lua_replace(self.pointer, index) }
    }

    /// Puts a copy of a value in the place of another one.
    pub(crate) fn put_copy(&self, from: c_int, to: c_int) {
        unsafe { ffi::lua_copy(self.pointer, from, to) }
    }

    /// A copy of a value.
    pub(crate) fn push_copy(&self, index: c_int) {
        unsafe { ffi::lua_pushvalue(self.pointer, index) }
    }

    /// An empty table with room for so many elements and fields.
    pub(crate) fn push_table(&self, elements: usize, fields: usize) {
        let room = |count: usize| c_int::try_from(count).unwrap_or(0);
        unsafe { ffi::lua_createtable(self.pointer, room(elements), room(fields)) }
    }

    /// Takes the value on top into a table at a place from 1 on.
    pub(crate) fn set_element(&self, table: c_int, place: i64) {
        unsafe { ffi::lua_rawseti(self.pointer, table, integer(place)) }
    }

    /// Takes key and value on top into a table.
    pub(crate) fn set_pair(&self, table: c_int) {
        unsafe { ffi::lua_rawset(self.pointer, table) }
    }

    /// Takes the value on top into the table below it, under a name.
    pub(crate) fn set_field(&self, name: &str) {
        self.push_bytes(name.as_bytes());
        unsafe { ffi::lua_insert(self.pointer, -2) }
        self.set_pair(-3);
    }

    /// Puts a text into the table on top, under a name.
    pub(crate) fn set_text(&self, name: &str, text: &str) {
        self.push_bytes(text.as_bytes());
        self.set_field(name);
    }

    /// Puts a boolean into the table on top, under a name.
    pub(crate) fn set_flag(&self, name: &str, flag: bool) {
        self.push_boolean(flag);
        self.set_field(name);
    }

    /// Puts a list of texts into the table on top, under a name.
    pub(crate) fn set_list(&self, name: &str, texts: &[String]) {
        self.push_list(texts);
        self.set_field(name);
    }

    /// Puts a list of texts on top.
    pub(crate) fn push_list(&self, texts: &[String]) {
        self.push_table(texts.len(), 0);
        for (place, text) in (1..).zip(texts) {
            self.push_bytes(text.as_bytes());
            self.set_element(-2, place);
        }
    }

    /// Puts an element of a table on top.
    pub(crate) fn push_element(&self, table: c_int, place: i64) {
        unsafe {
            ffi::lua_rawgeti(self.pointer, table, integer(place));
        }
    }

    /// Puts a field of a table on top; nil where it has none.
    pub(crate) fn push_field(&self, table: c_int, name: &str) {
        let table = unsafe { ffi::lua_absindex(self.pointer, table) };
        self.push_bytes(name.as_bytes());
        unsafe {
            ffi::lua_rawget(self.pointer, table);
        }
    }

    /// How many elements a table has.
    pub(crate) fn length(&self, table: c_int) -> i64 {
        let length = unsafe { ffi::lua_rawlen(self.pointer, table) };
        i64::try_from(length).unwrap_or(i64::MAX)
    }

    /// Shows each key of a table with its value, until `look` says that it is enough. Neither may
    /// be changed meanwhile.
    pub(crate) fn each(&self, table: c_int, mut look: impl FnMut(c_int, c_int) -> bool) {
        self.take_each(table, |key, value| {
            let goes_on = look(key, value);
            self.set_top(key);
            goes_on
        });
    }

    /// Goes through the pairs of a table for as long as `take` says so; it takes the value, which is on
    /// top of its key, from the stack.
    pub(crate) fn take_each(&self, table: c_int, mut take: impl FnMut(c_int, c_int) -> bool) {
        let top = self.top();
        self.push_nil();
        while unsafe { ffi::lua_next(self.pointer, table) } != 0 {
            if !take(top + 1, top + 2) {
                break;
            }
        }
        self.set_top(top);
    }

    /// Where a string is in memory. One that is short enough is there once.
    pub(crate) fn address(&self, index: c_int) -> *const c_void {
        unsafe { ffi::lua_topointer(self.pointer, index) }
    }

    /// True for a table whose metatable is one that the registry keeps.
    pub(crate) fn is_marked(&self, table: c_int, mark: &CStr) -> bool {
        unsafe {
            if ffi::lua_getmetatable(self.pointer, table) == 0 {
                return false;
            }
            self.push_kept(mark);
            let is_such = ffi::lua_rawequal(self.pointer, -1, -2) != 0;
            self.set_top(self.top() - 2);
            is_such
        }
    }

    /// Puts the metatable of a value on top; false where there is none.
    pub(crate) fn push_metatable(&self, index: c_int) -> bool {
        unsafe { ffi::lua_getmetatable(self.pointer, index) != 0 }
    }

    /// Puts a field of the metatable of a value on top; false where there is none.
    pub(crate) fn push_metafield(&self, index: c_int, name: &CStr) -> bool {
        unsafe {
            if ffi::lua_getmetatable(self.pointer, index) == 0 {
                return false;
            }
        }
        let metatable = self.top();
        self.push_bytes(name.to_bytes());
        unsafe {
            ffi::lua_rawget(self.pointer, metatable);
        }
        if self.kind(-1) == Kind::Nil {
            self.set_top(metatable - 1);
            return false;
        }
        self.replace(metatable);
        self.set_top(metatable);
        true
    }

    /// Takes the value on top into the registry.
    pub(crate) fn keep(&self, name: &CStr) {
        unsafe { ffi::lua_setfield(self.pointer, ffi::LUA_REGISTRYINDEX, name.as_ptr()) }
    }

    /// Puts a value of the registry on top.
    pub(crate) fn push_kept(&self, name: &CStr) {
        unsafe {
            ffi::lua_getfield(self.pointer, ffi::LUA_REGISTRYINDEX, name.as_ptr());
        }
    }

    /// Makes the table on top the metatable of the value below it.
    pub(crate) fn set_metatable(&self) {
        unsafe {
            ffi::lua_setmetatable(self.pointer, -2);
        }
    }

    /// Compiles a text, and puts the function on top; otherwise the message.
    pub(crate) fn load(&self, text: &str, name: &CStr) -> bool {
        let status = unsafe {
            ffi::luaL_loadbuffer(
                self.pointer,
                text.as_ptr().cast(),
                text.len(),
                name.as_ptr(),
            )
        };
        status == ffi::LUA_OK
    }

    /// Calls the function below its arguments; false with the error on top when it fails.
    pub(crate) fn call_protected(&self, arguments: c_int, results: c_int) -> bool {
        unsafe { ffi::lua_pcall(self.pointer, arguments, results, 0) == ffi::LUA_OK }
    }
}

/// The place of an element, in the type that this Lua has for it.
#[allow(
    clippy::cast_possible_truncation,
    clippy::unnecessary_cast,
    reason = "no table has more elements than an address has values"
)]
fn integer(place: i64) -> ffi::lua_Integer {
    place as ffi::lua_Integer
}
