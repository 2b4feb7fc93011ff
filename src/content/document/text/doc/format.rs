//! How the characters and paragraphs of a Word document look ([MS-DOC] 2.4.6): the style sheet, and the
//! pages of properties that stand between the text.

use std::{cell::RefCell, collections::HashMap};

use crate::content::{
    document::ole::{
        compound::{u16_at, u32_at},
        package::utf16,
    },
    document::text::runs::is_red,
};
use crate::vietnamese::Encoding;

/// Properties of characters, as far as they are needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chp {
    /// The fonts of ASCII and of other letters: indices of the font table.
    pub(super) fonts: [u16; 2],
    pub(super) bold: bool,
    pub(super) caps: bool,
    pub(super) hidden: bool,
    pub(super) deleted: bool,
    pub(super) red: bool,
    pub(super) half_points: u16,
    /// A letter of another font instead of the one in the text.
    pub(super) symbol: Option<(u16, u16)>,
}

/// Properties of paragraphs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pap {
    pub(super) style: u16,
    pub(super) in_table: bool,
    /// The mark ends a row.
    pub(super) row_end: bool,
    /// The paragraph mark ends a cell of a table inside a cell.
    pub(super) inner_cell: bool,
    pub(super) inner_row_end: bool,
    pub(super) centred: bool,
    /// Borders above, left, below, right: a bit each.
    pub(super) borders: u8,
}

/// A stretch of the file with the same properties.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: u32,
    end: u32,
    /// Where its properties stand in the main stream, and how many bytes they are.
    at: usize,
    len: usize,
    style: u16,
}

/// Everything that says how the text looks.
pub(super) struct Format<'b> {
    word: &'b [u8],
    characters: Vec<Run>,
    paragraphs: Vec<Run>,
    styles: Vec<Style<'b>>,
    /// The properties of paragraph styles, with those that they are based on.
    resolved: RefCell<HashMap<u16, (Chp, Pap)>>,
    standard: Chp,
    fonts: Vec<Option<Encoding>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Style<'b> {
    based_on: u16,
    character: &'b [u8],
    paragraph: &'b [u8],
}

/// The places of the tables in the table stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tables<'b> {
    pub(super) styles: &'b [u8],
    pub(super) fonts: &'b [u8],
    pub(super) characters: &'b [u8],
    pub(super) paragraphs: &'b [u8],
}

impl<'b> Format<'b> {
    pub(super) fn new(word: &'b [u8], tables: Tables<'b>) -> Self {
        let (standard, styles) = styles(tables.styles);
        Self {
            word,
            characters: runs(word, tables.characters, false),
            paragraphs: runs(word, tables.paragraphs, true),
            styles,
            resolved: RefCell::default(),
            standard,
            fonts: fonts(tables.fonts),
        }
    }

    /// The encoding that a font's name says.
    pub(super) fn encoding(&self, font: u16) -> Option<Encoding> {
        self.fonts.get(usize::from(font)).copied().flatten()
    }

    /// The properties of the paragraph whose mark stands at a place of the file, the characters'
    /// that its style says, and where they end.
    pub(super) fn paragraph(&self, at: u32) -> (Chp, Pap, u32) {
        let Some(run) = find(&self.paragraphs, at) else {
            let end = next(&self.paragraphs, at);
            let (chp, pap) = self.style(0);
            return (chp, pap, end);
        };
        let (chp, mut pap) = self.style(run.style);
        pap.style = run.style;
        let bytes = self.word.get(run.at..run.at.saturating_add(run.len));
        apply_pap(bytes.unwrap_or_default(), &mut pap);
        (chp, pap, run.end)
    }

    /// The properties of the character at a place of the file, and where they end.
    pub(super) fn character(&self, at: u32, paragraph: &Chp) -> (Chp, u32) {
        let mut chp = *paragraph;
        let Some(run) = find(&self.characters, at) else {
            return (chp, next(&self.characters, at));
        };
        let bytes = self.word.get(run.at..run.at.saturating_add(run.len));
        let bytes = bytes.unwrap_or_default();
        // The character style first, whatever the order.
        for (id, value) in Sprms(bytes) {
            if id == 0x4a30
                && let Some(style) = u16_at(value, 0)
            {
                self.apply_style(style, &mut chp, 0);
            }
        }
        let base = chp;
        apply_chp(bytes, &base, &mut chp);
        (chp, run.end)
    }

    fn style(&self, style: u16) -> (Chp, Pap) {
        if let Some(known) = self.resolved.borrow().get(&style) {
            return *known;
        }
        let (mut chp, mut pap) = (self.standard, Pap::default());
        let mut chain = Vec::new();
        let mut next = style;
        while let Some(found) = self.styles.get(usize::from(next))
            && chain.len() < DEEPEST_STYLE
        {
            chain.push(*found);
            next = found.based_on;
        }
        for style in chain.iter().rev() {
            let base = chp;
            apply_chp(style.character, &base, &mut chp);
            apply_pap(style.paragraph, &mut pap);
        }
        let mut resolved = self.resolved.borrow_mut();
        resolved.insert(style, (chp, pap));
        (chp, pap)
    }

