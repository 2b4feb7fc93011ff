//! Which words can be Vietnamese syllables: an onset, a rime of a closed list, a tone that the rime takes.
//!
//! The lists are `tables/onsets.txt` and `tables/rimes.txt`. The spelling rules (c, k and q; g and gh; ng and
//! ngh) and the place of the tone mark are checked too: a legacy text read with the wrong table breaks them.

use std::sync::LazyLock;

use super::letters::{Letter, TONES, letter};

/// The longest syllable is nghiêng.
pub(super) const LONGEST: usize = 7;

/// A syllable that Vietnamese can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syllable {
    /// 0 (rare) to 18: how usual onset and rime with this tone are.
    pub usual: u8,
    /// Where the rime begins.
    pub rime: usize,
    /// Which letter carries the tone, or would.
    pub nucleus: usize,
    /// The tone, below [`TONES`].
    pub tone: u8,
}

/// The syllable that these characters (NFC, any case) spell, if Vietnamese can have it.
pub(super) fn syllable_of(word: &str) -> Option<Syllable> {
    let mut letters = [Letter::default(); LONGEST];
    let mut length = 0;
    for c in word.chars() {
        *letters.get_mut(length)? = letter(c)?;
        length += 1;
    }
    syllable(letters.get(..length)?)
}

/// The syllable that these letters spell, if Vietnamese can have it.
pub(super) fn syllable(letters: &[Letter]) -> Option<Syllable> {
    let (tone, tone_at) = tone(letters)?;
    let found = anywhere(letters, tone)?;
    let allowed = match tone_at {
        None => true,
        Some(at) if at == found.nucleus => true,
        // The older place (hòa, thúy): only where no letter of the rime is ă, â, ê, ô, ơ, ư.
        Some(at) => {
            let rime = letters.get(found.rime..)?;
            at >= found.rime && !rime.iter().any(|l| l.is_modified())
        }
    };
    allowed.then_some(found)
}

/// [`syllable`], wherever the tone stands.
pub(super) fn syllable_anywhere(letters: &[Letter]) -> Option<Syllable> {
    anywhere(letters, tone(letters)?.0)
}

fn anywhere(letters: &[Letter], tone: u8) -> Option<Syllable> {
    let first_vowel = letters.iter().position(|l| l.is_vowel())?;
    if letters.len() > LONGEST || first_vowel > 3 {
        return None;
    }
    let tables = &*TABLES;
    // gì, giếng: the i is of the rime. Then già, giao: it is of the onset. quà: the u is of the onset.
    let bases = key(letters.get(..first_vowel)?);
    let mut found = None;
    let glide = letters.get(first_vowel)?.base;
    let i_of_rime = letters
        .get(first_vowel + 1)
        .is_none_or(|next| next.base == E_HAT || !next.is_vowel());
    if bases != G || glide != I || i_of_rime {
        found = parse(tables, letters, first_vowel, bases, tone);
    }
    let more = letters.len() > first_vowel + 1;
    if found.is_none() && more && (bases == G && glide == I || bases == Q && glide == U) {
        let with_glide = key(letters.get(..=first_vowel)?);
        found = parse(tables, letters, first_vowel + 1, with_glide, tone);
    }
    let (usual, rime_start) = found?;
    let nucleus = rime_start + nucleus(letters.get(rime_start..)?);
    Some(Syllable {
        usual,
        rime: rime_start,
        nucleus,
        tone,
    })
}

/// The one tone of a word and the letter it stands on; `None` when there are two.
fn tone(letters: &[Letter]) -> Option<(u8, Option<usize>)> {
    let mut found = (0, None);
    for (at, letter) in letters.iter().enumerate() {
        if letter.tone != 0 {
            if found.1.is_some() {
                return None;
            }
            found = (letter.tone, Some(at));
        }
    }
    Some(found)
}

fn parse(
    tables: &Tables,
    letters: &[Letter],
    rime_start: usize,
    onset: u32,
    tone: u8,
) -> Option<(u8, usize)> {
    let onset_usual = tables.onsets.find(onset)?;
    let rime = letters.get(rime_start..)?;
    let head = rime.first()?.base;
    // Before e, ê, i, y stand k, gh and ngh; elsewhere c, g and ng.
    let front = matches!(head, E | E_HAT | I | Y);
    let spelled = match onset {
        C | NG => !front,
        G => !front || head == I,
        K => front || usual_k(rime),
        GH | NGH => front && head != Y,
        Q => false,
        _ => true,
    };
    if !spelled || rime.len() > 4 {
        return None;
    }
    let bases = key(rime);
    let entry = tables.rimes.find(bases)?;
    let usual = entry.get(usize::from(tone)).copied().flatten()?;
    let behind_qu = matches!(bases, YNH | YCH | YT);
    (!behind_qu || onset == QU).then_some((usual + onset_usual, rime_start))
}

