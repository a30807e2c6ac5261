-- A file of SQLite that has no room left, that may not be written to, and that others hold.
local url, driver = arg[1], arg[2]
local common = require("common")
local refused, count = common.refused, common.count
if common.is_server then
  print("done")
  return
end
local db = freight.open(url, { pool = 1 })
db:exec("CREATE TABLE log (id bigint PRIMARY KEY, word text)")
db:execute("INSERT INTO log VALUES (1, 'x')")
local pages = db:query_value("PRAGMA page_count")
db:exec("PRAGMA max_page_count = " .. pages + 2)
local long = string.rep("w", 100000)
for _ = 1, 3 do
  local err = refused("disk_full", db.execute, db, "INSERT INTO log VALUES (2, ?)", long)
  assert(err.native == 13 and err.message:find("full", 1, true), tostring(err))
  assert(count(db) == 1)
  -- SQLite itself undoes a whole transaction that meets it, or the statement alone.
  refused("disk_full", db.transaction, db, function()
    db:execute("INSERT INTO log VALUES (3, 'y')")
    db:execute("INSERT INTO log VALUES (2, ?)", long)
  end)
  assert(count(db) == 1 and not db:in_transaction())
end
db:exec("PRAGMA max_page_count = 1000000")
assert(db:execute("INSERT INTO log VALUES (2, ?)", long) == 1 and count(db) == 2)

-- May not be written to.
local reader = freight.open(url .. "?mode=ro")
assert(count(reader) == 2)
local err = refused("read_only", reader.execute, reader, "DELETE FROM log")
assert(err.native % 256 == 8, tostring(err.native))
assert(count(reader) == 2)

-- Somebody else holds it: it waits, and then it is busy.
local one = freight.open(url)
local two = freight.open(url .. "?busy_timeout=50")
one:begin()
one:execute("INSERT INTO log VALUES (3, 'x')")
assert(count(two) == 2)
err = refused("busy", two.execute, two, "INSERT INTO log VALUES (4, 'x')")
assert(err.retryable == true)
refused("busy", two.transaction, two, function() error("it has begun") end)
one:commit()
assert(two:execute("INSERT INTO log VALUES (4, 'x')") == 1 and count(two) == 4)
print("done")
