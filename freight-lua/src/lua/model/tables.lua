-- Tables of models: made before their first statement, where the handle says so.
local core = ...
local common, models, Db = core.common, core.models, core.database.Db
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
tables.declared = declared

-- A model, and before it those that it refers to and whose tables are missing.
local function missing_of(db, inside, out, is_seen)
  if is_seen[inside] then
    return
  end
  is_seen[inside] = true
  if not db:table_exists(inside.table) then
    for _, field in ipairs(inside.fields) do
      local target = field.references and models.find(db, field.references.table)
      if target then
        missing_of(db, target, out, is_seen)
      end
    end
    out[#out + 1] = inside.table
  end
end

-- Per handle: true where tables were made in a transaction that may still be open, and takes them
-- along when it is undone.
local is_unsettled = setmetatable({}, { __mode = "k" })

--- Makes the table of a model, and those that it refers to, where they are missing. False where it
--- has to be looked for again, because it may be gone with the transaction.
function tables.ensure(inside, db)
  if not makes[db] then
    return true
  end
  local missing, is_open = {}, db:in_transaction()
  missing_of(db, inside, missing, {})
  if not is_open then
    is_unsettled[db] = nil
  end
  if #missing == 0 then
    return not is_unsettled[db]
  elseif is_open and db.driver == "mysql" then
    local err = common.made("missing_table", "the table of model `" .. inside.name
      .. "` is missing, and MySQL makes none in a transaction without ending it",
      "call `db:auto_migrate()` before the transaction")
    err.model, err.table = inside.name, inside.table
    error(err, 0)
  end
  is_unsettled[db] = is_open or nil
  for _, sql in ipairs(core.create_sql(db, declared(models.all(db)), missing)) do
    local ok, problem = pcall(db.exec, db, sql)
    -- Another process may have been quicker.
    if not ok and not db:table_exists(inside.table) then
      error(problem, 0)
    end
  end
  return not is_open
end

-- ------------------------------------------------------------------------------ auto_migrate

local function chosen(db, ...)
  local given, list = { ... }, {}
  if #given == 0 then
    return models.all(db)
  end
  for place, model in ipairs(given) do
    local inside = models.is_model(model) and models.inside(model, "auto_migrate") or models.find(db, model)
    if not inside then
      fail("unknown_model", "no model is called `" .. tostring(model) .. "`")
    end
    list[place] = inside
  end
  return list
end

--- The SQL that `auto_migrate` would run.
function Db:plan(...)
  local wanted = {}
  for place, inside in ipairs(chosen(self, ...)) do
    wanted[place] = inside.table
  end
  local out = {}
  for _, step in ipairs(core.additions(self, declared(models.all(self)), wanted)) do
    for _, sql in ipairs(step.statements) do
      out[#out + 1] = sql
    end
  end
  return out
end

--- Makes what is missing of the tables of models: tables, columns, indexes and unique constraints.
--- Nothing is dropped and no type is changed. What fails is reported, and not raised.
function Db:auto_migrate(...)
  local report = { success = true, changes = 0, errors = {}, created_tables = {}, added_columns = {}, created_indexes = {} }
  local wanted, by_table = {}, {}
  for place, inside in ipairs(chosen(self, ...)) do
    wanted[place] = inside.table
    by_table[inside.table] = inside
  end
  local function failed(name, problem)
    report.success = false
    report.errors[#report.errors + 1] = { model = name, error = problem }
  end
  local ok, steps = pcall(core.additions, self, declared(models.all(self)), wanted)
  if not ok then
    failed("", steps)
    return report
  end
  for _, step in ipairs(steps) do
    local done, problem = pcall(function()
      for _, sql in ipairs(step.statements) do
        self:exec(sql)
      end
    end)
    if not done then
      failed(step.table and by_table[step.table] and by_table[step.table].name or step.table or "", problem)
    else
      report.changes = report.changes + 1
      if step.kind == "table" then
        report.created_tables[#report.created_tables + 1] = step.table
      end
      for _, column in ipairs(step.columns) do
        report.added_columns[#report.added_columns + 1] = { table = step.table, column = column }
      end
      for _, index in ipairs(step.indexes) do
        report.created_indexes[#report.created_indexes + 1] = index
      end
    end
  end
  return report
end

--- A model of this handle: defines it, or gives the one that is there.
function Db:model(name, def, opts)
  return models.define(self, name, def, opts)
end

return tables
