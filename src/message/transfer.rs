//! Content-Transfer-Encoding, decoded as it streams by.
//!
//! Decoders take what mail programs take: junk inside base64 is skipped, padding in the middle
//! begins a new piece, an equals sign that means nothing in quoted-printable stays. What was odd is
//! remembered.

use memchr::memchr;

use super::parts::{Problem, TransferEncoding};

/// A decoder of one part.
pub(super) enum Decoder {
    Identity,
    Base64(Base64),
    QuotedPrintable(QuotedPrintable),
}

impl Decoder {
    pub(super) fn new(encoding: TransferEncoding) -> Self {
        match encoding {
            TransferEncoding::Base64 => Self::Base64(Base64::default()),
            TransferEncoding::QuotedPrintable => Self::QuotedPrintable(QuotedPrintable::default()),
            TransferEncoding::Identity | TransferEncoding::Unknown | TransferEncoding::Uuencode => {
                Self::Identity
            }
        }
    }

    /// Appends what `input` decodes to.
    pub(super) fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Identity => out.extend_from_slice(input),
            Self::Base64(decoder) => decoder.decode(input, out),
            Self::QuotedPrintable(decoder) => decoder.decode(input, out),
        }
    }

    /// The end of the part: appends what was still open, and says what was odd.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>, note: &mut dyn FnMut(Problem)) {
        match self {
            Self::Identity => {}
            Self::Base64(decoder) => {
                decoder.finish(out);
                if decoder.junk {
                    note(Problem::Base64Junk);
                }
                if decoder.padding_inside {
                    note(Problem::Base64PaddingInside);
                }
                if decoder.truncated {
                    note(Problem::Base64Truncated);
                }
            }
            Self::QuotedPrintable(decoder) => {
                decoder.finish(out);
                if decoder.junk {
                    note(Problem::QuotedPrintableJunk);
                }
            }
        }
    }

    /// Where escapes that mean nothing stand in what was decoded, for quoted-printable: the first
    /// [`MOST_JUNK`].
    pub(super) fn junk(&self) -> &[Junk] {
        match self {
            Self::QuotedPrintable(decoder) => &decoder.junk_at,
            Self::Identity | Self::Base64(_) => &[],
        }
    }
}

/// An escape that means nothing, kept as it stands in what was decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Junk {
    /// Bytes before it.
    pub(super) at: u64,
    /// Bytes of it: the equals sign, and what belongs to it for sure.
    pub(super) length: u16,
}

/// base64 (RFC 2045 section 6.8).
#[derive(Default)]
pub(super) struct Base64 {
    /// The bits of a group of four that is not complete.
    bits: u32,
    /// Characters in it: 0 to 3.
    count: u8,
    /// Padding was seen, and nothing but white space behind it so far.
    padded: bool,
    junk: bool,
    padding_inside: bool,
    truncated: bool,
}

impl Base64 {
    pub(super) fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        // Room for all; every group of four writes four bytes, of which three stay.
        out.resize(start + input.len() / 4 * 3 + 8, 0);
        let mut to = start;
        let mut rest = input;
        while !rest.is_empty() {
            if self.count == 0 && !self.padded {
                (rest, to) = groups(rest, out, to);
            }
            let Some((&byte, tail)) = rest.split_first() else {
                break;
            };
            rest = tail;
            to = self.one(byte, out, to);
        }
        out.truncate(to);
    }

    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.count > 0 {
            self.truncated = true;
            let start = out.len();
            out.resize(start + 4, 0);
            let to = self.short_group(out, start);
            out.truncate(to);
        }
    }

    /// One character outside the fast path.
    fn one(&mut self, byte: u8, out: &mut [u8], mut to: usize) -> usize {
        let value = VALUES[byte as usize];
        if value < 64 {
            if self.padded {
                self.padded = false;
                self.padding_inside = true;
            }
            self.bits = self.bits << 6 | u32::from(value);
            self.count += 1;
            if self.count == 4 {
                to = write(out, to, self.bits << 8, 3);
                (self.bits, self.count) = (0, 0);
            }
        } else if byte == b'=' {
            if self.count > 0 {
                to = self.short_group(out, to);
                self.padded = true;
            } else if !self.padded {
                // Padding that pads nothing.
                self.junk = true;
            }
        } else if !byte.is_ascii_whitespace() {
            self.junk = true;
        }
        to
    }

    /// Two characters are one byte, three are two; one alone is none.
    fn short_group(&mut self, out: &mut [u8], to: usize) -> usize {
        let bits = self.bits << (8 + 6 * (4 - u32::from(self.count)));
        let bytes = usize::from(self.count) * 6 / 8;
        if bytes == 0 {
            self.junk = true;
        }
        (self.bits, self.count) = (0, 0);
        write(out, to, bits, bytes)
    }
}

/// Decodes whole groups as long as they are clean.
#[inline]
fn groups<'a>(input: &'a [u8], out: &mut [u8], start: usize) -> (&'a [u8], usize) {
    let mut rest = input;
    let mut to = start;
    // Two groups at once: 8 characters, 6 bytes.
    while let (Some((eight, tail)), Some(place)) =
        (rest.split_first_chunk::<8>(), out.get_mut(to..to + 8))
    {
        let high = group(eight[0], eight[1], eight[2], eight[3]);
        let low = group(eight[4], eight[5], eight[6], eight[7]);
        if (high | low) & BAD != 0 {
            break;
        }
        let six = u64::from(high) << 40 | u64::from(low) << 16;
        place.copy_from_slice(&six.to_be_bytes());
        to += 6;
        rest = tail;
    }
    while let Some((four, tail)) = rest.split_first_chunk::<4>() {
        let bits = group(four[0], four[1], four[2], four[3]);
        if bits & BAD != 0 {
            break;
        }
        to = write(out, to, bits << 8, 3);
        rest = tail;
    }
    (rest, to)
}

