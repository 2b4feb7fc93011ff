//! What readers of archives share: fields of headers, and members that are unpacked in a row.

use std::io::{self, Read, Write as _};

use flate2::Crc;

use crate::{
    content::{
        opener::{Inside, Member},
        source::Source,
    },
    facts::NotOpened,
};

/// Bytes of a header, read in order. Behind the end there is nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    /// As [`Fields::take`], of a count that the file says.
    pub(super) fn take_u64(&mut self, count: u64) -> Option<&'a [u8]> {
        self.take(usize::try_from(count).ok()?)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    /// Bytes before the next NUL, which is taken too.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let end = memchr::memchr(0, self.bytes)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(text)
    }

    /// The variable-length integer of RAR 5: seven bits a byte, the lowest first.
    pub(super) fn vint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

/// CRC-32 of these bytes.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Hands on a member that is the next `size` bytes of a stream of several. Answers whether the
/// stream goes on behind it: not where it ended too early or could not be read.
///
/// # Errors
/// When the budget ends.
pub(super) fn hand_on(
    inside: &mut Inside<'_, '_>,
    member: Member,
    stream: &mut dyn Read,
    size: u64,
    crc: Option<u32>,
) -> Result<bool, NotOpened> {
    let mut buffer = vec![0; COPY];
    let mut seen = Crc::new();
    let mut left = size;
    let mut whole = true;
    let mut to = inside.begin(member)?;
    let mut stopped = false;
    while left > 0 {
        let wanted = usize::try_from(left).map_or(COPY, |left| left.min(COPY));
        let into = buffer.get_mut(..wanted).unwrap_or_default();
        match stream.read(into) {
            Ok(0) => {
                whole = false;
                break;
            }
            Ok(got) => {
                let bytes = buffer.get(..got).unwrap_or_default();
                left = left.saturating_sub(got as u64);
                seen.update(bytes);
                if to.write_all(bytes).is_err() {
                    stopped = true;
                    break;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => {
                whole = false;
                break;
            }
        }
    }
    let right = stopped || (whole && crc.is_none_or(|crc| crc == seen.sum()));
    to.finish((!right).then_some(NotOpened::Damaged))?;
    if stopped {
        // Too well packed: the others may still be had.
        whole = skip(inside, stream, left)?;
    }
    Ok(whole)
}

/// Reads over bytes that are not wanted. Answers whether they were there.
///
/// # Errors
/// When the budget ends.
pub(super) fn skip(
    inside: &mut Inside<'_, '_>,
    stream: &mut dyn Read,
    count: u64,
) -> Result<bool, NotOpened> {
    let mut buffer = vec![0; COPY];
    let mut left = count;
    while left > 0 {
        inside.spending().check()?;
        let wanted = usize::try_from(left).map_or(COPY, |left| left.min(COPY));
        match stream.read(buffer.get_mut(..wanted).unwrap_or_default()) {
            Ok(0) => return Ok(false),
            Ok(got) => left = left.saturating_sub(got as u64),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Ok(false),
        }
    }
    Ok(true)
}

/// Notes on the member what its path says: whether it leads out of the folder.
pub(super) fn with_path_traits(mut member: Member) -> Member {
    let escapes = |name: &String| {
        let absolute = name.starts_with(['/', '\\']) || name.as_bytes().get(1) == Some(&b':');
        absolute || name.split(['/', '\\']).any(|piece| piece == "..")
    };
    if member.names.iter().any(escapes) {
        member.traits.push("path-escape");
    }
    member
}

/// Says what stands before an archive that begins at `at`.
pub(super) fn sign_prefix(inside: &mut Inside<'_, '_>, at: u64) {
    if at == 0 {
        return;
    }
    let program = inside.container().is_some_and(|node| {
        node.kinds
            .iter()
            .any(|kind| kind.class == crate::facts::Class::Executable)
    });
    inside.sign(if program {
        "self-extracting"
    } else {
        "prefix-data"
    });
}

/// Notes what stands behind an archive that begins the file and ends at `end`: padding is nothing.
pub(super) fn sign_trailing(inside: &mut Inside<'_, '_>, source: &Source, end: u64) {
    let behind = source.up_to(end, COPY);
    if behind.iter().any(|byte| *byte != 0) || source.len().saturating_sub(end) > COPY as u64 {
        inside.sign("trailing-data");
    }
}

const COPY: usize = 64 << 10;
