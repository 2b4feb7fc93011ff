//! FAT12, FAT16 and FAT32 (Microsoft, FAT: General Overview of On-Disk Format 1.03), with long names.

use super::{
    DEPTH,
    files::{Content, Files},
    join, kept, u16_at, u32_at,
};
use crate::{
    content::{
        member_name,
        opener::Inside,
        source::{Run, Source},
    },
    facts::NotOpened,
};

/// Whether a boot sector of a FAT stands here.
pub(super) fn is_here(source: &Source) -> bool {
    Layout::read(&source.up_to(0, 512)).is_some()
}

/// Walks the tree.
pub(super) fn walk(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    files: &mut Files,
    prefix: &str,
) -> Result<(), NotOpened> {
    let layout = Layout::read(&source.up_to(0, 512)).ok_or(NotOpened::Damaged)?;
    let mut table = Table {
        source,
        start: layout.table,
        bits: layout.bits,
        at: 0,
        window: Vec::new(),
    };
    let mut damaged = false;
    let mut open = vec![(layout.root_cluster, prefix.to_owned(), 0)];
    while let Some((cluster, path, depth)) = open.pop() {
        if !files.is_new_folder(0, u64::from(cluster)) {
            continue;
        }
        let runs = if cluster == 0 {
            vec![layout.root]
        } else {
            layout.chain(inside, files, &mut table, cluster, FOLDER)?.0
        };
        let size = runs
            .iter()
            .fold(0_u64, |sum, run| sum.saturating_add(run.len));
        let list = source.mapped(runs);
        let list = list.up_to(0, usize::try_from(size.min(FOLDER)).unwrap_or(0));
        let mut long = LongName::default();
        for entry in list.chunks_exact(32) {
            files.entry(inside)?;
            let attributes = entry.get(11).copied().unwrap_or(0);
            match entry.first() {
                None | Some(0) => break,
                Some(0xe5) => {
                    long = LongName::default();
                    continue;
                }
                Some(_) if attributes & 0x3f == 0x0f => {
                    long.take(entry);
                    continue;
                }
                Some(b'.') => continue,
                Some(_) => {}
            }
            let long = std::mem::take(&mut long);
            if attributes & 0x08 != 0 {
                continue;
            }
            let mut names: Vec<String> = long.of(entry).into_iter().collect();
            for name in member_name::readings(&short_name(entry), false) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let names: Vec<String> = names.iter().map(|name| join(&path, name)).collect();
            let high = if layout.bits == 32 {
                u16_at(entry, 20)
            } else {
                0
            };
            let cluster = u32::from(high) << 16 | u32::from(u16_at(entry, 26));
            if attributes & 0x10 != 0 {
                if depth < DEPTH && cluster >= 2 {
                    let name = names.into_iter().next().unwrap_or_default();
                    files.keep(inside, kept(&name))?;
                    open.push((cluster, name, depth + 1));
                } else {
                    damaged = true;
                }
                continue;
            }
            let size = u64::from(u32_at(entry, 28));
            let (runs, _) = layout.chain(inside, files, &mut table, cluster, size)?;
            files.add(inside, names, Content::Runs(runs, size))?;
        }
    }
    if damaged {
        return Err(NotOpened::Damaged);
    }
    Ok(())
}

/// Where things are, in bytes.
struct Layout {
    table: u64,
    bits: u32,
    /// The root folder of FAT12 and FAT16.
    root: Run,
    /// The root folder of FAT32; 0: it has no cluster.
    root_cluster: u32,
    data: u64,
    cluster: u64,
    clusters: u64,
}

impl Layout {
    fn read(boot: &[u8]) -> Option<Self> {
        let sector = u64::from(u16_at(boot, 11));
        let cluster = u64::from(*boot.get(13)?);
        let reserved = u64::from(u16_at(boot, 14));
        let tables = u64::from(*boot.get(16)?);
        let entries = u64::from(u16_at(boot, 17));
        let media = *boot.get(21)?;
        let sound = matches!(boot.first(), Some(0xeb | 0xe9))
            && matches!(sector, 512 | 1024 | 2048 | 4096)
            && cluster.is_power_of_two()
            && reserved > 0
            && (1..=4).contains(&tables)
            && media >= 0xf0;
        let small = u64::from(u16_at(boot, 19));
        let all = if small == 0 {
            u64::from(u32_at(boot, 32))
        } else {
            small
        };
        let table = u64::from(u16_at(boot, 22));
        let wide = table == 0;
        let table = if wide {
            u64::from(u32_at(boot, 36))
        } else {
            table
        };
        if !sound || table == 0 || all == 0 {
            return None;
        }
        let root = reserved + tables * table;
        let data = root + (entries * 32).div_ceil(sector);
        let clusters = all.checked_sub(data)? / cluster;
        let bits = match clusters {
            _ if wide => 32,
            0..4085 => 12,
            _ => 16,
        };
        Some(Self {
            table: reserved * sector,
            bits,
            root: Run {
                len: entries * 32,
                at: Some(root * sector),
            },
            root_cluster: if wide { u32_at(boot, 44) } else { 0 },
            data: data * sector,
            cluster: cluster * sector,
            clusters,
        })
    }