    fn apply_style(&self, style: u16, chp: &mut Chp, depth: usize) {
        // Style 10 is the one that changes nothing.
        if let Some(found) = self.styles.get(usize::from(style))
            && depth < DEEPEST_STYLE
        {
            if found.based_on != 0xfff {
                self.apply_style(found.based_on, chp, depth + 1);
            }
            let base = *chp;
            apply_chp(found.character, &base, chp);
        }
    }
}

fn find(runs: &[Run], at: u32) -> Option<&Run> {
    let next = runs.partition_point(|run| run.start <= at);
    let run = next.checked_sub(1).and_then(|last| runs.get(last));
    run.filter(|run| at < run.end)
}

/// Where the next run begins.
fn next(runs: &[Run], at: u32) -> u32 {
    let next = runs.partition_point(|run| run.start <= at);
    runs.get(next).map_or(u32::MAX, |run| run.start)
}

/// The runs of all property pages that a PlcBteChpx or PlcBtePapx names ([MS-DOC] 2.8.5, 2.9.33).
fn runs(word: &[u8], table: &[u8], paragraphs: bool) -> Vec<Run> {
    let count = table.len().saturating_sub(4) / 8;
    let pages = table.get((count + 1) * 4..).unwrap_or_default();
    // No more pages than the file has.
    let count = count.min(word.len() / PAGE + 1);
    let pages = pages.chunks_exact(4).take(count);
    let mut runs = Vec::new();
    for page in pages {
        let start = u32_at(page, 0).map(|number| (number & 0x3f_ffff) as usize * PAGE);
        let bytes = start.and_then(|start| word.get(start..start + PAGE));
        let (Some(start), Some(bytes)) = (start, bytes) else {
            continue;
        };
        let count = usize::from(bytes.last().copied().unwrap_or(0));
        let size = if paragraphs { 13 } else { 1 };
        for number in 0..count {
            let place = (count + 1) * 4 + number * size;
            let (Some(from), Some(to), Some(offset)) = (
                u32_at(bytes, number * 4),
                u32_at(bytes, number * 4 + 4),
                bytes.get(place),
            ) else {
                break;
            };
            if from >= to {
                continue;
            }
            let offset = usize::from(*offset) * 2;
            let mut run = Run {
                start: from,
                end: to,
                at: start + offset,
                len: 0,
                style: 0,
            };
            if offset > 0
                && let Some(length) = bytes.get(offset).copied().map(usize::from)
            {
                match paragraphs {
                    false => {
                        run.at += 1;
                        run.len = length;
                    }
                    true => {
                        let (skip, length) = match length {
                            0 => (2, bytes.get(offset + 1).map_or(0, |n| usize::from(*n) * 2)),
                            length => (1, length * 2 - 1),
                        };
                        run.style = u16_at(bytes, offset + skip).unwrap_or(0);
                        run.at += skip + 2;
                        run.len = length.saturating_sub(2);
                    }
                }
            }
            runs.push(run);
        }
    }
    runs.sort_by_key(|run| run.start);
    runs
}

/// The style sheet ([MS-DOC] 2.9.271): what all begin with, and the styles.
fn styles(bytes: &[u8]) -> (Chp, Vec<Style<'_>>) {
    let mut standard = Chp {
        half_points: 20,
        ..Chp::default()
    };
    let mut styles = Vec::new();
    let Some(length) = u16_at(bytes, 0).map(usize::from) else {
        return (standard, styles);
    };
    let count = u16_at(bytes, 2).unwrap_or(0);
    let base = usize::from(u16_at(bytes, 4).unwrap_or(10));
    if length >= 18 {
        standard.fonts = [
            u16_at(bytes, 14).unwrap_or(0),
            u16_at(bytes, 18).unwrap_or(0),
        ];
    }
    let mut at = 2 + length;
    for _ in 0..count {
        let Some(length) = u16_at(bytes, at).map(usize::from) else {
            break;
        };
        at += 2;
        let bytes = bytes.get(at..at.saturating_add(length)).unwrap_or_default();
        at += length + (length & 1);
        styles.push(style(bytes, base).unwrap_or(Style {
            based_on: 0xfff,
            ..Style::default()
        }));
    }
    (standard, styles)
}

