-- The names of columns, of rows that come again and again: also after what they come from has
-- changed, and where a script changed what a handle remembers.
local db = freight.open(arg[1])
db:exec("CREATE TABLE things (id integer PRIMARY KEY, name varchar(20))")
db:execute("INSERT INTO things VALUES (?, ?)", 1, "one")
db:execute("INSERT INTO things VALUES (?, ?)", 2, nil)

local function keys_of(row)
  local names = {}
  for name in pairs(row) do
    names[#names + 1] = name
  end
  table.sort(names)
  return table.concat(names, " ")
end

local function expect(names)
  for round = 1, 5 do
    local row = db:query_row("SELECT * FROM things WHERE id = ?", 1)
    assert(keys_of(row) == names, "round " .. round .. ": " .. keys_of(row))
    local rows = db:query("SELECT * FROM things ORDER BY id")
    assert(#rows == 2 and keys_of(rows[1]) == names)
    -- NULL is an absent key, whatever the row before had.
    assert(rows[2].id == 2 and rows[2].name == nil)
    assert(db:query_row("SELECT * FROM things WHERE id = ?", 3) == nil)
  end
end

expect("id name")
db:exec("ALTER TABLE things RENAME COLUMN name TO label")
expect("id label")
db:exec("ALTER TABLE things ADD COLUMN size integer DEFAULT 5")
expect("id label size")
-- Somebody else changes it.
local other = freight.open(arg[1])
other:exec("ALTER TABLE things DROP COLUMN size")
other:exec("ALTER TABLE things ADD COLUMN weight integer DEFAULT 7")
other:close()
expect("id label weight")

-- The same columns under other names, and other columns under the same names.
for _ = 1, 3 do
  for number = 1, 20 do
    local row = db:query_row("SELECT id AS a" .. number .. ", label AS b FROM things WHERE id = ?", 1)
    assert(keys_of(row) == "a" .. number .. " b" and row.b == "one")
    assert(db:query_row("SELECT label AS id, id AS label FROM things WHERE id = ?", 1).label == 1)
  end
end
-- Two columns of one name: the last one counts.
for _ = 1, 3 do
  assert(db:query_row("SELECT 1 AS a, 2 AS a").a == 2)
end
-- Values that are read in their own way, again and again.
local reading = freight.open(arg[1], { booleans = true })
reading:exec("CREATE TABLE flags (id integer PRIMARY KEY, is_on boolean)")
reading:execute("INSERT INTO flags VALUES (?, ?)", 1, true)
for _ = 1, 4 do
  assert(reading:query_row("SELECT is_on FROM flags WHERE id = ?", 1).is_on == true)
end

-- What a handle remembers is not the script's, and yet nothing worse comes of it than a new look.
local function again()
  for _ = 1, 4 do
    assert(db:query_row("SELECT id, label FROM things WHERE id = ?", 1).label == "one")
  end
end
again()
for place = 1, 8 do
  if db[3][place] then
    db[3][place][2] = nil
  end
end
again()
for _, instead in ipairs({ {}, { 1, 2, 3 }, { {}, {}, {}, {}, {}, {}, {}, {} }, false, "text" }) do
  db[3] = instead or nil
  again()
  db[2] = instead or nil
  db:transaction(function()
    db:execute("UPDATE things SET label = label")
    again()
  end)
  again()
end
print("done")
