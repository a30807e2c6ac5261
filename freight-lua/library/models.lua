---@meta _
-- What editors are told of models: their definitions, records, queries and relations. Like
-- `freight.lua` beside it, nothing here runs, and `tests/lua/annotations.lua` compares it with the
-- API that is there.

-- ----------------------------------------------------------------------------------- definitions

---A type of a field. What it is in each database stands in docs/types.md.
---@alias freight.FieldType
---| "integer" | "bigint" | "int" | "smallint" | "string" | "text" | "float" | "double" | "decimal" | "boolean"
---| "datetime" | "timestamp" | "date" | "time" | "time_of_day" | "blob" | "json" | "uuid" | "enum" | "native" | string

---What a foreign key does when the row that it refers to goes, or gets another key.
---@alias freight.ReferenceAction "CASCADE"|"SET NULL"|"SET DEFAULT"|"RESTRICT"|"NO ACTION"|string

---A field: its type, and whatever else is known of it.
---@class freight.Field
---@field type? freight.FieldType Needed, unless `references` says it.
---@field size? integer Characters at most: 255 for `string` unless given.
---@field precision? integer Digits of a decimal, or of the fraction of a second.
---@field scale? integer Digits behind the point.
---@field values? string[] What an enum can be.
---@field primary_key? boolean
---@field auto_increment? boolean|string
---@field required? boolean NOT NULL, and checked before anything is sent.
---@field unique? boolean|string True, or the name of a group of fields that are unique together.
---@field index? boolean|string True, or the name of a group of fields with one index.
---@field default? any A value, `CURRENT_TIMESTAMP` and the like, `freight.sql(…)`, or a function that is called for each new record.
---@field references? string|freight.Reference `table.column`, or more.
---@field on_delete? freight.ReferenceAction Of `references`.
---@field on_update? freight.ReferenceAction Of `references`.
---@field comment? string
---@field hidden? boolean Left out of `to_table` and JSON.
---@field readonly? boolean
---@field validate? freight.Rules|fun(value: any, record: freight.Record): boolean?, string?
---@field column? string The name in the database, where it is another one.
---@field unsigned? boolean
---@field approximate? boolean
---@field native? string|table
---@field update_default? any
---@field was? string The name before, for migrations.
---@field generated? string|table
---@field collation? string|table
---@field check? string|table
---@field invisible? boolean
---@field options? table
---@field as? "epoch" A point in time is seconds since 1970 in Lua.
---@field nulls? "keep" A null in a document is `freight.null`.

---What a field refers to.
---@class freight.Reference
---@field table? string
---@field column? string The key of the table unless given.
---@field on_delete? freight.ReferenceAction
---@field on_update? freight.ReferenceAction
---@field name? any
---@field deferrable? any
---@field match? any
---@field columns? string[] The fields of a key of several.
---@field delete_columns? string[] PostgreSQL: the fields that `on_delete` sets, where not all.
---@field comment? string
---@field not_valid? boolean
---@field not_enforced? boolean

---Rules for the values of a field. NULL breaks none of them.
---@class freight.Rules
---@field min? number
---@field max? number
---@field length? integer|integer[] Characters of a text, or elements of a list: so many, or from and to.
---@field match? string A pattern of Lua.
---@field one_of? any[]
---@field email? boolean
---@field url? boolean
---@field integer? boolean

---An index over several columns.
---@class freight.Index
---@field [integer] string
---@field unique? boolean
---@field name? string
---@field where? string

