-- Everything that the guides promise of models has an assertion: D opening, E definitions, F records,
-- G queries, H relations, I hooks, J tables and migrations. Then the forty-four questions to which the
-- guides give no answer, or two, and the lines of the acceptance list (lua-api.md 16). What another
-- script asserts is named here with a piece of its text, which is looked for; the rest is asserted
-- below.
local url, driver = arg[1], arg[2]
local folder = assert(arg[0]:match("^(.*)/[^/]*$")) .. "/"
local on = { [driver] = true }
local null = freight.null

local counts = { D = 9, E = 12, F = 19, G = 36, H = 13, I = 10, J = 8, question = 44, acceptance = 18 }
local RECORDS, QUERIES, RELATIONS, MIGRATIONS = "models_records", "models_queries", "models_relations", "migrations"
local elsewhere = {
  { RECORDS, "D2", "freight.init(db)" }, { RECORDS, "D3", 'freight.model("boxes", {' }, { QUERIES, "D9", "db.query = function(self, sql, ...)" },
  { RECORDS, "E1", 'db:model("users", {' }, { RECORDS, "E3", 'name = { type = "text", notNull = true }' },
  { RECORDS, "E6", 'active = { type = "boolean", default = 1 }' }, { RECORDS, "E9", "id = freight.primaryKey()" },
  { RECORDS, "E10", 'freight.model("users").fields.bio' }, { RECORDS, "E11", 'User:active_ones():order_by("id"):first():shout()' },
  { RELATIONS, "E12", 'freight.model("post_tags", { -- E12' },
  { RECORDS, "F1", 'alice = User:create({ name = "Alice"' }, { RECORDS, "F2", 'User:find(99) == nil and User:find("abc") == nil' },
  { RECORDS, "F3", 'raises("not_found", User.find_or_fail, User, 99)' }, { RECORDS, "F4", "#User:all() == 2 and #User:findAll() == 2" },
  { RECORDS, "F5", "User:first().id == 1" }, { RECORDS, "F6", "User:last().id == 2" }, { RECORDS, "F7", "User:count() == 2" },
  { RECORDS, "F8", 'User:find_by("role", "user").id == 1' }, { RECORDS, "F9", 'User:firstOrCreate({ email = "d@example.com" }' },
  { RECORDS, "F10", "is_fresh == true and fresh:is_new()" }, { RECORDS, "F11", 'alice.name = "Alice B." -- F11' },
  { RECORDS, "F12", "bob:save() == bob and bob.id == 2" }, { RECORDS, "F13", 'alice:update({ note = "y" }) == alice' },
  { RECORDS, "F14", "bob:deleteInstance() == true" }, { RECORDS, "F15", 'alice:reload() == alice and alice.name == "Changed"' },
  { QUERIES, "F16", 'Crate:where({ state = "lost" }):update({ state = "found"' }, { QUERIES, "F17", 'Crate:where("kg", ">", 10):delete() == 3' },
  { RECORDS, "F18", "post._data.slug = post.title:lower()" }, { RECORDS, "F19", 'alice.role == "user" and alice.active == true and alice.seen_at' },
  { QUERIES, "G1", '{ Crate:where({ state = "yard" }), "WHERE state = ?"' }, { QUERIES, "G2", "query:where(\"kg\", 10):limit(1)" },
  { QUERIES, "G3", 'Crate:where({ state = "yard", kg = {' }, { QUERIES, "G4", '"WHERE kg > ? OR label LIKE ?"' }, { QUERIES, "G5", ":orWhere({ kg = 20 })" },
  { QUERIES, "G6", 'Crate:whereIn("kg", { 10, 20 })' }, { QUERIES, "G7", 'Crate:whereNotIn("kg", { 10 })' }, { QUERIES, "G8", 'Crate:whereNull("kg")' },
  { QUERIES, "G9", 'Crate:whereNotNull("kg")' }, { QUERIES, "G10", 'Crate:whereBetween("kg", 20, 30)' }, { QUERIES, "G11", 'Crate:whereLike("label", "%0%")' },
  { QUERIES, "G12", 'Crate:select("crates.*", "ships.name as ship_name")' }, { QUERIES, "G13", 'Crate:distinct():select("state")' },
  { QUERIES, "G14", 'Crate:order_by("state DESC"):order_by("order")' }, { QUERIES, "G15", 'Crate:orderByDesc("order")' },
  { QUERIES, "G16", 'Crate:order_by("order", "desc"):limit(2)' }, { QUERIES, "G17", ":limit(1):offset(1)" }, { QUERIES, "G18", ":paginate(2, 2)" },
  { QUERIES, "G19", ':group_by("state")' }, { QUERIES, "G20", ':having("COUNT(*) > ?", 1)' }, { QUERIES, "G21", 'Crate:join("ships", "ships.id = crates.ship_id")' },
  { QUERIES, "G22", 'Crate:leftJoin("ships"' }, { QUERIES, "G23", 'Crate:right_join("ships"' }, { QUERIES, "G24", '#Crate:where({ state = "yard" }):get() == 3' },
  { QUERIES, "G25", 'Crate:where({ state = "none" }):first() == nil' }, { QUERIES, "G26", ":firstOrFail()" }, { QUERIES, "G27", ":exists() == true" },
  { QUERIES, "G28", 'Crate:count("kg") == 4' }, { QUERIES, "G29", 'Crate:sum("kg") == 100' }, { QUERIES, "G30", 'Crate:avg("kg") == 25.0' },
  { QUERIES, "G31", 'Crate:min("kg") == 10' }, { QUERIES, "G32", 'Crate:max("kg") == 40' }, { QUERIES, "G33", 'kg = freight.sql("kg + ?", 1) }) == 1' },
  { QUERIES, "G34", "Crate:delete_all() == 2" }, { RELATIONS, "G35", 'User:preload("posts.comments.user", "profile")' },
  { QUERIES, "G36", "local text, given = query:toSql()" },
  { RELATIONS, "H1", 'User:hasMany(Post, { foreignKey = "author_id", localKey = "id" })' }, { RELATIONS, "H2", 'ownerKey = "id", as = "author"' },
  { RELATIONS, "H3", "User:has_one(Profile)" }, { RELATIONS, "H4", 'foreignPivotKey = "tag_id", relatedPivotKey = "post_id"' },
  { RELATIONS, "H5", "Post:belongsToMany(Tag)" }, { RELATIONS, "H6", "ann:posts() == ann:posts()" }, { RELATIONS, "H7", "list[1]._loaded_relations.posts == 5" },
  { RELATIONS, "H8", 'Post:with("author", "tags"):first()' }, { RELATIONS, "H9", "Tags:attach(posts[1], { 1, 2 }) == 2" },
  { RELATIONS, "H10", "Tags:detach(posts[1], 3) == 1" }, { RELATIONS, "H11", "Tags:sync(posts[1], { 2, 3 })" }, { RELATIONS, "H12", "assert(count == 3, count" },
  { RELATIONS, "H13", "#ann:getPosts() == 4" },
  { MIGRATIONS, "J3", 'db:migrate("001_crates", create) == false' }, { MIGRATIONS, "J5", "other:rollback_migrations() == true and labels() == 3" },
  { MIGRATIONS, "J6", "db:reset(true) == true and not db:table_exists" }, { MIGRATIONS, "J7", 'db:drop_tables("ports", "holds", "nowhere", "ships") == 3' },
  -- The questions, by their numbers.
  { RECORDS, 1, 'User == freight.model("users") and User == db:model("users")' }, { RECORDS, 2, 'freight.model("odd", { fields = { type = "text" }' },
  { RECORDS, 7, 'job:get("update") == "daily"' }, { RECORDS, 8, 'twin:delete() == false) -- (8)' }, { RECORDS, 9, "-- F13 (9)" }, { RECORDS, 10, "-- F2, F3, F8 (10)" },
  { RECORDS, 11, 'User:find_by("email", nil)' }, { RECORDS, 12, "User:findOrFail(2).active == false" }, { QUERIES, 15, 'Crate:sum("price") == "8.00"' },
  { QUERIES, 16, ':sum("kg") == 0 and' }, { RECORDS, 17, 'record.bl == ("\\0\\255\\1"):rep(3)' }, { RECORDS, 18, 'dt = "2026-01-02T03:04:05Z"' },
  { QUERIES, 20, "query:toSql() -- G36 (20)" }, { QUERIES, 21, 'raises("unsafe_sql", Crate.order_by, Crate, bad)' },
  { QUERIES, 22, "query:to_sql() == text and labels(query) == found" }, { QUERIES, 23, '"WHERE (kg = ? OR kg = ?) AND state = ?"' },
  { QUERIES, 24, '"SELECT crates.* FROM crates INNER JOIN ships' }, { RELATIONS, 25, "-- H7, H8, H12, (25)" }, { RELATIONS, 26, "-- (26): what a foreign key is" },
  { RELATIONS, 27, "ann:profile().bio == \"about Ann\" and ann:profiles().bio" }, { RELATIONS, 28, "Post:belongsToMany(Tag) -- H4 (28)" },
  { RELATIONS, 29, 'ann:related("posts"):where("title", "post 2")' }, { RECORDS, 31, 'raises("hook_aborted", Guarded.create' },
  { QUERIES, 32, 'Crate:order_by("order"):page(2, 2)' }, { MIGRATIONS, 36, "other:rollback_migrations() == true and labels() == 3" },
  { "../lua/redis", 40, "called without any password configured" }, { RECORDS, 41, 'User:find("1").name == "Alice"' }, { "statements", 42, "db:close() and db:close()" },
  { RECORDS, 44, "record.j.list[2] == null" },
  -- The acceptance list.
  { "integration", "acceptance1", "what would be an injection is a value" }, { "models_spelling", "acceptance2", "in the other spelling" },
  { "promises", "acceptance3", "acceptance 3: tonumber of a missing key is nil" }, { "promises", "acceptance6", "acceptance 6: every byte comes back" },
  { RECORDS, "acceptance8", "-- Acceptance 8: NULL, twice." }, { RECORDS, "acceptance9", "-- The nil guard: acceptance 9" },
  { RECORDS, "acceptance10", "-- Acceptance 10, (7)" }, { "../lua_processes.rs", "acceptance11", "fn two_processes_make_one_row" },
  { RECORDS, "acceptance12", "-- Acceptance 12: models join the transaction." }, { QUERIES, "acceptance13", "-- Acceptance 13" },
  { RELATIONS, "acceptance14", "-- Acceptance 14" }, { QUERIES, "acceptance15", "-- Acceptance 15" }, { RECORDS, "acceptance17", "acceptance 17" },
  { "../lua.rs", "acceptance18", "models_run_on_sqlite_in_luajit" },
}

