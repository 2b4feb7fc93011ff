//! UDF 1.02 to 2.60 (ECMA-167): partitions as they lie, sparable, virtual (CD-R) and of metadata;
//! short, long and embedded allocation descriptors.

use super::{
    DEPTH,
    files::{Content, Files},
    join, kept, u16_at, u32_at, u64_at, utf16_be,
};
use crate::{
    content::{
        opener::Inside,
        source::{Run, Source},
    },
    facts::NotOpened,
};

/// Whether a volume recognition sequence says UDF.
pub(super) fn is_here(source: &Source) -> bool {
    (16..32).any(|sector| {
        let sign = source.up_to(sector * 2048 + 1, 5);
        matches!(sign.as_slice(), b"NSR02" | b"NSR03")
    })
}

/// Walks the tree. `Ok(false)`: there is no UDF here.
pub(super) fn walk(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    files: &mut Files,
    prefix: &str,
) -> Result<bool, NotOpened> {
    let Some((anchor, sector)) = anchor(source) else {
        return if is_here(source) {
            Err(NotOpened::Damaged)
        } else {
            Ok(false)
        };
    };
    let mut volume = None;
    for at in [16, 24] {
        let len = u64::from(u32_at(&anchor, at)) / sector;
        let start = u64::from(u32_at(&anchor, at + 4));
        volume = volume.or_else(|| Volume::read(source, sector, start, len.min(DESCRIPTORS)));
    }
    let mut volume = volume.ok_or(NotOpened::Damaged)?;
    let root = volume.open(source)?;
    walk_tree(inside, source, files, &volume, root, prefix)?;
    Ok(true)
}

/// The anchor (UDF 2.2.3), and the size of sectors by which it was found.
fn anchor(source: &Source) -> Option<(Vec<u8>, u64)> {
    for sector in [2048, 512, 4096] {
        let last = source.len() / sector;
        for number in [
            Some(256),
            last.checked_sub(1),
            last.checked_sub(257),
            Some(512),
        ] {
            let number = number?;
            let block = source.up_to(number.saturating_mul(sector), 512);
            if is_tag(&block, 2) && u64::from(u32_at(&block, 12)) == number {
                return Some((block, sector));
            }
        }
    }
    None
}

/// A descriptor's tag (ECMA-167 3/7.2): its identifier, and the sum of its bytes.
fn is_tag(block: &[u8], id: u16) -> bool {
    let Some(tag) = block.get(..16) else {
        return false;
    };
    let sum = tag.iter().enumerate().filter(|(at, _)| *at != 4);
    let sum = sum.fold(0_u8, |sum, (_, byte)| sum.wrapping_add(*byte));
    u16_at(tag, 0) == id && tag.get(4) == Some(&sum)
}

struct Volume {
    block: u64,
    /// Numbers and places of physical partitions.
    physical: Vec<(u16, Run)>,
    /// The partition maps, as they stand.
    maps: Vec<Vec<u8>>,
    /// What each partition that can be referred to is made of, in bytes of the image.
    partitions: Vec<Partition>,
    file_set: Place,
}

/// What a partition is made of.
struct Partition {
    /// In its order, each with where it begins in the partition.
    runs: Vec<(u64, Run)>,
}

impl Partition {
    fn new(runs: Vec<Run>) -> Self {
        let mut at = 0_u64;
        let runs = runs.into_iter().map(|run| {
            let start = at;
            at = at.saturating_add(run.len);
            (start, run)
        });
        Self {
            runs: runs.collect(),
        }
    }

    /// Where a part of it lies.
    fn part(&self, start: u64, len: u64) -> Vec<Run> {
        let end = start.saturating_add(len);
        let first = self
            .runs
            .partition_point(|(at, _)| *at <= start)
            .saturating_sub(1);
        let rest = self.runs.get(first..).unwrap_or_default().iter();
        let inside = rest.take_while(|(at, _)| *at < end).take(RUNS);
        inside
            .filter_map(|(at, run)| {
                let from = start.max(*at);
                let until = end.min(at.saturating_add(run.len));
                Some(Run {
                    len: until.checked_sub(from)?,
                    at: run.at.map(|place| place.saturating_add(from - at)),
                })
            })
            .collect()
    }
}

