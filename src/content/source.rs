//! The bytes of one file, for those who read formats: any place of it, wherever it lies.

use std::{
    io::{self, BufRead, Read, Seek, SeekFrom},
    sync::Arc,
};

use bytes::Bytes;

use crate::message::Blob;

/// A file, or a piece of one, to be read at any place. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Source {
    base: Base,
    start: u64,
    len: u64,
}

/// Where the bytes come from.
#[derive(Clone, Debug)]
enum Base {
    /// They lie there as they are.
    Blob(Blob),
    /// They are put together from pieces of another source: a virtual disk, a file in fragments.
    Mapped(Arc<Mapped>),
}

#[derive(Debug)]
struct Mapped {
    of: Source,
    /// In the order of the file, each with where it begins there.
    runs: Vec<(u64, Run)>,
    len: u64,
}

/// Bytes that lie together: `len` of them, at an offset; or zeros that lie nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub(super) len: u64,
    pub(super) at: Option<u64>,
}

impl Source {
    /// The whole file.
    pub(super) fn new(blob: Blob) -> Self {
        let len = blob.size;
        Self {
            base: Base::Blob(blob),
            start: 0,
            len,
        }
    }

    /// The file that these runs of this source make, one behind the other. Runs that lead behind the
    /// end are read as far as they go. Costs memory by the number of runs only.
    pub(super) fn mapped(&self, runs: impl IntoIterator<Item = Run>) -> Self {
        let mut joined: Vec<(u64, Run)> = Vec::new();
        let mut len = 0_u64;
        for run in runs.into_iter().filter(|run| run.len > 0) {
            match joined.last_mut() {
                Some((_, last)) if follows(last, &run) => {
                    last.len = last.len.saturating_add(run.len);
                }
                _ => joined.push((len, run)),
            }
            len = len.saturating_add(run.len);
        }
        if let [(0, Run { len, at: Some(at) })] = joined.as_slice()
            && at.checked_add(*len).is_some_and(|end| end <= self.len)
        {
            return self.piece(*at, *len);
        }
        let of = self.clone();
        let runs = joined;
        Self {
            base: Base::Mapped(Arc::new(Mapped { of, runs, len })),
            start: 0,
            len,
        }
    }

    /// Whether its bytes do not lie anywhere as they are.
    pub(super) fn is_mapped(&self) -> bool {
        matches!(self.base, Base::Mapped(_))
    }

    /// A file in memory, for tests.
    #[cfg(test)]
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self::new(Blob::in_memory(Bytes::copy_from_slice(bytes)))
    }

    /// Its size in bytes.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Exactly `len` bytes at an offset; none where they are not there or cannot be read. The caller
    /// bounds `len`: nothing is allocated beyond the end of the file.
    pub(super) fn bytes(&self, at: u64, len: usize) -> Option<Vec<u8>> {
        if at.checked_add(len as u64)? > self.len {
            return None;
        }
        let at = self.start.checked_add(at)?;
        match &self.base {
            Base::Blob(blob) => blob.read_at(at, len).ok()?,
            Base::Mapped(mapped) => Some(mapped.up_to(at, len)).filter(|found| found.len() == len),
        }
    }

    /// Up to `len` bytes at an offset: fewer at the end of the file, none behind it.
    pub(super) fn up_to(&self, at: u64, len: usize) -> Vec<u8> {
        let rest = self.len.saturating_sub(at);
        let len = usize::try_from(rest).map_or(len, |rest| rest.min(len));
        match &self.base {
            Base::Blob(_) => self.bytes(at, len).unwrap_or_default(),
            Base::Mapped(mapped) => mapped.up_to(self.start.saturating_add(at), len),
        }
    }

    /// All of it, where that is no more than `limit` bytes. Bytes that lie in memory are shared.
    pub(super) fn whole(&self, limit: u64) -> Option<Bytes> {
        if self.len > limit {
            return None;
        }
        if let Some(blob) = self.whole_blob() {
            return blob.read_all(limit).ok()?;
        }
        let len = usize::try_from(self.len).ok()?;
        self.bytes(0, len).map(Bytes::from)
    }

    /// A piece of it, cut at its end.
    pub(super) fn piece(&self, start: u64, len: u64) -> Self {
        let start = start.min(self.len);
        Self {
            base: self.base.clone(),
            start: self.start.saturating_add(start),
            len: len.min(self.len - start),
        }
    }

    /// As a file of its own (hashed, with its first and last bytes); none where it cannot be read,
    /// or lies in pieces ([`Source::is_mapped`]).
    pub(super) fn to_blob(&self) -> Option<Blob> {
        if let Some(blob) = self.whole_blob() {
            return Some(blob.clone());
        }
        match &self.base {
            Base::Blob(blob) => blob.piece(self.start, self.len).ok()?,
            Base::Mapped(_) => None,
        }
    }

    fn whole_blob(&self) -> Option<&Blob> {
        match &self.base {
            Base::Blob(blob) if self.start == 0 && self.len == blob.size => Some(blob),
            _ => None,
        }
    }

    /// Reads it from its beginning, buffered; can be moved to any place.
    pub(super) fn cursor(&self) -> Cursor {
        Cursor {
            source: self.clone(),
            at: 0,
            buffer: Vec::new(),
            read: 0,
        }
    }
}

