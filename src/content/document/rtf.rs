//! Rich Text Format: objects inside it, templates and fields that load from elsewhere.
//!
//! Letters with exploits bend the format as far as Word lets them: hexadecimal digits with words,
//! groups and line ends in between, binary pieces, headers that are cut. Which groups inside the digits
//! Word leaves out depends on what it knows of their words, so the digits of an object are read in
//! three ways: without any group inside, without those that may be left out, and all.

use std::io::BufRead;

use super::ole::{
    is_file,
    package::{Object, Package, compound_in},
    word::{is_elsewhere, is_loading},
};
use crate::{
    content::{
        budget::Held,
        opener::{Inside, Member},
        source::{Cursor, Source},
    },
    facts::NotOpened,
};

/// Hands on the objects of a document.
pub(in crate::content) fn read(
    inside: &mut Inside<'_, '_>,
    source: &Source,
) -> Result<(), NotOpened> {
    let mut document = Document::default();
    let mut input = Input {
        cursor: source.cursor(),
        given: 0,
    };
    while let Some(byte) = input.next() {
        if input.given.is_multiple_of(CHECKED) {
            inside.spending().check()?;
        }
        match byte {
            b'{' => document.open(),
            b'}' => document.close(inside)?,
            b'\\' => {
                if document.control(&mut input) && document.held.is_none() {
                    // Digits become half as many bytes, read in three ways.
                    let bytes = source.len().saturating_mul(3) / 2;
                    document.held = Some(inside.spending().hold(bytes)?);
                }
            }
            byte => document.text(byte),
        }
    }
    // What is not closed ends with the file.
    while !document.outer.is_empty() {
        document.close(inside)?;
    }
    for sign in document.signs {
        inside.sign(sign);
    }
    Ok(())
}

/// Where text goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Destination {
    /// Text that says nothing here.
    #[default]
    Text,
    /// A group that Word leaves out.
    Unknown,
    /// The same, inside the digits of an object.
    UnknownInObject,
    /// The digits of an object.
    Object,
    /// A group inside those.
    InObject,
    Template,
    Field,
}

/// What has been read.
#[derive(Debug, Default)]
struct Document {
    now: Destination,
    /// The destinations of the groups around.
    outer: Vec<Destination>,
    /// Groups beyond those.
    deeper: u64,
    /// `\*` was read last.
    starred: bool,
    /// The object's digits: outside of groups, outside of groups that may be left out, all.
    digits: [Hex; 3],
    /// A template's path, or the code of a field.
    code: Vec<u8>,
    signs: Vec<&'static str>,
    held: Option<Held>,
}

impl Document {
    fn open(&mut self) {
        self.starred = false;
        if self.outer.len() < MOST_GROUPS {
            self.outer.push(self.now);
        } else {
            self.deeper += 1;
        }
        if self.now == Destination::Object {
            self.now = Destination::InObject;
        }
    }

