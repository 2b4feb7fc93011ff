//! NTFS, as far as a reader needs it: every record of the master file table that is in use, its
//! names, and its data with all streams. What is not written down by Microsoft is told alike by the
//! documentation of Linux-NTFS and of libfsntfs.

use std::collections::{HashMap, HashSet};

use super::{
    DEPTH,
    files::{Content, Files},
    join, u16_at, u32_at, u64_at, utf16_le,
};
use crate::{
    content::{
        opener::Inside,
        source::{Run, Source},
    },
    facts::NotOpened,
};

/// Whether a boot sector of NTFS stands here.
pub(super) fn is_here(source: &Source) -> bool {
    source.up_to(3, 8) == b"NTFS    "
}

/// Reads the master file table and adds all files.
pub(super) fn walk(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    files: &mut Files,
    prefix: &str,
) -> Result<(), NotOpened> {
    let disk = Disk::read(source).ok_or(NotOpened::Damaged)?;
    let mut records: HashMap<u64, Found> = HashMap::new();
    let mut damaged = false;
    let mut cursor = 0;
    while cursor < disk.table.len() {
        let number = cursor / disk.record as u64;
        let record = disk.table.up_to(cursor, disk.record);
        cursor = cursor.saturating_add(disk.record as u64);
        inside.spending().check()?;
        // Space behind the last record is empty.
        if !record.starts_with(b"FILE") {
            continue;
        }
        let Some(record) = mended(record) else {
            damaged = true;
            continue;
        };
        // Not in use: deleted.
        if u16_at(&record, 22) & 1 == 0 {
            continue;
        }
        files.entry(inside)?;
        files.keep(inside, record.len() as u64)?;
        // A record that continues another one belongs to it.
        let base = u64_at(&record, 32) & RECORD;
        let found = records
            .entry(if base == 0 { number } else { base })
            .or_default();
        found.folder |= base == 0 && u16_at(&record, 22) & 2 != 0;
        for attribute in Attributes::of(&record) {
            found.take(&attribute);
        }
    }
    let mut numbers: Vec<u64> = records.keys().copied().collect();
    numbers.sort_unstable();
    for number in numbers {
        files.entry(inside)?;
        // The system's own files, but for the root.
        if number < SYSTEM && number != ROOT {
            continue;
        }
        let Some(found) = records.get(&number) else {
            continue;
        };
        let Some(paths) = paths(&records, found, number, prefix) else {
            continue;
        };
        for stream in &found.streams {
            // A folder has data only in streams of other names.
            if found.folder && stream.name.is_empty() {
                continue;
            }
            let names = paths.iter().map(|path| match stream.name.as_str() {
                "" => path.clone(),
                name => format!("{path}:{name}"),
            });
            files.add(inside, names.collect(), stream.content(&disk))?;
        }
    }
    if damaged {
        return Err(NotOpened::Damaged);
    }
    Ok(())
}

/// The paths of a file, by each of its names; none where it belongs to the system.
fn paths(
    records: &HashMap<u64, Found>,
    found: &Found,
    number: u64,
    prefix: &str,
) -> Option<Vec<String>> {
    if number == ROOT {
        return Some(vec![prefix.to_owned()]);
    }
    let mut paths = Vec::new();
    for (parent, name) in found.names.iter().take(NAMES) {
        let (mut parts, mut at) = (vec![name.as_str()], *parent);
        let mut seen = HashSet::from([number]);
        while at != ROOT && parts.len() < DEPTH && seen.insert(at) {
            if at == EXTEND {
                return None;
            }
            // A folder that is gone: its files stand at the top.
            let Some((parent, name)) = records.get(&at).and_then(|found| found.names.first())
            else {
                break;
            };
            parts.push(name);
            at = *parent;
        }
        parts.reverse();
        paths.push(join(prefix, &parts.join("/")));
    }
    if paths.is_empty() {
        paths.push(join(prefix, &format!("record {number}")));
    }
    Some(paths)
}

struct Disk {
    table: Source,
    record: usize,
    cluster: u64,
}

