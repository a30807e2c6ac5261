-- Relations: what a model has to do with another one, and which rows are meant.
local core = ...
local common, models, records = core.common, core.models, core.records
local fail, Class, Instance = common.fail, models.Class, models.Instance
local relations = {}

-- ------------------------------------------------------------------------------ definitions

local options = {
  foreign_key = "string", local_key = "string", owner_key = "string", related_key = "string", as = "string",
  through = "string", foreign_pivot_key = "string", related_pivot_key = "string", where = "table, function, string",
  order = "string, table, function", counter_cache = "boolean, string", inverse = "string", dependent = "string",
  polymorphic = "boolean, string", type_key = "string", source = "string",
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

local function check_options(kind, own, what)
  if own.dependent and not dependents[own.dependent] then
    fail("bad_argument", "`dependent` of " .. what .. " is `" .. own.dependent .. "`", "it is `delete`, `nullify` or `restrict`")
  end
  local is_plain_has = not own.through and (kind == "has_many" or kind == "has_one")
  if own.inverse and not is_plain_has then
    fail("bad_argument", "`inverse` of " .. what .. " is for `has_many` and `has_one` without `through`", "leave it out")
  end
  if own.polymorphic and not is_plain_has and kind ~= "belongs_to" then
    fail("bad_argument", "`polymorphic` of " .. what .. " is for `belongs_to`, and for `has_many` and `has_one` without `through`",
      own.through and "it is said where the relation `" .. own.through .. "` is defined" or "give the rows between a model, and go `through` its relation")
  elseif own.source and (not own.through or kind == "belongs_to_many") then
    fail("bad_argument", "`source` of " .. what .. " is for `has_many` and `has_one` with `through`", "leave it out")
  end
end

-- What a relation leads to: a model or its name. One that leads to records of any model has a name alone.
local function target_of(kind, target, own, what)
  if kind == "belongs_to" and own.polymorphic then
    if models.is_model(target) then
      fail("bad_argument", what .. " leads to records of any model, and not to one", "give its name: `belongs_to(\"subject\", "
        .. "{ polymorphic = true })`")
    end
    return target == true and own.as or target
  end
  local other = models.is_model(target) and models.inside(target, kind) or target
  return type(other) == "table" and other.name or other
end

local function add(inside, kind, target, opts)
  local what = "`" .. kind .. "` of model `" .. inside.name .. "`"
  local own = common.options(opts, options, what)
  check_options(kind, own, what)
  local name = target_of(kind, target, own, what)
  common.want(name, "string", "the other model of " .. what)
  local relation = setmetatable({ kind = kind, inside = inside, target_name = name, own = own }, Relation)
  if kind == "belongs_to" and own.polymorphic then
    relation.leads_anywhere, own.as = true, own.as or name
  end
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
    inside.writer = nil
    models.create_quickly(inside, nil)
    models.update_quickly(inside, nil)
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

-- The relation of the model between that leads to the other one: the one that is named, the one that is
-- called like this relation, or the only one.
local function source_of(relation, middle, other)
  local found, wide, names = {}, nil, {}
  for _, each in ipairs(middle.relation_list) do
    local is_meant = not relation.own.source or relation.own.source == each.name
    if is_meant and each.leads_anywhere then
      wide = wide or each
    elseif is_meant and not each.own.through and relations.resolve(each).target == other then
      if each.name == relation.name or each.name == core.singular(relation.name) then
        return each
      end
      found[#found + 1], names[#names + 1] = each, each.name
    end
  end
  if #found > 1 then
    fail("bad_argument", "relation `" .. relation.name .. "` of model `" .. relation.inside.name .. "` does not say which relation of `"
      .. middle.name .. "` it takes", "give `source`; there are `" .. table.concat(names, "`, `") .. "`")
  end
  return found[1] or wide and relations.toward(wide, other)
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
  local second = middle and not first.middle and source_of(relation, middle, other)
  if not second then
    fail("not_supported", "relation `" .. relation.name .. "` of model `" .. own.name .. "` cannot go through `"
      .. relation.own.through .. "`", "that one leads to one model by itself, and that model has a relation to `" .. other.name .. "`")
  end
  relation.first, relation.second, relation.middle = first, second, middle
  relation.local_key = relations.near_key(first)
  if first.type_value then
    relation.far, relation.far_key = middle, first.foreign_key
  end
end

-- The fields of rows that refer to a record of any model: which model, and its key.
local function reference_to_any(relation, from, name)
  local key, kind = relation.own.foreign_key or name .. "_id", relation.own.type_key or name .. "_type"
  for _, field in ipairs({ kind, key }) do
    if not from.by_name[field] then
      fail("unknown_field", "relation `" .. relation.name .. "` of model `" .. relation.inside.name .. "` needs the field `" .. field
        .. "` of `" .. from.name .. "`", "there is a text for the name of a model, and a field for its key: `" .. kind
        .. " = \"string\", " .. key .. " = \"integer\"`")
    end
  end
  relation.foreign_key, relation.type_key = key, kind
end

-- `has_many` and `has_one` of rows that refer to records of any model.
local function resolve_polymorphic(relation, own, other)
  local name, found = relation.own.polymorphic, {}
  for _, each in ipairs(other.relation_list) do
    if each.leads_anywhere and (name == true or name == each.name) then
      found[#found + 1] = each.name
    end
  end
  if name == true and #found ~= 1 then
    fail("bad_argument", "relation `" .. relation.name .. "` of model `" .. own.name .. "` does not say which relation of `" .. other.name
      .. "` leads back", #found > 0 and "name it: `polymorphic = \"" .. table.concat(found, "\"` or `polymorphic = \"") .. "\"`"
      or "`" .. other.name .. "` has no `belongs_to` that is polymorphic")
  elseif found[1] then
    local back = relations.resolve(other.relations[found[1]])
    relation.foreign_key, relation.type_key = back.foreign_key, back.type_key
  else
    reference_to_any(relation, other, name)
  end
  relation.type_value = own.name
  relation.local_key = key_of(own, relation, "local_key")
  relation.far, relation.far_key = other, relation.foreign_key
end

--- Finds out which model and which columns are meant. A relation that leads to records of any model has
--- no target, but one toward each.
function relations.resolve(relation)
  if relation.target or relation.leads_anywhere and relation.type_key then
    return relation
  end
  local own = relation.inside
  models.db(own)
  if relation.leads_anywhere then
    reference_to_any(relation, own, relation.name)
    return relation
  end
  local other = models.find(own.db, relation.target_name)
  if not other then
    fail("unknown_model", "relation `" .. relation.name .. "` of model `" .. own.name .. "` is to `"
      .. relation.target_name .. "`, and no model is called so")
  end
  if relation.kind == "belongs_to_many" then
    resolve_many_to_many(relation, own, other)
  elseif relation.own.through then
    resolve_through(relation, own, other)
  elseif relation.own.polymorphic then
    resolve_polymorphic(relation, own, other)
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

--- The field of this model whose value tells which rows are meant.
function relations.near_key(relation)
  return relation.kind == "belongs_to" and relation.foreign_key or relation.local_key
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
    fail("unknown_relation", "model `" .. inside.name .. "` has no relation `" .. common.shown(name) .. "`",
      near and "did you mean `" .. near .. "`?" or #known > 0 and "there are `" .. table.concat(known, "`, `") .. "`" or nil)
  end
  return relations.resolve(found)
end
relations.of, relations.key_of = relation_of, key_of

-- Models that refer to each other make paths without end, and a path may come from outside.
local DEEPEST = 16

--- The first relation of a path such as `comments.user`, and the rest of it.
function relations.first_of(path, what)
  if type(path) ~= "string" then
    return path, nil
  end
  local count = select(2, path:gsub("%.", "")) + 1
  if count > DEEPEST then
    fail("bad_argument", "a path of `" .. what .. "` goes over " .. DEEPEST .. " relations at most, and not over " .. count)
  end
  local first, rest = path:match("^([^%.]+)%.(.+)$")
  return first or path, rest
end

return relations
