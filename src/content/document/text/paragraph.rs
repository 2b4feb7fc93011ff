//! A paragraph as it is put together from runs: what they say, and how most of it looks.
//!
//! What cannot be seen and what was deleted is kept apart, so that a word with a hidden letter in it
//! reads as it is seen. Letters of legacy fonts are decoded here, over the ends of runs: VNI writes a
//! letter and its mark as two.

use crate::{
    content::span::{Span, Spot, Style},
    vietnamese::{Encoding, decode},
};

/// How a run looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) bold: bool,
    pub(super) red: bool,
    /// Of the colour of paper.
    pub(super) white: bool,
    /// On a ground of its own, on which white can be read.
    pub(super) shaded: bool,
    pub(super) hidden: bool,
    /// Shown as capitals.
    pub(super) capitals: bool,
    /// With a border.
    pub(super) boxed: bool,
    pub(super) half_points: u16,
    /// The encoding that its font is for; none: Unicode.
    pub(super) font: Option<Encoding>,
}

/// What a style or a run says of its look: none where it says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Props {
    pub(super) bold: Option<bool>,
    pub(super) red: Option<bool>,
    pub(super) white: Option<bool>,
    pub(super) shaded: Option<bool>,
    pub(super) hidden: Option<bool>,
    pub(super) capitals: Option<bool>,
    pub(super) boxed: Option<bool>,
    pub(super) half_points: Option<u16>,
    pub(super) font: Option<Option<Encoding>>,
    pub(super) centred: Option<bool>,
    pub(super) framed: Option<bool>,
}

impl Props {
    /// These, and what `under` says where these say nothing.
    pub(super) fn over(&self, under: &Self) -> Self {
        Self {
            bold: self.bold.or(under.bold),
            red: self.red.or(under.red),
            white: self.white.or(under.white),
            shaded: self.shaded.or(under.shaded),
            hidden: self.hidden.or(under.hidden),
            capitals: self.capitals.or(under.capitals),
            boxed: self.boxed.or(under.boxed),
            half_points: self.half_points.or(under.half_points),
            font: self.font.or(under.font),
            centred: self.centred.or(under.centred),
            framed: self.framed.or(under.framed),
        }
    }

    /// As a run looks that has these.
    pub(super) fn look(&self) -> Look {
        Look {
            bold: self.bold.unwrap_or_default(),
            red: self.red.unwrap_or_default(),
            white: self.white.unwrap_or_default(),
            shaded: self.shaded.unwrap_or_default(),
            hidden: self.hidden.unwrap_or_default(),
            capitals: self.capitals.unwrap_or_default(),
            boxed: self.boxed.unwrap_or_default(),
            half_points: self.half_points.unwrap_or_default(),
            font: self.font.flatten(),
        }
    }

    /// A colour of its own, `RRGGBB` in hexadecimal digits, with or without `#` or an alpha before.
    pub(super) fn colour(&mut self, value: &[u8]) {
        let digits = value.strip_prefix(b"#").unwrap_or(value);
        let digits = match digits.len() {
            8 => digits.get(2..).unwrap_or_default(),
            _ => digits,
        };
        let value = std::str::from_utf8(digits).ok();
        let value = value.filter(|digits| digits.len() == 6);
        let value = value.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let value = value.unwrap_or_default();
        self.red = Some(value >> 16 >= 0xa0 && value >> 8 & 0xff <= 0x60 && value & 0xff <= 0x60);
        self.white = Some(value == 0xff_ffff);
    }
}

/// A paragraph.
#[derive(Debug, Default)]
pub(super) struct Paragraph {
    shown: Lane,
    hidden: Lane,
    deleted: Lane,
}

/// Where a paragraph stands, and how it looks as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Where {
    pub(super) spot: Spot,
    pub(super) page: Option<u32>,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) centred: bool,
    pub(super) framed: bool,
}

#[derive(Debug, Default)]
struct Lane {
    text: String,
    /// Where that begins of the text whose font or case was not looked at yet.
    open: usize,
    font: Option<Encoding>,
    capitals: bool,
    legacy: Option<&'static str>,
    /// Bytes of words, and of those that look so.
    words: usize,
    bold: usize,
    red: usize,
    boxed: usize,
    /// The size that most words have (by majority vote), and how many more than others have it.
    half_points: u16,
    votes: usize,
}

impl Paragraph {
    /// A run's text.
    pub(super) fn push(&mut self, text: &str, look: &Look, deleted: bool) {
        let lane = if deleted {
            &mut self.deleted
        } else if look.hidden || look.white && !look.shaded {
            &mut self.hidden
        } else {
            &mut self.shown
        };
        lane.push(text, look);
    }

