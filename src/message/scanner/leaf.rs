//! Content on its way to the decoders and the spool, and what all scanners of a message share.

use std::{collections::HashSet, sync::Arc};

use sha2::{Digest, Sha256};

use super::{Content, Scanner, State, tree::FrameKind};
use crate::message::{
    Blob, Headers, Limit, Limits, Message, Part, PartKind, Problem, Spool, Unscanned, Why,
    blob_writer::BlobWriter,
    cids,
    entity::Block,
    inline_files, lenient,
    parts::note,
    spool::{Data, MessageSpool},
    transfer::{Decoder, Junk},
};

/// What all scanners of one message share.
pub(in crate::message) struct Shared {
    pub(in crate::message) limits: Limits,
    pub(super) parts: Vec<Part>,
    pub(super) problems: Vec<Problem>,
    pub(in crate::message) not_scanned: Vec<Unscanned>,
    pub(super) html_cids: HashSet<(Option<usize>, String)>,
    pub(super) spool: MessageSpool,
    scratch: Vec<u8>,
    /// Parts that came, kept or not.
    pub(super) parts_seen: usize,
    /// Bytes of part headers that are kept.
    pub(super) header_bytes: usize,
}

pub(super) struct Leaf {
    pub(super) part: usize,
    pub(super) decoder: Decoder,
    pub(super) to: Sink,
    /// The same content in another encoding, if the header can be read so.
    pub(super) other: Option<(Decoder, BlobWriter)>,
    /// The text before the first delimiter of a multipart: forgotten when the delimiter comes.
    /// When none comes, the part is a leaf of this type, if any reading gives one.
    pub(super) tentative: Option<Option<String>>,
}

pub(super) enum Sink {
    Blob(BlobWriter),
    /// An attached message that is encoded, or that only its name or a second type calls one.
    Message {
        scanner: Box<Scanner>,
        size: u64,
        hash: Sha256,
        /// Its bytes as a file, where other programs take it for one.
        file: Option<BlobWriter>,
    },
}

