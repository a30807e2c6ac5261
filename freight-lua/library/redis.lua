---@meta redis
-- What editors are told of `require "redis"`; see freight.lua beside it.

---What a command takes: bytes, or a number.
---@alias freight.RedisValue string|number

---@class freight.RedisOptions
---@field user? string
---@field password? string
---@field database? integer
---@field protocol? 2|3
---@field connect_timeout_ms? freight.Milliseconds
---@field timeout_ms? freight.Milliseconds
---@field ca_file? string

---What clients and pipelines share. In a pipeline a command returns nothing yet.
---@class freight.RedisCommands
local Commands = {}

---Appends to a string.
---@param key string
---@param value freight.RedisValue
---@return integer length
function Commands:append(key, value) end

---Any command, by its words.
---@param name string
---@param ... freight.RedisValue
---@return any
function Commands:command(name, ...) end

---How many keys there are.
---@return integer
function Commands:dbsize() end

---Takes from a number.
---@param key string
---@param by? integer
---@return integer
function Commands:decr(key, by) end

---Deletes keys.
---@param ... freight.RedisValue
---@return integer deleted
function Commands:del(...) end

---Runs a script of the server.
---@param script string
---@param keys? string[]
---@param arguments? freight.RedisValue[]
---@return any
function Commands:eval(script, keys, arguments) end

---Whether there is such a key.
---@param key string
---@return boolean
function Commands:exists(key) end

---Lets a key expire after so many seconds.
---@param key string
---@param seconds number
---@return boolean
function Commands:expire(key, seconds) end

---Empties the database.
---@return "OK"
function Commands:flushdb() end

---A string, or nil.
---@param key string
---@return string?
function Commands:get(key) end

---Deletes fields.
---@param key string
---@param ... freight.RedisValue
---@return integer deleted
function Commands:hdel(key, ...) end

---Whether there is such a field.
---@param key string
---@param field string
---@return boolean
function Commands:hexists(key, field) end

---A field, or nil.
---@param key string
---@param field string
---@return string?
function Commands:hget(key, field) end

---All fields.
---@param key string
---@return table<string, string>
function Commands:hgetall(key) end

---The names of the fields.
---@param key string
---@return string[]
function Commands:hkeys(key) end

---How many fields there are.
---@param key string
---@return integer
function Commands:hlen(key) end

---Sets fields.
---@param key string
---@param fields table<string, freight.RedisValue>
---@return "OK"
function Commands:hmset(key, fields) end

---Sets fields.
---@param key string
---@param ... freight.RedisValue
---@return integer added
function Commands:hset(key, ...) end

---The values of the fields.
---@param key string
---@return string[]
function Commands:hvals(key) end

---Adds to a number.
---@param key string
---@param by? integer
---@return integer
function Commands:incr(key, by) end

---What the server tells of itself.
---@param section? string
---@return string
function Commands:info(section) end

---The keys that a pattern matches.
---@param pattern string
---@return string[]
function Commands:keys(pattern) end

---An element of a list, or nil.
---@param key string
---@param index integer
---@return string?
function Commands:lindex(key, index) end

---How long a list is.
---@param key string
---@return integer
function Commands:llen(key) end

---Takes the first element, or nil.
---@param key string
---@return string?
function Commands:lpop(key) end

---Puts elements in front.
---@param key string
---@param ... freight.RedisValue
---@return integer length
function Commands:lpush(key, ...) end

---Elements from a place to another.
---@param key string
---@param first integer
---@param last integer
---@return string[]
function Commands:lrange(key, first, last) end

---Strings, by place; `n` is their number.
---@param ... freight.RedisValue
---@return table
function Commands:mget(...) end

---Sets strings.
---@param values table<string, freight.RedisValue>
---@return "OK"
function Commands:mset(values) end

---Lets a key stay.
---@param key string
---@return boolean
function Commands:persist(key) end

---Raises when the server does not answer.
---@return "PONG"
function Commands:ping() end

---Sends a message.
---@param channel string
---@param message freight.RedisValue
---@return integer receivers
function Commands:publish(channel, message) end

---Gives a key another name.
---@param key string
---@param name string
---@return "OK"
function Commands:rename(key, name) end

---Takes the last element, or nil.
---@param key string
---@return string?
function Commands:rpop(key) end

---Puts elements at the end.
---@param key string
---@param ... freight.RedisValue
---@return integer length
function Commands:rpush(key, ...) end

---Puts members into a set.
---@param key string
---@param ... freight.RedisValue
---@return integer added
function Commands:sadd(key, ...) end

---How many members a set has.
---@param key string
---@return integer
function Commands:scard(key) end

---Sets a string; nil where `nx` or `xx` is not met.
---@param key string
---@param value freight.RedisValue
---@param options? { ex?: number, px?: number, nx?: boolean, xx?: boolean, get?: boolean, keepttl?: boolean }
---@return string?
function Commands:set(key, value, options) end

