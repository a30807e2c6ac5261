-- What is made and found by way of a relation: lua-api.md 9.1 and 9.2.
local db = freight.open(arg[1])
local driver = arg[2]
freight.init(db)

local function raises(code, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised, and not " .. code)
  assert(type(err) == "table" and err.code == code, tostring(err) .. " is not " .. code)
  return err
end
local function names(list, field)
  return table.concat(list:pluck(field or "name"), " ")
end

local Port = freight.model("ports", { name = "string", ships_count = { type = "integer", default = 0 } })
local Ship = freight.model("ships", {
  fields = {
    name = { type = "string", size = 20, required = true }, state = { type = "string", default = "afloat" },
    port_id = freight.foreign_key("ports"),
  },
  guarded = { "port_id" },
})
local Log = freight.model("logs", { text = "string", ship_id = freight.foreign_key("ships") })
local Sailor = freight.model("sailors", { name = { type = "string", size = 20, unique = true } })
local Flag = freight.model("flags", { color = "string", ship_id = freight.foreign_key("ships") })
Port:has_many(Ship, { order = "ships.id" })
Port:has_many(Ship, { as = "wrecks", where = { state = "sunk" } })
Port:has_many(Ship, { as = "named", where = { ["ships.state"] = { "afloat", "sunk" }, ["ships.name"] = "Ina" } })
Port:has_many(Log, { through = "ships" })
Port:has_many(Sailor, { through = "ships", as = "crews" })
Port:has_one(Flag, { through = "ships", as = "flag" })
Ship:belongs_to(Port, { counter_cache = true })
Ship:has_many(Log)
Ship:has_one(Flag)
Ship:belongs_to_many(Sailor)
Sailor:belongs_to_many(Ship)
Sailor:has_many(Port, { through = "ships" })
Sailor:has_many(Log, { through = "ships" })
Log:belongs_to(Ship)
Log:has_one(Port, { through = "ship" })
Flag:belongs_to(Ship)
assert(db:auto_migrate().success)

-- ---------------------------------------------------------------------------------------------- create
local kiel, oslo = Port:create({ name = "Kiel" }), Port:create({ name = "Oslo" })
assert(#kiel:ships() == 0)
local ada = kiel:related("ships"):create({ name = "Ada" })
-- What was loaded is forgotten, what a table may not set is set, and counters count.
assert(ada.port_id == kiel.id and not ada:is_new() and names(kiel:ships()) == "Ada" and kiel:reload().ships_count == 1)
local wreck = kiel:related("wrecks"):create({ name = "Bela" })
assert(wreck.state == "sunk" and names(kiel:wrecks()) == "Bela" and #kiel:ships() == 2)
assert(kiel:related("wrecks"):create({ name = "Cora", state = "afloat" }).state == "afloat")
assert(kiel:related("named"):create({ name = "Ina" }).state == "afloat")
local draft = oslo:related("ships"):new({ name = "Dora" })
assert(draft:is_new() and draft.port_id == oslo.id and oslo:related("ships"):count() == 0)
draft:save()
assert(names(oslo:ships()) == "Dora" and draft:port().name == "Oslo")
assert(ada:related("flag"):create({ color = "red" }).ship_id == ada.id and ada:flag().color == "red")
raises("validation", function() kiel:related("ships"):create({}) end)
raises("unknown_field", function() kiel:related("ships"):create({ nam = "x" }) end)
raises("unknown_field", function() kiel:related("ships"):create({ name = "x", port_id = 2 }) end)
assert(kiel:related("ships"):create({ name = "Emma", colour = "red" }, { unknown = "ignore" }).name == "Emma")

-- Many to many: the record and its link, or neither.
local sailor = ada:related("sailors"):create({ name = "Finn" })
assert(names(ada:sailors()) == "Finn" and names(sailor:ships()) == "Ada")
raises("unique_violation", function() ada:related("sailors"):create({ name = "Finn" }) end)
assert(ada:related("sailors"):count() == 1)
raises("not_supported", function() ada:related("sailors"):new({ name = "Gus" }) end)

-- What cannot be made so.
raises("missing_primary_key", function() Port:new({ name = "x" }):related("ships"):create({ name = "x" }) end)
raises("not_supported", function() ada:related("port"):create({ name = "x" }) end)
raises("not_supported", function() kiel:related("logs"):create({ text = "x" }) end)
assert(raises("not_supported", function() Ship:where("id", 1):create({ name = "x" }) end).hint:find("Model:create", 1, true))

-- ------------------------------------------------------------------------------------- first or create
local found, is_new = kiel:related("ships"):first_or_create({ name = "Ada" })
assert(found.id == ada.id and not is_new)
found, is_new = oslo:related("ships"):firstOrCreate({ name = "Ada" }, { state = "new" })
assert(found.id ~= ada.id and is_new and found.port_id == oslo.id and found.state == "new")
found, is_new = oslo:related("ships"):first_or_new({ name = "Hugo" })
assert(is_new and found:is_new() and found.port_id == oslo.id)
found, is_new = oslo:related("ships"):update_or_create({ name = "Ada" }, { state = "old" })
assert(not is_new and found.state == "old" and Ship:find(ada.id).state == "afloat")
found, is_new = ada:related("sailors"):first_or_create({ name = "Gus" })
assert(is_new and ada:related("sailors"):count() == 2)
raises("empty_condition", function() oslo:related("ships"):first_or_create({}) end)
raises("not_supported", function() Ship:where("name", "Ada"):first_or_create({ name = "Ada" }) end)

-- ------------------------------------------------------------------------------------------------ find
assert(kiel:related("ships"):find(ada.id).name == "Ada" and oslo:related("ships"):find(ada.id) == nil)
assert(kiel:related("ships"):find("abc") == nil and Ship:where("state", "sunk"):find(ada.id) == nil)
local err = raises("not_found", function() oslo:related("ships"):find_or_fail(ada.id) end)
assert(err.model == "ships" and err.key == ada.id)
assert(oslo:related("ships"):find_or_fail(found and draft.id).name == "Dora")
assert(kiel:related("ships"):find_by("name", "Ada").id == ada.id and oslo:related("ships"):find_by({ name = "Bela" }) == nil)
assert(Ship:order_by("id", "desc"):find_by("name", "Ada").port_id == oslo.id and Ship:find_by("name", "Ada").id == ada.id)
raises("not_found", function() oslo:related("ships"):find_by_or_fail("name", "Bela") end)
raises("empty_condition", function() kiel:related("ships"):find(nil) end)
raises("empty_condition", function() kiel:related("ships"):find_by("name", nil) end)
raises("bad_argument", function() kiel:related("ships"):find_by("name", { ["!="] = "" }) end)
raises("bad_argument", function() kiel:related("ships"):find(1, 2) end)

-- --------------------------------------------------------------------------------------------- through
Log:insert_many({ { text = "one", ship_id = ada.id }, { text = "two", ship_id = ada.id }, { text = "three", ship_id = draft.id } })
assert(names(kiel:related("logs"):order_by("id"):all(), "text") == "one two" and #oslo:logs() == 1)
assert(names(kiel:related("crews"):order_by("name"):all()) == "Finn Gus" and #oslo:crews() == 0 and kiel:flag().color == "red")
assert(names(sailor:ports()) == "Kiel" and #sailor:logs() == 2)
assert(Log:first():port().name == "Kiel")
local logs = Log:order_by("id"):include("port"):all()
assert(logs[1]:port() == logs[2]:port() and logs[3]:port().name == "Oslo")
local ports = Port:order_by("id"):include("crews", "logs"):all()
assert(#ports[1]:crews() == 2 and #ports[2]:crews() == 0 and #ports[1]:logs() == 2 and #ports[2]:logs() == 1)
assert(names(Port:where_has("crews", function(q) return q:where("sailors.name", "Finn") end):all()) == "Kiel")
assert(Log:where_has("port", function(q) return q:where("ports.name", "Oslo") end):count() == 1)
assert(names(Sailor:where_missing("ports"):all()) == "")
assert(Port:join_related("crews"):where("sailors.name", "Gus"):first().name == "Kiel")
assert(Log:join_related("port"):where("ports.name", "Kiel"):count() == 2)

-- A path goes from one to the next in conditions and joins too.
assert(names(Port:where_has("ships.logs", function(q) return q:where("text", "three") end):all()) == "Oslo")
assert(names(Port:where_has("ships.flag"):all()) == "Kiel" and names(Port:where_missing("ships.flag"):all()) == "Oslo")
assert(names(Port:where_has("ships.sailors.ships.port", function(q) return q:where("ports.name", "Kiel") end):all()) == "Kiel")
assert(names(Port:join_related("ships.logs"):where("logs.text", "three"):all()) == "Oslo")
assert(Log:join_related("ship.sailors"):where("sailors.name", "Finn"):count() == 2)
raises("unknown_relation", function() return Port:where_has("ships.nothing") end)
raises("unknown_relation", function() return Port:join_related("ships.nothing") end)
raises("bad_argument", function() return Port:where_has(("ships.port."):rep(9) .. "ships") end)
raises("bad_argument", function() return Port:join_related(("ships.port."):rep(9) .. "ships") end)

-- Rows between that do not count: those that are deleted softly, and those that the relation leaves out.
local Page = freight.model("pages", { title = "string", book_id = "integer", live = "boolean" }, { soft_delete = true })
local Book = freight.model("books", { title = "string" })
local Word = freight.model("words", { text = "string", page_id = "integer" })
Book:has_many(Page, { foreign_key = "book_id" })
Book:has_many(Page, { as = "live_pages", where = { live = true } })
Page:has_many(Word)
Book:has_many(Word, { through = "pages" })
Book:has_many(Word, { through = "live_pages", as = "live_words" })
local book = Book:create({ title = "b" })
local page_one, page_two = book:related("pages"):create({ live = true }), book:related("pages"):create({ live = false })
page_one:related("words"):create({ text = "a" })
page_two:related("words"):create({ text = "b" })
assert(#book:words() == 2 and names(book:live_words(), "text") == "a")
assert(Book:where_has("live_words", function(q) return q:where("text", "b") end):count() == 0)
assert(Book:join_related("pages"):count() == 2 and Book:join_related("live_pages"):count() == 1)
assert(Book:join_related("live_words"):where("words.text", "a"):count() == 1 and Book:join_related("live_words"):count() == 1)
assert(Book:where("books.id", 99):or_where("books.title", "b"):join_related("live_pages"):count() == 1)
page_one:delete()
assert(names(book:reload():words(), "text") == "b" and #book:live_words() == 0)
assert(Book:join_related("pages"):count() == 1 and Book:join_related("live_pages"):count() == 0)
assert(Book:join_related("words"):where("words.text", "a"):count() == 0 and Book:join_related("words"):count() == 1)

-- A model between that is one of the two, under a name of its own.
local Topic = freight.model("topics", { name = "string", parent_id = freight.foreign_key("topics") })
Topic:has_many(Topic, { as = "children" })
Topic:belongs_to(Topic, { as = "parent" })
Topic:has_many(Topic, { through = "children", source = "children", as = "grandchildren" })
local root = Topic:create({ name = "root" })
local child = root:related("children"):create({ name = "child" })
child:related("children"):create({ name = "grandchild" })
assert(names(root:grandchildren()) == "grandchild" and #child:grandchildren() == 0)
assert(names(Topic:where_has("grandchildren"):all()) == "root")
assert(names(Topic:where_has("grandchildren", function(q) return q:where("name", "grandchild") end):all()) == "root")

-- Which relation of the model between is meant, where there are several.
local Letter = freight.model("letters", { from_id = freight.foreign_key("sailors"), to_id = freight.foreign_key("sailors") })
Letter:belongs_to(Sailor, { as = "sender", foreign_key = "from_id" })
Letter:belongs_to(Sailor, { as = "receiver", foreign_key = "to_id" })
Sailor:has_many(Letter, { as = "letters_out", foreign_key = "from_id" })
Sailor:has_many(Sailor, { through = "letters_out", as = "receivers" })
Sailor:has_many(Sailor, { through = "letters_out", as = "penpals", source = "receiver" })
Sailor:has_many(Sailor, { through = "letters_out", as = "unclear" })
local gus = Sailor:find_by("name", "Gus")
sailor:related("letters_out"):create({ to_id = gus.id })
assert(names(sailor:receivers()) == "Gus" and names(sailor:penpals()) == "Gus" and #gus:receivers() == 0)
assert(raises("bad_argument", function() sailor:unclear() end).hint:find("`sender`, `receiver`", 1, true))
raises("bad_argument", function() Sailor:has_many(Letter, { as = "odd", source = "receiver" }) end)

-- ------------------------------------------------------------------------------------------ on_primary
-- There are no replicas, so it changes nothing.
local query = Ship:where("name", "Ada")
assert(query:on_primary():to_sql() == query:to_sql() and Ship:on_primary():where("name", "Ada"):count() == 2)
assert(query:onPrimary() ~= query and driver)

print("done")
