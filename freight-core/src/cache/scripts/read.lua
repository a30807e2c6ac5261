-- Looks for values, and lets who asks fill those that are missing.
--
-- KEYS: the values, then the generations that they depend on, then those that an absence depends
-- on besides: what is not there may come without a change of what is.
-- ARGV: how many values, what tags begin with, my lease, its milliseconds, a random text, how many
-- of the last kind of keys, and how eager I am to make values anew before they lapse.
-- Returns the tag of values, the tag of absences, or nothing where those may not be kept, then for
-- each value {'H', value}, {'F'}, {'E'}, {'W'} or {'B'}: hit, fill it, fill it while others still
-- find it, somebody else fills it, read the database and keep nothing.
local count, tag, lease, eager = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[7])
local last = #KEYS - tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- The generation at a place, and whether a fence stands there.
local function generation_at(place)
  local fields, generation, is_lapsed, is_fenced = redis.call('HGETALL', KEYS[place]), nil, false, false
  for at = 1, #fields, 2 do
    local name = fields[at]
    if name == 'g' then
      generation = fields[at + 1]
    elseif tonumber(fields[at + 1]) > now then
      is_fenced = true
    else
      -- Whoever set it never came back. What was kept before it must not count again.
      redis.call('HDEL', KEYS[place], name)
      is_lapsed = true
    end
  end
  if is_lapsed or not generation then
    generation = ARGV[5] .. '.' .. place
    redis.call('HSET', KEYS[place], 'g', generation)
  end
  return generation, is_fenced
end

local is_fenced, may_be_absent = false, last < #KEYS
for place = count + 1, last do
  local generation, has_fence = generation_at(place)
  tag = tag .. ' ' .. generation
  is_fenced = is_fenced or has_fence
end
local absence = tag .. ' absent'
for place = last + 1, #KEYS do
  local generation, has_fence = generation_at(place)
  absence = absence .. ' ' .. generation
  may_be_absent = may_be_absent and not has_fence
end

local function look(key)
  if is_fenced then
    return {'B'}
  end
  local fields = redis.call('HGETALL', key)
  local value, kept, holder, ends, took
  for at = 1, #fields, 2 do
    local name, content = fields[at], fields[at + 1]
    if name == 'v' then
      value = content
    elseif name == 't' then
      kept = content
    elseif name == 'l' then
      holder = content
    elseif name == 'le' then
      ends = tonumber(content)
    elseif name == 'd' then
      took = tonumber(content)
    elseif name == 'n' then
      -- How many fences it has had is for writers.
    elseif tonumber(content) > now then
      return {'B'}
    else
      redis.call('HDEL', key, name)
    end
  end
  if value and (kept == tag or may_be_absent and kept == absence) then
    local is_filled = holder and ends > now
    if took and not is_filled and redis.call('PTTL', key) < took * eager then
      redis.call('HSET', key, 'l', lease, 'le', now + ARGV[4])
      return {'E'}
    end
    return {'H', value}
  end
  if holder and holder ~= lease and ends > now then
    return {'W'}
  end
  redis.call('HDEL', key, 'v', 't', 'd')
  redis.call('HSET', key, 'l', lease, 'le', now + ARGV[4])
  redis.call('PEXPIRE', key, ARGV[4] + 60000)
  return {'F'}
end

local found = {tag, may_be_absent and absence or ''}
for place = 1, count do
  found[place + 2] = look(KEYS[place])
end
return found
