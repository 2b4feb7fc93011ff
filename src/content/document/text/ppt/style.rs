//! How the letters of a presentation look ([MS-PPT] 2.9): its fonts, what masters say for each kind of
//! text, the runs of a text.

use crate::{
    content::document::{
        ole::{
            compound::{u16_at, u32_at},
            package::utf16,
        },
        text::runs::{Look, is_red},
    },
    vietnamese::Encoding,
};

use super::{Record, records};

/// What a run says of its letters; none: as the master says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Letters {
    bold: Option<bool>,
    font: Option<u16>,
    size: Option<u16>,
    red: Option<bool>,
}

/// The look of all texts of a kind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Base {
    letters: Letters,
    pub(super) centred: Option<bool>,
}

/// The look of one text.
#[derive(Debug, Default)]
pub(super) struct TextStyle {
    /// Where each run of letters ends, in units of UTF-16.
    pub(super) runs: Vec<(usize, Letters)>,
    /// Where paragraphs of the same alignment begin, and whether they are centred.
    pub(super) centred: Vec<(usize, Option<bool>)>,
}

/// What holds for the whole presentation.
#[derive(Debug, Default)]
pub(super) struct Styles {
    fonts: Vec<(u16, Option<Encoding>)>,
    kinds: [Base; 9],
}

impl Styles {
    /// The font collection, and the look of texts that no master knows.
    pub(super) fn environment(&mut self, data: &[u8]) {
        for record in records(data) {
            match record.id {
                FONTS => {
                    for font in records(record.data).filter(|font| font.id == FONT) {
                        let name = utf16(font.data.get(..64).unwrap_or(font.data));
                        self.fonts.push((font.instance, Encoding::of_font(&name)));
                    }
                }
                MASTER_STYLE => self.master_style(record),
                _ => {}
            }
        }
    }

    /// What a master says for each kind of text; of several masters the first that says it.
    pub(super) fn master<'b>(&mut self, records: impl Iterator<Item = Record<'b>>) {
        for record in records.filter(|record| record.id == MASTER_STYLE) {
            self.master_style(record);
        }
    }

    fn master_style(&mut self, record: Record<'_>) {
        let Some(kind) = self.kinds.get_mut(usize::from(record.instance)) else {
            return;
        };
        let mut reader = Reader(record.data);
        // Only the first level: what stands in another font there, says it again.
        let read = |reader: &mut Reader<'_>| {
            if reader.word()? == 0 {
                return None;
            }
            if record.instance >= 5 {
                reader.word()?;
            }
            let centred = reader.paragraph()?;
            let letters = reader.letters()?;
            Some(Base { letters, centred })
        };
        if let Some(base) = read(&mut reader) {
            let known = &mut kind.letters;
            known.bold = known.bold.or(base.letters.bold);
            known.font = known.font.or(base.letters.font);
            known.size = known.size.or(base.letters.size);
            known.red = known.red.or(base.letters.red);
            kind.centred = kind.centred.or(base.centred);
        }
    }

    /// What the master says for a kind of text: kinds of halves and quarters as the body, centred
    /// titles as titles.
    pub(super) fn base(&self, kind: u32) -> Base {
        let own = |kind: usize| self.kinds.get(kind).copied().unwrap_or_default();
        let base = own(kind as usize);
        let like = own(match kind {
            5 | 7 | 8 => 1,
            6 => 0,
            _ => 4,
        });
        let (own, like, centred) = (base.letters, like.letters, base.centred.or(like.centred));
        Base {
            letters: Letters {
                bold: own.bold.or(like.bold),
                font: own.font.or(like.font),
                size: own.size.or(like.size),
                red: own.red.or(like.red),
            },
            centred,
        }
    }

    pub(super) fn look(&self, base: &Base, run: Option<&Letters>) -> Look {
        let run = run.copied().unwrap_or_default();
        let base = base.letters;
        let font = run.font.or(base.font);
        let font = font.and_then(|font| self.fonts.iter().find(|(known, _)| *known == font));
        Look {
            font: font.and_then(|(_, encoding)| *encoding),
            bold: run.bold.or(base.bold).unwrap_or(false),
            red: run.red.or(base.red).unwrap_or(false),
            half_points: run.size.or(base.size).unwrap_or(0).saturating_mul(2),
            ..Look::default()
        }
    }
}

