//! Option negotiation: what the MTA offers, what we take of it.
//!
//! Our answer is always a subset of the offer: Postfix drops a milter that asks for an action that
//! it did not offer ("request mask conflict"), and a protocol bit that was not offered would leave
//! both sides with different ideas of who speaks next.

use bytes::{BufMut, BytesMut};

use super::{codec::ProtocolError, command::Stage, session::Transport};

/// What a milter may do to a message (`SMFIF_*`): a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions(pub u32);

impl Actions {
    /// Add header fields.
    pub const ADD_HEADERS: Self = Self(0x01);
    /// Replace the body.
    pub const CHANGE_BODY: Self = Self(0x02);
    /// Add recipients.
    pub const ADD_RCPT: Self = Self(0x04);
    /// Delete recipients.
    pub const DELETE_RCPT: Self = Self(0x08);
    /// Change and delete header fields.
    pub const CHANGE_HEADERS: Self = Self(0x10);
    /// Put the message into the MTA's quarantine (Postfix: the hold queue).
    pub const QUARANTINE: Self = Self(0x20);
    /// Change the envelope sender.
    pub const CHANGE_FROM: Self = Self(0x40);
    /// Add recipients with ESMTP arguments.
    pub const ADD_RCPT_PAR: Self = Self(0x80);
    /// Name the macros that are wanted at each stage.
    pub const SET_MACROS: Self = Self(0x100);
    /// What gacthu uses. Nothing is asked for that it does not use: a milter that may replace the
    /// body or the sender is one that an administrator has to trust with it.
    pub const WANTED: Self = Self(0x01 | 0x04 | 0x08 | 0x10 | 0x20 | 0x100);

    /// Whether all bits of `other` are in it.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Who speaks when (`SMFIP_*`): a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Protocol(pub u32);

impl Protocol {
    /// We do not reply to header fields (the only such bit before version 6).
    pub const NO_REPLY_HEADER: Self = Self(0x80);
    /// Unknown SMTP commands are not sent.
    pub const NO_UNKNOWN: Self = Self(0x100);
    /// We may reply SKIP to a piece of the body.
    pub const SKIP: Self = Self(0x400);
    /// Recipients that the MTA itself rejects are sent too.
    pub const RCPT_REJECTED: Self = Self(0x800);
    /// We do not reply to CONNECT.
    pub const NO_REPLY_CONNECT: Self = Self(0x1000);
    /// We do not reply to HELO.
    pub const NO_REPLY_HELO: Self = Self(0x2000);
    /// We do not reply to MAIL.
    pub const NO_REPLY_MAIL: Self = Self(0x4000);
    /// We do not reply to RCPT.
    pub const NO_REPLY_RCPT: Self = Self(0x8000);
    /// We do not reply to DATA.
    pub const NO_REPLY_DATA: Self = Self(0x1_0000);
    /// We do not reply to unknown commands.
    pub const NO_REPLY_UNKNOWN: Self = Self(0x2_0000);
    /// We do not reply to the end of the header.
    pub const NO_REPLY_END_OF_HEADERS: Self = Self(0x4_0000);
    /// We do not reply to pieces of the body.
    pub const NO_REPLY_BODY: Self = Self(0x8_0000);
    /// Header values keep the space after the colon.
    pub const LEADING_SPACE: Self = Self(0x10_0000);

    /// Whether all bits of `other` are in it.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What gacthu wants on a connection of that kind.
    ///
    /// MAIL and RCPT keep their replies: rules that need the envelope only answer there. On TCP
    /// DATA keeps its reply too. Postfix leaves Nagle's algorithm on and writes a message in two
    /// strokes; if nothing is answered between the envelope and the end of message, the second
    /// stroke waits for a delayed ACK, 40 ms a message (measured: 22 messages/s instead of 610).
    pub fn wanted(transport: Transport) -> Self {
        let both = Self::NO_UNKNOWN.0
            | Self::NO_REPLY_CONNECT.0
            | Self::NO_REPLY_HELO.0
            | Self::NO_REPLY_HEADER.0
            | Self::NO_REPLY_END_OF_HEADERS.0
            | Self::NO_REPLY_BODY.0
            | Self::LEADING_SPACE.0;
        match transport {
            Transport::Tcp => Self(both),
            Transport::Unix => Self(both | Self::NO_REPLY_DATA.0),
        }
    }
}

/// What the MTA offers (OPTNEG).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The protocol version that it speaks; at least 2.
    pub version: u32,
    /// What it would let us do.
    pub actions: Actions,
    /// What it can leave out.
    pub protocol: Protocol,
}

