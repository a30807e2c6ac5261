-- Fields of models: what may stand in a definition, and what a value is before it is sent.
--
-- A cast gives two values: what is bound, and what the record holds afterwards, where that is
-- another one. What cannot be cast raises `cast_error`.
local core = ...
local common, values, marks, words = core.common, core.values, core.marks, core.words
local fail, null = common.fail, core.null
local fields = {}

-- What `freight.declare` says beside the models: texts, and the names of types.
core.declared = { list = {}, types = {} }

-- ------------------------------------------------------------------------------------- words

-- The keys of a field, and what they are.
local keys = {
  type = "string", size = "number", precision = "number", scale = "number", values = "table",
  primary_key = "boolean", auto_increment = "boolean, table", required = "boolean", not_null = "=required",
  unique = "boolean, string", index = "boolean, string", default = "any", references = "string, table",
  comment = "string", hidden = "boolean", readonly = "boolean", validate = "table, function", column = "string",
  on_delete = "string", on_update = "string", unsigned = "boolean", approximate = "boolean",
  native = "string, table", update_default = "any", was = "string", generated = "string, table",
  collation = "string, table", check = "string, table", invisible = "boolean", options = "table",
  as = "string", nulls = "string",
}
fields.keys = keys

-- What stands under some of them.
local kinds = { references = "Reference", generated = "Generated", check = "Check", auto_increment = "AutoIncrement" }

-- The word of a type, and what its values are like.
local types = {
  integer = "integer", bigint = "integer", int = "integer", smallint = "integer", string = "text", text = "text",
  float = "float", double = "float", decimal = "decimal", boolean = "boolean", datetime = "datetime",
  timestamp = "datetime", date = "date", time_of_day = "time", time = "time", blob = "blob", json = "json",
  uuid = "uuid", enum = "text", native = "plain",
}

local ranges = { int = 2 ^ 31, smallint = 2 ^ 15 }
fields.ranges = ranges

--- True for whole numbers of all 64 bits.
function fields.is_wide(field)
  return field.kind == "integer" and not field.unsigned and not ranges[field.type]
end

--- The file and the line of the script that called, for messages.
function fields.call_site()
  for level = 3, 12 do
    local info = debug and debug.getinfo(level, "Sl")
    if not info then
      break
    end
    if info.currentline > 0 and info.source:sub(1, 9) ~= "=freight." then
      return info.source:sub(1, 1) == "@" and info.source:sub(2) or info.short_src, info.currentline
    end
  end
  return "", 0
end

-- Helpers count, because a table forgets the order of its keys: columns stand in the order in
-- which they were written, where helpers wrote them. And they know their lines.
local counter = 0
local orders = setmetatable({}, { __mode = "k" })

local function made(field)
  counter = counter + 1
  local _, line = fields.call_site()
  orders[field] = { counter, line }
  return field
end

local function with(field, opts)
  if opts ~= nil then
    for key, value in pairs(common.want(opts, "table", "the options of a field")) do
      if field[key] ~= nil then
        fail("duplicate_option", "`" .. tostring(key) .. "` of a field is given twice")
      end
      field[key] = value
    end
  end
  return made(field)
end

local helpers = {}
fields.helpers = helpers

for _, name in ipairs({
  "text", "integer", "bigint", "float", "boolean", "datetime", "date", "time_of_day", "blob", "json", "uuid",
}) do
  helpers[name] = function(opts)
    return with({ type = name }, opts)
  end
end

function helpers.primary_key(opts)
  return with({ type = opts and opts.type == nil and "integer" or opts == nil and "integer" or nil, primary_key = true }, opts)
end

-- `string(40)`, `string(40, { … })` and `string({ … })`.
function helpers.string(size, opts)
  if type(size) == "table" then
    size, opts = nil, size
  end
  return with({ type = "string", size = size }, opts)
end

function helpers.decimal(precision, scale, opts)
  if type(precision) == "table" then
    precision, opts = nil, precision
  elseif type(scale) == "table" then
    scale, opts = nil, scale
  end
  return with({ type = "decimal", precision = precision, scale = scale }, opts)
end

function helpers.enum(list, opts)
  return with({ type = "enum", values = list }, opts)
end

function helpers.foreign_key(target, column, opts)
  common.want(target, "string", "the table that `freight.foreign_key` refers to")
  if type(column) == "table" then
    column, opts = nil, column
  end
  local field = { references = { table = target, column = column }, index = true }
  for key, value in pairs(opts or {}) do
    local name = key == "onDelete" and "on_delete" or key == "onUpdate" and "on_update" or key
    if name == "on_delete" or name == "on_update" then
      field.references[name] = value
    else
      field[key] = value
    end
  end
  return made(field)
end

--- A field of any type: what stands in its definition, and its place among the others.
function helpers.field(given)
  return with({}, type(given) == "string" and { type = given } or given)
end

-- -------------------------------------------------------------------------------- definitions

