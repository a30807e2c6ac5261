-- Relations: what a model has to do with another one, and how its records are loaded.
--
-- A relation that is asked for on a record of a list is loaded for the whole list at once, unless
-- the model or the query says otherwise: a loop over a hundred records sends one query more.
local core = ...
local common, models, records, statements, queries = core.common, core.models, core.records, core.statements, core.queries
local conditions, saving, null = core.conditions, core.saving, core.null
local fail, quote = common.fail, statements.quote
local Query, Class, Instance = queries.Query, models.Class, models.Instance
local relations = {}

-- Loaded, and there is none.
local NONE = {}
-- So many keys stand in one query.
local CHUNK = 1000

-- ------------------------------------------------------------------------------ definitions

local options = {
  foreign_key = "string", local_key = "string", owner_key = "string", related_key = "string", as = "string",
  through = "string", foreign_pivot_key = "string", related_pivot_key = "string", where = "table, function, string",
  order = "string, table, function", counter_cache = "boolean, string", inverse = "string", dependent = "string",
}

local dependents = { delete = true, nullify = true, restrict = true }

-- What stands in `_relations` of a model.
local Relation = {}
Relation.__index = Relation
Relation.__name = "freight.Relation"

local function names_of(kind, other, as)
  if as then
    return { as }
  elseif kind == "belongs_to" then
    return { core.singular(other) }
  elseif kind == "has_one" then
    local singular = core.singular(other)
    return singular ~= other and { other, singular } or { other }
  end
  return { other }
end

