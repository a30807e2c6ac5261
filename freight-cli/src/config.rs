//! `freight.yaml`: which keys there are, and what they hold.
//!
//! ```text
//! text ─► freight_core::yaml: tree with places ─► Config: sections of texts with places ─► settings.rs
//! ```
//!
//! Values stay as they were written until they are needed: `${VAR}` is replaced by
//! [`Text::expand`], so that a variable which nobody needs may be missing. No message repeats a
//! value: the one of `database` may hold a password.

use std::path::{Path, PathBuf};

use freight_core::nearest::nearest;
use freight_core::yaml::{self, Content, Entry, Node, Place, shown_key};
use freight_core::{DialectName, Error, ErrorKind, Result};

use crate::files;

/// What the keys of a section hold.
#[derive(Clone, Copy)]
enum Holds {
    Text,
    Folders,
    Servers,
    Dialects,
    Cache,
    Environments,
}

/// The keys of the file, in the order in which the documentation lists them.
const KEYS: &[(&str, Holds)] = &[
    ("database", Holds::Text),
    ("dialects", Holds::Dialects),
    ("models", Holds::Text),
    ("migrations", Holds::Folders),
    ("history_table", Holds::Text),
    ("scratch", Holds::Servers),
    ("cache", Holds::Cache),
    ("environments", Holds::Environments),
];

/// What a key of `cache` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CacheHolds {
    Text,
    /// A number above 0.
    Number,
    /// A whole number, 0 or more.
    Count,
    Flag,
}

impl CacheHolds {
    /// For messages.
    pub(crate) const fn what(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "a number, and more than 0",
            Self::Count => "a whole number, 0 or more",
            Self::Flag => "`true` or `false`",
        }
    }
}

/// The keys of `cache`: the options that scripts have for it.
pub(crate) const CACHE_KEYS: &[(&str, CacheHolds)] = &[
    ("redis", CacheHolds::Text),
    ("namespace", CacheHolds::Text),
    ("ttl", CacheHolds::Number),
    ("timeout_ms", CacheHolds::Number),
    ("connect_timeout_ms", CacheHolds::Number),
    ("early", CacheHolds::Number),
    ("wait_replicas", CacheHolds::Count),
    ("guard", CacheHolds::Flag),
    ("on_down", CacheHolds::Text),
];

/// The file, read and checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// The file, as messages name it.
    pub(crate) file: PathBuf,
    /// The keys at the top.
    pub(crate) main: Section,
    /// The environments, in the order of the file.
    pub(crate) environments: Vec<(String, Section)>,
}

/// The keys that an environment can override.
#[derive(Debug, Default)]
pub(crate) struct Section {
    pub(crate) database: Option<Text>,
    pub(crate) dialects: Option<Vec<DialectName>>,
    pub(crate) migrations: Option<Vec<Text>>,
    pub(crate) history_table: Option<Text>,
    pub(crate) models: Option<Text>,
    pub(crate) scratch: Option<Vec<Text>>,
    pub(crate) cache: CacheSection,
}