local found, texts = {}, {}
local function name_of(item)
  return type(item) == "number" and "question" .. item or item
end
for _, each in ipairs(elsewhere) do
  local script, item, piece = each[1], name_of(each[2]), each[3]
  script = folder .. (script:find("%.rs$") and script or script .. ".lua")
  if not texts[script] then
    local file = assert(io.open(script, "rb"))
    texts[script] = file:read("*a")
    file:close()
  end
  assert(texts[script]:find(piece, 1, true), item .. ": " .. script .. " has no " .. piece)
  assert(not found[item], item .. " is named twice")
  found[item] = true
end
local function promise(item, holds)
  item = name_of(item)
  assert(not found[item], item .. " is named twice")
  found[item] = true
  assert(holds, item)
end
local function raises(code, fn, ...)
  local ok, err = pcall(fn, ...)
  return not ok and type(err) == "table" and err.code == code and err or error(tostring(err) .. " is not " .. code, 2)
end
local function same(left, right)
  return json.encode(left) == json.encode(right) or error(json.encode(left) .. " is not " .. json.encode(right), 2)
end

-- ---- D: opening
local db = freight.open(url)
promise("D1", require("freight") == freight)
freight.init(db)
local memory = freight.open("sqlite", { database = ":memory:" })
promise("D4", memory.driver == "sqlite" and freight.db() == db and memory:model("t", { a = "text" }) and memory:auto_migrate().success
  and memory:model("t"):create({ a = "x" }).id == 1)
