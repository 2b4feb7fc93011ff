//! VHDX ([MS-VHDX]): the disk as its block table gives it. A log that was not played back is left
//! alone: it holds changes of the table of a disk that was in use.

use super::{u16_at, u32_at, u64_at};
use crate::{
    content::{
        budget::Held,
        opener::Inside,
        source::{Run, Source},
    },
    facts::NotOpened,
};

/// The disk that the image holds.
///
/// # Errors
/// Disks with a parent are unsupported: half of them lies elsewhere.
pub(super) fn disk(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(Source, Held), NotOpened> {
    let (mut table, mut metadata) = (None, None);
    for at in [192 << 10, 256 << 10] {
        let regions = source.up_to(at, 64 << 10);
        if !regions.starts_with(b"regi") {
            continue;
        }
        for entry in regions
            .get(16..)
            .unwrap_or_default()
            .chunks_exact(32)
            .take(2047)
        {
            match entry.first_chunk::<16>() {
                Some(&TABLE) => table = table.or(Some((u64_at(entry, 16), u32_at(entry, 24)))),
                Some(&METADATA) => metadata = metadata.or(Some(u64_at(entry, 16))),
                _ => {}
            }
        }
    }
    let ((table, table_len), metadata) = table.zip(metadata).ok_or(NotOpened::Damaged)?;
    let items = source.up_to(metadata, 64 << 10);
    if !items.starts_with(b"metadata") {
        return Err(NotOpened::Damaged);
    }
    let (mut block, mut size, mut sector, mut parent) = (0, 0, 512_u64, false);
    let count = usize::from(u16_at(&items, 10)).min(2047);
    for entry in items
        .get(32..)
        .unwrap_or_default()
        .chunks_exact(32)
        .take(count)
    {
        let at = metadata.saturating_add(u64::from(u32_at(entry, 16)));
        let value = source.up_to(at, 8);
        match entry.first_chunk::<16>() {
            Some(&PARAMETERS) => {
                block = u64::from(u32_at(&value, 0));
                parent = u32_at(&value, 4) & 2 != 0;
            }
            Some(&DISK_SIZE) => size = u64_at(&value, 0),
            Some(&SECTOR_SIZE) => sector = u64::from(u32_at(&value, 0)),
            _ => {}
        }
    }
    if parent {
        return Err(NotOpened::Unsupported);
    }
    if !block.is_power_of_two() || block < 1 << 20 || !matches!(sector, 512 | 4096) {
        return Err(NotOpened::Damaged);
    }
    // Behind so many blocks the table has an entry for their bitmap.
    let ratio = ((sector << 23) / block).max(1);
    let entries = u64::from(table_len).min(source.len()) / 8;
    let held = inside.spending().hold(entries.saturating_mul(64))?;
    let bytes = source.up_to(table, usize::try_from(entries * 8).unwrap_or(0));
    let entries = bytes.chunks_exact(8).map(|entry| u64_at(entry, 0));
    let blocks = (0_u64..)
        .zip(entries)
        .filter(|(number, _)| number % (ratio + 1) != ratio)
        .take(usize::try_from(size.div_ceil(block)).unwrap_or(usize::MAX));
    let disk = source.mapped(blocks.map(|(_, entry)| Run {
        len: block,
        // Present, wholly or in part.
        at: matches!(entry & 7, 6 | 7).then_some(entry & !0xf_ffff),
    }));
    Ok((disk.piece(0, size), held))
}

const TABLE: [u8; 16] = *b"\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08";
const METADATA: [u8; 16] = *b"\x06\xa2\x7c\x8b\x90\x47\x9a\x4b\xb8\xfe\x57\x5f\x05\x0f\x88\x6e";
const PARAMETERS: [u8; 16] = *b"\x37\x67\xa1\xca\x36\xfa\x43\x4d\xb3\xb6\x33\xf0\xaa\x44\xe7\x6b";
const DISK_SIZE: [u8; 16] = *b"\x24\x42\xa5\x2f\x1b\xcd\x76\x48\xb2\x11\x5d\xbe\xd8\x3b\xf4\xb8";
const SECTOR_SIZE: [u8; 16] = *b"\x1d\xbf\x41\x81\x6f\xa9\x09\x47\xba\x47\xf2\x33\xa8\xfa\xab\x5f";
