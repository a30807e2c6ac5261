-- The console: runs what was typed, and describes the values for whoever shows them. It is given to
-- `freight console` alone.
local core = ...
local common, database = core.common, core.database
local console = {}

-- A row is a plain table: which columns there are, and in which order, only the query knows.
local columns_of = setmetatable({}, { __mode = "k" })

function database.Db.query(db, sql, ...)
  local full = core.query_full(db, sql, ...)
  columns_of[full.rows] = full.columns
  return full.rows
end

-- ------------------------------------------------------------------------------------- values

-- Deeper tables, and more entries than these, are left out.
local deepest, most, widest = 6, 100, 90

local function is_plain(value)
  return type(value) == "table" and getmetatable(value) == nil
end

local function is_scalar(value)
  local kind = type(value)
  return kind == "string" or kind == "number" or kind == "boolean" or value == core.null
end

local named = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\\"] = "\\\\", ["\""] = "\\\"" }

local function escaped(char)
  return named[char] or ("\\x%02x"):format(char:byte())
end

--- A string between quotes, on one line; bytes that are no text as their numbers.
local function quoted(text)
  local odd = utf8.len(text) and "[%c\\\"]" or "[%c\\\"\128-\255]"
  return "\"" .. text:gsub(odd, escaped) .. "\""
end

--- A string in a cell of a table: as it is, but on one line.
local function cell_text(text)
  return (text:gsub(utf8.len(text) and "%c" or "[%c\128-\255]", escaped))
end

