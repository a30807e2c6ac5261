-- A random program over models, and the same over plain tables of Lua: after each step the database
-- has to hold what the tables hold. The program is the same on every database and in every host.
--
-- FREIGHT_RANDOM_STEPS says how many steps there are, FREIGHT_RANDOM_SEED which program it is.
local unpack = table.unpack or unpack
local steps = tonumber(os_ext.env("FREIGHT_RANDOM_STEPS") or 400)
local seed = tonumber(os_ext.env("FREIGHT_RANDOM_SEED") or 20260101)
local db, driver = freight.open(arg[1]), arg[2]
freight.init(db)
local null = freight.null

-- ------------------------------------------------------------------------------------ chance

-- Park and Miller's numbers, which doubles hold exactly: the same in every Lua.
local state = seed % 2147483646 + 1
local function random(most)
  state = state * 16807 % 2147483647
  return state % most + 1
end
local function chance(percent)
  return random(100) <= percent
end
local function pick(list)
  return list[random(#list)]
end
local words = { "ash", "birch", "cedar", "elm", "fir", "häzel", "it's", "100%", "a_b", "back\\slash", '"q"', "木", "?" }
local function mail()
  return "m" .. random(12) .. "@x.org"
end

-- ------------------------------------------------------------------------------------ models

local User = freight.model("users", {
  fields = {
    email = { type = "string", size = 30, required = true, unique = true }, name = { type = "string", size = 12 },
    score = { type = "integer", required = true, default = 0 }, active = { type = "boolean", default = true },
    note = "text", posts_count = { type = "integer", default = 0 },
  },
  version = true,
})
local Post = freight.model("posts", {
  fields = {
    title = { type = "string", size = 12, required = true }, views = { type = "integer", required = true, default = 0 },
    doc = "json", user_id = freight.foreign_key("users"),
  },
  soft_delete = true,
})
local Tag = freight.model("tags", { name = { type = "string", size = 12, required = true, unique = true }, uses = "integer" })
freight.model("post_tags", {
  post_id = freight.foreign_key("posts", { on_delete = "CASCADE" }),
  tag_id = freight.foreign_key("tags", { on_delete = "CASCADE" }),
}, { primary_key = { "post_id", "tag_id" } })
User:has_many(Post, { dependent = "nullify" })
Post:belongs_to(User, { counter_cache = true })
Post:belongs_to_many(Tag)
Tag:belongs_to_many(Post)
assert(db:auto_migrate().success)

-- What the database has to hold: rows by their keys, and links by `post:tag`.
local world = { users = {}, posts = {}, tags = {}, links = {} }
local columns = {
  users = { "email", "name", "score", "active", "note", "posts_count", "lock_version" },
  posts = { "title", "views", "doc", "user_id", "is_gone" }, tags = { "name", "uses" },
}
-- Records that the program keeps: what they were read as, and what they have been changed to.
local held = {}
-- Per open transaction: the records that were read or changed in it.
local frames = {}

local function copy(value)
  if type(value) ~= "table" then
    return value
  end
  local out = {}
  for key, each in pairs(value) do
    out[key] = copy(each)
  end
  return out
end
local function keys(map)
  local list = {}
  for key in pairs(map) do
    list[#list + 1] = key
  end
  table.sort(list)
  return list
end
local function some(map)
  local list = keys(map)
  return #list > 0 and pick(list) or nil
end
local function find(map, matches)
  local list = {}
  for _, key in ipairs(keys(map)) do
    if matches(map[key], key) then
      list[#list + 1] = key
    end
  end
  return list
end
local function same(left, right, what)
  left, right = json.encode(left), json.encode(right)
  if left ~= right then
    error(what .. "\n  has  " .. left .. "\n  and not  " .. right, 0)
  end
end

-- -------------------------------------------------------------------------------- comparison

local function plain(name, row)
  local out = {}
  for _, column in ipairs(columns[name]) do
    out[column] = row[column]
  end
  if name == "users" and out.active ~= nil then
    out.active = out.active == true or out.active == 1
  elseif name == "posts" then
    out.is_gone = row.deleted_at ~= nil
    out.doc = row.doc and json.decode(row.doc)
  end
  return out
end

local function compare()
  for _, name in ipairs({ "users", "posts", "tags" }) do
    local rows = db:query("SELECT * FROM " .. name .. " ORDER BY id")
    local list, expected = {}, {}
    for place, row in ipairs(rows) do
      list[place] = { row.id, plain(name, row) }
    end
    for place, id in ipairs(keys(world[name])) do
      expected[place] = { id, world[name][id] }
    end
    same(list, expected, "table " .. name)
  end
  local links = {}
  for place, row in ipairs(db:query("SELECT post_id, tag_id FROM post_tags")) do
    links[place] = row.post_id .. ":" .. row.tag_id
  end
  table.sort(links)
  same(links, keys(world.links), "table post_tags")
end

-- What a record shows is what the tables say.
local function check_record(name, record, row)
  local shown = {}
  if name == "posts" then
    shown.is_gone = record.deleted_at ~= nil
  end
  for _, column in ipairs(columns[name]) do
    if column ~= "is_gone" then
      shown[column] = record[column]
    end
  end
  same(shown, row, tostring(record))
end

-- Runs a step that raises `expected`, or nothing. What fails inside of a transaction is undone alone.
local function attempt(expected, fn, ...)
  local given, count = { ... }, select("#", ...)
  local function run()
    return fn(unpack(given, 1, count))
  end
  local results
  if expected and #frames > 0 then
    results = { pcall(db.transaction, db, run) }
  else
    results = { pcall(run) }
  end
  if expected then
    local problem = results[2]
    assert(not results[1], "nothing was raised, and not " .. expected)
    assert(type(problem) == "table" and problem.code == expected, tostring(problem) .. " is not " .. expected)
    return problem
  end
  if not results[1] then
    error(results[2], 0)
  end
  return unpack(results, 2, 4)
end

-- ------------------------------------------------------------------------------ kept records

local function touched(entry)
  if frames[1] then
    frames[#frames][entry] = true
  end
  return entry
end
local function hold(name, record, row)
  check_record(name, record, row)
  local entry = touched({ name = name, id = record.id, record = record, read = copy(row), now = copy(row) })
  held[#held + 1] = entry
  if #held > 12 then
    table.remove(held, 1)
  end
  return entry
end
local function drop(entry)
  for place, each in ipairs(held) do
    if each == entry then
      table.remove(held, place)
      return
    end
  end
end
local models = { users = User, posts = Post, tags = Tag }
local function fetch(name)
  local id = some(world[name])
  if not id then
    return nil
  end
  local record = name == "posts" and Post:with_deleted():where("id", id):one() or models[name]:find(id)
  return hold(name, record, world[name][id])
end
-- One that is kept, which may be out of date, or one that is read now.
local function an_entry(name)
  if chance(60) then
    local list = {}
    for _, entry in ipairs(held) do
      if entry.name == name then
        list[#list + 1] = entry
      end
    end
    if #list > 0 then
      return pick(list)
    end
  end
  return fetch(name)
end

-- ------------------------------------------------------------------------------ the tables

local function counts(row)
  return row and not row.is_gone and row.user_id or nil
end
local function move_count(was, is)
  if was ~= is then
    for id, by in pairs({ [was or 0] = -1, [is or 0] = 1 }) do
      local user = world.users[id]
      if user then
        user.posts_count = user.posts_count + by
      end
    end
  end
end
local function taken(name, column, value, but)
  for id, row in pairs(world[name]) do
    if row[column] == value and id ~= but then
      return id
    end
  end
end
local function drop_links(side, id)
  for link in pairs(copy(world.links)) do
    local post, tag = link:match("^(%d+):(%d+)$")
    if tonumber(side == "posts" and post or tag) == id then
      world.links[link] = nil
    end
  end
end

-- ------------------------------------------------------------------------------------- steps

local ops = {}

local function user_values()
  local values = { email = mail() }
  if chance(80) then values.name = pick(words) end
  if chance(50) then values.score = random(9) - 5 end
  if chance(30) then values.active = chance(50) end
  if chance(30) then values.note = pick(words):rep(random(4)) end
  return values
end
local function user_row(values)
  return {
    email = values.email, name = values.name, score = values.score or 0, note = values.note, posts_count = 0,
    active = values.active == nil or values.active, lock_version = 0,
  }
end
local function keep_user(record, values)
  world.users[record.id] = user_row(values)
  hold("users", record, world.users[record.id])
end

function ops.create_user()
  local values = user_values()
  local is_taken = taken("users", "email", values.email)
  local user
  if chance(50) then
    user = attempt(is_taken and "unique_violation", User.create, User, values)
  else
    local fresh = User:new(values)
    assert(fresh:is_new() and fresh.score == (values.score or 0))
    user = attempt(is_taken and "unique_violation", fresh.save, fresh)
  end
  if not is_taken then
    keep_user(user, values)
  end
end

function ops.refused()
  local way = random(5)
  if way == 1 then
    attempt("cast_error", User.create, User, { email = mail(), score = "many" })
  elseif way == 2 then
    attempt("validation", Post.create, Post, { title = ("x"):rep(13) })
  elseif way == 3 then
    attempt("validation", Post.create, Post, { views = 1 })
  elseif way == 4 then
    attempt("unknown_field", Tag.create, Tag, { name = "x", nam = 1 })
  else
    attempt("foreign_key_violation", Post.create, Post, { title = "x", user_id = 987654321 })
  end
end

local function document()
  return pick({ { a = { 1, 2, { b = "x" } } }, { 1, 2, 3 }, { s = "ä'\"" }, { deep = { deep = { deep = true } } } })
end

function ops.create_post()
  local values = { title = pick(words), user_id = chance(80) and some(world.users) or nil }
  if chance(40) then values.views = random(20) end
  if chance(40) then values.doc = document() end
  local post = attempt(nil, Post.create, Post, values)
  world.posts[post.id] = {
    title = values.title, views = values.views or 0, doc = copy(values.doc), user_id = values.user_id, is_gone = false,
  }
  move_count(nil, values.user_id)
  hold("posts", post, world.posts[post.id])
end

function ops.change()
  local name = pick({ "users", "posts", "tags" })
  local entry = an_entry(name)
  if not entry then
    return
  end
  local changes = {}
  for _ = 1, random(3) do
    if name == "users" then
      local column = pick({ "name", "score", "active", "note", "email" })
      changes[column] = ({
        name = chance(20) and null or pick(words), score = random(9), active = chance(50), note = chance(50) and null or pick(words),
        email = mail(),
      })[column]
    elseif name == "posts" then
      local column = pick({ "title", "views", "doc", "user_id" })
      changes[column] = ({
        title = pick(words), views = random(20), doc = chance(30) and null or document(), user_id = some(world.users) or null,
      })[column]
    else
      changes.uses = random(9)
    end
  end
  for _, column in ipairs(keys(changes)) do
    local value = changes[column]
    if value == null then
      value = nil
    end
    entry.now[column] = copy(value)
    entry.record[column] = copy(value)
  end
  touched(entry)
  if chance(70) then
    ops.save(entry)
  end
end

-- What a save sends, and what the database has to say to it.
local function save_changes(entry)
  local name, changed = entry.name, {}
  for _, column in ipairs(columns[name]) do
    if json.encode(entry.read[column]) ~= json.encode(entry.now[column]) then
      changed[#changed + 1] = column
    end
  end
  local row = world[name][entry.id]
  if #changed == 0 then
    return nil, changed
  elseif not row or name == "users" and row.lock_version ~= entry.read.lock_version then
    return name == "users" and "stale_object" or "not_found", changed
  end
  for _, column in ipairs(changed) do
    local value = entry.now[column]
    if column == "email" and taken("users", "email", value, entry.id) then
      return "unique_violation", changed
    elseif column == "user_id" and value and not world.users[value] then
      return "foreign_key_violation", changed
    end
  end
  return nil, changed
end

function ops.save(entry)
  entry = entry or #held > 0 and pick(held)
  if not entry then
    return
  end
  local problem, changed = save_changes(entry)
  local marked = keys(entry.record:changed())
  if entry.name ~= "posts" then
    table.sort(changed)
    same(marked, changed, "what is changed of " .. tostring(entry.record))
  end
  attempt(problem, entry.record.save, entry.record)
  touched(entry)
  if problem then
    return drop(entry)
  elseif #changed == 0 then
    return
  end
  local row = world[entry.name][entry.id]
  for _, column in ipairs(changed) do
    row[column] = copy(entry.now[column])
  end
  if entry.name == "users" then
    row.lock_version = row.lock_version + 1
    entry.now.lock_version = row.lock_version
  elseif entry.name == "posts" then
    move_count(counts(entry.read), counts(entry.now))
  end
  entry.read = copy(entry.now)
  check_record(entry.name, entry.record, entry.now)
end

function ops.reload()
  local entry = #held > 0 and pick(held)
  if entry then
    local row = world[entry.name][entry.id]
    attempt(not row and "not_found" or nil, entry.record.reload, entry.record)
    if not row then
      return drop(entry)
    end
    touched(entry)
    entry.read, entry.now = copy(row), copy(row)
    check_record(entry.name, entry.record, row)
  end
end

function ops.delete()
  local name = pick({ "users", "posts", "posts", "tags" })
  local entry = an_entry(name)
  if not entry then
    return
  end
  touched(entry)
  local row, is_hard = world[name][entry.id], name ~= "posts" or chance(40)
  local was_there = attempt(nil, entry.record.delete, entry.record, chance(50) and { hard = is_hard } or is_hard and { hard = true } or nil)
  assert(was_there == (row ~= nil and (is_hard or not row.is_gone)))
  if name == "posts" and was_there then
    move_count(counts(entry.read), nil)
  end
  if not is_hard then
    if was_there then
      row.is_gone, entry.read.is_gone, entry.now.is_gone = true, true, true
    end
    return
  end
  drop(entry)
  assert(entry.record:is_deleted())
  attempt("deleted", entry.record.save, entry.record)
  if name ~= "users" then
    drop_links(name, entry.id)
  else
    -- The posts are taken from a user who is gone already, too: nothing of theirs is left.
    for _, post in pairs(world.posts) do
      if post.user_id == entry.id then
        post.user_id = nil
      end
    end
  end
  world[name][entry.id] = nil
end

function ops.restore()
  for _, entry in ipairs(held) do
    if entry.name == "posts" and entry.read.is_gone then
      entry.now.is_gone = false
      local problem, changed = save_changes(entry)
      attempt(problem, entry.record.restore, entry.record)
      touched(entry)
      if problem then
        return drop(entry)
      end
      for _, column in ipairs(changed) do
        world.posts[entry.id][column] = copy(entry.now[column])
      end
      move_count(counts(entry.read), counts(entry.now))
      entry.read = copy(entry.now)
      return check_record("posts", entry.record, entry.now)
    end
  end
end

function ops.increment()
  local name = pick({ "users", "posts" })
  local entry = an_entry(name)
  if entry then
    local column, by = name == "users" and "score" or "views", random(7) - 3
    local row = world[name][entry.id]
    touched(entry)
    attempt(not row and (name == "users" and "stale_object" or "not_found") or nil, entry.record.increment, entry.record, column, by)
    if not row then
      return drop(entry)
    end
    row[column] = row[column] + by
    entry.read[column], entry.now[column] = row[column], row[column]
    assert(entry.record[column] == row[column])
  end
end

-- --------------------------------------------------------------------------- find or make

function ops.find_or_make()
  local values = user_values()
  local id = taken("users", "email", values.email)
  local search, extra = { email = values.email }, copy(values)
  extra.email = nil
  local way = random(4)
  if way == 1 then
    local user, is_new = attempt(nil, User.first_or_create, User, search, extra)
    assert(is_new == not id and (not id or user.id == id))
    if is_new then
      return keep_user(user, values)
    end
    hold("users", user, world.users[id])
  elseif way == 2 then
    local user, is_new = attempt(nil, User.first_or_new, User, search, extra)
    assert(is_new == not id and user:is_new() == is_new and user.email == values.email)
  else
    local user, is_new
    if way == 3 then
      user, is_new = attempt(nil, User.update_or_create, User, search, extra)
      assert(is_new == not id)
    else
      user = attempt(nil, User.upsert, User, values, { conflict = { "email" } })
    end
    if not id then
      return keep_user(user, values)
    end
    assert(user.id == id)
    local row, is_changed = world.users[id], false
    for column, value in pairs(extra) do
      is_changed = is_changed or row[column] ~= value
      row[column] = value
    end
    if way == 3 and is_changed then
      row.lock_version = row.lock_version + 1
    end
    hold("users", user, row)
  end
end

-- ------------------------------------------------------------------------------ many at once

function ops.insert_many()
  local rows, names, fresh, has_double = {}, {}, 0, false
  for place = 1, random(4) do
    local name = pick(words) .. random(3)
    rows[place] = { name = name, uses = chance(70) and random(9) or nil }
    if names[name] then
      has_double = true
    elseif not taken("tags", "name", name) then
      fresh = fresh + 1
    end
    names[name] = rows[place]
  end
  local way = pick({ "error", "ignore", "update" })
  if way == "update" and has_double then
    return
  end
  local is_refused = way == "error" and (has_double or fresh < #rows)
  local count = attempt(is_refused and "unique_violation" or nil, Tag.insert_many, Tag, rows,
    way ~= "error" and { on_conflict = way, conflict = { "name" } } or nil)
  if is_refused then
    return
  end
  assert(count == (way == "ignore" and fresh or #rows) or driver == "mysql" and way == "ignore", count)
  for _, row in ipairs(rows) do
    local id = taken("tags", "name", row.name)
    if not id then
      id = Tag:find_by("name", row.name).id
      world.tags[id] = { name = row.name, uses = row.uses }
    elseif way == "update" and row.uses then
      world.tags[id].uses = row.uses
    end
  end
end

function ops.bulk()
  local limit = random(9) - 5
  local way = random(5)
  if way <= 2 then
    local list = find(world.users, function(row) return row.score > limit end)
    local query = User:where("score", ">", limit)
    local count
    if way == 1 then
      count = attempt(nil, query.update, query, { note = "bulk" .. limit, active = limit > 0 })
    else
      count = attempt(nil, query.increment, query, "score", -1)
    end
    assert(count == #list, count)
    for _, id in ipairs(list) do
      local row = world.users[id]
      row.lock_version = row.lock_version + 1
      if way == 1 then
        row.note, row.active = "bulk" .. limit, limit > 0
      else
        row.score = row.score - 1
      end
    end
  elseif way == 3 then
    local list = find(world.posts, function(row) return row.views > 15 and not row.is_gone end)
    local query = Post:where({ views = { [">"] = 15 } })
    assert(attempt(nil, query.delete, query) == #list)
    for _, id in ipairs(list) do
      world.posts[id].is_gone = true
    end
  elseif way == 4 then
    local name = pick(words)
    local list = find(world.tags, function(row) return row.name:sub(1, #name) == name end)
    local query = Tag:where_starts("name", name)
    assert(attempt(nil, query.delete, query) == #list)
    for _, id in ipairs(list) do
      drop_links("tags", id)
      world.tags[id] = nil
    end
  else
    local list = find(world.users, function(row) return row.score < limit end)
    local is_used = false
    for _, post in pairs(world.posts) do
      local user = world.users[post.user_id or 0]
      is_used = is_used or user ~= nil and user.score < limit
    end
    local query = User:where("score < ?", limit)
    local count = attempt(is_used and "foreign_key_violation" or nil, query.delete, query)
    if not is_used then
      assert(count == #list)
      for _, id in ipairs(list) do
        world.users[id] = nil
      end
    end
  end
end

-- -------------------------------------------------------------------------------- relations

function ops.pivot()
  local entry = an_entry("posts")
  if not entry or not world.posts[entry.id] then
    return
  end
  local wanted, list = {}, {}
  for _ = 1, random(4) do
    local id = some(world.tags)
    if id and not wanted[id] then
      wanted[id] = true
      list[#list + 1] = id
    end
  end
  local way, post = pick({ "attach", "attach", "detach", "sync", "sync", "missing" }), entry.record
  local before = find(world.tags, function(_, id) return world.links[entry.id .. ":" .. id] end)
  local function set(id, is_there)
    local link = entry.id .. ":" .. id
    local is_changed = (world.links[link] ~= nil) ~= is_there
    world.links[link] = is_there or nil
    return is_changed and 1 or 0
  end
  local count = 0
  if way == "missing" then
    attempt("foreign_key_violation", post.attach, post, "tags", { list[1] or 987654321, 987654321 })
  elseif way == "attach" then
    local added = attempt(nil, post.attach, post, "tags", list)
    for _, id in ipairs(list) do
      count = count + set(id, true)
    end
    assert(added == count, added)
  elseif way == "detach" then
    local is_all = chance(20)
    local removed = attempt(nil, post.detach, post, "tags", not is_all and list or nil)
    for _, id in ipairs(is_all and before or list) do
      count = count + set(id, false)
    end
    assert(removed == count, removed)
  else
    local report = attempt(nil, post.sync, post, "tags", list)
    for _, id in ipairs(before) do
      count = count + (wanted[id] and 0 or set(id, false))
    end
    assert(#report.detached == count)
    count = 0
    for _, id in ipairs(list) do
      count = count + set(id, true)
    end
    assert(#report.attached == count)
  end
  local ids = find(world.tags, function(_, id) return world.links[entry.id .. ":" .. id] end)
  local shown = post:tags({ reload = true }):pluck("id")
  table.sort(shown)
  same(shown, ids, "tags of " .. tostring(post))
  touched(entry)
end

-- What relations show, loaded with the query, for a list, or one by one.
function ops.relations()
  local way = random(3)
  if way == 1 then
    local query = chance(50) and User:include("posts") or User:query()
    for _, user in ipairs(query:order_by("id"):all()) do
      local ids = find(world.posts, function(row) return row.user_id == user.id and not row.is_gone end)
      local shown = user:posts():pluck("id")
      table.sort(shown)
      same(shown, ids, "posts of " .. tostring(user))
    end
  elseif way == 2 then
    local query = chance(50) and Post:with("user", "tags") or Post:query()
    for _, post in ipairs(query:all()) do
      local row, user = world.posts[post.id], post:user()
      assert((user and user.id) == row.user_id)
      if user then
        check_record("users", user, world.users[user.id])
      end
      local ids = find(world.tags, function(_, id) return world.links[post.id .. ":" .. id] end)
      local shown = post:tags():pluck("id")
      table.sort(shown)
      same(shown, ids, "tags of " .. tostring(post))
    end
  else
    local score = random(9) - 5
    local ids = find(world.posts, function(row)
      local user = world.users[row.user_id or 0]
      return user ~= nil and user.score > score and not row.is_gone
    end)
    same(Post:where_has("user", function(q) return q:where("score", ">", score) end):order_by("id"):ids(), ids, "where_has")
    ids = find(world.users, function(_, id)
      return #find(world.posts, function(row) return row.user_id == id and not row.is_gone end) == 0
    end)
    same(User:where_missing("posts"):order_by("id"):ids(), ids, "where_missing")
  end
end

function ops.queries()
  local limit, word = random(9) - 5, pick(words)
  local ids = find(world.users, function(row) return row.score >= limit or row.name == word end)
  local query = User:where({ score = { [">="] = limit } }):or_where("name", word)
  same(query:order_by("id"):ids(), ids, "ids")
  assert(query:count() == #ids and query:exists() == (#ids > 0))
  local sum = 0
  for _, id in ipairs(ids) do
    sum = sum + world.users[id].score
  end
  assert(query:sum("score") == sum)
  local size = random(3)
  local seen = {}
  for user in query:each(size) do
    seen[#seen + 1] = user.id
  end
  same(seen, ids, "each")
  local page = query:order_by("id", "desc"):page(2, size)
  assert(page.total == #ids and page.pages == math.ceil(#ids / size))
  for place, user in ipairs(page.items) do
    assert(user.id == ids[#ids + 1 - size - place])
  end
  -- By cursor, in an order that has equals and NULLs.
  local order, cursor = chance(50) and "asc" or "desc", nil
  seen = {}
  repeat
    local part = query:order_by("note", order):cursor_page({ size = size, after = cursor })
    for _, user in ipairs(part.items) do
      seen[#seen + 1] = user.id
    end
    cursor = part.next
  until not cursor
  table.sort(seen)
  same(seen, ids, "cursor_page")
  same(Post:where_not_null("user_id"):order_by("id"):ids(),
    find(world.posts, function(row) return row.user_id ~= nil and not row.is_gone end), "posts")
  same(Post:only_deleted():order_by("id"):ids(), find(world.posts, function(row) return row.is_gone end), "only_deleted")
  local all = keys(world.tags)
  local wanted = { all[#all], 987654321, all[1] }
  if #all > 1 then
    same(Tag:find_many(wanted):pluck("id"), { all[#all], all[1] }, "find_many")
  end
  assert(Tag:find(987654321) == nil and Tag:where_in("id", {}):count() == 0)
end

-- ----------------------------------------------------------------------------- transactions

local step

local Oops = {}

-- Some steps in a transaction, which ends well, by an error, or by `tx:rollback`.
function ops.transaction()
  if #frames >= 3 then
    return
  end
  local before, ending, reached = copy(world), pick({ "commit", "commit", "error", "rollback" }), false
  local touched_here = {}
  local told = {}
  frames[#frames + 1] = touched_here
  local is_outermost = #frames == 1
  local results = { pcall(db.transaction, db, function(tx)
    db:after_commit(function() told[#told + 1] = "commit" end)
    db:after_rollback(function() told[#told + 1] = "rollback" end)
    for _ = 1, random(5) do
      step()
    end
    reached = true
    if ending == "error" then
      error(Oops, 0)
    elseif ending == "rollback" then
      tx:rollback("enough")
    end
    return "well"
  end) }
  frames[#frames] = nil
  if not reached then
    error(results[2], 0)
  end
  if ending == "commit" then
    assert(results[1] and results[2] == "well", tostring(results[2]))
    for entry in pairs(touched_here) do
      touched(entry)
    end
  else
    world = before
    for entry in pairs(touched_here) do
      drop(entry)
    end
    if ending == "error" then
      assert(not results[1] and results[2] == Oops, tostring(results[2]))
    else
      assert(results[1] and results[2] == false and results[3] == "enough")
    end
  end
  if is_outermost then
    assert(not db:in_transaction())
    same(told, { ending == "commit" and "commit" or "rollback" }, "the end of the transaction")
  end
end

-- ---------------------------------------------------------------------------------- the run

local weights = {
  create_user = 4, create_post = 6, change = 10, save = 3, reload = 3, delete = 4, restore = 2, increment = 4, refused = 2,
  find_or_make = 6, insert_many = 4, bulk = 4, pivot = 8, relations = 2, queries = 2, transaction = 6,
}
local wheel = {}
for _, name in ipairs(keys(weights)) do
  for _ = 1, weights[name] do
    wheel[#wheel + 1] = name
  end
end

local trace = {}
function step()
  local name = pick(wheel)
  trace[#trace + 1] = ("  "):rep(#frames) .. name
  ops[name]()
  if chance(10) then
    compare()
  end
end

-- The tables stay small.
local function thin()
  for _, name in ipairs({ "users", "posts", "tags" }) do
    local list = keys(world[name])
    for place = 1, #list - 25 do
      local id = list[place]
      if name == "users" then
        User:find(id):delete()
        for _, post in pairs(world.posts) do
          post.user_id = post.user_id ~= id and post.user_id or nil
        end
      else
        local record = name == "posts" and Post:with_deleted():where({ id = id }):one() or Tag:find(id)
        if name == "posts" then
          move_count(counts(world.posts[id]), nil)
        end
        record:delete({ hard = true })
        drop_links(name, id)
      end
      world[name][id] = nil
    end
  end
end

for number = 1, steps do
  local ok, problem = xpcall(function()
    step()
    thin()
    compare()
  end, function(raised)
    return tostring(raised) .. "\n" .. debug.traceback()
  end)
  if not ok then
    error(("FREIGHT_RANDOM_SEED=%d, step %d of %d on %s: %s\nafter\n%s"):format(seed, number, steps, driver, problem,
      table.concat(trace, "\n", math.max(1, #trace - 12))), 0)
  end
end
assert(#keys(world.users) + #keys(world.posts) + #keys(world.tags) > 5, "the program has left nothing")
print("done")