/// Kon Tum, ka-ki and other names: a before nothing else.
fn usual_k(rime: &[Letter]) -> bool {
    matches!(rime, [a] if a.base == A) || matches!(rime, [o, n] if o.base == 7 && n.base == 22)
}

/// Where the tone stands in the newer spelling (hoà, thuý, tuyết, nước, nữa, của).
fn nucleus(rime: &[Letter]) -> usize {
    if let Some(at) = rime.iter().rposition(|l| l.is_modified()) {
        return at;
    }
    let vowels = rime.iter().take_while(|l| l.is_vowel()).count();
    let closed = vowels < rime.len();
    match (vowels, closed) {
        (3.., _) => 1,
        (2, true) => 1,
        (2, false) => {
            let first = rime.first().map_or(0, |l| l.base);
            let second = rime.get(1).map_or(0, |l| l.base);
            // oa, oe, uy are glide and vowel; ai, ao, ia, ua, oi… vowel and glide.
            usize::from((first == O && matches!(second, A | E)) || (first == U && second == Y))
        }
        _ => 0,
    }
}

/// Up to six letters as one number.
const fn pack(bases: &[u8]) -> u32 {
    let mut n = 0;
    let mut at = 0;
    while at < bases.len() {
        #[allow(clippy::indexing_slicing, reason = "below the length")]
        {
            n = n << 5 | bases[at] as u32;
        }
        at += 1;
    }
    n
}

fn key(letters: &[Letter]) -> u32 {
    letters
        .iter()
        .take(6)
        .fold(0, |n, l| n << 5 | u32::from(l.base))
}

const A: u8 = 1;
const E: u8 = 4;
const E_HAT: u8 = 5;
const I: u8 = 6;
const O: u8 = 7;
const U: u8 = 10;
const Y: u8 = 12;
const C: u32 = pack(&[14]);
const G: u32 = pack(&[17]);
const GH: u32 = pack(&[17, 18]);
const K: u32 = pack(&[19]);
const NG: u32 = pack(&[22, 17]);
const NGH: u32 = pack(&[22, 17, 18]);
const Q: u32 = pack(&[24]);
const QU: u32 = pack(&[24, 10]);
const YNH: u32 = pack(&[12, 22, 18]);
const YCH: u32 = pack(&[12, 14, 18]);
const YT: u32 = pack(&[12, 27]);

type Usual = [Option<u8>; TONES];

struct Tables {
    onsets: Table<u8>,
    rimes: Table<Usual>,
}

/// Finds by key with one look, mostly: open addressing, at most a quarter full.
struct Table<T> {
    slots: Vec<(u32, T)>,
    shift: u32,
}

impl<T: Copy + Default> Table<T> {
    fn new(entries: &[(u32, T)]) -> Self {
        let bits = (entries.len() * 4).next_power_of_two().trailing_zeros();
        let mut table = Self {
            slots: vec![(NO_KEY, T::default()); 1 << bits],
            shift: 32 - bits,
        };
        for &(key, value) in entries {
            let free = |slot: &usize| {
                let found = table.slots.get(*slot);
                found.is_some_and(|&(taken, _)| taken == NO_KEY)
            };
            let slot = table.probes(key).find(free);
            if let Some(place) = slot.and_then(|slot| table.slots.get_mut(slot)) {
                *place = (key, value);
            }
        }
        table
    }

    fn find(&self, key: u32) -> Option<T> {
        for slot in self.probes(key) {
            match self.slots.get(slot) {
                Some(&(found, value)) if found == key => return Some(value),
                Some(&(NO_KEY, _)) | None => return None,
                _ => {}
            }
        }
        None
    }

    /// The slots in which a key may be, the likeliest first.
    fn probes(&self, key: u32) -> impl Iterator<Item = usize> + use<T> {
        let first = (key.wrapping_mul(0x9e37_79b1) >> self.shift) as usize;
        let count = self.slots.len();
        (0..count).map(move |next| (first + next) & (count - 1))
    }
}

