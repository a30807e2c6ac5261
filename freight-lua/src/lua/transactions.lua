-- Transactions of a handle: nested, across coroutines, tried again, and what waits for their end.
local core = ...
local common, Db = core.common, core.database.Db
local is_error = common.is_error

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

return true
