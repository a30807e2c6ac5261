-- How relations of records are loaded: with their query, afterwards, or when they are asked for.
--
-- A relation that is asked for on a record of a list is loaded for the whole list at once, unless
-- the model or the query says otherwise: a loop over a hundred records sends one query more.
local core = ...
local common, models, records, relations = core.common, core.models, core.records, core.relations
local statements, queries, conditions, saving = core.statements, core.queries, core.conditions, core.saving
local fail, quote, relation_of = common.fail, statements.quote, relations.of
local Query, Instance = queries.Query, models.Instance

local EMPTY = {}
-- So many keys stand in one query.
local CHUNK = 1000

-- What is loaded of a record, by relation: `false` where there is none.
local function loaded_of(record, meta)
  local state = records.state(record, meta)
  if not state.loaded then
    state.loaded = {}
  end
  return state.loaded
end
relations.loaded_of = loaded_of

-- The rows of a relation for some keys, each with the key that it is for.
local function rows_for(relation, keys, constrain)
  local target = relation.target
  local steps, back = relations.way_back(relation)
  local query = queries.new(target)
  if steps then
    query = queries.with(query, steps)
    query.is_joined = true
  end
  query = Query.clone(query)
  local near = relation.inside.by_name[relations.near_key(relation)]
  local db = saving.ready(target)
  local values, count = query.values, query.values.n
  -- What was read of a column of 64 bits can be bound as it is, and so can keys of which the other side
  -- has another type: they are bound already.
  local is_wide = not relation.far and core.fields.is_wide(near)
  for place = 1, #keys do
    local key = keys[place]
    local is_bound = relation.far or is_wide and type(key) == "number" and key % 1 == 0
    values[count + place] = is_bound and key or models.cast(relation.inside, near, key, db)
  end
  values.n = count + #keys
  query.steps = query.steps .. ',["where",["in",' .. quote(back) .. "," .. #keys .. "]]"
  query.is_scoped = true
  query = relations.constrained(relation, query)
  if constrain then
    query = constrain(query)
    if not conditions.is_query(query) then
      fail("bad_argument", "the function for relation `" .. relation.name .. "` returned no query", "`return q:where(…)`")
    end
  end
  -- Whose a row is stands beside it, where its own columns may not say it.
  local is_aside = steps ~= nil or query.is_selected
  if is_aside then
    query = Query.clone(query)
    if not query.is_selected then
      query.steps = query.steps .. ',["select",' .. quote(target.table .. ".*") .. "]"
    end
    query.steps = query.steps .. ',["select",' .. core.json.encode(back .. " AS _freight_owner") .. "]"
    query.is_selected = true
  end
  if query.is_limited and relation.kind ~= "belongs_to" then
    -- A limit is one per record.
    query = Query.clone(query)
    query.steps = query.steps .. (not query.order and query.usual or "") .. ',["per",' .. quote(back) .. "," .. ("%d"):format(query.most or 2 ^ 31) .. ","
      .. ("%d"):format(query.skipped or 0) .. "]"
    query.most, query.skipped, query.is_limited, query.usual = nil, nil, nil, nil
  end
  local _, sql, values = queries.sql(query)
  local shape = records.shape(target, sql, core.caching.of_query(query, relation.kind == "belongs_to"))
  local aside = {}
  shape[3] = aside
  local meta = records.batch(target)
  local list = statements.records(db, sql, values, shape, meta, meta.peers)
  shape[3] = nil
  meta.names, meta.lazy = shape[2], query.lazy
  if query.includes then
    relations.eager(target, list, query.includes)
  end
  if target.hooks.after_find then
    for _, record in ipairs(list) do
      core.hooks.run(target, "after_find", record)
    end
  end
  return list, is_aside and aside or nil, back
end

