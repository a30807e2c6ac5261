-- Errors that model calls raise: lua-api.md 3.
local db = freight.open(arg[1])
freight.init(db)

local function raises(code, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised, and not " .. code)
  assert(type(err) == "table" and err.code == code, tostring(err) .. " is not " .. code)
  return err
end

local Ship = freight.model("ships", { name = "string" })
local Crate = freight.model("crates", {
  label = { type = "string", size = 20, unique = true },
  kg = "integer",
  ship_id = freight.foreign_key("ships"),
})
local crate = Crate:create({ label = "A" })
Crate:create({ label = "B" })

-- What the database says names the model as well, whichever way the statement went.
local function of_crates(code, fn)
  local err = raises(code, fn)
  assert(err.model == "crates", code .. " names the model " .. tostring(err.model))
  assert(rawget(err, "model") == "crates")
end
of_crates("unique_violation", function() Crate:create({ label = "A" }) end)
of_crates("unique_violation", function() Crate:find(2):update({ label = "A" }) end)
of_crates("unique_violation", function() Crate:insert_many({ { label = "C" }, { label = "C" } }) end)
of_crates("unique_violation", function() Crate:where("id", 2):update({ label = "A" }) end)
of_crates("foreign_key_violation", function() Crate:create({ label = "D", ship_id = 99 }) end)
of_crates("missing_column", function() return Crate:where("tonnes > ?", 1):all() end)
of_crates("missing_column", function() return Crate:where("tonnes > ?", 1):count() end)
of_crates("missing_column", function() Crate:where("tonnes > ?", 1):delete() end)
db:transaction(function() crate:update({ ship_id = Ship:create({ name = "Ada" }).id }) end)
local err = raises("foreign_key_violation", function() Ship:all_rows():delete() end)
assert(err.model == "ships", err.model)

-- Of a handle that is not the default one.
do
  local other = freight.open(arg[1])
  local Box = other:model("boxes", { label = { type = "string", size = 20, unique = true } })
  other:auto_migrate()
  assert(raises("unique_violation", function() Box:insert_many({ { label = "A" }, { label = "A" } }) end).model == "boxes")
  assert(raises("missing_column", function() Box:where("tonnes = 1"):all() end).model == "boxes")
end

-- SQL of the script's own is nobody's, unless a constraint says whose it is.
assert(raises("missing_table", db.query, db, "SELECT 1 FROM nowhere").model == nil)
assert(raises("unique_violation", db.execute, db, "INSERT INTO crates (label) VALUES ('A')").model == "crates")
assert(raises("bad_argument", db.query, db, "SELECT ?").model == nil)

-- Who sets a relation, or looks for it, is told of the field.
Crate:belongs_to(Ship)
Ship:has_many(Crate)
for _, fn in ipairs({
  function() Crate:create({ ship = 1 }) end, function() Crate:where({ ship = 1 }) end, function() crate.ship = 1 end,
}) do
  assert(raises("unknown_field", fn).hint == "`ship` is a relation, which goes by the field `ship_id`")
end
assert(raises("unknown_field", Ship.where, Ship, { crates = 1 }).hint:find("where_has(\"crates\"", 1, true))

-- Names and values that come from outside are not repeated at full length, nor what a terminal obeys.
local long, odd = ("é"):rep(1000), "no\27[2Jname\n"
for _, name in ipairs({ long, odd }) do
  for what, fn in pairs({
    create = function() Crate:create({ [name] = 1 }) end,
    set = function() crate[name] = 1 end,
    where = function() Crate:where({ [name] = 1 }) end,
    operator = function() Crate:where("kg", name, 1) end,
    missing = function() Crate:where({ kg = { [name] = 1 } }) end,
    order = function() Crate:order_by(name .. "; x") end,
    direction = function() Crate:order_by("kg", name) end,
    cast = function() Crate:create({ kg = name }) end,
    include = function() Crate:include(name) end,
    scope = function() Crate:scope(name) end,
    key = function() Crate:find_or_fail(name) end,
    option = function() crate:save({ [name] = true }) end,
    limit = function() Crate:limit(name) end,
    model = function() freight.model(name) end,
    pluck = function() Crate:pluck(name .. ".*") end,
    join = function() Crate:join(name, "a.b = c.d") end,
  }) do
    local ok, problem = pcall(fn)
    local text = not ok and tostring(problem) or what .. " raises nothing"
    assert(#text < 400 and not ok and not text:find("%c"), what .. ": " .. text)
    -- A character is shown as a whole, or not at all.
    assert(not text:find("\195[^\169]"), what)
  end
end

print("done")
