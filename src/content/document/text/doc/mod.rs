//! Text of Word documents of 1993 to 2003 ([MS-DOC]): the piece table, the stories behind each other
//! (text, footnotes, headers, comments, endnotes, text boxes), tables, fields.

mod format;
mod story;

use self::{
    format::{Format, Tables},
    story::Stories,
};
use super::art;
use crate::{
    content::{
        document::ole::compound::{Compound, u16_at, u32_at},
        opener::Inside,
        span::{Span, Spot},
    },
    facts::NotOpened,
};

/// Text that lies together in the file.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Its characters, counted from the beginning of all text.
    start: u32,
    end: u32,
    /// Where its first byte stands in the main stream.
    at: u32,
    /// Two bytes a character, UTF-16.
    wide: bool,
}

/// Where things are, as the beginning of the file says.
struct Layout {
    /// Written before Word 97.
    old: bool,
    /// Characters of each story: text, footnotes, headers, macros, comments, endnotes, text boxes,
    /// text boxes of headers.
    lengths: [u32; 8],
    /// Where the places of the tables begin.
    tables: usize,
    /// The piece table's number among those.
    clx: usize,
}

impl Layout {
    fn parse(word: &[u8]) -> Option<Self> {
        let ident = u16_at(word, 0)?;
        let old = ident != 0xa5ec || u16_at(word, 2)? < 0xc0;
        let (counts, tables, clx) = match old {
            true => (0x34, 0x58, 33),
            false => (0x4c, 0x9a, 33),
        };
        let mut lengths = [0; 8];
        for (number, length) in lengths.iter_mut().enumerate() {
            *length = u32_at(word, counts + number * 4)?.min(MOST_CHARACTERS);
        }
        Some(Self {
            old,
            lengths,
            tables,
            clx,
        })
    }

    /// Whether it says itself that it holds nothing: no character in any story, and no piece table.
    /// (The places of text at its very beginning mean nothing since Word 97: [MS-DOC] 2.5.2.)
    fn is_empty(&self, word: &[u8]) -> bool {
        let piece_table = u32_at(word, self.tables + self.clx * 8 + 4);
        !self.old && self.lengths == [0; 8] && piece_table == Some(0)
    }

    /// A table of the table stream.
    fn table<'b>(&self, word: &[u8], stream: &'b [u8], number: usize) -> &'b [u8] {
        let place = self.tables + number * 8;
        let range = u32_at(word, place).zip(u32_at(word, place + 4));
        range
            .and_then(|(at, length)| {
                let at = at as usize;
                stream.get(at..at.checked_add(length as usize)?)
            })
            .unwrap_or_default()
    }
}

/// Hands on the text of a document.
pub(super) fn read(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    index: usize,
) -> Result<(), NotOpened> {
    let size = compound.stream(index).left();
    let _held = inside.spending().hold(size)?;
    let word = compound.read(index, size);
    if word.is_empty() {
        // The stream that other programs leave where a document was.
        return Ok(());
    }
    let whole = word.len() as u64 == size;
    let flags = u16_at(&word, 10).ok_or(NotOpened::Damaged)?;
    if flags & 0x100 != 0 {
        return Err(NotOpened::Encrypted);
    }
    let layout = Layout::parse(&word).ok_or(NotOpened::Damaged)?;
    let names = if flags & 0x200 == 0 {
        ["0Table", "1Table"]
    } else {
        ["1Table", "0Table"]
    };
    // Before Word 97 the tables stand in the main stream.
    let table = match layout.old {
        true => None,
        false => names.iter().find_map(|name| compound.find(&[name])),
    };
    let size = table.map_or(0, |table| compound.stream(table).left());
    let _held_too = inside.spending().hold(size)?;
    let table = table.map(|table| compound.read(table, size));
    let table: &[u8] = table.as_deref().unwrap_or(&word);
    if layout.is_empty(&word) {
        return Ok(());
    }
    let found = pieces(layout.table(&word, table, layout.clx), layout.old);
    let damaged = found.is_none() && !layout.old;
    let pieces = match found {
        Some(pieces) => pieces,
        None => one_piece(&word, &layout).ok_or(NotOpened::Damaged)?,
    };
    let get = |number| layout.table(&word, table, number);
    let tables = match layout.old {
        true => Tables::default(),
        false => Tables {
            styles: get(1),
            fonts: get(15),
            characters: get(12),
            paragraphs: get(13),
        },
    };
    let format = Format::new(&word, tables);
    let mut stories = Stories::new(&word, &pieces, &format);
    let mut start = 0_u32;
    for (length, spot) in layout.lengths.iter().zip(SPOTS) {
        let end = start.saturating_add(*length);
        match spot {
            Some(Spot::Header) => headers(inside, &mut stories, get(11), start, end)?,
            Some(spot) => stories.read(inside, start, end, *spot)?,
            None => {}
        }
        start = end;
    }
    let shapes = if layout.old { &[][..] } else { get(50) };
    for (line, (spot, text)) in (0..).zip(drawings(shapes)) {
        inside.text(Span {
            spot,
            line,
            text,
            ..Span::default()
        })?;
    }
    match damaged || !whole || stories.broken {
        true => Err(NotOpened::Damaged),
        false => Ok(()),
    }
}

