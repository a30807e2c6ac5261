//! Queries that change rows.

use freight_core::{Database, DialectName, Value};

use crate::{answer, change, numbers, rendered, texts, yard};

const CRATES: &str = r#"{"table":"crates","key":["id"]}"#;

/// All crates: id, state, weight.
fn crates(database: &mut Database) -> String {
    let steps = format!(r#"[{CRATES},["select","id","state","kg"],["order","id","asc"]]"#);
    answer(database, &steps, &[]).replace('\n', " ")
}

on_every_database! {
    fn rows_are_updated(test) {
        let mut database = yard(test);
        let steps = format!(r#"[{CRATES},["where",["=","state"]],["where",["<","kg"]],["update",["state","kg"],{{"kg":"increment"}}]]"#);
        let values = [Value::from("yard"), 15.into(), "moved".into(), 5.into()];
        assert_eq!(change(&mut database, &steps, &values), 1);
        assert_eq!(crates(&mut database), "1|moved|15 2|yard|20 3|lost|30 4|ship|40 5|yard|NULL");
        let steps = format!(r#"[{CRATES},["update",["kg"]]]"#);
        assert_eq!(change(&mut database, &steps, &numbers(&[1])), 5);
    }

    fn rows_are_updated_by_their_order_and_by_other_tables(test) {
        let mut database = yard(test);
        let steps = format!(r#"[{CRATES},["order","kg","desc","last"],["limit",2],["update",["state"]]]"#);
        assert_eq!(change(&mut database, &steps, &texts(&["top"])), 2);
        assert_eq!(crates(&mut database), "1|yard|10 2|yard|20 3|top|30 4|top|40 5|yard|NULL");
        let steps = format!(r#"[{CRATES},["join","inner","ships","ships.id = crates.ship_id"],["where",["=","ships.name"]],["update",["state"]]]"#);
        assert_eq!(change(&mut database, &steps, &texts(&["Aurora", "aboard"])), 2);
        assert_eq!(crates(&mut database), "1|aboard|10 2|aboard|20 3|top|30 4|top|40 5|yard|NULL");
    }

    fn a_change_may_ask_the_table_that_it_changes(test) {
        let mut database = yard(test);
        let lighter = r#"["where",["exists",[{"table":"crates","as":"other"},["where",["columns","other.ship_id","=","crates.ship_id"]],["where",["columns","other.kg","<","crates.kg"]]]]]"#;
        let steps = format!(r#"[{CRATES},{lighter},["update",["state"]]]"#);
        assert_eq!(change(&mut database, &steps, &texts(&["heavy"])), 2);
        assert_eq!(crates(&mut database), "1|yard|10 2|heavy|20 3|lost|30 4|heavy|40 5|yard|NULL");
        let steps = format!(r#"[{CRATES},["where",["in","kg",[{{"table":"crates"}},["select","MAX(kg)"]]]],["delete"]]"#);
        assert_eq!(change(&mut database, &steps, &[]), 1);
        let steps = format!(r#"[{CRATES},{lighter},["delete"]]"#);
        assert_eq!(change(&mut database, &steps, &[]), 1);
        assert_eq!(crates(&mut database), "1|yard|10 3|lost|30 5|yard|NULL");
    }

    fn rows_are_deleted(test) {
        let mut database = yard(test);
        let steps = format!(r#"[{CRATES},["where",["=","state"]],["order","id","desc"],["limit",1],["offset",1],["delete"]]"#);
        assert_eq!(change(&mut database, &steps, &texts(&["yard"])), 1);
        assert_eq!(crates(&mut database), "1|yard|10 3|lost|30 4|ship|40 5|yard|NULL");
        let steps = r#"[{"table":"places","key":["lane","slot"]},["order","note","asc"],["offset",1],["delete"]]"#;
        assert_eq!(change(&mut database, steps, &[]), 3);
        let steps = r#"[{"table":"crates","key":["id"],"as":"c"},["where",["=","c.id"]],["delete"]]"#;
        assert_eq!(change(&mut database, steps, &numbers(&[4])), 1);
        let steps = format!(r#"[{CRATES},["delete"]]"#);
        assert_eq!(change(&mut database, &steps, &[]), 3);
    }

    fn rows_are_inserted(test) {
        let mut database = yard(test);
        let steps = format!(r#"[{CRATES},["insert",["id","label"],2]]"#);
        let values = [Value::from(6), "figs".into(), 7.into(), "gin".into()];
        assert_eq!(change(&mut database, &steps, &values), 2);
        let steps = format!(r#"[{CRATES},["where",[">","id"]],["select","id","label","state"],["order","id","asc"]]"#);
        assert_eq!(answer(&mut database, &steps, &numbers(&[5])), "6|figs|new\n7|gin|new");
    }

    fn rows_of_defaults_are_inserted(test) {
        let mut database = yard(test);
        let key = match test.dialect {
            DialectName::Sqlite => "integer PRIMARY KEY",
            DialectName::Postgres => "serial PRIMARY KEY",
            DialectName::Mysql => "integer AUTO_INCREMENT PRIMARY KEY",
        };
        database.exec(&format!("CREATE TABLE notes (id {key}, note varchar(9) DEFAULT 'x')")).unwrap();
        let all = r#"[{"table":"notes"},["order","id","asc"]]"#;
        let steps = r#"[{"table":"notes"},["insert",[],1,{"returning":["id","note"]}]]"#;
        assert_eq!(answer(&mut database, steps, &[]), "1|x");
        let steps = r#"[{"table":"notes"},["insert",[],2]]"#;
        if test.dialect == DialectName::Sqlite {
            let error = rendered(&database, steps).unwrap_err();
            assert_eq!(error.message(), "an INSERT of several rows without columns is not supported by SQLite");
            return;
        }
        assert_eq!(change(&mut database, steps, &[]), 2);
        assert_eq!(answer(&mut database, all, &[]), "1|x\n2|x\n3|x");
    }

    fn a_key_that_is_there_is_answered(test) {
        let mut database = yard(test);
        let values = [Value::from(8), "apples".into(), "new".into()];
        let insert = |options: &str| format!(r#"[{CRATES},["insert",["id","label","state"],1,{options}]]"#);
        change(&mut database, &insert(r#"{"ignore":true}"#), &values);
        change(&mut database, &insert(r#"{"ignore":true,"conflict":["label"]}"#), &values);
        assert_eq!(crates(&mut database), "1|yard|10 2|yard|20 3|lost|30 4|ship|40 5|yard|NULL");
        let steps = insert(r#"{"conflict":["label"],"update":["state"],"returning":["id","state"]}"#);
        assert_eq!(answer(&mut database, &steps, &values), "1|new");
        // Nothing to update: the row that is there comes back all the same.
        let values = [Value::from(9), "Bolts".into(), "z".into()];
        let steps = insert(r#"{"conflict":["label"],"update":[],"returning":["*"]}"#);
        assert!(answer(&mut database, &steps, &values).starts_with("2|1|Bolts|yard|20|"));
        assert_eq!(crates(&mut database), "1|new|10 2|yard|20 3|lost|30 4|ship|40 5|yard|NULL");
        // The key of the table, where no columns are named.
        let values = [Value::from(3), "coal".into(), "found".into()];
        change(&mut database, &insert(r#"{"update":["state","label"]}"#), &values);
        assert_eq!(crates(&mut database), "1|new|10 2|yard|20 3|found|30 4|ship|40 5|yard|NULL");
    }

    fn what_was_inserted_comes_back(test) {
        let mut database = yard(test);
        let steps = r#"[{"table":"crates","columns":{"weight":"kg"}},["insert",["id","label","weight"],2,{"returning":["label","weight","state"]}]]"#;
        let values = [Value::from(6), "figs".into(), 60.into(), 7.into(), "gin".into(), 70.into()];
        assert_eq!(answer(&mut database, steps, &values), "figs|60|new\ngin|70|new");
    }
}