---What a model has beside its fields; in the first form of a definition, the fields too.
---@class freight.ModelOptions
---@field fields? table<string, freight.Field|freight.FieldType>
---@field timestamps? boolean Adds `created_at` and `updated_at`.
---@field soft_delete? boolean Adds `deleted_at`: `delete` sets it, and queries leave such rows out.
---@field version? boolean Adds `lock_version`: what somebody else has changed is not overwritten.
---@field indexes? freight.Index[]
---@field scopes? table<string, fun(query: freight.Query, ...): freight.Query>
---@field relations? table<string, freight.RelationOptions>
---@field validate? table<string, freight.Rules>|fun(record: freight.Record): boolean?, string?, string?
---@field hidden? string[]
---@field fillable? string[] The only fields that tables of values can set.
---@field guarded? string[] Fields that tables of values cannot set.
---@field methods? table<string, function> Methods of the records.
---@field lazy_loading? freight.LazyLoading
---@field primary_key? string|string[]|false
---@field cache? boolean|{ ttl?: number, rows?: boolean, queries?: number|boolean, negative?: boolean, write_through?: boolean } What may come from the cache.
---@field db? freight.Db
---@field comment? string
---@field table? string The name of the table, where it is another one.
---@field was? string
---@field foreign_keys? table
---@field checks? table
---@field exclusions? table
---@field options? table
---@field only? table

---What `freight.init` takes.
---@class freight.InitOptions
---@field create_tables? boolean Whether missing tables of models are made: yes, unless `FREIGHT_ENV` is `production`.
---@field lazy_loading? freight.LazyLoading
---@field cache? freight.CacheOptions|boolean What stands before the connections of the handle: what freight.yaml says, unless given.

---Where the cache is, and how it behaves.
---@class freight.CacheOptions
---@field redis? string The URL of Redis; a file of SQLite needs none.
---@field namespace? string What is before every key: `freight`.
---@field ttl? number For how many seconds something is kept: 300.
---@field timeout_ms? number How long a read waits for Redis: 50.
---@field connect_timeout_ms? number How long connecting to it may take: 200.
---@field guard? boolean Whether the database has a row that keeps readers away while Redis is: true.
---@field on_down? "abort"|"commit" What a change does without a guard while Redis cannot be reached: `abort`.
---@field wait_replicas? integer So many replicas of Redis have to have the fences before a commit: none.
---@field early? number How eager readers are to make values anew before they lapse; 1 is usual.

---What a cache did since the handle has it.
---@class freight.CacheStats
---@field hits integer
---@field misses integer
---@field bypasses integer
---@field early integer
---@field fills integer
---@field fences integer
---@field unfenced integer
---@field lost_fences integer
---@field errors integer
---@field skipped integer
---@field suspensions integer
---@field resumptions integer

---What is declared beside the models, in the words of model files.
---@class freight.Declarations
---@field views? table
---@field enums? table
---@field domains? table
---@field composites? table
---@field sequences? table
---@field extensions? table
---@field namespaces? table
---@field objects? table

---What `auto_migrate` did.
---@class freight.MigrateReport
---@field success boolean
---@field changes integer
---@field errors { model: string, error: freight.Error }[]
---@field created_tables string[]
---@field added_columns { table: string, column: string }[]
---@field created_indexes string[]

-- --------------------------------------------------------------------------------------- options

---How relations are loaded that were not asked for with the query.
---@alias freight.LazyLoading "batch"|"single"|"warn"|"forbid"

---What creating and saving take.
---@class freight.SaveOptions
---@field only? string[] Takes these fields of a table of values, and no others.
---@field except? string[] Takes all but these.
---@field unknown? "ignore" Leaves out what is no field, or cannot be set, instead of raising.
---@field validate? boolean `false` skips the validation.
---@field hooks? boolean `false` runs no hooks.
---@field touch? boolean `false` leaves `created_at` and `updated_at` alone.

---What `insert_many` takes.
---@class freight.BulkOptions
---@field on_conflict? "error"|"ignore"|"update"
---@field conflict? string[] The columns of the unique key that rows may meet.
---@field update? string[] The columns that are changed then: all that were sent unless given.
---@field returning? boolean Gives the records instead of their number.
---@field hooks? boolean `true` runs hooks.
---@field validate? boolean
---@field only? string[]
---@field except? string[]
---@field unknown? "ignore"
---@field touch? boolean

