-- What a request may bring along: nothing of it reaches the SQL of a model but as a value, and
-- nothing of it takes the process down. The texts of the attacks are put wherever a model takes a
-- value, the name of a column, a key, a path, a number or an option.
local db, driver = freight.open(arg[1]), arg[2]
freight.init(db)
local null = freight.null
local on = { [driver] = true }

local Owner = freight.model("owners", { name = "string" })
local Label = freight.model("labels", { name = freight.string(60, { unique = true }) })
local fields = {
  name = "string", kind = freight.enum({ "a", "b" }), n = "integer", ratio = "float", price = freight.decimal(9, 2),
  doc = "json", note = "text", bytes = "blob", at = "datetime", day = "date", flag = "boolean", uid = "uuid",
  owner_id = freight.foreign_key("owners"),
}
local Item = freight.model("items", { fields = fields, scopes = { small = function(q) return q:where("n", "<", 5) end } })
freight.model("items_labels", { item_id = freight.foreign_key("items"), label_id = freight.foreign_key("labels") },
  { primary_key = { "item_id", "label_id" } })
Owner:has_many(Item)
Item:belongs_to(Owner)
Item:belongs_to_many(Label)
assert(db:auto_migrate().success)
db:exec("CREATE TABLE canary (secret varchar(40))")
db:exec("INSERT INTO canary VALUES ('one'), ('two'), ('three')")
local owner = Owner:create({ name = "Ann" })
local item = Item:create({ name = "x", n = 1, owner_id = owner.id, doc = { a = { b = 1 } } })
Label:create({ name = "l" })
item:attach("labels", 1)

-- ---------------------------------------------------------------------------------- watching

local tables = #db:tables()
local attempts, _ = 0, nil

