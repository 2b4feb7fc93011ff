//! A first look at a document: whether a level's word can stand in it at all.
//!
//! Nearly every document has none, and one pass over its letters is enough to see that. The look may be wrong
//! in one way only: what passes is read closely, and is mostly a `mặt` or a `mà t…`. So it knows no words, no
//! lines and no encodings, only letters that follow each other with anything between them that is no letter:
//! those of the level's last word, plain or in the guise of any encoding or alphabet that
//! [`Form`](crate::vietnamese::Form) and the decoders undo.

use crate::vietnamese::{bare_letter, is_vietnamese_letter, look_alike};

/// The letters of the words, side by side in one machine word (Shift-And: Baeza-Yates and Gonnet, 1992).
#[derive(Debug)]
pub(super) struct Glimpse {
    /// Positions of the first and of the last letters.
    starts: u64,
    ends: u64,
    /// Positions of each plain letter, a to z.
    plain: [u64; 26],
    /// Positions of letters with marks, by the letter beneath.
    beneath: [u64; 26],
    /// Positions of letters with marks.
    marked: u64,
    /// The letters with marks themselves.
    letters: Vec<(char, u64)>,
}

/// What a character may be.
#[derive(Clone, Copy, Debug, Default)]
struct Guise {
    /// It may be the letters at these positions.
    exact: u64,
    /// It may be the letter beneath the marks of these positions; the marks must follow.
    open: u64,
    /// It may be nothing at all, so that the letter before it still counts.
    nothing: bool,
    /// It may be the marks of the letter before it.
    mark: bool,
}

impl Glimpse {
    /// For the words of the levels; none where they do not fit, so that every document is read closely.
    pub(super) fn new<'w>(words: impl Iterator<Item = &'w str>) -> Option<Self> {
        let mut glimpse = Self {
            starts: 0,
            ends: 0,
            plain: [0; 26],
            beneath: [0; 26],
            marked: 0,
            letters: Vec::new(),
        };
        let mut known: Vec<String> = Vec::new();
        let mut at = 0_u32;
        for word in words {
            let last: String = word
                .split_whitespace()
                .next_back()?
                .chars()
                .flat_map(char::to_lowercase)
                .collect();
            if known.contains(&last) {
                continue;
            }
            let first = at;
            for c in last.chars() {
                let bit = 1_u64.checked_shl(at)?;
                at += 1;
                if c.is_ascii() {
                    *slot(&mut glimpse.plain, c)? |= bit;
                } else {
                    *slot(&mut glimpse.beneath, bare_letter(c))? |= bit;
                    glimpse.marked |= bit;
                    glimpse.letters.push((c, bit));
                }
            }
            glimpse.starts |= 1_u64.checked_shl(first)?;
            glimpse.ends |= 1_u64.checked_shl(at.checked_sub(1)?)?;
            known.push(last);
        }
        (at > 0).then_some(glimpse)
    }

    /// Whether one of the words can stand in these texts, read one after the other.
    pub(super) fn sees<'t>(&self, texts: impl Iterator<Item = &'t str>) -> bool {
        // Letters seen so far with all their marks, and those whose marks are still to come.
        let (mut seen, mut open) = (0_u64, 0_u64);
        let mut last = ' ';
        for text in texts {
            for c in text.chars() {
                let after_letter = last.is_ascii_alphabetic();
                last = c;
                if seen | open == 0 && c.is_ascii() && self.plain_of(c) & self.starts == 0 {
                    continue;
                }
                let guise = self.guise(c, after_letter);
                let next = seen << 1 | self.starts;
                let (before, unmarked) = (seen, open);
                seen = next & guise.exact;
                open = next & guise.open;
                if guise.nothing {
                    seen |= before;
                    if guise.mark {
                        seen |= unmarked;
                    } else {
                        open |= unmarked;
                    }
                }
                if seen & self.ends != 0 {
                    return true;
                }
            }
        }
        // The end of the text may be the end of the last letter.
        false
    }

    fn guise(&self, c: char, after_letter: bool) -> Guise {
        if c.is_ascii_alphabetic() {
            return Guise {
                exact: self.plain_of(c),
                open: self.beneath_of(c),
                ..Guise::default()
            };
        }
        if c.is_ascii() {
            return Guise {
                // VPS has letters where ASCII has controls.
                exact: if c.is_ascii_control() && !c.is_ascii_whitespace() {
                    self.marked
                } else {
                    0
                },
                nothing: true,
                // Marks of VIQR (RFC 1456).
                mark: matches!(
                    c,
                    '^' | '(' | '+' | '*' | '-' | '.' | '\'' | '`' | '?' | '~'
                ),
                ..Guise::default()
            };
        }
        // Bytes of old encodings as windows-1252 shows them; dashes and quotes only within a word (daggers, Ậ of
        // VISCII, are rare enough).
        let odd = matches!(c, '\u{80}'..='\u{ff}' | '\u{152}' | '\u{153}' | '\u{160}' | '\u{161}'
            | '\u{178}' | '\u{17d}' | '\u{17e}' | '\u{192}' | '\u{2c6}'..='\u{2dc}' | '\u{2020}' | '\u{2021}' | '\u{20ac}' | '\u{2122}')
            || after_letter && matches!(c, '\u{2010}'..='\u{2122}');
        let like = look_alike(c).unwrap_or(c);
        let exact = self.plain_of(like)
            | self.exactly(like.to_lowercase().next().unwrap_or(like))
            | if odd { self.marked } else { 0 };
        let vietnamese = !odd && is_vietnamese_letter(c);
        Guise {
            exact,
            open: self.beneath_of(bare_letter(like)),
            nothing: !vietnamese,
            mark: !vietnamese,
        }
    }

    fn exactly(&self, c: char) -> u64 {
        let same = self.letters.iter().filter(|(letter, _)| *letter == c);
        same.fold(0, |mask, (_, bit)| mask | bit)
    }

    fn plain_of(&self, c: char) -> u64 {
        letter_index(c)
            .and_then(|at| self.plain.get(at))
            .copied()
            .unwrap_or(0)
    }

    fn beneath_of(&self, c: char) -> u64 {
        letter_index(c)
            .and_then(|at| self.beneath.get(at))
            .copied()
            .unwrap_or(0)
    }
}

