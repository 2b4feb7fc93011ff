//! The encodings from before Unicode, and UTF-8 that was read as windows-1252: from a text to its letters.
//!
//! The tables stand in `tables/`; where they come from and which letters were doubtful: `docs/vietnamese.md`.
//! Everything works on characters. A byte of the old text is the character that windows-1252 or ISO 8859-1
//! shows for it, since that is how old text stands inside valid Unicode; bytes are read as
//! windows-1252.

use std::{fmt, sync::LazyLock};

use super::{
    class::is_alphabetic,
    letters::{Letter, letter, tone_of_mark},
};

/// What a text was written in that Unicode does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// TCVN 5712:1993, mostly as the ABC fonts (`.VnTime`) have it.
    Tcvn3,
    /// The same in a capital font (`.VnTimeH`): every letter shows as a capital. Only a font's name tells.
    Tcvn3Capitals,
    /// VNI for Windows (`VNI-Times`): letter and mark are two bytes.
    Vni,
    /// VISCII 1.1 (RFC 1456).
    Viscii,
    /// VPS, of the Vietnamese Professionals Society.
    Vps,
    /// VIQR (RFC 1456): ASCII with the marks written behind the letters.
    Viqr,
    /// windows-1258 read as windows-1252.
    Windows1258,
    /// UTF-8 read as windows-1252 or ISO 8859-1.
    Mojibake,
    /// The same, two times over.
    MojibakeTwice,
}

impl Encoding {
    /// Those that can be told from the text alone.
    pub(super) const TOLD: [Self; 8] = [
        Self::Tcvn3,
        Self::Vni,
        Self::Mojibake,
        Self::Viscii,
        Self::Vps,
        Self::Windows1258,
        Self::MojibakeTwice,
        Self::Viqr,
    ];

    /// The name in events and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tcvn3 => "tcvn3",
            Self::Tcvn3Capitals => "tcvn3-capitals",
            Self::Vni => "vni",
            Self::Viscii => "viscii",
            Self::Vps => "vps",
            Self::Viqr => "viqr",
            Self::Windows1258 => "windows-1258",
            Self::Mojibake => "utf-8-as-windows-1252",
            Self::MojibakeTwice => "utf-8-as-windows-1252-twice",
        }
    }

    /// The encoding that a font's name reveals: `.VnTime` and `.VnArialH` (ABC), `VNI-Times`, `VPS Times`,
    /// `VI Times` (VISCII). `None` for fonts that show Unicode.
    pub fn of_font(name: &str) -> Option<Self> {
        let first = name.split([',', ';']).next().unwrap_or(name);
        let name = first.trim().trim_matches(['"', '\'']).trim();
        let starts = |with: &str| {
            name.get(..with.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(with))
        };
        if starts(".vn") {
            let family = name.split(' ').next().unwrap_or(name);
            return Some(if family.ends_with('H') {
                Self::Tcvn3Capitals
            } else {
                Self::Tcvn3
            });
        }
        if starts("vni-") || starts("vni ") {
            return Some(Self::Vni);
        }
        if starts("vps ") || starts("vps-") {
            return Some(Self::Vps);
        }
        (starts("vi ") || starts("viscii")).then_some(Self::Viscii)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text read as this encoding, in NFC; what is no letter of it stays. For text whose encoding is known,
/// as by its font. At most 3 bytes come out for each byte of the text.
pub fn decode(text: &str, encoding: Encoding) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut chars = Vec::new();
    let mut cells = Vec::new();
    let abc = matches!(encoding, Encoding::Tcvn3 | Encoding::Tcvn3Capitals);
    for line in text.split_inclusive('\n') {
        chars.clear();
        chars.extend(line.chars());
        if abc {
            undot(&mut chars);
        }
        read(&chars, encoding, &mut cells);
        if abc {
            unquote(&mut cells);
        }
        decoded.extend(cells.iter().map(|cell| cell.c));
    }
    decoded
}

/// Makes middle dots that stand between the letters of a word plain ones: a letter of TCVN3, ã, of which no
/// word has two.
fn undot(chars: &mut [char]) {
    for word in chars.split_mut(|c| c.is_whitespace()) {
        let dots = word.iter().filter(|&&c| c == '·').count();
        let letters = word.iter().all(|&c| c.is_alphabetic() || !c.is_ascii());
        if dots > 1 && letters {
            for c in word.iter_mut().filter(|c| **c == '·') {
                *c = '.';
            }
        }
    }
}

