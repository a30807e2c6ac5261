-- What tests/bench/lua.rs measures: a name and seconds on each line.
local db = sqlite.open(arg[1])
local times = tonumber(arg[2])

local function measured(name, work)
  collectgarbage()
  collectgarbage()
  local start = os.clock()
  work()
  print(("%s\t%.9f"):format(name, os.clock() - start))
end

measured("point", function()
  for id = 1, times do
    local row = db:query_row("SELECT id, one, three, word, flag FROM things WHERE id = ?", id)
    assert(row.id == id)
  end
end)
measured("page of 20", function()
  for start = 1, times / 10 do
    assert(#db:query("SELECT * FROM things WHERE id > ? ORDER BY id LIMIT 20", start) == 20)
  end
end)
db:exec("CREATE TABLE log (id INTEGER PRIMARY KEY, word TEXT, number REAL)")
measured("insert", function()
  db:transaction(function()
    for id = 1, times do
      db:execute("INSERT INTO log (word, number) VALUES (?, ?)", "a word", id / 2)
    end
  end)
end)
measured("update", function()
  db:transaction(function()
    for id = 1, times do
      db:execute("UPDATE log SET number = number + 1 WHERE id = ?", id)
    end
  end)
end)
db:exec("DROP TABLE log")
-- Last, because what it frees is sorted by whatever asks for memory next.
measured("fetch", function()
  assert(#db:query("SELECT * FROM things") == 100000)
end)
