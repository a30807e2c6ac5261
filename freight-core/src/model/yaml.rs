//! Reads model files.
//!
//! A folder's `*.yaml` and `*.yml` are read in the order of their names, and those of its folders
//! after them; its `*.lua` are run in the same order, by whoever can. Together they make one
//! [`ModelSet`]. Which file something stands in makes no difference, except to messages.

use std::path::{Path, PathBuf};

use super::{Declarations, DefineModels, ModelSet, read_node};
use crate::error::{Error, ErrorKind, Result};
use crate::yaml::{self, Content};

/// What no model file is larger than.
const LARGEST_FILE: u64 = 32 * 1024 * 1024;

/// How deep folders are looked into; a link that leads back ends there.
const DEEPEST_FOLDER: usize = 16;

/// Reads a file, or all files of a folder, as one set of models. `scripts` runs those that are
/// scripts.
///
/// # Errors
/// [`ErrorKind::Io`] for what cannot be read, and what [`read_texts`] and `scripts` find. A folder
/// without any file is an error: a schema without tables is never meant by accident.
pub fn read_models(path: &Path, scripts: Option<&dyn DefineModels>) -> Result<ModelSet> {
    let (programs, texts): (Vec<_>, Vec<_>) = model_files(path)?
        .into_iter()
        .partition(|file| is_script(file));
    let mut all = Declarations::default();
    for file in texts {
        all.append(read_file(&file)?);
    }
    all.append(run(&programs, scripts)?);
    ModelSet::new(all)
}

/// The files that [`read_models`] reads, in their order.
///
/// # Errors
/// [`ErrorKind::Io`], also for a folder without any.
pub fn model_files(path: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    match path.is_dir() {
        true => find(path, 0, &mut files)?,
        false => files.push(path.to_owned()),
    }
    if files.is_empty() {
        return Err(Error::new(
            ErrorKind::Io,
            format!("`{}` has no model files", path.display()),
        )
        .with_hint(
            "put a `*.yaml` file with `models:` there, or a `*.lua` file with `freight.model`",
        ));
    }
    Ok(files)
}

/// Reads one file of YAML.
///
/// # Errors
/// As [`read_declarations`]; a file that cannot be read.
pub fn read_file(file: &Path) -> Result<Declarations> {
    read_declarations(&read_text(file)?, file)
}

/// True for a file that is run, by its name.
#[must_use]
pub fn is_script(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("lua"))
}

fn run(programs: &[PathBuf], scripts: Option<&dyn DefineModels>) -> Result<Declarations> {
    match (programs.first(), scripts) {
        (None, _) => Ok(Declarations::default()),
        (Some(_), Some(scripts)) => scripts.define(programs),
        (Some(first), None) => {
            let message = format!("`{}` is a script, which nothing here runs", first.display());
            Err(Error::new(ErrorKind::Unsupported, message)
                .with_hint("read it with `freight`, or write the models in YAML")
                .at(first, 0, 0))
        }
    }
}

/// Reads the texts of files as one set of models.
///
/// # Errors
/// [`ErrorKind::ModelSyntax`], [`ErrorKind::InvalidModel`], [`ErrorKind::UnknownModelKey`],
/// [`ErrorKind::UnknownReference`] and [`ErrorKind::DuplicateModel`], with file, line, column and
/// the path of the key.
///
/// ```
/// use std::path::Path;
/// use freight_core::model::read_texts;
///
/// let text = "models:\n  users:\n    fields: { name: string }\n";
/// let models = read_texts([(Path::new("app.yaml"), text)]).unwrap();
/// assert_eq!(models.models[0].fields[0].name, "id");
///
/// let text = "models:\n  users:\n    fields: { name: { typ: string } }\n";
/// let error = read_texts([(Path::new("app.yaml"), text)]).unwrap_err();
/// assert_eq!(error.to_string(), "`models.users.fields.name`: unknown key `typ`");
/// assert_eq!(error.hint(), Some("did you mean `type`?"));
/// assert_eq!(error.location().unwrap().to_string(), "app.yaml:3:23");
/// ```
pub fn read_texts<'a>(texts: impl IntoIterator<Item = (&'a Path, &'a str)>) -> Result<ModelSet> {
    let mut all = Declarations::default();
    for (file, text) in texts {
        all.append(read_declarations(text, file)?);
    }
    ModelSet::new(all)
}

/// Reads one text. A file without anything in it declares nothing.
///
/// # Errors
/// As [`read_texts`], except for what concerns several declarations.
pub fn read_declarations(text: &str, file: &Path) -> Result<Declarations> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let node = yaml::parse(text, file, ErrorKind::ModelSyntax)?;
    match node.content {
        Content::Null => Ok(Declarations::default()),
        Content::Map(_) => read_node(&node, file),
        _ => Err(Error::new(
            ErrorKind::InvalidModel,
            "a model file must hold keys such as `models:`",
        )
        .at(file, node.place.line, node.place.column)),
    }
}

fn find(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let cannot = |cause: std::io::Error| {
        let message = format!("cannot read `{}`: {cause}", folder.display());
        Error::new(ErrorKind::Io, message).with_source(cause)
    };
    let mut folders = Vec::new();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let extension = path.extension().and_then(|extension| extension.to_str());
        match (path.is_dir(), extension) {
            _ if is_hidden => {}
            (true, _) => folders.push(path),
            (false, Some("yaml" | "yml" | "lua")) => found.push(path),
            (false, _) => {}
        }
    }
    found.sort();
    folders.sort();
    files.append(&mut found);
    for inner in folders.into_iter().filter(|_| depth < DEEPEST_FOLDER) {
        find(&inner, depth + 1, files)?;
    }
    Ok(())
}

fn read_text(file: &Path) -> Result<String> {
    let cannot = |cause: std::io::Error| {
        let message = format!("cannot read `{}`: {cause}", file.display());
        Error::new(ErrorKind::Io, message)
            .with_hint("check the path and the rights on it")
            .with_source(cause)
    };
    let syntax = |message: String| Error::new(ErrorKind::ModelSyntax, message);
    let size = std::fs::metadata(file).map_err(cannot)?.len();
    if size > LARGEST_FILE {
        return Err(
            syntax(format!("the file has {} MiB", size / (1024 * 1024))).with_hint(format!(
                "a model file has at most {} MiB; split it",
                LARGEST_FILE / (1024 * 1024)
            )),
        )
        .map_err(|error| error.at(file, 0, 0));
    }
    let bytes = std::fs::read(file).map_err(cannot)?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..valid).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        syntax("the file is not UTF-8".to_owned())
            .with_hint("save it as UTF-8")
            .at(file, line, 0)
    })
}
