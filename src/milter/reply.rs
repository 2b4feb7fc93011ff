//! What we say: one [`Reply`] a stage.

use std::fmt;

use bytes::{BufMut, BytesMut};

use super::command::Stage;

/// The answer to an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply {
    /// Nothing to object; go on. At the end of message: deliver, as far as we are concerned.
    #[default]
    Continue,
    /// Deliver and tell us no more: of this SMTP session at CONNECT and HELO, else of this message.
    Accept,
    /// Refuse with a text of the MTA's own (`550 5.7.1 Command rejected`).
    Reject,
    /// Ask the client to come again, with a text of the MTA's own (`451 4.7.1 …`).
    Tempfail,
    /// Take the message from the client and throw it away. Not at CONNECT and HELO.
    Discard,
    /// Refuse or put off with a text of our own.
    Code(ReplyCode),
    /// The rest of the body is not wanted; only to a piece of the body, and only where granted.
    Skip,
    /// 421: the MTA says good-bye to its client.
    Shutdown,
    /// The connection with the client is to fail.
    ConnFail,
}

impl Reply {
    /// Whether the MTA would take it at that stage. What it would not take spoils its whole session
    /// (Postfix: "DISCARD action is not allowed for connect or helo", then the default action).
    pub(super) fn fits(&self, stage: Stage, skip: bool) -> bool {
        match self {
            Self::Discard => !matches!(stage, Stage::Connect | Stage::Helo | Stage::Unknown),
            Self::Skip => stage == Stage::Body && skip,
            _ => true,
        }
    }

    /// Appends the frame.
    pub(super) fn encode(&self, out: &mut BytesMut) {
        let letter = match self {
            Self::Continue => b'c',
            Self::Accept => b'a',
            Self::Reject => b'r',
            Self::Tempfail => b't',
            Self::Discard => b'd',
            Self::Skip => b's',
            Self::Shutdown => b'4',
            Self::ConnFail => b'f',
            Self::Code(code) => return frame(out, b'y', &[&code.wire, b"\0"]),
        };
        frame(out, letter, &[]);
    }
}

/// An SMTP reply of our own (RFC 5321 section 4.2, RFC 3463) that Postfix and Sendmail take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyCode {
    code: u16,
    /// Lines parted by CRLF, the last one without, `%` doubled.
    wire: Vec<u8>,
}

impl ReplyCode {
    /// A reply: `code` 400 to 599, `enhanced` of the same class (`5.7.1`), one to 32 lines of
    /// printable ASCII without code. Each line with code, enhanced code and CRLF has at most 512
    /// octets (RFC 5321 section 4.5.3.1.5).
    ///
    /// # Errors
    /// [`ReplyError`] names what Postfix or an SMTP client would not take.
    pub fn new<L: AsRef<str>>(code: u16, enhanced: &str, lines: &[L]) -> Result<Self, ReplyError> {
        if !(400..=599).contains(&code) {
            return Err(ReplyError::Code(code));
        }
        if !enhanced_fits(code, enhanced) {
            return Err(ReplyError::Enhanced {
                code,
                enhanced: enhanced.to_owned(),
            });
        }
        let Some(last) = lines.len().checked_sub(1) else {
            return Err(ReplyError::NoLines);
        };
        if lines.len() > LINES {
            return Err(ReplyError::TooManyLines(lines.len()));
        }
        let mut wire = Vec::with_capacity(64 * lines.len());
        for (index, text) in lines.iter().enumerate() {
            let text = text.as_ref();
            if text.is_empty() || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
                return Err(ReplyError::Text(index + 1));
            }
            let length = 3 + 1 + enhanced.len() + 1 + text.len() + 2;
            if length > LINE {
                return Err(ReplyError::LongLine {
                    line: index + 1,
                    length,
                });
            }
            let mark = if index == last { ' ' } else { '-' };
            wire.extend_from_slice(format!("{code}{mark}{enhanced} ").as_bytes());
            // Sendmail uses the text as a format string, and Postfix undoes the doubling.
            for byte in text.bytes() {
                if byte == b'%' {
                    wire.push(b'%');
                }
                wire.push(byte);
            }
            if index != last {
                wire.extend_from_slice(b"\r\n");
            }
        }
        Ok(Self { code, wire })
    }

    /// The three-digit code.
    pub fn code(&self) -> u16 {
        self.code
    }
}

impl fmt::Display for ReplyCode {
    /// As the SMTP client sees it, without the last CRLF.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.wire).replace("%%", "%"))
    }
}

/// Why a reply cannot be sent. Typically caused by a policy's reply template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// Not 400 to 599.
    #[error("reply code {0}: a milter may give 400 to 599 only")]
    Code(u16),
    /// No enhanced code, or one of another class.
    #[error("enhanced code {enhanced:?} does not go with {code}: it must be {}.SUBJECT.DETAIL", .code / 100)]
    Enhanced {
        /// The code that it stands beside.
        code: u16,
        /// What was given.
        enhanced: String,
    },
    /// No text at all.
    #[error("a reply needs at least one line")]
    NoLines,
    /// A line with control characters or 8-bit text, or an empty one.
    #[error("line {0} of the reply is empty or has other characters than printable ASCII")]
    Text(usize),
    /// A line that is too long.
    #[error("line {line} of the reply has {length} octets; SMTP allows 512")]
    LongLine {
        /// The line's number, from 1.
        line: usize,
        /// Its octets, code and CRLF counted.
        length: usize,
    },
    /// More lines than an MTA takes.
    #[error("{0} lines; a reply may have 32")]
    TooManyLines(usize),
}

/// Appends one frame: length, letter, pieces.
pub(super) fn frame(out: &mut BytesMut, letter: u8, pieces: &[&[u8]]) {
    let length = 1 + pieces.iter().map(|piece| piece.len()).sum::<usize>();
    out.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    out.put_u8(letter);
    for piece in pieces {
        out.put_slice(piece);
    }
}

/// Octets of a reply line, code and CRLF counted.
const LINE: usize = 512;

/// Lines of a reply (`MAXREPLIES` in libmilter).
const LINES: usize = 32;

/// Whether `enhanced` is `class.subject.detail` (RFC 3463 section 2) of the code's class.
fn enhanced_fits(code: u16, enhanced: &str) -> bool {
    let number = |text: &str| {
        (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut parts = enhanced.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(class), Some(subject), Some(detail), None) => {
            class == (code / 100).to_string() && number(subject) && number(detail)
        }
        _ => false,
    }
}
