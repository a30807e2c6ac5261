-- Keeps a value, if nobody has taken the lease away meanwhile.
--
-- KEYS: the value. ARGV: my lease, the value, its tag, for how many milliseconds; 0 gives the
-- lease back, because there is nothing to keep; how many milliseconds it took to make.
if redis.call('HGET', KEYS[1], 'l') ~= ARGV[1] then
  return 0
end
redis.call('HDEL', KEYS[1], 'l', 'le')
if ARGV[4] ~= '0' then
  redis.call('HSET', KEYS[1], 'v', ARGV[2], 't', ARGV[3], 'd', ARGV[5])
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return 1
