//! What Unicode says of a character, asked once a letter by the detector: from a table for the characters that
//! Vietnamese and the pages of before are written in, since Unicode's own tables are searched anew each time.

use std::sync::LazyLock;

use super::letters::letter;

/// As [`char::is_alphabetic`].
pub(super) fn is_alphabetic(c: char) -> bool {
    letter(c).is_some()
        || known(c).map_or_else(|| c.is_alphabetic(), |class| class & ALPHABETIC != 0)
}

/// As [`char::is_uppercase`].
pub(super) fn is_uppercase(c: char) -> bool {
    match letter(c) {
        Some(letter) => letter.upper,
        None => known(c).map_or_else(|| c.is_uppercase(), |class| class & UPPER != 0),
    }
}

/// Whether a word may hold it, figures left out.
#[inline]
pub(super) fn is_letter(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_alphabetic(),
        false => letter(c).is_some() || is_other_letter(c),
    }
}

#[inline(never)]
fn is_other_letter(c: char) -> bool {
    known(c).map_or_else(|| may_be_in_word(c), |class| class & LETTER != 0)
}

fn may_be_in_word(c: char) -> bool {
    super::is_word(c) && !c.is_numeric()
}

fn known(c: char) -> Option<u8> {
    let n = c as u32;
    let at = match n {
        0..LOW_END => n,
        HIGH_START..HIGH_END => n - HIGH_START + LOW_END,
        _ => return None,
    };
    CLASSES.get(at as usize).copied()
}

const ALPHABETIC: u8 = 1;
const UPPER: u8 = 2;
const LETTER: u8 = 4;

/// Latin, and from the punctuation to ™, the last sign that windows-1252 has. Not more: the table is made once
/// in every process that reads a text.
const LOW_END: u32 = 0x180;
const HIGH_START: u32 = 0x2010;
const HIGH_END: u32 = 0x2123;

static CLASSES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let of = |n| {
        let c = char::from_u32(n)?;
        let flag = |yes, bit| if yes { bit } else { 0 };
        Some(
            flag(c.is_alphabetic(), ALPHABETIC)
                | flag(c.is_uppercase(), UPPER)
                | flag(may_be_in_word(c), LETTER),
        )
    };
    let all = (0..LOW_END).chain(HIGH_START..HIGH_END);
    all.map(|n| of(n).unwrap_or(0)).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_unicode_says() {
        for c in '\0'..='\u{2fff}' {
            assert_eq!(is_alphabetic(c), c.is_alphabetic(), "{c:?}");
            assert_eq!(is_uppercase(c), c.is_uppercase(), "{c:?}");
            assert_eq!(is_letter(c), may_be_in_word(c), "{c:?}");
        }
    }
}
