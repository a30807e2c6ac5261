-- Conditions: what `where` and its like are given, as steps of a query and the values for them.
local core = ...
local common, models, records, statements, null = core.common, core.models, core.records, core.statements, core.null
local fail, quote, list_of = common.fail, statements.quote, statements.list
local unpack = table.unpack or unpack
local conditions = {}

-- The operators, and what the steps call them.
local operators = {
  ["="] = "=", ["=="] = "=", ["!="] = "!=", ["<>"] = "!=", ["~="] = "!=", ["<"] = "<", ["<="] = "<=", [">"] = ">",
  [">="] = ">=", like = "like", not_like = "not_like", ilike = "ilike", ["in"] = "in", not_in = "not_in", is = "is",
  is_not = "is_not", between = "between", not_between = "not_between",
}

local function operator(word)
  local found = type(word) == "string" and (operators[word] or operators[(word:lower():gsub("%s+", "_"))])
  if not found then
    fail("bad_argument", "`" .. common.shown(word) .. "` is no operator of a condition",
      "the operators are `=`, `!=`, `<`, `<=`, `>`, `>=`, `like`, `not_like`, `ilike`, `in`, `not_in`, `is`, `is_not`, `between` and "
        .. "`not_between`")
  end
  return found
end

--- True for `name` and `table.name`.
local function is_name(text)
  return text:find("^[%a_][%w_]*$") ~= nil or text:find("^[%a_][%w_]*%.[%a_][%w_]*$") ~= nil
end
conditions.is_name = is_name

