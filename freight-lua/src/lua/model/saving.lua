-- Saving: how a record becomes a row, changes it, and goes.
local core = ...
local common, models, records, statements, hooks = core.common, core.models, core.records, core.statements, core.hooks
local validation, events, null = core.validation, core.events, core.null
local fail, Db, insert_record = common.fail, core.database.Db, core.insert_record
local Class, Instance = models.Class, models.Instance
local saving = {}

-- ------------------------------------------------------------------------------------- ready

--- The handle of a model, whose table is there.
local function ready(inside)
  local db = inside.db or models.db(inside)
  if inside.ready ~= db then
    inside.ready = core.model_tables.ensure(inside, db) and db or nil
  end
  return db
end
saving.ready = ready

local function make_header(inside, names_all)
  local named = {}
  for _, field in ipairs(inside.fields) do
    if names_all or field.column ~= field.name then
      named[#named + 1] = statements.quote(field.name) .. ":" .. statements.quote(field.column)
    end
  end
  local header = '{"table":' .. statements.quote(inside.table) .. ',"key":' .. statements.list(inside.key)
  if #named > 0 then
    header = header .. ',"columns":{' .. table.concat(named, ",") .. "}"
  end
  return header .. "}"
end

--- The head of every query of a model.
function saving.header(inside)
  inside.header = inside.header or make_header(inside, false)
  return inside.header
end

--- The head of a query with joins: it names all fields, so that a name is that of the model's own
--- column and not one of another table's.
function saving.joined_header(inside)
  inside.joined_header = inside.joined_header or make_header(inside, true)
  return inside.joined_header
end

-- The condition that finds the row of a record.
local function key_steps(inside)
  local steps = inside.key_steps
  if not steps then
    if #inside.key == 0 then
      fail("missing_primary_key", "model `" .. inside.name .. "` has no primary key", "use a query: `where(…)`")
    end
    local list = {}
    for place, name in ipairs(inside.key) do
      list[place] = ',["where",["=",' .. statements.quote(name) .. "]]"
    end
    steps = table.concat(list)
    inside.key_steps = steps
  end
  return steps
end

--- The values of a record's key, as it was read.
local function key_values(inside, record, meta)
  local values = { n = #inside.key }
  for place, name in ipairs(inside.key) do
    local value = Instance.original(record, name)
    if value == nil then
      fail("missing_primary_key", "the record of `" .. inside.name .. "` was read without its key `" .. name .. "`",
        "select the key too")
    end
    values[place] = models.cast(inside, inside.by_name[name], value, models.db(inside))
  end
  return values
end
saving.key_steps, saving.key_values = key_steps, key_values

local function now_for(db, field)
  local digits = field.precision or db.driver == "mysql" and 0 or 6
  return core.as_time(field.kind == "date" and "date" or "datetime", core.time.now(), digits)
end

local function put_now(inside, record, meta, db, name)
  local field = inside.by_name[name]
  local text = now_for(db, field)
  records.put(record, meta, name, field.as == "epoch" and core.time.parse(text) or text)
end

-- ------------------------------------------------------------------------------------ insert

-- Whether the database gives the rows of an INSERT back.
local has_returning = setmetatable({}, { __mode = "k" })

local function returns(db)
  local found = has_returning[db]
  if found == nil then
    found = core.has_returning(db)
    has_returning[db] = found
  end
  return found
end
saving.returns = returns

-- What a record gets before it is looked at: values of functions, keys that are made here, times.
local function fill(inside, record, meta, db, own)
  local made = inside.made_defaults
  if not made then
    made = {}
    for _, field in ipairs(inside.fields) do
      local is_uuid_key = #inside.key == 1 and field.name == inside.key[1] and field.kind == "uuid"
        and (field.default == nil or models.is_expression(field))
      if type(field.default) == "function" then
        made[#made + 1] = { field.name, field.default }
      elseif is_uuid_key then
        made[#made + 1] = { field.name, core.crypto.uuid7 }
      end
    end
    inside.made_defaults = made
  end
  for _, each in ipairs(made) do
    local name = each[1]
    if records.current(record, meta, name) == nil and not (meta.nulls and meta.nulls[name]) then
      records.put(record, meta, name, each[2](record))
    end
  end
  if inside.options.timestamps and own.touch ~= false then
    for _, name in ipairs({ "created_at", "updated_at" }) do
      if records.current(record, meta, name) == nil then
        put_now(inside, record, meta, db, name)
      end
    end
  end
end

saving.fill = fill

-- The columns that an INSERT names, and their values. A field with a default that the script has
-- taken away again is NULL; one that has nothing to say is left to the database.
local function columns_of(inside, record, meta, db)
  local node = inside.inserts
  if not node then
    node = { fields = {} }
    inside.inserts = node
  end
  local values, held, count, has_fragment = {}, {}, 0, false
  for place, field in ipairs(inside.fields) do
    local name = field.name
    local value = rawget(record, name)
    if field.shadowed then
      value = records.current(record, meta, name)
    end
    local is_sent = value ~= nil
    if field.generated then
      is_sent = false
    elseif not is_sent then
      is_sent = meta.nulls and meta.nulls[name]
        or field.default ~= nil and type(field.default) ~= "function" and not models.is_expression(field)
      value = null
    end
    if is_sent then
      count = count + 1
      local bound, kept = models.cast(inside, field, value, db)
      local is_fragment = core.marks.is_fragment(bound)
      values[count], has_fragment = bound, has_fragment or is_fragment
      if kept == nil and bound ~= null and not is_fragment then
        kept = bound
      end
      held[place] = kept
      local next_node = node[place]
      if not next_node then
        next_node = { fields = {} }
        for number, each in ipairs(node.fields) do
          next_node.fields[number] = each
        end
        next_node.fields[count] = field
        node[place] = next_node
      end
      node = next_node
    end
  end
  values.n = count
  if has_fragment then
    -- What the database works out is read back, whatever else is known.
    node.worked_out = node.worked_out or { fields = node.fields, determined = false }
    node = node.worked_out
  end
  return node, values, held
end

-- True when the row is known without asking: every field was sent, or is NULL, or the key that
-- the database has numbered.
local function is_determined(inside, node)
  local sent = {}
  for _, field in ipairs(node.fields) do
    sent[field] = true
  end
  for _, field in ipairs(inside.fields) do
    local is_left = not sent[field] and field ~= inside.numbered
    if is_left and (field.default ~= nil or field.generated or field.native or field.auto_increment) then
      return false
    end
  end
  return true
end

local function names_of(fields)
  local names = {}
  for place, field in ipairs(fields) do
    names[place] = field.name
  end
  return names
end

local function all_names(inside)
  local names = inside.all_names
  if not names then
    names = names_of(inside.fields)
    inside.all_names = names
  end
  return names
end

saving.all_names, saving.is_determined = all_names, is_determined

--- The SQL of an INSERT of one row; with `tail`, what stands behind its columns.
local function insert_sql(inside, db, fields, rows, tail)
  local list = {}
  for place, field in ipairs(fields) do
    list[place] = field.name
  end
  local text = "[" .. saving.header(inside) .. ',["insert",' .. statements.list(list) .. "," .. rows .. "," .. tail .. "]]"
  return statements.sql(db, text)
end
saving.insert_sql = insert_sql

-- What was sent is what is there.
local function take_sent(inside, record, meta, values, held, node, key)
  meta.is_new, meta.nulls = nil, nil
  meta.names = all_names(inside)
  for place, field in ipairs(inside.fields) do
    local value = held[place]
    if value == nil and field == inside.numbered then
      value = key
    end
    records.put(record, meta, field.name, value)
    meta[place] = value == nil and null or value
  end
  meta.set = nil
  for place, field in ipairs(node.fields) do
    local text = values[place]
    if field.kind == "json" and type(text) == "string" then
      -- As it will be read: a null in it is not there.
      meta[field.place] = text
      records.put(record, meta, field.name, (core.convert(records.shape(inside, "")[1], field.column, text)))
    end
  end
end

-- Reads the row of a key that was just written.
local function read_back(inside, db, values)
  local text = "[" .. saving.header(inside) .. key_steps(inside) .. "]"
  local sql, order = statements.sql(db, text)
  local shape, meta = records.shape(inside, sql), records.single(inside)
  local fresh = statements.record(db, sql, statements.ordered(values, order), shape, meta)
  meta.names = shape[2]
  return fresh
end
saving.read_back = read_back

local function insert_row(inside, record, meta, db)
  local node, values, held = columns_of(inside, record, meta, db)
  if db.driver == "sqlite" and node.determined == nil then
    node.determined = is_determined(inside, node)
  end
  local is_returning = not node.determined and returns(db)
  if not node.sql or node.db ~= db then
    node.sql = insert_sql(inside, db, node.fields, 1, is_returning and '{"returning":["*"]}' or "{}")
    node.db = db
  end
  if is_returning then
    local shape, fresh_meta = records.shape(inside, node.sql), records.single(inside)
    local fresh = statements.record(db, node.sql, values, shape, fresh_meta)
    fresh_meta.names, fresh_meta.loaded = shape[2], meta.loaded
    records.take(record, fresh)
    return
  end
  statements.execute(db, node.sql, values)
  local key = inside.numbered and held[inside.numbered.place] == nil and db:last_insert_id() or nil
  if node.determined then
    return take_sent(inside, record, meta, values, held, node, key)
  end
  local wanted = { n = #inside.key }
  for place, name in ipairs(inside.key) do
    local field = inside.by_name[name]
    wanted[place] = held[field.place] == nil and key or held[field.place]
  end
  records.take(record, read_back(inside, db, wanted))
end

-- -------------------------------------------------------------------------------- save

local function in_transaction(inside, db, own, fn)
  -- Counters and dependents go with the record, whether hooks run or not.
  if inside.has_companions then
    core.relations.prepare(inside)
  end
  if inside.has_companions or own.hooks ~= false and inside.needs_transaction then
    return db:transaction(fn)
  end
  return fn()
end
saving.in_transaction = in_transaction

local NOTHING = {}

-- What comes before a row is written: the record is looked at, and the hooks run unless none is to.
local function before_writing(inside, record, meta, own, event)
  if own.validate ~= false then
    if event then
      hooks.run(inside, "before_validate", record)
    end
    validation.check(inside, record, meta)
    if event then
      hooks.run(inside, "after_validate", record)
    end
  end
  if event then
    hooks.run(inside, "before_save", record)
    hooks.run(inside, event, record)
  end
end

-- What comes after it.
local function after_writing(inside, record, db, event)
  if event then
    hooks.run(inside, event, record)
    hooks.run(inside, "after_save", record)
    hooks.wait(inside, db, record)
  end
end

local function insert(inside, record, meta, own)
  local db = ready(inside)
  local runs = own.hooks ~= false and next(inside.hooks) ~= nil
  local function all()
    fill(inside, record, meta, db, own)
    before_writing(inside, record, meta, own, runs and "before_create")
    insert_row(inside, record, meta, db)
    events.written(db, record)
    after_writing(inside, record, db, runs and "after_create")
    core.relations.saved(inside, record, db, nil)
  end
  if runs or inside.needs_transaction then
    in_transaction(inside, db, own, function()
      all()
    end)
  else
    all()
  end
  return record
end

local function gone(inside, record)
  local code = inside.options.version and "stale_object" or "not_found"
  local err = common.made(code, code == "stale_object" and tostring(record) .. " was changed or deleted by somebody else"
    or tostring(record) .. " is not there any more", "`reload()` it, and try again")
  err.model, err.table = inside.name, inside.table
  error(err, 0)
end

local function update_row(inside, record, meta, db, own)
  local changed, bound, held = records.changes(inside, record, meta, db)
  if #changed == 0 then
    return nil
  end
  if inside.options.timestamps and own.touch ~= false then
    local is_given = false
    for _, field in ipairs(changed) do
      is_given = is_given or field.name == "updated_at"
    end
    if not is_given then
      put_now(inside, record, meta, db, "updated_at")
      changed, bound, held = records.changes(inside, record, meta, db)
    end
  end
  local key = key_values(inside, record, meta)
  local steps, version = key_steps(inside), nil
  local values = { n = key.n }
  for place = 1, key.n do
    values[place] = key[place]
  end
  if inside.options.version then
    version = Instance.original(record, "lock_version") or 0
    local field = inside.by_name.lock_version
    steps = steps .. ',["where",["=","lock_version"]]'
    values.n = values.n + 1
    values[values.n] = version
    local count = #changed + 1
    for place, each in ipairs(changed) do
      count = each == field and place or count
    end
    changed[count], bound[count], held[count] = field, version + 1, version + 1
  end
  local has_fragment = false
  for place = 1, #changed do
    values[values.n + place] = bound[place]
    has_fragment = has_fragment or core.marks.is_fragment(bound[place])
  end
  values.n = values.n + #changed
  local text = "[" .. saving.header(inside) .. steps .. ',["update",' .. statements.list(names_of(changed)) .. "]]"
  local sql, order = statements.sql(db, text)
  if statements.execute(db, sql, statements.ordered(values, order)) == 0 then
    gone(inside, record)
  end
  records.settle(record, meta, changed, bound, held)
  if has_fragment or inside.is_computed then
    Instance.reload(record)
  end
  return changed
end

local function update(inside, record, meta, own)
  local db = ready(inside)
  local runs = own.hooks ~= false and next(inside.hooks) ~= nil
  local function all()
    local changed
    if runs or own.validate ~= false then
      changed = records.changes(inside, record, meta, db)
    end
    if changed and #changed == 0 then
      return
    end
    before_writing(inside, record, meta, own, runs and "before_update")
    local before = inside.counters and core.relations.counted(inside, record)
    if not update_row(inside, record, meta, db, own) then
      return
    end
    events.written(db, record)
    after_writing(inside, record, db, runs and "after_update")
    core.relations.saved(inside, record, db, before)
  end
  if runs or inside.needs_transaction then
    in_transaction(inside, db, own, all)
  else
    all()
  end
  return record
end

-- A record whose writing was undone: its row is looked at again. One that is not there is new.
local function settle_doubt(inside, record, meta, state)
  local db = ready(inside)
  state.is_doubtful = nil
  local fresh = read_back(inside, db, key_values(inside, record, meta))
  if fresh then
    return records.rebase(record, fresh)
  end
  local new = records.single(inside)
  new.is_new, new.set, new.loaded = true, state.set, state.loaded
  if inside.numbered then
    rawset(record, inside.numbered.name, nil)
  end
  return setmetatable(record, new)
end

local function save(record, own)
  local meta = records.meta(record, "save")
  local state = records.state(record, meta)
  if state.is_doubtful then
    settle_doubt(meta.inside, record, meta, state)
    meta = getmetatable(record)
    state = records.state(record, meta)
  end
  if state.is_deleted then
    local err = common.made("deleted", tostring(record) .. " was deleted, and cannot be saved")
    err.model = meta.inside.name
    error(err, 0)
  end
  if meta.is_new then
    return insert(meta.inside, record, meta, own)
  end
  return update(meta.inside, record, meta, own)
end
saving.save = save

local function options_of(opts, what)
  if opts == nil then
    return NOTHING
  end
  return common.options(opts, records.save_options, what)
end

--- Writes a new record, or the changes of one that was read.
function Instance:save(opts)
  return save(self, options_of(opts, "`save`"))
end

--- Assigns values, and saves.
function Instance:update(values, opts)
  local meta = records.meta(self, "update")
  local own = options_of(opts, "`update`")
  records.assign(meta.inside, self, meta, values, own)
  return save(self, own)
end

--- A record that is saved.
function Class:create(data, opts)
  if opts == nil and type(data) == "table" then
    local meta = type(self) == "table" and getmetatable(self)
    local inside = meta and meta.inside or models.inside(self, "create")
    local db = inside.quick_create
    local record = db and getmetatable(db) == Db and insert_record(db, inside.writer, inside.insert_shape, data)
      or core.writing.create(inside, data)
    if record then
      return record
    end
  end
  local inside = models.inside(self, "create")
  local own = options_of(opts, "`create`")
  return save(records.new(inside, data, own), own)
end

--- A record that is not saved yet.
function Class:new(data, opts)
  local inside = models.inside(self, "new")
  return records.new(inside, data, options_of(opts, "`new`"))
end

-- ------------------------------------------------------------------------------ delete

local function delete_row(inside, record, meta, db, is_hard)
  local steps, values = key_steps(inside), key_values(inside, record, meta)
  local text
  if inside.options.soft_delete and not is_hard then
    local field = inside.by_name.deleted_at
    local now = now_for(db, field)
    text = "[" .. saving.header(inside) .. ',["outer",["null","deleted_at"]]' .. steps .. ',["update",["deleted_at"]]]'
    values.n = values.n + 1
    values[values.n] = now
    local sql, order = statements.sql(db, text)
    if statements.execute(db, sql, statements.ordered(values, order)) == 0 then
      return false
    end
    local held = field.as == "epoch" and core.time.parse(now) or now
    records.settle(record, meta, { field }, { now }, { held })
    return true
  end
  text = "[" .. saving.header(inside) .. steps .. ',["delete"]]'
  local sql, order = statements.sql(db, text)
  return statements.execute(db, sql, statements.ordered(values, order)) > 0
end

--- Deletes the row: softly where the model says so. False when it was gone already.
function Instance:delete(opts)
  local meta = records.meta(self, "delete")
  local inside, own = meta.inside, common.options(opts, { hard = "boolean", hooks = "boolean" }, "`delete`")
  local state = records.state(self, meta)
  if meta.is_new then
    fail("bad_argument", "a record that was never saved cannot be deleted")
  elseif state.is_deleted then
    return false
  end
  local db, was_there = ready(inside), false
  core.relations.prepare(inside, true)
  local is_hard = own.hard or not inside.options.soft_delete
  in_transaction(inside, db, own, function()
    if own.hooks ~= false then
      hooks.run(inside, "before_delete", self)
    end
    core.relations.depart(inside, self, is_hard)
    local counted = core.relations.counted(inside, self)
    was_there = delete_row(inside, self, meta, db, is_hard)
    if was_there and own.hooks ~= false then
      hooks.run(inside, "after_delete", self)
      hooks.wait(inside, db, self)
    end
    if was_there then
      core.relations.gone(inside, db, counted)
    end
    state.is_deleted = is_hard or nil
    events.written(db, self)
  end)
  return was_there
end

--- Another name for `delete`, which no column takes away.
function Instance:delete_instance(opts)
  return Instance.delete(self, opts)
end

--- Takes a soft deletion back.
function Instance:restore()
  local meta = records.meta(self, "restore")
  local inside = meta.inside
  if not inside.options.soft_delete then
    fail("not_supported", "model `" .. inside.name .. "` has no soft deletion", "give it `soft_delete = true`")
  end
  records.put(self, meta, "deleted_at", nil)
  return save(self, { validate = false })
end

-- --------------------------------------------------------------------------- read again

local function read_again(record, what, more)
  local meta = records.meta(record, what)
  local inside = meta.inside
  if meta.is_new then
    fail("bad_argument", "a record that was never saved has no row to read")
  end
  local db = ready(inside)
  local values = key_values(inside, record, meta)
  local sql, order = statements.sql(db, "[" .. saving.header(inside) .. key_steps(inside) .. (more or "") .. "]")
  local shape, fresh_meta = records.shape(inside, sql), records.single(inside)
  local fresh = statements.record(db, sql, statements.ordered(values, order), shape, fresh_meta)
  if not fresh then
    local err = common.made("not_found", tostring(record) .. " is not there any more")
    err.model, err.table = inside.name, inside.table
    error(err, 0)
  end
  fresh_meta.names = shape[2]
  local state = records.state(record, meta)
  state.loaded, state.set = nil, nil
  return records.take(record, fresh)
end

--- Reads the row again; changes and loaded relations are forgotten.
function Instance:reload()
  return read_again(self, "reload")
end

--- Reads the row again and keeps others from changing it until the transaction ends.
function Instance:lock(mode)
  local meta = records.meta(self, "lock")
  local db = models.db(meta.inside)
  mode = mode or "update"
  if mode ~= "update" and mode ~= "share" then
    fail("bad_argument", "`lock` takes `update` or `share`, and not `" .. tostring(mode) .. "`")
  end
  if not db:in_transaction() then
    fail("no_transaction", "a lock lasts until the end of a transaction, and none is open",
      "`db:transaction(function() … end)`")
  end
  -- A transaction of SQLite that writes has locked the whole database.
  local is_locked = db.driver == "sqlite"
  return read_again(self, "lock", not is_locked and ',["lock","' .. mode .. '",null]' or nil)
end

--- Adds to a number in the database itself, so that nobody else's addition is lost.
function Instance:increment(col, by)
  local meta = records.meta(self, "increment")
  local inside = meta.inside
  local field = records.want_number(inside, col, "increment")
  local db = ready(inside)
  local values = key_values(inside, self, meta)
  values.n = values.n + 1
  values[values.n] = by == nil and 1 or models.cast(inside, field, by, db)
  local steps = key_steps(inside)
  local name = statements.quote(col)
  local sql, order = statements.sql(db, "[" .. saving.header(inside) .. steps .. ',["update",[' .. name .. "],{" .. name
    .. ':"increment"}]]')
  if statements.execute(db, sql, statements.ordered(values, order)) == 0 then
    gone(inside, self)
  end
  values.n = values.n - 1
  sql, order = statements.sql(db, "[" .. saving.header(inside) .. steps .. ',["select",' .. name .. "]]")
  local fresh = statements.record(db, sql, statements.ordered(values, order), records.shape(inside, sql), nil)
  records.settle(self, meta, { field }, { fresh[col] }, { fresh[col] })
  return self
end

--- Sets `updated_at`, or another time, to now.
function Instance:touch(col)
  local meta = records.meta(self, "touch")
  local inside = meta.inside
  col = col or "updated_at"
  if not inside.by_name[col] then
    records.unknown_field(inside, col)
  end
  put_now(inside, self, meta, models.db(inside), col)
  return save(self, { validate = false, hooks = false })
end

return saving
