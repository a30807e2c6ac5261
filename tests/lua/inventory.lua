-- Everything that the guides promise of the raw API has an assertion: A the databases, B and C
-- Redis, K introspection, L the helper modules, M the programs. What another script asserts is
-- named here with a piece of its text, which is looked for; the rest is asserted below.
local url, driver = arg[1], arg[2]
local folder = assert(arg[0]:match("^(.*)/[^/]*$")) .. "/"
local db = freight.open(url)
local on = { [driver] = true }
local module = on.sqlite and sqlite or on.mysql and mysql or postgresql

local counts = { A = 36, B = 57, C = 10, K = 6, L = 8, M = 6 }
local elsewhere = {
  ["opening.lua"] = {
    A5 = "module.connect({ host = host", A6 = "module.open(url)", A9 = "module.connect({ host = host", A11 = "module.open(url)",
  },
  ["statements.lua"] = {
    A13 = 'db:exec("CREATE TABLE crates', A14 = 'db:execute("INSERT INTO crates (label) VALUES (?), (?)", "B", "C") == 2',
    A15 = 'db:query("SELECT id FROM crates WHERE id = ?", 0) == 0', A16 = 'db:query_row("SELECT id FROM crates WHERE id = ?", 0) == nil',
    A21 = "db:last_insert_id() == 1", A22 = "db:changes() == 3", A27 = "db:close() and db:close()",
  },
  ["values.lua"] = { A18 = "INSERT INTO things (id, words, bytes, amount, price, flag) VALUES (?, ?, ?, ?, ?, ?)", A20 = '"12.50", true) == 1' },
  ["transactions.lua"] = { A23 = "not ok and problem == mine and count() == 1", A24 = "db:begin()" },
  ["inspection.lua"] = {
    A25 = 'db:table_exists("nowhere") == false', A26 = 'db:table_info("ships")', K1 = 'db:tableExists("ports")', K2 = "db:tables()",
  },
  ["promises.lua"] = {
    A30 = "7: errors print and concatenate", A33 = "4: text into a jsonb column", A35 = 'equal(row.a, "{1,2,3}")',
    B5 = "acceptance 3: tonumber of a missing key is nil",
  },
  ["integration.lua"] = {
    A19 = "what would be an injection is a value", A29 = 'require("config").db', A34 = "#token.id == 36", A36 = "equal(db:last_insert_id(), 1)",
    M1 = "11_caching", M2 = "12_session_storage", M3 = "13_job_queues", M4 = "14_counters_and_rate_limiting", M5 = "18_health_checks",
    M6 = "17_connection_app",
  },
  ["redis.lua"] = {
    B1 = 'redis == freight.redis', B2 = "redis.connect(host, tonumber(port))",
    B4 = 'refused("redis_error", "cannot reach Redis at', B6 = "called without any password configured", B7 = 'other:select(1)), "OK"',
    B8 = 'client:get(k"absent")), nil', B9 = 'client:set(k"s", "value")), "OK"', B10 = 'client:setex(k"ex", 100, "x")), "OK"',
    B11 = 'client:setnx(k"nx", 2)), false', B12 = 'client:mget(k"m1"', B13 = "client:mset({", B14 = 'client:incr(k"i", 41), 42',
    B15 = 'client:decr(k"i")), 39', B16 = 'client:append(k"s", "!")), 6', B17 = 'client:strlen(k"s")), 6', B18 = 'k"absent")), 2',
    B19 = 'client:exists(k"absent")), false', B20 = 'client:expire(k"s", 20)), true', B21 = 'client:persist(k"s")), false',
    B22 = 'client:ttl(k"absent"), -2', B23 = "client:keys(prefix", B24 = 'client:rename(k"m1", k"m3")), "OK"', B25 = 'client:typeof(k"s")), "string"',
    B26 = 'client:hget(k"h", "absent")), nil', B27 = 'client:hset(k"h", "name", "Bob"), 0', B28 = 'client:hmset(k"h"', B29 = 'client:hgetall(k"h")',
    B30 = 'client:hdel(k"h", "age", "ok", "no")), 2', B31 = 'client:hexists(k"h", "no")), false', B32 = 'client:hkeys(k"h")',
    B33 = 'client:hvals(k"h")', B34 = 'client:hlen(k"h")), 3', B35 = 'client:lpush(k"l", "a")), 3', B36 = 'client:rpush(k"l", "b", "c")), 2',
    B37 = 'client:lpop(k"l")), nil', B38 = 'client:rpop(k"l")), "c"', B39 = 'client:lrange(k"l", -2, -1), "b", "c"', B40 = 'client:llen(k"l")), 3',
    B41 = 'client:lindex(k"l", 9)), nil', B42 = 'client:sadd(k"set", "x", "y", "x")), 2', B43 = 'client:srem(k"set", "x", "z")), 1',
    B44 = 'client:smembers(k"set")', B45 = 'client:sismember(k"set", "z")), false', B46 = 'client:scard(k"set")), 2',
    B47 = 'client:zadd(k"z", 11, "bob"), 0', B48 = 'client:zrange(k"z", 0, -1)), "bob", "alice", "max"', B49 = 'client:zrank(k"z", "absent")), nil',
    B50 = 'client:zscore(k"z", "absent")), nil', B51 = 'client:zrem(k"z", "bob", "absent")), 1', B52 = 'client:zcard(k"z")), 4',
    B53 = 'client:ping()), "PONG"', B54 = "client:dbsize()", B56 = 'client:info("server")', B57 = 'client:command("RANDOMKEY")',
  },
  ["../lua_redis.rs"] = { B55 = 'client:flushdb() == "OK"' },
  ["redis_queues.lua"] = {
    C1 = 'client:publish(k"news", "hello\\0\\255"), 1', C2 = "client:subscriber()", C3 = 'sub:subscribe(k"news", k"more"), true',
    C4 = 'sub:psubscribe(prefix .. "p*"), true', C5 = 'sub:unsubscribe(k"more"), true', C6 = "sub:punsubscribe(), true", C7 = "sub:receive()",
    C8 = "sub:receive(0.05), nil", C9 = 'equal(message.pattern, prefix .. "p*")', C10 = "until the function returns false and nothing else",
  },
  ["json.lua"] = { L1 = "[[{\"1\":1,\"2\":2,\"a\":3}]]", L2 = 'json.decode("null") == nil', L3 = "json.pretty({ a = { 1, 2 }" },
  ["crypto.lua"] = { L4 = "crypto.uuid()" },
  ["time.lua"] = { L5 = "time.sleep(20) == true" },
  ["os_ext.lua"] = { L6 = "os_ext.env(name) == nil" },
}

