//! VHD (Microsoft, Virtual Hard Disk Image Format Specification 1.0): fixed and dynamic disks.

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
/// Differencing disks are unsupported: half of them lies elsewhere.
pub(super) fn disk(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(Source, Held), NotOpened> {
    // Virtual PC before 2004 wrote a footer of 511 bytes.
    let places = [
        source.len().checked_sub(512),
        source.len().checked_sub(511),
        Some(0),
    ];
    let mut footers = places.into_iter().flatten();
    let found = footers.find_map(|at| {
        let footer = source.up_to(at, 511);
        footer.starts_with(b"conectix").then_some((at, footer))
    });
    let (at, footer) = found.ok_or(NotOpened::Damaged)?;
    match u32_be(&footer, 60) {
        2 => Ok((source.piece(0, at), inside.spending().hold(0)?)),
        3 => dynamic(inside, source, &footer),
        4 => Err(NotOpened::Unsupported),
        _ => Err(NotOpened::Damaged),
    }
}

fn dynamic(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    footer: &[u8],
) -> Result<(Source, Held), NotOpened> {
    let header = source
        .bytes(u64_be(footer, 16), 1024)
        .ok_or(NotOpened::Damaged)?;
    if !header.starts_with(b"cxsparse") {
        return Err(NotOpened::Damaged);
    }
    let table = u64_be(&header, 16);
    let entries = u64::from(u32_be(&header, 28));
    let block = u64::from(u32_be(&header, 32));
    if !block.is_power_of_two() || block < 512 {
        return Err(NotOpened::Damaged);
    }
    // The table lies in the file, so no more entries than fit there are asked for.
    let entries = entries.min(source.len() / 4);
    let held = inside.spending().hold(entries.saturating_mul(64))?;
    let bytes = source.up_to(table, usize::try_from(entries * 4).unwrap_or(0));
    let bitmap = (block / 512).div_ceil(8).next_multiple_of(512);
    let disk = source.mapped(bytes.chunks_exact(4).map(|entry| {
        let sector = u32_be(entry, 0);
        let at = u64::from(sector) * 512 + bitmap;
        Run {
            len: block,
            at: (sector != u32::MAX).then_some(at),
        }
    }));
    Ok((disk, held))
}

fn u32_be(block: &[u8], at: usize) -> u32 {
    super::u32_at(block, at).swap_bytes()
}

fn u64_be(block: &[u8], at: usize) -> u64 {
    super::u64_at(block, at).swap_bytes()
}
