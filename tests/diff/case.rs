//! Cases, as they stand in the files.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use freight_core::DialectName;
use serde::Deserialize;

/// Every case of every file.
pub(crate) struct Suite {
    pub(crate) cases: Vec<Case>,
}

/// One case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) file: String,
    text: CaseText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseText {
    current: PerDialect,
    desired: PerDialect,
    #[serde(default)]
    rows: Option<PerDialect>,
    #[serde(default)]
    rename: Vec<String>,
    #[serde(default)]
    up: Option<PerDialect>,
    #[serde(default)]
    down: Option<PerDialect>,
    #[serde(default)]
    changes: Vec<String>,
    #[serde(default)]
    namespaces: Vec<String>,
    #[serde(default)]
    only: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PerDialect {
    Same(String),
    Each(BTreeMap<String, String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl PerDialect {
    fn get(&self, dialect: DialectName) -> Option<&str> {
        match self {
            Self::Same(text) => Some(text),
            Self::Each(texts) => texts.get(dialect.as_str()).map(String::as_str),
        }
    }

    /// The text of a dialect, or of any other when it has none.
    fn any(&self, dialect: DialectName) -> &str {
        self.get(dialect).unwrap_or_else(|| match self {
            Self::Same(text) => text,
            Self::Each(texts) => texts.values().next().unwrap(),
        })
    }
}

impl Suite {
    pub(crate) fn read() -> Self {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/diff"));
        let mut files: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "yaml")
            })
            .collect();
        files.sort();
        let mut cases: Vec<Case> = Vec::new();
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let file = file.file_name().unwrap().to_string_lossy().into_owned();
            let found: BTreeMap<String, CaseText> =
                serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
            for (name, text) in found {
                assert!(
                    !cases.iter().any(|case| case.name == name),
                    "{file}: the case `{name}` stands twice"
                );
                cases.push(Case {
                    name,
                    file: file.clone(),
                    text,
                });
            }
        }
        assert!(!cases.is_empty(), "no cases in {}", folder.display());
        Self { cases }
    }
}

impl Case {
    /// True for the name of the case and for the one of its file.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        name == self.name || name == self.file || format!("{name}.yaml") == self.file
    }

    /// True when the dialect is not one of those that the case is for.
    pub(crate) fn is_foreign(&self, dialect: DialectName) -> bool {
        match &self.text.only {
            None => false,
            Some(OneOrMany::One(only)) => only != dialect.as_str(),
            Some(OneOrMany::Many(only)) => !only.iter().any(|name| name == dialect.as_str()),
        }
    }

    pub(crate) fn current(&self, dialect: DialectName) -> &str {
        self.text.current.any(dialect)
    }

    pub(crate) fn desired(&self, dialect: DialectName) -> &str {
        self.text.desired.any(dialect)
    }

    pub(crate) fn rows(&self, dialect: DialectName) -> Option<&str> {
        self.text.rows.as_ref().and_then(|rows| rows.get(dialect))
    }

    pub(crate) fn up(&self, dialect: DialectName) -> Option<&str> {
        self.text.up.as_ref().and_then(|up| up.get(dialect))
    }

    pub(crate) fn down(&self, dialect: DialectName) -> Option<&str> {
        self.text.down.as_ref().and_then(|down| down.get(dialect))
    }

    pub(crate) fn renames(&self) -> &[String] {
        &self.text.rename
    }

    /// Namespaces that belong to the schema beside the connection's own.
    pub(crate) fn namespaces(&self) -> &[String] {
        &self.text.namespaces
    }

    /// True for a column whose values may become others.
    pub(crate) fn may_change(&self, table: &str, column: &str) -> bool {
        let name = format!("{table}.{column}");
        self.text.changes.contains(&name)
    }
}