/// The values of `cache`, under their keys.
#[derive(Debug, Default)]
pub(crate) struct CacheSection(Vec<(&'static str, Text)>);

impl CacheSection {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Text> {
        let found = self.0.iter().find(|(known, _)| *known == key);
        found.map(|(_, text)| text)
    }
}

/// A value as it was written, and where.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    raw: String,
    place: Place,
}

impl Config {
    /// Reads `file`.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be read; [`ErrorKind::InvalidConfiguration`] and
    /// [`ErrorKind::UnknownKey`] with the place.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        Self::parse(&files::read(file)?, file)
    }

    fn parse(text: &str, file: &Path) -> Result<Self> {
        let reader = Reader { file };
        let mut environments = Vec::new();
        let main = match yaml::parse(text, file, ErrorKind::InvalidConfiguration)?.content {
            Content::Null => Section::default(),
            Content::Map(entries) => reader.section(entries, Some(&mut environments))?,
            _ => {
                return Err(reader.wrong(
                    Place { line: 1, column: 1 },
                    "the configuration must be a list of `key: value` lines",
                ));
            }
        };
        Ok(Self {
            file: file.to_owned(),
            main,
            environments,
        })
    }

    /// The environment called `name`.
    ///
    /// # Errors
    /// [`ErrorKind::MissingSetting`], naming those that there are.
    pub(crate) fn environment(&self, name: &str) -> Result<&Section> {
        let found = self.environments.iter().find(|(known, _)| known == name);
        if let Some((_, section)) = found {
            return Ok(section);
        }
        let names: Vec<&str> = self.environments.iter().map(|(name, _)| &**name).collect();
        let hint = match (nearest(name, &names), names.is_empty()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, true) => format!(
                "add `environments: {{ {name}: {{ database: … }} }}` to `{}`",
                self.file.display()
            ),
            (None, false) => format!("it has {}", listed(&names)),
        };
        Err(Error::new(
            ErrorKind::MissingSetting,
            format!("`{}` has no environment `{name}`", self.file.display()),
        )
        .with_hint(hint))
    }
}

/// Turns the tree into sections.
struct Reader<'a> {
    file: &'a Path,
}

