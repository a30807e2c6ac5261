-- Transactions: lua-api.md 2.4.
local db = freight.open(arg[1])
db:exec("CREATE TABLE log (id bigint PRIMARY KEY, word varchar(40))")
local function count()
  return db:query_value("SELECT count(*) FROM log")
end
local function add(id)
  return db:execute("INSERT INTO log VALUES (?, 'x')", id)
end

-- Results come through; without any, it is true.
local one, two = db:transaction(function()
  add(1)
  assert(db:in_transaction())
  return "one", "two"
end)
assert(one == "one" and two == "two" and count() == 1 and not db:in_transaction())
assert(db:transaction(function() end) == true)

-- An error undoes, and goes on unchanged.
local mine = {}
local ok, problem = pcall(db.transaction, db, function()
  add(2)
  error(mine)
end)
assert(not ok and problem == mine and count() == 1)

-- A transaction inside is a savepoint, and `tx:rollback` leaves only it.
local reason
db:transaction(function(tx)
  add(2)
  local done, why = db:transaction(function(inner)
    add(3)
    assert(inner:query_value("SELECT count(*) FROM log") == 3)
    inner:rollback("enough")
  end)
  reason = why
  assert(done == false and count() == 2)
  tx:execute("INSERT INTO log VALUES (?, ?)", 4, "y")
end)
assert(reason == "enough" and count() == 3)

-- What waits for the end is run at the outermost one.
local seen = {}
db:transaction(function(tx)
  tx:after_commit(function() seen[#seen + 1] = "commit" end)
  db:transaction(function()
    db:after_commit(function() seen[#seen + 1] = "inner" end)
  end)
  db:after_rollback(function() seen[#seen + 1] = "never" end)
  assert(#seen == 0)
end)
assert(table.concat(seen, ",") == "commit,inner")
pcall(db.transaction, db, function()
  db:after_commit(function() seen[#seen + 1] = "never" end)
  db:after_rollback(function() seen[#seen + 1] = "rollback" end)
  error("undo")
end)
assert(table.concat(seen, ",") == "commit,inner,rollback")
db:after_commit(function() seen[#seen + 1] = "at once" end)
assert(seen[4] == "at once")

-- A savepoint that is undone takes along what waited in it.
db:transaction(function()
  db:transaction(function(inner)
    inner:after_commit(function() seen[#seen + 1] = "never" end)
    inner:rollback()
  end)
end)
assert(#seen == 4, table.concat(seen, ","))

-- What waits is all run, whatever one of it raises.
local ran = 0
local _, raised = pcall(db.transaction, db, function(tx)
  tx:after_commit(function() ran = ran + 1 error("first", 0) end)
  tx:after_commit(function() ran = ran + 1 error("second", 0) end)
  tx:after_commit(function() ran = ran + 1 end)
end)
assert(ran == 3 and raised == "first" and not db:in_transaction())

-- A COMMIT that fails leaves nothing open.
if arg[2] ~= "mysql" then
  db:exec("CREATE TABLE parents (id bigint PRIMARY KEY); CREATE TABLE children (id bigint PRIMARY KEY, "
    .. "parent bigint REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)")
  local _, why = freight.try(db.transaction, db, function()
    db:after_rollback(function() seen[#seen + 1] = "undone" end)
    db:execute("INSERT INTO children VALUES (1, 1)")
  end)
  assert(why:is("foreign_key_violation"), tostring(why))
  assert(not db:in_transaction() and db:query_value("SELECT count(*) FROM children") == 0)
  assert(seen[5] == "undone")
end

-- A coroutine that ended without ending its transaction gives it up.
local careless = coroutine.create(function()
  db:begin()
  add(90)
end)
assert(coroutine.resume(careless))
assert(count() == 3 and not db:in_transaction())

-- By hand.
db:begin()
add(10)
db:begin()
add(11)
db:rollback()
db:commit()
assert(count() == 4)
local _, err = freight.try(db.commit, db)
assert(err:is("no_transaction"))

-- A script may yield inside; meanwhile another coroutine has another connection.
local inside = coroutine.create(function()
  return db:transaction(function()
    add(20)
    coroutine.yield("waiting")
    return count()
  end)
end)
local _, word = coroutine.resume(inside)
assert(word == "waiting")
assert(count() == 4 and not db:in_transaction())
local _, result = coroutine.resume(inside)
assert(result == 5 and count() == 5)

-- What may succeed when it is tried again is tried again, and nothing else.
local tries = 0
local again = function()
  tries = tries + 1
  add(30)
  if tries < 3 then
    error(setmetatable({ code = "deadlock", message = "", retryable = true }, getmetatable(err)))
  end
  return tries
end
assert(db:transaction(again, { retry = 3 }) == 3 and count() == 6)
ok = pcall(db.transaction, db, function()
  tries = tries + 1
  error("no")
end, { retry = 3 })
assert(not ok and tries == 4)
print("done")
