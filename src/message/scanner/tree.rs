//! Multiparts and attached messages: how the parts stand inside each other.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{
    Content, Depth, MAX_LINE, Scanner, State,
    leaf::{Leaf, Shared, Sink},
};
use crate::message::{
    Blob, Headers, Part, PartKind, Problem, TransferEncoding, Why,
    entity::{Block, Entity},
    parts::note,
    signed::Signing,
    transfer::Decoder,
};

pub(super) struct Frame {
    pub(super) part: usize,
    number: String,
    pub(super) kind: FrameKind,
}

pub(super) enum FrameKind {
    Multipart {
        boundaries: Vec<Box<[u8]>>,
        children: u32,
        digest: bool,
        begun: bool,
        closed: bool,
        /// Of a `multipart/signed`, until its first part ends.
        signing: Option<Box<Signing>>,
    },
    Message {
        size: u64,
        hash: Sha256,
    },
}

impl Scanner {
    /// The frame whose delimiter this line is, and whether it closes it.
    pub(super) fn delimiter(&self, shared: &mut Shared, line: &[u8]) -> Option<(usize, bool)> {
        if line.len() >= MAX_LINE {
            return None;
        }
        let line = line.strip_prefix(b"--")?;
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
    pub(super) fn delimit(
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
            State::Content(Content::Leaf(leaf)) if leaf.tentative.is_some() && own_preamble => {
                self.end_preamble(shared);
            }
            _ => self.end_content(shared),
        }
        while self.frames.len() > frame + 1 {
            self.pop(shared);
        }
        self.end_signed(shared, frame);
        let pending = std::mem::take(&mut self.pending);
        self.tap(pending);
        self.tap(&whole[..end]);
        self.set_pending(&whole[end..], false);
        self.begin_signed(frame);
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

    /// The first part of a `multipart/signed` begins behind this delimiter.
    fn begin_signed(&mut self, frame: usize) {
        if let Some(Frame {
            kind:
                FrameKind::Multipart {
                    signing: Some(signing),
                    ..
                },
            ..
        }) = self.frames.get_mut(frame)
        {
            signing.begin();
            self.signing = true;
        }
    }

    /// It ends before this one.
    fn end_signed(&mut self, shared: &mut Shared, frame: usize) {
        if let Some(Frame {
            part,
            kind: FrameKind::Multipart { signing, .. },
            ..
        }) = self.frames.get_mut(frame)
            && signing.as_ref().is_some_and(|signing| signing.is_open())
            && let (Some(signing), Some(part)) = (signing.take(), shared.parts.get_mut(*part))
        {
            part.signed = Some(signing.finish());
        }
    }

    /// Whether a part of a multipart begins here, not an attached message.
    pub(super) fn in_multipart(&self) -> bool {
        let innermost = self.frames.last().map(|frame| &frame.kind);
        matches!(innermost, Some(FrameKind::Multipart { .. }))
    }

    /// Ends the innermost multipart or attached message.
    pub(super) fn pop(&mut self, shared: &mut Shared) {
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
    pub(super) fn end_header(&mut self, shared: &mut Shared, abrupt: bool) {
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
    pub(super) fn begin(&mut self, shared: &mut Shared, headers: Headers, problems: Vec<Problem>) {
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
        let as_file = !is_message(&entity.media_type);
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
            media if media.starts_with("multipart/") && entity.boundaries.is_empty() => {
                note(&mut problems, Problem::MissingBoundary);
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
        if entity.cut {
            shared.not_scanned(&number, Why::Unsupported);
        }
        let media_type = match (&entity.second_type, kind) {
            // Only the second reading gives it parts.
            (Some(second), PartKind::Multipart) if !entity.media_type.starts_with("multipart/") => {
                second.clone()
            }
            _ => entity.media_type.clone(),
        };
        // What the part is when no delimiter comes.
        let leaf_type = [Some(&entity.media_type), entity.second_type.as_ref()]
            .into_iter()
            .flatten()
            .find(|media_type| !media_type.starts_with("multipart/"))
            .cloned();
        let is_digest = media_type == "multipart/digest";
        let signing = (kind == PartKind::Multipart && media_type == "multipart/signed")
            .then(|| Signing::of(&headers))
            .flatten();
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
            others: Vec::new(),
            signed: None,
            problems,
        });
        let decoder = Decoder::new(entity.transfer_encoding);
        self.state = match kind {
            PartKind::Leaf => State::Content(Content::Leaf(Box::new(Leaf {
                part: id,
                decoder,
                to: Sink::Blob(shared.spool.writer()),
                other: entity
                    .second_encoding
                    .map(|encoding| (Decoder::new(encoding), shared.spool.writer())),
                tentative: None,
            }))),
            PartKind::Multipart => {
                self.open_multipart(shared, id, number, entity.boundaries, is_digest);
                if let Some(Frame {
                    kind: FrameKind::Multipart { signing: open, .. },
                    ..
                }) = self.frames.last_mut()
                {
                    *open = signing.map(Box::new);
                }
                State::Content(Content::Leaf(Box::new(Leaf {
                    part: id,
                    decoder,
                    to: Sink::Blob(shared.spool.writer()),
                    other: None,
                    tentative: Some(leaf_type),
                })))
            }
            PartKind::Message if encoded || as_file => {
                let base = Depth {
                    frames: self.base.frames + self.frames.len() + 1,
                    messages: self.base.messages + self.messages + 1,
                    encoded: self.base.encoded + 1,
                };
                let scanner = Box::new(Self::within(base, Some((id, number)), shared.block()));
                State::Content(Content::Leaf(Box::new(Leaf {
                    part: id,
                    decoder,
                    to: Sink::Message {
                        scanner,
                        size: 0,
                        hash: Sha256::new(),
                        file: as_file.then(|| shared.spool.writer()),
                    },
                    other: None,
                    tentative: None,
                })))
            }
            PartKind::Message => {
                // The empty line before the attached message is not part of it.
                let pending = std::mem::take(&mut self.pending);
                self.tap(pending);
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
        } else if is_message(&entity.media_type)
            || entity.second_type.as_deref().is_some_and(is_message)
            || entity.names.all.iter().any(|name| is_message_name(name))
        {
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
            && (entity.transfer_encoding != TransferEncoding::Identity
                || !is_message(&entity.media_type))
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
                signing: None,
            },
        });
    }
}

/// Whether mail programs show a part of this type as a message.
fn is_message(media_type: &str) -> bool {
    matches!(
        media_type,
        "message/rfc822" | "message/rfc2822" | "message/global" | "message/news"
    )
}

/// Whether a file of this name opens as a message, whatever its type (Outlook on the web, Zimbra
/// and scripts attach messages as application/octet-stream).
fn is_message_name(name: &str) -> bool {
    let name = name.trim_end_matches(['.', ' ']);
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("eml"))
}

fn trim_blank(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t'))
        .map_or(0, |at| at + 1);
    &line[..end]
}
