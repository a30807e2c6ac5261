-- `luarocks make freight-lua/freight-scm-1.rockspec` in the folder of the repository builds the
-- module from what is there, for the Lua that LuaRocks works for. It needs cargo.
rockspec_format = "3.0"
package = "freight"
version = "scm-1"
source = {
  -- `luarocks make` fetches nothing.
  url = "file://.",
}
description = {
  summary = "SQLite, PostgreSQL, MySQL and Redis for Lua 5.4 and LuaJIT",
  license = "MIT OR Apache-2.0",
}
supported_platforms = { "unix" }
dependencies = {
  -- LuaJIT calls itself 5.1; the script refuses the Lua of that number.
  "lua >= 5.1",
}
external_dependencies = {}
build = {
  type = "command",
  build_command = "sh freight-lua/rock.sh build $(LUA)",
  install_command = "sh freight-lua/rock.sh install $(LIBDIR)",
  copy_directories = { "docs", "freight-lua/library" },
}
