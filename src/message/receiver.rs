//! The door of the room: bytes in, a [`Message`] out.

use std::sync::Arc;

use memchr::memchr_iter;

use super::{
    Headers, Limits, Message, Spool,
    parts::{Limit, Unscanned, Why},
    scanner::{Scanner, Shared},
};

/// Takes one message as it comes: fields and body chunks from a milter ([`Receiver::header`],
/// [`Receiver::end_of_headers`], [`Receiver::body`]), or the bytes of a file ([`Receiver::raw`]).
///
/// Chunks may be cut anywhere. A bare LF counts as CRLF, as Postfix would send it. Nothing that
/// comes in makes it fail.
pub struct Receiver {
    shared: Shared,
    scanner: Scanner,
    headers: Headers,
    /// Where the message is.
    stage: Stage,
    header_limited: bool,
    /// Bytes of the body, or of the whole message for [`Receiver::raw`]; line ends as CRLF.
    bytes: u64,
    /// The last byte that came was a CR.
    after_cr: bool,
    scratch: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Headers,
    Body,
    Raw,
}

impl Receiver {
    /// A receiver whose bodies go to this spool.
    pub fn new(spool: &Spool, limits: Limits) -> Self {
        Self {
            scanner: Scanner::new(&limits),
            shared: Shared::new(spool, limits),
            headers: Headers::default(),
            stage: Stage::Headers,
            header_limited: false,
            bytes: 0,
            after_cr: false,
            scratch: Vec::new(),
        }
    }

    /// A header field: its name without the colon, its value as it came (with the space behind
    /// the colon under SMFIP_HDR_LEADSPC, folded with LF or CRLF). Ignored behind the header.
    pub fn header(&mut self, name: &[u8], value: &[u8]) {
        if self.stage == Stage::Headers
            && !self
                .headers
                .push(name, value, self.shared.limits.header_bytes)
        {
            self.header_limited = true;
        }
    }

    /// The fields so far; for [`Receiver::raw`] once the header is complete.
    pub fn headers(&self) -> &Headers {
        self.scanner
            .headers()
            .map_or(&self.headers, |headers| headers)
    }

    /// The end of the header.
    pub fn end_of_headers(&mut self) {
        if self.stage == Stage::Headers {
            self.stage = Stage::Body;
            let headers = std::mem::take(&mut self.headers);
            self.scanner.begin_body(&mut self.shared, headers);
        }
    }

    /// A piece of the body, of any size.
    pub fn body(&mut self, chunk: &[u8]) {
        self.end_of_headers();
        self.feed(chunk);
    }

    /// A piece of a whole message, header and body, of any size, with LF or CRLF line ends. Not
    /// to be mixed with the others.
    pub fn raw(&mut self, chunk: &[u8]) {
        if self.stage == Stage::Headers && self.headers.is_empty() {
            self.stage = Stage::Raw;
        }
        self.feed(chunk);
    }

    /// The end of the message.
    pub fn finish(mut self) -> Message {
        self.end_of_headers();
        self.scanner.end(&mut self.shared);
        let headers = self.scanner.headers().map(Arc::clone).unwrap_or_default();
        if self.header_limited {
            self.shared.not_scanned.push(Unscanned {
                part: String::new(),
                why: Why::Limit(Limit {
                    which: "header_bytes",
                    limit: self.shared.limits.header_bytes as u64,
                    seen: headers.size(),
                }),
            });
        }
        let size = match self.stage {
            Stage::Raw => self.bytes,
            // The empty line behind the header is counted too.
            Stage::Headers | Stage::Body => headers.size() + 2 + self.bytes,
        };
        self.shared.into_message(headers, size)
    }

    fn feed(&mut self, chunk: &[u8]) {
        let Some(&last) = chunk.last() else {
            return;
        };
        let mut scratch = std::mem::take(&mut self.scratch);
        let crlf = with_crlf(chunk, self.after_cr, &mut scratch);
        self.after_cr = last == b'\r';
        self.bytes += crlf.len() as u64;
        self.scanner.feed(&mut self.shared, crlf);
        scratch.clear();
        self.scratch = scratch;
    }
}

/// The chunk with CRLF for each bare LF; itself when there is none.
fn with_crlf<'a>(chunk: &'a [u8], after_cr: bool, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    let mut from = 0;
    for at in memchr_iter(b'\n', chunk) {
        let has_cr = match at.checked_sub(1) {
            Some(before) => chunk[before] == b'\r',
            None => after_cr,
        };
        if !has_cr {
            scratch.extend_from_slice(&chunk[from..at]);
            scratch.push(b'\r');
            from = at;
        }
    }
    if scratch.is_empty() && from == 0 {
        return chunk;
    }
    scratch.extend_from_slice(&chunk[from..]);
    scratch
}
