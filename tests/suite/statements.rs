//! Statements, values and rows.

use freight_core::driver::{Columns, Executed, Flow, Row, RowSet, RowSink, Statement};
use freight_core::{Database, DialectName, Error, ErrorKind, Result, Value};

use crate::support::{TestDatabase, rows, run_all, text};

/// A table with a column of every kind that all databases have.
const THINGS: &str = "CREATE TABLE things (id integer, big bigint, real_number double precision, \
     price decimal(12, 3), name varchar(40), story text, born date)";
const COLUMNS: [&str; 7] = ["id", "big", "real_number", "price", "name", "story", "born"];

fn things(database: &TestDatabase) -> Database {
    let mut database = database.connect();
    run_all(&mut database, &[THINGS]);
    database
}

fn execute(database: &mut Database, statement: &Statement) -> Executed {
    database.connection.execute(statement).unwrap()
}

fn fetch(database: &mut Database, statement: &Statement) -> RowSet {
    database.connection.fetch(statement).unwrap()
}

/// The type of a column of bytes, which has no common name.
fn bytes_type(database: &TestDatabase) -> &'static str {
    match database.dialect {
        DialectName::Sqlite => "blob",
        DialectName::Postgres => "bytea",
        DialectName::Mysql => "longblob",
    }
}

/// The type of a column of long text.
fn long_text_type(database: &TestDatabase) -> &'static str {
    match database.dialect {
        DialectName::Mysql => "longtext",
        _ => "text",
    }
}

