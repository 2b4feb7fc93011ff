//! The objects of PDF (ISO 32000-2 clause 7.3), read from bytes that somebody else wrote: one pass, a
//! stack of its own instead of recursion, and every dictionary is shown as soon as it ends, however
//! deep it stands.

use std::borrow::Cow;

/// One object. Streams are a dictionary with something behind it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    /// A number without a fraction.
    Int(i64),
    /// A number with one; never NaN or infinite.
    Real(f64),
    /// Without its slash, `#xx` decoded.
    Name(Cow<'a, [u8]>),
    Text(Text<'a>),
    Array(Vec<Value<'a>>),
    Dict(Dict<'a>),
    /// Number and generation of another object.
    Ref(u32, u16),
    True,
    False,
    /// null, what nobody knows.
    Other,
}

/// A string as it stands between its delimiters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Text<'a> {
    raw: &'a [u8],
    hex: bool,
}

/// A dictionary: every entry, those that stand twice too.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dict<'a> {
    entries: Vec<(Cow<'a, [u8]>, Value<'a>)>,
}

impl<'a> Dict<'a> {
    /// The first entry of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Value<'a>> {
        let mut entries = self.entries.iter();
        let found = entries.find(|(key, _)| &**key == name.as_bytes());
        found.map(|(_, value)| value)
    }

    /// All entries of that name: programs differ in which one they take.
    pub(super) fn all<'d>(&'d self, name: &'d str) -> impl Iterator<Item = &'d Value<'a>> {
        let entries = self.entries.iter();
        entries
            .filter(move |(key, _)| &**key == name.as_bytes())
            .map(|(_, value)| value)
    }

    /// Whether an entry of that name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&[u8], &Value<'a>)> {
        self.entries.iter().map(|(key, value)| (&**key, value))
    }
}

impl<'a> Value<'a> {
    pub(super) fn dict(&self) -> Option<&Dict<'a>> {
        match self {
            Self::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
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

impl<'a> Text<'a> {
    /// What stands between two parentheses.
    pub(super) fn literal(raw: &'a [u8]) -> Self {
        Self { raw, hex: false }
    }
}

impl Text<'_> {
    /// Its bytes, no more than `limit`.
    pub(super) fn bytes(self, limit: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.hex {
            let mut high = None;
            for digit in self.raw.iter().filter_map(|byte| hex(*byte)) {
                match high.take() {
                    None => high = Some(digit),
                    Some(first) => bytes.push(first << 4 | digit),
                }
                if bytes.len() >= limit {
                    return bytes;
                }
            }
            // A last digit alone has a zero behind it.
            bytes.extend(high.map(|first| first << 4));
            return bytes;
        }
        let mut raw = self.raw.iter().copied().peekable();
        while let Some(byte) = raw.next() {
            if bytes.len() >= limit {
                break;
            }
            if byte != b'\\' {
                bytes.push(byte);
                continue;
            }
            let Some(escaped) = raw.next() else { break };
            match escaped {
                b'n' => bytes.push(b'\n'),
                b'r' => bytes.push(b'\r'),
                b't' => bytes.push(b'\t'),
                b'b' => bytes.push(8),
                b'f' => bytes.push(12),
                b'\r' => {
                    raw.next_if_eq(&b'\n');
                }
                b'\n' => {}
                b'0'..=b'7' => {
                    let mut code = u16::from(escaped - b'0');
                    for _ in 0..2 {
                        match raw.next_if(|byte| matches!(byte, b'0'..=b'7')) {
                            Some(digit) => code = code * 8 + u16::from(digit - b'0'),
                            None => break,
                        }
                    }
                    bytes.push(u8::try_from(code & 0xff).unwrap_or_default());
                }
                other => bytes.push(other),
            }
        }
        bytes
    }
}

/// What is called with each dictionary as it ends, inner ones before outer ones.
pub(super) type Visit<'v> = &'v mut dyn FnMut(&Dict<'_>);

/// Reads one object from `at` on: the object, and where it ends. Whatever is broken ends what is
/// open; nothing fails.
pub(super) fn read<'a>(bytes: &'a [u8], at: usize, visit: Visit<'_>) -> (Value<'a>, usize) {
    let mut lexer = Lexer { bytes, at };
    // The outermost frame holds what is read; the others are open arrays and dictionaries.
    let mut frames: Vec<Frame<'a>> = vec![Frame::default()];
    let mut kept = 0_usize;
    let mut open_dicts = 0_usize;
    loop {
        let before = lexer.at;
        let token = lexer.token();
        let depth = frames.len();
        let Some(top) = frames.last_mut() else {
            return (Value::Other, lexer.at);
        };
        match token {
            // Deeper than any program goes: the rest is not read.
            Token::Open(_) if depth > MAX_DEPTH => break,
            Token::Open(dict) => {
                open_dicts += usize::from(dict);
                frames.push(Frame {
                    dict,
                    values: Vec::new(),
                });
                continue;
            }
            Token::Close(dict) => {
                // `>>` ends what is open inside the dictionary too.
                while dict && open_dicts > 0 && frames.last().is_some_and(|frame| !frame.dict) {
                    close(&mut frames, visit);
                }
                if let [_, .., top] = frames.as_slice() {
                    open_dicts -= usize::from(top.dict);
                    close(&mut frames, visit);
                }
            }
            Token::Value(value) => top.values.push(value),
            Token::Word(b"R") => {
                let generation = top.values.pop();
                let number = top.values.pop();
                let number = number.and_then(|value| u32::try_from(value.int()?).ok());
                let generation = generation.and_then(|value| u16::try_from(value.int()?).ok());
                top.values
                    .push(match number.map(|number| (number, generation)) {
                        Some((number, generation)) => {
                            Value::Ref(number, generation.unwrap_or_default())
                        }
                        None => Value::Other,
                    });
            }
            Token::Word(b"true") => top.values.push(Value::True),
            Token::Word(b"false") => top.values.push(Value::False),
            Token::Word(b"null") => top.values.push(Value::Other),
            Token::Word(word) if ENDS.contains(&word) => {
                lexer.at = before;
                break;
            }
            Token::Word(_) => {}
            Token::End => break,
        }
        kept = kept.saturating_add(1);
        if kept > MAX_KEPT
            && let Some(top) = frames.last_mut()
            && top.values.len() > 2
            && !top.dict
        {
            // Of endless arrays the last two stay: they may become a reference.
            top.values.drain(..top.values.len() - 2);
        }
        let [root] = frames.as_slice() else { continue };
        match root.values.as_slice() {
            [] | [Value::Int(_)] | [Value::Int(_), Value::Int(_)] => {}
            _ => break,
        }
    }
    while frames.len() > 1 {
        close(&mut frames, visit);
    }
    let value = frames
        .pop()
        .and_then(|root| root.values.into_iter().next())
        .unwrap_or(Value::Other);
    (value, lexer.at)
}

#[derive(Default)]
struct Frame<'a> {
    dict: bool,
    values: Vec<Value<'a>>,
}

