//! What all sheets of a workbook share: fonts, formats of cells, strings, where each sheet begins.

use std::collections::HashMap;

use encoding_rs::{Encoding, WINDOWS_1252};

use super::{
    BOFS, EOF, Record, records,
    strings::{Owned, Strings, boxed, letters, plain, segments},
};
use crate::{
    content::{
        document::{
            ole::compound::{u16_at, u32_at},
            text::{
                number::Shown,
                runs::{Look, code_page},
            },
        },
        opener::Inside,
    },
    facts::NotOpened,
    vietnamese,
};

/// The globals of a workbook.
pub(super) struct Globals {
    /// BIFF8: strings say how wide their letters are.
    pub(super) wide: bool,
    /// Of narrow letters, before BIFF8.
    encoding: &'static Encoding,
    fonts: Vec<Look>,
    formats: Vec<Format>,
    /// Formats of numbers that are the file's own.
    numbers: HashMap<u16, Shown>,
    /// Dates are counted from 1904.
    pub(super) since_1904: bool,
    pub(super) sheets: Vec<SheetPlace>,
    /// Where the table of shared strings stands.
    strings: Option<usize>,
}

/// A sheet, as the globals say.
pub(super) struct SheetPlace {
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) hidden: bool,
}

/// How a cell looks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Format {
    pub(super) font: u16,
    pub(super) centred: bool,
    pub(super) framed: bool,
    /// Which format its number has.
    number: u16,
}

impl Globals {
    /// Reads them.
    ///
    /// # Errors
    /// `Encrypted`; a budget.
    pub(super) fn read(inside: &mut Inside<'_, '_>, bytes: &[u8]) -> Result<Self, NotOpened> {
        let mut globals = Self {
            wide: false,
            encoding: WINDOWS_1252,
            fonts: Vec::new(),
            formats: Vec::new(),
            numbers: HashMap::new(),
            since_1904: false,
            sheets: Vec::new(),
            strings: None,
        };
        let mut palette: Vec<u8> = Vec::new();
        let mut font_records: Vec<Record<'_>> = Vec::new();
        let mut depth = 0_u32;
        for (count, record) in records(bytes, 0).enumerate() {
            if count % 4096 == 0 {
                inside.spending().check()?;
            }
            let data = record.data;
            match record.id {
                id if BOFS.contains(&id) => {
                    if depth == 0 && count == 0 {
                        globals.wide = id == 0x809 && u16_at(data, 0) >= Some(0x600);
                    }
                    depth += 1;
                }
                EOF => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                FILEPASS => {
                    inside.encrypted(None);
                    return Err(NotOpened::Encrypted);
                }
                CODEPAGE => {
                    globals.encoding = match u16_at(data, 0).unwrap_or(0) {
                        0x8000 => code_page(10000),
                        page => code_page(page.into()),
                    };
                }
                FONT | FONT_3 if font_records.len() < MOST => font_records.push(record),
                DATEMODE => globals.since_1904 = u16_at(data, 0) == Some(1),
                FORMAT if globals.numbers.len() < MOST => globals.number_format(bytes, record),
                PALETTE => palette = data.get(2..).unwrap_or_default().to_vec(),
                XF if globals.formats.len() < MOST => {
                    globals.formats.push(format(data, globals.wide));
                }
                SST => globals.strings = Some(record.at),
                BOUNDSHEET if globals.sheets.len() < MOST_SHEETS => {
                    globals.sheets.extend(globals.sheet(data));
                }
                _ => {}
            }
        }
        for record in font_records {
            let look = globals.font(record, &palette);
            globals.fonts.push(look);
        }
        Ok(globals)
    }

    /// The shared strings.
    ///
    /// # Errors
    /// When the budget for memory ends.
    pub(super) fn strings(
        &self,
        inside: &mut Inside<'_, '_>,
        bytes: &[u8],
    ) -> Result<Strings, NotOpened> {
        let record = self.strings.and_then(|at| records(bytes, at).next());
        let Some(record) = record else {
            return Ok(Strings::default());
        };
        let segments = segments(bytes, record);
        let size: usize = segments.iter().map(|segment| segment.len()).sum();
        // Three bytes of a string become as many as its places take; held while it grows.
        let _held = inside.spending().hold(size as u64 * 6)?;
        Ok(Strings::read(&segments))
    }

