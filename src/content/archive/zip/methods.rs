//! The compression methods of ZIP (APPNOTE.TXT 4.4.5): packed bytes in, content out, as a stream.

use std::io::{self, BufRead, Read};

use flate2::Crc;
use lzma_rust2::{LzmaReader, XzReader};
use ppmd_rust::{Ppmd8Decoder, RestoreMethod};
use ruzstd::decoding::StreamingDecoder;

use super::{implode, record::Header};
use crate::{
    content::budget::{Held, Spending},
    facts::NotOpened,
};

/// The content of a member, with its checksum compared at the end.
pub(super) struct Content<'r> {
    reader: Box<dyn Read + 'r>,
    crc: Crc,
    /// The checksum that is declared; none where nothing is (AE-2).
    wanted: Option<u32>,
    _held: Option<Held>,
}

impl<'r> Content<'r> {
    pub(super) fn new(
        packed: impl BufRead + 'r,
        header: &Header,
        wanted: Option<u32>,
        spending: &mut Spending,
    ) -> Result<Self, NotOpened> {
        let (reader, held) = unpack(packed, header, spending)?;
        Ok(Self {
            reader,
            crc: Crc::new(),
            wanted,
            _held: held,
        })
    }
}

impl Read for Content<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.reader.read(into)?;
        self.crc.update(into.get(..got).unwrap_or_default());
        if got == 0 && !into.is_empty() && self.wanted.is_some_and(|crc| crc != self.crc.sum()) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "wrong checksum"));
        }
        Ok(got)
    }
}

/// Whether a method is one of those that are (or ever were) in use: a sign that a header is real.
pub(super) fn is_known(method: u16) -> bool {
    matches!(method, 0..=20 | 92..=99)
}

type Unpacked<'r> = (Box<dyn Read + 'r>, Option<Held>);

fn unpack<'r>(
    mut packed: impl BufRead + 'r,
    header: &Header,
    spending: &mut Spending,
) -> Result<Unpacked<'r>, NotOpened> {
    let damaged = |_| NotOpened::Damaged;
    Ok(match header.method {
        0 => (Box::new(packed), None),
        6 => {
            let reader = implode::Explode::new(packed, header.flags, header.size);
            (Box::new(reader), None)
        }
        8 => (Box::new(flate2::bufread::DeflateDecoder::new(packed)), None),
        9 => {
            let reader = deflate64::Deflate64Decoder::with_buffer(packed);
            (Box::new(reader), None)
        }
        12 => {
            let held = spending.hold(BZIP2_MEMORY)?;
            let reader = bzip2::bufread::MultiBzDecoder::new(packed);
            (Box::new(reader), Some(held))
        }
        14 => {
            // 5.8.8: version of the SDK, size of the properties, the properties.
            let mut head = [0; 9];
            packed.read_exact(&mut head).map_err(damaged)?;
            let [_, _, 5, 0, properties, dictionary @ ..] = head else {
                return Err(NotOpened::Damaged);
            };
            let dictionary = u32::from_le_bytes(dictionary);
            // Without an end mark the declared size is the only end that any program knows.
            let marked = header.flags & 2 != 0;
            let size = if marked { u64::MAX } else { header.size };
            // A dictionary is never larger than what it is made of.
            let dictionary = match u32::try_from(size.max(4096)) {
                Ok(size) => dictionary.min(size),
                Err(_) => dictionary,
            };
            let memory = lzma_rust2::lzma_get_memory_usage_by_props(dictionary, properties);
            let memory = memory.map_err(|_| NotOpened::Damaged)?;
            let held = spending.hold(u64::from(memory) << 10)?;
            let reader = LzmaReader::new_with_props(packed, size, properties, dictionary, None);
            let mut reader = reader.map_err(|_| NotOpened::Damaged)?;
            reader.set_defer_errors(true);
            (Box::new(reader), Some(held))
        }
        20 | 93 => {
            let head = packed.fill_buf().map_err(damaged)?;
            let window = zstd_window(head).ok_or(NotOpened::Damaged)?;
            // ruzstd keeps a window, and what comes out until it is collected.
            let held = spending.hold(window.saturating_mul(2).saturating_add(1 << 20))?;
            let reader = StreamingDecoder::new_with_max_window_size(packed, window);
            (
                Box::new(reader.map_err(|_| NotOpened::Damaged)?),
                Some(held),
            )
        }
        95 => {
            let head = packed.fill_buf().map_err(damaged)?;
            let memory = xz_dictionary(head)
                .unwrap_or(XZ_SMALL)
                .saturating_add(1 << 20);
            let held = spending.hold(memory)?;
            let limit = u32::try_from(memory >> 10).unwrap_or(u32::MAX - 1);
            let reader = XzReader::new_mem_limit(packed, true, limit);
            (Box::new(reader), Some(held))
        }
        98 => {
            // 5.8.9: order less one, memory in MiB less one, what happens when it is full.
            let mut head = [0; 2];
            packed.read_exact(&mut head).map_err(damaged)?;
            let head = u32::from(u16::from_le_bytes(head));
            let memory = ((head >> 4 & 0xff) + 1) << 20;
            let held = spending.hold(u64::from(memory))?;
            let restore = match head >> 12 {
                0 => RestoreMethod::Restart,
                1 => RestoreMethod::CutOff,
                _ => return Err(NotOpened::Unsupported),
            };
            let reader = Ppmd8Decoder::new(packed, (head & 15) + 1, memory, restore);
            let reader = reader.map_err(|_| NotOpened::Damaged)?;
            (Box::new(reader), Some(held))
        }
        _ => return Err(NotOpened::Unsupported),
    })
}

