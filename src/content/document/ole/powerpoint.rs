//! PowerPoint presentations of 1997 to 2003 ([MS-PPT]): objects, macros, encryption.

use std::io::{Cursor, Read};

use flate2::bufread::ZlibDecoder;

use super::{
    compound::{Compound, u16_at, u32_at},
    crypto::Rc4Key,
};
use crate::{
    content::opener::{Inside, Member},
    facts::NotOpened,
};

/// Looks through the main stream. Objects are found by the signs of their records, not by walking
/// from record to record: a record with a wrong length would hide them, PowerPoint has a list.
pub(super) fn read(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    index: usize,
) -> Result<(), NotOpened> {
    let user = compound.find(&["Current User"]);
    let token = user.and_then(|user| u32_at(&compound.read(user, 64), 12));
    let limit = compound.stream(index).left();
    let _held = inside.spending().hold(limit)?;
    let bytes = compound.read(index, limit);
    let session = session(&bytes);
    if token == Some(ENCRYPTED) || session.is_some() {
        inside.encrypted(session.and_then(cipher));
        return Err(NotOpened::Encrypted);
    }
    // ExternalOleLinkContainer.
    if find(&bytes, b"\x0f\0\xce\x0f").is_some() {
        inside.sign("external-link");
    }
    // VBAInfoAtom: a reference, whether there are macros, a version.
    for at in memchr::memmem::find_iter(&bytes, b"\x02\0\0\x04\x0c\0\0\0") {
        if u32_at(&bytes, at + 12) == Some(1) {
            inside.sign("macros-vba");
        }
    }
    let mut number = 0;
    for at in memchr::memmem::find_iter(&bytes, b"\x11\x10") {
        let Some(start) = at.checked_sub(2) else {
            continue;
        };
        let Some(record) = object(&bytes, start) else {
            continue;
        };
        number += 1;
        object_found(inside, number, record)?;
    }
    Ok(())
}

/// The content of an ExternalOleObjectStg record and, where it is packed, its size when unpacked.
fn object(bytes: &[u8], start: usize) -> Option<(Option<u32>, &[u8])> {
    let packed = match u16_at(bytes, start)? {
        0 => false,
        0x10 => true,
        _ => return None,
    };
    let length = u32_at(bytes, start + 4)? as usize;
    let rest = bytes.get(start + 8..)?;
    let content = rest.get(..length).unwrap_or(rest);
    match packed {
        true => {
            let size = u32_at(content, 0)?;
            let content = content.get(4..)?;
            // The header of zlib (RFC 1950, 2.2).
            let zlib = u16::from_be_bytes(content.get(..2)?.try_into().ok()?);
            (zlib >> 8 & 15 == 8 && zlib % 31 == 0).then_some((Some(size), content))
        }
        false => content
            .starts_with(super::compound::MAGIC)
            .then_some((None, content)),
    }
}

fn object_found(
    inside: &mut Inside<'_, '_>,
    number: u32,
    (unpacked, content): (Option<u32>, &[u8]),
) -> Result<(), NotOpened> {
    let member = Member {
        packed: Some(content.len() as u64),
        ..Member::named(format!("ExOleObjStg {number}"))
    };
    let mut watched = Watched {
        content: match unpacked {
            Some(_) => Box::new(ZlibDecoder::new(Cursor::new(content))),
            None => Box::new(content),
        },
        wanted: unpacked.map_or(0, u64::from),
        last: Vec::new(),
        project: false,
    };
    inside.member(member, &mut watched)?;
    let sign = if watched.project {
        "macros-vba"
    } else {
        "embedded-object"
    };
    inside.sign(sign);
    Ok(())
}

/// A presentation in the clear, and where its Current User stream says that it is encrypted. Each
/// object that the list of the last edit names is encrypted by itself, with its number as the block
/// ([MS-PPT] 2.3.7: an encrypted presentation has one edit only).
pub(super) fn decrypt(bytes: &[u8], edit: u32, key: &Rc4Key) -> Option<Vec<u8>> {
    let mut clear = bytes.to_vec();
    let list = u32_at(bytes, usize::try_from(edit).ok()?.checked_add(8 + 12)?)?;
    let list = usize::try_from(list).ok()?;
    let end = list
        .checked_add(8)?
        .checked_add(u32_at(bytes, list + 4)? as usize)?;
    let mut at = list + 8;
    // Objects do not overlap where nobody lies.
    let mut left = bytes.len().saturating_mul(2);
    while at < end {
        let head = u32_at(bytes, at)?;
        let (first, count) = (head & 0xf_ffff, head >> 20);
        at += 4;
        for number in first..first.saturating_add(count) {
            let start = u32_at(bytes, at)? as usize;
            at += 4;
            let Some(head) = bytes.get(start..start.saturating_add(8)) else {
                continue;
            };
            if u16_at(head, 2) == Some(SESSION) {
                clear.get_mut(start + 2..start + 4)?.fill(0);
                continue;
            }
            let mut head = head.to_vec();
            key.decrypt_block(&mut head, number);
            let length = (u32_at(&head, 4)? as usize).min(bytes.len() - start - 8) + 8;
            left = left.checked_sub(length)?;
            let object = clear.get_mut(start..start + length)?;
            object.copy_from_slice(bytes.get(start..start + length)?);
            key.decrypt_block(object, number);
        }
    }
    Some(clear)
}

/// The header of the encryption, from its version on.
pub(super) fn session(bytes: &[u8]) -> Option<&[u8]> {
    bytes.get(find(bytes, b"\x0f\0\x14\x2f")? + 8..)
}

/// Watches for the storage of a macro project while it is read.
struct Watched<'b> {
    content: Box<dyn Read + 'b>,
    /// Bytes that are still to come: PowerPoint does not write the end of packed data.
    wanted: u64,
    last: Vec<u8>,
    project: bool,
}

impl Read for Watched<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let got = match self.content.read(into) {
            Err(_) if self.wanted == 0 => 0,
            got => got?,
        };
        self.wanted = self.wanted.saturating_sub(got as u64);
        if !self.project {
            self.last.extend(into.get(..got).unwrap_or_default());
            self.project = find(&self.last, VBA_PROJECT).is_some();
            let done = self.last.len().saturating_sub(VBA_PROJECT.len());
            self.last.drain(..done);
        }
        Ok(got)
    }
}

/// CryptSession10Container ([MS-PPT] 2.4.7): always RC4 CryptoAPI.
fn cipher(header: &[u8]) -> Option<&'static str> {
    super::crypto::rc4_name(u32_at(header, 12 + 16)?)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, what)
}

/// CurrentUserAtom.headerToken of an encrypted presentation.
pub(super) const ENCRYPTED: u32 = 0xf3d1_c4df;
/// CurrentUserAtom.headerToken of any other.
pub(super) const CLEAR: u32 = 0xe391_c05f;
/// The type of CryptSession10Container.
const SESSION: u16 = 0x2f14;
/// The name of the storage, as directories write it.
const VBA_PROJECT: &[u8] = b"_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0";
