-- What runs a query: rows as records, and single values.
local core = ...
local common, models, records, statements, queries = core.common, core.models, core.records, core.statements, core.queries
local conditions, hooks, null = core.conditions, core.hooks, core.null
local quote, checked = statements.quote, queries.checked
local Query = queries.Query

-- ------------------------------------------------------------------------------------ lists

local List = {}

--- Loads relations of all records of the list.
function List:load(...)
  core.relations.load_all(self, ...)
  return self
end

-- The value of a column, or a list of those of several. NULL is `freight.null`, since a list has no
-- holes.
local function plucked(row, names)
  local values = {}
  for place, name in ipairs(names) do
    local value = row[name]
    if records.is_record(row) then
      value = models.Instance.get(row, name)
    end
    if value == nil then
      value = null
    end
    values[place] = value
  end
  if #names == 1 then
    return values[1]
  end
  return values
end

--- The values of a field, or lists of those of several.
function List:pluck(...)
  local names, out = { ... }, {}
  for place, record in ipairs(self) do
    out[place] = plucked(record, names)
  end
  return out
end

--- The records by the values of a field.
function List:index_by(name)
  local out = {}
  for _, record in ipairs(self) do
    local value = record[name]
    if value ~= nil then
      out[value] = record
    end
  end
  return out
end

--- Plain tables, as `to_table` of each.
function List:to_table(opts)
  local out = {}
  for place, record in ipairs(self) do
    out[place] = records.is_record(record) and models.Instance.to_table(record, opts) or record
  end
  return out
end

local ListMeta = { __index = common.both_spellings(List), __name = "freight.List" }

local function list_of(list)
  return setmetatable(list, ListMeta)
end
queries.list_of = list_of

-- ------------------------------------------------------------------------------------ rows

local function found(inside, list)
  if inside.hooks.after_find then
    for _, record in ipairs(list) do
      hooks.run(inside, "after_find", record)
    end
  end
  return list
end

--- All rows.
function Query:all()
  local inside = checked(self, "all").inside
  local db, sql, values = queries.sql(self)
  local shape = records.shape(inside, sql, core.caching.of_query(self))
  if self.is_plain then
    return list_of(statements.records(db, sql, values, shape))
  end
  local meta = records.batch(inside)
  local list = list_of(statements.records(db, sql, values, shape, meta, meta.peers))
  meta.names, meta.lazy = shape[2], self.lazy
  if self.includes then
    core.relations.eager(inside, list, self.includes)
  end
  return found(inside, list)
end
Query.find_all, Query.get = Query.all, Query.all

-- The first row of a query that has an order; nil where there is none.
local function one_of(query, last)
  local inside = query.inside
  local db, sql, values = queries.sql(query, last)
  local shape = records.shape(inside, sql, core.caching.of_query(query))
  if query.is_plain then
    return statements.record(db, sql, values, shape)
  end
  local meta = records.single(inside)
  local record = statements.record(db, sql, values, shape, meta)
  if not record then
    return nil
  end
  meta.names, meta.lazy = shape[2], query.lazy
  if query.includes then
    core.relations.eager(inside, { record }, query.includes)
  end
  if inside.hooks.after_find then
    hooks.run(inside, "after_find", record)
  end
  return record
end
queries.one_of = one_of

-- The order of the key, where none was given.
local function key_order(inside, dir)
  local steps = {}
  for place, name in ipairs(inside.key) do
    steps[place] = ',["order",' .. quote(inside.table .. "." .. name) .. ',"' .. dir .. '",null]'
  end
  return table.concat(steps)
end

--- The steps that put the rows in the order of the query, or of the key, or in its reverse.
function queries.key_order(query, dir)
  local has_order = query.order or query.usual
  if has_order or query.is_grouped then
    return dir == "desc" and has_order and ',["reverse"]' or ""
  end
  local inside = query.inside
  if query.is_joined then
    return key_order(inside, dir)
  end
  local known = inside.key_orders
  if not known then
    known = {}
    inside.key_orders = known
  end
  if not known[dir] then
    local steps = {}
    for place, name in ipairs(inside.key) do
      steps[place] = ',["order",' .. quote(name) .. ',"' .. dir .. '",null]'
    end
    known[dir] = table.concat(steps)
  end
  return known[dir]
end

--- The first row in the order given, or in that of the key; nil where there is none.
function Query:first()
  local last = queries.key_order(checked(self, "first"), "asc")
  if self.is_limited then
    return Query.all(last ~= "" and queries.with(self, last) or self)[1]
  end
  return one_of(self, last .. ',["limit",1]')
end

