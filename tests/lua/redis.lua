-- The client of Redis: lua-api.md 13, every line of its table.
local url = os.getenv("FREIGHT_TEST_REDIS_URL")
if not url then
  assert(not os.getenv("FREIGHT_TEST_REQUIRE"), "FREIGHT_TEST_REDIS_URL is not set")
  print("done")
  return
end
-- Redis is the same whatever the database is: once is enough.
if arg[2] ~= "sqlite" then
  print("done")
  return
end
local redis = require("redis")
assert(redis == freight.redis and redis == require("redis"))
assert(require("freight") == freight)
local host, port = url:match("//([^:/]+):(%d+)")

math.randomseed(os.time() + math.floor(os.clock() * 1e6) + tonumber(tostring({}):match("0x(%x+)"), 16) % 1e6)
local prefix = ("freight:%d:%d:"):format(math.random(1e9), math.random(1e9))
local function k(name)
  return prefix .. name
end
local client = redis.connect(host, tonumber(port))
local function equal(got, want)
  assert(got == want and (math.type == nil or math.type(got) == math.type(want)),
    tostring(got) .. " is not " .. tostring(want))
end
local function one(...)
  assert(select("#", ...) == 1, select("#", ...) .. " results")
  return (...)
end
local function same(list, ...)
  equal(#list, select("#", ...))
  for place = 1, select("#", ...) do
    equal(list[place], (select(place, ...)))
  end
  assert(list.n == nil)
end
local function sorted(list)
  table.sort(list)
  return list
end
local function refused(code, text, fn, ...)
  local _, err = freight.try(fn, ...)
  assert(err and err:is(code), tostring(err))
  assert(err.message:find(text, 1, true), err.message .. " has no " .. text)
  return err
end

-- ---- opening
equal(redis.connect(url):ping(), "PONG")
equal(redis.new(url):ping(), "PONG")
equal(redis.connect({ host = host, port = tonumber(port), connectTimeoutMs = 2000 }):ping(), "PONG")
equal(redis.connect(host, port):ping(), "PONG")
equal(tostring(client), "freight.redis.Client (" .. host .. ":" .. port .. ")")
assert(type(redis.new) == "function")

-- ---- strings
equal(one(client:get(k"absent")), nil)
equal(tonumber(client:get(k"absent")), nil)
equal(one(client:set(k"s", "value")), "OK")
equal(one(client:get(k"s")), "value")
equal(one(client:setex(k"ex", 100, "x")), "OK")
equal(client:ttl(k"ex"), 100)
equal(one(client:setnx(k"nx", 1)), true)
equal(one(client:setnx(k"nx", 2)), false)
equal(client:get(k"nx"), "1")
equal(one(client:mset({ [k"m1"] = "a", [k"m2"] = 2 })), "OK")
local many = one(client:mget(k"m1", k"absent", k"m2", k"absent"))
equal(many.n, 4)
equal(many[1], "a")
equal(many[2], nil)
equal(many[3], "2")
equal(many[4], nil)
equal(one(client:incr(k"i")), 1)
equal(client:incr(k"i", 41), 42)
equal(client:incr(k"i", nil), 43)
equal(client:incr(k"i", -3.0), 40)
equal(one(client:decr(k"i")), 39)
equal(client:decr(k"i", 9), 30)
equal(one(client:append(k"s", "!")), 6)
equal(one(client:strlen(k"s")), 6)

-- ---- set with options
equal(client:set(k"o", "1", { nx = true, ex = 50 }), "OK")
equal(client:ttl(k"o"), 50)
equal(one(client:set(k"o", "2", { nx = true })), nil)
equal(client:set(k"o", "2", { xx = true, keepttl = true }), "OK")
equal(client:ttl(k"o"), 50)
equal(client:set(k"o", "3", { get = true }), "2")
equal(client:ttl(k"o"), -1)
equal(client:set(k"never", "3", { xx = true }), nil)
equal(client:set(k"never", "3", { get = true }), nil)
equal(client:set(k"o", "4", { px = 60000, nx = false }), "OK")
assert(client:ttl(k"o") >= 59)
equal(refused("unknown_option", "`ttl`", client.set, client, k"o", 1, { ttl = 1 }).hint ~= nil, true)
equal(refused("unknown_option", "`exx`", client.set, client, k"o", 1, { exx = 1 }).hint, "did you mean `ex`?")
refused("bad_argument", "`ex`", client.set, client, k"o", 1, { ex = "1" })
refused("redis_error", "invalid expire", client.set, client, k"o", 1, { ex = 0 })

-- ---- values: any bytes, numbers without a point, booleans
local bytes = {}
for byte = 0, 255 do
  bytes[#bytes + 1] = string.char(byte)
end
bytes = table.concat(bytes)
equal(client:set(k"\0bytes\r\n", bytes), "OK")
equal(client:get(k"\0bytes\r\n"), bytes)
equal(client:command("GETRANGE", k"\0bytes\r\n", 0, 0), "\0")
client:hset(k"bytes", bytes, bytes)
equal(client:hgetall(k"bytes")[bytes], bytes)
equal(client:lpush(k"bytelist", bytes, ""), 2)
same(client:lrange(k"bytelist", 0, -1), "", bytes)
local big = ("x\0y\r\n"):rep(400000)
client:set(k"big", big)
equal(client:get(k"big"), big)
for given, kept in pairs({
  [7] = "7", [7.0] = "7", [-0.5] = "-0.5", [1e15] = "1000000000000000", [2 ^ 53] = "9007199254740992", [1e300] = "1e300",
  [1e-7] = "1e-7", [0.1] = "0.1", [1 / 3] = "0.3333333333333333", [math.huge] = "inf", [-math.huge] = "-inf",
}) do
  client:set(k"number", given)
  local got = client:get(k"number")
  assert(got == kept or tonumber(got) == given and given >= 2 ^ 53, got .. " is not " .. kept)
end
if math.type then
  client:set(k"number", math.mininteger)
  equal(client:get(k"number"), "-9223372036854775808")
  equal(client:incr(k"number", math.maxinteger), -1)
end
client:set(k"flag", true)
equal(client:get(k"flag"), "1")
client:set(k"flag", false)
equal(client:get(k"flag"), "0")
refused("cast_error", "NaN", client.set, client, k"n", 0 / 0)
refused("bad_argument", "argument 2 of `SET` is nil", client.set, client, k"n", nil)
refused("bad_argument", "argument 2 of `SET` is a table", client.set, client, k"n", {})
refused("bad_argument", "argument 2 of `SET` is a function", client.set, client, k"n", print)
refused("bad_argument", "argument 2 of `SET` is NULL", client.set, client, k"n", freight.null)
refused("bad_argument", "argument 1 of `GET` is nil", client.get, client, nil)
refused("bad_argument", "not a method", client.get, k"s")
assert(refused("bad_argument", "not a method", client.get, {}).hint:find("colon", 1, true))
refused("redis_error", "wrong number of arguments", client.get, client)

-- ---- keys
equal(one(client:exists(k"s")), true)
equal(one(client:exists(k"absent")), false)
equal(one(client:expire(k"s", 20)), true)
equal(one(client:expire(k"absent", 20)), false)
equal(one(client:ttl(k"s")), 20)
equal(one(client:persist(k"s")), true)
equal(one(client:persist(k"s")), false)
equal(client:ttl(k"s"), -1)
equal(client:ttl(k"absent"), -2)
same(sorted(one(client:keys(prefix .. "m[12]"))), k"m1", k"m2")
same(client:keys(k"no such*"))
equal(one(client:rename(k"m1", k"m3")), "OK")
equal(client:get(k"m3"), "a")
refused("redis_error", "no such key", client.rename, client, k"absent", k"m1")
equal(one(client:typeof(k"s")), "string")
equal(client:typeof(k"bytes"), "hash")
equal(client:typeof(k"absent"), "none")
equal(one(client:del(k"m2", k"m3", k"absent")), 2)
equal(one(client:del(k"m2")), 0)

-- ---- hashes
equal(one(client:hset(k"h", "name", "Alice")), 1)
equal(client:hset(k"h", "name", "Bob"), 0)
equal(one(client:hget(k"h", "name")), "Bob")
equal(one(client:hget(k"h", "absent")), nil)
equal(one(client:hmset(k"h", { age = 30, ok = true })), "OK")
local all = one(client:hgetall(k"h"))
equal(all.name, "Bob")
equal(all.age, "30")
equal(all.ok, "1")
equal(next(client:hgetall(k"absent")), nil)
equal(one(client:hexists(k"h", "age")), true)
equal(one(client:hexists(k"h", "no")), false)
same(sorted(one(client:hkeys(k"h"))), "age", "name", "ok")
same(sorted(one(client:hvals(k"h"))), "1", "30", "Bob")
equal(one(client:hlen(k"h")), 3)
equal(one(client:hdel(k"h", "age", "ok", "no")), 2)
same(client:hkeys(k"absent"))
refused("bad_argument", "empty table", client.hmset, client, k"h", {})
refused("bad_argument", "argument 3 of `HMSET` is a table", client.hmset, client, k"h", { a = {} })

-- ---- lists
equal(one(client:rpush(k"l", "b", "c")), 2)
equal(one(client:lpush(k"l", "a")), 3)
same(one(client:lrange(k"l", 0, -1)), "a", "b", "c")
same(client:lrange(k"l", -2, -1), "b", "c")
same(client:lrange(k"absent", 0, -1))
equal(one(client:llen(k"l")), 3)
equal(one(client:lindex(k"l", -1)), "c")
equal(one(client:lindex(k"l", 9)), nil)
equal(one(client:lpop(k"l")), "a")
equal(one(client:rpop(k"l")), "c")
equal(client:lpop(k"l"), "b")
equal(one(client:lpop(k"l")), nil)
equal(one(client:rpop(k"l")), nil)

-- ---- sets
equal(one(client:sadd(k"set", "x", "y", "x")), 2)
equal(one(client:sismember(k"set", "x")), true)
equal(one(client:sismember(k"set", "z")), false)
same(sorted(one(client:smembers(k"set"))), "x", "y")
equal(one(client:scard(k"set")), 2)
equal(one(client:srem(k"set", "x", "z")), 1)

-- ---- sorted sets
equal(one(client:zadd(k"z", 2300, "alice")), 1)
equal(client:zadd(k"z", 10.5, "bob"), 1)
equal(client:zadd(k"z", 11, "bob"), 0)
equal(client:zadd(k"z", math.huge, "max"), 1)
same(one(client:zrange(k"z", 0, -1)), "bob", "alice", "max")
same(client:zrange(k"z", 0, 0, "WITHSCORES"), "bob", "11")
equal(one(client:zrank(k"z", "alice")), 1)
equal(one(client:zrank(k"z", "absent")), nil)
equal(one(client:zscore(k"z", "alice")), 2300)
equal(tostring(client:zscore(k"z", "alice")), "2300")
equal(client:zscore(k"z", "max"), math.huge)
client:zadd(k"z", 0.1, "tenth")
equal(client:zscore(k"z", "tenth"), 0.1)
equal(one(client:zscore(k"z", "absent")), nil)
equal(one(client:zcard(k"z")), 4)
equal(one(client:zrem(k"z", "bob", "absent")), 1)

-- ---- server
equal(one(client:ping()), "PONG")
assert(one(client:dbsize()) > 5)
assert(one(client:info("server")):find("redis_version:%d"))
assert(client:info():find("# Keyspace", 1, true) and client:info(nil))
equal(one(client:publish(k"channel", "nobody")), 0)

-- ---- command
equal(one(client:command("SET", k"c", 1.0)), "OK")
equal(client:command("get", k"c"), "1")
equal(one(client:command("GET", k"absent")), nil)
equal(client:command("INCRBYFLOAT", k"c", 0.5), "1.5")
local reply = client:command("LPOS", k"absent", "x", "COUNT", 0)
equal(reply.n, 0)
reply = client:command("HMGET", k"h", "no", "name")
equal(reply.n, 2)
equal(reply[1], nil)
equal(reply[2], "Bob")
reply = client:command("SCAN", 0, "COUNT", 1)
assert(reply.n == 2 and type(reply[1]) == "string" and type(reply[2]) == "table" and reply[2].n)
assert(type(client:command("RANDOMKEY")) == "string")
equal(client:command("OBJECT", "ENCODING", k"c"), "embstr")
assert(client:command("CLIENT", "ID") > 0)
equal(client:command("EXISTS", k"c"), 1)
refused("bad_argument", "name of a command", client.command, client)
for _, words in ipairs({
  { "subscribe", "x" }, { "MULTI" }, { "EXEC" }, { "HELLO", 3 }, { "QUIT" }, { "MONITOR" }, { "CLIENT", "reply", "OFF" }, { "RESET" },
}) do
  local err = refused("not_supported", "does not go through `command`", client.command, client, (table.unpack or unpack)(words))
  assert(err.hint)
end
local err = refused("redis_error", "`NONSENSE` failed: ERR unknown command", client.command, client, "nonsense", "secret")
assert(err.driver == "redis" and err.native == "ERR" and err.retryable == false)
err = refused("redis_error", "WRONGTYPE", client.lpush, client, k"c", 1)
assert(err.native == "WRONGTYPE" and tostring(err):find("redis_error", 1, true) and ("x " .. err):find("WRONGTYPE", 1, true))

-- ---- select and auth
local other = redis.connect(url)
equal(one(other:select(1)), "OK")
equal(other:get(k"s"), nil)
other:set(k"s", "in 1", { ex = 60 })
equal(redis.connect((url:gsub("/%d*$", "/1"))):get(k"s"), "in 1")
equal(redis.connect(host, tonumber(port), { database = 1 }):get(k"s"), "in 1")
equal(other:command("select", "0"), "OK")
assert(other:get(k"s") ~= "in 1")
other:select(1)
other:del(k"s")
refused("redis_error", "out of range", other.select, other, 99999)
refused("redis_error", "called without any password configured", other.auth, other, "s3cret")
refused("redis_error", "WRONGPASS", other.auth, other, "nobody", "s3cret")
equal(other:ping(), "PONG")

-- ---- scan
for number = 1, 250 do
  client:set(k("scan:" .. number), number)
end
local seen, count = {}, 0
for key in one(client:scan({ match = k"scan:*", count = 20 })) do
  count = count + (seen[key] and 0 or 1)
  seen[key] = true
end
equal(count, 250)
for _ in client:scan({ match = k"nothing at all*" }) do
  error("found")
end
for key in client:scan({ match = prefix .. "*", type = "zset" }) do
  equal(key, k"z")
end
refused("unknown_option", "`mach`", client.scan, client, { mach = "x" })

-- ---- eval
equal(one(client:eval("return redis.call('GET', KEYS[1]) .. ARGV[1]", { k"s" }, { "?" })), "value!?")
equal(client:eval("return 7"), 7)
equal(one(client:eval("return false")), nil)
reply = client:eval("return { 1, 'two', false, { KEYS[1], ARGV[1] } }", { "a\0" }, { 3 })
assert(reply.n == 4 and reply[1] == 1 and reply[2] == "two" and reply[3] == nil and reply[4][1] == "a\0" and reply[4][2] == "3")
equal(client:eval("return redis.status_reply('FINE')"), "FINE")
err = refused("redis_error", "MYCODE no", client.eval, client, "return redis.error_reply('MYCODE no')")
equal(err.native, "MYCODE")
reply = client:eval("return { 1, redis.error_reply('MYCODE inside') }")
assert(reply[2]:is("redis_error") and reply[2].native == "MYCODE" and reply[2].message == "MYCODE inside")
refused("bad_argument", "are lists", client.eval, client, "return 1", "key")
refused("bad_argument", "argument 4 of `EVAL` is a table", client.eval, client, "return 1", { "a" }, { {} })
local long = {}
for place = 1, 20000 do
  long[place] = place
end
equal(client:eval("return #ARGV", {}, long), 20000)

-- ---- blpop
local start = os.time()
equal(one(client:blpop(k"queue", 0.1)), nil)
assert(os.time() - start < 3)
client:rpush(k"queue", "job")
same(one(client:blpop({ k"empty", k"queue" }, 1)), k"queue", "job")
refused("bad_argument", "how many seconds", client.blpop, client, k"queue")
-- It waits for longer than other commands may take.
local hasty = redis.connect(host, tonumber(port), { timeout_ms = 200 })
equal(hasty:blpop(k"queue", 0.6), nil)
equal(hasty:command("BRPOP", k"queue", 0.5), nil)
equal(hasty:command("XREAD", "COUNT", 1, "BLOCK", "400", "STREAMS", k"stream", "$"), nil)
equal(hasty:ping(), "PONG")

-- ---- RESP3
local three = redis.connect(url, { protocol = 3 })
equal(three:zscore(k"z", "alice"), 2300)
equal(three:command("ZSCORE", k"z", "tenth"), 0.1)
equal(three:hgetall(k"h").name, "Bob")
equal(three:command("HGETALL", k"h").name, "Bob")
same(three:smembers(k"set"), "y")
equal(three:get(k"absent"), nil)
assert(three:info("server"):find("redis_version", 1, true))
equal(three:eval("redis.setresp(3) return true"), true)
equal(three:command("CLIENT", "TRACKING", "ON"), "OK")
three:get(k"s")
client:set(k"s", "changed")
equal(three:get(k"s"), "changed")
equal(three:ping(), "PONG")
equal(redis.connect(url .. "?protocol=resp3"):command("HGETALL", k"h").name, "Bob")
refused("bad_argument", "`protocol` is 2 or 3", redis.connect, url, { protocol = 4 })

-- ---- closing
equal(one(other:close()), true)
equal(other:close(), true)
refused("closed", "closed", other.get, other, k"s")
refused("closed", "closed", other.pipeline, other, function() end)
refused("closed", "closed", other.subscriber, other)

-- ---- what cannot be opened
err = refused("redis_error", "cannot reach Redis at `127.0.0.1:1`: Connection refused", redis.connect, "127.0.0.1", 1, { password = "s3cret" })
assert(err.retryable and not tostring(err):find("s3cret", 1, true))
err = refused("redis_error", "refused the password", redis.connect, host, tonumber(port), { user = "nobody", password = "s3cret" })
assert(err.native == "WRONGPASS" and not tostring(err):find("s3cret", 1, true))
err = refused("redis_error", "refused the password", redis.new, ("redis://:s3cret@%s:%s"):format(host, port))
assert(not tostring(err):find("s3cret", 1, true))
refused("redis_error", "refused the database", redis.connect, (url:gsub("/%d*$", "/99999")))
for _, bad in ipairs({ "redis://:s3/cret@x:y", "http://:s3cret@host", "redis://:s3#cret@host", "redis://host/s3cret" }) do
  err = refused("bad_argument", "no URL of Redis", redis.new, bad)
  assert(not tostring(err):find("cret", 1, true))
end
refused("redis_error", "/nowhere/redis.sock", redis.connect, "unix:///nowhere/redis.sock")
refused("redis_error", "cannot reach", redis.connect, "rediss://" .. host .. ":" .. port, { connect_timeout_ms = 500 })
refused("bad_argument", "not encrypted", redis.connect, url, { ca_file = "ca.pem" })
refused("unknown_option", "`passwort`", redis.connect, host, tonumber(port), { passwort = "x" })
refused("duplicate_option", "`user`", redis.connect, { user = "a", username = "b" })
refused("bad_argument", "no whole number", redis.connect, host, tonumber(port), { timeout_ms = -1 })
refused("bad_argument", "0 to 65535", redis.connect, host, 70000)

for key in client:scan({ match = prefix .. "*", count = 1000 }) do
  client:del(key)
end
print("done")
