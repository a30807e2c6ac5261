-- How a new record becomes a row.
local core = ...
local models, records, statements, saving, null = core.models, core.records, core.statements, core.saving, core.null
local put_now, returns, read_back = saving.put_now, saving.returns, saving.read_back

-- What a record gets before it is looked at: values of functions, keys that are made here, times.
local function fill(inside, record, meta, db, own)
  local made = inside.made_defaults
  if not made then
    made = {}
    for _, field in ipairs(inside.fields) do
      local is_uuid_key = #inside.key == 1 and field.name == inside.key[1] and field.kind == "uuid"
        and (field.default == nil or models.is_expression(field))
      if type(field.default) == "function" then
        made[#made + 1] = { field.name, field.default }
      elseif is_uuid_key then
        made[#made + 1] = { field.name, core.crypto.uuid7 }
      end
    end
    inside.made_defaults = made
  end
  for _, each in ipairs(made) do
    local name = each[1]
    if records.current(record, meta, name) == nil and not (meta.nulls and meta.nulls[name]) then
      records.put(record, meta, name, each[2](record))
    end
  end
  if inside.options.timestamps and own.touch ~= false then
    for _, name in ipairs({ "created_at", "updated_at" }) do
      if records.current(record, meta, name) == nil then
        put_now(inside, record, meta, db, name)
      end
    end
  end
end

saving.fill = fill

-- The columns that an INSERT names, and their values. A field with a default that the script has
-- taken away again is NULL; one that has nothing to say is left to the database.
local function columns_of(inside, record, meta, db)
  local node = inside.inserts
  if not node then
    node = { fields = {} }
    inside.inserts = node
  end
  local values, held, count, has_fragment = {}, {}, 0, false
  for place, field in ipairs(inside.fields) do
    local name = field.name
    local value = rawget(record, name)
    if field.shadowed then
      value = records.current(record, meta, name)
    end
    local is_sent = value ~= nil
    if field.generated then
      is_sent = false
    elseif not is_sent then
      is_sent = meta.nulls and meta.nulls[name]
        or field.default ~= nil and type(field.default) ~= "function" and not models.is_expression(field)
      value = null
    end
    if is_sent then
      count = count + 1
      local bound, kept = models.cast(inside, field, value, db)
      local is_fragment = core.marks.is_fragment(bound)
      values[count], has_fragment = bound, has_fragment or is_fragment
      if kept == nil and bound ~= null and not is_fragment then
        kept = bound
      end
      held[place] = kept
      local next_node = node[place]
      if not next_node then
        next_node = { fields = {} }
        for number, each in ipairs(node.fields) do
          next_node.fields[number] = each
        end
        next_node.fields[count] = field
        node[place] = next_node
      end
      node = next_node
    end
  end
  values.n = count
  if has_fragment then
    -- What the database works out is read back, whatever else is known.
    node.worked_out = node.worked_out or { fields = node.fields, determined = false }
    node = node.worked_out
  end
  return node, values, held
end

-- True when the row is known without asking: every field was sent, or is NULL, or the key that
-- the database has numbered.
local function is_determined(inside, node)
  local sent = {}
  for _, field in ipairs(node.fields) do
    sent[field] = true
  end
  for _, field in ipairs(inside.fields) do
    local is_left = not sent[field] and field ~= inside.numbered
    if is_left and (field.default ~= nil or field.generated or field.native or field.auto_increment) then
      return false
    end
  end
  return true
end

local function names_of(fields)
  local names = {}
  for place, field in ipairs(fields) do
    names[place] = field.name
  end
  return names
end

local function all_names(inside)
  local names = inside.all_names
  if not names then
    names = names_of(inside.fields)
    inside.all_names = names
  end
  return names
end

saving.all_names, saving.is_determined = all_names, is_determined

--- The SQL of an INSERT of one row; with `tail`, what stands behind its columns.
local function insert_sql(inside, db, fields, rows, tail)
  local list = {}
  for place, field in ipairs(fields) do
    list[place] = field.name
  end
  local text = "[" .. saving.header(inside) .. ',["insert",' .. statements.list(list) .. "," .. rows .. "," .. tail .. "]]"
  return statements.sql(db, text)
end
saving.insert_sql = insert_sql

-- What was sent is what is there.
local function take_sent(inside, record, meta, values, held, node, key)
  meta.is_new, meta.nulls = nil, nil
  meta.names = all_names(inside)
  for place, field in ipairs(inside.fields) do
    local value = held[place]
    if value == nil and field == inside.numbered then
      value = key
    end
    records.put(record, meta, field.name, value)
    meta[place] = value == nil and null or value
  end
  meta.set = nil
  for place, field in ipairs(node.fields) do
    local text = values[place]
    if field.kind == "json" and type(text) == "string" then
      -- As it will be read: a null in it is not there.
      meta[field.place] = text
      records.put(record, meta, field.name, (core.convert(records.shape(inside, "")[1], field.column, text)))
    end
  end
end

--- Inserts the row of a record, which then has what stands in it.
function saving.insert_row(inside, record, meta, db)
  local node, values, held = columns_of(inside, record, meta, db)
  if db.driver == "sqlite" and node.determined == nil then
    node.determined = is_determined(inside, node)
  end
  local is_returning = not node.determined and returns(db)
  if not node.sql or node.db ~= db then
    node.sql = insert_sql(inside, db, node.fields, 1, is_returning and '{"returning":["*"]}' or "{}")
    node.db = db
  end
  if is_returning then
    local shape, fresh_meta = records.shape(inside, node.sql), records.single(inside)
    local fresh = statements.record(db, node.sql, values, shape, fresh_meta)
    fresh_meta.names, fresh_meta.loaded = shape[2], meta.loaded
    records.take(record, fresh)
    return
  end
  statements.execute(db, node.sql, values)
  local key = inside.numbered and held[inside.numbered.place] == nil and db:last_insert_id() or nil
  if node.determined then
    return take_sent(inside, record, meta, values, held, node, key)
  end
  local wanted = { n = #inside.key }
  for place, name in ipairs(inside.key) do
    local field = inside.by_name[name]
    wanted[place] = held[field.place] == nil and key or held[field.place]
  end
  records.take(record, read_back(inside, db, wanted))
end

saving.names_of = names_of

return true