---What `upsert` takes.
---@class freight.UpsertOptions
---@field conflict? string[] The columns of the unique key that the row may meet: the primary key unless given.
---@field update? string[] The columns that are changed then: all that were sent unless given.
---@field validate? boolean
---@field only? string[]
---@field except? string[]
---@field unknown? "ignore"
---@field touch? boolean

---What deleting a record takes.
---@class freight.DeleteOptions
---@field hard? boolean Deletes the row, also where the model deletes softly.
---@field hooks? boolean `false` runs no hooks.

---What `to_table` and `to_json` take.
---@class freight.TableOptions
---@field only? string[]
---@field except? string[]
---@field include? string|string[]|true|table<string, freight.TableOptions|true> Relations; `true` for all that are loaded.
---@field nulls? boolean `true` gives `freight.null` for NULL.

---What `lock` of a query takes.
---@class freight.LockOptions
---@field skip_locked? boolean Leaves out rows that somebody else has locked.
---@field nowait? boolean Raises where somebody else has locked a row.

---What `order_by` takes in place of a direction.
---@class freight.OrderOptions
---@field dir? "ASC"|"DESC"|"asc"|"desc"
---@field nulls? "first"|"last"

---What `cursor_page` takes.
---@class freight.CursorOptions
---@field size? integer Records of a page: 25 unless given.
---@field after? string `next` of the page before.
---@field before? string `prev` of the page behind.

---What a relation takes; in `relations` of a model, its kind with the other model as well.
---@class freight.RelationOptions
---@field foreign_key? string
---@field local_key? string
---@field owner_key? string
---@field related_key? string
---@field as? string Its name.
---@field through? string The table of a many to many, or the relation that it goes through.
---@field foreign_pivot_key? string
---@field related_pivot_key? string
---@field where? table|string|fun(query: freight.Query): freight.Query
---@field order? string|string[]|fun(query: freight.Query): freight.Query
---@field counter_cache? boolean|string
---@field inverse? string The relation of the other model that leads back, which is loaded with the rows.
---@field dependent? "delete"|"nullify"|"restrict"
---@field polymorphic? boolean|string Leads to records of any model; on the other side also the name of the relation that leads back.
---@field type_key? string The field with the name of the model: `<relation>_type` unless given.
---@field source? string Of `through`: the relation of the model between that leads on.

-- --------------------------------------------------------------------------------------- queries

---What begins a query on a model, and goes on with one: each call gives a new query.
---@class freight.Queries
local Queries = {}

---Adds a condition with AND: a table of fields, a field with its value, SQL with values, or a function for a group.
---@param condition string|table|fun(query: freight.Query): freight.Query
---@param ... freight.Parameter|freight.Query
---@return freight.Query
function Queries:where(condition, ...) end

---Adds a condition with OR to everything before it.
---@param condition string|table|fun(query: freight.Query): freight.Query
---@param ... freight.Parameter|freight.Query
---@return freight.Query
function Queries:or_where(condition, ...) end

---Adds the opposite of a condition.
---@param condition string|table|fun(query: freight.Query): freight.Query
---@param ... freight.Parameter|freight.Query
---@return freight.Query
function Queries:where_not(condition, ...) end

---The value is in a list, or found by a query. An empty list finds nothing.
---@param col string
---@param list any[]|freight.Query
---@return freight.Query
function Queries:where_in(col, list) end

---The value is in no list. An empty list finds everything.
---@param col string
---@param list any[]|freight.Query
---@return freight.Query
function Queries:where_not_in(col, list) end

---The value is NULL.
---@param col string
---@return freight.Query
function Queries:where_null(col) end

---The value is not NULL.
---@param col string
---@return freight.Query
function Queries:where_not_null(col) end

---The value is between two others, or one of them.
---@param col string
---@param low any
---@param high any
---@return freight.Query
function Queries:where_between(col, low, high) end

---The value is not between two others.
---@param col string
---@param low any
---@param high any
---@return freight.Query
function Queries:where_not_between(col, low, high) end

