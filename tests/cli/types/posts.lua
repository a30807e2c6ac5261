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

---A query of `posts`.
---@class PostQuery: freight.Query
---@field all fun(self: PostQuery): Post[]
---@field first fun(self: PostQuery): Post?
---@field find_by fun(self: PostQuery, column: string|table, value?: any): Post?
---@field where fun(self: PostQuery, ...: any): PostQuery
---@field order_by fun(self: PostQuery, ...: string): PostQuery
---@field limit fun(self: PostQuery, count: integer): PostQuery
---@field include fun(self: PostQuery, ...: string|table): PostQuery
---@field count fun(self: PostQuery): integer
---@field live fun(self: PostQuery, ...: any): PostQuery
---@field update fun(self: PostQuery, values: PostUpdate): integer
local PostQuery = {}

---The model `posts`.
---@class PostModel: freight.Model
---@field all fun(self: PostModel): Post[]
---@field first fun(self: PostModel): Post?
---@field find_by fun(self: PostModel, column: string|table, value?: any): Post?
---@field where fun(self: PostModel, ...: any): PostQuery
---@field order_by fun(self: PostModel, ...: string): PostQuery
---@field limit fun(self: PostModel, count: integer): PostQuery
---@field include fun(self: PostModel, ...: string|table): PostQuery
---@field count fun(self: PostModel): integer
---@field live fun(self: PostModel, ...: any): PostQuery
---@field new fun(self: PostModel, values?: PostCreate): Post
---@field create fun(self: PostModel, values: PostCreate, opts?: table): Post
---@field create_many fun(self: PostModel, list: PostCreate[], opts?: table): Post[]
---@field find fun(self: PostModel, key: integer): Post?
---@field query fun(self: PostModel): PostQuery
---@field newest fun(self: PostModel, ...: any): any
local PostModel = {}
