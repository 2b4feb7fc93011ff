//! The push scanner: a stream of bytes becomes parts, in one pass.
//!
//! Content is not looked at line by line: the scanner searches `--` (vectorised), asks whether it
//! stands at the beginning of a line, and looks the line up among the boundaries of the open
//! multiparts. Everything between goes to the decoder in one piece. What may still become a
//! delimiter at the end of a chunk is held back: a line end and at most [`MAX_LINE`] bytes.
//!
//! Invariants: nothing depends on how the stream was cut into chunks; the line end before a
//! delimiter belongs to the delimiter (RFC 2046 section 5.1.1); every byte goes once to the open
//! leaf and once to each open attached message; nothing recurses but the scanner of an encoded
//! attached message ([`Limits::encoded_depth`]).
//!
//! CRLF, LF and a lone CR each end a line here, because there are mail programs for each.

mod leaf;
mod tree;

use std::{collections::HashMap, sync::Arc};

use memchr::{memchr2, memmem};

use leaf::Leaf;
pub(super) use leaf::Shared;
use tree::Frame;

use super::{
    Headers, Limits, Problem,
    entity::{Block, MAX_BOUNDARY, eol_len, field_name, is_separator},
};

/// A scanner of one message.
pub(super) struct Scanner {
    /// The open multiparts and attached messages, outermost first.
    frames: Vec<Frame>,
    boundaries: HashMap<Box<[u8]>, usize>,
    state: State,
    /// The message's own header, once it is complete.
    headers: Option<Arc<Headers>>,
    /// The last bytes, when they may be the beginning of a delimiter or of a line end.
    held: Vec<u8>,
    /// The next byte begins a line.
    at_line_start: bool,
    /// The line end before the next byte: not yet given to anyone.
    pending: &'static [u8],
    /// Whether it is content of the open leaf.
    pending_is_content: bool,
    /// Attached messages among the frames.
    messages: usize,
    /// Whether a frame digests what is signed.
    signing: bool,
    /// Where this scanner stands in the message: depths of its surroundings.
    base: Depth,
    /// The attached message that this scanner reads, with its number; none for the message itself.
    outer: Option<(usize, String)>,
}

#[derive(Clone, Copy, Default)]
struct Depth {
    frames: usize,
    messages: usize,
    encoded: usize,
}

enum State {
    /// In the header of a part or of a message.
    Header { block: Block, mid_line: bool },
    /// In content.
    Content(Content),
}

enum Content {
    /// Behind the last delimiter of a multipart.
    Epilogue(u64),
    Leaf(Box<Leaf>),
    /// Of a part beyond the limit.
    Skipped,
}

impl Scanner {
    /// A scanner of a whole message, header first.
    pub(super) fn new(limits: &Limits) -> Self {
        Self::within(Depth::default(), None, Block::new(limits.header_bytes))
    }

    fn within(base: Depth, outer: Option<(usize, String)>, block: Block) -> Self {
        Self {
            frames: Vec::new(),
            boundaries: HashMap::new(),
            state: State::Header {
                block,
                mid_line: false,
            },
            headers: None,
            held: Vec::new(),
            at_line_start: true,
            pending: b"",
            pending_is_content: false,
            messages: 0,
            signing: false,
            base,
            outer,
        }
    }

    /// The message's own header, once it is complete.
    pub(super) fn headers(&self) -> Option<&Arc<Headers>> {
        self.headers.as_ref()
    }

    /// The header is known already: the body comes next.
    pub(super) fn begin_body(&mut self, shared: &mut Shared, headers: Headers) {
        self.begin(shared, headers, Vec::new());
    }

    /// The next bytes.
    pub(super) fn feed(&mut self, shared: &mut Shared, mut data: &[u8]) {
        while !self.held.is_empty() && !data.is_empty() {
            // Only as much as can decide about what is held.
            let line = memchr::memchr(b'\n', data).map_or(data.len(), |at| at + 1);
            let room = (MAX_LINE + 8).saturating_sub(self.held.len()).max(1);
            let (now, rest) = data.split_at(line.min(room).min(data.len()));
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(now);
            data = rest;
            let used = self.consume(shared, &held, false);
            held.drain(..used);
            self.held = held;
        }
        if !data.is_empty() {
            let used = self.consume(shared, data, false);
            self.held.extend_from_slice(&data[used..]);
        }
    }

