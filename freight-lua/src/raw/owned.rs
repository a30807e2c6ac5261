//! Values of Rust that Lua keeps, and drops when it has no use for them any more.

use std::any::TypeId;
use std::ffi::{CStr, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

use mlua::ffi;

use super::State;

// SAFETY, for all of it: the pointer is that of the state that called.
impl State<'_> {
    /// Puts a value of Rust on top, which is dropped when Lua has no use for it any more. `name` is
    /// that of its metatable, which scripts do not get.
    pub(crate) fn push_owned<T: 'static>(&self, value: T, name: &CStr) {
        unsafe {
            let place = ffi::lua_newuserdata(self.pointer, size_of::<Held<T>>());
            place.cast::<Held<T>>().write_unaligned(Held {
                kind: TypeId::of::<T>(),
                value: Box::into_raw(Box::new(value)),
            });
            if ffi::luaL_newmetatable(self.pointer, name.as_ptr()) != 0 {
                ffi::lua_pushcclosure(self.pointer, dropped::<T>, 0);
                self.set_field("__gc");
                self.push_boolean(false);
                self.set_field("__metatable");
            }
            self.set_metatable();
        }
    }

    /// The value of Rust at an index, if it is one of this type.
    ///
    /// `call` keeps functions of Freight from calling each other, and the collector is not in the
    /// way, so that nobody else holds it.
    #[allow(
        clippy::mut_from_ref,
        reason = "the value is not behind the state, but on its stack"
    )]
    pub(crate) fn owned<T: 'static>(&self, index: c_int) -> Option<&mut T> {
        unsafe { held::<T>(self.pointer, index)?.value.as_mut() }
    }
}

/// What [`State::push_owned`] puts into the room that Lua gives.
struct Held<T> {
    /// Tells it from what others, or Lua itself, put into such a room.
    kind: TypeId,
    value: *mut T,
}

/// What is held at an index, if it is a value of this type.
///
/// # Safety
/// The pointer is that of a state that called.
unsafe fn held<T: 'static>(pointer: *mut ffi::lua_State, index: c_int) -> Option<Held<T>> {
    unsafe {
        let place = ffi::lua_touserdata(pointer, index);
        if place.is_null() || ffi::lua_rawlen(pointer, index) != size_of::<Held<T>>() {
            return None;
        }
        let held = place.cast::<Held<T>>().read_unaligned();
        (held.kind == TypeId::of::<T>()).then_some(held)
    }
}

/// The finalizer of [`State::push_owned`]. A script that gets hold of it can call it with anything.
unsafe extern "C-unwind" fn dropped<T: 'static>(pointer: *mut ffi::lua_State) -> c_int {
    unsafe {
        if let Some(held) = held::<T>(pointer, 1)
            && !held.value.is_null()
        {
            let empty = Held {
                kind: held.kind,
                value: std::ptr::null_mut::<T>(),
            };
            ffi::lua_touserdata(pointer, 1)
                .cast::<Held<T>>()
                .write_unaligned(empty);
            let _ = catch_unwind(AssertUnwindSafe(|| drop(Box::from_raw(held.value))));
        }
    }
    0
}
