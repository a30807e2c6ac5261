-- The API of Freight. What calls a script's own functions is written here and not in Rust, so that
-- they may yield. Nothing here is beyond Lua 5.1: the same text runs in LuaJIT.
local core, version, null, keep = ...

local freight = { null = null, version = version }

-- ------------------------------------------------------------------------------------- errors

local Error = {}
Error.__index = Error
Error.__name = "freight.Error"

function Error:is(code)
  return self.code == code
end

function Error.__tostring(self)
  return self.message .. " (" .. self.code .. ")"
end

function Error.__concat(left, right)
  return tostring(left) .. tostring(right)
end

local function fail(code, message, hint)
  error(setmetatable({ code = code, message = message, hint = hint, retryable = false }, Error), 0)
end

local function is_error(value)
  return type(value) == "table" and getmetatable(value) == Error
end

--- Calls a function; an error of Freight becomes `nil, error`, any other goes on.
function freight.try(fn, ...)
  local function results(ok, first, ...)
    if ok then
      return first, ...
    end
    if is_error(first) then
      return nil, first
    end
    error(first, 0)
  end
  return results(pcall(fn, ...))
end

-- ------------------------------------------------------------------------------------- values

function freight.is_null(value)
  return value == nil or value == null
end

local Blob = { __name = "freight.blob" }

--- Bytes, whatever the column.
function freight.blob(bytes)
  if type(bytes) ~= "string" then
    fail("bad_argument", "`freight.blob` takes a string, and not a " .. type(bytes))
  end
  return setmetatable({ bytes = bytes }, Blob)
end

--- `%`, `_` and the escape character lose their meaning for LIKE … ESCAPE '\'.
function freight.like_escape(text)
  return (text:gsub("[\\%%_]", "\\%0"))
end

