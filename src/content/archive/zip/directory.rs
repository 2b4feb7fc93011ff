//! The central directory: where it is, and what it lists.
//!
//! Programs find it in different ways. Some count back from the end record by the directory's size
//! (Info-ZIP, CPython), some believe its offset (7-Zip first), some take the last end record and some
//! the one whose comment fills the file. All the places that may be meant are read; the first that
//! holds a directory is what most programs show, and what only another one lists is hidden.

use memchr::memmem;

use super::record::{CENTRAL, CENTRAL_LEN, Header, LOCAL, LOCAL_LEN, u16_at, u32_at, u64_at};
use crate::{
    content::{
        budget::{Held, Spending},
        source::Source,
    },
    facts::NotOpened,
};

/// What the central directories of a file list.
#[derive(Debug, Default)]
pub(super) struct Directory {
    pub(super) entries: Vec<Entry>,
    /// Pieces of the file that directories and end records take: start and end.
    pub(super) taken: Vec<(u64, u64)>,
    /// Whether an end record was found.
    pub(super) ends: bool,
    /// Where the archive begins: what its offsets are counted from.
    pub(super) base: u64,
    /// Whether an end record speaks of several disks.
    pub(super) volume: bool,
    /// Whether the directory breaks off, or is not where an end record says.
    pub(super) damaged: bool,
    /// Whether the directory itself is encrypted (7.3).
    pub(super) encrypted: bool,
    /// Memory that the entries take.
    _held: Option<Held>,
}

/// One member that a directory lists.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) header: Header,
    /// Where its local header stands in the file: none where there is none.
    pub(super) at: Option<u64>,
    /// Whether only some programs see it.
    pub(super) hidden: bool,
}

/// An end record (4.3.16), with what Zip64 adds to it.
struct End {
    at: u64,
    /// Behind its comment.
    until: u64,
    disk: u32,
    entries: u64,
    /// Where the directory may stand, and where offsets are then counted from; the likeliest first.
    places: Vec<(u64, u64)>,
    encrypted: bool,
}

impl Directory {
    /// Reads the directories of a file. None of them is no error: there may be local headers.
    ///
    /// # Errors
    /// When the budget ends, or the names do not fit its memory.
    pub(super) fn read(source: &Source, spending: &mut Spending) -> Result<Self, NotOpened> {
        let mut found = Self::default();
        let ends = ends(source);
        // A directory lies in the file, and its entries in memory are not much larger.
        let size = ends.iter().flat_map(|end| {
            let starts = end.places.iter().map(|(start, _)| *start);
            starts.map(|start| end.at.saturating_sub(start))
        });
        let size = size.max().unwrap_or(0).min(source.len());
        found._held = Some(spending.hold(size.saturating_mul(2))?);
        let most = usize::try_from(spending.limits.members.saturating_add(1)).unwrap_or(usize::MAX);
        let mut read: Vec<u64> = Vec::new();
        let mut members: Option<Vec<(u64, u64)>> = None;
        for end in &ends {
            // An archive that lies in this one as it is has an end record of its own.
            if !read.is_empty() {
                let members = members.get_or_insert_with(|| found.members(source));
                let before = members.partition_point(|(start, _)| *start <= end.at);
                let within = before.checked_sub(1).and_then(|index| members.get(index));
                if within.is_some_and(|(_, until)| end.at < *until) {
                    continue;
                }
            }
            found.ends = true;
            found.volume |= end.disk > 0;
            found.encrypted |= end.encrypted;
            found.taken.push((end.at, end.until));
            for (start, base) in &end.places {
                spending.check()?;
                if !read.contains(start) {
                    found.entries(source, end, *start, *base, most, read.is_empty());
                    read.push(*start);
                }
            }
            if end.places.is_empty() && end.entries > 0 && read.is_empty() {
                found.damaged = true;
            }
        }
        Ok(found)
    }

