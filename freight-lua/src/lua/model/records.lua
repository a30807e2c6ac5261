-- Records: plain tables of the columns that are not NULL. What else is known of one stands in its
-- metatable, which it shares with the records of the same result:
--
--   [1…n]    the values that were read, row after row, `freight.null` for NULL
--   names    the names of a row's values
--   peers    the records of the result, in order; nil for a record with a metatable to itself
--   alone    the peers came one by one and share a metatable, and nothing else (`sheets.rs`)
--   states   per record what only it has; without peers the metatable itself is the state
--   gone     by the numbers of rows in the result, which of them were deleted; without peers whether it was
--
-- So assigning needs no setter, and a change is found by comparing when the record is saved.
local core = ...
local common, models, statements, null = core.common, core.models, core.statements, core.null
local fail = common.fail
local records = {}
local Instance = models.Instance

local WEAK_KEYS, WEAK_VALUES = { __mode = "k" }, { __mode = "v" }

-- ------------------------------------------------------------------------------------- shapes

-- How the rows of a model are read: once for each statement, which has its own columns.
local function spec_of(inside)
  local spec = {}
  for place, field in ipairs(inside.fields) do
    models.kind(inside, field)
    spec[place] = { field.column, field.name, field.reads or "plain", field.scale, field.shadowed or false }
  end
  return spec
end

--- The shape of a statement's rows.
function records.shape(inside, sql, keeping)
  local name = keeping and tostring(keeping) .. " " .. sql or sql
  local shape = inside.texts[name]
  if not shape then
    inside.spec = inside.spec or spec_of(inside)
    shape = {
      core.reader(inside.spec), nil, nil,
      { "__index", inside.index, "__newindex", inside.newindex, "__tostring", inside.tostring, "inside", inside, "names",
        "peers", WEAK_VALUES, "alone" },
      fields = inside.fields,
      column_of = function(name)
        return name
      end,
      name_of = function(column)
        local field = inside.by_column[column]
        return field and field.name or column
      end,
      is_shadowed = function(column)
        local field = inside.by_column[column]
        return field ~= nil and field.shadowed
      end,
    }
    -- What of it may come from the cache: rows, or all of it for so many seconds.
    shape[5] = keeping
    inside.texts_count = (inside.texts_count or 0) + 1
    if inside.texts_count > 1000 then
      inside.texts, inside.texts_count = {}, 1
    end
    inside.texts[name] = shape
  end
  return shape
end

-- --------------------------------------------------------------------------------- metatables

--- The metatable of a record that comes alone.
function records.single(inside)
  return { __index = inside.index, __newindex = inside.newindex, __tostring = inside.tostring, inside = inside }
end

--- The metatable of the records of a result.
function records.batch(inside)
  local meta = records.single(inside)
  meta.peers = setmetatable({}, WEAK_VALUES)
  return meta
end

--- The metatable of a record; raises for what is none.
local function meta_of(record, what)
  local meta = type(record) == "table" and getmetatable(record)
  local inside = type(meta) == "table" and meta.inside
  if not inside or meta.__index ~= inside.index then
    fail("bad_argument", "`" .. what .. "` is a method of a record, and was not called on one",
      "call it with a colon: `record:" .. what .. "(…)`")
  end
  return meta
end
records.meta = meta_of

