//! Properties of compound documents ([MS-OLEPS]): title, subject, keywords, category, comments, own
//! ones.

use super::runs::code_page;
use crate::{
    content::{
        document::ole::{
            compound::{Compound, u16_at, u32_at},
            package::utf16,
        },
        opener::Inside,
        span::{Span, Spot},
    },
    facts::NotOpened,
};

/// Hands on the properties of a document.
///
/// # Errors
/// When the budget ends.
pub(super) fn read(inside: &mut Inside<'_, '_>, compound: &Compound) -> Result<(), NotOpened> {
    let mut line = 0;
    for (name, wanted) in STREAMS {
        let Some(index) = compound.find(&[name]) else {
            continue;
        };
        let bytes = compound.read(index, LONG_STREAM);
        for text in texts(&bytes, wanted) {
            inside.text(Span {
                spot: Spot::Property,
                line,
                text,
                ..Span::default()
            })?;
            line += 1;
        }
    }
    Ok(())
}

/// The texts of a property set stream: those wanted of the first set, all of the second, which holds
/// what the author made up.
fn texts(bytes: &[u8], wanted: &[u32]) -> Vec<String> {
    let mut found = Vec::new();
    let sets = u32_at(bytes, 24).unwrap_or(0).min(2) as usize;
    for set in 0..sets {
        let offset = u32_at(bytes, 28 + set * 20 + 16);
        let Some(set_bytes) = offset.and_then(|offset| bytes.get(offset as usize..)) else {
            continue;
        };
        let own = set == 1;
        let count = u32_at(set_bytes, 4).unwrap_or(0).min(MOST_PROPERTIES) as usize;
        let entries: Vec<(u32, usize)> = (0..count)
            .map_while(|number| {
                let at = 8 + number * 8;
                Some((u32_at(set_bytes, at)?, u32_at(set_bytes, at + 4)? as usize))
            })
            .collect();
        let page = entries
            .iter()
            .find(|(id, _)| *id == 1)
            .and_then(|(_, at)| u16_at(set_bytes, at.checked_add(4)?))
            .unwrap_or(1252);
        for (id, at) in &entries {
            if (own && *id > 1) || (!own && wanted.contains(id)) {
                found.extend(value(set_bytes.get(*at..).unwrap_or_default(), page));
            }
        }
    }
    found
}

/// A value that is text.
fn value(bytes: &[u8], page: u16) -> Option<String> {
    let length = u32_at(bytes, 4)? as usize;
    let rest = bytes.get(8..)?;
    let text = match u16_at(bytes, 0)? {
        // VT_LPSTR: bytes with the terminator; in UTF-16 where the code page is 1200.
        0x1e if page != 1200 => {
            let text = rest.get(..length).unwrap_or(rest);
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
            let (text, _) = code_page(page.into()).decode_without_bom_handling(text);
            text.into_owned()
        }
        0x1e => utf16(rest.get(..length).unwrap_or(rest)),
        // VT_LPWSTR: characters with the terminator.
        0x1f => utf16(rest.get(..length.saturating_mul(2)).unwrap_or(rest)),
        _ => return None,
    };
    let text = text.split('\0').next().unwrap_or_default().trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The streams, and which properties of them say what the document is about: title, subject, keywords,
/// comments; category.
static STREAMS: &[(&str, &[u32])] = &[
    ("\u{5}SummaryInformation", &[2, 3, 5, 6]),
    ("\u{5}DocumentSummaryInformation", &[2]),
];
/// Bytes of a stream that are read (thumbnails make it long).
const LONG_STREAM: u64 = 256 << 10;
/// Properties of a set that are looked at.
const MOST_PROPERTIES: u32 = 1000;
