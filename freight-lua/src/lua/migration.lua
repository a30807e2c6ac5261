-- A migration in Lua: what its file returns, `{ up = function(db) … end, down = function(db) … end }`.
local described = ...

local migration = {}

-- The ways that a file has; otherwise nil and what is wrong with it.
local function ways(text, name)
  local chunk, problem = load(text, name, "t")
  if not chunk then
    return nil, problem
  end
  local ok, found = xpcall(chunk, described)
  if not ok then
    return nil, found
  end
  if type(found) ~= "table" or type(found.up) ~= "function" then
    return nil, "the file does not return `{ up = function(db) … end }`"
  end
  if found.down ~= nil and type(found.down) ~= "function" then
    return nil, "`down` is a " .. type(found.down) .. ", and not a function"
  end
  return found
end

--- Whether there is a way back: a boolean, or nil and what is wrong.
function migration.has_down(text, name)
  local found, problem = ways(text, name)
  if not found then
    return nil, problem
  end
  return found.down ~= nil
end

--- Runs a way; returns what went wrong, if anything did.
function migration.run(text, name, way, db)
  local found, problem = ways(text, name)
  if not found then
    return problem
  end
  local ok, failure = xpcall(found[way], described, db)
  if not ok then
    return failure
  end
  return nil
end

return migration