-- All that was there is still there.
local function check(what)
  assert(#db:tables() == tables and db:query_value("SELECT count(*) FROM canary") == 3, what)
  assert(Item:count() == 1 and Owner:count() == 1 and Label:count() == 1 and Item:find(1).name == "x", what)
  assert(db:query_value("SELECT count(*) FROM items_labels") == 1 and not db:in_transaction(), what)
end

-- The statements that a function sends.
local function listened(fn, ...)
  local sent = {}
  local function listen(what)
    sent[#sent + 1] = what.sql
  end
  db:on("query", listen)
  local results = { pcall(fn, ...) }
  db:off(listen)
  return sent, results[1], results[2]
end
local function short(text)
  text = tostring(text)
  return #text > 60 and text:sub(1, 60) .. "…" or text
end
local function want_error(what, problem, codes)
  assert(freight.is_null(problem) == false and type(problem) == "table" and problem.code, what .. ": " .. short(problem))
  assert(not codes or codes:find(problem.code, 1, true), what .. ": " .. problem.code .. " is not among " .. tostring(codes))
end

local attacks = {
  "'; DROP TABLE canary; --", "' OR '1'='1", '" OR ""="', "` OR 1=1 #", "\\'; DROP TABLE canary; --", "1; DELETE FROM canary",
  "1 OR 1=1", "name) OR (1=1", "x') UNION SELECT secret FROM canary --", "?", "??", "$1", "$$; DELETE FROM canary; $$", ":name",
  "/* */ OR 1=1", "x */ DELETE FROM canary /*", "name--", "name#", "(SELECT secret FROM canary)", "pg_sleep(9)", "SLEEP(9)",
  "load_extension('x')", "name; DROP TABLE canary", "name, (SELECT 1)", "name DESC, secret", "E'\\'' OR 1=1", "0x27 OR 1=1",
  "ʼ OR 1=1", "\239\188\135 OR 1=1", "%' OR '%'='", "name\nUNION SELECT 1", "name\0; DROP TABLE canary", "\191' OR 1=1 --",
  "@@version", "COUNT(*) FROM canary", "CASE WHEN 1 THEN 2 END", "name COLLATE x", "items.*; SELECT", "a.b.c.d", "x{}[]\"'`", " ; ",
}

-- ------------------------------------------------------------------------------------ values

-- An attack as a value: the SQL is that of any other value, and no row is found or changed by it.
local as_values = {
  function(v) return Item:where({ name = v }) end, function(v) return Item:where("name", v) end,
  function(v) return Item:where({ name = { v, "y" } }) end, function(v) return Item:where({ note = { ["!="] = v } }):where("n", 9) end,
  function(v) return Item:where("name = ?", v) end, function(v) return Item:where("name = :v", { v = v }) end,
  function(v) return Item:where(freight.sql("name = ?", v)) end, function(v) return Item:where_in("name", { v, v }) end,
  function(v) return Item:where("n", 9):or_where("name", v) end, function(v) return Item:where_not("name", v):where("n", 9) end,
  function(v) return Item:where_between("name", v, v) end, function(v) return Item:where_contains("name", v .. "x'") end,
  function(v) return Item:where_starts("name", v .. "x'") end, function(v) return Item:where_ends("note", v) end,
  function(v) return Item:where_json("doc", "a.b", v) end, function(v) return Item:where_json("doc", "a.b", "!=", v):where("n", 9) end,
  function(v) return Item:where(function(q) return q:where("name", v):where("note", v) end) end,
  function(v) return Item:where_has("owner", function(q) return q:where("name", v) end) end,
  function(v) return Item:where_in("owner_id", Owner:where("name", v)) end,
  function(v) return Item:where_exists(Owner:where("name", v)) end, function(v) return owner:related("items"):where("name", v) end,
  function(v) return Item:select("name", "COUNT(*) AS total"):group_by("name"):having("name = ?", v):as_rows() end,
  function(v) return Item:join("owners", freight.sql("owners.name = ?", v)) end,
  function(v) return Item:where("n", 9):order_by(freight.sql("CASE WHEN name = ? THEN 0 ELSE 1 END", v)) end,
  function(v) return Item:where_like("name", v .. "_") end, function(v) return Item:where_ilike("name", v .. "_") end,
}
for place, make in ipairs(as_values) do
  local usual = make("benign"):to_sql()
  for _, attack in ipairs(attacks) do
    attempts = attempts + 1
    local what = ("value %d, %s"):format(place, short(attack))
    local is_made, query = pcall(make, attack)
    local is_well, found = is_made, query
    if is_made then
      local sql, values = query:to_sql()
      assert(sql == usual, what .. ": " .. sql)
      local is_there = false
      for number = 1, values.n do
        is_there = is_there or tostring(values[number]):find(attack, 1, true) ~= nil or place >= 12 and place <= 14
      end
      assert(is_there, what .. " is not among the values")
      _, is_well, found = listened(function() return #query:all() end)
    end
    if is_well then
      -- `%` is what `LIKE` itself knows; nothing else finds anything.
      assert(found == 0 or place > 24 and attack:find("%%"), what .. " finds " .. tostring(found))
    else
      -- Bytes that are no text, and NUL on PostgreSQL.
      want_error(what, found, "invalid_value")
      assert(attack:find("[%z\128-\255]"), what .. ": " .. tostring(found))
    end
  end
  check("value " .. place)
end

-- Written as they are, and read as they were.
for _, attack in ipairs(attacks) do
  local _, is_well, problem = listened(function()
    db:transaction(function(tx)
      local made = Item:create({ name = attack, note = attack, bytes = attack, doc = { [attack] = { attack } } })
      local read = Item:find(made.id)
      assert(read.name == attack and read.note == attack and read.bytes == attack and read.doc[attack][1] == attack)
      assert(Item:find_by("name", attack).id == made.id and Item:where({ note = attack }):count() == 1)
      read:update({ name = attack .. "!", doc = { attack } })
      assert(Item:where("id", made.id):update({ note = attack .. "?" }) == 1 and read:reload().note == attack .. "?")
      -- `LIKE` of SQLite sees no further than to a NUL.
      local has_nul = attack:find("%z")
      assert(has_nul or Item:where_contains("name", attack):count() == 1 and Item:where_ends("note", "?"):count() == 1)
      assert(Item:comment(attack):where("id", made.id):count() == 1)
      Item:insert_many({ { name = attack, note = attack } })
      local label = Label:upsert({ name = attack }, { conflict = { "name" } })
      assert(Label:first_or_create({ name = attack }).id == label.id)
      tx:rollback()
    end)
  end)
  attempts = attempts + 1
  if not is_well then
    want_error(short(attack), problem, "invalid_value validation")
    assert(attack:find("[%z\128-\255]"), tostring(problem))
  end
end
check("written")

-- ------------------------------------------------------------------------------------- names

-- An attack where a name, a number or a word is wanted: an error of Freight, before anything is sent.
local as_names = {
  function(v) return Item:where({ [v] = 1 }) end, function(v) return Item:where({ name = "x", [v] = 1 }) end,
  function(v) return Item:where({ n = { [v] = 1 } }) end, function(v) return Item:where("n", v, 1) end,
  function(v) return Item:where_in(v, { 1 }) end, function(v) return Item:where_not_in(v, { 1 }) end,
  function(v) return Item:where_null(v) end, function(v) return Item:where_not_null(v) end,
  function(v) return Item:where_between(v, 1, 2) end, function(v) return Item:where_like(v, "x") end,
  function(v) return Item:where_ilike(v, "x") end, function(v) return Item:where_contains(v, "x") end,
  function(v) return Item:where_json(v, "a", 1) end,
  function(v) return Item:where_json("doc", "a", v, 1):all() end, function(v) return Item:order_by(v) end,
  function(v) return Item:order_by("name", v) end, function(v) return Item:order_by("name", "asc", v) end,
  function(v) return Item:order_by("LOWER(" .. v .. ")") end, function(v) return Item:order_by("name " .. v) end,
  function(v) return Item:order_by_desc(v) end, function(v) return Item:query():reorder(v) end,
  function(v) return Item:select(v) end, function(v) return Item:select("name", v) end,
  function(v) return Item:select("name AS " .. v) end, function(v) return Item:select({ "name", v }) end,
  function(v) return Item:group_by(v) end, function(v) return Item:count(v) end, function(v) return Item:sum(v) end,
  function(v) return Item:avg(v) end, function(v) return Item:min(v) end, function(v) return Item:max(v) end,
  function(v) return Item:pluck(v) end, function(v) return Item:pluck("name", v) end, function(v) return Item:count_by(v) end,
  function(v) return Item:join(v, "owners.id = items.owner_id") end, function(v) return Item:join("owners", v) end,
  function(v) return Item:join("owners", "owners.id = items.owner_id AND " .. v) end, function(v) return Item:left_join("owners", v) end,
  function(v) return Item:right_join("owners " .. v, "owners.id = items.id") end, function(v) return Item:join_related(v) end,
  function(v) return Item:include(v) end, function(v) return Item:include("owner." .. v) end,
  function(v) return Item:include({ [v] = true }) end, function(v) return Item:where_has(v) end,
  function(v) return Item:where_missing(v) end, function(v) return item:related(v) end, function(v) return item:load(v) end,
  function(v) return freight.load({ item }, v) end, function(v) return item:attach(v, 1) end, function(v) return item:loaded(v) end,
  function(v) return item:attach("labels", v) end, function(v) return item:detach("labels", { v }) end,
  function(v) return item:sync("labels", { v }) end, function(v) item[v] = 1 end, function(v) return item:set(v, 1) end,
  function(v) return item:set({ [v] = 1 }) end, function(v) return item:original(v) end, function(v) return item:changed(v) end,
  function(v) return item:touch(v) end, function(v) return item:increment(v) end, function(v) return item:update({ [v] = 1 }) end,
  function(v) return item:lock(v) end, function(v) return Item:create({ [v] = 1 }) end, function(v) return Item:new({ [v] = 1 }) end,
  function(v) return Item:create({ kind = v }) end, function(v) return Item:create({ n = v }) end,
  function(v) return Item:create({ price = v }) end, function(v) return Item:create({ at = v }) end,
  function(v) return Item:create({ day = v }) end, function(v) return Item:create({ uid = v }) end,
  function(v) return Item:create({ flag = v }) end, function(v) return Item:create({ ratio = v }) end,
  function(v) return Item:insert_many({ { [v] = 1 } }) end, function(v) return Item:insert_many({ { n = 1 } }, { conflict = { v } }) end,
  function(v) return Item:insert_many({ { n = 1 } }, { on_conflict = v }) end,
  function(v) return Item:upsert({ n = 1 }, { conflict = { v } }) end, function(v) return Item:upsert({ n = 1 }, { update = { v } }) end,
  function(v) return Item:first_or_create({ [v] = 1 }) end, function(v) return Item:find_by({ [v] = 1 }) end,
  function(v) return Item:find({ [v] = 1 }) end, function(v) return Item:where("n", 9):update({ [v] = 1 }) end,
  function(v) return Item:where("n", 9):update({ n = v }) end, function(v) return Item:where("n", 9):increment(v) end,
  function(v) return Item:where("n", 9):increment("n", v) end, function(v) return Item:where({ n = v }) end,
  function(v) return Item:where_in("id", { v }) end, function(v) return Item:limit(v) end, function(v) return Item:offset(v) end,
  function(v) return Item:paginate(v, 5) end, function(v) return Item:page(1, v) end, function(v) return Item:batches(v) end,
  function(v) return Item:lock(v) end, function(v) return Item:query():lazy_loading(v) end, function(v) return Item:scope(v) end,
  function(v) return Item:cursor_page({ after = v }) end, function(v) return Item:cursor_page({ before = v }) end,
  function(v) return Item:cursor_page({ [v] = 1 }) end, function(v) return Item:query():to_sql({ [v] = true }) end,
  function(v) return Item:where("n", 9):delete({ [v] = true }) end, function(v) return item:save({ [v] = true }) end,
  function(v) return item:to_table({ [v] = true }) end, function(v) return Item:lock("update", { [v] = true }) end,
  function(v) return Item:order_by("name", { nulls = v }) end, function(v) return db:model(v) end,
  function(v) return freight.model("m", { fields = { a = "text" }, [v] = true }) end,
  function(v) return freight.model("m", { a = { type = v } }) end, function(v) return freight.model("m", { a = { type = "text", [v] = 1 } }) end,
  function(v) return Owner:has_many(Item, { [v] = "x" }) end,
}
-- What is no attack in a place: a blank around a word, a number that a database takes.
local codes = "unsafe_sql unknown_field unknown_option unknown_relation unknown_model bad_argument cast_error validation "
  .. "invalid_value empty_condition out_of_range not_supported no_transaction duplicate_option"
for place, use in ipairs(as_names) do
  for _, attack in ipairs(attacks) do
    attempts = attempts + 1
    local what = ("name %d, %s"):format(place, short(attack))
    local sent, is_well, problem = listened(use, attack)
    assert(not is_well, what .. " is taken")
    want_error(what, problem, codes)
    for _, sql in ipairs(sent) do
      assert(not sql:find(attack, 1, true) or #attack < 3, what .. " is sent: " .. sql)
    end
  end
  item = Item:find(1)
  check("name " .. place)
end
-- Keys that cannot be: nobody's row.
for _, attack in ipairs(attacks) do
  attempts = attempts + 1
  assert(Item:find(attack) == nil and #Item:find_many({ attack }) == 0)
  for _, use in ipairs({ function() return item:get(attack) end, function() return next(item:to_table({ only = { attack } })) end }) do
    local is_well, got = pcall(use)
    assert(is_well and got == nil or got.code == "unknown_field", tostring(got))
  end
end

-- A path into a document is a literal: what is around it is the same.
local function around(path)
  local sql = Item:where_json("doc", path, 1):to_sql()
  return (sql:gsub("'[^']*'", "\1"):gsub("\1\1+", "\1"))
end
for _, attack in ipairs(attacks) do
  for _, path in ipairs({ attack, "a." .. attack, attack .. "[0]", attack .. "[" .. attack .. "]", attack .. "'" }) do
    attempts = attempts + 1
    local is_well, sql = pcall(around, path)
    if is_well then
      assert((sql == around("a") or sql == around("a[0]")) and Item:where_json("doc", path, 1):count() == 0, sql)
    else
      want_error(short(path), sql, "bad_argument invalid_value")
    end
  end
end
check("paths")

-- A comment stays one, and says the same to every database.
for _, attack in ipairs(attacks) do
  local is_well, sql = pcall(function() return (Item:comment(attack):to_sql()) end)
  if is_well then
    local inside, rest = sql:match("^/%* ?(.-) ?%*/(.*)$")
    assert(inside and not inside:find("*/", 1, true) and not inside:find("/*", 1, true), sql)
    assert(rest:find("^%s*SELECT %* FROM items$"), sql)
  end
end

-- ----------------------------------------------------------------------------------- cursors

-- Tokens that are made by hand: of another order, with more values, or with values of another kind.
local page = Item:order_by("name"):cursor_page({ size = 1 })
assert(#page.items == 1)
local function token(...)
  local text = crypto.base64_encode(json.encode(json.array({ ... })))
  return (text:gsub("%+", "-"):gsub("/", "_"):gsub("=", ""))
end
local mark = "name asc first,id asc first"
for place, forged in ipairs({
  token(mark), token(mark, "x"), token(mark, "x", 1, 2), token("id asc first", 1), token(mark, "x", "1 OR 1=1"),
  token(mark, { ["!="] = "x" }, 1), token(mark, { "x" }, { 1 }), token(mark, true, 1), token(mark, "x", 1.5), token({}), token(null),
  token(mark, "x", { [">"] = 0 }), "", "=", "%%%", ("A"):rep(100000), crypto.base64_encode(("["):rep(50000)), crypto.base64_encode('{"a":1}'),
  crypto.base64_encode("null"), crypto.base64_encode("1"), token("name asc first, id; DROP TABLE canary", "x", 1),
}) do
  for _, side in ipairs({ "after", "before" }) do
    attempts = attempts + 1
    local _, is_well, problem = listened(function() return Item:order_by("name"):cursor_page({ size = 1, [side] = forged }) end)
    assert(not is_well, "token " .. place)
    want_error("token " .. place, problem, "bad_argument cast_error")
  end
end
local forged = Item:order_by("name"):cursor_page({ after = token(mark, "' OR 1=1 --", 0) })
assert(#forged.items == 1 and #Item:order_by("name"):cursor_page({ after = token(mark, null, 0) }).items == 1)

-- ------------------------------------------------------------------------ tables for values

-- What a body of JSON may have in the place of a text: it does not choose the operator.
for _, body in ipairs({ '{"!=":""}', '{"like":"%"}', '{"sql":"1=1","n":0}', '{"a":{"b":1}}', "[]", '[{"!=":""}]', "[[1]]", '{"1":2}' }) do
  attempts = attempts + 1
  local value = json.decode(body)
  for _, use in ipairs({
    function() return Item:where("name", value):count() end, function() return Item:find_by("name", value) end,
    function() return Item:where("name", "!=", value):count() end, function() return Item:where_in("name", { value }):count() end,
    function() return Item:create({ name = value }) end, function() return item:update({ name = value }) end,
    function() return Item:find(value) end, function() return Item:where("n", 9):update({ name = value }) end,
    function() return Item:where("name = ?", value):count() end, function() return Item:where_like("name", value):count() end,
    function() return Item:where_json("doc", "a", value):count() end, function() return Item:first_or_create({ note = value }) end,
  }) do
    local _, is_well, result = listened(use)
    if is_well then
      assert(result == nil or result == 0, body .. " finds " .. tostring(result))
    else
      want_error(body, result)
    end
  end
end
item = Item:find(1)
check("tables")

-- Tables that answer with something else each time, and that are not what they seem.
local turns = 0
local shifty = setmetatable({}, {
  __index = function()
    turns = turns + 1
    return turns % 2 == 0 and "' OR 1=1" or { ["; DROP"] = 1 }
  end,
  __pairs = function()
    local is_over
    return function()
      if not is_over then
        is_over = true
        return "name = 1 OR 1", 1
      end
    end
  end,
  __len = function() return 3 end, __tostring = function() return "1 OR 1=1" end, __concat = function() return "1 OR 1=1" end,
  __call = function() return "1 OR 1=1" end, __lt = function() return true end, __le = function() return true end,
  __name = "freight.Query",
})
for place, use in ipairs({
  function(v) return Item:where(v):count() end, function(v) return Item:where({ name = v }):count() end,
  function(v) return Item:where("name", v):count() end, function(v) return Item:create(v).n end, function(v) return Item:create({ name = v }) end,
  function(v) return Item:order_by(v):all() end, function(v) return Item:limit(v):all() end, function(v) return Item:find(v) end,
  function(v) return Item:include(v):all() end, function(v) return Item:where_in("id", v):count() end, function(v) return item:update(v):id() end,
  function(v) return Item:select(v):all() end, function(v) return Item:where_json("doc", v, 1):count() end, function(v) return db:model("m", v) end,
  function(v) return Item:cursor_page({ after = v }) end, function(v) return Item:insert_many(v) end, function(v) return item:attach("labels", v) end,
  function(v) return Item.where(v, "n", 1) end, function(v) return item.save(v) end, function(v) return Item.count(v) end,
  function(v) return Item:where("n = :n", v):count() end, function(v) return Item:where_exists(v):count() end,
  function(v) return freight.load(v, "owner") end, function(v) return Item:scope(v) end, function(v) return Item:join(v, "a.b = c.d") end,
}) do
  attempts = attempts + 1
  db:transaction(function(tx)
    local sent = listened(use, shifty)
    for _, sql in ipairs(sent) do
      assert(not sql:find("1=1", 1, true) and not sql:find("OR 1", 1, true), place .. ": " .. sql)
    end
    tx:rollback()
  end)
end
item = Item:find(1)
check("metatables")

-- --------------------------------------------------------------------- sizes, depths, numbers

local function refused(codes_of, fn, ...)
  attempts = attempts + 1
  local begun = os.clock()
  local is_well, problem = pcall(fn, ...)
  assert(not is_well, "nothing was raised, and not " .. codes_of)
  want_error("refused", problem, codes_of)
  assert(os.clock() - begun < 5, "it took too long to refuse")
end
local round = {}
round.round = round
refused("bad_argument", Item.create, Item, { doc = round })
refused("cast_error", Item.create, Item, { name = round })
refused("bad_argument", function() return Item:where(round) end)
refused("bad_argument", function() return Item:where({ name = round }) end)
local deep = {}
for _ = 1, 100000 do
  deep = { deep }
end
refused("bad_argument", Item.create, Item, { doc = deep })
refused("cast_error", function() return Item:where({ name = deep }) end)
refused("bad_argument", function() return Item:where({ doc = deep }) end)
refused("cast_error", function() return item:attach("labels", { deep }) end)
local big = ("x"):rep(1000000)
for _, use in ipairs({
  function() return Item:create({ [big] = 1 }) end, function() return Item:where({ [big] = 1 }) end, function() return Item:include(big) end,
  function() return Item:cursor_page({ [big] = 1 }) end, function() return Item:where("n", big, 1) end, function() return db:model(big) end,
  function() return Item:create({ name = big }) end, function() return Item:create({ kind = big }) end, function() return Item:create({ uid = big }) end,
  function() return Item:create({ at = big }) end, function() return Item:create({ n = ("9"):rep(1000000) }) end, function() return Item:limit(big) end,
  function() return Item:create({ price = ("9"):rep(1000000) }) end, function() return Item:scope(big) end, function() item[big] = 1 end,
  function() return Item:order_by(("("):rep(100000)) end, function() return Item:order_by(("LOWER("):rep(100000) .. "name" .. (")"):rep(100000)) end,
  function() return Item:order_by(("COALESCE("):rep(100000)) end, function() return Item:include(("owner.items."):rep(20000) .. "owner") end,
  function() return Item:where_json("doc", ("["):rep(100000), 1):count() end,
}) do
  refused(codes, use)
end
db:transaction(function(tx)
  assert(#Item:create({ bytes = big }).bytes == #big and #Item:create({ doc = { big } }).doc[1] == #big)
  local most = ("ä"):rep(255)
  assert(Item:find(Item:create({ name = most, note = ("x"):rep(60000) }).id).name == most)
  assert(Item:where("name", big):count() == 0 and Item:find_by("bytes", big).id and Item:where({ note = { big, big } }):count() == 0)
  tx:rollback()
end)
-- A query that is too deep is refused, and does not take the process down.
local function nested(depth)
  return function(q)
    return depth == 0 and q:where("n", 1) or q:where(nested(depth - 1))
  end
end
assert(Item:where(nested(20)):count() == 1)
for _, depth in ipairs({ 500, 5000 }) do
  refused("bad_argument", function() return Item:where(nested(depth)):count() end)
end
-- Bytes that are no text.
for _, bad in ipairs({ "\255", "a\128", "\237\160\128", "\192\175", "\244\144\128\128" }) do
  refused("invalid_value validation", Item.create, Item, { name = bad })
  refused("invalid_value", Item.create, Item, { note = bad })
  refused("invalid_value", function() return Item:where("note", bad) end)
  refused("unknown_field", function() return Item:where({ [bad] = 1 }) end)
  refused("bad_argument unsafe_sql", function() return Item:order_by(bad) end)
  refused("invalid_value bad_argument", function() return Item:where("name = '" .. bad .. "'"):count() end)
  refused("invalid_value", Item.create, Item, { doc = { a = bad } })
end
if on.postgres then
  refused("invalid_value", Item.create, Item, { note = "a\0b" })
else
  db:transaction(function(tx)
    assert(Item:find(Item:create({ note = "a\0b" }).id).note == "a\0b" and Item:find_by("note", "a\0b"))
    tx:rollback()
  end)
end
-- Numbers that are none, and those that are too large.
local nan, inf = 0 / 0, math.huge
for _, number in ipairs({ nan, inf, -inf, 2 ^ 63, 1e300, -1e300, 1.5 }) do
  refused("cast_error", Item.create, Item, { n = number })
  refused("cast_error", function() return Item:where("n", number) end)
  refused("cast_error", function() return Item:where("n", 1):increment("n", number) end)
  refused("bad_argument", function() return Item:limit(number) end)
  refused("bad_argument", function() return Item:offset(number) end)
  refused("bad_argument", function() return Item:paginate(number) end)
  refused("bad_argument", function() return Item:each(number) end)
  assert(Item:find(number) == nil and #Item:find_many({ number, 1 }) == 1)
end
for _, number in ipairs({ nan, inf, -inf }) do
  refused("cast_error", Item.create, Item, { price = number })
  refused("cast_error", Item.create, Item, { at = number })
  refused("cast_error bad_argument", Item.create, Item, { doc = { number } })
  -- PostgreSQL compares with them, and no document has them.
  local is_well, found = pcall(function() return Item:where_json("doc", "a", number):count() end)
  assert(is_well and found == 0 or found.code == "cast_error", tostring(found))
  if on.postgres then
    db:transaction(function(tx)
      local made = Item:create({ ratio = number })
      local read = Item:find(made.id)
      assert(tostring(read.ratio):gsub("-nan", "nan") == tostring(number):gsub("-nan", "nan") and not next(read:changed()))
      tx:rollback()
    end)
  else
    refused("cast_error", Item.create, Item, { ratio = number })
  end
end
for _, digits in ipairs({ "9223372036854775808", "-9223372036854775809", "99999999999999999999", "+9223372036854775808", "0x10", "1e3", "1 2" }) do
  refused("cast_error", Item.create, Item, { n = digits })
  assert(Item:find(digits) == nil)
end
db:transaction(function(tx)
  local made = Item:create({ n = -0.0, ratio = -0.0, price = -0.0 })
  assert(made.n == 0 and made.ratio == 0 and made.price == "0.00" and Item:find(made.id).price == "0.00", made.price)
  assert(Item:limit(-0.0):to_sql():find("LIMIT 0$"))
  tx:rollback()
end)
check("sizes")

-- --------------------------------------------------------------------- names of a definition

-- What the author of a model calls its table and its columns is quoted, whatever it is.
for place, odd in ipairs({ 'we"ird', "we`ird", "we'ird", "we]ird", "select", "two words", "semi;colon", "dash--dash", "UPPER", "ä", "q?" }) do
  attempts = attempts + 1
  local name = place % 2 == 0 and "odd_" .. place or odd .. "_t"
  local Odd = freight.model(name, { value = { type = "string", column = odd, index = true }, other = "integer" })
  local made = Odd:create({ value = "v'\"`", other = 1 })
  assert(Odd:find(made.id).value == "v'\"`" and Odd:find_by("value", "v'\"`"):update({ value = "w", other = 2 }))
  assert(Odd:where({ value = { "w" } }):order_by("other"):first().other == 2 and Odd:count() == 1 and Odd:max("value") == "w")
  assert(Odd:where("other", 2):update({ value = "z" }) == 1 and Odd:order_by("value"):pluck("value")[1] == "z", odd)
  assert(made:reload():increment("other").other == 3 and made:delete() and Odd:count() == 0)
end
assert(attempts > 3000, attempts)
print("done")
