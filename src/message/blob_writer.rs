//! Decoded bytes of one part on their way into the spool: counted, hashed, kept.

use std::io;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{
    Blob, Data, Spool, Why,
    spool::{MessageSpool, SCRATCH_MEMORY},
};

/// Where members of containers wait while they are looked at: in memory as long as they are small,
/// in an own unlinked file of the [`Spool`] beyond that.
///
/// Members are opened depth first, so the last one that was written is the first to go, and
/// [`Scratch::release`] gives its room back.
#[derive(Debug)]
pub struct Scratch {
    spool: MessageSpool,
}

/// One member on its way into a [`Scratch`].
pub struct ScratchWriter(BlobWriter);

impl Spool {
    /// An empty scratch.
    pub fn scratch(&self) -> Scratch {
        let mut spool = self.message();
        spool.memory = SCRATCH_MEMORY;
        Scratch { spool }
    }
}

impl Scratch {
    /// A new member.
    pub fn writer(&self) -> ScratchWriter {
        ScratchWriter(self.spool.writer())
    }

    /// Takes bytes of a member. One member is written at a time.
    pub fn write(&mut self, member: &mut ScratchWriter, bytes: &[u8]) {
        member.0.write(&mut self.spool, bytes);
    }

    /// The member is whole.
    pub fn finish(&self, member: ScratchWriter) -> Blob {
        member.0.finish(&self.spool)
    }

    /// The member is not wanted any more; nothing that was written behind it may still be in use.
    pub fn release(&mut self, blob: &Blob) {
        match &blob.data {
            Data::Memory(bytes) => {
                self.spool.memory = (self.spool.memory + bytes.len()).min(SCRATCH_MEMORY);
            }
            Data::Spooled(range) => {
                self.spool.give_back(range);
                self.spool.ends += blob.head.len() + blob.tail.len();
            }
            Data::Apart | Data::NotKept(_) => {}
        }
    }
}

impl ScratchWriter {
    /// Bytes written so far.
    pub fn size(&self) -> u64 {
        self.0.size()
    }
}

impl std::fmt::Debug for ScratchWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ScratchWriter").field(&self.size()).finish()
    }
}

/// Takes the decoded bytes of one part.
pub(super) struct BlobWriter {
    size: u64,
    hash: Sha256,
    place: Place,
}

enum Place {
    Memory(Vec<u8>),
    File {
        start: u64,
        head: Vec<u8>,
        tail: Vec<u8>,
        keep: Keep,
    },
    Dropped {
        why: Why,
        head: Vec<u8>,
        tail: Vec<u8>,
        keep: Keep,
    },
}

#[derive(Clone, Copy)]
struct Keep {
    head: usize,
    tail: usize,
}

impl BlobWriter {
    pub(super) fn write(&mut self, spool: &mut MessageSpool, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.size += bytes.len() as u64;
        self.hash.update(bytes);
        if let Place::Memory(kept) = &mut self.place {
            if bytes.len() <= spool.memory {
                spool.memory -= bytes.len();
                kept.extend_from_slice(bytes);
                return;
            }
            let kept = std::mem::take(kept);
            self.leave_memory(spool, kept);
        }
        self.append(spool, bytes);
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn finish(self, spool: &MessageSpool) -> Blob {
        let sha256 = self.hash.finalize().into();
        let size = self.size;
        match self.place {
            Place::Memory(kept) => {
                let all = Bytes::from(kept);
                Blob {
                    size,
                    sha256,
                    head: all.slice(..all.len().min(HEAD)),
                    tail: all.slice(all.len().saturating_sub(TAIL)..),
                    data: Data::Memory(all),
                }
            }
            Place::File {
                start,
                head,
                tail,
                keep,
            } => Blob {
                size,
                sha256,
                head: head.into(),
                tail: last(tail, keep.tail),
                data: spool.range(start, size),
            },
            Place::Dropped {
                why,
                head,
                tail,
                keep,
            } => Blob {
                size,
                sha256,
                head: head.into(),
                tail: last(tail, keep.tail),
                data: Data::NotKept(why),
            },
        }
    }

    /// Gives the memory or the end of the file back: the content is not wanted after all.
    pub(super) fn discard(self, spool: &mut MessageSpool) {
        if let Place::Memory(kept) = self.place {
            spool.memory += kept.len();
        }
    }

    /// What was kept in memory goes to the file, and its memory is free for later bodies.
    fn leave_memory(&mut self, spool: &mut MessageSpool, kept: Vec<u8>) {
        spool.memory += kept.len();
        let keep = spool.keep();
        let start = spool.end;
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        ends(&mut head, &mut tail, keep, &kept);
        self.place = match if kept.is_empty() {
            Ok(())
        } else {
            spool.append(&kept)
        } {
            Ok(()) => Place::File {
                start,
                head,
                tail,
                keep,
            },
            Err(why) => Place::Dropped {
                why,
                head,
                tail,
                keep,
            },
        };
    }

    fn append(&mut self, spool: &mut MessageSpool, bytes: &[u8]) {
        match &mut self.place {
            Place::Memory(_) => {}
            Place::File {
                head, tail, keep, ..
            } => {
                let keep = *keep;
                ends(head, tail, keep, bytes);
                if let Err(why) = spool.append(bytes) {
                    let (head, tail) = (std::mem::take(head), std::mem::take(tail));
                    self.place = Place::Dropped {
                        why,
                        head,
                        tail,
                        keep,
                    };
                }
            }
            Place::Dropped {
                head, tail, keep, ..
            } => ends(head, tail, *keep, bytes),
        }
    }
}

impl MessageSpool {
    pub(super) fn writer(&self) -> BlobWriter {
        BlobWriter {
            size: 0,
            hash: Sha256::new(),
            place: Place::Memory(Vec::new()),
        }
    }