    /// A tab or a line end, wherever there is text already.
    pub(super) fn space(&mut self, space: char) {
        for lane in [&mut self.shown, &mut self.hidden, &mut self.deleted] {
            if !lane.text.is_empty() {
                lane.text.push(space);
            }
        }
    }

    /// Whether nothing was said yet.
    pub(super) fn is_empty(&self) -> bool {
        [&self.shown, &self.hidden, &self.deleted]
            .iter()
            .all(|lane| lane.text.is_empty())
    }

    /// Its pieces of text.
    pub(super) fn spans(self, place: &Where) -> impl Iterator<Item = Span> {
        let deleted = Where {
            spot: Spot::Deleted,
            ..*place
        };
        let shown = self.shown.span(place, false);
        let hidden = self.hidden.span(place, true);
        shown
            .into_iter()
            .chain(hidden)
            .chain(self.deleted.span(&deleted, false))
    }
}

impl Lane {
    fn push(&mut self, text: &str, look: &Look) {
        if look.font != self.font || look.capitals != self.capitals {
            self.settle();
            self.font = look.font;
            self.capitals = look.capitals;
        }
        self.text.push_str(text);
        let words = text.trim_ascii().len();
        self.words = self.words.saturating_add(words);
        for (count, is) in [
            (&mut self.bold, look.bold),
            (&mut self.red, look.red),
            (&mut self.boxed, look.boxed),
        ] {
            if is {
                *count = count.saturating_add(words);
            }
        }
        if look.half_points == self.half_points {
            self.votes = self.votes.saturating_add(words);
        } else if words > self.votes {
            self.half_points = look.half_points;
            self.votes = words.saturating_sub(self.votes);
        } else {
            self.votes = self.votes.saturating_sub(words);
        }
    }

    /// Decodes the letters of the stretch that ends here, and makes them capitals if they show so.
    fn settle(&mut self) {
        let from = std::mem::replace(&mut self.open, self.text.len());
        if self.font.is_none() && !self.capitals {
            return;
        }
        let Some(stretch) = self.text.get(from..) else {
            return;
        };
        let mut changed = None;
        if let Some(font) = self.font {
            let (decoded, legacy) = decoded(stretch, font);
            self.legacy = self.legacy.or(legacy);
            changed = decoded;
        }
        if self.capitals {
            let text = changed.as_deref().unwrap_or(stretch);
            changed = Some(text.to_uppercase());
        }
        if let Some(changed) = changed {
            self.text.truncate(from);
            self.text.push_str(&changed);
            self.open = self.text.len();
        }
    }

    fn span(mut self, place: &Where, hidden: bool) -> Option<Span> {
        self.settle();
        if self.text.is_empty() {
            return None;
        }
        let mut text = self.text;
        text.truncate(text.trim_end().len());
        let indented = text.len().saturating_sub(text.trim_start().len());
        if indented > 0 {
            text.drain(..indented);
        }
        let most = |count: usize| count > 0 && count.saturating_mul(2) > self.words;
        Some(Span {
            node: 0,
            spot: place.spot,
            page: place.page,
            line: place.line,
            column: place.column,
            text,
            style: Style {
                bold: most(self.bold),
                red: most(self.red),
                framed: place.framed || most(self.boxed),
                centred: place.centred,
                half_points: self.half_points,
                hidden,
            },
            legacy: self.legacy,
        })
    }
}

/// Text in a font of this encoding: none where it says the same in Unicode. Text with letters that only
/// Unicode has is no legacy text, whatever its font is: programs show it in another one.
fn decoded(text: &str, font: Encoding) -> (Option<String>, Option<&'static str>) {
    let capitals = font == Encoding::Tcvn3Capitals;
    if text.is_ascii() {
        return (capitals.then(|| text.to_ascii_uppercase()), None);
    }
    let modern = |c: char| {
        matches!(
            c,
            'Ă' | 'ă' | 'Đ' | 'đ' | 'Ĩ' | 'ĩ' | 'Ũ' | 'ũ' | 'Ơ' | 'ơ' | 'Ư' | 'ư' | '\u{1ea0}'
                ..='\u{1ef9}'
        )
    };
    if text.contains(modern) {
        return (None, None);
    }
    let unicode = decode(text, font);
    if unicode == text {
        return (None, None);
    }
    let name = if capitals {
        Encoding::Tcvn3.name()
    } else {
        font.name()
    };
    (Some(unicode), Some(name))
}
