-- What breaks programs elsewhere, each with a test of its name. The first ones are ways in which the
-- guide to databases fails on a simple driver; then follow lines of the acceptance list
-- (lua-api.md 16), and what real scripts do.
local url, driver = arg[1], arg[2]
local db = freight.open(url)
local on = { [driver] = true }
local key = ({
  sqlite = "INTEGER PRIMARY KEY AUTOINCREMENT",
  postgres = "SERIAL PRIMARY KEY",
  mysql = "bigint AUTO_INCREMENT PRIMARY KEY",
})[driver]
local whole_bytes = {}
for byte = 0, 255 do
  whole_bytes[#whole_bytes + 1] = string.char(byte)
end
whole_bytes = table.concat(whole_bytes)

local redis_url = os.getenv("FREIGHT_TEST_REDIS_URL")
assert(redis_url or not os.getenv("FREIGHT_TEST_REQUIRE"), "FREIGHT_TEST_REDIS_URL is not set")
local client = redis_url and require("redis").connect(redis_url)
local prefix = "freight:" .. crypto.uuid() .. ":"

local function equal(got, want)
  assert(got == want, tostring(got) .. " is not " .. tostring(want))
end
local function refused(code, fn, ...)
  local _, err = freight.try(fn, ...)
  assert(err and err:is(code), tostring(err))
  return err
end

local tests = {}
local function test(name, fn)
  tests[#tests + 1] = { name, fn }
end

-- ---- the fourteen points; what they say of models is in the tests of models

test("1: a table that refers to a missing one says which is missing", function()
  if not on.sqlite then
    -- The servers refuse the table itself.
    refused(on.postgres and "missing_table" or "database", db.exec, db,
      "CREATE TABLE posts (id int PRIMARY KEY, author_id int, FOREIGN KEY (author_id) REFERENCES absent_users (id))")
    return
  end
  db:exec("CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, author_id INTEGER REFERENCES absent_users(id))")
  local err = refused("missing_table", db.execute, db, "INSERT INTO posts (title) VALUES (?)", "t")
  assert(err.message:find("absent_users", 1, true), tostring(err))
  refused("missing_table", db.execute, db, "DELETE FROM posts")
  equal(db:execute("UPDATE posts SET title = 'x'"), 0)
  db:exec("CREATE TABLE absent_users (id INTEGER PRIMARY KEY)")
  equal(db:execute("INSERT INTO posts (title) VALUES (?)", "t"), 1)
end)

test("2: a text that is unique, and one with a default", function()
  db:exec("CREATE TABLE accounts (id " .. key .. ", email text UNIQUE, role text DEFAULT 'user')")
  equal(db:execute("INSERT INTO accounts (email) VALUES (?)", "a@example.com"), 1)
  equal(db:query_value("SELECT role FROM accounts"), "user")
  local err = refused("unique_violation", db.execute, db, "INSERT INTO accounts (email) VALUES (?)", "a@example.com")
  equal(err.columns[1], "email")
end)

test("3: a table without a key takes rows, and tells none", function()
  db:exec("CREATE TABLE keyless (word varchar(10))")
  equal(db:execute("INSERT INTO keyless VALUES (?)", "x"), 1)
  equal(select("#", db:last_insert_id()), 1)
  if not on.sqlite then
    equal(db:last_insert_id(), nil)
  end
  equal(#db:query("SELECT * FROM keyless"), 1)
end)

test("4: text into a jsonb column, and integers into small ones", function()
  local document = on.sqlite and "text" or on.mysql and "json" or "jsonb"
  db:exec("CREATE TABLE settings (id " .. key .. ", data " .. document .. ", small smallint, normal integer, big bigint)")
  db:execute("INSERT INTO settings (data, small, normal, big) VALUES (?, ?, ?, ?)", json.encode({ theme = "dark" }), 1, 2, 3)
  local row = db:query_row("SELECT * FROM settings WHERE small = ? AND normal = ? AND big = ?", 1, 2, 3)
  assert(json.decode(row.data).theme == "dark" and row.small + row.normal + row.big == 6)
end)

test("5: a missing key of Redis is one nil", function()
  equal(client and tonumber(client:get(prefix .. "absent")) or 0, 0)
  equal(client and select("#", client:get(prefix .. "absent")) or 1, 1)
  equal(select("#", db:query_row("SELECT 1 AS one WHERE 1 = 0")), 1)
  equal(select("#", db:query_value("SELECT 1 AS one WHERE 1 = 0")), 1)
end)

test("6: what is not there is falsy", function()
  if client and client:get(prefix .. "absent") then
    error("a missing key is something")
  end
  local row = db:query_row("SELECT NULL AS missing, 1 AS one")
  assert(not row.missing and row.one == 1 and rawget(row, "missing") == nil)
end)

test("7: errors print and concatenate", function()
  local ok, err = pcall(db.query, db, "SELECT * FROM nowhere")
  assert(not ok and type("failed: " .. err .. "!") == "string" and ("failed: " .. err):find("(missing_table)", 1, true))
  equal(tostring(err), err.message .. " (missing_table)")
  local record = json.decode(json.encode({ job = { to = "x" }, error = tostring(err) }))
  equal(record.error, tostring(err))
  ok, err = pcall(function(job) return #job.missing end, {})
  assert(not ok and type(err) == "string")
end)

test("8: last_insert_id leaves a transaction alone where there is no sequence", function()
  db:exec("CREATE TABLE named (name varchar(20) PRIMARY KEY)")
  db:transaction(function()
    db:execute("INSERT INTO named VALUES (?)", "first")
    local _ = db:last_insert_id()
    db:execute("INSERT INTO named VALUES (?)", "second")
  end)
  equal(db:query_value("SELECT count(*) FROM named"), 2)
end)

test("9: statements through the handle are part of its transaction", function()
  local before = db:query_value("SELECT count(*) FROM named")
  local ok = pcall(db.transaction, db, function(tx)
    db:execute("INSERT INTO named VALUES ('by handle')")
    tx:execute("INSERT INTO named VALUES ('by transaction')")
    freight.db():execute("INSERT INTO named VALUES ('by default handle')")
    equal(db:query_value("SELECT count(*) FROM named"), before + 3)
    error("no")
  end)
  assert(not ok)
  equal(db:query_value("SELECT count(*) FROM named"), before)
end)

test("10: columns may be called like methods", function()
  local row = db:query_row(on.mysql and "SELECT 1 AS `update`, 2 AS `delete`, 3 AS `get`"
    or 'SELECT 1 AS "update", 2 AS "delete", 3 AS "get"')
  assert(row.update == 1 and row.delete == 2 and row.get == 3)
  equal(getmetatable(row), nil)
end)

test("11: LIMIT takes 10, whatever kind of number it is", function()
  for _, limit in ipairs({ 1, 1.0, 2 / 2 }) do
    equal(#db:query("SELECT * FROM named LIMIT ?", limit), 1)
  end
  equal(#db:query("SELECT * FROM named ORDER BY name LIMIT ? OFFSET ?", 10, 1.0), 1)
end)

test("12: sleep takes milliseconds; what Redis keeps counts in seconds", function()
  local begun = time.monotonic()
  time.sleep(100)
  local slept = time.monotonic() - begun
  assert(slept >= 0.1 and slept < 30, slept)
  if client then
    client:setex(prefix .. "kept", 300, "x")
    assert(client:ttl(prefix .. "kept") > 250)
    client:expire(prefix .. "kept", 900)
    assert(client:ttl(prefix .. "kept") > 850)
    local subscriber = client:subscriber()
    subscriber:subscribe(prefix .. "channel")
    begun = time.monotonic()
    equal(subscriber:receive(0.2), nil)
    slept = time.monotonic() - begun
    assert(slept >= 0.2 and slept < 30, slept)
    subscriber:close()
  end
end)

test("13: a whole score prints as a whole number", function()
  if client then
    client:zadd(prefix .. "scores", 2300, "alice")
    client:zadd(prefix .. "scores", 0.5, "bob")
    equal(tostring(client:zscore(prefix .. "scores", "alice")), "2300")
    equal(client:zscore(prefix .. "scores", "bob"), 0.5)
  end
end)

test("14: an empty table is a list, and the format of times is that of SQL", function()
  equal(json.encode({}), "[]")
  equal(json.encode({ items = {} }), '{"items":[]}')
  equal(time.format(0), "1970-01-01 00:00:00")
end)

-- ---- the acceptance list

test("acceptance 3: tonumber of a missing key is nil", function()
  if client then
    equal(tonumber(client:get(prefix .. "absent")), nil)
    equal(tonumber(client:hget(prefix .. "absent", "field")), nil)
    equal(tonumber(client:lindex(prefix .. "absent", 0)), nil)
    equal(pcall(json.decode, client:get(prefix .. "absent")), false)
  end
end)

test("acceptance 5: the largest integers come back; as strings in LuaJIT", function()
  db:exec("CREATE TABLE large (id bigint PRIMARY KEY)")
  local largest, smallest = "9223372036854775807", "-9223372036854775808"
  if math.type then
    largest, smallest = math.maxinteger, math.mininteger
  end
  db:execute("INSERT INTO large VALUES (?), (?)", largest, smallest)
  local rows = db:query("SELECT id FROM large ORDER BY id")
  assert(rows[1].id == smallest and rows[2].id == largest, tostring(rows[1].id))
  assert(not math.type or math.type(rows[2].id) == "integer")
  equal(db:query_value("SELECT id FROM large WHERE id = ?", largest), largest)
  equal(db:query_row("SELECT id FROM large WHERE id = ?", smallest).id, smallest)
end)

test("acceptance 6: every byte comes back from a blob", function()
  db:exec("CREATE TABLE files (id " .. key .. ", content " .. (on.postgres and "bytea" or "blob") .. ")")
  for _, bytes in ipairs({ whole_bytes, "", "\0", "a\0b", "\0\0\0", "plain", "\\x41", "\195", whole_bytes:rep(200) }) do
    db:execute("INSERT INTO files (content) VALUES (?)", freight.blob(bytes))
    equal(db:query_value("SELECT content FROM files WHERE id = ?", db:last_insert_id()), bytes)
    equal(db:query_value("SELECT count(*) FROM files WHERE id = ? AND content = ?", db:last_insert_id(), freight.blob(bytes)), 1)
  end
  -- A string into such a column is bytes too, also with NUL.
  db:execute("INSERT INTO files (content) VALUES (?)", "a\0\255")
  equal(db:query_value("SELECT content FROM files WHERE id = ?", db:last_insert_id()), "a\0\255")
end)

test("acceptance 7: a datetime that ends in Z", function()
  db:exec("CREATE TABLE moments (id " .. key .. ", word varchar(40), at " .. (on.sqlite and "text" or on.mysql and "datetime" or "timestamp") .. ")")
  local moment = "2026-01-02T03:04:05Z"
  db:execute("INSERT INTO moments (word, at) VALUES (?, ?)", moment, moment)
  local row = db:query_row("SELECT * FROM moments")
  -- A text stays as it is.
  equal(row.word, moment)
  if on.sqlite then
    return
  end
  equal(row.at, "2026-01-02 03:04:05")
  db:execute("INSERT INTO moments (at, word) VALUES (?, ?), (?, ?), (?, ?)", moment, moment, moment, "x", "2026-01-02T03:04:06Z", moment)
  equal(db:query_value("SELECT count(*) FROM moments WHERE at = ?", moment), 3)
  local change = "UPDATE moments SET at = ? WHERE word = ? AND at = ?"
  if on.mysql then
    -- It cannot be known which of the two that are compared is a datetime; nothing is guessed.
    refused("invalid_value", db.execute, db, change, "2027-01-02T03:04:05Z", moment, moment)
    moment = "2026-01-02T03:04:05.000Z"
  end
  equal(db:execute(change, "2027-01-02T03:04:05Z", "2026-01-02T03:04:05Z", moment), 2)
  moment = "2026-01-02T03:04:05Z"
  equal(db:execute("UPDATE moments SET word = ?, at = ? WHERE word = 'x'", moment, moment), 1)
  equal(db:query_value("SELECT count(*) FROM moments WHERE word = ?", moment), 4)
  equal(db:execute("UPDATE moments SET word = 'x' WHERE at = ?", moment), 1)
  equal(db:query_value("SELECT count(*) FROM moments WHERE word = ? AND at = '2027-01-02 03:04:05'", moment), 2)
  local err = refused("invalid_value", db.execute, db, "INSERT INTO moments (at) VALUES (?)", "2026-01-02T03:04:05X")
  assert(err.message:find("2026-01-02T03:04:05X", 1, true))
  if on.postgres or db:query_value("SELECT VERSION()"):find("MariaDB", 1, true) then
    equal(db:query_value("INSERT INTO moments (at) VALUES (?) RETURNING at", "2026-05-02T03:04:05.000Z"), "2026-05-02 03:04:05")
  end
  -- Many at once, and in a transaction.
  local values = {}
  for place = 1, 60 do
    values[place] = ("2026-02-03T04:05:%02dZ"):format(place % 60)
  end
  db:transaction(function()
    equal(db:execute("INSERT INTO moments (at) VALUES " .. ("(?), "):rep(59) .. "(?)", values), 60)
  end)
  equal(db:query_value("SELECT max(at) FROM moments WHERE at < '2026-04-01'"), "2026-02-03 04:05:59")
end)

test("acceptance 12: an inner failure leaves the outer transaction usable", function()
  local before = db:query_value("SELECT count(*) FROM named")
  db:transaction(function()
    db:execute("INSERT INTO named VALUES ('outer')")
    local ok, err = pcall(db.transaction, db, function()
      db:execute("INSERT INTO named VALUES ('inner')")
      db:execute("INSERT INTO named VALUES ('outer')")
    end)
    assert(not ok and err:is("unique_violation"), tostring(err))
    equal(db:query_value("SELECT count(*) FROM named"), before + 1)
    db:execute("INSERT INTO named VALUES ('after')")
  end)
  equal(db:query_value("SELECT count(*) FROM named"), before + 2)
end)

test("acceptance 17: errors print, concatenate, and name the columns of a unique key", function()
  db:exec("CREATE TABLE places (id " .. key .. ", yard varchar(10), slot int, UNIQUE (yard, slot))")
  db:execute("INSERT INTO places (yard, slot) VALUES ('A', 7)")
  local err = refused("unique_violation", db.execute, db, "INSERT INTO places (yard, slot) VALUES (?, ?)", "A", 7)
  assert(table.concat(err.columns, ",") == "yard,slot" and err.table == "places" and err.column == "yard")
  assert(err.constraint or on.sqlite)
  equal(err .. " taken", tostring(err) .. " taken")
  equal("taken: " .. err, "taken: " .. tostring(err))
  equal(err .. err, tostring(err) .. tostring(err))
  assert(err:is("unique_violation") and not err:is("syntax"))
end)

test("acceptance 18: the host is Lua 5.4 or LuaJIT", function()
  assert(_VERSION == "Lua 5.4" or (_VERSION == "Lua 5.1" and jit), _VERSION)
end)

-- ---- seen in real scripts

test("a question mark in a string, a name or a comment is no placeholder", function()
  local name = on.mysql and "`what?`" or '"what?"'
  local row = db:query_row("SELECT 'a?b' AS " .. name .. ", 'it''s ?' AS two, ? AS three /* ? */ -- ?\n, '?' AS four", "x")
  assert(row["what?"] == "a?b" and row.two == "it's ?" and row.three == "x" and row.four == "?")
  equal(refused("bad_argument", db.query, db, "SELECT '?', ? -- ?").message, "1 placeholder, 0 values")
  if on.postgres then
    equal(db:query_value("SELECT $$?$$ || $tag$ ? $tag$ || E'\\'?' || ?", "!"), "? ? '?!")
    equal(db:query_value("SELECT '{\"a\": 1}'::jsonb ?? 'a'"), true)
  elseif on.mysql then
    equal(db:query_value("SELECT 'it\\'s ?' # ?\n"), "it's ?")
  end
end)

test("a default of 1 for a boolean", function()
  -- PostgreSQL refuses the integer in DDL; TRUE is the word for all three.
  if on.postgres then
    local err = refused("invalid_value", db.exec, db, "CREATE TABLE flags (flag boolean DEFAULT 1)")
    assert(err.sqlstate == "42804", err.sqlstate)
  end
  db:exec("CREATE TABLE flags (id " .. key .. ", word varchar(5), flag boolean DEFAULT " .. (on.postgres and "TRUE" or "1") .. ")")
  db:execute("INSERT INTO flags (flag) VALUES (?)", false)
  db:execute("INSERT INTO flags (word) VALUES (?)", "x")
  equal(db:query_value("SELECT count(*) FROM flags WHERE flag = ?", true), 1)
  equal(db:query_value("SELECT count(*) FROM flags WHERE flag = ?", 1), 1)
  equal(db:query_value("SELECT count(*) FROM flags WHERE flag = ?", 0), 1)
end)

test("text into columns of other types", function()
  if on.postgres then
    db:exec([[CREATE TABLE typed (u uuid, j jsonb, a int[], d date, t timestamptz, n numeric(9, 2), i inet, r int4range,
      e interval, b boolean, s smallint)]])
    db:execute("INSERT INTO typed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "7d444840-9dc0-11d1-b245-5ffdce74fad2", '{"a": [1]}',
      "{1,2,3}", "2026-01-02", "2026-01-02T03:04:05+02:00", "12.50", "192.0.2.1", "[1,5)", "1 day", "true", "7")
    local row = db:query_row("SELECT * FROM typed")
    equal(row.u, "7d444840-9dc0-11d1-b245-5ffdce74fad2")
    equal(row.j, '{"a": [1]}')
    equal(row.a, "{1,2,3}")
    equal(row.d, "2026-01-02")
    equal(row.t, "2026-01-02 01:04:05+00")
    equal(row.n, "12.50")
    equal(row.i, "192.0.2.1")
    equal(row.r, "[1,5)")
    equal(row.e, "1 day")
    assert(row.b == true and row.s == 7)
    for column, value in pairs({ u = row.u, d = "2026-01-02", n = "12.5", a = "{1,2,3}", s = 7, i = "192.0.2.1" }) do
      equal(db:query_value("SELECT count(*) FROM typed WHERE " .. column .. " = ?", value), 1)
    end
    equal(db:query_value("SELECT count(*) FROM typed WHERE j @> ?", '{"a": [1]}'), 1)
  elseif on.mysql then
    db:exec("CREATE TABLE typed (j json, d date, t datetime(3), n decimal(9, 2), s smallint, e enum('x', 'y'), y year)")
    db:execute("INSERT INTO typed VALUES (?, ?, ?, ?, ?, ?, ?)", '{"a": [1]}', "2026-01-02", "2026-01-02 03:04:05.125", "12.50", "7", "y", "2026")
    local row = db:query_row("SELECT * FROM typed")
    assert(json.decode(row.j).a[1] == 1 and row.d == "2026-01-02" and row.n == "12.50" and row.s == 7 and row.e == "y", row.n)
    assert(row.t:find("^2026%-01%-02 03:04:05%.125") and row.y == 2026, row.t)
  else
    db:exec("CREATE TABLE typed (i INTEGER, r REAL, n NUMERIC, b BLOB)")
    db:execute("INSERT INTO typed VALUES (?, ?, ?, ?)", "7", "1.5", "12.5", "bytes")
    local row = db:query_row("SELECT * FROM typed")
    assert(row.i == 7 and row.r == 1.5 and row.n == 12.5 and row.b == "bytes")
  end
end)

for _, one in ipairs(tests) do
  local ok, err = pcall(one[2])
  if not ok then
    error(one[1] .. ": " .. tostring(err), 0)
  end
end
if client then
  for found in client:scan({ match = prefix .. "*", count = 1000 }) do
    client:del(found)
  end
end
print("done")