---Sets a string for so many seconds.
---@param key string
---@param seconds number
---@param value freight.RedisValue
---@return "OK"
function Commands:setex(key, seconds, value) end

---Sets a string where there is none.
---@param key string
---@param value freight.RedisValue
---@return boolean
function Commands:setnx(key, value) end

---Whether a set has a member.
---@param key string
---@param member freight.RedisValue
---@return boolean
function Commands:sismember(key, member) end

---The members of a set.
---@param key string
---@return string[]
function Commands:smembers(key) end

---Takes members out of a set.
---@param key string
---@param ... freight.RedisValue
---@return integer removed
function Commands:srem(key, ...) end

---How long a string is.
---@param key string
---@return integer
function Commands:strlen(key) end

---Seconds to live; -1 for ever, -2 for no such key.
---@param key string
---@return integer
function Commands:ttl(key) end

---What kind of value a key has.
---@param key string
---@return string
function Commands:typeof(key) end

---Puts a member with a score.
---@param key string
---@param score number
---@param member freight.RedisValue
---@return integer added
function Commands:zadd(key, score, member) end

---How many members a sorted set has.
---@param key string
---@return integer
function Commands:zcard(key) end

---Members from a place to another.
---@param key string
---@param first integer
---@param last integer
---@return string[]
function Commands:zrange(key, first, last) end

---The place of a member, from 0, or nil.
---@param key string
---@param member freight.RedisValue
---@return integer?
function Commands:zrank(key, member) end

---Takes members out.
---@param key string
---@param ... freight.RedisValue
---@return integer removed
function Commands:zrem(key, ...) end

---The score of a member, or nil.
---@param key string
---@param member freight.RedisValue
---@return number?
function Commands:zscore(key, member) end

---A connection to a server, which is made again where it was lost.
---@class freight.RedisClient: freight.RedisCommands
local Client = {}

---Says who comes; remembered for later connections.
---@param user_or_password string
---@param password? string
---@return "OK"
function Client:auth(user_or_password, password) end

---Chooses a database; remembered for later connections.
---@param number integer
---@return "OK"
function Client:select(number) end

---Takes the first element of the first list that has one, and waits for it.
---@param keys string|string[]
---@param seconds number
---@return { [1]: string, [2]: string }?
function Client:blpop(keys, seconds) end

---Has the next `multi` fail where one of the keys changes.
---@param ... string
---@return "OK"
function Client:watch(...) end

---Watches nothing any more.
---@return "OK"
function Client:unwatch() end

---The keys that there are, one after the other.
---@param options? { match?: string, count?: integer, type?: string }
---@return fun(): string?
function Client:scan(options) end

---Sends the commands that the function gives together, and returns their results.
---@param fn fun(pipeline: freight.RedisPipeline)
---@return table results With `n`.
function Client:pipeline(fn) end

---As `pipeline`, in a transaction.
---@param fn fun(pipeline: freight.RedisPipeline)
---@return table? results With `n`.
function Client:multi(fn) end

---A second connection, on which messages of channels come.
---@return freight.RedisSubscriber
function Client:subscriber() end

---Closes it, however often.
---@return true
function Client:close() end

---@class freight.RedisPipeline: freight.RedisCommands
local Pipeline = {}

---@class freight.RedisMessage
---@field channel string
---@field payload string
---@field pattern? string

---@class freight.RedisSubscriber
local Subscriber = {}

---Hears channels.
---@param ... string
---@return true
function Subscriber:subscribe(...) end

---Hears the channels that patterns match.
---@param ... string
---@return true
function Subscriber:psubscribe(...) end

---Hears channels no more; without any, none.
---@param ... string
---@return true
function Subscriber:unsubscribe(...) end

---Hears patterns no more; without any, none.
---@param ... string
---@return true
function Subscriber:punsubscribe(...) end

---The next message; nil when none comes in so many seconds.
---@param seconds? number
---@return freight.RedisMessage?
function Subscriber:receive(seconds) end

---Calls a function with each message, until it returns `false`.
---@param fn fun(message: freight.RedisMessage): any
---@return true
function Subscriber:listen(fn) end

---Closes it, however often.
---@return true
function Subscriber:close() end

---@class freight.redis
local redis = {}

---Connects to a host, to what a URL names, or as options say.
---@param host? string|table
---@param port? integer|string|freight.RedisOptions
---@param options? freight.RedisOptions
---@return freight.RedisClient
function redis.connect(host, port, options) end

---Connects to what a URL names: `redis://127.0.0.1:6379` unless given.
---@param url? string
---@param options? freight.RedisOptions
---@return freight.RedisClient
function redis.new(url, options) end

return redis
