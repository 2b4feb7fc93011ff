//! What the MTA says: one [`Command`] a frame.
//!
//! Parsing copies nothing: a command holds its frame as [`Bytes`] and hands out slices of it. Every
//! constructor checks the frame once; the accessors cannot fail after that.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6},
};

use bytes::Bytes;
use memchr::{memchr, memchr_iter};

use super::{codec::ProtocolError, negotiate::Offer};

/// One command from the MTA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `A`: forget this message, keep the session.
    Abort,
    /// `B`: a piece of the body, line ends as CRLF.
    Body(Bytes),
    /// `E`: end of message; Sendmail may send the last piece of the body with it.
    BodyEob(Bytes),
    /// `C`: a client came.
    Connect {
        /// The client's name, or its address in brackets, or `unknown`.
        host: Bytes,
        /// Where it came from.
        peer: Peer,
    },
    /// `T`: DATA (version 4 on).
    Data,
    /// `N`: end of the message's header.
    EndOfHeaders,
    /// `L`: one header field.
    Header(Header),
    /// `H`: HELO or EHLO with its argument.
    Helo(Bytes),
    /// `D`: macros for the command that comes next.
    Macros(MacroFrame),
    /// `M`: MAIL FROM.
    Mail(Envelope),
    /// `O`: option negotiation.
    Negotiate(Offer),
    /// `Q`: the end of this connection.
    Quit,
    /// `K`: the end of this SMTP session; another one follows on the same connection (Sendmail).
    QuitNewConnection,
    /// `R`: RCPT TO.
    Rcpt(Envelope),
    /// `U`: an SMTP command that the MTA does not know (version 3 on).
    Unknown(Bytes),
}

impl Command {
    /// Reads one frame: `letter` and the bytes after it.
    pub(super) fn parse(letter: u8, data: Bytes) -> Result<Self, ProtocolError> {
        let empty = |command| match data.is_empty() {
            true => Ok(command),
            false => Err(ProtocolError::Malformed {
                command: letter,
                problem: "data after a command that has none",
            }),
        };
        match letter {
            b'A' => empty(Self::Abort),
            b'B' => Ok(Self::Body(data)),
            b'C' => connect(data),
            b'D' => MacroFrame::parse(data).map(Self::Macros),
            b'E' => Ok(Self::BodyEob(data)),
            b'H' => string(letter, data).map(Self::Helo),
            b'K' => empty(Self::QuitNewConnection),
            b'L' => Header::parse(data).map(Self::Header),
            b'M' => Envelope::parse(letter, data).map(Self::Mail),
            b'N' => empty(Self::EndOfHeaders),
            b'O' => Offer::parse(&data).map(Self::Negotiate),
            b'Q' => empty(Self::Quit),
            b'R' => Envelope::parse(letter, data).map(Self::Rcpt),
            b'T' => empty(Self::Data),
            b'U' => string(letter, data).map(Self::Unknown),
            _ => Err(ProtocolError::UnknownCommand(letter)),
        }
    }

    /// The letter that it has on the wire.
    pub(super) fn letter(&self) -> u8 {
        match self {
            Self::Abort => b'A',
            Self::Body(_) => b'B',
            Self::BodyEob(_) => b'E',
            Self::Connect { .. } => b'C',
            Self::Data => b'T',
            Self::EndOfHeaders => b'N',
            Self::Header(_) => b'L',
            Self::Helo(_) => b'H',
            Self::Macros(_) => b'D',
            Self::Mail(_) => b'M',
            Self::Negotiate(_) => b'O',
            Self::Quit => b'Q',
            Self::QuitNewConnection => b'K',
            Self::Rcpt(_) => b'R',
            Self::Unknown(_) => b'U',
        }
    }
}

/// A point of the SMTP dialogue at which the MTA tells something and may wait for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// A client came.
    Connect,
    /// HELO or EHLO.
    Helo,
    /// MAIL FROM.
    Mail,
    /// RCPT TO.
    Rcpt,
    /// DATA.
    Data,
    /// A header field.
    Header,
    /// The end of the header.
    EndOfHeaders,
    /// A piece of the body.
    Body,
    /// The end of the message: the only stage for edits.
    EndOfMessage,
    /// An SMTP command that the MTA does not know.
    Unknown,
}