impl TextStyle {
    /// The style of a text of so many units: runs of paragraphs, then of letters, each for one unit more
    /// than the text has.
    pub(super) fn parse(data: &[u8], units: usize) -> Self {
        let mut style = Self::default();
        // What is cut leaves the rest as the master says.
        let _ = style.read(&mut Reader(data), units);
        style
    }

    fn read(&mut self, reader: &mut Reader<'_>, units: usize) -> Option<()> {
        let mut at = 0_usize;
        while at <= units {
            let count = reader.long()? as usize;
            reader.word()?;
            let centred = reader.paragraph()?;
            self.centred.push((at, centred));
            at = at.saturating_add(count.max(1));
        }
        let mut at = 0_usize;
        while at <= units {
            let count = reader.long()? as usize;
            let letters = reader.letters()?;
            at = at.saturating_add(count.max(1));
            self.runs.push((at, letters));
        }
        Some(())
    }
}

struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn word(&mut self) -> Option<u16> {
        let word = u16_at(self.0, 0)?;
        self.skip(2)?;
        Some(word)
    }

    fn long(&mut self) -> Option<u32> {
        let long = u32_at(self.0, 0)?;
        self.skip(4)?;
        Some(long)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    /// TextPFException ([MS-PPT] 2.9.20): whether it says that the text is centred.
    fn paragraph(&mut self) -> Option<Option<bool>> {
        let mask = self.long()?;
        let words = |bits: u32| (mask & bits).count_ones() as usize * 2;
        // Flags, letter, font, size and colour of the bullet.
        self.skip(if mask & 0xf != 0 { 2 } else { 0 })?;
        self.skip(words(0x80 | 0x10 | 0x40) + words(0x20) * 2)?;
        let centred = match mask & 0x800 {
            0 => None,
            _ => Some(self.word()? == 1),
        };
        // Spaces, margins, the distance of tabs.
        self.skip(words(0x1000 | 0x2000 | 0x4000 | 0x100 | 0x400 | 0x8000))?;
        if mask & 0x10_0000 != 0 {
            let tabs = usize::from(self.word()?);
            self.skip(tabs * 4)?;
        }
        self.skip(words(0x1_0000))?;
        self.skip(if mask & 0xe_0000 != 0 { 2 } else { 0 })?;
        self.skip(words(0x20_0000))?;
        Some(centred)
    }

    /// TextCFException ([MS-PPT] 2.9.13).
    fn letters(&mut self) -> Option<Letters> {
        let mask = self.long()?;
        let mut letters = Letters::default();
        if mask & 0xffff != 0 {
            let flags = self.word()?;
            if mask & 1 != 0 {
                letters.bold = Some(flags & 1 != 0);
            }
        }
        if mask & 0x1_0000 != 0 {
            letters.font = Some(self.word()?);
        }
        let others = (mask & (0x20_0000 | 0x40_0000 | 0x80_0000)).count_ones() as usize;
        self.skip(others * 2)?;
        if mask & 0x2_0000 != 0 {
            letters.size = Some(self.word()?);
        }
        if mask & 0x4_0000 != 0 {
            // The last byte says whether it is a colour or the number of one.
            let [red, green, blue, kind] = self.long()?.to_le_bytes();
            letters.red = Some(kind == 0xfe && is_red(red, green, blue));
        }
        if mask & 0x8_0000 != 0 {
            self.word()?;
        }
        Some(letters)
    }
}

const FONTS: u16 = 0x07d5;
const FONT: u16 = 0x0fb7;
const MASTER_STYLE: u16 = 0x0fa3;
