//! ZIP archives (APPNOTE.TXT 6.3.10), and everything that is one inside: JAR, APK, OOXML, ODF.
//!
//! Own code, because what a library hides is what attackers use: members that only a scan of local
//! headers finds, two places of the archive that contradict each other, several directories. Programs
//! differ in what they show of such archives; all of it is handed on, and signed.
//!
//! `record.rs` reads headers, `directory.rs` finds the central directory, `walk.rs` compares and hands
//! on, `member.rs` says what a member is called, `methods.rs` and `implode.rs` unpack, `crypto.rs`
//! decrypts.

mod crypto;
mod directory;
mod implode;
mod member;
mod methods;
mod record;
#[cfg(test)]
mod tests;
mod walk;

use std::io::Read;

use crate::{
    content::{budget::Spending, member_name, opener::Inside, source::Source},
    facts::{Kind, NotOpened},
};
use directory::{Directory, Entry};
use methods::Content;
use record::Header;
use walk::Walk;

/// Opens a ZIP archive.
pub(in crate::content) fn zip(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    Walk::new(inside, source, None).run()
}

/// Opens a document that is a ZIP archive: `review` says which members need not become files of the
/// message.
///
/// # Errors
/// As a reader's.
pub(in crate::content) fn document(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    review: &mut dyn Review,
) -> Result<(), NotOpened> {
    Walk::new(inside, source, Some(review)).run()
}

/// Reads along while a document is opened.
pub(in crate::content) trait Review {
    /// A member comes: how it is treated.
    fn member(&mut self, path: &str) -> Treat;

    /// A piece of the content of the member that came last, treated as [`Treat::Look`].
    fn content(&mut self, bytes: &[u8]);

    /// Its content has ended, and is of these kinds: whether it is a part of the document that need
    /// not be a file of its own.
    fn is_harmless(&mut self, kinds: &[&'static Kind], size: u64) -> bool;
}

/// How a member of a document is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::content) enum Treat {
    /// It is a file of its own.
    HandOn,
    /// Its content is shown first.
    Look,
    /// The document says that it is encrypted so.
    Encrypted(&'static str),
}

/// What came out of a member.
#[derive(Debug)]
pub(in crate::content) struct Member {
    pub(in crate::content) bytes: Vec<u8>,
    /// Whether that is all of it: it was not too large, and not damaged.
    pub(in crate::content) whole: bool,
}

/// The members of an archive, to be read by name: as most programs see it, hidden ones left out.
#[derive(Debug)]
pub(in crate::content) struct Archive {
    source: Source,
    directory: Directory,
}

impl Archive {
    /// Reads the central directory.
    ///
    /// # Errors
    /// When there is none, or the budget ends.
    pub(in crate::content) fn of(
        source: &Source,
        spending: &mut Spending,
    ) -> Result<Self, NotOpened> {
        let directory = Directory::read(source, spending)?;
        if !directory.ends {
            return Err(NotOpened::Damaged);
        }
        Ok(Self {
            source: source.clone(),
            directory,
        })
    }

    /// Paths of its members, in the order of the directory.
    pub(in crate::content) fn members(&self) -> impl Iterator<Item = String> {
        self.entries().filter_map(|entry| path(&entry.header))
    }

    /// Reads a member, up to `limit` bytes (like Office, letters of both cases are the same); none where there is none, where it is larger, encrypted
    /// or cannot be unpacked.
    ///
    /// # Errors
    /// When the budget ends.
    pub(in crate::content) fn read(
        &self,
        wanted: &str,
        limit: usize,
        spending: &mut Spending,
    ) -> Result<Option<Vec<u8>>, NotOpened> {
        let part = self.read_some(wanted, limit, spending)?;
        Ok(part.filter(|part| part.whole).map(|part| part.bytes))
    }

    /// Reads a member as far as it can be unpacked, up to `limit` bytes; none where there is none,
    /// or where it is encrypted or packed in an unknown way.
    ///
    /// # Errors
    /// When the budget ends.
    pub(in crate::content) fn read_some(
        &self,
        wanted: &str,
        limit: usize,
        spending: &mut Spending,
    ) -> Result<Option<Member>, NotOpened> {
        let Some((header, data)) = self.find(wanted).and_then(|entry| self.data(entry)) else {
            return Ok(None);
        };
        let _held = spending.hold(header.size.min(limit as u64))?;
        let Ok(mut content) = Content::new(data.cursor(), header, None, spending) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        let whole = loop {
            match content.read(&mut buffer) {
                Ok(0) => break true,
                Ok(got) if bytes.len() + got <= limit => {
                    spending.take_bytes(got as u64)?;
                    bytes.extend_from_slice(buffer.get(..got).unwrap_or_default());
                }
                _ => break false,
            }
        };
        Ok(Some(Member { bytes, whole }))
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.directory.entries.iter().filter(|entry| !entry.hidden)
    }

    fn find(&self, wanted: &str) -> Option<&Entry> {
        let as_written = |entry: &&Entry| {
            let name = entry.header.name.as_slice();
            name.eq_ignore_ascii_case(wanted.as_bytes())
        };
        // Names are read in other ways only where the plain one fails: that costs memory for each.
        self.entries().find(as_written).or_else(|| {
            self.entries().find(|entry| {
                path(&entry.header).is_some_and(|path| path.eq_ignore_ascii_case(wanted))
            })
        })
    }

    fn data<'e>(&self, entry: &'e Entry) -> Option<(&'e Header, Source)> {
        let header = &entry.header;
        let local = Header::local(&self.source, entry.at?)?;
        let start = entry.at?.checked_add(local.len)?;
        (!header.is_encrypted()).then(|| (header, self.source.piece(start, header.packed)))
    }
}

fn path(header: &Header) -> Option<String> {
    let names = member_name::readings(&header.name, header.is_utf8());
    let path = header.unicode.clone().or_else(|| names.into_iter().next());
    Some(path?.replace('\\', "/"))
}