impl Reader<'_> {
    /// Reads a section; `environments` is where those of the top go, `None` inside of one.
    fn section(
        &self,
        entries: Vec<Entry>,
        mut environments: Option<&mut Vec<(String, Section)>>,
    ) -> Result<Section> {
        let mut section = Section::default();
        for entry in entries {
            let holds = KEYS
                .iter()
                .find(|(key, _)| *key == entry.key)
                .map(|(_, holds)| *holds);
            match (holds, environments.as_deref_mut()) {
                (Some(Holds::Environments), Some(environments)) => {
                    self.environments(entry, environments)?;
                }
                (None | Some(Holds::Environments), None) => {
                    let keys = KEYS
                        .iter()
                        .filter(|(_, holds)| !matches!(holds, Holds::Environments));
                    return Err(self.unknown_key(&entry, keys.map(|(key, _)| *key)));
                }
                (None, Some(_)) => {
                    return Err(self.unknown_key(&entry, KEYS.iter().map(|(key, _)| *key)));
                }
                (Some(holds), _) => self.setting(&mut section, holds, entry)?,
            }
        }
        Ok(section)
    }

    fn setting(&self, section: &mut Section, holds: Holds, entry: Entry) -> Result<()> {
        if entry.value.content == Content::Null {
            return Ok(());
        }
        match holds {
            Holds::Text => {
                let text = self.text(&entry.key, entry.value)?;
                let place = match entry.key.as_str() {
                    "models" => &mut section.models,
                    "history_table" => &mut section.history_table,
                    _ => &mut section.database,
                };
                *place = Some(text);
            }
            Holds::Servers => section.scratch = Some(self.texts(&entry.key, entry.value)?),
            Holds::Folders => section.migrations = Some(self.texts(&entry.key, entry.value)?),
            Holds::Dialects => section.dialects = Some(self.dialects(&entry.key, entry.value)?),
            Holds::Cache => section.cache = self.cache(entry)?,
            // Read by `section`, which knows where they are allowed.
            Holds::Environments => {}
        }
        Ok(())
    }

    fn environments(&self, entry: Entry, environments: &mut Vec<(String, Section)>) -> Result<()> {
        for environment in self.map(&entry.key, entry.value)? {
            let path = format!("environments.{}", shown_key(&environment.key));
            let keys = self.map(&path, environment.value)?;
            environments.push((environment.key, self.section(keys, None)?));
        }
        Ok(())
    }

    fn cache(&self, entry: Entry) -> Result<CacheSection> {
        let mut cache = CacheSection::default();
        for key in self.map(&entry.key, entry.value)? {
            let known = CACHE_KEYS.iter().find(|(known, _)| *known == key.key);
            let Some((name, holds)) = known else {
                let known = CACHE_KEYS.iter().map(|(known, _)| *known);
                return Err(self.unknown_key(&key, known));
            };
            // A variable may stand in place of each; what it holds is seen when it is needed.
            let raw = match (&key.value.content, holds) {
                (Content::Null, _) => continue,
                (Content::Number(digits), CacheHolds::Number | CacheHolds::Count) => digits.clone(),
                (Content::Boolean(flag), CacheHolds::Flag) => flag.to_string(),
                (Content::Text(text), _) => text.clone(),
                (_, CacheHolds::Text) => {
                    self.text(&format!("cache.{name}"), key.value.clone())?.raw
                }
                _ => {
                    let problem = format!("`cache.{name}` must be {}", holds.what());
                    return Err(self.wrong(key.value.place, problem));
                }
            };
            let place = key.value.place;
            cache.0.push((name, Text { raw, place }));
        }
        Ok(cache)
    }

    fn dialects(&self, key: &str, value: Node) -> Result<Vec<DialectName>> {
        let names = self.texts(key, value)?;
        names
            .into_iter()
            .map(|name| {
                DialectName::parse(&name.raw).ok_or_else(|| {
                    self.wrong(
                        name.place,
                        "a dialect must be `sqlite`, `postgres` or `mysql`",
                    )
                })
            })
            .collect()
    }

    fn map(&self, key: &str, value: Node) -> Result<Vec<Entry>> {
        match value.content {
            Content::Map(entries) => Ok(entries),
            Content::Null => Ok(Vec::new()),
            _ => Err(self.wrong(
                value.place,
                format!("`{key}` must hold further keys, indented below it"),
            )),
        }
    }

    fn texts(&self, key: &str, value: Node) -> Result<Vec<Text>> {
        match value.content {
            Content::List(items) => items
                .into_iter()
                .map(|item| self.text(&format!("each of `{key}`"), item))
                .collect(),
            _ => Ok(vec![self.text(key, value)?]),
        }
    }

    fn text(&self, key: &str, value: Node) -> Result<Text> {
        match value.content {
            Content::Text(raw) => Ok(Text {
                raw,
                place: value.place,
            }),
            Content::Boolean(_) | Content::Number(_) => Err(self
                .wrong(value.place, format!("{} must be text", quoted(key)))
                .with_hint("put the value in quotes")),
            _ => Err(self.wrong(value.place, format!("{} must be text", quoted(key)))),
        }
    }

    fn wrong(&self, place: Place, problem: impl Into<String>) -> Error {
        Error::new(ErrorKind::InvalidConfiguration, problem).at(self.file, place.line, place.column)
    }

    fn unknown_key(&self, entry: &Entry, known: impl Iterator<Item = &'static str>) -> Error {
        let known: Vec<&str> = known.collect();
        let name = entry.key.split(':').next().unwrap_or_default();
        let hint = match nearest(name, &known) {
            Some(near) if near == name => format!("write a space after `{near}:`"),
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys here are {}", listed(&known)),
        };
        Error::new(
            ErrorKind::UnknownKey,
            format!("unknown key `{}`", shown_key(&entry.key)),
        )
        .with_hint(hint)
        .at(self.file, entry.place.line, entry.place.column)
    }
}

impl Text {
    /// The value with every `${NAME}` and `${NAME:-default}` replaced. The default may itself
    /// hold variables. A `$` before anything but `{` is an ordinary character, as in a password.
    ///
    /// # Errors
    /// [`ErrorKind::MissingSetting`] for a variable that is not set and has no default;
    /// [`ErrorKind::InvalidConfiguration`] for a `${` that does not end or has no name.
    pub(crate) fn expand(
        &self,
        variable: &dyn Fn(&str) -> Result<Option<String>>,
        file: &Path,
    ) -> Result<String> {
        expand(&self.raw, variable)
            .map_err(|error| error.at(file, self.place.line, self.place.column))
    }

