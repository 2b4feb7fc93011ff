//! Decoded bytes of one part on their way into the spool: counted, hashed, kept.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::{Blob, Data, Why, spool::MessageSpool};

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
