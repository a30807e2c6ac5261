//! Which constraint a statement violated. SQLite names the columns of a key and the name or text
//! of a check, but neither the key's own name nor the table of the check; and of a foreign key it
//! says nothing at all. So the texts of the tables are read, when there is an error to explain and
//! not before.
//!
//! What cannot be told apart is left open: a wrong name is worse than none.

use rusqlite::{Connection, OptionalExtension, Result, ffi};

use super::super::ddl::{Cursor, mentions, same_expression, same_name};
use super::super::inspect::read_table;
use super::super::statements::quote;
use crate::error::{DatabaseDetail, Error, ErrorKind};
use crate::schema::{Action, ForeignKey, Table};

/// The error, with what the schema tells of its constraint. The statement has ended, so that the
/// connection is free to be asked.
pub(super) fn named(connection: &Connection, error: Error) -> Error {
    let detail = error.database().clone();
    let sql = error.sql().unwrap_or_default();
    let found = match error.kind() {
        ErrorKind::UniqueViolation => unique(connection, detail),
        ErrorKind::CheckViolation => check(connection, sql, detail),
        ErrorKind::ForeignKeyViolation => foreign_key(connection, sql, detail),
        _ => return error,
    };
    // A schema that cannot be read now leaves the error as it was.
    let Ok(Some(detail)) = found else {
        return error;
    };
    let hint = (error.kind() == ErrorKind::ForeignKeyViolation).then(|| which_key(&detail));
    let error = error.with_database(detail);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

/// In place of the hint that SQLite does not say which key it is.
fn which_key(detail: &DatabaseDetail) -> String {
    let table = detail.table.as_deref().unwrap_or_default();
    match &detail.constraint {
        Some(name) => format!("the key is `{name}` of table `{table}`"),
        None => format!("the key is one of table `{table}`"),
    }
}

/// The table of an index that was named, or the name of the key whose columns were.
fn unique(connection: &Connection, mut detail: DatabaseDetail) -> Result<Option<DatabaseDetail>> {
    if let Some(index) = &detail.constraint {
        let Some((schema, table)) = table_of_index(connection, index)? else {
            return Ok(None);
        };
        let columns = columns_of_index(connection, &schema, index)?;
        detail.columns = columns.into_iter().flatten().collect();
        detail.table = Some(table);
        return Ok(Some(detail));
    }
    let name = detail.table.as_deref().unwrap_or_default();
    let [stored] = &*stored_tables(connection, "name = ?1 COLLATE NOCASE", name)? else {
        return Ok(None);
    };
    let Some((table, _)) = read_table(&stored.sql) else {
        return Ok(None);
    };
    let names = match detail.native == Some(i64::from(ffi::SQLITE_CONSTRAINT_UNIQUE)) {
        true => unique_names(connection, stored, &table, &detail.columns)?,
        false => table.primary_key.map(|key| key.name).into_iter().collect(),
    };
    Ok(match <[Option<String>; 1]>::try_from(names) {
        Ok([Some(name)]) => {
            detail.constraint = Some(name);
            Some(detail)
        }
        _ => None,
    })
}

/// The names of the constraints and indexes that allow these columns once; `None` for one without
/// a name.
fn unique_names(
    connection: &Connection,
    stored: &Stored,
    table: &Table,
    columns: &[String],
) -> Result<Vec<Option<String>>> {
    let constraints = table.uniques.iter().filter(|unique| {
        let own: Vec<&str> = unique.columns().collect();
        are_same(&own, columns)
    });
    let mut names: Vec<_> = constraints.map(|unique| unique.name.clone()).collect();
    let mut list = connection.prepare(
        "SELECT name FROM pragma_index_list(?1, ?2) WHERE \"unique\" AND origin = 'c' ORDER BY name",
    )?;
    let indexes = list.query_map([&stored.name, &stored.schema], |row| row.get(0))?;
    for index in indexes {
        let index: String = index?;
        let own = columns_of_index(connection, &stored.schema, &index)?;
        let own: Option<Vec<&str>> = own.iter().map(Option::as_deref).collect();
        if own.is_some_and(|own| are_same(&own, columns)) {
            names.push(Some(index));
        }
    }
    Ok(names)
}

fn are_same(own: &[&str], columns: &[String]) -> bool {
    own.len() == columns.len()
        && (own.iter().zip(columns)).all(|(own, column)| same_name(own, column))
}

/// The columns of an index, in order; `None` for an expression.
fn columns_of_index(
    connection: &Connection,
    schema: &str,
    index: &str,
) -> Result<Vec<Option<String>>> {
    let mut info =
        connection.prepare("SELECT name FROM pragma_index_info(?1, ?2) ORDER BY seqno")?;
    let columns = info.query_map([index, schema], |row| row.get(0))?;
    columns.collect()
}

/// The only index of a name: its database and its table.
fn table_of_index(connection: &Connection, index: &str) -> Result<Option<(String, String)>> {
    let mut found = Vec::new();
    for schema in schemas(connection)? {
        let catalog = quote(Some(&schema), "sqlite_schema");
        let sql = format!("SELECT tbl_name FROM {catalog} WHERE type = 'index' AND name = ?1");
        let table = connection.query_row(&sql, [index], |row| row.get(0));
        if let Some(table) = table.optional()? {
            found.push((schema, table));
        }
    }
    Ok(match found.len() {
        1 => found.pop(),
        _ => None,
    })
}

/// The table that has the check, and the columns that the check speaks of.
fn check(
    connection: &Connection,
    sql: &str,
    mut detail: DatabaseDetail,
) -> Result<Option<DatabaseDetail>> {
    let what = detail.constraint.clone().unwrap_or_default();
    // A name may stand there in quotes, with some of its characters doubled.
    let start = what.split(['"', '`', '[', ']']).next().unwrap_or_default();
    let mut found = Vec::new();
    for stored in stored_tables(connection, "instr(sql, ?1) > 0", start)? {
        let Some((table, _)) = read_table(&stored.sql) else {
            continue;
        };
        let own = table.checks.iter().find(|check| match &check.name {
            Some(name) => *name == what,
            None => same_expression(check.expression.as_str(), &what),
        });
        if let Some(check) = own {
            let text = check.expression.as_str();
            let columns = table.columns.iter().map(|column| column.name.clone());
            let columns: Vec<_> = columns.filter(|name| mentions(text, name)).collect();
            found.push((stored, columns));
        }
    }
    if found.len() > 1 {
        // It is that of the table that was written to, unless a trigger wrote to another one.
        let target = Target::read(connection, sql)?.map(|target| target.table);
        found.retain(|(stored, _)| target.as_ref() == Some(stored));
    }
    let Some((stored, columns)) = found.pop() else {
        return Ok(None);
    };
    detail.table = Some(stored.name);
    detail.columns = columns;
    Ok(Some(detail))
}

/// The foreign key, where the table that was written to takes part in a single one.
fn foreign_key(
    connection: &Connection,
    sql: &str,
    mut detail: DatabaseDetail,
) -> Result<Option<DatabaseDetail>> {
    let Some(Target { verb, table }) = Target::read(connection, sql)? else {
        return Ok(None);
    };
    let is_target = |name: &str| same_name(name, &table.name);
    let mut keys: Vec<(String, ForeignKey)> = Vec::new();
    let start = table.name.split(['"', '`', '[', ']']).next();
    let condition = "(sql LIKE '%references%' AND sql LIKE '%' || ?1 || '%')";
    for stored in stored_tables(connection, condition, start.unwrap_or_default())? {
        if stored.schema != table.schema {
            continue;
        }
        let Some((read, _)) = read_table(&stored.sql) else {
            return Ok(None);
        };
        let own = read.foreign_keys.into_iter();
        let own = own.filter(|key| is_target(&stored.name) || is_target(&key.target.name));
        keys.extend(own.map(|key| (stored.name.clone(), key)));
    }
    let Ok([(child, key)]) = <[_; 1]>::try_from(keys) else {
        return Ok(None);
    };
    let is_parent = is_target(&key.target.name);
    let ends_here = |action| matches!(action, Action::NoAction | Action::Restrict);
    // A cascade goes on to rows that other keys may hold.
    if is_parent && !(ends_here(key.on_delete) && ends_here(key.on_update)) {
        return Ok(None);
    }
    if is_target(&child) && (!is_parent || verb == Verb::Insert) {
        detail.columns = key.columns;
    }
    detail.table = Some(child);
    detail.constraint = key.name;
    Ok(Some(detail))
}

/// A table, as a database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stored {
    /// The database that it is in: `main`, `temp`, or one that was attached.
    schema: String,
    name: String,
    sql: String,
}

