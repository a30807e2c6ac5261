-- Connections that a server ends: outside a transaction, in one, in one that was typed by hand,
-- and while nobody looks.
local url = arg[1]
local common = require("common")
local number, kill, refused, count = common.number, common.kill, common.refused, common.count
if not common.is_server then
  print("done")
  return
end
local db = freight.open(url, { pool = 1 })
db:exec("CREATE TABLE log (id bigint PRIMARY KEY, word varchar(40))")

-- ------------------------------------------------------------------------ outside a transaction
for place, statement in ipairs(common.statements) do
  local before = number(db)
  kill(before)
  local err = refused("connection_lost", statement, db)
  assert(err.driver == db.driver and err.retryable == false, "statement " .. place)
  assert(not tostring(err):find("freight:", 1, true), tostring(err))
  -- What failed is not sent again by itself: nobody knows whether it was done.
  assert(count(db) == 0 and number(db) ~= before, "statement " .. place)
end
for _, begin in ipairs({ db.begin, function() db:exec("BEGIN") end, function() db:transaction(print) end }) do
  kill(number(db))
  refused("connection_lost", begin, db)
  assert(not db:in_transaction())
end
-- What is prepared already is prepared again.
for id = 1, 3 do
  db:execute("INSERT INTO log VALUES (?, 'a')", id)
end
kill(number(db))
refused("connection_lost", db.execute, db, "INSERT INTO log VALUES (?, 'a')", 4)
assert(db:execute("INSERT INTO log VALUES (?, 'a')", 4) == 1 and count(db) == 4)
db:exec("DELETE FROM log")
-- `ping` opens another one.
kill(number(db))
assert(db:ping() == true and count(db) == 0)

-- ----------------------------------------------------------------------------- in a transaction
-- Whatever is tried, nothing reaches another connection until the end of the transaction.
local function stays_lost()
  for _ = 1, 2 do
    for _, statement in ipairs(common.statements) do
      refused("connection_lost", statement, db)
    end
    refused("connection_lost", db.begin, db)
    refused("connection_lost", db.transaction, db, function() error("a savepoint on nothing") end)
    assert(db:ping() == false)
  end
end
local function works()
  assert(count(db) == 0, "something of a transaction that was lost is there")
  assert(db:execute("INSERT INTO log VALUES (1, 'x')") == 1)
  assert(db:transaction(function() return db:execute("DELETE FROM log") end) == 1)
end

local told = {}
local err = refused("connection_lost", db.transaction, db, function(tx)
  tx:after_commit(function() told[#told + 1] = "committed" end)
  tx:after_rollback(function() told[#told + 1] = "undone" end)
  tx:execute("INSERT INTO log VALUES (1, 'x')")
  kill(number(db))
  stays_lost()
end)
assert(err ~= nil and table.concat(told, " ") == "undone", table.concat(told, " "))
works()
-- An error of the script goes on unchanged.
local ok, problem = pcall(db.transaction, db, function()
  kill(number(db))
  error("its own", 0)
end)
assert(not ok and problem == "its own")
works()
-- It is not run again by itself.
local times = 0
refused("connection_lost", db.transaction, db, function()
  times = times + 1
  kill(number(db))
  db:query("SELECT 1")
end, { retry = 3 })
assert(times == 1)
works()
-- Leaving it by hand is no error, since nothing is there to undo.
local left, why = db:transaction(function(tx)
  kill(number(db))
  tx:rollback("enough")
end)
assert(left == false and why == "enough")
works()

-- A savepoint that ends does not end the transaction around it.
err = refused("connection_lost", db.transaction, db, function()
  db:execute("INSERT INTO log VALUES (1, 'x')")
  refused("connection_lost", db.transaction, db, function()
    refused("connection_lost", db.transaction, db, function()
      kill(number(db))
      stays_lost()
    end)
    stays_lost()
  end)
  stays_lost()
  assert(freight.try(db.transaction, db, print) == nil)
  stays_lost()
end)
works()

-- `begin` and its two ends.
for _, finish in ipairs({ "commit", "rollback" }) do
  db:begin()
  db:execute("INSERT INTO log VALUES (1, 'x')")
  kill(number(db))
  stays_lost()
  refused("connection_lost", db[finish], db)
  refused("no_transaction", db[finish], db)
  works()
  -- The end is the first to notice.
  db:begin()
  db:execute("INSERT INTO log VALUES (1, 'x')")
  kill(number(db))
  refused("connection_lost", db[finish], db)
  works()
  -- With a savepoint, both are to be ended.
  db:begin()
  db:begin()
  kill(number(db))
  refused("connection_lost", db[finish], db)
  stays_lost()
  refused("connection_lost", db[finish], db)
  works()
end

-- Typed by hand; a savepoint that is undone by hand ends nothing.
for _, way in ipairs({ "exec", "execute" }) do
  for _, finish in ipairs({ "COMMIT", "ROLLBACK", " rollback work" }) do
    db:exec("BEGIN")
    db:execute("INSERT INTO log VALUES (1, 'x')")
    db:exec("SAVEPOINT here")
    kill(number(db))
    stays_lost()
    refused("connection_lost", db.exec, db, "ROLLBACK TO SAVEPOINT here")
    refused("connection_lost", db.exec, db, "ROLLBACK WORK TO here")
    stays_lost()
    refused("connection_lost", db[way], db, finish)
    works()
  end
end
-- With a savepoint of `begin` in it.
db:exec("BEGIN")
db:begin()
kill(number(db))
refused("connection_lost", db.rollback, db)
stays_lost()
refused("connection_lost", db.exec, db, "ROLLBACK")
works()

-- Another coroutine is not in that transaction.
local pair = freight.open(url, { pool = 2 })
local inside = common.started(function()
  pair:transaction(function()
    kill(number(pair))
    coroutine.yield()
    refused("connection_lost", count, pair)
    coroutine.yield()
  end)
end)
assert(count(pair) == 0)
assert(coroutine.resume(inside))
assert(count(pair) == 0)
local _, ending = coroutine.resume(inside)
assert(ending:is("connection_lost"), tostring(ending))
assert(count(pair) == 0)

-- ------------------------------------------------------------------------------------ while idle
-- After the limit it is asked for first, so that no statement meets the connection that is gone.
local watchful = freight.open(url, { idle_check_ms = 0 })
for _, statement in ipairs(common.statements) do
  kill(number(watchful))
  statement(watchful)
end
kill(number(watchful))
watchful:transaction(function() watchful:execute("DELETE FROM log") end)
-- In a transaction there is no such limit.
refused("connection_lost", watchful.transaction, watchful, function()
  kill(number(watchful))
  count(watchful)
end)
assert(count(watchful) == 0)
refused("bad_argument", freight.open, url, { idle_check_ms = "soon" })
print("done")
