//! What ends a statement, and what belongs to it.

use crate::sql::{Lexicon, Part, SplitOptions, split, split_with};

use super::{LEXICONS, texts};

const SQLITE: &Lexicon = &Lexicon::SQLITE;
const POSTGRES: &Lexicon = &Lexicon::POSTGRES;
const MYSQL: &Lexicon = &Lexicon::MYSQL;

fn check(lexicon: &Lexicon, sql: &str, expected: &[&str]) {
    assert_eq!(texts(sql, lexicon), expected, "{sql}");
}

/// The text is one statement with its `;`, also with another one after it.
fn check_one(lexicon: &Lexicon, statement: &str) {
    check(lexicon, &format!("{statement};"), &[statement]);
    check(
        lexicon,
        &format!("{statement};\nSELECT 2;"),
        &[statement, "SELECT 2"],
    );
    check(
        lexicon,
        &format!("SELECT 0;{statement}"),
        &["SELECT 0", statement],
    );
}

#[test]
fn semicolons_end_statements_everywhere() {
    for lexicon in LEXICONS {
        check(lexicon, "", &[]);
        check(lexicon, " ;; ;\n", &[]);
        check(lexicon, "-- only\n/* comments */", &[]);
        check(lexicon, "\u{feff}", &[]);
        check(lexicon, "a;b", &["a", "b"]);
        check(lexicon, "\u{feff}a;\r\nb;\r\n", &["a", "b"]);
        check(lexicon, "a;\n-- nothing after it\n", &["a"]);
        check(
            lexicon,
            "-- first\n\n/* x */ a /* in */ b -- last\n;",
            &["a /* in */ b -- last"],
        );
        check(lexicon, "a -- no semicolon", &["a -- no semicolon"]);
        check(lexicon, "a ; -- about a\nb", &["a", "b"]);
        check_one(lexicon, "INSERT INTO t VALUES (';', \";\") -- ;\n /* ; */");
        check(lexicon, "BEGIN; a; COMMIT", &["BEGIN", "a", "COMMIT"]);
    }
}

#[test]
fn x_5_quotes_hide_semicolons() {
    check_one(SQLITE, "SELECT [a;b], `c;d`");
    check_one(MYSQL, r"SELECT '\';', `c;d` /* ; */");
    check_one(
        POSTGRES,
        r"SELECT E'\';', U&';', $$;$$, $a$ $$;$$ $b$;$b$ $a$",
    );
    check_one(
        POSTGRES,
        "DO $do$ BEGIN EXECUTE $x$ SELECT 1; $x$; END; $do$",
    );
}

#[test]
fn mysql_dashes_before_a_semicolon_are_no_comment() {
    // As MySQL's client does; the server, which sees no `;`, then takes them for a comment.
    check(MYSQL, "SELECT 1 --; SELECT 2", &["SELECT 1 --", "SELECT 2"]);
    check(MYSQL, "--; SELECT 2", &["--", "SELECT 2"]);
    check(SQLITE, "SELECT 1 --; SELECT 2", &["SELECT 1 --; SELECT 2"]);
}

#[test]
fn sqlite_triggers_end_after_their_last_statement() {
    for trigger in [
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = 1; DELETE FROM d; END",
        "create temp trigger if not exists main.t before update of x, y on a for each row when new.x > 1\n\
         begin select case when new.x then 1 else 2 end; select case 1 when 1 then 2 end; end",
        "CREATE TEMPORARY TRIGGER begin INSTEAD OF DELETE ON begin BEGIN SELECT 1; END",
        "CREATE TRIGGER t AFTER UPDATE OF begin, \"end\" ON a BEGIN SELECT \"end\", [begin], end FROM e; END",
        "CREATE TRIGGER t AFTER INSERT ON a WHEN CASE new.begin WHEN 1 THEN 0 END BEGIN SELECT new.end; /* ; */ END /* ; */",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; -- END;\n END",
        "EXPLAIN QUERY PLAN CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END",
        "CREATE /* a */ TRIGGER t AFTER INSERT ON a BEGIN SELECT ';END;'; END",
    ] {
        check_one(SQLITE, trigger);
    }
    check(
        SQLITE,
        "CREATE TABLE trigger_log (begin INT, end INT); SELECT begin; END",
        &[
            "CREATE TABLE trigger_log (begin INT, end INT)",
            "SELECT begin",
            "END",
        ],
    );
    check(
        SQLITE,
        "DROP TRIGGER t; SELECT 1",
        &["DROP TRIGGER t", "SELECT 1"],
    );
}