---The text is like a pattern, with `%` and `_`.
---@param col string
---@param pattern string
---@return freight.Query
function Queries:where_like(col, pattern) end

---The text is like a pattern, whatever the case of its letters.
---@param col string
---@param pattern string
---@return freight.Query
function Queries:where_ilike(col, pattern) end

---The text has another one in it.
---@param col string
---@param text string
---@return freight.Query
function Queries:where_contains(col, text) end

---The text begins with another one.
---@param col string
---@param text string
---@return freight.Query
function Queries:where_starts(col, text) end

---The text ends with another one.
---@param col string
---@param text string
---@return freight.Query
function Queries:where_ends(col, text) end

---Compares what stands at a path of a document. Without an operator, the value comes in its place.
---@param col string
---@param path string `a.b[0]`
---@param op any `=`, `!=`, `<`, `<=`, `>`, `>=`
---@param value? string|number|boolean|userdata
---@return freight.Query
function Queries:where_json(col, path, op, value) end

---Another query finds something.
---@param query freight.Query
---@return freight.Query
function Queries:where_exists(query) end

---There are rows of a relation, or of a path such as `comments.user`, which a function may narrow.
---@param relation string
---@param fn? fun(query: freight.Query): freight.Query
---@return freight.Query
function Queries:where_has(relation, fn) end

---There are no rows of a relation.
---@param relation string
---@param fn? fun(query: freight.Query): freight.Query
---@return freight.Query
function Queries:where_missing(relation, fn) end

---The columns that are read: expressions, which are no SQL.
---@param ... string|table
---@return freight.Query
function Queries:select(...) end

---No row twice.
---@return freight.Query
function Queries:distinct() end

---Sorts; several add up. A text from a request is safe here.
---@param expression string|table
---@param direction? "ASC"|"DESC"|"asc"|"desc"|freight.OrderOptions
---@param nulls? "first"|"last"
---@return freight.Query
function Queries:order_by(expression, direction, nulls) end

---Sorts from the largest to the smallest.
---@param expression string|table
---@return freight.Query
function Queries:order_by_desc(expression) end

---One row per value.
---@param ... string|table
---@return freight.Query
function Queries:group_by(...) end

---So many rows at most.
---@param n integer
---@return freight.Query
function Queries:limit(n) end

---Leaves out the first rows.
---@param n integer
---@return freight.Query
function Queries:offset(n) end

---The rows of a page, from 1 on.
---@param page? integer
---@param per? integer 25 unless given.
---@return freight.Query
function Queries:paginate(page, per) end

---Joins a table: rows that have one there.
---@param other string|freight.Model
---@param on string|table `a.x = b.y`, several with AND
---@return freight.Query
function Queries:join(other, on) end

---Joins a table: rows that have none there as well.
---@param other string|freight.Model
---@param on string|table `a.x = b.y`, several with AND
---@return freight.Query
function Queries:left_join(other, on) end

---Joins a table: its rows that have none here as well.
---@param other string|freight.Model
---@param on string|table `a.x = b.y`, several with AND
---@return freight.Query
function Queries:right_join(other, on) end

---Joins the table of a relation, or those of a path such as `comments.user`.
---@param relation string
---@return freight.Query
function Queries:join_related(relation) end

---Loads relations with the rows: names, or functions that narrow them by name.
---@param ... string|table<string, true|fun(query: freight.Query): freight.Query>
---@return freight.Query
function Queries:include(...) end

---Another name of `include`.
---@param ... string|table<string, true|fun(query: freight.Query): freight.Query>
---@return freight.Query
function Queries:with(...) end

---Another name of `include`.
---@param ... string|table<string, true|fun(query: freight.Query): freight.Query>
---@return freight.Query
function Queries:preload(...) end

---Adds a scope of the model.
---@param name string
---@param ... any
---@return freight.Query
function Queries:scope(name, ...) end

---Rows that were deleted softly as well.
---@return freight.Query
function Queries:with_deleted() end

---Only rows that were deleted softly.
---@return freight.Query
function Queries:only_deleted() end

