//! Scheduled events.

use super::cursor::Cursor;
use super::objects::object;
use super::{Reader, cell};
use crate::dialect::mysql::render;
use crate::dialect::mysql::types::literal;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{ObjectKey, ObjectKind};
use crate::value::Value;

/// Reads all events in one query.
///
/// An event without STARTS begins when it is made, and the catalog tells that moment as if it had
/// been written. One that starts in the second in which it was made or altered is taken for such.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<()> {
    let rows = reader.rows(
        "SELECT event_name, event_definition, event_type, CAST(execute_at AS CHAR), \
         interval_value, interval_field, CAST(starts AS CHAR), CAST(ends AS CHAR), status, \
         on_completion, event_comment, time_zone, definer, sql_mode, \
         COALESCE(CONVERT_TZ(starts, time_zone, @@session.time_zone) IN (created, last_altered), 0) \
         FROM information_schema.events WHERE event_schema = ? ORDER BY event_name",
    )?;
    for row in &rows.rows {
        keep(reader, row)?;
    }
    Ok(())
}

fn keep(reader: &mut Reader<'_>, row: &[Value]) -> Result<()> {
    let plain_name = cell(row, 0);
    let name = reader.surroundings.name(None, &plain_name);
    let mut body = cell(row, 1);
    // The catalog has no characters of four bytes; the event's own text has.
    if body.contains('?') {
        let shown = reader.show("EVENT", &plain_name, "Create Event")?;
        body = shown.as_deref().and_then(body_of).unwrap_or(body);
    }
    let text = definition(&name, row, &body);
    let mut event = object(reader, text, &cell(row, 12), Some(&cell(row, 13)));
    let zone = cell(row, 11);
    let is_utc = zone == "+00:00" || (zone == "SYSTEM" && reader.facts.system_is_utc);
    if !is_utc {
        event.options.set("time_zone", zone);
    }
    let key = ObjectKey::new(ObjectKind::Event, name);
    reader.schema.objects.insert(key, event);
    Ok(())
}

/// The statement that makes the event, one clause a line.
fn definition(name: &Name, row: &[Value], body: &str) -> String {
    let mut lines = vec![format!("CREATE EVENT {}", render::name(name))];
    lines.push(format!("ON SCHEDULE {}", schedule(row)));
    if cell(row, 9) == "PRESERVE" {
        lines.push("ON COMPLETION PRESERVE".to_owned());
    }
    match cell(row, 8).as_str() {
        "ENABLED" => {}
        // Made on another server, and running there.
        "SLAVESIDE_DISABLED" | "REPLICA_SIDE_DISABLED" => {
            lines.push("DISABLE ON SLAVE".to_owned());
        }
        _ => lines.push("DISABLE".to_owned()),
    }
    let comment = cell(row, 10);
    if !comment.is_empty() {
        lines.push(format!("COMMENT {}", literal::text(&comment)));
    }
    lines.push(format!("DO {body}"));
    lines.join("\n")
}

fn schedule(row: &[Value]) -> String {
    if cell(row, 2) == "ONE TIME" {
        return format!("AT {}", literal::text(&cell(row, 3)));
    }
    let amount = cell(row, 4);
    // A compound amount such as '1:30' is a string; MariaDB prints it with its quotes.
    let is_plain = amount.starts_with('\'') || amount.bytes().all(|byte| byte.is_ascii_digit());
    let amount = match is_plain {
        true => amount,
        false => literal::text(&amount),
    };
    let mut text = format!("EVERY {amount} {}", cell(row, 5));
    let starts = cell(row, 6);
    let starts_when_made = cell(row, 14) == "1";
    if !starts.is_empty() && !starts_when_made {
        text.push_str(&format!(" STARTS {}", literal::text(&starts)));
    }
    let ends = cell(row, 7);
    if !ends.is_empty() {
        text.push_str(&format!(" ENDS {}", literal::text(&ends)));
    }
    text
}

/// The body of `CREATE EVENT … DO body`. A comment may have the word in it, as a string.
fn body_of(text: &str) -> Option<String> {
    let mut cursor = Cursor::new(text);
    while !cursor.accept("DO") {
        if cursor.is_at_end() {
            return None;
        }
        cursor.skip();
    }
    Some(cursor.rest().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_found() {
        let text = "CREATE EVENT `do` ON SCHEDULE EVERY 1 DAY COMMENT 'DO it' DO select '😎'";
        assert_eq!(body_of(text).as_deref(), Some("select '😎'"));
        assert_eq!(body_of("CREATE"), None);
    }
}
