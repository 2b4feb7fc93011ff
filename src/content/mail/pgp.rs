//! OpenPGP messages (RFC 9580), armored and binary: what is encrypted is known, what is only signed or
//! compressed is opened.

use std::io::{Read, Write as _};

use bzip2::read::BzDecoder;
use flate2::read::{DeflateDecoder, ZlibDecoder};

use crate::{
    content::{
        member_name,
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Opens a message.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let size = source.len();
    if size > MAX_SIZE {
        return Err(NotOpened::Budget {
            which: "memory",
            limit: MAX_SIZE,
            seen: size,
        });
    }
    let _held = inside.spending().hold(size.saturating_mul(3))?;
    let bytes = source.whole(MAX_SIZE).ok_or(NotOpened::Damaged)?;
    let binary = match bytes.first() {
        Some(0x80..) => bytes.to_vec(),
        _ => super::unarmored(&bytes),
    };
    packets(inside, &binary, 0)
}

fn packets(inside: &mut Inside<'_, '_>, bytes: &[u8], depth: u32) -> Result<(), NotOpened> {
    let mut rest = bytes;
    let mut opened = false;
    for _ in 0..MAX_PACKETS {
        inside.spending().check()?;
        let Some(packet) = packet(rest) else { break };
        rest = packet.rest;
        match packet.tag {
            // Session keys; data that is encrypted, with and without a check.
            1 | 3 | 9 | 18 | 20 => {
                inside.encrypted(Some("pgp"));
                return Err(NotOpened::Encrypted);
            }
            8 => {
                if depth >= MAX_DEPTH {
                    return Err(NotOpened::Unsupported);
                }
                let Some((algorithm, packed)) = packet.body.split_first() else {
                    return Err(NotOpened::Damaged);
                };
                let mut content: Box<dyn Read + '_> = match algorithm {
                    0 => Box::new(packed),
                    1 => Box::new(DeflateDecoder::new(packed)),
                    2 => Box::new(ZlibDecoder::new(packed)),
                    3 => Box::new(BzDecoder::new(packed)),
                    _ => return Err(NotOpened::Unsupported),
                };
                let mut plain = Vec::new();
                let mut held = Vec::new();
                let mut piece = vec![0; 64 << 10];
                while let Ok(got @ 1..) = content.read(&mut piece) {
                    inside.spending().take_bytes(got as u64)?;
                    held.push(inside.spending().hold(got as u64 * 2)?);
                    plain.extend_from_slice(piece.get(..got).unwrap_or_default());
                }
                packets(inside, &plain, depth + 1)?;
                opened = true;
            }
            11 => {
                literal(inside, &packet.body)?;
                opened = true;
            }
            _ => {}
        }
    }
    match opened {
        true => Ok(()),
        false => Err(NotOpened::Unsupported),
    }
}

/// Literal data (section 5.9): a format, a name, a date, the bytes.
fn literal(inside: &mut Inside<'_, '_>, body: &[u8]) -> Result<(), NotOpened> {
    let [_, length, behind @ ..] = body else {
        return Err(NotOpened::Damaged);
    };
    let Some((name, behind)) = behind.split_at_checked(usize::from(*length)) else {
        return Err(NotOpened::Damaged);
    };
    let data = behind.get(4..).unwrap_or_default();
    let member = Member {
        names: match name {
            [] | b"_CONSOLE" => Vec::new(),
            name => member_name::readings(name, false),
        },
        packed: Some(data.len() as u64),
        ..Member::default()
    };
    let mut to = inside.begin(member)?;
    let written = to.write_all(data);
    to.finish(written.err().map(|_| NotOpened::Damaged))
}

struct Packet<'a> {
    tag: u8,
    body: std::borrow::Cow<'a, [u8]>,
    rest: &'a [u8],
}

/// A packet (section 4.2), in the old and the new form; a length beyond the end means to the end.
fn packet(bytes: &[u8]) -> Option<Packet<'_>> {
    let (first, behind) = bytes.split_first()?;
    if first & 0x80 == 0 {
        return None;
    }
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let cut = |bytes: &'_ [u8], length: usize| length.min(bytes.len());
    if first & 0x40 == 0 {
        let tag = first >> 2 & 0x0f;
        let (length, rest) = match first & 3 {
            3 => (behind.len(), behind),
            kind => {
                let (length, rest) = behind.split_at_checked(1 << kind)?;
                (number(length), rest)
            }
        };
        let (body, rest) = rest.split_at(cut(rest, length));
        let body = body.into();
        return Some(Packet { tag, body, rest });
    }
    let tag = first & 0x3f;
    let mut rest = behind;
    let mut pieces = Vec::new();
    loop {
        let (length, used, partial) = match rest {
            [short @ 0..192, ..] => (usize::from(*short), 1, false),
            [high @ 192..224, low, ..] => {
                let length = usize::from(high - 192) << 8;
                (length + usize::from(*low) + 192, 2, false)
            }
            [255, a, b, c, d, ..] => (number(&[*a, *b, *c, *d]), 5, false),
            [partial @ 224..=254, ..] => (1 << (partial & 0x1f), 1, true),
            _ => return None,
        };
        let behind = rest.get(used..)?;
        let (body, after) = behind.split_at(cut(behind, length));
        rest = after;
        if !partial && pieces.is_empty() {
            let body = body.into();
            return Some(Packet { tag, body, rest });
        }
        pieces.extend_from_slice(body);
        if !partial || rest.is_empty() {
            let body = pieces.into();
            return Some(Packet { tag, body, rest });
        }
    }
}

/// Bytes of a message that is read.
const MAX_SIZE: u64 = 48 << 20;
/// Packets of one level.
const MAX_PACKETS: usize = 1000;
/// Compressed packets inside each other.
const MAX_DEPTH: u32 = 4;
