-- The short way for new rows: what needs no cast, no hook and no more than a look goes from the
-- script's table into the row in one function of Rust. Everything else goes the long way.
local core = ...
local models, records, statements, saving = core.models, core.records, core.statements, core.saving
local Db = core.database.Db
local writing = {}

local plain = { integer = true, float = true, boolean = true, text = true, datetime = true, date = true }

-- What a field takes on the short way; nothing where its values have to be looked at.
local function takes(field, db)
  local kind = field.kind
  if not plain[kind] or field.as or field.values and kind ~= "text"
    or kind == "datetime" and (field.precision or db.driver == "mysql") then
    return "nothing"
  end
  return kind
end
writing.takes = takes

-- The least and the largest whole number that a field takes; nothing for 64 bits.
local function range_of(field)
  local limit = core.fields.ranges[field.type] or field.unsigned and 2 ^ 53
  if field.kind == "integer" and limit then
    return field.unsigned and 0 or -limit, limit - 1
  end
end
writing.range_of = range_of

-- A default that is sent as it stands.
local function constant(field)
  local default, kind = field.default, field.kind
  if default == nil or type(default) == "function" or models.is_expression(field) then
    return nil
  elseif kind == "boolean" and (default == 0 or default == 1) then
    return default == 1
  end
  local is_plain = kind == "boolean" and type(default) == "boolean" or kind == "text" and type(default) == "string"
    or kind == "integer" and type(default) == "number" and default % 1 == 0
    or kind == "float" and type(default) == "number" and default % 1 ~= 0
  return default, not is_plain
end

local stamps = { created_at = true, updated_at = true }

-- The fields for the writer; nil where the model needs more.
local function spec_of(inside, db)
  local spec, numbered = {}, nil
  for place, field in ipairs(inside.fields) do
    models.kind(inside, field)
    local default, is_odd = constant(field)
    local is_key = #inside.key == 1 and inside.key[1] == field.name
    local is_stamp = inside.options.timestamps and stamps[field.name]
    if is_odd or field.readonly or field.generated or type(field.default) == "function" or field.shadowed
      or inside.rules[field.name] ~= nil or is_key and field.kind == "uuid"
      or is_stamp and (field.kind ~= "datetime" or field.as) then
      return nil
    end
    local is_filled = field == inside.numbered or models.is_expression(field) or field.generated or field.auto_increment
    local digits = field.precision or db.driver == "mysql" and 0 or 6
    spec[place] = {
      field.name, takes(field, db), field.kind == "text" and field.size or nil,
      field.kind == "text" and field.values or nil,
      field.required and not is_filled or false, default, is_stamp and digits or nil, range_of(field),
    }
    if field == inside.numbered then
      numbered = place
    end
  end
  return spec, numbered
end

local function is_simple(inside)
  return next(inside.hooks) == nil and not inside.needs_transaction and not inside.counters and not inside.fillable
    and not inside.guarded and inside.options.validate == nil and #inside.key > 0
end

--- The writer of a model for its handle; false where it has none.
function writing.writer(inside, db)
  if inside.writer == nil or inside.writer_db ~= db then
    inside.writer, inside.writer_db, inside.refused = false, db, {}
    local spec, numbered
    if is_simple(inside) then
      spec, numbered = spec_of(inside, db)
    end
    if spec then
      inside.writer = core.writer(spec, numbered) or false
      inside.insert_shape = records.shape(inside, "the short way")
      inside.insert_shape[2] = saving.all_names(inside)
      -- What is read back has the columns of the table, in their order.
      inside.insert_read_shape = records.shape(inside, "the short way and back")
    end
  end
  return inside.writer
end

