//! A storage of a compound file as a compound file of its own ([MS-CFB] version 4), so that an
//! embedded document or letter is opened like one that lies apart.

use std::io::{Read, Write};

use super::compound::{Compound, Entry, MAGIC};
use crate::{
    content::opener::{Inside, Member},
    facts::NotOpened,
};

/// Hands on a storage as a member. `clsid` replaces what the storage says of its writer.
///
/// # Errors
/// When the budget ends: the reader stops and returns it.
pub(in crate::content) fn member(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    storage: usize,
    clsid: Option<[u8; 16]>,
    member: Member,
) -> Result<(), NotOpened> {
    let Some(plan) = Plan::of(compound, storage) else {
        let limit = inside.spending().bytes_left();
        let which = "bytes";
        let seen = u64::MAX;
        return inside.closed(member, NotOpened::Budget { which, limit, seen });
    };
    // Streams may share their sectors, so that a small file says that it holds very much.
    let limit = inside.spending().bytes_left();
    if plan.bytes > limit {
        let (which, seen) = ("bytes", plan.bytes);
        return inside.closed(member, NotOpened::Budget { which, limit, seen });
    }
    let mut to = inside.begin(member)?;
    // A budget that ends while writing is said by `finish`.
    let whole = plan
        .write(compound, storage, clsid, &mut to)
        .unwrap_or(true);
    to.finish((!whole).then_some(NotOpened::Damaged))
}

/// Writes a storage as a file; false where a stream could not be read whole.
#[cfg(test)]
pub(super) fn write(
    compound: &Compound,
    storage: usize,
    clsid: Option<[u8; 16]>,
    to: &mut impl Write,
) -> std::io::Result<bool> {
    let plan = Plan::of(compound, storage).ok_or(std::io::ErrorKind::StorageFull)?;
    plan.write(compound, storage, clsid, to)
}

/// Where everything comes to lie, in sectors.
struct Plan {
    /// Entries in the order of the directory.
    entries: Vec<usize>,
    sizes: Vec<u64>,
    directory: u64,
    mini_fat: u64,
    mini: u64,
    /// Bytes of the mini stream.
    mini_bytes: u64,
    fat: u64,
    bytes: u64,
}

impl Plan {
    fn of(compound: &Compound, storage: usize) -> Option<Self> {
        let entries: Vec<usize> = std::iter::once(storage)
            .chain(compound.below(storage))
            .collect();
        let sizes: Vec<u64> = entries
            .iter()
            .map(|index| compound.stream(*index).left())
            .collect();
        let sum = |small: bool, shift: u32| {
            let sizes = sizes.iter().filter(|size| (**size < CUTOFF) == small);
            sizes.fold(0_u64, |sum, size| {
                sum.saturating_add(size.div_ceil(1 << shift))
            })
        };
        let (mini_sectors, large) = (sum(true, 6), sum(false, SHIFT));
        let directory = (entries.len() as u64).div_ceil(SECTOR / 128);
        let mini_bytes = mini_sectors.checked_mul(64)?;
        let mini = mini_bytes.div_ceil(SECTOR);
        let mini_fat = mini_sectors.div_ceil(SECTOR / 4);
        let rest = directory + mini_fat + mini;
        let rest = rest.checked_add(large)?;
        // Each sector of the table tells of itself too.
        let fat = rest.div_ceil(SECTOR / 4 - 1).max(1);
        // More would need sectors that tell of the table: beyond what a message may unpack.
        (fat <= 109).then_some(())?;
        Some(Self {
            entries,
            sizes,
            directory,
            mini_fat,
            mini,
            mini_bytes,
            fat,
            bytes: (rest + fat + 1) * SECTOR,
        })
    }

    /// Writes it; false where a stream could not be read whole.
    fn write(
        &self,
        compound: &Compound,
        storage: usize,
        clsid: Option<[u8; 16]>,
        to: &mut impl Write,
    ) -> std::io::Result<bool> {
        // Sectors: the table, the directory, the mini table, the mini stream, then streams.
        let first_directory = self.fat;
        let first_mini_fat = first_directory + self.directory;
        let first_mini = first_mini_fat + self.mini_fat;
        let first_large = first_mini + self.mini;
        let none = |first: u64, count: u64| match count {
            0 => END,
            _ => number(first),
        };

        let mut header = Vec::with_capacity(SECTOR as usize);
        header.extend(MAGIC);
        header.extend([0; 16]);
        for two in [0x3e_u16, 4, 0xfffe, 12, 6, 0, 0, 0] {
            header.extend(two.to_le_bytes());
        }
        for four in [
            number(self.directory),
            number(self.fat),
            number(first_directory),
            0,
            number(CUTOFF),
            none(first_mini_fat, self.mini_fat),
            number(self.mini_fat),
            END,
            0,
        ] {
            header.extend(four.to_le_bytes());
        }
        for sector in 0..109 {
            let place = if sector < self.fat {
                number(sector)
            } else {
                FREE
            };
            header.extend(place.to_le_bytes());
        }
        header.resize(SECTOR as usize, 0);
        to.write_all(&header)?;

        let mut fat: Vec<u32> = vec![FAT; self.fat as usize];
        for count in [self.directory, self.mini_fat, self.mini] {
            chain(&mut fat, count);
        }
        let mut mini_fat = Vec::new();
        let mut starts = Vec::with_capacity(self.sizes.len());
        for size in &self.sizes {
            let (table, shift) = match *size < CUTOFF {
                true => (&mut mini_fat, 6),
                false => (&mut fat, SHIFT),
            };
            let count = size.div_ceil(1 << shift);
            starts.push(none(table.len() as u64, count));
            chain(table, count);
        }
        fat.resize((self.fat * SECTOR / 4) as usize, FREE);
        mini_fat.resize((self.mini_fat * SECTOR / 4) as usize, FREE);
        write_numbers(to, &fat)?;
        let mut directory = self.directory(compound, storage, clsid, &starts);
        if let Some(root) = directory.get_mut(116..128) {
            let first = none(first_mini, self.mini).to_le_bytes();
            let size = self.mini_bytes.to_le_bytes();
            root.copy_from_slice(&[first.as_slice(), &size].concat());
        }
        to.write_all(&directory)?;
        write_numbers(to, &mini_fat)?;

        let mut whole = true;
        for small in [true, false] {
            let unit = if small { 64 } else { SECTOR };
            let mut written = 0_u64;
            for (index, size) in self.entries.iter().zip(&self.sizes) {
                if (*size < CUTOFF) == small && *size > 0 {
                    let copied = copy(&mut compound.stream(*index).take(*size), to)?;
                    whole &= copied == *size;
                    pad(to, size.next_multiple_of(unit) - copied)?;
                    written += size.next_multiple_of(unit);
                }
            }
            if small {
                pad(to, written.next_multiple_of(SECTOR) - written)?;
            }
        }
        debug_assert!(fat.len() as u64 >= first_large);
        Ok(whole)
    }

