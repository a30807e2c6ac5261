-- Tables of models: made before their first statement, where the handle says so, and brought along
-- by `auto_migrate`.
local core = ...
local common, models, relations, Db = core.common, core.models, core.relations, core.database.Db
local fail = common.fail
local tables = {}

-- Per handle: whether missing tables are made.
local makes = setmetatable({}, { __mode = "k" })

--- Says whether missing tables of a handle's models are made.
function tables.make_missing(db, is_made)
  makes[db] = is_made
end

-- What models declare, for the functions of Rust.
local function declared(list)
  local out = {}
  for place, inside in ipairs(list) do
    local text, lines = models.declared(inside)
    out[place] = { text, inside.file, inside.line, lines }
  end
  for _, each in ipairs(core.declared.list) do
    out[#out + 1] = each
  end
  return out
end

-- The tables between models that no model declares, with the models on their other side.
local function pivots(inside)
  local found = {}
  for _, relation in ipairs(inside.relation_list) do
    if relation.kind == "belongs_to_many" and models.find(inside.db, relation.target_name) then
      relations.resolve(relation)
      if not relation.pivot then
        found[#found + 1] = relation
      end
    end
  end
  return found
end

-- A model and all that it needs: what it refers to, and what that refers to.
local function with_needed(inside)
  local list, is_seen = {}, {}
  local function add(one)
    if is_seen[one] then
      return
    end
    is_seen[one] = true
    list[#list + 1] = one
    for _, field in ipairs(one.fields) do
      local target = field.follows and models.find(one.db, field.follows.table)
      if target then
        add(target)
      end
    end
    for _, relation in ipairs(one.relation_list) do
      local target = relation.kind == "belongs_to_many" and models.find(one.db, relation.target_name)
      if target then
        add(target)
      end
    end
  end
  add(inside)
  return list
end

-- -------------------------------------------------------------------------------- one by one

local transactional = {}

-- Runs statements: all of them or none, where definitions are part of transactions.
local function run(db, statements)
  if transactional[db.driver] == nil then
    transactional[db.driver] = core.transactional(db)
  end
  local function all()
    for _, sql in ipairs(statements) do
      db:exec(sql)
    end
  end
  if transactional[db.driver] and #statements > 1 then
    db:transaction(all)
  else
    all()
  end
end

-- -------------------------------------------------------------------------- before first use

-- A model, and those that it refers to, as far as their tables are missing.
local function missing_of(db, inside, out, is_seen)
  if is_seen[inside] then
    return
  end
  is_seen[inside] = true
  if not db:table_exists(inside.table) then
    out[#out + 1] = inside.table
    for _, field in ipairs(inside.fields) do
      local target = field.follows and models.find(inside.db, field.follows.table)
      if target then
        missing_of(db, target, out, is_seen)
      end
    end
  end
  for _, relation in ipairs(pivots(inside)) do
    local pivot = relation.pivot_table
    if not is_seen[pivot] and not db:table_exists(pivot) then
      is_seen[pivot] = true
      out[#out + 1] = pivot
      missing_of(db, relation.target, out, is_seen)
    end
  end
end

local function missing_for(db, inside)
  local out = {}
  missing_of(db, inside, out, {})
  return out
end

-- Per handle: true where tables were made in a transaction that may still be open, and takes them
-- along when it is undone.
local is_unsettled = setmetatable({}, { __mode = "k" })

--- Makes the table of a model, and those that it needs, where they are missing. False where it has to
--- be looked for again, because it may be gone with the transaction.
function tables.ensure(inside, db)
  if not makes[db] then
    return true
  end
  local missing, is_open = missing_for(db, inside), db:in_transaction()
  if not is_open then
    is_unsettled[db] = nil
  end
  if #missing == 0 then
    return not is_unsettled[db]
  elseif is_open and not core.transactional(db) then
    local err = common.made("missing_table", "the table `" .. missing[1]
      .. "` is not there, and making it would end the transaction", "call `db:auto_migrate()` before the transaction begins")
    err.model, err.table = inside.name, missing[1]
    error(err, 0)
  end
  is_unsettled[db] = is_open or nil
  while #missing > 0 do
    local ok, problem = pcall(function()
      local statements = {}
      for _, step in ipairs(core.additions(db, declared(with_needed(inside)), missing)) do
        for _, sql in ipairs(step.statements) do
          statements[#statements + 1] = sql
        end
      end
      run(db, statements)
    end)
    local before = #missing
    missing = missing_for(db, inside)
    -- Where another process was quicker, what it has made is no longer missing.
    if not ok and #missing >= before then
      error(problem, 0)
    elseif ok and #missing > 0 then
      fail("missing_table", "the table `" .. missing[1] .. "` was made, and is not there")
    end
  end
  return not is_open
end

-- ------------------------------------------------------------------------------ auto_migrate

-- What models refer to whose table is missing too: without it theirs could not be made.
local function add_missing_parents(db, list)
  local is_seen = {}
  for _, inside in ipairs(list) do
    is_seen[inside] = true
  end
  -- The list grows while it is read: parents have parents.
  local place = 1
  while list[place] do
    for _, field in ipairs(list[place].fields) do
      local target = field.follows and models.find(list[place].db, field.follows.table)
      if target and not is_seen[target] then
        is_seen[target] = true
        list[#list + 1] = not db:table_exists(target.table) and target or nil
      end
    end
    place = place + 1
  end
  return list
end

-- The models that are meant, and the parents that they need.
local function chosen(db, ...)
  local count, list = select("#", ...), {}
  for place = 1, count do
    local model = select(place, ...)
    local inside
    if models.is_model(model) then
      inside = models.inside(model, "auto_migrate")
    else
      inside = models.find(db, common.want(model, "string", "a model of `auto_migrate`"))
    end
    if not inside then
      fail("unknown_model", "no model is called `" .. model .. "`", "define it: `db:model(\"" .. model .. "\", { … })`")
    end
    list[place] = inside
  end
  return count == 0 and models.all(db) or add_missing_parents(db, list)
end

-- The tables of models, and those between two of them; and the model of each.
local function tables_of(list)
  local wanted, by_table, is_chosen = {}, {}, {}
  for place, inside in ipairs(list) do
    wanted[place], by_table[inside.table], is_chosen[inside] = inside.table, inside, true
  end
  for _, inside in ipairs(list) do
    for _, relation in ipairs(pivots(inside)) do
      if is_chosen[relation.target] and not by_table[relation.pivot_table] then
        wanted[#wanted + 1] = relation.pivot_table
        by_table[relation.pivot_table] = inside
      end
    end
  end
  return wanted, by_table
end

--- The SQL that `auto_migrate` would run.
function Db:plan(...)
  local wanted = tables_of(chosen(self, ...))
  local out = {}
  for _, step in ipairs(core.additions(self, declared(models.all(self)), wanted)) do
    for _, sql in ipairs(step.statements) do
      out[#out + 1] = sql
    end
  end
  return out
end

-- A row that is there has to have something in a column that must not be NULL.
local function require_empty(db, step)
  if #step.empty > 0 and db:query_value("SELECT 1 FROM " .. step.quoted .. " LIMIT 1") ~= nil then
    local column = step.empty[1]
    local err = common.made("not_null_violation", "column `" .. column .. "` of table `" .. step.table
      .. "` is required and has no default, and the table has rows",
      "give it a default, or add it in a migration that fills it")
    err.table, err.column = step.table, column
    error(err, 0)
  end
end

local function make(db, step, list)
  require_empty(db, step)
  if step.rebuilds then
    core.rebuild(db, list, step.table)
  else
    run(db, step.statements)
  end
end

local function note(report, step)
  if step.kind == "table" then
    report.created_tables[#report.created_tables + 1] = step.table
  end
  for _, column in ipairs(step.columns) do
    report.added_columns[#report.added_columns + 1] = { table = step.table, column = column }
  end
  for _, index in ipairs(step.indexes) do
    report.created_indexes[#report.created_indexes + 1] = index
  end
  report.changes = #report.created_tables + #report.added_columns + #report.created_indexes
end

local function failed(report, name, problem)
  report.success = false
  report.errors[#report.errors + 1] = { model = name, error = problem }
end

-- True where the database lacks what a step would have made: nobody else was quicker.
local function is_left(db, step, list)
  if step.table == "" then
    return true
  end
  local ok, left = pcall(core.additions, db, list, { step.table })
  return not ok or #left > 0
end

-- Makes what the tables of models lack; false where it cannot be told what that is.
local function bring_along(db, report, wanted, list, by_table)
  local ok, steps = pcall(core.additions, db, list, wanted)
  if not ok then
    return false, steps
  end
  for _, step in ipairs(steps) do
    local done, problem = pcall(make, db, step, list)
    if done then
      note(report, step)
    elseif is_left(db, step, list) then
      local inside = by_table[step.table]
      failed(report, inside and inside.name or step.table, problem)
    end
  end
  return true
end

--- Makes what is missing of the tables of models: tables, columns, indexes and unique constraints.
--- Nothing is dropped and no type is changed. What fails is reported, and not raised.
function Db:auto_migrate(...)
  local report = { success = true, changes = 0, errors = {}, created_tables = {}, added_columns = {}, created_indexes = {} }
  local list = chosen(self, ...)
  local wanted, by_table = tables_of(list)
  if bring_along(self, report, wanted, declared(models.all(self)), by_table) then
    return report
  end
  -- A model is wrong, and the others are not to wait for it.
  local is_reported, is_chosen = {}, {}
  for _, inside in ipairs(list) do
    is_chosen[inside] = true
  end
  for _, inside in ipairs(list) do
    local needed, meant = with_needed(inside), {}
    for _, one in ipairs(needed) do
      meant[#meant + 1] = is_chosen[one] and one or nil
    end
    local own = tables_of(meant)
    local ok, problem = bring_along(self, report, own, declared(needed), by_table)
    if not ok and not is_reported[tostring(problem)] then
      is_reported[tostring(problem)] = true
      failed(report, inside.name, problem)
    end
  end
  return report
end

--- A model of this handle: defines it, or gives the one that is there.
function Db:model(name, def, opts)
  return models.define(self, name, def, opts)
end

return tables