local host, port, user, password, name
if not on.sqlite then
  local rest
  rest, host, port, name = url:match("^%w+://(.-)@([^:/]+):(%d+)/(.+)$")
  user, password = rest:match("^([^:]*):?(.*)$")
end
local opened = not on.sqlite and freight.open(driver, { host = host, port = tonumber(port), user = user, password = password, database = name })
promise("D5", not on.mysql or opened:query_value("SELECT 7") == 7 and opened.driver == "mysql")
promise("D6", not on.postgres or opened:query_value("SELECT 7") == 7 and opened.driver == "postgresql")
if opened then
  opened:close()
end
db:exec("CREATE TABLE raw (id bigint PRIMARY KEY, word varchar(20))")
promise("D7", db:execute("INSERT INTO raw VALUES (?, ?)", 1, "x") == 1 and #db:query("SELECT * FROM raw") == 1 and db:query_row("SELECT word FROM raw").word == "x"
  and db:changes() == 1 and db:ping() == true and db:transaction(function() return "in" end) == "in" and type(db.model) == "function" and type(db.last_insert_id) == "function")
if on.sqlite then
  local place = url:match("^sqlite:(.*)/[^/]*$") .. "/one/two/three.db"
  local deep = freight.open("sqlite", { database = place })
  promise("D8", deep:exec("CREATE TABLE IF NOT EXISTS t (a)") == 0 and deep:close())
