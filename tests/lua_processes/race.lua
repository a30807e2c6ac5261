-- One of two processes that make the same records at the same time. Each prints how many it has made.
local url = arg[1]
local db = freight.open(url)
freight.init(db)
local Gate = freight.model("gates", { stage = { type = "integer", required = true } })
local Word = freight.model("words", { fields = {
  word = { type = "string", size = 30, required = true, unique = true }, seen = { type = "integer", default = 0 },
} })

-- Both processes are there before one goes on, so that they meet.
local function meet(stage)
  Gate:create({ stage = stage })
  while Gate:where("stage", stage):count() < 2 do
  end
end

local function first_or_create(word)
  local record, is_new = Word:first_or_create({ word = word }, { seen = 1 })
  assert(record.id and record.word == word and record.seen == 1 and not record:is_new())
  return is_new
end
local function upsert(word)
  local record = Word:upsert({ word = word, seen = 1 }, { conflict = { "word" } })
  assert(record.id and record.word == word and record.seen == 1)
end

local made = 0
for stage = 1, 20 do
  meet(stage)
  for number = 1, 6 do
    local word = stage .. ":" .. number
    local is_new
    if number % 3 == 0 then
      is_new = db:transaction(function()
        -- What the transaction has read before does not hide what the other process writes.
        assert(Word:where("word", "like", "%"):count() >= 0)
        return first_or_create(word)
      end, { retry = 20 })
    else
      is_new = first_or_create(word)
    end
    made = made + (is_new and 1 or 0)
    upsert("upsert " .. word)
    local updated = Word:update_or_create({ word = "update " .. word }, { seen = 2 })
    assert(updated.seen == 2)
  end
end
print(made)
