//! Sheets as binary records ([MS-XLSB] 2.1.4): the texts of cells, and what is printed above and below.

use super::{
    super::{number::rk, package::Out},
    sheet::{Book, Cells, Shared, printed},
    workbook::{SHEETS, Sheets},
};
use crate::{content::span::Spot, facts::NotOpened};

/// The records of a part, each with its number.
pub(super) struct Records<'r> {
    rest: &'r [u8],
    /// Whether it ends in the midst of a record.
    pub(super) damaged: bool,
}

impl<'r> Records<'r> {
    pub(super) fn new(part: &'r [u8]) -> Self {
        Self {
            rest: part,
            damaged: false,
        }
    }

    /// The next record. Number and length take seven bits a byte, two and four bytes at most.
    pub(super) fn next(&mut self) -> Option<(u32, &'r [u8])> {
        if self.rest.is_empty() {
            return None;
        }
        let found = self.variable(2).and_then(|kind| {
            let len = usize::try_from(self.variable(4)?).ok()?;
            let (data, rest) = self.rest.split_at_checked(len)?;
            self.rest = rest;
            Some((kind, data))
        });
        self.damaged |= found.is_none();
        found
    }

    fn variable(&mut self, most: u32) -> Option<u32> {
        let mut value = 0;
        for place in 0..most {
            let (byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            value |= u32::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(value)
    }
}

/// XLWideString (2.5.168): its length in UTF-16 units, and these. Gives what follows, too.
pub(super) fn wide_string(data: &[u8]) -> Option<(String, &[u8])> {
    let (len, data) = data.split_first_chunk()?;
    let len = u32::from_le_bytes(*len);
    // A string that is not there.
    if len == u32::MAX {
        return Some((String::new(), data));
    }
    let (text, rest) = data.split_at_checked(usize::try_from(len).ok()?.checked_mul(2)?)?;
    let (text, _) = encoding_rs::UTF_16LE.decode_without_bom_handling(text);
    Some((text.into_owned(), rest))
}

/// The sheets that `workbook.bin` lists, their relationships and names; and whether dates are counted
/// from 1904.
pub(super) fn sheets(part: &[u8]) -> (Sheets, bool) {
    let mut found = Vec::new();
    let mut since_1904 = false;
    let mut records = Records::new(part);
    while let Some((kind, data)) = records.next() {
        // BrtBundleSh.
        if kind == 156
            && let Some((id, rest)) = data.get(8..).and_then(wide_string)
            && let Some((name, _)) = wide_string(rest)
            && found.len() < SHEETS
        {
            found.push((id, name));
        }
        // BrtWbProp.
        if kind == 153 {
            since_1904 = data.first().is_some_and(|flags| flags & 1 == 1);
        }
    }
    (found, since_1904)
}

/// Reads `sharedStrings.bin`.
pub(super) fn shared(part: &[u8], out: &mut Out<'_, '_, '_>) -> Result<Shared, NotOpened> {
    let mut shared = Shared::default();
    let mut records = Records::new(part);
    while let Some((kind, data)) = records.next() {
        out.tick()?;
        // BrtSSTItem, a RichStr: flags, the text, and what is passed over: fonts and pronunciation.
        if kind == 19 {
            let text = data.get(1..).and_then(wide_string);
            shared.push(&text.unwrap_or_default().0, Default::default());
            shared.end();
        }
    }
    out.damaged |= records.damaged;
    Ok(shared)
}

/// Reads one sheet.
pub(super) fn read(
    part: &[u8],
    page: Option<u32>,
    book: &Book<'_>,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    let mut cells = Cells::new(book, page);
    let mut records = Records::new(part);
    while let Some((kind, data)) = records.next() {
        out.tick()?;
        match kind {
            // BrtRowHdr.
            0 => cells.row(number(data)),
            // Every cell begins with its column and its format: strings, shared ones, results.
            2 | 5..=9 | 62 => {
                let format = data.get(4..).and_then(number).unwrap_or_default() & 0xff_ffff;
                cells.at(number(data), format);
                let value = data.get(8..).unwrap_or_default();
                match kind {
                    7 => {
                        let item = number(value).and_then(|item| usize::try_from(item).ok());
                        cells.shared(item.unwrap_or(usize::MAX), out)?;
                    }
                    // BrtCellRk, BrtCellReal, BrtFmlaNum.
                    2 => {
                        let value = number(value).map(rk);
                        value.map_or(Ok(()), |value| cells.number(value, out))?;
                    }
                    5 | 9 => {
                        let value = value.first_chunk().map(|bytes| f64::from_le_bytes(*bytes));
                        value.map_or(Ok(()), |value| cells.number(value, out))?;
                    }
                    62 => rich(value, |text| cells.text(text, out))?,
                    _ => {
                        if let Some((text, _)) = wide_string(value) {
                            cells.text(&text, out)?;
                        }
                    }
                }
            }
            // BrtBeginHeaderFooter: flags, then above and below by turns.
            479 => {
                let mut rest = data.get(2..).unwrap_or_default();
                for spot in [Spot::Header, Spot::Footer].repeat(3) {
                    let Some((codes, more)) = wide_string(rest) else {
                        break;
                    };
                    printed(&codes, spot, page, out)?;
                    rest = more;
                }
            }
            _ => {}
        }
    }
    out.damaged |= records.damaged;
    Ok(())
}

/// Reads the comments of a sheet: BrtCommentText.
pub(super) fn comments(
    part: &[u8],
    page: Option<u32>,
    out: &mut Out<'_, '_, '_>,
) -> Result<(), NotOpened> {
    let mut records = Records::new(part);
    while let Some((kind, data)) = records.next() {
        out.tick()?;
        if kind == 637 {
            rich(data, |text| out.say(Spot::Comment, page, text))?;
        }
    }
    out.damaged |= records.damaged;
    Ok(())
}

/// RichStr (2.5.122): flags and a text.
fn rich(
    data: &[u8],
    mut found: impl FnMut(&str) -> Result<(), NotOpened>,
) -> Result<(), NotOpened> {
    match data.get(1..).and_then(wide_string) {
        Some((text, _)) => found(&text),
        None => Ok(()),
    }
}

fn number(data: &[u8]) -> Option<u32> {
    data.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}