---Without the condition that the model adds by itself.
---@return freight.Query
function Queries:unscoped() end

---Lets `update` and `delete` change every row.
---@return freight.Query
function Queries:all_rows() end

---Keeps the rows from being changed by others until the transaction ends.
---@param mode? "update"|"share"
---@param options? freight.LockOptions
---@return freight.Query
function Queries:lock(mode, options) end

---A comment in front of the SQL, which logs show.
---@param text string
---@return freight.Query
function Queries:comment(text) end

---The result may come from the cache, for so many seconds.
---@param ttl? number
---@return freight.Query
function Queries:cache(ttl) end

---It is asked of the database.
---@return freight.Query
function Queries:no_cache() end

---How relations of these records are loaded that were not asked for.
---@param mode freight.LazyLoading
---@return freight.Query
function Queries:lazy_loading(mode) end

---Asks the primary server and no replica. There are no replicas yet: every query does.
---@return freight.Query
function Queries:on_primary() end

---Plain tables instead of records.
---@return freight.Query
function Queries:as_rows() end

---The SQL with `?` for its values, and the values.
---@param options? { native?: boolean }
---@return string sql
---@return table values
function Queries:to_sql(options) end

---All rows.
---@return freight.List
function Queries:all() end

---Another name of `all`.
---@return freight.List
function Queries:find_all() end

---Another name of `all`.
---@return freight.List
function Queries:get() end

---The first row in the order given, or in that of the key.
---@return freight.Record?
function Queries:first() end

---The first row. Raises `not_found`.
---@return freight.Record
function Queries:first_or_fail() end

---The last row in the same order.
---@return freight.Record?
function Queries:last() end

---The only row. Raises `not_found` and `multiple_found`.
---@return freight.Record
function Queries:one() end

---Whether there is any row.
---@return boolean
function Queries:exists() end

---How many rows there are; with a column, how many have a value there.
---@param expression? string
---@return integer
function Queries:count(expression) end

---How many rows there are per value of a column; those of NULL under `freight.null`.
---@param col string
---@return table<any, integer>
function Queries:count_by(col) end

---The sum of a column: 0 for no rows, a string for a decimal.
---@param col string
---@return number|string
function Queries:sum(col) end

---The average of a column: nil for no rows, a string for a decimal.
---@param col string
---@return number|string|nil
function Queries:avg(col) end

---The least value of a column.
---@param col string
---@return any
function Queries:min(col) end

---The largest value of a column.
---@param col string
---@return any
function Queries:max(col) end

---The values of a column, or lists of those of several; `freight.null` for NULL.
---@param ... string|table
---@return any[]
function Queries:pluck(...) end

---The keys.
---@return any[]
function Queries:ids() end

---One record after the other in the order of the key, read in batches, for `for`.
---@param batch? integer 1000 unless given.
---@return fun(): freight.Record? next
function Queries:each(batch) end

---Lists of records in the order of the key, for `for`.
---@param n? integer 1000 unless given.
---@return fun(): freight.List? next
function Queries:batches(n) end

---A page, and how many there are.
---@param n? integer
---@param per? integer 25 unless given.
---@return { items: freight.List, page: integer, per_page: integer, total: integer, pages: integer, has_next: boolean, has_prev: boolean }
function Queries:page(n, per) end

---The page behind or before a cursor.
---@param options? freight.CursorOptions
---@return { items: freight.List, next: string?, prev: string? }
function Queries:cursor_page(options) end

---Sets fields of all rows of the query. No hooks run.
---@param values table<string, any>
---@return integer matched
function Queries:update(values) end

---Adds to a field of all rows of the query.
---@param col string
---@param by? number 1 unless given.
---@return integer matched
function Queries:increment(col, by) end

---Deletes all rows of the query, softly where the model says so.
---@param options? { hard?: boolean }
---@return integer matched
function Queries:delete(options) end

---How the database would find the rows.
---@param options? { analyze?: boolean }
---@return string
function Queries:explain(options) end

