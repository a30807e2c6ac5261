-- The scripts of models once more, in the other spelling: methods and options in camelCase, by the
-- rule of lua-api.md 0.1. They do the same, and send the same SQL.
local url, driver = arg[1], arg[2]
local folder = assert(arg[0]:match("^(.*)/[^/]*$")) .. "/"
local unpack = table.unpack or unpack

local function set(text)
  local out = {}
  for name in text:gmatch("%S+") do
    out[name] = 0
  end
  return out
end
local members = set([[
  find_or_fail find_by find_by_or_fail find_many first_or_create first_or_new update_or_create insert_many delete_all
  first_or_fail find_all is_new is_deleted to_table to_json delete_instance where_not where_in where_not_in where_null
  where_not_null where_between where_not_between where_like where_ilike where_contains where_starts where_ends
  where_json where_exists where_has where_missing or_where order_by order_by_desc group_by left_join right_join
  join_related with_deleted only_deleted all_rows as_rows to_sql lazy_loading count_by cursor_page index_by
  before_validate after_validate before_save after_save before_create after_create before_update after_update
  before_delete after_delete after_commit after_rollback after_find has_many has_one belongs_to belongs_to_many
  auto_migrate query_row query_value last_insert_id in_transaction foreign_key primary_key time_of_day table_name
  table_exists table_info drop_tables create_many is_null like_escape json_value _loaded_relations
  on_primary
]])
local options = set([[
  primary_key soft_delete lazy_loading foreign_key local_key owner_key related_key foreign_pivot_key related_pivot_key
  counter_cache on_delete on_update not_null on_conflict auto_increment per_page
  type_key
]])

local function camel(name)
  return (name:gsub("(%l)_(%l)", function(before, letter) return before .. letter:upper() end))
end
local function rewritten(line)
  -- Both spellings of one option are refused, and what is put over a method has its name.
  if line:find("duplicate_option", 1, true) or line:find("db.query_row", 1, true) then
    return line
  end
  line = line:gsub("([%w_%)%]}][:.])([%a_][%w_]*)", function(before, name)
    if members[name] then
      members[name] = members[name] + 1
      return before .. camel(name)
    end
  end)
  return (line:gsub("([{,]%s*)([%a_][%w_]*)(%s*=[^=])", function(before, name, after)
    if options[name] then
      options[name] = options[name] + 1
      return before .. camel(name) .. after
    end
  end))
end

-- Runs a text on empty tables: what it sent, when it is listened to.
local function run(text, script, is_heard)
  local db = freight.open(url)
  local tables = db:tables()
  if #tables > 0 then
    db:drop_tables(unpack(tables))
  end
  db:close()
  local sent, printed, handles = {}, {}, {}
  local heard = setmetatable({
    open = function(...)
      local handle = freight.open(...)
      handles[#handles + 1] = handle
      if is_heard then
        handle:on("query", function(what) sent[#sent + 1] = what.sql end)
      end
      return handle
    end,
  }, { __index = freight, __newindex = freight })
  local env = setmetatable({
    freight = heard, arg = { url, driver, [0] = folder .. script }, print = function(line) printed[#printed + 1] = line end,
  }, { __index = _G })
  local fn
  if setfenv then
    fn = setfenv(assert(loadstring(text, "=" .. script)), env)
  else
    fn = assert(load(text, "=" .. script, "t", env))
  end
  local stderr = io.stderr
  local ok, problem = pcall(fn)
  io.stderr = stderr
  if not ok then
    error(script .. ": " .. tostring(problem), 0)
  end
  assert(#printed == 1 and printed[1] == "done")
  for _, handle in ipairs(handles) do
    handle:close()
  end
  return sent
end

for _, script in ipairs({ "models_records.lua", "models_queries.lua", "models_relations.lua",
  "models_polymorphic.lua", "models_related.lua" }) do
  local file = assert(io.open(folder .. script, "rb"))
  local text = file:read("*a")
  file:close()
  local other = text:gsub("[^\n]+", rewritten)
  assert(other ~= text)
  run(other, script .. " in the other spelling", false)
  local usual, sent = run(text, script, true), run(other, script .. " in the other spelling", true)
  assert(#usual == #sent, script .. " sends " .. #usual .. " statements, and " .. #sent .. " in the other spelling")
  for place, sql in ipairs(usual) do
    assert(sql == sent[place], script .. " sends in the other spelling\n" .. tostring(sent[place]) .. "\nand not\n" .. sql)
  end
end

-- Most of the names were in these texts; the others are the same function.
local Model = freight.open("sqlite::memory:"):model("things", { name = "string" })
for name, count in pairs(members) do
  local holder = Model[name] ~= nil and Model or Model:query()[name] ~= nil and Model:query() or nil
  assert(count > 0 or holder == nil or holder[camel(name)] ~= nil, name)
end
for _, each in ipairs({ { members, 45 }, { options, 6 } }) do
  local used = 0
  for _, count in pairs(each[1]) do
    used = used + (count > 0 and 1 or 0)
  end
  assert(used >= each[2], used)
end
print("done")
