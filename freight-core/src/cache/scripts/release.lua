-- After a commit or a rollback: what the writer changed may be kept again.
--
-- KEYS: the values, then the generations. ARGV: how many values, the writer, a random text; and
-- where the writer has read what it wrote, for each value: how many fences it had then, or nothing
-- where it is not to be kept, what to keep, its tag, for how many milliseconds.
-- Returns how many fences were gone, so that something old may have been kept.
local count, writer, lost = tonumber(ARGV[1]), 'w:' .. ARGV[2], 0

-- Keeps what the writer wrote, if nobody else has had a fence there since its own.
local function store(key, at)
  if ARGV[at] == '' or redis.call('HGET', key, 'n') ~= ARGV[at] then
    return
  end
  for _, name in ipairs(redis.call('HKEYS', key)) do
    if string.sub(name, 1, 2) == 'w:' then
      return
    end
  end
  redis.call('HSET', key, 'v', ARGV[at + 1], 't', ARGV[at + 2])
  redis.call('PEXPIRE', key, ARGV[at + 3])
end

for place = 1, count do
  if redis.call('HDEL', KEYS[place], writer) == 0 then
    lost = lost + 1
    redis.call('HDEL', KEYS[place], 'v', 't', 'd', 'l', 'le')
  elseif #ARGV > 3 then
    store(KEYS[place], place * 4)
  end
end

for place = count + 1, #KEYS do
  if redis.call('HDEL', KEYS[place], writer) == 0 then
    lost = lost + 1
  end
  redis.call('HSET', KEYS[place], 'g', ARGV[3] .. '.' .. place)
end
return lost
