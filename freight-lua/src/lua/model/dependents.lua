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
  local target = relation.target
  if key == nil then
    return
  end
  local name = quote(counter_of(relation))
  statements.send(db, "[" .. saving.header(target) .. ',["where",["=",' .. quote(relation.owner_key) .. ']],["update",[' .. name .. "],{"
    .. name .. ':"increment"}]]', { n = 2, key, by })
end

--- What the records are that this one is counted with, as it was read. One that is deleted softly
--- is not counted.
function relations.counted(inside, record)
  local out = {}
  if inside.options.soft_delete and Instance.original(record, "deleted_at") ~= nil then
    return out
  end
  for place, relation in ipairs(inside.counters or {}) do
    relations.resolve(relation)
    out[place] = Instance.original(record, relation.foreign_key)
  end
  return out
end

--- A record was saved: `before` is what `counted` gave, or nil for a new one.
function relations.saved(inside, record, db, before)
  local meta = getmetatable(record)
  local is_counted = not (inside.options.soft_delete and records.current(record, meta, "deleted_at") ~= nil)
  for place, relation in ipairs(inside.counters or {}) do
    relations.resolve(relation)
    local was, is = before and before[place], nil
    if is_counted then
      is = records.current(record, meta, relation.foreign_key)
    end
    if was ~= is then
      count(relation, db, was, -1)
      count(relation, db, is, 1)
    end
  end
end

--- A record was deleted: `before` is what `counted` gave.
function relations.gone(inside, db, before)
  for place, relation in ipairs(inside.counters or {}) do
    count(relation, db, before[place], -1)
  end
end

--- Makes the tables of what a record is counted with, and of what depends on it where it is to be
--- deleted. MySQL makes none in a transaction without ending it.
function relations.prepare(inside, is_departing)
  for _, relation in ipairs(inside.relation_list) do
    if relation.own.counter_cache or is_departing and relation.own.dependent then
      saving.ready(relations.resolve(relation).target)
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
        Query.update(query, { [relation.foreign_key] = null })
      else
        for _, row in ipairs(Query.all(query)) do
          Instance.delete(row, is_hard and { hard = true } or nil)
        end
      end
    end
  end
end

return true