impl Stage {
    /// The stage that a command letter stands for; none for commands that are no stage.
    fn of(letter: u8) -> Option<Self> {
        Some(match letter {
            b'B' => Self::Body,
            b'C' => Self::Connect,
            b'E' => Self::EndOfMessage,
            b'H' => Self::Helo,
            b'L' => Self::Header,
            b'M' => Self::Mail,
            b'N' => Self::EndOfHeaders,
            b'R' => Self::Rcpt,
            b'T' => Self::Data,
            b'U' => Self::Unknown,
            _ => return None,
        })
    }

    /// The word that logs and metrics use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Helo => "helo",
            Self::Mail => "mail",
            Self::Rcpt => "rcpt",
            Self::Data => "data",
            Self::Header => "header",
            Self::EndOfHeaders => "end_of_headers",
            Self::Body => "body",
            Self::EndOfMessage => "end_of_message",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where an SMTP client came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Over IPv4.
    Inet(SocketAddrV4),
    /// Over IPv6.
    Inet6(SocketAddrV6),
    /// Over a local socket, with its path.
    Unix(Bytes),
    /// Not known, or not over a network.
    Unknown,
}

impl Peer {
    /// The client's address; an IPv4 address that came in IPv6 clothes (`::ffff:192.0.2.1`) is given
    /// as IPv4.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Inet(address) => Some(IpAddr::V4(*address.ip())),
            Self::Inet6(address) => Some(IpAddr::V6(*address.ip()).to_canonical()),
            Self::Unix(_) | Self::Unknown => None,
        }
    }
}

/// MAIL or RCPT: an address, as the client wrote it (with angle brackets), and ESMTP arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    frame: Bytes,
}

impl Envelope {
    fn parse(command: u8, frame: Bytes) -> Result<Self, ProtocolError> {
        ends_with_nul(command, &frame)?;
        Ok(Self { frame })
    }

    /// The address as it came: `<nguyen@daknong.gov.vn>`, `<>`.
    pub fn address(&self) -> &[u8] {
        Strings(&self.frame).next().unwrap_or_default()
    }

    /// The ESMTP arguments: `SIZE=1000`, `BODY=8BITMIME`.
    pub fn args(&self) -> Strings<'_> {
        let mut strings = Strings(&self.frame);
        strings.next();
        strings
    }
}

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    frame: Bytes,
    /// Where the name ends: `frame[colon]` is a NUL, and so is the last byte of `frame`.
    colon: usize,
}

impl Header {
    fn parse(frame: Bytes) -> Result<Self, ProtocolError> {
        let malformed = |problem| ProtocolError::Malformed {
            command: b'L',
            problem,
        };
        ends_with_nul(b'L', &frame)?;
        let mut ends = memchr_iter(0, &frame);
        let colon = ends.next().ok_or(malformed("a string without its NUL"))?;
        match (ends.next(), ends.next()) {
            (Some(_), None) => Ok(Self { frame, colon }),
            (None, _) => Err(malformed("a name without a value")),
            (Some(_), Some(_)) => Err(malformed("more than a name and a value")),
        }
    }

    /// The field's name as it came.
    pub fn name(&self) -> &[u8] {
        self.frame.get(..self.colon).unwrap_or_default()
    }

    /// The field's value. Lines are parted by LF, not CRLF. The space after the colon is there only
    /// when LEADSPC was granted ([`super::Granted::leading_space`]).
    pub fn value(&self) -> &[u8] {
        let end = self.frame.len().saturating_sub(1);
        self.frame.get(self.colon + 1..end).unwrap_or_default()
    }
}

/// The macros for the command that follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MacroFrame {
    stage: Option<Stage>,
    frame: Bytes,
}

impl MacroFrame {
    fn parse(mut frame: Bytes) -> Result<Self, ProtocolError> {
        let malformed = |problem| ProtocolError::Malformed {
            command: b'D',
            problem,
        };
        if frame.is_empty() {
            return Err(malformed("no command that the macros belong to"));
        }
        let letter = frame.split_to(1).first().copied().unwrap_or_default();
        let stage = Stage::of(letter);
        if stage.is_none() && !b"ADKOQ".contains(&letter) {
            return Err(malformed("macros for a command that does not exist"));
        }
        if !frame.is_empty() {
            ends_with_nul(b'D', &frame)?;
        }
        if !memchr_iter(0, &frame).count().is_multiple_of(2) {
            return Err(malformed("a macro without a value"));
        }
        Ok(Self { stage, frame })
    }

    /// The stage that they belong to; none for ABORT, QUIT and the like.
    pub fn stage(&self) -> Option<Stage> {
        self.stage
    }

