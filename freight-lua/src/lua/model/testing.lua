-- What tests of an application need: transactions that are always undone, the statements that a
-- function sends, and records with made-up values.
local core = ...
local common, models, records = core.common, core.models, core.records
local Class, Instance = models.Class, models.Instance
local testing, test = {}, {}

-- Raised to leave a transaction, and caught here.
local Undo = {}

--- Runs a function in a transaction of the default handle that is undone, whatever it does; its
--- results.
function test.transaction(fn, opts)
  common.want(fn, "function", "what `freight.test.transaction` runs")
  local own = common.options(opts, { db = "table" }, "`freight.test.transaction`")
  local db = own.db or core.database.default_or_fail()
  local results
  local function keep(...)
    results = { n = select("#", ...), ... }
  end
  local ok, problem = pcall(db.transaction, db, function(tx)
    keep(fn(tx))
    error(Undo, 0)
  end)
  if not ok and problem ~= Undo then
    error(problem, 0)
  end
  return (table.unpack or unpack)(results, 1, results.n)
end

--- The statements that a function sends on the default handle: a list of `{ sql, params, ms, … }`.
function test.queries(fn, opts)
  common.want(fn, "function", "what `freight.test.queries` watches")
  local own = common.options(opts, { db = "table" }, "`freight.test.queries`")
  local db = own.db or core.database.default_or_fail()
  local list = {}
  local function listen(what)
    list[#list + 1] = what
  end
  db:on("query", listen)
  local ok, problem = pcall(fn)
  db:off(listen)
  if not ok then
    error(problem, 0)
  end
  return list
end

testing.test = common.both_spellings(test)

-- ---------------------------------------------------------------------------------- factories

local Factory = {}
common.both_spellings(Factory, true)

local FactoryMeta = { __index = Factory, __name = "freight.Factory" }

--- A maker of records: `values` are those of each field, or functions of the record's number.
function testing.factory(model, values)
  local inside = models.inside(model, "factory")
  for name in pairs(common.want(values or {}, "table", "the values of a factory")) do
    if not inside.by_name[name] then
      records.unknown_field(inside, name)
    end
  end
  return setmetatable({ model = model, values = values or {}, made = 0 }, FactoryMeta)
end

local function values_of(factory, more)
  factory.made = factory.made + 1
  local out = {}
  for name, value in pairs(factory.values) do
    if type(value) == "function" then
      value = value(factory.made)
    end
    out[name] = value
  end
  for name, value in pairs(more or {}) do
    out[name] = value
  end
  return out
end

--- A record that is not saved.
function Factory:new(values)
  return Class.new(self.model, values_of(self, values))
end

--- A record that is saved.
function Factory:create(values)
  return Instance.save(Factory.new(self, values))
end

--- So many records that are saved: a list.
function Factory:create_many(n, values)
  local list = core.queries.list_of({})
  for place = 1, core.queries.whole(n, 0, "how many records are made") do
    list[place] = Factory.create(self, values)
  end
  return list
end

return testing
