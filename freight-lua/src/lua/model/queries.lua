-- Queries: immutable; each call gives a new one. A query is the text of its steps and the values
-- for them; the text is at the same time what its SQL is kept under.
local core = ...
local common, models, records, statements, conditions = core.common, core.models, core.records, core.statements,
  core.conditions
local fail, quote, null, forgotten = common.fail, statements.quote, core.null, core.forgotten
local queries = {}

local Query = {}
queries.Query = Query
common.both_spellings(Query, true)

-- Per model: a query finds the scopes of its model too.
local function metatable_of(inside)
  local meta = inside.query_meta
  if not meta then
    meta = {
      __name = "freight.Query",
      __index = function(_, name)
        local found = Query[name]
        if found ~= nil then
          return found
        end
        return inside.scopes[name]
      end,
      __tostring = function(query)
        return (Query.to_sql(query))
      end,
    }
    inside.query_meta = meta
  end
  return meta
end

--- A query of a model, without anything in it.
function queries.new(inside)
  return setmetatable({ inside = inside, steps = "", values = { n = 0 } }, metatable_of(inside))
end

-- A copy that may be changed before anybody sees it.
local function copy(query)
  local out = {}
  for name, value in pairs(query) do
    out[name] = value
  end
  local values = { n = query.values.n }
  for place = 1, values.n do
    values[place] = query.values[place]
  end
  out.values, out.watch = values, nil
  forgotten.use(query)
  forgotten.watch(out)
  return setmetatable(out, getmetatable(query))
end

local function checked(query, what)
  if not conditions.is_query(query) then
    fail("bad_argument", "`" .. what .. "` is a method of a query, and was not called on one",
      "call it with a colon: `query:" .. what .. "(…)`")
  end
  return query
end

queries.checked = checked

local function with_step(query, step)
  local out = copy(query)
  out.steps = out.steps .. "," .. step
  return out
end

-- SQL itself may not be nested deeper.
local DEEPEST = 100

--- What `where(fn)` is called with.
function queries.inner(query)
  local inner = queries.new(query.inside)
  inner.depth = (query.depth or 0) + 1
  if inner.depth > DEEPEST then
    fail("bad_argument", "conditions are nested more than " .. DEEPEST .. " deep")
  end
  return inner
end

-- ------------------------------------------------------------------------------ conditions

local function with_condition(name, word)
  Query[name] = function(self, ...)
    local out = copy(checked(self, name))
    local condition = conditions.of(out.values, out, select("#", ...), ...)
    out.steps = out.steps .. ',["' .. word .. '",' .. condition .. "]"
    out.is_scoped = true
    return out
  end
end

with_condition("where", "where")
with_condition("or_where", "or_where")
with_condition("where_not", "where_not")

-- A method whose condition is made by a function of the column and what else it was given.
local function by_column(name, make)
  Query[name] = function(self, col, ...)
    local out = copy(checked(self, name))
    local condition = make(out.values, out.inside, col, ...)
    out.steps = out.steps .. ',["where",' .. condition .. "]"
    out.is_scoped = true
    return out
  end
end

by_column("where_in", function(values, inside, col, list)
  return conditions.in_what(values, inside, col, list, "in")
end)
by_column("where_not_in", function(values, inside, col, list)
  return conditions.in_what(values, inside, col, list, "not_in")
end)
by_column("where_null", function(values, inside, col)
  return conditions.compare(values, inside, col, "=", null)
end)
by_column("where_not_null", function(values, inside, col)
  return conditions.compare(values, inside, col, "!=", null)
end)
by_column("where_between", function(values, inside, col, low, high)
  return conditions.compare(values, inside, col, "between", { low, high })
end)
by_column("where_not_between", function(values, inside, col, low, high)
  return conditions.compare(values, inside, col, "not_between", { low, high })
end)
by_column("where_like", function(values, inside, col, pattern)
  return conditions.compare(values, inside, col, "like", pattern)
end)
by_column("where_ilike", function(values, inside, col, pattern)
  return conditions.compare(values, inside, col, "ilike", pattern)
end)

for name, around in pairs({ contains = { "%", "%" }, starts = { "", "%" }, ends = { "%", "" } }) do
  by_column("where_" .. name, function(values, inside, col, text)
    conditions.field_of(inside, col)
    common.want(text, "string", "what `where_" .. name .. "` looks for")
    conditions.push(values, around[1] .. core.values.like_escape(text) .. around[2])
    return '["' .. name .. '",' .. quote(col) .. "]"
  end)
end

