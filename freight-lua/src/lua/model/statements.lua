-- What models send: texts of SQL by the shape of their queries, and the ways to send them.
--
-- A script may put a function of its own over `query`, `query_row` or `execute` of a handle, as
-- loggers do: then everything that models send goes through it.
local core = ...
local Db, events = core.database.Db, core.events
local unpack = table.unpack or unpack
local statements = {}

-- -------------------------------------------------------------------------------------- texts

local quoted = {}

--- A text as JSON has it. Names come again and again, and are kept.
local function quote(text)
  local found = quoted[text]
  if not found then
    found = core.json.encode(text)
    quoted[text] = found
  end
  return found
end
statements.quote = quote

--- A list of texts as JSON has it.
function statements.list(texts)
  local out = {}
  for place, text in ipairs(texts) do
    out[place] = quote(text)
  end
  return "[" .. table.concat(out, ",") .. "]"
end

-- Per handle: the SQL of each shape. Shapes that requests make are without number; when there are
-- too many, all are forgotten.
local known = setmetatable({}, { __mode = "k" })
local MOST = 4000

--- The SQL of a query without its values, and the order in which it takes them, where that is not
--- the one in which they came.
function statements.sql(db, text)
  local own = known[db]
  if not own then
    own = { count = 0, sql = {}, order = {} }
    known[db] = own
  end
  local sql = own.sql[text]
  if not sql then
    local order
    sql, order = core.render(db, text)
    if own.count >= MOST then
      own.count, own.sql, own.order = 0, {}, {}
    end
    own.count = own.count + 1
    own.sql[text], own.order[text] = sql, order
  end
  return sql, own.order[text]
end

--- What a text of SQL was made of, and the handle for which; nil for SQL of the script's own.
function statements.origin(sql)
  for db, own in pairs(known) do
    for text, made in pairs(own.sql) do
      if made == sql then
        return text, db
      end
    end
  end
  return nil
end

--- The values in the order in which the SQL takes them.
function statements.ordered(values, order)
  if not order then
    return values
  end
  local out = { n = values.n }
  for place = 1, #order do
    out[place] = values[order[place]]
  end
  return out
end

-- ------------------------------------------------------------------------------------- sending

-- True for a handle on which nobody has put anything, and that nobody listens to.
local function is_plain(db)
  return getmetatable(db) == Db
end
statements.is_plain = is_plain

local function is_replaced(db, name)
  return rawget(db, name) ~= nil
end

--- Sends a change: how many rows it matched.
function statements.execute(db, sql, values)
  return db:execute(sql, unpack(values, 1, values.n))
end

--- The step that adds to a column, and its value. NULL counts as 0: nothing could be added to it.
--- `is_there` says that it is not NULL.
function statements.addition(db, field, by, is_there)
  local name = quote(field.name)
  if field.required or is_there then
    return ',["update",[' .. name .. "],{" .. name .. ':"increment"}]', by
  end
  return ',["update",[' .. name .. "]]", core.values.sql("COALESCE(" .. core.quote(db, field.column) .. ", 0) + ?", by)
end

--- Sends the change that a text of steps describes: how many rows it matched.
function statements.send(db, text, values)
  local sql, order = statements.sql(db, text)
  return statements.execute(db, sql, statements.ordered(values, order))
end

--- Rows as they are.
function statements.rows(db, sql, values)
  return db:query(sql, unpack(values, 1, values.n))
end

--- The first row as it is, or nil.
function statements.row(db, sql, values)
  return db:query_row(sql, unpack(values, 1, values.n))
end

-- Rows that a function of the script has given become records.
local function adopt(row, shape, meta, names, place)
  local record, base = {}, (place - 1) * #names
  for number, name in ipairs(names) do
    local value = row[name]
    if value == nil then
      if meta then
        meta[base + number] = core.null
      end
    else
      local is, compared = core.convert(shape[1], shape.column_of(name), value)
      if meta then
        meta[base + number] = compared
      end
      if not shape.is_shadowed(name) then
        record[shape.name_of(name)] = is
      end
    end
  end
  return meta and setmetatable(record, meta) or record
end

-- The columns that came: a field of which there is nothing was not asked for, or is NULL in all rows.
local function names_of(rows, shape)
  local names, is_there = {}, {}
  for _, row in ipairs(rows) do
    for name in pairs(row) do
      is_there[name] = true
    end
  end
  for _, field in ipairs(shape.fields) do
    if is_there[field.column] then
      names[#names + 1] = field.column
      is_there[field.column] = nil
    end
  end
  -- Those of Freight's own are no part of a record.
  is_there._freight_owner, is_there._freight_row = nil, nil
  for name in pairs(is_there) do
    names[#names + 1] = name
  end
  return names
end

local function adopt_all(rows, shape, meta, peers)
  local names = names_of(rows, shape)
  local list, shown = {}, {}
  for place, row in ipairs(rows) do
    list[place] = adopt(row, shape, meta, names, place)
    if shape[3] then
      shape[3][place] = row._freight_owner
    end
    if peers then
      peers[place] = list[place]
    end
  end
  for place, name in ipairs(names) do
    shown[place] = shape.name_of(name)
  end
  shape[2] = shown
  return list
end

--- The records of a query. `shape` is how they are read, `meta` their metatable.
function statements.records(db, sql, values, shape, meta, peers)
  local count = values.n
  if is_replaced(db, "query") then
    return adopt_all(db:query(sql, unpack(values, 1, count)), shape, meta, peers)
  end
  local all = { unpack(values, 1, count) }
  all[count + 1], all[count + 2], all[count + 3] = shape, meta, peers
  if not events.are_heard(db) then
    return core.read_records(db, sql, unpack(all, 1, count + 3))
  end
  return events.told(db, "query", sql, { n = count, unpack(values, 1, count) }, core.clock(),
    pcall(core.read_records, db, sql, unpack(all, 1, count + 3)))
end

--- The first record of a query, or nil.
function statements.record(db, sql, values, shape, meta)
  local count = values.n
  if is_replaced(db, "query_row") or is_replaced(db, "query") then
    local row = db:query_row(sql, unpack(values, 1, count))
    return row and adopt_all({ row }, shape, meta)[1]
  end
  local all = { unpack(values, 1, count) }
  all[count + 1], all[count + 2] = shape, meta
  if not events.are_heard(db) then
    return core.read_record(db, sql, unpack(all, 1, count + 2))
  end
  return events.told(db, "query_row", sql, { n = count, unpack(values, 1, count) }, core.clock(),
    pcall(core.read_record, db, sql, unpack(all, 1, count + 2)))
end

return statements
