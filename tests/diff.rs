//! The circle of a schema change, on every database, from cases in `tests/diff/*.yaml`.
//!
//! ```yaml
//! a_case:
//!   current: CREATE TABLE t (id bigint PRIMARY KEY)            # SQL, or SQL per dialect
//!   desired: { sqlite: …, postgres: …, mysql: … }
//!   rows: INSERT INTO t VALUES (1)                             # put in before anything changes
//!   rename: [t.a:b, old:new]                                   # answers, as --rename takes them
//!   up: { sqlite: …, postgres: …, mysql: … }                   # exactly what is planned there
//!   down: { … }
//!   changes: [t.a]                                             # columns whose values may change
//!   namespaces: [other]                                        # read beside the one connected to
//!   only: postgres                                             # elsewhere it must fail
//! ```
//!
//! For each dialect: `current` is loaded and does not differ from itself read again; the plan to
//! `desired` is `up`, text for text; it is applied to the rows; nothing differs then, and no row is
//! lost or changed; the plan back is `down`; it is applied; nothing differs again.
//!
//! A dialect without `up` is left out only when the case says `only`; then the case is tried
//! there, too, and must be refused by the database or by Freight: a mark that is wrong is found.
//!
//! `FREIGHT_DIFF_CASE=name` runs one case, or those of one file; `FREIGHT_DIFF_WRITE=1` writes what
//! was planned to stdout instead of comparing it, below lines that say for which case and dialect.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "support/mod.rs"]
mod support;

#[path = "diff/attributes.rs"]
mod attributes;
#[path = "diff/case.rs"]
mod case;
#[path = "diff/circle.rs"]
mod circle;

use case::{Case, Suite};
use circle::{Stage, circle};
use freight_core::DialectName;

/// The cases of a dialect are shared out among so many tests, which run side by side.
const SHARES: usize = 8;

/// Runs one share of the cases of a dialect and lists those that fail.
fn run(dialect: DialectName, share: usize) {
    let Some(stage) = Stage::new(dialect) else {
        return;
    };
    let suite = Suite::read();
    let wanted = std::env::var("FREIGHT_DIFF_CASE").ok();
    let cases: Vec<&Case> = suite
        .cases
        .iter()
        .enumerate()
        .filter(|(index, _)| index % SHARES == share)
        .map(|(_, case)| case)
        .filter(|case| wanted.as_ref().is_none_or(|name| case.is_called(name)))
        .collect();
    let mut failed = Vec::new();
    for case in &cases {
        if let Err(problem) = circle(case, &stage) {
            failed.push(format!("{} ({}):\n{problem}", case.name, case.file));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {} cases fail on {dialect}:\n\n{}",
        failed.len(),
        cases.len(),
        failed.join("\n\n")
    );
}

macro_rules! shares {
    ($($dialect:ident: $name:ident;)*) => {
        $(mod $dialect {
            use super::*;

            #[test]
            fn share_1() {
                run(DialectName::$name, 0);
            }

            #[test]
            fn share_2() {
                run(DialectName::$name, 1);
            }

            #[test]
            fn share_3() {
                run(DialectName::$name, 2);
            }

            #[test]
            fn share_4() {
                run(DialectName::$name, 3);
            }

            #[test]
            fn share_5() {
                run(DialectName::$name, 4);
            }

            #[test]
            fn share_6() {
                run(DialectName::$name, 5);
            }

            #[test]
            fn share_7() {
                run(DialectName::$name, 6);
            }

            #[test]
            fn share_8() {
                run(DialectName::$name, 7);
            }
        })*
    };
}

shares! {
    sqlite: Sqlite;
    postgres: Postgres;
    mysql: Mysql;
}
