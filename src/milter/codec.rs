//! Frames: a length of four bytes (big-endian, counts the command letter), a letter, data.
//!
//! [`Decoder::decode`] is pure: bytes in, a [`Command`] out, `Ok(None)` when more are needed. How
//! the bytes were cut into reads makes no difference to what comes out.

use bytes::{Buf, BytesMut};

use super::{command::Command, foreign::Foreign};

/// The longest frame taken by default: Sendmail's largest body chunk (`SMFIP_MDS_1M`) and room for
/// what stands around it. Postfix sends at most 65,535 bytes of body and headers of up to
/// `header_size_limit` (100 KiB).
pub const FRAME_LIMIT: usize = 1024 * 1024 + 64 * 1024;

/// Cuts the MTA's bytes into commands.
#[derive(Clone, Debug)]
pub struct Decoder {
    /// Longest frame, in bytes, without its length field.
    limit: usize,
    /// Whether a whole frame was seen: then it is a milter client, and what is wrong later is a
    /// bad frame, not a foreign protocol.
    begun: bool,
}

impl Decoder {
    /// A decoder that takes frames of at most `limit` bytes (without the four of the length).
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            begun: false,
        }
    }

    /// Takes the next command off the front of `buffer`. `Ok(None)`: more bytes are needed. After
    /// an error the connection is of no more use.
    ///
    /// # Errors
    /// [`ProtocolError`], typically a client that speaks another protocol or an attack.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Command>, ProtocolError> {
        if !self.begun
            && let Some(foreign) = Foreign::recognise(buffer, false)
        {
            return Err(ProtocolError::Foreign(foreign));
        }
        let Some(length) = buffer
            .first_chunk::<4>()
            .map(|length| u32::from_be_bytes(*length))
        else {
            return Ok(None);
        };
        // Text gets a chance to show which protocol it is before its "length" is blamed.
        if !self.begun && Foreign::undecided(buffer) {
            return Ok(None);
        }
        let wanted = usize::try_from(length).unwrap_or(usize::MAX);
        if wanted == 0 {
            return Err(ProtocolError::Empty);
        }
        if wanted > self.limit {
            return Err(ProtocolError::TooLong {
                length,
                limit: self.limit,
            });
        }
        if buffer.len() < 4 + wanted {
            return Ok(None);
        }
        buffer.advance(4);
        let mut frame = buffer.split_to(wanted).freeze();
        let letter = frame.get_u8();
        let command = Command::parse(letter, frame)?;
        self.begun = true;
        Ok(Some(command))
    }

    /// What to say when no more bytes come and `rest` is left.
    ///
    /// # Errors
    /// [`ProtocolError`] when `rest` is not empty: half a frame, or a foreign protocol's first
    /// words.
    pub fn finish(&self, rest: &[u8]) -> Result<(), ProtocolError> {
        if rest.is_empty() {
            return Ok(());
        }
        if !self.begun
            && let Some(foreign) = Foreign::recognise(rest, true)
        {
            return Err(ProtocolError::Foreign(foreign));
        }
        Err(ProtocolError::Truncated { seen: rest.len() })
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(FRAME_LIMIT)
    }
}

/// The other side broke the protocol. Typically a client that was pointed at the wrong port, a
/// broken network, or an attack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// A frame of length 0: there is no room for a command in it.
    #[error("a frame of length 0, which cannot hold a command")]
    Empty,
    /// Something else than milter is spoken.
    #[error("{0}")]
    Foreign(Foreign),
    /// A command whose data does not have its form.
    #[error("command {} has {problem}", letter(*.command))]
    Malformed {
        /// The command's letter.
        command: u8,
        /// What is wrong with its data.
        problem: &'static str,
    },
    /// A command at a point where it has no meaning.
    #[error("command {} {problem}", letter(*.command))]
    OutOfPlace {
        /// The command's letter.
        command: u8,
        /// Why it is out of place.
        problem: &'static str,
    },
    /// A frame longer than the limit.
    #[error("a frame of {length} bytes; at most {limit} are taken")]
    TooLong {
        /// Its length, as it says.
        length: u32,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The connection ended inside a frame.
    #[error("the connection ended in the middle of a frame, after {seen} bytes of it")]
    Truncated {
        /// How many bytes of the frame came, its length field counted.
        seen: usize,
    },
    /// A command letter that the protocol does not have.
    #[error("unknown command {}", letter(*.0))]
    UnknownCommand(u8),
    /// A protocol version older than 2.
    #[error("milter protocol version {0}; versions 2 to 6 are spoken")]
    Version(u32),
}

/// A command letter as a person can read it.
fn letter(letter: u8) -> String {
    let name = match letter {
        b'A' => "ABORT",
        b'B' => "BODY",
        b'C' => "CONNECT",
        b'D' => "MACRO",
        b'E' => "BODYEOB",
        b'H' => "HELO",
        b'K' => "QUIT_NC",
        b'L' => "HEADER",
        b'M' => "MAIL",
        b'N' => "EOH",
        b'O' => "OPTNEG",
        b'Q' => "QUIT",
        b'R' => "RCPT",
        b'T' => "DATA",
        b'U' => "UNKNOWN",
        b' '..=b'~' => return format!("'{}'", char::from(letter)),
        _ => return format!("0x{letter:02x}"),
    };
    name.to_owned()
}