---Inserts a row: of the model, or of the relation whose query it is. Other queries make no records.
---@param values? table<string, any>
---@param options? freight.SaveOptions
---@return freight.Record
function Queries:create(values, options) end

---A record that is not saved yet.
---@param values? table<string, any>
---@param options? freight.SaveOptions
---@return freight.Record
function Queries:new(values, options) end

---The first record with these values, or a new one.
---@param search table<string, any>
---@param values? table<string, any>
---@return freight.Record
---@return boolean created
function Queries:first_or_create(search, values) end

---The first record with these values, or a new one that is not saved.
---@param search table<string, any>
---@param values? table<string, any>
---@return freight.Record
---@return boolean is_new
function Queries:first_or_new(search, values) end

---Changes the first record with these values, or makes one.
---@param search table<string, any>
---@param values? table<string, any>
---@return freight.Record
---@return boolean created
function Queries:update_or_create(search, values) end

---The record of a key, which is one value per column, or a table of them.
---@param ... any
---@return freight.Record?
function Queries:find(...) end

---The record of a key. Raises `not_found`.
---@param ... any
---@return freight.Record
function Queries:find_or_fail(...) end

---The first record in the order of the key with this value, or these of a table.
---@param col string|table<string, any>
---@param ... any
---@return freight.Record?
function Queries:find_by(col, ...) end

---The first record with these values. Raises `not_found`.
---@param col string|table<string, any>
---@param ... any
---@return freight.Record
function Queries:find_by_or_fail(col, ...) end

---A query. It never changes: each call gives a new one.
---@class freight.Query: freight.Queries
local Query = {}

---A condition on groups, in SQL.
---@param sql string|table
---@param ... freight.Parameter
---@return freight.Query
function Query:having(sql, ...) end

---Forgets the order, and sorts by an expression where one is given.
---@param expression? string|table
---@param direction? "ASC"|"DESC"|"asc"|"desc"|freight.OrderOptions
---@param nulls? "first"|"last"
---@return freight.Query
function Query:reorder(expression, direction, nulls) end

---The same query.
---@return freight.Query
function Query:clone() end

-- ------------------------------------------------------------------------------- for tests

---What tests of an application need.
---@class freight.test
local test = {}

---Runs a function in a transaction that is undone, whatever it does; its results.
---@param fn fun(tx: freight.Tx): any
---@param options? freight.TestOptions
---@return any
function test.transaction(fn, options) end

---The statements that a function sends.
---@param fn fun()
---@param options? freight.TestOptions
---@return freight.QueryEvent[]
function test.queries(fn, options) end

---@class freight.TestOptions
---@field db? freight.Db Another handle than the default one.

---A maker of records with made-up values.
---@class freight.Factory
local Factory = {}

---A record that is not saved.
---@param values? table<string, any>
---@return freight.Record
function Factory:new(values) end

---A record that is saved.
---@param values? table<string, any>
---@return freight.Record
function Factory:create(values) end

---So many records that are saved.
---@param n integer
---@param values? table<string, any>
---@return freight.List
function Factory:create_many(n, values) end

-- ------------------------------------------------------------------------------- lists, records

---The records of a result, in order.
---@class freight.List
---@field [integer] freight.Record
local List = {}

---Loads relations of all records of the list.
---@param ... string|table<string, true|fun(query: freight.Query): freight.Query>
---@return freight.List
function List:load(...) end

---The values of a field, or lists of those of several; `freight.null` for NULL.
---@param ... string
---@return any[]
function List:pluck(...) end

---The records by the values of a field.
---@param name string
---@return table<any, freight.Record>
function List:index_by(name) end

---Plain tables, as `to_table` of each record.
---@param options? freight.TableOptions
---@return table[]
function List:to_table(options) end

---A record: the columns of a row by name, without those that are NULL, and what can be done with it.
---@class freight.Record
---@field [string] any
---@field _data freight.Record The record itself.
---@field _loaded_relations table<string, any>
local Record = {}

