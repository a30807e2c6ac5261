-- Changes of many rows at once, and how the database would find them.
local core = ...
local common, models, records, statements, queries = core.common, core.models, core.records, core.statements, core.queries
local conditions, saving = core.conditions, core.saving
local fail, quote, checked = common.fail, statements.quote, queries.checked
local Query, Class = queries.Query, models.Class

local function want_scope(query, what)
  if not query.is_scoped then
    fail("unscoped_write", "`" .. what .. "` without a condition would change every row of `" .. query.inside.table .. "`",
      "give it a `where`, or say `all_rows()`")
  end
end

local function now_of(inside, db, name)
  local field = inside.by_name[name]
  return models.cast(inside, field, core.time.now(), db)
end

-- Fields to set, in the order of their names, and their values.
local function assignments(inside, values, db)
  local names, bound = {}, { n = 0 }
  for name in pairs(common.want(values, "table", "what `update` sets")) do
    if not inside.by_name[name] then
      records.unknown_field(inside, name)
    end
    names[#names + 1] = name
  end
  table.sort(names)
  for place, name in ipairs(names) do
    local value = models.cast(inside, inside.by_name[name], values[name], db)
    bound.n, bound[place] = place, value
  end
  return names, bound
end

local function change(query, names, bound, increments)
  local inside, db = query.inside, core.saving.ready(query.inside)
  local set = {}
  for _, name in ipairs(names) do
    set[name] = true
  end
  local added = {}
  for name in pairs(increments or {}) do
    added[#added + 1] = name
  end
  local function also(name, value, is_added)
    if not set[name] then
      names[#names + 1] = name
      bound.n = bound.n + 1
      bound[bound.n] = value
      added[#added + 1] = is_added and name or nil
    end
  end
  if inside.options.timestamps then
    also("updated_at", now_of(inside, db, "updated_at"))
  end
  if inside.options.version then
    also("lock_version", 1, true)
  end
  table.sort(added)
  for place, name in ipairs(added) do
    added[place] = quote(name) .. ':"increment"'
  end
  local last = ',["update",' .. statements.list(names) .. (#added > 0 and ",{" .. table.concat(added, ",") .. "}" or "") .. "]"
  local _, sql, values = queries.sql(query, last, bound)
  return statements.execute(db, sql, values)
end

--- Sets fields of all rows of the query: how many it matched. No hooks run.
function Query:update(values)
  local inside = checked(self, "update").inside
  want_scope(self, "update")
  local names, bound = assignments(inside, values, core.saving.ready(inside))
  if #names == 0 then
    return 0
  end
  return change(self, names, bound)
end

--- Adds to a field of all rows of the query: how many it matched.
function Query:increment(col, by)
  local inside = checked(self, "increment").inside
  want_scope(self, "increment")
  local field = records.want_number(inside, col, "increment")
  local value = by == nil and 1 or models.cast(inside, field, by, models.db(inside))
  if field.required then
    return change(self, { col }, { n = 1, value }, { [col] = true })
  end
  local _, sum = statements.addition(models.db(inside), field, value)
  return change(self, { col }, { n = 1, sum })
end

--- Deletes all rows of the query, softly where the model says so: how many it matched.
function Query:delete(opts)
  local inside = checked(self, "delete").inside
  local own = common.options(opts, { hard = "boolean" }, "`delete`")
  want_scope(self, "delete")
  if inside.options.soft_delete and not own.hard then
    local db = core.saving.ready(inside)
    return change(self, { "deleted_at" }, { n = 1, now_of(inside, db, "deleted_at") })
  end
  local db, sql, values = queries.sql(own.hard and Query.with_deleted(self) or self, ',["delete"]')
  return statements.execute(db, sql, values)
end

--- Deletes every row: how many there were.
function Class:delete_all()
  return Query.delete(Query.all_rows(queries.new(models.inside(self, "delete_all"))))
end

--- Empties the table.
function Class:truncate()
  local inside = models.inside(self, "truncate")
  local db = core.saving.ready(inside)
  local parts = {}
  for part in inside.table:gmatch("[^%.]+") do
    parts[#parts + 1] = core.quote(db, part)
  end
  local word = db.driver == "sqlite" and "DELETE FROM " or "TRUNCATE TABLE "
  db:execute(word .. table.concat(parts, "."))
  return true
end

local explain_analyze = { PostgreSQL = "EXPLAIN ANALYZE ", MySQL = "EXPLAIN ANALYZE ", MariaDB = "ANALYZE " }

--- How the database would find the rows; with `analyze` it finds them, and measures.
function Query:explain(opts)
  local own = common.options(opts, { analyze = "boolean" }, "`explain`")
  local db, sql, values = queries.sql(checked(self, "explain"))
  local head = db.driver == "sqlite" and "EXPLAIN QUERY PLAN " or "EXPLAIN "
  if own.analyze then
    head = explain_analyze[core.product(db)]
    if not head then
      fail("not_supported", "SQLite tells how it would find rows, and measures nothing", "leave `analyze` out")
    end
  end
  local full = db:query_full(head .. sql, conditions.unpack(values, 1, values.n))
  local lines = {}
  for place, row in ipairs(full.rows) do
    if db.driver == "sqlite" then
      lines[place] = row.detail
    else
      local parts = {}
      for _, column in ipairs(full.columns) do
        parts[#parts + 1] = #full.columns == 1 and tostring(row[column])
          or row[column] ~= nil and column .. "=" .. tostring(row[column]) or nil
      end
      lines[place] = table.concat(parts, " ")
    end
  end
  return table.concat(lines, "\n")
end

queries.lend({ "update", "delete", "increment", "explain" })

return true
