-- Queries that nobody used: with `freight.debug` on, one that is collected without ever having been
-- run, extended or printed is told with its line. It is nearly always a forgotten assignment, since
-- each method gives a new query.
local core = ...
local fields = core.fields
local forgotten = {}

-- What the collector calls a function for: tables cannot have one before Lua 5.2.
local function on_collection(fn)
  if newproxy then
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = fn
    return proxy
  end
  return setmetatable({}, { __gc = fn })
end

--- Watches a query that was just made, where that is wanted.
function forgotten.watch(query)
  if not core.freight.debug then
    return
  end
  local watch, name = {}, query.inside.name
  local file, line = fields.call_site()
  watch.guard = on_collection(function()
    if not watch.is_used then
      io.stderr:write(("[freight] the query of model `%s` made at %s:%d was never used\n"):format(name, file, line))
    end
  end)
  query.watch = watch
end

--- The query was run, extended or printed.
function forgotten.use(query)
  local watch = query.watch
  if watch then
    watch.is_used = true
  end
end

return forgotten
