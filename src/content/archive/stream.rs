//! Compressed files: one file in, one file out. What several programs wrote one behind the other
//! (members, streams, frames) is one file, as their unpackers make it.

use std::io::{self, BufRead, Read, Seek, SeekFrom, Write};

use bzip2::bufread::BzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::{LzmaReader, XzReader};
use ruzstd::decoding::{
    FrameDecoder, StreamingDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};

use super::{lz4, lzw};
use crate::{
    content::{
        member_name,
        opener::{Inside, Member},
        source::{Cursor, Source},
    },
    facts::NotOpened,
};

/// Why a decoder stopped before the end.
pub(super) enum Stop {
    /// The bytes make no sense, or end too early.
    Damaged,
    /// A method or a dictionary that is not known.
    Unsupported,
    /// It wants more memory than it was given, in bytes.
    Memory(u64),
    /// What was unpacked is not taken any more: whoever stopped it knows why.
    Full,
    /// All is well, but bytes that are not its own follow.
    Trailing,
}

/// gzip (RFC 1952), all members of it one behind the other as `gunzip` does.
pub(in crate::content) fn gzip(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let _held = inside.spending().hold(64 << 10)?;
    let member = member(inside, source, gzip_name(source));
    unpack(inside, source, member, |cursor, to| {
        loop {
            copy(&mut GzDecoder::new(&mut *cursor), to)?;
            // Padding to the end of a tape's block is no more.
            another(cursor, &|next| next.starts_with(b"\x1f\x8b"), true)?;
            if cursor.fill_buf().map_or(true, <[u8]>::is_empty) {
                return Ok(());
            }
        }
    })
}

/// The name of the file that was packed (RFC 1952, FNAME): ISO 8859-1 by the standard, UTF-8 in fact.
fn gzip_name(source: &Source) -> Vec<String> {
    let head = source.up_to(0, 1 << 10);
    let flags = head.get(3).copied().unwrap_or(0);
    let mut at = 10;
    if flags & 8 == 0 {
        return Vec::new();
    }
    if flags & 4 != 0 {
        let len = head.get(10..12).and_then(|len| len.try_into().ok());
        at = 12 + len.map_or(0, |len| usize::from(u16::from_le_bytes(len)));
    }
    let rest = head.get(at..).unwrap_or_default();
    match memchr::memchr(0, rest) {
        Some(end) if end > 0 => member_name::readings(rest.get(..end).unwrap_or_default(), false),
        _ => Vec::new(),
    }
}

/// bzip2, all streams of it.
pub(in crate::content) fn bzip2(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let _held = inside.spending().hold(BZIP2_MEMORY)?;
    let member = member(inside, source, Vec::new());
    unpack(inside, source, member, |cursor, to| {
        loop {
            copy(&mut BzDecoder::new(&mut *cursor), to)?;
            another(cursor, &|next| next.starts_with(b"BZh"), false)?;
            if cursor.fill_buf().map_or(true, <[u8]>::is_empty) {
                return Ok(());
            }
        }
    })
}

/// XZ (format 1.2), all streams of it. A dictionary that the budget does not allow is refused.
pub(in crate::content) fn xz(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let wanted = xz_dictionary(&source.up_to(12, 64)).saturating_add(DECODER_MEMORY);
    let limit = wanted.max(LIGHT.min(inside.spending().memory_left()));
    let _held = inside.spending().hold(limit)?;
    let kib = u32::try_from(limit >> 10).unwrap_or(u32::MAX - 1);
    let member = member(inside, source, Vec::new());
    unpack(inside, source, member, |cursor, to| {
        loop {
            copy(&mut XzReader::new_mem_limit(&mut *cursor, false, kib), to).map_err(|stop| {
                match stop {
                    Stop::Memory(_) => Stop::Memory(limit),
                    stop => stop,
                }
            })?;
            another(cursor, &|next| next.starts_with(b"\xfd7zXZ\0"), true)?;
            if cursor.fill_buf().map_or(true, <[u8]>::is_empty) {
                return Ok(());
            }
        }
    })
}

/// The dictionary that a block header asks for (section 3.1): of the LZMA2 filter, in bytes.
fn xz_dictionary(header: &[u8]) -> u64 {
    let Some(flags) = header.get(1) else { return 0 };
    let mut at = 2;
    // Sizes, where they are given, stand before the filters: nine bytes at most, the last below 0x80.
    for has in [0x40, 0x80] {
        if flags & has != 0 {
            at += header
                .get(at..)
                .unwrap_or_default()
                .iter()
                .take(8)
                .take_while(|byte| **byte >= 0x80)
                .count()
                + 1;
        }
    }
    for _ in 0..=(flags & 3) {
        let (Some(id), Some(size)) = (header.get(at), header.get(at + 1)) else {
            return 0;
        };
        if *id == 0x21 {
            return header.get(at + 2).map_or(0, |bits| lzma2_dictionary(*bits));
        }
        at += 2 + usize::from(*size);
    }
    0
}

