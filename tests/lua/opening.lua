-- Opening: lua-api.md 2.1. What is wrong is told without the password.
local url, driver = arg[1], arg[2]
local db = freight.open(url)
assert(tostring(db):find("^freight%.Db"))
assert(freight.version:find("^%d+%.%d+%.%d+$"))

if driver ~= "sqlite" then
  local module = driver == "mysql" and mysql or postgresql
  local user, host, port, name = url:match("//([^@]*)@([^:/]+):(%d+)/([^?]+)")
  local account, password = user:match("^([^:]*):?(.*)$")
  local by_table = module.connect({ host = host, port = tonumber(port), username = account, password = password, dbname = name })
  assert(by_table:query_value("SELECT 1") == 1)
  by_table:close()
  assert(module.open(url):query_value("SELECT 2") == 2)
  local _, err = freight.try(module.connect, { host = host, port = 1, user = "u", password = "s3cret" })
  assert(err:is("connection_failed") and not tostring(err):find("s3cret"), tostring(err))
  -- The servers of the tests have no TLS.
  local plain = module.open(url, { tls = false })
  assert(plain:query_value("SELECT 3") == 3 and plain:close())
  _, err = freight.try(module.open, url, { tls = true })
  assert(err:is("connection_failed") and err.message:find("TLS"), tostring(err))
  local mark = url:find("?", 1, true) and "&" or "?"
  _, err = freight.try(module.open, url .. mark .. "sslmode=disable", { tls = true })
  assert(err:is("duplicate_option"), tostring(err))
  _, err = freight.try(module.connect, { hots = host })
  assert(err:is("unknown_option"))
  _, err = freight.try(module.connect, { user = "a", username = "b" })
  assert(err:is("duplicate_option"))
else
  local folder = url:match("^sqlite:(.*)/[^/]*$")
  local file = sqlite.open(folder .. "/new folder/odd ?#%.db")
  file:exec("CREATE TABLE t (a)")
  assert(io.open(folder .. "/new folder/odd ?#%.db", "rb"))
  assert(sqlite.memory():query_value("SELECT 3") == 3)
end
assert(freight.open("sqlite3", { database = ":memory:" }):query_value("SELECT 4") == 4)
local _, err = freight.try(freight.open, "sqlite", { database = "a", dbname = "b" })
assert(err:is("duplicate_option"), tostring(err))
_, err = freight.try(freight.open, "sqlite", {})
assert(err:is("bad_argument"))
_, err = freight.try(freight.open, "oracle://x")
assert(not err:is("connection_failed") and err.message:find("oracle", 1, true), tostring(err))
print("done")
