-- After a commit or a rollback: what the writer changed may be kept again.
--
-- KEYS: the values, then the generations. ARGV: how many values, the writer, a random text.
-- Returns how many fences were gone, so that something old may have been kept.
local count, writer, lost = tonumber(ARGV[1]), 'w:' .. ARGV[2], 0

for place = 1, count do
  if redis.call('HDEL', KEYS[place], writer) == 0 then
    lost = lost + 1
    redis.call('HDEL', KEYS[place], 'v', 't', 'l', 'le')
  end
end

for place = count + 1, #KEYS do
  if redis.call('HDEL', KEYS[place], writer) == 0 then
    lost = lost + 1
  end
  redis.call('HSET', KEYS[place], 'g', ARGV[3] .. '.' .. place)
end
return lost
