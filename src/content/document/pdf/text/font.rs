//! Fonts of a PDF (ISO 32000-2 clause 9), as far as text needs them: what codes stand for, and how wide
//! they are.

use std::{
    cell::{OnceCell, RefCell},
    collections::HashMap,
};

use super::{
    super::{
        Limits,
        file::Entry,
        object::{Dict, Value},
    },
    cmap::{CMap, is_sound},
    doc::Doc,
    names::{self, Base},
    program::Program,
};
use crate::{content::opener::Inside, facts::NotOpened, vietnamese::Encoding};

/// A font.
#[derive(Debug, Default)]
pub(super) struct Font {
    /// Codes have one byte.
    simple: bool,
    to_unicode: Option<CMap>,
    /// The encoding of a CID font, where it is no identity.
    encoding: Option<CMap>,
    /// Codes of a CID font are UCS-2 or UTF-16.
    unicode_codes: bool,
    /// Names of a simple font's codes: its `Differences`.
    differences: HashMap<u8, String>,
    base: Option<Base>,
    /// Letters of old Vietnamese encodings, by the font's name.
    pub(super) legacy: Option<Encoding>,
    pub(super) bold: bool,
    pub(super) vertical: bool,
    /// Thousandths of the font's size.
    widths: HashMap<u32, f32>,
    default_width: f32,
    /// From a Type 3 font's glyph space to text space: horizontal and vertical scale.
    pub(super) scale: (f64, f64),
    /// Height of its letters, as a share of its size: 1 but for Type 3.
    pub(super) height: f64,
    /// The stream of the embedded font program, and what it says once it was needed.
    embedded: Option<Entry>,
    program: OnceCell<Program>,
    /// What CIDToGIDMap says, where it is a stream.
    gids: Option<Vec<u8>>,
    known: RefCell<Vec<Option<Code>>>,
    pool: RefCell<String>,
}

/// What a code stands for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Code {
    from: u32,
    to: u32,
    /// Thousandths.
    pub(super) width: f32,
}

/// What reading a stream needs.
pub(super) struct Reach<'a, 'f, 'o, 'm> {
    pub(super) doc: &'a Doc<'f>,
    pub(super) inside: &'a mut Inside<'o, 'm>,
    pub(super) limits: &'a mut Limits,
}

impl Reach<'_, '_, '_, '_> {
    pub(super) fn stream(&mut self, entry: Entry, limit: usize) -> Result<Vec<u8>, NotOpened> {
        self.doc.stream(entry, limit, self.inside, self.limits)
    }
}

