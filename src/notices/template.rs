//! The text of a draft: a mail message with placeholders, which an office may edit.
//!
//! What fills the placeholders comes from envelopes and headers that anyone can write. So a mailbox stands in
//! a header field only if it is a plain address, and every other value loses what could end a line.

use std::fmt::Write;

use jiff::Zoned;

use super::Stopped;
use crate::message::Address;

/// A checked text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    fields: Vec<(String, Vec<Piece>)>,
    body: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Slot(Slot),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Mailbox,
    Destinations,
    Date,
    Basis,
    Regulation,
    Organisation,
    Contact,
    Reference,
}

const SLOTS: &[(&str, Slot)] = &[
    ("mailbox", Slot::Mailbox),
    ("destinations", Slot::Destinations),
    ("date", Slot::Date),
    ("basis", Slot::Basis),
    ("regulation", Slot::Regulation),
    ("organisation", Slot::Organisation),
    ("contact", Slot::Contact),
    ("reference", Slot::Reference),
];

/// The fields that a text may have; the others are written by gacthu.
const FIELDS: &[&str] = &["To", "Cc", "Bcc", "From", "Reply-To", "Subject"];

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
    /// What it is.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl Template {
    /// The text that comes with gacthu.
    ///
    /// # Errors
    /// None: the tests read it.
    pub fn shipped() -> Result<Self, Vec<Mistake>> {
        Self::parse(include_str!(
            "../../policies/letters/forward-stopped.vi.eml"
        ))
    }

    /// Reads a text: header fields of one line each, an empty line, the body.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reading = Reading::default();
        let mut fields: Vec<(String, Vec<Piece>)> = Vec::new();
        let mut body = Vec::new();
        let mut in_body = false;
        for (index, line) in text.lines().enumerate() {
            reading.line = u32::try_from(index + 1).unwrap_or(u32::MAX);
            if line.len() > LONGEST_LINE {
                reading.mistake(
                    1,
                    format!("the line has {} bytes", line.len()),
                    format!("break it: a line has at most {LONGEST_LINE}"),
                );
                continue;
            }
            if in_body {
                body.extend(reading.pieces(line, 0));
                body.push(Piece::Text("\n".to_owned()));
            } else if line.trim().is_empty() {
                in_body = true;
            } else {
                reading.field(line, &mut fields);
            }
        }
        reading.line = 1;
        reading.whole(&fields, &body, in_body);
        match reading.mistakes.is_empty() {
            true => Ok(Self { fields, body }),
            false => Err(reading.mistakes),
        }
    }

    /// The draft as a mail message, CRLF; none where the mailbox is no plain address.
    pub(super) fn fill(&self, stopped: &Stopped, now: &Zoned) -> Option<String> {
        let mailbox = plain(&stopped.mailbox)?;
        let mut letter = String::new();
        for (name, pieces) in &self.fields {
            let mut value = String::new();
            for piece in pieces {
                match piece {
                    Piece::Text(text) => value.push_str(text),
                    Piece::Slot(slot) => value.push_str(&slot.value(stopped, &mailbox, now)),
                }
            }
            // Writing to a String cannot fail.
            let _ = write!(letter, "{name}: {}\r\n", encoded(value.trim()));
        }
        let date = now.strftime("%a, %d %b %Y %H:%M:%S %z");
        let _ = write!(
            letter,
            "Date: {date}\r\nX-Unsent: 1\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        );
        let mut body = String::new();
        for piece in &self.body {
            match piece {
                Piece::Text(text) => body.push_str(text),
                Piece::Slot(slot) => body.push_str(&slot.value(stopped, &mailbox, now)),
            }
        }
        for line in body.lines() {
            let mut rest = line;
            // RFC 5322 section 2.1.1.
            while rest.len() > WRAP {
                let at = rest.floor_char_boundary(WRAP);
                let (head, tail) = rest.split_at(at);
                letter.push_str(head);
                letter.push_str("\r\n");
                rest = tail;
            }
            letter.push_str(rest);
            letter.push_str("\r\n");
        }
        Some(letter)
    }
}

#[derive(Default)]
struct Reading {
    line: u32,
    mistakes: Vec<Mistake>,
}

impl Reading {
    fn mistake(&mut self, column: usize, message: String, help: String) {
        if self.mistakes.len() < MISTAKES {
            self.mistakes.push(Mistake {
                line: self.line,
                column: u32::try_from(column).unwrap_or(u32::MAX),
                message,
                help,
            });
        }
    }

    fn field(&mut self, line: &str, fields: &mut Vec<(String, Vec<Piece>)>) {
        let known = || FIELDS.join(", ");
        if line.starts_with([' ', '\t']) {
            self.mistake(
                1,
                "a header field goes on in a second line".to_owned(),
                "write each field in one line; the body begins behind an empty line".to_owned(),
            );
            return;
        }
        let Some((name, value)) = line.split_once(':') else {
            self.mistake(
                1,
                format!("`{line}` is no header field"),
                format!(
                    "write `Subject: …`; fields are {}, and behind them an empty line",
                    known()
                ),
            );
            return;
        };
        let Some(field) = FIELDS.iter().find(|field| field.eq_ignore_ascii_case(name)) else {
            self.mistake(
                1,
                format!("the field `{name}` cannot be written here"),
                format!(
                    "take it out: a text may have {}; date and type are written by gacthu",
                    known()
                ),
            );
            return;
        };
        if fields.iter().any(|(other, _)| other == field) {
            self.mistake(
                1,
                format!("`{field}` stands here a second time"),
                "keep one of them".to_owned(),
            );
            return;
        }
        let pieces = self.pieces(value, name.chars().count() + 1);
        let subject = *field == "Subject";
        for piece in &pieces {
            let (what, help) = match piece {
                Piece::Slot(Slot::Destinations) => (
                    "`{destinations}` in a header field",
                    "write it in the body: anyone can choose that address",
                ),
                Piece::Slot(slot) if !subject && *slot != Slot::Mailbox => (
                    "a placeholder that is no address, in a field of addresses",
                    "here only `{mailbox}` can be used; the others in Subject and body",
                ),
                Piece::Text(text) if !subject && !text.is_ascii() => (
                    "letters with diacritics in a field of addresses",
                    "write the address alone, without a name: `quantri@so.gov.vn`",
                ),
                _ => continue,
            };
            self.mistake(1, what.to_owned(), help.to_owned());
        }
        fields.push(((*field).to_owned(), pieces));
    }

