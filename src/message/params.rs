//! Structured MIME fields: a value and its parameters (RFC 2045 section 5.1, RFC 2231), in every
//! reading that mail programs have.
//!
//! A parameter's first reading is the one that most programs show; the others follow, each once.

use std::cell::Cell;

use super::{text, transfer::hex};

/// A structured field, taken apart.
#[derive(Debug, Default)]
pub(super) struct Structured {
    /// What stands before the parameters, in lower case, without comments and white space.
    pub(super) main: String,
    params: Vec<Param>,
    /// There is more in it than was read, or more readings than were kept.
    cut: Cell<bool>,
}

/// One reading of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) bytes: Vec<u8>,
    /// The charset that RFC 2231 names, possibly empty; none for a plain parameter.
    pub(super) charset: Option<Vec<u8>>,
}

#[derive(Debug)]
struct Param {
    /// In lower case: `filename`, `filename*`, `filename*0*`.
    name: Vec<u8>,
    /// Never empty; the usual reading first.
    values: Vec<Vec<u8>>,
}

impl Structured {
    pub(super) fn parse(value: &[u8]) -> Self {
        let mut cut = value.len() > MAX_FIELD;
        let value = text::unfold(value.get(..value.len().min(MAX_FIELD)).unwrap_or_default());
        let mut at = Cursor {
            rest: &value,
            unclosed: false,
            work: 0,
        };
        let main = at.main();
        if main.contains('=') {
            // The value is missing: what stands in its place is a parameter.
            at.rest = &value;
        }
        let mut params = Vec::new();
        loop {
            at.skip_blank(true);
            if at.rest.is_empty() {
                break;
            }
            if params.len() >= MAX_PARAMS || at.work > MAX_WORK {
                cut = true;
                break;
            }
            // Parameters that nobody asks for take no place from those that count.
            if let Some(param) = at.param()
                && WANTED.iter().any(|name| param.name.starts_with(name))
            {
                params.push(param);
            }
        }
        Self {
            main,
            params,
            cut: Cell::new(cut),
        }
    }

    /// Whether there is more in it than was read, or (after [`Self::readings`]) more readings of
    /// a parameter than were given.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.get()
    }

    /// The usual reading of a parameter as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let reading = self.readings(name).into_iter().next()?;
        Some(text::guess(&reading.bytes))
    }

    /// All readings of a parameter, the usual one first, each once: RFC 2231 before plain ones.
    pub(super) fn readings(&self, name: &str) -> Vec<Reading> {
        let mut found = Vec::new();
        self.extended(name.as_bytes(), &mut found);
        for param in self
            .params
            .iter()
            .filter(|param| param.name == name.as_bytes())
        {
            for bytes in &param.values {
                let reading = Reading {
                    bytes: bytes.clone(),
                    charset: None,
                };
                self.add(&mut found, reading);
            }
        }
        found
    }

    /// `name*=`, `name*0=`, `name*0*=` and so on.
    fn extended(&self, name: &[u8], found: &mut Vec<Reading>) {
        let mut pieces: Vec<Piece> = Vec::new();
        for param in &self.params {
            let Some(rest) = param
                .name
                .strip_prefix(name)
                .and_then(|r| r.strip_prefix(b"*"))
            else {
                continue;
            };
            let (index, encoded) = match rest.strip_suffix(b"*") {
                Some(index) => (index, true),
                None => (rest, rest.is_empty()),
            };
            let Some(value) = param.values.first() else {
                continue;
            };
            if rest.is_empty() {
                let (charset, value) = split_charset(value);
                let bytes = text::percent(value, b'%', false);
                let charset = Some(charset.to_vec());
                self.add(found, Reading { bytes, charset });
                continue;
            }
            if let Ok(index) = String::from_utf8_lossy(index).trim().parse::<u32>() {
                pieces.push(Piece {
                    index,
                    encoded,
                    value,
                });
            }
        }
        if pieces.is_empty() {
            return;
        }
        let as_written = pieces.clone();
        pieces.sort_by_key(|piece| piece.index);
        let mut once = pieces.clone();
        once.dedup_by_key(|piece| piece.index);
        // RFC 2231 section 3: from 0 on, up to the first that is missing.
        let first = once.first().map_or(0, |piece| piece.index);
        let unbroken = once
            .iter()
            .zip(first..)
            .take_while(|(piece, at)| piece.index == *at)
            .count();
        if first == 0 {
            let unbroken = once.get(..unbroken).unwrap_or_default();
            self.add(found, join(unbroken, false));
        }
        // Programs that do not mind what is missing, and that do not sort.
        self.add(found, join(&once, false));
        self.add(found, join(&pieces, false));
        self.add(found, join(&as_written, false));
        if pieces
            .iter()
            .any(|piece| !piece.encoded && has_percent(piece.value))
        {
            self.add(found, join(&once, true));
        }
    }

    fn add(&self, found: &mut Vec<Reading>, reading: Reading) {
        if found.iter().any(|known| known.bytes == reading.bytes) {
            return;
        }
        if found.len() < MAX_READINGS {
            found.push(reading);
        } else {
            self.cut.set(true);
        }
    }
}

