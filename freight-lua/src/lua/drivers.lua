-- `sqlite`, `mysql` and `postgresql`: the ways to open a database.
local core = ...
local common, database = core.common, core.database
local drivers = {}

local function encoded(text)
  return (tostring(text):gsub("[^%w%-%._~]", function(char)
    return string.format("%%%02X", char:byte())
  end))
end

-- What `connect` takes beside the options of every database.
local places = {
  host = "string", port = "number, string", user = "string", password = "string", database = "string",
  username = "=user", dbname = "=database",
}

-- The options of every database, and more.
local function known_with(more)
  local known = {}
  for _, options in ipairs({ more, database.options }) do
    for name, kind in pairs(options) do
      known[name] = kind
    end
  end
  return known
end

local known = known_with(places)
local known_of_file = known_with({ database = "string", dbname = "=database" })

local function url_of(scheme, own)
  local account = encoded(own.user or (scheme == "mysql" and "root" or "postgres"))
  if own.password then
    account = account .. ":" .. encoded(own.password)
  end
  local host = own.host or "localhost"
  if host:find(":", 1, true) and not host:find("[", 1, true) then
    host = "[" .. host .. "]"
  end
  local url = scheme .. "://" .. account .. "@" .. host
  if own.port then
    url = url .. ":" .. tostring(own.port)
  end
  return url .. "/" .. encoded(own.database or "")
end

local function server(name, scheme)
  local driver = {}

  function driver.open(url, opts)
    return database.open(url, opts, "`" .. name .. ".open`")
  end

  function driver.connect(where, opts)
    local what = "`" .. name .. ".connect`"
    if type(where) == "string" then
      return database.open(where, opts, what)
    end
    local own = common.options(where, known, what)
    local url = url_of(scheme, own)
    for place in pairs(places) do
      own[place] = nil
    end
    return database.open(url, own, what)
  end

  --- The version of the client, which is Freight's own; `db:server_version()` is the server's.
  function driver.version()
    return core.version
  end

  return common.both_spellings(driver)
end

drivers.mysql = server("mysql", "mysql")
drivers.postgresql = server("postgresql", "postgres")
drivers.sqlite = common.both_spellings({})

--- Opens a file, and makes it where it is missing.
function drivers.sqlite.open(path, opts)
  common.want(path, "string", "what `sqlite.open` opens")
  local url = path == ":memory:" and path or path:gsub("[%%?#]", function(char)
    return string.format("%%%02X", char:byte())
  end)
  return database.open("sqlite:" .. url, opts, "`sqlite.open`")
end

function drivers.sqlite.memory(opts)
  return database.open("sqlite::memory:", opts, "`sqlite.memory`")
end

--- Opens the file that the options name.
function drivers.sqlite_by_options(opts)
  local own = common.options(opts, known_of_file, "`freight.open`")
  local path = own.database
  own.database = nil
  if not path then
    common.fail("bad_argument", "`freight.open(\"sqlite\")` is not told which file", "give `database`, or `:memory:`")
  end
  return drivers.sqlite.open(path, own)
end

--- The version of the library that is built in.
function drivers.sqlite.version()
  local db = drivers.sqlite.memory()
  local version = db:server_version()
  db:close()
  return version
end

return drivers
