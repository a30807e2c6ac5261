-- Handles: what opening returns. Their statements are functions of Rust.
local core = ...
local common = core.common
local database = {}

local Db = {}
Db.__index = Db
Db.__name = "freight.Db"
database.Db = Db

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

common.both_spellings(Db, true)

function database.is_handle(value)
  return type(value) == "table" and getmetatable(value) == Db
end

-- What every way to open takes.
database.options = {
  connect_timeout_ms = "number", statement_timeout_ms = "number",
}

--- Opens what a URL names.
function database.open(url, opts, what)
  common.want(url, "string", "what " .. what .. " opens")
  local own = common.options(opts, database.options, what)
  local session, driver = core.open(url, own.connect_timeout_ms, own.statement_timeout_ms)
  return setmetatable({ session, driver = driver, dialect = driver }, Db)
end

return database
