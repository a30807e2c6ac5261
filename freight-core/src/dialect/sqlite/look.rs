//! Queries about one table, over the pragmas: <https://www.sqlite.org/pragma.html>.

use crate::look::LookSql;

/// A key without columns of the other table refers to its primary key.
pub(super) const LOOK: LookSql = LookSql {
    tables: "SELECT name FROM pragma_table_list \
             WHERE type IN ('table', 'virtual') AND schema IN ('main', 'temp') ORDER BY name",
    exists: "WITH asked (space, name) AS (SELECT ?, ?) \
             SELECT 1 FROM pragma_table_list AS list JOIN asked \
             WHERE list.name = asked.name COLLATE NOCASE \
             AND list.schema = coalesce(asked.space, list.schema) COLLATE NOCASE LIMIT 1",
    columns: "WITH asked (space, name) AS (SELECT ?, ?), \
              columns AS (SELECT info.* FROM asked \
              JOIN pragma_table_xinfo(asked.name, asked.space) AS info WHERE info.hidden <> 1), \
              keys AS (SELECT count(*) AS number FROM columns WHERE pk > 0), \
              rowids AS (SELECT min(list.wr = 0) AS has FROM asked JOIN pragma_table_list AS list \
              ON list.name = asked.name COLLATE NOCASE \
              AND list.schema = coalesce(asked.space, list.schema) COLLATE NOCASE) \
              SELECT columns.name, columns.type, columns.type, columns.\"notnull\", columns.dflt_value, \
              columns.pk > 0, columns.hidden IN (2, 3), \
              CASE WHEN columns.pk = 1 AND upper(columns.type) = 'INTEGER' AND keys.number = 1 \
              AND rowids.has THEN 'auto_increment' \
              WHEN columns.hidden = 2 THEN 'virtual generated' \
              WHEN columns.hidden = 3 THEN 'stored generated' ELSE '' END \
              FROM columns JOIN keys JOIN rowids ORDER BY columns.cid",
    indexes: "WITH asked (space, name) AS (SELECT ?, ?) \
              SELECT list.name, list.\"unique\", list.origin = 'pk', coalesce(info.name, '') FROM asked \
              JOIN pragma_index_list(asked.name, asked.space) AS list \
              JOIN pragma_index_info(list.name, asked.space) AS info ORDER BY list.name, info.seqno",
    foreign_keys: "WITH asked (space, name) AS (SELECT ?, ?) \
                   SELECT list.id, NULL, list.\"from\", list.\"table\", \
                   coalesce(list.\"to\", (SELECT key.name FROM pragma_table_info(list.\"table\", asked.space) AS key \
                   WHERE key.pk = list.seq + 1), ''), list.on_delete, list.on_update \
                   FROM asked JOIN pragma_foreign_key_list(asked.name, asked.space) AS list \
                   ORDER BY list.id DESC, list.seq",
};
