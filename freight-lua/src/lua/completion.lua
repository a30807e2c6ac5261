-- What may stand where the console is asked to complete: names that are there. Nothing of a script
-- is called for it, and a string is taken for SQL.
local core = ...
local completion = {}

local keywords = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local",
  "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
}

local function is_name(key)
  return type(key) == "string" and key:find("^[%a_][%w_]*$") ~= nil
end

-- ------------------------------------------------------------------------------------- members

-- What a value gets its members from, apart from itself, as far as that is a table.
local function behind(value)
  local meta = debug.getmetatable(value)
  local index = type(meta) == "table" and rawget(meta, "__index")
  return type(index) == "table" and index or nil
end

-- The tables in which the members of a value are, its own first. There may be a circle of them.
local function places(value)
  local found, seen = {}, {}
  local place = type(value) == "table" and value or behind(value)
  while place and not seen[place] do
    seen[place] = true
    found[#found + 1] = place
    place = behind(place)
  end
  return found
end

local function member(value, name)
  for _, place in ipairs(places(value)) do
    local found = rawget(place, name)
    if found ~= nil then
      return found
    end
  end
  return nil
end

local function members(value, only_functions)
  local names = {}
  for _, place in ipairs(places(value)) do
    for key, held in next, place do
      if is_name(key) and not key:find("^__") and (not only_functions or type(held) == "function") then
        names[#names + 1] = key
      end
    end
  end
  return names
end

-- ----------------------------------------------------------------------------------------- SQL

-- True where a string of Lua is open at the end of a line.
local function is_in_string(line)
  local place, quote = 1, nil
  while place <= #line do
    local char = line:sub(place, place)
    if quote == "]]" then
      if line:sub(place, place + 1) == quote then
        place, quote = place + 1, nil
      end
    elseif quote then
      if char == "\\" then
        place = place + 1
      elseif char == quote then
        quote = nil
      end
    elseif line:sub(place, place + 1) == "--" then
      return false
    elseif line:sub(place, place + 1) == "[[" then
      place, quote = place + 1, "]]"
    elseif char == "'" or char == '"' then
      quote = char
    end
    place = place + 1
  end
  return quote ~= nil
end

-- The tables of `db`, and the columns of those that the line speaks of.
local function names_of_database(line)
  local names, db = {}, rawget(_G, "db")
  if not core.database.is_handle(db) then
    return names
  end
  local words = {}
  for word in line:lower():gmatch("[%w_]+") do
    words[word] = true
  end
  for _, name in ipairs(core.tables(db, false)) do
    names[#names + 1] = name
    if words[name:lower()] then
      for _, column in ipairs(core.table_info(db, name)) do
        names[#names + 1] = column.name
      end
    end
  end
  return names
end

-- ----------------------------------------------------------------------------------------- all

-- Those that begin like the word, once each and in order.
local function beginning(word, names)
  local found, seen = {}, {}
  for _, name in ipairs(names) do
    if name:sub(1, #word) == word and not seen[name] then
      seen[name] = true
      found[#found + 1] = name
    end
  end
  table.sort(found)
  return found
end

local function candidates(line)
  local start, word = line:match("()([%w_]*)$")
  if is_in_string(line) then
    return start, beginning(word, names_of_database(line))
  end
  local chain, separator = line:sub(1, start - 1):match("([%a_][%w_.:]*)([.:])$")
  if not chain then
    -- `f().name`, a number, nothing at all: nobody knows what comes.
    local is_begun = word:find("^[%a_]") and not line:sub(1, start - 1):find("[.:]$")
    if not is_begun then
      return start, {}
    end
    local names = members(_G)
    table.move(keywords, 1, #keywords, #names + 1, names)
    return start, beginning(word, names)
  end
  if line:sub(1, start - 1 - #chain - 1):find("[%w_.:)%]]$") then
    return start, {}
  end
  local value = _G
  for name in chain:gmatch("[^.:]+") do
    value = member(value, name)
  end
  return start, beginning(word, members(value, separator == ":"))
end

--- Where the word begins that the line ends in, from 1, and what it may become.
function completion.complete(line)
  local ok, start, names = pcall(candidates, line)
  if not ok then
    return #line + 1, {}
  end
  return start, names
end

return completion