/// Gives quotation marks back to a word that stands in them: two bytes of TCVN3 that ABC fonts show so, and
/// that other programs read as capitals.
fn unquote(cells: &mut [Cell]) {
    let is_letter = |cell: Option<&Cell>| {
        cell.is_some_and(|cell| cell.c.is_alphanumeric() && !is_quote(cell.raw))
    };
    let mut opened: Option<usize> = None;
    for at in 0..cells.len() {
        let Some(raw) = cells.get(at).filter(|cell| cell.soft).map(|cell| cell.raw) else {
            continue;
        };
        let before = is_letter(at.checked_sub(1).and_then(|at| cells.get(at)));
        let behind = is_letter(cells.get(at + 1));
        match raw {
            '“' | '‘' if !before && behind => opened = Some(at),
            '”' | '’' if before && !behind => {
                let Some(first) = opened.take() else {
                    continue;
                };
                for place in [first, at] {
                    if let Some(cell) = cells.get_mut(place) {
                        *cell = Cell::same(cell.raw);
                    }
                }
            }
            _ => {}
        }
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '“' | '”' | '‘' | '’')
}

/// [`decode`] for bytes.
pub fn decode_bytes(bytes: &[u8], encoding: Encoding) -> String {
    decode(&as_windows1252(bytes), encoding)
}

/// The bytes as windows-1252 shows them, each one character; the five free bytes are C1 controls.
pub(super) fn as_windows1252(bytes: &[u8]) -> String {
    encoding_rs::WINDOWS_1252
        .decode_without_bom_handling(bytes)
        .0
        .into_owned()
}

/// One character that came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub c: char,
    /// What stood in the text; the first of several.
    pub raw: char,
    /// It is not what stood in the text.
    pub changed: bool,
    /// It may also be punctuation: as `raw` when `mark` is none, otherwise `raw` and `mark` behind it.
    pub soft: bool,
    /// VIQR: the tone that was ASCII punctuation.
    pub mark: Option<char>,
}

impl Cell {
    pub fn same(c: char) -> Self {
        Self {
            c,
            raw: c,
            changed: false,
            soft: false,
            mark: None,
        }
    }

    fn new(c: char, raw: char) -> Self {
        Self {
            c,
            raw,
            changed: c != raw,
            soft: false,
            mark: None,
        }
    }
}

/// Reads a piece of text as `encoding`. Linear; never more cells than characters.
pub(super) fn read(chars: &[char], encoding: Encoding, cells: &mut Vec<Cell>) {
    cells.clear();
    cells.reserve(chars.len());
    match encoding {
        Encoding::Tcvn3 => read_table(chars, &TABLES.tcvn3, true, cells),
        Encoding::Tcvn3Capitals => {
            read_table(chars, &TABLES.tcvn3, true, cells);
            for cell in cells {
                cell.c = capital(cell.c);
            }
        }
        Encoding::Viscii => read_table(chars, &TABLES.viscii, false, cells),
        Encoding::Vps => read_table(chars, &TABLES.vps, false, cells),
        Encoding::Windows1258 => read_table(chars, &TABLES.windows1258, false, cells),
        Encoding::Vni => read_vni(chars, cells),
        Encoding::Viqr => super::viqr::read(chars, cells),
        Encoding::Mojibake => read_utf8(chars, cells),
        Encoding::MojibakeTwice => {
            let mut once = Vec::with_capacity(chars.len());
            read_utf8(chars, &mut once);
            let middle: Vec<char> = once.iter().map(|cell| cell.c).collect();
            read_utf8(&middle, cells);
            // A word that only the first reading changed is changed too.
            if once.iter().any(|cell| cell.changed) {
                for cell in cells {
                    cell.changed |= !cell.c.is_ascii();
                }
            }
        }
    }
}

/// The capital of a letter of one character.
pub(super) fn capital(c: char) -> char {
    match letter(c) {
        Some(small) => Letter {
            upper: true,
            ..small
        }
        .char()
        .unwrap_or(c),
        None => c.to_ascii_uppercase(),
    }
}

/// The byte that windows-1252 or ISO 8859-1 shows as this character; also the private characters that Word
/// makes of the bytes of a symbol font (U+F020 to U+F0FF).
pub(super) fn byte_of(c: char) -> Option<u8> {
    let n = u32::from(c);
    Some(match n {
        0..=0xff => n as u8,
        0xf020..=0xf0ff => (n & 0xff) as u8,
        0x20ac => 0x80,
        0x201a => 0x82,
        0x192 => 0x83,
        0x201e => 0x84,
        0x2026 => 0x85,
        0x2020 => 0x86,
        0x2021 => 0x87,
        0x2c6 => 0x88,
        0x2030 => 0x89,
        0x160 => 0x8a,
        0x2039 => 0x8b,
        0x152 => 0x8c,
        0x17d => 0x8e,
        0x2018 => 0x91,
        0x2019 => 0x92,
        0x201c => 0x93,
        0x201d => 0x94,
        0x2022 => 0x95,
        0x2013 => 0x96,
        0x2014 => 0x97,
        0x2dc => 0x98,
        0x2122 => 0x99,
        0x161 => 0x9a,
        0x203a => 0x9b,
        0x153 => 0x9c,
        0x17e => 0x9e,
        0x178 => 0x9f,
        _ => return None,
    })
}

