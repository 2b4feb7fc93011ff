//! Texts of drawings ([MS-ODRAW]) that stand in no paragraph: letters shaped as a picture (watermarks),
//! and what a picture is said to show.

use crate::content::{
    document::ole::{
        compound::{u16_at, u32_at},
        package::utf16,
    },
    span::Spot,
};

/// The texts of the shapes among these records, in their order.
pub(super) fn texts(bytes: &[u8]) -> Vec<(Spot, String)> {
    let mut found = Vec::new();
    let mut at = 0_usize;
    let mut left = MOST_RECORDS;
    let mut shape = 0;
    while let (Some(head), Some(id), Some(length)) = (
        u16_at(bytes, at),
        u16_at(bytes, at + 2),
        u32_at(bytes, at + 4),
    ) && left > 0
    {
        left -= 1;
        let data = at + 8;
        if head & 15 == 15 {
            // A container: its records are next.
            at = data;
            continue;
        }
        let end = data.saturating_add(length as usize).min(bytes.len());
        match id {
            // FSP: what shape it is.
            0xf00a => shape = head >> 4,
            0xf00b | 0xf121 | 0xf122 => {
                let data = bytes.get(data..end).unwrap_or_default();
                properties(data, head >> 4, letters_of(shape.into()), &mut found);
            }
            _ => {}
        }
        at = end;
    }
    found
}

/// What letters of a shape are ([MS-ODRAW] 2.4.24): those of WordArt lie across the page.
pub(super) fn letters_of(shape: u32) -> Spot {
    match shape {
        24..=31 | 136..=175 => Spot::Watermark,
        _ => Spot::TextBox,
    }
}

/// The properties of a shape ([MS-ODRAW] 2.3.1): a table, and behind it the long values in its order.
fn properties(data: &[u8], count: u16, letters: Spot, found: &mut Vec<(Spot, String)>) {
    let count = usize::from(count);
    let mut long = count.saturating_mul(6);
    for entry in data.chunks_exact(6).take(count) {
        let (Some(id), Some(value)) = (u16_at(entry, 0), u32_at(entry, 2)) else {
            return;
        };
        if id & 0x8000 == 0 {
            continue;
        }
        let end = long.saturating_add(value as usize);
        let Some(text) = data.get(long..end) else {
            return;
        };
        long = end;
        match id & 0x3fff {
            // gtextUNICODE
            0xc0 => found.push((letters, utf16(text))),
            // wzDescription
            0x381 => found.push((Spot::Alt, utf16(text))),
            _ => {}
        }
    }
}

/// Records that are looked at.
const MOST_RECORDS: u32 = 200_000;