on_every_database! {
    fn a_bound_value_comes_back(database) {
        let mut database = database.connect();
        database.exec("CREATE TABLE things (id integer, name varchar(40))").unwrap();
        let insert = Statement::new("INSERT INTO things VALUES (?, ?)").bind(7).bind("it's");
        assert_eq!(execute(&mut database, &insert).affected, 1);
        let rows = fetch(&mut database, &Statement::new("SELECT id, name FROM things"));
        assert_eq!(rows.rows, [[Value::Int(7), Value::Text("it's".into())]]);
    }

    fn a_text_goes_into_a_column_of_every_kind(database) {
        let mut database = things(database);
        let mut insert = Statement::new("INSERT INTO things VALUES (?, ?, ?, ?, ?, ?, ?)");
        for value in ["-2147483648", "9223372036854775807", "1.5", "-12.125", "x", "y", "2024-02-29"] {
            insert = insert.bind(value);
        }
        execute(&mut database, &insert);
        let row = rows(&mut database, "SELECT * FROM things").rows.remove(0);
        assert_eq!(row[0], Value::Int(-2_147_483_648));
        assert_eq!(row[1], Value::Int(i64::MAX));
        assert_eq!(row[2], Value::Float(1.5));
        assert_eq!(row[3].to_string(), "-12.125");
        assert_eq!(row[4], Value::from("x"));
        assert_eq!(row[5], Value::from("y"));
        assert_eq!(row[6], Value::from("2024-02-29"));
    }

    fn a_whole_number_goes_into_numbers_and_texts(database) {
        let mut database = things(database);
        let insert = Statement::new("INSERT INTO things VALUES (?, ?, ?, ?, ?, ?, NULL)");
        let insert = [0, i64::MIN, 3, 4, 5, 6].into_iter().fold(insert, Statement::bind);
        execute(&mut database, &insert);
        let row = rows(&mut database, "SELECT * FROM things").rows.remove(0);
        assert_eq!(row[..2], [Value::Int(0), Value::Int(i64::MIN)]);
        assert_eq!(row[2], Value::Float(3.0));
        assert!(["4", "4.000"].contains(&row[3].to_string().as_str()), "{row:?}");
        assert_eq!(row[4..6], [Value::from("5"), Value::from("6")]);
    }

    fn a_float_goes_into_numbers(database) {
        let mut database = things(database);
        let insert = Statement::new("INSERT INTO things (id, real_number, price) VALUES (?, ?, ?)");
        execute(&mut database, &insert.clone().bind(2.0).bind(1e300).bind(0.125));
        execute(&mut database, &insert.bind(-3.0).bind(5e-324).bind(-0.5));
        let found = rows(&mut database, "SELECT id, real_number FROM things ORDER BY id");
        assert_eq!(found.rows[0], [Value::Int(-3), Value::Float(5e-324)]);
        assert_eq!(found.rows[1], [Value::Int(2), Value::Float(1e300)]);
        let prices = text(&mut database, "SELECT price FROM things ORDER BY price");
        assert!(["-0.5\n0.125", "-0.500\n0.125"].contains(&prices.as_str()), "{prices}");
    }

    fn a_boolean_goes_into_integers_and_booleans(database) {
        let mut database = database.connect();
        run_all(&mut database, &["CREATE TABLE flags (i integer, b boolean)"]);
        let insert = Statement::new("INSERT INTO flags VALUES (?, ?)");
        execute(&mut database, &insert.clone().bind(true).bind(true));
        execute(&mut database, &insert.bind(false).bind(false));
        let found = rows(&mut database, "SELECT i, b FROM flags ORDER BY i");
        let as_ints: Vec<_> = found.rows.iter().flatten().map(Value::as_int).collect();
        assert_eq!(as_ints, [Some(0), Some(0), Some(1), Some(1)]);
        let find = Statement::new("SELECT count(*) FROM flags WHERE b = ?").bind(true);
        assert_eq!(database.connection.fetch_value(&find).unwrap(), Value::Int(1));
    }

    fn null_goes_into_a_column_of_every_kind(database) {
        let mut database = things(database);
        let nulls = (0..7).fold(
            Statement::new("INSERT INTO things VALUES (?, ?, ?, ?, ?, ?, ?)"),
            |statement, _| statement.bind(Value::Null),
        );
        execute(&mut database, &nulls);
        let found = rows(&mut database, "SELECT * FROM things");
        assert_eq!(found.rows, [vec![Value::Null; 7]]);
        for column in COLUMNS {
            let update = Statement::new(format!("UPDATE things SET {column} = ? WHERE {column} IS NULL"));
            assert_eq!(execute(&mut database, &update.bind(Value::Null)).affected, 1, "{column}");
        }
    }

    fn bytes_come_back_as_they_were(database) {
        let kind = bytes_type(database);
        let mut database = database.connect();
        run_all(&mut database, &[&format!("CREATE TABLE pieces (id integer, bytes {kind})")]);
        let all: Vec<u8> = (0..=255).collect();
        for (id, bytes) in [(1, Vec::new()), (2, vec![0]), (3, all.repeat(20_000))] {
            let insert = Statement::new("INSERT INTO pieces VALUES (?, ?)").bind(id);
            execute(&mut database, &insert.bind(bytes.clone()));
            let find = Statement::new("SELECT bytes FROM pieces WHERE id = ?").bind(id);
            let found = database.connection.fetch_value(&find).unwrap();
            assert!(found == Value::Bytes(bytes), "piece {id} changed");
        }
        let find = Statement::new("SELECT id FROM pieces WHERE bytes = ?").bind(vec![0_u8]);
        assert_eq!(database.connection.fetch_value(&find).unwrap(), Value::Int(2));
    }

    fn texts_come_back_as_they_were(database) {
        let kind = long_text_type(database);
        let mut database = database.connect();
        run_all(&mut database, &[&format!("CREATE TABLE texts (id integer, words {kind})")]);
        for (id, words) in [
            (1, String::new()),
            (2, " both ends ".to_owned()),
            (3, "'; DROP TABLE texts; --".to_owned()),
            (4, r#"\ \\ \' \" \n \0 \x41 "q" `b` [c] $1 $$ ? ?? % _"#.to_owned()),
            (5, "tab\tline\nreturn\r\nbell\u{7}".to_owned()),
            (6, "naïve Ünïcödé — 漢字 🦀 \u{200d} e\u{301}".to_owned()),
            (7, "NULL".to_owned()),
            (8, "0".repeat(5_000_000)),
            (9, "é'\\🦀".repeat(500_000)),
        ] {
            let insert = Statement::new("INSERT INTO texts VALUES (?, ?)").bind(id);
            execute(&mut database, &insert.bind(words.clone()));
            let find = Statement::new("SELECT words FROM texts WHERE id = ?").bind(id);
            let found = database.connection.fetch_value(&find).unwrap();
            assert!(found == Value::Text(words), "text {id} changed");
        }
    }

    fn a_nul_in_a_text_comes_back_or_is_refused(database) {
        let dialect = database.dialect;
        let mut database = things(database);
        let insert = Statement::new("INSERT INTO things (story) VALUES (?)").bind("a\0b");
        match database.connection.execute(&insert) {
            Ok(_) => {
                let found = rows(&mut database, "SELECT story FROM things");
                assert_eq!(found.rows, [[Value::from("a\0b")]]);
            }
            Err(error) => {
                assert_eq!(dialect, DialectName::Postgres, "{error}");
                assert_eq!(error.kind(), ErrorKind::InvalidValue, "{error}");
                assert_eq!(text(&mut database, "SELECT count(*) FROM things"), "0");
            }
        }
    }

    fn values_need_no_column(database) {
        let mut database = database.connect();
        let select = Statement::new("SELECT ?, ?, ?").bind("a").bind(5).bind(Value::Null);
        let row = fetch(&mut database, &select).rows.remove(0);
        assert_eq!(row[0], Value::from("a"));
        assert_eq!(row[1].to_string(), "5");
        assert_eq!(row[2], Value::Null);
    }

    fn values_stand_wherever_sql_has_a_place_for_them(database) {
        let mut database = things(database);
        let insert = Statement::new("INSERT INTO things (id, name) VALUES (?, ?), (?, ?), (?, ?)");
        execute(&mut database, &insert.bind(1).bind("a").bind(2).bind("b").bind(3).bind("c"));
        let find = Statement::new(
            "SELECT name FROM things WHERE id IN (?, ?) AND name LIKE ? AND id BETWEEN ? AND ? \
             ORDER BY id LIMIT ? OFFSET ?",
        );
        let find = find.bind(2).bind(3).bind("%").bind(1).bind(9).bind(1).bind(1);
        assert_eq!(fetch(&mut database, &find).rows, [[Value::from("c")]]);
        let update = Statement::new("UPDATE things SET name = ?, price = ? WHERE id = ?");
        assert_eq!(execute(&mut database, &update.bind("z").bind("1.5").bind("3")).affected, 1);
        let delete = Statement::new("DELETE FROM things WHERE name <> ?").bind("z");
        assert_eq!(execute(&mut database, &delete).affected, 2);
    }

    fn a_wrong_number_of_values_is_refused_before_anything_is_sent(database) {
        let mut database = things(database);
        for (sql, values) in [
            ("INSERT INTO things (id, big) VALUES (?, ?)", 1),
            ("INSERT INTO things (id, big) VALUES (?, ?)", 3),
            ("INSERT INTO things (id) VALUES (1)", 1),
            ("INSERT INTO things (id) VALUES (?)", 0),
        ] {
            let statement = (0..values).fold(Statement::new(sql), Statement::bind);
            for error in [
                database.connection.execute(&statement).unwrap_err(),
                database.connection.fetch(&statement).unwrap_err(),
            ] {
                assert_eq!(error.kind(), ErrorKind::BadArgument, "{sql}");
                let wanted = sql.matches('?').count();
                assert!(error.message().contains(&format!("{wanted} placeholder")), "{error}");
                assert!(error.message().contains(&format!("{values} value")), "{error}");
            }
        }
        assert_eq!(text(&mut database, "SELECT count(*) FROM things"), "0");
    }

    fn question_marks_that_are_no_placeholders_stay(database) {
        let dialect = database.dialect;
        let mut database = database.connect();
        let sql = "SELECT '?', '??', ? /* ? */, 'it''s ?' -- ?";
        let row = fetch(&mut database, &Statement::new(sql).bind("x")).rows.remove(0);
        let expected = ["?", "??", "x", "it's ?"].map(Value::from);
        assert_eq!(row, expected);
        if dialect == DialectName::Postgres {
            let has = Statement::new(r#"SELECT '{"a": 1}'::jsonb ?? ?"#);
            let found = database.connection.fetch_value(&has.clone().bind("a")).unwrap();
            assert_eq!(found, Value::Bool(true));
            let found = database.connection.fetch_value(&has.bind("b")).unwrap();
            assert_eq!(found, Value::Bool(false));
        }
    }

    fn columns_are_told_also_without_rows(database) {
        let mut database = things(database);
        let found = rows(&mut database, "SELECT id, name AS called FROM things");
        let names: Vec<_> = found.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "called"]);
        assert!(found.columns.iter().all(|column| !column.type_name.is_empty()));
        assert!(found.columns.iter().all(|column| column.type_name == column.type_name.to_lowercase()));
        assert!(found.rows.is_empty());
        let find = Statement::new("SELECT id FROM things WHERE id = ?").bind(1);
        assert_eq!(fetch(&mut database, &find).columns.len(), 1);
        assert_eq!(database.connection.fetch_value(&find).unwrap(), Value::Null);
    }

    fn two_columns_may_have_one_name(database) {
        let mut database = database.connect();
        let found = rows(&mut database, "SELECT 1 AS a, 2 AS a");
        let names: Vec<_> = found.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["a", "a"]);
        assert_eq!(found.rows, [[Value::Int(1), Value::Int(2)]]);
    }

    fn a_column_that_is_not_there_is_an_error(database) {
        struct Second;
        impl RowSink for Second {
            fn columns(&mut self, _: &Columns) -> Result<()> {
                Ok(())
            }
            fn row(&mut self, row: &dyn Row) -> Result<Flow> {
                row.get(1).map(|_| Flow::Continue)
            }
        }
        let mut database = database.connect();
        let error = database.connection.query(&Statement::new("SELECT 1"), &mut Second).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadArgument);
        assert_eq!(text(&mut database, "SELECT 2"), "2");
    }

    fn a_sink_that_has_enough_stops_the_query(database) {
        struct Three(Vec<Value>);
        impl RowSink for Three {
            fn columns(&mut self, _: &Columns) -> Result<()> {
                Ok(())
            }
            fn row(&mut self, row: &dyn Row) -> Result<Flow> {
                self.0.push(row.get(0)?.to_owned());
                Ok(if self.0.len() == 3 { Flow::Stop } else { Flow::Continue })
            }
        }
        let mut database = database.connect();
        let numbers = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 900) \
             SELECT n FROM numbers";
        for _ in 0..3 {
            let mut three = Three(Vec::new());
            database.connection.query(&Statement::new(numbers), &mut three).unwrap();
            assert_eq!(three.0, [1, 2, 3].map(Value::Int));
            assert_eq!(text(&mut database, "SELECT 4"), "4");
        }
        assert_eq!(rows(&mut database, numbers).rows.len(), 900);
    }

    fn an_error_of_a_sink_ends_the_query_and_is_returned(database) {
        struct Unwilling(bool);
        impl RowSink for Unwilling {
            fn columns(&mut self, _: &Columns) -> Result<()> {
                if self.0 { Err(Error::bad_argument("no columns")) } else { Ok(()) }
            }
            fn row(&mut self, _: &dyn Row) -> Result<Flow> {
                Err(Error::bad_argument("no rows"))
            }
        }
        let mut database = database.connect();
        for (at_columns, message) in [(true, "no columns"), (false, "no rows")] {
            let select = Statement::new("SELECT 1 UNION ALL SELECT 2");
            let error = database.connection.query(&select, &mut Unwilling(at_columns)).unwrap_err();
            assert_eq!(error.message(), message);
            assert_eq!(text(&mut database, "SELECT 3"), "3");
        }
    }

    fn only_changed_rows_are_counted(database) {
        let mut database = database.connect();
        let count = |database: &mut Database, sql: &str| {
            (database.connection.run(sql).unwrap().affected, execute(database, &Statement::new("SELECT 1")).affected)
        };
        for (sql, expected) in [
            ("CREATE TABLE t (a integer, b integer)", 0),
            ("INSERT INTO t VALUES (1, 1), (2, 1), (3, 1)", 3),
            ("SELECT * FROM t", 0),
            // Rows that match count, also when nothing in them changes.
            ("UPDATE t SET b = 1 WHERE a < 3", 2),
            ("UPDATE t SET b = 2 WHERE a > 9", 0),
            ("DELETE FROM t WHERE a = 1", 1),
            ("CREATE INDEX i ON t (a)", 0),
            ("INSERT INTO t SELECT a + 10, b FROM t", 2),
            ("ALTER TABLE t ADD COLUMN c integer", 0),
            ("DELETE FROM t", 4),
            ("DROP TABLE t", 0),
        ] {
            assert_eq!(count(&mut database, sql), (expected, 0), "{sql}");
        }
    }

    fn a_generated_key_is_told_after_an_insert_alone(database) {
        let key = match database.dialect {
            DialectName::Sqlite => "integer PRIMARY KEY",
            DialectName::Postgres => return,
            DialectName::Mysql => "integer PRIMARY KEY AUTO_INCREMENT",
        };
        let mut database = database.connect();
        run_all(&mut database, &[&format!("CREATE TABLE t (id {key}, name varchar(9))")]);
        let insert = Statement::new("INSERT INTO t (name) VALUES (?)");
        for expected in [1, 2] {
            let done = execute(&mut database, &insert.clone().bind("x"));
            assert_eq!(done.last_insert_id, Some(expected));
        }
        let run = database.connection.run("INSERT INTO t (name) VALUES ('y')").unwrap();
        assert_eq!(run.last_insert_id, Some(3));
        for sql in [
            "UPDATE t SET name = 'z'",
            "SELECT * FROM t",
            "DELETE FROM t WHERE id = 1",
            "INSERT INTO t (name) SELECT name FROM t WHERE id > 99",
        ] {
            assert_eq!(execute(&mut database, &Statement::new(sql)).last_insert_id, None, "{sql}");
            assert_eq!(database.connection.run(sql).unwrap().last_insert_id, None, "{sql}");
        }
    }

    fn a_kept_statement_sees_the_table_as_it_is_now(database) {
        let mut database = database.connect();
        run_all(&mut database, &["CREATE TABLE t (a integer)", "INSERT INTO t VALUES (1)"]);
        let select = Statement::new("SELECT * FROM t");
        assert_eq!(fetch(&mut database, &select).columns.len(), 1);
        run_all(&mut database, &["ALTER TABLE t ADD COLUMN b varchar(9) DEFAULT 'x' NOT NULL"]);
        let found = fetch(&mut database, &select);
        assert_eq!(found.columns.len(), 2);
        assert_eq!(found.rows, [[Value::Int(1), Value::from("x")]]);
        run_all(&mut database, &["DROP TABLE t"]);
        assert_eq!(database.connection.fetch(&select).unwrap_err().kind(), ErrorKind::MissingTable);
        run_all(&mut database, &["CREATE TABLE t (c varchar(9))", "INSERT INTO t VALUES ('y')"]);
        let found = fetch(&mut database, &select);
        assert_eq!((found.columns[0].name.as_str(), &found.rows[0][0]), ("c", &Value::from("y")));
    }

    fn more_statements_than_are_kept_still_run(database) {
        let many = match database.dialect {
            // One over what is kept: closing a statement there costs 40 ms, until the server's
            // acknowledgement comes.
            DialectName::Mysql => 101,
            _ => 400,
        };
        let mut database = database.connect();
        for round in 0..2 {
            for number in 0..many {
                let select = Statement::new(format!("SELECT {number} + ?")).bind(round);
                let found = database.connection.fetch_value(&select).unwrap();
                assert_eq!(found.to_string(), (number + round).to_string());
            }
        }
    }

    fn many_statements_run_one_after_the_other(database) {
        let mut database = database.connect();
        let last = database
            .exec(
                "CREATE TABLE t (a integer, b varchar(20)); -- one; two\n\
                 INSERT INTO t VALUES (1, 'a;b'), (2, 'c');;\n\
                 /* ; */ UPDATE t SET b = 'd';",
            )
            .unwrap();
        assert_eq!(last.affected, 2);
        assert_eq!(text(&mut database, "SELECT a, b FROM t ORDER BY a"), "1|d\n2|d");
        let error = database
            .exec("INSERT INTO t VALUES (3, ''); INSERT INTO nowhere VALUES (1); INSERT INTO t VALUES (4, '')")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MissingTable);
        assert_eq!(text(&mut database, "SELECT max(a) FROM t"), "3");
        assert_eq!(database.exec(" -- nothing\n").unwrap(), Executed::default());
        assert_eq!(
            database.exec("DELETE FROM t; SELECT 'open").unwrap_err().kind(),
            ErrorKind::Unterminated,
        );
        assert_eq!(text(&mut database, "SELECT count(*) FROM t"), "3");
    }

    fn odd_names_are_quoted(database) {
        let mut database = database.connect();
        for name in ["select", "Odd Name", "a\"b`c]d'e", "ü?🦀", "$1 -- x"] {
            let name = match database.dialect.name() {
                // MySQL's names stop at the basic plane.
                DialectName::Mysql => name.replace('🦀', "x"),
                _ => name.to_owned(),
            };
            let table = database.dialect.quote(&name);
            run_all(&mut database, &[
                &format!("CREATE TABLE {table} ({table} integer)"),
                &format!("INSERT INTO {table} ({table}) VALUES (1)"),
            ]);
            let find = Statement::new(format!("SELECT {table} FROM {table} WHERE {table} = ?")).bind(1);
            let found = fetch(&mut database, &find);
            assert_eq!(found.columns[0].name, name);
            assert_eq!(found.rows, [[Value::Int(1)]]);
        }
    }

    fn a_connection_answers_until_it_is_closed(database) {
        let mut database = database.connect();
        database.connection.ping().unwrap();
        assert!(!database.connection.is_lost());
        let server = database.connection.server().clone();
        assert!(server.version.major > 2, "{server:?}");
        database.connection.close().unwrap();
    }
}
