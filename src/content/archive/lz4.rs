//! LZ4 frames: the frame format (1.6.4), the frames of old (`lz4 -l`), and frames to be skipped. The
//! blocks are unpacked by `lz4_flex`; the frames are read here because its own reader takes an empty
//! block for the end and a cut frame for a whole one.

use std::io::{Read, Seek, SeekFrom, Write};

use lz4_flex::block::decompress_into_with_dict;

use super::stream::{Stop, read_u32};
use crate::content::source::Cursor;

/// Unpacks all frames. Checksums are not asked: what is there is judged.
pub(super) fn decode(cursor: &mut Cursor, to: &mut dyn Write) -> Result<(), Stop> {
    let mut known = false;
    loop {
        let Some(magic) = read_u32(cursor) else {
            return if known { Ok(()) } else { Err(Stop::Damaged) };
        };
        match magic {
            MAGIC => frame(cursor, to)?,
            LEGACY => legacy(cursor, to)?,
            _ if magic & !0xf == SKIPPABLE => {
                let len = read_u32(cursor).ok_or(Stop::Damaged)?;
                let _ = cursor.seek(SeekFrom::Current(i64::from(len)));
            }
            _ if known => return Err(Stop::Trailing),
            _ => return Err(Stop::Damaged),
        }
        known = true;
    }
}

fn frame(cursor: &mut Cursor, to: &mut dyn Write) -> Result<(), Stop> {
    let mut descriptor = [0; 2];
    cursor
        .read_exact(&mut descriptor)
        .map_err(|_| Stop::Damaged)?;
    let [flags, sizes] = descriptor;
    if flags >> 6 != 1 {
        return Err(Stop::Unsupported);
    }
    let block = match sizes >> 4 & 7 {
        4 => 64 << 10,
        5 => 256 << 10,
        6 => 1 << 20,
        7 => 4 << 20,
        _ => return Err(Stop::Damaged),
    };
    if flags & 1 != 0 {
        // A dictionary that is not here.
        return Err(Stop::Unsupported);
    }
    let linked = flags & 0x20 == 0;
    // Size of the content, checksum of the header.
    let rest = if flags & 8 != 0 { 9 } else { 1 };
    let _ = cursor.seek(SeekFrom::Current(rest));
    let mut window = Vec::new();
    let (mut packed, mut plain) = (Vec::new(), vec![0; block]);
    loop {
        let size = read_u32(cursor).ok_or(Stop::Damaged)?;
        if size == 0 {
            break;
        }
        let len = usize::try_from(size & 0x7fff_ffff).unwrap_or(usize::MAX);
        if len > block {
            return Err(Stop::Damaged);
        }
        packed.resize(len, 0);
        cursor.read_exact(&mut packed).map_err(|_| Stop::Damaged)?;
        let made = if size >> 31 == 1 {
            packed.as_slice()
        } else {
            let len = decompress_into_with_dict(&packed, &mut plain, &window);
            let len = len.map_err(|_| Stop::Damaged)?;
            plain.get(..len).unwrap_or_default()
        };
        to.write_all(made).map_err(|_| Stop::Full)?;
        if linked {
            window.extend_from_slice(made);
            window.drain(..window.len().saturating_sub(WINDOW));
        }
        if flags & 0x10 != 0 {
            let _ = cursor.seek(SeekFrom::Current(4));
        }
    }
    if flags & 4 != 0 {
        let _ = cursor.seek(SeekFrom::Current(4));
    }
    Ok(())
}

/// Blocks of 8 MiB until the end, or until what can be no size.
fn legacy(cursor: &mut Cursor, to: &mut dyn Write) -> Result<(), Stop> {
    let (mut packed, mut plain) = (Vec::new(), vec![0; LEGACY_BLOCK]);
    while let Some(size) = read_u32(cursor) {
        if size == MAGIC || size == LEGACY || size & !0xf == SKIPPABLE {
            let _ = cursor.seek(SeekFrom::Current(-4));
            return Ok(());
        }
        let len = usize::try_from(size).unwrap_or(usize::MAX);
        if len > LEGACY_BLOCK + LEGACY_BLOCK / 255 + 16 {
            return Err(Stop::Damaged);
        }
        packed.resize(len, 0);
        cursor.read_exact(&mut packed).map_err(|_| Stop::Damaged)?;
        let len = decompress_into_with_dict(&packed, &mut plain, &[]);
        let len = len.map_err(|_| Stop::Damaged)?;
        to.write_all(plain.get(..len).unwrap_or_default())
            .map_err(|_| Stop::Full)?;
    }
    Ok(())
}

const MAGIC: u32 = 0x184d_2204;
const LEGACY: u32 = 0x184c_2102;
const SKIPPABLE: u32 = 0x184d_2a50;
const LEGACY_BLOCK: usize = 8 << 20;
const WINDOW: usize = 64 << 10;
/// Memory that the largest blocks need, in bytes.
pub(super) const MEMORY: u64 = 17 << 20;
