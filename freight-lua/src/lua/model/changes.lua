-- What was changed of a record: found by comparing with what was read, when it is saved.
local core = ...
local common, models, records, null = core.common, core.models, core.records, core.null
local base_of, places_of, state_of = records.base, records.places, records.state
local current, put, original = records.current, records.put, records.first

local function equal_documents(inside, field, text, value)
  if value == nil then
    return false
  end
  local read = core.convert(records.shape(inside, "")[1], field.column, text)
  return core.json.encode(read) == core.json.encode(value)
end

-- Whether a value is another one than the one that was read: nil when it is not, otherwise what is
-- bound and what the record is to hold.
local function difference(inside, field, db, was, is)
  if is == nil then
    if was == nil then
      return nil
    end
    return null
  end
  if field.kind == "json" and was ~= nil then
    if equal_documents(inside, field, was, is) then
      return nil
    end
  elseif is == was or is ~= is and was ~= was then
    return nil
  end
  local bound, held = models.cast(inside, field, is, db)
  if held == nil and not core.marks.is_fragment(bound) then
    held = bound
  end
  if was ~= nil and held == was then
    return nil, held
  end
  return bound, held
end

-- A field that only the database fills cannot be sent.
local function want_writable(inside, field)
  if field.readonly or field.generated then
    local err = common.made("bad_argument", "`" .. field.name .. "` of model `" .. inside.name .. "` is filled by the database",
      "leave it as it is")
    err.model, err.field = inside.name, field.name
    error(err, 0)
  end
end

--- The changes of a record that was read: fields, what is bound, and what it is to hold.
function records.changes(inside, record, meta, db)
  local base, changed, bound, held = base_of(record, meta), {}, {}, {}
  local names = meta.names
  local places = places_of(names)
  local function add(field, was, is)
    if is == was and (field.kind ~= "json" or is == nil) then
      return
    end
    local value, kept = difference(inside, field, db, was, is)
    if value ~= nil then
      want_writable(inside, field)
      local count = #changed + 1
      changed[count], bound[count], held[count] = field, value, kept
    elseif kept ~= nil and kept ~= is then
      put(record, meta, field.name, kept)
    end
  end
  for place, name in ipairs(names) do
    local field, was = inside.by_name[name], meta[base + place]
    if was == null then
      was = nil
    end
    if field then
      add(field, was, current(record, meta, name))
    elseif rawget(record, name) ~= was then
      add({ name = name, column = name, kind = "plain" }, was, rawget(record, name))
    end
  end
  for _, field in ipairs(inside.fields) do
    if not places[field.name] then
      add(field, records.first(record, meta, field.name), current(record, meta, field.name))
    end
  end
  return changed, bound, held
end

--- Takes what was sent for what was read.
function records.settle(record, meta, changed, bound, held)
  local base, places = base_of(record, meta), places_of(meta.names)
  for count, field in ipairs(changed) do
    local name, value = field.name, held[count]
    put(record, meta, name, value)
    local place, kept = places[name], value
    if field.kind == "json" and value ~= nil then
      kept = bound[count]
      if type(kept) == "table" then
        kept = kept.text
      end
    end
    kept = kept == nil and null or kept
    if place then
      meta[base + place] = kept
    else
      -- It was not read, and is known from now on.
      local state = records.state(record, meta)
      state.also = state.also or {}
      state.also[name] = kept
    end
  end
end

--- What was written of a record was undone: it compares itself with its row when it is saved again.
--- `is_unmade` says that there may be none, and another one with its key.
function records.doubt(record, is_unmade)
  local meta = getmetatable(record)
  local state = state_of(record, meta)
  records.set_gone(record, meta, nil)
  state.is_doubtful = true
  if meta.peers then
    meta[0], meta.has_doubts = nil, true
  end
  state.is_unmade = is_unmade or state.is_unmade
end

--- The row of a record is not there: the record is as one that was never saved. It loses the key that the
--- database gave it.
function records.renew(record, keeps_key)
  local old = getmetatable(record)
  if old.is_new then
    return record
  end
  local inside, state = old.inside, state_of(record, old)
  local new = records.single(inside)
  new.is_new, new.set, new.loaded, new.lazy = true, state.set, state.loaded, old.lazy
  if inside.numbered and not keeps_key then
    rawset(record, inside.numbered.name, nil)
  end
  return setmetatable(record, new)
end

--- Whether a row is that of a record whose creation was undone. A key alone does not tell it where those of
--- rows that are gone are used again: the next row has it.
function records.is_row_of(record, meta, db, fresh)
  local state, new = state_of(record, meta), getmetatable(fresh)
  if not state.is_unmade or db.driver ~= "sqlite" then
    return true
  end
  for _, name in ipairs(meta.met_by or meta.names) do
    if original(record, meta, name) ~= original(fresh, new, name) then
      return false
    end
  end
  return true
end

-- A record leaves its sheet for a metatable of its own, and the sheet may be what a journal has: it stays
-- as long as the record does.
local function leave(record, old, new)
  new.sheet, new.met_by = old.alone and old or old.sheet, old.met_by
  return setmetatable(record, new)
end

--- Takes the values of a row for those that were read, and leaves the record as it is. What it had
--- not read comes from the row: a field that it does not have would be written as NULL.
function records.rebase(record, fresh)
  local old, new = getmetatable(record), getmetatable(fresh)
  local state = state_of(record, old)
  for name, value in pairs(fresh) do
    local is_known = records.is_loaded(old, name) or state.also and state.also[name] ~= nil
    if not is_known and rawget(record, name) == nil then
      rawset(record, name, value)
    end
  end
  new.set, new.loaded, new.lazy = state.set, state.loaded, old.lazy
  return leave(record, old, new)
end

--- Puts what was read again in the place of what a record has.
function records.take(record, fresh)
  local old = getmetatable(record)
  local new = getmetatable(fresh)
  for name in pairs(record) do
    rawset(record, name, nil)
  end
  for name, value in pairs(fresh) do
    rawset(record, name, value)
  end
  if old.peers and old.names == new.names then
    local base = base_of(record, old)
    for place = 1, #new.names do
      old[base + place] = new[place]
    end
    records.set_gone(record, old, nil, base)
    if old.states then
      old.states[record] = nil
    end
    return record
  end
  return leave(record, old, new)
end

return true
