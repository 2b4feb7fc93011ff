//! What most letters of a line look like, and its text as it grows out of pieces of one font.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::super::page::{Glyph, Look};
use crate::vietnamese::{Encoding, decode};

/// How many letters of a line look how.
#[derive(Debug, Default)]
pub(super) struct Votes {
    pub(super) all: usize,
    pub(super) bold: usize,
    pub(super) red: usize,
    pub(super) light: usize,
    pub(super) white: usize,
    pub(super) invisible: usize,
    pub(super) hidden: usize,
    sizes: Vec<(f32, usize)>,
}

impl Votes {
    pub(super) fn add(&mut self, letters: &str, glyph: &Glyph, look: &Look) {
        if letters.chars().all(char::is_whitespace) {
            return;
        }
        self.all += 1;
        for (count, is) in [
            (&mut self.bold, look.bold),
            (&mut self.red, look.red),
            (&mut self.light, look.light),
            (&mut self.white, look.white),
            (&mut self.invisible, look.invisible),
            (&mut self.hidden, look.hidden),
        ] {
            *count += usize::from(is);
        }
        let mut sizes = self.sizes.iter_mut();
        if let Some((_, count)) = sizes.find(|(size, _)| (size - glyph.size).abs() < 0.2) {
            *count += 1;
        } else if self.sizes.len() < 16 {
            self.sizes.push((glyph.size, 1));
        }
    }

    pub(super) fn is(&self, count: usize) -> bool {
        count * 2 > self.all
    }

    pub(super) fn size(&self) -> f64 {
        let most = self.sizes.iter().max_by_key(|(_, count)| *count);
        most.map_or(0.0, |(size, _)| f64::from(*size))
    }
}

/// The text of a line, while it is put together.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pub(super) text: String,
    /// Where the letters of an old encoding begin that stand at the end.
    open: Option<(usize, Encoding)>,
    pub(super) legacy: Option<Encoding>,
}

impl Pieces {
    /// Adds letters; a space without an encoding belongs to what stands before it.
    pub(super) fn push(&mut self, letters: &str, legacy: Option<Encoding>) {
        let open = self.open.map(|(_, encoding)| encoding);
        if letters != " " && open != legacy {
            self.decode();
            self.open = legacy.map(|encoding| (self.text.len(), encoding));
        }
        self.text.push_str(letters);
    }

    fn decode(&mut self) {
        let Some((from, encoding)) = self.open.take() else {
            return;
        };
        let old = self.text.split_off(from);
        // Some programs know the letters already.
        let (_, _, foreign) = encoding_rs::WINDOWS_1252.encode(&old);
        let old = match old.contains('μ') {
            true => old.replace('μ', "µ"),
            false => old,
        };
        if foreign && encoding_rs::WINDOWS_1252.encode(&old).2 {
            self.text.push_str(&old);
            return;
        }
        if old.chars().any(char::is_alphanumeric) {
            self.legacy.get_or_insert(encoding);
        }
        self.text.push_str(&decode(&old, encoding));
    }

    pub(super) fn finish(mut self) -> (String, Option<Encoding>) {
        self.decode();
        let mut text: String = self
            .text
            .chars()
            .map(|letter| match letter {
                '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' => ' ',
                letter => letter,
            })
            .collect();
        if is_nfc_quick(text.chars()) != IsNormalized::Yes {
            text = text.chars().stream_safe().nfc().collect();
        }
        (text.trim().to_owned(), self.legacy)
    }
}
