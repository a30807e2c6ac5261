//! Files: errors that name them, and writing that never overwrites.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

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
/// Whoever looks sees the whole file or none, also when this process is killed.
///
/// # Errors
/// [`ErrorKind::Io`], naming the file.
pub(crate) fn create(path: &Path, text: &str) -> Result<bool> {
    if path.symlink_metadata().is_ok() {
        return Ok(false);
    }
    let beside = write_beside(path, text)?;
    // Unlike a renaming, a link never replaces what another process has put there meanwhile.
    let linked = fs::hard_link(&beside, path);
    remove(&beside);
    match linked {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        // Some file systems have no links.
        Err(_) => create_directly(path, text),
    }
}

fn create_directly(path: &Path, text: &str) -> Result<bool> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file
            .write_all(text.as_bytes())
            .map(|()| true)
            .map_err(|cause| cannot("write", path, cause)),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(cause) => Err(cannot("create", path, cause)),
    }
}

/// Writes a file, over one that is there: what stands there is Freight's own. A reader sees the
/// old text or the new one, never half of one.
///
/// # Errors
/// [`ErrorKind::Io`], naming the file.
pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    write_all(&[(path.to_owned(), text.to_owned())]).map(drop)
}

/// The same for several files, which are put in their places when the texts of all of them are
/// written. Returns their paths.
///
/// # Errors
/// [`ErrorKind::Io`], naming the file.
pub(crate) fn write_all(texts: &[(PathBuf, String)]) -> Result<Vec<PathBuf>> {
    let mut written: Vec<(PathBuf, &PathBuf)> = Vec::new();
    let outcome = texts.iter().try_for_each(|(path, text)| {
        if path.is_dir() {
            let cause = io::Error::from(io::ErrorKind::IsADirectory);
            return Err(cannot("write", path, cause));
        }
        written.push((write_beside(path, text)?, path));
        Ok(())
    });
    let outcome = outcome.and_then(|()| {
        written.iter().try_for_each(|(beside, path)| {
            fs::rename(beside, path).map_err(|cause| cannot("write", path, cause))
        })
    });
    if let Err(error) = outcome {
        written.iter().for_each(|(beside, _)| remove(beside));
        return Err(error);
    }
    Ok(written.into_iter().map(|(_, path)| path.clone()).collect())
}

/// Writes a text into a file of its own beside `path`, whose name no command takes for anything.
/// It is short, so that what is wrong with a long one is told of the name that was chosen.
fn write_beside(path: &Path, text: &str) -> Result<PathBuf> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!(".{}-{number}.freight-new", std::process::id());
    let beside = path.with_file_name(name);
    fs::write(&beside, text).map_err(|cause| {
        remove(&beside);
        cannot("write", path, cause)
    })?;
    Ok(beside)
}

/// Removes a file that this process has written; where that fails, it stays.
pub(crate) fn remove(path: &Path) {
    let _ = fs::remove_file(path);
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