    /// Where the value stands.
    pub(crate) fn place(&self) -> Place {
        self.place
    }
}

fn expand(text: &str, variable: &dyn Fn(&str) -> Result<Option<String>>) -> Result<String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        expanded.push_str(before);
        let (reference, after) = split_at_closing_brace(after).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidConfiguration,
                "a `${` in this value has no `}`",
            )
        })?;
        expanded.push_str(&expand_reference(reference, variable)?);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn expand_reference(
    reference: &str,
    variable: &dyn Fn(&str) -> Result<Option<String>>,
) -> Result<String> {
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(Error::new(
            ErrorKind::InvalidConfiguration,
            "a `${…}` in this value does not hold the name of a variable",
        )
        .with_hint("write `${NAME}` or `${NAME:-default}`"));
    }
    match (variable(name)?, default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => expand(default, variable),
        (None, None) => Err(Error::new(
            ErrorKind::MissingSetting,
            format!("the variable `{name}` is not set"),
        )
        .with_hint(format!(
            "set `{name}` in the environment or in `.env`, or write `${{{name}:-default}}`"
        ))),
    }
}

/// What stands before the `}` that closes an opened `${`, and what follows it.
fn split_at_closing_brace(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1_usize;
    let mut previous = ' ';
    for (index, c) in text.char_indices() {
        match c {
            '{' if previous == '$' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((text.get(..index)?, text.get(index + 1..)?));
        }
        previous = c;
    }
    None
}

