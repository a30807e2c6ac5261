-- Pools and coroutines: lua-api.md 2.4 and 0.5.
local url, driver = arg[1], arg[2]
local db = freight.open(url, { pool = 2 })
db:exec("CREATE TABLE log (id bigint PRIMARY KEY, word varchar(40))")
local function count(by)
  return (by or db):query_value("SELECT count(*) FROM log")
end
local function add(id)
  return db:execute("INSERT INTO log VALUES (?, 'x')", id)
end
local function resumed(co, ...)
  local ok, result = coroutine.resume(co, ...)
  assert(ok, tostring(result))
  return result
end
local function holder(id)
  local co = coroutine.create(function()
    db:begin()
    add(id)
    coroutine.yield()
    db:commit()
    return db:changes()
  end)
  resumed(co)
  return co
end

-- Each coroutine has its transaction, its last key and its changes.
local first = holder(1)
assert(count() == 0 and db:changes() == 0 and not db:in_transaction())
resumed(first)
assert(count() == 1)

-- No more connections than the pool has.
if driver ~= "sqlite" then
  local one, two = holder(2), holder(3)
  local _, err = freight.try(db.query, db, "SELECT 1")
  assert(err:is("transaction_busy") and err.message:find("2 connections"), tostring(err))
  resumed(one)
  assert(count() == 2)
  resumed(two)
  assert(count() == 3)
else
  -- SQLite has one writer; who holds the lock cannot go on while another one waits for it.
  local one = holder(2)
  assert(count() == 1)
  local begun = os.time()
  local _, err = freight.try(add, 3)
  assert(err:is("busy") and os.time() - begun < 4, tostring(err))
  resumed(one)
  assert(add(3) == 1 and count() == 3)
end
local alone = freight.open(url, { pool = 1 })
local co = coroutine.create(function()
  alone:transaction(function(tx)
    tx:execute("INSERT INTO log VALUES (4, 'y')")
    coroutine.yield()
    -- A helper in a coroutine of its own uses `tx`; the handle has no connection for it.
    local helper = coroutine.wrap(function()
      local _, refused = freight.try(alone.query_value, alone, "SELECT 1")
      return tx:query_value("SELECT count(*) FROM log WHERE id = 4"), refused
    end)
    local found, refused = helper()
    assert(found == 1 and refused:is("transaction_busy"), tostring(refused))
  end)
end)
resumed(co)
local _, err = freight.try(alone.query, alone, "SELECT 1")
assert(err:is("transaction_busy") and err.hint:find("pool"), tostring(err))
resumed(co)
assert(count(alone) == 4)
alone:close()