else
  found.D8 = true
end

-- ---- E: definitions
local Kind = freight.model("kinds", {
  i = "integer", s = "string", t = "text", f = "float", b = "boolean", dt = "datetime", d = "date", bl = "blob", j = "json",
  at = { type = "datetime", default = "CURRENT_TIMESTAMP" }, said = { type = "text", comment = "what was said" },
})
local one = Kind:create({ i = 1, s = "s", t = "t", f = 0.5, b = false, dt = "2026-01-02 03:04:05", d = "2026-01-02", bl = "\0\1", j = { 1 }, said = "x" })
local read = Kind:find(one.id)
promise("E2", read.i == 1 and read.s == "s" and read.t == "t" and read.f == 0.5 and read.b == false and read.dt == "2026-01-02 03:04:05"
  and read.d == "2026-01-02" and read.bl == "\0\1" and read.j[1] == 1)
local Owner = freight.model("owners", { name = freight.string() })
local Thing = freight.model("things", {
  one = { type = "integer", references = "owners.id" }, two = { type = "integer", references = { table = "owners", column = "id", onDelete = "CASCADE" } },
  three = { references = { "owners" } }, four = freight.foreign_key("owners", "id", { on_delete = "SET NULL", on_update = "CASCADE" }),
})
assert(db:auto_migrate().success)
local actions = {}
for _, key in ipairs(db:foreign_keys("things")) do
  assert(key.table == "owners" and key.references[1] == "id")
  actions[key.columns[1]] = key.on_delete
end
promise("E4", actions.one and actions.three and actions.two == "CASCADE" and actions.four == "SET NULL" and Owner:create({ name = "x" })
  and Thing:create({ one = 1, two = 1, three = 1 }).four == nil and raises("foreign_key_violation", Thing.create, Thing, { one = 9 }))
local columns = {}
for _, column in ipairs(db:table_info("kinds")) do
  columns[column.name] = (column.full_type or column.type):lower()
end
promise("E5", columns.s:find("255", 1, true) and raises("validation", Kind.create, Kind, { s = ("x"):rep(256) }) and Kind:create({ s = ("ä"):rep(255) }))
promise("E7", columns.b:find(on.mysql and "tinyint" or "bool") and columns.dt:find(on.sqlite and "text" or on.mysql and "datetime" or "timestamp")
  and columns.j:find(on.sqlite and "text" or on.mysql and "" or "jsonb"))
