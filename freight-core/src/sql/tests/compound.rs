//! Stored programs of MySQL and MariaDB, with and without `DELIMITER`.

use crate::sql::Lexicon;

use super::texts;

fn check(sql: &str, expected: &[&str]) {
    assert_eq!(texts(sql, &Lexicon::MYSQL), expected, "{sql}");
}

/// The text is one statement without `DELIMITER`, and the same with it.
fn check_one(statement: &str) {
    let alone = format!("{statement};");
    check(&alone, &[statement]);
    let between = format!("SELECT 1;\n{statement};\nCALL p();");
    check(&between, &["SELECT 1", statement, "CALL p()"]);
    let with_delimiter = format!("DELIMITER //\n{statement}//\nDELIMITER ;\nSELECT 1; SELECT 2;");
    check(&with_delimiter, &[statement, "SELECT 1", "SELECT 2"]);
}

#[test]
fn blocks_nest() {
    for statement in [
        "CREATE PROCEDURE p() BEGIN END",
        "CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END",
        "create procedure p()\nbegin\n  begin select 1; end;\n  begin end;\nend",
        "CREATE PROCEDURE p() BEGIN IF a THEN b; ELSEIF c THEN d; ELSE e; END IF; END",
        "CREATE PROCEDURE p() BEGIN IF a THEN b; ELSE IF c THEN d; END IF; END IF; END",
        "CREATE PROCEDURE p() BEGIN IF(a) THEN SET b = IF(c, 1, 2); END IF; END",
        "CREATE PROCEDURE p() BEGIN IF EXISTS (SELECT 1) THEN DROP TABLE IF EXISTS t; END IF; END",
        "CREATE PROCEDURE p() BEGIN CASE a WHEN 1 THEN b; WHEN 2 THEN BEGIN END; ELSE c; END CASE; END",
        "CREATE PROCEDURE p() BEGIN CASE WHEN CASE a WHEN 1 THEN 2 END = 2 THEN b; END CASE; END",
        "CREATE PROCEDURE p() BEGIN SELECT CASE WHEN a THEN CASE b WHEN 1 THEN 2 END ELSE 3 END; END",
        "CREATE PROCEDURE p() BEGIN SET a = CASE WHEN b THEN 1 END; SELECT 2; END",
        "CREATE PROCEDURE p() BEGIN l: LOOP LEAVE l; END LOOP l; END",
        "CREATE PROCEDURE p() BEGIN l:LOOP IF a THEN ITERATE l; END IF; LEAVE l; END LOOP; END",
        "CREATE PROCEDURE p() BEGIN `a b`: WHILE a < 3 DO SET a = a + 1; END WHILE `a b`; END",
        "CREATE PROCEDURE p() BEGIN REPEAT SET a = a + 1; UNTIL a > 3 END REPEAT; SELECT REPEAT('a', 3); END",
        "CREATE PROCEDURE p() BEGIN REPEAT a; UNTIL CASE a WHEN 1 THEN 2 END = 2 END REPEAT; END",
        "CREATE PROCEDURE p() BEGIN FOR i IN 1..10 DO SELECT i; END FOR; END",
        "CREATE PROCEDURE p() BEGIN FOR r IN (SELECT a FROM t) DO SELECT r.a; END FOR; END",
        "CREATE PROCEDURE p() l: BEGIN LEAVE l; END l",
        "CREATE PROCEDURE p() BEGIN -- END;\n /* END; */ SELECT 'END;'; # END;\n END",
        "CREATE PROCEDURE p() BEGIN START TRANSACTION; DO SLEEP(1); COMMIT; END",
    ] {
        check_one(statement);
    }
}

#[test]
fn handlers_hold_statements() {
    for handler in [
        "DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;",
        "DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1;",
        "DECLARE CONTINUE HANDLER FOR NOT FOUND, SQLSTATE VALUE '02000', 1051, my_condition BEGIN END;",
        "DECLARE UNDO HANDLER FOR SQLSTATE '23000' IF a THEN b; END IF;",
        "DECLARE handler INT; DECLARE c CURSOR FOR SELECT CASE a WHEN 1 THEN 2 END FROM t;",
        "DECLARE a CONDITION FOR 1051;",
    ] {
        check_one(&format!(
            "CREATE PROCEDURE p() BEGIN {handler} SELECT 1; END"
        ));
    }
}

