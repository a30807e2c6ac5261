-- What `tests/bench/models.rs` runs: records of models against the raw API, for the same rows and
-- in turns. Prints `name seconds-of-models seconds-of-raw` for each, as CPU time.
local db = freight.open(arg[1])
local rounds = tonumber(arg[2] or "7")
local ROWS, TIMES = 100000, 20000
freight.init(db)

local Item = freight.model("bench_items", {
  fields = {
    one = { type = "integer" }, two = { type = "integer" }, three = { type = "float" }, four = { type = "float" },
    short = { type = "string", size = 20 }, word = { type = "string", size = 40 }, text = { type = "string", size = 200 },
    none = { type = "string" }, flag = { type = "integer" },
  },
})
local Parent = freight.model("bench_parents", { fields = { name = "string" } })
local Child = freight.model("bench_children", {
  fields = { label = "string", parent_id = freight.foreign_key("bench_parents") },
})
Parent:has_many(Child, { as = "children" })

local function values(number)
  return number, number * 7, number / 3, number * 0.5, "s" .. number % 10, "word number " .. number % 1000,
    ("text %d "):format(number):rep(6), number % 3 == 0 and 1 or nil
end

local INSERT = "INSERT INTO bench_items (one, two, three, four, short, word, text, flag) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
Item:count()
db:transaction(function()
  for number = 1, ROWS do
    db:execute(INSERT, values(number))
  end
end)
Parent:count()
Child:count()
Parent:insert_many((function()
  local list = {}
  for number = 1, 1000 do
    list[number] = { name = "parent " .. number }
  end
  return list
end)())
Child:insert_many((function()
  local list = {}
  for number = 1, 10000 do
    list[number] = { label = "child " .. number, parent_id = (number - 1) % 1000 + 1 }
  end
  return list
end)())

local Undo = {}
local function undone(fn)
  local ok, problem = pcall(db.transaction, db, function()
    fn()
    error(Undo)
  end)
  assert(not ok and problem == Undo, problem)
end

local names = { "one", "two", "three", "four", "short", "word", "text" }
local function many_rows(count)
  local many = {}
  for number = 1, count do
    local one, two, three, four, short, word, text = values(number)
    many[number] = { one = one, two = two, three = three, four = four, short = short, word = word, text = text }
  end
  return many
end
local function fifty_thousand()
  return many_rows(50000)
end
local many_sql = "INSERT INTO bench_items (" .. table.concat(names, ", ") .. ") VALUES "
  .. ("(?, ?, ?, ?, ?, ?, ?), "):rep(499) .. "(?, ?, ?, ?, ?, ?, ?)"

-- What a thing works on is made before it, and gone after it: the collector of Lua goes through all that
-- is there. Records whose rows are there for good, and records whose rows are there to be deleted.
local function first_items()
  return Item:where("id", "<=", TIMES):order_by("id"):all()
end
local function more_items()
  Item:insert_many(many_rows(TIMES))
  return Item:where("id", ">", db:query_value("SELECT max(id) FROM bench_items") - TIMES):order_by("id"):all()
end

local function insert_raw()
  undone(function()
    for number = 1, TIMES do
      db:execute(INSERT, values(number))
    end
  end)
end

-- A name, what is done with models, the same without, and what makes ready for either.
local pairs_of = {
  { "all", function()
    local list = Item:all()
    assert(#list == ROWS)
  end, function()
    local list = db:query("SELECT * FROM bench_items")
    assert(#list == ROWS)
  end },
  { "find", function()
    for number = 1, TIMES do
      assert(Item:find(number * 4).one)
    end
  end, function()
    for number = 1, TIMES do
      assert(db:query_row("SELECT * FROM bench_items WHERE id = ?", number * 4).one)
    end
  end },
  { "create", function()
    undone(function()
      for number = 1, TIMES do
        local one, two, three, four, short, word, text, flag = values(number)
        Item:create({ one = one, two = two, three = three, four = four, short = short, word = word, text = text, flag = flag })
      end
    end)
  end, insert_raw },
  -- What no `create` can do without: the script's table, and another one for the record.
  { "two_tables", function()
    undone(function()
      for number = 1, TIMES do
        local one, two, three, four, short, word, text, flag = values(number)
        local data = { one = one, two = two, three = three, four = four, short = short, word = word, text = text, flag = flag }
        db:execute(INSERT, data.one, data.two, data.three, data.four, data.short, data.word, data.text, data.flag)
        local record = {
          id = number, one = data.one, two = data.two, three = data.three, four = data.four, short = data.short, word = data.word,
          text = data.text, flag = data.flag,
        }
        assert(record.id == number)
      end
    end)
  end, insert_raw },
  { "insert_many", function(many)
    undone(function()
      assert(Item:insert_many(many) == #many)
    end)
  end, function(many)
    undone(function()
      for from = 1, #many, 500 do
        local values, count = {}, 0
        for place = from, from + 499 do
          local row = many[place]
          for _, name in ipairs(names) do
            count = count + 1
            values[count] = row[name]
          end
        end
        db:execute(many_sql, (table.unpack or unpack)(values, 1, count))
      end
    end)
  end, fifty_thousand },
  { "save", function(items)
    db:transaction(function()
      for number = 1, TIMES do
        local item = items[number]
        item.one = item.one + 1
        item:save()
      end
    end)
  end, function(items)
    db:transaction(function()
      for number = 1, TIMES do
        local item = items[number]
        assert(db:execute("UPDATE bench_items SET one = ? WHERE id = ?", item.one + 1, item.id) == 1)
      end
    end)
  end, first_items },
  { "delete", function(items)
    db:transaction(function()
      for number = 1, TIMES do
        assert(items[number]:delete())
      end
    end)
  end, function(items)
    db:transaction(function()
      for number = 1, TIMES do
        assert(db:execute("DELETE FROM bench_items WHERE id = ?", items[number].id) == 1)
      end
    end)
  end, more_items },
  { "eager", function()
    local list = Parent:include("children"):all()
    assert(#list == 1000 and #list[7]:children() == 10)
  end, function()
    local list = db:query("SELECT * FROM bench_parents")
    local by_id, ids = {}, {}
    for place, parent in ipairs(list) do
      by_id[parent.id], ids[place], parent.children = parent, parent.id, {}
    end
    for _, child in ipairs(db:query("SELECT * FROM bench_children WHERE parent_id IN (?)", ids)) do
      local children = by_id[child.parent_id].children
      children[#children + 1] = child
    end
    assert(#list == 1000 and #list[7].children == 10)
  end },
}
-- What takes milliseconds is done once before, so that it finds its memory.
local eager = pairs_of[#pairs_of]
eager[4] = function()
  eager[2]()
  eager[3]()
end

local function timed(fn, make_ready)
  local given = make_ready and make_ready()
  collectgarbage()
  collectgarbage()
  local begun = os.clock()
  fn(given)
  return os.clock() - begun
end

-- Who comes first has to ask for memory that others have given back: by turns.
for round = 1, rounds do
  for _, pair in ipairs(pairs_of) do
    local model, raw
    if round % 2 == 0 then
      model = timed(pair[2], pair[4])
    end
    raw = timed(pair[3], pair[4])
    print(pair[1], model or timed(pair[2], pair[4]), raw)
  end
end