-- The fields of a mask, which has a bit for each field of the model.
local function fields_of(inside, mask)
  local sent = {}
  for place, field in ipairs(inside.fields) do
    if math.floor(mask / 2 ^ (place - 1)) % 2 == 1 then
      sent[#sent + 1] = field
    end
  end
  return sent
end

-- COPY takes rows several times as fast as INSERT does.
local function copy_sql(inside, db, sent)
  local columns, parts = {}, {}
  for place, field in ipairs(sent) do
    columns[place] = core.quote(db, field.column)
  end
  for part in inside.table:gmatch("[^%.]+") do
    parts[#parts + 1] = core.quote(db, part)
  end
  return "COPY " .. table.concat(parts, ".") .. " (" .. table.concat(columns, ", ") .. ") FROM STDIN"
end

--- Teaches a writer the statement for rows with the fields of a mask.
function writing.teach_rows(inside, db, mask)
  local sent = fields_of(inside, mask)
  if #sent == 0 then
    return false
  end
  -- A hundred at once, where each statement is a round trip.
  local many = db.driver ~= "sqlite" and saving.insert_sql(inside, db, sent, 100, "{}") or nil
  local copy = db.driver == "postgresql" and copy_sql(inside, db, sent) or nil
  return core.teach(inside.writer, mask, (saving.insert_sql(inside, db, sent, 1, "{}")), false, true, many, copy)
end

-- Types that have no default of their own, as domains may.
local built_in = {}
for _, name in ipairs({ "boolean", "bool", "smallint", "integer", "int", "bigint", "tinyint", "mediumint", "real", "double precision",
  "double", "float", "numeric", "decimal", "text", "tinytext", "mediumtext", "longtext", "varchar", "char", "character",
  "character varying", "date", "datetime", "timestamp", "timestamptz", "timestamp with time zone",
  "timestamp without time zone" }) do
  built_in[name] = true
end

-- The mask of the columns that a row may as well have as NULL, where it does not name them: the
-- database has no default for them. It is asked each time, because it may have got one.
local function fillable(inside, db)
  local mask, columns = 0, {}
  for _, column in ipairs(db:table_info(inside.table)) do
    local name = column.type:lower():gsub("%s*%(.*%)", "")
    columns[column.name] = built_in[name] and not (column.notnull or column.default or column.generated or column.pk)
      and column.extra == ""
  end
  for place, field in ipairs(inside.fields) do
    if columns[field.column] and field.default == nil then
      mask = mask + 2 ^ (place - 1)
    end
  end
  return mask
end

--- Teaches a writer the statement for a record with the fields of a mask; false where the short way
--- is none.
function writing.teach(inside, db, mask)
  if inside.refused[mask] then
    return false
  end
  local sent = fields_of(inside, mask)
  local is_returning = not (db.driver == "sqlite" and saving.is_determined(inside, { fields = sent }))
  if is_returning and not saving.returns(db) then
    inside.refused[mask] = true
    return false
  end
  local sql, order = saving.insert_sql(inside, db, sent, 1, is_returning and '{"returning":["*"]}' or "{}")
  if order then
    inside.refused[mask] = true
    return false
  end
  return core.teach(inside.writer, mask, sql, is_returning)
end

-- The handle and the writer of a model; nil where it has none, or somebody listens.
local function ready_writer(inside)
  local db = inside.ready
  if not db or inside.db ~= db or getmetatable(db) ~= Db then
    if getmetatable(models.db(inside)) ~= Db then
      return nil
    end
    db = saving.ready(inside)
  end
  local writer = inside.writer
  if writer == nil or inside.writer_db ~= db then
    writer = writing.writer(inside, db)
  end
  -- A table that may be gone with the transaction has to be looked for again.
  local is_quick = writer and inside.ready == db
  models.create_quickly(inside, is_quick and { db, writer, inside.insert_shape, Db, inside.insert_read_shape } or nil)
  return db, writer
end

--- Inserts the rows from a place on for which there is the short way: how many went in, and the
--- place of the first one for which there is none.
function writing.insert_rows(inside, rows, from)
  local db, writer = ready_writer(inside)
  local inserted, place, may_be_null = 0, from, nil
  while writer do
    local count, next_place, mask, is_mixed = core.insert_rows(db, writer, rows, place, may_be_null)
    inserted, place = inserted + count, next_place
    if is_mixed then
      may_be_null = fillable(inside, db)
    elseif not mask or not writing.teach_rows(inside, db, mask) then
      break
    end
  end
  return inserted, place
end

--- The record of a new row, or nil where it has to go the long way.
function writing.create(inside, data)
  local db, writer = ready_writer(inside)
  if not writer then
    return nil
  end
  local shape, read_shape = inside.insert_shape, inside.insert_read_shape
  local record, mask = core.insert_record(db, writer, shape, data, read_shape)
  if not record and mask and writing.teach(inside, db, mask) then
    record = core.insert_record(db, writer, shape, data, read_shape)
  end
  return record
end

return writing