local function is_list(value)
  return type(value) == "table" and getmetatable(value) == nil and (#value > 0 or next(value) == nil)
end

-- Puts the elements of a list, or named values, where the statement wants them. Returns the
-- statement, its values and what is wrong.
local function expand(db, sql, ...)
  local count = select("#", ...)
  local given = { ... }
  local only = given[1]
  if count == 1 and type(only) == "table" and getmetatable(only) == nil then
    if next(only) ~= nil and #only == 0 then
      local plain, names = core.names(db, sql)
      local values = { n = #names }
      for place, name in ipairs(names) do
        if only[name] == nil then
          return nil, nil, "no value is given for `:" .. name .. "`; NULL is `freight.null`"
        end
        values[place] = only[name]
      end
      for name in pairs(only) do
        local found = false
        for _, known in ipairs(names) do
          found = found or known == name
        end
        if not found then
          return nil, nil, "no `:" .. tostring(name) .. "` stands in the statement"
        end
      end
      return plain, values, nil
    end
    -- A list for the one placeholder of `IN (?)`, or the list of all values.
    if core.placeholders(db, sql) ~= 1 then
      given, count = only, #only
    end
  end
  local lengths, values, total = {}, {}, 0
  for place = 1, count do
    local value = given[place]
    if is_list(value) then
      if #value == 0 then
        return nil, nil, "an empty list is value " .. place .. ", and `IN ()` is no SQL"
      end
      lengths[place] = #value
      for _, element in ipairs(value) do
        total = total + 1
        values[total] = element
      end
    else
      lengths[place] = 0
      total = total + 1
      values[total] = value
    end
  end
  values.n = total
  return core.spread(db, sql, lengths), values, nil
end

keep(Error, expand)

-- ----------------------------------------------------------------------------------- handles

local Db = {}
Db.__index = Db
Db.__name = "freight.Db"

for _, name in ipairs({
  "exec", "execute", "query", "query_row", "query_value", "query_full", "changes",
  "last_insert_id", "in_transaction", "ping", "close", "server_version",
}) do
  Db[name] = core[name]
end
Db.raw = Db.query
Db.last_insert_rowid = Db.last_insert_id

function Db.__tostring(self)
  return "freight.Db (" .. self.driver .. ")"
end

local function open(url, opts)
  opts = opts or {}
  local session, driver = core.open(url, opts.connect_timeout_ms, opts.statement_timeout_ms)
  return setmetatable({ session, driver = driver, dialect = driver }, Db)
end

-- ------------------------------------------------------------------------------ transactions

-- What is to be done at the outermost end, per handle. A handle that is gone takes its own along.
local waiting = setmetatable({}, { __mode = "k" })

local function at_end(db, which, fn)
  if core.depth(db) == 0 then
    return false
  end
  local own = waiting[db]
  if not own then
    own = { commit = {}, rollback = {} }
    waiting[db] = own
  end
  local list = own[which]
  list[#list + 1] = fn
  return true
end

local function run_waiting(db, which)
  local own = waiting[db]
  if not own or not core.is_idle(db) then
    return
  end
  waiting[db] = nil
  for _, fn in ipairs(own[which]) do
    fn()
  end
end

--- Runs a function when the outermost transaction has been committed; at once without one.
function Db:after_commit(fn)
  if not at_end(self, "commit", fn) then
    fn()
  end
  return true
end

--- Runs a function when the outermost transaction has been undone.
function Db:after_rollback(fn)
  at_end(self, "rollback", fn)
  return true
end

function Db:begin()
  return core.begin(self)
end

function Db:commit()
  core.commit(self)
  run_waiting(self, "commit")
  return true
end

function Db:rollback()
  core.rollback(self)
  run_waiting(self, "rollback")
  return true
end

-- Raised by `tx:rollback()`, and caught by the transaction that it is of.
local Unwinding = {}

local Tx = {}
function Tx.__index(tx, name)
  local own = rawget(Tx, name)
  if own ~= nil then
    return own
  end
  local value = rawget(tx, "db")[name]
  if type(value) ~= "function" then
    return value
  end
  return function(_, ...)
    return value(rawget(tx, "db"), ...)
  end
end

--- Undoes the transaction and leaves it: `transaction` returns `false` and the reason.
function Tx:rollback(reason)
  error(setmetatable({ tx = self, reason = reason }, Unwinding), 0)
end

-- How many functions wait for the commit, and back to as many: a savepoint that is undone takes
-- its own along.
local function waiting_count(db)
  return waiting[db] and #waiting[db].commit or 0
end

local function forget_beyond(db, count)
  local list = waiting[db] and waiting[db].commit or {}
  for place = #list, count + 1, -1 do
    list[place] = nil
  end
end

local function once(db, fn)
  core.begin(db)
  local tx = setmetatable({ db = db }, Tx)
  local known = waiting_count(db)
  local function undo()
    -- A connection that is gone has nothing to undo; the first error is the one that tells.
    pcall(core.rollback, db)
    forget_beyond(db, known)
    run_waiting(db, "rollback")
  end
  local function finish(ok, ...)
    if ok then
      -- SQLite leaves a transaction open whose COMMIT fails (a deferred foreign key).
      local committed, why = pcall(core.commit, db)
      if not committed then
        undo()
        error(why, 0)
      end
      run_waiting(db, "commit")
      if select("#", ...) == 0 then
        return true
      end
      return ...
    end
    local problem = ...
    undo()
    if getmetatable(problem) == Unwinding and problem.tx == tx then
      return false, problem.reason
    end
    error(problem, 0)
  end
  return finish(pcall(fn, tx))
end

--- Runs a function in a transaction, or in a savepoint of the one that is open.
function Db:transaction(fn, opts)
  local retries = opts and opts.retry or 0
  if retries == 0 or core.depth(self) > 0 then
    return once(self, fn)
  end
  local function attempt(left)
    local function results(ok, ...)
      if ok then
        return ...
      end
      local problem = ...
      if left > 0 and is_error(problem) and problem.retryable then
        return attempt(left - 1)
      end
      error(problem, 0)
    end
    return results(pcall(once, self, fn))
  end
  return attempt(retries)
end

-- ------------------------------------------------------------------------------------ drivers

local function encoded(text)
  return (tostring(text):gsub("[^%w%-%._~]", function(char)
    return string.format("%%%02X", char:byte())
  end))
end

local known = {
  host = true, port = true, user = true, password = true, database = true,
  connect_timeout_ms = true, statement_timeout_ms = true,
}
local also = { dbname = "database", username = "user" }

local function url_of(scheme, opts)
  local own = {}
  for key, value in pairs(opts) do
    local name = also[key] or key
    if not known[name] then
      fail("unknown_option", "`" .. tostring(key) .. "` is no option of `connect`",
        "the options are `host`, `port`, `user`, `password`, `database`, `connect_timeout_ms` and `statement_timeout_ms`")
    end
    if own[name] ~= nil then
      fail("duplicate_option", "`" .. name .. "` is given twice, once as `" .. tostring(key) .. "`")
    end
    own[name] = value
  end
  local user = own.user or (scheme == "mysql" and "root" or "postgres")
  local account = encoded(user)
  if own.password then
    account = account .. ":" .. encoded(own.password)
  end
  local url = scheme .. "://" .. account .. "@" .. (own.host or "localhost")
  if own.port then
    url = url .. ":" .. tostring(own.port)
  end
  return url .. "/" .. encoded(own.database or "")
end

local function server(scheme)
  local driver = {}
  function driver.open(url, opts)
    return open(url, opts)
  end
  function driver.connect(where, opts)
    if type(where) == "string" then
      return open(where, opts)
    end
    return open(url_of(scheme, where or {}), where)
  end
  return driver
end

freight.json = core.json
freight.mysql = server("mysql")
freight.postgresql = server("postgres")
freight.sqlite = {}

--- Opens a file, and makes it where it is missing.
function freight.sqlite.open(path, opts)
  return open("sqlite:" .. path:gsub("[%%?#]", function(char)
    return string.format("%%%02X", char:byte())
  end), opts)
end

function freight.sqlite.memory(opts)
  return open("sqlite::memory:", opts)
end

--- Opens what a URL names.
function freight.open(url, opts)
  return open(url, opts)
end

--- Puts the drivers among the globals; one that is there stays, unless `force` is given.
function freight.install_globals(opts)
  for _, name in ipairs({ "sqlite", "mysql", "postgresql", "json" }) do
    if _G[name] == nil or (opts and opts.force) then
      _G[name] = freight[name]
    end
  end
  return true
end

return freight
