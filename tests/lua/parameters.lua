-- Parameters: lua-api.md 2.3 and 1.2. Lists, names, fragments, documents, arrays, options in both
-- spellings.
local url, driver = arg[1], arg[2]
local db = freight.open(url)
db:exec("CREATE TABLE crates (id bigint PRIMARY KEY, label varchar(40), kg double precision, papers " ..
  (driver == "postgres" and "jsonb" or "text") .. ")")
for id = 1, 4 do
  db:execute("INSERT INTO crates (id, label, kg) VALUES (?, ?, ?)", id, "A-" .. id, id / 2)
end
local function ids(sql, ...)
  local found = {}
  for _, row in ipairs(db:query(sql .. " ORDER BY id", ...)) do
    found[#found + 1] = row.id
  end
  return table.concat(found, ",")
end
local function refused(code, ...)
  local done, err = freight.try(db.query, db, ...)
  assert(not done and err:is(code), tostring(err))
  return err
end

-- Lists.
assert(ids("SELECT id FROM crates WHERE id IN (?)", { 1, 3 }) == "1,3")
assert(ids("SELECT id FROM crates WHERE id IN (?) AND kg < ?", { 1, 3 }, 1) == "1")
assert(ids("SELECT id FROM crates WHERE id = ? OR id = ?", { 2, 4 }) == "2,4")
refused("empty_list", "SELECT id FROM crates WHERE id IN (?)", {})
refused("bad_argument", "SELECT id FROM crates WHERE id IN (?) AND id = ?", { { 1 } }, 2)

-- Names, also with a list; `n` is a name like any other.
assert(ids("SELECT id FROM crates WHERE id = :id OR label = :label OR id = :id", { id = 1, label = "A-2" }) == "1,2")
assert(ids("SELECT id FROM crates WHERE id IN (:some) AND kg > :kg", { some = { 1, 2, 3 }, kg = 0.7 }) == "2,3")
assert(ids("SELECT id FROM crates WHERE id = :n", { n = 3 }) == "3")
assert(db:query_value("SELECT CASE WHEN :nothing IS NULL THEN ':no ?' ELSE 'b' END", { nothing = freight.null }) == ":no ?")
assert(refused("bad_argument", "SELECT :a", { b = 1 }).message:find(":a", 1, true))
assert(refused("bad_argument", "SELECT :a", { a = 1, b = 1 }).message:find(":b", 1, true))

-- A fragment has values of its own, and may hold another.
local heavy = freight.sql("kg > ? AND id IN (?)", 0.7, { 2, 3, 4 })
assert(ids("SELECT id FROM crates WHERE (?) AND id < ?", heavy, 4) == "2,3")
assert(ids("SELECT id FROM crates WHERE ?", freight.sql("NOT (?) AND 1 = ?", heavy, 1)) == "1")
assert(tostring(heavy) == "kg > ? AND id IN (?)")
refused("bad_argument", "SELECT id FROM crates WHERE ?", freight.sql("id = ?"))

-- A document, an array, bytes, and what no parameter takes.
db:execute("UPDATE crates SET papers = ? WHERE id = 1", freight.json_value({ a = { 1, 2 }, b = "x" }))
local papers = json.decode(db:query_value("SELECT papers FROM crates WHERE id = 1"))
assert(papers.b == "x" and papers.a[2] == 2)
if driver == "postgres" then
  assert(db:query_value("SELECT count(*) FROM crates WHERE id = ANY(?)", freight.array({ 1, 4, 9 })) == 2)
  local words = freight.array({ 'a "b" \\', "NULL", freight.null, "x,y", "" })
  assert(db:query_value("SELECT (?::text[])[1]", words) == 'a "b" \\')
  assert(db:query_value("SELECT (?::text[])[3]", words) == nil)
  assert(db:query_value("SELECT array_length(?::text[], 1)", words) == 5)
  assert(db:query_value("SELECT (?::int[])[2][1]", freight.array({ { 1, 2 }, { 3, 4 } })) == 3)
  assert(db:query_value("SELECT papers ?? 'b' FROM crates WHERE id = ?", 1) == true)
else
  refused("not_supported", "SELECT ?", freight.array({ 1 }))
end
refused("bad_argument", "SELECT ?", print)
refused("bad_argument", "SELECT ?", setmetatable({}, {}))
refused("bad_argument", "SELECT ?, ?", { a = 1 }, 2)
assert(refused("bad_argument", "SELECT ?, ?, ?", 1, 2).message == "3 placeholders, 2 values")
if jit then
  local three = loadstring("return 3LL, 18446744073709551615ULL")
  assert(db:query_value("SELECT count(*) FROM crates WHERE id = ?", (three())) == 1)
  refused("bad_argument", "SELECT ?", require("ffi").new("double", 1))
end

-- Both spellings, of methods, functions and options.
assert(db:queryRow("SELECT 7 AS n").n == 7 and db:queryValue("SELECT 8") == 8)
assert(db.lastInsertRowid and freight.likeEscape("5%") == "5\\%" and freight.isNull(freight.null))
assert(db.noSuchThing == nil and db.nosuchthing == nil)
db.query_value = function() return "mine" end
assert(db:queryValue("SELECT 8") == "mine")
db.query_value = nil
local other = freight.open(url, { connectTimeoutMs = 2000 })
assert(other:query_value("SELECT 1") == 1)
other:close()
local _, err = freight.try(freight.open, url, { connectTimeoutMs = 1, connect_timeout_ms = 1 })
assert(err:is("duplicate_option"))
_, err = freight.try(freight.open, url, { conect_timeout_ms = 1 })
assert(err:is("unknown_option") and err.hint == "did you mean `connect_timeout_ms`?", tostring(err.hint))
_, err = freight.try(freight.open, url, { connect_timeout_ms = "soon" })
assert(err:is("bad_argument"))

-- The default handle.
assert(freight.db() == db and freight.init(db) == db)
assert(freight.transaction(function() return db:in_transaction() end) == true)
_, err = freight.try(freight.init, {})
assert(err:is("bad_argument"))
print("done")