/// One byte, one letter; combining tones behind the letter.
fn read_table(chars: &[char], table: &[char; 256], abc: bool, cells: &mut Vec<Cell>) {
    for &raw in chars {
        if raw.is_ascii_graphic() || raw == ' ' {
            cells.push(Cell::same(raw));
            continue;
        }
        let c = byte_of(raw).and_then(|byte| table.get(usize::from(byte)));
        let Some(&c) = c.filter(|&&c| c != '\0') else {
            cells.push(Cell::same(raw));
            continue;
        };
        let joined = cells.last_mut().filter(|last| last.mark.is_none());
        if let Some(tone) = tone_of_mark(c) {
            match joined.and_then(|last| Some((toned(last.c, tone)?, last))) {
                Some((c, last)) => {
                    last.c = c;
                    last.changed = true;
                    last.soft = false;
                }
                None => cells.push(Cell::same(raw)),
            }
            continue;
        }
        // Converters write the capital and the small letter with its tone (Aµ, ¢Ë) where a font has no capital.
        if abc
            && let Some(last) = joined
            && let (Some(before), Some(now)) = (letter(last.c), letter(c))
            && before.upper
            && before.tone == 0
            && !now.upper
            && now.tone != 0
            && before.base == now.base
        {
            last.c = before.with_tone(now.tone).char().unwrap_or(last.c);
            last.changed = true;
            last.soft = false;
            continue;
        }
        let mut cell = Cell::new(c, raw);
        cell.soft = cell.changed && !is_alphabetic(raw);
        cells.push(cell);
    }
}

/// The vowel with this tone, if it has none yet.
pub(super) fn toned(c: char, tone: u8) -> Option<char> {
    let plain = letter(c).filter(|l| l.is_vowel() && l.tone == 0)?;
    plain.with_tone(tone).char()
}

fn read_vni(chars: &[char], cells: &mut Vec<Cell>) {
    let table = &TABLES.vni;
    let mut rest = chars.iter().copied().peekable();
    while let Some(raw) = rest.next() {
        let byte = byte_of(raw);
        let pairs = byte
            .and_then(|byte| table.rows.get(usize::from(byte)))
            .and_then(|&row| table.pairs.get(usize::from(row)));
        let pair = pairs
            .zip(rest.peek().and_then(|&next| byte_of(next)))
            .and_then(|(pairs, next)| pairs.get(usize::from(next)))
            .filter(|&&c| c != '\0');
        if let Some(&c) = pair {
            rest.next();
            cells.push(Cell {
                changed: true,
                ..Cell::new(c, raw)
            });
            continue;
        }
        let single = byte
            .and_then(|byte| table.single.get(usize::from(byte)))
            .filter(|&&c| c != '\0');
        cells.push(single.map_or_else(|| Cell::same(raw), |&c| Cell::new(c, raw)));
    }
}

/// UTF-8 whose bytes stand as characters. What is no UTF-8 stays.
fn read_utf8(chars: &[char], cells: &mut Vec<Cell>) {
    let mut at = 0;
    while let Some(&raw) = chars.get(at) {
        at += 1;
        if raw.is_ascii() {
            cells.push(Cell::same(raw));
            continue;
        }
        let Some(lead) = byte_of(raw) else {
            cells.push(Cell::same(raw));
            continue;
        };
        let more = match lead {
            0xc2..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf4 => 3,
            _ => 0,
        };
        let mut bytes = [lead, 0, 0, 0];
        let mut length = 1;
        for &next in chars.get(at..).unwrap_or_default().iter().take(more) {
            match (byte_of(next), bytes.get_mut(length)) {
                (Some(byte @ 0x80..=0xbf), Some(place)) => *place = byte,
                _ => break,
            }
            length += 1;
        }
        let whole = bytes
            .get(..length)
            .filter(|_| more > 0 && length == more + 1)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .and_then(|one| one.chars().next());
        if let Some(c) = whole {
            at += more;
            push_composed(c, raw, cells);
        } else if let Some(c) = without_last(&bytes, length, chars.get(at + length - 1)) {
            at += length - 1;
            push_composed(c, raw, cells);
        } else if lead == 0xc3 && chars.get(at) == Some(&' ') {
            // à is C3 A0, and the no-break space that A0 is was made a plain one.
            cells.push(Cell::new('à', raw));
            if chars.get(at + 1) == Some(&' ') {
                at += 1;
            }
        } else {
            cells.push(Cell::same(raw));
        }
    }
}

