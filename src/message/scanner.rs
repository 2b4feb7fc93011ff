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

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use memchr::{memchr2, memmem};
use sha2::{Digest, Sha256};

use super::{
    Blob, Headers, Limit, Limits, Message, Part, PartKind, Problem, Spool, TransferEncoding,
    Unscanned, Why, cids,
    entity::{Block, Entity, MAX_BOUNDARY, eol_len, field_name},
    message::note,
    spool::{BlobWriter, Data, MessageSpool},
    transfer::Decoder,
};

/// What all scanners of one message share.
pub(super) struct Shared {
    pub(super) limits: Limits,
    pub(super) parts: Vec<Part>,
    pub(super) problems: Vec<Problem>,
    pub(super) not_scanned: Vec<Unscanned>,
    pub(super) html_cids: HashSet<(Option<usize>, String)>,
    spool: MessageSpool,
    scratch: Vec<u8>,
    /// Parts that came, kept or not.
    parts_seen: usize,
    /// Bytes of part headers that are kept.
    header_bytes: usize,
}

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

struct Frame {
    part: usize,
    number: String,
    kind: FrameKind,
}

enum FrameKind {
    Multipart {
        boundaries: Vec<Box<[u8]>>,
        children: u32,
        digest: bool,
        begun: bool,
        closed: bool,
    },
    Message {
        size: u64,
        hash: Sha256,
    },
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
    Leaf(Leaf),
    /// Of a part beyond the limit.
    Skipped,
}

struct Leaf {
    part: usize,
    decoder: Decoder,
    to: Sink,
    /// The text before the first delimiter of a multipart: forgotten when the delimiter comes.
    tentative: bool,
}

enum Sink {
    Blob(BlobWriter),
    /// An encoded attached message.
    Message {
        scanner: Box<Scanner>,
        size: u64,
        hash: Sha256,
    },
}

impl Shared {
    pub(super) fn new(spool: &Spool, limits: Limits) -> Self {
        Self {
            limits,
            parts: Vec::new(),
            problems: Vec::new(),
            not_scanned: Vec::new(),
            html_cids: HashSet::new(),
            spool: spool.message(),
            scratch: Vec::new(),
            parts_seen: 0,
            header_bytes: 0,
        }
    }

    pub(super) fn into_message(self, headers: Arc<Headers>, size: u64) -> Message {
        let mut message = Message {
            headers,
            parts: self.parts,
            size,
            problems: self.problems,
            not_scanned: self.not_scanned,
            html_cids: self.html_cids,
        };
        if self.parts_seen > message.parts.len() {
            message.not_scanned.push(Unscanned {
                part: String::new(),
                why: Why::Limit(Limit {
                    which: "mime_parts",
                    limit: self.limits.mime_parts as u64,
                    seen: self.parts_seen as u64,
                }),
            });
        }
        message
    }

    fn note(&mut self, part: usize, problem: Problem) {
        if let Some(part) = self.parts.get_mut(part) {
            note(&mut part.problems, problem);
        }
    }

    fn not_scanned(&mut self, part: &str, why: Why) {
        self.not_scanned.push(Unscanned {
            part: part.to_owned(),
            why,
        });
    }

    fn over(&mut self, part: &str, which: &'static str, limit: usize, seen: u64) {
        self.not_scanned(
            part,
            Why::Limit(Limit {
                which,
                limit: limit as u64,
                seen,
            }),
        );
    }

