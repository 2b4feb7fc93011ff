//! Text of Excel workbooks of 1987 to 2003 ([MS-XLS], BIFF2 to BIFF8): cells, comments, text boxes, names
//! of sheets, heads and feet of pages.

mod globals;
mod strings;

use self::{
    globals::Globals,
    strings::{Strings, Text},
};
use super::{
    art,
    number::{NUMBERS, rk},
    runs::{At, Lines, Look, Paragraph},
};
use crate::{
    content::{
        document::ole::compound::{Compound, u16_at, u32_at},
        opener::Inside,
        source::Source,
        span::{Span, Spot, Style},
    },
    facts::NotOpened,
};

/// A record of a workbook.
#[derive(Clone, Copy, Debug)]
struct Record<'b> {
    id: u16,
    /// Where it begins in the stream.
    at: usize,
    data: &'b [u8],
}

/// The records from a place, to the first that is cut.
fn records(bytes: &[u8], from: usize) -> impl Iterator<Item = Record<'_>> {
    let mut next = from;
    std::iter::from_fn(move || {
        let at = next;
        let (id, length) = (u16_at(bytes, at)?, u16_at(bytes, at + 2)?);
        let data = bytes.get(at + 4..at + 4 + usize::from(length))?;
        next = at + 4 + data.len();
        Some(Record { id, at, data })
    })
}

/// Hands on the text of a workbook.
pub(super) fn read(
    inside: &mut Inside<'_, '_>,
    compound: &Compound,
    index: usize,
) -> Result<(), NotOpened> {
    let size = compound.stream(index).left();
    let _held = inside.spending().hold(size)?;
    let bytes = compound.read(index, size);
    workbook(inside, &bytes)?;
    match bytes.len() as u64 == size {
        true => Ok(()),
        false => Err(NotOpened::Damaged),
    }
}

/// A workbook that is no compound file.
pub(super) fn read_plain(inside: &mut Inside<'_, '_>, source: &Source) -> Result<(), NotOpened> {
    let _held = inside.spending().hold(source.len())?;
    let bytes = source.whole(source.len()).ok_or(NotOpened::Damaged)?;
    workbook(inside, &bytes)
}

fn workbook(inside: &mut Inside<'_, '_>, bytes: &[u8]) -> Result<(), NotOpened> {
    let first = records(bytes, 0).next().ok_or(NotOpened::Damaged)?;
    if !BOFS.contains(&first.id) {
        return Err(NotOpened::Damaged);
    }
    let globals = Globals::read(inside, bytes)?;
    let strings = globals.strings(inside, bytes)?;
    for (number, sheet) in globals.sheets.iter().enumerate() {
        inside.text(Span {
            spot: Spot::SheetName,
            page: u32::try_from(number + 1).ok(),
            text: sheet.name.clone(),
            style: Style {
                hidden: sheet.hidden,
                ..Style::default()
            },
            ..Span::default()
        })?;
    }
    let mut result = Ok(());
    // Sheets may be said to begin at the same place: each place is read once.
    let mut known: Vec<usize> = Vec::new();
    let mut left = NUMBERS;
    for (number, sheet) in globals.sheets.iter().enumerate() {
        if known.contains(&sheet.at) {
            continue;
        }
        known.push(sheet.at);
        let mut reader = Sheet::new(&globals, &strings, number, sheet.hidden, left);
        let found = records(bytes, sheet.at).next();
        if !found.is_some_and(|first| BOFS.contains(&first.id)) {
            result = Err(NotOpened::Damaged);
            continue;
        }
        match reader.read(inside, bytes, sheet.at) {
            Err(NotOpened::Damaged) => result = Err(NotOpened::Damaged),
            other => other?,
        }
        left = reader.left;
    }
    if globals.sheets.is_empty() {
        // Before Excel 5 a file is one sheet.
        return Sheet::new(&globals, &strings, 0, false, left).read(inside, bytes, 0);
    }
    result
}

/// The reader of one sheet.
struct Sheet<'g> {
    globals: &'g Globals,
    strings: &'g Strings,
    page: Option<u32>,
    hidden: bool,
    /// Numbers that may still be told.
    left: u32,
    lines: Lines,
    paragraph: Paragraph,
}

impl<'g> Sheet<'g> {
    fn new(
        globals: &'g Globals,
        strings: &'g Strings,
        number: usize,
        hidden: bool,
        left: u32,
    ) -> Self {
        Self {
            globals,
            strings,
            page: u32::try_from(number + 1).ok(),
            hidden,
            left,
            lines: Lines::default(),
            paragraph: Paragraph::default(),
        }
    }

