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

---A query of `users`.
---@class UserQuery: freight.Query
---@field all fun(self: UserQuery): User[]
---@field first fun(self: UserQuery): User?
---@field find_by fun(self: UserQuery, column: string|table, value?: any): User?
---@field where fun(self: UserQuery, ...: any): UserQuery
---@field order_by fun(self: UserQuery, ...: string): UserQuery
---@field limit fun(self: UserQuery, count: integer): UserQuery
---@field include fun(self: UserQuery, ...: string|table): UserQuery
---@field count fun(self: UserQuery): integer
---@field update fun(self: UserQuery, values: UserUpdate): integer
local UserQuery = {}

---The model `users`.
---@class UserModel: freight.Model
---@field all fun(self: UserModel): User[]
---@field first fun(self: UserModel): User?
---@field find_by fun(self: UserModel, column: string|table, value?: any): User?
---@field where fun(self: UserModel, ...: any): UserQuery
---@field order_by fun(self: UserModel, ...: string): UserQuery
---@field limit fun(self: UserModel, count: integer): UserQuery
---@field include fun(self: UserModel, ...: string|table): UserQuery
---@field count fun(self: UserModel): integer
---@field new fun(self: UserModel, values?: UserCreate): User
---@field create fun(self: UserModel, values: UserCreate, opts?: table): User
---@field create_many fun(self: UserModel, list: UserCreate[], opts?: table): User[]
---@field find fun(self: UserModel, key: string): User?
---@field query fun(self: UserModel): UserQuery
local UserModel = {}
