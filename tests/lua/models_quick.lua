-- The short way of `save`, `update` and `delete`: what it takes, what it leaves to the long way, and
-- that both come to the same. A model with a hook always goes the long way, so that each thing is done
-- twice: with records of one model, and with those of its double, whose hooks do nothing.
local db, driver = freight.open(arg[1]), arg[2]
freight.init(db)
local null, unpack = freight.null, table.unpack or unpack
if jit then
  -- Hooks of `debug` are not called in code that is compiled.
  jit.off()
end

local function raises(code, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised, and not " .. code)
  assert(type(err) == "table" and err.code == code, tostring(err) .. " is not " .. code)
  return err
end

-- Calls a function: whether the long way was gone, which looks for changes or for dependents, and its
-- results.
local is_of_long_way = { ["=freight.changes"] = true, ["=freight.dependents"] = true }
local function watched(fn, ...)
  local is_long = false
  debug.sethook(function()
    is_long = is_long or is_of_long_way[debug.getinfo(2, "S").source] or false
  end, "c")
  local results = { pcall(fn, ...) }
  debug.sethook()
  return is_long, unpack(results, 1, 3)
end
local function quickly(record, method, ...)
  local is_long, ok, result = watched(record[method], record, ...)
  assert(ok, tostring(result))
  assert(not is_long, method .. " went the long way")
  return result
end
local function slowly(record, method, ...)
  local is_long, ok, result = watched(record[method], record, ...)
  assert(is_long, method .. " went the short way")
  return ok, result
end
local function row_of(record)
  return db:query_row("SELECT * FROM " .. record:model_table() .. " WHERE id = ?", record.id)
end

-- ------------------------------------------------------------------------ what goes the short way
local function crate_fields()
  return {
    label = { type = "string", size = 8, required = true }, kg = "integer", ratio = "float", live = "boolean",
    state = { type = "enum", values = { "yard", "ship" } }, note = "text", doc = "json", day = "date",
  }
end
local Crate = freight.model("crates", { fields = crate_fields() })
function Crate.methods.model_table()
  return "crates"
end

local crate = Crate:create({ label = "A", kg = 1 })
-- The first one finds out what there is.
assert(crate:update({ kg = 2 }) == crate and row_of(crate).kg == 2)
crate.kg, crate.ratio, crate.live, crate.note, crate.state, crate.day = 3, 2, true, "näh", "ship", "2026-02-03"
assert(crate:changed("kg") and quickly(crate, "save") == crate and not next(crate:changed()))
assert(crate.ratio == 2 and crate:original("ratio") == 2 and crate:original("note") == "näh" and db:changes() == 1)
local fresh = Crate:find(crate.id)
assert(fresh.kg == 3 and fresh.ratio == 2 and fresh.live == true and fresh.note == "näh" and fresh.state == "ship")
assert(fresh.day == "2026-02-03" and json.encode(fresh) == json.encode(crate))
if math.type then
  assert(math.type(crate.ratio) == "float")
  crate.kg = 4.0
  quickly(crate, "save")
  assert(math.type(crate.kg) == "integer" and row_of(crate).kg == 4)
end
-- NULL, by absence and by its name.
crate.note, crate.kg = nil, null
quickly(crate, "save")
assert(rawget(crate, "kg") == nil and crate:original("note") == nil and row_of(crate).kg == nil and row_of(crate).note == nil)
assert(next(crate:changed()) == nil and quickly(crate, "save") == crate)
-- `update` with a table.
assert(quickly(crate, "update", { kg = 5, note = null }) == crate and row_of(crate).kg == 5)
-- The key itself, by the one that was read.
crate.id = 77
quickly(crate, "save")
assert(row_of(crate).kg == 5 and db:query_value("SELECT count(*) FROM crates") == 1)
-- In lists, in any order.
for number = 1, 9 do
  Crate:create({ label = "L" .. number, kg = number })
end
local list = Crate:where("kg", "<", 10):where_not("id", 77):order_by("kg"):all()
for _, place in ipairs({ 1, 2, 3, 9, 4, 5, 1, 8, 8 }) do
  list[place].kg = list[place].kg + 100
  quickly(list[place], "save")
end
local sums = {}
for place, each in ipairs(Crate:where_not("id", 77):order_by("label"):all()) do
  sums[place] = each.kg
end
assert(table.concat(sums, " ") == "201 102 103 104 105 6 7 208 109", table.concat(sums, " "))
assert(quickly(list[7], "delete") == true and Crate:count() == 9 and list[7]:is_deleted() and not list[6]:is_deleted())
assert(list[7]:delete() == false)
assert(raises("deleted", list[7].save, list[7]).model == "crates")
-- A row that is gone.
db:execute("DELETE FROM crates WHERE kg = 6")
list[6].kg = 60
local is_long, ok, err = watched(list[6].save, list[6])
assert(not is_long and not ok and err.code == "not_found" and err.model == "crates" and list[6].kg == 60)
assert(list[6]:changed("kg") and quickly(list[6], "delete") == false and list[6]:is_deleted())

-- ------------------------------------------------------------------------- what goes the long way
crate = list[1]
-- Values that have to be looked at, and those that are refused.
for _, each in ipairs({
  { "kg", "12", 12 }, { "label", 7, "7" }, { "live", 1, true }, { "doc", { 1 } }, { "day", 86400, "1970-01-02" },
  { "kg", freight.sql("kg + ?", 1), 13 }, { "kg", 1.5, nil, "cast_error" }, { "label", nil, nil, "validation" },
  { "label", null, nil, "validation" }, { "label", "123456789", nil, "validation" },
  { "state", "sea", nil, "validation" }, { "note", "\255", nil, "invalid_value" }, { "live", "so", nil, "cast_error" },
}) do
  local name, value, expected, code = each[1], each[2], each[3], each[4]
  crate[name] = value
  local done, problem = slowly(crate, "save")
  assert(done == (code == nil), tostring(problem))
  if code then
    assert(problem.code == code, tostring(problem))
    crate:reload()
  elseif expected ~= nil then
    assert(crate[name] == expected and Crate:find(crate.id)[name] == expected)
  end
end
-- A document, as long as there is one.
crate.kg = 1
slowly(crate, "save")
crate.doc = nil
quickly(crate, "save")
assert(row_of(crate).doc == nil and row_of(crate).kg == 1)
-- NULL once more.
crate.note = null
slowly(crate, "save")
assert(rawget(crate, "note") == nil)
-- Options.
crate.kg = 2
slowly(crate, "save", { validate = false })
slowly(crate, "update", { kg = 3 }, { hooks = true })
slowly(Crate:create({ label = "x" }), "delete", { hooks = false })
-- Records of a part of the columns.
local part = Crate:select("id", "kg"):where("id", crate.id):one()
part.kg = 4
slowly(part, "save")
assert(row_of(crate).kg == 4)
local counted = Crate:select("*", freight.sql("kg + 1 AS more")):where("id", crate.id):one()
counted.kg = 5
quickly(counted, "save")
assert(counted.more == 5 and row_of(crate).kg == 5)
counted.more = 1
assert(not slowly(counted, "save"))
-- New ones.
local draft = Crate:new({ label = "new" })
slowly(draft, "save")
draft.kg = 1
quickly(draft, "save")
raises("bad_argument", crate.save, {})
raises("bad_argument", crate.save, Crate)

-- ------------------------------------------------------------------------ who wants to know of it
local told = {}
local function listen(what)
  told[#told + 1] = what.kind
end
db:on("query", listen)
crate.kg = 6
slowly(crate, "save")
draft:delete()
db:off(listen)
assert(table.concat(told, " ") == "update delete", table.concat(told, " "))
local sent = 0
function db:execute(...)
  sent = sent + 1
  return getmetatable(self).execute(self, ...)
end
crate.kg = 7
crate:save()
db.execute = nil
-- Nothing tells a handle that a function was taken away again but the end of listening.
db:on("query", listen)
db:off(listen)
assert(sent == 1 and row_of(crate).kg == 7)

-- Hooks and dependents that come later.
crate.kg = 8
Crate:before_save(function(record)
  record.note = "seen"
end)
slowly(crate, "save")
assert(row_of(crate).note == "seen")
local Yard, Stack = freight.model("yards", { name = "string" }), freight.model("stacks", { yard_id = freight.foreign_key("yards") })
local yard = Yard:create({ name = "one" })
yard:update({ name = "two" })
Stack:create({ yard_id = yard.id })
quickly(yard, "update", { name = "three" })
Yard:has_many(Stack, { as = "stacks", dependent = "delete" })
assert(yard:delete() == true and Stack:count() == 0)

-- ------------------------------------------------------------------------------------- transactions
local one, two = Yard:create({ name = "one" }), Yard:create({ name = "two" })
local Bay = freight.model("bays", { name = "string", code = { type = "string", unique = true } })
Bay:create({ name = "x" }):update({ name = "y" })
one, two = Bay:create({ name = "one", code = "1" }), Bay:create({ name = "two", code = "2" })
pcall(db.transaction, db, function()
  quickly(one, "update", { name = "ONE" })
  pcall(db.transaction, db, function()
    quickly(two, "delete")
    assert(Bay:find(two.id) == nil)
    error("undone")
  end)
  assert(not two:is_deleted() and Bay:find(two.id))
  error("undone")
end)
slowly(one, "save") -- It is written again.
assert(Bay:find(one.id).name == "ONE" and one:is_new() == false)
two.name = "TWO"
slowly(two, "save")
assert(Bay:find(two.id).name == "TWO")
quickly(two, "update", { name = "two" })
db:transaction(function()
  quickly(one, "update", { name = "kept" })
end)
quickly(one, "update", { code = "11" })
assert(Bay:find(one.id).name == "kept")
-- What the database refuses.
one.code = "2"
is_long, ok, err = watched(one.save, one)
assert(not is_long and not ok and err.code == "unique_violation" and err.columns[1] == "code" and err.table == "bays", tostring(err))
assert(one.code == "2" and one:original("code") == "11" and one:changed("code"))
one:reload()
-- Another coroutine's transaction is not in the way, and a record of it is not this one's.
coroutine.wrap(function()
  quickly(one, "update", { name = "far" })
end)()
assert(Bay:find(one.id).name == "far")

-- ------------------------------------------------------------------------------------- other models
local Page = freight.model("pages", { title = "string" }, { version = true, soft_delete = true })
local page = Page:create({ title = "a" })
page:update({ title = "b" })
slowly(page, "update", { title = "c" })
assert(page.lock_version == 2)
slowly(page, "delete")
local Checked = freight.model("checked", { a = { type = "integer", validate = { max = 9 } }, b = "integer" })
local checked = Checked:create({ a = 1 })
checked:update({ b = 1 })
slowly(checked, "update", { b = 2 })
raises("validation", checked.update, checked, { a = 10 })
assert(quickly(Checked:find(checked.id), "delete") == true)
-- A rule of a field is not asked again for what the database has: nobody changed it.
db:exec("CREATE TABLE loose (id integer PRIMARY KEY, word varchar(40), other integer)")
db:exec("INSERT INTO loose VALUES (1, 'longer than eight', 1), (2, NULL, 1)")
local Loose = freight.model("loose", { word = { type = "string", size = 8, required = true }, other = "integer" })
local Strict = freight.model("strict", { word = { type = "string", size = 8, required = true }, other = "integer" }, { table = "loose" })
Strict:before_save(function() end)
for _, model in ipairs({ Loose, Strict }) do
  for id = 1, 2 do
    local record = model:find(id)
    record:update({ other = 2 })
    record:update({ other = id + 2 })
    assert(model:find(id).other == id + 2 and record:valid())
  end
  raises("validation", model.update_or_create, model, { id = 1 }, { word = "also too long" })
end
-- Times.
local Note = freight.model("notes", { text = "text" }, { timestamps = true })
local note = Note:create({ text = "a", updated_at = "2020-01-01 00:00:00" })
note:update({ text = "b", updated_at = "2020-01-02 00:00:00" })
assert(note.updated_at == "2020-01-02 00:00:00")
quickly(note, "save")
assert(note.updated_at == "2020-01-02 00:00:00")
quickly(note, "update", { text = "c" })
assert(note.updated_at > "2026" and note.updated_at == Note:find(note.id).updated_at and not note:changed("updated_at"))
note.updated_at = "2020-01-02 00:00:00"
note:save()
assert(Note:find(note.id).updated_at == "2020-01-02 00:00:00")
local Odd = freight.model("odd_times", {
  fields = { created_at = { type = "datetime", as = "epoch" }, updated_at = "date", text = "text" }, timestamps = true,
})
local odd = Odd:create({ text = "a" })
assert(type(odd.created_at) == "number" and #odd.updated_at == 10)
odd:update({ text = "b" })
odd:update({ text = "c" })
assert(#odd.updated_at == 10 and Odd:find(odd.id).text == "c" and json.encode(Odd:find(odd.id)) == json.encode(odd))

-- ----------------------------------------------------------------------- random changes, done twice
local seed = tonumber(os.getenv("FREIGHT_RANDOM_SEED")) or os.time() % 1000003
local function random(most)
  seed = (seed * 16807) % 2147483647
  return seed % most + 1
end
local first_seed = seed
local function pick(list)
  return list[random(#list)]
end

local NIL = {}
local choices = {
  label = { "a", "b", "ü", "12345678", "123456789", NIL, null, 7, 1.5, true, "\255", "" },
  kg = { 1, 2, -3, 2 ^ 40, 1.5, "4", "x", NIL, null, 3.0, true, 2 ^ 63, 0 / 0 },
  small = { 1, 2, 40000, "7", NIL, -5 },
  ratio = { 1, 2.5, -0.25, "1.5", NIL, null, true, 1e300, "x" },
  live = { true, false, 1, 0, "true", NIL, null, "no" },
  state = { "yard", "ship", "sea", NIL, null },
  note = { "x", "yy", ("long "):rep(50), NIL, null, 5, "" },
  seen = { "2026-01-02 03:04:05", "2026-01-02T03:04:05Z", 86400, NIL, "soon", "2026-01-02 03:04:05.250000" },
  day = { "2026-01-02", "2026-1-2", NIL, null, "x", 0 },
  doc = { { 1, 2 }, { a = 1 }, NIL, NIL, "text", 5, null },
  amount = { "1.50", "2", 3, NIL, null, "x", "123456789012.5" },
  ref = { "6f2c1f44-0a8b-4c5e-9d3f-1b2a3c4d5e6f", "6F2C1F44-0A8B-4C5E-9D3F-1B2A3C4D5E6F", NIL, "x" },
}
local names = {}
for name in pairs(choices) do
  names[#names + 1] = name
end
table.sort(names)

local function fields_of(key)
  local fields = {
    label = { type = "string", size = 8, required = true }, kg = "integer", small = "smallint", ratio = "float", live = "boolean",
    state = { type = "enum", values = { "yard", "ship" } }, note = "text", seen = "datetime", day = "date", doc = "json",
    amount = { type = "decimal", precision = 9, scale = 2 }, ref = "uuid",
  }
  for name, field in pairs(key) do
    fields[name] = field
  end
  return fields
end

-- Some models have fewer fields: a document makes every save go the long way.
local plain_names = { "label", "kg", "ratio", "live", "note", "day" }
local worlds = {
  { "numbered", {}, { "id" }, { timestamps = true }, plain_names },
  { "numbered_all", {}, { "id" }, {}, names },
  { "uuids", { id = "uuid" }, { "id" }, {}, plain_names },
  { "texts", { id = { type = "string", size = 20 } }, { "id" }, {}, names },
  { "pairs", { one = "integer", two = { type = "string", size = 9 } }, { "one", "two" }, { timestamps = true }, plain_names },
}

local function both(name, key_fields, key, opts, used)
  local is_used, made = {}, {}
  for _, each in ipairs(used) do
    is_used[each] = true
  end
  for place, prefix in ipairs({ "quick_", "long_" }) do
    local fields = fields_of(key_fields)
    for field in pairs(choices) do
      fields[field] = is_used[field] and fields[field] or nil
    end
    local own = { fields = fields, primary_key = key }
    if key_fields.id == nil and #key == 1 then
      own.primary_key = nil
    end
    for option, value in pairs(opts) do
      own[option] = value
    end
    made[place] = freight.model(prefix .. name, own)
  end
  made[2]:before_save(function() end)
  made[2]:before_delete(function() end)
  return made
end

local function shown(value)
  if type(value) == "table" or type(value) == "userdata" then
    return json.encode(value)
  end
  return (math.type and math.type(value) or type(value)) .. " " .. tostring(value)
end

local stamps = { created_at = true, updated_at = true }
local function picture(record)
  local out = {}
  for name, value in pairs(record) do
    if not stamps[name] then
      out[#out + 1] = name .. "=" .. shown(value)
    end
  end
  table.sort(out)
  local changed = {}
  local ok, differences = pcall(record.changed, record)
  for name in pairs(ok and differences or { ["nobody can tell"] = true }) do
    changed[#changed + 1] = stamps[name] and "stamp" or name
  end
  table.sort(changed)
  return table.concat(out, ", ") .. " changed " .. table.concat(changed, ",") .. (record:is_deleted() and " deleted" or "")
end

local function outcome(ok, result)
  if ok then
    return type(result) == "table" and "a record" or tostring(result)
  end
  return type(result) == "table" and tostring(result.code) .. ": " .. tostring(result):gsub("quick_", "long_") or tostring(result)
end

local key_of = {
  numbered = function() return nil end,
  uuids = function(number) return { id = ("6f2c1f44-0a8b-4c5e-9d3f-%012d"):format(number) } end,
  texts = function(number) return { id = "key " .. number } end,
  pairs = function(number) return { one = number % 3, two = "t" .. number } end,
}
key_of.numbered_all = key_of.numbered

local count_quick, count_all = 0, 0
-- Does the same with both records of a pair.
local function twice(pair, fn)
  local results, changes = {}, {}
  for place = 1, 2 do
    local is_long, ok, result = watched(fn, pair[place])
    results[place], changes[place] = outcome(ok, result), ok and db:changes() or 0
    if place == 1 then
      count_all, count_quick = count_all + 1, count_quick + (is_long and 0 or 1)
    end
  end
  assert(results[1] == results[2], results[1] .. " is not " .. results[2])
  assert(changes[1] == changes[2], "changes")
  local one, two = picture(pair[1]), picture(pair[2])
  assert(one == two, one .. " is not " .. two)
  return results[1]
end

-- The rows of both tables, as they are.
local function compare(world)
  local rows = {}
  for place = 1, 2 do
    local all = {}
    for _, row in ipairs(db:query("SELECT * FROM " .. world[place].table_name)) do
      local row_shown = {}
      for name, value in pairs(row) do
        if not stamps[name] then
          row_shown[#row_shown + 1] = name .. "=" .. shown(value)
        end
      end
      table.sort(row_shown)
      all[#all + 1] = table.concat(row_shown, ", ")
    end
    table.sort(all)
    rows[place] = table.concat(all, "\n")
  end
  assert(rows[1] == rows[2], rows[1] .. "\nis not\n" .. rows[2])
end

local function changed_values(world)
  local values = {}
  for _ = 1, random(3) do
    local name = pick(world.names)
    values[name] = pick(choices[name])
  end
  return values
end

local function change(world, pair)
  local values = changed_values(world)
  local way = random(5)
  if way == 1 then
    local given = {}
    for name, value in pairs(values) do
      given[name] = value == NIL and null or value
    end
    return twice(pair, function(record) return record:update(given) end)
  end
  for place = 1, 2 do
    for name, value in pairs(values) do
      if value == NIL then
        pair[place][name] = nil
      else
        pair[place][name] = value
      end
    end
  end
  return twice(pair, function(record) return record:save() end)
end

local steps = {}
function steps.create(world)
  local values = key_of[world.name](world.made) or {}
  values.label = "new"
  world.made = world.made + 1
  local pair = { world[1]:create(values), world[2]:create(values) }
  world.pairs[#world.pairs + 1] = pair
end
function steps.list(world)
  local lists = {}
  for place = 1, 2 do
    lists[place] = world[place]:order_by(world.key[1]):order_by(world.key[#world.key]):all()
  end
  world.pairs = {}
  for place, record in ipairs(lists[1]) do
    world.pairs[place] = { record, lists[2][place] }
  end
end
function steps.change(world)
  local pair = #world.pairs > 0 and pick(world.pairs)
  if pair then
    local result = change(world, pair)
    if result ~= "a record" and result:sub(1, 7) ~= "deleted" then
      local ok = pcall(pair[1].reload, pair[1])
      assert(ok == pcall(pair[2].reload, pair[2]))
    elseif result == "a record" and pair[1].updated_at then
      for place = 1, 2 do
        local key = {}
        for number, name in ipairs(world.key) do
          key[number] = pair[place][name]
        end
        local found = world[place]:find(unpack(key))
        assert(not found or found.updated_at == pair[place].updated_at, "the time in the row is another one")
      end
    end
  end
end
function steps.delete(world)
  if #world.pairs > 3 then
    twice(pick(world.pairs), function(record) return record:delete() end)
  end
end
function steps.lose(world)
  local pair = #world.pairs > 3 and pick(world.pairs)
  -- One whose creation was undone has no key.
  if pair and pair[1]:original(world.key[1]) ~= nil then
    for place = 1, 2 do
      local query = world[place]:query()
      for _, name in ipairs(world.key) do
        query = query:where(name, pair[place]:original(name))
      end
      query:delete()
    end
  end
end
local weights = { "create", "create", "list", "change", "change", "change", "change", "change", "change", "change", "delete", "lose" }
function steps.transaction(world)
  local is_kept = random(2) == 1
  pcall(db.transaction, db, function()
    for _ = 1, random(4) do
      steps[pick(weights)](world)
      compare(world)
    end
    if not is_kept then
      error("undone")
    end
  end)
end
weights[#weights + 1] = "transaction"

for _, each in ipairs(worlds) do
  local world = both(unpack(each))
  world.name, world.key, world.names, world.pairs, world.made = each[1], each[3], each[5], {}, 1
  for place = 1, 2 do
    world[place]:count()
  end
  for number = 1, 70 do
    local name = pick(weights)
    local ok_step, problem = pcall(steps[name], world)
    if ok_step then
      ok_step, problem = pcall(compare, world)
    end
    assert(ok_step, ("FREIGHT_RANDOM_SEED=%d, %s of %s, step %d: %s"):format(first_seed, name, each[1], number, tostring(problem)))
  end
end
assert(count_quick > 20 and count_quick < count_all, count_quick .. " of " .. count_all .. " went the short way")
print("done")
