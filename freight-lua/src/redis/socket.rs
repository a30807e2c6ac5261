//! What a connection is made of: TCP, TLS over it, or a socket of the system.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use socket2::{SockRef, TcpKeepalive};

use super::address::{Place, Settings};

/// What a connection is made of.
pub(super) enum Socket {
    Tcp(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    pub(super) fn open(settings: &Settings) -> io::Result<Self> {
        let limit = settings.connect_timeout;
        match &settings.place {
            Place::Tcp { host, port } => connect(host, *port, limit).map(Self::Tcp),
            Place::Tls {
                host,
                port,
                trusted,
            } => {
                let config = tls(trusted.as_deref())?;
                let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
                let session =
                    ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
                let socket = connect(host, *port, limit)?;
                Ok(Self::Tls(Box::new(StreamOwned::new(session, socket))))
            }
            #[cfg(unix)]
            Place::Unix(path) => UnixStream::connect(path).map(Self::Unix),
            #[cfg(not(unix))]
            Place::Unix(_) => Err(io::Error::other("this system has no such sockets")),
        }
    }

    /// For how long a read or a write may take; `None` for ever.
    pub(super) fn set_limit(&self, limit: Option<Duration>) -> io::Result<()> {
        let socket = match self {
            Self::Tcp(socket) => socket,
            Self::Tls(stream) => stream.get_ref(),
            #[cfg(unix)]
            Self::Unix(socket) => {
                socket.set_read_timeout(limit)?;
                return socket.set_write_timeout(limit);
            }
        };
        socket.set_read_timeout(limit)?;
        socket.set_write_timeout(limit)
    }

    pub(super) fn set_nonblocking(&self, is_so: bool) -> io::Result<()> {
        match self {
            Self::Tcp(socket) => socket.set_nonblocking(is_so),
            Self::Tls(stream) => stream.get_ref().set_nonblocking(is_so),
            #[cfg(unix)]
            Self::Unix(socket) => socket.set_nonblocking(is_so),
        }
    }

    pub(super) fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(socket) => socket.read(bytes),
            Self::Tls(stream) => stream.read(bytes),
            #[cfg(unix)]
            Self::Unix(socket) => socket.read(bytes),
        }
    }

    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(socket) => socket.write_all(bytes),
            Self::Tls(stream) => stream.write_all(bytes),
            #[cfg(unix)]
            Self::Unix(socket) => socket.write_all(bytes),
        }
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tls(stream) => stream.flush(),
            _ => Ok(()),
        }
    }
}

/// Each address of a host in turn.
fn connect(host: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the name of the host leads nowhere");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(socket) => {
                socket.set_nodelay(true)?;
                // Whoever waits for ever, as `BLPOP` can, notices that the other machine is gone.
                let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(60));
                SockRef::from(&socket).set_tcp_keepalive(&keepalive)?;
                return Ok(socket);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn tls(trusted: Option<&Path>) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    match trusted {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            let unreadable =
                |error| io::Error::other(format!("`{}` is of no use: {error}", file.display()));
            let certificates = CertificateDer::pem_file_iter(file).map_err(unreadable)?;
            for certificate in certificates {
                let certificate = certificate.map_err(unreadable)?;
                roots.add(certificate).map_err(io::Error::other)?;
            }
        }
    }
    // Named, because a program may have several built in, and then none is the usual one.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