/// The tables of every database that fulfil a condition on `name` and `sql`, in which `?1` is a
/// text.
fn stored_tables(connection: &Connection, condition: &str, text: &str) -> Result<Vec<Stored>> {
    let mut found = Vec::new();
    for schema in schemas(connection)? {
        let catalog = quote(Some(&schema), "sqlite_schema");
        let mut select = connection.prepare(&format!(
            "SELECT name, sql FROM {catalog} WHERE type = 'table' AND {condition} ORDER BY name"
        ))?;
        let tables = select.query_map([text], |row| {
            Ok(Stored {
                schema: schema.clone(),
                name: row.get(0)?,
                sql: row.get(1)?,
            })
        })?;
        for table in tables {
            found.push(table?);
        }
    }
    Ok(found)
}

fn schemas(connection: &Connection) -> Result<Vec<String>> {
    let mut list = connection.prepare("SELECT name FROM pragma_database_list ORDER BY seq")?;
    let names = list.query_map([], |row| row.get(0))?;
    names.collect()
}

/// What a statement does to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Insert,
    Update,
    Delete,
}

/// The table that a statement writes to, and no other one: it has no trigger.
struct Target {
    verb: Verb,
    table: Stored,
}

impl Target {
    /// `None` where the statement writes to no table, or it is not certain to which ones.
    fn read(connection: &Connection, sql: &str) -> Result<Option<Self>> {
        let Some((verb, schema, name)) = written_name(sql) else {
            return Ok(None);
        };
        let mut tables = stored_tables(connection, "name = ?1 COLLATE NOCASE", &name)?;
        if let Some(schema) = schema {
            tables.retain(|table| same_name(&table.schema, &schema));
        }
        let Ok([table]) = <[Stored; 1]>::try_from(tables) else {
            return Ok(None);
        };
        for schema in schemas(connection)? {
            let catalog = quote(Some(&schema), "sqlite_schema");
            let sql = format!(
                "SELECT 1 FROM {catalog} WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE"
            );
            if connection.prepare(&sql)?.exists([&table.name])? {
                return Ok(None);
            }
        }
        Ok(Some(Self { verb, table }))
    }
}

