//! Plans whose rows stand in the way: they fail as a whole, and nothing is done.

use freight_core::ErrorKind;
use freight_core::diff::Safety;

use crate::way::Way;

/// Goes where the rows do not allow it: the error is returned, and everything is as it was.
fn refused(from: &str, rows: &str, to: &str) -> (ErrorKind, Vec<Safety>) {
    let mut way = Way::from(from, rows);
    let before = way.text("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE '%freight%'");
    let plan = way.plan(to, &[]).unwrap();
    let safety = plan.steps.iter().map(|step| step.safety()).collect();
    let error = way.to(to, &[]).unwrap_err();
    let after = way.text("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE '%freight%'");
    assert_eq!(before, after);
    let kind = error
        .cause()
        .map_or(error.kind(), freight_core::Error::kind);
    (kind, safety)
}

#[test]
fn foreign_keys_are_checked_before_commit() {
    let (kind, _) = refused(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER);",
        "INSERT INTO c VALUES (7)",
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p (id));",
    );
    assert_eq!(kind, ErrorKind::ForeignKeyCheck);
}

#[test]
fn violations_that_were_there_before_are_no_reason() {
    let c = "CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE c (p INTEGER REFERENCES p (id), x TEXT";
    let mut way = Way::from(
        &format!("{c})"),
        "PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (7, 'x')",
    );
    way.rebuild(&format!("{c} NOT NULL)"));
    assert_eq!(way.text("SELECT * FROM c"), "7|x");
}

#[test]
fn rows_without_a_value_refuse_not_null() {
    let (kind, safety) = refused(
        "CREATE TABLE t (a TEXT)",
        "INSERT INTO t VALUES (NULL)",
        "CREATE TABLE t (a TEXT NOT NULL)",
    );
    assert_eq!(
        (kind, safety),
        (ErrorKind::NotNullViolation, vec![Safety::Blocks])
    );
}

#[test]
fn rows_refuse_a_check_a_unique_constraint_and_a_strict_type() {
    for (to, expected) in [
        (
            "CREATE TABLE t (a TEXT CHECK (a <> 'x'))",
            ErrorKind::CheckViolation,
        ),
        ("CREATE TABLE t (a TEXT UNIQUE)", ErrorKind::UniqueViolation),
        (
            "CREATE TABLE t (a TEXT UNIQUE ON CONFLICT REPLACE)",
            ErrorKind::UniqueViolation,
        ),
        (
            "CREATE TABLE t (a TEXT PRIMARY KEY ON CONFLICT IGNORE)",
            ErrorKind::UniqueViolation,
        ),
        ("CREATE TABLE t (a INT) STRICT", ErrorKind::InvalidValue),
        (
            "CREATE TABLE t (a TEXT, b TEXT NOT NULL)",
            ErrorKind::NotNullViolation,
        ),
    ] {
        let (kind, _) = refused(
            "CREATE TABLE t (a TEXT)",
            "INSERT INTO t VALUES ('x'), ('x')",
            to,
        );
        assert_eq!(kind, expected, "{to}");
    }
}

#[test]
fn sl_18_a_foreign_key_to_what_is_not_unique_is_said_to_fail() {
    let way = Way::from("CREATE TABLE k (x)", "");
    let reasons = |sql: &str| -> Vec<String> {
        let plan = way
            .plan(&format!("CREATE TABLE k (x); {sql}"), &[])
            .unwrap();
        let hazards = plan.steps.iter().flat_map(|step| &step.hazards);
        hazards.map(|hazard| hazard.reason.clone()).collect()
    };
    let p = "CREATE TABLE p (id INTEGER PRIMARY KEY, a TEXT, b TEXT, UNIQUE (a, b));
        CREATE UNIQUE INDEX p_b ON p (b) WHERE b > '';";
    for good in ["p", "p (id)", "p (ID)"] {
        assert_eq!(
            reasons(&format!("{p} CREATE TABLE c (x REFERENCES {good})")),
            [""; 0]
        );
    }
    let both = "CREATE TABLE c (x, y, FOREIGN KEY (x, y) REFERENCES p (b, a))";
    assert_eq!(reasons(&format!("{p} {both}")), [""; 0]);
    for (bad, why) in [
        ("p (a)", "what it refers to in `p` is not unique"),
        ("p (b)", "what it refers to in `p` is not unique"),
        ("nowhere", "there is no table `nowhere`"),
    ] {
        let found = reasons(&format!("{p} CREATE TABLE c (x REFERENCES {bad})"));
        assert_eq!(found.len(), 1, "{bad}");
        assert!(found[0].ends_with(why), "{found:?}");
    }
}

#[test]
fn x_1_a_table_that_cannot_be_read_is_not_rebuilt() {
    let way = Way::from(
        "CREATE TABLE t (a TEXT); PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a TEXT) ' || char(0);
         PRAGMA writable_schema = RESET;",
        "",
    );
    let error = way
        .plan("CREATE TABLE t (a TEXT NOT NULL)", &[])
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(
        error
            .message()
            .contains("`t`, whose definition cannot be read"),
        "{error}"
    );
}