/// A place in a partition.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    block: u32,
    partition: u16,
}

impl Place {
    /// Of a long allocation descriptor.
    fn of(descriptor: &[u8]) -> Self {
        Self {
            block: u32_at(descriptor, 4),
            partition: u16_at(descriptor, 8),
        }
    }
}

impl Volume {
    fn read(source: &Source, sector: u64, start: u64, len: u64) -> Option<Self> {
        let mut physical = Vec::new();
        let mut logical = None;
        for number in start..start.saturating_add(len) {
            let block = source.up_to(number.saturating_mul(sector), 2048);
            if is_tag(&block, 5) {
                let run = Run {
                    len: u64::from(u32_at(&block, 192)).saturating_mul(sector),
                    at: Some(u64::from(u32_at(&block, 188)).saturating_mul(sector)),
                };
                physical.push((u16_at(&block, 22), run));
            } else if is_tag(&block, 6) {
                logical = Some(block);
            } else if is_tag(&block, 8) || block.is_empty() {
                break;
            }
        }
        let logical = logical?;
        let mut maps = Vec::new();
        let table = usize::try_from(u32_at(&logical, 264)).ok()?;
        let mut rest = logical.get(440..440_usize.checked_add(table)?.min(logical.len()))?;
        while let [_, len, ..] = rest {
            let Some((map, more)) = rest.split_at_checked(usize::from(*len).max(2)) else {
                break;
            };
            maps.push(map.to_vec());
            rest = more;
        }
        let block = u64::from(u32_at(&logical, 212));
        (block.is_power_of_two() && (512..=32768).contains(&block)).then_some(Self {
            block,
            physical,
            maps,
            partitions: Vec::new(),
            file_set: Place::of(logical.get(248..264)?),
        })
    }

    /// Makes the partitions; gives the root folder.
    fn open(&mut self, source: &Source) -> Result<Place, NotOpened> {
        let physical = |number: u16| {
            let found = self.physical.iter().find(|(known, _)| *known == number);
            found.map(|(_, run)| vec![*run]).unwrap_or_default()
        };
        // Those that lie as they are; then those that are made of files in them.
        for map in &self.maps {
            let number = if map.first() == Some(&1) {
                u16_at(map, 4)
            } else {
                u16_at(map, 38)
            };
            self.partitions.push(Partition::new(physical(number)));
        }
        for (number, map) in self.maps.clone().iter().enumerate() {
            let name = map.get(5..28).unwrap_or_default();
            let made = if name.starts_with(b"*UDF Metadata Partition") {
                let file = |at: usize| {
                    let place = Place {
                        block: u32_at(map, at),
                        partition: u16::try_from(number).unwrap_or(u16::MAX),
                    };
                    self.file(source, place)
                };
                let file = file(40).or_else(|| file(44)).ok_or(NotOpened::Damaged)?;
                match file.content {
                    Content::Runs(runs, _) => runs,
                    _ => return Err(NotOpened::Damaged),
                }
            } else if name.starts_with(b"*UDF Virtual Partition") {
                self.virtual_partition(source, number)?
            } else {
                continue;
            };
            if let Some(partition) = self.partitions.get_mut(number) {
                *partition = Partition::new(made);
            }
        }
        let set = self.read_at(source, self.file_set, 512);
        if !is_tag(&set, 256) {
            return Err(NotOpened::Damaged);
        }
        Ok(Place::of(set.get(400..416).unwrap_or_default()))
    }

