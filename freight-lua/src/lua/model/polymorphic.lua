-- Relations that lead to records of any model: a row says which model, and the key. There is one way for
-- each model, which is as that of any other `belongs_to`.
local core = ...
local common, models, records, relations = core.common, core.models, core.records, core.relations
local fail = common.fail

--- The way of such a relation to the records of one model.
function relations.toward(relation, target)
  relations.resolve(relation)
  relation.ways = relation.ways or setmetatable({}, { __mode = "k" })
  local way = relation.ways[target]
  if not way then
    way = setmetatable({
      kind = "belongs_to", inside = relation.inside, name = relation.name, own = relation.own, target = target,
      target_name = target.name, foreign_key = relation.foreign_key, type_key = relation.type_key, whole = relation,
      owner_key = relations.key_of(target, relation, "owner_key"), far = target,
    }, getmetatable(relation))
    way.far_key = way.owner_key
    relation.ways[target] = way
  end
  return way
end

--- The way to the records of the model that a row names.
function relations.toward_name(relation, name, record)
  local target = models.find(relation.inside.db, name)
  if not target then
    fail("unknown_model", "`" .. relation.type_key .. "` of `" .. tostring(record) .. "` is `" .. common.shown(name)
      .. "`, and no model is called so")
  end
  return relations.toward(relation, target)
end

--- Which model a record refers to; nil where it refers to none.
function relations.type_of(relation, record, meta)
  local value = records.current(record, meta, relation.type_key)
  if value == nil and meta.names and not records.is_loaded(meta, relation.type_key) then
    fail("bad_argument", "relation `" .. relation.name .. "` of `" .. relation.inside.name .. "` goes by `" .. relation.type_key
      .. "`, which was not selected", "select it too")
  end
  return value
end

--- The way to the model that a record refers to; raises where it refers to none.
function relations.toward_record(relation, record, meta)
  local name = relations.type_of(relation, record, meta)
  if name == nil then
    fail("bad_argument", "`" .. tostring(record) .. "` refers to nothing by `" .. relation.name .. "`, and there is no table to ask",
      "`record:" .. relation.name .. "()` is nil then")
  end
  return relations.toward_name(relation, name, record)
end

--- Loads such a relation of all these records: a statement for each model.
function relations.load_each_way(list, relation, constrain)
  local names, groups, without = {}, {}, {}
  for _, record in ipairs(list) do
    local name = relations.type_of(relation, record, getmetatable(record))
    if name == nil then
      without[#without + 1] = record
    elseif groups[name] then
      table.insert(groups[name], record)
    else
      groups[name], names[#names + 1] = { record }, name
    end
  end
  for _, name in ipairs(names) do
    relations.load(groups[name], relations.toward_name(relation, name, groups[name][1]), constrain)
  end
  for _, record in ipairs(without) do
    relations.loaded_of(record, getmetatable(record))[relation.name] = false
  end
end

--- Loads what lies behind such a relation: each path for the records whose model has its relation. One
--- that none of them has is an error.
function relations.eager_each_way(list, paths)
  local groups, order = {}, {}
  for _, record in ipairs(list) do
    local inside = getmetatable(record).inside
    if not groups[inside] then
      groups[inside], order[#order + 1] = {}, inside
    end
    table.insert(groups[inside], record)
  end
  for _, path in ipairs(paths) do
    local name, is_known = path[1]:match("^[^%.]+"), false
    for _, inside in ipairs(order) do
      if inside.relations[name] then
        is_known = true
        relations.eager(inside, groups[inside], relations.wanted(inside, nil, { [path[1]] = path[2] or true }))
      end
    end
    if not is_known and order[1] then
      relations.of(order[1], name)
    end
  end
end

return true
