-- Pipelines, transactions and subscribers of Redis: lua-api.md 13.
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
math.randomseed(os.time() + math.floor(os.clock() * 1e6) + tonumber(tostring({}):match("0x(%x+)"), 16) % 1e6)
local prefix = ("freight:%d:%d:"):format(math.random(1e9), math.random(1e9))
local function k(name)
  return prefix .. name
end
local client, other = redis.connect(url), redis.connect(url)
local function equal(got, want)
  assert(got == want, tostring(got) .. " is not " .. tostring(want))
end
local function refused(code, text, fn, ...)
  local _, err = freight.try(fn, ...)
  assert(err and err:is(code), tostring(err))
  assert(err.message:find(text, 1, true), err.message .. " has no " .. text)
  return err
end

-- ---- pipelines: each result as the method would return it
local results = client:pipeline(function(p)
  assert(p:set(k"a", 1) == p)
  p:get(k"a"):get(k"absent"):incr(k"a", 5)
  p:setnx(k"a", 1):exists(k"a")
  p:hmset(k"h", { x = 1 }):hgetall(k"h")
  p:zadd(k"z", 7, "m"):zscore(k"z", "m")
  p:lrange(k"absent", 0, -1):mget(k"a", k"absent")
  p:command("ECHO", "hello"):eval("return 9"):typeof(k"h")
  p:set(k"a", 2, { nx = true })
end)
equal(results.n, 16)
local expected = { "OK", "1", nil, 6, false, true, "OK", results[8], 1, 7, results[11], results[12], "hello", 9, "hash", nil }
for place = 1, 16 do
  equal(results[place], expected[place])
