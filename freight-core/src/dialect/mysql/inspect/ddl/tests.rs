//! Texts as the servers print them. MariaDB's are from 10.11, MySQL's from 8.0 and 8.4.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::schema::{Action, DefaultValue};

fn surroundings() -> Surroundings {
    let collations = [
        ("utf8mb4", "utf8mb4_0900_ai_ci"),
        ("utf8mb3", "utf8mb3_general_ci"),
        ("latin1", "latin1_swedish_ci"),
    ];
    Surroundings {
        own: "shop".to_owned(),
        database: "shop".to_owned(),
        letters: Letters {
            charset: "utf8mb4".to_owned(),
            collation: "utf8mb4_0900_ai_ci".to_owned(),
        },
        collations: collations
            .into_iter()
            .map(|(charset, collation)| (charset.to_owned(), collation.to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}

fn reading(text: &str) -> Reading {
    read_table(text, None, &surroundings()).unwrap()
}

/// A table that is understood to the last token.
fn table(text: &str) -> Table {
    let reading = reading(text);
    assert_eq!(reading.notes, []);
    reading.table
}

const MYSQL: &str = "CREATE TABLE `t` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(50) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'it''s' COMMENT 'a ''name''',
  `price` decimal(10,2) DEFAULT '1.50',
  `made` datetime(3) DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  `key_` char(36) NOT NULL DEFAULT (uuid()),
  `sum` int GENERATED ALWAYS AS ((`id` + 1)) VIRTUAL,
  `text` varchar(99) GENERATED ALWAYS AS (concat(`name`,_utf8mb4'😀')) STORED NOT NULL,
  `flag` tinyint(1) NOT NULL DEFAULT '0',
  `old` int(5) unsigned zerofill DEFAULT NULL,
  `at` timestamp NULL DEFAULT NULL,
  `place` point NOT NULL /*!80003 SRID 4326 */,
  `secret` int DEFAULT NULL /*!80023 INVISIBLE */,
  `doc` json DEFAULT (_utf8mb4'[]'),
  `raw` binary(2) DEFAULT '\\0A',
  PRIMARY KEY (`id`),
  UNIQUE KEY `u` (`name`(10),`price` DESC),
  KEY `functional_index` ((lower(`name`)),(cast(`id` as char(9) charset utf8mb4)) DESC),
  KEY `hidden` (`flag`) /*!80000 INVISIBLE */,
  SPATIAL KEY `place` (`place`),
  FULLTEXT KEY `words` (`name`) /*!50100 WITH PARSER `ngram` */ ,
  CONSTRAINT `fk` FOREIGN KEY (`old`) REFERENCES `other` (`id`) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT `far` FOREIGN KEY (`flag`) REFERENCES `stock`.`items` (`id`),
  CONSTRAINT `t_chk_1` CHECK ((`price` > 0)),
  CONSTRAINT `t_chk_2` CHECK ((`name` <> _latin1'(')) /*!80016 NOT ENFORCED */
) ENGINE=InnoDB AUTO_INCREMENT=77 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci STATS_PERSISTENT=1 COMPRESSION='zlib' COMMENT='a ''table''' /*!80016 DEFAULT ENCRYPTION='Y' */
/*!50100 PARTITION BY RANGE (`id`)
(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB,
 PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */";

#[test]
fn my_14_what_mysql_prints_is_read_to_the_last_token() {
    let table = table(MYSQL);
    let types: Vec<_> = table
        .columns
        .iter()
        .map(|column| column.column_type.as_str())
        .collect();
    assert_eq!(
        types,
        [
            "bigint unsigned",
            "varchar(50)",
            "decimal(10,2)",
            "datetime(3)",
            "char(36)",
            "int",
            "varchar(99)",
            "tinyint(1)",
            "int(5) unsigned zerofill",
            "timestamp",
            "point",
            "int",
            "json",
            "binary(2)",
        ]
    );
    assert_eq!(
        serde_json::to_value(&table.options).unwrap(),
        serde_json::json!({
            "compression": "zlib",
            "encryption": "Y",
            "partition_by": "RANGE (`id`)\n(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB,\n PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB)",
            "stats_persistent": "1",
        })
    );
    assert_eq!(table.comment.as_deref(), Some("a 'table'"));
}

#[test]
fn columns_of_mysql_are_read() {
    let table = table(MYSQL);
    let column = |name: &str| table.column(name).unwrap().clone();
    assert!(column("id").identity.is_some() && !column("id").nullable);
    let name = column("name");
    assert_eq!(name.options.get("charset"), Some("latin1"));
    assert_eq!(name.collation.as_deref(), Some("latin1_bin"));
    assert_eq!(name.default, Some(DefaultValue::Text("it's".to_owned())));
    assert_eq!(name.comment.as_deref(), Some("a 'name'"));
    let number = |text: &str| Some(DefaultValue::Number(text.to_owned()));
    assert_eq!(column("price").default, number("1.5"));
    assert_eq!(column("flag").default, number("0"));
    assert_eq!(
        column("raw").default,
        Some(DefaultValue::Bytes("0041".to_owned()))
    );
    assert_eq!(
        column("doc").default,
        Some(DefaultValue::Text("[]".to_owned()))
    );
    let text = column("text").generated.unwrap();
    assert_eq!(text.expression.as_str(), "concat(`name`,_utf8mb4'😀')");
    assert!(text.stored);
    let sum = column("sum").generated.unwrap();
    assert_eq!(sum.expression.as_str(), "`id` + 1");
    assert_eq!(
        column("made").on_update.unwrap().as_str(),
        "CURRENT_TIMESTAMP(3)"
    );
    assert_eq!(column("place").options.get("srid"), Some("4326"));
    assert!(column("secret").options.has("invisible"));
}

#[test]
fn keys_of_mysql_are_read() {
    let table = table(MYSQL);
    let index = |name: &str| table.index(name).unwrap().clone();
    let unique = index("u");
    assert!(unique.unique && unique.parts[1].descending);
    assert_eq!(unique.parts[0].prefix, Some(10));
    let functional = index("functional_index");
    assert_eq!(
        functional.parts[0],
        crate::schema::IndexPart::expression("lower(`name`)")
    );
    assert!(functional.parts[1].descending);
    assert!(index("hidden").options.has("invisible"));
    assert_eq!(index("words").options.get("parser"), Some("ngram"));
    assert_eq!(index("words").method.as_deref(), Some("fulltext"));
    assert_eq!(index("place").method.as_deref(), Some("spatial"));
    let keys = &table.foreign_keys;
    assert_eq!(keys[0].target, Name::within("stock", "items"));
    assert_eq!(keys[1].on_delete, Action::NoAction);
    assert_eq!(keys[1].on_update, Action::Cascade);
    assert_eq!(table.checks[0].expression.as_str(), "`price` > 0");
    assert!(table.checks[1].not_enforced);
}

#[test]
fn my_01_json_of_mariadb_is_told_from_a_text_with_a_check() {
    let read = table(
        "CREATE TABLE `t` (
  `a` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`a`)),
  `b` longtext DEFAULT NULL CHECK (json_valid(`b`)),
  `c` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`a`)),
  `d` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
    );
    let types: Vec<_> = read
        .columns
        .iter()
        .map(|column| (column.column_type.as_str(), column.collation.as_deref()))
        .collect();
    assert_eq!(
        types,
        [
            ("json", None),
            ("longtext", None),
            ("longtext", Some("utf8mb4_bin")),
            ("longtext", Some("utf8mb4_bin")),
        ]
    );
    assert_eq!(read.checks.len(), 2);
}

