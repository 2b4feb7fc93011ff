//! The bytes of one file, for those who read formats: any place of it, wherever it lies.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

use bytes::Bytes;

use crate::message::Blob;

/// A file, or a piece of one, to be read at any place. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Source {
    blob: Blob,
    start: u64,
    len: u64,
}

impl Source {
    /// The whole file.
    pub(super) fn new(blob: Blob) -> Self {
        let len = blob.size;
        Self {
            blob,
            start: 0,
            len,
        }
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
        self.blob.read_at(self.start.checked_add(at)?, len).ok()?
    }

    /// Up to `len` bytes at an offset: fewer at the end of the file, none behind it.
    pub(super) fn up_to(&self, at: u64, len: usize) -> Vec<u8> {
        let rest = self.len.saturating_sub(at);
        let len = usize::try_from(rest).map_or(len, |rest| rest.min(len));
        self.bytes(at, len).unwrap_or_default()
    }

    /// All of it, where that is no more than `limit` bytes. Bytes that lie in memory are shared.
    pub(super) fn whole(&self, limit: u64) -> Option<Bytes> {
        if self.len > limit {
            return None;
        }
        if self.start == 0 && self.len == self.blob.size {
            return self.blob.read_all(limit).ok()?;
        }
        let len = usize::try_from(self.len).ok()?;
        self.bytes(0, len).map(Bytes::from)
    }

    /// A piece of it, cut at its end.
    pub(super) fn piece(&self, start: u64, len: u64) -> Self {
        let start = start.min(self.len);
        Self {
            blob: self.blob.clone(),
            start: self.start.saturating_add(start),
            len: len.min(self.len - start),
        }
    }

    /// As a file of its own (hashed, with its first and last bytes); none where it cannot be read.
    pub(super) fn to_blob(&self) -> Option<Blob> {
        if self.start == 0 && self.len == self.blob.size {
            return Some(self.blob.clone());
        }
        self.blob.piece(self.start, self.len).ok()?
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
}
