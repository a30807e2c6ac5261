-- Errors of the database say which model's statement it was. They are made where nobody knows of
-- models, so this is found out when somebody asks: by the SQL, which is kept with what it was made of.
local core = ...
local common, models, statements = core.common, core.models, core.statements

local Error = getmetatable(common.made("", ""))

-- The only model of a table: where several have it, nobody can tell which one was meant.
local function only_model(db, name)
  local found
  for _, inside in ipairs(name and db and models.all(db) or {}) do
    if inside.table == name then
      if found then
        return nil
      end
      found = inside.name
    end
  end
  return found
end

-- The model of a table that the database names: of the default handle, or else the only one of the others.
local function model_of_table(name)
  local found = only_model(core.database.default, name)
  if found or not name then
    return found
  end
  for db in pairs(models.registries) do
    local own = only_model(db, name)
    if own and found and own ~= found then
      return nil
    end
    found = found or own
  end
  return found
end

local function model_of(err)
  local sql = rawget(err, "sql")
  if not sql then
    return nil
  end
  local text, db = statements.origin(sql)
  local name = text and text:match('^%[{"table":("[^"\\]*")')
  if name then
    return only_model(db, core.json.decode(name))
  end
  return model_of_table(rawget(err, "table"))
end

function Error.__index(err, name)
  local found = Error[name]
  if found == nil and name == "model" then
    found = model_of(err)
    rawset(err, name, found)
  end
  return found
end

return true
