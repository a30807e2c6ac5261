//! Queries about one table, over the information schema:
//! <https://mariadb.com/kb/en/information-schema-tables/>.

use crate::look::LookSql;

/// MariaDB spells a missing default as `NULL`, and a temporary table is in none of these tables.
pub(super) const LOOK: LookSql = LookSql {
    tables: "SELECT table_name FROM information_schema.tables \
             WHERE table_schema = DATABASE() AND table_type LIKE '%BASE TABLE%' \
             OR table_schema = DATABASE() AND table_type LIKE 'SYSTEM VERSIONED' \
             ORDER BY table_name COLLATE utf8_bin",
    exists: "SELECT '1' FROM information_schema.tables \
             WHERE table_schema = coalesce(?, DATABASE()) AND table_name = ? LIMIT 1",
    columns: "SELECT column_name, data_type, column_type, CASE is_nullable WHEN 'NO' THEN '1' ELSE '0' END, \
              NULLIF(column_default, 'NULL'), CASE column_key WHEN 'PRI' THEN '1' ELSE '0' END, \
              CASE WHEN coalesce(generation_expression, '') = '' THEN '0' ELSE '1' END, lower(extra) \
              FROM information_schema.columns \
              WHERE table_schema = coalesce(?, DATABASE()) AND table_name = ? ORDER BY ordinal_position",
    indexes: "SELECT index_name, CASE non_unique WHEN 0 THEN '1' ELSE '0' END, \
              CASE index_name WHEN 'PRIMARY' THEN '1' ELSE '0' END, coalesce(column_name, '') \
              FROM information_schema.statistics \
              WHERE table_schema = coalesce(?, DATABASE()) AND table_name = ? \
              ORDER BY index_name COLLATE utf8_bin, seq_in_index",
    foreign_keys: "SELECT k.constraint_name, k.constraint_name, k.column_name, \
                   CASE WHEN k.referenced_table_schema = DATABASE() THEN k.referenced_table_name \
                   ELSE concat(k.referenced_table_schema, '.', k.referenced_table_name) END, \
                   k.referenced_column_name, r.delete_rule, r.update_rule \
                   FROM information_schema.key_column_usage AS k \
                   JOIN information_schema.referential_constraints AS r \
                   ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name \
                   AND r.table_name = k.table_name \
                   WHERE k.table_schema = coalesce(?, DATABASE()) AND k.table_name = ? \
                   AND k.referenced_table_name IS NOT NULL ORDER BY k.constraint_name, k.ordinal_position",
};
