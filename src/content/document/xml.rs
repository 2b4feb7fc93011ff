//! A scanner of XML that is fed piece by piece: tags with their attributes, and text between them.
//!
//! Not a parser: it checks nothing, keeps no tree, knows no namespaces (prefixes are cut off) and no
//! entities but the five of XML and character references; a DOCTYPE is passed over, so nothing can be
//! expanded. Bounded by [`LONG_TAG`], whatever it is fed with.

use memchr::memchr;

/// What the scanner calls.
pub(super) trait Handler {
    /// A tag. Comments, declarations and processing instructions are none.
    fn tag(&mut self, tag: &Tag<'_>);

    /// A piece of text, as it stands there; it may come in several pieces.
    fn text(&mut self, text: &[u8]);
}

/// One tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag<'t> {
    /// What stands between `<` and `>`, without a slash.
    inner: &'t [u8],
    /// `</a>`.
    pub(super) closes: bool,
    /// `<a/>`.
    pub(super) empty: bool,
}

/// Scans one XML document.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    /// An unfinished tag, from behind its `<`.
    held: Vec<u8>,
    inside: bool,
    /// The quote that an attribute of it began with.
    quote: Option<u8>,
    /// Whether its middle was dropped, because it was too long.
    pub(super) cut: bool,
}

impl Scanner {
    /// Scans a piece of the document, in an encoding that agrees with ASCII.
    pub(super) fn feed(&mut self, mut bytes: &[u8], handler: &mut dyn Handler) {
        while !bytes.is_empty() {
            if !self.inside {
                let Some(open) = memchr(b'<', bytes) else {
                    handler.text(bytes);
                    return;
                };
                let (text, rest) = bytes.split_at(open);
                if !text.is_empty() {
                    handler.text(text);
                }
                self.inside = true;
                self.quote = None;
                self.held.clear();
                bytes = rest.get(1..).unwrap_or_default();
                continue;
            }
            let Some(end) = self.end(bytes) else {
                self.hold(bytes);
                return;
            };
            let (piece, rest) = bytes.split_at(end);
            if self.held.is_empty() {
                self.inside = false;
                markup(piece, handler);
            } else {
                self.hold(piece);
                self.inside = false;
                let held = std::mem::take(&mut self.held);
                markup(&held, handler);
                self.held = held;
                self.held.clear();
            }
            bytes = rest.get(1..).unwrap_or_default();
        }
    }

    /// Where the `>` of the tag stands that began before these bytes.
    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            match (self.quote, byte) {
                (None, b'>') => {
                    // Comments and CDATA end with their own sign.
                    let before = bytes.get(..at).unwrap_or_default();
                    if self.is_end(before) {
                        return Some(at);
                    }
                }
                (None, b'"' | b'\'') => {
                    let before = bytes.get(..at).unwrap_or_default();
                    if !self.starts(before, b"!") && !self.starts(before, b"?") {
                        self.quote = Some(*byte);
                    }
                }
                (Some(quote), byte) if quote == *byte => self.quote = None,
                _ => {}
            }
        }
        None
    }

    /// Whether a `>` behind these bytes ends the markup.
    fn is_end(&self, before: &[u8]) -> bool {
        if self.starts(before, b"!--") {
            self.ends(before, b"--") && self.held.len() + before.len() >= 5
        } else if self.starts(before, b"![CDATA[") {
            self.ends(before, b"]]")
        } else if self.starts(before, b"?") {
            self.ends(before, b"?")
        } else {
            true
        }
    }

    fn starts(&self, more: &[u8], sign: &[u8]) -> bool {
        let mut bytes = self.held.iter().chain(more);
        sign.iter().all(|byte| bytes.next() == Some(byte))
    }

    fn ends(&self, more: &[u8], sign: &[u8]) -> bool {
        let mut bytes = more.iter().rev().chain(self.held.iter().rev());
        sign.iter().rev().all(|byte| bytes.next() == Some(byte))
    }

    /// Keeps a piece of an unfinished tag: its beginning, and the end that tells where it ends.
    fn hold(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        if self.held.len() > LONG_TAG {
            self.cut = true;
            let keep = self.held.len() - 2;
            self.held.drain(LONG_TAG / 2..keep);
        }
    }
}

fn markup(inner: &[u8], handler: &mut dyn Handler) {
    if let Some(text) = inner.strip_prefix(b"![CDATA[") {
        handler.text(text.strip_suffix(b"]]").unwrap_or(text));
        return;
    }
    if matches!(inner.first(), None | Some(b'!' | b'?')) {
        return;
    }
    let (closes, inner) = match inner.strip_prefix(b"/") {
        Some(rest) => (true, rest),
        None => (false, inner),
    };
    let (empty, inner) = match inner.strip_suffix(b"/") {
        Some(rest) => (true, rest),
        None => (false, inner),
    };
    handler.tag(&Tag {
        inner,
        closes,
        empty,
    });
}

impl<'t> Tag<'t> {
    /// Its name, without the prefix.
    pub(super) fn name(&self) -> &'t [u8] {
        let end = self.inner.iter().position(u8::is_ascii_whitespace);
        local(
            self.inner
                .get(..end.unwrap_or(self.inner.len()))
                .unwrap_or_default(),
        )
    }

    /// The value of an attribute, by its name without a prefix.
    pub(super) fn attribute(&self, wanted: &str) -> Option<String> {
        let start = self.inner.iter().position(u8::is_ascii_whitespace)?;
        let mut rest = self.inner.get(start..)?;
        loop {
            rest = rest.trim_ascii_start();
            let equals = memchr(b'=', rest)?;
            let name = rest.get(..equals)?.trim_ascii();
            let value = rest.get(equals + 1..)?.trim_ascii_start();
            let quote = *value.first()?;
            if !matches!(quote, b'"' | b'\'') {
                return None;
            }
            let value = value.get(1..)?;
            let end = memchr(quote, value)?;
            if local(name) == wanted.as_bytes() {
                return Some(decoded(value.get(..end)?));
            }
            rest = value.get(end + 1..)?;
        }
    }
}

fn local(name: &[u8]) -> &[u8] {
    match memchr(b':', name) {
        Some(colon) => name.get(colon + 1..).unwrap_or_default(),
        None => name,
    }
}

/// Text with its references replaced.
pub(super) fn decoded(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    if !text.contains('&') {
        return text.into_owned();
    }
    let mut found = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some((before, after)) = rest.split_once('&') {
        found.push_str(before);
        // Every reference ends soon.
        let end = after.bytes().take(12).position(|byte| byte == b';');
        let reference = end.and_then(|end| Some((after.get(..end)?, after.get(end + 1..)?)));
        match reference.and_then(|(name, more)| Some((referred(name)?, more))) {
            Some((letter, more)) => {
                found.push(letter);
                rest = more;
            }
            None => {
                found.push('&');
                rest = after;
            }
        }
    }
    found.push_str(rest);
    found
}

fn referred(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    })
}

/// Bytes of a tag that are kept where it spans pieces.
const LONG_TAG: usize = 256 << 10;
