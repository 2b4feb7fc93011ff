//! Objects and streams of a PDF as its text is read: the last revision of each.

use std::cell::Cell;

use super::super::{
    Limits, Lock, decoded,
    file::{Entry, File},
    object::{self, Dict, Text, Value},
};
use crate::{
    content::{budget::Held, opener::Inside},
    facts::NotOpened,
};

/// A PDF whose text is read.
pub(super) struct Doc<'f> {
    pub(super) file: &'f File,
    pub(super) lock: &'f Lock,
    /// Bytes that may still be read to follow references.
    work: Cell<u64>,
}

impl<'f> Doc<'f> {
    pub(super) fn new(file: &'f File, lock: &'f Lock) -> Self {
        let work = Cell::new(MAX_WORK);
        Self { file, lock, work }
    }

    /// The object of a number, as the last revision has it.
    pub(super) fn object(&self, number: u32) -> Option<(Entry, Value<'f>)> {
        let entry = self.file.newest(number)?;
        let buffer = self.file.buffer(entry.buffer);
        let rest = buffer.get(entry.at as usize..).unwrap_or_default();
        let rest = rest.get(..MAX_OBJECT).unwrap_or(rest);
        let (value, end) = object::read(rest, 0, &mut |_| ());
        let left = self.work.get().saturating_sub(end as u64 + 64);
        self.work.set(left);
        (left > 0).then_some((entry, value))
    }

    /// Whether references led to more work than they are worth.
    pub(super) fn is_exhausted(&self) -> bool {
        self.work.get() == 0
    }

    /// What a value means: itself, or what it refers to and where that stands.
    pub(super) fn get(&self, value: &Value<'f>) -> (Option<Entry>, Value<'f>) {
        let Value::Ref(number, _) = value else {
            return (None, value.clone());
        };
        let mut number = *number;
        for _ in 0..MAX_CHAIN {
            match self.object(number) {
                Some((_, Value::Ref(next, _))) => number = next,
                Some((entry, value)) => return (Some(entry), value),
                None => break,
            }
        }
        (None, Value::Other)
    }

    /// An entry of a dictionary, as it is meant.
    pub(super) fn entry(&self, dict: &Dict<'f>, key: &str) -> Option<Value<'f>> {
        dict.get(key).map(|value| self.get(value).1)
    }

    /// A dictionary in a dictionary.
    pub(super) fn dict(&self, dict: &Dict<'f>, key: &str) -> Option<Dict<'f>> {
        match self.entry(dict, key)? {
            Value::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// An array in a dictionary.
    pub(super) fn array(&self, dict: &Dict<'f>, key: &str) -> Vec<Value<'f>> {
        match self.entry(dict, key) {
            Some(Value::Array(list)) => list,
            _ => Vec::new(),
        }
    }

    /// A name in a dictionary.
    pub(super) fn name(&self, dict: &Dict<'f>, key: &str) -> Option<String> {
        match self.entry(dict, key)? {
            Value::Name(name) => Some(String::from_utf8_lossy(&name).into_owned()),
            _ => None,
        }
    }

    pub(super) fn number(&self, value: &Value<'f>) -> Option<f64> {
        match value {
            Value::Int(int) => Some(*int as f64),
            Value::Real(real) => Some(*real),
            Value::Ref(..) => match self.get(value).1 {
                Value::Int(int) => Some(int as f64),
                Value::Real(real) => Some(real),
                _ => None,
            },
            _ => None,
        }
    }

    /// Numbers of an array in a dictionary: exactly `N` of them.
    pub(super) fn numbers<const N: usize>(&self, dict: &Dict<'f>, key: &str) -> Option<[f64; N]> {
        let list = self.array(dict, key);
        let mut numbers = [0.0; N];
        for (at, number) in numbers.iter_mut().enumerate() {
            *number = self.number(list.get(at)?)?;
        }
        Some(numbers)
    }

    /// A text string in a dictionary that stands in `at`.
    pub(super) fn text(&self, at: Option<Entry>, dict: &Dict<'f>, key: &str) -> Option<String> {
        let value = dict.get(key)?;
        let (found, value) = self.get(value);
        match value {
            Value::Text(text) => Some(self.text_of(found.or(at), text)),
            _ => None,
        }
    }

    /// A text string that stands in an object.
    pub(super) fn text_of(&self, at: Option<Entry>, text: Text<'_>) -> String {
        let bytes = text.bytes(MAX_TEXT);
        match (self.lock.key(), at) {
            (Some(key), Some(at)) => text_string(&key.decrypt(key.handler.strings, at, &bytes)),
            _ => text_string(&bytes),
        }
    }

    /// A stream, decoded, no more than `limit` bytes.
    ///
    /// # Errors
    /// When the budget ends.
    pub(super) fn stream(
        &self,
        entry: Entry,
        limit: usize,
        inside: &mut Inside<'_, '_>,
        limits: &mut Limits,
    ) -> Result<Vec<u8>, NotOpened> {
        let mut held: Vec<Held> = Vec::new();
        let mut since = 0_u64;
        let found = decoded(self.file, entry, self.lock, limits, limit, &mut |count| {
            since = since.saturating_add(count);
            if since >= HOLD {
                held.push(inside.spending().hold(std::mem::take(&mut since))?);
                inside.spending().check()?;
            }
            Ok(())
        })?;
        Ok(found.unwrap_or_default())
    }
}

/// A text string (ISO 32000-2 clause 7.9.2.2): UTF-16, UTF-8 or PDFDocEncoding.
pub(super) fn text_string(bytes: &[u8]) -> String {
    let utf16 = |rest: &[u8], from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.as_chunks().0.iter().map(|unit| from(*unit)).collect();
        String::from_utf16_lossy(&units)
    };
    let text = match bytes {
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => match std::str::from_utf8(bytes) {
            // Not allowed without its mark, and met all the same.
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|byte| doc_char(*byte)).collect(),
        },
    };
    // Language codes stand between two escapes.
    match text.contains('\u{1b}') {
        true => text.split('\u{1b}').step_by(2).collect(),
        false => text,
    }
}

/// PDFDocEncoding: Latin 1, with its own letters from 0x80 to 0xA0.
fn doc_char(byte: u8) -> char {
    const OWN: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚',
        '™', 'ﬁ', 'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{fffd}', '€',
    ];
    let own = usize::from(byte)
        .checked_sub(0x80)
        .and_then(|at| OWN.get(at));
    own.copied().unwrap_or(char::from(byte))
}

/// Bytes that are read for references, all together.
const MAX_WORK: u64 = 128 << 20;
/// Bytes that are read of one object.
const MAX_OBJECT: usize = 8 << 20;
/// References behind each other.
const MAX_CHAIN: usize = 8;
/// Bytes of a text string.
const MAX_TEXT: usize = 1 << 20;
/// Bytes that are decoded before memory is counted.
const HOLD: u64 = 1 << 20;
