//! A quick reader of an XML part that lies in memory: tags, ends of elements, text.
//!
//! As [`super::super::xml`], not a parser: prefixes are cut off, a DOCTYPE is passed over (so nothing
//! can be expanded), nothing is checked but that what begins ends. Never goes back, so it is linear.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3, memmem};

use super::super::xml;

/// What comes next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event<'x> {
    /// An element begins.
    Open(Tag<'x>),
    /// The element that began last ends; `<a/>` ends too.
    Close,
    /// Text, its references not replaced.
    Text(&'x [u8]),
    /// Text of a CDATA section, in which there are no references.
    Raw(&'x [u8]),
}

/// The beginning of an element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag<'x> {
    /// Its name, without the prefix.
    pub(super) name: &'x [u8],
    /// Its attributes.
    attributes: &'x [u8],
}

/// Reads the events of a part.
#[derive(Debug)]
pub(super) struct Tags<'x> {
    rest: &'x [u8],
    /// Elements that are open.
    depth: u32,
    /// `<a/>` was read, and its end not told yet.
    empty: bool,
    /// Whether it ends in the midst of something.
    pub(super) damaged: bool,
}

impl<'x> Tags<'x> {
    pub(super) fn new(part: &'x [u8]) -> Self {
        Self {
            rest: part,
            depth: 0,
            empty: false,
            damaged: false,
        }
    }

    /// The next event, and how many elements stand around it: an element and its end have the same
    /// depth.
    pub(super) fn next(&mut self) -> Option<(Event<'x>, u32)> {
        if std::mem::take(&mut self.empty) {
            self.depth = self.depth.saturating_sub(1);
            return Some((Event::Close, self.depth));
        }
        loop {
            let Some(open) = memchr(b'<', self.rest) else {
                let text = std::mem::take(&mut self.rest);
                self.damaged |= self.depth > 0;
                return (!text.is_empty()).then_some((Event::Text(text), self.depth));
            };
            if open > 0 {
                let (text, rest) = self.rest.split_at(open);
                self.rest = rest;
                return Some((Event::Text(text), self.depth));
            }
            let inner = self.rest.get(1..).unwrap_or_default();
            match inner.first() {
                Some(b'/') => {
                    self.pass(memchr(b'>', inner), 1);
                    if self.depth == 0 {
                        self.damaged = true;
                        continue;
                    }
                    self.depth -= 1;
                    return Some((Event::Close, self.depth));
                }
                Some(b'?') => self.pass(memmem::find(inner, b"?>"), 2),
                Some(b'!') => {
                    if let Some(raw) = inner.strip_prefix(b"![CDATA[") {
                        let end = memmem::find(raw, b"]]>");
                        let text = raw.get(..end.unwrap_or(raw.len())).unwrap_or_default();
                        self.pass(end.map(|end| end.saturating_add(8)), 3);
                        return Some((Event::Raw(text), self.depth));
                    }
                    if inner.starts_with(b"!--") {
                        let end = inner.get(3..).and_then(|body| memmem::find(body, b"-->"));
                        self.pass(end.map(|end| end.saturating_add(3)), 3);
                    } else {
                        self.pass(declaration(inner), 1);
                    }
                }
                _ => {
                    let end = tag_end(inner);
                    let whole = inner.get(..end.unwrap_or(inner.len())).unwrap_or_default();
                    self.pass(end, 1);
                    if end.is_none() {
                        continue;
                    }
                    let (whole, empty) = match whole.strip_suffix(b"/") {
                        Some(whole) => (whole, true),
                        None => (whole, false),
                    };
                    self.empty = empty;
                    let depth = self.depth;
                    self.depth = depth.saturating_add(1);
                    return Some((Event::Open(Tag::new(whole)), depth));
                }
            }
        }
    }