    fn close(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), NotOpened> {
        self.starred = false;
        if self.deeper > 0 {
            self.deeper -= 1;
            return Ok(());
        }
        let outer = self.outer.pop().unwrap_or_default();
        let ended = std::mem::replace(&mut self.now, outer);
        if ended == outer {
            return Ok(());
        }
        match ended {
            // What stands in another object's group goes on with it.
            Destination::Object if self.readings().is_empty() => self.object(inside),
            Destination::Template => {
                let path = std::mem::take(&mut self.code);
                if is_elsewhere(&String::from_utf8_lossy(&path)) {
                    self.sign("external-link");
                }
                Ok(())
            }
            Destination::Field => {
                let code = std::mem::take(&mut self.code);
                if loads(&String::from_utf8_lossy(&code)) {
                    self.sign("external-link");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A control word or symbol; true where an object begins.
    fn control(&mut self, input: &mut Input) -> bool {
        let Some(first) = input.next() else {
            return false;
        };
        if !first.is_ascii_alphabetic() {
            match first {
                b'*' => self.starred = true,
                b'\'' => {
                    // What is no digit is not part of it.
                    let digits = [(); 2].map(|()| {
                        let digit = input.peek().and_then(digit)?;
                        input.next();
                        Some(digit)
                    });
                    if let [Some(high), Some(low)] = digits {
                        if let Some(all) = self.readings().last_mut() {
                            all.digit(high);
                            all.digit(low);
                        }
                        self.letter(high << 4 | low);
                    }
                }
                b'\\' | b'{' | b'}' => self.letter(first),
                _ => {}
            }
            return false;
        }
        let mut word = vec![first.to_ascii_lowercase()];
        let mut number: Option<i64> = None;
        let mut negative = false;
        loop {
            match input.peek() {
                Some(byte) if byte.is_ascii_alphabetic() && number.is_none() && !negative => {
                    if word.len() < LONG_WORD {
                        word.push(byte.to_ascii_lowercase());
                    }
                }
                Some(b'-') if number.is_none() && !negative => negative = true,
                Some(byte @ b'0'..=b'9') => {
                    let value = number.unwrap_or(0).saturating_mul(10);
                    number = Some(value.saturating_add(i64::from(byte - b'0')));
                }
                Some(b' ') => {
                    input.next();
                    break;
                }
                _ => break,
            }
            input.next();
        }
        let number = number.map(|number| if negative { -number } else { number });
        self.word(&word, number, input)
    }

    fn word(&mut self, word: &[u8], number: Option<i64>, input: &mut Input) -> bool {
        let starred = std::mem::take(&mut self.starred);
        match word {
            b"objdata" => {
                self.now = Destination::Object;
                return true;
            }
            b"template" => self.now = Destination::Template,
            b"fldinst" => self.now = Destination::Field,
            b"objlink" | b"objautlink" => self.sign("external-link"),
            b"bin" => {
                let count = number
                    .and_then(|count| u64::try_from(count).ok())
                    .unwrap_or(0);
                for _ in 0..count {
                    let Some(byte) = input.next() else {
                        break;
                    };
                    for reading in self.readings() {
                        reading.bytes.push(byte);
                    }
                }
            }
            b"u" => {
                // A letter as a number of 16 bits with a sign; what follows stands for it elsewhere.
                let letter = number.and_then(|number| char::from_u32((number & 0xffff) as u32));
                let mut bytes = [0; 4];
                if let Some(letter) = letter {
                    for byte in letter.encode_utf8(&mut bytes).bytes() {
                        self.letter(byte);
                    }
                }
                if input.peek() == Some(b'?') {
                    input.next();
                }
            }
            _ if starred => {
                self.now = match self.now {
                    Destination::Object | Destination::InObject | Destination::UnknownInObject => {
                        Destination::UnknownInObject
                    }
                    _ => Destination::Unknown,
                };
            }
            _ => {}
        }
        false
    }

    fn text(&mut self, byte: u8) {
        self.starred = false;
        match self.now {
            Destination::Object | Destination::InObject | Destination::UnknownInObject => {
                if let Some(digit) = digit(byte) {
                    for reading in self.readings() {
                        reading.digit(digit);
                    }
                }
            }
            _ if matches!(byte, b'\r' | b'\n') => {}
            _ => self.letter(byte),
        }
    }

    /// The readings of an object that what stands here belongs to.
    fn readings(&mut self) -> &mut [Hex] {
        let first = match self.now {
            Destination::Object => 0,
            Destination::InObject => 1,
            Destination::UnknownInObject => 2,
            _ => 3,
        };
        self.digits.get_mut(first..).unwrap_or_default()
    }

    fn letter(&mut self, byte: u8) {
        let wanted = matches!(self.now, Destination::Template | Destination::Field);
        if wanted && self.code.len() < LONG_CODE {
            self.code.push(byte);
        }
    }

    fn sign(&mut self, id: &'static str) {
        if !self.signs.contains(&id) {
            self.signs.push(id);
        }
    }

    /// An object is complete.
    fn object(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), NotOpened> {
        self.sign("embedded-object");
        let readings = std::mem::take(&mut self.digits).map(|digits| digits.bytes);
        for (number, reading) in readings.iter().enumerate() {
            if !readings.iter().take(number).any(|known| known == reading) {
                self.open_object(inside, reading)?;
            }
        }
        Ok(())
    }

    /// Hands on what an object holds.
    fn open_object(&mut self, inside: &mut Inside<'_, '_>, bytes: &[u8]) -> Result<(), NotOpened> {
        let object = Object::parse(bytes).filter(|object| {
            let sound = |letter: char| letter.is_ascii_graphic() || letter == ' ';
            object.class.chars().all(sound) && (object.linked || !object.data.is_empty())
        });
        let Some(object) = object else {
            // A broken header: Word is content with the compound file.
            let found = compound_in(bytes).or_else(|| Some(bytes).filter(|bytes| is_file(bytes)));
            if let Some(found) = found {
                inside.member(Member::default(), &mut &*found)?;
            }
            return Ok(());
        };
        if object.linked || memchr::memmem::find(object.data, super::ole::URL_MONIKER).is_some() {
            self.sign("external-link");
        }
        if object.data.is_empty() {
            return Ok(());
        }
        let package = Package::parse(object.data);
        let (member, data) = match package {
            Some(mut package) if !package.linked => {
                let rest = usize::try_from(package.at)
                    .ok()
                    .and_then(|at| object.data.get(at..))
                    .unwrap_or_default();
                let end = usize::try_from(package.size).unwrap_or(usize::MAX);
                package.add_unicode(rest.get(end..).unwrap_or_default());
                self.sign("embedded-file");
                let member = Member {
                    names: package.names,
                    ..Member::default()
                };
                (member, rest.get(..end).unwrap_or(rest))
            }
            Some(_) => {
                self.sign("external-link");
                return Ok(());
            }
            None => (Member::named(object.class), object.data),
        };
        inside.member(member, &mut &*data)
    }
}

/// Bytes from hexadecimal digits.
#[derive(Debug, Default)]
struct Hex {
    bytes: Vec<u8>,
    high: Option<u8>,
}

impl Hex {
    fn digit(&mut self, digit: u8) {
        match self.high.take() {
            None => self.high = Some(digit),
            Some(high) => self.bytes.push(high << 4 | digit),
        }
    }
}

/// The bytes of one document, with a look at the next one.
struct Input {
    cursor: Cursor,
    given: u64,
}

impl Input {
    fn peek(&mut self) -> Option<u8> {
        self.cursor.fill_buf().ok()?.first().copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.cursor.consume(1);
        self.given += 1;
        Some(byte)
    }
}

/// Whether a field loads or starts something: by itself, through fields inside it, or through letters
/// that are written as numbers (`QUOTE 68 68 69`).
fn loads(code: &str) -> bool {
    let mut quoted = String::new();
    let mut dde = false;
    for word in code.split(|letter: char| letter.is_whitespace() || letter == '"') {
        dde |= word.eq_ignore_ascii_case("DDE") || word.eq_ignore_ascii_case("DDEAUTO");
        quoted.extend(word.parse().ok().and_then(char::from_u32));
    }
    dde || is_loading(code) || quoted.to_ascii_uppercase().contains("DDE")
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// Input bytes between two looks at the clock.
const CHECKED: u64 = 64 << 10;
/// Groups inside each other that are told apart.
const MOST_GROUPS: usize = 10_000;
/// Letters of a control word that are kept.
const LONG_WORD: usize = 32;
/// Bytes of a template's path or a field that are kept.
const LONG_CODE: usize = 4096;
