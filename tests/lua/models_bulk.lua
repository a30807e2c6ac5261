-- insert_many with rows of different fields: what is there afterwards is what each row says, in
-- the order of the rows, and what a row does not name is up to the database.
local db = freight.open(arg[1])
freight.init(db)

local function fails(code, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok and err.code == code, tostring(err))
  return err
end

local Crate = freight.model("bulk_crates", {
  fields = {
    one = "int", small = { type = "smallint" }, two = { type = "integer" }, least = { type = "int", unsigned = true },
    word = { type = "string", size = 40 }, flag = { type = "boolean", default = true }, weight = "float",
  },
})

local function rows_of(count)
  local list = {}
  for place = 1, count do
    local row = { one = place, small = place % 100, two = place * 7, word = "w\t\\" .. place }
    if place % 3 == 0 then
      row.weight = place / 2
    end
    if place % 5 == 0 then
      row.least = place
    end
    if place % 7 == 0 then
      row.word = freight.null
    end
    list[place] = row
  end
  return list
end

for _, count in ipairs({ 1, 7, 300, 1500, 5000 }) do
  local before = Crate:count()
  assert(Crate:insert_many(rows_of(count)) == count)
  local list = Crate:order_by("id"):offset(before):limit(count):all()
  assert(#list == count, #list)
  for place, row in ipairs(list) do
    assert(row.one == place and row.small == place % 100 and row.two == place * 7 and row.flag == true, place)
    assert(row.word == (place % 7 ~= 0 and "w\t\\" .. place or nil), place)
    assert(row.weight == (place % 3 == 0 and place / 2 or nil), place)
    assert(row.least == (place % 5 == 0 and place or nil), place)
  end
end

-- A number that a column has no room for is told, and no row of the list is there.
for _, bad in ipairs({ { one = 2 ^ 31 }, { one = -2 ^ 31 - 1 }, { small = 32768 }, { small = -32769 }, { least = -1 } }) do
  local before = Crate:count()
  fails("out_of_range", Crate.create, Crate, bad)
  fails("out_of_range", Crate.insert_many, Crate, { { one = 1 }, bad })
  assert(Crate:count() == before)
end
local made = Crate:create({ one = -2 ^ 31, small = -32768, least = 5, word = freight.null })
assert(made.word == nil and rawget(made, "word") == nil and not made:changed("word"))
assert(Crate:find(made.id).one == -2 ^ 31 and Crate:find(made.id).small == -32768)
made.word = "x"
made:save()
assert(Crate:find(made.id).word == "x")

-- A default that only the database knows, and one that it gets later.
db:exec("CREATE TABLE bulk_own (id integer PRIMARY KEY, mark varchar(20) DEFAULT 'own', note varchar(20))")
local Own = freight.model("bulk_own", {
  fields = { id = { type = "integer", primary_key = true }, mark = { type = "string", size = 20 }, note = { type = "string", size = 20 } },
})
local function mixed(from)
  return {
    { id = from }, { id = from + 1, mark = "given" }, { id = from + 2, note = "n" }, { id = from + 3, mark = freight.null },
    { id = from + 4, mark = "given", note = "n" },
  }
end
local function marks(from)
  local out = {}
  for place, row in ipairs(Own:where("id >= ?", from):order_by("id"):all()) do
    out[place] = tostring(row.mark) .. " " .. tostring(row.note)
  end
  return table.concat(out, ", ")
end
assert(Own:insert_many(mixed(1)) == 5)
assert(marks(1) == "own nil, given nil, own n, nil nil, given n", marks(1))
if db.driver ~= "sqlite" then
  db:exec("ALTER TABLE bulk_own ALTER COLUMN note SET DEFAULT 'later'")
  assert(Own:insert_many(mixed(11)) == 5)
  assert(marks(11) == "own later, given later, own n, nil later, given n", marks(11))
end
if db.driver == "postgresql" then
  db:exec("CREATE DOMAIN bulk_mark AS varchar(20) DEFAULT 'domain'")
  db:exec("ALTER TABLE bulk_own ALTER COLUMN note DROP DEFAULT, ALTER COLUMN note TYPE bulk_mark")
  assert(Own:insert_many(mixed(21)) == 5)
  assert(marks(21) == "own domain, given domain, own n, nil domain, given n", marks(21))
end
print("done")
