//! How well a line that was read as some encoding stands as Vietnamese: its words judged one by one.

use super::{
    class::{is_letter, is_uppercase},
    legacy::Cell,
    letters::{Letter, letter},
    syllable::{LONGEST, syllable},
    viqr,
};

/// What the words of a line say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stats {
    /// Words that the encoding changed into Vietnamese syllables.
    pub good: u32,
    /// Words with letters beyond ASCII that it left alone and that are syllables.
    pub kept: u32,
    /// Words with letters beyond ASCII that are no syllables.
    pub bad: u32,
    /// Signs beside letters that no text has there.
    pub odd: u32,
    /// ASCII words that are syllables.
    pub plain_good: u32,
    /// ASCII words that are none, capitals left out.
    pub plain_bad: u32,
    /// Different words among the good and kept ones; counts to four.
    pub distinct: u32,
    /// Which words `distinct` counts.
    seen: [u64; 4],
    /// Words of one letter that the encoding changed; they prove little.
    pub single: u32,
    /// The sum of all these, usual syllables counted more.
    pub sum: i32,
}

impl Stats {
    /// Adds what another line said.
    pub fn add(&mut self, other: &Self) {
        self.good = self.good.saturating_add(other.good);
        self.kept = self.kept.saturating_add(other.kept);
        self.bad = self.bad.saturating_add(other.bad);
        self.odd = self.odd.saturating_add(other.odd);
        self.plain_good = self.plain_good.saturating_add(other.plain_good);
        self.plain_bad = self.plain_bad.saturating_add(other.plain_bad);
        self.single = self.single.saturating_add(other.single);
        for &word in other.seen.iter().take(other.distinct as usize) {
            self.see(word);
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    fn see(&mut self, word: u64) {
        if !self.seen.contains(&word)
            && let Some(place) = self.seen.get_mut(self.distinct as usize)
        {
            *place = word;
            self.distinct += 1;
        }
    }

    /// Syllables with letters beyond ASCII.
    pub fn total(&self) -> u32 {
        self.good + self.kept
    }
}

const GOOD: i32 = 16;
const KEPT: i32 = 6;
const BAD: i32 = -24;
const ODD: i32 = -10;

/// Judges the words of a line and settles what may be letter or punctuation. `any_case`: small letters
/// among capitals are no fault (TCVN3 has no capitals with tones).
pub(super) fn judge(cells: &mut [Cell], any_case: bool, speller: &mut Speller) -> Stats {
    let mut stats = Stats::default();
    let mut at = 0;
    let mut behind_letter = false;
    while let Some(&cell) = cells.get(at) {
        if !is_letter(cell.c) {
            if !cell.c.is_ascii() {
                let next = cells.get(at + 1).is_some_and(|next| is_letter(next.c));
                if (behind_letter || next) && is_odd(cell.c)
                    || behind_letter && next && is_sign(cell.c)
                {
                    stats.odd += 1;
                    stats.sum += ODD;
                }
            }
            behind_letter = false;
            at += 1;
            continue;
        }
        let start = at;
        let (mut ascii, mut changed, mut soft) = (true, false, false);
        for cell in cells.get(at..).unwrap_or_default() {
            if !is_letter(cell.c) {
                break;
            }
            ascii &= cell.c.is_ascii();
            changed |= cell.changed;
            soft |= cell.soft;
            at += 1;
        }
        behind_letter = true;
        let (head, rest) = cells.split_at_mut(at);
        let Some(word) = head.get_mut(start..) else {
            break;
        };
        match (soft, ascii && !changed) {
            (false, true) => plain_word(word, &mut stats, speller),
            (false, false) => settled_word(word, changed, any_case, &mut stats, speller),
            (true, _) => soft_word(word, rest, any_case, &mut stats, speller),
        }
    }
    stats
}

fn plain_word(word: &[Cell], stats: &mut Stats, speller: &mut Speller) {
    if word.len() < 2 {
        return;
    }
    if speller.spelled(word).is_some() {
        stats.plain_good += 1;
    } else if !word.iter().all(|cell| cell.c.is_ascii_uppercase()) {
        stats.plain_bad += 1;
    }
}

/// A word with letters that may be punctuation.
fn soft_word(
    word: &mut [Cell],
    rest: &[Cell],
    any_case: bool,
    stats: &mut Stats,
    speller: &mut Speller,
) {
    if let Some(counts) = settle_mark(word, rest, speller) {
        if !counts {
            return;
        }
    } else {
        trim(word, rest, any_case, speller);
    }
    // What was taken for letters may be punctuation now.
    let lead = word.iter().take_while(|cell| !is_letter(cell.c)).count();
    let tail = word
        .iter()
        .rev()
        .take_while(|cell| !is_letter(cell.c))
        .count();
    let word = word
        .get(lead..word.len().saturating_sub(tail))
        .unwrap_or_default();
    let changed = word.iter().any(|cell| cell.changed);
    if !changed && word.iter().all(|cell| cell.c.is_ascii()) {
        plain_word(word, stats, speller);
    } else {
        settled_word(word, changed, any_case, stats, speller);
    }
}

/// A word with letters beyond ASCII, of which none may be punctuation any more.
fn settled_word(
    word: &[Cell],
    changed: bool,
    any_case: bool,
    stats: &mut Stats,
    speller: &mut Speller,
) {
    let spelling = speller.spell(word);
    let usual = spelling.and_then(|spelling| spelling.usual);
    if word.len() < 2 || usual.is_none() && is_abbreviation(word) {
        stats.single += u32::from(changed && usual.is_some());
        return;
    }
    let with_u = || spelled_with_u(word).filter(|_| any_case);
    let found = usual.or_else(with_u).zip(spelling);
    let Some((usual, spelling)) = found.filter(|(_, found)| found.has_one_case(any_case)) else {
        stats.bad += 1;
        stats.sum += BAD;
        return;
    };
    if changed {
        stats.good += 1;
    } else {
        // That a word is a syllable as it stands would be chance if the text were in another encoding.
        stats.kept += 1;
        stats.sum += KEPT;
    }
    stats.sum += GOOD + i32::from(usual);
    stats.see(spelling.word());
}

/// VIQR: a mark behind the last letter is a tone or the end of the sentence. `Some(false)`: the word says
/// nothing, for that mark is all that the encoding changed in it.
fn settle_mark(word: &mut [Cell], rest: &[Cell], speller: &mut Speller) -> Option<bool> {
    let last = word.last().copied()?;
    let mark = last.mark.filter(|_| last.soft)?;
    let toned = speller.spelled(word);
    let plain = Cell {
        c: last.raw,
        soft: false,
        changed: !last.raw.is_ascii(),
        ..last
    };
    if let Some(place) = word.last_mut() {
        *place = plain;
    }
    let untoned = speller.spelled(word);
    let stays = match (toned, untoned) {
        (None, _) => true,
        // A sentence may end here; where the text does, the mark is a tone by RFC 1456.
        (Some(toned), Some(untoned)) => viqr::may_end(mark, rest) && untoned > toned + 1,
        (Some(_), None) => false,
    };
    let others = word.iter().any(|cell| cell.changed);
    if !stays && let Some(place) = word.last_mut() {
        *place = Cell {
            soft: false,
            mark: None,
            ..last
        };
    }
    // A sentence does not go on behind a full stop in small letters.
    let goes_on = match rest {
        [gap, next, ..] => gap.c == ' ' && next.c.is_lowercase(),
        _ => false,
    };
    Some(others || !stays && goes_on && mark != '\'')
}

/// Takes what may be punctuation (quotation marks, ©, «) off both ends where a syllable is left then, and turns
/// back what is punctuation alone.
fn trim(word: &mut [Cell], rest: &[Cell], abc: bool, speller: &mut Speller) {
    if word.iter().all(|cell| cell.soft) {
        let stays = match word {
            [one] => is_word_alone(*one, rest, abc),
            _ => speller.spelled(word).is_some(),
        };
        if !stays {
            word.iter_mut().for_each(revert);
        }
        return;
    }
    let lead = word
        .iter()
        .take(2)
        .take_while(|cell| cell.soft && cell.raw != '®')
        .count();
    let tail = word
        .iter()
        .rev()
        .take(2)
        .take_while(|cell| cell.soft)
        .count();
    if lead + tail == 0 {
        return;
    }
    // The ABC fonts show these bytes as the punctuation that they are in windows-1252.
    let capitals = word.iter().all(|cell| is_uppercase(cell.c));
    let ends = [word.first(), word.last()];
    let quoted = abc
        && !capitals
        && ends
            .iter()
            .flatten()
            .any(|cell| cell.soft && is_quote(cell.raw));
    if !quoted && speller.spelled(word).is_some() {
        return;
    }
    for (front, back) in [
        (1, 1),
        (1, 0),
        (0, 1),
        (2, 0),
        (0, 2),
        (2, 1),
        (1, 2),
        (2, 2),
    ] {
        if front > lead || back > tail || front + back >= word.len() {
            continue;
        }
        let end = word.len() - back;
        let Some(middle) = word.get(front..end) else {
            continue;
        };
        let plain = middle.iter().all(|cell| !cell.changed && cell.c.is_ascii());
        if (middle.len() < 2 || speller.spelled(middle).is_none()) && !(quoted && plain) {
            continue;
        }
        for (at, cell) in word.iter_mut().enumerate() {
            if at < front || at >= end {
                revert(cell);
            }
        }
        return;
    }
}

fn revert(cell: &mut Cell) {
    cell.c = cell.raw;
    cell.changed = false;
    cell.soft = false;
}

/// Words of one letter; other signs that stand alone are punctuation.
fn is_word_alone(cell: Cell, rest: &[Cell], abc: bool) -> bool {
    if abc && is_quote(cell.raw) {
        return false;
    }
    match cell.c {
        // Đ.1 and Đ/c; § alone is a paragraph.
        'Đ' => rest
            .first()
            .is_some_and(|next| matches!(next.c, '.' | '/' | '-')),
        c => "àảáạôồổốơờởớợưừứửựýỷủúùụéèêỉìịđÀẢÁẠÔỒỔỐƠỜỞỚỢƯỪỨÝỶỦÚÙỤÉÈỊ".contains(c),
    }
}

/// The punctuation of windows-1252 between 80 and 9F, by character and by byte.
fn is_quote(c: char) -> bool {
    matches!(
        c,
        '“' | '”' | '‘' | '’' | '„' | '‚' | '…' | '–' | '—' | '•' | '™' | '€'
    ) || matches!(
        c,
        '\u{82}' | '\u{84}' | '\u{85}' | '\u{91}'..='\u{97}' | '\u{99}' | '\u{80}'
    )
}

/// QĐ, UBNĐ: capitals, of a word that spells nothing.
fn is_abbreviation(word: &[Cell]) -> bool {
    word.len() <= 6
        && word.iter().all(|cell| {
            letter(cell.c).map_or(cell.c.is_ascii_uppercase(), |l| l.upper && l.tone == 0)
        })
}

/// Says how usual a syllable is, and keeps the answer: the same few thousand words make up a text.
pub(super) struct Speller {
    /// By the hash of the word: the word, and what was found. One word a place; the last one stays.
    known: Vec<(u64, Option<u8>)>,
}

impl Default for Speller {
    fn default() -> Self {
        // No word has no letters.
        Self {
            known: vec![(0, None); 1 << KNOWN_BITS],
        }
    }
}

impl Speller {
    /// How usual the syllable is that these cells spell.
    fn spelled(&mut self, word: &[Cell]) -> Option<u8> {
        self.spell(word)?.usual
    }

    /// What these cells spell; none where that is not of letters alone, or too long for a syllable.
    fn spell(&mut self, word: &[Cell]) -> Option<Spelling> {
        if word.len() > LONGEST {
            return None;
        }
        let mut letters = [Letter::default(); LONGEST];
        let mut spelling = Spelling::default();
        let mut bit = 1;
        for (place, cell) in letters.iter_mut().zip(word) {
            *place = letter(cell.c)?;
            spelling.letters =
                spelling.letters << 8 | u64::from(place.base) << 3 | u64::from(place.tone);
            spelling.upper |= if place.upper { bit } else { 0 };
            spelling.unchanged |= if cell.changed { 0 } else { bit };
            bit <<= 1;
        }
        spelling.all = bit.wrapping_sub(1);
        let hash = spelling.letters.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - KNOWN_BITS);
        let slot = self.known.get_mut(hash as usize)?;
        if slot.0 != spelling.letters {
            let found = syllable(letters.get(..word.len())?);
            *slot = (spelling.letters, found.map(|syllable| syllable.usual));
        }
        spelling.usual = slot.1;
        Some(spelling)
    }
}

/// A word of up to seven letters.
#[derive(Clone, Copy, Default)]
struct Spelling {
    /// How usual the syllable is; none: it is none.
    usual: Option<u8>,
    /// Base and tone of each letter, a byte each.
    letters: u64,
    /// A bit for each letter, the first one lowest: all of them, the capitals, those that the encoding left alone.
    all: u8,
    upper: u8,
    unchanged: u8,
}

impl Spelling {
    /// All small, all capital, or the first a capital; with `any_case` also small letters among capitals.
    fn has_one_case(self, any_case: bool) -> bool {
        if any_case {
            // No capital behind a small letter that would have had a capital.
            let small = self.unchanged & !self.upper;
            return small == 0 || self.upper >> small.trailing_zeros() == 0;
        }
        matches!(self.upper, 0 | 1) || self.upper == self.all
    }