by_column("where_json", function(values, inside, col, path, ...)
  conditions.field_of(inside, col)
  common.want(path, "string", "the path of `where_json`")
  local op, value = "=", (...)
  if select("#", ...) > 1 then
    op, value = ...
  end
  local kind = type(value)
  if value == nil then
    fail("empty_condition", "the value of `" .. path .. "` is nil", "null in a document is `freight.null`")
  elseif value == null then
    kind = "null"
  elseif kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
    fail("bad_argument", "`where_json` compares with a string, a number, a boolean or `freight.null`, and not a " .. kind)
  end
  if kind ~= "null" then
    conditions.push(values, value)
  end
  return '["json",' .. quote(col) .. "," .. core.json.encode(path) .. "," .. core.json.encode(op) .. ',"' .. kind .. '"]'
end)

--- Rows for which the other query finds some.
function Query:where_exists(query)
  local out = copy(checked(self, "where_exists"))
  checked(query, "where_exists")
  out.steps = out.steps .. ',["where",["exists",' .. conditions.inner(out.values, query) .. "]]"
  out.is_scoped = true
  return out
end

local function related(name, word)
  Query[name] = function(self, rel, fn)
    local out = copy(checked(self, name))
    local inner = core.relations.inner(out, rel, fn)
    out.steps = out.steps .. ',["where",["' .. word .. '",' .. conditions.inner(out.values, inner) .. "]]"
    out.is_scoped = true
    return out
  end
end

related("where_has", "exists")
related("where_missing", "not_exists")

-- ------------------------------------------------------------------------------------ shape

-- An expression of a column, which is no SQL: so what a request says may be sorted by.
local function expression(values, text, what)
  if core.marks.is_fragment(text) then
    for place = 1, text.n do
      conditions.push(values, text[place])
    end
    return '["sql",' .. core.json.encode(text.sql) .. "]"
  end
  common.want(text, "string", what)
  core.check_expression(text)
  return core.json.encode(text)
end

local function expressions(out, what, ...)
  local given = { ... }
  local count = select("#", ...)
  if count == 1 and type(given[1]) == "table" and getmetatable(given[1]) == nil then
    given = given[1]
    count = #given
  end
  local list = {}
  for place = 1, count do
    list[place] = expression(out.values, given[place], what)
  end
  if count == 0 then
    fail("bad_argument", what .. " is missing")
  end
  return table.concat(list, ",")
end

--- The columns of the rows.
function Query:select(...)
  local out = copy(checked(self, "select"))
  out.steps = out.steps .. ',["select",' .. expressions(out, "a column of `select`", ...) .. "]"
  out.is_selected = true
  return out
end

function Query:distinct()
  return with_step(checked(self, "distinct"), '["distinct"]')
end

local directions = { asc = "asc", desc = "desc" }

local function direction(word)
  local found = directions[tostring(word or "asc"):lower()]
  if not found then
    fail("bad_argument", "`" .. common.shown(word) .. "` is no direction", "it is `ASC` or `DESC`")
  end
  return found
end

