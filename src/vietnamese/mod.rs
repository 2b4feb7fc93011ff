//! Vietnamese text in one form, so that what looks the same compares the same.
//!
//! Ground floor: knows characters, nothing of mail.

mod class;
mod decide;
mod detect;
mod form;
mod legacy;
mod letters;
mod lookalike;
mod restore;
mod scan;
mod spaced;
mod syllable;
mod trial;
mod unicode;
mod viqr;

pub use detect::{Converted, Found, Piece, bytes_to_unicode, detect, detect_bytes, to_unicode};
pub use form::{Form, Tricks};
pub use legacy::{Encoding, decode, decode_bytes};
pub use unicode::{UnicodeCheck, check_unicode};

pub(crate) use form::bare as bare_letter;

use unicode_normalization::{
    IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfc_quick,
};

/// What is not told apart when text is compared. NFC and invisible characters never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fold {
    /// Capital and small letters.
    pub case: bool,
    /// Vietnamese with and without diacritics, đ and d.
    pub marks: bool,
}

impl Default for Fold {
    /// Case only.
    fn default() -> Self {
        Self {
            case: true,
            marks: false,
        }
    }
}

/// Appends the text in its normal form: NFC; soft hyphens, zero-width and direction characters
/// taken out; every line end `\n`; every other space of Unicode a plain one; and what `fold` says.
///
/// Time and memory are linear in the text, whatever stands in it.
pub fn normal(text: &str, fold: Fold, into: &mut String) {
    into.reserve(text.len());
    if text.is_ascii() {
        let from = into.len();
        if text.contains('\r') {
            into.extend(LineEnds::new(text.chars()));
        } else {
            into.push_str(text);
        }
        if fold.case
            && let Some(added) = into.get_mut(from..)
        {
            added.make_ascii_lowercase();
        }
        return;
    }
    let plain = || {
        LineEnds::new(text.chars())
            .filter(|&c| !is_invisible(c))
            .map(space)
    };
    let mut push = |c: char| match fold.case {
        _ if c.is_ascii() && fold.case => into.push(c.to_ascii_lowercase()),
        true => into.extend(lower(c)),
        false => into.push(c),
    };
    if fold.marks {
        // Never longer runs than 30 marks (UAX 15 section 13): sorting them stays linear.
        let bare = plain()
            .stream_safe()
            .nfd()
            .filter(|&c| !is_vietnamese_mark(c));
        bare.nfc().map(without_stroke).for_each(&mut push);
    } else if is_nfc_quick(plain()) == IsNormalized::Yes {
        plain().for_each(push);
    } else {
        plain().stream_safe().nfc().for_each(push);
    }
}

/// [`normal`], as a string of its own.
pub fn normalised(text: &str, fold: Fold) -> String {
    let mut normal_text = String::new();
    normal(text, fold, &mut normal_text);
    normal_text
}

/// Whether it is one of the letters of the Vietnamese alphabet, composed.
pub(crate) fn is_vietnamese_letter(c: char) -> bool {
    letters::letter(c).is_some()
}

/// The Latin letter, digit or sign that a character of another alphabet or form looks like.
pub(crate) fn look_alike(c: char) -> Option<char> {
    lookalike::look(c).map(|look| match look {
        lookalike::Look::Always(latin) | lookalike::Look::InWord(latin) => latin,
    })
}

/// Whether a word may hold this character: letters, digits and the marks on them.
pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || (!c.is_ascii() && is_combining_mark(c))
}

fn lower(c: char) -> impl Iterator<Item = char> {
    // The sigma at the end of a word is the same letter.
    c.to_lowercase().map(|c| if c == 'ς' { 'σ' } else { c })
}

fn without_stroke(c: char) -> char {
    match c {
        'đ' => 'd',
        'Đ' => 'D',
        c => c,
    }
}

fn space(c: char) -> char {
    match c {
        '\u{2028}' | '\u{2029}' | '\u{85}' => '\n',
        c if !c.is_ascii() && c.is_whitespace() => ' ',
        c => c,
    }
}

/// Tones, breve, circumflex and horn.
fn is_vietnamese_mark(c: char) -> bool {
    matches!(
        c,
        '\u{300}'
            | '\u{301}'
            | '\u{302}'
            | '\u{303}'
            | '\u{306}'
            | '\u{309}'
            | '\u{31b}'
            | '\u{323}'
    )
}

/// What takes no place when text is shown (Default_Ignorable_Code_Point, the usual ones).
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// CRLF and a lone CR become LF.
struct LineEnds<I: Iterator<Item = char>> {
    chars: std::iter::Peekable<I>,
}

impl<I: Iterator<Item = char>> LineEnds<I> {
    fn new(chars: I) -> Self {
        Self {
            chars: chars.peekable(),
        }
    }
}

impl<I: Iterator<Item = char>> Iterator for LineEnds<I> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self.chars.next() {
            Some('\r') => {
                self.chars.next_if_eq(&'\n');
                Some('\n')
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod checks;

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Fold = Fold {
        case: true,
        marks: true,
    };
    const EXACT: Fold = Fold {
        case: false,
        marks: false,
    };

    #[test]
    fn both_forms_of_vietnamese_are_one() {
        let text = "Tuyệt Mật – ĐỘ MẬT ưỡng ở ằ";
        let apart: String = text.nfd().collect();
        assert_ne!(text, apart);
        for fold in [EXACT, Fold::default(), MARKS] {
            assert_eq!(normalised(text, fold), normalised(&apart, fold), "{fold:?}");
        }
        assert_eq!(normalised(&apart, EXACT), text);
        assert_eq!(normalised(text, Fold::default()), text.to_lowercase());
        assert_eq!(normalised(text, MARKS), "tuyet mat – do mat uong o a");
    }

    #[test]
    fn marks_stay_unless_asked() {
        assert_ne!(
            normalised("mật", Fold::default()),
            normalised("mất", Fold::default())
        );
        assert_eq!(normalised("mật", MARKS), normalised("mất", MARKS));
        assert_ne!(normalised("đ", Fold::default()), "d");
        assert_eq!(normalised("Đđ", MARKS), "dd");
        let exact_marks = Fold {
            case: false,
            marks: true,
        };
        assert_eq!(normalised("Đồng", exact_marks), "Dong");
        // Other scripts keep what is part of their letters.
        assert_eq!(normalised("กี่ กิ", MARKS), "กี่ กิ");
    }

    #[test]
    fn what_is_not_seen_is_not_there() {
        assert_eq!(normalised("m\u{200b}ậ\u{ad}t\u{feff}", EXACT), "mật");
        // A mark behind a joiner still belongs to its letter.
        assert_eq!(normalised("a\u{200d}\u{301}", EXACT), "á");
        assert_eq!(normalised("a\r\nb\rc\nd\u{a0}e", EXACT), "a\nb\nc\nd e");
        assert_eq!(normalised("a\r\nb\r", EXACT), "a\nb\n");
    }

    #[test]
    fn a_tower_of_marks_costs_no_more_than_its_length() {
        let tower = format!("a{}", "\u{323}\u{301}".repeat(500_000));
        let started = std::time::Instant::now();
        assert!(normalised(&tower, EXACT).starts_with('ạ'));
        assert_eq!(normalised(&tower, MARKS).chars().next(), Some('a'));
        assert!(started.elapsed().as_secs() < 20);
    }
}