/// The window of a Zstandard frame (RFC 8878, 3.1.1.1).
fn zstd_window(head: &[u8]) -> Option<u64> {
    if !head.starts_with(b"\x28\xb5\x2f\xfd") {
        return None;
    }
    let descriptor = *head.get(4)?;
    if descriptor & 0x20 == 0 {
        let window = u64::from(*head.get(5)?);
        let base = 1_u64 << (10 + (window >> 3));
        return Some(base + base / 8 * (window & 7));
    }
    // A single segment: the window is the content.
    let at = 5 + [0_usize, 1, 2, 4]
        .get(usize::from(descriptor & 3))
        .copied()?;
    let len: usize = [1, 2, 4, 8].get(usize::from(descriptor >> 6)).copied()?;
    let field = head.get(at..at.checked_add(len)?)?;
    let size = field
        .iter()
        .rev()
        .fold(0_u64, |size, byte| size << 8 | u64::from(*byte));
    Some(
        size.saturating_add(if len == 2 { 256 } else { 0 })
            .max(1024),
    )
}

/// The dictionary of the first block of XZ data (the .xz file format, 2.1.1 and 3.1).
fn xz_dictionary(head: &[u8]) -> Option<u64> {
    let block = head.get(12..)?;
    let flags = *block.get(1)?;
    let mut at = 2;
    let number = |at: &mut usize| {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = *block.get(*at)?;
            *at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    };
    for flag in [0x40, 0x80] {
        if flags & flag != 0 {
            number(&mut at)?;
        }
    }
    for _ in 0..=flags & 3 {
        let id = number(&mut at)?;
        let len = usize::try_from(number(&mut at)?).ok()?;
        if id == 0x21 {
            let bits = u32::from(*block.get(at)?);
            let size = (2 | u64::from(bits & 1)).checked_shl(bits / 2 + 11)?;
            return (bits <= 40).then_some(size);
        }
        at = at.checked_add(len)?;
    }
    None
}

/// A bzip2 decoder's memory, at its largest block size.
const BZIP2_MEMORY: u64 = 4 << 20;
const XZ_SMALL: u64 = 8 << 20;
