-- All that a short program does, for a tool that watches every access to memory.
local freight = require("freight")
local db = freight.sqlite.memory()
db:exec("CREATE TABLE log (id INTEGER PRIMARY KEY, word TEXT)")
db:transaction(function()
  assert(db:execute("INSERT INTO log (word) VALUES (?)", "one") == 1)
  assert(db:execute("INSERT INTO log (word) VALUES (:word)", { word = "two" }) == 1)
end)
assert(db:last_insert_id() == 2)
for _ = 1, 10 do
  assert(#db:query("SELECT * FROM log WHERE id IN (?)", { 1, 2 }) == 2)
  assert(db:query_row("SELECT * FROM log WHERE id = ?", 2).word == "two")
  local _, err = freight.try(db.query, db, "SELECT * FROM nowhere")
  assert(err:is("missing_table"))
end
for row in db:rows("SELECT * FROM log ORDER BY id") do
  assert(row.id == 1)
  break
end
local co = coroutine.create(function()
  db:begin()
  db:execute("DELETE FROM log")
  error("halfway")
end)
assert(not coroutine.resume(co))
assert(db:query_value("SELECT count(*) FROM log") == 2)
assert(db:close() == true)
-- One that is closed by the end of Lua.
local left = freight.sqlite.memory()
assert(left:query_value("SELECT 42") == 42)
print("done")