    /// The word as a number of its own.
    fn word(self) -> u64 {
        self.letters | u64::from(self.upper) << 56
    }
}

const KNOWN_BITS: u32 = 10;

/// As [`Speller::spelled`], with the ư that TCVN3 lost before ơ (its byte is a soft hyphen).
fn spelled_with_u(word: &[Cell]) -> Option<u8> {
    let horn = |cell: &Cell| letter(cell.c).is_some_and(|l| l.base == O_HORN);
    let at = word.iter().position(|cell| cell.changed && horn(cell))?;
    let mut letters = [Letter::default(); LONGEST];
    let mut length = 0;
    for (n, cell) in word.iter().enumerate() {
        if n == at {
            *letters.get_mut(length)? = Letter {
                base: U_HORN,
                ..Letter::default()
            };
            length += 1;
        }
        *letters.get_mut(length)? = letter(cell.c)?;
        length += 1;
    }
    syllable(letters.get(..length)?).map(|syllable| syllable.usual)
}

const O_HORN: u8 = 9;
const U_HORN: u8 = 11;

/// A sign that no text has within a word.
fn is_sign(c: char) -> bool {
    matches!(
        c,
        '¡'..='¿' | '€' | '„' | '‚' | '†' | '‡' | '‹' | '›' | '™' | '•'
    ) && c != '·'
}

/// A sign that stands beside letters only when a text is read wrongly.
fn is_odd(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}' | '¡'..='¦' | '¨' | 'ª' | '¬'..='¯' | '±' | '´'..='¶' | '¸'..='º' | '¼'..='¿' | '×' | '÷' | 'ƒ' | 'ˆ' | '‰' | '˜')
}
