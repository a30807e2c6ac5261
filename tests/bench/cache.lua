-- What tests/bench/cache.rs measures: a name and seconds on each line, as the clock on the wall has
-- them, since a round trip is what counts.
local redis = require("redis")
local url, where, times = arg[1], arg[2], tonumber(arg[3])
local namespace = "bench:" .. crypto.uuid()

local function process(cache)
  local db = freight.open(url)
  freight.init(db, { cache = cache, create_tables = false })
  return db, freight.model("Port", {
    table = "ports", db = db, cache = cache ~= nil,
    fields = { name = "string", country = "string", note = "string", n = "integer" },
  })
end
local db, Port = process()
local _, Cached = process({ redis = where, namespace = namespace })
local client = redis.connect(where)

local function measured(name, work)
  work(math.floor(times / 10))
  collectgarbage()
  local start = time.monotonic()
  work(times)
  print(("%s\t%.9f"):format(name, time.monotonic() - start))
end

local row = json.encode(db:query_row("SELECT * FROM ports WHERE id = 1"))
client:set(namespace, row, { ex = 600 })
measured("get and decode", function(count)
  for _ = 1, count do
    assert(json.decode(client:get(namespace)).id == 1)
  end
end)
measured("find, a hit", function(count)
  for _ = 1, count do
    assert(Cached:find(1).id == 1)
  end
end)
measured("find, database", function(count)
  for _ = 1, count do
    assert(Port:find(1).id == 1)
  end
end)
measured("save, cache", function(count)
  local port = Cached:find(2)
  for place = 1, count do
    port.n = place
    port:save()
  end
end)
measured("save, database", function(count)
  local port = Port:find(2)
  for place = 1, count do
    port.n = place + 1
    port:save()
  end
end)
local function expensive(model)
  return model:select("country", "count(*) AS number", "max(name) AS last"):group_by("country"):order_by("country"):as_rows()
end
measured("query, a hit", function(count)
  local query = expensive(Cached):cache(60)
  for _ = 1, count / 10 do
    assert(#query:all() == 50)
  end
end)
measured("query, database", function(count)
  local query = expensive(Port)
  for _ = 1, count / 10 do
    assert(#query:all() == 50)
  end
end)
Cached:cache_purge()
