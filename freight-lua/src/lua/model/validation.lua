-- Validation: what a record has to be like before it is sent. All that is wrong is told at once.
local core = ...
local common, models, records, null = core.common, core.models, core.records, core.null
local Instance = models.Instance
local validation = {}
local NOTHING = {}

local function count_of(value)
  if type(value) == "string" then
    return core.characters(value) or #value
  end
  return type(value) == "table" and #value or nil
end

-- The rules of `validate`: each gives a message where the value breaks it.
local rules = {}

function rules.min(value, limit)
  if not tonumber(value) or tonumber(value) < limit then
    return "must be at least " .. tostring(limit)
  end
end

function rules.max(value, limit)
  if not tonumber(value) or tonumber(value) > limit then
    return "must be at most " .. tostring(limit)
  end
end

function rules.length(value, limits)
  local least, most = limits, limits
  if type(limits) == "table" then
    least, most = limits[1] or limits.min or 0, limits[2] or limits.max or math.huge
  end
  local count = count_of(value)
  if not count or count < least or count > most then
    if least == most then
      return "must have " .. least .. " characters"
    end
    return most == math.huge and "must have at least " .. least .. " characters"
      or "must have " .. least .. " to " .. most .. " characters"
  end
end

function rules.match(value, pattern)
  if type(value) ~= "string" or not value:find(pattern) then
    return "must match `" .. pattern .. "`"
  end
end

function rules.one_of(value, list)
  for _, allowed in ipairs(list) do
    if allowed == value then
      return nil
    end
  end
  local shown = {}
  for place, allowed in ipairs(list) do
    shown[place] = tostring(allowed)
  end
  return "must be one of `" .. table.concat(shown, "`, `") .. "`"
end

function rules.email(value, wanted)
  local name, host = tostring(value):match("^([^%s@<>\"]+)@([%w%-%.]+)$")
  if wanted and (not name or not host:find("^[%w].*%.%w%w+$") or host:find("..", 1, true) or #value > 254) then
    return "must be an e-mail address"
  end
end

function rules.url(value, wanted)
  if wanted and not tostring(value):find("^https?://[%w%-%.%[%]:]+[^%s]*$") then
    return "must be a URL of http or https"
  end
end

function rules.integer(value, wanted)
  local number = tonumber(value)
  if wanted and (not number or number % 1 ~= 0) then
    return "must be a whole number"
  end
end

local order = { "integer", "min", "max", "length", "match", "one_of", "email", "url" }
local known = {
  min = "number", max = "number", length = "table, number", match = "string", one_of = "table", email = "boolean",
  url = "boolean", integer = "boolean",
}

-- The rules of a field, checked once.
local function rules_of(inside, field)
  local given = field.validate
  if given == nil then
    local all = type(inside.options.validate) == "table" and inside.options.validate or {}
    given = all[field.name]
  end
  if type(given) == "table" then
    return common.options(given, known, "`validate` of field `" .. field.name .. "` of model `" .. inside.name .. "`")
  end
  return given
end

table.insert(models.finishers, function(inside, own)
  inside.rules = {}
  for _, field in ipairs(inside.fields) do
    inside.rules[field.name] = rules_of(inside, field)
  end
  if type(own.validate) == "table" then
    for name in pairs(own.validate) do
      if not inside.by_name[name] then
        core.records.unknown_field(inside, name)
      end
    end
  end
  inside.is_checked = true
end)

-- What the field itself says.
local function by_field(field, value)
  if field.size and field.kind == "text" and type(value) == "string" then
    local count = core.characters(value)
    if not count then
      return "utf8", "must be valid UTF-8"
    elseif count > field.size then
      return "size", "must have at most " .. field.size .. " characters"
    end
  end
  if field.values then
    local problem = rules.one_of(value, field.values)
    if problem then
      return "values", problem
    end
  end
end

local function by_rules(field, given, value, record, add)
  if type(given) == "function" then
    local ok, message = given(value, record)
    if ok ~= true and (ok == false or ok == nil and message ~= nil) then
      add(field.name, "validate", message or "is not valid", value)
    end
    return
  end
  for _, name in ipairs(order) do
    if given[name] ~= nil then
      local problem = rules[name](value, given[name])
      if problem then
        add(field.name, name, problem, value)
      end
    end
  end
end

local function may_be_missing(inside, field)
  return field == inside.numbered or models.is_expression(field) or field.generated ~= nil
    or field.default ~= nil and type(field.default) ~= "function" or field.auto_increment ~= nil
end

-- The values that were read: the list that has them, the place of each name in a row, and the element
-- that the row stands behind; nothing for a new record.
local function read_values(record, meta)
  if meta.is_new or not meta.names then
    return NOTHING, NOTHING, 0
  end
  return meta, records.places(meta.names), records.base(record, meta)
end

-- Whether a value is the one that was read. What the field says of it is not asked again: the database
-- has it already.
local function is_kept(values, place, value)
  local was = place and values[place]
  return was ~= nil and (was == value or value == nil and was == null)
end

--- All that is wrong with a record, in the order of its fields.
function validation.problems(inside, record, meta)
  local problems = {}
  local values, places, base = read_values(record, meta)
  local function add(field, rule, message, value)
    problems[#problems + 1] = { field = field, rule = rule, message = message, value = value }
  end
  for _, field in ipairs(inside.fields) do
    local value = records.current(record, meta, field.name)
    local place = places[field.name]
    local was_read = is_kept(values, place and base + place, value)
    if value == nil or value == null then
      local is_there = meta.is_new or records.is_loaded(meta, field.name)
      local is_given = meta.nulls and meta.nulls[field.name]
      if field.required and is_there and not was_read and (is_given or not (meta.is_new and may_be_missing(inside, field))) then
        add(field.name, "required", "is required")
      end
    elseif not core.marks.is_fragment(value) then
      if not was_read then
        local rule, problem = by_field(field, value)
        if rule then
          add(field.name, rule, problem, value)
        end
      end
      local given = inside.rules[field.name]
      if given ~= nil then
        by_rules(field, given, value, record, add)
      end
    end
  end
  if type(inside.options.validate) == "function" then
    local ok, message, field = inside.options.validate(record)
    if ok == false or ok == nil and message ~= nil then
      add(field, "validate", message or "the record is not valid")
    end
  end
  return problems
end

local function error_of(inside, problems)
  local texts = {}
  for place, problem in ipairs(problems) do
    texts[place] = problem.field and "`" .. problem.field .. "` " .. problem.message or problem.message
  end
  local err = common.made("validation", table.concat(texts, "; "))
  err.model, err.table, err.errors = inside.name, inside.table, problems
  return err
end

--- Raises `validation` with all that is wrong.
function validation.check(inside, record, meta)
  local problems = validation.problems(inside, record, meta)
  if #problems > 0 then
    error(error_of(inside, problems), 0)
  end
end

--- `true`, or `nil` and what would be raised.
function Instance:valid()
  local meta = records.meta(self, "valid")
  core.hooks.run(meta.inside, "before_validate", self)
  local problems = validation.problems(meta.inside, self, meta)
  core.hooks.run(meta.inside, "after_validate", self)
  if #problems > 0 then
    return nil, error_of(meta.inside, problems)
  end
  return true
end

return validation