--- The last row in the same order.
function Query:last()
  checked(self, "last")
  if self.is_limited then
    local list = Query.all(self.order and self or queries.with(self, queries.key_order(self, "asc")))
    return list[#list]
  end
  return one_of(self, queries.key_order(self, "desc") .. ',["limit",1]')
end

--- A query with steps behind its own.
function queries.with(query, steps)
  local out = Query.clone(query)
  out.steps = out.steps .. steps
  return out
end

--- Raises `not_found`.
function queries.not_found(inside, what)
  local err = common.made("not_found", "no row of `" .. inside.name .. "` " .. what)
  err.model, err.table = inside.name, inside.table
  error(err, 0)
end

--- As `first`; raises `not_found`.
function Query:first_or_fail()
  return Query.first(self) or queries.not_found(self.inside, "is found by the query")
end

--- The only row: raises `not_found` and `multiple_found`.
function Query:one()
  local list = Query.all(Query.limit(checked(self, "one"), 2))
  if #list == 0 then
    queries.not_found(self.inside, "is found by the query")
  elseif #list > 1 then
    local err = common.made("multiple_found", "more than one row of `" .. self.inside.name .. "` is found by the query")
    err.model, err.table = self.inside.name, self.inside.table
    error(err, 0)
  end
  return list[1]
end

-- ------------------------------------------------------------------------------------ values

-- The only value of a query.
local function value_of(query, last)
  local db, sql, values = queries.sql(query, last)
  local row
  if query.kept then
    row = statements.record(db, sql, values, records.shape(query.inside, sql, core.caching.of_query(query)))
  else
    row = statements.row(db, sql, values)
  end
  local _, value = next(row or {})
  return value
end

--- Whether there is any row.
function Query:exists()
  local value = value_of(checked(self, "exists"), ',["exists"]')
  return value == true or value == 1 or value == "1"
end

local function whole_of(value)
  return value == nil and 0 or math.tointeger and math.tointeger(tonumber(value)) or tonumber(value)
end

--- How many rows there are; with a column, how many have a value there.
function Query:count(col)
  checked(self, "count")
  if col ~= nil then
    core.check_expression(common.want(col, "string", "what `count` counts"))
  end
  return whole_of(value_of(self, ',["count"' .. (col and "," .. core.json.encode(col) or "") .. "]"))
end

local function typed(inside, name, value)
  local field = inside.by_name[name]
  if value == nil or not field then
    return value
  end
  models.kind(inside, field)
  return (core.convert(records.shape(inside, "")[1], field.column, value))
end

--- How many rows there are per value of a column.
function Query:count_by(col)
  local inside = checked(self, "count_by").inside
  conditions.field_of(inside, col)
  local db, sql, values = queries.sql(self, ',["count_by",' .. quote(col) .. "]")
  local out = {}
  for _, row in ipairs(statements.rows(db, sql, values)) do
    local value = typed(inside, col, row.value)
    out[value == nil and null or value] = whole_of(row.count)
  end
  return out
end

local function field_of(query, col, what)
  local inside = query.inside
  local field = conditions.field_of(inside, common.want(col, "string", "the column of `" .. what .. "`"))
  models.kind(inside, field)
  return field
end

local numbers = { integer = true, float = true, decimal = true, plain = true }

-- SQLite takes a text for 0 where it adds, PostgreSQL refuses it, MySQL looks for digits in it.
local function field_to_add(query, col, what)
  local field = field_of(query, col, what)
  if not numbers[field.kind] then
    common.fail("bad_argument", "`" .. what .. "` adds numbers, and `" .. col .. "` of model `" .. query.inside.name .. "` is "
      .. (field.type or field.kind))
  end
  return field
end

--- The sum of a column; 0 for no rows.
function Query:sum(col)
  local field = field_to_add(checked(self, "sum"), col, "sum")
  local value = value_of(self, ',["sum",' .. quote(col) .. "]")
  if field.kind == "decimal" then
    return core.as_decimal(value or 0, nil, field.scale or 0)
  elseif field.kind == "float" then
    return tonumber(value or 0) + 0.0
  end
  return whole_of(value)
end

--- The average of a column; nil for no rows.
function Query:avg(col)
  local field = field_to_add(checked(self, "avg"), col, "avg")
  local value = value_of(self, ',["avg",' .. quote(col) .. "]")
  if value == nil then
    return nil
  elseif field.kind == "decimal" then
    return core.as_decimal(value, nil, (field.scale or 0) + 4)
  end
  return tonumber(value) + 0.0
end

for _, name in ipairs({ "min", "max" }) do
  --- The least, or the largest, value of a column; nil for no rows.
  Query[name] = function(self, col)
    field_of(checked(self, name), col, name)
    return typed(self.inside, col, value_of(self, ',["' .. name .. '",' .. quote(col) .. "]"))
  end
end

-- A column of `pluck` under a name that a row has it by: its own, or one that is made here, since what
-- an expression is called differs between the databases.
local function column_of(inside, given, place)
  local is_fragment = core.marks.is_fragment(given)
  local text = is_fragment and given.sql or given
  local alias = type(text) == "string" and text:match("%s[aA][sS]%s+([%a_][%w_]*)%s*$")
  if alias then
    return given, alias
  elseif type(text) ~= "string" or not is_fragment and text:find("%*%s*$") then
    common.fail("bad_argument", "`pluck` takes columns one by one, and not `" .. common.shown(text) .. "`")
  elseif not is_fragment and conditions.is_name(text) then
    local of, own = text:match("^(.*)%.(.-)$")
    -- Columns of two tables may have one name.
    if not of or of == inside.table then
      return given, own or text
    end
  end
  local name = "value_" .. place
  if is_fragment then
    return core.values.sql(given.sql .. " AS " .. name, conditions.unpack(given, 1, given.n)), name
  end
  return given .. " AS " .. name, name
end

--- The values of a column, or lists of those of several.
function Query:pluck(...)
  local given, names = { ... }, {}
  if #given == 1 and type(given[1]) == "table" and getmetatable(given[1]) == nil then
    given = given[1]
  end
  local inside, columns = checked(self, "pluck").inside, {}
  for place, each in ipairs(given) do
    columns[place], names[place] = column_of(inside, each, place)
  end
  local list, out = Query.all(Query.as_rows(Query.select(self, conditions.unpack(columns)))), {}
  for place, row in ipairs(list) do
    out[place] = plucked(row, names)
  end
  return out
end

--- The keys.
function Query:ids()
  local key = checked(self, "ids").inside.key
  return Query.pluck(self, conditions.unpack(key))
end

queries.lend({
  "all", "find_all", "get", "first", "first_or_fail", "last", "one", "exists", "count", "count_by", "sum", "avg", "min",
  "max", "pluck", "ids",
})

return true
