-- What every part of the API shares: errors, options, and names in both spellings.
--
-- The parts of the API are loaded one after the other; each gets `core`, which holds the functions
-- of Rust and, by their names, the parts before it. What calls a script's own functions is written
-- here and not in Rust, so that they may yield. Nothing is beyond Lua 5.1: the same text runs in
-- LuaJIT.
local core = ...
local common = {}

-- ------------------------------------------------------------------------------------- errors

local Error = {}
Error.__index = Error
Error.__name = "freight.Error"

function Error:is(code)
  return self.code == code
end

function Error.__tostring(self)
  return self.message .. " (" .. self.code .. ")"
end

function Error.__concat(left, right)
  return tostring(left) .. tostring(right)
end

core.keep("freight.Error", Error)

--- An error of Freight.
function common.made(code, message, hint)
  return setmetatable({ code = code, message = message, hint = hint, retryable = false }, Error)
end

--- Raises an error of Freight.
function common.fail(code, message, hint)
  error(common.made(code, message, hint), 0)
end

function common.is_error(value)
  return type(value) == "table" and getmetatable(value) == Error
end

--- Raises `bad_argument` where a value has another type than the one that is wanted.
function common.want(value, kind, what)
  if type(value) ~= kind then
    common.fail("bad_argument", what .. " is a " .. kind .. ", and not a " .. type(value))
  end
  return value
end

-- What is shown of a text that may come from outside, and be as long as it likes.
local MOST_SHOWN = 100

local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

--- A value as an error names it: not longer than a line, and without what a terminal would obey.
function common.shown(value, most)
  local text, last = tostring(value), most or MOST_SHOWN
  if #text > last then
    -- Not in the middle of a character.
    while last > 0 and text:find("^[\128-\191]", last + 1) do
      last = last - 1
    end
    text = text:sub(1, last) .. "…"
  end
  return (text:gsub("%c", function(control)
    return escapes[control] or ("\\u{%x}"):format(control:byte())
  end))
end

-- -------------------------------------------------------------------------------------- names

--- `queryRow` is `query_row`: a `_` before each upper-case letter behind a lower-case one or a
--- digit, and all of it in lower case.
local function snake(name)
  return (name:gsub("([%l%d])(%u)", "%1_%2"):lower())
end
common.snake = snake

--- Lets the functions of a table be called by their names in camelCase too. With `receives` they
--- are methods: what a script has put over one on its own handle is called then.
function common.both_spellings(functions, receives)
  return setmetatable(functions, {
    __index = function(_, name)
      if type(name) ~= "string" or not name:find("%u") then
        return nil
      end
      local own = snake(name)
      local found = rawget(functions, own)
      if type(found) == "function" and receives then
        found = function(receiver, ...)
          return receiver[own](receiver, ...)
        end
      end
      rawset(functions, name, found)
      return found
    end,
  })
end

-- ------------------------------------------------------------------------------------ options

-- How many letters one name is from another: added, left out, changed, or two of them swapped.
local function distance(left, right)
  local before, row = {}, {}
  for column = 0, #right do
    row[column] = column
  end
  for line = 1, #left do
    local above = row
    row = { [0] = line }
    for column = 1, #right do
      local same = left:byte(line) == right:byte(column)
      row[column] = math.min(above[column] + 1, row[column - 1] + 1, above[column - 1] + (same and 0 or 1))
      local swapped = line > 1 and column > 1 and left:byte(line) == right:byte(column - 1)
        and left:byte(line - 1) == right:byte(column)
      if swapped then
        row[column] = math.min(row[column], before[column - 2] + 1)
      end
    end
    before = above
  end
  return row[#right]
end

--- The name that is meant, most likely; nil where none is near.
function common.nearest(name, names)
  local best, least = nil, 3
  for _, known in ipairs(names) do
    -- Names may come from outside, and be as long as they like.
    if math.abs(#name - #known) < least then
      local away = distance(name, known)
      if away < least then
        best, least = known, away
      end
    end
  end
  return best
end

--- The options of a call under their own names. `known` gives the type of each, or the name it
--- is another name of, after a `=`, or `none` for one that is not supported.
---
--- Raises `unknown_option` and `duplicate_option`, and `bad_argument` for another type.
function common.options(given, known, what)
  local options = {}
  if given == nil then
    return options
  end
  common.want(given, "table", "the options of " .. what)
  for key, value in pairs(given) do
    local name = type(key) == "string" and key or tostring(key)
    if known[name] == nil then
      name = snake(name)
    end
    local kind = known[name]
    if kind and kind:sub(1, 1) == "=" then
      name = kind:sub(2)
      kind = known[name]
    end
    if not kind then
      local names = {}
      for own, is in pairs(known) do
        if is:sub(1, 1) ~= "=" and is ~= "none" then
          names[#names + 1] = own
        end
      end
      table.sort(names)
      local meant = common.nearest(name, names)
      common.fail("unknown_option", "`" .. common.shown(key) .. "` is no option of " .. what,
        meant and "did you mean `" .. meant .. "`?" or "the options are `" .. table.concat(names, "`, `") .. "`")
    end
    if kind == "none" then
      common.fail("not_supported", "`" .. name .. "` of " .. what .. " is not supported yet", "leave it out")
    end
    if options[name] ~= nil then
      common.fail("duplicate_option", "`" .. name .. "` is given twice to " .. what)
    end
    if kind ~= "any" and not kind:find(type(value), 1, true) then
      common.fail("bad_argument", "`" .. name .. "` of " .. what .. " is a " .. kind .. ", and not a " .. type(value))
    end
    options[name] = value
  end
  return options
end

return common