/// The verb of a statement, and the name of its table with that of its database.
fn written_name(sql: &str) -> Option<(Verb, Option<String>, String)> {
    let mut cursor = Cursor::new(sql);
    let verb = if cursor.accept("INSERT") || cursor.accept("REPLACE") {
        Verb::Insert
    } else if cursor.accept("UPDATE") {
        Verb::Update
    } else if cursor.accept("DELETE") {
        Verb::Delete
    } else {
        return None;
    };
    if cursor.accept("OR") {
        cursor.advance()?;
    }
    let _ = cursor.accept("INTO") || cursor.accept("FROM");
    let (first, _) = cursor.name()?;
    match cursor.symbol(".") {
        true => Some((verb, Some(first), cursor.name()?.0)),
        false => Some((verb, None, first)),
    }
}

#[cfg(test)]
mod tests {
    use crate::dialect::DialectName;
    use crate::driver::{ConnectOptions, Connection, DatabaseUrl};

    fn open(statements: &[&str]) -> Box<dyn Connection> {
        let url = DatabaseUrl::parse("sqlite::memory:").unwrap();
        let dialect = DialectName::Sqlite.dialect();
        let mut connection = dialect.connect(&url, &ConnectOptions::default()).unwrap();
        for sql in statements {
            connection.run(sql).expect(sql);
        }
        connection
    }

    /// `table(columns) constraint` of what a statement violates, with a dash for what is not known.
    fn violated(connection: &mut dyn Connection, sql: &str) -> String {
        let error = connection.run(sql).expect_err(sql);
        let detail = error.database();
        let or_dash = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".to_owned());
        format!(
            "{}({}) {}",
            or_dash(&detail.table),
            detail.columns.join(", "),
            or_dash(&detail.constraint)
        )
    }

    fn check(statements: &[&str], cases: &[(&str, &str)]) {
        let mut connection = open(statements);
        for (sql, expected) in cases {
            assert_eq!(violated(&mut *connection, sql), *expected, "{sql}");
        }
    }

    #[test]
    fn keys_are_named() {
        check(
            &[
                "CREATE TABLE crates (id INT CONSTRAINT crates_key PRIMARY KEY, label TEXT UNIQUE, \
                 a INT, b INT, c INT, d INT, CONSTRAINT \"crates \"\"place\" UNIQUE (A, \"b\"))",
                "CREATE UNIQUE INDEX crates_d ON crates (d) WHERE d > 0",
                "CREATE UNIQUE INDEX crates_c ON crates (lower(c), b)",
                "CREATE TABLE twice (a INT UNIQUE, CONSTRAINT again UNIQUE (a COLLATE NOCASE))",
                "CREATE UNIQUE INDEX twice_a ON twice (a)",
                "CREATE TABLE numbered (id INTEGER CONSTRAINT numbered_key PRIMARY KEY)",
                "CREATE TABLE paired (a INT, b INT, CONSTRAINT pair PRIMARY KEY (a, b)) WITHOUT ROWID",
                "INSERT INTO crates VALUES (1, 'x', 2, 3, 4, 5)",
                "INSERT INTO twice VALUES (1)",
                "INSERT INTO numbered VALUES (1)",
                "INSERT INTO paired VALUES (1, 2)",
            ],
            &[
                (
                    "INSERT INTO crates (id) VALUES (1)",
                    "crates(id) crates_key",
                ),
                ("INSERT INTO crates (label) VALUES ('x')", "crates(label) -"),
                (
                    "INSERT INTO crates (a, b) VALUES (2, 3)",
                    "crates(a, b) crates \"place",
                ),
                ("INSERT INTO crates (d) VALUES (5)", "crates(d) crates_d"),
                (
                    "INSERT INTO crates (c, b) VALUES (4, 3)",
                    "crates(b) crates_c",
                ),
                ("INSERT INTO twice VALUES (1)", "twice(a) -"),
                (
                    "INSERT INTO numbered VALUES (1)",
                    "numbered(id) numbered_key",
                ),
                ("INSERT INTO paired VALUES (1, 2)", "paired(a, b) pair"),
            ],
        );
    }

