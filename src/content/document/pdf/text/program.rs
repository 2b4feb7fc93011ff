//! Embedded font programs, as far as they tell what their glyphs stand for: the `cmap` and `post` tables
//! of TrueType (OpenType 1.9), the charset and encoding of CFF (Adobe Technical Note 5176), the encoding
//! of Type 1.

use std::collections::HashMap;

use super::names;

/// What a font program says of its glyphs.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    /// Letters of glyphs, by `cmap`.
    letters: HashMap<u16, char>,
    /// Names of glyphs, by `post` or CFF.
    glyph_names: HashMap<u16, String>,
    /// Glyphs of codes, by the tables (1,0) and (3,0) or the encoding of CFF.
    codes: HashMap<u8, u16>,
    /// Glyphs of CIDs, for CFF fonts that have them.
    cids: HashMap<u16, u16>,
    /// Names of codes, by Type 1.
    code_names: HashMap<u8, String>,
}

impl Program {
    /// Reads one; whatever is broken is left out.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut program = Self::default();
        match bytes {
            [0, 1, 0, 0, ..] | [b't', b'r', b'u', b'e', ..] | [b'O', b'T', b'T', b'O', ..] => {
                let _ = program.sfnt(bytes);
            }
            [1, 0, ..] => {
                let _ = program.cff(bytes);
            }
            _ => program.type1(bytes),
        }
        program
    }

    /// The letters of a glyph.
    pub(super) fn glyph(&self, glyph: u16, into: &mut String) -> bool {
        if let Some(letter) = self.letters.get(&glyph) {
            into.push(*letter);
            return true;
        }
        let name = self.glyph_names.get(&glyph);
        name.is_some_and(|name| names::letters(name, into))
    }

    /// The letters of a code of a simple font.
    pub(super) fn code(&self, code: u8, into: &mut String) -> bool {
        if let Some(name) = self.code_names.get(&code) {
            return names::letters(name, into);
        }
        let glyph = self.codes.get(&code);
        glyph.is_some_and(|glyph| self.glyph(*glyph, into))
    }

    /// The glyph of a CID, in fonts that number their glyphs otherwise.
    pub(super) fn glyph_of_cid(&self, cid: u16) -> u16 {
        self.cids.get(&cid).copied().unwrap_or(cid)
    }

    fn sfnt(&mut self, bytes: &[u8]) -> Option<()> {
        let count = usize::from(u16_at(bytes, 4)?).min(MAX_TABLES);
        let table = |tag: &[u8]| {
            let records = (0..count).filter_map(|at| bytes.get(12 + at * 16..28 + at * 16));
            for record in records {
                if record.starts_with(tag) {
                    let at = u32_at(record, 8)? as usize;
                    let length = u32_at(record, 12)? as usize;
                    let rest = bytes.get(at..)?;
                    return Some(rest.get(..length).unwrap_or(rest));
                }
            }
            None
        };
        if let Some(cmap) = table(b"cmap") {
            let _ = self.cmap(cmap);
        }
        if let Some(post) = table(b"post") {
            let _ = self.post(post);
        }
        if let Some(cff) = table(b"CFF ") {
            let _ = self.cff(cff);
        }
        Some(())
    }

    fn cmap(&mut self, table: &[u8]) -> Option<()> {
        let count = usize::from(u16_at(table, 2)?).min(MAX_TABLES);
        for at in 0..count {
            let record = table.get(4 + at * 8..12 + at * 8)?;
            let platform = (u16_at(record, 0)?, u16_at(record, 2)?);
            let Some(sub) = table.get(u32_at(record, 4)? as usize..) else {
                continue;
            };
            let unicode = matches!(platform, (0, _) | (3, 1 | 10));
            let mut left = MAX_MAPPED;
            let _ = pairs(sub, &mut |code, glyph| {
                left = left.saturating_sub(1);
                if glyph == 0 {
                    return left > 0;
                }
                let low = u8::try_from(code & 0xff).unwrap_or_default();
                match platform {
                    (3, 0) => {
                        self.codes.insert(low, glyph);
                    }
                    (1, _) if code < 256 => {
                        self.codes.entry(low).or_insert(glyph);
                    }
                    _ if unicode => {
                        let letter = char::from_u32(code).filter(|letter| {
                            *letter >= ' ' && !('\u{e000}'..='\u{f8ff}').contains(letter)
                        });
                        if let Some(letter) = letter {
                            self.letters.entry(glyph).or_insert(letter);
                        }
                    }
                    _ => {}
                }
                left > 0
            });
        }
        Some(())
    }

    fn post(&mut self, table: &[u8]) -> Option<()> {
        if u32_at(table, 0)? != 0x0002_0000 {
            return None;
        }
        let count = usize::from(u16_at(table, 32)?);
        let mut own = Vec::new();
        let mut rest = table.get(34 + count * 2..)?;
        while let [length, behind @ ..] = rest {
            let Some((name, after)) = behind.split_at_checked(usize::from(*length)) else {
                break;
            };
            own.push(name);
            rest = after;
        }
        for glyph in 0..count {
            let number = usize::from(u16_at(table, 34 + glyph * 2)?);
            let name = match number.checked_sub(258) {
                None => names::post_name(number).map(str::to_owned),
                Some(own_number) => own
                    .get(own_number)
                    .map(|name| String::from_utf8_lossy(name).into_owned()),
            };
            if let (Some(name), Ok(glyph)) = (name, u16::try_from(glyph)) {
                self.glyph_names.insert(glyph, name);
            }
        }
        Some(())
    }

    fn cff(&mut self, bytes: &[u8]) -> Option<()> {
        let header = usize::from(*bytes.get(2)?);
        let (_, at) = index(bytes, header)?;
        let (tops, at) = index(bytes, at)?;
        let (strings, _) = index(bytes, at)?;
        let top = tops.first().and_then(|range| bytes.get(range.clone()))?;
        let top = dict(top);
        let number = |key: u16| {
            top.iter()
                .find(|(known, _)| *known == key)
                .map(|(_, value)| *value)
        };
        let glyphs = usize::try_from(number(17)?).ok()?;
        let glyphs = usize::from(u16_at(bytes, glyphs)?);
        let is_cid = number(0x0c1e).is_some();
        let name = |sid: u16| match usize::from(sid).checked_sub(391) {
            None => names::cff_string(usize::from(sid)).map(str::to_owned),
            Some(own) => {
                let range = strings.get(own)?;
                Some(String::from_utf8_lossy(bytes.get(range.clone())?).into_owned())
            }
        };
        let mut add = |glyph: usize, sid: u16| {
            let Ok(glyph) = u16::try_from(glyph) else {
                return;
            };
            if is_cid {
                self.cids.insert(sid, glyph);
            } else if let Some(name) = name(sid) {
                self.glyph_names.insert(glyph, name);
            }
        };
        let charset = usize::try_from(number(15).unwrap_or(0)).ok()?;
        if charset <= 2 {
            // ISOAdobe; the expert sets have no letters that matter.
            (1..glyphs.min(229)).for_each(|glyph| add(glyph, u16::try_from(glyph).unwrap_or(0)));
        } else {
            let format = *bytes.get(charset)?;
            let mut at = charset + 1;
            let mut glyph = 1;
            while glyph < glyphs {
                let sid = u16_at(bytes, at)?;
                let more = match format {
                    0 => 0,
                    1 => usize::from(*bytes.get(at + 2)?),
                    _ => usize::from(u16_at(bytes, at + 2)?),
                };
                at += match format {
                    0 => 2,
                    1 => 3,
                    _ => 4,
                };
                for step in 0..=more.min(glyphs) {
                    let sid = sid.wrapping_add(u16::try_from(step).unwrap_or(0));
                    add(glyph, sid);
                    glyph += 1;
                }
            }
        }
        let encoding = usize::try_from(number(16).unwrap_or(0)).ok()?;
        if encoding > 1 && !is_cid {
            let format = bytes.get(encoding)? & 0x7f;
            let count = usize::from(*bytes.get(encoding + 1)?);
            let mut glyph = 1_u16;
            for entry in 0..count {
                let (code, more) = match format {
                    0 => (*bytes.get(encoding + 2 + entry)?, 0),
                    _ => (
                        *bytes.get(encoding + 2 + entry * 2)?,
                        *bytes.get(encoding + 3 + entry * 2)?,
                    ),
                };
                for step in 0..=more {
                    self.codes.insert(code.wrapping_add(step), glyph);
                    glyph = glyph.saturating_add(1);
                }
            }
        }
        Some(())
    }

    /// `dup 65 /A put`, in the part that is not encrypted.
    fn type1(&mut self, bytes: &[u8]) {
        let end = memchr::memmem::find(bytes, b"eexec").unwrap_or(bytes.len());
        let head = bytes.get(..end.min(MAX_TYPE1)).unwrap_or_default();
        let Some(at) = memchr::memmem::find(head, b"/Encoding") else {
            return;
        };
        let text = String::from_utf8_lossy(head.get(at..).unwrap_or_default());
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            if word != "dup" {
                continue;
            }
            let code = words.next().and_then(|word| word.parse::<u8>().ok());
            let name = words.next().and_then(|word| word.strip_prefix('/'));
            if let (Some(code), Some(name)) = (code, name) {
                self.code_names.insert(code, name.to_owned());
            }
        }
    }
}

