//! The collector of Lua, which stands still while many values are made.

use std::ffi::c_int;

use mlua::ffi;

use super::State;

/// A collector that stands still: what was in use before, in kilobytes, or in bytes where it is owed;
/// none where a script has stopped it, which stays so.
#[must_use]
pub(crate) struct Waiting(Option<i64>);

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
            let before = ffi::lua_gc(self.pointer, ffi::LUA_GCCOUNT).into();
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
            let grown = i64::from(ffi::lua_gc(self.pointer, ffi::LUA_GCCOUNT)) - before;
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
        Waiting(Some(self.in_use()))
    }

    /// Lets it go on. What was made meanwhile is owed to it, and paid by [`pay`] when nothing of Rust
    /// is left that an error of a finalizer would jump over: a script that only sends queries makes
    /// nothing while the collector runs, and would fill the memory.
    #[cfg(not(feature = "lua54"))]
    pub(crate) fn let_collect(&self, held: Waiting) {
        if let Some(before) = held.0 {
            let made = self.in_use() - before;
            OWED.set(OWED.get() + made.max(0));
            unsafe {
                ffi::lua_gc(self.pointer, ffi::LUA_GCRESTART, 0);
            }
        }
    }

    /// The bytes that are in use.
    #[cfg(not(feature = "lua54"))]
    fn in_use(&self) -> i64 {
        let count = |what| i64::from(unsafe { ffi::lua_gc(self.pointer, what, 0) });
        count(ffi::LUA_GCCOUNT) * 1024 + count(ffi::LUA_GCCOUNTB)
    }
}

#[cfg(not(feature = "lua54"))]
thread_local! {
    /// The bytes that were made while the collector stood still.
    static OWED: std::cell::Cell<i64> = const { std::cell::Cell::new(0) };
}

/// Has the collector do what it would have done while it stood still. Finalizers may run, and their
/// errors be raised.
///
/// # Safety
/// `pointer` is the state that Lua called with, and nothing of Rust is left to be dropped.
#[cfg(not(feature = "lua54"))]
pub(super) unsafe fn pay(pointer: *mut ffi::lua_State) {
    /// Less is not worth a step.
    const LEAST: i64 = 1 << 14;
    let owed = OWED.get();
    if owed < LEAST {
        return;
    }
    OWED.set(0);
    unsafe {
        if ffi::lua_gc(pointer, IS_RUNNING, 0) != 0 {
            let kilobytes = c_int::try_from(owed / 1024).unwrap_or(c_int::MAX);
            ffi::lua_gc(pointer, ffi::LUA_GCSTEP, kilobytes);
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
