-- Relations: what a model has to do with another one, and which rows are meant.
local core = ...
local common, models, records, statements, queries = core.common, core.models, core.records, core.statements, core.queries
local conditions, saving, null = core.conditions, core.saving, core.null
local fail, quote = common.fail, statements.quote
local Query, Class, Instance = queries.Query, models.Class, models.Instance
local relations = {}

-- ------------------------------------------------------------------------------ definitions

local options = {
  foreign_key = "string", local_key = "string", owner_key = "string", related_key = "string", as = "string",
  through = "string", foreign_pivot_key = "string", related_pivot_key = "string", where = "table, function, string",
  order = "string, table, function", counter_cache = "boolean, string", inverse = "string", dependent = "string",
}

local dependents = { delete = true, nullify = true, restrict = true }

-- What stands in `_relations` of a model.
local Relation = {}
relations.Relation = Relation
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
  if own.inverse and (own.through or kind ~= "has_many" and kind ~= "has_one") then
    fail("bad_argument", "`inverse` of " .. what .. " is for `has_many` and `has_one` without `through`", "leave it out")
  end
  local relation = setmetatable({ kind = kind, inside = inside, target_name = name, own = own }, Relation)
  for place, each in ipairs(names_of(kind, name:match("([^%.]+)$"), own.as)) do
    if inside.by_name[each] then
      fail("bad_argument", what .. " would be called `" .. each .. "`, which is a column of it", "give it another name: `as`")
    elseif Instance[each] and not core.collecting then
      -- Where a script is only read for its models, nobody will have a record.
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
    inside.needs_transaction, inside.has_companions = true, true
    inside.writer, inside.quick_create = nil, nil
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
  core.forgotten.use(query)
  relation.usual = query.steps
  return query.steps
end

-- What the relation itself says of its rows.
function relations.constrained(relation, query)
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
-- that column. `name` is what the query calls the target's table, where it is not its own name.
function relations.way_back(relation, name)
  local target = relation.target
  name = name or target.table
  saving.ready(target)
  if relation.kind == "belongs_to_many" then
    local pivot = relation.pivot_table
    if relation.pivot then
      saving.ready(relation.pivot)
    end
    return join_step("inner", pivot, qualified(pivot, relation.related_pivot_key, relation.pivot),
      qualified(name, relation.related_key, target)), qualified(pivot, relation.foreign_pivot_key, relation.pivot)
  elseif relation.middle then
    local middle, second = relation.middle, relation.second
    saving.ready(middle)
    local left, right
    if second.kind == "belongs_to" then
      left = qualified(middle.table, second.foreign_key, middle)
      right = qualified(name, second.owner_key, target)
    else
      left = qualified(middle.table, second.local_key, middle)
      right = qualified(name, second.foreign_key, target)
    end
    return join_step("inner", middle.table, left, right), qualified(middle.table, relation.first.foreign_key, middle)
  end
  return nil, relation.kind == "belongs_to" and relation.owner_key or relation.foreign_key
end

-- The field of this model whose value tells which rows are meant.
function relations.near_key(relation)
  return relation.kind == "belongs_to" and relation.foreign_key or relation.local_key
end

--- The value of a record that tells which rows are meant: nil is NULL, and not a column that nobody
--- has read.
function relations.near_value(record, meta, relation)
  local name = relations.near_key(relation)
  local value = records.current(record, meta, name)
  if value == nil and meta.names and not records.is_loaded(meta, name) then
    fail("bad_argument", "relation `" .. relation.name .. "` of `" .. relation.inside.name .. "` goes by `" .. name
      .. "`, which was not selected", "select it too")
  end
  return value
end

--- A query over the rows of a relation of one record.
function relations.query(record, relation)
  local meta = records.meta(record, "related")
  local query = queries.new(relation.target)
  local steps, back = relations.way_back(relation)
  local value = relations.near_value(record, meta, relation)
  if steps then
    query = queries.with(query, steps)
    query.is_joined = true
  end
  query = Query.clone(query)
  if value == nil then
    query.steps = query.steps .. ',["where",["false"]]'
  else
    conditions.push(query.values, (models.cast(relation.inside, relation.inside.by_name[relations.near_key(relation)], value,
      models.db(relation.inside))))
    query.steps = query.steps .. ',["where",["=",' .. quote(back) .. "]]"
  end
  query.is_scoped = true
  return relations.constrained(relation, query)
end

-- -------------------------------------------------------------------------- conditions, joins

--- The query that finds the rows of a relation of each row of the outer one.
function relations.inner(outer, rel, fn)
  local inside = outer.inside
  local relation = relation_of(inside, rel)
  local target, outer_name = relation.target, outer.called or inside.table
  local name = target.table
  if name == inside.table then
    name = "inner_" .. outer_name
  end
  local steps, back = relations.way_back(relation, name)
  local query = Query.clone(queries.new(target))
  if name ~= target.table then
    query.called = name
    query.head = '{"table":' .. quote(target.table) .. ',"as":' .. quote(name) .. "," .. saving.joined_header(target):match('"key".*$')
  end
  local column = steps and back or qualified(name, back, target)
  query.steps = query.steps .. (steps or "") .. ',["where",["columns",' .. quote(column) .. ',"=",'
    .. quote(qualified(outer_name, relations.near_key(relation), inside)) .. "]]"
  query.is_joined, query.is_scoped = steps ~= nil, true
  query = relations.constrained(relation, query)
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
  if target.table == inside.table then
    fail("not_supported", "relation `" .. rel .. "` leads from `" .. inside.name .. "` to itself, and cannot be joined",
      "`where_has(\"" .. rel .. "\", function(q) … end)` finds by its rows")
  end
  relations.way_back(relation)
  local own = qualified(inside.table, relations.near_key(relation), inside)
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

return relations
