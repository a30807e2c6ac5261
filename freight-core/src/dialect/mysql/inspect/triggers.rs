//! Triggers.

use super::cursor::Cursor;
use super::objects::object;
use super::{Reader, cell};
use crate::dialect::mysql::render;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{ObjectKey, ObjectKind, Subject};
use crate::value::Value;

/// Reads all triggers in one query.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<()> {
    let rows = reader.rows(
        "SELECT trigger_name, event_object_table, action_timing, event_manipulation, \
         action_statement, definer, sql_mode FROM information_schema.triggers \
         WHERE trigger_schema = ? \
         ORDER BY event_object_table, action_timing, event_manipulation, action_order",
    )?;
    let mut before: Option<Trigger> = None;
    for row in &rows.rows {
        let trigger = Trigger::read(row);
        if reader.names.is_ignored(&trigger.table) {
            continue;
        }
        let follows = before.filter(|before| before.fires_with(&trigger));
        keep(reader, row, &trigger, follows.as_ref())?;
        before = Some(trigger);
    }
    Ok(())
}

struct Trigger {
    name: String,
    table: String,
    timing: String,
    event: String,
}

impl Trigger {
    fn read(row: &[Value]) -> Self {
        Self {
            name: cell(row, 0),
            table: cell(row, 1),
            timing: cell(row, 2),
            // MariaDB 12 has triggers for several events.
            event: cell(row, 3).replace(',', " OR "),
        }
    }

    fn fires_with(&self, other: &Self) -> bool {
        self.table == other.table && self.timing == other.timing && self.event == other.event
    }
}

fn keep(
    reader: &mut Reader<'_>,
    row: &[Value],
    trigger: &Trigger,
    follows: Option<&Trigger>,
) -> Result<()> {
    let name = reader.surroundings.name(None, &trigger.name);
    let table = reader.surroundings.name(None, &trigger.table);
    let mut body = cell(row, 4);
    // The catalog has no characters of four bytes; the trigger's own text has.
    if body.contains('?') {
        let shown = reader.show("TRIGGER", &trigger.name, "SQL Original Statement")?;
        body = shown.as_deref().and_then(body_of).unwrap_or(body);
    }
    let text = definition(&name, trigger, &table, follows, &body);
    let mut kept = object(reader, text, &cell(row, 5), Some(&cell(row, 6)));
    kept.needs.insert(Subject::Table(table.clone()));
    if let Some(before) = follows {
        let before = reader.surroundings.name(None, &before.name);
        let key = ObjectKey::on(ObjectKind::Trigger, table.clone(), before);
        kept.needs.insert(Subject::Object(key));
    }
    let key = ObjectKey::on(ObjectKind::Trigger, table, name);
    reader.schema.objects.insert(key, kept);
    Ok(())
}

/// The statement that makes the trigger. One that is not the first of its kind says which one it
/// follows, so that they fire in the same order wherever they are made.
fn definition(
    name: &Name,
    trigger: &Trigger,
    table: &Name,
    follows: Option<&Trigger>,
    body: &str,
) -> String {
    let mut text = format!(
        "CREATE TRIGGER {} {} {} ON {} FOR EACH ROW",
        render::name(name),
        trigger.timing,
        trigger.event,
        render::name(table)
    );
    if let Some(before) = follows {
        text.push_str(&format!(" FOLLOWS {}", render::identifier(&before.name)));
    }
    format!("{text}\n{body}")
}

/// The body of a trigger's own text.
fn body_of(text: &str) -> Option<String> {
    let mut cursor = Cursor::new(text);
    while !cursor.accept("FOR EACH ROW") {
        if cursor.is_at_end() {
            return None;
        }
        cursor.skip();
    }
    if cursor.accept("FOLLOWS") || cursor.accept("PRECEDES") {
        cursor.name()?;
    }
    Some(cursor.rest().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_found() {
        let text = "CREATE DEFINER=`a`@`b` trigger `for` before insert on t for each row follows x set new.a = '?'";
        assert_eq!(body_of(text).as_deref(), Some("set new.a = '?'"));
        assert_eq!(body_of("CREATE"), None);
    }
}