impl Font {
    /// Reads a font.
    pub(super) fn read<'f>(
        dict: &Dict<'f>,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<Self, NotOpened> {
        let doc = reach.doc;
        let subtype = doc.name(dict, "Subtype").unwrap_or_default();
        let mut font = Self {
            simple: subtype != "Type0",
            scale: (0.001, 0.001),
            height: 1.0,
            default_width: 0.0,
            ..Self::default()
        };
        if let Some(Value::Ref(number, _)) = dict.get("ToUnicode")
            && let Some((entry, _)) = doc.object(*number)
        {
            let map = CMap::read(&reach.stream(entry, MAX_CMAP)?);
            font.to_unicode = Some(map).filter(CMap::has_letters);
        }
        let mut name = doc.name(dict, "BaseFont").unwrap_or_default();
        let mut descriptor = doc.dict(dict, "FontDescriptor");
        if font.simple {
            font.simple_encoding(dict, doc, &subtype);
            if subtype == "Type3" {
                let matrix = doc.numbers::<6>(dict, "FontMatrix");
                let [a, b, c, d, ..] = matrix.unwrap_or([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]);
                font.scale = (a.hypot(b), c.hypot(d));
                if name.is_empty() {
                    name = doc.name(dict, "Name").unwrap_or_default();
                }
            }
            let first = doc.entry(dict, "FirstChar").and_then(|first| first.int());
            let first = first
                .and_then(|first| u32::try_from(first).ok())
                .unwrap_or(0);
            for (code, width) in (first..256).zip(doc.array(dict, "Widths")) {
                if let Some(width) = doc.number(&width) {
                    font.widths.insert(code, width as f32);
                }
            }
            if subtype == "Type3" {
                // Glyph space may have any scale: letters are about half as wide as high.
                let wide = font.widths.values().filter(|width| **width > 0.0);
                let (count, sum) = wide.fold((0, 0.0), |(n, sum), width| (n + 1, sum + width));
                if count > 0 {
                    let mean = f64::from(sum) / f64::from(count);
                    font.height = (mean * font.scale.0 * 1.9).abs();
                }
            }
            if font.widths.is_empty() {
                font.guess_widths(&name);
            }
        } else {
            let descendant = doc.array(dict, "DescendantFonts").into_iter().next();
            let descendant = descendant.map(|value| doc.get(&value).1);
            let Some(Value::Dict(cid)) = descendant else {
                return Ok(font);
            };
            descriptor = doc.dict(&cid, "FontDescriptor").or(descriptor);
            font.cid_encoding(dict, &cid, reach)?;
        }
        if let Some(descriptor) = &descriptor {
            if name.is_empty() {
                name = doc.name(descriptor, "FontName").unwrap_or_default();
            }
            font.describe(descriptor, doc);
        }
        let name = without_tag(&name);
        let lower = name.to_ascii_lowercase();
        font.bold |= ["bold", "black", "heavy", "demi"]
            .iter()
            .any(|word| lower.contains(word));
        font.legacy = Encoding::of_font(name);
        Ok(font)
    }

    fn describe(&mut self, descriptor: &Dict<'_>, doc: &Doc<'_>) {
        let int = |key: &str| doc.file.int(descriptor.get(key)).unwrap_or(0);
        self.bold |= int("Flags") & FORCE_BOLD != 0 || int("FontWeight") >= 600;
        if let Some(missing) = descriptor.get("MissingWidth").and_then(Value::int)
            && self.default_width == 0.0
        {
            self.default_width = missing as f32;
        }
        let keys = ["FontFile2", "FontFile3", "FontFile"];
        let found = keys.iter().find_map(|key| descriptor.get(key));
        if let Some(Value::Ref(number, _)) = found {
            self.embedded = doc.file.newest(*number);
        }
    }

    fn simple_encoding<'f>(&mut self, dict: &Dict<'f>, doc: &Doc<'f>, subtype: &str) {
        match doc.entry(dict, "Encoding") {
            Some(Value::Name(name)) => self.base = Base::of(&name),
            Some(Value::Dict(encoding)) => {
                let base = doc.name(&encoding, "BaseEncoding").unwrap_or_default();
                self.base = Base::of(base.as_bytes());
                let mut code = 0_i64;
                for value in doc.array(&encoding, "Differences") {
                    match value {
                        Value::Int(int) => code = int,
                        Value::Name(name) => {
                            if let Ok(code) = u8::try_from(code) {
                                let name = String::from_utf8_lossy(&name).into_owned();
                                self.differences.insert(code, name);
                            }
                            code = code.saturating_add(1);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        if self.base.is_none() && subtype == "Type1" && doc.dict(dict, "FontDescriptor").is_none() {
            // One of the fourteen that every viewer has.
            self.base = Some(Base::Standard);
        }
    }

    /// Widths of the fonts that every viewer has.
    fn guess_widths(&mut self, name: &str) {
        self.default_width = 556.0;
        if name.contains("Courier") {
            self.default_width = 600.0;
            return;
        }
        let widths = match name.contains("Times") {
            true => &TIMES,
            false => &HELVETICA,
        };
        for (code, width) in (32..).zip(widths) {
            self.widths.insert(code, f32::from(*width));
        }
    }

    fn cid_encoding<'f>(
        &mut self,
        dict: &Dict<'f>,
        cid: &Dict<'f>,
        reach: &mut Reach<'_, 'f, '_, '_>,
    ) -> Result<(), NotOpened> {
        let doc = reach.doc;
        if let Some(encoding) = dict.get("Encoding") {
            match doc.get(encoding) {
                (_, Value::Name(name)) => {
                    let name = String::from_utf8_lossy(&name);
                    self.vertical = name.ends_with("-V");
                    self.unicode_codes = name.contains("UCS2") || name.contains("UTF16");
                }
                (Some(entry), _) => {
                    let map = CMap::read(&reach.stream(entry, MAX_CMAP)?);
                    self.vertical = map.vertical;
                    self.encoding = Some(map);
                }
                _ => {}
            }
        }
        let width = cid.get("DW").and_then(|width| doc.number(width));
        self.default_width = width.unwrap_or(1000.0) as f32;
        let mut list = doc.array(cid, "W").into_iter();
        while let (Some(first), Some(second)) = (list.next(), list.next()) {
            let Some(first) = first.int().and_then(|int| u32::try_from(int).ok()) else {
                break;
            };
            match doc.get(&second).1 {
                Value::Array(widths) => {
                    for (code, width) in (first..).zip(&widths).take(MAX_WIDTHS) {
                        if let Some(width) = doc.number(width) {
                            self.widths.insert(code, width as f32);
                        }
                    }
                }
                Value::Int(last) => {
                    let width = list.next().and_then(|width| doc.number(&width));
                    let last = u32::try_from(last).unwrap_or(0);
                    for code in (first..=last).take(MAX_WIDTHS) {
                        self.widths.insert(code, width.unwrap_or(0.0) as f32);
                    }
                }
                _ => {}
            }
            if self.widths.len() > MAX_WIDTHS {
                break;
            }
        }
        if let Some(Value::Ref(number, _)) = cid.get("CIDToGIDMap")
            && let Some((entry, Value::Dict(_))) = doc.object(*number)
        {
            self.gids = Some(reach.stream(entry, 1 << 17)?);
        }
        Ok(())
    }

    /// Reads one code from a string: the code, and how many bytes it took.
    pub(super) fn next_code(&self, bytes: &[u8]) -> (u32, usize) {
        match (bytes, &self.encoding) {
            ([byte, ..], _) if self.simple => (u32::from(*byte), 1),
            (_, Some(map)) => map.next_code(bytes),
            ([high, low, ..], None) => (u32::from(*high) << 8 | u32::from(*low), 2),
            ([low], None) => (u32::from(*low), 1),
            ([], _) => (0, 1),
        }
    }

    /// What a code stands for.
    pub(super) fn code(
        &self,
        code: u32,
        reach: &mut Reach<'_, '_, '_, '_>,
    ) -> Result<Code, NotOpened> {
        let at = usize::try_from(code).unwrap_or(usize::MAX);
        if let Some(Some(known)) = self.known.borrow().get(at) {
            return Ok(*known);
        }
        let mut letters = String::new();
        if !self.letters(code, &mut letters, reach)? {
            letters.clear();
        }
        let cid = match &self.encoding {
            Some(map) => map.cid_of(code).unwrap_or(code),
            None => code,
        };
        let width = self.widths.get(&cid).copied();
        let mut pool = self.pool.borrow_mut();
        if pool.len() > MAX_POOL {
            // Somebody plays: what was known is learnt anew.
            pool.clear();
            self.known.borrow_mut().clear();
        }
        let from = u32::try_from(pool.len()).unwrap_or(0);
        pool.push_str(&letters);
        let made = Code {
            from,
            to: u32::try_from(pool.len()).unwrap_or(0),
            width: width.unwrap_or(self.default_width),
        };
        if at < MAX_KNOWN {
            let mut known = self.known.borrow_mut();
            if known.len() <= at {
                known.resize(at + 1, None);
            }
            if let Some(place) = known.get_mut(at) {
                *place = Some(made);
            }
        }
        Ok(made)
    }

    /// Adds the letters of a code; false where there are none.
    pub(super) fn push(&self, code: Code, into: &mut String) -> bool {
        let pool = self.pool.borrow();
        let letters = pool.get(code.from as usize..code.to as usize);
        into.push_str(letters.unwrap_or_default());
        code.to > code.from
    }

    fn letters(
        &self,
        code: u32,
        into: &mut String,
        reach: &mut Reach<'_, '_, '_, '_>,
    ) -> Result<bool, NotOpened> {
        if let Some(map) = &self.to_unicode
            && map.letters(code, into)
        {
            return Ok(true);
        }
        into.clear();
        let byte = u8::try_from(code).ok().filter(|_| self.simple);
        let Some(byte) = byte else {
            return self.cid_letters(code, into, reach);
        };
        let name = self.differences.get(&byte);
        if let Some(name) = name {
            if names::letters(name, into) && is_sound(into) {
                return Ok(true);
            }
            into.clear();
            if let Some(glyph) = names::glyph_number(name)
                && self.program(reach)?.glyph(glyph, into)
            {
                return Ok(true);
            }
        }
        if name.is_none()
            && let Some(letter) = self.base.and_then(|base| base.letter(byte))
        {
            into.push(letter);
            return Ok(true);
        }
        // Old Vietnamese fonts are decoded from their codes.
        if self.legacy.is_none() && self.program(reach)?.code(byte, into) && is_sound(into) {
            return Ok(true);
        }
        into.clear();
        into.extend(names::windows1252(byte));
        Ok(!into.is_empty())
    }

    fn cid_letters(
        &self,
        code: u32,
        into: &mut String,
        reach: &mut Reach<'_, '_, '_, '_>,
    ) -> Result<bool, NotOpened> {
        if self.unicode_codes {
            into.extend(char::from_u32(code));
            return Ok(is_sound(into));
        }
        let cid = match &self.encoding {
            Some(map) => map.cid_of(code).unwrap_or(code),
            None => code,
        };
        let Ok(cid) = u16::try_from(cid) else {
            return Ok(false);
        };
        let program = self.program(reach)?;
        let glyph = match &self.gids {
            Some(map) => {
                let at = usize::from(cid) * 2;
                let pair = map.get(at..at + 2).unwrap_or_default();
                pair.iter()
                    .fold(0, |glyph, byte| glyph << 8 | u16::from(*byte))
            }
            None => program.glyph_of_cid(cid),
        };
        Ok(program.glyph(glyph, into) && is_sound(into))
    }

    /// What the embedded font program says.
    fn program(&self, reach: &mut Reach<'_, '_, '_, '_>) -> Result<&Program, NotOpened> {
        if self.program.get().is_none() {
            let bytes = match self.embedded {
                Some(entry) => reach.stream(entry, MAX_PROGRAM)?,
                None => Vec::new(),
            };
            let _ = self.program.set(Program::read(&bytes));
        }
        Ok(self.program.get_or_init(Program::default))
    }
}

/// A font's name without the tag of a subset: `ABCDEF+.VnTimeH`.
fn without_tag(name: &str) -> &str {
    match name.split_once('+') {
        Some((tag, name))
            if tag.len() == 6 && tag.bytes().all(|byte| byte.is_ascii_uppercase()) =>
        {
            name
        }
        _ => name,
    }
}

/// Flags of a font descriptor (ISO 32000-2 table 121).
const FORCE_BOLD: i64 = 1 << 18;
/// Bytes of a CMap, of a font program.
const MAX_CMAP: usize = 4 << 20;
const MAX_PROGRAM: usize = 32 << 20;
/// Codes whose letters are kept, bytes of them.
const MAX_KNOWN: usize = 1 << 16;
const MAX_POOL: usize = 4 << 20;
const MAX_WIDTHS: usize = 1 << 16;
/// Widths of ASCII in Helvetica and Times-Roman (Adobe Font Metrics).
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 222, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
    556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
    611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
    667, 611, 278, 278, 278, 469, 556, 222, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
    222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const TIMES: [u16; 95] = [
    250, 333, 408, 500, 500, 833, 778, 333, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500,
    500, 500, 500, 500, 500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611,
    556, 722, 722, 333, 389, 722, 611, 889, 722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722,
    722, 611, 333, 278, 333, 469, 500, 333, 444, 500, 444, 500, 444, 333, 500, 500, 278, 278, 500,
    278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480, 200, 480, 541,
];