    /// The end of the bytes.
    pub(super) fn end(&mut self, shared: &mut Shared) {
        let held = std::mem::take(&mut self.held);
        self.consume(shared, &held, true);
        self.end_header(shared, true);
        self.flush_pending(shared);
        self.end_content(shared);
        while !self.frames.is_empty() {
            self.pop(shared);
        }
    }

    /// Takes what can be decided; gives the number of bytes taken.
    fn consume(&mut self, shared: &mut Shared, data: &[u8], last: bool) -> usize {
        let mut at = 0;
        while at < data.len() {
            let rest = &data[at..];
            let used = match self.state {
                State::Header { .. } => self.header_line(shared, rest, last),
                State::Content(_) => self.content(shared, rest, last),
            };
            if used == 0 {
                break;
            }
            at += used;
        }
        at
    }

    /// One line of a header, or a piece of one; 0 when more bytes are needed.
    fn header_line(&mut self, shared: &mut Shared, data: &[u8], last: bool) -> usize {
        let State::Header { block, mid_line } = &mut self.state else {
            return 0;
        };
        let mid = *mid_line;
        let end = match memchr2(b'\r', b'\n', data) {
            Some(end) if data[end] == b'\r' && end + 1 == data.len() && !last => {
                // LF may follow. Inside a long line, what is before it can go.
                if !mid {
                    return 0;
                }
                if end > 0 {
                    block.push(&data[..end]);
                    self.tap(&data[..end]);
                }
                return end;
            }
            Some(end) => end,
            // The first bytes of a line decide what it is.
            None if !last && !mid && data.len() < MAX_LINE => return 0,
            None if !last => {
                if !mid && self.is_body_without_header(data) {
                    return self.body_without_header(shared, data, last);
                }
                self.begin_line(mid);
                if let State::Header { block, mid_line } = &mut self.state {
                    block.push(data);
                    *mid_line = true;
                }
                self.tap(data);
                return data.len();
            }
            None => data.len(),
        };
        let eol = eol_len(&data[end..]);
        let (line, whole) = (&data[..end], &data[..end + eol]);
        if !mid {
            if let Some((frame, closes)) = self.delimiter(shared, line) {
                self.delimit(shared, frame, closes, whole, end);
                return whole.len();
            }
            if line.is_empty() {
                self.flush_pending(shared);
                self.set_pending(&data[end..end + eol], false);
                self.end_header(shared, false);
                return whole.len();
            }
            if self.is_body_without_header(line) {
                return self.body_without_header(shared, data, last);
            }
        }
        self.begin_line(mid);
        if let State::Header { block, mid_line } = &mut self.state {
            block.push(whole);
            block.lines += 1;
            *mid_line = false;
        }
        self.tap(line);
        self.set_pending(&data[end..end + eol], false);
        whole.len()
    }

    fn begin_line(&mut self, mid: bool) {
        if !mid {
            let pending = std::mem::take(&mut self.pending);
            self.tap(pending);
        }
    }

    /// The first line of a part is no field: the part has no header, and no empty line either.
    fn is_body_without_header(&self, line: &[u8]) -> bool {
        let State::Header { block, .. } = &self.state else {
            return false;
        };
        let shown = &line[..line.len().min(MAX_LINE)];
        block.lines == 0 && field_name(shown).is_none() && !is_separator(line)
    }

    fn body_without_header(&mut self, shared: &mut Shared, data: &[u8], last: bool) -> usize {
        // Programs that pass over an indented line at the beginning find a header behind it.
        let passed_over = self.in_multipart() && matches!(data.first(), Some(b' ' | b'\t'));
        self.end_header(shared, true);
        if let Some(part) = shared.parts.last().map(|part| part.id) {
            shared.note(part, Problem::MissingBlankLine);
            if passed_over {
                shared.note(part, Problem::JunkInHeader);
            }
        }
        self.content(shared, data, last)
    }

