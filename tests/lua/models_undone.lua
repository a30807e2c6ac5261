-- What a transaction that is undone means for the records that were made in it, whatever was made before,
-- between and after, and by whom.
local db, driver = freight.open(arg[1]), arg[2]
freight.init(db)

local Load = freight.model("loads", {
  fields = { label = { type = "string", size = 40, unique = true }, kg = { type = "integer", default = 1 }, note = "text" },
})

local made = 0
local function create(label, more)
  made = made + 1
  local data = { label = label .. " " .. made, kg = made }
  for name, value in pairs(more or {}) do
    data[name] = value
  end
  return Load:create(data)
end
local function create_some(label, count, list)
  list = list or {}
  for _ = 1, count do
    list[#list + 1] = create(label)
  end
  return list
end
local function fails(fn, ...)
  local ok, problem = pcall(fn, ...)
  assert(not ok and problem == "undo", problem)
end
local function undone(fn)
  fails(db.transaction, db, function(tx)
    fn(tx)
    error("undo", 0)
  end)
end
local heard, is_numbered = db, true
local function statements_of(fn)
  local texts = {}
  local function listen(event)
    texts[#texts + 1] = event.sql:match("^%a+")
  end
  heard:on("query", listen)
  fn()
  heard:off(listen)
  return table.concat(texts, " ")
end

-- Its row is there: saving it sends nothing, as nothing of it is in doubt.
local function stands(record)
  assert(statements_of(function()
    record:save()
  end) == "", record.label)
  assert(db:query_value("SELECT count(*) FROM loads WHERE label = ?", record.label) == 1)
end
-- Its row is not there, which it knows: it has no key, that of its row may be another one's, and saving
-- it makes it.
local function is_gone(record)
  assert(db:query_value("SELECT count(*) FROM loads WHERE label = ?", record.label) == 0, record.label)
  assert((record.id == nil or not is_numbered) and not pcall(record.reload, record) and not pcall(record.delete, record), record.label)
  assert(statements_of(function()
    record:save()
  end):match("^INSERT"), record.label)
  assert(db:query_value("SELECT kg FROM loads WHERE label = ?", record.label) == record.kg)
  stands(record)
end
local function each(list, fn)
  for _, record in ipairs(list) do
    fn(record)
  end
end

-- Before, in, and after a transaction, so that one sheet has them all.
for _, count in ipairs({ 1, 3, 16, 17, 40 }) do
  local before, inside = create_some("before", 5), nil
  undone(function()
    inside = create_some("inside", count)
  end)
  local after = create_some("after", 5)
  each(before, stands)
  each(after, stands)
  each(inside, is_gone)
end

-- What is committed stays, also when the next transaction is undone.
local kept, lost
db:transaction(function()
  kept = create_some("kept", 3)
end)
undone(function()
  lost = create_some("lost", 3)
end)
each(kept, stands)
each(lost, is_gone)

-- Levels: what an inner one made is undone with it, what the outer one made stays, and the other way
-- round everything goes.
local outer, inner, later, released = {}, {}, {}, {}
db:transaction(function(tx)
  create_some("outer", 3, outer)
  fails(tx.transaction, tx, function()
    create_some("inner", 3, inner)
    error("undo", 0)
  end)
  create_some("later", 3, later)
  tx:transaction(function()
    create_some("released", 3, released)
  end)
  create_some("later", 3, later)
end)
each(outer, stands)
each(later, stands)
each(released, stands)
each(inner, is_gone)
outer, inner, later, released = {}, {}, {}, {}
undone(function(tx)
  create_some("outer", 2, outer)
  tx:transaction(function()
    create_some("released", 2, released)
  end)
  create_some("later", 2, later)
  fails(tx.transaction, tx, function()
    create_some("inner", 2, inner)
    error("undo", 0)
  end)
  create_some("later", 20, later)
end)
for _, list in ipairs({ outer, released, later, inner }) do
  each(list, is_gone)
end

-- By hand, with `begin` and `rollback`.
db:begin()
local by_hand = create_some("by hand", 2)
db:begin()
local deeper = create_some("deeper", 2)
db:rollback()
create_some("by hand", 2, by_hand)
db:commit()
each(by_hand, stands)
each(deeper, is_gone)

-- One that was read again, changed or deleted meanwhile.
local again, changed, deleted
undone(function()
  again, changed, deleted = create("again"), create("changed"), create("deleted")
  assert(again:reload() == again)
  changed:update({ kg = 70 })
  assert(deleted:delete())
end)
collectgarbage()
collectgarbage()
each({ again, changed, deleted }, is_gone)
assert(changed.kg == 70 and not deleted:is_deleted())

-- Those with large texts have a metatable to themselves.
local large = {}
undone(function()
  for number = 1, 6 do
    large[number] = create("large", { note = number % 2 == 0 and ("x"):rep(2000) or nil })
  end
end)
each(large, is_gone)
for number, record in ipairs(large) do
  assert(#(Load:find(record.id).note or "") == (number % 2 == 0 and 2000 or 0))
end

-- Nobody keeps what the script has no more, and there may be very many of them.
local weak, survivor = setmetatable({}, { __mode = "k" }), nil
undone(function()
  survivor = create("survivor")
  for _ = 1, 300 do
    weak[create("forgotten")] = true
  end
  collectgarbage()
  collectgarbage()
  local count = 0
  for _ in pairs(weak) do
    count = count + 1
  end
  assert(count == 0, count)
end)
is_gone(survivor)

-- The key of a row that is gone may be that of the next one, which is not touched.
local first
undone(function()
  first = create("first")
end)
local next_one = create("next")
first.kg = 9999
first:save()
assert(first.id ~= next_one.id and Load:find(next_one.id).label == next_one.label and next_one:reload().kg ~= 9999)

-- A key that the script has given stays: by the long way, by the short one, and among others on a sheet.
local given = {}
undone(function()
  for number = 1, 9 do
    local id = number % 3 == 0 and 700000 + number or nil
    given[number] = number == 9 and Load:new({ id = id, label = "given 9", kg = 9 }):save()
      or Load:create({ id = id, label = "given " .. number, kg = number })
  end
end)
for number, record in ipairs(given) do
  local id = number % 3 == 0 and 700000 + number or nil
  assert(record.id == id and record:is_new(), number)
  assert(record:save() and (not id or record.id == id) and Load:find(record.id).label == "given " .. number)
end

-- Rows that came in by other ways.
local several, met, upserted, keyed
local existing = create("existing")
undone(function()
  several = Load:insert_many({ { label = "several 1" }, { label = "several 2" } }, { returning = true })
  keyed = Load:insert_many({ { id = 800000, label = "keyed" } }, { returning = true })[1]
  several[3] = Load:upsert({ label = "upserted", kg = 3 }, { conflict = { "label" } })
  met = Load:upsert({ label = existing.label, kg = 70000 }, { conflict = { "label" } })
end)
upserted = table.remove(several)
local others = create_some("other", 4)
each(several, is_gone)
assert(keyed.id == 800000 and keyed:is_new() and keyed:save().id == 800000)
upserted.note = "later"
upserted:save()
assert(Load:where({ label = "upserted" }):first().note == "later" and Load:where({ label = "upserted" }):first().kg == 3)
each(others, function(record)
  assert(Load:find(record.id).label == record.label and Load:find(record.id).note == nil)
end)
assert(met.id == existing.id and met.kg == 70000 and existing:reload().kg ~= 70000)
met:save()
assert(existing:reload().kg == 70000 and Load:where({ label = existing.label }):count() == 1)
undone(function()
  upserted = Load:upsert({ label = "upserted again" }, { conflict = { "label" } })
end)
others = create_some("other", 1)
local is_deleted, problem = pcall(upserted.delete, upserted)
assert(not is_deleted and problem.code == "bad_argument" and Load:find(others[1].id))

-- A COMMIT that is refused.
if driver ~= "mysql" then
  db:exec("CREATE TABLE straps (id " .. (driver == "sqlite" and "integer" or "bigint GENERATED BY DEFAULT AS IDENTITY")
    .. " PRIMARY KEY, word text, load_id bigint REFERENCES loads (id) DEFERRABLE INITIALLY DEFERRED)")
  local Strap = freight.model("straps", { fields = { word = "text", load_id = { type = "bigint" } } })
  local strap
  local ok = pcall(db.transaction, db, function()
    strap = Strap:create({ word = "tight", load_id = -1 })
  end)
  assert(not ok and db:query_value("SELECT count(*) FROM straps") == 0)
  db:begin()
  local by_hand = Strap:create({ word = "by hand", load_id = -1 })
  local is_committed, refused = pcall(db.commit, db)
  assert(not is_committed and refused.code == "foreign_key_violation", refused)
  if db:in_transaction() then
    db:rollback()
  end
  by_hand.load_id = nil
  assert(by_hand:save() and db:query_value("SELECT count(*) FROM straps WHERE word = 'by hand'") == 1)
  by_hand:delete()
  local other = Strap:create({ word = "other" })
  strap.load_id = existing.id
  strap:save()
  assert(db:query_value("SELECT load_id FROM straps WHERE word = 'tight'") == existing.id)
  assert(Strap:find(other.id).word == "other" and Strap:count() == 2)
end

-- A connection that is lost tells nobody how its transaction ended: the row is looked for.
if driver ~= "sqlite" then
  local other, stranded = freight.open(arg[1]), nil
  local ok, why = pcall(db.transaction, db, function()
    stranded = create("stranded")
    if driver == "postgres" then
      other:query_value("SELECT pg_terminate_backend(?)", db:query_value("SELECT pg_backend_pid()"))
    else
      other:execute("KILL " .. db:query_value("SELECT connection_id()"))
    end
    db:execute("UPDATE loads SET note = 'lost' WHERE id = ?", stranded.id)
  end)
  assert(not ok and why.code == "connection_lost", why)
  assert(statements_of(function()
    stranded:save()
  end):match("^SELECT.* INSERT"))
  stands(stranded)
end

-- Very many, of which the script keeps some, from all levels.
local COUNT = driver == "sqlite" and 18000 or 1500
local held = { outer = {}, released = {}, inner = {} }
local function create_many(name)
  for number = 1, COUNT do
    local record = Load:create({ label = name .. " many " .. number, kg = number })
    if number % (math.floor(COUNT / 30)) == 1 then
      table.insert(held[name], record)
    end
  end
end
db:transaction(function(tx)
  create_many("outer")
  tx:transaction(function()
    create_many("released")
  end)
  fails(tx.transaction, tx, function()
    create_many("inner")
    error("undo", 0)
  end)
end)
each(held.outer, stands)
each(held.released, stands)
each(held.inner, is_gone)

-- A coroutine's transaction is undone for its own records, and not for those that another one makes
-- meanwhile. (SQLite has one writer at a time: there the other one makes none.)
if driver ~= "sqlite" then
  local wide = freight.open(arg[1], { pool = 3 })
  heard = wide
  local fields = { label = { type = "string", size = 40 }, kg = { type = "integer", default = 1 }, note = "text" }
  local Numbered = freight.model("loads", { db = wide, fields = fields })
  local Keyed = freight.model("loads", { db = wide, fields = fields, primary_key = "label" })
  for _, Model in ipairs({ Numbered, Keyed }) do
    is_numbered = Model == Numbered
    local mine, theirs, between = {}, {}, {}
    local function make(list, label)
      made = made + 1
      list[#list + 1] = Model:create({ label = label .. " " .. made, kg = made })
    end
    local function work(list, label)
      return coroutine.create(function()
        wide:transaction(function()
          for _ = 1, 5 do
            make(list, label)
            coroutine.yield()
          end
          if label == "mine" then
            error("undo", 0)
          end
        end)
      end)
    end
    local one, other = work(mine, "mine"), work(theirs, "theirs")
    for step = 1, 6 do
      local _, why = coroutine.resume(one)
      assert(step < 6 or why == "undo", why)
      make(between, "between")
      assert(coroutine.resume(other))
    end
    assert(coroutine.status(one) == "dead" and coroutine.status(other) == "dead")
    each(theirs, stands)
    each(between, stands)
    each(mine, is_gone)
  end
end
print("done")
