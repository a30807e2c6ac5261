-- Saving: how a record becomes a row, changes it, and goes.
local core = ...
local common, models, records, statements, hooks = core.common, core.models, core.records, core.statements, core.hooks
local validation, events, saving = core.validation, core.events, core.saving
local fail, create_record, save_record, remove_record = common.fail, core.create_record, core.save_record, core.remove_record
local Class, Instance = models.Class, models.Instance
local ready, key_steps, key_values = saving.ready, saving.key_steps, saving.key_values
local now_for, put_now, read_back = saving.now_for, saving.put_now, saving.read_back
local updating = core.updating

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

saving.before_writing, saving.after_writing = before_writing, after_writing

local function insert(inside, record, meta, own)
  local db = ready(inside)
  local runs = own.hooks ~= false and next(inside.hooks) ~= nil
  local function all()
    saving.fill(inside, record, meta, db, own)
    before_writing(inside, record, meta, own, runs and "before_create")
    local is_keyed = inside.numbered and rawget(record, inside.numbered.name) ~= nil
    saving.insert_row(inside, record, meta, db)
    events.written(db, record, is_keyed and "keyed" or "created")
    after_writing(inside, record, db, runs and "after_create")
    core.relations.saved(inside, record, db, nil)
  end
  if runs or inside.needs_transaction then
    in_transaction(inside, db, own, all)
  else
    all()
  end
  return record
end

-- The place of a field among those that were changed, or the one behind them.
local function place_of(changed, field)
  for place, each in ipairs(changed) do
    if each == field then
      return place
    end
  end
  return #changed + 1
end

local function update_row(inside, record, meta, db, own, changed, bound, held)
  if inside.options.timestamps and own.touch ~= false then
    local field = inside.by_name.updated_at
    local place = place_of(changed, field)
    if place > #changed then
      local now = now_for(db, field)
      changed[place], bound[place] = field, now
      held[place] = field.as == "epoch" and core.time.parse(now) or now
    end
  end
  local key = key_values(inside, record, meta)
  local steps, version = key_steps(inside), nil
  local values = { n = key.n }
  for place = 1, key.n do
    values[place] = key[place]
  end
  if inside.options.version then
    local field = inside.by_name.lock_version
    version = Instance.original(record, "lock_version")
    if version == nil then
      fail("bad_argument", "the record of `" .. inside.name .. "` was read without its `lock_version`", "select it too")
    end
    steps = steps .. ',["where",["=","lock_version"]]'
    values.n = values.n + 1
    values[values.n] = version
    local place = place_of(changed, field)
    changed[place], bound[place], held[place] = field, version + 1, version + 1
  end
  local has_fragment = false
  for place = 1, #changed do
    values[values.n + place] = bound[place]
    has_fragment = has_fragment or core.marks.is_fragment(bound[place])
  end
  values.n = values.n + #changed
  local text = "[" .. saving.header(inside) .. steps .. ',["update",' .. statements.list(saving.names_of(changed)) .. "]]"
  local sql, order = statements.sql(db, text)
  if statements.execute(db, sql, statements.ordered(values, order)) == 0 then
    saving.gone(inside, record)
  end
  records.settle(record, meta, changed, bound, held)
  if has_fragment or inside.is_computed then
    Instance.reload(record)
  end
end

local function update(inside, record, meta, own)
  local db = ready(inside)
  local runs = own.hooks ~= false and next(inside.hooks) ~= nil
  local function all()
    local changed, bound, held = records.changes(inside, record, meta, db)
    if #changed == 0 then
      return
    end
    before_writing(inside, record, meta, own, runs and "before_update")
    if runs then
      -- Hooks change records too.
      changed, bound, held = records.changes(inside, record, meta, db)
      if #changed == 0 then
        return
      end
    end
    local before = inside.counters and core.relations.counted(inside, record)
    update_row(inside, record, meta, db, own, changed, bound, held)
    events.written(db, record)
    after_writing(inside, record, db, runs and "after_update")
    core.relations.saved(inside, record, db, before)
  end
  if runs or inside.needs_transaction then
    in_transaction(inside, db, own, all)
  else
    all()
  end
  updating.prepare(inside, db)
  return record