fn letter_index(c: char) -> Option<usize> {
    c.is_ascii_alphabetic()
        .then(|| usize::from((c as u8).to_ascii_lowercase() - b'a'))
}

fn slot(masks: &mut [u64; 26], c: char) -> Option<&mut u64> {
    masks.get_mut(letter_index(c)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sees(text: &str) -> bool {
        Glimpse::new(["MẬT", "TỐI MẬT", "TUYỆT MẬT"].into_iter())
            .unwrap()
            .sees([text].into_iter())
    }

    #[test]
    fn sees_the_word_in_every_guise() {
        for text in [
            "MẬT",
            "tài liệu mật",
            "M Ậ T",
            "M\nẬ\nT",
            "M.Ậ.T",
            "Mật khẩu",
            "MA\u{302}\u{323}T",
            "MẠ\u{302}T",
            "MÂ\u{323}T",
            "M\u{200b}Ậ\u{ad}T",
            "ＭẬＴ",
            "МẬТ",
            "Ma^.t",
            "MA^.T",
            "MËT",
            "MAÄT",
            "M\u{87}T",
            "M‡T",
            "M\u{3}T",
            "M.‡.T",
            "M ‡ T",
            "Máº¬T",
            "MÃ¡ÂºÂ¬T",
            "M\u{301}ẬT",
            "\u{1d40c}Ậ\u{1d413}",
        ] {
            assert!(sees(text), "{text:?}");
        }
    }

    #[test]
    fn passes_by_what_has_no_such_letters() {
        for text in [
            "",
            "Ủy ban nhân dân tỉnh ban hành quyết định về việc quản lý hệ thống thư điện tử",
            "một số điểm mới trong tháng",
            "mặt trận, mắt, mất",
            "format mat MAT",
            "năm ất tỵ thì không",
            "the minutes of our meeting",
        ] {
            assert!(!sees(text), "{text:?}");
        }
    }

    #[test]
    fn texts_are_read_as_one() {
        let glimpse = Glimpse::new(["MẬT"].into_iter()).unwrap();
        assert!(glimpse.sees(["M", "Ậ", "T"].into_iter()));
        assert!(!glimpse.sees(["M", "Ộ", "T"].into_iter()));
    }

    #[test]
    fn words_that_do_not_fit_are_no_look_at_all() {
        assert!(Glimpse::new(std::iter::empty()).is_none());
        assert!(Glimpse::new(["機密"].into_iter()).is_none());
        assert!(Glimpse::new(["x".repeat(65).as_str()].into_iter()).is_none());
    }
}
