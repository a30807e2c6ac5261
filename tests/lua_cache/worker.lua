-- A process that reads and writes a few rows through the cache, in every way, and looks whether what
-- it reads is at least what was acknowledged before it began to read.
--
-- Each row counts its changes in `n`. Whoever has changed one writes the number into a file of its
-- own when the change is acknowledged; whoever reads takes the largest before. It stands there twice,
-- so that whoever reads while it is written finds out.
local url, driver, redis, namespace, folder = arg[1], arg[2], arg[3], arg[4], arg[5]
local me, is_settling = tonumber(arg[6]), arg[8] == "settle"
-- So many steps, or as many as there are until a moment: `200`, or `@1700000000`.
local steps, ends = tonumber(arg[7]), tonumber(arg[7]:match("^@(%d+)$"))
local ROWS, WORKERS, WIDTH = 4, 8, 12
-- What is added where it is undone.
local UNDONE = 1000000000
math.randomseed(tonumber(arg[9]) + me)

local db = freight.open(url)
freight.init(db, { cache = { redis = redis, namespace = namespace }, create_tables = false })
local Port = freight.model("Port", {
  table = "ports", cache = true,
  fields = { n = "integer", name = "string", code = { type = "string", unique = true } },
})

-- ---------------------------------------------------------------- what was acknowledged

local files = {}
for row = 1, ROWS do
  files[row] = {}
  for worker = 1, WORKERS do
    files[row][worker] = ("%s/%d-%d"):format(folder, row, worker)
  end
end

local function written(path)
  while true do
    local file = io.open(path, "rb")
    local text = file and file:read(2 * WIDTH) or ""
    if file then
      file:close()
    end
    if text:sub(1, WIDTH) == text:sub(WIDTH + 1) then
      return tonumber(text:sub(1, WIDTH)) or 0
    end
  end
end

local function acknowledged(row)
  local most = 0
  for worker = 1, WORKERS do
    most = math.max(most, written(files[row][worker]))
  end
  return most
end

local own = {}
for row = 1, ROWS do
  -- One that was killed goes on where it was.
  own[row] = assert(io.open(files[row][me], "r+b") or io.open(files[row][me], "w+b"))
end

local function acknowledge(row, n)
  if is_settling then
    -- Where Redis loses what it has confirmed, it is the end of the release that counts.
    Port:find(987654)
  end
  own[row]:seek("set", 0)
  own[row]:write((("%0" .. WIDTH .. "d"):format(n)):rep(2))
  own[row]:flush()
end

local function check(row, n, at_least, how)
  if n < at_least then
    print(("STALE row %d: %d was acknowledged, and %s gave %d"):format(row, at_least, how, n))
    os.exit(1)
  elseif n >= UNDONE then
    print(("UNDONE row %d: %s gave %d, which was never committed"):format(row, how, n))
    os.exit(1)
  end
end

-- ---------------------------------------------------------------------------------- reads

local reads = {
  function(row)
    local at_least = acknowledged(row)
    check(row, Port:find(row).n, at_least, "find")
  end,
  function(row)
    local at_least = {}
    for each = 1, ROWS do
      at_least[each] = acknowledged(each)
    end
    for each, port in ipairs(Port:find_many({ 1, 2, 3, 4 })) do
      check(each, port.n, at_least[each], "find_many")
    end
  end,
  function(row)
    local at_least = acknowledged(row)
    check(row, Port:where({ id = row }):cache(60):first().n, at_least, "a query")
  end,
  function(row)
    local at_least = acknowledged(row)
    check(row, Port:find_by("code", "c" .. row).n, at_least, "find_by")
  end,
  function()
    local at_least = 0
    for each = 1, ROWS do
      at_least = at_least + acknowledged(each)
    end
    check(0, Port:query():cache(60):sum("n"), at_least, "a sum")
  end,
}

-- --------------------------------------------------------------------------------- writes

