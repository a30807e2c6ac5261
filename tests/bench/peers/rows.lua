-- The rows of the table of items: each program here has the same ones.
local rows = {}

function rows.item(number)
  return {
    one = number,
    two = number * 7,
    three = number / 3,
    four = number * 0.5,
    short = "s" .. number % 10,
    word = "word number " .. number % 1000,
    text = ("text %d "):format(number):rep(6),
    flag = number % 3 == 0 and 1 or nil,
  }
end

function rows.items(from, to)
  local list = {}
  for number = from, to do
    list[#list + 1] = rows.item(number)
  end
  return list
end

return rows
