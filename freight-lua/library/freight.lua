---@meta freight
-- What editors are told of the API, in the annotations of LuaLS
-- (https://luals.github.io/wiki/annotations/). Nothing here runs. `tests/lua/annotations.lua`
-- compares it with the API that is there, name by name and in both directions.
--
-- A function of the API stands as `function CLASS.name(…)` or `CLASS:name(…)` with a sentence and a
-- `@return`; a value as a `@field` of its class. Each name has its spelling in camelCase too.
-- Models stand in `models.lua` beside this file.

-- ------------------------------------------------------------------------------------- values

---A value that a placeholder takes: `nil` and `freight.null` are NULL, a list is spread.
---@alias freight.Parameter nil|boolean|number|string|table|userdata

---A row: the columns by name. A NULL is an absent key.
---@alias freight.Row table<string, any>

---Milliseconds.
---@alias freight.Milliseconds number

---Seconds since 1970 in UTC, with a fraction where there is one.
---@alias freight.Seconds number

---What went wrong. `tostring(err)` and `"text: " .. err` are one line.
---@class freight.Error
---@field code string What kind of error it is, such as `unique_violation`.
---@field message string One sentence for people.
---@field hint? string What to do about it.
---@field retryable boolean Whether trying again may help.
---@field driver? "sqlite"|"mysql"|"postgresql"
---@field native? integer The database's own number.
---@field sqlstate? string The database's SQLSTATE.
---@field sql? string The statement.
---@field params? any[] Its values; each is `"(redacted)"` unless `freight.debug` is on.
---@field table? string
---@field column? string
---@field columns? string[]
---@field constraint? string
---@field cause? any What a migration raised.
---@field model? string
---@field field? string The field that a value or a name was meant for.
---@field value? any What could not be cast.
---@field key? any The key that was looked for.
---@field errors? { field: string?, rule: string, message: string, value: any }[] All that `validation` found.
local Error = {}

---Compares the code.
---@param code string
---@return boolean
function Error:is(code) end

-- ------------------------------------------------------------------------------------- handles

---An open database.
---@class freight.Db
---@field driver "sqlite"|"mysql"|"postgresql"
---@field dialect "sqlite"|"mysql"|"postgresql"
local Db = {}

---Runs one or more statements without values.
---@param sql string
---@return integer rows The rows that the last one matched.
function Db:exec(sql) end

---Runs one statement.
---@param sql string
---@param ... freight.Parameter
---@return integer rows The rows that an INSERT, UPDATE or DELETE matched, 0 for anything else.
function Db:execute(sql, ...) end

---All rows.
---@param sql string
---@param ... freight.Parameter
---@return freight.Row[]
function Db:query(sql, ...) end

---All rows: another name of `query`.
---@param sql string
---@param ... freight.Parameter
---@return freight.Row[]
function Db:raw(sql, ...) end

---The first row.
---@param sql string
---@param ... freight.Parameter
---@return freight.Row?
function Db:query_row(sql, ...) end

---The first column of the first row.
---@param sql string
---@param ... freight.Parameter
---@return any
function Db:query_value(sql, ...) end

---All rows, with the names and types of the columns.
---@param sql string
---@param ... freight.Parameter
---@return { rows: freight.Row[], columns: string[], types: string[] }
function Db:query_full(sql, ...) end

---The rows, one after the other, for `for`.
---@param sql string
---@param ... freight.Parameter
---@return fun(cursor: userdata): freight.Row? next
---@return userdata cursor
function Db:rows(sql, ...) end

---The rows that the last change of this coroutine matched.
---@return integer
function Db:changes() end

---The key of this coroutine's last INSERT.
---@return integer|string|nil
function Db:last_insert_id() end

---Another name of `last_insert_id`.
---@return integer|string|nil
function Db:last_insert_rowid() end

---Opens a transaction, or a savepoint inside one.
---@param options? freight.TransactionWays
---@return true
function Db:begin(options) end

---Commits what the matching `begin` opened.
---@return true
function Db:commit() end

---Undoes what the matching `begin` opened.
---@return true
function Db:rollback() end

---Whether a transaction is open, as the server says.
---@return boolean
function Db:in_transaction() end

---Runs a function in a transaction, or in a savepoint of the one that is open.
---@generic T
---@param fn fun(tx: freight.Tx): T
---@param options? freight.TransactionOptions
---@return T|boolean result What the function returns; `true` for nothing, `false` after `tx:rollback`.
---@return any reason
function Db:transaction(fn, options) end

---Calls a function after the outermost commit, at once where nothing is open.
---@param fn fun()
---@return true
function Db:after_commit(fn) end

---Calls a function after a rollback.
---@param fn fun()
---@return true
function Db:after_rollback(fn) end

---Runs a function whose SQL changes these tables, where its text does not tell the cache.
---@generic T
---@param tables string[]
---@param fn fun(): T
---@return T
function Db:writes(tables, fn) end

---Whether there is a table or a view of that name, which may have a schema before it.
---@param name string
---@return boolean
function Db:table_exists(name) end

---The names of the tables, sorted.
---@param options? { internal?: boolean }
---@return string[]
function Db:tables(options) end

---The columns of a table; none for one that is not there.
---@param name string
---@return freight.ColumnInfo[]
function Db:table_info(name) end

---The indexes of a table.
---@param name string
---@return freight.IndexInfo[]
function Db:index_list(name) end

---The foreign keys of a table.
---@param name string
---@return freight.ForeignKeyInfo[]
function Db:foreign_keys(name) end

---Runs a migration once, by a function that gets the handle, or SQL.
---@param name string
---@param up string|fun(db: freight.Db)
---@param down? string|fun(db: freight.Db)
---@return boolean ran Whether it ran now.
function Db:migrate(name, up, down) end

---The migrations that scripts have applied, in order.
---@return { current_batch: integer, total_migrations: integer, migrations: { name: string, batch: integer, executed_at: string }[] }
function Db:migration_status() end

---Undoes the migrations of the last batch, the last first.
---@param ways? table<string, table> `ways[name] = { up, down }` for those that this process does not know.
---@return boolean done
---@return string? why
function Db:rollback_migrations(ways) end

---Undoes every migration.
---@param is_meant true
---@return boolean done
---@return string? why
function Db:reset(is_meant) end

---Drops tables, those that refer to others first.
---@param ... string
---@return integer dropped
function Db:drop_tables(...) end

---A model of this handle: defines it, or gives the one that is there.
---@param name string The name of its table, unless `table` says another one.
---@param definition? table<string, freight.Field|freight.FieldType>|freight.ModelOptions
---@param options? freight.ModelOptions
---@return freight.Model
function Db:model(name, definition, options) end

---Makes what is missing of the tables of models. Nothing is dropped, and no type is changed.
---@param ... freight.Model|string All models of the handle unless given.
---@return freight.MigrateReport
function Db:auto_migrate(...) end

---The SQL that `auto_migrate` would run.
---@param ... freight.Model|string All models of the handle unless given.
---@return string[]
function Db:plan(...) end

---Calls a function for each event.
---@param event "query"|"slow"|"transaction"
---@param fn fun(event: freight.QueryEvent|freight.TransactionEvent)
---@return true
function Db:on(event, fn) end

---Calls a function no more.
---@param fn function
---@return true
function Db:off(fn) end

---Whether the server answers. It never raises.
---@return boolean
function Db:ping() end

---Closes it, however often.
---@return true
function Db:close() end

---The version of the server.
---@return string
function Db:server_version() end

---@class freight.ColumnInfo
---@field cid integer Its place, from 0.
---@field name string
---@field type string
---@field full_type string
---@field notnull boolean
---@field default? string SQL.
---@field pk boolean
---@field generated boolean
---@field extra string `auto_increment` where the database numbers it.

---@class freight.IndexInfo
---@field name string
---@field unique boolean
---@field primary boolean
---@field columns string[]

---@class freight.ForeignKeyInfo
---@field name? string SQLite tells none.
---@field columns string[]
---@field table string
---@field references string[]
---@field on_delete string
---@field on_update string

---@class freight.QueryEvent
---@field sql string
---@field params table The values; `n` is their number.
---@field ms freight.Milliseconds
---@field kind string The first word of the statement.
---@field rows? integer
---@field affected? integer
---@field error? any

---@class freight.TransactionEvent
---@field event "begin"|"commit"|"rollback"
---@field depth integer
---@field ms freight.Milliseconds

---@class freight.TransactionWays
---@field isolation? "read uncommitted"|"read committed"|"repeatable read"|"serializable"
---@field read_only? boolean
---@field mode? "deferred"|"immediate"|"exclusive" SQLite.

---@class freight.TransactionOptions: freight.TransactionWays
---@field retry? integer How often the function runs again after a deadlock and the like.

---A transaction: its handle, and what leaves it.
---@class freight.Tx: freight.Db
local Tx = {}

---Undoes the transaction and leaves it: `transaction` returns `false` and the reason.
---@param reason? any
---@return nil # It does not return.
function Tx:rollback(reason) end

-- ------------------------------------------------------------------------------------- drivers

---What every way to open takes.
---@class freight.OpenOptions
---@field pool? integer Connections at most: 5, and 1 in memory, unless given.
---@field lazy? boolean Opens with the first statement.
---@field tls? boolean|string For servers; a mode of `sslmode` as a string.
---@field decimals? "string"|"number"
---@field booleans? boolean Columns that are declared so give booleans on SQLite and MySQL.
---@field log? boolean|fun(event: freight.QueryEvent)
---@field slow_ms? freight.Milliseconds
---@field connect_timeout_ms? freight.Milliseconds
---@field statement_timeout_ms? freight.Milliseconds
---@field idle_check_ms? freight.Milliseconds 30 seconds unless given.
---@field history_table? string The table of `migrate` and its like; `_freight_migrations` unless the project has another one.

---What `connect` takes.
---@class freight.ConnectOptions: freight.OpenOptions
---@field host? string `localhost` unless given.
---@field port? integer|string
---@field user? string `root` on MySQL and `postgres` on PostgreSQL unless given.
---@field password? string
---@field database? string

---@class freight.sqlite
sqlite = {}

---Opens a file, and makes it with its folders where it is missing.
---@param path string
---@param options? freight.OpenOptions
---@return freight.Db
function sqlite.open(path, options) end

---Opens a database in memory.
---@param options? freight.OpenOptions
---@return freight.Db
function sqlite.memory(options) end

---The version of the library that is built in.
---@return string
function sqlite.version() end

---@class freight.mysql
mysql = {}

---Opens a server by its place, or what a URL names.
---@param where? freight.ConnectOptions|string
---@param options? freight.OpenOptions
---@return freight.Db
function mysql.connect(where, options) end

---Opens what a URL names.
---@param url string
---@param options? freight.OpenOptions
---@return freight.Db
function mysql.open(url, options) end

---The version of the client, which is Freight's own.
---@return string
function mysql.version() end

---@class freight.postgresql
postgresql = {}

---Opens a server by its place, or what a URL names.
---@param where? freight.ConnectOptions|string
---@param options? freight.OpenOptions
---@return freight.Db
function postgresql.connect(where, options) end

---Opens what a URL names.
---@param url string
---@param options? freight.OpenOptions
---@return freight.Db
function postgresql.open(url, options) end

---The version of the client, which is Freight's own.
---@return string
function postgresql.version() end

-- ------------------------------------------------------------------------------------- helpers

---@class freight.json
---@field null userdata The same as `freight.null`.
---@overload fun(options?: freight.Field): freight.Field
json = {}

---The text of a value.
---@param value any
---@param options? { pretty?: boolean }
---@return string
function json.encode(value, options) end

---The text of a value over several lines.
---@param value any
---@return string
function json.pretty(value) end

---The value of a text.
---@param text string
---@param options? { null?: userdata }
---@return any
function json.decode(text, options) end

---Marks a table as an array.
---@param list? table
---@return table
function json.array(list) end

---Marks a table as an object.
---@param members? table
---@return table
function json.object(members) end

---@class freight.time
time = {}

---Now.
---@return freight.Seconds
function time.now() end

---Now, in whole milliseconds.
---@return integer
function time.now_ms() end

---Seconds of a clock that is never set.
---@return number
function time.monotonic() end

---Whole milliseconds of a clock that is never set.
---@return integer
function time.monotonic_ms() end

---Waits.
---@param milliseconds freight.Milliseconds
---@return true
function time.sleep(milliseconds) end

---A point in time as text, in UTC.
---@param seconds freight.Seconds
---@param format? string `%Y-%m-%d %H:%M:%S` unless given.
---@return string
function time.format(seconds, format) end

---The point in time that a text names.
---@param text string
---@param format? string ISO 8601 and what databases print unless given.
---@return freight.Seconds
function time.parse(text, format) end

---@class freight.crypto
crypto = {}

---The digest in hexadecimal digits.
---@param bytes string
---@return string
function crypto.sha256(bytes) end

---The digest in hexadecimal digits. It protects nothing any more.
---@param bytes string
---@return string
function crypto.sha1(bytes) end

---The digest in hexadecimal digits. It protects nothing any more.
---@param bytes string
---@return string
function crypto.md5(bytes) end

---The code of a message in hexadecimal digits.
---@param algorithm "sha256"|"sha1"
---@param key string
---@param message string
---@return string
function crypto.hmac(algorithm, key, message) end

---Bytes as base64.
---@param bytes string
---@return string
function crypto.base64_encode(bytes) end

---The bytes of base64.
---@param text string
---@return string
function crypto.base64_decode(text) end

---Bytes as hexadecimal digits.
---@param bytes string
---@return string
function crypto.hex_encode(bytes) end

---The bytes of hexadecimal digits.
---@param text string
---@return string
function crypto.hex_decode(text) end

---Random bytes, which can be used as a secret.
---@param count integer
---@return string
function crypto.random_bytes(count) end

---A random UUID (version 4).
---@return string
function crypto.uuid() end

---A UUID that begins with the time (version 7); those of one process come in order.
---@return string
function crypto.uuid7() end

---@class freight.os_ext
os_ext = {}

---A variable.
---@param name string
---@return string?
function os_ext.env(name) end

---Sets a variable, also for programs that are started.
---@param name string
---@param value string
---@return true
function os_ext.setenv(name, value) end

---Takes a variable away.
---@param name string
---@return true
function os_ext.unsetenv(name) end

---The current folder.
---@return string
function os_ext.cwd() end

---Goes to a folder.
---@param folder string
---@return true
function os_ext.chdir(folder) end

---The operating system: `linux`, `macos`, `windows` and so on.
---@return string
function os_ext.platform() end

---The processor: `x86_64`, `aarch64` and so on.
---@return string
function os_ext.arch() end

---The folder of the user.
---@return string?
function os_ext.homedir() end

---The folder for temporary files.
---@return string
function os_ext.tmpdir() end

---The name of the machine.
---@return string
function os_ext.hostname() end

---How many threads can run at once.
---@return integer
function os_ext.cpus() end

-- -------------------------------------------------------------------------------------- module

---@class freight
---@field version string
---@field null userdata NULL, where `nil` would be no value at all.
---@field sqlite freight.sqlite
---@field mysql freight.mysql
---@field postgresql freight.postgresql
---@field json freight.json
---@field time freight.time
---@field crypto freight.crypto
---@field os_ext freight.os_ext
---@field redis freight.redis
---@field test freight.test
---@field debug boolean Errors have the values of their statements in `params`; off at first.
freight = {}

---Opens what a URL names, or a driver with its options. The first handle is the default one.
---@param what string
---@param options? freight.ConnectOptions
---@return freight.Db
function freight.open(what, options) end

---Makes a handle the default one.
---@param db freight.Db
---@param options? freight.InitOptions
---@return freight.Db
function freight.init(db, options) end

---The default handle.
---@return freight.Db
function freight.db() end

---A model of the default handle: defines it, or gives the one that is there.
---@param name string The name of its table, unless `table` says another one.
---@param definition? table<string, freight.Field|freight.FieldType>|freight.ModelOptions
---@param options? freight.ModelOptions
---@return freight.Model
function freight.model(name, definition, options) end

---Declares types, views and objects beside the models.
---@param sections freight.Declarations
---@return true
function freight.declare(sections) end

---Loads relations of records that were read already.
---@param records freight.Record|freight.Record[]
---@param ... string|table<string, true|fun(query: freight.Query): freight.Query>
---@return freight.Record[] records
function freight.load(records, ...) end

---A maker of records with made-up values: `values` has those of each field, or functions that get the
---number of the record.
---@param model freight.Model
---@param values? table<string, any>
---@return freight.Factory
function freight.factory(model, values) end

---A field of any type.
---@param definition string|freight.Field
---@return freight.Field
function freight.field(definition) end

---A field: the key, a number that the database gives unless its type says otherwise.
---@param options? freight.Field
---@return freight.Field
function freight.primary_key(options) end

---A field: text of so many characters at most.
---@param size? integer 255 unless given.
---@param options? freight.Field
---@return freight.Field
---@overload fun(options: freight.Field): freight.Field
function freight.string(size, options) end

---A field: a decimal number, which is a string in Lua.
---@param precision? integer Digits.
---@param scale? integer Digits behind the point.
---@param options? freight.Field
---@return freight.Field
---@overload fun(options: freight.Field): freight.Field
function freight.decimal(precision, scale, options) end

---A field: one of a list of texts.
---@param values string[]
---@param options? freight.Field
---@return freight.Field
function freight.enum(values, options) end

---A field: the key of a row of another table, with an index.
---@param target string
---@param column? string The key of the table unless given.
---@param options? freight.Field
---@return freight.Field
---@overload fun(target: string, options: freight.Field): freight.Field
function freight.foreign_key(target, column, options) end

---A field: text of any length.
---@param options? freight.Field
---@return freight.Field
function freight.text(options) end

---A field: an integer of 64 bits.
---@param options? freight.Field
---@return freight.Field
function freight.integer(options) end

---A field: an integer of 64 bits, as `integer` is.
---@param options? freight.Field
---@return freight.Field
function freight.bigint(options) end

---A field: a double.
---@param options? freight.Field
---@return freight.Field
function freight.float(options) end

---A field: `true` or `false`.
---@param options? freight.Field
---@return freight.Field
function freight.boolean(options) end

---A field: a point in time, in UTC.
---@param options? freight.Field
---@return freight.Field
function freight.datetime(options) end

---A field: a day.
---@param options? freight.Field
---@return freight.Field
function freight.date(options) end

---A field: a time of day.
---@param options? freight.Field
---@return freight.Field
function freight.time_of_day(options) end

---A field: a UUID.
---@param options? freight.Field
---@return freight.Field
function freight.uuid(options) end

---A value that a function makes, kept until one of its tables is changed; as JSON gives it back.
---@param key string
---@param options { tables: string[], ttl?: number }
---@param fn fun(): any
---@return any
function freight.cached(key, options, fn) end

---Forgets what the cache has of a table, or of everything: whether that was done.
---@param table? string
---@return boolean
function freight.cache_purge(table) end

---What the cache of a handle did so far; nil where it has none.
---@param db? freight.Db
---@return freight.CacheStats?
function freight.cache_stats(db) end

---A transaction on the default handle.
---@generic T
---@param fn fun(tx: freight.Tx): T
---@param options? freight.TransactionOptions
---@return T|boolean result
---@return any reason
function freight.transaction(fn, options) end

---Calls a function; an error of Freight, and no other, becomes `nil, error`.
---@param fn function
---@param ... any
---@return any result
---@return freight.Error? error
function freight.try(fn, ...) end

---Whether a value is `nil` or `freight.null`.
---@param value any
---@return boolean
function freight.is_null(value) end

---Bytes, whatever the column; with options in their place, a field of bytes.
---@param bytes string
---@return table
---@overload fun(options?: freight.Field): freight.Field
function freight.blob(bytes) end

---SQL for a placeholder, with values for its own `?`. It is not checked.
---@param text string
---@param ... freight.Parameter
---@return table
function freight.sql(text, ...) end

---A document of JSON.
---@param value any
---@return table
function freight.json_value(value) end

---An array of PostgreSQL.
---@param list any[]
---@return table
function freight.array(list) end

---Takes their meaning for LIKE from `%`, `_` and `\`.
---@param text string
---@return string
function freight.like_escape(text) end

---Puts the drivers and helpers among the globals.
---@param options? { force?: boolean }
---@return true
function freight.install_globals(options) end

return freight
