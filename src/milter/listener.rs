//! Listening sockets: how they are opened, guarded and removed.

use std::{
    fs, io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    os::{
        fd::{AsFd, FromRawFd, OwnedFd, RawFd},
        unix::{
            fs::{FileTypeExt, MetadataExt},
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Gid, Mode},
    net::{AddressFamily, SocketFlags, SocketType, sockopt},
};

use super::{
    session::{ListenerInfo, Transport},
    spec::{ListenSpec, Place, parse_role},
};
use crate::facts::Role;

/// A socket that listens.
#[derive(Debug)]
pub struct Listener {
    pub(super) socket: Socket,
    pub(super) info: ListenerInfo,
    /// The socket file that we made, to remove it at the end.
    pub(super) file: Option<SocketFile>,
}

/// The socket of a [`Listener`].
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Opens the socket and listens.
    ///
    /// A unix socket is not reachable before its group and mode are set. A file that is in the way
    /// is removed only when it is a socket on which nobody answers.
    ///
    /// # Errors
    /// [`ListenError`]: the address is taken, forbidden or does not exist.
    pub fn bind(spec: &ListenSpec) -> Result<Self, ListenError> {
        match &spec.place {
            Place::Inet {
                host,
                port,
                only_v6,
            } => {
                let wrap = |source| ListenError::Inet {
                    address: format!("{host}:{port}"),
                    source,
                };
                let socket = bind_inet(host, *port, *only_v6).map_err(wrap)?;
                let listener = Self::new(Socket::Tcp(socket), spec.role, None).map_err(wrap)?;
                Ok(listener.passing_on(spec.passes_on))
            }
            Place::Unix { path, mode, group } => {
                let wrap = |step| {
                    move |source: io::Error| ListenError::Unix {
                        path: path.clone(),
                        step,
                        source,
                    }
                };
                remove_stale(path)?;
                let group = group
                    .as_deref()
                    .map(|group| {
                        group_id(group).ok_or_else(|| ListenError::Group(group.to_owned()))
                    })
                    .transpose()?;
                let socket = rustix::net::socket_with(
                    AddressFamily::UNIX,
                    SocketType::STREAM,
                    SocketFlags::CLOEXEC,
                    None,
                )
                .map_err(io::Error::from)
                .map_err(wrap("open"))?;
                let address = rustix::net::SocketAddrUnix::new(path)
                    .map_err(io::Error::from)
                    .map_err(wrap("name"))?;
                rustix::net::bind(&socket, &address)
                    .map_err(io::Error::from)
                    .map_err(wrap("bind"))?;
                let file = SocketFile::of(path).map_err(wrap("look at"))?;
                if group.is_some() {
                    rustix::fs::chown(path, None, group)
                        .map_err(io::Error::from)
                        .map_err(wrap("give the group to"))?;
                }
                rustix::fs::chmod(path, Mode::from_raw_mode(*mode))
                    .map_err(io::Error::from)
                    .map_err(wrap("set the mode of"))?;
                // Until here a connect was refused: nobody could slip in under other permissions.
                rustix::net::listen(&socket, BACKLOG)
                    .map_err(io::Error::from)
                    .map_err(wrap("listen on"))?;
                let socket = Socket::Unix(UnixListener::from(socket));
                let listener = Self::new(socket, spec.role, Some(file)).map_err(wrap("use"))?;
                Ok(listener.passing_on(spec.passes_on))
            }
        }
    }

    /// What sessions are told of it, with the address that the kernel gave.
    pub fn info(&self) -> &ListenerInfo {
        &self.info
    }

    /// The TCP address in use; none for a unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(socket) => socket.local_addr().ok(),
            Socket::Unix(_) => None,
        }
    }

    fn passing_on(mut self, passes_on: bool) -> Self {
        self.info.passes_on = passes_on;
        self
    }

    /// The unix socket itself, for another use than the milter protocol, and the guard that removes
    /// its file when it is dropped; none for TCP.
    pub fn into_unix(self) -> Option<(UnixListener, Option<SocketFile>)> {
        match self.socket {
            Socket::Unix(socket) => Some((socket, self.file)),
            Socket::Tcp(_) => None,
        }
    }

    fn new(socket: Socket, role: Role, file: Option<SocketFile>) -> io::Result<Self> {
        let (transport, name) = match &socket {
            Socket::Tcp(socket) => {
                socket.set_nonblocking(true)?;
                let address = socket.local_addr()?;
                let scheme = if address.is_ipv6() { "inet6" } else { "inet" };
                (Transport::Tcp, format!("{scheme}:{address}"))
            }
            Socket::Unix(socket) => {
                socket.set_nonblocking(true)?;
                let address = socket.local_addr()?;
                let path = address.as_pathname().unwrap_or(Path::new("(unnamed)"));
                (Transport::Unix, format!("unix:{}", path.display()))
            }
        };
        Ok(Self {
            socket,
            info: ListenerInfo {
                role,
                passes_on: false,
                transport,
                name,
            },
            file,
        })
    }
}

