-- Statements and what they give: lua-api.md 2.2.
local url, driver = arg[1], arg[2]
local db = freight.open(url)
assert(db.driver == (driver == "postgres" and "postgresql" or driver) and db.dialect == db.driver)

local key = {
  sqlite = "INTEGER PRIMARY KEY AUTOINCREMENT",
  postgres = "serial PRIMARY KEY",
  mysql = "bigint AUTO_INCREMENT PRIMARY KEY",
}
db:exec("CREATE TABLE crates (id " .. key[driver] .. ", label varchar(40) UNIQUE);"
  .. " CREATE TABLE tags (name varchar(40) PRIMARY KEY)")

assert(db:last_insert_id() == nil and db:changes() == 0)
assert(db:execute("INSERT INTO crates (label) VALUES (?)", "A") == 1)
assert(db:last_insert_id() == 1)
assert(db:execute("INSERT INTO crates (label) VALUES (?), (?)", "B", "C") == 2)
assert(db:last_insert_id() ~= nil)
assert(db:execute("UPDATE crates SET label = label") == 3)
assert(db:changes() == 3)
assert(db:execute("DELETE FROM crates WHERE id > ?", 100) == 0)
assert(db:changes() == 0)
assert(db:execute("INSERT INTO tags (name) VALUES ('x')") == 1)

-- What changes no rows leaves the last change as it was, and an UPDATE leaves the last key.
assert(db:execute("INSERT INTO crates (label) VALUES (?)", "D") == 1)
local made = db:last_insert_id()
assert(made == db:query_value("SELECT max(id) FROM crates"))
assert(db:execute("UPDATE crates SET label = label WHERE id < ?", made) == 3)
db:exec("CREATE TABLE lids (id int); DROP TABLE lids")
db:query("SELECT * FROM crates")
assert(db:last_insert_id() == made and db:changes() == 3)
local id, matched = db:transaction(function()
  db:execute("DELETE FROM crates WHERE id = ?", made)
  return db:last_insert_id(), db:changes()
end)
assert(id == made and matched == 1)

-- An INSERT of `exec` has a key too; one with RETURNING gives it in a row, and nothing else.
db:exec("INSERT INTO crates (label) VALUES ('E')")
made = db:last_insert_id()
assert(made == db:query_value("SELECT max(id) FROM crates") and db:changes() == 1)
if driver ~= "mysql" or db:query_value("SELECT VERSION()"):find("MariaDB", 1, true) then
  local returned = db:query("INSERT INTO crates (label) VALUES ('F'), ('G') RETURNING id")
  assert(#returned == 2 and returned[1].id > made and db:last_insert_id() == nil and db:changes() == 2)
  assert(db:query_value("DELETE FROM crates WHERE id = ? RETURNING label", returned[2].id) == "G" and db:changes() == 1)
end
assert(db:exec("INSERT INTO crates (label) VALUES ('a;?');") == 1)
assert(db:last_insert_id() == db:query_value("SELECT id FROM crates WHERE label = 'a;?'"))
assert(db:exec("INSERT INTO crates (label) VALUES ('H'); INSERT INTO crates (label) VALUES ('I'), ('J') -- ;") == 2)
assert(db:changes() == 2 and db:query_value("SELECT count(*) FROM crates WHERE label IN ('H', 'I', 'J')") == 3)
-- The last change counts, whatever comes behind it, and the last INSERT for the key.
assert(db:exec("INSERT INTO crates (label) VALUES ('K'); SELECT 1") == 0 and db:changes() == 1)
made = db:query_value("SELECT id FROM crates WHERE label = 'K'")
assert(db:last_insert_id() == made)
assert(db:exec("INSERT INTO crates (label) VALUES ('L'); UPDATE crates SET label = label WHERE label IN ('K', 'L')") == 2)
assert(db:changes() == 2 and db:last_insert_id() == db:query_value("SELECT id FROM crates WHERE label = 'L'"))
-- What was done before one fails is done.
assert(not pcall(db.exec, db, "DELETE FROM crates WHERE label IN ('H', 'I', 'J'); SELEC 1"))
assert(db:changes() == 3)
local _, wrong = freight.try(db.exec, db, "DELETE FROM crates WHERE label = ?", "A")
assert(wrong:is("bad_argument") and wrong.hint:find("execute", 1, true), tostring(wrong))
_, wrong = freight.try(db.query, db)
assert(wrong:is("bad_argument") and wrong.message == "the SQL is missing", tostring(wrong))
db:exec("DELETE FROM crates WHERE label NOT IN ('A', 'B', 'C')")

local rows = db:query("SELECT id, label FROM crates ORDER BY id")
assert(#rows == 3 and rows[3].label == "C")
assert(#db:query("SELECT id FROM crates WHERE id = ?", 0) == 0)
assert(db:query_row("SELECT id FROM crates WHERE id = ?", 0) == nil)
assert(select("#", db:query_row("SELECT id FROM crates WHERE id = ?", 0)) == 1)
assert(db:query_value("SELECT label FROM crates WHERE id = ?", 2) == "B")
assert(select("#", db:query_value("SELECT label FROM crates WHERE id = ?", 0)) == 1)
local full = db:query_full("SELECT id AS one, label AS two FROM crates WHERE id = ?", 0)
assert(#full.rows == 0 and full.columns[1] == "one" and full.columns[2] == "two" and #full.types == 2)

-- Errors are tables that print, concatenate and compare.
local result, err = freight.try(db.execute, db, "INSERT INTO crates (label) VALUES (?)", "A")
assert(result == nil and err:is("unique_violation") and not err.retryable)
assert(err.columns[1] == "label", tostring(err.columns and err.columns[1]))
assert(err.driver == db.driver and err.sql == "INSERT INTO crates (label) VALUES (?)")
assert(("text: " .. err):find("^text: .+ %(unique_violation%)$"), "text: " .. err)
_, err = freight.try(db.query, db, "SELECT * FROM nowhere")
assert(err:is("missing_table"))
_, err = freight.try(db.query, db, "SELEC 1")
assert(err:is("syntax"))
assert(not pcall(freight.try, error, "not one of Freight's"))
_, err = freight.try(db.query, { 1 }, "SELECT 1")
assert(err:is("bad_argument"))

assert(db:ping() and db:server_version():find("^%d+%."))
assert(db:close() and db:close())
assert(not db:ping())
_, err = freight.try(db.query, db, "SELECT 1")
assert(err:is("closed"))
print("done")