local function has_text(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and meta.__tostring ~= nil
end

-- Numbers before strings, each in their order; everything else behind them.
local function before(left, right)
  local kinds = { number = 1, string = 2 }
  local one, other = kinds[type(left)] or 3, kinds[type(right)] or 3
  if one ~= other then
    return one < other
  end
  return one < 3 and left < right
end

local described

local function key_text(key, depth)
  if type(key) == "string" and key:find("^[%a_][%w_]*$") then
    return key
  end
  return "[" .. described(key, depth, {}) .. "]"
end

--- What stands between the braces, and how many entries were left out.
local function entries_of(value, depth, above)
  local entries, keys, length = {}, {}, #value
  for place = 1, math.min(length, most) do
    entries[place] = described(rawget(value, place), depth + 1, above)
  end
  for key in next, value do
    local is_place = math.type(key) == "integer" and key >= 1 and key <= length
    if not is_place then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys, before)
  for place = 1, math.min(#keys, most) do
    local key = keys[place]
    entries[#entries + 1] = key_text(key, depth + 1) .. " = " .. described(rawget(value, key), depth + 1, above)
  end
  return entries, math.max(length - most, 0) + math.max(#keys - most, 0)
end

local function table_text(value, depth, above)
  if next(value) == nil then
    return "{}"
  elseif above[value] then
    return "{ itself }"
  elseif depth > deepest then
    return "{ … }"
  end
  above[value] = true
  local entries, left_out = entries_of(value, depth, above)
  above[value] = nil
  if left_out > 0 then
    entries[#entries + 1] = "… " .. left_out .. " more"
  end
  local line = "{ " .. table.concat(entries, ", ") .. " }"
  if #line <= widest and not line:find("\n", 1, true) then
    return line
  end
  local blanks = ("  "):rep(depth)
  return "{\n" .. blanks .. "  " .. table.concat(entries, ",\n" .. blanks .. "  ") .. "\n" .. blanks .. "}"
end

function described(value, depth, above)
  if type(value) == "string" then
    return quoted(value)
  elseif value == core.null then
    return "null"
  elseif type(value) == "table" and not has_text(value) then
    return table_text(value, depth, above)
  end
  return tostring(value)
end

-- --------------------------------------------------------------------------------------- rows

--- The names of the columns of a list of rows; nil for what is none.
local function columns(value)
  if not is_plain(value) then
    return nil
  end
  local known = columns_of[value]
  if known then
    return known
  end
  local names, seen, count = {}, {}, 0
  for place, row in next, value do
    count = count + 1
    if math.type(place) ~= "integer" or not is_plain(row) or next(row) == nil then
      return nil
    end
    for name, cell in next, row do
      if type(name) ~= "string" or not is_scalar(cell) then
        return nil
      end
      if not seen[name] then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  table.sort(names)
  return count > 0 and count == #value and names or nil
end

-- A list of rows as texts; `false` is NULL.
local function rows_of(list, names)
  local rows = {}
  for place, row in ipairs(list) do
    local cells = {}
    for column, name in ipairs(names) do
      local value = row[name]
      if value == nil or value == core.null then
        cells[column] = false
      else
        cells[column] = type(value) == "string" and cell_text(value) or described(value, 0, {})
      end
    end
    rows[place] = cells
  end
  return { columns = names, rows = rows }
end

--- What is shown for values: texts, and tables of texts. Values that are no lists of rows stand on
--- one line, as `print` has them.
local function shown(...)
  local list, texts = {}, {}
  local function end_line()
    if #texts > 0 then
      list[#list + 1] = table.concat(texts, "\t")
      texts = {}
    end
  end
  for place = 1, select("#", ...) do
    local value = select(place, ...)
    local names = columns(value)
    if names then
      end_line()
      list[#list + 1] = rows_of(value, names)
    else
      texts[#texts + 1] = type(value) == "string" and value or described(value, 0, {})
    end
  end
  end_line()
  return list
end

-- ------------------------------------------------------------------------------------ running

local function failed(err)
  io.stdout:flush()
  local hint = common.is_error(err) and err.hint or nil
  return "failed", (has_text(err) or type(err) ~= "table") and tostring(err) or described(err, 0, {}), hint
end

local function finished(ok, ...)
  if not ok then
    return failed(...)
  end
  -- A value may have a `__tostring` of the script, which may fail.
  local could, list = pcall(shown, ...)
  if not could then
    return failed(list)
  end
  io.stdout:flush()
  return "done", list
end

--- Runs a text, which begins on line `line` of what `name` names. An expression gives its values.
--- `incomplete` is the answer to a text that goes on.
function console.feed(text, name, line)
  local above = ("\n"):rep(line - 1)
  local expression = text:match("^%s*=(.*)$")
  local chunk, problem = load(above .. "return " .. (expression or text), name, "t")
  if not chunk and not expression then
    chunk, problem = load(above .. text, name, "t")
  end
  if chunk then
    return finished(pcall(chunk))
  elseif problem:find("<eof>$") then
    return "incomplete"
  end
  return "failed", problem
end

--- Opens a database as `db`, and as the default one.
function console.open(url)
  local ok, db = pcall(core.freight.open, url)
  if not ok then
    return failed(db)
  end
  -- What is changed here, programs with the project's cache have to know.
  local is_begun, problem = pcall(core.caching.begin, db)
  if not is_begun then
    return failed(problem)
  end
  _G.db = db
  return "done", {}
end

--- Runs a file.
function console.load(text, name)
  local chunk, problem = load(text, name, "t")
  if not chunk then
    return "failed", problem
  end
  return finished(pcall(chunk))
end

-- `post_tags` is `PostTags`.
local function pascal(name)
  return (("_" .. name):gsub("[^%w]+(%w)", string.upper):gsub("[^%w]", ""))
end

--- Puts every model among the globals, under the name of its class where that is free. Returns the
--- names.
function console.models()
  local names = {}
  for _, inside in ipairs(core.models.all(core.database.default)) do
    for _, name in ipairs({ pascal(core.singular(inside.name)), pascal(inside.name) }) do
      if name:find("^%a") and rawget(_G, name) == nil then
        rawset(_G, name, inside.model)
        names[#names + 1] = name
        break
      end
    end
  end
  table.sort(names)
  return names
end

return console