end

-- A record whose writing was undone: its row is looked at again. One that is not there is new.
local function settle_doubt(inside, record, meta, state)
  local db = ready(inside)
  local fresh = read_back(inside, db, key_values(inside, record, meta))
  local is_there = fresh and records.is_row_of(record, meta, db, fresh)
  state.is_doubtful, state.is_unmade = nil, nil
  return is_there and records.rebase(record, fresh) or records.renew(record)
end

-- The metatable of a record, whose row is not that of another one.
local function meta_of_own(record, what)
  local meta = records.meta(record, what)
  local state = records.state(record, meta)
  if not state.is_unmade then
    return meta
  end
  settle_doubt(meta.inside, record, meta, state)
  return getmetatable(record)
end

local function save(record, own)
  local meta = records.meta(record, "save")
  local state = records.state(record, meta)
  if state.is_doubtful then
    settle_doubt(meta.inside, record, meta, state)
    meta = getmetatable(record)
  end
  if records.is_gone(record, meta) then
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
  if opts == nil and (save_record(self) or updating.save(self)) then
    return self
  end
  return save(self, options_of(opts, "`save`"))
end

--- Assigns values, and saves.
function Instance:update(values, opts)
  local meta = records.meta(self, "update")
  local own = options_of(opts, "`update`")
  records.assign(meta.inside, self, meta, values, own)
  if opts == nil and (save_record(self) or updating.save(self)) then
    return self
  end
  return save(self, own)
end

--- A record that is saved.
function Class:create(data, opts)
  local record = opts == nil and create_record(self, data)
  if record then
    return record
  end
  local inside = models.inside(self, "create")
  record = opts == nil and type(data) == "table" and core.writing.create(inside, data)
  if record then
    return record
  end
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
  if opts == nil then
    local was_there = remove_record(self)
    if was_there == nil then
      was_there = updating.delete(self)
    end
    if was_there ~= nil then
      return was_there
    end
  end
  local meta = meta_of_own(self, "delete")
  local inside, own = meta.inside, common.options(opts, { hard = "boolean", hooks = "boolean" }, "`delete`")
  if meta.is_new then
    fail("bad_argument", "a record that was never saved cannot be deleted")
  elseif records.is_gone(self, meta) then
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
    records.set_gone(self, meta, is_hard or nil)
    events.written(db, self)
  end)
  updating.prepare(inside, db)
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
  local meta = meta_of_own(record, what)
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

-- Adds to a number of a row: what stands there then. `is_there` says that it is not NULL.
local function add_to_row(inside, record, meta, db, field, by, is_there)
  local values, steps, addition = key_values(inside, record, meta), key_steps(inside), nil
  values.n = values.n + 1
  addition, values[values.n] = statements.addition(db, field, by, is_there)
  local sql, order = statements.sql(db, "[" .. saving.header(inside) .. steps .. addition .. "]")
  if statements.execute(db, sql, statements.ordered(values, order)) == 0 then
    saving.gone(inside, record)
  end
  values.n = values.n - 1
  sql, order = statements.sql(db, "[" .. saving.header(inside) .. steps .. ',["select",' .. statements.quote(field.name) .. "]]")
  local row = statements.row(db, sql, statements.ordered(values, order))
  local value = row and row[field.column]
  if value == nil then
    return nil
  end
  return (core.convert(records.shape(inside, "")[1], field.column, value))
end

--- Adds to a number in the database itself, so that nobody else's addition is lost.
function Instance:increment(col, by)
  local meta = meta_of_own(self, "increment")
  local inside = meta.inside
  local field = records.want_number(inside, col, "increment")
  local db = ready(inside)
  by = by == nil and 1 or models.cast(inside, field, by, db)
  local is_there = records.first(self, meta, col) ~= nil
  local value = add_to_row(inside, self, meta, db, field, by, is_there)
  if value == nil then
    -- Somebody has taken it away meanwhile.
    value = add_to_row(inside, self, meta, db, field, by, false)
  end
  records.settle(self, meta, { field }, { value }, { value })
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