/// The letter whose last byte is AD: the soft hyphen that programs show for it is often lost (`má º t` for mật).
/// `next` is the character that stands in its place.
fn without_last(bytes: &[u8; 4], length: usize, next: Option<&char>) -> Option<char> {
    let lost = next.is_none_or(|next| byte_of(*next).is_none_or(|byte| byte < 0x80));
    match bytes {
        [0xe1, 0xba, ..] if length == 2 && lost => Some('ậ'),
        [0xe1, 0xbb, ..] if length == 2 && lost => Some('ử'),
        // Ã is a letter of its own elsewhere.
        [0xc3, ..] if length == 1 && next.is_some_and(char::is_ascii_alphabetic) => Some('í'),
        _ => None,
    }
}

/// A decomposed letter comes in parts.
fn push_composed(c: char, raw: char, cells: &mut Vec<Cell>) {
    if let Some(last) = cells.last_mut()
        && let Some(joined) = unicode_normalization::char::compose(last.c, c)
    {
        last.c = joined;
        last.changed = true;
    } else {
        cells.push(Cell::new(c, raw));
    }
}

struct Vni {
    single: [char; 256],
    /// For each byte the row of `pairs`; [`u8::MAX`] for none.
    rows: [u8; 256],
    pairs: Vec<[char; 256]>,
}

struct Tables {
    tcvn3: Box<[char; 256]>,
    viscii: Box<[char; 256]>,
    vps: Box<[char; 256]>,
    windows1258: Box<[char; 256]>,
    vni: Box<Vni>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    tcvn3: grid(include_str!("tables/tcvn3.txt")),
    viscii: grid(include_str!("tables/viscii.txt")),
    vps: grid(include_str!("tables/vps.txt")),
    windows1258: grid(include_str!("tables/windows1258.txt")),
    vni: vni(include_str!("tables/vni.txt")),
});

/// Reads a table of rows of sixteen.
fn grid(text: &str) -> Box<[char; 256]> {
    let mut table = Box::new(['\0'; 256]);
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        let row = words
            .next()
            .and_then(|row| usize::from_str_radix(row, 16).ok());
        for (column, word) in words.enumerate() {
            let c = match word.strip_prefix("U+") {
                Some(hex) => u32::from_str_radix(hex, 16).ok().and_then(char::from_u32),
                None => word.chars().next().filter(|&c| c != '·'),
            };
            if let (Some(row), Some(c)) = (row, c)
                && let Some(place) = table.get_mut(row + column)
            {
                *place = c;
            }
        }
    }
    table
}

fn vni(text: &str) -> Box<Vni> {
    let mut table = Box::new(Vni {
        single: ['\0'; 256],
        rows: [u8::MAX; 256],
        pairs: Vec::new(),
    });
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("single") => {
                for (from, to) in words.filter_map(equals) {
                    set(&mut table.single, from, to);
                    set(&mut table.single, capital_1252(from), capital(to));
                }
            }
            Some("pair") => {
                let Some(base) = words.next().and_then(|word| word.chars().next()) else {
                    continue;
                };
                let marks: Vec<_> = words.filter_map(equals).collect();
                for (base, big) in [(base, false), (capital_1252(base), true)] {
                    let row = row_of(&mut table, base);
                    let Some(row) = table.pairs.get_mut(usize::from(row)) else {
                        continue;
                    };
                    for &(mark, to) in &marks {
                        let to = if big { capital(to) } else { to };
                        set(row, mark, to);
                        set(row, capital_1252(mark), to);
                    }
                }
            }
            _ => {}
        }
    }
    table
}

fn row_of(table: &mut Vni, base: char) -> u8 {
    let next = table.pairs.len() as u8;
    match table.rows.get_mut(base as usize) {
        Some(row) if *row != u8::MAX => *row,
        Some(row) => {
            *row = next;
            table.pairs.push(['\0'; 256]);
            next
        }
        None => u8::MAX,
    }
}

fn set(table: &mut [char; 256], from: char, to: char) {
    if let Some(place) = table.get_mut(from as usize) {
        *place = to;
    }
}

fn equals(word: &str) -> Option<(char, char)> {
    let (from, to) = word.split_once('=')?;
    Some((from.chars().next()?, to.chars().next()?))
}

fn capital_1252(c: char) -> char {
    c.to_uppercase().next().unwrap_or(c)
}
