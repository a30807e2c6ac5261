//! The collector of Lua, which stands still while many values are made.

use std::ffi::c_int;

use mlua::ffi;

use super::State;

/// A collector that stands still: the kilobytes that were in use before; none where a script has
/// stopped it, which stays so.
#[must_use]
pub(crate) struct Waiting(Option<c_int>);

/// `LUA_GCISRUNNING`, which LuaJIT has too.
const IS_RUNNING: c_int = 9;

/// So many kilobytes may be made before the collector that is held looks at any: `lua_gc` takes a
/// step of less than nothing for time that it is to wait.
#[cfg(feature = "lua54")]
const HELD_OFF: c_int = 1 << 20;

// SAFETY, for all of it: the pointer is that of the state that called.
impl State<'_> {
    /// Lets the collector of Lua stand still, and with it the finalizers of the script, until
    /// [`Self::let_collect`].
    #[cfg(feature = "lua54")]
    pub(crate) fn hold_collector(&self) -> Waiting {
        unsafe {
            if ffi::lua_gc(self.pointer, IS_RUNNING) == 0 {
                return Waiting(None);
            }
            let before = ffi::lua_gc(self.pointer, ffi::LUA_GCCOUNT);
            ffi::lua_gc(self.pointer, ffi::LUA_GCSTEP, -HELD_OFF);
            Waiting(Some(before))
        }
    }

    /// Lets it go on as if it had not stood still, so that a query of some rows in a script that
    /// holds many does not make it look through all of them. After a result that is large by that
    /// measure it begins again, and not with the work that it was spared.
    #[cfg(feature = "lua54")]
    pub(crate) fn let_collect(&self, held: Waiting) {
        let Waiting(Some(before)) = held else {
            return;
        };
        unsafe {
            let grown = ffi::lua_gc(self.pointer, ffi::LUA_GCCOUNT) - before;
            match grown > before / 2 {
                true => ffi::lua_gc(self.pointer, ffi::LUA_GCRESTART),
                false => ffi::lua_gc(self.pointer, ffi::LUA_GCSTEP, HELD_OFF),
            };
        }
    }

    /// Lets the collector of Lua stand still, and with it the finalizers of the script, until
    /// [`Self::let_collect`].
    #[cfg(not(feature = "lua54"))]
    pub(crate) fn hold_collector(&self) -> Waiting {
        unsafe {
            if ffi::lua_gc(self.pointer, IS_RUNNING, 0) == 0 {
                return Waiting(None);
            }
            ffi::lua_gc(self.pointer, ffi::LUA_GCSTOP, 0);
        }
        Waiting(Some(0))
    }

    /// Lets it go on, which it does at once: where little was made, that costs more than it saved.
    #[cfg(not(feature = "lua54"))]
    pub(crate) fn let_collect(&self, held: Waiting) {
        if held.0.is_some() {
            unsafe {
                ffi::lua_gc(self.pointer, ffi::LUA_GCRESTART, 0);
            }
        }
    }
}

/// LuaJIT raises the errors of finalizers: none may run while a value is made.
pub(crate) fn undisturbed<T>(state: &State<'_>, work: impl FnOnce() -> T) -> T {
    if cfg!(feature = "lua54") {
        return work();
    }
    let held = state.hold_collector();
    let result = work();
    state.let_collect(held);
    result
}
