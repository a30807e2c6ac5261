-- Relations of models: lua-api.md 9. `H7` and the like are items of the inventory of promises,
-- `(25)` the questions whose answers are fixed here.
local db = freight.open(arg[1])
local driver = arg[2]
freight.init(db)

local function raises(code, fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok, "nothing was raised, and not " .. code)
  assert(type(err) == "table" and err.code == code, tostring(err) .. " is not " .. code)
  return err
end
local function same(left, right)
  assert(json.encode(left) == json.encode(right), json.encode(left) .. " is not " .. json.encode(right))
end
-- How many statements a function sends.
local function sent(fn)
  local count, texts = 0, {}
  local function listen(what)
    count = count + 1
    texts[count] = what.sql
  end
  db:on("query", listen)
  fn()
  db:off(listen)
  return count, table.concat(texts, "\n")
end

local User = freight.model("users", { name = "string", posts_count = { type = "integer", default = 0 } })
local Profile = freight.model("profiles", { bio = "text", user_id = freight.foreignKey("users", "id", { onDelete = "CASCADE" }) })
local Post = freight.model("posts", { title = "string", author_id = freight.foreign_key("users") })
local Comment = freight.model("comments", { body = "text", post_id = "integer", user_id = "integer", stars = "integer" })
local Tag = freight.model("tags", { name = { type = "string", unique = true } })
local PostTag = freight.model("post_tags", { -- E12
  post_id = freight.foreign_key("posts"), tag_id = freight.foreign_key("tags"),
}, { primary_key = { "post_id", "tag_id" } })
local Topic = freight.model("topics", { name = "string", parent_id = freight.foreign_key("topics") })

User:hasMany(Post, { foreignKey = "author_id", localKey = "id" }) -- H1
User:has_one(Profile) -- H3, (27)
User:has_many("comments")
Post:belongsTo(User, { foreignKey = "author_id", ownerKey = "id", as = "author", counter_cache = "posts_count" }) -- H2
Post:has_many(Comment, { order = "id" })
Post:belongsToMany(Tag) -- H4 (28)
Tag:belongs_to_many(Post, { through = "post_tags", foreignPivotKey = "tag_id", relatedPivotKey = "post_id" })
Comment:belongs_to(Post)
Comment:belongs_to(User)
Profile:belongs_to(User)
User:has_many(Comment, { through = "posts", as = "received" })
Topic:has_many(Topic, { as = "children" })
Topic:belongs_to(Topic, { as = "parent" })

local users, posts = {}, {}
for number, name in ipairs({ "Ann", "Bob", "Cid" }) do
  users[number] = User:create({ name = name })
end
Profile:create({ bio = "about Ann", user_id = 1 })
for number = 1, 6 do
  posts[number] = Post:create({ title = "post " .. number, author_id = number <= 4 and 1 or 2 })
  for star = 1, 3 do
    Comment:create({ body = "c" .. star, post_id = number, user_id = star, stars = star })
  end
end
local tags = {}
for number, name in ipairs({ "lua", "sql", "rust" }) do
  tags[number] = Tag:create({ name = name })
end

assert(PostTag:count() == 0)

