//! Random schemas: made, changed into others, read back, on every database.
//!
//! Each round draws a schema A and a schema B that grew out of it, makes A in an empty database,
//! puts rows in, and wants: the database read back does not differ from what was made; read as
//! models, and these made in another database, it is the same there, byte for byte; after the plan
//! to B was applied nothing differs from B; no row is lost that both have room for.
//!
//! `FREIGHT_RANDOM_ROUNDS` (30) rounds per database, from `FREIGHT_RANDOM_SEED`; a failure prints
//! the seed of its round. The nightly form is `FREIGHT_RANDOM_ROUNDS=1000` with a seed of the day.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "a test program: what fails here is a failed test"
)]

#[path = "random/alter.rs"]
mod alter;
#[path = "random/functions.rs"]
mod functions;
#[path = "random/generate.rs"]
mod generate;
#[path = "random/inherit.rs"]
mod inherit;
#[path = "random/kinds.rs"]
mod kinds;
#[path = "random/mariadb.rs"]
mod mariadb;
#[path = "random/models.rs"]
mod models;
#[path = "random/mutate.rs"]
mod mutate;
#[path = "random/numbers.rs"]
mod numbers;
#[path = "random/objects.rs"]
mod objects;
#[path = "random/partitions.rs"]
mod partitions;
#[path = "random/parts.rs"]
mod parts;
#[path = "random/periods.rs"]
mod periods;
#[path = "random/rare.rs"]
mod rare;
#[path = "random/replicas.rs"]
mod replicas;
#[path = "random/rights.rs"]
mod rights;
#[path = "random/round.rs"]
mod round;
#[path = "support/mod.rs"]
mod support;
#[path = "random/typed.rs"]
mod typed;
#[path = "random/types.rs"]
mod types;

use freight_core::DialectName;
use round::Stage;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .map_or(default, |text| text.parse().unwrap())
}

/// So many rounds of a dialect, in shares that run side by side.
fn run(dialect: DialectName, share: u64) {
    let Some(stage) = Stage::new(dialect) else {
        return;
    };
    let rounds = number("FREIGHT_RANDOM_ROUNDS", 30);
    let start = number("FREIGHT_RANDOM_SEED", 20_260_101);
    let mut failed = Vec::new();
    for seed in (start..start + rounds).filter(|seed| seed % 2 == share) {
        if let Err(problem) = stage.round(seed) {
            failed.push(format!(
                "FREIGHT_RANDOM_ROUNDS=1 FREIGHT_RANDOM_SEED={seed}: {problem}"
            ));
        }
    }
    assert!(
        failed.is_empty(),
        "{dialect}, {} rounds fail:\n\n{}",
        failed.len(),
        failed.join("\n\n")
    );
}

macro_rules! shares {
    ($($dialect:ident: $name:ident;)*) => {
        $(mod $dialect {
            use super::*;

            #[test]
            fn even() {
                run(DialectName::$name, 0);
            }

            #[test]
            fn odd() {
                run(DialectName::$name, 1);
            }
        })*
    };
}

shares! {
    sqlite: Sqlite;
    postgres: Postgres;
    mysql: Mysql;
}
