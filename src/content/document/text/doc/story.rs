//! From the characters of a story to its paragraphs and cells.

use super::{
    Piece,
    format::{Chp, Format, Pap},
};
use crate::{
    content::{
        document::{
            ole::compound::u16_at,
            text::runs::{At, Lines, Look, Paragraph, windows1252},
        },
        opener::Inside,
        span::Spot,
    },
    facts::NotOpened,
};

/// The stories of one document.
pub(super) struct Stories<'b> {
    word: &'b [u8],
    pieces: &'b [Piece],
    format: &'b Format<'b>,
    lines: Lines,
    /// Rows of tables so far, and cells of the row.
    row: u32,
    column: u32,
    /// Characters that may still be read: no more than the file has bytes.
    left: usize,
    /// Text is missing.
    pub(super) broken: bool,
}

/// Properties that hold for the characters from one place of the file to another.
#[derive(Default)]
struct Now {
    paragraph: (Chp, Pap),
    paragraph_until: u32,
    paragraph_from: u32,
    characters: Chp,
    look: Look,
    until: u32,
    from: u32,
}

impl<'b> Stories<'b> {
    pub(super) fn new(word: &'b [u8], pieces: &'b [Piece], format: &'b Format<'b>) -> Self {
        Self {
            word,
            pieces,
            format,
            lines: Lines::default(),
            row: 0,
            column: 0,
            left: word.len(),
            broken: false,
        }
    }

    /// Hands on the characters from `start` to `end`.
    pub(super) fn read(
        &mut self,
        inside: &mut Inside<'_, '_>,
        start: u32,
        end: u32,
        spot: Spot,
    ) -> Result<(), NotOpened> {
        let mut paragraph = Paragraph::default();
        let mut fields = Fields::default();
        let mut now = Now::default();
        let mut count = 0;
        let pieces = self.pieces;
        let first = pieces.partition_point(|piece| piece.end <= start);
        for piece in pieces.get(first..).unwrap_or_default() {
            if piece.start >= end {
                break;
            }
            let size = if piece.wide { 2 } else { 1 };
            let from = start.max(piece.start);
            let skipped = u64::from(from - piece.start) * size;
            let mut at = (u64::from(piece.at) + skipped) as usize;
            let mut high = None;
            let mut units = end.min(piece.end).saturating_sub(from) as usize;
            while units > 0 {
                let plain = match high {
                    None if !fields.in_code() => {
                        self.plain(&mut now, &mut paragraph, piece.wide, at, units)
                    }
                    _ => 0,
                };
                self.left = self.left.saturating_sub(plain);
                at += plain * size as usize;
                units -= plain;
                count += plain.max(1);
                if count >= OFTEN {
                    count = 0;
                    inside.spending().check()?;
                }
                if plain > 0 {
                    continue;
                }
                units -= 1;
                let place = u32::try_from(at).unwrap_or(u32::MAX);
                let unit = match piece.wide {
                    true => u16_at(self.word, at),
                    false => self.word.get(at).map(|byte| u16::from(*byte)),
                };
                let (Some(unit), Some(left)) = (unit, self.left.checked_sub(1)) else {
                    self.broken = true;
                    break;
                };
                self.left = left;
                at += size as usize;
                let c = match (piece.wide, unit) {
                    (_, 0..0x80) => char::from(unit as u8),
                    (false, _) => windows1252(unit as u8),
                    (true, 0xd800..=0xdbff) => {
                        high = Some(unit);
                        continue;
                    }
                    (true, _) => {
                        let units = [high.take().unwrap_or(unit), unit];
                        let units = if units[0] == unit {
                            &units[1..]
                        } else {
                            &units[..]
                        };
                        char::decode_utf16(units.iter().copied())
                            .next()
                            .and_then(Result::ok)
                            .unwrap_or(char::REPLACEMENT_CHARACTER)
                    }
                };
                self.properties(&mut now, place);
                self.character(inside, &mut paragraph, &mut fields, &now, c, spot)?;
            }
        }
        if start < end && pieces.last().is_none_or(|last| last.end < end) {
            self.broken = true;
        }
        self.end(inside, &mut paragraph, &now.paragraph.1, spot)
    }

