-- What tests/bench/lua_servers.rs measures: a name, seconds of the processor and seconds of the
-- clock on each line. `arg[1]` is the URL, `arg[2]` what to do, `arg[3]` how often, and `arg[4]`
-- the library: `freight`, or one of LuaSQL, which has no values apart from the text.
local url, what, times, library = arg[1], arg[2], tonumber(arg[3]), arg[4]
local client = {}

if library == "freight" then
  local db = freight.open(url)
  function client.all(sql, ...)
    return db:query(sql, ...)
  end
  function client.one(sql, ...)
    return db:query_row(sql, ...)
  end
  function client.change(sql, ...)
    return db:execute(sql, ...)
  end
  function client.transaction(fn)
    return db:transaction(fn)
  end
  client.now = freight.time.monotonic
else
  local environment = assert(require(library)[library:match("%.(%w+)$")]())
  local user, password, host, port, database = url:match("://([^:@]*):?([^@]*)@([^:/]+):(%d+)/([%w_]+)")
  local connection = assert(environment:connect(database, user, password, host, tonumber(port)))
  local function filled(sql, ...)
    local place, values = 0, { ... }
    return (sql:gsub("%?", function()
      place = place + 1
      local value = values[place]
      return type(value) == "number" and tostring(value) or "'" .. connection:escape(value) .. "'"
    end))
  end
  function client.all(sql, ...)
    local cursor = assert(connection:execute(filled(sql, ...)))
    local rows = {}
    local row = cursor:fetch({}, "a")
    while row do
      rows[#rows + 1] = row
      row = cursor:fetch({}, "a")
    end
    cursor:close()
    return rows
  end
  function client.one(sql, ...)
    return client.all(sql, ...)[1]
  end
  function client.change(sql, ...)
    return assert(connection:execute(filled(sql, ...)))
  end
  function client.transaction(fn)
    connection:setautocommit(false)
    fn()
    connection:commit()
    connection:setautocommit(true)
  end
  -- Plain Lua has a clock of whole seconds alone; the server has a better one.
  local clock = library == "luasql.mysql" and "SELECT UNIX_TIMESTAMP(SYSDATE(6)) AS now"
    or "SELECT extract(epoch FROM clock_timestamp()) AS now"
  function client.now()
    return tonumber(client.one(clock).now)
  end
end

local function measured(name, work)
  collectgarbage()
  collectgarbage()
  local processor, clock = os.clock(), client.now()
  work()
  print(("%s\t%.9f\t%.9f"):format(name, os.clock() - processor, client.now() - clock))
end

local works = {}

function works.fetch()
  measured("fetch", function()
    assert(#client.all("SELECT * FROM things") == 100000)
  end)
end

function works.peak()
  local rows = client.all("SELECT * FROM things")
  assert(#rows == 100000)
  for line in io.lines("/proc/self/status") do
    local kilobytes = line:match("^VmHWM:%s*(%d+)")
    if kilobytes then
      print("peak\t" .. kilobytes .. "\t0")
    end
  end
end

function works.all()
  measured("point", function()
    for id = 1, times do
      local row = client.one("SELECT id, one, three, word, flag FROM things WHERE id = ?", id)
      assert(tonumber(row.id) == id)
    end
  end)
  measured("page of 20", function()
    for start = 1, times / 10 do
      assert(#client.all("SELECT * FROM things WHERE id > ? ORDER BY id LIMIT 20", start) == 20)
    end
  end)
  client.change("DELETE FROM log")
  measured("insert", function()
    client.transaction(function()
      for id = 1, times do
        client.change("INSERT INTO log VALUES (?, ?, ?)", id, "a word", id / 2)
      end
    end)
  end)
  measured("update", function()
    client.transaction(function()
      for id = 1, times do
        client.change("UPDATE log SET number = number + 1 WHERE id = ?", id)
      end
    end)
  end)
  -- Last, because what it frees is sorted by whatever asks for memory next.
  works.fetch()
end

works[what]()