/// No onset or rime has it: six letters are 30 bits.
const NO_KEY: u32 = u32::MAX;

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut onsets = onsets();
    // qu and gi without their vowel are no onsets of their own, but q must be known to be looked at.
    onsets.push((Q, 0));
    Tables {
        onsets: Table::new(&onsets),
        rimes: Table::new(&rimes()),
    }
});

fn onsets() -> Vec<(u32, u8)> {
    lines(include_str!("tables/onsets.txt"))
        .filter_map(|(name, mut rest)| Some((name_key(name), rest.next()?.parse().ok()?)))
        .collect()
}

fn rimes() -> Vec<(u32, Usual)> {
    lines(include_str!("tables/rimes.txt"))
        .map(|(name, rest)| {
            let mut usual = Usual::default();
            for (place, figure) in usual.iter_mut().zip(rest) {
                *place = figure.parse().ok();
            }
            (name_key(name), usual)
        })
        .collect()
}

fn name_key(name: &str) -> u32 {
    name.chars()
        .filter_map(letter)
        .fold(0, |n, l| n << 5 | u32::from(l.base))
}

fn lines(
    table: &'static str,
) -> impl Iterator<Item = (&'static str, std::str::SplitWhitespace<'static>)> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        let (onsets, mut rimes) = (onsets(), rimes());
        assert_eq!(onsets.len(), 28);
        assert!(rimes.len() > 155, "{}", rimes.len());
        for &(key, usual) in &onsets {
            assert_eq!(TABLES.onsets.find(key), Some(usual));
        }
        for &(key, usual) in &rimes {
            assert_eq!(TABLES.rimes.find(key), Some(usual));
        }
        assert_eq!(TABLES.rimes.find(pack(&[1, 1, 1, 1])), None);
        rimes.sort_unstable_by_key(|&(key, _)| key);
        for pair in rimes.windows(2) {
            assert_ne!(pair[0].0, pair[1].0);
        }
        for (name, tones) in lines(include_str!("tables/rimes.txt")) {
            assert!(name.chars().count() <= 4, "{name}");
            assert_eq!(tones.count(), TONES, "{name}");
        }
    }

    #[test]
    fn syllables_of_the_language() {
        let text = "cộng hòa hoà xã hội chủ nghĩa việt nam độc lập tự do hạnh phúc quyết định gì giếng giữ gìn già \
                    giặt quý quí quốc quỳnh thuỷ thủy khoẻ khỏe tuyệt mật tối nghiêng nước ương yêu yến uống uỷ ủy ghế \
                    nghề kỳ ký kiểm cuốn khuỷu ngoằn ngoèo xoong loá loáng thuở rượu hươu chuyện truyền của nữa mía \
                    mỹ mĩ huỳnh quả qua quầy ăn ở á ơi ỉ ý ấy ư quýt tuýp khuyên oang ngoài sữa kẹo gỗ gói gửi gậy giao gà";
        for word in text.split_whitespace() {
            assert!(syllable_of(word).is_some(), "{word}");
            assert!(syllable_of(&word.to_uppercase()).is_some(), "{word}");
        }
    }

    #[test]
    fn words_of_no_vietnamese() {
        let text = "été très schön über coração ção žluťoučký más señor cộngg kế̃ mậtt cát̀ từc hat hãc cék kác \
                    gế ngế gha ngha kuý qă ơng ưn hộà tuýêt tuỵêt việtnam nghiêngg straße bộb dđ thr bl ng q gi̇ 2a à2";
        for word in text.split_whitespace() {
            assert_eq!(syllable_of(word), None, "{word}");
        }
    }

    #[test]
    fn the_tone_has_its_place() {
        for (word, nucleus) in [
            ("hòa", 2),
            ("hoà", 2),
            ("thủy", 3),
            ("tuyết", 3),
            ("nước", 2),
            ("của", 1),
            ("nữa", 1),
            ("mía", 1),
            ("quý", 2),
            ("giữ", 2),
            ("gì", 1),
            ("khoái", 3),
            ("ngoéo", 3),
            ("toán", 2),
        ] {
            assert_eq!(
                syllable_of(word).map(|s| s.nucleus),
                Some(nucleus),
                "{word}"
            );
        }
    }
}