impl Mapped {
    /// What is there of `len` bytes at an offset: it ends where a run leads to nothing.
    fn up_to(&self, mut at: u64, len: usize) -> Vec<u8> {
        let rest = self.len.saturating_sub(at);
        let len = usize::try_from(rest).map_or(len, |rest| rest.min(len));
        let mut found = Vec::with_capacity(len);
        while found.len() < len {
            let next = self.runs.partition_point(|(start, _)| *start <= at);
            let Some((start, run)) = next.checked_sub(1).and_then(|last| self.runs.get(last))
            else {
                break;
            };
            let inside = at.saturating_sub(*start);
            let missing = len.saturating_sub(found.len());
            let left = run.len.saturating_sub(inside);
            let take = usize::try_from(left).map_or(missing, |left| left.min(missing));
            if take == 0 {
                break;
            }
            match run.at {
                None => found.resize(found.len().saturating_add(take), 0),
                Some(place) => {
                    let bytes = self.of.up_to(place.saturating_add(inside), take);
                    found.extend_from_slice(&bytes);
                    if bytes.len() < take {
                        break;
                    }
                }
            }
            at = at.saturating_add(take as u64);
        }
        found
    }
}

/// Whether a run goes on where another ends.
fn follows(last: &Run, next: &Run) -> bool {
    match (last.at, next.at) {
        (None, None) => true,
        (Some(at), Some(next)) => at.checked_add(last.len) == Some(next),
        _ => false,
    }
}

/// Reads a [`Source`]: buffered, seekable.
#[derive(Debug)]
pub(super) struct Cursor {
    source: Source,
    /// Where the byte behind the buffer stands.
    at: u64,
    buffer: Vec<u8>,
    /// How much of the buffer was given out.
    read: usize,
}

impl Cursor {
    /// Where the next byte stands.
    pub(super) fn position(&self) -> u64 {
        let rest = self.buffer.len().saturating_sub(self.read);
        self.at.saturating_sub(rest as u64)
    }
}

impl Read for Cursor {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let got = available.len().min(into.len());
        for (to, from) in into.iter_mut().zip(available) {
            *to = *from;
        }
        self.consume(got);
        Ok(got)
    }
}

impl BufRead for Cursor {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read >= self.buffer.len() {
            self.buffer = self.source.up_to(self.at, BUFFER);
            self.read = 0;
            self.at = self.at.saturating_add(self.buffer.len() as u64);
            if self.buffer.is_empty() && self.at < self.source.len {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.buffer.get(self.read..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.read = self.read.saturating_add(amount).min(self.buffer.len());
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.source.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.position().checked_add_signed(by),
        };
        let at = at.ok_or(io::ErrorKind::InvalidInput)?;
        let begin = self.at.saturating_sub(self.buffer.len() as u64);
        match at.checked_sub(begin).map(usize::try_from) {
            // Inside the buffer: it stays.
            Some(Ok(read)) if read <= self.buffer.len() => self.read = read,
            _ => {
                self.buffer.clear();
                self.read = 0;
                self.at = at;
            }
        }
        Ok(at)
    }
}

/// Bytes that are read at once.
const BUFFER: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_what_stands_where_it_was_moved() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|at| (at % 251) as u8).collect();
        let source = Source::of(&bytes).piece(100, 150_000);
        let mut cursor = source.cursor();
        for at in [0_u64, 70_000, 10, 149_990, 149_999] {
            assert_eq!(cursor.seek(SeekFrom::Start(at)).unwrap(), at);
            let mut found = Vec::new();
            cursor.by_ref().take(20).read_to_end(&mut found).unwrap();
            let from = 100 + at as usize;
            let until = (from + 20).min(150_100);
            assert_eq!(found, &bytes[from..until]);
            assert_eq!(cursor.position(), at + found.len() as u64);
        }
        assert_eq!(source.bytes(149_999, 2), None);
        assert_eq!(source.up_to(149_999, 2), &bytes[150_099..150_100]);
        assert!(cursor.seek(SeekFrom::Current(-200_000)).is_err());
    }
    #[test]
    fn pieces_are_read_as_one_file() {
        let run = |len, at| Run { len, at };
        let source = Source::of(b"0123456789");
        let made = source.mapped([
            run(2, Some(8)),
            run(0, Some(1)),
            run(3, None),
            run(2, Some(0)),
            run(2, Some(2)),
        ]);
        assert_eq!(made.len(), 9);
        assert_eq!(made.bytes(0, 9).unwrap(), b"89\0\0\x000123");
        assert_eq!(made.bytes(1, 5).unwrap(), b"9\0\0\x000");
        assert_eq!(made.piece(4, 3).up_to(0, 9), b"\x0001");
        assert_eq!(made.bytes(4, 6), None);
        let again = made.mapped([run(4, Some(5)), run(2, Some(0))]);
        assert_eq!(again.up_to(1, 9), b"12389");
        assert!(again.is_mapped() && again.to_blob().is_none());
        // One run is a piece; one that leads behind the end is read as far as it goes.
        assert!(
            !source
                .mapped([run(4, Some(1)), run(2, Some(5))])
                .is_mapped()
        );
        let cut = source.mapped([run(4, Some(8))]);
        assert_eq!((cut.bytes(0, 4), cut.up_to(0, 4)), (None, b"89".to_vec()));
        let mut read = Vec::new();
        assert!(cut.cursor().read_to_end(&mut read).is_err());
        assert_eq!(read, b"89");
    }
}
