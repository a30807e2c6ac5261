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
-- Whole floats have no fraction, however large; each number is read back as it was.
local numbers = {
  { 1e15, "1000000000000000" }, { 2 ^ 53, "9007199254740992" }, { -2 ^ 53, "-9007199254740992" },
  { 1e18, "1000000000000000000" }, { 1e300, "1e300" }, { 0.1, "0.1" }, { 5e-324, "5e-324" }, { -0.0, "-0" },
}
for _, pair in ipairs(numbers) do
  local text = json.encode(pair[1])
  assert((text:gsub("e%+", "e")) == pair[2] and json.decode(text) == pair[1], text)
end
if math.type then
  assert(json.encode(math.maxinteger) == "9223372036854775807" and json.encode(math.mininteger) == "-9223372036854775808")
  assert(json.decode("9223372036854775807") == math.maxinteger and math.type(json.decode("3")) == "integer")
  assert(math.type(json.decode("3.0")) == "float" and json.decode("18446744073709551615") == 2 ^ 64)
else
  -- A number of LuaJIT would be another one.
  assert(json.decode("9007199254740993") == "9007199254740993")
end
assert(json.encode("/</script>\127\226\128\168") == '"/</script>\127\226\128\168"')
assert(json.encode("\1\b\f\r\t") == [["\u0001\b\f\r\t"]])
assert(json.decode([["\ud83d\ude00\/"]]) == "\240\159\152\128/")

-- Keys are sorted as bytes, and the same each time.
assert(json.encode({ z = 1, Z = 2, a = 3, ["\195\169"] = 4, [""] = 5 }) == '{"":5,"Z":2,"a":3,"z":1,"\195\169":4}')
assert(json.encode(json.array({ 1, 2 })) == "[1,2]" and json.encode({ a = json.array() }) == '{"a":[]}')
assert(json.pretty({}) == "[]" and json.pretty(nil) == "null" and json.pretty({ { a = 1 } })
  == '[\n  {\n    "a": 1\n  }\n]')
assert(json.encode({ a = 1 }, { pretty = true }) == json.pretty({ a = 1 }) and json.encode({ a = 1 }, {}) == '{"a":1}')
local shared = { 1 }
assert(json.encode({ shared, shared }) == "[[1],[1]]")
assert(json.decode('{"a":1,"a":2}').a == 2 and json.decode(" [ ] ")[1] == nil)
assert(json.decode("[1,null,3]")[3] == 3 and json.decode('{"a":null}', { null = json.null }).a == json.null)

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
refused("unknown_option", "`nul` is no option of `json.decode`", json.decode, "1", { nul = 1 })
refused("unknown_option", "`indent` is no option of `json.encode`", json.encode, 1, { indent = 2 })
refused("bad_argument", "are a table", json.decode, "1", true)
refused("bad_argument", "a thread", json.encode, { coroutine.create(print) })
refused("cast_error", "`$[1]`: inf", json.encode, { math.huge })
refused("bad_argument", "cannot be marked", json.object, "x")
for _, wrong in ipairs({ "", " ", "nil", "{a:1}", "[1,]", "'a'", "01", "1.", "+1", "NaN", '"\1"', '"\\x41"', "[1] x", '"\255"' }) do
  refused("invalid_value", "no JSON", json.decode, wrong)
end

-- A document goes into a database and back.
local db = freight.open(arg[1])
local kind = ({ sqlite = "TEXT", postgres = "jsonb", mysql = "json" })[arg[2]]
db:exec("CREATE TABLE settings (id int PRIMARY KEY, data " .. kind .. ")")
db:execute("INSERT INTO settings VALUES (1, ?)", json.encode({ theme = "dark", sizes = { 1, 2 } }))
local stored = json.decode(db:query_value("SELECT data FROM settings"))
assert(stored.theme == "dark" and stored.sizes[2] == 2)
print("done")
