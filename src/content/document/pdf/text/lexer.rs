//! The tokens of content streams and CMaps (ISO 32000-2 clause 7.8.2): operands, then their operator.

use std::borrow::Cow;

use super::super::object::{self, Value};

/// An operand.
#[derive(Clone, Debug)]
pub(super) enum Operand<'c> {
    Number(f64),
    /// Without its slash.
    Name(Cow<'c, [u8]>),
    Text(Cow<'c, [u8]>),
    Array(Vec<Operand<'c>>),
    /// A dictionary, and anything else.
    Other(Value<'c>),
}

impl Operand<'_> {
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> Option<&[u8]> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// Reads a content stream.
pub(super) struct Lexer<'c> {
    bytes: &'c [u8],
    at: usize,
    /// From here on no inline image ends: it is not looked for again.
    endless: bool,
}

impl<'c> Lexer<'c> {
    pub(super) fn new(bytes: &'c [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            endless: false,
        }
    }

    /// The next operator; what stands before it goes into `operands`. None at the end.
    pub(super) fn next(&mut self, operands: &mut Vec<Operand<'c>>) -> Option<&'c [u8]> {
        // Where the array that is being read begins among the operands.
        let mut open: Vec<usize> = Vec::new();
        loop {
            self.at = object::skip_space(self.bytes, self.at);
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let first = *rest.first()?;
            if operands.len() > MAX_OPERANDS {
                operands.clear();
                open.clear();
            }
            match first {
                b'(' => {
                    let (text, used) = literal(rest.get(1..).unwrap_or_default());
                    operands.push(Operand::Text(text));
                    self.at += used + 1;
                }
                b'<' if rest.get(1) == Some(&b'<') => {
                    let (value, end) = object::read(self.bytes, self.at, &mut |_| ());
                    operands.push(Operand::Other(value));
                    self.at = end.max(self.at + 2);
                }
                b'<' => {
                    let (text, used) = hexadecimal(rest.get(1..).unwrap_or_default());
                    operands.push(Operand::Text(Cow::Owned(text)));
                    self.at += used + 1;
                }
                b'/' => {
                    let raw = regular(rest.get(1..).unwrap_or_default());
                    self.at += raw.len() + 1;
                    operands.push(Operand::Name(object::decode_name(raw)));
                }
                b'[' => {
                    self.at += 1;
                    if open.len() < MAX_OPEN {
                        open.push(operands.len());
                    }
                }
                b']' => {
                    self.at += 1;
                    if let Some(from) = open.pop() {
                        let inside = operands.split_off(from.min(operands.len()));
                        operands.push(Operand::Array(inside));
                    }
                }
                b')' | b'>' | b'{' | b'}' => self.at += 1,
                b'0'..=b'9' | b'+' | b'-' | b'.' => {
                    let word = regular(rest);
                    self.at += word.len().max(1);
                    operands.push(Operand::Number(number(word)));
                }
                _ => {
                    let word = regular(rest);
                    self.at += word.len().max(1);
                    return Some(word);
                }
            }
        }
    }

    /// Skips the bytes of an inline image, from behind `ID` to behind `EI`.
    pub(super) fn skip_image(&mut self) {
        if self.endless {
            return;
        }
        let mut from = self.at;
        while let Some(found) = self
            .bytes
            .get(from..)
            .and_then(|rest| memchr::memmem::find(rest, b"EI"))
        {
            let here = from + found;
            let before = here.checked_sub(1).and_then(|at| self.bytes.get(at));
            let behind = self.bytes.get(here + 2..).unwrap_or_default();
            let ends = behind.first().is_none_or(|byte| object::is_space(*byte));
            // What follows is text again, not more of the picture.
            let text = behind
                .iter()
                .take(12)
                .all(|byte| object::is_space(*byte) || (0x20..0x7f).contains(byte));
            if before.is_some_and(|byte| object::is_space(*byte)) && ends && text {
                self.at = here + 2;
                return;
            }
            from = here + 2;
        }
        self.endless = true;
        // No end: whatever comes is read as operators.
    }
}

/// A number as lenient viewers read it: `--5`, `1.2.3`, `4-2`.
fn number(word: &[u8]) -> f64 {
    let mut negative = false;
    let mut whole = 0.0_f64;
    let mut scale = 0.0_f64;
    let mut digits = 0_u32;
    for (at, byte) in word.iter().enumerate() {
        match byte {
            b'-' if at == 0 => negative = true,
            b'0'..=b'9' if digits < 18 => {
                digits += 1;
                let digit = f64::from(byte - b'0');
                if scale == 0.0 {
                    whole = whole * 10.0 + digit;
                } else {
                    whole += digit * scale;
                    scale *= 0.1;
                }
            }
            b'0'..=b'9' => {
                if scale == 0.0 {
                    whole *= 10.0;
                }
            }
            b'.' if scale == 0.0 => scale = 0.1,
            b'+' | b'-' if digits == 0 => {}
            _ => break,
        }
    }
    let value = whole.min(1e12);
    if negative { -value } else { value }
}

/// A string from behind its parenthesis, and how many bytes it and the closing one took.
fn literal(inside: &[u8]) -> (Cow<'_, [u8]>, usize) {
    let mut depth = 0_usize;
    let mut at = 0;
    let mut plain = true;
    let mut end = inside.len();
    while let Some(found) = inside
        .get(at..)
        .and_then(|rest| memchr::memchr3(b'(', b')', b'\\', rest))
    {
        let here = at + found;
        at = here + 1;
        match inside.get(here) {
            Some(b'(') => depth += 1,
            Some(b')') if depth == 0 => {
                end = here;
                break;
            }
            Some(b')') => depth -= 1,
            _ => {
                plain = false;
                at += 1;
            }
        }
    }
    let raw = inside.get(..end).unwrap_or_default();
    let text = match plain {
        true => Cow::Borrowed(raw),
        false => Cow::Owned(object::Text::literal(raw).bytes(usize::MAX)),
    };
    (text, end + 1)
}

fn hexadecimal(inside: &[u8]) -> (Vec<u8>, usize) {
    let end = memchr::memchr(b'>', inside).unwrap_or(inside.len());
    let mut bytes = Vec::with_capacity(end / 2);
    let mut high: Option<u8> = None;
    for byte in inside.get(..end).unwrap_or_default() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => continue,
        };
        match high.take() {
            None => high = Some(digit),
            Some(first) => bytes.push(first << 4 | digit),
        }
    }
    bytes.extend(high.map(|first| first << 4));
    (bytes, end + 1)
}

fn regular(bytes: &[u8]) -> &[u8] {
    let is_end = |byte: &u8| {
        object::is_space(*byte)
            || matches!(
                byte,
                b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
            )
    };
    let length = bytes.iter().position(is_end).unwrap_or(bytes.len());
    bytes.get(..length).unwrap_or_default()
}

/// Operands before one operator; CMaps have 100 pairs, arrays of text more.
const MAX_OPERANDS: usize = 100_000;
/// Arrays in arrays.
const MAX_OPEN: usize = 16;
