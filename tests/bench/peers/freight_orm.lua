-- The work in Freight's models:
--
--   freight run freight_orm.lua URL
--
-- Prints `operation milliseconds-of-processor milliseconds` for each operation. What an operation
-- needs is made before its time begins, and what it found is looked at after its time has ended.
local rows = require("rows")
local db = freight.open(arg[1])
freight.init(db)
local models = require("models")
local Item, Parent = models.Item, models.Parent
local TIMES = 20000

local function measure(name, fn, ...)
  collectgarbage()
  collectgarbage()
  local cpu, wall = os.clock(), time.monotonic()
  local result = fn(...)
  wall, cpu = time.monotonic() - wall, os.clock() - cpu
  print(("%s %.3f %.3f"):format(name, cpu * 1e3, wall * 1e3))
  return result
end

local function records(first)
  local list = {}
  for number = 0, TIMES - 1 do
    list[number + 1] = Item:find(first + number * 4)
  end
  return list
end

local found = measure("find", function()
  local sum = 0
  for number = 1, TIMES do
    sum = sum + Item:find(number * 4).one
  end
  return sum
end)
assert(found == 4 * TIMES * (TIMES + 1) // 2)

local function check_all(list)
  local one, three, length, flags = 0, 0, 0, 0
  for _, item in ipairs(list) do
    one, three, length = one + item.one + item.two, three + item.three + item.four, length + #item.short + #item.word + #item.text
    flags = flags + (item.flag or 0)
    assert(item.none == nil)
  end
  assert(#list == 100000 and one == 40000400000 and flags == 33333)
  assert(math.abs(three - 4166708333.33) < 1 and length == 8222370)
end
check_all(measure("all", function()
  return Item:all()
end))

local seen = measure("page", function()
  local count = 0
  for number = 1, 2000 do
    count = count + #Item:where("id", ">", number * 40):order_by("id"):limit(20):all()
  end
  return count
end)
assert(seen == 40000)

local labels = measure("eager", function()
  local length
  for _ = 1, 10 do
    length = 0
    for _, parent in ipairs(Parent:include("children"):all()) do
      for _, child in ipairs(parent:children()) do
        length = length + #child.label
      end
    end
  end
  return length
end)
assert(labels == 98894)

measure("create", function()
  db:transaction(function()
    for number = 100001, 100000 + TIMES do
      Item:create(rows.item(number))
    end
  end)
end)

measure("save", function(list)
  db:transaction(function()
    for number, item in ipairs(list) do
      item.two = -number
      item:save()
    end
  end)
end, records(4))

measure("insert_many", function(list)
  Item:insert_many(list)
end, rows.items(200001, 300000))

measure("delete", function(list)
  db:transaction(function()
    for _, item in ipairs(list) do
      item:delete()
    end
  end)
end, records(3))
