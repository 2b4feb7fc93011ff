//! Letters that only look like Latin ones: other alphabets, full width, mathematical, small capitals.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// What a character looks like, if that is a letter, digit or sign of Vietnamese text and not itself.
///
/// `Always` for forms of Latin letters themselves (full width, mathematical, circled), `InWord` for letters of
/// other alphabets, which are Latin only among Latin ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Always(char),
    InWord(char),
}

/// What `c` looks like.
pub(super) fn look(c: char) -> Option<Look> {
    if c.is_ascii() {
        return None;
    }
    match u32::from(c) {
        // Full width; the ideographic space is a space already.
        0xff01..=0xff5e => char::from_u32(u32::from(c) - 0xfee0).map(Look::Always),
        // Letter-like symbols, circled and squared letters, modifier letters, mathematical letters.
        0x2100..=0x214f
        | 0x2460..=0x24ff
        | 0x1d2c..=0x1d6a
        | 0x2070..=0x209c
        | 0x1d400..=0x1d7ff
        | 0x1f130..=0x1f149 => {
            let mut plain = std::iter::once(c).nfkc();
            let first = plain.next()?;
            (plain.next().is_none() && first.is_ascii_alphanumeric()).then_some(Look::Always(first))
        }
        // Squared and circled, white on black; regional indicators.
        n @ (0x1f150..=0x1f169 | 0x1f170..=0x1f189) => capital((n - 0x1f150) % 32),
        n @ 0x1f1e6..=0x1f1ff => capital(n - 0x1f1e6),
        _ => {
            let at = TABLE.binary_search_by_key(&c, |&(other, _)| other).ok()?;
            TABLE.get(at).map(|&(_, latin)| Look::InWord(latin))
        }
    }
}

fn capital(n: u32) -> Option<Look> {
    char::from_u32(u32::from('A') + n)
        .filter(char::is_ascii_uppercase)
        .map(Look::Always)
}

static TABLE: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let mut table: Vec<_> = include_str!("tables/lookalikes.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .filter_map(|(latin, others)| Some((latin.chars().next()?, others)))
        .flat_map(|(latin, others)| others.chars().map(move |other| (other, latin)))
        .filter(|(other, latin)| other != latin)
        .collect();
    table.sort_unstable();
    table.dedup_by_key(|&mut (other, _)| other);
    table
});
