//! LHA archives (headers of level 0 to 3, by `delharc`), also behind a program that unpacks them.

#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    io::{self, Read, Seek as _, SeekFrom},
};

use delharc::{
    decode::{Decoder, DecoderAny},
    header::LhaHeader,
};

use super::fields::{hand_on, sign_prefix, with_path_traits};
use crate::{
    content::{
        member_name,
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Opens an LHA archive.
pub(in crate::content) fn lha(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let start = start(source).ok_or(NotOpened::Damaged)?;
    sign_prefix(inside, start);
    let mut cursor = source.cursor();
    let mut at = start;
    let mut seen = HashSet::new();
    loop {
        inside.spending().check()?;
        let damaged = |_| NotOpened::Damaged;
        cursor.seek(SeekFrom::Start(at)).map_err(damaged)?;
        // A NUL, or the end of the file, ends the archive.
        let Some(header) = LhaHeader::read(&mut cursor).map_err(|_| NotOpened::Damaged)? else {
            return Ok(());
        };
        let data_at = cursor.position();
        let data = source.piece(data_at, header.compressed_size);
        if &header.compression == b"-lhd-" {
            link(inside, &header)?;
        } else {
            let cut = data.len() < header.compressed_size;
            file(inside, &header, &data, cut, &mut seen)?;
            if cut {
                return Err(NotOpened::Damaged);
            }
        }
        at = data_at.saturating_add(header.compressed_size);
        if at >= source.len() {
            return Ok(());
        }
    }
}

/// Where the archive begins.
fn start(source: &Source) -> Option<u64> {
    let head = source.up_to(0, SEARCH);
    if is_method(head.get(2..7)?) {
        return Some(0);
    }
    memchr::memmem::find_iter(&head, b"-lh")
        .filter_map(|at| at.checked_sub(2))
        .find(|at| is_start(head.get(*at..).unwrap_or_default()))
        .map(|at| at as u64)
}

fn is_method(bytes: &[u8]) -> bool {
    matches!(
        bytes,
        [b'-', b'l', b'h' | b'z', _, b'-'] | [b'-', b'p', b'm', _, b'-']
    )
}

/// Whether a first header begins with these bytes: whatever it says must be right.
pub(in crate::content) fn is_start(bytes: &[u8]) -> bool {
    let sane = bytes.get(2..7).is_some_and(is_method) && matches!(bytes.get(20), Some(0..=3));
    if !sane {
        return false;
    }
    let head = bytes.get(..bytes.len().min(HEADER)).unwrap_or(bytes);
    let mut reader = head;
    match LhaHeader::read(&mut reader) {
        Ok(Some(header)) => {
            let name = names(&header);
            // Levels 2 and 3 have no checksum of one byte: a name must be there too.
            name.iter().any(|name| !name.is_empty()) && header.compression_method().is_ok()
        }
        _ => false,
    }
}

/// What is written like a folder may be a link, as Unix writes one: no bytes, and behind its name a
/// bar and where it leads.
fn link(inside: &mut Inside<'_, '_>, header: &LhaHeader) -> Result<(), NotOpened> {
    let mut names = names(header);
    if !names.iter().any(|name| name.contains('|')) {
        return Ok(());
    }
    for name in &mut names {
        let end = name.find('|').unwrap_or(name.len());
        name.truncate(end);
    }
    let member = Member {
        names,
        traits: vec!["link"],
        ..Member::default()
    };
    inside.begin(with_path_traits(member))?.finish(None)
}

fn file(
    inside: &mut Inside<'_, '_>,
    header: &LhaHeader,
    data: &Source,
    cut: bool,
    seen: &mut HashSet<String>,
) -> Result<(), NotOpened> {
    let mut member = Member {
        names: names(header),
        packed: Some(header.compressed_size),
        declared: header.original_size,
        ..Member::default()
    };
    if header.msdos_attrs.is_symlink() || member.names.iter().any(|name| name.contains('|')) {
        member.traits.push("link");
    }
    let name = member.names.first().map(|name| name.to_lowercase());
    if let Some(name) = name
        && !seen.insert(name)
    {
        member.traits.push("duplicate-name");
    }
    let member = with_path_traits(member);
    let stored = matches!(&header.compression, b"-lh0-" | b"-lz4-" | b"-pm0-");
    if stored && !cut && header.original_size == header.compressed_size {
        return inside.piece(member, data);
    }
    let method = header.compression_method().ok();
    let decoder = method.map(|method| DecoderAny::new_from_compression(method, data.cursor()));
    let Some(decoder) = decoder.filter(DecoderAny::is_supported) else {
        return inside.closed(member, NotOpened::Unsupported);
    };
    // The largest window: 64 KiB, and tables.
    let _held = inside.spending().hold(1 << 20)?;
    let mut content = Decoded {
        decoder,
        left: header.original_size,
        sum: 0,
        wanted: header.file_crc,
    };
    hand_on(inside, member, &mut content, header.original_size, None)?;
    Ok(())
}

/// Directory and name, in the header itself or behind it; folders are parted by 0xFF there.
fn names(header: &LhaHeader) -> Vec<String> {
    let mut name = header.filename.to_vec();
    let mut folder = Vec::new();
    for extra in header.iter_extra() {
        match extra {
            [0x01, rest @ ..] => name = rest.to_vec(),
            [0x02, rest @ ..] => folder = rest.to_vec(),
            _ => {}
        }
    }
    if !folder.is_empty() && !folder.ends_with(b"\xff") && !folder.ends_with(b"/") {
        folder.push(0xff);
    }
    folder.extend(name);
    // What is behind a NUL is a comment.
    let end = memchr::memchr(0, &folder).unwrap_or(folder.len());
    folder.truncate(end);
    for byte in &mut folder {
        if matches!(byte, 0xff | b'\\') {
            *byte = b'/';
        }
    }
    member_name::readings(&folder, false)
}

/// A file's bytes; at their end the checksum must be right.
struct Decoded<R> {
    decoder: DecoderAny<R>,
    left: u64,
    sum: u16,
    wanted: u16,
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        let wanted = wanted.min(into.len());
        let Some(into) = into.get_mut(..wanted).filter(|into| !into.is_empty()) else {
            return Ok(0);
        };
        let filled = self.decoder.fill_buffer(into);
        filled.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        self.sum = crc16(self.sum, into);
        self.left = self.left.saturating_sub(wanted as u64);
        if self.left == 0 && self.sum != self.wanted {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(wanted)
    }
}

/// CRC-16 as LHA has it (polynomial 0xA001).
fn crc16(sum: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(sum, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| {
            sum >> 1 ^ if sum & 1 != 0 { 0xa001 } else { 0 }
        })
    })
}

/// How far before the archive a program may stand.
const SEARCH: usize = 64 << 10;
/// Bytes that a first header may have.
const HEADER: usize = 4096;
/// Bytes that are unpacked at once: the end of a damaged file is lost by so much.
const PIECE: usize = 4096;
