//! The form in which marks of secrecy are looked for: what looks the same to a reader is the same, and what was
//! done to hide a word is undone and counted.

use std::ops::Range;

use unicode_normalization::char::{canonical_combining_class, compose};

use super::{
    is_invisible,
    letters::{Letter, letter, tone_of_mark},
    lookalike::{self, Look},
    space,
    spaced::close_up,
    syllable::{LONGEST, syllable_anywhere},
};

/// What was undone on the way to a [`Form`]. Each is a fact about the text; none is proof of bad will
/// (soft hyphens come from word processors).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tricks {
    /// Characters within words that take no place when shown: zero width, soft hyphen, joiner, variation
    /// selector, tag; also marks that Vietnamese does not have on a letter.
    pub invisible: u32,
    /// Letters that only look like Latin ones.
    pub lookalike: u32,
    /// Words whose letters stood apart.
    pub spaced: u32,
}

impl Tricks {
    /// Whether anything was undone.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

/// A text in the form in which marks are looked for: NFC, small letters, the tone on one place (hoà, thuý,
/// quý), nothing invisible, no letters of other alphabets among Latin ones, no letters that stand apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    text: String,
    /// For each byte of `text` where its character began in the source, and the end of the source.
    at: Vec<u32>,
    /// For each byte of `text` where its character ended in the source.
    ends: Vec<u32>,
    /// What was undone.
    pub tricks: Tricks,
}

impl Form {
    /// Brings a text to this form. Time and memory are linear; what lies beyond 4 GiB is left out.
    pub fn new(text: &str) -> Self {
        let mut form = Self::default();
        let mut units = units(text, &mut form.tricks);
        fold_lookalikes(&mut units, &mut form.tricks);
        form.tricks.spaced = close_up(&mut units);
        one_tone_place(&mut units);
        form.text.reserve(units.len());
        for unit in &units {
            for c in unit.c.to_lowercase() {
                form.text.push(if c == 'ς' { 'σ' } else { c });
            }
            form.at.resize(form.text.len(), unit.at);
            form.ends.resize(form.text.len(), unit.end);
        }
        form
    }

    /// The text in this form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where in the source a range of bytes of this form stood.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        let last = self.at.len().saturating_sub(1);
        let start = self
            .at
            .get(range.start.min(last))
            .map_or(0, |&at| at as usize);
        let end = range.end.checked_sub(1).map_or(start, |end| {
            self.ends
                .get(end.min(last))
                .map_or(start, |&at| at as usize)
        });
        start..end.max(start)
    }

    /// The text without tones and marks, đ as d: character for character that of [`Self::as_str`].
    pub fn bare(&self) -> String {
        self.text.chars().map(bare).collect()
    }
}

/// The letter without its marks; vowels as small letters.
pub(crate) fn bare(c: char) -> char {
    match letter(c).map(|l| l.base) {
        Some(1..=3) => 'a',
        Some(4 | 5) => 'e',
        Some(6) => 'i',
        Some(7..=9) => 'o',
        Some(10 | 11) => 'u',
        Some(12) => 'y',
        _ if matches!(c, 'đ' | 'Đ') => 'd',
        _ => c,
    }
}

/// A character and where it stood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub c: char,
    pub at: u32,
    pub end: u32,
}

/// The characters, composed, without those that are not seen.
fn units(text: &str, tricks: &mut Tricks) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::with_capacity(text.len());
    let mut hidden = 0;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let (Ok(at), Ok(end)) = (u32::try_from(at), u32::try_from(end)) else {
            break;
        };
        if is_invisible(c) {
            hidden += u32::from(units.last().is_some_and(|last| last.c.is_alphabetic()));
            continue;
        }
        let is_mark = !c.is_ascii() && canonical_combining_class(c) != 0;
        if hidden > 0 {
            tricks.invisible += if is_mark || c.is_alphabetic() {
                hidden
            } else {
                0
            };
            hidden = 0;
        }
        if let Some(last) = units.last_mut() {
            if is_mark {
                match joined(last.c, c) {
                    Some(joined) => last.c = joined,
                    None if is_latin(last.c) => tricks.invisible += 1,
                    None => {
                        units.push(Unit { c, at, end });
                        continue;
                    }
                }
                last.end = end;
                continue;
            }
            if c == '\n' && last.c == '\r' {
                last.c = '\n';
                last.end = end;
                continue;
            }
        }
        units.push(Unit {
            c: space(c),
            at,
            end,
        });
    }
    for unit in &mut units {
        if unit.c == '\r' {
            unit.c = '\n';
        }
    }
    units
}

