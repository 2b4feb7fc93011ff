//! Other protocols spoken to the milter port, known by their first bytes.
//!
//! A milter client's first frame is a negotiation of a few dozen bytes, so its first byte is 0.
//! Whoever begins otherwise speaks something else, and a log line that names it saves an
//! administrator an hour.

use std::fmt;

/// Another protocol, and what its speaker probably wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// clamd's commands.
    Clamd,
    /// An HTTP request (rspamd's own protocol is one too).
    Http,
    /// Postfix's policy delegation protocol.
    Policy,
    /// HAProxy's PROXY header.
    Proxy,
    /// SMTP or LMTP.
    Smtp,
    /// SpamAssassin's or rspamd's older protocol.
    Spamc,
    /// SSH.
    Ssh,
    /// Text of some other kind.
    Text,
    /// A TLS client hello.
    Tls,
}

impl Foreign {
    /// Names the protocol of a connection's first bytes. None: it is milter, or more must be seen
    /// first (never when `last`, unless it is milter).
    pub(super) fn recognise(bytes: &[u8], last: bool) -> Option<Self> {
        let head = bytes.get(..LOOK).unwrap_or(bytes);
        if head.starts_with(&[0x16, 0x03]) {
            return (head.len() >= 3).then_some(Self::Tls);
        }
        if head.starts_with(b"\r\n\r\n") {
            return Some(Self::Proxy);
        }
        if !head.first().is_some_and(|byte| begins_text(*byte)) {
            return None;
        }
        let upper = head.to_ascii_uppercase();
        let known = PREFIXES
            .iter()
            .find(|(prefix, _)| upper.starts_with(prefix.as_bytes()));
        if let Some((_, foreign)) = known {
            return Some(*foreign);
        }
        if last || !Self::undecided(bytes) {
            // Only the bytes up to the first one that is not printable count, so that it makes no
            // difference how many more came in the same read.
            let end = head.iter().find(|byte| !printable(byte));
            return end
                .is_none_or(|end| b"\r\n\t\0".contains(end))
                .then_some(Self::Text);
        }
        None
    }

    /// Whether these first bytes may be text whose kind more bytes could show.
    pub(super) fn undecided(bytes: &[u8]) -> bool {
        let text = bytes.first().is_some_and(|byte| begins_text(*byte));
        text && bytes.len() < LOOK && bytes.iter().all(|byte| printable(&byte))
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clamd => {
                "this is a clamd command; this port speaks the milter protocol, \
                 point the clamd client at clamd"
            }
            Self::Http => {
                "this is an HTTP request; this port speaks the milter protocol, \
                 point Prometheus and browsers at the admin port (--admin)"
            }
            Self::Policy => {
                "this is a Postfix policy request; name this port in smtpd_milters, \
                 not in check_policy_service"
            }
            Self::Proxy => {
                "this is a PROXY protocol header; let Postfix connect to this port directly"
            }
            Self::Smtp => {
                "this is SMTP; name this port in Postfix's smtpd_milters, \
                 not in content_filter, smtpd_proxy_filter or a transport map"
            }
            Self::Spamc => {
                "this is the protocol of spamc or rspamc; this port speaks the milter protocol, \
                 point the client at its own daemon"
            }
            Self::Ssh => "this is SSH; this port speaks the milter protocol",
            Self::Text => {
                "this is text of some other protocol; this port speaks the milter protocol"
            }
            Self::Tls => {
                "this is a TLS client hello; the milter protocol is spoken without TLS, \
                 let Postfix connect over a unix socket or the loopback address"
            }
        })
    }
}

/// How many bytes are looked at; every prefix below is shorter.
const LOOK: usize = 16;

/// What other protocols begin with, in upper case; longer ones before their own beginnings.
const PREFIXES: &[(&str, Foreign)] = &[
    ("GET ", Foreign::Http),
    ("HEAD ", Foreign::Http),
    ("POST ", Foreign::Http),
    ("PUT ", Foreign::Http),
    ("DELETE ", Foreign::Http),
    ("OPTIONS ", Foreign::Http),
    ("CONNECT ", Foreign::Http),
    ("PATCH ", Foreign::Http),
    ("TRACE ", Foreign::Http),
    ("PRI * HTTP", Foreign::Http),
    ("EHLO", Foreign::Smtp),
    ("HELO", Foreign::Smtp),
    ("LHLO", Foreign::Smtp),
    ("MAIL FROM", Foreign::Smtp),
    ("XCLIENT ", Foreign::Smtp),
    ("XFORWARD ", Foreign::Smtp),
    ("STARTTLS", Foreign::Smtp),
    ("QUIT", Foreign::Smtp),
    ("PROXY ", Foreign::Proxy),
    ("REQUEST=", Foreign::Policy),
    ("SSH-", Foreign::Ssh),
    ("CHECK SPAMC", Foreign::Spamc),
    ("CHECK RSPAMC", Foreign::Spamc),
    ("SYMBOLS SPAMC", Foreign::Spamc),
    ("SYMBOLS RSPAMC", Foreign::Spamc),
    ("PROCESS SPAMC", Foreign::Spamc),
    ("PROCESS RSPAMC", Foreign::Spamc),
    ("HEADERS SPAMC", Foreign::Spamc),
    ("REPORT SPAMC", Foreign::Spamc),
    ("TELL SPAMC", Foreign::Spamc),
    ("PING SPAMC", Foreign::Spamc),
    ("PING RSPAMC", Foreign::Spamc),
    ("PING\n", Foreign::Clamd),
    ("PING\r", Foreign::Clamd),
    ("PING\0", Foreign::Clamd),
    ("VERSION\n", Foreign::Clamd),
    ("STATS\n", Foreign::Clamd),
    ("RELOAD\n", Foreign::Clamd),
    ("STREAM\n", Foreign::Clamd),
    ("INSTREAM\n", Foreign::Clamd),
    ("IDSESSION\n", Foreign::Clamd),
    ("SCAN /", Foreign::Clamd),
    ("CONTSCAN /", Foreign::Clamd),
    ("MULTISCAN /", Foreign::Clamd),
    ("NINSTREAM", Foreign::Clamd),
    ("NIDSESSION", Foreign::Clamd),
    ("NPING", Foreign::Clamd),
    ("NVERSION", Foreign::Clamd),
    ("NSTATS", Foreign::Clamd),
    ("NSCAN ", Foreign::Clamd),
    ("ZINSTREAM", Foreign::Clamd),
    ("ZIDSESSION", Foreign::Clamd),
    ("ZFILDES", Foreign::Clamd),
    ("ZPING", Foreign::Clamd),
    ("ZVERSION", Foreign::Clamd),
    ("ZSTATS", Foreign::Clamd),
    ("ZSCAN ", Foreign::Clamd),
];

fn begins_text(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn printable(byte: &&u8) -> bool {
    (b' '..=b'~').contains(byte)
}