---Inserts a new record, or updates the columns that were changed. Raises `validation`, `not_found`, `stale_object`, `deleted` and what the database refuses.
---@param options? freight.SaveOptions
---@return freight.Record self
function Record:save(options) end

---Assigns values, and saves.
---@param values table<string, any>
---@param options? freight.SaveOptions
---@return freight.Record self
function Record:update(values, options) end

---Deletes the row, softly where the model says so: false when it was gone already.
---@param options? freight.DeleteOptions
---@return boolean
function Record:delete(options) end

---Another name of `delete`.
---@param options? freight.DeleteOptions
---@return boolean
function Record:delete_instance(options) end

---Takes a soft deletion back.
---@return freight.Record self
function Record:restore() end

---Reads the row again; changes and loaded relations are forgotten. Raises `not_found`.
---@return freight.Record self
function Record:reload() end

---Reads the row again, and keeps others from changing it until the transaction ends.
---@param mode? "update"|"share"
---@return freight.Record self
function Record:lock(mode) end

---Adds to a number in the database itself, and reads it.
---@param col string
---@param by? number 1 unless given.
---@return freight.Record self
function Record:increment(col, by) end

---Sets `updated_at`, or another time, to now.
---@param col? string
---@return freight.Record self
function Record:touch(col) end

---The value of any column, also of one that is called like a method.
---@param name string
---@return any
function Record:get(name) end

---Sets any column, or several from a table.
---@param name string|table<string, any>
---@param value? any
---@return freight.Record self
function Record:set(name, value) end

---What was changed, as `{ column = { old, new } }`, or whether one column was.
---@param name? string
---@return table<string, any[]>|boolean
function Record:changed(name) end

---The value that a column had when it was read.
---@param name string
---@return any
function Record:original(name) end

---Whether it is not saved yet.
---@return boolean
function Record:is_new() end

---Whether its row was deleted, softly or not.
---@return boolean
function Record:is_deleted() end

---Whether it is valid, and otherwise what `save` would raise.
---@return true? valid
---@return freight.Error? error
function Record:valid() end

---A plain table without the hidden fields.
---@param options? freight.TableOptions
---@return table
function Record:to_table(options) end

---The same as a text of JSON.
---@param options? freight.TableOptions
---@return string
function Record:to_json(options) end

---A query over the rows of a relation.
---@param relation string
---@return freight.Query
function Record:related(relation) end

---Loads relations, also ones that are loaded.
---@param ... string|table<string, true|fun(query: freight.Query): freight.Query>
---@return freight.Record self
function Record:load(...) end

---Whether a relation is loaded.
---@param relation string
---@return boolean
function Record:loaded(relation) end

---Links records of a many to many; links that are there stay.
---@param relation string
---@param keys any A key, a record, or a list of them.
---@return integer added
function Record:attach(relation, keys) end

---Takes links away, all of them without keys.
---@param relation string
---@param keys? any
---@return integer removed
function Record:detach(relation, keys) end

---Makes the links those and no others.
---@param relation string
---@param keys any A key, a record, or a list of them.
---@return { attached: any[], detached: any[] }
function Record:sync(relation, keys) end

-- ---------------------------------------------------------------------------- relations, models

---A relation of a model, as `_relations` has it.
---@class freight.Relation
local Relation = {}

---Links records of a many to many; links that are there stay.
---@param record freight.Record
---@param keys any A key, a record, or a list of them.
---@return integer added
function Relation:attach(record, keys) end

---Takes links away, all of them without keys.
---@param record freight.Record
---@param keys? any
---@return integer removed
function Relation:detach(record, keys) end

---Makes the links those and no others.
---@param record freight.Record
---@param keys any A key, a record, or a list of them.
---@return { attached: any[], detached: any[] }
function Relation:sync(record, keys) end

