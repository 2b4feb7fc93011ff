//! OLE compound files ([MS-CFB]): what stands in one, and its streams, in bounded memory.
//!
//! An own reader, because every number in such a file may lie: chains may run in circles, streams may
//! share their sectors, a directory may name a million entries. What is kept is the allocation table
//! (1/128 of the file) and at most [`MOST_ENTRIES`] entries; streams are read as they are asked for.

use std::{
    io::{self, Read},
    rc::Rc,
};

use crate::{
    content::{
        budget::{Held, Spending},
        source::Source,
    },
    facts::NotOpened,
};

pub(in crate::content) use crate::content::bytes::{u16_at, u32_at};

/// A compound file, its directory read.
#[derive(Debug)]
pub(in crate::content) struct Compound {
    source: Source,
    /// A sector has `1 << shift` bytes.
    shift: u32,
    /// For each sector the next one of its chain.
    fat: Rc<[u32]>,
    /// For each mini sector the next one of its chain.
    mini_fat: Rc<[u32]>,
    /// The sectors of the stream that mini sectors lie in.
    mini: Rc<[u32]>,
    /// Streams smaller than this lie in mini sectors.
    cutoff: u64,
    entries: Vec<Entry>,
    _held: Held,
}

/// A storage or a stream.
#[derive(Clone, Debug)]
pub(in crate::content) struct Entry {
    /// Its name, as it stands there.
    pub(in crate::content) name: String,
    /// Whether it holds others.
    pub(in crate::content) storage: bool,
    /// The storage that it stands in: an index of [`Compound::entries`].
    pub(in crate::content) parent: Option<usize>,
    /// What wrote it, for storages.
    pub(in crate::content) clsid: [u8; 16],
    /// Bytes of the stream, as the directory says.
    pub(in crate::content) size: u64,
    /// Not in the tree: only a search of the whole directory finds it.
    pub(in crate::content) orphan: bool,
    start: u32,
    /// Behind the last entry that stands in it, at any depth.
    end: usize,
}

/// Reads a stream from its beginning. Fails where its chain ends before its declared size does.
#[derive(Debug)]
pub(in crate::content) struct Stream {
    source: Source,
    shift: u32,
    table: Rc<[u32]>,
    /// The sectors in which mini sectors lie, for a stream of those.
    mini: Option<Rc<[u32]>>,
    sector: u32,
    /// Where in its sector the next byte stands.
    within: u64,
    left: u64,
    /// The directory says more than the chain can hold.
    lying: bool,
}

impl Compound {
    /// Reads the header, the allocation tables and the directory.
    ///
    /// # Errors
    /// `Damaged` where those are not there; a budget where the directory has too many entries.
    pub(in crate::content) fn open(
        source: &Source,
        spending: &mut Spending,
    ) -> Result<Self, NotOpened> {
        let header = source.bytes(0, 512).ok_or(NotOpened::Damaged)?;
        if !header.starts_with(MAGIC) {
            return Err(NotOpened::Damaged);
        }
        let shift = match u16_at(&header, 30) {
            Some(12) => 12,
            _ => 9,
        };
        let sectors = source.len().saturating_sub(1) >> shift;
        // Both tables, the chain of the mini stream, and marks of what was visited.
        let held = spending.hold(sectors.saturating_mul(16).saturating_add(ENTRIES_HELD))?;
        let mut compound = Self {
            source: source.clone(),
            shift,
            fat: Rc::default(),
            mini_fat: Rc::default(),
            mini: Rc::default(),
            cutoff: u64::from(u32_at(&header, 56).unwrap_or(4096)).min(1 << shift << 3),
            entries: Vec::new(),
            _held: held,
        };
        compound.fat = compound.read_fat(&header, sectors).into();
        let directory = compound.chain(u32_at(&header, 48).unwrap_or(END), MOST_ENTRIES);
        let entries = compound.raw_entries(&directory)?;
        let root = entries.first().ok_or(NotOpened::Damaged)?;
        compound.mini = compound.chain(root.start, usize::MAX).into();
        compound.mini_fat = compound.read_mini_fat(&header).into();
        compound.entries = tree(&entries);
        spending.check()?;
        Ok(compound)
    }

