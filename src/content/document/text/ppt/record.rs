//! Records of presentations, and where each object of one stands.

use std::collections::HashMap;

use super::{MOST_EDITS, PERSIST_DIRECTORY, SLIDE_PERSIST, TEXT_HEADER, USER_EDIT};
use crate::content::document::ole::compound::{u16_at, u32_at};

/// A record of a presentation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'b> {
    pub(super) id: u16,
    pub(super) instance: u16,
    pub(super) container: bool,
    pub(super) data: &'b [u8],
}

/// The records that stand in these bytes; the last may be cut.
pub(super) fn records(bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (record, length) = record(rest)?;
        rest = rest.get(8 + length..).unwrap_or_default();
        Some(record)
    })
}

/// The record that bytes begin with, and how many bytes of data it has.
pub(super) fn record(bytes: &[u8]) -> Option<(Record<'_>, usize)> {
    let head = u16_at(bytes, 0)?;
    let length = u32_at(bytes, 4)? as usize;
    let rest = bytes.get(8..)?;
    let data = rest.get(..length).unwrap_or(rest);
    let record = Record {
        id: u16_at(bytes, 2)?,
        instance: head >> 4,
        container: head & 15 == 15,
        data,
    };
    Some((record, data.len()))
}

/// Where each object of the presentation stands, as its edits say, the newest first, and the number of
/// the document ([MS-PPT] 2.3.3 to 2.3.5).
pub(super) fn places(bytes: &[u8], mut edit: u32) -> (HashMap<u32, u32>, Option<u32>) {
    let mut places = HashMap::new();
    let mut document = None;
    let mut left = bytes.len();
    for _ in 0..MOST_EDITS {
        let found = bytes.get(edit as usize..).and_then(record);
        let Some((found, _)) = found.filter(|(found, _)| found.id == USER_EDIT) else {
            break;
        };
        document = document.or_else(|| u32_at(found.data, 16));
        let list = u32_at(found.data, 12).and_then(|at| bytes.get(at as usize..));
        if let Some((list, length)) = list.and_then(record)
            && list.id == PERSIST_DIRECTORY
            && let Some(rest) = left.checked_sub(length)
        {
            left = rest;
            directory(list.data, &mut places);
        }
        match u32_at(found.data, 8) {
            // Each edit points to the one before it.
            Some(before) if before != 0 && before < edit => edit = before,
            _ => break,
        }
    }
    (places, document)
}

pub(super) fn directory(data: &[u8], places: &mut HashMap<u32, u32>) {
    let mut words = data.chunks_exact(4).filter_map(|word| u32_at(word, 0));
    while let Some(head) = words.next() {
        for number in 0..head >> 20 {
            let Some(place) = words.next() else {
                return;
            };
            places.entry((head & 0xf_ffff) + number).or_insert(place);
        }
    }
}

pub(super) fn at_place<'b>(
    bytes: &'b [u8],
    places: &HashMap<u32, u32>,
    number: u32,
) -> Option<Record<'b>> {
    let place = *places.get(&number)? as usize;
    Some(record(bytes.get(place..)?)?.0)
}

/// The entries of a list: the object's number, the slide's, and its texts in the outline.
pub(super) fn persists(data: &[u8]) -> Vec<(u32, u32, Vec<Record<'_>>)> {
    let mut entries: Vec<(u32, u32, Vec<Record<'_>>)> = Vec::new();
    for record in records(data) {
        if record.id == SLIDE_PERSIST {
            let number = u32_at(record.data, 0).unwrap_or(0);
            let slide = u32_at(record.data, 12).unwrap_or(0);
            entries.push((number, slide, Vec::new()));
        } else if let Some((_, _, texts)) = entries.last_mut() {
            texts.push(record);
        }
    }
    entries
}

/// The texts of an outline, each its atoms.
pub(super) fn outline_texts<'b>(outline: &[Record<'b>]) -> Vec<Vec<Record<'b>>> {
    let mut texts: Vec<Vec<Record<'b>>> = Vec::new();
    for record in outline {
        if record.id == TEXT_HEADER {
            texts.push(Vec::new());
        }
        if let Some(text) = texts.last_mut() {
            text.push(*record);
        }
    }
    texts
}
