-- `db:rows`: one row after the other, and the connection comes back.
local url = arg[1]
local db = freight.open(url, { pool = 3 })
db:exec("CREATE TABLE numbers (id bigint PRIMARY KEY, word varchar(40))")
db:transaction(function()
  for id = 1, 3000 do
    db:execute("INSERT INTO numbers VALUES (?, ?)", id, id % 2 == 0 and "word " .. id or nil)
  end
end)
local function each(by, limit)
  local sum, number = 0, 0
  for row in by:rows("SELECT id, word FROM numbers WHERE id > ? ORDER BY id", 0) do
    sum, number = sum + row.id, number + 1
    assert(row.word == (row.id % 2 == 0 and "word " .. row.id or nil))
    if number == limit then
      break
    end
  end
  return sum
end
assert(each(db) == 4501500)
-- Statements in the loop, and leaving it early, a hundred times.
for _ = 1, 100 do
  for row in db:rows("SELECT id FROM numbers ORDER BY id") do
    if row.id == 300 then
      break
    end
    if row.id == 200 then
      assert(db:execute("UPDATE numbers SET word = word WHERE id = ?", row.id) == 1)
    end
  end
  collectgarbage()
end
-- In a transaction, and with one connection alone.
db:transaction(function(tx)
  db:execute("DELETE FROM numbers WHERE id = 3000")
  assert(each(tx) == 4498500 and each(db, 10) == 55)
end)
local alone = freight.open(url, { pool = 1 })
assert(each(alone) == 4498500)
-- Nothing, and what is wrong.
for _ in db:rows("SELECT * FROM numbers WHERE id < 0") do
  error("there is none")
end
local _, err = freight.try(function()
  for _ in db:rows("SELECT * FROM nowhere") do
  end
end)
assert(err:is("missing_table"), tostring(err))
_, err = freight.try(function()
  for _ in db:rows("SELECT ?") do
  end
end)
assert(err:is("bad_argument"))
-- A handle that is closed while rows are read.
local closing = freight.open(url, { pool = 2 })
local next_row, cursor = closing:rows("SELECT id FROM numbers ORDER BY id")
assert(next_row(cursor).id == 1 and closing:close())
_, err = freight.try(closing.query, closing, "SELECT 1")
assert(err:is("closed"))
print("done")