---A model: what is known of a table, and what can be done with its rows. Every method of a query
---that makes sense without one begins one. Functions that are assigned are methods of the model.
---@class freight.Model: freight.Queries
---@field table_name string
---@field primary_key string|string[]
---@field fields table<string, freight.Field>
---@field methods table<string, function> Methods of the records.
---@field db freight.Db
---@field _relations table<string, freight.Relation>
---@field [string] any
local Model = {}

---Inserts rows with as few statements as possible.
---@param rows table<string, any>[]
---@param options? freight.BulkOptions
---@return integer|freight.List inserted How many, or with `returning` their records.
function Model:insert_many(rows, options) end

---Inserts a row, or changes the one that it meets, in one statement.
---@param values table<string, any>
---@param options? freight.UpsertOptions
---@return freight.Record
function Model:upsert(values, options) end

---Forgets what the cache has of the table, or of the row of a key: whether that was done.
---@param ... any
---@return boolean
function Model:cache_purge(...) end

---The records of keys, in their order; those that are not there are left out.
---@param keys any[]
---@return freight.List
function Model:find_many(keys) end

---A query without anything in it.
---@return freight.Query
function Model:query() end

---Deletes every row, softly where the model says so.
---@return integer deleted
function Model:delete_all() end

---Empties the table.
---@return true
function Model:truncate() end

---Rows of another table that refer to this one.
---@param target string|freight.Model
---@param options? freight.RelationOptions
---@return freight.Relation
function Model:has_many(target, options) end

---The row of another table that refers to this one.
---@param target string|freight.Model
---@param options? freight.RelationOptions
---@return freight.Relation
function Model:has_one(target, options) end

---The row of another table that this one refers to.
---@param target string|freight.Model
---@param options? freight.RelationOptions
---@return freight.Relation
function Model:belongs_to(target, options) end

---Rows of another table, by way of a table between.
---@param target string|freight.Model
---@param options? freight.RelationOptions
---@return freight.Relation
function Model:belongs_to_many(target, options) end

---Runs a function before a record is validated: `false` stops it with `hook_aborted`.
---@param fn fun(record: freight.Record): boolean?
---@return freight.Model self
function Model:before_validate(fn) end

---Runs a function after a record was found valid.
---@param fn fun(record: freight.Record)
---@return freight.Model self
function Model:after_validate(fn) end

---Runs a function before a record is inserted or updated: `false` stops it with `hook_aborted`.
---@param fn fun(record: freight.Record): boolean?
---@return freight.Model self
function Model:before_save(fn) end

---Runs a function after a record was inserted or updated.
---@param fn fun(record: freight.Record)
---@return freight.Model self
function Model:after_save(fn) end

---Runs a function before a record is inserted: `false` stops it with `hook_aborted`.
---@param fn fun(record: freight.Record): boolean?
---@return freight.Model self
function Model:before_create(fn) end

---Runs a function after a record was inserted.
---@param fn fun(record: freight.Record)
---@return freight.Model self
function Model:after_create(fn) end

---Runs a function before a record is updated: `false` stops it with `hook_aborted`.
---@param fn fun(record: freight.Record): boolean?
---@return freight.Model self
function Model:before_update(fn) end

---Runs a function after a record was updated.
---@param fn fun(record: freight.Record)
---@return freight.Model self
function Model:after_update(fn) end

---Runs a function before a record is deleted: `false` stops it with `hook_aborted`.
---@param fn fun(record: freight.Record): boolean?
---@return freight.Model self
function Model:before_delete(fn) end

---Runs a function after a record was deleted.
---@param fn fun(record: freight.Record)
---@return freight.Model self
function Model:after_delete(fn) end

---Runs a function when the outermost transaction has committed.
---@param fn fun(record: freight.Record)
---@return freight.Model self
function Model:after_commit(fn) end

---Runs a function when the outermost transaction was rolled back.
---@param fn fun(record: freight.Record)
---@return freight.Model self
function Model:after_rollback(fn) end

---Runs a function when a record was read.
---@param fn fun(record: freight.Record)
---@return freight.Model self
function Model:after_find(fn) end
