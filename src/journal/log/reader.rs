//! Reads the log in order, from its oldest segment to what is synced.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use super::{
    Synced, path,
    segment::{Found, HEAD, MAX_PAYLOAD, read},
    segments,
};

/// One record of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number.
    pub sequence: u64,
    /// The event, JSON.
    pub payload: Vec<u8>,
}

/// What was read at once.
#[derive(Debug, Default)]
pub struct Batch {
    /// In order.
    pub records: Vec<Record>,
    /// Bytes that were no records: damage on the disk.
    pub damaged: u64,
    /// Bytes of the log that were read for it.
    pub bytes: u64,
}

/// How much is read at once, in bytes; more where one record is longer.
const CHUNK: usize = 1 << 20;

/// A place in the log.
#[derive(Debug)]
pub struct Reader {
    folder: PathBuf,
    /// Records up to this one are left out.
    after: u64,
    /// The segment under way and how far it was read.
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    segment: u64,
    file: File,
    offset: u64,
}

impl Reader {
    pub(super) fn new(folder: &Path, after: u64) -> Self {
        Self {
            folder: folder.to_owned(),
            after,
            open: None,
        }
    }

    /// The next records, at most `most` of them, up to what is synced. None are left to read where
    /// the batch holds no record.
    ///
    /// # Errors
    /// A segment cannot be read.
    pub fn next(&mut self, synced: Synced, most: usize) -> io::Result<Batch> {
        let mut batch = Batch::default();
        loop {
            let Some(open) = &mut self.open else {
                match self.open_segment(0)? {
                    Some(open) => self.open = Some(open),
                    None => return Ok(batch),
                }
                continue;
            };
            let end = match open.segment < synced.segment {
                true => open.file.metadata()?.len(),
                false if open.segment == synced.segment => synced.end,
                false => 0,
            };
            if open.offset < end {
                open.read(end, self.after, most, &mut batch)?;
                if let Some(last) = batch.records.last() {
                    self.after = self.after.max(last.sequence);
                }
                if batch.records.len() >= most {
                    return Ok(batch);
                }
                continue;
            }
            let segment = open.segment;
            if segment >= synced.segment {
                return Ok(batch);
            }
            match self.open_segment(segment.saturating_add(1))? {
                Some(open) => self.open = Some(open),
                None => return Ok(batch),
            }
            // So that segments are released one by one.
            if !batch.records.is_empty() {
                return Ok(batch);
            }
        }
    }

    /// The first segment from this number on.
    fn open_segment(&self, from: u64) -> io::Result<Option<Open>> {
        let segments = segments(&self.folder)?;
        let Some(&segment) = segments.iter().find(|segment| **segment >= from) else {
            return Ok(None);
        };
        Ok(Some(Open {
            segment,
            file: File::open(path(&self.folder, segment))?,
            offset: 0,
        }))
    }
}

impl Open {
    /// Reads one chunk and takes the records out of it.
    fn read(&mut self, end: u64, after: u64, most: usize, batch: &mut Batch) -> io::Result<()> {
        let mut length = CHUNK;
        loop {
            let left = usize::try_from(end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
            let mut bytes = vec![0; length.min(left)];
            self.file.read_exact_at(&mut bytes, self.offset)?;
            let whole = bytes.len() == left;
            let taken = take(&bytes, whole, after, most, batch);
            self.offset = self.offset.saturating_add(taken as u64);
            batch.bytes = batch.bytes.saturating_add(taken as u64);
            if taken > 0 || batch.records.len() >= most {
                return Ok(());
            }
            // One record is longer than the chunk.
            length = HEAD + MAX_PAYLOAD;
        }
    }
}

/// Takes records off the beginning of some bytes; gives how many bytes were used. `whole`: behind
/// these bytes comes nothing any more.
fn take(bytes: &[u8], whole: bool, after: u64, most: usize, batch: &mut Batch) -> usize {
    let mut at = 0;
    while batch.records.len() < most {
        let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) else {
            break;
        };
        match read(rest) {
            Found::Record {
                sequence,
                payload,
                bytes,
            } => {
                at += bytes;
                let last = batch.records.last().map_or(after, |last| last.sequence);
                if sequence > last {
                    batch.records.push(Record {
                        sequence,
                        payload: payload.to_vec(),
                    });
                }
            }
            Found::Short if !whole && rest.len() < HEAD + MAX_PAYLOAD => break,
            // Torn, or its length is damaged: the next mark is behind it.
            Found::Short => {
                let behind = rest.get(1..).unwrap_or_default();
                let skip = memchr::memmem::find(behind, super::segment::MARK)
                    .map_or(rest.len(), |next| next + 1);
                batch.damaged += skip as u64;
                at += skip;
            }
            Found::Damage(skip) => {
                let skip = skip.max(1);
                // Behind the last chunk no mark can be completed.
                let skip = if whole && rest.len() <= 3 {
                    rest.len()
                } else {
                    skip
                };
                batch.damaged += skip as u64;
                at += skip;
            }
        }
    }
    at
}
