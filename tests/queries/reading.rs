//! Queries that read.

use freight_core::Value;

use crate::{answer, numbers, texts, yard};

const CRATES: &str = r#"{"table":"crates","key":["id"]}"#;

/// The ids of the crates for which a condition holds.
#[track_caller]
fn ids(database: &mut freight_core::Database, steps: &str, values: &[Value]) -> String {
    let steps = format!(r#"[{CRATES},{steps},["select","id"],["order","id","asc"]]"#);
    answer(database, &steps, values).replace('\n', " ")
}

on_every_database! {
    fn conditions_find_the_same_rows(test) {
        let mut database = yard(test);
        let text = |value: &str| vec![Value::from(value)];
        let cases: Vec<(&str, Vec<Value>, &str)> = vec![
            (r#"["where",["=","state"]]"#, text("yard"), "1 2 5"),
            (r#"["where",["!=","state"]]"#, text("yard"), "3 4"),
            (r#"["where",[">=","kg"]]"#, numbers(&[20]), "2 3 4"),
            (r#"["where",["null","kg"]]"#, vec![], "5"),
            (r#"["where",["not_null","kg"]]"#, vec![], "1 2 3 4"),
            (r#"["where",["in","kg",3]]"#, numbers(&[10, 40, 7]), "1 4"),
            (r#"["where",["not_in","kg",2]]"#, numbers(&[10, 40]), "2 3"),
            (r#"["where",["in","kg",0]]"#, vec![], ""),
            (r#"["where",["not_in","kg",0]]"#, vec![], "1 2 3 4 5"),
            (r#"["where",["between","kg"]]"#, numbers(&[15, 30]), "2 3"),
            (r#"["where",["not_between","kg"]]"#, numbers(&[15, 30]), "1 4"),
            (r#"["where",["like","label"]]"#, text("%a%e%"), "1 4"),
            (r#"["where",["not_like","label"]]"#, text("%a%"), "2 5"),
            (r#"["where",["ilike","label"]]"#, text("bOLT_"), "2"),
            (r#"["where",["ilike","label"]]"#, text("EGGS"), "5"),
            (r#"["where",["contains","label"]]"#, text("%100\\%%"), "3"),
            (r#"["where",["contains","label"]]"#, text("%s\\_x%"), "4"),
            (r#"["where",["starts","label"]]"#, text("coal%"), "3"),
            (r#"["where",["ends","label"]]"#, text("%gs"), "5"),
            (r#"["where",["not",["=","state"]]]"#, text("yard"), "3 4"),
            (r#"["where",["true"]]"#, vec![], "1 2 3 4 5"),
            (r#"["where",["false"]]"#, vec![], ""),
            (r#"["where",["columns","id","<","ship_id"]]"#, vec![], ""),
            (r#"["where",["columns","id","=","ship_id"]]"#, vec![], "1"),
            (r#"["where",["sql","kg > ? AND kg < ?"]],["or_where",["=","id"]]"#, numbers(&[10, 30, 5]), "2 5"),
            (
                r#"["where",["=","state"]],["or_where",["=","state"]],["where",["<","kg"]]"#,
                vec!["yard".into(), "ship".into(), 30.into()],
                "1 2",
            ),
            (
                r#"["where",["group",["where",["=","id"]],["or_where",["=","id"]]]],["where",["=","state"]]"#,
                vec![1.into(), 3.into(), "lost".into()],
                "3",
            ),
            (r#"["outer",["not_null","kg"]],["where",["=","id"]],["or_where",["=","id"]]"#, numbers(&[5, 4]), "4"),
        ];
        for (steps, values, expected) in cases {
            assert_eq!(ids(&mut database, steps, &values), expected, "{steps}");
        }
    }

    fn documents_are_looked_into(test) {
        let mut database = yard(test);
        let json = |path: &str, operator: &str, kind: &str| {
            let path = path.replace('"', "\\\"");
            format!(r#"["where",["json","about","{path}","{operator}","{kind}"]]"#)
        };
        let cases: Vec<(&str, &str, &str, Vec<Value>, &str)> = vec![
            ("name", "=", "string", texts(&["Red"]), "1"),
            ("name", "=", "string", texts(&["red"]), ""),
            // The number 5 is not the string "5".
            ("name", "=", "string", texts(&["5"]), "2"),
            ("name", "=", "number", numbers(&[5]), "3"),
            ("name", "!=", "string", texts(&["Red"]), "2"),
            ("name", "like", "string", texts(&["R%"]), "1"),
            ("name", ">", "string", texts(&["6"]), "1"),
            ("a.b[0]", "=", "number", numbers(&[1]), "1"),
            ("a.b[0]", "=", "string", texts(&["1"]), "2"),
            ("a.b[1]", ">", "number", vec![Value::Float(2.25)], "1"),
            ("a.b[1]", "<", "number", numbers(&[3]), "1"),
            ("[1]", "=", "number", numbers(&[20]), "4"),
            ("[1]", ">=", "number", numbers(&[9]), "4"),
            ("ok", "=", "boolean", vec![Value::Bool(true)], "1"),
            ("ok", "=", "boolean", vec![Value::Bool(false)], "2"),
            ("ok", "!=", "boolean", vec![Value::Bool(true)], "2"),
            ("it's", "=", "string", texts(&["x"]), "3"),
            ("\"x.y\"", "=", "number", numbers(&[1]), "3"),
            // A key is no number of an element, even where it looks like one.
            ("a.b.0", "!=", "null", vec![], ""),
            ("0", "=", "number", numbers(&[10]), ""),
            ("7", "=", "number", numbers(&[8]), "3"),
            ("7", "!=", "null", vec![], "3"),
            ("name[0]", "!=", "null", vec![], ""),
            ("[0]", "!=", "null", vec![], "4"),
            ("[0][0]", "!=", "null", vec![], ""),
            ("a.b[0][0]", "!=", "null", vec![], ""),
            ("a[0].b", "!=", "null", vec![], ""),
            ("[0].name", "!=", "null", vec![], ""),
            // No star means any key.
            ("\"*\"", "!=", "null", vec![], ""),
            ("a.\"**\"", "!=", "null", vec![], ""),
            ("\"?\"", "=", "string", texts(&["x"]), ""),
            // Null, nothing, and no document at all are the same.
            ("none", "=", "null", vec![], "1 2 3 4 5"),
            ("ok", "!=", "null", vec![], "1 2"),
            ("name", "=", "null", vec![], "4 5"),
            ("a.b", "!=", "null", vec![], "1 2"),
        ];
        for (path, operator, kind, values, expected) in cases {
            let steps = json(path, operator, kind);
            assert_eq!(ids(&mut database, &steps, &values), expected, "{steps}");
        }
    }

    fn queries_within_queries_find_the_same_rows(test) {
        let mut database = yard(test);
        let cases: Vec<(&str, Vec<Value>, &str)> = vec![
            (
                r#"["where",["in","ship_id",[{"table":"ships","key":["id"]},["where",["=","name"]]]]]"#,
                texts(&["Borea"]),
                "3 4",
            ),
            (
                r#"["where",["not_in","ship_id",[{"table":"ships","key":["id"]},["where",["=","name"]]]]]"#,
                texts(&["Borea"]),
                "1 2",
            ),
            (
                r#"["where",["in","id",[{"table":"crates","key":["id"]},["order","kg","asc","last"],["limit",2],["offset",1]]]]"#,
                vec![],
                "2 3",
            ),
            (
                r#"["where",["exists",[{"table":"ships"},["where",["columns","ships.id","=","crates.ship_id"]],["where",["=","name"]]]]]"#,
                texts(&["Aurora"]),
                "1 2",
            ),
            (
                r#"["where",["not_exists",[{"table":"ships"},["where",["columns","ships.id","=","crates.ship_id"]]]]]"#,
                vec![],
                "5",
            ),
            // Of a ship, the crate than which none is heavier.
            (
                r#"["where",["not_null","ship_id"]],["where",["not_exists",[{"table":"crates","as":"other"},["where",["columns","other.ship_id","=","crates.ship_id"]],["where",["columns","other.kg",">","crates.kg"]]]]]"#,
                vec![],
                "2 4",
            ),
        ];
        for (steps, values, expected) in cases {
            assert_eq!(ids(&mut database, steps, &values), expected, "{steps}");
        }
    }

    fn rows_of_values_are_compared_together(test) {
        let mut database = yard(test);
        let steps = r#"[{"table":"places"},["where",["tuple_in",["lane","slot"],2]],["select","note"],["order","note","asc"]]"#;
        assert_eq!(answer(&mut database, steps, &numbers(&[1, 2, 2, 1])), "b\nc");
        let steps = r#"[{"table":"places"},["where",["tuple_in",["lane"],2]],["select","note"],["order","note","asc"]]"#;
        assert_eq!(answer(&mut database, steps, &numbers(&[2, 7])), "c\nd");
        let steps = r#"[{"table":"places"},["where",["tuple_in",["lane","slot"],0]]]"#;
        assert_eq!(answer(&mut database, steps, &[]), "");
    }

    fn rows_come_in_the_order_that_was_asked_for(test) {
        let mut database = yard(test);
        let cases = [
            (r#"["order","kg","desc","last"]"#, "4 3 2 1 5"),
            (r#"["order","kg","desc","first"]"#, "5 4 3 2 1"),
            (r#"["order","kg","asc","first"]"#, "5 1 2 3 4"),
            (r#"["order","kg","asc","last"]"#, "1 2 3 4 5"),
            (r#"["order","kg","asc","last"],["reverse"]"#, "5 4 3 2 1"),
            (r#"["order","state","asc"],["order","id","desc"]"#, "3 4 5 2 1"),
            (r#"["order","state","asc"],["reorder"],["order","id","desc"]"#, "5 4 3 2 1"),
            (r#"["order","LOWER(label)","asc"]"#, "1 2 3 4 5"),
            (r#"["order","LENGTH(label)","desc"],["order","id","asc"]"#, "3 4 1 2 5"),
            (r#"["order","COALESCE(kg, 25)","asc"]"#, "1 2 5 3 4"),
            (r#"["order",["sql","CASE WHEN id = ? THEN 0 ELSE id END"],"asc"]"#, "4 1 2 3 5"),
            (r#"["order",["sql","CASE WHEN id = ? THEN NULL ELSE id END"],"asc","first"]"#, "4 1 2 3 5"),
            (r#"["order","id","asc"],["limit",2]"#, "1 2"),
            (r#"["order","id","asc"],["limit",2],["offset",3]"#, "4 5"),
            (r#"["order","id","asc"],["offset",3]"#, "4 5"),
            (r#"["order","id","asc"],["limit",0]"#, ""),
        ];
        for (steps, expected) in cases {
            let steps = format!(r#"[{CRATES},{steps},["select","id"]]"#);
            let values: &[Value] = if steps.contains('?') { &[Value::Int(4)] } else { &[] };
            let found = answer(&mut database, &steps, values).replace('\n', " ");
            assert_eq!(found, expected, "{steps}");
        }
    }

    fn what_is_selected_comes_back(test) {
        let mut database = yard(test);
        let cases = [
            (r#"["select","id","label AS name"],["where",["sql","id < 3"]],["order","id","asc"]"#, "1|apples\n2|Bolts"),
            (r#"["select","state"],["distinct"],["order","state","asc"]"#, "lost\nship\nyard"),
            (r#"["select","state","COUNT(*) AS n","SUM(kg) AS kg"],["group","state"],["order","state","asc"]"#, "lost|1|30\nship|1|40\nyard|3|30"),
            (r#"["select","state"],["group","state"],["having",["sql","COUNT(*) > 1"]]"#, "yard"),
            (r#"["select","COUNT(DISTINCT state)","MIN(kg)","MAX(LENGTH(label))"]"#, "3|10|9"),
            (r#"["select",["sql","kg * 2 AS twice"],"UPPER(state)"],["where",["sql","id = 1"]]"#, "20|YARD"),
            (r#"["select","SUM(DISTINCT ship_id)","COUNT(ship_id)"]"#, "3|4"),
        ];
        for (steps, expected) in cases {
            let steps = format!("[{CRATES},{steps}]");
            assert_eq!(answer(&mut database, &steps, &[]), expected, "{steps}");
        }
    }

    fn tables_are_joined(test) {
        let mut database = yard(test);
        let on = "ships.id = crates.ship_id";
        let cases = [
            (
                format!(r#"[{CRATES},["join","inner","ships","{on}"],["select","crates.id","ships.name"],["order","crates.id","asc"]]"#),
                "1|Aurora\n2|Aurora\n3|Borea\n4|Borea",
            ),
            (
                format!(r#"[{CRATES},["join","left","ships","{on}"],["select","crates.id","ships.name"],["where",["sql","crates.id > 3"]],["order","crates.id","asc"]]"#),
                "4|Borea\n5|NULL",
            ),
            (
                format!(r#"[{CRATES},["join","right","ships","{on}"],["select","ships.name","COUNT(crates.id) AS n"],["group","ships.name"],["order","ships.name","asc"]]"#),
                "Aurora|2\nBorea|2\nCetus|0",
            ),
            (
                r#"[{"table":"ships"},["join","inner","crates","c.ship_id = ships.id AND c.id = ships.id","c"]]"#.to_owned(),
                "1|Aurora",
            ),
            (
                r#"[{"table":"ships","as":"s"},["join","inner","crates",["sql","c.ship_id = s.id AND c.kg > 30"],"c"]]"#.to_owned(),
                "2|Borea",
            ),
        ];
        for (steps, expected) in cases {
            assert_eq!(answer(&mut database, &steps, &[]), expected, "{steps}");
        }
    }

    fn every_value_gets_to_its_place(test) {
        let mut database = yard(test);
        let steps = format!(
            r#"[{CRATES},["where",[">","kg"]],["order",["sql","CASE WHEN crates.id = ? THEN NULL ELSE crates.id END"],"asc","last"],["select",["sql","crates.id + ?"]],["join","inner","ships",["sql","ships.id = crates.ship_id AND ships.id < ?"]],["where",["in","kg",3]],["limit",5]]"#
        );
        let values = numbers(&[15, 3, 100, 3, 20, 30, 40]);
        assert_eq!(answer(&mut database, &steps, &values), "102\n104\n103");
        let steps = format!(
            r#"[{CRATES},["having",["sql","COUNT(*) > ?"]],["select","state",["sql","SUM(kg) + ?"]],["group","state"],["where",["!=","id"]],["order",["sql","SUM(kg) * ?"],"desc"]]"#
        );
        let values = numbers(&[0, 1000, 2, -1]);
        assert_eq!(answer(&mut database, &steps, &values), "yard|1010\nlost|1030\nship|1040");
    }

    fn columns_that_both_tables_have_are_the_first_ones(test) {
        let mut database = yard(test);
        let steps = r#"[{"table":"crates","key":["id"]},["join","inner","ships","ships.id = crates.ship_id"],["where",["in","id",2]],["select","id","name"],["order","id","desc"]]"#;
        assert_eq!(answer(&mut database, steps, &numbers(&[1, 4])), "4|Borea\n1|Aurora");
    }

    fn rows_are_counted_as_the_query_would_return_them(test) {
        let mut database = yard(test);
        let cases = [
            (r#"["count"]"#, "5"),
            (r#"["order","kg","asc"],["count"]"#, "5"),
            (r#"["count","kg"]"#, "4"),
            (r#"["select","state"],["distinct"],["count"]"#, "3"),
            (r#"["distinct"],["count","state"]"#, "3"),
            (r#"["limit",2],["count"]"#, "2"),
            (r#"["limit",2],["offset",4],["count"]"#, "1"),
            (r#"["offset",4],["count"]"#, "1"),
            (r#"["order","id","desc"],["limit",2],["count","kg"]"#, "1"),
            (r#"["select","state","COUNT(*)"],["group","state"],["count"]"#, "3"),
            (r#"["group","state"],["having",["sql","COUNT(*) = 1"]],["count"]"#, "2"),
            (r#"["join","inner","ships","ships.id = crates.ship_id"],["count"]"#, "4"),
            (r#"["join","inner","ships","ships.id = crates.ship_id"],["distinct"],["select","ships.id","ships.name"],["count"]"#, "2"),
            (r#"["join","inner","ships","ships.id = crates.ship_id"],["select","crates.id","ships.id"],["distinct"],["count"]"#, "4"),
            (r#"["sum","kg"]"#, "100"),
            (r#"["min","kg"]"#, "10"),
            (r#"["max","label"]"#, "eggs"),
            (r#"["max","kg"]"#, "40"),
            (r#"["order","id","asc"],["limit",2],["sum","kg"]"#, "30"),
            (r#"["distinct"],["sum","ship_id"]"#, "3"),
            (r#"["where",["false"]],["sum","kg"]"#, "NULL"),
            (r#"["exists"]"#, "1"),
            (r#"["order","kg","asc"],["limit",7],["offset",4],["exists"]"#, "1"),
            (r#"["offset",5],["exists"]"#, ""),
            (r#"["select","state"],["distinct"],["offset",3],["exists"]"#, ""),
            (r#"["where",["sql","kg > 100"]],["exists"]"#, ""),
        ];
        for (steps, expected) in cases {
            let steps = format!("[{CRATES},{steps}]");
            assert_eq!(answer(&mut database, &steps, &[]), expected, "{steps}");
        }
        let average = answer(&mut database, &format!(r#"[{CRATES},["avg","kg"]]"#), &[]);
        assert_eq!(average.parse::<f64>().unwrap(), 25.0);
        for (steps, expected) in [
            (r#"["count_by","state"]"#, ["lost|1", "ship|1", "yard|3"].as_slice()),
            (r#"["order","id","asc"],["limit",3],["count_by","state"]"#, ["lost|1", "yard|2"].as_slice()),
        ] {
            let counts = answer(&mut database, &format!("[{CRATES},{steps}]"), &[]);
            let mut counts: Vec<_> = counts.lines().collect();
            counts.sort_unstable();
            assert_eq!(counts, expected);
        }
    }

    fn so_many_rows_per_value(test) {
        let mut database = yard(test);
        let cases = [
            (r#"["order","kg","desc"],["per","ship_id",1,0]"#, "2|1|1\n4|2|1"),
            (r#"["order","kg","desc"],["per","ship_id",1,1]"#, "1|1|2\n3|2|2"),
            (r#"["per","ship_id",1,0]"#, "1|1|1\n3|2|1"),
            (r#"["per","ship_id",9,0]"#, "1|1|1\n2|1|2\n3|2|1\n4|2|2"),
            (r#"["per","ship_id",0,0]"#, ""),
        ];
        for (steps, expected) in cases {
            let steps = format!(r#"[{CRATES},["where",["not_null","ship_id"]],["select","id","ship_id"],{steps}]"#);
            let found = answer(&mut database, &steps, &[]);
            let mut found: Vec<_> = found.lines().collect();
            found.sort_unstable();
            assert_eq!(found.join("\n"), expected, "{steps}");
        }
        // In any order, where there is no key.
        let steps = r#"[{"table":"crates"},["where",["=","ship_id"]],["select","ship_id"],["per","ship_id",1]]"#;
        assert_eq!(answer(&mut database, steps, &numbers(&[2])), "2|1");
        let steps = format!(r#"[{CRATES},["order","kg","desc"],["per","ship_id",1,0],["count"]]"#);
        assert_eq!(answer(&mut database, &steps, &[]), "3");
    }

    fn rows_are_locked_or_it_is_said_that_they_cannot_be(test) {
        let mut database = yard(test);
        let cases = [
            r#"["lock","update"]"#,
            r#"["lock","share"]"#,
            r#"["lock","update","skip_locked"]"#,
            r#"["lock","share","nowait"]"#,
            r#"["join","left","ships","ships.id = crates.ship_id"],["select","crates.id"],["lock","update","nowait"]"#,
        ];
        for steps in cases {
            let steps = format!(r#"[{CRATES},["where",["=","crates.id"]],{steps}]"#);
            if test.dialect == freight_core::DialectName::Sqlite {
                let error = crate::rendered(&database, &steps).unwrap_err();
                assert_eq!(error.message(), "a lock on rows is not supported by SQLite");
                continue;
            }
            database.connection.run("BEGIN").unwrap();
            let found = answer(&mut database, &steps, &numbers(&[3]));
            assert!(found.starts_with('3'), "{steps}: {found}");
            database.connection.run("ROLLBACK").unwrap();
        }
    }

    fn a_comment_changes_nothing(test) {
        let mut database = yard(test);
        for comment in ["which page", "a */ b", "/* a", "*/*", "!50000 x", "? -- ;", "'\\\""] {
            let comment = serde_json::Value::from(comment);
            let steps = format!(r#"[{CRATES},["comment",{comment}],["where",["=","kg"]],["select","id"]]"#);
            assert_eq!(answer(&mut database, &steps, &numbers(&[30])), "3", "{steps}");
        }
    }
}
