//! What statements look like, and that SQLite takes names as they are written.

use super::*;
use crate::dialect::Database;
use crate::driver::{ConnectOptions, DatabaseUrl};
use crate::schema::{
    Action, Check, Column, Expression, ForeignKey, Identity, IdentityKind, Index, IndexPart,
    NullsOrder, PrimaryKey, Table, Unique,
};

fn exec(sql: &str) -> crate::error::Result<()> {
    let url = DatabaseUrl::parse("sqlite::memory:").unwrap();
    let mut database = Database::open(&url, &ConnectOptions::default()).unwrap();
    database.exec(sql).map(|_| ())
}

#[test]
fn keywords_are_in_order() {
    assert!(KEYWORDS.is_sorted());
}

/// Every word of SQLite's list, where a name may stand.
#[test]
fn sqlite_takes_every_keyword_as_it_is_written() {
    let all = KEYWORDS.iter().copied().chain([
        "action", "columns", "first", "groups", "key", "last", "range", "row", "rows", "rowid",
        "date", "text", "integer", "value", "name", "user", "type", "index",
    ]);
    for word in all {
        let name = identifier(word);
        let sql = format!(
            "CREATE TABLE {name} ({name} TEXT, x INT CONSTRAINT {name} CHECK ({name} <> ''),
               UNIQUE ({name}), FOREIGN KEY ({name}) REFERENCES {name} ({name}));
             CREATE INDEX i ON {name} ({name} DESC) WHERE {name} > '1';
             INSERT INTO {name} ({name}) SELECT {name} FROM {name};
             ALTER TABLE {name} RENAME COLUMN {name} TO other;
             ALTER TABLE {name} ADD COLUMN {name} DEFAULT 'x';
             ALTER TABLE {name} DROP COLUMN {name};
             DROP TABLE {name};"
        );
        exec(&sql).unwrap_or_else(|error| panic!("{name}: {error}\n{sql}"));
    }
}

#[test]
fn names_are_quoted_only_where_they_have_to_be() {
    for (name, expected) in [
        ("users", "users"),
        ("Users_2", "Users_2"),
        ("order", "\"order\""),
        ("Order", "\"Order\""),
        ("2nd", "\"2nd\""),
        ("a b", "\"a b\""),
        ("a\"b", "\"a\"\"b\""),
        ("größe", "\"größe\""),
        ("", "\"\""),
    ] {
        assert_eq!(identifier(name), expected);
    }
}

#[test]
fn a_table_is_laid_out_for_people() {
    let mut id = Column::new("id", "INTEGER");
    id.identity = Some(Identity::new(IdentityKind::AutoIncrement));
    let mut name = Column::new("name", "VARCHAR(100)");
    name.default = Some(DefaultValue::Text("it's".to_owned()));
    name.collation = Some("NOCASE".to_owned());
    let mut made = Column::new("made", "TEXT");
    made.nullable = true;
    made.default = Some(DefaultValue::Expression(Expression::new(
        "CURRENT_TIMESTAMP",
    )));
    let mut table = Table {
        columns: vec![id, name, made],
        primary_key: Some(PrimaryKey::of(["id"])),
        uniques: vec![Unique {
            name: Some("users_name_key".to_owned()),
            parts: vec![IndexPart::column("name")],
            ..Unique::default()
        }],
        checks: vec![Check {
            expression: Expression::new("name <> ''"),
            ..Check::default()
        }],
        foreign_keys: vec![ForeignKey {
            columns: vec!["made".to_owned()],
            target: Name::new("order"),
            target_columns: vec!["id".to_owned()],
            on_delete: Action::Cascade,
            ..ForeignKey::default()
        }],
        ..Table::default()
    };
    table.options.flag("strict");
    table.options.flag("without_rowid");
    assert_eq!(
        create_table(&Name::new("users"), &table),
        "CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  name VARCHAR(100) NOT NULL DEFAULT 'it''s' COLLATE NOCASE,
  made TEXT DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT users_name_key UNIQUE (name),
  CHECK (name <> ''),
  FOREIGN KEY (made) REFERENCES \"order\" (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID"
    );
    let index = Index {
        name: "users_lower_idx".to_owned(),
        unique: true,
        parts: vec![
            IndexPart::expression("lower(name)"),
            IndexPart::column("made"),
        ],
        predicate: Some(Expression::new("made IS NOT NULL")),
        ..Index::default()
    };
    assert_eq!(
        create_index(&Name::within("other", "users"), &index),
        "CREATE UNIQUE INDEX other.users_lower_idx ON users (lower(name), made)
  WHERE made IS NOT NULL"
    );
}

#[test]
fn a_table_with_a_text_is_rendered_by_it() {
    let table = Table {
        definition: Some("CREATE TABLE \"t\" (a /* b */)".to_owned()),
        columns: vec![Column::new("a", "")],
        ..Table::default()
    };
    assert_eq!(
        create_table(&Name::new("t"), &table),
        "CREATE TABLE \"t\" (a /* b */)"
    );
    assert_eq!(
        create_table(&Name::within("o", "t"), &table),
        "CREATE TABLE o.\"t\" (a /* b */)"
    );
    assert_eq!(
        create_table(&Name::new("u"), &table),
        "CREATE TABLE u (\n  a NOT NULL\n)"
    );
}

#[test]
fn what_sqlite_does_not_have_is_refused_by_name() {
    let name = Name::new("t");
    let mut index = Index {
        name: "i".to_owned(),
        parts: vec![IndexPart::column("a")],
        ..Index::default()
    };
    refuse_index(&name, &index).unwrap();
    index.parts[0].nulls = Some(NullsOrder::First);
    let error = refuse_index(&name, &index).unwrap_err();
    assert_eq!(
        error.message(),
        "NULLS FIRST or LAST of the index `i` in the table `t` is not supported by SQLite"
    );
    let mut table = Table {
        columns: vec![Column::new("a", "VARCHAR(10)")],
        ..Table::default()
    };
    refuse_table(&name, &table).unwrap();
    table.options.flag("strict");
    let error = refuse_table(&name, &table).unwrap_err();
    assert!(
        error.message().contains("`VARCHAR(10)` of the column `a`"),
        "{error}"
    );
}