    fn read(
        &mut self,
        inside: &mut Inside<'_, '_>,
        bytes: &[u8],
        from: usize,
    ) -> Result<(), NotOpened> {
        // BOF and EOF of charts inside the sheet.
        let mut depth = 0_u32;
        // The cell whose formula was read last: its text comes behind.
        let mut formula = (0, 0, 0);
        let mut drawing: Vec<u8> = Vec::new();
        let mut held = None;
        let mut object = 0;
        let mut ended = false;
        for (count, record) in records(bytes, from).enumerate() {
            if count % 4096 == 0 {
                inside.spending().check()?;
            }
            let data = record.data;
            let cell = || Some((u16_at(data, 0)?, u16_at(data, 2)?, u16_at(data, 4)?));
            match record.id {
                id if BOFS.contains(&id) => depth += 1,
                EOF => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        ended = true;
                        break;
                    }
                }
                LABELSST => {
                    if let (Some(cell), Some(number)) = (cell(), u32_at(data, 6)) {
                        let text = self.strings.get(number as usize);
                        self.cell(inside, cell, text.unwrap_or_default())?;
                    }
                }
                LABEL | RSTRING | LABEL_2 => {
                    let (cell, skip) = match record.id {
                        LABEL_2 => (
                            u16_at(data, 0).zip(u16_at(data, 2)).map(|(r, c)| (r, c, 0)),
                            7,
                        ),
                        _ => (cell(), 6),
                    };
                    let short = record.id == LABEL_2;
                    let text = self.globals.text(bytes, record, skip, short);
                    if let (Some(cell), Some(text)) = (cell, text) {
                        self.cell(inside, cell, text.as_text())?;
                    }
                }
                FORMULA | FORMULA_3 | FORMULA_4 => {
                    formula = cell().unwrap_or_default();
                    // What is no number has these bytes at its end; a text then comes behind.
                    if u16_at(data, 12) != Some(0xffff) {
                        self.numbers(inside, record)?;
                    }
                }
                STRING => {
                    if let Some(text) = self.globals.text(bytes, record, 0, false) {
                        self.cell(inside, formula, text.as_text())?;
                    }
                }
                NUMBER | RK | MULRK => self.numbers(inside, record)?,
                HEADER | FOOTER => {
                    let short = !self.globals.wide;
                    if let Some(text) = self.globals.text(bytes, record, 0, short) {
                        let spot = if record.id == HEADER {
                            Spot::Header
                        } else {
                            Spot::Footer
                        };
                        self.page_text(inside, &text.text, spot)?;
                    }
                }
                HEADERFOOTER => self.more_page_texts(inside, data)?,
                OBJ => {
                    object = u16_at(data, 4)
                        .filter(|_| u16_at(data, 0) == Some(0x15))
                        .unwrap_or(0)
                }
                TXO => {
                    if let Some(text) = self.globals.boxed(bytes, record) {
                        let spot = if object == 0x19 {
                            Spot::Comment
                        } else {
                            Spot::TextBox
                        };
                        self.lines_of(inside, text.as_text(), spot)?;
                    }
                    object = 0;
                }
                NOTE if !self.globals.wide => {
                    let text = data.get(6..).unwrap_or_default();
                    let text = self.globals.narrow(text);
                    self.page_text_line(inside, text, Spot::Comment)?;
                }
                DRAWING => {
                    if held.is_none() {
                        held = Some(inside.spending().hold((bytes.len() - record.at) as u64)?);
                    }
                    drawing.extend_from_slice(data);
                }
                _ => {}
            }
        }
        for (spot, text) in art::texts(&drawing) {
            self.page_text_line(inside, text, spot)?;
        }
        match ended {
            true => Ok(()),
            false => Err(NotOpened::Damaged),
        }
    }

    /// Hands on a cell: its row, column and format, and the text.
    fn cell(
        &mut self,
        inside: &mut Inside<'_, '_>,
        (row, column, format): (u16, u16, u16),
        text: Text<'_>,
    ) -> Result<(), NotOpened> {
        let format = self.globals.format(format);
        self.runs(text, format.font);
        let at = At {
            spot: Spot::Cell,
            page: self.page,
            line: row.into(),
            column: column.into(),
            centred: format.centred,
            framed: format.framed,
            hidden: self.hidden,
        };
        self.paragraph.hand_on(inside, at)
    }

    /// A text in the fonts of its runs; before the first run, in that of the cell.
    fn runs(&mut self, text: Text<'_>, font: u16) {
        let mut look = self.globals.look(font);
        let mut runs = text.runs.iter().peekable();
        let mut unit = 0_usize;
        for c in text.text.chars() {
            while let Some((_, font)) = runs.next_if(|(at, _)| usize::from(*at) <= unit) {
                look = self.globals.look(*font);
            }
            self.paragraph.push(c, look);
            unit += c.len_utf16();
        }
    }

    /// Numbers, as far as their format says what they are.
    fn numbers(
        &mut self,
        inside: &mut Inside<'_, '_>,
        record: Record<'_>,
    ) -> Result<(), NotOpened> {
        let data = record.data;
        let (Some(row), Some(column)) = (u16_at(data, 0), u16_at(data, 2)) else {
            return Ok(());
        };
        let one = |at| Some((u16_at(data, at)?, rk(u32_at(data, at + 2)?)));
        let mut column = column;
        let mut at = 4;
        loop {
            let found = match record.id {
                NUMBER | FORMULA | FORMULA_3 | FORMULA_4 => {
                    let number = data.get(6..14).and_then(|bytes| bytes.try_into().ok());
                    u16_at(data, 4).zip(number.map(f64::from_le_bytes))
                }
                // The last two bytes of several are the last column.
                MULRK if at + 6 >= data.len() => None,
                _ => one(at),
            };
            let Some((format, number)) = found else {
                return Ok(());
            };
            let shown = self.globals.shown(format);
            if self.left > 0
                && let Some(text) = shown.text(number, self.globals.since_1904)
            {
                self.left -= 1;
                let text = Text {
                    text: &text,
                    runs: &[],
                };
                self.cell(inside, (row, column, format), text)?;
            }
            if record.id != MULRK {
                return Ok(());
            }
            at += 6;
            column = column.saturating_add(1);
        }
    }

    /// The head or foot of the pages: three parts, each behind its code.
    fn page_text(
        &mut self,
        inside: &mut Inside<'_, '_>,
        text: &str,
        spot: Spot,
    ) -> Result<(), NotOpened> {
        for (text, look, centred) in globals::parts(text) {
            for line in text.lines() {
                self.paragraph.push_str(line, look);
                let at = At {
                    centred,
                    ..self.at(spot)
                };
                self.paragraph.hand_on(inside, at)?;
            }
        }
        Ok(())
    }

    /// Heads and feet of first and even pages ([MS-XLS] 2.4.137).
    fn more_page_texts(
        &mut self,
        inside: &mut Inside<'_, '_>,
        data: &[u8],
    ) -> Result<(), NotOpened> {
        let mut at = 38;
        for number in 0..4 {
            let length = u16_at(data, 30 + number * 2).unwrap_or(0);
            if length == 0 {
                continue;
            }
            let rest = data.get(at..).unwrap_or_default();
            let Some((text, used)) = strings::plain(rest) else {
                break;
            };
            at += used;
            let spot = if number % 2 == 0 {
                Spot::Header
            } else {
                Spot::Footer
            };
            self.page_text(inside, &text, spot)?;
        }
        Ok(())
    }

    fn lines_of(
        &mut self,
        inside: &mut Inside<'_, '_>,
        text: Text<'_>,
        spot: Spot,
    ) -> Result<(), NotOpened> {
        let mut look = Look::default();
        let mut runs = text.runs.iter().peekable();
        let mut unit = 0_usize;
        for c in text.text.chars() {
            while let Some((_, font)) = runs.next_if(|(at, _)| usize::from(*at) <= unit) {
                look = self.globals.look(*font);
            }
            unit += c.len_utf16();
            if matches!(c, '\n' | '\r') {
                let at = self.at(spot);
                self.paragraph.hand_on(inside, at)?;
            } else {
                self.paragraph.push(c, look);
            }
        }
        let at = self.at(spot);
        self.paragraph.hand_on(inside, at)
    }

    fn page_text_line(
        &mut self,
        inside: &mut Inside<'_, '_>,
        text: String,
        spot: Spot,
    ) -> Result<(), NotOpened> {
        self.paragraph.push_str(&text, Look::default());
        let at = self.at(spot);
        self.paragraph.hand_on(inside, at)
    }

    fn at(&mut self, spot: Spot) -> At {
        let line = match self.paragraph.has_text() {
            true => self.lines.next(spot),
            false => 0,
        };
        At {
            spot,
            page: self.page,
            line,
            hidden: self.hidden,
            ..At::default()
        }
    }
}

const BOFS: [u16; 4] = [0x0809, 0x0409, 0x0209, 0x0009];
const EOF: u16 = 0x0a;
const LABELSST: u16 = 0xfd;
const LABEL: u16 = 0x204;
const LABEL_2: u16 = 0x04;
const RSTRING: u16 = 0xd6;
const FORMULA: u16 = 0x06;
const FORMULA_3: u16 = 0x206;
const FORMULA_4: u16 = 0x406;
const STRING: u16 = 0x207;
const NUMBER: u16 = 0x203;
const RK: u16 = 0x27e;
const MULRK: u16 = 0xbd;
const HEADER: u16 = 0x14;
const FOOTER: u16 = 0x15;
const HEADERFOOTER: u16 = 0x89c;
const NOTE: u16 = 0x1c;
const OBJ: u16 = 0x5d;
const TXO: u16 = 0x1b6;
const DRAWING: u16 = 0xec;
const CONTINUE: u16 = 0x3c;