impl Disk {
    fn read(source: &Source) -> Option<Self> {
        let boot = source.bytes(0, 512)?;
        let sector = u64::from(u16_at(&boot, 11));
        let sectors = match *boot.get(13)? {
            // Large clusters are written as a power of two.
            shift @ 0xf4.. => 1_u64 << (256 - u32::from(shift)),
            count => u64::from(count),
        };
        let cluster = sector.checked_mul(sectors)?;
        let record = match *boot.get(64)? {
            shift @ 0x80.. => 1_u64.checked_shl(256 - u32::from(shift))?,
            count => cluster.checked_mul(u64::from(count))?,
        };
        if !sector.is_power_of_two()
            || !(256..=4096).contains(&sector)
            || !cluster.is_power_of_two()
            || !(512..=65536).contains(&record)
        {
            return None;
        }
        let record = usize::try_from(record).ok()?;
        let place = u64_at(&boot, 48).checked_mul(cluster)?;
        let first = mended(source.bytes(place, record)?)?;
        let mut found = Found::default();
        for attribute in Attributes::of(&first) {
            found.take(&attribute);
        }
        let data = found.streams.iter().find(|stream| stream.name.is_empty())?;
        let disk = Self {
            table: source.clone(),
            record,
            cluster,
        };
        match data.content(&disk) {
            Content::Runs(runs, size) => {
                let table = source.mapped(runs);
                let size = size.min(table.len()).min(TABLE);
                Some(Self {
                    table: table.piece(0, size),
                    ..disk
                })
            }
            _ => None,
        }
    }
}

/// A record with the ends of its sectors put back: they are kept in a list, so that a torn write
/// shows.
fn mended(mut record: Vec<u8>) -> Option<Vec<u8>> {
    if !record.starts_with(b"FILE") {
        return None;
    }
    let list = usize::from(u16_at(&record, 4));
    let count = usize::from(u16_at(&record, 6));
    let sign = record.get(list..list + 2)?.to_vec();
    for sector in 1..count {
        let kept = record
            .get(list + 2 * sector..list + 2 * sector + 2)?
            .to_vec();
        let Some(end) = record.get_mut(sector * 512 - 2..sector * 512) else {
            break;
        };
        if end != sign {
            return None;
        }
        end.copy_from_slice(&kept);
    }
    Some(record)
}

/// What the records of one file say.
#[derive(Default)]
struct Found {
    folder: bool,
    /// Parents and names, Windows' own before those for DOS.
    names: Vec<(u64, String)>,
    streams: Vec<Stream>,
}

/// One stream of data, perhaps in several pieces.
struct Stream {
    name: String,
    size: u64,
    resident: Option<Vec<u8>>,
    /// The first cluster of a piece, and its list of runs as it stands.
    pieces: Vec<(u64, Vec<u8>)>,
    compressed: bool,
    encrypted: bool,
}

impl Found {
    fn take(&mut self, attribute: &Attribute<'_>) {
        match attribute.kind {
            0x30 if !attribute.remote => {
                let value = attribute.value();
                let len = usize::from(value.get(64).copied().unwrap_or(0)) * 2;
                let name = utf16_le(value.get(66..66 + len).unwrap_or_default());
                let parent = u64_at(value, 0) & RECORD;
                if name.is_empty() || self.names.len() >= NAMES {
                    return;
                }
                if value.get(65) == Some(&2) {
                    self.names.push((parent, name));
                } else {
                    self.names.insert(0, (parent, name));
                }
            }
            0x80 => self.data(attribute),
            _ => {}
        }
    }

    fn data(&mut self, attribute: &Attribute<'_>) {
        let name = attribute.name();
        let known = self.streams.iter().position(|stream| stream.name == name);
        let index = known.unwrap_or(self.streams.len());
        if known.is_none() {
            if self.streams.len() >= STREAMS {
                return;
            }
            self.streams.push(Stream {
                name,
                size: 0,
                resident: None,
                pieces: Vec::new(),
                compressed: false,
                encrypted: false,
            });
        }
        let Some(stream) = self.streams.get_mut(index) else {
            return;
        };
        let flags = u16_at(attribute.bytes, 12);
        stream.compressed |= flags & 0xff != 0;
        stream.encrypted |= flags & 0x4000 != 0;
        if !attribute.remote {
            let value = attribute.value().to_vec();
            stream.size = value.len() as u64;
            stream.resident = Some(value);
            return;
        }
        let first = u64_at(attribute.bytes, 16);
        if first == 0 {
            stream.size = u64_at(attribute.bytes, 48);
        }
        let runs = usize::from(u16_at(attribute.bytes, 32));
        let runs = attribute.bytes.get(runs..).unwrap_or_default().to_vec();
        stream.pieces.push((first, runs));
    }
}

