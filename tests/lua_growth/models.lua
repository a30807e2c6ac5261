-- Models that are used again and again: finding, making, changing, lists with relations that are loaded
-- when they are asked for, and queries whose texts are never the same. `arg[1]` is the URL of an empty
-- database, `arg[2]` its driver, and `arg[3]` divides how often.
local url, driver = arg[1], arg[2]
local less = tonumber(arg[3] or 10)
local db = freight.open(url, { pool = 3 })
freight.init(db)
local Owner = freight.model("owners", { name = "string" })
local Item = freight.model("items", {
  name = { type = "string", required = true }, n = { type = "integer", default = 0 }, doc = "json", owner_id = freight.foreign_key("owners"),
})
local Row = freight.model("rows_made", { word = "string", n = "integer", flag = "boolean" })
Owner:has_many(Item)
Item:belongs_to(Owner)
assert(db:auto_migrate().success)
for number = 1, 5 do
  Owner:create({ name = "owner " .. number })
end
local rows = {}
for number = 1, 100 do
  rows[number] = { name = "item " .. number, n = number, doc = { tags = { number } }, owner_id = number % 5 + 1 }
end
assert(Item:insert_many(rows) == 100)

-- Kilobytes in memory: of the process, and of Lua.
local function memory()
  collectgarbage()
  collectgarbage()
  for line in io.lines("/proc/self/status") do
    local kilobytes = line:match("^VmRSS:%s*(%d+)")
    if kilobytes then
      return tonumber(kilobytes), collectgarbage("count")
    end
  end
end

-- Memory for small pieces is taken in parts of 64 KB for each size, and used bit by bit.
local SPARE, SPARE_OF_LUA = 6000, 300
local function is_flat(what, times, fn, spare_of_lua)
  times = math.floor(times / less)
  local third = math.floor(times / 3)
  for number = 1, third do
    fn(number)
  end
  local bytes, of_lua = memory()
  for number = third + 1, times do
    fn(number)
  end
  local bytes_now, of_lua_now = memory()
  local more, more_of_lua = bytes_now - bytes, of_lua_now - of_lua
  if more > SPARE or more_of_lua > (spare_of_lua or SPARE_OF_LUA) then
    error(("%s on %s: %.0f KB more, %.0f of them Lua's, after %.0f times"):format(what, driver, more, more_of_lua, times), 0)
  end
end

is_flat("finds", 100000, function(number)
  assert(Item:find(number % 100 + 1).n == number % 100 + 1)
end)

-- A thousand at a time, so that the disk is not what is measured.
is_flat("creates", 100000, function(number)
  if not db:in_transaction() then
    db:begin()
  end
  local row = Row:create({ word = "word", n = number, flag = number % 2 == 0 })
  assert(row.n == number)
  if number % 1000 == 0 then
    assert(Row:delete_all() > 0 and db:commit())
  end
end)

is_flat("lists with relations", 10000, function(number)
  local list = Item:where("id", "<=", 20):order_by("id"):all()
  assert(list[number % 20 + 1]:owner().name:find("^owner"))
  assert(list[1]:owner():items()[1].owner_id == list[1].owner_id)
end)

is_flat("changes", 20000, function(number)
  if not db:in_transaction() then
    db:begin()
  end
  local item = Item:find(number % 100 + 1)
  item.name = "item " .. number
  item.doc.tags[1] = number
  assert(item:save():changed("name") == false)
  if number % 100 == 0 then
    assert(db:commit())
  end
end)

-- The texts of queries are kept, but not all of them for ever: some four thousand.
is_flat("queries that are never the same", 30000, function(number)
  assert(Item:where("n > " .. number):count() <= 100)
  assert(Item:where("n < 3 AND n <> " .. number):limit(1):first().id <= 2)
end, 3000)

is_flat("failures", 20000, function(number)
  local ok, err = pcall(Item.create, Item, { nam = number })
  assert(not ok and err.code == "unknown_field")
  ok, err = pcall(Item.create, Item, { name = "x", owner_id = 99 })
  assert(not ok and err.code == "foreign_key_violation")
  ok = pcall(db.transaction, db, function()
    Item:create({ name = "back" })
    error("back")
  end)
  assert(not ok)
end)

is_flat("models", 2000, function(number)
  local Again = freight.model("owners_again", { fields = { name = "string" }, scopes = { named = function(q) return q:where("name", "x") end } })
  Again:before_save(function() end)
  assert(Again:query():to_sql() == "SELECT * FROM owners_again" and number > 0)
end)

-- Of a list that is gone only the records are left that somebody has.
local function collected(word, use)
  local watched, kept = setmetatable({}, { __mode = "k" }), nil
  do
    local list = Item:order_by("id"):all()
    for _, record in ipairs(list) do
      use(record)
      watched[record] = true
    end
    kept = list[50]
  end
  collectgarbage()
  collectgarbage()
  local count = 0
  for record in pairs(watched) do
    count = count + 1
    assert(record == kept)
  end
  assert(count == 1, count)
  kept.name = word
  assert(kept:changed("name") and kept:original("n") == Item:find(kept.id).n and kept:owner().id == kept.owner_id)
  kept:save()
  assert(kept:reload().name == word)
end
collected("as it was", function() end)
collected("changed", function(record) record.n = record.n + 1 end)
collected("with its owner", function(record) record:owner() end)
collected("looked at", function(record) record:changed() end)
print("done")