promise("E8", not on.mysql or db:query_value("SELECT column_comment FROM information_schema.columns WHERE table_schema = database() "
  .. "AND table_name = 'kinds' AND column_name = 'said'") == "what was said")

-- ---- I: hooks, one by one
local seen = {}
local Log = freight.model("logs", { word = "string", note = "text" })
for number, event in ipairs({ "beforeCreate", "afterCreate", "beforeUpdate", "afterUpdate", "beforeDelete", "afterDelete", "beforeSave", "afterSave" }) do
  Log[event](Log, function(record)
    seen[event] = (seen[event] or 0) + 1
    seen[#seen + 1] = number .. ":" .. record.word
    if event == "beforeSave" then
      record.note = "by a hook"
    end
  end)
  Log[event](Log, function(record) seen[#seen + 1] = number .. ":" .. record.word .. " again" end)
end
local log = Log:create({ word = "a" })
promise("I1", seen.beforeCreate == 1)
promise("I2", seen.afterCreate == 1 and log.id)
log:update({ word = "b" })
promise("I3", seen.beforeUpdate == 1)
promise("I4", seen.afterUpdate == 1)
log:delete()
promise("I5", seen.beforeDelete == 1)
promise("I6", seen.afterDelete == 1)
promise("I7", seen.beforeSave == 2)
promise("I8", seen.afterSave == 2)
promise("I9", log.note == "by a hook")
promise("I10", seen[1] == "7:a" and seen[2] == "7:a again" and seen[3] == "1:a" and seen[4] == "1:a again")
-- (30): one object, in the order of Rails.
promise(30, same(seen[#seen - 3], "5:b") and seen[5] == "2:a" and seen[7] == "8:a")

-- ---- J: tables and migrations
db:exec("CREATE TABLE old_things (id bigint PRIMARY KEY, kept varchar(20))")
db:model("old_things", { word = { type = "string", size = 20, unique = true }, number = { type = "integer", index = true } })
db:model("new_things", { word = "string" })
local report = db:autoMigrate()
promise("J1", report.success and db:table_exists("new_things") and #db:table_info("old_things") == 4 and db:auto_migrate().changes == 0)
promise("J2", report.changes >= 2 and #report.errors == 0 and same(report.created_tables, { "new_things" }) and #report.added_columns == 2
  and report.added_columns[1].table == "old_things" and type(report.added_columns[1].column) == "string" and #report.created_indexes >= 1)
assert(db:migrate("inventory_1", function(given)
  assert(given:query_value("SELECT count(*) FROM raw") == 1)
  given:execute("UPDATE raw SET word = ?", "migrated")
end) == true)
local status = db:migrationStatus()
promise("J4", status.current_batch == 1 and status.total_migrations == 1 and status.migrations[1].name == "inventory_1" and status.migrations[1].batch == 1
  and status.migrations[1].executed_at ~= nil)
promise("J8", db:query_value("SELECT word FROM raw") == "migrated")
-- (37): what fails is reported.
memory:model("wrong_things", { id = "integer", other = { type = "integer", references = "nowhere.id" } })
local wrong = memory:auto_migrate("wrong_things")
promise(37, wrong.success == false and #wrong.errors == 1 and wrong.errors[1].error ~= nil and (select(1, db:reset())) == false
  and type((select(2, db:reset()))) == "string")
promise(38, not table.concat(db:tables(), " "):find("_freight") and table.concat(db:tables({ internal = true }), " "):find("_freight_migrations"))

-- ---- the questions that are left
local Item = freight.model("items", {
  label = { type = "string", required = true }, flag = { type = "boolean", notNull = true, default = true }, n = "integer", ratio = "float",
  word = { type = "text", default = "CURRENT_TIMESTAMP" }, made = { type = "datetime", default = "now()" }, sum = { type = "integer", default = freight.sql("1 + 1") },
  price = freight.decimal(9, 2), doc = "json", at = "datetime",
})
raises("duplicate_option", freight.model, "x", { fields = { a = "text" }, softDelete = true, soft_delete = true })
promise(3, Item.orderBy and Item.order_by and Item:orderBy("n"):toSql() == Item:order_by("n"):to_sql())
promise(4, Item:create({ label = "" }).label == "" and raises("validation", Item.create, Item, {}) and raises("validation", Item.create, Item, { label = "x", flag = null }))
local item = Item:create({ label = "a", n = 3, ratio = 2, price = "1.5" })
promise(5, item.word == "CURRENT_TIMESTAMP" and item.made:match("^%d+%-%d+%-%d+ ") and item.sum == 2)
promise(6, item.flag == true and Item:find(item.id).word == "CURRENT_TIMESTAMP" and Item:find(item.id).made == item.made
  and db:query_value("SELECT count(*) FROM items WHERE flag") == 2)
promise(13, item.n == 3 and item.ratio == 2.0 and (not math.type or math.type(item.n) == "integer" and math.type(item.ratio) == "float")
  and Item:create({ label = "b", n = 4.0 }).n == 4 and raises("cast_error", Item.create, Item, { label = "c", n = 4.5 }))
-- (14): 64 bits, of which LuaJIT holds 53.
local largest, least = "9223372036854775807", "-9223372036854775808"
for _, text in ipairs({ largest, least }) do
  local made = Item:create({ label = "large", n = text })
  local stored = Item:find(made.id).n
  assert(tostring(stored) == text and (math.type and math.type(stored) == "integer" or type(stored) == "string"), tostring(stored))
  assert(Item:find_by("n", stored).id == made.id and not next(Item:find(made.id):changed()))
end
promise(14, true)
promise("acceptance5", Item:where("n", largest):count() == 1 and Item:max("n") == Item:find_by("n", largest).n)
-- (19): what has an offset is that time in UTC.
item:update({ at = "2026-06-01T12:00:00+02:00" })
promise(19, item.at == "2026-06-01 10:00:00" and Item:find(item.id).at == item.at and Item:where("at", "2026-06-01T10:00:00Z"):count() == 1)
local early = Item:create({ label = "early", at = "2026-06-01 09:59:59.5" })
promise("acceptance7", Item:where_not_null("at"):order_by("at"):first().id == early.id and Item:create({ label = "z", at = "2026-01-02T03:04:05Z" }).at == "2026-01-02 03:04:05")
item:update({ flag = false })
promise("acceptance4", Item:find(item.id).flag == false and not item.flag and Item:where({ flag = false }):count() == 1)
promise(33, db:query_value("SELECT id FROM items WHERE id = ?", item.id) == item.id and #db:query("SELECT id FROM items WHERE id = ?", { item.id }) == 1)
promise(34, Item:where("id", item.id):update({ n = 3 }) == 1 and Item:where("id", item.id):update({ n = 3 }) == 1)
promise(35, not Item:where("n", 3):to_sql():find("ORDER") and Item:first().id == 1 and Item:find_by("n", 3).id == item.id)
local function nothing() end
local function two() return 1, nil, 3 end
promise(39, db:transaction(nothing) == true and select("#", db:transaction(two)) == 3 and same({ db:transaction(function(tx) tx:rollback("why") end) }, { false, "why" }))
-- (43): a question mark that is no placeholder.
promise(43, Item:where("label = '?' OR label = ? -- ?", "a"):count() == 1 and Item:where("label <> '??' AND label = ?", "a"):count() == 1
  and (not on.postgres or Item:where("doc ?? ?", "x"):count() == 0))

-- ---- nothing is left out, and nothing is named that is not promised
found.acceptance16 = "`models_cache.lua`, and the tests of the cache itself"
local total = 0
for group, count in pairs(counts) do
  for number = 1, count do
    assert(found[group .. number], group .. number .. " has no assertion")
  end
  total = total + count
end
for _ in pairs(found) do
  total = total - 1
end
assert(total == 0)
print("done")