    /// Takes the letters from a place on that look the same and mean nothing but themselves; how many.
    fn plain(
        &self,
        now: &mut Now,
        paragraph: &mut Paragraph,
        wide: bool,
        at: usize,
        most: usize,
    ) -> usize {
        let most = most.min(self.left).min(paragraph.room()).min(STRETCH);
        let size = if wide { 2 } else { 1 };
        let bytes = self.word.get(at..).unwrap_or_default();
        let bytes = bytes.get(..most * size).unwrap_or(bytes);
        let ordinary = |unit: u16| !matches!(unit, 0..0x20 | 0xd800..=0xdfff);
        let first = match wide {
            true => u16_at(bytes, 0),
            false => bytes.first().copied().map(u16::from),
        };
        let Ok(place) = u32::try_from(at) else {
            return 0;
        };
        if !first.is_some_and(ordinary) {
            return 0;
        }
        self.properties(now, place);
        let until = now.until.min(now.paragraph_until).saturating_sub(place) as usize;
        let bytes = bytes.get(..until.div_ceil(size) * size).unwrap_or(bytes);
        // There a symbol stands for it.
        let bracket = now.characters.symbol.map(|_| u16::from(b'('));
        let plain = |unit: &u16| ordinary(*unit) && Some(*unit) != bracket;
        let mut taken = 0;
        if wide {
            let (units, _) = bytes.as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
            let chars = units
                .take_while(plain)
                .filter_map(|unit| char::from_u32(u32::from(unit)));
            paragraph.extend(chars.inspect(|_| taken += 1), now.look);
        } else {
            let units = bytes.iter().map(|byte| u16::from(*byte));
            let chars = units.take_while(plain).map(|unit| windows1252(unit as u8));
            paragraph.extend(chars.inspect(|_| taken += 1), now.look);
        }
        taken
    }

    fn properties(&self, now: &mut Now, place: u32) {
        if !(now.paragraph_from..now.paragraph_until).contains(&place) {
            let (chp, pap, until) = self.format.paragraph(place);
            now.paragraph = (chp, pap);
            now.paragraph_from = place;
            now.paragraph_until = until;
            now.until = 0;
        }
        if !(now.from..now.until).contains(&place) {
            let (chp, until) = self.format.character(place, &now.paragraph.0);
            now.characters = chp;
            now.from = place;
            now.until = until;
            let [ascii, other] = chp.fonts.map(|font| self.format.encoding(font));
            now.look = Look {
                font: other.or(ascii),
                bold: chp.bold,
                red: chp.red,
                caps: chp.caps,
                hidden: chp.hidden,
                deleted: chp.deleted,
                half_points: chp.half_points,
            };
        }
    }

