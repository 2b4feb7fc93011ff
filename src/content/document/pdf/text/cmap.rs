//! CMaps: what codes of a string stand for (ISO 32000-2 clauses 9.7.5 and 9.10.3; Adobe Technical
//! Note 5014). The same language serves ToUnicode maps and the encodings of CID fonts.

use std::collections::HashMap;

use super::lexer::{Lexer, Operand};

/// A CMap that a file holds.
#[derive(Clone, Debug, Default)]
pub(super) struct CMap {
    /// Length in bytes, first and last code.
    spaces: Vec<(usize, u32, u32)>,
    /// What codes stand for, as ToUnicode says: a slice of `pool`.
    letters: HashMap<u32, (u32, u32)>,
    /// The same for ranges: first, last, first letter.
    ranges: Vec<(u32, u32, u32)>,
    /// CIDs: first code, last code, first CID.
    cids: Vec<(u32, u32, u32)>,
    pool: String,
    /// Codes are written from top to bottom.
    pub(super) vertical: bool,
}

impl CMap {
    /// Reads one; whatever is broken is left out.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let mut lexer = Lexer::new(bytes);
        let mut operands = Vec::new();
        while let Some(operator) = lexer.next(&mut operands) {
            match operator {
                b"endcodespacerange" => {
                    for pair in operands.chunks_exact(2) {
                        if let [Operand::Text(low), Operand::Text(high)] = pair
                            && map.spaces.len() < MAX_SPACES
                        {
                            map.spaces
                                .push((low.len().clamp(1, 4), code(low), code(high)));
                        }
                    }
                }
                b"endbfchar" => {
                    for pair in operands.chunks_exact(2) {
                        if let [Operand::Text(from), to] = pair {
                            map.letter(code(from), to);
                        }
                    }
                }
                b"endbfrange" => {
                    for triple in operands.chunks_exact(3) {
                        if let [Operand::Text(low), Operand::Text(high), to] = triple {
                            map.range(code(low), code(high), to);
                        }
                    }
                }
                b"endcidchar" => {
                    for pair in operands.chunks_exact(2) {
                        if let [Operand::Text(from), Operand::Number(cid)] = pair {
                            let from = code(from);
                            map.cid(from, from, *cid);
                        }
                    }
                }
                b"endcidrange" => {
                    for triple in operands.chunks_exact(3) {
                        if let [
                            Operand::Text(low),
                            Operand::Text(high),
                            Operand::Number(cid),
                        ] = triple
                        {
                            map.cid(code(low), code(high), *cid);
                        }
                    }
                }
                b"def" => {
                    if let [.., Operand::Name(name), Operand::Number(mode)] = operands.as_slice()
                        && &**name == b"WMode"
                    {
                        map.vertical = *mode == 1.0;
                    }
                }
                _ => {}
            }
            operands.clear();
        }
        map.ranges.sort_unstable();
        map.cids.sort_unstable();
        map
    }

    fn cid(&mut self, low: u32, high: u32, cid: f64) {
        if self.cids.len() < MAX_ENTRIES {
            self.cids.push((low, high, cid as u32));
        }
    }

    fn letter(&mut self, from: u32, to: &Operand<'_>) {
        let start = self.pool.len();
        match to {
            Operand::Text(bytes) => utf16(bytes, &mut self.pool),
            Operand::Name(name) => {
                let name = String::from_utf8_lossy(name);
                super::names::letters(&name, &mut self.pool);
            }
            _ => return,
        }
        if !is_sound(self.pool.get(start..).unwrap_or_default()) || self.letters.len() > MAX_ENTRIES
        {
            self.pool.truncate(start);
            return;
        }
        let place = (index(start), index(self.pool.len()));
        self.letters.insert(from, place);
    }

    fn range(&mut self, low: u32, high: u32, to: &Operand<'_>) {
        match to {
            Operand::Array(list) => {
                for (from, to) in (low..=high).zip(list) {
                    self.letter(from, to);
                }
            }
            Operand::Text(bytes) => {
                let mut letters = String::new();
                utf16(bytes, &mut letters);
                let mut chars = letters.chars();
                let (Some(first), None) = (chars.next(), chars.next()) else {
                    // Several letters: only the last one counts up.
                    for (step, from) in (low..=high).take(256).enumerate() {
                        let mut bytes = bytes.to_vec();
                        if let Some(last) = bytes.last_mut() {
                            *last = last.wrapping_add(u8::try_from(step).unwrap_or(0));
                        }
                        self.letter(from, &Operand::Text(bytes.into()));
                    }
                    return;
                };
                if self.ranges.len() < MAX_ENTRIES && low <= high {
                    self.ranges.push((low, high, u32::from(first)));
                }
            }
            _ => {}
        }
    }

    /// Whether it says what codes stand for.
    pub(super) fn has_letters(&self) -> bool {
        !self.letters.is_empty() || !self.ranges.is_empty()
    }

    /// What a code stands for; false where it does not say.
    pub(super) fn letters(&self, code: u32, into: &mut String) -> bool {
        if let Some((from, to)) = self.letters.get(&code) {
            into.push_str(
                self.pool
                    .get(*from as usize..*to as usize)
                    .unwrap_or_default(),
            );
            return true;
        }
        let Some((low, first)) = within(&self.ranges, code) else {
            return false;
        };
        let letter = char::from_u32(first.saturating_add(code.saturating_sub(low)));
        let sound = letter.filter(|letter| is_sound(letter.encode_utf8(&mut [0; 4])));
        into.extend(sound);
        sound.is_some()
    }

    /// The CID of a code.
    pub(super) fn cid_of(&self, code: u32) -> Option<u32> {
        let (low, first) = within(&self.cids, code)?;
        Some(first.saturating_add(code.saturating_sub(low)))
    }

    /// Reads one code from a string: the code, and how many bytes it took.
    pub(super) fn next_code(&self, bytes: &[u8]) -> (u32, usize) {
        for length in 1..=bytes.len().min(4) {
            let here = code(bytes.get(..length).unwrap_or_default());
            let fits = |(size, low, high): &(usize, u32, u32)| {
                // Each byte for itself.
                *size == length
                    && (0..length).all(|at| {
                        let byte = |code: u32| code >> (8 * at) & 0xff;
                        (byte(*low)..=byte(*high)).contains(&byte(here))
                    })
            };
            if self.spaces.iter().any(fits) {
                return (here, length);
            }
        }
        let shortest = self.spaces.iter().map(|(length, ..)| *length).min();
        let length = shortest.unwrap_or(2).min(bytes.len()).max(1);
        (code(bytes.get(..length).unwrap_or_default()), length)
    }
}

