//! Names of types: many words, many spellings, one kept.

use super::super::lexeme::{self, Lexeme, STRUCTURE};
use super::super::style::Style;
use super::Parser;

/// The canonical spelling of a type, if it can be read.
pub(in super::super) fn type_name(text: &str, style: &Style) -> Option<String> {
    let lexemes = lexeme::read(text, style);
    let mut parser = Parser::new(&lexemes, style);
    let kind = parser.type_name()?;
    parser.is_at_end().then_some(kind)
}

/// A type without its length or precision: `numeric(10,2)` is `numeric`.
pub(in super::super) fn base_type(kind: &str) -> String {
    let Some((start, rest)) = kind.split_once('(') else {
        return kind.to_owned();
    };
    let end = rest.split_once(')').map_or("", |(_, end)| end);
    format!("{start}{end}")
}

/// A type as it is read: its words, what is in parentheses, and how many array marks follow.
struct Type {
    words: Vec<String>,
    modifier: Option<String>,
    charset: Option<String>,
    arrays: usize,
}

impl Parser<'_> {
    /// A type in its canonical spelling.
    pub(super) fn type_name(&mut self) -> Option<String> {
        let mut found = Type {
            words: vec![self.first_word_of_type()?],
            modifier: None,
            charset: None,
            arrays: 0,
        };
        self.more_words(&mut found);
        found.modifier = self.modifier();
        self.words_after_modifier(&mut found);
        if self.style.habits.casts_with_colons {
            self.array_marks(&mut found)?;
        }
        if self.style.habits.mysql_forms {
            self.charset(&mut found)?;
        }
        Some(found.canonical(self.style))
    }

    fn first_word_of_type(&mut self) -> Option<String> {
        match self.peek()? {
            Lexeme::Word { lower, .. } if STRUCTURE.contains(&lower.as_str()) => None,
            Lexeme::Quoted { name, .. }
                if self.style.types.iter().any(|(_, kept)| kept == name) =>
            {
                // `pg_catalog."int4"` has no quotes in any print, but `"bit"` and `"char"` do, and
                // are other types than `bit` and `char`.
                let is_other = matches!(name.as_str(), "char" | "bit" | "character");
                let printed = match is_other {
                    true => lexeme::quote_name(name, self.style),
                    false => name.clone(),
                };
                self.position += 1;
                Some(printed)
            }
            Lexeme::Quoted { name, .. } if matches!(name.as_str(), "char" | "bit") => {
                let quoted = lexeme::quote_name(name, self.style);
                self.position += 1;
                Some(quoted)
            }
            _ => self.qualified(),
        }
    }

    /// The words that may follow the first before the parentheses.
    fn more_words(&mut self, found: &mut Type) {
        let any_words = !self.style.habits.casts_with_colons && !self.style.habits.mysql_forms;
        let first = found.words.first().map_or("", String::as_str);
        let follows: &[&str] = match first {
            "double" => &["precision"],
            "character" | "char" | "nchar" | "bit" => &["varying"],
            "national" => &["character", "char", "varying"],
            "signed" | "unsigned" => &["integer", "int"],
            "interval" => &["year", "month", "day", "hour", "minute", "second", "to"],
            _ => &[],
        };
        while let Some(word) = self.word() {
            let belongs = follows.contains(&word) || (any_words && !STRUCTURE.contains(&word));
            if !belongs {
                break;
            }
            found.words.push(word.to_owned());
            self.position += 1;
        }
    }

    /// `(10, 2)` as `10,2`.
    fn modifier(&mut self) -> Option<String> {
        if !self.is_symbol("(") {
            return None;
        }
        let start = self.position;
        self.position += 1;
        let mut parts = Vec::new();
        loop {
            let sign = if self.take_symbol("-") { "-" } else { "" };
            match self.peek() {
                Some(Lexeme::Number(number)) => parts.push(format!("{sign}{number}")),
                Some(Lexeme::Word { lower, .. }) => parts.push(lower.clone()),
                _ => {
                    self.position = start;
                    return None;
                }
            }
            self.position += 1;
            if self.take_symbol(")") {
                return Some(parts.join(","));
            }
            if !self.take_symbol(",") {
                self.position = start;
                return None;
            }
        }
    }

    /// `WITH TIME ZONE`, and words such as `UNSIGNED` in SQLite's free types.
    fn words_after_modifier(&mut self, found: &mut Type) {
        let is_time = matches!(
            found.words.first().map(String::as_str),
            Some("timestamp" | "time")
        );
        for zone in ["with", "without"] {
            if is_time && self.take_words(&[zone, "time", "zone"]) {
                found
                    .words
                    .extend([zone, "time", "zone"].map(str::to_owned));
            }
        }
    }

    /// `[]`, `[3]`, `ARRAY`, `ARRAY[3]`. Sizes say nothing.
    fn array_marks(&mut self, found: &mut Type) -> Option<()> {
        if self.is_word("array") {
            self.position += 1;
            found.arrays += 1;
            if !self.is_symbol("[") {
                return Some(());
            }
            found.arrays -= 1;
        }
        while self.take_symbol("[") {
            if let Some(Lexeme::Number(_)) = self.peek() {
                self.position += 1;
            }
            self.expect_symbol("]")?;
            found.arrays += 1;
        }
        Some(())
    }

    /// `CHARSET x`, `CHARACTER SET x`.
    fn charset(&mut self, found: &mut Type) -> Option<()> {
        if self.take_word("charset") || self.take_words(&["character", "set"]) {
            found.charset = Some(self.word()?.to_owned());
            self.position += 1;
        }
        Some(())
    }
}

