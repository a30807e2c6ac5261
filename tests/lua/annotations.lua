-- What editors are told (freight-lua/library/freight.lua) is what is there: every name of the API
-- has its annotation, and every annotation a name.
local folder = arg[0]:match("^(.*)/") or "."
local load_text = loadstring or load
local text = ""
for _, name in ipairs({ "freight", "models", "redis" }) do
  local file = assert(io.open(folder .. "/../../freight-lua/library/" .. name .. ".lua"))
  local part = file:read("*a")
  file:close()
  -- The file as Lua has nothing but empty functions in it.
  assert(load_text((part:gsub("\n(%a[%w_]*) = {}", "\nlocal %1 = {}"))))()
  text = text .. part
end

-- --------------------------------------------------------------------- what is there, by class
local db = freight.open(arg[1])
local tx
db:transaction(function(given)
  tx = given
end)
local _, err = freight.try(db.query, db, "no SQL")

freight.init(db)
local Crate = freight.model("crates", { label = "text" })
local crate, query = Crate:create({ label = "A" }), Crate:where("label", "A")

-- The methods of a query, which its metatable looks up by a function: scopes come behind them.
local function methods_of_queries()
  local index = getmetatable(query).__index
  for place = 1, 10 do
    local name, value = debug.getupvalue(index, place)
    if name == "Query" then
      return value
    end
  end
end

-- A class of functions, and what has them. A new part of the API is one more line here.
local there = {
  freight = freight,
  ["freight.Error"] = getmetatable(err),
  ["freight.Db"] = getmetatable(db),
  ["freight.Tx"] = getmetatable(tx),
  ["freight.sqlite"] = freight.sqlite,
  ["freight.mysql"] = freight.mysql,
  ["freight.postgresql"] = freight.postgresql,
  ["freight.json"] = freight.json,
  ["freight.time"] = freight.time,
  ["freight.crypto"] = freight.crypto,
  ["freight.os_ext"] = freight.os_ext,
  ["freight.redis"] = freight.redis,
  -- What a script assigns to a model stands before its methods.
  ["freight.Model"] = getmetatable(getmetatable(Crate).__index).__index,
  ["freight.Record"] = getmetatable(crate).inside.members,
  ["freight.Query"] = methods_of_queries(),
  ["freight.List"] = getmetatable(query:all()).__index,
  ["freight.test"] = freight.test,
  ["freight.Factory"] = getmetatable(freight.factory(Crate)).__index,
  ["freight.Relation"] = getmetatable(freight.model("pallets", { label = "text" }):has_many(Crate)),
}

local url = os.getenv("FREIGHT_TEST_REDIS_URL")
assert(url or not os.getenv("FREIGHT_TEST_REQUIRE"), "FREIGHT_TEST_REDIS_URL is not set")
if url then
  local client = freight.redis.connect(url)
  there["freight.RedisClient"] = getmetatable(client)
  there["freight.RedisSubscriber"] = getmetatable(client:subscriber())
  client:pipeline(function(pipeline)
    there["freight.RedisCommands"] = getmetatable(pipeline)
  end)
end

-- A class of options, and a call that refuses one that there is not: its hint names them all.
local options = {
  ["freight.OpenOptions"] = function(given)
    sqlite.memory(given)
  end,
  ["freight.ConnectOptions"] = function(given)
    mysql.connect(given)
  end,
  ["freight.RedisOptions"] = function(given)
    freight.redis.new(nil, given)
  end,
  ["freight.TransactionWays"] = function(given)
    db:begin(given)
  end,
  ["freight.TransactionOptions"] = function(given)
    db:transaction(print, given)
  end,
  ["freight.InitOptions"] = function(given)
    freight.init(db, given)
  end,
  ["freight.ModelOptions"] = function(given)
    freight.model("boxes", { label = "text" }, given)
  end,
  ["freight.Field"] = function(given)
    freight.model("boxes", { label = given })
  end,
  ["freight.Reference"] = function(given)
    freight.model("boxes", { label = { references = given } })
  end,
  ["freight.Rules"] = function(given)
    freight.model("boxes", { label = { type = "text", validate = given } })
  end,
  ["freight.Declarations"] = function(given)
    freight.declare(given)
  end,
  ["freight.RelationOptions"] = function(given)
    Crate:has_many("pallets", given)
  end,
  ["freight.SaveOptions"] = function(given)
    crate:save(given)
  end,
  ["freight.DeleteOptions"] = function(given)
    crate:delete(given)
  end,
  ["freight.TableOptions"] = function(given)
    crate:to_table(given)
  end,
  ["freight.BulkOptions"] = function(given)
    Crate:insert_many({}, given)
  end,
  ["freight.UpsertOptions"] = function(given)
    Crate:upsert({}, given)
  end,
  ["freight.LockOptions"] = function(given)
    query:lock("update", given)
  end,
  ["freight.OrderOptions"] = function(given)
    query:order_by("label", given)
  end,
  ["freight.CursorOptions"] = function(given)
    query:cursor_page(given)
  end,
}

