-- Records that are made by way of a relation: they refer to the record whose relation it is.
local core = ...
local common, models, records, queries, relations = core.common, core.models, core.records, core.queries, core.relations
local saving, null = core.saving, core.null
local fail, Query = common.fail, queries.Query
local related = {}

--- The record and the relation of a query, and the value that its new records get; raises where the query
--- makes none.
function related.want_owner(query, what)
  local of = queries.checked(query, what).of
  if not of then
    fail("not_supported", "`" .. what .. "` of a query is for those of a relation, and this one is of none",
      "`Model:" .. what .. "(…)`, or `record:related(\"…\"):" .. what .. "(…)`")
  end
  local relation, record = of.relation, of.record
  if relation.kind == "belongs_to" then
    fail("not_supported", "`" .. what .. "` is for records that refer to this one, and by `" .. relation.name .. "` it refers itself",
      "make the other one, and set `" .. relation.foreign_key .. "`")
  elseif relation.middle then
    fail("not_supported", "`" .. what .. "` cannot go through `" .. relation.first.name .. "`", "make the rows of both tables")
  end
  local meta = records.meta(record, what)
  local value = records.current(record, meta, relation.local_key)
  if meta.is_new or value == nil then
    fail("missing_primary_key", "the record is not saved yet, and nothing can refer to it", "`save()` it first")
  end
  return of, meta, value
end

-- What the relation says of all its rows holds for a new one, as far as it names values of fields.
local function take_conditions(inside, record, where, values)
  for name, value in pairs(type(where) == "table" and getmetatable(where) == nil and where or {}) do
    if inside.by_name[name] and values[name] == nil and value ~= null and type(value) ~= "table" then
      records.put(record, getmetatable(record), name, value)
    end
  end
end

local function new(query, values, own, what)
  local of, _, value = related.want_owner(query, what)
  local relation, inside = of.relation, query.inside
  local record = records.new(inside, values, own)
  local meta = getmetatable(record)
  take_conditions(inside, record, relation.own.where, values or {})
  if relation.kind ~= "belongs_to_many" then
    records.put(record, meta, relation.foreign_key, value)
    if relation.type_key then
      records.put(record, meta, relation.type_key, relation.type_value)
    end
  end
  return record
end

--- A record of a relation that is not saved yet.
function Query:new(values, opts)
  local record = new(self, values, common.options(opts, records.save_options, "`new`"), "new")
  if self.of.relation.kind == "belongs_to_many" then
    fail("not_supported", "a record that is not saved yet cannot be linked", "`create` makes it and the link")
  end
  return record
end

--- A record of a relation: saved, and linked where the relation is one of many to many.
function Query:create(values, opts)
  local own = common.options(opts, records.save_options, "`create`")
  local of, meta = related.want_owner(self, "create")
  local relation, record = of.relation, new(self, values, own, "create")
  if relation.kind == "belongs_to_many" then
    saving.ready(relation.target)
    saving.ready(relation.inside):transaction(function()
      saving.save(record, own)
      relation:attach(of.record, record)
    end)
  else
    saving.save(record, own)
  end
  local loaded = records.state(of.record, meta).loaded
  if loaded then
    loaded[relation.name] = nil
  end
  return record
end

return related