/// Ends the innermost array or dictionary and puts it into the one around it.
fn close(frames: &mut Vec<Frame<'_>>, visit: Visit<'_>) {
    let Some(frame) = frames.pop() else { return };
    let value = if frame.dict {
        let mut entries = Vec::with_capacity(frame.values.len() / 2);
        let mut values = frame.values.into_iter();
        while let Some(key) = values.next() {
            if let Value::Name(key) = key
                && let Some(value) = values.next()
            {
                entries.push((key, value));
            }
        }
        let dict = Dict { entries };
        visit(&dict);
        Value::Dict(dict)
    } else {
        Value::Array(frame.values)
    };
    // What stands too deep was shown; it is not kept, so that dropping it needs no deep recursion.
    let depth = frames.len();
    if let Some(outer) = frames.last_mut() {
        outer.values.push(if depth > KEPT_DEPTH {
            Value::Other
        } else {
            value
        });
    }
}

/// Words that end an object, whatever is open.
const ENDS: &[&[u8]] = &[
    b"endobj",
    b"stream",
    b"endstream",
    b"obj",
    b"xref",
    b"trailer",
    b"startxref",
];

/// Open arrays and dictionaries.
const MAX_DEPTH: usize = 20_000;
/// How deep values are kept.
const KEPT_DEPTH: usize = 64;
/// Values of one object that are kept; of arrays beyond that, only the end.
const MAX_KEPT: usize = 200_000;
/// Bytes of a string or a name: longer ones end there.
const MAX_TEXT: usize = 8 << 20;

enum Token<'a> {
    Value(Value<'a>),
    /// `<<` (true) or `[`.
    Open(bool),
    /// `>>` (true) or `]`.
    Close(bool),
    Word(&'a [u8]),
    End,
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    fn token(&mut self) -> Token<'a> {
        loop {
            self.at = skip_space(self.bytes, self.at);
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let (token, used) = match rest {
                [] => return Token::End,
                [b'<', b'<', ..] => (Token::Open(true), 2),
                [b'>', b'>', ..] => (Token::Close(true), 2),
                [b'[', ..] => (Token::Open(false), 1),
                [b']', ..] => (Token::Close(false), 1),
                [b'(', inside @ ..] => {
                    let raw = literal(inside);
                    (
                        Token::Value(Value::Text(Text { raw, hex: false })),
                        raw.len() + 2,
                    )
                }
                [b'<', inside @ ..] => {
                    let inside = inside.get(..MAX_TEXT).unwrap_or(inside);
                    let end = memchr::memchr(b'>', inside).unwrap_or(inside.len());
                    let raw = inside.get(..end).unwrap_or_default();
                    (Token::Value(Value::Text(Text { raw, hex: true })), end + 2)
                }
                [b'/', inside @ ..] => {
                    let inside = inside.get(..MAX_TEXT).unwrap_or(inside);
                    let raw = inside.get(..regular(inside)).unwrap_or_default();
                    (Token::Value(Value::Name(decode_name(raw))), raw.len() + 1)
                }
                [b')' | b'>' | b'{' | b'}', ..] => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    let word = rest.get(..regular(rest).max(1)).unwrap_or_default();
                    (word_or_number(word), word.len())
                }
            };
            self.at = self.at.saturating_add(used).min(self.bytes.len());
            return token;
        }
    }
}

