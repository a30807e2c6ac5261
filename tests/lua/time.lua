-- time: lua-api.md 14.
local function refused(code, text, fn, ...)
  local _, err = freight.try(fn, ...)
  assert(err and err:is(code) and err.message:find(text, 1, true), tostring(err))
end

-- Clocks: seconds with a fraction, and whole milliseconds. The clock of `os.time` is read off a tick
-- of the kernel, which is a few milliseconds old.
local before, now, ms, after = os.time(), time.now(), time.now_ms(), os.time()
assert(before <= now and now < after + 1.1, now)
assert(ms % 1 == 0 and math.abs(ms / 1000 - now) < 5, ms)
local fractions = 0
for _ = 1, 20 do
  fractions = fractions + (time.now() % 1 ~= 0 and 1 or 0)
end
assert(fractions > 0)
local start, start_ms = time.monotonic(), time.monotonic_ms()
assert(start >= 0 and start_ms % 1 == 0 and time.monotonicMs() >= start_ms and time.nowMs() >= ms)

-- Milliseconds, not seconds.
assert(time.sleep(20) == true and time.sleep(0) == true and time.sleep(0.5) == true)
local slept = time.monotonic() - start
assert(slept >= 0.02 and slept < 10, slept)
refused("bad_argument", "-1 milliseconds", time.sleep, -1)
refused("bad_argument", "takes a number", time.sleep, "10")
refused("bad_argument", "nothing", time.sleep)
refused("bad_argument", "takes a number", time.sleep, 0 / 0)
refused("bad_argument", "takes a number", time.sleep, math.huge)
refused("bad_argument", "cannot wait", time.sleep, 1e300)

-- Known points in time.
local known = {
  { 0, "1970-01-01 00:00:00" }, { -1, "1969-12-31 23:59:59" }, { 951782400, "2000-02-29 00:00:00" },
  { 1709164800, "2024-02-29 00:00:00" }, { 1234567890, "2009-02-13 23:31:30" },
  { 253402300799, "9999-12-31 23:59:59" }, { -62167219200, "0000-01-01 00:00:00" },
  { 4102444800, "2100-01-01 00:00:00" }, { -2203891200, "1900-03-01 00:00:00" },
}
for _, pair in ipairs(known) do
  assert(time.format(pair[1]) == pair[2], time.format(pair[1]))
  assert(time.parse(pair[2]) == pair[1], tostring(time.parse(pair[2])))
end
assert(time.format(0.5) == "1970-01-01 00:00:00" and time.format(-0.5) == "1969-12-31 23:59:59")
assert(time.format(1700000000.1, "%Y-%m-%dT%H:%M:%S%.3fZ") == "2023-11-14T22:13:20.100Z")
assert(time.format(-0.25, "%S%.6f") == "59.750000")
assert(time.format(1.9999999999, "%S%.3f") == "02.000")
assert(time.format(0, "%A, %d %B %Y %I:%M %p, day %j, %s, 100%%")
  == "Thursday, 01 January 1970 12:00 AM, day 001, 0, 100%")
assert(time.format(0, "%+") == "1970-01-01T00:00:00+00:00" and time.format(0, "") == "")
assert(time.format(0, "\195\169 %H") == "\195\169 00")
for _, out in ipairs({ 253402300800, -62167219201, -62167219200.5, 1e18, -1e300, 253402300799.9999999 }) do
  refused("out_of_range", "years from 0000 to 9999", time.format, out)
end
refused("bad_argument", "`%Q` is no format", time.format, 0, "%Q")
refused("bad_argument", "`%` is no format", time.format, 0, "%")
refused("bad_argument", "takes a number", time.format, "2026-01-01")
refused("bad_argument", "takes a number", time.format, nil)
refused("bad_argument", "takes a string", time.format, 0, 5)
refused("bad_argument", "takes a number", time.format, 0 / 0)
refused("invalid_value", "UTF-8", time.format, 0, "\255")

