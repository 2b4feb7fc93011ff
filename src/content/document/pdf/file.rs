//! The objects of a PDF file, found without its cross-reference table: every `N G obj` that stands in
//! it, those of older revisions too, and every object of every object stream. A viewer may be told to
//! see any of them.

use std::cell::Cell;

use bytes::Bytes;
use memchr::memmem;

use super::object::{self, Dict, Value, Visit};

/// Where an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Entry {
    pub(super) number: u32,
    pub(super) generation: u16,
    /// 0: the file; otherwise an object stream, counted from 1.
    pub(super) buffer: u32,
    /// Where its value begins.
    pub(super) at: u32,
}

/// A PDF file, with what was found in it.
#[derive(Debug)]
pub(super) struct File {
    bytes: Bytes,
    /// Object streams, decoded.
    buffers: Vec<Vec<u8>>,
    /// Where each of them stands in the file.
    homes: Vec<u32>,
    entries: Vec<Entry>,
    /// Headers inside of streams, and where they begin: only a cross-reference table makes objects
    /// of them.
    inner: Vec<(u32, Entry)>,
    /// Streams that hold objects, and those that are a cross-reference table.
    object_streams: Vec<Entry>,
    xref_streams: Vec<Entry>,
    /// Bytes that may still be read to follow references.
    work: Cell<u64>,
}

impl File {
    /// Finds the objects that stand in the file itself. `tick` is called often with the bytes of
    /// memory that were used since, and ends the search with its error.
    pub(super) fn index<E>(
        bytes: &Bytes,
        tick: &mut dyn FnMut(u64) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut file = Self {
            bytes: bytes.clone(),
            buffers: Vec::new(),
            homes: Vec::new(),
            entries: Vec::new(),
            inner: Vec::new(),
            object_streams: Vec::new(),
            xref_streams: Vec::new(),
            work: Cell::new(worth(bytes.len() as u64)),
        };
        let mut skip = 0;
        let mut no_end_from = usize::MAX;
        let mut ticked = 0;
        let mut count = 0_u64;
        for found in memmem::find_iter(bytes, b"obj") {
            let Some((start, entry)) = header(bytes, found) else {
                continue;
            };
            count += 1;
            if count.is_multiple_of(TICK) || found.saturating_sub(ticked) > TICK_BYTES {
                tick((file.entries.len() + file.inner.len()) as u64 * 2 * ENTRY)?;
                ticked = found;
            }
            if start < skip {
                file.inner.push((entry_at(start), entry));
                continue;
            }
            if let Some(end) = file.add(entry, &mut no_end_from) {
                skip = end;
            }
        }
        file.sort();
        Ok(file)
    }

    /// Adds an object of the file. Where its stream ends, if it has one: found without other objects.
    fn add(&mut self, entry: Entry, no_end_from: &mut usize) -> Option<usize> {
        self.entries.push(entry);
        let start = object::skip_space(&self.bytes, entry.at as usize);
        if !self.bytes.get(start..)?.starts_with(b"<<") {
            return None;
        }
        let (value, end) = object::read(&self.bytes, start, &mut |_| ());
        let body = body(&self.bytes, end)?;
        let dict = value.dict()?;
        if dict.has("N") && dict.has("First") {
            self.object_streams.push(entry);
        } else if dict.has("W") {
            self.xref_streams.push(entry);
        }
        let length = dict.get("Length").and_then(Value::int);
        if let Some(end) = length.and_then(|length| ends_there(&self.bytes, body, length)) {
            return Some(end);
        }
        if body < *no_end_from {
            if let Some(length) = memmem::find(self.bytes.get(body..)?, b"endstream") {
                return Some(body + length);
            }
            *no_end_from = body;
        }
        None
    }

