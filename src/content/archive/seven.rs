//! 7z archives (7zFormat.txt of the LZMA SDK), also behind a program that unpacks them.
//!
//! `header.rs` reads what is declared, `coders.rs` puts the coders of a folder together. A folder is
//! unpacked once, from its beginning to its end, and its files are handed on in its order.

mod coders;
mod header;
#[cfg(test)]
mod tests;

use std::{collections::HashSet, io::Read, time::Instant};

use super::fields::{Fields, crc32, hand_on, sign_prefix, sign_trailing, skip, with_path_traits};
use crate::{
    content::{
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};
use coders::{Key, Opened, is_encrypted};
use header::{File, Folder, Header};

/// `7z`, at the beginning or behind something else.
pub(super) const SIGN: &[u8] = b"7z\xbc\xaf\x27\x1c";

/// Opens a 7z archive.
pub(in crate::content) fn seven(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let start = start(source).ok_or(NotOpened::Damaged)?;
    sign_prefix(inside, start);
    let source = source.piece(start, source.len());
    let begin = source.bytes(0, START).ok_or(NotOpened::Damaged)?;
    let mut fields = Fields::new(begin.get(12..).unwrap_or_default());
    let (Some(at), Some(size), Some(crc)) = (fields.u64(), fields.u64(), fields.u32()) else {
        return Err(NotOpened::Damaged);
    };
    if size == 0 {
        // An archive without files.
        return Ok(());
    }
    let at = at.saturating_add(START as u64);
    let end = at.saturating_add(size);
    if end > source.len() {
        // The header stands at the end: in the last volume.
        if is_volume(inside) {
            inside.sign("volume");
            return Err(NotOpened::Unsupported);
        }
        return Err(NotOpened::Damaged);
    }
    if start == 0 {
        sign_trailing(inside, &source, end);
    }
    let held = size.saturating_mul(HEADER_MEMORY);
    let _held = inside.spending().hold(held)?;
    let size = usize::try_from(size).map_err(|_| NotOpened::Damaged)?;
    let mut bytes = source.bytes(at, size).ok_or(NotOpened::Damaged)?;
    if crc32(&bytes) != crc {
        return Err(NotOpened::Damaged);
    }
    let mut keys = Keys::default();
    let mut held_more = Vec::new();
    for _ in 0..PACKED_HEADERS {
        match header::read(&bytes).ok_or(NotOpened::Damaged)? {
            Header::Plain(folders, files) => {
                return members(inside, &source, &folders, files, &mut keys);
            }
            Header::Packed(folders) => {
                let [folder] = folders.as_slice() else {
                    return Err(NotOpened::Damaged);
                };
                if is_encrypted(folder) {
                    inside.encrypted(Some(CIPHER));
                }
                let held = folder.unpacked.saturating_mul(HEADER_MEMORY);
                held_more.push(inside.spending().hold(held)?);
                keys.fit(inside, &source, folder)?;
                let opened = coders::open(inside, &source, folder, keys.key())?;
                bytes = Vec::new();
                let read = opened.reader.take(folder.unpacked).read_to_end(&mut bytes);
                let whole = read.is_ok() && bytes.len() as u64 == folder.unpacked;
                let sum = folder.files.first().and_then(|(_, crc)| *crc);
                if !whole || sum.is_some_and(|sum| sum != crc32(&bytes)) {
                    return Err(NotOpened::Damaged);
                }
            }
        }
    }
    // Headers in headers in headers: nobody writes that.
    Err(NotOpened::Damaged)
}

/// Where the archive begins: its sign, and a start header that is right.
pub(super) fn start(source: &Source) -> Option<u64> {
    let head = source.up_to(0, SEARCH);
    let found = memchr::memmem::find_iter(&head, SIGN).find(|at| {
        let start = head.get(*at..).unwrap_or_default();
        *at == 0 || is_start(start)
    })?;
    Some(found as u64)
}

/// Whether a start header stands here whose checksum is right.
pub(in crate::content) fn is_start(bytes: &[u8]) -> bool {
    let sum = bytes.get(8..12).map(|sum| sum.try_into().unwrap_or([0; 4]));
    bytes.starts_with(SIGN)
        && matches!(bytes.get(6), Some(0))
        && sum.map(u32::from_le_bytes) == bytes.get(12..START).map(crc32)
}

fn is_volume(inside: &Inside<'_, '_>) -> bool {
    let numbered = |name: &String| {
        name.rsplit_once('.')
            .is_some_and(|(_, end)| end.len() >= 2 && end.bytes().all(|byte| byte.is_ascii_digit()))
    };
    inside
        .container()
        .is_some_and(|node| node.names.iter().any(numbered))
}

fn members(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    folders: &[Folder],
    files: Vec<File>,
    keys: &mut Keys,
) -> Result<(), NotOpened> {
    let mut names = HashSet::new();
    let mut with_bytes = Vec::new();
    let mut without = Vec::new();
    for file in files {
        if file.directory || file.anti {
            continue;
        }
        let again = !names.insert(file.name.to_lowercase());
        if file.stream {
            with_bytes.push((file, again));
        } else {
            without.push((file, again));
        }
    }
    let mut with_bytes = with_bytes.into_iter();
    for folder in folders {
        let files: Vec<_> = with_bytes.by_ref().take(folder.files.len()).collect();
        unpack(inside, source, folder, &files, keys)?;
    }
    for (file, again) in with_bytes {
        inside.closed(member(&file, again, None), NotOpened::Damaged)?;
    }
    for (file, again) in without {
        inside.begin(member(&file, again, None))?.finish(None)?;
    }
    Ok(())
}

/// Hands on the files of one folder.
fn unpack(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    folder: &Folder,
    files: &[(File, bool)],
    keys: &mut Keys,
) -> Result<(), NotOpened> {
    if files.is_empty() {
        return Ok(());
    }
    let cipher = is_encrypted(folder).then_some(CIPHER);
    if cipher.is_some() {
        inside.encrypted(cipher);
    }
    let opened = match keys.fit(inside, source, folder) {
        Ok(()) => coders::open(inside, source, folder, keys.key()),
        Err(why) => Err(why),
    };
    let Opened { mut reader, _held } = match opened {
        Ok(opened) => opened,
        Err(why) => {
            inside.spending().check()?;
            for ((file, again), (size, _)) in files.iter().zip(&folder.files) {
                let mut member = member(file, *again, cipher);
                member.declared = *size;
                inside.closed(member, why.clone())?;
            }
            return Ok(());
        }
    };
    let packed = folder
        .streams
        .iter()
        .fold(0_u64, |sum, (_, size)| sum.saturating_add(*size));
    let mut goes_on = true;
    for ((file, again), (size, crc)) in files.iter().zip(&folder.files) {
        let mut member = member(file, *again, cipher);
        member.declared = *size;
        // Where the files are packed together, what one of them takes is not known.
        member.packed = Some(packed);
        if goes_on {
            goes_on = hand_on(inside, member, &mut reader, *size, *crc)?;
        } else {
            inside.closed(member, NotOpened::Damaged)?;
        }
    }
    Ok(())
}

fn member(file: &File, again: bool, cipher: Option<&'static str>) -> Member {
    let mut member = Member::named(file.name.clone());
    member.cipher = cipher;
    // Unix mode in the high half where bit 15 says so; a reparse point of Windows.
    let unix = file.attributes & 0x8000 != 0 && file.attributes >> 28 == 0o12;
    if unix || file.attributes & 0x400 != 0 {
        member.traits.push("link");
    }
    if again {
        member.traits.push("duplicate-name");
    }
    with_path_traits(member)
}

/// The password that fits this archive, and the keys made of it.
#[derive(Default)]
struct Keys {
    fitting: Option<Key>,
    /// No password fits: others are not tried again.
    none: bool,
}

impl Keys {
    fn key(&mut self) -> Option<&mut Key> {
        self.fitting.as_mut()
    }

    /// Finds the password of an encrypted folder; nothing to do for another one.
    fn fit(
        &mut self,
        inside: &mut Inside<'_, '_>,
        source: &Source,
        folder: &Folder,
    ) -> Result<(), NotOpened> {
        if !is_encrypted(folder) {
            return Ok(());
        }
        if self.none {
            return Err(NotOpened::Encrypted);
        }
        if let Some(key) = self.fitting.as_mut()
            && fits(inside, source, folder, key)?
        {
            return Ok(());
        }
        // Each password costs half a million rounds of SHA-256.
        let begun = Instant::now();
        let most = inside.spending().limits.time / 3;
        for password in inside.passwords().iter() {
            let mut key = Key::new(password);
            if fits(inside, source, folder, &mut key)? {
                self.fitting = Some(key);
                return Ok(());
            }
            inside.spending().check()?;
            if begun.elapsed() > most {
                break;
            }
        }
        self.none = true;
        Err(NotOpened::Encrypted)
    }
}

/// Whether the first file of the folder that has a checksum comes out right.
fn fits(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    folder: &Folder,
    key: &mut Key,
) -> Result<bool, NotOpened> {
    let Opened { mut reader, _held } = match coders::open(inside, source, folder, Some(key)) {
        Ok(opened) => opened,
        Err(NotOpened::Damaged) => return Ok(false),
        Err(why) => return Err(why),
    };
    for (size, crc) in &folder.files {
        let Some(crc) = crc else {
            if !skip(inside, &mut reader, *size)? {
                return Ok(false);
            }
            continue;
        };
        let mut sum = flate2::Crc::new();
        let mut left = *size;
        let mut buffer = vec![0; 64 << 10];
        while left > 0 {
            inside.spending().check()?;
            let wanted = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
            match reader.read(buffer.get_mut(..wanted).unwrap_or_default()) {
                Ok(got @ 1..) => {
                    sum.update(buffer.get(..got).unwrap_or_default());
                    left = left.saturating_sub(got as u64);
                }
                _ => return Ok(false),
            }
        }
        return Ok(sum.sum() == *crc);
    }
    // Nothing tells: it came out to its end.
    Ok(true)
}

/// How far before the archive a program may stand.
const SEARCH: usize = 2 << 20;
/// The size of the start header.
const START: usize = 32;
/// What a byte of the header costs in memory when it is read.
const HEADER_MEMORY: u64 = 8;
/// Headers that are packed in headers.
const PACKED_HEADERS: usize = 4;
const CIPHER: &str = "aes-256";