#[test]
fn keywords_are_names_where_no_statement_begins() {
    for body in [
        "SELECT begin, end FROM bookings WHERE end > begin;",
        "UPDATE t SET end = 1, begin = end;",
        "SELECT CASE WHEN end > 1 THEN end ELSE end END;",
        "SELECT CASE t.end WHEN 1 THEN t.`end` END;",
        "SELECT t.case, t.if, t.loop FROM t;",
        "SET NEW.end = CASE WHEN NEW.begin = end THEN 1 END;",
        "INSERT INTO t (begin, end) VALUES (1, IF(2, REPEAT('a', 2), 3));",
        "SELECT a AS end FROM t;",
        "SET @end = 1, @case = 2;",
        "DROP TABLE IF EXISTS t; CREATE TABLE IF NOT EXISTS t (`end` INT);",
    ] {
        check_one(&format!("CREATE PROCEDURE p() BEGIN {body} SELECT 1; END"));
    }
}

#[test]
fn headers_lead_to_bodies() {
    let body = "BEGIN SELECT 1; END";
    for header in [
        "CREATE OR REPLACE PROCEDURE p()",
        "CREATE PROCEDURE IF NOT EXISTS shop.p(IN begin INT, OUT `end` DECIMAL(10, 2))",
        "CREATE DEFINER = 'a'@'%' PROCEDURE `shop`.`p`()",
        "CREATE DEFINER=event@localhost PROCEDURE begin()",
        "CREATE OR REPLACE DEFINER = CURRENT_USER() FUNCTION f() RETURNS INT",
        "CREATE DEFINER=CURRENT_ROLE AGGREGATE FUNCTION IF NOT EXISTS f(a INT) RETURNS INT",
        "CREATE FUNCTION f() RETURNS SET('a', 'b') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT DETERMINISTIC",
        "CREATE FUNCTION f() RETURNS VARCHAR(20) CHARSET utf8 READS SQL DATA SQL SECURITY INVOKER COMMENT 'BEGIN;'",
        "CREATE PROCEDURE p() LANGUAGE SQL MODIFIES SQL DATA SQL SECURITY DEFINER",
        "CREATE /*!50017 DEFINER=`a`@`b` */ TRIGGER t BEFORE INSERT ON a FOR EACH ROW",
        "CREATE TRIGGER IF NOT EXISTS begin AFTER UPDATE ON shop.begin FOR EACH ROW FOLLOWS begin",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS CURRENT_TIMESTAMP + INTERVAL 1 DAY ON COMPLETION PRESERVE DO",
        "ALTER EVENT e ON SCHEDULE AT IF(1, NOW(), NOW()) DO",
        "CREATE DEFINER=`a`@`b` EVENT IF NOT EXISTS e ON SCHEDULE EVERY 1 HOUR ENABLE COMMENT 'x' DO l:",
    ] {
        check_one(&format!("{header} {body}"));
    }
}

#[test]
fn single_statements_are_bodies_too() {
    for statement in [
        "CREATE PROCEDURE p() SELECT 1",
        "CREATE PROCEDURE p() SELECT CASE WHEN a THEN 1 END, IF(b, 1, 2)",
        "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN CASE WHEN a THEN 1 ELSE IF(b, 1, 2) END",
        "CREATE FUNCTION f RETURNS STRING SONAME 'f.so'",
        "CREATE FUNCTION f() RETURNS CHAR(3) CHARACTER SET ascii RETURN REPEAT('a', 3)",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.b = CASE NEW.c WHEN 1 THEN 2 END",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW IF NEW.b IS NULL THEN SET NEW.b = 1; END IF",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW PRECEDES u CASE NEW.b WHEN 1 THEN SET NEW.b = 2; END CASE",
        "CREATE PROCEDURE p() WHILE a DO SET a = a - 1; END WHILE",
        "CREATE PROCEDURE p() l: LOOP LEAVE l; END LOOP l",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM sessions WHERE IF(a, 1, 0)",
        "ALTER EVENT e DISABLE",
        "ALTER PROCEDURE p COMMENT 'a'",
        "DROP PROCEDURE IF EXISTS p",
    ] {
        check_one(statement);
    }
}

#[test]
fn mariadb_blocks_need_no_program() {
    for statement in [
        "BEGIN NOT ATOMIC DECLARE a INT; IF a THEN SELECT 1; END IF; END",
        "BEGIN NOT ATOMIC IF a THEN SELECT 1; END IF; END",
        "IF (SELECT 1) THEN SELECT 2; ELSE SELECT 3; END IF",
        "FOR i IN 1..3 DO SELECT i; END FOR",
        "LOOP SELECT 1; END LOOP",
    ] {
        check_one(statement);
    }
}

