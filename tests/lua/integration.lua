-- The programs of the guide to databases run unchanged: every file of tests/fixtures/integration
-- is one of its examples, letter by letter. The ones about Redis follow where a server is.
--
-- What an example names and does not define comes from an environment that is given to it. Where it
-- names a server on `localhost`, a stand-in sees what it was given and connects to the one of the
-- tests. `10_redis_setup` needs a server with a password: tests/lua_redis.rs runs it.
local url, driver = arg[1], arg[2]
local folder = assert(arg[0]:match("^(.*)/lua/[^/]*$")) .. "/fixtures/integration/"
local ran = { ["10_redis_setup"] = true }

-- Runs an example; `names` are those of its own variables that are wanted.
local function run(example, environment, names)
  ran[example] = true
  local file = assert(io.open(folder .. example .. ".lua", "rb"))
  local text = file:read("*a")
  file:close()
  if names then
    text = text .. "\nreturn { " .. names:gsub("%w[%w_]*", "%0 = %0") .. " }"
  end
  return assert(load(text, "@" .. example, "t", setmetatable(environment, { __index = _G })))()
end
local function equal(got, want)
  assert(got == want, tostring(got) .. " is not " .. tostring(want))
end

-- ---- 15: models, on a database without their table; the others have a table of that name
local function freight_orm()
  local own = freight.open(url)
  local found = run("15_freight_orm", { db = own }, "User, user, users, admin")
  assert(#found.users == 1 and found.users[1].name == "Alice" and found.users[1].role == "user")
  equal(found.admin, nil)
  assert(found.user.role == "admin" and found.user.id == 1)
  equal(found.User:count(), 0)
  local alice = found.User:create({ name = "Alice", email = "alice@example.com" })
  assert(alice.role == "user" and own:query_value("SELECT role FROM users") == "user")
  local _, err = freight.try(found.User.create, found.User, { name = "Bob", email = "alice@example.com" })
  assert(err:is("unique_violation") and err.columns[1] == "email", tostring(err))
  _, err = freight.try(found.User.create, found.User, { email = "bob@example.com" })
  assert(err:is("validation") and err.errors[1].field == "name", tostring(err))
  own:exec("DROP TABLE users")
  own:close()
end
freight_orm()

local db = freight.open(url)
local key = ({
  sqlite = "INTEGER PRIMARY KEY AUTOINCREMENT",
  postgres = "SERIAL PRIMARY KEY",
  mysql = "bigint AUTO_INCREMENT PRIMARY KEY",
})[driver]
db:exec("CREATE TABLE users (id " .. key .. ", name varchar(80) NOT NULL, email varchar(80) NOT NULL UNIQUE, order_count int NOT NULL DEFAULT 0)")

-- ---- 01: the table is made although `users`, which it refers to, is not there yet
local function sqlite_setup()
  assert(os_ext.chdir((url:match("^sqlite:(.*)/[^/]*$"))))
  for _ = 1, 2 do
    local own = run("01_sqlite_setup", {}, "db").db
    assert(own:table_exists("posts") and not own:table_exists("users"))
    equal(own:table_info("posts")[5].default, "0")
    own:close()
  end
  local own = sqlite.open("app.db")
  own:exec("CREATE TABLE users (id INTEGER PRIMARY KEY)")
  own:execute("INSERT INTO posts (title, body) VALUES (?, ?)", "t", "b")
  local post = own:query_row("SELECT * FROM posts")
  assert(post.published == 0 and post.id == 1 and post.created_at:find("^%d+%-%d%d%-%d%d %d%d:%d%d:%d%d$"))
  local _, err = freight.try(own.execute, own, "INSERT INTO posts (title, body, author_id) VALUES ('t', 'b', 9)")
  assert(err:is("foreign_key_violation"))
  own:close()
end

-- ---- 02: what would be an injection is a value
local function parameterized_queries()
  local email, name = "' OR '1' = '1", "Robert'); DROP TABLE users; -- ?"
  local environment = { db = db, email = email, name = name }
  equal(run("02_parameterized_queries", environment, "user").user, nil)
  equal(db:query_value("SELECT count(*) FROM users"), 1)
  db:execute("UPDATE users SET email = 'else' WHERE email = ?", email)
  run("02_parameterized_queries", environment)
  local row = db:query_row("SELECT * FROM users WHERE email = ?", email)
  assert(row.name == name and row.id == 2 and row.order_count == 0)
end

-- ---- 03: all of it or nothing
local function transactions()
  db:exec("CREATE TABLE orders (id " .. key .. ", user_id int NOT NULL, total double precision)")
  db:exec("CREATE TABLE order_items (order_id int NOT NULL, product_id int NOT NULL, qty int)")
  local environment = { db = db, user_id = 1, total = 12.5, items = { { product_id = 7, qty = 2 }, { product_id = 8, qty = 1 } } }
  run("03_transactions", environment)
  equal(db:query_value("SELECT order_count FROM users WHERE id = 1"), 1)
  local items = db:query("SELECT i.* FROM order_items i JOIN orders o ON o.id = i.order_id ORDER BY product_id")
  assert(#items == 2 and items[1].qty == 2 and items[2].product_id == 8)

  environment.items = { { product_id = 9, qty = 1 }, { qty = 5 } }
  local _, err = freight.try(run, "03_transactions", environment)
  assert(err:is("not_null_violation") and err.columns[1] == "product_id", tostring(err))
  equal(db:query_value("SELECT count(*) FROM orders"), 1)
  equal(db:query_value("SELECT count(*) FROM order_items"), 2)
  equal(db:query_value("SELECT order_count FROM users WHERE id = 1"), 1)
  assert(not db:in_transaction())
end

-- ---- 04
local function query_helpers()
  db:exec("CREATE TABLE posts (id " .. key .. ", author_id int, published int DEFAULT 0, created_at varchar(30))")
  db:exec("INSERT INTO posts (author_id, published, created_at) VALUES (3, 0, '2026-01-01'), (3, 0, '2026-01-02'), (4, 1, '2026-01-03')")
  local environment = { db = db, post_id = 99, author_id = 3 }
  local first = run("04_query_helpers", environment, "posts, post, updated")
  assert(#first.posts == 1 and first.posts[1].author_id == 4 and first.post == nil)
  equal(first.updated, 2)
  environment.post_id = 2
  db:exec("CREATE TABLE migrations (id int)")
  local second = run("04_query_helpers", environment, "posts, post, updated")
  assert(#second.posts == 3 and second.posts[1].id == 3 and second.posts[3].id == 1)
  assert(second.post.id == 2 and second.post.published == 1 and second.updated == 2)
end

-- ---- 05 to 08: `localhost` is seen, and the server of the tests is connected to
local function connection(example, module, port, user, address)
  local given = {}
  local stand_in = {
    connect = function(options)
      for name, value in pairs(options) do
        given[#given + 1] = name .. "=" .. tostring(value)
      end
      table.sort(given)
      -- The options are the ones that are known; nothing listens where they lead.
      local _, err = freight.try(module.connect, {
        host = "127.0.0.1", port = 1, user = options.user, password = options.password, database = options.database,
      })
      assert(err:is("connection_failed") and not tostring(err):find(options.password, 1, true), tostring(err))
      return module.connect(url)
    end,
    open = function(text)
      equal(text, address)
      return module.open(url)
    end,
  }
  local handle = run(example, { mysql = stand_in, postgresql = stand_in }, "db").db
  equal(table.concat(given, " "), "database=myapp host=localhost password=secret port=" .. port .. " user=" .. user)
  return handle
end

local function usage(example, handle)
  local before = handle:query_value("SELECT count(*) FROM users")
  local found = run(example, { db = handle, id = 1, name = "Ada", email = "ada@example.com" }, "users, user")
  equal(#found.users, before)
  equal(found.user.order_count, 1)
  equal(handle:query_value("SELECT name FROM users WHERE email = 'ada@example.com'"), "Ada")
  equal(handle:query_value("SELECT max(id) FROM users"), handle:last_insert_id())
end

-- ---- 09
local function postgresql_types()
  run("09_postgresql_types", { db = db })
  equal(db:last_insert_id(), 1)
  local stored = db:query_row("SELECT id, data, data ->> 'theme' AS theme FROM settings")
  assert(stored.id == 1 and stored.theme == "dark" and json.decode(stored.data).theme == "dark")
  db:execute("INSERT INTO tokens (value) VALUES (?)", "x")
  local token = db:query_row("SELECT * FROM tokens")
  assert(#token.id == 36 and token.id:find("^%x+%-%x+%-4%x+%-%x+%-%x+$"), token.id)
  equal(db:query_value("SELECT value FROM tokens WHERE id = ?", token.id), "x")
end

-- ---- 16 and 17: a module that opens the database, and a program that requires it
local function connection_patterns()
  local place = url:match("^sqlite:(.*)/[^/]*$")
  local handlers = {}
  local app = { get = function(_, path, handler) handlers[path] = handler end }
  local function users()
    local answer
    handlers["/api/users"]({}, { json = function(_, body) answer = body end })
    return answer.data
  end
  for _, path in ipairs({ place .. "/app.db", place .. "/elsewhere/own.db" }) do
    package.preload.config = function() return run("16_connection_config", {}) end
    package.loaded.config = nil
    if path:find("elsewhere", 1, true) then
      os_ext.setenv("DATABASE_PATH", path)
    end
    run("17_connection_app", { app = app })
    local own = require("config").db
    assert(io.open(path, "rb")):close()
    own:exec("CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY)")
    own:exec("DELETE FROM users; INSERT INTO users VALUES (5), (6)")
    local found = users()
    assert(#found == 2 and found[1].id == 5)
    own:close()
  end
  os_ext.unsetenv("DATABASE_PATH")
  package.preload.config, package.loaded.config = nil, nil
end

parameterized_queries()
transactions()
query_helpers()
if driver == "sqlite" then
  sqlite_setup()
  connection_patterns()
elseif driver == "mysql" then
  usage("06_mysql_usage", connection("05_mysql_connection", mysql, 3306, "root", "mysql://root:secret@localhost:3306/myapp"))
else
  usage("08_postgresql_usage", connection("07_postgresql_connection", postgresql, 5432, "postgres",
    "postgres://postgres:secret@localhost:5432/myapp"))
  postgresql_types()
end

local redis_url = os.getenv("FREIGHT_TEST_REDIS_URL")
if not redis_url then
  assert(not os.getenv("FREIGHT_TEST_REQUIRE"), "FREIGHT_TEST_REDIS_URL is not set")
  print("done")
  return
end

-- The server is shared: every key gets a prefix, and nothing else is different.
local real = require("redis").connect(redis_url)
local prefix = "freight:" .. crypto.uuid() .. ":"
local client = setmetatable({}, {
  __index = function(_, name)
    return function(_, first, ...)
      if first == nil then
        return real[name](real)
      end
      return real[name](real, prefix .. first, ...)
    end
  end,
})

-- ---- 11: a cache in front of a query
local function caching()
  local cache = run("11_caching", { db = db, client = client }, "get_user, update_user")
  db:execute("UPDATE users SET name = 'Alice' WHERE id = 1")
  assert(cache.get_user(1).name == "Alice" and client:ttl("user:1") == 300)
  db:execute("UPDATE users SET name = 'Nobody' WHERE id = 1")
  equal(cache.get_user(1).name, "Alice")
  cache.update_user(1, { name = "Bob" })
  local bob = cache.get_user(1)
  assert(bob.name == "Bob" and bob.id == 1 and cache.get_user(1).id == 1)
  equal(cache.get_user(404), nil)
  equal(client:exists("user:404"), false)
end

-- ---- 12
local function session_storage()
  local sessions = run("12_session_storage", { client = client }, "create_session, get_session, destroy_session")
  local before = time.now()
  local id = sessions.create_session(7)
  equal(#id, 36)
  equal(client:ttl("session:" .. id), 3600)
  local session = sessions.get_session(id)
  assert(session.user_id == 7 and session.created_at >= before and session.created_at <= time.now())
  sessions.destroy_session(id)
  equal(sessions.get_session(id), nil)
end

-- ---- 13: the worker never ends by itself, so its first nap ends it
local function job_queues()
  local sent, naps = {}, 0
  client:rpush("queue:emails", json.encode({ to = "nobody" }))
  local ok, why = pcall(run, "13_job_queues", {
    client = client,
    time = {
      now = time.now,
      sleep = function(ms)
        equal(ms, 1000)
        naps = naps + 1
        error("nothing left to do", 0)
      end,
    },
    send_email = function(to, subject, template)
      sent[#sent + 1] = to .. "/" .. assert(subject, "no subject") .. "/" .. template
    end,
  })
  assert(not ok and why == "nothing left to do" and naps == 1, tostring(why))
  equal(table.concat(sent, " "), "user@example.com/Welcome!/welcome")
  equal(client:llen("queue:emails"), 0)
  equal(client:llen("queue:emails:failed"), 1)
  local failed = json.decode(client:lpop("queue:emails:failed"))
  assert(failed.job.to == "nobody" and failed.error:find("no subject", 1, true))
  assert(math.abs(failed.failed_at - time.now()) < 60)
end

-- ---- 14
local function counters_and_rate_limiting()
  local environment = { client = client, page_id = 5, client_ip = "192.0.2.1" }
  local limit = run("14_counters_and_rate_limiting", environment, "check_rate_limit, allowed")
  assert(limit.allowed == true and client:get("views:page:5") == "1")
  for _ = 2, 100 do
    equal(limit.check_rate_limit("rate:192.0.2.1", 100, 60), true)
  end
  limit = run("14_counters_and_rate_limiting", environment, "allowed")
  assert(limit.allowed == false and client:get("views:page:5") == "2")
  assert(client:get("rate:192.0.2.1") == "100" and client:ttl("rate:192.0.2.1") > 50)
end

-- ---- 18: with both, without Redis, and without either
local function health_checks()
  local handler
  local app = { get = function(_, path, given)
    equal(path, "/health")
    handler = given
  end }
  run("18_health_checks", { app = app, db = db, client = client })
  local function health()
    local answer = {}
    handler({}, {
      status = function(self, status)
        answer.status = status
        return self
      end,
      json = function(_, body) answer.body = body end,
    })
    return answer.status, answer.body.status, answer.body.checks
  end
  local status, word, checks = health()
  assert(status == 200 and word == "healthy" and checks.database == "ok" and checks.redis == "ok")
  for found in real:scan({ match = prefix .. "*", count = 1000 }) do
    real:del(found)
  end
  real:close()
  status, word, checks = health()
  assert(status == 503 and word == "degraded" and checks.database == "ok" and checks.redis:find("(closed)", 1, true))
  db:close()
  status, word, checks = health()
  assert(status == 503 and word == "degraded" and checks.database:find("(closed)", 1, true))
end

caching()
session_storage()
job_queues()
counters_and_rate_limiting()
health_checks()

-- No example is left out: each one is run on the databases that it is for.
local left = { sqlite = "^0[5-9]", mysql = "^01|^0[789]|^1[67]", postgres = "^01|^0[56]|^1[67]" }
local listing = io.popen("ls '" .. folder .. "'")
for name in listing:read("*a"):gmatch("([^\n]+)%.lua") do
  local is_for_others = false
  for pattern in left[driver]:gmatch("[^|]+") do
    is_for_others = is_for_others or name:find(pattern) ~= nil
  end
  assert(ran[name] ~= is_for_others and (ran[name] or is_for_others), name)
end
listing:close()
print("done")