--- Sorts; several add up. `nulls` is `first` or `last`.
function Query:order_by(expr, dir, nulls)
  local out = copy(checked(self, "order_by"))
  if type(dir) == "table" then
    local own = common.options(dir, { dir = "string", nulls = "string" }, "`order_by`")
    dir, nulls = own.dir, own.nulls
  end
  if type(expr) == "string" and dir == nil then
    local own, word = expr:match("^%s*(.-)%s+(%a+)%s*$")
    if own and directions[word:lower()] and not own:find("%s[aA][sS]$") then
      expr, dir = own, word
    end
  end
  if nulls ~= nil and nulls ~= "first" and nulls ~= "last" then
    fail("bad_argument", "`nulls` is `first` or `last`, and not `" .. tostring(nulls) .. "`")
  end
  local text = expression(out.values, expr, "what `order_by` sorts by")
  out.steps = out.steps .. ',["order",' .. text .. ',"' .. direction(dir) .. '",'
    .. (nulls and '"' .. nulls .. '"' or "null") .. "]"
  local order = {}
  for place, each in ipairs(out.order or {}) do
    order[place] = each
  end
  order[#order + 1] = { expr = expr, dir = direction(dir), nulls = nulls }
  out.order = order
  return out
end

--- Sorts from the largest to the smallest.
function Query:order_by_desc(expr)
  return Query.order_by(checked(self, "order_by_desc"), expr, "desc")
end

--- Forgets the order; with an expression, sorts by it instead.
function Query:reorder(...)
  local out = with_step(checked(self, "reorder"), '["reorder"]')
  out.order = nil
  if select("#", ...) > 0 then
    return Query.order_by(out, ...)
  end
  return out
end

function Query:group_by(...)
  local out = copy(checked(self, "group_by"))
  out.steps = out.steps .. ',["group",' .. expressions(out, "a column of `group_by`", ...) .. "]"
  out.is_grouped = true
  return out
end

--- A condition on groups, in SQL.
function Query:having(sql, ...)
  local out = copy(checked(self, "having"))
  local condition
  if core.marks.is_fragment(sql) then
    condition = '["sql",' .. core.json.encode(sql.sql) .. "]"
    for place = 1, sql.n do
      conditions.push(out.values, sql[place])
    end
  else
    common.want(sql, "string", "what `having` takes")
    condition = conditions.by_sql(out.values, out.inside, sql, select("#", ...), ...)
  end
  out.steps = out.steps .. ',["having",' .. condition .. "]"
  return out
end

local function whole(value, least, what)
  local number = tonumber(value)
  if not number or number % 1 ~= 0 or number < least or number > 2 ^ 53 then
    fail("bad_argument", what .. " is a whole number from " .. least .. " on, and not " .. common.shown(value))
  end
  return number
end
queries.whole = whole

local function written(number)
  return ("%d"):format(number)
end

function Query:limit(n)
  local out = copy(checked(self, "limit"))
  out.most, out.is_limited = whole(n, 0, "a limit"), true
  return out
end

function Query:offset(n)
  local out = copy(checked(self, "offset"))
  out.skipped, out.is_limited = whole(n, 0, "an offset"), true
  return out
end

-- Where they stand among the steps makes no difference, so that a relation can have them per record.
local function limits(query)
  local most = query.most and ',["limit",' .. written(query.most) .. "]" or ""
  return query.skipped and most .. ',["offset",' .. written(query.skipped) .. "]" or most
end

--- The rows of a page, from 1 on; 25 of them when nothing is said.
function Query:paginate(page, per)
  page, per = whole(page or 1, 1, "a page"), whole(per or 25, 1, "the rows of a page")
  return Query.offset(Query.limit(checked(self, "paginate"), per), (page - 1) * per)
end

for name, kind in pairs({ join = "inner", left_join = "left", right_join = "right" }) do
  Query[name] = function(self, target, on)
    local out = copy(checked(self, name))
    local of = models.is_model(target) and models.inside(target, name).table or target
    common.want(of, "string", "the table of `" .. name .. "`")
    if not conditions.is_name(of) then
      fail("unsafe_sql", "`" .. common.shown(of) .. "` is no name of a table", "give the name alone; what it is joined on comes second")
    end
    local condition
    if core.marks.is_fragment(on) then
      condition = '["sql",' .. core.json.encode(on.sql) .. "]"
      for place = 1, on.n do
        conditions.push(out.values, on[place])
      end
    else
      common.want(on, "string", "what `" .. name .. "` joins on")
      core.check_join(on)
      condition = core.json.encode(on)
    end
    out.steps = out.steps .. ',["join","' .. kind .. '",' .. quote(of) .. "," .. condition .. "]"
    out.is_joined = true
    return out
  end
end

--- Joins the table of a relation.
function Query:join_related(rel)
  local out = copy(checked(self, "join_related"))
  out.steps = out.steps .. core.relations.join_steps(out.inside, rel, out.values)
  out.is_joined = true
  return out
end

--- Loads relations with the rows: names, or `{ name = function(query) … end }`.
function Query:include(...)
  local out = copy(checked(self, "include"))
  out.includes = core.relations.wanted(out.inside, out.includes, ...)
  return out
end
Query.with, Query.preload = Query.include, Query.include

--- Adds a scope of the model.
function Query:scope(name, ...)
  local scope = checked(self, "scope").inside.scopes[name]
  if not scope then
    local known = {}
    for each in pairs(self.inside.scopes) do
      known[#known + 1] = each
    end
    table.sort(known)
    fail("unknown_option", "model `" .. self.inside.name .. "` has no scope `" .. common.shown(name) .. "`",
      #known > 0 and "there are `" .. table.concat(known, "`, `") .. "`" or "scopes are an option of the model")
  end
  return scope(self, ...)
end

for name, word in pairs({ with_deleted = "with", only_deleted = "only", unscoped = "with" }) do
  Query[name] = function(self)
    local out = copy(checked(self, name))
    out.deleted = word
    return out
  end
end

--- Lets `update` and `delete` change every row.
function Query:all_rows()
  local out = copy(checked(self, "all_rows"))
  out.is_scoped = true
  return out
end

--- Keeps the rows from being changed by others until the transaction ends.
function Query:lock(mode, opts)
  local own = common.options(opts, { skip_locked = "boolean", nowait = "boolean" }, "`lock`")
  mode = mode or "update"
  if mode ~= "update" and mode ~= "share" then
    fail("bad_argument", "`lock` takes `update` or `share`, and not `" .. tostring(mode) .. "`")
  end
  -- SQLite has one writer: a transaction of its usual mode keeps all others out, and in one that has
  -- only read, writing fails when another was quicker. Rows that somebody else has locked there are not.
  if models.db(checked(self, "lock").inside).driver == "sqlite" and not own.nowait then
    return Query.clone(self)
  end
  local wait = own.skip_locked and '"skip_locked"' or own.nowait and '"nowait"' or "null"
  return with_step(checked(self, "lock"), '["lock","' .. mode .. '",' .. wait .. "]")
end

--- A comment in front of the SQL, which logs show.
function Query:comment(text)
  common.want(text, "string", "a comment")
  return with_step(checked(self, "comment"), '["comment",' .. core.json.encode(text) .. "]")
end

--- Plain tables instead of records.
function Query:as_rows()
  local out = copy(checked(self, "as_rows"))
  out.is_plain = true
  return out
end

--- How relations of these records are loaded that were not asked for.
function Query:lazy_loading(mode)
  local out = copy(checked(self, "lazy_loading"))
  out.lazy = core.relations.lazy_mode(mode)
  return out
end

--- Asks the primary server and no replica. There are no replicas: every query does.
function Query:on_primary()
  return copy(checked(self, "on_primary"))
end

function Query:clone()
  return copy(checked(self, "clone"))
end

-- ------------------------------------------------------------------------------------ text

--- The text of a query with `last` as its last steps, and its values.
function queries.text(query, last)
  local inside = query.inside
  forgotten.use(query)
  local scope = ""
  if inside.options.soft_delete and query.deleted ~= "with" then
    scope = query.deleted == "only" and ',["outer",["not_null","deleted_at"]]' or ',["outer",["null","deleted_at"]]'
  end
  local header = query.head or query.is_joined and core.saving.joined_header(inside) or core.saving.header(inside)
  local usual = query.usual and not query.order and query.usual or ""
  return "[" .. header .. scope .. query.steps .. usual .. limits(query) .. (last or "") .. "]", query.values
end

--- The SQL of a query and its values in order; the table is there.
function queries.sql(query, last, more)
  local db = core.saving.ready(query.inside)
  local text, values = queries.text(query, last)
  local sql, order = statements.sql(db, text)
  if more then
    local all = { n = values.n + more.n }
    for place = 1, values.n do
      all[place] = values[place]
    end
    for place = 1, more.n do
      all[values.n + place] = more[place]
    end
    values = all
  end
  return db, sql, statements.ordered(values, order)
end

--- The SQL with `?` for its values, and the values; with `native`, as the database numbers them.
function Query:to_sql(opts)
  local own = common.options(opts, { native = "boolean" }, "`to_sql`")
  local db, sql, values = queries.sql(checked(self, "to_sql"))
  if own.native and db.driver == "postgresql" then
    local texts = {}
    for place = 1, values.n do
      texts[place] = "$" .. place
    end
    sql = core.spread(db, sql, texts)
  end
  return sql, values
end

-- A method of a query is one of its model too, where it begins one.
function queries.lend(names)
  for _, name in ipairs(names) do
    models.Class[name] = models.Class[name] or function(self, ...)
      local query = queries.new(models.inside(self, name))
      return Query[name](query, ...)
    end
  end
end

queries.lend({
  "where", "or_where", "where_not", "where_in", "where_not_in", "where_null", "where_not_null", "where_between",
  "where_not_between", "where_like", "where_ilike", "where_contains", "where_starts", "where_ends", "where_json",
  "where_exists", "where_has", "where_missing", "select", "distinct", "order_by", "order_by_desc", "group_by",
  "limit", "offset", "paginate", "join", "left_join", "right_join", "join_related", "include", "with", "preload",
  "scope", "with_deleted", "only_deleted", "unscoped", "all_rows", "lock", "comment", "lazy_loading", "as_rows",
  "on_primary", "to_sql",
})

--- A query without anything in it.
function models.Class:query()
  return queries.new(models.inside(self, "query"))
end

table.insert(models.finishers, function(inside, own)
  for name, scope in pairs(own.scopes or {}) do
    common.want(scope, "function", "scope `" .. tostring(name) .. "` of model `" .. inside.name .. "`")
    if Query[name] then
      fail("bad_argument", "scope `" .. name .. "` of model `" .. inside.name .. "` is called like a method of queries")
    end
    inside.scopes[name] = scope
    if not models.Class[name] then
      inside.own[name] = function(_, ...)
        return scope(queries.new(inside), ...)
      end
    end
  end
end)

return queries
