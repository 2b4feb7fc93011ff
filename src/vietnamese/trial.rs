//! How well a line that was read as some encoding stands as Vietnamese: its words judged one by one.

use super::{
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
    /// Which words `distinct` counts, as hashes.
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
        for &hash in other.seen.iter().take(other.distinct as usize) {
            self.see(hash);
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    fn see(&mut self, hash: u64) {
        if !self.seen.contains(&hash)
            && let Some(place) = self.seen.get_mut(self.distinct as usize)
        {
            *place = hash;
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
pub(super) fn judge(cells: &mut [Cell], any_case: bool) -> Stats {
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
        let mut plain = true;
        while let Some(cell) = cells.get(at).filter(|cell| is_letter(cell.c)) {
            plain &= !cell.changed && cell.c.is_ascii();
            at += 1;
        }
        behind_letter = true;
        let (head, rest) = cells.split_at_mut(at);
        let Some(word) = head.get_mut(start..) else {
            break;
        };
        if plain {
            plain_word(word, &mut stats);
        } else {
            other_word(word, rest, any_case, &mut stats);
        }
    }
    stats
}

fn plain_word(word: &[Cell], stats: &mut Stats) {
    if word.len() < 2 {
        return;
    }
    if spelled(word).is_some() {
        stats.plain_good += 1;
    } else if !word.iter().all(|cell| cell.c.is_ascii_uppercase()) {
        stats.plain_bad += 1;
    }
}

fn other_word(word: &mut [Cell], rest: &[Cell], any_case: bool, stats: &mut Stats) {
    if let Some(counts) = settle_mark(word, rest) {
        if !counts {
            return;
        }
    } else {
        trim(word, rest, any_case);
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
        plain_word(word, stats);
        return;
    }
    if word.len() < 2 || is_abbreviation(word) {
        stats.single += u32::from(changed && spelled(word).is_some());
        return;
    }
    let found = spelled(word).or_else(|| spelled_with_u(word).filter(|_| any_case));
    let Some(usual) = found.filter(|_| has_one_case(word, any_case)) else {
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
    let hash = word.iter().fold(1_u64, |hash, cell| {
        hash.wrapping_mul(0x100_0000_01b3) ^ u64::from(cell.c)
    });
    stats.see(hash);
}

/// VIQR: a mark behind the last letter is a tone or the end of the sentence. `Some(false)`: the word says
/// nothing, for that mark is all that the encoding changed in it.
fn settle_mark(word: &mut [Cell], rest: &[Cell]) -> Option<bool> {
    let last = word.last().copied()?;
    let mark = last.mark.filter(|_| last.soft)?;
    let toned = spelled(word);
    let plain = Cell {
        c: last.raw,
        soft: false,
        changed: !last.raw.is_ascii(),
        ..last
    };
    if let Some(place) = word.last_mut() {
        *place = plain;
    }
    let untoned = spelled(word);
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
fn trim(word: &mut [Cell], rest: &[Cell], abc: bool) {
    if word.iter().all(|cell| cell.soft) {
        let stays = match word {
            [one] => is_word_alone(*one, rest, abc),
            _ => spelled(word).is_some(),
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
    let capitals = word.iter().all(|cell| cell.c.is_uppercase());
    let ends = [word.first(), word.last()];
    let quoted = abc
        && !capitals
        && ends
            .iter()
            .flatten()
            .any(|cell| cell.soft && is_quote(cell.raw));
    if !quoted && spelled(word).is_some() {
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
        if spelled(middle).is_none_or(|_| middle.len() < 2) && !(quoted && plain) {
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

/// QĐ, UBNĐ: capitals that spell nothing.
fn is_abbreviation(word: &[Cell]) -> bool {
    word.len() <= 6
        && word.iter().all(|cell| {
            letter(cell.c).map_or(cell.c.is_ascii_uppercase(), |l| l.upper && l.tone == 0)
        })
        && spelled(word).is_none()
}

/// How usual the syllable is that these cells spell.
fn spelled(word: &[Cell]) -> Option<u8> {
    let mut letters = [Letter::default(); LONGEST];
    for (at, cell) in word.iter().enumerate() {
        *letters.get_mut(at)? = letter(cell.c)?;
    }
    syllable(letters.get(..word.len())?).map(|syllable| syllable.usual)
}

/// As [`spelled`], with the ư that TCVN3 lost before ơ (its byte is a soft hyphen).
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

/// All small, all capital, or the first a capital; with `any_case` also small letters among capitals.
fn has_one_case(word: &[Cell], any_case: bool) -> bool {
    let upper = |cell: &Cell| letter(cell.c).is_some_and(|l| l.upper);
    if any_case {
        // A capital behind a small letter that would have had a capital.
        let small = word.iter().position(|cell| !cell.changed && !upper(cell));
        return small.is_none_or(|at| !word.iter().skip(at).any(upper));
    }
    let mut rest = word.iter().map(upper);
    let first = rest.next();
    let second = rest.next();
    match (first, second) {
        (Some(false), Some(true)) => false,
        (_, Some(upper)) => rest.all(|next| next == upper),
        _ => true,
    }
}

fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || (!c.is_ascii() && super::is_word(c) && !c.is_numeric())
}

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