end
equal(results[8].x, "1")
equal(#results[11], 0)
equal(results[12][1], "6")
equal(client:pipeline(function() end).n, 0)

-- An error is raised after all of it was done, with every result.
local err = refused("redis_error", "command 2 of the pipeline: `LPUSH` failed: WRONGTYPE", client.pipeline, client, function(p)
  p:set(k"b", "1"):lpush(k"b", "x"):get(k"b"):command("NONSENSE")
end)
equal(err.native, "WRONGTYPE")
equal(err.results.n, 4)
equal(err.results[1], "OK")
assert(err.results[2]:is("redis_error") and err.results[2].native == "WRONGTYPE")
equal(err.results[3], "1")
assert(err.results[4].message:find("NONSENSE", 1, true))
equal(client:get(k"b"), "1")

-- What fails in the function stops everything.
local ok, problem = pcall(client.pipeline, client, function(p)
  p:set(k"b", "2")
  error({ mine = true })
end)
assert(not ok and problem.mine)
equal(client:get(k"b"), "1")
refused("bad_argument", "is a function", client.pipeline, client)
refused("bad_argument", "argument 2 of `SET` is nil", client.pipeline, client, function(p) p:set(k"b", nil) end)
local kept
client:pipeline(function(p) kept = p end)
refused("closed", "were sent", kept.get, kept, k"a")
client:pipeline(function(p)
  refused("not_supported", "is no part of a pipeline", p.command, p, "SELECT", 1)
  refused("not_supported", "does not go through", p.command, p, "MULTI")
  assert(p.select == nil and p.auth == nil and p.subscriber == nil and p.pipeline == nil and p.close == nil)
end)

-- A function may yield, and use the client meanwhile.
local routine = coroutine.wrap(function()
  return client:pipeline(function(p)
    p:set(k"y", coroutine.yield("first"))
    equal(client:get(k"y"), nil)
    p:get(k"y")
  end)
end)
equal(routine(), "first")
equal(routine("later")[2], "later")

-- Many commands, and large ones.
results = client:pipeline(function(p)
  for number = 1, 20000 do
    p:set(k"many", number)
  end
  p:set(k"large", ("x"):rep(3000000)):get(k"large"):get(k"many")
end)
equal(results.n, 20003)
equal(#results[20002], 3000000)
equal(results[20003], "20000")
equal(client:pipeline(function(p) p:command("BLPOP", k"nothing", 0.1) end)[1], nil)

-- ---- transactions
results = client:multi(function(tx)
  tx:set(k"t", 1):incr(k"t"):exists(k"t"):hgetall(k"h"):zscore(k"z", "m"):get(k"absent")
end)
equal(results.n, 6)
equal(results[2], 2)
equal(results[3], true)
equal(results[4].x, "1")
equal(results[5], 7)
equal(results[6], nil)
equal(client:multi(function() end).n, 0)
err = refused("redis_error", "command 2 of the transaction: `INCR` failed: WRONGTYPE", client.multi, client, function(tx)
  tx:set(k"t", "1"):incr(k"h"):incr(k"t")
end)
equal(err.results.n, 3)
equal(err.results[3], 2)
equal(client:get(k"t"), "2")
err = refused("redis_error", "command 2 of the transaction: `NONSENSE` failed: ERR unknown command", client.multi, client, function(tx)
  tx:set(k"t", "9"):command("NONSENSE")
end)
assert(err.message:find("none was done", 1, true))
equal(client:get(k"t"), "2")

-- watch: nil where somebody else changed a key in between.
equal(client:watch(k"t"), "OK")
local before = tonumber(client:get(k"t"))
other:set(k"t", 100)
equal(select("#", client:multi(function(tx) tx:set(k"t", before + 1) end)), 1)
equal(client:get(k"t"), "100")
equal(client:multi(function(tx) tx:incr(k"t") end)[1], 101)
client:watch(k"t")
equal(client:multi(function(tx) tx:incr(k"t") end)[1], 102)
client:watch(k"t")
other:incr(k"t")
equal(client:unwatch(), "OK")
equal(client:multi(function(tx) tx:incr(k"t") end)[1], 104)
client:watch(k"t")
other:incr(k"t")
equal(client:multi(function() end), nil)
client:command("watch", k"t")
other:incr(k"t")
ok, problem = pcall(client.multi, client, function() error("mine", 0) end)
assert(not ok and problem == "mine")
equal(client:multi(function(tx) tx:incr(k"t") end)[1], 107)

-- ---- finalizers use the client while its replies become values
local words, finalized = {}, 0
for number = 1, 500 do
  words[number] = "word " .. number
end
client:eval("for _, word in ipairs(ARGV) do redis.call('RPUSH', KEYS[1], word) end", { k"words" }, words)
local function final()
  finalized = finalized + 1
  local known = client:lindex(k"words", 6)
  assert(known == "word 7")
  client:pipeline(function(p) p:set(k"final", finalized):get(k"final") end)
end
local function litter()
  if newproxy then
    getmetatable(newproxy(true)).__gc = final
  else
    setmetatable({}, { __gc = final })
  end
end
for _ = 1, 60 do
  for _ = 1, 5 do
    litter()
  end
  local list = client:lrange(k"words", 0, -1)
  equal(#list, 500)
  for number = 1, 500 do
    equal(list[number], words[number])
  end
  equal(client:pipeline(function(p) p:get(k"b"):lrange(k"words", 0, 20) end)[2][21], "word 21")
end
collectgarbage()
assert(finalized > 50, finalized)

-- ---- subscribers
local sub = client:subscriber()
equal(sub:subscribe(k"news", k"more"), true)
equal(sub:psubscribe(prefix .. "p*"), true)
equal(client:publish(k"news", "hello\0\255"), 1)
local message = sub:receive()
equal(message.channel, k"news")
equal(message.payload, "hello\0\255")
equal(message.pattern, nil)
equal(client:publish(k"plenty", 1), 1)
message = sub:receive(5)
equal(message.channel, k"plenty")
equal(message.payload, "1")
equal(message.pattern, prefix .. "p*")
local start = os.time()
equal(select("#", sub:receive(0.05)), 1)
equal(sub:receive(0), nil)
equal(sub:receive(0.2), nil)
assert(os.time() - start < 3)

-- What comes while it changes its channels is not lost.
client:publish(k"news", "one")
client:publish(k"more", "two")
sub:subscribe(k"third")
equal(sub:unsubscribe(k"more"), true)
client:publish(k"more", "nobody")
client:publish(k"third", "three")
equal(sub:receive(1).payload, "one")
equal(sub:receive(1).payload, "two")
equal(sub:receive(1).payload, "three")
equal(sub:receive(0.05), nil)

-- listen, until the function returns false and nothing else.
for number = 1, 4 do
  client:publish(k"news", number)
end
local heard = {}
equal(sub:listen(function(m)
  heard[#heard + 1] = m.payload
  if #heard == 3 then
    return false
  end
end), true)
equal(table.concat(heard, ","), "1,2,3")
equal(sub:receive(1).payload, "4")
local listener = coroutine.wrap(function()
  return sub:listen(function(m) return coroutine.yield(m.payload) end)
end)
client:publish(k"news", "yielded")
equal(listener(), "yielded")
equal(listener(false), true)

equal(sub:punsubscribe(), true)
equal(sub:unsubscribe(), true)
equal(sub:unsubscribe(), true)
equal(client:publish(k"news", "nobody"), 0)
equal(sub:receive(0.02), nil)
refused("bad_argument", "there is no channel", sub.receive, sub)
refused("bad_argument", "no channel", sub.subscribe, sub)
refused("bad_argument", "argument 1 of `SUBSCRIBE` is a table", sub.subscribe, sub, {})
refused("bad_argument", "such a time", sub.receive, sub, -1)
refused("bad_argument", "number of seconds", sub.receive, sub, "1")
refused("bad_argument", "not a method", sub.receive, client)
sub:subscribe(7)
client:publish("7", "number")
equal(sub:receive(1).channel, "7")
equal(sub:close(), true)
equal(sub:close(), true)
refused("closed", "was closed", sub.receive, sub, 1)

-- In the database and as the user of its client, also under RESP3; a time-out of the client is none of it.
local three = redis.connect(url, { protocol = 3, timeout_ms = 100 }):subscriber()
three:subscribe(k"three")
three:psubscribe(prefix .. "thr*")
equal(three:receive(0.3), nil)
client:publish(k"three", "both")
local first, second = three:receive(1), three:receive(1)
equal(first.payload, "both")
equal((first.pattern or second.pattern), prefix .. "thr*")
three:unsubscribe()
three:close()

-- A connection that is lost raises.
local killed = client:subscriber()
local channels = math.random(1000, 9000)
for number = 1, channels do
  killed:subscribe(k(number))
end
for id in client:command("CLIENT", "LIST", "TYPE", "pubsub"):gmatch("id=(%d+)[^\n]* sub=" .. channels .. " ") do
  client:command("CLIENT", "KILL", "ID", id)
end
err = refused("redis_error", "the connection of the subscriber was lost", killed.receive, killed, 5)
assert(err.hint)
refused("redis_error", "not connected any more", killed.receive, killed)
refused("redis_error", "not connected any more", killed.subscribe, killed, "x")

for key in client:scan({ match = prefix .. "*", count = 1000 }) do
  client:del(key)
end
print("done")
