//! Strings of workbooks ([MS-XLS] 2.5.293 to 2.5.296), which go on over the ends of their records.

use super::{CONTINUE, Record, records};
use crate::content::document::{ole::compound::u16_at, text::runs::windows1252};

/// A text and where in it each font begins, in units of UTF-16.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Text<'s> {
    pub(super) text: &'s str,
    pub(super) runs: &'s [(u16, u16)],
}

/// A text of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct Owned {
    pub(super) text: String,
    pub(super) runs: Vec<(u16, u16)>,
}

impl Owned {
    pub(super) fn as_text(&self) -> Text<'_> {
        Text {
            text: &self.text,
            runs: &self.runs,
        }
    }
}

/// The table of shared strings, in few pieces of memory.
#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    runs: Vec<(u16, u16)>,
    /// Where each ends: in the text, and in the runs.
    ends: Vec<(usize, usize)>,
}

impl Strings {
    pub(super) fn get(&self, number: usize) -> Option<Text<'_>> {
        let (end, runs_end) = *self.ends.get(number)?;
        let before = number.checked_sub(1).and_then(|last| self.ends.get(last));
        let (start, runs_start) = before.copied().unwrap_or_default();
        Some(Text {
            text: self.text.get(start..end)?,
            runs: self.runs.get(runs_start..runs_end)?,
        })
    }

    /// Reads the table out of its records, to the first string that is cut.
    pub(super) fn read(segments: &[&[u8]]) -> Self {
        let mut reader = Pieces::new(segments);
        let mut strings = Self::default();
        reader.skip(8);
        while let Some(()) = reader.string(&mut strings.text, &mut strings.runs) {
            strings.ends.push((strings.text.len(), strings.runs.len()));
        }
        // What was read of a string that is cut.
        strings.ends.push((strings.text.len(), strings.runs.len()));
        strings
    }
}

/// The data of a record and of those that continue it.
pub(super) fn segments<'b>(bytes: &'b [u8], record: Record<'b>) -> Vec<&'b [u8]> {
    let next = record.at + 4 + record.data.len();
    let more = records(bytes, next).take_while(|record| record.id == CONTINUE);
    std::iter::once(record.data)
        .chain(more.map(|record| record.data))
        .collect()
}

/// A string with a length of two bytes in one record (XLUnicodeString), and how many bytes it takes.
pub(super) fn plain(data: &[u8]) -> Option<(String, usize)> {
    let length = usize::from(u16_at(data, 0)?);
    let wide = data.get(2)? & 1 == 1;
    let mut text = String::new();
    let size = if wide { length * 2 } else { length };
    let bytes = data.get(3..).unwrap_or_default();
    letters(bytes.get(..size).unwrap_or(bytes), wide, &mut text);
    Some((text, 3 + size))
}

/// The characters of a piece of text.
pub(super) fn letters(bytes: &[u8], wide: bool, into: &mut String) {
    if wide {
        let units = bytes
            .chunks_exact(2)
            .filter_map(|two| Some(u16::from_le_bytes(two.try_into().ok()?)));
        let letters = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        into.extend(letters.filter(|c| *c != '\0'));
    } else {
        // The lower half of UTF-16, not windows-1252; programs that got that wrong meant the latter.
        let letters = bytes.iter().filter(|byte| **byte != 0);
        into.extend(letters.map(|byte| windows1252(*byte)));
    }
}

/// Reads over the ends of records.
struct Pieces<'s, 'b> {
    rest: &'b [u8],
    more: std::slice::Iter<'s, &'b [u8]>,
}

impl<'s, 'b> Pieces<'s, 'b> {
    fn new(segments: &'s [&'b [u8]]) -> Self {
        let mut more = segments.iter();
        Self {
            rest: more.next().copied().unwrap_or_default(),
            more,
        }
    }

    /// Goes on with the next record, where this one is read.
    fn fill(&mut self) -> Option<()> {
        while self.rest.is_empty() {
            self.rest = self.more.next()?;
        }
        Some(())
    }

    fn take(&mut self, most: usize) -> Option<&'b [u8]> {
        self.fill()?;
        let (taken, rest) = self.rest.split_at(most.min(self.rest.len()));
        self.rest = rest;
        Some(taken)
    }

    fn skip(&mut self, mut count: usize) -> Option<()> {
        while count > 0 {
            count -= self.take(count)?.len();
        }
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn word(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    /// One string with fonts and phonetic letters (XLUnicodeRichExtendedString).
    fn string(&mut self, into: &mut String, runs: &mut Vec<(u16, u16)>) -> Option<()> {
        let length = usize::from(self.word()?);
        let flags = self.byte()?;
        let fonts = if flags & 8 != 0 { self.word()? } else { 0 };
        let more = match flags & 4 {
            0 => 0,
            _ => usize::from(self.word()?) | usize::from(self.word()?) << 16,
        };
        self.letters(length, flags & 1 == 1, into)?;
        for _ in 0..fonts {
            runs.push((self.word()?, self.word()?));
        }
        self.skip(more)
    }

    /// The letters of a string. Where they go on in another record, a byte says anew how wide they are.
    fn letters(&mut self, mut count: usize, mut wide: bool, into: &mut String) -> Option<()> {
        while count > 0 {
            if self.rest.is_empty() {
                self.fill()?;
                wide = self.byte()? & 1 == 1;
            }
            let size = if wide { 2 } else { 1 };
            let bytes = self.take(count * size)?;
            letters(bytes, wide, into);
            // A letter that is cut in two is lost.
            count = count.saturating_sub(bytes.len().div_ceil(size));
        }
        Some(())
    }
}

/// The text of a TXO record: letters in the records behind it, then where their fonts begin
/// ([MS-XLS] 2.4.329).
pub(super) fn boxed(segments: &[&[u8]]) -> Option<Owned> {
    let (first, more) = segments.split_first()?;
    let length = usize::from(u16_at(first, 10)?);
    let fonts = usize::from(u16_at(first, 12)?) / 8;
    let mut owned = Owned::default();
    let mut pieces = Pieces::new(more);
    if length > 0 {
        pieces.fill()?;
        let wide = pieces.byte()? & 1 == 1;
        // What is cut is read as far as it goes.
        if pieces.letters(length, wide, &mut owned.text).is_none() {
            return Some(owned);
        }
    }
    for _ in 0..fonts {
        let (Some(at), Some(font)) = (pieces.word(), pieces.word()) else {
            break;
        };
        owned.runs.push((at, font));
        if pieces.skip(4).is_none() {
            break;
        }
    }
    Some(owned)
}