/// Section 5.3.1: 2 or 3, shifted; 40 means 4 GiB - 1.
fn lzma2_dictionary(bits: u8) -> u64 {
    match bits & 0x3f {
        bits @ 0..=39 => (2 | u64::from(bits & 1)) << (bits / 2 + 11),
        _ => u64::from(u32::MAX),
    }
}

/// LZMA alone: the format of old, which only says properties, dictionary and size.
pub(in crate::content) fn lzma(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let header = source.bytes(0, 13).ok_or(NotOpened::Damaged)?;
    let (props, dictionary, size) = match header.as_slice() {
        [props, d0, d1, d2, d3, size @ ..] => (
            *props,
            u32::from_le_bytes([*d0, *d1, *d2, *d3]),
            size.try_into().map_or(u64::MAX, u64::from_le_bytes),
        ),
        _ => return Err(NotOpened::Damaged),
    };
    if props >= 9 * 5 * 5 {
        return Err(NotOpened::Damaged);
    }
    // No more of the dictionary is ever used than there is content.
    let dictionary = u64::from(dictionary).min(size).max(4096);
    let literals = 1536_u64 << (props % 45 / 9 + props % 9);
    let _held = inside
        .spending()
        .hold(dictionary + literals + DECODER_MEMORY)?;
    let dictionary = u32::try_from(dictionary).unwrap_or(u32::MAX);
    let member = member(inside, source, Vec::new());
    unpack(inside, source, member, |cursor, to| {
        let _ = cursor.seek(SeekFrom::Start(13));
        let decoder = LzmaReader::new_with_props(cursor, size, props, dictionary, None);
        copy(&mut decoder.map_err(|_| Stop::Damaged)?, to)
    })
}

/// lzip, all members of it.
pub(in crate::content) fn lzip(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let wanted = lzip_dictionary(source, 0).ok_or(NotOpened::Damaged)?;
    let limit =
        (u64::from(wanted) + DECODER_MEMORY).max(LIGHT.min(inside.spending().memory_left()));
    let _held = inside.spending().hold(limit)?;
    let member = member(inside, source, Vec::new());
    unpack(inside, source, member, |cursor, to| {
        loop {
            let dictionary = lzip_dictionary(source, cursor.position()).ok_or(Stop::Damaged)?;
            if u64::from(dictionary) + DECODER_MEMORY > limit {
                return Err(Stop::Memory(u64::from(dictionary) + DECODER_MEMORY));
            }
            let _ = cursor.seek(SeekFrom::Current(6));
            let decoder = LzmaReader::new(&mut *cursor, u64::MAX, 3, 0, 2, dictionary, None);
            let mut decoder = decoder.map_err(|_| Stop::Damaged)?;
            copy(&mut decoder, to)?;
            // Checksum and sizes follow.
            let (_, unread) = decoder.into_parts();
            let at = cursor.position().saturating_sub(unread.len() as u64);
            let end = at.saturating_add(20);
            if end > source.len() {
                return Err(Stop::Damaged);
            }
            let _ = cursor.seek(SeekFrom::Start(end));
            another(cursor, &|next| next.starts_with(b"LZIP\x01"), false)?;
            if cursor.fill_buf().map_or(true, <[u8]>::is_empty) {
                return Ok(());
            }
        }
    })
}

/// The dictionary of the member that begins here: a power of two, less some sixteenths of it.
fn lzip_dictionary(source: &Source, at: u64) -> Option<u32> {
    let header = source.bytes(at, 6)?;
    let coded = *header.get(5)?;
    let base = 1_u32.checked_shl(u32::from(coded & 0x1f))?;
    let size = base - base / 16 * u32::from(coded >> 5);
    (header.starts_with(b"LZIP\x01") && (4096..=512 << 20).contains(&size)).then_some(size)
}

