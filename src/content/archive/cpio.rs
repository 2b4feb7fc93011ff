//! CPIO: the binary form of old in both byte orders, `odc` (POSIX.1-1988), and `newc` with and
//! without checksums (cpio(5)).

use super::{Names, hand_on};
use crate::{
    content::{
        member_name,
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Opens an archive, and those that stand behind its trailer, as in an initramfs.
pub(in crate::content) fn cpio(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let mut names = Names::default();
    let mut at = 0;
    let mut ended = false;
    let mut lost = false;
    loop {
        inside.spending().check()?;
        let Some(header) = Header::read(source, at) else {
            if source.up_to(at, 1).is_empty() {
                break;
            }
            // Padding, or damage: the next header is looked for.
            match next_header(inside, source, at)? {
                Some((next, only_zeros)) => {
                    lost |= !only_zeros && !ended;
                    at = next;
                    continue;
                }
                None => {
                    lost |= !ended;
                    break;
                }
            }
        };
        let name = source.up_to(header.name, header.name_len);
        let name = name
            .get(..memchr::memchr(0, &name).unwrap_or(name.len()))
            .unwrap_or_default();
        at = header.end;
        if name == b"TRAILER!!!" && header.size == 0 {
            ended = true;
            continue;
        }
        if header.mode & 0o170_000 == 0o040_000 {
            continue;
        }
        let mut member = Member {
            names: member_name::readings(name, false),
            ..Member::default()
        };
        member.traits = names.traits(&member.names);
        if header.mode & 0o170_000 == 0o120_000 {
            member.traits.push("link");
        }
        if ended || lost {
            member.traits.push("hidden-member");
            inside.sign("hidden-member");
        }
        hand_on(inside, member, source, header.data, header.size)?;
    }
    if lost || !ended {
        return Err(NotOpened::Damaged);
    }
    Ok(())
}

/// Where the next header stands, and whether only zeros stand before it.
fn next_header(
    inside: &mut Inside<'_, '_>,
    source: &Source,
    mut at: u64,
) -> Result<Option<(u64, bool)>, NotOpened> {
    let mut only_zeros = true;
    loop {
        inside.spending().check()?;
        let window = source.up_to(at, WINDOW);
        if window.len() < 26 {
            return Ok(None);
        }
        let found = window.iter().enumerate().position(|(place, byte)| {
            if *byte == 0 {
                return false;
            }
            let sign = window.get(place..place + 6).unwrap_or_default();
            let is = matches!(sign, b"070701" | b"070702" | b"070707")
                || matches!(sign, [0xc7, 0x71, ..] | [0x71, 0xc7, ..]);
            let is = is && Header::read(source, at.saturating_add(place as u64)).is_some();
            only_zeros &= is;
            is
        });
        if let Some(place) = found {
            return Ok(Some((at.saturating_add(place as u64), only_zeros)));
        }
        at = at.saturating_add((window.len() - 6) as u64);
        if window.len() < WINDOW {
            return Ok(None);
        }
    }
}

struct Header {
    mode: u64,
    name: u64,
    name_len: usize,
    data: u64,
    size: u64,
    end: u64,
}

impl Header {
    fn read(source: &Source, at: u64) -> Option<Self> {
        let head = source.up_to(at, 110);
        let (mode, name_len, size, fixed, align) = match head.as_slice() {
            [b'0', b'7', b'0', b'7', b'0', b'1' | b'2', ..] => {
                let field = |number: usize| digits(head.get(6 + 8 * number..14 + 8 * number)?, 16);
                (field(1)?, field(11)?, field(6)?, 110, 4)
            }
            [b'0', b'7', b'0', b'7', b'0', b'7', ..] => {
                let field = |at: usize, len: usize| digits(head.get(at..at + len)?, 8);
                (field(18, 6)?, field(59, 6)?, field(65, 11)?, 76, 1)
            }
            [first @ (0xc7 | 0x71), second @ (0xc7 | 0x71), ..] if first != second => {
                let short = |number: usize| {
                    let bytes: [u8; 2] = head.get(2 * number..2 * number + 2)?.try_into().ok()?;
                    Some(u64::from(if *first == 0xc7 {
                        u16::from_le_bytes(bytes)
                    } else {
                        u16::from_be_bytes(bytes)
                    }))
                };
                (short(3)?, short(10)?, short(11)? << 16 | short(12)?, 26, 2)
            }
            _ => return None,
        };
        if name_len == 0 || name_len > LONG_NAME {
            return None;
        }
        let name = at.checked_add(fixed)?;
        // Padding counts from the beginning of the header: archives behind others may stand anywhere.
        let data = at.checked_add((fixed + name_len).next_multiple_of(align))?;
        let end = data.checked_add(size.next_multiple_of(align))?;
        Some(Self {
            mode,
            name,
            name_len: usize::try_from(name_len).ok()?,
            data,
            size,
            end,
        })
    }
}

fn digits(field: &[u8], radix: u32) -> Option<u64> {
    let text = std::str::from_utf8(field).ok()?;
    let sound = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    sound.then(|| u64::from_str_radix(text, radix).ok())?
}

/// A name is no longer than this (PATH_MAX of the programs that unpack).
const LONG_NAME: u64 = 4096;
const WINDOW: usize = 64 << 10;
