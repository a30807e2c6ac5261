-- Records by their keys and by their values, and those that are made where there are none.
local core = ...
local common, models, records, statements, queries = core.common, core.models, core.records, core.statements, core.queries
local hooks, saving, conditions = core.hooks, core.saving, core.conditions
local fail, checked = common.fail, queries.checked
local Query, Class = queries.Query, models.Class
local Db, find_record = core.database.Db, core.find_record

local function key_of(inside, count, ...)
  local key, first = inside.key, ...
  if #key == 0 then
    fail("missing_primary_key", "model `" .. inside.name .. "` has no primary key")
  end
  local given = { ... }
  if count == 1 and type(first) == "table" and getmetatable(first) == nil then
    given = {}
    for place, name in ipairs(key) do
      given[place] = first[name]
    end
    count = #key
  end
  if count ~= #key then
    fail("bad_argument", "the key of `" .. inside.name .. "` has " .. #key .. " columns, and " .. count .. " values were given")
  end
  local values = { n = count }
  for place, name in ipairs(key) do
    local value = given[place]
    if value == nil then
      fail("empty_condition", "the key `" .. name .. "` of `" .. inside.name .. "` is nil", "is a variable misspelt?")
    elseif records.is_record(value) then
      fail("bad_argument", "the key `" .. name .. "` of `" .. inside.name .. "` is a value, and not a record",
        "`record." .. name .. "`, or `record:reload()`")
    end
    local field = inside.by_name[name]
    if type(value) == "number" and core.fields.is_wide(field) and value % 1 == 0 and value >= -2 ^ 63 and value < 2 ^ 63 then
      values[place] = value
    else
      local ok, bound = pcall(models.cast, inside, field, value, models.db(inside))
      if not ok then
        if common.is_error(bound) and (bound.code == "cast_error" or bound.code == "out_of_range") then
          return nil
        end
        error(bound, 0)
      end
      values[place] = bound
    end
  end
  return values
end

-- The SQL that finds a row by its key, and how it is read; kept with the model.
local function find_plan(inside, db)
  if inside.find_db ~= db then
    local scope = inside.options.soft_delete and ',["outer",["null","deleted_at"]]' or ""
    local text = "[" .. saving.header(inside) .. scope .. saving.key_steps(inside) .. "]"
    inside.find_sql, inside.find_order = statements.sql(db, text)
    -- A table that may be gone with the transaction has to be looked for again.
    inside.find_shape = records.shape(inside, inside.find_sql, core.caching.of_rows(inside, db))
    inside.find_db = inside.ready == db and db or nil
    local field = #inside.key == 1 and inside.by_name[inside.key[1]]
    local is_plain = field and models.kind(inside, field) and core.fields.is_wide(field) and not inside.hooks.after_find
    models.find_quickly(inside, is_plain and inside.find_db and { db, inside.find_sql, inside.find_shape, Db } or nil)
  end
  return inside.find_sql, inside.find_shape
end

--- The record of a key, or nil: also for what cannot be a key.
function Class:find(key, ...)
  -- The short way: nobody listens, and the key is a whole number.
  local record = find_record(self, key, ...)
  if record ~= false then
    return record
  end
  local inside = models.inside(self, "find")
  local db = saving.ready(inside)
  local values = key_of(inside, 1 + select("#", ...), key, ...)
  local sql, shape = find_plan(inside, db)
  if not values then
    return nil
  end
  local own = records.single(inside)
  record = statements.record(db, sql, statements.ordered(values, inside.find_order), shape, own)
  if not record then
    return nil
  end
  own.names = shape[2]
  if inside.hooks.after_find then
    hooks.run(inside, "after_find", record)
  end
  return record
end

local function no_row(inside, ...)
  local shown = {}
  for place = 1, select("#", ...) do
    local value = (select(place, ...))
    shown[place] = common.shown(type(value) == "table" and core.json.encode(value) or value)
  end
  local err = common.made("not_found", "no row of `" .. inside.name .. "` has the key " .. table.concat(shown, ", "))
  err.model, err.table, err.key = inside.name, inside.table, (...)
  error(err, 0)
end

--- As `find`; raises `not_found`.
function Class:find_or_fail(...)
  return Class.find(self, ...) or no_row(models.inside(self, "find_or_fail"), ...)
end

--- The record of a key among those of the query, or nil.
function Query:find(...)
  local inside = checked(self, "find").inside
  local values = key_of(inside, select("#", ...), ...)
  if not values then
    return nil
  end
  local query = self
  for place, name in ipairs(inside.key) do
    query = Query.where(query, name, values[place])
  end
  return Query.first(query)
end

--- As `find`; raises `not_found`.
function Query:find_or_fail(...)
  return Query.find(self, ...) or no_row(self.inside, ...)
end

--- The records of keys, in their order; those that are not there are left out.
function Class:find_many(keys)
  local inside = models.inside(self, "find_many")
  common.want(keys, "table", "what `find_many` looks for")
  if #inside.key ~= 1 then
    fail("not_supported", "`find_many` is for keys of one column, and that of `" .. inside.name .. "` has " .. #inside.key)
  end
  local name, wanted, is_there = inside.key[1], {}, {}
  for _, key in ipairs(keys) do
    local values = key_of(inside, 1, key)
    if values and not is_there[values[1]] then
      is_there[values[1]] = true
      wanted[#wanted + 1] = values[1]
    end
  end
  local by_key, found_all = {}, queries.list_of({})
  for from = 1, #wanted, 500 do
    local part = {}
    for place = from, math.min(from + 499, #wanted) do
      part[#part + 1] = wanted[place]
    end
    for _, record in ipairs(Query.all(Query.where_in(queries.new(inside), name, part))) do
      by_key[records.current(record, getmetatable(record), name)] = record
    end
  end
  for _, key in ipairs(wanted) do
    found_all[#found_all + 1] = by_key[key]
  end
  return found_all
end

-- What a request sent as JSON may be a table where a text was meant: `{ "!=": "" }` is every token but
-- none. Who looks for a value gets what has that value; operators are for `where`.
local function want_value(name, value)
  if type(value) == "table" and getmetatable(value) == nil and next(value) ~= nil and value[1] == nil then
    fail("bad_argument", "`" .. common.shown(name) .. "` is looked for by its value, and not by operators", "`where` takes operators")
  end
end

--- The first record, in the order of the query or of the key, whose columns have these values; nil for
--- none.
function Query:find_by(...)
  checked(self, "find_by")
  local first = ...
  local count = select("#", ...)
  if type(first) ~= "table" and count < 2 then
    fail("bad_argument", "`find_by` takes a column and its value, or a table of them")
  end
  if count == 2 then
    want_value(first, (select(2, ...)))
  elseif type(first) == "table" and getmetatable(first) == nil then
    for name, value in pairs(first) do
      want_value(name, value)
    end
  end
  return Query.first(Query.where(self, ...))
end

--- As `find_by`; raises `not_found`.
function Query:find_by_or_fail(...)
  return Query.find_by(self, ...) or queries.not_found(self.inside, "has these values")
end

queries.lend({ "find_by", "find_by_or_fail" })

-- -------------------------------------------------------------------------- find or make

local function merged(search, extra)
  local out = {}
  for name, value in pairs(search) do
    out[name] = value
  end
  for name, value in pairs(extra or {}) do
    out[name] = value
  end
  return out
end

local function want_search(search, what)
  common.want(search, "table", "what `" .. what .. "` looks for")
  if next(search) == nil then
    fail("empty_condition", "`" .. what .. "` looks for nothing", "a value that is nil is not in the table")
  end
end

-- A lost race is answered by reading again. Where a transaction is open, what failed is undone
-- alone. `create` makes the record.
local function make(query, search, create)
  local db = saving.ready(query.inside)
  local ok, record = pcall(function()
    if db:in_transaction() then
      return db:transaction(create)
    end
    return create()
  end)
  if ok then
    return record, true
  end
  if common.is_error(record) and record.code == "unique_violation" then
    local again = Query.where(query, search)
    if db.driver == "mysql" and db:in_transaction() then
      -- A transaction goes on reading what was there when it read first; with a lock it reads what
      -- is there now: https://dev.mysql.com/doc/refman/8.4/en/innodb-consistent-read.html
      again = Query.lock(again, "share")
    end
    local other = Query.first(again)
    if other then
      return other, false
    end
  end
  error(record, 0)
end

-- What finds and what makes records: a query of a relation, or a model.
local function both_of(self, what)
  if conditions.is_query(self) then
    core.related.want_owner(self, what)
    return self, Query
  end
  return queries.new(models.inside(self, what)), Class
end

--- The first record with these values, or a new one; and whether it is new.
local function first_or_create(self, search, extra)
  local query, makers = both_of(self, "first_or_create")
  want_search(search, "first_or_create")
  local record = Query.find_by(query, search)
  if record then
    return record, false
  end
  return make(query, search, function()
    return makers.create(self, merged(search, extra))
  end)
end

--- As `first_or_create`, without saving the new one.
local function first_or_new(self, search, extra)
  local query, makers = both_of(self, "first_or_new")
  want_search(search, "first_or_new")
  local record = Query.find_by(query, search)
  if record then
    return record, false
  end
  return makers.new(self, merged(search, extra)), true
end

--- Changes the first record with these values, or makes one; and whether it is new.
local function update_or_create(self, search, data)
  local query, makers = both_of(self, "update_or_create")
  want_search(search, "update_or_create")
  local record = Query.find_by(query, search)
  local is_new = false
  if not record then
    record, is_new = make(query, search, function()
      return makers.create(self, merged(search, data))
    end)
  end
  if not is_new then
    models.Instance.update(record, data or {})
  end
  return record, is_new
end

for _, owner in ipairs({ Class, Query }) do
  owner.first_or_create, owner.first_or_new, owner.update_or_create = first_or_create, first_or_new, update_or_create
end

return true
