//! Whether a text is Vietnamese in Unicode, as TCVN 6909:2001 asks (Quyết định 72/2002/QĐ-TTg).
//!
//! Composed and decomposed letters are both of the standard; decomposed ones are only counted.

use super::{
    detect::{Found, survey},
    is_invisible,
    letters::{letter, tone_of_mark},
};

/// How much of the Vietnamese of a text is Unicode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnicodeCheck {
    /// Words with Vietnamese letters beyond ASCII, in Unicode or not.
    pub accented: u64,
    /// What of them is legacy; `None`: nothing.
    pub legacy: Option<Found>,
    /// Letters whose tone or mark stands apart, as a combining character.
    pub decomposed: u64,
}

impl UnicodeCheck {
    /// The share of words that TCVN 6909:2001 does not know, 0 to 1.
    pub fn share(&self) -> f32 {
        self.legacy.map_or(0.0, |found| found.share)
    }
}

/// Checks a text. Linear.
pub fn check_unicode(text: &str) -> UnicodeCheck {
    let survey = survey(text, None);
    let words = survey.found.map_or(0, |found| u64::from(found.words));
    UnicodeCheck {
        accented: survey.correct + words,
        legacy: survey.found,
        decomposed: decomposed(text),
    }
}

fn decomposed(text: &str) -> u64 {
    if text.is_ascii() {
        return 0;
    }
    let mut count = 0;
    let mut counted = true;
    for c in text.chars().filter(|&c| !is_invisible(c)) {
        if tone_of_mark(c).is_some() || matches!(c, '\u{302}' | '\u{306}' | '\u{31b}') {
            count += u64::from(!counted);
            counted = true;
        } else {
            counted = !letter(c).is_some_and(|l| l.is_vowel());
        }
    }
    count
}
