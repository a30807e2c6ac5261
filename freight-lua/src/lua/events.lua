-- What a handle tells while it works: `query`, `slow` and `transaction`.
--
-- A handle that nobody listens to costs nothing: one that somebody does has another metatable,
-- whose statements are looked at.
local core = ...
local common, database = core.common, core.database
local Db = database.Db
local events = {}

local Watched = setmetatable({}, { __index = Db })
Watched.__name = Db.__name
Watched.__tostring = Db.__tostring
database.add_kind(Watched)

-- Per handle: who listens to what, and the milliseconds from which on a query is slow.
local listeners = setmetatable({}, { __mode = "k" })

local known = { query = true, slow = true, transaction = true }

-- Tells an event. What a listener raises is its own affair, and is raised after the statement.
function events.tell(db, event, what)
  local own = listeners[database.root(db)]
  if not own then
    return
  end
  for _, listener in ipairs(own) do
    if listener.event == event then
      listener.fn(what)
    end
  end
end

--- True when somebody listens.
function events.are_heard(db)
  return listeners[database.root(db)] ~= nil
end

local function told(db, name, sql, params, begun, ok, ...)
  local ms = core.clock() - begun
  local result = ...
  local what = { sql = sql, params = params, ms = ms, kind = tostring(sql):match("%a+") }
  what.kind = what.kind and what.kind:lower()
  if not ok then
    what.error = result
  elseif name == "query" then
    what.rows = #result
  elseif name == "query_full" then
    what.rows = #result.rows
  elseif name == "query_row" or name == "query_value" then
    what.rows = result ~= nil and 1 or 0
  elseif name ~= "rows" then
    what.affected = result
  end
  events.tell(db, "query", what)
  local own = listeners[database.root(db)]
  if own and own.slow_ms and ms >= own.slow_ms then
    events.tell(db, "slow", what)
  end
  if not ok then
    error(result, 0)
  end
  return ...
end

-- A handle on which a script has put functions of its own goes the long way too.
local replaceable = { query = true, query_row = true, execute = true }
local Replaced = setmetatable({}, { __index = Db })
Replaced.__name = Db.__name
Replaced.__tostring = Db.__tostring
database.add_kind(Replaced)

-- `queryRow` is `query_row` there too. Whoever puts a function over it has read `db.queryRow` before, and
-- means what is replaced by that: so it is not the name of a method here, but the method itself.
function Db.queryRow(db, ...)
  local class = getmetatable(database.root(db))
  return (rawget(class, "query_row") or Db.query_row)(db, ...)
end

function Db.__newindex(db, name, value)
  local own = name == "queryRow" and "query_row" or name
  rawset(db, own, value)
  if replaceable[own] and getmetatable(db) == Db then
    setmetatable(db, Replaced)
  end
end

for _, class in ipairs({ Watched, Replaced }) do
  class.__newindex = Db.__newindex
  function class.__index(db, name)
    return name == "queryRow" and rawget(db, "query_row") or class[name]
  end
end

--- What a statement did, told; its results, or its error, raised again.
events.told = told

local function watch(name)
  Watched[name] = function(self, sql, ...)
    return told(self, name, sql, { n = select("#", ...), ... }, core.clock(), pcall(Db[name], self, sql, ...))
  end
end

for _, name in ipairs(database.statements) do
  watch(name)
end
-- It is told when it begins: how many rows there will be, nobody knows then.
watch("rows")

local function listeners_of(db)
  db = database.root(db)
  local own = listeners[database.root(db)]
  if not own then
    own = {}
    listeners[db] = own
    setmetatable(db, Watched)
  end
  return own
end

--- Calls a function for each event: `query`, `slow` or `transaction`.
function Db:on(event, fn)
  if not known[event] then
    common.fail("bad_argument", "`" .. tostring(event) .. "` is no event of a database",
      "the events are `query`, `slow` and `transaction`")
  end
  common.want(fn, "function", "what `on` calls")
  local own = listeners_of(self)
  own[#own + 1] = { event = event, fn = fn }
  return true
end

--- Calls a function no more.
function Db:off(fn)
  self = database.root(self)
  local own = listeners[self]
  for place = own and #own or 0, 1, -1 do
    if own[place].fn == fn then
      table.remove(own, place)
    end
  end
  if own and #own == 0 then
    listeners[self] = nil
    local is_replaced = rawget(self, "query") or rawget(self, "query_row") or rawget(self, "execute")
    setmetatable(self, is_replaced and Replaced or Db)
  end
  return true
end

local function print_query(what)
  local outcome = what.error and "failed" or what.rows and what.rows .. " rows"
    or what.affected and what.affected .. " affected" or "rows one by one"
  io.stderr:write(("[freight] %.2f ms, %s: %s\n"):format(what.ms, outcome, (what.sql:gsub("%s+", " "))))
end

--- Listens as the options say that a handle is opened with.
function events.listen_by_options(db, own)
  if own.slow_ms then
    listeners_of(db).slow_ms = own.slow_ms
  end
  if own.log then
    db:on("query", type(own.log) == "function" and own.log or print_query)
  elseif own.slow_ms then
    db:on("slow", print_query)
  end
end

return events