/// A string without its parentheses, from behind the first one.
fn literal(inside: &[u8]) -> &[u8] {
    let inside = inside.get(..MAX_TEXT).unwrap_or(inside);
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(found) = inside
        .get(at..)
        .and_then(|rest| memchr::memchr3(b'(', b')', b'\\', rest))
    {
        let here = at + found;
        at = here + 1;
        match inside.get(here) {
            Some(b'(') => open += 1,
            Some(b')') if open == 0 => return inside.get(..here).unwrap_or_default(),
            Some(b')') => open -= 1,
            _ => at += 1,
        }
    }
    inside
}

fn word_or_number(word: &[u8]) -> Token<'_> {
    let first = word.first().copied().unwrap_or_default();
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return Token::Word(word);
    }
    let text = std::str::from_utf8(word).unwrap_or_default();
    if let Ok(int) = text.parse() {
        return Token::Value(Value::Int(int));
    }
    let real = text.parse().ok().filter(|real: &f64| real.is_finite());
    Token::Value(real.map_or(Value::Other, Value::Real))
}

pub(super) fn decode_name(raw: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'#', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut name = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [first, behind @ ..] = rest {
        match behind {
            [high, low, after @ ..] if *first == b'#' => {
                if let (Some(high), Some(low)) = (hex(*high), hex(*low)) {
                    name.push(high << 4 | low);
                    rest = after;
                    continue;
                }
            }
            _ => {}
        }
        name.push(*first);
        rest = behind;
    }
    Cow::Owned(name)
}

/// White space and comments (clause 7.2.3).
pub(super) fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        if *byte == b'%' {
            let rest = bytes.get(at..).unwrap_or_default();
            at += memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        } else if is_space(*byte) {
            at += 1;
        } else {
            break;
        }
    }
    at
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 12 | b'\r' | b' ')
}

/// How many regular characters stand here.
fn regular(bytes: &[u8]) -> usize {
    let is_end = |byte: &u8| is_space(*byte) || b"()<>[]{}/%".contains(byte);
    bytes.iter().position(is_end).unwrap_or(bytes.len())
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Value<'_> {
        read(text.as_bytes(), 0, &mut |_| ()).0
    }

    #[test]
    fn objects_are_what_they_are() {
        assert_eq!(one("12 0 R endobj"), Value::Ref(12, 0));
        assert_eq!(one(" %c\n12 endobj"), Value::Int(12));
        assert_eq!(
            one("/J#61va#53cript"),
            Value::Name(b"JavaScript".as_slice().into())
        );
        let Value::Text(text) = one(r"(a\(b(c)\)\101\n\
d)")
        else {
            panic!()
        };
        assert_eq!(text.bytes(99), b"a(b(c))A\nd");
        let Value::Text(text) = one("<41 4 2 4>") else {
            panic!()
        };
        assert_eq!(text.bytes(99), b"AB@");
        let found = one("<</A 1 0 R/B[1 2 3 0 R (x)]/A<</C true>>>>");
        let dict = found.dict().unwrap();
        assert_eq!(dict.all("A").count(), 2);
        assert_eq!(dict.get("A"), Some(&Value::Ref(1, 0)));
        let Some(Value::Array(list)) = dict.get("B") else {
            panic!()
        };
        assert_eq!(list.len(), 4);
        // Broken ones end where they must.
        let found = one("<</A [1 2 /B>> 7");
        assert!(found.dict().unwrap().has("A"));
        assert!(one("<</A 1").dict().unwrap().has("A"));
        assert_eq!(one(""), Value::Other);
    }

    #[test]
    fn every_dictionary_is_shown_however_deep_it_stands() {
        let deep = format!("{}<</S/Launch>>", "<</A[".repeat(5000));
        let mut seen = 0;
        read(deep.as_bytes(), 0, &mut |dict| {
            seen += usize::from(dict.has("S"));
        });
        assert_eq!(seen, 1);
        // Deeper than the limit: it ends.
        read("[".repeat(1 << 20).as_bytes(), 0, &mut |_| ());
        read("<</A".repeat(1 << 18).as_bytes(), 0, &mut |_| ());
    }
}
