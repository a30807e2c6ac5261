//! The connection.

use crate::driver::{ConnectOptions, Connection, DatabaseUrl};
use crate::error::{Error, Result};

/// Opens a connection.
pub(super) fn connect(_: &DatabaseUrl, _: &ConnectOptions) -> Result<Box<dyn Connection>> {
    Err(Error::unsupported("connecting", "this build"))
}