/// The letter with this mark, in whatever order its marks come.
fn joined(c: char, mark: char) -> Option<char> {
    if let Some(whole) = compose(c, mark) {
        return Some(whole);
    }
    let before = letter(c)?;
    if let Some(tone) = tone_of_mark(mark) {
        return (before.tone == 0 && before.is_vowel())
            .then(|| before.with_tone(tone).char())
            .flatten();
    }
    // á and a circumflex: ấ to the eye.
    let shaped = compose(before.with_tone(0).char()?, mark)?;
    letter(shaped)?.with_tone(before.tone).char()
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || letter(c).is_some()
}

/// Letters of other alphabets become Latin in words that hold nothing but Latin letters and such.
fn fold_lookalikes(units: &mut [Unit], tricks: &mut Tricks) {
    let mut at = 0;
    while let Some(unit) = units.get_mut(at) {
        if unit.c.is_ascii() || is_latin(unit.c) {
            at += 1;
            continue;
        }
        match lookalike::look(unit.c) {
            None => at += 1,
            Some(Look::Always(c)) => {
                tricks.lookalike += u32::from(c.is_alphabetic());
                unit.c = c;
                at += 1;
            }
            Some(Look::InWord(_)) => at = fold_word(units, at, tricks),
        }
    }
}

/// Folds the word around `at` if all of it can be; answers where it ends.
fn fold_word(units: &mut [Unit], at: usize, tricks: &mut Tricks) -> usize {
    let before = units
        .get(..at)
        .unwrap_or_default()
        .iter()
        .rev()
        .take(MOST_LETTERS)
        .take_while(|unit| unit.c.is_alphabetic())
        .count();
    let start = at - before;
    let rest = units.get_mut(start..).unwrap_or_default();
    let length = rest
        .iter()
        .take_while(|unit| unit.c.is_alphabetic())
        .count();
    let word = rest.get_mut(..length).unwrap_or_default();
    let plain = |unit: &Unit| match lookalike::look(unit.c) {
        Some(Look::Always(c) | Look::InWord(c)) => Some(c),
        None => is_latin(unit.c).then_some(unit.c),
    };
    let mixed = word.iter().any(|unit| is_latin(unit.c));
    // A word of another alphabet alone is one of its own language, unless it spells Vietnamese.
    let ours = mixed || word.len() == 1 || spells(word, plain);
    if ours && word.iter().all(|unit| plain(unit).is_some()) {
        let alone = word.len() == 1;
        for unit in word {
            if let Some(c) = plain(unit).filter(|&c| c != unit.c) {
                // Composed already: the marks behind a foreign letter stood alone until now.
                unit.c = c;
                tricks.lookalike += u32::from(!alone);
            }
        }
    }
    at.max(start + length).max(at + 1)
}

fn spells(word: &[Unit], plain: impl Fn(&Unit) -> Option<char>) -> bool {
    let mut letters = [Letter::default(); LONGEST];
    let Some(letters) = letters.get_mut(..word.len()) else {
        return false;
    };
    for (place, unit) in letters.iter_mut().zip(word) {
        match plain(unit).and_then(letter) {
            Some(letter) => *place = letter,
            None => return false,
        }
    }
    syllable_anywhere(letters).is_some()
}

const MOST_LETTERS: usize = 64;

/// Moves the tone of each syllable to one place, and writes quý for quí.
fn one_tone_place(units: &mut [Unit]) {
    let mut at = 0;
    while at < units.len() {
        let rest = units.get_mut(at..).unwrap_or_default();
        let length = rest
            .iter()
            .take_while(|unit| unit.c.is_alphabetic())
            .count();
        if let Some(word) = rest.get_mut(..length).filter(|word| !word.is_empty()) {
            place_tone(word);
        }
        at += length.max(1);
    }
}

fn place_tone(word: &mut [Unit]) {
    let mut letters = [Letter::default(); LONGEST];
    let Some(letters) = letters.get_mut(..word.len()) else {
        return;
    };
    for (place, unit) in letters.iter_mut().zip(word.iter()) {
        match letter(unit.c) {
            Some(letter) => *place = letter,
            None => return,
        }
    }
    let Some(syllable) = syllable_anywhere(letters) else {
        return;
    };
    if let [q, u, i] = letters
        && (q.base, u.base, i.base) == (24, 10, 6)
    {
        i.base = 12;
    }
    for (at, (letter, unit)) in letters.iter().zip(word).enumerate() {
        let tone = if at == syllable.nucleus {
            syllable.tone
        } else {
            0
        };
        unit.c = letter.with_tone(tone).char().unwrap_or(unit.c);
    }
}
