//! The headers of RAR archives, walked without unpacking anything: RAR 1.5 to 4 (technote.txt) and
//! RAR 5 (RAR 5.0 archive format). What is damaged behind a header does not hide what came before.

use super::super::fields::{Fields, crc32};
use crate::content::{member_name, source::Source};

/// A file as its header describes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) names: Vec<String>,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// Its bytes lie in the archive as they are (perhaps encrypted).
    pub(super) stored: bool,
    pub(super) cipher: Option<&'static str>,
    pub(super) directory: bool,
    pub(super) link: bool,
    pub(super) split_before: bool,
    pub(super) split_after: bool,
    /// A stream of NTFS, which Windows shows nowhere but WinRAR writes.
    pub(super) stream: bool,
    /// Where its packed bytes are.
    pub(super) at: Option<u64>,
    /// Bytes of history that its unpacking needs.
    pub(super) dictionary: u64,
}

/// What the walk found.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) entries: Vec<Entry>,
    pub(super) five: bool,
    pub(super) volume: bool,
    pub(super) solid: bool,
    /// The headers themselves are encrypted: there are no entries.
    pub(super) hidden: bool,
    /// How often (as a power of two) a password is hashed at most.
    pub(super) rounds: u8,
    /// Every header was read, and right.
    pub(super) sound: bool,
    /// Where the archive ends, where it says so.
    pub(super) end: Option<u64>,
}

pub(super) const SIGN_4: &[u8] = b"Rar!\x1a\x07\0";
pub(super) const SIGN_5: &[u8] = b"Rar!\x1a\x07\x01\0";
pub(super) const SIGN_OLD: &[u8] = b"RE~^";

