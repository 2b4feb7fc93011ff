//! The letters of Vietnamese apart: base letter, tone, capital or small; and together again.
//!
//! TCVN 6909:2001 has 12 vowels × 6 tones and đ beside the Latin consonants.

/// How many tones there are, the unmarked one included: ngang, huyền, hỏi, ngã, sắc, nặng.
pub(super) const TONES: usize = 6;

/// The vowels in every tone, in the order of [`TONES`]; the small letters, then the capitals.
const VOWELS: [[char; TONES]; 24] = [
    ['a', 'à', 'ả', 'ã', 'á', 'ạ'],
    ['ă', 'ằ', 'ẳ', 'ẵ', 'ắ', 'ặ'],
    ['â', 'ầ', 'ẩ', 'ẫ', 'ấ', 'ậ'],
    ['e', 'è', 'ẻ', 'ẽ', 'é', 'ẹ'],
    ['ê', 'ề', 'ể', 'ễ', 'ế', 'ệ'],
    ['i', 'ì', 'ỉ', 'ĩ', 'í', 'ị'],
    ['o', 'ò', 'ỏ', 'õ', 'ó', 'ọ'],
    ['ô', 'ồ', 'ổ', 'ỗ', 'ố', 'ộ'],
    ['ơ', 'ờ', 'ở', 'ỡ', 'ớ', 'ợ'],
    ['u', 'ù', 'ủ', 'ũ', 'ú', 'ụ'],
    ['ư', 'ừ', 'ử', 'ữ', 'ứ', 'ự'],
    ['y', 'ỳ', 'ỷ', 'ỹ', 'ý', 'ỵ'],
    ['A', 'À', 'Ả', 'Ã', 'Á', 'Ạ'],
    ['Ă', 'Ằ', 'Ẳ', 'Ẵ', 'Ắ', 'Ặ'],
    ['Â', 'Ầ', 'Ẩ', 'Ẫ', 'Ấ', 'Ậ'],
    ['E', 'È', 'Ẻ', 'Ẽ', 'É', 'Ẹ'],
    ['Ê', 'Ề', 'Ể', 'Ễ', 'Ế', 'Ệ'],
    ['I', 'Ì', 'Ỉ', 'Ĩ', 'Í', 'Ị'],
    ['O', 'Ò', 'Ỏ', 'Õ', 'Ó', 'Ọ'],
    ['Ô', 'Ồ', 'Ổ', 'Ỗ', 'Ố', 'Ộ'],
    ['Ơ', 'Ờ', 'Ở', 'Ỡ', 'Ớ', 'Ợ'],
    ['U', 'Ù', 'Ủ', 'Ũ', 'Ú', 'Ụ'],
    ['Ư', 'Ừ', 'Ử', 'Ữ', 'Ứ', 'Ự'],
    ['Y', 'Ỳ', 'Ỷ', 'Ỹ', 'Ý', 'Ỵ'],
];
/// The consonants; f, j, w and z are not among them.
const CONSONANTS: [[char; 2]; 17] = [
    ['b', 'B'],
    ['c', 'C'],
    ['d', 'D'],
    ['đ', 'Đ'],
    ['g', 'G'],
    ['h', 'H'],
    ['k', 'K'],
    ['l', 'L'],
    ['m', 'M'],
    ['n', 'N'],
    ['p', 'P'],
    ['q', 'Q'],
    ['r', 'R'],
    ['s', 'S'],
    ['t', 'T'],
    ['v', 'V'],
    ['x', 'X'],
];

/// One letter of the alphabet, taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Letter {
    /// 1 to 12 the vowels in the order of the table above, 13 to 29 the consonants; 0 is none.
    pub base: u8,
    /// Below [`TONES`].
    pub tone: u8,
    /// A capital.
    pub upper: bool,
}

impl Letter {
    /// Whether it is one of the 12 vowels.
    pub fn is_vowel(self) -> bool {
        (1..=12).contains(&self.base)
    }

