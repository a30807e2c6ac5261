-- The words of model files below the fields and options of a model: keys in both spellings, and
-- the forms that Lua has beside those of YAML. What their values must be is known where the models
-- are read, in Rust; a test there compares the keys.
local core = ...
local common, marks = core.common, core.marks
local fail = common.fail
local words = {}

--- The keys of each kind of thing, by the name that the JSON Schema of model files has for it.
words.kinds = {
  Reference = {
    "table", "column", "columns", "on_delete", "on_update", "deferrable", "match", "name", "delete_columns",
    "not_valid", "not_enforced", "comment",
  },
  AutoIncrement = { "kind", "start", "increment", "minimum", "maximum", "cache", "cycle", "sequence" },
  Generated = { "expression", "stored" },
  Check = { "expression", "name", "column", "not_valid", "not_enforced", "no_inherit", "comment" },
  Key = { "columns", "name", "include", "deferrable", "comment", "options" },
  Part = { "column", "expression", "desc", "nulls", "prefix", "collation", "operator_class" },
  Index = {
    "columns", "name", "unique", "constraint", "where", "method", "include", "nulls_not_distinct", "deferrable",
    "comment", "options", "only",
  },
  ForeignKeyDecl = { "columns", "references", "only" },
  Exclusion = { "definition", "comment" },
  View = { "sql", "materialized", "columns", "indexes", "comment", "options", "only" },
  Enum = { "values", "comment" },
  DomainDecl = {
    "type", "native", "size", "precision", "scale", "required", "default", "collation", "checks", "comment",
  },
  CompositeDecl = { "attributes", "comment" },
  Attribute = { "native", "collation" },
  SequenceDecl = {
    "native", "start", "increment", "minimum", "maximum", "cache", "cycle", "owner_table", "owner_column", "comment",
    "options",
  },
  ExtensionDecl = { "namespace", "version" },
  ObjectDecl = { "kind", "name", "table", "signature", "sqlite", "postgres", "mysql", "drop", "comment", "options" },
}

-- What stands under a key: a kind; `[]` for a list of it, `{}` for names with it, `*` for either, and
-- `+` for names with it that may be a list too, where their order counts: `{ { a = … }, { b = … } }`.
local inner = {
  Index = { columns = "Part[]" },
  Key = { columns = "Part[]" },
  ForeignKeyDecl = { references = "Reference" },
  View = { indexes = "Index[]" },
  DomainDecl = { checks = "Check*" },
  CompositeDecl = { attributes = "Attribute+" },
}

-- The key that is meant by what has none: `{ "a", "b", unique = true }`.
local listed = { Index = "columns", Key = "columns", Enum = "values" }

local known = {}
for kind, keys in pairs(words.kinds) do
  known[kind] = {}
  for _, key in ipairs(keys) do
    known[kind][key] = "any"
  end
end
known.Generated.as = "=expression"

-- `{ "users", "id" }` is `{ table = "users", column = "id" }`.
local function named(kind, given, what)
  local own, list = {}, nil
  for key, value in pairs(given) do
    if type(key) ~= "number" then
      own[key] = value
    elseif kind == "Reference" then
      own[key == 1 and "table" or key == 2 and "column" or key] = value
    elseif listed[kind] then
      list = list or {}
      list[key] = value
    else
      own[key] = value
    end
  end
  if list then
    if next(own) == nil then
      return nil, list
    elseif own[listed[kind]] ~= nil then
      fail("duplicate_option", "`" .. listed[kind] .. "` is given twice to " .. what)
    end
    own[listed[kind]] = list
  end
  return common.options(own, known[kind], what)
end

local read

local function one(kind, given, what)
  local own, list = named(kind, given, what)
  if list then
    local spec = inner[kind] and inner[kind][listed[kind]]
    return spec and read(spec, list, what) or list
  end
  for key, spec in pairs(inner[kind] or {}) do
    if own[key] ~= nil then
      own[key] = read(spec, own[key], "`" .. key .. "` of " .. what)
    end
  end
  return own
end

--- What was given, with its keys in one spelling. `spec` is a kind, with what says that there are
--- several behind it.
function read(spec, given, what)
  if marks.is_fragment(given) then
    return given.sql
  elseif type(given) ~= "table" then
    return given
  end
  local kind, form = spec:match("^(%a+)(%p*)$")
  if form == "" then
    return one(kind, given, what)
  end
  local is_list = form == "[]" or form ~= "{}" and given[1] ~= nil
  if form == "+" and is_list then
    kind = kind .. "{}"
  end
  local out = {}
  for name, each in pairs(given) do
    if is_list ~= (type(name) == "number") then
      fail("bad_argument", what .. (is_list and " is a list, and not a table with names" or " has a part without a name"))
    end
    out[name] = read(kind, each, "`" .. tostring(name) .. "` of " .. what)
  end
  return out
end
words.read = read

return words
