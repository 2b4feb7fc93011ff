//! Changes to a message, said at its end.

use bytes::BytesMut;

use super::{
    negotiate::{Actions, Granted},
    reply::frame,
};

/// Collects changes, in order. They are sent just before the verdict, if it is one that delivers.
///
/// Postfix counts header fields for changes without its own Received, for inserts with it.
#[derive(Debug)]
pub struct Edits {
    granted: Actions,
    wire: BytesMut,
    /// The new body's frames. They go last: the MTA wants them without anything in between.
    body: Option<BytesMut>,
}

impl Edits {
    /// An empty collection for an MTA that granted that much.
    pub fn new(granted: &Granted) -> Self {
        Self {
            granted: granted.actions,
            wire: BytesMut::new(),
            body: None,
        }
    }

    /// Adds a header field at the end of the header.
    ///
    /// # Errors
    /// [`EditError`]: not granted, or not a header field.
    pub fn add_header(&mut self, name: &str, value: &str) -> Result<(), EditError> {
        self.need(Actions::ADD_HEADERS, "add header fields")?;
        field(name, value)?;
        frame(
            &mut self.wire,
            b'h',
            &[name.as_bytes(), b"\0", value.as_bytes(), b"\0"],
        );
        Ok(())
    }

    /// Inserts a header field; `index` 0 is above all others.
    ///
    /// # Errors
    /// [`EditError`]: not granted, or not a header field.
    pub fn insert_header(&mut self, index: u32, name: &str, value: &str) -> Result<(), EditError> {
        self.need(Actions::ADD_HEADERS, "insert header fields")?;
        self.numbered(b'i', index, name, value)
    }

    /// Changes the `index`-th field (from 1) of that name; an empty value deletes it.
    ///
    /// # Errors
    /// [`EditError`]: not granted, or not a header field.
    pub fn change_header(&mut self, index: u32, name: &str, value: &str) -> Result<(), EditError> {
        self.need(Actions::CHANGE_HEADERS, "change header fields")?;
        self.numbered(b'm', index.max(1), name, value)
    }

    /// Deletes the `index`-th field (from 1) of that name. Delete from the last to the first: a
    /// deletion may move the numbers of those behind it.
    ///
    /// # Errors
    /// [`EditError`]: not granted, or not a header field.
    pub fn delete_header(&mut self, index: u32, name: &str) -> Result<(), EditError> {
        self.change_header(index, name, "")
    }

    /// Adds a recipient (`<a@b>`).
    ///
    /// # Errors
    /// [`EditError`]: not granted, or control characters in it.
    pub fn add_rcpt(&mut self, address: &str) -> Result<(), EditError> {
        self.need(Actions::ADD_RCPT, "add recipients")?;
        plain("a recipient", address)?;
        frame(&mut self.wire, b'+', &[address.as_bytes(), b"\0"]);
        Ok(())
    }

    /// Adds a recipient with ESMTP arguments.
    ///
    /// # Errors
    /// [`EditError`]: not granted, or control characters in it.
    pub fn add_rcpt_with(&mut self, address: &str, args: &str) -> Result<(), EditError> {
        self.need(Actions::ADD_RCPT_PAR, "add recipients with arguments")?;
        plain("a recipient", address)?;
        plain("ESMTP arguments", args)?;
        frame(
            &mut self.wire,
            b'2',
            &[address.as_bytes(), b"\0", args.as_bytes(), b"\0"],
        );
        Ok(())
    }

    /// Deletes a recipient, written as it came at RCPT.
    ///
    /// # Errors
    /// [`EditError`]: not granted, or NUL, CR or LF in it.
    pub fn delete_rcpt(&mut self, address: &[u8]) -> Result<(), EditError> {
        self.need(Actions::DELETE_RCPT, "delete recipients")?;
        if address.is_empty() || address.iter().any(|byte| b"\0\r\n".contains(byte)) {
            return Err(EditError::Malformed("a recipient"));
        }
        frame(&mut self.wire, b'-', &[address, b"\0"]);
        Ok(())
    }