#[derive(Clone, Copy)]
struct Piece<'a> {
    index: u32,
    encoded: bool,
    value: &'a [u8],
}

fn join(pieces: &[Piece<'_>], decode_all: bool) -> Reading {
    let mut bytes = Vec::new();
    let mut charset = None;
    for (at, piece) in pieces.iter().enumerate() {
        let mut value = piece.value;
        if at == 0 && piece.encoded {
            let (name, rest) = split_charset(value);
            charset = Some(name.to_vec());
            value = rest;
        }
        if piece.encoded || decode_all {
            bytes.extend(text::percent(value, b'%', false));
        } else {
            bytes.extend_from_slice(value);
        }
    }
    shorten(&mut bytes);
    Reading {
        bytes,
        charset: charset.or(Some(Vec::new())),
    }
}

/// `charset'language'value`; without both quotes there is no charset.
fn split_charset(value: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = value.splitn(3, |&byte| byte == b'\'');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(charset), Some(_), Some(rest)) => (charset, rest),
        _ => (b"", value),
    }
}

fn has_percent(value: &[u8]) -> bool {
    value
        .windows(3)
        .any(|w| w[0] == b'%' && hex(w[1]).is_some() && hex(w[2]).is_some())
}

struct Cursor<'a> {
    rest: &'a [u8],
    /// A comment was not closed: from there on parentheses are characters like others. (Each
    /// would be searched to the end of the field.)
    unclosed: bool,
    /// Bytes that were gone over for values: quotes that are not closed are read to the end of the
    /// field each.
    work: usize,
}

impl<'a> Cursor<'a> {
    /// The value before the parameters: up to `;`, or to white space that no `/` follows.
    fn main(&mut self) -> String {
        let mut main = String::new();
        loop {
            self.skip_blank(false);
            let taken =
                self.take_while(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b';' | b'('));
            main.push_str(&String::from_utf8_lossy(taken).to_ascii_lowercase());
            self.skip_blank(false);
            // `text / plain` is allowed by RFC 822 and taken by many.
            let goes_on = main.ends_with('/') || self.rest.first() == Some(&b'/');
            if taken.is_empty() || !goes_on || self.rest.is_empty() {
                return main;
            }
        }
    }

    /// `name = value`; none for something else, which is skipped.
    fn param(&mut self) -> Option<Param> {
        let name = self.take_while(|byte| {
            !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b';' | b'(' | b'"')
        });
        self.skip_blank(false);
        if self.rest.first() != Some(&b'=') {
            if name.is_empty() {
                // A lone quote or parenthesis: pass it.
                self.rest = self.rest.get(1..).unwrap_or_default();
            }
            return None;
        }
        self.rest = &self.rest[1..];
        let before_comments = self.rest.trim_ascii_start();
        self.skip_blank(false);
        let mut values = Vec::new();
        if self.rest.first() == Some(&b'"') {
            self.quoted(&mut values);
        } else {
            self.unquoted(before_comments, &mut values);
        }
        for value in &mut values {
            self.work += value.len();
            shorten(value);
        }
        if name.is_empty() {
            return None;
        }
        Some(Param {
            name: name.to_ascii_lowercase(),
            values,
        })
    }

    fn quoted(&mut self, values: &mut Vec<Vec<u8>>) {
        let start = self.rest;
        let inner = &start[1..];
        let mut plain = Vec::new();
        let mut escaped = false;
        let mut close = None;
        for (at, &byte) in inner.iter().enumerate() {
            match byte {
                _ if escaped => {
                    plain.push(byte);
                    escaped = false;
                }
                b'\\' => escaped = true,
                b'"' => {
                    close = Some(at);
                    break;
                }
                _ => plain.push(byte),
            }
        }
        let literal = &inner[..close.unwrap_or(inner.len())];
        push(values, plain);
        // Backslashes as they are: Windows paths, and programs that know no escapes.
        push(values, literal.to_vec());
        let semicolon = until_semicolon(start);
        match close {
            Some(at) => {
                self.rest = &inner[at + 1..];
                let junk = until_semicolon(self.rest);
                if !junk.trim_ascii().is_empty() && junk.trim_ascii().first() != Some(&b'(') {
                    // `"a"b.exe`: with what follows, with the quotes and without them.
                    let whole = &start[..at + 2 + junk.len()];
                    push(values, without_quotes(whole));
                    push(values, whole.trim_ascii().to_vec());
                    push(values, junk.trim_ascii().to_vec());
                    // What follows may also be the next parameter: leave it to the caller.
                }
            }
            None => {
                self.rest = b"";
                push(values, start.trim_ascii().to_vec());
                push(values, without_quotes(semicolon));
                push(values, semicolon.trim_ascii().to_vec());
                // Later parameters inside the open quote.
                self.rest = start.get(semicolon.len()..).unwrap_or_default();
            }
        }
        if semicolon.len() <= literal.len() {
            // Programs that split at each semicolon first.
            push(values, without_quotes(semicolon));
        }
    }

    fn unquoted(&mut self, with_comments: &'a [u8], values: &mut Vec<Vec<u8>>) {
        let start = self.rest;
        let raw = until_semicolon(start);
        let token = start
            .iter()
            .position(|byte| TOKEN_ENDS.contains(byte) || *byte < 33);
        let token = &start[..token.unwrap_or(start.len())];
        push(values, raw.trim_ascii().to_vec());
        push(values, token.to_vec());
        if with_comments.len() != start.len() || raw.contains(&b'(') {
            push(values, until_semicolon(with_comments).trim_ascii().to_vec());
            push(values, without_comments(raw));
        }
        if raw.contains(&b'"') {
            push(values, without_quotes(raw));
        }
        if raw.contains(&b'\\') {
            push(values, unescaped(start));
        }
        self.rest = &start[raw.len()..];
        // Semicolons inside: what follows up to the next real parameter.
        let mut whole = raw.len();
        while let Some(rest) = start.get(whole + 1..).filter(|rest| !rest.is_empty()) {
            let piece = until_semicolon(rest);
            if piece.is_empty() || piece.contains(&b'=') || piece.trim_ascii().is_empty() {
                break;
            }
            whole += 1 + piece.len();
        }
        if whole > raw.len() {
            push(values, start[..whole].trim_ascii().to_vec());
        }
    }

    fn skip_blank(&mut self, semicolons: bool) {
        loop {
            match self.rest.first() {
                Some(b';') if semicolons => self.rest = &self.rest[1..],
                Some(byte) if byte.is_ascii_whitespace() => self.rest = &self.rest[1..],
                Some(b'(') if !self.unclosed => match behind_comment(self.rest) {
                    Some(rest) => self.rest = rest,
                    None => self.unclosed = true,
                },
                _ => return,
            }
        }
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self
            .rest
            .iter()
            .position(|&byte| !wanted(byte))
            .unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

/// Behind a comment (RFC 5322 section 3.2.2), nested ones included; none when it is not closed.
fn behind_comment(text: &[u8]) -> Option<&[u8]> {
    let mut depth = 0usize;
    let mut escaped = false;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return text.get(at + 1..);
                }
            }
            _ => {}
        }
    }
    None
}

