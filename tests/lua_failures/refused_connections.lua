-- Opening that fails: no error has the password, each has a code, and most a hint.
local url, driver, silent, closed = arg[1], arg[2], arg[3], arg[4]
local common = require("common")
local refused = common.refused
if not common.is_server then
  -- A folder is no file, and a file with something else in it no database.
  local folder = arg[0]:match("^(.*)/") or "."
  local err = refused("connection_failed", freight.open, "sqlite:" .. folder)
  assert(err.driver == "sqlite" and err.message:find("`", 1, true), tostring(err))
  refused("connection_failed", freight.open, "sqlite:/no/such/folder/a.db?mode=rw")
  print("done")
  return
end
local name = driver == "postgres" and "postgresql" or "mysql"
local account, host, port, database = url:match("://([^@]*)@([^:/]+):(%d+)/([%w_]+)")
local user, password = account:match("^([^:]*):?(.*)$")

local function with(changes)
  local options = { host = host, port = port, user = user, database = database, connect_timeout_ms = 5000 }
  if password ~= "" then
    options.password = password
  end
  for option, value in pairs(changes) do
    options[option] = value
  end
  return options
end
local secret = "mellon-8271"
local function fails(code, changes)
  changes.password = changes.password or secret
  local options = with(changes)
  local begun = os.time()
  local err = refused(code, freight[name].connect, options)
  assert(os.time() - begun < 8, "it took " .. os.time() - begun .. " seconds")
  for field, value in pairs(err) do
    assert(not tostring(value):find(secret, 1, true), field .. " has the password")
  end
  assert(not tostring(err):find(secret, 1, true))
  assert(err.message:sub(-1) ~= ".", err.message)
  -- A handle that opens later says the same with its first statement, every time.
  options.lazy = true
  local later = freight[name].connect(options)
  for _ = 1, 2 do
    local again = refused(code, later.query, later, "SELECT 1")
    assert(again.message == err.message and again.hint == err.hint, tostring(again))
    refused(code, later.begin, later)
    refused(code, later.transaction, later, function() error("it has begun") end)
    assert(later:ping() == false and later:in_transaction() == false)
  end
  assert(later:close() == true)
  return err
end

local err = fails("connection_failed", { port = closed })
assert(err.hint and err.message:find(closed, 1, true), tostring(err) .. tostring(err.hint))
err = fails("connection_failed", { host = "no-such-host.invalid" })
assert(err.message:find("no-such-host.invalid", 1, true), tostring(err))
err = fails("connection_failed", { database = "no_such_database", password = password })
assert(err.message:find("no_such_database", 1, true), tostring(err))
if driver == "mysql" then
  err = fails("connection_failed", { user = "nobody_here" })
  assert(err.message:find("nobody_here", 1, true), tostring(err))
  fails("connection_failed", {})
else
  -- The server for tests trusts everyone but one; who is not there is refused all the same.
  err = fails("connection_failed", { user = "nobody_here" })
  assert(err.message:find("nobody_here", 1, true), tostring(err))
  local with_password = os.getenv("FREIGHT_TEST_POSTGRES_PASSWORD_URL")
  local is_required = (os.getenv("FREIGHT_TEST_REQUIRE") or ""):find("postgres", 1, true)
  assert(with_password or not is_required, "FREIGHT_TEST_POSTGRES_PASSWORD_URL is not set")
  if with_password then
    local db = freight.open(with_password)
    local role = db:query_value("SELECT current_user")
    db:close()
    local own = { host = with_password:match("@([^:/]+):"), port = with_password:match(":(%d+)/"), user = role }
    err = fails("connection_failed", own)
    assert(err.message:find(role, 1, true) and err.hint:find("password", 1, true), tostring(err))
    assert(err.sqlstate == "28P01", tostring(err.sqlstate))
  end
end

-- One that accepts and says nothing.
local begun = os.time()
err = fails("timeout", { host = "127.0.0.1", port = silent, connect_timeout_ms = 150 })
assert(os.time() - begun < 6 and err.message:find("0.15 s", 1, true), tostring(err))
print("done")
