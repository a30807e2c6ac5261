-- What goes with a record: counters of the record it belongs to, and what depends on it.
local core = ...
local common, models, records, relations = core.common, core.models, core.records, core.relations
local statements, queries, saving, null = core.statements, core.queries, core.saving, core.null
local quote = statements.quote
local Query, Instance = queries.Query, models.Instance

local function counter_of(relation)
  relations.resolve(relation)
  local name = relation.own.counter_cache
  return name == true and relation.inside.table .. "_count" or name
end

local function count(relation, db, key, by)
  local target = relation and relation.target
  if key == nil or not target then
    return
  end
  local name = counter_of(relation)
  local addition, value = statements.addition(db, target.by_name[name] or core.records.unknown_field(target, name), by)
  statements.send(db, "[" .. saving.header(target) .. ',["where",["=",' .. quote(relation.owner_key) .. "]]" .. addition .. "]",
    { n = 2, relations.bound_key(relation, key), value })
end

-- What a record is counted with: the relation, which leads to one model, and the key. `read` gives the
-- value of a field.
local function counted_with(relation, record, read)
  relations.resolve(relation)
  local key = read(relation.foreign_key)
  if not relation.leads_anywhere then
    return relation, key
  end
  local name = read(relation.type_key)
  if name == nil or key == nil then
    return nil, nil
  end
  return relations.toward_name(relation, name, record), key
end

--- What the records are that this one is counted with, as it was read. One that is deleted softly
--- is not counted.
function relations.counted(inside, record)
  local out = { ways = {} }
  if inside.options.soft_delete and Instance.original(record, "deleted_at") ~= nil then
    return out
  end
  for place, relation in ipairs(inside.counters or {}) do
    out.ways[place], out[place] = counted_with(relation, record, function(name)
      return Instance.original(record, name)
    end)
  end
  return out
end

--- A record was saved: `before` is what `counted` gave, or nil for a new one.
function relations.saved(inside, record, db, before)
  local meta = getmetatable(record)
  local is_counted = not (inside.options.soft_delete and records.current(record, meta, "deleted_at") ~= nil)
  for place, relation in ipairs(inside.counters or {}) do
    local was_way, was, is_way, is = before and before.ways[place], before and before[place], nil, nil
    if is_counted then
      is_way, is = counted_with(relation, record, function(name)
        return records.current(record, meta, name)
      end)
    end
    if was ~= is or was_way ~= is_way then
      count(was_way, db, was, -1)
      count(is_way, db, is, 1)
    end
  end
end

--- A record was deleted: `before` is what `counted` gave.
function relations.gone(inside, db, before)
  for place in ipairs(inside.counters or {}) do
    count(before.ways[place], db, before[place], -1)
  end
end

--- Makes the tables of what a record is counted with, and of what depends on it where it is to be
--- deleted. MySQL makes none in a transaction without ending it.
function relations.prepare(inside, is_departing)
  for _, relation in ipairs(inside.relation_list) do
    local is_needed = relation.own.counter_cache or is_departing and relation.own.dependent
    -- Where it leads to several, those that there are records of are there.
    local target = is_needed and relations.resolve(relation).target
    if target then
      saving.ready(target)
    end
  end
end

--- A record is to be deleted: what depends on it goes first.
function relations.depart(inside, record, is_hard)
  for _, relation in ipairs(inside.relation_list) do
    local what = relation.own.dependent
    if what then
      relations.resolve(relation)
      local query = relations.query(record, relation)
      if is_hard then
        -- The rows of records that are deleted softly refer to it too.
        query = Query.with_deleted(query)
      end
      if what == "restrict" then
        if Query.exists(query) then
          local err = common.made("foreign_key_violation", tostring(record) .. " has `" .. relation.name
            .. "`, and cannot be deleted", "delete them first")
          err.model, err.table = inside.name, inside.table
          error(err, 0)
        end
      elseif what == "nullify" then
        local gone = { [relation.foreign_key] = null }
        if relation.type_key then
          gone[relation.type_key] = null
        end
        Query.update(query, gone)
      else
        for _, row in ipairs(Query.all(query)) do
          Instance.delete(row, is_hard and { hard = true } or nil)
        end
      end
    end
  end
end

return true