impl Shared {
    pub(in crate::message) fn new(spool: &Spool, limits: Limits) -> Self {
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

    pub(in crate::message) fn into_message(self, headers: Arc<Headers>, size: u64) -> Message {
        let mut message = Message {
            headers,
            parts: self.parts,
            size,
            problems: self.problems,
            not_scanned: self.not_scanned,
            html_cids: self.html_cids,
            spool: self.spool.store(),
        };
        let told: HashSet<String> = message
            .not_scanned
            .iter()
            .map(|place| place.part.clone())
            .collect();
        for part in &message.parts {
            let inner = part.parent.is_some();
            if !part.problems.iter().any(|problem| problem.hides(inner)) {
                continue;
            }
            let place = Unscanned {
                part: part.number.clone(),
                why: Why::Unsupported,
            };
            if !told.contains(&part.number) {
                message.not_scanned.push(place);
            }
        }
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

    pub(super) fn note(&mut self, part: usize, problem: Problem) {
        if let Some(part) = self.parts.get_mut(part) {
            note(&mut part.problems, problem);
        }
    }

    pub(super) fn not_scanned(&mut self, part: &str, why: Why) {
        self.not_scanned.push(Unscanned {
            part: part.to_owned(),
            why,
        });
    }

    pub(super) fn over(&mut self, part: &str, which: &'static str, limit: usize, seen: u64) {
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
    pub(super) fn block(&self) -> Block {
        let spent = self.header_bytes > ALL_PART_HEADERS;
        let limit = self.limits.part_header_bytes;
        Block::new(if spent { limit.min(1 << 10) } else { limit })
    }
}

impl Scanner {
    /// Bytes for the open attached messages.
    pub(super) fn tap(&mut self, bytes: &[u8]) {
        if (self.messages == 0 && !self.signing) || bytes.is_empty() {
            return;
        }
        for frame in &mut self.frames {
            match &mut frame.kind {
                FrameKind::Message { size, hash } => {
                    *size += bytes.len() as u64;
                    hash.update(bytes);
                }
                FrameKind::Multipart {
                    signing: Some(signing),
                    ..
                } => signing.update(bytes),
                FrameKind::Multipart { .. } => {}
            }
        }
    }

    /// Content: for the open leaf, and for the attached messages around it.
    pub(super) fn write(&mut self, shared: &mut Shared, bytes: &[u8]) {
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
        if let (Decoder::Identity, Sink::Blob(writer), None) =
            (&leaf.decoder, &mut leaf.to, &leaf.other)
        {
            writer.write(&mut shared.spool, bytes);
            return;
        }
        // Pieces that stay in the cache between decoding, hashing and storing.
        for piece in bytes.chunks(PIECE) {
            let mut scratch = std::mem::take(&mut shared.scratch);
            scratch.clear();
            leaf.decoder.decode(piece, &mut scratch);
            leaf.to.write(shared, &scratch);
            if let Some((decoder, writer)) = &mut leaf.other {
                scratch.clear();
                decoder.decode(piece, &mut scratch);
                writer.write(&mut shared.spool, &scratch);
            }
            shared.scratch = scratch;
        }
    }

    /// The text before the first part is not wanted.
    pub(super) fn end_preamble(&mut self, shared: &mut Shared) {
        let state = State::Content(Content::Skipped);
        if let State::Content(Content::Leaf(leaf)) = std::mem::replace(&mut self.state, state)
            && let Sink::Blob(writer) = leaf.to
        {
            if writer.size() > MUCH {
                shared.note(leaf.part, Problem::PreambleContent);
            }
            writer.discard(&mut shared.spool);
            if let Some((_, writer)) = leaf.other {
                writer.discard(&mut shared.spool);
            }
        }
    }

    /// The open content ends.
    pub(super) fn end_content(&mut self, shared: &mut Shared) {
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
        let is_message = matches!(leaf.to, Sink::Message { .. });
        leaf.decoder.finish(&mut rest, &mut |problem| {
            shared.note(id, problem);
            // A message does not look like base64: some programs do not decode it then.
            if is_message && problem == Problem::Base64Junk {
                shared.note(id, Problem::EncodedMessageJunk);
            }
        });
        leaf.to.write(shared, &rest);
        if let Some((mut decoder, mut writer)) = leaf.other {
            rest.clear();
            decoder.finish(&mut rest, &mut |_| ());
            writer.write(&mut shared.spool, &rest);
            let blob = writer.finish(&shared.spool);
            if let Some(part) = shared.parts.get_mut(id) {
                part.others.push(blob);
            }
        }
        let blob = match leaf.to {
            Sink::Blob(writer) => writer.finish(&shared.spool),
            Sink::Message {
                mut scanner,
                size,
                hash,
                file,
            } => {
                scanner.end(shared);
                match file {
                    Some(writer) => writer.finish(&shared.spool),
                    None => Blob::apart(size, hash.finalize().into()),
                }
            }
        };
        shared.add_readings(id, &blob, leaf.decoder.junk());
        shared.finish_leaf(id, blob, leaf.tentative);
    }
}

impl Sink {
    pub(super) fn write(&mut self, shared: &mut Shared, bytes: &[u8]) {
        match self {
            Self::Blob(writer) => writer.write(&mut shared.spool, bytes),
            Self::Message {
                scanner,
                size,
                hash,
                file,
            } => {
                *size += bytes.len() as u64;
                hash.update(bytes);
                if let Some(file) = file {
                    file.write(&mut shared.spool, bytes);
                }
                scanner.feed(shared, bytes);
            }
        }
    }
}

impl Shared {
    /// Of a file in which escapes mean nothing, what is left of it without them. In a text they are
    /// letters.
    fn add_readings(&mut self, id: usize, blob: &Blob, junk: &[Junk]) {
        let Some(part) = self.parts.get_mut(id) else {
            return;
        };
        let text = part.media_type.starts_with("text/") && part.names.all.is_empty();
        if !junk.is_empty() && !text {
            let readings = lenient::readings(blob, junk, &mut self.spool);
            part.others.extend(readings);
        }
    }

    fn finish_leaf(&mut self, id: usize, blob: Blob, tentative: Option<Option<String>>) {
        let Some(part) = self.parts.get_mut(id) else {
            return;
        };
        if let Some(leaf_type) = tentative {
            // A multipart in which no delimiter came: what programs make of it differs, so what
            // stands there must be seen.
            part.kind = PartKind::Leaf;
            note(&mut part.problems, Problem::MissingParts);
            if let Some(leaf_type) = leaf_type {
                part.media_type = leaf_type;
            }
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
        if part.media_type == "text/plain" && inline_files::are_in(&blob) {
            // Some programs show them as attachments.
            self.not_scanned.push(Unscanned {
                part: part.number.clone(),
                why: Why::Unsupported,
            });
        }
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
        let limit = self.limits.html_bytes;
        let size = part.blob.as_ref().map_or(0, |blob| blob.size);
        if size > limit as u64 {
            let number = part.number.clone();
            return self.over(&number, "html_bytes", limit, size);
        }
        let html = part
            .blob
            .as_ref()
            .and_then(|blob| blob.read_all(limit as u64).ok().flatten());
        let cids = &mut self.html_cids;
        if let Some(html) = html {
            cids::find(&html, |cid| {
                cids.insert((message, cid));
            });
        }
    }
}

/// Bytes that are decoded at once.
const PIECE: usize = 32 << 10;
/// Text before and after the parts that is worth a note.
const MUCH: u64 = 1000;
/// Bytes of part headers of one message that are kept before less is kept of each.
const ALL_PART_HEADERS: usize = 8 << 20;