    /// Bytes of the next part's header that may be kept: less and less matters in the header of
    /// the thousandth part.
    fn block(&self) -> Block {
        let spent = self.header_bytes > ALL_PART_HEADERS;
        let limit = self.limits.part_header_bytes;
        Block::new(if spent { limit.min(1 << 10) } else { limit })
    }
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
                self.begin_line(shared, mid);
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
                self.end_header(shared, true);
                return self.content(shared, data, last);
            }
        }
        self.begin_line(shared, mid);
        if let State::Header { block, mid_line } = &mut self.state {
            block.push(whole);
            block.lines += 1;
            *mid_line = false;
        }
        self.tap(line);
        self.set_pending(&data[end..end + eol], false);
        whole.len()
    }

    fn begin_line(&mut self, _shared: &mut Shared, mid: bool) {
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
        block.lines == 0 && field_name(shown).is_none() && !line.starts_with(b"From ")
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

    /// The frame whose delimiter this line is, and whether it closes it.
    fn delimiter(&self, shared: &mut Shared, line: &[u8]) -> Option<(usize, bool)> {
        let line = line.strip_prefix(b"--")?;
        if line.len() > MAX_LINE {
            return None;
        }
        let line = trim_blank(line);
        // The longer reading first: a boundary may end in two dashes itself.
        if let Some(&frame) = self.boundaries.get(line) {
            return Some((frame, false));
        }
        if let Some(closing) = line.strip_suffix(b"--")
            && let Some(&frame) = self.boundaries.get(closing)
        {
            return Some((frame, true));
        }
        // RFC 2046 would take a line that only begins with the boundary. No program in use does;
        // it is told nonetheless. The innermost multipart is what such tricks are played with.
        if let Some(frame) = self.frames.last()
            && let FrameKind::Multipart { boundaries, .. } = &frame.kind
            && boundaries.iter().any(|boundary| line.starts_with(boundary))
        {
            shared.note(frame.part, Problem::BoundaryPrefix);
        }
        None
    }

    /// A delimiter line came: everything inside its multipart ends.
    fn delimit(
        &mut self,
        shared: &mut Shared,
        frame: usize,
        closes: bool,
        whole: &[u8],
        end: usize,
    ) {
        self.end_header(shared, true);
        let own_preamble = frame + 1 == self.frames.len();
        match &mut self.state {
            State::Content(Content::Leaf(leaf)) if leaf.tentative && own_preamble => {
                self.end_preamble(shared);
            }
            _ => self.end_content(shared),
        }
        while self.frames.len() > frame + 1 {
            self.pop(shared);
        }
        let pending = std::mem::take(&mut self.pending);
        self.tap(pending);
        self.tap(&whole[..end]);
        self.set_pending(&whole[end..], false);
        let Some(Frame { part, kind, .. }) = self.frames.get_mut(frame) else {
            return;
        };
        let part = *part;
        if let FrameKind::Multipart { closed, begun, .. } = kind {
            if *closed && !closes {
                shared.note(part, Problem::PartAfterEnd);
            }
            *begun = true;
            *closed |= closes;
        }
        if pending == b"\r" || whole.get(end..) == Some(b"\r") {
            shared.note(part, Problem::BareCr);
        }
        self.state = if closes {
            State::Content(Content::Epilogue(0))
        } else {
            State::Header {
                block: shared.block(),
                mid_line: false,
            }
        };
    }

    /// Ends the innermost multipart or attached message.
    fn pop(&mut self, shared: &mut Shared) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        match frame.kind {
            FrameKind::Multipart {
                boundaries,
                closed,
                begun,
                ..
            } => {
                let index = self.frames.len();
                for boundary in boundaries {
                    if self.boundaries.get(&boundary) == Some(&index) {
                        self.boundaries.remove(&boundary);
                    }
                }
                if begun && !closed {
                    shared.note(frame.part, Problem::MissingFinalBoundary);
                }
            }
            FrameKind::Message { size, hash } => {
                self.messages -= 1;
                if let Some(part) = shared.parts.get_mut(frame.part) {
                    part.blob = Some(Blob::apart(size, hash.finalize().into()));
                }
            }
        }
    }

    /// The header block ended (with an empty line, or without one): what it describes begins. An
    /// attached message begins with a header again.
    fn end_header(&mut self, shared: &mut Shared, abrupt: bool) {
        let mut abrupt = abrupt;
        loop {
            let block = match &mut self.state {
                State::Header { block, .. } => std::mem::replace(block, Block::new(0)),
                State::Content(_) => return,
            };
            let mut problems = Vec::new();
            let headers = block.fields(&mut problems);
            if abrupt && !(headers.is_empty() && block.lines == 0) {
                note(&mut problems, Problem::MissingBlankLine);
            }
            if block.is_cut() {
                let number = match &self.outer {
                    _ if self.frames.is_empty() && self.outer.is_none() => String::new(),
                    _ => self.next_number(),
                };
                let which = if number.is_empty() {
                    "header_bytes"
                } else {
                    "part_header_bytes"
                };
                shared.over(&number, which, block.kept(), block.seen);
            }
            shared.header_bytes += block.kept();
            self.begin(shared, headers, problems);
            if !abrupt {
                return;
            }
            abrupt = true;
        }
    }

    /// The number of the next part that is no multipart (RFC 3501 section 6.4.5).
    fn next_number(&self) -> String {
        let (number, child) = match self.frames.last() {
            Some(Frame {
                number,
                kind: FrameKind::Multipart { children, .. },
                ..
            }) => (number.as_str(), children + 1),
            Some(Frame { number, .. }) => (number.as_str(), 1),
            None => (self.outer.as_ref().map_or("", |(_, number)| number), 1),
        };
        if number.is_empty() {
            child.to_string()
        } else {
            format!("{number}.{child}")
        }
    }

    /// A part with this header begins.
    fn begin(&mut self, shared: &mut Shared, headers: Headers, problems: Vec<Problem>) {
        let headers = Arc::new(headers);
        if self.headers.is_none() {
            self.headers = Some(Arc::clone(&headers));
        }
        let mut number = self.next_number();
        let (parent, is_body, digest) = match self.frames.last_mut() {
            Some(Frame {
                part,
                kind:
                    FrameKind::Multipart {
                        children, digest, ..
                    },
                ..
            }) => {
                *children += 1;
                (Some(*part), false, *digest)
            }
            Some(frame) => (Some(frame.part), true, false),
            None => (self.outer.as_ref().map(|(part, _)| *part), true, false),
        };
        shared.parts_seen += 1;
        if shared.parts.len() >= shared.limits.mime_parts {
            self.state = State::Content(Content::Skipped);
            return;
        }
        let entity = Entity::read(&headers, digest, problems);
        let id = shared.parts.len();
        let kind = self.kind(shared, &entity, &number);
        if kind == PartKind::Multipart && is_body {
            // The body of a message has no number of its own when it is a multipart.
            number = match self.frames.last() {
                Some(frame) => frame.number.clone(),
                None => self
                    .outer
                    .as_ref()
                    .map_or(String::new(), |(_, number)| number.clone()),
            };
        }
        let mut problems = entity.problems;
        match entity.media_type.as_str() {
            "message/partial" => note(&mut problems, Problem::PartialMessage),
            "message/external-body" => note(&mut problems, Problem::ExternalBody),
            media if media.starts_with("multipart/") && kind == PartKind::Leaf => {
                if entity.boundaries.is_empty() {
                    note(&mut problems, Problem::MissingBoundary);
                }
            }
            _ => {}
        }
        if entity.names.all.len() > 1 {
            note(&mut problems, Problem::NameAmbiguous);
        }
        let encoded = matches!(
            entity.transfer_encoding,
            TransferEncoding::Base64 | TransferEncoding::QuotedPrintable
        );
        if encoded && kind == PartKind::Multipart {
            note(&mut problems, Problem::EncodedMultipart);
        }
        if encoded && kind == PartKind::Message {
            note(&mut problems, Problem::EncodedMessage);
        }
        if entity.transfer_encoding == TransferEncoding::Uuencode {
            shared.not_scanned(&number, Why::Unsupported);
        }
        let media_type = match (&entity.second_type, kind) {
            // Only the second reading gives it parts.
            (Some(second), PartKind::Multipart) if !entity.media_type.starts_with("multipart/") => {
                second.clone()
            }
            _ => entity.media_type.clone(),
        };
        let is_digest = media_type == "multipart/digest";
        shared.parts.push(Part {
            id,
            number: number.clone(),
            parent,
            kind,
            headers,
            media_type,
            charset: entity.charset,
            transfer_encoding: entity.transfer_encoding,
            disposition: entity.disposition,
            content_id: entity.content_id,
            names: entity.names,
            blob: None,
            problems,
        });
        let decoder = Decoder::new(entity.transfer_encoding);
        self.state = match kind {
            PartKind::Leaf => State::Content(Content::Leaf(Leaf {
                part: id,
                decoder,
                to: Sink::Blob(shared.spool.writer()),
                tentative: false,
            })),
            PartKind::Multipart => {
                self.open_multipart(shared, id, number, entity.boundaries, is_digest);
                State::Content(Content::Leaf(Leaf {
                    part: id,
                    decoder,
                    to: Sink::Blob(shared.spool.writer()),
                    tentative: true,
                }))
            }
            PartKind::Message if encoded => {
                let base = Depth {
                    frames: self.base.frames + self.frames.len() + 1,
                    messages: self.base.messages + self.messages + 1,
                    encoded: self.base.encoded + 1,
                };
                let scanner = Box::new(Self::within(base, Some((id, number)), shared.block()));
                State::Content(Content::Leaf(Leaf {
                    part: id,
                    decoder,
                    to: Sink::Message {
                        scanner,
                        size: 0,
                        hash: Sha256::new(),
                    },
                    tentative: false,
                }))
            }
            PartKind::Message => {
                self.messages += 1;
                let kind = FrameKind::Message {
                    size: 0,
                    hash: Sha256::new(),
                };
                self.frames.push(Frame {
                    part: id,
                    number,
                    kind,
                });
                // The empty line before the attached message is not part of it.
                State::Header {
                    block: shared.block(),
                    mid_line: false,
                }
            }
        };
    }

    /// What a part is, within the limits.
    fn kind(&self, shared: &mut Shared, entity: &Entity, number: &str) -> PartKind {
        let wanted = if !entity.boundaries.is_empty() {
            PartKind::Multipart
        } else if matches!(
            entity.media_type.as_str(),
            "message/rfc822" | "message/global" | "message/news"
        ) {
            PartKind::Message
        } else {
            return PartKind::Leaf;
        };
        let limits = &shared.limits;
        let depth = self.base.frames + self.frames.len() + 1;
        let messages = self.base.messages + self.messages + 1;
        let over = if depth > limits.mime_depth {
            Some(("mime_depth", limits.mime_depth, depth))
        } else if wanted == PartKind::Message && messages > limits.message_depth {
            Some(("message_depth", limits.message_depth, messages))
        } else if wanted == PartKind::Message
            && entity.transfer_encoding != TransferEncoding::Identity
            && self.base.encoded + 1 > limits.encoded_depth
        {
            Some(("encoded_depth", limits.encoded_depth, self.base.encoded + 1))
        } else {
            None
        };
        match over {
            Some((which, limit, seen)) => {
                shared.over(number, which, limit, seen as u64);
                PartKind::Leaf
            }
            None => wanted,
        }
    }

    fn open_multipart(
        &mut self,
        shared: &mut Shared,
        part: usize,
        number: String,
        boundaries: Vec<Vec<u8>>,
        digest: bool,
    ) {
        let index = self.frames.len();
        let mut own = Vec::with_capacity(boundaries.len());
        for boundary in boundaries {
            let boundary = boundary.into_boxed_slice();
            // The outer multipart keeps it: that is how most programs read it.
            if self.boundaries.contains_key(&boundary) {
                shared.note(part, Problem::BoundaryReused);
            } else {
                self.boundaries.insert(boundary.clone(), index);
            }
            own.push(boundary);
        }
        self.frames.push(Frame {
            part,
            number,
            kind: FrameKind::Multipart {
                boundaries: own,
                children: 0,
                digest,
                begun: false,
                closed: false,
            },
        });
    }

    /// Bytes for the open attached messages.
    fn tap(&mut self, bytes: &[u8]) {
        if self.messages == 0 || bytes.is_empty() {
            return;
        }
        for frame in &mut self.frames {
            if let FrameKind::Message { size, hash } = &mut frame.kind {
                *size += bytes.len() as u64;
                hash.update(bytes);
            }
        }
    }

    /// Content: for the open leaf, and for the attached messages around it.
    fn write(&mut self, shared: &mut Shared, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.tap(bytes);
        let leaf = match &mut self.state {
            State::Content(Content::Leaf(leaf)) => leaf,
            State::Content(Content::Epilogue(count)) => {
                *count += bytes.len() as u64;
                return;
            }
            State::Content(Content::Skipped) | State::Header { .. } => return,
        };
        if let (Decoder::Identity, Sink::Blob(writer)) = (&leaf.decoder, &mut leaf.to) {
            writer.write(&mut shared.spool, bytes);
            return;
        }
        // Pieces that stay in the cache between decoding, hashing and storing.
        for piece in bytes.chunks(PIECE) {
            let mut scratch = std::mem::take(&mut shared.scratch);
            scratch.clear();
            leaf.decoder.decode(piece, &mut scratch);
            leaf.to.write(shared, &scratch);
            shared.scratch = scratch;
        }
    }

    /// The text before the first part is not wanted.
    fn end_preamble(&mut self, shared: &mut Shared) {
        let state = State::Content(Content::Skipped);
        if let State::Content(Content::Leaf(leaf)) = std::mem::replace(&mut self.state, state)
            && let Sink::Blob(writer) = leaf.to
        {
            if writer.size() > MUCH {
                shared.note(leaf.part, Problem::PreambleContent);
            }
            writer.discard(&mut shared.spool);
        }
    }

    /// The open content ends.
    fn end_content(&mut self, shared: &mut Shared) {
        let state = State::Content(Content::Skipped);
        let mut leaf = match std::mem::replace(&mut self.state, state) {
            State::Content(Content::Leaf(leaf)) => leaf,
            State::Content(Content::Epilogue(count)) if count > MUCH => {
                if let Some(frame) = self.frames.last() {
                    shared.note(frame.part, Problem::EpilogueContent);
                }
                return;
            }
            _ => return,
        };
        let id = leaf.part;
        let mut rest = Vec::new();
        leaf.decoder
            .finish(&mut rest, &mut |problem| shared.note(id, problem));
        leaf.to.write(shared, &rest);
        let blob = match leaf.to {
            Sink::Blob(writer) => writer.finish(&shared.spool),
            Sink::Message {
                mut scanner,
                size,
                hash,
            } => {
                scanner.end(shared);
                Blob::apart(size, hash.finalize().into())
            }
        };
        shared.finish_leaf(id, blob, leaf.tentative);
    }
}

