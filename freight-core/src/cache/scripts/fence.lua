-- Before a commit: what it changes is forgotten, and nothing is kept until it is over.
--
-- KEYS: the values, then the generations. ARGV: how many values, the writer, for how many
-- milliseconds at most, a random text.
local count, writer, life = tonumber(ARGV[1]), 'w:' .. ARGV[2], tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for place = 1, count do
  local key = KEYS[place]
  redis.call('HDEL', key, 'v', 't', 'l', 'le')
  redis.call('HSET', key, writer, now + life)
  if redis.call('PTTL', key) < life + 1000 then
    redis.call('PEXPIRE', key, life + 1000)
  end
end

for place = count + 1, #KEYS do
  local fields = redis.call('HGETALL', KEYS[place])
  for at = 1, #fields, 2 do
    if fields[at] ~= 'g' and tonumber(fields[at + 1]) <= now then
      redis.call('HDEL', KEYS[place], fields[at])
    end
  end
  -- Not only when it is over: a writer that dies between the two would leave the old one behind.
  redis.call('HSET', KEYS[place], writer, now + life, 'g', ARGV[4] .. '.' .. place)
end
return 1
