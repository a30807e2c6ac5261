-- What tests/bench/redis.rs measures: a name and seconds on each line.
local redis = require("redis")
local client = redis.connect(arg[1])
local times = tonumber(arg[2])
local value = ("v"):rep(100)

local function measured(name, work)
  collectgarbage()
  collectgarbage()
  local start = os.clock()
  work()
  print(("%s\t%.9f"):format(name, os.clock() - start))
end

measured("set", function()
  for _ = 1, times do
    client:set("freight:bench", value)
  end
end)
measured("get", function()
  for _ = 1, times do
    assert(#client:get("freight:bench") == 100)
  end
end)
measured("hgetall", function()
  for _ = 1, times do
    assert(client:hgetall("freight:bench:hash").age == "30")
  end
end)
measured("pipeline", function()
  for _ = 1, times / 100 do
    local results = client:pipeline(function(p)
      for _ = 1, 100 do
        p:get("freight:bench")
      end
    end)
    assert(results.n == 100)
  end
end)
