//! Queries about one table, over the catalogs:
//! <https://www.postgresql.org/docs/current/catalogs.html>.

use crate::look::LookSql;

/// The table that is asked for: `FROM … WHERE`.
macro_rules! asked {
    () => {
        "FROM (SELECT CAST(? AS text) AS space, CAST(? AS text) AS name) AS asked \
         JOIN pg_catalog.pg_class AS c ON c.relname = asked.name \
         AND c.relkind IN ('r', 'p', 'v', 'm', 'f') \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace AND (n.nspname = asked.space \
         OR asked.space IS NULL AND pg_catalog.pg_table_is_visible(c.oid)) "
    };
}

/// The word for an action of a foreign key.
macro_rules! action {
    ($column:literal) => {
        concat!(
            "CASE ",
            $column,
            " WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'd' THEN 'SET DEFAULT' \
             WHEN 'r' THEN 'RESTRICT' ELSE 'NO ACTION' END"
        )
    };
}

pub(super) const LOOK: LookSql = LookSql {
    tables: "SELECT CAST(c.relname AS text) FROM pg_catalog.pg_class AS c \
             JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'f') AND pg_catalog.pg_table_is_visible(c.oid) \
             AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%' \
             ORDER BY c.relname COLLATE \"C\"",
    exists: concat!("SELECT '1' ", asked!(), "LIMIT 1"),
    columns: concat!(
        "SELECT CAST(a.attname AS text), pg_catalog.format_type(a.atttypid, NULL), \
         pg_catalog.format_type(a.atttypid, a.atttypmod), CAST(CAST(a.attnotnull AS int) AS text), \
         CASE WHEN a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END, \
         CASE WHEN a.attnum = ANY (i.indkey) THEN '1' ELSE '0' END, \
         CASE WHEN a.attgenerated = '' THEN '0' ELSE '1' END, \
         CASE WHEN a.attidentity <> '' OR pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' \
         THEN 'auto_increment' WHEN a.attgenerated = 's' THEN 'stored generated' \
         WHEN a.attgenerated = 'v' THEN 'virtual generated' ELSE '' END ",
        asked!(),
        "JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
         LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum \
         LEFT JOIN pg_catalog.pg_index AS i ON i.indrelid = c.oid AND i.indisprimary \
         ORDER BY a.attnum"
    ),
    indexes: concat!(
        "SELECT CAST(o.relname AS text), CAST(CAST(i.indisunique AS int) AS text), \
         CAST(CAST(i.indisprimary AS int) AS text), \
         coalesce(CAST(a.attname AS text), pg_catalog.pg_get_indexdef(i.indexrelid, CAST(k.place AS int), true)) ",
        asked!(),
        "JOIN pg_catalog.pg_index AS i ON i.indrelid = c.oid \
         JOIN pg_catalog.pg_class AS o ON o.oid = i.indexrelid \
         CROSS JOIN LATERAL pg_catalog.unnest(CAST(i.indkey AS smallint[])) WITH ORDINALITY AS k (number, place) \
         LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0 \
         WHERE k.place <= i.indnkeyatts ORDER BY o.relname COLLATE \"C\", k.place"
    ),
    foreign_keys: concat!(
        "SELECT CAST(f.conname AS text), CAST(f.conname AS text), CAST(a.attname AS text), \
         CASE WHEN pg_catalog.pg_table_is_visible(t.oid) THEN CAST(t.relname AS text) \
         ELSE m.nspname || '.' || t.relname END, CAST(b.attname AS text), ",
        action!("f.confdeltype"),
        ", ",
        action!("f.confupdtype"),
        " ",
        asked!(),
        "JOIN pg_catalog.pg_constraint AS f ON f.conrelid = c.oid AND f.contype = 'f' \
         JOIN pg_catalog.pg_class AS t ON t.oid = f.confrelid \
         JOIN pg_catalog.pg_namespace AS m ON m.oid = t.relnamespace \
         CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(f.conkey), pg_catalog.unnest(f.confkey)) WITH ORDINALITY AS k (own, there, place) \
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.own \
         JOIN pg_catalog.pg_attribute AS b ON b.attrelid = t.oid AND b.attnum = k.there \
         ORDER BY f.conname COLLATE \"C\", k.place"
    ),
};
