//! Partitions: MBR with extended partitions, GPT (UEFI 2.10, 5.3); a disk may also be one file system
//! from its first sector on.

use std::collections::HashSet;

use super::{iso, u32_at, u64_at, udf, volume};
use crate::{
    content::{
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Opens the file systems of a disk.
pub(super) fn open(inside: &mut Inside<'_, '_>, source: &Source) -> Result<(), NotOpened> {
    // A disc that starts like a disk (isohybrid) is read as a disc.
    let disc = inside.is_kind("iso") && (iso::is_here(source) || udf::is_here(source));
    let whole = if disc {
        Ok(true)
    } else {
        volume(inside, source, "")
    };
    let known = whole.clone().unwrap_or(false);
    let mut why = whole.err();
    let partitions = find(inside, source)?;
    let several = partitions.len() > 1;
    let mut some = known || why.is_some();
    for (number, (start, len)) in partitions.into_iter().enumerate() {
        inside.spending().check()?;
        let name = format!("partition {}", number + 1);
        let piece = source.piece(start, len);
        match volume(inside, &piece, if several || known { &name } else { "" }) {
            Ok(true) => some = true,
            // A boot sector whose code looks like partitions has none.
            Ok(false) if known => {}
            Ok(false) => {
                // Space that was never formatted holds nothing.
                let empty = piece.up_to(0, 64 << 10).iter().all(|byte| *byte == 0);
                some = true;
                if !empty {
                    let mut member = Member::named(name);
                    member.declared = piece.len();
                    inside.closed(member, NotOpened::Unsupported)?;
                }
            }
            Err(error) => why = why.or(Some(error)),
        }
    }
    match why {
        Some(why) => Err(why),
        None if some => Ok(()),
        // An empty disk is open; another one is of a kind that is not known.
        None if source.up_to(0, 64 << 10).iter().all(|byte| *byte == 0) => Ok(()),
        None => Err(NotOpened::Unsupported),
    }
}

/// Places and lengths of partitions, each once.
fn find(inside: &mut Inside<'_, '_>, source: &Source) -> Result<Vec<(u64, u64)>, NotOpened> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut take = |start: u64, len: u64| {
        if start > 0 && len > 0 && start < source.len() && seen.insert(start) {
            found.push((start, len));
        }
    };
    let first = source.up_to(0, 512);
    let mut gpt = false;
    if first.ends_with(b"\x55\xaa") {
        for entry in entries(&first) {
            match entry.kind {
                0 => {}
                0xee => gpt = true,
                0x05 | 0x0f | 0x85 => {
                    for (start, len) in extended(inside, source, entry.start)? {
                        take(start, len);
                    }
                }
                _ => take(entry.start * SECTOR, entry.len * SECTOR),
            }
        }
    }
    for sector in [512_u64, 4096] {
        let header = source.up_to(sector, 92);
        if !header.starts_with(b"EFI PART") || !(gpt || found_nothing(&first)) {
            continue;
        }
        let size = u32_at(&header, 84);
        if !(128..=4096).contains(&size) {
            return Err(NotOpened::Damaged);
        }
        let table = u64_at(&header, 72).saturating_mul(sector);
        for number in 0..u64::from(u32_at(&header, 80).min(GPT_ENTRIES)) {
            inside.spending().check()?;
            let at = table.saturating_add(number.saturating_mul(u64::from(size)));
            let entry = source.up_to(at, 56);
            if entry.len() < 56 || entry.iter().take(16).all(|byte| *byte == 0) {
                continue;
            }
            let (first, last) = (u64_at(&entry, 32), u64_at(&entry, 40));
            let len = last.saturating_sub(first).saturating_add(1);
            take(first.saturating_mul(sector), len.saturating_mul(sector));
        }
    }
    Ok(found)
}

fn found_nothing(first: &[u8]) -> bool {
    !first.ends_with(b"\x55\xaa")
}

struct Entry {
    kind: u8,
    start: u64,
    len: u64,
}

/// The four entries of a boot record; none where one of them cannot be.
fn entries(block: &[u8]) -> Vec<Entry> {
    let table = block.get(446..510).unwrap_or_default();
    let entries = table.chunks_exact(16);
    let sound = entries
        .clone()
        .all(|entry| matches!(entry.first(), Some(0 | 0x80)));
    let entries = entries.filter(|_| sound).map(|entry| Entry {
        kind: entry.get(4).copied().unwrap_or(0),
        start: u64::from(u32_at(entry, 8)),
        len: u64::from(u32_at(entry, 12)),
    });
    entries.collect()
}

/// The chain of boot records in an extended partition.
fn extended(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    base: u64,
) -> Result<Vec<(u64, u64)>, NotOpened> {
    let mut found = Vec::new();
    let mut next = Some(base);
    for _ in 0..EXTENDED {
        inside.spending().check()?;
        let Some(at) = next.take() else { break };
        let block = source.up_to(at.saturating_mul(SECTOR), 512);
        if !block.ends_with(b"\x55\xaa") {
            break;
        }
        for entry in entries(&block) {
            match entry.kind {
                0 => {}
                0x05 | 0x0f | 0x85 => next = Some(base.saturating_add(entry.start)),
                _ => {
                    let start = at.saturating_add(entry.start);
                    found.push((start.saturating_mul(SECTOR), entry.len * SECTOR));
                }
            }
        }
    }
    Ok(found)
}

const SECTOR: u64 = 512;
/// Logical partitions that are looked at.
const EXTENDED: usize = 64;
/// Entries of a GPT that are looked at.
const GPT_ENTRIES: u32 = 256;