local found = {}
for script, items in pairs(elsewhere) do
  local file = assert(io.open(folder .. script, "rb"))
  local text = file:read("*a")
  file:close()
  for item, piece in pairs(items) do
    assert(text:find(piece, 1, true), item .. ": " .. script .. " has no " .. piece)
    assert(not found[item], item .. " is named twice")
    found[item] = true
  end
end

local function promise(item, holds)
  assert(not found[item], item .. " is named twice")
  found[item] = true
  assert(holds, item)
end
local function same(a, b)
  return a == b
end

-- ---- A: the databases
if on.sqlite then
  local place = url:match("^sqlite:(.*)/[^/]*$") .. "/another.db"
  local file, memory = sqlite.open(place), sqlite.open(":memory:")
  promise("A1", file:exec("CREATE TABLE t (a)") == 0 and memory:exec("CREATE TABLE t (a)") == 0 and sqlite.open(place):table_exists("t"))
  promise("A2", not sqlite.memory():table_exists("t"))
  -- The library is in the module: its version is that of the connection.
  promise("A3", sqlite.version():find("^3%.%d+%.%d+$"))
  promise("A4", sqlite.version() == db:query_value("SELECT sqlite_version()"))
else
  for _, item in ipairs({ "A1", "A2", "A3", "A4" }) do
    found[item] = true
  end
end
promise("A7", type(mysql.version()) == "string" and #mysql.version() > 0)
promise("A12", type(postgresql.version()) == "string" and #postgresql.version() > 0)
promise("A8", not on.mysql or db:query_value("SELECT VERSION()"):find("^%d+%.%d+%.%d+") ~= nil)
promise("A10", on.sqlite or module.connect(url):query_value("SELECT 7") == 7)
local row = db:query_row("SELECT count(*) AS total, 'x' AS " .. (on.mysql and "`Two Words`" or '"Two Words"'))
promise("A17", row.total == 1 and row["Two Words"] == "x")
db:exec("CREATE TABLE yards (id bigint PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x')")
db:exec("CREATE UNIQUE INDEX yards_name ON yards (name)")
local index
for _, one in ipairs(db:index_list("yards")) do
  index = one.name == "yards_name" and one or index
end
promise("A28", db:ping() == true and type(db:server_version()) == "string" and index.unique == true)
promise("A31", db:query_row("SELECT 1") ~= nil and next(db:query_row("SELECT 1")) ~= nil)
local columns = db:table_info("yards")
local first, second = columns[1], columns[2]
promise("A32", same(db:last_insert_rowid(), db:last_insert_id()) and #columns == 2 and first.cid == 0 and first.name == "id"
  and first.pk == true and second.pk == false and second.notnull == true and second.default:find("x", 1, true)
  and type(second.type) == "string" and second.full_type:find("20", 1, true) and type(second.extra) == "string"
  and index.name == "yards_name" and type(db:ping()) == "boolean")

-- ---- K: introspection, by both spellings
promise("K3", db:tableInfo("yards")[2].name == "name" and db:tableInfo("yards")[1].type:lower():find("int"))
promise("K4", #db:indexList("yards") == #db:index_list("yards") and #db:index_list("yards") >= 1)
promise("K5", db:ping() == true)
promise("K6", db:table_exists("yards") and #db:table_info("yards") == 2 and db:server_version() == db:serverVersion())

-- ---- L: the modules are globals, but for two
local required = require("redis")
promise("L7", sqlite == freight.sqlite and mysql == freight.mysql and postgresql == freight.postgresql and json == freight.json
  and time == freight.time and crypto == freight.crypto and os_ext == freight.os_ext and require("freight") == freight
  and rawget(_G, "redis") == nil and required.connect)
local reached, why = pcall(required.new)
promise("B3", reached and why:close() or why:is("redis_error") and why.message:find("127.0.0.1:6379", 1, true))
promise("L8", os_ext.env("PATH") == os.getenv("PATH") and os_ext.env("FREIGHT_NO_SUCH_VARIABLE") == nil)

-- ---- nothing is left out, and nothing is named that is not promised
local total = 0
for group, count in pairs(counts) do
  for number = 1, count do
    assert(found[group .. number], group .. number .. " has no assertion")
  end
  total = total + count
end
for _ in pairs(found) do
  total = total - 1
end
assert(total == 0)
print("done")