    /// All storages and streams, each before what stands in it; the root first. Orphans stand last.
    pub(in crate::content) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// One of them.
    pub(in crate::content) fn entry(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }

    /// What stands directly in a storage.
    pub(in crate::content) fn children(
        &self,
        storage: usize,
    ) -> impl Iterator<Item = (usize, &Entry)> {
        let end = self.entries.get(storage).map_or(0, |entry| entry.end);
        let mut next = storage.saturating_add(1);
        std::iter::from_fn(move || {
            let found = (next, self.entries.get(next).filter(|_| next < end)?);
            next = found.1.end.max(next + 1);
            Some(found)
        })
    }

    /// Everything that stands in a storage, at any depth.
    pub(in crate::content) fn below(&self, storage: usize) -> std::ops::Range<usize> {
        let end = self.entries.get(storage).map_or(0, |entry| entry.end);
        storage.saturating_add(1)..end
    }

    /// A stream or storage of this name, in any case of letters, directly in a storage.
    pub(in crate::content) fn child(&self, storage: usize, name: &str) -> Option<usize> {
        self.children(storage)
            .find(|(_, entry)| same_name(&entry.name, name))
            .map(|(index, _)| index)
    }

    /// What stands at a path from the root.
    pub(in crate::content) fn find(&self, path: &[&str]) -> Option<usize> {
        path.iter()
            .try_fold(0, |storage, name| self.child(storage, name))
    }

    /// Its path from the root, with slashes.
    pub(in crate::content) fn path(&self, index: usize) -> String {
        let mut names = Vec::new();
        let mut at = Some(index);
        while let Some(entry) = at.filter(|at| *at > 0).and_then(|at| self.entries.get(at)) {
            names.push(entry.name.as_str());
            at = entry.parent;
        }
        names.reverse();
        names.join("/")
    }

    /// Reads a stream.
    pub(in crate::content) fn stream(&self, index: usize) -> Stream {
        let entry = self.entries.get(index).filter(|entry| !entry.storage);
        let size = entry.map_or(0, |entry| entry.size);
        let in_mini = size < self.cutoff;
        let (table, shift) = match in_mini {
            true => (&self.mini_fat, MINI_SHIFT),
            false => (&self.fat, self.shift),
        };
        let most = (table.len() as u64) << shift;
        Stream {
            source: self.source.clone(),
            shift: self.shift,
            table: Rc::clone(table),
            mini: in_mini.then(|| Rc::clone(&self.mini)),
            sector: entry.map_or(END, |entry| entry.start),
            within: 0,
            left: size.min(most),
            lying: size > most,
        }
    }

    /// Up to `limit` bytes of a stream from its beginning, as far as they can be read.
    pub(in crate::content) fn read(&self, index: usize, limit: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        // What came before an error is in the buffer.
        let _ = self.stream(index).take(limit).read_to_end(&mut bytes);
        bytes
    }

    /// Where the bytes of a stream lie in the file: pieces in their order, none longer than a sector.
    pub(in crate::content) fn pieces(&self, index: usize) -> impl Iterator<Item = (u64, u64)> {
        let mut stream = self.stream(index);
        std::iter::from_fn(move || stream.next_piece(1))
    }

    fn chain(&self, first: u32, most: usize) -> Vec<u32> {
        let most = most.min(self.fat.len());
        let mut sectors = Vec::new();
        let mut sector = first;
        // A chain that runs in a circle ends when it is as long as the file.
        while let Some(next) = self.fat.get(sector as usize)
            && sectors.len() < most
        {
            sectors.push(sector);
            sector = *next;
        }
        sectors
    }

    fn sector(&self, sector: u32) -> Vec<u8> {
        let at = (u64::from(sector) + 1) << self.shift;
        self.source.up_to(at, 1 << self.shift)
    }

