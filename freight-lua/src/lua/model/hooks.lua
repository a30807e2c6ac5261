-- Hooks: functions of the script that run around what happens to a record.
local core = ...
local common, models = core.common, core.models
local Class = models.Class
local hooks = {}

local events = {
  "before_validate", "after_validate", "before_save", "after_save", "before_create", "after_create", "before_update",
  "after_update", "before_delete", "after_delete", "after_commit", "after_rollback", "after_find",
}

-- What is to be undone when one of these fails, or waits for the end, needs a transaction.
local needs_transaction = {
  after_save = true, after_create = true, after_update = true, after_delete = true, after_commit = true,
  after_rollback = true,
}

for _, event in ipairs(events) do
  --- Runs a function at this event; it gets the record. Several run in the order in which they came.
  Class[event] = function(self, fn)
    local inside = models.inside(self, event)
    common.want(fn, "function", "what `" .. event .. "` runs")
    local list = inside.hooks[event] or {}
    list[#list + 1] = fn
    inside.hooks[event] = list
    -- What was found out about the short ways holds no more.
    inside.find_db, inside.writer = nil, nil
    models.find_quickly(inside, nil)
    models.create_quickly(inside, nil)
    models.update_quickly(inside, nil)
    inside.needs_transaction = inside.needs_transaction or needs_transaction[event]
    return self
  end
end

--- Runs the hooks of an event. A hook from before that returns exactly `false` stops what was to
--- happen.
function hooks.run(inside, event, record)
  local list = inside.hooks[event]
  if not list then
    return
  end
  for _, fn in ipairs(list) do
    if fn(record) == false and event:sub(1, 7) == "before_" then
      local err = common.made("hook_aborted", "a hook of `" .. event .. "` of model `" .. inside.name .. "` returned false")
      err.model = inside.name
      error(err, 0)
    end
  end
end

-- What it raises has nobody to go to: what was asked for is done.
local function run_alone(inside, event, record)
  for _, fn in ipairs(inside.hooks[event]) do
    local ok, problem = pcall(fn, record)
    if not ok then
      io.stderr:write(("[freight] a hook of `%s` of model `%s` failed: %s\n"):format(event, inside.name, tostring(problem)))
    end
  end
end

--- Lets the hooks of the end of the transaction wait for it.
function hooks.wait(inside, db, record)
  if inside.hooks.after_rollback then
    db:after_rollback(function()
      run_alone(inside, "after_rollback", record)
    end)
  end
  if inside.hooks.after_commit then
    db:after_commit(function()
      run_alone(inside, "after_commit", record)
    end)
  end
end

return hooks
