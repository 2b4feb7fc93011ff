//! Whether Vietnamese is written in Unicode, as TCVN 6909:2001 asks (Quyết định 72/2002/QĐ-TTg): legacy bytes of
//! the letter's texts, legacy letters inside valid Unicode, legacy fonts of documents.
//!
//! Abstains on short texts and is silent on every other language and on both normal forms of Unicode.

use std::collections::BTreeMap;

use crate::{
    content::{Span, Tree},
    facts::{Fact, Files, LegacyText, NotOpened, Reason, Sign, encoding_word},
    message::{Message, Part, PartKind},
    vietnamese,
};

/// What is legacy in a message. Unknown where nothing was found, and something was not read.
pub fn encoding(message: &Message, tree: &Tree, files: &Files) -> Fact<Vec<LegacyText>> {
    let mut found = Vec::new();
    let mut left = ALL_TEXT;
    // Parts whose own bytes were judged: what is said of them by spans is the same again.
    let mut judged = vec![false; tree.nodes.len()];
    let mut cut = None;
    for (node, judged) in tree.nodes.iter().zip(&mut judged) {
        let Some(part) = message.parts.get(node.part) else {
            continue;
        };
        if part.number != node.number || !is_text(part) {
            continue;
        }
        *judged = true;
        match text_part(part, &mut left) {
            Ok(text) => found.extend(text.map(|text| text.named(&node.number))),
            Err(why) => cut = cut.or(Some(why)),
        }
    }
    let mut of_node: BTreeMap<usize, Vec<&Span>> = BTreeMap::new();
    for span in &tree.spans {
        if judged.get(span.node) == Some(&false) {
            of_node.entry(span.node).or_default().push(span);
        }
    }
    for (index, spans) in of_node {
        let Some(node) = tree.nodes.get(index) else {
            continue;
        };
        found.extend(
            document(&spans, &mut left)
                .into_iter()
                .map(|text| text.named(&node.number)),
        );
    }
    if left == 0 && cut.is_none() {
        cut = Some(NotOpened::Budget {
            which: "text_bytes",
            limit: ALL_TEXT as u64,
            seen: ALL_TEXT as u64,
        });
    }
    if !found.is_empty() {
        return Fact::Known(found);
    }
    let closed = files.list.iter().find_map(|file| file.not_opened.clone());
    let unread = message.not_scanned.first();
    let unread = unread.map(|place| crate::content::why(&place.why));
    match closed.or(unread).or(cut) {
        Some(why) => Fact::Unknown(Reason::NotOpened(why)),
        None => Fact::Known(found),
    }
}

/// What was found in one file.
struct Legacy {
    encoding: &'static str,
    how: Sign,
    legacy: u64,
    words: u64,
}

impl Legacy {
    fn named(self, part: &str) -> LegacyText {
        let share = self.legacy.saturating_mul(1000) / self.words.max(1);
        LegacyText {
            part: part.to_owned(),
            encoding: self.encoding,
            how: self.how,
            share: u16::try_from(share.min(1000)).unwrap_or(1000),
            words: self.words,
        }
    }
}

/// Whether a part of the message is text that mail programs show, or a file of plain text.
fn is_text(part: &Part) -> bool {
    let kinds = ["text/plain", "text/html", "text/enriched", "text/csv"];
    part.kind == PartKind::Leaf && kinds.contains(&part.media_type.as_str())
}

/// A text of the letter: its bytes where they are no Unicode, its letters where they are.
fn text_part(part: &Part, left: &mut usize) -> Result<Option<Legacy>, NotOpened> {
    let why = |why| crate::content::why(&why);
    let blob = part.blob.as_ref();
    let size = blob.map_or(0, |blob| blob.size);
    let take = usize::try_from(size).unwrap_or(usize::MAX).min(*left);
    let bytes = blob.and_then(|blob| blob.read_at(0, take).ok().flatten());
    *left = left.saturating_sub(take);
    let text = part.text(take as u64).map_err(why)?.text;
    let declared = part.charset.as_deref().unwrap_or_default();
    // What has no byte order of its own, and is no UTF-8, is bytes.
    let wide = [
        "utf-16", "utf-32", "ucs-", "iso-2022", "utf-7", "gb", "big5", "euc-", "shift",
    ];
    let other = wide.iter().any(|start| declared.starts_with(start));
    if let Some(bytes) = bytes
        && !other
        && !starts_wide(&bytes)
        && std::str::from_utf8(&bytes).is_err_and(|error| error.error_len().is_some())
    {
        let found = vietnamese::detect_bytes(&bytes);
        if let Some(found) = found {
            return Ok(legacy(&found, Sign::Bytes));
        }
    }
    let found = match part.media_type.as_str() {
        "text/html" => vietnamese::detect(&crate::content::page_text(&text)),
        _ => vietnamese::detect(&text),
    };
    Ok(found.and_then(|found| legacy(&found, Sign::Letters)))
}

fn starts_wide(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of words, which are fewer than 2^24 or need not be exact"
)]
fn legacy(found: &vietnamese::Found, how: Sign) -> Option<Legacy> {
    let legacy = u64::from(found.words);
    let words = (legacy as f32 / found.share.max(0.001)).round() as u64;
    Some(Legacy {
        encoding: encoding_word(found.encoding.name())?,
        how,
        legacy,
        words: words.max(legacy),
    })
}

/// A document: its letters, and the fonts that readers decoded already.
fn document(spans: &[&Span], left: &mut usize) -> Vec<Legacy> {
    let mut fonts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut plain = String::new();
    for span in spans {
        if *left == 0 {
            break;
        }
        *left = left.saturating_sub(span.text.len());
        match span.legacy.and_then(encoding_word) {
            Some(encoding) => {
                let words = span.text.split_whitespace().filter(|word| !word.is_ascii());
                *fonts.entry(encoding).or_default() += words.count() as u64;
            }
            None => {
                plain.push_str(&span.text);
                plain.push('\n');
            }
        }
    }
    let checked = vietnamese::check_unicode(&plain);
    let by_font: u64 = fonts.values().sum();
    let words = checked.accented.saturating_add(by_font);
    let mut found: Vec<Legacy> = fonts
        .into_iter()
        .filter(|(_, legacy)| *legacy >= LEAST)
        .map(|(encoding, legacy)| Legacy {
            encoding,
            how: Sign::Font,
            legacy,
            words,
        })
        .collect();
    found.extend(checked.legacy.as_ref().and_then(|letters| {
        Some(Legacy {
            words,
            ..legacy(letters, Sign::Letters)?
        })
    }));
    found
}

/// Words in a font below which nothing is said: as the detector, which wants three syllables.
const LEAST: u64 = 3;
/// Bytes of text of one message that are judged.
const ALL_TEXT: usize = 8 << 20;

#[cfg(test)]
mod tests;