fn without_comments(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut unclosed = false;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'(' && !unclosed {
            match behind_comment(&text[text.len() - tail.len() - 1..]) {
                Some(behind) => {
                    rest = behind;
                    continue;
                }
                None => unclosed = true,
            }
        }
        out.push(byte);
    }
    out.trim_ascii().to_vec()
}

fn without_quotes(text: &[u8]) -> Vec<u8> {
    let plain: Vec<u8> = text.iter().copied().filter(|&byte| byte != b'"').collect();
    plain.trim_ascii().to_vec()
}

/// Escapes resolved, up to the first semicolon that is not escaped.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => out.extend(bytes.next()),
            b';' => break,
            _ => out.push(byte),
        }
        if out.len() > MAX_VALUE {
            break;
        }
    }
    out.trim_ascii().to_vec()
}

/// Leaves the beginning and the end of a value that is too long: what a file is stands at its end.
fn shorten(value: &mut Vec<u8>) {
    if value.len() > MAX_VALUE {
        value.drain(MAX_VALUE / 2..value.len() - MAX_VALUE / 2);
    }
}

fn until_semicolon(text: &[u8]) -> &[u8] {
    let end = text
        .iter()
        .position(|&byte| byte == b';')
        .unwrap_or(text.len());
    &text[..end]
}

fn push(values: &mut Vec<Vec<u8>>, value: Vec<u8>) {
    if values.is_empty() || (!value.is_empty() && !values.contains(&value)) {
        values.push(value);
    }
}

const TOKEN_ENDS: &[u8] = b"()<>@,;:\\\"/[]?=";
/// Bytes of a field that are read.
const MAX_FIELD: usize = 64 << 10;
const MAX_PARAMS: usize = 256;
/// Bytes that are gone over for the values of one field.
const MAX_WORK: usize = 1 << 20;
/// What is asked for, in lower case; also the beginning of `name*0`.
const WANTED: [&[u8]; 5] = [b"boundary", b"charset", b"filename", b"micalg", b"name"];
/// Bytes of a reading that are kept.
const MAX_VALUE: usize = 4 << 10;
const MAX_READINGS: usize = 32;