/// The sockets that systemd opened for us (`sd_listen_fds(3)`); empty without socket activation.
///
/// `FileDescriptorName=` in the `.socket` unit gives the role: `mx`, `submission`, `mailbox`,
/// `gateway` or `local`. A socket without a name of its own gets the default role.
///
/// Takes over the file descriptors: call it once, before anything else opens files.
///
/// # Errors
/// [`ListenError::Activated`]: a name that is no role, or a socket that is no listening stream.
pub fn activated() -> Result<Vec<Listener>, ListenError> {
    let bad = |name: &str, problem: String| ListenError::Activated {
        name: name.to_owned(),
        problem,
    };
    let fds = sd_notify::listen_fds_with_names().map_err(|error| bad("", error.to_string()))?;
    let mut listeners = Vec::new();
    for (fd, name) in fds {
        let unnamed = name.ends_with(".socket") || matches!(name.as_str(), "" | "unknown");
        let role = match unnamed {
            true => Role::default(),
            false => parse_role(&name).map_err(|problem| bad(&name, problem))?,
        };
        let listener = adopt(fd, role).map_err(|error| bad(&name, error.to_string()))?;
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Why a listener could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// A socket that systemd handed over cannot be used.
    #[error("socket {name:?} from systemd: {problem}")]
    Activated {
        /// Its `FileDescriptorName=`.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Another process answers on the unix socket.
    #[error("{}: another process already answers there", .0.display())]
    Busy(PathBuf),
    /// There is no such group.
    #[error("there is no group {0:?}")]
    Group(String),
    /// A TCP address that cannot be used.
    #[error("cannot listen on {address}: {source}")]
    Inet {
        /// Host and port.
        address: String,
        /// The system's words.
        source: io::Error,
    },
    /// Something that is no socket stands in the way.
    #[error("{}: exists and is no socket; it is left alone", .0.display())]
    NotASocket(PathBuf),
    /// A step with a unix socket failed.
    #[error("cannot {step} the socket {}: {source}", path.display())]
    Unix {
        /// The socket's path.
        path: PathBuf,
        /// What was tried.
        step: &'static str,
        /// The system's words.
        source: io::Error,
    },
}

/// A socket file that we made. Dropping it removes the file, if it is still the same one: a
/// successor may have put its own there.
#[derive(Debug)]
pub struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::symlink_metadata(path)?;
        Ok(Self {
            path: path.to_owned(),
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| metadata.dev() == self.device && metadata.ino() == self.inode);
        if ours && let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "Socket file was not removed.");
        }
    }
}

fn bind_inet(host: &str, port: u16, only_v6: bool) -> io::Result<TcpListener> {
    let mut last = None;
    for address in (host, port).to_socket_addrs()? {
        if only_v6 && !address.is_ipv6() {
            continue;
        }
        match listen_tcp(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(error),
        }
    }
    let none = || {
        io::Error::new(
            io::ErrorKind::NotFound,
            "the host has no address of that family",
        )
    };
    Err(last.unwrap_or_else(none))
}

fn listen_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        // `inet6:` beside `inet:` on the same port must work whatever the system's default is.
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    rustix::net::bind(&socket, &address)?;
    rustix::net::listen(&socket, BACKLOG)?;
    Ok(TcpListener::from(socket))
}

/// Removes a socket file that a process left behind when it died.
fn remove_stale(path: &Path) -> Result<(), ListenError> {
    let wrap = |step| {
        move |source: io::Error| ListenError::Unix {
            path: path.to_owned(),
            step,
            source,
        }
    };
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(wrap("look at")(error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(ListenError::NotASocket(path.to_owned()));
    }
    match UnixStream::connect(path) {
        Ok(_) => Err(ListenError::Busy(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(wrap("remove the old"))?;
            tracing::info!(path = %path.display(), "Stale socket file was removed.");
            Ok(())
        }
        Err(error) => Err(wrap("try")(error)),
    }
}

/// A group's number, from its own digits or from `/etc/group`. Name services are not asked: that
/// would need libc's `getgrnam`, and the mail system's groups are local ones.
fn group_id(group: &str) -> Option<Gid> {
    if let Ok(number) = group.parse() {
        return Some(Gid::from_raw(number));
    }
    let groups = fs::read_to_string("/etc/group").ok()?;
    let number = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(group)).then(|| fields.nth(1))?
    })?;
    number.parse().ok().map(Gid::from_raw)
}

/// Makes a listener of a file descriptor that systemd opened.
fn adopt(fd: RawFd, role: Role) -> io::Result<Listener> {
    // SAFETY: the descriptor was passed by the service manager under `LISTEN_FDS`, checked by
    // `sd_notify` (our own LISTEN_PID, descriptors open), and nothing else in the process owns it:
    // `activated` is called once, at start. Rust has no safe way to take over an inherited one.
    #[allow(unsafe_code)]
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let invalid = |text| io::Error::new(io::ErrorKind::InvalidInput, text);
    if sockopt::socket_type(fd.as_fd())? != SocketType::STREAM {
        return Err(invalid("it is no stream socket (write ListenStream=)"));
    }
    if !sockopt::socket_acceptconn(fd.as_fd())? {
        return Err(invalid("it does not listen (write Accept=no)"));
    }
    let socket = match sockopt::socket_domain(fd.as_fd())? {
        AddressFamily::UNIX => Socket::Unix(UnixListener::from(fd)),
        AddressFamily::INET | AddressFamily::INET6 => Socket::Tcp(TcpListener::from(fd)),
        _ => return Err(invalid("it is neither a unix nor a TCP socket")),
    };
    Listener::new(socket, role, None)
}

/// Connections that may wait to be taken.
const BACKLOG: i32 = 1024;
