-- The tables of models: made before their first statement, and brought along by `auto_migrate`.
local freight = require("freight")
local url, driver = arg[1], arg[2]

local function equal(got, want, what)
  assert(got == want, (what or "") .. tostring(got) .. " is not " .. tostring(want))
end

local function list(texts)
  local sorted = {}
  for place, text in ipairs(texts) do
    sorted[place] = text
  end
  table.sort(sorted)
  return table.concat(sorted, " ")
end

local function columns(db, name)
  local found = {}
  for place, column in ipairs(db:table_info(name)) do
    found[place] = column.name
  end
  return table.concat(found, " ")
end

local function raises(code, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised")
  assert(type(err) == "table" and err:is(code), tostring(err))
  return err
end

local function nothing_left(db)
  local report = db:auto_migrate()
  assert(report.success, report.errors[1] and tostring(report.errors[1].error))
  equal(report.changes, 0)
  equal(#report.created_tables + #report.added_columns + #report.created_indexes + #report.errors, 0)
  equal(#db:plan(), 0)
end

-- Drops every table, whatever refers to it.
local function emptied(db)
  if driver == "sqlite" then
    db:exec("PRAGMA foreign_keys = OFF")
  elseif driver == "mysql" then
    db:exec("SET foreign_key_checks = 0")
  end
  for _, name in ipairs(db:tables()) do
    db:exec("DROP TABLE " .. name .. (driver == "postgres" and " CASCADE" or ""))
  end
  if driver == "sqlite" then
    db:exec("PRAGMA foreign_keys = ON")
  elseif driver == "mysql" then
    db:exec("SET foreign_key_checks = 1")
  end
end

local function handle(opts)
  local db = freight.open(url, { pool = 1 })
  emptied(db)
  freight.init(db, opts)
  return db
end

-- ---- J1, J2: what is missing is made, once
local function brings_along()
  local db = handle({ create_tables = false })
  local Ship = db:model("ships", { fields = {
    name = freight.string(40, { unique = true }),
    flag = freight.string(2, { index = true }),
  } })
  db:model("crates", { fields = {
    ship_id = freight.foreign_key("ships", { onDelete = "CASCADE" }),
    label = freight.text({ required = true }),
  } })
  local planned = db:plan()
  assert(#planned >= 2 and planned[1]:find("CREATE TABLE"), planned[1])
  assert(not db:table_exists("ships"))
  local report = db:autoMigrate()
  assert(report.success and #report.errors == 0)
  equal(table.concat(report.created_tables, " "), "ships crates")
  equal(list(report.created_indexes), "crates_ship_id_idx ships_flag_idx ships_name_key")
  equal(report.changes, 5)
  equal(columns(db, "ships"), "id name flag")
  nothing_left(db)
  Ship:create({ name = "Ada", flag = "nl" })
  raises("unique_violation", Ship.create, Ship, { name = "Ada" })

  -- E10: the model gets more fields; what is there stays as it is
  Ship = db:model("ships", { fields = {
    flag = freight.text({ default = "xx" }),
    tonnes = freight.integer({ default = 5, index = true }),
    home = freight.string(3, { unique = true }),
    state = freight.enum({ "yard", "sea" }, { default = "yard", required = true }),
  }, indexes = { { "tonnes", "state", name = "by_both" } } })
  report = db:auto_migrate(Ship)
  assert(report.success, report.errors[1] and tostring(report.errors[1].error))
  equal(#report.created_tables, 0)
  local added = {}
  for place, each in ipairs(report.added_columns) do
    equal(each.table, "ships")
    added[place] = each.column
  end
  equal(list(added), "home state tonnes")
  equal(list(report.created_indexes), "by_both ships_home_key ships_tonnes_idx")
  equal(report.changes, 6)
  equal(columns(db, "ships"), "id name flag tonnes home state")
  local ada = Ship:first()
  assert(ada.flag == "nl" and ada.tonnes == 5 and ada.state == "yard" and ada.home == nil)
  Ship:create({ home = "ams" })
  raises("unique_violation", Ship.create, Ship, { home = "ams" })
  local sql = "INSERT INTO ships (state) VALUES ('lost')"
  raises("check_violation", db.exec, db, sql)
  nothing_left(db)
  db:close()
end

-- ---- times that are added later need a value that SQLite cannot make while it adds a column
local function adds_times_later()
  local db = handle({ create_tables = false })
  db:model("posts", { title = "text" })
  db:model("notes", { post_id = freight.foreign_key("posts", { on_delete = "CASCADE" }) })
  db:auto_migrate()
  db:exec("INSERT INTO posts (title) VALUES ('one'), ('two')")
  db:exec("INSERT INTO notes (post_id) VALUES (1), (2)")
  local Post = db:model("posts", { fields = { title = "text" }, timestamps = true, version = true })
  if driver == "sqlite" then
    -- The table is made anew, which cannot be a part of a transaction.
    db:transaction(function()
      local report = db:auto_migrate("posts")
      assert(not report.success and report.errors[1].error:is("not_supported"), tostring(report.errors[1].error))
      equal(report.errors[1].model, "posts")
    end)
  end
  local report = db:auto_migrate("posts")
  assert(report.success, report.errors[1] and tostring(report.errors[1].error))
  equal(report.changes, 3)
  equal(db:query_value("SELECT count(*) FROM notes"), 2)
  local post = Post:find(2)
  assert(post.title == "two" and #post.created_at >= 19 and post.lock_version == 0)
  nothing_left(db)
  db:close()
end

-- ---- a column that must not be NULL, and rows that have nothing in it
local function refuses_columns_without_a_value()
  local db = handle({ create_tables = false })
  db:model("ships", { name = "text" })
  db:model("ports", { name = "text" })
  db:auto_migrate()
  db:exec("INSERT INTO ships (name) VALUES ('Ada')")
  db:model("ships", { name = "text", tonnes = { type = "integer", notNull = true } })
  db:model("ports", { name = "text", depth = { type = "integer", required = true } })
  local report = db:auto_migrate()
  equal(report.success, false)
  equal(#report.errors, 1)
  equal(report.errors[1].model, "ships")
  local err = report.errors[1].error
  assert(err:is("not_null_violation") and err.table == "ships" and err.column == "tonnes")
  equal(tostring(err), "column `tonnes` of table `ships` is required and has no default, and the table has rows (not_null_violation)")
  equal(columns(db, "ships"), "id name")
  equal(columns(db, "ports"), "id name depth")
  equal(#report.added_columns, 1)
  db:exec("DELETE FROM ships")
  assert(db:auto_migrate().success)
  equal(columns(db, "ships"), "id name tonnes")
  nothing_left(db)
  db:close()
end

-- ---- rows that are not unique: reported for their model, and the others go on
-- What a model refers to is made with it where it is missing, and left alone where it is not.
local function makes_what_one_model_needs()
  local db = handle({ create_tables = false })
  db:model("ports", { name = "string" })
  local Quay = db:model("quays", { name = "string", port_id = freight.foreign_key("ports") })
  local Berth = db:model("berths", { quay_id = freight.foreign_key("quays"), next_id = freight.foreign_key("berths") })
  db:model("beacons", { name = "string" })
  local report = db:auto_migrate(Berth)
  assert(report.success, report.errors[1] and tostring(report.errors[1].error))
  equal(table.concat(report.created_tables, " "), "ports quays berths")
  equal(list(db:tables()), "berths ports quays")
  equal(db:auto_migrate("berths").changes, 0)
  db:model("ports", { name = "string", depth = "integer" })
  equal(db:auto_migrate(Quay).changes, 0)
  equal(#db:plan("berths"), 0)
  equal(db:auto_migrate("ports").changes, 1)
  db:close()
end

local function reports_each_model()
  local db = handle({ create_tables = false })
  db:model("a", { name = "text" })
  db:auto_migrate()
  db:exec("INSERT INTO a (name) VALUES ('x'), ('x')")
  db:model("a", { name = { type = "string", size = 40, unique = true } })
  local B = db:model("b", { name = "text" })
  local report = db:auto_migrate()
  equal(report.success, false)
  equal(report.errors[1].model, "a")
  assert(report.errors[1].error.code, "no error of Freight")
  equal(table.concat(report.created_tables, " "), "b")
  -- A model that cannot be made on this database does not keep the others from it.
  db:model("c", { deep = freight.foreign_key("nowhere") })
  B = db:model("b", { name = "text", more = "text" })
  report = db:auto_migrate()
  equal(columns(db, "b"), "id name more")
  equal(#report.errors, 2)
  local found = {}
  for place, each in ipairs(report.errors) do
    found[place] = each.model
  end
  equal(list(found), "a c")
  assert(tostring(report.errors[1].error) .. tostring(report.errors[2].error):find("nowhere"))
  raises("unknown_model", db.auto_migrate, db, "zzz")
  db:close()
end

-- ---- parents first, and keys in a circle behind the tables
local function makes_circles()
  for _, way in ipairs({ "auto_migrate", "first statement" }) do
    local db = handle()
    local Team = db:model("teams", { leader_id = freight.foreign_key("people", { on_delete = "SET NULL" }), name = "text" })
    db:model("people", { team_id = freight.foreign_key("teams"), name = "text" })
    if way == "auto_migrate" then
      local report = db:auto_migrate()
      assert(report.success, report.errors[1] and tostring(report.errors[1].error))
      equal(list(report.created_tables), "people teams")
    end
    local team = Team:create({ name = "blue" })
    local Person = db:model("people")
    local ada = Person:create({ name = "Ada", team_id = team.id })
    team:update({ leader_id = ada.id })
    raises("foreign_key_violation", Team.create, Team, { leader_id = 99 })
    nothing_left(db)
    db:close()
  end
end

-- ---- before the first statement: with its parents, its indexes, and the table between two models
local function before_the_first_statement()
  local db = handle()
  local Post = db:model("posts", { fields = { user_id = freight.foreign_key("users"), title = freight.string({ index = true }) } })
  local User = db:model("users", { name = "text" })
  local Tag = db:model("tags", { name = "text" })
  db:model("others", { name = "text" })
  Post:belongs_to_many("tags")
  equal(#db:tables(), 0)
  equal(Post:count(), 0)
  equal(list(db:tables()), "post_tags posts tags users")
  local post = Post:create({ title = "t", user_id = User:create({ name = "u" }).id })
  local tag = Tag:create({ name = "n" })
  equal(Post._relations.tags:attach(post, tag.id), 1)
  equal(post:tags()[1].name, "n")
  local found = {}
  for _, index in ipairs(db:index_list("posts")) do
    found[#found + 1] = index.name
  end
  assert(list(found):find("posts_title_idx") and list(found):find("posts_user_id_idx"), list(found))
  equal(table.concat(db:auto_migrate().created_tables, " "), "others")
  nothing_left(db)

  -- Nothing else is altered.
  Tag = db:model("tags", { name = "text", colour = "text" })
  raises("missing_column", Tag.create, Tag, { colour = "red" })
  equal(columns(db, "tags"), "id name")
  db:close()
end

-- ---- inside a transaction
local function inside_a_transaction()
  local db = handle()
  local Ship = db:model("ships", { name = freight.string(40, { index = true }) })
  if driver == "mysql" then
    local err = raises("missing_table", db.transaction, db, function()
      Ship:create({ name = "Ada" })
    end)
    assert(err.table == "ships" and err.hint:find("auto_migrate"))
    assert(not db:table_exists("ships"))
    db:auto_migrate()
    equal(Ship:count(), 0)
  else
    db:transaction(function()
      Ship:create({ name = "Ada" })
    end)
    equal(Ship:count(), 1)
  end
  nothing_left(db)
  db:close()
end

-- ---- two that start at once
local function two_at_once()
  local one = handle()
  local other = freight.open(url, { pool = 1 })
  freight.init(other)
  local names = { "ships", "crates" }
  local function define(db)
    db:model("ships", { name = freight.string(40, { index = true }) })
    return db:model("crates", { ship_id = freight.foreign_key("ships"), kg = "integer" })
  end
  local first, second = define(one), define(other)
  -- The other one makes its tables while this one is about to.
  local exec, is_first = one.exec, true
  one.exec = function(db, sql, ...)
    if is_first and sql:find("CREATE TABLE") then
      is_first = false
      if not db:in_transaction() then
        second:create({ kg = 1 })
      end
    end
    return exec(db, sql, ...)
  end
  first:create({ kg = 2 })
  second:create({ kg = 3 })
  one.exec = nil
  assert(first:count() >= 2)
  for _, name in ipairs(names) do
    assert(one:table_exists(name))
  end
  nothing_left(one)
  nothing_left(other)
  other:close()
  one:close()
end

-- ---- a table that is no model: the type follows its column
local function refers_to_other_tables()
  local db = handle()
  local key = ({ sqlite = "VARCHAR(12)", postgres = "character varying(12)", mysql = "varchar(12)" })[driver]
  db:exec("CREATE TABLE countries (code " .. key .. " PRIMARY KEY, name varchar(20))")
  db:exec("INSERT INTO countries VALUES ('nl', 'Nederland')")
  local Port = db:model("ports", { name = "text", country = freight.foreign_key("countries") })
  local port = Port:create({ name = "Rotterdam", country = "nl" })
  equal(Port:find(port.id).country, "nl")
  raises("foreign_key_violation", Port.create, Port, { name = "?", country = "zz" })
  local function told(name, of)
    for _, column in ipairs(db:table_info(of)) do
      if column.name == name then
        return column.type
      end
    end
  end
  equal(told("country", "ports"), told("code", "countries"))
  nothing_left(db)
  local Lost = db:model("lost", { at = freight.foreign_key("nowhere") })
  local err = raises("unknown_model", Lost.count, Lost)
  assert(tostring(err):find("nowhere"), tostring(err))
  db:close()
end

-- ---- who says whether tables are made
local function only_where_it_is_wanted()
  local db = handle({ createTables = false })
  local Ship = db:model("ships", { name = "text" })
  raises("missing_table", Ship.count, Ship)
  db:close()
  os_ext = freight.os_ext
  os_ext.setenv("FREIGHT_ENV", "production")
  db = handle()
  Ship = db:model("ships", { name = "text" })
  raises("missing_table", Ship.count, Ship)
  db:close()
  db = handle({ create_tables = true })
  Ship = db:model("ships", { name = "text" })
  equal(Ship:count(), 0)
  db:close()
  os_ext.unsetenv("FREIGHT_ENV")
  db = freight.open(url, { pool = 1 })
  emptied(db)
  Ship = db:model("ships", { name = "text" })
  raises("missing_table", Ship.count, Ship)
  db:close()
end

-- ---- E3, E4, E9: both spellings, every form of a field
local function both_spellings_say_the_same()
  local db = handle({ create_tables = false })
  local function planned(define)
    local users, posts = define()
    db:model("users", users)
    db:model("posts", posts)
    return table.concat(db:plan("users", "posts"), ";\n")
  end
  local snake = planned(function()
    return {
      fields = {
        key = freight.primary_key(),
        email = freight.string({ required = true, unique = true }),
        born = freight.date({ index = true }),
      },
      soft_delete = true, lazy_loading = "batch",
    }, {
      fields = {
        id = freight.primary_key(),
        user_id = freight.foreign_key("users", "key", { on_delete = "CASCADE", on_update = "SET NULL" }),
        other_id = { references = { table = "users", column = "key", on_delete = "SET NULL" } },
        third_id = { references = "users.key" },
        rate = { type = "decimal", precision = 5, scale = 2, default = 0 },
        is_open = { type = "boolean", default = 1 },
        written_at = { type = "datetime", default = "current_timestamp", required = true },
      },
      indexes = { { "user_id", "is_open", unique = true, name = "once" } },
    }
  end)
  local camel = planned(function()
    return {
      fields = {
        key = freight.primaryKey(),
        email = freight.string({ notNull = true, unique = true }),
        born = freight.date({ index = true }),
      },
      softDelete = true, lazyLoading = "batch",
    }, {
      fields = {
        id = freight.primaryKey(),
        user_id = freight.foreignKey("users", "key", { onDelete = "CASCADE", onUpdate = "SET NULL" }),
        other_id = { references = { "users", "key", onDelete = "set null" } },
        third_id = { references = { table = "users", column = "key" } },
        rate = { type = "decimal", precision = 5, scale = 2, default = 0 },
        is_open = { type = "boolean", default = true },
        written_at = { type = "datetime", default = freight.sql("CURRENT_TIMESTAMP"), notNull = true },
      },
      indexes = { { columns = { "user_id", { column = "is_open" } }, unique = true, name = "once" } },
    }
  end)
  -- The database's own word and SQL for the same may be spelled differently.
  local function plain(sql)
    return (sql:gsub("DEFAULT %(?[%w_]+%(?%d?%)?%)?", "DEFAULT"):gsub(" DEFAULT", ""))
  end
  equal(plain(camel), plain(snake))
  assert(snake:find("ON UPDATE SET NULL") and snake:find("once"), snake)
  assert(db:auto_migrate().success)
  nothing_left(db)

  local function refused(code, hint, def, opts)
    local err = raises(code, db.model, db, "zz", def, opts)
    assert(not hint or (err.hint or ""):find(hint, 1, true), tostring(err.hint))
  end
  refused("unknown_option", "`required`", { fields = { a = { type = "text", requird = true } } })
  refused("unknown_option", "`soft_delete`", { fields = { a = "text" }, softDelet = true })
  refused("unknown_option", "`on_delete`", { fields = { a = { references = { table = "users", onDelet = "cascade" } } } })
  refused("unknown_option", "`operator_class`", { fields = { a = "text" }, indexes = { { { column = "a", operatorClas = "x" } } } })
  refused("unknown_option", "`stored`", { fields = { a = { type = "text", generated = { expression = "b", stord = true } } } })
  refused("unknown_option", "`not_enforced`", { fields = { a = "text" }, checks = { c = { expression = "a > 1", notEnforce = true } } })
  refused("duplicate_option", nil, { fields = { a = "text" }, soft_delete = true, softDelete = true })
  refused("duplicate_option", nil, { fields = { a = { type = "text", required = true, notNull = true } } })
  refused("bad_argument", "`text`", { fields = { a = "txt" } })
  refused("bad_argument", "beside `fields", { a = "text", timestamps = true })
  refused("unknown_field", nil, { fields = { a = "text" }, primary_key = { "a", "b" } })
  local err = raises("unknown_option", freight.declare, { enum = {} })
  assert(err.hint:find("`enums`"))
  db:close()
end

-- ---- keys of several columns, conditions, generated columns, defaults, types of one's own
local function every_kind_of_definition()
  local db = handle()
  freight.declare({ enums = { mood_of_schema_test = { "ok", "sad" } } })
  local Berth = db:model("berths", {
    fields = {
      port = freight.string(3),
      number = freight.integer(),
      length = freight.integer({ required = true, check = "length > 0" }),
      twice = freight.integer({ generated = "length * 2" }),
      mood = freight.field({ type = "mood_of_schema_test", default = "ok" }),
      tags = freight.json({ default = { "dry" } }),
      note = freight.string({ default = { text = "it's" } }),
      seen_at = freight.datetime({ default = freight.sql("CURRENT_TIMESTAMP") }),
      code = freight.string({ default = function() return "made" end }),
      named = freight.string(20, { column = "real_name" }),
    },
    primaryKey = { "port", "number" },
    checks = { long_enough = "length > 9" },
  })
  raises("bad_argument", db.model, db, "ships", { port = freight.field({ required = true }) })
  local Ship = db:model("ships", {
    fields = { port = freight.string(3), berth = freight.integer() },
    foreignKeys = { { columns = { "port", "berth" }, references = { table = "berths", columns = { "port", "number" } } } },
  })
  local berth = Berth:create({ port = "ams", number = 3, length = 21, named = "north" })
  berth:reload()
  assert(berth.twice == 42 and berth.mood == "ok" and berth.tags[1] == "dry" and berth.note == "it's")
  assert(berth.code == "made" and berth.named == "north" and #berth.seen_at >= 19)
  equal(db:query_value("SELECT real_name FROM berths"), "north")
  raises("check_violation", Berth.create, Berth, { port = "ams", number = 4, length = 5 })
  raises("unique_violation", Berth.create, Berth, { port = "ams", number = 3, length = 30 })
  Ship:create({ port = "ams", berth = 3 })
  raises("foreign_key_violation", Ship.create, Ship, { port = "ams", berth = 4 })
  local _, err = freight.try(db.exec, db, "UPDATE berths SET mood = 'mad'")
  assert(err, "a value that is none of the enum's")
  nothing_left(db)
  db:close()
end

brings_along()
both_spellings_say_the_same()
every_kind_of_definition()
adds_times_later()
refuses_columns_without_a_value()
reports_each_model()
makes_what_one_model_needs()
makes_circles()
before_the_first_statement()
inside_a_transaction()
two_at_once()
refers_to_other_tables()
only_where_it_is_wanted()
print("done")
