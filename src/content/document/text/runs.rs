//! A paragraph as it is put together from runs of characters: fonts of before Unicode decoded, what is
//! hidden or deleted kept apart.

use std::sync::LazyLock;

use crate::{
    content::{
        opener::Inside,
        span::{Span, Spot, Style},
    },
    facts::NotOpened,
    vietnamese::{Encoding, decode},
};

/// How the letters of a run look, and what they mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// What the font's name says that its letters are.
    pub(super) font: Option<Encoding>,
    pub(super) bold: bool,
    pub(super) red: bool,
    /// Shown as capitals.
    pub(super) caps: bool,
    pub(super) hidden: bool,
    /// Deleted by a tracked change.
    pub(super) deleted: bool,
    /// 0: not known.
    pub(super) half_points: u16,
}

/// Where a paragraph stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct At {
    pub(super) spot: Spot,
    pub(super) page: Option<u32>,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) centred: bool,
    pub(super) framed: bool,
    pub(super) hidden: bool,
}

/// A paragraph that is not complete yet.
#[derive(Debug, Default)]
pub(super) struct Paragraph {
    text: String,
    /// Where each run ends in the text.
    runs: Vec<(usize, Look)>,
}

impl Paragraph {
    /// Appends to the last run, or begins one.
    pub(super) fn push(&mut self, c: char, look: Look) {
        self.text.push(c);
        self.mark(look);
    }

    /// As [`Self::push`], for a text.
    pub(super) fn push_str(&mut self, text: &str, look: Look) {
        self.text.push_str(text);
        self.mark(look);
    }

    /// As [`Self::push`], for characters that look the same: no more than [`Self::room`].
    pub(super) fn extend(&mut self, chars: impl Iterator<Item = char>, look: Look) {
        let before = self.text.len();
        self.text.extend(chars);
        if self.text.len() > before {
            self.mark(look);
        }
    }

    /// How many characters of one look it takes before [`Self::is_full`] has to be asked.
    pub(super) fn room(&self) -> usize {
        match self.runs.len() < MANY {
            true => LONG.saturating_sub(self.text.len()) / char::MAX.len_utf8(),
            false => 0,
        }
    }

    fn mark(&mut self, look: Look) {
        let end = self.text.len();
        match self.runs.last_mut() {
            Some((last, known)) if *known == look => *last = end,
            _ => self.runs.push((end, look)),
        }
    }

    /// Whether it says something.
    pub(super) fn has_text(&self) -> bool {
        self.text.chars().any(char::is_alphanumeric)
    }

    /// Whether it has to be handed on before it ends, so that memory stays bounded: at a space, or
    /// wherever that does not come.
    pub(super) fn is_full(&self) -> bool {
        let space = self.text.ends_with([' ', '\n', '\t']);
        let (long, many) = if space {
            (LONG, MANY)
        } else {
            (2 * LONG, 2 * MANY)
        };
        self.text.len() > long || self.runs.len() > many
    }

    /// Hands it on and begins anew.
    ///
    /// # Errors
    /// When the budget for text ends.
    pub(super) fn hand_on(&mut self, inside: &mut Inside<'_, '_>, at: At) -> Result<(), NotOpened> {
        let result = match self.has_text() {
            true => self.split(inside, at),
            false => Ok(()),
        };
        self.text.clear();
        self.runs.clear();
        result
    }

    fn split(&self, inside: &mut Inside<'_, '_>, at: At) -> Result<(), NotOpened> {
        // Most paragraphs look the same from end to end.
        if let [(_, look)] = self.runs.as_slice()
            && look.font.is_none()
            && !look.caps
        {
            let style = Style {
                bold: look.bold,
                red: look.red,
                half_points: look.half_points,
                ..Style::default()
            };
            let text = self.text.trim().to_owned();
            return inside.text(span(at, sort(look), text, style, None));
        }
        // A reader who finds Unicode's own letters in such a font has another font there.
        let unicode = self
            .text
            .chars()
            .any(|c| matches!(c, '\u{1ea0}'..='\u{1ef9}'));
        let mut sorts: Vec<Sort> = Vec::new();
        for (_, look) in &self.runs {
            let sort = sort(look);
            if !sorts.contains(&sort) {
                sorts.push(sort);
            }
        }
        for (spot, hidden) in sorts {
            let mut part = Part::new(unicode);
            let mut start = 0;
            for (end, look) in &self.runs {
                if sort(look) == (spot, hidden) {
                    part.add(self.text.get(start..*end).unwrap_or_default(), look);
                }
                start = *end;
            }
            let (text, style, legacy) = part.finish();
            inside.text(span(at, (spot, hidden), text, style, legacy))?;
        }
        Ok(())
    }
}

/// What is handed on apart from the rest.
type Sort = (Option<Spot>, bool);

fn sort(look: &Look) -> Sort {
    (look.deleted.then_some(Spot::Deleted), look.hidden)
}