    /// Content up to the next delimiter or to the end of what can be decided.
    fn content(&mut self, shared: &mut Shared, data: &[u8], last: bool) -> usize {
        // No multipart is open: nothing can be a delimiter.
        if self.boundaries.is_empty() {
            self.flush_pending(shared);
            self.write(shared, data);
            return data.len();
        }
        let mut search = 0;
        while let Some(found) = data
            .get(search..)
            .and_then(|rest| memmem::find(rest, b"--"))
        {
            let start = search + found;
            let at_start = if start == 0 {
                self.at_line_start
            } else {
                matches!(data[start - 1], b'\r' | b'\n')
            };
            if !at_start {
                // A row of dashes is looked at once.
                let dashes = data[start..]
                    .iter()
                    .take_while(|&&byte| byte == b'-')
                    .count();
                search = start + dashes;
                // The last dash may still be ... at the beginning of no line: nothing to hold.
                continue;
            }
            let line = &data[start..];
            let window = &line[..line.len().min(MAX_LINE)];
            let end = match memchr2(b'\r', b'\n', window) {
                Some(end) if !last && line[end] == b'\r' && end + 1 == line.len() => {
                    return self.hold(shared, data, start);
                }
                Some(end) => end,
                None if line.len() >= MAX_LINE => {
                    search = start + MAX_LINE;
                    continue;
                }
                None if !last => return self.hold(shared, data, start),
                None => line.len(),
            };
            if let Some((frame, closes)) = self.delimiter(shared, &line[..end]) {
                self.write_until(shared, data, start);
                let eol = eol_len(&line[end..]);
                self.delimit(shared, frame, closes, &line[..end + eol], end);
                return start + end + eol;
            }
            search = start + end;
        }
        self.rest_of_content(shared, data, last)
    }

    /// No delimiter in sight: writes all but what may become the beginning of one.
    fn rest_of_content(&mut self, shared: &mut Shared, data: &[u8], last: bool) -> usize {
        let len = data.len();
        if last {
            return self.write_until_end(shared, data);
        }
        match data {
            [b'\r'] | [b'-'] if self.at_line_start || data == b"\r" => 0,
            [.., b'\r'] => {
                self.write_bytes(shared, &data[..len - 1]);
                len - 1
            }
            [.., b'\r' | b'\n', b'-'] => self.hold(shared, data, len - 1),
            _ => self.write_until_end(shared, data),
        }
    }

    /// Writes what stands before the line that begins at `start`, and waits there.
    fn hold(&mut self, shared: &mut Shared, data: &[u8], start: usize) -> usize {
        self.write_until(shared, data, start);
        start
    }

    /// Writes `data[..start]`; the line end before `start` stays pending.
    fn write_until(&mut self, shared: &mut Shared, data: &[u8], start: usize) {
        if start > 0 {
            self.write_until_end(shared, &data[..start]);
        }
    }

    /// Writes all; a line end at its end stays pending.
    fn write_until_end(&mut self, shared: &mut Shared, data: &[u8]) -> usize {
        let eol = match data {
            [.., b'\r', b'\n'] => 2,
            [.., b'\r' | b'\n'] => 1,
            _ => 0,
        };
        let (content, end) = data.split_at(data.len() - eol);
        if !content.is_empty() || eol > 0 {
            self.flush_pending(shared);
        }
        self.write(shared, content);
        if eol > 0 {
            self.set_pending(end, true);
        } else {
            self.at_line_start = false;
        }
        data.len()
    }

    fn write_bytes(&mut self, shared: &mut Shared, data: &[u8]) {
        if !data.is_empty() {
            self.write_until_end(shared, data);
        }
    }

    fn set_pending(&mut self, eol: &[u8], is_content: bool) {
        self.pending = match eol {
            b"\r\n" => b"\r\n",
            b"\n" => b"\n",
            b"\r" => b"\r",
            _ => b"",
        };
        self.pending_is_content = is_content;
        self.at_line_start = true;
    }

    fn flush_pending(&mut self, shared: &mut Shared) {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return;
        }
        if self.pending_is_content {
            self.write(shared, pending);
        } else {
            self.tap(pending);
        }
    }
}

/// Longer lines are no delimiters; header lines are cut into pieces beyond it.
const MAX_LINE: usize = 4 * MAX_BOUNDARY;