    fn read_fat(&self, header: &[u8], sectors: u64) -> Vec<u32> {
        let each = 1_usize << (self.shift - 2);
        let sectors = usize::try_from(sectors).unwrap_or(usize::MAX);
        let mut places = numbers(header.get(76..512).unwrap_or_default());
        let mut next = u32_at(header, 68).unwrap_or(END);
        while places.len() < sectors.div_ceil(each) && next < LAST {
            let mut more = numbers(&self.sector(next));
            let Some(following) = more.pop() else {
                break;
            };
            places.extend(more);
            next = following;
        }
        let mut fat = Vec::with_capacity(sectors);
        for place in places {
            if fat.len() >= sectors || place >= LAST {
                break;
            }
            fat.extend(numbers(&self.sector(place)));
            // A table that is cut is read as far as it goes.
            fat.resize(fat.len().next_multiple_of(each), END);
        }
        fat.truncate(sectors);
        fat
    }

    fn read_mini_fat(&self, header: &[u8]) -> Vec<u32> {
        let wanted = self.mini.len() << (self.shift - MINI_SHIFT);
        let mut table = Vec::new();
        for sector in self.chain(u32_at(header, 60).unwrap_or(END), usize::MAX) {
            if table.len() >= wanted {
                break;
            }
            table.extend(numbers(&self.sector(sector)));
        }
        table.truncate(wanted);
        table
    }

    fn raw_entries(&self, directory: &[u32]) -> Result<Vec<Raw>, NotOpened> {
        let mut entries = Vec::new();
        for sector in directory {
            for bytes in self.sector(*sector).chunks_exact(128) {
                if entries.len() >= MOST_ENTRIES {
                    return Err(NotOpened::Budget {
                        which: "members",
                        limit: MOST_ENTRIES as u64,
                        seen: entries.len() as u64 + 1,
                    });
                }
                entries.extend(Raw::of(bytes, self.shift));
            }
        }
        Ok(entries)
    }
}

impl Stream {
    /// Bytes that are still to be read: no more than the file can hold.
    pub(in crate::content) fn left(&self) -> u64 {
        self.left
    }

    /// The next bytes that lie together: where, and how many; at most `most` sectors of them. None
    /// at the end, and where the chain breaks.
    fn next_piece(&mut self, most: u64) -> Option<(u64, u64)> {
        if self.left == 0 {
            return None;
        }
        let own = if self.mini.is_some() {
            MINI_SHIFT
        } else {
            self.shift
        };
        let first = self.sector;
        self.table.get(first as usize)?;
        let mut length = (1 << own) - self.within;
        let at = match &self.mini {
            None => ((u64::from(first) + 1) << own).checked_add(self.within)?,
            Some(mini) => {
                let place = u64::from(first) << MINI_SHIFT;
                let sector = mini.get(usize::try_from(place >> self.shift).ok()?)?;
                let within = (place & ((1 << self.shift) - 1)) + self.within;
                ((u64::from(*sector) + 1) << self.shift) + within
            }
        };
        let mut sector = first;
        let mut sectors = 1;
        loop {
            let next = self.table.get(sector as usize).copied()?;
            let together = self.mini.is_none() && next == sector + 1;
            if !together || sectors >= most || length >= self.left {
                self.sector = next;
                break;
            }
            sector = next;
            sectors += 1;
            length += 1 << own;
        }
        self.within = 0;
        let length = length.min(self.left);
        self.left -= length;
        Some((at, length))
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            return match self.lying {
                true => Err(io::ErrorKind::UnexpectedEof.into()),
                false => Ok(0),
            };
        }
        let own = if self.mini.is_some() {
            MINI_SHIFT
        } else {
            self.shift
        };
        let (sector, within) = (self.sector, self.within);
        let room = into.len() as u64;
        let whole = (within + room) >> own;
        let piece = self.next_piece(whole.max(1));
        let (at, length) = piece.ok_or(io::ErrorKind::UnexpectedEof)?;
        if length > room {
            // Less than the piece is wanted, which is then one sector only.
            self.left += length - room;
            self.sector = sector;
            self.within = within + room;
        }
        let bytes = self.source.up_to(at, length.min(room) as usize);
        if bytes.is_empty() {
            self.left = 0;
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if (bytes.len() as u64) < length.min(room) {
            // The last sector of a file that is cut.
            self.left = 0;
            self.lying = true;
        }
        for (to, from) in into.iter_mut().zip(&bytes) {
            *to = *from;
        }
        Ok(bytes.len())
    }
}

/// An entry of the directory as it stands there ([MS-CFB] 2.6).
struct Raw {
    name: String,
    kind: u8,
    left: u32,
    right: u32,
    child: u32,
    clsid: [u8; 16],
    start: u32,
    size: u64,
}