    /// The table of a virtual partition lies in the last file that was written (UDF 2.2.11).
    fn virtual_partition(&self, source: &Source, number: usize) -> Result<Vec<Run>, NotOpened> {
        let runs = self.partitions.get(number).ok_or(NotOpened::Damaged)?;
        let start = runs
            .runs
            .first()
            .and_then(|(_, run)| run.at)
            .ok_or(NotOpened::Damaged)?;
        let last = source.len().saturating_sub(start) / self.block;
        let partition = u16::try_from(number).unwrap_or(u16::MAX);
        let file = (1..=VAT_SEARCH).find_map(|back| {
            let block = u32::try_from(last.checked_sub(back)?).ok()?;
            let file = self.file(source, Place { block, partition })?;
            matches!(file.kind, 0 | 248).then_some(file)
        });
        let file = file.ok_or(NotOpened::Unsupported)?;
        let table = match file.content {
            Content::Bytes(bytes) => bytes,
            Content::Runs(runs, size) => {
                let size = usize::try_from(size).unwrap_or(VAT).min(VAT);
                source.mapped(runs).up_to(0, size)
            }
            Content::Closed(why, _) => return Err(why),
        };
        let table = if file.kind == 248 {
            table.get(usize::from(u16_at(&table, 0))..)
        } else {
            // A name and the table before end it.
            table.get(..table.len().saturating_sub(36))
        };
        let blocks = table.unwrap_or_default().chunks_exact(4);
        let mut made = Vec::new();
        for block in blocks {
            let block = u64::from(u32_at(block, 0)).saturating_mul(self.block);
            made.push(Run {
                len: self.block,
                at: Some(start.saturating_add(block)),
            });
        }
        Ok(made)
    }

    /// Where bytes of a partition lie.
    fn runs(&self, place: Place, len: u64) -> Vec<Run> {
        let start = u64::from(place.block).saturating_mul(self.block);
        let partition = self.partitions.get(usize::from(place.partition));
        partition.map_or_else(Vec::new, |partition| partition.part(start, len))
    }

    fn read_at(&self, source: &Source, place: Place, len: usize) -> Vec<u8> {
        source.mapped(self.runs(place, len as u64)).up_to(0, len)
    }

    /// The file whose entry (ECMA-167 4/14.9, 14.17) stands here.
    fn file(&self, source: &Source, place: Place) -> Option<File> {
        let size = usize::try_from(self.block).ok()?;
        let entry = self.read_at(source, place, size);
        let fixed = if is_tag(&entry, 261) {
            176
        } else if is_tag(&entry, 266) {
            216
        } else {
            return None;
        };
        let len = u64_at(&entry, 56);
        let start = fixed + usize::try_from(u32_at(&entry, fixed - 8)).ok()?;
        let end = start.checked_add(usize::try_from(u32_at(&entry, fixed - 4)).ok()?)?;
        let descriptors = entry.get(start..end.min(entry.len()))?;
        let content = match u16_at(&entry, 34) & 7 {
            3 => {
                let len = usize::try_from(len).ok()?.min(descriptors.len());
                Content::Bytes(descriptors.get(..len)?.to_vec())
            }
            form @ (0 | 1) => Content::Runs(
                self.extents(source, descriptors, form == 1, place.partition),
                len,
            ),
            _ => Content::Closed(NotOpened::Unsupported, len),
        };
        Some(File {
            kind: entry.get(27).copied()?,
            content,
        })
    }

