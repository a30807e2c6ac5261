-- Many rows at once, and rows that may be there already: one native statement each, never a
-- question first.
local core = ...
local common, models, records, statements, saving = core.common, core.models, core.records, core.statements, core.saving
local queries, null = core.queries, core.null
local fail = common.fail
local Class = models.Class

-- So many values stand in one statement. LuaJIT hands over at most some 8,000 at once.
local MOST = math.type and 30000 or 6000

local function fields_of(inside, names, what)
  local out = {}
  for place, name in ipairs(names) do
    out[place] = inside.by_name[name] or records.unknown_field(inside, name)
  end
  if #out == 0 then
    fail("bad_argument", "`" .. what .. "` of model `" .. inside.name .. "` names no column")
  end
  return out
end

-- Whether a row that is met gets this field: one that the script or a hook has set, and no default
-- and no key that was made for a new row.
local function is_meant(is_key, field, taken, value)
  local default = field.default
  if field.name == "created_at" then
    return false
  elseif taken[field.name] or field.name == "updated_at" then
    return true
  elseif default == nil then
    return not is_key[field.name]
  end
  return type(default) ~= "function" and type(default) ~= "table" and value ~= default
end

-- The fields that a row which is met gets. Where nothing is left to change, it is written over with
-- its own key, because only then the database gives it back.
local function fields_to_update(inside, own, sent)
  local conflict, is_key, update = own.conflict or inside.key, {}, {}
  for _, name in ipairs(conflict) do
    is_key[name] = true
  end
  for _, field in ipairs(sent) do
    local name = field.name
    if not is_key[name] and sent.meant[name] then
      update[#update + 1] = name
    end
  end
  return #update > 0 and update or conflict
end

-- A row that is met is changed: `updated_at` says so, whichever fields the script has named.
local function with_time(inside, own)
  local update = {}
  for place, name in ipairs(own.update) do
    if name == "updated_at" then
      return own.update
    end
    update[place] = name
  end
  if #update > 0 and inside.options.timestamps and own.touch ~= false then
    update[#update + 1] = "updated_at"
  end
  return update
end

local function tail_of(inside, own, sent, is_returning)
  local parts = {}
  if own.conflict then
    fields_of(inside, own.conflict, "conflict")
    parts[#parts + 1] = '"conflict":' .. statements.list(own.conflict)
  end
  if own.on_conflict == "ignore" then
    parts[#parts + 1] = '"ignore":true'
  elseif own.on_conflict == "update" then
    local update = own.update and with_time(inside, own) or fields_to_update(inside, own, sent)
    fields_of(inside, update, "update")
    if not own.conflict then
      parts[#parts + 1] = '"conflict":' .. statements.list(inside.key)
    end
    parts[#parts + 1] = '"update":' .. statements.list(update)
  end
  if is_returning then
    parts[#parts + 1] = '"returning":["*"]'
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- The fields that a record sends, and their values, put behind those that are there; and a text that
-- is the same for the same fields, of which a row that is met gets the same ones.
local function row_of(inside, record, meta, db, values, taken)
  local sent, key, is_key = { meant = {} }, {}, {}
  for _, name in ipairs(inside.key) do
    is_key[name] = true
  end
  for place, field in ipairs(inside.fields) do
    local value = records.current(record, meta, field.name)
    local is_sent = value ~= nil or meta.nulls and meta.nulls[field.name]
      or field.default ~= nil and type(field.default) ~= "function" and not models.is_expression(field)
    if is_sent then
      sent[#sent + 1] = field
      if taken and is_meant(is_key, field, taken, value) then
        sent.meant[field.name] = true
        place = -place
      end
      key[#key + 1] = place
      values.n = values.n + 1
      values[values.n] = (models.cast(inside, field, value, db))
    end
  end
  return sent, table.concat(key, ",")
end

local function prepare(inside, data, db, own)
  local taken = own.on_conflict == "update" and not own.update and {} or nil
  local record = records.new(inside, data, own, taken)
  local meta = getmetatable(record)
  saving.fill(inside, record, meta, db, own)
  saving.before_writing(inside, record, meta, own, own.hooks and "before_create")
  return record, meta, taken
end

-- Rows with the same columns, one after the other, go in one statement.
local function groups_of(inside, rows, from, db, own)
  local groups, group = {}, nil
  for place = from, #rows do
    local data = rows[place]
    local record, meta, taken = prepare(inside, data, db, own)
    local values = { n = 0 }
    local sent, key = row_of(inside, record, meta, db, values, taken)
    if not group or group.key ~= key or group.values.n + values.n > MOST then
      group = { key = key, sent = sent, values = { n = 0 }, rows = 0 }
      groups[#groups + 1] = group
    end
    for place = 1, values.n do
      group.values[group.values.n + place] = values[place]
    end
    group.values.n, group.rows = group.values.n + values.n, group.rows + 1
  end
  return groups
end

local bulk_options = {
  on_conflict = "string", conflict = "table", update = "table", returning = "boolean", hooks = "boolean",
  validate = "boolean", only = "table", except = "table", unknown = "string", touch = "boolean",
}

local ways = { error = true, ignore = true, update = true }

local function returned(inside, db, group, own)
  if not saving.returns(db) then
    fail("not_supported", "this server gives no rows of an INSERT back", "leave `returning` out")
  end
  local sql, order = saving.insert_sql(inside, db, group.sent, group.rows, tail_of(inside, own, group.sent, true))
  local shape, meta = records.shape(inside, sql), records.batch(inside)
  local list = statements.records(db, sql, statements.ordered(group.values, order), shape, meta, meta.peers)
  meta.names = shape[2]
  return list
end

-- Reads the row that a statement has inserted or met, where the server gives none back. It may have been
-- deleted softly.
local function read_met(inside, db, own, record, meta)
  local search = {}
  for _, name in ipairs(own.conflict or inside.key) do
    local value = records.current(record, meta, name)
    search[name] = value == nil and (name == inside.key[1] and db:last_insert_id() or null) or value
  end
  local Query = queries.Query
  local all = Query.with_deleted(queries.new(inside))
  local found = Query.first(Query.where(all, search))
  local key = not found and inside.numbered and db:last_insert_id()
  -- MySQL takes any unique key for the one that is meant, and tells the number of the row that it met.
  return found or key and Query.first(Query.where(all, inside.numbered.name, key)) or nil
end

-- Inserts one row that may meet another: what stands there then; nil for one that was left out.
local function put_row(inside, db, own, record, meta, taken)
  local values = { n = 0 }
  local sent = row_of(inside, record, meta, db, values, taken)
  local is_returning = saving.returns(db)
  local sql, order = saving.insert_sql(inside, db, sent, 1, tail_of(inside, own, sent, is_returning))
  values = statements.ordered(values, order)
  if not is_returning then
    statements.execute(db, sql, values)
    return read_met(inside, db, own, record, meta)
  end
  local shape, fresh_meta = records.shape(inside, sql), records.single(inside)
  local fresh = statements.record(db, sql, values, shape, fresh_meta)
  fresh_meta.names = shape[2]
  return fresh
end

-- A record was written. One whose row may have been there before is known again by what it was met by.
local function noted(db, record, own, is_keyed)
  local is_met = own.on_conflict == "update"
  if is_met then
    getmetatable(record).met_by = own.conflict
  end
  core.events.written(db, record, is_met and "upserted" or is_keyed and "keyed" or "created")
end

local function has(fields, field)
  for _, each in ipairs(fields) do
    if each == field then
      return true
    end
  end
  return false
end

-- Hooks get records that know their keys: each row is saved alone.
local function one_by_one(inside, rows, own)
  local db, list = saving.ready(inside), queries.list_of({})
  db:transaction(function()
    for _, data in ipairs(rows) do
      if own.on_conflict == "error" then
        list[#list + 1] = saving.save(records.new(inside, data, own), own)
      else
        local record, meta, taken = prepare(inside, data, db, own)
        local fresh = put_row(inside, db, own, record, meta, taken)
        if fresh then
          list[#list + 1] = records.take(record, fresh)
          noted(db, record, own)
          saving.after_writing(inside, record, db, "after_create")
        end
      end
    end
  end)
  return own.returning and list or #list
end

--- Inserts rows: how many, or with `returning` their records.
function Class:insert_many(rows, opts)
  local inside = models.inside(self, "insert_many")
  common.want(rows, "table", "what `insert_many` inserts")
  local own = common.options(opts, bulk_options, "`insert_many`")
  own.on_conflict = own.on_conflict or (own.update or own.conflict) and "update" or "error"
  if not ways[own.on_conflict] then
    fail("bad_argument", "`on_conflict` is `error`, `ignore` or `update`, and not `" .. own.on_conflict .. "`")
  end
  local list = queries.list_of({})
  if #rows == 0 then
    if next(rows) ~= nil then
      fail("bad_argument", "`insert_many` takes a list of rows, and not one row", "`create` inserts one")
    end
    return own.returning and list or 0
  elseif own.hooks then
    return one_by_one(inside, rows, own)
  end
  local db = saving.ready(inside)
  local count = 0
  db:transaction(function()
    local from = 1
    -- Nothing but rows is asked for: the first one that needs more goes the long way with the rest.
    if own.on_conflict == "error" and not own.returning and next(own, "on_conflict") == nil and next(own) == "on_conflict" then
      count, from = core.writing.insert_rows(inside, rows, 1)
    end
    for _, group in ipairs(groups_of(inside, rows, from, db, own)) do
      if own.returning then
        local is_keyed = has(group.sent, inside.numbered)
        for _, record in ipairs(returned(inside, db, group, own)) do
          noted(db, record, own, is_keyed)
          list[#list + 1] = record
        end
      else
        local sql, order = saving.insert_sql(inside, db, group.sent, group.rows, tail_of(inside, own, group.sent, false))
        local matched = statements.execute(db, sql, statements.ordered(group.values, order))
        -- MySQL counts a row that is changed twice.
        count = count + (own.on_conflict == "update" and group.rows or matched)
      end
    end
  end)
  return own.returning and list or count
end

local upsert_options = {
  conflict = "table", update = "table", validate = "boolean", only = "table", except = "table", unknown = "string",
  touch = "boolean",
}

--- Inserts a row, or changes the one that it meets: the record as it is then.
function Class:upsert(data, opts)
  local inside = models.inside(self, "upsert")
  local own = common.options(opts, upsert_options, "`upsert`")
  own.on_conflict, own.hooks = "update", false
  local db = saving.ready(inside)
  local record, meta, taken = prepare(inside, data, db, own)
  local fresh = put_row(inside, db, own, record, meta, taken)
  if fresh then
    noted(db, fresh, own)
  end
  return fresh
end

return true
