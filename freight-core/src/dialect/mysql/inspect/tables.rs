//! Tables and sequences.

use super::cursor::Cursor;
use super::ddl::{Reading, read_table};
use super::{Reader, cell, choices, keys, statements};
use crate::dialect::mysql::types::{self, default};
use crate::driver::Statement;
use crate::error::Result;
use crate::ident::Name;
use crate::schema::{DefaultValue, Opaque, Sequence, Subject, Table};

/// Reads all tables and sequences.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<()> {
    let names = reader.names;
    for (name, collation) in &names.tables {
        read_one(reader, name, collation.as_deref())?;
    }
    for name in &names.sequences {
        read_sequence(reader, name)?;
    }
    for (kind, name) in &names.others {
        let subject = Subject::Table(reader.surroundings.name(None, name));
        let what = format!("it is of the kind `{kind}`");
        reader.schema.opaque.push(Opaque { subject, what });
    }
    Ok(())
}

fn read_one(reader: &mut Reader<'_>, name: &str, collation: Option<&str>) -> Result<()> {
    let qualified = reader.surroundings.name(None, name);
    let text = reader.show("TABLE", name, "Create Table")?;
    let text = text.unwrap_or_default();
    let without_keys = keys::without_unreadable_keys(&text);
    let read = read_table(
        without_keys.as_deref().unwrap_or(&text),
        collation,
        reader.surroundings,
    );
    let mut reading = match read {
        Ok(reading) => reading,
        Err(problem) => {
            reader.schema.opaque.push(Opaque {
                subject: Subject::Table(qualified),
                what: format!("its definition, which could not be read: {problem}"),
            });
            return Ok(());
        }
    };
    correct_defaults(reader, name, &mut reading)?;
    if without_keys.is_some() {
        reading.table.foreign_keys = keys::read(reader, name)?;
        reading.table.sort();
    }
    for (column, what) in reading.notes {
        let subject = match column {
            Some(column) => Subject::Column(qualified.clone(), column),
            None => Subject::Table(qualified.clone()),
        };
        reader.schema.opaque.push(Opaque { subject, what });
    }
    correct_choices(reader, &qualified, &mut reading.table);
    reader.schema.tables.insert(qualified, reading.table);
    Ok(())
}

/// Asks the server for defaults that it cannot print, as hexadecimal digits. No row is needed.
fn correct_defaults(reader: &mut Reader<'_>, name: &str, reading: &mut Reading) -> Result<()> {
    if reading.unreadable_defaults.is_empty() {
        return Ok(());
    }
    let is_text = |column: &str| {
        let column = reading.table.column(column);
        column.is_some_and(|column| {
            types::spelled(&column.column_type).family() != types::Family::Bytes
        })
    };
    let asked: Vec<_> = reading
        .unreadable_defaults
        .iter()
        .map(|column| {
            let value = format!("DEFAULT(t.{})", statements::quote(column));
            match is_text(column) {
                true => format!("HEX(CONVERT({value} USING utf8mb4))"),
                false => format!("HEX({value})"),
            }
        })
        .collect();
    let sql = format!(
        "SELECT {} FROM (SELECT 1) o LEFT JOIN {}.{} t ON FALSE",
        asked.join(", "),
        statements::quote(&reader.surroundings.database),
        statements::quote(name)
    );
    let answer = reader.connection.fetch(&Statement::new(sql))?;
    let Some(row) = answer.rows.first() else {
        return Ok(());
    };
    for (index, column) in reading.unreadable_defaults.iter().enumerate() {
        let digits = cell(row, index);
        let found = reading
            .table
            .columns
            .iter_mut()
            .find(|it| it.name == *column);
        if let (Some(column), false) = (found, digits.is_empty()) {
            let column_type = types::spelled(&column.column_type);
            let bytes = DefaultValue::Bytes(digits);
            column.default = default::canonical(&bytes, &column_type);
        }
    }
    Ok(())
}

/// Asks the server for values of enums and sets that it cannot print, and notes those that it
/// does not tell.
fn correct_choices(reader: &mut Reader<'_>, name: &Name, table: &mut Table) {
    let doubtful = table.columns.iter_mut();
    for column in doubtful.filter(|column| choices::is_doubtful(column)) {
        match choices::whole(reader, &name.name, column) {
            Some(column_type) => column.column_type = column_type,
            None => reader.schema.opaque.push(Opaque {
                subject: Subject::Column(name.clone(), column.name.clone()),
                what:
                    "a value with `?`, which the server also prints for a character of four bytes"
                        .to_owned(),
            }),
        }
    }
}