impl Sink {
    fn write(&mut self, shared: &mut Shared, bytes: &[u8]) {
        match self {
            Self::Blob(writer) => writer.write(&mut shared.spool, bytes),
            Self::Message {
                scanner,
                size,
                hash,
            } => {
                *size += bytes.len() as u64;
                hash.update(bytes);
                scanner.feed(shared, bytes);
            }
        }
    }
}

impl Shared {
    fn finish_leaf(&mut self, id: usize, blob: Blob, tentative: bool) {
        let Some(part) = self.parts.get_mut(id) else {
            return;
        };
        if tentative {
            // A multipart in which no delimiter came: what programs make of it differs, so what
            // stands there must be seen.
            part.kind = PartKind::Leaf;
            note(&mut part.problems, Problem::MissingParts);
        }
        if let Data::NotKept(why) = blob.data {
            if why == Why::Damaged {
                note(&mut part.problems, Problem::StorageFailed);
            }
            self.not_scanned.push(Unscanned {
                part: part.number.clone(),
                why,
            });
        }
        let is_html = part.media_type == "text/html";
        part.blob = Some(blob);
        if is_html {
            self.find_cids(id);
        }
    }

    fn find_cids(&mut self, id: usize) {
        let Some(part) = self.parts.get(id) else {
            return;
        };
        let mut message = part.parent;
        while let Some(parent) = message.and_then(|id| self.parts.get(id)) {
            if parent.kind == PartKind::Message {
                break;
            }
            message = parent.parent;
        }
        let limit = self.limits.html_bytes as u64;
        let html = part
            .blob
            .as_ref()
            .and_then(|blob| blob.read_all(limit).ok().flatten());
        let cids = &mut self.html_cids;
        if let Some(html) = html {
            cids::find(&html, |cid| {
                cids.insert((message, cid));
            });
        }
    }
}

fn trim_blank(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t'))
        .map_or(0, |at| at + 1);
    &line[..end]
}

/// Longer lines are no delimiters; header lines are cut into pieces beyond it.
const MAX_LINE: usize = 4 * MAX_BOUNDARY;
/// Bytes that are decoded at once.
const PIECE: usize = 32 << 10;
/// Text before and after the parts that is worth a note.
const MUCH: u64 = 1000;
/// Bytes of part headers of one message that are kept before less is kept of each.
const ALL_PART_HEADERS: usize = 8 << 20;