local function add(inside, kind, target, opts)
  local what = "`" .. kind .. "` of model `" .. inside.name .. "`"
  local other = models.is_model(target) and models.inside(target, kind) or target
  local name = type(other) == "table" and other.name or other
  common.want(name, "string", "the other model of " .. what)
  local own = common.options(opts, options, what)
  if own.dependent and not dependents[own.dependent] then
    fail("bad_argument", "`dependent` of " .. what .. " is `" .. own.dependent .. "`", "it is `delete`, `nullify` or `restrict`")
  end
  local relation = setmetatable({ kind = kind, inside = inside, target_name = name, own = own }, Relation)
  for place, each in ipairs(names_of(kind, name:match("([^%.]+)$"), own.as)) do
    if inside.by_name[each] then
      fail("bad_argument", what .. " would be called `" .. each .. "`, which is a column of it", "give it another name: `as`")
    elseif Instance[each] then
      fail("bad_argument", what .. " would be called `" .. each .. "`, which is a method of records", "give it another name: `as`")
    end
    relation.name = relation.name or each
    if place > 1 then
      relation.name = each
    end
    inside.relations[each] = relation
    inside.own._relations[each] = relation
    local function accessor(record, how)
      return relations.get(record, relation, how)
    end
    inside.members[each], inside.members["get_" .. each] = accessor, accessor
    local camel = ("get_" .. each):gsub("_(%l)", string.upper)
    inside.members[camel] = inside.members[camel] or accessor
  end
  inside.relation_list[#inside.relation_list + 1] = relation
  if own.dependent or own.counter_cache then
    inside.needs_transaction, inside.writer = true, nil
  end
  if own.counter_cache then
    inside.counters = inside.counters or {}
    inside.counters[#inside.counters + 1] = relation
  end
  return relation
end

for _, kind in ipairs({ "has_many", "has_one", "belongs_to", "belongs_to_many" }) do
  Class[kind] = function(self, target, opts)
    return add(models.inside(self, kind), kind, target, opts)
  end
end

table.insert(models.finishers, function(inside, own)
  local names = {}
  for name in pairs(own.relations or {}) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local given, kind = own.relations[name], nil
    common.want(given, "table", "relation `" .. tostring(name) .. "` of model `" .. inside.name .. "`")
    local opts = { as = name }
    for key, value in pairs(given) do
      local word = common.snake(key)
      if word == "has_many" or word == "has_one" or word == "belongs_to" or word == "belongs_to_many" then
        kind, opts.target = word, value
      else
        opts[key] = value
      end
    end
    if not kind then
      fail("bad_argument", "relation `" .. name .. "` of model `" .. inside.name .. "` says no kind",
        "`" .. name .. " = { has_many = \"…\" }`")
    end
    local target = opts.target
    opts.target = nil
    add(inside, kind, target, opts)
  end
end)

-- ------------------------------------------------------------------------------- resolution

-- The field of `from` that refers to `to`.
local function reference(relation, from, to)
  local given = relation.own.foreign_key
  if given then
    if not from.by_name[given] then
      fail("unknown_field", "`foreign_key` of relation `" .. relation.name .. "` of model `" .. relation.inside.name
        .. "` is `" .. given .. "`, which is no field of `" .. from.name .. "`")
    end
    return given
  end
  local found = {}
  for _, field in ipairs(from.fields) do
    local target = field.references and field.references.table
    if target == to.table or target == to.name then
      found[#found + 1] = field.name
    end
  end
  if #found == 1 then
    return found[1]
  end
  local singular, plain = core.singular(to.table) .. "_id", to.table .. "_id"
  if from.by_name[singular] then
    return singular
  elseif from.by_name[plain] then
    return plain
  end
  local candidates = #found > 0 and found or {}
  if #candidates == 0 then
    for place, field in ipairs(from.fields) do
      candidates[place] = field.name
    end
  end
  fail("bad_argument", "relation `" .. relation.name .. "` of model `" .. relation.inside.name
    .. "` does not say which field of `" .. from.name .. "` refers to `" .. to.name .. "`",
    "give `foreign_key`; there are `" .. table.concat(candidates, "`, `") .. "`")
end

local function key_of(inside, relation, option)
  local given = relation.own[option]
  if given then
    if not inside.by_name[given] then
      records.unknown_field(inside, given)
    end
    return given
  elseif #inside.key ~= 1 then
    fail("bad_argument", "relation `" .. relation.name .. "` of model `" .. relation.inside.name .. "` needs `" .. option
      .. "`: the key of `" .. inside.name .. "` has " .. #inside.key .. " columns")
  end
  return inside.key[1]
end

local function referring(pivot, to, otherwise)
  for _, field in ipairs(pivot and pivot.fields or {}) do
    local target = field.references and field.references.table
    if target == to.table or target == to.name then
      return field.name
    end
  end
  return otherwise
end

-- The table between two: one that there is, under the names that are usual.
local function pivot_name(relation, own, other)
  local given = relation.own.through
  if given then
    return given
  end
  local one, two = own.table, other.table
  if two < one then
    one, two = two, one
  end
  local usual = {
    core.singular(one) .. "_" .. core.singular(two), one .. "_" .. two, core.singular(one) .. "_" .. two,
    one .. "_" .. core.singular(two),
  }
  local db = models.db(own)
  for _, name in ipairs(usual) do
    if models.find(own.db, name) or db:table_exists(name) then
      return name
    end
  end
  return usual[3]
end

local function resolve_many_to_many(relation, own, other)
  relation.pivot_table = pivot_name(relation, own, other)
  local pivot = models.find(own.db, relation.pivot_table)
  relation.pivot = pivot
  relation.local_key = key_of(own, relation, "local_key")
  relation.related_key = key_of(other, relation, "related_key")
  relation.foreign_pivot_key = relation.own.foreign_pivot_key
    or referring(pivot, own, core.singular(own.table) .. "_id")
  relation.related_pivot_key = relation.own.related_pivot_key
    or referring(own ~= other and pivot or nil, other, core.singular(other.table) .. "_id")
end

-- A relation that goes through another one of the same model.
local function resolve_through(relation, own, other)
  local first = own.relations[relation.own.through]
  if not first then
    fail("unknown_relation", "relation `" .. relation.name .. "` of model `" .. own.name .. "` goes through `"
      .. relation.own.through .. "`, which is no relation of it")
  end
  relations.resolve(first)
  local middle = first.target
  local second
  for _, each in ipairs(middle.relation_list) do
    if relations.resolve(each).target == other and each.kind ~= "belongs_to_many" then
      second = second or each
    end
  end
  if not second or first.kind == "belongs_to_many" or first.kind == "belongs_to" then
    fail("not_supported", "relation `" .. relation.name .. "` of model `" .. own.name .. "` cannot go through `"
      .. relation.own.through .. "`", "that one is `has_many` or `has_one`, and its model has a relation to `" .. other.name .. "`")
  end
  relation.first, relation.second, relation.middle = first, second, middle
  relation.local_key = first.local_key
end

--- Finds out which model and which columns are meant.
function relations.resolve(relation)
  if relation.target then
    return relation
  end
  local own = relation.inside
  models.db(own)
  local other = models.find(own.db, relation.target_name)
  if not other then
    fail("unknown_model", "relation `" .. relation.name .. "` of model `" .. own.name .. "` is to `"
      .. relation.target_name .. "`, and no model is called so")
  end
  if relation.kind == "belongs_to_many" then
    resolve_many_to_many(relation, own, other)
  elseif relation.own.through then
    resolve_through(relation, own, other)
  elseif relation.kind == "belongs_to" then
    relation.foreign_key = reference(relation, own, other)
    local field = own.by_name[relation.foreign_key]
    relation.owner_key = relation.own.owner_key or field.references and field.references.column
      or key_of(other, relation, "owner_key")
  else
    relation.foreign_key = reference(relation, other, own)
    relation.local_key = key_of(own, relation, "local_key")
  end
  relation.target = other
  return relation
end

local function relation_of(inside, name)
  local found = type(name) == "string" and inside.relations[name]
  if not found then
    local known = {}
    for each in pairs(inside.relations) do
      known[#known + 1] = each
    end
    table.sort(known)
    local near = type(name) == "string" and common.nearest(name, known)
    fail("unknown_relation", "model `" .. inside.name .. "` has no relation `" .. tostring(name) .. "`",
      near and "did you mean `" .. near .. "`?" or #known > 0 and "there are `" .. table.concat(known, "`, `") .. "`" or nil)
  end
  return relations.resolve(found)
end
relations.of = relation_of

-- --------------------------------------------------------------------------------- queries

-- The order that a relation says, which holds where a query says none.
local function usual_order(relation)
  local query, order = queries.new(relation.target), relation.own.order
  if type(order) == "function" then
    query = order(query)
  else
    for _, each in ipairs(type(order) == "table" and order or { order }) do
      query = Query.order_by(query, each)
    end
  end
  relation.usual = query.steps
  return query.steps
end

-- What the relation itself says of its rows.
local function constrained(relation, query)
  local own = relation.own
  if type(own.where) == "function" then
    query = own.where(query)
  elseif own.where ~= nil then
    query = Query.where(query, own.where)
  end
  if own.order then
    query = Query.clone(query)
    query.usual = relation.usual or usual_order(relation)
  end
  return query
end

local function qualified(table_name, name, inside)
  local field = inside and inside.by_name[name]
  return table_name .. "." .. (field and field.column or name)
end

local function join_step(kind, table_name, left, right)
  return ',["join","' .. kind .. '",' .. quote(table_name) .. "," .. core.json.encode(left .. " = " .. right) .. "]"
end

-- The steps that lead from the rows of the target to the column that tells whose they are, and
-- that column.
local function way_back(relation)
  local target = relation.target
  saving.ready(target)
  if relation.kind == "belongs_to_many" then
    local pivot = relation.pivot_table
    if relation.pivot then
      saving.ready(relation.pivot)
    end
    return join_step("inner", pivot, qualified(pivot, relation.related_pivot_key, relation.pivot),
      qualified(target.table, relation.related_key, target)), qualified(pivot, relation.foreign_pivot_key, relation.pivot)
  elseif relation.middle then
    local middle, second = relation.middle, relation.second
    saving.ready(middle)
    local left, right
    if second.kind == "belongs_to" then
      left = qualified(middle.table, second.foreign_key, middle)
      right = qualified(target.table, second.owner_key, target)
    else
      left = qualified(middle.table, second.local_key, middle)
      right = qualified(target.table, second.foreign_key, target)
    end
    return join_step("inner", middle.table, left, right), qualified(middle.table, relation.first.foreign_key, middle)
  end
  return nil, relation.kind == "belongs_to" and relation.owner_key or relation.foreign_key
end

-- The field of this model whose value tells which rows are meant.
local function near_key(relation)
  return relation.kind == "belongs_to" and relation.foreign_key or relation.local_key
end

--- A query over the rows of a relation of one record.
function relations.query(record, relation)
  local meta = records.meta(record, "related")
  local query = queries.new(relation.target)
  local steps, back = way_back(relation)
  local value = records.current(record, meta, near_key(relation))
  if steps then
    query = queries.with(query, steps)
    query.is_joined = true
  end
  query = Query.clone(query)
  if value == nil then
    query.steps = query.steps .. ',["where",["false"]]'
  else
    conditions.push(query.values, (models.cast(relation.inside, relation.inside.by_name[near_key(relation)], value,
      models.db(relation.inside))))
    query.steps = query.steps .. ',["where",["=",' .. quote(back) .. "]]"
  end
  query.is_scoped = true
  return constrained(relation, query)
end

-- ------------------------------------------------------------------------------------ load

local function loaded_of(record, meta)
  local state = records.state(record, meta)
  if not state.loaded then
    state.loaded = {}
  end
  return state.loaded
end

-- The rows of a relation for some keys, each with the key that it is for.
local function rows_for(relation, keys, constrain)
  local target = relation.target
  local steps, back = way_back(relation)
  local query = queries.new(target)
  if steps then
    query = queries.with(query, steps)
    query.is_joined = true
  end
  query = Query.clone(query)
  local near = relation.inside.by_name[near_key(relation)]
  local db = saving.ready(target)
  for _, key in ipairs(keys) do
    conditions.push(query.values, (models.cast(relation.inside, near, key, db)))
  end
  query.steps = query.steps .. ',["where",["in",' .. quote(back) .. "," .. #keys .. "]]"
  query.is_scoped = true
  query = constrained(relation, query)
  if constrain then
    query = constrain(query)
    if not conditions.is_query(query) then
      fail("bad_argument", "the function for relation `" .. relation.name .. "` returned no query", "`return q:where(…)`")
    end
  end
  if steps then
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
  local shape = records.shape(target, sql)
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
  return list, steps and aside or nil, back
end

-- Each row to those that it is for: `owners` has the records of each key.
local function hand_out(relation, owners, list, aside, back)
  local name = relation.name
  local is_many = relation.kind == "has_many" or relation.kind == "belongs_to_many"
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
    local owner = owners[key]
    for number = 1, owner and #owner or 0 do
      local loaded = owner[number]
      if is_many then
        local rows = loaded[name]
        rows[#rows + 1] = row
      elseif loaded[name] == NONE then
        loaded[name] = row
      end
    end
  end
end

--- Loads a relation of all these records.
function relations.load(list, relation, constrain)
  local name, near = relation.name, near_key(relation)
  local is_many = relation.kind == "has_many" or relation.kind == "belongs_to_many"
  local owners, keys = {}, {}
  for _, record in ipairs(list) do
    local meta = getmetatable(record)
    local loaded = loaded_of(record, meta)
    loaded[name] = is_many and queries.list_of({}) or NONE
    local key = records.current(record, meta, near)
    if key ~= nil then
      local own = owners[key]
      if own then
        own[#own + 1] = loaded
      else
        owners[key] = { loaded }
        keys[#keys + 1] = key
      end
    end
  end
  for from = 1, #keys, CHUNK do
    local part = {}
    for place = from, math.min(from + CHUNK - 1, #keys) do
      part[#part + 1] = keys[place]
    end
    hand_out(relation, owners, rows_for(relation, part, constrain))
  end
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
  if not meta.peers then
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
    if not (state and (state.is_deleted or state.loaded and state.loaded[name] ~= nil)) then
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
  if value == NONE then
    return nil
  end
  return value
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
  local first, rest = path:match("^([^%.]+)%.(.+)$")
  local relation = relation_of(inside, first or path)
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
  if rest then
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
    if #each.inner > 0 then
      local next_list = {}
      for _, record in ipairs(list) do
        local value = loaded_of(record, getmetatable(record))[relation.name]
        if records.is_record(value) then
          next_list[#next_list + 1] = value
        elseif value ~= NONE then
          for _, row in ipairs(value) do
            next_list[#next_list + 1] = row
          end
        end
      end
      relations.eager(relation.target, unique(next_list), each.inner)
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

-- -------------------------------------------------------------------------- conditions, joins

--- The query that finds the rows of a relation of each row of the outer one.
function relations.inner(inside, rel, fn)
  local relation = relation_of(inside, rel)
  local steps, back = way_back(relation)
  local target = relation.target
  local query = Query.clone(queries.new(target))
  local name = target.table
  if target.table == inside.table then
    name = "inner_" .. target.table
    query.head = '{"table":' .. quote(target.table) .. ',"as":' .. quote(name) .. "," .. saving.header(target):match('"key".*$')
  end
  local column = steps and back or qualified(name, back, target)
  query.steps = query.steps .. (steps or "") .. ',["where",["columns",' .. quote(column) .. ',"=",'
    .. quote(qualified(inside.table, near_key(relation), inside)) .. "]]"
  query.is_joined, query.is_scoped = steps ~= nil, true
  query = constrained(relation, query)
  if fn then
    query = fn(query)
    if not conditions.is_query(query) then
      fail("bad_argument", "the function for relation `" .. rel .. "` returned no query", "`return q:where(…)`")
    end
  end
  return query
end

--- The joins of a relation.
function relations.join_steps(inside, rel)
  local relation = relation_of(inside, rel)
  local target = relation.target
  way_back(relation)
  local own = qualified(inside.table, near_key(relation), inside)
  if relation.kind == "belongs_to_many" then
    local pivot = relation.pivot_table
    return join_step("inner", pivot, qualified(pivot, relation.foreign_pivot_key, relation.pivot), own)
      .. join_step("inner", target.table, qualified(target.table, relation.related_key, target),
        qualified(pivot, relation.related_pivot_key, relation.pivot))
  elseif relation.middle then
    return relations.join_steps(inside, relation.first.name) .. relations.join_steps(relation.middle, relation.second.name)
  end
  local far = relation.kind == "belongs_to" and relation.owner_key or relation.foreign_key
  return join_step("inner", target.table, qualified(target.table, far, target), own)
end

-- ------------------------------------------------------------------------------------ pivot

local function want_pivot(relation, record, what)
  relations.resolve(relation)
  if relation.kind ~= "belongs_to_many" then
    fail("not_supported", "`" .. what .. "` is for relations of many to many, and `" .. relation.name .. "` is none")
  end
  local meta = records.meta(record, what)
  local value = records.current(record, meta, relation.local_key)
  if meta.is_new or value == nil then
    fail("missing_primary_key", "the record is not saved yet, and nothing can be linked to it")
  end
  return meta, value
end

-- Keys of the other side out of keys and records.
local function keys_of(relation, given, what)
  local target = relation.target
  local list = given
  if type(given) ~= "table" or records.is_record(given) then
    list = { given }
  end
  local out, is_there = {}, {}
  for _, each in ipairs(list) do
    local value = each
    if records.is_record(each) then
      value = records.current(each, getmetatable(each), relation.related_key)
    end
    if value == nil then
      fail("bad_argument", "`" .. what .. "` takes keys and saved records")
    end
    value = models.cast(target, target.by_name[relation.related_key], value, models.db(target))
    if not is_there[value] then
      is_there[value] = true
      out[#out + 1] = value
    end
  end
  return out
end

local function pivot_header(relation)
  if relation.pivot then
    saving.ready(relation.pivot)
    return saving.header(relation.pivot)
  end
  return '{"table":' .. quote(relation.pivot_table) .. ',"key":[]}'
end

local function send(db, text, values)
  local sql, order = statements.sql(db, text)
  return statements.execute(db, sql, statements.ordered(values, order))
end

local function linked(relation, db, own)
  local text = "[" .. pivot_header(relation) .. ',["where",["=",' .. quote(relation.foreign_pivot_key) .. ']],["select",'
    .. quote(relation.related_pivot_key) .. "]]"
  local sql, order = statements.sql(db, text)
  local out, list, column = {}, {}, relation.related_pivot_key
  local field = relation.pivot and relation.pivot.by_name[column]
  column = field and field.column or column
  for _, row in ipairs(statements.rows(db, sql, statements.ordered({ n = 1, own }, order))) do
    out[row[column]] = true
    list[#list + 1] = row[column]
  end
  return out, list
end

local function forget(record, meta, relation)
  local loaded = records.state(record, meta).loaded
  if loaded then
    loaded[relation.name] = nil
  end
end

local function link(relation, db, own, keys, is_there)
  local missing = {}
  for _, key in ipairs(keys) do
    if not is_there[key] then
      missing[#missing + 1] = key
    end
  end
  local added = 0
  for from = 1, #missing, CHUNK do
    local values, rows = { n = 0 }, 0
    for place = from, math.min(from + CHUNK - 1, #missing) do
      values[values.n + 1], values[values.n + 2] = own, missing[place]
      values.n, rows = values.n + 2, rows + 1
    end
    added = added + send(db, "[" .. pivot_header(relation) .. ',["insert",'
      .. statements.list({ relation.foreign_pivot_key, relation.related_pivot_key }) .. "," .. rows .. ',{"ignore":true}]]', values)
  end
  return added, missing
end

local function unlink(relation, db, own, keys)
  local head = "[" .. pivot_header(relation) .. ',["where",["=",' .. quote(relation.foreign_pivot_key) .. "]]"
  if not keys then
    return send(db, head .. ',["delete"]]', { n = 1, own })
  end
  local removed = 0
  for from = 1, #keys, CHUNK do
    local values = { n = 1, own }
    for place = from, math.min(from + CHUNK - 1, #keys) do
      values.n = values.n + 1
      values[values.n] = keys[place]
    end
    removed = removed + send(db, head .. ',["where",["in",' .. quote(relation.related_pivot_key) .. "," .. values.n - 1
      .. ']],["delete"]]', values)
  end
  return removed
end

--- Links records; how many links are new.
function Relation:attach(record, ids)
  local meta, own = want_pivot(self, record, "attach")
  local keys, db, added = keys_of(self, ids, "attach"), saving.ready(self.inside), 0
  db:transaction(function()
    added = link(self, db, own, keys, linked(self, db, own))
  end)
  forget(record, meta, self)
  return added
end

--- Takes links away, all of them without `ids`; how many there were.
function Relation:detach(record, ids)
  local meta, own = want_pivot(self, record, "detach")
  local db = saving.ready(self.inside)
  local removed = unlink(self, db, own, ids ~= nil and keys_of(self, ids, "detach") or nil)
  forget(record, meta, self)
  return removed
end

--- Makes the links those and no others.
function Relation:sync(record, ids)
  local meta, own = want_pivot(self, record, "sync")
  local keys, db = keys_of(self, ids, "sync"), saving.ready(self.inside)
  local attached, detached = {}, {}
  db:transaction(function()
    local is_there, list = linked(self, db, own)
    local is_wanted = {}
    for _, key in ipairs(keys) do
      is_wanted[key] = true
    end
    for _, key in ipairs(list) do
      if not is_wanted[key] then
        detached[#detached + 1] = key
      end
    end
    local _
    _, attached = link(self, db, own, keys, is_there)
    if #detached > 0 then
      unlink(self, db, own, detached)
    end
  end)
  forget(record, meta, self)
  return { attached = attached, detached = detached }
end

for _, name in ipairs({ "attach", "detach", "sync" }) do
  Instance[name] = function(self, rel, ids)
    local meta = records.meta(self, name)
    return Relation[name](relation_of(meta.inside, rel), self, ids)
  end
end

-- ------------------------------------------------------------------- what goes with a record

local function counter_of(relation)
  relations.resolve(relation)
  local name = relation.own.counter_cache
  return name == true and relation.inside.table .. "_count" or name
end

local function count(relation, db, key, by)
  local target = relation.target
  if key == nil then
    return
  end
  local name = quote(counter_of(relation))
  send(db, "[" .. saving.header(target) .. ',["where",["=",' .. quote(relation.owner_key) .. ']],["update",[' .. name .. "],{"
    .. name .. ':"increment"}]]', { n = 2, key, by })
end

--- What the records are that this one is counted with, before it is changed.
function relations.counted(inside, record)
  local out = {}
  for place, relation in ipairs(inside.counters) do
    relations.resolve(relation)
    out[place] = Instance.original(record, relation.foreign_key)
  end
  return out
end

--- A record was saved: `before` is what `counted` gave, or nil for a new one.
function relations.saved(inside, record, db, before)
  for place, relation in ipairs(inside.counters or {}) do
    relations.resolve(relation)
    local was = before and before[place]
    local is = records.current(record, getmetatable(record), relation.foreign_key)
    if was ~= is then
      count(relation, db, was, -1)
      count(relation, db, is, 1)
    end
  end
end

--- A record was deleted.
function relations.gone(inside, record, db)
  for _, relation in ipairs(inside.counters or {}) do
    relations.resolve(relation)
    count(relation, db, Instance.original(record, relation.foreign_key), -1)
  end
end

--- A record is to be deleted: what depends on it goes first.
function relations.depart(inside, record, is_hard)
  for _, relation in ipairs(inside.relation_list) do
    local what = relation.own.dependent
    if what then
      relations.resolve(relation)
      local query = relations.query(record, relation)
      if what == "restrict" then
        if Query.exists(query) then
          local err = common.made("foreign_key_violation", tostring(record) .. " has `" .. relation.name
            .. "`, and cannot be deleted", "delete them first")
          err.model, err.table = inside.name, inside.table
          error(err, 0)
        end
      elseif what == "nullify" then
        Query.update(query, { [relation.foreign_key] = null })
      else
        for _, row in ipairs(Query.all(query)) do
          Instance.delete(row, is_hard and { hard = true } or nil)
        end
      end
    end
  end
end

return relations
