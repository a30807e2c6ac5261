-- The codes of lua-api.md 3 that SQL can raise, each on every database that has it. What opening
-- raises is in opening.lua, what Redis raises in redis.lua.
local url, driver = arg[1], arg[2]
local db = freight.open(url, { statement_timeout_ms = 60000 })
local on = { [driver] = true }

local function raises(code, fn, ...)
  local _, err = freight.try(fn, ...)
  assert(err, code .. ": nothing was raised")
  assert(err:is(code), tostring(err) .. " is not " .. code)
  assert(type(err.message) == "string" and #err.message > 0 and not err.message:find("\n", 1, true), err.message)
  assert(tostring(err) == err.message .. " (" .. code .. ")" and "x" .. err == "x" .. tostring(err) and err .. "x" ~= "x")
  assert(type(err.retryable) == "boolean")
  return err
end

-- What a statement raises: who says so, in whose numbers, and what was sent, without the values.
local function refused(code, sql, ...)
  local err = raises(code, db.execute, db, sql, ...)
  assert(err.driver == db.driver and err.sql and err.sql:sub(1, 10) == sql:sub(1, 10), tostring(err.sql))
  assert(type(err.native) == "number" or driver == "postgres", tostring(err.native))
  assert(type(err.sqlstate) == "string" and #err.sqlstate == 5 or driver == "sqlite", tostring(err.sqlstate))
  return err
end
local function is_of(err, table_name, columns, constraint)
  local found = table.concat({ tostring(err.table), table.concat(err.columns or {}, ","), tostring(err.constraint) }, " ")
  local wanted = table.concat({ tostring(table_name), columns, tostring(constraint) }, " ")
  assert(found == wanted, found .. " is not " .. wanted)
  assert(err.column == (err.columns and err.columns[1]))
end

db:exec([[CREATE TABLE ports (id integer PRIMARY KEY, name varchar(20) NOT NULL, country varchar(2),
  depth integer DEFAULT 1, CONSTRAINT ports_name_key UNIQUE (name),
  CONSTRAINT ports_place_key UNIQUE (country, depth), CONSTRAINT ports_deep CHECK (depth > 0))]])
db:exec([[CREATE TABLE ships (id integer PRIMARY KEY, port_id integer NOT NULL,
  CONSTRAINT ships_port_fk FOREIGN KEY (port_id) REFERENCES ports (id))]])
db:execute("INSERT INTO ports (id, name, country) VALUES (1, ?, 'NL')", "Rotterdam")
db:execute("INSERT INTO ships VALUES (1, 1)")

-- ---- schema
local err = refused("missing_table", "SELECT * FROM nowhere")
assert(err.table == "nowhere" or driver == "postgres", tostring(err.table))
refused("missing_table", "INSERT INTO nowhere VALUES (?)", 1)
refused("missing_column", "SELECT depht FROM ports")
refused("missing_column", "UPDATE ports SET depht = ?", 1)
refused("syntax", "SELEC 1")
refused("syntax", "SELECT FROM WHERE")
if not on.postgres then
  raises("not_supported", db.query, db, "SELECT ?", freight.array({ 1 }))
else
  refused("not_supported", "SELECT count(*) FROM ports FOR UPDATE")
end

-- ---- constraints: with the columns on all three
err = refused("unique_violation", "INSERT INTO ports (id, name) VALUES (2, ?)", "Rotterdam")
is_of(err, "ports", "name", "ports_name_key")
assert(err.retryable == false)
is_of(refused("unique_violation", "INSERT INTO ports (id, name) VALUES (?, 'x')", 1), "ports", "id", ({ postgres = "ports_pkey", mysql = "PRIMARY" })[driver])
is_of(refused("unique_violation", "INSERT INTO ports (id, name, country) VALUES (3, 'x', 'NL')"), "ports", "country,depth",
  "ports_place_key")
db:execute("INSERT INTO ports (id, name, country) VALUES (4, 'Emden', 'DE')")
is_of(refused("unique_violation", "UPDATE ports SET name = ? WHERE id = 4", "Rotterdam"), "ports", "name", "ports_name_key")

is_of(refused("foreign_key_violation", "INSERT INTO ships VALUES (2, ?)", 99), "ships", "port_id", "ships_port_fk")
err = refused("foreign_key_violation", "DELETE FROM ports WHERE id = 1")
assert(err.table == "ships" and err.constraint == "ships_port_fk", tostring(err.constraint))
is_of(refused("not_null_violation", "INSERT INTO ports (id, name) VALUES (5, ?)", nil), "ports", "name", nil)
is_of(refused("not_null_violation", "UPDATE ports SET name = NULL"), "ports", "name", nil)
refused("not_null_violation", "INSERT INTO ports (id) VALUES (5)")
err = refused("check_violation", "INSERT INTO ports (id, name, depth) VALUES (6, 'x', ?)", -1)
assert(err.constraint == "ports_deep" and err.table == "ports", tostring(err.constraint) .. tostring(err.table))
if on.sqlite then
  is_of(err, "ports", "depth", "ports_deep")
end

if on.postgres then
  db:exec("CREATE TABLE stays (during int4range, CONSTRAINT stays_apart EXCLUDE USING gist (during WITH &&))")
  db:execute("INSERT INTO stays VALUES (?)", "[1,5)")
  err = refused("exclusion_violation", "INSERT INTO stays VALUES (?)", "[4,6)")
  assert(err.constraint == "stays_apart" and err.table == "stays")
end

-- ---- values that a column does not take
if on.sqlite then
  db:exec("CREATE TABLE strict_ones (n INTEGER, t TEXT) STRICT")
  is_of(refused("invalid_value", "INSERT INTO strict_ones (n) VALUES (?)", "many"), "strict_ones", "n", nil)
  refused("too_long", "SELECT length(zeroblob(2000000000))")
  refused("out_of_range", "SELECT abs(-9223372036854775807 - 1)")
else
  err = refused("too_long", "INSERT INTO ports (id, name) VALUES (7, ?)", ("x"):rep(21))
  assert(on.postgres or err.column == "name")
  refused("out_of_range", "INSERT INTO ports (id, name, depth) VALUES (8, 'x', ?)", 2 ^ 40)
  refused("invalid_value", "INSERT INTO ports (id, name, depth) VALUES (9, 'x', ?)", "many")
  db:exec("CREATE TABLE days (day date)")
  -- February has no thirtieth day: PostgreSQL calls the field out of range.
  refused(on.postgres and "out_of_range" or "invalid_value", "INSERT INTO days VALUES (?)", "2026-02-30")
  refused("invalid_value", "INSERT INTO days VALUES (?)", "soon")
end
assert(db:query_value("SELECT count(*) FROM ports") == 2)

-- ---- values of statements: how many there were, and what they were only for who asks
local told = freight.open(url)
local function params(method, ...)
  local _, err = freight.try(told[method], told, ...)
  assert(err and err.sql, tostring(err))
  return err.params
end
local wrong = "INSERT INTO ports (id, name, depth) VALUES (?, ?, ?)"
local function each_way(check)
  check(params("execute", wrong, 1, "it's", nil), 1, "it's", freight.null)
  check(params("query", wrong, { 1, "it's", 2.5 }), 1, "it's", 2.5)
  check(params("query_row", "SELECT * FROM nowhere WHERE a IN (?) AND b = ?", { 7, 8 }, freight.blob("\0\255")), 7, 8, "\0\255")
  check(params("query_value", "SELECT a FROM nowhere WHERE a = :a OR b = :a", { a = "s3cret" }), "s3cret", "s3cret")
  check(params("query_full", "SELECT * FROM nowhere"))
  check(params("execute", "SELECT ?", 1, 2), 1, 2)
  check(params("exec", "SELECT * FROM nowhere"))
  local _, err = freight.try(function()
    for _ in told:rows("SELECT * FROM nowhere WHERE a = ?", 42) do end
  end)
  check(err.params, 42)
  told:transaction(function(tx)
    _, err = freight.try(function()
      for _ in tx:rows("SELECT * FROM nowhere WHERE a = ?", 42) do end
    end)
    check(err.params, 42)
    tx:rollback()
  end)
end
each_way(function(found, ...)
  assert(#found == select("#", ...), #found)
  for place = 1, #found do
    assert(found[place] == "(redacted)", tostring(found[place]))
  end
end)
assert(freight.debug == false)
freight.debug = true
each_way(function(found, ...)
  assert(#found == select("#", ...), #found)
  for place = 1, #found do
    assert(found[place] == select(place, ...), tostring(found[place]))
  end
end)
freight.debug = false
told:close()

-- ---- usage: nothing is sent
raises("bad_argument", db.query, db, "SELECT ?, ?", 1)
raises("bad_argument", db.query, db, "SELECT ?", print)
raises("bad_argument", db.query, {}, "SELECT 1")
raises("bad_argument", db.transaction, db, 5)
raises("empty_list", db.query, db, "SELECT 1 WHERE 1 IN (?)", {})
raises("cast_error", db.query, db, "SELECT ?", 0 / 0)
assert(raises("unknown_option", db.begin, db, { isolatoin = "serializable" }).hint == "did you mean `isolation`?")
raises("duplicate_option", db.transaction, db, function() end, { readOnly = true, read_only = true })
raises("unknown_option", freight.open, url, { pools = 1 })
assert(not db:in_transaction())

-- ---- transactions
assert(raises("no_transaction", db.commit, db).retryable == false)
raises("no_transaction", db.rollback, db)
if on.postgres then
  db:begin()
  refused("syntax", "SELEC 1")
  refused("transaction_aborted", "SELECT 1")
  db:rollback()
  assert(db:query_value("SELECT 1") == 1)
end

-- ---- concurrency: who waits for a lock that another handle has
local second_handle = freight.open(url, { pool = 1 })
if on.postgres then
  second_handle:exec("SET lock_timeout = '200ms'")
elseif on.mysql then
  second_handle:exec("SET innodb_lock_wait_timeout = 1")
else
  second_handle:exec("PRAGMA busy_timeout = 50")
end
db:begin()
db:execute("UPDATE ports SET depth = 3 WHERE id = ?", 1)
local waits = on.sqlite and "busy" or "lock_timeout"
err = raises(waits, second_handle.execute, second_handle, "UPDATE ports SET depth = ? WHERE id = 1", 4)
assert(err.retryable == true and err.driver == db.driver and err.sql)
if not on.sqlite then
  raises(waits, second_handle.query, second_handle, "SELECT * FROM ports WHERE id = ? FOR UPDATE NOWAIT", 1)
end
db:commit()
assert(second_handle:query_value("SELECT depth FROM ports WHERE id = 1") == 3)
second_handle:close()

local alone = freight.open(url, { pool = 1 })
local other = coroutine.create(function()
  alone:begin()
  coroutine.yield()
  alone:rollback()
end)
assert(coroutine.resume(other))
raises("transaction_busy", alone.query, alone, "SELECT 1")
assert(coroutine.resume(other))

if on.postgres then
  local isolated = { isolation = "serializable" }
  local function move(from, to)
    return coroutine.create(function()
      return freight.try(db.transaction, db, function()
        local sum = db:query_value("SELECT sum(depth) FROM ports WHERE depth = ?", from)
        coroutine.yield()
        db:execute("INSERT INTO ports (id, name, depth) VALUES (?, ?, ?)", 100 + from, "p" .. from, to)
        return sum or 0
      end, isolated)
    end)
  end
  -- Each reads what the other one writes: there is no order in which both can have happened.
  local first, second = move(7, 8), move(8, 7)
  assert(coroutine.resume(first) and coroutine.resume(second))
  assert(select(2, coroutine.resume(first)) == 0)
  local _, _, failure = coroutine.resume(second)
  assert(failure:is("serialization_failure") and failure.retryable == true, tostring(failure))
  -- Tried again it can.
  local tries = 0
  assert(db:transaction(function()
    tries = tries + 1
    if tries == 1 then
      error(failure, 0)
    end
    return tries
  end, { isolation = "serializable", retry = 2 }) == 2)
end

-- A deadlock needs another program, which waits while this one goes on.
if not on.sqlite then
  db:exec("CREATE TABLE berths (id integer PRIMARY KEY, taken integer NOT NULL)")
  db:exec("INSERT INTO berths VALUES (1, 0), (2, 0)")
  local program = [[
    local freight = require("freight")
    local db = freight.open(arg[1])
    local deadlocks = 0
    db:transaction(function()
      db:execute("UPDATE berths SET taken = taken + 1 WHERE id = ?", tonumber(arg[2]))
      local mark = assert(io.open(arg[4] .. arg[2], "w"))
      mark:close()
      for _ = 1, 400 do
        local found = io.open(arg[4] .. arg[3], "r")
        if found then
          found:close()
          break
        end
        freight.time.sleep(25)
      end
      local _, err = freight.try(db.execute, db, "UPDATE berths SET taken = taken + 1 WHERE id = ?", tonumber(arg[3]))
      if err then
        assert(err:is("deadlock") and err.retryable == true, tostring(err))
        deadlocks = deadlocks + 1
        error(err, 0)
      end
    end, { retry = 5 })
    db:close()
    print("deadlocks", deadlocks)
  ]]
  local place = os.tmpname()
  local file = assert(io.open(place, "w"))
  file:write(program)
  file:close()
  local pipe = io.popen("readlink /proc/$PPID/exe")
  local host = pipe:read("*l")
  pipe:close()
  local command = ("'%s' %s '%s' '%s'"):format(host, host:find("freight") and "run" or "", place, url)
  local runs = io.popen(("%s 1 2 '%s' & %s 2 1 '%s'; wait"):format(command, place, command, place))
  local output = runs:read("*a")
  runs:close()
  for _, made in ipairs({ "", "1", "2" }) do
    os.remove(place .. made)
  end
  local sum = 0
  for count in output:gmatch("deadlocks\t(%d)\n") do
    sum = sum + count
  end
  assert(sum == 1, output)
  assert(db:query_value("SELECT sum(taken) FROM berths") == 4, output)
end

-- ---- connection
local hasty = freight.open(url, { statement_timeout_ms = 200, pool = 1 })
local slow = ({
  sqlite = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
  postgres = "SELECT pg_sleep(20)",
  -- SLEEP itself is only cut short.
  mysql = "SELECT count(*) FROM information_schema.columns a, information_schema.columns b, information_schema.columns c",
})[driver]
local begun = os.time()
err = raises("timeout", hasty.query, hasty, slow)
assert(os.time() - begun < 15 and err.driver == db.driver and hasty:query_value("SELECT 1") == 1)

if not on.sqlite then
  local own = on.postgres and "pg_backend_pid()" or "CONNECTION_ID()"
  local function kill()
    local session = hasty:query_value("SELECT " .. own)
    if on.postgres then
      db:query("SELECT pg_terminate_backend(?)", session)
    else
      db:exec("KILL " .. session)
    end
    freight.time.sleep(100)
  end
  kill()
  raises("connection_lost", hasty.query, hasty, "SELECT 1")
  assert(hasty:query_value("SELECT 1") == 1)
  -- Half a transaction on a new connection would be worse than none.
  local _, why = freight.try(hasty.transaction, hasty, function()
    hasty:execute("UPDATE ports SET depth = 5 WHERE id = 1")
    kill()
    raises("connection_lost", hasty.execute, hasty, "UPDATE ports SET depth = 6 WHERE id = 1")
    raises("connection_lost", hasty.query, hasty, "SELECT 1")
    hasty:execute("UPDATE ports SET depth = 7 WHERE id = 1")
  end)
  assert(why:is("connection_lost"), tostring(why))
  assert(hasty:query_value("SELECT depth FROM ports WHERE id = 1") == 3)
end
raises("connection_failed", freight.open, ({
  sqlite = "sqlite:/dev/null/no.db",
  postgres = "postgres://nobody:s3cret@127.0.0.1:1/x",
  mysql = "mysql://nobody:s3cret@127.0.0.1:1/x",
})[driver])
hasty:close()
assert(raises("closed", hasty.query, hasty, "SELECT 1").hint == "open it again")
raises("closed", hasty.transaction, hasty, function() end)

-- ---- `try` is for errors of Freight alone
local ok, other_error = pcall(freight.try, error, { mine = true })
assert(not ok and other_error.mine)
assert(select("#", freight.try(function() return nil end)) == 1)
print("done")
