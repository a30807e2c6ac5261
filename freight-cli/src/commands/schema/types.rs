//! `freight types`: what editors are told of the models.

use std::path::Path;

use freight_core::{Error, ErrorKind, Result};
use freight_lua::{MARK, TypesFile, model_types};
use serde_json::json;

use super::Sources;
use crate::args::{GlobalArgs, ReadingArgs, TypesArgs};
use crate::exit::ExitStatus;
use crate::files;
use crate::json;
use crate::printer::Printer;

/// Prints or writes the annotations of each model.
///
/// # Errors
/// Models that are wrong; a file that cannot be written, or that somebody else wrote.
pub(crate) fn run(
    args: &TypesArgs,
    flags: &GlobalArgs,
    printer: &mut Printer,
) -> Result<ExitStatus> {
    let sources = Sources::load(flags, &ReadingArgs::default(), printer)?;
    let path = match &args.schema {
        Some(path) => path.clone(),
        None => sources.models()?,
    };
    printer.detail(&format!("from: the models in {}", path.display()));
    let types = model_types(&path)?;
    match &args.out {
        Some(folder) => write(folder, &types, printer)?,
        None => {
            for file in &types {
                printer.data(&format!("-- {}\n{}\n", file.name, file.text))?;
            }
        }
    }
    let list: Vec<_> = types
        .iter()
        .map(|file| json!({ "file": file.name, "text": file.text }))
        .collect();
    printer.object(json::fields(json!({ "types": list })))?;
    Ok(ExitStatus::Done)
}

fn write(folder: &Path, types: &[TypesFile], printer: &mut Printer) -> Result<()> {
    files::create_folder(folder)?;
    for file in types {
        let path = folder.join(&file.name);
        if path.exists() && !is_own(&path) {
            let message = format!("`{}` was not written by `freight types`", path.display());
            return Err(Error::new(ErrorKind::Io, message)
                .with_hint("choose another folder with `--out`, or move the file away"));
        }
    }
    for file in types {
        let path = folder.join(&file.name);
        if std::fs::read_to_string(&path).is_ok_and(|text| text == file.text) {
            continue;
        }
        files::write(&path, &file.text)?;
        printer.note(&format!("wrote {}", path.display()));
    }
    remove_those_of_models_that_are_gone(folder, types, printer)
}

fn remove_those_of_models_that_are_gone(
    folder: &Path,
    types: &[TypesFile],
    printer: &mut Printer,
) -> Result<()> {
    let cannot = |cause: std::io::Error| {
        let message = format!("cannot clean up `{}`: {cause}", folder.display());
        Error::new(ErrorKind::Io, message).with_source(cause)
    };
    let mut gone = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_known = types.iter().any(|file| file.name == name);
        if !is_known && name.ends_with(".lua") && is_own(&path) {
            gone.push(path);
        }
    }
    gone.sort();
    for path in gone {
        std::fs::remove_file(&path).map_err(cannot)?;
        printer.note(&format!("removed {}", path.display()));
    }
    Ok(())
}

/// True for a file that this command wrote.
fn is_own(path: &Path) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.starts_with(MARK))
}
