//! TAR: the form of Unix 7, ustar and PAX (POSIX.1-2017, pax), and GNU's long names and sparse files.
//!
//! What most programs stop at is stepped over here: headers with wrong checksums (GNU tar goes on
//! with the next right one), and the zeros at the end, behind which another archive may stand
//! (`tar --ignore-zeros` reads it).

mod sparse;

use super::{Names, hand_on};
use crate::{
    content::{
        member_name,
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Opens an archive.
pub(in crate::content) fn tar(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let mut state = State::default();
    let mut at = 0;
    while let Some(block) = source.bytes(at, BLOCK) {
        inside.spending().check()?;
        let here = at;
        at = at.saturating_add(BLOCK as u64);
        if block.iter().all(|byte| *byte == 0) {
            state.ended = true;
            continue;
        }
        let Some(header) = Header::read(&block) else {
            if state.ended {
                state.trailing = true;
            } else {
                state.lost = true;
            }
            continue;
        };
        at = entry(inside, source, &mut state, &header, here)?;
    }
    if state.trailing {
        inside.sign("trailing-data");
    }
    // Half a block at the end is no more than a cut padding, unless it was a member's.
    if state.lost || state.members == 0 && !state.ended {
        return Err(NotOpened::Damaged);
    }
    Ok(())
}

#[derive(Default)]
struct State {
    /// What the headers before an entry say of it.
    next: Extended,
    /// What a PAX header says of all that follow.
    global: Extended,
    names: Names,
    members: u64,
    /// A block of zeros was there: most programs stop.
    ended: bool,
    /// Something that is no header stood behind the end.
    trailing: bool,
    /// Something that is no header stood where one should.
    lost: bool,
}

/// What PAX records and GNU's long names say.
#[derive(Clone, Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: sparse::Said,
}

/// One entry at `here`; gives the place behind it.
fn entry(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    state: &mut State,
    header: &Header<'_>,
    here: u64,
) -> Result<u64, NotOpened> {
    let data = here.saturating_add(BLOCK as u64);
    let Some(stated) = header.size() else {
        state.lost = true;
        return Ok(data);
    };
    match header.kind() {
        kind @ (b'L' | b'K') => {
            let len = usize::try_from(stated.min(LONG_NAME)).unwrap_or(0);
            let mut name = source.up_to(data, len);
            name.truncate(memchr::memchr(0, &name).unwrap_or(name.len()));
            if kind == b'L' {
                state.next.path = Some(name);
            } else {
                state.next.link = Some(name);
            }
            return Ok(behind(data, stated));
        }
        kind @ (b'x' | b'X' | b'g') => {
            let len = usize::try_from(stated.min(PAX)).unwrap_or(0);
            let into = if kind == b'g' {
                &mut state.global
            } else {
                &mut state.next
            };
            records(&source.up_to(data, len), into);
            return Ok(behind(data, stated));
        }
        // The label of a volume.
        b'V' => return Ok(behind(data, stated)),
        _ => {}
    }
    let said = std::mem::take(&mut state.next);
    let size = said.size.or(state.global.size).unwrap_or(stated);
    let path = said.sparse.name.clone().or(said.path);
    let path = path.or_else(|| state.global.path.clone());
    let path = path.unwrap_or_else(|| header.path());
    let is_folder =
        header.kind() == b'5' || (matches!(header.kind(), b'0' | 0) && path.last() == Some(&b'/'));
    if is_folder || header.kind() == b'D' {
        // Folders have no content, whatever size they state; GNU's dumps of folders do.
        let size = if header.kind() == b'D' { size } else { 0 };
        return Ok(behind(data, size));
    }
    let mut member = Member {
        names: member_name::readings(&path, false),
        ..Member::default()
    };
    member.traits = state.names.traits(&member.names);
    if state.ended || state.lost {
        member.traits.push("hidden-member");
        inside.sign("hidden-member");
    }
    state.members += 1;
    match header.kind() {
        b'1'..=b'4' | b'6' => {
            // Links and devices have no content: what a link's size speaks of may lie in another
            // entry. If something does follow, it is looked at as headers.
            if matches!(header.kind(), b'1' | b'2') {
                member.traits.push("link");
                let target = said.link.unwrap_or_else(|| header.link());
                if super::escapes(&String::from_utf8_lossy(&target))
                    && !member.traits.contains(&"path-escape")
                {
                    member.traits.push("path-escape");
                }
            }
            inside.piece(member, &source.piece(0, 0))?;
            Ok(data)
        }
        _ => {
            if size != stated {
                // Sizes that the header has room for stand in both places, or in the header only.
                if stated != 0 && size < HEADER_SIZES {
                    member.traits.push("lying-header");
                    inside.sign("lying-header");
                    hand_on(inside, member.clone(), source, data, stated)?;
                }
            }
            let (stored, whole) = sparse::map(source, header, data, size, &said.sparse);
            match whole {
                Some(whole) if whole.len() <= inside.spending().bytes_left() => {
                    member.packed = Some(size);
                    inside.piece(member, &whole)?;
                }
                _ => hand_on(inside, member, source, stored, size)?,
            }
            Ok(behind(stored, size))
        }
    }
}

/// The block behind so many bytes.
fn behind(data: u64, size: u64) -> u64 {
    data.saturating_add(size)
        .checked_next_multiple_of(BLOCK as u64)
        .unwrap_or(u64::MAX)
}

/// PAX records: `length key=value\n`.
fn records(mut bytes: &[u8], into: &mut Extended) {
    while let Some(space) =
        memchr::memchr(b' ', bytes.get(..20.min(bytes.len())).unwrap_or_default())
    {
        let length = bytes.get(..space).and_then(decimal);
        let Some(length) = length.and_then(|length| usize::try_from(length).ok()) else {
            return;
        };
        let Some(record) = bytes.get(space + 1..length) else {
            return;
        };
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        if let Some(equals) = memchr::memchr(b'=', record) {
            let (key, value) = record.split_at(equals);
            let value = value.get(1..).unwrap_or_default();
            match key {
                b"path" => into.path = Some(value.to_vec()),
                b"linkpath" => into.link = Some(value.to_vec()),
                b"size" => into.size = decimal(value),
                _ => into.sparse.record(key, value),
            }
        }
        bytes = bytes.get(length..).unwrap_or_default();
    }
}

/// A number in decimal digits.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// A block that is a header.
struct Header<'b>(&'b [u8]);

