//! The tables at the head of an RTF document: fonts with their code pages, colours.

use std::collections::HashMap;

use encoding_rs::{Encoding, WINDOWS_1252};

use crate::{
    content::document::text::runs::{code_page, is_red},
    vietnamese,
};

/// The font table.
#[derive(Debug)]
pub(super) struct Fonts {
    known: HashMap<i32, Font>,
    /// The one that is described.
    number: Option<i32>,
    font: Font,
    name: String,
    /// Of letters in no font.
    standard: &'static Encoding,
}

#[derive(Clone, Copy, Debug, Default)]
struct Font {
    /// None: the one of the document.
    encoding: Option<&'static Encoding>,
    legacy: Option<vietnamese::Encoding>,
}

impl Default for Fonts {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            number: None,
            font: Font::default(),
            name: String::new(),
            standard: WINDOWS_1252,
        }
    }
}

impl Fonts {
    /// A font's description begins.
    pub(super) fn begin(&mut self, number: i32) {
        self.end();
        self.number = Some(number);
    }

    /// The description is complete.
    pub(super) fn end(&mut self) {
        let name = std::mem::take(&mut self.name);
        let mut font = std::mem::take(&mut self.font);
        if let Some(number) = self.number.take()
            && self.known.len() < MOST_FONTS
        {
            font.legacy = vietnamese::Encoding::of_font(&name);
            self.known.insert(number, font);
        }
    }

    pub(super) fn name(&mut self, text: &str) {
        if self.name.len() < LONG_NAME {
            self.name.push_str(text);
        }
    }

    /// The font's set of characters (`\fcharset`).
    pub(super) fn charset(&mut self, number: i64) {
        self.font.encoding = match number {
            77 => Some(code_page(10000)),
            128 => Some(code_page(932)),
            129 | 130 => Some(code_page(949)),
            134 => Some(code_page(936)),
            136 => Some(code_page(950)),
            161 => Some(code_page(1253)),
            162 => Some(code_page(1254)),
            163 => Some(code_page(1258)),
            177 => Some(code_page(1255)),
            178..=180 => Some(code_page(1256)),
            186 => Some(code_page(1257)),
            204 => Some(code_page(1251)),
            222 => Some(code_page(874)),
            238 => Some(code_page(1250)),
            // 0, ANSI: as Word, the document's.
            _ => None,
        };
    }

    /// The font's code page (`\cpg`).
    pub(super) fn page(&mut self, number: i64) {
        self.font.encoding = u32::try_from(number).ok().map(code_page);
    }

    /// The code page of the document (`\ansicpg`).
    pub(super) fn set_standard(&mut self, page: i64) {
        self.standard = code_page(u32::try_from(page).unwrap_or(0));
    }

    pub(super) fn standard(&self) -> &'static Encoding {
        self.standard
    }

    pub(super) fn encoding(&self, font: i32) -> &'static Encoding {
        let found = self.known.get(&font).and_then(|font| font.encoding);
        found.unwrap_or(self.standard)
    }

    /// What the font's name says of its letters.
    pub(super) fn legacy(&self, font: i32) -> Option<vietnamese::Encoding> {
        self.known.get(&font).and_then(|font| font.legacy)
    }
}

/// The colour table.
#[derive(Debug, Default)]
pub(super) struct Colours {
    /// Whether each is red.
    known: Vec<bool>,
    parts: [u8; 3],
}

impl Colours {
    /// Red, green or blue of the colour that is described.
    pub(super) fn part(&mut self, part: usize, value: Option<i64>) {
        if let Some(known) = self.parts.get_mut(part) {
            *known = u8::try_from(value.unwrap_or(0).clamp(0, 255)).unwrap_or(0);
        }
    }

    /// The description is complete.
    pub(super) fn end(&mut self) {
        let [red, green, blue] = std::mem::take(&mut self.parts);
        if self.known.len() < MOST_FONTS {
            self.known.push(is_red(red, green, blue));
        }
    }

    pub(super) fn is_red(&self, number: usize) -> bool {
        self.known.get(number).copied().unwrap_or(false)
    }
}

/// Fonts and colours that are kept.
const MOST_FONTS: usize = 65_536;
/// Bytes of a font's name.
const LONG_NAME: usize = 256;
