-- What of models may come from the cache, and what scripts say about it. The cache itself stands
-- before the connections of a handle, so that nothing here has to tell it of changes.
local core = ...
local common, models, queries, database = core.common, core.models, core.queries, core.database
local fail, want = common.fail, common.want
local Query, Class, Db = queries.Query, models.Class, database.Db
local unpack = table.unpack or unpack
local caching = {}

-- ------------------------------------------------------------------------------------ handles

-- The handles that have one.
local of_handle = setmetatable({}, { __mode = "k" })

local options = {
  redis = "string", namespace = "string", ttl = "number", timeout_ms = "number", connect_timeout_ms = "number",
  early = "number", wait_replicas = "number", guard = "boolean", on_down = "string",
}

local function want_time(own, name, what)
  if own[name] ~= nil and not (own[name] > 0) then
    fail("bad_argument", "`" .. name .. "` of " .. what .. " is not more than 0")
  end
end

-- What happens when Redis is away, where it is not the guard that helps.
local function read_outage(own, what)
  local on_down = own.on_down
  if own.guard ~= false and on_down ~= nil then
    fail("bad_argument", "`on_down` of " .. what .. " is for a cache without a guard", "`guard = false`")
  elseif on_down ~= nil and on_down ~= "abort" and on_down ~= "commit" then
    fail("bad_argument", "`on_down` of " .. what .. " is `abort` or `commit`, and not `" .. on_down .. "`")
  elseif own.guard == false then
    own.on_down = on_down or "abort"
  end
end

-- What the project says of its cache; nil where there is none, or no project.
local function of_project()
  if not core.configured_cache then
    return nil
  end
  local own, code, message, hint = core.configured_cache()
  if code then
    fail(code, message, hint)
  end
  return own
end

--- Puts a cache before the connections of a handle: the one that is given, or else the project's.
--- What the one does not say the other does.
function caching.begin(db, given)
  local what = "`cache` of `freight.init`"
  local root = database.root(db)
  local own = common.options(type(given) == "table" and given or nil, options, what)
  for _, name in ipairs({ "ttl", "timeout_ms", "connect_timeout_ms", "early" }) do
    want_time(own, name, what)
  end
  if given == nil and of_handle[root] then
    return
  end
  local project = own.redis == nil and of_project()
  if project then
    for name, value in pairs(project) do
      if own[name] == nil then
        own[name] = value
      end
    end
  elseif given == nil then
    return
  end
  read_outage(own, what)
  core.cache_begin(root, own)
  of_handle[root] = own.ttl or 300
  -- How they find a record was settled without it.
  for _, inside in ipairs(models.all(db)) do
    inside.find_db = nil
    models.find_quickly(inside, nil)
  end
end

-- ------------------------------------------------------------------------------------- models

local of_model = {
  ttl = "number", rows = "boolean", queries = "number, boolean", negative = "boolean", write_through = "boolean",
}

--- What a definition says about it; nil where nothing is kept.
function caching.read(name, given)
  if not given then
    return nil
  end
  local what = "`cache` of model `" .. name .. "`"
  local own = common.options(given ~= true and given or nil, of_model, what)
  want_time(own, "ttl", what)
  if type(own.queries) == "number" then
    want_time(own, "queries", what)
  end
  own.rows = own.rows ~= false
  return own
end

-- True where rows of a model are kept by its handle, which has been told so.
local function is_kept(inside, db)
  local own, root = inside.cache, database.root(db)
  if not own or not own.rows or not of_handle[root] then
    return false
  end
  if inside.kept_by ~= root then
    core.cache_keep(root, inside.table, own.ttl, own.negative or false, own.write_through or false)
    inside.kept_by = root
  end
  return true
end

--- Whether a row may come from the cache: true or nil.
function caching.of_rows(inside, db)
  return is_kept(inside, db) or nil
end

--- What of a query may come from the cache: true for its rows, the seconds for its result, or nil.
function caching.of_query(query, is_of_rows)
  local inside = query.inside
  local kept, own = query.kept, inside.cache
  if kept == false or kept == nil and not own then
    return nil
  end
  local db = models.db(inside)
  local time = of_handle[database.root(db)]
  if not time then
    return nil
  elseif kept then
    return kept == true and (own and own.ttl or time) or kept
  elseif own.queries and not is_of_rows then
    return own.queries == true and (own.ttl or time) or own.queries
  end
  return is_kept(inside, db) or nil
end

--- The result of the query may come from the cache, for so many seconds.
function Query:cache(ttl)
  if ttl ~= nil and not (want(ttl, "number", "the time that `cache` takes") > 0) then
    fail("bad_argument", "the time that `cache` takes is not more than 0")
  end
  local out = Query.clone(queries.checked(self, "cache"))
  out.kept = ttl or true
  return out
end

--- The query is asked of the database.
function Query:no_cache()
  local out = Query.clone(queries.checked(self, "no_cache"))
  out.kept = false
  return out
end

queries.lend({ "cache", "no_cache" })

--- Forgets what was kept of the model's table, or of the row of a key: whether that was done.
function Class:cache_purge(...)
  local inside = models.inside(self, "cache_purge")
  return core.cache_forget(database.root(models.db(inside)), inside.table, ...)
end

--- As `cache_purge` of a model, for a table, or for everything.
function caching.purge(db, table)
  if table ~= nil then
    want(table, "string", "the table of `cache_purge`")
  end
  return core.cache_forget(database.root(db), table)
end

-- ------------------------------------------------------------------------------ what is said

local function pack(...)
  return { n = select("#", ...), ... }
end

--- Runs a function whose SQL changes these tables, where its text does not tell.
function Db:writes(tables, fn)
  want(tables, "table", "the tables of `writes`")
  want(fn, "function", "what `writes` takes")
  if #tables == 0 then
    fail("bad_argument", "`writes` is told no table", "`db:writes({ \"ports\" }, function() … end)`")
  end
  for _, name in ipairs(tables) do
    want(name, "string", "a table of `writes`")
  end
  local root = database.root(self)
  core.cache_declare(root, tables)
  local results = pack(pcall(fn))
  core.cache_declare(root, nil)
  if not results[1] then
    error(results[2], 0)
  end
  return unpack(results, 2, results.n)
end

--- A value that a function makes, kept until one of its tables is changed.
function caching.value(db, key, opts, fn)
  want(key, "string", "the key of `cached`")
  local own = common.options(opts, { ttl = "number", tables = "table" }, "`freight.cached`")
  want_time(own, "ttl", "`freight.cached`")
  want(fn, "function", "what `cached` takes")
  if type(own.tables) ~= "table" or #own.tables == 0 then
    fail("bad_argument", "`freight.cached` is not told of which tables the value is made",
      "`{ tables = { \"ports\" } }`")
  end
  local root = database.root(db)
  local found = core.cache_look(root, key, own.tables)
  if type(found) == "string" then
    return core.json.decode(found).value
  end
  -- What is made now looks as it will when it comes from the cache.
  local ok, text = pcall(function()
    return core.json.encode({ value = fn() })
  end)
  if not ok then
    if found ~= nil then
      core.cache_leave(root, found)
    end
    error(text, 0)
  end
  if found ~= nil then
    core.cache_fill(root, found, text, own.ttl)
  end
  return core.json.decode(text).value
end

return caching