#[test]
fn my_02_checks_of_columns_are_told_from_those_of_tables() {
    let read = table(
        "CREATE TABLE `t` (
  `a` int(11) DEFAULT NULL CHECK (`a` > 0),
  CONSTRAINT `a` CHECK (`a` < 9)
) ENGINE=InnoDB",
    );
    let of: Vec<_> = read
        .checks
        .iter()
        .map(|check| (check.name.as_deref(), check.column.as_deref()))
        .collect();
    assert_eq!(of, [(Some("a"), None), (None, Some("a"))]);
}

#[test]
fn my_13_letters_are_kept_where_they_differ() {
    let read = table(
        "CREATE TABLE `t` (
  `a` varchar(9) DEFAULT NULL,
  `b` varchar(9) CHARACTER SET utf8 DEFAULT NULL,
  `c` varchar(9) COLLATE latin1_bin DEFAULT NULL,
  `d` enum('x') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL
) ENGINE=MyISAM DEFAULT CHARSET=latin1",
    );
    assert_eq!(read.options.get("charset"), Some("latin1"));
    assert_eq!(read.options.get("collation"), Some("latin1_swedish_ci"));
    assert_eq!(read.options.get("engine"), Some("MyISAM"));
    let of: Vec<_> = read
        .columns
        .iter()
        .map(|column| (column.options.get("charset"), column.collation.as_deref()))
        .collect();
    assert_eq!(
        of,
        [
            (None, None),
            (Some("utf8mb3"), Some("utf8mb3_general_ci")),
            (None, Some("latin1_bin")),
            (Some("utf8mb4"), Some("utf8mb4_bin")),
        ]
    );
}

