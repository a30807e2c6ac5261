//! Servers that do not answer, and servers that do not allow it.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

use freight_core::DialectName;

use super::{Call, Expected, PASSWORD, PASSWORD_IN_URL, with_credentials, with_database};
use crate::project::Project;
use crate::support::{TestDatabase, run_all};

const SERVERS: [DialectName; 2] = [DialectName::Postgres, DialectName::Mysql];

/// A user of a server, who may do nothing at first; gone when dropped.
struct User<'a> {
    database: &'a TestDatabase,
    name: String,
    url: String,
}

impl<'a> User<'a> {
    fn create(database: &'a TestDatabase) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("freight_u{}_{number}", std::process::id());
        let user = Self {
            database,
            url: with_credentials(&database.url, &name, PASSWORD_IN_URL),
            name,
        };
        match database.dialect {
            DialectName::Postgres => user.sql("CREATE ROLE {} LOGIN PASSWORD '{password}'"),
            _ => {
                user.sql("CREATE USER {} IDENTIFIED BY '{password}'");
                // Else the server says that there is no such database for this user.
                user.sql("GRANT SELECT ON {database}.a TO {}");
            }
        }
        user
    }

    /// Runs a statement as somebody who may do everything; `{}` is the user.
    fn sql(&self, sql: &str) {
        let database = self.database.url.rsplit_once('/').unwrap().1;
        let database = database.split('?').next().unwrap();
        let user = match self.database.dialect {
            DialectName::Mysql => format!("'{}'@'%'", self.name),
            _ => self.name.clone(),
        };
        let sql = sql
            .replace("{}", &user)
            .replace("{password}", PASSWORD)
            .replace("{database}", database);
        run_all(&mut self.database.connect(), &[&sql]);
    }

    /// For both servers: what PostgreSQL and what MySQL call it.
    fn either(&self, postgres: &str, mysql: &str) {
        self.sql(match self.database.dialect {
            DialectName::Postgres => postgres,
            _ => mysql,
        });
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        if self.database.dialect == DialectName::Postgres {
            self.sql("DROP OWNED BY {}");
        }
        self.either("DROP ROLE {}", "DROP USER {}");
    }
}

/// A project whose first migration is applied, and whose second is pending.
fn with_one_pending(database: &TestDatabase) -> Project {
    let project = Project::new(database);
    project.write("1_a.sql", "CREATE TABLE a (id integer);\n");
    Call::migrate(&project.url, &project.folder).succeeds();
    project.write("2_b.sql", "ALTER TABLE a ADD COLUMN b integer;\n");
    project
}

fn expected<'a>(code: &'a str, says: &'a [&'a str]) -> Expected<'a> {
    Expected {
        code,
        status: 1,
        says,
    }
}

fn on_servers(test: impl Fn(&TestDatabase, &Project)) {
    for dialect in SERVERS {
        if let Some(database) = TestDatabase::create(dialect) {
            let project = with_one_pending(&database);
            test(&database, &project);
        }
    }
}

#[test]
fn a_closed_port() {
    on_servers(|_, project| {
        // A port that was free a moment ago.
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap().to_string();
        drop(listener);
        let url = format!(
            "{}://somebody:{PASSWORD_IN_URL}@{place}/any",
            project.dialect
        );
        let call = Call::migrate(&url, &project.folder);
        call.fails(&expected("FR0101", &[&place, "start the server"]));
    });
}

#[test]
fn a_wrong_password_or_an_unknown_user() {
    on_servers(|database, project| {
        let user = User::create(database);
        // The servers of tests/run let everybody of PostgreSQL in without asking for a password.
        let (name, password) = match database.dialect {
            DialectName::Postgres => ("freight_nobody", PASSWORD_IN_URL.to_owned()),
            _ => (user.name.as_str(), format!("{PASSWORD_IN_URL}x")),
        };
        let url = with_credentials(&database.url, name, &password);
        let call = Call::migrate(&url, &project.folder);
        let says = &[name, "check", "password"];
        call.fails_and_changes_nothing(database, &expected("FR0103", says));
    });
}

#[test]
fn an_unknown_database() {
    on_servers(|database, project| {
        let user = User::create(database);
        user.either(
            "SELECT '{}'",
            "GRANT SELECT ON `freight\\_no\\_such`.* TO {}",
        );
        let url = with_database(&user.url, "freight_no_such");
        let call = Call::migrate(&url, &project.folder);
        call.fails(&expected("FR0106", &["freight_no_such", "create it"]));
    });
}

#[test]
fn a_user_without_rights() {
    on_servers(|database, project| {
        let user = User::create(database);
        let call = Call::migrate(&user.url, &project.folder);
        // The history cannot be read: that must not be taken for a history that is not there.
        let denied = expected(
            "FR0305",
            &["denied", "_freight_migrations", "grant the right"],
        );
        call.fails_and_changes_nothing(database, &denied);
        // It can be read, and the migration could be done, but not recorded.
        user.either(
            "GRANT SELECT ON _freight_migrations TO {}",
            "GRANT SELECT ON {database}._freight_migrations TO {}",
        );
        user.either(
            "ALTER TABLE a OWNER TO {}",
            "GRANT ALTER ON {database}.a TO {}",
        );
        call.fails_and_changes_nothing(database, &denied);
        // It can be recorded, and not be done.
        user.either(
            "GRANT ALL ON _freight_migrations TO {}",
            "GRANT ALL ON {database}._freight_migrations TO {}",
        );
        user.either(
            "ALTER TABLE a OWNER TO CURRENT_USER",
            "REVOKE ALTER ON {database}.a FROM {}",
        );
        let failed = expected("FR0515", &["2_b.sql:1:", "[FR0305]", "grant the right"]);
        call.fails_and_changes_nothing(database, &failed);
        user.either(
            "ALTER TABLE a OWNER TO {}",
            "GRANT ALL ON {database}.a TO {}",
        );
        call.succeeds();
        // A database without a history, in which none may be made.
        let other = Call::migrate(&user.url, &project.folder).with(&["--history-table", "other"]);
        other.fails_and_changes_nothing(
            database,
            &expected("FR0305", &["denied", "grant the right"]),
        );
    });
}

#[test]
fn a_read_only_database() {
    let sqlite = TestDatabase::create(DialectName::Sqlite).unwrap();
    let project = with_one_pending(&sqlite);
    let url = format!("{}?mode=ro", sqlite.url);
    let failed = expected("FR0515", &["2_b.sql:1:", "[FR0306]", "check the rights"]);
    Call::migrate(&url, &project.folder).fails_and_changes_nothing(&sqlite, &failed);

    let Some(postgres) = TestDatabase::create(DialectName::Postgres) else {
        return;
    };
    let project = with_one_pending(&postgres);
    let user = User::create(&postgres);
    user.sql("GRANT ALL ON _freight_migrations TO {}");
    user.sql("GRANT ALL ON SCHEMA public TO {}");
    user.sql("ALTER TABLE a OWNER TO {}");
    user.sql("ALTER ROLE {} SET default_transaction_read_only = on");
    let says = &["2_b.sql:1:", "[FR0306]", "default_transaction_read_only"];
    Call::migrate(&user.url, &project.folder)
        .fails_and_changes_nothing(&postgres, &expected("FR0515", says));
    let says = &["read-only", "default_transaction_read_only"];
    Call::migrate(&user.url, &project.folder)
        .with(&["--history-table", "other"])
        .fails_and_changes_nothing(&postgres, &expected("FR0306", says));
}