impl Type {
    fn canonical(self, style: &Style) -> String {
        let words = self.words.join(" ");
        let alias = style.types.iter().find(|(other, _)| *other == words);
        let name = alias.map_or(words.as_str(), |(_, kept)| *kept);
        let mut kind = match style.habits {
            habits if habits.casts_with_colons => postgres_type(name, self.modifier.as_deref()),
            habits if habits.mysql_forms => mysql_type(
                name,
                self.modifier.as_deref(),
                self.charset.as_deref(),
                style,
            ),
            _ => with_modifier(name, self.modifier.as_deref()),
        };
        // However many dimensions are declared, the type is the same.
        // https://www.postgresql.org/docs/current/arrays.html#ARRAYS-DECLARATION
        if self.arrays > 0 {
            kind.push_str("[]");
        }
        kind
    }
}

/// <https://www.postgresql.org/docs/current/datatype.html>
fn postgres_type(name: &str, modifier: Option<&str>) -> String {
    match (name, modifier) {
        // Without a length, `character` holds one.
        ("character" | "bit", None) => format!("{name}(1)"),
        ("numeric", Some(precision)) if !precision.contains(',') => {
            format!("numeric({precision},0)")
        }
        ("float", Some(bits)) => match bits.parse::<u8>() {
            Ok(1..=24) => "real".to_owned(),
            _ => "double precision".to_owned(),
        },
        ("float", None) => "double precision".to_owned(),
        (_, Some(modifier)) if name.contains(" time zone") => {
            let (first, rest) = name.split_once(' ').unwrap_or((name, ""));
            format!("{first}({modifier}) {rest}")
        }
        _ => with_modifier(name, modifier),
    }
}

/// <https://dev.mysql.com/doc/refman/8.4/en/cast-functions.html#function_cast>
fn mysql_type(name: &str, modifier: Option<&str>, charset: Option<&str>, style: &Style) -> String {
    match name {
        "binary" => format!("{} charset binary", with_modifier("char", modifier)),
        "char" => {
            let charset = charset.or(style.charset).unwrap_or("utf8mb4");
            format!("{} charset {charset}", with_modifier("char", modifier))
        }
        "decimal" => match modifier {
            None => "decimal(10,0)".to_owned(),
            Some(digits) if !digits.contains(',') => format!("decimal({digits},0)"),
            Some(digits) => format!("decimal({digits})"),
        },
        "datetime" | "time" if modifier == Some("0") => name.to_owned(),
        _ => with_modifier(name, modifier),
    }
}

fn with_modifier(name: &str, modifier: Option<&str>) -> String {
    match modifier {
        Some(modifier) => format!("{name}({modifier})"),
        None => name.to_owned(),
    }
}