    /// The text of a record: behind `skip` bytes its length, of one byte where it is `short`.
    pub(super) fn text(
        &self,
        bytes: &[u8],
        record: Record<'_>,
        skip: usize,
        short: bool,
    ) -> Option<Owned> {
        let data = record.data.get(skip..)?;
        if !self.wide {
            let (length, text) = match short {
                true => (usize::from(*data.first()?), data.get(1..)?),
                false => (usize::from(u16_at(data, 0)?), data.get(2..)?),
            };
            let letters = text.get(..length).unwrap_or(text);
            let mut owned = Owned {
                text: self.narrow(letters),
                runs: Vec::new(),
            };
            // RSTRING: where fonts begin.
            if record.id == super::RSTRING {
                let runs = text.get(length..).unwrap_or_default();
                let count = usize::from(runs.first().copied().unwrap_or(0));
                let runs = runs.get(1..).unwrap_or_default().chunks_exact(2);
                let runs = runs.take(count).filter_map(|run| match run {
                    [at, font] => Some((u16::from(*at), u16::from(*font))),
                    _ => None,
                });
                owned.runs = runs.collect();
            }
            return Some(owned);
        }
        let length = usize::from(u16_at(data, 0)?);
        let (text, used) = plain(data)?;
        let mut owned = Owned {
            text,
            runs: Vec::new(),
        };
        if record.id == super::RSTRING {
            let runs = data.get(used..).unwrap_or_default();
            let count = usize::from(u16_at(runs, 0).unwrap_or(0));
            let runs = runs.get(2..).unwrap_or_default().chunks_exact(4);
            let runs = runs
                .take(count)
                .filter_map(|run| u16_at(run, 0).zip(u16_at(run, 2)));
            owned.runs = runs.collect();
        }
        if used > data.len() {
            // It goes on in the next record.
            let wide = data.get(2)? & 1 == 1;
            let mut left = length.saturating_sub((data.len() - 3) / if wide { 2 } else { 1 });
            for segment in segments(bytes, record).iter().skip(1) {
                let Some((flags, rest)) = segment.split_first() else {
                    continue;
                };
                let size = if flags & 1 == 1 { 2 } else { 1 };
                let rest = rest.get(..left * size).unwrap_or(rest);
                letters(rest, flags & 1 == 1, &mut owned.text);
                left = left.saturating_sub(rest.len() / size);
                if left == 0 {
                    break;
                }
            }
        }
        Some(owned)
    }

    /// The text of a text box or a comment.
    pub(super) fn boxed(&self, bytes: &[u8], record: Record<'_>) -> Option<Owned> {
        boxed(&segments(bytes, record))
    }

    /// Letters of one byte in the code page of the workbook.
    pub(super) fn narrow(&self, bytes: &[u8]) -> String {
        let (text, _) = self.encoding.decode_without_bom_handling(bytes);
        text.chars().filter(|c| *c != '\0').collect()
    }

    /// How a font looks. There is none with the number 4.
    pub(super) fn look(&self, font: u16) -> Look {
        let index = usize::from(if font > 4 { font - 1 } else { font });
        self.fonts.get(index).copied().unwrap_or_default()
    }

    /// What the number of a cell in this format stands for.
    pub(super) fn shown(&self, format: u16) -> Shown {
        let number = self.format(format).number;
        // Before BIFF5 a format is known by its place, and cells say it otherwise.
        let own = self.numbers.get(&number).copied();
        own.unwrap_or_else(|| Shown::built_in(number.into()))
    }

    fn number_format(&mut self, bytes: &[u8], record: Record<'_>) {
        let code = self.text(bytes, record, 2, !self.wide);
        if let (Some(number), Some(code)) = (u16_at(record.data, 0), code) {
            self.numbers.insert(number, Shown::of(&code.text));
        }
    }

    pub(super) fn format(&self, number: u16) -> Format {
        let found = self.formats.get(usize::from(number));
        found.copied().unwrap_or_default()
    }

    fn sheet(&self, data: &[u8]) -> Option<SheetPlace> {
        let length = usize::from(*data.get(6)?);
        let rest = data.get(7..)?;
        let name = match self.wide {
            true => {
                let (flags, rest) = rest.split_first()?;
                let wide = flags & 1 == 1;
                let size = if wide { length * 2 } else { length };
                let mut name = String::new();
                letters(rest.get(..size).unwrap_or(rest), wide, &mut name);
                name
            }
            false => self.narrow(rest.get(..length).unwrap_or(rest)),
        };
        Some(SheetPlace {
            at: u32_at(data, 0)? as usize,
            name,
            hidden: data.get(4)? & 3 != 0,
        })
    }