    #[test]
    fn checks_have_tables_and_columns() {
        check(
            &[
                "CREATE TABLE crates (a INT CHECK (a > 0), b INT, CONSTRAINT \"odd \"\"one\" CHECK (A < b))",
                "CREATE TABLE boxes (a INT, c TEXT CHECK (  c   <> 'a' /* never */ ), CHECK (a > 0))",
                "CREATE TABLE lids (a INT CHECK (a > 0))",
                "CREATE TRIGGER lids_in AFTER INSERT ON lids BEGIN INSERT INTO boxes (a) VALUES (-new.a); END",
                "CREATE TEMP TABLE passing (t INT CONSTRAINT passing_t CHECK (t > 0))",
            ],
            &[
                ("INSERT INTO crates VALUES (2, 1)", "crates(a, b) odd \"one"),
                ("INSERT INTO crates VALUES (0, 1)", "crates(a) a > 0"),
                ("INSERT INTO boxes VALUES (0, 'x')", "boxes(a) a > 0"),
                ("INSERT INTO main.boxes VALUES (0, 'x')", "boxes(a) a > 0"),
                (
                    "INSERT INTO boxes VALUES (1, 'a')",
                    "boxes(c) c   <> 'a' /* never */",
                ),
                ("INSERT INTO lids VALUES (1)", "-() a > 0"),
                ("INSERT INTO passing VALUES (0)", "passing(t) passing_t"),
            ],
        );
    }

    #[test]
    fn a_foreign_key_is_named_where_it_is_the_only_one() {
        check(
            &[
                "CREATE TABLE ports (id INTEGER PRIMARY KEY)",
                "CREATE TABLE ships (id INTEGER PRIMARY KEY, port INT, \
                 CONSTRAINT ships_port FOREIGN KEY (port) REFERENCES ports (id))",
                "CREATE TABLE \"sea \"\"lanes\" (a INT, b INT, FOREIGN KEY (a) REFERENCES ports, \
                 FOREIGN KEY (b) REFERENCES ships ON DELETE CASCADE)",
                "CREATE TABLE people (id INTEGER PRIMARY KEY, boss INT CONSTRAINT bosses REFERENCES people)",
                "CREATE TABLE berths (ship INT REFERENCES people)",
                "CREATE TABLE tree (id INTEGER PRIMARY KEY, up INT CONSTRAINT tree_up REFERENCES tree)",
                "CREATE TABLE one (id INTEGER PRIMARY KEY)",
                "CREATE TABLE many (one INT CONSTRAINT many_one REFERENCES one)",
                "CREATE TABLE seen (a INT CONSTRAINT seen_one REFERENCES people)",
                "INSERT INTO one VALUES (1)",
                "INSERT INTO many VALUES (1)",
                "INSERT INTO tree VALUES (1, 1)",
                "INSERT INTO tree VALUES (2, 1)",
            ],
            &[
                ("INSERT INTO many VALUES (2)", "many(one) many_one"),
                ("UPDATE many SET one = 3", "many(one) many_one"),
                ("DELETE FROM one", "many() many_one"),
                ("UPDATE one SET id = 2", "many() many_one"),
                ("INSERT INTO tree VALUES (3, 9)", "tree(up) tree_up"),
                ("DELETE FROM tree WHERE id = 1", "tree() tree_up"),
                ("INSERT INTO ships VALUES (1, 9)", "-() -"),
                ("INSERT INTO \"sea \"\"lanes\" VALUES (9, 9)", "-() -"),
                ("INSERT INTO people VALUES (1, 9)", "-() -"),
                (
                    "WITH x AS (SELECT 2) INSERT INTO many SELECT * FROM x",
                    "-() -",
                ),
            ],
        );
    }
}