-- ------------------------------------------------------------------------------ what is written
local classes, class_of, class = {}, {}, nil
local described, returns = false, false
for line in text:gmatch("(.-)\n") do
  local name, parent = line:match("^%-%-%-@class ([%w_.]+):?%s*([%w_.]*)")
  local field = line:match("^%-%-%-@field ([%w_]+)")
  local variable = line:gsub("^local ", ""):match("^([%w_]+) = {}$")
  local owner, method = line:match("^function ([%w_]+)[.:]([%w_]+)%(")
  if name then
    class = { functions = {}, fields = {}, parent = parent }
    classes[name] = class
  elseif field then
    class.fields[field] = true
  elseif variable then
    class_of[variable] = class
  elseif method then
    assert(described and returns, "`" .. method .. "` has no sentence, or no `@return`")
    assert(not class_of[owner].functions[method], "`" .. method .. "` is written twice")
    class_of[owner].functions[method] = true
  end
  if line == "" then
    described, returns = false, false
  elseif line:find("^%-%-%-[%u`]") then
    described = true
  elseif line:find("^%-%-%-@return ") then
    returns = true
  end
end

-- ------------------------------------------------------------------------------------ compared
local problems = {}
local function same(what, written, found)
  for name in pairs(found) do
    if not written[name] then
      problems[#problems + 1] = what .. "." .. name .. " has no annotation"
    end
  end
  for name in pairs(written) do
    if not found[name] then
      problems[#problems + 1] = what .. "." .. name .. " is written, and is not there"
    end
  end
end

for name, object in pairs(there) do
  local functions, fields = {}, {}
  for key, value in pairs(object) do
    -- Names in camelCase are made when they are first used, and metamethods are no names.
    local is_name = type(key) == "string" and not key:find("%u") and not key:find("^__")
    if is_name and type(value) == "function" then
      functions[key] = true
    elseif is_name then
      fields[key] = true
    end
  end
  assert(classes[name], "no class " .. name)
  local written = {}
  local one = classes[name]
  while one do
    for method in pairs(one.functions) do
      written[method] = true
    end
    -- A transaction asks its handle for what it does not have itself.
    one = name ~= "freight.Tx" and classes[one.parent]
  end
  same(name, written, functions)
  if object == freight or object == freight.json then
    same(name, classes[name].fields, fields)
  end
end
local is_shared = {}
for name in pairs(there) do
  is_shared[classes[name].parent] = true
end
for name, one in pairs(classes) do
  local is_compared = there[name] or is_shared[name] or not next(one.functions) or (not url and name:find("Redis"))
  assert(is_compared, name .. " is not compared with anything")
end

-- What a handle and an error have beside their functions. Which fields an error has depends on it.
for name in pairs(classes["freight.Db"].fields) do
  assert(db[name] ~= nil, "a handle has no " .. name)
end
local own = getmetatable(Crate).__index
for name in pairs(classes["freight.Model"].fields) do
  assert(rawget(own, name) ~= nil, "a model has no " .. name)
end
for name in pairs(own) do
  local snake = name:gsub("(%l)(%u)", "%1_%2"):lower()
  assert(classes["freight.Model"].fields[snake], "a model has the field " .. name)
end
for name in pairs(err) do
  assert(classes["freight.Error"].fields[name], "an error has the field " .. tostring(name))
end

for name, refuse in pairs(options) do
  local _, refusal = freight.try(refuse, { zzzzzzzzzzzz = 1 })
  local found, written = {}, {}
  for option in refusal.hint:gmatch("`([%w_]+)`") do
    found[option] = true
  end
  local one = classes[name]
  while one do
    for field in pairs(one.fields) do
      written[field] = true
    end
    one = classes[one.parent]
  end
  assert(next(found))
  same(name, written, found)
end

table.sort(problems)
assert(#problems == 0, table.concat(problems, "\n"))
for _, name in ipairs({ "sqlite", "mysql", "postgresql", "json", "time", "crypto", "os_ext" }) do
  assert(_G[name] == freight[name] and class_of[name] == classes["freight." .. name], name)
end
print("done")