    /// Changes the envelope sender.
    ///
    /// # Errors
    /// [`EditError`]: not granted, or control characters in it.
    pub fn change_from(&mut self, address: &str, args: &str) -> Result<(), EditError> {
        self.need(Actions::CHANGE_FROM, "change the sender")?;
        plain("a sender", address)?;
        plain("ESMTP arguments", args)?;
        match args {
            "" => frame(&mut self.wire, b'e', &[address.as_bytes(), b"\0"]),
            _ => frame(
                &mut self.wire,
                b'e',
                &[address.as_bytes(), b"\0", args.as_bytes(), b"\0"],
            ),
        }
        Ok(())
    }

    /// Puts the message into the MTA's quarantine (Postfix: the hold queue, which keeps the first
    /// 100 bytes of the reason). It is no verdict: one that delivers must follow.
    ///
    /// # Errors
    /// [`EditError`]: not granted, or control characters in the reason.
    pub fn quarantine(&mut self, reason: &str) -> Result<(), EditError> {
        self.need(Actions::QUARANTINE, "quarantine")?;
        plain("a reason", reason)?;
        frame(&mut self.wire, b'q', &[reason.as_bytes(), b"\0"]);
        Ok(())
    }

    /// Replaces the body (lines end in CRLF). Called again, it goes on where it stopped.
    ///
    /// # Errors
    /// [`EditError`]: not granted.
    pub fn replace_body(&mut self, bytes: &[u8]) -> Result<(), EditError> {
        self.need(Actions::CHANGE_BODY, "replace the body")?;
        let body = self.body.get_or_insert_default();
        if bytes.is_empty() {
            frame(body, b'b', &[]);
        }
        for chunk in bytes.chunks(CHUNK) {
            frame(body, b'b', &[chunk]);
        }
        Ok(())
    }

    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        self.wire.is_empty() && self.body.is_none()
    }

    /// Takes everything back.
    pub fn clear(&mut self) {
        self.wire.clear();
        self.body = None;
    }

    /// Appends all frames.
    pub(super) fn encode(&self, out: &mut BytesMut) {
        out.extend_from_slice(&self.wire);
        if let Some(body) = &self.body {
            out.extend_from_slice(body);
        }
    }

    fn need(&self, action: Actions, what: &'static str) -> Result<(), EditError> {
        match self.granted.has(action) {
            true => Ok(()),
            false => Err(EditError::NotGranted(what)),
        }
    }

    fn numbered(&mut self, code: u8, index: u32, name: &str, value: &str) -> Result<(), EditError> {
        field(name, value)?;
        if index > i32::MAX.unsigned_abs() {
            return Err(EditError::Malformed("a header index"));
        }
        let pieces: &[&[u8]] = &[
            &index.to_be_bytes(),
            name.as_bytes(),
            b"\0",
            value.as_bytes(),
            b"\0",
        ];
        frame(&mut self.wire, code, pieces);
        Ok(())
    }
}

/// Why a change cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The MTA did not offer it. Typically caused by an MTA older than Postfix 2.6, or by a
    /// `milter_protocol` that was turned down.
    #[error("the MTA does not let us {0}")]
    NotGranted(&'static str),
    /// It would not be what it says, or would smuggle something in: a NUL, a line end that is not
    /// followed by a space, a name that is none.
    #[error("{0} that cannot be sent as it is")]
    Malformed(&'static str),
}

/// Body bytes a frame (`MILTER_CHUNK_SIZE`).
const CHUNK: usize = 65_535;

/// Checks a header field: a name of RFC 5322 section 3.6.8, and a value whose lines are parted by
/// LF and each continued by a space or tab, so that it cannot end the field or the header.
fn field(name: &str, value: &str) -> Result<(), EditError> {
    if name.is_empty()
        || !name
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b':')
    {
        return Err(EditError::Malformed("a header name"));
    }
    let mut lines = value.split('\n');
    let first = lines.next().unwrap_or_default();
    let sound = |line: &str| !line.contains(['\0', '\r']);
    // A line of white space only would be read as the end of the header by some.
    let folded = |line: &str| {
        sound(line) && line.starts_with([' ', '\t']) && !line.trim_matches([' ', '\t']).is_empty()
    };
    match sound(first) && lines.all(folded) {
        true => Ok(()),
        false => Err(EditError::Malformed("a header value")),
    }
}

/// Checks a text of one line.
fn plain(what: &'static str, text: &str) -> Result<(), EditError> {
    match text.chars().any(char::is_control) {
        true => Err(EditError::Malformed(what)),
        false => Ok(()),
    }
}
