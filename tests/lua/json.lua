-- json: lua-api.md 14.
assert(json.null == freight.null)
local same = {
  { nil, "null" }, { freight.null, "null" }, { true, "true" }, { 1, "1" }, { 1.0, "1" }, { -2.5, "-2.5" },
  { "a\"\n\0é", [["a\"\n\u0000é"]] }, { {}, "[]" }, { json.object({}), "{}" }, { json.array({}), "[]" },
  { { 1, 2, { 3 } }, "[1,2,[3]]" }, { { b = 1, a = { c = "x" } }, [[{"a":{"c":"x"},"b":1}]] },
  { { [1] = 1, [3] = 3 }, [[{"1":1,"3":3}]] }, { json.object({ 1 }), [[{"1":1}]] }, { { freight.null }, "[null]" },
  { { 1, 2, a = 3 }, [[{"1":1,"2":2,"a":3}]] },
}
for _, pair in ipairs(same) do
  assert(json.encode(pair[1]) == pair[2], json.encode(pair[1]) .. " is not " .. pair[2])
end
assert(json.pretty({ a = { 1, 2 }, b = json.object() })
  == '{\n  "a": [\n    1,\n    2\n  ],\n  "b": {}\n}')

local value = json.decode('{"a": [1, 2.5, null, "x"], "b": {}, "c": null, "d": 9007199254740991}')
assert(value.a[1] == 1 and value.a[2] == 2.5 and value.a[3] == nil and value.a[4] == "x" and value.c == nil)
assert(value.d == 9007199254740991 and json.encode(value.b) == "{}")
assert(json.decode("null") == nil and select("#", json.decode("null")) == 1)
assert(json.decode("[null]", { null = json.null })[1] == json.null)
assert(json.decode("2.0") == 2 and json.decode('"\\u00e9"') == "é")
assert(json.encode(json.decode('{"b":[],"a":{}}')) == '{"a":{},"b":[]}')

local function refused(code, text, fn, ...)
  local _, err = freight.try(fn, ...)
  assert(err and err:is(code) and err.message:find(text, 1, true), tostring(err))
end
local circle = {}
circle.a = circle
refused("bad_argument", "contains itself", json.encode, circle)
refused("cast_error", "`$.a[1]`", json.encode, { a = { 0 / 0 } })
refused("invalid_value", "`$.a`", json.encode, { a = "\255" })
refused("bad_argument", "`$[2]`: a function", json.encode, { 1, print })
refused("bad_argument", "is no key", json.encode, { [true] = 1 })
refused("bad_argument", "1.5 is no key", json.encode, { [1.5] = 1 })
refused("invalid_value", "column 3", json.decode, "1 2")
refused("invalid_value", "no JSON", json.decode, "{")
refused("invalid_value", "recursion limit", json.decode, ("["):rep(1000))
refused("bad_argument", "takes a string", json.decode, nil)

-- A document goes into a database and back.
local db = freight.open(arg[1])
local kind = ({ sqlite = "TEXT", postgres = "jsonb", mysql = "json" })[arg[2]]
db:exec("CREATE TABLE settings (id int PRIMARY KEY, data " .. kind .. ")")
db:execute("INSERT INTO settings VALUES (1, ?)", json.encode({ theme = "dark", sizes = { 1, 2 } }))
local stored = json.decode(db:query_value("SELECT data FROM settings"))
assert(stored.theme == "dark" and stored.sizes[2] == 2)
print("done")
