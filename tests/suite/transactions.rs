//! Transactions, savepoints, and what happens to them when something fails.

use freight_core::driver::Statement;
use freight_core::{Database, DialectName, ErrorKind};

use crate::support::{TestDatabase, run_all, text};

/// A database with a table `t` of unique numbers, which takes part in transactions.
fn numbers(database: &TestDatabase) -> Database {
    let mut database = database.connect();
    run_all(&mut database, &["CREATE TABLE t (a integer PRIMARY KEY)"]);
    database
}

fn insert(database: &mut Database, number: i64) {
    let statement = Statement::new("INSERT INTO t VALUES (?)").bind(number);
    database.connection.execute(&statement).unwrap();
}

fn all(database: &mut Database) -> String {
    text(database, "SELECT a FROM t ORDER BY a").replace('\n', " ")
}

fn state(database: &mut Database) -> (usize, bool) {
    let is_open = database.connection.in_transaction().unwrap();
    (database.connection.depth(), is_open)
}

on_every_database! {
    fn what_is_committed_stays_and_what_is_rolled_back_goes(database) {
        let mut one = numbers(database);
        let mut other = database.connect();
        one.connection.begin().unwrap();
        insert(&mut one, 1);
        assert_eq!(all(&mut other), "");
        one.connection.commit().unwrap();
        assert_eq!(all(&mut other), "1");
        one.connection.begin().unwrap();
        insert(&mut one, 2);
        one.connection.rollback().unwrap();
        assert_eq!(all(&mut other), "1");
        assert_eq!(state(&mut one), (0, false));
    }

    fn a_transaction_inside_a_transaction_is_a_savepoint(database) {
        let mut database = numbers(database);
        database.connection.begin().unwrap();
        insert(&mut database, 1);
        database.connection.begin().unwrap();
        insert(&mut database, 2);
        database.connection.begin().unwrap();
        assert_eq!(state(&mut database), (3, true));
        insert(&mut database, 3);
        database.connection.rollback().unwrap();
        assert_eq!(all(&mut database), "1 2");
        database.connection.begin().unwrap();
        insert(&mut database, 4);
        database.connection.commit().unwrap();
        assert_eq!(state(&mut database), (2, true));
        database.connection.rollback().unwrap();
        assert_eq!(all(&mut database), "1");
        insert(&mut database, 5);
        database.connection.commit().unwrap();
        assert_eq!(all(&mut database), "1 5");
        assert_eq!(state(&mut database), (0, false));
    }

    fn nothing_can_be_ended_that_was_not_begun(database) {
        let mut database = numbers(database);
        for _ in 0..2 {
            assert_eq!(database.connection.commit().unwrap_err().kind(), ErrorKind::NoTransaction);
            assert_eq!(database.connection.rollback().unwrap_err().kind(), ErrorKind::NoTransaction);
        }
        database.connection.begin().unwrap();
        database.connection.commit().unwrap();
        assert_eq!(database.connection.commit().unwrap_err().kind(), ErrorKind::NoTransaction);
        insert(&mut database, 1);
        assert_eq!(all(&mut database), "1");
    }

    fn a_transaction_begun_by_hand_is_seen(database) {
        let mut database = numbers(database);
        assert_eq!(state(&mut database), (0, false));
        run_all(&mut database, &["BEGIN"]);
        assert_eq!(state(&mut database), (0, true));
        insert(&mut database, 1);
        // Inside it, a new level is a savepoint and not an error.
        database.connection.begin().unwrap();
        insert(&mut database, 2);
        database.connection.rollback().unwrap();
        assert_eq!(state(&mut database), (0, true));
        // Who opened it by hand ends it by hand.
        assert_eq!(database.connection.commit().unwrap_err().kind(), ErrorKind::NoTransaction);
        run_all(&mut database, &["COMMIT"]);
        assert_eq!(state(&mut database), (0, false));
        assert_eq!(all(&mut database), "1");
    }

    fn a_transaction_ended_by_hand_is_over(database) {
        let mut database = numbers(database);
        database.connection.begin().unwrap();
        insert(&mut database, 1);
        run_all(&mut database, &["COMMIT"]);
        assert_eq!(state(&mut database), (0, false));
        assert_eq!(database.connection.commit().unwrap_err().kind(), ErrorKind::NoTransaction);
        database.connection.begin().unwrap();
        assert_eq!(state(&mut database), (1, true));
        insert(&mut database, 2);
        database.connection.rollback().unwrap();
        assert_eq!(all(&mut database), "1");
    }

    fn an_error_inside_a_transaction_leaves_it_to_be_rolled_back(database) {
        let dialect = database.dialect;
        let mut database = numbers(database);
        insert(&mut database, 1);
        database.connection.begin().unwrap();
        insert(&mut database, 2);
        let again = Statement::new("INSERT INTO t VALUES (?)").bind(1);
        let error = database.connection.execute(&again).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        let next = database.connection.execute(&Statement::new("INSERT INTO t VALUES (3)"));
        match dialect {
            DialectName::Postgres => {
                assert_eq!(next.unwrap_err().kind(), ErrorKind::TransactionAborted);
            }
            _ => assert_eq!(next.unwrap().affected, 1),
        }
        assert_eq!(state(&mut database), (1, true));
        database.connection.rollback().unwrap();
        assert_eq!(all(&mut database), "1");
        assert_eq!(state(&mut database), (0, false));
    }

    fn an_error_inside_a_savepoint_leaves_the_outer_transaction_alone(database) {
        let mut database = numbers(database);
        database.connection.begin().unwrap();
        insert(&mut database, 1);
        database.connection.begin().unwrap();
        let again = Statement::new("INSERT INTO t VALUES (?)").bind(1);
        assert!(database.connection.execute(&again).unwrap_err().is_unique_violation());
        database.connection.rollback().unwrap();
        insert(&mut database, 2);
        database.connection.commit().unwrap();
        assert_eq!(all(&mut database), "1 2");
    }

    fn an_aborted_transaction_is_never_reported_as_committed(database) {
        let dialect = database.dialect;
        let mut database = numbers(database);
        database.connection.begin().unwrap();
        insert(&mut database, 1);
        assert!(database.connection.run("SELECT * FROM nowhere").is_err());
        match database.connection.commit() {
            // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK.
            Err(error) => {
                assert_eq!(dialect, DialectName::Postgres);
                assert_eq!(error.kind(), ErrorKind::TransactionAborted);
                if state(&mut database).1 {
                    database.connection.rollback().unwrap();
                }
                assert_eq!(all(&mut database), "");
            }
            Ok(()) => assert_eq!(all(&mut database), "1"),
        }
        assert_eq!(state(&mut database), (0, false));
    }

    fn an_open_transaction_dies_with_its_connection(database) {
        let mut one = numbers(database);
        one.connection.begin().unwrap();
        insert(&mut one, 1);
        drop(one);
        let mut other = database.connect();
        // The server may need a moment to see that the client is gone.
        insert(&mut other, 1);
        assert_eq!(all(&mut other), "1");
    }

    fn definitions_take_part_where_the_capabilities_say_so(database) {
        let mut database = numbers(database);
        let expected = match database.dialect.capabilities().transactional_ddl {
            true => ErrorKind::MissingTable,
            false => ErrorKind::AlreadyExists,
        };
        database.connection.begin().unwrap();
        run_all(&mut database, &["CREATE TABLE u (a integer)"]);
        if database.connection.in_transaction().unwrap() {
            database.connection.rollback().unwrap();
        }
        let error = match expected {
            ErrorKind::MissingTable => database.connection.run("SELECT * FROM u").unwrap_err(),
            _ => database.connection.run("CREATE TABLE u (a integer)").unwrap_err(),
        };
        assert_eq!(error.kind(), expected);
        assert_eq!(state(&mut database), (0, false));
    }

    fn a_query_that_was_stopped_does_not_disturb_its_transaction(database) {
        let mut database = numbers(database);
        database.connection.begin().unwrap();
        (1..=50).for_each(|number| insert(&mut database, number));
        let select = Statement::new("SELECT a FROM t ORDER BY a");
        let first = database.connection.fetch_value(&select).unwrap();
        assert_eq!(first.as_int(), Some(1));
        insert(&mut database, 51);
        database.connection.commit().unwrap();
        assert_eq!(text(&mut database, "SELECT count(*) FROM t"), "51");
    }
}
