-- Models: what `freight.model` makes of a definition.
--
-- A model that a script holds is an empty table; what it is stands in its metatable, and what the
-- script assigns to it stands in `own`, so that nothing of Freight's can be overwritten by it.
local core = ...
local common, fields, words = core.common, core.fields, core.words
local fail, want = common.fail, common.want
local models = {}

--- Methods of every model, by name; the parts that follow add theirs.
models.Class = {}
--- Methods of every record.
models.Instance = {}
common.both_spellings(models.Class, true)

-- ------------------------------------------------------------------------------- registries

-- Per handle, and under `false` those that were defined before any was open.
local registries = setmetatable({}, { __mode = "k" })
models.registries = registries
local homeless = { by_name = {}, list = {} }

local function registry(db)
  if not db then
    return homeless
  end
  local own = registries[db]
  if not own then
    own = { by_name = {}, list = {} }
    registries[db] = own
  end
  return own
end

-- Definitions that came before the database belong to the first one that is the default.
local function settle(db)
  if not db then
    return
  end
  for _, inside in ipairs(homeless.list) do
    inside.db, inside.own.db = db, db
    models.register(registry(db), inside)
  end
  homeless.by_name, homeless.list = {}, {}
end

function models.register(own, inside)
  local before = own.by_name[inside.name]
  own.by_name[inside.name] = inside
  for place, other in ipairs(own.list) do
    if other == before then
      own.list[place] = inside
      return
    end
  end
  own.list[#own.list + 1] = inside
end

--- Every model of a handle, in the order of their definitions.
function models.all(db)
  if db == core.database.default then
    settle(db)
  end
  return registry(db).list
end

--- The model of a name, or of a table of that name; nil where there is none.
function models.find(db, name)
  if db == core.database.default then
    settle(db)
  end
  local own = registry(db)
  local found = own.by_name[name]
  if found then
    return found
  end
  for _, inside in ipairs(own.list) do
    if inside.table == name then
      return inside
    end
  end
  return nil
end

--- The handle of a model.
function models.db(inside)
  local db = inside.db
  if not db then
    settle(core.database.default_or_fail())
    db = inside.db
  end
  return db
end

--- What a model is; raises for what is none.
function models.inside(model, what)
  local meta = type(model) == "table" and getmetatable(model)
  local inside = meta and rawget(meta, "inside")
  if not inside then
    fail("bad_argument", "`" .. what .. "` is a method of a model, and was not called on one",
      "call it with a colon: `User:" .. what .. "(…)`")
  end
  return inside
end

function models.is_model(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(meta) == "table" and rawget(meta, "inside") ~= nil
end

-- ------------------------------------------------------------------------------ definitions

local options = {
  fields = "table", timestamps = "boolean", soft_delete = "boolean", version = "boolean", indexes = "table",
  scopes = "table", relations = "table", validate = "table, function", hidden = "table", fillable = "table",
  guarded = "table", cache = "boolean, table", methods = "table", lazy_loading = "string",
  primary_key = "table, string, boolean", db = "table", comment = "string", table = "string", was = "string",
  foreign_keys = "table", checks = "table", exclusions = "table", options = "table", only = "table",
}
models.options = options

-- What of them concerns the table, and what stands under it; `relations` do where they have a table
-- between them.
local declared_options = {
  table = "", timestamps = "", soft_delete = "", version = "", comment = "", options = "", only = "", was = "",
  primary_key = "Key", indexes = "Index[]", foreign_keys = "ForeignKeyDecl[]", checks = "Check*", exclusions = "Exclusion{}",
}

local lazy_modes = { batch = true, single = true, warn = true, forbid = true }

-- The definition in its first form: fields under `fields`, and options beside them.
local function forms(name, def, opts)
  local given = def.fields
  local is_first = type(given) == "table" and type(given.type) ~= "string"
  if is_first then
    local own = common.options(def, options, "model `" .. name .. "`")
    for key, value in pairs(common.options(opts, options, "model `" .. name .. "`")) do
      if own[key] ~= nil then
        fail("duplicate_option", "`" .. key .. "` is given twice to model `" .. name .. "`")
      end
      own[key] = value
    end
    return own
  end
  local own = common.options(opts, options, "model `" .. name .. "`")
  own.fields = def
  return own
end

local function add(inside, name, given, follows)
  local field = fields.define(inside.name, name, given, follows)
  inside.by_name[name] = field
  inside.fields[#inside.fields + 1] = field
  return field
end

-- One that the script does not write.
local function add_unwritten(inside, name, given)
  local field = add(inside, name, given)
  field.declared = nil
  return field
end

-- What fields refer to by the keys of their model.
local function followed(keys)
  local found = {}
  for _, key in ipairs(keys or {}) do
    local target = type(key) == "table" and key.references
    if type(target) == "string" then
      target = { table = target }
    end
    for place, name in ipairs(target and key.columns or {}) do
      found[name] = found[name] or { table = target.table, column = target.columns and target.columns[place] or target.column }
    end
  end
  return found
end

local function add_declared(inside, given)
  local follows = followed(inside.declared.foreign_keys)
  for name, field in pairs(given) do
    if type(name) ~= "string" then
      fail("bad_argument", "model `" .. inside.name .. "` has a field without a name",
        "fields are `name = { type = \"text\" }`")
    elseif type(field) ~= "table" and type(field) ~= "string" then
      fail("bad_argument", "field `" .. name .. "` of model `" .. inside.name .. "` is a " .. type(field)
        .. ", and not a definition", options[common.snake(name)] and "options stand beside `fields = { … }`"
        or "`" .. name .. " = { type = \"text\" }`")
    end
    add(inside, name, field, follows[name])
  end
end

-- The words of a model beside its fields.
local function declared_of(name, own)
  local out = {}
  for key, spec in pairs(declared_options) do
    local value = own[key]
    if value ~= nil then
      out[key] = spec ~= "" and words.read(spec, value, "`" .. key .. "` of model `" .. name .. "`") or value
    end
  end
  if own.primary_key == false then
    out.primary_key = false
  end
  return out
end

local function add_key(inside)
  local key = inside.declared.primary_key
  if key == false then
    return {}
  elseif key ~= nil then
    local list = {}
    for place, part in ipairs(type(key) == "table" and (key.columns or key) or { key }) do
      list[place] = type(part) == "table" and part.column or part
    end
    for _, name in ipairs(list) do
      if type(name) ~= "string" or not inside.by_name[name] then
        fail("unknown_field", "`primary_key` of model `" .. inside.name .. "` names `" .. tostring(name)
          .. "`, which is no field of it")
      end
    end
    return list
  end
  local found = {}
  for _, field in ipairs(inside.fields) do
    if field.primary_key then
      found[#found + 1] = field
    end
  end
  if #found == 0 then
    local id = inside.by_name.id or add_unwritten(inside, "id", { type = "integer" })
    id.primary_key = true
    return { "id" }
  end
  table.sort(found, function(left, right)
    if left.order and right.order then
      return left.order < right.order
    end
    return not right.order and (left.order ~= nil or left.name < right.name)
  end)
  local names = {}
  for place, field in ipairs(found) do
    names[place] = field.name
  end
  return names
end

local function add_implied(inside, own)
  local implied = {}
  if own.timestamps then
    implied[1] = { "created_at", { type = "datetime", required = true, default = "CURRENT_TIMESTAMP" } }
    implied[2] = { "updated_at", { type = "datetime", required = true, default = "CURRENT_TIMESTAMP" } }
  end
  if own.soft_delete then
    implied[#implied + 1] = { "deleted_at", { type = "datetime" } }
  end
  if own.version then
    implied[#implied + 1] = { "lock_version", { type = "integer", required = true, default = 0 } }
  end
  for place, each in ipairs(implied) do
    if not inside.by_name[each[1]] then
      local field = add_unwritten(inside, each[1], each[2])
      field.implied = place
    end
  end
end

-- As helpers wrote them, the rest by name, then what options add; the key first, unless a helper
-- wrote it elsewhere.
local function put_in_order(inside)
  local key = {}
  for place, name in ipairs(inside.key) do
    key[name] = place
  end
  local function rank(field)
    return field.implied and 4 or field.order and 2 or key[field.name] and 1 or 3
  end
  table.sort(inside.fields, function(left, right)
    local one, two = rank(left), rank(right)
    if one ~= two then
      return one < two
    end
    if one == 1 then
      return key[left.name] < key[right.name]
    elseif one == 2 then
      return left.order < right.order
    elseif one == 4 then
      return left.implied < right.implied
    end
    return left.name < right.name
  end)
  for place, field in ipairs(inside.fields) do
    field.place = place
    inside.by_column[field.column] = field
  end
end

local function names_of(inside, list, what)
  local set = {}
  for _, name in ipairs(list or {}) do
    if not inside.by_name[name] then
      fail("unknown_field", "`" .. what .. "` of model `" .. inside.name .. "` names `" .. tostring(name)
        .. "`, which is no field of it")
    end
    set[name] = true
  end
  return list and set
end

-- The only key that is a number: the database numbers it, unless told not to.
local function find_numbered(inside)
  local name = #inside.key == 1 and inside.key[1]
  local field = name and inside.by_name[name]
  if field and field.auto_increment ~= false and not field.references and field.kind == "integer"
    and field.default == nil then
    inside.numbered = field
  end
end

--- Makes a model out of its definition, and puts it in the place of one of the same name.
function models.define(db, name, def, opts)
  want(name, "string", "the name of a model")
  if def == nil then
    local inside = models.find(db, name)
    if not inside then
      fail("unknown_model", "no model is called `" .. common.shown(name) .. "`", "define it: `freight.model(\"" .. name .. "\", { … })`")
    end
    return inside.model
  end
  want(def, "table", "the definition of model `" .. name .. "`")
  local own = forms(name, def, opts)
  if own.lazy_loading and not lazy_modes[own.lazy_loading] then
    fail("bad_argument", "`lazy_loading` of model `" .. name .. "` is `" .. own.lazy_loading .. "`",
      "it is `batch`, `single`, `warn` or `forbid`")
  end
  if own.db and not core.database.is_handle(own.db) then
    fail("bad_argument", "`db` of model `" .. name .. "` is an open database")
  end
  local inside = {
    name = name, table = own.table or name, fields = {}, by_name = {}, by_column = {}, options = own,
    hooks = {}, relations = {}, relation_list = {}, scopes = {}, own = {}, texts = {},
  }
  inside.file, inside.line = fields.call_site()
  inside.declared = declared_of(name, own)
  add_declared(inside, own.fields)
  inside.key = add_key(inside)
  add_implied(inside, own)
  put_in_order(inside)
  find_numbered(inside)
  inside.hidden = names_of(inside, own.hidden, "hidden") or {}
  for _, field in ipairs(inside.fields) do
    if field.hidden then
      inside.hidden[field.name] = true
    end
  end
  inside.fillable = names_of(inside, own.fillable, "fillable")
  inside.guarded = names_of(inside, own.guarded, "guarded")
  inside.cache = core.caching.read(name, own.cache)
  inside.db = own.db or db
  inside.model = models.made(inside)
  if core.collecting then
    core.collecting[#core.collecting + 1] = inside
  end
  models.register(registry(inside.db), inside)
  for _, finish in ipairs(models.finishers) do
    finish(inside, own)
  end
  return inside.model
end

--- What the parts that follow do to each new model.
models.finishers = {}

--- The table that a script gets.
function models.made(inside)
  local own = inside.own
  setmetatable(own, { __index = models.Class })
  for name, value in pairs({
    table_name = inside.table, primary_key = #inside.key == 1 and inside.key[1] or inside.key,
    fields = inside.by_name, methods = inside.options.methods or {}, _relations = {},
  }) do
    own[name] = value
  end
  own.tableName, own.primaryKey = own.table_name, own.primary_key
  -- Functions that a script assigns are seen by records too; nothing else is.
  local functions = {}
  inside.functions = functions
  own.db = inside.db
  inside.metatable = {
    inside = inside, __name = "freight.Model", __index = own,
    __newindex = function(_, name, value)
      own[name] = value
      if type(value) == "function" or functions[name] ~= nil then
        functions[name] = value
      end
    end,
    __tostring = function()
      return "freight.Model (" .. inside.name .. ")"
    end,
  }
  return setmetatable({}, inside.metatable)
end

-- The first elements of a model's metatable are what the short ways of `create` and `find` need, which
-- ask for no more: nothing where there is none.
local CREATES, FINDS = 1, 2

--- How `create` goes in one function of Rust.
function models.create_quickly(inside, how)
  inside.metatable[CREATES] = how
end

--- How `save` and `delete` go: what `quick.rs` calls the gate of a model, which the metatables of its records
--- refer to.
function models.update_quickly(inside, gate)
  if inside.gate then
    inside.gate[1] = nil
  end
  inside.gate, inside.updater = gate, nil
end

--- How `find` goes in one function of Rust.
function models.find_quickly(inside, how)
  inside.metatable[FINDS] = how
end

-- ------------------------------------------------------------------------------ kinds of fields

--- The kind of a field; that of a reference is its target's.
function models.kind(inside, field)
  if not field.kind then
    local target = models.find(inside.db, field.follows.table)
    local name = field.follows.column or target and #target.key == 1 and target.key[1]
    local other = target and name and target.by_name[name]
    if not other then
      return "integer"
    end
    if other ~= field then
      field.kind = models.kind(target, other)
      field.type, field.size, field.precision, field.scale = other.type, other.size, other.precision, other.scale
      field.reads = field.kind
    end
  end
  return field.kind
end

--- A value of a field, as it is bound and as a record has it.
function models.cast(inside, field, value, db)
  if not field.kind then
    models.kind(inside, field)
    if not field.kind then
      return fields.casts.plain(field, value)
    end
  end
  return fields.cast(field, value, db)
end

-- ------------------------------------------------------------------------------ declarations

local encode = core.json.encode

local sections = {
  views = "View{}", enums = "Enum{}", domains = "DomainDecl{}", composites = "CompositeDecl{}",
  sequences = "SequenceDecl{}", extensions = "ExtensionDecl{}", objects = "ObjectDecl[]", namespaces = "",
}
local section_options = {}
for name in pairs(sections) do
  section_options[name] = "table"
end
models.sections = section_options

--- Types, views and objects beside the models.
function models.declare(given)
  local own = common.options(want(given, "table", "what `freight.declare` declares"), section_options, "`freight.declare`")
  for _, kind in ipairs({ "enums", "domains", "composites" }) do
    for name in pairs(own[kind] or {}) do
      core.declared.types[name] = true
    end
  end
  for name, spec in pairs(sections) do
    if own[name] ~= nil and spec ~= "" then
      own[name] = words.read(spec, own[name], "`" .. name .. "` of `freight.declare`")
    end
  end
  local file, line = fields.call_site()
  core.declared.list[#core.declared.list + 1] = { encode(own), file, line, {} }
  return true
end

local clock_words = {
  CURRENT_TIMESTAMP = true, CURRENT_DATE = true, CURRENT_TIME = true, ["NOW()"] = true,
}
local clocks = { datetime = true, date = true, time = true }

--- True for a default that the database makes.
function models.is_expression(field)
  local default = field.default
  if field.is_database_default then
    return true
  end
  return type(default) == "string" and (clocks[field.kind] and clock_words[default:upper()]
    or field.kind == "uuid" and (default:upper() == "UUID()" or default:upper() == "GEN_RANDOM_UUID()"))
end

-- Relations with a table between the two, which is made where no model declares it.
local function declared_relations(inside)
  local list = {}
  for _, relation in ipairs(inside.relation_list) do
    local own = relation.own
    if relation.kind == "belongs_to_many" and models.find(inside.db, relation.target_name) then
      list[#list + 1] = encode(relation.name) .. ":" .. encode({
        belongs_to_many = relation.target_name, through = own.through, foreign_pivot_key = own.foreign_pivot_key,
        related_pivot_key = own.related_pivot_key,
      })
    end
  end
  return list
end

--- A model in the words of model files: a text of JSON, and the lines of its fields.
function models.declared(inside)
  local list, lines = {}, {}
  for _, field in ipairs(inside.fields) do
    if field.declared then
      list[#list + 1] = encode(field.name) .. ":" .. encode(field.declared)
      lines[field.name] = field.line
    end
  end
  local parts = { '"fields":{' .. table.concat(list, ",") .. "}" }
  for key, value in pairs(inside.declared) do
    parts[#parts + 1] = encode(key) .. ":" .. encode(value)
  end
  local relations = declared_relations(inside)
  if #relations > 0 then
    parts[#parts + 1] = '"relations":{' .. table.concat(relations, ",") .. "}"
  end
  table.sort(parts)
  return '{"models":{' .. encode(inside.name) .. ":{" .. table.concat(parts, ",") .. "}}}", lines
end

return models