    fn keep(&mut self) -> Keep {
        let keep = if self.ends >= HEAD + TAIL {
            Keep {
                head: HEAD,
                tail: TAIL,
            }
        } else {
            Keep {
                head: 256,
                tail: 64,
            }
        };
        self.ends = self.ends.saturating_sub(keep.head + keep.tail);
        keep
    }
}

impl Blob {
    /// A file that lies in memory.
    pub fn in_memory(bytes: Bytes) -> Self {
        Self {
            size: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
            head: bytes.slice(..bytes.len().min(HEAD)),
            tail: bytes.slice(bytes.len().saturating_sub(TAIL)..),
            data: Data::Memory(bytes),
        }
    }

    /// A piece of this file as a file of its own, which shares its bytes; none where the piece does
    /// not lie in it or its bytes were not kept.
    ///
    /// # Errors
    /// When the spool file cannot be read.
    pub fn piece(&self, start: u64, len: u64) -> io::Result<Option<Self>> {
        if start.checked_add(len).is_none_or(|end| end > self.size) {
            return Ok(None);
        }
        let data = match &self.data {
            Data::Apart | Data::NotKept(_) => return Ok(None),
            Data::Memory(bytes) => {
                // Inside the bytes, so inside what a usize can count.
                let start = usize::try_from(start).unwrap_or(usize::MAX);
                let end = start.saturating_add(usize::try_from(len).unwrap_or(usize::MAX));
                return Ok((end <= bytes.len()).then(|| Self::in_memory(bytes.slice(start..end))));
            }
            Data::Spooled(range) => range.piece(start, len),
        };
        let piece = Self {
            size: len,
            data: Data::Spooled(data),
            ..Self::apart(len, [0; 32])
        };
        let (mut hash, mut at) = (Sha256::new(), 0);
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        while at < len {
            let step = (len - at).min(PIECE);
            let Some(bytes) = piece.read_at(at, usize::try_from(step).unwrap_or(0))? else {
                return Ok(None);
            };
            hash.update(&bytes);
            ends(
                &mut head,
                &mut tail,
                Keep {
                    head: HEAD,
                    tail: TAIL,
                },
                &bytes,
            );
            at += step;
        }
        Ok(Some(Self {
            sha256: hash.finalize().into(),
            head: head.into(),
            tail: last(tail, TAIL),
            ..piece
        }))
    }
}

/// Follows the first and last bytes of what goes by.
fn ends(head: &mut Vec<u8>, tail: &mut Vec<u8>, keep: Keep, bytes: &[u8]) {
    let missing = keep.head.saturating_sub(head.len()).min(bytes.len());
    head.extend_from_slice(&bytes[..missing]);
    if bytes.len() >= keep.tail {
        tail.clear();
        tail.extend_from_slice(&bytes[bytes.len() - keep.tail..]);
        return;
    }
    if tail.len() + bytes.len() > 2 * keep.tail {
        tail.drain(..tail.len() - keep.tail);
    }
    tail.extend_from_slice(bytes);
}

fn last(mut tail: Vec<u8>, keep: usize) -> Bytes {
    tail.drain(..tail.len().saturating_sub(keep));
    tail.into()
}

/// First bytes that are kept of each body.
const HEAD: usize = 4 << 10;
/// Last bytes that are kept of each body.
const TAIL: usize = 1 << 10;
/// Bytes of a piece that are read at once.
const PIECE: u64 = 64 << 10;
