-- The module `redis`: clients, pipelines and subscribers. Their commands are functions of Rust.
local core = ...
local common, rust = core.common, core.redis_functions
local fail, want = common.fail, common.want
local unpack = table.unpack or unpack
local redis = {}

-- ---------------------------------------------------------------------------------- commands

-- What clients and pipelines share.
local commands = {}
for name, fn in pairs(rust.commands) do
  commands[name] = fn
end
commands.typeof, commands.typeof_key = commands.typeof_key, nil
commands.command = rust.client.command

-- What `set` takes, in the order in which it is sent.
local set_options = { "ex", "px", "nx", "xx", "get", "keepttl" }
local set_known = {
  ex = "number", px = "number", nx = "boolean", xx = "boolean", get = "boolean", keepttl = "boolean",
}
local set = rust.commands.set

--- `set(key, value, opts?)`
function commands:set(key, value, opts)
  if opts == nil then
    return set(self, key, value)
  end
  local own, words = common.options(opts, set_known, "`set`"), {}
  for _, name in ipairs(set_options) do
    if own[name] then
      words[#words + 1] = name
      if own[name] ~= true then
        words[#words + 1] = own[name]
      end
    end
  end
  return set(self, key, value, unpack(words))
end

-- ------------------------------------------------------------------------------------ clients

local Client = { __name = "freight.redis.Client" }
Client.__index = Client

local Pipeline = { __name = "freight.redis.Pipeline" }
Pipeline.__index = Pipeline

for name, fn in pairs(commands) do
  Client[name], Pipeline[name] = fn, fn
end
for _, name in ipairs({ "auth", "select", "watch", "unwatch", "blpop", "close" }) do
  Client[name] = rust.client[name]
end

function Client.__tostring(self)
  return "freight.redis.Client (" .. rust.client.place(self) .. ")"
end

-- What a script does before its commands are sent may fail; then they never are.
local function queued(client, fn, what)
  want(fn, "function", "what `" .. what .. "` takes")
  local queue = rust.queue.new()
  local ok, problem = pcall(fn, setmetatable({ queue }, Pipeline))
  if not ok then
    if what == "multi" then
      rust.client.give_up(client)
    end
    error(problem, 0)
  end
  return queue
end

--- Sends the commands that a function puts into a pipeline in one go: their results in order.
function Client:pipeline(fn)
  return rust.queue.send(self, queued(self, fn, "pipeline"))
end

--- As `pipeline`, in a transaction; nil where a key that was watched has changed.
function Client:multi(fn)
  return rust.queue.exec(self, queued(self, fn, "multi"))
end

--- An iterator over keys.
function Client:scan(opts)
  local own = common.options(opts, { match = "string", count = "number", type = "string" }, "`scan`")
  local words = {}
  for _, name in ipairs({ "match", "count", "type" }) do
    if own[name] ~= nil then
      words[#words + 1] = name
      words[#words + 1] = own[name]
    end
  end
  local cursor, keys, place = "0", {}, 0
  local is_last = false
  return function()
    place = place + 1
    while keys[place] == nil do
      if is_last then
        return nil
      end
      local reply = self:command("SCAN", cursor, unpack(words))
      cursor, keys, place = reply[1], reply[2], 1
      is_last = cursor == "0"
    end
    return keys[place]
  end
end

-- -------------------------------------------------------------------------------- subscribers

local Subscriber = { __name = "freight.redis.Subscriber" }
Subscriber.__index = Subscriber

for _, name in ipairs({ "subscribe", "psubscribe", "unsubscribe", "punsubscribe", "receive", "close" }) do
  Subscriber[name] = rust.subscriber[name]
end

--- A second connection, on which messages of channels come.
function Client:subscriber()
  return setmetatable({ rust.subscriber.open(self) }, Subscriber)
end

--- Calls a function with each message, until it returns `false`.
function Subscriber:listen(fn)
  want(fn, "function", "what `listen` takes")
  while fn(self:receive()) ~= false do end
  return true
end

-- ------------------------------------------------------------------------------------ opening

local known = {
  user = "string", username = "=user", password = "string", database = "number", db = "=database",
  protocol = "number", connect_timeout_ms = "number", timeout_ms = "number", ca_file = "string",
}

local with_place = { host = "string", port = "number", url = "string" }
for name, kind in pairs(known) do
  with_place[name] = kind
end

local function open(own)
  return setmetatable({ rust.client.open(own) }, Client)
end

local function by_url(url, opts, what)
  local own = common.options(opts, known, what)
  own.url = url
  return open(own)
end

--- `connect(host?, port?, opts?)`, `connect(url, opts?)` or `connect(opts)`
function redis.connect(host, port, opts)
  local what = "`redis.connect`"
  if type(host) == "table" then
    return open(common.options(host, with_place, what))
  end
  if host ~= nil and want(host, "string", "the host of " .. what):find("://", 1, true) then
    return by_url(host, port, what)
  end
  if type(port) == "string" then
    port = tonumber(port) or fail("bad_argument", "the port of " .. what .. " is no number")
  end
  if port ~= nil then
    want(port, "number", "the port of " .. what)
  end
  local own = common.options(opts, known, what)
  own.host, own.port = host, port
  return open(own)
end

--- `new(url?, opts?)`
function redis.new(url, opts)
  return by_url(url or "redis://127.0.0.1:6379", opts, "`redis.new`")
end

return redis
