-- Links of many to many: the rows of the table between two models.
local core = ...
local common, models, records, relations = core.common, core.models, core.records, core.relations
local statements, saving = core.statements, core.saving
local fail, quote, relation_of, Relation = common.fail, statements.quote, relations.of, relations.Relation
local Instance = models.Instance

-- So many links stand in one statement.
local CHUNK = 1000

-- The table between is made before a transaction begins: MySQL would end it.
local function want_pivot(relation, record, what)
  relations.resolve(relation)
  if relation.pivot then
    saving.ready(relation.pivot)
  end
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
  if given == nil then
    fail("bad_argument", "`" .. what .. "` was given nil", "no keys are `{}`")
  end
  local list = given
  if type(given) ~= "table" or records.is_record(given) then
    list = { given }
  end
  local out, is_there = {}, {}
  for _, each in ipairs(list) do
    local value = each
    if records.is_record(each) then
      if getmetatable(each).inside.table ~= target.table then
        fail("bad_argument", "`" .. what .. "` of relation `" .. relation.name .. "` takes records of `" .. target.name .. "`, and not "
          .. tostring(each))
      end
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
    added = added + statements.send(db, "[" .. pivot_header(relation) .. ',["insert",'
      .. statements.list({ relation.foreign_pivot_key, relation.related_pivot_key }) .. "," .. rows .. ',{"ignore":true}]]', values)
  end
  return added, missing
end

local function unlink(relation, db, own, keys)
  local head = "[" .. pivot_header(relation) .. ',["where",["=",' .. quote(relation.foreign_pivot_key) .. "]]"
  if not keys then
    return statements.send(db, head .. ',["delete"]]', { n = 1, own })
  end
  local removed = 0
  for from = 1, #keys, CHUNK do
    local values = { n = 1, own }
    for place = from, math.min(from + CHUNK - 1, #keys) do
      values.n = values.n + 1
      values[values.n] = keys[place]
    end
    removed = removed + statements.send(db, head .. ',["where",["in",' .. quote(relation.related_pivot_key) .. "," .. values.n - 1
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

return true