local INCREMENT = "UPDATE ports SET n = n + 1 WHERE id = ?"

local function number_of(row)
  return db:query_value("SELECT n FROM ports WHERE id = ?", row)
end

local function transaction(fn)
  for _ = 1, 50 do
    local ok, err = pcall(db.transaction, db, fn)
    if ok then
      return true
    elseif not (type(err) == "table" and err.retryable) then
      error(err, 0)
    end
  end
  return false
end

local writes = {
  -- one row in a transaction
  function(row)
    local n
    if transaction(function()
      db:execute(INCREMENT, row)
      n = number_of(row)
      return true
    end) then
      acknowledge(row, n)
    end
  end,
  -- one statement
  function(row)
    if driver == "postgres" then
      acknowledge(row, db:query_value(INCREMENT .. " RETURNING n", row))
    else
      db:execute("UPDATE ports SET n = LAST_INSERT_ID(n + 1) WHERE id = ?", row)
      acknowledge(row, db:query_value("SELECT LAST_INSERT_ID()"))
    end
  end,
  -- a record that is saved
  function(row)
    local n
    if transaction(function()
      local port = Port:where({ id = row }):lock():first()
      port.n = port.n + 1
      port:save()
      n = port.n
      return true
    end) then
      acknowledge(row, n)
    end
  end,
  -- all rows at once
  function()
    local all
    if transaction(function()
      -- In one order, so that nobody waits for each other.
      db:query("SELECT id FROM ports ORDER BY id FOR UPDATE")
      Port:all_rows():update({ n = freight.sql("n + 1") })
      all = db:query("SELECT id, n FROM ports")
      return true
    end) then
      for _, found in ipairs(all) do
        acknowledge(found.id, found.n)
      end
    end
  end,
  -- a savepoint that is undone
  function(row)
    local n
    if transaction(function()
      db:execute(INCREMENT, row)
      n = number_of(row)
      pcall(db.transaction, db, function()
        db:execute("UPDATE ports SET n = n + ? WHERE id = ?", UNDONE, row)
        error("undo it")
      end)
      return true
    end) then
      acknowledge(row, n)
    end
  end,
  -- a transaction that is undone
  function(row)
    pcall(db.transaction, db, function()
      db:execute("UPDATE ports SET n = n + ? WHERE id = ?", UNDONE, row)
      error("undo it")
    end)
  end,
  -- by hand
  function(row)
    db:exec("BEGIN")
    db:execute(INCREMENT, row)
    local n = number_of(row)
    db:exec("COMMIT")
    acknowledge(row, n)
  end,
}

local done = { reads = 0, writes = 0, retries = 0 }

local function step_once()
  local row = math.random(ROWS)
  local is_read = math.random(100) <= 75
  local kinds = is_read and reads or writes
  local ok, err = pcall(kinds[math.random(#kinds)], row)
  local counted = ok and (is_read and "reads" or "writes") or "retries"
  done[counted] = done[counted] + 1
  if not ok then
    -- Two writers may be in each other's way; nothing else may go wrong.
    if not (type(err) == "table" and err.retryable) then
      error(err, 0)
    end
    if db:in_transaction() then
      db:exec("ROLLBACK")
    end
  end
end

local NAMES = { "reads", "writes", "retries", "hits", "misses", "bypasses", "fills", "fences", "unfenced", "lost_fences",
  "errors", "skipped", "suspensions", "resumptions" }
local step = 0

local function say(word)
  for name, count in pairs(freight.cache_stats()) do
    done[name] = count
  end
  local parts = { word .. " steps=" .. step }
  for place, name in ipairs(NAMES) do
    parts[place + 1] = name .. "=" .. done[name]
  end
  print(table.concat(parts, " "))
  io.stdout:flush()
end

while ends and os.time() < ends or steps and step < steps do
  step = step + 1
  step_once()
  if step % 20 == 0 then
    say("step")
  end
end
say("done")
