-- Records that come alone, by `find` and by `create`: they share a metatable with those before and
-- after, and nothing else.
local db, driver = freight.open(arg[1]), arg[2]
freight.init(db)

local Yard = freight.model("yards", { name = "string" })
local Crate = freight.model("crates", {
  fields = {
    label = { type = "string", size = 40 }, kg = { type = "integer", default = 1 }, state = { type = "string", default = "new" },
    note = "text", yard_id = freight.foreign_key("yards"),
  },
})
Crate:belongs_to(Yard, { as = "yard" })
Yard:has_many(Crate, { as = "crates" })
for number = 1, 3 do
  Yard:create({ name = "yard " .. number })
end

local function statements_of(fn)
  local count = 0
  local function listen()
    count = count + 1
  end
  db:on("query", listen)
  fn()
  db:off(listen)
  return count
end

-- Many at once, each with what was read of it, whatever order they are looked at in.
local COUNT = 70
local created, found = {}, {}
for number = 1, COUNT do
  created[number] = Crate:create({ label = "crate " .. number, kg = number % 3 ~= 0 and number or nil, yard_id = number % 3 + 1 })
end
for number = 1, COUNT do
  found[number] = assert(Crate:find(created[number].id))
end
local function check(number)
  for _, record in ipairs({ created[number], found[number] }) do
    local kg = number % 3 ~= 0 and number or 1
    assert(record.label == "crate " .. number and record.kg == kg and record.state == "new" and record.note == nil)
    assert(record:original("label") == "crate " .. number and record:original("kg") == kg and record:original("note") == nil)
    assert(record:original("id") == record.id and record:original("state") == "new" and next(record:changed()) == nil)
  end
end
for step = 0, COUNT - 1 do
  check(step * 29 % COUNT + 1)
end
for number = COUNT, 1, -1 do
  check(number)
end

-- A change of one is none of another.
for _, list in ipairs({ created, found }) do
  for step = 0, COUNT - 1, 5 do
    local number = step * 29 % COUNT + 1
    local record = list[number]
    record.note = "changed " .. number
    assert(record:changed("note") and not record:changed("label"))
    for other = number - 2, number + 2 do
      assert(other == number or not list[other] or next(list[other]:changed()) == nil)
    end
    assert(record:save() == record and next(record:changed()) == nil)
    assert(db:query_value("SELECT count(*) FROM crates WHERE note = ?", "changed " .. number) == 1)
    record:update({ note = freight.null })
    assert(record:original("note") == nil and rawget(record, "note") == nil)
  end
end
assert(db:query_value("SELECT count(*) FROM crates WHERE note IS NOT NULL") == 0)
for number = 1, COUNT do
  check(number)
end

-- What is known of one is not known of another: deletion, loaded relations, reading again.
assert(found[5]:delete() and found[5]:is_deleted() and not found[4]:is_deleted() and not found[6]:is_deleted())
found[6].kg = 600
assert(found[6]:save() and found[6]:reload().kg == 600 and found[6]:original("kg") == 600 and found[7]:original("kg") == 7)
assert(created[6].kg == 1 and created[6]:reload() == created[6] and created[6].kg == 600)
assert(statements_of(function()
  assert(found[8]:yard().name == "yard 3" and found[8]:yard().name == "yard 3")
end) == 1)
assert(found[8]:loaded("yard") and not found[9]:loaded("yard") and not found[7]:loaded("yard"))
assert(statements_of(function()
  assert(found[11]:yard().name == "yard 3" and found[10]:yard().name == "yard 2")
end) == 2)

-- A transaction that is undone concerns its own records alone.
local pcall_ok = pcall(db.transaction, db, function()
  created[20]:update({ kg = 2000 })
  Crate:create({ label = "undone" })
  error("undone")
end)
assert(not pcall_ok and created[20]:original("kg") == 2000)
created[21]:update({ kg = 2100 })
created[20]:save()
assert(db:query_value("SELECT kg FROM crates WHERE id = ?", created[20].id) == 2000)
assert(db:query_value("SELECT kg FROM crates WHERE id = ?", created[21].id) == 2100)