    /// How many objects were found.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn entry(&self, index: usize) -> Option<Entry> {
        self.entries.get(index).copied()
    }

    /// Streams that hold objects.
    pub(super) fn object_streams(&self) -> &[Entry] {
        &self.object_streams
    }

    /// Streams that are a cross-reference table, and a trailer.
    pub(super) fn xref_streams(&self) -> &[Entry] {
        &self.xref_streams
    }

    /// Adds objects of the file that a cross-reference table finds in streams.
    pub(super) fn add_inner(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.add(*entry, &mut 0);
        }
        self.sort();
    }

    /// Adds a decoded object stream, with the numbers of its objects and where each begins;
    /// [`File::sort`] lets them be found.
    pub(super) fn add_buffer(&mut self, bytes: Vec<u8>, objects: &[(u32, u32)], home: Entry) {
        self.buffers.push(bytes);
        self.homes.push(home.at);
        let buffer = u32::try_from(self.buffers.len()).unwrap_or(u32::MAX);
        self.entries
            .extend(objects.iter().map(|(number, at)| Entry {
                number: *number,
                generation: 0,
                buffer,
                at: *at,
            }));
    }

    /// Lets all objects be found by number; the last of a number stands last.
    pub(super) fn sort(&mut self) {
        self.entries
            .sort_by_key(|entry| (entry.number, entry.buffer, entry.at));
        self.entries.dedup();
    }

    /// The bytes of the whole file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether streams hold what could be objects.
    pub(super) fn has_inner(&self) -> bool {
        !self.inner.is_empty()
    }

    /// The object that a cross-reference table finds inside of a stream.
    pub(super) fn inner_at(&self, offset: u64) -> Option<Entry> {
        let offset = u32::try_from(offset).ok()?;
        let index = self.inner.binary_search_by_key(&offset, |(at, _)| *at);
        self.inner.get(index.ok()?).map(|(_, entry)| *entry)
    }

    pub(super) fn buffer(&self, number: u32) -> &[u8] {
        match (number as usize).checked_sub(1) {
            None => &self.bytes,
            Some(stream) => self.buffers.get(stream).map_or(&[], Vec::as_slice),
        }
    }

    /// Reads an object: shows its dictionaries; gives its value, and where its stream begins.
    pub(super) fn read(&self, entry: Entry, visit: Visit<'_>) -> (Value<'_>, Option<usize>) {
        let buffer = self.buffer(entry.buffer);
        let (value, end) = object::read(buffer, entry.at as usize, visit);
        let stream = match (entry.buffer, &value) {
            (0, Value::Dict(_)) => body(buffer, end),
            _ => None,
        };
        (value, stream)
    }

    /// The objects of a number: the newest first, no more than a few.
    pub(super) fn versions(&self, number: u32) -> impl Iterator<Item = Entry> {
        let end = self.entries.partition_point(|entry| entry.number <= number);
        let entries = self.entries.get(..end).unwrap_or_default();
        let versions = entries.iter().rev().copied();
        versions
            .take_while(move |entry| entry.number == number)
            .take(MAX_VERSIONS)
    }

    /// The object of a number that stands last in the file: what the last revision says.
    pub(super) fn newest(&self, number: u32) -> Option<Entry> {
        let home = |entry: &Entry| match (entry.buffer as usize).checked_sub(1) {
            None => entry.at,
            Some(buffer) => self.homes.get(buffer).copied().unwrap_or_default(),
        };
        self.versions(number).max_by_key(home)
    }

    /// What a value means: itself, or in all their versions the objects that it refers to.
    pub(super) fn meant<'a>(&'a self, value: &Value<'a>) -> Vec<(Option<Entry>, Value<'a>)> {
        let Value::Ref(number, _) = value else {
            return vec![(None, value.clone())];
        };
        let mut found = Vec::new();
        let mut wanted = vec![*number];
        for _ in 0..MAX_CHAIN {
            let Some(number) = wanted.pop() else { break };
            for entry in self.versions(number) {
                if self.is_exhausted() {
                    return found;
                }
                let buffer = self.buffer(entry.buffer);
                let at = entry.at as usize;
                let rest = buffer.get(at..).unwrap_or_default();
                let (value, end) =
                    object::read(rest.get(..MAX_MEANT).unwrap_or(rest), 0, &mut |_| ());
                let left = self.work.get().saturating_sub(end as u64 + 64);
                self.work.set(left);
                match value {
                    Value::Ref(next, _) if next != number => wanted.push(next),
                    value => found.push((Some(entry), value)),
                }
            }
        }
        found
    }

    /// Whether references led to more work than they are worth; the rest was not followed.
    pub(super) fn is_exhausted(&self) -> bool {
        self.work.get() == 0
    }

    /// Whether one of a dictionary's entries of that name is, or refers to, one of these names.
    pub(super) fn is_named(&self, dict: &Dict<'_>, key: &str, names: &[&str]) -> bool {
        dict.all(key).any(|value| {
            let is = |name: &[u8]| names.iter().any(|known| known.as_bytes() == name);
            match value {
                Value::Name(name) => is(name),
                Value::Ref(..) => {
                    let meant = self.meant(value);
                    meant.iter().any(|(_, value)| value.name().is_some_and(is))
                }
                _ => false,
            }
        })
    }

    /// A whole number, or the one that is referred to.
    pub(super) fn int(&self, value: Option<&Value<'_>>) -> Option<i64> {
        match value? {
            value @ Value::Ref(..) => self.meant(value).iter().find_map(|(_, value)| value.int()),
            value => value.int(),
        }
    }

    /// The bytes of a stream that begins at `body`, as they stand.
    pub(super) fn raw(&self, dict: &Dict<'_>, body: usize) -> &[u8] {
        let rest = self.bytes.get(body..).unwrap_or_default();
        let length = self.int(dict.get("Length"));
        let end = length.and_then(|length| ends_there(&self.bytes, body, length));
        let length = match end {
            Some(end) => end.saturating_sub(body),
            None => match memmem::find(rest, b"endstream") {
                Some(length) => {
                    let data = rest.get(..length).unwrap_or_default();
                    let data = data.strip_suffix(b"\n").unwrap_or(data);
                    data.strip_suffix(b"\r").unwrap_or(data).len()
                }
                None => memmem::find(rest, b"endobj").unwrap_or(rest.len()),
            },
        };
        rest.get(..length).unwrap_or_default()
    }
}