fn span(
    at: At,
    (spot, hidden): Sort,
    text: String,
    style: Style,
    legacy: Option<&'static str>,
) -> Span {
    Span {
        spot: spot.unwrap_or(at.spot),
        page: at.page,
        line: at.line,
        column: at.column,
        text,
        style: Style {
            centred: at.centred,
            framed: at.framed,
            hidden: hidden || at.hidden,
            ..style
        },
        legacy,
        ..Span::default()
    }
}

/// One piece that is handed on.
struct Part {
    text: String,
    /// Letters of one font, which may be written in several runs, waiting to be decoded.
    waiting: String,
    font: Option<Encoding>,
    caps: bool,
    legacy: Option<Encoding>,
    unicode: bool,
    letters: usize,
    bold: usize,
    red: usize,
    /// The size of most letters so far, and by how many they are ahead (Boyer and Moore).
    half_points: (u16, usize),
}

impl Part {
    fn new(unicode: bool) -> Self {
        Self {
            text: String::new(),
            waiting: String::new(),
            font: None,
            caps: false,
            legacy: None,
            unicode,
            letters: 0,
            bold: 0,
            red: 0,
            half_points: (0, 0),
        }
    }

    fn add(&mut self, text: &str, look: &Look) {
        let font = look.font.filter(|_| !self.unicode);
        if (font, look.caps) != (self.font, self.caps) {
            self.decode();
            self.font = font;
            self.caps = look.caps;
        }
        match self.font.is_some() || self.caps {
            true => self.waiting.push_str(text),
            false => self.text.push_str(text),
        }
        let letters = text.chars().filter(|c| !c.is_whitespace()).count();
        self.letters += letters;
        self.bold += if look.bold { letters } else { 0 };
        self.red += if look.red { letters } else { 0 };
        let (size, ahead) = self.half_points;
        self.half_points = match size == look.half_points {
            true => (size, ahead + letters),
            false if ahead >= letters => (size, ahead - letters),
            false => (look.half_points, letters - ahead),
        };
    }

    fn decode(&mut self) {
        let mut text = std::mem::take(&mut self.waiting);
        if let Some(font) = self.font {
            let decoded = decode(&text, font);
            if decoded != text {
                self.legacy = self.legacy.or(Some(font));
            }
            text = decoded;
        }
        match self.caps {
            true => self.text.extend(text.chars().flat_map(char::to_uppercase)),
            false => self.text.push_str(&text),
        }
    }

    fn finish(mut self) -> (String, Style, Option<&'static str>) {
        self.decode();
        let style = Style {
            bold: self.bold * 2 > self.letters,
            red: self.red * 2 > self.letters,
            half_points: self.half_points.0,
            ..Style::default()
        };
        let legacy = self.legacy.map(|font| match font {
            Encoding::Tcvn3Capitals => Encoding::Tcvn3.name(),
            font => font.name(),
        });
        (self.text.trim().to_owned(), style, legacy)
    }
}

/// Counts the pieces of each spot, for [`Span::line`].
#[derive(Debug, Default)]
pub(super) struct Lines(Vec<(Spot, u32)>);

impl Lines {
    /// The number of the next piece there.
    pub(super) fn next(&mut self, spot: Spot) -> u32 {
        if let Some((_, next)) = self.0.iter_mut().find(|(known, _)| *known == spot) {
            let line = *next;
            *next = line.saturating_add(1);
            return line;
        }
        self.0.push((spot, 1));
        0
    }
}

/// The character of a byte in windows-1252.
pub(super) fn windows1252(byte: u8) -> char {
    WINDOWS_1252
        .get(usize::from(byte))
        .copied()
        .unwrap_or(char::REPLACEMENT_CHARACTER)
}

static WINDOWS_1252: LazyLock<Vec<char>> = LazyLock::new(|| {
    let bytes: Vec<u8> = (0..=255).collect();
    let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes);
    text.chars().collect()
});

/// The encoding of a Windows code page; windows-1252 for those that nobody knows.
pub(super) fn code_page(number: u32) -> &'static encoding_rs::Encoding {
    use encoding_rs as e;
    match number {
        874 => e::WINDOWS_874,
        932 => e::SHIFT_JIS,
        936 => e::GBK,
        949 => e::EUC_KR,
        950 => e::BIG5,
        1250 => e::WINDOWS_1250,
        1251 => e::WINDOWS_1251,
        1253 => e::WINDOWS_1253,
        1254 => e::WINDOWS_1254,
        1255 => e::WINDOWS_1255,
        1256 => e::WINDOWS_1256,
        1257 => e::WINDOWS_1257,
        1258 => e::WINDOWS_1258,
        10000 => e::MACINTOSH,
        20866 => e::KOI8_R,
        54936 => e::GB18030,
        65001 => e::UTF_8,
        _ => e::WINDOWS_1252,
    }
}

/// Whether a colour is what readers call red.
pub(super) fn is_red(red: u8, green: u8, blue: u8) -> bool {
    red >= 0xb0 && green <= 0x50 && blue <= 0x50
}

/// Bytes of a paragraph that are kept before it is handed on in pieces.
const LONG: usize = 64 << 10;
/// Runs of a paragraph that are kept.
const MANY: usize = 4096;