    /// Whether members lie over each other or over a directory, as in bombs that use the same data
    /// many times.
    pub(super) fn overlaps(&self) -> bool {
        let piece = |entry: &Entry| {
            let header = &entry.header;
            // The local header's extra fields are left out: their size stands only there.
            let len = (LOCAL_LEN + header.name.len()) as u64;
            let at = entry.at?;
            Some((at, at.saturating_add(len).saturating_add(header.packed)))
        };
        let mut pieces: Vec<_> = self.entries.iter().filter_map(piece).collect();
        pieces.extend_from_slice(&self.taken);
        pieces.sort_unstable();
        pieces.windows(2).any(|two| match two {
            [(_, end), (start, _)] => start < end,
            _ => false,
        })
    }

    /// Where the members that are listed lie, in order.
    fn members(&self, source: &Source) -> Vec<(u64, u64)> {
        let piece = |entry: &Entry| {
            let at = entry.at?;
            let data = at.checked_add(Header::local(source, at)?.len)?;
            Some((at, data.checked_add(entry.header.packed)?))
        };
        let mut found: Vec<_> = self.entries.iter().filter_map(piece).collect();
        found.sort_unstable();
        found
    }

    /// Reads one directory. What the first one lists too is not listed again.
    fn entries(
        &mut self,
        source: &Source,
        end: &End,
        start: u64,
        base: u64,
        most: usize,
        first: bool,
    ) {
        let before = self.entries.len();
        let mut reader = Window::new(source, start);
        let mut listed = 0_u64;
        while self.entries.len() < most {
            let Some(header) = reader.central() else {
                break;
            };
            reader.at = reader.at.saturating_add(header.len);
            listed += 1;
            let local = |at: Option<u64>| {
                at.filter(|at| source.bytes(*at, 4).is_some_and(|found| found == LOCAL))
            };
            let at = local(base.checked_add(header.offset)).or_else(|| local(Some(header.offset)));
            let known = |entry: &Entry| entry.at == at && entry.header.name == header.name;
            let again = !first && self.entries.iter().take(before).take(KNOWN).any(known);
            if !again {
                self.entries.push(Entry {
                    header,
                    at,
                    hidden: !first || listed > end.entries,
                });
            }
        }
        self.taken.push((start, reader.at));
        // The count of more than 65,535 members is often only its lower half.
        if listed % 0x1_0000 == end.entries % 0x1_0000 {
            for entry in self.entries.iter_mut().skip(before) {
                entry.hidden = !first;
            }
        } else if listed < end.entries && self.entries.len() < most && first {
            self.damaged = true;
        }
        if first {
            self.base = base;
        }
    }
}

/// Reads entries of a directory, a window at a time.
struct Window<'s> {
    source: &'s Source,
    at: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl<'s> Window<'s> {
    fn new(source: &'s Source, at: u64) -> Self {
        Self {
            source,
            at,
            start: at,
            bytes: Vec::new(),
        }
    }

    fn central(&mut self) -> Option<Header> {
        let fixed = self.get(CENTRAL_LEN)?;
        let len = Header::central_len(fixed)?;
        Header::central(self.get(len)?)
    }

    fn get(&mut self, len: usize) -> Option<&[u8]> {
        let skip = usize::try_from(self.at.checked_sub(self.start)?).ok()?;
        if self.bytes.len() < skip.checked_add(len)? {
            self.bytes = self.source.up_to(self.at, len.max(WINDOW));
            self.start = self.at;
            return self.bytes.get(..len);
        }
        self.bytes.get(skip..skip + len)
    }
}

/// The end records of a file: the last one that points to a directory first, then others near the
/// end, which some programs take. Where there is none near the end, those of the whole file.
fn ends(source: &Source) -> Vec<End> {
    let near = source.len().saturating_sub(NEAR);
    let tail = source.up_to(near, NEAR as usize);
    let mut found = Vec::new();
    for at in memmem::rfind_iter(&tail, END).take(ENDS) {
        found.extend(end(source, near + at as u64));
    }
    if found.is_empty() {
        let mut from = 0;
        for _ in 0..FAR_ENDS {
            let Some(at) = find(source, from, near, END) else {
                break;
            };
            found.extend(end(source, at).filter(|end| !end.places.is_empty()));
            from = at + 1;
        }
        found.reverse();
        found.truncate(ENDS);
    }
    // An end record without a directory is noise beside one that has it.
    if found.iter().any(|end| !end.places.is_empty()) {
        found.retain(|end| !end.places.is_empty());
    }
    found
}