fn listed(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn quoted(key: &str) -> String {
    if key.contains('`') {
        key.to_owned()
    } else {
        format!("`{key}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config> {
        Config::parse(text, Path::new("freight.yaml"))
    }

    fn variables(name: &str) -> Result<Option<String>> {
        Ok(match name {
            "SET" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn every_documented_key_is_read() {
        let config = parse(
            "database: ${DATABASE_URL:-sqlite:app.db}\n\
             dialects: [sqlite, postgres, mariadb]\n\
             models: schemas/\n\
             migrations: [migrations/, more/]\n\
             history_table: applied\n\
             scratch: ${FREIGHT_SCRATCH_URL:-}\n\
             cache: { redis: \"redis://127.0.0.1:6379/0\", namespace: app, ttl: 600, guard: false }\n\
             environments:\n  test: { database: \"sqlite::memory:\" }\n  empty:\n",
        )
        .unwrap();
        let database = config.main.database.unwrap();
        assert_eq!(database.raw, "${DATABASE_URL:-sqlite:app.db}");
        assert_eq!(
            database.place,
            Place {
                line: 1,
                column: 11
            }
        );
        let dialects: Vec<_> = config.main.dialects.unwrap();
        assert_eq!(
            dialects
                .iter()
                .map(|name| name.as_str())
                .collect::<Vec<_>>(),
            ["sqlite", "postgres", "mysql"]
        );
        let folders = config.main.migrations.unwrap();
        assert_eq!(folders[1].raw, "more/");
        let cache = &config.main.cache;
        let of_cache = |key| cache.get(key).map(|text| text.raw.as_str());
        assert_eq!(of_cache("namespace"), Some("app"));
        assert_eq!(of_cache("ttl"), Some("600"));
        assert_eq!(of_cache("guard"), Some("false"));
        assert_eq!(of_cache("timeout_ms"), None);
        assert_eq!(config.environments.len(), 2);
        let test = config.environments[0].1.database.as_ref().unwrap();
        assert_eq!(test.raw, "sqlite::memory:");
    }

    #[test]
    fn errors_point_at_the_place_and_repeat_no_value() {
        let cases = [
            (
                "databse: secret",
                "FR0602 freight.yaml:1:1 unknown key `databse` (did you mean `database`?)",
            ),
            (
                "colour: secret",
                "FR0602 freight.yaml:1:1 unknown key `colour` (the keys here are `database`, `dialects`, `models`, \
              `migrations`, `history_table`, `scratch`, `cache`, `environments`)",
            ),
            (
                "models: m\ndatabase:postgres://u:secret@h/d: x",
                "FR0602 freight.yaml:2:1 unknown key `database:…` (write a space after `database:`)",
            ),
            (
                "environments: { test: { environments: {} } }",
                "FR0602 freight.yaml:1:25 unknown key `environments` (the keys here are `database`, `dialects`, \
              `models`, `migrations`, `history_table`, `scratch`, `cache`)",
            ),
            (
                "environments:\n  test:\n    migration: secret",
                "FR0602 freight.yaml:3:5 unknown key `migration` (did you mean `migrations`?)",
            ),
            (
                "cache: { rediss: secret }",
                "FR0602 freight.yaml:1:10 unknown key `rediss` (did you mean `redis`?)",
            ),
            (
                "cache: { namespace: 5 }",
                "FR0601 freight.yaml:1:21 `cache.namespace` must be text (put the value in quotes)",
            ),
            (
                "cache: { ttl: [secret] }",
                "FR0601 freight.yaml:1:15 `cache.ttl` must be a number, and more than 0",
            ),
            (
                "database: 5",
                "FR0601 freight.yaml:1:11 `database` must be text (put the value in quotes)",
            ),
            (
                "database: [secret]",
                "FR0601 freight.yaml:1:11 `database` must be text",
            ),
            (
                "migrations: [a, [secret]]",
                "FR0601 freight.yaml:1:17 each of `migrations` must be text",
            ),
            (
                "dialects: [oracle]",
                "FR0601 freight.yaml:1:12 a dialect must be `sqlite`, `postgres` or `mysql`",
            ),
            (
                "environments: secret",
                "FR0601 freight.yaml:1:15 `environments` must hold further keys, indented below it",
            ),
            (
                "database:postgres://u:secret@h/d",
                "FR0601 freight.yaml:1:1 the configuration must be a list of `key: value` lines",
            ),
        ];
        for (text, expected) in cases {
            let error = parse(text).unwrap_err();
            let hint = error.hint().map(|hint| format!(" ({hint})"));
            let shown = format!(
                "{} {} {error}{}",
                error.code(),
                error.location().unwrap(),
                hint.unwrap_or_default()
            );
            assert_eq!(shown, expected, "{text}");
            assert!(!format!("{error:?}").contains("secret"));
        }
    }

    #[test]
    fn variables_are_replaced() {
        let cases = [
            ("plain", Ok("plain")),
            ("a${SET}b${SET}", Ok("avaluebvalue")),
            ("${SET:-other}", Ok("value")),
            ("${EMPTY:-other}", Ok("other")),
            ("${EMPTY}", Ok("")),
            ("${UNSET:-}", Ok("")),
            ("${UNSET:-sqlite:app.db}", Ok("sqlite:app.db")),
            ("${UNSET:-${UNSET:-deep}}!", Ok("deep!")),
            ("${UNSET:-${SET}/x}", Ok("value/x")),
            ("p$ss $SET $$", Ok("p$ss $SET $$")),
            ("${UNSET}", Err("FR0603")),
            ("${SET", Err("FR0601")),
            ("${}", Err("FR0601")),
            ("${A B}", Err("FR0601")),
        ];
        for (text, expected) in cases {
            let expanded = expand(text, &variables);
            match expected {
                Ok(expected) => assert_eq!(expanded.unwrap(), expected, "{text}"),
                Err(code) => assert_eq!(expanded.unwrap_err().code(), code, "{text}"),
            }
        }
    }

    #[test]
    fn unknown_environment_names_the_nearest() {
        let config = parse("environments: { test: {}, production: {} }").unwrap();
        let hint = |name| {
            let error = config.environment(name).unwrap_err();
            error.hint().unwrap_or_default().to_owned()
        };
        assert_eq!(hint("tests"), "did you mean `test`?");
        assert_eq!(hint("staging"), "it has `test`, `production`");
    }
}
