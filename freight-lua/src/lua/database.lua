-- Handles: what opening returns. Their statements are functions of Rust.
local core = ...
local common = core.common
local database = {}

local Db = {}
Db.__index = Db
Db.__name = "freight.Db"
database.Db = Db

--- The methods that take SQL.
database.statements = { "exec", "execute", "query", "query_row", "query_value", "query_full" }

for _, name in ipairs(database.statements) do
  Db[name] = core[name]
end
for _, name in ipairs({
  "changes", "last_insert_id", "in_transaction", "ping", "close", "server_version", "table_exists",
  "table_info", "index_list", "foreign_keys",
}) do
  Db[name] = core[name]
end

--- Another name for `query`.
function Db:raw(...)
  return self:query(...)
end

--- Another name for `last_insert_id`.
function Db:last_insert_rowid()
  return self:last_insert_id()
end

-- What `for` closes when a loop is left, from Lua 5.4 on; elsewhere the collector does.
local Ending = {}

function Ending.__close(ending)
  core.end_rows(ending.cursor)
end

--- The rows of a query, one after the other, for `for`.
function Db:rows(...)
  local cursor = core.rows(self, ...)
  return core.next_row, cursor, nil, setmetatable({ cursor = cursor }, Ending)
end

-- The names that handles were given for their history.
local histories = setmetatable({}, { __mode = "k" })

--- The name of the table with the history of migrations: that of the handle, or the project's; nil
--- for the usual one.
function database.history_table(db)
  local own = histories[database.root(db)]
  if own or not core.configured_history_table then
    return own
  end
  local name, code, message, hint = core.configured_history_table()
  if code then
    common.fail(code, message, hint)
  end
  return name
end

--- The names of the tables; with `internal`, also those of SQLite itself and of Freight.
function Db:tables(opts)
  local internal = common.options(opts, { internal = "boolean" }, "`tables`").internal or false
  local names = core.tables(self, internal)
  local is_known, history = pcall(database.history_table, self)
  for place = #names, 1, -1 do
    if not internal and is_known and names[place] == history then
      table.remove(names, place)
    end
  end
  return names
end

function Db.__tostring(self)
  return "freight.Db (" .. self.driver .. ")"
end

common.both_spellings(Db, true)

-- A handle of a transaction for helpers that run in coroutines of their own: what stands for the
-- session, the coroutines that own connections, and from the fifth element on the handle itself, the
-- session and the coroutine that it acts for.
local ROOT = 5

--- The handle that one acts for; itself where it is none of those.
function database.root(db)
  return rawget(db, ROOT) or db
end

--- A handle on which everything is done for the coroutine that `number` and `owner` name.
function database.acting_for(db, number, owner)
  local acting = { core.acting(number), db[2], nil, nil, db, db[1], owner }
  local meta = { __index = db, __tostring = Db.__tostring }
  database.add_kind(meta)
  return setmetatable(acting, meta)
end

-- Handles that are listened to have a metatable of their own, which `events` makes.
local kinds = setmetatable({ [Db] = true }, { __mode = "k" })

function database.is_handle(value)
  return type(value) == "table" and kinds[getmetatable(value)] == true
end

function database.add_kind(metatable)
  kinds[metatable] = true
end

-- A script that is read for its models must leave databases alone: nobody has said which.
local function refuse_while_collecting(what)
  if core.collecting then
    common.fail("not_supported", what .. " has no database: the script is read for its models only",
      "define models with `freight.model`, and open the database in the program that uses them")
  end
end

--- The default handle; raises where there is none.
function database.default_or_fail()
  refuse_while_collecting("`freight.db()`")
  if not database.default then
    common.fail("bad_argument", "no database is open", "call `freight.init(db)` or `freight.open(url)` first")
  end
  return database.default
end

--- What every way to open takes.
database.options = {
  pool = "number", connect_timeout_ms = "number", statement_timeout_ms = "number", lazy = "boolean",
  idle_check_ms = "number", decimals = "string", booleans = "boolean", tls = "boolean, string",
  log = "boolean, function", slow_ms = "number", history_table = "string", replicas = "none",
}

-- How many connections a handle has at most.
local function pool_of(url, own)
  local most = own.pool
  if most and (most < 1 or most % 1 ~= 0) then
    common.fail("bad_argument", "`pool` is a whole number from 1 on, and not " .. tostring(most))
  end
  -- Each connection to a database in memory is a database of its own.
  local is_memory = url:find("^sqlite3?:/*:memory:") or url:find("[?&]mode=memory")
  if is_memory and most and most > 1 then
    common.fail("bad_argument", "a database in memory has one connection, and not a `pool` of " .. most)
  end
  return most or is_memory and 1 or 5
end

-- The ways to protect a connection, in the words of PostgreSQL, which MySQL's driver knows too.
local function with_tls(url, tls)
  if tls == nil or url:find("^sqlite") then
    return url
  end
  if url:find("[?&]sslmode=") or url:find("[?&]ssl%-mode=") then
    common.fail("duplicate_option", "`tls` is given twice, in the URL and as an option", "leave one of them out")
  end
  local mode = tls == true and "require" or tls == false and "disable" or tls:gsub("[^%w_-]", "?")
  return url .. (url:find("?", 1, true) and "&" or "?") .. "sslmode=" .. mode
end

-- What it owns a connection for, a coroutine that is gone can no longer end.
local weak = { __mode = "v" }

--- A handle of a session.
function database.handle(session)
  local driver = core.driver(session)
  return setmetatable({ session, setmetatable({}, weak), {}, driver = driver, dialect = driver }, Db)
end

--- Opens what a URL names.
function database.open(url, opts, what)
  common.want(url, "string", "what " .. what .. " opens")
  refuse_while_collecting(what)
  local own = common.options(opts, database.options, what)
  if own.decimals and own.decimals ~= "number" and own.decimals ~= "string" then
    common.fail("bad_argument", "`decimals` is `number` or `string`, and not `" .. own.decimals .. "`")
  end
  own.pool = pool_of(url, own)
  local session = core.open(with_tls(url, own.tls), own)
  local db = database.handle(session)
  histories[db] = own.history_table
  core.events.listen_by_options(db, own)
  return db
end

return database