function records.is_record(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(meta) == "table" and meta.inside ~= nil and meta.__index == meta.inside.index
end

--- What only this record has.
local function state_of(record, meta)
  if not meta.peers then
    return meta
  end
  local states = meta.states
  if not states then
    states = setmetatable({}, WEAK_KEYS)
    meta.states = states
  end
  local state = states[record]
  if not state then
    state = {}
    states[record] = state
  end
  return state
end
records.state = state_of

-- The place of a record in its result. The table that tells it is made when it is needed: one with
-- weak keys is work for the collector.
local function place_among(record, meta)
  if meta.alone then
    -- There are few, and they become more.
    for place, peer in pairs(meta.peers) do
      if peer == record then
        return place
      end
    end
  end
  local places = meta.places
  if not places then
    places = setmetatable({}, WEAK_KEYS)
    for place, peer in pairs(meta.peers) do
      places[peer] = place
    end
    meta.places = places
  end
  return places[record]
end

-- Where the values that were read stand: behind which element.
local function base_of(record, meta)
  local peers = meta.peers
  if not peers then
    return 0
  end
  -- Who goes through a list comes to one record after the other: the one before is remembered.
  local place = meta.last_place or 1
  if peers[place] ~= record then
    place = peers[place + 1] == record and place + 1 or place_among(record, meta)
    meta.last_place = place
  end
  return (place - 1) * #meta.names
end

-- The number of a record among the rows of its result.
local function row_of(meta, base)
  return base / #meta.names + 1
end

--- Whether the row of a record was deleted, as far as is known. `base` says behind which element its values
--- stand, where the caller knows.
function records.is_gone(record, meta, base)
  local gone = meta.gone
  if not gone or not meta.peers then
    return gone == true
  end
  return gone[row_of(meta, base or base_of(record, meta))] == true
end

--- Says that the row was deleted, or is there after all.
function records.set_gone(record, meta, is_gone, base)
  if not meta.peers then
    meta.gone = is_gone
  elseif is_gone or meta.gone then
    meta.gone = meta.gone or {}
    meta.gone[row_of(meta, base or base_of(record, meta))] = is_gone
  end
end

local indexes = setmetatable({}, WEAK_KEYS)

-- By the function that looks names up, which records alone have: their model.
records.of_index = setmetatable({}, { __mode = "kv" })

-- The place of each name in a row.
local function places_of(names)
  local found = indexes[names]
  if not found then
    found = {}
    for place, name in ipairs(names) do
      found[name] = place
    end
    indexes[names] = found
  end
  return found
end

--- The value that was read; nil for NULL, and for what was not read.
local function original(record, meta, name)
  local names = meta.names
  local place = names and places_of(names)[name]
  local value
  if place then
    value = meta[base_of(record, meta) + place]
  else
    local also = state_of(record, meta).also
    value = also and also[name]
  end
  if value == null then
    return nil
  end
  return value
end

records.base, records.places, records.first = base_of, places_of, original

local function is_loaded(meta, name)
  return meta.names ~= nil and places_of(meta.names)[name] ~= nil
end
records.is_loaded = is_loaded

--- The value that a record has now, also of a column that is called like a method.
local function current(record, meta, name)
  local field = meta.inside.by_name[name]
  if not field or not field.shadowed then
    return rawget(record, name)
  end
  local set = state_of(record, meta).set
  if set and set[name] ~= nil then
    if set[name] == null then
      return nil
    end
    return set[name]
  end
  return original(record, meta, name)
end
records.current = current

local function put(record, meta, name, value)
  if value == null then
    value = nil
  end
  local field = meta.inside.by_name[name]
  if field and field.shadowed then
    local state = state_of(record, meta)
    state.set = state.set or {}
    state.set[name] = value == nil and null or value
    return
  end
  rawset(record, name, value)
end
records.put = put

-- ----------------------------------------------------------------------------------- names

-- Whoever sets a relation, or looks for it, means the field that refers.
local function hint_for_relation(relation, name)
  if relation.kind == "belongs_to" then
    local ok, resolved = pcall(core.relations.resolve, relation)
    return ok and "`" .. name .. "` is a relation, which goes by the field `" .. resolved.foreign_key .. "`" or nil
  end
  return "`" .. name .. "` is a relation: `where_has(\"" .. name .. "\", …)` asks for its rows, `record:related(\"" .. name
    .. "\")` has them"
end

local function unknown_field(inside, name)
  local known = {}
  for place, field in ipairs(inside.fields) do
    known[place] = field.name
  end
  local near = type(name) == "string" and common.nearest(name, known)
  local err = common.made("unknown_field", "`" .. common.shown(name) .. "` is no field of model `" .. inside.name .. "`",
    inside.relations[name] and hint_for_relation(inside.relations[name], name)
      or near and "did you mean `" .. near .. "`?" or "the fields are `" .. table.concat(known, "`, `") .. "`")
  err.model, err.field = inside.name, name
  error(err, 0)
end
records.unknown_field = unknown_field

local function camel(name)
  return (name:gsub("_(%l)", string.upper))
end

local numbers = { integer = true, float = true, decimal = true }

--- A field that can be added to. SQLite takes a text for 0 where it adds, MySQL looks for digits in it.
function records.want_number(inside, name, what)
  local field = inside.by_name[name] or unknown_field(inside, name)
  if not numbers[models.kind(inside, field)] then
    fail("bad_argument", "`" .. what .. "` adds to numbers, and `" .. name .. "` of model `" .. inside.name .. "` is " .. field.type)
  end
  return field
end

-- A record looks a name up among its own columns, then the methods of records, its relations, the
-- methods and the functions of the model, and last the methods in camelCase.
table.insert(models.finishers, function(inside)
  local members, also = {}, {}
  for name, method in pairs(Instance) do
    members[name] = method
    if name:find("_", 1, true) then
      also[camel(name)] = method
    end
  end
  for _, field in ipairs(inside.fields) do
    inside.is_computed = inside.is_computed or field.generated ~= nil or field.update_default ~= nil
  end
  local methods = inside.own.methods
  if getmetatable(methods) == nil then
    setmetatable(methods, { __index = inside.functions })
  end
  setmetatable(inside.functions, { __index = also })
  setmetatable(members, { __index = methods })
  inside.members = members
  for _, field in ipairs(inside.fields) do
    if Instance[field.name] or also[field.name] or field.name == "_data" or field.name == "_loaded_relations" then
      field.shadowed = true
      -- Where a script is only read for its models, nobody will have a record.
      if not core.collecting then
        io.stderr:write(("[freight] column `%s` of model `%s` is called like a method: reach it with get(\"%s\")\n")
          :format(field.name, inside.name, field.name))
      end
    end
  end

  -- What `json.encode` asks for.
  function inside.to_table(record)
    return core.json.object(Instance.to_table(record))
  end

  function inside.index(record, name)
    local found = members[name]
    if found ~= nil then
      return found
    elseif name == "_data" then
      return record
    elseif name == "_loaded_relations" or name == "_loadedRelations" then
      local state = state_of(record, getmetatable(record))
      state.loaded = state.loaded or {}
      return state.loaded
    end
  end

  records.of_index[inside.index] = inside

  function inside.newindex(record, name, value)
    local field = inside.by_name[name]
    if field and not field.shadowed or not field and is_loaded(getmetatable(record), name) then
      rawset(record, name, value)
    elseif field then
      fail("bad_argument", "`" .. name .. "` is a method of records too, and cannot be assigned to",
        "`record:set(\"" .. name .. "\", value)`")
    else
      unknown_field(inside, name)
    end
  end

  function inside.tostring(record)
    local key = {}
    for place, name in ipairs(inside.key) do
      key[place] = tostring(current(record, getmetatable(record), name))
    end
    return inside.name .. "#" .. table.concat(key, ",")
  end
end)

-- --------------------------------------------------------------------------------- new ones

local save_options = {
  only = "table", except = "table", validate = "boolean", hooks = "boolean", touch = "boolean", unknown = "string",
}
records.save_options = save_options

-- The names of `only` and `except`. One that is misspelt would let through what it is to keep back.
local function set_of(list, inside, meta)
  local set = {}
  for _, name in ipairs(list or {}) do
    if not inside.by_name[name] and not is_loaded(meta, name) and not inside.relations[name] then
      unknown_field(inside, name)
    end
    set[name] = true
  end
  return list and set
end

--- Takes values from a table that may come from outside; `taken` gets the names of those that were.
local function assign(inside, record, meta, data, own, taken)
  common.want(data, "table", "the values of `" .. inside.name .. "`")
  local only = own and own.only and set_of(own.only, inside, meta)
  local except = own and own.except and set_of(own.except, inside, meta)
  local is_lenient = own and own.unknown == "ignore"
  if own and own.unknown ~= nil and not is_lenient then
    fail("bad_argument", "`unknown` is `ignore`, and not `" .. own.unknown .. "`", "without it, what is unknown is an error")
  end
  local fillable, guarded = inside.fillable, inside.guarded
  for name, value in pairs(data) do
    local field = inside.by_name[name]
    local is_wanted = not (only and not only[name]) and not (except and except[name])
    if is_wanted then
      local is_refused = field and (fillable and not fillable[name] or guarded and guarded[name] or field.readonly)
      if field and not is_refused then
        put(record, meta, name, value)
        if taken then
          taken[name] = true
        end
        if value == null then
          meta.nulls = meta.nulls or {}
          meta.nulls[name] = true
        end
      elseif not field and is_loaded(meta, name) then
        put(record, meta, name, value)
      elseif is_lenient then
        -- Left out, as was asked for.
        is_wanted = false
      elseif is_refused then
        local err = common.made("unknown_field", "`" .. name .. "` of model `" .. inside.name
          .. "` cannot be set from a table", "assign it: `record." .. name .. " = …`")
        err.model, err.field = inside.name, name
        error(err, 0)
      else
        unknown_field(inside, name)
      end
    end
  end
end
records.assign = assign

local function default_of(default)
  if type(default) == "table" then
    return core.json.decode(core.json.encode(default))
  end
  return default
end

-- Defaults that are values are there at once; those that are functions are called when it is saved.
local function constants_of(inside)
  local list = {}
  for _, field in ipairs(inside.fields) do
    local default = field.default
    if default ~= nil and type(default) ~= "function" and not models.is_expression(field) then
      list[#list + 1] = field
    end
  end
  return list
end

--- A record that is not saved.
function records.new(inside, data, own, taken)
  local meta = records.single(inside)
  meta.is_new = true
  local record = setmetatable({}, meta)
  if data ~= nil then
    assign(inside, record, meta, data, own, taken)
  end
  local constants = inside.constants
  if not constants then
    constants = constants_of(inside)
    inside.constants = constants
  end
  for _, field in ipairs(constants) do
    local name = field.name
    if current(record, meta, name) == nil and not (meta.nulls and meta.nulls[name]) then
      local default = default_of(field.default)
      if field.kind == "boolean" and type(default) == "number" then
        default = default ~= 0
      end
      put(record, meta, name, default)
    end
  end
  return record
end

-- --------------------------------------------------------------------------- methods that ask

--- Whether the record is not saved yet.
function Instance:is_new()
  return meta_of(self, "is_new").is_new == true
end

--- Whether its row was deleted, softly or not.
function Instance:is_deleted()
  local meta = meta_of(self, "is_deleted")
  if records.is_gone(self, meta) then
    return true
  end
  return meta.inside.options.soft_delete == true and current(self, meta, "deleted_at") ~= nil
end

--- The value of any column.
function Instance:get(name)
  return current(self, meta_of(self, "get"), name)
end

--- Sets any column, or several from a table.
function Instance:set(name, value)
  local meta = meta_of(self, "set")
  if type(name) == "table" then
    assign(meta.inside, self, meta, name)
    return self
  end
  if not meta.inside.by_name[name] and not is_loaded(meta, name) then
    unknown_field(meta.inside, name)
  end
  put(self, meta, name, value)
  return self
end

--- The value that a column had when the record was read.
function Instance:original(name)
  local meta = meta_of(self, "original")
  local field = meta.inside.by_name[name]
  if not field and not is_loaded(meta, name) then
    unknown_field(meta.inside, name)
  end
  local value = original(self, meta, name)
  if value ~= nil and field and field.kind == "json" then
    return (core.convert(records.shape(meta.inside, "")[1], field.column, value))
  end
  return value
end

--- What was changed: `{ column = { old, new } }`, or whether one column was.
function Instance:changed(name)
  local meta = meta_of(self, "changed")
  local inside, out = meta.inside, {}
  if name ~= nil and not inside.by_name[name] and not is_loaded(meta, name) then
    unknown_field(inside, name)
  end
  if meta.is_new then
    for _, field in ipairs(inside.fields) do
      local value = current(self, meta, field.name)
      if value ~= nil then
        out[field.name] = { nil, value }
      end
    end
  else
    local fields = records.changes(inside, self, meta, models.db(inside))
    for _, field in ipairs(fields) do
      out[field.name] = { Instance.original(self, field.name), current(self, meta, field.name) }
    end
  end
  if name ~= nil then
    return out[name] ~= nil
  end
  return out
end

local table_options = { only = "table", except = "table", include = "table, string, boolean", nulls = "boolean" }

--- A plain table without the hidden fields.
function Instance:to_table(opts)
  local meta = meta_of(self, "to_table")
  local own = common.options(opts, table_options, "`to_table`")
  local only, except, out = set_of(own.only, meta.inside, meta), set_of(own.except, meta.inside, meta), {}
  local function add(name)
    if meta.inside.hidden[name] or only and not only[name] or except and except[name] then
      return
    end
    local value = current(self, meta, name)
    if value == nil and own.nulls then
      value = null
    end
    out[name] = value
  end
  for _, field in ipairs(meta.inside.fields) do
    add(field.name)
  end
  for name in pairs(self) do
    add(name)
  end
  if own.include then
    core.relations.into(self, out, own.include)
  end
  return out
end

--- The same as a text of JSON.
function Instance:to_json(opts)
  return core.json.encode(core.json.object(Instance.to_table(self, opts)))
end

return records
