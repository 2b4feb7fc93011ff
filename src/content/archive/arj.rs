//! ARJ archives (technote of ARJ 2.41): stored, packed by methods 1 to 3 (the coding of LHA with a
//! window of 26 KiB) and 4, garbled with a password; also behind a program that unpacks them.

mod fastest;
#[cfg(test)]
mod tests;

use std::{
    collections::HashSet,
    io::{self, Read},
};

use delharc::decode::{Decoder, Lh7DecoderCfg, LhaV2Decoder};

use super::fields::{Fields, crc32, hand_on, sign_prefix, with_path_traits};
use crate::{
    content::{
        member_name,
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};
use fastest::Fastest;

/// Opens an ARJ archive.
pub(in crate::content) fn arj(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let start = start(source).ok_or(NotOpened::Damaged)?;
    sign_prefix(inside, start);
    let mut seen = HashSet::new();
    let mut password: Option<Option<Vec<u8>>> = None;
    let (main, mut at) = header(source, start).ok_or(NotOpened::Damaged)?;
    if main.is_none() {
        return Ok(());
    }
    loop {
        inside.spending().check()?;
        let Some((header, data_at)) = header(source, at) else {
            return Err(NotOpened::Damaged);
        };
        let Some(header) = header else {
            return Ok(());
        };
        let data = source.piece(data_at, header.packed);
        if header.flags & (VOLUME | CONTINUES) != 0 {
            inside.sign("volume");
        }
        if matches!(header.kind, BINARY | TEXT) {
            file(inside, &header, &data, &mut seen, &mut password)?;
        }
        at = data_at.saturating_add(header.packed);
    }
}

/// Where the archive begins.
fn start(source: &Source) -> Option<u64> {
    let head = source.up_to(0, SEARCH);
    if head.starts_with(SIGN) {
        return Some(0);
    }
    memchr::memmem::find_iter(&head, SIGN)
        .find(|at| is_start(head.get(*at..).unwrap_or_default()))
        .map(|at| at as u64)
}

/// Whether an archive begins with these bytes: a main header whose checksum is right.
pub(in crate::content) fn is_start(bytes: &[u8]) -> bool {
    let mut fields = Fields::new(bytes);
    if fields.take(2) != Some(SIGN) {
        return false;
    }
    let size = fields.u16().unwrap_or_default();
    if !(30..=MAX_HEADER).contains(&size) {
        return false;
    }
    let body = fields.take(usize::from(size));
    let right = body.is_some() && body.map(crc32) == fields.u32();
    right && body.and_then(|body| body.get(6)) == Some(&MAIN)
}

struct Header {
    flags: u8,
    method: u8,
    kind: u8,
    garbled_with: u8,
    packed: u64,
    size: u64,
    crc: u32,
    name: Vec<u8>,
    link: bool,
}

/// Reads a header and answers where what follows it begins; the inner none is the end of the
/// archive.
fn header(source: &Source, at: u64) -> Option<(Option<Header>, u64)> {
    let begin = source.bytes(at, 4)?;
    let mut fields = Fields::new(&begin);
    if fields.take(2)? != SIGN {
        return None;
    }
    let size = fields.u16()?;
    let body_at = at.checked_add(4)?;
    if size == 0 {
        return Some((None, body_at));
    }
    if size > MAX_HEADER {
        return None;
    }
    let body = source.bytes(body_at, usize::from(size) + 4)?;
    let (body, sum) = body.split_at_checked(usize::from(size))?;
    if sum != crc32(body).to_le_bytes() {
        return None;
    }
    let mut fields = Fields::new(body);
    let first = usize::from(fields.u8()?);
    fields.take(2)?;
    let system = fields.u8()?;
    let (flags, method, kind, garbled_with) =
        (fields.u8()?, fields.u8()?, fields.u8()?, fields.u8()?);
    fields.take(4)?;
    let (packed, size, crc) = (fields.u32()?, fields.u32()?, fields.u32()?);
    fields.take(2)?;
    let mode = fields.u16()?;
    let mut names = Fields::new(body.get(first..)?);
    let name = names.string()?.to_vec();
    let mut next = body_at.checked_add(body.len() as u64 + 4)?;
    // Extended headers, which nobody has ever written.
    loop {
        let size = source.bytes(next, 2)?;
        let size = u64::from(Fields::new(&size).u16()?);
        next = next.checked_add(2)?;
        if size == 0 {
            break;
        }
        next = next.checked_add(size + 4)?;
    }
    Some((
        Some(Header {
            flags,
            method,
            kind,
            garbled_with,
            packed: u64::from(packed),
            size: u64::from(size),
            crc,
            name,
            link: matches!(system, 2 | 8) && mode >> 12 == 0o12,
        }),
        next,
    ))
}

fn file(
    inside: &mut Inside<'_, '_>,
    header: &Header,
    data: &Source,
    seen: &mut HashSet<String>,
    password: &mut Option<Option<Vec<u8>>>,
) -> Result<(), NotOpened> {
    let names = member_name::readings(&header.name, false).into_iter();
    let mut member = Member {
        names: names.map(|name| name.replace('\\', "/")).collect(),
        packed: Some(header.packed),
        declared: header.size,
        cipher: (header.flags & GARBLED != 0).then_some(CIPHER),
        traits: Vec::new(),
    };
    if header.link {
        member.traits.push("link");
    }
    let name = member.names.first().map(|name| name.to_lowercase());
    if let Some(name) = name
        && !seen.insert(name)
    {
        member.traits.push("duplicate-name");
    }
    let member = with_path_traits(member);
    if header.flags & CONTINUES != 0 {
        // Its beginning stands in the volume before.
        return inside.closed(member, NotOpened::Unsupported);
    }
    let mut key = None;
    if header.flags & GARBLED != 0 {
        inside.encrypted(Some(CIPHER));
        if password.is_none() {
            *password = Some(fitting(inside, header, data)?);
        }
        match password {
            Some(Some(found)) => key = Some(found.clone()),
            _ => return inside.closed(member, NotOpened::Encrypted),
        }
    } else if header.method == 0 && data.len() == header.size && header.flags & VOLUME == 0 {
        return inside.piece(member, data);
    }
    let _held = inside.spending().hold(1 << 20)?;
    let Some(mut content) = open(header, data, key) else {
        return inside.closed(member, NotOpened::Unsupported);
    };
    let crc = (header.flags & VOLUME == 0).then_some(header.crc);
    hand_on(inside, member, &mut content, header.size, crc)?;
    Ok(())
}

/// Finds the password of a garbled file: its checksum tells.
fn fitting(
    inside: &mut Inside<'_, '_>,
    header: &Header,
    data: &Source,
) -> Result<Option<Vec<u8>>, NotOpened> {
    for password in inside.passwords().iter() {
        inside.spending().check()?;
        let key = password.clone().into_bytes();
        let Some(mut content) = open(header, data, Some(key.clone())) else {
            return Ok(None);
        };
        let mut sum = flate2::Crc::new();
        let mut left = header.size;
        let mut buffer = vec![0; PIECE];
        while left > 0 {
            inside.spending().check()?;
            let wanted = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
            match content.read(buffer.get_mut(..wanted).unwrap_or_default()) {
                Ok(got @ 1..) => {
                    sum.update(buffer.get(..got).unwrap_or_default());
                    left = left.saturating_sub(got as u64);
                }
                _ => break,
            }
        }
        if left == 0 && sum.sum() == header.crc {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// A file's bytes; none where the method is unknown.
fn open(header: &Header, data: &Source, key: Option<Vec<u8>>) -> Option<Box<dyn Read>> {
    let packed = Garbled {
        input: data.cursor(),
        key: key.unwrap_or_default(),
        modifier: header.garbled_with,
        at: 0,
    };
    Some(match header.method {
        0 => Box::new(packed),
        1..=3 => Box::new(Packed {
            decoder: LhaV2Decoder::new(packed),
            left: header.size,
        }),
        4 => Box::new(Fastest::new(packed, header.size)),
        _ => return None,
    })
}

/// Each byte with one of the password's, over and over.
struct Garbled<R> {
    input: R,
    key: Vec<u8>,
    modifier: u8,
    at: usize,
}

impl<R: Read> Read for Garbled<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.input.read(into)?;
        if self.key.is_empty() {
            return Ok(got);
        }
        for byte in into.iter_mut().take(got) {
            let letter = self.key.get(self.at).copied().unwrap_or_default();
            *byte ^= letter.wrapping_add(self.modifier);
            self.at = (self.at + 1) % self.key.len();
        }
        Ok(got)
    }
}

/// Methods 1 to 3: what LHA calls `-lh7-`, with a smaller window.
struct Packed<R> {
    decoder: LhaV2Decoder<Lh7DecoderCfg, R>,
    left: u64,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        let wanted = wanted.min(into.len());
        let Some(into) = into.get_mut(..wanted).filter(|into| !into.is_empty()) else {
            return Ok(0);
        };
        let filled = self.decoder.fill_buffer(into);
        filled.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        self.left = self.left.saturating_sub(wanted as u64);
        Ok(wanted)
    }
}

const SIGN: &[u8] = b"\x60\xea";
const MAX_HEADER: u16 = 2600;
const GARBLED: u8 = 0x01;
const VOLUME: u8 = 0x04;
const CONTINUES: u8 = 0x08;
const BINARY: u8 = 0;
const TEXT: u8 = 1;
const MAIN: u8 = 2;
const CIPHER: &str = "arj-garble";
/// How far before the archive a program may stand.
const SEARCH: usize = 1 << 20;
/// Bytes that are unpacked at once: the end of a damaged file is lost by so much.
const PIECE: usize = 4096;
