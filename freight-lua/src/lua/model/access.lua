-- How a model gets at its rows: its handle, the head of its queries, and the key of a record.
local core = ...
local common, models, records, statements = core.common, core.models, core.records, core.statements
local fail, Instance = common.fail, models.Instance
local saving = {}

--- The handle of a model, whose table is there.
local function ready(inside)
  local db = inside.db or models.db(inside)
  if inside.ready ~= db then
    inside.ready = core.model_tables.ensure(inside, db) and db or nil
  end
  return db
end
saving.ready = ready

local function make_header(inside, names_all)
  local named = {}
  for _, field in ipairs(inside.fields) do
    if names_all or field.column ~= field.name then
      named[#named + 1] = statements.quote(field.name) .. ":" .. statements.quote(field.column)
    end
  end
  local header = '{"table":' .. statements.quote(inside.table) .. ',"key":' .. statements.list(inside.key)
  if #named > 0 then
    header = header .. ',"columns":{' .. table.concat(named, ",") .. "}"
  end
  return header .. "}"
end

--- The head of every query of a model.
function saving.header(inside)
  inside.header = inside.header or make_header(inside, false)
  return inside.header
end

--- The head of a query with joins: it names all fields, so that a name is that of the model's own
--- column and not one of another table's.
function saving.joined_header(inside)
  inside.joined_header = inside.joined_header or make_header(inside, true)
  return inside.joined_header
end

-- The condition that finds the row of a record.
local function key_steps(inside)
  local steps = inside.key_steps
  if not steps then
    if #inside.key == 0 then
      fail("missing_primary_key", "model `" .. inside.name .. "` has no primary key", "use a query: `where(…)`")
    end
    local list = {}
    for place, name in ipairs(inside.key) do
      list[place] = ',["where",["=",' .. statements.quote(name) .. "]]"
    end
    steps = table.concat(list)
    inside.key_steps = steps
  end
  return steps
end

--- The values of a record's key, as it was read.
local function key_values(inside, record, meta)
  local values = { n = #inside.key }
  for place, name in ipairs(inside.key) do
    local value = Instance.original(record, name)
    if value == nil then
      fail("missing_primary_key", "the record of `" .. inside.name .. "` was read without its key `" .. name .. "`",
        "select the key too")
    end
    values[place] = models.cast(inside, inside.by_name[name], value, models.db(inside))
  end
  return values
end
saving.key_steps, saving.key_values = key_steps, key_values

local function now_for(db, field)
  local digits = field.precision or db.driver == "mysql" and 0 or 6
  return core.as_time(field.kind == "date" and "date" or "datetime", core.time.now(), digits)
end

local function put_now(inside, record, meta, db, name)
  local field = inside.by_name[name]
  local text = now_for(db, field)
  records.put(record, meta, name, field.as == "epoch" and core.time.parse(text) or text)
end
saving.now_for, saving.put_now = now_for, put_now

-- Whether the database gives the rows of an INSERT back.
local has_returning = setmetatable({}, { __mode = "k" })

local function returns(db)
  local found = has_returning[db]
  if found == nil then
    found = core.has_returning(db)
    has_returning[db] = found
  end
  return found
end
saving.returns = returns

-- Reads the row of a key.
local function read_back(inside, db, values)
  local text = "[" .. saving.header(inside) .. key_steps(inside) .. "]"
  local sql, order = statements.sql(db, text)
  local shape, meta = records.shape(inside, sql), records.single(inside)
  local fresh = statements.record(db, sql, statements.ordered(values, order), shape, meta)
  meta.names = shape[2]
  return fresh
end
saving.read_back = read_back

return saving
