//! Listening addresses as they are written on the command line.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::facts::Role;

/// Where to listen and for what: `unix:/path[,role=…][,passes_on=yes][,mode=0660][,group=postfix]` or
/// `inet:HOST:PORT[,role=…]`, `inet6:HOST:PORT[,role=…]`.
///
/// Other programs' spellings are understood where they can mean one thing only: `local:` for
/// `unix:` (libmilter), `inet:PORT@HOST` (libmilter), a host in square brackets (Postfix).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenSpec {
    /// The address.
    pub place: Place,
    /// What kind of traffic comes in by it.
    pub role: Role,
    /// For the role `gateway`: whether what stands in front gives its own client our answer, so that
    /// a refusal makes no bounce (`passes_on=yes`).
    pub passes_on: bool,
}

/// The address of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// TCP.
    Inet {
        /// Name or address, without brackets.
        host: String,
        /// Port; 0 lets the kernel choose.
        port: u16,
        /// Whether `inet6:` was written: only IPv6 addresses of the host are taken.
        only_v6: bool,
    },
    /// A local socket.
    Unix {
        /// Its path.
        path: PathBuf,
        /// Its permissions; 0660 unless written.
        mode: u32,
        /// The group that owns it, by name or number: the one that Postfix's processes are in.
        group: Option<String>,
    },
}

impl FromStr for ListenSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let error = |problem: String| SpecError {
            text: text.to_owned(),
            problem,
        };
        let mut pieces = text.split(',');
        let address = pieces.next().unwrap_or_default().trim();
        let mut place = place(address).map_err(error)?;
        let mut role = Role::default();
        let mut passes_on = false;
        for option in pieces {
            let (key, value) = option
                .split_once('=')
                .map(|(key, value)| (key.trim(), value.trim()))
                .ok_or_else(|| error(format!("{option:?} is no option; write KEY=VALUE")))?;
            match (key, &mut place) {
                ("role", _) => role = parse_role(value).map_err(error)?,
                ("passes_on", _) => {
                    passes_on = match value {
                        "yes" => true,
                        "no" => false,
                        _ => return Err(error("passes_on= is yes or no".to_owned())),
                    }
                }
                ("mode", Place::Unix { mode, .. }) => {
                    *mode = parse_mode(value).map_err(error)?;
                }
                ("group", Place::Unix { group, .. }) if !value.is_empty() => {
                    *group = Some(value.to_owned());
                }
                ("group", Place::Unix { .. }) => {
                    return Err(error("group= needs a name or a number".to_owned()));
                }
                ("mode" | "group", Place::Inet { .. }) => {
                    return Err(error(format!(
                        "{key}= is for unix: only; TCP has no permissions"
                    )));
                }
                _ => {
                    return Err(error(format!(
                        "no option {key:?}; there are role, passes_on, mode and group"
                    )));
                }
            }
        }
        if passes_on && !matches!(role, Role::Gateway | Role::Mx) {
            return Err(error(
                "passes_on= is for role=gateway, and for role=mx with gateways among the networks"
                    .to_owned(),
            ));
        }
        Ok(Self {
            place,
            role,
            passes_on,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet {
                host,
                port,
                only_v6,
            } => {
                let scheme = if *only_v6 { "inet6" } else { "inet" };
                match host.contains(':') {
                    true => write!(f, "{scheme}:[{host}]:{port}"),
                    false => write!(f, "{scheme}:{host}:{port}"),
                }
            }
            Self::Unix { path, .. } => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A listener's address that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("--listen {text}: {problem}")]
pub struct SpecError {
    /// The user's own text.
    text: String,
    /// What is wrong, and what to write.
    problem: String,
}

/// Parses the part before the first comma.
pub(crate) fn place(address: &str) -> Result<Place, String> {
    let (scheme, rest) = match address.split_once(':') {
        Some(pair) => pair,
        None if address.starts_with('/') => {
            return Err(format!("write unix:{address}"));
        }
        None => {
            return Err("write unix:/PATH or inet:HOST:PORT".to_owned());
        }
    };
    match scheme {
        "unix" | "local" if rest.starts_with('/') => Ok(Place::Unix {
            path: PathBuf::from(rest),
            mode: 0o660,
            group: None,
        }),
        "unix" | "local" => Err(format!("{rest:?} is no absolute path; write unix:/PATH")),
        "inet" | "inet6" => {
            let (host, port) = match (rest.split_once('@'), rest.rsplit_once(':')) {
                (Some((port, host)), _) => (host, port),
                (None, Some((host, port))) => (host, port),
                (None, None) => {
                    return Err(format!(
                        "the host is missing; write {scheme}:127.0.0.1:{rest}"
                    ));
                }
            };
            let bare = host
                .strip_prefix('[')
                .and_then(|host| host.strip_suffix(']'));
            if bare.is_none() && scheme == "inet" && host.contains(':') {
                return Err(format!(
                    "write an IPv6 address in brackets: inet:[{host}]:{port}"
                ));
            }
            let host = bare.unwrap_or(host);
            if host.is_empty() || host == "*" {
                return Err(format!(
                    "write the address to listen on; for all of them, inet:0.0.0.0:{port}"
                ));
            }
            let port = port
                .parse()
                .map_err(|_| format!("{port:?} is no port (0 to 65535)"))?;
            Ok(Place::Inet {
                host: host.to_owned(),
                port,
                only_v6: scheme == "inet6",
            })
        }
        "tcp" => Err(format!("write inet:{rest}, as in Postfix's main.cf")),
        "tcp6" => Err(format!("write inet6:{rest}")),
        _ if address
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok()) =>
        {
            Err(format!("write inet:{address}"))
        }
        _ => Err(format!(
            "unknown kind {scheme:?}; write unix:/PATH or inet:HOST:PORT"
        )),
    }
}

pub(super) fn parse_role(text: &str) -> Result<Role, String> {
    Ok(match text {
        "mx" => Role::Mx,
        "submission" => Role::Submission,
        "mailbox" => Role::Mailbox,
        "gateway" => Role::Gateway,
        "local" => Role::Local,
        _ => {
            return Err(format!(
                "no role {text:?}; there are mx, submission, mailbox, gateway and local"
            ));
        }
    })
}

pub(crate) fn parse_mode(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o777 => Ok(mode),
        _ => Err(format!(
            "{text:?} is no mode; write octal digits as in mode=0660"
        )),
    }
}
