-- Values that Lua has no kind for, and the places of a statement that values are put into.
local core = ...
local fail, want, shown = core.common.fail, core.common.want, core.common.shown
local values = { null = core.null }

function values.is_null(value)
  return value == nil or value == core.null
end

-- ------------------------------------------------------------------------------------- marked

-- What is bound as it stands: `bytes`, or the digits of an `integer`.
local Marked = { __name = "freight.value" }
-- A list that is one value.
local Array = { __name = "freight.array" }
-- SQL, with values of its own.
local Fragment = { __name = "freight.sql" }

function Fragment.__tostring(self)
  return self.sql
end

--- Bytes, whatever the column.
function values.blob(bytes)
  return setmetatable({ bytes = want(bytes, "string", "what `freight.blob` takes") }, Marked)
end

--- SQL that is put into a statement as it stands, with values for its own `?`.
function values.sql(text, ...)
  return setmetatable({ sql = want(text, "string", "what `freight.sql` takes"), n = select("#", ...), ... }, Fragment)
end

--- A document of JSON.
function values.json_value(value)
  return setmetatable({ text = core.json.encode(value), value = value }, Marked)
end

--- An array of PostgreSQL.
function values.array(list)
  return setmetatable({ list = want(list, "table", "what `freight.array` takes") }, Array)
end

--- `%`, `_` and the escape character lose their meaning for LIKE … ESCAPE '\'.
function values.like_escape(text)
  return (want(text, "string", "what `freight.like_escape` takes"):gsub("[\\%%_]", "\\%0"))
end

-- What models ask of the values above.
local marks = {}
core.marks = marks

--- True for the metatable of what the functions above make.
function marks.is_marked(metatable)
  return metatable == Marked or metatable == Array or metatable == Fragment
end

--- True for SQL that the database is to work out.
function marks.is_fragment(value)
  return getmetatable(value) == Fragment
end

--- What a record holds of a marked value: its bytes or its document; nothing of what only the
--- database knows.
function marks.plain_of(value)
  if getmetatable(value) == Marked then
    return value.bytes or value.value
  end
  return nil
end

-- An array as PostgreSQL writes it: `{1,"two",NULL}`.
-- https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
local function array_text(list)
  local parts = {}
  for place = 1, list.n or #list do
    local element = list[place]
    local kind = type(element)
    if values.is_null(element) then
      parts[place] = "NULL"
    elseif kind == "table" and getmetatable(element) == nil then
      parts[place] = array_text(element)
    elseif kind == "string" then
      parts[place] = '"' .. element:gsub('[\\"]', "\\%0") .. '"'
    elseif kind == "number" then
      parts[place] = ("%.17g"):format(element)
      if element % 1 == 0 and math.abs(element) < 2 ^ 53 then
        parts[place] = ("%d"):format(element)
      elseif math.type and math.type(element) == "integer" then
        parts[place] = tostring(element)
      end
    elseif kind == "boolean" then
      parts[place] = tostring(element)
    else
      fail("bad_argument", "element " .. place .. " of the array is a " .. kind)
    end
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- ------------------------------------------------------------------------------------- places

local function is_plain(value)
  return type(value) == "table" and getmetatable(value) == nil
end

-- The values of a statement, and the text that each `?` becomes.
local Places = {}
Places.__index = Places

function Places:put(text, value)
  self.texts[#self.texts + 1] = text
  self.values.n = self.values.n + 1
  self.values[self.values.n] = value
end

function Places:fragment(fragment)
  local inner = Places.of(self.db, fragment.sql, fragment, fragment.n)
  self.texts[#self.texts + 1] = core.spread(self.db, fragment.sql, inner.texts)
  for place = 1, inner.values.n do
    self.values[self.values.n + place] = inner.values[place]
  end
  self.values.n = self.values.n + inner.values.n
end

function Places:list(list, place)
  local count = list.n or #list
  if count == 0 and next(list) ~= nil then
    fail("bad_argument", "value " .. place .. " is a table with names, which no parameter takes",
      "a document is `freight.json_value(t)`; named values are the only ones of their statement")
  end
  if count == 0 then
    fail("empty_list", "an empty list is value " .. place .. ", and `IN ()` is no SQL")
  end
  local last = #self.texts
  for element = 1, count do
    if is_plain(list[element]) then
      fail("bad_argument", "element " .. element .. " of value " .. place .. " is a table, which no parameter takes")
    end
    self:value(list[element], place)
  end
  local texts = table.concat(self.texts, ", ", last + 1)
  for index = #self.texts, last + 1, -1 do
    self.texts[index] = nil
  end
  self.texts[last + 1] = texts
end

function Places:value(value, place)
  local kind, meta = type(value), getmetatable(value)
  if kind == "cdata" then
    -- 64 bits of LuaJIT: `-1LL`, `1ULL`.
    local digits = tostring(value):match("^(%-?%d+)U?LL$")
    if not digits then
      fail("bad_argument", "value " .. place .. " is a cdata, which no parameter takes")
    end
    self:put("?", setmetatable({ integer = digits }, Marked))
  elseif kind ~= "table" or meta == Marked then
    self:put("?", value)
  elseif meta == Array then
    if self.db.driver ~= "postgresql" then
      fail("not_supported", "`freight.array` is an array of PostgreSQL, and " .. self.db.driver .. " has none",
        "`freight.json_value(list)` is a document that every database can keep")
    end
    self:put("?", array_text(value.list))
  elseif meta == Fragment then
    self:fragment(value)
  elseif meta == nil then
    self:list(value, place)
  else
    fail("bad_argument", "value " .. place .. " is a table, which no parameter takes")
  end
end

function Places.of(db, sql, given, count)
  local found = core.placeholders(db, sql)
  if found ~= count then
    fail("bad_argument", ("%d %s, %d %s"):format(found, found == 1 and "placeholder" or "placeholders",
      count, count == 1 and "value" or "values"), "each `?` takes one value; `??` is a question mark")
  end
  local self = setmetatable({ db = db, texts = {}, values = { n = 0 } }, Places)
  for place = 1, count do
    self:value(given[place], place)
  end
  return self
end

-- Named values in the order in which the statement has them.
local function named(db, sql, given)
  local plain, names = core.names(db, sql)
  local own, is_there = { n = #names }, {}
  for place, name in ipairs(names) do
    if given[name] == nil then
      fail("bad_argument", "no value is given for `:" .. name .. "`", "NULL is `freight.null`")
    end
    own[place] = given[name]
    is_there[name] = true
  end
  for name in pairs(given) do
    if not is_there[name] then
      fail("bad_argument", "no `:" .. shown(name) .. "` stands in the statement")
    end
  end
  return plain, own
end

-- Puts lists, named values and fragments where the statement wants them: the statement, and
-- values that are bound as they are.
local function expand(db, sql, ...)
  local given, count = { ... }, select("#", ...)
  local only = given[1]
  if count == 1 and is_plain(only) then
    local has_names = next(only) ~= nil and #only == 0
    if has_names and (only.n == nil or core.has_names(db, sql)) then
      sql, given = named(db, sql, only)
      count = given.n
    elseif core.placeholders(db, sql) ~= 1 then
      -- One list for the one `?` of `IN (?)`, or the list of all values.
      given, count = only, only.n or #only
    end
  end
  local places = Places.of(db, sql, given, count)
  return core.spread(db, sql, places.texts), places.values
end

core.keep("freight.expand", expand)

return values