#[test]
fn my_15_the_counter_is_data() {
    let read = table("CREATE TABLE `t` (\n  `a` int NOT NULL\n) ENGINE=InnoDB AUTO_INCREMENT=9");
    assert!(read.options.get("auto_increment").is_none());
}

#[test]
fn my_16_forms_of_indexes_are_read() {
    let read = table(
        "CREATE TABLE `t` (
  `a` varchar(9) DEFAULT NULL,
  `v` vector(3) NOT NULL,
  KEY `i` (`a`(3) DESC) USING HASH KEY_BLOCK_SIZE=8 COMMENT 'x' IGNORED,
  VECTOR KEY `v` (`v`) `M`=8 `DISTANCE`=cosine
) ENGINE=MyISAM",
    );
    let index = read.index("i").unwrap();
    assert_eq!(index.method.as_deref(), Some("hash"));
    assert_eq!(index.comment.as_deref(), Some("x"));
    assert_eq!(index.options.get("block_size"), Some("8"));
    assert!(index.options.has("ignored"));
    let vector = read.index("v").unwrap();
    assert_eq!(vector.options.get("engine.distance"), Some("cosine"));
}

#[test]
fn my_19_versioned_tables_are_read() {
    let read = table(
        "CREATE TABLE `t` (
  `x` int(11) NOT NULL,
  `st` timestamp(6) GENERATED ALWAYS AS ROW START,
  `en` timestamp(6) GENERATED ALWAYS AS ROW END,
  `n` int(11) DEFAULT NULL WITHOUT SYSTEM VERSIONING,
  PRIMARY KEY (`x`,`en`),
  PERIOD FOR SYSTEM_TIME (`st`, `en`)
) ENGINE=InnoDB WITH SYSTEM VERSIONING",
    );
    assert!(read.options.has("system_versioned"));
    assert_eq!(read.options.get("period.system_time"), Some("`st`, `en`"));
    assert_eq!(
        read.primary_key.unwrap().columns().collect::<Vec<_>>(),
        ["x"]
    );
    assert!(read.columns[1].options.has("row_start"));
}

#[test]
fn what_is_not_understood_is_noted() {
    let reading = reading(
        "CREATE TABLE `t` (
  `a` int FUTURE WORD(1, 2) COMMENT 'x',
  SECRET KEY `k` (`a`)
) ENGINE=InnoDB CONNECTION='mysql://user:password@host/db' /* `OWN`=1 */ <3>",
    );
    let notes: Vec<_> = reading
        .notes
        .iter()
        .map(|(column, what)| (column.as_deref(), what.as_str()))
        .collect();
    assert_eq!(
        notes,
        [
            (Some("a"), "`FUTURE WORD(1, 2) COMMENT 'x'`"),
            (None, "`SECRET KEY `k` (`a`)`"),
            (None, "its CONNECTION to another server"),
            (None, "the option `<3>`"),
            (None, "what its engine does not know: /* `OWN`=1 */"),
        ]
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = read_table(&text, None, &surroundings());
    }

    #[test]
    fn no_damaged_definition_makes_it_panic(at in 0..MYSQL.len(), length in 0_usize..40, put in "[`'(),/*! a-z0-9]{0,6}") {
        let mut text: Vec<char> = MYSQL.chars().collect();
        let at = at.min(text.len());
        let end = (at + length).min(text.len());
        text.splice(at..end, put.chars());
        let text: String = text.into_iter().collect();
        let _ = read_table(&text, Some("x"), &surroundings());
    }
}