impl Offer {
    pub(super) fn parse(data: &[u8]) -> Result<Self, ProtocolError> {
        // Later versions might add words; the first three are what all have.
        let words = data.first_chunk::<12>().ok_or(ProtocolError::Malformed {
            command: b'O',
            problem: "a negotiation of less than three words",
        })?;
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *words;
        let version = u32::from_be_bytes([a, b, c, d]);
        if version < OLDEST {
            return Err(ProtocolError::Version(version));
        }
        Ok(Self {
            version,
            actions: Actions(u32::from_be_bytes([e, f, g, h])),
            protocol: Protocol(u32::from_be_bytes([i, j, k, l])),
        })
    }

    /// What we take of the offer: the lower version, and of actions and protocol what is both
    /// wanted and offered.
    pub fn answer(&self, transport: Transport) -> Granted {
        Granted {
            version: self.version.min(NEWEST),
            actions: Actions(self.actions.0 & Actions::WANTED.0),
            protocol: Protocol(self.protocol.0 & Protocol::wanted(transport).0),
        }
    }
}

/// What was agreed: our answer, which the MTA must take as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The protocol version spoken: 2 to 6.
    pub version: u32,
    /// What the MTA lets us do; a subset of [`Actions::WANTED`].
    pub actions: Actions,
    /// The protocol bits in force.
    pub protocol: Protocol,
}

impl Granted {
    /// Whether the MTA waits for our reply at that stage.
    pub fn replies(&self, stage: Stage) -> bool {
        let silent = match stage {
            Stage::Connect => Protocol::NO_REPLY_CONNECT,
            Stage::Helo => Protocol::NO_REPLY_HELO,
            Stage::Mail => Protocol::NO_REPLY_MAIL,
            Stage::Rcpt => Protocol::NO_REPLY_RCPT,
            Stage::Data => Protocol::NO_REPLY_DATA,
            Stage::Header => Protocol::NO_REPLY_HEADER,
            Stage::EndOfHeaders => Protocol::NO_REPLY_END_OF_HEADERS,
            Stage::Body => Protocol::NO_REPLY_BODY,
            Stage::Unknown => Protocol::NO_REPLY_UNKNOWN,
            Stage::EndOfMessage => return true,
        };
        !self.protocol.has(silent)
    }

    /// Whether header values come with the bytes after the colon as they stood. Without it the MTA
    /// has eaten one space (not a tab), and whether there was one is not known: sizes and DKIM are
    /// then a guess.
    pub fn leading_space(&self) -> bool {
        self.protocol.has(Protocol::LEADING_SPACE)
    }

    /// Our OPTNEG frame, with the macros that we want at each stage where that may be said.
    pub(super) fn encode(&self, out: &mut BytesMut) {
        let mut body = BytesMut::with_capacity(512);
        body.put_u8(b'O');
        body.put_u32(self.version);
        body.put_u32(self.actions.0);
        body.put_u32(self.protocol.0);
        if self.actions.has(Actions::SET_MACROS) {
            for (stage, names) in MACROS {
                body.put_u32(*stage);
                body.put_slice(names.as_bytes());
                body.put_u8(0);
            }
        }
        out.put_u32(u32::try_from(body.len()).unwrap_or(u32::MAX));
        out.put_slice(&body);
    }
}

/// The oldest version that we speak (Sendmail 8.12, Postfix 2.3).
const OLDEST: u32 = 2;

/// The newest (Sendmail 8.14, Postfix 2.6).
const NEWEST: u32 = 6;

/// The macros wanted, by stage (`SMFIM_*`). A list replaces the MTA's own for that stage; one that
/// is left out or empty leaves the MTA's own. A macro that the MTA does not know is not sent.
const MACROS: &[(u32, &str)] = &[
    (
        0, // connect
        "j {daemon_name} {daemon_addr} {client_addr} {client_name} {client_port} {client_ptr} v _",
    ),
    (
        1,
        "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
    ), // helo
    (
        2, // mail
        "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
    ),
    (3, "i {rcpt_addr} {rcpt_host} {rcpt_mailer}"), // rcpt
    (4, "i"),                                       // data
    (5, "i"),                                       // end of message
    (6, "i"),                                       // end of header
];
