-- Records of models: lua-api.md 5 to 7. `F7` and the like are items of the inventory of promises,
-- `(23)` the questions whose answers are fixed here.
local db = freight.open(arg[1])
freight.init(db)
local null = freight.null

local function raises(code, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised, and not " .. code)
  assert(type(err) == "table" and err.code == code, tostring(err) .. " is not " .. code)
  return err
end
local function same(left, right)
  assert(json.encode(left) == json.encode(right), json.encode(left) .. " is not " .. json.encode(right))
end

-- ------------------------------------------------------------------------- E: definitions
local User = db:model("users", { -- E1, E3: flat fields, the keys of the documents
  name = { type = "text", notNull = true }, email = { type = "text", required = true, unique = true }, -- (4)
  role = { type = "text", default = "user" }, active = { type = "boolean", default = 1 }, -- E6 (5)
  score = "integer", note = "text", seen_at = { type = "datetime", default = "CURRENT_TIMESTAMP" },
}, { timestamps = true })
assert(User == freight.model("users") and User == db:model("users")) -- (1)
raises("unknown_model", freight.model, "nobody")
assert(User.table_name == "users" and User.primary_key == "id" and User.fields.email.unique and User.db == db)
raises("unknown_option", freight.model, "x", { fields = { a = "text" }, timestamp = true })
raises("unknown_option", freight.model, "x", { fields = { a = "text" }, cache = { negativ = true } })
raises("duplicate_option", freight.model, "x", { fields = { a = { type = "text", notNull = true, not_null = true } } })
raises("bad_argument", freight.model, "x", { a = { type = "strin" } })
raises("bad_argument", freight.model, "x", { a = { size = 3 } })
-- (2): a column named `fields`.
local Odd = freight.model("odd", { fields = { type = "text" }, other = "text" })
assert(Odd.fields.fields and Odd.fields.other)
-- E9: helpers.
local Kinds = freight.model("kinds", {
  id = freight.primaryKey(), s = freight.string(), s40 = freight.string(40, { required = true }), t = freight.text(),
  i = freight.integer(), f = freight.float(), b = freight.boolean(), dt = freight.datetime(), d = freight.date(),
  tod = freight.time_of_day(), bl = freight.blob(), j = freight.json(), u = freight.uuid(), dec = freight.decimal(9, 2),
  e = freight.enum({ "one", "two" }), up = { type = "json", nulls = "keep" }, at = { type = "datetime", as = "epoch" },
})
assert(Kinds.fields.s.size == nil or Kinds.fields.s.size == 255)

-- ------------------------------------------------------------------------------- F: create
local alice = User:create({ name = "Alice", email = "alice@example.com" }) -- F1
assert(alice.id == 1 and alice.role == "user" and alice.active == true and alice.seen_at, alice) -- F19 (6)
assert(alice.created_at and alice.updated_at and not alice:is_new())
assert(tostring(alice) == "users#1")
local bob = User:new({ name = "Bob", email = "bob@example.com", score = 7, active = false })
assert(bob:is_new() and bob.role == "user" and bob.id == nil)
assert(bob:save() == bob and bob.id == 2 and not bob:is_new()) -- F12
-- F2, F3, F8 (10)
assert(User:find(1).name == "Alice" and User:find("1").name == "Alice") -- (41)
assert(User:find(99) == nil and User:find("abc") == nil and User:find(1.5) == nil)
local err = raises("not_found", User.find_or_fail, User, 99)
assert(err.model == "users" and err.table == "users" and err.key == 99)
assert(User:findOrFail(2).active == false) -- (12): false survives
assert(User:find_by("role", "user").id == 1 and User:find_by({ email = "bob@example.com" }).id == 2)
assert(User:findBy("email", "nobody@example.com") == nil)
raises("not_found", User.find_by_or_fail, User, "name", "Nobody")
-- F4 to F7
assert(#User:all() == 2 and #User:findAll() == 2 and #User:get() == 2)
assert(User:first().id == 1 and User:last().id == 2 and User:count() == 2) -- (35)
same(User:find_many({ 2, 99, 1 }):pluck("id"), { 2, 1 })
-- The nil guard: acceptance 9, (11)
for _, call in ipairs({
  function() return User:find_by("email", nil) end, function() return User:where("email", nil) end,
  function() return User:where({}) end, function() return User:find_by({}) end,
  function() return User:first_or_create({}) end, function() return User:find(nil) end,
  function() return User:where("score", ">", nil) end, function() return User:where_in("id", nil) end,
}) do
  local ok, problem = pcall(call)
  assert(not ok and (problem.code == "empty_condition"), tostring(problem))
end

raises("bad_argument", User.find, User, User:first())
-- What was meant as a value brings no operators along.
raises("bad_argument", User.find_by, User, "email", json.decode('{"!=":""}'))
raises("bad_argument", User.find_by, User, { role = "user", email = json.decode('{">":""}') })
raises("bad_argument", User.first_or_create, User, { email = { like = "%" } })
assert(User:find_by({ email = { "nobody", "bob@example.com" } }).id == 2 and User:find_by("note", null).id == 1)

-- --------------------------------------------------------------------------------- save
alice.name = "Alice B." -- F11
alice:save()
assert(User:find(1).name == "Alice B.")
-- Only what was changed is sent, and nothing when nothing was.
local sent = {}
local function listen(what)
  sent[#sent + 1] = what.sql
end
db:on("query", listen)
alice:save()
assert(#sent == 0, sent[1])
alice.score = 5
assert(alice:changed().score[1] == nil and alice:changed().score[2] == 5)
assert(alice:changed("score") and not alice:changed("name") and alice:original("score") == nil)
alice:save()
assert(#sent == 1 and sent[1]:find("UPDATE users SET score = ?", 1, true) and not sent[1]:find("name"), sent[1])
db:off(listen)
-- What the database works out is there after saving.
local worked = User:new({ name = "w", email = freight.sql("lower(?)", "W@EXAMPLE.COM"), score = freight.sql("3 + ?", 4) })
assert(worked:save().score == 7 and worked.email == "w@example.com" and not next(worked:changed()))
assert(User:create({ name = "x", email = "x@example.com", score = freight.sql("2") }).score == 2)
User:where_in("name", { "w", "x" }):delete()
-- Acceptance 8: NULL, twice.
alice.note = "x"
alice:save()
alice.note = nil
alice:save()
assert(db:query_value("SELECT count(*) FROM users WHERE note IS NULL AND id = 1") == 1 and User:find(1).note == nil)
assert(alice:update({ note = "y" }) == alice and alice.note == "y") -- F13 (9)
alice:update({ note = null })
assert(alice.note == nil and User:find(1).note == nil)
assert(alice:update({}) == alice)
-- 7.3
local unknown = raises("unknown_field", function() alice.nam = "x" end)
assert(unknown.hint:find("name"), unknown.hint)
assert(alice.nothing == nil)
raises("unknown_field", User.create, User, { nam = "x" })
-- Values are cast: 6.3
local carl = User:create({ name = 42, email = "carl@example.com", score = "17", active = "false" })
assert(carl.name == "42" and carl.score == 17 and carl.active == false)
local cast = raises("cast_error", User.create, User, { name = "x", email = "y", score = "seven" })
assert(cast.field == "score" and cast.value == "seven")
raises("cast_error", User.create, User, { name = "x", email = "y", active = 2 })
-- A key may change.
carl.id = 30
carl:save()
assert(User:find(30).name == "42" and User:find(3) == nil)
-- F14, 7.5: delete.
assert(carl:delete() == true and carl:is_deleted() and User:find(30) == nil)
assert(carl:delete() == false)
raises("deleted", carl.save, carl)
local twin = User:find(2)
assert(bob:deleteInstance() == true and twin:delete() == false) -- (8)
raises("not_found", twin.reload, User:find(1) and twin)
-- F15
db:execute("UPDATE users SET name = 'Changed' WHERE id = 1")
alice.score = 99
assert(alice:reload() == alice and alice.name == "Changed" and alice.score == 5)
local gone = User:create({ name = "g", email = "g@example.com" })
db:execute("DELETE FROM users WHERE id = ?", gone.id)
gone.name = "h"
raises("not_found", gone.save, gone)
-- increment, touch
assert(alice:increment("score").score == 6 and alice:increment("score", 4).score == 10)
assert(User:find(1).score == 10 and not alice:changed("score"))
-- In the same second MySQL would have nothing to write.
alice:update({ updated_at = "2020-01-01 00:00:00" })
assert(alice:touch() == alice and not alice.updated_at:find("^2020"))

-- -------------------------------------------------------------------- F9, F10: find or make
local made, is_new = User:first_or_create({ email = "d@example.com" }, { name = "Dora" })
assert(is_new == true and made.name == "Dora")
local again, is_new_again = User:firstOrCreate({ email = "d@example.com" }, { name = "Other" })
assert(is_new_again == false and again.id == made.id and again.name == "Dora")
local fresh, is_fresh = User:first_or_new({ email = "e@example.com" }, { name = "Eve" })
assert(is_fresh == true and fresh:is_new() and User:count() == 2)
local changed, was_made = User:update_or_create({ email = "d@example.com" }, { score = 3 })
assert(was_made == false and changed.score == 3 and User:find_by("email", "d@example.com").score == 3)
-- A lost race inside a transaction leaves it usable.
db:transaction(function()
  local found, is_made = User:first_or_create({ email = "f@example.com" }, { name = "F" })
  assert(is_made and found.id)
end)
-- One that was lost after the transaction had begun, too: what it reads may be older.
if db.driver ~= "sqlite" then
  local others = freight.open(arg[1])
  for place, method in ipairs({ "first_or_create", "update_or_create" }) do
    db:transaction(function(tx)
      User:count()
      local email = "race" .. place .. "@example.com"
      others:execute("INSERT INTO users (name, email) VALUES ('other', ?)", email)
      local found, is_made = User[method](User, { email = email }, { name = "mine" })
      assert(not is_made and found.name == (place == 1 and "other" or "mine"))
    end)
  end
  others:close()
  User:where_starts("email", "race"):delete()
end
-- Acceptance 12: models join the transaction.
local ok = pcall(db.transaction, db, function()
  User:create({ name = "T", email = "t@example.com" })
  error("no")
end)
assert(not ok and User:find_by("email", "t@example.com") == nil)
db:transaction(function()
  assert(not pcall(db.transaction, db, function()
    User:create({ name = "U", email = "d@example.com" })
  end))
  User:create({ name = "V", email = "v@example.com" })
end)
assert(User:find_by("email", "v@example.com"))
-- A table that was made in a transaction goes with it, and is made again.
local Late, Later = freight.model("late", { name = "string" }), freight.model("later", { late_id = freight.foreign_key("late") })
local function late()
  Later:create({ late_id = Late:create({ name = "a" }).id })
  assert(Late:find(1).name == "a" and Later:count() == 1)
end
if db.driver == "mysql" then
  assert(raises("missing_table", db.transaction, db, late).hint:find("auto_migrate", 1, true))
else
  db:transaction(function(tx)
    late()
    tx:rollback()
  end)
end
assert(Late:find(1) == nil and Later:count() == 0 and Late:count() == 0)
late()
-- Unique violations name the columns: acceptance 17.
local violation = raises("unique_violation", User.create, User, { name = "x", email = "d@example.com" })
same(violation.columns, { "email" })

-- ------------------------------------------------------------------------------- types
local stored = Kinds:create({
  s = "ä", s40 = "x", t = "text", i = 9007199254740991, f = 1.5, b = false, dt = "2026-01-02T03:04:05Z", d = "2026-01-02",
  tod = "03:04:05", bl = ("\0\255\1"):rep(3), j = { list = { 1, null, 3 }, gone = null, deep = { a = true } },
  u = "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", dec = 12.5, e = "one", up = { a = null }, at = 86400,
})
for _, record in ipairs({ stored, Kinds:find(stored.id) }) do
  assert(record.s == "ä" and record.i == 9007199254740991 and record.f == 1.5 and record.b == false)
  assert(record.dt == "2026-01-02 03:04:05" and record.d == "2026-01-02" and record.tod == "03:04:05", record.dt) -- (18)
  assert(record.bl == ("\0\255\1"):rep(3)) -- (17)
    assert(record.j.list[2] == null, json.encode(record.j)) assert(record.j.gone == nil) assert(record.j.deep.a == true) assert(record.up.a == null, json.encode(record.up)) -- (44)
  assert(record.u == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" and record.dec == "12.50" and record.e == "one")
  assert(record.at == 86400, record.at)
  assert(not next(record:changed()), json.encode(record:changed()))
end
stored.j.deep.a = false
assert(stored:changed("j"))
stored:save()
assert(Kinds:find(stored.id).j.deep.a == false and not stored:changed("j"))
stored.j = null
stored:save()
assert(Kinds:find(stored.id).j == nil)
for given, expected in pairs({
  ["2026-01-02 03:04"] = "2026-01-02 03:04:00", ["2026-01-02T03:04:05+02:00"] = "2026-01-02 01:04:05",
  ["2026-01-02"] = "2026-01-02 00:00:00", [0] = "1970-01-01 00:00:00",
}) do
  stored.dt = given
  stored:save()
  assert(stored.dt == expected and Kinds:find(stored.id).dt == expected, tostring(stored.dt))
end
stored.dt = os.date("!*t", 3600)
stored:save()
assert(stored.dt == "1970-01-01 01:00:00")
raises("cast_error", function() stored:update({ dt = "soon" }) end)
raises("cast_error", function() stored:update({ dt = null, u = "no uuid" }) end)
stored:reload()
local too_large = raises("out_of_range", function() stored:update({ dec = "12345678.5" }) end)
assert(too_large.field == "dec")
stored:reload()

-- ------------------------------------------------------------------- validation, 10
local Box = freight.model("boxes", {
  fields = {
    label = { type = "string", size = 4, required = true, validate = { match = "^[^!]+$", length = { 2, 4 } } },
    kind = { type = "enum", values = { "a", "b" } }, kg = { type = "integer", validate = { min = 1, max = 10 } },
    mail = { type = "string", validate = { email = true } }, site = { type = "string", validate = { url = true } },
    even = { type = "integer", validate = function(value)
      return value % 2 == 0, "is even"
    end },
  },
  validate = function(box)
    if box.kind == "b" and not box.kg then
      return false, "a box of kind b has a weight", "kg"
    end
    return true
  end,
})
local invalid = raises("validation", Box.create, Box, { label = "äöüßx!", kind = "c", kg = 11, mail = "no", site = "no", even = 3 })
local rules = {}
for _, problem in ipairs(invalid.errors) do
  rules[#rules + 1] = problem.field .. ":" .. problem.rule
end
table.sort(rules)
same(rules, { "even:validate", "kg:max", "kind:values", "label:length", "label:match", "label:size", "mail:email", "site:url" })
assert(invalid.model == "boxes" and tostring(invalid):find("label"))
assert(raises("validation", Box.create, Box, { label = "a", kg = 11, mail = "no" }).message
  == "`kg` must be at most 10; `label` must have 2 to 4 characters; `mail` must be an e-mail address")
raises("validation", Box.create, Box, {})
local whole = raises("validation", Box.create, Box, { label = "ab", kind = "b" })
assert(whole.errors[1].field == "kg")
local box = Box:new({ label = "ab" })
assert(box:valid() == true)
box.kg = 99
local is_valid, why = box:valid()
assert(is_valid == nil and why:is("validation") and why.errors[1].rule == "max")
assert(box:save({ validate = false }).id and Box:create({ label = "äöüß", mail = "a@b.co", site = "https://x.org/" }).label == "äöüß")

-- ------------------------------------------------------------------------------ I: hooks
local log = {}
local Post = freight.model("posts", { title = "string", slug = "string", state = "string" })
for _, event in ipairs({
  "beforeValidate", "beforeSave", "beforeCreate", "afterCreate", "afterSave", "beforeUpdate", "afterUpdate", "beforeDelete",
  "afterDelete", "afterCommit", "afterRollback", "afterFind",
}) do
  Post[event](Post, function(record)
    log[#log + 1] = event
    assert(record.title)
  end)
end
Post:before_save(function(post)
  post._data.slug = post.title:lower() -- F18, I9 (30)
end)
local post = Post:create({ title = "Hello" })
same(log, { "beforeValidate", "beforeSave", "beforeCreate", "afterCreate", "afterSave", "afterCommit" })
assert(post.slug == "hello")
log = {}
post:update({ title = "World" })
same(log, { "beforeValidate", "beforeSave", "beforeUpdate", "afterUpdate", "afterSave", "afterCommit" })
assert(Post:find(post.id).slug == "world")
log = {}
post:delete()
same(log, { "beforeDelete", "afterDelete", "afterCommit" })
log = {}
pcall(db.transaction, db, function()
  Post:create({ title = "Rolled" })
  error("back")
end)
same(log, { "beforeValidate", "beforeSave", "beforeCreate", "afterCreate", "afterSave", "afterRollback" })
local Guarded = freight.model("guarded_posts", { title = "string" })
Guarded:before_create(function() return false end)
raises("hook_aborted", Guarded.create, Guarded, { title = "x" }) -- (31)
Guarded:before_delete(function() return nil end)
local Failing = freight.model("failing_posts", { title = "string" })
Failing:after_create(function() error("after") end)
assert(not pcall(Failing.create, Failing, { title = "x" }) and Failing:count() == 0)
assert(Failing:create({ title = "y" }, { hooks = false }).id)

-- -------------------------------------------------- soft delete, versions, guards, uuid keys
local Page = freight.model("pages", { title = "string" }, { softDelete = true, version = true })
local page = Page:create({ title = "one" })
assert(page.lock_version == 0)
local other = Page:find(page.id)
page:update({ title = "two" })
assert(page.lock_version == 1)
other.title = "three"
raises("stale_object", other.save, other)
assert(page:delete() == true and page:is_deleted() and Page:find(page.id) == nil and Page:count() == 0)
assert(Page:with_deleted():count() == 1 and Page:only_deleted():first().id == page.id)
assert(page:restore() == page and Page:find(page.id).title == "two" and not page:is_deleted())
page:delete({ hard = true })
assert(Page:with_deleted():count() == 0)
local Account = freight.model("accounts", {
  fields = { id = freight.uuid({ primary_key = true }), name = "string", admin = { type = "boolean", default = false } },
  guarded = { "admin" }, hidden = { "name" },
})
raises("unknown_field", Account.create, Account, { name = "x", admin = true })
local account = Account:create({ name = "x", admin = true }, { unknown = "ignore" })
assert(account.id:match("^%x+%-%x+%-7%x+%-"), account.id)
assert(account.admin == false and account:to_table().name == nil)
-- A name that is misspelt lets nothing through.
raises("unknown_field", Account.create, Account, { name = "x" }, { except = { "admn" } })
raises("unknown_field", account.to_table, account, { except = { "admn" } })
raises("unknown_field", account.update, account, { name = "x" }, { only = { "nam" } })
raises("bad_argument", Account.create, Account, { name = "x" }, { unknown = "skip" })
account.admin = true
account:save()
assert(Account:find(account.id).admin == true and Account:find(account.id:upper()).id == account.id)
same(Account:find(account.id):to_table({ only = { "admin" } }), { admin = true })
assert(account:to_json() == '{"admin":true,"id":"' .. account.id .. '"}')
-- Composite keys.
local Seat = freight.model("seats", { row_no = "integer", place = "integer", guest = "string" }, { primary_key = { "row_no", "place" } })
Seat:create({ row_no = 1, place = 2, guest = "Ann" })
assert(Seat:find(1, 2).guest == "Ann" and Seat:find({ row_no = 1, place = 2 }).guest == "Ann" and Seat:find(2, 1) == nil)
local seat = Seat:find(1, 2)
seat.place = 3
seat:save()
assert(Seat:find(1, 3).guest == "Ann" and Seat:count() == 1)

-- Acceptance 10, (7): columns that are called like methods.
io.stderr = { write = function() end }
local Job = freight.model("jobs", { update = "string", delete = "integer", name = "string" })
local job = Job:create({ update = "daily", delete = 1, name = "backup" })
assert(job:get("update") == "daily" and job:get("delete") == 1)
job:update({ name = "b2" })
job:set("update", "weekly")
assert(job:changed("update"))
job:save()
assert(Job:find(job.id):get("update") == "weekly" and Job:where({ update = "weekly" }):count() == 1)
same(Job:find(job.id):to_table(), { id = job.id, update = "weekly", delete = 1, name = "b2" })
raises("bad_argument", function() job.update = "x" end)
-- A column with another name.
local Old = freight.model("old_names", { kind = { type = "string", column = "knd" }, name = "string" })
local old = Old:create({ kind = "a", name = "n" })
assert(Old:find(old.id).kind == "a" and Old:where({ kind = "a" }):count() == 1 and Old:order_by("kind"):first().kind == "a")
old:update({ kind = "b" })
assert(db:query_value("SELECT knd FROM old_names") == "b" and Old:max("kind") == "b")

-- E11: functions of a model, and of its records.
function User:active_ones()
  return self:where({ active = true })
end
function User.methods.shout(user)
  return user.name:upper()
end
assert(User:active_ones():order_by("id"):first():shout() == "CHANGED")
-- E10: defined again with more fields.
db:model("users", { name = "text", email = "text", bio = "text" })
assert(freight.model("users").fields.bio and freight.model("users") ~= User)

-- What a transaction did to records is undone with it.
local kept = Old:create({ kind = "k", name = "kept" })
local function undone(fn)
  assert(not pcall(db.transaction, db, function()
    fn()
    error("back")
  end))
end
undone(function() kept:update({ name = "lost" }) end)
assert(kept.name == "lost" and Old:find(kept.id).name == "kept")
kept:save()
assert(Old:find(kept.id).name == "lost")
local lost
undone(function() lost = Old:create({ name = "new" }) end)
assert(Old:find(lost.id or 0) == nil and lost:save() == lost and Old:find(lost.id).name == "new")
undone(function() lost:delete() end)
assert(not lost:is_deleted() and lost:update({ name = "still" }) and Old:find(lost.id).name == "still")
db:transaction(function()
  undone(function() lost:update({ name = "inner" }) end)
  assert(lost:save().name == "inner")
end)
assert(Old:find(lost.id).name == "inner")
db:begin()
lost:update({ name = "by hand" })
db:rollback()
lost:save()
assert(Old:find(lost.id).name == "by hand" and db[4] == nil)

-- What was not read is not written: neither when the writing is undone, nor when it is done twice.
local whole = Old:create({ kind = "w", name = "part" })
local part = Old:select("id", "name"):where("id", whole.id):first()
undone(function() part:update({ name = "lost" }) end)
part:save()
assert(Old:find(whole.id).kind == "w" and Old:find(whole.id).name == "lost")
part = Old:select("id"):where("id", whole.id):first()
part.name = "set"
assert(part:changed("name") and part:save() and not part:changed("name") and part:original("name") == "set")
assert(#freight.test.queries(function() part:save() end) == 0 and Old:find(whole.id).kind == "w")
part.name = nil
part:save()
assert(Old:find(whole.id).name == nil)
-- A version that was not read guards against nothing, and is asked for.
local page_again = Page:create({ title = "v" })
local blind = Page:select("id", "title"):where("id", page_again.id):first()
blind.title = "w"
raises("bad_argument", blind.save, blind)
-- An upsert that meets a row which was deleted softly gives it back.
local Soft = freight.model("soft_codes", { code = { type = "string", size = 9, unique = true }, n = "integer" }, { soft_delete = true })
Soft:create({ code = "a", n = 1 }):delete()
assert(Soft:upsert({ code = "a", n = 2 }, { conflict = { "code" } }).n == 2 and Soft:count() == 0)

-- Fields that the database fills.
local Sum = freight.model("sums", {
  a = "integer", b = "integer", total = { type = "integer", generated = "a + b" }, stamp = { type = "integer", readonly = true, default = 7 },
})
local total = Sum:create({ a = 1, b = 2 })
assert(total.total == 3 and total.stamp == 7, json.encode(total:to_table()))
total:update({ a = 5 })
assert(total.total == 7)
raises("unknown_field", total.update, total, { stamp = 8 })
total.total = 9
raises("bad_argument", total.save, total)

-- 15: what tests need.
assert(freight.test.transaction(function()
  Sum:create({ a = 3, b = 4 })
  return Sum:count()
end) == 2 and Sum:count() == 1)
local statements = freight.test.queries(function() Sum:count() end)
assert(#statements == 1 and statements[1].sql:find("SELECT COUNT(*) FROM sums", 1, true), statements[1].sql)
local factory = freight.factory(Sum, { a = 1, b = function(number) return number * 10 end })
assert(factory:new().b == 10 and factory:create({ a = 2 }).total == 22 and #factory:createMany(3) == 3 and Sum:last().b == 50)
raises("unknown_field", freight.factory, Sum, { c = 1 })

-- What is added to nothing is added to 0, by a record, by a query, and by a counter.
do
  local Dock = freight.model("docks", { name = "string", boats_count = "integer" })
  local Boat = freight.model("boats", {
    fields = { n = "integer", f = "float", d = freight.decimal(9, 2), dock_id = freight.foreign_key("docks") },
    timestamps = true, version = true,
  })
  Boat:belongs_to(Dock, { counter_cache = true })
  Dock:has_many(Boat)
  local dock = Dock:create({ name = "north" })
  local boat = Boat:create({ dock_id = dock.id })
  assert(dock:reload().boats_count == 1 and boat.n == nil)
  assert(boat:increment("n", -2).n == -2 and boat:increment("f", 0.5).f == 0.5 and boat:increment("d", "1.50").d == "1.50")
  assert(boat:increment("n").n == -1 and boat:increment("d").d == "2.50")
  assert(Boat:create({}).n == nil and Boat:all_rows():increment("n", 3) == 2 and Boat:pluck("n")[2] == 3)
  assert(Boat:join_related("dock"):where("docks.name", "north"):increment("d", 2) == 1 and boat:reload().d == "4.50" and boat.n == 2)
  -- Also where somebody else has taken the number away meanwhile.
  Boat:where("id", boat.id):update({ f = freight.null })
  assert(boat.f == 0.5 and boat:increment("f", 2).f == 2)
  boat:reload()
  local Odd = freight.model("odd_numbers", { lock = "integer", n = { type = "integer", column = "number" } })
  local odd = Odd:create({})
  assert(odd:increment("lock", 2):get("lock") == 2 and odd:increment("lock"):get("lock") == 3 and Odd:first():get("lock") == 3)
  assert(odd:increment("n", 2).n == 2 and odd:increment("n", 2).n == 4 and not next(odd:changed()))
  -- The record says nothing of it in `lock_version`, the query does.
  assert(boat.lock_version == 3 and boat:increment("n").lock_version == 3 and Boat:find(boat.id).lock_version == 3)
  assert(raises("cast_error", function() Boat:create({ dock_id = dock }) end).hint == "give its key")
end

print("done")