#[test]
fn begin_alone_begins_a_transaction() {
    check("BEGIN; SELECT 1; COMMIT;", &["BEGIN", "SELECT 1", "COMMIT"]);
    check(
        "begin work; SELECT 1; end",
        &["begin work", "SELECT 1", "end"],
    );
    check("BEGIN /* a */ ;SELECT 1", &["BEGIN /* a */", "SELECT 1"]);
    check(
        "BEGIN TRANSACTION; SELECT 1;",
        &["BEGIN TRANSACTION", "SELECT 1"],
    );
    check(
        "XA BEGIN 'a'; SELECT 1; XA END 'a'",
        &["XA BEGIN 'a'", "SELECT 1", "XA END 'a'"],
    );
}

#[test]
fn oracle_mode_of_mariadb() {
    for statement in [
        "CREATE OR REPLACE PROCEDURE p AS a INT; b INT; BEGIN SELECT a; END",
        "CREATE FUNCTION f(a INT) RETURN INT IS BEGIN RETURN a; END",
        "CREATE PROCEDURE p(a INT) AS BEGIN WHILE a > 1 LOOP SELECT a; END LOOP; EXCEPTION WHEN OTHERS THEN SELECT 1; END",
        "CREATE PACKAGE k AS PROCEDURE p(a INT); FUNCTION f RETURN INT; END",
        "CREATE OR REPLACE PACKAGE BODY k AS x INT; FUNCTION f RETURN INT AS y INT; BEGIN RETURN y; END; \
         PROCEDURE p(a INT) IS BEGIN IF a THEN SELECT 1; END IF; END; BEGIN SET x = 1; END",
        "DECLARE a INT; BEGIN SELECT a; END",
        "BEGIN SELECT 1; <<l>> LOOP EXIT l; END LOOP; SELECT 1 >> 2, CASE 1 WHEN 1 THEN 2 END; END",
    ] {
        check_one(statement);
    }
}

#[test]
fn other_statements_have_no_bodies() {
    check(
        "CREATE TABLE t (begin INT, end INT); CREATE DEFINER=a@b VIEW v AS SELECT begin FROM t; SELECT 1",
        &[
            "CREATE TABLE t (begin INT, end INT)",
            "CREATE DEFINER=a@b VIEW v AS SELECT begin FROM t",
            "SELECT 1",
        ],
    );
    check(
        "ALTER TABLE a ADD event INT; SELECT 1",
        &["ALTER TABLE a ADD event INT", "SELECT 1"],
    );
    check(
        "CREATE DEFINER=a@b SQL SECURITY INVOKER VIEW v AS SELECT CASE 1 WHEN 1 THEN 2 END; x",
        &[
            "CREATE DEFINER=a@b SQL SECURITY INVOKER VIEW v AS SELECT CASE 1 WHEN 1 THEN 2 END",
            "x",
        ],
    );
}

#[test]
fn delimiter_commands_are_understood() {
    for (sql, expected) in [
        (
            "DELIMITER $$\na; b$$\nc$$\nDELIMITER ;\nd; e",
            &["a; b", "c", "d", "e"][..],
        ),
        ("delimiter ;;\r\na;b;;\r\nDelimiter ;\r\nc;", &["a;b", "c"]),
        (
            "DELIMITER //\nCREATE PROCEDURE p() BEGIN a; END //\n",
            &["CREATE PROCEDURE p() BEGIN a; END"],
        ),
        ("DELIMITER '|'\na;b|c", &["a;b", "c"]),
        ("SELECT 1; DELIMITER //\na;b//", &["SELECT 1", "a;b"]),
        ("DELIMITER // -- with a note\na;b//", &["a;b"]),
        ("DELIMITER //", &[]),
        ("DELIMITER 88\n/*!88 a 8 */88b", &["/*!88 a 8 */", "b"]),
        ("DELIMITER $$\nEND$$", &["END"]),
        ("DELIMITER \\\\\na;\\\\b", &["a;", "b"]),
        (
            "DELIMITER //\n-- a // b\n'//' `//` /* // */ x//y",
            &["'//' `//` /* // */ x", "y"],
        ),
        (
            "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON x\nFOR EACH ROW BEGIN\n  SET NEW.a = 1;; -- it's\nEND */;;\nDELIMITER ;\nx",
            &[
                "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON x\nFOR EACH ROW BEGIN\n  SET NEW.a = 1;; -- it's\nEND */",
                "x",
            ],
        ),
    ] {
        check(sql, expected);
    }
}