/// Where a sign stands first between two places of a file.
pub(super) fn find(source: &Source, from: u64, until: u64, sign: &[u8]) -> Option<u64> {
    let overlap = sign.len().saturating_sub(1) as u64;
    let (mut at, mut window) = (from, FIRST_SCAN);
    while at < until {
        let rest = usize::try_from(until - at).unwrap_or(usize::MAX);
        let bytes = source.up_to(at, rest.min(window));
        if let Some(hit) = memmem::find(&bytes, sign) {
            return Some(at + hit as u64);
        }
        let len = bytes.len() as u64;
        if len <= overlap || at + len >= until {
            return None;
        }
        at += len - overlap;
        window = (window * 4).min(SCAN);
    }
    None
}

fn end(source: &Source, at: u64) -> Option<End> {
    let record = source.bytes(at, END_LEN)?;
    let comment = u64::from(u16_at(&record, 20)?);
    let (size, offset) = (
        u64::from(u32_at(&record, 12)?),
        u64::from(u32_at(&record, 16)?),
    );
    let mut found = End {
        at,
        until: (at + END_LEN as u64 + comment).min(source.len()),
        disk: u32::from(u16_at(&record, 4)?),
        entries: u64::from(u16_at(&record, 10)?),
        places: Vec::new(),
        encrypted: false,
    };
    let mut wanted = Vec::new();
    if let Some((wide_at, wide)) = zip64_end(source, at) {
        // The version 2 record tells of an encrypted directory (7.3.4).
        found.encrypted = u64_at(&wide, 4).is_some_and(|len| len > 44 + 8)
            && u16_at(&wide, 14).is_some_and(|needed| needed >= 62)
            && u16_at(&wide, 12).is_some();
        let (entries, size, offset) = (u64_at(&wide, 32)?, u64_at(&wide, 40)?, u64_at(&wide, 48)?);
        found.entries = entries;
        found.disk = u32_at(&wide, 16).unwrap_or(0);
        wanted.push((wide_at.checked_sub(size), offset));
        wanted.push((Some(offset), offset));
    } else if found.disk == u32::from(u16::MAX) {
        found.disk = 0;
    }
    wanted.push((at.checked_sub(size), offset));
    wanted.push((Some(offset), offset));
    for (start, offset) in wanted {
        let Some(start) = start.filter(|start| *start < at) else {
            continue;
        };
        let there = source.bytes(start, 4).is_some_and(|sign| sign == CENTRAL);
        if there && !found.places.iter().any(|(known, _)| *known == start) {
            // Before the archive's own beginning there is nothing to count from.
            found.places.push((start, start.saturating_sub(offset)));
        }
    }
    Some(found)
}

/// The Zip64 end record (4.3.14) of the locator (4.3.15) before an end record.
fn zip64_end(source: &Source, end: u64) -> Option<(u64, Vec<u8>)> {
    let locator_at = end.checked_sub(20)?;
    let locator = source.bytes(locator_at, 20)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return None;
    }
    let declared = u64_at(&locator, 8)?;
    // Most often right before the locator, also where something stands before the archive.
    for at in [Some(declared), locator_at.checked_sub(ZIP64_LEN as u64)] {
        let record = at.and_then(|at| Some((at, source.bytes(at, ZIP64_LEN)?)));
        if let Some((at, record)) = record
            && record.starts_with(b"PK\x06\x06")
        {
            return Some((at, record));
        }
    }
    None
}

const END: &[u8] = b"PK\x05\x06";
const END_LEN: usize = 22;
const ZIP64_LEN: usize = 56;
/// Where end records are sought first: a comment of 64 KiB, and as much behind it.
const NEAR: u64 = 128 << 10;
/// How many end records are looked at, and how many entries of the first directory are compared
/// with a further one's.
const ENDS: usize = 8;
const KNOWN: usize = 512;
/// How many end records far from the end are looked at.
const FAR_ENDS: usize = 256;
/// Bytes that are read at once: of a directory, of a file that is searched.
const WINDOW: usize = 64 << 10;
const FIRST_SCAN: usize = 4 << 10;
const SCAN: usize = 1 << 20;
