-- Does the same things again and again: after a third of them, the process has all the memory and
-- all the files that it needs. `arg[1]` is the URL of an empty database, `arg[2]` its driver, and
-- `arg[3]` divides how often.
local url, driver = arg[1], arg[2]
-- Each thing is done so many times less often.
local less = tonumber(arg[3])
local is_server = driver ~= "sqlite"
local db = freight.open(url, { pool = 3 })
db:exec("CREATE TABLE log (id bigint PRIMARY KEY, word varchar(200), number double precision)")
for id = 1, 600 do
  db:execute("INSERT INTO log VALUES (?, ?, ?)", id, "word " .. id, id / 2)
end

-- Kilobytes in memory.
local function memory()
  collectgarbage()
  collectgarbage()
  for line in io.lines("/proc/self/status") do
    local kilobytes = line:match("^VmRSS:%s*(%d+)")
    if kilobytes then
      return tonumber(kilobytes)
    end
  end
end

local process = assert(io.open("/proc/self/stat")):read("*n")

local function files()
  local list = io.popen("ls /proc/" .. process .. "/fd | wc -l")
  local count = list:read("*n")
  list:close()
  return count
end

-- What happens at once, and what comes and goes by and by (threads, allocators), is not growth.
local SPARE = 3000
local function is_flat(what, times, fn)
  times = math.floor(times / less)
  local third = math.floor(times / 3)
  for number = 1, third do
    fn(number)
  end
  local bytes, count = memory(), files()
  for number = third + 1, times do
    fn(number)
  end
  local more, further = memory() - bytes, files() - count
  if more > SPARE or further > 2 then
    error(("%s on %s: %d KB and %d files more after %d times"):format(what, driver, more, further, times), 0)
  end
end

is_flat("queries", 100000, function(number)
  local row = db:query_row("SELECT id, word, number FROM log WHERE id = ?", number % 600 + 1)
  assert(row.id == number % 600 + 1)
end)

is_flat("failed queries", 10000, function(number)
  local way = number % 4
  local _, err
  if way == 0 then
    _, err = freight.try(db.query, db, "SELECT * FROM nowhere")
    assert(err.code == "missing_table")
  elseif way == 1 then
    _, err = freight.try(db.execute, db, "INSERT INTO log VALUES (?, ?, 1)", 1, "again")
    assert(err.code == "unique_violation")
  elseif way == 2 then
    -- A text of its own each time.
    _, err = freight.try(db.query, db, "SELECT wrong_" .. number .. " FROM log")
    assert(err.code == "missing_column")
  else
    _, err = freight.try(db.query, db, "SELECT ?", 1, 2)
    assert(err.code == "bad_argument")
  end
end)

is_flat("texts", 6000, function(number)
  assert(db:query_value("SELECT " .. number .. " + 1") == number + 1)
end)

is_flat("connections", is_server and 210 * less or 1000, function(number)
  local other = freight.open(url)
  assert(other:query_value("SELECT count(*) FROM log") == 600)
  -- One that is forgotten is closed by the collector.
  if number % 2 == 0 then
    other:close()
  elseif number % 20 == 1 then
    other = nil
    collectgarbage()
    collectgarbage()
  end
end)

is_flat("rows", 1000, function(number)
  for row in db:rows("SELECT * FROM log ORDER BY id") do
    assert(row.id == 1)
    break
  end
  if number % 20 == 0 then
    -- Where `for` closes nothing, the collector does.
    collectgarbage()
  end
end)

is_flat("coroutines", 10000, function(number)
  local way = number % 5
  local co = coroutine.create(function()
    if way == 0 then
      return db:query_value("SELECT 1")
    elseif way == 1 then
      return db:execute("UPDATE log SET number = 1 WHERE id = 1")
    elseif way == 2 then
      return db:transaction(function(tx)
        tx:after_commit(function() end)
        coroutine.yield(1)
        return tx:execute("UPDATE log SET number = 2 WHERE id = 1")
      end)
    elseif way == 3 then
      db:begin()
      db:execute("UPDATE log SET number = 3 WHERE id = 1")
      error("lost on the way")
    end
    db:begin()
    db:execute("UPDATE log SET number = 4 WHERE id = 1")
  end)
  while coroutine.status(co) == "suspended" do
    coroutine.resume(co)
  end
end)
assert(db:query_value("SELECT count(*) FROM log") == 600 and not db:in_transaction())
print("done")
