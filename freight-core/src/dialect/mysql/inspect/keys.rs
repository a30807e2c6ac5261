//! Foreign keys that `SHOW CREATE TABLE` prints so that nobody can read them.
//!
//! InnoDB of MariaDB prints the names in a foreign key with quotes around them and does not double
//! a backtick in them. Where a line is such, all foreign keys of its table are read from
//! `information_schema`.

use super::cursor::Cursor;
use super::{Reader, cell};
use crate::error::Result;
use crate::schema::{Action, ForeignKey};

/// The text without its foreign keys when one of them cannot be read; `None` when all can.
pub(super) fn without_unreadable_keys(text: &str) -> Option<String> {
    let is_key =
        |line: &&str| line.starts_with("  CONSTRAINT `") && line.contains("` FOREIGN KEY (`");
    let is_unreadable = |line: &str| !reads_as_key(line);
    if !text.lines().filter(is_key).any(is_unreadable) {
        return None;
    }
    let kept: Vec<_> = text.lines().filter(|line| !is_key(line)).collect();
    Some(kept.join("\n"))
}

fn reads_as_key(line: &str) -> bool {
    let mut cursor = Cursor::new(line);
    let read = cursor.accept("CONSTRAINT")
        && cursor.name().is_some()
        && cursor.accept("FOREIGN KEY")
        && cursor.parenthesised().is_some_and(is_list_of_names)
        && cursor.accept("REFERENCES")
        && cursor.name().is_some()
        && (!cursor.symbol(".") || cursor.name().is_some())
        && cursor.parenthesised().is_some_and(is_list_of_names);
    let rest = cursor.rest();
    read && !rest.contains('`')
}

fn is_list_of_names(text: &str) -> bool {
    let mut cursor = Cursor::new(text);
    loop {
        if cursor.name().is_none() {
            return false;
        }
        if !cursor.symbol(",") {
            return cursor.is_at_end();
        }
    }
}

/// The foreign keys of one table, from the catalog.
pub(super) fn read(reader: &mut Reader<'_>, table: &str) -> Result<Vec<ForeignKey>> {
    let sql = "SELECT k.constraint_name, k.column_name, k.referenced_table_schema, \
         k.referenced_table_name, k.referenced_column_name, r.delete_rule, r.update_rule \
         FROM information_schema.key_column_usage k \
         JOIN information_schema.referential_constraints r \
         ON r.constraint_schema = k.constraint_schema \
         AND r.constraint_name = k.constraint_name AND r.table_name = k.table_name \
         WHERE k.table_schema = ? AND k.table_name = ? AND k.referenced_table_name IS NOT NULL \
         ORDER BY k.constraint_name, k.ordinal_position";
    let query = crate::driver::Statement::new(sql)
        .bind(reader.surroundings.database.as_str())
        .bind(table);
    let rows = reader.connection.fetch(&query)?.rows;
    let mut keys: Vec<ForeignKey> = Vec::new();
    for row in &rows {
        let name = Some(cell(row, 0));
        if keys.last().is_none_or(|key| key.name != name) {
            keys.push(ForeignKey {
                name,
                target: reader.surroundings.name(Some(cell(row, 2)), cell(row, 3)),
                on_delete: action(&cell(row, 5)),
                on_update: action(&cell(row, 6)),
                ..ForeignKey::default()
            });
        }
        if let Some(key) = keys.last_mut() {
            key.columns.push(cell(row, 1));
            key.target_columns.push(cell(row, 4));
        }
    }
    Ok(keys)
}

fn action(text: &str) -> Action {
    match Action::parse(text) {
        None | Some(Action::Restrict) => Action::NoAction,
        Some(action) => action,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_cannot_be_read_are_taken_out() {
        let good = "CREATE TABLE `t` (\n  `a` int,\n  CONSTRAINT `k` FOREIGN KEY (`a`, `b`) REFERENCES `x`.`p``q` (`c`, `d`) ON DELETE CASCADE\n) ENGINE=InnoDB";
        assert_eq!(without_unreadable_keys(good), None);
        for bad in [
            "CONSTRAINT `to`unique` FOREIGN KEY (`a`) REFERENCES `p` (`c`)",
            "CONSTRAINT `k` FOREIGN KEY (`a`b`) REFERENCES `p` (`c`)",
            "CONSTRAINT `k`l` FOREIGN KEY (`a`b`) REFERENCES `p` (`c`)",
            "CONSTRAINT `k` FOREIGN KEY (`a`) REFERENCES `p` (`c`d`)",
        ] {
            let text = format!("CREATE TABLE `t` (\n  `a` int,\n  {bad},\n  CHECK (1)\n) x");
            let without = "CREATE TABLE `t` (\n  `a` int,\n  CHECK (1)\n) x";
            assert_eq!(without_unreadable_keys(&text).as_deref(), Some(without));
        }
    }
}