/// The codes and glyphs of a `cmap` subtable; `take` answers whether more is wanted.
fn pairs(sub: &[u8], take: &mut dyn FnMut(u32, u16) -> bool) -> Option<()> {
    match u16_at(sub, 0)? {
        0 => {
            for code in 0..256_usize {
                let glyph = u16::from(*sub.get(6 + code)?);
                if !take(u32::try_from(code).ok()?, glyph) {
                    return None;
                }
            }
        }
        4 => {
            let count = usize::from(u16_at(sub, 6)? / 2);
            for segment in 0..count {
                let end = u16_at(sub, 14 + segment * 2)?;
                let start = u16_at(sub, 16 + count * 2 + segment * 2)?;
                let delta = u16_at(sub, 16 + count * 4 + segment * 2)?;
                let place = 16 + count * 6 + segment * 2;
                let offset = u16_at(sub, place)?;
                for code in start..=end {
                    let glyph = match offset {
                        0 => code.wrapping_add(delta),
                        _ => {
                            let at = place + usize::from(offset) + usize::from(code - start) * 2;
                            match u16_at(sub, at).unwrap_or(0) {
                                0 => 0,
                                glyph => glyph.wrapping_add(delta),
                            }
                        }
                    };
                    if !take(u32::from(code), glyph) {
                        return None;
                    }
                }
            }
        }
        6 => {
            let first = u32::from(u16_at(sub, 6)?);
            for at in 0..usize::from(u16_at(sub, 8)?) {
                let code = first + u32::try_from(at).ok()?;
                if !take(code, u16_at(sub, 10 + at * 2)?) {
                    return None;
                }
            }
        }
        12 => {
            for group in 0..u32_at(sub, 12)? as usize {
                let group = sub.get(group.checked_mul(12)?.checked_add(16)?..)?;
                let (start, end) = (u32_at(group, 0)?, u32_at(group, 4)?);
                let first = u32_at(group, 8)?;
                for code in start..=end {
                    let glyph = first.wrapping_add(code - start);
                    if !take(code, u16::try_from(glyph & 0xffff).ok()?) {
                        return None;
                    }
                }
            }
        }
        _ => {}
    }
    Some(())
}

