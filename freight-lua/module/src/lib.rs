//! The module that `require "freight"` and `require "redis"` load: the entries that Lua looks for,
//! and nothing else.

#[cfg(any(feature = "lua54", feature = "luajit"))]
mod entry {
    use std::ffi::c_int;

    /// What `require "freight"` calls.
    ///
    /// # Safety
    /// Lua calls it, with its own state.
    #[allow(
        unsafe_code,
        unreachable_pub,
        reason = "the name and the signature that Lua asks for"
    )]
    #[unsafe(no_mangle)]
    pub unsafe extern "C-unwind" fn luaopen_freight(pointer: *mut mlua::ffi::lua_State) -> c_int {
        // SAFETY: as above.
        unsafe { freight_lua::open_module(pointer) }
    }

    /// What `require "redis"` calls, in a copy of the library that is called so.
    ///
    /// # Safety
    /// Lua calls it, with its own state.
    #[allow(
        unsafe_code,
        unreachable_pub,
        reason = "the name and the signature that Lua asks for"
    )]
    #[unsafe(no_mangle)]
    pub unsafe extern "C-unwind" fn luaopen_redis(pointer: *mut mlua::ffi::lua_State) -> c_int {
        // SAFETY: as above.
        unsafe { freight_lua::open_redis(pointer) }
    }
}
