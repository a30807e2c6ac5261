-- Before a commit: what it changes is forgotten, and nothing is kept until it is over.
--
-- KEYS: the values, then the generations, then generations that the writer only wants to know.
-- ARGV: how many values, the writer, for how many milliseconds at most, a random text, how many of
-- the last kind of keys.
-- With keys of the last kind, returns for each value how many fences it has had, or nothing where
-- another one stands beside this; then these generations, or nothing where a fence stands there.
local count, writer, life = tonumber(ARGV[1]), 'w:' .. ARGV[2], tonumber(ARGV[3])
local last = #KEYS - tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local told = {}

for place = 1, count do
  local key = KEYS[place]
  redis.call('HDEL', key, 'v', 't', 'd', 'l', 'le')
  local is_alone = true
  for _, name in ipairs(last < #KEYS and redis.call('HKEYS', key) or {}) do
    if name ~= 'n' and name ~= writer then
      -- Who set it may commit after me, also when it fell long ago.
      is_alone = false
    end
  end
  redis.call('HSET', key, writer, now + life)
  local number = redis.call('HINCRBY', key, 'n', 1)
  if redis.call('PTTL', key) < life + 1000 then
    redis.call('PEXPIRE', key, life + 1000)
  end
  told[place] = is_alone and tostring(number) or ''
end

for place = count + 1, last do
  local fields = redis.call('HGETALL', KEYS[place])
  for at = 1, #fields, 2 do
    if fields[at] ~= 'g' and tonumber(fields[at + 1]) <= now then
      redis.call('HDEL', KEYS[place], fields[at])
    end
  end
  -- Not only when it is over: a writer that dies between the two would leave the old one behind.
  redis.call('HSET', KEYS[place], writer, now + life, 'g', ARGV[4] .. '.' .. place)
end

if last == #KEYS then
  return 1
end
for place = last + 1, #KEYS do
  local generation = redis.call('HGET', KEYS[place], 'g')
  local is_fenced = redis.call('HLEN', KEYS[place]) > 1
  told[count + place - last] = generation and not is_fenced and generation or ''
end
return told
