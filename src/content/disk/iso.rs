//! ISO 9660 (ECMA-119), with Joliet and Rock Ridge: the tree of every volume descriptor.

use super::{
    DEPTH,
    files::{Content, Files},
    join, kept, u16_at, u32_at, utf16_be,
};
use crate::{
    content::{
        member_name,
        opener::Inside,
        source::{Run, Source},
    },
    facts::NotOpened,
};

/// Whether volume descriptors stand here.
pub(super) fn is_here(source: &Source) -> bool {
    source.up_to(16 * SECTOR + 1, 5) == b"CD001"
}

/// The content of sectors that are written raw: 2352 bytes with a header of 16, or 24 in mode 2.
pub(super) fn plain_sectors(source: &Source) -> Source {
    for header in [16, 24] {
        if !is_here(source) && source.up_to(16 * RAW + header + 1, 5) == b"CD001" {
            let sectors = source.len() / RAW;
            return source.mapped((0..sectors).map(|sector| Run {
                len: SECTOR,
                at: Some(sector * RAW + header),
            }));
        }
    }
    source.clone()
}

/// Walks every tree. `Ok(false)`: there is no ISO 9660 here.
pub(super) fn walk(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    files: &mut Files,
    prefix: &str,
) -> Result<bool, NotOpened> {
    let mut volumes = Vec::new();
    for number in 16..16 + DESCRIPTORS {
        let Some(block) = source.bytes(number * SECTOR, 2048) else {
            break;
        };
        let root = block.get(156..190).unwrap_or_default();
        match block.as_slice() {
            [1 | 2, b'C', b'D', b'0', b'0', b'1', ..] => {
                let joliet = matches!(block.get(88..91), Some([0x25, 0x2f, 0x40 | 0x43 | 0x45]));
                let block = match u16_at(&block, 128) {
                    size @ (512 | 1024) => u64::from(size),
                    _ => SECTOR,
                };
                if let Some(root) = Record::read(root) {
                    let root = root.owned();
                    volumes.push(Volume {
                        joliet,
                        block,
                        root,
                    });
                }
            }
            [255, b'C', b'D', b'0', b'0', b'1', ..] => break,
            [_, b'C', b'D', b'0', b'0', b'1', ..] => {}
            _ => break,
        }
    }
    // Windows shows Joliet's names where they are.
    volumes.sort_by_key(|volume| !volume.joliet);
    let (found, mut damaged) = (!volumes.is_empty(), false);
    for (number, volume) in volumes.iter().enumerate() {
        let number = number as u64 + 1;
        let mut susp = Susp::default();
        let mut open = vec![(volume.root.clone(), prefix.to_owned(), 0)];
        while let Some((folder, path, depth)) = open.pop() {
            if !files.is_new_folder(number, folder.extent) {
                continue;
            }
            let walked = walk_folder(inside, source, files, volume, &folder, &path, &mut susp)?;
            damaged |= walked.damaged;
            for (record, path) in walked.folders {
                if depth < DEPTH {
                    files.keep(inside, kept(&path))?;
                    open.push((record, path, depth + 1));
                } else {
                    damaged = true;
                }
            }
        }
    }
    if damaged {
        return Err(NotOpened::Damaged);
    }
    Ok(found)
}

struct Volume {
    joliet: bool,
    block: u64,
    root: Record,
}

/// How Rock Ridge is to be read, as the first entry of the root says.
#[derive(Default)]
struct Susp {
    skip: usize,
    asked: bool,
}

#[derive(Default)]
struct Walked {
    folders: Vec<(Record, String)>,
    damaged: bool,
}

fn walk_folder(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    files: &mut Files,
    volume: &Volume,
    folder: &Record,
    path: &str,
    susp: &mut Susp,
) -> Result<Walked, NotOpened> {
    let mut walked = Walked::default();
    let start = folder.place(volume.block);
    // The extents of a file that goes on in the next record.
    let mut extents: Vec<Run> = Vec::new();
    let mut at = 0;
    while at < folder.size {
        let sector = source.up_to(start.saturating_add(at), 2048);
        if sector.is_empty() {
            walked.damaged = true;
            break;
        }
        at = at.saturating_add(SECTOR);
        let mut rest = sector.as_slice();
        while let Some(len) = rest.first().copied().filter(|len| *len > 0) {
            files.entry(inside)?;
            let Some((bytes, more)) = rest.split_at_checked(usize::from(len)) else {
                walked.damaged = true;
                break;
            };
            rest = more;
            let Some(record) = Record::read(bytes) else {
                walked.damaged = true;
                continue;
            };
            if !susp.asked {
                susp.asked = true;
                // SUSP 5.3: SP, with how much to skip.
                if let [b'S', b'P', 7, 1, 0xbe, 0xef, skip, ..] = record.system {
                    susp.skip = usize::from(*skip);
                }
            }
            if matches!(record.name, [0] | [1]) {
                continue;
            }
            let names = record.names(source, volume, susp);
            let names: Vec<String> = names.iter().map(|name| join(path, name)).collect();
            if record.is_folder() {
                let name = names.into_iter().next().unwrap_or_default();
                walked.folders.push((record.owned(), name));
                continue;
            }
            files.keep(inside, 24)?;
            extents.push(Run {
                len: record.size,
                at: Some(record.place(volume.block)),
            });
            if record.goes_on() {
                continue;
            }
            let size = extents
                .iter()
                .fold(0_u64, |sum, run| sum.saturating_add(run.len));
            let runs = std::mem::take(&mut extents);
            files.add(
                inside,
                names,
                if record.interleaved {
                    Content::Closed(NotOpened::Unsupported, size)
                } else {
                    Content::Runs(runs, size)
                },
            )?;
        }
    }
    Ok(walked)
}