/// Zstandard (RFC 8878), all frames of it; frames that are to be skipped are.
pub(in crate::content) fn zstd(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let mut scan = source.cursor();
    let window = zstd_window(&mut scan).saturating_add(DECODER_MEMORY);
    let _held = inside.spending().hold(window)?;
    let member = member(inside, source, Vec::new());
    unpack(inside, source, member, |cursor, to| {
        while let Some(magic) = read_u32(cursor) {
            if magic & !0xf == ZSTD_SKIPPABLE {
                let len = read_u32(cursor).ok_or(Stop::Damaged)?;
                if cursor.position().saturating_add(u64::from(len)) > source.len() {
                    return Err(Stop::Damaged);
                }
                let _ = cursor.seek(SeekFrom::Current(i64::from(len)));
                continue;
            }
            if magic != ZSTD_MAGIC {
                return Err(Stop::Trailing);
            }
            let _ = cursor.seek(SeekFrom::Current(-4));
            let decoder: Result<StreamingDecoder<&mut Cursor, FrameDecoder>, _> =
                StreamingDecoder::new_with_max_window_size(&mut *cursor, window);
            copy(&mut decoder.map_err(|error| zstd_stop(&error))?, to)?;
        }
        Ok(())
    })
}

fn zstd_stop(error: &FrameDecoderError) -> Stop {
    match error {
        FrameDecoderError::DictNotProvided { .. } => Stop::Unsupported,
        FrameDecoderError::WindowSizeTooBig { requested, .. } => Stop::Memory(*requested),
        FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { .. }) => {
            Stop::Trailing
        }
        _ => Stop::Damaged,
    }
}

/// The largest window that a frame asks for (section 3.1.1): blocks are stepped over by their sizes.
fn zstd_window(cursor: &mut Cursor) -> u64 {
    let mut largest = 0;
    while let Some(magic) = read_u32(cursor) {
        if magic & !0xf == ZSTD_SKIPPABLE {
            let Some(len) = read_u32(cursor) else { break };
            let _ = cursor.seek(SeekFrom::Current(i64::from(len)));
            continue;
        }
        let mut byte = [0];
        if magic != ZSTD_MAGIC || cursor.read_exact(&mut byte).is_err() {
            break;
        }
        let [flags] = byte;
        let single = flags & 0x20 != 0;
        if !single {
            if cursor.read_exact(&mut byte).is_err() {
                break;
            }
            let [coded] = byte;
            let base = 1_u64 << (10 + (coded >> 3));
            largest = largest.max(base + base / 8 * u64::from(coded & 7));
        }
        let _ = cursor.seek(SeekFrom::Current([0, 1, 2, 4][usize::from(flags & 3)]));
        let mut size = [0; 8];
        let len = match flags >> 6 {
            0 => usize::from(single),
            1 => 2,
            2 => 4,
            _ => 8,
        };
        if cursor.read_exact(&mut size[..len]).is_err() {
            break;
        }
        if single {
            let size = u64::from_le_bytes(size);
            largest = largest.max(if len == 2 { size + 256 } else { size });
        }
        loop {
            let mut header = [0; 4];
            if cursor.read_exact(&mut header[..3]).is_err() {
                return largest;
            }
            let header = u32::from_le_bytes(header);
            // A run of one byte takes one byte (section 3.1.1.2.2).
            let len = if header >> 1 & 3 == 1 { 1 } else { header >> 3 };
            let _ = cursor.seek(SeekFrom::Current(i64::from(len)));
            if header & 1 != 0 {
                break;
            }
        }
        if flags & 4 != 0 {
            let _ = cursor.seek(SeekFrom::Current(4));
        }
    }
    largest
}

/// LZ4: frames, frames of old, and frames to be skipped.
pub(in crate::content) fn lz4(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let _held = inside.spending().hold(lz4::MEMORY)?;
    let member = member(inside, source, Vec::new());
    unpack(inside, source, member, lz4::decode)
}

/// The files of `compress`.
pub(in crate::content) fn compress(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    if source.up_to(0, 2) != b"\x1f\x9d" {
        // SCO's `compress -H`: another method.
        return Err(NotOpened::Unsupported);
    }
    let _held = inside.spending().hold(lzw::MEMORY)?;
    let member = member(inside, source, Vec::new());
    unpack(inside, source, member, lzw::decode)
}