#[inline]
fn group(a: u8, b: u8, c: u8, d: u8) -> u32 {
    T0[a as usize] | T1[b as usize] | T2[c as usize] | T3[d as usize]
}

/// Writes the upper `bytes` of `bits`; `out` has room for four.
#[inline]
fn write(out: &mut [u8], to: usize, bits: u32, bytes: usize) -> usize {
    if let Some(place) = out.get_mut(to..to + 4) {
        place.copy_from_slice(&bits.to_be_bytes());
        return to + bytes;
    }
    to
}

/// quoted-printable (RFC 2045 section 6.7).
#[derive(Default)]
pub(super) struct QuotedPrintable {
    /// An escape that is not complete: begins with `=`.
    open: Vec<u8>,
    junk: bool,
    junk_at: Vec<Junk>,
    /// Bytes that were decoded before those in `out`.
    before: u64,
}

impl QuotedPrintable {
    fn decode(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let start = out.len() as u64;
        // What stands in `out` already was not decoded here.
        self.before = self.before.wrapping_sub(start);
        self.decode_piece(input, out);
        self.before = self.before.wrapping_add(out.len() as u64);
    }

    fn decode_piece(&mut self, input: &[u8], out: &mut Vec<u8>) {
        out.reserve(input.len());
        let mut rest = input;
        loop {
            while !self.open.is_empty() {
                let Some((&byte, tail)) = rest.split_first() else {
                    return;
                };
                if self.step(byte, out) {
                    rest = tail;
                }
            }
            let Some(at) = memchr(b'=', rest) else {
                out.extend_from_slice(rest);
                return;
            };
            out.extend_from_slice(&rest[..at]);
            rest = &rest[at + 1..];
            // The usual escape, without a detour.
            if let Some((&[high, low], tail)) = rest.split_first_chunk::<2>()
                && let (Some(high), Some(low)) = (hex(high), hex(low))
            {
                out.push(high << 4 | low);
                rest = tail;
            } else {
                self.open.push(b'=');
            }
        }
    }

    /// One byte behind an open `=`; false when it does not belong to the escape.
    fn step(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        match (self.open.last(), byte) {
            (Some(b'\r'), b'\n') => {
                self.open.clear();
                return true;
            }
            // A bare CR ends the line for some programs.
            (Some(b'\r'), _) => {
                self.open.clear();
                return false;
            }
            // White space behind the equals sign was added on the way.
            (Some(b'=' | b' ' | b'\t'), b'\n') => {
                self.open.clear();
                return true;
            }
            (Some(b'=' | b' ' | b'\t'), b'\r') => {
                self.open.push(byte);
                return true;
            }
            (Some(b'=' | b' ' | b'\t'), b' ' | b'\t') if self.open.len() < MAX_PADDING => {
                self.open.push(byte);
                return true;
            }
            (Some(b'='), _) if hex(byte).is_some() => {
                self.open.push(byte);
                return true;
            }
            (Some(&first), _) if self.open.len() == 2 => {
                if let (Some(high), Some(low)) = (hex(first), hex(byte)) {
                    out.push(high << 4 | low);
                    self.open.clear();
                    return true;
                }
            }
            _ => {}
        }
        self.keep_open(out);
        false
    }

    /// What is open means nothing: it stays as it stands.
    fn keep_open(&mut self, out: &mut Vec<u8>) {
        self.junk = true;
        if self.junk_at.len() < MOST_JUNK {
            self.junk_at.push(Junk {
                at: self.before.wrapping_add(out.len() as u64),
                length: u16::try_from(self.open.len()).unwrap_or(u16::MAX),
            });
        }
        out.append(&mut self.open);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        match self.open.last() {
            // A soft line break at the very end.
            Some(b'=' | b' ' | b'\t' | b'\r') => self.open.clear(),
            Some(_) => {
                self.before = self.before.wrapping_sub(out.len() as u64);
                self.keep_open(out);
            }
            None => {}
        }
    }
}

/// The value of a hexadecimal digit.
pub(super) fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// White space behind a soft line break that is still taken for one.
const MAX_PADDING: usize = 1000;
/// Escapes that mean nothing whose places are remembered: 2 MiB of memory.
const MOST_JUNK: usize = 128 << 10;
/// Set in a table's value for a character that is not of the alphabet.
const BAD: u32 = 1 << 31;
const VALUES: [u8; 256] = values();
static T0: [u32; 256] = table(18);
static T1: [u32; 256] = table(12);
static T2: [u32; 256] = table(6);
static T3: [u32; 256] = table(0);

const fn values() -> [u8; 256] {
    let mut values = [0xff; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0;
    while at < alphabet.len() {
        values[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    values
}

const fn table(shift: u32) -> [u32; 256] {
    let mut table = [BAD; 256];
    let mut at = 0;
    while at < 256 {
        if VALUES[at] < 64 {
            table[at] = (VALUES[at] as u32) << shift;
        }
        at += 1;
    }
    table
}
