-- os_ext: lua-api.md 14.
local function refused(code, text, fn, ...)
  local _, err = freight.try(fn, ...)
  assert(err and err:is(code) and err.message:find(text, 1, true), tostring(err))
end
local function told(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return (text:gsub("\n$", ""))
end

-- What is set is seen here, by Lua, and by programs that are started.
local name = "FREIGHT_TEST_VARIABLE"
assert(os_ext.env(name) == nil and select("#", os_ext.env(name)) == 1 and os.getenv(name) == nil)
for _, value in ipairs({ "one", "two = 2", "", "three", "one" }) do
  assert(os_ext.setenv(name, value) == true)
  assert(os_ext.env(name) == value and os.getenv(name) == value and told("printf %s \"$" .. name .. "\"") == value)
end
assert(os_ext.unsetenv(name) == true and os_ext.env(name) == nil and os.getenv(name) == nil)
assert(told("env | grep -c '^" .. name .. "'") == "0" and os_ext.unsetenv(name) == true)

-- Many at once, in any order; those of the process stay.
local path = os_ext.env("PATH")
for place = 1, 300 do
  os_ext.setenv(name .. place, "value " .. place)
end
assert(told("env | grep -c '^" .. name .. "'") == "300")
for place = 2, 300, 2 do
  os_ext.unsetenv(name .. place)
end
for place = 1, 300 do
  local expected = place % 2 == 1 and "value " .. place or nil
  assert(os_ext.env(name .. place) == expected and os.getenv(name .. place) == expected)
end
assert(told("env | grep -c '^" .. name .. "'") == "150" and os_ext.env(name) == nil)
for place = 1, 300 do
  os_ext.unsetenv(name .. place)
end
assert(told("env | grep -c '^" .. name .. "'") == "0" and os_ext.env("PATH") == path and os.getenv("PATH") == path)
os_ext.setenv(name, "\255\254")
assert(os_ext.env(name) == "\255\254")
os_ext.unsetenv(name)

refused("bad_argument", "no name of a variable", os_ext.env, "")
refused("bad_argument", "`A=B` is no name", os_ext.setenv, "A=B", "x")
refused("bad_argument", "NUL", os_ext.setenv, name, "a\0b")
refused("bad_argument", "NUL", os_ext.env, "a\0b")
refused("bad_argument", "takes a string, and not nil", os_ext.setenv, name, nil)
refused("bad_argument", "takes a string, and not a number", os_ext.setenv, name, 5)
refused("bad_argument", "takes a string", os_ext.env, nil)
local _, err = freight.try(os_ext.setenv, name)
assert(err.hint:find("unsetenv", 1, true))

-- Folders.
local here = os_ext.cwd()
assert(here == told("pwd -P") and os_ext.chdir("/") == true and os_ext.cwd() == "/" and told("pwd") == "/")
assert(os_ext.chdir(here) and os_ext.cwd() == here)
refused("io", "cannot go to `/no/such/folder`", os_ext.chdir, "/no/such/folder")
refused("bad_argument", "NUL", os_ext.chdir, "/\0")
refused("bad_argument", "takes a string", os_ext.chdir)
local home = os_ext.env("HOME")
os_ext.setenv("HOME", "/home/of/nobody")
assert(os_ext.homedir() == "/home/of/nobody")
os_ext.unsetenv("HOME")
assert(os_ext.homedir() == nil or #os_ext.homedir() > 0)
if home then
  os_ext.setenv("HOME", home)
end
os_ext.setenv("TMPDIR", "/var/tmp")
assert(os_ext.tmpdir() == "/var/tmp")
os_ext.unsetenv("TMPDIR")
assert(os_ext.tmpdir() == "/tmp")

-- The machine.
assert(os_ext.hostname() == told("uname -n"), os_ext.hostname())
assert(os_ext.platform() == (told("uname -s") == "Darwin" and "macos" or told("uname -s"):lower()))
local machine = told("uname -m")
assert(os_ext.arch() == machine or os_ext.arch() == ({ arm64 = "aarch64" })[machine], os_ext.arch())
assert(os_ext.cpus() >= 1 and os_ext.cpus() % 1 == 0 and freight.os_ext == os_ext)
print("done")
