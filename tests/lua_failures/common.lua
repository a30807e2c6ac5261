-- What the scripts of this folder share: ways to end a connection from outside, and to look at an
-- error.
local url, driver = arg[1], arg[2]
local common = { is_server = driver ~= "sqlite" }

--- The number that the server has for the connection of a handle.
function common.number(db)
  return db:query_value(driver == "postgres" and "SELECT pg_backend_pid()" or "SELECT connection_id()")
end

--- Ends a connection from outside, and waits until it is gone.
function common.kill(number)
  local killer = freight.open(url)
  if driver == "postgres" then
    -- It waits for so many milliseconds for the end of the process.
    assert(killer:query_value("SELECT pg_terminate_backend(?, 5000)", number) == true)
  else
    killer:exec("KILL CONNECTION " .. number)
    local sql = "SELECT count(*) FROM information_schema.processlist WHERE id = ?"
    for _ = 1, 1000 do
      if killer:query_value(sql, number) == 0 then
        break
      end
      freight.time.sleep(5)
    end
  end
  killer:close()
end

--- Calls a method that must fail with an error of this code, and returns the error.
function common.refused(code, fn, ...)
  local result, err = freight.try(fn, ...)
  if not err or err.code ~= code then
    error("`" .. code .. "` was expected, and not " .. tostring(err and err.code .. ": " .. err.message or result), 2)
  end
  return err
end

--- Every way to run a statement.
common.statements = {
  function(db) return db:exec("INSERT INTO log VALUES (90, 'x')") end,
  function(db) return db:execute("INSERT INTO log VALUES (91, ?)", "x") end,
  function(db) return db:query("SELECT * FROM log") end,
  function(db) return db:query_row("SELECT * FROM log WHERE id = ?", 1) end,
  function(db) return db:query_value("SELECT count(*) FROM log") end,
  function(db) return db:query_full("SELECT * FROM log") end,
  function(db) return db:tables() end,
  function(db) return db:table_info("log") end,
  function(db)
    for _ in db:rows("SELECT * FROM log") do
    end
  end,
}

function common.count(db)
  return db:query_value("SELECT count(*) FROM log")
end

--- Runs a function in a coroutine up to its first yield.
function common.started(fn)
  local co = coroutine.create(fn)
  local ok, problem = coroutine.resume(co)
  assert(ok, tostring(problem))
  return co
end

return common