    fn font(&self, record: Record<'_>, palette: &[u8]) -> Look {
        let data = record.data;
        let five = record.id == FONT && data.len() > 14;
        let (weight, name) = match five {
            true => (u16_at(data, 6).unwrap_or(400), 14),
            false => (
                if u16_at(data, 2).unwrap_or(0) & 1 == 1 {
                    700
                } else {
                    400
                },
                6,
            ),
        };
        let colour = u16_at(data, 4).unwrap_or(0);
        let length = usize::from(data.get(name).copied().unwrap_or(0));
        let rest = data.get(name + 1..).unwrap_or_default();
        let name = match (self.wide, rest.split_first()) {
            (true, Some((flags, rest))) => {
                let mut name = String::new();
                let wide = flags & 1 == 1;
                let size = if wide { length * 2 } else { length };
                letters(rest.get(..size).unwrap_or(rest), wide, &mut name);
                name
            }
            _ => self.narrow(rest.get(..length).unwrap_or(rest)),
        };
        Look {
            font: vietnamese::Encoding::of_font(&name),
            bold: weight >= 600,
            red: is_red(colour, palette),
            // Twentieths of a point.
            half_points: u16_at(data, 0).unwrap_or(0) / 10,
            ..Look::default()
        }
    }
}

/// Colours 8 to 63 are those of the palette; without one, 10 is red and 16 dark red.
fn is_red(colour: u16, palette: &[u8]) -> bool {
    let own = colour
        .checked_sub(8)
        .and_then(|number| palette.chunks_exact(4).nth(number.into()));
    match own {
        Some([red, green, blue, _]) => {
            crate::content::document::text::runs::is_red(*red, *green, *blue)
        }
        _ => matches!(colour, 2 | 10),
    }
}

fn format(data: &[u8], wide: bool) -> Format {
    let lines = u16_at(data, 10).unwrap_or(0);
    let each = [0, 4, 8, 12].map(|shift| lines >> shift & 15 != 0);
    Format {
        font: u16_at(data, 0).unwrap_or(0),
        centred: data.get(6).is_some_and(|align| align & 7 == 2),
        framed: wide && each.into_iter().all(|line| line),
        number: u16_at(data, 2).unwrap_or(0),
    }
}

/// The parts of the head or foot of a page, without the codes in it ([MS-XLS] 2.4.136), and whether it
/// is the one in the middle.
pub(super) fn parts(text: &str) -> Vec<(String, Look, bool)> {
    let mut parts = vec![(String::new(), Look::default(), true)];
    let mut look = Look::default();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let Some((part, known, _)) = parts.last_mut() else {
            break;
        };
        if c != '&' {
            part.push(c);
            *known = look;
            continue;
        }
        match rest.next() {
            Some('&') => part.push('&'),
            Some(side @ ('L' | 'C' | 'R')) => {
                look = Look::default();
                parts.push((String::new(), look, side == 'C'));
            }
            Some('"') => {
                let font: String = rest.by_ref().take_while(|c| *c != '"').collect();
                let next = Look {
                    font: vietnamese::Encoding::of_font(&font),
                    bold: font.contains("Bold"),
                    ..look
                };
                if next.font != look.font && !part.is_empty() {
                    let centred = parts.last().is_some_and(|(_, _, centred)| *centred);
                    parts.push((String::new(), next, centred));
                }
                look = next;
            }
            Some('B') => look.bold = !look.bold,
            Some('K') => {
                // A colour: six digits.
                for _ in 0..6 {
                    rest.next_if(char::is_ascii_hexdigit);
                }
            }
            Some(digit) if digit.is_ascii_digit() => {
                let mut size = digit.to_digit(10).unwrap_or(0);
                while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                    size = (size * 10 + digit.to_digit(10).unwrap_or(0)).min(1000);
                }
                look.half_points = u16::try_from(size * 2).unwrap_or(0);
            }
            _ => {}
        }
    }
    parts
}

const FILEPASS: u16 = 0x2f;
const CODEPAGE: u16 = 0x42;
const FONT: u16 = 0x31;
const FONT_3: u16 = 0x231;
const PALETTE: u16 = 0x92;
const DATEMODE: u16 = 0x22;
const FORMAT: u16 = 0x41e;
const XF: u16 = 0xe0;
const SST: u16 = 0xfc;
const BOUNDSHEET: u16 = 0x85;
/// Fonts and formats that are kept (the format's numbers have two bytes).
const MOST: usize = 65_536;
/// Sheets that are read.
const MOST_SHEETS: usize = 4096;