/// A sequence of MariaDB, which `SHOW CREATE SEQUENCE` prints with every number. What the server
/// would choose by itself is left out.
///
/// <https://mariadb.com/kb/en/create-sequence/>
fn read_sequence(reader: &mut Reader<'_>, name: &str) -> Result<()> {
    let qualified = reader.surroundings.name(None, name);
    let text = reader.show("SEQUENCE", name, "Create Table")?;
    let text = text.unwrap_or_default();
    let (sequence, unread) = sequence(&text);
    if !unread.is_empty() {
        reader.schema.opaque.push(Opaque {
            subject: Subject::Sequence(qualified.clone()),
            what: format!("`{unread}`"),
        });
    }
    reader.schema.sequences.insert(qualified, sequence);
    Ok(())
}

/// A sequence, and what of its text was not understood.
pub(super) fn sequence(text: &str) -> (Sequence, String) {
    let mut cursor = Cursor::new(text);
    let mut sequence = Sequence::default();
    cursor.accept("CREATE SEQUENCE");
    cursor.name();
    if cursor.symbol(".") {
        cursor.name();
    }
    let mut minimum = None;
    let mut maximum = None;
    loop {
        if cursor.accept("AS") {
            let mut number_type = cursor.take().to_owned();
            if cursor.accept("UNSIGNED") {
                number_type.push_str(" unsigned");
            }
            let number_type = types::canonical(&number_type);
            sequence.number_type = Some(number_type).filter(|it| it.as_str() != "bigint");
        } else if cursor.accept("START WITH") || cursor.accept("START") {
            sequence.sequence.start = number(&mut cursor);
        } else if cursor.accept("MINVALUE") {
            minimum = number(&mut cursor);
        } else if cursor.accept("MAXVALUE") {
            maximum = number(&mut cursor);
        } else if cursor.accept("INCREMENT BY") {
            sequence.sequence.increment = number(&mut cursor);
        } else if cursor.accept("NOCACHE") {
            sequence.sequence.cache = Some(0);
        } else if cursor.accept("CACHE") {
            sequence.sequence.cache = number(&mut cursor);
        } else if cursor.accept("NOCYCLE") {
        } else if cursor.accept("CYCLE") {
            sequence.sequence.cycle = true;
        } else if cursor.accept("ENGINE") {
            cursor.symbol("=");
            let engine = cursor.take().to_owned();
            if !engine.eq_ignore_ascii_case("InnoDB") {
                sequence.options.set("engine", engine);
            }
        } else if cursor.accept("COMMENT") {
            cursor.symbol("=");
            sequence.comment = cursor.string().filter(|comment| !comment.is_empty());
        } else {
            break;
        }
    }
    sequence.sequence.minimum = minimum;
    sequence.sequence.maximum = maximum;
    without_usual(&mut sequence);
    (sequence, cursor.rest().to_owned())
}

fn number(cursor: &mut Cursor<'_>) -> Option<i64> {
    let sign = if cursor.symbol("-") { "-" } else { "" };
    format!("{sign}{}", cursor.take()).parse().ok()
}

/// Leaves out the numbers that the server takes where none are given.
pub(super) fn without_usual(sequence: &mut Sequence) {
    let numbers = &mut sequence.sequence;
    let falls = numbers.increment.is_some_and(|step| step < 0);
    let (lowest, highest) = range(
        sequence
            .number_type
            .as_ref()
            .map_or("bigint", |it| it.as_str()),
    );
    let usual = match falls {
        true => (lowest, -1),
        false => (1, highest),
    };
    numbers.minimum = numbers.minimum.filter(|number| *number != usual.0);
    numbers.maximum = numbers.maximum.filter(|number| *number != usual.1);
    let start = match falls {
        true => numbers.maximum.unwrap_or(usual.1),
        false => numbers.minimum.unwrap_or(usual.0),
    };
    numbers.start = numbers.start.filter(|number| *number != start);
    numbers.increment = numbers.increment.filter(|step| *step != 1);
    numbers.cache = numbers.cache.filter(|count| *count != 1000);
}

/// The smallest and the largest number of a sequence of a type: the type's own ends are kept for
/// marking that a sequence is used up.
fn range(number_type: &str) -> (i64, i64) {
    match number_type {
        "tinyint" => (-127, 126),
        "smallint" => (-32767, 32766),
        "mediumint" => (-8_388_607, 8_388_606),
        "int" => (-2_147_483_647, 2_147_483_646),
        "tinyint unsigned" => (1, 254),
        "smallint unsigned" => (1, 65534),
        "mediumint unsigned" => (1, 16_777_214),
        "int unsigned" => (1, 4_294_967_294),
        _ => (-i64::MAX, i64::MAX - 1),
    }
}
