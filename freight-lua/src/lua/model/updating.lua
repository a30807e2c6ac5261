-- The short way for records that were read: what needs no more than a look goes from the record into
-- its row in one function of Rust, and so does the deletion of a row. Everything else goes the long way.
local core = ...
local common, models, records, statements, saving = core.common, core.models, core.records, core.statements, core.saving
local Db, base_of = core.database.Db, records.base
local update_record, delete_record = core.update_record, core.delete_record
local updating = {}

-- What a field is beside what a value of it has to be like: `json` cannot be compared with a look.
local words = { integer = "integer", uuid = "uuid", json = "json" }

-- The fields for the updater, and whether their changes can go the short way.
local function spec_of(inside, db)
  local spec, is_plain = {}, inside.options.validate == nil and not inside.options.version and not inside.is_computed
  for place, field in ipairs(inside.fields) do
    local kind = models.kind(inside, field)
    local takes = core.writing.takes(field, db)
    local is_stamp = inside.options.timestamps and field.name == "updated_at"
    if field.shadowed or inside.rules[field.name] ~= nil or is_stamp and (kind ~= "datetime" or field.as) then
      is_plain = false
    end
    local least, most = core.writing.range_of(field)
    spec[place] = {
      field.name, takes, takes == "text" and field.size or nil, takes == "text" and field.values or nil,
      field.required or false, nil, is_stamp and (field.precision or db.driver == "mysql" and 0 or 6) or nil,
      least, most, holds = words[kind] or "other", is_fixed = field.readonly or false,
    }
  end
  return spec, is_plain
end

local function key_places(inside)
  local places = {}
  for number, name in ipairs(inside.key) do
    places[number] = inside.by_name[name].place
  end
  return places
end

--- Finds out what of a model can go the short way, once; its table has to be there.
function updating.prepare(inside, db)
  if inside.updater ~= nil or inside.ready ~= db then
    return
  end
  models.update_quickly(inside, nil)
  inside.updater = false
  if next(inside.hooks) ~= nil or inside.needs_transaction or inside.has_companions or #inside.key == 0 then
    return
  end
  local spec, is_plain = spec_of(inside, db)
  local updater = core.updater(spec, key_places(inside))
  if updater then
    models.update_quickly(inside, { db, Db, is_plain, not inside.options.soft_delete, updater })
    inside.updater = updater
  end
end

-- How the names of a row go with the fields of a model; false where some are not there. A list of names
-- belongs to one model.
local layouts = setmetatable({}, { __mode = "k" })

local function layout_of(inside, names)
  local layout = core.layout(inside.updater, names) or false
  layouts[names] = layout
  return layout
end

-- By the function that looks names of records up: their model.
local of_index, is_gone = records.of_index, records.is_gone

-- What `quick.rs` asks of the records of a result, and the row of the one that was written last.
local function keep_quick(inside, meta, layout, base)
  if not meta.peers or meta.has_doubts then
    return
  end
  local quick, row = meta[0], math.floor(base / #meta.names) + 1
  if quick and quick[1] == inside.gate then
    quick[6] = row
  else
    meta.gone = meta.gone or {}
    meta[0] = { inside.gate, layout, meta.names, meta.peers, meta.gone, row }
  end
end

-- What the short way has to know of a record; nothing where there is none for it. `way` is the place of
-- the answer in the gate of the model.
local UPDATES, DELETES = 3, 4
local function known(record, way)
  local meta = getmetatable(record)
  local inside = type(meta) == "table" and of_index[meta.__index]
  if not inside then
    return nil
  end
  local gate, names = inside.gate, meta.names
  local db = gate and gate[way] and gate[1]
  -- Nobody listens, and the row is there as far as anybody knows.
  if not db or getmetatable(db) ~= Db or not names or meta.is_new then
    return nil
  end
  local state = meta
  if meta.peers then
    state = meta.states and meta.states[record]
  end
  if state and state.is_doubtful then
    return nil
  end
  local layout = layouts[names]
  if layout == nil then
    layout = layout_of(inside, names)
  end
  if not layout then
    return nil
  end
  local base = base_of(record, meta)
  if meta.gone and is_gone(record, meta, base) then
    return nil
  end
  keep_quick(inside, meta, layout, base)
  return inside, db, meta, layout, base
end

-- True for values that a statement takes with those of the key behind all others: the steps have them
-- in front.
local function is_key_last(order, keys, count)
  for place = 1, count do
    local wanted = place <= count - keys and place + keys or place - (count - keys)
    if (order and order[place] or place) ~= wanted then
      return false
    end
  end
  return true
end

-- Teaches the updater of a model the statement for a mask, which has a bit for each field that is
-- changed; no field is that of a DELETE. False where the short way is none.
local function teach(inside, db, mask)
  local names = {}
  for place, field in ipairs(inside.fields) do
    if math.floor(mask / 2 ^ (place - 1)) % 2 == 1 then
      names[#names + 1] = field.name
    end
  end
  local step = mask == 0 and '["delete"]' or '["update",' .. statements.list(names) .. "]"
  local sql, order = statements.sql(db, "[" .. saving.header(inside) .. saving.key_steps(inside) .. "," .. step .. "]")
  return is_key_last(order, #inside.key, #inside.key + #names) and core.teach_update(inside.updater, mask, sql)
end

--- Raises that the row of a record is not as it was read.
function saving.gone(inside, record)
  local code = inside.options.version and "stale_object" or "not_found"
  local err = common.made(code, code == "stale_object" and tostring(record) .. " was changed or deleted by somebody else"
    or tostring(record) .. " is not there any more", "`reload()` it, and try again")
  err.model, err.table = inside.name, inside.table
  error(err, 0)
end

--- Writes the changes of a record; nil where it has to go the long way.
function updating.save(record)
  local inside, db, meta, layout, base = known(record, UPDATES)
  if not inside then
    return nil
  end
  local updater, names = inside.updater, meta.names
  local is_done, mask = update_record(db, updater, layout, record, meta, names, base)
  if mask and teach(inside, db, mask) then
    is_done = update_record(db, updater, layout, record, meta, names, base)
  end
  if is_done == false then
    saving.gone(inside, record)
  end
  return is_done
end

--- Deletes the row of a record: whether it was there; nil where it has to go the long way.
function updating.delete(record)
  local inside, db, meta, layout, base = known(record, DELETES)
  if not inside then
    return nil
  end
  local was_there, mask = delete_record(db, inside.updater, layout, record, meta, meta.names, base)
  if mask and teach(inside, db, mask) then
    was_there = delete_record(db, inside.updater, layout, record, meta, meta.names, base)
  end
  if was_there ~= nil then
    records.set_gone(record, meta, true, base)
  end
  return was_there
end

return updating