/// The headers' story: six separators of notes, then six headers and footers a section (PlcfHdd,
/// [MS-DOC] 2.8.23).
fn headers(
    inside: &mut Inside<'_, '_>,
    stories: &mut Stories<'_>,
    places: &[u8],
    start: u32,
    end: u32,
) -> Result<(), NotOpened> {
    let mut at = start;
    for (number, place) in places.chunks_exact(4).enumerate() {
        let place = u32_at(place, 0).unwrap_or(0);
        let next = start.saturating_add(place).min(end);
        if next > at {
            let spot = match number {
                0..=6 => Spot::Note,
                number if matches!((number - 7) % 6, 0 | 1 | 4) => Spot::Header,
                _ => Spot::Footer,
            };
            stories.read(inside, at, next, spot)?;
            at = next;
        }
    }
    // What no place leads to is shown by no program, but stands there.
    stories.read(inside, at, end, Spot::Header)
}

/// The piece table (Clx, [MS-DOC] 2.9.38).
fn pieces(clx: &[u8], old: bool) -> Option<Vec<Piece>> {
    let mut rest = clx;
    while rest.first() == Some(&1) {
        let length = usize::from(u16_at(rest, 1)?);
        rest = rest.get(3 + length..)?;
    }
    if rest.first() != Some(&2) {
        return None;
    }
    let length = u32_at(rest, 1)? as usize;
    let table = rest.get(5..)?;
    let table = table.get(..length).unwrap_or(table);
    let count = table.len().saturating_sub(4) / 12;
    let descriptors = table.get((count + 1) * 4..)?;
    let mut pieces = Vec::new();
    for (number, descriptor) in descriptors.chunks_exact(8).take(count).enumerate() {
        let (start, end) = (u32_at(table, number * 4)?, u32_at(table, number * 4 + 4)?);
        let place = u32_at(descriptor, 2)?;
        let narrow = old || place & 0x4000_0000 != 0;
        let at = match (old, narrow) {
            (true, _) => place,
            (false, true) => (place & 0x3fff_ffff) / 2,
            (false, false) => place & 0x3fff_ffff,
        };
        if start < end {
            pieces.push(Piece {
                start,
                end,
                at,
                wide: !narrow,
            });
        }
    }
    pieces.sort_by_key(|piece| piece.start);
    (!pieces.is_empty()).then_some(pieces)
}

/// All text in one piece, from fcMin to fcMac.
fn one_piece(word: &[u8], layout: &Layout) -> Option<Vec<Piece>> {
    let (at, end) = (u32_at(word, 0x18)?, u32_at(word, 0x1c)?);
    let bytes = end.checked_sub(at)?;
    let characters = layout
        .lengths
        .iter()
        .fold(0_u32, |all, length| all.saturating_add(*length));
    // As many bytes as two a character need are that many.
    let wide = !layout.old && bytes / 2 >= characters;
    let end = if wide { bytes / 2 } else { bytes };
    Some(vec![Piece {
        start: 0,
        end,
        at,
        wide,
    }])
}

/// The texts of drawings: a container of what they share, then each drawing behind a byte
/// ([MS-DOC] 2.9.172).
fn drawings(mut bytes: &[u8]) -> Vec<(Spot, String)> {
    let mut found = Vec::new();
    let mut first = true;
    while !bytes.is_empty() {
        if !first {
            bytes = bytes.get(1..).unwrap_or_default();
        }
        first = false;
        let Some(length) = u32_at(bytes, 4) else {
            break;
        };
        let end = 8_usize.saturating_add(length as usize).min(bytes.len());
        found.extend(art::texts(bytes.get(..end).unwrap_or_default()));
        bytes = bytes.get(end..).unwrap_or_default();
    }
    found
}

/// What each story is.
static SPOTS: &[Option<Spot>; 8] = &[
    Some(Spot::Body),
    Some(Spot::Note),
    Some(Spot::Header),
    None,
    Some(Spot::Comment),
    Some(Spot::Note),
    Some(Spot::TextBox),
    Some(Spot::TextBox),
];
/// Characters of a story (the format's numbers have a sign).
const MOST_CHARACTERS: u32 = 0x7fff_ffff;
