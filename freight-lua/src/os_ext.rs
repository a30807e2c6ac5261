//! `os_ext`: what the operating system tells of the process and of the machine.

use std::borrow::Cow;
use std::env;
use std::ffi::{OsStr, OsString, c_int};
use std::path::PathBuf;

use freight_core::{Error, ErrorKind};

use crate::arguments::{bytes, push_functions};
use crate::environment;
use crate::error::Failure;
use crate::raw::{CFunction, State, function};

const FUNCTIONS: &[(&str, CFunction)] = &[
    ("env", function!(variable)),
    ("setenv", function!(set_variable)),
    ("unsetenv", function!(unset_variable)),
    ("cwd", function!(current_folder)),
    ("chdir", function!(change_folder)),
    ("platform", function!(platform)),
    ("arch", function!(architecture)),
    ("homedir", function!(home_folder)),
    ("tmpdir", function!(temporary_folder)),
    ("hostname", function!(host_name)),
    ("cpus", function!(processors)),
];

/// Puts the module on top.
pub(crate) fn push_module(state: &State<'_>) {
    push_functions(state, FUNCTIONS);
}

/// `env(name)`: a string, or nil.
fn variable(state: &State<'_>) -> Result<c_int, Failure> {
    let name = variable_name(state, "os_ext.env")?;
    push_optional(state, env::var_os(name))
}

/// `setenv(name, value)`: also for what the script starts from then on.
fn set_variable(state: &State<'_>) -> Result<c_int, Failure> {
    let name = variable_name(state, "os_ext.setenv")?;
    let value = bytes(state, 2, "os_ext.setenv")
        .map_err(|failure| failure.with_hint("`os_ext.unsetenv(name)` takes a variable away"))?;
    environment::set(&name, Some(&own(value, "os_ext.setenv")?))?;
    state.push_boolean(true);
    Ok(1)
}

fn unset_variable(state: &State<'_>) -> Result<c_int, Failure> {
    let name = variable_name(state, "os_ext.unsetenv")?;
    environment::set(&name, None)?;
    state.push_boolean(true);
    Ok(1)
}

fn variable_name(state: &State<'_>, function: &str) -> Result<OsString, Failure> {
    let name = bytes(state, 1, function)?;
    match name.is_empty() || name.contains(&b'=') {
        true => Err(Failure::usage(
            "bad_argument",
            format!(
                "`{}` is no name of a variable",
                String::from_utf8_lossy(name)
            ),
        )),
        false => own(name, function),
    }
}

fn current_folder(state: &State<'_>) -> Result<c_int, Failure> {
    let folder = env::current_dir()
        .map_err(|cause| io(&format!("the current folder cannot be read: {cause}")))?;
    push_os(state, folder.as_os_str())
}

fn change_folder(state: &State<'_>) -> Result<c_int, Failure> {
    let folder = PathBuf::from(own(bytes(state, 1, "os_ext.chdir")?, "os_ext.chdir")?);
    env::set_current_dir(&folder)
        .map_err(|cause| io(&format!("cannot go to `{}`: {cause}", folder.display())))?;
    state.push_boolean(true);
    Ok(1)
}

fn platform(state: &State<'_>) -> Result<c_int, Failure> {
    push_os(state, OsStr::new(env::consts::OS))
}

fn architecture(state: &State<'_>) -> Result<c_int, Failure> {
    push_os(state, OsStr::new(env::consts::ARCH))
}

fn home_folder(state: &State<'_>) -> Result<c_int, Failure> {
    let home = env::home_dir().filter(|home| !home.as_os_str().is_empty());
    push_optional(state, home.map(PathBuf::into_os_string))
}

fn temporary_folder(state: &State<'_>) -> Result<c_int, Failure> {
    push_os(state, env::temp_dir().as_os_str())
}

fn host_name(state: &State<'_>) -> Result<c_int, Failure> {
    let name = whoami::hostname()
        .map_err(|cause| io(&format!("the name of the machine cannot be read: {cause}")))?;
    push_os(state, OsStr::new(&name))
}

/// How many threads make sense: less than the machine has where the process may not use all.
fn processors(state: &State<'_>) -> Result<c_int, Failure> {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    state.push_integer(i64::try_from(count).unwrap_or(i64::MAX));
    Ok(1)
}

fn push_os(state: &State<'_>, text: &OsStr) -> Result<c_int, Failure> {
    state.push_bytes(text.as_encoded_bytes());
    Ok(1)
}

fn push_optional(state: &State<'_>, text: Option<OsString>) -> Result<c_int, Failure> {
    match text {
        Some(text) => push_os(state, &text),
        None => {
            state.push_nil();
            Ok(1)
        }
    }
}

/// A string of the script in the form of the operating system, which ends texts at a NUL.
fn own(bytes: &[u8], function: &str) -> Result<OsString, Failure> {
    if bytes.contains(&0) {
        return Err(Failure::usage(
            "bad_argument",
            format!("`{function}` was given a string with a NUL character"),
        ));
    }
    match from_bytes(bytes) {
        Cow::Borrowed(text) => Ok(text.to_owned()),
        Cow::Owned(text) => Ok(text),
    }
}

#[cfg(unix)]
fn from_bytes(bytes: &[u8]) -> Cow<'_, OsStr> {
    Cow::Borrowed(std::os::unix::ffi::OsStrExt::from_bytes(bytes))
}

#[cfg(not(unix))]
fn from_bytes(bytes: &[u8]) -> Cow<'_, OsStr> {
    Cow::Owned(String::from_utf8_lossy(bytes).into_owned().into())
}

fn io(message: &str) -> Failure {
    Error::new(ErrorKind::Io, message).into()
}