    /// The macros.
    pub fn macros(&self) -> Macros<'_> {
        Macros(Strings(&self.frame))
    }
}

/// Name and value of macros, in the order in which they came.
///
/// Names are as on the wire: a single letter bare (`i`, `j`), longer ones in braces
/// (`{client_addr}`). A macro that is empty is not sent at all.
#[derive(Clone, Copy, Debug)]
pub struct Macros<'a>(Strings<'a>);

impl<'a> Macros<'a> {
    /// The value of the first macro of that name (`i`, `{auth_authen}`; braces belong to the name,
    /// but both spellings of either are found).
    pub fn find(self, name: &str) -> Option<&'a [u8]> {
        let bare = |name: &'a [u8]| -> &'a [u8] {
            match name {
                [b'{', inner @ .., b'}'] => inner,
                _ => name,
            }
        };
        let wanted = name
            .trim_start_matches('{')
            .trim_end_matches('}')
            .as_bytes();
        let mut all = self;
        all.find_map(|(name, value)| (bare(name) == wanted).then_some(value))
    }
}

impl<'a> Iterator for Macros<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}

/// A row of strings, each ended by a NUL.
#[derive(Clone, Copy, Debug, Default)]
pub struct Strings<'a>(&'a [u8]);

impl<'a> Iterator for Strings<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let end = memchr(0, self.0)?;
        let (string, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..).unwrap_or_default();
        Some(string)
    }
}

/// CONNECT: name NUL family; for a known family a port (two bytes) and an address NUL.
fn connect(frame: Bytes) -> Result<Command, ProtocolError> {
    let malformed = |problem| ProtocolError::Malformed {
        command: b'C',
        problem,
    };
    let end = memchr(0, &frame).ok_or(malformed("a string without its NUL"))?;
    let host = frame.slice(..end);
    let rest = frame.slice(end + 1..);
    let (family, port, address) = match rest.as_ref() {
        // Sendmail says U and nothing more, some clients add port and address.
        [b'U', ..] => {
            return Ok(Command::Connect {
                host,
                peer: Peer::Unknown,
            });
        }
        [family, high, low, address @ ..] => (*family, u16::from_be_bytes([*high, *low]), address),
        _ => return Err(malformed("an address that is cut short")),
    };
    let address = match memchr(0, address) {
        Some(end) if end + 1 == address.len() => address.get(..end).unwrap_or_default(),
        Some(_) => return Err(malformed("data after the address")),
        None => return Err(malformed("a string without its NUL")),
    };
    let text = || std::str::from_utf8(address).map_err(|_| malformed("an address that is no text"));
    let peer = match family {
        b'4' => {
            let ip: Ipv4Addr = text()?
                .parse()
                .map_err(|_| malformed("an address that is not IPv4"))?;
            Peer::Inet(SocketAddrV4::new(ip, port))
        }
        b'6' => {
            let text = text()?;
            // Sendmail writes the address as in RFC 5321 (`IPv6:2001:db8::1`), Postfix bare; a
            // link-local address may carry its interface.
            let bare = match text.get(..5) {
                Some(tag) if tag.eq_ignore_ascii_case("IPv6:") => text.get(5..).unwrap_or_default(),
                _ => text,
            };
            let bare = bare.split('%').next().unwrap_or_default();
            let ip: Ipv6Addr = bare
                .parse()
                .map_err(|_| malformed("an address that is not IPv6"))?;
            Peer::Inet6(SocketAddrV6::new(ip, port, 0, 0))
        }
        b'L' => Peer::Unix(rest.slice(3..3 + address.len())),
        _ => return Err(malformed("an address family that does not exist")),
    };
    Ok(Command::Connect { host, peer })
}

/// A frame that is one string; the NUL is cut off.
fn string(command: u8, mut frame: Bytes) -> Result<Bytes, ProtocolError> {
    ends_with_nul(command, &frame)?;
    frame.truncate(frame.len().saturating_sub(1));
    if memchr(0, &frame).is_some() {
        return Err(ProtocolError::Malformed {
            command,
            problem: "more than one string",
        });
    }
    Ok(frame)
}

fn ends_with_nul(command: u8, frame: &[u8]) -> Result<(), ProtocolError> {
    match frame.last() {
        Some(0) => Ok(()),
        _ => Err(ProtocolError::Malformed {
            command,
            problem: "a string without its NUL",
        }),
    }
}
