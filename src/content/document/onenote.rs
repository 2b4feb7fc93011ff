//! OneNote sections ([MS-ONESTORE]): the files that lie in them.
//!
//! Files are found by the identifier that stands before each (FileDataStoreObject, 2.6.13), not by
//! the lists that lead to them: nothing that lies there can be left out of a list.

use crate::{
    content::{
        document::ole::{
            compound::{u16_at, u32_at},
            package::utf16,
        },
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Hands on every file of a section.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let mut files = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let (mut at, mut tried) = (0, 0);
    while at < source.len() {
        inside.spending().check()?;
        let window = source.up_to(at, WINDOW);
        for found in memchr::memmem::find_iter(&window, FILE) {
            let header = window.get(found + 16..found + 24);
            let length = header.and_then(|header| header.try_into().ok());
            // At the end of this window: the next one begins before it.
            if let Some(length) = length.map(u64::from_le_bytes)
                && found <= WINDOW - OVERLAP
                && files.len() < MOST_FILES
            {
                files.push((at + found as u64 + 36, length));
            }
        }
        for found in memchr::memmem::find_iter(&window, NAME) {
            tried += 1;
            if tried < MOST_TRIED
                && found <= WINDOW - OVERLAP
                && let Some(name) = name_at(&window, found)
                && !names.contains(&name)
                && names.len() < MOST_NAMES
            {
                names.push(name);
            }
        }
        at += (WINDOW - OVERLAP + 1) as u64;
    }
    if !names.is_empty() {
        inside.sign("embedded-file");
    }
    let pictures = |(start, _): &(u64, u64)| !is_picture(&source.up_to(*start, 8));
    let attached = files.iter().filter(|file| pictures(file)).count();
    let mut own = names.iter();
    for (start, length) in &files {
        let picture = is_picture(&source.up_to(*start, 8));
        let mut member = Member::default();
        if !picture {
            inside.sign("embedded-file");
            // Names and files stand in the same order. Where there are more of one than of the
            // other, a file may have any of the names.
            member.names = match names.len() == attached {
                true => own.next().cloned().into_iter().collect(),
                false => names.clone(),
            };
        }
        let piece = source.piece(*start, *length);
        if piece.len() < *length {
            let mut to = inside.begin(member)?;
            // The budget is asked by `finish`.
            let _ = std::io::copy(&mut piece.cursor(), &mut to);
            to.finish(Some(NotOpened::Damaged))?;
        } else {
            inside.piece(member, &piece)?;
        }
    }
    let packaged = source
        .bytes(48, 16)
        .is_some_and(|format| format == PACKAGED);
    if packaged && files.is_empty() {
        // As SharePoint hands sections out: files lie in pieces ([MS-ONESTORE] 2.8).
        return Err(NotOpened::Unsupported);
    }
    Ok(())
}

/// The text of the property EmbeddedFileName whose identifier stands here: the identifiers of a set
/// come first, then all values in the same order (PropertySet, 2.6.7).
fn name_at(bytes: &[u8], at: usize) -> Option<String> {
    (0..MOST_PROPERTIES).find_map(|before| {
        let start = at.checked_sub(4 * before + 2)?;
        let count = usize::from(u16_at(bytes, start)?);
        (count > before && count <= MOST_PROPERTIES).then_some(())?;
        let mut value = start + 2 + 4 * count;
        for index in 0..before {
            let id = u32_at(bytes, start + 2 + 4 * index)?;
            value = value.checked_add(match id >> 26 & 31 {
                1 | 2 | 8 | 10 | 12 => 0,
                3 => 1,
                4 => 2,
                5 => 4,
                6 => 8,
                7 => 4 + u32_at(bytes, value)? as usize,
                // A count of identifiers that stand elsewhere.
                9 | 11 | 13 => 4,
                _ => return None,
            })?;
        }
        let length = u32_at(bytes, value)? as usize;
        (length <= LONG_NAME && length.is_multiple_of(2)).then_some(())?;
        let name = utf16(bytes.get(value + 4..value + 4 + length)?);
        let sound = !name.is_empty()
            && !name
                .chars()
                .any(|letter| letter.is_control() || letter == '\u{fffd}');
        sound.then_some(name)
    })
}

fn is_picture(head: &[u8]) -> bool {
    let starts: [&[u8]; 4] = [b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM"];
    starts.iter().any(|start| head.starts_with(start))
}

/// {BDE316E7-2665-4511-A4C4-8D4D0B7A9EAC}
const FILE: &[u8] = b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac";
/// The property EmbeddedFileName ([MS-ONE] 2.1.12).
const NAME: &[u8] = b"\x9c\x1d\0\x1c";
/// {638DE92F-A6D4-4BC1-9A36-B3FC2511A5B7}
const PACKAGED: &[u8] = b"\x2f\xe9\x8d\x63\xd4\xa6\xc1\x4b\x9a\x36\xb3\xfc\x25\x11\xa5\xb7";
const WINDOW: usize = 1 << 20;
/// What is read again with the next window, so that nothing is cut.
const OVERLAP: usize = 8 << 10;
const MOST_PROPERTIES: usize = 64;
const MOST_NAMES: usize = 64;
/// Files that are handed on: more than any budget of members.
const MOST_FILES: usize = 65_536;
/// Places that are looked at for a name.
const MOST_TRIED: usize = 4096;
const LONG_NAME: usize = 2048;
