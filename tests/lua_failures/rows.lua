-- `db:rows` and handles that end in the middle.
local url, driver = arg[1], arg[2]
local common = require("common")
local refused, count, number, kill = common.refused, common.count, common.number, common.kill
local db = freight.open(url, { pool = 2 })
db:exec("CREATE TABLE log (id bigint PRIMARY KEY, word varchar(200))")
db:transaction(function()
  for first = 1, 5000, 500 do
    local places, values = {}, {}
    for id = first, first + 499 do
      places[#places + 1] = "(?, ?)"
      values[#values + 1] = id
      values[#values + 1] = string.rep("w", 200)
    end
    db:execute("INSERT INTO log VALUES " .. table.concat(places, ", "), values)
  end
end)
assert(count(db) == 5000)

-- A loop that is left, an error in it, and one in the statement.
for _ = 1, 5 do
  for row in db:rows("SELECT * FROM log ORDER BY id") do
    assert(row.id == 1)
    break
  end
  local ok, problem = pcall(function()
    for _ in db:rows("SELECT * FROM log") do
      error("enough", 0)
    end
  end)
  assert(not ok and problem == "enough")
  refused("missing_table", function()
    for _ in db:rows("SELECT * FROM nowhere") do
    end
  end)
  assert(count(db) == 5000)
end

-- Loops that are left keep no statement waiting, and hold up no other loop, also before the
-- collector comes by.
for _, pool in ipairs({ 1, 2, 3 }) do
  local left = freight.open(url, { pool = pool })
  collectgarbage("stop")
  for _ = 1, 6 do
    for _ in left:rows("SELECT * FROM log") do
      break
    end
    assert(count(left) == 5000)
    assert(left:transaction(function() return count(left) end) == 5000)
  end
  collectgarbage("restart")
  left:close()
end

if common.is_server then
  -- Many more bytes than the buffers in between hold, so that most are not sent when it ends.
  local wide = "SELECT a.id, a.word FROM log a, (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) b, (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) c"
  local seen, id = 0, nil
  local mine = freight.open(url, { pool = 2 })
  id = number(mine)
  local err = refused("connection_lost", function()
    for _ in mine:rows(wide) do
      seen = seen + 1
      if seen == 10 then
        kill(id)
      end
    end
  end)
  assert(seen >= 10 and seen < 60000 and err.driver == db.driver, seen)
  assert(count(mine) == 5000 and number(mine) ~= id)
end

-- Closing in the loop: what was read ahead may still come, and then it ends, or is an error.
local closing = freight.open(url, { pool = 2 })
local seen = 0
local ok, problem = pcall(function()
  for _ in closing:rows("SELECT * FROM log") do
    seen = seen + 1
    if seen == 1 then
      assert(closing:close() == true)
    end
  end
end)
assert(ok and seen == 5000 or not ok and problem:is("closed"), tostring(problem) .. " " .. seen)
refused("closed", count, closing)
assert(closing:close() == true and closing:ping() == false)

-- Closing in a transaction undoes it; `transaction` raises that the handle is closed.
closing = freight.open(url)
local told = {}
refused("closed", closing.transaction, closing, function(tx)
  tx:after_commit(function() told[#told + 1] = "committed" end)
  tx:after_rollback(function() told[#told + 1] = "undone" end)
  tx:execute("DELETE FROM log WHERE id = 1")
  assert(closing:close() == true)
  refused("closed", count, closing)
end)
assert(count(db) == 5000 and table.concat(told) == "undone", table.concat(told, " "))
closing = freight.open(url)
closing:begin()
closing:execute("DELETE FROM log WHERE id = 1")
assert(closing:close() == true)
refused("closed", closing.commit, closing)
refused("closed", closing.in_transaction, closing)
-- A server may need a moment to see that the connection has ended.
assert(db:execute("DELETE FROM log WHERE id = 1") == 1 and count(db) == 4999)
-- A handle that is forgotten with a transaction is undone with it.
do
  local forgotten = freight.open(url)
  forgotten:begin()
  forgotten:execute("DELETE FROM log WHERE id = 2")
end
collectgarbage()
collectgarbage()
assert(db:execute("DELETE FROM log WHERE id = 2") == 1 and count(db) == 4998)
print("done")