-- What is typed by hand counts: the connection is the coroutine's until it ends.
local by_hand = coroutine.create(function()
  local seen = {}
  db:exec("BEGIN")
  assert(db:in_transaction())
  db:after_commit(function() seen[#seen + 1] = "commit" end)
  db:after_rollback(function() seen[#seen + 1] = "rollback" end)
  add(5)
  coroutine.yield()
  assert(#seen == 0 and db:in_transaction())
  db:exec("COMMIT")
  assert(seen[1] == "commit" and #seen == 1 and not db:in_transaction())
end)
resumed(by_hand)
assert(count() == 4)
resumed(by_hand)
assert(count() == 5)

-- What waits for the end belongs to the coroutine.
local seen = {}
local waiter = coroutine.create(function()
  db:transaction(function(tx)
    tx:after_commit(function() seen[#seen + 1] = "later" end)
    coroutine.yield()
  end)
end)
resumed(waiter)
db:after_commit(function() seen[#seen + 1] = "at once" end)
assert(table.concat(seen, ",") == "at once")
resumed(waiter)
assert(table.concat(seen, ",") == "at once,later")

-- A handle that is opened later, and options that are wrong.
local lazy = freight.open(url, { lazy = true })
assert(count(lazy) == 5)
local wrong = driver == "sqlite" and "sqlite:/no/such/folder?mode=rw" or url:gsub(":%d+/", ":1/")
local later = freight.open(wrong, { lazy = true })
_, err = freight.try(later.query, later, "SELECT 1")
assert(err.code:find("connection_failed") or err.code:find("unknown_database"), tostring(err))
assert(later:ping() == false)
for _, pool in ipairs({ 0, 1.5, -1 }) do
  _, err = freight.try(freight.open, url, { pool = pool })
  assert(err:is("bad_argument"))
end
_, err = freight.try(sqlite.memory, { pool = 2 })
assert(err:is("bad_argument"))
_, err = freight.try(freight.open, url, { replicas = {} })
assert(err:is("not_supported"))

-- Options of transactions.
local reader = db:transaction(function()
  local done, why = freight.try(db.transaction, db, function() return add(9) end)
  assert(not done, "a transaction that only reads has written")
  return why
end, { read_only = true, isolation = "serializable" })
assert(reader.code ~= nil)
assert(add(6) == 1 and count() == 6)
_, err = freight.try(db.transaction, db, print, { isolation = "best" })
assert(err:is("bad_argument"))
_, err = freight.try(db.begin, db, { mode = "exclusiv" })
assert(err:is("bad_argument"))
_, err = freight.try(db.begin, db, { isolaton = "x" })
assert(err:is("unknown_option"))
_, err = freight.try(db.transaction, db, function() end, { mode = "exclusive" })
assert(driver == "sqlite" and err == nil or err:is("not_supported"), tostring(err))
db:transaction(function()
  local _, why = freight.try(db.begin, db, { readOnly = true })
  assert(why:is("bad_argument"), tostring(why))
end)
-- How far a transaction is kept apart from what others commit meanwhile.
if driver ~= "sqlite" then
  local aside = freight.open(url)
  for level, sees in pairs({ ["read committed"] = 1, ["repeatable-read"] = 0 }) do
    db:transaction(function()
      local before = count()
      aside:execute("INSERT INTO log VALUES (?, 'z')", 100 + sees)
      assert(count() - before == sees, level)
    end, { isolation = level })
  end
  aside:close()
end
if driver ~= "sqlite" then
  local level = driver == "postgres" and "SHOW transaction_isolation"
  db:transaction(function()
    assert(not level or db:query_value(level) == "repeatable read")
  end, { isolation = "REPEATABLE READ" })
end

-- ---- helpers: what they do by `tx` is done on the connection of whoever opened the transaction
local key = ({
  sqlite = "INTEGER PRIMARY KEY AUTOINCREMENT", postgres = "serial PRIMARY KEY", mysql = "bigint AUTO_INCREMENT PRIMARY KEY",
})[driver]
db:exec("CREATE TABLE jobs (id " .. key .. ", name varchar(20))")
local add = "INSERT INTO jobs (name) VALUES (?)"
local function jobs()
  return db:query_value("SELECT count(*) FROM jobs")
end

local function with_helpers()
  local seen, kept = {}, nil
  local heard = 0
  local function listen()
    heard = heard + 1
  end
  local result = db:transaction(function(tx)
    kept = tx
    tx:execute(add, "own")
    local helper = coroutine.wrap(function()
      assert(tx:query_value("SELECT count(*) FROM jobs WHERE name = 'own'") > 0 and tx:in_transaction())
      assert(tx:execute(add, "helper") == 1)
      local id = tx:last_insert_id()
      assert(id == tx:query_value("SELECT max(id) FROM jobs") and tx:changes() == 1)
      coroutine.yield()
      for row in tx:rows("SELECT name FROM jobs WHERE id = ?", id) do
        assert(row.name == "helper")
      end
      -- A savepoint of the helper is undone alone, also by a helper of the helper.
      local done, why = tx:transaction(function(inner)
        assert(inner:execute(add, "undone") == 1)
        coroutine.yield()
        local third = coroutine.wrap(function()
          assert(inner:query_value("SELECT count(*) FROM jobs WHERE name = 'undone'") == 1)
          return freight.try(inner.rollback, inner, "enough")
        end)
        local ok, raised = pcall(third)
        error(ok and "went on" or raised, 0)
      end)
      assert(done == false and why == "enough", tostring(why))
      tx:after_commit(function()
        seen[#seen + 1] = "committed"
      end)
      tx:on("query", listen)
      tx:query_value("SELECT 1")
      tx:off(listen)
      assert(freight.try(tx.table_exists, tx, "jobs") and tostring(tx.driver) == db.driver)
      coroutine.yield()
      return "helped"
    end)
    helper()
    tx:execute(add, "own again")
    helper()
    helper()
    assert(#seen == 0)
    return helper()
  end)
  assert(result == "helped" and #seen == 1 and heard == 1, tostring(result) .. #seen .. heard)
  assert(not db:in_transaction())
  -- When it is over, it is over for helpers, and nothing goes past it.
  local before = jobs()
  local _, over = coroutine.wrap(function()
    return freight.try(kept.execute, kept, add, "late")
  end)()
  assert(over:is("no_transaction"), tostring(over))
  assert(jobs() == before)
  return before
end
assert(with_helpers() == 3)
assert(coroutine.wrap(with_helpers)() == 6)

-- What a helper raises undoes the transaction where it is not caught.
local fine = pcall(db.transaction, db, function(tx)
  coroutine.wrap(function()
    tx:execute(add, "lost")
    error("no", 0)
  end)()
end)
assert(not fine and jobs() == 6 and not db:in_transaction())
-- What a script has put over a method is called by helpers as well.
local called = 0
local own_query = db.query
function db.query(self, ...)
  called = called + 1
  return own_query(self, ...)
end
db:transaction(function(tx)
  coroutine.wrap(function()
    assert(#tx:query("SELECT id FROM jobs") == 6)
  end)()
end)
db.query = nil
assert(called == 1)
print("done")
