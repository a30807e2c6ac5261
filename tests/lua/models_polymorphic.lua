-- Relations that lead to records of any model, and those that go through others: lua-api.md 9.1.
local db = freight.open(arg[1])
freight.init(db)

local function raises(code, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised, and not " .. code)
  assert(type(err) == "table" and err.code == code, tostring(err) .. " is not " .. code)
  return err
end
local function sent(fn)
  local texts = {}
  local function listen(what)
    texts[#texts + 1] = what.sql
  end
  db:on("query", listen)
  fn()
  db:off(listen)
  return #texts, table.concat(texts, "\n")
end
local function names(list, field)
  return table.concat(list:pluck(field or "name"), " ")
end

local User = freight.model("users", { name = "string" })
local Post = freight.model("posts", { fields = {
  title = "string", comments_count = { type = "integer", default = 0 }, author_id = freight.foreign_key("users"),
} })
local Photo = freight.model("photos", { fields = {
  file = "string", comments_count = { type = "integer", default = 0 },
}, soft_delete = true })
local Comment = freight.model("comments", {
  fields = {
    body = "string", commentable_type = { type = "string", size = 40 }, commentable_id = "integer",
    user_id = freight.foreign_key("users"),
  },
  indexes = { { "commentable_type", "commentable_id" } },
})
local Tag = freight.model("tags", { name = "string" })
local Tagging = freight.model("taggings", {
  tag_id = freight.foreign_key("tags"), subject_type = "string", subject_id = "integer",
})

Comment:belongs_to("commentable", { polymorphic = true, counter_cache = true })
Comment:belongs_to(User)
Post:belongs_to(User, { as = "author" })
Post:has_many(Comment, { polymorphic = true, order = "id", dependent = "delete", inverse = "commentable" })
Photo:hasMany(Comment, { polymorphic = "commentable", dependent = "nullify" })
Photo:has_one(Comment, { polymorphic = true, as = "newest", order = "id desc" })
User:has_many(Post, { foreign_key = "author_id" })
User:has_many(Comment, { through = "posts", as = "received" })
User:has_many(Comment)
Tagging:belongs_to(Tag)
Tagging:belongs_to("subject", { polymorphic = true })
Tag:has_many(Tagging)
Tag:has_many(Post, { through = "taggings" })
Tag:has_many(Photo, { through = "taggings" })
Post:has_many(Tagging, { polymorphic = true })
Post:has_many(Tag, { through = "taggings" })

local ann, bob = User:create({ name = "Ann" }), User:create({ name = "Bob" })
local post, other = Post:create({ title = "one", author_id = ann.id }), Post:create({ title = "two", author_id = bob.id })
-- The same key in another table.
local photo = Photo:create({ file = "a.png" })
assert(post.id == photo.id)

-- ------------------------------------------------------------------------------- making and reading
local first = post:related("comments"):create({ body = "good", user_id = bob.id })
assert(first.commentable_type == "posts" and first.commentable_id == post.id and first.body == "good")
local second = Comment:create({ body = "nice", commentable_type = "photos", commentable_id = photo.id, user_id = ann.id })
Comment:create({ body = "bad", commentable_type = "posts", commentable_id = post.id, user_id = ann.id })
Comment:create({ body = "of nothing" })

assert(names(post:comments(), "body") == "good bad" and names(photo:comments(), "body") == "nice" and #other:comments() == 0)
assert(photo:newest().id == second.id and Post:find(2):related("comments"):count() == 0)
assert(first:commentable().title == "one" and second:commentable().file == "a.png" and Comment:find(4):commentable() == nil)
assert(first:commentable().comments_count == 2 and second:commentable().comments_count == 1)
assert(first:related("commentable"):first().title == "one")
raises("bad_argument", function() Comment:find(4):related("commentable") end)

-- A loop over comments sends one statement for each model that they refer to.
local count, texts = sent(function()
  local seen = {}
  for _, comment in ipairs(Comment:order_by("id"):all()) do
    local subject = comment:commentable()
    seen[#seen + 1] = subject and (subject.title or subject.file) or "-"
  end
  assert(table.concat(seen, " ") == "one a.png one -", table.concat(seen, " "))
end)
assert(count == 3, texts)

-- ------------------------------------------------------------------------------------- eager loading
count, texts = sent(function()
  local list = Comment:order_by("id"):include("commentable.author", "user"):all()
  assert(list[1]:commentable():author().name == "Ann" and list[2]:commentable().file == "a.png")
  assert(list[1]:commentable() == list[3]:commentable() and list[3]:user().name == "Ann")
end)
assert(count == 5, count .. "\n" .. texts)
local narrowed = Comment:order_by("id"):include({ commentable = function(q) return q:where("id", ">", 99) end }):all()
assert(narrowed[1]:commentable() == nil and narrowed[1]:loaded("commentable"))
assert(raises("unknown_relation", function() return Comment:include("commentable.nobody"):all() end).message:find("nobody", 1, true))
count = sent(function()
  local list = Post:order_by("id"):include("comments"):all()
  -- Each knows whose it is.
  assert(#list[1]:comments() == 2 and list[1]:comments()[2]:commentable() == list[1] and #list[2]:comments() == 0)
end)
assert(count == 2)
local out = Comment:find(1):to_table({ include = "commentable" })
assert(out.commentable.title == "one")
local limited = Post:include({ comments = function(q) return q:order_by("id", "desc"):limit(1) end }):order_by("id"):all()
assert(#limited[1]:comments() == 1 and limited[1]:comments()[1].body == "bad")

-- ---------------------------------------------------------------------------------------- conditions
assert(names(Post:where_has("comments"):all(), "title") == "one" and names(Post:where_missing("comments"):all(), "title") == "two")
assert(Photo:where_has("comments", function(q) return q:where("body", "good") end):count() == 0)
assert(Post:join_related("comments"):where("comments.body", "nice"):count() == 0)
assert(Photo:join_related("comments"):where("comments.body", "nice"):or_where("comments.body", "good"):count() == 1)
assert(raises("not_supported", function() return Comment:where_has("commentable") end).hint:find("commentable_type", 1, true))
raises("not_supported", function() return Comment:join_related("commentable") end)
assert(Comment:where({ commentable_type = "posts", commentable_id = Post:where("title", "one") }):count() == 2)

-- -------------------------------------------------------------------------------------------- through
assert(names(ann:received(), "body") == "good bad" and #bob:received() == 0)
local lua = Tag:create({ name = "lua" })
local sql = Tag:create({ name = "sql" })
Tagging:insert_many({
  { tag_id = lua.id, subject_type = "posts", subject_id = post.id }, { tag_id = sql.id, subject_type = "posts", subject_id = post.id },
  { tag_id = lua.id, subject_type = "photos", subject_id = photo.id },
})
assert(names(lua:posts(), "title") == "one" and names(lua:photos(), "file") == "a.png" and #sql:photos() == 0)
assert(post:related("tags"):order_by("name"):first().name == "lua" and #post:tags() == 2 and #other:tags() == 0)
assert(names(Post:where_has("tags", function(q) return q:where("tags.name", "sql") end):all(), "title") == "one")
assert(names(Tag:order_by("tags.name"):join_related("photos"):all()) == "lua")
count = sent(function()
  local list = Tag:order_by("name"):include("posts", "photos"):all()
  assert(#list[1]:posts() == 1 and #list[1]:photos() == 1 and #list[2]:posts() == 1 and #list[2]:photos() == 0)
end)
assert(count == 3)

-- ------------------------------------------------------------------------------- counters, dependents
first:update({ commentable_type = "photos", commentable_id = photo.id })
assert(post:reload().comments_count == 1 and photo:reload().comments_count == 2)
assert(first:reload():commentable().file == "a.png")
first:update({ commentable_id = freight.null, commentable_type = freight.null })
assert(photo:reload().comments_count == 1 and first:reload():commentable() == nil)
second:delete()
assert(photo:reload().comments_count == 0)
photo:related("comments"):create({ body = "left" })
photo:delete({ hard = true })
local left = Comment:find_by("body", "left")
assert(left.commentable_id == nil and left.commentable_type == nil)
post:delete()
assert(Comment:where({ commentable_type = "posts" }):count() == 0 and Comment:find_by("body", "left"))

-- What could not be loaded is not taken for nothing.
Comment:create({ body = "on other", commentable_type = "posts", commentable_id = other.id })
local about = Comment:where("commentable_type", "posts"):all()
assert(#about == 1)
db:exec("ALTER TABLE posts RENAME TO posts_away")
raises("missing_table", about[1].commentable, about[1])
assert(not about[1]:loaded("commentable"))
db:exec("ALTER TABLE posts_away RENAME TO posts")
assert(about[1]:commentable().title and about[1]:loaded("commentable"))

-- ------------------------------------------------------------------------------- what cannot be meant
local lost = Comment:create({ body = "lost", commentable_type = "ships" })
lost:set("commentable_id", 1)
assert(raises("unknown_model", function() lost:commentable() end).message:find("`ships`", 1, true))
assert(raises("bad_argument", function() return Comment:select("id", "body"):first():commentable() end).message:find("commentable_type", 1, true))
raises("bad_argument", function() Comment:belongs_to(Post, { polymorphic = true, as = "thing" }) end)
raises("bad_argument", function() Post:belongs_to_many("comments", { polymorphic = true, as = "more" }) end)
raises("bad_argument", function() Post:has_many("comments", { polymorphic = true, through = "taggings", as = "more" }) end)
raises("unknown_field", function()
  Post:belongs_to("thing", { polymorphic = true })
  Post:first():thing()
end)
local Note = freight.model("notes", { fields = {
  a_type = "string", a_id = "integer", b_kind = "string", b_key = "integer",
}, relations = {
  a = { belongs_to = true, polymorphic = true },
  b = { belongs_to = true, polymorphic = true, type_key = "b_kind", foreign_key = "b_key" },
} })
Post:has_many(Note, { polymorphic = true })
assert(raises("bad_argument", function() Post:first():notes() end).hint:find("polymorphic = \"a\"", 1, true))
Tag:has_many(Note, { polymorphic = "b" })
local note = Note:create({ a_type = "posts", a_id = other.id, b_kind = "tags", b_key = lua.id })
assert(note:a().title == "two" and note:b().name == "lua" and lua:notes()[1].id == note.id)

-- ------------------------------------------------------------------------- keys of more than one type
local Doc = freight.model("docs", { id = freight.uuid({ primary_key = true }), name = "string" })
local Mark = freight.model("marks", { target_type = "string", target_id = "string" })
Mark:belongs_to("target", { polymorphic = true })
Doc:has_many(Mark, { polymorphic = true })
User:has_many(Mark, { polymorphic = true })
local doc = Doc:create({ name = "paper" })
doc:related("marks"):create()
ann:related("marks"):create()
Mark:create({ target_type = "users", target_id = "no number" })
local marks = Mark:order_by("id"):include("target"):all()
assert(marks[1]:target().name == "paper" and marks[2]:target().name == "Ann" and marks[3]:target() == nil)
assert(#ann:marks() == 1 and #doc:marks() == 1 and ann:related("marks"):count() == 1 and marks[2]:related("target"):first().name == "Ann")
assert(#User:order_by("id"):include("marks"):all()[1]:marks() == 1)

print("done")