impl Stream {
    fn content(&self, disk: &Disk) -> Content {
        if self.encrypted {
            return Content::Closed(NotOpened::Encrypted, self.size);
        }
        if let Some(bytes) = &self.resident {
            return Content::Bytes(bytes.clone());
        }
        let mut pieces: Vec<&(u64, Vec<u8>)> = self.pieces.iter().collect();
        pieces.sort_by_key(|(first, _)| *first);
        let runs: Vec<Run> = pieces
            .into_iter()
            .flat_map(|(_, list)| runs(list, disk.cluster))
            .collect();
        // Compressed units end in holes. A file that is marked and has none lies there as it is.
        if self.compressed && runs.iter().any(|run| run.at.is_none()) {
            return Content::Closed(NotOpened::Unsupported, self.size);
        }
        Content::Runs(runs, self.size)
    }
}

/// A list of runs: lengths and distances in clusters, each as long as a byte before them says.
fn runs(mut list: &[u8], cluster: u64) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut place = 0_i64;
    while let Some((header, rest)) = list.split_first() {
        let (length, distance) = (usize::from(header & 15), usize::from(header >> 4));
        if *header == 0 || length > 8 || distance > 8 || runs.len() >= RUNS {
            break;
        }
        let (Some(len), Some(by)) = (rest.get(..length), rest.get(length..length + distance))
        else {
            break;
        };
        list = rest.get(length + distance..).unwrap_or_default();
        let len = len
            .iter()
            .rev()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let negative = by.last().is_some_and(|last| *last >= 0x80);
        let start = if negative { -1_i64 } else { 0 };
        let by = by
            .iter()
            .rev()
            .fold(start, |number, byte| number << 8 | i64::from(*byte));
        let at = (distance > 0).then(|| {
            place = place.wrapping_add(by);
            let at = u64::try_from(place).ok();
            at.and_then(|at| at.checked_mul(cluster))
                .unwrap_or(u64::MAX)
        });
        runs.push(Run {
            len: len.saturating_mul(cluster),
            at,
        });
    }
    runs
}

struct Attribute<'b> {
    kind: u32,
    bytes: &'b [u8],
    /// Whether its value lies elsewhere.
    remote: bool,
}

impl<'b> Attribute<'b> {
    /// A value that lies in the record.
    fn value(&self) -> &'b [u8] {
        let start = usize::from(u16_at(self.bytes, 20));
        let len = usize::try_from(u32_at(self.bytes, 16)).unwrap_or(0);
        let end = start.saturating_add(len);
        self.bytes.get(start..end).unwrap_or_default()
    }

    fn name(&self) -> String {
        let len = usize::from(self.bytes.get(9).copied().unwrap_or(0)) * 2;
        let start = usize::from(u16_at(self.bytes, 10));
        utf16_le(self.bytes.get(start..start + len).unwrap_or_default())
    }
}

/// The attributes of a record.
struct Attributes<'b> {
    rest: &'b [u8],
}

impl<'b> Attributes<'b> {
    fn of(record: &'b [u8]) -> Self {
        let start = usize::from(u16_at(record, 20));
        Self {
            rest: record.get(start..).unwrap_or_default(),
        }
    }
}

impl<'b> Iterator for Attributes<'b> {
    type Item = Attribute<'b>;

    fn next(&mut self) -> Option<Attribute<'b>> {
        let kind = u32_at(self.rest, 0);
        let len = usize::try_from(u32_at(self.rest, 4)).ok()?;
        if kind == u32::MAX || len < 24 {
            return None;
        }
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        let remote = bytes.get(8).is_some_and(|form| *form != 0);
        Some(Attribute {
            kind,
            bytes,
            remote,
        })
    }
}

/// A reference's record number; above it stands how often the record was used.
const RECORD: u64 = 0xffff_ffff_ffff;
const ROOT: u64 = 5;
/// The folder of the system's further files.
const EXTEND: u64 = 11;
/// Records that belong to the system.
const SYSTEM: u64 = 16;
/// Bytes of the table that are read.
const TABLE: u64 = 256 << 20;
const NAMES: usize = 16;
const STREAMS: usize = 64;
/// Runs of one piece that are read.
const RUNS: usize = 64 << 10;