#[test]
fn postgres_atomic_bodies_and_rules() {
    for statement in [
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT CASE a WHEN 1 THEN 2 END; END",
        "create or replace procedure p() begin atomic insert into a values (1); delete from b; end",
        "CREATE FUNCTION f() RETURNS TABLE (begin int) BEGIN ATOMIC SELECT t.end, 1 AS end, 2 end FROM t; END",
        "CREATE PROCEDURE p() BEGIN ATOMIC END",
        "CREATE FUNCTION f() RETURNS int BEGIN\n/* ; */ ATOMIC SELECT 1; -- END\nEND",
        "CREATE FUNCTION f() RETURNS int AS 'BEGIN a; END;' LANGUAGE plpgsql",
        "CREATE FUNCTION f() RETURNS int RETURN CASE WHEN true THEN 1 END",
        "CREATE RULE r AS ON INSERT TO v DO INSTEAD (INSERT INTO a VALUES (NEW.x); DELETE FROM b)",
        "CREATE OR REPLACE RULE r AS ON UPDATE TO v DO ALSO (SELECT 1; (SELECT (2)); )",
        "CREATE RULE r AS ON DELETE TO v DO NOTHING",
    ] {
        check_one(POSTGRES, statement);
    }
    check(
        POSTGRES,
        "BEGIN; SELECT 1; END; BEGIN ISOLATION LEVEL SERIALIZABLE; COMMIT",
        &[
            "BEGIN",
            "SELECT 1",
            "END",
            "BEGIN ISOLATION LEVEL SERIALIZABLE",
            "COMMIT",
        ],
    );
    // Only rules hold semicolons in parentheses.
    check(
        POSTGRES,
        "CREATE TABLE t (a int; SELECT 1",
        &["CREATE TABLE t (a int", "SELECT 1"],
    );
}

#[test]
fn postgres_copy_has_its_rows_with_it() {
    for (sql, rows) in [
        (
            "COPY t (a, b) FROM stdin;\n1\t;\n'2\t\\N\n\\.\nSELECT 1;",
            "1\t;\n'2\t\\N\n",
        ),
        (
            "copy public.\"from\" from STDIN with (format csv) ; -- rows\n\\.\nSELECT 1;",
            "",
        ),
        ("COPY t FROM stdin;\r\n1\r\n\\.\r\nSELECT 1;", "1\r\n"),
        (
            "COPY t FROM stdout;\n\\\\.\n \\.\n\\.x\n\\.\nSELECT 1;",
            "\\\\.\n \\.\n\\.x\n",
        ),
        (
            "COPY t FROM stdin WHERE (a > 1);  \n$$ /* \\c\n\\.\nSELECT 1;",
            "$$ /* \\c\n",
        ),
    ] {
        let found = split(sql, POSTGRES).expect("a COPY with its rows");
        assert_eq!(found.len(), 2, "{sql}");
        assert_eq!(found[0].copy_data(sql), Some(rows), "{sql}");
        assert!(!found[0].text(sql).contains([';', '\n']), "{sql}");
        assert_eq!(found[1].text(sql), "SELECT 1", "{sql}");
        assert_eq!(found[1].copy_data(sql), None, "{sql}");
    }
    let last = split("COPY t FROM stdin;\n1\n\\.", POSTGRES).expect("no line end is needed");
    assert_eq!(last[0].copy_data("COPY t FROM stdin;\n1\n\\."), Some("1\n"));
}

#[test]
fn other_copies_are_ordinary_statements() {
    for statement in [
        "COPY t FROM '/tmp/stdin'",
        "COPY t FROM PROGRAM 'cat'",
        "COPY (SELECT a FROM stdin) TO stdout",
        "COPY t TO stdout",
        "COPY \"stdin\" FROM 'x'",
    ] {
        check_one(POSTGRES, statement);
    }
    check(SQLITE, "COPY t FROM stdin; a", &["COPY t FROM stdin", "a"]);
}

#[test]
fn mysql_executable_comments_are_statements() {
    check(
        MYSQL,
        "/*!40101 SET NAMES utf8 */;\n/* not */;\n/*M!1 a;b */",
        &["/*!40101 SET NAMES utf8 */", "/*M!1 a;b */"],
    );
    check_one(
        MYSQL,
        "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET @a = '*/'; END */",
    );
    check(POSTGRES, "/*! a */;", &[]);
}

