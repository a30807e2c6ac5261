-- What runs a query: rows as records, single values, changes of many rows, pages.
local core = ...
local common, models, records, statements, queries = core.common, core.models, core.records, core.statements, core.queries
local conditions, hooks, saving, null = core.conditions, core.hooks, core.saving, core.null
local fail, quote = common.fail, statements.quote
local Query, Class = queries.Query, models.Class

-- ------------------------------------------------------------------------------------ lists

local List = {}

--- Loads relations of all records of the list.
function List:load(...)
  core.relations.load_all(self, ...)
  return self
end

--- The values of a field, or lists of those of several.
function List:pluck(...)
  local names, out = { ... }, {}
  for place, record in ipairs(self) do
    if #names == 1 then
      out[place] = record[names[1]]
    else
      local values = {}
      for number, name in ipairs(names) do
        values[number] = record[name]
      end
      out[place] = values
    end
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

local function checked(query, what)
  if not conditions.is_query(query) then
    fail("bad_argument", "`" .. what .. "` is a method of a query, and was not called on one",
      "call it with a colon: `query:" .. what .. "(…)`")
  end
  return query
end

--- All rows.
function Query:all()
  local inside = checked(self, "all").inside
  local db, sql, values = queries.sql(self)
  local shape = records.shape(inside, sql)
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
  local shape = records.shape(inside, sql)
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

local function plain_key_order(query, dir)
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
  local last = plain_key_order(checked(self, "first"), "asc")
  if self.is_limited then
    return Query.all(last ~= "" and queries.with(self, last) or self)[1]
  end
  return one_of(self, last .. ',["limit",1]')
end

