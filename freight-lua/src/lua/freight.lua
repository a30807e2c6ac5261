-- The module `freight`, put together out of the parts of the API.
local core = ...
local common, values, database = core.common, core.values, core.database

-- With `debug`, errors have the values of their statements.
local freight = { version = core.version, redis = core.redis, debug = false }
for _, name in ipairs({ "json", "time", "crypto", "os_ext" }) do
  freight[name] = common.both_spellings(core[name])
end
for name, value in pairs(values) do
  freight[name] = value
end
for _, name in ipairs({ "sqlite", "mysql", "postgresql" }) do
  freight[name] = core.drivers[name]
end

--- Calls a function; an error of Freight becomes `nil, error`, any other goes on.
function freight.try(fn, ...)
  local function results(ok, first, ...)
    if ok then
      return first, ...
    end
    if common.is_error(first) then
      return nil, first
    end
    error(first, 0)
  end
  return results(pcall(fn, ...))
end

-- The word for a driver, and what opens it.
local also = {
  postgres = "postgresql", pg = "postgresql", mariadb = "mysql", sqlite3 = "sqlite",
  postgresql = "postgresql", mysql = "mysql", sqlite = "sqlite",
}

--- Opens what a URL names, or a driver with its options. The first handle becomes the default.
function freight.open(what, opts)
  common.want(what, "string", "what `freight.open` opens")
  local db
  local driver = also[what]
  if driver == "sqlite" then
    db = core.drivers.sqlite_by_options(opts)
  elseif driver then
    db = freight[driver].connect(opts or {})
  else
    db = database.open(what, opts, "`freight.open`")
  end
  database.default = database.default or db
  return db
end

--- Makes a handle the default one.
function freight.init(db, opts)
  local own = common.options(opts, {
    create_tables = "boolean", lazy_loading = "string", cache = "boolean, table",
  }, "`freight.init`")
  if type(db) ~= "table" or not database.is_handle(db) then
    common.fail("bad_argument", "`freight.init` takes an open database, and not a " .. type(db),
      "`freight.init(sqlite.open(\"app.db\"))`")
  end
  if own.create_tables == nil then
    own.create_tables = core.os_ext.env("FREIGHT_ENV") ~= "production"
  end
  core.model_tables.make_missing(db, own.create_tables)
  core.relations.of_handle[db] = own.lazy_loading and core.relations.lazy_mode(own.lazy_loading)
  if own.cache ~= false then
    core.caching.begin(db, own.cache)
  end
  database.default = db
  return db
end

--- The default handle.
function freight.db()
  return database.default_or_fail()
end

--- A model: defines it, or gives the one that is there.
function freight.model(name, def, opts)
  return core.models.define(database.default, name, def, opts)
end

--- Types, views and objects beside the models, in the words of model files.
function freight.declare(sections)
  return core.models.declare(sections)
end

for name, helper in pairs(core.fields.helpers) do
  if freight[name] == nil then
    freight[name] = helper
  end
end

-- Bytes are a value, anything else says how a field of bytes is.
local bytes = values.blob
function freight.blob(given)
  if given == nil or type(given) == "table" then
    return core.fields.helpers.blob(given)
  end
  return bytes(given)
end

-- The module `json` is the helper for fields too.
getmetatable(freight.json).__call = function(_, opts)
  return core.fields.helpers.json(opts)
end

--- What tests need.
freight.test = core.testing.test

--- A maker of records with made-up values.
freight.factory = core.testing.factory

--- Loads relations of records that were read already.
function freight.load(list, ...)
  common.want(list, "table", "what `freight.load` loads relations of")
  if core.records.is_record(list) then
    list = { list }
  end
  return core.relations.load_all(list, ...)
end

--- A value that a function makes, kept for as long as its tables are not changed.
function freight.cached(key, opts, fn)
  return core.caching.value(freight.db(), key, opts, fn)
end

--- Forgets what was kept of a table, or of everything: whether that was done.
function freight.cache_purge(table)
  return core.caching.purge(freight.db(), table)
end

--- What the cache of a handle did so far, the default one's where none is given; nil without one.
function freight.cache_stats(db)
  return core.cache_counts(database.root(db or freight.db()))
end

--- A transaction on the default handle.
function freight.transaction(...)
  return freight.db():transaction(...)
end

local globals = { "sqlite", "mysql", "postgresql", "json", "time", "crypto", "os_ext" }

--- Puts the drivers and helpers among the globals; one that is there stays, unless `force` is
--- given.
function freight.install_globals(opts)
  local own = common.options(opts, { force = "boolean" }, "`freight.install_globals`")
  for _, name in ipairs(globals) do
    if _G[name] == nil or own.force then
      _G[name] = freight[name]
    end
  end
  return true
end

return common.both_spellings(freight)
