-- Migrations that a script brings along: lua-api.md 11.
local url, driver = arg[1], arg[2]
local db = freight.open(url)
local function labels()
  return db:query_value("SELECT count(*) FROM crates")
end
local function create(one)
  one:exec("CREATE TABLE crates (id bigint PRIMARY KEY, label varchar(40))")
  one:execute("INSERT INTO crates VALUES (?, ?)", 1, "a")
end

local status = db:migration_status()
assert(status.current_batch == 0 and status.total_migrations == 0 and #status.migrations == 0)
assert(db:migrate("001_crates", create, function(one) one:exec("DROP TABLE crates") end) == true)
assert(db:migrate("001_crates", create) == false and labels() == 1)
assert(db:migrate("002_more", "INSERT INTO crates VALUES (2, 'b'); INSERT INTO crates VALUES (3, 'c')",
  "DELETE FROM crates WHERE id > 1") == true)
assert(labels() == 3)
status = db:migrationStatus()
assert(status.current_batch == 1 and status.total_migrations == 2)
assert(status.migrations[1].name == "001_crates" and status.migrations[2].batch == 1)
assert(status.migrations[1].executed_at:find("^%d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d$"))
assert(db:table_exists("_freight_migrations") and table.concat(db:tables(), ",") == "crates")

-- What fails is undone where definitions are part of transactions, and is not recorded.
local _, err = freight.try(db.migrate, db, "003_fails", function(one)
  one:execute("INSERT INTO crates VALUES (9, 'z')")
  error("enough", 0)
end)
assert(err:is("migration_failed") and err.message:find("003_fails") and err.cause == "enough", tostring(err))
assert(labels() == (driver == "mysql" and 4 or 3) and db:migration_status().total_migrations == 2)
db:execute("DELETE FROM crates WHERE id = 9")

-- Another process goes on with the next batch, and undoes only that one.
local other = freight.open(url)
assert(other:migrate("002_more", "SELECT 1") == false)
assert(other:migrate("004_last", "INSERT INTO crates VALUES (4, 'd')", "DELETE FROM crates WHERE id = 4") == true)
assert(other:migration_status().current_batch == 2 and labels() == 4)
assert(other:rollback_migrations() == true and labels() == 3)
local done, why = other:rollback_migrations()
assert(done == false and why:find("irreversible"), tostring(why))
assert(other:rollback_migrations({ ["002_more"] = { "SELECT 1", "DELETE FROM crates WHERE id > 1" },
  ["001_crates"] = { down = function(one) one:exec("DROP TABLE crates") end } }) == true)
assert(not db:table_exists("crates") and db:migration_status().total_migrations == 0)

-- Everything, when it is meant.
db:migrate("001_crates", create, function(one) one:exec("DROP TABLE crates") end)
done, why = db:reset()
assert(done == false and why:find("reset"))
assert(db:reset(true) == true and not db:table_exists("crates"))
assert(db:reset(true) == true)

-- The last one is undone first, whatever its name and however quick it was.
local order = {}
for _, name in ipairs({ "z", "y", "x", "a", "b" }) do
  assert(db:migrate(name, "SELECT 1", function() order[#order + 1] = name end) == true)
end
assert(db:rollback_migrations() == true)
assert(table.concat(order) == "baxyz", table.concat(order))

-- Wrong calls.
for _, given in ipairs({ { 1, "x" }, { "x" }, { "x", 5 }, { "x", "SELECT 1", 5 } }) do
  _, err = freight.try(db.migrate, db, given[1], given[2], given[3])
  assert(err:is("bad_argument"), tostring(err))
end

-- Tables, those that refer to others first.
db:exec("CREATE TABLE ports (id bigint PRIMARY KEY)")
db:exec("CREATE TABLE ships (id bigint PRIMARY KEY, port bigint, FOREIGN KEY (port) REFERENCES ports (id))")
db:exec("CREATE TABLE holds (id bigint PRIMARY KEY, ship bigint, FOREIGN KEY (ship) REFERENCES ships (id))")
assert(db:drop_tables("ports", "holds", "nowhere", "ships") == 3)
assert(#db:tables() == 0)
-- A handle may have a history of its own, which is no table of the program either.
local apart = freight.open(url, { historyTable = "applied apart" })
assert(apart:migrate("002_more", "CREATE TABLE apart (id integer)", "DROP TABLE apart") == true)
assert(apart:migrate("002_more", "SELECT 1", "DROP TABLE apart") == false and apart:migration_status().total_migrations == 1)
assert(apart:table_exists("applied apart"))
assert(not table.concat(apart:tables(), ","):find("applied") and table.concat(apart:tables({ internal = true }), ","):find("applied"))
assert(table.concat(db:tables(), ","):find("applied"))
local before = db:migration_status().total_migrations
assert(apart:rollback_migrations() == true and apart:migration_status().total_migrations == 0)
assert(db:migration_status().total_migrations == before)
apart:close()
print("done")
