-- Scripts that are run for the models that they define, and for nothing else.
local core = ...
local scripts = {}

core.collecting = {}

-- What went wrong, and where in a script.
local function described(err)
  local message, hint, code = tostring(err), nil, nil
  if type(err) == "table" and not (getmetatable(err) or {}).__tostring then
    message = "the script raised a table"
  end
  local file, line
  if core.common.is_error(err) then
    message, hint, code = err.message, err.hint, err.code
  end
  for level = 2, 100 do
    local info = debug.getinfo(level, "Sl")
    if not info then
      break
    elseif info.currentline > 0 and info.source:sub(1, 1) == "@" then
      file, line = info.source:sub(2), info.currentline
      local place = info.short_src .. ":" .. line .. ": "
      if message:sub(1, #place) == place then
        message = message:sub(#place + 1)
      end
      break
    end
  end
  return { message, hint, code, file, line }
end

-- What is wrong with the text of a file: `[string "…"]:3: …`, or with the name of the file.
local function unreadable(problem, path)
  local line, message = problem:match("^[^\n]-:(%d+): (.*)$")
  return { message or problem, nil, "syntax", path, tonumber(line) or 0 }
end

-- What each file returned, by its path: a file is run once, whether it is one of those that are to
-- be run, or one of them requires it, or both.
local ran = {}

local function keep(path, result)
  ran[path] = { result == nil and true or result }
  return ran[path][1]
end

local find = package.searchers[2]
package.searchers[2] = function(name)
  local path = package.searchpath(name, package.path)
  if path and ran[path] then
    return function()
      return ran[path][1]
    end, path
  end
  local loader, place = find(name)
  if type(loader) ~= "function" then
    return loader
  end
  return function(...)
    return keep(place, loader(...))
  end, place
end

--- Runs a file. Returns what went wrong, if anything did: message, hint, code, file and line.
function scripts.run(text, path)
  if ran[path] then
    return nil
  end
  local chunk, problem = load(text, "@" .. path)
  if not chunk then
    return unreadable(problem, path)
  end
  keep(path)
  local ok, result = xpcall(chunk, described, path)
  if not ok then
    return result
  end
  keep(path, result)
  return nil
end

--- What was defined: `{ text, file, line, lines }` for each.
function scripts.declared()
  local list = {}
  for place, inside in ipairs(core.collecting) do
    local text, lines = core.models.declared(inside)
    list[place] = { text, inside.file, inside.line, lines }
  end
  for _, each in ipairs(core.declared.list) do
    list[#list + 1] = each
  end
  return list
end

local function names_of(found, is_meant)
  local names = {}
  for name, value in pairs(found or {}) do
    if type(name) == "string" and is_meant(value) then
      names[#names + 1] = name
    end
  end
  return names
end

local function is_function(value)
  return type(value) == "function"
end

--- What models have that is nothing to their tables, by name: what editors are told.
function scripts.members()
  local found = {}
  for _, inside in ipairs(core.collecting) do
    local relations, filled = {}, {}
    for name, relation in pairs(inside.relations) do
      relations[#relations + 1] = { name, relation.kind, relation.target_name }
    end
    for _, field in ipairs(inside.fields) do
      if is_function(field.default) then
        filled[#filled + 1] = field.name
      end
    end
    found[inside.name] = {
      relations = relations, filled = filled, scopes = names_of(inside.scopes, is_function),
      functions = names_of(inside.functions, is_function), methods = names_of(inside.own.methods, is_function),
    }
  end
  return found
end

return scripts