--- The last row in the same order.
function Query:last()
  checked(self, "last")
  if self.is_limited then
    local list = Query.all(self.order and self or queries.with(self, plain_key_order(self, "asc")))
    return list[#list]
  end
  return one_of(self, plain_key_order(self, "desc") .. ',["limit",1]')
end

--- A query with steps behind its own.
function queries.with(query, steps)
  local out = Query.clone(query)
  out.steps = out.steps .. steps
  return out
end

local function not_found(inside, what)
  local err = common.made("not_found", "no row of `" .. inside.name .. "` " .. what)
  err.model, err.table = inside.name, inside.table
  error(err, 0)
end

--- As `first`; raises `not_found`.
function Query:first_or_fail()
  return Query.first(self) or not_found(self.inside, "is found by the query")
end

--- The only row: raises `not_found` and `multiple_found`.
function Query:one()
  local list = Query.all(Query.limit(checked(self, "one"), 2))
  if #list == 0 then
    not_found(self.inside, "is found by the query")
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
  local row = statements.row(db, sql, values)
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

local function field_to_add(query, col, what)
  local inside = query.inside
  local field = conditions.field_of(inside, common.want(col, "string", "the column of `" .. what .. "`"))
  models.kind(inside, field)
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
    field_to_add(checked(self, name), col, name)
    return typed(self.inside, col, value_of(self, ',["' .. name .. '",' .. quote(col) .. "]"))
  end
end

--- The values of a column, or lists of those of several.
function Query:pluck(...)
  local names = { ... }
  local query = Query.as_rows(Query.select(checked(self, "pluck"), ...))
  for place, name in ipairs(names) do
    names[place] = type(name) == "string" and (name:match("%s[aA][sS]%s+([%w_]+)%s*$") or name:match("([%w_]+)$")) or name
  end
  local list, out = Query.all(query), {}
  for place, row in ipairs(list) do
    if #names == 1 then
      out[place] = row[names[1]]
      if out[place] == nil then
        out[place] = null
      end
    else
      local values = {}
      for number, name in ipairs(names) do
        values[number] = row[name]
      end
      out[place] = values
    end
  end
  return out
end

--- The keys.
function Query:ids()
  local key = checked(self, "ids").inside.key
  return Query.pluck(self, conditions.unpack(key))
end

-- --------------------------------------------------------------------------------- batches

-- The rows behind a key, in the order of the key.
local function behind(query, record)
  local inside = query.inside
  local meta = getmetatable(record)
  local out = Query.clone(query)
  local ors, values = {}, out.values
  for last = 1, #inside.key do
    local ands = {}
    for place = 1, last do
      local name = inside.key[place]
      ands[place] = '["' .. (place == last and ">" or "=") .. '",' .. quote(name) .. "]"
      conditions.push_cast(values, inside, name, records.current(record, meta, name))
    end
    ors[last] = '["and",' .. table.concat(ands, ",") .. "]"
  end
  out.steps = out.steps .. ',["where",["or",' .. table.concat(ors, ",") .. "]]"
  return out
end

--- Lists of at most so many records, in the order of the key: for `for`.
function Query:batches(n)
  local size = queries.whole(n or 1000, 1, "the records of a batch")
  local inside = checked(self, "batches").inside
  if #inside.key == 0 then
    fail("missing_primary_key", "model `" .. inside.name .. "` has no primary key, by which batches are made")
  elseif self.is_limited then
    fail("bad_argument", "batches go over all rows of a query, which has no `limit` or `offset`")
  end
  local base = queries.with(Query.reorder(self), "")
  base.order = nil
  local last, is_over
  return function()
    if is_over then
      return nil
    end
    local query = last and behind(base, last) or base
    local list = Query.all(Query.limit(queries.with(query, plain_key_order(query, "asc")), size))
    is_over = #list < size
    last = list[#list]
    return #list > 0 and list or nil
  end
end

--- One record after the other, read in batches: for `for`.
function Query:each(batch)
  local next_batch, list, place = Query.batches(self, batch), {}, 0
  return function()
    place = place + 1
    if list[place] == nil then
      list, place = next_batch(), 1
      if not list then
        list = {}
        return nil
      end
    end
    return list[place]
  end
end

--- A page, and how many there are.
function Query:page(n, per)
  n, per = queries.whole(n or 1, 1, "a page"), queries.whole(per or 25, 1, "the rows of a page")
  local total = Query.count(checked(self, "page"))
  local pages = math.ceil(total / per)
  pages = math.tointeger and math.tointeger(pages) or pages
  local ordered = self.order and self or queries.with(self, plain_key_order(self, "asc"))
  return {
    items = Query.all(Query.paginate(ordered, n, per)), page = n, per_page = per, total = total, pages = pages,
    has_next = n < pages, has_prev = n > 1,
  }
end

-- ------------------------------------------------------------------------------ cursors

-- The order of a page by cursor: what was given, and the key behind it. Where NULLs stand is said,
-- since the databases do not agree.
local function cursor_order(query)
  local order, is_there = {}, {}
  for _, each in ipairs(query.order or {}) do
    if type(each.expr) ~= "string" or not conditions.is_name(each.expr) then
      fail("bad_argument", "`cursor_page` sorts by columns alone")
    end
    local nulls = each.nulls or each.dir == "asc" and "first" or "last"
    order[#order + 1] = { name = each.expr, dir = each.dir, nulls = nulls }
    is_there[each.expr] = true
  end
  for _, name in ipairs(query.inside.key) do
    if not is_there[name] then
      order[#order + 1] = { name = name, dir = "asc", nulls = "first" }
    end
  end
  return order
end

local function signature(order)
  local parts = {}
  for place, each in ipairs(order) do
    parts[place] = each.name .. " " .. each.dir .. " " .. each.nulls
  end
  return table.concat(parts, ",")
end

local function token(order, record)
  local values, meta = { signature(order) }, getmetatable(record)
  for place, each in ipairs(order) do
    local value = records.current(record, meta, each.name)
    values[place + 1] = value == nil and null or value
  end
  local text = core.crypto.base64_encode(core.json.encode(core.json.array(values)))
  return (text:gsub("%+", "-"):gsub("/", "_"):gsub("=", ""))
end

local function read_token(order, text, what)
  local function wrong()
    fail("bad_argument", "`" .. what .. "` of `cursor_page` is no cursor of this query and order",
      "give `next` or `prev` of a page of the same query")
  end
  if type(text) ~= "string" then
    return wrong()
  end
  local plain = text:gsub("-", "+"):gsub("_", "/")
  plain = plain .. ("="):rep(-#plain % 4)
  local ok, values = pcall(function()
    return core.json.decode(core.crypto.base64_decode(plain), { null = null })
  end)
  if not ok or type(values) ~= "table" or values[1] ~= signature(order) or #values ~= #order + 1 then
    return wrong()
  end
  return values
end

-- The rows on one side of a row: those that follow it, or those before it.
local function beside(query, order, at, is_after)
  local inside, out = query.inside, Query.clone(query)
  local ors, values = {}, out.values
  for last = 1, #order do
    local ands, is_possible, own = {}, true, { n = 0 }
    for place = 1, last do
      local each, value = order[place], at[place + 1]
      local name, is_null = quote(each.name), value == null
      if place < last then
        ands[#ands + 1] = is_null and '["null",' .. name .. "]" or '["=",' .. name .. "]"
        if not is_null then
          conditions.push_cast(own, inside, each.name, value)
        end
      else
        -- NULLs at the end are behind every value; at the beginning, before every one.
        local nulls_follow = (each.nulls == "last") == is_after
        if is_null then
          is_possible = not nulls_follow
          ands[#ands + 1] = '["not_null",' .. name .. "]"
        else
          local op = ((each.dir == "asc") == is_after) and ">" or "<"
          conditions.push_cast(own, inside, each.name, value)
          local beyond = '["' .. op .. '",' .. name .. "]"
          ands[#ands + 1] = nulls_follow and '["or",' .. beyond .. ',["null",' .. name .. "]]" or beyond
        end
      end
    end
    if is_possible then
      ors[#ors + 1] = '["and",' .. table.concat(ands, ",") .. "]"
      for place = 1, own.n do
        conditions.push(values, own[place])
      end
    end
  end
  local condition = #ors > 0 and '["or",' .. table.concat(ors, ",") .. "]" or '["false"]'
  out.steps = out.steps .. ',["where",' .. condition .. "]"
  return out
end

local function sorted(query, order, is_reversed)
  local steps = { ',["reorder"]' }
  for _, each in ipairs(order) do
    steps[#steps + 1] = ',["order",' .. quote(each.name) .. ',"' .. each.dir .. '","' .. each.nulls .. '"]'
  end
  if is_reversed then
    steps[#steps + 1] = ',["reverse"]'
  end
  return queries.with(query, table.concat(steps))
end

--- The rows behind or before a cursor: `{ items, next, prev }`.
function Query:cursor_page(opts)
  local own = common.options(opts, { size = "number", after = "string", before = "string" }, "`cursor_page`")
  local size = queries.whole(own.size or 25, 1, "`size` of `cursor_page`")
  local order = cursor_order(checked(self, "cursor_page"))
  if #self.inside.key == 0 then
    fail("missing_primary_key", "model `" .. self.inside.name .. "` has no primary key, which a cursor needs")
  elseif own.after and own.before then
    fail("bad_argument", "`cursor_page` takes `after` or `before`, and not both")
  end
  local at = own.after or own.before
  local query = self
  if at then
    query = beside(self, order, read_token(order, at, own.after and "after" or "before"), own.after ~= nil)
  end
  local list = Query.all(Query.limit(sorted(query, order, own.before ~= nil), size + 1))
  local has_more = #list > size
  list[size + 1] = nil
  if own.before then
    for place = 1, math.floor(#list / 2) do
      list[place], list[#list + 1 - place] = list[#list + 1 - place], list[place]
    end
  end
  local first, last = list[1], list[#list]
  local has_next, has_prev = has_more, own.after ~= nil
  if own.before then
    has_next, has_prev = true, has_more
  end
  return {
    items = list,
    next = has_next and last and token(order, last) or nil,
    prev = has_prev and first and token(order, first) or nil,
  }
end

-- ------------------------------------------------------------------------- changes of many

local function want_scope(query, what)
  if not query.is_scoped then
    fail("unscoped_write", "`" .. what .. "` without a condition would change every row of `" .. query.inside.table .. "`",
      "give it a `where`, or say `all_rows()`")
  end
end

local function now_of(inside, db, name)
  local field = inside.by_name[name]
  return models.cast(inside, field, core.time.now(), db)
end

-- Fields to set, in the order of their names, and their values.
local function assignments(inside, values, db)
  local names, bound = {}, { n = 0 }
  for name in pairs(common.want(values, "table", "what `update` sets")) do
    if not inside.by_name[name] then
      records.unknown_field(inside, name)
    end
    names[#names + 1] = name
  end
  table.sort(names)
  for place, name in ipairs(names) do
    local value = models.cast(inside, inside.by_name[name], values[name], db)
    bound.n, bound[place] = place, value
  end
  return names, bound
end

local function change(query, names, bound, increments)
  local inside, db = query.inside, core.saving.ready(query.inside)
  local set = {}
  for _, name in ipairs(names) do
    set[name] = true
  end
  local added = {}
  for name in pairs(increments or {}) do
    added[#added + 1] = name
  end
  local function also(name, value, is_added)
    if not set[name] then
      names[#names + 1] = name
      bound.n = bound.n + 1
      bound[bound.n] = value
      added[#added + 1] = is_added and name or nil
    end
  end
  if inside.options.timestamps then
    also("updated_at", now_of(inside, db, "updated_at"))
  end
  if inside.options.version then
    also("lock_version", 1, true)
  end
  table.sort(added)
  for place, name in ipairs(added) do
    added[place] = quote(name) .. ':"increment"'
  end
  local last = ',["update",' .. statements.list(names) .. (#added > 0 and ",{" .. table.concat(added, ",") .. "}" or "") .. "]"
  local _, sql, values = queries.sql(query, last, bound)
  return statements.execute(db, sql, values)
end

--- Sets fields of all rows of the query: how many it matched. No hooks run.
function Query:update(values)
  local inside = checked(self, "update").inside
  want_scope(self, "update")
  local names, bound = assignments(inside, values, core.saving.ready(inside))
  if #names == 0 then
    return 0
  end
  return change(self, names, bound)
end

--- Adds to a field of all rows of the query: how many it matched.
function Query:increment(col, by)
  local inside = checked(self, "increment").inside
  want_scope(self, "increment")
  local field = inside.by_name[col] or records.unknown_field(inside, col)
  local value = by == nil and 1 or models.cast(inside, field, by, models.db(inside))
  return change(self, { col }, { n = 1, value }, { [col] = true })
end

--- Deletes all rows of the query, softly where the model says so: how many it matched.
function Query:delete(opts)
  local inside = checked(self, "delete").inside
  local own = common.options(opts, { hard = "boolean" }, "`delete`")
  want_scope(self, "delete")
  if inside.options.soft_delete and not own.hard then
    local db = core.saving.ready(inside)
    return change(self, { "deleted_at" }, { n = 1, now_of(inside, db, "deleted_at") })
  end
  local db, sql, values = queries.sql(own.hard and Query.with_deleted(self) or self, ',["delete"]')
  return statements.execute(db, sql, values)
end

--- Deletes every row: how many there were.
function Class:delete_all()
  return Query.delete(Query.all_rows(queries.new(models.inside(self, "delete_all"))))
end

--- Empties the table.
function Class:truncate()
  local inside = models.inside(self, "truncate")
  local db = core.saving.ready(inside)
  local parts = {}
  for part in inside.table:gmatch("[^%.]+") do
    parts[#parts + 1] = core.quote(db, part)
  end
  local word = db.driver == "sqlite" and "DELETE FROM " or "TRUNCATE TABLE "
  db:execute(word .. table.concat(parts, "."))
  return true
end

local explain_analyze = { PostgreSQL = "EXPLAIN ANALYZE ", MySQL = "EXPLAIN ANALYZE ", MariaDB = "ANALYZE " }

--- How the database would find the rows; with `analyze` it finds them, and measures.
function Query:explain(opts)
  local own = common.options(opts, { analyze = "boolean" }, "`explain`")
  local db, sql, values = queries.sql(checked(self, "explain"))
  local head = db.driver == "sqlite" and "EXPLAIN QUERY PLAN " or "EXPLAIN "
  if own.analyze then
    head = explain_analyze[core.product(db)]
    if not head then
      fail("not_supported", "SQLite tells how it would find rows, and measures nothing", "leave `analyze` out")
    end
  end
  local full = db:query_full(head .. sql, conditions.unpack(values, 1, values.n))
  local lines = {}
  for place, row in ipairs(full.rows) do
    if db.driver == "sqlite" then
      lines[place] = row.detail
    else
      local parts = {}
      for _, column in ipairs(full.columns) do
        parts[#parts + 1] = #full.columns == 1 and tostring(row[column])
          or row[column] ~= nil and column .. "=" .. tostring(row[column]) or nil
      end
      lines[place] = table.concat(parts, " ")
    end
  end
  return table.concat(lines, "\n")
end

queries.lend({
  "all", "find_all", "get", "first", "first_or_fail", "last", "one", "exists", "count", "count_by", "sum", "avg", "min",
  "max", "pluck", "ids", "each", "batches", "page", "cursor_page", "update", "delete", "increment", "explain",
})

-- ------------------------------------------------------------------------------ by key

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
    end
    local field = inside.by_name[name]
    if type(value) == "number" and field.kind == "integer" and value % 1 == 0 and not field.unsigned
      and field.type ~= "int" and field.type ~= "smallint" then
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
    inside.find_shape, inside.find_db = records.shape(inside, inside.find_sql), db
    local field = #inside.key == 1 and inside.by_name[inside.key[1]]
    inside.has_plain_key = field and models.kind(inside, field) == "integer" and not field.unsigned and field.type ~= "int"
      and field.type ~= "smallint" and not inside.hooks.after_find
  end
  return inside.find_sql, inside.find_shape
end

local Db, find_record = core.database.Db, core.find_record

--- The record of a key, or nil: also for what cannot be a key.
function Class:find(...)
  local meta = type(self) == "table" and getmetatable(self)
  local inside = meta and meta.inside or models.inside(self, "find")
  local key, more = ...
  local db = inside.find_db
  -- The short way: nobody listens, and the key is a whole number.
  if db and inside.has_plain_key and more == nil and type(key) == "number" and key % 1 == 0 and inside.db == db
    and getmetatable(db) == Db and select("#", ...) == 1 then
    return find_record(db, inside.find_sql, key, inside.find_shape)
  end
  inside = models.inside(self, "find")
  db = saving.ready(inside)
  local values = key_of(inside, select("#", ...), ...)
  local sql, shape = find_plan(inside, db)
  if not values then
    return nil
  end
  local own = records.single(inside)
  local record = statements.record(db, sql, statements.ordered(values, inside.find_order), shape, own)
  if not record then
    return nil
  end
  own.names = shape[2]
  if inside.hooks.after_find then
    hooks.run(inside, "after_find", record)
  end
  return record
end

--- As `find`; raises `not_found`.
function Class:find_or_fail(...)
  local record = Class.find(self, ...)
  if not record then
    local shown = {}
    for place = 1, select("#", ...) do
      local value = (select(place, ...))
      shown[place] = type(value) == "table" and core.json.encode(value) or tostring(value)
    end
    local inside = models.inside(self, "find_or_fail")
    local err = common.made("not_found", "no row of `" .. inside.name .. "` has the key " .. table.concat(shown, ", "))
    err.model, err.table, err.key = inside.name, inside.table, (...)
    error(err, 0)
  end
  return record
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
  local by_key, found_all = {}, list_of({})
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

--- The first record, in the order of the key, whose columns have these values; nil for none.
function Class:find_by(...)
  local inside = models.inside(self, "find_by")
  local first = ...
  local count = select("#", ...)
  if type(first) ~= "table" and count < 2 then
    fail("bad_argument", "`find_by` takes a column and its value, or a table of them")
  end
  return Query.first(Query.where(queries.new(inside), ...))
end

--- As `find_by`; raises `not_found`.
function Class:find_by_or_fail(...)
  return Class.find_by(self, ...) or not_found(models.inside(self, "find_by_or_fail"), "has these values")
end

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
-- alone.
local function make(model, search, data)
  local db = saving.ready(models.inside(model, "first_or_create"))
  local ok, record = pcall(function()
    if db:in_transaction() then
      return db:transaction(function()
        return Class.create(model, data)
      end)
    end
    return Class.create(model, data)
  end)
  if ok then
    return record, true
  end
  if common.is_error(record) and record.code == "unique_violation" then
    local other = Class.find_by(model, search)
    if other then
      return other, false
    end
  end
  error(record, 0)
end

--- The first record with these values, or a new one; and whether it is new.
function Class:first_or_create(search, extra)
  want_search(search, "first_or_create")
  local record = Class.find_by(self, search)
  if record then
    return record, false
  end
  return make(self, search, merged(search, extra))
end

--- As `first_or_create`, without saving the new one.
function Class:first_or_new(search, extra)
  want_search(search, "first_or_new")
  local record = Class.find_by(self, search)
  if record then
    return record, false
  end
  return Class.new(self, merged(search, extra)), true
end

--- Changes the first record with these values, or makes one; and whether it is new.
function Class:update_or_create(search, data)
  want_search(search, "update_or_create")
  local record = Class.find_by(self, search)
  local is_new = false
  if not record then
    record, is_new = make(self, search, merged(search, data))
  end
  if not is_new then
    models.Instance.update(record, data or {})
  end
  return record, is_new
end

return true