fn split_options(delimiter: Option<&str>, parts: &[(usize, usize, bool)]) -> SplitOptions {
    let to_part = |&(start, end, whole): &(usize, usize, bool)| Part {
        range: start..end,
        whole,
    };
    SplitOptions {
        parts: parts.iter().map(to_part).collect(),
        delimiter: delimiter.map(str::to_owned),
    }
}

#[test]
fn a_delimiter_replaces_the_semicolon() {
    for (lexicon, delimiter, sql, expected) in [
        (MYSQL, "//", "a; b// c //\n//d", &["a; b", "c", "d"][..]),
        (
            MYSQL,
            "$$",
            "END$$x$$ '$$' `$$`$$ -- $$\ny",
            &["END", "x", "'$$' `$$`", "y"],
        ),
        (POSTGRES, "$$", "a $$ b;c $$", &["a", "b;c"]),
        (
            POSTGRES,
            "\n\n\n",
            "a;\n\nb\n\n\nc;\r\n\r\n\r\nd",
            &["a;\n\nb", "c;", "d"],
        ),
        (
            POSTGRES,
            "-- end",
            "a;\n-- other\n-- end\nb",
            &["a;\n-- other", "b"],
        ),
        (POSTGRES, "\nGO", "a;\nGO\nb\nGO", &["a;", "b"]),
        (SQLITE, "/", "a / /* / */ b", &["a", "b"]),
        (SQLITE, ";;", "a; b;; c", &["a; b", "c"]),
        (SQLITE, "", "a; b", &["a", "b"]),
        (SQLITE, ";", "a; b", &["a", "b"]),
        (SQLITE, "é", "aéb", &["a", "b"]),
        (
            SQLITE,
            "//",
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN x//y",
            &["CREATE TRIGGER t AFTER INSERT ON a BEGIN x", "y"],
        ),
    ] {
        let options = split_options(Some(delimiter), &[]);
        let found = split_with(sql, lexicon, &options).expect("a delimiter");
        let found: Vec<_> = found.iter().map(|statement| statement.text(sql)).collect();
        assert_eq!(found, expected, "{sql}");
    }
}

#[test]
fn parts_end_statements_and_may_be_whole() {
    let sql = "a; b| c; d;|-- e\nf;g; -- h\n|\n; i";
    let bars: Vec<_> = sql.match_indices('|').map(|(at, _)| at).collect();
    let parts = [
        (0, bars[0], false),
        (bars[0] + 1, bars[1], true),
        (bars[1] + 1, bars[2], true),
        (bars[2] + 1, sql.len(), false),
    ];
    let found = split_with(sql, SQLITE, &split_options(None, &parts)).expect("parts");
    let texts: Vec<_> = found.iter().map(|statement| statement.text(sql)).collect();
    assert_eq!(texts, ["a", "b", "c; d", "f;g", "i"]);
    let places: Vec<_> = found
        .iter()
        .map(|statement| (statement.line, statement.column))
        .collect();
    assert_eq!(places, [(1, 1), (1, 4), (1, 7), (2, 1), (4, 3)]);
}

#[test]
fn whole_parts_without_statement_are_left_out() {
    let sql = " ; -- a\n;";
    let options = split_options(None, &[(0, sql.len(), true), (0, 0, true)]);
    assert_eq!(split_with(sql, SQLITE, &options).expect("nothing"), []);
}

#[test]
fn a_copy_in_a_whole_part_keeps_its_rows() {
    let sql = "-- x\nCOPY t FROM stdin;\nit's\n\\.\n";
    let options = split_options(None, &[(0, sql.len(), true)]);
    let found = split_with(sql, POSTGRES, &options).expect("a COPY");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].copy_data(sql), Some("it's\n"));
}

#[test]
fn a_delimiter_command_holds_from_part_to_part() {
    let sql = "DELIMITER //\na;b//|c;d//\nDELIMITER ;\ne;f";
    let bar = sql.find('|').expect("a bar");
    let options = split_options(None, &[(0, bar, false), (bar + 1, sql.len(), false)]);
    let found = split_with(sql, MYSQL, &options).expect("two parts");
    let texts: Vec<_> = found.iter().map(|statement| statement.text(sql)).collect();
    assert_eq!(texts, ["a;b", "c;d", "e", "f"]);
}
