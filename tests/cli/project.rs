//! A folder to run `freight` in, and what a run gave.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder of a test's own, gone when dropped.
pub(crate) struct Project {
    folder: TempDir,
}

/// What a run gave. Times and the project's own folder are replaced, so that the rest can be
/// compared literally.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Project {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A folder with these files.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let project = Self::empty();
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file and the folders above it.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The text of a file.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }

    /// True when something is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.path().join(path).exists()
    }

    /// Runs `freight` with the words of `arguments`, without any variable of the test's own
    /// environment.
    pub(crate) fn run(&self, arguments: &str) -> Run {
        self.run_with(arguments, &[])
    }

    /// The same with some variables.
    pub(crate) fn run_with(&self, arguments: &str, variables: &[(&str, &str)]) -> Run {
        self.run_in("", arguments, variables)
    }

    /// The same in a folder below.
    pub(crate) fn run_in(&self, folder: &str, arguments: &str, variables: &[(&str, &str)]) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_freight"))
            .args(arguments.split_whitespace())
            .current_dir(self.path().join(folder))
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| without_times(&self.without_folder(String::from_utf8(bytes).unwrap()));
        Run {
            status: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    fn without_folder(&self, text: String) -> String {
        text.replace(&*self.path().to_string_lossy(), "[folder]")
    }
}

impl Run {
    /// The run that is expected.
    pub(crate) fn of(status: i32, stdout: &str, stderr: &str) -> Self {
        Self {
            status: Some(status),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
        }
    }

    /// The one JSON object on stdout; stderr must be empty.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stderr, "");
        assert_eq!(self.stdout.matches('\n').count(), 1, "{}", self.stdout);
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Replaces durations (`12 ms`, `1.05 s`, `"elapsed_ms":12`) and points in time.
fn without_times(text: &str) -> String {
    let mut shown = String::new();
    for line in text.split_inclusive('\n') {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        for index in 1..words.len() {
            let unit = words[index].trim_end_matches(|c: char| !c.is_ascii_alphabetic());
            let number = words[index - 1].trim_start_matches('(');
            if (unit == "ms" || unit == "s") && number.parse::<f64>().is_ok() {
                let time = words[index - 1].replace(number, "[n]");
                let unit = words[index].replacen(unit, "ms", 1);
                (words[index - 1], words[index]) = (time, unit);
            }
        }
        shown.push_str(&words.join(" "));
    }
    shown
}
