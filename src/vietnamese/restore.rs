//! From what was read to text: what TCVN3 cannot say is put right (capitals with a tone, an ư that was lost).

use super::{
    class::{is_alphabetic, is_uppercase},
    legacy::{Cell, Encoding, capital},
    letters::letter,
    syllable::syllable_of,
};

/// Writes the judged cells as text, with what TCVN3 loses put right: capitals, and ư (a soft hyphen) before ơ.
pub(super) fn write(cells: &mut [Cell], encoding: Encoding, text: &mut String) {
    if encoding == Encoding::Tcvn3 {
        restore_capitals(cells);
    }
    text.reserve(cells.len());
    for (at, cell) in cells.iter().enumerate() {
        if encoding == Encoding::Tcvn3
            && cell.changed
            && matches!(cell.raw, '¬' | 'ê' | 'í' | 'ë' | 'ì' | 'î')
        {
            lost_u(cells, at, text);
        }
        text.push(cell.c);
        if let Some(mark) = cell.mark
            && encoding == Encoding::Viqr
        {
            text.push(mark);
        }
    }
}

/// nớc, trơng: no rime of Vietnamese but with the ư that was lost.
fn lost_u(cells: &[Cell], at: usize, text: &mut String) {
    let letters = |range: &[Cell]| {
        range
            .iter()
            .take_while(|cell| is_alphabetic(cell.c))
            .count()
    };
    let behind = letters(cells.get(at..).unwrap_or_default());
    let before = cells
        .get(..at)
        .unwrap_or_default()
        .iter()
        .rev()
        .take(4)
        .take_while(|cell| is_alphabetic(cell.c))
        .count();
    if behind > 3 || before > 3 {
        return;
    }
    let word: String = cells
        .get(at - before..at + behind)
        .unwrap_or_default()
        .iter()
        .map(|cell| cell.c)
        .collect();
    if syllable_of(&word).is_some() {
        return;
    }
    let u = if cells.get(at).is_some_and(|cell| is_uppercase(cell.c)) {
        'Ư'
    } else {
        'ư'
    };
    let mut whole: String = word.chars().take(before).collect();
    whole.push(u);
    whole.extend(word.chars().skip(before));
    if syllable_of(&whole).is_some() {
        text.push(u);
    }
}

/// `CéNG` is CỘNG: in a word whose other letters are capitals those with a tone are too.
fn restore_capitals(cells: &mut [Cell]) {
    let (mut capitals, mut others, mut doubtful) = (0_usize, 0_usize, false);
    let mut at = 0;
    while let Some(word) = Cased::next(cells, &mut at) {
        capitals += usize::from(word.is_sure());
        others += usize::from(word.lower > 0);
        doubtful |= word.lost > 0 && word.lower == 0;
    }
    if !doubtful {
        return;
    }
    at = 0;
    while let Some(word) = Cased::next(cells, &mut at) {
        if word.lost > 0 && (word.is_sure() || word.lower == 0 && capitals > 2 * others) {
            for cell in cells.get_mut(word.start..at).unwrap_or_default() {
                cell.c = capital(cell.c);
            }
        }
    }
}

/// The letters of a word by their case.
#[derive(Default)]
struct Cased {
    start: usize,
    upper: usize,
    lower: usize,
    /// Small letters with a tone, of which TCVN3 has no capitals.
    lost: usize,
}

impl Cased {
    /// The next word from a place on, which is behind the word then.
    fn next(cells: &[Cell], at: &mut usize) -> Option<Self> {
        let rest = cells.get(*at..)?;
        let gap = rest.iter().position(|cell| is_alphabetic(cell.c))?;
        let mut word = Self {
            start: *at + gap,
            ..Self::default()
        };
        let mut length = 0;
        for cell in rest.iter().skip(gap) {
            let letter = letter(cell.c);
            if letter.is_none() && !is_alphabetic(cell.c) {
                break;
            }
            if letter.map_or_else(|| is_uppercase(cell.c), |l| l.upper) {
                word.upper += 1;
            } else if cell.changed && letter.is_some_and(|l| l.tone != 0) {
                word.lost += 1;
            } else {
                word.lower += 1;
            }
            length += 1;
        }
        *at = word.start + length;
        Some(word)
    }

    fn is_sure(&self) -> bool {
        self.lower == 0 && self.upper >= 2
    }
}