-- ISO 8601, and what databases print.
local texts = {
  ["1970-01-01"] = 0, ["2024-02-29T00:00:00Z"] = 1709164800, ["2024-02-29t00:00:00z"] = 1709164800,
  ["2009-02-13T23:31:30+00:00"] = 1234567890, ["2009-02-14T00:31:30+01:00"] = 1234567890,
  ["2009-02-14 05:01:30+0530"] = 1234567890, ["2009-02-13 15:31:30-08"] = 1234567890,
  ["2009-02-13 23:31:30 +00"] = 1234567890, ["2009-02-13T23:31"] = 1234567860, [" 1970-01-01 00:00:01 "] = 1,
  ["1990-12-31T23:59:60Z"] = 662688000, ["1990-12-31T15:59:60-08:00"] = 662688000,
  ["1985-04-12T23:20:50.52Z"] = 482196050.52, ["1937-01-01T12:00:27.87+00:20"] = -1041337172.13,
  ["1970-01-01 00:00:00.250000"] = 0.25, ["1970-01-01T00:00:00,5"] = 0.5, ["1969-12-31 23:59:59.75"] = -0.25,
  ["1970-01-01 00:00:00.1234567890123"] = 0.123456789, ["2026-01-02 03:04:05.000000"] = 1767323045,
}
for text, seconds in pairs(texts) do
  local found = time.parse(text)
  assert(math.abs(found - seconds) < 1e-6, text .. ": " .. found)
  if math.type and seconds % 1 == 0 then
    assert(math.type(found) == "integer", text)
  end
end
for _, wrong in ipairs({
  "", "now", "2026", "2026-01", "2026-1-2", "2023-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-01-32",
  "2026-01-02 24:00:00", "2026-01-02 03:60", "2026-01-02 03:04:61", "2026-01-02 03:04:05.", "2026-01-02T",
  "2026-01-02 03:04:05 x", "2026-01-02 03:04:05+1", "2026-01-02 03:04:05+24:00", "2026-01-02 03:04:05+01:60",
  "10000-01-01", "-001-01-01", "2026-01-02 03:04:05Zulu", "\195\169\195\169-01-02", "2026-01-02 03:04:60",
}) do
  refused("invalid_value", "is no time", time.parse, wrong)
end
refused("out_of_range", "years from 0000", time.parse, "9999-12-31T23:59:59-01:00")
refused("out_of_range", "years from 0000", time.parse, "0000-01-01T00:00:00+01:00")
refused("bad_argument", "takes a string, and not nil", time.parse, nil)
refused("bad_argument", "takes a string, and not a number", time.parse, 5)

-- Formats of one's own.
assert(time.parse("13/02/2009 23:31:30", "%d/%m/%Y %H:%M:%S") == 1234567890)
assert(time.parse("13 Feb 2009 23:31:30 +0000", "%d %b %Y %H:%M:%S %z") == 1234567890)
assert(time.parse("2009-02-14 00:31 +0100", "%Y-%m-%d %H:%M %z") == 1234567860)
assert(time.parse("29.02.2024", "%d.%m.%Y") == 1709164800 and time.parse("1234567890", "%s") == 1234567890)
assert(time.parse("1970-01-01 00:00:01.5", "%Y-%m-%d %H:%M:%S%.f") == 1.5)
assert(time.parse("02:05 PM 1970-01-01", "%I:%M %p %Y-%m-%d") == 50700)
refused("invalid_value", "`30.02.2024`", time.parse, "30.02.2024", "%d.%m.%Y")
refused("invalid_value", "`12:00`", time.parse, "12:00", "%H:%M")
refused("invalid_value", "is not written as", time.parse, "2024", "%d.%m.%Y")
refused("bad_argument", "is no format", time.parse, "2024", "%")

-- There and back.
for _, seconds in ipairs({ 0, 1, -1, 86399, 1e9, -1e9, 253402300799 }) do
  for _, form in ipairs({ "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+00:00" }) do
    assert(time.parse(time.format(seconds, form)) == seconds)
  end
end
assert(select("#", time.now(), time.format(0), time.parse("1970-01-01")) == 3)
assert(freight.time == time)
print("done")
