-- What programs do with Redis: a cache, sessions, a queue of jobs, counters, a health check.
local url = os.getenv("FREIGHT_TEST_REDIS_URL")
if not url then
  assert(not os.getenv("FREIGHT_TEST_REQUIRE"), "FREIGHT_TEST_REDIS_URL is not set")
  print("done")
  return
end
local redis = require("redis")
math.randomseed(os.time() + math.floor(os.clock() * 1e6) + tonumber(tostring({}):match("0x(%x+)"), 16) % 1e6)
local prefix = ("freight:%d:%d:"):format(math.random(1e9), math.random(1e9))

-- The server is shared: every key gets a prefix, and nothing else is different.
local real = redis.connect(url)
local client = setmetatable({}, {
  __index = function(_, name)
    return function(_, key, ...)
      if key == nil then
        return real[name](real)
      end
      return real[name](real, prefix .. key, ...)
    end
  end,
})
local db = freight.open(arg[1])
db:exec("CREATE TABLE users (id INTEGER PRIMARY KEY, name VARCHAR(40))")
db:execute("INSERT INTO users VALUES (1, 'Alice')")

-- Stand-ins, so that the clock stands still and the worker comes to an end.
local naps = 0
local time = {
  now = function() return 1700000000.5 end,
  sleep = function(ms)
    naps = naps + 1
    assert(ms == 1000)
    error("nothing left to do", 0)
  end,
}
local crypto = { uuid = function() return ("%08x-%08x"):format(math.random(2 ^ 31 - 1), math.random(2 ^ 31 - 1)) end }

-- ---- a cache in front of a query
local function get_user(id)
    -- Check cache first
    local cached = client:get("user:" .. id)
    if cached then
        return json.decode(cached)
    end

    -- Query database
    local user = db:query_row("SELECT * FROM users WHERE id = ?", id)
    if user then
        -- Cache for 5 minutes
        client:setex("user:" .. id, 300, json.encode(user))
    end

    return user
end

-- Invalidate cache on update
local function update_user(id, data)
    db:execute("UPDATE users SET name = ? WHERE id = ?", data.name, id)
    client:del("user:" .. id)
end

assert(get_user(1).name == "Alice" and client:ttl("user:1") == 300)
db:execute("UPDATE users SET name = 'Nobody' WHERE id = 1")
assert(get_user(1).name == "Alice")
update_user(1, { name = "Bob" })
assert(get_user(1).name == "Bob" and get_user(1).id == 1)
assert(get_user(2) == nil)

-- ---- sessions
local function create_session(user_id)
    local session_id = crypto.uuid()
    local session = {
        user_id = user_id,
        created_at = time.now(),
    }
    client:setex("session:" .. session_id, 3600, json.encode(session))
    return session_id
end

local function get_session(session_id)
    local data = client:get("session:" .. session_id)
    if data then
        return json.decode(data)
    end
    return nil
end

local function destroy_session(session_id)
    client:del("session:" .. session_id)
end

local session = create_session(7)
assert(get_session(session).user_id == 7 and get_session(session).created_at == 1700000000.5)
destroy_session(session)
assert(get_session(session) == nil)

-- ---- a queue of jobs
local function enqueue(queue_name, job_data)
    client:rpush("queue:" .. queue_name, json.encode(job_data))
end

enqueue("emails", {
    to = "user@example.com",
    subject = "Welcome!",
    template = "welcome",
})
enqueue("emails", { to = "nobody" })

-- Worker: process jobs
local function process_queue(queue_name, handler)
    while true do
        local raw = client:lpop("queue:" .. queue_name)
        if raw then
            local job = json.decode(raw)
            local ok, err = pcall(handler, job)
            if not ok then
                -- Push to dead letter queue
                client:rpush("queue:" .. queue_name .. ":failed", json.encode({
                    job = job,
                    error = tostring(err),
                    failed_at = time.now(),
                }))
            end
        else
            time.sleep(1000) -- poll interval
        end
    end
end

local sent = {}
local function send_email(to, subject, template)
  assert(subject, "no subject")
  sent[#sent + 1] = to .. "/" .. subject .. "/" .. template
end
local ok, why = pcall(process_queue, "emails", function(job)
    send_email(job.to, job.subject, job.template)
end)
assert(not ok and why == "nothing left to do" and naps == 1)
assert(#sent == 1 and sent[1] == "user@example.com/Welcome!/welcome")
local failed = json.decode(client:lindex("queue:emails:failed", 0))
assert(failed.job.to == "nobody" and failed.error:find("no subject", 1, true) and client:llen("queue:emails:failed") == 1)

-- ---- counters and limits
local page_id, client_ip = 5, "192.0.2.1"
client:incr("views:page:" .. page_id)
assert(client:get("views:page:5") == "1")

-- Rate limiting with Redis
local function check_rate_limit(key, max_requests, window)
    local current = tonumber(client:get(key)) or 0
    if current >= max_requests then
        return false
    end
    local count = client:incr(key)
    if count == 1 then
        client:expire(key, window)
    end
    return true
end

-- 100 requests per minute per IP
for _ = 1, 100 do
  assert(check_rate_limit("rate:" .. client_ip, 100, 60) == true)
end
local allowed = check_rate_limit("rate:" .. client_ip, 100, 60)
assert(allowed == false and client:ttl("rate:" .. client_ip) > 55)

-- ---- a health check
local answer
local app = { get = function(_, _, fn)
  fn({}, { status = function(self, status)
    answer = { status = status }
    return self
  end, json = function(_, body) answer.body = body end })
end }
local function check()
app:get("/health", function(req, res)
    local checks = {}

    -- SQLite
    local ok, err = pcall(function()
        db:query_row("SELECT 1")
    end)
    checks.database = ok and "ok" or tostring(err)

    -- Redis
    local ok2, err2 = pcall(function()
        client:ping()
    end)
    checks.redis = ok2 and "ok" or tostring(err2)

    local all_ok = checks.database == "ok" and checks.redis == "ok"
    res:status(all_ok and 200 or 503):json({
        status = all_ok and "healthy" or "degraded",
        checks = checks,
    })
end)
end
check()
assert(answer.status == 200 and answer.body.status == "healthy")
for key in real:scan({ match = prefix .. "*", count = 1000 }) do
  real:del(key)
end
real:close()
check()
assert(answer.status == 503 and answer.body.checks.database == "ok" and answer.body.checks.redis:find("closed", 1, true))
print("done")