/// Whether an archive begins with these bytes: its sign, and a first header that is right.
pub(in crate::content) fn is_start(bytes: &[u8]) -> bool {
    if let Some(rest) = bytes.strip_prefix(SIGN_4) {
        // The main header, or the first of a file.
        let size = rest.get(5..7).map(|size| size.try_into().unwrap_or([0; 2]));
        let size = usize::from(size.map_or(0, u16::from_le_bytes));
        let sum = rest.get(..2).map(|sum| sum.try_into().unwrap_or([0; 2]));
        let body = rest.get(2..size);
        return matches!(rest.get(2), Some(&MAIN_4))
            && body.map(|body| crc32(body) as u16) == sum.map(u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(SIGN_5) {
        let mut fields = Fields::new(rest);
        let sum = fields.u32();
        let before = fields.rest();
        let Some(size) = fields.vint() else {
            return false;
        };
        let width = before.len() - fields.len();
        let body = usize::try_from(size)
            .ok()
            .and_then(|size| before.get(..size.checked_add(width)?));
        return size < 4096 && sum.is_some() && body.map(crc32) == sum;
    }
    false
}

/// Walks the headers. `most` entries are kept.
pub(super) fn walk(source: &Source, most: usize) -> Walk {
    let mut walk = Walk::default();
    let sign = source.up_to(0, SIGN_5.len());
    if sign.starts_with(SIGN_5) {
        walk.five = true;
        walk.sound = walk_5(source, &mut walk, most).is_some();
    } else if sign.starts_with(SIGN_4) {
        walk.sound = walk_4(source, &mut walk, most).is_some();
    }
    walk
}

/// None where a header is missing or wrong.
fn walk_4(source: &Source, walk: &mut Walk, most: usize) -> Option<()> {
    let mut at = SIGN_4.len() as u64;
    let mut sound = Some(());
    while at < source.len() && walk.entries.len() < most {
        let begin = source.bytes(at, 7)?;
        let mut fields = Fields::new(&begin);
        let (sum, kind, flags) = (fields.u16()?, fields.u8()?, fields.u16()?);
        let size = fields.u16()?;
        if size < 7 {
            return None;
        }
        let header = source.bytes(at, usize::from(size))?;
        let mut fields = Fields::new(header.get(7..)?);
        let mut data = 0_u64;
        match kind {
            MAIN_4 => {
                walk.volume |= flags & 0x0001 != 0;
                walk.solid |= flags & 0x0008 != 0;
                if flags & 0x0080 != 0 {
                    walk.hidden = true;
                    return Some(());
                }
            }
            FILE_4 | SERVICE_4 => {
                let data_at = at.checked_add(u64::from(size))?;
                let entry = entry_4(&mut fields, flags, data_at, kind)?;
                data = entry.packed;
                if kind == FILE_4 {
                    walk.solid |= flags & 0x10 != 0 && !walk.entries.is_empty();
                    walk.entries.push(entry);
                }
            }
            END_4 => {
                walk.end = at.checked_add(u64::from(size));
                return sound;
            }
            0x72..=0x7f => {
                if flags & 0x8000 != 0 {
                    data = u64::from(fields.u32()?);
                }
            }
            _ => return None,
        }
        // The comment of an old header stands inside it and has a sum of its own.
        let comment = match kind {
            MAIN_4 => flags & 0x0002 != 0,
            FILE_4 => flags & 0x0008 != 0,
            _ => false,
        };
        if !comment && crc32(header.get(2..)?) as u16 != sum {
            sound = None;
        }
        at = at.checked_add(u64::from(size))?.checked_add(data)?;
    }
    // Old archives have no end header.
    sound.filter(|()| at == source.len())
}

fn entry_4(fields: &mut Fields<'_>, flags: u16, at: u64, kind: u8) -> Option<Entry> {
    let mut packed = u64::from(fields.u32()?);
    let mut size = u64::from(fields.u32()?);
    let system = fields.u8()?;
    fields.take(8)?;
    let version = fields.u8()?;
    let method = fields.u8()?;
    let name_size = fields.u16()?;
    let attributes = fields.u32()?;
    if flags & 0x0100 != 0 {
        packed |= u64::from(fields.u32()?) << 32;
        size |= u64::from(fields.u32()?) << 32;
    }
    let name = fields.take(usize::from(name_size))?;
    let names = match flags & 0x0200 != 0 && kind == FILE_4 {
        true => names_4(name),
        false => member_name::readings(name, false),
    };
    let encrypted = match version {
        29.. => "aes-128",
        _ => "rar-old",
    };
    // RAR 4 parts folders by a backslash, on every system.
    let names = names.into_iter().map(|name| name.replace('\\', "/"));
    let unix = system == 3 && attributes >> 12 & 0xf == 0o12;
    Some(Entry {
        names: names.collect(),
        packed,
        size,
        stored: method == 0x30,
        cipher: (flags & 0x0004 != 0).then_some(encrypted),
        directory: flags & 0x00e0 == 0x00e0,
        link: unix || (system != 3 && attributes & 0x400 != 0),
        split_before: flags & 0x0001 != 0,
        split_after: flags & 0x0002 != 0,
        stream: false,
        at: Some(at),
        dictionary: 4 << 20,
    })
}

/// A name in the code page of its writer, a NUL, and what makes Unicode of it.
fn names_4(name: &[u8]) -> Vec<String> {
    let Some(end) = memchr::memchr(0, name) else {
        return member_name::readings(name, true);
    };
    let (old, packed) = name.split_at(end);
    let mut names = Vec::new();
    if let Some(units) = unicode_4(old, packed.get(1..).unwrap_or_default()) {
        let text: String = char::decode_utf16(units)
            .map(|c| c.unwrap_or('\u{fffd}'))
            .collect();
        if !text.is_empty() {
            names.push(text);
        }
    }
    for reading in member_name::readings(old, false) {
        // A question mark stands where the code page has no letter: no name that anything shows.
        if names.is_empty() || (!reading.contains(['?', '_']) && !names.contains(&reading)) {
            names.push(reading);
        }
    }
    names
}

fn unicode_4(old: &[u8], packed: &[u8]) -> Option<Vec<u16>> {
    let mut fields = Fields::new(packed);
    let high = u16::from(fields.u8()?) << 8;
    let mut units: Vec<u16> = Vec::new();
    let (mut flags, mut left) = (0_u8, 0_u8);
    while fields.len() > 0 && units.len() < MAX_NAME {
        if left == 0 {
            flags = fields.u8()?;
            left = 8;
        }
        left -= 2;
        match flags >> left & 3 {
            0 => units.push(u16::from(fields.u8()?)),
            1 => units.push(u16::from(fields.u8()?) | high),
            2 => units.push(fields.u16()?),
            _ => {
                let count = fields.u8()?;
                let add = match count & 0x80 != 0 {
                    true => Some(fields.u8()?),
                    false => None,
                };
                for _ in 0..usize::from(count & 0x7f) + 2 {
                    let Some(from) = old.get(units.len()) else {
                        break;
                    };
                    units.push(match add {
                        Some(add) => u16::from(from.wrapping_add(add)) | high,
                        None => u16::from(*from),
                    });
                }
            }
        }
    }
    Some(units)
}

/// None where a header is missing or wrong.
fn walk_5(source: &Source, walk: &mut Walk, most: usize) -> Option<()> {
    let mut at = SIGN_5.len() as u64;
    let mut sound = Some(());
    let mut last = Vec::new();
    while at < source.len() && walk.entries.len() < most {
        let begin = source.up_to(at, 16);
        let mut fields = Fields::new(&begin);
        let sum = fields.u32()?;
        let before = fields.len();
        let size = fields.vint()?;
        let width = before.checked_sub(fields.len())? as u64;
        if size == 0 || size > HEADER {
            return None;
        }
        let body = source.bytes(at.checked_add(4)?, usize::try_from(width + size).ok()?)?;
        if crc32(&body) != sum {
            sound = None;
        }
        let end = at.checked_add(4 + width + size)?;
        let mut fields = Fields::new(body.get(usize::try_from(width).ok()?..)?);
        let kind = fields.vint()?;
        let flags = fields.vint()?;
        let extra = match flags & 0x01 != 0 {
            true => usize::try_from(fields.vint()?).ok()?,
            false => 0,
        };
        let data = match flags & 0x02 != 0 {
            true => fields.vint()?,
            false => 0,
        };
        let own = fields.len().checked_sub(extra)?;
        let mut records = Fields::new(fields.rest().get(own..)?);
        match kind {
            1 => {
                let archive = fields.vint()?;
                walk.volume |= archive & 0x01 != 0;
                walk.solid |= archive & 0x04 != 0;
            }
            2 | 3 => {
                let mut entry = entry_5(&mut fields, flags)?;
                entry.packed = data;
                entry.at = Some(end);
                records_5(&mut records, &mut entry, walk, &last);
                if kind == 2 {
                    last.clone_from(&entry.names);
                    walk.entries.push(entry);
                } else if entry.stream {
                    walk.entries.push(entry);
                }
            }
            4 => {
                fields.vint()?;
                fields.vint()?;
                walk.rounds = walk.rounds.max(fields.u8()?);
                walk.hidden = true;
                return Some(());
            }
            5 => {
                walk.end = Some(end);
                return sound;
            }
            _ => {}
        }
        at = end.checked_add(data)?;
    }
    None
}

fn entry_5(fields: &mut Fields<'_>, flags: u64) -> Option<Entry> {
    let file = fields.vint()?;
    let size = fields.vint()?;
    let attributes = fields.vint()?;
    if file & 0x02 != 0 {
        fields.u32()?;
    }
    if file & 0x04 != 0 {
        fields.u32()?;
    }
    let method = fields.vint()?;
    let system = fields.vint()?;
    let name_size = fields.vint()?;
    let name = fields.take_u64(name_size)?;
    let unix = system == 1 && attributes >> 12 & 0xf == 0o12;
    let small = 0x2_0000_u64 << (method >> 10 & 0x1f);
    let fraction = match method & 0x3f {
        0 => 0,
        _ => small / 32 * (method >> 15 & 0x1f),
    };
    Some(Entry {
        names: member_name::readings(name, true),
        size: if file & 0x08 != 0 { 0 } else { size },
        stored: method >> 7 & 0x07 == 0,
        directory: file & 0x01 != 0,
        link: unix,
        split_before: flags & 0x08 != 0,
        split_after: flags & 0x10 != 0,
        dictionary: small.saturating_add(fraction),
        ..Entry::default()
    })
}

/// The extra area of a file header: encryption, redirection, the name of a stream.
fn records_5(records: &mut Fields<'_>, entry: &mut Entry, walk: &mut Walk, file: &[String]) {
    let service = entry.names.first().is_some_and(|name| name == "STM");
    while let Some(size) = records.vint() {
        let Some(record) = records.take_u64(size) else {
            return;
        };
        let mut record = Fields::new(record);
        match record.vint() {
            Some(1) => {
                entry.cipher = Some("aes-256");
                record.vint();
                record.vint();
                walk.rounds = walk.rounds.max(record.u8().unwrap_or(u8::MAX));
            }
            Some(5) => entry.link = true,
            Some(7) if service => {
                let name = String::from_utf8_lossy(record.rest());
                // Where a file came from: Windows notes it on everything that was downloaded.
                entry.stream = !name.eq_ignore_ascii_case(":Zone.Identifier");
                let outer = file.first().map_or("", String::as_str);
                entry.names = vec![format!("{outer}{name}")];
            }
            _ => {}
        }
    }
}

/// Bytes of a header: RAR 5 itself allows no more.
const HEADER: u64 = 2 << 20;
/// UTF-16 units of a name.
const MAX_NAME: usize = 2048;
const MAIN_4: u8 = 0x73;
const FILE_4: u8 = 0x74;
const SERVICE_4: u8 = 0x7a;
const END_4: u8 = 0x7b;
