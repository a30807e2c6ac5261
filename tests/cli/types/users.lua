---@meta
-- Written by `freight types`: what is changed here is lost.

---A record of `users`.
---@class User: freight.Record
---@field id string
---@field name string
---@field data? any
---@field posts fun(self: User, opts?: table): Post[] Those of the relation.
local User = {}

---What makes a `User`.
---@class UserCreate
---@field id? string
---@field name string
---@field data? any

---What changes a `User`.
---@class UserUpdate
---@field id? string
---@field name? string
---@field data? any

---What begins or goes on with a query of `users`.
---@class UserQueries
---@field all fun(self: UserQueries): User[]
---@field find_all fun(self: UserQueries): User[]
---@field get fun(self: UserQueries): User[]
---@field first fun(self: UserQueries): User?
---@field last fun(self: UserQueries): User?
---@field one fun(self: UserQueries): User?
---@field first_or_fail fun(self: UserQueries): User
---@field where fun(self: UserQueries, ...: any): UserQuery
---@field or_where fun(self: UserQueries, ...: any): UserQuery
---@field where_not fun(self: UserQueries, ...: any): UserQuery
---@field where_in fun(self: UserQueries, ...: any): UserQuery
---@field where_not_in fun(self: UserQueries, ...: any): UserQuery
---@field where_null fun(self: UserQueries, ...: any): UserQuery
---@field where_not_null fun(self: UserQueries, ...: any): UserQuery
---@field where_between fun(self: UserQueries, ...: any): UserQuery
---@field where_not_between fun(self: UserQueries, ...: any): UserQuery
---@field where_like fun(self: UserQueries, ...: any): UserQuery
---@field where_has fun(self: UserQueries, ...: any): UserQuery
---@field where_missing fun(self: UserQueries, ...: any): UserQuery
---@field select fun(self: UserQueries, ...: any): UserQuery
---@field distinct fun(self: UserQueries, ...: any): UserQuery
---@field order_by fun(self: UserQueries, ...: any): UserQuery
---@field order_by_desc fun(self: UserQueries, ...: any): UserQuery
---@field group_by fun(self: UserQueries, ...: any): UserQuery
---@field limit fun(self: UserQueries, ...: any): UserQuery
---@field offset fun(self: UserQueries, ...: any): UserQuery
---@field join fun(self: UserQueries, ...: any): UserQuery
---@field left_join fun(self: UserQueries, ...: any): UserQuery
---@field include fun(self: UserQueries, ...: any): UserQuery
---@field with fun(self: UserQueries, ...: any): UserQuery
---@field preload fun(self: UserQueries, ...: any): UserQuery
---@field scope fun(self: UserQueries, ...: any): UserQuery
---@field with_deleted fun(self: UserQueries, ...: any): UserQuery
---@field only_deleted fun(self: UserQueries, ...: any): UserQuery
---@field lock fun(self: UserQueries, ...: any): UserQuery
local UserQueries = {}

---A query of `users`.
---@class UserQuery: UserQueries, freight.Query
---@field update fun(self: UserQuery, values: UserUpdate): integer
local UserQuery = {}

---The model `users`.
---@class UserModel: UserQueries, freight.Model
---@field new fun(self: UserModel, values?: UserCreate): User
---@field create fun(self: UserModel, values: UserCreate, options?: table): User
---@field first_or_create fun(self: UserModel, search: table, values?: UserCreate): User
---@field first_or_new fun(self: UserModel, search: table, values?: UserCreate): User
---@field update_or_create fun(self: UserModel, search: table, values?: UserUpdate): User
---@field find fun(self: UserModel, key: string): User?
---@field find_or_fail fun(self: UserModel, key: string): User
---@field find_many fun(self: UserModel, keys: string[]): User[]
---@field find_by fun(self: UserModel, column: string|table, value?: any): User?
---@field find_by_or_fail fun(self: UserModel, column: string|table, value?: any): User
---@field query fun(self: UserModel): UserQuery
local UserModel = {}
