-- Coroutines that yield, die and are forgotten in a transaction.
local url, driver = arg[1], arg[2]
local common = require("common")
local refused, count, started = common.refused, common.count, common.started
local db = freight.open(url, { pool = 2 })
db:exec("CREATE TABLE log (id bigint PRIMARY KEY, word varchar(40))")
local function add(id)
  return db:execute("INSERT INTO log VALUES (?, 'x')", id)
end

-- One that yields goes on where it was.
local patient = started(function()
  return db:transaction(function()
    add(1)
    coroutine.yield()
    add(2)
    coroutine.yield()
    return "kept"
  end)
end)
assert(count(db) == 0)
assert(coroutine.resume(patient))
assert(count(db) == 0)
local _, kept = coroutine.resume(patient)
assert(kept == "kept" and count(db) == 2)

-- An error in `transaction` undoes it, wherever it comes from.
local failing = started(function()
  db:transaction(function()
    add(3)
    coroutine.yield()
    error("halfway", 0)
  end)
end)
local ok, problem = coroutine.resume(failing)
assert(not ok and problem == "halfway" and count(db) == 2)

-- One that ends with what `begin` opened leaves it to nobody: the next statement undoes it, so that
-- its locks are gone. That is so while another connection is free, and for all ways to end.
local ways = {
  function() db:begin() add(3) end,
  function() db:begin() add(3) error("on the way", 0) end,
  function() db:begin() db:begin() add(3) end,
  function() db:exec("BEGIN") add(3) end,
}
for _, way in ipairs(ways) do
  assert(count(db) == 2)
  coroutine.resume(coroutine.create(way))
  -- The same key: it would wait for the other one, or be refused.
  assert(add(3) == 1 and count(db) == 3)
  assert(db:execute("DELETE FROM log WHERE id = 3") == 1)
  assert(not db:in_transaction())
end
-- Two at once, so that no connection is left.
if common.is_server then
  for _ = 1, 2 do
    local one = started(function() db:begin() add(3) coroutine.yield() end)
    local two = started(function() db:begin() add(4) coroutine.yield() end)
    refused("transaction_busy", count, db)
    assert(coroutine.resume(one) and coroutine.resume(two))
    assert(count(db) == 2 and add(3) == 1 and add(4) == 1)
    db:execute("DELETE FROM log WHERE id > 2")
  end
end

-- One that is suspended keeps its connection for as long as something refers to it; when the
-- collector has found that nothing does, it is undone.
for _ = 1, 20 do
  started(function()
    db:begin()
    add(3)
    coroutine.yield()
  end)
  collectgarbage()
  collectgarbage()
  assert(count(db) == 2 and add(3) == 1)
  db:execute("DELETE FROM log WHERE id = 3")
end
for _ = 1, 20 do
  started(function()
    db:transaction(function()
      add(3)
      coroutine.yield()
    end)
  end)
  collectgarbage()
  collectgarbage()
  assert(count(db) == 2 and add(3) == 1)
  db:execute("DELETE FROM log WHERE id = 3")
end
local held = started(function()
  db:transaction(function()
    add(3)
    coroutine.yield()
  end)
end)
collectgarbage()
collectgarbage()
assert(count(db) == 2)
assert(coroutine.resume(held))
assert(count(db) == 3)

-- With one connection, too.
local alone = freight.open(url, { pool = 1 })
for _ = 1, 3 do
  coroutine.wrap(function()
    alone:begin()
    alone:execute("INSERT INTO log VALUES (9, 'x')")
  end)()
  assert(count(alone) == 3)
end
coroutine.wrap(function()
  alone:begin()
  alone:execute("INSERT INTO log VALUES (9, 'x')")
  coroutine.yield()
end)()
collectgarbage()
collectgarbage()
assert(count(alone) == 3)
print("done")