    fn extents(&self, source: &Source, first: &[u8], long: bool, partition: u16) -> Vec<Run> {
        let width = if long { 16 } else { 8 };
        let mut runs = Vec::new();
        let mut descriptors = first.to_vec();
        for _ in 0..EXTENTS {
            let mut next = None;
            for descriptor in descriptors.chunks_exact(width) {
                let (len, kind) = (
                    u32_at(descriptor, 0) & 0x3fff_ffff,
                    u32_at(descriptor, 0) >> 30,
                );
                if len == 0 || runs.len() > RUNS {
                    break;
                }
                let place = Place {
                    block: u32_at(descriptor, 4),
                    partition: if long {
                        u16_at(descriptor, 8)
                    } else {
                        partition
                    },
                };
                match kind {
                    0 => runs.extend(self.runs(place, u64::from(len))),
                    // Further descriptors (4/14.5).
                    3 => {
                        next = Some(place);
                        break;
                    }
                    _ => runs.push(Run {
                        len: u64::from(len),
                        at: None,
                    }),
                }
            }
            let Some(place) = next else { break };
            let block = self.read_at(source, place, usize::try_from(self.block).unwrap_or(2048));
            if !is_tag(&block, 258) {
                break;
            }
            let len = usize::try_from(u32_at(&block, 20)).unwrap_or(0);
            let rest = block.get(24..).unwrap_or_default();
            descriptors = rest.get(..len.min(rest.len())).unwrap_or_default().to_vec();
        }
        runs
    }
}

struct File {
    kind: u8,
    content: Content,
}

fn walk_tree(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    files: &mut Files,
    volume: &Volume,
    root: Place,
    prefix: &str,
) -> Result<(), NotOpened> {
    let mut damaged = false;
    let mut open = vec![(root, prefix.to_owned(), 0)];
    while let Some((place, path, depth)) = open.pop() {
        let key = u64::from(place.partition) << 32 | u64::from(place.block);
        if !files.is_new_folder(0, key) {
            continue;
        }
        let list = match volume.file(source, place).map(|file| file.content) {
            Some(Content::Bytes(bytes)) => bytes,
            Some(Content::Runs(runs, size)) if size <= FOLDER => {
                let size = usize::try_from(size).unwrap_or(0);
                let list = source.mapped(runs).up_to(0, size);
                damaged |= list.len() < size;
                list
            }
            _ => {
                damaged = true;
                continue;
            }
        };
        let mut rest = list.as_slice();
        // File identifier descriptors (4/14.4).
        while is_tag(rest, 257) {
            files.entry(inside)?;
            let (name_len, use_len) = (
                usize::from(rest.get(19).copied().unwrap_or(0)),
                usize::from(u16_at(rest, 36)),
            );
            let flags = rest.get(18).copied().unwrap_or(0);
            let name = rest.get(38 + use_len..38 + use_len + name_len);
            let name = name_of(name.unwrap_or_default());
            let place = Place::of(rest.get(20..36).unwrap_or_default());
            let len = (38 + use_len + name_len).next_multiple_of(4);
            rest = rest.get(len..).unwrap_or_default();
            // The parent, or deleted.
            if flags & 0x0c != 0 {
                continue;
            }
            let path = join(&path, &name);
            if flags & 2 != 0 {
                if depth < DEPTH {
                    files.keep(inside, kept(&path))?;
                    open.push((place, path, depth + 1));
                } else {
                    damaged = true;
                }
                continue;
            }
            match volume.file(source, place) {
                Some(file) => files.add(inside, vec![path], file.content)?,
                None => files.add(inside, vec![path], Content::Closed(NotOpened::Damaged, 0))?,
            }
        }
        damaged |= rest.iter().any(|byte| *byte != 0);
    }
    if damaged {
        return Err(NotOpened::Damaged);
    }
    Ok(())
}

/// A name in OSTA's compressed Unicode (UDF 2.1.1).
fn name_of(bytes: &[u8]) -> String {
    match bytes.split_first() {
        Some((16 | 255, rest)) => utf16_be(rest),
        Some((_, rest)) => rest.iter().map(|byte| char::from(*byte)).collect(),
        None => String::new(),
    }
}

const DESCRIPTORS: u64 = 64;
/// Bytes of a folder that are read.
const FOLDER: u64 = 16 << 20;
/// Blocks of further descriptors of one file.
const EXTENTS: usize = 256;
/// Pieces of one file.
const RUNS: usize = 64 << 10;
/// Bytes of a virtual partition's table.
const VAT: usize = 4 << 20;
/// How far before the end the last file is looked for.
const VAT_SEARCH: u64 = 1 << 16;
