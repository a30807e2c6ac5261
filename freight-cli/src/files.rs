//! Files: errors that name them, and writing that never overwrites.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use freight_core::{Error, ErrorKind, Result};

/// What the system says about `path`, as one of Freight's errors.
pub(crate) fn cannot(verb: &str, path: &Path, cause: io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        format!("cannot {verb} `{}`: {cause}", path.display()),
    )
    .with_hint(advice(cause.kind()))
    .with_source(cause)
}

const fn advice(cause: io::ErrorKind) -> &'static str {
    match cause {
        io::ErrorKind::InvalidFilename => "choose a shorter name",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "check the rights on the file and its folder"
        }
        _ => "check the path",
    }
}

/// The text of a file.
///
/// # Errors
/// [`ErrorKind::Io`], naming the file.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|cause| cannot("read", path, cause))
}

/// The text of a file, `None` when it does not exist.
///
/// # Errors
/// [`ErrorKind::Io`], naming the file.
pub(crate) fn read_if_exists(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cannot("read", path, cause)),
    }
}

/// Writes a file that does not exist yet; false when something of that name is there already.
///
/// # Errors
/// [`ErrorKind::Io`], naming the file.
pub(crate) fn create(path: &Path, text: &str) -> Result<bool> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file
            .write_all(text.as_bytes())
            .map(|()| true)
            .map_err(|cause| cannot("write", path, cause)),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(cause) => Err(cannot("create", path, cause)),
    }
}

/// Makes a folder and those above it; false when it is there already.
///
/// # Errors
/// [`ErrorKind::Io`], naming the folder.
pub(crate) fn create_folder(path: &Path) -> Result<bool> {
    if path.is_dir() {
        return Ok(false);
    }
    fs::create_dir_all(path)
        .map(|()| true)
        .map_err(|cause| cannot("create", path, cause))
}

/// Adds a line to a file that only its owner may read; makes the file when there is none.
///
/// # Errors
/// [`ErrorKind::Io`], naming the file.
pub(crate) fn append_private(path: &Path, existing: Option<&str>, line: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(path)
        .map_err(|cause| cannot("write", path, cause))?;
    // A file that was there keeps its mode on opening; it must be closed to others before the
    // secret is in it.
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .map_err(|cause| cannot("protect", path, cause))?;
    let is_line_open = existing.is_some_and(|text| !text.is_empty() && !text.ends_with('\n'));
    let separator = if is_line_open { "\n" } else { "" };
    file.write_all(format!("{separator}{line}\n").as_bytes())
        .map_err(|cause| cannot("write", path, cause))
}