    fn directory(
        &self,
        compound: &Compound,
        storage: usize,
        clsid: Option<[u8; 16]>,
        starts: &[u32],
    ) -> Vec<u8> {
        // For each entry: left, right and child.
        let mut links = vec![[FREE; 3]; self.entries.len()];
        for (id, index) in self.entries.iter().enumerate() {
            let mut children: Vec<(u32, &Entry)> = compound
                .children(*index)
                .map(|(child, entry)| (number((child - storage) as u64), entry))
                .collect();
            children.sort_by_key(|(_, entry)| {
                let name: String = entry.name.chars().flat_map(char::to_uppercase).collect();
                (entry.name.encode_utf16().count(), name)
            });
            let top = balance(&children, &mut links);
            if let Some(link) = links.get_mut(id) {
                link[2] = top;
            }
        }
        let mut bytes = Vec::with_capacity((self.directory * SECTOR) as usize);
        let each = self
            .entries
            .iter()
            .zip(&links)
            .zip(starts.iter().zip(&self.sizes));
        for ((index, link), (start, size)) in each {
            let root = *index == storage;
            let Some(entry) = compound.entry(*index) else {
                continue;
            };
            let name = if root { "Root Entry" } else { &entry.name };
            let units: Vec<u16> = name.encode_utf16().take(31).collect();
            let mut raw: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            raw.resize(64, 0);
            raw.extend((units.len() as u16 * 2 + 2).to_le_bytes());
            raw.push(match (root, entry.storage) {
                (true, _) => 5,
                (false, true) => 1,
                (false, false) => 2,
            });
            raw.push(1);
            raw.extend(link.iter().flat_map(|link| link.to_le_bytes()));
            raw.extend(clsid.filter(|_| root).unwrap_or(entry.clsid));
            raw.extend([0; 20]);
            let start = if entry.storage { 0 } else { *start };
            raw.extend(start.to_le_bytes());
            raw.extend(size.to_le_bytes());
            bytes.extend(raw);
        }
        // Entries that are not used: no name, no links.
        while !(bytes.len() as u64).is_multiple_of(SECTOR) {
            let mut raw = [0; 128];
            raw[68..80].fill(0xff);
            bytes.extend(raw);
        }
        bytes
    }
}

/// Makes a search tree of children that are in order; its depth is the logarithm of their number.
fn balance(children: &[(u32, &Entry)], links: &mut [[u32; 3]]) -> u32 {
    let middle = children.len() / 2;
    let Some((id, _)) = children.get(middle) else {
        return FREE;
    };
    let left = balance(children.get(..middle).unwrap_or_default(), links);
    let right = balance(children.get(middle + 1..).unwrap_or_default(), links);
    if let Some(link) = links.get_mut(*id as usize) {
        link[0] = left;
        link[1] = right;
    }
    *id
}

/// Adds a chain of so many sectors that lie behind each other.
fn chain(table: &mut Vec<u32>, count: u64) {
    for left in (0..count).rev() {
        let next = table.len() as u64 + 1;
        table.push(if left == 0 { END } else { number(next) });
    }
}

fn copy(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<u64> {
    let mut buffer = vec![0; 32 << 10];
    let mut copied = 0;
    // What cannot be read ends the stream.
    while let Ok(got @ 1..) = from.read(&mut buffer) {
        to.write_all(buffer.get(..got).unwrap_or_default())?;
        copied += got as u64;
    }
    Ok(copied)
}

fn pad(to: &mut impl Write, count: u64) -> std::io::Result<()> {
    std::io::copy(&mut std::io::repeat(0).take(count), to).map(drop)
}

fn write_numbers(to: &mut impl Write, numbers: &[u32]) -> std::io::Result<()> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|four| four.to_le_bytes()).collect();
    to.write_all(&bytes)
}

/// Sector numbers are below 109 × 1024 by the plan.
fn number(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(FREE)
}

const SHIFT: u32 = 12;
const SECTOR: u64 = 1 << SHIFT;
const CUTOFF: u64 = 4096;
const FREE: u32 = 0xffff_ffff;
const END: u32 = 0xffff_fffe;
const FAT: u32 = 0xffff_fffd;
