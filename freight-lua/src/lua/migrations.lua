-- Migrations that a script brings along: `db:migrate` and its like, on the history that
-- `freight migrate` has too.
local core = ...
local common, Db, table_of = core.common, core.database.Db, core.database.history_table
local fail, want = common.fail, common.want

-- Per handle: the ways that this process knows, and the number of its run.
local known = setmetatable({}, { __mode = "k" })

local function of(db)
  db = core.database.root(db)
  local own = known[db]
  if not own then
    own = { ways = {} }
    known[db] = own
  end
  return own
end

-- A way is a function that gets the handle, or SQL.
local function run(db, way)
  if type(way) == "string" then
    return db:exec(way)
  end
  return way(db)
end

-- In a transaction where definitions take part in one.
local function together(db, fn)
  if core.transactional(db) then
    return db:transaction(fn)
  end
  return fn(db)
end

-- With every other migrator kept away.
local function alone(db, fn)
  local lock = core.lock(db)
  local function results(ok, ...)
    local released, why = pcall(core.unlock, lock)
    if not ok then
      error((...), 0)
    end
    if not released then
      error(why, 0)
    end
    return ...
  end
  return results(pcall(fn))
end

local function failed(name, what, problem)
  local code = "migration_failed"
  if common.is_error(problem) and problem.code == "irreversible" then
    code = problem.code
  end
  local err = common.made(code, "migration `" .. name .. "` " .. what .. ": " .. tostring(problem),
    type(problem) == "table" and problem.hint or nil)
  err.cause = problem
  error(err, 0)
end

--- Runs a migration once: `up` is a function that gets the handle, or SQL. True when it ran now.
function Db:migrate(name, up, down)
  want(name, "string", "the name of a migration")
  for way, is in pairs({ up = up, down = down }) do
    if type(is) ~= "function" and type(is) ~= "string" then
      fail("bad_argument", "`" .. way .. "` of migration `" .. name .. "` is a " .. type(is),
        "give a function that gets the handle, or SQL")
    end
  end
  if up == nil then
    fail("bad_argument", "migration `" .. name .. "` has no `up`", "give a function that gets the handle, or SQL")
  end
  local own = of(self)
  own.ways[name] = { up = up, down = down }
  if core.is_recorded(self, table_of(self), name) then
    return false
  end
  return alone(self, function()
    local function apply()
      if core.is_recorded(self, table_of(self), name) then
        return false
      end
      run(self, up)
      own.batch = own.batch or core.next_batch(self, table_of(self))
      core.record(self, table_of(self), name, own.batch, type(up) == "string" and up or "")
      return true
    end
    local ok, result = pcall(together, self, apply)
    if not ok then
      failed(name, "failed", result)
    end
    return result
  end)
end

--- The migrations that scripts have applied, in order.
function Db:migration_status()
  local migrations = core.recorded(self, table_of(self))
  local last = migrations[#migrations]
  return { current_batch = last and last.batch or 0, total_migrations = #migrations, migrations = migrations }
end

local function revert(db, name, ways)
  local way = ways[name] or of(db).ways[name]
  local down = way and (way.down or way[2])
  if down == nil then
    failed(name, "cannot be undone", common.made("irreversible", "it has no `down`",
      "give `{ [\"" .. name .. "\"] = { up, down } }`"))
  end
  local ok, problem = pcall(together, db, function()
    run(db, down)
    core.forget(db, table_of(db), name)
  end)
  if not ok then
    failed(name, "could not be undone", problem)
  end
end

-- Undoes those of the last batch, or all of them, the last first.
local function revert_all(db, ways, only_last)
  return alone(db, function()
    local migrations = core.recorded(db, table_of(db))
    local last = migrations[#migrations]
    for place = #migrations, 1, -1 do
      local one = migrations[place]
      if not only_last or one.batch == last.batch then
        revert(db, one.name, ways)
      end
    end
    of(db).batch = nil
    return true
  end)
end

local function reported(ok, result)
  if ok then
    return true
  end
  if common.is_error(result) then
    return false, tostring(result)
  end
  error(result, 0)
end

--- Undoes the last batch: true, or false and why. `ways[name] = { up, down }` for those that this
--- process has not given to `migrate`.
function Db:rollback_migrations(ways)
  want(ways or {}, "table", "what `rollback_migrations` takes")
  return reported(pcall(revert_all, self, ways or {}, true))
end

--- Undoes every migration: true, or false and why.
function Db:reset(is_meant)
  if is_meant ~= true then
    return false, "`reset` undoes every migration: call `db:reset(true)`"
  end
  return reported(pcall(revert_all, self, {}, false))
end

-- The tables in an order in which each goes before those that it refers to.
local function children_first(db, names)
  local wanted, done, order = {}, {}, {}
  for _, name in ipairs(names) do
    wanted[name] = true
  end
  local refers = {}
  for _, name in ipairs(names) do
    for _, key in ipairs(db:foreign_keys(name)) do
      if wanted[key.table] and key.table ~= name then
        refers[key.table] = refers[key.table] or {}
        table.insert(refers[key.table], name)
      end
    end
  end
  local function put(name)
    if done[name] then
      return
    end
    done[name] = true
    for _, child in ipairs(refers[name] or {}) do
      put(child)
    end
    order[#order + 1] = name
  end
  for _, name in ipairs(names) do
    put(name)
  end
  return order
end

--- Drops tables, those that refer to others first: how many there were.
function Db:drop_tables(...)
  local names = {}
  for place = 1, select("#", ...) do
    local name = want((select(place, ...)), "string", "what `drop_tables` takes")
    if self:table_exists(name) then
      names[#names + 1] = name
    end
  end
  together(self, function()
    for _, name in ipairs(children_first(self, names)) do
      core.drop_table(self, name)
    end
  end)
  return #names
end

return true
