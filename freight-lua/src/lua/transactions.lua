-- Transactions of a handle: nested, across coroutines, tried again, and what waits for their end.
local core = ...
local common, database, events = core.common, core.database, core.events
local Db, root = database.Db, database.root
local is_error = common.is_error

-- ------------------------------------------------------------------- what waits for the end

-- Per handle and coroutine. A handle that is gone takes its own along.
local waiting = setmetatable({}, { __mode = "k" })

local function running()
  -- Lua 5.1 has no name for the main one.
  return coroutine.running() or "main"
end

-- The coroutine that a handle is used for.
local function me(db)
  return root(db) ~= db and db[7] or running()
end

local function own_list(db, which)
  local own = waiting[root(db)] and waiting[root(db)][me(db)]
  return own and own[which] or {}
end

local function at_end(db, which, fn)
  common.want(fn, "function", "what is to run at the end of a transaction")
  if core.depth(db) == 0 then
    return false
  end
  local of_db = waiting[root(db)]
  if not of_db then
    of_db = setmetatable({}, { __mode = "k" })
    waiting[root(db)] = of_db
  end
  local own = of_db[me(db)]
  if not own then
    own = { commit = {}, rollback = {} }
    of_db[me(db)] = own
  end
  local list = own[which]
  list[#list + 1] = fn
  return true
end

local function run_waiting(db, which)
  local own = waiting[root(db)] and waiting[root(db)][me(db)]
  if not own or not core.is_idle(db) then
    return
  end
  waiting[root(db)][me(db)] = nil
  -- It is done, whatever one of them has to say: the others are run as well.
  local has_failed, problem
  for _, fn in ipairs(own[which]) do
    local ok, raised = pcall(fn)
    if not ok and not has_failed then
      has_failed, problem = true, raised
    end
  end
  if has_failed then
    error(problem, 0)
  end
end

-- A savepoint that is undone takes along what waited in it.
local function forget_beyond(db, count)
  local list = own_list(db, "commit")
  for place = #list, count + 1, -1 do
    list[place] = nil
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

-- SQL that is typed by hand may end a transaction too.
local exec = Db.exec

function Db:exec(sql, ...)
  if select("#", ...) > 0 then
    common.fail("bad_argument", "`exec` takes no values", "`db:execute(sql, …)` does, and runs one statement")
  end
  local affected = exec(self, sql)
  if waiting[root(self)] and waiting[root(self)][me(self)] and core.is_idle(self) then
    run_waiting(self, sql:upper():find("ROLLBACK", 1, true) and "rollback" or "commit")
  end
  return affected
end

-- ------------------------------------------------------------------------- begin and end

local ways = { isolation = "string", read_only = "boolean", mode = "string" }

local function tell(db, what, depth, begun)
  if events.are_heard(db) then
    events.tell(db, "transaction", { event = what, depth = depth, ms = core.clock() - begun })
  end
end

-- What a transaction did to records is undone with it. The fourth element of a handle has, per
-- coroutine, the journal of the open transaction: the records that were written, and how many entries
-- there are as element 0. The element of the same number below 0 tells what became of an entry: `CREATED`,
-- `KEYED` where the script gave the key that the database would have, or `UPSERTED`, or nothing where its
-- row was there before; from 1 on the entry is a sheet (`sheets.rs`), of whose records those from that row
-- on were created. `marks_of` has the numbers at the beginning of each level. A record that nobody has any
-- more needs nothing.
local codes = { created = 0, upserted = -1, keyed = -2 }
local CREATED, UPSERTED, KEYED = codes.created, codes.upserted, codes.keyed
local Weak, marks_of = { __mode = "v" }, setmetatable({}, { __mode = "k" })

local function open_journal(db)
  local journals = root(db)[4]
  if not journals then
    journals = setmetatable({}, { __mode = "k" })
    rawset(root(db), 4, journals)
  end
  local own = journals[me(db)]
  -- One that was ended by SQL that somebody typed has left its journal behind.
  if not own or core.levels(db) == 1 then
    own = setmetatable({ [0] = 0 }, Weak)
    journals[me(db)], marks_of[own] = own, {}
  end
  local marks = marks_of[own]
  marks[#marks + 1] = own[0]
  return #marks
end

-- Takes out of a journal what nobody has any more: in a transaction of very many rows the collector would
-- look through all that is gone, again and again.
local MANY = 1024
local function tidy(own)
  local marks, count, alive = marks_of[own], own[0], 0
  if count < (own.tidy_from or 0) then
    return
  end
  for place = 1, count do
    if own[place] then
      alive = alive + 1
    end
  end
  own.tidy_from = 2 * alive
  if 2 * alive > count then
    return
  end
  local kept, level = 0, 1
  for place = 1, count do
    while marks[level] and marks[level] < place do
      marks[level], level = kept, level + 1
    end
    local written, how = own[place], own[-place]
    own[place], own[-place] = nil, nil
    if written then
      kept = kept + 1
      own[kept], own[-kept] = written, how
    end
  end
  for beyond = level, #marks do
    marks[beyond] = kept
  end
  own[0] = kept
end
core.keep("freight.tidy_journal", tidy)

-- A record whose row was made by what is undone has none any more, and its key may soon be that of another
-- row. Where the end of the transaction is not known, the row is looked for when it is needed.
local function undo_creation(record, is_uncertain, keeps_key)
  if is_uncertain then
    core.records.doubt(record, true)
  else
    core.records.renew(record, keeps_key)
  end
end

local function undo_entry(written, how, is_uncertain)
  if how == CREATED or how == KEYED then
    undo_creation(written, is_uncertain, how == KEYED)
  elseif not how or how == UPSERTED then
    core.records.doubt(written, how == UPSERTED)
  else
    for row, record in pairs(written.peers) do
      if row >= how then
        undo_creation(record, is_uncertain)
      end
    end
  end
end

-- `depth` is that of the level, which may have been ended already.
local function end_level(db, is_undone, depth)
  local journals = root(db)[4]
  local own = journals and journals[me(db)]
  if not own or depth and #marks_of[own] < depth then
    return
  end
  local marks = marks_of[own]
  local mark = table.remove(marks) or 0
  if is_undone then
    local is_uncertain = core.is_uncertain(db)
    for place = own[0], mark + 1, -1 do
      if own[place] then
        undo_entry(own[place], own[-place], is_uncertain)
      end
      own[place], own[-place] = nil, nil
    end
    own[0] = mark
  end
  if #marks == 0 then
    journals[me(db)] = nil
    if next(journals) == nil then
      rawset(root(db), 4, nil)
    end
  end
end

--- A record was written: its transaction may still be undone. `how` is a name of `codes`, or nothing where
--- its row was there before.
function events.written(db, record, how)
  local journals = root(db)[4]
  local own = journals and journals[me(db)]
  if own then
    if (own[0] + 1) % MANY == 0 then
      tidy(own)
    end
    local place = own[0] + 1
    own[0] = place
    own[place], own[-place] = record, codes[how]
  end
end

local function begin(db, own)
  local begun = core.clock()
  core.begin(db, own)
  local depth = open_journal(db)
  tell(db, "begin", events.are_heard(db) and core.depth(db), begun)
  return depth
end

local function finish(db, which)
  local begun, depth = core.clock(), events.are_heard(db) and core.depth(db)
  if which == "rollback" then
    end_level(db, true)
  end
  local levels = core.levels(db)
  local ok, why = pcall(core[which], db)
  if not ok then
    -- A COMMIT that is refused may have ended it all the same.
    if which == "commit" and core.levels(db) < levels then
      end_level(db, true)
    end
    error(why, 0)
  end
  if which == "commit" then
    end_level(db, false)
  end
  tell(db, which, depth, begun)
end

--- Opens a transaction, or a savepoint inside one.
function Db:begin(opts)
  begin(self, common.options(opts, ways, "`begin`"))
  return true
end

--- Commits what the last `begin` opened.
function Db:commit()
  finish(self, "commit")
  run_waiting(self, "commit")
  return true
end

--- Undoes what the last `begin` opened.
function Db:rollback()
  finish(self, "rollback")
  run_waiting(self, "rollback")
  return true
end

-- ---------------------------------------------------------------------------- transaction

-- Raised by `tx:rollback()`, and caught by the transaction that it is of.
local Unwinding = {}

function Unwinding.__tostring()
  return "the transaction was left by `tx:rollback()`"
end

local Tx = { __name = "freight.Tx" }

-- The handle for whoever uses a transaction: a helper in a coroutine of its own works on the
-- connection of the one that opened it.
local function handle_for_user(tx)
  local db, owner = rawget(tx, "db"), rawget(tx, "owner")
  if running() == owner or root(db) ~= db then
    return db
  end
  local acting = rawget(tx, "acting")
  if not acting then
    acting = database.acting_for(db, rawget(tx, "number"), owner)
    rawset(tx, "acting", acting)
  end
  return acting
end

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
    return value(handle_for_user(tx), ...)
  end
end

--- Undoes the transaction and leaves it: `transaction` returns `false` and the reason.
function Tx:rollback(reason)
  error(setmetatable({ tx = self, reason = reason }, Unwinding), 0)
end

local function once(db, fn, own)
  local depth = begin(db, own)
  local tx = setmetatable({ db = db, owner = running(), number = core.coroutine_number() }, Tx)
  local known, level = #own_list(db, "commit"), core.levels(db)
  local function undo()
    -- A COMMIT that failed may have ended it. A connection that is gone has nothing to undo; the
    -- first error is the one that tells.
    if core.levels(db) >= level then
      pcall(finish, db, "rollback")
    else
      end_level(db, true, depth)
    end
    forget_beyond(db, known)
    run_waiting(db, "rollback")
  end
  local function results(ok, ...)
    if ok then
      -- SQLite leaves a transaction open whose COMMIT fails (a deferred foreign key).
      local committed, why = pcall(finish, db, "commit")
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
  return results(pcall(fn, tx))
end

-- The first time waits 10 ms, each further one twice as long, and each a bit more or less, so that
-- two that are in each other's way do not meet again.
local function wait_before(attempt)
  core.time.sleep(math.min(10 * 2 ^ (attempt - 1), 1000) * (0.5 + math.random()))
end

local function again(db, fn, own, retries)
  local function attempt(number)
    local function results(ok, ...)
      if ok then
        return ...
      end
      local problem = ...
      if number <= retries and is_error(problem) and problem.retryable and core.depth(db) == 0 then
        wait_before(number)
        return attempt(number + 1)
      end
      error(problem, 0)
    end
    return results(pcall(once, db, fn, own))
  end
  return attempt(1)
end

local choices = { retry = "number" }
for name, kind in pairs(ways) do
  choices[name] = kind
end

--- Runs a function in a transaction, or in a savepoint of the one that is open.
function Db:transaction(fn, opts)
  common.want(fn, "function", "what `transaction` runs")
  if opts == nil then
    return once(self, fn)
  end
  local own = common.options(opts, choices, "`transaction`")
  if (own.retry or 0) == 0 or core.depth(self) > 0 then
    return once(self, fn, own)
  end
  return again(self, fn, own, own.retry)
end

return true
