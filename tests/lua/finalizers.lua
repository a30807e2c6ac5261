-- A finalizer of the script may run while rows are made: it cannot use the connection, and
-- disturbs nothing.
local db = freight.open(arg[1])
db:exec("CREATE TABLE numbers (id bigint PRIMARY KEY, word varchar(40))")
db:transaction(function()
  for id = 1, 500 do
    db:execute("INSERT INTO numbers VALUES (?, ?)", id, "word " .. id)
  end
end)
local ran = 0
for _ = 1, 40 do
  for _ = 1, 20 do
    -- Lua 5.1 has finalizers of tables only by `newproxy`.
    local meta = { __gc = function() ran = ran + 1; pcall(db.query, db, "SELECT 1") end }
    local _ = newproxy and getmetatable(newproxy(true)) or setmetatable({}, meta)
    if newproxy then
      local proxy = newproxy(true)
      getmetatable(proxy).__gc = meta.__gc
    end
  end
  local rows = db:query("SELECT * FROM numbers ORDER BY id")
  assert(#rows == 500 and rows[500].word == "word 500" and rows[1].id == 1)
end
collectgarbage()
collectgarbage()
assert(ran == 800, ran)
assert(db:query_value("SELECT count(*) FROM numbers") == 500)

-- A collector that the script has stopped stays so, and one that runs goes on: what is thrown away
-- does not stay.
collectgarbage("stop")
assert(#db:query("SELECT * FROM numbers") == 500)
assert(db:query_row("SELECT * FROM numbers").id)
assert(not collectgarbage("isrunning"))
collectgarbage("restart")
local kept = db:query("SELECT * FROM numbers")
collectgarbage()
local before = collectgarbage("count")
local most = 0
for _ = 1, 400 do
  assert(#db:query("SELECT * FROM numbers") == #kept)
  most = math.max(most, collectgarbage("count"))
end
assert(collectgarbage("isrunning"))
assert(most < before * 5, most / before)
print("done")
