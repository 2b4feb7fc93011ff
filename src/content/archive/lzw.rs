//! `compress` (.Z): LZW with codes of 9 to 16 bits that come in groups of eight.

use std::io::{BufRead, Read, Write};

use super::stream::Stop;
use crate::content::source::Cursor;

/// Unpacks a `.Z` file.
pub(super) fn decode(cursor: &mut Cursor, to: &mut dyn Write) -> Result<(), Stop> {
    let mut header = [0; 3];
    cursor.read_exact(&mut header).map_err(|_| Stop::Damaged)?;
    let [_, _, flags] = header;
    let max_bits = u32::from(flags & 0x1f);
    // compress 4.0 itself writes 9 bits as 10.
    if !(9..=16).contains(&max_bits) {
        return Err(Stop::Unsupported);
    }
    let block_mode = flags & 0x80 != 0;
    let mut codes = Codes {
        cursor,
        group: Vec::new(),
        at: 0,
        width: 9,
    };
    let limit = 1_usize << max_bits;
    let mut prefix: Vec<u16> = vec![0; limit];
    let mut suffix: Vec<u8> = (0..limit).map(|code| (code & 0xff) as u8).collect();
    let first_free = if block_mode { 257 } else { 256 };
    let mut next = first_free;
    let mut old: Option<usize> = None;
    let mut first = 0_u8;
    let mut out: Vec<u8> = Vec::with_capacity(2 * FLUSH);
    let mut stack: Vec<u8> = Vec::with_capacity(256);
    while let Some(code) = codes.next() {
        if block_mode && code == CLEAR {
            codes.widen(9);
            next = first_free;
            old = None;
            continue;
        }
        let Some(before) = old else {
            let Ok(byte) = u8::try_from(code) else {
                let _ = to.write_all(&out);
                return Err(Stop::Damaged);
            };
            first = byte;
            out.push(byte);
            old = Some(code);
            continue;
        };
        let mut walk = code;
        if code >= next {
            // The code that is just being made: what came before, and its first byte.
            if code > next || next >= limit {
                let _ = to.write_all(&out);
                return Err(Stop::Damaged);
            }
            stack.push(first);
            walk = before;
        }
        // A code's prefix is always smaller than itself: this ends.
        while walk >= 256 {
            let (Some(byte), Some(shorter)) = (suffix.get(walk), prefix.get(walk)) else {
                return Err(Stop::Damaged);
            };
            stack.push(*byte);
            walk = usize::from(*shorter);
        }
        first = u8::try_from(walk).unwrap_or(0);
        stack.push(first);
        out.extend(stack.drain(..).rev());
        if out.len() >= FLUSH {
            to.write_all(&out).map_err(|_| Stop::Full)?;
            out.clear();
        }
        if next < limit {
            if let (Some(shorter), Some(byte)) = (prefix.get_mut(next), suffix.get_mut(next)) {
                *shorter = u16::try_from(before).unwrap_or(0);
                *byte = first;
            }
            next += 1;
            if next == 1 << codes.width && codes.width < max_bits {
                let wider = codes.width + 1;
                codes.widen(wider);
            }
        }
        old = Some(code);
    }
    to.write_all(&out).map_err(|_| Stop::Full)
}

/// Reads codes. They are written in groups of eight, and a group that is left because the width
/// changes is skipped to its end.
struct Codes<'c> {
    cursor: &'c mut Cursor,
    group: Vec<u8>,
    /// Bits of the group that are read.
    at: usize,
    width: u32,
}

impl Codes<'_> {
    fn next(&mut self) -> Option<usize> {
        let width = self.width as usize;
        if self.at + width > self.group.len() * 8 {
            self.group.clear();
            self.at = 0;
            while self.group.len() < width {
                let missing = width - self.group.len();
                let more = self.cursor.fill_buf().ok()?;
                let got = more.len().min(missing);
                if got == 0 {
                    break;
                }
                self.group.extend_from_slice(more.get(..got)?);
                self.cursor.consume(got);
            }
            if width > self.group.len() * 8 {
                return None;
            }
        }
        let byte = |at: usize| self.group.get(at).map_or(0, |byte| u32::from(*byte));
        let at = self.at / 8;
        let bits = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16;
        let code = bits >> (self.at % 8) & ((1 << self.width) - 1);
        self.at += width;
        usize::try_from(code).ok()
    }

    fn widen(&mut self, width: u32) {
        self.group.clear();
        self.at = 0;
        self.width = width;
    }
}

const CLEAR: usize = 256;
/// Bytes that are written at once.
const FLUSH: usize = 32 << 10;
/// Memory of the tables, in bytes.
pub(super) const MEMORY: u64 = 1 << 20;