/// A directory record (9.1), without its name.
#[derive(Clone, Default)]
struct Record {
    extent: u64,
    size: u64,
    flags: u8,
    interleaved: bool,
}

/// A directory record with what it refers to.
struct Entry<'b> {
    record: Record,
    name: &'b [u8],
    system: &'b [u8],
}

impl std::ops::Deref for Entry<'_> {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.record
    }
}

impl Record {
    fn read(bytes: &[u8]) -> Option<Entry<'_>> {
        let name_len = usize::from(*bytes.get(32)?);
        let name = bytes.get(33..33 + name_len)?;
        // The name's end is padded to an even place.
        let system = bytes.get((33 + name_len).next_multiple_of(2)..);
        let attributes = u64::from(*bytes.get(1)?);
        Some(Entry {
            record: Self {
                extent: u64::from(u32_at(bytes, 2)).saturating_add(attributes),
                size: u64::from(u32_at(bytes, 10)),
                flags: *bytes.get(25)?,
                interleaved: *bytes.get(26)? != 0,
            },
            name,
            system: system.unwrap_or_default(),
        })
    }

    fn place(&self, block: u64) -> u64 {
        self.extent.saturating_mul(block)
    }

    fn is_folder(&self) -> bool {
        self.flags & 2 != 0
    }

    fn goes_on(&self) -> bool {
        self.flags & 0x80 != 0
    }
}

impl Entry<'_> {
    fn owned(&self) -> Record {
        self.record.clone()
    }

    /// Its names: Rock Ridge's first, where it has one.
    fn names(&self, source: &Source, volume: &Volume, susp: &Susp) -> Vec<String> {
        if volume.joliet {
            return vec![without_version(&utf16_be(self.name)).to_owned()];
        }
        let mut names = Vec::new();
        let system = self.system.get(susp.skip..).unwrap_or_default();
        let long = rock_ridge_name(source, volume, system);
        if !long.is_empty() {
            names = member_name::readings(&long, false);
        }
        for name in member_name::readings(self.name, false) {
            let name = without_version(&name).to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// NM (RRIP 4.1.4), through continuation areas (SUSP 5.1).
fn rock_ridge_name(source: &Source, volume: &Volume, area: &[u8]) -> Vec<u8> {
    let mut name = Vec::new();
    let mut area = area.to_vec();
    for _ in 0..CONTINUATIONS {
        let mut next = None;
        let mut rest = area.as_slice();
        while let [a, b, len, _, ..] = rest {
            let Some((entry, more)) = rest.split_at_checked(usize::from(*len).max(4)) else {
                break;
            };
            match (a, b) {
                (b'N', b'M') if name.len() < LONG_NAME => {
                    name.extend_from_slice(entry.get(5..).unwrap_or_default());
                }
                (b'C', b'E') => {
                    next = Some((u32_at(entry, 4), u32_at(entry, 12), u32_at(entry, 20)));
                }
                (b'S', b'T') => break,
                _ => {}
            }
            rest = more;
        }
        let Some((block, offset, len)) = next else {
            break;
        };
        let at = u64::from(block).saturating_mul(volume.block);
        let len = usize::try_from(len).unwrap_or(0).min(2048);
        area = source.up_to(at.saturating_add(u64::from(offset)), len);
    }
    name
}

/// `NAME.EXT;1` without its version, and without the point of an extension that is not there.
fn without_version(name: &str) -> &str {
    let name = match name.rsplit_once(';') {
        Some((name, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => name,
    };
    name.strip_suffix('.').unwrap_or(name)
}

const SECTOR: u64 = 2048;
const RAW: u64 = 2352;
/// Volume descriptors that are looked at.
const DESCRIPTORS: u64 = 64;
const CONTINUATIONS: usize = 16;
const LONG_NAME: usize = 4096;
