//! Readers of disk images and file systems: optical discs (ISO 9660, UDF), virtual disks (VHD, VHDX),
//! partitions, and the file systems of DOS and Windows.
//!
//! A virtual disk is a [`Source`] of mapped pieces: nothing is copied, and what it does not hold
//! costs nothing. A file system is walked into [`Files`], each with where its bytes lie; they are
//! handed on at the end, each once, with all the names that the trees of the image give it.

mod exfat;
mod fat;
mod files;
mod iso;
mod ntfs;
mod partition;
#[cfg(test)]
mod tests;
mod udf;
mod vhd;
mod vhdx;

use super::{opener::Inside, source::Source};
use crate::facts::{NotOpened, Place};
use files::Files;

/// An optical disc: every tree of it, of UDF and of ISO 9660.
pub(super) fn optical(inside: &mut Inside<'_, '_>, source: &Source) -> Result<(), NotOpened> {
    inside.set_place(Place::Archive);
    let source = iso::plain_sectors(source);
    let mut files = Files::new(inside);
    let read = discs(inside, &source, &mut files, "");
    files.hand_out(inside, &source)?;
    read
}

fn discs(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    files: &mut Files,
    prefix: &str,
) -> Result<(), NotOpened> {
    let mut known = false;
    let mut why = None;
    for read in [udf::walk, iso::walk] {
        match read(inside, source, files, prefix) {
            Ok(found) => known |= found,
            Err(error) => why = why.or(Some(error)),
        }
    }
    match why {
        Some(why) => Err(why),
        None if known => Ok(()),
        None => Err(NotOpened::Damaged),
    }
}

/// A disk: a file system, or partitions with file systems.
pub(super) fn disk(inside: &mut Inside<'_, '_>, source: &Source) -> Result<(), NotOpened> {
    inside.set_place(Place::Archive);
    partition::open(inside, source)
}

/// A virtual disk of Virtual PC and Hyper-V.
pub(super) fn vhd(inside: &mut Inside<'_, '_>, source: &Source) -> Result<(), NotOpened> {
    let (disk, _held) = vhd::disk(inside, source)?;
    if !disk.is_mapped() && inside.is_kind("fat") {
        // A fixed disk lies there as it is, and is read as what it also is.
        return Ok(());
    }
    self::disk(inside, &disk)
}

/// A virtual disk of Hyper-V since 2012.
pub(super) fn vhdx(inside: &mut Inside<'_, '_>, source: &Source) -> Result<(), NotOpened> {
    let (source, _held) = vhdx::disk(inside, source)?;
    disk(inside, &source)
}

/// A file system that may stand anywhere. `Ok(false)`: none that is known.
fn volume(inside: &mut Inside<'_, '_>, source: &Source, prefix: &str) -> Result<bool, NotOpened> {
    let mut files = Files::new(inside);
    let read = if ntfs::is_here(source) {
        ntfs::walk(inside, source, &mut files, prefix)
    } else if exfat::is_here(source) {
        exfat::walk(inside, source, &mut files, prefix)
    } else if fat::is_here(source) {
        fat::walk(inside, source, &mut files, prefix)
    } else if iso::is_here(source) || udf::is_here(source) {
        discs(inside, source, &mut files, prefix)
    } else {
        return Ok(false);
    };
    files.hand_out(inside, source)?;
    read.map(|()| true)
}

/// A little-endian number in a block; 0 where the block is too short.
fn u16_at(block: &[u8], at: usize) -> u16 {
    let bytes = block.get(at..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// As [`u16_at`].
fn u32_at(block: &[u8], at: usize) -> u32 {
    let bytes = block.get(at..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// As [`u16_at`].
fn u64_at(block: &[u8], at: usize) -> u64 {
    let bytes = block.get(at..).and_then(|rest| rest.first_chunk());
    bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// UTF-16 in little endian, up to the first NUL.
fn utf16_le(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16_at(pair, 0));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}

/// UTF-16 in big endian.
fn utf16_be(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16_at(pair, 0).swap_bytes());
    String::from_utf16_lossy(&units.collect::<Vec<u16>>())
}

/// A folder's path and a name in it.
fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// Bytes that are kept for a folder that is still to be walked.
fn kept(path: &str) -> u64 {
    path.len() as u64 + 64
}

/// Folders inside each other that are walked.
const DEPTH: usize = 64;