    fn character(
        &mut self,
        inside: &mut Inside<'_, '_>,
        paragraph: &mut Paragraph,
        fields: &mut Fields,
        now: &Now,
        c: char,
        spot: Spot,
    ) -> Result<(), NotOpened> {
        let pap = &now.paragraph.1;
        match c {
            '\r' if pap.inner_row_end => {
                *paragraph = Paragraph::default();
                self.end_row();
            }
            '\r' => {
                self.end(inside, paragraph, pap, spot)?;
                if pap.inner_cell {
                    self.column = self.column.saturating_add(1);
                }
            }
            '\u{7}' if pap.row_end => {
                self.end(inside, paragraph, pap, spot)?;
                self.end_row();
            }
            '\u{7}' => {
                self.cell(inside, paragraph, pap, spot)?;
                self.column = self.column.saturating_add(1);
            }
            '\u{c}' | '\u{e}' => self.end(inside, paragraph, pap, spot)?,
            '\u{13}' => fields.begin(),
            '\u{14}' => fields.separate(),
            '\u{15}' => fields.end(),
            _ if fields.in_code() => {}
            '\u{b}' => paragraph.push('\n', now.look),
            '\u{1e}' => paragraph.push('-', now.look),
            // A soft hyphen; in an old encoding it is a letter.
            '\u{1f}' => paragraph.push('\u{ad}', now.look),
            '\t' => paragraph.push('\t', now.look),
            '(' if now.characters.symbol.is_some() => {
                if let Some((font, letter)) = now.characters.symbol {
                    let font = self.format.encoding(font);
                    let letter = if letter >> 8 == 0xf0 {
                        letter & 0xff
                    } else {
                        letter
                    };
                    let letter = char::from_u32(u32::from(letter));
                    paragraph.push(letter.unwrap_or(' '), Look { font, ..now.look });
                }
            }
            // Anchors of pictures, notes and comments; hyphens that are not shown.
            '\0'..='\u{1f}' => {}
            c => paragraph.push(c, now.look),
        }
        if paragraph.is_full() {
            self.end(inside, paragraph, pap, spot)?;
        }
        Ok(())
    }

    /// A paragraph ends, in a cell or elsewhere.
    fn end(
        &mut self,
        inside: &mut Inside<'_, '_>,
        paragraph: &mut Paragraph,
        pap: &Pap,
        spot: Spot,
    ) -> Result<(), NotOpened> {
        if pap.in_table {
            return self.cell(inside, paragraph, pap, spot);
        }
        if !paragraph.has_text() {
            return paragraph.hand_on(inside, At::default());
        }
        // A table that did not end with a row.
        if self.column > 0 && spot == Spot::Body {
            self.end_row();
        }
        let at = At {
            spot,
            line: self.lines.next(spot),
            centred: pap.centred,
            framed: pap.is_framed(),
            ..At::default()
        };
        paragraph.hand_on(inside, at)
    }

    fn cell(
        &mut self,
        inside: &mut Inside<'_, '_>,
        paragraph: &mut Paragraph,
        pap: &Pap,
        spot: Spot,
    ) -> Result<(), NotOpened> {
        let body = spot == Spot::Body;
        let at = At {
            // A table of a header is a header.
            spot: if body { Spot::Cell } else { spot },
            line: match body {
                true => self.row,
                false if paragraph.has_text() => self.lines.next(spot),
                false => 0,
            },
            column: if body { self.column } else { 0 },
            centred: pap.centred,
            framed: pap.is_framed(),
            ..At::default()
        };
        paragraph.hand_on(inside, at)
    }

    fn end_row(&mut self) {
        self.row = self.row.saturating_add(1);
        self.column = 0;
    }
}

/// Fields inside each other: their codes say nothing to the reader, their results do.
#[derive(Default)]
struct Fields {
    /// Whether each is still in its code.
    open: Vec<bool>,
    codes: usize,
    /// Those too deep to be told apart.
    deeper: usize,
}

impl Fields {
    fn begin(&mut self) {
        if self.open.len() >= DEEPEST_FIELD {
            self.deeper += 1;
            return;
        }
        self.open.push(true);
        self.codes += 1;
    }

    fn separate(&mut self) {
        if self.deeper == 0
            && let Some(code) = self.open.last_mut()
            && *code
        {
            *code = false;
            self.codes -= 1;
        }
    }

    fn end(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if self.open.pop() == Some(true) {
            self.codes -= 1;
        }
    }

    fn in_code(&self) -> bool {
        self.codes > 0
    }
}

/// Characters between two looks at the clock.
const OFTEN: usize = 1 << 16;
/// Letters that are taken together.
const STRETCH: usize = 4096;
/// Fields inside each other.
const DEEPEST_FIELD: usize = 100;