    fn whole(&mut self, fields: &[(String, Vec<Piece>)], body: &[Piece], in_body: bool) {
        let has = |name: &str| fields.iter().find(|(field, _)| field == name);
        let to = has("To").is_some_and(|(_, pieces)| pieces.contains(&Piece::Slot(Slot::Mailbox)));
        if !to && self.mistakes.is_empty() {
            self.mistake(
                1,
                "the letter goes to nobody".to_owned(),
                "write `To: {mailbox}` in the header".to_owned(),
            );
        }
        if has("Subject").is_none() && self.mistakes.is_empty() {
            self.mistake(
                1,
                "the letter has no subject".to_owned(),
                "write `Subject: …` in the header".to_owned(),
            );
        }
        if !in_body || !body.contains(&Piece::Slot(Slot::Destinations)) {
            self.mistake(
                1,
                "the body does not say where the mailbox forwards to".to_owned(),
                "write `{destinations}` in the body, which begins behind an empty line".to_owned(),
            );
        }
    }

    fn pieces(&mut self, line: &str, before: usize) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut rest = line;
        let mut column = before + 1;
        while let Some(at) = rest.find(['{', '}']) {
            let (text, from) = rest.split_at(at);
            pieces.push(Piece::Text(clean(text)));
            column += text.chars().count();
            let Some((name, after)) = from.strip_prefix('{').and_then(|from| from.split_once('}'))
            else {
                self.mistake(
                    column,
                    "a curly bracket without its partner".to_owned(),
                    "placeholders are written `{mailbox}`; other curly brackets cannot be used"
                        .to_owned(),
                );
                return pieces;
            };
            match SLOTS.iter().find(|(word, _)| *word == name.trim()) {
                Some((_, slot)) => pieces.push(Piece::Slot(*slot)),
                None => {
                    let words = SLOTS.iter().map(|(word, _)| *word);
                    self.mistake(
                        column,
                        format!("there is no placeholder `{{{name}}}`"),
                        crate::yaml::report::suggest(name.trim(), words),
                    );
                }
            }
            column += name.chars().count() + 2;
            rest = after;
        }
        pieces.push(Piece::Text(clean(rest)));
        pieces
    }
}

impl Slot {
    fn value(self, stopped: &Stopped, mailbox: &str, now: &Zoned) -> String {
        let head = &stopped.letterhead;
        match self {
            Self::Mailbox => mailbox.to_owned(),
            Self::Destinations => {
                let shown = stopped.destinations.iter().take(SHOWN);
                let mut text: Vec<String> = shown.map(|it| short(&it.to_string())).collect();
                if stopped.destinations.len() > SHOWN {
                    text.push(format!("… ({})", stopped.destinations.len()));
                }
                text.join(", ")
            }
            Self::Date => now.strftime("%d/%m/%Y").to_string(),
            Self::Basis => short(&head.basis),
            Self::Regulation => short(&head.regulation),
            Self::Organisation => short(&head.organisation),
            Self::Contact => short(&head.contact),
            Self::Reference => short(&stopped.reference),
        }
    }
}

/// A mailbox as it may stand in a header field: dot-atoms of ASCII (RFC 5322 section 3.2.3).
fn plain(mailbox: &Address) -> Option<String> {
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let label = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let (local, domain) = (mailbox.local(), mailbox.domain());
    let sound = !local.is_empty()
        && local.len() <= 64
        && local.chars().all(atom)
        && domain.contains('.')
        && domain.len() <= 253
        && domain.chars().all(label);
    sound.then(|| format!("{local}@{domain}"))
}

/// Without anything that ends a line or turns its direction, and not longer than an address may be.
fn short(value: &str) -> String {
    let text = clean(value);
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

fn clean(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    text.chars()
        .map(|c| if hidden(c) { ' ' } else { c })
        .collect()
}

/// A header value: as it stands, or as encoded words (RFC 2047), cut between characters.
fn encoded(value: &str) -> String {
    if value.is_ascii() {
        return value.to_owned();
    }
    let mut words = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let (head, tail) = rest.split_at(rest.floor_char_boundary(WORD));
        words.push(format!("=?utf-8?b?{}?=", base64(head.as_bytes())));
        rest = tail;
    }
    words.join("\r\n ")
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4_u32 {
            let digit = (bits >> (18 - 6 * place)) & 63;
            let letter = ALPHABET.get(digit as usize).copied().unwrap_or(b'A');
            out.push(match place as usize <= chunk.len() {
                true => char::from(letter),
                false => '=',
            });
        }
    }
    out
}

/// Bytes of a line of the text.
const LONGEST_LINE: usize = 600;
/// Bytes of a line of the draft.
const WRAP: usize = 900;
/// Bytes of an encoded word before it is encoded.
const WORD: usize = 42;
/// Characters of a value.
const LONGEST: usize = 200;
/// Destinations that are named.
const SHOWN: usize = 5;
/// Mistakes that are told.
const MISTAKES: usize = 20;