    /// The clusters of a file, until they hold `size` bytes; and whether they do.
    fn chain(
        &self,
        inside: &mut Inside<'_, '_>,
        files: &mut Files,
        table: &mut Table<'_>,
        first: u32,
        size: u64,
    ) -> Result<(Vec<Run>, bool), NotOpened> {
        let mut runs: Vec<Run> = Vec::new();
        let (mut cluster, mut len, mut count) = (first, 0_u64, 0_u64);
        while len < size {
            let number = u64::from(cluster);
            // A chain that is longer than the disk goes in a circle.
            if number < 2 || number >= self.clusters + 2 || count > self.clusters {
                return Ok((runs, false));
            }
            if count % 4096 == 0 {
                inside.spending().check()?;
            }
            count += 1;
            let at = self
                .data
                .saturating_add((number - 2).saturating_mul(self.cluster));
            match runs.last_mut() {
                Some(run) if run.at.and_then(|start| start.checked_add(run.len)) == Some(at) => {
                    run.len = run.len.saturating_add(self.cluster);
                }
                _ => {
                    files.keep(inside, size_of::<Run>() as u64)?;
                    runs.push(Run {
                        len: self.cluster,
                        at: Some(at),
                    });
                }
            }
            len = len.saturating_add(self.cluster);
            cluster = table.next(cluster);
        }
        Ok((runs, true))
    }
}

/// The allocation table, read a piece at a time.
struct Table<'s> {
    source: &'s Source,
    start: u64,
    bits: u32,
    at: u64,
    window: Vec<u8>,
}

impl Table<'_> {
    /// The cluster that follows; 0 at the end of a chain.
    fn next(&mut self, cluster: u32) -> u32 {
        let number = u64::from(cluster);
        let at = self.start.saturating_add(number * u64::from(self.bits) / 8);
        let inside = at
            .checked_sub(self.at)
            .and_then(|inside| usize::try_from(inside).ok());
        let inside = match inside {
            Some(inside) if inside + 4 <= self.window.len() => inside,
            _ => {
                self.at = at;
                self.window = self.source.up_to(at, WINDOW);
                0
            }
        };
        let next = match self.bits {
            12 => {
                let pair = u32::from(u16_at(&self.window, inside));
                let next = if number % 2 == 1 {
                    pair >> 4
                } else {
                    pair & 0xfff
                };
                if next >= 0xff7 { 0 } else { next }
            }
            16 => match u32::from(u16_at(&self.window, inside)) {
                0xfff7.. => 0,
                next => next,
            },
            _ => match u32_at(&self.window, inside) & 0x0fff_ffff {
                0x0fff_fff7.. => 0,
                next => next,
            },
        };
        if inside + 4 > self.window.len() && self.bits == 32 {
            0
        } else {
            next
        }
    }
}

/// A long name, which stands in entries before the file's own, its end first.
#[derive(Default)]
struct LongName {
    units: Vec<u16>,
    sum: u8,
}

impl LongName {
    fn take(&mut self, entry: &[u8]) {
        let order = entry.first().copied().unwrap_or(0);
        if order & 0x40 != 0 {
            self.units.clear();
            self.sum = entry.get(13).copied().unwrap_or(0);
        }
        let mut units: Vec<u16> = Vec::with_capacity(13);
        for range in [1..11, 14..26, 28..32] {
            let bytes = entry.get(range).unwrap_or_default();
            units.extend(bytes.chunks_exact(2).map(|pair| u16_at(pair, 0)));
        }
        let end = units.iter().position(|unit| *unit == 0);
        units.truncate(end.unwrap_or(units.len()));
        units.append(&mut self.units);
        units.truncate(260);
        self.units = units;
    }

    /// The name, if it belongs to this entry.
    fn of(&self, entry: &[u8]) -> Option<String> {
        let name = entry.get(..11).unwrap_or_default();
        let sum = name
            .iter()
            .fold(0_u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte));
        (!self.units.is_empty() && sum == self.sum).then(|| String::from_utf16_lossy(&self.units))
    }
}

/// `NAME    EXT` as a name; Windows NT notes which half is in lower case.
fn short_name(entry: &[u8]) -> Vec<u8> {
    let lower = entry.get(12).copied().unwrap_or(0);
    let part = |range: std::ops::Range<usize>, bit: u8| {
        let mut bytes = entry
            .get(range)
            .unwrap_or_default()
            .trim_ascii_end()
            .to_vec();
        if lower & bit != 0 {
            bytes.make_ascii_lowercase();
        }
        bytes
    };
    let (mut name, extension) = (part(0..8, 0x08), part(8..11, 0x10));
    if let Some(first @ 5) = name.first_mut() {
        *first = 0xe5;
    }
    if !extension.is_empty() {
        name.push(b'.');
        name.extend(extension);
    }
    name
}

/// Bytes of a folder that are read: 65,536 entries.
const FOLDER: u64 = 2 << 20;
const WINDOW: usize = 64 << 10;
