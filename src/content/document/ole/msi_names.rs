//! What an installer package calls its files: cabinets name them by the keys of the table `File`, and
//! only the table says the name that a user gets.
//!
//! A table is a stream of columns, one behind the other; texts are numbers of the string pool (as
//! Wine's `dlls/msi/table.c` and `string.c` describe it, for Microsoft does not).

use std::{collections::HashMap, ops::Range};

use super::{
    compound::{Compound, u16_at, u32_at},
    msi::unpacked,
};
use crate::{
    content::{budget::Spending, member_name},
    facts::NotOpened,
};

/// The names of files by the keys that cabinets use: the long one first, then the short one. Empty
/// where the package has no such table, or a broken one.
///
/// # Errors
/// When the budget ends.
pub(super) fn names(
    compound: &Compound,
    spending: &mut Spending,
) -> Result<HashMap<String, Vec<String>>, NotOpened> {
    let read = |name: &str, limit: u64| {
        let mut streams = compound.children(0).filter(|(_, entry)| !entry.storage);
        let found = streams.find(|(_, entry)| unpacked(&entry.name) == name);
        found.map(|(index, _)| compound.read(index, limit))
    };
    // The streams, where each text stands, and what is made of it.
    let _held = spending.hold(4 * (MOST_TEXT + MOST_TABLE))?;
    let found = (|| {
        let pool = Pool::of(
            read("!_StringPool", MOST_TABLE)?,
            read("!_StringData", MOST_TEXT)?,
        )?;
        let layout = pool.columns(&read("!_Columns", MOST_TABLE)?, b"File")?;
        Some(pool.files(&layout, &read("!File", MOST_TABLE)?))
    })();
    spending.check()?;
    Ok(found.unwrap_or_default())
}

/// The texts of a package.
struct Pool {
    texts: Vec<Range<usize>>,
    data: Vec<u8>,
    utf8: bool,
    /// Bytes of a text's number.
    width: usize,
}

/// A table's columns, in their order: name and width.
type Layout<'p> = Vec<(&'p [u8], usize)>;

impl Pool {
    fn of(pool: Vec<u8>, data: Vec<u8>) -> Option<Self> {
        let head = u32_at(&pool, 0)?;
        // The first number is no text.
        let mut texts = Vec::from([Range::default()]);
        let (mut at, mut begin) = (4, 0_usize);
        while let (Some(mut length), Some(uses)) =
            (u16_at(&pool, at).map(usize::from), u16_at(&pool, at + 2))
        {
            at += 4;
            if length == 0 && uses != 0 {
                // A text of more than 64 KiB has two entries.
                length = usize::from(uses) << 16 | usize::from(u16_at(&pool, at)?);
                at += 4;
            }
            let end = begin.checked_add(length)?;
            texts.push(begin..end);
            begin = end;
        }
        Some(Self {
            texts,
            data,
            utf8: head & 0xffff == UTF8,
            width: if head & 0x8000_0000 == 0 { 2 } else { 3 },
        })
    }

    fn text(&self, number: usize) -> &[u8] {
        let range = self.texts.get(number).cloned();
        range
            .and_then(|range| self.data.get(range))
            .unwrap_or_default()
    }

    /// The columns of a table, from the table of columns: table, number, name, type.
    fn columns(&self, bytes: &[u8], table: &[u8]) -> Option<Layout<'_>> {
        let rows = bytes.len() / (2 * self.width + 4);
        let cell = |before: usize, width: usize, row: usize| {
            number(bytes, before * rows + row * width, width)
        };
        let mut found = Vec::new();
        for row in 0..rows {
            if self.text(cell(0, self.width, row)?) != table {
                continue;
            }
            let order = cell(self.width, 2, row)?;
            let name = self.text(cell(self.width + 2, self.width, row)?);
            let kind = cell(2 * self.width + 2, 2, row)? & 0x7fff;
            let width = match kind {
                kind if kind & !0x1000 == 0x0900 => 2,
                kind if kind & 0x0800 != 0 => self.width,
                kind if kind & 0xff <= 2 => 2,
                _ => 4,
            };
            found.push((order, (name, width)));
        }
        found.sort_by_key(|(order, _)| *order);
        Some(found.into_iter().map(|(_, column)| column).collect())
    }

    fn files(&self, layout: &Layout<'_>, bytes: &[u8]) -> HashMap<String, Vec<String>> {
        let mut found = HashMap::new();
        let rows = bytes.len() / layout.iter().map(|(_, width)| width).sum::<usize>().max(1);
        let column = |wanted: &[u8]| {
            let at = layout.iter().position(|(name, _)| *name == wanted)?;
            let before: usize = layout.iter().take(at).map(|(_, width)| width).sum();
            let width = layout.get(at)?.1;
            Some(move |row: usize| number(bytes, before * rows + row * width, width))
        };
        let (Some(keys), Some(names)) = (column(b"File"), column(b"FileName")) else {
            return found;
        };
        let mut left = MOST_TEXT as usize;
        for row in 0..rows {
            let (Some(key), Some(name)) = (keys(row), names(row)) else {
                break;
            };
            let (key, name) = (self.text(key), self.text(name));
            // Many rows may name the same long text.
            let Some(rest) = left.checked_sub(key.len() + name.len()) else {
                break;
            };
            left = rest;
            let pieces = name.rsplit(|byte| *byte == b'|').take(2);
            let names = pieces.flat_map(|name| member_name::readings(name, self.utf8));
            found.insert(String::from_utf8_lossy(key).into_owned(), names.collect());
        }
        found
    }
}

/// A number of two, three or four bytes, the lowest first.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(width)?)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
    )
}

/// Bytes of texts and of a table that are read: packages with 10,000 files have less.
const MOST_TEXT: u64 = 2 << 20;
const MOST_TABLE: u64 = 1 << 20;
/// The code page of UTF-8.
const UTF8: u32 = 65001;