-- Large texts, and what comes before and after them.
local large = {}
for number = 1, 40 do
  local text = number % 4 == 0 and ("x"):rep(300 * number) or "short " .. number
  large[number] = number % 2 == 0 and Crate:create({ label = "large", note = text }) or Crate:find(Crate:create({ note = text }).id)
  assert(large[number].note == text)
end
for number = 40, 1, -1 do
  local text = number % 4 == 0 and ("x"):rep(300 * number) or "short " .. number
  assert(large[number]:original("note") == text and next(large[number]:changed()) == nil)
  large[number].kg = -number
  large[number]:save()
  assert(Crate:find(large[number].id):original("kg") == -number)
end
assert(db:query_value("SELECT count(*) FROM crates WHERE kg < 0") == 40)

-- Nobody keeps a record that the script has no more, nor its large values.
local weak = setmetatable({}, { __mode = "k" })
local kept = Crate:find(created[30].id)
for number = 31, 36 do
  weak[Crate:find(created[number].id)] = true
end
weak[Crate:create({ note = ("y"):rep(1000) })] = true
collectgarbage()
collectgarbage()
assert(next(weak) == nil and kept:original("label") == "crate 30")

-- Rows that are read back have the columns of the table, in their order; those that are known have the
-- fields of the model. They come in turns.
local text_type = driver == "mysql" and "varchar(40)" or "text"
db:exec("CREATE TABLE parcels (extra integer, word " .. text_type .. ", code integer DEFAULT 7, id "
  .. (driver == "sqlite" and "integer PRIMARY KEY" or driver == "mysql" and "bigint AUTO_INCREMENT PRIMARY KEY"
    or "bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY") .. ")")
local Parcel = freight.model("parcels", {
  fields = { code = { type = "integer", default = freight.sql("7") }, word = { type = "string", size = 40 } },
})
local parcels = {}
for number = 1, 40 do
  parcels[number] = Parcel:create({ word = "p" .. number, code = number % 3 ~= 0 and number or nil })
end
for number = 40, 1, -1 do
  local parcel, code = parcels[number], number % 3 ~= 0 and number or 7
  assert(parcel.code == code and parcel:original("code") == code, number)
  assert(parcel:original("word") == "p" .. number and parcel:original("id") == parcel.id and next(parcel:changed()) == nil)
  parcel.word = "q" .. number
  parcel:save()
end
for number, parcel in ipairs(Parcel:order_by("id"):all()) do
  assert(parcel.word == "q" .. number and parcel.code == (number % 3 ~= 0 and number or 7))
end

-- Finalizers of the script that make and find records while one is made.
local ran, is_running = 0, false
local function interfere()
  if not is_running then
    is_running = true
    ran = ran + 1
    pcall(function()
      local made = Crate:create({ label = "made " .. ran, kg = -5000 })
      assert(Crate:find(made.id).label == made.label)
    end)
    is_running = false
  end
end
local function litter()
  if newproxy then
    getmetatable(newproxy(true)).__gc = interfere
  else
    setmetatable({}, { __gc = interfere })
  end
end
db:transaction(function()
  local list = {}
  for number = 1, 3000 do
    litter()
    local record = number % 2 == 0 and Crate:create({ label = "own " .. number }) or Crate:find(created[40].id)
    list[#list + 1] = record
    if #list == 50 then
      for place, each in ipairs(list) do
        local label = each.id == created[40].id and "crate 40" or "own " .. number - 50 + place
        assert(each.label == label and each:original("label") == label and each.kg == (label == "crate 40" and 40 or 1), label)
        assert(each:original("state") == "new" and next(each:changed()) == nil)
      end
      list = {}
    end
  end
end)
collectgarbage()
assert(ran > 100, ran)
assert(db:query_value("SELECT count(*) FROM crates WHERE label LIKE 'own %' AND kg = 1 AND state = 'new'") == 1500)
print("done")