/// The range that holds a code: where it begins, and what its first code means.
fn within(ranges: &[(u32, u32, u32)], code: u32) -> Option<(u32, u32)> {
    let end = ranges.partition_point(|(low, ..)| *low <= code);
    // Ranges may overlap: a few before it are looked at.
    let before = ranges.get(end.saturating_sub(OVERLAP)..end)?;
    let found = before.iter().rev().find(|(_, high, _)| *high >= code);
    found.map(|(low, _, first)| (*low, *first))
}

fn code(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .take(4)
        .fold(0, |code, byte| code << 8 | u32::from(*byte))
}

fn utf16(bytes: &[u8], into: &mut String) {
    // Some writers give one byte for ASCII.
    if let [byte] = bytes {
        into.push(char::from(*byte));
        return;
    }
    let (pairs, _) = bytes.get(..MAX_LETTERS).unwrap_or(bytes).as_chunks();
    let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
    into.extend(char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')));
}

/// Whether this is text at all: not nothing, not controls, not private letters that only a font knows.
pub(super) fn is_sound(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|letter| {
            !matches!(letter, '\0'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{fffd}' | '\u{ffff}' | '\u{fffe}')
                && !('\u{e000}'..='\u{f8ff}').contains(&letter)
        })
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

const MAX_SPACES: usize = 256;
const MAX_ENTRIES: usize = 100_000;
/// Bytes of what one code stands for.
const MAX_LETTERS: usize = 64;
/// Overlapping ranges that are looked at.
const OVERLAP: usize = 8;
