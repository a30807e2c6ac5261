-- Values in both directions: lua-api.md 1.
local url, driver = arg[1], arg[2]
local db = freight.open(url)

local types = {
  sqlite = { text = "TEXT", blob = "BLOB", number = "NUMERIC", flag = "BOOLEAN" },
  postgres = { text = "text", blob = "bytea", number = "numeric(20, 2)", flag = "boolean" },
  mysql = { text = "longtext", blob = "longblob", number = "decimal(20, 2)", flag = "boolean" },
}
local own = types[driver]
db:exec(("CREATE TABLE things (id bigint PRIMARY KEY, words %s, bytes %s, amount double precision, price %s, flag %s)")
  :format(own.text, own.blob, own.number, own.flag))

-- What is written is what is read; NULL is an absent key.
local insert = "INSERT INTO things (id, words, bytes, amount, price, flag) VALUES (?, ?, ?, ?, ?, ?)"
assert(db:execute(insert, 1, "it's ? ä 😀", freight.blob("a\0b\255"), 1.5, "12.50", true) == 1)
local row = db:query_row("SELECT * FROM things WHERE id = ?", 1)
assert(row.words == "it's ? ä 😀")
assert(row.bytes == "a\0b\255")
assert(row.amount == 1.5)
assert(tonumber(row.price) == 12.5)
if driver == "postgres" then
  assert(row.flag == true)
else
  assert(row.flag == 1)
end
assert(db:execute(insert, 2, nil, freight.null, nil, nil, nil) == 1)
row = db:query_row("SELECT * FROM things WHERE id = 2")
local keys = {}
for key in pairs(row) do
  keys[#keys + 1] = key
end
assert(#keys == 1 and keys[1] == "id", table.concat(keys, ","))

-- 64 bits are kept, and a whole float is an integer. What LuaJIT has no number for is a string.
local largest, smallest = "9223372036854775807", "-9223372036854775808"
if math.type then
  largest, smallest = math.maxinteger, math.mininteger
end
db:execute(insert, largest, "max", nil, nil, nil, nil)
db:execute(insert, smallest, "min", nil, nil, nil, nil)
assert(db:query_value("SELECT max(id) FROM things") == largest)
assert(db:query_value("SELECT words FROM things WHERE id = ?", smallest) == "min")
assert(db:query_value("SELECT words FROM things WHERE id = ?", 1.0) == "it's ? ä 😀")
assert(db:query_value("SELECT id + 9007199254740991 FROM things WHERE id = 1") == 9007199254740992)
assert(not math.type or math.type(db:query_value("SELECT count(*) FROM things")) == "integer")

-- A table is a list of values, the values of `IN (?)`, or named values.
assert(#db:query("SELECT id FROM things WHERE id IN (?)", { 1, 2, 3 }) == 2)
assert(db:query_value("SELECT words FROM things WHERE id = ? AND words <> ?", { 1, "x" }) ~= nil)
assert(#db:query("SELECT id FROM things WHERE id IN (?) AND id < ?", { 1, 2 }, 2) == 1)
assert(db:query_value("SELECT words FROM things WHERE id = :id AND ':id' = ':id'", { id = 1 }) ~= nil)
assert(db:query_value("SELECT count(*) FROM things WHERE words = '?' -- ?") == 0)

-- What no column takes is told by its number.
local function refused(code, ...)
  local result, err = freight.try(db.query, db, ...)
  assert(result == nil and err:is(code), tostring(err))
  return err
end
assert(tostring(refused("bad_argument", "SELECT ?", print)):find("value 1 is a function", 1, true))
refused("cast_error", "SELECT ?", 0 / 0)
refused("cast_error", "SELECT ?", math.huge)
refused("cast_error", "SELECT id FROM things WHERE id IN (?)", { 1, -math.huge })
db:exec("CREATE TABLE measures (id integer, wide double precision, narrow real, words varchar(20))")
for place, value in ipairs({ 0 / 0, math.huge, -math.huge }) do
  local put = "INSERT INTO measures (id, wide, narrow) VALUES (?, ?, ?)"
  if driver == "postgres" then
    assert(db:execute(put, place, value, value) == 1)
    assert(db:execute("UPDATE measures SET wide = :value WHERE id = :id", { id = place, value = value }) == 1)
    local row = db:query_row("SELECT wide, narrow FROM measures WHERE id = ?", place)
    assert(tostring(row.wide):gsub("%-nan", "nan") == tostring(value):gsub("%-nan", "nan"), tostring(row.wide))
    assert((row.narrow == value) == (value == value) and (row.wide == value) == (value == value))
    assert(db:query_value("SELECT wide FROM measures WHERE id = ? AND wide = ?", place, value) ~= nil)
    local err = refused("cast_error", "UPDATE measures SET words = ?", value)
    assert(err.driver == "postgresql" and err.message:find("value 1 is ", 1, true), tostring(err))
    refused("cast_error", "UPDATE measures SET id = ?", value)
  else
    refused("cast_error", put, place, value, value)
  end
end
assert(db:query_value("SELECT count(*) FROM measures") == (driver == "postgres" and 3 or 0))
refused("empty_list", "SELECT id FROM things WHERE id IN (?)", {})
refused("bad_argument", "SELECT id FROM things WHERE id = :id", { id = 1, other = 2 })
refused("bad_argument", "SELECT id FROM things WHERE id = :id AND words = :words", { id = 1 })
refused("bad_argument", "SELECT ?, ?, ?", 1, 2)
refused("bad_argument", nil)

assert(freight.null == freight.null and freight.is_null(freight.null) and freight.is_null(nil))
assert(freight.like_escape("50%_\\") == "50\\%\\_\\\\")
db:close()
print("done")