function conditions.is_query(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(meta) == "table" and meta.__name == "freight.Query"
end

local function is_plain(value)
  return type(value) == "table" and getmetatable(value) == nil
end

-- What a column that a condition names is: a field of the model, or one of another table.
local function field_of(inside, name)
  if type(name) ~= "string" then
    fail("bad_argument", "a condition is on the name of a column, and not on a " .. type(name))
  end
  local field = inside.by_name[name]
  if field then
    return field
  end
  local of, own = name:match("^([%a_][%w_]*)%.([%a_][%w_]*)$")
  if of == inside.table then
    return inside.by_name[own] or records.unknown_field(inside, own)
  elseif of then
    local other = models.find(inside.db, of)
    return other and other.by_name[own] or { name = name, kind = "plain" }, other or inside
  end
  return records.unknown_field(inside, name)
end
conditions.field_of = field_of

local function missing(name)
  fail("empty_condition", "the value of `" .. common.shown(name) .. "` is nil, and a condition on nil is none",
    "NULL is asked for with `freight.null`")
end

-- Puts a value, as it is bound, behind those that are there.
local function push(values, value)
  values.n = values.n + 1
  values[values.n] = value
end

local function push_cast(values, inside, name, value)
  local field, of = field_of(inside, name)
  local bound = models.cast(of or inside, field, value, models.db(inside))
  push(values, bound)
end

local function in_list(values, inside, name, list, word)
  local count = list.n or #list
  for place = 1, count do
    local value = list[place]
    if value == nil or value == null then
      fail("empty_condition", "element " .. place .. " of the list for `" .. name .. "` is "
        .. (value == nil and "nil" or "NULL") .. ", which is equal to nothing", "ask for NULL with `where_null`")
    end
    push_cast(values, inside, name, value)
  end
  return '["' .. word .. '",' .. quote(name) .. "," .. count .. "]"
end

--- A query inside of another one: its text, and its values behind those that are there.
function conditions.inner(values, query)
  local text, own = core.queries.text(query)
  for place = 1, own.n do
    push(values, own[place])
  end
  return text
end

local function in_what(values, inside, name, what, word)
  if conditions.is_query(what) then
    field_of(inside, name)
    return '["' .. word .. '",' .. quote(name) .. "," .. conditions.inner(values, what) .. "]"
  elseif what == nil then
    return missing(name)
  elseif type(what) ~= "table" then
    fail("bad_argument", "`" .. name .. "` is looked for in a list or a query, and not in a " .. type(what))
  end
  return in_list(values, inside, name, what, word)
end
conditions.in_what = in_what

--- One comparison.
local function compare(values, inside, name, word, value)
  local op = operator(word)
  if value == nil then
    return missing(name)
  elseif op == "in" or op == "not_in" then
    return in_what(values, inside, name, value, op)
  elseif op == "between" or op == "not_between" then
    if not is_plain(value) or #value ~= 2 then
      fail("bad_argument", "`" .. op .. "` takes a list of two values")
    end
    push_cast(values, inside, name, value[1])
    push_cast(values, inside, name, value[2])
    return '["' .. op .. '",' .. quote(name) .. "]"
  elseif value == null then
    field_of(inside, name)
    if op == "=" or op == "is" then
      return '["null",' .. quote(name) .. "]"
    elseif op == "!=" or op == "is_not" then
      return '["not_null",' .. quote(name) .. "]"
    end
    fail("bad_argument", "`" .. word .. "` compares with NULL, which is neither more nor less than anything")
  elseif op == "is" or op == "is_not" then
    op = op == "is" and "=" or "!="
  elseif op == "like" or op == "not_like" or op == "ilike" then
    field_of(inside, name)
    push(values, tostring(value))
    return '["' .. op .. '",' .. quote(name) .. "]"
  end
  push_cast(values, inside, name, value)
  return '["' .. op .. '",' .. quote(name) .. "]"
end
conditions.compare = compare

-- `{ [">="] = 10, ["<"] = 50 }`
local function by_operators(values, inside, name, given, out)
  local words = {}
  for word in pairs(given) do
    operator(word)
    words[#words + 1] = word
  end
  table.sort(words)
  for _, word in ipairs(words) do
    out[#out + 1] = compare(values, inside, name, word, given[word])
  end
end

local function by_table(values, inside, given)
  local names = {}
  for name in pairs(given) do
    if type(name) ~= "string" then
      fail("bad_argument", "a condition has names of columns, and not the number " .. tostring(name),
        "`where_in(\"col\", list)` looks for a list")
    end
    names[#names + 1] = name
  end
  if #names == 0 then
    fail("empty_condition", "an empty table is no condition",
      "a value that is nil is not in the table: is a variable misspelt? Everything is `all()` without `where`")
  end
  -- Equal tables give equal texts.
  table.sort(names)
  local out = {}
  for _, name in ipairs(names) do
    local value = given[name]
    if conditions.is_query(value) then
      out[#out + 1] = in_what(values, inside, name, value, "in")
    elseif not is_plain(value) then
      out[#out + 1] = compare(values, inside, name, "=", value)
    elseif next(value) == nil or value[1] ~= nil then
      out[#out + 1] = in_list(values, inside, name, value, "in")
    else
      by_operators(values, inside, name, value, out)
    end
  end
  if #out == 1 then
    return out[1]
  end
  return '["and",' .. table.concat(out, ",") .. "]"
end
conditions.by_table = by_table

--- SQL of the script, with its own values.
function conditions.by_sql(values, inside, sql, count, ...)
  local db = models.db(inside)
  local only = ...
  if count == 1 and is_plain(only) and next(only) ~= nil and #only == 0 then
    local plain, names = core.names(db, sql)
    for _, name in ipairs(names) do
      if only[name] == nil then
        fail("bad_argument", "no value is given for `:" .. name .. "`", "NULL is `freight.null`")
      end
      push(values, only[name])
    end
    return '["sql",' .. core.json.encode(plain) .. "]"
  end
  local found = core.placeholders(db, sql)
  if found ~= count then
    fail("bad_argument", ("%d %s, %d %s"):format(found, found == 1 and "placeholder" or "placeholders", count,
      count == 1 and "value" or "values"), "each `?` takes one value; `??` is a question mark")
  end
  for place = 1, count do
    push(values, (select(place, ...)))
  end
  return '["sql",' .. core.json.encode(sql) .. "]"
end

local function by_group(values, query, fn)
  local inner = fn(core.queries.inner(query))
  if not conditions.is_query(inner) then
    fail("bad_argument", "the function that `where` was given returned no query", "`return q:where(…)`")
  end
  core.forgotten.use(inner)
  for place = 1, inner.values.n do
    push(values, inner.values[place])
  end
  if inner.steps == "" then
    fail("empty_condition", "the function that `where` was given added no condition")
  end
  return '["group"' .. inner.steps .. "]"
end

--- The condition that `where(…)` was given.
function conditions.of(values, query, count, ...)
  local inside = query.inside
  local first, second, third = ...
  local kind = type(first)
  if kind == "function" then
    return by_group(values, query, first)
  elseif core.marks.is_fragment(first) then
    for place = 1, first.n do
      push(values, first[place])
    end
    return '["sql",' .. core.json.encode(first.sql) .. "]"
  elseif kind == "table" then
    return by_table(values, inside, first)
  elseif kind ~= "string" then
    fail("empty_condition", "`where` was given " .. (kind == "nil" and "nil" or "a " .. kind) .. ", and no condition",
      "give a table, a column with its value, or SQL with its values")
  elseif count == 1 or not is_name(first) then
    return conditions.by_sql(values, inside, first, count - 1, select(2, ...))
  elseif count == 2 then
    if is_plain(second) and next(second) ~= nil and second[1] == nil then
      -- What a request says may be a table; it does not choose how it is compared.
      fail("bad_argument", "`" .. first .. "` was given a table that is no list", "operators stand in `where({ " .. first
        .. " = { [\">\"] = … } })`")
    elseif is_plain(second) or conditions.is_query(second) then
      return by_table(values, inside, { [first] = second })
    end
    return compare(values, inside, first, "=", second)
  end
  return compare(values, inside, first, second, third)
end

conditions.push, conditions.push_cast, conditions.list_of, conditions.unpack = push, push_cast, list_of, unpack

return conditions
