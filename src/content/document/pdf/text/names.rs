//! Names of glyphs and what they stand for, and the encodings that PDF knows (ISO 32000-2 annex D).

use std::{collections::HashMap, sync::LazyLock};

/// The encodings that a font may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Standard,
    WinAnsi,
    MacRoman,
}

impl Base {
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"StandardEncoding" => Some(Self::Standard),
            b"WinAnsiEncoding" => Some(Self::WinAnsi),
            b"MacRomanEncoding" => Some(Self::MacRoman),
            _ => None,
        }
    }

    /// The letter of a code.
    pub(super) fn letter(self, code: u8) -> Option<char> {
        match self {
            Self::WinAnsi => windows1252(code),
            Self::MacRoman => decoded(encoding_rs::MACINTOSH, code),
            Self::Standard => match code {
                0x27 => Some('’'),
                0x60 => Some('‘'),
                0x20..=0x7e => Some(char::from(code)),
                _ => STANDARD_HIGH
                    .iter()
                    .find(|(known, _)| *known == code)
                    .map(|(_, letter)| *letter),
            },
        }
    }
}

/// The letter that windows-1252 has for a byte; C1 controls for those that are free.
pub(super) fn windows1252(code: u8) -> Option<char> {
    decoded(encoding_rs::WINDOWS_1252, code)
}

fn decoded(encoding: &'static encoding_rs::Encoding, code: u8) -> Option<char> {
    let byte = [code];
    let (text, _) = encoding.decode_without_bom_handling(&byte);
    text.chars().next().filter(|letter| *letter >= ' ')
}

/// What a glyph's name stands for (Adobe Glyph List Specification, section 2); false where nobody
/// knows.
pub(super) fn letters(name: &str, into: &mut String) -> bool {
    let before = into.len();
    let name = name.split('.').next().unwrap_or(name);
    for piece in name.split('_').take(MAX_PIECES) {
        if let Some(letter) = TABLES.glyphs.get(piece) {
            into.push(*letter);
            continue;
        }
        let hex = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let code = u32::from_str_radix(digits, 16).ok().filter(|_| plain)?;
            char::from_u32(code)
        };
        if let Some(digits) = piece.strip_prefix("uni")
            && digits.len() >= 4
            && digits.len().is_multiple_of(4)
            && digits.is_ascii()
        {
            let mut rest = digits;
            while let Some((four, behind)) = rest.split_at_checked(4) {
                into.extend(hex(four));
                rest = behind;
                if rest.is_empty() {
                    break;
                }
            }
        } else if let Some(digits) = piece.strip_prefix('u')
            && (4..=6).contains(&digits.len())
        {
            into.extend(hex(digits));
        }
    }
    into.len() > before
}

/// The number in a glyph's name that is nothing but one: `g12`, `glyph12`, `gid00012`, `cid:12`.
pub(super) fn glyph_number(name: &str) -> Option<u16> {
    let digits =
        name.trim_start_matches(|letter: char| letter.is_ascii_alphabetic() || letter == ':');
    let prefix = name.strip_suffix(digits)?;
    match prefix {
        "g" | "G" | "glyph" | "gid" | "cid" | "cid:" | "index" => digits.parse().ok(),
        _ => None,
    }
}

/// The name of a standard string of CFF.
pub(super) fn cff_string(number: usize) -> Option<&'static str> {
    TABLES.cff.get(number).copied()
}

/// The name of a glyph in TrueType's standard order.
pub(super) fn post_name(number: usize) -> Option<&'static str> {
    TABLES.post.get(number).copied()
}

struct Tables {
    glyphs: HashMap<&'static str, char>,
    cff: Vec<&'static str>,
    post: Vec<&'static str>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let words = |text: &'static str| {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(str::split_whitespace)
    };
    let glyph = |word: &'static str| {
        let (name, code) = word.split_once('=')?;
        let code = u32::from_str_radix(code, 16).ok()?;
        Some((name, char::from_u32(code)?))
    };
    let mut lists = [Vec::new(), Vec::new()];
    let mut list = 0;
    for word in words(include_str!("names.txt")) {
        match word {
            "[cff]" => list = 0,
            "[post]" => list = 1,
            _ => {
                if let Some(list) = lists.get_mut(list) {
                    list.push(word);
                }
            }
        }
    }
    let [cff, post] = lists;
    Tables {
        glyphs: words(include_str!("glyphs.txt"))
            .filter_map(glyph)
            .collect(),
        cff,
        post,
    }
});

/// StandardEncoding beyond ASCII.
const STANDARD_HIGH: &[(u8, char)] = &[
    (0xa1, '¡'),
    (0xa2, '¢'),
    (0xa3, '£'),
    (0xa4, '⁄'),
    (0xa5, '¥'),
    (0xa6, 'ƒ'),
    (0xa7, '§'),
    (0xa8, '¤'),
    (0xa9, '\''),
    (0xaa, '“'),
    (0xab, '«'),
    (0xac, '‹'),
    (0xad, '›'),
    (0xae, 'ﬁ'),
    (0xaf, 'ﬂ'),
    (0xb1, '–'),
    (0xb2, '†'),
    (0xb3, '‡'),
    (0xb4, '·'),
    (0xb6, '¶'),
    (0xb7, '•'),
    (0xb8, '‚'),
    (0xb9, '„'),
    (0xba, '”'),
    (0xbb, '»'),
    (0xbc, '…'),
    (0xbd, '‰'),
    (0xbf, '¿'),
    (0xc1, '`'),
    (0xc2, '´'),
    (0xc3, 'ˆ'),
    (0xc4, '˜'),
    (0xc5, '¯'),
    (0xc6, '˘'),
    (0xc7, '˙'),
    (0xc8, '¨'),
    (0xca, '˚'),
    (0xcb, '¸'),
    (0xcd, '˝'),
    (0xce, '˛'),
    (0xcf, 'ˇ'),
    (0xd0, '—'),
    (0xe1, 'Æ'),
    (0xe3, 'ª'),
    (0xe8, 'Ł'),
    (0xe9, 'Ø'),
    (0xea, 'Œ'),
    (0xeb, 'º'),
    (0xf1, 'æ'),
    (0xf5, 'ı'),
    (0xf8, 'ł'),
    (0xf9, 'ø'),
    (0xfa, 'œ'),
    (0xfb, 'ß'),
];
/// Letters of one ligature.
const MAX_PIECES: usize = 8;
