-- Events: lua-api.md 2.5.
local db = freight.open(arg[1])
db:exec("CREATE TABLE log (id bigint PRIMARY KEY)")
local seen = {}
local function listen(what)
  seen[#seen + 1] = what
end
assert(db:on("query", listen) == true)
assert(db:query("SELECT 0 + ? AS n", 7)[1].n == 7)
local what = seen[1]
assert(what.sql == "SELECT 0 + ? AS n" and what.params[1] == 7 and what.params.n == 1)
assert(what.kind == "select" and what.rows == 1 and what.ms >= 0 and what.error == nil)
db:execute("INSERT INTO log VALUES (?)", 1)
assert(seen[2].affected == 1 and seen[2].kind == "insert")
local _, err = freight.try(db.query, db, "SELECT * FROM nowhere")
assert(err:is("missing_table") and seen[3].error == err)
assert(db:query_row("SELECT 1 AS one").one == 1 and seen[4].rows == 1)
assert(tostring(db):find("^freight%.Db") and freight.init(db) == db)

local ends = {}
db:on("transaction", function(event) ends[#ends + 1] = event.event .. event.depth end)
db:transaction(function()
  db:transaction(function(tx) tx:rollback() end)
end)
assert(table.concat(ends, ",") == "begin1,begin2,rollback2,commit1", table.concat(ends, ","))

-- Slow ones alone; and no more at all.
local slow = {}
db:on("slow", function(event) slow[#slow + 1] = event end)
local before = #seen
assert(db:off(listen) == true)
db:query("SELECT 1")
assert(#seen == before and #slow == 0)
local own = freight.open(arg[1], { log = function(event) slow[#slow + 1] = event end, slowMs = 0 })
own:query("SELECT 2")
assert(#slow == 1 and slow[1].sql == "SELECT 2")
_, err = freight.try(db.on, db, "queries", print)
assert(err:is("bad_argument"))
_, err = freight.try(db.on, db, "query")
assert(err:is("bad_argument"))

-- SQL that is typed by hand ends a transaction on a handle that is listened to as well.
db:on("query", listen)
local done = false
db:exec("BEGIN")
db:after_commit(function() done = true end)
assert(not done)
db:exec("COMMIT")
assert(done and not db:in_transaction())
db:off(listen)

-- What a script puts over a method is called instead.
db.query = function() return "mine" end
assert(db:query("SELECT 1") == "mine" and db:raw("SELECT 1") == "mine")
db.query = nil
assert(db:query("SELECT 3 AS n")[1].n == 3)

-- In camelCase it is the same method: what was read before is what was replaced, and not the new one.
local said = {}
local function say(word)
  local replaced = db.queryRow
  db.queryRow = function(self, sql, ...)
    said[#said + 1] = word
    return replaced(self, sql, ...)
  end
end
say("first")
assert(db:queryRow("SELECT 1 AS n").n == 1 and db:query_row("SELECT 1 AS n").n == 1 and #said == 2)
say("second")
seen, said = {}, {}
db:on("query", listen)
assert(db:query_row("SELECT 1 AS n").n == 1 and table.concat(said, " ") == "second first" and #seen == 1)
assert(db:queryRow("SELECT 1 AS n").n == 1 and #said == 4 and #seen == 2)
db:off(listen)
db.query_row, said = nil, {}
assert(db:queryRow("SELECT 1 AS n").n == 1 and #said == 0)

-- Rows that are read one by one are told as well, when that begins.
local rows_db = freight.open(arg[1])
local heard = {}
rows_db:on("query", function(what)
  heard[#heard + 1] = what
end)
local sum = 0
for row in rows_db:rows("SELECT 1 AS one WHERE 1 = ?", 1) do
  sum = sum + row.one
end
assert(sum == 1 and #heard == 1, #heard)
assert(heard[1].kind == "select" and heard[1].sql:find("SELECT 1 AS one", 1, true) and heard[1].params[1] == 1)
assert(heard[1].rows == nil and heard[1].affected == nil and heard[1].error == nil and heard[1].ms >= 0)
local _, wrong = freight.try(rows_db.rows, rows_db, "SELECT ?", print)
assert(wrong:is("bad_argument") and #heard == 2 and heard[2].error == wrong)
rows_db:close()
print("done")
