-- Looks at what a program has left in the tables: whatever it is written with, it must be this.
--
--   freight run check.lua URL
local db = freight.open(arg[1])
local left = db:query_row([[SELECT COUNT(*) AS count, SUM(one) AS one, SUM(two) AS two, SUM(four) AS four,
  SUM(LENGTH(text)) AS text, COUNT(none) AS nones, COUNT(flag) AS flags, MAX(word) AS word FROM items]])
print(json.encode(left))