fn entry_at(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The object header whose `obj` stands here: where it begins, and the object.
fn header(bytes: &[u8], obj: usize) -> Option<(usize, Entry)> {
    let spaces = |end: usize| {
        let before = bytes.get(..end).unwrap_or_default();
        let rev = before.iter().rev().take(MAX_SPACE);
        end - rev.take_while(|byte| object::is_space(**byte)).count()
    };
    let number = |end: usize| {
        let before = bytes.get(..end)?;
        let digits = before.iter().rev().take(MAX_DIGITS);
        let start = end - digits.take_while(|byte| byte.is_ascii_digit()).count();
        let text = std::str::from_utf8(before.get(start..)?).ok()?;
        Some((start, text.parse::<u64>().ok()?))
    };
    let (start, generation) = number(spaces(obj))?;
    let end = spaces(start);
    if end == start {
        return None;
    }
    let (start, number) = number(end)?;
    let entry = Entry {
        number: u32::try_from(number).ok()?,
        generation: u16::try_from(generation).unwrap_or(u16::MAX),
        buffer: 0,
        at: u32::try_from(obj + 3).ok()?,
    };
    Some((start, entry))
}

/// Where a stream begins, if `stream` comes here.
fn body(bytes: &[u8], at: usize) -> Option<usize> {
    let at = object::skip_space(bytes, at);
    let rest = bytes.get(at..)?.strip_prefix(b"stream")?;
    let line_end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        // Some writers leave spaces before the line end.
        [b' ', ..] => {
            let spaces = rest
                .iter()
                .take(MAX_SPACE)
                .take_while(|byte| **byte == b' ')
                .count();
            match rest.get(spaces..) {
                Some([b'\r', b'\n', ..]) => spaces + 2,
                Some([b'\r' | b'\n', ..]) => spaces + 1,
                _ => 0,
            }
        }
        _ => 0,
    };
    Some(at + b"stream".len() + line_end)
}

/// The bytes that may be read for references in a file of this size.
fn worth(size: u64) -> u64 {
    size.saturating_mul(WORK_PER_BYTE)
        .saturating_add(WORK)
        .min(MAX_WORK)
}

/// The end of a stream of this length, if `endstream` comes there.
fn ends_there(bytes: &[u8], body: usize, length: i64) -> Option<usize> {
    let end = body.checked_add(usize::try_from(length).ok()?)?;
    let rest = bytes.get(end..)?;
    let window = rest.get(..MAX_SPACE).unwrap_or(rest);
    let behind = window.trim_ascii_start();
    behind.starts_with(b"endstream").then_some(end)
}

/// Objects, and bytes, between two ticks.
const TICK: u64 = 16 << 10;
const TICK_BYTES: usize = 4 << 20;
/// Bytes of an entry.
const ENTRY: u64 = 16;
/// White space and digits of an object header.
const MAX_SPACE: usize = 64;
const MAX_DIGITS: usize = 12;
/// Versions of one object that are looked at.
const MAX_VERSIONS: usize = 8;
/// References behind each other.
const MAX_CHAIN: usize = 8;
/// Bytes that are read of an object that is referred to.
const MAX_MEANT: usize = 1 << 20;
/// Bytes that are read for references, all together: of any file, and for each byte of a file.
const WORK: u64 = 4 << 20;
const WORK_PER_BYTE: u64 = 8;
const MAX_WORK: u64 = 256 << 20;
