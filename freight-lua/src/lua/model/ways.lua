-- Which rows a relation means: the way from one table to another, as steps of a query.
local core = ...
local common, models, records, statements, queries = core.common, core.models, core.records, core.statements, core.queries
local conditions, saving, relations = core.conditions, core.saving, core.relations
local fail, quote, relation_of = common.fail, statements.quote, relations.of
local Query = queries.Query

local function qualified(table_name, name, inside)
  local field = inside and inside.by_name[name]
  return table_name .. "." .. (field and field.column or name)
end

local function join_step(table_name, left, right, alias)
  return ',["join","inner",' .. quote(table_name) .. "," .. core.json.encode(left .. " = " .. right)
    .. (alias and alias ~= table_name and "," .. quote(alias) or "") .. "]"
end

-- ------------------------------------------------------------------------------ the rows that count

-- What the model between is called in a query: not as a table that is in it already.
local function between(relation)
  local name = relation.middle.table
  if name == relation.target.table or name == relation.inside.table then
    return "between_" .. name:match("([^%.]+)$")
  end
  return name
end

-- Rows that refer to records of any model say which model it is: the columns, and the value of each.
local function types_of(relation, name)
  local first, second, out = relation.first, relation.second, {}
  if relation.type_value then
    out[1] = { qualified(name, relation.type_key, relation.target), relation.type_value }
  end
  if first and first.type_value then
    out[#out + 1] = { qualified(between(relation), first.type_key, relation.middle), first.type_value }
  end
  if second and second.type_value then
    out[#out + 1] = { qualified(name, second.type_key, relation.target), second.type_value }
  elseif second and second.whole then
    out[#out + 1] = { qualified(between(relation), second.type_key, relation.middle), relation.target.name }
  end
  return out
end

-- What holds for the rows of a relation that a query joins under `name`: what the relation says of them,
-- and that they are not deleted.
local function rows_that_count(relation, values, name, word)
  local target = relation.target
  if relation.own.where == nil then
    if not target.options.soft_delete then
      return ""
    end
    return ',["outer",["null",' .. quote(qualified(name, "deleted_at", target)) .. "]]"
  elseif #target.key ~= 1 then
    fail("not_supported", "relation `" .. relation.name .. "` says which rows it means, and to join them, `" .. target.name
      .. "` needs a key of one column", "`where_has(\"" .. relation.name .. "\", function(q) … end)` finds by its rows")
  end
  local key = target.key[1]
  local inner = Query.select(relations.narrowed(relation, queries.new(target)), key)
  return ',["' .. word .. '",["in",' .. quote(qualified(name, key, target)) .. "," .. conditions.inner(values, inner) .. "]]"
end

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

--- What the option `where` of a relation says.
function relations.narrowed(relation, query)
  local where = relation.own.where
  if type(where) == "function" then
    return where(query)
  elseif where ~= nil then
    return Query.where(query, where)
  end
  return query
end

--- What the relation itself says of its rows. `name` is what the query calls their table, where it is
--- not its own name.
function relations.constrained(relation, query, name)
  local own = relation.own
  if relation.type_value or relation.middle then
    query = Query.clone(query)
    for _, each in ipairs(types_of(relation, name or relation.target.table)) do
      conditions.push(query.values, each[2])
      query.steps = query.steps .. ',["where",["=",' .. quote(each[1]) .. "]]"
    end
  end
  if relation.middle then
    query.steps = query.steps .. rows_that_count(relation.first, query.values, between(relation), "where")
  end
  query = relations.narrowed(relation, query)
  if own.order then
    query = Query.clone(query)
    query.usual = relation.usual or usual_order(relation)
  end
  return query
end

-- ------------------------------------------------------------------------------------ from the target

-- The join with the model between, from the rows of the target.
local function join_between(relation, name)
  local target, middle, second, called = relation.target, relation.middle, relation.second, between(relation)
  if second.kind == "belongs_to_many" then
    local pivot = second.pivot_table
    return join_step(pivot, qualified(pivot, second.related_pivot_key, second.pivot), qualified(name, second.related_key, target))
      .. join_step(middle.table, qualified(called, second.local_key, middle),
        qualified(pivot, second.foreign_pivot_key, second.pivot), called)
  elseif second.kind == "belongs_to" then
    return join_step(middle.table, qualified(called, second.foreign_key, middle), qualified(name, second.owner_key, target), called)
  end
  return join_step(middle.table, qualified(called, second.local_key, middle), qualified(name, second.foreign_key, target), called)
end

-- The way back through the model between.
local function way_through(relation, name)
  local first, middle, called = relation.first, relation.middle, between(relation)
  saving.ready(middle)
  for _, each in ipairs({ first, relation.second }) do
    if each.pivot then
      saving.ready(each.pivot)
    end
  end
  local steps = join_between(relation, name)
  if first.kind == "belongs_to_many" then
    local pivot = first.pivot_table
    return steps .. join_step(pivot, qualified(pivot, first.related_pivot_key, first.pivot),
      qualified(called, first.related_key, middle)), qualified(pivot, first.foreign_pivot_key, first.pivot)
  end
  return steps, qualified(called, first.kind == "belongs_to" and first.owner_key or first.foreign_key, middle)
end

--- The steps that lead from the rows of the target to the column that tells whose they are, and
--- that column. `name` is what the query calls the target's table, where it is not its own name.
function relations.way_back(relation, name)
  local target = relation.target
  name = name or target.table
  saving.ready(target)
  if relation.kind == "belongs_to_many" then
    local pivot = relation.pivot_table
    if relation.pivot then
      saving.ready(relation.pivot)
    end
    return join_step(pivot, qualified(pivot, relation.related_pivot_key, relation.pivot), qualified(name, relation.related_key, target)),
      qualified(pivot, relation.foreign_pivot_key, relation.pivot)
  elseif relation.middle then
    return way_through(relation, name)
  end
  return nil, relation.kind == "belongs_to" and relation.owner_key or relation.foreign_key
end

-- ------------------------------------------------------------------------------------ of one record

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

--- A value of the near key as it is bound. A key that refers to records of any model may be of another
--- type than theirs: nil for what cannot be one of theirs.
function relations.bound_key(relation, value)
  local far = relation.far
  if not far then
    local inside = relation.inside
    return (models.cast(inside, inside.by_name[relations.near_key(relation)], value, models.db(inside)))
  end
  local ok, bound = pcall(models.cast, far, far.by_name[relation.far_key], value, models.db(far))
  if ok then
    return bound
  elseif common.is_error(bound) and (bound.code == "cast_error" or bound.code == "out_of_range") then
    return nil
  end
  error(bound, 0)
end

--- A query over the rows of a relation of one record.
function relations.query(record, relation)
  local meta = records.meta(record, "related")
  if relation.leads_anywhere then
    relation = relations.toward_record(relation, record, meta)
  end
  local query = queries.new(relation.target)
  local steps, back = relations.way_back(relation)
  local value = relations.near_value(record, meta, relation)
  if value ~= nil then
    value = relations.bound_key(relation, value)
  end
  if steps then
    query = queries.with(query, steps)
    query.is_joined = true
  end
  query = Query.clone(query)
  if value == nil then
    query.steps = query.steps .. ',["where",["false"]]'
  else
    conditions.push(query.values, value)
    query.steps = query.steps .. ',["where",["=",' .. quote(back) .. "]]"
  end
  query.is_scoped, query.of = true, { record = record, relation = relation }
  return relations.constrained(relation, query)
end

-- -------------------------------------------------------------------------- conditions, joins

local function want_one_model(relation)
  if relation.leads_anywhere then
    fail("not_supported", "relation `" .. relation.name .. "` of model `" .. relation.inside.name
      .. "` leads to several tables, and a statement to one", "`where({ " .. relation.type_key .. " = \"…\", " .. relation.foreign_key
      .. " = Other:where(…) })` asks for those of one model")
  end
  return relation
end

--- The query that finds the rows of a relation of each row of the outer one.
function relations.inner(outer, path, fn)
  local rel, rest = relations.first_of(path, "where_has")
  if rest then
    local last = fn
    fn = function(query)
      return Query.where_has(query, rest, last)
    end
  end
  local inside = outer.inside
  local relation = want_one_model(relation_of(inside, rel))
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
  query = relations.constrained(relation, query, name)
  if fn then
    query = fn(query)
    if not conditions.is_query(query) then
      fail("bad_argument", "the function for relation `" .. rel .. "` returned no query", "`return q:where(…)`")
    end
  end
  return query
end

-- The joins of a relation without what else holds for its rows.
local function plain_joins(relation)
  local inside, target = relation.inside, relation.target
  local own = qualified(inside.table, relations.near_key(relation), inside)
  if relation.kind == "belongs_to_many" then
    local pivot = relation.pivot_table
    return join_step(pivot, qualified(pivot, relation.foreign_pivot_key, relation.pivot), own)
      .. join_step(target.table, qualified(target.table, relation.related_key, target),
        qualified(pivot, relation.related_pivot_key, relation.pivot))
  end
  local far = relation.kind == "belongs_to" and relation.owner_key or relation.foreign_key
  return join_step(target.table, qualified(target.table, far, target), own)
end

-- The joins of a relation; the values of what else holds for its rows are put behind those that are
-- there.
local function joins(relation, values)
  local inside, target = relation.inside, want_one_model(relation).target
  if target.table == inside.table then
    fail("not_supported", "relation `" .. relation.name .. "` leads from `" .. inside.name .. "` to itself, and cannot be joined",
      "`where_has(\"" .. relation.name .. "\", function(q) … end)` finds by its rows")
  end
  relations.way_back(relation)
  if relation.middle then
    local steps = joins(relation.first, values)
    steps = steps .. joins(relation.second, values)
    return relation.own.where == nil and steps or steps .. rows_that_count(relation, values, target.table, "outer")
  end
  local steps, kinds = plain_joins(relation), types_of(relation, target.table)
  if relation.whole then
    kinds[1] = { qualified(inside.table, relation.type_key, inside), target.name }
  end
  for _, each in ipairs(kinds) do
    conditions.push(values, each[2])
    steps = steps .. ',["outer",["=",' .. quote(each[1]) .. "]]"
  end
  return steps .. rows_that_count(relation, values, target.table, "outer")
end

--- The joins of a relation, or of one after the other, for a query with these values.
function relations.join_steps(inside, path, values)
  local rel, rest = relations.first_of(path, "join_related")
  local relation = relation_of(inside, rel)
  local steps = joins(relation, values)
  return rest and steps .. relations.join_steps(relation.target, rest, values) or steps
end

return true
