---@meta
-- Written by `freight types`: what is changed here is lost.

---A record of `posts`.
---@class Post: freight.Record
---@field id integer
---@field title string What stands on top.
---@field state "draft"|"live"
---@field slug string
---@field price? string
---@field seen_at? number
---@field user_id string
---@field ["a-b"]? boolean
---@field user fun(self: Post, opts?: table): User? The one of the relation.
---@field url fun(self: Post, ...: any): any
local Post = {}

---What makes a `Post`.
---@class PostCreate
---@field id? integer
---@field title string
---@field state? "draft"|"live"
---@field slug? string
---@field price? string|number|userdata
---@field seen_at? string|number|table|userdata
---@field user_id string
---@field ["a-b"]? boolean|userdata

---What changes a `Post`.
---@class PostUpdate
---@field id? integer
---@field title? string
---@field state? "draft"|"live"
---@field slug? string
---@field price? string|number|userdata
---@field seen_at? string|number|table|userdata
---@field user_id? string
---@field ["a-b"]? boolean|userdata

---What begins or goes on with a query of `posts`.
---@class PostQueries
---@field all fun(self: PostQueries): Post[]
---@field find_all fun(self: PostQueries): Post[]
---@field get fun(self: PostQueries): Post[]
---@field first fun(self: PostQueries): Post?
---@field last fun(self: PostQueries): Post?
---@field one fun(self: PostQueries): Post?
---@field first_or_fail fun(self: PostQueries): Post
---@field where fun(self: PostQueries, ...: any): PostQuery
---@field or_where fun(self: PostQueries, ...: any): PostQuery
---@field where_not fun(self: PostQueries, ...: any): PostQuery
---@field where_in fun(self: PostQueries, ...: any): PostQuery
---@field where_not_in fun(self: PostQueries, ...: any): PostQuery
---@field where_null fun(self: PostQueries, ...: any): PostQuery
---@field where_not_null fun(self: PostQueries, ...: any): PostQuery
---@field where_between fun(self: PostQueries, ...: any): PostQuery
---@field where_not_between fun(self: PostQueries, ...: any): PostQuery
---@field where_like fun(self: PostQueries, ...: any): PostQuery
---@field where_has fun(self: PostQueries, ...: any): PostQuery
---@field where_missing fun(self: PostQueries, ...: any): PostQuery
---@field select fun(self: PostQueries, ...: any): PostQuery
---@field distinct fun(self: PostQueries, ...: any): PostQuery
---@field order_by fun(self: PostQueries, ...: any): PostQuery
---@field order_by_desc fun(self: PostQueries, ...: any): PostQuery
---@field group_by fun(self: PostQueries, ...: any): PostQuery
---@field limit fun(self: PostQueries, ...: any): PostQuery
---@field offset fun(self: PostQueries, ...: any): PostQuery
---@field join fun(self: PostQueries, ...: any): PostQuery
---@field left_join fun(self: PostQueries, ...: any): PostQuery
---@field include fun(self: PostQueries, ...: any): PostQuery
---@field with fun(self: PostQueries, ...: any): PostQuery
---@field preload fun(self: PostQueries, ...: any): PostQuery
---@field scope fun(self: PostQueries, ...: any): PostQuery
---@field with_deleted fun(self: PostQueries, ...: any): PostQuery
---@field only_deleted fun(self: PostQueries, ...: any): PostQuery
---@field lock fun(self: PostQueries, ...: any): PostQuery
---@field live fun(self: PostQueries, ...: any): PostQuery
local PostQueries = {}

---A query of `posts`.
---@class PostQuery: PostQueries, freight.Query
---@field update fun(self: PostQuery, values: PostUpdate): integer
local PostQuery = {}

---The model `posts`.
---@class PostModel: PostQueries, freight.Model
---@field new fun(self: PostModel, values?: PostCreate): Post
---@field create fun(self: PostModel, values: PostCreate, options?: table): Post
---@field first_or_create fun(self: PostModel, search: table, values?: PostCreate): Post
---@field first_or_new fun(self: PostModel, search: table, values?: PostCreate): Post
---@field update_or_create fun(self: PostModel, search: table, values?: PostUpdate): Post
---@field find fun(self: PostModel, key: integer): Post?
---@field find_or_fail fun(self: PostModel, key: integer): Post
---@field find_many fun(self: PostModel, keys: integer[]): Post[]
---@field find_by fun(self: PostModel, column: string|table, value?: any): Post?
---@field find_by_or_fail fun(self: PostModel, column: string|table, value?: any): Post
---@field query fun(self: PostModel): PostQuery
---@field newest fun(self: PostModel, ...: any): any
local PostModel = {}
