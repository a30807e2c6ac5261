//! Texts of steps, and the SQL that they become.

mod changes;
mod conditions;
mod hostile;
mod properties;
mod shapes;

use super::*;
use crate::driver::Version;
use crate::error::ErrorKind;

/// A server of each database, in the order of [`DialectName::ALL`].
fn servers() -> [(DialectName, Server); 3] {
    let server = |product, version| Server { product, version };
    let of = [
        server("SQLite", Version::new(3, 50, 0)),
        server("PostgreSQL", Version::new(16, 0, 0)),
        server("MariaDB", Version::new(10, 11, 0)),
    ];
    let mut names = DialectName::ALL.iter().copied();
    of.map(|server| (names.next().unwrap(), server))
}

/// The steps become the same text on all databases.
#[track_caller]
fn same(steps: &str, expected: &str) {
    each(steps, [expected, expected, expected]);
}

/// The steps become these texts, on SQLite, on PostgreSQL and on MariaDB.
#[track_caller]
fn each(steps: &str, expected: [&str; 3]) {
    for ((dialect, server), expected) in servers().into_iter().zip(expected) {
        match render(steps, dialect, &server) {
            Ok(rendered) => assert_eq!(rendered.sql, expected, "{dialect}: {steps}"),
            Err(error) => panic!("{dialect}: {steps}: {error}"),
        }
    }
}

/// The values of the placeholders, on all databases.
#[track_caller]
fn order(steps: &str, expected: &[usize]) {
    for (dialect, server) in servers() {
        let rendered = render(steps, dialect, &server).unwrap();
        assert_eq!(rendered.order, expected, "{dialect}: {}", rendered.sql);
    }
}

/// The steps are refused on all databases, for the same reason.
#[track_caller]
fn refused(steps: &str, kind: ErrorKind, message: &str) {
    for (dialect, server) in servers() {
        match render(steps, dialect, &server) {
            Ok(rendered) => panic!("{dialect}: {steps}: {}", rendered.sql),
            Err(error) => {
                assert_eq!((error.kind(), error.message()), (kind, message), "{steps}");
            }
        }
    }
}