    /// Passes over markup that ends at `end` behind its `<`, with a sign of `length` bytes.
    fn pass(&mut self, end: Option<usize>, length: usize) {
        self.damaged |= end.is_none();
        self.rest = end
            .and_then(|end| {
                self.rest
                    .get(end.saturating_add(1).saturating_add(length)..)
            })
            .unwrap_or_default();
    }
}

impl<'x> Tag<'x> {
    fn new(inner: &'x [u8]) -> Self {
        let end = inner.iter().position(u8::is_ascii_whitespace);
        let (name, attributes) = inner.split_at(end.unwrap_or(inner.len()));
        Self {
            name: local(name),
            attributes,
        }
    }

    /// Its attributes with their whole names, as they stand there.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (&'x [u8], &'x [u8])> + use<'x> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            let equals = memchr(b'=', rest)?;
            let (name, value) = rest.split_at(equals);
            let value = value.get(1..)?.trim_ascii_start();
            let quote = *value.first()?;
            let value = value.get(1..)?;
            if !matches!(quote, b'"' | b'\'') {
                return None;
            }
            let (value, more) = value.split_at(memchr(quote, value)?);
            rest = more.get(1..)?;
            Some((name.trim_ascii(), value))
        })
    }

    /// The value of an attribute, by its name without a prefix, as it stands there.
    pub(super) fn raw(&self, wanted: &[u8]) -> Option<&'x [u8]> {
        if self.attributes.is_empty() {
            return None;
        }
        let mut attributes = self.attributes();
        attributes
            .find(|(name, _)| local(name) == wanted)
            .map(|(_, value)| value)
    }

    /// The value of an attribute, by its name without a prefix.
    pub(super) fn value(&self, wanted: &[u8]) -> Option<Cow<'x, str>> {
        self.raw(wanted).map(text)
    }

    /// An attribute that is a number.
    pub(super) fn number(&self, wanted: &[u8]) -> Option<u32> {
        std::str::from_utf8(self.raw(wanted)?)
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    /// Whether an attribute has this value.
    pub(super) fn is(&self, wanted: &[u8], value: &[u8]) -> bool {
        self.raw(wanted) == Some(value)
    }

    /// Whether an element that switches something on does so (ECMA-376 part 1, 22.9.2.7): it does
    /// without a value too.
    pub(super) fn on(&self) -> bool {
        !matches!(self.raw(b"val"), Some(b"0" | b"false" | b"off" | b"none"))
    }
}

/// Text with its references replaced.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if memchr(b'&', bytes).is_none() => Cow::Borrowed(text),
        _ => Cow::Owned(xml::decoded(bytes)),
    }
}

/// The name without its prefix.
pub(super) fn local(name: &[u8]) -> &[u8] {
    match memchr(b':', name) {
        Some(colon) => name.get(colon.saturating_add(1)..).unwrap_or_default(),
        None => name,
    }
}

/// Where the `>` of a tag stands: those in quotes are none.
fn tag_end(inner: &[u8]) -> Option<usize> {
    let end = memchr(b'>', inner)?;
    let Some(mut at) = memchr2(b'"', b'\'', inner.get(..end)?) else {
        return Some(end);
    };
    loop {
        let quote = *inner.get(at)?;
        let behind = at.checked_add(1)?;
        at = behind.checked_add(memchr(quote, inner.get(behind..)?)?)?;
        at = at.checked_add(1)?;
        at = at.checked_add(memchr3(b'>', b'"', b'\'', inner.get(at..)?)?)?;
        if inner.get(at) == Some(&b'>') {
            return Some(at);
        }
    }
}

/// Where a DOCTYPE ends: behind its brackets, if it has some.
fn declaration(inner: &[u8]) -> Option<usize> {
    let end = memchr2(b'>', b'[', inner)?;
    if inner.get(end) == Some(&b'>') {
        return Some(end);
    }
    let close = end.checked_add(memchr(b']', inner.get(end..)?)?)?;
    close.checked_add(memchr(b'>', inner.get(close..)?)?)
}