impl Raw {
    fn of(bytes: &[u8], shift: u32) -> Option<Self> {
        let units: Vec<u16> = bytes
            .get(..64)?
            .chunks_exact(2)
            .map(|two| u16::from_le_bytes([two[0], two[1]]))
            .collect();
        let length = usize::from(u16_at(bytes, 64)?) / 2;
        let units = units.get(..length.saturating_sub(1)).unwrap_or(&units);
        let units = units.split(|unit| *unit == 0).next().unwrap_or_default();
        let low = u64::from(u32_at(bytes, 120)?);
        // With small sectors the upper half is not used, and may hold anything.
        let high = if shift == 9 {
            0
        } else {
            u64::from(u32_at(bytes, 124)?)
        };
        Some(Self {
            name: String::from_utf16_lossy(units),
            kind: *bytes.get(66)?,
            left: u32_at(bytes, 68)?,
            right: u32_at(bytes, 72)?,
            child: u32_at(bytes, 76)?,
            clsid: bytes.get(80..96)?.try_into().ok()?,
            start: u32_at(bytes, 116)?,
            size: high << 32 | low,
        })
    }

    fn entry(&self, parent: Option<usize>) -> Entry {
        let storage = self.kind != STREAM;
        Entry {
            name: self.name.clone(),
            storage,
            parent,
            clsid: self.clsid,
            size: if storage { 0 } else { self.size },
            orphan: false,
            start: self.start,
            end: 0,
        }
    }
}

/// The entries in the order of the tree. Each is visited once, so that circles end.
fn tree(raw: &[Raw]) -> Vec<Entry> {
    enum Step {
        Visit(u32, usize, u32),
        Close(usize),
    }
    let mut entries = Vec::new();
    let mut seen = vec![false; raw.len()];
    let Some(root) = raw.first() else {
        return entries;
    };
    let mut first = root.entry(None);
    first.storage = true;
    entries.push(first);
    if let Some(seen) = seen.first_mut() {
        *seen = true;
    }
    let mut steps = vec![Step::Close(0), Step::Visit(root.child, 0, 1)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Close(index) => {
                let end = entries.len();
                if let Some(entry) = entries.get_mut(index) {
                    entry.end = end;
                }
            }
            Step::Visit(id, parent, depth) => {
                let (Some(found), Some(seen)) = (raw.get(id as usize), seen.get_mut(id as usize))
                else {
                    continue;
                };
                if std::mem::replace(seen, true) {
                    continue;
                }
                steps.push(Step::Visit(found.right, parent, depth));
                steps.push(Step::Visit(found.left, parent, depth));
                if !matches!(found.kind, STORAGE | STREAM) {
                    continue;
                }
                let index = entries.len();
                entries.push(found.entry(Some(parent)));
                steps.push(Step::Close(index));
                if found.kind == STORAGE && depth < DEEPEST {
                    steps.push(Step::Visit(found.child, index, depth + 1));
                }
            }
        }
    }
    for (found, seen) in raw.iter().zip(seen) {
        if !seen && found.kind == STREAM && found.size > 0 {
            let mut entry = found.entry(None);
            entry.orphan = true;
            entry.end = entries.len() + 1;
            entries.push(entry);
        }
    }
    entries
}

/// Whether two names are the same to those who ask for a stream by name.
pub(in crate::content) fn same_name(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .filter_map(|four| Some(u32::from_le_bytes(four.try_into().ok()?)))
        .collect()
}

/// How a compound file begins.
pub(in crate::content) const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// Entries of a directory that are read.
pub(in crate::content) const MOST_ENTRIES: usize = 65_536;
/// Memory that is held for entries beyond the tables.
const ENTRIES_HELD: u64 = 1 << 20;
/// Storages inside each other that are read.
const DEEPEST: u32 = 64;
/// Mini sectors have 64 bytes in every file that there is.
const MINI_SHIFT: u32 = 6;
/// Sector numbers from here on are signs ([MS-CFB] 2.1).
const LAST: u32 = 0xffff_fffa;
const END: u32 = 0xffff_fffe;
const STORAGE: u8 = 1;
const STREAM: u8 = 2;
