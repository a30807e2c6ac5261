-- Rows in parts: batches, pages by number, and pages by cursor.
local core = ...
local common, models, records, statements, queries = core.common, core.models, core.records, core.statements, core.queries
local conditions, null = core.conditions, core.null
local fail, quote, checked = common.fail, statements.quote, queries.checked
local Query = queries.Query

-- ------------------------------------------------------------------------------ records and rows

-- Where a part ends is read from its last record, so that plain rows are made of records here.
local function as_records(query)
  if not query.is_plain then
    return query
  end
  local out = Query.clone(query)
  out.is_plain = nil
  return out
end

local function as_asked(query, list)
  for place, record in ipairs(query.is_plain and list or {}) do
    local meta, row = getmetatable(record), {}
    for _, name in ipairs(meta.names) do
      row[name] = records.current(record, meta, name)
    end
    list[place] = row
  end
  return list
end

-- The value of a column by which parts are told from each other: nil is NULL, and not a column that
-- nobody has read.
local function value_of(inside, record, name, what)
  local meta = getmetatable(record)
  if not records.is_loaded(meta, name) then
    local is_key = false
    for _, each in ipairs(inside.key) do
      is_key = is_key or each == name
    end
    fail(is_key and "missing_primary_key" or "bad_argument",
      what .. " of `" .. inside.name .. "` goes by `" .. name .. "`, which was not selected", "select it too")
  end
  return records.current(record, meta, name)
end

local function want_whole(query, what)
  if query.is_limited then
    fail("bad_argument", "`" .. what .. "` goes over all rows of a query, which has no `limit` or `offset`")
  end
end

-- ------------------------------------------------------------------------------------ batches

-- The key of a record, as it is before the script gets the record and may change it.
local function key_of(inside, record)
  local key = {}
  for place, name in ipairs(inside.key) do
    key[place] = value_of(inside, record, name, "a batch")
  end
  return key
end

-- The rows behind a key, in the order of the key.
local function behind(query, key)
  local inside = query.inside
  local out = Query.clone(query)
  local ors, values = {}, out.values
  for last = 1, #inside.key do
    local ands = {}
    for place = 1, last do
      local name = inside.key[place]
      ands[place] = '["' .. (place == last and ">" or "=") .. '",' .. quote(name) .. "]"
      conditions.push_cast(values, inside, name, key[place])
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
  end
  want_whole(self, "batches")
  local base = as_records(Query.reorder(self))
  base.order = nil
  local last, is_over
  return function()
    if is_over then
      return nil
    end
    local query = last and behind(base, last) or base
    local list = Query.all(Query.limit(queries.with(query, queries.key_order(query, "asc")), size))
    is_over = #list < size
    if #list == 0 then
      return nil
    end
    last = key_of(inside, list[#list])
    return as_asked(self, list)
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
  want_whole(checked(self, "page"), "page")
  local total = Query.count(self)
  local pages = math.ceil(total / per)
  pages = math.tointeger and math.tointeger(pages) or pages
  local ordered = self.order and self or queries.with(self, queries.key_order(self, "asc"))
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
    local inside, name = query.inside, each.expr
    if type(name) == "string" and conditions.is_name(name) then
      name = name:match("^" .. inside.table:gsub("%p", "%%%0") .. "%.(.+)$") or name
    end
    if type(name) ~= "string" or not inside.by_name[name] then
      fail("bad_argument", "`cursor_page` sorts by fields of the model alone, and not by `" .. common.shown(each.expr) .. "`")
    end
    local nulls = each.nulls or each.dir == "asc" and "first" or "last"
    order[#order + 1] = { name = name, dir = each.dir, nulls = nulls }
    is_there[name] = true
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

local function token(inside, order, record)
  local values = { signature(order) }
  for place, each in ipairs(order) do
    local value = value_of(inside, record, each.name, "`cursor_page`")
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
  want_whole(self, "cursor_page")
  local at = own.after or own.before
  local query = as_records(self)
  if at then
    query = beside(query, order, read_token(order, at, own.after and "after" or "before"), own.after ~= nil)
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
    next = has_next and last and token(self.inside, order, last) or nil,
    prev = has_prev and first and token(self.inside, order, first) or nil,
    items = as_asked(self, list),
  }
end

queries.lend({ "each", "batches", "page", "cursor_page" })

return true
