-- crypto: lua-api.md 14. The answers are those of the standards, or were made with coreutils.
local function refused(code, text, fn, ...)
  local _, err = freight.try(fn, ...)
  assert(err and err:is(code) and err.message:find(text, 1, true), tostring(err))
end
local every = {}
for byte = 0, 255 do
  every[#every + 1] = string.char(byte)
end
every = table.concat(every)

-- FIPS 180-2, RFC 3174, RFC 1321.
local digests = {
  { "sha256", "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
  { "sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
  { "sha256", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
  { "sha256", ("a"):rep(1000000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
  { "sha256", every, "40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880" },
  { "sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
  { "sha1", "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
  { "md5", "", "d41d8cd98f00b204e9800998ecf8427e" },
  { "md5", "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
}
for _, case in ipairs(digests) do
  assert(crypto[case[1]](case[2]) == case[3], case[1] .. " " .. crypto[case[1]](case[2]))
end

-- RFC 4231 and RFC 2202.
local codes = {
  { "sha256", ("\11"):rep(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
  { "sha256", "Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
  { "sha256", ("\170"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First",
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
  { "sha1", ("\11"):rep(20), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00" },
  { "sha1", "Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
  { "sha256", "", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
}
for _, case in ipairs(codes) do
  assert(crypto.hmac(case[1], case[2], case[3]) == case[4], crypto.hmac(case[1], case[2], case[3]))
end
refused("bad_argument", "no algorithm `md6`", crypto.hmac, "md6", "k", "m")
refused("bad_argument", "takes a string", crypto.hmac, "sha1", nil, "m")
refused("bad_argument", "takes a string", crypto.hmac, "sha1", "k")

-- RFC 4648, section 10.
local bases = {
  [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=", foobar = "Zm9vYmFy",
}
for plain, encoded in pairs(bases) do
  assert(crypto.base64_encode(plain) == encoded and crypto.base64_decode(encoded) == plain)
  assert(crypto.base64_decode((encoded:gsub("=", ""))) == plain)
end
assert(crypto.base64Decode(crypto.base64Encode(every)) == every)
for _, wrong in ipairs({ "Z", "Zm9v!", "Zm 9v", "Zm9v\n", "Zh==", "====", "-_8=" }) do
  refused("invalid_value", "no base64", crypto.base64_decode, wrong)
end

assert(crypto.hex_encode("foobar\0\255") == "666f6f62617200ff" and crypto.hex_decode("666F6f") == "foo")
assert(crypto.hexDecode(crypto.hexEncode(every)) == every and crypto.hex_decode("") == "")
refused("invalid_value", "odd", crypto.hex_decode, "abc")
refused("invalid_value", "'g' at place 3", crypto.hex_decode, "abgd")

-- What is random differs, and has the length that was asked for.
assert(#crypto.random_bytes(0) == 0 and #crypto.randomBytes(1000) == 1000)
assert(crypto.random_bytes(16) ~= crypto.random_bytes(16))
local seen, values = {}, 0
for byte in crypto.random_bytes(20000):gmatch(".") do
  values = values + (seen[byte] and 0 or 1)
  seen[byte] = true
end
assert(values >= 255, values)
for _, wrong in ipairs({ -1, 1.5, 2 ^ 24 + 1, 1e300 }) do
  refused("out_of_range", "from 0 to", crypto.random_bytes, wrong)
end
refused("bad_argument", "takes a number", crypto.random_bytes, "16")
refused("bad_argument", "takes a number", crypto.random_bytes)

-- RFC 9562: version and variant stand in their places; those of version 7 come in order.
local form = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-VERSION%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"
local ids = {}
for _ = 1, 1000 do
  local id = crypto.uuid()
  assert(id:find((form:gsub("VERSION", "4"))) and not ids[id], id)
  ids[id] = true
end
local before = ""
for _ = 1, 5000 do
  local id = crypto.uuid7()
  assert(id:find((form:gsub("VERSION", "7"))) and before < id, id)
  before = id
end
local milliseconds = tonumber((before:sub(1, 13):gsub("-", "")), 16)
assert(math.abs(milliseconds - time.now_ms()) < 60000)

for _, name in ipairs({ "sha256", "sha1", "md5", "base64_encode", "base64_decode", "hex_encode", "hex_decode" }) do
  refused("bad_argument", "`crypto." .. name .. "` takes a string, and not nil", crypto[name], nil)
  refused("bad_argument", "takes a string, and not a number", crypto[name], 5)
end
assert(crypto.sha512 == nil and freight.crypto == crypto)
print("done")
