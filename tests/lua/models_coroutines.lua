-- Models in several coroutines at once: in and outside of transactions, with hooks and other functions
-- of a script that yield in the middle of what Freight does (lua-api.md 0.5, 2.4).
local db, driver = freight.open(arg[1], { pool = 4 }), arg[2]
freight.init(db)
local yield = coroutine.yield

local events = {}
local Owner = freight.model("owners", { name = "string", boxes_count = { type = "integer", default = 0 } })
local Box = freight.model("boxes", {
  fields = {
    label = { type = "string", required = true, validate = function(value)
      yield("validate")
      return value ~= "bad", "is bad"
    end },
    code = { type = "string", default = function()
      yield("default")
      return "made"
    end },
    n = { type = "integer", default = 0 }, owner_id = freight.foreign_key("owners"),
  },
  scopes = { above = function(q, n)
    yield("scope")
    return q:where("n", ">", n)
  end },
})
Owner:has_many(Box)
Box:belongs_to(Owner, { counter_cache = true })
for _, event in ipairs({
  "before_validate", "before_save", "before_create", "after_create", "after_save", "after_commit", "after_rollback", "before_update",
  "after_update", "before_delete", "after_delete", "after_find",
}) do
  Box[event](Box, function(box)
    yield(event)
    events[#events + 1] = event .. ":" .. box.label
  end)
end
local Plain = freight.model("plains", { word = { type = "string", unique = true, size = 40 }, n = "integer" })
assert(db:auto_migrate().success)
assert(Owner:create({ name = "Ann" }).id == 1 and Owner:create({ name = "Bob" }).id == 2)

-- Runs a function to its end, however often it yields: what it returned, and what it yielded.
local function finish(fn, ...)
  local co, yielded = coroutine.create(fn), {}
  local results = { coroutine.resume(co, ...) }
  while coroutine.status(co) == "suspended" do
    yielded[#yielded + 1] = results[2]
    results = { coroutine.resume(co) }
  end
  assert(results[1], tostring(results[2]))
  return results[2], table.concat(yielded, " ")
end
local function want(got, wanted)
  assert(got == wanted, tostring(got) .. " is not " .. tostring(wanted))
end

-- ----------------------------------------------------------------------- functions that yield

local box, yielded = finish(function() return Box:create({ label = "a", owner_id = 1 }) end)
want(yielded, "default before_validate validate before_save before_create after_create after_save after_commit")
assert(box.id and box.code == "made" and Owner:find(1).boxes_count == 1)
box, yielded = finish(function() return box:update({ n = 5 }) end)
want(yielded, "before_validate validate before_save before_update after_update after_save after_commit")
local list
list, yielded = finish(function() return Box:above(1):all() end)
assert(#list == 1 and yielded == "scope after_find")
local found
found, yielded = finish(function() return Box:find(box.id) end)
assert(found.n == 5 and yielded == "after_find")
list, yielded = finish(function()
  return Owner:include({ boxes = function(q)
    yield("constrained")
    return q:where("n", 5)
  end }):order_by("id"):all()
end)
assert(#list == 2 and yielded == "constrained after_find" and #list[1]:boxes() == 1 and #list[2]:boxes() == 0)
finish(function()
  local record, is_new = Box:first_or_create({ label = "b" }, { n = 1 })
  assert(is_new and record.id)
  record, is_new = Box:first_or_create({ label = "b" })
  assert(not is_new and record.n == 1)
  local ok, err = pcall(Box.create, Box, { label = "bad" })
  assert(not ok and err.code == "validation" and err.errors[1].message == "is bad")
  local is_valid, why = Box:new({ label = "bad" }):valid()
  assert(is_valid == nil and why.code == "validation")
end)
events = {}
finish(function()
  pcall(db.transaction, db, function()
    Box:create({ label = "back", owner_id = 2 })
    yield("in the middle")
    error("back")
  end)
end)
want(events[#events], "after_rollback:back")
assert(Owner:find(2).boxes_count == 0 and Plain:count() == 0 and not db:in_transaction())
local _, of_delete = finish(function() return Box:where("label", "b"):one():delete() end)
want(of_delete, "after_find before_delete after_delete after_commit")

-- ------------------------------------------------------------------- several at the same time

-- Resumes all of them in turn until each is at its end.
local function together(...)
  local all = {}
  for place, fn in ipairs({ ... }) do
    all[place] = coroutine.create(fn)
  end
  local is_busy = true
  while is_busy do
    is_busy = false
    for place, co in ipairs(all) do
      if coroutine.status(co) == "suspended" then
        is_busy = true
        local ok, problem = coroutine.resume(co)
        assert(ok, "coroutine " .. place .. ": " .. tostring(problem))
      end
    end
  end
end

local function worker(name)
  return function()
    for number = 1, 12 do
      local record = Plain:create({ word = name .. number, n = number })
      yield()
      record.n = record.n * 2
      record:save()
      yield()
      assert(Plain:find(record.id).n == number * 2 and Plain:find_by("word", name .. number).id == record.id)
      yield()
      assert(Plain:where_starts("word", name):count() == number)
      record:increment("n")
      yield()
      assert(record.n == number * 2 + 1 and record:reload().n == record.n)
    end
    local seen = 0
    for record in Plain:where_starts("word", name):each(5) do
      seen = seen + 1
      assert(record.word == name .. seen)
      yield()
      if seen % 4 == 0 then
        record:delete()
      end
    end
    assert(seen == 12 and Plain:where_starts("word", name):count() == 9)
    local batches = 0
    for batch in Plain:where_starts("word", name):batches(4) do
      batches = batches + 1
      yield()
      assert(batch[1]:update({ n = -batches }).n == -batches)
    end
    assert(batches == 3)
  end
end
together(worker("a"), worker("b"), worker("c"), worker("d"), worker("e"), worker("f"))
assert(Plain:count() == 54)

-- The main program goes over all rows, while others change them.
local changer = coroutine.wrap(function()
  while true do
    Plain:where("n", ">", 0):increment("n")
    yield(Plain:create({ word = "late" .. Plain:count(), n = 0 }))
  end
end)
local over, last = 0, 0
for record in Plain:each(10) do
  assert(record.id > last)
  last, over = record.id, over + 1
  if over <= 20 then
    changer()
  end
end
assert(over == 74, over)

-- A record that one coroutine has read is changed and saved by another one.
local shared = Plain:find_by("word", "a1")
finish(function() shared:update({ n = 100 }) end)
assert(not shared:changed("n") and Plain:find(shared.id).n == 100)

-- --------------------------------------------------------------------- transactions at once

Plain:delete_all()
local function in_transaction(name, ending)
  return function()
    local ok, err = pcall(db.transaction, db, function(tx)
      assert(db:in_transaction())
      local record = Plain:create({ word = name, n = 1 })
      yield()
      assert(Plain:count() == 1, "what another coroutine has not committed is seen")
      record:update({ n = 2 })
      yield()
      local inner = pcall(db.transaction, db, function()
        Plain:create({ word = name .. "-inner", n = 3 })
        yield()
        Plain:create({ word = name, n = 4 })
      end)
      assert(not inner and Plain:count() == 1 and Plain:find(record.id).n == 2)
      yield()
      if ending == "error" then
        error("back", 0)
      elseif ending == "rollback" then
        tx:rollback()
      end
    end)
    assert(ok == (ending ~= "error"), tostring(err))
    assert(not db:in_transaction())
  end
end
local function outside()
  for _ = 1, 3 do
    assert(not db:in_transaction() and Plain:where_starts("word", "t"):count() == 0)
    yield()
  end
end
if driver == "sqlite" then
  -- One that writes at a time; the others read what was committed.
  together(in_transaction("t1", "commit"), outside)
  assert(Plain:delete_all() == 1)
  together(in_transaction("t2", "error"), outside)
  together(in_transaction("t3", "rollback"), outside)
  assert(Plain:count() == 0)
else
  together(in_transaction("t1", "error"), in_transaction("t2", "rollback"), in_transaction("t3", "rollback"), outside)
  assert(Plain:count() == 0)
  together(in_transaction("t1", "error"), in_transaction("t2", "rollback"), outside, in_transaction("t3", "error"))
  assert(Plain:count() == 0 and Plain:create({ word = "t1", n = 0 }):delete())
  finish(in_transaction("t4", "commit"))
  assert(Plain:count() == 1 and Plain:first().n == 2)
end

-- Hooks that yield in transactions of their own, side by side.
events = {}
local function maker(label, owner_id)
  return function()
    Box:create({ label = label, owner_id = owner_id })
  end
end
if driver == "sqlite" then
  finish(maker("x", 1))
  finish(maker("y", 2))
else
  together(maker("x", 1), maker("y", 2))
end
assert(Owner:find(1).boxes_count == 2 and Owner:find(2).boxes_count == 1)
local told = table.concat(events, " ")
assert(told:find("after_commit:x", 1, true) and told:find("after_commit:y", 1, true) and not told:find("rollback"), told)

-- One that is left in the middle: what it has written is undone, and its connection comes back.
local before = Plain:count()
for _ = 1, 6 do
  local left = coroutine.create(function()
    db:transaction(function()
      Plain:create({ word = "left", n = 1 })
      yield()
    end)
  end)
  assert(coroutine.resume(left))
  left = nil
  collectgarbage()
  collectgarbage()
  assert(Plain:count() == before)
end
assert(Plain:create({ word = "last", n = 1 }).id and Plain:count() == before + 1)
print("done")
