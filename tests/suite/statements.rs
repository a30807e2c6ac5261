//! Statements, values and rows.

use freight_core::Value;
use freight_core::driver::Statement;

on_every_database! {
    fn a_bound_value_comes_back(database) {
        let mut database = database.connect();
        database.exec("CREATE TABLE things (id integer, name varchar(40))").unwrap();
        let insert = Statement::new("INSERT INTO things VALUES (?, ?)").bind(7).bind("it's");
        assert_eq!(database.connection.execute(&insert).unwrap().affected, 1);
        let rows = database.connection.fetch(&Statement::new("SELECT id, name FROM things")).unwrap();
        assert_eq!(rows.rows, [[Value::Int(7), Value::Text("it's".into())]]);
    }
}
