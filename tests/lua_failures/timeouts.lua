-- `statement_timeout_ms`: the statement ends, and what was there before it is there after it.
local url, driver = arg[1], arg[2]
local common = require("common")
local refused, count = common.refused, common.count
local endless = driver == "postgres" and "SELECT pg_sleep(60)"
  or driver == "mysql" and "SELECT sleep(60)"
  or "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

local db = freight.open(url, { pool = 2, statement_timeout_ms = 200 })
db:exec("CREATE TABLE log (id bigint PRIMARY KEY, word varchar(40))")
local function gives_up(method, ...)
  local begun = os.time()
  local err = refused("timeout", db[method], db, ...)
  assert(os.time() - begun < 10, method)
  assert(err.sql == endless and err.driver == db.driver, tostring(err.sql))
end
for _, method in ipairs({ "exec", "query", "query_row", "query_value", "query_full" }) do
  gives_up(method, endless)
  assert(count(db) == 0)
end
local err = refused("timeout", function()
  for _ in db:rows(endless) do
    error("a row")
  end
end)
assert(count(db) == 0 and err.driver == db.driver)

-- A short one is not in a hurry, however many there are.
for _ = 1, 50 do
  assert(count(db) == 0)
end

-- In a transaction it is an error like any other: the transaction is undone.
refused("timeout", db.transaction, db, function()
  db:execute("INSERT INTO log VALUES (1, 'x')")
  db:query(endless)
end)
assert(count(db) == 0 and not db:in_transaction())
-- A savepoint is enough to go on.
db:transaction(function()
  db:execute("INSERT INTO log VALUES (1, 'x')")
  refused("timeout", db.transaction, db, function()
    db:execute("INSERT INTO log VALUES (2, 'x')")
    db:query(endless)
  end)
  db:execute("INSERT INTO log VALUES (3, 'x')")
end)
assert(count(db) == 2)
refused("bad_argument", freight.open, url, { statement_timeout_ms = "soon" })
print("done")