    /// Whether it is ă, â, ê, ô, ơ or ư.
    pub fn is_modified(self) -> bool {
        matches!(self.base, 2 | 3 | 5 | 8 | 9 | 11)
    }

    /// The same letter with this tone; a consonant takes none.
    pub fn with_tone(self, tone: u8) -> Self {
        Self {
            tone: if self.is_vowel() { tone } else { 0 },
            ..self
        }
    }

    /// The letter as a character of Unicode, composed.
    pub fn char(self) -> Option<char> {
        let base = usize::from(self.base).checked_sub(1)?;
        match VOWELS.get(base + if self.upper { 12 } else { 0 }) {
            Some(row) if base < 12 => row.get(usize::from(self.tone)).copied(),
            _ => CONSONANTS
                .get(base.checked_sub(12)?)
                .map(|&[small, capital]| if self.upper { capital } else { small }),
        }
    }
}

/// The letter that a composed character is; `None` for every other character (also f, j, w, z).
pub(super) fn letter(c: char) -> Option<Letter> {
    let n = c as usize;
    let found = match n {
        0..LOW_END => LOW.get(n),
        HIGH_START..HIGH_END => HIGH.get(n - HIGH_START),
        _ => None,
    };
    found.copied().filter(|letter| letter.base != 0)
}

/// The tone that a combining character adds.
pub(super) fn tone_of_mark(c: char) -> Option<u8> {
    Some(match c {
        '\u{300}' | '\u{340}' => 1,
        '\u{309}' => 2,
        '\u{303}' => 3,
        '\u{301}' | '\u{341}' => 4,
        '\u{323}' => 5,
        _ => return None,
    })
}

const LOW_END: usize = 0x1b1;
const HIGH_START: usize = 0x1ea0;
const HIGH_END: usize = 0x1efa;
static LOW: [Letter; LOW_END] = fill::<LOW_END>(0);
static HIGH: [Letter; HIGH_END - HIGH_START] = fill::<{ HIGH_END - HIGH_START }>(HIGH_START);

#[allow(clippy::indexing_slicing, reason = "evaluated when compiled")]
const fn fill<const N: usize>(start: usize) -> [Letter; N] {
    let mut table = [Letter {
        base: 0,
        tone: 0,
        upper: false,
    }; N];
    let mut row = 0;
    while row < VOWELS.len() {
        let mut tone = 0;
        while tone < TONES {
            let n = VOWELS[row][tone] as usize;
            if n >= start && n < start + N {
                table[n - start] = Letter {
                    base: (row % 12) as u8 + 1,
                    tone: tone as u8,
                    upper: row >= 12,
                };
            }
            tone += 1;
        }
        row += 1;
    }
    row = 0;
    while row < CONSONANTS.len() {
        let mut case = 0;
        while case < 2 {
            let n = CONSONANTS[row][case] as usize;
            if n >= start && n < start + N {
                table[n - start] = Letter {
                    base: row as u8 + 13,
                    tone: 0,
                    upper: case == 1,
                };
            }
            case += 1;
        }
        row += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn every_letter_is_itself_again() {
        let mut count = 0;
        for c in ('\0'..'\u{3000}').filter(|&c| letter(c).is_some()) {
            assert_eq!(letter(c).and_then(Letter::char), Some(c));
            count += 1;
        }
        // 24 × 6 vowels, 17 × 2 consonants.
        assert_eq!(count, 144 + 34);
        assert_eq!(letter('f').or(letter('ö')).or(letter('ё')), None);
    }

    #[test]
    fn tones_are_those_of_unicode() {
        for c in ('\0'..'\u{3000}').filter(|&c| letter(c).is_some_and(Letter::is_vowel)) {
            let mark = std::iter::once(c).nfd().find_map(tone_of_mark);
            assert_eq!(letter(c).map(|l| l.tone), Some(mark.unwrap_or(0)), "{c}");
        }
    }
}