/// The member of a compressed file: by the name that it says, and by the container's own without
/// the ending that says how it is packed.
fn member(inside: &Inside<'_, '_>, source: &Source, mut names: Vec<String>) -> Member {
    let outer = inside.container().map_or(&[][..], |node| &node.names);
    for name in outer.iter().filter_map(|name| unpacked_name(name)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let path = |name: &String| name.split(['/', '\\']).any(|piece| piece == "..");
    let traits = names.iter().any(path).then_some("path-escape");
    Member {
        names,
        packed: Some(source.len()),
        traits: traits.into_iter().collect(),
        ..Member::default()
    }
}

/// What a packed file is called when it is unpacked; none where its name does not tell.
fn unpacked_name(name: &str) -> Option<String> {
    let (stem, extension) = name.trim_end_matches(['.', ' ']).rsplit_once('.')?;
    if stem.is_empty() {
        return None;
    }
    let lower = extension.to_ascii_lowercase();
    let known = ENDINGS.iter().find(|(ending, _)| *ending == lower)?;
    Some(format!("{stem}{}", known.1))
}

/// Endings of packed files, and what stands there when they are unpacked.
static ENDINGS: &[(&str, &str)] = &[
    ("gz", ""),
    ("gzip", ""),
    ("z", ""),
    ("bz2", ""),
    ("bz", ""),
    ("xz", ""),
    ("lzma", ""),
    ("lz", ""),
    ("zst", ""),
    ("zstd", ""),
    ("lz4", ""),
    ("tgz", ".tar"),
    ("taz", ".tar"),
    ("tbz", ".tar"),
    ("tbz2", ".tar"),
    ("tb2", ".tar"),
    ("txz", ".tar"),
    ("tlz", ".tar"),
    ("tzst", ".tar"),
    ("svgz", ".svg"),
    ("emz", ".emf"),
    ("wmz", ".wmf"),
    ("cpgz", ".cpio"),
    ("adz", ".adf"),
];

/// Unpacks into one member. The decoder is gone before what it made is opened.
fn unpack(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    member: Member,
    decode: impl FnOnce(&mut Cursor, &mut dyn Write) -> Result<(), Stop>,
) -> Result<(), NotOpened> {
    let limit = inside.spending().limits.memory;
    let mut to = inside.begin(member)?;
    let why = match decode(&mut source.cursor(), &mut to) {
        Ok(()) | Err(Stop::Full) => None,
        Err(Stop::Trailing) => {
            to.finish(None)?;
            inside.sign("trailing-data");
            return Ok(());
        }
        Err(Stop::Damaged) => Some(NotOpened::Damaged),
        Err(Stop::Unsupported) => Some(NotOpened::Unsupported),
        Err(Stop::Memory(seen)) => Some(NotOpened::Budget {
            which: "memory",
            limit,
            seen: seen.max(limit.saturating_add(1)),
        }),
    };
    to.finish(why)
}

/// Copies what a decoder gives to its end.
fn copy(from: &mut dyn Read, to: &mut dyn Write) -> Result<(), Stop> {
    let mut buffer = vec![0; COPY];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(got) => {
                let got = buffer.get(..got).unwrap_or_default();
                to.write_all(got).map_err(|_| Stop::Full)?;
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::OutOfMemory => return Err(Stop::Memory(0)),
                io::ErrorKind::Unsupported => return Err(Stop::Unsupported),
                _ => return Err(Stop::Damaged),
            },
        }
    }
}

/// Looks behind the end of a member: fine where nothing follows, or another one; zeros are stepped
/// over where they are padding.
fn another(
    cursor: &mut Cursor,
    is_next: &dyn Fn(&[u8]) -> bool,
    padding: bool,
) -> Result<(), Stop> {
    loop {
        let zeros = match cursor.fill_buf() {
            Ok(next) if padding => next.iter().take_while(|byte| **byte == 0).count(),
            _ => 0,
        };
        if zeros == 0 {
            break;
        }
        cursor.consume(zeros);
    }
    let at = cursor.position();
    let mut next = Vec::new();
    let read = cursor.by_ref().take(8).read_to_end(&mut next);
    let _ = cursor.seek(SeekFrom::Start(at));
    if read.is_err() || !(next.is_empty() || is_next(&next)) {
        return Err(Stop::Trailing);
    }
    Ok(())
}

/// Four bytes, little endian; none at the end.
pub(super) fn read_u32(cursor: &mut Cursor) -> Option<u32> {
    let mut bytes = [0; 4];
    cursor.read_exact(&mut bytes).ok()?;
    Some(u32::from_le_bytes(bytes))
}

const ZSTD_MAGIC: u32 = 0xfd2f_b528;
const ZSTD_SKIPPABLE: u32 = 0x184d_2a50;
/// What a decoder needs beside its dictionary.
const DECODER_MEMORY: u64 = 512 << 10;
/// Memory of a bzip2 decoder with blocks of 900 kB (bzip2 manual, 2.5).
const BZIP2_MEMORY: u64 = 4 << 20;
/// A dictionary that later blocks of a file may well have.
const LIGHT: u64 = 16 << 20;
/// Bytes that are copied at once.
const COPY: usize = 64 << 10;
