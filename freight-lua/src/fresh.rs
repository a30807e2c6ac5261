//! The Lua that a program has for its own scripts.

use std::ffi::c_void;
use std::sync::OnceLock;

#[cfg(feature = "lua54")]
use mlua::state::{GcGenParams, GcMode};

use crate::raw::with;

/// What gives a Lua its memory, and takes it back: `lua_Alloc` of its manual.
/// <https://www.lua.org/manual/5.4/manual.html#lua_Alloc>
pub type Allocate = unsafe extern "C" fn(*mut c_void, *mut c_void, usize, usize) -> *mut c_void;

static ALLOCATE: OnceLock<Allocate> = OnceLock::new();

/// Has each [`Lua`](mlua::Lua) that is made here from now on get its memory from a function, which is
/// called for each table and text of a script. The first one that is given counts.
///
/// # Safety
/// The function does what `lua_Alloc` promises, also for pieces that come from the global allocator
/// of the program: a Lua has some already when the function is given to it.
#[allow(unsafe_code, reason = "the promise is the caller's")]
pub unsafe fn allocate_with(allocate: Allocate) {
    let _ = ALLOCATE.set(allocate);
}

/// A new Lua, which loads modules in C as any does, and collects as the program `lua` of the same version
/// does: by generations. What the parts of this API are made of is most of what a small script has,
/// and is not looked through again and again for the sake of rows that come and go.
/// <https://www.lua.org/manual/5.4/manual.html#2.5.2>
#[allow(
    unsafe_code,
    reason = "what such a module does is the affair of whoever wrote the script"
)]
pub(crate) fn lua() -> mlua::Result<mlua::Lua> {
    // SAFETY: it is what the script asks for.
    let lua = unsafe { mlua::Lua::unsafe_new() };
    #[cfg(feature = "lua54")]
    lua.gc_set_mode(GcMode::Generational(GcGenParams::default()));
    if let Some(allocate) = ALLOCATE.get() {
        // SAFETY: the function is given the state.
        unsafe {
            lua.exec_raw::<()>((), |pointer| {
                with(pointer, |state| state.allocate_with(*allocate));
            })?;
        }
    }
    Ok(lua)
}