/// One style ([MS-DOC] 2.9.260).
fn style(bytes: &[u8], base: usize) -> Option<Style<'_>> {
    let kind = u16_at(bytes, 2)?;
    let count = u16_at(bytes, 4)? & 15;
    let name = usize::from(u16_at(bytes, base)?);
    let mut at = base.checked_add(2 + name * 2 + 2)?;
    let mut parts = Vec::new();
    for _ in 0..count.min(3) {
        let length = usize::from(u16_at(bytes, at)?);
        parts.push(bytes.get(at + 2..at + 2 + length)?);
        at += 2 + length + (length & 1);
    }
    let mut style = Style {
        based_on: kind >> 4,
        ..Style::default()
    };
    match (kind & 15, parts.as_slice()) {
        (1, [paragraph, rest @ ..]) => {
            style.paragraph = paragraph.get(2..).unwrap_or_default();
            style.character = rest.first().copied().unwrap_or_default();
        }
        (2, [character, ..]) => style.character = character,
        _ => {}
    }
    Some(style)
}

/// The font table ([MS-DOC] 2.9.286): what each font's name says of its letters.
fn fonts(bytes: &[u8]) -> Vec<Option<Encoding>> {
    let mut fonts = Vec::new();
    let count = u16_at(bytes, 0).unwrap_or(0);
    let mut at = 4;
    for _ in 0..count {
        let Some(length) = bytes.get(at).copied().map(usize::from) else {
            break;
        };
        at += 1;
        // FFN: 40 bytes, its length's byte counted, before the name.
        let name = bytes.get(at + 39..at + length).unwrap_or_default();
        fonts.push(Encoding::of_font(&utf16(name)));
        at += length;
    }
    fonts
}

/// Changes to properties ([MS-DOC] 2.6): each its number and its operand.
struct Sprms<'b>(&'b [u8]);

impl<'b> Iterator for Sprms<'b> {
    type Item = (u16, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let id = u16_at(self.0, 0)?;
        let rest = self.0.get(2..)?;
        let (skip, length) = match id >> 13 {
            0 | 1 => (0, 1),
            3 => (0, 4),
            7 => (0, 3),
            6 if id == 0xd608 => (2, usize::from(u16_at(rest, 0)?).saturating_sub(1)),
            6 => (1, usize::from(*rest.first()?)),
            _ => (0, 2),
        };
        let value = rest.get(skip..skip + length)?;
        self.0 = rest.get(skip + length..).unwrap_or_default();
        Some((id, value))
    }
}

fn apply_chp(bytes: &[u8], base: &Chp, chp: &mut Chp) {
    for (id, value) in Sprms(bytes) {
        let first = value.first().copied().unwrap_or(0);
        // 0x80: as the style says; 0x81: the other way round.
        let toggled = |style: bool| match first {
            0x80 => style,
            0x81 => !style,
            on => on == 1,
        };
        let word = u16_at(value, 0);
        match id {
            0x0835 => chp.bold = toggled(base.bold),
            0x083b => chp.caps = toggled(base.caps),
            // Small capitals are capitals to those who read.
            0x083a => chp.caps |= toggled(false),
            0x083c => chp.hidden = toggled(base.hidden),
            0x0800 => chp.deleted = first & 1 == 1,
            0x2a42 => chp.red = matches!(first, 6 | 13),
            0x6870 => {
                if let [red, green, blue, auto, ..] = value {
                    chp.red = *auto != 0xff && is_red(*red, *green, *blue);
                }
            }
            0x4a43 => chp.half_points = word.unwrap_or(chp.half_points),
            0x4a4f => {
                chp.fonts = [word.unwrap_or(0), chp.fonts[1]];
            }
            0x4a51 => {
                chp.fonts = [chp.fonts[0], word.unwrap_or(0)];
            }
            0x6a09 => chp.symbol = word.zip(u16_at(value, 2)),
            _ => {}
        }
    }
}

fn apply_pap(bytes: &[u8], pap: &mut Pap) {
    for (id, value) in Sprms(bytes) {
        let first = value.first().copied().unwrap_or(0);
        match id {
            0x2416 => pap.in_table = first == 1,
            0x2417 => pap.row_end = first == 1,
            0x244b => pap.inner_cell = first == 1,
            0x244c => pap.inner_row_end = first == 1,
            0x2403 | 0x2461 => pap.centred = first == 1,
            0x6424..=0x6427 => {
                let line = u32_at(value, 0).is_some_and(|border| border != u32::MAX)
                    && value.get(1).is_some_and(|kind| *kind != 0);
                pap.border(id - 0x6424, line);
            }
            0xc64e..=0xc651 => {
                let line = value.get(5).is_some_and(|kind| !matches!(kind, 0 | 0xff));
                pap.border(id - 0xc64e, line);
            }
            _ => {}
        }
    }
}

impl Pap {
    fn border(&mut self, side: u16, line: bool) {
        let bit = 1 << side;
        match line {
            true => self.borders |= bit,
            false => self.borders &= !bit,
        }
    }

    /// Whether it has a frame of its own.
    pub(super) fn is_framed(&self) -> bool {
        self.borders & 15 == 15
    }
}

/// Bytes of a page of properties.
const PAGE: usize = 512;
/// Styles that are based on each other (Word allows 11).
const DEEPEST_STYLE: usize = 16;