-- H6, H13, (29): lazy access.
local ann = User:find(1)
assert(#ann:posts() == 4 and ann:posts()[1].title == "post 1" and ann:posts() == ann:posts())
assert(#ann:getPosts() == 4 and #ann:get_posts() == 4)
assert(posts[1]:author().name == "Ann" and posts[1]:getAuthor().id == 1)
assert(ann:profile().bio == "about Ann" and ann:profiles().bio == "about Ann" and User:find(3):profile() == nil)
assert(Post:create({ title = "nobody's" }):author() == nil)
assert(ann:related("posts"):where("title", "post 2"):count() == 1 and ann:related("posts"):order_by("id", "desc"):first().title == "post 4")
Post:create({ title = "new", author_id = 1 })
assert(#ann:posts() == 4 and #ann:posts({ reload = true }) == 5)
ann:reload()
assert(not ann:loaded("posts") and #ann:posts() == 5 and ann:loaded("posts"))

-- H7, H8, H12, (25): one further query per relation.
local count, texts = sent(function()
  local list = User:include("posts", "profile"):order_by("id"):all()
  assert(#list == 3 and #list[1]._loaded_relations.posts == 5 and #list[1]:posts() == 5 and #list[2]:posts() == 2)
  assert(#list[3]:posts() == 0 and list[1]:profile().bio == "about Ann" and list[2]:profile() == nil)
end)
assert(count == 3, count .. "\n" .. texts)
count = sent(function()
  local first = Post:with("author", "tags"):first()
  assert(first:author().name == "Ann" and #first:tags() == 0)
end)
assert(count == 3)
-- Nested, constrained, limited per parent.
count, texts = sent(function()
  local list = User:preload("posts.comments.user", "profile"):order_by("id"):all()
  assert(#list[1]:posts()[1]:comments() == 3 and list[1]:posts()[1]:comments()[2]:user().name == "Bob")
  -- Shared parents are one table.
  assert(list[1]:posts()[1]:comments()[2]:user() == list[1]:posts()[2]:comments()[2]:user())
end)
assert(count == 5, count .. "\n" .. texts)
local limited = Post:include({ comments = function(q) return q:where("stars", ">", 1):order_by("stars", "desc"):limit(1) end }):order_by("id"):all()
for place = 1, 6 do
  assert(#limited[place]:comments() == 1 and limited[place]:comments()[1].stars == 3)
end
raises("bad_argument", function() return Post:select("title"):include("author"):first() end)
assert(raises("bad_argument", function() return Post:select("title"):first():author() end).message:find("`author_id`", 1, true))
raises("bad_argument", function() return Post:select("title"):first():related("comments") end)
assert(#Post:new({ title = "x" }):comments() == 0)
local chosen = Post:include({ comments = function(q) return q:select("body") end }):order_by("id"):all()
assert(#chosen[1]:comments() == 3 and chosen[6]:comments()[2].body == "c2" and chosen[1]:comments()[1].post_id == nil)
assert(Comment:include({ post = function(q) return q:select("title") end }):first():post().title == "post 1")
chosen = Post:include({ comments = function(q) return q:select("body"):order_by("id"):limit(2) end }):order_by("id"):all()
assert(#chosen[1]:comments() == 2 and chosen[2]:comments()[1].body == "c1" and chosen[2]:comments()[1]._freight_owner == nil)
assert(limited[1]:comments()[1]._freight_row == nil and not next(limited[1]:comments()[1]:changed()))
-- Afterwards.
local plain = Post:order_by("id"):limit(6):all()
count = sent(function()
  freight.load(plain, "author", "comments")
  plain:load("tags")
  assert(plain[6]:author().name == "Bob" and #plain[6]:comments() == 3)
end)
assert(count == 3)
assert(plain[1]:load("comments.user"):comments()[1]:user().name == "Ann")

-- Acceptance 14: a loop over posts calling `post:author()` sends two queries.
count, texts = sent(function()
  for _, post in ipairs(Post:all()) do
    local author = post:author()
    assert(not post.author_id or author.id == post.author_id)
  end
end)
assert(count == 2, count .. "\n" .. texts)
count = sent(function()
  for _, user in ipairs(User:all()) do
    for _, post in ipairs(user:posts()) do
      assert(#post:comments() == (post.id <= 6 and 3 or 0))
    end
  end
end)
assert(count == 3)
-- Other ways of lazy loading.
count = sent(function()
  for _, post in ipairs(Post:lazy_loading("single"):all()) do
    post:comments()
  end
end)
assert(count == 9, count)
raises("lazy_load_forbidden", function()
  return Post:query():lazy_loading("forbid"):first():comments()
end)
local Strict = freight.model("posts", { title = "string", author_id = freight.foreign_key("users") }, { lazy_loading = "forbid" })
Strict:belongs_to(User, { foreign_key = "author_id", as = "author" })
raises("lazy_load_forbidden", function() return Strict:first():author() end)
assert(Strict:include("author"):first():author().name == "Ann")
freight.model("posts", { title = "string", author_id = freight.foreign_key("users") })
Post = freight.model("posts")
Post:belongs_to(User, { foreign_key = "author_id", as = "author", counter_cache = "posts_count" })
Post:has_many(Comment, { order = "id" })
Post:belongs_to_many(Tag)
posts[1], posts[2] = Post:find(1), Post:find(2)

-- H9 to H11: pivots.
local Tags = Post._relations.tags
assert(Tags:attach(posts[1], { 1, 2 }) == 2 and Tags:attach(posts[1], tags[2]) == 0 and Tags:attach(posts[1], { 2, 3 }) == 1)
assert(#posts[1]:tags() == 3 and PostTag:count() == 3)
assert(Tags:detach(posts[1], 3) == 1 and #posts[1]:tags() == 2)
same(Tags:sync(posts[1], { 2, 3 }), { attached = { 3 }, detached = { 1 } })
same(Tags:sync(posts[1], { 2, 3 }), { attached = json.array({}), detached = json.array({}) })
assert(posts[2]:attach("tags", tags[2]) == 1 and #posts[2]:tags() == 1)
assert(#Tag:find(2):posts() == 2)
local tagged = Post:include("tags"):where_in("id", { 1, 2 }):order_by("id"):all()
assert(#tagged[1]:tags() == 2 and tagged[1]:tags()[1].name == "sql" and tagged[2]:tags()[1].name == "sql")
assert(tagged[1]:tags()[1] == tagged[2]:tags()[1] and tagged[1]:tags()[1]._freight_owner == nil)
assert(not next(tagged[1]:tags()[1]:changed()))
assert(posts[1]:related("tags"):where("name", "rust"):count() == 1)
assert(Tags:detach(posts[1]) == 2 and #posts[1]:tags() == 0)
raises("not_supported", function() return posts[1]:attach("comments", 1) end)
raises("missing_primary_key", function() return Post:new({ title = "x" }):attach("tags", 1) end)

-- through
assert(#User:find(2):received() == 6 and #User:include("received"):order_by("id"):all()[1]:received() == 12)

-- Conditions on relations.
local function ids(query)
  return table.concat(query:order_by(query.inside.table .. ".id"):ids(), " ")
end
assert(ids(User:where_has("posts")) == "1 2" and ids(User:where_missing("posts")) == "3")
assert(ids(User:where_has("posts", function(q) return q:where("title", "post 5") end)) == "2")
assert(ids(Post:where_has("tags", function(q) return q:where("name", "sql") end)) == "2")
assert(ids(Post:where_has("author", function(q) return q:where({ name = "Bob" }) end)) == "5 6")
assert(Post:join_related("author"):where("users.name", "Bob"):count() == 2)
assert(Post:join_related("tags"):where("tags.name", "sql"):first().id == 2)
-- A model that refers to itself.
local root = Topic:create({ name = "root" })
Topic:create({ name = "leaf", parent_id = root.id })
assert(root:children()[1].name == "leaf" and Topic:find(2):parent().name == "root" and #Topic:include("children.parent"):all() == 2)
assert(ids(Topic:where_has("children")) == "1" and ids(Topic:where_missing("children")) == "2")

-- Conditions in conditions go by the rows around them, also where all are of one table.
local twig = Topic:create({ name = "twig", parent_id = 2 })
assert(ids(Topic:where_has("children", function(q) return q:where_has("children") end)) == "1")
assert(ids(Topic:where_has("children", function(q) return q:where_missing("children") end)) == "2")
assert(ids(Topic:where_has("parent", function(q) return q:where_has("parent", function(p) return p:where("name", "root") end) end)) == "3")
raises("not_supported", function() return Topic:join_related("parent") end)
twig:delete()
local Person = freight.model("people", { name = "string" })
freight.model("friendships", { person_id = "integer", friend_id = "integer" })
Person:belongs_to_many(Person, { through = "friendships", as = "friends", foreign_pivot_key = "person_id", related_pivot_key = "friend_id" })
Person:insert_many({ { name = "p1" }, { name = "p2" }, { name = "p3" } })
Person:find(1):attach("friends", { 2 })
Person:find(2):attach("friends", { 3 })
assert(ids(Person:where_has("friends")) == "1 2" and ids(Person:where_missing("friends")) == "3")
assert(ids(Person:where_has("friends", function(q) return q:where({ name = "p3" }) end)) == "2")
assert(ids(Person:where_has("friends", function(q) return q:where_has("friends") end)) == "1")
assert(Person:find(1):friends()[1]:friends()[1].name == "p3")
-- What is forgotten links nothing, and takes no link away.
raises("bad_argument", function() return Person:find(1):attach("friends", nil) end)
raises("bad_argument", function() return Person:find(1):sync("friends", nil) end)
raises("bad_argument", function() return Person:find(1):attach("friends", Topic:first()) end)
assert(Person:find(1):related("friends"):count() == 1)
-- The way back is known, and not asked for.
local Rack = freight.model("racks", { name = "string" })
local Volume = freight.model("volumes", { title = "string", rack_id = "integer" })
Rack:has_many(Volume, { inverse = "rack" })
Volume:belongs_to(Rack)
local rack = Rack:create({ name = "one" })
Volume:insert_many({ { title = "a", rack_id = rack.id }, { title = "b", rack_id = rack.id } })
count = sent(function()
  for _, each in ipairs(Rack:all()) do
    for _, volume in ipairs(each:volumes()) do
      assert(volume:rack() == each)
    end
  end
end)
assert(count == 2, count)
raises("bad_argument", Volume.belongs_to, Volume, Rack, { inverse = "volumes", as = "place" })
Rack:has_one(Volume, { as = "wrong", inverse = "nothing" })
raises("unknown_relation", function() return rack:wrong() end)

-- Beside other tables a name is that of the model's own field, although they have one of that name.
local Rope = freight.model("ropes", { name = "string" })
local Hook = freight.model("hooks", { name = "string" })
local Knot = freight.model("knots", { name = "string", rope_id = "integer", hook_id = "integer" })
Rope:belongs_to_many(Hook, { through = "knots" })
Knot:belongs_to(Rope)
local rope = Rope:create({ name = "long" })
local hook = Hook:create({ name = "iron" })
rope:attach("hooks", hook)
local hooks = rope:related("hooks")
assert(hooks:where("id", 1):count() == 1 and hooks:where({ name = "iron" }):order_by("name"):first().id == hook.id)
same({ hooks:pluck("name"), hooks:ids(), hooks:max("id"), hooks:count("name"), hooks:count_by("name") },
  { { "iron" }, { 1 }, 1, 1, { iron = 1 } })
assert(Rope:where_has("hooks", function(q) return q:where({ name = "iron" }) end):where({ name = "long" }):count() == 1)
assert(#Rope:include({ hooks = function(q) return q:where("name", "iron"):order_by("name") end }):first():hooks() == 1)
assert(Knot:join_related("rope"):where({ id = 1 }):order_by("id"):select("name", "ropes.name AS rope"):first().rope == "long")
assert(hooks:where("name", "iron"):update({ name = "steel" }) == 1 and Hook:first().name == "steel")

-- Counter caches.
assert(User:find(1).posts_count == 5 and User:find(2).posts_count == 2)
local post = Post:find(5)
post:update({ author_id = 3 })
assert(User:find(2).posts_count == 1 and User:find(3).posts_count == 1)
post:delete()
assert(User:find(3).posts_count == 0)

-- Dependents.
local Album = freight.model("albums", { name = "string" })
local Song = freight.model("songs", { name = "string", album_id = "integer" })
local Note = freight.model("notes", { album_id = "integer" })
local Deal = freight.model("deals", { album_id = "integer" })
Album:has_many(Song, { dependent = "delete" })
Album:has_many(Note, { dependent = "nullify" })
Album:has_many(Deal, { dependent = "restrict" })
local gone = {}
Song:after_delete(function(song) gone[#gone + 1] = song.name end)
local album = Album:create({ name = "one" })
Song:create({ name = "s1", album_id = album.id })
Note:create({ album_id = album.id })
local deal = Deal:create({ album_id = album.id })
raises("foreign_key_violation", album.delete, album)
assert(Song:count() == 1 and #gone == 1, "what was deleted came back with the transaction")
raises("foreign_key_violation", album.delete, album, { hooks = false })
assert(Song:count() == 1, "also where no hooks run")
deal:delete()
assert(album:delete() and Song:count() == 0 and Note:first().album_id == nil)
-- Tables that nobody has used are made before the transaction, which MySQL would end.
local Shop = freight.model("shops", { name = "string" })
local Door = freight.model("doors", { shop_id = "integer" })
local Ware = freight.model("wares", { name = "string" })
freight.model("shop_wares", { shop_id = "integer", ware_id = "integer" })
Shop:has_many(Door, { dependent = "delete" })
Shop:belongs_to_many(Ware)
local shop = Shop:create({ name = "s" })
-- What depends on a record need not be known before it goes.
local Quay = freight.model("quays", { name = "string" })
Quay:has_many("moorings", { dependent = "delete" })
local quay = Quay:create({ name = "q" })
raises("unknown_model", quay.delete, quay)
freight.model("moorings", { quay_id = "integer" })
assert(quay:delete())
assert(shop:attach("wares", Ware:create({ name = "w" })) == 1 and #shop:wares() == 1)
assert(shop:delete())

-- What is deleted softly is not counted, and refers to its owner all the same.
local Shelf = freight.model("shelves", { name = "string", books_count = { type = "integer", default = 0 } })
local Book = freight.model("books", { title = "string", shelf_id = freight.foreign_key("shelves") }, { soft_delete = true })
Shelf:has_many(Book, { dependent = "nullify" })
Book:belongs_to(Shelf, { counter_cache = true })
local shelf = Shelf:create({ name = "one" })
local book = Book:create({ title = "x", shelf_id = shelf.id })
local function counted()
  return shelf:reload().books_count
end
assert(counted() == 1 and book:delete() and counted() == 0)
assert(book:update({ title = "y" }).title == "y" and counted() == 0)
assert(book:restore():update({ title = "z" }) and counted() == 1)
assert(book:delete() and book:delete({ hard = true }) and counted() == 0)
book = Book:create({ title = "left", shelf_id = shelf.id, deleted_at = "2026-01-01" })
assert(counted() == 0 and shelf:delete() and book:reload().shelf_id == nil)

-- Nothing is nothing, also where one looks at what is loaded.
local alone = User:include("profile", "posts"):where("id", 3):first()
assert(not alone._loaded_relations.profile and alone:profile() == nil and alone:loaded("profile"))

-- D9: relations go through what a script puts over `query`, too.
local seen, query = 0, db.query
db.query = function(self, ...)
  seen = seen + 1
  return query(self, ...)
end
local through = User:include("received", "posts"):order_by("id"):all()
assert(#through[1]:received() == 12 and #through[1]:posts() > 0 and through[1]:received()[1]._freight_owner == nil and seen == 3)
assert(not next(through[1]:received()[1]:changed()))
db.query = nil

-- A relation whose loading failed is not loaded: it is asked for again, and not taken for empty.
local first = User:include("profile"):order_by("id"):first()
local count = #first:posts({ reload = true })
assert(count > 0)
first = User:find(first.id)
db:exec("ALTER TABLE posts RENAME TO posts_away")
raises("missing_table", first.posts, first)
raises("missing_table", function() return User:include("posts"):all() end)
assert(not first:loaded("posts"))
db:exec("ALTER TABLE posts_away RENAME TO posts")
assert(#first:posts() == count and first:loaded("posts"))

-- What is refused.
raises("unknown_relation", function() return User:include("post") end)
raises("unknown_relation", function() return User:where_has("nothing") end)
raises("bad_argument", User.has_many, User, Post, { as = "name" })
raises("bad_argument", User.has_many, User, Post, { as = "save" })
raises("unknown_option", User.has_many, User, Post, { foreign = "x" })
User:has_many("nowhere")
raises("unknown_model", function() return User:first():nowhere() end)
-- (26): what a foreign key is when nothing says so.
local Orphan = freight.model("orphans", { name = "string" })
User:has_many(Orphan)
local unclear = raises("bad_argument", function() return User:first():orphans() end)
assert(unclear.hint:find("name"))
assert(db.driver and driver)

print("done")
