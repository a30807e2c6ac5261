-- The cache: what comes from it, and that nothing old does.
local url, driver = arg[1], arg[2]
local is_server = driver ~= "sqlite"
local redis = os.getenv("FREIGHT_TEST_REDIS_URL")
if is_server and not redis then
  assert(not os.getenv("FREIGHT_TEST_REQUIRE"), "FREIGHT_TEST_REDIS_URL is not set")
  print("done")
  return
end
local freight = require("freight")
local function same(got, want, what)
  if got ~= want then
    error((what or "value") .. ": " .. tostring(got) .. " is not " .. tostring(want), 2)
  end
end
local function raises(code, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised")
  assert(type(err) == "table" and err.code == code, tostring(err))
  return err
end

-- Scripts that run at the same time keep what they know apart.
local namespace = "lua:" .. freight.crypto.uuid()

-- A handle as another process has it.
local function process(extra)
  local db = freight.open(url)
  -- A machine that runs many tests may take its time.
  local cache = { redis = redis, namespace = namespace, timeout_ms = 10000, connect_timeout_ms = 10000 }
  for name, value in pairs(extra or {}) do
    cache[name] = value
  end
  freight.init(db, { cache = cache })
  local own = { db = db }
  own.Port = freight.model("Port", {
    table = "ports", db = db, cache = true,
    fields = { name = "string", open = "boolean", code = { type = "string", unique = true } },
    relations = { docks = { has_many = "Dock" } },
  })
  own.Dock = freight.model("Dock", {
    table = "docks", db = db, cache = { ttl = 60 },
    fields = { name = "string", port_id = { type = "integer", references = { "ports", "id", on_delete = "cascade" } } },
    relations = { port = { belongs_to = "Port" } },
  })
  own.Plain = freight.model("Plain", { table = "plain", db = db, fields = { name = "string" } })
  return own
end
local one, two = process(), process()

-- What a function of a process asks of the cache: hits, and what did not come from there.
local function counted(own, fn)
  local before = freight.cache_stats(own.db)
  local value = fn()
  local after = freight.cache_stats(own.db)
  return after.hits - before.hits, value, after
end
local function hits(own, fn, want, what)
  same((counted(own, fn)), want, what or "hits")
end
-- What was sent without waiting has arrived.
local function settle(own)
  own.Port:find(987654)
end

for place, name in ipairs({ "Oslo", "Bergen", "Bodo" }) do
  one.Port:create({ name = name, open = true, code = "c" .. place })
end
for place = 1, 3 do
  one.Dock:create({ name = "dock " .. place, port_id = place })
end
settle(one)

-- find, in its short and its long form
same(one.Port:find(1).name, "Oslo")
hits(one, function() same(one.Port:find(1).name, "Oslo") end, 1, "find")
hits(one, function() same(one.Port:find("1").name, "Oslo") end, 1, "find by a text")
hits(one, function() same(one.Port:find({ id = 1 }).open, true) end, 1, "find by a table")
same(one.Port:find(77), nil)
same(one.Port:find(77), nil)

-- what comes from there is a record like any other
local port = one.Port:find(1)
port.name = "Christiania"
port:save()
settle(one)
same(one.Port:find(1).name, "Christiania")
hits(one, function() same(one.Port:find(1).name, "Christiania") end, 1, "after save")

-- another process
two.Port:find(1):update({ name = "Oslo" })
same(one.Port:find(1).name, "Oslo", "after another process")
settle(two)
one.Port:find(1)
hits(one, function() one.Port:find(1) end, 1)
two.db:execute("UPDATE ports SET name = 'raw' WHERE id = 1")
same(one.Port:find(1).name, "raw", "after raw SQL")
two.db:exec("UPDATE ports SET name = 'all'; UPDATE ports SET name = 'other' WHERE id > 1")
same(one.Port:find(1).name, "all", "after several statements")
two.Port:where({ id = 1 }):update({ name = "bulk" })
same(one.Port:find(1).name, "bulk", "after a change of many")
two.Port:find(3):delete()
same(one.Port:find(3), nil, "after delete")
settle(two)

-- a row that is not changed stays
same(one.Port:find(2).name, "other")
hits(one, function() one.Port:find(2) end, 1)
two.Port:find(1):update({ name = "Oslo" })
settle(two)
if is_server then
  hits(one, function() one.Port:find(2) end, 1, "another row")
end

-- transactions: own changes are seen, those of others after their commit, undone ones never
one.Port:find(1)
two.db:transaction(function()
  two.Port:find(1):update({ name = "inside" })
  same(two.Port:find(1).name, "inside")
  if is_server then
    same(one.Port:find(1).name, "Oslo", "before the commit")
  end
end)
same(one.Port:find(1).name, "inside", "after the commit")
pcall(two.db.transaction, two.db, function()
  two.Port:find(1):update({ name = "undone" })
  error("no")
end)
same(one.Port:find(1).name, "inside", "after a rollback")
two.db:transaction(function()
  two.Port:find(1):update({ name = "outer" })
  pcall(two.db.transaction, two.db, function()
    two.Port:find(2):update({ name = "undone" })
    error("no")
  end)
end)
same(one.Port:find(1).name, "outer", "around a savepoint")
same(one.Port:find(2).name, "other", "in a savepoint that was undone")
two.db:exec("BEGIN")
two.db:execute("UPDATE ports SET name = 'by hand' WHERE id = ?", 1)
two.db:exec("COMMIT")
same(one.Port:find(1).name, "by hand", "by hand")
settle(two)

-- inside a transaction the cache is not asked
one.db:transaction(function()
  hits(one, function() one.Port:find(1) end, 0, "in a transaction")
end)

-- find_many and belongs_to
local function names(list)
  local out = {}
  for place, record in ipairs(list) do
    out[place] = record.name
  end
  return table.concat(out, ",")
end
one.Port:create({ name = "Bodo", code = "c9" })
settle(one)
local ids = one.Port:order_by("id"):ids()
same(names(one.Port:find_many(ids)), "by hand,other,Bodo")
if is_server then
  hits(one, function() same(names(one.Port:find_many(ids)), "by hand,other,Bodo") end, 3, "find_many")
end
two.Port:find(2):update({ name = "Bergen" })
settle(two)
same(names(one.Port:find_many(ids)), "by hand,Bergen,Bodo")
one.Port:find_many(ids)
local docks = one.Dock:order_by("id"):all()
same(#docks, 2, "docks, after those of the port that went")
if is_server then
  hits(one, function() same(docks[1]:port().name, "by hand") end, 2, "belongs_to, for the whole list")
end
same(docks[2]:port().name, "Bergen")

-- what goes with another row
same(one.Dock:find(1).name, "dock 1")
two.Port:find(1):delete()
same(one.Dock:find(1), nil, "after a cascade")
settle(two)

-- a unique column
for _ = 1, 3 do
  same(one.Port:find_by("code", "c2").id, 2)
end
hits(one, function() same(one.Port:find_by({ code = "c2" }).id, 2) end, 1, "find_by")
two.Port:find(2):update({ code = "c2b" })
same(one.Port:find_by("code", "c2"), nil, "by a value that is gone")
same(one.Port:find_by("code", "c2b").id, 2, "by a value that is new")
settle(two)

-- reload asks the database, and so does no_cache
port = one.Port:find(2)
one.Port:find(2)
hits(one, function() port:reload() end, 0, "reload")
hits(one, function() one.Port:no_cache():where({ id = 2 }):first() end, 0, "no_cache")

-- results of queries
local function list()
  return names(one.Port:where({ open = true }):order_by("id"):cache(60):all())
end
same(list(), "Bergen")
hits(one, function() same(list(), "Bergen") end, 1, "a result")
two.Port:create({ name = "Tromso", open = true, code = "c10" })
same(list(), "Bergen,Tromso", "after a new row")
settle(two)
list()
local function count()
  return one.Port:where({ open = true }):cache(60):count()
end
same(count(), 2)
hits(one, function() same(count(), 2) end, 1, "a count")
two.Port:where({ name = "Tromso" }):update({ open = false })
same(count(), 1, "after a change")
settle(two)
local joined = function()
  return #one.Dock:join("ports", "ports.id = docks.port_id"):cache(60):all()
end
same(joined(), 1)
hits(one, function() same(joined(), 1) end, 1, "a join")
two.Dock:create({ name = "new", port_id = 2 })
same(joined(), 2, "after a change of one of its tables")
settle(two)
raises("bad_argument", function() return one.Port:cache(0) end)
raises("bad_argument", function() return one.Port:cache("60") end)

-- values that are made
local made = 0
local function value()
  return freight.cached("sum", { ttl = 60, tables = { "docks" } }, function()
    made = made + 1
    return { count = one.Dock:count(), list = { 1, 2 } }
  end)
end
freight.init(one.db)
same(value().count, 2)
same(value().list[2], 2)
same(made, 1, "made")
two.Dock:create({ name = "newer", port_id = 2 })
same(value().count, 3, "after a change")
same(made, 2, "made anew")
settle(two)
local ok, problem = pcall(freight.cached, "bad", { tables = { "docks" } }, function() error("no", 0) end)
same(ok, false)
same(problem, "no")
same(freight.cached("bad", { tables = { "docks" } }, function() return false end), false)
raises("bad_argument", freight.cached, "x", {}, function() end)
raises("bad_argument", freight.cached, "x", { tables = { "docks" } })
if is_server then
  raises("missing_table", freight.cached, "x", { tables = { "nowhere" } }, function() end)
end
one.db:transaction(function()
  same(value().count, 3)
  same(made, 3, "in a transaction it is made each time")
end)

-- purging
settle(one)
one.Port:find(2)
hits(one, function() one.Port:find(2) end, 1)
same(two.Port:cache_purge(2), true)
if is_server then
  hits(one, function() one.Port:find(2) end, 0, "after a purge of a row")
  one.Port:find(2)
  same(two.Port:cache_purge(), true)
  hits(one, function() one.Port:find(2) end, 0, "after a purge of a table")
  one.Port:find(2)
  same(freight.cache_purge(), true)
  hits(one, function() one.Port:find(2) end, 0, "after a purge of everything")
  one.Port:find(2)
  same(freight.cache_purge("docks"), true)
  hits(one, function() one.Port:find(2) end, 1, "after a purge of another table")
end

-- what nobody can read
raises("bad_argument", function() two.db:writes({}, function() end) end)
raises("bad_argument", function() two.db:writes({ "ports" }) end)
same(two.db:writes({ "ports" }, function() return 7 end), 7)
if driver == "postgres" then
  two.db:exec("CREATE FUNCTION rename_all(text) RETURNS int LANGUAGE sql AS $$ UPDATE ports SET name = $1 RETURNING 1 $$")
  one.Port:find(2)
  two.db:query_value("SELECT rename_all('a function')")
  same(one.Port:find(2).name, "a function")
  settle(two)
  one.Port:find(2)
  two.db:writes({ "ports" }, function()
    two.db:query_value("SELECT rename_all('declared')")
  end)
  same(one.Port:find(2).name, "declared")
end

-- what is not there, where that is kept too
local function negative(own)
  return freight.model("Sparse", {
    table = "sparse", db = own.db, cache = { negative = true },
    fields = { name = "string", code = { type = "string", unique = true } },
  })
end
local Sparse, Other = negative(one), negative(two)
Sparse:create({ name = "first", code = "a" })
settle(one)
for _, missing in ipairs({
  function() return Sparse:find(2) end,
  function() return Sparse:find_by("code", "b") end,
  function() return Sparse:find_many({ 2 })[1] end,
}) do
  same(missing(), nil)
  hits(one, function() same(missing(), nil) end, 1, "what is not there")
end
Other:create({ name = "second", code = "b" })
same(Sparse:find(2).name, "second", "after a new row")
same(Sparse:find_by("code", "b").name, "second", "after a new value")
same(Sparse:find_many({ 2 })[1].name, "second", "after a new row of a list")
same(Sparse:find(3), nil)
two.db:execute("INSERT INTO sparse (id, name) VALUES (?, ?)", 3, "raw")
same(Sparse:find(3).name, "raw", "after raw SQL")
same(Sparse:find(4), nil)
Other:insert_many({ { id = 4, name = "many" }, { id = 5, name = "many" } })
same(Sparse:find(4).name, "many", "after many new rows")
same(Sparse:find(6), nil)
pcall(two.db.transaction, two.db, function()
  Other:create({ id = 6, name = "undone" })
  error("no")
end)
same(Sparse:find(6), nil, "after a rollback")
two.db:transaction(function()
  Other:create({ id = 6, name = "done" })
end)
same(Sparse:find(6).name, "done", "after a commit")
Sparse:find(6):delete()
same(Sparse:find(6), nil, "after it is gone")
local found, is_new = Sparse:first_or_create({ code = "z" }, { id = 50 })
same(is_new, true)
same(Sparse:find_by("code", "z").id, found.id)

-- rows that were just changed
local function eager(own)
  return freight.model("Eager", {
    table = "sparse", db = own.db, cache = { write_through = true },
    fields = { name = "string", code = { type = "string", unique = true } },
  })
end
-- Tables were made just now: who has looked at them since begins with the same epoch.
local three, four = process(), process()
local Eager, Reader = eager(three), eager(four)
local record = Eager:find(1)
record:update({ name = "changed" })
settle(three)
if is_server then
  hits(four, function() same(Reader:find(1).name, "changed") end, 1, "a row that was just changed")
end
three.db:transaction(function()
  record:update({ name = "in a transaction" })
end)
settle(three)
if is_server then
  hits(four, function() same(Reader:find(1).name, "in a transaction") end, 1, "after a transaction")
end
pcall(three.db.transaction, three.db, function()
  Eager:find(1):update({ name = "undone" })
  error("no")
end)
same(Reader:find(1).name, "in a transaction", "after a rollback")
Eager:find(1):delete()
same(Reader:find(1), nil, "a row that was just deleted")
three.db:close()
four.db:close()

-- values that are made anew before their time is over
local hurried = process({ early = 1e15 })
hurried.Port:find(2)
local before = freight.cache_stats(hurried.db)
same(hurried.Port:find(2).name, one.Port:find(2).name)
local after = freight.cache_stats(hurried.db)
if is_server then
  same(after.early - before.early, 1, "early")
  hits(one, function() one.Port:find(2) end, 1, "for whoever is in no hurry")
end
two.Port:find(2):update({ name = "in time" })
same(hurried.Port:find(2).name, "in time")
hurried.db:close()
raises("bad_argument", function() process({ early = 0 }) end)

-- a model that keeps nothing, and a handle without a cache
hits(one, function() one.Plain:create({ name = "x" }) one.Plain:find(1) one.Plain:find(1) end, 0, "a plain model")
local bare = freight.open(url)
same(freight.cache_stats(bare), nil)
raises("bad_argument", function() freight.init(one.db, { cache = { redis = redis } }) end)
raises("bad_argument", freight.model, "Negative", { fields = { name = "string" }, cache = { negative = "yes" } })
raises("unknown_option", freight.model, "Wrong", { fields = { name = "string" }, cache = { tll = 1 } })
raises("unknown_option", function() freight.init(bare, { cache = { reddis = "x" } }) end)
if is_server then
  raises("bad_argument", function() freight.init(bare, { cache = true }) end)
end

-- a temporary table is nobody else's
local owning = process()
owning.Plain:create({ name = "shared" })
local function plain(own)
  return own.db, freight.model("Listed", { table = "plain", db = own.db, cache = true, fields = { name = "string" } })
end
local owner_db, Owned = plain(owning)
local _, Shared = plain(two)
same(Owned:find(1).name, "x")
owner_db:transaction(function()
  owner_db:exec("CREATE TEMPORARY TABLE plain AS SELECT 1 AS id, 'mine' AS name")
end)
for _ = 1, 2 do
  same(Owned:find(1).name, "mine", "of a temporary table")
  same(Shared:find(1).name, "x", "beside a temporary table")
end
owning.db:close()
if driver == "sqlite" then
  local beside = freight.open("sqlite:" .. url:gsub("^sqlite:", "") .. ".beside")
  beside:exec("CREATE TABLE far (id integer PRIMARY KEY, name text)")
  beside:exec("INSERT INTO far VALUES (1, 'near')")
  local reading = process()
  reading.db:exec("ATTACH '" .. url:gsub("^sqlite:", "") .. ".beside' AS beside")
  local Far = freight.model("Far", { table = "far", db = reading.db, cache = true, fields = { name = "string" } })
  same(Far:find(1).name, "near")
  beside:execute("UPDATE far SET name = 'changed'")
  same(Far:find(1).name, "changed", "in another file")
  reading.db:close()
  beside:close()
end

-- a handle that is closed takes its connections along, and one in memory has only one
local closing = process()
closing.Port:find(2)
closing.db:close()
same(freight.cache_stats(closing.db), nil)
raises("closed", function() closing.Port:find(2) end)
if driver == "sqlite" then
  local db = freight.open("sqlite::memory:")
  freight.init(db, { cache = true })
  local Box = freight.model("Box", { table = "boxes", db = db, cache = true, fields = { name = "string" } })
  Box:create({ name = "a" })
  same(Box:find(1).name, "a")
  hits({ db = db }, function() same(Box:find(1).name, "a") end, 1, "in memory")
  db:execute("UPDATE boxes SET name = 'b'")
  same(Box:find(1).name, "b")
  db:transaction(function()
    db:execute("UPDATE boxes SET name = 'c'")
    same(Box:find(1).name, "c")
  end)
  same(Box:find(1).name, "c")
  pcall(db.transaction, db, function()
    db:execute("UPDATE boxes SET name = 'd'")
    error("undo it")
  end)
  same(Box:find(1).name, "c")
end

-- Redis that is away: reads go on, and writes find their way
if is_server then
  local away = process({ redis = "redis://127.0.0.1:1/0" })
  same(away.Port:find(2).name, one.Port:find(2).name)
  one.Port:find(2)
  away.Port:find(2):update({ name = "without" })
  same(one.Port:find(2).name, "without", "after a change without Redis")
  local stats = freight.cache_stats(away.db)
  same(stats.unfenced, 1)
  same(stats.suspensions, 1)
  assert(stats.errors > 0 and stats.hits == 0)
  away.db:transaction(function()
    away.Port:find(2):update({ name = "again" })
  end)
  same(one.Port:find(2).name, "again")
  same(freight.cache_stats(away.db).suspensions, 1)

  -- without a guard changes are refused, or what was kept stays
  local loose = namespace .. ":loose"
  local nowhere = "redis://127.0.0.1:1/0"
  local function unguarded(extra)
    extra.namespace, extra.guard = loose, false
    return process(extra)
  end
  local refusing, reading = unguarded({ redis = nowhere }), unguarded({})
  reading.Port:find(2)
  local kept = reading.Port:find(2).name
  local err = raises("connection_failed", function() refusing.Port:find(2):update({ name = "refused" }) end)
  assert(err.hint:find("on_down", 1, true))
  raises("connection_failed", function()
    refusing.db:transaction(function() refusing.Port:find(2):update({ name = "refused" }) end)
  end)
  same(refusing.db:query_value("SELECT name FROM ports WHERE id = 2"), kept)
  unguarded({ redis = nowhere, on_down = "commit" }).Port:find(2):update({ name = "loose" })
  same(reading.db:query_value("SELECT name FROM ports WHERE id = 2"), "loose")
  hits(reading, function() same(reading.Port:find(2).name, kept, "what is documented") end, 1)
  reading.Port:find(2):update({ name = "fenced" })
  same(reading.Port:find(2).name, "fenced")
  raises("bad_argument", function() process({ on_down = "commit" }) end)
  raises("bad_argument", function() unguarded({ on_down = "wait" }) end)

  -- a server without replicas is as good as none for who waits for one
  local apart = namespace .. ":replicas"
  local careful, beside = process({ namespace = apart, wait_replicas = 1, timeout_ms = 50 }), process({ namespace = apart })
  beside.Port:find(2)
  careful.Port:find(2):update({ name = "careful" })
  same(beside.Port:find(2).name, "careful")
  local seen = freight.cache_stats(careful.db)
  same(seen.fences, 0)
  same(seen.unfenced, 1)
  assert(seen.errors > 0)
  raises("bad_argument", function() process({ wait_replicas = 1.5 }) end)
  raises("bad_argument", function() process({ wait_replicas = -1 }) end)
end
print("done")