/// An INDEX of CFF: where its pieces stand, and where it ends.
fn index(bytes: &[u8], at: usize) -> Option<(Vec<std::ops::Range<usize>>, usize)> {
    let count = usize::from(u16_at(bytes, at)?);
    if count == 0 {
        return Some((Vec::new(), at + 2));
    }
    let size = usize::from(*bytes.get(at + 2)?).clamp(1, 4);
    let base = at + 3;
    let offset = |number: usize| {
        let field = bytes.get(base + number * size..base + number * size + size)?;
        Some(
            field
                .iter()
                .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)),
        )
    };
    let data = base + (count + 1) * size - 1;
    let mut pieces = Vec::new();
    for number in 0..count {
        let (from, to) = (offset(number)?, offset(number + 1)?);
        pieces.push(data + from..data + to.max(from));
    }
    Some((pieces, data + offset(count)?))
}

/// A DICT of CFF: operators and their first operand.
fn dict(bytes: &[u8]) -> Vec<(u16, i64)> {
    let mut found = Vec::new();
    let mut last = 0;
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let next = |by: usize| i64::from(bytes.get(at + by).copied().unwrap_or(0));
        let (value, used) = match byte {
            0..=21 => {
                let (key, used) = match byte {
                    12 => (0x0c00 | u16::try_from(next(1)).unwrap_or(0), 2),
                    _ => (u16::from(byte), 1),
                };
                // ROS has three operands, the others that are read have one.
                found.push((key, last));
                at += used;
                continue;
            }
            28 => (next(1) << 8 | next(2), 3),
            29 => (next(1) << 24 | next(2) << 16 | next(3) << 8 | next(4), 5),
            30 => {
                let rest = bytes.get(at + 1..).unwrap_or_default();
                let end = rest
                    .iter()
                    .position(|byte| byte & 0xf == 0xf || byte >> 4 == 0xf);
                (0, end.map_or(rest.len(), |end| end + 1) + 1)
            }
            32..=246 => (i64::from(byte) - 139, 1),
            247..=250 => ((i64::from(byte) - 247) * 256 + next(1) + 108, 2),
            251..=254 => (-(i64::from(byte) - 251) * 256 - next(1) - 108, 2),
            _ => (0, 1),
        };
        last = value;
        at += used;
    }
    found
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let (field, _) = bytes.get(at..)?.split_first_chunk()?;
    Some(u16::from_be_bytes(*field))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let (field, _) = bytes.get(at..)?.split_first_chunk()?;
    Some(u32::from_be_bytes(*field))
}

const MAX_TABLES: usize = 64;
/// Codes of one subtable.
const MAX_MAPPED: u32 = 200_000;
/// Bytes of the head of a Type 1 font.
const MAX_TYPE1: usize = 256 << 10;