-- Each row to the key that it is for: into its list, or as the one that it has. Whose a row is stands
-- in the column `back`, or aside.
local function hand_out(relation, lists, ones, list, aside, back)
  local shared, far = {}, aside and relation.target.key[1]
  local field = relation.target.by_name[back]
  local is_raw = not aside and not (field and field.shadowed)
  for place = 1, #list do
    local row = list[place]
    local key
    if is_raw then
      key = row[back]
    elseif aside then
      key = aside[place]
      -- A row that is for several is one table.
      local own = far and row[far]
      if own ~= nil then
        shared[own] = shared[own] or row
        row = shared[own]
      end
    else
      key = records.current(row, getmetatable(row), back)
    end
    local rows = lists[key]
    if rows then
      rows[#rows + 1] = row
    elseif key ~= nil and ones[key] == nil then
      ones[key] = row
    end
  end
end

-- The rows of a record know whose they are, where the relation says which one leads back.
local function hand_back(relation, list)
  local back = relation.own.inverse and relation_of(relation.target, relation.own.inverse)
  for _, record in ipairs(back and list or EMPTY) do
    local rows = loaded_of(record, getmetatable(record))[relation.name]
    if records.is_record(rows) then
      rows = { rows }
    end
    for _, row in ipairs(rows or EMPTY) do
      loaded_of(row, getmetatable(row))[back.name] = record
    end
  end
end

-- The value of each record that its rows go by, as it is bound.
local function near_keys(list, relation)
  local near = relations.near_key(relation)
  local field = relation.inside.by_name[near]
  local is_raw = field and not field.shadowed
  local keys = {}
  for place = 1, #list do
    local record = list[place]
    local key = is_raw and rawget(record, near)
    if not key then
      key = relations.near_value(record, getmetatable(record), relation)
    end
    if key ~= nil and relation.far then
      key = relations.bound_key(relation, key)
    end
    keys[place] = key
  end
  return keys
end

local function copied_list(rows)
  local copy = {}
  for place = 1, #rows do
    copy[place] = rows[place]
  end
  return copy
end

-- So many of the keys as stand in one query.
local function part_of(keys, from)
  if #keys <= CHUNK then
    return keys
  end
  local part = {}
  for place = from, math.min(from + CHUNK - 1, #keys) do
    part[#part + 1] = keys[place]
  end
  return part
end

--- Loads a relation of all these records; of none, when it fails.
function relations.load(list, relation, constrain)
  if relation.leads_anywhere then
    return relations.load_each_way(list, relation, constrain)
  end
  local is_many = relation.kind == "has_many" or relation.kind == "belongs_to_many"
  local keys, wanted = near_keys(list, relation), {}
  -- By the key: the place of the first record that has it, and the rows.
  local firsts, lists, ones = {}, {}, {}
  for place = 1, #list do
    local key = keys[place]
    if key ~= nil and not firsts[key] then
      firsts[key], lists[key] = place, is_many and {} or nil
      wanted[#wanted + 1] = key
    end
  end
  for from = 1, #wanted, CHUNK do
    hand_out(relation, lists, ones, rows_for(relation, part_of(wanted, from), constrain))
  end
  for place = 1, #list do
    local record, key = list[place], keys[place]
    local rows = key ~= nil and (lists[key] or ones[key]) or nil
    if is_many then
      -- Each has a list of its own.
      local is_first = key == nil or firsts[key] == place
      rows = queries.list_of(is_first and rows or copied_list(rows or EMPTY))
    end
    loaded_of(record, getmetatable(record))[relation.name] = rows or false
  end
  hand_back(relation, list)
end

-- ------------------------------------------------------------------------------------- lazy

-- Per handle: how its models load relations.
relations.of_handle = setmetatable({}, { __mode = "k" })

local modes = { batch = true, single = true, warn = true, forbid = true }

function relations.lazy_mode(mode)
  if not modes[mode] then
    fail("bad_argument", "`" .. tostring(mode) .. "` is no way of lazy loading", "it is `batch`, `single`, `warn` or `forbid`")
  end
  return mode
end

-- The records of the same result that are still there and have it not loaded either.
local function peers_of(record, meta, name)
  if not meta.peers or meta.alone then
    return { record }
  end
  local places, list = {}, {}
  for place in pairs(meta.peers) do
    places[#places + 1] = place
  end
  table.sort(places)
  for _, place in ipairs(places) do
    local peer = meta.peers[place]
    local state = meta.states and meta.states[peer]
    if not (meta.gone and meta.gone[place] or state and state.loaded and state.loaded[name] ~= nil) then
      list[#list + 1] = peer
    end
  end
  return list
end

--- What a relation of a record is: a list, a record or nil.
function relations.get(record, relation, how)
  local meta = records.meta(record, relation.name)
  relations.resolve(relation)
  local own = common.options(how, { reload = "boolean" }, "`" .. relation.name .. "`")
  local loaded = loaded_of(record, meta)
  local name = relation.name
  if own.reload then
    loaded[name] = nil
  end
  local value = loaded[name]
  if value == nil then
    local inside = meta.inside
    local mode = meta.lazy or inside.options.lazy_loading or relations.of_handle[models.db(inside)] or "batch"
    if mode == "forbid" then
      local err = common.made("lazy_load_forbidden", "relation `" .. name .. "` of `" .. tostring(record) .. "` was not loaded",
        "load it with the query: `include(\"" .. name .. "\")`")
      err.model = inside.name
      error(err, 0)
    elseif mode == "warn" then
      io.stderr:write(("[freight] relation `%s` of `%s` is loaded lazily\n"):format(name, tostring(record)))
    end
    local is_alone = mode == "single" or own.reload
    relations.load(is_alone and { record } or peers_of(record, meta, name), relation)
    value = loaded[name]
  end
  return value or nil
end

--- A query over a relation.
function Instance:related(rel)
  local meta = records.meta(self, "related")
  return relations.query(self, relation_of(meta.inside, rel))
end

--- Whether a relation is loaded.
function Instance:loaded(rel)
  local meta = records.meta(self, "loaded")
  relation_of(meta.inside, rel)
  local loaded = records.state(self, meta).loaded
  return loaded ~= nil and loaded[relation_of(meta.inside, rel).name] ~= nil
end

--- Loads relations, also ones that are loaded.
function Instance:load(...)
  local meta = records.meta(self, "load")
  relations.eager(meta.inside, { self }, relations.wanted(meta.inside, nil, ...))
  return self
end

-- ------------------------------------------------------------------------------------ eager

-- `"captain.licence"` loads the captain, and the licence of each.
local function want_path(inside, out, path, fn)
  local first, rest = relations.first_of(path, "include")
  local relation = relation_of(inside, first)
  local name, found = relation.name, nil
  for _, each in ipairs(out) do
    if each.relation == relation then
      found = each
    end
  end
  if not found then
    found = { relation = relation, inner = {} }
    out[#out + 1] = found
  end
  if rest and relation.leads_anywhere then
    found.later = found.later or {}
    table.insert(found.later, { rest, fn })
  elseif rest then
    want_path(relation.target, found.inner, rest, fn)
  elseif fn then
    found.constrain = fn
  end
  return name
end

local function copied(wanted)
  local out = {}
  for place, each in ipairs(wanted or {}) do
    out[place] = { relation = each.relation, constrain = each.constrain, inner = copied(each.inner) }
    for number, path in ipairs(each.later or {}) do
      out[place].later = out[place].later or {}
      out[place].later[number] = path
    end
  end
  return out
end

--- What `include` was given, added to what is wanted already.
function relations.wanted(inside, before, ...)
  local out = copied(before)
  for place = 1, select("#", ...) do
    local given = (select(place, ...))
    if type(given) == "string" then
      want_path(inside, out, given)
    elseif type(given) == "table" then
      local names = {}
      for name in pairs(given) do
        names[#names + 1] = name
      end
      table.sort(names, function(left, right)
        return tostring(left) < tostring(right)
      end)
      for _, name in ipairs(names) do
        local fn = given[name]
        if type(name) == "number" then
          want_path(inside, out, common.want(fn, "string", "the name of a relation"))
        elseif fn == true then
          want_path(inside, out, name)
        else
          want_path(inside, out, name, common.want(fn, "function", "what relation `" .. name .. "` is loaded with"))
        end
      end
    else
      fail("bad_argument", "`include` takes names of relations, and not a " .. type(given))
    end
  end
  return out
end

local function unique(list)
  local out, is_there = {}, {}
  for _, record in ipairs(list) do
    if not is_there[record] then
      is_there[record] = true
      out[#out + 1] = record
    end
  end
  return out
end

--- Loads relations of all these records, and theirs.
function relations.eager(inside, list, wanted)
  if #list == 0 then
    return
  end
  for _, each in ipairs(wanted) do
    local relation = each.relation
    relations.load(list, relation, each.constrain)
    if #each.inner > 0 or each.later then
      local next_list = {}
      for _, record in ipairs(list) do
        local value = loaded_of(record, getmetatable(record))[relation.name]
        if records.is_record(value) then
          next_list[#next_list + 1] = value
        elseif value then
          for _, row in ipairs(value) do
            next_list[#next_list + 1] = row
          end
        end
      end
      next_list = unique(next_list)
      relations.eager(relation.target, next_list, each.inner)
      relations.eager_each_way(next_list, each.later or EMPTY)
    end
  end
  return inside
end

--- Loads relations of a list of records of one model.
function relations.load_all(list, ...)
  local first = list[1]
  if not first then
    return list
  end
  local meta = records.meta(first, "load")
  relations.eager(meta.inside, list, relations.wanted(meta.inside, nil, ...))
  return list
end

--- Puts relations into a plain table.
function relations.into(record, out, include)
  local meta = records.meta(record, "to_table")
  local names = include
  if type(include) == "string" then
    names = { include }
  elseif include == true then
    names = {}
    for name in pairs(records.state(record, meta).loaded or {}) do
      names[#names + 1] = name
    end
  end
  for key, given in pairs(names) do
    local name = type(key) == "number" and given or key
    local deeper = type(key) ~= "number" and type(given) == "table" and given or nil
    local relation = relation_of(meta.inside, name)
    local value = relations.get(record, relation)
    if value == nil then
      out[name] = nil
    elseif records.is_record(value) then
      out[name] = Instance.to_table(value, deeper)
    else
      local list = {}
      for place, row in ipairs(value) do
        list[place] = Instance.to_table(row, deeper)
      end
      out[name] = list
    end
  end
end

return true