impl<'b> Header<'b> {
    /// By its checksum, of unsigned bytes or, as some programs wrote it, signed ones.
    fn read(block: &'b [u8]) -> Option<Self> {
        let said = number(block.get(148..156)?)?;
        let (mut unsigned, mut signed) = (0_u64, 0_i64);
        for (at, byte) in block.iter().enumerate() {
            let byte = if (148..156).contains(&at) {
                b' '
            } else {
                *byte
            };
            unsigned += u64::from(byte);
            signed += i64::from(byte.cast_signed());
        }
        (said == unsigned || i64::try_from(said) == Ok(signed)).then_some(Self(block))
    }

    fn field(&self, at: usize, len: usize) -> &'b [u8] {
        self.0.get(at..at + len).unwrap_or_default()
    }

    fn text(&self, at: usize, len: usize) -> &'b [u8] {
        let field = self.field(at, len);
        let end = memchr::memchr(0, field).unwrap_or(field.len());
        field.get(..end).unwrap_or_default()
    }

    fn kind(&self) -> u8 {
        self.0.get(156).copied().unwrap_or(0)
    }

    fn size(&self) -> Option<u64> {
        number(self.field(124, 12))
    }

    fn link(&self) -> Vec<u8> {
        self.text(157, 100).to_vec()
    }

    /// The name, behind its prefix: what GNU's form has there is no prefix.
    fn path(&self) -> Vec<u8> {
        let name = self.text(0, 100);
        let prefix = self.text(345, 155);
        if self.field(257, 6) == b"ustar\0" && !prefix.is_empty() {
            return [prefix, b"/", name].concat();
        }
        name.to_vec()
    }
}

/// A number of a header: octal digits, or GNU's bytes behind a first bit.
fn number(field: &[u8]) -> Option<u64> {
    match field.split_first()? {
        (first @ 0x80..=0xbf, rest) => rest
            .iter()
            .try_fold(u64::from(first & 0x3f), |number, byte| {
                (number >> 56 == 0).then(|| number << 8 | u64::from(*byte))
            }),
        (0xc0..=0xff, _) => None,
        _ => {
            let digits = field.trim_ascii_start();
            let mut number = 0_u64;
            for digit in digits {
                match digit {
                    b'0'..=b'7' if number >> 61 == 0 => {
                        number = number << 3 | u64::from(digit - b'0');
                    }
                    b'0'..=b'7' => return None,
                    _ => break,
                }
            }
            Some(number)
        }
    }
}

const BLOCK: usize = 512;
/// Bytes of a long name that are read.
const LONG_NAME: u64 = 64 << 10;
/// Bytes of a PAX header that are read.
const PAX: u64 = 1 << 20;
/// Sizes from here on do not fit into a header's eleven octal digits.
const HEADER_SIZES: u64 = 1 << 33;