local function reference_of(given)
  if type(given) == "string" then
    local target, column = given:match("^(.+)%.([^%.]+)$")
    return { table = target or given, column = column }
  end
  local own = {}
  for key, value in pairs(given) do
    own[key] = value
  end
  own.column = own.column or own.columns and own.columns[1]
  return own
end

local spelled = { sql = true, text = true, number = true, boolean = true, bytes = true }

-- True for a default in the words of model files, such as `{ number = "0.10" }`. A document of
-- JSON may look like one: there only `{ sql = … }` and `{ text = … }` are such words.
local function is_spelled(own, default)
  local key = next(default)
  return key ~= nil and next(default, key) == nil and spelled[key]
    and (own.kind ~= "json" or key == "sql" or key == "text")
end

-- The default that the table gets, and the one that records get: none where only the database can
-- tell, which is said third.
local function defaults_of(own)
  local default = own.default
  if default == nil or type(default) == "function" then
    return nil, default, false
  elseif default == null then
    return null, nil, false
  elseif marks.is_fragment(default) then
    return { sql = default.sql }, default, true
  elseif type(default) == "table" and is_spelled(own, default) then
    return default, default, true
  elseif own.kind ~= "json" then
    return default, default, type(default) == "table"
  end
  local meta = type(default) == "table" and getmetatable(default)
  if meta and marks.is_marked(meta) then
    return { text = default.text }, default.value, false
  elseif type(default) == "string" then
    local is_document, document = pcall(core.json.decode, default)
    if is_document then
      return default, document, document == nil
    end
  end
  return { text = core.json.encode(default) }, default, false
end

-- A definition in the words of model files, without what only Lua can use.
local function declared_of(own, what)
  local out = {}
  for key, value in pairs(own) do
    if key == "update_default" and marks.is_fragment(value) then
      out[key] = { sql = value.sql }
    elseif key ~= "validate" then
      out[key] = kinds[key] and words.read(kinds[key], value, "`" .. key .. "` of " .. what) or value
    end
  end
  return out
end

