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
///
/// A moment from before there were events is one of a throw-away database, where the time stands
/// still: it is given from now on, as it was written.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<()> {
    let rows = reader.rows(
        "SELECT event_name, event_definition, event_type, CAST(execute_at AS CHAR), \
         interval_value, interval_field, CAST(starts AS CHAR), CAST(ends AS CHAR), status, \
         on_completion, event_comment, time_zone, definer, sql_mode, \
         COALESCE(CONVERT_TZ(starts, time_zone, @@session.time_zone) IN (created, last_altered), 0), \
         TIMESTAMPDIFF(SECOND, created, CONVERT_TZ(execute_at, time_zone, @@session.time_zone)), \
         TIMESTAMPDIFF(SECOND, created, CONVERT_TZ(starts, time_zone, @@session.time_zone)), \
         TIMESTAMPDIFF(SECOND, created, CONVERT_TZ(ends, time_zone, @@session.time_zone)) \
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
        return format!("AT {}", moment(&cell(row, 3), &cell(row, 15)));
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
        text.push_str(&format!(" STARTS {}", moment(&starts, &cell(row, 16))));
    }
    let ends = cell(row, 7);
    if !ends.is_empty() {
        text.push_str(&format!(" ENDS {}", moment(&ends, &cell(row, 17))));
    }
    text
}

/// What a moment that depends on now begins with.
const FROM_NOW: &str = "CURRENT_TIMESTAMP + INTERVAL ";

fn moment(at: &str, from_now: &str) -> String {
    match at < "2000" {
        true => format!("{FROM_NOW}{from_now} SECOND"),
        false => literal::text(at),
    }
}

/// True for events that are the same, if it does not count when one of them starts or ends that
/// was written to do so from now on.
pub(in crate::dialect::mysql) fn are_same(one: &str, other: &str) -> bool {
    let depends_on_now = |text: &str| text.contains(FROM_NOW);
    (depends_on_now(one) || depends_on_now(other)) && without_moments(one) == without_moments(other)
}

/// A definition without the moments of its schedule.
fn without_moments(definition: &str) -> Vec<String> {
    let is_schedule = |line: &str| line.starts_with("ON SCHEDULE ");
    let bare = |line: &str| {
        let mut words: Vec<&str> = Vec::new();
        let mut is_moment = false;
        for word in line.split(' ') {
            let begins = matches!(word, "AT" | "STARTS" | "ENDS");
            if begins || !is_moment {
                words.push(word);
            }
            is_moment |= begins;
        }
        words.join(" ")
    };
    let mut lines = definition.lines();
    let mut text: Vec<String> = Vec::new();
    for line in lines.by_ref() {
        match is_schedule(line) {
            true => {
                text.push(bare(line));
                break;
            }
            false => text.push(line.to_owned()),
        }
    }
    text.extend(lines.map(str::to_owned));
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
    fn a_moment_that_depends_on_now_is_no_difference() {
        assert!(are_same(
            "CREATE EVENT e\nON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00'\nDO SELECT 1",
            "CREATE EVENT e\nON SCHEDULE EVERY 1 DAY STARTS CURRENT_TIMESTAMP + INTERVAL 60 SECOND\nDO SELECT 1",
        ));
        assert!(!are_same(
            "CREATE EVENT e\nON SCHEDULE EVERY 1 DAY STARTS '2026-01-01 00:00:00'\nDO SELECT 1",
            "CREATE EVENT e\nON SCHEDULE EVERY 2 DAY STARTS CURRENT_TIMESTAMP + INTERVAL 60 SECOND\nDO SELECT 1",
        ));
    }

    #[test]
    fn the_body_is_found() {
        let text = "CREATE EVENT `do` ON SCHEDULE EVERY 1 DAY COMMENT 'DO it' DO select '😎'";
        assert_eq!(body_of(text).as_deref(), Some("select '😎'"));
        assert_eq!(body_of("CREATE"), None);
    }
}
