//! One quick look at a line: can anything in it be legacy text? Most lines are sent away here.

/// What a line holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Characters of a byte above 7F that correct Vietnamese does not use, punctuation left out.
    pub odd: u32,
    /// Letters that Vietnamese shares with ISO 8859-1.
    pub shared: u32,
    /// Letters that only Unicode has for Vietnamese, combining marks among them.
    pub modern: u32,
    /// Words with a shared or a modern letter.
    pub accented: u32,
    /// VIQR: a vowel with ^ ( + * ~ or a grave accent, and a letter or mark behind.
    pub viqr: u32,
    /// VIQR: a vowel with ' . ? and a letter behind; dd before a vowel.
    pub viqr_weak: u32,
}

impl Look {
    /// Whether the 8-bit encodings are worth a trial.
    pub fn eight_bit(self) -> bool {
        self.odd > 0 || (self.modern == 0 && self.shared > 0)
    }

    /// Whether VIQR is worth a trial.
    pub fn viqr(self) -> bool {
        self.viqr > 0 && self.viqr + self.viqr_weak >= 2 || self.viqr_weak >= 3
    }
}

/// Looks at UTF-8 text once from end to end.
pub(super) fn look(line: &str) -> Look {
    let mut look = Look::default();
    let bytes = line.as_bytes();
    let mut before = 0;
    let mut word = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte < 0x80 {
            let class = class(byte);
            if class & MARK != 0 && self::class(before) & VOWEL != 0 {
                viqr(&mut look, before, byte, bytes.get(at + 1).copied());
            } else if class & LETTER == 0 {
                word = false;
            } else if byte | 0x20 == b'd' && before == byte && is_vowel(bytes.get(at + 1)) {
                look.viqr_weak += 1;
            }
            before = byte;
            at += 1;
            continue;
        }
        before = 0;
        let second = bytes.get(at + 1).copied().unwrap_or(0);
        let (length, kind) = match byte {
            0xc2 => (
                2,
                if matches!(second, 0xa0 | 0xb0 | 0xb2 | 0xb3) {
                    Kind::Other
                } else {
                    Kind::Odd
                },
            ),
            0xc3 => (2, latin(second)),
            0xc4 => (
                2,
                if matches!(second, 0x82 | 0x83 | 0x90 | 0x91 | 0xa8 | 0xa9) {
                    Kind::Modern
                } else {
                    Kind::Other
                },
            ),
            // Œ œ Š š Ÿ Ž ž, and ũ Ũ.
            0xc5 => (
                2,
                match second {
                    0xa8 | 0xa9 => Kind::Modern,
                    0x92 | 0x93 | 0xa0 | 0xa1 | 0xb8 | 0xbd | 0xbe => Kind::Odd,
                    _ => Kind::Other,
                },
            ),
            0xc6 => (
                2,
                match second {
                    0xa0 | 0xa1 | 0xaf | 0xb0 => Kind::Modern,
                    0x92 => Kind::Odd,
                    _ => Kind::Other,
                },
            ),
            0xcb => (
                2,
                if matches!(second, 0x86 | 0x9c) {
                    Kind::Odd
                } else {
                    Kind::Other
                },
            ),
            0xcc => (
                2,
                if matches!(second, 0x80 | 0x81 | 0x83 | 0x89 | 0xa3) {
                    Kind::Modern
                } else {
                    Kind::Other
                },
            ),
            0xc0..=0xdf => (2, Kind::Other),
            0xe1 => (
                3,
                if matches!(second, 0xba | 0xbb) {
                    Kind::Modern
                } else {
                    Kind::Other
                },
            ),
            0xe2 => (3, general(second, bytes.get(at + 2).copied().unwrap_or(0))),
            // U+F000 to U+F0FF: the bytes of a symbol font.
            0xef => (
                3,
                if matches!(second, 0x80..=0x83) {
                    Kind::Odd
                } else {
                    Kind::Other
                },
            ),
            0xf0.. => (4, Kind::Other),
            _ => (3, Kind::Other),
        };
        at += length;
        match kind {
            Kind::Odd => look.odd += 1,
            Kind::Shared => look.shared += 1,
            Kind::Modern => look.modern += 1,
            Kind::Other => continue,
        }
        if !word && !matches!(kind, Kind::Odd) {
            look.accented += 1;
            word = true;
        }
    }
    look
}

#[derive(Clone, Copy)]
enum Kind {
    Odd,
    Shared,
    Modern,
    Other,
}

/// U+00C0 to U+00FF by the second byte of UTF-8.
fn latin(second: u8) -> Kind {
    match second | 0x20 {
        // à á â ã è é ê ì í ò ó ô õ ù ú ý
        0xa0..=0xa3 | 0xa8..=0xaa | 0xac | 0xad | 0xb2..=0xb5 | 0xb9 | 0xba | 0xbd => Kind::Shared,
        _ => Kind::Odd,
    }
}

/// U+2000 to U+2FFF: what windows-1252 has of it, dashes, quotation marks, bullet and ellipsis left out.
fn general(second: u8, third: u8) -> Kind {
    match (second, third) {
        (0x80, 0x9a | 0x9e | 0xa0 | 0xa1 | 0xb0 | 0xb9 | 0xba) | (0x82, 0xac) | (0x84, 0xa2) => {
            Kind::Odd
        }
        _ => Kind::Other,
    }
}

fn viqr(look: &mut Look, vowel: u8, mark: u8, next: Option<u8>) {
    let next = class(next.unwrap_or(0));
    let small = vowel | 0x20;
    match mark {
        b'^' if !matches!(small, b'a' | b'e' | b'o') => {}
        b'(' if small != b'a' => {}
        b'+' | b'*' if !matches!(small, b'o' | b'u') => {}
        b'^' | b'(' | b'+' | b'*' | b'~' | b'`' if next & (LETTER | MARK) != 0 => look.viqr += 1,
        b'\'' | b'.' | b'?' if next & LETTER != 0 => look.viqr_weak += 1,
        _ => {}
    }
}

fn is_vowel(byte: Option<&u8>) -> bool {
    byte.is_some_and(|&byte| class(byte) & VOWEL != 0)
}

const LETTER: u8 = 1;
const VOWEL: u8 = 2;
const MARK: u8 = 4;

fn class(byte: u8) -> u8 {
    CLASS.get(usize::from(byte)).copied().unwrap_or(0)
}

static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut n = 0;
    #[allow(clippy::indexing_slicing, reason = "evaluated when compiled")]
    while n < 256 {
        let byte = n as u8;
        if byte.is_ascii_alphabetic() {
            table[n] = LETTER;
        }
        table[n] |= match byte | 0x20 {
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y' if byte.is_ascii_alphabetic() => VOWEL,
            _ => 0,
        };
        table[n] |= match byte {
            b'^' | b'(' | b'+' | b'*' | b'~' | b'`' | b'\'' | b'.' | b'?' => MARK,
            _ => 0,
        };
        n += 1;
    }
    table
};