local function check_type(word, what)
  if types[word] ~= nil or core.collecting then
    return
  end
  local known = {}
  for each in pairs(types) do
    known[#known + 1] = each
  end
  table.sort(known)
  local near = common.nearest(word, known)
  -- The name of an enum, domain or composite type that is declared beside the models.
  if not core.declared.types[word] then
    fail("bad_argument", what .. " has the type `" .. word .. "`, which there is not",
      near and "did you mean `" .. near .. "`?" or "the types are `" .. table.concat(known, "`, `") .. "`")
  end
end

--- A field out of its definition. `of` names the model, for messages; `follows` is what it refers to
--- by a key of the model.
function fields.define(of, name, given, follows)
  local what = "field `" .. name .. "` of model `" .. of .. "`"
  if type(given) == "string" then
    given = { type = given }
  end
  local place = type(given) == "table" and orders[given]
  local own = common.options(given, keys, what)
  local declared = declared_of(own, what)
  if own.references ~= nil then
    own.references = reference_of(declared.references)
    own.references.on_delete = own.references.on_delete or own.on_delete
    own.references.on_update = own.references.on_update or own.on_update
  end
  own.follows = own.references or follows
  if own.type == nil and not own.references and not own.native then
    fail("bad_argument", what .. " has no `type`", "the types are `string`, `text`, `integer`, `boolean`, …")
  end
  local word = own.type or own.native and "native"
  if word ~= nil then
    check_type(word, what)
  end
  if word == "enum" and type(own.values) ~= "table" then
    fail("bad_argument", what .. " is an enum without `values`", "`values = { \"yard\", \"ship\" }`")
  end
  if word == "string" then
    own.size = own.size or 255
  end
  if own.as ~= nil and own.as ~= "epoch" then
    fail("bad_argument", "`as` of " .. what .. " is `epoch`, and not `" .. own.as .. "`")
  end
  if word == "string" and own.size == nil then
    own.size = 255
  end
  own.name = name
  own.column = own.column or name
  own.order, own.line = place and place[1], place and place[2]
  own.kind = types[word] or word and "text"
  own.reads = own.as or own.kind == "json" and own.nulls == "keep" and "json_nulls" or own.kind
  declared.default, own.default, own.is_database_default = defaults_of(own)
  own.declared = declared
  return own
end

-- ------------------------------------------------------------------------------------- casts

local function shown(value)
  if type(value) == "string" then
    return '"' .. common.shown(value, 40) .. '"'
  end
  if type(value) == "table" then
    return core.records.is_record(value) and "the record " .. tostring(value) or "a table"
  end
  return tostring(value)
end

local function refuse(field, value, why)
  local err = common.made("cast_error", "`" .. field.name .. "` takes " .. why .. ", and not " .. shown(value),
    core.records.is_record(value) and "give its key" or nil)
  err.field, err.column, err.value = field.name, field.column, value
  error(err, 0)
end

local whole = math.tointeger or function(value)
  return value % 1 == 0 and math.abs(value) <= 2 ^ 53 and value or nil
end
local is_whole = math.type and function(value)
  return math.type(value) == "integer"
end or function(value)
  return value % 1 == 0 and value >= -2 ^ 53 and value <= 2 ^ 53
end

local casts = {}

local function in_range(field, value, number)
  local limit = ranges[field.type]
  if limit and (number >= limit or number < -limit) or field.unsigned and number < 0 then
    local err = common.made("out_of_range", "`" .. field.name .. "` cannot hold " .. shown(value))
    err.field, err.column, err.value = field.name, field.column, value
    error(err, 0)
  end
  return number
end

-- The digits of a number of 64 bits, which LuaJIT cannot hold; nil for more.
local function digits_of_64_bits(digits, is_unsigned)
  local sign, rest = digits:match("^([+-]?)0*(%d+)$")
  local most = is_unsigned and "18446744073709551615" or sign == "-" and "9223372036854775808" or "9223372036854775807"
  if #rest < #most or #rest == #most and rest <= most then
    return (sign == "-" and "-" or "") .. rest
  end
  return nil
end

function casts.integer(field, value)
  local kind = type(value)
  if kind == "number" then
    if is_whole(value) then
      return (ranges[field.type] or field.unsigned) and in_range(field, value, value) or value
    end
    local number = value == value and value >= -2 ^ 63 and value < 2 ^ 63 and whole(value)
    if number then
      return in_range(field, value, number)
    end
  elseif kind == "string" then
    local digits = value:match("^%s*([+-]?%d+)%s*$")
    local number = digits and tonumber(digits)
    if number and math.type and math.type(number) ~= "integer" then
      number = nil
    elseif number and not math.type and math.abs(number) > 2 ^ 53 then
      return digits_of_64_bits(digits, field.unsigned) or refuse(field, value, "a whole number of 64 bits")
    end
    if number then
      return in_range(field, value, number)
    end
  elseif kind == "cdata" then
    return value
  end
  return refuse(field, value, "a whole number")
end

function casts.float(field, value, db)
  local number = type(value) ~= "boolean" and tonumber(value)
  if not number then
    return refuse(field, value, "a number")
  end
  if number ~= number or number == math.huge or number == -math.huge then
    if db.driver ~= "postgresql" then
      return refuse(field, value, "a finite number")
    end
    return number ~= number and "NaN" or number > 0 and "Infinity" or "-Infinity", number
  end
  return number + 0.0
end

function casts.decimal(field, value)
  local text = core.as_decimal(value, field.precision, field.scale)
  if text then
    return text
  elseif text == false then
    local err = common.made("out_of_range", "`" .. field.name .. "` has " .. (field.precision - (field.scale or 0))
      .. " digits in front of the point, and cannot hold " .. shown(value))
    err.field, err.column, err.value = field.name, field.column, value
    error(err, 0)
  end
  return refuse(field, value, "a decimal number")
end

local booleans = { ["true"] = true, ["false"] = false, ["1"] = true, ["0"] = false, [1] = true, [0] = false }

function casts.boolean(field, value)
  if value == true or value == false then
    return value
  end
  local found = booleans[value]
  if found == nil then
    return refuse(field, value, "`true` or `false`")
  end
  return found
end

function casts.text(field, value)
  local kind = type(value)
  if kind == "string" then
    -- SQLite would take it, and give it to programs that read text.
    if value:find("[\128-\255]") and not core.characters(value) then
      local err = common.made("invalid_value", "`" .. field.name .. "` holds text, and was given bytes that are not UTF-8",
        "a field of type `blob` holds bytes")
      err.field, err.column = field.name, field.column
      error(err, 0)
    end
    return value
  elseif kind == "number" then
    return is_whole(value) and ("%d"):format(value) or tostring(value)
  end
  return refuse(field, value, "text")
end

function casts.blob(field, value)
  if type(value) ~= "string" then
    return refuse(field, value, "a string of bytes")
  end
  return values.blob(value), value
end

function casts.json(_, value)
  return core.json.encode(value), value
end

function casts.uuid(field, value)
  return core.as_uuid(value) or refuse(field, value, "a UUID")
end

local clocks = { datetime = "a point in time", date = "a day", time = "a time of day" }

for clock, what in pairs(clocks) do
  casts[clock] = function(field, value, db)
    local digits = field.precision or db.driver == "mysql" and 0 or 6
    local text = value == value and core.as_time(clock, value, digits)
    if not text then
      return refuse(field, value, what)
    end
    if field.as == "epoch" then
      return text, core.time.parse(text)
    end
    return text
  end
end

function casts.plain(_, value)
  return value
end

fields.casts = casts

--- The value of a field that is bound, and the one that the record holds then.
function fields.cast(field, value, db)
  if value == nil or value == null then
    return null
  end
  if type(value) == "table" then
    local meta = getmetatable(value)
    if meta and marks.is_marked(meta) then
      return value, marks.plain_of(value)
    end
  end
  return casts[field.kind](field, value, db)
end

return fields
